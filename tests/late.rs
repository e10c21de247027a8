//! What was booked long after its day is listed, and a clock that is behind is told.

use crate::errors::shell;
use crate::support::book::{event, options};
use crate::verify::OPENING;
use poolbook::book::{Book, Options, Scope};
use poolbook::store::FileStore;
use serde_json::Value;
use std::path::Path;

/// A book whose events were recorded at these instants.
fn written(directory: &Path, events: &[(&str, &str)]) {
    let store = FileStore::create(&directory.join("book")).unwrap();
    let mut book = Book::open(store, Scope::All).unwrap();
    for (now, json) in events {
        let options = Options { now: now.parse().unwrap(), ..options() };
        book.record(event(json), &options).unwrap();
    }
}

const JOIN: &str = r#"{"event":"join","id":"j","date":"2018-01-02","owner":"410821"}"#;
const ACCOUNT: &str = r#"{"event":"bank-account","id":"a","date":"2018-01-10","owner":"410821","bank_account":"P","fund":"RISK"}"#;
const MONEY: &str = r#"{"event":"contribute","id":"c","date":"2018-01-03","effective":"2018-01-02","owner":"410821","source":"city","bank_account":"P","amount":"5.00","document":"1号","maker":"甲","checker":"乙"}"#;

fn listed(directory: &Path, options: &str) -> Vec<(u64, Value, Value)> {
    let command = format!("poolbook --format json late {options}");
    let (exit, out, err) = shell(&command, directory, "zh");
    assert_eq!(exit, 0, "{err}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        (row["entry"].as_u64().unwrap(), row["days_late"].clone(), row["days_ahead"].clone())
    })
    .collect()
}

#[test]
fn exactly_what_lies_further_apart_is_listed() {
    let temp = tempfile::tempdir().unwrap();
    let opening = OPENING.replace("2017-01-01", "2018-01-02");
    // Midnight in Beijing is 16:00 of the day before in UTC.
    written(
        temp.path(),
        &[
            ("2018-01-01T16:00:00Z", &opening),
            ("2018-01-09T15:59:59Z", JOIN),
            ("2018-01-09T15:59:59Z", ACCOUNT),
            ("2018-01-10T16:00:00Z", MONEY),
        ],
    );
    let none = Value::Null;
    // 3 January to 11 January; booked on the 10th by what was recorded on the 9th.
    let late = (4, 8.into(), none.clone());
    let ahead = (3, none.clone(), 1.into());
    assert_eq!(listed(temp.path(), ""), [ahead.clone(), late.clone()]);
    assert_eq!(listed(temp.path(), "--days 8"), std::slice::from_ref(&ahead));
    assert_eq!(listed(temp.path(), "--after-entry 3"), std::slice::from_ref(&late));
    assert_eq!(listed(temp.path(), "--owner 410822"), []);
    let week = (2, 7.into(), none);
    assert_eq!(listed(temp.path(), "--days 6"), [week, ahead, late]);
    let (exit, out, _) = shell("poolbook --format csv late --days 30000", temp.path(), "zh");
    assert_eq!((exit, out.lines().count()), (0, 2), "{out}");
}

#[test]
fn a_clock_that_is_behind_is_told_and_recording_never_goes_back() {
    let temp = tempfile::tempdir().unwrap();
    written(temp.path(), &[("2190-01-01T00:00:00Z", OPENING)]);
    let join = "poolbook join --owner 410821 --date 2018-01-01 --id j";
    let (exit, out, err) = shell(join, temp.path(), "en");
    assert_eq!(exit, 0, "{err}");
    assert!(err.contains("[clock-behind]") && err.contains("2190-01-01T00:00:00Z"), "{err}");
    assert!(out.contains("2190-01-01T00:00:00Z"), "{out}");
    let (_, _, err) = shell("poolbook balance", temp.path(), "en");
    assert!(!err.contains("clock-behind"), "reading minds no clock: {err}");
    let (_, _, err) = shell("poolbook verify", temp.path(), "en");
    assert!(!err.contains("clock-behind"), "{err}");
}
