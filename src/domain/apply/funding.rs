//! Records of deposits, withdrawals and unknown receipts.

use super::undo::stood_in;
use super::{note_mut, recovered, repaid, sum, undo_recovered, unpaid};
use crate::domain::account::Account;
use crate::domain::entry::Entry;
use crate::domain::event::{ExplainReceipt, Kind, Origin};
use crate::domain::loan::Loan;
use crate::domain::money::{Money, Total};
use crate::domain::registry::Receipt;
use crate::domain::state::State;
use crate::domain::text::Id;

pub(super) fn follow(state: &mut State, entry: &Entry) {
    let deposit = sum(&entry.lines, Account::FirmDeposits);
    match &entry.event.kind {
        Kind::ReceiveDeposit(own) => with_loan(state, &own.loan, entry.seq, |loan| {
            loan.deposit = loan.deposit.add(deposit).unwrap_or_default();
        }),
        Kind::RefundDeposit(own) => with_loan(state, &own.loan, entry.seq, |loan| {
            loan.deposit = loan.deposit.sub(deposit).unwrap_or_default();
        }),
        Kind::ApplyDeposit(own) => with_loan(state, &own.loan, entry.seq, |loan| {
            loan.deposit = loan.deposit.sub(deposit).unwrap_or_default();
            if let Some(note) = note_mut(loan, own.note.as_ref()) {
                repaid(note, entry.event.happened(), deposit, &entry.memo);
            }
        }),
        Kind::ApproveWithdrawal(_) | Kind::PayWithdrawal(_) => withdrawal(state, entry, |by| by),
        Kind::UnknownReceipt(own) => {
            let Some(owner) = entry.owner() else { return };
            let Some(line) = entry.lines.first() else { return };
            let fund = line.fund;
            state.receipts.insert(Receipt {
                id: entry.event.id.clone(),
                owner: owner.clone(),
                fund,
                bank_account: own.bank_account.clone(),
                received: entry.event.date,
                open: own.amount,
                trail: vec![entry.seq],
            });
        }
        Kind::ExplainReceipt(own) => explain(state, entry, own),
        _ => {}
    }
}

fn with_loan(state: &mut State, id: &Id, seq: u64, change: impl FnOnce(&mut Loan)) {
    if let Some(loan) = state.loans.get_mut(id) {
        loan.trail.push(seq);
        change(loan);
    }
}

/// What is approved and unpaid grows by an approval and shrinks by a payment.
fn withdrawal(state: &mut State, entry: &Entry, sign: fn(Total) -> Total) {
    let amount = Total::from(sum(&entry.lines, Account::WithdrawalPayable));
    let (source, by) = match &entry.event.kind {
        Kind::ApproveWithdrawal(own) => (own.source, amount),
        Kind::PayWithdrawal(own) => (own.source, -amount),
        _ => return,
    };
    if let Some(owner) = entry.owner() {
        state.add_withdrawal(owner, source, sign(by));
    }
}

fn explain(state: &mut State, entry: &Entry, own: &ExplainReceipt) {
    let amount = sum(&entry.lines, Account::UnknownReceipts);
    if let Some(receipt) = state.receipts.get_mut(&own.receipt) {
        receipt.trail.push(entry.seq);
        receipt.open = receipt.open.sub(amount).unwrap_or_default();
    }
    match (own.to, &own.loan, &own.claim) {
        (Origin::Contribution, _, _) => promised(state, entry, own, |taken| -taken),
        (Origin::Deposit, Some(loan), _) => with_loan(state, loan, entry.seq, |loan| {
            loan.deposit = loan.deposit.add(amount).unwrap_or_default();
        }),
        (Origin::Recovery, _, Some(claim)) => {
            recovered(state, entry, claim, own.gross.unwrap_or_default(), own.cost);
        }
        _ => {}
    }
}

/// What an explained contribution takes off the promise.
fn promised(state: &mut State, entry: &Entry, own: &ExplainReceipt, sign: fn(Total) -> Total) {
    let taken = Total::from(sum(&entry.memo, Account::Commitments));
    if let (Some(owner), Some(source)) = (entry.owner(), own.source) {
        state.add_commitment(owner, source, sign(taken));
    }
}

fn undo_loan(state: &mut State, id: &Id, change: impl FnOnce(&mut Loan)) {
    if let Some(loan) = state.loans.get_mut(id) {
        loan.trail.pop();
        change(loan);
    }
}

pub(super) fn undo(state: &mut State, original: &Entry) {
    let deposit = sum(&original.lines, Account::FirmDeposits);
    match &original.event.kind {
        Kind::ReceiveDeposit(own) => undo_loan(state, &own.loan, |loan| {
            loan.deposit = loan.deposit.sub(deposit).unwrap_or_default();
        }),
        Kind::RefundDeposit(own) => undo_loan(state, &own.loan, |loan| {
            loan.deposit = loan.deposit.add(deposit).unwrap_or_default();
        }),
        Kind::ApplyDeposit(own) => undo_loan(state, &own.loan, |loan| {
            loan.deposit = loan.deposit.add(deposit).unwrap_or_default();
            if let Some(note) = note_mut(loan, own.note.as_ref()) {
                unpaid(note, deposit, &original.memo);
                note.state = stood_in(&original.memo).unwrap_or(note.state);
            }
        }),
        Kind::ApproveWithdrawal(_) | Kind::PayWithdrawal(_) => {
            withdrawal(state, original, |by| -by);
        }
        Kind::UnknownReceipt(_) => {
            if let Some(receipt) = state.receipts.get_mut(&original.event.id) {
                receipt.trail.pop();
                receipt.open = Money::ZERO;
            }
        }
        Kind::ExplainReceipt(own) => undo_explain(state, original, own),
        _ => {}
    }
}

fn undo_explain(state: &mut State, original: &Entry, own: &ExplainReceipt) {
    let amount = sum(&original.lines, Account::UnknownReceipts);
    if let Some(receipt) = state.receipts.get_mut(&own.receipt) {
        receipt.trail.pop();
        receipt.open = receipt.open.add(amount).unwrap_or_default();
    }
    match (own.to, &own.loan, &own.claim) {
        (Origin::Contribution, _, _) => promised(state, original, own, |taken| taken),
        (Origin::Deposit, Some(loan), _) => undo_loan(state, loan, |loan| {
            loan.deposit = loan.deposit.sub(amount).unwrap_or_default();
        }),
        (Origin::Recovery, _, Some(claim)) => {
            undo_recovered(state, original, claim, own.gross.unwrap_or_default(), own.cost);
        }
        _ => {}
    }
}
