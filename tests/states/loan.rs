//! Loans and the applications before them.

use super::{DRAW, ENROL, Family, Stage, walk};
use poolbook::domain::lifecycle::LoanState;

const FEE: &str = r#"{"event":"fee-paid","date":"2017-03-02","loan":"L","amount":"1000.00","fee_rate":"1%","from":"2017-03-01","to":"2018-03-01"}"#;
const DEPOSIT: &str = r#"{"event":"receive-deposit","date":"2017-03-02","loan":"L","bank_account":"POOL","amount":"100.00"}"#;
/// Rules that were adopted later with effect from the day of the enrolment.
const LATER: &str = r#"{"event":"adopt-rules","date":"2017-03-02","effective":"2017-03-01","rules":"id = \"N\"\nname = \"N\"\n[sharing]\n[[sharing.band]]\npool = \"40%\"\nbank = \"60%\"\n"}"#;
const OVERDUE: &str = r#"{"event":"overdue","date":"2017-07-01","loan":"L"}"#;
const NPL: &str = r#"{"event":"npl","date":"2017-08-01","loan":"L"}"#;

const BOOKS: &[Stage] = &[
    (
        "applied",
        "",
        &[
            r#"{"event":"apply-loan","date":"2017-02-01","owner":"410821","loan":"L","firm":"FIRM","bank":"BANK","amount":"1000000.00"}"#,
        ],
    ),
    (
        "recommended",
        "applied",
        &[r#"{"event":"recommend-loan","date":"2017-02-10","loan":"L","document":"1号"}"#],
    ),
    (
        "rejected",
        "applied",
        &[r#"{"event":"reject-loan","date":"2017-02-10","loan":"L","reason":"x"}"#],
    ),
    ("bare", "recommended", &[ENROL, FEE, LATER]),
    ("enrolled", "bare", &[DEPOSIT]),
    ("active", "enrolled", &[DRAW]),
    (
        "part-repaid",
        "active",
        &[r#"{"event":"repay","date":"2017-06-01","loan":"L","amount":"1000.00"}"#],
    ),
    (
        "repaid",
        "active",
        &[r#"{"event":"repay","date":"2017-06-01","loan":"L","amount":"900000.00"}"#],
    ),
    (
        "extended",
        "active",
        &[r#"{"event":"extend","date":"2017-06-01","loan":"L","due":"2018-06-01"}"#],
    ),
    ("overdue", "active", &[OVERDUE]),
    ("overdue@no deposit", "bare", &[DRAW, OVERDUE]),
    ("npl", "overdue", &[NPL]),
    ("npl@no deposit", "overdue@no deposit", &[NPL]),
    (
        "claimed",
        "overdue@no deposit",
        &[
            r#"{"event":"file-claim","date":"2017-09-01","claim":"C","loan":"L","base":"800000.00","lawsuit":"1号"}"#,
            r#"{"event":"receive-deposit","date":"2017-09-02","loan":"L","bank_account":"POOL","amount":"100.00"}"#,
        ],
    ),
    (
        "compensated",
        "claimed",
        &[
            r#"{"event":"approve-claim","date":"2017-09-10","claim":"C","amount":"120000.00"}"#,
            r#"{"event":"pay-claim","date":"2017-09-20","claim":"C","bank_account":"POOL"}"#,
        ],
    ),
    (
        "in-recovery",
        "compensated",
        &[
            r#"{"event":"recover","date":"2017-10-01","claim":"C","bank_account":"POOL","gross":"1000.00"}"#,
        ],
    ),
    (
        "written-off",
        "in-recovery",
        &[r#"{"event":"write-off","date":"2017-12-01","claim":"C","document":"1号"}"#],
    ),
    (
        "concluded",
        "written-off",
        &[
            r#"{"event":"close-claim","date":"2017-12-20","claim":"C","reason":"终结","document":"2号"}"#,
        ],
    ),
    ("removed", "active", &[r#"{"event":"remove","date":"2017-06-01","loan":"L","reason":"x"}"#]),
];

fn event(column: &str, _: &str) -> String {
    let own = match column {
        "apply-loan" => r#""owner":"410821","firm":"FIRM","bank":"BANK","amount":"1000000.00""#,
        "enrol" => return ENROL.to_owned(),
        "recommend-loan" => r#""document":"1号""#,
        "reject-loan" | "remove" => r#""reason":"x""#,
        "disburse" => r#""note":"N-2","amount":"1.00""#,
        "repay" => r#""note":"N","amount":"1.00""#,
        "interest-paid" => r#""note":"N","amount":"1.00","from":"2017-03-21","to":"2017-06-21""#,
        "other-benefit" => {
            r#""note":"N","amount":"1.00","from":"2017-03-21","to":"2017-06-21","scheme":"省补""#
        }
        "fee-paid" => r#""amount":"1.00","fee_rate":"1%","from":"2018-03-01","to":"2018-06-01""#,
        "fee-refunded" => r#""amount":"1.00""#,
        "change-rules" => r#""to_rules":"N""#,
        "reprice" => r#""note":"N","rate":"4.5%""#,
        "extend" => r#""note":"N","due":"2018-09-01""#,
        "overdue" | "npl" | "cure" => r#""note":"N""#,
        "file-claim" => r#""note":"N","claim":"C-2","base":"1.00","lawsuit":"1号""#,
        "receive-deposit" => r#""bank_account":"POOL","amount":"1.00""#,
        "refund-deposit" => r#""bank_account":"POOL""#,
        "apply-deposit" => r#""note":"N","bank_account":"POOL","amount":"1.00""#,
        "file-subsidy" => r#""note":"N","period":"2017Q3","programme":"interest-discount""#,
        "approve-subsidy" => {
            r#""note":"N","amount":"1.00","period":"2017Q3","programme":"interest-discount""#
        }
        other => panic!("{other}"),
    };
    format!(r#"{{"event":"{column}","date":"2018-01-10","loan":"L",{own}}}"#)
}

#[test]
fn every_event_on_a_loan_in_every_state() {
    walk(&Family {
        name: "loan",
        code: "loan-state",
        books: BOOKS,
        event,
        stand: |state, _| match state.loans.get("L") {
            Some(loan) => LoanState::of(loan, state).code(),
            None => state.application("L").unwrap().state.code(),
        },
        tells_moves: true,
        table: || {
            LoanState::ALL.iter().map(|state| (state.code(), state.legal().to_vec())).collect()
        },
    });
}
