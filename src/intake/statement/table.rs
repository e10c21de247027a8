//! A table as a statement: where the header stands, what lies around it, what each row says.

use super::chain::{Found, Sheet};
use super::columns::Places;
use super::{Format, Statement, file_name};
use crate::domain::calendar::{Date, parse_date};
use crate::domain::money::Money;
use crate::intake::cell::{Cell, half_width, plain_date, trim};
use crate::intake::document::Document;
use crate::intake::heading::{Heading, is_called};
use crate::intake::profile::{HEADER_SEARCH_ROWS, Profile};
use crate::intake::rejects::PROBLEMS_MAX;
use crate::intake::rows::document_rows;
use crate::problem::Problem;
use std::ops::ControlFlow;

/// Reads a table; whose account it is and the file's hash are left to the caller.
///
/// # Errors
/// As [`super::read`].
pub fn read(document: &Document, profile: &Profile) -> Result<Statement, Vec<Problem>> {
    let mut reading = Reading::new(profile);
    let read = document_rows(document, &profile.options, &mut |row, cells| reading.row(row, cells));
    let file = document.path().display().to_string();
    let in_file = |problem: Problem| problem.in_file(file.as_str());
    if let Err(problem) = read {
        reading.problems.push(problem);
    }
    if reading.problems.is_empty() && reading.places.is_none() {
        let problem = Problem::data("statement-header");
        reading.problems.push(problem.with("columns", profile.header.join(", ")));
    }
    if !reading.problems.is_empty() {
        return Err(reading.problems.into_iter().map(in_file).collect());
    }
    let sheet = reading.sheet;
    let mut statement =
        sheet.finish(profile, Format::Text).map_err(|problem| vec![in_file(problem)])?;
    statement.file = file_name(document.path());
    statement.breaks = statement.breaks.into_iter().map(in_file).collect();
    Ok(statement)
}

struct Reading<'p> {
    profile: &'p Profile,
    places: Option<Places<'p>>,
    searched: usize,
    /// The row before, which may be the upper half of the header.
    before: Vec<Cell<'static>>,
    sheet: Sheet,
    /// The totals have been seen; what follows is prose.
    ended: bool,
    problems: Vec<Problem>,
}

/// What stands before the balance at the start, and at the end, in a cell or a row of its own.
const OPENING: [&str; 6] = ["期初余额", "上期余额", "上期结余", "承前余额", "承前页", "上页余额"];
const CLOSING: [&str; 3] = ["期末余额", "本期余额", "期末结余"];
const ON: ControlFlow<()> = ControlFlow::Continue(());

impl<'p> Reading<'p> {
    fn new(profile: &'p Profile) -> Self {
        Self {
            profile,
            places: None,
            searched: 0,
            before: Vec::new(),
            sheet: Sheet::default(),
            ended: false,
            problems: Vec::new(),
        }
    }

    fn row(&mut self, row: u64, cells: &[Cell<'_>]) -> Result<ControlFlow<()>, Problem> {
        let Some(places) = &self.places else { return self.above(row, cells) };
        let first = cells.iter().find(|cell| !cell.is_empty()).map(Cell::shown).unwrap_or_default();
        if first.is_empty() {
            return Ok(ON);
        }
        if self.profile.stop_at.iter().any(|stop| first.starts_with(stop.as_str())) {
            self.sheet.totals = self.sheet.totals.or(Some(places.totals(row, cells)));
            self.ended = true;
            return Ok(ON);
        }
        let begins = |labels: &[&str]| labels.iter().any(|label| first.starts_with(label));
        let (opens, closes) = (begins(&OPENING) && self.sheet.found.is_empty(), begins(&CLOSING));
        if (opens || closes)
            && let Some(balance) = places.balance_only(cells)
        {
            if opens {
                self.sheet.opening = Some(balance);
            } else {
                self.sheet.closing = Some((row, balance));
            }
            return Ok(ON);
        }
        let read = places.row(row, cells, self.sheet.number.as_deref());
        if self.ended {
            // Totals of a page in the middle would otherwise hide what stands after them.
            if matches!(&read, Ok(found) if found.line.is_some()) {
                let problem = Problem::data("statement-after-total").in_row(row);
                self.sheet.after_total.get_or_insert(problem);
            }
            self.label(row, cells)?;
            return Ok(ON);
        }
        match read.and_then(|found| self.keep(found, cells)) {
            Ok(()) => {}
            // Printed pages repeat their header; so do files put together.
            Err(_) if self.profile.fits(&Heading::single(cells)) => {}
            Err(problem) => self.problems.push(problem.in_row(row)),
        }
        let over = self.problems.len() >= PROBLEMS_MAX;
        Ok(if over { ControlFlow::Break(()) } else { ON })
    }

    /// A row before the movements: the header, or something above it.
    fn above(&mut self, row: u64, cells: &[Cell<'_>]) -> Result<ControlFlow<()>, Problem> {
        let single = Heading::single(cells);
        let double = || Heading::double(&self.before, cells);
        let found = if self.profile.fits(&single) {
            Some(single)
        } else {
            Some(double()).filter(|heading| self.profile.fits(heading))
        };
        if let Some(heading) = found {
            self.places = Some(Places::of(self.profile, &heading).map_err(|p| p.in_row(row))?);
            return Ok(ON);
        }
        self.label(row, cells)?;
        self.before = cells.iter().map(|cell| cell.clone().into_owned()).collect();
        self.searched += 1;
        let over = self.searched >= HEADER_SEARCH_ROWS;
        Ok(if over { ControlFlow::Break(()) } else { ON })
    }

    /// Takes a movement; every row must be of one account and one currency.
    fn keep(&mut self, found: Found, cells: &[Cell<'_>]) -> Result<(), Problem> {
        let Some(places) = &self.places else { return Ok(()) };
        if let Some(own) = places.own(cells)? {
            let known = self.sheet.number.get_or_insert_with(|| own.clone());
            if digits(known) != digits(&own) {
                return Err(Problem::data("statement-accounts")
                    .with("number", known)
                    .with("other", own));
            }
        }
        if let Some(currency) = places.currency(cells) {
            self.sheet.currency(&currency)?;
        }
        self.sheet.found.push(found);
        Ok(())
    }

    /// Labels with their values, in the next cell or after a colon.
    fn label(&mut self, row: u64, cells: &[Cell<'_>]) -> Result<(), Problem> {
        for (index, cell) in cells.iter().enumerate() {
            let text = half_width(&cell.shown()).into_owned();
            let next = || cells.get(index + 1).cloned().unwrap_or(Cell::Empty);
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
        const ACCOUNT: [&str; 4] = ["账号", "账户号", "银行账号", "账户账号"];
        const PERIOD: [&str; 4] = ["期间", "起止日期", "查询期间", "对账期间"];
        const CURRENCY: [&str; 2] = ["币种", "币别"];
        if value.is_empty() || label.is_empty() {
            return Ok(());
        }
        let labels = &self.profile.preamble;
        let is = |own: &Option<String>, known: &[&str]| {
            known.contains(&label) || own.as_deref().is_some_and(|own| is_called(label, own))
        };
        let money = || super::amount::money(&self.profile.amount, value).ok().flatten();
        if is(&labels.account, &ACCOUNT) {
            let number = super::columns::code(value, label)?;
            let number = account_number(&number);
            if !number.is_empty() {
                self.sheet.number.get_or_insert(number);
            }
        } else if is(&labels.opening, &OPENING) {
            self.sheet.opening = self.sheet.opening.or(money());
        } else if is(&labels.closing, &CLOSING) {
            self.sheet.closing = money().map(|money| (row, money)).or(self.sheet.closing);
        } else if is(&labels.period, &PERIOD) {
            self.sheet.period = period(&value.shown()).or(self.sheet.period);
        } else if is(&labels.currency, &CURRENCY) {
            let text = value.shown();
            self.sheet.currency(text.split_whitespace().next().unwrap_or_default())?;
        }
        Ok(())
    }
}

/// Characters that tell account numbers apart.
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

/// An amount of a totals row by the side that it stands on.
pub type TotalsRow = (u64, Option<Money>, Option<Money>);
