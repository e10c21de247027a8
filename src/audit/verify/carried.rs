//! Income and expense of a closed year, which a reversal carries to prior years (3501): the working
//! names the accounts of the original, so that the lines can be held to it.

use super::checks::{Check, Tally};
use crate::domain::account::{Account, Class};
use crate::domain::entry::{Entry, Line};
use std::borrow::Cow;

/// The accounts that a reversal carried, by the place of the line from 0.
#[derive(Default)]
pub(super) struct Carried(Vec<(usize, Account)>);

impl Carried {
    /// What the working of a reversal says; nothing of another entry.
    pub fn of(entry: &Entry) -> Self {
        let working = entry.working.as_ref().filter(|_| entry.reverses.is_some());
        let Some(working) = working.map(|working| working.value()) else { return Self::default() };
        let named = working.get("carried").and_then(|carried| carried.as_object());
        let named = named.into_iter().flatten();
        Self(
            named
                .filter_map(|(place, code)| {
                    let place: usize = place.parse().ok()?;
                    Some((place.checked_sub(1)?, Account::parse(code.as_str()?)?))
                })
                .collect(),
        )
    }

    /// The account of the original's line at a place.
    pub fn account(&self, place: usize, line: &Line) -> Account {
        let named = self.0.iter().find(|(named, _)| *named == place);
        match named {
            Some((_, account)) if line.account == Account::PriorYears => *account,
            _ => line.account,
        }
    }
}

/// The entry with the accounts of its original.
pub(super) fn as_original(entry: &Entry) -> Cow<'_, Entry> {
    let carried = Carried::of(entry);
    if carried.0.is_empty() {
        return Cow::Borrowed(entry);
    }
    let mut original = entry.clone();
    for (place, line) in original.lines.iter_mut().enumerate() {
        line.account = carried.account(place, line);
    }
    Cow::Owned(original)
}

/// Where the year of the original is closed, all its income and expense is carried, and elsewhere
/// none.
pub(super) fn check(seq: u64, entry: &Entry, closed: bool, tally: &mut Tally) {
    let carried = Carried::of(entry);
    for (place, line) in entry.lines.iter().enumerate() {
        let account = carried.account(place, line);
        let result = matches!(account.class(), Class::Income | Class::Expense);
        let expected = if result && closed { Account::PriorYears } else { account };
        if line.account != expected {
            tally.find(Check::ReversalLines, seq, account, expected, line.account);
        }
    }
}
