//! The passes over what entries say, in the order in which they need each other.

use super::accounts;
use super::adopted::Adopted;
use super::ceilings::Ceilings;
use super::checks::{Check, Tally};
use super::claims::{self, Claims};
use super::fact::Fact;
use super::funding::Funding;
use super::loans::{self, Loan, Loans};
use super::moved::Moved;
use super::pools::Pools;
use super::slips::{self, Papers};
use super::subsidies::{self, Subsidies};
use crate::domain::calendar::Date;
use crate::domain::corrected::{Corrected, Step};
use crate::domain::entry::{Entry, Line};
use crate::domain::event::Kind;
use crate::domain::rules::RuleSet;
use crate::domain::text::Id;

/// Everything that is folded from the entries.
#[derive(Default)]
pub(super) struct Passes {
    adopted: Adopted,
    moved: Moved,
    funding: Funding,
    loans: Loans,
    papers: Papers,
    claims: Claims,
    ceilings: Ceilings,
    pools: Pools,
    subsidies: Subsidies,
    /// The loan of each approved subsidy.
    of_subsidy: super::FastMap<Id, Id>,
}

impl Passes {
    /// Takes an entry in and checks it.
    pub fn take(&mut self, seq: u64, entry: &Entry, tally: &mut Tally) {
        if entry.reverses.is_none() && !matches!(entry.event.kind, Kind::Reverse(_)) {
            return self.follow(&Fact { seq, entry, event: &entry.event, back: false }, tally);
        }
        if let Some(event) = entry.taken_back() {
            self.follow(&Fact { seq, entry, event: &event, back: true }, tally);
        }
    }

    /// The rules in force on a day, as adopted so far.
    pub fn rules_on(&self, day: Date) -> Option<&RuleSet> {
        self.adopted.on(day)
    }

    /// A correction: the loan is gone back to before its fact by what the entries posted, and told again
    /// by the auditor's own formulas; the difference is what the correction had to post.
    fn correct(&mut self, fact: &Fact<'_>, tally: &mut Tally) {
        self.moved.finish(tally);
        let told = Corrected::of_working(fact.entry);
        let told = if fact.back { told.map(Corrected::turned) } else { told };
        let id = told.as_ref().and_then(Corrected::loan);
        let (Some(told), Some(id)) = (&told, id) else {
            tally.find(Check::LoanBalance, fact.seq, "corrected", "working", "-");
            return;
        };
        let before = self.loans.get(id).map(Loan::part).unwrap_or_default();
        let steps: Vec<&Step> = told.steps().collect();
        for step in steps.iter().rev() {
            let turned = |lines: &[Line]| lines.iter().map(Line::turned).collect();
            let (lines, memo) = (turned(&step.was.lines), turned(&step.was.memo));
            let entry = Entry { lines, memo, ..step.was.clone() };
            self.again(&Fact { seq: entry.seq, entry: &entry, event: &entry.event, back: true });
        }
        for (place, step) in steps.into_iter().enumerate() {
            let (entry, event) = (&step.now, &step.now.event);
            let again = Fact { seq: fact.seq, entry, event, back: false };
            self.again(&again);
            if place == 0 && !fact.back {
                slips::check(&again, &self.loans, tally);
            }
        }
        accounts::check(fact, tally);
        self.loans.compare(fact, tally);
        self.loans.hold(Some(id), fact, tally);
        self.ceilings.take(fact, None, &self.loans, &self.adopted, tally);
        let loan = self.loans.get(id);
        self.adopted.check(fact, loan, tally);
        let loan = loan.map(|loan| (loan, &before));
        self.pools.take(fact, loan, &self.adopted, &self.ceilings, tally);
    }

    /// One entry within a correction; what it says was looked at when it was recorded.
    fn again(&mut self, fact: &Fact<'_>) {
        self.loans.take_again(fact, &self.adopted);
        self.claims.take_again(fact, &mut self.loans, &self.adopted);
    }

    fn follow(&mut self, fact: &Fact<'_>, tally: &mut Tally) {
        if matches!(fact.event.kind, Kind::Correct(_)) {
            return self.correct(fact, tally);
        }
        self.adopted.take(fact);
        let loan = self.loan(fact).cloned();
        let before = loan.as_ref().and_then(|id| self.loans.get(id)).map(Loan::part);
        self.loans.take(fact, &self.adopted);
        self.papers.take(fact, &self.loans, &self.adopted, tally);
        slips::check(fact, &self.loans, tally);
        accounts::check(fact, tally);
        self.funding.take(fact, &self.adopted, tally);
        self.claims.take(fact, &mut self.loans, &self.adopted, tally);
        self.loans.compare(fact, tally);
        self.ceilings.take(
            fact,
            claims::named(&fact.event.kind),
            &self.loans,
            &self.adopted,
            tally,
        );
        let before = before.unwrap_or_default();
        let loan = loan.as_ref().and_then(|id| self.loans.get(id)).map(|loan| (loan, &before));
        self.pools.take(fact, loan, &self.adopted, &self.ceilings, tally);
        self.subsidies.take(fact, &self.loans, &self.adopted, tally);
        if let Kind::ApproveSubsidy(own) = &fact.event.kind {
            self.of_subsidy.insert(fact.event.id.clone(), own.loan.clone());
        }
        self.adopted.check(fact, self.rests_on(fact), tally);
        self.moved.take(fact, (&self.loans, &self.claims, &self.adopted), tally);
    }

    /// The loan whose balances or cover an event may change.
    fn loan<'a>(&'a self, fact: &'a Fact<'_>) -> Option<&'a Id> {
        let of_claim = claims::named(&fact.event.kind).and_then(|claim| self.claims.loan(claim));
        of_claim.or_else(|| loans::named(fact.event).map(|(loan, _)| loan))
    }

    /// What is left to be found when all entries are taken in.
    pub fn finish(&mut self, tally: &mut Tally) {
        self.moved.finish(tally);
    }

    /// The loan on which an entry rests.
    fn rests_on(&self, fact: &Fact<'_>) -> Option<&Loan> {
        let kind = &fact.event.kind;
        let loan = match (loans::named(fact.event), claims::named(kind), subsidies::named(kind)) {
            (Some((loan, _)), ..) => Some(loan),
            (_, Some(claim), _) if !matches!(kind, Kind::ExplainReceipt(_)) => {
                self.claims.loan(claim)
            }
            (.., Some((subsidy, _))) => self.of_subsidy.get(subsidy),
            _ => None,
        };
        loan.and_then(|id| self.loans.get(id))
    }
}
