//! Rules, reference rates and firms as the entries so far made them known.

use super::FastMap;
use super::checks::{Check, Tally};
use super::fact::Fact;
use super::loans::Loan;
use crate::domain::calendar::Date;
use crate::domain::event::Kind;
use crate::domain::rate::Rate;
use crate::domain::rates::{RateTable, Series};
use crate::domain::rules::RuleSet;
use crate::domain::text::Id;
use compact_str::CompactString;

/// What was adopted.
#[derive(Default)]
pub(super) struct Adopted {
    rules: Vec<(Date, RuleSet)>,
    rates: Vec<RateTable>,
    codes: FastMap<Id, CompactString>,
}

impl Adopted {
    /// Takes an entry in.
    pub fn take(&mut self, fact: &Fact<'_>) {
        match &fact.event.kind {
            Kind::AdoptRules(own) => {
                if let Ok(rules) = RuleSet::parse(&own.rules.0) {
                    self.rules.push((fact.event.happened(), rules));
                }
            }
            Kind::AdoptRates(own) => self.rates.extend(RateTable::parse(&own.rates.0)),
            Kind::Party(own) => {
                if let Some(code) = &own.credit_code {
                    self.codes.insert(own.party.clone(), code.clone());
                }
            }
            _ => {}
        }
    }

    /// The rules of an id.
    pub fn rules(&self, id: &Id) -> Option<&RuleSet> {
        self.rules.iter().map(|(_, rules)| rules).find(|rules| rules.id == *id)
    }

    /// The rules in force on a day: the last that began.
    pub fn on(&self, day: Date) -> Option<&RuleSet> {
        let begun = self.rules.iter().filter(|(from, _)| *from <= day);
        begun.max_by_key(|(from, _)| *from).map(|(_, rules)| rules)
    }

    /// True when any table that was adopted gives this rate from this day on.
    pub fn is_rate(&self, series: Series, since: Date, rate: Rate) -> bool {
        self.rates.iter().any(|table| table.at(series, since) == Some((since, rate)))
    }

    /// The key of a firm: its credit code, so that a firm that moved is one firm.
    pub fn firm(&self, party: &Id) -> CompactString {
        self.codes.get(party).cloned().unwrap_or_else(|| party.as_str().into())
    }

    /// An enrolment takes the rules in force on its day; what rests on a loan goes by the loan's, and
    /// what is taken back by those under which it was recorded.
    pub fn check(&self, fact: &Fact<'_>, loan: Option<&Loan>, tally: &mut Tally) {
        let expected = match (&fact.event.kind, loan) {
            (Kind::Enrol(_), _) => self.on(fact.event.happened()).map(|rules| &rules.id),
            (Kind::ChangeRules(own), _) => Some(&own.to_rules),
            (_, Some(loan)) => loan.rules.as_ref(),
            _ => return,
        };
        let shown = |id: Option<&Id>| id.map_or_else(|| "-".to_owned(), ToString::to_string);
        let own = fact.entry.rules.as_ref();
        let found = shown(own);
        tally.look(Check::RulesVersion);
        let earlier = loan.filter(|_| fact.back).map(|loan| loan.changes.as_slice());
        let was = earlier.unwrap_or_default().iter().any(|(rules, _)| rules.as_ref() == own);
        if expected != own && !was {
            tally.find(Check::RulesVersion, fact.seq, "rules", shown(expected), found);
        }
    }
}
