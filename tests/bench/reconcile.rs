//! What matching costs: 10,000 lines of a statement against 10,000 open lines of the book, also where
//! the data is as bad as it can be.
#![allow(clippy::unwrap_used, missing_docs)]
#![allow(clippy::float_arithmetic, reason = "times and speeds are not money")]

use poolbook::audit::reconcile::{BookLine, Settings, StatementLine, match_lines};
use poolbook::domain::calendar::Date;
use poolbook::domain::money::Money;
use std::time::Instant;

const LINES: u64 = 10_000;

/// Pseudo-random numbers; the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Day and fen of a line; the number of the line comes in.
type Rule<'a> = &'a dyn Fn(u64, &mut Dice) -> (i64, i64);

fn lines(bank: Rule<'_>, book: Rule<'_>) -> (Vec<StatementLine>, Vec<BookLine>) {
    let date =
        |day: i64| Date::new(2017, 1, 1).unwrap().checked_add(jiff::Span::new().days(day)).unwrap();
    let mut dice = Dice(1);
    let statement = (0..LINES).map(|number| {
        let (day, fen) = bank(number, &mut dice);
        StatementLine {
            id: format!("{number:012x}").into(),
            date: date(day),
            amount: Money::from_fen(fen).unwrap(),
            name: format!("焦作市第{}电子科技有限公司", number % 300),
            memo: "付2017年第四季度科技贷款贴息".to_owned(),
            row: number + 2,
            ..StatementLine::default()
        }
    });
    let statement = statement.collect();
    let mut dice = Dice(2);
    let books = (0..LINES).map(|number| {
        let (day, fen) = book(number, &mut dice);
        BookLine {
            date: date(day),
            amount: Money::from_fen(fen).unwrap(),
            entry: number + 1,
            line: 1,
            memo: "贴息".to_owned(),
            owner: "410821".into(),
            document: format!("焦财〔2017〕{}号", number % 90),
            party_name: format!("焦作市第{}电子科技有限公司", number % 300),
            ..BookLine::default()
        }
    });
    (statement, books.collect())
}

fn main() {
    let year = |number: u64| i64::try_from(number * 365 / LINES).unwrap();
    let fen = |number: u64| i64::try_from(number).unwrap();
    let cases: [(&str, Rule<'_>, Rule<'_>); 9] = [
        (
            "a year, every line with its other half",
            &|n, _| (year(n), fen(n * 37 + 101)),
            &|n, _| (year(n), fen(n * 37 + 101)),
        ),
        ("a year, nothing belongs together", &|n, _| (year(n), fen(2 * n + 2)), &|n, _| {
            (year(n), fen(2 * n + 3_000_001))
        }),
        ("all amounts equal, spread over a year", &|n, _| (year(n), 500_000), &|n, _| {
            (year(n), 500_000)
        }),
        ("all amounts equal, all on one day", &|_, _| (0, 500_000), &|_, _| (0, 500_000)),
        ("all amounts equal, one side twelve days later", &|n, _| (year(n), 500_000), &|n, _| {
            (year(n) + 12, 500_000)
        }),
        ("fifty amounts on one day", &|n, _| (0, fen(n % 50 + 1)), &|n, _| (0, fen(n % 50 + 1))),
        (
            "small amounts that sum, spread over a year",
            &|n, d| (year(n), fen(d.below(900) + 2_000)),
            &|n, d| (year(n), fen(d.below(900) + 100)),
        ),
        (
            "small amounts that sum, a line of the bank a day",
            &|n, d| (fen(n) / 4, fen(d.below(40) + 100)),
            &|n, d| (fen(n) / 4, fen(d.below(9) + 1)),
        ),
        ("random, a few thousand amounts", &|n, d| (year(n), fen(d.below(4_000) + 1)), &|n, d| {
            (year(n), fen(d.below(4_000) + 1))
        }),
    ];
    println!("{LINES} lines of the statement, {LINES} of the book");
    for (name, bank, book) in cases {
        let (statement, books) = lines(bank, book);
        let start = Instant::now();
        let found = match_lines(&statement, &books, &[], &Settings::default());
        let seconds = start.elapsed().as_secs_f64();
        let (groups, open) = (found.groups.len(), found.open_statement.len());
        let told = if found.steps_exhausted { ", not everything tried" } else { "" };
        println!("{seconds:7.3} s  {name}: {groups} groups, {open} open at the bank{told}");
    }
}
