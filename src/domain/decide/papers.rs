//! A bank's contract is enrolled once and its note drawn once, in any county; what is another drawing
//! says beside which loan it is one.

use super::loan::loan as known;
use crate::domain::event::{Disburse, Enrol, Event};
use crate::domain::loan::Loan;
use crate::domain::papers::Paper;
use crate::domain::refusal::Reason;
use crate::domain::state::State;
use crate::domain::text::Id;
use crate::problem::Problem;

/// A new loan's contract.
pub(super) fn check_contract(state: &State, own: &Enrol) -> Result<(), Problem> {
    let number = own.contract.as_deref().unwrap_or_default();
    let found: Vec<&Loan> = state.loans_of_paper(Paper::Contract, &own.bank, number).collect();
    let shown = if number.is_empty() { "-" } else { number };
    if let Some(named) = &own.drawing_of {
        return check_named(state, (&own.loan, named), (&own.bank, shown), &found);
    }
    let Some(other) = found.first() else { return Ok(()) };
    Err(told(Reason::ContractTwice, other)
        .with("contract", shown)
        .with("bank", &own.bank)
        .with("given", &own.loan)
        .with("entry", other.entry))
}

/// A new note's number.
pub(super) fn check_note(state: &State, event: &Event, own: &Disburse) -> Result<(), Problem> {
    let loan = known(state, event, &own.loan)?;
    let number = own.note.as_ref().filter(|note| **note != loan.id).map_or("", Id::as_str);
    let found = state.loans_of_paper(Paper::Note, &loan.bank, number);
    let found: Vec<&Loan> = found.filter(|other| other.id != loan.id).collect();
    let shown = if number.is_empty() { "-" } else { number };
    if let Some(named) = &own.drawing_of {
        return check_named(state, (&own.loan, named), (&loan.bank, shown), &found);
    }
    let Some(other) = found.first() else { return Ok(()) };
    let plain = crate::domain::papers::plain_number(number);
    let mut notes = other.notes.iter();
    let note = notes.find(|note| crate::domain::papers::plain_number(&note.id) == plain);
    Err(told(Reason::NoteTwice, other)
        .with("note", shown)
        .with("bank", &loan.bank)
        .with("given", &own.loan)
        .with("entry", note.map_or(0, |note| note.entry)))
}

fn told(reason: Reason, other: &Loan) -> Problem {
    reason
        .refuse()
        .with("loan", &other.id)
        .with("owner", &other.owner)
        .with("enrolled", other.enrolled)
}

/// The loan beside which another drawing is told must carry the same number of the same bank.
fn check_named(
    state: &State,
    (loan, named): (&Id, &Id),
    (bank, number): (&Id, &str),
    found: &[&Loan],
) -> Result<(), Problem> {
    if state.loans.get(named).is_none() {
        return Err(Reason::LoanUnknown.refuse().with("loan", named));
    }
    if found.iter().any(|other| other.id == *named) {
        return Ok(());
    }
    let loans: Vec<&str> = found.iter().map(|other| other.id.as_str()).collect();
    Err(Reason::DrawingOther
        .refuse()
        .with("given", loan)
        .with("loan", named)
        .with("number", number)
        .with("bank", bank)
        .with("found", if loans.is_empty() { "-".to_owned() } else { loans.join(", ") }))
}
