//! The digest of a close, made again from the stored lines.

use crate::domain::digest::{Balances, digest};
use crate::domain::entry::Entry;
use crate::domain::event::{Close, Kind};
use crate::domain::period::BookPeriod;

/// A close, its period and its owner's code.
pub(super) fn close(entry: &Entry) -> Option<(&Close, BookPeriod, &str)> {
    let Kind::Close(own) = &entry.event.kind else { return None };
    Some((own, BookPeriod::parse(&own.period).ok()?, entry.owner()?))
}

/// The digest that the balances give, and the one that the close holds.
pub(super) fn digests(
    entry: &Entry,
    period: BookPeriod,
    code: &str,
    balances: &Balances,
) -> [String; 2] {
    let working = entry.working.as_ref().map(|working| working.value()).unwrap_or_default();
    let found = working.get("digest").and_then(|digest| digest.as_str()).unwrap_or("-");
    [digest(code, period.to, balances), found.to_owned()]
}
