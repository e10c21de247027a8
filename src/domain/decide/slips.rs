//! Slips of interest and fees: one paper is one slip, whatever ids it is told under, and a fee's rate
//! follows from its amount.

use super::out_of_range;
use crate::domain::calendar::Period;
use crate::domain::event::{Event, FeePaid, InterestPaid};
use crate::domain::loan::{self, Loan, Note};
use crate::domain::money::Money;
use crate::domain::refusal::Reason;
use crate::domain::subsidy::accrual::Accrual;
use crate::domain::subsidy::charges;
use crate::problem::Problem;

/// True where slips share days.
fn share_days(one: Period, other: Period) -> bool {
    !one.intersect(other).is_empty()
}

/// An interest slip for days of which others tell already: the same paper, or more than the contract
/// comes to for these days, unless it is said to be another payment.
pub(super) fn check_interest(
    event: &Event,
    own: &InterestPaid,
    loan: &Loan,
    note: &Note,
) -> Result<(), Problem> {
    let new = loan::InterestPaid {
        paid: event.happened(),
        from: own.from,
        to: own.to,
        amount: own.amount,
        instalment: own.instalment.unwrap_or(false),
        entry: u64::MAX,
    };
    let mut others = note.interest.iter().filter(|other| share_days(other.days(), new.days()));
    let Some(first) = others.clone().next().filter(|_| !new.instalment) else { return Ok(()) };
    // A slip of the same days paid on another day may be the second half; one with other days of the
    // same amount is the same paper with a day mistyped.
    let same = others.find(|other| {
        other.amount == new.amount && (other.paid == new.paid || other.days() != new.days())
    });
    let accrual = Accrual::new(loan, note);
    let (together, count) = accrual.paid_with(&new).map_err(out_of_range)?;
    // Each slip may be rounded by a fen.
    let rounding = i64::try_from(count).ok().and_then(|count| Money::from_fen(count).ok());
    let most = together.counted.add(rounding.unwrap_or_default()).map_err(out_of_range)?;
    if same.is_none() && together.told <= most {
        return Ok(());
    }
    let other = same.unwrap_or(first);
    let owed = accrual.exact(together.weight).and_then(|exact| exact.round_fen());
    Err(Reason::InterestSlipTwice
        .refuse()
        .with("loan", &loan.id)
        .with("note", &note.id)
        .with("amount", own.amount.grouped())
        .with("from", own.from)
        .with("to", own.to)
        .with("entry", other.entry)
        .with("paid", other.paid)
        .with("other", other.amount.grouped())
        .with("other_from", other.from)
        .with("other_to", other.to)
        .with("together", together.told.grouped())
        .with("owed", owed.map_err(out_of_range)?.grouped()))
}

/// A fee slip: its rate follows from its amount, and days of which others tell are paid for by
/// instalments of one fee, or by what is said to be another payment.
pub(super) fn check_fee(event: &Event, own: &FeePaid, loan: &Loan) -> Result<(), Problem> {
    let new = loan::FeePaid {
        paid: event.happened(),
        from: own.from,
        to: own.to,
        amount: own.amount,
        rate: own.fee_rate,
        instalment: own.instalment.unwrap_or(false),
        entry: u64::MAX,
        refunds: Vec::new(),
    };
    if !charges::follows(loan, &new) {
        return Err(Reason::FeeRateBelow
            .refuse()
            .with("loan", &loan.id)
            .with("amount", own.amount.grouped())
            .with("from", own.from)
            .with("to", own.to)
            .with("days", new.days().days())
            .with("principal", loan.amount.grouped())
            .with("fee_rate", own.fee_rate.percent())
            .with("computed", charges::computed(loan, &new)));
    }
    let others = loan.fees.iter().filter(|other| share_days(other.days(), new.days()));
    let others: Vec<&loan::FeePaid> = others.collect();
    let Some(first) = others.first().filter(|_| !new.instalment) else { return Ok(()) };
    let same = others.iter().find(|other| {
        other.days() == new.days() && other.amount == new.amount && other.paid == new.paid
    });
    let mut all = others.clone();
    all.push(&new);
    if same.is_none() && charges::are_instalments(loan, &all) {
        return Ok(());
    }
    let other = same.unwrap_or(first);
    Err(Reason::FeeSlipTwice
        .refuse()
        .with("loan", &loan.id)
        .with("amount", own.amount.grouped())
        .with("from", own.from)
        .with("to", own.to)
        .with("entry", other.entry)
        .with("paid", other.paid)
        .with("other", other.amount.grouped())
        .with("other_from", other.from)
        .with("other_to", other.to)
        .with("together", charges::amount(&all).grouped())
        .with("rate", charges::together(loan, &all).percent()))
}
