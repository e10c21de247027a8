//! Dates in the formats of foreign files, as a settings file lists them.

use crate::domain::calendar::{Date, date};
use crate::intake::cell::{Cell, half_width};
use crate::problem::Problem;

/// A format such as `%m/%d/%Y`, `%d-%b-%y` or `%Y%m%d %H:%M:%S`.
///
/// `%Y` four digits, `%y` two digits, `%m` and `%d` one or two digits (exactly two where no sign
/// parts them from the next number), `%b` an English month name of three letters, `%H` `%M` `%S`
/// a time that is passed over, `%%` a percent sign. `%-m` and `%-d` are the same as `%m` and `%d`.
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
    Time,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl DateFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// `date-format-unknown` when a sign is unknown or a year, month or day is missing or doubled.
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
                Some('H' | 'M' | 'S') => Part::Time,
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

    /// True when years have two digits, so that a century must be given.
    pub fn has_short_year(&self) -> bool {
        self.parts.contains(&Part::ShortYear)
    }

    fn read(&self, text: &str, first_year: i16) -> Option<Date> {
        let mut rest = text;
        let (mut year, mut month, mut day) = (0i16, 0i8, 0i8);
        for (index, part) in self.parts.iter().enumerate() {
            // Without a sign between them, numbers have their full width.
            let tight = !matches!(self.parts.get(index + 1), None | Some(Part::Literal(_)));
            match part {
                Part::Literal(c) => rest = rest.strip_prefix(*c)?,
                Part::Year => year = number(&mut rest, 4, true)?,
                Part::ShortYear => {
                    let short: i16 = number(&mut rest, 2, true)?;
                    let ahead = (short - first_year.rem_euclid(100)).rem_euclid(100);
                    year = first_year.checked_add(ahead)?;
                }
                Part::Month => month = i8::try_from(number(&mut rest, 2, tight)?).ok()?,
                Part::Day => day = i8::try_from(number(&mut rest, 2, tight)?).ok()?,
                Part::Time => {
                    number(&mut rest, 2, tight)?;
                }
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
        Ok(Self { formats, first_year })
    }

    /// The date of a cell. Without formats of its own, a file has dates written year first.
    ///
    /// # Errors
    /// `date-format-listed` when no format fits, `date-ambiguous` when two fit with different days.
    pub fn date(&self, cell: &Cell<'_>) -> Result<Option<Date>, Problem> {
        let text = match cell {
            Cell::Empty => return Ok(None),
            Cell::Date(date) => return Ok(Some(*date)),
            // A number cell may hold 20171231.
            other => other.shown(),
        };
        let text = half_width(&text);
        if self.formats.is_empty() {
            let plain = crate::intake::cell::plain_date(&text);
            return crate::domain::calendar::parse_date(&plain)
                .map(Some)
                .map_err(|error| Problem::data(error.code()).with("text", &text));
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
        assert_eq!(read(&["%Y%m%d"], None, "2026410"), "date-format-listed");
        assert_eq!(read(&["%m/%d/%Y"], None, "13/1/1997"), "date-format-listed");
        assert_eq!(read(&["%m/%d/%Y"], None, "2/29/1997"), "date-format-listed");
        assert_eq!(read(&["%m/%d/%Y", "%d/%m/%Y"], None, "1/2/1997"), "date-ambiguous");
        assert_eq!(read(&["%m/%d/%Y", "%d/%m/%Y"], None, "1/1/1997"), "1997-01-01");
        assert_eq!(read(&["%d-%b-%y"], None, "4-Oct-89"), "date-century-missing");
        assert_eq!(read(&["%d-%b"], None, "4-Oct"), "date-format-unknown");
        assert_eq!(read(&[], None, "2017年1月5日"), "2017-01-05");
        assert_eq!(read(&[], None, ""), "");
    }
}
