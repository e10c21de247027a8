//! The periods of the books: a month, a calendar quarter or a year.

use crate::domain::calendar::{CalendarQuarter, Date, Month, Quarter, date};
use crate::limits::{YEAR_MAX, YEAR_MIN};
use crate::problem::Problem;

/// A period of the books, from its first day to its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookPeriod {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// True for a whole year.
    pub is_year: bool,
}

impl BookPeriod {
    /// Reads `2017`, `2017Q4` or `2017-10`.
    ///
    /// # Errors
    /// `period-format`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = || Problem::data("period-format").with("text", text.escape_debug());
        if let Some(year) = year_of(text) {
            let ends = (date(year, 1, 1), date(year, 12, 31));
            let (Ok(from), Ok(to)) = ends else { return Err(wrong()) };
            return Ok(Self { from, to, is_year: true });
        }
        if let Ok(quarter) = Quarter::parse(text).map(CalendarQuarter) {
            let from = quarter.period().from;
            return Ok(Self { from, to: quarter.last_day(), is_year: false });
        }
        let month = Month::parse(text).map_err(|_| wrong())?;
        Ok(Self { from: month.first_day(), to: month.last_day(), is_year: false })
    }

    /// The calendar quarters that end in it.
    pub fn quarters(self) -> impl Iterator<Item = Quarter> {
        let mut quarter = Quarter::of(self.from);
        std::iter::from_fn(move || {
            let this = quarter;
            quarter = quarter.next();
            Some(this)
        })
        .map(|quarter| (quarter, CalendarQuarter(quarter).last_day()))
        .take_while(move |(_, last)| *last <= self.to)
        .filter(move |(_, last)| self.from <= *last)
        .map(|(quarter, _)| quarter)
    }
}

fn year_of(text: &str) -> Option<i16> {
    let year = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())??;
    (YEAR_MIN..=YEAR_MAX).contains(&year).then_some(year)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_years_quarters_and_months() {
        for (text, from, to, quarters) in [
            ("2017", "2017-01-01", "2017-12-31", "2017Q1 2017Q2 2017Q3 2017Q4"),
            ("2017Q4", "2017-10-01", "2017-12-31", "2017Q4"),
            ("2016-02", "2016-02-01", "2016-02-29", ""),
            ("2016-03", "2016-03-01", "2016-03-31", "2016Q1"),
        ] {
            let period = BookPeriod::parse(text).unwrap();
            assert_eq!((period.from.to_string(), period.to.to_string()), (from.into(), to.into()));
            let found: Vec<String> = period.quarters().map(|quarter| quarter.to_string()).collect();
            assert_eq!(found.join(" "), quarters);
            assert_eq!(period.is_year, text.len() == 4);
        }
        for text in ["", "2017Q5", "2017-13", "201", "+2017", "2017-1", "17"] {
            assert_eq!(BookPeriod::parse(text).unwrap_err().code, "period-format", "{text}");
        }
    }
}
