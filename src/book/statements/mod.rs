//! Statements of bank accounts in the book: what was taken in, what of it stands, and both sides of
//! a bank account line by line, as they were known at any length of the journal.
//!
//! The movements stand in the journal and are read from there; the state says where. Reading an
//! account costs its own entries, not the journal's.

mod matching;
mod record;
mod tie;

pub use matching::{AGE_WARN_DAYS, settings};
pub use record::{Taken, check_match, undo_event};
pub use tie::{CertificateStanding, Group, Tie};

use crate::audit::movements::Span;
use crate::audit::reconcile::{BookLine, StatementLine, book_side};
use crate::audit::statements::{self, Batch, Chain, Waiting};
use crate::book::Book;
use crate::domain::calendar::Date;
use crate::domain::event::Kind;
use crate::domain::money::Money;
use crate::domain::refusal::Reason;
use crate::domain::registry::BankAccount;
use crate::domain::statement::facts::{Import, LineMatch, Thresholds};
use crate::domain::statement::{Movement, NET_BANK};
use crate::limits::{YEAR_MAX, YEAR_MIN};
use crate::problem::{Exit, Problem};
use crate::store::Store;
use compact_str::CompactString;

/// Whether a statement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is part of the chain.
    Standing,
    /// It does not meet the chain yet.
    Waiting(Waiting),
    /// Parts of it are missing.
    Incomplete,
    /// The entry of this number took it out.
    Undone(u64),
}

impl Status {
    /// The word in reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Standing => "standing",
            Self::Waiting(_) => "waiting",
            Self::Incomplete => "incomplete",
            Self::Undone(_) => "undone",
        }
    }
}

/// A statement that was taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its record.
    pub import: Import,
    /// Whether it counts.
    pub status: Status,
}

/// A run of the chain without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// First day that a statement covers.
    pub from: Date,
    /// Last day that a statement covers.
    pub to: Date,
    /// Balance before the first line.
    pub opening: Money,
    /// Balance after the last line.
    pub closing: Money,
}

/// The statements of a bank account that came by one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Bank account.
    pub bank_account: CompactString,
    /// Name of the channel.
    pub name: CompactString,
    /// Everything taken in, in the order of recording.
    pub batches: Vec<Recorded>,
    /// The chain's runs in the order of time; more than one where something stands over a gap.
    pub runs: Vec<Run>,
    /// Lines that stand, in the order of time.
    pub lines: Vec<StatementLine>,
}

impl Channel {
    /// First day that is covered.
    pub fn from(&self) -> Option<Date> {
        self.runs.first().map(|run| run.from)
    }

    /// Last day that is covered.
    pub fn to(&self) -> Option<Date> {
        self.runs.last().map(|run| run.to)
    }

    /// Balance before the first line.
    pub fn opening(&self) -> Option<Money> {
        self.runs.first().map(|run| run.opening)
    }

    /// Balance at the end of a day, where a statement covers it. Cost: a binary search.
    pub fn balance(&self, day: Date) -> Option<Money> {
        let run = self.runs.iter().find(|run| (run.from..=run.to).contains(&day))?;
        let last = self.until(day).last().filter(|line| line.date >= run.from);
        Some(last.map_or(run.opening, |line| line.balance))
    }

    /// Lines up to a day.
    pub fn until(&self, day: Date) -> &[StatementLine] {
        let end = self.lines.partition_point(|line| line.date <= day);
        self.lines.get(..end).unwrap_or_default()
    }

    /// Gaps over which something stands: the run before and the run after each.
    pub fn gaps(&self) -> impl Iterator<Item = (&Run, &Run)> {
        self.runs.iter().zip(self.runs.iter().skip(1))
    }

    /// The statement that tells a line. Cost: linear in the statements.
    pub fn file_of(&self, line: &StatementLine) -> Option<&Import> {
        let imports = self.batches.iter().map(|batch| &batch.import);
        imports.into_iter().find(|import| (import.entry..=import.last()).contains(&line.entry))
    }
}

impl<S: Store> Book<S> {
    /// A bank account by its id.
    ///
    /// # Errors
    /// `bank-account-unknown`.
    pub fn bank_account(&self, id: &str) -> Result<&BankAccount, Problem> {
        let unknown = || Reason::BankAccountUnknown.refuse().with("bank_account", id);
        self.state().bank_accounts.get(id).ok_or_else(unknown)
    }

    /// Imports of a bank account that a journal of so many entries holds; all without.
    fn imports(&self, bank_account: &str, known_at: Option<u64>) -> impl Iterator<Item = &Import> {
        let known = move |entry: u64| known_at.is_none_or(|count| entry <= count);
        let all = self.state().statements.imports.iter();
        all.filter(move |import| *import.bank_account == *bank_account && known(import.entry))
    }

    /// Channels by which statements of a bank account came: first the one that its reconciliation
    /// rests on, the bank's own pages where there is a statement of them, else the first recorded.
    pub fn channels(&self, bank_account: &str, known_at: Option<u64>) -> Vec<CompactString> {
        let mut names: Vec<CompactString> = Vec::new();
        for import in self.imports(bank_account, known_at) {
            let undone = import.undone.filter(|entry| known_at.is_none_or(|count| *entry <= count));
            if undone.is_none() && !names.contains(&import.channel) {
                names.push(import.channel.clone());
            }
        }
        names.sort_by_key(|name| *name != NET_BANK);
        names
    }

    /// Channels by which statements ever came, taken out or not.
    pub fn all_channels(&self, bank_account: &str, known_at: Option<u64>) -> Vec<CompactString> {
        let mut names: Vec<CompactString> = Vec::new();
        for import in self.imports(bank_account, known_at) {
            if !names.contains(&import.channel) {
                names.push(import.channel.clone());
            }
        }
        names
    }

    /// The statements of a bank account that came by a channel (the first of [`Book::channels`]
    /// without), as a journal of so many entries knows them (the whole journal without).
    /// Cost: reads the entries of these statements; n log n in their lines.
    ///
    /// # Errors
    /// `bank-account-unknown`; the store's own; damage.
    pub fn channel(
        &self,
        bank_account: &str,
        name: Option<&str>,
        known_at: Option<u64>,
    ) -> Result<Channel, Problem> {
        let account = self.bank_account(bank_account)?;
        let first = || self.channels(bank_account, known_at).into_iter().next();
        let name = name.map(CompactString::new).or_else(first).unwrap_or_else(|| NET_BANK.into());
        let mut held: Vec<(Import, Vec<Movement>, Vec<u64>)> = Vec::new();
        let mut batches = Vec::new();
        for import in self.imports(bank_account, known_at).filter(|import| import.channel == name) {
            let status = self.status(import, known_at);
            batches.push(Recorded { import: import.clone(), status });
            if status == Status::Standing {
                let (movements, entries) = self.movements(import)?;
                held.push((import.clone(), movements, entries));
            }
        }
        let in_question: Vec<Batch<'_>> =
            held.iter().map(|(import, movements, _)| batch(import, movements)).collect();
        let chain = statements::chain(&in_question);
        for ((import, ..), waiting) in held.iter().zip(&chain.waiting) {
            let place = batches.iter_mut().find(|batch| batch.import.entry == import.entry);
            if let (Some(place), Some(waiting)) = (place, waiting) {
                place.status = Status::Waiting(*waiting);
            }
        }
        let lines = named_lines(&chain, &in_question, &held, (&account.id, &name));
        let run = |segment: &statements::Segment| Run {
            from: segment.from,
            to: segment.to,
            opening: segment.opening,
            closing: segment.closing,
        };
        let runs = chain.segments.iter().map(run).collect();
        Ok(Channel { bank_account: account.id.as_str().into(), name, batches, runs, lines })
    }

    fn status(&self, import: &Import, known_at: Option<u64>) -> Status {
        let known = |entry: u64| known_at.is_none_or(|count| entry <= count);
        match import.undone.filter(|entry| known(*entry)) {
            Some(entry) => Status::Undone(entry),
            None if !import.is_whole() || !known(import.last()) => Status::Incomplete,
            None => Status::Standing,
        }
    }

    /// The movements of a statement, and the entry of each. Cost: reads its entries.
    fn movements(&self, import: &Import) -> Result<(Vec<Movement>, Vec<u64>), Problem> {
        let (mut movements, mut entries) = (Vec::new(), Vec::new());
        for seq in import.entry..=import.last() {
            let entry = self.entry(seq)?;
            let Kind::ImportStatement(own) = &entry.event.kind else {
                return Err(Problem::new("entry-missing", Exit::Damaged).with("seq", seq));
            };
            movements.extend(Movement::read_all(&own.movements)?);
            entries.resize(movements.len(), seq);
        }
        Ok((movements, entries))
    }

    /// Lines of the book on a bank account over its whole life, by business date, then by entry.
    /// Cost: the tables of the account, and the entries of the months in which it moved.
    ///
    /// # Errors
    /// `bank-account-unknown`; the store's own; damage.
    pub fn book_lines(
        &self,
        bank_account: &str,
        known_at: Option<u64>,
    ) -> Result<Vec<BookLine>, Problem> {
        let account = self.bank_account(bank_account)?;
        let year = |year, month, day| crate::domain::calendar::date(year, month, day);
        let (Ok(first), Ok(last)) = (year(YEAR_MIN, 1, 2), year(YEAR_MAX, 12, 31)) else {
            return Ok(Vec::new());
        };
        let (_, lines) = self.book_side(account, first, last)?;
        let known = |line: &BookLine| known_at.is_none_or(|count| line.entry <= count);
        Ok(lines.into_iter().filter(known).collect())
    }

    /// Balance of the book before a day, and the lines from then to another. Cost: as above.
    ///
    /// # Errors
    /// The store's own; damage.
    pub fn book_side(
        &self,
        account: &BankAccount,
        first: Date,
        last: Date,
    ) -> Result<(crate::domain::money::Total, Vec<BookLine>), Problem> {
        let number = self.state().bank_accounts.number(&account.id);
        let bank = number.and_then(|number| u16::try_from(number).ok()?.checked_add(1));
        let (opening, mut lines) = self.with_movements(|movements| {
            let number = bank.unwrap_or(u16::MAX);
            let span = Span::new(first, last)?;
            book_side(movements, &|seq| self.entry(seq), (number, &account.id), span)
        })?;
        for line in &mut lines {
            if let Some(party) = self.state().parties.get(&line.party) {
                line.party_name = party.name.to_string();
                line.party_account = party.account.as_deref().unwrap_or_default().to_owned();
            }
        }
        Ok((opening, lines))
    }

    /// Matches of a bank account that persons confirmed and did not take back.
    pub fn confirmed(&self, bank_account: &str, known_at: Option<u64>) -> Vec<&LineMatch> {
        let known = |entry: u64| known_at.is_none_or(|count| entry <= count);
        let holds = |one: &&LineMatch| {
            *one.bank_account == *bank_account && known(one.entry) && !one.undone.is_some_and(known)
        };
        self.state().statements.matches.iter().filter(holds).collect()
    }

    /// The thresholds of matching in force.
    pub fn thresholds(&self, known_at: Option<u64>) -> Option<&Thresholds> {
        let mut all = self.state().statements.thresholds.iter();
        all.rfind(|one| known_at.is_none_or(|count| one.entry <= count))
    }
}

fn batch<'a>(import: &Import, movements: &'a [Movement]) -> Batch<'a> {
    Batch {
        entry: import.entry,
        from: import.from,
        to: import.to,
        opening: import.opening,
        closing: import.closing,
        over_gap: import.gap_reason.is_some(),
        movements,
    }
}

fn named_lines(
    chain: &Chain,
    batches: &[Batch<'_>],
    held: &[(Import, Vec<Movement>, Vec<u64>)],
    (account, name): (&str, &str),
) -> Vec<StatementLine> {
    let line = |named: statements::Named| {
        let movement = statements::movement(batches, named.place)?;
        let (batch, place) = named.place;
        let entry = held.get(batch).and_then(|(_, _, entries)| entries.get(place)).copied();
        Some(StatementLine {
            id: named.id,
            date: movement.date,
            amount: movement.amount,
            balance: movement.balance,
            memo: movement.memo.to_string(),
            name: movement.name.to_string(),
            account: movement.account.to_string(),
            serial: movement.serial.to_string(),
            entry: entry.unwrap_or_default(),
            row: movement.row,
        })
    };
    chain.named(batches, account, name).into_iter().filter_map(line).collect()
}
