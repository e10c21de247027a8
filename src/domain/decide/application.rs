//! Before the enrolment: applied for, recommended, refused (L1, L2, X2). Facts that move nothing; a
//! loan may be enrolled without them.

use super::{Decision, new_id, owner, party, positive};
use crate::domain::event::{ApplyLoan, Enrol, Event, PartyKind};
use crate::domain::lifecycle::Lifecycle as _;
use crate::domain::loan::Application;
use crate::domain::refusal::Reason;
use crate::domain::state::State;
use crate::domain::text::Id;
use crate::problem::Problem;

pub(super) fn apply(state: &State, event: &Event, own: &ApplyLoan) -> Result<Decision, Problem> {
    let owner = owner(state, event, None)?;
    let exists = |owner: &Id, since| {
        Reason::LoanExists
            .refuse()
            .with("loan", &own.loan)
            .with("owner", owner)
            .with("enrolled", since)
    };
    if let Some(known) = state.loans.get(&own.loan) {
        return Err(exists(&known.owner, known.enrolled));
    }
    if let Some(known) = state.application(&own.loan) {
        let refused = known.state.refuse(Reason::LoanState, event.kind.word());
        return Err(refused.with("loan", &own.loan).with("note", "none"));
    }
    new_id("loan", &own.loan)?;
    party(state, &own.firm, &[PartyKind::Firm])?;
    party(state, &own.bank, &[PartyKind::Bank])?;
    if let Some(guarantor) = &own.guarantor {
        party(state, guarantor, &[PartyKind::Guarantor])?;
    }
    positive(own.amount)?;
    Ok(Decision::fact(Some(owner.code.clone())))
}

/// The application of a loan, which must stand where the move is legal.
fn standing<'s>(
    state: &'s State,
    event: &Event,
    id: &Id,
    moved: &str,
) -> Result<&'s Application, Problem> {
    let unknown = || Reason::LoanUnknown.refuse().with("loan", id);
    let application = state.application(id).ok_or_else(unknown)?;
    owner(state, event, Some(&application.owner))?;
    let checked = application.state.check(Reason::LoanState, moved);
    checked.map_err(|problem| problem.with("loan", id).with("note", "none"))?;
    Ok(application)
}

/// L2, X2: what the review says of an application. An enrolled loan is past it.
pub(super) fn review(state: &State, event: &Event, id: &Id) -> Result<Decision, Problem> {
    let moved = event.kind.word();
    if state.loans.get(id).is_some() {
        super::loan::may(state, super::loan::loan(state, event, id)?, moved)?;
    }
    let application = standing(state, event, id, moved)?;
    Ok(Decision::fact(Some(application.owner.clone())))
}

/// A loan that was applied for is enrolled as it was applied for, and not after a refusal.
pub(super) fn check(state: &State, event: &Event, own: &Enrol) -> Result<(), Problem> {
    if state.application(&own.loan).is_none() {
        return Ok(());
    }
    let application = standing(state, event, &own.loan, event.kind.word())?;
    let told = [("firm", &application.firm, &own.firm), ("bank", &application.bank, &own.bank)];
    for (what, applied, given) in told {
        if applied != given {
            return Err(Reason::ApplicationDiffers
                .refuse()
                .with("loan", &own.loan)
                .with("kind", what)
                .with("applied", applied)
                .with("name", given));
        }
    }
    Ok(())
}
