//! The sums by which limits are tested, added up again from the loans as they stand.

use poolbook::domain::event::Scope;
use poolbook::domain::loan::{Loan, Note, NoteState};
use poolbook::domain::money::Money;
use poolbook::domain::pool::{Sum, Watch, firm_key, owner_key};
use poolbook::domain::rules::words::BreakerRatio;
use poolbook::domain::state::State;

fn fen(amounts: impl Iterator<Item = Money>) -> i128 {
    amounts.map(|amount| i128::from(amount.fen())).sum()
}

fn notes(loan: &Loan, of: fn(&Note) -> Money) -> i128 {
    fen(loan.notes.iter().map(of))
}

fn live(loan: &Loan) -> bool {
    let owed = notes(loan, |note| note.balance);
    loan.removed.is_none() && (loan.notes.is_empty() || owed > 0)
}

fn undrawn(loan: &Loan) -> i128 {
    if live(loan) { i128::from(loan.amount.fen()) - notes(loan, |note| note.amount) } else { 0 }
}

/// Panics where a sum of an owner, a firm or a breaker's scope is not what the loans come to.
pub fn agree(state: &State, what: &str) {
    for owner in state.owners.iter().map(|owner| &owner.code) {
        let loans = || state.loans.iter().filter(|loan| loan.owner == *owner);
        let sum = |sum: Sum| state.sum(owner_key(state, sum, 0, owner));
        let counted: i128 =
            loans().map(|loan| notes(loan, |note| note.balance) + undrawn(loan)).sum();
        assert_eq!(sum(Sum::Counted), counted, "loans of {owner} {what}");
        let covered: i128 = loans()
            .flat_map(|loan| &loan.notes)
            .map(|note| i128::from((note.balance.fen() - note.compensated.fen()).max(0)))
            .sum::<i128>()
            + loans().map(undrawn).sum::<i128>();
        assert_eq!(sum(Sum::Covered), covered, "covered of {owner} {what}");
        let watch = Watch { scope: Scope::Owner, owner: Some(owner.clone()), bank: None };
        let all = || loans().flat_map(|loan| &loan.notes);
        let is_open = |note: &&Note| matches!(note.overdue.last(), Some((_, None)));
        let balance = fen(all().map(|note| note.balance));
        let ratio = watch.ratio(state, BreakerRatio::Overdue, 0);
        let overdue = fen(all().filter(is_open).map(|note| note.balance));
        assert_eq!((ratio.numerator, ratio.denominator), (overdue, balance), "{owner} {what}");
        let bad = all().filter(|note| note.state == NoteState::Npl);
        let npl = watch.ratio(state, BreakerRatio::Npl, 0).numerator;
        assert_eq!(npl, fen(bad.map(|note| note.balance)), "npl of {owner} {what}");
    }
    for firm in state.parties.iter().map(|party| &party.id) {
        let loans = || state.loans.iter().filter(|loan| loan.firm == *firm && live(loan));
        let sum = |sum: Sum| state.sum(firm_key(state, sum, firm));
        assert_eq!(sum(Sum::FirmLoans), loans().count() as i128, "loans of {firm} {what}");
        let contracts = fen(loans().map(|loan| loan.amount));
        assert_eq!(sum(Sum::FirmContracts), contracts, "contracts of {firm} {what}");
    }
}
