//! The interest that a firm paid, as evidence of a discount.

use crate::domain::calendar::{Period, days_between};
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::Fraction;
use crate::domain::subsidy::accrual::Accrual;
use crate::domain::subsidy::interest::Case;

/// Interest that was paid.
#[derive(Clone, Copy)]
pub(super) struct Evidence {
    /// How much of it counts for the days asked for.
    pub amount: Money,
    /// All that was paid for them.
    pub told: Money,
    /// Some of it came late.
    pub late: bool,
    /// What the contract comes to for the same days.
    pub accrued: Fraction,
}

impl Case<'_> {
    /// The interest paid for the days, and whether some of it came late; none when none was paid. A
    /// payment that covers other days too is allotted by the interest that accrued at the contract
    /// rate; days of which several slips tell are one day.
    pub(super) fn paid(&self, days: Period) -> Result<Option<Evidence>, MoneyError> {
        let accrual = Accrual::new(self.loan, self.note);
        let Some(paid) = accrual.paid(days)? else { return Ok(None) };
        let slips = self.note.interest.iter();
        let mut slips = slips.filter(|slip| !slip.days().intersect(days).is_empty());
        let grace = i64::from(self.discount.grace_days);
        Ok(Some(Evidence {
            amount: paid.counted,
            told: paid.told,
            late: slips.any(|slip| days_between(slip.to, slip.paid) > grace),
            accrued: accrual.exact(paid.weight)?,
        }))
    }
}
