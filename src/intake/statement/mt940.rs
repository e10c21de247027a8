//! SWIFT MT940: one or more messages in a text file, each of fields `:61:` and so on.
//!
//! `C` is money in, `D` money out, `RC` reverses money in (so it is money out), `RD` reverses money
//! out (so it is money in). Amounts have a decimal comma and are converted from text to fen without
//! an intermediate number.
//!
//! Banks deviate from the standard: no reference `:20:`, a line `:940:` before it, blanks for a
//! missing entry date or before the type, no type, a value date of 30 February (their months of
//! interest have thirty days). Deviations that are unambiguous are read.

use super::message::{Balance, Draft, add_text};
use super::{Format, Statement, StatementLine};
use crate::domain::calendar::{Date, date, days_between};
use crate::domain::money::Money;
use crate::intake::decode::{io_problem, open_text};
use crate::intake::document::Document;
use crate::intake::lines::{LineMarks, Lines, is_too_long};
use crate::limits::{MESSAGE_BYTES_MAX, XML_TEXT_MAX};
use crate::problem::Problem;
use compact_str::CompactString;
use std::io::{BufRead as _, BufReader};
use std::rc::Rc;

/// Reads every statement of a file. Messages that continue one another (`:62M:`, then `:60M:`) stay
/// separate; their balances agree.
///
/// # Errors
/// `mt940-field` with the field and its line; `statement-balance-missing`; `amount-*`;
/// `statement-empty` if there is no message at all.
pub fn read(document: &Document) -> Result<Vec<Statement>, Problem> {
    document.check_size(MESSAGE_BYTES_MAX)?;
    let (source, _) = open_text(document, None)?;
    let budget = Rc::new(std::cell::Cell::new(XML_TEXT_MAX));
    let mut lines = BufReader::new(Lines::new(LineMarks::new(source), Rc::clone(&budget)));
    let mut reading = Reading::default();
    let (mut number, mut text) = (0, String::new());
    loop {
        budget.set(XML_TEXT_MAX);
        text.clear();
        let read = lines.read_line(&mut text).map_err(|error| {
            if is_too_long(&error) {
                Problem::data("row-too-long").with("limit", XML_TEXT_MAX).in_row(number + 1)
            } else {
                io_problem(document.path(), &error)
            }
        })?;
        if read == 0 {
            break;
        }
        number += 1;
        // Old mainframes end a file with ^Z.
        let end = |c: char| c.is_whitespace() || c == '\u{1A}';
        reading.line(text.trim_end_matches(end), number)?;
    }
    reading.flush()?;
    reading.close()?;
    if reading.done.is_empty() {
        return Err(Problem::data("statement-empty"));
    }
    Ok(reading.done)
}

#[derive(Default)]
struct Reading {
    done: Vec<Statement>,
    draft: Option<Draft>,
    /// Tag, line and text of the field that is being collected.
    field: Option<(String, u64, String)>,
    /// True if the last `:61:` was not a movement; the information about it then belongs to no
    /// line.
    passed_over: bool,
}

/// The tag at the start of a line (`:61:` is `61`) and the rest of the line.
fn tag(line: &str) -> Option<(&str, &str)> {
    let (tag, rest) = line.strip_prefix(':')?.split_once(':')?;
    let known = (2..=3).contains(&tag.len()) && tag.starts_with(|c: char| c.is_ascii_digit());
    (known && tag.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some((tag, rest))
}

impl Reading {
    fn line(&mut self, line: &str, number: u64) -> Result<(), Problem> {
        // `{4:` opens the text block of a SWIFT message, `-}` or `-` ends it.
        let line = line.rsplit_once("{4:").map_or(line, |(_, rest)| rest);
        if let Some((tag, rest)) = tag(line) {
            self.flush()?;
            self.field = Some((tag.to_owned(), number, rest.to_owned()));
            return Ok(());
        }
        if line == "-" || line.starts_with("-}") || line.starts_with("{1:") {
            self.flush()?;
            return self.close();
        }
        if let Some((tag, at, text)) = &mut self.field {
            if text.len() + line.len() > XML_TEXT_MAX {
                return Err(wrong(tag, text).in_row(*at));
            }
            text.push('\n');
            text.push_str(line);
        }
        Ok(())
    }

    /// Processes the field that was collected.
    fn flush(&mut self) -> Result<(), Problem> {
        let Some((tag, line, text)) = self.field.take() else { return Ok(()) };
        let begins = match tag.as_str() {
            "20" => true,
            // A message without a reference begins with its account. It begins a new message if the
            // one before already has its closing balance.
            "25" | "25P" => self.draft.as_ref().is_none_or(|draft| draft.closing.is_some()),
            _ => false,
        };
        if begins {
            self.close()?;
            self.draft = Some(Draft::after(&self.done, line));
        }
        let Some(draft) = &mut self.draft else {
            let matters = matches!(tag.as_str(), "60F" | "60M" | "61" | "62F" | "62M" | "86");
            // `:940:` and the like carry no information.
            return if matters { Err(wrong(&tag, &text).in_row(line)) } else { Ok(()) };
        };
        if tag == "86" && self.passed_over {
            return Ok(());
        }
        let before = draft.lines.len();
        take(draft, &tag, text.trim(), line).map_err(|problem| problem.in_row(line))?;
        if tag == "61" {
            self.passed_over = draft.lines.len() == before;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem> {
        self.passed_over = false;
        if let Some(draft) = self.draft.take() {
            self.done.push(draft.finish(Format::Mt940)?);
        }
        Ok(())
    }
}

fn wrong(tag: &str, text: &str) -> Problem {
    let shown: String = text.chars().take(60).collect();
    Problem::data("mt940-field").with("tag", tag).with("text", shown.escape_debug())
}

/// Adds a field to the statement; fields without lines or balances are skipped.
fn take(draft: &mut Draft, tag: &str, text: &str, line: u64) -> Result<(), Problem> {
    match tag {
        "25" | "25P" => {
            let number = account_number(text.lines().next().unwrap_or_default());
            draft.number = Some(number.to_owned()).filter(|number| !number.is_empty());
        }
        "60F" | "60M" => {
            let (balance, currency) = balance(tag, text)?;
            draft.currency(&currency)?;
            if draft.opening.replace(balance).is_some() {
                return Err(wrong(tag, text));
            }
        }
        "62F" | "62M" => {
            let (balance, currency) = balance(tag, text)?;
            draft.currency(&currency)?;
            if draft.closing.replace(balance).is_some() {
                return Err(wrong(tag, text));
            }
        }
        // A movement after the closing balance would not be part of it.
        "61" if draft.closing.is_none() => {
            let movement =
                movement(text, line, draft.opening).ok_or_else(|| wrong(tag, text))??;
            draft.push(movement)?;
        }
        "61" => return Err(wrong(tag, text)),
        // After the closing balance the field describes the whole statement.
        "86" if draft.closing.is_none() => {
            if let Some(last) = draft.lines.last_mut() {
                information(last, text);
            }
        }
        _ => {}
    }
    Ok(())
}

/// `BANK/NUMBER`, `BANK/NUMBER/CUR`, or the number with its currency behind it.
fn account_number(text: &str) -> &str {
    let is_currency = |text: &str| text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
    let text = text.trim();
    let text = match text.rsplit_once('/') {
        Some((rest, last)) if is_currency(last) => rest,
        _ => text,
    };
    let number = text.rsplit_once('/').map_or(text, |(_, number)| number).trim();
    let parted = number.len().checked_sub(3).and_then(|at| number.split_at_checked(at));
    match parted {
        Some((bare, last)) if is_currency(last) && bare.contains(|c: char| c.is_ascii_digit()) => {
            bare.trim_end()
        }
        _ => number,
    }
}

/// `C171231CNY1234,56`.
fn balance(tag: &str, text: &str) -> Result<(Balance, String), Problem> {
    let read = || {
        let credit = match text.get(..1)? {
            "C" => true,
            "D" => false,
            _ => return None,
        };
        let day = text.get(1..7).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let currency =
            text.get(7..10).filter(|code| code.bytes().all(|b| b.is_ascii_uppercase()))?;
        Some((credit, short_date(day), currency, text.get(10..)?.trim()))
    };
    let (credit, day, currency, digits) = read().ok_or_else(|| wrong(tag, text))?;
    let amount = amount(digits)?;
    let amount = if credit { amount } else { amount.negated() };
    Ok(((amount, day), currency.to_owned()))
}

/// `1234,56`, `1234,5` or `1234,`.
fn amount(text: &str) -> Result<Money, Problem> {
    let wrong = || {
        let problem = Problem::data("message-amount").with("text", text.escape_debug());
        problem.with("field", "61")
    };
    // Some banks write a dot; in both cases there is one sign with digits around it.
    let (whole, decimals) = text.split_once([',', '.']).ok_or_else(wrong)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) {
        return Err(wrong());
    }
    let plain = if decimals.is_empty() { whole.to_owned() } else { format!("{whole}.{decimals}") };
    super::amount::of_message(&plain, text, "61")
}

/// `YYMMDD`, always read as a year from 2000 on.
fn short_date(text: &str) -> Option<Date> {
    if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize| text.get(from..from + 2)?.parse::<i8>().ok();
    date(2000 + i16::from(part(0)?), part(2)?, part(4)?).ok()
}

/// Reads a movement: value date, entry date (`MMDD`, in the nearest year), mark, funds code,
/// amount, type, reference, the bank's reference after `//`, further text on the next line.
fn movement(
    text: &str,
    row: u64,
    opening: Option<Balance>,
) -> Option<Result<StatementLine, Problem>> {
    let (first, more) = text.split_once('\n').unwrap_or((text, ""));
    let (value, mut rest) = first.split_at_checked(6)?;
    let mut day = short_date(value);
    if let Some(short) = rest.get(..4).filter(|text| text.bytes().all(|b| b.is_ascii_digit())) {
        // If the value date is not a day of the calendar, the year nearest to the opening balance
        // is used.
        let opened = opening.and_then(|(_, day)| day);
        let month = || short_date(&format!("{}01", value.get(..4)?));
        day = nearest(short, day.or(opened).or_else(month)?);
        rest = rest.get(4..)?;
    } else {
        // Blanks replace the entry date.
        rest = rest.trim_start_matches(' ');
    }
    let day = day?;
    let marks = [("RC", false), ("RD", true), ("C", true), ("D", false)];
    let (mark, into) = marks.into_iter().find(|(mark, _)| rest.starts_with(mark))?;
    rest = rest.get(mark.len()..)?;
    rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, ',' | '.'));
    let (digits, rest) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
    let amount = match amount(digits) {
        Ok(amount) if into => amount,
        Ok(amount) => amount.negated(),
        Err(problem) => return Some(Err(problem)),
    };
    // The type: `N` or `F` or `S` and three characters; some banks leave it out.
    let rest = rest.trim_start_matches(' ');
    let has_type = rest.starts_with(['N', 'F', 'S'])
        && rest.get(1..4).is_some_and(|kind| kind.bytes().all(|b| b.is_ascii_alphanumeric()));
    let reference = if has_type { rest.get(4..)? } else { rest };
    let (own, bank) = reference.split_once("//").unwrap_or((reference, ""));
    let serial = [bank, own].into_iter().map(str::trim).find(|text| !text.is_empty());
    let serial = serial.filter(|text| *text != "NONREF").map(CompactString::from);
    let memo = CompactString::from(more.trim());
    let (name, account) = Default::default();
    let balance = Money::ZERO;
    Some(Ok(StatementLine { date: day, amount, balance, memo, name, account, serial, row }))
}

/// The date with this month and day that is nearest to another date: around New Year the years
/// differ.
fn nearest(short: &str, value: Date) -> Option<Date> {
    let part = |from: usize| short.get(from..from + 2)?.parse::<i8>().ok();
    let (month, day) = (part(0)?, part(2)?);
    let years = [value.year() - 1, value.year(), value.year() + 1];
    let days = years.into_iter().filter_map(|year| date(year, month, day).ok());
    days.min_by_key(|day| days_between(value, *day).abs())
}

/// Reads the information on a movement: free text, or the subfields `?20` to `?29` (purpose), `?31`
/// (account), `?32` `?33` (name).
fn information(line: &mut StatementLine, text: &str) {
    let joined = text.replace('\n', "");
    let structured = joined.get(3..4) == Some("?")
        && joined.get(..3).is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    if !structured {
        return add_text(&mut line.memo, &text.replace('\n', " "));
    }
    for part in joined.split('?').skip(1) {
        let (Some(code), Some(text)) = (part.get(..2), part.get(2..)) else { continue };
        match code {
            "31" => line.account = text.trim().into(),
            "32" | "33" => line.name.push_str(text.trim()),
            "00" | "20" | "21" | "22" | "23" | "24" | "25" | "26" | "27" | "28" | "29" | "60"
            | "61" | "62" | "63" => add_text(&mut line.memo, text),
            _ => {}
        }
    }
}
