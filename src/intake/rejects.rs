//! Rejected rows: kept with the reason, in a file that can be corrected and read again.

use crate::domain::money::Money;
use crate::domain::text::runs_as_formula;
use crate::intake::cell::Cell;
use crate::intake::table::Table;
use crate::problem::{Exit, Problem};
use std::borrow::Cow;
use std::io::Write;

/// Columns that a rejects file adds; they are ignored when it is read again.
pub const REJECT_COLUMNS: [&str; 4] =
    ["reject_row", "reject_code", "reject_column", "reject_reason"];

/// Returns true for a column that a rejects file added.
pub fn is_reject_column(header: &str) -> bool {
    REJECT_COLUMNS.contains(&header)
}

/// Most problems that a list keeps; further ones are only counted.
pub const PROBLEMS_MAX: usize = 100;

/// The original of a rejected row.
pub enum Original<'o> {
    /// A row of a table.
    Row(&'o Table, &'o [Cell<'o>]),
    /// A line of JSON Lines.
    Line(&'o [u8]),
}

/// Destination of rejected rows.
pub trait RejectSink {
    /// Accepts one row with its problem.
    ///
    /// # Errors
    /// The sink itself fails.
    fn reject(&mut self, original: &Original<'_>, problem: &Problem) -> Result<(), Problem>;
}

/// Returns the problem if it belongs to the row: bad data, or a refusal by a rule. Anything else
/// (disk, bug) stops the whole run.
///
/// # Errors
/// The problem itself.
pub fn rejectable(problem: Problem) -> Result<Problem, Problem> {
    match problem.exit {
        Exit::Data | Exit::Refused => Ok(problem),
        _ => Err(problem),
    }
}

/// Keeps the first problems and counts the rest.
#[derive(Debug, Default)]
pub struct RejectList {
    /// At most [`PROBLEMS_MAX`] problems.
    pub problems: Vec<Problem>,
    /// Number of further problems.
    pub more: u64,
}

impl RejectList {
    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
    }
}

impl RejectSink for RejectList {
    fn reject(&mut self, _: &Original<'_>, problem: &Problem) -> Result<(), Problem> {
        self.push(problem.clone());
        Ok(())
    }
}

/// A rejects file: csv in UTF-8 with a byte order mark, the original columns, then
/// [`REJECT_COLUMNS`].
pub struct RejectFile<'r> {
    file: String,
    writer: csv::Writer<&'r mut dyn Write>,
    render: &'r dyn Fn(&Problem) -> String,
    width: Option<usize>,
    count: u64,
}

impl<'r> RejectFile<'r> {
    /// Begins the file, which errors call `file`; `render` words a problem for the user.
    ///
    /// # Errors
    /// `write-failed`.
    pub fn begin(
        out: &'r mut dyn Write,
        file: String,
        render: &'r dyn Fn(&Problem) -> String,
    ) -> Result<Self, Problem> {
        out.write_all("\u{FEFF}".as_bytes()).map_err(|error| failed(&error, &file))?;
        let writer = csv::WriterBuilder::new().flexible(true).from_writer(out);
        Ok(Self { file, writer, render, width: None, count: 0 })
    }

    /// Flushes the file and returns the number of rows.
    ///
    /// # Errors
    /// `write-failed`.
    pub fn finish(mut self) -> Result<u64, Problem> {
        self.writer.flush().map_err(|error| failed(&error, &self.file))?;
        Ok(self.count)
    }

    fn write(&mut self, cells: &[Cow<'_, str>]) -> Result<(), Problem> {
        let guarded = cells.iter().map(|cell| guarded(cell).into_owned());
        self.writer.write_record(guarded).map_err(|error| failed(&error, &self.file))
    }
}

fn failed(error: &dyn std::fmt::Display, file: &str) -> Problem {
    Problem::new("write-failed", Exit::Io).with("detail", error).in_file(file.to_owned())
}

impl RejectSink for RejectFile<'_> {
    fn reject(&mut self, original: &Original<'_>, problem: &Problem) -> Result<(), Problem> {
        let mut cells: Vec<Cow<'_, str>> = Vec::new();
        let width = match self.width {
            Some(width) => width,
            None => {
                let mut headers: Vec<Cow<'_, str>> = match original {
                    Original::Row(table, _) => {
                        own_columns(table).map(|(_, header)| Cow::Borrowed(header)).collect()
                    }
                    Original::Line(_) => vec![Cow::Borrowed("line")],
                };
                let width = headers.len();
                headers.extend(REJECT_COLUMNS.map(Cow::Borrowed));
                self.write(&headers)?;
                *self.width.insert(width)
            }
        };
        match original {
            Original::Row(table, row) => {
                let of = |index| row.get(index).map(Cell::shown).unwrap_or_default();
                cells.extend(own_columns(table).map(|(index, _)| of(index)));
            }
            Original::Line(line) => cells.push(String::from_utf8_lossy(line)),
        }
        cells.resize(width, Cow::Borrowed(""));
        let row = problem.place.row.map(|row| row.to_string()).unwrap_or_default();
        cells.push(Cow::Owned(row));
        cells.push(Cow::Borrowed(problem.code));
        cells.push(Cow::Borrowed(problem.place.column.as_deref().unwrap_or_default()));
        cells.push(Cow::Owned((self.render)(problem)));
        self.count += 1;
        self.write(&cells)
    }
}

fn own_columns(table: &Table) -> impl Iterator<Item = (usize, &str)> {
    let headers = table.headers().iter().enumerate();
    headers.filter(|(_, header)| !is_reject_column(header)).map(|(index, h)| (index, h.as_str()))
}

/// Returns true for a text that must be guarded. Plain numbers need no guard.
fn runs(text: &str) -> bool {
    runs_as_formula(text) && Money::parse(text).is_err()
}

/// The text with a `'` before it if a spreadsheet would run it. Plain numbers stay numbers.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if runs(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Reverses [`guarded`].
pub fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| runs(rest)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::rows::Options;

    #[test]
    fn formulas_are_guarded_and_come_back() {
        for text in ["=1+1", "+86 391", "-a", "@x", "＝1", " =1", "'=1", "\"=1"] {
            assert_eq!(guarded(text), format!("'{text}"), "{text}");
            assert_eq!(unguarded(&guarded(text)), text);
        }
        for text in ["-5.00", "修武县", "", "1,234.50", "a=b", "'plain"] {
            assert_eq!(guarded(text), text);
            assert_eq!(unguarded(text), text);
        }
    }

    #[test]
    fn a_rejects_file_can_be_corrected_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let (input, output) = (dir.path().join("in.csv"), dir.path().join("rejects.csv"));
        std::fs::write(&input, "编号,memo\n1,=cmd()\n2\n").unwrap();
        let table = Table::open(&input, Options::default()).unwrap();
        let render = |problem: &Problem| format!("reason of {}", problem.code);
        let mut out = std::fs::File::create(&output).unwrap();
        let mut file = RejectFile::begin(&mut out, "rejects.csv".to_owned(), &render).unwrap();
        table
            .rows(&mut |row, _| {
                let problem = Problem::data("amount-format").in_row(row.number).in_column("memo");
                file.reject(&Original::Row(&table, row.cells()), &problem)
            })
            .unwrap();
        assert_eq!(file.finish().unwrap(), 2);
        let text = std::fs::read_to_string(&output).unwrap();
        assert_eq!(
            text,
            "\u{FEFF}编号,memo,reject_row,reject_code,reject_column,reject_reason\n\
             1,'=cmd(),2,amount-format,memo,reason of amount-format\n\
             2,,3,amount-format,memo,reason of amount-format\n"
        );
        let again = Table::open(&output, Options::default()).unwrap();
        let mut memo = Vec::new();
        again
            .rows(&mut |row, _| {
                memo.push(row.cell(1).shown().into_owned());
                Ok(())
            })
            .unwrap();
        assert_eq!(memo, ["=cmd()", ""]);
    }
}
