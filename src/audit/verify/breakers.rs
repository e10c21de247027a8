//! No enrolment while its scope stands suspended (24): the circuit breaker and its memory, followed
//! a second time from what the loans' events tell.
//!
//! Memory: one record a city, owner, bank, and bank of an owner, with one row a year.

use super::FastMap;
use super::adopted::Adopted;
use super::checks::{Check, Tally};
use super::fact::Fact;
use super::loans::{Loan, Part};
use crate::domain::account::Account;
use crate::domain::calendar::Date;
use crate::domain::entry::Warning;
use crate::domain::event::{Enrol, Kind, Release, Scope};
use crate::domain::money::Total;
use crate::domain::rate::Share;
use crate::domain::rules::words::{BreakerRatio, BreakerScope};
use crate::domain::rules::{Breaker, RuleSet};
use crate::domain::text::Id;
use std::collections::BTreeMap;

/// What is stopped: owner and bank, where the scope has them.
type Place = (Scope, Option<Id>, Option<Id>);

fn place(scope: Scope, owner: &Id, bank: &Id) -> Place {
    match scope {
        Scope::Pool => (scope, None, None),
        Scope::Owner => (scope, Some(owner.clone()), None),
        Scope::Bank => (scope, None, Some(bank.clone())),
        Scope::BankOfOwner => (scope, Some(owner.clone()), Some(bank.clone())),
    }
}

fn scope_of(breaker: &Breaker) -> Scope {
    match breaker.scope {
        BreakerScope::Pool => Scope::Pool,
        BreakerScope::Owner => Scope::Owner,
        BreakerScope::Bank => Scope::Bank,
        BreakerScope::BankOfOwner => Scope::BankOfOwner,
    }
}

/// What an entry did to a scope.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    Stopped,
    /// Released; true while the ratio stood at the line or above.
    Released(bool),
    Fell,
}

/// Where a scope stands.
#[derive(Clone, Copy, PartialEq)]
enum Standing {
    Clear,
    Stopped,
    Pardoned,
}

/// The sums of a scope, and what happened to it by entry.
#[derive(Default)]
struct Record {
    balance: Total,
    overdue: Total,
    npl: Total,
    /// Compensation paid, and principal whose cover ended, by year.
    years: BTreeMap<i16, [Total; 2]>,
    turns: Vec<(u64, Turn)>,
}

impl Record {
    fn standing(&self) -> Standing {
        let mut standing = Standing::Clear;
        for (_, turn) in &self.turns {
            standing = match turn {
                Turn::Stopped => Standing::Stopped,
                Turn::Released(true) => Standing::Pardoned,
                Turn::Released(false) => Standing::Clear,
                Turn::Fell if standing == Standing::Pardoned => Standing::Clear,
                Turn::Fell => standing,
            };
        }
        standing
    }

    fn ratio(&self, of: BreakerRatio, year: i16) -> [Total; 2] {
        match of {
            BreakerRatio::Overdue => [self.overdue, self.balance],
            BreakerRatio::Npl => [self.npl, self.balance],
            BreakerRatio::Compensation => self.years.get(&year).copied().unwrap_or_default(),
        }
    }

    /// Something, and at the line or above it.
    fn reaches(&self, of: BreakerRatio, line: Share, year: i16) -> bool {
        let [part, whole] = self.ratio(of, year);
        let (numerator, denominator) = line.fraction().parts();
        part > Total::ZERO
            && part.0.saturating_mul(denominator) >= whole.0.saturating_mul(numerator)
    }
}

/// All scopes.
#[derive(Default)]
pub(super) struct Breakers {
    scopes: FastMap<Place, Record>,
}

impl Breakers {
    /// An enrolment of today against the scopes as they stand before it.
    pub fn enrol(&self, fact: &Fact<'_>, own: &Enrol, rules: &RuleSet, tally: &mut Tally) {
        let Some(owner) = fact.owner() else { return };
        tally.look(Check::EnrolSuspended);
        if fact.entry.has_warning(Warning::BreakerStopped) {
            return;
        }
        let at = |scope: Scope| place(scope, owner, &own.bank);
        let latched = Scope::ALL.iter().find(|scope| {
            self.scopes.get(&at(**scope)).is_some_and(|it| it.standing() == Standing::Stopped)
        });
        let above = || {
            let breaker = rules.breaker.as_ref()?;
            let scope = scope_of(breaker);
            let record = self.scopes.get(&at(scope))?;
            let year = fact.event.date.year();
            let reached = record.reaches(breaker.ratio, breaker.stop, year);
            (reached && record.standing() != Standing::Pardoned).then_some(scope)
        };
        if let Some(scope) = latched.copied().or_else(above) {
            let found = format_args!("{scope} suspended");
            tally.find(Check::EnrolSuspended, fact.seq, &own.loan, "release", found);
        }
    }

    /// The sums that an enrolment says its breaker was tested with, against those followed here.
    pub fn told(&self, fact: &Fact<'_>, own: &Enrol, breaker: &Breaker, tally: &mut Tally) {
        let (Some(owner), Some(working)) = (fact.owner(), &fact.entry.working) else { return };
        let working = working.value();
        let Some(told) = working.get("breaker") else { return };
        let record = self.scopes.get(&place(scope_of(breaker), owner, &own.bank));
        let year = fact.event.date.year();
        let sums = record.map(|record| record.ratio(breaker.ratio, year)).unwrap_or_default();
        for (key, sum) in ["numerator", "denominator"].into_iter().zip(sums) {
            let found = told.get(key).and_then(|text| text.as_str()).unwrap_or("-");
            let subject = format_args!("{} breaker {key}", own.loan);
            tally.same(Check::EnrolSums, fact.seq, subject, sum.to_string().as_str(), found);
        }
    }

    /// A loan counts for something else than before; compensation of it is paid.
    pub fn moved(&mut self, fact: &Fact<'_>, loan: &Loan, before: &Part, adopted: &Adopted) {
        let after = loan.part();
        let paid = match &fact.event.kind {
            Kind::PayClaim(_) => fact.moved(Account::CompensationPayable),
            _ => Total::ZERO,
        };
        if after == *before && paid == Total::ZERO {
            return;
        }
        let (year, back) = (fact.event.date.year(), fact.entry.reverses.filter(|_| fact.back));
        for scope in Scope::ALL {
            let record = self.scopes.entry(place(*scope, &loan.owner, &loan.bank)).or_default();
            record.balance += after.balance - before.balance;
            record.overdue += after.overdue - before.overdue;
            record.npl += after.npl - before.npl;
            let [had, released] = record.years.entry(year).or_default();
            *had += paid;
            *released += after.released - before.released;
            if let Some(original) = back {
                record.turns.retain(|(seq, _)| *seq != original);
            }
        }
        let Some(breaker) = breaker_on(adopted, fact.entry.event.date) else { return };
        let place = place(scope_of(&breaker), &loan.owner, &loan.bank);
        let record = self.scopes.entry(place).or_default();
        let above = record.reaches(breaker.ratio, breaker.stop, year);
        match (record.standing(), above) {
            (Standing::Clear, true) => record.turns.push((fact.seq, Turn::Stopped)),
            (Standing::Pardoned, false) => record.turns.push((fact.seq, Turn::Fell)),
            _ => {}
        }
    }

    /// A written release, or one that is taken back.
    pub fn release(&mut self, fact: &Fact<'_>, own: &Release, adopted: &Adopted) {
        if fact.back {
            let original = fact.entry.reverses.unwrap_or_default();
            for record in self.scopes.values_mut() {
                record.turns.retain(|(seq, _)| *seq != original);
            }
            return;
        }
        let breaker = breaker_on(adopted, fact.event.date);
        let Some(scope) = own.scope.or(breaker.as_ref().map(scope_of)) else { return };
        let nobody = Id::joined("-");
        let owner = fact.event.owner.as_ref().unwrap_or(&nobody);
        let bank = own.bank.as_ref().unwrap_or(&nobody);
        let record = self.scopes.entry(place(scope, owner, bank)).or_default();
        let above = breaker.filter(|breaker| scope_of(breaker) == scope).is_some_and(|breaker| {
            record.reaches(breaker.ratio, breaker.stop, fact.event.date.year())
        });
        record.turns.push((fact.seq, Turn::Released(above)));
    }
}

fn breaker_on(adopted: &Adopted, day: Date) -> Option<Breaker> {
    adopted.on(day).and_then(|rules| rules.breaker)
}
