//! Records of applications for loans.

use crate::domain::entry::Entry;
use crate::domain::event::{ApplyLoan, Event, Kind};
use crate::domain::lifecycle::LoanState;
use crate::domain::loan::Application;
use crate::domain::state::State;
use crate::domain::text::Id;

pub(super) fn follow(state: &mut State, entry: &Entry) {
    match &entry.event.kind {
        Kind::ApplyLoan(own) => apply(state, &entry.event, own, entry.seq),
        Kind::RecommendLoan(own) => to(state, &own.loan, LoanState::Recommended, entry.seq),
        Kind::RejectLoan(own) => to(state, &own.loan, LoanState::Rejected, entry.seq),
        _ => {}
    }
}

fn apply(state: &mut State, event: &Event, own: &ApplyLoan, seq: u64) {
    let Some(owner) = event.owner.clone() else { return };
    let before = state.applications.get(&own.loan).map(|taken_back| taken_back.asked.clone());
    let mut asked = before.unwrap_or_default();
    asked.push((seq, owner.clone()));
    let application = Application {
        id: own.loan.clone(),
        owner,
        firm: own.firm.clone(),
        bank: own.bank.clone(),
        guarantor: own.guarantor.clone(),
        amount: own.amount,
        purpose: own.purpose.clone(),
        applied: event.happened(),
        state: LoanState::Applied,
        trail: vec![seq],
        before: vec![LoanState::Applied],
        asked,
    };
    // One that was taken back makes room for another of the same number.
    match state.applications.get_mut(&own.loan) {
        Some(taken_back) => *taken_back = application,
        None => state.applications.insert(application),
    }
}

fn to(state: &mut State, loan: &Id, next: LoanState, seq: u64) {
    if let Some(application) = state.applications.get_mut(loan) {
        application.trail.push(seq);
        application.before.push(application.state);
        application.state = next;
    }
}

/// A loan that was applied for is enrolled.
pub(super) fn enrolled(state: &mut State, loan: &Id, seq: u64) {
    if state.application(loan).is_some() {
        to(state, loan, LoanState::Enrolled, seq);
    }
}

pub(super) fn undo(state: &mut State, original: &Entry) {
    let loan = match &original.event.kind {
        Kind::ApplyLoan(own) => &own.loan,
        Kind::RecommendLoan(own) => &own.loan,
        Kind::RejectLoan(own) => &own.loan,
        _ => return,
    };
    if let Some(application) = state.applications.get_mut(loan) {
        application.trail.pop();
        application.state = application.before.pop().unwrap_or(application.state);
    }
}
