//! Civil dates, half-open periods, months, and the three kinds of quarter that must not be mixed.
//!
//! A period counts its first day and not its last (C-03). The interest quarter ends on the
//! 20th inclusive, so it is `[21st, 21st)` (C-04); the calendar quarter is the books' quarter; the
//! filing quarter is the window after a calendar quarter in which firms file.

use crate::limits::{YEAR_MAX, YEAR_MIN};
pub use jiff::civil::Date;
use std::fmt;

/// Why a text is not a date, month or quarter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not in the form YYYY-MM-DD, YYYY-MM or YYYYQn.
    #[error("not in the form {0}")]
    Format(&'static str),
    /// No such day in the calendar.
    #[error("no such day in the calendar")]
    NoSuchDay,
    /// Before 1900 or after 2199.
    #[error("outside the years 1900 to 2199")]
    Range,
}

impl DateError {
    /// The word code of this error, as shown to users.
    pub fn code(self) -> &'static str {
        match self {
            Self::Format(_) => "date-format",
            Self::NoSuchDay => "date-unknown",
            Self::Range => "date-range",
        }
    }
}

fn digits(text: &str) -> Option<i16> {
    let all = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

/// A date from numbers.
///
/// # Errors
/// [`DateError`] when there is no such day or the year is outside 1900 to 2199.
pub fn date(year: i16, month: i8, day: i8) -> Result<Date, DateError> {
    if !(YEAR_MIN..=YEAR_MAX).contains(&year) {
        return Err(DateError::Range);
    }
    Date::new(year, month, day).map_err(|_| DateError::NoSuchDay)
}

/// Reads exactly `YYYY-MM-DD`.
///
/// # Errors
/// [`DateError`] says which rule the text breaks.
pub fn parse_date(text: &str) -> Result<Date, DateError> {
    let wrong = DateError::Format("YYYY-MM-DD");
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return Err(wrong);
    }
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(digits).ok_or(wrong);
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    let narrow = |part: i16| i8::try_from(part).map_err(|_| wrong);
    date(year, narrow(month)?, narrow(day)?)
}

/// Days from `from` to `to`; negative when `to` is earlier.
pub fn days_between(from: Date, to: Date) -> i64 {
    day_number(to) - day_number(from)
}

/// The day's number in the proleptic Gregorian calendar (any fixed origin; for differences).
/// Integer arithmetic only, because it is the inner loop of the subsidy calculation.
pub fn day_number(date: Date) -> i64 {
    let (year, month, day) =
        (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
    // Years start in March, so that the leap day is the last of its year.
    let shifted = (month + 9) % 12;
    let year = year - i64::from(shifted >= 10);
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (shifted * 306 + 5) / 10
        + (day - 1)
}

/// The day after.
///
/// # Errors
/// [`DateError::Range`] after 2199-12-31.
pub fn next_day(day: Date) -> Result<Date, DateError> {
    let next = day.tomorrow().map_err(|_| DateError::Range)?;
    if next.year() > YEAR_MAX { Err(DateError::Range) } else { Ok(next) }
}

/// The same day `months` later; the last day of the month where that day does not exist.
///
/// # Errors
/// [`DateError::Range`] outside 1900 to 2199.
pub fn add_months(day: Date, months: i32) -> Result<Date, DateError> {
    let count = i32::from(day.year()) * 12 + i32::from(day.month()) - 1;
    let count = count.checked_add(months).ok_or(DateError::Range)?;
    let year = i16::try_from(count.div_euclid(12)).map_err(|_| DateError::Range)?;
    let month = i8::try_from(count.rem_euclid(12) + 1).map_err(|_| DateError::Range)?;
    let first = date(year, month, 1)?;
    date(year, month, day.day().min(first.days_in_month()))
}

/// A half-open period: `from` counts, `to` does not (C-03).
///
/// ```
/// use poolbook::domain::calendar::{Period, parse_date};
///
/// let period = Period { from: parse_date("2017-03-01")?, to: parse_date("2017-03-31")? };
/// assert_eq!(period.days(), 30);
/// assert!(!period.contains(period.to));
/// # Ok::<(), poolbook::domain::calendar::DateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Period {
    /// First day that counts.
    pub from: Date,
    /// First day that no longer counts.
    pub to: Date,
}

impl Period {
    /// Number of days; 0 when the period is empty.
    pub fn days(self) -> i64 {
        days_between(self.from, self.to).max(0)
    }

    /// True when no day counts.
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// True when the day counts.
    pub fn contains(self, day: Date) -> bool {
        self.from <= day && day < self.to
    }

    /// The days in both periods.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        let from = self.from.max(other.from);
        Self { from, to: self.to.min(other.to).max(from) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from, self.to)
    }
}

/// A calendar month, `2017-10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month of a day.
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Reads `YYYY-MM`.
    ///
    /// # Errors
    /// [`DateError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        if text.len() != 7 {
            return Err(DateError::Format("YYYY-MM"));
        }
        let first = parse_date(&format!("{text}-01")).map_err(|error| match error {
            DateError::Format(_) => DateError::Format("YYYY-MM"),
            other => other,
        })?;
        Ok(Self::of(first))
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// Months since the year 0, for keys and loops.
    pub fn index(self) -> u16 {
        u16::try_from(i32::from(self.year) * 12 + i32::from(self.month) - 1).unwrap_or(0)
    }

    /// Back from [`Month::index`].
    pub fn from_index(index: u16) -> Self {
        let year = i16::try_from(index / 12).unwrap_or(YEAR_MAX);
        Self { year, month: i8::try_from(index % 12 + 1).unwrap_or(1) }
    }

    /// First day of the month.
    pub fn first_day(self) -> Date {
        // Both parts come from a valid date, so the day exists.
        Date::new(self.year, self.month, 1).unwrap_or(Date::ZERO)
    }

    /// Last day of the month.
    pub fn last_day(self) -> Date {
        self.first_day().last_of_month()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A quarter as people write it, `2017Q4`; says nothing yet about which days it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quarter {
    year: i16,
    quarter: i8,
}

impl Quarter {
    /// Reads `2017Q4`.
    ///
    /// # Errors
    /// [`DateError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let wrong = DateError::Format("YYYYQn");
        let (year, quarter) = text.split_once('Q').ok_or(wrong)?;
        let year = if year.len() == 4 { digits(year).ok_or(wrong)? } else { return Err(wrong) };
        let quarter = match quarter {
            "1" => 1,
            "2" => 2,
            "3" => 3,
            "4" => 4,
            _ => return Err(wrong),
        };
        // One year of room on both sides for the quarter's neighbours.
        if !(YEAR_MIN + 1..YEAR_MAX).contains(&year) {
            return Err(DateError::Range);
        }
        Ok(Self { year, quarter })
    }

    /// The calendar quarter that holds a day.
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), quarter: (day.month() - 1) / 3 + 1 }
    }

    /// The year it is counted to.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The quarter, 1 to 4.
    pub fn number(self) -> i8 {
        self.quarter
    }

    /// The quarter after this one.
    #[must_use]
    pub fn next(self) -> Self {
        match self.quarter {
            4 => Self { year: self.year + 1, quarter: 1 },
            quarter => Self { year: self.year, quarter: quarter + 1 },
        }
    }

    fn month_start(self, offset: i32, day: i8) -> Date {
        let first = Date::new(self.year, self.quarter * 3 - 2, 1).unwrap_or(Date::ZERO);
        let first = add_months(first, offset).unwrap_or(first);
        Date::new(first.year(), first.month(), day).unwrap_or(first)
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}Q{}", self.year, self.quarter)
    }
}

/// Calendar quarter (自然季): 1 October to 31 December for Q4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CalendarQuarter(pub Quarter);

impl CalendarQuarter {
    /// `[first day, first day of the next quarter)`.
    pub fn period(self) -> Period {
        Period { from: self.0.month_start(0, 1), to: self.0.month_start(3, 1) }
    }

    /// The last day that counts.
    pub fn last_day(self) -> Date {
        self.0.month_start(2, 1).last_of_month()
    }
}

/// Interest quarter (结息季): 21 September to 20 December for Q4, settled on the 20th (C-04).
///
/// ```
/// use poolbook::domain::calendar::{InterestQuarter, Quarter, parse_date};
///
/// let quarter = InterestQuarter(Quarter::parse("2017Q4")?);
/// assert_eq!(quarter.period().from, parse_date("2017-09-21")?);
/// assert_eq!(quarter.settlement_day(), parse_date("2017-12-20")?);
/// assert_eq!(quarter.period().days(), 91);
/// // The 21st begins the next one.
/// assert_eq!(InterestQuarter::of(parse_date("2017-12-21")?).0, Quarter::parse("2018Q1")?);
/// # Ok::<(), poolbook::domain::calendar::DateError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InterestQuarter(pub Quarter);

impl InterestQuarter {
    /// `[21st before, 21st)`.
    pub fn period(self) -> Period {
        Period { from: self.0.month_start(-1, 21), to: self.0.month_start(2, 21) }
    }

    /// The settlement day, the 20th of the last month.
    pub fn settlement_day(self) -> Date {
        self.0.month_start(2, 20)
    }

    /// The interest quarter that holds a day.
    pub fn of(day: Date) -> Self {
        let quarter = Quarter::of(day);
        let this = Self(quarter);
        if this.period().contains(day) { this } else { Self(quarter.next()) }
    }
}

/// Filing quarter (申报季): the window after the calendar quarter, `days` long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FilingQuarter {
    /// The quarter that is filed for.
    pub quarter: Quarter,
    /// Days the window stays open after the quarter's end.
    pub days: u16,
}

impl FilingQuarter {
    /// `[first day after the quarter, + days)`.
    pub fn period(self) -> Period {
        let from = CalendarQuarter(self.quarter).period().to;
        let to = from.checked_add(jiff::Span::new().days(i64::from(self.days))).unwrap_or(from);
        Period { from, to }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    #[test]
    fn reads_only_days_that_exist() {
        assert_eq!(parse_date("2016-02-29").map(|d| d.day()), Ok(29));
        assert_eq!(parse_date("2017-02-29"), Err(DateError::NoSuchDay));
        assert_eq!(parse_date("2100-02-29"), Err(DateError::NoSuchDay));
        assert_eq!(parse_date("1899-12-31"), Err(DateError::Range));
        for text in
            ["2017-1-01", "2017/01/01", "20170101", "2017-01-01 ", "2017-0a-01", "", "２０17-01-01"]
        {
            assert!(matches!(parse_date(text), Err(DateError::Format(_))), "{text}");
        }
    }

    #[test]
    fn counts_days_like_the_calendar_over_four_centuries() {
        let mut day = date(1900, 1, 1).unwrap();
        let mut number = day_number(day);
        while day < date(2199, 12, 31).unwrap() {
            day = next_day(day).unwrap();
            number += 1;
            assert_eq!(day_number(day), number, "{day}");
        }
    }

    #[test]
    fn the_quarters_hold_different_days() {
        let quarter = Quarter::parse("2017Q4").unwrap();
        assert_eq!(InterestQuarter(quarter).period().to_string(), "2017-09-21..2017-12-21");
        assert_eq!(CalendarQuarter(quarter).period().to_string(), "2017-10-01..2018-01-01");
        assert_eq!(CalendarQuarter(quarter).last_day(), day("2017-12-31"));
        let filing = FilingQuarter { quarter, days: 10 };
        assert_eq!(filing.period().to_string(), "2018-01-01..2018-01-11");
        let first = Quarter::parse("2018Q1").unwrap();
        assert_eq!(InterestQuarter(first).period().to_string(), "2017-12-21..2018-03-21");
        assert_eq!(InterestQuarter::of(day("2017-12-20")).0, quarter);
        assert_eq!(InterestQuarter::of(day("2017-12-21")).0, first);
        for text in ["2017Q5", "2017q4", "2017-4", "17Q4", "2017Q44"] {
            assert!(Quarter::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn half_open_periods_meet_without_overlap() {
        let a = Period { from: day("2024-01-15"), to: day("2024-03-21") };
        assert_eq!(a.days(), 66);
        assert!(a.contains(day("2024-01-15")) && !a.contains(day("2024-03-21")));
        let b = Period { from: day("2024-03-21"), to: day("2024-06-21") };
        assert!(a.intersect(b).is_empty());
        assert_eq!(add_months(day("2024-01-31"), 1), Ok(day("2024-02-29")));
        assert_eq!(Month::from_index(Month::of(day("2017-12-31")).index()).to_string(), "2017-12");
    }
}
