//! Rows of a table file one by one, whatever its kind: csv and similar texts, a workbook, a web
//! page.
//!
//! Memory is bounded: a text file is never held as a whole, a workbook only as far as its format
//! requires (shared texts of xlsx, cells of xls).

use crate::intake::cell::{Cell, of_bank};
use crate::intake::decode::{Encoding, io_problem, open_text};
use crate::intake::document::Document;
use crate::intake::lines::{LineMarks, Lines, ROW_BYTES_MAX, is_too_long};
use crate::intake::sniff::{FileKind, kind_of};
use crate::intake::{html, mhtml, spreadsheet_ml, workbook};
use crate::limits::{
    STATEMENT_BYTES_MAX, STATEMENT_CELLS_MAX, STATEMENT_COLUMNS_MAX, STATEMENT_ROWS_MAX,
    STATEMENT_WORKBOOK_BYTES_MAX, TABLE_BYTES_MAX, TABLE_CELL_MAX, TABLE_COLUMNS_MAX,
    TABLE_ROWS_MAX, WORKBOOK_BYTES_MAX, WORKBOOK_CELLS_MAX,
};
use crate::problem::Problem;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::rc::Rc;

/// Options for reading a table file; those not given are found out from the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Encoding of a text file.
    pub encoding: Option<Encoding>,
    /// Delimiter of a text file.
    pub delimiter: Option<u8>,
    /// Name of the sheet of a workbook, or its number counted from 1.
    pub sheet: Option<String>,
    /// Code page of an old workbook that names a wrong one.
    pub codepage: Option<u16>,
    /// Limits of its size, and whether its workbooks may contain formulas.
    pub bounds: Bounds,
}

/// Limits of a table file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of a text file.
    pub bytes: u64,
    /// Bytes of a workbook.
    pub workbook: u64,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Cells of a workbook.
    pub cells: usize,
    /// True for a table from an untrusted source: formulas are refused, and a workbook may not use
    /// much memory.
    pub strict: bool,
}

impl Bounds {
    /// Tables that the office makes itself.
    pub const TABLE: Self = Self {
        bytes: TABLE_BYTES_MAX,
        workbook: WORKBOOK_BYTES_MAX,
        rows: TABLE_ROWS_MAX,
        columns: TABLE_COLUMNS_MAX,
        cells: WORKBOOK_CELLS_MAX,
        strict: false,
    };
    /// Statements of banks: evidence from outside.
    pub const STATEMENT: Self = Self {
        bytes: STATEMENT_BYTES_MAX,
        workbook: STATEMENT_WORKBOOK_BYTES_MAX,
        rows: STATEMENT_ROWS_MAX,
        columns: STATEMENT_COLUMNS_MAX,
        cells: STATEMENT_CELLS_MAX,
        strict: true,
    };
}

impl Default for Bounds {
    fn default() -> Self {
        Self::TABLE
    }
}

/// Visitor of rows: number of the row in the file (from 1, blank rows counted) and its cells.
pub type RowVisitor<'v> = dyn FnMut(u64, &[Cell<'_>]) -> Result<ControlFlow<()>, Problem> + 'v;

/// Passes every row of a table file to `visit` until it breaks off. Blank rows of text files are
/// skipped, and so are rows of workbooks without a cell.
///
/// # Errors
/// The file's kind, size, encoding or form is not allowed, with the place; and what `visit`
/// returns, with file and row added.
pub fn visit_rows(
    path: &Path,
    options: &Options,
    visit: &mut RowVisitor<'_>,
) -> Result<FileKind, Problem> {
    document_rows(&Document::open(path)?, options, visit)
}

/// The same for a file that is already open.
///
/// # Errors
/// The errors of [`visit_rows`].
pub fn document_rows(
    document: &Document,
    options: &Options,
    visit: &mut RowVisitor<'_>,
) -> Result<FileKind, Problem> {
    let kind = kind_of(document)?;
    let mut count = 0usize;
    let mut counted = |row: u64, cells: &[Cell<'_>]| {
        count += 1;
        let limit = options.bounds.rows;
        if count > limit {
            return Err(Problem::data("too-many-rows").with("limit", limit).in_row(row));
        }
        // Cells of a bank are stripped of the marks that banks put around them.
        let bare = |cell: &Cell<'_>| match cell {
            Cell::Text(text) => Cell::text(&of_bank(text)).into_owned(),
            other => other.clone().into_owned(),
        };
        let needs = |cell: &Cell<'_>| matches!(cell, Cell::Text(text) if of_bank(text) != *text);
        if options.bounds.strict && cells.iter().any(needs) {
            let cells: Vec<Cell<'static>> = cells.iter().map(bare).collect();
            return visit(row, &cells).map_err(|problem| problem.in_row(row));
        }
        visit(row, cells).map_err(|problem| problem.in_row(row))
    };
    let result = match kind {
        FileKind::Text => text_rows(document, options, &mut counted),
        FileKind::Xlsx | FileKind::Xls => {
            workbook::visit_rows(document, kind, options, &mut counted)
        }
        FileKind::Html => html::visit_rows(document, options, &mut counted),
        FileKind::SpreadsheetMl => spreadsheet_ml::visit_rows(document, options, &mut counted),
        FileKind::Mhtml => mhtml::visit_rows(document, options, &mut counted),
    };
    result.map_err(|problem| problem.in_file(document.path().display().to_string()))?;
    Ok(kind)
}

/// The names of a workbook's sheets that hold tables, each with true if it is visible; none if a
/// file has no sheets.
///
/// # Errors
/// The errors of [`visit_rows`].
pub fn sheet_names(document: &Document, options: &Options) -> Result<Vec<(String, bool)>, Problem> {
    let kind = kind_of(document)?;
    let names = match kind {
        FileKind::Xlsx | FileKind::Xls => workbook::sheet_names(document, kind, options),
        FileKind::SpreadsheetMl => spreadsheet_ml::sheet_names(document, options)
            .map(|names| names.into_iter().map(|name| (name, true)).collect()),
        _ => Ok(Vec::new()),
    };
    names.map_err(|problem| problem.in_file(document.path().display().to_string()))
}

fn text_rows(
    document: &Document,
    options: &Options,
    visit: &mut RowVisitor<'_>,
) -> Result<(), Problem> {
    document.check_size(options.bounds.bytes)?;
    let path = document.path();
    let (source, _) = open_text(document, options.encoding)?;
    let budget = Rc::new(std::cell::Cell::new(ROW_BYTES_MAX));
    let mut lines = Lines::new(LineMarks::new(source), Rc::clone(&budget));
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
        // The reader counts physical lines; a row with line breaks inside its cells is one row.
        let inner = record.as_slice().bytes().filter(|byte| *byte == b'\n').count();
        breaks += inner as u64;
        // If a quote is still open at the end of the file, the last line break becomes part of its
        // cell.
        let row = reader.position().line().saturating_sub(1 + breaks).max(last + 1);
        last = row;
        if record.len() > options.bounds.columns {
            return Err(Problem::data("too-many-columns")
                .with("count", record.len())
                .with("limit", options.bounds.columns)
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

fn read_problem(path: &Path, error: &io::Error) -> Problem {
    if is_too_long(error) {
        return Problem::data("row-too-long").with("limit", ROW_BYTES_MAX);
    }
    io_problem(path, error)
}

/// The delimiter of a text: of comma, tab, semicolon and bar, the one that occurs outside quotes in
/// most of its first lines, and of equals the one that occurs most often in a line; a comma if none
/// occurs. (Lines above the header have none, and amounts may contain commas.)
fn delimiter_of(head: &[u8]) -> u8 {
    const CANDIDATES: [u8; 4] = [b',', b'\t', b';', b'|'];
    const LINES: usize = 100;
    let (mut in_lines, mut most) = ([0usize; 4], [0usize; 4]);
    let (mut quoted, mut counts, mut lines) = (false, [0usize; 4], 0);
    for byte in head.trim_ascii_start().iter().chain(b"\n") {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                for ((count, lines), most) in counts.iter().zip(&mut in_lines).zip(&mut most) {
                    *lines += usize::from(*count > 0);
                    *most = (*most).max(*count);
                }
                counts = [0; 4];
                lines += 1;
                if lines >= LINES {
                    break;
                }
            }
            _ if quoted => {}
            _ => {
                let place = CANDIDATES.iter().position(|known| known == byte);
                if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
                    *count += 1;
                }
            }
        }
    }
    let scores = CANDIDATES.iter().zip(in_lines.iter().zip(&most));
    let best = scores.rev().max_by_key(|(_, score)| *score);
    best.filter(|(_, (lines, _))| **lines > 0).map_or(b',', |(delimiter, _)| *delimiter)
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
        assert_eq!(rows(b"a|b|c\n1|2,000.00|3\n").unwrap()[1], row(2, &["1", "2,000.00", "3"]));
        assert_eq!(rows("对账单\n\n甲|1,1\n乙|2,2\n丙|\n".as_bytes()).unwrap()[1].1, ["甲", "1,1"]);
        assert_eq!(
            rows("a;b;c\n1;2,5;3\n1;2,5;3,5\n".as_bytes()).unwrap()[2].1,
            ["1", "2,5", "3,5"]
        );
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
