//! A book that was backed up or restored.

use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, journal_cells};

/// A backup or a restore.
pub struct CopyView<'a> {
    /// The backup, or the file that was restored from.
    pub file: &'a str,
    /// The book's directory.
    pub book: &'a str,
    /// City code.
    pub city: &'a str,
    /// The journal that both hold.
    pub journal: Journal,
    /// Its bytes.
    pub bytes: u64,
    /// Findings of the book itself.
    pub findings: u64,
    /// True if nothing was kept.
    pub dry_run: bool,
    /// Message for the next step.
    pub advice: &'static str,
}

/// The report of the copy, with the next step.
pub fn copy(done: &CopyView<'_>) -> Report {
    let [entries, root] = journal_cells(&done.journal);
    let name = crate::domain::division::find(done.city).map(|division| division.name);
    let meta = vec![
        done.file.into(),
        done.book.into(),
        done.city.into(),
        Cell::optional(name),
        entries,
        done.bytes.into(),
        root,
        done.findings.into(),
        done.dry_run.into(),
    ];
    let mut report = Report::new(&shapes::BACKUP, meta);
    if done.findings > 0 {
        report.note("backup-findings", Vec::new());
    }
    report.note(done.advice, Vec::new());
    report
}
