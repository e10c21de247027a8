//! Records of caps and quotas: what claims use, what banks have lent, what was set.

use crate::domain::account::Account;
use crate::domain::cap::{self, Quota};
use crate::domain::entry::Entry;
use crate::domain::event::Kind;
use crate::domain::state::State;

/// The claim that an event changes.
/// Changes the records of an event, and the counters of its claim by the difference.
pub(super) fn counted(state: &mut State, kind: &Kind, change: impl FnOnce(&mut State)) {
    let Some(claim) = kind.claim() else { return change(state) };
    let before = state.claims.get(claim).map(|claim| cap::items(state, claim)).unwrap_or_default();
    change(state);
    cap::moved(state, claim, &before);
}

/// The enrolled balance of each bank by year, out of the lines of the register (9101 to 9104).
pub(super) fn count_banks(state: &mut State, entry: &Entry) {
    for line in &entry.memo {
        let lent = matches!(
            line.account,
            Account::LoansNormal
                | Account::LoansExtended
                | Account::LoansOverdue
                | Account::LoansNpl
        );
        if let Some(loan) = line.loan.as_ref().filter(|_| lent) {
            state.add_bank_balance(loan, entry.event.date.year(), line.signed());
        }
    }
}

pub(super) fn follow(state: &mut State, entry: &Entry) {
    let (Kind::Quota(own), Some(owner)) = (&entry.event.kind, entry.owner()) else { return };
    let id = Quota::id(owner, own.year.0);
    if state.quotas.get(&id).is_none() {
        let (owner, year) = (owner.clone(), own.year.0);
        let (amounts, trail) = (Vec::new(), Vec::new());
        state.quotas.insert(Quota { id: id.clone(), owner, year, amounts, trail });
    }
    if let Some(quota) = state.quotas.get_mut(&id) {
        quota.amounts.push(own.amount);
        quota.trail.push(entry.seq);
    }
}

pub(super) fn undo(state: &mut State, original: &Entry) {
    let (Kind::Quota(own), Some(owner)) = (&original.event.kind, original.owner()) else { return };
    if let Some(quota) = state.quotas.get_mut(&Quota::id(owner, own.year.0)) {
        quota.amounts.pop();
        quota.trail.pop();
    }
}
