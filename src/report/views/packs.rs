//! Findings of a check of an owner's proof pack.

use crate::audit::pack::Checked;
use crate::report::locale::Locale;
use crate::report::message::Message;
use crate::report::shapes;
use crate::report::table::{Cell, Report};

/// The pack with every finding; `held` is true if it was compared with a checkpoint that was kept
/// elsewhere.
pub fn pack(checked: &Checked, held: bool, locale: &Locale) -> Report {
    let meta = vec![
        checked.owner.as_str().into(),
        checked.name.as_str().into(),
        checked.days.0.as_str().into(),
        checked.days.1.as_str().into(),
        checked.entries.into(),
        checked.shared.into(),
        checked.body.entries.into(),
        checked.body.line().to_string().into(),
        checked.findings.len().into(),
    ];
    let mut report = Report::new(&shapes::CHECK_PACK, meta);
    for finding in &checked.findings {
        let message = Message::new(finding, locale);
        let line = finding.arg("line").and_then(|line| line.parse::<u64>().ok());
        report.row(vec![
            Cell::optional(line),
            finding.arg("part").unwrap_or_default().into(),
            message.what.into(),
            message.why.into(),
            message.next.into(),
        ]);
    }
    if checked.findings.is_empty() {
        let key = if held { "pack-sound" } else { "pack-sound-alone" };
        report.note(key, vec![("line", checked.body.line().to_string())]);
    }
    report
}
