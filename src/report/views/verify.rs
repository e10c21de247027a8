//! What a full check found.

use crate::book::verify::Verification;
use crate::report::locale::Locale;
use crate::report::message::Message;
use crate::report::shapes;
use crate::report::table::Report;
use crate::report::views::head_cells;

/// Sums over the journal and every finding.
pub fn verify(found: &Verification, locale: &Locale) -> Report {
    let [entries, root] = head_cells(&found.head);
    let meta = vec![
        entries,
        root,
        found.bytes.into(),
        found.summary.lines.into(),
        found.summary.memo_lines.into(),
        found.summary.debit.into(),
        found.summary.credit.into(),
        found.index_compared.into(),
        found.findings.len().into(),
    ];
    let mut report = Report::new(&shapes::VERIFY, meta);
    for finding in &found.findings {
        let message = Message::new(finding, locale);
        report.row(vec![
            finding.code.into(),
            message.what.into(),
            message.place.into(),
            message.why.into(),
            message.next.into(),
        ]);
    }
    if found.findings.is_empty() {
        report.note("verify-sound", Vec::new());
    }
    report
}
