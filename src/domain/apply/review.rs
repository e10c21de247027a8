//! Records of the steps of a workflow that move no money, and of claims at their end.

use super::undo::{stood_in, undo_claim, undo_loan_trail};
use super::{claim_note, note_mut, sum, with_claim};
use crate::domain::account::Account;
use crate::domain::entry::{Entry, Line};
use crate::domain::event::{ApproveSubsidy, FileSubsidy, Kind, Programme, ReviewSubsidy};
use crate::domain::lifecycle::{ClaimState, SubsidyState};
use crate::domain::loan::{Note, NoteState, Subsidised};
use crate::domain::money::Money;
use crate::domain::registry::{Filing, Subsidy};
use crate::domain::state::State;
use crate::domain::text::Id;

pub(super) fn follow(state: &mut State, entry: &Entry) {
    let seq = entry.seq;
    match &entry.event.kind {
        Kind::ReviewClaim(own) => with_claim(state, &own.claim, seq, |claim| {
            claim.state = ClaimState::after(own.step);
        }),
        Kind::WithdrawClaim(own) => with_claim(state, &own.claim, seq, |claim| {
            claim.state = ClaimState::Withdrawn;
        }),
        Kind::CloseClaim(own) => {
            with_claim(state, &own.claim, seq, |claim| claim.state = ClaimState::Closed);
            let released = sum(&entry.memo, Account::Exposure);
            if let Some(note) = claim_note(state, &own.claim, seq) {
                close(note, released);
            }
        }
        Kind::FileSubsidy(own) => file(state, entry, own),
        Kind::ReviewSubsidy(own) => reviewed(state, own, seq),
        _ => {}
    }
}

/// What is left of a note leaves the register; one that is repaid has nothing left.
pub(super) fn close(note: &mut Note, released: Money) {
    if note.balance.is_positive() {
        note.state = NoteState::Closed;
    }
    note.balance = Money::ZERO;
    note.exposure = note.exposure.sub(released).unwrap_or_default();
}

fn file(state: &mut State, entry: &Entry, own: &FileSubsidy) {
    let id = &entry.event.id;
    let Some(loan) = state.loans.get_mut(&own.loan) else { return };
    let (owner, firm) = (loan.owner.clone(), loan.firm.clone());
    let Some(note) = note_mut(loan, own.note.as_ref()) else { return };
    note.filings.push(Subsidised {
        programme: own.programme,
        period: own.period.clone(),
        subsidy: id.clone(),
    });
    let filing = Filing {
        id: id.clone(),
        programme: own.programme,
        owner,
        loan: own.loan.clone(),
        note: note.id.clone(),
        firm,
        period: own.period.clone(),
        filed: entry.event.happened(),
        state: SubsidyState::Filed,
        line: None,
        trail: vec![entry.seq],
        before: vec![SubsidyState::Cancelled],
    };
    state.filings.insert(filing);
}

fn reviewed(state: &mut State, own: &ReviewSubsidy, seq: u64) {
    let next = SubsidyState::after(own.step);
    if let Some(filing) = state.filings.get_mut(&own.subsidy) {
        filing.trail.push(seq);
        filing.before.push(filing.state);
        filing.state = next;
    } else if let Some(line) = state.subsidies.get_mut(&own.subsidy) {
        line.trail.push(seq);
        line.before.push(line.state);
        line.state = next;
    }
}

/// The filing for a settlement period of a note; a guarantee fee is filed for the loan.
fn filing_of<'s>(state: &'s mut State, own: &ApproveSubsidy) -> Option<&'s mut Filing> {
    let loan = state.loans.get(&own.loan)?;
    let named = own.note.as_ref().filter(|_| own.programme != Programme::GuaranteeFee);
    let notes = loan.notes.iter().filter(|note| named.is_none_or(|id| note.id == *id));
    let same = |one: &&Subsidised| is_for(one, own.programme, &own.period);
    let id = notes.flat_map(|note| &note.filings).find(same)?.subsidy.clone();
    state.filings.get_mut(&id)
}

fn is_for(one: &Subsidised, programme: Programme, period: &str) -> bool {
    one.programme == programme && one.period == *period
}

/// A line is approved; the filing for it, if there is one, has its answer.
pub(super) fn approved(state: &mut State, own: &ApproveSubsidy, line: &Subsidy, seq: u64) {
    // A supplement adds to a line; the filing has had its answer.
    if let Some(filing) = filing_of(state, own).filter(|filing| filing.line.is_none()) {
        filing.trail.push(seq);
        filing.before.push(filing.state);
        filing.state = SubsidyState::Approved;
        filing.line = Some(line.id.clone());
    }
}

/// An approval is taken back; the filing waits again.
pub(super) fn unapproved(state: &mut State, own: &ApproveSubsidy, line: &Id) {
    let is_its = |filing: &&mut Filing| filing.line.as_ref() == Some(line);
    if let Some(filing) = filing_of(state, own).filter(is_its) {
        filing.trail.pop();
        filing.state = filing.before.pop().unwrap_or(filing.state);
        filing.line = None;
    }
}

pub(super) fn undo(state: &mut State, original: &Entry) {
    match &original.event.kind {
        Kind::ReviewClaim(own) => undo_claim(state, &own.claim, |_| {}),
        Kind::WithdrawClaim(own) => undo_claim(state, &own.claim, |_| {}),
        Kind::CloseClaim(own) => unclose(state, original, &own.claim),
        Kind::FileSubsidy(own) => unfile(state, original, own),
        Kind::ReviewSubsidy(own) => {
            if let Some(filing) = state.filings.get_mut(&own.subsidy) {
                filing.trail.pop();
                filing.state = filing.before.pop().unwrap_or(filing.state);
            } else if let Some(line) = state.subsidies.get_mut(&own.subsidy) {
                line.trail.pop();
                line.state = line.before.pop().unwrap_or(line.state);
            }
        }
        _ => {}
    }
}

/// The note gets back what left the register, in the class in which it stood.
pub(super) fn reopen(note: &mut Note, memo: &[Line]) {
    let classes =
        [Account::LoansNormal, Account::LoansExtended, Account::LoansOverdue, Account::LoansNpl];
    let left = classes.iter().map(|class| sum(memo, *class)).max().unwrap_or_default();
    note.balance = note.balance.add(left).unwrap_or_default();
    note.exposure = note.exposure.add(sum(memo, Account::Exposure)).unwrap_or_default();
    note.state = stood_in(memo).unwrap_or(note.state);
}

/// The claim is open again, and its note as it was.
fn unclose(state: &mut State, original: &Entry, claim: &Id) {
    undo_claim(state, claim, |_| {});
    if let Some(note) = claim_note(state, claim, 0) {
        reopen(note, &original.memo);
    }
    if let Some(loan) = state.claims.get(claim).map(|claim| claim.loan.clone()) {
        undo_loan_trail(state, &loan);
    }
}

fn unfile(state: &mut State, original: &Entry, own: &FileSubsidy) {
    let id = &original.event.id;
    if let Some(filing) = state.filings.get_mut(id) {
        filing.trail.pop();
        filing.state = filing.before.pop().unwrap_or(filing.state);
    }
    let note = state.loans.get_mut(&own.loan).and_then(|loan| note_mut(loan, own.note.as_ref()));
    if let Some(note) = note {
        note.filings.retain(|one| one.subsidy != *id);
    }
}
