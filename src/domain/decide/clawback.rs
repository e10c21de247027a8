//! What happens to a subsidy line besides its payment: returned, reduced, clawed back (E-65 to E-71).

use super::correction::freed;
use super::subsidy::{entry, line, line_draft};
use super::{Decision, bank_account, out_of_range, owner, positive, within};
use crate::domain::event::{
    ClawBack, Event, InterestOwner, OffsetClawback, ReceiveClawback, ReduceSubsidy, ReissueSubsidy,
    ReturnSubsidy, WriteOffClawback,
};
use crate::domain::money::Money;
use crate::domain::posting;
use crate::domain::refusal::Reason;
use crate::domain::registry::{BankAccount, Subsidy};
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::problem::Problem;

fn account<'s>(
    state: &'s State,
    event: &Event,
    line: &Subsidy,
    bank: &Id,
) -> Result<&'s BankAccount, Problem> {
    let owner = owner(state, event, Some(&line.owner))?;
    bank_account(state, bank, owner, Some(line.programme.fund()))
}

/// An amount of what stands open of a line: as told, or all of it.
fn part(line: &Subsidy, amount: Option<Money>, open: Money) -> Result<Money, Problem> {
    let amount = positive(amount.unwrap_or(open))?;
    within(&line.id, amount, open)?;
    Ok(amount)
}

/// True when the expense stands in the books of an earlier year.
fn prior_year(line: &Subsidy, event: &Event) -> bool {
    line.approved_on.year() < event.date.year()
}

pub(super) fn returned(
    state: &State,
    event: &Event,
    own: &ReturnSubsidy,
) -> Result<Decision, Problem> {
    let line = line(state, event, &own.subsidy, event.kind.word())?;
    let account = account(state, event, line, &own.bank_account)?;
    let amount = part(line, own.amount, line.paid.sub(line.returned).map_err(out_of_range)?)?;
    let draft = posting::return_subsidy(line_draft(line), line.programme, &account.id, amount);
    Ok(entry(state, line, draft))
}

pub(super) fn reissue(
    state: &State,
    event: &Event,
    own: &ReissueSubsidy,
) -> Result<Decision, Problem> {
    let line = line(state, event, &own.subsidy, event.kind.word())?;
    let account = account(state, event, line, &own.bank_account)?;
    let amount = part(line, own.amount, line.returned)?;
    let draft = posting::reissue_subsidy(line_draft(line), line.programme, &account.id, amount);
    let cell = Cell { owner: line.owner.clone(), fund: line.programme.fund() };
    Ok(entry(state, line, draft).payment(&cell, amount, line.returned))
}

pub(super) fn reduce(
    state: &State,
    event: &Event,
    own: &ReduceSubsidy,
) -> Result<Decision, Problem> {
    let line = line(state, event, &own.subsidy, event.kind.word())?;
    let unpaid = line.amount.sub(line.paid).map_err(out_of_range)?;
    let amount = part(line, own.amount, unpaid)?;
    let freed = freed(state, line, own.years.as_ref(), amount, amount)?;
    let draft = line_draft(line);
    let draft = posting::reduce_subsidy(draft, line.programme, &line.firm, amount, freed);
    Ok(entry(state, line, draft))
}

pub(super) fn claw_back(state: &State, event: &Event, own: &ClawBack) -> Result<Decision, Problem> {
    let line = line(state, event, &own.subsidy, event.kind.word())?;
    let amount = part(line, own.amount, line.paid.sub(line.clawback).map_err(out_of_range)?)?;
    let prior_year = prior_year(line, event);
    let otherwise = if prior_year { Money::ZERO } else { amount };
    let freed = freed(state, line, own.years.as_ref(), amount, otherwise)?;
    let (draft, sums) = (line_draft(line), (amount, freed));
    let draft = posting::claw_back(draft, line.programme, &line.firm, sums, prior_year);
    Ok(entry(state, line, draft))
}

pub(super) fn receive(
    state: &State,
    event: &Event,
    own: &ReceiveClawback,
) -> Result<Decision, Problem> {
    let line = line(state, event, &own.subsidy, event.kind.word())?;
    let account = account(state, event, line, &own.bank_account)?;
    let amount = part(line, own.amount, line.clawback_open().map_err(out_of_range)?)?;
    let to = (own.to.unwrap_or(InterestOwner::Pool), prior_year(line, event));
    let draft =
        posting::receive_clawback(line_draft(line), line.programme, &account.id, amount, to);
    Ok(entry(state, line, draft))
}

pub(super) fn offset(
    state: &State,
    event: &Event,
    own: &OffsetClawback,
) -> Result<Decision, Problem> {
    let due = line(state, event, &own.subsidy, event.kind.word())?;
    // What is set off pays the other line.
    let other = line(state, event, &own.against, "pay-subsidy")?;
    let firm = |line: &Subsidy| state.firm_identity(&line.firm).to_owned();
    let of = |line: &Subsidy| (line.owner.clone(), line.programme, firm(line));
    if of(due) != of(other) {
        return Err(Reason::OffsetOther
            .refuse()
            .with("subsidy", &due.id)
            .with("against", &other.id)
            .with("firm", firm(due))
            .with("other", firm(other)));
    }
    let open = due.clawback_open().map_err(out_of_range)?;
    let unpaid = other.amount.sub(other.paid).map_err(out_of_range)?;
    let amount = part(due, own.amount, open.min(unpaid))?;
    Ok(entry(state, due, posting::offset_clawback(line_draft(due), due.programme, amount)))
}

pub(super) fn write_off(
    state: &State,
    event: &Event,
    own: &WriteOffClawback,
) -> Result<Decision, Problem> {
    let line = line(state, event, &own.subsidy, event.kind.word())?;
    let rest = positive(line.clawback_open().map_err(out_of_range)?)?;
    Ok(entry(state, line, posting::write_off_clawback(line_draft(line), rest)))
}
