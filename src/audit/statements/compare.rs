//! Two sources of one bank account, compared line by line: a statement that was forged or thinned
//! out differs from the one that another person got from the bank.

use crate::audit::reconcile::StatementLine;
use crate::domain::calendar::{Date, day_number};
use crate::domain::money::Total;
use std::collections::{BTreeMap, VecDeque};

/// Most days between lines that are one movement told under two dates.
const DAYS_MAX: i64 = 10;

/// In what two sources differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The first source has a line that the second lacks.
    Missing {
        /// Place in the first.
        first: usize,
    },
    /// The second source has a line that the first lacks.
    Extra {
        /// Place in the second.
        second: usize,
    },
    /// One day, two amounts.
    Amount {
        /// Place in the first.
        first: usize,
        /// Place in the second.
        second: usize,
    },
    /// One amount, two days.
    Date {
        /// Place in the first.
        first: usize,
        /// Place in the second.
        second: usize,
    },
    /// The other party, its account or the purpose differ.
    Text {
        /// Place in the first.
        first: usize,
        /// Place in the second.
        second: usize,
    },
    /// At the end of a day the balances are apart by more than the lines explain.
    Balance {
        /// The day.
        day: Date,
        /// What the second should have by the first and the differences told so far.
        expected: Total,
        /// What it has.
        found: Total,
    },
}

impl Difference {
    /// The name in files.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "missing",
            Self::Extra { .. } => "extra",
            Self::Amount { .. } => "amount",
            Self::Date { .. } => "date",
            Self::Text { .. } => "text",
            Self::Balance { .. } => "balance",
        }
    }
}

/// Compares two sources over the days that both cover, by their lines in the order of time. Lines of
/// one day and amount belong together in the order in which they stand. Cost: n log n.
pub fn compare(
    first: &[StatementLine],
    second: &[StatementLine],
    (from, to): (Date, Date),
) -> Vec<Difference> {
    let within = |line: &StatementLine| (from..=to).contains(&line.date);
    let places = |lines: &[StatementLine]| -> Vec<usize> {
        let inside = lines.iter().enumerate().filter(|(_, line)| within(line));
        inside.map(|(place, _)| place).collect()
    };
    let mut waiting: BTreeMap<(i64, i64), VecDeque<usize>> = BTreeMap::new();
    for place in places(second) {
        let Some(line) = second.get(place) else { continue };
        let key = (line.amount.fen(), day_number(line.date));
        waiting.entry(key).or_default().push_back(place);
    }
    let (mut found, mut left) = (Vec::new(), Vec::new());
    for place in places(first) {
        let Some(line) = first.get(place) else { continue };
        let key = (line.amount.fen(), day_number(line.date));
        match waiting.get_mut(&key).and_then(VecDeque::pop_front) {
            Some(other) => {
                if second.get(other).is_some_and(|other| differs_in_text(line, other)) {
                    found.push(Difference::Text { first: place, second: other });
                }
            }
            None => left.push(place),
        }
    }
    let left = other_days(first, left, &mut waiting, &mut found);
    let extra: Vec<usize> = waiting.into_values().flatten().collect();
    other_amounts((first, left), (second, extra), &mut found);
    found.extend(balances(first, second, (from, to), &found));
    found.sort_by_key(|difference| (day_of(first, second, difference), difference.code()));
    found
}

/// Texts are compared without blanks, and only where both sources tell one: channels leave out
/// different columns.
fn differs_in_text(one: &StatementLine, other: &StatementLine) -> bool {
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let differ = |one: &str, other: &str| {
        let (one, other) = (plain(one), plain(other));
        !one.is_empty() && !other.is_empty() && one != other
    };
    differ(&one.name, &other.name)
        || differ(&one.account, &other.account)
        || differ(&one.memo, &other.memo)
}

/// Lines of one amount within a few days are one movement; gives what is left of the first.
fn other_days(
    first: &[StatementLine],
    left: Vec<usize>,
    waiting: &mut BTreeMap<(i64, i64), VecDeque<usize>>,
    found: &mut Vec<Difference>,
) -> Vec<usize> {
    let mut missing = Vec::new();
    for place in left {
        let Some(line) = first.get(place) else { continue };
        let (fen, day) = (line.amount.fen(), day_number(line.date));
        let near = waiting.range((fen, day - DAYS_MAX)..=(fen, day + DAYS_MAX));
        let near = near.filter(|(_, places)| !places.is_empty());
        let nearest = near.min_by_key(|((_, other), _)| (other - day).abs()).map(|(key, _)| *key);
        match nearest.and_then(|key| waiting.get_mut(&key)).and_then(VecDeque::pop_front) {
            Some(second) => found.push(Difference::Date { first: place, second }),
            None => missing.push(place),
        }
    }
    missing
}

/// Lines of one day that are left on both sides are one movement with two amounts, in their order.
fn other_amounts(
    (first, missing): (&[StatementLine], Vec<usize>),
    (second, extra): (&[StatementLine], Vec<usize>),
    found: &mut Vec<Difference>,
) {
    let mut by_day: BTreeMap<i64, VecDeque<usize>> = BTreeMap::new();
    let mut extra = extra;
    extra.sort_unstable();
    for place in extra {
        let Some(line) = second.get(place) else { continue };
        by_day.entry(day_number(line.date)).or_default().push_back(place);
    }
    for place in missing {
        let Some(line) = first.get(place) else { continue };
        let other = by_day.get_mut(&day_number(line.date)).and_then(VecDeque::pop_front);
        found.push(match other {
            Some(second) => Difference::Amount { first: place, second },
            None => Difference::Missing { first: place },
        });
    }
    found.extend(by_day.into_values().flatten().map(|second| Difference::Extra { second }));
}

/// The day of a difference: the earlier one where there are two.
fn day_of(first: &[StatementLine], second: &[StatementLine], difference: &Difference) -> Date {
    let of = |lines: &[StatementLine], place: usize| lines.get(place).map(|line| line.date);
    match difference {
        Difference::Missing { first: place } => of(first, *place),
        Difference::Extra { second: place } => of(second, *place),
        Difference::Amount { first: one, second: other }
        | Difference::Date { first: one, second: other }
        | Difference::Text { first: one, second: other } => of(first, *one).min(of(second, *other)),
        Difference::Balance { day, .. } => Some(*day),
    }
    .unwrap_or_default()
}

/// Days at whose end the balances are apart by something else than the differences found by then,
/// each told once.
fn balances(
    first: &[StatementLine],
    second: &[StatementLine],
    (from, to): (Date, Date),
    found: &[Difference],
) -> Vec<Difference> {
    let ends = |lines: &[StatementLine]| -> BTreeMap<Date, Total> {
        let inside = lines.iter().filter(|line| line.date <= to);
        inside.map(|line| (line.date, Total::from(line.balance))).collect()
    };
    let (one, other) = (ends(first), ends(second));
    let mut shifts: BTreeMap<Date, Total> = BTreeMap::new();
    let amount = |lines: &[StatementLine], place: usize| {
        lines.get(place).map(|line| (line.date, Total::from(line.amount)))
    };
    let parts = found.iter().flat_map(|difference| match difference {
        Difference::Missing { first: place } => [amount(first, *place).map(turned), None],
        Difference::Extra { second: place } => [amount(second, *place), None],
        Difference::Amount { first: a, second: b } | Difference::Date { first: a, second: b } => {
            [amount(first, *a).map(turned), amount(second, *b)]
        }
        Difference::Text { .. } | Difference::Balance { .. } => [None, None],
    });
    for (day, amount) in parts.flatten() {
        *shifts.entry(day).or_default() += amount;
    }
    let days = one.range(from..).chain(other.range(from..)).map(|(day, _)| *day);
    let days: std::collections::BTreeSet<Date> = days.collect();
    let at = |ends: &BTreeMap<Date, Total>, day: Date| {
        ends.range(..=day).next_back().map(|(_, balance)| *balance)
    };
    let (mut told, mut apart) = (Vec::new(), Total::ZERO);
    let mut shifts = shifts.into_iter().peekable();
    let mut explained = Total::ZERO;
    for day in days {
        while let Some((_, amount)) = shifts.next_if(|(shifted, _)| *shifted <= day) {
            explained += amount;
        }
        let (Some(one), Some(other)) = (at(&one, day), at(&other, day)) else { continue };
        let expected = one + explained + apart;
        if other != expected {
            told.push(Difference::Balance { day, expected, found: other });
            apart += other - expected;
        }
    }
    told
}

fn turned((day, amount): (Date, Total)) -> (Date, Total) {
    (day, -amount)
}
