//! The date of an event against today and against the latest date booked so far.
//!
//! A year typed wrong is a date like any other to the rules, and stays in the book. So a date that
//! has not come yet is asked about, and one that leaves more than two years empty behind the latest
//! booking. Backwards nothing is asked: a backlog is entered in any order, and days before an
//! owner's joining or in a closed period are refused by rules of their own.

use super::Options;
use crate::domain::calendar::{Date, add_months};
use crate::domain::entry::Entry;
use crate::domain::state::State;
use crate::problem::Problem;
use jiff::tz::Offset;

/// How many months may lie between the latest booking and the next one.
const AHEAD_MONTHS: i32 = 24;

/// Which of the two questions a group of events is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Whether the distance from the latest booking is looked at.
    far: bool,
}

impl Asked {
    /// An event by itself is asked about the distance, unless the book has no booking yet. Several at once
    /// (a file, a folder) are a backlog, which may hold many years with gaps between them.
    pub fn of(state: &State, tells_the_past: bool) -> Self {
        Self { far: !tells_the_past && state.youngest.is_some() }
    }
}

/// Tests the distance of a new entry from the latest booking, before it is applied. A fact without
/// lines (a checkpoint, a join) may be of any day.
///
/// # Errors
/// `date-far`, unless confirmed.
pub(super) fn not_far(
    state: &State,
    entry: &Entry,
    options: &Options,
    asked: Asked,
) -> Result<(), Problem> {
    if entry.all_lines().next().is_none() {
        Ok(())
    } else {
        near(state, entry.event.date, options, asked)
    }
}

fn near(state: &State, date: Date, options: &Options, asked: Asked) -> Result<(), Problem> {
    let Some(last) = state.youngest.filter(|_| asked.far && !options.date_confirmed) else {
        return Ok(());
    };
    match add_months(last, AHEAD_MONTHS) {
        Ok(limit) if date > limit => Err(Problem::refused("date-far")
            .with("date", date)
            .with("last", last)
            .in_column("date")),
        // At the end of the calendar no date is further ahead.
        _ => Ok(()),
    }
}

/// Refuses a date that has not come yet, by the clock in China, where the book is kept.
///
/// # Errors
/// `date-future`, unless confirmed.
pub fn not_future(date: Date, options: &Options) -> Result<(), Problem> {
    let today = Offset::constant(8).to_datetime(options.now).date();
    if date <= today || options.date_confirmed {
        return Ok(());
    }
    let problem = Problem::refused("date-future").with("date", date).with("today", today);
    Err(problem.in_column("date"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::parse_date;

    fn at(now: &str) -> Options {
        let now = now.parse().unwrap();
        let (dry_run, clock_confirmed, date_confirmed) = Default::default();
        Options { now, people: Default::default(), dry_run, clock_confirmed, date_confirmed }
    }

    fn code(last: Option<&str>, date: &str, options: &Options, asked: Asked) -> &'static str {
        let day = |text: &str| parse_date(text).unwrap();
        let mut state = State::default();
        state.youngest = last.map(day);
        let found = not_future(day(date), options);
        let found = found.and_then(|()| near(&state, day(date), options, asked));
        found.map_or_else(|problem| problem.code, |()| "-")
    }

    /// 2024-02-29 and 24 months are 2026-02-28. At 16:00 UTC the next day has begun in China.
    #[test]
    fn both_sides_of_each_bound() {
        let far = Asked { far: true };
        for (now, last, date, expected) in [
            ("2026-12-01T15:59:59Z", None, "2026-12-01", "-"),
            ("2026-12-01T15:59:59Z", None, "2026-12-02", "date-future"),
            ("2026-12-01T16:00:00Z", None, "2026-12-02", "-"),
            ("2026-12-01T08:00:00Z", Some("2024-02-29"), "2026-02-28", "-"),
            ("2026-12-01T08:00:00Z", Some("2024-02-29"), "2026-03-01", "date-far"),
            ("2026-12-01T08:00:00Z", Some("2024-02-29"), "2016-01-01", "-"),
            ("2026-12-01T08:00:00Z", Some("2024-02-29"), "2027-03-10", "date-future"),
        ] {
            let options = at(now);
            assert_eq!(code(last, date, &options, far), expected, "{now} {date}");
            let confirmed = Options { date_confirmed: true, ..options.clone() };
            assert_eq!(code(last, date, &confirmed, far), "-", "{now} {date}");
            let past = expected.replace("date-far", "-");
            assert_eq!(code(last, date, &options, Asked::default()), past, "{now} {date}");
        }
    }
}
