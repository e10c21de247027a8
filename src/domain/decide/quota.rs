//! Quotas of compensation beside funded pools (额度制, E-46).

use super::{Decision, out_of_range, owner, positive};
use crate::domain::account::{Account, Fund, Side};
use crate::domain::cap::{self, Counter, Quota as QuotaRecord};
use crate::domain::entry::Entry;
use crate::domain::event::{ApproveClaim, CancelRest, Event, Kind, Quota};
use crate::domain::money::{Money, Total};
use crate::domain::posting::{self, Draft};
use crate::domain::refusal::Reason;
use crate::domain::registry::Claim;
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::problem::Problem;

/// What is approved out of the year's quota, or was before there was one: paid and unpaid.
fn taken(state: &State, owner: &str, year: i16) -> Result<(Money, Money), Problem> {
    let counter = Counter::of_quota(owner, year);
    let (used, held) = cap::counted(state, &counter);
    used.add(held).map_err(out_of_range)?;
    Ok((used, held))
}

fn below_used(owner: &str, year: i16, amount: Money, used: Money, held: Money) -> Problem {
    Reason::QuotaBelowUsed
        .refuse()
        .with("owner", owner)
        .with("year", year)
        .with("amount", amount.grouped())
        .with("used", used.grouped())
        .with("held", held.grouped())
}

/// Sets the ceiling of a year, or replaces it by the difference. The first one takes in what was
/// approved in the year before it was set, so that 9002 always shows what is left.
pub(super) fn set(state: &State, event: &Event, own: &Quota) -> Result<Decision, Problem> {
    let owner = owner(state, event, None)?;
    let amount = positive(own.amount)?;
    if event.document.is_none() {
        return Err(Reason::DocumentMissing.refuse().with("event", event.kind.word()));
    }
    let year = own.year.0;
    let (used, held) = taken(state, &owner.code, year)?;
    let spent = used.add(held).map_err(out_of_range)?;
    if amount < spent {
        return Err(below_used(&owner.code, year, amount, used, held));
    }
    let draft = Draft::new(&Cell { owner: owner.code.clone(), fund: Fund::Risk });
    let draft = match state.quota(&owner.code, year) {
        Some(before) => posting::quota(draft, amount, before),
        None => posting::quota_used(posting::quota(draft, amount, Money::ZERO), spent),
    };
    Ok(Decision::entry(owner.code.clone(), draft))
}

/// What an approval on a day takes out of the owner's quota: all of it where there is one.
pub(super) fn of_approval(state: &State, claim: &Claim, year: i16, approved: Money) -> Money {
    state.quota(&claim.owner, year).map_or(Money::ZERO, |_| approved)
}

/// What a cancelled rest gives back to the quota: within its year only.
pub(super) fn of_cancelled(state: &State, claim: &Claim, year: i16, rest: Money) -> Money {
    let same_year = claim.approved_on.is_some_and(|day| day.year() == year);
    if same_year { of_approval(state, claim, year, rest) } else { Money::ZERO }
}

/// A later quota may be taken back as far as the one before it covers what is approved; the first one
/// while nothing was approved or cancelled under it. What a quota took in rests under it.
pub(super) fn check_reversal(state: &State, original: &Entry) -> Result<(), Problem> {
    let Some(owner) = original.owner() else { return Ok(()) };
    let later = |seq| Reason::ReverseLater.refuse().with("entry", original.seq).with("later", seq);
    match &original.event.kind {
        Kind::Quota(own) => {
            let year = own.year.0;
            let (used, held) = taken(state, owner, year)?;
            let spent = used.add(held).map_err(out_of_range)?;
            let amounts = record(state, owner, year).map(|quota| quota.amounts.as_slice());
            if let Some(before) = amounts.unwrap_or_default().iter().rev().nth(1) {
                return match spent <= *before {
                    true => Ok(()),
                    false => Err(below_used(owner, year, *before, used, held)),
                };
            }
            let of_year = |claim: &&Claim| {
                claim.owner == *owner && claim.approved_on.is_some_and(|day| day.year() == year)
            };
            let claims = state.claims.iter().filter(of_year);
            if let Some(claim) = claims.clone().find(|claim| claim.approval > original.seq) {
                return Err(later(claim.approval));
            }
            // What was cancelled since gave back what the quota had taken in.
            let changed = drawn(original) != Total::from(spent);
            let last = claims.filter_map(|claim| claim.trail.last()).max();
            if changed { Err(later(last.copied().unwrap_or_default())) } else { Ok(()) }
        }
        Kind::ApproveClaim(ApproveClaim { claim, .. })
        | Kind::CancelRest(CancelRest { claim, .. }) => {
            let approved = state.claims.get(claim).and_then(|claim| claim.approved_on);
            let year = approved.map_or(0, |day| day.year());
            let first = record(state, owner, year).and_then(|quota| quota.trail.first());
            match first.filter(|first| **first > original.seq) {
                Some(first) => Err(later(*first)),
                None => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// What an entry takes out of the quota.
fn drawn(entry: &Entry) -> Total {
    let lines = entry.memo.iter().filter(|line| line.account == Account::Quota);
    lines.filter(|line| line.side == Side::Credit).map(|line| Total::from(line.amount)).sum()
}

fn record<'s>(state: &'s State, owner: &Id, year: i16) -> Option<&'s QuotaRecord> {
    state.quotas.get(&QuotaRecord::id(owner, year))
}
