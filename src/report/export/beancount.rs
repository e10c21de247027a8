//! Ledgers of beancount, in the dialects of versions 2 and 3, which differ in one option.
//!
//! The tolerance of transactions is set to zero and every balance is asserted with `~ 0`: by
//! default both versions accept a difference of 0.01. A balance applies to the beginning of its
//! day, so the balance of a month's end has the date of the next day.

use super::names::{Leaf, root};
use super::{Balances, Declared, Form, Transaction, line_tags};
use crate::domain::account::Account;
use crate::domain::calendar::Date;
use std::fmt::Write as _;

/// A version of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Version 2.
    Two,
    /// Version 3.
    Three,
}

impl Dialect {
    /// The words of the option, in the order of the help text.
    pub const WORDS: &'static [&'static str] = &["2", "3"];

    /// The dialect for a word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "2" => Some(Self::Two),
            "3" => Some(Self::Three),
            _ => None,
        }
    }

    /// The option that sets the tolerance; each version rejects that of the other.
    fn tolerance(self) -> &'static str {
        match self {
            Self::Two => "inferred_tolerance_multiplier",
            Self::Three => "tolerance_multiplier",
        }
    }
}

impl Form for Dialect {
    fn head(&self, declared: &Declared<'_>, out: &mut String) {
        let about = declared.about();
        for (key, text) in &about {
            let _ = writeln!(out, "; {key} {}", flat(text));
        }
        let title = about.first().map(|(_, text)| quoted(text)).unwrap_or_default();
        let currency = declared.currency();
        let _ = writeln!(out, "\noption \"title\" {title}");
        let _ = writeln!(out, "option \"operating_currency\" \"{currency}\"");
        let _ = writeln!(out, "option \"{}\" \"0\"\n", self.tolerance());
        for (leaf, opened) in &declared.accounts {
            let _ = writeln!(out, "{} open {} {currency}", opened.since, account(declared, *leaf));
        }
    }

    fn transaction(&self, declared: &Declared<'_>, one: &Transaction<'_>, out: &mut String) {
        let memo = one.entry.and_then(|entry| entry.event.memo.as_deref()).unwrap_or_default();
        let _ = writeln!(out, "\n{} * {} {}", one.date, quoted(&one.label), quoted(memo));
        let _ = writeln!(out, "  code: {}", quoted(&one.code));
        if let Some(entry) = one.entry {
            let _ = writeln!(out, "  entry: {}", entry.seq);
            let _ = writeln!(out, "  id: {}", quoted(&entry.event.id));
            let _ = writeln!(out, "  event: {}", quoted(entry.event.kind.word()));
            if let Some(day) = entry.event.effective {
                let _ = writeln!(out, "  effective: {day}");
            }
            if let Some(seq) = entry.reverses {
                let _ = writeln!(out, "  reverses: {seq}");
            }
        }
        let currency = declared.currency();
        for (leaf, amount, line) in &one.postings {
            let _ = writeln!(out, "  {}  {amount} {currency}", account(declared, *leaf));
            for (key, value) in line.iter().flat_map(|line| line_tags(line)) {
                let _ = writeln!(out, "    {key}: {}", quoted(value));
            }
        }
    }

    fn check(&self, declared: &Declared<'_>, day: Date, balances: &Balances, out: &mut String) {
        let (next, currency) = (day.tomorrow().unwrap_or(day), declared.currency());
        out.push('\n');
        for (leaf, balance) in balances {
            let name = account(declared, *leaf);
            let _ = writeln!(out, "{next} balance {name}  {balance} ~ 0 {currency}");
        }
    }
}

fn account(declared: &Declared<'_>, leaf: Leaf) -> String {
    format!("{}:{}", capital_root(leaf.account), declared.name(leaf))
}

/// The five first components that the format allows; off-balance accounts are below equity.
fn capital_root(account: Account) -> &'static str {
    match root(account) {
        "assets" => "Assets",
        "liabilities" => "Liabilities",
        "income" => "Income",
        "expenses" => "Expenses",
        "memo" => "Equity:Memo",
        _ => "Equity",
    }
}

/// A text on one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text between quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", flat(text).replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_are_escaped() {
        assert_eq!(quoted("a\"b\\\n c"), r#""a\"b\\ c""#);
    }
}
