//! The back-dating list: entries recorded long after the day on which they are booked, or before it.
//!
//! An entry has three dates: the business date under which it is booked (`date`), the true day where
//! that is another one (`effective`), and the instant of recording, which comes from the computer's
//! clock and never goes back. An auditor looks at what lies far apart: such an entry may be honest
//! (a paper that came late) or made up afterwards. The list judges nothing.

use crate::domain::calendar::{Date, days_between};
use crate::domain::entry::Entry;
use jiff::tz::Offset;

/// The day of recording in China, where books are kept.
pub fn recorded_day(entry: &Entry) -> Date {
    Offset::constant(8).to_datetime(entry.recorded).date()
}

/// Days from the business date to the day of recording; negative where it is booked ahead.
pub fn lag(entry: &Entry) -> i64 {
    days_between(entry.event.date, recorded_day(entry))
}

/// Whether an entry belongs on the list: more than `days` late, or booked ahead of its recording.
pub fn is_listed(entry: &Entry, days: u32) -> bool {
    let lag = lag(entry);
    lag < 0 || lag > i64::from(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same entry, recorded at another instant.
    fn entry(date: &str, recorded: &str) -> Entry {
        let json = format!(
            r#"{{"date":"{date}","event":{{"event":"join","owner":"410821"}},"id":"j","recorded":"{recorded}","seq":1}}"#
        );
        Entry::decode(json.as_bytes()).unwrap()
    }

    #[test]
    fn the_day_is_counted_in_china() {
        // 2018-01-08T15:59:59Z is the last second of 8 January in Beijing.
        for (recorded, expected) in [
            ("2018-01-01T00:00:00Z", 0),
            ("2018-01-08T15:59:59Z", 7),
            ("2018-01-08T16:00:00Z", 8),
            ("2017-12-31T15:59:59Z", -1),
            ("2017-12-31T16:00:00Z", 0),
        ] {
            let entry = entry("2018-01-01", recorded);
            assert_eq!(lag(&entry), expected, "{recorded}");
            assert_eq!(is_listed(&entry, 7), !(0..=7).contains(&expected), "{recorded}");
        }
    }
}
