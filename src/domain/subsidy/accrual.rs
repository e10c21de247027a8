//! The interest that a note's contract comes to, and what the bank's slips say was paid of it.
//!
//! A day's interest is owed once, however many slips tell of it. Slips that share days are taken
//! together: what they say counts up to the contract's interest for the days of all of them, or to
//! what the largest single slip says of a day where that is more.

use crate::domain::calendar::{Date, Period};
use crate::domain::loan::{InterestPaid, Loan, Note};
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::{Fraction, Rate};
use crate::domain::rules::words::DayCount;
use crate::domain::subsidy::days::{base, of_contract, units};

/// Parts of a rate in a weight.
const RATE_PARTS: i128 = 100_000_000;

/// What the contract of a note comes to.
pub struct Accrual<'a> {
    note: &'a Note,
    count: DayCount,
    rate: Rate,
    /// Repayments and new rates in the order of their days.
    changes: Vec<(Date, Change)>,
}

#[derive(Clone, Copy)]
enum Change {
    Repaid(Money),
    Rate(Rate),
    End,
}

/// What slips say of some days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// All that was paid for them.
    pub told: Money,
    /// What of it counts.
    pub counted: Money,
    /// Contract interest of the days that they tell of, each day once: a weight.
    pub weight: i128,
}

/// Slips in groups: those of one group share days, directly or by way of others.
fn groups(slips: &[InterestPaid]) -> Vec<Vec<&InterestPaid>> {
    let mut sorted: Vec<&InterestPaid> = slips.iter().collect();
    sorted.sort_by_key(|slip| (slip.from, slip.to));
    let mut groups: Vec<Vec<&InterestPaid>> = Vec::with_capacity(sorted.len());
    let mut until = None;
    for slip in sorted {
        match groups.last_mut().filter(|_| until.is_some_and(|until| slip.from < until)) {
            Some(group) => group.push(slip),
            None => groups.push(vec![slip]),
        }
        until = until.max(Some(slip.to));
    }
    groups
}

impl<'a> Accrual<'a> {
    /// Of one note.
    pub fn new(loan: &Loan, note: &'a Note) -> Self {
        let repaid = note.repayments.iter().map(|(day, amount)| (*day, Change::Repaid(*amount)));
        let mut changes: Vec<_> = repaid.collect();
        changes.extend(note.rates.iter().map(|(day, rate)| (*day, Change::Rate(*rate))));
        changes.sort_by_key(|(day, _)| *day);
        Self { note, count: of_contract(loan.day_count), rate: loan.rate, changes }
    }

    /// Principal × contract rate (in 10^-8) × days over a period: a weight, not an amount. Nothing
    /// accrues before the drawdown.
    fn weight(&self, period: Period) -> i128 {
        let mut principal = i128::from(self.note.amount.fen());
        let mut rate = self.rate;
        let mut weight = 0i128;
        let mut start = period.from.max(self.note.drawn);
        let last = [(period.to, Change::End)];
        for (day, change) in self.changes.iter().chain(&last) {
            let end = (*day).clamp(start, period.to.max(start));
            let (numerator, denominator) = rate.fraction().parts();
            // Denominators of rates divide 10^8; the product stays below 10^31.
            let parts = numerator * (RATE_PARTS / denominator);
            let days = units(self.count, self.note.drawn, start, end);
            weight += principal.max(0) * parts * i128::from(days);
            start = end;
            match change {
                Change::Repaid(amount) => principal -= i128::from(amount.fen()),
                Change::Rate(new) => rate = *new,
                Change::End => {}
            }
        }
        weight
    }

    /// The exact interest of a weight, in fen.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the exact value leaves 128 bits.
    pub fn exact(&self, weight: i128) -> Result<Fraction, MoneyError> {
        Ok(Fraction::new(weight, self.divisor())?.reduced())
    }

    fn divisor(&self) -> i128 {
        RATE_PARTS * i128::from(base(self.count))
    }

    /// Contract interest of a period, rounded once.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when it leaves the bounds.
    pub fn interest(&self, period: Period) -> Result<Money, MoneyError> {
        self.exact(self.weight(period))?.round_fen()
    }

    /// What was paid for the days of a period; none where no slip tells of any of them.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when a sum leaves the bounds.
    pub fn paid(&self, period: Period) -> Result<Option<Paid>, MoneyError> {
        let mut found: Option<Paid> = None;
        let inside = |slip: &&InterestPaid| !slip.days().intersect(period).is_empty();
        for group in groups(&self.note.interest) {
            if !group.iter().any(inside) {
                continue;
            }
            let one = self.of_group(&group, period)?;
            let sum = found.unwrap_or(Paid { told: Money::ZERO, counted: Money::ZERO, weight: 0 });
            found = Some(Paid {
                told: sum.told.add(one.told)?,
                counted: sum.counted.add(one.counted)?,
                weight: sum.weight + one.weight,
            });
        }
        Ok(found)
    }

    /// What a new slip and those that share days with it say together, and how many they are.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when a sum leaves the bounds.
    pub fn paid_with(&self, new: &InterestPaid) -> Result<(Paid, usize), MoneyError> {
        let mut slips = self.note.interest.clone();
        slips.push(new.clone());
        let all = groups(&slips);
        let group = all.into_iter().find(|group| group.contains(&new)).unwrap_or_default();
        let from = group.iter().map(|slip| slip.from).min().unwrap_or(new.from);
        let to = group.iter().map(|slip| slip.to).max().unwrap_or(new.to);
        Ok((self.of_group(&group, Period { from, to })?, group.len()))
    }

    fn of_group(&self, group: &[&InterestPaid], period: Period) -> Result<Paid, MoneyError> {
        if let [slip] = group {
            let common = slip.days().intersect(period);
            let part = self.part(slip, common)?;
            return Ok(Paid { told: part, counted: part, weight: self.weight(common) });
        }
        let ends = group.iter().flat_map(|slip| [slip.from, slip.to]);
        let mut ends: Vec<Date> = ends.map(|day| day.clamp(period.from, period.to)).collect();
        ends.sort_unstable();
        ends.dedup();
        let (mut told, mut most) = (Money::ZERO, Money::ZERO);
        let (mut weight, mut owed) = (0i128, 0i128);
        for pair in ends.windows(2) {
            let [from, to] = *pair else { continue };
            let days = Period { from, to };
            let mut largest = Money::ZERO;
            for slip in group.iter().filter(|slip| slip.from <= from && to <= slip.to) {
                let part = self.part(slip, days)?;
                told = told.add(part)?;
                largest = largest.max(part);
            }
            let accrued = self.weight(days);
            weight += accrued;
            // Where one slip alone says more than the contract, its word counts.
            if i128::from(largest.fen()) * self.divisor() > accrued {
                most = most.add(largest)?;
            } else {
                owed += accrued;
            }
        }
        let most = most.add(self.exact(owed)?.round_fen()?)?;
        Ok(Paid { told, counted: told.min(most), weight })
    }

    /// What of a slip falls on some of its days: as the contract's interest accrues over them, and so
    /// that the parts of a slip add up to it.
    fn part(&self, slip: &InterestPaid, days: Period) -> Result<Money, MoneyError> {
        let covered = slip.days();
        if days == covered {
            return Ok(slip.amount);
        }
        let whole = self.weight(covered);
        let until = |day: Date| {
            let first = Period { from: covered.from, to: day };
            let share = if whole > 0 {
                Fraction::new(self.weight(first), whole)?
            } else {
                Fraction::new(first.days().into(), covered.days().max(1).into())?
            };
            Fraction::whole(slip.amount.fen()).times(share.reduced())?.round_fen()
        };
        until(days.to)?.sub(until(days.from)?)
    }
}
