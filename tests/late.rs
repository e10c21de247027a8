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

/// A book whose last entry lies far from today asks for the clock to be looked at, once for each way of
/// recording; reading minds no clock.
#[test]
fn a_clock_far_from_the_last_entry_is_asked_about() {
    let join = "join --owner 410821 --date 2018-01-01 --id j --maker 甲";
    let rows = r#"{"id":"k","event":"join","date":"2018-01-01","owner":"410822","maker":"甲"}"#;
    for (last, code) in
        [("2190-01-01T00:00:00Z", "clock-behind"), ("2019-01-01T00:00:00Z", "clock-ahead")]
    {
        let temp = tempfile::tempdir().unwrap();
        written(temp.path(), &[(last, OPENING)]);
        std::fs::write(temp.path().join("rows.jsonl"), rows).unwrap();
        let run = |command: &str| {
            let script = format!("unset POOLBOOK_CONFIRM_CLOCK; poolbook {command}");
            shell(&script, temp.path(), "en")
        };
        for command in [
            join.to_owned(),
            format!("--dry-run {join}"),
            "record rows.jsonl".to_owned(),
            "record rows.jsonl --rejects rejected.csv".to_owned(),
        ] {
            let (exit, out, err) = run(&command);
            let told = out + &err + &rejected(temp.path());
            assert!(exit != 0 && told.contains(code), "{command}: {exit} {told}");
            assert!(told.contains(last), "{command}: {told}");
        }
        let (exit, _, err) = run("balance");
        assert_eq!((exit, err.contains("clock-")), (0, false), "{err}");
        let (exit, _, err) = run(&format!("--confirm-clock {join}"));
        assert_eq!(exit, 0, "{err}");
        let (_, out, _) = run("export journal");
        let recorded = out.lines().last().unwrap().split("\"recorded\":\"").nth(1).unwrap();
        // The time of recording never goes back; today lies between the two.
        assert!(&recorded[..20] >= last && recorded.contains("\"seq\":2"), "{out}");
        // Once it was confirmed, the last entry is today's.
        let (exit, _, err) = run("record rows.jsonl");
        assert_eq!(exit, if code == "clock-ahead" { 0 } else { 77 }, "{err}");
        assert_eq!(run("verify").0, 0);
    }
}

fn rejected(directory: &std::path::Path) -> String {
    let path = directory.join("rejected.csv");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let _ = std::fs::remove_file(path);
    text
}
