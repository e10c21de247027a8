//! Reference rates as dated data: the central bank's benchmark (before 2019-08-20) and the loan
//! prime rate (LPR).
//!
//! A table holds series; each is a list of `date → rate`, the rate being in force from its date
//! until the next. Text form:
//!
//! ```toml
//! [lpr-1y]
//! 2023-08-21 = "3.45%"
//! 2024-07-22 = "3.35%"
//! ```

use crate::domain::calendar::{Date, parse_date};
use crate::domain::rate::Rate;
use crate::domain::settings::{self, Sheet, setting_words};
use crate::limits::RULES_TEXT_MAX;
use crate::problem::Problem;

setting_words! {
    /// A series of reference rates.
    Series {
        /// Benchmark for loans up to and including one year.
        Benchmark1y "benchmark-1y",
        /// Benchmark above one and up to and including five years.
        Benchmark5y "benchmark-5y",
        /// Benchmark above five years.
        BenchmarkLong "benchmark-long",
        /// One-year LPR.
        Lpr1y "lpr-1y",
        /// LPR of five years and more.
        Lpr5y "lpr-5y",
    }
}

impl Series {
    /// The benchmark of a loan's term in months.
    pub fn benchmark_of(months: u32) -> Self {
        match months {
            0..=12 => Self::Benchmark1y,
            13..=60 => Self::Benchmark5y,
            _ => Self::BenchmarkLong,
        }
    }

    /// The LPR of a loan's term in months: five years and more take the long one.
    pub fn lpr_of(months: u32) -> Self {
        if months < 60 { Self::Lpr1y } else { Self::Lpr5y }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// The reference rates, each series strictly increasing by date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RateTable {
    series: [Vec<(Date, Rate)>; 5],
}

impl RateTable {
    /// Reads the text form.
    ///
    /// # Errors
    /// Every finding: unknown series, dates that are no dates or stand out of order, rates that
    /// are no rates.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        settings::read(text, RULES_TEXT_MAX, |root| {
            let mut table = Self::default();
            for series in Series::ALL.iter().copied() {
                if let (Some(sheet), Some(list)) =
                    (root.table(series.code()), table.series.get_mut(series.index()))
                {
                    *list = read_series(&sheet);
                }
            }
            Some(table)
        })
    }

    /// The rate in force on a day, with the day from which it is in force.
    /// Cost: a binary search.
    pub fn at(&self, series: Series, day: Date) -> Option<(Date, Rate)> {
        let list = self.series.get(series.index())?;
        let after = list.partition_point(|(from, _)| *from <= day);
        list.get(after.checked_sub(1)?).copied()
    }

    /// The first change after a day.
    pub fn next_change(&self, series: Series, day: Date) -> Option<Date> {
        let list = self.series.get(series.index())?;
        list.get(list.partition_point(|(from, _)| *from <= day)).map(|(from, _)| *from)
    }

    /// A series in order of dates.
    pub fn series(&self, series: Series) -> &[(Date, Rate)] {
        self.series.get(series.index()).map_or(&[], Vec::as_slice)
    }
}

/// The text's own order must be the order of dates: a date out of place is most often a typing
/// mistake in the year.
fn read_series(sheet: &Sheet<'_, '_>) -> Vec<(Date, Rate)> {
    let mut list: Vec<(Date, Rate)> = Vec::new();
    for (key, rate) in sheet.entries::<Rate>() {
        let date = match parse_date(&key) {
            Ok(date) => date,
            Err(error) => {
                sheet.find(&key, Problem::data(error.code()).with("text", &key));
                continue;
            }
        };
        if let Some((before, _)) = list.last().filter(|(before, _)| *before >= date) {
            sheet
                .find(&key, Problem::data("rates-order").with("date", date).with("before", before));
        }
        list.extend(rate.map(|rate| (date, rate)));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    #[test]
    fn finds_the_rate_in_force_and_its_own_date() {
        let table = RateTable::parse(
            "[lpr-1y]\n2023-08-21 = \"3.45%\"\n2024-07-22 = \"3.35%\"\n2024-10-21 = \"3.10%\"\n",
        )
        .unwrap();
        let at = |text| table.at(Series::Lpr1y, day(text)).map(|(d, r)| format!("{d} {r}"));
        assert_eq!(at("2023-08-20"), None);
        assert_eq!(at("2023-08-21").as_deref(), Some("2023-08-21 0.0345"));
        assert_eq!(at("2024-07-21").as_deref(), Some("2023-08-21 0.0345"));
        assert_eq!(at("2024-07-22").as_deref(), Some("2024-07-22 0.0335"));
        assert_eq!(at("2199-01-01").as_deref(), Some("2024-10-21 0.031"));
        let next = table.next_change(Series::Lpr1y, day("2024-07-22"));
        assert_eq!(next, Some(day("2024-10-21")));
        assert_eq!(table.at(Series::Lpr5y, day("2024-07-22")), None);
    }

    /// The benchmark rates of the central bank are for "one to five years, five included"; the LPR of five
    /// years and more is the long one.
    #[test]
    fn terms_have_their_series_on_both_sides_of_each_bound() {
        let benchmarks = [12, 13, 60, 61].map(Series::benchmark_of);
        let (short, middle) = (Series::Benchmark1y, Series::Benchmark5y);
        assert_eq!(benchmarks, [short, middle, middle, Series::BenchmarkLong]);
        assert_eq!([59, 60].map(Series::lpr_of), [Series::Lpr1y, Series::Lpr5y]);
    }

    #[test]
    fn reports_every_finding_with_its_row() {
        let text = "[lpr-1y]\n2023-08-21 = \"3.45%\"\n2023-08-20 = \"3.35%\"\n2024-02-30 = \"3%\"\n2024-03-01 = \"3\"\n[lpr-2y]\n2024-03-01 = \"3%\"\n";
        let findings = RateTable::parse(text).unwrap_err();
        let codes: Vec<_> = findings.iter().map(|p| (p.code, p.place.row.unwrap())).collect();
        let expected =
            [("rates-order", 3), ("date-unknown", 4), ("rate-range", 5), ("key-unknown", 6)];
        assert_eq!(codes, expected);
        assert_eq!(findings[3].arg("nearest"), Some("lpr-1y"));
    }
}
