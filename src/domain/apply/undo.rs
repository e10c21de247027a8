//! Reversal: takes back what an entry did to its records; the lines are posted by the reversal.

use super::subsidy::{add_cap_use, paid_subsidy};
use super::*;

/// Takes back what an entry did to its records; the lines are posted by the reversal itself.
pub(super) fn undo(state: &mut State, original: &Entry) {
    let event = &original.event;
    match &event.kind {
        Kind::Commit(own) => {
            if let Some(owner) = original.owner() {
                state.add_commitment(owner, own.source, -Total::from(own.amount));
            }
        }
        Kind::Contribute(own) => {
            let taken = sum(&original.memo, Account::Commitments);
            if let Some(owner) = original.owner() {
                state.add_commitment(owner, own.source, taken.into());
            }
        }
        Kind::Qualify(_) | Kind::Disqualify(_) => qualification::undo(state, event),
        Kind::KeepCheckpoint(own) => checkpoint::undo(state, own, original.seq),
        Kind::ReceiveDeposit(_)
        | Kind::RefundDeposit(_)
        | Kind::ApplyDeposit(_)
        | Kind::ApproveWithdrawal(_)
        | Kind::PayWithdrawal(_)
        | Kind::UnknownReceipt(_)
        | Kind::ExplainReceipt(_) => funding::undo(state, original),
        Kind::FileClaim(own) => {
            if let Some(note) = claim_note(state, &own.claim, 0) {
                note.claims.retain(|id| *id != own.claim);
            }
            undo_loan_trail(state, &own.loan);
            undo_claim(state, &own.claim, |_| {});
        }
        Kind::ApproveClaim(own) => undo_claim(state, &own.claim, |claim| {
            claim.approved = Money::ZERO;
            claim.approved_on = None;
            claim.approval = 0;
        }),
        Kind::RejectClaim(own) => undo_claim(state, &own.claim, |_| {}),
        Kind::ApplyLoan(_) | Kind::RecommendLoan(_) | Kind::RejectLoan(_) => {
            application::undo(state, original);
        }
        Kind::ReviewClaim(_)
        | Kind::WithdrawClaim(_)
        | Kind::CloseClaim(_)
        | Kind::FileSubsidy(_)
        | Kind::ReviewSubsidy(_) => review::undo(state, original),
        Kind::PayClaim(own) => undo_payment(state, original, &own.claim),
        Kind::Recover(own) => {
            undo_recovered(state, original, &own.claim, own.gross, own.cost);
        }
        Kind::RecoverInKind(own) => undo_claim(state, &own.claim, |_| {}),
        Kind::WriteOff(own) => {
            let rest = sum(&original.lines, Account::RecoveryRight);
            undo_claim(state, &own.claim, |claim| {
                claim.written_off = claim.written_off.sub(rest).unwrap_or_default();
            });
        }
        Kind::CancelRest(_)
        | Kind::SettleClaim(_)
        | Kind::RevokeClaim(_)
        | Kind::RefundClaim(_)
        | Kind::RecoveryCost(_) => settlement::undo(state, original),
        Kind::ReturnSubsidy(_)
        | Kind::ReissueSubsidy(_)
        | Kind::ReduceSubsidy(_)
        | Kind::ClawBack(_)
        | Kind::ReceiveClawback(_)
        | Kind::OffsetClawback(_)
        | Kind::WriteOffClawback(_) => clawback::undo(state, original),
        Kind::ApproveSubsidy(_) | Kind::PaySubsidy(_) => undo_subsidy(state, original),
        Kind::Quota(_) => quota::undo(state, original),
        Kind::ChangeRules(own) => rules::undo(state, &own.loan),
        Kind::Correct(_) => corrected::undo(state, original),
        _ => undo_loan(state, original),
    }
}

/// Takes the last entry of a claim back; it stands again where it stood before.
pub(super) fn undo_claim(state: &mut State, id: &Id, change: impl FnOnce(&mut Claim)) {
    if let Some(claim) = state.claims.get_mut(id) {
        claim.trail.pop();
        change(claim);
        claim.state = claim.before.pop().unwrap_or(claim.state);
    }
}

pub(super) fn undo_loan_trail(state: &mut State, id: &Id) {
    if let Some(loan) = state.loans.get_mut(id) {
        loan.trail.pop();
    }
}

fn undo_payment(state: &mut State, original: &Entry, id: &Id) {
    let paid = sum(&original.lines, Account::CompensationPayable);
    let released = sum(&original.memo, Account::Exposure);
    let mut compensated = Money::ZERO;
    undo_claim(state, id, |claim| {
        if claim.paid == claim.approved {
            compensated = claim.principal().unwrap_or_default();
        }
        claim.paid = claim.paid.sub(paid).unwrap_or_default();
        claim.payments.pop();
    });
    if let Some(note) = claim_note(state, id, 0) {
        note.exposure = note.exposure.add(released).unwrap_or_default();
        note.compensated = note.compensated.sub(compensated).unwrap_or_default();
    }
    if let Some(loan) = state.claims.get(id).map(|claim| claim.loan.clone()) {
        undo_loan_trail(state, &loan);
    }
}

fn undo_subsidy(state: &mut State, original: &Entry) {
    match &original.event.kind {
        Kind::ApproveSubsidy(own) => {
            let id = &original.event.id;
            let Some(line) = state.subsidies.get_mut(id) else { return };
            line.state = line.before.pop().unwrap_or(SubsidyState::Cancelled);
            line.trail.pop();
            let line = line.clone();
            add_cap_use(state, &line, Money::negated);
            review::unapproved(state, own, id);
            let note =
                state.loans.get_mut(&own.loan).and_then(|loan| note_mut(loan, own.note.as_ref()));
            if let Some(note) = note {
                note.subsidised.retain(|line| line.subsidy != *id);
            }
            if let Some(first) = own.supplement.as_ref().and_then(|id| state.subsidies.get_mut(id))
            {
                first.trail.pop();
                first.state = first.before.pop().unwrap_or(first.state);
            }
        }
        Kind::PaySubsidy(own) => {
            let paid = paid_subsidy(original);
            if let Some(line) = state.subsidies.get_mut(&own.subsidy) {
                line.trail.pop();
                line.paid = line.paid.sub(paid).unwrap_or_default();
                line.state = line.before.pop().unwrap_or(line.state);
            }
        }
        _ => {}
    }
}

fn undo_loan(state: &mut State, original: &Entry) {
    let event = &original.event;
    let Some((id, note)) = event.kind.loan_fact() else { return };
    let Some(loan) = state.loans.get_mut(id) else { return };
    loan.trail.pop();
    untell(loan, note, original);
}

/// Takes back what an entry of the loan family did to its loan.
pub(super) fn untell(loan: &mut Loan, note: Option<&Id>, original: &Entry) {
    let event = &original.event;
    match &event.kind {
        Kind::Disburse(_) => {
            loan.notes.pop();
        }
        Kind::FeePaid(_) => {
            loan.fees.pop();
        }
        Kind::FeeRefunded(own) => {
            if let Some(fee) = fee_mut(loan, own.from) {
                fee.refunds.pop();
            }
        }
        Kind::Remove(_) => {
            loan.removed = None;
            for note in &mut loan.notes {
                let Some(Removal { state, balance, exposure }) = note.removed.take() else {
                    unreachable!("BUG: note {} was not there when its loan was removed", note.id)
                };
                (note.state, note.balance, note.exposure) = (state, balance, exposure);
            }
        }
        kind => {
            if let Some(note) = note_mut(loan, note) {
                undo_note(note, kind, &original.memo);
            }
        }
    }
}

/// The state in which a note stood, by the off-balance account that an entry took its balance from.
pub(super) fn stood_in(memo: &[Line]) -> Option<NoteState> {
    let credited = memo.iter().filter(|line| line.side == crate::domain::account::Side::Credit);
    credited.map(|line| line.account).find_map(|account| match account {
        Account::LoansNormal => Some(NoteState::Active),
        Account::LoansExtended => Some(NoteState::Extended),
        Account::LoansOverdue => Some(NoteState::Overdue),
        Account::LoansNpl => Some(NoteState::Npl),
        _ => None,
    })
}

fn undo_note(note: &mut Note, kind: &Kind, memo: &[Line]) {
    let stood = stood_in(memo).unwrap_or(note.state);
    match kind {
        Kind::Repay(own) => unpaid(note, own.amount, memo),
        Kind::InterestPaid(_) => {
            note.interest.pop();
        }
        Kind::OtherBenefit(_) => {
            note.others.pop();
        }
        Kind::Reprice(_) => {
            note.rates.pop();
        }
        Kind::Extend(_) => {
            note.extensions.pop();
        }
        Kind::Overdue(_) => {
            note.overdue.pop();
        }
        Kind::Npl(_) => note.npl = None,
        Kind::Cure(_) => {
            let Some(cure) = note.cures.pop() else { return };
            note.npl = cure.npl;
            if let Some((_, cured)) = note.overdue.last_mut().filter(|_| cure.overdue) {
                *cured = None;
            }
        }
        _ => {}
    }
    note.state = stood;
}
