//! Scope and findings of a full check.

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
    /// The present journal.
    pub journal: Journal,
    /// Its bytes.
    pub bytes: u64,
    /// Sums over all entries.
    pub summary: Summary,
    /// True if the index was compared with the entries.
    pub index_compared: bool,
    /// The part that another process was writing meanwhile; it is not checked.
    pub written: Option<Written>,
    /// The references that the journal was compared with.
    pub compared: &'a [Compared],
    /// Every check that was made.
    pub checks: &'a [Made],
    /// Everything that is wrong.
    pub findings: &'a [Problem],
    /// For each of them the index of the finding that it follows from.
    pub consequences: &'a [Option<usize>],
    /// True to list only root causes, each with the number of findings that follow from it.
    pub folded: bool,
}

/// The findings, each with the place of the one that it follows from.
fn findings(found: &VerifyView<'_>, locale: &Locale, report: &mut Report) {
    for (place, finding) in found.findings.iter().enumerate() {
        let cause = found.consequences.get(place).copied().flatten();
        if found.folded && cause.is_some() {
            continue;
        }
        let message = Message::new(finding, locale);
        let follow = found.consequences.iter().filter(|cause| **cause == Some(place)).count();
        let what = if found.folded && follow > 0 {
            let args = [("what", &*message.what), ("count", &*follow.to_string())];
            locale.text("verify-follow", &args)
        } else {
            message.what.clone()
        };
        // The user counts from one.
        let number = |place: usize| place.saturating_add(1);
        report.row(vec![
            number(place).into(),
            Cell::optional(cause.map(number)),
            finding.code.into(),
            what.into(),
            message.place.into(),
            message.why.into(),
            message.next.into(),
        ]);
    }
}

/// Sums over the journal, every finding, and every check with how many things it looked at.
pub fn verify(found: &VerifyView<'_>, locale: &Locale) -> Report {
    let [entries, root] = journal_cells(&found.journal);
    let causes = found.consequences.iter().filter(|cause| cause.is_none()).count();
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
        causes.into(),
    ];
    let mut report = Report::new(&shapes::VERIFY, meta);
    findings(found, locale, &mut report);
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
        // The rule behind a check is that of its findings.
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
    let hidden = found.findings.len().saturating_sub(causes);
    if found.folded && hidden > 0 {
        report.note("verify-folded", vec![("count", hidden.to_string())]);
    }
    if found.findings.is_empty() {
        report.note("verify-sound", Vec::new());
    }
    report
}
