//! Deposits of firms (助保金): received, refunded, used before any compensation (E-05 to E-07).

use super::claim::live_claim;
use super::loan::{draft, exposure, loan, may, note_may, noted};
use super::{Decision, bank_account, in_order, out_of_range, owner, positive, within};
use crate::domain::account::Fund;
use crate::domain::event::{ApplyDeposit, Event, ReceiveDeposit, RefundDeposit};
use crate::domain::loan::{Loan, NoteState};
use crate::domain::money::Money;
use crate::domain::posting::{self, Draft};
use crate::domain::refusal::Reason;
use crate::domain::registry::BankAccount;
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::problem::Problem;

fn account<'s>(
    state: &'s State,
    event: &Event,
    loan: &Loan,
    bank: &Id,
) -> Result<&'s BankAccount, Problem> {
    let owner = owner(state, event, Some(&loan.owner))?;
    bank_account(state, bank, owner, Some(Fund::Risk))
}

fn entry(loan: &Loan, draft: Draft) -> Decision {
    Decision::entry(loan.owner.clone(), draft).rules(loan.rules.clone())
}

/// A deposit belongs to the firm; its lines name firm and loan.
pub(super) fn deposit_draft(loan: &Loan) -> Draft {
    draft(loan).party(Some(&loan.firm))
}

pub(super) fn receive(
    state: &State,
    event: &Event,
    own: &ReceiveDeposit,
) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    let account = account(state, event, loan, &own.bank_account)?;
    may(state, loan, event.kind.word())?;
    let amount = positive(own.amount)?;
    Ok(entry(loan, posting::receive_deposit(deposit_draft(loan), &account.id, amount)))
}

/// How much of the deposit an event takes: as told, or all of it.
fn taken(loan: &Loan, amount: Option<Money>) -> Result<Money, Problem> {
    let amount = positive(amount.unwrap_or(loan.deposit))?;
    within(&loan.id, amount, loan.deposit)?;
    Ok(amount)
}

fn pay(loan: &Loan, draft: Draft, amount: Money) -> Decision {
    let cell = Cell { owner: loan.owner.clone(), fund: Fund::Risk };
    entry(loan, draft).payment(&cell, amount, loan.deposit)
}

/// The deposit is held until the last note is repaid or at its end, or the enrolment is revoked.
pub(super) fn refund(
    state: &State,
    event: &Event,
    own: &RefundDeposit,
) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    let account = account(state, event, loan, &own.bank_account)?;
    may(state, loan, event.kind.word())?;
    let ended = [NoteState::Repaid, NoteState::Closed];
    let repaid = loan.notes.iter().all(|note| ended.contains(&note.state));
    if loan.removed.is_none() && (loan.notes.is_empty() || !repaid) {
        return Err(Reason::DepositHeld
            .refuse()
            .with("loan", &loan.id)
            .with("deposit", loan.deposit.grouped())
            .with("balance", loan.balance().map_err(out_of_range)?.grouped()));
    }
    let amount = taken(loan, own.amount)?;
    let draft = posting::refund_deposit(deposit_draft(loan), &account.id, amount);
    Ok(pay(loan, draft, amount))
}

/// The deposit bears the loss before the pool does, so it is used before a claim is filed.
pub(super) fn apply(state: &State, event: &Event, own: &ApplyDeposit) -> Result<Decision, Problem> {
    let (loan, note) = noted(state, event, &own.loan, own.note.as_ref())?;
    let account = account(state, event, loan, &own.bank_account)?;
    note_may(state, loan, note, event.kind.word())?;
    in_order(("drawn", note.drawn), ("date", event.happened()), false)?;
    if let Some(claim) = live_claim(state, note) {
        return Err(Reason::ClaimDuplicate
            .refuse()
            .with("loan", &loan.id)
            .with("note", &note.id)
            .with("claim", claim));
    }
    let amount = positive(own.amount.unwrap_or(loan.deposit.min(note.balance)))?;
    within(&loan.id, amount, loan.deposit)?;
    if amount > note.balance {
        return Err(Reason::RepayAboveBalance
            .refuse()
            .with("loan", &loan.id)
            .with("note", &note.id)
            .with("balance", note.balance.grouped())
            .with("amount", amount.grouped()));
    }
    let balance = note.balance.sub(amount).map_err(out_of_range)?;
    let after = exposure(loan, note, balance)?.min(note.exposure);
    let released = note.exposure.sub(after).map_err(out_of_range)?;
    let draft =
        posting::apply_deposit(deposit_draft(loan), &account.id, note.state, amount, released);
    Ok(pay(loan, draft, amount))
}
