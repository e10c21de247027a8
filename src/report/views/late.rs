//! The list of back-dated entries.

use crate::audit::late::lag;
use crate::domain::entry::Entry;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, journal_cells, voucher_text};

/// Entries recorded more than `days` days after their business date, or before it.
pub fn late(entries: &[Entry], days: u32, after: u64, journal: &Journal) -> Report {
    let [count, root] = journal_cells(journal);
    let mut report = Report::new(&shapes::LATE, vec![days.into(), after.into(), count, root]);
    for entry in entries {
        let (lag, event) = (lag(entry), &entry.event);
        let days = |days: i64| u64::try_from(days).ok().filter(|days| *days > 0);
        report.row(vec![
            entry.seq.into(),
            Cell::optional(entry.owner()),
            Cell::optional(entry.voucher.as_ref().map(voucher_text)),
            Cell::Event(event.kind.word()),
            event.date.into(),
            Cell::optional(event.effective),
            entry.recorded.to_string().into(),
            Cell::optional(days(lag)),
            Cell::optional(days(-lag)),
            Cell::optional(event.document.as_ref()),
            Cell::optional(event.maker.as_ref()),
            Cell::optional(event.checker.as_ref()),
        ]);
    }
    if entries.is_empty() {
        report.note("late-none", Vec::new());
    }
    report
}
