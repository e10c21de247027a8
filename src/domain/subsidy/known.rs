//! What a state knows of firms and notes that a quarter's computation asks for.

use crate::domain::calendar::{Date, Period};
use crate::domain::loan::{Loan, Note};
use crate::domain::money::Money;
use crate::domain::rate::Fraction;
use crate::domain::registry::Qualification;
use crate::domain::state::State;
use crate::domain::subsidy::Facts;
use crate::domain::subsidy::qualified::held;
use crate::domain::text::Id;
use std::collections::HashMap;

/// What other programmes pay for some days of a note, each by its days; rounded once.
pub fn others(note: &Note, days: Period) -> Money {
    let mut sum = Fraction::ZERO;
    for other in &note.others {
        let covered = Period { from: other.from, to: other.to };
        let common = i128::from(covered.intersect(days).days());
        let part = Fraction::new(common, i128::from(covered.days().max(1)));
        let part = part.and_then(|part| Fraction::whole(other.amount.fen()).times(part.reduced()));
        // What cannot be added up leaves no room.
        match part.and_then(|part| sum.plus(part)) {
            Ok(more) => sum = more,
            Err(_) => return Money::MAX,
        }
    }
    sum.round_fen().unwrap_or(Money::MAX)
}

/// What a state knows of firms and loans beside a loan's own record.
pub struct Known<'s> {
    state: &'s State,
    told: HashMap<&'s Id, Vec<&'s Qualification>>,
}

impl<'s> Known<'s> {
    /// Cost: linear in the qualifications told.
    pub fn new(state: &'s State) -> Self {
        let mut told: HashMap<&Id, Vec<&Qualification>> = HashMap::new();
        for one in state.qualifications.iter() {
            told.entry(&one.firm).or_default().push(one);
        }
        Self { state, told }
    }
}

impl Facts for Known<'_> {
    fn qualified(&self, firm: &Id, kinds: &[Id]) -> Vec<Period> {
        let told = self.told.get(firm).map_or(&[][..], Vec::as_slice);
        held(told.iter().copied(), kinds)
    }

    fn begun(&self, loan: &Loan) -> Option<Date> {
        let before = |loan: &Loan| self.state.loans.get(loan.renews.as_ref()?);
        let chain = std::iter::successors(before(loan), |loan| before(loan));
        chain.flat_map(|loan| loan.notes.iter().map(|note| note.drawn)).min()
    }
}
