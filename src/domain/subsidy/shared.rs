//! A principal cap that several notes share: first come, or each its part.

use crate::domain::calendar::{Date, Period};
use crate::domain::money::Money;
use crate::domain::subsidy::interest::{Counted, SharedPrincipal};

/// Principal over stretches of days.
type Stretches = Vec<(Period, Money)>;

/// What those before have left.
pub(super) struct Left {
    pub cap: Money,
    pub taken: Stretches,
}

/// What all notes have in force; each counts its part of the cap.
pub(super) struct Parts {
    pub cap: Money,
    pub in_force: Stretches,
}

fn bounds(stretches: &Stretches, within: Period, days: &mut dyn FnMut(Date)) {
    for (period, _) in stretches {
        for day in [period.from, period.to] {
            if within.from < day && day < within.to {
                days(day);
            }
        }
    }
}

fn sum_on(stretches: &Stretches, day: Date) -> i128 {
    let on_day = stretches.iter().filter(|(period, _)| period.contains(day));
    on_day.map(|(_, amount)| i128::from(amount.fen())).sum()
}

impl SharedPrincipal for Left {
    fn changes(&self, within: Period, days: &mut dyn FnMut(Date)) {
        bounds(&self.taken, within, days);
    }

    fn counted(&self, principal: Money, day: Date) -> Counted {
        let left = (i128::from(self.cap.fen()) - sum_on(&self.taken, day)).max(0);
        Counted::all(principal.min(Money::from_wide(left).unwrap_or_default()))
    }
}

impl SharedPrincipal for Parts {
    fn changes(&self, within: Period, days: &mut dyn FnMut(Date)) {
        bounds(&self.in_force, within, days);
    }

    fn counted(&self, principal: Money, day: Date) -> Counted {
        let total = Money::from_wide(sum_on(&self.in_force, day)).unwrap_or(Money::MAX);
        if total <= self.cap {
            Counted::all(principal)
        } else {
            Counted::part(principal, self.cap, total)
        }
    }
}
