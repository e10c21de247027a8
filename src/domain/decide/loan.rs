//! The life of a loan, off balance: E-30 to E-37, and the interest and fees that the firm paid.

use super::claim::{enrol_facts, sharing};
use super::{
    Context, Decision, Limits, enrolment, in_order, new_id, out_of_range, owner, party, positive,
};
use crate::domain::account::Fund;
use crate::domain::event::{
    Cure, Disburse, Enrol, Event, Extend, FeePaid, InterestPaid, Npl, Overdue, PartyKind, Remove,
    Repay, Reprice,
};
use crate::domain::loan::{Loan, Note, NoteState};
use crate::domain::money::Money;
use crate::domain::pool::PoolState;
use crate::domain::posting::{self, Draft};
use crate::domain::rate::Share;
use crate::domain::refusal::Reason;
use crate::domain::registry::ClaimState;
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::problem::Problem;

/// The loan of an event, held to the owner that the event names.
pub(super) fn loan<'s>(state: &'s State, event: &Event, id: &Id) -> Result<&'s Loan, Problem> {
    let loan = state.loans.get(id).ok_or_else(|| Reason::LoanUnknown.refuse().with("loan", id))?;
    owner(state, event, Some(&loan.owner))?;
    Ok(loan)
}

/// The note of an event: as named, or the only one.
pub(super) fn note<'s>(loan: &'s Loan, id: Option<&Id>) -> Result<&'s Note, Problem> {
    loan.note(id).ok_or_else(|| match id {
        Some(id) => Reason::NoteUnknown.refuse().with("loan", &loan.id).with("note", id),
        None => Reason::NoteMissing.refuse().with("loan", &loan.id).with("notes", loan.notes.len()),
    })
}

/// The note must stand in one of the states from which the event is a legal move.
pub(super) fn stands(
    event: &Event,
    loan: &Loan,
    note: &Note,
    legal: &[NoteState],
) -> Result<(), Problem> {
    if legal.contains(&note.state) {
        return Ok(());
    }
    let legal: Vec<&str> = legal.iter().map(|state| state.code()).collect();
    Err(Reason::LoanState
        .refuse()
        .with("loan", &loan.id)
        .with("note", &note.id)
        .with("event", event.kind.word())
        .with("state", note.state.code())
        .with("legal", legal.join(", ")))
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
    let signed = own.signed.unwrap_or(event.happened());
    in_order(("signed", signed), ("due", own.due), true)?;
    let rules = state.rules_on(event.happened());
    if rules.is_none() && own.pool_share.is_none() {
        return Err(Reason::RulesMissing.refuse().with("date", event.happened()));
    }
    // The sharing must be known before money is lent, not first when it is lost.
    let shares = sharing(rules, own.pool_share, &enrol_facts(own, signed))?;
    let share = shares.shares.first().copied().unwrap_or(Share::ZERO);
    let working = match (rules, context.limits) {
        (None, _) | (_, Limits::Unknown) => None,
        (Some(rules), limits) => {
            enrolment::test(state, (event, own, owner), (rules, share), limits)?
        }
    };
    let rules = rules.map(|rules| rules.id.clone());
    let decision = Decision::fact(Some(owner.code.clone())).rules(rules);
    Ok(Decision { working, ..decision })
}

pub(super) fn disburse(
    state: &State,
    event: &Event,
    own: &Disburse,
    context: &Context<'_>,
) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    if loan.removed.is_some() {
        return Err(Reason::LoanState
            .refuse()
            .with("loan", &loan.id)
            .with("note", "-")
            .with("event", event.kind.word())
            .with("state", NoteState::Removed.code())
            .with("legal", "-"));
    }
    let id = own.note.as_ref().unwrap_or(&loan.id);
    new_id("note", id)?;
    if loan.notes.iter().any(|note| note.id == *id) {
        return Err(Reason::NoteExists.refuse().with("loan", &loan.id).with("note", id));
    }
    let amount = positive(own.amount)?;
    in_order(("date", event.happened()), ("due", own.due.unwrap_or(loan.due)), true)?;
    enrolment::check_stage(state, event, &loan.owner, PoolState::pays_claims)?;
    if context.limits != Limits::Unknown {
        enrolment::check_window(state, loan, event.happened())?;
    }
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
    let loan = loan(state, event, &own.loan)?;
    let note = note(loan, own.note.as_ref())?;
    let legal = [NoteState::Active, NoteState::Extended, NoteState::Overdue, NoteState::Npl];
    stands(event, loan, note, &legal)?;
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
    let loan = loan(state, event, &own.loan)?;
    note(loan, own.note.as_ref())?;
    in_order(("from", own.from), ("to", own.to), true)?;
    positive(own.amount)?;
    Ok(fact(loan))
}

pub(super) fn fee_paid(state: &State, event: &Event, own: &FeePaid) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    in_order(("from", own.from), ("to", own.to), true)?;
    positive(own.amount)?;
    Ok(fact(loan))
}

pub(super) fn reprice(state: &State, event: &Event, own: &Reprice) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    let note = note(loan, own.note.as_ref())?;
    in_order(("drawn", note.drawn), ("date", event.happened()), false)?;
    Ok(fact(loan))
}

pub(super) fn extend(state: &State, event: &Event, own: &Extend) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    let note = note(loan, own.note.as_ref())?;
    stands(event, loan, note, &[NoteState::Active, NoteState::Extended])?;
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
    let loan = loan(state, event, &own.loan)?;
    let note = note(loan, own.note.as_ref())?;
    stands(event, loan, note, &[NoteState::Active, NoteState::Extended])?;
    in_order(("drawn", note.drawn), ("date", event.happened()), false)?;
    Ok(entry(loan, posting::reclassify(draft(loan), NoteState::Overdue, note.state, note.balance)))
}

pub(super) fn npl(state: &State, event: &Event, own: &Npl) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    let note = note(loan, own.note.as_ref())?;
    // A bank may classify a loan before it is overdue, for unpaid interest or insolvency.
    stands(event, loan, note, &[NoteState::Active, NoteState::Extended, NoteState::Overdue])?;
    in_order(("drawn", note.drawn), ("date", event.happened()), false)?;
    Ok(entry(loan, posting::reclassify(draft(loan), NoteState::Npl, note.state, note.balance)))
}

/// The state to which a cured note goes back.
pub(crate) fn cured(note: &Note) -> NoteState {
    if note.extensions.is_empty() { NoteState::Active } else { NoteState::Extended }
}

pub(super) fn cure(state: &State, event: &Event, own: &Cure) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    let note = note(loan, own.note.as_ref())?;
    stands(event, loan, note, &[NoteState::Overdue, NoteState::Npl])?;
    Ok(entry(loan, posting::reclassify(draft(loan), cured(note), note.state, note.balance)))
}

pub(super) fn remove(state: &State, event: &Event, own: &Remove) -> Result<Decision, Problem> {
    let loan = loan(state, event, &own.loan)?;
    let refuse = |state: &str| {
        Reason::LoanState
            .refuse()
            .with("loan", &loan.id)
            .with("note", "-")
            .with("event", event.kind.word())
            .with("state", state)
            .with("legal", "active, extended, overdue, npl")
    };
    if loan.removed.is_some() {
        return Err(refuse(NoteState::Removed.code()));
    }
    let claims = loan.notes.iter().flat_map(|note| &note.claims);
    let live = claims
        .filter_map(|id| state.claims.get(id))
        .find(|claim| claim.state != ClaimState::Rejected);
    if let Some(claim) = live {
        return Err(refuse(claim.state.code()));
    }
    let draft = loan.notes.iter().fold(draft(loan), |draft, note| {
        posting::repay(draft, note.state, note.balance, note.exposure)
    });
    Ok(entry(loan, draft))
}
