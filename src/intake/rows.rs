//! Rows of a table file one by one, whatever the file is: csv and its kin, or a workbook.
//!
//! Memory stays flat: a text file is never held as a whole, a workbook only as far as its format
//! demands (shared texts of xlsx, cells of xls).

use crate::intake::cell::Cell;
use crate::intake::decode::{Encoding, check_size, io_problem, open_text};
use crate::intake::sniff::{FileKind, kind_of};
use crate::intake::workbook;
use crate::limits::{TABLE_BYTES_MAX, TABLE_CELL_MAX, TABLE_COLUMNS_MAX, TABLE_ROWS_MAX};
use crate::problem::Problem;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;

/// How a table file is to be read, where that is not to be found out from the file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Encoding of a text file.
    pub encoding: Option<Encoding>,
    /// Delimiter of a text file.
    pub delimiter: Option<u8>,
    /// Name of the sheet of a workbook, or its number counted from 1.
    pub sheet: Option<String>,
    /// Code page of an old workbook that names a wrong one.
    pub codepage: Option<u16>,
}

/// What sees each row: its number as in the file (from 1, blank rows counted) and its cells.
pub type RowVisitor<'v> = dyn FnMut(u64, &[Cell<'_>]) -> Result<ControlFlow<()>, Problem> + 'v;

/// Hands every row of a table file to `visit` until it breaks off. Blank rows are left out of text
/// files by their nature and of workbooks when they hold no cell.
///
/// # Errors
/// What the file's kind, size, encoding or form forbids, with the place; and what `visit` returns,
/// with file and row added.
pub fn visit_rows(
    path: &Path,
    options: &Options,
    visit: &mut RowVisitor<'_>,
) -> Result<FileKind, Problem> {
    let kind = kind_of(path)?;
    let mut count = 0usize;
    let mut counted = |row: u64, cells: &[Cell<'_>]| {
        count += 1;
        if count > TABLE_ROWS_MAX {
            return Err(Problem::data("too-many-rows").with("limit", TABLE_ROWS_MAX).in_row(row));
        }
        visit(row, cells).map_err(|problem| problem.in_row(row))
    };
    let result = match kind {
        FileKind::Text => text_rows(path, options, &mut counted),
        FileKind::Xlsx | FileKind::Xls => workbook::visit_rows(path, kind, options, &mut counted),
    };
    result.map_err(|problem| problem.in_file(path.display().to_string()))?;
    Ok(kind)
}

fn text_rows(path: &Path, options: &Options, visit: &mut RowVisitor<'_>) -> Result<(), Problem> {
    check_size(path, TABLE_BYTES_MAX)?;
    let (source, _) = open_text(path, options.encoding)?;
    let budget = Rc::new(std::cell::Cell::new(ROW_BYTES_MAX));
    let mut lines = Lines::new(source, Rc::clone(&budget));
    let mut head = Vec::with_capacity(4096);
    (&mut lines)
        .take(64 * 1024)
        .read_to_end(&mut head)
        .map_err(|error| read_problem(path, &error))?;
    let delimiter = options.delimiter.unwrap_or_else(|| delimiter_of(&head));
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(io::Cursor::new(head).chain(lines));
    let mut record = csv::StringRecord::new();
    let (mut breaks, mut last) = (0u64, 0u64);
    loop {
        let more = reader.read_record(&mut record).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => read_problem(path, &error),
            // The text is known to be UTF-8, so only reading can fail.
            other => Problem::data("table-form").with("detail", format_args!("{other:?}")),
        })?;
        if !more {
            return Ok(());
        }
        budget.set(ROW_BYTES_MAX);
        // The reader knows physical lines; a row with line breaks inside its cells is one row.
        let inner = record.as_slice().bytes().filter(|byte| *byte == b'\n').count();
        breaks += inner as u64;
        // A quote that is still open at the end of the file takes the last line break into its cell.
        let row = reader.position().line().saturating_sub(1 + breaks).max(last + 1);
        last = row;
        if record.len() > TABLE_COLUMNS_MAX {
            return Err(Problem::data("too-many-columns")
                .with("count", record.len())
                .with("limit", TABLE_COLUMNS_MAX)
                .in_row(row));
        }
        if record.iter().any(|cell| cell.len() > TABLE_CELL_MAX) {
            return Err(Problem::data("cell-too-long").with("limit", TABLE_CELL_MAX).in_row(row));
        }
        let cells: Vec<Cell<'_>> = record.iter().map(Cell::text).collect();
        if visit(row, &cells)?.is_break() {
            return Ok(());
        }
    }
}

/// Bytes after which an unfinished row is given up: a quote that never closes would otherwise take
/// the whole file into memory.
const ROW_BYTES_MAX: usize = 8 * 1024 * 1024;
const ROW_TOO_LONG: &str = "row too long";

fn read_problem(path: &Path, error: &io::Error) -> Problem {
    if error.to_string() == ROW_TOO_LONG {
        return Problem::data("row-too-long").with("limit", ROW_BYTES_MAX);
    }
    io_problem(path, error)
}

/// The delimiter of a text: the one of comma, semicolon and tab that stands most often in its first
/// line outside quotes; a comma when none does.
fn delimiter_of(head: &[u8]) -> u8 {
    let start = head.trim_ascii_start();
    let mut quoted = false;
    let mut counts = [(b',', 0usize), (b'\t', 0), (b';', 0)];
    for byte in start {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => {
                if let Some((_, count)) = counts.iter_mut().find(|(known, _)| known == byte) {
                    *count += 1;
                }
            }
        }
    }
    let mut best = counts[0];
    for candidate in counts {
        if candidate.1 > best.1 {
            best = candidate;
        }
    }
    best.0
}

/// A reader that gives every line one kind of end (`\n`), the last one too, so that rows can be
/// counted; and that stops at a row without end.
struct Lines<R> {
    source: R,
    budget: Rc<std::cell::Cell<usize>>,
    after_return: bool,
    last: u8,
    ended: bool,
}

impl<R: Read> Lines<R> {
    fn new(source: R, budget: Rc<std::cell::Cell<usize>>) -> Self {
        Self { source, budget, after_return: false, last: b'\n', ended: false }
    }

    /// Rewrites line ends in place; gives the new length.
    fn rewrite(&mut self, bytes: &mut [u8]) -> usize {
        if !self.after_return && !bytes.contains(&b'\r') {
            return bytes.len();
        }
        let mut to = 0;
        for from in 0..bytes.len() {
            let byte = bytes.get(from).copied().unwrap_or_default();
            let skip = self.after_return && byte == b'\n';
            self.after_return = byte == b'\r';
            if skip {
                continue;
            }
            if let Some(place) = bytes.get_mut(to) {
                *place = if byte == b'\r' { b'\n' } else { byte };
            }
            to += 1;
        }
        to
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.ended {
            return Ok(0);
        }
        loop {
            let read = self.source.read(buffer)?;
            if read == 0 {
                self.ended = true;
                if self.last == b'\n' {
                    return Ok(0);
                }
                if let Some(place) = buffer.first_mut() {
                    *place = b'\n';
                }
                return Ok(1);
            }
            let length = self.rewrite(buffer.get_mut(..read).unwrap_or_default());
            let left = self.budget.get().checked_sub(length);
            self.budget.set(left.ok_or_else(|| io::Error::other(ROW_TOO_LONG))?);
            if let Some(last) = length.checked_sub(1).and_then(|last| buffer.get(last)) {
                self.last = *last;
                return Ok(length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(bytes: &[u8]) -> Result<Vec<(u64, Vec<String>)>, Problem> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        std::fs::write(&path, bytes).unwrap();
        let mut rows = Vec::new();
        visit_rows(&path, &Options::default(), &mut |row, cells| {
            rows.push((row, cells.iter().map(|cell| cell.shown().into_owned()).collect()));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(rows)
    }

    fn row(number: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_does() {
        let expected = vec![
            row(1, &["a", "b"]),
            row(3, &["1\n2", "x"]),
            row(4, &["3", "y"]),
            row(6, &["4", "z"]),
        ];
        let text = "a,b\n\n\"1\n2\",x\n3,y\n\n4,z\n";
        assert_eq!(rows(text.as_bytes()).unwrap(), expected);
        assert_eq!(rows(text.trim_end().as_bytes()).unwrap(), expected);
        assert_eq!(rows(text.replace('\n', "\r\n").as_bytes()).unwrap(), expected);
        assert_eq!(rows(text.replace('\n', "\r").as_bytes()).unwrap(), expected);
    }

    #[test]
    fn delimiters_are_found() {
        assert_eq!(rows(b"a;b;\"c,d\"\n").unwrap(), vec![row(1, &["a", "b", "c,d"])]);
        assert_eq!(rows(b"a\tb,c\td\n").unwrap(), vec![row(1, &["a", "b,c", "d"])]);
        assert_eq!(rows(b"alone\n").unwrap(), vec![row(1, &["alone"])]);
        assert_eq!(rows(b"").unwrap(), vec![]);
    }

    #[test]
    fn hostile_rows_are_refused_early() {
        let open_quote = format!("a,b\n1,\"{}", "x\n".repeat(ROW_BYTES_MAX));
        assert_eq!(rows(open_quote.as_bytes()).unwrap_err().code, "row-too-long");
        let wide = ",".repeat(TABLE_COLUMNS_MAX);
        let problem = rows(format!("a,b\n{wide}\n").as_bytes()).unwrap_err();
        assert_eq!((problem.code, problem.place.row), ("too-many-columns", Some(2)));
        let long = "x".repeat(TABLE_CELL_MAX + 1);
        assert_eq!(rows(long.as_bytes()).unwrap_err().code, "cell-too-long");
    }
}
