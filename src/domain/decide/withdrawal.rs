//! Withdrawals of contributors (退出): approved and paid (E-10, E-11).

use super::funding::{cell, place, source_party};
use super::{Decision, fund_is, out_of_range, owner, positive, short, within};
use crate::domain::account::{Account, Fund};
use crate::domain::event::{ApproveWithdrawal, Event, PayWithdrawal, Source};
use crate::domain::money::{Money, Total};
use crate::domain::posting::{self, Draft, capital};
use crate::domain::refusal::Reason;
use crate::domain::rules::RuleSet;
use crate::domain::rules::words::{LeverageBase, LeverageCounts};
use crate::domain::state::{Cell, State};
use crate::problem::Problem;

/// The pool that is left must still carry the loans.
fn check_leverage(
    state: &State,
    rules: Option<&RuleSet>,
    cell: &Cell,
    amount: Money,
) -> Result<(), Problem> {
    let Some(leverage) = rules.and_then(|rules| rules.leverage) else { return Ok(()) };
    let balance = |account: Account| state.balance(&cell.owner, cell.fund, account, None);
    let pool = match leverage.base {
        LeverageBase::PaidIn => {
            let capital = Source::ALL.iter().map(|source| -balance(capital(*source)));
            capital.sum::<Total>()
        }
        LeverageBase::Balance => state.cash(cell),
    };
    let counted: &[Account] = match leverage.counts {
        LeverageCounts::LoanBalance => &[
            Account::LoansNormal,
            Account::LoansExtended,
            Account::LoansOverdue,
            Account::LoansNpl,
        ],
        LeverageCounts::PoolPart => &[Account::Exposure],
    };
    let loans: Total = counted.iter().map(|account| balance(*account)).sum();
    let left = pool - Total::from(amount);
    if loans.0 <= left.0.saturating_mul(i128::from(leverage.limit)) {
        return Ok(());
    }
    Err(Reason::LeverageLimit
        .refuse()
        .with("owner", &cell.owner)
        .with("loans", loans.grouped())
        .with("pool", left.grouped())
        .with("limit", leverage.limit))
}

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
    check_leverage(state, rules, &cell, amount)?;
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
