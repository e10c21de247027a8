//! Facts that lower what a subsidy pays: fees given back (E-72), and what other programmes pay.

use super::loan::{fact, loan, may, standing};
use super::{Decision, in_order, out_of_range, positive, within};
use crate::domain::event::{Event, FeeRefunded, OtherBenefit};
use crate::domain::loan::FeePaid;
use crate::domain::money::Money;
use crate::domain::refusal::Reason;
use crate::domain::state::State;
use crate::problem::Problem;

/// No more can come back of a fee than was paid and has not come back.
pub(super) fn fee_refunded(
    state: &State,
    event: &Event,
    own: &FeeRefunded,
) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    may(state, loan, event.kind.word())?;
    let amount = positive(own.amount)?;
    let from = own.from.map_or_else(|| "-".to_owned(), |from| from.to_string());
    let fee = loan.fee(own.from);
    let fee =
        fee.ok_or_else(|| Reason::FeeUnknown.refuse().with("loan", &loan.id).with("from", from))?;
    in_order(("paid", fee.paid), ("date", event.happened()), false)?;
    // Instalments of one fee come back as one.
    let same = loan.fees.iter().filter(|other| other.days() == fee.days());
    let net = same.map(FeePaid::net).try_fold(Money::ZERO, |sum, net| sum.add(net?));
    within(&loan.id, amount, net.map_err(out_of_range)?)?;
    Ok(fact(loan))
}

pub(super) fn other(state: &State, event: &Event, own: &OtherBenefit) -> Result<Decision, Problem> {
    let (loan, note) = standing(state, event, &own.loan, own.note.as_ref())?;
    in_order(("from", own.from), ("to", own.to), true)?;
    positive(own.amount)?;
    // One amount of one programme for days that it has paid already is the same paper.
    let twice = note.others.iter().find(|other| {
        let shares_days = own.from < other.to && other.from < own.to;
        shares_days && other.amount == own.amount && other.scheme == own.scheme
    });
    match twice {
        None => Ok(fact(loan)),
        Some(other) => Err(Reason::BenefitTwice
            .refuse()
            .with("loan", &loan.id)
            .with("scheme", &own.scheme)
            .with("amount", own.amount.grouped())
            .with("from", own.from)
            .with("to", own.to)
            .with("entry", other.entry)
            .with("other_from", other.from)
            .with("other_to", other.to)),
    }
}
