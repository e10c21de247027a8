//! Subsidy lines: approved (E-62) and paid (E-63).

use super::correction::{firm_years, supplemented, years_hold};
use super::loan::{loan, note};
use super::{Decision, bank_account, out_of_range, owner, party, positive, short};
use crate::domain::calendar::Quarter;
use crate::domain::event::{ApproveSubsidy, Event, PartyKind, PaySubsidy, Programme};
use crate::domain::field::Json;
use crate::domain::money::{Money, Total};
use crate::domain::posting::{self, Draft};
use crate::domain::refusal::Reason;
use crate::domain::registry::{Subsidy, SubsidyState};
use crate::domain::rules::{FirmCaps, RuleSet};
use crate::domain::state::{Cell, State};
use crate::domain::subsidy::cap_years;
use crate::domain::text::Id;
use crate::problem::Problem;

/// What an approval uses of the firm's yearly caps, by year: as it says itself or its working does,
/// or all of it in the year of the settlement.
///
/// # Errors
/// When the period is not a quarter such as `2017Q4`.
pub fn cap_years_of(own: &ApproveSubsidy) -> Result<Vec<(i16, Money)>, Problem> {
    let quarter = Quarter::parse(&own.period).map_err(|error| {
        Problem::data(error.code()).with("text", &own.period).in_column("period")
    })?;
    if let Some(years) = &own.years {
        return Ok(years.rows().to_vec());
    }
    let working = own.working.as_ref().map(Json::value);
    Ok(cap_years(working.as_ref(), quarter, own.amount))
}

/// The cap of a firm in a year under the rules of a loan.
pub fn firm_year_cap(rules: &RuleSet, programme: Programme) -> Option<Money> {
    firm_caps(rules, programme).and_then(|caps| caps.year)
}

/// The caps of a firm under the rules of a loan.
pub fn firm_caps(rules: &RuleSet, programme: Programme) -> Option<FirmCaps> {
    match programme {
        Programme::InterestDiscount => rules.interest_discount.as_ref().map(|own| own.caps),
        Programme::GuaranteeFee => rules.fee_subsidy.as_ref().map(|own| own.caps),
    }
}

pub(super) fn approve(
    state: &State,
    event: &Event,
    own: &ApproveSubsidy,
) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    let note = note(loan, own.note.as_ref())?;
    let amount = positive(own.amount)?;
    let years = cap_years_of(own)?;
    // A guarantee fee is paid for the loan, so whichever note its line is kept with.
    let of_loan = own.programme == Programme::GuaranteeFee;
    let kept = loan.notes.iter().filter(|other| of_loan || other.id == note.id);
    let approved = kept
        .flat_map(|note| &note.subsidised)
        .find(|line| line.programme == own.programme && line.period == own.period);
    if let Some(line) = approved.filter(|_| own.supplement.is_none()) {
        return Err(Reason::SubsidyExists
            .refuse()
            .with("loan", &loan.id)
            .with("period", &own.period)
            .with("subsidy", &line.subsidy));
    }
    supplemented(state, own, note)?;
    firm_years(state, loan, own.programme, &years)?;
    let mut used = amount;
    if let Some(takes) = &own.years {
        years_hold(state, note, (own.programme, &own.period), (takes, takes), amount.into())?;
        used = takes.total().money().map_err(out_of_range)?;
    }
    let cell = Cell { owner: loan.owner.clone(), fund: own.programme.fund() };
    let left = state.available(&cell);
    if Total::from(amount) > left {
        return Err(short(state, &cell, amount, state.reserved(&cell), left));
    }
    let payee = match &own.payee {
        Some(payee) => &party(state, payee, PartyKind::ALL)?.id,
        None => &loan.firm,
    };
    let draft = Draft::new(&cell).loan(&loan.id);
    let parties = (payee, &loan.firm);
    let draft = posting::approve_subsidy(draft, own.programme, parties, (amount, used));
    let decision = Decision::entry(loan.owner.clone(), draft);
    Ok(decision.rules(loan.rules.clone()))
}

/// States in which something is approved and not paid.
pub(super) const UNPAID: [SubsidyState; 2] = [SubsidyState::Approved, SubsidyState::PaidPart];

/// A line that stands in one of the states from which the event is a legal move.
pub(super) fn line<'s>(
    state: &'s State,
    event: &Event,
    id: &Id,
    legal: &[SubsidyState],
) -> Result<&'s Subsidy, Problem> {
    let unknown = || Reason::SubsidyUnknown.refuse().with("subsidy", id);
    let line = state.subsidies.get(id).ok_or_else(unknown)?;
    owner(state, event, Some(&line.owner))?;
    if legal.contains(&line.state) {
        return Ok(line);
    }
    let legal: Vec<&str> = legal.iter().map(|state| state.code()).collect();
    Err(Reason::SubsidyState
        .refuse()
        .with("subsidy", &line.id)
        .with("event", event.kind.word())
        .with("state", line.state.code())
        .with("legal", legal.join(", ")))
}

pub(super) fn line_draft(line: &Subsidy) -> Draft {
    let cell = Cell { owner: line.owner.clone(), fund: line.programme.fund() };
    Draft::new(&cell).loan(&line.loan).party(Some(&line.payee))
}

pub(super) fn entry(state: &State, line: &Subsidy, draft: Draft) -> Decision {
    let rules = state.loans.get(&line.loan).and_then(|loan| loan.rules.clone());
    Decision::entry(line.owner.clone(), draft).rules(rules)
}

pub(super) fn pay(state: &State, event: &Event, own: &PaySubsidy) -> Result<Decision, Problem> {
    let line = line(state, event, &own.subsidy, &UNPAID)?;
    let owner = owner(state, event, Some(&line.owner))?;
    let fund = Programme::fund(line.programme);
    let account = bank_account(state, &own.bank_account, owner, Some(fund))?;
    let open = line.amount.sub(line.paid).map_err(out_of_range)?;
    let amount = positive(own.amount.unwrap_or(open))?;
    if amount > open {
        return Err(Reason::PayAboveApproved
            .refuse()
            .with("what", &line.id)
            .with("approved", line.amount.grouped())
            .with("paid", line.paid.grouped())
            .with("amount", amount.grouped()));
    }
    let cell = Cell { owner: line.owner.clone(), fund };
    let draft = posting::pay_subsidy(line_draft(line), line.programme, &account.id, amount);
    Ok(entry(state, line, draft).payment(&cell, amount, open))
}
