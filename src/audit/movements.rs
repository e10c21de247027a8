//! Movements read back over any period, from the tables of the index or from entries in memory.

use crate::audit::turnover::{
    CHUNK, DAY_TABLE, Delta, Key, OPEN_CHUNK, Part, Run, Turnover, YEAR_TABLE, entries_key,
    entries_prefix, read_value, unreadable,
};
use crate::domain::calendar::{Date, Month, Period};
use crate::problem::Problem;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Days from `from` to `to`, both counted, as reports are asked for; `from` may be left out for
/// everything since the book began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    from: Option<Date>,
    to: Date,
}

impl Span {
    /// Everything up to and with a day.
    pub fn until(to: Date) -> Self {
        Self { from: None, to }
    }

    /// From a day to a day, both counted.
    ///
    /// # Errors
    /// `span-reversed` when the last day is before the first.
    pub fn new(from: Date, to: Date) -> Result<Self, Problem> {
        if to < from {
            return Err(Problem::data("span-reversed").with("from", from).with("to", to));
        }
        Ok(Self { from: Some(from), to })
    }

    /// The days of a half-open period.
    ///
    /// # Errors
    /// `span-reversed` when no day counts.
    pub fn of(period: Period) -> Result<Self, Problem> {
        Self::new(period.from, day_before(period.to))
    }

    /// First day, if one is set.
    pub fn from(self) -> Option<Date> {
        self.from
    }

    /// Last day.
    pub fn to(self) -> Date {
        self.to
    }

    /// The day whose evening balance is the opening.
    pub fn eve(self) -> Date {
        self.from.map_or(Date::ZERO, day_before)
    }

    /// True when the day counts.
    pub fn contains(self, day: Date) -> bool {
        self.eve() < day && day <= self.to
    }
}

/// The day before; the first day of the calendar has none.
pub(super) fn day_before(day: Date) -> Date {
    day.yesterday().unwrap_or(day)
}

/// Where movements come from: the index ([`Tables`]) or entries added up in memory ([`Delta`]).
pub trait Movements {
    /// Hands over the movements of every month, of one owner or of all; a month of a key may come
    /// in several pieces.
    ///
    /// # Errors
    /// Those of the source.
    fn months(
        &self,
        owner: Option<u16>,
        visit: &mut dyn FnMut(Key, Month, Turnover),
    ) -> Result<(), Problem>;

    /// Hands over the movements of each day of a month.
    ///
    /// # Errors
    /// Those of the source.
    fn days(
        &self,
        month: Month,
        owner: Option<u16>,
        visit: &mut dyn FnMut(Key, Date, Turnover),
    ) -> Result<(), Problem>;

    /// The numbers of the entries of one list, in the order of recording.
    ///
    /// # Errors
    /// Those of the source.
    fn entries(&self, owner: u16, month: Month, run: Run) -> Result<Vec<u64>, Problem>;

    /// The entry with voucher `number` (from 1) of a list.
    ///
    /// # Errors
    /// Those of the source.
    fn voucher(
        &self,
        owner: u16,
        month: Month,
        run: Run,
        number: u32,
    ) -> Result<Option<u64>, Problem> {
        let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let list = self.entries(owner, month, run)?;
        Ok(place.and_then(|place| list.get(place).copied()))
    }
}

/// Adds up a source between dates. `cuts` ascend; a movement dated after cut *n*-1 and not after
/// cut *n* comes with the number *n*; what is dated after the last cut is left out.
/// Cost: one scan of the months and one of the days of each month that a cut divides.
///
/// # Errors
/// Those of the source.
pub fn collect(
    source: &(impl Movements + ?Sized),
    owner: Option<u16>,
    cuts: &[Date],
    visit: &mut dyn FnMut(Key, usize, Turnover),
) -> Result<(), Problem> {
    let place = |date: Date| cuts.partition_point(|cut| *cut < date);
    let mut divided: Vec<Month> =
        cuts.iter().filter(|cut| **cut != cut.last_of_month()).map(|cut| Month::of(*cut)).collect();
    divided.dedup();
    source.months(owner, &mut |key, month, sum| {
        let bucket = place(month.first_day());
        if bucket < cuts.len() && !divided.contains(&month) {
            visit(key, bucket, sum);
        }
    })?;
    for month in divided {
        source.days(month, owner, &mut |key, date, sum| {
            let bucket = place(date);
            if bucket < cuts.len() {
                visit(key, bucket, sum);
            }
        })?;
    }
    Ok(())
}

impl Movements for Delta {
    fn months(
        &self,
        owner: Option<u16>,
        visit: &mut dyn FnMut(Key, Month, Turnover),
    ) -> Result<(), Problem> {
        for (key, date, sum) in self.each_day() {
            if owner.is_none_or(|owner| owner == key.owner) {
                visit(key, Month::of(date), sum);
            }
        }
        Ok(())
    }

    fn days(
        &self,
        month: Month,
        owner: Option<u16>,
        visit: &mut dyn FnMut(Key, Date, Turnover),
    ) -> Result<(), Problem> {
        for (key, date, sum) in self.each_day() {
            if Month::of(date) == month && owner.is_none_or(|owner| owner == key.owner) {
                visit(key, date, sum);
            }
        }
        Ok(())
    }

    fn entries(&self, owner: u16, month: Month, run: Run) -> Result<Vec<u64>, Problem> {
        Ok(self.run(owner, month, run).to_vec())
    }
}

/// Rows of the index, as a sorted key-value store gives them.
pub trait Rows {
    /// The value of a key.
    ///
    /// # Errors
    /// Those of the store.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Problem>;

    /// Hands over every row whose key begins with `prefix`, in the order of keys.
    ///
    /// # Errors
    /// Those of the store.
    fn range(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), Problem>;
}

impl Rows for BTreeMap<Vec<u8>, Vec<u8>> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Problem> {
        Ok(Self::get(self, key).cloned())
    }

    fn range(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), Problem> {
        let bounds = (Bound::Included(prefix), Bound::Unbounded);
        let from = Self::range::<[u8], _>(self, bounds);
        for (key, value) in from.take_while(|(key, _)| key.starts_with(prefix)) {
            visit(key, value);
        }
        Ok(())
    }
}

/// The tables of [`crate::audit::turnover`] over rows of the index.
pub struct Tables<'a, R: Rows + ?Sized>(pub &'a R);

impl<R: Rows + ?Sized> Tables<'_, R> {
    /// Reads rows until one is not as its table says.
    fn scan(
        &self,
        prefix: &[u8],
        mut row: impl FnMut(&[u8], &[u8]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut outcome = Ok(());
        self.0.range(prefix, &mut |key, value| {
            if outcome.is_ok() {
                outcome = row(key, value);
            }
        })?;
        outcome
    }
}

impl<R: Rows + ?Sized> Movements for Tables<'_, R> {
    fn months(
        &self,
        owner: Option<u16>,
        visit: &mut dyn FnMut(Key, Month, Turnover),
    ) -> Result<(), Problem> {
        let mut prefix = vec![YEAR_TABLE];
        prefix.extend(owner.into_iter().flat_map(u16::to_be_bytes));
        self.scan(&prefix, |row, value| {
            let (key, year) = Key::read_year_key(row).ok_or_else(|| unreadable(row, &"key"))?;
            let january = year.checked_mul(12).ok_or_else(|| unreadable(row, &"year"))?;
            for (month, debit, credit) in read_value::<Vec<Part>>(row, value)? {
                let month = u16::from(month).checked_sub(1).and_then(|m| january.checked_add(m));
                let month = month.ok_or_else(|| unreadable(row, &"month"))?;
                visit(key, Month::from_index(month), Turnover { debit, credit });
            }
            Ok(())
        })
    }

    fn days(
        &self,
        month: Month,
        owner: Option<u16>,
        visit: &mut dyn FnMut(Key, Date, Turnover),
    ) -> Result<(), Problem> {
        let mut prefix = vec![DAY_TABLE];
        prefix.extend_from_slice(&month.index().to_be_bytes());
        prefix.extend(owner.into_iter().flat_map(u16::to_be_bytes));
        self.scan(&prefix, |row, value| {
            let (key, month) = Key::read_day_key(row).ok_or_else(|| unreadable(row, &"key"))?;
            for (day, debit, credit) in read_value::<Vec<Part>>(row, value)? {
                let date = i8::try_from(day)
                    .ok()
                    .and_then(|day| Date::new(month.year(), month.month(), day).ok())
                    .ok_or_else(|| unreadable(row, &"day"))?;
                visit(key, date, Turnover { debit, credit });
            }
            Ok(())
        })
    }

    fn entries(&self, owner: u16, month: Month, run: Run) -> Result<Vec<u64>, Problem> {
        let mut numbers = Vec::new();
        let open = entries_key(owner, month, run, OPEN_CHUNK);
        self.scan(&entries_prefix(owner, month, run), |row, value| {
            if row == open {
                numbers.extend(read_value::<(u32, Vec<u64>)>(row, value)?.1);
            } else {
                numbers.extend(read_value::<Vec<u64>>(row, value)?);
            }
            Ok(())
        })?;
        Ok(numbers)
    }

    fn voucher(
        &self,
        owner: u16,
        month: Month,
        run: Run,
        number: u32,
    ) -> Result<Option<u64>, Problem> {
        let Some(place) = usize::try_from(number).ok().and_then(|number| number.checked_sub(1))
        else {
            return Ok(None);
        };
        let chunk = u32::try_from(place / CHUNK).unwrap_or(OPEN_CHUNK);
        let full = entries_key(owner, month, run, chunk);
        let open = entries_key(owner, month, run, OPEN_CHUNK);
        if let Some(value) = self.0.get(&full)?.filter(|_| chunk != OPEN_CHUNK) {
            return Ok(read_value::<Vec<u64>>(&full, &value)?.get(place % CHUNK).copied());
        }
        let Some(value) = self.0.get(&open)? else { return Ok(None) };
        let (before, rest): (u32, Vec<u64>) = read_value(&open, &value)?;
        Ok(if before == chunk { rest.get(place % CHUNK).copied() } else { None })
    }
}

#[cfg(test)]
mod tests;
