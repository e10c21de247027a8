//! A corrected fact: the loan goes back to before it, is told the fact as it is now, and again what
//! followed.
//!
//! The claims, deposits and subsidy lines of the loan stay as they are: a correction that would change
//! one of them is refused.

use super::undo::{stood_in, untell};
use super::{note_mut, repaid, review, rules, sum, tell, unpaid};
use crate::domain::account::Account;
use crate::domain::corrected::Corrected;
use crate::domain::entry::Entry;
use crate::domain::event::{Event, Kind};
use crate::domain::loan::{Loan, NoteState};
use crate::domain::state::State;
use crate::domain::text::Id;

pub(super) fn follow(state: &mut State, entry: &Entry) {
    let Some(corrected) = Corrected::of(entry) else { return };
    again(state, &corrected);
    if let Some(loan) = corrected.loan().and_then(|id| state.loans.get_mut(id)) {
        loan.trail.push(entry.seq);
    }
}

pub(super) fn undo(state: &mut State, original: &Entry) {
    let Some(corrected) = Corrected::of(original).map(Corrected::turned) else { return };
    again(state, &corrected);
    if let Some(loan) = corrected.loan().and_then(|id| state.loans.get_mut(id)) {
        loan.trail.pop();
    }
}

fn again(state: &mut State, corrected: &Corrected) {
    let notes: Vec<Option<Id>> =
        corrected.steps().map(|step| note_of(state, &step.now.event)).collect();
    let Some(loan) = corrected.loan().and_then(|id| state.loans.get_mut(id)) else { return };
    let steps = || corrected.steps().zip(&notes);
    for (step, note) in steps().collect::<Vec<_>>().into_iter().rev() {
        back(loan, note.as_ref(), &step.was);
    }
    for (step, note) in steps() {
        forth(loan, note.as_ref(), &step.now);
    }
}

/// The note that an event is about: as it names it, or its claim's.
fn note_of(state: &State, event: &Event) -> Option<Id> {
    let of_claim = |claim: &Id| state.claims.get(claim).map(|claim| claim.note.clone());
    match &event.kind {
        Kind::PayClaim(own) => of_claim(&own.claim),
        Kind::CancelRest(own) => of_claim(&own.claim),
        Kind::CloseClaim(own) => of_claim(&own.claim),
        Kind::ApplyDeposit(own) => own.note.clone(),
        kind => kind.loan_fact().and_then(|(_, note)| note.cloned()),
    }
}

fn back(loan: &mut Loan, note: Option<&Id>, was: &Entry) {
    let memo = &was.memo;
    match &was.event.kind {
        // The note stays, with what names it; it is drawn anew.
        Kind::Disburse(_) => {}
        Kind::ApplyDeposit(_) => {
            if let Some(note) = note_mut(loan, note) {
                unpaid(note, sum(&was.lines, Account::FirmDeposits), memo);
                note.state = stood_in(memo).unwrap_or(note.state);
            }
        }
        Kind::PayClaim(_) | Kind::CancelRest(_) => {
            if let Some(note) = note_mut(loan, note) {
                let released = sum(memo, Account::Exposure);
                note.exposure = note.exposure.add(released).unwrap_or_default();
            }
        }
        Kind::CloseClaim(_) => {
            if let Some(note) = note_mut(loan, note) {
                review::reopen(note, memo);
            }
        }
        Kind::ChangeRules(_) => rules::back(loan, was.seq),
        // Only a forged journal takes a removal back that was none.
        Kind::Remove(_) if loan.notes.iter().any(|note| note.removed.is_none()) => {}
        _ => untell(loan, note, was),
    }
}

fn forth(loan: &mut Loan, note: Option<&Id>, now: &Entry) {
    let (memo, day) = (&now.memo, now.event.happened());
    match &now.event.kind {
        Kind::Disburse(own) => {
            let (due, id) = (own.due.unwrap_or(loan.due), note.unwrap_or(&own.loan));
            if let Some(note) = note_mut(loan, Some(id)) {
                (note.amount, note.balance) = (own.amount, own.amount);
                (note.drawn, note.due, note.state) = (day, due, NoteState::Active);
                note.exposure = sum(memo, Account::Exposure);
            }
        }
        Kind::ApplyDeposit(_) => {
            if let Some(note) = note_mut(loan, note) {
                repaid(note, day, sum(&now.lines, Account::FirmDeposits), memo);
            }
        }
        Kind::PayClaim(_) | Kind::CancelRest(_) => {
            if let Some(note) = note_mut(loan, note) {
                let released = sum(memo, Account::Exposure);
                note.exposure = note.exposure.sub(released).unwrap_or_default();
            }
        }
        Kind::CloseClaim(_) => {
            if let Some(note) = note_mut(loan, note) {
                review::close(note, sum(memo, Account::Exposure));
            }
        }
        Kind::ChangeRules(_) => rules::forth(loan, now.seq),
        _ => tell(loan, note, now),
    }
}
