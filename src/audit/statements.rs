//! Which statements of a bank account stand, and the one chain of movements that they make.
//!
//! Files overlap, come in any order, are doubled, or are missing. What stands is derived from the set
//! of those that were taken in, not from the order of taking them: the chain begins with the first
//! recorded statement (the anchor), and another one joins when it meets the chain, that is, when its
//! lines are the chain's lines wherever both reach, or when its opening balance is the chain's last
//! (its closing the chain's first). What does not meet waits, with the exact gap, and joins by itself
//! as soon as the statement between them is there. One with a reason given stands over a gap, which
//! stays visible.
//!
//! Two movements are the same when day, amount and balance are, and the bank's number where both have
//! one. Equal movements of one day (true twins) differ in the balance, or stand one behind the other;
//! both stay. Cost: n log n in the movements, and the square of the number of statements.

mod compare;
mod grow;
mod waiting;

pub use compare::{Difference, compare};
pub use waiting::{Waiting, WaitingKind};

use crate::domain::calendar::Date;
use crate::domain::money::Money;
use crate::domain::statement::{Movement, line_id};
use compact_str::CompactString;
use grow::Growing;
use std::collections::HashMap;

/// A statement that was taken in and not taken out.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Entry that took it in; the first one is the anchor.
    pub entry: u64,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Balance before its first movement.
    pub opening: Money,
    /// Balance after its last.
    pub closing: Money,
    /// It stands over a gap, if it must.
    pub over_gap: bool,
    /// Movements in the order of time.
    pub movements: &'a [Movement],
}

impl Batch<'_> {
    fn first(&self) -> Option<&Movement> {
        self.movements.first()
    }

    fn last(&self) -> Option<&Movement> {
        self.movements.last()
    }

    /// Day of its last movement, or its first day where it has none.
    fn last_day(&self) -> Date {
        self.last().map_or(self.from, |last| last.date)
    }
}

/// A movement in the chain: which batch tells it, and its place there. Where several tell it, it is
/// the one that was recorded first.
pub type Place = (usize, usize);

/// A run of movements without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First day that a statement covers.
    pub from: Date,
    /// Last day that a statement covers.
    pub to: Date,
    /// Balance before the first movement.
    pub opening: Money,
    /// Balance after the last.
    pub closing: Money,
    /// Movements in the order of time.
    pub places: Vec<Place>,
}

/// What stands of a set of statements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Runs in the order of time; more than one where something stands over a gap.
    pub segments: Vec<Segment>,
    /// For each batch, in the order given: why it waits, if it does.
    pub waiting: Vec<Option<Waiting>>,
}

/// A movement of the chain with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Twelve hexadecimal digits that do not depend on the file.
    pub id: CompactString,
    /// Where it stands.
    pub place: Place,
}

/// Derives what stands.
pub fn chain(batches: &[Batch<'_>]) -> Chain {
    let anchor = batches.iter().enumerate().min_by_key(|(_, batch)| batch.entry);
    let Some((anchor, _)) = anchor else { return Chain::default() };
    let mut open: Vec<usize> = (0..batches.len()).filter(|place| *place != anchor).collect();
    // Nearest first on the way forward. Of those that begin and end on the same days one that leaves
    // the balance as it was comes first, because it can be followed by the others.
    open.sort_by_key(|place| {
        let batch = batches.get(*place);
        batch.map(|b| (b.from, b.last_day(), b.opening != b.closing, b.to, b.entry))
    });
    let mut runs = vec![Growing::new(batches, anchor)];
    loop {
        for place in 0..runs.len() {
            grow_run(batches, &mut runs, place, &mut open);
        }
        let Some(next) = over_gap(batches, &runs, &open) else { break };
        open.retain(|place| *place != next);
        runs.push(Growing::new(batches, next));
    }
    runs.sort_by_key(|run| (run.from, run.to));
    let mut waiting = vec![None; batches.len()];
    for place in open {
        if let Some(slot) = waiting.get_mut(place) {
            *slot = waiting::reason(batches, &runs, place);
        }
    }
    Chain { segments: runs.into_iter().map(Growing::finish).collect(), waiting }
}

/// Lets one run take in whatever meets it, forwards and backwards, until nothing changes. It is always
/// the nearest that is taken: balances come round again, and one of a later day would close the way to
/// those between.
fn grow_run(batches: &[Batch<'_>], runs: &mut [Growing<'_>], place: usize, open: &mut Vec<usize>) {
    loop {
        let before = open.len();
        for forward in [true, false] {
            let mut order = open.clone();
            if !forward {
                let days = |place: &usize| batches.get(*place).map(|b| (b.last_day(), b.from));
                order.sort_by_key(|place| std::cmp::Reverse(days(place)));
            }
            while let Some(taken) = order.iter().position(|candidate| {
                is_free(runs, place, *candidate)
                    && runs.get_mut(place).is_some_and(|run| run.take(*candidate, forward))
            }) {
                let candidate = order.remove(taken);
                open.retain(|known| *known != candidate);
            }
        }
        if open.len() == before {
            return;
        }
    }
}

/// True when a batch reaches into no other run.
fn is_free(runs: &[Growing<'_>], place: usize, candidate: usize) -> bool {
    let others = runs.iter().enumerate().filter(|(other, _)| *other != place);
    others.map(|(_, run)| run).all(|run| !run.reaches_into(candidate))
}

/// The next batch that may stand over a gap: the earliest one that reaches into no run.
fn over_gap(batches: &[Batch<'_>], runs: &[Growing<'_>], open: &[usize]) -> Option<usize> {
    let allowed = |place: &&usize| batches.get(**place).is_some_and(|batch| batch.over_gap);
    let free = |place: &&usize| runs.iter().all(|run| !run.reaches_into(**place));
    open.iter().filter(allowed).find(free).copied()
}

impl Chain {
    /// Names every movement. The name counts movements of the same day, amount and balance.
    pub fn named(&self, batches: &[Batch<'_>], bank_account: &str, channel: &str) -> Vec<Named> {
        let mut seen: HashMap<(Date, Money, Money), u32> = HashMap::new();
        let places = self.segments.iter().flat_map(|segment| &segment.places);
        let name = |place: &Place| {
            let movement = movement(batches, *place)?;
            let key = (movement.date, movement.amount, movement.balance);
            let count = seen.entry(key).or_default();
            *count = count.saturating_add(1);
            Some(Named { id: line_id(bank_account, channel, key, *count), place: *place })
        };
        places.filter_map(name).collect()
    }

    /// Gaps that something stands over: the run before, and the run after.
    pub fn gaps(&self) -> impl Iterator<Item = (&Segment, &Segment)> {
        self.segments.iter().zip(self.segments.iter().skip(1))
    }

    /// Balance at the end of a day, where a statement covers it. Cost: a binary search.
    pub fn balance(&self, batches: &[Batch<'_>], day: Date) -> Option<Money> {
        let covers = |segment: &&Segment| (segment.from..=segment.to).contains(&day);
        let segment = self.segments.iter().find(covers)?;
        let date = |place: &Place| movement(batches, *place).map(|movement| movement.date);
        let until = segment.places.partition_point(|place| date(place) <= Some(day));
        let last = until.checked_sub(1).and_then(|place| segment.places.get(place));
        last.map_or(Some(segment.opening), |place| {
            movement(batches, *place).map(|movement| movement.balance)
        })
    }
}

/// The movement at a place.
pub fn movement<'a>(batches: &[Batch<'a>], (batch, line): Place) -> Option<&'a Movement> {
    batches.get(batch)?.movements.get(line)
}

#[cfg(test)]
mod tests;
