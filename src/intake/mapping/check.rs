//! Conditions on a row: `MIS_Status == 'CHGOFF'`, `ChgOffPrinGr <= DisbursementGross`.
//!
//! `operand operator operand`, or `operand in ('a', 'b')`. An operand is a column by its name (in
//! square brackets if the name contains signs or blanks), `'a text'`, a number, or `date(column)`.
//! Texts support `==`, `!=` and `in`; numbers and dates also support `<`, `<=`, `>` and `>=`. Two
//! columns compare as numbers under `<`, `<=`, `>` and `>=`, and as texts under `==` and `!=`.

use super::value::{Columns, Context, MappingRow};
use crate::domain::calendar::Date;
use crate::intake::cell::half_width;
use crate::problem::Problem;
use rust_decimal::Decimal;
use std::cmp::Ordering;

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Column(usize),
    DateOf(usize),
    Text(String),
    Number(Decimal),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

/// One condition, compiled.
#[derive(Clone, Debug)]
pub struct Check {
    /// As written, for messages.
    pub text: String,
    left: Operand,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Compare(Operator, Operand),
    In(Vec<String>),
}

impl Check {
    /// Reads a condition and adds the columns that it needs.
    ///
    /// # Errors
    /// `mapping-condition` with the text and the expected part.
    pub fn parse(text: &str, columns: &mut Columns) -> Result<Self, Problem> {
        let wrong = |expected: &str| {
            Problem::data("mapping-condition").with("text", text).with("expected", expected)
        };
        let mut tokens = Tokens { rest: text };
        let left = tokens.operand(columns).ok_or_else(|| wrong("column"))?;
        let operator = tokens.word().ok_or_else(|| wrong("== != < <= > >= in"))?;
        let test = if operator == "in" {
            Test::In(tokens.texts().ok_or_else(|| wrong("('a', 'b')"))?)
        } else {
            let operator = match operator {
                "==" => Operator::Equal,
                "!=" => Operator::Unequal,
                "<" => Operator::Less,
                "<=" => Operator::LessOrEqual,
                ">" => Operator::More,
                ">=" => Operator::MoreOrEqual,
                _ => return Err(wrong("== != < <= > >= in")),
            };
            let right = tokens.operand(columns).ok_or_else(|| wrong("column, 'text', number"))?;
            Test::Compare(operator, right)
        };
        if !tokens.rest.trim().is_empty() {
            return Err(wrong("end"));
        }
        let check = Self { text: text.to_owned(), left, test };
        if check.is_mixed() { Err(wrong("two operands of one kind")) } else { Ok(check) }
    }

    /// Returns true if types are mixed: texts have no order, and dates compare with dates only.
    fn is_mixed(&self) -> bool {
        let Test::Compare(operator, right) = &self.test else {
            return matches!(self.left, Operand::DateOf(_) | Operand::Number(_));
        };
        let is_text = |operand: &Operand| matches!(operand, Operand::Text(_));
        let is_date = |operand: &Operand| matches!(operand, Operand::DateOf(_));
        let ordered = !matches!(operator, Operator::Equal | Operator::Unequal);
        (ordered && (is_text(&self.left) || is_text(right)))
            || (is_date(&self.left) != is_date(right)
                && !(matches!(right, Operand::Text(text) if text.is_empty())))
    }

    /// Returns true if the row meets the condition.
    ///
    /// # Errors
    /// `mapping-number` if a number is needed and the cell holds none, or the error of the date.
    pub fn holds(&self, row: &MappingRow<'_, '_>, context: &Context) -> Result<bool, Problem> {
        let (operator, right) = match &self.test {
            Test::In(texts) => {
                let text = text_of(&self.left, row);
                return Ok(texts.contains(&text));
            }
            Test::Compare(operator, right) => (*operator, right),
        };
        let is_date = |operand: &Operand| matches!(operand, Operand::DateOf(_));
        let is_number = |operand: &Operand| matches!(operand, Operand::Number(_));
        let equality = matches!(operator, Operator::Equal | Operator::Unequal);
        let order = if is_date(&self.left) && is_date(right) {
            let dates = (date_of(&self.left, row, context)?, date_of(right, row, context)?);
            dates.0.cmp(&dates.1)
        } else if is_number(&self.left) || is_number(right) || !equality {
            number_of(&self.left, row, context)?.cmp(&number_of(right, row, context)?)
        } else {
            text_of(&self.left, row).cmp(&text_of(right, row))
        };
        Ok(match operator {
            Operator::Equal => order == Ordering::Equal,
            Operator::Unequal => order != Ordering::Equal,
            Operator::Less => order == Ordering::Less,
            Operator::LessOrEqual => order != Ordering::Greater,
            Operator::More => order == Ordering::Greater,
            Operator::MoreOrEqual => order != Ordering::Less,
        })
    }

    /// The first column that the condition uses.
    pub fn column(&self) -> Option<usize> {
        let of = |operand: &Operand| match operand {
            Operand::Column(column) | Operand::DateOf(column) => Some(*column),
            _ => None,
        };
        let right = || match &self.test {
            Test::Compare(_, right) => of(right),
            Test::In(_) => None,
        };
        of(&self.left).or_else(right)
    }
}

fn text_of(operand: &Operand, row: &MappingRow<'_, '_>) -> String {
    match operand {
        Operand::Column(column) | Operand::DateOf(column) => row.cell(*column).shown().into_owned(),
        Operand::Text(text) => text.clone(),
        Operand::Number(number) => number.to_string(),
    }
}

fn number_of(
    operand: &Operand,
    row: &MappingRow<'_, '_>,
    context: &Context,
) -> Result<Decimal, Problem> {
    match operand {
        Operand::Number(number) => Ok(*number),
        Operand::Column(column) => row.number(*column, context),
        Operand::DateOf(_) | Operand::Text(_) => Err(Problem::data("mapping-number")),
    }
}

fn date_of(
    operand: &Operand,
    row: &MappingRow<'_, '_>,
    context: &Context,
) -> Result<Option<Date>, Problem> {
    match operand {
        Operand::DateOf(column) => row.date(*column, &context.dates),
        _ => Ok(None),
    }
}

struct Tokens<'t> {
    rest: &'t str,
}

impl<'t> Tokens<'t> {
    fn word(&mut self) -> Option<&'t str> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(char::is_whitespace).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        if word.is_empty() { None } else { Some(word) }
    }

    fn text(&mut self) -> Option<String> {
        let inner = self.rest.trim_start().strip_prefix('\'')?;
        let (text, rest) = inner.split_once('\'')?;
        self.rest = rest;
        Some(text.to_owned())
    }

    fn texts(&mut self) -> Option<Vec<String>> {
        self.rest = self.rest.trim_start().strip_prefix('(')?;
        let mut texts = Vec::new();
        loop {
            texts.push(self.text()?);
            let rest = self.rest.trim_start();
            if let Some(rest) = rest.strip_prefix(')') {
                self.rest = rest;
                return Some(texts);
            }
            self.rest = rest.strip_prefix(',')?;
        }
    }

    /// A column name, bare or in square brackets.
    fn column(&mut self, columns: &mut Columns) -> Option<usize> {
        self.rest = self.rest.trim_start();
        if let Some(inner) = self.rest.strip_prefix('[') {
            let (name, rest) = inner.split_once(']')?;
            self.rest = rest;
            return Some(columns.place(name));
        }
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.rest.find(|c: char| !is_name(c)).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end)?;
        if name.is_empty() {
            return None;
        }
        self.rest = rest;
        Some(columns.place(name))
    }

    fn operand(&mut self, columns: &mut Columns) -> Option<Operand> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with('\'') {
            return self.text().map(Operand::Text);
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Decimal::from_str_exact(&half_width(self.word()?)).ok().map(Operand::Number);
        }
        if let Some(inner) = self.rest.strip_prefix("date(") {
            self.rest = inner;
            let column = self.column(columns)?;
            self.rest = self.rest.trim_start().strip_prefix(')')?;
            return Some(Operand::DateOf(column));
        }
        self.column(columns).map(Operand::Column)
    }
}
