//! The interest that a firm paid, as evidence of a discount.

use crate::domain::calendar::{Period, days_between};
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::Fraction;
use crate::domain::rules::words::DayCount;
use crate::domain::subsidy::days::{base, of_contract, units};
use crate::domain::subsidy::interest::{Case, Change, State};

/// Parts of a rate in a weight.
const RATE_PARTS: i128 = 100_000_000;

/// Interest that was paid.
#[derive(Clone, Copy)]
pub(super) struct Evidence {
    /// How much, for the days asked for.
    pub amount: Money,
    /// Some of it came late.
    pub late: bool,
    /// What the contract comes to for the same days.
    pub accrued: Fraction,
}

impl Case<'_> {
    /// The interest paid for the days, and whether some of it came late; none when none was paid. A
    /// payment that covers other days too is allotted by the interest that accrued at the contract
    /// rate.
    pub(super) fn paid(&self, days: Period) -> Result<Option<Evidence>, MoneyError> {
        let mut found: Option<Evidence> = None;
        let mut weight = 0i128;
        for paid in &self.note.interest {
            let covered = Period { from: paid.from, to: paid.to };
            let common = covered.intersect(days);
            if common.is_empty() {
                continue;
            }
            let accrued = self.accrued(common);
            let part = if common == covered {
                paid.amount
            } else {
                let whole = self.accrued(covered);
                let part = if whole > 0 {
                    Fraction::new(accrued, whole)?
                } else {
                    Fraction::new(i128::from(common.days()), i128::from(covered.days().max(1)))?
                };
                Fraction::whole(paid.amount.fen()).times(part.reduced())?.round_fen()?
            };
            let delay = days_between(paid.to, paid.paid);
            let late = delay > i64::from(self.discount.grace_days);
            let before = found.map_or(Money::ZERO, |found| found.amount);
            weight += accrued;
            found = Some(Evidence {
                amount: before.add(part)?,
                late: late || found.is_some_and(|found| found.late),
                accrued: Fraction::ZERO,
            });
        }
        let divisor = RATE_PARTS * i128::from(base(self.contract_days()));
        let accrued = Fraction::new(weight, divisor)?.reduced();
        Ok(found.map(|found| Evidence { accrued, ..found }))
    }

    /// How the contract counts days.
    fn contract_days(&self) -> DayCount {
        of_contract(self.loan.day_count)
    }

    /// Principal × contract rate (in 10^-8) × days over a period: a weight, not an amount.
    fn accrued(&self, period: Period) -> i128 {
        let count = self.contract_days();
        let mut changes = self.changes();
        if !changes.is_sorted_by_key(|(day, _)| *day) {
            changes.sort_by_key(|(day, _)| *day);
        }
        let mut state = State::at_drawdown(self);
        let mut weight = 0i128;
        let mut start = period.from;
        let last = [(period.to, Change::END)];
        for (day, change) in changes.iter().chain(&last) {
            let end = (*day).clamp(start, period.to.max(start));
            let (numerator, denominator) = state.contract.fraction().parts();
            // Denominators of rates divide 10^8; the product stays below 10^31.
            let rate = numerator * (RATE_PARTS / denominator);
            let days = units(count, self.note.drawn, start, end);
            weight += state.principal.max(0) * rate * i128::from(days);
            start = end;
            state.apply(*change);
        }
        weight
    }
}
