//! What a close costs: a book of 10,000 entries and one of 1,000,000, both with the same open months.
//! A close is to cost what its owner's open months hold, not what the book holds.
#![allow(clippy::unwrap_used, missing_docs)]
#![allow(clippy::float_arithmetic, reason = "times and speeds are not money")]

use poolbook::book::{Book, Options, People, Scope};
use poolbook::domain::event::Event;
use poolbook::store::FileStore;
use serde_json::{Value, json};
use std::time::Instant;

/// Entries of an open month.
const MONTH: usize = 1_000;
/// Entries recorded at once.
const GROUP: usize = 50_000;
/// Bank accounts of the pool.
const ACCOUNTS: usize = 20;

fn take(book: &mut Book<FileStore>, events: Vec<Value>) {
    let options = Options {
        now: "2025-02-01T00:00:00Z".parse().unwrap(),
        people: People { maker: Some("录入员".into()), ..People::default() },
        dry_run: false,
        clock_confirmed: true,
        date_confirmed: true,
    };
    let read = |event: Value| Event::from_json(event.to_string().as_bytes()).unwrap();
    let mut events: Vec<Event> = events.into_iter().map(read).collect();
    book.record_all(&mut events, &options, &mut |_, _| {}).unwrap();
}

fn opened() -> Vec<Value> {
    let day = "2017-01-01";
    let mut events = vec![
        json!({"event": "open-book", "id": "open", "date": day, "city": "410800", "name": "焦作市", "currency": "CNY"}),
        json!({"event": "join", "id": "join", "date": day, "owner": "410821"}),
    ];
    for number in 0..ACCOUNTS {
        let account = format!("RISK-{number}");
        events.push(json!({"event": "bank-account", "id": account, "date": day, "owner": "410821",
            "bank_account": account, "fund": "RISK"}));
    }
    events
}

fn interest(id: String, date: &str, number: usize) -> Value {
    json!({"event": "pool-interest", "id": id, "date": date, "owner": "410821", "amount": "12.34",
        "bank_account": format!("RISK-{}", number % ACCOUNTS)})
}

fn close(period: &str, date: &str) -> Value {
    json!({"event": "close", "id": format!("close-{period}"), "date": date, "owner": "410821",
        "period": period, "maker": "张会计", "checker": "李复核"})
}

/// Microseconds of recording one event.
fn timed(book: &mut Book<FileStore>, event: Value) -> f64 {
    let start = Instant::now();
    take(book, vec![event]);
    start.elapsed().as_secs_f64() * 1e6
}

/// The fastest, because each waits for the disk once and the disk serves others, too.
fn fastest(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn main() {
    for entries in [10_000, 1_000_000] {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let store = FileStore::create(&directory.path().join("book")).unwrap();
        let mut book = Book::open(store, Scope::All).unwrap();
        take(&mut book, opened());
        for start in (0..entries).step_by(GROUP) {
            let group = start..(start + GROUP).min(entries);
            let dated = |n: usize| format!("{}-{:02}-15", 2017 + n % 2, 1 + n / 2 % 12);
            take(&mut book, group.map(|n| interest(format!("h{n}"), &dated(n), n)).collect());
        }
        let first = timed(&mut book, close("2018", "2018-12-31"));
        let (mut closes, mut others) = (Vec::new(), Vec::new());
        for month in 1..=11 {
            let (period, day) = (format!("2019-{month:02}"), format!("2019-{month:02}-15"));
            let fresh = (0..MONTH).map(|n| interest(format!("{period}-{n}"), &day, n));
            take(&mut book, fresh.collect());
            let last = match month {
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            others.push(timed(&mut book, interest(format!("one-{period}"), &day, 0)));
            closes.push(timed(&mut book, close(&period, &format!("{period}-{last}"))));
        }
        println!(
            "{entries} entries: closing their 24 months at once {first:.0} us; then a month of \
             {MONTH} entries {:.0} us; another event {:.0} us (the fastest of 11)",
            fastest(&closes),
            fastest(&others)
        );
    }
}
