//! A loan that goes over to other rules (E-38).

use crate::domain::decide::sharing_of;
use crate::domain::entry::Entry;
use crate::domain::event::ChangeRules;
use crate::domain::loan::{Loan, RulesChange};
use crate::domain::rate::Share;
use crate::domain::registry::LossShares;
use crate::domain::state::State;
use crate::domain::text::Id;

pub(super) fn follow(state: &mut State, entry: &Entry, own: &ChangeRules) {
    let Some(loan) = state.loans.get(&own.loan) else { return };
    let was = (loan.rules.clone(), loan.share);
    let under = Loan { rules: Some(own.to_rules.clone()), ..loan.clone() };
    // `decide` has refused rules that leave the shares open; a forged entry keeps the old share.
    let share = match sharing_of(state, &under) {
        Ok(LossShares { shares: [pool, ..], .. }) => pool,
        Err(_) => was.1,
    };
    let Some(loan) = state.loans.get_mut(&own.loan) else { return };
    let now = (own.to_rules.clone(), share);
    put(loan, (Some(now.0.clone()), share));
    loan.changes.push(RulesChange { entry: entry.seq, was, now });
    loan.trail.push(entry.seq);
}

pub(super) fn undo(state: &mut State, loan: &Id) {
    let Some(loan) = state.loans.get_mut(loan) else { return };
    loan.trail.pop();
    if let Some(change) = loan.changes.pop() {
        put(loan, change.was);
    }
}

/// Goes back to before an entry that changed the rules, which stays in the list.
pub(super) fn back(loan: &mut Loan, entry: u64) {
    let change = loan.changes.iter().find(|change| change.entry == entry);
    if let Some(was) = change.map(|change| change.was.clone()) {
        put(loan, was);
    }
}

/// Goes over once more, after [`back`].
pub(super) fn forth(loan: &mut Loan, entry: u64) {
    let change = loan.changes.iter().find(|change| change.entry == entry);
    if let Some((rules, share)) = change.map(|change| change.now.clone()) {
        put(loan, (Some(rules), share));
    }
}

/// Puts a loan under rules. Nothing is compensated of it: a claim that counts stands in the way.
fn put(loan: &mut Loan, (rules, share): (Option<Id>, Share)) {
    (loan.rules, loan.share) = (rules, share);
    for note in &mut loan.notes {
        note.exposure = share.of(note.balance).unwrap_or_default();
    }
}
