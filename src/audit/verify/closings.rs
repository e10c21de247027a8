//! The digests of closes, added up again from the stored lines.

use super::FastMap;
use crate::domain::calendar::Month;
use crate::domain::digest::{Balances, digest};
use crate::domain::entry::{Entry, Line};
use crate::domain::event::{Close, Kind};
use crate::domain::period::BookPeriod;

/// Sums of all lines by owner and month.
#[derive(Default)]
pub(super) struct Closings {
    months: Vec<((u32, Month), Balances)>,
    index: FastMap<(u32, Month), usize>,
    /// The place added to last: most lines go where the one before went.
    last: Option<usize>,
}

/// What a close says of its balances, and what they are.
pub(super) struct Compared {
    pub subject: String,
    pub expected: String,
    pub found: String,
}

impl Closings {
    pub(super) fn add(&mut self, owner: u32, month: Month, line: &Line) {
        let key = (owner, month);
        let same = |place: &usize| self.months.get(*place).is_some_and(|(known, _)| *known == key);
        let place = self.last.filter(same).unwrap_or_else(|| {
            *self.index.entry(key).or_insert_with(|| {
                self.months.push((key, Balances::new()));
                self.months.len() - 1
            })
        });
        self.last = Some(place);
        if let Some((_, sums)) = self.months.get_mut(place) {
            *sums.entry((line.fund, line.account)).or_default() += line.signed();
        }
    }

    /// The digest of a close whose lines are added already, beside the one that it holds.
    pub(super) fn compare(&self, owner: u32, own: &Close, entry: &Entry) -> Option<Compared> {
        let period = BookPeriod::parse(&own.period).ok()?;
        let last = Month::of(period.to);
        let mut balances = Balances::new();
        let months = self.months.iter();
        for (_, sums) in months.filter(|((of, month), _)| *of == owner && *month <= last) {
            for (key, sum) in sums {
                *balances.entry(*key).or_default() += *sum;
            }
        }
        let code = entry.owner()?;
        let working = entry.working.as_ref().map(|working| working.value()).unwrap_or_default();
        let found = working.get("digest").and_then(|digest| digest.as_str()).unwrap_or("-");
        let subject = format!("{code} {}", own.period);
        let expected = digest(code, period.to, &balances);
        Some(Compared { subject, expected, found: found.to_owned() })
            .filter(|compared| compared.expected != compared.found)
    }
}

/// The close that an entry is.
pub(super) fn close(entry: &Entry) -> Option<&Close> {
    if let Kind::Close(own) = &entry.event.kind { Some(own) } else { None }
}
