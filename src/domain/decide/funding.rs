//! Funding and cost of the pools: E-01 to E-04, E-08, E-09, E-12, E-13, E-20, E-21, E-24,
//! E-25, E-60, E-73.

use super::accrual::taken;
use super::enrolment::check_fee;
use super::{
    Decision, bank_account, fund_is, out_of_range, owner, owner_of_code, party, positive, within,
};
use crate::domain::account::{Account, Fund};
use crate::domain::event::{
    BankCharge, Budget, Commit, Contribute, Event, InterestOwner, Move, PartyKind, PayTreasury,
    PoolInterest, ReturnBudget, Source, Transfer, TrusteeFee,
};
use crate::domain::money::{Money, Total};
use crate::domain::pool::{budget_back_key, budget_key};
use crate::domain::posting::{self, Draft};
use crate::domain::refusal::Reason;
use crate::domain::registry::{BankAccount, Owner};
use crate::domain::rules::words::SMALL_CHARGE_MAX;
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::limits::YEAR_MAX;
use crate::problem::Problem;

pub(super) fn cell(owner: &Owner, fund: Fund) -> Cell {
    Cell { owner: owner.code.clone(), fund }
}

/// Owner, bank account and cell of an event on one bank account.
pub(super) fn place<'s>(
    state: &'s State,
    event: &Event,
    bank: &Id,
    fund: Option<Fund>,
) -> Result<(&'s Owner, &'s BankAccount, Cell), Problem> {
    let holder = state.bank_accounts.get(bank).map(|account| &account.owner);
    let known = if event.owner.is_none() { holder } else { None };
    let owner = owner(state, event, known)?;
    let account = bank_account(state, bank, owner, fund)?;
    Ok((owner, account, cell(owner, account.fund)))
}

pub(super) fn source_party(state: &State, id: Option<&Id>) -> Result<(), Problem> {
    match id {
        Some(id) => party(state, id, PartyKind::ALL).map(|_| ()),
        None => Ok(()),
    }
}

pub(super) fn commit(state: &State, event: &Event, own: &Commit) -> Result<Decision, Problem> {
    let owner = owner(state, event, None)?;
    let fund = own.fund.unwrap_or(Fund::Risk);
    fund_is(event, fund, &[Fund::Risk])?;
    source_party(state, own.party.as_ref())?;
    let draft = Draft::new(&cell(owner, fund)).source(own.source).party(own.party.as_ref());
    Ok(Decision::entry(owner.code.clone(), posting::commit(draft, positive(own.amount)?)))
}

pub(super) fn contribute(
    state: &State,
    event: &Event,
    own: &Contribute,
) -> Result<Decision, Problem> {
    let (owner, account, cell) = place(state, event, &own.bank_account, own.fund)?;
    fund_is(event, account.fund, &[Fund::Risk])?;
    source_party(state, own.party.as_ref())?;
    let amount = positive(own.amount)?;
    let open = state.commitment(&owner.code, own.source).max(Total::ZERO);
    let committed = open.min(amount.into()).money().unwrap_or(Money::ZERO);
    let draft = Draft::new(&cell).source(own.source).party(own.party.as_ref());
    let draft = posting::contribute(draft, own.source, &account.id, amount, committed);
    Ok(Decision::entry(owner.code.clone(), draft))
}

/// The funds that live on a budget: compensation too where an owner has a quota (E-46).
fn budgeted(state: &State, owner: &Owner) -> &'static [Fund] {
    let subsidies = &[Fund::Interest, Fund::Fee];
    if state.has_quota(&owner.code) { &Fund::ALL } else { subsidies }
}

pub(super) fn budget(state: &State, event: &Event, own: &Budget) -> Result<Decision, Problem> {
    let (owner, account, cell) = place(state, event, &own.bank_account, own.fund)?;
    fund_is(event, account.fund, budgeted(state, owner))?;
    let draft = Draft::new(&cell).source(own.source.unwrap_or(Source::County));
    let draft = posting::budget(draft, account.fund, &account.id, positive(own.amount)?);
    Ok(Decision::entry(owner.code.clone(), draft))
}

/// What is left of a budget goes back in one entry: owed and paid.
pub(super) fn return_budget(
    state: &State,
    event: &Event,
    own: &ReturnBudget,
) -> Result<Decision, Problem> {
    let (owner, account, cell) = place(state, event, &own.bank_account, own.fund)?;
    fund_is(event, account.fund, budgeted(state, owner))?;
    let amount = positive(own.amount)?;
    let source = own.source.unwrap_or(Source::County);
    let draft = Draft::new(&cell).source(source);
    let prior_year = own.prior_year.unwrap_or(false);
    check_given(state, (owner, &cell, source), (event.date.year(), prior_year), amount)?;
    let draft = posting::return_budget(draft, account.fund, &account.id, amount, prior_year);
    Ok(Decision::entry(owner.code.clone(), draft).payment(&cell, amount, Money::ZERO))
}

/// Whether an account takes budgets in.
pub(super) fn is_budget(account: Account) -> bool {
    Fund::ALL.iter().any(|fund| posting::budget_income(*fund) == account)
}

/// What a year may give back to a source: of its own budget, or of the budgets before it (`prior`).
/// What goes back in a year of earlier ones stays covered by what those gave and kept, year by year,
/// in whatever order it is recorded. Cost: two look-ups a year since the owner joined.
pub(super) fn returnable(
    state: &State,
    (owner, cell, source): (&Owner, &Cell, Source),
    (year, prior): (i16, bool),
) -> Total {
    let given = |year: i16| Total(state.sum(budget_key(state, cell, source, year)));
    let back = |year: i16| Total(state.sum(budget_back_key(state, cell, source, year)));
    let mut kept = Total::ZERO;
    let mut least = (!prior).then(|| given(year));
    for of in owner.joined.year()..=YEAR_MAX {
        // At the end of a year, what the years before it gave and have not had taken back.
        kept = kept - back(of);
        if of > year || prior && of == year {
            least = Some(least.map_or(kept, |least| least.min(kept)));
        }
        kept += given(of);
    }
    least.unwrap_or(Total::ZERO)
}

/// A source gets back at most what it gave and still has in the fund: of the year, or of the years
/// before.
fn check_given(
    state: &State,
    (owner, cell, source): (&Owner, &Cell, Source),
    (year, prior): (i16, bool),
    amount: Money,
) -> Result<(), Problem> {
    let open = |prior: bool| returnable(state, (owner, cell, source), (year, prior));
    if Total::from(amount) <= open(prior) {
        return Ok(());
    }
    let years = |prior: bool| if prior { format!("<{year}") } else { year.to_string() };
    Err(Reason::BudgetNotGiven
        .refuse()
        .with("owner", &owner.code)
        .with("fund", cell.fund)
        .with("source", source.code())
        .with("amount", amount.grouped())
        .with("years", years(prior))
        .with("given", open(prior).max(Total::ZERO).grouped())
        .with("other_years", years(!prior))
        .with("other", open(!prior).max(Total::ZERO).grouped()))
}

/// A transfer between owners rests on a decision document (invariant 15).
pub(super) fn transfer(state: &State, event: &Event, own: &Transfer) -> Result<Decision, Problem> {
    let (owner, from, paying) = place(state, event, &own.bank_account, own.fund)?;
    let to_owner = owner_of_code(state, event, &own.to_owner)?;
    if to_owner.code == owner.code {
        return Err(Reason::BankAccountOwner
            .refuse()
            .with("bank_account", &own.bank_account)
            .with("holder", &owner.code)
            .with("owner", &to_owner.code));
    }
    let to = own.to_bank_account.as_ref().unwrap_or(&own.bank_account);
    let to = bank_account(state, to, to_owner, Some(from.fund))?;
    let amount = positive(own.amount)?;
    if event.document.is_none() {
        return Err(Reason::DocumentMissing.refuse().with("event", event.kind.word()));
    }
    let receiving = Draft::new(&cell(to_owner, from.fund));
    let draft =
        posting::transfer(Draft::new(&paying), receiving, from.fund, &from.id, &to.id, amount);
    Ok(Decision::entry(owner.code.clone(), draft).payment(&paying, amount, Money::ZERO))
}

pub(super) fn move_money(state: &State, event: &Event, own: &Move) -> Result<Decision, Problem> {
    let (owner, from, cell) = place(state, event, &own.from_bank_account, own.fund)?;
    let to = bank_account(state, &own.to_bank_account, owner, Some(from.fund))?;
    let amount = positive(own.amount)?;
    let draft = posting::move_money(Draft::new(&cell), from.fund, &from.id, &to.id, amount);
    Ok(Decision::entry(owner.code.clone(), draft))
}

/// Who owns the interest: the event says, else the rules in force, else it stays in the pool.
pub(super) fn pool_interest(
    state: &State,
    event: &Event,
    own: &PoolInterest,
) -> Result<Decision, Problem> {
    let (owner, account, cell) = place(state, event, &own.bank_account, own.fund)?;
    let rules = state.rules_on(event.date);
    let to = own.to.or(rules.map(|rules| rules.pool_interest)).unwrap_or(InterestOwner::Pool);
    let amount = positive(own.amount)?;
    let accrued = taken(state, own, (&owner.code, account.fund), to)?;
    let credited = accrued.min(amount);
    let short = accrued.sub(credited).map_err(out_of_range)?;
    let parts = (credited, amount.sub(credited).map_err(out_of_range)?);
    let draft = posting::pool_interest(Draft::new(&cell), account.fund, &account.id, parts, to);
    let draft = posting::accrued_too_much(draft, short);
    let rules = rules.filter(|_| own.to.is_none()).map(|rules| rules.id.clone());
    Ok(Decision::entry(owner.code.clone(), draft).rules(rules))
}

/// What stands on 2103 is paid over: as much as told, or all of it.
pub(super) fn pay_treasury(
    state: &State,
    event: &Event,
    own: &PayTreasury,
) -> Result<Decision, Problem> {
    let (owner, account, cell) = place(state, event, &own.bank_account, own.fund)?;
    let owed = -state.balance(&owner.code, account.fund, Account::TreasuryPayable, None);
    let owed = owed.money().map_err(out_of_range)?;
    let amount = positive(own.amount.unwrap_or(owed))?;
    within(Account::TreasuryPayable, amount, owed)?;
    let draft = posting::pay_treasury(Draft::new(&cell), account.fund, &account.id, amount);
    Ok(Decision::entry(owner.code.clone(), draft).payment(&cell, amount, owed))
}

/// The largest charge that its maker records alone, by the rules in force.
fn small_charge(state: &State, event: &Event) -> Money {
    state.rules_on(event.date).map_or(SMALL_CHARGE_MAX, |rules| rules.small_charge_max)
}

/// The bank takes its charge by itself, so it is not held to what is available; a large one is money
/// out like any other and takes a checker.
pub(super) fn bank_charge(
    state: &State,
    event: &Event,
    own: &BankCharge,
) -> Result<Decision, Problem> {
    let (owner, account, cell) = place(state, event, &own.bank_account, own.fund)?;
    let amount = positive(own.amount)?;
    let draft = posting::bank_charge(Draft::new(&cell), account.fund, &account.id, amount);
    let large = amount > small_charge(state, event);
    Ok(Decision::entry(owner.code.clone(), draft).money_out(large))
}

pub(super) fn trustee_fee(
    state: &State,
    event: &Event,
    own: &TrusteeFee,
) -> Result<Decision, Problem> {
    let (owner, account, cell) = place(state, event, &own.bank_account, own.fund)?;
    let amount = positive(own.amount)?;
    let tested = match account.fund {
        Fund::Risk => check_fee(state, event, owner, amount)?,
        _ => None,
    };
    let draft = posting::trustee_fee(Draft::new(&cell), account.fund, &account.id, amount);
    let decision = Decision::entry(owner.code.clone(), draft).payment(&cell, amount, Money::ZERO);
    let decision = decision.money_out(amount > small_charge(state, event));
    Ok(match tested {
        Some((rules, working)) => decision.rules(Some(rules)).working(working),
        None => decision,
    })
}
