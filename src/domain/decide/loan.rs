//! The life of a loan, off balance: E-30 to E-37, and the interest and fees that the firm paid.

use super::application;
use super::claim::{enrol_facts, sharing};
use super::{
    Context, Decision, enrolment, in_order, new_id, out_of_range, owner, papers, party, positive,
    slips,
};
use crate::domain::account::Fund;
use crate::domain::event::{
    Cure, Disburse, Enrol, Event, Extend, FeePaid, InterestPaid, Npl, Overdue, PartyKind, Remove,
    Repay, Reprice,
};
use crate::domain::lifecycle::{Lifecycle as _, LoanState};
use crate::domain::loan::{Loan, Note, NoteState};
use crate::domain::money::Money;
use crate::domain::pool::PoolState;
use crate::domain::posting::{self, Draft};
use crate::domain::rate::Share;
use crate::domain::refusal::Reason;
use crate::domain::rules::OwnShares;
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::problem::Problem;

/// The loan of an event, held to the owner that the event names.
pub(super) fn loan<'s>(state: &'s State, event: &Event, id: &Id) -> Result<&'s Loan, Problem> {
    if let Some(loan) = state.loans.get(id) {
        owner(state, event, Some(&loan.owner))?;
        return Ok(loan);
    }
    if let Some(application) = state.application(id) {
        owner(state, event, Some(&application.owner))?;
        let refused = application.state.refuse(Reason::LoanState, event.kind.word());
        return Err(refused.with("loan", id).with("note", "none"));
    }
    Err(Reason::LoanUnknown.refuse().with("loan", id))
}

/// The note of an event: as named, or the only one.
pub(super) fn note<'s>(loan: &'s Loan, id: Option<&Id>) -> Result<&'s Note, Problem> {
    loan.note(id).ok_or_else(|| match id {
        Some(id) => Reason::NoteUnknown.refuse().with("loan", &loan.id).with("note", id),
        None => Reason::NoteMissing.refuse().with("loan", &loan.id).with("notes", loan.notes.len()),
    })
}

/// The loan must stand where the move is legal; with several notes it stands as the worst of them.
pub(super) fn may(state: &State, loan: &Loan, moved: &str) -> Result<(), Problem> {
    let checked = LoanState::of(loan, state).check(Reason::LoanState, moved);
    checked.map_err(|problem| problem.with("loan", &loan.id).with("note", "none"))
}

/// The note must stand where the move is legal.
pub(super) fn note_may(
    state: &State,
    loan: &Loan,
    note: &Note,
    moved: &str,
) -> Result<(), Problem> {
    let checked = LoanState::of_note(note, state).check(Reason::LoanState, moved);
    checked.map_err(|problem| problem.with("loan", &loan.id).with("note", &note.id))
}

/// The loan and note of an event, as [`note`]; a loan on which nothing is drawn has no note that
/// could be meant.
pub(super) fn noted<'s>(
    state: &'s State,
    event: &Event,
    id: &Id,
    named: Option<&Id>,
) -> Result<(&'s Loan, &'s Note), Problem> {
    let loan = loan(state, event, id)?;
    if loan.notes.is_empty() {
        may(state, loan, event.kind.word())?;
    }
    Ok((loan, note(loan, named)?))
}

/// The loan and note of an event, which must stand where it is legal.
pub(super) fn standing<'s>(
    state: &'s State,
    event: &Event,
    id: &Id,
    named: Option<&Id>,
) -> Result<(&'s Loan, &'s Note), Problem> {
    let (loan, note) = noted(state, event, id, named)?;
    note_may(state, loan, note, event.kind.word())?;
    Ok((loan, note))
}

pub(super) fn draft(loan: &Loan) -> Draft {
    let cell = Cell { owner: loan.owner.clone(), fund: Fund::Risk };
    Draft::new(&cell).loan(&loan.id).party(Some(&loan.bank))
}

fn entry(loan: &Loan, draft: Draft) -> Decision {
    Decision::entry(loan.owner.clone(), draft).rules(loan.rules.clone())
}

/// A fact of a loan that moves nothing.
pub(super) fn fact(loan: &Loan) -> Decision {
    Decision::fact(Some(loan.owner.clone())).rules(loan.rules.clone())
}

/// The pool's exposure on a note when `balance` is owed (invariant 17): the balance less what was
/// compensated already, times the pool's share, rounded as a claim would be.
pub(super) fn exposure(loan: &Loan, note: &Note, balance: Money) -> Result<Money, Problem> {
    let open = balance.sub(note.compensated).map_err(out_of_range)?.max(Money::ZERO);
    loan.share.of(open).map_err(out_of_range)
}

/// A renewal (续贷) goes on from a loan of the same firm.
fn renewal(state: &State, own: &Enrol, renewed: &Id) -> Result<(), Problem> {
    let unknown = || Reason::LoanUnknown.refuse().with("loan", renewed);
    let known = state.loans.get(renewed).ok_or_else(unknown)?;
    if state.firm_identity(&known.firm) != state.firm_identity(&own.firm) {
        return Err(Reason::RenewalOther
            .refuse()
            .with("loan", renewed)
            .with("firm", &known.firm)
            .with("given", &own.firm));
    }
    Ok(())
}

pub(super) fn enrol(
    state: &State,
    event: &Event,
    own: &Enrol,
    context: &Context<'_>,
) -> Result<Decision, Problem> {
    let owner = owner(state, event, None)?;
    if let Some(known) = state.loans.get(&own.loan) {
        return Err(Reason::LoanExists
            .refuse()
            .with("loan", &own.loan)
            .with("owner", &known.owner)
            .with("enrolled", known.enrolled));
    }
    new_id("loan", &own.loan)?;
    party(state, &own.firm, &[PartyKind::Firm])?;
    party(state, &own.bank, &[PartyKind::Bank])?;
    if let Some(guarantor) = &own.guarantor {
        party(state, guarantor, &[PartyKind::Guarantor])?;
    }
    if let Some(renewed) = &own.renews {
        renewal(state, own, renewed)?;
    }
    positive(own.amount)?;
    papers::check_contract(state, own)?;
    application::check(state, event, own)?;
    let signed = own.signed.unwrap_or(event.happened());
    in_order(("signed", signed), ("due", own.due), true)?;
    let rules = state.rules_on(event.happened());
    if rules.is_none() && own.pool_share.is_none() {
        return Err(Reason::RulesMissing.refuse().with("date", event.happened()));
    }
    // The sharing must be known before money is lent, not first when it is lost.
    let shares = OwnShares { pool: own.pool_share, guarantor: own.guarantor_share };
    let shares = sharing(rules, shares, &enrol_facts(own, signed));
    let shares = shares.map_err(|problem| problem.with("loan", &own.loan))?;
    let share = shares.shares.first().copied().unwrap_or(Share::ZERO);
    let working = match rules {
        None => None,
        Some(rules) => enrolment::test(state, (event, own, owner), (rules, share), context.limits)?,
    };
    let rules = rules.map(|rules| rules.id.clone());
    let decision = Decision::fact(Some(owner.code.clone())).rules(rules);
    Ok(Decision { working, ..decision })
}

pub(super) fn disburse(state: &State, event: &Event, own: &Disburse) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    may(state, loan, event.kind.word())?;
    let id = own.note.as_ref().unwrap_or(&loan.id);
    new_id("note", id)?;
    if loan.notes.iter().any(|note| note.id == *id) {
        return Err(Reason::NoteExists.refuse().with("loan", &loan.id).with("note", id));
    }
    papers::check_note(state, event, own)?;
    enrolment::check_stage(state, event, &loan.owner, PoolState::pays_claims)?;
    drawn(state, event, own, loan)
}

/// A drawdown by itself, whatever the pool does.
pub(super) fn drawn(
    state: &State,
    event: &Event,
    own: &Disburse,
    loan: &Loan,
) -> Result<Decision, Problem> {
    let amount = positive(own.amount)?;
    in_order(("date", event.happened()), ("due", own.due.unwrap_or(loan.due)), true)?;
    enrolment::check_window(state, loan, event.happened())?;
    let drawn = loan.drawn().map_err(out_of_range)?;
    if drawn.add(amount).map_err(out_of_range)? > loan.amount {
        return Err(Reason::DisburseAboveContract
            .refuse()
            .with("loan", &loan.id)
            .with("contract", loan.amount.grouped())
            .with("drawn", drawn.grouped())
            .with("amount", amount.grouped()));
    }
    let exposure = loan.share.of(amount).map_err(out_of_range)?;
    Ok(entry(loan, posting::disburse(draft(loan), amount, exposure)))
}

pub(super) fn repay(state: &State, event: &Event, own: &Repay) -> Result<Decision, Problem> {
    let (loan, note) = standing(state, event, &own.loan, own.note.as_ref())?;
    in_order(("drawn", note.drawn), ("date", event.happened()), false)?;
    let amount = positive(own.amount)?;
    if amount > note.balance {
        return Err(Reason::RepayAboveBalance
            .refuse()
            .with("loan", &loan.id)
            .with("note", &note.id)
            .with("balance", note.balance.grouped())
            .with("amount", amount.grouped()));
    }
    let balance = note.balance.sub(amount).map_err(out_of_range)?;
    let after = exposure(loan, note, balance)?.min(note.exposure);
    let released = note.exposure.sub(after).map_err(out_of_range)?;
    Ok(entry(loan, posting::repay(draft(loan), note.state, amount, released)))
}

pub(super) fn interest_paid(
    state: &State,
    event: &Event,
    own: &InterestPaid,
) -> Result<Decision, Problem> {
    let (loan, note) = standing(state, event, &own.loan, own.note.as_ref())?;
    in_order(("from", own.from), ("to", own.to), true)?;
    positive(own.amount)?;
    slips::check_interest(event, own, loan, note)?;
    Ok(fact(loan))
}

pub(super) fn fee_paid(state: &State, event: &Event, own: &FeePaid) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    may(state, loan, event.kind.word())?;
    in_order(("from", own.from), ("to", own.to), true)?;
    positive(own.amount)?;
    slips::check_fee(event, own, loan)?;
    Ok(fact(loan))
}

pub(super) fn reprice(state: &State, event: &Event, own: &Reprice) -> Result<Decision, Problem> {
    let (loan, note) = standing(state, event, &own.loan, own.note.as_ref())?;
    in_order(("drawn", note.drawn), ("date", event.happened()), false)?;
    Ok(fact(loan))
}

pub(super) fn extend(state: &State, event: &Event, own: &Extend) -> Result<Decision, Problem> {
    let (loan, note) = standing(state, event, &own.loan, own.note.as_ref())?;
    let due = note.extensions.last().map_or(note.due, |(_, due)| *due);
    in_order(("due", due), ("new due", own.due), true)?;
    // A second extension stays in the same account and moves nothing.
    let draft = if note.state == NoteState::Active {
        posting::reclassify(draft(loan), NoteState::Extended, NoteState::Active, note.balance)
    } else {
        draft(loan)
    };
    Ok(entry(loan, draft))
}

pub(super) fn overdue(state: &State, event: &Event, own: &Overdue) -> Result<Decision, Problem> {
    let (loan, note) = standing(state, event, &own.loan, own.note.as_ref())?;
    in_order(("drawn", note.drawn), ("date", event.happened()), false)?;
    Ok(entry(loan, posting::reclassify(draft(loan), NoteState::Overdue, note.state, note.balance)))
}

/// A bank may classify a loan before it is overdue, for unpaid interest or insolvency, and after a
/// claim is filed; but once.
pub(super) fn npl(state: &State, event: &Event, own: &Npl) -> Result<Decision, Problem> {
    let (loan, note) = standing(state, event, &own.loan, own.note.as_ref())?;
    if note.state == NoteState::Npl {
        let refused = LoanState::Npl.refuse(Reason::LoanState, event.kind.word());
        return Err(refused.with("loan", &loan.id).with("note", &note.id));
    }
    in_order(("drawn", note.drawn), ("date", event.happened()), false)?;
    Ok(entry(loan, posting::reclassify(draft(loan), NoteState::Npl, note.state, note.balance)))
}

/// The state to which a cured note goes back.
pub(crate) fn cured(note: &Note) -> NoteState {
    if note.extensions.is_empty() { NoteState::Active } else { NoteState::Extended }
}

pub(super) fn cure(state: &State, event: &Event, own: &Cure) -> Result<Decision, Problem> {
    let (loan, note) = standing(state, event, &own.loan, own.note.as_ref())?;
    let day = event.happened();
    if let Some((since, None)) = note.overdue.last() {
        in_order(("overdue since", *since), ("date", day), false)?;
    }
    if let Some(since) = note.npl {
        in_order(("non-performing since", since), ("date", day), false)?;
    }
    Ok(entry(loan, posting::reclassify(draft(loan), cured(note), note.state, note.balance)))
}

pub(super) fn remove(state: &State, event: &Event, own: &Remove) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    may(state, loan, event.kind.word())?;
    // A claim stands in the way even of a note that is repaid or in order again.
    let claims = loan.notes.iter().flat_map(|note| &note.claims);
    let mut claims = claims.filter_map(|id| state.claims.get(id));
    if let Some(claim) = claims.find(|claim| claim.state.is_live()) {
        let refused = LoanState::Claimed.refuse(Reason::LoanState, event.kind.word());
        return Err(refused.with("loan", &loan.id).with("note", &claim.note));
    }
    let draft = loan.notes.iter().fold(draft(loan), |draft, note| {
        posting::repay(draft, note.state, note.balance, note.exposure)
    });
    Ok(entry(loan, draft))
}
