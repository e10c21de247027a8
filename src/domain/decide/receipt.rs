//! Unknown receipts (待查收款): money that arrived, and what it turned out to be (E-14, E-15).

use super::claim::{self, Recovery};
use super::deposit::deposit_draft;
use super::funding::{place, source_party};
use super::loan::may;
use super::{Decision, fund_is, in_order, needless, owner, positive, within};
use crate::domain::account::{Account, Fund};
use crate::domain::event::{Event, ExplainReceipt, Origin, Source, UnknownReceipt};
use crate::domain::field::Json;
use crate::domain::loan::Loan;
use crate::domain::money::{Money, Total};
use crate::domain::posting::{self, Draft};
use crate::domain::refusal::Reason;
use crate::domain::registry::Receipt;
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::problem::Problem;
use serde_json::json;

pub(super) fn unknown(
    state: &State,
    event: &Event,
    own: &UnknownReceipt,
) -> Result<Decision, Problem> {
    let (owner, account, cell) = place(state, event, &own.bank_account, own.fund)?;
    let amount = positive(own.amount)?;
    let draft = posting::unknown_receipt(Draft::new(&cell), account.fund, &account.id, amount);
    Ok(Decision::entry(owner.code.clone(), draft))
}

/// A field that only some origins need.
fn needed<T>(value: Option<T>, field: &'static str) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::data("field-missing").with("field", field).in_column(field))
}

/// A loan or claim must be of the owner who received the money.
fn same_owner(receipt: &Receipt, other: &Id) -> Result<(), Problem> {
    if receipt.owner == *other {
        return Ok(());
    }
    Err(Reason::LoanOwner.refuse().with("given", &receipt.owner).with("owner", other))
}

/// What only another origin needs is not taken: a deposit names its loan, a recovery its claim and
/// sums, and both tell the party by themselves.
fn unused(event: &Event, own: &ExplainReceipt) -> Result<(), Problem> {
    let (deposit, recovery) = (own.to == Origin::Deposit, own.to == Origin::Recovery);
    let sourced = matches!(own.to, Origin::Contribution | Origin::SubsidyBudget);
    needless(
        event,
        &[
            ("source", own.source.is_some() && !sourced),
            ("loan", own.loan.is_some() && !deposit),
            ("claim", own.claim.is_some() && !recovery),
            ("gross", own.gross.is_some() && !recovery),
            ("cost", own.cost.is_some() && !recovery),
            ("party", own.party.is_some() && (deposit || recovery)),
        ],
    )
}

/// The facts of the origin stand in the entry; the value date stays that of the receipt.
pub(super) fn explain(
    state: &State,
    event: &Event,
    own: &ExplainReceipt,
) -> Result<Decision, Problem> {
    let unknown = || Reason::ReceiptUnknown.refuse().with("receipt", &own.receipt);
    let receipt = state.receipts.get(&own.receipt).ok_or_else(unknown)?;
    let owner = owner(state, event, Some(&receipt.owner))?;
    unused(event, own)?;
    source_party(state, own.party.as_ref())?;
    in_order(("received", receipt.received), ("date", event.date), false)?;
    let amount = positive(own.amount.unwrap_or(receipt.open))?;
    within(&receipt.id, amount, receipt.open)?;
    let (draft, recovery) = explained(state, event, own, receipt, amount)?;
    let mut working = recovery.unwrap_or_else(|| json!({}));
    if let Some(object) = working.as_object_mut() {
        object.insert("value_date".to_owned(), json!(receipt.received.to_string()));
    }
    let decision = Decision::entry(owner.code.clone(), draft).working(Json::new(&working)?);
    if own.to == Origin::Payer {
        let cell = Cell { owner: receipt.owner.clone(), fund: receipt.fund };
        return Ok(decision.payment(&cell, amount, receipt.open));
    }
    Ok(decision)
}

/// The lines, and the working of a recovery.
fn explained(
    state: &State,
    event: &Event,
    own: &ExplainReceipt,
    receipt: &Receipt,
    amount: Money,
) -> Result<(Draft, Option<serde_json::Value>), Problem> {
    let cell = Cell { owner: receipt.owner.clone(), fund: receipt.fund };
    let draft = Draft::new(&cell).party(own.party.as_ref());
    let post = |draft: Draft, to: Account| {
        posting::explain_receipt(draft, to, &receipt.bank_account, amount)
    };
    Ok(match own.to {
        Origin::Contribution => {
            fund_is(event, receipt.fund, &[Fund::Risk])?;
            let source = needed(own.source, "source")?;
            let open = state.commitment(&receipt.owner, source).max(Total::ZERO);
            let committed = open.min(amount.into()).money().unwrap_or(Money::ZERO);
            let draft = post(draft.source(source), posting::capital(source));
            (draft.release(Account::Commitments, committed), None)
        }
        Origin::SubsidyBudget => {
            fund_is(event, receipt.fund, &[Fund::Interest, Fund::Fee])?;
            let draft = draft.source(own.source.unwrap_or(Source::County));
            (post(draft, posting::budget_income(receipt.fund)), None)
        }
        Origin::Interest => (post(draft, Account::InterestIncome), None),
        Origin::Treasury => (post(draft, Account::TreasuryPayable), None),
        Origin::Deposit => {
            fund_is(event, receipt.fund, &[Fund::Risk])?;
            let loan: &Loan = loan_of(state, own)?;
            same_owner(receipt, &loan.owner)?;
            may(state, loan, "receive-deposit")?;
            (post(deposit_draft(loan), Account::FirmDeposits), None)
        }
        Origin::Recovery => {
            fund_is(event, receipt.fund, &[Fund::Risk])?;
            let (draft, working) = recovered(state, event, own, receipt, amount)?;
            (draft, Some(working))
        }
        Origin::Payer => (post(draft, receipt.fund.cash()), None),
    })
}

fn loan_of<'s>(state: &'s State, own: &ExplainReceipt) -> Result<&'s Loan, Problem> {
    let id = needed(own.loan.as_ref(), "loan")?;
    state.loans.get(id).ok_or_else(|| Reason::LoanUnknown.refuse().with("loan", id))
}

/// The bank remitted the pool's share of a recovery, which must be what arrived.
fn recovered(
    state: &State,
    event: &Event,
    own: &ExplainReceipt,
    receipt: &Receipt,
    amount: Money,
) -> Result<(Draft, serde_json::Value), Problem> {
    let claim = claim::claim(state, event, needed(own.claim.as_ref(), "claim")?)?;
    same_owner(receipt, &claim.owner)?;
    let gross = needed(own.gross, "gross")?;
    let Recovery { share, right, written_off, working } =
        claim::recovery(state, event, claim, gross, own.cost)?;
    if share != amount {
        return Err(Reason::ReceiptShare
            .refuse()
            .with("receipt", &receipt.id)
            .with("claim", &claim.id)
            .with("share", share.grouped())
            .with("amount", amount.grouped()));
    }
    let draft = claim::claim_draft(state, claim);
    let draft =
        posting::explain_receipt(draft, Account::RecoveryIncome, &receipt.bank_account, amount);
    Ok((posting::close_right(draft, right, written_off), working))
}
