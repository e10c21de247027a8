//! Reports as one JSON object: `schema`, the single values, `rows`, `totals`, sections, `notes`.
//!
//! Keys are English and always present, in the order of the shape; an empty value is `null`.
//! Amounts and rates are strings, so that no reader turns them into floats. Each row is on one
//! line, so that two outputs can be compared line by line.

use crate::domain::json::Writer;
use crate::report::Foot;
use crate::report::table::{Cell, Column, Note, Report};

/// The JSON form, ending with a line break.
pub fn render(report: &Report, foot: Option<&Foot>) -> Vec<u8> {
    let shape = report.shape;
    let mut out = b"{".to_vec();
    let mut first = true;
    let mut member = |out: &mut Vec<u8>, key: &str| {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        out.extend_from_slice(b"\n ");
        let mut writer = Writer::free(out);
        writer.string(key);
        out.push(b':');
    };
    member(&mut out, "schema");
    Writer::free(&mut out).string(&shape.schema());
    for (column, cell) in shape.meta.iter().zip(&report.meta) {
        member(&mut out, column.key);
        write_cell(cell, &mut Writer::free(&mut out));
    }
    if shape.has_journal() {
        member(&mut out, "people");
        let people = foot.map_or(Cell::Empty, |foot| Cell::Word(foot.people.code()));
        write_cell(&people, &mut Writer::free(&mut out));
        member(&mut out, "unwitnessed");
        let mut writer = Writer::free(&mut out);
        match foot.and_then(|foot| foot.unwitnessed) {
            Some(unwitnessed) => {
                writer.begin_object();
                writer.key("days");
                writer.integer(unwitnessed.days);
                writer.key("entries");
                writer.integer(unwitnessed.entries(report));
                writer.end_object();
            }
            None => writer.raw(b"null"),
        }
        member(&mut out, "warnings");
        let mut writer = Writer::free(&mut out);
        writer.begin_array();
        foot.iter().flat_map(|foot| &foot.warnings).for_each(|note| write_note(note, &mut writer));
        writer.end_array();
    }
    if !shape.rows.is_empty() {
        member(&mut out, "rows");
        write_rows(shape.rows, &report.rows, &mut out);
    }
    if let Some(totals) = &report.totals {
        member(&mut out, "totals");
        let numbers: Vec<(&Column, &Cell)> =
            shape.rows.iter().zip(totals).filter(|(_, cell)| **cell != Cell::Empty).collect();
        write_object(numbers.into_iter(), &mut out);
    }
    for ((key, columns), rows) in shape.sections.iter().zip(&report.sections) {
        member(&mut out, key);
        write_rows(columns, rows, &mut out);
    }
    member(&mut out, "notes");
    let mut writer = Writer::free(&mut out);
    writer.begin_array();
    report.notes.iter().for_each(|note| write_note(note, &mut writer));
    writer.end_array();
    out.extend_from_slice(b"\n}\n");
    out
}

fn write_rows(columns: &[Column], rows: &[Vec<Cell>], out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, row) in rows.iter().enumerate() {
        out.extend_from_slice(if index == 0 { b"\n  " } else { b",\n  " });
        write_object(columns.iter().zip(row), out);
    }
    out.push(b']');
}

fn write_object<'r>(cells: impl Iterator<Item = (&'r Column, &'r Cell)>, out: &mut Vec<u8>) {
    let mut writer = Writer::free(out);
    writer.begin_object();
    for (column, cell) in cells {
        writer.key(column.key);
        write_cell(cell, &mut writer);
    }
    writer.end_object();
}

/// Writes a sentence as its code and values.
fn write_note(note: &Note, writer: &mut Writer<'_>) {
    writer.begin_object();
    writer.key("code");
    writer.string(&note.key);
    writer.key("args");
    writer.begin_object();
    for (name, value) in &note.args {
        writer.key(name);
        writer.string(value);
    }
    writer.end_object();
    writer.end_object();
}

fn write_cell(cell: &Cell, writer: &mut Writer<'_>) {
    match cell {
        Cell::Empty => writer.raw(b"null"),
        Cell::Text(text) => writer.string(text),
        Cell::Word(code) | Cell::Event(code) => writer.string(code),
        Cell::Money(total) => writer.quoted(total),
        Cell::Integer(number) => writer.integer(*number),
        Cell::Date(date) => writer.quoted(date),
        Cell::Rate(rate) => writer.quoted(rate.decimal()),
        Cell::Bool(value) => writer.boolean(*value),
        Cell::Json(json) | Cell::Data(json) => writer.raw(json.as_bytes()),
        Cell::Told(note) => write_note(note, writer),
        Cell::SetOff(said) => {
            writer.begin_array();
            said.iter().for_each(|one| one.write(writer));
            writer.end_array();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Total;
    use crate::report::table::{ColumnKind, Shape};

    static SHAPE: Shape = Shape {
        name: "balance",
        meta: &[Column { key: "entries", kind: ColumnKind::Integer }],
        form: &[],
        rows: &[
            Column { key: "owner", kind: ColumnKind::Text },
            Column { key: "closing", kind: ColumnKind::Money },
        ],
        totals: true,
        sections: &[("open", &[Column { key: "loan", kind: ColumnKind::Text }])],
    };

    #[test]
    fn a_report_of_a_book_counts_what_nobody_outside_stands_for() {
        use crate::domain::event::PeopleMode;
        use crate::report::{Unwitnessed, shapes};
        let meta = vec!["b".into(), Cell::Empty, Cell::Empty, 45u64.into(), "r".into()];
        let report = Report::new(&shapes::BOOK, meta);
        let told = |foot: Option<Foot>| {
            let value: serde_json::Value =
                serde_json::from_slice(&render(&report, foot.as_ref())).unwrap();
            value["unwitnessed"].clone()
        };
        let unwitnessed = Some(Unwitnessed { days: 3, covered: 4 });
        let foot = Some(Foot { people: PeopleMode::Three, unwitnessed, warnings: Vec::new() });
        assert_eq!(told(foot), serde_json::json!({"days": 3, "entries": 41}));
        assert_eq!(told(None), serde_json::Value::Null);
    }

    #[test]
    fn amounts_are_texts_numbers_are_numbers_and_keys_stay() {
        let mut report = Report::new(&SHAPE, vec![7u64.into()]);
        report.row(vec!["410821".into(), Total(1_000_000_000_000_000_000_000).into()]);
        report.row(vec!["\"\n".into(), Cell::Empty]);
        report.total(vec![Cell::Empty, Total(-5).into()]);
        let text = String::from_utf8(render(&report, None)).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected = serde_json::json!({
            "schema": "poolbook/balance/1",
            "entries": 7,
            "rows": [
                {"owner": "410821", "closing": "10000000000000000000.00"},
                {"owner": "\"\n", "closing": null},
            ],
            "totals": {"closing": "-0.05"},
            "open": [],
            "notes": [],
        });
        assert_eq!(value, expected, "{text}");
        assert!(text.starts_with("{\n \"schema\":"), "{text}");
    }
}
