//! Withdrawals of contributors (退出): approved and paid (E-10, E-11).

use super::enrolment::leverage;
use super::funding::{cell, place, source_party};
use super::{Decision, fund_is, out_of_range, owner, positive, short, within};
use crate::domain::account::Fund;
use crate::domain::event::{ApproveWithdrawal, Event, PayWithdrawal};
use crate::domain::money::Total;
use crate::domain::posting::{self, Draft, capital};
use crate::domain::state::State;
use crate::problem::Problem;

pub(super) fn approve(
    state: &State,
    event: &Event,
    own: &ApproveWithdrawal,
) -> Result<Decision, Problem> {
    let owner = owner(state, event, None)?;
    source_party(state, own.party.as_ref())?;
    let cell = cell(owner, Fund::Risk);
    let amount = positive(own.amount)?;
    let account = capital(own.source);
    let paid_in = -state.balance(&owner.code, Fund::Risk, account, None);
    within(account, amount, paid_in.money().map_err(out_of_range)?)?;
    let rules = state.rules_on(event.date);
    // The pool that is left must still carry the loans.
    leverage(state, rules, &cell, (amount, event.date))?;
    let available = state.available(&cell);
    if Total::from(amount) > available {
        return Err(short(state, &cell, amount, state.reserved(&cell), available));
    }
    let draft = Draft::new(&cell).source(own.source).party(own.party.as_ref());
    let decision =
        Decision::entry(owner.code.clone(), posting::approve_withdrawal(draft, own.source, amount));
    Ok(decision.rules(rules.map(|rules| rules.id.clone())))
}

pub(super) fn pay(state: &State, event: &Event, own: &PayWithdrawal) -> Result<Decision, Problem> {
    let (owner, account, cell) = place(state, event, &own.bank_account, None)?;
    fund_is(event, account.fund, &[Fund::Risk])?;
    source_party(state, own.party.as_ref())?;
    let open = state.withdrawal(&owner.code, own.source).money().map_err(out_of_range)?;
    let amount = positive(own.amount.unwrap_or(open))?;
    within(own.source, amount, open)?;
    let draft = Draft::new(&cell).source(own.source).party(own.party.as_ref());
    let draft = posting::pay_withdrawal(draft, &account.id, amount);
    Ok(Decision::entry(owner.code.clone(), draft).payment(&cell, amount, open))
}
