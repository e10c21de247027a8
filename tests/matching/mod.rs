//! Bank statement against the book.

mod cases;
mod drafts;
mod faults;
mod months;
mod random;

use poolbook::audit::reconcile::{BookLine, StatementLine};
use poolbook::domain::calendar::{Date, parse_date};
use poolbook::domain::money::Money;

/// A day of 2017.
fn day(month_and_day: &str) -> Date {
    parse_date(&format!("2017-{month_and_day}")).unwrap()
}

fn bank(date: &str, amount: &str) -> StatementLine {
    StatementLine {
        date: day(date),
        amount: Money::parse(amount).unwrap(),
        ..StatementLine::default()
    }
}

fn book(date: &str, amount: &str, entry: u64) -> BookLine {
    BookLine {
        date: day(date),
        amount: Money::parse(amount).unwrap(),
        entry,
        line: 1,
        ..BookLine::default()
    }
}
