//! The pool as a whole: released, run off, liquidated, closed; what was lost is shared back (E-82).

use super::enrolment::{check_stage, not_before, paid_in, wrong_state};
use super::funding::cell;
use super::{Decision, needless, out_of_range, owner, party, positive, within};
use crate::domain::account::{Account, Fund};
use crate::domain::apply::released;
use crate::domain::entry::Line;
use crate::domain::event::{Event, PartyKind, Release, Scope, ShareLoss, Source};
use crate::domain::field::Json;
use crate::domain::money::{Money, Total};
use crate::domain::pool::{
    Halt, PoolState, Standing, Sum, Suspension, Watch, owner_key, pool_state, stage,
};
use crate::domain::posting::{self, Draft, capital};
use crate::domain::rate::{Share, split};
use crate::domain::refusal::Reason;
use crate::domain::registry::Owner;
use crate::domain::state::State;
use crate::problem::Problem;
use serde_json::json;

/// Decisions about a pool rest on a document (invariant 24).
pub(super) fn documented(event: &Event) -> Result<(), Problem> {
    match event.document {
        Some(_) => Ok(()),
        None => Err(Reason::DocumentMissing.refuse().with("event", event.kind.word())),
    }
}

pub(super) fn release(state: &State, event: &Event, own: &Release) -> Result<Decision, Problem> {
    let rules = state.rules_on(event.date);
    let in_force = rules.and_then(|rules| rules.breaker).map(|breaker| breaker.scope.into());
    let scope: Option<Scope> = own.scope.or(in_force);
    let by_owner = matches!(scope, Some(Scope::Owner | Scope::BankOfOwner));
    if by_owner || event.owner.as_ref().is_some_and(|code| *code != *state.city()) {
        owner(state, event, None)?;
    }
    let of_bank = matches!(scope, Some(Scope::Bank | Scope::BankOfOwner));
    needless(event, &[("bank", own.bank.is_some() && !of_bank)])?;
    if let Some(bank) = &own.bank {
        party(state, bank, &[PartyKind::Bank])?;
    }
    let nothing = |of: String| {
        let scope = scope.map_or("-", Scope::code);
        Reason::NotSuspended.refuse().with("scope", scope).with("of", of)
    };
    let watch = released(state, event, own.scope, own.bank.as_ref());
    let watch = watch.ok_or_else(|| nothing("-".to_owned()))?;
    if let Some(owner) = &watch.owner {
        // A pool that ends takes no loans again.
        check_stage(state, event, owner, PoolState::may_take_loans)?;
    }
    if !is_stopped(state, event, &watch) {
        return Err(nothing(watch.place()));
    }
    documented(event)?;
    Ok(Decision::fact(event.owner.clone()).rules(rules.map(|rules| rules.id.clone())))
}

/// Whether enrolments of a scope are stopped, by an entry or by the rules in force.
fn is_stopped(state: &State, event: &Event, watch: &Watch) -> bool {
    let record = state.suspensions.get(&watch.id());
    if matches!(record.map(Suspension::standing), Some(Standing::Stopped(_))) {
        return true;
    }
    let breaker = state.rules_on(event.date).and_then(|rules| rules.breaker);
    let same = breaker.filter(|breaker| Scope::from(breaker.scope) == watch.scope);
    same.is_some_and(|breaker| {
        matches!(watch.halt(state, &breaker, event.date.year()).0, Halt::Stopped(_))
    })
}

/// The owner of a pool that moves on to another state, if it may.
fn moves<'s>(state: &'s State, event: &Event, to: PoolState) -> Result<&'s Owner, Problem> {
    let owner = owner(state, event, None)?;
    let found = pool_state(state, &owner.code, event.date);
    if !found.next().contains(&to) {
        let leads: fn(PoolState) -> bool = match to {
            PoolState::RunOff => |state| state.next().contains(&PoolState::RunOff),
            PoolState::Liquidating => |state| state.next().contains(&PoolState::Liquidating),
            _ => |state| state.next().contains(&PoolState::Closed),
        };
        return Err(wrong_state(event, &owner.code, found, leads));
    }
    documented(event)?;
    if let Some(stage) = stage(state, &owner.code) {
        not_before(stage.date, event.date)?;
    }
    Ok(owner)
}

pub(super) fn run_off(state: &State, event: &Event) -> Result<Decision, Problem> {
    let owner = moves(state, event, PoolState::RunOff)?;
    Ok(Decision::fact(Some(owner.code.clone())))
}

/// Every loan is settled and no claim waits; recoveries may be open.
pub(super) fn liquidate(state: &State, event: &Event) -> Result<Decision, Problem> {
    let owner = moves(state, event, PoolState::Liquidating)?;
    let balance = |account| state.balance(&owner.code, Fund::Risk, account, None);
    let loans = Total(state.sum(owner_key(state, Sum::Covered, 0, &owner.code)));
    let review = balance(Account::ClaimsInReview);
    let unpaid = -balance(Account::CompensationPayable);
    if [loans, review, unpaid].iter().any(|open| *open != Total::ZERO) {
        return Err(Reason::PoolLoansOpen
            .refuse()
            .with("owner", &owner.code)
            .with("loans", loans.grouped())
            .with("review", review.grouped())
            .with("unpaid", unpaid.grouped()));
    }
    Ok(Decision::fact(Some(owner.code.clone())))
}

/// Nothing is left: no money, no debts, no rights, no capital.
pub(super) fn close(state: &State, event: &Event) -> Result<Decision, Problem> {
    let owner = moves(state, event, PoolState::Closed)?;
    let cell = cell(owner, Fund::Risk);
    let is_capital =
        |account: Account| Source::ALL.iter().any(|source| capital(*source) == account);
    let left = |account: &Account| match account {
        account if account.is_cash() => {
            if *account == Fund::Risk.cash() {
                state.cash(&cell)
            } else {
                Total::ZERO
            }
        }
        // What the contributors have not had back; income and expense cancel out with the surplus
        // when nothing else is left.
        account if account.is_equity() && !is_capital(*account) => Total::ZERO,
        account if account.is_memo() => Total::ZERO,
        account => state.balance(&owner.code, Fund::Risk, *account, None),
    };
    if let Some(account) = Account::ALL.iter().find(|account| left(account) != Total::ZERO) {
        return Err(Reason::PoolNotEmpty
            .refuse()
            .with("owner", &owner.code)
            .with("account", account)
            .with("balance", left(account).grouped()));
    }
    Ok(Decision::fact(Some(owner.code.clone())))
}

/// Nothing moves in the risk pool of an owner that is closed.
pub(super) fn check_closed(
    state: &State,
    event: &Event,
    lines: &[Line],
    memo: &[Line],
) -> Result<(), Problem> {
    if state.pools.is_empty() {
        return Ok(());
    }
    let risk = lines.iter().chain(memo).filter(|line| line.fund == Fund::Risk);
    let closed = risk
        .map(|line| &line.owner)
        .find(|owner| stage(state, owner).is_some_and(|stage| stage.state == PoolState::Closed));
    match closed {
        Some(owner) => {
            Err(wrong_state(event, owner, PoolState::Closed, |state| state != PoolState::Closed))
        }
        None => Ok(()),
    }
}

/// What the pool has lost since it began, or gained: the surplus and all income and expense.
fn result(state: &State, owner: &Owner) -> Total {
    let equity = Account::ALL.iter().filter(|account| account.is_equity());
    let all: Total =
        equity.map(|account| -state.balance(&owner.code, Fund::Risk, *account, None)).sum();
    all - paid_in(state, &owner.code)
}

/// E-82: by what each source has paid in; the last source takes what rounding leaves.
pub(super) fn share_loss(
    state: &State,
    event: &Event,
    own: &ShareLoss,
) -> Result<Decision, Problem> {
    let ending = |state: PoolState| matches!(state, PoolState::RunOff | PoolState::Liquidating);
    let owner = owner(state, event, None)?;
    let found = pool_state(state, &owner.code, event.date);
    if !ending(found) {
        return Err(wrong_state(event, &owner.code, found, ending));
    }
    documented(event)?;
    let result = result(state, owner);
    let whole = Total(result.0.abs()).money().map_err(out_of_range)?;
    let amount = positive(own.amount.unwrap_or(whole))?;
    within(Account::Surplus, amount, whole)?;
    let capitals = Source::ALL.iter().filter_map(|source| {
        let paid = -state.balance(&owner.code, Fund::Risk, capital(*source), None);
        (paid > Total::ZERO).then_some((*source, paid))
    });
    let capitals: Vec<(Source, Total)> = capitals.collect();
    let total: Total = capitals.iter().map(|(_, paid)| *paid).sum();
    let loss = result < Total::ZERO;
    // Nobody loses more than was paid in; a gain needs somebody to have it.
    let room = if loss || capitals.is_empty() { total } else { Total::from(amount) };
    within(Account::Surplus, amount, room.money().map_err(out_of_range)?)?;
    let shares = capitals.iter().map(|(_, paid)| Share::new(paid.0, total.0));
    let shares: Vec<Share> = shares.collect::<Result<_, _>>().map_err(|_| out_of_range(range()))?;
    let parts = split(amount, &shares, shares.len().saturating_sub(1)).map_err(out_of_range)?;
    let parts: Vec<(Source, Money)> =
        capitals.iter().map(|(source, _)| *source).zip(parts).collect();
    let working = json!({
        "result": result.to_string(), "shared": amount, "paid_in": total.to_string(),
        "parts": parts.iter().map(|(source, part)| json!({
            "source": source.code(), "amount": part,
        })).collect::<Vec<_>>(),
    });
    let draft = parts
        .iter()
        .filter(|(_, part)| !part.is_zero())
        .fold(Draft::new(&cell(owner, Fund::Risk)), |draft, (source, part)| {
            posting::share_loss(draft.source(*source), *source, *part, loss)
        });
    Ok(Decision::entry(owner.code.clone(), draft).working(Json::new(&working)?))
}

fn range() -> crate::domain::money::MoneyError {
    crate::domain::money::MoneyError::Range
}
