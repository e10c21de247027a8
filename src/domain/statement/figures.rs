//! The figures of a certificate: what ties a bank account to its statement as of a day.
//!
//! The digest of a certificate is the SHA-256 of this text in UTF-8, every line ended by a line feed:
//!
//! ```text
//! poolbook/certificate/1
//! POOL 2017-12-31
//! {"adjusted":"…","book":"…", … }
//! ```
//!
//! The third line is the canonical JSON of the figures. Their `facts` are a hash of the same kind
//! over the names of what the day is made of: every line of the statement (`line ID`) in its order,
//! then every line of the book (`posting ENTRY.LINE AMOUNT`) in the order of the journal.

use crate::domain::calendar::Date;
use crate::domain::digest::hex;
use crate::domain::field::Json;
use crate::domain::json::Writer;
use crate::domain::money::{Money, Total};
use crate::domain::statement::{is_line_id, posting};
use crate::limits::CERTIFICATE_OPEN_MAX;
use crate::problem::Problem;
use compact_str::CompactString;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The four kinds of open items, with the sign that turns the amount into what it adds to the
/// balance of the side that lacks it, and whether the bank has it.
pub const OPEN_KINDS: [(&str, i128, bool); 4] = [
    ("bank-received", 1, true),
    ("bank-paid", -1, true),
    ("book-received", 1, false),
    ("book-paid", -1, false),
];

/// An open item: a line on one side only.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// Amount, always positive.
    pub amount: Money,
    /// Day of the line.
    pub date: Date,
    /// Which of [`OPEN_KINDS`].
    pub kind: CompactString,
    /// Its name: the id of a line of the statement, or `118.2` for one of the book.
    pub line: CompactString,
}

impl Open {
    /// What it adds to the balance that lacks it, and whether the bank has it; none for a word that
    /// is no kind.
    pub fn effect(&self) -> Option<(Total, bool)> {
        let (_, sign, of_bank) = OPEN_KINDS.into_iter().find(|(kind, ..)| self.kind == *kind)?;
        Some((Total(Total::from(self.amount).0.saturating_mul(sign)), of_bank))
    }
}

/// The figures.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Both balances adjusted by what the other side lacks.
    pub adjusted: Money,
    /// Balance of the book at the end of the day.
    pub book: Money,
    /// Channel of the statements.
    pub channel: CompactString,
    /// Number of entries that the figures rest on.
    pub entries: u64,
    /// Hash of the names of all lines up to the day, in hexadecimal.
    pub facts: String,
    /// How many lines of the statement there are up to the day.
    pub lines: u64,
    /// Open items, those of the bank first.
    pub open: Vec<Open>,
    /// How many lines of the book there are up to the day.
    pub postings: u64,
    /// Balance of the statement at the end of the day.
    pub statement: Money,
}

impl Figures {
    /// The canonical JSON.
    pub fn json(&self) -> Json {
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.begin_object();
        out.key("adjusted");
        out.amount(self.adjusted);
        out.key("book");
        out.amount(self.book);
        out.key("channel");
        out.string(&self.channel);
        out.key("entries");
        out.integer(self.entries);
        out.key("facts");
        out.string(&self.facts);
        out.key("lines");
        out.integer(self.lines);
        out.key("open");
        out.begin_array();
        for item in &self.open {
            out.begin_object();
            out.key("amount");
            out.amount(item.amount);
            out.key("date");
            out.date(item.date);
            out.key("kind");
            out.string(&item.kind);
            out.key("line");
            out.string(&item.line);
            out.end_object();
        }
        out.end_array();
        out.key("postings");
        out.integer(self.postings);
        out.key("statement");
        out.amount(self.statement);
        out.end_object();
        Json::written(bytes)
    }

    /// Reads the figures of an event.
    ///
    /// # Errors
    /// `certify-figures` where they are not written as the program writes them, or name a line as no
    /// line is named.
    pub fn read(json: &Json) -> Result<Self, Problem> {
        let wrong = |detail: &dyn std::fmt::Display| {
            Problem::data("certify-figures").with("detail", detail).in_column("figures")
        };
        let figures: Self = serde_json::from_str(json.as_str()).map_err(|error| wrong(&error))?;
        if figures.json() != *json {
            return Err(wrong(&"canonical"));
        }
        if figures.open.len() > CERTIFICATE_OPEN_MAX {
            return Err(wrong(&format_args!("open > {CERTIFICATE_OPEN_MAX}")));
        }
        for item in &figures.open {
            let named = match item.effect() {
                Some((_, true)) => is_line_id(&item.line),
                Some((_, false)) => posting(&item.line).is_some(),
                None => return Err(wrong(&item.kind)),
            };
            if !named || !item.amount.is_positive() {
                return Err(wrong(&item.line));
            }
        }
        Ok(figures)
    }

    /// Statement and book, each adjusted by the open items that it lacks. Cost: linear in them.
    pub fn adjusted_sides(&self) -> [Total; 2] {
        let sum = |of_bank: bool| -> Total {
            let effects = self.open.iter().filter_map(Open::effect);
            effects.filter(|(_, bank)| *bank == of_bank).map(|(amount, _)| amount).sum()
        };
        [Total::from(self.statement) + sum(false), Total::from(self.book) + sum(true)]
    }

    /// The digest, in lower-case hexadecimal.
    pub fn digest(&self, bank_account: &str, day: Date) -> String {
        let json = self.json();
        let text = format!("poolbook/certificate/1\n{bank_account} {day}\n{}\n", json.as_str());
        hex(&Sha256::digest(text.as_bytes()))
    }
}

/// The hash of the names of all lines of a day: those of the statement first.
pub struct DayFacts(Sha256);

impl DayFacts {
    /// Nothing yet.
    pub fn new(bank_account: &str, day: Date) -> Self {
        let mut hash = Sha256::new();
        hash.update(format!("poolbook/certified-day/1\n{bank_account} {day}\n"));
        Self(hash)
    }

    /// A line of the statement.
    pub fn line(&mut self, id: &str) {
        self.0.update(format!("line {id}\n"));
    }

    /// A line of the book; money in is positive.
    pub fn posting(&mut self, entry: u64, line: u32, amount: Money) {
        self.0.update(format!("posting {entry}.{line} {amount}\n"));
    }

    /// The hash, in lower-case hexadecimal.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::date;

    fn figures() -> Figures {
        let money = |text| Money::parse(text).unwrap();
        let item = |kind: &str, line: &str, amount| Open {
            amount: money(amount),
            date: date(2017, 12, 30).unwrap(),
            kind: kind.into(),
            line: line.into(),
        };
        Figures {
            adjusted: money("110.00"),
            book: money("90.00"),
            channel: "net-bank".into(),
            entries: 7,
            facts: "00".into(),
            lines: 2,
            open: vec![
                item("bank-received", "0123456789ab", "25.00"),
                item("bank-paid", "0123456789ac", "5.00"),
                item("book-received", "7.1", "40.00"),
                item("book-paid", "6.2", "30.00"),
            ],
            postings: 3,
            statement: money("100.00"),
        }
    }

    #[test]
    fn both_sides_are_adjusted_by_what_they_lack() {
        // By hand: bank 100 + 40 - 30 = 110; book 90 + 25 - 5 = 110.
        assert_eq!(figures().adjusted_sides().map(|side| side.to_string()), ["110.00", "110.00"]);
    }

    #[test]
    fn figures_are_read_as_written_and_in_no_other_form() {
        let sound = figures();
        assert_eq!(Figures::read(&sound.json()), Ok(sound.clone()));
        let read = |text: &str| {
            let json = Json::new(&serde_json::from_str(text).unwrap()).unwrap();
            Figures::read(&json).map_err(|problem| problem.code)
        };
        let json = sound.json();
        for (from, to) in [
            (r#""adjusted":"110.00""#, r#""adjusted":"110""#),
            (r#""kind":"bank-paid""#, r#""kind":"bank""#),
            (r#""line":"7.1""#, r#""line":"0123456789ab""#),
            (r#""line":"0123456789ac""#, r#""line":"6.2""#),
            (r#""amount":"5.00""#, r#""amount":"-5.00""#),
            (r#""lines":2"#, r#""lines":-2"#),
        ] {
            let text = json.as_str().replace(from, to);
            assert_ne!(text, json.as_str(), "{from}");
            assert_eq!(read(&text), Err("certify-figures"), "{to}");
        }
    }

    #[test]
    fn the_hashed_texts_are_as_documented() {
        let mut facts = DayFacts::new("POOL", date(2017, 12, 31).unwrap());
        facts.line("0123456789ab");
        facts.posting(7, 1, Money::parse("-40").unwrap());
        // printf 'poolbook/certified-day/1\nPOOL 2017-12-31\nline 0123456789ab\nposting 7.1 -40.00\n' | sha256sum
        assert_eq!(
            facts.finish(),
            "d20563da318195d475b1bf71da0c2b3fb9b0f647cf93ec3584aee611ad3bd894"
        );
        let mut empty = figures();
        empty.open.clear();
        // printf 'poolbook/certificate/1\nPOOL 2017-12-31\n{"adjusted":"110.00","book":"90.00","channel":"net-bank","entries":7,"facts":"00","lines":2,"open":[],"postings":3,"statement":"100.00"}\n' | sha256sum
        assert_eq!(
            empty.digest("POOL", date(2017, 12, 31).unwrap()),
            "3b4d0f6cb773500a116529bbf45e828c048b22b9a5d190e9cfc6ed6c088de198"
        );
    }
}
