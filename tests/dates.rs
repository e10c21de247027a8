//! Dates that have not come yet, or are far from the latest booking, are asked about.

use crate::consequences::small;
use crate::errors::shell;
use crate::support::book::{blank, event, options};
use poolbook::book::Options;
use std::path::Path;

fn run(dir: &Path, command: &str) -> (i32, String) {
    let (code, _, err) = shell(command, dir, "en");
    (code, err)
}

fn contribute(id: &str, date: &str) -> String {
    format!(
        "poolbook contribute --id {id} --owner 410821 --source county --bank-account P --amount 1 --date {date}"
    )
}

/// The latest booking is of 2017-01-01, so 2019-01-01 is two years later and not more.
#[test]
fn a_date_far_ahead_or_in_the_future_takes_somebody_who_insists() {
    let dir = tempfile::tempdir().unwrap();
    small(dir.path());
    for (date, expected) in [("2019-01-02", "date-far"), ("2198-01-01", "date-future")] {
        let (code, err) = run(dir.path(), &contribute("a", date));
        assert!(code == 77 && err.contains(&format!("[{expected}]")), "{date}: {err}");
        assert!(err.contains("what to do: check the date"), "{err}");
        let dry = contribute("a", date).replace("poolbook", "poolbook --dry-run");
        assert_eq!(run(dir.path(), &dry).0, 77, "{date}");
    }
    assert_eq!(run(dir.path(), &contribute("a", "2019-01-01")).0, 0);
    // Days before the latest booking are no question; now 2021-01-02 is too far, until somebody insists.
    assert_eq!(run(dir.path(), &contribute("b", "2017-02-01")).0, 0);
    assert_eq!(run(dir.path(), &contribute("c", "2021-01-02")).0, 77);
    assert_eq!(run(dir.path(), &(contribute("c", "2021-01-02") + " --confirm-date")).0, 0);
    let insisted = format!("POOLBOOK_CONFIRM_DATE=true {}", contribute("d", "2198-01-01"));
    assert_eq!(run(dir.path(), &insisted).0, 0);
    // Facts without lines may be of any day that has come.
    let join = "poolbook join --owner 410822 --date 2026-01-01";
    assert_eq!(run(dir.path(), join).0, 0);
    // What is recorded already is no new date.
    assert_eq!(run(dir.path(), &contribute("c", "2021-01-02")).0, 0);
}

/// A file of several events may hold many years with gaps, but none that have not come; a file of one is asked
/// like a command.
#[test]
fn a_backlog_is_asked_about_the_future_only() {
    let dir = tempfile::tempdir().unwrap();
    small(dir.path());
    let row = |id: &str, date: &str| {
        format!(
            "{{\"id\":\"{id}\",\"event\":\"contribute\",\"date\":\"{date}\",\"owner\":\"410821\",\"source\":\"county\",\"bank_account\":\"P\",\"amount\":\"1.00\"}}\n"
        )
    };
    let years: String = ["2017-03-01", "2019-03-01", "2022-03-01"]
        .into_iter()
        .map(|date| row(date, date))
        .collect();
    std::fs::write(dir.path().join("e.jsonl"), &years).unwrap();
    for taken in ["record e.jsonl", "record e.jsonl --rejects r.jsonl"] {
        let (code, err) = run(dir.path(), &format!("poolbook --dry-run {taken}"));
        assert_eq!(code, 0, "{err}");
    }
    std::fs::write(dir.path().join("one.jsonl"), row("one", "2022-03-01")).unwrap();
    let (code, err) = run(dir.path(), "poolbook --dry-run record one.jsonl");
    assert!(code == 77 && err.contains("file one.jsonl, row 1, column `date`"), "{err}");
    assert_eq!(run(dir.path(), "poolbook --dry-run --confirm-date record one.jsonl").0, 0);
    let late = years.clone() + &row("late", "2198-01-01");
    std::fs::write(dir.path().join("late.jsonl"), &late).unwrap();
    let (code, err) = run(dir.path(), "poolbook --dry-run record late.jsonl");
    assert!(code == 77 && err.contains("file late.jsonl, row 4, column `date`"), "{err}");
    let (code, err) = run(dir.path(), "poolbook --dry-run record late.jsonl --rejects r.jsonl");
    assert_eq!(code, 1, "{err}");
    // In the library, an empty book takes them all without a question.
    let asked = Options {
        date_confirmed: false,
        now: "2026-12-01T00:00:00Z".parse().unwrap(),
        ..options()
    };
    let mut book = blank();
    let opening = [
        r#"{"event":"open-book","id":"open","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#,
        r#"{"event":"join","id":"join","date":"2017-01-01","owner":"410821"}"#,
        r#"{"event":"bank-account","id":"p","date":"2017-01-01","owner":"410821","bank_account":"P","fund":"RISK"}"#,
    ];
    for line in opening {
        book.record(event(line), &asked).unwrap();
    }
    let mut events: Vec<_> = years.lines().map(event).collect();
    assert_eq!(book.record_all(&mut events, &asked, &mut |_, _| {}).unwrap().new, 3);
    // The index keeps the latest booking.
    let more = |date: &str| event(&row("more", date));
    assert_eq!(book.record(more("2024-03-02"), &asked).unwrap_err().code, "date-far");
    book.reindex().unwrap();
    assert_eq!(book.record(more("2024-03-02"), &asked).unwrap_err().code, "date-far");
    assert_eq!(book.record(more("2027-03-10"), &asked).unwrap_err().code, "date-future");
    book.record(more("2024-03-01"), &asked).unwrap();
}

/// A quarter may be looked at before it ends, and is not posted before.
#[test]
fn a_quarter_is_not_posted_before_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let quarter = "poolbook quarter 2198Q4 --from $FIXTURES/jiaozuo-2017";
    let people = "--checker 王澍文 --approver 张栎川";
    let (code, err) = run(dir.path(), &format!("{quarter} --post {people}"));
    assert!(code == 77 && err.contains("[date-future]"), "{err}");
    assert!(!dir.path().join("book").exists(), "nothing was made");
    let (code, err) = run(dir.path(), quarter);
    assert!(code <= 1, "{err}");
}
