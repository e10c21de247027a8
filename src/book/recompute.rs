//! Correction by recomputing: settled periods are computed again under today's knowledge, and only
//! the net difference of each line is posted, in the open period, linked to the line and its cause.
//!
//! What was filed stays as it was filed. Recomputing after posting finds nothing more.

use super::Book;
use super::causes::{Facts, Known};
use super::subsidies::{approval, event, payee};
use crate::domain::calendar::Date;
use crate::domain::event::{ApproveSubsidy, ClawBack, Event, Kind, ReduceSubsidy};
use crate::domain::field::Json;
use crate::domain::state::State;
use crate::domain::subsidy::correction::{Cause, Difference, Range, differences};
use crate::domain::subsidy::recompute::{first_change, settled};
use crate::domain::text::Id;
use crate::problem::Problem;
use crate::store::Store;
use compact_str::{CompactString, format_compact};

/// Causes that the text of a reason names; all of them stand in the working.
const CAUSES_NAMED: usize = 8;

impl<S: Store> Book<S> {
    /// The differences of a range with what brought each about; writes nothing. Cost: as
    /// [`differences`], and for each difference the reading of the entries on its loan that came
    /// after the line was computed last.
    ///
    /// # Errors
    /// The store's own.
    pub fn recompute(&self, range: &Range) -> Result<Vec<Difference>, Problem> {
        let state = self.state();
        let mut differences = differences(state, range);
        if differences.is_empty() {
            return Ok(differences);
        }
        let facts = Facts::of(self)?;
        for difference in &mut differences {
            let (Some(loan), Some(first)) = (state.loans.get(&difference.loan), &difference.first)
            else {
                continue;
            };
            let known = Known::of(self, difference.programme, loan, &difference.note, first)?;
            let now = difference.working(state);
            if let Some(day) = first_change(&known.working, &now) {
                difference.effective = day;
            }
            let period = settled(difference.programme, difference.quarter);
            difference.causes = known.causes(self, loan, period, &facts, &now)?;
        }
        Ok(differences)
    }

    /// The events that post differences on a day: what is taken off first, then what comes on top.
    ///
    /// # Errors
    /// The store's own, or an id that grew too long.
    pub fn corrections(
        &self,
        differences: &[Difference],
        date: Date,
    ) -> Result<Vec<Event>, Problem> {
        let mut events = Vec::new();
        for difference in differences {
            for own in posting(difference, self.state(), date)? {
                events.push(self.once_more(own)?);
            }
        }
        Ok(events)
    }
}

/// The working as it is now, with what it was before and why it changed.
fn explained(own: &Difference, state: &State) -> Result<Json, Problem> {
    let mut working = own.working(state);
    let causes: Vec<serde_json::Value> = own.causes.iter().map(Cause::to_json).collect();
    if let Some(working) = working.as_object_mut() {
        working.insert(
            "correction".to_owned(),
            serde_json::json!({
                "causes": causes,
                "difference": own.amount().to_string(),
                "line": own.first.as_ref().map(Id::as_str),
                "now": own.recomputed.to_string(),
                "stood": own.standing.to_string(),
            }),
        );
    }
    Json::new(&working)
}

fn reason(own: &Difference) -> CompactString {
    let told: Vec<String> = own.causes.iter().take(CAUSES_NAMED).map(ToString::to_string).collect();
    let more = if own.causes.len() > CAUSES_NAMED { " …" } else { "" };
    let stop = if told.is_empty() { "" } else { ": " };
    format_compact!("recompute {}{stop}{}{more}", own.quarter, told.join("; "))
}

fn posting(own: &Difference, state: &State, date: Date) -> Result<Vec<Event>, Problem> {
    let Some(first) = &own.first else {
        let line = own.line.as_ref().filter(|line| line.amount == own.added);
        let line = line.filter(|line| line.is_payable());
        return line.map(|line| approval(line, date)).into_iter().collect();
    };
    let working = explained(own, state)?;
    let note = if own.note == own.loan { String::new() } else { format!("/{}", own.note) };
    let fund = own.programme.fund();
    let mut events = Vec::new();
    let mut push = |kind: Kind| {
        let number = own.entries + events.len();
        let id = format!("fix/{fund}/{}/{}{note}/{number}", own.quarter, own.loan);
        let effective = Some(own.effective).filter(|day| *day <= date);
        let told = event(&id, date, &own.owner, kind);
        events.push(Event { effective, ..told });
    };
    for part in &own.taken {
        let (reason, subsidy) = (reason(own), part.line.clone());
        let (working, years) = (Some(working.clone()), Some(part.years.clone()));
        push(match part.unpaid {
            true => {
                let amount = part.amount;
                Kind::ReduceSubsidy(ReduceSubsidy {
                    amount: Some(amount),
                    reason,
                    subsidy,
                    working,
                    years,
                })
            }
            false => {
                let amount = Some(part.amount);
                Kind::ClawBack(ClawBack { amount, reason, subsidy, working, years })
            }
        });
    }
    if own.added.is_positive() {
        push(Kind::ApproveSubsidy(ApproveSubsidy {
            amount: own.added,
            loan: own.loan.clone(),
            note: Some(own.note.clone()),
            payee: own.line.as_ref().and_then(payee),
            period: format_compact!("{}", own.quarter),
            programme: own.programme,
            supplement: Some(first.clone()),
            working: Some(working),
            years: Some(own.years.turned()),
        }));
    }
    Ok(events)
}
