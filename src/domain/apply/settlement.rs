//! Records of the end of a paid claim.

use super::undo::{undo_claim, undo_loan_trail};
use super::{claim_note, sum, with_claim};
use crate::domain::account::Account;
use crate::domain::entry::Entry;
use crate::domain::event::Kind;
use crate::domain::money::Money;
use crate::domain::registry::{Claim, ClaimState};
use crate::domain::state::State;

/// What the lines say is to come back (1218.03).
fn due(entry: &Entry) -> Money {
    sum(&entry.lines, Account::CompensationRefund)
}

pub(super) fn follow(state: &mut State, entry: &Entry) {
    let due = due(entry);
    match &entry.event.kind {
        Kind::CancelRest(own) => {
            let rest = sum(&entry.lines, Account::Compensation);
            let mut base = Money::ZERO;
            with_claim(state, &own.claim, entry.seq, |claim| {
                claim.approved = claim.approved.sub(rest).unwrap_or_default();
                claim.cancelled = Some((entry.event.date, rest));
                claim.state = claim.standing();
                base = claim.principal().unwrap_or_default();
            });
            let released = sum(&entry.memo, Account::Exposure);
            if let Some(note) = claim_note(state, &own.claim, entry.seq) {
                note.exposure = note.exposure.sub(released).unwrap_or_default();
                note.compensated = note.compensated.add(base).unwrap_or_default();
            }
        }
        Kind::SettleClaim(own) => with_claim(state, &own.claim, entry.seq, |claim| {
            add_due(claim, due);
            claim.state = claim.standing();
        }),
        Kind::RevokeClaim(own) => with_claim(state, &own.claim, entry.seq, |claim| {
            add_due(claim, due);
            claim.state = ClaimState::Revoked;
        }),
        Kind::RefundClaim(own) => with_claim(state, &own.claim, entry.seq, |claim| {
            claim.refunded = claim.refunded.add(due).unwrap_or_default();
        }),
        Kind::RecoveryCost(own) => with_claim(state, &own.claim, entry.seq, |_| {}),
        _ => {}
    }
}

fn add_due(claim: &mut Claim, due: Money) {
    claim.refund_due = claim.refund_due.add(due).unwrap_or_default();
}

pub(super) fn undo(state: &mut State, original: &Entry) {
    let due = due(original);
    match &original.event.kind {
        Kind::CancelRest(own) => {
            let rest = sum(&original.lines, Account::Compensation);
            let mut base = Money::ZERO;
            undo_claim(state, &own.claim, |claim| {
                claim.approved = claim.approved.add(rest).unwrap_or_default();
                claim.cancelled = None;
                base = claim.principal().unwrap_or_default();
            });
            let released = sum(&original.memo, Account::Exposure);
            if let Some(note) = claim_note(state, &own.claim, 0) {
                note.exposure = note.exposure.add(released).unwrap_or_default();
                note.compensated = note.compensated.sub(base).unwrap_or_default();
            }
            if let Some(loan) = state.claims.get(&own.claim).map(|claim| claim.loan.clone()) {
                undo_loan_trail(state, &loan);
            }
        }
        Kind::SettleClaim(own) => undo_claim(state, &own.claim, |claim| take_due(claim, due)),
        Kind::RevokeClaim(own) => undo_claim(state, &own.claim, |claim| take_due(claim, due)),
        Kind::RefundClaim(own) => undo_claim(state, &own.claim, |claim| {
            claim.refunded = claim.refunded.sub(due).unwrap_or_default();
        }),
        Kind::RecoveryCost(own) => undo_claim(state, &own.claim, |_| {}),
        _ => {}
    }
}

fn take_due(claim: &mut Claim, due: Money) {
    claim.refund_due = claim.refund_due.sub(due).unwrap_or_default();
}
