//! A table with one header row: columns by name, rows one by one.

use crate::intake::cell::Cell;
use crate::intake::document::Document;
use crate::intake::rejects::{is_reject_column, unguarded};
use crate::intake::rows::{Options, document_rows};
use crate::intake::sniff::FileKind;
use crate::problem::Problem;
use std::ops::ControlFlow;
use std::path::Path;
use unicode_normalization::UnicodeNormalization;

/// A table file whose headers have been read.
#[derive(Clone, Debug)]
pub struct Table {
    document: Document,
    options: Options,
    header_row: u64,
    headers: Vec<String>,
    /// True if the file is one of rejects, whose texts are guarded against being run as formulas.
    guarded: bool,
}

/// One row of a table.
#[derive(Debug)]
pub struct Row<'r, 'c> {
    /// Number in the file, headers and blank rows counted, from 1.
    pub number: u64,
    cells: &'r [Cell<'c>],
}

/// Visitor of rows: one row, with the fault of its form if there is one.
pub type TableVisitor<'v> = dyn FnMut(Row<'_, '_>, Option<Problem>) -> Result<(), Problem> + 'v;

impl<'r, 'c> Row<'r, 'c> {
    /// The cell of a column; empty if the row ends before it.
    pub fn cell(&self, column: usize) -> &'r Cell<'c> {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }

    /// The cells as read.
    pub fn cells(&self) -> &'r [Cell<'c>] {
        self.cells
    }
}

impl Table {
    /// Reads the headers: the first row that is not blank.
    ///
    /// # Errors
    /// `table-empty`, `header-empty`, `header-twice`, or the errors of [`document_rows`].
    pub fn open(path: &Path, options: Options) -> Result<Self, Problem> {
        Self::of(Document::open(path)?, options)
    }

    /// The same for a file that is already open.
    ///
    /// # Errors
    /// The errors of [`Table::open`].
    pub fn of(document: Document, options: Options) -> Result<Self, Problem> {
        let mut found: Option<(u64, Vec<String>)> = None;
        document_rows(&document, &options, &mut |number, cells| {
            if cells.iter().all(Cell::is_empty) {
                return Ok(ControlFlow::Continue(()));
            }
            let names = cells.iter().map(|cell| cell.shown().nfc().collect::<String>());
            found = Some((number, names.collect()));
            Ok(ControlFlow::Break(()))
        })?;
        let file = document.path().display().to_string();
        let (header_row, mut headers) =
            found.ok_or_else(|| Problem::data("table-empty").in_file(&*file))?;
        while headers.last().is_some_and(String::is_empty) {
            headers.pop();
        }
        for (index, header) in headers.iter().enumerate() {
            if header.is_empty() {
                return Err(Problem::data("header-empty")
                    .with("column", index + 1)
                    .in_file(file)
                    .in_row(header_row));
            }
            if headers.iter().take(index).any(|other| other == header) {
                return Err(Problem::data("header-twice")
                    .with("header", header.escape_debug())
                    .in_file(file)
                    .in_row(header_row)
                    .in_column(header.as_str()));
            }
        }
        let guarded = headers.iter().any(|header| is_reject_column(header));
        Ok(Self { document, options, header_row, headers, guarded })
    }

    /// The path under which the file was opened.
    pub fn path(&self) -> &Path {
        self.document.path()
    }

    /// Names of the columns, trimmed, in NFC.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The row that holds the headers.
    pub fn header_row(&self) -> u64 {
        self.header_row
    }

    /// Passes every row to `visit`; a row with the wrong number of cells comes with a problem, so
    /// that `visit` decides whether to go on.
    ///
    /// # Errors
    /// The errors of [`document_rows`], and what `visit` returns, with file and row.
    pub fn rows(&self, visit: &mut TableVisitor<'_>) -> Result<(), Problem> {
        let mut kind = FileKind::Xlsx;
        // Only text files show how many cells a row has; workbooks leave empty cells out.
        if crate::intake::sniff::kind_of(&self.document)? == FileKind::Text {
            kind = FileKind::Text;
        }
        document_rows(&self.document, &self.options, &mut |number, cells| {
            if number <= self.header_row || cells.iter().all(Cell::is_empty) {
                return Ok(ControlFlow::Continue(()));
            }
            let beyond = cells.iter().skip(self.headers.len()).any(|cell| !cell.is_empty());
            let short = kind == FileKind::Text && cells.len() < self.headers.len();
            let ragged = (beyond || short).then(|| {
                Problem::data("row-ragged")
                    .with("cells", cells.len())
                    .with("headers", self.headers.len())
                    .in_file(self.path().display().to_string())
                    .in_row(number)
            });
            if self.guarded {
                let bare: Vec<Cell<'_>> = cells.iter().map(bare).collect();
                visit(Row { number, cells: &bare }, ragged)?;
            } else {
                visit(Row { number, cells }, ragged)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(())
    }
}

fn bare<'c>(cell: &'c Cell<'_>) -> Cell<'c> {
    match cell {
        Cell::Text(text) => Cell::text(unguarded(text)),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<(Vec<String>, Vec<String>), Problem> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        std::fs::write(&path, text).unwrap();
        let table = Table::open(&path, Options::default())?;
        let mut rows = Vec::new();
        table.rows(&mut |row, ragged| {
            rows.push(match ragged {
                Some(problem) => format!("{} {}", row.number, problem.code),
                None => format!("{} {}", row.number, row.cell(1).shown()),
            });
            Ok(())
        })?;
        Ok((table.headers().to_vec(), rows))
    }

    #[test]
    fn headers_and_rows() {
        let (headers, rows) =
            table("\n 编号 ,金额,,\n\n1,2\n,,\n3,4,,\n5,6,7\n8\n\"Bank, N.A.\",\" 9 \"\n").unwrap();
        assert_eq!(headers, ["编号", "金额"]);
        assert_eq!(rows, ["4 2", "6 4", "7 row-ragged", "8 row-ragged", "9 9"]);
    }

    #[test]
    fn unsound_headers_are_refused() {
        assert_eq!(table("a,b,a\n").unwrap_err().code, "header-twice");
        assert_eq!(table("a,,b\n").unwrap_err().code, "header-empty");
        assert_eq!(table("\n\n").unwrap_err().code, "table-empty");
    }
}
