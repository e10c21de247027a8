//! Why a statement waits: the exact gap, and the row that shows it.

use super::Batch;
use super::grow::Growing;
use crate::domain::money::{Money, Total};

/// Where a statement fails to meet the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingKind {
    /// The statement between the chain's end and it is missing.
    After,
    /// The statement between it and the chain's beginning is missing.
    Before,
    /// Both reach over the same days, and do not say the same.
    Differs,
}

impl WaitingKind {
    /// The name in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::After => "gap-before-it",
            Self::Before => "gap-after-it",
            Self::Differs => "differs",
        }
    }
}

/// Why a statement waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Where it fails.
    pub kind: WaitingKind,
    /// Entry of the statement that it fails to meet.
    pub against: u64,
    /// The balance that it would have to have there.
    pub expected: Money,
    /// The balance that it has.
    pub found: Money,
    /// Row of its file that shows it, where it has one.
    pub row: Option<u64>,
    /// Row of the other file, where both tell a movement there.
    pub other_row: Option<u64>,
}

impl Waiting {
    /// Found less expected.
    pub fn gap(&self) -> Total {
        Total::from(self.found) - self.expected.into()
    }
}

/// The reason of a batch, against the nearest run.
pub(super) fn reason(batches: &[Batch<'_>], runs: &[Growing<'_>], place: usize) -> Option<Waiting> {
    let batch = batches.get(place)?;
    let shared = runs.iter().find(|run| run.shares_a_day(place));
    if let Some(found) = shared.and_then(|run| differs(batches, run, place)) {
        return Some(found);
    }
    let entry = |place: Option<usize>| {
        let known = place.and_then(|place| batches.get(place)).map(|batch| batch.entry);
        known.unwrap_or_default()
    };
    let before = runs.iter().rev().find(|run| run.from <= batch.from);
    if let Some(run) = before {
        let (_, end) = run.bounds();
        return Some(Waiting {
            kind: WaitingKind::After,
            against: entry(run.teller(end.saturating_sub(1))),
            expected: run.closing,
            found: batch.opening,
            row: batch.first().map(|first| first.row),
            other_row: None,
        });
    }
    let run = runs.first()?;
    let (start, _) = run.bounds();
    Some(Waiting {
        kind: WaitingKind::Before,
        against: entry(run.teller(start)),
        expected: run.opening,
        found: batch.closing,
        row: batch.last().map(|last| last.row),
        other_row: None,
    })
}

/// The first movement in which a batch and a run differ, on days that both cover.
fn differs(batches: &[Batch<'_>], run: &Growing<'_>, place: usize) -> Option<Waiting> {
    let batch = batches.get(place)?;
    let (start, end) = run.bounds();
    let mut told = batch.movements.iter().peekable();
    // What the batch tells of the days before the run is not in question.
    let first = run.at(start)?;
    while told.next_if(|movement| movement.date < first.date).is_some() {}
    let day = run.position_of(batch.from);
    let like = told.peek().and_then(|first| run.position_like(first));
    let mut position = like.unwrap_or(day);
    let mut before = batch.opening;
    if let Some(first) = told.peek() {
        before = first.balance.sub(first.amount).unwrap_or(first.balance);
    }
    let waiting = |at: i64, expected: Money, found: Money, row: Option<u64>| {
        let against = run.teller(at.min(end.saturating_sub(1)));
        Waiting {
            kind: WaitingKind::Differs,
            against: against.and_then(|place| batches.get(place)).map_or(0, |batch| batch.entry),
            expected,
            found,
            row,
            other_row: run.at(at).map(|movement| movement.row),
        }
    };
    if let Some(left_out) = run.at(day).filter(|known| like.is_some() && known.date > batch.from)
        && day < position
    {
        let row = told.peek().map(|movement| movement.row);
        return Some(waiting(day, left_out.balance, before, row));
    }
    // Where they share one day only, the piece of it between them may be what is missing.
    if before != run.balance_before(position) && !run.reaches_into(place) {
        return None;
    }
    if before != run.balance_before(position) {
        let row = told.peek().map(|movement| movement.row);
        return Some(waiting(position, run.balance_before(position), before, row));
    }
    let mut last = before;
    for movement in told {
        match run.at(position) {
            Some(known) if known.date == movement.date && known.balance == movement.balance => {}
            Some(known) => {
                return Some(waiting(
                    position,
                    known.balance,
                    movement.balance,
                    Some(movement.row),
                ));
            }
            None => return None,
        }
        last = movement.balance;
        position = position.saturating_add(1);
    }
    // It ends too early: the run has a movement that it leaves out.
    let known = run.at(position).filter(|known| known.date <= batch.to)?;
    Some(waiting(position, known.balance, last, batch.last().map(|last| last.row)))
}
