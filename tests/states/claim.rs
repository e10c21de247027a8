//! Claims.

use super::{DRAW, ENROL, Family, Stage, walk};
use poolbook::domain::registry::ClaimState;

const BOOKS: &[Stage] = &[
    (
        "filed",
        "",
        &[
            ENROL,
            DRAW,
            r#"{"event":"overdue","date":"2017-07-01","loan":"L"}"#,
            r#"{"event":"file-claim","date":"2017-09-01","claim":"C","loan":"L","base":"800000.00","lawsuit":"1号"}"#,
        ],
    ),
    (
        "in-review",
        "filed",
        &[r#"{"event":"review-claim","date":"2017-09-02","claim":"C","step":"in-review"}"#],
    ),
    (
        "sent-back",
        "in-review",
        &[
            r#"{"event":"review-claim","date":"2017-09-03","claim":"C","step":"sent-back","opinion":"缺件"}"#,
        ],
    ),
    (
        "site-checked",
        "in-review",
        &[r#"{"event":"review-claim","date":"2017-09-03","claim":"C","step":"site-checked"}"#],
    ),
    (
        "reviewed",
        "site-checked",
        &[r#"{"event":"review-claim","date":"2017-09-04","claim":"C","step":"reviewed"}"#],
    ),
    (
        "approved",
        "reviewed",
        &[r#"{"event":"approve-claim","date":"2017-09-10","claim":"C","amount":"120000.00"}"#],
    ),
    (
        "noticed",
        "approved",
        &[r#"{"event":"review-claim","date":"2017-09-11","claim":"C","step":"noticed"}"#],
    ),
    (
        "ordered",
        "noticed",
        &[r#"{"event":"review-claim","date":"2017-09-18","claim":"C","step":"ordered"}"#],
    ),
    (
        "paid-part",
        "ordered",
        &[
            r#"{"event":"pay-claim","date":"2017-09-20","claim":"C","bank_account":"POOL","amount":"50000.00"}"#,
        ],
    ),
    (
        "paid",
        "ordered",
        &[r#"{"event":"pay-claim","date":"2017-09-20","claim":"C","bank_account":"POOL"}"#],
    ),
    (
        "recovering",
        "paid",
        &[
            r#"{"event":"recover","date":"2017-10-01","claim":"C","bank_account":"POOL","gross":"1000.00"}"#,
        ],
    ),
    // Four tenths of it are the whole compensation.
    (
        "recovering@all",
        "paid",
        &[
            r#"{"event":"recover","date":"2017-10-01","claim":"C","bank_account":"POOL","gross":"300000.00"}"#,
        ],
    ),
    (
        "settled",
        "paid",
        &[r#"{"event":"settle-claim","date":"2017-11-01","claim":"C","amount":"1000.00"}"#],
    ),
    (
        "written-off",
        "recovering",
        &[r#"{"event":"write-off","date":"2017-12-01","claim":"C","document":"1号"}"#],
    ),
    (
        "concluded",
        "written-off",
        &[
            r#"{"event":"close-claim","date":"2017-12-20","claim":"C","reason":"终结","document":"2号"}"#,
        ],
    ),
    (
        "rejected",
        "filed",
        &[r#"{"event":"reject-claim","date":"2017-09-05","claim":"C","reason":"x"}"#],
    ),
    (
        "withdrawn",
        "filed",
        &[r#"{"event":"withdraw-claim","date":"2017-09-05","claim":"C","reason":"x"}"#],
    ),
    (
        "revoked",
        "paid",
        &[r#"{"event":"revoke-claim","date":"2017-10-05","claim":"C","reason":"x"}"#],
    ),
];

fn event(column: &str, _: &str) -> String {
    let own = match column {
        "approve-claim" => r#""amount":"120000.00""#,
        "reject-claim" | "withdraw-claim" | "cancel-rest" | "revoke-claim" => r#""reason":"x""#,
        "pay-claim" | "refund-claim" => r#""bank_account":"POOL""#,
        "recover" => r#""bank_account":"POOL","gross":"10.00""#,
        "recovery-cost" => r#""bank_account":"POOL","amount":"1.00""#,
        "recover-in-kind" => r#""asset":"设备","value":"1.00""#,
        "settle-claim" => r#""amount":"1.00""#,
        "write-off" => r#""document":"1号""#,
        "close-claim" => r#""reason":"x","document":"1号""#,
        step => {
            return format!(
                r#"{{"event":"review-claim","date":"2018-01-02","claim":"C","step":"{step}"}}"#
            );
        }
    };
    format!(r#"{{"event":"{column}","date":"2018-01-02","claim":"C",{own}}}"#)
}

#[test]
fn every_event_on_a_claim_in_every_state() {
    walk(&Family {
        name: "claim",
        code: "claim-state",
        books: BOOKS,
        event,
        stand: |state, _| state.claims.get("C").unwrap().state.code(),
        tells_moves: true,
        table: || {
            ClaimState::ALL.iter().map(|state| (state.code(), state.legal().to_vec())).collect()
        },
    });
}
