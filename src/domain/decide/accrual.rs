//! Optional accruals at a period's end: interest of the pool (E-22), an estimate of subsidies (E-61).

use super::funding::{cell, place};
use super::{Decision, out_of_range, owner, positive, within};
use crate::domain::account::{Account, Fund};
use crate::domain::event::{AccrueInterest, EstimateSubsidy, Event, InterestOwner, PoolInterest};
use crate::domain::money::Money;
use crate::domain::posting::{self, Draft};
use crate::domain::state::State;
use crate::problem::Problem;

pub(super) fn interest(
    state: &State,
    event: &Event,
    own: &AccrueInterest,
) -> Result<Decision, Problem> {
    let (owner, _, cell) = place(state, event, &own.bank_account, own.fund)?;
    let draft = posting::accrue_interest(Draft::new(&cell), positive(own.amount)?);
    Ok(Decision::entry(owner.code.clone(), draft))
}

pub(super) fn subsidy(
    state: &State,
    event: &Event,
    own: &EstimateSubsidy,
) -> Result<Decision, Problem> {
    let owner = owner(state, event, None)?;
    let draft = Draft::new(&cell(owner, own.programme.fund()));
    let draft = posting::estimate_subsidy(draft, own.programme, positive(own.amount)?);
    Ok(Decision::entry(owner.code.clone(), draft))
}

/// What was accrued before for the interest that is credited now: at most what is open on 1216, and
/// nothing of interest that belongs to the treasury, which is never accrued. It may be more than
/// the bank credits.
pub(super) fn taken(
    state: &State,
    own: &PoolInterest,
    (code, fund): (&str, Fund),
    to: InterestOwner,
) -> Result<Money, Problem> {
    let Some(accrued) = own.accrued else { return Ok(Money::ZERO) };
    let open = match to {
        InterestOwner::Pool => state.balance(code, fund, Account::InterestReceivable, None),
        InterestOwner::Treasury => Money::ZERO.into(),
    };
    let open = open.money().map_err(out_of_range)?;
    within(Account::InterestReceivable, accrued, open)?;
    Ok(accrued)
}
