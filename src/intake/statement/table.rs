//! Reads a table as a statement: finds the header, the labels around the rows, and the meaning of
//! each row.

use super::chain::{Found, Sheet};
use super::columns::Places;
use super::passed::SheetSeen;
use super::totals::{Labelled, Mark};
use super::words::{self, CLOSING, OPENING, Word};
use super::{Format, Statement, file_name};
use crate::domain::calendar::{Date, parse_date};
use crate::intake::cell::{Cell, half_width, plain_date, trim};
use crate::intake::document::Document;
use crate::intake::heading::{Heading, first_language, is_called, plain};
use crate::intake::profile::{HEADER_SEARCH_ROWS, Profile};
use crate::intake::rejects::PROBLEMS_MAX;
use crate::intake::rows::{Options, document_rows, sheet_names};
use crate::intake::sniff::{FileKind, kind_of};
use crate::problem::Problem;
use std::ops::ControlFlow;

/// Reads a table; the caller fills in the bank account and the file's hash.
///
/// # Errors
/// The errors of [`super::read`].
pub fn read(document: &Document, profile: &Profile) -> Result<Statement, Vec<Problem>> {
    let file = document.path().display().to_string();
    let in_file = |problem: Problem| problem.in_file(file.as_str());
    let mut reading = Reading::new(profile);
    if let Err(problem) = reading.file(document) {
        reading.problems.push(problem);
    }
    if reading.problems.is_empty() && !reading.has_header {
        let problem = Problem::data("statement-header");
        reading.problems.push(problem.with("columns", profile.header.join(", ")));
    }
    if !reading.problems.is_empty() {
        return Err(reading.problems.into_iter().map(in_file).collect());
    }
    let mut statement =
        reading.sheet.finish(profile, Format::Text).map_err(|problem| vec![in_file(problem)])?;
    statement.file = file_name(document.path());
    for list in [&mut statement.breaks, &mut statement.remarks, &mut statement.proof.undecided] {
        *list = std::mem::take(list).into_iter().map(in_file).collect();
    }
    Ok(statement)
}

struct Reading<'p> {
    profile: &'p Profile,
    places: Option<Places<'p>>,
    /// True if a header was found on some sheet.
    has_header: bool,
    /// True for a text file, which may cut one cell in two; a workbook cannot.
    is_text: bool,
    searched: usize,
    /// The last row that belongs to the last movement.
    tail: u64,
    /// The previous row, which may be the upper half of the header.
    before: Vec<Cell<'static>>,
    /// Name of the sheet that is read, if there are several.
    name: Option<String>,
    rows: u64,
    sheet: Sheet,
    /// True after the end; what follows is text.
    ended: bool,
    problems: Vec<Problem>,
}

const ON: ControlFlow<()> = ControlFlow::Continue(());

/// The first text of a row.
fn first<'c>(cells: &'c [Cell<'_>]) -> std::borrow::Cow<'c, str> {
    cells.iter().find(|cell| !cell.is_empty()).map(Cell::shown).unwrap_or_default()
}

impl<'p> Reading<'p> {
    fn new(profile: &'p Profile) -> Self {
        Self {
            profile,
            places: None,
            has_header: false,
            is_text: false,
            searched: 0,
            tail: 0,
            before: Vec::new(),
            name: None,
            rows: 0,
            sheet: Sheet::default(),
            ended: false,
            problems: Vec::new(),
        }
    }

    /// Reads all rows: of a text, or of every visible sheet, one after the other.
    fn file(&mut self, document: &Document) -> Result<(), Problem> {
        let profile = self.profile;
        self.is_text = kind_of(document)? == FileKind::Text;
        let sheets = sheet_names(document, &profile.options)?;
        if sheets.len() <= 1 || profile.options.sheet.is_some() {
            document_rows(document, &profile.options, &mut |row, cells| self.row(row, cells))?;
            // The report names the sheets that were not requested.
            let wanted = profile.options.sheet.as_deref();
            let numbered = wanted.and_then(|wanted| wanted.parse::<usize>().ok());
            let named = sheets.iter().any(|(name, _)| Some(name.as_str()) == wanted);
            for (number, (name, _)) in (1..).zip(&sheets) {
                let by_name = Some(name.as_str()) == wanted;
                let asked = wanted.is_none() || by_name || (!named && numbered == Some(number));
                self.seen(name, if asked { "sheet-read" } else { "sheet-not-asked" });
            }
            return Ok(());
        }
        for (name, visible) in sheets {
            if !visible {
                self.seen(&name, "sheet-hidden");
                continue;
            }
            (self.places, self.searched, self.rows, self.ended) = (None, 0, 0, false);
            self.tail = 0;
            self.before.clear();
            self.name = Some(name.clone());
            self.sheet.sheets.push(name.clone());
            let options = Options { sheet: Some(name.clone()), ..profile.options.clone() };
            document_rows(document, &options, &mut |row, cells| self.row(row, cells))?;
            let what = match (&self.places, self.rows) {
                (Some(_), _) => "sheet-read",
                (None, 0) => "sheet-empty",
                (None, _) => "sheet-no-header",
            };
            self.seen(&name, what);
        }
        Ok(())
    }

    fn seen(&mut self, name: &str, what: &'static str) {
        let seen = SheetSeen { name: name.to_owned(), rows: self.rows, what };
        self.sheet.passed.sheets.push(seen);
    }

    fn pass(&mut self, row: u64, what: &'static str, cells: &[Cell<'_>]) {
        self.sheet.passed.row(self.name.as_deref(), row, what, &first(cells));
    }

    /// Adds the sheet and the key of the profile that can repair it to the problem of a row.
    fn told(&self, mut problem: Problem, row: u64) -> Problem {
        let key = match problem.code {
            "field-missing" | "field-type" => "[columns]",
            "date-unknown" | "date-format" => "[date] formats",
            _ => "",
        };
        problem.place.sheet = self.name.clone().or(problem.place.sheet);
        let problem = problem.in_row(row);
        if key.is_empty() { problem } else { problem.with("profile_key", key) }
    }

    fn row(&mut self, row: u64, cells: &[Cell<'_>]) -> Result<ControlFlow<()>, Problem> {
        self.rows += 1;
        let Some(places) = &self.places else { return self.above(row, cells) };
        let text = first(cells);
        if text.is_empty() {
            return Ok(ON);
        }
        let begins = |texts: &[String]| texts.iter().any(|own| text.starts_with(own.as_str()));
        if begins(&self.profile.skip) {
            self.pass(row, "row-skipped", cells);
            return Ok(ON);
        }
        if self.ended {
            return self.behind(row, cells);
        }
        let dated = places.is_dated(cells);
        let word = if dated {
            places.purposes(cells).find_map(|purpose| words::whole(&purpose))
        } else {
            words::leading(&text)
                .or_else(|| places.purposes(cells).find_map(|purpose| words::whole(&purpose)))
        };
        if let Some(word) = word {
            return self.named(row, cells, word, dated);
        }
        if begins(&self.profile.stop_at) {
            self.ended = true;
            self.pass(row, "row-after-end", cells);
            return Ok(ON);
        }
        if !dated && places.is_prose(cells) {
            return self.prose(row, cells);
        }
        if self.is_text
            && let Some((cells, header)) = places.too_wide(cells)
        {
            let problem = Problem::data("statement-row-wide").with("cells", cells);
            self.problems.push(self.told(problem.with("header", header), row));
            return Ok(self.go_on());
        }
        let read = places.row(row, cells, self.sheet.number.as_deref());
        match read.and_then(|found| self.keep(found, cells)) {
            Ok(()) => {}
            // Printed pages repeat their header; so do joined files.
            Err(_) if self.profile.fits(&Heading::single(cells)) => {
                self.pass(row, "row-header", cells)
            }
            Err(problem) => self.problems.push(self.told(problem, row)),
        }
        Ok(self.go_on())
    }

    fn go_on(&self) -> ControlFlow<()> {
        if self.problems.len() >= PROBLEMS_MAX { ControlFlow::Break(()) } else { ON }
    }

    /// Handles a row behind the end that the profile names: text, or a movement that must not be
    /// missed.
    fn behind(&mut self, row: u64, cells: &[Cell<'_>]) -> Result<ControlFlow<()>, Problem> {
        let Some(places) = &self.places else { return Ok(ON) };
        let read = places.row(row, cells, self.sheet.number.as_deref());
        if matches!(&read, Ok(found) if found.line.is_some()) {
            let problem = Problem::data("statement-after-total").in_row(row);
            self.sheet.after_total.get_or_insert(problem);
        }
        self.pass(row, "row-after-end", cells);
        self.label(row, cells)?;
        Ok(ON)
    }

    /// Handles a row that a word marks as not a movement: a balance, a total, a page carried over.
    fn named(
        &mut self,
        row: u64,
        cells: &[Cell<'_>],
        word: Word,
        dated: bool,
    ) -> Result<ControlFlow<()>, Problem> {
        let Some(places) = &self.places else { return Ok(ON) };
        let (sums, balance) = (places.totals(cells), places.balance_of(cells));
        // The sum in the cell beside `收入合计` is below a column only by chance. The same is true
        // of `期初余额` if there is no column of balances.
        let labels = cells.iter().any(|cell| words::figure(&cell.shown()).is_some());
        let beside =
            self.profile.columns.balance.is_none() && matches!(word, Word::Opening | Word::Closing);
        if !dated && (labels || beside) {
            return self.prose(row, cells);
        }
        let is_first = self.sheet.found.is_empty();
        let moves = [sums.0, sums.1].into_iter().flatten().any(|sum| !sum.is_zero());
        match word {
            Word::Closing if balance.is_some() && !moves => {
                self.sheet.closing = balance.map(|balance| (row, balance));
                self.pass(row, "row-balance", cells);
            }
            Word::Opening if balance.is_some() && (is_first || !is_carried(cells)) => {
                self.sheet.opening = balance.map(|balance| (row, balance));
                if moves {
                    self.mark(row, cells, word);
                }
                self.pass(row, "row-balance", cells);
            }
            _ if sums == (None, None) && balance.is_none() => {
                if dated {
                    // A day and a word without a figure: the columns decide.
                    let read = places.row(row, cells, self.sheet.number.as_deref());
                    match read.and_then(|found| self.keep(found, cells)) {
                        Ok(()) => {}
                        Err(problem) => self.problems.push(self.told(problem, row)),
                    }
                    return Ok(self.go_on());
                }
                return self.prose(row, cells);
            }
            _ => {
                self.mark(row, cells, word);
                let what = if matches!(word, Word::Total(_)) { "row-total" } else { "row-carried" };
                self.pass(row, what, cells);
            }
        }
        Ok(ON)
    }

    fn mark(&mut self, row: u64, cells: &[Cell<'_>], word: Word) {
        let Some(places) = &self.places else { return };
        let named = places.purposes(cells).find(|purpose| words::whole(purpose).is_some());
        let name = named.unwrap_or_else(|| first(cells)).into_owned();
        let (sums, balance) = (places.totals(cells), places.balance_of(cells));
        // A balance that is printed only in the total of the day belongs to the last row.
        if let (Some(balance), Some(last)) = (balance, self.sheet.found.last_mut())
            && matches!(word, Word::Total(_))
        {
            last.balance.get_or_insert(balance);
        }
        let after = self.sheet.found.len();
        self.sheet.marks.push(Mark { row, after, name: plain(&name), word, sums, balance });
    }

    /// Handles a row of text: a continuation of the text above, labels with values, a message, a
    /// footer.
    fn prose(&mut self, row: u64, cells: &[Cell<'_>]) -> Result<ControlFlow<()>, Problem> {
        let Some(places) = &self.places else { return Ok(ON) };
        let is_next = self.tail.checked_add(1) == Some(row);
        let above = self.sheet.found.last_mut().filter(|_| is_next);
        if let Some((memo, name)) = places.continued(cells)
            && let Some(line) = above.and_then(|found| found.line.as_mut())
        {
            super::message::add_text(&mut line.memo, &memo);
            super::message::add_text(&mut line.name, &name);
            self.tail = row;
            self.pass(row, "row-continued", cells);
            return Ok(ON);
        }
        let is_header = self.profile.fits(&Heading::single(cells));
        self.pass(row, if is_header { "row-header" } else { "row-note" }, cells);
        if !is_header {
            self.label(row, cells)?;
        }
        Ok(ON)
    }

    /// Handles a row before the movements: the header, or a row above it.
    fn above(&mut self, row: u64, cells: &[Cell<'_>]) -> Result<ControlFlow<()>, Problem> {
        let single = Heading::single(cells);
        let may_be = Heading::may_be(&self.before) && Heading::may_be(cells);
        let double = || Heading::double(&self.before, cells);
        let found = if self.profile.fits(&single) {
            Some(single)
        } else {
            may_be.then(double).filter(|heading| self.profile.fits(heading))
        };
        if let Some(heading) = found {
            self.places = Some(Places::of(self.profile, &heading).map_err(|p| p.in_row(row))?);
            self.has_header = true;
            self.pass(row, "row-header", cells);
            return Ok(ON);
        }
        self.pass(row, "row-title", cells);
        self.label(row, cells)?;
        self.before = cells.iter().map(|cell| cell.clone().into_owned()).collect();
        self.searched += 1;
        let over = self.searched >= HEADER_SEARCH_ROWS;
        Ok(if over { ControlFlow::Break(()) } else { ON })
    }

    /// Adds a movement; all rows must have the same account and the same currency.
    fn keep(&mut self, mut found: Found, cells: &[Cell<'_>]) -> Result<(), Problem> {
        let Some(places) = &self.places else { return Ok(()) };
        if let Some(own) = places.own(cells)? {
            self.number(&own)?;
        }
        let Some(places) = &self.places else { return Ok(()) };
        if let Some(currency) = places.currency(cells) {
            self.sheet.currency(&currency)?;
        }
        if found.line.is_none() {
            let says = found.balance.is_some() || found.before.is_some();
            self.pass(found.row, if says { "row-idle" } else { "row-note" }, cells);
            if !says {
                // A day alone is the day of printing or signing.
                return Ok(());
            }
            self.sheet.passed.day(found.date);
        }
        found.sheet = self.sheet.sheets.len().saturating_sub(1);
        self.tail = found.row;
        self.sheet.found.push(found);
        Ok(())
    }

    /// Records the own account number; a file has only one.
    fn number(&mut self, own: &str) -> Result<(), Problem> {
        let known = self.sheet.number.get_or_insert_with(|| own.to_owned());
        if digits(known) == digits(own) {
            return Ok(());
        }
        Err(Problem::data("statement-accounts").with("number", known).with("other", own))
    }

    /// Reads labels with their values, in the next cell or after a colon.
    fn label(&mut self, row: u64, cells: &[Cell<'_>]) -> Result<(), Problem> {
        for (index, cell) in cells.iter().enumerate() {
            let text = half_width(&cell.shown()).into_owned();
            if let Some(unit) = words::unit(&text, false) {
                return Err(Problem::data("statement-unit").with("text", unit));
            }
            // A merged cell leaves blank cells before the value.
            let next = || {
                let rest = cells.iter().skip(index + 1);
                rest.into_iter().find(|cell| !cell.is_empty()).cloned().unwrap_or(Cell::Empty)
            };
            // Several labels may share a cell: `账号:62170001 币种:人民币`.
            let several = text.matches(':').count() > 1;
            let pieces: Vec<&str> = std::iter::once(text.as_str())
                .chain(text.split_whitespace().filter(|_| several))
                .collect();
            for piece in pieces {
                match piece.split_once(':') {
                    Some((label, value)) if !trim(value).is_empty() => {
                        self.value(row, trim(label), &Cell::text(value))?;
                    }
                    _ => self.value(row, trim(piece.trim_end_matches(':')), &next())?,
                }
            }
        }
        Ok(())
    }

    fn value(&mut self, row: u64, label: &str, value: &Cell<'_>) -> Result<(), Problem> {
        const PERIOD: [&str; 7] =
            ["期间", "起止日期", "查询期间", "对账期间", "日期范围", "查询时间", "账单期间"];
        const CURRENCY: [&str; 2] = ["币种", "币别"];
        if value.is_empty() || label.is_empty() {
            return Ok(());
        }
        let labels = &self.profile.preamble;
        let bare = plain(label);
        let own_language = first_language(&bare).unwrap_or(&bare);
        let is = |own: &Option<String>, known: &[&str]| {
            known.contains(&own_language) || own.as_deref().is_some_and(|own| is_called(label, own))
        };
        let money = || Places::figure(self.profile, value).ok().flatten();
        if is(&labels.account, &ACCOUNT) {
            let number = super::columns::code(value, label)?;
            let number = account_number(&number);
            if !number.is_empty() {
                self.number(&number)?;
            }
        } else if is(&labels.opening, &OPENING) {
            self.sheet.opening = self.sheet.opening.or(money().map(|money| (row, money)));
        } else if is(&labels.closing, &CLOSING) {
            self.sheet.closing = money().map(|money| (row, money)).or(self.sheet.closing);
        } else if is(&labels.period, &PERIOD) {
            self.sheet.period = period(&value.shown()).or(self.sheet.period);
        } else if is(&labels.currency, &CURRENCY) {
            let text = value.shown();
            self.sheet.currency(text.split_whitespace().next().unwrap_or_default())?;
        } else if bare == "单位" || bare == "金额单位" {
            if let Some(unit) = words::unit(&format!("单位{}", value.shown()), false) {
                return Err(Problem::data("statement-unit").with("text", unit));
            }
        } else if let Some(figure) = words::figure(&bare)
            && let Some(value) = money()
        {
            self.sheet.labelled.push(Labelled { row, figure, value });
        }
        Ok(())
    }
}

/// Labels before the own account number.
pub const ACCOUNT: [&str; 16] = [
    "账号",
    "帐号",
    "账户号",
    "账户号码",
    "帐户号码",
    "账号号码",
    "银行账号",
    "银行帐号",
    "账户账号",
    "本方账号",
    "本方帐号",
    "我方账号",
    "查询账号",
    "客户账号",
    "卡号",
    "账号/卡号",
];

/// Returns true if a row carries a balance over from the previous page.
fn is_carried(cells: &[Cell<'_>]) -> bool {
    let text = plain(&first(cells));
    ["承", "上页"].iter().any(|begin| text.starts_with(begin))
}

/// The characters of an account number that count in a comparison.
pub fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The number at the start of a text, without the blanks that group its digits.
fn account_number(text: &str) -> String {
    let of_number = |c: &char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '*' | '/');
    let number = text.chars().take_while(of_number).filter(|c| *c != ' ').collect::<String>();
    if number.bytes().any(|byte| byte.is_ascii_digit()) { number } else { String::new() }
}

/// `2017-03-01至2017-12-31`, `2017/04/05-2017/12/31`, `20170301-20171231`.
fn period(text: &str) -> Option<(Date, Date)> {
    let date = |text: &str| parse_date(&plain_date(trim(text))).ok();
    let splits = text.char_indices().filter(|(_, c)| matches!(c, '至' | '-' | '~' | '—' | '到'));
    splits
        .filter_map(|(at, c)| {
            let (from, to) = (text.get(..at)?, text.get(at + c.len_utf8()..)?);
            date(from).zip(date(to))
        })
        .next()
}
