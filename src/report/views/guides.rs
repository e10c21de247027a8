//! The manuals as a list, and one of them.

use crate::report::Lang;
use crate::report::guide::{TOPICS, Topic};
use crate::report::shapes;
use crate::report::table::{Cell, Note, Report};

/// The list of the manuals.
pub fn guides(lang: Lang) -> Report {
    let mut report = Report::new(&shapes::GUIDES, Vec::new());
    for topic in TOPICS {
        let chinese = topic.chinese.first().copied();
        report.row(vec![topic.name.into(), Cell::optional(chinese), topic.title(lang).into()]);
    }
    report.notes.push(Note { key: "guide-how".into(), args: Vec::new() });
    report
}

/// One manual, whole.
pub fn guide(topic: &Topic, lang: Lang) -> Report {
    let meta = vec![topic.name.into(), topic.title(lang).into(), topic.text(lang).into()];
    Report::new(&shapes::GUIDE, meta)
}
