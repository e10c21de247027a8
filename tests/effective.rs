//! Late facts: booked on one day, true from an earlier one (生效日).

use crate::support::book::{blank, entries, event, fingerprint, options, record};
use crate::support::fixture;
use crate::support::stages::STAGES;
use poolbook::book::Book;
use poolbook::domain::loan::Loan;
use poolbook::store::MemoryStore;

/// The life of a loan told in time: each fact on its day.
const LIFE: &[&str] = &[
    r#"{"event":"disburse","date":"2017-03-02","loan":"L","note":"N","amount":"900000.00"}"#,
    r#"{"event":"repay","date":"2017-04-03","loan":"L","amount":"100000.00"}"#,
    r#"{"event":"reprice","date":"2017-04-10","loan":"L","rate":"5%"}"#,
    r#"{"event":"interest-paid","date":"2017-04-20","loan":"L","from":"2017-03-02","to":"2017-04-20","amount":"5000"}"#,
    r#"{"event":"fee-paid","date":"2017-04-21","loan":"L","from":"2017-03-02","to":"2018-03-01","amount":"9000","fee_rate":"1%"}"#,
    r#"{"event":"overdue","date":"2017-05-02","loan":"L"}"#,
    r#"{"event":"cure","date":"2017-05-20","loan":"L"}"#,
    r#"{"event":"overdue","date":"2017-06-01","loan":"L"}"#,
    r#"{"event":"npl","date":"2017-07-01","loan":"L"}"#,
    r#"{"event":"file-claim","date":"2017-09-01","claim":"C","loan":"L","base":"800000.00","lawsuit":"1号"}"#,
    r#"{"event":"reject-claim","date":"2017-09-02","claim":"C","reason":"x"}"#,
    r#"{"event":"remove","date":"2017-09-03","loan":"L","reason":"x"}"#,
];

fn set_up() -> Book<MemoryStore> {
    let mut book = blank();
    let rules = fixture("jiaozuo-2017/rules/jiaozuo-demo.toml");
    let rules = serde_json::to_string(&std::fs::read_to_string(rules).unwrap()).unwrap();
    let events = STAGES.iter().take(3).flat_map(|(_, events)| events.iter());
    for (json, number) in events.zip(1..) {
        let json = json.replace(r#""@""#, &rules);
        record(&mut book, &[event(&json.replacen('{', &format!(r#"{{"id":"{number}","#), 1))]);
    }
    book
}

/// An event of the life, booked on `day` with its own date as the effective one, if told so.
fn told(json: &str, number: usize, day: Option<&str>) -> poolbook::domain::event::Event {
    let mut value: serde_json::Value = serde_json::from_str(json).unwrap();
    value["id"] = format!("life-{number}").into();
    if let Some(day) = day {
        value["effective"] = value["date"].clone();
        value["date"] = day.into();
    }
    event(&value.to_string())
}

fn loan(book: &Book<MemoryStore>) -> Loan {
    book.state().loans.get("L").unwrap().clone()
}

#[test]
fn a_late_fact_counts_from_its_true_date() {
    let (mut in_time, mut late) = (set_up(), set_up());
    for (number, json) in LIFE.iter().enumerate() {
        record(&mut in_time, &[told(json, number, None)]);
        record(&mut late, &[told(json, number, Some("2018-02-01"))]);
        assert_eq!(loan(&late), loan(&in_time), "{json}");
        let filed = |book: &Book<MemoryStore>| book.state().claims.get("C").map(|own| own.filed);
        assert_eq!(filed(&late), filed(&in_time));
    }
    // The money and the vouchers stand in the month in which they were booked.
    let last = entries(late.store()).pop().unwrap();
    assert_eq!(last.voucher.unwrap().month.to_string(), "2018-02");
    assert_eq!(last.event.happened().to_string(), "2017-09-03");
}

#[test]
fn a_late_fact_is_reversed_like_any_other() {
    for (number, json) in LIFE.iter().enumerate() {
        let mut book = set_up();
        for (number, json) in LIFE.iter().enumerate().take(number) {
            record(&mut book, &[told(json, number, Some("2018-02-01"))]);
        }
        let before = loan(&book);
        record(&mut book, &[told(json, number, Some("2018-02-01"))]);
        let seq = book.head().count;
        let reverse = format!(
            r#"{{"event":"reverse","id":"back","date":"2018-02-02","entry":"{seq}","reason":"x"}}"#
        );
        let Err(problem) = book.record(event(&reverse), &options()) else {
            assert_eq!(loan(&book), before, "{json}");
            continue;
        };
        // Only what closes a claim or an enrolment for good is not taken back.
        assert_eq!(problem.code, "reverse-kind", "{json}");
    }
}

#[test]
fn the_order_of_facts_is_that_of_their_true_dates() {
    let mut book = set_up();
    record(&mut book, &[told(LIFE[0], 0, Some("2017-05-01"))]);
    // Drawn on 2017-03-02: a repayment a day before is none, whenever it is booked.
    let before = r#"{"event":"repay","date":"2017-03-01","loan":"L","amount":"1.00"}"#;
    let problem = book.record(told(before, 1, Some("2017-05-02")), &options()).unwrap_err();
    assert_eq!(problem.code, "date-order");
    assert_eq!(problem.arg("later"), Some("2017-03-01"));
    record(&mut book, &[told(LIFE[1], 1, Some("2017-05-02"))]);
}

#[test]
pub fn the_same_id_with_another_true_date_is_another_event() {
    let mut book = set_up();
    record(&mut book, &[told(LIFE[0], 0, Some("2017-05-01"))]);
    let before = fingerprint(&book);
    record(&mut book, &[told(LIFE[0], 0, Some("2017-05-01"))]);
    assert_eq!(fingerprint(&book), before, "already recorded");
    let json = LIFE[0].replace("2017-03-02", "2017-03-03");
    let problem = book.record(told(&json, 0, Some("2017-05-01")), &options()).unwrap_err();
    assert_eq!((problem.code, problem.arg("fields")), ("id-reused", Some("effective")));
}

/// Rules that are in force before the day on which they are adopted: what was enrolled in between
/// keeps the rules of its enrolment, what is recorded later with a day in between gets the new ones.
#[test]
fn rules_are_in_force_from_their_true_date() {
    let mut book = blank();
    let rules = |id: &str, pool: &str| {
        let bank = 100 - pool.parse::<u32>().unwrap();
        format!(
            "id = \\\"{id}\\\"\\nname = \\\"{id}\\\"\\n[sharing]\\n[[sharing.band]]\\npool = \\\"{pool}%\\\"\\nbank = \\\"{bank}%\\\"\\n"
        )
    };
    let (old, new) = (rules("old", "40"), rules("new", "60"));
    let enrol = |loan: &str, date: &str| {
        format!(
            r#"{{"event":"enrol","id":"e-{loan}","date":"{date}","owner":"410821","loan":"{loan}","firm":"FIRM","bank":"BANK","amount":"100.00","due":"2025-02-01","rate":"4%"}}"#
        )
    };
    for json in [
        r#"{"event":"open-book","id":"o","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#.to_owned(),
        format!(r#"{{"event":"adopt-rules","id":"r1","date":"2017-01-01","rules":"{old}"}}"#),
        r#"{"event":"join","id":"j","date":"2017-01-01","owner":"410821"}"#.to_owned(),
        r#"{"event":"party","id":"p1","date":"2017-01-01","party":"BANK","kind":"bank","name":"b"}"#.to_owned(),
        r#"{"event":"party","id":"p2","date":"2017-01-01","party":"FIRM","kind":"firm","name":"f"}"#.to_owned(),
        enrol("BETWEEN", "2024-02-01"),
        format!(r#"{{"event":"adopt-rules","id":"r2","date":"2024-03-15","effective":"2024-01-01","rules":"{new}","checker":"乙"}}"#),
        enrol("BEFORE", "2023-12-31"),
        enrol("FIRST", "2024-01-01"),
        enrol("LATER", "2024-03-20"),
    ] {
        record(&mut book, &[event(&json)]);
    }
    let under = |loan: &str| {
        let loan = book.state().loans.get(loan).unwrap();
        (loan.rules.clone().unwrap().to_string(), loan.share.to_string())
    };
    assert_eq!(under("BETWEEN"), ("old".into(), "0.4".into()));
    assert_eq!(under("BEFORE"), ("old".into(), "0.4".into()));
    assert_eq!(under("FIRST"), ("new".into(), "0.6".into()));
    assert_eq!(under("LATER"), ("new".into(), "0.6".into()));
    assert_eq!(crate::support::book::audited(book.store()), []);
}
