//! A year of 10,000 loans computed again, with nothing new and with a late fact on every tenth loan;
//! a book on disk, its entries synced.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
#![allow(clippy::float_arithmetic, reason = "times and speeds are not money")]

use poolbook::book::subsidies::{approval, compute_subsidies};
use poolbook::book::{Book, Options, People, Scope};
use poolbook::domain::calendar::{CalendarQuarter, Quarter, parse_date};
use poolbook::domain::event::{Event, Programme};
use poolbook::domain::subsidy::correction::{Range, differences};
use poolbook::store::FileStore;
use serde_json::{Value, json};
use std::time::Instant;

const LOANS: usize = 10_000;
const RULES: &str = "id = \"R\"\nname = \"R\"\n[sharing]\n[[sharing.band]]\npool = \"1\"\n\
    [interest_discount]\nreference = \"signing\"\nday_count = \"act/360\"\n\
    interest_ceiling = false\nfirm_year_max = \"200000.00\"\n[[interest_discount.rate]]\n\
    basis = \"reference\"\nseries = \"lpr-1y\"\nshare = \"50%\"\n";

fn record(book: &mut Book<FileStore>, events: Vec<Value>, from: usize) {
    let named = events.into_iter().zip(from..).map(|(mut event, number)| {
        event["id"] = format!("b{number}").into();
        Event::from_json(event.to_string().as_bytes()).unwrap()
    });
    take(book, named.collect());
}

fn take(book: &mut Book<FileStore>, mut events: Vec<Event>) {
    let options = Options {
        now: "2025-02-01T00:00:00Z".parse().unwrap(),
        people: People { maker: Some("录入员".into()), ..People::default() },
        dry_run: false,
        clock_confirmed: true,
        date_confirmed: true,
    };
    book.record_all(&mut events, &options, &mut |_, _| {}).unwrap();
}

fn lent() -> Vec<Value> {
    let day = "2024-01-01";
    let mut events = vec![
        json!({"event": "open-book", "date": day, "city": "410800", "name": "焦作市", "currency": "CNY"}),
        json!({"event": "adopt-rules", "date": day, "rules": RULES}),
        json!({"event": "adopt-rates", "date": day, "rates": "[lpr-1y]\n2023-08-21 = \"3.45%\"\n"}),
        json!({"event": "join", "date": day, "owner": "410821"}),
        json!({"event": "party", "date": day, "party": "BANK", "kind": "bank", "name": "BANK"}),
        json!({"event": "bank-account", "date": day, "owner": "410821", "bank_account": "INT", "fund": "INT"}),
        json!({"event": "budget", "date": day, "owner": "410821", "bank_account": "INT", "amount": "9000000000.00"}),
    ];
    for firm in 0..LOANS / 2 {
        let party = format!("F{firm}");
        events.push(
            json!({"event": "party", "date": day, "party": party, "kind": "firm", "name": party}),
        );
    }
    for number in 0..LOANS {
        let loan = format!("L{number}");
        events.push(
            json!({"event": "enrol", "date": "2024-01-15", "owner": "410821", "loan": loan,
            "firm": format!("F{}", number / 2), "bank": "BANK", "amount": "1000000.00",
            "due": "2025-01-15", "rate": "4.35%"}),
        );
        events.push(json!({"event": "disburse", "date": "2024-01-15", "loan": loan, "amount": "1000000.00"}));
    }
    events
}

fn main() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let store = FileStore::create(&directory.path().join("book")).unwrap();
    let mut book = Book::open(store, Scope::All).unwrap();
    record(&mut book, lent(), 0);
    for quarter in ["2024Q1", "2024Q2", "2024Q3", "2024Q4"] {
        let quarter = Quarter::parse(quarter).unwrap();
        let lines = compute_subsidies(book.state(), quarter, Programme::ALL);
        let date = CalendarQuarter(quarter).last_day();
        let lines = lines.iter().filter(|line| line.is_payable());
        take(&mut book, lines.map(|line| approval(line, date).unwrap()).collect());
    }
    let range = Range {
        since: Quarter::parse("2024Q1").unwrap(),
        until: None,
        programmes: Programme::ALL.to_vec(),
    };
    let start = Instant::now();
    assert!(differences(book.state(), &range).is_empty());
    println!("{LOANS} loans, four quarters, nothing new: {:.3} s", start.elapsed().as_secs_f64());
    let late = (0..LOANS).step_by(10).map(|number| {
        json!({"event": "repay", "date": "2025-01-20", "effective": "2024-05-10",
            "loan": format!("L{number}"), "amount": "100000.00"})
    });
    record(&mut book, late.collect(), 1_000_000);
    let start = Instant::now();
    let found = book.recompute(&range).unwrap();
    let shown = start.elapsed().as_secs_f64();
    let events = book.corrections(&found, parse_date("2025-01-31").unwrap()).unwrap();
    take(&mut book, events);
    let posted = start.elapsed().as_secs_f64();
    assert!(differences(book.state(), &range).is_empty());
    println!(
        "{} lines differ: found with their causes in {shown:.3} s, and posted in {posted:.3} s",
        found.len()
    );
}
