//! The flat table as a workbook: amounts and dates as numbers, headings in the user's language,
//! frozen and with a filter.
//!
//! A spreadsheet keeps fifteen digits of a number. An amount with more is written as a text, so
//! that no figure is changed. Texts are written as texts, so none is run as a formula.

use super::flat::{COLUMNS, rows};
use super::{Sink, Source};
use crate::problem::{Exit, Problem};
use crate::report::table::{Cell, ColumnKind};
use crate::report::text::{label, shown};
use crate::report::xlsx::{MONEY, number};
use crate::store::Store;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

/// Rows of a sheet, including the row of headings.
const ROWS_MAX: u32 = 1_048_576;

struct Formats {
    head: Format,
    money: Format,
    date: Format,
}

/// Writes the table as a workbook; rows that do not fit on a sheet continue on the next. Cost: that
/// of [`super::write`]; rows pass through temporary files, the packed file is held in memory.
///
/// # Errors
/// Those of the store, or of the sink; `output-failed`.
pub fn workbook<S: Store>(source: &Source<'_, S>, sink: &mut Sink<'_>) -> Result<(), Problem> {
    let mut book = Workbook::new();
    let mut properties = DocProperties::new();
    // The time of creation is that of the last entry and not the clock's, so that the same book
    // gives the same bytes.
    if let Some(last) = source.state.last_recorded
        && let Ok(created) = ExcelDateTime::from_timestamp(last.as_second())
    {
        properties = properties.set_creation_datetime(&created);
    }
    book.set_properties(&properties);
    let formats = Formats {
        head: Format::new().set_bold(),
        money: Format::new().set_num_format(MONEY),
        date: Format::new().set_num_format("yyyy-mm-dd"),
    };
    let title = source.locale.text("export-sheet", &[]);
    let mut number = 1u32;
    begin(&mut book, &title, source, &formats).map_err(|error| failed(&error))?;
    let mut next = 1u32;
    rows(source, &mut |cells| {
        if next >= ROWS_MAX {
            let title = format!("{title}-{}", number + 1);
            end(&mut book, number, next)
                .and_then(|()| begin(&mut book, &title, source, &formats))
                .map_err(|error| failed(&error))?;
            (number, next) = (number + 1, 1);
        }
        sheet(&mut book, number)
            .and_then(|sheet| row(sheet, next, cells, source, &formats))
            .map_err(|error| failed(&error))?;
        next += 1;
        Ok(())
    })?;
    end(&mut book, number, next).map_err(|error| failed(&error))?;
    let bytes = book.save_to_buffer().map_err(|error| failed(&error))?;
    sink(&bytes)
}

fn failed(error: &XlsxError) -> Problem {
    Problem::new("output-failed", Exit::Io).with("detail", error)
}

fn begin<S: Store>(
    book: &mut Workbook,
    name: &str,
    source: &Source<'_, S>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let sheet = book.add_worksheet_with_constant_memory()?;
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (at, column) in (0u16..).zip(COLUMNS) {
        let width = match column.kind {
            ColumnKind::Money => 18,
            ColumnKind::Integer => 8,
            ColumnKind::Date => 12,
            _ => 16,
        };
        sheet.set_column_width(at, width)?;
        sheet.write_string_with_format(0, at, label(column, source.locale), &formats.head)?;
    }
    Ok(())
}

/// Sets a filter over the rows of a finished sheet.
fn end(book: &mut Workbook, number: u32, rows: u32) -> Result<(), XlsxError> {
    let last = u16::try_from(COLUMNS.len().saturating_sub(1)).unwrap_or(0);
    sheet(book, number)?.autofilter(0, 0, rows.saturating_sub(1), last).map(|_| ())
}

/// A sheet by its number, from 1.
fn sheet(book: &mut Workbook, number: u32) -> Result<&mut Worksheet, XlsxError> {
    book.worksheet_from_index(usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX))
}

fn row<S: Store>(
    sheet: &mut Worksheet,
    at: u32,
    cells: &[Cell],
    source: &Source<'_, S>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    for (column, cell) in (0u16..).zip(cells) {
        match cell {
            Cell::Empty => continue,
            Cell::Money(total) => match number(*total) {
                Some(number) => {
                    sheet.write_number_with_format(at, column, number, &formats.money)?
                }
                None => sheet.write_string(at, column, total.to_string())?,
            },
            Cell::Integer(count) => match u32::try_from(*count) {
                Ok(count) => sheet.write_number(at, column, count)?,
                Err(_) => sheet.write_string(at, column, count.to_string())?,
            },
            Cell::Date(day) => {
                let parts = (u16::try_from(day.year()), day.month(), day.day());
                let (year, month, day) = (parts.0.unwrap_or(1900), parts.1, parts.2);
                let (month, day) = (month.unsigned_abs(), day.unsigned_abs());
                let day = ExcelDateTime::from_ymd(year, month, day)?;
                sheet.write_datetime_with_format(at, column, day, &formats.date)?
            }
            cell => sheet.write_string(at, column, shown(cell, source.locale))?,
        };
    }
    Ok(())
}
