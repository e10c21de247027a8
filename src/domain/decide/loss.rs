//! The loss that a claim stands for: its base, what others pay of it, normal interest, supplements
//! (R-07, R-13, R-28, invariant 21).

use super::claim::live_claim;
use super::out_of_range;
use crate::domain::calendar::{Date, days_between};
use crate::domain::event::{Event, FileClaim};
use crate::domain::loan::{Loan, Note};
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::Fraction;
use crate::domain::refusal::Reason;
use crate::domain::registry::{Claim, ClaimState};
use crate::domain::rules::RuleSet;
use crate::domain::rules::words::ClaimBase;
use crate::domain::state::State;
use crate::domain::text::Id;
use crate::problem::Problem;

/// Days of a year in which banks count interest (C-01).
const YEAR_DAYS: i128 = 360;

/// What a claim says of the loss on its note.
pub(super) struct Loss<'a> {
    claim: &'a Id,
    base: Money,
    interest: Money,
    collateral: Money,
    other: Money,
}

impl<'a> Loss<'a> {
    /// As told when it is filed.
    pub(super) fn told(own: &'a FileClaim) -> Self {
        Self {
            claim: &own.claim,
            base: own.base,
            interest: own.interest.unwrap_or_default(),
            collateral: own.collateral.unwrap_or_default(),
            other: own.other.unwrap_or_default(),
        }
    }

    /// As it was filed.
    pub(super) fn of(claim: &'a Claim) -> Self {
        let Claim { id, base, interest, collateral, other, .. } = claim;
        Self { claim: id, base: *base, interest: *interest, collateral: *collateral, other: *other }
    }

    /// The principal that it stands for: the base without interest, and what was taken off it.
    fn principal(&self) -> Result<Money, MoneyError> {
        self.base.sub(self.interest)?.add(self.collateral)?.add(self.other)
    }
}

/// Claims on a note that are not refused or withdrawn.
fn live<'s>(state: &'s State, note: &'s Note) -> impl Iterator<Item = &'s Claim> {
    let claims = note.claims.iter().filter_map(|id| state.claims.get(id));
    claims.filter(|claim| claim.state.is_live())
}

/// A note is claimed once; a second claim supplements one that is decided.
pub(super) fn check_earlier(
    state: &State,
    own: &FileClaim,
    loan: &Loan,
    note: &Note,
) -> Result<(), Problem> {
    let duplicate = |other: &Id| {
        Reason::ClaimDuplicate
            .refuse()
            .with("loan", &loan.id)
            .with("note", &note.id)
            .with("claim", other)
    };
    let Some(named) = &own.supplement else {
        return live_claim(state, note).map_or(Ok(()), |other| Err(duplicate(other)));
    };
    let unknown = || Reason::ClaimUnknown.refuse().with("claim", named);
    let earlier = state.claims.get(named).ok_or_else(unknown)?;
    let decided = |claim: &Claim| claim.approved_on.is_some() && claim.state != ClaimState::Revoked;
    if !note.claims.contains(named) || !decided(earlier) {
        return Err(Reason::ClaimSupplement
            .refuse()
            .with("claim", &own.claim)
            .with("supplement", named)
            .with("loan", &earlier.loan)
            .with("note", &earlier.note)
            .with("state", earlier.state.code()));
    }
    match live(state, note).find(|claim| !decided(claim)) {
        Some(open) => Err(duplicate(&open.id)),
        None => Ok(()),
    }
}

/// What is claimed of a note, with what others pay of it and earlier claims, is at most what the
/// firm owes on it.
pub(super) fn check(state: &State, loss: &Loss<'_>, note: &Note) -> Result<(), Problem> {
    let others = live(state, note).filter(|claim| claim.id != *loss.claim);
    let earlier = others
        .map(|claim| Loss::of(claim).principal())
        .try_fold(Money::ZERO, |sum, principal| sum.add(principal?))
        .map_err(out_of_range)?;
    let principal = loss.principal().map_err(out_of_range)?;
    if principal.add(earlier).map_err(out_of_range)? <= note.balance {
        return Ok(());
    }
    let plain =
        [loss.interest, loss.collateral, loss.other, earlier].iter().all(|sum| sum.is_zero());
    let reason = if plain { Reason::ClaimBaseAboveBalance } else { Reason::ClaimBaseAboveLoss };
    let refusal = reason
        .refuse()
        .with("claim", loss.claim)
        .with("base", loss.base.grouped())
        .with("balance", note.balance.grouped());
    if plain {
        return Err(refusal);
    }
    Err(refusal
        .with("interest", loss.interest.grouped())
        .with("collateral", loss.collateral.grouped())
        .with("other", loss.other.grouped())
        .with("earlier", earlier.grouped()))
}

/// Interest in the base only where the rules say so, and only what the contract rate has accrued
/// to the maturity and the firm has not paid; never penalty or compound interest.
pub(super) fn check_interest(
    rules: Option<&RuleSet>,
    event: &Event,
    own: &FileClaim,
    loan: &Loan,
    note: &Note,
) -> Result<(), Problem> {
    let Some(interest) = own.interest.filter(|interest| interest.is_positive()) else {
        return Ok(());
    };
    if rules.is_none_or(|rules| rules.claim.base == ClaimBase::Principal) {
        return Err(Reason::ClaimInterestExcluded
            .refuse()
            .with("claim", &own.claim)
            .with("interest", interest.grouped()));
    }
    let due = note.extensions.iter().map(|(_, due)| *due).fold(note.due, Date::max);
    let until = due.min(event.date);
    let accrued = accrued(loan, note, until).map_err(out_of_range)?;
    let paid = note.interest.iter().try_fold(Money::ZERO, |sum, paid| sum.add(paid.amount));
    let paid = paid.map_err(out_of_range)?;
    let open = accrued.sub(paid).map_err(out_of_range)?.max(Money::ZERO);
    if interest <= open && interest <= own.base {
        return Ok(());
    }
    Err(Reason::ClaimInterestAbove
        .refuse()
        .with("claim", &own.claim)
        .with("interest", interest.grouped())
        .with("accrued", accrued.grouped())
        .with("until", until)
        .with("paid", paid.grouped())
        .with("open", open.min(own.base).grouped()))
}

/// Interest at the contract rate from the drawdown to a day, on the principal in force, rounded
/// once.
fn accrued(loan: &Loan, note: &Note, until: Date) -> Result<Money, MoneyError> {
    let changes = note.repayments.iter().map(|(day, _)| *day);
    let changes = changes.chain(note.rates.iter().map(|(day, _)| *day)).chain([until]);
    let mut ends: Vec<Date> = changes.filter(|day| *day > note.drawn && *day <= until).collect();
    ends.sort_unstable();
    let (mut from, mut sum) = (note.drawn, Fraction::whole(0));
    for end in ends {
        let mut repaid = note.repayments.iter().filter(|(day, _)| *day <= from);
        let repaid = repaid.try_fold(Money::ZERO, |sum, (_, amount)| sum.add(*amount))?;
        let principal = note.amount.sub(repaid)?;
        let in_force = note.rates.iter().filter(|(day, _)| *day <= from);
        let rate = in_force.max_by_key(|(day, _)| *day).map_or(loan.rate, |(_, rate)| *rate);
        let days = Fraction::new(i128::from(days_between(from, end)), YEAR_DAYS)?;
        let part = Fraction::whole(principal.fen()).times(rate.fraction())?.times(days)?;
        sum = sum.plus(part)?;
        from = end;
    }
    sum.round_fen()
}
