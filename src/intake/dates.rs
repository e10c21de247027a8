//! Dates in the formats of foreign files, as a settings file lists them.

use crate::domain::calendar::{Date, date};
use crate::intake::cell::{Cell, half_width};
use crate::problem::Problem;

/// A format such as `%m/%d/%Y`, `%d-%b-%y` or `%Y%m%d %H:%M:%S`.
///
/// `%Y` four digits, `%y` two digits, `%m` and `%d` one or two digits (exactly two if no character
/// separates them from the next number), `%b` an English month name of three letters, `%H` `%I`
/// `%M` `%S` a time of the day that is ignored, `%f` a fraction of a second, `%p` a half of the day
/// (上午, 下午, AM, PM), `%%` a percent sign. `%-m` and `%-d` are the same as `%m` and `%d`. A
/// blank matches any run of blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFormat {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Literal(char),
    Year,
    ShortYear,
    Month,
    Day,
    MonthName,
    /// A number in a time, with its upper bound.
    Time(i16),
    Fraction,
    Half,
}

const HALVES: [&str; 6] = ["上午", "下午", "AM", "PM", "am", "pm"];
const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl DateFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// `date-format-unknown` if a sign is unknown or a year, month or day is missing or repeated.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = || Problem::data("date-format-unknown").with("format", text);
        let mut parts = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                parts.push(Part::Literal(c));
                continue;
            }
            let mut sign = chars.next();
            if sign == Some('-') {
                sign = chars.next();
            }
            parts.push(match sign {
                Some('Y') => Part::Year,
                Some('y') => Part::ShortYear,
                Some('m') => Part::Month,
                Some('d') => Part::Day,
                Some('b') => Part::MonthName,
                // Banks end a day at 24:00; a leap second is 60.
                Some('H') => Part::Time(24),
                Some('I') => Part::Time(12),
                Some('M') => Part::Time(59),
                Some('S') => Part::Time(60),
                Some('f') => Part::Fraction,
                Some('p') => Part::Half,
                Some('%') => Part::Literal('%'),
                _ => return Err(wrong()),
            });
        }
        let count = |wanted: &[Part]| parts.iter().filter(|part| wanted.contains(part)).count();
        let sound = count(&[Part::Year, Part::ShortYear]) == 1
            && count(&[Part::Month, Part::MonthName]) == 1
            && count(&[Part::Day]) == 1;
        if sound { Ok(Self { text: text.to_owned(), parts }) } else { Err(wrong()) }
    }

    /// Returns true if years have two digits, so that a century must be given.
    pub fn has_short_year(&self) -> bool {
        self.parts.contains(&Part::ShortYear)
    }

    fn read(&self, text: &str, first_year: i16) -> Option<Date> {
        let mut rest = text;
        let (mut year, mut month, mut day) = (0i16, 0i8, 0i8);
        for (index, part) in self.parts.iter().enumerate() {
            // If no character separates two numbers, the first has its full width.
            let tight = !matches!(self.parts.get(index + 1), None | Some(Part::Literal(_)));
            match part {
                Part::Literal(c) if c.is_whitespace() => {
                    let after = rest.trim_start();
                    rest = Some(after).filter(|after| after.len() < rest.len())?;
                }
                Part::Literal(c) => rest = rest.strip_prefix(*c)?,
                Part::Year => year = number(&mut rest, 4, true)?,
                Part::ShortYear => {
                    let short: i16 = number(&mut rest, 2, true)?;
                    let ahead = (short - first_year.rem_euclid(100)).rem_euclid(100);
                    year = first_year.checked_add(ahead)?;
                }
                Part::Month => month = i8::try_from(number(&mut rest, 2, tight)?).ok()?,
                Part::Day => day = i8::try_from(number(&mut rest, 2, tight)?).ok()?,
                Part::Time(most) => {
                    number(&mut rest, 2, tight).filter(|number| number <= most)?;
                }
                Part::Fraction => {
                    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                    rest = rest.get(digits..).filter(|_| (1..=9).contains(&digits))?;
                }
                Part::Half => rest = HALVES.iter().find_map(|half| rest.strip_prefix(half))?,
                Part::MonthName => {
                    let name = rest.get(..3)?.to_ascii_lowercase();
                    let index = MONTHS.iter().position(|month| *month == name)?;
                    month = i8::try_from(index + 1).ok()?;
                    rest = rest.get(3..)?;
                }
            }
        }
        if rest.is_empty() { date(year, month, day).ok() } else { None }
    }
}

fn number(rest: &mut &str, most: usize, exactly: bool) -> Option<i16> {
    let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if length == 0 || (exactly && length != most) {
        return None;
    }
    let (digits, after) = rest.split_at_checked(length)?;
    *rest = after;
    digits.parse().ok()
}

/// The formats of one file.
#[derive(Clone, Debug, Default)]
pub struct DateFormats {
    formats: Vec<DateFormat>,
    first_year: Option<i16>,
    /// The way in which a number is a count of days, if it is one.
    serial: Option<Serial>,
}

impl DateFormats {
    /// Reads a list of formats. `first_year` is the first of the hundred years that a two-digit
    /// year may mean; without it two-digit years are refused.
    ///
    /// # Errors
    /// `date-format-unknown`, `date-century-missing`.
    pub fn new(texts: &[String], first_year: Option<i16>) -> Result<Self, Problem> {
        let formats: Result<Vec<DateFormat>, Problem> =
            texts.iter().map(|text| DateFormat::parse(text)).collect();
        let formats = formats?;
        if first_year.is_none()
            && let Some(short) = formats.iter().find(|format| format.has_short_year())
        {
            return Err(Problem::data("date-century-missing").with("format", &short.text));
        }
        Ok(Self { formats, first_year, serial: None })
    }

    /// Reads numbers as counts of days.
    pub fn with_serial(self, serial: Option<Serial>) -> Self {
        Self { serial, ..self }
    }

    /// The date of a cell. A file without formats of its own has dates written year first.
    ///
    /// # Errors
    /// `date-no-format`, or `date-format-listed` if no format fits, `date-ambiguous` if two fit
    /// with different days, `date-serial` for a count of days, `date-short-year`.
    pub fn date(&self, cell: &Cell<'_>) -> Result<Option<Date>, Problem> {
        let text = match cell {
            Cell::Empty => return Ok(None),
            Cell::Date(date) => return Ok(Some(*date)),
            // A number cell may hold 20171231.
            other => other.shown(),
        };
        let text = half_width(&text);
        if let Some(days) = serial_days(&text) {
            let unknown = || Problem::data("date-serial").with("text", &text);
            return self.serial.and_then(|serial| serial.day(days)).map(Some).ok_or_else(unknown);
        }
        if self.formats.is_empty() && has_short_year(&text) {
            return Err(Problem::data("date-short-year").with("text", &text));
        }
        if self.formats.is_empty() {
            let plain = crate::intake::cell::plain_date(&text);
            return crate::domain::calendar::parse_date(&plain)
                .map(Some)
                .map_err(|_| Problem::data("date-no-format").with("text", text.escape_debug()));
        }
        let first_year = self.first_year.unwrap_or(2000);
        let mut found: Option<Date> = None;
        for date in self.formats.iter().filter_map(|format| format.read(&text, first_year)) {
            if found.is_some_and(|other| other != date) {
                return Err(Problem::data("date-ambiguous").with("text", &text));
            }
            found = Some(date);
        }
        found.map(Some).ok_or_else(|| {
            let formats: Vec<&str> =
                self.formats.iter().map(|format| format.text.as_str()).collect();
            Problem::data("date-format-listed")
                .with("text", text.escape_debug())
                .with("formats", formats.join(", "))
        })
    }
}

/// First day of a spreadsheet's count of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serial {
    /// 1 is 1900-01-01, and 60 is a day that never existed.
    Since1900,
    /// 0 is 1904-01-01.
    Since1904,
}

impl Serial {
    /// The way of counting for the year in a settings file.
    ///
    /// # Errors
    /// `date-serial-year`.
    pub fn of_year(year: i64) -> Result<Self, Problem> {
        match year {
            1900 => Ok(Self::Since1900),
            1904 => Ok(Self::Since1904),
            _ => Err(Problem::data("date-serial-year").with("text", year)),
        }
    }

    fn day(self, days: i32) -> Option<Date> {
        // The day after the one that never existed is 61.
        let (first, known) = match self {
            Self::Since1900 => (date(1900, 3, 1).ok()?, 61),
            Self::Since1904 => (date(1904, 1, 1).ok()?, 0),
        };
        first.checked_add(jiff::Span::new().try_days(days - known).ok()?).ok()
    }
}

/// A count of days in the years 1954 to 2119, with or without a part of a day after it: such a
/// number cannot be a date written with digits.
fn serial_days(text: &str) -> Option<i32> {
    let (days, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let sound = days.len() == 5 && digits(days) && digits(part);
    days.parse().ok().filter(|days| sound && (20_000..=80_000).contains(days))
}

/// `17-10-09`, `9/10/17`: three numbers of at most two digits.
fn has_short_year(text: &str) -> bool {
    let day = text.split_whitespace().next().unwrap_or_default();
    let day = day.strip_suffix('日').unwrap_or(day);
    let parts: Vec<&str> = day.split(['-', '/', '.', '年', '月']).collect();
    let short = |part: &&str| {
        (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    parts.len() == 3 && parts.iter().all(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(formats: &[&str], first_year: Option<i16>, text: &str) -> String {
        let formats: Vec<String> = formats.iter().map(|format| (*format).to_owned()).collect();
        let formats = DateFormats::new(&formats, first_year);
        match formats.and_then(|formats| formats.date(&Cell::text(text))) {
            Ok(Some(date)) => date.to_string(),
            Ok(None) => String::new(),
            Err(problem) => problem.code.to_owned(),
        }
    }

    #[test]
    fn formats() {
        assert_eq!(read(&["%m/%d/%Y"], None, "2/28/1997"), "1997-02-28");
        assert_eq!(read(&["%-m/%-d/%Y"], None, "12/3/1997"), "1997-12-03");
        assert_eq!(read(&["%d-%b-%y"], Some(1950), "4-Oct-89"), "1989-10-04");
        assert_eq!(read(&["%d-%b-%y"], Some(1950), "27-Sep-13"), "2013-09-27");
        assert_eq!(read(&["%d-%b-%y"], Some(1950), "1-Jan-50"), "1950-01-01");
        assert_eq!(read(&["%d-%b-%y"], Some(1950), "1-Jan-49"), "2049-01-01");
        assert_eq!(read(&["%Y%m%d %H:%M:%S"], None, "20260410 17:07:09"), "2026-04-10");
        // The text after the date must be a time of the day; otherwise the format does not fit.
        for (time, read_as) in [
            ("23:59:60", "2026-04-10"),
            ("24:00:00", "2026-04-10"),
            ("25:00:00", "date-format-listed"),
            ("12:60:00", "date-format-listed"),
            ("12:00:61", "date-format-listed"),
        ] {
            assert_eq!(read(&["%Y%m%d %H:%M:%S"], None, &format!("20260410 {time}")), read_as);
        }
        assert_eq!(read(&["%Y%m%d %I:%M"], None, "20260410 13:05"), "date-format-listed");
        assert_eq!(read(&["%Y%m%d"], None, "2026410"), "date-format-listed");
        assert_eq!(read(&["%m/%d/%Y"], None, "13/1/1997"), "date-format-listed");
        assert_eq!(read(&["%m/%d/%Y"], None, "2/29/1997"), "date-format-listed");
        assert_eq!(read(&["%m/%d/%Y", "%d/%m/%Y"], None, "1/2/1997"), "date-ambiguous");
        assert_eq!(read(&["%m/%d/%Y", "%d/%m/%Y"], None, "1/1/1997"), "1997-01-01");
        assert_eq!(read(&["%d-%b-%y"], None, "4-Oct-89"), "date-century-missing");
        assert_eq!(read(&["%d-%b"], None, "4-Oct"), "date-format-unknown");
        assert_eq!(read(&[], None, "2017年1月5日"), "2017-01-05");
        assert_eq!(read(&[], None, ""), "");
        assert_eq!(read(&[], None, "17-10-09"), "date-short-year");
        assert_eq!(read(&[], None, "9/10/17 09:12"), "date-short-year");
        assert_eq!(read(&["%y-%m-%d"], Some(2000), "17-10-09"), "2017-10-09");
        assert_eq!(
            read(&["%d/%m/%Y %p %I:%M:%S.%f"], None, "09/10/2017 下午  03:40:01.273"),
            "2017-10-09"
        );
        assert_eq!(read(&["%Y-%m-%d %H:%M"], None, "2017-10-0909:12"), "date-format-listed");
        assert_eq!(read(&["%d/%m/%Y %f"], None, "09/10/2017 x"), "date-format-listed");
    }

    /// Counts from another program: LibreOffice shows 43017 as 2017-10-09, and 41555 as the same
    /// day if days are counted since 1904.
    #[test]
    fn counts_of_days_are_dates_where_somebody_says_so() {
        let read = |serial: Option<Serial>, cell: Cell<'_>| match DateFormats::default()
            .with_serial(serial)
            .date(&cell)
        {
            Ok(Some(date)) => date.to_string(),
            Ok(None) => String::new(),
            Err(problem) => problem.code.to_owned(),
        };
        let number = |text: &str| Cell::Number(text.to_owned());
        assert_eq!(read(None, number("43017")), "date-serial");
        assert_eq!(read(None, Cell::text("43017.3837")), "date-serial");
        assert_eq!(read(Some(Serial::Since1900), number("43017")), "2017-10-09");
        assert_eq!(read(Some(Serial::Since1900), number("43017.3837")), "2017-10-09");
        assert_eq!(read(Some(Serial::Since1904), number("41555")), "2017-10-09");
        assert_eq!(read(None, number("20171009")), "2017-10-09");
        assert_eq!(read(None, number("19999")), "date-no-format");
        assert_eq!(Serial::of_year(1904), Ok(Serial::Since1904));
        assert_eq!(Serial::of_year(1901).unwrap_err().code, "date-serial-year");
    }
}
