//! Subsidy lines: approved (E-62) and paid (E-63).

use super::correction::{firm_years, supplemented, years_hold};
use super::loan::standing;
use super::{Decision, bank_account, out_of_range, owner, party, positive, short};
use crate::domain::calendar::Quarter;
use crate::domain::event::{ApproveSubsidy, Event, PartyKind, PaySubsidy, Programme};
use crate::domain::field::Json;
use crate::domain::lifecycle::Lifecycle as _;
use crate::domain::loan::{Loan, Note};
use crate::domain::money::{Money, Total};
use crate::domain::posting::{self, Draft};
use crate::domain::refusal::Reason;
use crate::domain::registry::{Filing, Subsidy};
use crate::domain::rules::{FirmCaps, Qualification, RuleSet};
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

/// What a programme asks of the firm's qualification.
pub(super) fn asked_of(rules: &RuleSet, programme: Programme) -> Option<&Qualification> {
    match programme {
        Programme::InterestDiscount => {
            rules.interest_discount.as_ref().map(|own| &own.qualification)
        }
        Programme::GuaranteeFee => rules.fee_subsidy.as_ref().map(|own| &own.qualification),
    }
}

pub(super) fn approve(
    state: &State,
    event: &Event,
    own: &ApproveSubsidy,
) -> Result<Decision, Problem> {
    let (loan, note) = standing(state, event, &own.loan, own.note.as_ref())?;
    let amount = positive(own.amount)?;
    let years = cap_years_of(own)?;
    if own.supplement.is_none() {
        not_approved(loan, note, own.programme, &own.period)?;
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

/// A line that stands where the move is legal. A filing may be named as well: no money moves on it,
/// so it is refused by its state rather than as unknown.
pub(super) fn line<'s>(
    state: &'s State,
    event: &Event,
    id: &Id,
    moved: &str,
) -> Result<&'s Subsidy, Problem> {
    let named = |problem: Problem| problem.with("subsidy", id);
    if let Some(line) = state.subsidies.get(id) {
        owner(state, event, Some(&line.owner))?;
        line.state.check(Reason::SubsidyState, moved).map_err(named)?;
        return Ok(line);
    }
    if let Some(filing) = state.filings.get(id) {
        owner(state, event, Some(&filing.owner))?;
        still_filed(filing)?;
        return Err(named(filing.state.refuse(Reason::SubsidyState, moved)));
    }
    Err(named(Reason::SubsidyUnknown.refuse()))
}

/// Once a line is approved for a filing, everything goes on with the line.
pub(super) fn still_filed(filing: &Filing) -> Result<(), Problem> {
    match &filing.line {
        Some(line) => {
            Err(Reason::FilingApproved.refuse().with("subsidy", &filing.id).with("line", line))
        }
        None => Ok(()),
    }
}

/// The notes of a loan with which lines of a programme may be kept. A guarantee fee is paid for the
/// loan, so whichever note it is told of.
pub(super) fn notes_of<'s>(
    loan: &'s Loan,
    note: &'s Note,
    programme: Programme,
) -> impl Iterator<Item = &'s Note> {
    let of_loan = programme == Programme::GuaranteeFee;
    loan.notes.iter().filter(move |other| of_loan || other.id == note.id)
}

/// A loan's period is approved once.
pub(super) fn not_approved(
    loan: &Loan,
    note: &Note,
    programme: Programme,
    period: &str,
) -> Result<(), Problem> {
    let approved = notes_of(loan, note, programme)
        .flat_map(|note| &note.subsidised)
        .find(|line| line.programme == programme && line.period == *period);
    match approved {
        Some(line) => Err(Reason::SubsidyExists
            .refuse()
            .with("loan", &loan.id)
            .with("period", period)
            .with("subsidy", &line.subsidy)),
        None => Ok(()),
    }
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
    let line = line(state, event, &own.subsidy, event.kind.word())?;
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
