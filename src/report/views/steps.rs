//! The history of a record: the entries that changed it, with their people and reasons.

use crate::domain::entry::Entry;
use crate::domain::event::Kind;
use crate::domain::json::Writer;
use crate::report::table::{Cell, Report};

/// Adds the section `steps`: the entries of a trail in order, each with the word of the state to
/// which it led, if it is known.
pub(super) fn steps(report: &mut Report, entries: &[Entry], states: &[&'static str]) {
    for (index, entry) in entries.iter().enumerate() {
        let event = &entry.event;
        let step = match &event.kind {
            Kind::ReviewClaim(own) => Cell::Word(own.step.code()),
            Kind::ReviewSubsidy(own) => Cell::Word(own.step.code()),
            _ => Cell::Empty,
        };
        let told = opinion(&event.kind).or_else(|| event.memo.as_ref().map(ToString::to_string));
        report.section_row(
            "steps",
            vec![
                event.happened().into(),
                entry.seq.into(),
                Cell::Event(event.kind.word()),
                step,
                states.get(index).map_or(Cell::Empty, |state| Cell::Word(state)),
                Cell::optional(told),
                Cell::optional(event.document.as_ref()),
                Cell::optional(event.maker.as_ref()),
                Cell::optional(event.checker.as_ref()),
                Cell::optional(event.approver.as_ref()),
            ],
        );
    }
}

/// The opinion or the reason that an event gives.
fn opinion(kind: &Kind) -> Option<String> {
    let mut found = None;
    kind.visit(&mut |name, value| {
        if ["opinion", "reason"].contains(&name) {
            let mut bytes = Vec::new();
            value.write(&mut Writer::new(&mut bytes));
            found = serde_json::from_slice(&bytes).ok();
        }
    });
    found
}
