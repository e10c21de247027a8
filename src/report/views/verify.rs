//! What a full check looked at and found.

use crate::audit::finding::{Compared, Made};
use crate::audit::verify::Summary;
use crate::problem::{Exit, Problem};
use crate::report::locale::Locale;
use crate::report::message::Message;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, journal_cells};
use crate::store::Written;

/// The outcome of a check.
pub struct VerifyView<'a> {
    /// The journal as it stands.
    pub journal: Journal,
    /// Its bytes.
    pub bytes: u64,
    /// Sums over all entries.
    pub summary: Summary,
    /// True when the index was compared with the entries.
    pub index_compared: bool,
    /// What another process was writing meanwhile, which is not judged.
    pub written: Option<Written>,
    /// What the journal was held against.
    pub compared: &'a [Compared],
    /// Every check that was made.
    pub checks: &'a [Made],
    /// Everything that is wrong.
    pub findings: &'a [Problem],
}

/// Sums over the journal, every finding, and every check with how many things it looked at.
pub fn verify(found: &VerifyView<'_>, locale: &Locale) -> Report {
    let [entries, root] = journal_cells(&found.journal);
    let meta = vec![
        entries,
        root,
        found.bytes.into(),
        found.summary.lines.into(),
        found.summary.memo_lines.into(),
        found.summary.debit.into(),
        found.summary.credit.into(),
        found.index_compared.into(),
        Cell::optional(found.written.map(|written| written.bytes)),
        Cell::optional(found.written.map(|written| written.lines)),
        found.findings.len().into(),
    ];
    let mut report = Report::new(&shapes::VERIFY, meta);
    for finding in found.findings {
        let message = Message::new(finding, locale);
        report.row(vec![
            finding.code.into(),
            message.what.into(),
            message.place.into(),
            message.why.into(),
            message.next.into(),
        ]);
    }
    for compared in found.compared {
        report.section_row(
            "compared",
            vec![
                compared.against.as_str().into(),
                Cell::Word(compared.kind),
                compared.size.into(),
                Cell::Word(compared.result),
            ],
        );
    }
    for made in found.checks {
        // The rule that a check holds the book to is that of its findings.
        let rule = Message::new(&Problem::new(made.code, Exit::Findings), locale).why;
        report.section_row(
            "checks",
            vec![made.code.into(), made.looked_at.into(), made.findings.into(), rule.into()],
        );
    }
    if let Some(Written { bytes, lines }) = found.written {
        let told = vec![("bytes", bytes.to_string()), ("lines", lines.to_string())];
        report.note("verify-written", told);
    }
    if found.findings.is_empty() {
        report.note("verify-sound", Vec::new());
    }
    report
}
