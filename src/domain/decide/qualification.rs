//! Qualifications of firms, on which the rules of a subsidy may rest.

use super::setup::city_fact;
use super::{Decision, in_order, new_id, party};
use crate::domain::event::{Disqualify, Event, PartyKind, Qualify};
use crate::domain::refusal::Reason;
use crate::domain::state::State;
use crate::domain::subsidy::qualified::held;
use crate::problem::Problem;

pub(super) fn qualify(state: &State, event: &Event, own: &Qualify) -> Result<Decision, Problem> {
    new_id("qualification", &own.qualification)?;
    party(state, &own.firm, &[PartyKind::Firm])?;
    in_order(("from", own.from), ("to", own.to), true)?;
    city_fact(state, event)
}

/// Only what a firm holds on that day, or later, can be lost.
pub(super) fn disqualify(
    state: &State,
    event: &Event,
    own: &Disqualify,
) -> Result<Decision, Problem> {
    party(state, &own.firm, &[PartyKind::Firm])?;
    let kinds = own.qualification.as_slice();
    let told = state.qualifications.iter().filter(|told| told.firm == own.firm);
    if held(told, kinds).iter().all(|days| days.to <= own.from) {
        let which = own.qualification.as_ref().map_or("-", |which| which.as_str());
        return Err(Reason::QualificationUnknown
            .refuse()
            .with("firm", &own.firm)
            .with("qualification", which)
            .with("date", own.from));
    }
    city_fact(state, event)
}
