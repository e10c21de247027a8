//! Transfers between pools settled (E-12), and a new custodian of a bank account (E-13).

use super::enrolment::leverage;
use super::funding::cell;
use super::pool::documented;
use super::{
    Decision, bank_account, fund_is, needless, out_of_range, owner, owner_of_code, positive, within,
};
use crate::domain::account::Fund;
use crate::domain::event::{ChangeCustodian, Event, SettleTransfer, Settlement};
use crate::domain::money::{Money, Total};
use crate::domain::pool::inter_pool_key;
use crate::domain::posting::{self, Draft, capital};
use crate::domain::refusal::Reason;
use crate::domain::registry::Owner;
use crate::domain::state::State;
use crate::domain::text::Id;
use crate::problem::Problem;

/// A transfer is settled up to what is open between the two owners.
pub(super) fn settle_transfer(
    state: &State,
    event: &Event,
    own: &SettleTransfer,
) -> Result<Decision, Problem> {
    let lender = owner(state, event, None)?;
    let debtor = owner_of_code(state, event, &own.to_owner)?;
    let fund = own.fund.unwrap_or(Fund::Risk);
    documented(event)?;
    let fund_settled = own.settlement == Settlement::Fund;
    needless(
        event,
        &[
            ("source", own.source.is_some() && !fund_settled),
            ("bank_account", own.bank_account.is_some() && fund_settled),
            ("to_bank_account", own.to_bank_account.is_some() && fund_settled),
        ],
    )?;
    let pair = [lender.code.as_str(), debtor.code.as_str()];
    let open = Total(state.sum(inter_pool_key(state, fund, pair))).max(Total::ZERO);
    let open = open.money().map_err(out_of_range)?;
    let amount = positive(own.amount.unwrap_or(open))?;
    within(format_args!("{} -> {}", lender.code, debtor.code), amount, open)?;
    let (lending, owing) = (cell(lender, fund), cell(debtor, fund));
    let drafts = (Draft::new(&lending), Draft::new(&owing));
    if own.settlement == Settlement::Fund {
        fund_is(event, fund, &[Fund::Risk])?;
        let missing = || Problem::data("field-missing").with("field", "source");
        let source = own.source.ok_or_else(|| missing().in_column("source"))?;
        let paid_in = -state.balance(&lender.code, fund, capital(source), None);
        within(capital(source), amount, paid_in.max(Total::ZERO).money().map_err(out_of_range)?)?;
        let rules = state.rules_on(event.date);
        leverage(state, rules, &lending, (amount, event.date))?;
        let (lending, owing) = (drafts.0.source(source), drafts.1.source(source));
        let draft = posting::fund_transfer(lending, owing, source, amount);
        return Ok(Decision::entry(lender.code.clone(), draft));
    }
    let missing = || Problem::data("field-missing").with("field", "bank_account");
    let to = own.bank_account.as_ref().ok_or_else(|| missing().in_column("bank_account"))?;
    let from = own.to_bank_account.as_ref().unwrap_or(to);
    let to = bank_account(state, to, lender, Some(fund))?;
    let from = bank_account(state, from, debtor, Some(fund))?;
    let draft = posting::repay_transfer(drafts.0, drafts.1, fund, (&to.id, &from.id), amount);
    Ok(Decision::entry(lender.code.clone(), draft).payment(&owing, amount, Money::ZERO))
}

/// Every cell's money goes from one bank account to the other, in one entry.
pub(super) fn change_custodian(
    state: &State,
    event: &Event,
    own: &ChangeCustodian,
) -> Result<Decision, Problem> {
    let unknown = |id: &Id| Reason::BankAccountUnknown.refuse().with("bank_account", id);
    let from = state.bank_accounts.get(&own.from_bank_account);
    let from = from.ok_or_else(|| unknown(&own.from_bank_account))?;
    let balance =
        |owner: &Owner| state.balance(&owner.code, from.fund, from.fund.cash(), Some(&from.id));
    let mut draft: Option<Draft> = None;
    let mut first: Option<&Owner> = None;
    for owner in state.owners.iter().filter(|owner| balance(owner) > Total::ZERO) {
        let owner = owner_of_code(state, event, &owner.code)?;
        let to = bank_account(state, &own.to_bank_account, owner, Some(from.fund))?;
        let amount = balance(owner).money().map_err(out_of_range)?;
        let cell = Draft::new(&cell(owner, from.fund));
        let moved = posting::move_money(cell, from.fund, &from.id, &to.id, amount);
        draft = Some(match draft {
            Some(draft) => draft.and(moved),
            None => moved,
        });
        first = first.or(Some(owner));
    }
    let (Some(draft), Some(first)) = (draft, first) else {
        return Err(Reason::AmountZero.refuse());
    };
    if own.from_bank_account == own.to_bank_account {
        return Err(Reason::AmountZero.refuse());
    }
    documented(event)?;
    // The voucher is numbered with the account's own owner, where it takes part.
    let holder = state.owners.get(&from.owner).unwrap_or(first);
    if let Some(given) = &event.owner
        && *given != holder.code
    {
        owner_of_code(state, event, given)?;
    }
    let numbered = event.owner.as_ref().filter(|given| state.owners.get(given).is_some());
    let numbered = numbered.unwrap_or(&holder.code).clone();
    Ok(Decision::entry(numbered, draft))
}
