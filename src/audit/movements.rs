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
        row: &mut dyn FnMut(&[u8], &[u8]) -> Result<(), Problem>,
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
        self.scan(&prefix, &mut |row, value| {
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
        self.scan(&prefix, &mut |row, value| {
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
        self.scan(&entries_prefix(owner, month, run), &mut |row, value| {
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
mod tests {
    use super::*;
    use crate::audit::balance::{Cells, balance};
    use crate::audit::sample::{Fixed, OWNERS, any_entries, delta, entry, owners, pair};
    use crate::audit::trial_balance::trial_balance;
    use crate::audit::turnover::postings;
    use crate::domain::account::{Account, Fund};
    use crate::domain::entry::Entry;
    use proptest::prelude::*;

    type Stored = BTreeMap<Vec<u8>, Vec<u8>>;

    /// Writes entries to tables in groups of a size.
    fn store(entries: &[Entry], group: usize) -> Stored {
        let mut stored = Stored::new();
        for group in entries.chunks(group.max(1)) {
            let puts = delta(group).into_puts(&mut |key| Ok(stored.get(key).cloned())).unwrap();
            stored.extend(puts);
        }
        stored
    }

    fn date(days: i64) -> Date {
        Date::constant(2016, 11, 1).checked_add(jiff::Span::new().days(days)).unwrap()
    }

    /// Sums of every key between dates, straight from the lines.
    fn naive(entries: &[Entry], cuts: &[Date]) -> BTreeMap<(Key, usize), (i128, i128)> {
        let mut sums: BTreeMap<(Key, usize), (i128, i128)> = BTreeMap::new();
        for entry in entries {
            let bucket = cuts.iter().filter(|cut| **cut < entry.event.date).count();
            if bucket < cuts.len() {
                postings(entry, &Fixed, &mut |key, line| {
                    let sum = sums.entry((key, bucket)).or_default();
                    let signed = line.signed().0;
                    if signed > 0 { sum.0 += signed } else { sum.1 -= signed }
                });
            }
        }
        sums
    }

    fn collected(
        source: &dyn Movements,
        owner: Option<u16>,
        cuts: &[Date],
    ) -> BTreeMap<(Key, usize), (i128, i128)> {
        let mut sums: BTreeMap<(Key, usize), (i128, i128)> = BTreeMap::new();
        collect(source, owner, cuts, &mut |key, bucket, part| {
            let sum = sums.entry((key, bucket)).or_default();
            sum.0 += part.debit.0;
            sum.1 += part.credit.0;
        })
        .unwrap();
        sums
    }

    proptest! {
        #[test]
        fn tables_and_memory_give_the_sums_of_the_lines(
            entries in any_entries(),
            group in 1_usize..50,
            days in prop::collection::vec(0_i64..1_100, 1..4),
        ) {
            let mut cuts: Vec<Date> = days.into_iter().map(date).collect();
            cuts.sort_unstable();
            let stored = store(&entries, group);
            let expected = naive(&entries, &cuts);
            prop_assert_eq!(&collected(&Tables(&stored), None, &cuts), &expected);
            prop_assert_eq!(&collected(&delta(&entries), None, &cuts), &expected);
            let of_one: BTreeMap<_, _> =
                expected.into_iter().filter(|((key, _), _)| key.owner == 1).collect();
            prop_assert_eq!(&collected(&Tables(&stored), Some(1), &cuts), &of_one);
        }

        #[test]
        fn any_split_into_groups_gives_the_same_tables(entries in any_entries(), group in 1_usize..50) {
            prop_assert_eq!(store(&entries, group), store(&entries, entries.len()));
        }

        #[test]
        fn every_row_rolls_forward_and_every_trial_balance_ties(
            entries in any_entries(),
            from in 0_i64..1_100,
            length in 0_i64..500,
        ) {
            let span = Span::new(date(from), date(from + length)).unwrap();
            let stored = store(&entries, 7);
            let report = balance(&Tables(&stored), &owners(), Cells::default(), span).unwrap();
            for row in &report.rows {
                prop_assert!(row.columns.ties(), "{row:?}");
            }
            let trial = trial_balance(&Tables(&stored), Cells::default(), span).unwrap();
            prop_assert!(trial.books.totals.ties() && trial.memo.totals.ties());
        }

        #[test]
        fn lists_hold_each_entry_of_the_month_once(entries in any_entries(), group in 1_usize..50) {
            let stored = store(&entries, group);
            for month in 0..40_u16 {
                let month = Month::from_index(Month::of(date(0)).index() + month);
                for (owner, code) in OWNERS.iter().enumerate() {
                    let owner = u16::try_from(owner).unwrap();
                    let dated = entries.iter().filter(|entry| Month::of(entry.event.date) == month);
                    let (own, other): (Vec<_>, Vec<_>) =
                        dated.partition(|entry| entry.owner().unwrap() == code);
                    let own: Vec<u64> = own.into_iter().map(|entry| entry.seq).collect();
                    let touched: Vec<u64> = other
                        .into_iter()
                        .filter(|entry| entry.all_lines().any(|line| line.owner == **code))
                        .map(|entry| entry.seq)
                        .collect();
                    let tables = Tables(&stored);
                    prop_assert_eq!(tables.entries(owner, month, Run::Touched).unwrap(), touched);
                    for (place, seq) in own.iter().enumerate() {
                        let number = u32::try_from(place).unwrap() + 1;
                        let found = tables.voucher(owner, month, Run::General, number).unwrap();
                        prop_assert_eq!(found, Some(*seq));
                    }
                    prop_assert_eq!(tables.entries(owner, month, Run::General).unwrap(), own);
                }
            }
        }
    }

    #[test]
    fn a_long_run_is_cut_into_chunks_and_found_by_number() {
        let lines = pair(OWNERS[1], Fund::Risk, Account::CashRisk, Account::CapitalCity, 1);
        let entries: Vec<Entry> =
            (1..=2_500).map(|seq| entry(seq, "2017-05-05", lines.clone())).collect();
        for stored in [store(&entries, 999), store(&entries, 2_500)] {
            let tables = Tables(&stored);
            let month = Month::parse("2017-05").unwrap();
            assert_eq!(stored.range(vec![0x12]..).count(), 3);
            for number in [1_u32, 1_000, 1_001, 2_000, 2_001, 2_500] {
                let found = tables.voucher(1, month, Run::General, number).unwrap();
                assert_eq!(found, Some(u64::from(number)));
            }
            for number in [0, 2_501, u32::MAX] {
                assert_eq!(tables.voucher(1, month, Run::General, number).unwrap(), None);
            }
            assert_eq!(tables.entries(1, month, Run::General).unwrap().len(), 2_500);
        }
    }

    #[test]
    fn a_row_that_does_not_read_is_named() {
        let mut stored = store(&crate::audit::sample::scenario(), 3);
        let key = stored.keys().next().cloned().unwrap();
        stored.insert(key, vec![0xff]);
        let problem = collect(&Tables(&stored), None, &[date(900)], &mut |_, _, _| {}).unwrap_err();
        assert_eq!(problem.code, "index-row-unreadable");
        assert!(problem.arg("key").unwrap().starts_with("10"));
        assert_eq!(Span::new(date(1), date(0)).unwrap_err().code, "span-reversed");
    }
}
