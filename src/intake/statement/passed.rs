//! Rows and sheets of a file that are not movements, each with its kind.

use crate::domain::calendar::Date;
pub use crate::domain::statement::reading::{Row, SheetSeen};
use std::collections::BTreeMap;

/// Number of rows that are named one by one; further rows are only counted.
pub const NAMED_MAX: usize = 100;
/// Characters of a row that are shown.
const SHOWN: usize = 40;

/// All rows and sheets of a file that are not movements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Number of rows of each kind.
    pub counts: BTreeMap<&'static str, u64>,
    /// The first of these rows.
    pub rows: Vec<Row>,
    /// The sheets of a workbook.
    pub sheets: Vec<SheetSeen>,
    days: (Option<Date>, Option<Date>),
}

impl Passed {
    /// Records a row.
    pub fn row(&mut self, sheet: Option<&str>, row: u64, what: &'static str, text: &str) {
        let count = self.counts.entry(what).or_default();
        *count = count.saturating_add(1);
        if self.rows.len() < NAMED_MAX {
            let text = text.chars().take(SHOWN).collect();
            self.rows.push(Row { sheet: sheet.map(str::to_owned), row, what, text });
        }
    }

    /// Records the day of a row that moves no money.
    pub fn day(&mut self, date: Option<Date>) {
        let Some(date) = date else { return };
        self.days.0 = Some(self.days.0.map_or(date, |first| first.min(date)));
        self.days.1 = Some(self.days.1.map_or(date, |last| last.max(date)));
    }

    /// First and last day of the rows that move no money.
    pub fn days(&self) -> (Option<Date>, Option<Date>) {
        self.days
    }
}
