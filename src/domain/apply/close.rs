//! A period is closed: from here on its days take nothing more.

use crate::domain::calendar::Month;
use crate::domain::entry::Entry;
use crate::domain::event::{Close, Stage};
use crate::domain::period::BookPeriod;
use crate::domain::registry::Closing;
use crate::domain::state::State;

pub(super) fn follow(state: &mut State, entry: &Entry, own: &Close) {
    let (Some(owner), Ok(period)) = (&entry.event.owner, BookPeriod::parse(&own.period)) else {
        return;
    };
    if state.closings.get(owner).is_none() {
        let owner = owner.clone();
        state.closings.insert(Closing { owner, through: None, year: None, soft: None });
    }
    let Some(closing) = state.closings.get_mut(owner) else { return };
    let place = Some((period.to, entry.seq));
    if own.stage == Some(Stage::Soft) {
        closing.soft = place;
        return;
    }
    closing.through = place;
    closing.soft = closing.soft.filter(|(soft, _)| *soft > period.to);
    if period.is_year {
        closing.year = Some(period.to.year());
    }
    state.fold_months(owner, Month::of(period.to));
}
