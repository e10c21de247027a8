//! Bank statements as facts of the book: the movements of a file, and the file cut into events.
//!
//! Amounts and balances are seen from the owner's side: money in is positive. (The bank's own 借 is
//! money out, its 贷 money in, because the account is the bank's debt.)

pub mod facts;
pub mod figures;
pub mod reading;

use crate::domain::calendar::{Date, parse_date};
use crate::domain::event::{Count, Event, ImportStatement, Kind, Signed};
use crate::domain::field::Json;
use crate::domain::json::Writer;
use crate::domain::money::Money;
use crate::domain::text::{Id, TextError, line};
use crate::limits::STATEMENT_PART_BYTES;
use crate::problem::Problem;
use compact_str::{CompactString, format_compact};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The way by which a statement was got where nothing else is said: the bank's own web pages.
pub const NET_BANK: &str = "net-bank";

/// One movement on a bank account, as the bank told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// The other party's account number.
    pub account: CompactString,
    /// Money in positive, money out negative.
    pub amount: Money,
    /// Balance after it.
    pub balance: Money,
    /// Day on which the bank booked it.
    pub date: Date,
    /// What the bank says about it.
    pub memo: CompactString,
    /// The other party's name.
    pub name: CompactString,
    /// Row of the file, counted from 1.
    pub row: u64,
    /// The bank's number of it.
    pub serial: CompactString,
}

/// A movement as it stands in an entry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    #[serde(default)]
    account: CompactString,
    amount: Money,
    balance: Money,
    date: CompactString,
    #[serde(default)]
    memo: CompactString,
    #[serde(default)]
    name: CompactString,
    row: u64,
    #[serde(default)]
    serial: CompactString,
}

impl Movement {
    fn write(&self, out: &mut Writer<'_>) {
        let text = |out: &mut Writer<'_>, key: &str, text: &str| {
            if !text.is_empty() {
                out.key(key);
                out.string(text);
            }
        };
        out.begin_object();
        text(out, "account", &self.account);
        out.key("amount");
        out.amount(self.amount);
        out.key("balance");
        out.amount(self.balance);
        out.key("date");
        out.date(self.date);
        text(out, "memo", &self.memo);
        text(out, "name", &self.name);
        out.key("row");
        out.integer(self.row);
        text(out, "serial", &self.serial);
        out.end_object();
    }

    /// Reads the movements of an entry. Cost: one pass.
    ///
    /// # Errors
    /// `statement-movement`, with the place in the list (counted from 1) where one is malformed or
    /// not written as the program writes it.
    pub fn read_all(json: &Json) -> Result<Vec<Self>, Problem> {
        let wrong = |place: usize, detail: &dyn std::fmt::Display| {
            Problem::data("statement-movement").with("place", place).with("detail", detail)
        };
        let stored: Vec<Stored> =
            serde_json::from_str(json.as_str()).map_err(|error| wrong(0, &error))?;
        let mut movements = Vec::with_capacity(stored.len());
        for (place, one) in (1..).zip(stored) {
            let date = parse_date(&one.date).map_err(|error| wrong(place, &error.code()))?;
            let texts = [&one.account, &one.memo, &one.name, &one.serial];
            if texts.into_iter().any(|text| line(text).as_ref() != Ok(text)) {
                return Err(wrong(place, &"text"));
            }
            movements.push(Self {
                account: one.account,
                amount: one.amount,
                balance: one.balance,
                date,
                memo: one.memo,
                name: one.name,
                row: one.row,
                serial: one.serial,
            });
        }
        if Self::json(&movements).as_str() != json.as_str() {
            return Err(wrong(0, &"canonical"));
        }
        Ok(movements)
    }

    /// The list as an entry holds it.
    pub fn json(movements: &[Self]) -> Json {
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.begin_array();
        movements.iter().for_each(|movement| movement.write(&mut out));
        out.end_array();
        Json::written(bytes)
    }

    /// Bytes of the longest form of it in an entry.
    fn size(&self) -> usize {
        let texts = [&self.account, &self.memo, &self.name, &self.serial];
        // A quote or a backslash takes two bytes; nothing else that a clean text holds is escaped.
        160 + 2 * texts.iter().map(|text| text.len()).sum::<usize>()
    }
}

/// Twelve hexadecimal digits by which a movement is known, whichever file tells it. `occurrence`
/// counts movements of the same day, amount and balance on the account from 1.
pub fn line_id(
    bank_account: &str,
    channel: &str,
    (date, amount, balance): (Date, Money, Money),
    occurrence: u32,
) -> CompactString {
    let text = format!("{bank_account}\n{channel}\n{date}\n{amount}\n{balance}\n{occurrence}");
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().take(6).fold(CompactString::default(), |id, byte| format_compact!("{id}{byte:02x}"))
}

/// True for twelve hexadecimal digits in lower case.
pub fn is_line_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// A line of the book by its name, `118.2`: entry 118, line 2.
pub fn posting(text: &str) -> Option<(u64, u32)> {
    let (entry, line) = text.split_once('.')?;
    let (entry, line): (u64, u32) = (entry.parse().ok()?, line.parse().ok()?);
    // One way to write it: no sign, no zeros in front.
    (format!("{entry}.{line}") == text && entry > 0 && line > 0).then_some((entry, line))
}

/// A statement as one file tells it, ready to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Bank account in the book.
    pub bank_account: Id,
    /// The way by which it was got; none for [`NET_BANK`].
    pub channel: Option<Id>,
    /// Who got it, where that is not the maker.
    pub fetched_by: Option<CompactString>,
    /// Name of the file, without folders.
    pub file: CompactString,
    /// SHA-256 of the file's bytes, in lower-case hexadecimal.
    pub sha256: CompactString,
    /// Which statement of the file, counted from 1.
    pub place: u32,
    /// Layout by which it was read.
    pub profile: CompactString,
    /// Account number that the bank printed.
    pub number: Option<CompactString>,
    /// Currency that the bank printed, as its code.
    pub currency: Option<CompactString>,
    /// Balance before the first movement.
    pub opening: Money,
    /// Balance after the last.
    pub closing: Money,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Why it stands though the statement before it is missing.
    pub gap_reason: Option<CompactString>,
    /// Movements in the order of time.
    pub movements: Vec<Movement>,
}

impl Sheet {
    /// The id of its first event, by which it is known; `again` counts how often it was taken out.
    ///
    /// # Errors
    /// When the parts make no identifier.
    pub fn id(&self, again: usize) -> Result<Id, TextError> {
        let channel = self.channel.as_ref().map_or(NET_BANK, |channel| channel.as_str());
        let hash = self.sha256.get(..16).unwrap_or(&self.sha256);
        let mut id = format!("statement/{}/{channel}/{hash}", self.bank_account);
        if self.place > 1 {
            id.push_str(&format!(".{}", self.place));
        }
        if again > 0 {
            id.push_str(&format!(":{again}"));
        }
        Id::parse(&id)
    }

    /// Its events, one a part, in order; `again` as in [`Sheet::id`]. Cost: linear.
    ///
    /// # Errors
    /// As [`Sheet::id`].
    pub fn events(&self, again: usize) -> Result<Vec<Event>, TextError> {
        let id = self.id(again)?;
        let parts = self.parts();
        let count = parts.len() as u64;
        let event = |(part, movements): (u64, &[Movement])| {
            let id = match part {
                1 => id.clone(),
                _ => Id::parse(&format!("{id}#{part}"))?,
            };
            let told = (count > 1).then_some(Count(part));
            Ok(Event {
                id,
                date: self.to,
                effective: None,
                owner: None,
                document: None,
                memo: None,
                attachments: Vec::new(),
                maker: None,
                checker: None,
                approver: None,
                kind: Kind::ImportStatement(ImportStatement {
                    bank_account: self.bank_account.clone(),
                    channel: self.channel.clone().filter(|channel| *channel != *NET_BANK),
                    closing: Signed(self.closing),
                    currency: self.currency.clone(),
                    fetched_by: self.fetched_by.clone(),
                    file: self.file.clone(),
                    from: self.from,
                    gap_reason: self.gap_reason.clone(),
                    movements: Movement::json(movements),
                    number: self.number.clone(),
                    opening: Signed(self.opening),
                    part: told,
                    parts: told.map(|_| Count(count)),
                    profile: self.profile.clone(),
                    sha256: self.sha256.clone(),
                }),
            })
        };
        (1..).zip(parts).map(event).collect()
    }

    /// The movements cut so that each part stays small; one empty part where there are none.
    fn parts(&self) -> Vec<&[Movement]> {
        let (mut parts, mut start, mut size) = (Vec::new(), 0, 0);
        for (place, movement) in self.movements.iter().enumerate() {
            if size + movement.size() > STATEMENT_PART_BYTES && place > start {
                parts.extend(self.movements.get(start..place));
                (start, size) = (place, 0);
            }
            size += movement.size();
        }
        parts.extend(self.movements.get(start..));
        parts
    }
}

#[cfg(test)]
mod tests;
