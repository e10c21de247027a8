//! Which loans go over to rules that were adopted with effect from an earlier day (27): each one by an
//! entry of its own, right behind the adoption that asks for it, and no other.
//!
//! Memory: the loans that an adoption leaves to be moved.

use super::adopted::Adopted;
use super::checks::{Check, Tally};
use super::claims::Claims;
use super::fact::Fact;
use super::loans::{Loan, Loans};
use crate::domain::event::{AdoptRules, ChangeRules, Kind, LoansBetween};
use crate::domain::rules::RuleSet;
use crate::domain::text::Id;
use std::collections::BTreeSet;

/// What an adoption leaves to be done by the entries behind it.
#[derive(Default)]
pub(super) struct Moved {
    adoption: u64,
    rules: Option<Id>,
    awaited: BTreeSet<Id>,
}

type Seen<'a> = (&'a Loans, &'a Claims, &'a Adopted);

/// Whether nothing stands in a loan's way: no claim has its shares, the rules took loans on the day of
/// its enrolment, and they say who bears what of it.
fn is_free(id: &Id, loan: &Loan, rules: &RuleSet, claims: &Claims) -> bool {
    let claimed = loan.notes.iter().any(|note| claims.on_note(id, &note.id).is_some());
    let taken = rules.valid_to.is_none_or(|last| loan.enrolled <= last);
    !claimed && taken && loan.terms.is_shared(rules)
}

impl Moved {
    /// Takes an entry in, after the loan of a change is under its new rules.
    pub fn take(&mut self, fact: &Fact<'_>, seen: Seen<'_>, tally: &mut Tally) {
        match &fact.event.kind {
            Kind::ChangeRules(own) if !fact.back => {
                let same = self.rules.as_ref() == Some(&own.to_rules);
                if !(self.awaited.remove(&own.loan) && same) {
                    self.finish(tally);
                }
                check(fact, own, seen, tally);
            }
            Kind::AdoptRules(own) => {
                self.finish(tally);
                self.adopt(fact, own, seen, tally);
            }
            _ => self.finish(tally),
        }
    }

    /// Loans that an adoption asked for and that no entry behind it moved.
    pub fn finish(&mut self, tally: &mut Tally) {
        let rules = self.rules.as_ref().map_or("-", |rules| rules.as_str());
        for loan in std::mem::take(&mut self.awaited) {
            tally.find(Check::RulesChanged, self.adoption, loan, rules, "-");
        }
    }

    fn adopt(&mut self, fact: &Fact<'_>, own: &AdoptRules, seen: Seen<'_>, tally: &mut Tally) {
        let (loans, claims, adopted) = seen;
        let (event, entry) = (fact.event, fact.entry);
        let id = entry.rules.as_ref();
        let (Some(since), Some(rules)) = (event.effective, id.and_then(|id| adopted.rules(id)))
        else {
            return;
        };
        if own.loans_between != Some(LoansBetween::Change) {
            return;
        }
        // The rules that are in force on a day by now are these, or others that began later.
        let between = |loan: &Loan| {
            let on = adopted.on(loan.enrolled).map(|rules| &rules.id);
            let within = since <= loan.enrolled && loan.enrolled <= event.date;
            within && on == id && loan.rules.as_ref() != id
        };
        let found: Vec<_> = loans.iter().filter(|(_, loan)| between(loan)).collect();
        let free = found.iter().filter(|(id, loan)| is_free(id, loan, rules, claims));
        self.awaited = free.map(|(id, _)| (*id).clone()).collect();
        (self.adoption, self.rules) = (fact.seq, id.cloned());
        let (moved, all) = (self.awaited.len() as u64, found.len() as u64);
        let told = entry.working.as_ref().map(|working| working.value());
        for (key, expected) in [("changed", moved), ("kept", all - moved)] {
            let pointer = format!("/loans_between/{key}");
            let found = told.as_ref().and_then(|told| told.pointer(&pointer)?.as_u64());
            tally.same(Check::RulesChanged, fact.seq, key, expected, found.unwrap_or_default());
        }
        // They belong to one group, so that none is lost without the others.
        if entry.more < moved {
            tally.find(Check::RulesChanged, fact.seq, "more", moved, entry.more);
        }
    }
}

/// A loan goes over only to the rules in force on the day of its enrolment, and only where nothing
/// stands in its way.
fn check(
    fact: &Fact<'_>,
    own: &ChangeRules,
    (loans, claims, adopted): Seen<'_>,
    tally: &mut Tally,
) {
    tally.look(Check::RulesChanged);
    let Some(loan) = loans.get(&own.loan) else {
        tally.find(Check::RulesChanged, fact.seq, &own.loan, "enrolled", "-");
        return;
    };
    let in_force = adopted.on(loan.enrolled);
    if in_force.map(|rules| &rules.id) != Some(&own.to_rules) {
        let expected = in_force.map_or("-", |rules| rules.id.as_str());
        tally.find(Check::RulesChanged, fact.seq, &own.loan, expected, &own.to_rules);
    }
    if loan.changes.last().is_some_and(|(was, _)| was.as_ref() == Some(&own.to_rules)) {
        tally.find(Check::RulesChanged, fact.seq, &own.loan, "-", &own.to_rules);
    }
    if fact.event.date < loan.enrolled {
        tally.find(Check::RulesChanged, fact.seq, &own.loan, loan.enrolled, fact.event.date);
    }
    if !adopted.rules(&own.to_rules).is_some_and(|rules| is_free(&own.loan, loan, rules, claims)) {
        tally.find(Check::RulesChanged, fact.seq, &own.loan, "keep", &own.to_rules);
    }
}
