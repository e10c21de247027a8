//! Qualifications of firms: granted, lost, and taken back.

use crate::domain::event::{Event, Kind};
use crate::domain::registry::Qualification;
use crate::domain::state::State;

pub(super) fn follow(state: &mut State, event: &Event) {
    let id = event.id.clone();
    let told = match &event.kind {
        Kind::Qualify(own) => Qualification {
            id,
            firm: own.firm.clone(),
            qualification: Some(own.qualification.clone()),
            number: own.number.clone(),
            from: own.from,
            to: Some(own.to),
            reversed: false,
        },
        Kind::Disqualify(own) => Qualification {
            id,
            firm: own.firm.clone(),
            qualification: own.qualification.clone(),
            number: None,
            from: own.from,
            to: None,
            reversed: false,
        },
        _ => return,
    };
    state.qualifications.insert(told);
}

pub(super) fn undo(state: &mut State, event: &Event) {
    if let Some(told) = state.qualifications.get_mut(&event.id) {
        told.reversed = true;
    }
}
