//! What bank statements cost: 10,000 and 100,000 lines taken in and read again, as one file and as
//! files of a day each that overlap and come in any order. Both must grow with the lines.
#![allow(clippy::unwrap_used, missing_docs)]
#![allow(clippy::float_arithmetic, reason = "times and speeds are not money")]

use poolbook::audit::statements::{Batch, chain};
use poolbook::book::{Book, Options, People, Scope};
use poolbook::domain::calendar::Date;
use poolbook::domain::event::Event;
use poolbook::domain::money::Money;
use poolbook::domain::statement::{Movement, Sheet};
use poolbook::domain::text::Id;
use poolbook::store::FileStore;
use serde_json::json;
use std::time::Instant;

/// Lines of a day.
const A_DAY: usize = 40;

fn movements(count: usize) -> Vec<Movement> {
    let first: Date = "2010-01-01".parse().unwrap();
    let mut balance = 0;
    let movement = |row: usize| {
        let fen = (i64::try_from(row).unwrap() * 7_919 % 100_000) - 40_000;
        balance += fen;
        Movement {
            account: "1702020109999999999".into(),
            amount: Money::from_fen(fen).unwrap(),
            balance: Money::from_fen(balance).unwrap(),
            date: first.saturating_add(jiff::Span::new().days(i64::try_from(row / A_DAY).unwrap())),
            memo: "科技贷款风险补偿资金拨付".into(),
            name: "某某县财政国库支付中心".into(),
            row: row as u64 + 2,
            serial: format!("{row:020}").into(),
        }
    };
    (0..count).map(movement).collect()
}

fn sheet(movements: &[Movement], number: usize) -> Sheet {
    let (first, last) = (movements.first().unwrap(), movements.last().unwrap());
    Sheet {
        bank_account: Id::parse("POOL").unwrap(),
        channel: None,
        fetched_by: None,
        file: format!("{number}.csv").into(),
        sha256: format!("{number:016x}").repeat(4).into(),
        place: 1,
        profile: "plain".into(),
        number: None,
        currency: None,
        opening: first.balance.sub(first.amount).unwrap(),
        closing: last.balance,
        from: first.date,
        to: last.date,
        gap_reason: None,
        movements: movements.to_vec(),
    }
}

fn book(directory: &std::path::Path, options: &Options) -> Book<FileStore> {
    let mut book = Book::open(FileStore::create(directory).unwrap(), Scope::All).unwrap();
    for own in [
        json!({"event": "open-book", "id": "open", "city": "410800", "name": "焦作市", "currency": "CNY"}),
        json!({"event": "join", "id": "join", "owner": "410821"}),
        json!({"event": "bank-account", "id": "pool", "owner": "410821", "bank_account": "POOL", "fund": "RISK"}),
    ] {
        let mut own = own;
        own["date"] = "2010-01-01".into();
        book.record(Event::from_json(own.to_string().as_bytes()).unwrap(), options).unwrap();
    }
    book
}

fn main() {
    let options = Options {
        now: "2025-02-01T00:00:00Z".parse().unwrap(),
        people: People { maker: Some("录入员".into()), ..People::default() },
        dry_run: false,
        clock_confirmed: true,
        date_confirmed: true,
    };
    for count in [10_000, 100_000] {
        let all = movements(count);
        let temp = tempfile::tempdir().unwrap();
        let mut one = book(&temp.path().join("one"), &options);
        let start = Instant::now();
        one.take_statement(&sheet(&all, 0), &options).unwrap();
        let taken = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let read = one.channel("POOL", None, None).unwrap();
        assert_eq!(read.lines.len(), count);
        let again = start.elapsed().as_secs_f64();
        println!(
            "{count} lines in one file: taken in {:.0} ms ({:.0} lines/s), read again {:.0} ms",
            taken * 1e3,
            count as f64 / taken,
            again * 1e3
        );
        // Each day with the day before it, the later half of the days first.
        let days: Vec<&[Movement]> = (0..count / A_DAY)
            .map(|day| &all[day.saturating_sub(1) * A_DAY..(day + 1) * A_DAY])
            .collect();
        let half = days.len() / 2;
        let order: Vec<&[Movement]> = days[half..].iter().chain(&days[..half]).copied().collect();
        let batches: Vec<Batch<'_>> = (1..)
            .zip(&order)
            .map(|(entry, movements)| Batch {
                entry,
                from: movements[0].date,
                to: movements[movements.len() - 1].date,
                opening: movements[0].balance.sub(movements[0].amount).unwrap(),
                closing: movements[movements.len() - 1].balance,
                over_gap: false,
                movements,
            })
            .collect();
        let start = Instant::now();
        let found = chain(&batches);
        assert_eq!(found.segments[0].places.len(), count);
        println!(
            "{} overlapping files of a day: the chain in {:.0} ms",
            batches.len(),
            start.elapsed().as_secs_f64() * 1e3
        );
    }
}
