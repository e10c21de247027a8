//! Bank statements as files: a first look at them, and whether their figures agree.

use crate::domain::calendar::Date;
use crate::domain::money::{Money, Total};
use crate::domain::statement::reading::{Column, Row, SheetSeen};
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use std::collections::BTreeMap;

/// One statement of a file.
pub struct StatementRow {
    /// File name.
    pub file: String,
    /// Profile by which it was read.
    pub profile: String,
    /// Account number as printed.
    pub number: Option<String>,
    /// Currency.
    pub currency: Option<String>,
    /// First and last day.
    pub days: (Option<Date>, Option<Date>),
    /// Balance before the first movement and after the last.
    pub balances: (Money, Money),
    /// Money in and money out, both positive.
    pub sums: (Total, Total),
    /// Number of movements.
    pub movements: usize,
    /// Number of figures that disagree.
    pub breaks: usize,
    /// Source of the opening balance (`opening-printed` …).
    pub opening_by: &'static str,
    /// Number of columns and balances that are not proved.
    pub undecided: usize,
    /// The proof of each column.
    pub columns: Vec<Column>,
    /// Sheets of a workbook.
    pub sheets: Vec<SheetSeen>,
    /// Number of rows of each kind that are not movements.
    pub counts: BTreeMap<&'static str, u64>,
    /// The first of these rows.
    pub rows: Vec<Row>,
}

impl StatementRow {
    fn figures(&self) -> [Cell; 10] {
        [
            Cell::optional(self.number.clone()),
            Cell::optional(self.currency.clone()),
            Cell::optional(self.days.0),
            Cell::optional(self.days.1),
            self.balances.0.into(),
            self.sums.0.into(),
            self.sums.1.into(),
            self.balances.1.into(),
            self.movements.into(),
            self.breaks.into(),
        ]
    }
}

/// Result of comparing a profile with a file.
pub struct FitRow {
    /// Its name.
    pub profile: String,
    /// True if all its columns are found.
    pub fits: bool,
    /// Number of columns found, and number of all.
    pub found: (usize, usize),
    /// The columns that are not found.
    pub missing: Vec<String>,
}

/// A first look at a file.
pub struct SniffView {
    /// File as the user named it.
    pub file: String,
    /// Its format.
    pub format: &'static str,
    /// Encoding of a text.
    pub encoding: Option<&'static str>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// Row of the header.
    pub header_row: Option<u64>,
    /// The profile that fits.
    pub profile: Option<String>,
    /// True if it could be read.
    pub readable: bool,
    /// The profiles, the best first.
    pub fits: Vec<FitRow>,
    /// The statements in it.
    pub statements: Vec<StatementRow>,
    /// The first rows.
    pub top: Vec<(u64, Vec<String>)>,
}

/// The report of a first look at a file.
pub fn statement_sniff(view: &SniffView) -> Report {
    let meta = vec![
        view.file.as_str().into(),
        Cell::Word(view.format),
        Cell::optional(view.encoding),
        Cell::optional(view.sheet.clone()),
        Cell::optional(view.header_row),
        Cell::optional(view.profile.clone()),
        view.readable.into(),
    ];
    let mut report = Report::new(&shapes::STATEMENT_SNIFF, meta);
    for fit in &view.fits {
        report.row(vec![
            fit.profile.as_str().into(),
            fit.fits.into(),
            fit.found.0.into(),
            fit.found.1.into(),
            Cell::optional(Some(fit.missing.join(", ")).filter(|text| !text.is_empty())),
        ]);
    }
    for statement in &view.statements {
        report.section_row("statements", statement.figures().into());
    }
    for (row, cells) in &view.top {
        report.section_row("top", vec![(*row).into(), cells.join(" | ").into()]);
    }
    report
}

/// Statements that were read and checked.
pub fn statement_check(files: usize, statements: &[StatementRow]) -> Report {
    let movements: usize = statements.iter().map(|statement| statement.movements).sum();
    let breaks: usize = statements.iter().map(|statement| statement.breaks).sum();
    let undecided: usize = statements.iter().map(|row| row.undecided).sum();
    let meta = vec![files.into(), movements.into(), breaks.into(), undecided.into()];
    let mut report = Report::new(&shapes::STATEMENT_CHECK, meta);
    for statement in statements {
        let mut cells = vec![statement.file.as_str().into(), statement.profile.as_str().into()];
        cells.extend(statement.figures());
        let undecided = statement.undecided;
        cells.push((statement.breaks == 0).into());
        cells.extend([
            Cell::Word(statement.opening_by),
            undecided.into(),
            (statement.breaks == 0 && undecided == 0).into(),
        ]);
        report.row(cells);
        proof_of(statement, &mut report);
    }
    report
}

/// Adds the proof of each column, and the kind of every other row and sheet.
fn proof_of(statement: &StatementRow, report: &mut Report) {
    let file = || Cell::from(statement.file.as_str());
    for column in &statement.columns {
        let (first, last) = column.rows.unzip();
        report.section_row(
            "columns",
            vec![
                file(),
                column.key.into(),
                column.name.as_str().into(),
                Cell::Word(column.by),
                Cell::optional(first),
                Cell::optional(last),
            ],
        );
    }
    for sheet in &statement.sheets {
        let kind = Cell::Word(sheet.what);
        report.section_row(
            "sheets",
            vec![file(), sheet.name.as_str().into(), kind, sheet.rows.into()],
        );
    }
    for (kind, count) in &statement.counts {
        report.section_row("other_rows", vec![file(), Cell::Word(kind), (*count).into()]);
    }
    for row in &statement.rows {
        report.section_row(
            "named_rows",
            vec![
                file(),
                Cell::optional(row.sheet.clone()),
                row.row.into(),
                Cell::Word(row.what),
                row.text.as_str().into(),
            ],
        );
    }
}

/// The profiles: name, source of the direction of a movement, columns by which they are recognized.
pub fn statement_profiles<'p>(
    profiles: impl Iterator<Item = (&'p str, &'static str, &'p [String])>,
) -> Report {
    let mut report = Report::new(&shapes::STATEMENT_PROFILES, Vec::new());
    for (name, mode, columns) in profiles {
        report.row(vec![name.into(), Cell::Word(mode), columns.join(", ").into()]);
    }
    report
}
