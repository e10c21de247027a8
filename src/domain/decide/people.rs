//! Who may do what alone, and the master data of those who are paid.

use super::setup::{city_fact, new_code};
use super::{Decision, needless, new_name};
use crate::domain::event::{ChangeParty, Event, Kind, PeopleMode};
use crate::domain::person;
use crate::domain::refusal::Reason;
use crate::domain::registry::{Party, SubsidyState};
use crate::domain::state::State;
use crate::planted::{Bug, planted};
use crate::problem::Problem;
use compact_str::CompactString;

/// Duties are kept apart (invariant 5). Every event but the opening, which `init` records before
/// anybody works in the book, names its maker. Maker and checker are never one person. Money out
/// takes both, and in a book of three people an approver who is neither. A close, a certificate, a
/// change of master data, new rules or rates over those in force and a loan's change of rules take
/// maker and checker; a book that says nothing of its people asks for no checker with its rules.
pub(super) fn check(state: &State, event: &Event, money_out: bool) -> Result<(), Problem> {
    let says = state.settings.as_ref().is_some_and(|settings| settings.people.is_some());
    let takes_two = match &event.kind {
        Kind::Close(_) | Kind::ChangeParty(_) | Kind::Certify(_) => true,
        Kind::AdoptRules(_) => says && !state.adopted_rules.is_empty(),
        Kind::ChangeRules(_) => says,
        Kind::AdoptRates(_) => says && !state.adopted_rates.is_empty(),
        _ => money_out,
    };
    let takes_three = money_out && state.people() == PeopleMode::Three;
    let roles: [(&'static str, &Option<CompactString>, bool); 3] = [
        ("maker", &event.maker, false),
        ("checker", &event.checker, takes_two),
        ("approver", &event.approver, takes_three),
    ];
    for (role, name, _) in &roles {
        name.as_deref().map_or(Ok(()), |name| person::check(role, name))?;
    }
    if event.maker.is_none() && !matches!(event.kind, Kind::OpenBook(_)) {
        return Err(Reason::MakerMissing.refuse().with("event", event.kind.word()));
    }
    let same = |first: usize, second: usize| {
        let (first, second) = (roles.get(first)?, roles.get(second)?);
        let first = Some(first).filter(|_| !planted(Bug::SamePerson))?;
        let (one, other) = first.1.as_ref().zip(second.1.as_ref())?;
        let one = Some(one).filter(|one| person::same(one, other))?;
        let shown = if one == other { one.to_string() } else { format!("{one}, {other}") };
        let refused = Reason::CheckerSame.refuse().with("person", shown);
        Some(refused.with("given", format!("{}, {}", first.0, second.0)))
    };
    let pairs: &[(usize, usize)] = if takes_three { &[(0, 1), (0, 2), (1, 2)] } else { &[(0, 1)] };
    if let Some(refused) = pairs.iter().find_map(|(first, second)| same(*first, *second)) {
        return Err(refused);
    }
    match roles.iter().find(|(_, person, needed)| *needed && person.is_none()) {
        Some((who, ..)) => {
            Err(Reason::CheckerMissing.refuse().with("event", event.kind.word()).with("who", who))
        }
        None => Ok(()),
    }
}

/// What is named replaces what stands on file; the journal keeps what stood there before.
pub(super) fn change_party(
    state: &State,
    event: &Event,
    own: &ChangeParty,
) -> Result<Decision, Problem> {
    let unknown = || Reason::PartyUnknown.refuse().with("party", &own.party);
    let known = state.parties.get(&own.party).ok_or_else(unknown)?;
    if event.document.is_none() {
        return Err(Reason::DocumentMissing.refuse().with("event", event.kind.word()));
    }
    needless(
        event,
        &[("override_reason", own.override_reason.is_some() && own.credit_code.is_none())],
    )?;
    own.name.as_deref().map_or(Ok(()), new_name)?;
    let changes = |new: &Option<CompactString>, old: Option<&CompactString>| {
        new.as_ref().is_some_and(|new| Some(new) != old)
    };
    let code = changes(&own.credit_code, known.credit_code.as_ref());
    let other = changes(&own.name, Some(&known.name))
        || changes(&own.account, known.account.as_ref())
        || changes(&own.account_bank, known.account_bank.as_ref());
    if !code && !other {
        return Err(Reason::PartyUnchanged.refuse().with("party", &own.party));
    }
    if let Some(new) = own.credit_code.as_ref().filter(|_| code) {
        new_code(state, known.kind, new, own.override_reason.is_some())?;
        unused(state, known, new)?;
    }
    city_fact(state, event)
}

/// Caps count by the credit code (invariant 27). Once a firm has had a subsidy or a claim, another
/// code would be another firm, and its caps would begin anew. Cost: linear in subsidies and claims.
fn unused(state: &State, known: &Party, new: &str) -> Result<(), Problem> {
    let firm_of = |loan: &str| state.loans.get(loan).map(|loan| &loan.firm);
    let subsidy = state
        .subsidies
        .iter()
        .find(|line| line.firm == known.id && line.state != SubsidyState::Cancelled)
        .map(|line| &line.id);
    let mut claims = state.claims.iter();
    let used = subsidy.or_else(|| {
        claims.find(|claim| firm_of(&claim.loan) == Some(&known.id)).map(|claim| &claim.id)
    });
    match used {
        Some(by) => Err(Reason::CreditCodeUsed
            .refuse()
            .with("party", &known.id)
            .with("credit_code", known.credit_code.as_deref().unwrap_or("-"))
            .with("new", new)
            .with("by", by)),
        None => Ok(()),
    }
}
