//! How a bank's file was read: what proves each column, and what its other rows and sheets are.

/// How one column was proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Key of the profile.
    pub key: &'static str,
    /// Name of the column, or of the field of a message.
    pub name: String,
    /// `by-balances`, `by-opening`, `by-given`, `by-before`, `by-sum`, `by-totals`, `by-layout`,
    /// `by-pair`, `by-message`, `by-chain`, or `not-proved`.
    pub by: &'static str,
    /// First and last row that the balances prove.
    pub rows: Option<(u64, u64)>,
}

/// A row that is no movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Sheet, where there are several.
    pub sheet: Option<String>,
    /// Number in the file.
    pub row: u64,
    /// What it is: `row-title`, `row-header`, `row-balance`, `row-total`, `row-carried`,
    /// `row-continued`, `row-idle`, `row-note`, `row-skipped`, `row-after-end`.
    pub what: &'static str,
    /// How it begins.
    pub text: String,
}

/// A sheet of a workbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetSeen {
    /// Name.
    pub name: String,
    /// Rows with cells, where they were counted.
    pub rows: u64,
    /// What it is: `sheet-read`, `sheet-empty`, `sheet-no-header`, `sheet-hidden`, `sheet-not-asked`.
    pub what: &'static str,
}
