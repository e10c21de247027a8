//! The days of a note that are subsidised: never twice by one programme (25), and only days that may
//! be (26).

use super::FastMap;
use super::checks::{Check, Tally};
use super::fact::Fact;
use super::loans::{Loan, Note};
use super::workings::{day, segments};
use crate::domain::calendar::{Date, Period, add_months};
use crate::domain::event::{ApproveSubsidy, Programme};
use crate::domain::rules::RuleSet;
use crate::domain::rules::words::{OnExtension, Per};
use crate::domain::text::Id;
use compact_str::CompactString;
use serde_json::Value;

/// Loan, note and programme. A fee is subsidised for the loan as a whole.
type Key = (Id, Option<Id>, Programme);

/// Days and periods by note and programme, with the line that took them.
#[derive(Default)]
pub(super) struct Subsidised {
    taken: FastMap<Key, Vec<Taken>>,
    keys: FastMap<Id, Key>,
}

struct Taken {
    line: Id,
    period: CompactString,
    days: Vec<Period>,
}

/// A line that names no note is of the only one that there was.
fn key(own: &ApproveSubsidy, loan: &Loan) -> Key {
    let note = match own.programme {
        Programme::InterestDiscount => {
            own.note.clone().or_else(|| loan.notes.first().map(|note| note.id.clone()))
        }
        Programme::GuaranteeFee => None,
    };
    (own.loan.clone(), note, own.programme)
}

/// The days of a working's segments that this line pays for. A fee is counted from its first day, so
/// that only the days of the period itself are new.
fn days_of(own: &ApproveSubsidy, working: &Value) -> Vec<Period> {
    let read = |value: &Value| Some(Period { from: day(value, "from")?, to: day(value, "to")? });
    let segments = segments(working).filter_map(read);
    let mut days: Vec<Period> = match own.programme {
        Programme::InterestDiscount => segments.collect(),
        Programme::GuaranteeFee => {
            let Some(period) = working.get("period").and_then(read) else { return Vec::new() };
            segments.map(|days| days.intersect(period)).collect()
        }
    };
    days.retain(|days| !days.is_empty());
    days.sort_unstable();
    days
}

impl Subsidised {
    /// The line's days are its own, and lie where days may lie.
    pub fn approve(
        &mut self,
        fact: &Fact<'_>,
        own: &ApproveSubsidy,
        working: Option<&Value>,
        loan: &Loan,
        rules: Option<&RuleSet>,
        tally: &mut Tally,
    ) {
        let id = &fact.event.id;
        let days = working.map(|working| days_of(own, working)).unwrap_or_default();
        tally.look(Check::SubsidyDays);
        let key = key(own, loan);
        self.keys.insert(id.clone(), key.clone());
        let taken = self.taken.entry(key).or_default();
        let twice = |other: &&Taken| {
            let common = |a: &Period| other.days.iter().any(|b| !a.intersect(*b).is_empty());
            other.period == own.period || days.iter().any(common)
        };
        // A supplement adds to a line of the same days.
        let other = taken.iter().find(twice).filter(|_| own.supplement.is_none());
        if let Some(other) = other {
            let subject = format_args!("{id} {}", own.period);
            tally.find(Check::SubsidyDays, fact.seq, subject, "-", &other.line);
        }
        if own.programme == Programme::InterestDiscount {
            let pairs = days.iter().zip(days.iter().skip(1));
            if let Some((_, twice)) = pairs.into_iter().find(|(a, b)| b.from < a.to) {
                tally.find(Check::SubsidyDays, fact.seq, id, "-", twice.from);
            }
        }
        if !days.is_empty() {
            window(fact, own, &days, loan, rules, tally);
        }
        taken.push(Taken { line: id.clone(), period: own.period.clone(), days });
    }

    /// The approval is taken back.
    pub fn take_back(&mut self, id: &Id) {
        if let Some(taken) = self.keys.get(id).and_then(|key| self.taken.get_mut(key)) {
            taken.retain(|taken| taken.line != *id);
        }
    }
}

/// What the rules of a programme say about the days.
struct Words {
    extension: OnExtension,
    term: Option<u32>,
    per: Per,
}

fn words(rules: &RuleSet, programme: Programme) -> Option<Words> {
    Some(match programme {
        Programme::InterestDiscount => {
            let own = rules.interest_discount.as_ref()?;
            Words { extension: own.extension, term: own.term_months, per: own.term_per }
        }
        Programme::GuaranteeFee => {
            let own = rules.fee_subsidy.as_ref()?;
            Words { extension: own.extension, term: own.term_months, per: Per::Note }
        }
    })
}

/// The first day and the first day no longer of a note's life under the rules' words.
fn life(note: &Note, loan: &Loan, words: Option<&Words>) -> Period {
    let extended = note.extensions.iter().map(|(_, due)| *due).max();
    let goes_on = words.is_some_and(|words| words.extension == OnExtension::Continue);
    let due = if goes_on { extended.map_or(note.due, |due| due.max(note.due)) } else { note.due };
    let begin = match words.map(|words| words.per) {
        Some(Per::Loan | Per::Firm) => loan.notes.iter().map(|note| note.drawn).min(),
        _ => None,
    };
    let months = words.and_then(|words| words.term).and_then(|months| i32::try_from(months).ok());
    let term = months.and_then(|months| add_months(begin.unwrap_or(note.drawn), months).ok());
    let ends = [term, note.npl, loan.removed].into_iter().flatten();
    Period { from: note.drawn, to: ends.fold(due, Date::min).max(note.drawn) }
}

/// Periods that meet are one.
fn joined(periods: &[Period]) -> Vec<Period> {
    let mut sorted = periods.to_vec();
    sorted.sort_unstable();
    let mut joined: Vec<Period> = Vec::with_capacity(sorted.len());
    for next in sorted.into_iter().filter(|period| !period.is_empty()) {
        match joined.last_mut().filter(|last| next.from <= last.to) {
            Some(last) => last.to = last.to.max(next.to),
            None => joined.push(next),
        }
    }
    joined
}

/// No day before drawdown, after maturity or term, after the note went bad, or inside an overdue
/// spell, as far as that was recorded before the approval.
fn window(
    fact: &Fact<'_>,
    own: &ApproveSubsidy,
    days: &[Period],
    loan: &Loan,
    rules: Option<&RuleSet>,
    tally: &mut Tally,
) {
    tally.look(Check::SubsidyWindow);
    let words = rules.and_then(|rules| words(rules, own.programme));
    let notes: Vec<&Note> = match own.programme {
        Programme::InterestDiscount => loan.note(own.note.as_ref()).into_iter().collect(),
        Programme::GuaranteeFee => loan.notes.iter().collect(),
    };
    let lives: Vec<Period> = notes.iter().map(|note| life(note, loan, words.as_ref())).collect();
    // Notes side by side leave no gap between their lives.
    let joined = joined(&lives);
    let inside =
        |days: &Period| joined.iter().any(|life| life.from <= days.from && days.to <= life.to);
    let found = |days: &Period| format!("{}..{}", days.from, days.to);
    if let Some(outside) = days.iter().find(|days| !inside(days)) {
        let expected: Vec<String> = lives.iter().map(found).collect();
        tally.find(
            Check::SubsidyWindow,
            fact.seq,
            &fact.event.id,
            expected.join(" "),
            found(outside),
        );
    }
    // A loan of several notes pays one fee, whose days cannot be told apart by note.
    let [note] = notes.as_slice() else { return };
    for (from, cured) in &note.overdue {
        let spell = Period { from: *from, to: cured.unwrap_or(Date::MAX) };
        if let Some(days) = days.iter().find(|days| !days.intersect(spell).is_empty()) {
            let expected = format_args!("overdue {from}");
            tally.find(Check::SubsidyWindow, fact.seq, &fact.event.id, expected, found(days));
        }
    }
}
