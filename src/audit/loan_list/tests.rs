//! Differences between a list and the notes of an owner, each set up by hand.

use super::*;
use crate::audit::sample::{OWNERS, delta, entry, line, reader, reversed};
use crate::domain::account::{Fund, Side};
use crate::domain::calendar::parse_date;
use crate::domain::entry::Line;
use crate::domain::event::Event;

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn day(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn standing(note: &str, class: usize, balance: i128) -> Standing {
    let mut balances = [Total::ZERO; 4];
    balances[class] = Total(balance);
    Standing { loan: id(note), note: id(note), balances, removed: None, later: Vec::new() }
}

fn listed(row: u64, note: &str, fen: i64, class: Option<(&str, &[usize])>) -> Listed {
    Listed {
        list: 0,
        row,
        note: note.into(),
        balance: Money::from_fen(fen).unwrap(),
        class: class.map(|(word, places)| (word.to_owned(), places.to_vec())),
        firm: String::new(),
    }
}

fn told(
    listed: &[Listed],
    standings: &[Standing],
    known: &dyn Fn(&str) -> Option<Known>,
) -> Vec<String> {
    let found = compare(listed, standings, &id(OWNERS[1]), known);
    let words = found.iter().map(|one| {
        let note = one.listed.map(|at| listed[at].note.clone());
        let note = note.or(one.standing.map(|at| standings[at].note.to_string())).unwrap();
        format!("{} {note} {}", one.gap.code(), one.amount)
    });
    words.collect()
}

#[test]
fn every_difference_is_named() {
    let standings = [
        standing("A", 0, 100_000),
        standing("B", 0, 200_000),
        standing("C", 2, 300_000),
        standing("D", 0, 400_000),
        standing("E", 0, 0),
        standing("F", 1, 600_000),
    ];
    let rows = [
        listed(2, "A", 100_000, Some(("正常", &[0, 1]))),
        listed(3, "B", 150_000, None),
        listed(4, "C", 300_000, Some(("正常", &[0, 1]))),
        listed(5, "A", 100_000, None),
        listed(6, "X", 700, None),
        listed(7, "Y", 800, None),
        listed(8, "Z", 900, None),
        listed(9, "W", 1_000, None),
        listed(10, "E", 0, None),
        listed(11, "V", 0, None),
        listed(12, "F", 600_000, Some(("正常", &[0, 1]))),
    ];
    let known = |note: &str| {
        let known = |owner: &str, outside| Known { loan: id(note), owner: id(owner), outside };
        match note {
            "Y" => Some(known(OWNERS[2], None)),
            "Z" => Some(known(OWNERS[1], Some(Outside::Removed(day("2017-08-28"))))),
            "W" => Some(known(OWNERS[1], Some(Outside::Applied))),
            "X" | "V" => None,
            _ => Some(known(OWNERS[1], None)),
        }
    };
    assert_eq!(
        told(&rows, &standings, &known),
        [
            "balance-differs B -500.00",
            "class-differs C 0.00",
            "listed-twice A 1000.00",
            "missing-in-book X 7.00",
            "other-owner Y 8.00",
            "enrolment-removed Z 9.00",
            "not-enrolled W 10.00",
            "missing-in-list D -4000.00",
        ]
    );
    let found = compare(&rows, &standings, &id(OWNERS[1]), &known);
    assert_eq!(found[2].cause, Some(Cause::Row(2)));
    assert_eq!(found[4].cause, Some(Cause::Owner(id(OWNERS[2]))));
}

#[test]
fn a_mistyped_number_is_paired_by_its_balance_only_where_that_is_one_answer() {
    let standings =
        [standing("N-1", 0, 5_000), standing("N-2", 0, 7_000), standing("N-3", 0, 7_000)];
    let rows = [listed(2, "N-l", 5_000, None), listed(3, "M", 7_000, None)];
    let found = compare(&rows, &standings, &id(OWNERS[1]), &|_| None);
    let causes: Vec<_> = found.iter().map(|one| one.cause.clone()).collect();
    assert_eq!(
        causes,
        [Some(Cause::Note("N-1".into())), None, Some(Cause::Note("N-l".into())), None, None]
    );
}

#[test]
fn a_list_by_loans_is_read_where_a_loan_has_one_note() {
    let note = |loan: &str, note: &str| Standing { loan: id(loan), ..standing(note, 0, 9_000) };
    let standings = [note("L-1", "N-1"), note("L-2", "N-2"), note("L-2", "N-3")];
    let rows = [listed(2, "L-1", 9_000, None), listed(3, "L-2", 9_000, None)];
    let known = |note: &str| {
        (note == "L-2").then(|| Known { loan: id("L-2"), owner: id(OWNERS[1]), outside: None })
    };
    assert_eq!(
        told(&rows, &standings, &known),
        ["balance-differs L-2 90.00", "missing-in-list N-2 -90.00", "missing-in-list N-3 -90.00"]
    );
}

/// Lines of a loan on an account of the classes and against it.
fn memo(loan: &str, account: Account, side: Side, fen: i64) -> Vec<Line> {
    let with = |account, side| Line {
        loan: Some(id(loan)),
        ..line(OWNERS[1], Fund::Risk, account, side, fen)
    };
    vec![with(account, side), with(Account::MemoCounter, side.opposite())]
}

fn event(text: &str) -> Event {
    Event::from_json(text.as_bytes()).unwrap()
}

/// Drawn 900.00 and 500.00 on two notes, 200.00 repaid, 500.00 overdue, and after the day another
/// 100.00 repaid; the repayment of 50.00 is reversed.
#[test]
fn balances_of_notes_are_those_of_the_day() {
    let facts: [(&str, &str, Vec<Line>); 6] = [
        (
            "2017-03-01",
            r#""event":"disburse","loan":"L","note":"N-1","amount":"900""#,
            memo("L", Account::LoansNormal, Side::Debit, 90_000),
        ),
        (
            "2017-03-02",
            r#""event":"disburse","loan":"L","note":"N-2","amount":"500""#,
            memo("L", Account::LoansNormal, Side::Debit, 50_000),
        ),
        (
            "2017-04-01",
            r#""event":"repay","loan":"L","note":"N-1","amount":"200""#,
            memo("L", Account::LoansNormal, Side::Credit, 20_000),
        ),
        (
            "2017-05-01",
            r#""event":"repay","loan":"L","note":"N-1","amount":"50""#,
            memo("L", Account::LoansNormal, Side::Credit, 5_000),
        ),
        ("2017-06-01", r#""event":"overdue","loan":"L","note":"N-2""#, {
            let mut lines = memo("L", Account::LoansNormal, Side::Credit, 50_000);
            lines.extend(memo("L", Account::LoansOverdue, Side::Debit, 50_000));
            lines
        }),
        (
            "2017-07-05",
            r#""event":"repay","loan":"L","note":"N-1","amount":"100""#,
            memo("L", Account::LoansNormal, Side::Credit, 10_000),
        ),
    ];
    let mut entries: Vec<Entry> = Vec::new();
    for (seq, (date, text, lines)) in (1u64..).zip(facts) {
        let mut one = entry(seq, date, Vec::new());
        one.event =
            event(&format!(r#"{{"id":"E-{seq}","date":"{date}","owner":"{}",{text}}}"#, OWNERS[1]));
        one.memo = lines;
        entries.push(one);
    }
    let mut back = reversed(&entries[3], 7);
    back.event = event(&format!(
        r#"{{"id":"R","event":"reverse","date":"2017-05-02","owner":"{}","entry":4,"reason":"x"}}"#,
        OWNERS[1]
    ));
    entries.push(back);
    let source = delta(&entries);
    let on = |date: &str| {
        standings(&source, &reader(&entries), (1, &id(OWNERS[1])), day(date), &|_| None).unwrap()
    };
    let shown = |date: &str| -> Vec<String> {
        let all = on(date);
        let one = |one: &Standing| format!("{} {} {:?}", one.note, one.balance(), one.class());
        all.iter().map(one).collect()
    };
    assert_eq!(shown("2017-05-01"), ["N-1 650.00 Some(0)", "N-2 500.00 Some(0)"]);
    assert_eq!(shown("2017-06-30"), ["N-1 700.00 Some(0)", "N-2 500.00 Some(2)"]);
    assert_eq!(shown("2017-07-31"), ["N-1 600.00 Some(0)", "N-2 500.00 Some(2)"]);
    // The bank had the repayment in its list a few days earlier than the book.
    let rows = [listed(2, "N-1", 60_000, None), listed(3, "N-2", 50_000, None)];
    let found = compare(&rows, &on("2017-06-30"), &id(OWNERS[1]), &|_| None);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].gap, found[0].amount), (Gap::BalanceDiffers, Total(-10_000)));
    assert!(matches!(&found[0].cause, Some(Cause::Entry(later)) if later.entry == 6));
}
