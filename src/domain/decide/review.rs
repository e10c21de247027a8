//! Steps of a workflow that move no money: the review of claims and subsidies, a claim withdrawn, a
//! claim at its end.

use super::claim::{claim, claim_draft, entry, may, standing};
use super::loan::standing as noted;
use super::subsidy::{not_approved, notes_of, still_filed};
use super::{Decision, in_order, out_of_range, owner};
use crate::domain::calendar::Quarter;
use crate::domain::event::{
    CloseClaim, Event, FileSubsidy, ReviewClaim, ReviewSubsidy, WithdrawClaim,
};
use crate::domain::lifecycle::Lifecycle as _;
use crate::domain::posting;
use crate::domain::refusal::Reason;
use crate::domain::state::State;
use crate::problem::Problem;

pub(super) fn review_claim(
    state: &State,
    event: &Event,
    own: &ReviewClaim,
) -> Result<Decision, Problem> {
    let claim = claim(state, event, &own.claim)?;
    may(claim, own.step.code())?;
    in_order(("filed", claim.filed), ("date", event.happened()), false)?;
    Ok(Decision::fact(Some(claim.owner.clone())))
}

/// E-42.
pub(super) fn withdraw_claim(
    state: &State,
    event: &Event,
    own: &WithdrawClaim,
) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    Ok(entry(state, claim, posting::reject_claim(claim_draft(state, claim), claim.claimed)))
}

/// L14: nothing may be left that could still come in.
pub(super) fn close_claim(
    state: &State,
    event: &Event,
    own: &CloseClaim,
) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    if event.document.is_none() {
        return Err(Reason::DocumentMissing.refuse().with("event", event.kind.word()));
    }
    let right = claim.open_right().map_err(out_of_range)?;
    let refund = claim.refund_open().map_err(out_of_range)?;
    if right.is_positive() || refund.is_positive() {
        return Err(Reason::ClaimOpen
            .refuse()
            .with("claim", &claim.id)
            .with("right", right.grouped())
            .with("refund", refund.grouped()));
    }
    let unknown = || Reason::LoanUnknown.refuse().with("loan", &claim.loan);
    let loan = state.loans.get(&claim.loan).ok_or_else(unknown)?;
    let note = super::loan::note(loan, Some(&claim.note))?;
    let written_off = claim.written_off_open().map_err(out_of_range)?;
    let left = (note.balance, note.exposure);
    let draft = posting::close_claim(claim_draft(state, claim), note.state, left, written_off);
    Ok(entry(state, claim, draft))
}

pub(super) fn file_subsidy(
    state: &State,
    event: &Event,
    own: &FileSubsidy,
) -> Result<Decision, Problem> {
    let (loan, note) = noted(state, event, &own.loan, own.note.as_ref())?;
    Quarter::parse(&own.period).map_err(|error| {
        Problem::data(error.code()).with("text", &own.period).in_column("period")
    })?;
    not_approved(loan, note, own.programme, &own.period)?;
    let mut filed = notes_of(loan, note, own.programme).flat_map(|note| &note.filings);
    let same = filed.find(|one| one.programme == own.programme && one.period == own.period);
    if let Some(filing) = same {
        return Err(Reason::SubsidyExists
            .refuse()
            .with("loan", &loan.id)
            .with("period", &own.period)
            .with("subsidy", &filing.subsidy));
    }
    Ok(Decision::fact(Some(loan.owner.clone())).rules(loan.rules.clone()))
}

/// Of a filing before the approval, of a line after it.
pub(super) fn review_subsidy(
    state: &State,
    event: &Event,
    own: &ReviewSubsidy,
) -> Result<Decision, Problem> {
    let moved = own.step.code();
    let Some(filing) = state.filings.get(&own.subsidy) else {
        let line = super::subsidy::line(state, event, &own.subsidy, moved)?;
        in_order(("approved", line.approved_on), ("date", event.happened()), false)?;
        return Ok(Decision::fact(Some(line.owner.clone())));
    };
    owner(state, event, Some(&filing.owner))?;
    still_filed(filing)?;
    let checked = filing.state.check(Reason::SubsidyState, moved);
    checked.map_err(|problem| problem.with("subsidy", &filing.id))?;
    in_order(("filed", filing.filed), ("date", event.happened()), false)?;
    Ok(Decision::fact(Some(filing.owner.clone())))
}
