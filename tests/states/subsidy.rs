//! Subsidy lines and the filings before them.

use super::{DRAW, ENROL, Family, Stage, walk};
use poolbook::domain::registry::SubsidyState;

const BOOKS: &[Stage] = &[
    (
        "filed",
        "",
        &[
            ENROL,
            DRAW,
            r#"{"event":"approve-subsidy","id":"S-2","date":"2018-01-05","loan":"L","amount":"1000.00","period":"2017Q3","programme":"interest-discount"}"#,
            r#"{"event":"file-subsidy","id":"F","date":"2018-01-03","loan":"L","period":"2017Q4","programme":"interest-discount"}"#,
        ],
    ),
    (
        "reviewed",
        "filed",
        &[
            r#"{"event":"review-subsidy","date":"2018-01-04","subsidy":"F","step":"reviewed","opinion":"属实"}"#,
        ],
    ),
    (
        "approved",
        "reviewed",
        &[
            r#"{"event":"approve-subsidy","id":"S","date":"2018-01-05","loan":"L","amount":"1000.00","period":"2017Q4","programme":"interest-discount"}"#,
        ],
    ),
    (
        "noticed",
        "approved",
        &[r#"{"event":"review-subsidy","date":"2018-01-06","subsidy":"S","step":"noticed"}"#],
    ),
    (
        "ordered",
        "noticed",
        &[r#"{"event":"review-subsidy","date":"2018-01-12","subsidy":"S","step":"ordered"}"#],
    ),
    (
        "paid-part",
        "ordered",
        &[
            r#"{"event":"pay-subsidy","date":"2018-01-15","subsidy":"S","bank_account":"INT","amount":"400.00"}"#,
        ],
    ),
    (
        "paid",
        "ordered",
        &[r#"{"event":"pay-subsidy","date":"2018-01-15","subsidy":"S","bank_account":"INT"}"#],
    ),
    (
        "returned",
        "paid",
        &[
            r#"{"event":"return-subsidy","date":"2018-01-17","subsidy":"S","bank_account":"INT","amount":"300.00"}"#,
        ],
    ),
    (
        "reissued",
        "returned",
        &[r#"{"event":"reissue-subsidy","date":"2018-01-19","subsidy":"S","bank_account":"INT"}"#],
    ),
    (
        "clawback-due",
        "paid",
        &[
            r#"{"event":"claw-back","date":"2018-02-01","subsidy":"S","amount":"600.00","reason":"x"}"#,
        ],
    ),
    (
        "clawed-back",
        "clawback-due",
        &[r#"{"event":"receive-clawback","date":"2018-02-05","subsidy":"S","bank_account":"INT"}"#],
    ),
    (
        "offset",
        "clawback-due",
        &[r#"{"event":"offset-clawback","date":"2018-02-05","subsidy":"S","against":"S-2"}"#],
    ),
    (
        "written-off",
        "clawback-due",
        &[r#"{"event":"write-off-clawback","date":"2018-02-05","subsidy":"S","reason":"x"}"#],
    ),
    (
        "cancelled",
        "approved",
        &[r#"{"event":"reduce-subsidy","date":"2018-01-08","subsidy":"S","reason":"x"}"#],
    ),
];

/// The record that a row is about: the filing, then the line.
fn subject(row: &str) -> &'static str {
    if ["filed", "reviewed"].contains(&row) { "F" } else { "S" }
}

fn event(column: &str, row: &str) -> String {
    let id = subject(row);
    let own = match column {
        "approve-subsidy" => {
            return r#"{"event":"approve-subsidy","date":"2018-03-01","loan":"L","amount":"1.00","period":"2017Q4","programme":"interest-discount"}"#.to_owned();
        }
        "pay-subsidy" | "reissue-subsidy" | "receive-clawback" => r#""bank_account":"INT""#,
        "return-subsidy" => r#""bank_account":"INT","amount":"1.00""#,
        "reduce-subsidy" | "write-off-clawback" => r#""reason":"x""#,
        "claw-back" => r#""reason":"x","amount":"1.00""#,
        "offset-clawback" => r#""against":"S-2""#,
        step => {
            return format!(
                r#"{{"event":"review-subsidy","date":"2018-03-01","subsidy":"{id}","step":"{step}"}}"#
            );
        }
    };
    format!(r#"{{"event":"{column}","date":"2018-03-01","subsidy":"{id}",{own}}}"#)
}

#[test]
fn every_event_on_a_subsidy_in_every_state() {
    walk(&Family {
        name: "subsidy",
        code: "subsidy-state",
        books: BOOKS,
        event,
        stand: |state, row| match subject(row) {
            "F" => state.filings.get("F").unwrap().state.code(),
            id => state.subsidies.get(id).unwrap().state.code(),
        },
        tells_moves: true,
        table: || {
            SubsidyState::ALL.iter().map(|state| (state.code(), state.legal().to_vec())).collect()
        },
    });
}
