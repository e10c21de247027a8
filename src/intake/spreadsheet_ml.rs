//! SpreadsheetML of 2003: a workbook as one XML file, which banks provide under the name `.xls`.

use crate::intake::cell::Cell;
use crate::intake::decode::open_text;
use crate::intake::document::Document;
use crate::intake::rows::{Options, RowVisitor};
use crate::intake::sheet_rows::{SheetRows, at, error_cell, has_formula, no_value};
use crate::intake::xml::{Visitor, walk};
use crate::problem::Problem;

/// Passes every row of one sheet that holds a cell to `visit`.
///
/// # Errors
/// Invalid XML, `file-too-large`, `sheet-missing`, `too-many-cells`, `too-many-columns`,
/// `cell-error`, `formula-without-value`, `sheet-has-formula`; what `visit` returns.
pub fn visit_rows(
    document: &Document,
    options: &Options,
    visit: &mut RowVisitor<'_>,
) -> Result<(), Problem> {
    let mut reading = Reading {
        sheet: SheetRows::new(visit, options.bounds),
        wanted: options.sheet.as_deref(),
        names: Vec::new(),
        active: None,
        row: 0,
        column: 0,
        cell: Parts::default(),
    };
    document.check_size(options.bounds.bytes)?;
    let (source, _) = open_text(document, options.encoding)?;
    walk(source, &mut reading)?;
    reading.sheet.finish()?;
    if reading.names.is_empty() || (reading.wanted.is_some() && reading.active.is_none()) {
        return Err(Problem::data("sheet-missing")
            .with("sheet", reading.wanted.unwrap_or("1"))
            .with("sheets", reading.names.join(", ")));
    }
    Ok(())
}

/// The names of the sheets in their order.
///
/// # Errors
/// The errors of [`visit_rows`].
pub fn sheet_names(document: &Document, options: &Options) -> Result<Vec<String>, Problem> {
    struct Names(Vec<String>);
    impl Visitor for Names {
        fn begin(
            &mut self,
            path: &[String],
            attributes: &[(String, String)],
            _: u64,
        ) -> Result<(), Problem> {
            if matches!(path, [_, own] if own == "Worksheet") {
                self.0.push(attribute(attributes, "Name").unwrap_or_default().to_owned());
            }
            Ok(())
        }

        fn end(&mut self, _: &[String], _: &str, _: u64) -> Result<(), Problem> {
            Ok(())
        }
    }
    document.check_size(options.bounds.bytes)?;
    let (source, _) = open_text(document, options.encoding)?;
    let mut names = Names(Vec::new());
    walk(source, &mut names)?;
    Ok(names.0)
}

struct Reading<'s, 'v, 'w> {
    sheet: SheetRows<'s, 'v>,
    wanted: Option<&'w str>,
    names: Vec<String>,
    /// Number of the sheet that is read.
    active: Option<usize>,
    row: u32,
    column: u32,
    cell: Parts,
}

/// The parts of a cell.
#[derive(Default)]
struct Parts {
    kind: String,
    text: Option<String>,
    formula: bool,
    /// Further columns that it spans.
    across: u32,
}

fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A count in an attribute.
fn count(attributes: &[(String, String)], name: &str) -> Result<Option<u32>, Problem> {
    let Some(text) = attribute(attributes, name) else { return Ok(None) };
    let wrong = || Problem::data("xml-damaged").with("detail", format_args!("{name}=\"{text}\""));
    text.parse().map(Some).map_err(|_| wrong())
}

impl Reading<'_, '_, '_> {
    fn is_active(&self) -> bool {
        self.active == Some(self.names.len()) && !self.sheet.stopped
    }

    fn begin_sheet(&mut self, name: &str) {
        self.names.push(name.to_owned());
        let number = self.names.len();
        let wanted = match self.wanted {
            None => number == 1,
            Some(wanted) => wanted == name || wanted.parse() == Ok(number),
        };
        if wanted && self.active.is_none() {
            self.active = Some(number);
        }
        (self.row, self.column) = (0, 0);
    }

    /// Indexes are counted from 1 in the file; a decreasing index is damage.
    fn index(&self, index: Option<u32>, next: u32) -> Result<u32, Problem> {
        match index {
            None => Ok(next),
            Some(index) if index > next => Ok(index - 1),
            Some(index) => Err(Problem::data("xml-damaged")
                .with("detail", format_args!("Index=\"{index}\" < {}", next.saturating_add(1)))),
        }
    }

    fn take_cell(&mut self) -> Result<(), Problem> {
        let (row, column) = (self.row, self.column);
        let parts = std::mem::take(&mut self.cell);
        self.column = column.saturating_add(1).saturating_add(parts.across);
        if parts.formula && self.sheet.bounds.strict {
            return Err(has_formula(row, column));
        }
        let text = match parts.text {
            Some(text) => text,
            None if parts.formula => return Err(no_value(row, column)),
            None => return Ok(()),
        };
        let cell = match parts.kind.as_str() {
            "Number" => {
                // The shortest text of the same binary number, as from the other workbooks.
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
                let damaged = || {
                    let problem = Problem::data("xml-damaged");
                    at(problem.with("detail", text.escape_debug()), row, column)
                };
                Cell::Number(number.ok_or_else(damaged)?.to_string())
            }
            "DateTime" => Cell::text(text.get(..10).unwrap_or(&text)),
            "Boolean" => Cell::Bool(text == "1"),
            "Error" => return Err(error_cell(text.escape_debug(), row, column)),
            _ => Cell::text(&text),
        };
        if cell.is_empty() { Ok(()) } else { self.sheet.put(row, column, cell) }
    }
}

impl Visitor for Reading<'_, '_, '_> {
    fn begin(
        &mut self,
        path: &[String],
        attributes: &[(String, String)],
        _: u64,
    ) -> Result<(), Problem> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            [_, "Worksheet"] => {
                self.sheet.finish()?;
                self.begin_sheet(attribute(attributes, "Name").unwrap_or_default());
            }
            _ if !self.is_active() => {}
            [_, _, "Table", "Row"] => {
                self.row = self.index(count(attributes, "Index")?, self.row)?;
                self.column = 0;
            }
            [_, _, "Table", "Row", "Cell"] => {
                self.column = self.index(count(attributes, "Index")?, self.column)?;
                let formula = attribute(attributes, "Formula").is_some();
                let across = count(attributes, "MergeAcross")?.unwrap_or(0);
                self.cell = Parts { formula, across, ..Parts::default() };
            }
            [_, _, "Table", "Row", "Cell", "Data"] => {
                self.cell.kind = attribute(attributes, "Type").unwrap_or("String").to_owned();
                self.cell.text.get_or_insert_default();
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, path: &[String], text: &str, _: u64) -> Result<(), Problem> {
        if !self.is_active() {
            return Ok(());
        }
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            // Pieces in another font are in elements of their own.
            [_, _, "Table", "Row", "Cell", "Data", ..] => {
                self.cell.text.get_or_insert_default().push_str(text);
            }
            [_, _, "Table", "Row", "Cell"] => self.take_cell()?,
            [_, _, "Table", "Row"] => self.row = self.row.saturating_add(1),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    fn rows_of(sheets: &str, sheet: Option<&str>) -> Result<Vec<String>, Problem> {
        let text = format!(
            "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook \
             xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" \
             xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">{sheets}</Workbook>"
        );
        let document = Document::inside("a.xls".into(), text.into_bytes());
        let options = Options { sheet: sheet.map(str::to_owned), ..Options::default() };
        let mut found = Vec::new();
        visit_rows(&document, &options, &mut |row, cells| {
            let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:?}")).collect();
            found.push(format!("{row}: {}", cells.join(" ")));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    fn rows(table: &str) -> Result<Vec<String>, Problem> {
        rows_of(&format!("<Worksheet ss:Name=\"一\"><Table>{table}</Table></Worksheet>"), None)
    }

    #[test]
    fn cells_come_as_what_they_are() {
        let found = rows(
            "<Column/><Row><Cell ss:MergeAcross=\"1\"><Data ss:Type=\"String\">标题&amp;</Data></Cell>\
             <Cell><Data ss:Type=\"Number\">1234.50</Data><Comment><ss:Data>批注</ss:Data></Comment></Cell></Row>\
             <Row ss:Index=\"4\"><Cell ss:Index=\"2\"><Data ss:Type=\"DateTime\">2017-10-09T00:00:00.000</Data></Cell>\
             <Cell/><Cell><Data ss:Type=\"Boolean\">1</Data></Cell>\
             <Cell><ss:Data ss:Type=\"String\"><Font>甲</Font><Font>乙</Font></ss:Data></Cell></Row>\
             <Row><Cell><Data ss:Type=\"Number\">4.1050100000000008E+19</Data></Cell></Row>",
        );
        assert_eq!(
            found.unwrap(),
            [
                r#"1: Text("标题&") Empty Number("1234.5")"#,
                r#"4: Empty Text("2017-10-09") Empty Bool(true) Text("甲乙")"#,
                // The shortest digits of the same binary number, padded with zeros.
                r#"5: Number("41050100000000010000")"#
            ]
        );
    }

    #[test]
    fn one_sheet_is_read() {
        let sheet = |name: &str, text: &str| {
            format!(
                "<Worksheet ss:Name=\"{name}\"><Table><Row><Cell><Data ss:Type=\"String\">{text}\
                 </Data></Cell></Row></Table></Worksheet>"
            )
        };
        let both = sheet("甲", "a") + &sheet("乙", "b");
        assert_eq!(rows_of(&both, None).unwrap(), [r#"1: Text("a")"#]);
        assert_eq!(rows_of(&both, Some("乙")).unwrap(), [r#"1: Text("b")"#]);
        assert_eq!(rows_of(&both, Some("2")).unwrap(), [r#"1: Text("b")"#]);
        let missing = rows_of(&both, Some("丙")).unwrap_err();
        assert_eq!((missing.code, missing.arg("sheets")), ("sheet-missing", Some("甲, 乙")));
        assert_eq!(rows_of("", None).unwrap_err().code, "sheet-missing");
    }

    #[test]
    fn what_is_not_sound_is_refused() {
        let code = |table: &str| rows(table).unwrap_err().code;
        let cell = |kind: &str, text: &str| {
            format!("<Row><Cell><Data ss:Type=\"{kind}\">{text}</Data></Cell></Row>")
        };
        assert_eq!(code(&cell("Number", "1,5")), "xml-damaged");
        assert_eq!(code(&cell("Number", "NaN")), "xml-damaged");
        assert_eq!(code(&cell("Error", "#N/A")), "cell-error");
        assert_eq!(code("<Row><Cell ss:Formula=\"=1+1\"/></Row>"), "formula-without-value");
        assert_eq!(code("<Row ss:Index=\"3\"/><Row ss:Index=\"3\"/>"), "xml-damaged");
        assert_eq!(code("<Row><Cell/><Cell ss:Index=\"1\"/></Row>"), "xml-damaged");
        assert_eq!(code("<Row ss:Index=\"x\"/>"), "xml-damaged");
        let far =
            "<Row><Cell ss:Index=\"4294967295\"><Data ss:Type=\"String\">a</Data></Cell></Row>";
        assert_eq!(code(far), "too-many-columns");
        let deep = far.replace("<Row>", "<Row ss:Index=\"4294967295\">");
        assert_eq!(code(&deep), "too-many-columns");
    }
}
