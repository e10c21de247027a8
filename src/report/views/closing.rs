//! Obstacles to a close (结账前检查).

use crate::domain::account::Fund;
use crate::domain::money::Total;
use crate::domain::period::BookPeriod;
use crate::domain::registry::Owner;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, journal_cells};

/// One obstacle.
#[derive(Clone, Debug)]
pub struct MatterRow<'a> {
    /// `blocking` or `open`.
    pub severity: &'static str,
    /// Its kind, as a word.
    pub item: &'static str,
    /// Fund.
    pub fund: Fund,
    /// Bank account, receipt, account of the chart, claim or quarter.
    pub subject: &'a str,
    /// Amount.
    pub amount: Total,
}

/// The obstacles to closing an owner's period.
pub fn close_preview(
    rows: &[MatterRow<'_>],
    owner: &Owner,
    period: BookPeriod,
    journal: &Journal,
) -> Report {
    let [entries, root] = journal_cells(journal);
    let meta = vec![
        (&owner.code).into(),
        (&owner.name).into(),
        period.from.into(),
        period.to.into(),
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::CLOSE_PREVIEW, meta);
    for row in rows {
        report.row(vec![
            Cell::Word(row.severity),
            Cell::Word(row.item),
            Cell::Word(row.fund.code()),
            row.subject.into(),
            row.amount.into(),
        ]);
    }
    report
}
