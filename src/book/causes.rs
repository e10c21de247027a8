//! What became known after a subsidy line was computed last, and so brought a difference about.

use super::Book;
use crate::domain::calendar::Period;
use crate::domain::corrected::Corrected;
use crate::domain::entry::Entry;
use crate::domain::event::{Event, Kind, Programme};
use crate::domain::loan::Loan;
use crate::domain::registry::Subsidy;
use crate::domain::rules::words::Qualified;
use crate::domain::subsidy::correction::Cause;
use crate::domain::subsidy::recompute::{is_capped, rates_differ};
use crate::domain::text::Id;
use crate::problem::Problem;
use crate::store::Store;
use serde_json::Value;
use std::collections::HashMap;

/// The word of a reversal.
const REVERSE: &str = "reverse";

/// What is looked up once for all differences.
pub(super) struct Facts {
    /// Reversals by loan: number, and the entry taken back.
    reversed: HashMap<Id, Vec<(u64, Entry)>>,
    /// The adoption of the reference rates in force.
    rates: Option<Entry>,
    /// Qualifications by firm, as they were told and taken back.
    qualified: HashMap<Id, Vec<(u64, Cause)>>,
}

impl Facts {
    /// Cost: two reads for each reversal of the book.
    pub(super) fn of<S: Store>(book: &Book<S>) -> Result<Self, Problem> {
        let state = book.state();
        let rates = state.adopted_rates.iter().last().map(|adopted| book.find(&adopted.id));
        let rates = rates.transpose()?.flatten();
        let mut reversed: HashMap<Id, Vec<(u64, Entry)>> = HashMap::new();
        let mut reversals: Vec<u64> = state.reversals().collect();
        reversals.sort_unstable();
        for by in reversals {
            let Some(seq) = book.entry(by)?.reverses else { continue };
            let original = book.entry(seq)?;
            let corrected = Corrected::of(&original);
            let loan = match &original.event.kind {
                Kind::Correct(_) => corrected.as_ref().and_then(Corrected::loan),
                Kind::ApplyDeposit(own) => Some(&own.loan),
                kind => kind.loan_fact().map(|(loan, _)| loan),
            };
            if let Some(loan) = loan.cloned() {
                reversed.entry(loan).or_default().push((by, original));
            }
        }
        Ok(Self { reversed, rates, qualified: Self::qualified(book)? })
    }

    /// Cost: a look-up for each qualification of the book.
    fn qualified<S: Store>(book: &Book<S>) -> Result<HashMap<Id, Vec<(u64, Cause)>>, Problem> {
        let state = book.state();
        let mut qualified: HashMap<Id, Vec<(u64, Cause)>> = HashMap::new();
        for told in state.qualifications.iter() {
            let Some(entry) = book.find(&told.id)? else { continue };
            let by = state.reversed_by(entry.seq).map(|by| (by, REVERSE));
            let list = qualified.entry(told.firm.clone()).or_default();
            for (entry, event) in [(entry.seq, entry.event.kind.word())].into_iter().chain(by) {
                list.push((entry, Cause::Fact { entry, event, effective: told.from }));
            }
        }
        Ok(qualified)
    }
}

/// The facts that an entry tells: of a correction the fact as it was and as it is, whichever truly
/// happened first.
fn facts_of(entry: &Entry) -> Vec<Event> {
    let Some(corrected) = Corrected::of(entry) else { return vec![entry.event.clone()] };
    let mut facts = vec![corrected.fact.was.event, corrected.fact.now.event];
    facts.sort_by_key(Event::happened);
    facts
}

/// How a line was computed last.
pub(super) struct Known<'l> {
    programme: Programme,
    note: &'l Id,
    /// The entry that computed it.
    entry: u64,
    /// Its working.
    pub(super) working: Value,
}

impl<'l> Known<'l> {
    /// The last entry with a working on the lines of a period.
    pub(super) fn of<S: Store>(
        book: &Book<S>,
        programme: Programme,
        loan: &Loan,
        note: &'l Id,
        first: &Id,
    ) -> Result<Self, Problem> {
        let state = book.state();
        let lines = loan.notes.iter().filter(|of| of.id == *note).flat_map(|of| &of.subsidised);
        let of_period =
            |line: &&Subsidy| line.id == *first || line.supplements.as_ref() == Some(first);
        let lines = lines.filter_map(|own| state.subsidies.get(&own.subsidy)).filter(of_period);
        let mut entries: Vec<u64> = lines.flat_map(|line| line.trail.iter().copied()).collect();
        entries.sort_unstable();
        entries.dedup();
        for entry in entries.into_iter().rev() {
            let told = book.entry(entry)?;
            if let Some(working) = told.event.kind.working() {
                return Ok(Self { programme, note, entry, working: working.value() });
            }
        }
        Ok(Self { programme, note, entry: 0, working: Value::Null })
    }

    /// The facts recorded since that concern the period; without any, the caps where they had a say.
    pub(super) fn causes<S: Store>(
        &self,
        book: &Book<S>,
        loan: &Loan,
        period: Period,
        facts: &Facts,
        now: &Value,
    ) -> Result<Vec<Cause>, Problem> {
        let mut causes = Vec::new();
        let mut add = |entry: u64, event: &'static str, facts: &[Event]| {
            if let Some(fact) = facts.iter().find(|fact| self.concerns(fact, period)) {
                causes.push(Cause::Fact { entry, event, effective: fact.happened() });
            }
        };
        for seq in loan.trail.iter().filter(|seq| **seq > self.entry) {
            let told = book.entry(*seq)?;
            add(*seq, told.event.kind.word(), &facts_of(&told));
        }
        for (by, original) in facts.reversed.get(&loan.id).into_iter().flatten() {
            // What was recorded and taken back since changed nothing.
            if *by > self.entry && original.seq < self.entry {
                add(*by, REVERSE, &facts_of(original));
            }
        }
        causes.sort_by_key(Cause::entry);
        if let Some(rates) = facts.rates.as_ref().filter(|rates| rates.seq > self.entry)
            && rates_differ(&self.working, now)
        {
            let (event, effective) = (rates.event.kind.word(), rates.event.happened());
            causes.push(Cause::Fact { entry: rates.seq, event, effective });
        }
        if asks_for_qualification(book, loan, self.programme) {
            let told = facts.qualified.get(&loan.firm).into_iter().flatten();
            let since = told.filter(|(entry, _)| *entry > self.entry);
            causes.extend(since.map(|(_, cause)| cause.clone()));
        }
        if causes.is_empty() && (is_capped(&self.working) || is_capped(now)) {
            causes.push(Cause::Cap);
        }
        Ok(causes)
    }

    /// True when a fact of the loan may change the days, amounts or evidence of a period.
    fn concerns(&self, event: &Event, period: Period) -> bool {
        let before = event.happened() < period.to;
        let note = |own: &Option<Id>| {
            let other = own.as_ref().is_some_and(|own| own != self.note);
            // A fee is paid for the whole loan.
            !other || self.programme == Programme::GuaranteeFee
        };
        match &event.kind {
            Kind::Disburse(own) => before && note(&own.note),
            Kind::Repay(own) => before && note(&own.note),
            Kind::ApplyDeposit(own) => before && note(&own.note),
            Kind::Reprice(own) => before && note(&own.note),
            Kind::Overdue(own) => before && note(&own.note),
            Kind::Npl(own) => before && note(&own.note),
            Kind::Cure(own) => before && note(&own.note),
            Kind::Remove(_) => before,
            // It counts from the maturity before, whenever it was agreed.
            Kind::Extend(own) => note(&own.note),
            Kind::InterestPaid(own) => {
                let days = Period { from: own.from, to: own.to };
                !days.intersect(period).is_empty() && note(&own.note)
            }
            Kind::OtherBenefit(own) => {
                let days = Period { from: own.from, to: own.to };
                !days.intersect(period).is_empty() && note(&own.note)
            }
            Kind::FeePaid(own) => own.from < period.to,
            // Rules hold for all days of the loan.
            Kind::FeeRefunded(_) | Kind::ChangeRules(_) => true,
            _ => false,
        }
    }
}

/// True when the rules of a loan ask for the firm's qualification.
fn asks_for_qualification<S: Store>(book: &Book<S>, loan: &Loan, programme: Programme) -> bool {
    let rules = loan.rules.as_ref().and_then(|id| book.state().rules(id));
    let asked = rules.and_then(|rules| match programme {
        Programme::InterestDiscount => {
            rules.interest_discount.as_ref().map(|own| own.qualification.rule)
        }
        Programme::GuaranteeFee => rules.fee_subsidy.as_ref().map(|own| own.qualification.rule),
    });
    asked.is_some_and(|rule| rule != Qualified::Ignore)
}
