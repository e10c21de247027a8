//! A run of movements that takes in the statements that meet it.

use super::{Batch, Place, Segment, movement};
use crate::domain::calendar::Date;
use crate::domain::money::Money;
use crate::domain::statement::Movement;
use foldhash::HashMap;
use std::collections::VecDeque;

/// What makes two movements equal, but for the bank's number.
type Key = (Date, Money, Money);

fn key(movement: &Movement) -> Key {
    (movement.date, movement.amount, movement.balance)
}

fn same(one: &Movement, other: &Movement) -> bool {
    let numbered = !one.serial.is_empty() && !other.serial.is_empty();
    key(one) == key(other) && (!numbered || one.serial == other.serial)
}

/// A run while it grows. Positions are counted from where the anchor began, so that those known
/// already stay when something is put in front.
pub(super) struct Growing<'a> {
    batches: &'a [Batch<'a>],
    pub from: Date,
    pub to: Date,
    pub opening: Money,
    pub closing: Money,
    places: VecDeque<Place>,
    /// Position of the first movement.
    start: i64,
    index: HashMap<Key, Vec<i64>>,
}

impl<'a> Growing<'a> {
    /// The run of one batch.
    pub fn new(batches: &'a [Batch<'a>], first: usize) -> Self {
        let mut run = Self {
            batches,
            from: Date::MAX,
            to: Date::MIN,
            opening: Money::ZERO,
            closing: Money::ZERO,
            places: VecDeque::new(),
            start: 0,
            index: HashMap::default(),
        };
        if let Some(batch) = batches.get(first) {
            (run.from, run.to) = (batch.from, batch.to);
            (run.opening, run.closing) = (batch.opening, batch.opening);
            run.lay(first, 0);
        }
        run
    }

    /// What it came to.
    pub fn finish(self) -> Segment {
        Segment {
            from: self.from,
            to: self.to,
            opening: self.opening,
            closing: self.closing,
            places: self.places.into(),
        }
    }

    /// The movement at a position.
    pub fn at(&self, position: i64) -> Option<&'a Movement> {
        let place = usize::try_from(position.checked_sub(self.start)?).ok()?;
        movement(self.batches, *self.places.get(place)?)
    }

    /// The batch that tells the movement at a position.
    pub fn teller(&self, position: i64) -> Option<usize> {
        let place = usize::try_from(position.checked_sub(self.start)?).ok()?;
        self.places.get(place).map(|(batch, _)| *batch)
    }

    /// Positions: of the first movement, and of the first that is no more.
    pub fn bounds(&self) -> (i64, i64) {
        (self.start, self.start.saturating_add(self.places.len() as i64))
    }

    /// Balance before the movement at a position.
    pub fn balance_before(&self, position: i64) -> Money {
        let before = position.checked_sub(1).and_then(|before| self.at(before));
        before.map_or(self.opening, |movement| movement.balance)
    }

    /// Days of the first and the last movement.
    fn days(&self) -> Option<(Date, Date)> {
        let (start, end) = self.bounds();
        Some((self.at(start)?.date, self.at(end.checked_sub(1)?)?.date))
    }

    /// The first position whose movement is of a day or later. Cost: a binary search.
    pub fn position_of(&self, day: Date) -> i64 {
        let date = |place: &Place| movement(self.batches, *place).map(|found| found.date);
        let before = self.places.partition_point(|place| date(place) < Some(day));
        self.start.saturating_add(before as i64)
    }

    /// The first position that holds the same movement.
    pub fn position_like(&self, movement: &Movement) -> Option<i64> {
        let found = self.index.get(&key(movement))?.iter().copied();
        found.filter(|at| self.at(*at).is_some_and(|known| same(known, movement))).min()
    }

    /// True when a batch has, or says that there are none, movements between those of the run.
    pub fn reaches_into(&self, candidate: usize) -> bool {
        let Some(batch) = self.batches.get(candidate) else { return false };
        match self.days() {
            Some((first, last)) => batch.from < last && batch.last_day() > first,
            None => batch.from < self.to && batch.last_day() > self.from,
        }
    }

    /// True when a batch and the run have a day in common.
    pub fn shares_a_day(&self, candidate: usize) -> bool {
        let Some(batch) = self.batches.get(candidate) else { return false };
        let (first, last) = self.days().unwrap_or((self.from, self.to));
        batch.from <= last && batch.last_day() >= first
    }

    /// Takes a batch in if it meets the run; `forward` says at which end it may be put on by its
    /// balance alone.
    pub fn take(&mut self, candidate: usize, forward: bool) -> bool {
        let Some(batch) = self.batches.get(candidate) else { return false };
        let met = if batch.movements.is_empty() {
            self.meets_empty(batch, forward)
        } else {
            let by_lines = self.meets_inside(batch).or_else(|| self.meets_in_front(batch));
            by_lines.or_else(|| self.meets_end(batch, forward))
        };
        let Some(position) = met else { return false };
        (self.from, self.to) = (self.from.min(batch.from), self.to.max(batch.to));
        self.lay(candidate, position);
        true
    }

    /// A batch whose first movement is one of the run's.
    fn meets_inside(&self, batch: &Batch<'_>) -> Option<i64> {
        let first = batch.first()?;
        let found = self.index.get(&key(first))?;
        found.iter().copied().filter(|position| self.fits(batch, *position)).min()
    }

    /// A batch that begins before the run and holds the run's first movement.
    fn meets_in_front(&self, batch: &Batch<'_>) -> Option<i64> {
        let (first, _) = self.days()?;
        if batch.first()?.date > first || batch.last_day() < first {
            return None;
        }
        let head = self.at(self.start)?;
        let held = batch.movements.iter().enumerate().skip(1);
        let found = held.filter(|(_, movement)| same(movement, head)).map(|(place, _)| place);
        let position = |place: usize| self.start.checked_sub(i64::try_from(place).ok()?);
        found.filter_map(position).find(|position| self.fits(batch, *position))
    }

    /// True when a batch laid at a position says what the run says wherever both reach, and leaves
    /// out nothing that the run has before it on its days.
    fn fits(&self, batch: &Batch<'_>, position: i64) -> bool {
        let before = position.checked_sub(1).and_then(|before| self.at(before));
        if before.is_some_and(|before| before.date > batch.from) {
            return false;
        }
        let (start, end) = self.bounds();
        let skipped = usize::try_from(start.saturating_sub(position)).unwrap_or(0);
        let shared = (position.max(start)..end).zip(batch.movements.iter().skip(skipped));
        shared.into_iter().all(|(at, told)| self.at(at).is_some_and(|known| same(known, told)))
    }

    /// A batch that goes on from the run's last balance, or leads to its first.
    fn meets_end(&self, batch: &Batch<'_>, forward: bool) -> Option<i64> {
        let (start, end) = self.bounds();
        let (first, last) = self.days().unwrap_or((self.to, self.from));
        if forward {
            let follows = batch.opening == self.closing && last <= batch.from;
            return follows.then_some(end);
        }
        let leads = batch.closing == self.opening && batch.last_day() <= first;
        let length = i64::try_from(batch.movements.len()).ok()?;
        start.checked_sub(length).filter(|_| leads)
    }

    /// A batch without movements: the balance is the run's, and nothing moved on its days.
    fn meets_empty(&self, batch: &Batch<'_>, forward: bool) -> Option<i64> {
        let position = self.position_of(batch.from);
        let (start, end) = self.bounds();
        let idle = self.at(position).is_none_or(|next| next.date > batch.to);
        let at_end = if forward { position == end } else { position == start };
        let inside = start < position && position < end;
        let meets = idle && (at_end || inside) && self.balance_before(position) == batch.opening;
        meets.then_some(position)
    }

    /// Lays a batch at a position: what is new at either end is put on, and of what both tell the
    /// one that was recorded first is kept.
    fn lay(&mut self, candidate: usize, position: i64) {
        let Some(batch) = self.batches.get(candidate) else { return };
        let (start, end) = self.bounds();
        let mut front = Vec::new();
        for (place, told) in batch.movements.iter().enumerate() {
            let at = position.saturating_add(i64::try_from(place).unwrap_or(i64::MAX));
            if at < start {
                front.push((candidate, place));
            } else if at >= end {
                self.places.push_back((candidate, place));
            } else {
                self.keep_first((candidate, place), at);
                continue;
            }
            self.index.entry(key(told)).or_default().push(at);
        }
        if at_or_before(position, start, front.len()) {
            self.opening = batch.opening;
        }
        let length = i64::try_from(batch.movements.len()).unwrap_or(i64::MAX);
        if position.saturating_add(length) >= end {
            self.closing = batch.closing;
        }
        self.start = self.start.saturating_sub(front.len() as i64);
        for place in front.into_iter().rev() {
            self.places.push_front(place);
        }
    }

    fn keep_first(&mut self, new: Place, at: i64) {
        let offset = usize::try_from(at.saturating_sub(self.start)).ok();
        let entry = |place: Place| self.batches.get(place.0).map(|batch| batch.entry);
        if let Some(known) = offset.and_then(|offset| self.places.get_mut(offset))
            && entry(new) < entry(*known)
        {
            *known = new;
        }
    }
}

/// True when a batch of which `new` movements are put in front gives the run its opening balance.
fn at_or_before(position: i64, start: i64, new: usize) -> bool {
    new > 0 || position == start
}
