//! A loan goes over to other rules (E-38): by an entry of its own, or with the adoption of rules that
//! are in force from an earlier day.
//!
//! Only the rules that are in force on the day of a loan's enrolment can be meant: they were adopted
//! later than the loan was recorded. What was decided under the old rules keeps its entry.

use super::claim::sharing;
use super::loan::{draft, loan, may};
use super::{Decision, in_order, needless, out_of_range};
use crate::domain::account::Account;
use crate::domain::calendar::Date;
use crate::domain::entry::Entry;
use crate::domain::event::{AdoptRules, ChangeRules, Event, Kind, LoansBetween};
use crate::domain::field::Json;
use crate::domain::lifecycle::{Lifecycle as _, LoanState};
use crate::domain::loan::Loan;
use crate::domain::money::Money;
use crate::domain::posting;
use crate::domain::rate::Share;
use crate::domain::refusal::Reason;
use crate::domain::rules::{LoanFacts, OwnShares, RuleSet};
use crate::domain::state::State;
use crate::domain::text::Id;
use crate::problem::Problem;
use serde_json::json;

/// The word of the event.
const WORD: &str = "change-rules";

pub(super) fn change(state: &State, event: &Event, own: &ChangeRules) -> Result<Decision, Problem> {
    // It holds from the entry on, for all days of the loan.
    needless(event, &[("effective", event.effective.is_some())])?;
    let loan = loan(state, event, &own.loan)?;
    let unknown = || Reason::RulesUnknown.refuse().with("rules", &own.to_rules);
    let rules = state.rules(&own.to_rules).ok_or_else(unknown)?;
    if loan.rules.as_ref() == Some(&rules.id) {
        let refused = Reason::RulesSame.refuse().with("loan", &loan.id).with("rules", &rules.id);
        return Err(refused.with("entry", loan.rules_since()));
    }
    let in_force = state.rules_on(loan.enrolled).map(|rules| &rules.id);
    if in_force != Some(&rules.id) {
        return Err(Reason::RulesNotInForce
            .refuse()
            .with("rules", &rules.id)
            .with("loan", &loan.id)
            .with("enrolled", loan.enrolled)
            .with("in_force", in_force.map_or("-", Id::as_str)));
    }
    in_order(("enrolled", loan.enrolled), ("date", event.date), false)?;
    changed(state, own)
}

/// A change by itself, whatever rules are in force by now.
pub(super) fn changed(state: &State, own: &ChangeRules) -> Result<Decision, Problem> {
    let unknown = || Reason::LoanUnknown.refuse().with("loan", &own.loan);
    let loan = state.loans.get(&own.loan).ok_or_else(unknown)?;
    let unknown = || Reason::RulesUnknown.refuse().with("rules", &own.to_rules);
    let rules = state.rules(&own.to_rules).ok_or_else(unknown)?;
    let share = allowed(state, loan, rules)?;
    let (mut before, mut after) = (Money::ZERO, Money::ZERO);
    for note in &loan.notes {
        before = before.add(note.exposure).map_err(out_of_range)?;
        let exposure = share.of(note.balance).map_err(out_of_range)?;
        after = after.add(exposure).map_err(out_of_range)?;
    }
    let working = json!({
        "exposure": after, "exposure_before": before, "rules_before": loan.rules.as_deref(),
        "share": share, "share_before": loan.share,
    });
    let by = after.sub(before).map_err(out_of_range)?;
    let owner = loan.owner.clone();
    let decision = match by.is_zero() {
        true => Decision::fact(Some(owner)),
        false => Decision::entry(owner, posting::correct(draft(loan), &[(Account::Exposure, by)])),
    };
    Ok(decision.rules(Some(rules.id.clone())).working(Json::new(&working)?))
}

/// The pool's share of a loan under rules to which it may go over.
///
/// # Errors
/// `loan-state`: a claim on it has its shares already. `rules-expired`: the rules took no loans any
/// more on the day of its enrolment. `shares-undefined`: they leave its shares open.
fn allowed(state: &State, loan: &Loan, rules: &RuleSet) -> Result<Share, Problem> {
    may(state, loan, WORD)?;
    // A claim has its shares even where the note is repaid or in order again.
    let claims = loan.notes.iter().flat_map(|note| &note.claims);
    let mut claims = claims.filter_map(|id| state.claims.get(id));
    if let Some(claim) = claims.find(|claim| claim.state.is_live()) {
        let refused = LoanState::Claimed.refuse(Reason::LoanState, WORD);
        return Err(refused.with("loan", &loan.id).with("note", &claim.note));
    }
    if let Some(last) = rules.valid_to.filter(|last| loan.enrolled > *last) {
        let refused = Reason::RulesExpired.refuse().with("loan", &loan.id).with("rules", &rules.id);
        return Err(refused.with("last", last).with("date", loan.enrolled));
    }
    let shares = sharing(Some(rules), OwnShares::of(loan), &LoanFacts::of(loan));
    let shares = shares.map_err(|problem| problem.with("loan", &loan.id))?;
    Ok(shares.shares.first().copied().unwrap_or(Share::ZERO))
}

/// The loans that were enrolled between the day from which rules are in force and their adoption.
pub(crate) struct Between<'s> {
    /// Id of the rules.
    pub rules: Id,
    /// Those that may go over to the rules.
    pub free: Vec<&'s Loan>,
    /// Those that may not, with what stands in the way.
    pub bound: Vec<(&'s Loan, Problem)>,
}

/// What an adoption finds, before it is taken in or after; nothing where its rules are in force from
/// its own day on. Cost: linear in the loans.
pub(crate) fn between<'s>(state: &'s State, event: &Event) -> Option<Between<'s>> {
    let (Kind::AdoptRules(own), Some(since)) = (&event.kind, event.effective) else { return None };
    let rules = RuleSet::parse(&own.rules.0).ok()?;
    let mut found = Between { rules: rules.id.clone(), free: Vec::new(), bound: Vec::new() };
    let in_force = |day: Date| {
        // Of rules in force from one day on, those that were adopted last count.
        since <= day && day <= event.date && state.rules_since(day).is_none_or(|from| from <= since)
    };
    let loans = state.loans.iter().filter(|loan| in_force(loan.enrolled));
    for loan in loans.filter(|loan| loan.rules.as_ref() != Some(&rules.id)) {
        match allowed(state, loan, &rules) {
            Ok(_) => found.free.push(loan),
            Err(problem) => found.bound.push((loan, problem)),
        }
    }
    Some(found)
}

/// Whether an event brings others with it, which [`follow_ups`] names once it is taken in.
pub fn is_followed(event: &Event) -> bool {
    let Kind::AdoptRules(own) = &event.kind else { return false };
    own.loans_between == Some(LoansBetween::Change)
}

/// The events that an entry brings with it, to be recorded right after it in the same group: each loan
/// that an adoption moves goes over to the rules. By the same people, on the same day.
///
/// # Errors
/// An id that would be too long: that of the adoption with the loan's behind it.
pub fn follow_ups(state: &State, entry: &Entry) -> Result<Vec<Event>, Problem> {
    if !is_followed(&entry.event) {
        return Ok(Vec::new());
    }
    let Some(found) = between(state, &entry.event) else { return Ok(Vec::new()) };
    let change = |loan: &Loan| {
        let id = format!("{}/{}", entry.event.id, loan.id);
        Ok(Event {
            id: Id::parse(&id).map_err(|error| error.problem(&id))?,
            effective: None,
            owner: Some(loan.owner.clone()),
            memo: None,
            attachments: Vec::new(),
            kind: Kind::ChangeRules(ChangeRules {
                loan: loan.id.clone(),
                to_rules: found.rules.clone(),
            }),
            ..entry.event.clone()
        })
    };
    found.free.iter().copied().map(change).collect()
}

/// What an adoption says of the loans in between: how many go over, and how many cannot.
pub(super) fn adopted(
    state: &State,
    event: &Event,
    own: &AdoptRules,
) -> Result<Option<Json>, Problem> {
    needless(
        event,
        &[("loans_between", own.loans_between.is_some() && event.effective.is_none())],
    )?;
    let found = between(state, event).filter(|_| is_followed(event));
    let told = |found: Between<'_>| {
        let told = json!({ "changed": found.free.len(), "kept": found.bound.len() });
        Json::new(&json!({ "loans_between": told }))
    };
    found.map(told).transpose()
}
