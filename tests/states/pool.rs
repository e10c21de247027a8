//! Pools.

use super::{Family, Stage, UNFUNDED, expected, walk};
use poolbook::domain::calendar::parse_date;
use poolbook::domain::pool::{PoolState, pool_state};
use poolbook::domain::state::State;
use poolbook::domain::text::Id;

/// 4,240,000.00 are lent. 40,000.00 of it are overdue where the pool is active, 140,000.00 (3.3%)
/// where it is warned, 240,000.00 (5.7%) where it is suspended. Of the claims C1 is in review, C2
/// approved, C3 paid; nobody has claimed for O4, and D is not drawn.
const BOOKS: &[Stage] = &[
    ("planned", UNFUNDED, &[]),
    (
        "active",
        "",
        &[
            r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"BIG","firm":"FIRM","bank":"BANK","amount":"4000000.00","due":"2018-11-01","rate":"4.35%"}"#,
            r#"{"event":"disburse","date":"2017-03-01","loan":"BIG","amount":"4000000.00"}"#,
            r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"W1","firm":"FIRM","bank":"BANK","amount":"100000.00","due":"2018-11-01","rate":"4.35%"}"#,
            r#"{"event":"disburse","date":"2017-03-01","loan":"W1","amount":"100000.00"}"#,
            r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"W2","firm":"FIRM","bank":"BANK","amount":"100000.00","due":"2018-11-01","rate":"4.35%"}"#,
            r#"{"event":"disburse","date":"2017-03-01","loan":"W2","amount":"100000.00"}"#,
            r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"O1","firm":"FIRM","bank":"BANK","amount":"10000.00","due":"2018-11-01","rate":"4.35%"}"#,
            r#"{"event":"disburse","date":"2017-03-01","loan":"O1","amount":"10000.00"}"#,
            r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"O2","firm":"FIRM","bank":"BANK","amount":"10000.00","due":"2018-11-01","rate":"4.35%"}"#,
            r#"{"event":"disburse","date":"2017-03-01","loan":"O2","amount":"10000.00"}"#,
            r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"O3","firm":"FIRM","bank":"BANK","amount":"10000.00","due":"2018-11-01","rate":"4.35%"}"#,
            r#"{"event":"disburse","date":"2017-03-01","loan":"O3","amount":"10000.00"}"#,
            r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"O4","firm":"FIRM","bank":"BANK","amount":"10000.00","due":"2018-11-01","rate":"4.35%"}"#,
            r#"{"event":"disburse","date":"2017-03-01","loan":"O4","amount":"10000.00"}"#,
            r#"{"event":"enrol","date":"2017-12-01","owner":"410821","loan":"D","firm":"FIRM","bank":"BANK","amount":"100000.00","due":"2018-11-01","rate":"4.35%"}"#,
            r#"{"event":"overdue","date":"2017-07-01","loan":"O1"}"#,
            r#"{"event":"overdue","date":"2017-07-01","loan":"O2"}"#,
            r#"{"event":"overdue","date":"2017-07-01","loan":"O3"}"#,
            r#"{"event":"overdue","date":"2017-07-01","loan":"O4"}"#,
            r#"{"event":"file-claim","date":"2017-09-15","claim":"C1","loan":"O1","base":"10000.00","lawsuit":"1号"}"#,
            r#"{"event":"file-claim","date":"2017-09-15","claim":"C2","loan":"O2","base":"10000.00","lawsuit":"1号"}"#,
            r#"{"event":"file-claim","date":"2017-09-15","claim":"C3","loan":"O3","base":"10000.00","lawsuit":"1号"}"#,
            r#"{"event":"approve-claim","date":"2017-09-20","claim":"C2"}"#,
            r#"{"event":"approve-claim","date":"2017-09-20","claim":"C3"}"#,
            r#"{"event":"pay-claim","date":"2017-09-25","claim":"C3","bank_account":"POOL"}"#,
            r#"{"event":"approve-withdrawal","date":"2017-09-26","owner":"410821","source":"county","amount":"10.00"}"#,
        ],
    ),
    ("warning", "active", &[r#"{"event":"overdue","date":"2017-12-05","loan":"W1"}"#]),
    ("suspended", "warning", &[r#"{"event":"overdue","date":"2017-12-05","loan":"W2"}"#]),
    (
        "suspended@fallen",
        "suspended",
        &[
            r#"{"event":"repay","date":"2017-12-20","loan":"W1","amount":"100000.00"}"#,
            r#"{"event":"repay","date":"2017-12-20","loan":"W2","amount":"100000.00"}"#,
        ],
    ),
    (
        "run-off",
        "active",
        &[
            r#"{"event":"run-off","date":"2017-12-10","owner":"410821","reason":"到期","document":"1号"}"#,
        ],
    ),
    (
        "run-off@settled",
        "run-off",
        &[
            r#"{"event":"reject-claim","date":"2017-12-19","claim":"C1","reason":"x"}"#,
            r#"{"event":"pay-claim","date":"2017-12-19","claim":"C2","bank_account":"POOL"}"#,
            r#"{"event":"repay","date":"2017-12-20","loan":"BIG","amount":"4000000.00"}"#,
            r#"{"event":"repay","date":"2017-12-20","loan":"W1","amount":"100000.00"}"#,
            r#"{"event":"repay","date":"2017-12-20","loan":"W2","amount":"100000.00"}"#,
            r#"{"event":"repay","date":"2017-12-20","loan":"O1","amount":"10000.00"}"#,
            r#"{"event":"repay","date":"2017-12-20","loan":"O4","amount":"10000.00"}"#,
            r#"{"event":"remove","date":"2017-12-20","loan":"D","reason":"x"}"#,
        ],
    ),
    (
        "liquidating",
        "run-off@settled",
        &[r#"{"event":"liquidate","date":"2017-12-21","owner":"410821","document":"2号"}"#],
    ),
    (
        "liquidating@empty",
        "liquidating",
        &[
            r#"{"event":"write-off","date":"2017-12-22","claim":"C2","document":"3号"}"#,
            r#"{"event":"write-off","date":"2017-12-22","claim":"C3","document":"3号"}"#,
            r#"{"event":"share-loss","date":"2017-12-23","owner":"410821","document":"4号"}"#,
            r#"{"event":"approve-withdrawal","date":"2017-12-24","owner":"410821","source":"county","amount":"4991990.00"}"#,
            r#"{"event":"pay-withdrawal","date":"2017-12-25","owner":"410821","source":"county","bank_account":"POOL"}"#,
        ],
    ),
    (
        "closed",
        "liquidating@empty",
        &[r#"{"event":"close-pool","date":"2017-12-26","owner":"410821","document":"5号"}"#],
    ),
];

fn event(column: &str, row: &str) -> String {
    let own = match column {
        "enrol" => {
            r#""owner":"410821","loan":"N","firm":"FIRM","bank":"BANK","amount":"1000.00","due":"2018-11-01","rate":"4.35%""#
        }
        "disburse" => r#""loan":"D","amount":"100000.00""#,
        // The next loan that is not overdue yet.
        "overdue" if row == "warning" => r#""loan":"W2""#,
        "overdue" if row.starts_with("suspended") => r#""loan":"BIG""#,
        "overdue" => r#""loan":"W1""#,
        "repay" if row == "suspended@fallen" => r#""loan":"BIG","amount":"1.00""#,
        "repay" => r#""loan":"W1","amount":"100000.00""#,
        "file-claim" => r#""claim":"C4","loan":"O4","base":"10000.00","lawsuit":"1号""#,
        "approve-claim" => r#""claim":"C1""#,
        "pay-claim" => r#""claim":"C2","bank_account":"POOL""#,
        "recover" => r#""claim":"C3","bank_account":"POOL","gross":"100.00""#,
        "write-off" => r#""claim":"C3","document":"1号""#,
        "release" | "run-off" => r#""owner":"410821","reason":"x","document":"1号""#,
        "liquidate" | "share-loss" | "close-pool" => r#""owner":"410821","document":"1号""#,
        "commit" => r#""owner":"410821","source":"county","amount":"1.00""#,
        "pay-withdrawal" => r#""owner":"410821","source":"county","bank_account":"POOL""#,
        "approve-withdrawal" => r#""owner":"410821","source":"county","amount":"1.00""#,
        "contribute" => {
            r#""owner":"410821","source":"county","bank_account":"POOL","amount":"1.00""#
        }
        _ => r#""owner":"410821","bank_account":"POOL","amount":"1.00""#,
    };
    format!(r#"{{"event":"{column}","date":"2018-01-02",{own}}}"#)
}

fn stand(state: &State, _: &str) -> &'static str {
    let owner = Id::parse("410821").unwrap();
    pool_state(state, &owner, parse_date("2018-01-02").unwrap()).code()
}

#[test]
fn every_event_on_a_pool_in_every_state() {
    walk(&Family {
        name: "pool",
        code: "pool-state",
        books: BOOKS,
        event,
        stand,
        tells_moves: false,
        table: || PoolState::ALL.map(|state| (state.code(), Vec::new())).into(),
    });
}

/// No event leads where the program's own list of next states does not.
#[test]
fn a_pool_goes_only_to_its_next_states() {
    let by_code = |code: &str| PoolState::ALL.into_iter().find(|state| state.code() == code);
    for (row, cells) in expected("pool").rows {
        let state = by_code(row.split('@').next().unwrap()).unwrap();
        for next in cells.iter().filter_map(|cell| by_code(cell)) {
            assert!(next == state || state.next().contains(&next), "{row} to {next:?}");
        }
    }
}
