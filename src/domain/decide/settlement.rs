//! The end of a paid claim: rest cancelled, settled, revoked, paid back; costs (E-45, E-47, E-48, E-52).

use super::claim::{claim_draft, entry, released_by_payment, standing};
use super::{Decision, bank_account, out_of_range, owner, positive, quota, within};
use crate::domain::account::{Account, Fund};
use crate::domain::event::{
    CancelRest, Event, RecoveryCost, RefundClaim, RevokeClaim, SettleClaim,
};
use crate::domain::money::Money;
use crate::domain::posting;
use crate::domain::registry::{BankAccount, Claim};
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::problem::Problem;

fn account<'s>(
    state: &'s State,
    event: &Event,
    claim: &Claim,
    bank: &Id,
) -> Result<&'s BankAccount, Problem> {
    let owner = owner(state, event, Some(&claim.owner))?;
    bank_account(state, bank, owner, Some(Fund::Risk))
}

/// The register lines of exposure that a claim releases.
pub(super) fn draft_of(state: &State, claim: &Claim, released: Money) -> posting::Draft {
    claim_draft(state, claim).release(Account::Exposure, released)
}

/// The pool bears nothing more of the base, so all of its exposure is released.
pub(super) fn cancel_rest(
    state: &State,
    event: &Event,
    own: &CancelRest,
) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    let rest = positive(claim.approved.sub(claim.paid).map_err(out_of_range)?)?;
    let released = released_by_payment(state, claim, rest, rest)?;
    let quota = quota::of_cancelled(state, claim, event.date.year(), rest);
    let draft = posting::cancel_rest(claim_draft(state, claim), rest, released, quota);
    Ok(entry(state, claim, draft))
}

pub(super) fn settle(state: &State, event: &Event, own: &SettleClaim) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    let amount = positive(own.amount)?;
    within(&claim.id, amount, claim.open_right().map_err(out_of_range)?)?;
    Ok(entry(state, claim, posting::settle_claim(claim_draft(state, claim), amount)))
}

/// What was recovered stays in the pool; the rest is to come back, written off or not.
pub(super) fn revoke(state: &State, event: &Event, own: &RevokeClaim) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    let out = claim.kept().and_then(|kept| kept.sub(claim.recovered)).map_err(out_of_range)?;
    let amount = positive(out)?;
    let right = claim.open_right().map_err(out_of_range)?;
    let written_off = amount.sub(right).map_err(out_of_range)?;
    let prior_year = claim.approved_on.is_some_and(|day| day.year() < event.date.year());
    let parts = (right, written_off);
    let draft = posting::revoke_claim(claim_draft(state, claim), amount, parts, prior_year);
    Ok(entry(state, claim, draft))
}

pub(super) fn refund(state: &State, event: &Event, own: &RefundClaim) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    let account = account(state, event, claim, &own.bank_account)?;
    let open = claim.refund_open().map_err(out_of_range)?;
    let amount = positive(own.amount.unwrap_or(open))?;
    within(&claim.id, amount, open)?;
    Ok(entry(state, claim, posting::refund_claim(claim_draft(state, claim), &account.id, amount)))
}

pub(super) fn recovery_cost(
    state: &State,
    event: &Event,
    own: &RecoveryCost,
) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    let account = account(state, event, claim, &own.bank_account)?;
    let amount = positive(own.amount)?;
    let draft = posting::recovery_cost(claim_draft(state, claim), &account.id, amount);
    let cell = Cell { owner: claim.owner.clone(), fund: Fund::Risk };
    Ok(entry(state, claim, draft).payment(&cell, amount, Money::ZERO))
}
