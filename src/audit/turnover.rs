//! Lines added up, and the three tables of the index that hold the sums.
//!
//! Any question about balances is answered by scanning a range of these tables, however long the
//! journal is. All numbers in keys are big-endian; values are postcard (variable-length integers).
//!
//! | table | key after the table's byte | value |
//! | --- | --- | --- |
//! | `0x10` year | owner u16, fund u8, account u8, flow u8, bank account u16, year u16 | ascending list of (month 1-12, debit fen, credit fen) |
//! | `0x11` day | month u16, owner u16, fund u8, account u8, flow u8, bank account u16 | ascending list of (day 1-31, debit fen, credit fen) |
//! | `0x12` entries | owner u16, month u16, run u8, chunk u32 | entry numbers in the order of recording |
//!
//! `month` is [`Month::index`]; `fund`, `account` and `flow` are places in their lists; owner and
//! bank account are the book's dense numbers, bank account 0 being none. The year table answers for
//! whole months, the day table for the part month at either end of a period. Off-balance lines are
//! kept like the others.
//!
//! Of the `entries` table, chunks 0, 1, ... hold [`CHUNK`] numbers each; chunk `0xFFFF_FFFF` is the
//! open end: how many full chunks stand before it, then the rest. So one more entry is one read and
//! one write, and number *n* of a run is found at once. Runs are numbered by [`Run`].

use crate::audit::flow::{Flow, Placing};
use crate::domain::account::{Account, Fund};
use crate::domain::calendar::{Date, Month};
use crate::domain::entry::{Entry, Line, VoucherWord};
use crate::domain::money::Total;
use crate::problem::{Exit, Problem};
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Table of months: key byte.
pub const YEAR_TABLE: u8 = 0x10;
/// Table of days: key byte.
pub const DAY_TABLE: u8 = 0x11;
/// Table of entry numbers: key byte.
pub const ENTRIES_TABLE: u8 = 0x12;
/// Entry numbers in a full chunk.
pub const CHUNK: usize = 1_000;
/// The chunk number of a run's open end.
pub const OPEN_CHUNK: u32 = u32::MAX;

/// The book's dense numbers of owners and bank accounts.
pub trait Numbers {
    /// Number of an owner.
    fn owner(&self, id: &str) -> u16;
    /// Number of a bank account, from 1; 0 is none.
    fn bank(&self, id: &str) -> u16;
}

/// What movements are kept apart by, besides the date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Number of the owner.
    pub owner: u16,
    /// Fund.
    pub fund: Fund,
    /// Account.
    pub account: Account,
    /// Column of the roll-forward.
    pub flow: Flow,
    /// Number of the bank account; 0 is none.
    pub bank: u16,
}

impl Key {
    fn pack(self) -> u64 {
        u64::from(self.owner) << 40
            | u64::from(self.fund as u8) << 32
            | u64::from(self.account.index()) << 24
            | u64::from(self.flow.index()) << 16
            | u64::from(self.bank)
    }

    fn unpack(packed: u64) -> Option<Self> {
        let [_, o1, o2, fund, account, flow, b1, b2] = packed.to_be_bytes();
        Some(Self {
            owner: u16::from_be_bytes([o1, o2]),
            fund: *Fund::ALL.get(usize::from(fund))?,
            account: Account::from_index(account)?,
            flow: Flow::from_index(flow)?,
            bank: u16::from_be_bytes([b1, b2]),
        })
    }

    /// The seven bytes in keys of the index.
    fn bytes(self) -> [u8; 7] {
        let [_, bytes @ ..] = self.pack().to_be_bytes();
        bytes
    }

    fn from_bytes(bytes: [u8; 7]) -> Option<Self> {
        let [a, b, c, d, e, f, g] = bytes;
        Self::unpack(u64::from_be_bytes([0, a, b, c, d, e, f, g]))
    }

    /// Key of the year table.
    pub fn year_key(self, year: u16) -> Vec<u8> {
        [&[YEAR_TABLE][..], &self.bytes(), &year.to_be_bytes()].concat()
    }

    /// Key of the day table.
    pub fn day_key(self, month: Month) -> Vec<u8> {
        [&[DAY_TABLE][..], &month.index().to_be_bytes(), &self.bytes()].concat()
    }

    /// Reads a key of the year table.
    pub fn read_year_key(key: &[u8]) -> Option<(Self, u16)> {
        let (own, year) = key.strip_prefix(&[YEAR_TABLE])?.split_first_chunk::<7>()?;
        Some((Self::from_bytes(*own)?, u16::from_be_bytes(year.try_into().ok()?)))
    }

    /// Reads a key of the day table.
    pub fn read_day_key(key: &[u8]) -> Option<(Self, Month)> {
        let (month, own) = key.strip_prefix(&[DAY_TABLE])?.split_first_chunk::<2>()?;
        let month = Month::from_index(u16::from_be_bytes(*month));
        Some((Self::from_bytes(own.try_into().ok()?)?, month))
    }
}

/// Sums of both sides, in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    /// Debits.
    pub debit: Total,
    /// Credits.
    pub credit: Total,
}

impl Turnover {
    /// Debit less credit.
    pub fn net(self) -> Total {
        self.debit - self.credit
    }
}

impl std::ops::AddAssign for Turnover {
    fn add_assign(&mut self, other: Self) {
        self.debit += other.debit;
        self.credit += other.credit;
    }
}

impl From<&Line> for Turnover {
    fn from(line: &Line) -> Self {
        let amount = Total::from(line.amount);
        match line.side {
            crate::domain::account::Side::Debit => Self { debit: amount, credit: Total::ZERO },
            crate::domain::account::Side::Credit => Self { debit: Total::ZERO, credit: amount },
        }
    }
}

/// Which list of an owner's month an entry stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Run {
    /// Without a voucher.
    Unnumbered = 0,
    /// Vouchers of the word 记.
    General = 1,
    /// Vouchers of the word 备.
    Register = 2,
    /// Another owner's entry with lines of this owner.
    Touched = 3,
}

impl Run {
    /// All lists, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Unnumbered, Self::General, Self::Register, Self::Touched];

    /// The list of an entry in the months of its own owner.
    pub fn of(entry: &Entry) -> Self {
        entry.voucher.as_ref().map_or(Self::Unnumbered, |voucher| voucher.word.into())
    }
}

impl From<VoucherWord> for Run {
    fn from(word: VoucherWord) -> Self {
        match word {
            VoucherWord::General => Self::General,
            VoucherWord::Register => Self::Register,
        }
    }
}

/// Key of the entries table.
pub fn entries_key(owner: u16, month: Month, run: Run, chunk: u32) -> Vec<u8> {
    let mut key = entries_prefix(owner, month, run);
    key.extend_from_slice(&chunk.to_be_bytes());
    key
}

/// The part of an entries key that one list shares.
pub fn entries_prefix(owner: u16, month: Month, run: Run) -> Vec<u8> {
    let month = month.index().to_be_bytes();
    [&[ENTRIES_TABLE][..], &owner.to_be_bytes(), &month, &[run as u8]].concat()
}

/// Calls `visit` with the key of each line, off-balance lines included.
/// Cost: one number lookup per line with a bank account, and one per change of owner.
pub fn postings<'a>(
    entry: &'a Entry,
    numbers: &(impl Numbers + ?Sized),
    visit: &mut dyn FnMut(Key, &'a Line),
) {
    let placing = Placing::of(entry);
    let mut last: Option<(&str, u16)> = None;
    for line in entry.all_lines() {
        let owner = match last {
            Some((id, number)) if id == line.owner.as_str() => number,
            _ => numbers.owner(&line.owner),
        };
        last = Some((&line.owner, owner));
        let bank = line.bank_account.as_deref().map_or(0, |id| numbers.bank(id));
        let flow = placing.flow(line);
        visit(Key { owner, fund: line.fund, account: line.account, flow, bank }, line);
    }
}

/// Year, month and day in one number that sorts like the date.
fn pack_date(date: Date) -> u32 {
    let [year, month, day] = [date.year(), date.month().into(), date.day().into()];
    u32::from(year.unsigned_abs()) << 16
        | u32::from(month.unsigned_abs()) << 8
        | u32::from(day.unsigned_abs())
}

fn unpack_date(packed: u32) -> Option<Date> {
    let [y1, y2, month, day] = packed.to_be_bytes();
    let year = i16::from_be_bytes([y1, y2]);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

type FastMap<K, V> = HashMap<K, V, FixedState>;

/// A row of the index: key and value.
pub type RowPair = (Vec<u8>, Vec<u8>);

/// Gives the value that stands under a key now.
pub type ReadRow<'a> = &'a mut dyn FnMut(&[u8]) -> Result<Option<Vec<u8>>, Problem>;

/// Movements of some entries, added up in memory.
#[derive(Clone, Debug, Default)]
pub struct Delta {
    /// By packed key and packed date, which hash faster than their parts.
    days: FastMap<(u64, u32), Turnover>,
    runs: FastMap<(u16, u16, u8), Vec<u64>>,
}

impl Delta {
    /// Adds an entry. Entries come in the order of their numbers.
    /// Cost: one hash lookup per line and one per owner.
    pub fn add(&mut self, entry: &Entry, numbers: &(impl Numbers + ?Sized)) {
        let date = entry.event.date;
        let (month, packed) = (Month::of(date).index(), pack_date(date));
        let own = entry.owner().map(|id| numbers.owner(id));
        if let Some(own) = own {
            self.runs.entry((own, month, Run::of(entry) as u8)).or_default().push(entry.seq);
        }
        let (days, runs) = (&mut self.days, &mut self.runs);
        postings(entry, numbers, &mut |key, line| {
            *days.entry((key.pack(), packed)).or_default() += Turnover::from(line);
            if own != Some(key.owner) {
                let list = runs.entry((key.owner, month, Run::Touched as u8)).or_default();
                if list.last() != Some(&entry.seq) {
                    list.push(entry.seq);
                }
            }
        });
    }

    /// True when nothing was added.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty() && self.runs.is_empty()
    }

    /// Every movement of a day, in no order.
    pub(super) fn each_day(&self) -> impl Iterator<Item = (Key, Date, Turnover)> {
        let days = self.days.iter();
        days.filter_map(|((key, date), sum)| Some((Key::unpack(*key)?, unpack_date(*date)?, *sum)))
    }

    /// The entry numbers of one list.
    pub(super) fn run(&self, owner: u16, month: Month, run: Run) -> &[u64] {
        self.runs.get(&(owner, month.index(), run as u8)).map_or(&[], Vec::as_slice)
    }

    /// The rows to write, in the order of keys; `read` gives the row that stands there now.
    /// Cost: one read per row.
    ///
    /// # Errors
    /// Those of `read`, and `index-row-unreadable`.
    pub fn into_puts(self, read: ReadRow<'_>) -> Result<Vec<RowPair>, Problem> {
        let mut days: Vec<(u64, Date, Turnover)> = self
            .days
            .into_iter()
            .filter_map(|((key, date), sum)| Some((key, unpack_date(date)?, sum)))
            .collect();
        days.sort_unstable_by_key(|(key, date, _)| (*key, *date));
        let mut puts = Vec::new();
        let same_year =
            |a: &(u64, Date, _), b: &(u64, Date, _)| (a.0, a.1.year()) == (b.0, b.1.year());
        for rows in days.chunk_by(same_year) {
            put_parts(&mut puts, read, rows, |key, date| {
                (key.year_key(date.year().unsigned_abs()), date.month())
            })?;
        }
        let same_month =
            |a: &(u64, Date, _), b: &(u64, Date, _)| (a.0, Month::of(a.1)) == (b.0, Month::of(b.1));
        for rows in days.chunk_by(same_month) {
            put_parts(&mut puts, read, rows, |key, date| {
                (key.day_key(Month::of(date)), date.day())
            })?;
        }
        for ((owner, month, run), numbers) in self.runs {
            if let Some(run) = Run::ALL.get(usize::from(run)) {
                put_run(&mut puts, read, (owner, Month::from_index(month), *run), &numbers)?;
            }
        }
        puts.sort_unstable();
        Ok(puts)
    }
}

/// One month of a year or day of a month: (which, debit, credit).
pub(super) type Part = (u8, Total, Total);

/// Adds sums of one row to what stands there.
fn put_parts(
    puts: &mut Vec<RowPair>,
    read: ReadRow<'_>,
    rows: &[(u64, Date, Turnover)],
    place: impl Fn(Key, Date) -> (Vec<u8>, i8),
) -> Result<(), Problem> {
    let Some((packed, first, _)) = rows.first() else { return Ok(()) };
    let Some(key) = Key::unpack(*packed) else { return Ok(()) };
    let (row_key, _) = place(key, *first);
    let mut parts: Vec<Part> = match read(&row_key)? {
        Some(value) => read_value(&row_key, &value)?,
        None => Vec::new(),
    };
    for (_, date, sum) in rows {
        let which = place(key, *date).1.unsigned_abs();
        match parts.binary_search_by_key(&which, |part| part.0) {
            Ok(index) => {
                if let Some((_, debit, credit)) = parts.get_mut(index) {
                    *debit += sum.debit;
                    *credit += sum.credit;
                }
            }
            Err(index) => parts.insert(index, (which, sum.debit, sum.credit)),
        }
    }
    puts.push((row_key, write_value(&parts)?));
    Ok(())
}

/// Appends entry numbers to a list, filling its open end into full chunks.
fn put_run(
    puts: &mut Vec<RowPair>,
    read: ReadRow<'_>,
    (owner, month, run): (u16, Month, Run),
    numbers: &[u64],
) -> Result<(), Problem> {
    let open_key = entries_key(owner, month, run, OPEN_CHUNK);
    let (mut full, mut open): (u32, Vec<u64>) = match read(&open_key)? {
        Some(value) => read_value(&open_key, &value)?,
        None => (0, Vec::new()),
    };
    for number in numbers {
        open.push(*number);
        if open.len() == CHUNK {
            puts.push((entries_key(owner, month, run, full), write_value(&open)?));
            full = full.saturating_add(1);
            open.clear();
        }
    }
    puts.push((open_key, write_value(&(full, open))?));
    Ok(())
}

/// Reads the value of a row.
///
/// # Errors
/// `index-row-unreadable` with the key in hexadecimal.
pub(super) fn read_value<T: serde::de::DeserializeOwned>(
    key: &[u8],
    value: &[u8],
) -> Result<T, Problem> {
    postcard::from_bytes(value).map_err(|error| unreadable(key, &error))
}

fn write_value<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, Problem> {
    postcard::to_stdvec(value)
        .map_err(|error| Problem::new("index-row-unwritable", Exit::Bug).with("detail", error))
}

/// A row that does not read as its table says; the index is then to be rebuilt.
pub(super) fn unreadable(key: &[u8], detail: &dyn std::fmt::Display) -> Problem {
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    Problem::new("index-row-unreadable", Exit::Io).with("key", key).with("detail", detail)
}
