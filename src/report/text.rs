//! Reports as aligned text.
//!
//! Widths are those of a terminal: a Chinese character takes two columns. Rules are drawn with
//! ASCII hyphens, because box-drawing characters are one column wide on some terminals and two on
//! others.

use crate::domain::event::PeopleMode;
use crate::domain::field::{Fields, Value};
use crate::domain::money::Total;
use crate::report::Foot;
use crate::report::locale::Locale;
use crate::report::table::{Cell, Column, Note, Report};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};
use unicode_width::UnicodeWidthStr as _;

const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('-').junction('-'));

/// Tables with more columns than this omit columns of zeros; the other forms always have every
/// column.
const WIDE: usize = 10;
/// Columns that are shown even if they hold only zeros.
const KEPT: &[&str] = &["opening", "closing", "available"];

/// The text form in the locale's language, ending with a line break. Empty values are left out.
pub fn render(report: &Report, foot: Option<&Foot>, locale: &Locale) -> String {
    let shape = report.shape;
    let mut out = locale.text(&format!("report-{}", shape.name), &[]);
    out.push('\n');
    render_meta(report, locale, &mut out);
    render_form(report, locale, &mut out);
    let mut sparse = false;
    let nothing_else = report.sections.iter().all(Vec::is_empty)
        && report.notes.is_empty()
        && shape.meta.len() < WIDE;
    if !shape.rows.is_empty() && (!report.rows.is_empty() || nothing_else) {
        out.push('\n');
        let totals = report.totals.as_deref();
        sparse |= render_table(shape.rows, &report.rows, totals, locale, &mut out);
    }
    for ((key, columns), rows) in shape.sections.iter().zip(&report.sections) {
        if rows.is_empty() {
            continue;
        }
        out.push('\n');
        out.push_str(&locale.text(&format!("section-{key}"), &[]));
        out.push('\n');
        sparse |= render_table(columns, rows, None, locale, &mut out);
    }
    let said = report.set_off();
    if !said.is_empty() {
        out.push('\n');
    }
    for one in said {
        out.push_str(&visible(&one.line(locale)));
        out.push('\n');
    }
    let remarks = remarks(report, foot, locale);
    if !remarks.is_empty() || sparse {
        out.push('\n');
    }
    let sparse = sparse.then(|| locale.text("report-sparse", &[]));
    for remark in remarks.into_iter().chain(sparse) {
        out.push_str(&remark);
        out.push('\n');
    }
    out
}

/// The remarks under a report, one line each.
pub(super) fn remarks(report: &Report, foot: Option<&Foot>, locale: &Locale) -> Vec<String> {
    let mut remarks: Vec<String> = report.notes.iter().map(|note| worded(note, locale)).collect();
    let Some(foot) = foot.filter(|_| report.shape.has_journal()) else { return remarks };
    if foot.people == PeopleMode::Two {
        remarks.push(locale.text("report-people-two", &[]));
    }
    if let Some(unwitnessed) = foot.unwitnessed {
        let entries = unwitnessed.entries(report).to_string();
        let args = [("days", &*unwitnessed.days.to_string()), ("entries", &*entries)];
        remarks.push(locale.text("report-unwitnessed", &args));
    }
    remarks
}

/// The wording of a sentence.
fn worded(note: &Note, locale: &Locale) -> String {
    let args: Vec<(&str, String)> =
        note.args.iter().map(|(name, value)| (*name, visible(value))).collect();
    let args: Vec<(&str, &str)> =
        args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    locale.text(&note.key, &args)
}

/// Writes one `label  value` line for each value, with labels padded to the same width; a JSON
/// object gets lines of its own.
fn render_meta(report: &Report, locale: &Locale, out: &mut String) {
    let mut lines: Vec<(String, String)> = Vec::new();
    for (column, cell) in report.shape.meta.iter().zip(&report.meta) {
        match cell {
            Cell::Empty | Cell::Bool(false) | Cell::Data(_) | Cell::SetOff(_) => {}
            _ if report.shape.in_form(column.key) => {}
            Cell::Json(json) => {
                lines.push((label(column, locale), String::new()));
                let indented = |(label, value)| (format!("  {label}"), value);
                lines.extend(members(json, locale).into_iter().map(indented));
            }
            cell => lines.push((label(column, locale), shown(cell, locale))),
        }
    }
    let width = lines.iter().map(|(label, _)| label.width()).max().unwrap_or(0);
    for (label, value) in lines {
        out.push_str(&label);
        if !value.is_empty() {
            out.push_str(&" ".repeat(width.saturating_sub(label.width()).saturating_add(2)));
            out.push_str(&value);
        }
        out.push('\n');
    }
}

/// Writes the two-sided form: label and value of the left side, then those of the right.
fn render_form(report: &Report, locale: &Locale, out: &mut String) {
    let rows: Vec<Vec<String>> = report
        .form()
        .iter()
        .map(|sides| {
            let texts =
                sides.iter().map(|(column, cell)| [label(column, locale), shown(cell, locale)]);
            texts.flatten().collect()
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let width = |place: usize| {
        let texts = rows.iter().filter_map(|row| row.get(place));
        texts.map(|text| text.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..4).map(width).collect();
    out.push('\n');
    for row in &rows {
        let mut line = String::new();
        for (place, (text, width)) in row.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(width.saturating_sub(text.width()));
            // Labels are aligned to the left, amounts to the right.
            let parts = if place % 2 == 0 { [text.as_str(), &pad] } else { [&pad, text.as_str()] };
            line.push_str(if place == 0 {
                ""
            } else if place == 2 {
                "    "
            } else {
                "  "
            });
            parts.iter().for_each(|part| line.push_str(part));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// Members of an event that a report shows in lines of their own.
const TOLD: &[&str] = &["event", "memo", "owner", "working"];
/// Members whose values are words of closed lists.
const WORDS: &[&str] =
    &["fund", "kind", "method", "programme", "reason", "receives", "source", "to", "until"];

/// The members of a JSON object in their order. An event's members are labelled as its fields,
/// those of a working as facts; a nested object gets indented lines of its own.
fn members(json: &str, locale: &Locale) -> Vec<(String, String)> {
    let Ok(fields) = Fields::from_json(json.as_bytes()) else {
        return vec![(String::new(), visible(json))];
    };
    let kinds = match fields.get("event") {
        Some(_) => ["field", "label", "fact"],
        None => ["fact", "label", "field"],
    };
    let label = |key: &str| {
        let found = kinds.iter().find_map(|kind| locale.find(&format!("{kind}-{key}"), None, &[]));
        found.unwrap_or_else(|| key.to_owned())
    };
    let mut lines = Vec::new();
    for (key, value) in fields.iter().filter(|(key, _)| !TOLD.contains(key)) {
        let value = match value {
            Value::Text(text) if WORDS.contains(&key) => locale.word(text),
            Value::Text(text) => visible(text),
            Value::Bool(value) => locale.word(if *value { "yes" } else { "no" }),
            Value::Int(number) => number.to_string(),
            Value::Object(object) => {
                lines.push((label(key), String::new()));
                let inner = members(&object.to_string(), locale);
                lines.extend(inner.into_iter().map(|(label, value)| (format!("  {label}"), value)));
                continue;
            }
            Value::Float(text) => visible(text),
            Value::List(list) => format!("[{}]", list.len()),
            Value::Null => String::new(),
        };
        lines.push((label(key), value));
    }
    lines
}

/// Draws a table without its empty columns; returns true if a column of zeros was left out.
fn render_table(
    columns: &[Column],
    rows: &[Vec<Cell>],
    totals: Option<&[Cell]>,
    locale: &Locale,
    out: &mut String,
) -> bool {
    if rows.is_empty() {
        out.push_str(&locale.text("report-no-rows", &[]));
        out.push('\n');
        return false;
    }
    let mut sparse = false;
    let mut kept: Vec<usize> = Vec::new();
    for index in 0..columns.len() {
        let cells = || rows.iter().filter_map(|row| row.get(index));
        let empty = cells().all(|cell| matches!(cell, Cell::Empty | Cell::Data(_)));
        let zero = columns.len() > WIDE
            && !columns.get(index).is_some_and(|column| KEPT.contains(&column.key))
            && cells().all(|cell| {
                matches!(cell, Cell::Empty | Cell::Money(Total::ZERO) | Cell::Integer(0))
            });
        sparse |= zero && !empty;
        if !(empty || zero) {
            kept.push(index);
        }
    }
    let pick = |cells: &[Cell]| -> Vec<Cell> {
        kept.iter().map(|index| cells.get(*index).cloned().unwrap_or_default()).collect()
    };
    let columns: Vec<Column> =
        kept.iter().filter_map(|index| columns.get(*index).copied()).collect();
    let mut table = comfy_table::Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| label(column, locale)));
    for row in rows {
        table.add_row(pick(row).iter().map(|cell| shown(cell, locale)));
    }
    if let Some(totals) = totals {
        let word = locale.text("report-totals", &[]);
        let totals = pick(totals);
        let cells = totals.iter().enumerate().map(|(index, cell)| match (index, cell) {
            (0, Cell::Empty) => word.clone(),
            (_, cell) => shown(cell, locale),
        });
        table.add_row(cells);
    }
    for (index, column) in columns.iter().enumerate() {
        if let Some(drawn) = table.column_mut(index) {
            drawn.set_padding((0, 2));
            if column.kind.is_number() {
                drawn.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    let lines: Vec<String> = table.lines().collect();
    let rule = lines.get(1).cloned().unwrap_or_default();
    let last = lines.len().saturating_sub(1);
    for (index, line) in lines.iter().enumerate() {
        if index == last && totals.is_some() {
            out.push_str(rule.trim_end());
            out.push('\n');
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    sparse
}

/// The heading of a column.
pub(super) fn label(column: &Column, locale: &Locale) -> String {
    locale.text(&format!("label-{}", column.key), &[])
}

/// A cell in the form for the user.
pub fn shown(cell: &Cell, locale: &Locale) -> String {
    match cell {
        Cell::Empty | Cell::Data(_) => String::new(),
        Cell::Text(text) => visible(text),
        Cell::Word(code) => locale.word(code),
        Cell::Event(code) => locale.event(code),
        Cell::Money(total) => total.grouped(),
        Cell::Integer(number) => number.to_string(),
        Cell::Date(date) => date.to_string(),
        Cell::Told(note) => worded(note, locale),
        Cell::SetOff(said) => {
            said.iter().map(|one| visible(&one.line(locale))).collect::<Vec<_>>().join("\n")
        }
        Cell::Rate(rate) => rate.percent(),
        Cell::Bool(value) => locale.word(if *value { "yes" } else { "no" }),
        Cell::Json(json) => members(json, locale)
            .into_iter()
            .map(|(label, value)| format!("{label} {value}"))
            .collect::<Vec<_>>()
            .join(&locale.text("place-separator", &[])),
    }
}

/// A text whose control and direction characters are written out, so that no text from a file can
/// move the cursor, break a table or change the reading direction.
pub fn visible(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    if !text.chars().any(hidden) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::locale::Lang;
    use crate::report::table::{ColumnKind, Shape};

    static SHAPE: Shape = Shape {
        name: "balance",
        meta: &[Column { key: "as_of", kind: ColumnKind::Text }],
        form: &[],
        rows: &[
            Column { key: "name", kind: ColumnKind::Text },
            Column { key: "closing", kind: ColumnKind::Money },
            Column { key: "fund", kind: ColumnKind::Word },
        ],
        totals: true,
        sections: &[],
    };

    fn sample() -> Report {
        let mut report = Report::new(&SHAPE, vec![Cell::text("2017-12-31")]);
        for (name, fen) in
            [("焦作市", 5), ("孟州市", 600_000_000), ("焦作市城乡一体化示范区", -123_456)]
        {
            report.row(vec![name.into(), Total(fen).into(), Cell::Word("RISK")]);
        }
        report.total(vec![Cell::Empty, Total(599_876_549).into(), Cell::Empty]);
        report
    }

    /// The end of each amount, in terminal columns.
    fn ends(text: &str) -> Vec<usize> {
        let amounts = ["0.05", "6,000,000.00", "-1,234.56", "5,998,765.49"];
        let found = amounts.iter().map(|amount| {
            let line = text.lines().find(|line| line.contains(&format!(" {amount}"))).unwrap();
            let end = line.find(amount).unwrap() + amount.len();
            line[..end].width()
        });
        found.collect()
    }

    #[test]
    fn amounts_end_in_one_column_whatever_the_names_are() {
        for lang in [Lang::Chinese, Lang::English] {
            let text = render(&sample(), None, &Locale::new(lang));
            let ends = ends(&text);
            assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{ends:?}\n{text}");
            assert!(text.lines().all(|line| line == line.trim_end()), "{text}");
        }
    }

    #[test]
    fn a_text_cannot_break_the_table() {
        let mut report = sample();
        report.row(vec!["a\nb\u{202E}c\u{1b}[2J".into(), Total(1).into(), Cell::Empty]);
        let text = render(&report, None, &Locale::new(Lang::Chinese));
        assert!(text.contains(r"a\u{a}b\u{202e}c\u{1b}[2J"), "{text}");
    }
}
