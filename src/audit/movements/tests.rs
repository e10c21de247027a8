//! Movements against sums over all entries, one by one.

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
