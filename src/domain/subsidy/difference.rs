//! What a recomputed period comes to beside what stands, and how the difference is posted: the
//! unpaid part of the lines first, then what was paid; the latest line first.

use crate::domain::money::{Money, Total};
use crate::domain::registry::{Subsidy, SubsidyState};
use crate::domain::text::Id;
use crate::domain::years::{Years, add_year};

/// A part of a difference that is taken off one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The line.
    pub line: Id,
    /// True for the unpaid part (E-66), false for what was paid (E-67, E-68).
    pub unpaid: bool,
    /// How much.
    pub amount: Money,
    /// What it gives back to the firm's caps.
    pub years: Years,
}

/// What the firm may keep of the lines of one period.
pub fn kept(lines: &[&Subsidy]) -> Total {
    lines.iter().map(|line| line.kept()).sum()
}

/// What the lines use of the firm's caps.
pub fn years_used(lines: &[&Subsidy]) -> Years {
    Years::of(lines.iter().flat_map(|line| line.years_used()))
}

/// Takes an amount off lines (the first approval first), with what it gives back to the caps. What
/// cannot be taken now, because the bank returned a payment that is still to be made, is left.
pub fn take(lines: &[&Subsidy], amount: Money, years: &Years) -> (Vec<Taken>, Money) {
    let mut left = amount;
    let mut taken: Vec<Taken> = Vec::new();
    let mut part = |line: &Subsidy, unpaid: bool, most: Money| {
        let amount = left.min(most);
        if amount.is_positive() {
            left = left.sub(amount).unwrap_or_default();
            let years = Years::default();
            taken.push(Taken { line: line.id.clone(), unpaid, amount, years });
        }
    };
    for line in lines.iter().rev() {
        part(line, true, unpaid(line));
    }
    for line in lines.iter().rev() {
        part(line, false, paid(line));
    }
    let posted = amount.sub(left).unwrap_or_default();
    let mut rest = if left.is_zero() { years.clone() } else { limited(years, posted) };
    let last = taken.len().saturating_sub(1);
    for (index, part) in taken.iter_mut().enumerate() {
        let line = lines.iter().find(|line| line.id == part.line);
        let own = match line.filter(|_| index < last) {
            Some(line) => share(&rest, &line.years_used(), part.amount),
            None => rest.clone(),
        };
        rest = Years::of(rest.rows().iter().chain(own.turned().rows()).copied());
        part.years = own;
    }
    (taken, left)
}

/// What of a line is approved and not paid, where it may be reduced.
fn unpaid(line: &Subsidy) -> Money {
    if !line.state.is_unpaid() {
        return Money::ZERO;
    }
    line.amount.sub(line.paid).unwrap_or_default()
}

/// What of a line was paid and may be clawed back, once its unpaid part is gone.
fn paid(line: &Subsidy) -> Money {
    match line.state {
        SubsidyState::Returned | SubsidyState::Cancelled => Money::ZERO,
        _ => line.paid.sub(line.clawback).unwrap_or_default(),
    }
}

/// What of the years one line can give back with an amount.
fn share(rest: &Years, used: &[(i16, Money)], amount: Money) -> Years {
    let mut left = amount;
    let mut own = Vec::new();
    for (year, give) in rest.rows().iter().filter(|(_, give)| give.is_positive()) {
        let has = used.iter().find(|(of, _)| of == year).map_or(Money::ZERO, |(_, used)| *used);
        let give = (*give).min(has).min(left).max(Money::ZERO);
        left = left.sub(give).unwrap_or_default();
        add_year(&mut own, (*year, give));
    }
    Years::of(own)
}

/// Positive years up to an amount, the first year first.
pub fn limited(years: &Years, amount: Money) -> Years {
    if years.total() <= Total::from(amount) {
        return years.clone();
    }
    let mut left = amount;
    let positive = years.rows().iter().filter(|(_, part)| part.is_positive());
    let parts: Vec<(i16, Money)> = positive
        .map(|(year, part)| {
            let part = (*part).min(left);
            left = left.sub(part).unwrap_or_default();
            (*year, part)
        })
        .collect();
    Years::of(parts)
}
