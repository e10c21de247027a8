//! The caller's clock against the time of the last entry.
//!
//! The time of recording never goes back, so one wrong clock marks every later entry: a clock that
//! jumped ahead once is what all of them say. Who records is asked before that happens.

use super::Options;
use crate::limits::YEAR_MAX;
use crate::problem::Problem;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// How far a clock may be behind the last entry: computers that take turns at one book differ by
/// seconds, and a clock that is set by the network is stepped by less than this.
pub const BEHIND_MAX: SignedDuration = SignedDuration::from_mins(2);
/// How long a book may lie before the clock is doubted: one year, a leap year included.
pub const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Tests the clock before something is recorded.
///
/// # Errors
/// `clock-range` beyond the last year of any date; `clock-behind` and `clock-ahead` unless confirmed.
pub fn check(last: Option<Timestamp>, options: &Options) -> Result<(), Problem> {
    let now = options.now;
    in_range(now)?;
    let Some(last) = last.filter(|_| !options.clock_confirmed) else { return Ok(()) };
    let code = match now.duration_since(last) {
        ahead if ahead > AHEAD_MAX => "clock-ahead",
        behind if behind < -BEHIND_MAX => "clock-behind",
        _ => return Ok(()),
    };
    Err(Problem::refused(code).with("now", now).with("last", last))
}

/// Refuses a clock beyond the last year of any date; nothing makes that right.
///
/// # Errors
/// `clock-range`.
pub fn in_range(now: Timestamp) -> Result<(), Problem> {
    if now.to_zoned(TimeZone::UTC).year() <= YEAR_MAX {
        return Ok(());
    }
    Err(Problem::refused("clock-range").with("now", now).with("limit", YEAR_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(now: &str) -> Options {
        let now = now.parse().unwrap();
        let (dry_run, clock_confirmed, date_confirmed) = Default::default();
        Options { now, people: Default::default(), dry_run, clock_confirmed, date_confirmed }
    }

    #[test]
    fn both_sides_of_each_bound() {
        let last: Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
        // 366 days from the first day of a leap year end at the first day of the next one.
        for (now, code) in [
            ("2023-12-31T23:58:00Z", None),
            ("2023-12-31T23:57:59Z", Some("clock-behind")),
            ("2025-01-01T00:00:00Z", None),
            ("2025-01-01T00:00:01Z", Some("clock-ahead")),
            ("2199-12-31T23:59:59Z", Some("clock-ahead")),
            ("2200-01-01T00:00:00Z", Some("clock-range")),
        ] {
            let found = check(Some(last), &at(now)).err().map(|problem| problem.code);
            assert_eq!(found, code, "{now}");
            let confirmed = Options { clock_confirmed: true, ..at(now) };
            let found = check(Some(last), &confirmed).err().map(|problem| problem.code);
            assert_eq!(found, code.filter(|code| *code == "clock-range"), "{now}");
            let first = check(None, &at(now)).err().map(|problem| problem.code);
            assert_eq!(first, code.filter(|code| *code == "clock-range"), "{now}");
        }
    }
}
