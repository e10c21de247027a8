//! The same set of lines comes of any order, overlap and split of the files.

use super::*;
use crate::audit::reconcile::StatementLine;
use crate::domain::calendar::date;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn money(fen: i64) -> Money {
    Money::from_fen(fen).unwrap()
}

fn day(number: i8) -> Date {
    date(2017, 12, number).unwrap()
}

/// Movements from (day, amount in fen), with balances from 1,000.00 on.
fn account(rows: &[(i8, i64)]) -> Vec<Movement> {
    let mut balance = 100_000;
    let row = |(row, (number, fen)): (usize, &(i8, i64))| {
        balance += fen;
        Movement {
            date: day(*number),
            amount: money(*fen),
            balance: money(balance),
            row: row as u64 + 2,
            ..Movement::default()
        }
    };
    rows.iter().enumerate().map(row).collect()
}

/// A file that holds the movements of a range.
fn file(all: &[Movement], range: std::ops::Range<usize>, entry: u64) -> Batch<'_> {
    let movements = &all[range.clone()];
    let (first, last) = (movements.first().unwrap(), movements.last().unwrap());
    Batch {
        entry,
        from: first.date,
        to: last.date,
        opening: first.balance.sub(first.amount).unwrap(),
        closing: last.balance,
        over_gap: false,
        movements,
    }
}

fn ids(batches: &[Batch<'_>]) -> Vec<String> {
    let named = chain(batches).named(batches, "POOL", "net-bank");
    named.into_iter().map(|line| line.id.to_string()).collect()
}

fn standing(batches: &[Batch<'_>]) -> Vec<bool> {
    chain(batches).waiting.iter().map(Option::is_none).collect()
}

#[test]
fn a_missing_file_lets_the_next_one_wait_with_the_exact_gap_and_row() {
    let all = account(&[(1, 500), (2, -100), (3, 700), (4, -50), (5, 9)]);
    let parts = [file(&all, 0..2, 1), file(&all, 4..5, 2)];
    let found = chain(&parts);
    let waiting = found.waiting[1].unwrap();
    assert_eq!(waiting.kind, WaitingKind::After);
    // By hand: 1,004.00 after two lines, 1,010.50 before the fifth.
    assert_eq!((waiting.expected, waiting.found), (money(100_400), money(101_050)));
    assert_eq!(waiting.gap().to_string(), "6.50");
    assert_eq!((waiting.against, waiting.row), (1, Some(6)));
    let whole = [parts[0], parts[1], file(&all, 2..4, 3)];
    assert_eq!(standing(&whole), [true; 3]);
    assert_eq!(ids(&whole).len(), 5);
    let backwards = [file(&all, 3..5, 1), file(&all, 0..2, 2)];
    let waiting = chain(&backwards).waiting[1].unwrap();
    assert_eq!(waiting.kind, WaitingKind::Before);
    assert_eq!((waiting.expected, waiting.found), (money(101_100), money(100_400)));
    assert_eq!(waiting.row, Some(3));
}

#[test]
fn a_file_that_says_otherwise_waits_with_the_row_in_which_it_differs() {
    let all = account(&[(1, 500), (2, -100), (3, 700), (4, -50)]);
    let mut other = all.clone();
    other[2].amount = money(600);
    other[2].balance = money(101_000);
    other[3].balance = money(100_950);
    let batches = [file(&all, 0..4, 1), file(&other, 1..4, 2)];
    let waiting = chain(&batches).waiting[1].unwrap();
    assert_eq!(waiting.kind, WaitingKind::Differs);
    assert_eq!((waiting.row, waiting.other_row), (Some(4), Some(4)));
    assert_eq!((waiting.expected, waiting.found), (money(101_100), money(101_000)));
    // Only the last day of the one is the first of the other.
    let mut end = account(&[(1, 500), (2, -100)]);
    end[1].balance = money(100_399);
    end[1].amount = money(-101);
    let batches = [file(&all, 0..2, 1), Batch { from: day(2), ..file(&end, 1..2, 2) }];
    let waiting = chain(&batches).waiting[1].unwrap();
    assert_eq!((waiting.kind, waiting.row), (WaitingKind::Differs, Some(3)));
    // A piece of a day is missing between two others.
    let one_day = account(&[(1, 500), (1, -100), (1, 700)]);
    let waiting = chain(&[file(&one_day, 0..1, 1), file(&one_day, 2..3, 2)]).waiting[1].unwrap();
    assert_eq!((waiting.kind, waiting.row), (WaitingKind::After, Some(4)));
    // One that leaves two movements out between which the balance is the same is caught, too.
    let all = account(&[(1, 500), (2, -100), (3, 100), (4, -50)]);
    let thin = [all[0].clone(), all[3].clone()];
    let batches = [file(&all, 0..4, 1), file(&thin, 0..2, 2)];
    let waiting = chain(&batches).waiting[1].unwrap();
    assert_eq!((waiting.kind, waiting.row), (WaitingKind::Differs, Some(5)));
    // And where they are left out at the beginning of the printed period.
    let all = account(&[(2, -100), (3, 100), (4, -50)]);
    let thin = Batch { from: day(1), ..file(&all, 2..3, 2) };
    let waiting = chain(&[file(&all, 0..3, 1), thin]).waiting[1].unwrap();
    assert_eq!((waiting.kind, waiting.other_row), (WaitingKind::Differs, Some(2)));
}

#[test]
fn the_bank_s_number_tells_twins_apart() {
    let mut one = account(&[(1, 500)]);
    let mut other = one.clone();
    (one[0].serial, other[0].serial) = ("A1".into(), "A2".into());
    assert_eq!(standing(&[file(&one, 0..1, 1), file(&other, 0..1, 2)]), [true, false]);
    other[0].serial = Default::default();
    assert_eq!(standing(&[file(&one, 0..1, 1), file(&other, 0..1, 2)]), [true, true]);
}

#[test]
fn months_without_movements_hold_the_chain_together() {
    let all = account(&[(1, 500), (20, 700)]);
    let idle = Batch {
        entry: 2,
        from: day(5),
        to: day(10),
        opening: money(100_500),
        closing: money(100_500),
        over_gap: false,
        movements: &[],
    };
    let batches = [file(&all, 0..1, 1), idle, file(&all, 1..2, 3)];
    let found = chain(&batches);
    assert_eq!(found.waiting, [None; 3]);
    assert_eq!(found.segments[0].to, day(20));
    assert_eq!(found.balance(&batches, day(7)), Some(money(100_500)));
    // One that says that nothing moved on a day on which something did.
    let wrong = Batch { from: day(15), to: day(25), ..idle };
    let batches = [file(&all, 0..2, 1), wrong];
    assert_eq!(chain(&batches).waiting[1].unwrap().kind, WaitingKind::Differs);
}

#[test]
fn a_reason_lets_a_file_stand_over_a_gap_until_the_missing_one_comes() {
    let all = account(&[(1, 500), (2, -100), (3, 700), (4, -50), (5, 9)]);
    let late = Batch { over_gap: true, ..file(&all, 3..4, 2) };
    let batches = [file(&all, 0..2, 1), late, file(&all, 4..5, 3)];
    let found = chain(&batches);
    assert_eq!(found.waiting, [None; 3]);
    assert_eq!(found.segments.len(), 2);
    let (before, after) = found.gaps().next().unwrap();
    assert_eq!((before.closing, after.opening), (money(100_400), money(101_100)));
    let whole = [batches[0], batches[1], batches[2], file(&all, 2..3, 4)];
    assert_eq!(chain(&whole).segments.len(), 1);
}

#[test]
fn of_what_several_files_tell_the_first_recorded_is_kept() {
    let all = account(&[(1, 500), (2, -100), (3, 700)]);
    let batches = [file(&all, 1..3, 7), file(&all, 0..2, 3)];
    let places = chain(&batches).segments.remove(0).places;
    assert_eq!(places, [(1, 0), (1, 1), (0, 1)]);
}

/// A life of an account: days that go on, amounts that repeat, so that there are true twins.
fn lives() -> impl Strategy<Value = Vec<(i8, i64)>> {
    let step = (0..3_i8, prop_oneof![Just(500_i64), Just(-500), Just(700), -900..900_i64]);
    proptest::collection::vec(step, 1..40).prop_map(|steps| {
        let mut number = 1;
        let row = |(on, fen): (i8, i64)| {
            number = (number + on).min(31);
            (number, fen)
        };
        steps.into_iter().map(row).collect()
    })
}

/// Ranges that cover all rows, with overlaps of any size, in any order.
fn covers(rows: usize, cuts: &[usize], reach: &[usize], seed: u64) -> Vec<std::ops::Range<usize>> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % rows + 1).chain([rows]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut start = 0_usize;
    let mut ranges: Vec<_> = ends
        .into_iter()
        .zip(reach.iter().cycle())
        .map(|(end, reach)| {
            let range = start.saturating_sub(reach % 4)..end;
            start = end;
            range
        })
        .collect();
    // A shuffle that shrinks with its seed.
    let mut state = seed;
    for place in (1..ranges.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ranges.swap(place, (state >> 33) as usize % (place + 1));
    }
    ranges
}

fn batches<'a>(all: &'a [Movement], ranges: &[std::ops::Range<usize>]) -> Vec<Batch<'a>> {
    (1..).zip(ranges).map(|(entry, range)| file(all, range.clone(), entry)).collect()
}

/// Ends of days, where files are cut that carry no numbers of the bank.
fn day_ends(all: &[Movement]) -> Vec<usize> {
    (1..=all.len())
        .filter(|end| all.get(*end).is_none_or(|next| next.date > all[end - 1].date))
        .collect()
}

proptest! {
    /// Numbered movements: files may be cut anywhere, also within a day and between twins.
    #[test]
    fn any_order_overlap_and_split_gives_the_same_lines(
        rows in lives(),
        cuts in proptest::collection::vec(0..1000_usize, 0..8),
        reach in proptest::collection::vec(0..4_usize, 1..5),
        seed in any::<u64>(),
    ) {
        let mut all = account(&rows);
        for movement in &mut all {
            movement.serial = compact_str::format_compact!("S{}", movement.row);
        }
        let whole = ids(&[file(&all, 0..all.len(), 1)]);
        prop_assert_eq!(whole.len(), all.len());
        prop_assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), all.len(), "twins both stay");
        let ranges = covers(all.len(), &cuts, &reach, seed);
        // Pieces of a day whose balances come round again need a number that they share.
        prop_assume!(joined_uniquely(&all, &ranges));
        let split = batches(&all, &ranges);
        prop_assert_eq!(standing(&split), vec![true; split.len()]);
        prop_assert_eq!(&ids(&split), &whole);
        // The same file twice changes nothing.
        let mut twice = split.clone();
        twice.extend(split.iter().map(|batch| Batch { entry: batch.entry + 100, ..*batch }));
        prop_assert_eq!(&ids(&twice), &whole);
    }

    /// Movements without numbers: files are cut at the ends of days, as banks cut them.
    #[test]
    fn files_of_whole_days_need_no_numbers(
        rows in lives(),
        cuts in proptest::collection::vec(0..1000_usize, 0..8),
        reach in proptest::collection::vec(0..4_usize, 1..5),
        seed in any::<u64>(),
    ) {
        let all = account(&rows);
        let ends = day_ends(&all);
        let starts: Vec<usize> = [0].into_iter().chain(ends.iter().copied()).collect();
        let whole = ids(&[file(&all, 0..all.len(), 1)]);
        let days = covers(ends.len(), &cuts, &reach, seed);
        let ranges: Vec<_> = days.iter().map(|days| starts[days.start]..starts[days.end]).collect();
        let split = batches(&all, &ranges);
        prop_assert_eq!(standing(&split), vec![true; split.len()]);
        prop_assert_eq!(&ids(&split), &whole);
    }

    /// Taking statements out again leaves what the others hold, whatever the order of taking out.
    #[test]
    fn taking_out_leaves_what_no_other_file_holds(
        rows in lives(),
        cuts in proptest::collection::vec(0..1000_usize, 0..6),
        out in proptest::collection::vec(any::<bool>(), 8),
        seed in any::<u64>(),
    ) {
        let all = account(&rows);
        let ends = day_ends(&all);
        let starts: Vec<usize> = [0].into_iter().chain(ends.iter().copied()).collect();
        let days = covers(ends.len(), &cuts, &[0], seed);
        let mut ranges: Vec<_> =
            days.iter().map(|days| starts[days.start]..starts[days.end]).collect();
        // The whole once, so that what is left always holds together.
        ranges.push(0..all.len());
        let whole = ids(&batches(&all, &ranges));
        let left: Vec<_> = ranges
            .iter()
            .enumerate()
            .filter(|(place, _)| *place + 1 == ranges.len() || !out[place % out.len()])
            .map(|(_, range)| range.clone())
            .collect();
        prop_assert_eq!(ids(&batches(&all, &left)), whole);
        // Without the whole: exactly the lines of the run that holds the first file left.
        let rest = batches(&all, &left[..left.len() - 1]);
        let found = chain(&rest);
        let held: BTreeSet<u64> = found
            .segments
            .iter()
            .flat_map(|segment| &segment.places)
            .map(|place| movement(&rest, *place).unwrap().row)
            .collect();
        let mut expected = BTreeSet::new();
        for (batch, waits) in rest.iter().zip(&found.waiting) {
            if waits.is_none() {
                expected.extend(batch.movements.iter().map(|movement| movement.row));
            }
        }
        prop_assert_eq!(held, expected);
    }
}

/// The balance of the second day comes round again on the third: two pieces go on from it, and the one of
/// the second day is nearer, in whatever order they were recorded.
#[test]
fn of_two_pieces_that_go_on_from_a_balance_the_nearer_is_taken() {
    let rows = [
        (1, 500),
        (2, 500),
        (2, 500),
        (2, 500),
        (2, 500),
        (2, 500),
        (2, 700),
        (2, 500),
        (3, -500),
        (3, -500),
    ];
    let mut all = account(&rows);
    for movement in &mut all {
        movement.serial = compact_str::format_compact!("S{}", movement.row);
    }
    let pieces = [0..2, 2..3, 3..4, 4..7, 7..8, 8..9, 9..10];
    for turned in 0..pieces.len() {
        let mut order = pieces.clone();
        order.rotate_left(turned);
        for order in
            [order.clone(), order.into_iter().rev().collect::<Vec<_>>().try_into().unwrap()]
        {
            let split = batches(&all, &order);
            assert_eq!(standing(&split), vec![true; split.len()], "{order:?}");
        }
    }
    let ranges = covers(all.len(), &[211, 52, 18, 526, 947, 323], &[0], 2_258_070_164_217_517_636);
    let split = batches(&all, &ranges);
    assert_eq!(standing(&split), vec![true; split.len()]);
}

/// True when no cut within a day stands at a balance that another cut of that day has, too: nothing
/// tells then in which order the pieces belong.
fn joined_uniquely(all: &[Movement], ranges: &[std::ops::Range<usize>]) -> bool {
    let opening = all[0].balance.sub(all[0].amount).unwrap();
    let balance = |place: usize| match place {
        0 => opening,
        place => all[place - 1].balance,
    };
    let mut cuts = BTreeSet::new();
    for range in ranges {
        cuts.insert((all[range.start].date, range.start));
        cuts.insert((all[range.end - 1].date, range.end));
    }
    let balances: BTreeSet<_> = cuts.iter().map(|(day, cut)| (*day, balance(*cut))).collect();
    balances.len() == cuts.len()
}

fn lines(all: &[Movement]) -> Vec<StatementLine> {
    let line = |movement: &Movement| StatementLine {
        date: movement.date,
        amount: movement.amount,
        balance: movement.balance,
        memo: movement.memo.to_string(),
        row: movement.row,
        ..StatementLine::default()
    };
    all.iter().map(line).collect()
}

/// Ten days apart one movement was told under two dates; eleven days apart they are two.
#[test]
fn one_amount_within_ten_days_is_one_movement() {
    let of = |day: i8| lines(&account(&[(day, 500)]));
    let period = (day(1), day(31));
    for (one, other) in [(1, 11), (11, 1), (1, 2)] {
        let found = compare(&of(one), &of(other), period);
        assert_eq!(found, [Difference::Date { first: 0, second: 0 }], "{one} {other}");
    }
    for (one, other) in [(1, 12), (12, 1)] {
        let found = compare(&of(one), &of(other), period);
        assert!(found.contains(&Difference::Missing { first: 0 }), "{one} {other} {found:?}");
        assert!(found.contains(&Difference::Extra { second: 0 }), "{one} {other} {found:?}");
    }
}

#[test]
fn two_sources_differ_where_one_was_changed() {
    let all = account(&[(1, 500), (2, -100), (2, -100), (3, 700), (8, -50), (9, 3)]);
    let first = lines(&all);
    let period = (day(1), day(31));
    assert_eq!(compare(&first, &first, period), []);
    let codes = |second: &[StatementLine]| -> Vec<&str> {
        compare(&first, second, period).iter().map(Difference::code).collect()
    };
    let with = |rows: &[(i8, i64)]| lines(&account(rows));
    let thinned = with(&[(1, 500), (2, -100), (3, 700), (8, -50), (9, 3)]);
    assert_eq!(compare(&first, &thinned, period), [Difference::Missing { first: 2 }]);
    let padded = with(&[(1, 500), (2, -100), (2, -100), (3, 700), (4, 9), (8, -50), (9, 3)]);
    assert_eq!(compare(&first, &padded, period), [Difference::Extra { second: 4 }]);
    let changed = with(&[(1, 500), (2, -100), (2, -100), (3, 70), (8, -50), (9, 3)]);
    assert_eq!(compare(&first, &changed, period), [Difference::Amount { first: 3, second: 3 }]);
    let moved = with(&[(1, 500), (2, -100), (2, -100), (5, 700), (8, -50), (9, 3)]);
    assert_eq!(compare(&first, &moved, period), [Difference::Date { first: 3, second: 3 }]);
    let mut reworded = first.clone();
    reworded[3].memo = "货款".into();
    assert_eq!(codes(&reworded), [""; 0], "the first says nothing there");
    let mut said = first.clone();
    said[3].memo = "补贴".into();
    let found = compare(&said, &reworded, period);
    assert_eq!(found, [Difference::Text { first: 3, second: 3 }]);
    let mut raised = first.clone();
    for line in raised.iter_mut().skip(3) {
        line.balance = line.balance.add(money(1)).unwrap();
    }
    let found = compare(&first, &raised, period);
    let [Difference::Balance { day: when, expected, found }] = found.as_slice() else { panic!() };
    assert_eq!((*when, (*found - *expected).to_string()), (day(3), "0.01".to_owned()));
}
