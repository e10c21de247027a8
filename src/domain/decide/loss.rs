//! The loss that a claim stands for: its base, what others pay of it, normal interest, supplements
//! (R-07, R-13, R-28, invariant 21).

use super::claim::{live_claim, parts};
use super::out_of_range;
use crate::domain::calendar::{Date, Period};
use crate::domain::event::{Event, FileClaim};
use crate::domain::loan::{Loan, Note};
use crate::domain::money::{Money, MoneyError};
use crate::domain::refusal::Reason;
use crate::domain::registry::{Claim, ClaimState, LossShares, LossSoFar};
use crate::domain::rules::RuleSet;
use crate::domain::rules::words::ClaimBase;
use crate::domain::state::State;
use crate::domain::subsidy::accrual::Accrual;
use crate::domain::text::Id;
use crate::problem::Problem;

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

/// Claims on a note whose part of the loss is borne: neither refused nor withdrawn nor revoked.
pub(super) fn kept_claims<'s>(state: &'s State, note: &'s Note) -> impl Iterator<Item = &'s Claim> {
    live(state, note).filter(|claim| claim.state != ClaimState::Revoked)
}

/// Pool, guarantor and bank of a new claim on a note, and what was claimed of the loss before. Each
/// party's part is its rounded share of the whole loss so far, less what it had of the earlier
/// claims; so a loss in parts costs what it costs as one, and a revoked part leaves no fen behind.
pub(crate) fn parts_of_loss(
    state: &State,
    note: &Note,
    base: Money,
    sharing: &LossShares,
) -> Result<(LossSoFar, [Money; 3]), Problem> {
    let mut earlier = LossSoFar::default();
    for claim in kept_claims(state, note) {
        earlier.base = earlier.base.add(claim.base).map_err(out_of_range)?;
        for (sum, part) in earlier.parts.iter_mut().zip(claim.parts) {
            *sum = sum.add(part).map_err(out_of_range)?;
        }
    }
    let whole = parts(earlier.base.add(base).map_err(out_of_range)?, sharing)?;
    let (mut own, mut rest) = ([Money::ZERO; 3], base);
    let balancing = usize::from(sharing.balancing);
    for (place, ((part, whole), had)) in own.iter_mut().zip(whole).zip(earlier.parts).enumerate() {
        if place != balancing {
            *part = whole.sub(had).map_err(out_of_range)?.max(Money::ZERO);
            rest = rest.sub(*part).map_err(out_of_range)?;
        }
    }
    if let Some(part) = own.get_mut(balancing) {
        *part = rest;
    }
    Ok((earlier, own))
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

/// Interest in the base only where the rules say so, and only what the contract has accrued to the
/// maturity, by the contract's own count of days, and the firm has not paid for these days; never
/// penalty or compound interest.
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
    let until = due.min(event.happened());
    let (accrual, days) = (Accrual::new(loan, note), Period { from: note.drawn, to: until });
    let accrued = accrual.interest(days).map_err(out_of_range)?;
    let paid = accrual.paid(days).map_err(out_of_range)?;
    let paid = paid.map_or(Money::ZERO, |paid| paid.counted);
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
