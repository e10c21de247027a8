//! Reports as csv: UTF-8 with a byte order mark (spreadsheets need it for Chinese), RFC 4180
//! quoting, English keys as headers, amounts plain with two decimals.
//!
//! A text that a spreadsheet would run as a formula gets a leading `'`. Numbers never do: a
//! negative amount stays a number. A file holds one table; further sections of a report are in JSON
//! only.

use crate::domain::text::runs_as_formula;
use crate::report::locale::Locale;
use crate::report::table::{Cell, Report};
use crate::report::text;

/// The csv form. Totals are in the last row, marked in the first column. A report without a table
/// has its single values as one row.
pub fn render(report: &Report, locale: &Locale) -> Vec<u8> {
    let mut out = "\u{FEFF}".as_bytes().to_vec();
    {
        let mut writer =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut out);
        let columns =
            if report.shape.rows.is_empty() { report.shape.meta } else { report.shape.rows };
        // Writing to a Vec cannot fail, and every record has the header's length.
        let _ = writer.write_record(columns.iter().map(|column| column.key));
        if report.shape.rows.is_empty() {
            let _ = writer.write_record(report.meta.iter().map(|cell| plain(cell, locale)));
        }
        for row in &report.rows {
            let _ = writer.write_record(row.iter().map(|cell| plain(cell, locale)));
        }
        if let Some(totals) = &report.totals {
            let cells = totals.iter().enumerate().map(|(index, cell)| match (index, cell) {
                (0, Cell::Empty) => "total".to_owned(),
                (_, cell) => plain(cell, locale),
            });
            let _ = writer.write_record(cells);
        }
        let _ = writer.flush();
    }
    out
}

/// A cell in the form for programs.
pub(super) fn plain(cell: &Cell, locale: &Locale) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => guarded(text),
        Cell::Word(code) | Cell::Event(code) => (*code).to_owned(),
        Cell::Money(total) => total.to_string(),
        Cell::Rate(rate) => rate.decimal().to_string(),
        Cell::Bool(value) => value.to_string(),
        Cell::Json(json) | Cell::Data(json) => json.clone(),
        Cell::Told(_) | Cell::SetOff(_) => guarded(&text::shown(cell, locale)),
        Cell::Integer(_) | Cell::Date(_) => text::shown(cell, locale),
    }
}

/// The text with a leading `'` if a spreadsheet would take it for a formula. A spreadsheet that
/// splits cells at semicolons makes other cells of a comma file, whatever is quoted; the user must
/// then select the comma (Data, From Text).
pub fn guarded(text: &str) -> String {
    if runs_as_formula(text) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Total;
    use crate::report::locale::Lang;
    use crate::report::table::{Column, ColumnKind, Shape};

    static SHAPE: Shape = Shape {
        name: "balance",
        meta: &[],
        form: &[],
        rows: &[
            Column { key: "name", kind: ColumnKind::Text },
            Column { key: "closing", kind: ColumnKind::Money },
        ],
        totals: true,
        sections: &[],
    };

    #[test]
    fn rows_quotes_and_the_mark() {
        let mut report = Report::new(&SHAPE, vec![]);
        report.row(vec!["修武县,\"甲\"".into(), Total(-123_456_789).into()]);
        report.total(vec![Cell::Empty, Total(5).into()]);
        let bytes = render(&report, &Locale::new(Lang::Chinese));
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "\u{FEFF}name,closing\r\n\"修武县,\"\"甲\"\"\",-1234567.89\r\ntotal,0.05\r\n"
        );
    }

    #[test]
    fn formulas_are_disarmed_and_nothing_else() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@a",
            "＝1",
            "＋1",
            "－1",
            "＠a",
            "  =1",
            "\"=1",
            "'=1",
            "\t1",
            "\u{3000}＝1",
        ] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "修武县", "1-2", "a=b", "'甲", "410821"] {
            assert_eq!(guarded(text), text);
        }
    }
}
