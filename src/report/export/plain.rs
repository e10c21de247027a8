//! Journals of hledger and ledger: the same text except for the place of the memo.
//!
//! Both get every declaration that their strict modes require, and at the end of each month a
//! transaction of zeros that asserts balances. In hledger the memo follows the payee (`|`); in
//! ledger, which would require every memo to be declared as a payee, it is a tag.

use super::names::{Leaf, root};
use super::{Balances, Declared, Form, Transaction, line_tags};
use crate::domain::calendar::Date;
use crate::domain::money::Total;
use crate::report::locale::Locale;
use std::fmt::Write as _;

/// Tags of transactions and lines.
const TAGS: [&str; 10] =
    ["entry", "id", "event", "effective", "reverses", "party", "loan", "claim", "source", "memo"];

/// The program that will read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// hledger.
    Hledger,
    /// ledger.
    Ledger,
}

impl Form for Plain {
    fn head(&self, declared: &Declared<'_>, out: &mut String) {
        for (key, text) in declared.about() {
            let _ = writeln!(out, "; {key} {}", calm(&text));
        }
        let currency = declared.currency();
        let _ = writeln!(out, "\ncommodity {currency}\n    format 1000.00 {currency}");
        for tag in TAGS {
            let _ = writeln!(out, "tag {tag}");
        }
        let locale = declared.locale;
        let events = declared.events.iter().map(|word| locale.event(word));
        let own = ["export-opening", "export-check"].map(|key| locale.text(key, &[]));
        for payee in events.chain(own) {
            let _ = writeln!(out, "payee {}", payee_text(&payee));
        }
        for leaf in declared.accounts.keys() {
            let _ = writeln!(out, "account {}", account(declared, *leaf));
        }
    }

    fn transaction(&self, declared: &Declared<'_>, one: &Transaction<'_>, out: &mut String) {
        let _ = write!(out, "\n{} * ({}) {}", one.date, one.code, payee_text(&one.label));
        if let Some(entry) = one.entry {
            let memo = entry.event.memo.as_deref().map(calm).filter(|memo| !memo.is_empty());
            if let (Some(memo), Self::Hledger) = (&memo, self) {
                let _ = write!(out, " | {memo}");
            }
            let _ = write!(out, "\n    ; entry: {}", entry.seq);
            let _ = write!(out, "\n    ; id: {}", entry.event.id);
            let _ = write!(out, "\n    ; event: {}", entry.event.kind.word());
            if let Some(day) = entry.event.effective {
                let _ = write!(out, "\n    ; effective: {day}");
            }
            if let Some(seq) = entry.reverses {
                let _ = write!(out, "\n    ; reverses: {seq}");
            }
            if let (Some(memo), Self::Ledger) = (&memo, self) {
                let _ = write!(out, "\n    ; memo: {memo}");
            }
        }
        out.push('\n');
        for (leaf, amount, line) in &one.postings {
            posting(declared, *leaf, *amount, out);
            out.push('\n');
            for (key, value) in line.iter().flat_map(|line| line_tags(line)) {
                let _ = writeln!(out, "        ; {key}: {value}");
            }
        }
    }

    fn check(&self, declared: &Declared<'_>, day: Date, balances: &Balances, out: &mut String) {
        if balances.is_empty() {
            return;
        }
        let _ = writeln!(out, "\n{day} * ({day}) {}", check_label(declared.locale));
        for (leaf, balance) in balances {
            posting(declared, *leaf, Total::ZERO, out);
            let _ = writeln!(out, " = {balance} {}", declared.currency());
        }
    }
}

fn check_label(locale: &Locale) -> String {
    payee_text(&locale.text("export-check", &[]))
}

fn account(declared: &Declared<'_>, leaf: Leaf) -> String {
    format!("{}:{}", root(leaf.account), declared.name(leaf))
}

fn posting(declared: &Declared<'_>, leaf: Leaf, amount: Total, out: &mut String) {
    let (root, name) = (root(leaf.account), declared.name(leaf));
    let _ = write!(out, "    {root}:{name}  {amount} {}", declared.currency());
}

/// A text that cannot start or end any syntax: it has single spaces, and full-width signs replace
/// those that begin a comment, a note, a date, an expression or a tag.
fn calm(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().map(|c| match c {
            ';' => '；',
            '|' => '｜',
            '[' => '［',
            ']' => '］',
            c if c.is_control() => '\u{3000}',
            c => c,
        }));
    }
    out
}

/// A payee: like [`calm`], without the signs that have a meaning at the beginning.
fn payee_text(text: &str) -> String {
    calm(text).trim_start_matches(['*', '!', '(', '=', '"']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_end_nothing() {
        assert_eq!(calm(" a  b\t; c | [2017/01/01] \n d"), "a b ； c ｜ ［2017/01/01］ d");
        assert_eq!(payee_text("*(a"), "a");
    }
}
