//! Tables of a web page, which many banks provide under the name `.xls`.
//!
//! Rows come in the order of the page, over all its tables. A paragraph outside a table is a row of
//! one cell, because the account and the period are there. If a cell spans columns, the first one
//! holds the text, as in a workbook; a day that spans rows is repeated in each of them. Scripts and
//! styles are skipped, nothing is fetched and nothing is run.

use crate::domain::calendar::parse_date;
use crate::intake::cell::{Cell, plain_date, trim};
use crate::intake::decode::{io_problem, open_text};
use crate::intake::document::Document;
use crate::intake::lines::Budget;
use crate::intake::rows::{Options, RowVisitor};
use crate::intake::sheet_rows::SheetRows;
use crate::intake::xml::{Bounded, is_too_long, too_large};
use crate::limits::{TABLE_CELL_MAX, XML_DEPTH_MAX, XML_EVENTS_MAX, XML_TEXT_MAX};
use crate::problem::Problem;
use html5gum::{DefaultEmitter, HtmlString, IoReader, StartTag, Token, Tokenizer};
use std::io::Read;
use std::rc::Rc;

/// Passes every row of a page's tables to `visit`. Memory: one tag or text, and the rows that are
/// open.
///
/// # Errors
/// `file-too-large`, `encoding-invalid`, `xml-too-large`, `too-many-cells`, `too-many-columns`,
/// `cell-too-long`; `html-frames` if the page only refers to other files; what `visit` returns.
pub fn visit_rows(
    document: &Document,
    options: &Options,
    visit: &mut RowVisitor<'_>,
) -> Result<(), Problem> {
    document.check_size(options.bounds.bytes)?;
    let (source, _) = open_text(document, options.encoding)?;
    let mut page = Page::new(SheetRows::new(visit, options.bounds));
    page.read(source, document)?;
    page.end()
}

/// The tables of pages one after the other, as rows of one sheet.
pub struct Page<'s, 'v> {
    sheet: SheetRows<'s, 'v>,
    /// Number of the next row, from 0.
    next: u32,
    /// Open tables, the innermost last.
    tables: Vec<Table>,
    /// Text outside all tables.
    prose: String,
    /// The element whose text is not shown.
    hidden: Option<Vec<u8>>,
    rows: usize,
    frames: Vec<String>,
}

/// An open table.
#[derive(Default)]
struct Table {
    /// Cells of the open row by their columns.
    row: Option<Vec<(usize, String)>>,
    /// Column of the open cell, and the columns and rows that it spans.
    cell: Option<(usize, usize, u32)>,
    text: String,
    column: usize,
    /// For each column, the number of rows that a cell above still occupies, and its day.
    taken: Vec<(u32, Option<String>)>,
}

/// Elements that end a line of text.
const BLOCKS: [&[u8]; 14] = [
    b"p", b"div", b"br", b"li", b"ul", b"h1", b"h2", b"h3", b"h4", b"center", b"caption", b"body",
    b"form", b"hr",
];

impl<'s, 'v> Page<'s, 'v> {
    /// Begins with an empty sheet.
    pub fn new(sheet: SheetRows<'s, 'v>) -> Self {
        let (tables, prose, frames) = Default::default();
        Self { sheet, next: 0, tables, prose, hidden: None, rows: 0, frames }
    }

    /// Reads a page.
    ///
    /// # Errors
    /// The errors of [`visit_rows`].
    pub fn read(&mut self, source: impl Read, document: &Document) -> Result<(), Problem> {
        let budget: Budget = Rc::new(std::cell::Cell::new(XML_TEXT_MAX));
        let source = IoReader::new(Bounded::new(source, Rc::clone(&budget)));
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let tokens = Tokenizer::new_with_emitter(source, emitter);
        for (count, token) in tokens.enumerate() {
            let token = token.map_err(|error| match is_too_long(&error) {
                true => too_large(XML_TEXT_MAX).in_row(u64::from(self.next) + 1),
                false => io_problem(document.path(), &error),
            })?;
            if count >= XML_EVENTS_MAX {
                return Err(too_large(XML_EVENTS_MAX));
            }
            budget.set(XML_TEXT_MAX);
            self.token(token)?;
            if self.sheet.stopped {
                return Ok(());
            }
        }
        while !self.tables.is_empty() {
            self.end_table()?;
        }
        self.end_prose()
    }

    /// Passes on the last row.
    ///
    /// # Errors
    /// The errors of [`visit_rows`].
    pub fn end(mut self) -> Result<(), Problem> {
        self.sheet.finish()?;
        if self.rows == 0 && !self.frames.is_empty() {
            return Err(Problem::data("html-frames").with("files", self.frames.join(", ")));
        }
        Ok(())
    }

    fn token(&mut self, token: Token) -> Result<(), Problem> {
        match token {
            Token::StartTag(tag) if self.hidden.is_none() => self.start(&tag),
            Token::EndTag(tag) if self.hidden.as_ref().is_some_and(|own| *own == **tag.name) => {
                self.hidden = None;
                Ok(())
            }
            Token::EndTag(tag) if self.hidden.is_none() => self.close(&tag.name),
            Token::String(text) if self.hidden.is_none() => {
                self.text(&String::from_utf8_lossy(&text.value))
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, tag: &StartTag<()>) -> Result<(), Problem> {
        match tag.name.as_slice() {
            b"table" => {
                self.end_prose()?;
                if self.tables.len() >= XML_DEPTH_MAX {
                    return Err(too_large(XML_DEPTH_MAX));
                }
                self.tables.push(Table::default());
            }
            b"tr" => {
                self.end_row()?;
                if let Some(table) = self.table() {
                    table.row = Some(Vec::new());
                }
            }
            b"td" | b"th" => {
                let (wide, high) = (span(tag, b"colspan"), span(tag, b"rowspan"));
                let columns = self.sheet.bounds.columns;
                if let Some(table) = self.table() {
                    table.begin_cell(wide as usize, high, columns);
                }
            }
            b"script" | b"style" | b"title" | b"textarea" | b"select" | b"noscript"
                if !tag.self_closing =>
            {
                self.hidden = Some(tag.name.to_vec());
            }
            b"frame" => {
                let named = attribute(tag, b"src").unwrap_or_default();
                if self.frames.len() < 9 && !named.is_empty() {
                    self.frames.push(named.chars().take(100).collect());
                }
            }
            name => self.block(name)?,
        }
        Ok(())
    }

    fn close(&mut self, name: &HtmlString) -> Result<(), Problem> {
        match name.as_slice() {
            b"table" if !self.tables.is_empty() => self.end_table(),
            b"tr" if !self.tables.is_empty() => self.end_row(),
            b"td" | b"th" => {
                if let Some(table) = self.tables.last_mut() {
                    table.end_cell();
                }
                Ok(())
            }
            name => self.block(name),
        }
    }

    /// Separates two words in a cell, and two paragraphs outside.
    fn block(&mut self, name: &[u8]) -> Result<(), Problem> {
        if !BLOCKS.contains(&name) {
            return Ok(());
        }
        match self.tables.last_mut() {
            Some(table) => table.text.push(' '),
            None => self.end_prose()?,
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Problem> {
        let to = match self.tables.last_mut() {
            Some(table) if table.cell.is_some() => &mut table.text,
            // Text between the cells of a table belongs to no cell; browsers show it above the
            // table.
            _ => &mut self.prose,
        };
        if to.len() + text.len() > 2 * XML_TEXT_MAX {
            return Err(Problem::data("cell-too-long")
                .with("limit", TABLE_CELL_MAX)
                .in_row(u64::from(self.next) + 1));
        }
        to.push_str(text);
        Ok(())
    }

    /// The innermost table; rows outside any table open one.
    fn table(&mut self) -> Option<&mut Table> {
        if self.tables.is_empty() {
            self.tables.push(Table::default());
        }
        self.tables.last_mut()
    }

    fn end_prose(&mut self) -> Result<(), Problem> {
        let text = plain(&std::mem::take(&mut self.prose));
        if text.is_empty() {
            return Ok(());
        }
        self.put_row(vec![(0, text)])
    }

    fn end_row(&mut self) -> Result<(), Problem> {
        let cells = self.tables.last_mut().and_then(Table::end_row);
        cells.map_or(Ok(()), |cells| self.put_row(cells))
    }

    fn end_table(&mut self) -> Result<(), Problem> {
        self.end_row()?;
        self.tables.pop();
        Ok(())
    }

    fn put_row(&mut self, cells: Vec<(usize, String)>) -> Result<(), Problem> {
        let row = self.next;
        self.next = self.next.saturating_add(1);
        for (column, text) in cells {
            let cell = Cell::text(&text);
            if !cell.is_empty() {
                self.rows += 1;
                self.sheet.put(row, u32::try_from(column).unwrap_or(u32::MAX), cell)?;
            }
        }
        Ok(())
    }
}

impl Table {
    fn begin_cell(&mut self, wide: usize, high: u32, columns: usize) {
        self.end_cell();
        self.row.get_or_insert_with(Vec::new);
        self.pass_taken();
        self.cell = Some((self.column, wide, high));
        // One column more than allowed, so that a cell there is refused and not lost.
        self.column = self.column.saturating_add(wide).min(columns.saturating_add(1));
    }

    /// Skips the columns that cells above still occupy and repeats their days.
    fn pass_taken(&mut self) {
        while let Some((_, day)) = self.taken.get(self.column).filter(|(left, _)| *left > 0) {
            if let (Some(day), Some(row)) = (day.clone(), &mut self.row) {
                row.push((self.column, day));
            }
            self.column += 1;
        }
    }

    fn end_cell(&mut self) {
        let Some((column, wide, high)) = self.cell.take() else { return };
        let text = plain(&std::mem::take(&mut self.text));
        if high > 1 {
            let end = column.saturating_add(wide).min(self.column);
            if self.taken.len() < end {
                self.taken.resize(end, (0, None));
            }
            let day = parse_date(&plain_date(&text)).is_ok().then(|| text.clone());
            for (place, slot) in self.taken.iter_mut().enumerate().take(end).skip(column) {
                // The open row counts as one.
                *slot = (high, day.clone().filter(|_| place == column));
            }
        }
        if let Some(row) = &mut self.row {
            row.push((column, text));
        }
    }

    fn end_row(&mut self) -> Option<Vec<(usize, String)>> {
        self.end_cell();
        self.row.as_ref()?;
        self.pass_taken();
        let row = self.row.take()?;
        for slot in &mut self.taken {
            slot.0 = slot.0.saturating_sub(1);
        }
        (self.column, self.text) = (0, String::new());
        Some(row)
    }
}

/// A text as a browser shows it: a run of blanks is one blank.
fn plain(text: &str) -> String {
    trim(&text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")).to_owned()
}

fn attribute(tag: &StartTag<()>, name: &[u8]) -> Option<String> {
    let value = tag.attributes.get(name)?;
    Some(String::from_utf8_lossy(&value.value).into_owned())
}

/// Number of columns or rows that a cell spans, within the bounds of HTML.
fn span(tag: &StartTag<()>, name: &[u8]) -> u32 {
    let text = attribute(tag, name).unwrap_or_default();
    text.trim().parse::<u32>().unwrap_or(1).clamp(1, 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    fn rows(text: &str) -> Result<Vec<String>, Problem> {
        let document = Document::inside("a.xls".into(), text.as_bytes().to_vec());
        let mut found = Vec::new();
        visit_rows(&document, &Options::default(), &mut |row, cells| {
            let cells: Vec<_> = cells.iter().map(|cell| cell.shown().into_owned()).collect();
            found.push(format!("{row}: {}", cells.join("|")));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    #[test]
    fn tables_become_rows() {
        let page = "<!DOCTYPE html><html><head><title>t</title><style>td{}</style></head><body>\
            <p>账号：<b>410501</b></p><script>if (a<b) {'<td>x</td>'}</script>\
            <table><tr><th>日期<th>金额<td>a&amp;b&lt;c&gt;&#20803;&nbsp;</tr>\
            <tr><td>2017-10-09</td><td>1,\n 2</td><td>x<br>y</td></tr></table>\
            <TABLE><TR><TD COLSPAN=2>合计</TD><TD>9</TD></TR><tr><td></td></tr><tr><td>末";
        assert_eq!(
            rows(page).unwrap(),
            [
                "1: 账号：410501",
                "2: 日期|金额|a&b<c>元",
                "3: 2017-10-09|1, 2|x y",
                "4: 合计||9",
                "6: 末"
            ]
        );
    }

    #[test]
    fn cells_that_span_rows_keep_the_others_in_their_columns() {
        let page = "<table><tr><td rowspan=2>日期<td colspan=2>发生额<td rowspan=2>余额</tr>\
            <tr><td>借方<td>贷方</tr>\
            <tr><td rowspan=2>2017-10-09<td>1<td><td>2</tr><tr><td><td>3<td>4</tr>\
            <tr><td>2017-10-10<td>5<td><td>6</table>";
        assert_eq!(
            rows(page).unwrap(),
            [
                "1: 日期|发生额||余额",
                "2: |借方|贷方",
                "3: 2017-10-09|1||2",
                "4: 2017-10-09||3|4",
                "5: 2017-10-10|5||6"
            ]
        );
    }

    #[test]
    fn tables_in_tables_are_rows_of_their_own() {
        let page = "<table><tr><td>外<table><tr><td>内1<td>内2</table>后<td>b</table>";
        assert_eq!(rows(page).unwrap(), ["1: 内1|内2", "2: 外后|b"]);
    }

    #[test]
    fn hostile_pages_are_refused_by_name() {
        let code = |text: &str| rows(text).map_or_else(|problem| problem.code, |_| "read");
        assert_eq!(code(&"<table>".repeat(XML_DEPTH_MAX)), "read");
        assert_eq!(code(&"<table>".repeat(XML_DEPTH_MAX + 1)), "xml-too-large");
        assert_eq!(code(&format!("<td a='{}'>", "x".repeat(2 * XML_TEXT_MAX))), "xml-too-large");
        assert_eq!(code(&format!("<td>{}", "x".repeat(TABLE_CELL_MAX + 1))), "cell-too-long");
        assert_eq!(code(&format!("<td>{}", "x<b>".repeat(4 * XML_TEXT_MAX))), "cell-too-long");
        let wide = crate::limits::TABLE_COLUMNS_MAX;
        assert_eq!(code(&format!("<tr>{}", "<td>x".repeat(wide))), "read");
        assert_eq!(code(&format!("<tr>{}", "<td>x".repeat(wide + 1))), "too-many-columns");
        assert_eq!(code("<tr><td colspan=999999999>a<td>b"), "too-many-columns");
        assert_eq!(
            code("<tr><td rowspan=4294967295 colspan=99999999999>a<tr><td colspan=x>b"),
            "read"
        );
        assert_eq!(code("<frameset><frame src=\"a/sheet001.htm\"></frameset>"), "html-frames");
        assert_eq!(code("</table></td></tr></x><tr></tr>"), "read");
    }
}
