//! The auditors' opinion of books that the decision code posted: no findings, equal tables, and
//! every figure told by its entries.

use crate::scenarios::{events, jiaozuo, options};
use poolbook::audit::balance::{Cells, Column, OwnerName, balance};
use poolbook::audit::compare::compare;
use poolbook::audit::explain::explain;
use poolbook::audit::movements::{Movements, Span};
use poolbook::audit::trial_balance::trial_balance;
use poolbook::audit::turnover::{Delta, Numbers, Run};
use poolbook::audit::verify::Verifier;
use poolbook::book::Book;
use poolbook::domain::calendar::{Date, parse_date};
use poolbook::domain::entry::Entry;
use poolbook::domain::event::Event;
use poolbook::store::MemoryStore;

fn recorded(name: &str) -> Book<MemoryStore> {
    let mut book = jiaozuo();
    let result = book.record_all(&mut events(name), &options(), &mut |_, _| {});
    result.unwrap_or_else(|refused| panic!("{refused:?}"));
    book
}

/// Books that the program posted by itself.
fn books() -> [(&'static str, Book<MemoryStore>); 2] {
    let county = "scenarios/county-cell.jsonl";
    [(county, recorded(county)), ("jiaozuo-2017", crate::jiaozuo::year_2017())]
}

fn entries(book: &Book<MemoryStore>) -> Vec<Entry> {
    (1..=book.head().count).map(|seq| book.entry(seq).unwrap()).collect()
}

fn owners(book: &Book<MemoryStore>, entries: &[Entry]) -> Vec<OwnerName> {
    let mut owners: Vec<OwnerName> = Vec::new();
    for line in entries.iter().flat_map(Entry::all_lines) {
        if !owners.iter().any(|owner| owner.code == line.owner) {
            let (number, code) = (book.state().owner(&line.owner), line.owner.clone());
            owners.push(OwnerName { number, code, name: String::new() });
        }
    }
    owners
}

fn last_day(entries: &[Entry]) -> Date {
    entries.iter().map(|entry| entry.event.date).max().unwrap()
}

#[test]
fn posted_books_have_no_findings() {
    for (name, book) in books() {
        let (mut verifier, mut delta) = (Verifier::new(), Delta::default());
        for (entry, seq) in entries(&book).iter().zip(1..) {
            verifier.check(seq, entry.to_bytes().len(), entry);
            delta.add(entry, book.state());
        }
        let mut outcome = verifier.finish();
        outcome.confirm(&mut |seq| book.entry(seq)).unwrap();
        assert_eq!(outcome.findings, [], "{name}");
        assert_eq!(outcome.summary.debit, outcome.summary.credit);
        assert_eq!(compare(delta, &book.rows()).unwrap(), [], "{name}");
    }
}

#[test]
fn every_day_rolls_forward_and_every_figure_is_told_by_its_entries() {
    for (name, book) in books() {
        let entries = entries(&book);
        let owners = owners(&book, &entries);
        let first = entries.iter().map(|entry| entry.event.date).min().unwrap();
        book.with_movements(|source| {
            for entry in &entries {
                for span in
                    [Span::until(entry.event.date), Span::new(first, entry.event.date).unwrap()]
                {
                    let report = balance(source, &owners, Cells::default(), span).unwrap();
                    assert!(report.rows.iter().all(|row| row.columns.ties()), "{name} {span:?}");
                    let trial = trial_balance(source, Cells::default(), span).unwrap();
                    assert!(trial.books.totals.ties() && trial.memo.totals.ties());
                }
            }
            let span = Span::until(last_day(&entries));
            for owner in &owners {
                let cells = Cells { owner: Some(owner.number), fund: None };
                let report = balance(source, &owners, cells, span).unwrap();
                for column in Column::ALL {
                    let read = |seq| book.entry(seq);
                    let told = explain(source, &read, book.state(), column, cells, span).unwrap();
                    assert_eq!(told.total, report.totals.get(column), "{}", column.code());
                }
            }
        });
    }
}

#[test]
fn each_voucher_is_found_by_its_number() {
    for (name, book) in books() {
        for entry in entries(&book) {
            let Some(voucher) = &entry.voucher else { continue };
            let owner = book.state().owner(&voucher.owner);
            let run = Run::from(voucher.word);
            let found = book
                .with_movements(|source| source.voucher(owner, voucher.month, run, voucher.number));
            assert_eq!(found.unwrap(), Some(entry.seq), "{name}");
        }
    }
}

#[test]
fn a_reversal_keeps_the_books_sound() {
    let mut book = recorded("scenarios/county-cell.jsonl");
    let before = entries(&book);
    let contribution =
        before.iter().rev().find(|entry| entry.event.kind.word() == "contribute").unwrap();
    let reverse = format!(
        r#"{{"event":"reverse","id":"R-1","date":"{}","entry":{},"reason":"重复入账"}}"#,
        last_day(&before),
        contribution.seq
    );
    let reverse = Event::from_json(reverse.as_bytes()).unwrap();
    book.record(reverse, &options()).unwrap_or_else(|problem| panic!("{problem}"));
    let after = entries(&book);
    let mut verifier = Verifier::new();
    for (entry, seq) in after.iter().zip(1..) {
        verifier.check(seq, entry.to_bytes().len(), entry);
    }
    assert_eq!(verifier.finish().findings, []);
    let owners = owners(&book, &after);
    let totals = |day: Date| {
        let report = book
            .with_movements(|source| balance(source, &owners, Cells::default(), Span::until(day)));
        report.unwrap().totals
    };
    let reversed = totals(last_day(&after));
    assert!(reversed.ties());
    let mut whole = Delta::default();
    before.iter().for_each(|entry| whole.add(entry, book.state()));
    let day = parse_date("2199-12-31").unwrap();
    let earlier = balance(&whole, &owners, Cells::default(), Span::until(day)).unwrap().totals;
    let amount: poolbook::domain::money::Total = contribution.lines[0].amount.into();
    assert_eq!(reversed.get(Column::Contributions), earlier.get(Column::Contributions) - amount);
    assert_eq!(reversed.get(Column::OtherOut), earlier.get(Column::OtherOut));
}
