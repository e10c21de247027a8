//! Bank statement against the book, per bank account (对账).
//!
//! The statement never changes the book. [`match_lines`] finds which lines of both sides belong
//! together, over everything known; [`reconciliation`] cuts at a day and gives the form
//! (银行存款余额调节表); [`suggest`] names what is probably wrong with each line that is open.
//! Amounts are seen from the owner's side: positive is money in.

mod book_side;
mod crowd;
mod culprit;
mod digits;
mod draft;
mod evidence;
mod faults;
mod form;
mod gap;
mod matching;
mod pairs;
mod sums;

pub use book_side::book_side;
pub use culprit::{OtherAccount, Place, SuggestInput, Suggestion, suggest};
pub use evidence::REASONS;
pub use faults::FAULTS;
pub use form::{Input, Item, ItemKind, Reconciliation, reconcile, reconciliation};
pub use gap::{Cause, Explanation, causes, explain_gap};
pub use matching::{Confirmed, Group, Matching, Pairing, Settings, Zone, match_lines};

use crate::domain::account::Side;
use crate::domain::calendar::Date;
use crate::domain::entry::{Entry, Voucher};
use crate::domain::event::Kind;
use crate::domain::money::Money;
use compact_str::CompactString;

/// A line of the statement, seen from the owner's side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementLine {
    /// Its name in the book: the same movement has it in every file that holds it. Empty before it
    /// is recorded.
    pub id: CompactString,
    /// Day on which the bank booked it.
    pub date: Date,
    /// Money in positive, money out negative.
    pub amount: Money,
    /// Balance after it.
    pub balance: Money,
    /// What the bank says about it.
    pub memo: String,
    /// The other party.
    pub name: String,
    /// The other party's account number.
    pub account: String,
    /// The bank's number of the movement.
    pub serial: String,
    /// Entry that brought it in; 0 before it is recorded.
    pub entry: u64,
    /// Row of the file, counted from 1.
    pub row: u64,
}

/// A line of the book on the bank account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookLine {
    /// Business date.
    pub date: Date,
    /// Money in positive, money out negative.
    pub amount: Money,
    /// Number of the entry.
    pub entry: u64,
    /// Which of the entry's lines, counted from 1.
    pub line: u32,
    /// Voucher of the entry.
    pub voucher: Option<Voucher>,
    /// Summary, or the event word.
    pub memo: String,
    /// Owner of the money.
    pub owner: CompactString,
    /// Number of the document.
    pub document: String,
    /// Party that the entry names for this line, if it names one.
    pub party: CompactString,
    /// The party's name, where the caller knows it; the bank shows names, not codes.
    pub party_name: String,
    /// The party's account number, likewise.
    pub party_account: String,
    /// Entry that this one reverses, if it is a reversal.
    pub reverses: Option<u64>,
}

/// The lines of an entry on a bank account. Names of parties are left for the caller to fill in.
/// The party is the line's own, or else the only one that the entry's other lines name.
/// Cost: one pass over the entry's lines.
pub fn book_lines(entry: &Entry, bank_account: &str) -> Vec<BookLine> {
    let lines = (1..).zip(&entry.lines).filter(|(_, line)| {
        line.account.is_cash() && line.bank_account.as_deref() == Some(bank_account)
    });
    let mut parties: Vec<&str> =
        entry.lines.iter().filter_map(|line| line.party.as_deref()).collect();
    parties.dedup();
    let only = if let [party] = parties.as_slice() { party } else { "" };
    let reverses = match &entry.event.kind {
        Kind::Reverse(reverse) => Some(reverse.entry.0),
        _ => None,
    };
    lines
        .map(|(number, line)| BookLine {
            date: entry.event.date,
            amount: match line.side {
                Side::Debit => line.amount,
                Side::Credit => line.amount.negated(),
            },
            entry: entry.seq,
            line: number,
            voucher: entry.voucher.clone(),
            memo: entry.event.memo.as_deref().unwrap_or(entry.event.kind.word()).to_owned(),
            owner: line.owner.as_str().into(),
            document: entry.event.document.as_deref().unwrap_or_default().to_owned(),
            party: line.party.as_deref().unwrap_or(only).into(),
            reverses,
            ..BookLine::default()
        })
        .collect()
}
