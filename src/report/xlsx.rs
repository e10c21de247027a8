//! Reports as workbooks: title, single values and the table on one sheet, a further sheet per
//! section.
//!
//! Amounts and dates are numbers with a format, so that a spreadsheet can add them; an amount that
//! has more digits than a spreadsheet keeps is a text. Texts are written as texts. They are marked
//! as quoted if a spreadsheet would take them for a formula, so that none is ever run, not even
//! after a user edited its cell. Nothing depends on the clock: the same report gives the same
//! bytes.

use crate::domain::calendar::Date;
use crate::domain::money::Total;
use crate::problem::{Exit, Problem};
use crate::report::Foot;
use crate::report::csv::guarded;
use crate::report::locale::Locale;
use crate::report::table::{Cell, Column, Report};
use crate::report::text::{label, remarks, shown};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use unicode_width::UnicodeWidthStr as _;

/// Rows of a sheet, including the row of headings.
const ROWS_MAX: u32 = 1_048_576;
/// The largest amount, in fen, that the fifteen digits of a spreadsheet hold.
const EXACT_MAX: u128 = 999_999_999_999_999;
/// Rows of a sheet that are reserved for totals and remarks.
const ROWS_KEPT: u32 = 100;
/// Headings below this row are not frozen: they would leave no room to scroll.
const FROZEN_MAX: u32 = 30;
/// Largest text of a cell in bytes, below the 32,767 characters of a spreadsheet.
const TEXT_MAX: usize = 32_000;
/// Most characters of a sheet's name.
const NAME_MAX: usize = 31;
/// Narrowest and widest column, in characters; a Chinese character counts two.
const WIDTHS: (usize, usize) = (9, 52);
/// A single value wider than this has a line of its own.
const VALUE_WIDE: usize = 28;
/// Paper size A4.
const PAPER: u8 = 9;
/// Negative amounts in red, as is usual in the offices.
pub(super) const MONEY: &str = "#,##0.00;[Red]-#,##0.00";

struct Formats {
    title: Format,
    label: Format,
    head: Format,
    money: Format,
    date: Format,
    count: Format,
    quoted: Format,
    total: Format,
    total_money: Format,
}

impl Formats {
    fn new() -> Self {
        let total = Format::new().set_bold().set_border_top(FormatBorder::Thin);
        Self {
            title: Format::new().set_bold().set_font_size(14),
            label: Format::new().set_bold(),
            head: Format::new()
                .set_bold()
                .set_align(FormatAlign::Center)
                .set_border_bottom(FormatBorder::Thin)
                .set_background_color("#E7EEF4"),
            money: Format::new().set_num_format(MONEY),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            count: Format::new().set_num_format("0"),
            quoted: Format::new().set_quote_prefix(),
            total_money: total.clone().set_num_format(MONEY),
            total,
        }
    }
}

/// The workbook of a report. Cost: linear in its cells, which are held in memory with the packed
/// file.
///
/// # Errors
/// `output-failed` if the workbook cannot be made.
pub fn render(report: &Report, foot: Option<&Foot>, locale: &Locale) -> Result<Vec<u8>, Problem> {
    let failed = |error: XlsxError| Problem::new("output-failed", Exit::Io).with("detail", error);
    workbook(report, foot, locale).map_err(failed)
}

fn workbook(report: &Report, foot: Option<&Foot>, locale: &Locale) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // Excel requires a time of creation; the clock's time would make two runs differ.
    let created = ExcelDateTime::from_ymd(2017, 1, 1)?;
    let title = locale.text(&format!("report-{}", report.shape.name), &[]);
    book.set_properties(&DocProperties::new().set_creation_datetime(&created).set_title(&title));
    let formats = Formats::new();
    let mut pages = Pages { book, names: Vec::new(), formats: &formats, locale };
    let mut page = pages.begin(&title)?;
    page.head(report)?;
    if !report.shape.rows.is_empty() {
        page = pages.table(page, &title, report.shape.rows, &report.rows)?;
        if let Some(totals) = &report.totals {
            page.totals(totals)?;
        }
    }
    page.foot(&remarks(report, foot, locale))?;
    pages.end(page)?;
    for ((key, columns), rows) in report.shape.sections.iter().zip(&report.sections) {
        if !rows.is_empty() {
            let name = locale.text(&format!("section-{key}"), &[]);
            let page = pages.begin(&name)?;
            let page = pages.table(page, &name, columns, rows)?;
            pages.end(page)?;
        }
    }
    pages.book.save_to_buffer()
}

/// The finished sheets.
struct Pages<'f> {
    book: Workbook,
    names: Vec<String>,
    formats: &'f Formats,
    locale: &'f Locale,
}

impl<'f> Pages<'f> {
    /// Begins a sheet with a title, under a unique name.
    fn begin(&mut self, title: &str) -> Result<Page<'f>, XlsxError> {
        let allowed = |c: &char| !c.is_control() && !"[]:*?/\\'".contains(*c);
        let plain: String = title.chars().filter(allowed).take(NAME_MAX).collect();
        let (mut name, mut number) = (plain.clone(), 1usize);
        while name.is_empty() || self.names.contains(&name.to_lowercase()) {
            number = number.saturating_add(1);
            let end = format!("-{number}");
            let kept = NAME_MAX.saturating_sub(end.len());
            name = plain.chars().take(kept).collect::<String>() + &end;
        }
        let mut sheet = Worksheet::new();
        sheet.set_name(&name)?.set_landscape().set_paper_size(PAPER);
        sheet.set_print_fit_to_pages(1, 0).set_footer("&C&P / &N");
        sheet.write_string_with_format(0, 0, title, &self.formats.title)?;
        self.names.push(name.to_lowercase());
        let (formats, locale) = (self.formats, self.locale);
        Ok(Page { sheet, at: 2, widths: Vec::new(), formats, locale })
    }

    fn end(&mut self, mut page: Page<'f>) -> Result<(), XlsxError> {
        for (column, width) in (0u16..).zip(&page.widths) {
            let width = width.saturating_add(2).clamp(WIDTHS.0, WIDTHS.1);
            page.sheet.set_column_width(column, u32::try_from(width).unwrap_or(0))?;
        }
        self.book.push_worksheet(page.sheet);
        Ok(())
    }

    /// Writes a table with its headings frozen and filtered; rows that do not fit on a sheet
    /// continue on the next. Returns the last sheet.
    fn table(
        &mut self,
        mut page: Page<'f>,
        title: &str,
        columns: &[Column],
        rows: &[Vec<Cell>],
    ) -> Result<Page<'f>, XlsxError> {
        let mut left = rows;
        loop {
            // The rows of totals and remarks must fit, too.
            let room = ROWS_MAX.saturating_sub(page.at).saturating_sub(ROWS_KEPT);
            let room = left.len().min(usize::try_from(room).unwrap_or(usize::MAX));
            let (now, later) = left.split_at(room);
            page.rows(columns, now)?;
            if later.is_empty() {
                return Ok(page);
            }
            self.end(page)?;
            page = self.begin(title)?;
            left = later;
        }
    }
}

/// A sheet that is written from top to bottom.
struct Page<'f> {
    sheet: Worksheet,
    /// The next row.
    at: u32,
    /// Width of the widest text so far, for each column.
    widths: Vec<usize>,
    formats: &'f Formats,
    locale: &'f Locale,
}

impl Page<'_> {
    /// Writes the single values, two on a line, and the two-sided form.
    fn head(&mut self, report: &Report) -> Result<(), XlsxError> {
        let formats = self.formats;
        let mut second = false;
        for (column, cell) in report.shape.meta.iter().zip(&report.meta) {
            let told = match cell {
                Cell::Empty | Cell::Bool(false) => false,
                Cell::SetOff(said) => !said.is_empty(),
                _ => true,
            };
            if !told || report.shape.in_form(column.key) {
                continue;
            }
            let wide = shown(cell, self.locale).width() > VALUE_WIDE;
            if wide && second {
                (self.at, second) = (self.at.saturating_add(1), false);
            }
            let place = if second { 2 } else { 0 };
            self.text(place, &label(column, self.locale), &formats.label)?;
            self.cell(place.saturating_add(1), cell, !wide)?;
            second = !second && !wide;
            if !second {
                self.at = self.at.saturating_add(1);
            }
        }
        self.at = self.at.saturating_add(if second { 2 } else { 1 });
        for sides in report.form() {
            for (place, (column, cell)) in [0u16, 2].into_iter().zip(sides) {
                self.text(place, &label(column, self.locale), &formats.label)?;
                self.cell(place.saturating_add(1), cell, true)?;
            }
            self.at = self.at.saturating_add(1);
        }
        if !report.shape.form.is_empty() {
            self.at = self.at.saturating_add(1);
        }
        Ok(())
    }

    /// Writes headings and rows of a table.
    fn rows(&mut self, columns: &[Column], rows: &[Vec<Cell>]) -> Result<(), XlsxError> {
        let head = self.at;
        for (place, column) in (0u16..).zip(columns) {
            self.text(place, &label(column, self.locale), &self.formats.head)?;
        }
        self.at = self.at.saturating_add(1);
        for row in rows {
            for (place, cell) in (0u16..).zip(row) {
                self.cell(place, cell, true)?;
            }
            self.at = self.at.saturating_add(1);
        }
        let last = u16::try_from(columns.len().saturating_sub(1)).unwrap_or(0);
        self.sheet.autofilter(head, 0, self.at.saturating_sub(1), last)?;
        self.sheet.set_repeat_rows(head, head)?;
        if head < FROZEN_MAX {
            self.sheet.set_freeze_panes(head.saturating_add(1), 0)?;
        }
        Ok(())
    }

    fn totals(&mut self, totals: &[Cell]) -> Result<(), XlsxError> {
        let formats = self.formats;
        for (place, cell) in (0u16..).zip(totals) {
            match (place, cell) {
                (0, Cell::Empty) => {
                    self.text(0, &self.locale.text("report-totals", &[]), &formats.total)?;
                }
                (_, Cell::Money(total)) => self.money(place, *total, &formats.total_money)?,
                (_, cell) => self.text(place, &shown(cell, self.locale), &formats.total)?,
            }
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    fn foot(&mut self, remarks: &[String]) -> Result<(), XlsxError> {
        self.at = self.at.saturating_add(1);
        for remark in remarks {
            self.string(0, remark, None)?;
            self.at = self.at.saturating_add(1);
        }
        Ok(())
    }

    /// Writes a cell; if `measured` is true, the column becomes wide enough for it.
    fn cell(&mut self, place: u16, cell: &Cell, measured: bool) -> Result<(), XlsxError> {
        let formats = self.formats;
        let text = shown(cell, self.locale);
        if measured {
            self.measure(place, &text);
        }
        match cell {
            Cell::Empty => {}
            Cell::Money(total) => self.money(place, *total, &formats.money)?,
            // A larger number would lose its last digits.
            Cell::Integer(count) => match u32::try_from(*count) {
                Ok(count) => {
                    let sheet = &mut self.sheet;
                    sheet.write_number_with_format(self.at, place, count, &formats.count)?;
                }
                Err(_) => self.string(place, &text, None)?,
            },
            Cell::Date(day) => {
                let day = excel_day(*day)?;
                self.sheet.write_datetime_with_format(self.at, place, day, &formats.date)?;
            }
            _ => self.string(place, &text, None)?,
        }
        Ok(())
    }

    fn money(&mut self, place: u16, total: Total, format: &Format) -> Result<(), XlsxError> {
        self.measure(place, &total.grouped());
        match number(total) {
            Some(number) => {
                self.sheet.write_number_with_format(self.at, place, number, format)?;
            }
            None => self.string(place, &total.to_string(), Some(format))?,
        }
        Ok(())
    }

    fn text(&mut self, place: u16, text: &str, format: &Format) -> Result<(), XlsxError> {
        self.measure(place, text);
        self.string(place, text, Some(format))
    }

    /// Writes a text as a text, whatever it looks like.
    fn string(&mut self, place: u16, text: &str, format: Option<&Format>) -> Result<(), XlsxError> {
        let cut: String;
        let text = if text.len() > TEXT_MAX {
            cut = text.chars().take(TEXT_MAX / 2).chain(['…']).collect();
            cut.as_str()
        } else {
            text
        };
        let format = format.or((guarded(text) != text).then_some(&self.formats.quoted));
        match format {
            Some(format) => self.sheet.write_string_with_format(self.at, place, text, format)?,
            None => self.sheet.write_string(self.at, place, text)?,
        };
        Ok(())
    }

    fn measure(&mut self, place: u16, text: &str) {
        let place = usize::from(place);
        if self.widths.len() <= place {
            self.widths.resize(place.saturating_add(1), 0);
        }
        if let Some(width) = self.widths.get_mut(place) {
            *width = text.width().max(*width);
        }
    }
}

fn excel_day(day: Date) -> Result<ExcelDateTime, XlsxError> {
    let year = u16::try_from(day.year()).unwrap_or(1900);
    ExcelDateTime::from_ymd(year, day.month().unsigned_abs(), day.day().unsigned_abs())
}

/// The amount as a spreadsheet's number, if it keeps every fen of it.
pub(super) fn number(total: Total) -> Option<f64> {
    let exact = total.0.unsigned_abs() <= EXACT_MAX;
    exact.then(|| total.to_string().parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
