//! Periods: the last one of a year, closed softly, for good and with its year.

use super::{Family, Stage, walk};
use poolbook::domain::calendar::parse_date;
use poolbook::domain::state::State;

const BOOKS: &[Stage] = &[
    ("open", "", &[]),
    (
        "soft-closed",
        "",
        &[
            r#"{"event":"close","date":"2017-12-31","owner":"410821","period":"2017-12","stage":"soft"}"#,
        ],
    ),
    (
        "closed",
        "",
        &[r#"{"event":"close","date":"2017-12-31","owner":"410821","period":"2017-12"}"#],
    ),
    (
        "year-closed",
        "",
        &[r#"{"event":"close","date":"2017-12-31","owner":"410821","period":"2017"}"#],
    ),
];

fn event(column: &str, _: &str) -> String {
    let charge = |date: &str, more: &str| {
        format!(
            r#"{{"event":"bank-charge","date":"{date}","owner":"410821","bank_account":"POOL","amount":"1.00"{more}}}"#
        )
    };
    let close = |period: &str, stage: &str| {
        format!(
            r#"{{"event":"close","date":"2017-12-31","owner":"410821","period":"{period}","stage":"{stage}"}}"#
        )
    };
    match column {
        "close-soft" => close("2017-12", "soft"),
        "close-month" => close("2017-12", "final"),
        "close-quarter" => close("2017Q4", "final"),
        "close-year" => close("2017", "final"),
        "close-month-before" => {
            r#"{"event":"close","date":"2017-11-30","owner":"410821","period":"2017-11"}"#
                .to_owned()
        }
        "fact" => charge("2017-12-31", ""),
        "adjustment" => charge("2017-12-31", r#","approver":"丙""#),
        "own-adjustment" => charge("2017-12-31", r#","approver":"甲""#),
        "late-fact" => charge("2018-01-01", r#","effective":"2017-12-31""#),
        // The last entry of the book: the close, where there is one.
        _ => r#"{"event":"reverse","date":"2018-01-01","entry":"10","reason":"x"}"#.to_owned(),
    }
}

fn stand(state: &State, _: &str) -> &'static str {
    let end = parse_date("2017-12-31").unwrap();
    let Some(closing) = state.closings.get("410821") else { return "open" };
    let reached = |stage: Option<(_, u64)>| stage.is_some_and(|(day, _)| day >= end);
    match (closing.year, reached(closing.through), reached(closing.soft)) {
        (Some(2017), ..) => "year-closed",
        (_, true, _) => "closed",
        (_, _, true) => "soft-closed",
        _ => "open",
    }
}

#[test]
fn every_close_and_every_late_entry_in_every_state_of_a_period() {
    walk(&Family {
        name: "period",
        code: "period-closed-already",
        books: BOOKS,
        event,
        stand,
        tells_moves: false,
        table: || {
            ["open", "soft-closed", "closed", "year-closed"].map(|state| (state, vec![])).into()
        },
    });
}
