//! Workbooks: containers are measured before they are opened, and cells are read one by one.
//!
//! A workbook claims the range that its cells fill. A file of 1.4 KB can claim 10^10 cells, and a
//! reader that trusts the claim requests more memory than there is and aborts. So a range is never
//! requested if cells can be read one by one (xlsx), and is measured first if they cannot (xls).

use crate::domain::calendar::date;
use crate::intake::archive;
use crate::intake::cell::Cell;
use crate::intake::compound;
use crate::intake::document::Document;
use crate::intake::rows::{Options, RowVisitor};
use crate::intake::sheet_rows::{SheetRows, at, error_cell, has_formula, no_value};
use crate::intake::sniff::FileKind;
use crate::problem::Problem;
use calamine::{Data, DataRef, Reader as _, SheetType, SheetVisible, Xls, XlsOptions, Xlsx};
use std::io::{Cursor, Read, Seek};

/// Passes every row of one sheet that holds a cell to `visit`.
///
/// # Errors
/// `file-too-large`, `archive-bomb`, `workbook-locked`, `workbook-macros`, `workbook-damaged`,
/// `sheet-missing`, `too-many-cells`, `too-many-columns`, `cell-error`, `formula-without-value`,
/// `sheet-has-formula`, `xml-doctype`.
pub fn visit_rows(
    document: &Document,
    kind: FileKind,
    options: &Options,
    visit: &mut RowVisitor<'_>,
) -> Result<(), Problem> {
    let bytes = document.bytes(options.bounds.workbook)?;
    let mut sheet = SheetRows::new(visit, options.bounds);
    // The reader is foreign code that works on untrusted bytes: a panic in it means a damaged file.
    let read = std::panic::AssertUnwindSafe(|| match kind {
        FileKind::Xls => read_xls(&bytes, options, &mut sheet),
        _ => read_xlsx(&bytes, options, &mut sheet),
    });
    std::panic::catch_unwind(read).unwrap_or_else(|_| Err(damaged("the reader gave up")))
}

/// The name of the sheet that is read; the first visible one if none is requested.
///
/// # Errors
/// The errors of [`visit_rows`].
pub fn chosen_sheet(
    document: &Document,
    kind: FileKind,
    options: &Options,
) -> Result<String, Problem> {
    let bytes = document.bytes(options.bounds.workbook)?;
    let name = std::panic::AssertUnwindSafe(|| match kind {
        FileKind::Xls => sheet_name(open_xls(&bytes, options)?.sheets_metadata(), options),
        _ => sheet_name(open_xlsx(&bytes, options)?.sheets_metadata(), options),
    });
    std::panic::catch_unwind(name).unwrap_or_else(|_| Err(damaged("the reader gave up")))
}

/// The names of all sheets that hold tables, each with true if it is visible.
///
/// # Errors
/// The errors of [`visit_rows`].
pub fn sheet_names(
    document: &Document,
    kind: FileKind,
    options: &Options,
) -> Result<Vec<(String, bool)>, Problem> {
    let bytes = document.bytes(options.bounds.workbook)?;
    let named = |sheets: &[calamine::Sheet]| {
        let tables = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        tables.map(|s| (s.name.clone(), s.visible == SheetVisible::Visible)).collect()
    };
    let names = std::panic::AssertUnwindSafe(|| match kind {
        FileKind::Xls => Ok(named(open_xls(&bytes, options)?.sheets_metadata())),
        _ => Ok(named(open_xlsx(&bytes, options)?.sheets_metadata())),
    });
    std::panic::catch_unwind(names).unwrap_or_else(|_| Err(damaged("the reader gave up")))
}

/// The problem of a file that cannot be read as a workbook.
pub fn damaged(detail: impl std::fmt::Display) -> Problem {
    Problem::data("workbook-damaged").with("detail", detail)
}

fn open_xlsx<'b>(bytes: &'b [u8], options: &Options) -> Result<Xlsx<Cursor<&'b [u8]>>, Problem> {
    archive::check(bytes, options.bounds.strict)?;
    Xlsx::new(Cursor::new(bytes)).map_err(|error| match error {
        calamine::XlsxError::Password => Problem::data("workbook-locked"),
        other => damaged(other),
    })
}

fn read_xlsx(
    bytes: &[u8],
    options: &Options,
    sheet: &mut SheetRows<'_, '_>,
) -> Result<(), Problem> {
    let mut book = open_xlsx(bytes, options)?;
    let name = sheet_name(book.sheets_metadata(), options)?;
    sheet_rows_xlsx(&mut book, &name, sheet).map_err(|problem| in_sheet(problem, &name))
}

fn sheet_rows_xlsx<RS: Read + Seek>(
    book: &mut Xlsx<RS>,
    name: &str,
    sheet: &mut SheetRows<'_, '_>,
) -> Result<(), Problem> {
    let mut reader = book.worksheet_cells_reader(name).map_err(damaged)?;
    while let Some(found) = reader.next_cell_with_formula_metadata().map_err(damaged)? {
        let (row, column) = found.pos;
        if found.formula.is_some() && sheet.bounds.strict {
            return Err(has_formula(row, column));
        }
        let text;
        let cell = match &found.value {
            DataRef::Empty if found.formula.is_some() => return Err(no_value(row, column)),
            DataRef::Empty => continue,
            DataRef::String(own) => {
                text = own.as_str();
                Cell::text(text)
            }
            DataRef::SharedString(shared) => Cell::text(shared),
            DataRef::Int(number) => Cell::Number(number.to_string()),
            DataRef::Float(number) => Cell::Number(number.to_string()),
            DataRef::Bool(value) => Cell::Bool(*value),
            DataRef::DateTime(serial) => serial_date(serial, row, column)?,
            DataRef::DateTimeIso(iso) => Cell::text(iso.get(..10).unwrap_or(iso)),
            DataRef::DurationIso(iso) => Cell::text(iso),
            DataRef::Error(error) => return Err(error_cell(error, row, column)),
        };
        sheet.put(row, column, cell)?;
        if sheet.stopped {
            return Ok(());
        }
    }
    sheet.finish()
}

fn open_xls<'b>(bytes: &'b [u8], options: &Options) -> Result<Xls<Cursor<&'b [u8]>>, Problem> {
    compound::check(bytes, options.bounds.cells)?;
    let mut xls_options = XlsOptions::default();
    xls_options.force_codepage = options.codepage;
    Xls::new_with_options(Cursor::new(bytes), xls_options).map_err(|error| match error {
        calamine::XlsError::Password => Problem::data("workbook-locked"),
        other => damaged(other),
    })
}

fn read_xls(bytes: &[u8], options: &Options, sheet: &mut SheetRows<'_, '_>) -> Result<(), Problem> {
    let mut book = open_xls(bytes, options)?;
    let name = sheet_name(book.sheets_metadata(), options)?;
    let range = book.worksheet_range(&name).map_err(damaged)?;
    let formulas = book.worksheet_formula(&name).map_err(damaged)?;
    let (top, left) = range.start().unwrap_or_default();
    let rows = || -> Result<(), Problem> {
        if let Some((first_row, first_column)) = formulas.start() {
            for (row, column, _) in formulas.used_cells() {
                let place = (first_row + row as u32, first_column + column as u32);
                if sheet.bounds.strict {
                    return Err(has_formula(place.0, place.1));
                }
                if matches!(range.get_value(place), None | Some(Data::Empty)) {
                    return Err(no_value(place.0, place.1));
                }
            }
        }
        for (row, column, value) in range.used_cells() {
            let (row, column) = (top + row as u32, left + column as u32);
            let cell = match value {
                Data::Empty => continue,
                Data::String(text) => Cell::text(text),
                Data::Int(number) => Cell::Number(number.to_string()),
                Data::Float(number) => Cell::Number(number.to_string()),
                Data::Bool(value) => Cell::Bool(*value),
                Data::DateTime(serial) => serial_date(serial, row, column)?,
                Data::DateTimeIso(iso) => Cell::text(iso.get(..10).unwrap_or(iso)),
                Data::DurationIso(iso) => Cell::text(iso),
                Data::Error(error) => return Err(error_cell(error, row, column)),
            };
            sheet.put(row, column, cell)?;
            if sheet.stopped {
                return Ok(());
            }
        }
        sheet.finish()
    };
    let mut rows = rows;
    rows().map_err(|problem| in_sheet(problem, &name))
}

fn in_sheet(mut problem: Problem, name: &str) -> Problem {
    problem.place.sheet.get_or_insert_with(|| name.to_owned());
    problem
}

/// The requested sheet, or the first visible one.
fn sheet_name(sheets: &[calamine::Sheet], options: &Options) -> Result<String, Problem> {
    let tables = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let mut visible = tables.clone().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let found = match &options.sheet {
        None => visible.next(),
        Some(wanted) => tables.clone().find(|sheet| sheet.name == *wanted).or_else(|| {
            let number: usize = wanted.parse().ok()?;
            tables.clone().nth(number.checked_sub(1)?)
        }),
    };
    found.map(|sheet| sheet.name.clone()).ok_or_else(|| {
        let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        Problem::data("sheet-missing")
            .with("sheet", options.sheet.as_deref().unwrap_or("1"))
            .with("sheets", names.join(", "))
    })
}

fn serial_date(
    serial: &calamine::ExcelDateTime,
    row: u32,
    column: u32,
) -> Result<Cell<'static>, Problem> {
    let (year, month, day, ..) = serial.to_ymd_hms_milli();
    let parts = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
    let (Ok(year), Ok(month), Ok(day)) = parts else {
        return Err(at(Problem::data("date-unknown").with("text", serial), row, column));
    };
    date(year, month, day)
        .map(Cell::Date)
        .map_err(|error| at(Problem::data(error.code()).with("text", serial), row, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::rows;
    use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
    use std::io::Write;
    use std::ops::ControlFlow;

    fn rows_of(bytes: &[u8]) -> Result<Vec<String>, Problem> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        std::fs::write(&path, bytes).unwrap();
        let mut found = Vec::new();
        rows::visit_rows(&path, &Options::default(), &mut |row, cells| {
            let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:?}")).collect();
            found.push(format!("{row}: {}", cells.join(" ")));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    #[test]
    fn cells_come_as_what_they_are() {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "A&B <科技>").unwrap();
        sheet.write(0, 2, 1_234_567.89).unwrap();
        let format = Format::new().set_num_format("yyyy-mm-dd");
        let day = ExcelDateTime::from_ymd(2017, 12, 31).unwrap();
        sheet.write_with_format(2, 1, &day, &format).unwrap();
        sheet.write(2, 2, true).unwrap();
        sheet.write_formula(2, 3, Formula::new("=1+1").set_result("2")).unwrap();
        let rows = rows_of(&book.save_to_buffer().unwrap()).unwrap();
        assert_eq!(
            rows,
            [
                r#"1: Text("A&B <科技>") Empty Number("1234567.89")"#,
                r#"3: Empty Date(2017-12-31) Bool(true) Number("2")"#
            ]
        );
    }

    /// A workbook of given parts, as a zip archive.
    fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn minimal(sheet: &str) -> Vec<u8> {
        archive(&[
            ("_rels/.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#),
            ("xl/workbook.xml", br#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>"#),
            ("xl/_rels/workbook.xml.rels", br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#),
            ("xl/worksheets/sheet1.xml", format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>"#).as_bytes()),
        ])
    }

    #[test]
    fn hostile_workbooks_are_refused_by_name() {
        let code = |bytes: &[u8]| rows_of(bytes).unwrap_err().code;
        let cell =
            |reference: &str, inner: &str| format!(r#"<row><c r="{reference}">{inner}</c></row>"#);
        assert_eq!(rows_of(&minimal(&cell("A1", "<v>1</v>"))).unwrap(), [r#"1: Number("1")"#]);
        // Two cells that span the whole sheet: no range is allocated for them.
        let span = cell("A1", "<v>1</v>") + &cell("XFD1048576", "<v>1</v>");
        assert_eq!(code(&minimal(&span)), "too-many-columns");
        assert_eq!(rows_of(&minimal(&cell("A1048576", "<v>1</v>"))).unwrap().len(), 1);
        assert_eq!(code(&minimal(&cell("B2", "<f>1+1</f>"))), "formula-without-value");
        let error = r#"<row><c r="A1" t="e"><v>#N/A</v></c></row>"#;
        assert_eq!(code(&minimal(error)), "cell-error");
        let back = cell("A2", "<v>1</v>") + &cell("A1", "<v>1</v>");
        assert_eq!(code(&minimal(&back)), "workbook-damaged");
        assert_eq!(code(b"PK\x03\x04rubbish"), "workbook-damaged");
        assert_eq!(code(&archive(&[("xl/vbaProject.bin", b"x")])), "workbook-macros");
        assert_eq!(code(&archive(&[("content.xml", b"<x/>")])), "file-kind");
        assert_eq!(code(&archive(&[("a/n01.xml", b"<x/>")])), "archive-of-files");
        let zeros = vec![0; usize::try_from(crate::limits::WORKBOOK_PART_MAX).unwrap() + 1];
        assert_eq!(code(&archive(&[("xl/workbook.xml", &zeros)])), "archive-bomb");
        assert_eq!(code(&[0xD0, 0xCF, 0x11, 0xE0, 1, 2, 3]), "workbook-damaged");
    }
}
