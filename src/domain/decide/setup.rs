//! Set-up: owners, parties, bank accounts, rules, rates, targets.

use super::rules::adopted;
use super::{Decision, needless, new_id, new_name, owner, party};
use crate::domain::credit_code;
use crate::domain::currency;
use crate::domain::division;
use crate::domain::event::{
    AdoptRates, AdoptRules, BankAccount, Event, Join, OpenBook, Party, PartyKind, Target,
};
use crate::domain::field::Json;
use crate::domain::rates::RateTable;
use crate::domain::refusal::Reason;
use crate::domain::rules::RuleSet;
use crate::domain::state::State;
use crate::limits::FORMAT;
use crate::problem::Problem;
use serde_json::json;

/// A fact of the whole city; an owner that is named must be known, or be the city itself.
pub(super) fn city_fact(state: &State, event: &Event) -> Result<Decision, Problem> {
    match &event.owner {
        Some(code) if *code != *state.city() => owner(state, event, None).map(|_| ())?,
        _ => {}
    }
    Ok(Decision::fact(event.owner.clone()))
}

/// A fact that holds for every owner: told of one of them it would still hold for all.
fn whole_city(state: &State, event: &Event) -> Result<Decision, Problem> {
    match &event.owner {
        Some(code) if *code != *state.city() => Err(Reason::CityOnly
            .refuse()
            .with("event", event.kind.word())
            .with("owner", code)
            .in_column("owner")),
        _ => Ok(Decision::fact(event.owner.clone())),
    }
}

/// The first entry, and never again.
pub(super) fn open_book(state: &State, own: &OpenBook) -> Result<Decision, Problem> {
    match &state.settings {
        Some(settings) => Err(Reason::BookOpen.refuse().with("city", &settings.city)),
        None if !currency::is_known(&own.currency) => Err(Problem::data("currency-unknown")
            .with("currency", own.currency.escape_debug())
            .in_column("currency")),
        // A bare journal says of itself by what rules it was decided.
        None => Ok(Decision::fact(None).working(Json::new(&json!({ "format": FORMAT }))?)),
    }
}

pub(super) fn join(state: &State, event: &Event, own: &Join) -> Result<Decision, Problem> {
    let missing = || Reason::OwnerMissing.refuse().with("event", event.kind.word());
    let code = event.owner.as_ref().ok_or_else(missing)?;
    if let Some(owner) = state.owners.get(code) {
        return Err(Reason::OwnerExists.refuse().with("owner", code).with("joined", owner.joined));
    }
    new_id("owner", code)?;
    own.name.as_deref().map_or(Ok(()), new_name)?;
    division::check_owner(state.city(), code, own.name.as_deref(), own.kind)?;
    Ok(Decision::fact(Some(code.clone())))
}

pub(super) fn party_event(state: &State, event: &Event, own: &Party) -> Result<Decision, Problem> {
    new_id("party", &own.party)?;
    new_name(&own.name)?;
    if let Some(known) = state.parties.get(&own.party) {
        return Err(Reason::PartyExists
            .refuse()
            .with("party", &own.party)
            .with("name", &known.name));
    }
    needless(
        event,
        &[("override_reason", own.override_reason.is_some() && own.credit_code.is_none())],
    )?;
    if let Some(code) = &own.credit_code {
        new_code(state, own.kind, code, own.override_reason.is_some())?;
    }
    city_fact(state, event)
}

/// A credit code must be sound, unless a reason overrides its check digits, and nobody else's.
pub(super) fn new_code(
    state: &State,
    kind: PartyKind,
    code: &str,
    overridden: bool,
) -> Result<(), Problem> {
    if !overridden {
        credit_code::check(code).map_err(|problem| problem.in_column("credit_code"))?;
    }
    match state.party_of_code(kind, code) {
        Some(holder) => Err(Reason::CreditCodeTaken
            .refuse()
            .with("credit_code", code)
            .with("party", &holder.id)
            .with("name", &holder.name)),
        None => Ok(()),
    }
}

pub(super) fn bank_account(
    state: &State,
    event: &Event,
    own: &BankAccount,
) -> Result<Decision, Problem> {
    new_id("bank_account", &own.bank_account)?;
    if state.bank_accounts.get(&own.bank_account).is_some() {
        return Err(Reason::BankAccountExists.refuse().with("bank_account", &own.bank_account));
    }
    if let Some(bank) = &own.bank {
        party(state, bank, &[PartyKind::Bank])?;
    }
    // The city may hold accounts for its owners without being one itself.
    city_fact(state, event)
}

pub(super) fn adopt_rules(
    state: &State,
    event: &Event,
    own: &AdoptRules,
) -> Result<Decision, Problem> {
    let rules = RuleSet::parse(&own.rules.0).map_err(first)?;
    if state.adopted_rules.get(&rules.id).is_some() {
        return Err(Reason::RulesExist.refuse().with("rules", &rules.id));
    }
    let decision = whole_city(state, event)?.rules(Some(rules.id.clone()));
    let working = adopted(state, event, own)?;
    Ok(Decision { working, ..decision })
}

pub(super) fn adopt_rates(
    state: &State,
    event: &Event,
    own: &AdoptRates,
) -> Result<Decision, Problem> {
    RateTable::parse(&own.rates.0).map_err(first)?;
    whole_city(state, event)
}

pub(super) fn target(state: &State, event: &Event, own: &Target) -> Result<Decision, Problem> {
    super::positive(own.amount)?;
    whole_city(state, event)
}

/// One of several findings speaks for all; `rules check` lists every one.
fn first(problems: Vec<Problem>) -> Problem {
    let count = problems.len();
    let first = problems.into_iter().next().unwrap_or_else(|| Problem::data("rules-unreadable"));
    if count > 1 { first.with("findings", count) } else { first }
}
