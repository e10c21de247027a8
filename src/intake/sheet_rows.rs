//! Gathers cells that come one by one into rows; used by every reader of sheets.

use crate::intake::cell::{Cell, trim};
use crate::intake::rows::{Bounds, RowVisitor};
use crate::limits::{SHEET_ROWS_MAX, TABLE_CELL_MAX};
use crate::problem::Problem;
use std::borrow::Cow;
use std::ops::ControlFlow;

/// Gathers cells into rows and passes each row on when the next begins.
pub struct SheetRows<'s, 'v> {
    visit: &'s mut RowVisitor<'v>,
    /// Limits of the sheet.
    pub bounds: Bounds,
    row: Option<u32>,
    cells: Vec<Cell<'static>>,
    count: usize,
    /// True if the visitor needs no more rows.
    pub stopped: bool,
}

impl<'s, 'v> SheetRows<'s, 'v> {
    /// Rows for a visitor.
    pub fn new(visit: &'s mut RowVisitor<'v>, bounds: Bounds) -> Self {
        Self { visit, bounds, row: None, cells: Vec::new(), count: 0, stopped: false }
    }

    /// Adds a cell; rows and columns are counted from 0, and rows come in order.
    ///
    /// # Errors
    /// `too-many-columns`, `too-many-cells`, `cell-too-long`, `workbook-damaged`; what the visitor
    /// returns.
    pub fn put(&mut self, row: u32, column: u32, cell: Cell<'_>) -> Result<(), Problem> {
        let place = column as usize;
        if row >= SHEET_ROWS_MAX || place >= self.bounds.columns {
            return Err(Problem::data("too-many-columns")
                .with("count", u64::from(column) + 1)
                .with("limit", self.bounds.columns)
                .in_row(u64::from(row) + 1));
        }
        self.count += 1;
        if self.count > self.bounds.cells {
            return Err(Problem::data("too-many-cells").with("limit", self.bounds.cells));
        }
        if matches!(&cell, Cell::Text(text) if text.len() > TABLE_CELL_MAX) {
            let problem = Problem::data("cell-too-long").with("limit", TABLE_CELL_MAX);
            return Err(at(problem, row, column));
        }
        if self.row != Some(row) {
            if self.row.is_some_and(|before| before > row) {
                return Err(super::workbook::damaged("rows out of order"));
            }
            self.finish()?;
            self.row = Some(row);
        }
        while self.cells.len() <= place {
            self.cells.push(Cell::Empty);
        }
        if let Some(slot) = self.cells.get_mut(place) {
            *slot = owned(cell);
        }
        Ok(())
    }

    /// Passes on the last row.
    ///
    /// # Errors
    /// What the visitor returns.
    pub fn finish(&mut self) -> Result<(), Problem> {
        if let Some(row) = self.row.take()
            && !self.stopped
        {
            let go = (self.visit)(u64::from(row) + 1, &self.cells)?;
            self.stopped = go == ControlFlow::Break(());
            self.cells.clear();
        }
        Ok(())
    }
}

fn owned(cell: Cell<'_>) -> Cell<'static> {
    match cell {
        Cell::Text(text) => Cell::Text(Cow::Owned(trim(&text).to_owned())),
        other => other.into_owned(),
    }
}

/// Adds to a problem the place of the cell in the notation of spreadsheets.
pub fn at(problem: Problem, row: u32, column: u32) -> Problem {
    let cell = reference(row, column);
    problem.with("cell", cell).in_row(u64::from(row) + 1)
}

/// The problem of a formula in a bank's file: its shown value can be anything.
pub fn has_formula(row: u32, column: u32) -> Problem {
    at(Problem::data("sheet-has-formula"), row, column)
}

/// The problem of a formula without a stored value.
pub fn no_value(row: u32, column: u32) -> Problem {
    at(Problem::data("formula-without-value"), row, column)
}

/// The problem of a cell that holds an error.
pub fn error_cell(error: impl std::fmt::Display, row: u32, column: u32) -> Problem {
    at(Problem::data("cell-error").with("text", error), row, column)
}

/// A reference such as `B7`.
fn reference(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = u64::from(column) + 1;
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        rest /= 26;
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{}", u64::from(row) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::WORKBOOK_CELLS_MAX;

    /// Counts that no test can reach with real cells.
    #[test]
    fn cells_are_counted() {
        let mut visit = |_: u64, _: &[Cell<'_>]| Ok(ControlFlow::Continue(()));
        for (count, row, expected) in [
            (WORKBOOK_CELLS_MAX - 1, 0, None),
            (WORKBOOK_CELLS_MAX, 0, Some("too-many-cells")),
            (0, SHEET_ROWS_MAX - 1, None),
            (0, SHEET_ROWS_MAX, Some("too-many-columns")),
        ] {
            let mut sheet = SheetRows::new(&mut visit, Bounds::default());
            sheet.count = count;
            let put = sheet.put(row, 0, Cell::Bool(true));
            assert_eq!(put.err().map(|problem| problem.code), expected, "{count} {row}");
        }
    }

    #[test]
    fn cell_references() {
        assert_eq!(reference(6, 1), "B7");
        assert_eq!(reference(0, 25), "Z1");
        assert_eq!(reference(0, 26), "AA1");
        assert_eq!(reference(0, 255), "IV1");
    }
}
