//! The chain of settled periods computed again under today's knowledge.
//!
//! Caps are drawn down in the order in which the lines were approved, so that a line never loses its
//! place to one that came later; what was never approved comes last. What the budget left of a line
//! when it was approved it keeps, and today's budget does not lower it. Cost: linear in the loans,
//! times the periods.

use super::{
    Ceiling, CeilingKind, Facts, FirmKey, Run, SubsidyLine, Working, discount_cases, discount_line,
    fee, fee_cases, fee_line, interest, trim,
};
use crate::domain::calendar::{
    CalendarQuarter, Date, InterestQuarter, Period, Quarter, parse_date,
};
use crate::domain::event::Programme;
use crate::domain::field::Json;
use crate::domain::loan::{Loan, Note};
use crate::domain::money::Money;
use crate::domain::rates::RateTable;
use crate::domain::rules::RuleSet;
use crate::domain::text::Id;
use compact_str::CompactString;
use serde_json::Value;
use std::collections::HashMap;

/// How a line takes part in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Never approved.
    New,
    /// Approved as that entry and not to be computed again: it was approved by hand.
    Fixed(u64),
    /// Approved as that entry, when the budget left so much of it, if it left less than was asked.
    Approved(u64, Option<Money>),
}

/// What a chain is computed with; see [`Run`].
pub struct Chain<'a> {
    /// Programmes and quarters, in order of quarters.
    pub periods: &'a [(Programme, Quarter)],
    /// Reference rates as they are known now.
    pub rates: &'a RateTable,
    /// Rules by id.
    pub rules: &'a dyn Fn(&Id) -> Option<&'a RuleSet>,
    /// The key by which a firm's caps are counted.
    pub firm_key: &'a dyn Fn(&Id) -> CompactString,
    /// What lines outside the chain use of the caps.
    pub used: &'a HashMap<FirmKey, Vec<(i16, Money)>>,
    /// How a line takes part.
    pub place: &'a dyn Fn(Programme, &Loan, &Note, Quarter) -> Place,
    /// What other programmes pay for the same days of a note.
    pub other: &'a dyn Fn(&Loan, &Note, Period) -> Money,
    /// What else is known of firms and loans.
    pub facts: &'a dyn Facts,
}

/// A line to be computed.
enum Work<'a> {
    Discount(interest::Case<'a>, interest::Eligible),
    Fee(fee::Case<'a>),
}

type Approved<'c> = Box<dyn Fn(Programme, &Loan, &Note) -> bool + 'c>;
type Budgeted<'c> = Box<dyn Fn(Programme, &Loan, &Note) -> Option<Money> + 'c>;

/// Computes the lines of all periods of a chain.
pub fn recompute<'a>(chain: &Chain<'a>, loans: &[&'a Loan]) -> Vec<SubsidyLine> {
    let place = chain.place;
    let known: Vec<(Approved<'_>, Budgeted<'_>)> = chain
        .periods
        .iter()
        .map(|(_, quarter)| {
            let quarter = *quarter;
            let fixed: Approved<'_> = Box::new(move |programme, loan, note| {
                matches!(place(programme, loan, note, quarter), Place::Fixed(_))
            });
            let budgeted: Budgeted<'_> = Box::new(move |programme, loan, note| {
                match place(programme, loan, note, quarter) {
                    Place::Approved(_, budget) => budget,
                    Place::New | Place::Fixed(_) => None,
                }
            });
            (fixed, budgeted)
        })
        .collect();
    let rules = |id: &Id| (chain.rules)(id);
    let budget = HashMap::new();
    let runs: Vec<Run<'_>> = chain
        .periods
        .iter()
        .zip(&known)
        .map(|((programme, quarter), (approved, budgeted))| Run {
            quarter: *quarter,
            programmes: std::slice::from_ref(programme),
            rates: chain.rates,
            rules: &rules,
            firm_key: chain.firm_key,
            used: chain.used,
            budget: &budget,
            approved,
            budgeted,
            other: chain.other,
            facts: chain.facts,
        })
        .collect();
    let mut drawn = super::Drawn::default();
    let mut works: Vec<(u64, &Run<'_>, Work<'_>)> = Vec::new();
    for run in &runs {
        let seq = |programme, loan: &Loan, note| match place(programme, loan, note, run.quarter) {
            Place::Fixed(seq) | Place::Approved(seq, _) => seq,
            Place::New => u64::MAX,
        };
        if run.programmes.contains(&Programme::InterestDiscount) {
            let cases = discount_cases(run, loans, &mut drawn, &mut Vec::new());
            works.extend(cases.into_iter().map(|(case, eligible)| {
                let seq = seq(Programme::InterestDiscount, case.loan, case.note);
                (seq, run, Work::Discount(case, eligible))
            }));
        }
        if run.programmes.contains(&Programme::GuaranteeFee) {
            works.extend(fee_cases(run, loans).into_iter().filter_map(|case| {
                let seq = seq(Programme::GuaranteeFee, case.loan, case.loan.notes.first()?);
                Some((seq, run, Work::Fee(case)))
            }));
        }
    }
    // Stable: within one approval, and among what is new, the order of the periods and settlements.
    works.sort_by_key(|(seq, ..)| *seq);
    let lines = works.iter().filter_map(|(_, run, work)| match work {
        Work::Discount(case, eligible) => discount_line(run, &mut drawn, case, eligible),
        Work::Fee(case) => fee_line(run, &mut drawn, case),
    });
    lines.collect()
}

/// Lowers a line that was never approved to what the budget leaves now.
pub fn lower_to_budget(line: &mut SubsidyLine, left: Money) {
    if left < line.amount {
        line.working.lower(Ceiling::new(CeilingKind::Budget, left));
        trim(&mut line.working.cap_years, line.working.amount);
        line.amount = line.working.amount;
        line.reason = line.working.reason;
    }
}

/// What the budget left of a line, by its working, where that was less than was asked.
pub fn budget_left(working: &Json) -> Option<Money> {
    // Most workings name no budget that bound, and need not be read.
    if !working.as_str().contains("\"kind\":\"budget\"") {
        return None;
    }
    let working = working.value();
    let amount = |row: &Value, key: &str| Money::parse(row.get(key)?.as_str()?).ok();
    let rows = working.get("ceilings")?.as_array()?;
    let row = rows.iter().find(|row| row.get("kind").and_then(Value::as_str) == Some("budget"))?;
    let (before, after) = (amount(row, "before")?, amount(row, "after")?);
    (after < before).then_some(after)
}

/// A stretch of days in a stored working, with what its amount rests on.
type Stretch = (Date, Date, String);

fn stretches(working: &Value) -> Vec<Stretch> {
    let read = |row: &Value| {
        let text = |key: &str| row.get(key).map(ToString::to_string).unwrap_or_default();
        let day = |key: &str| parse_date(row.get(key)?.as_str()?).ok();
        let counted = row.get("counted").or_else(|| row.get("principal"));
        let counted = counted.map(ToString::to_string).unwrap_or_default();
        Some((day("from")?, day("to")?, format!("{counted} {} {}", text("rate"), text("base"))))
    };
    let rows = working.get("segments").and_then(Value::as_array);
    rows.into_iter().flatten().filter_map(read).collect()
}

/// The first day on which two stored workings rest on something else; none when they differ in no
/// segment.
pub fn first_change(before: &Value, after: &Value) -> Option<Date> {
    let (before, after) = (stretches(before), stretches(after));
    let mut days: Vec<Date> =
        before.iter().chain(&after).flat_map(|(from, to, _)| [*from, *to]).collect();
    days.sort_unstable();
    let on = |rows: &'_ [Stretch], day: Date| {
        let found = rows.iter().find(|(from, to, _)| *from <= day && day < *to);
        found.map(|(.., what)| what.clone())
    };
    days.into_iter().find(|day| on(&before, *day) != on(&after, *day))
}

/// True when two stored workings use other rates.
pub fn rates_differ(before: &Value, after: &Value) -> bool {
    let rates = |working: &Value| -> Vec<String> {
        let rows = working.get("segments").and_then(Value::as_array).into_iter().flatten();
        let told = rows.map(|row| {
            let text = |key: &str| row.get(key).map(ToString::to_string).unwrap_or_default();
            format!("{} {} {}", text("rate"), text("source_rate"), text("source_date"))
        });
        let mut told: Vec<String> = told.collect();
        told.sort_unstable();
        told.dedup();
        told
    };
    let (before, after) = (rates(before), rates(after));
    !after.iter().all(|rate| before.contains(rate))
}

/// True when a cap that other lines share had a say in a stored working.
pub fn is_capped(working: &Value) -> bool {
    let rows = |key: &str| working.get(key).and_then(Value::as_array).into_iter().flatten();
    let kind = |row: &Value| row.get("kind").and_then(Value::as_str).map(str::to_owned);
    rows("segments").any(|row| row.get("counted").is_some())
        || rows("ceilings").filter_map(kind).any(|kind| kind == "firm-year" || kind == "firm-total")
}

/// The working of a period of which no day counts any more.
pub fn nothing(programme: Programme, rules: Id, quarter: Quarter) -> Working {
    Working::empty(programme, rules, settled(programme, quarter), "-")
}

/// The days of a programme's settlement period.
pub fn settled(programme: Programme, quarter: Quarter) -> Period {
    match programme {
        Programme::InterestDiscount => InterestQuarter(quarter).period(),
        Programme::GuaranteeFee => CalendarQuarter(quarter).period(),
    }
}
