//! Common parts of the message formats (camt.053, MT940): they print the balance before and after,
//! and the balance of every line is computed from them.

use super::chain::{by_day, closing_problem};
use super::passed::Passed;
use super::proof::Proof;
use super::{Format, Statement, StatementLine};
use crate::domain::calendar::Date;
use crate::domain::money::{Money, Total};
use crate::intake::profile::DAYS_BACK;
use crate::limits::STATEMENT_ROWS_MAX;
use crate::problem::Problem;
use compact_str::CompactString;

/// A balance with its day.
pub type Balance = (Money, Option<Date>);

/// One statement of a message, as far as it has been read.
#[derive(Default)]
pub struct Draft {
    /// Account number.
    pub number: Option<String>,
    /// Currency, as its code.
    pub currency: Option<String>,
    /// Balance before the first movement.
    pub opening: Option<Balance>,
    /// Balance after the last movement.
    pub closing: Option<Balance>,
    /// First and last day of the printed period.
    pub period: (Option<Date>, Option<Date>),
    /// The movements; their balances are not computed yet.
    pub lines: Vec<StatementLine>,
    /// Problems of figures that disagree.
    pub breaks: Vec<Problem>,
    /// Line of the file at which the statement begins.
    pub line: u64,
    /// Number of movements in the statements before it in the file.
    pub before: usize,
}

impl Draft {
    /// Records a currency; a statement has only one.
    ///
    /// # Errors
    /// `statement-currencies`.
    pub fn currency(&mut self, code: &str) -> Result<(), Problem> {
        let known = self.currency.get_or_insert_with(|| code.to_owned());
        if *known == code {
            return Ok(());
        }
        Err(Problem::data("statement-currencies").with("currency", known).with("other", code))
    }

    /// Adds a movement; one with a zero amount is dropped.
    ///
    /// # Errors
    /// `too-many-rows`.
    pub fn push(&mut self, line: StatementLine) -> Result<(), Problem> {
        if self.before + self.lines.len() >= STATEMENT_ROWS_MAX {
            return Err(Problem::data("too-many-rows").with("limit", STATEMENT_ROWS_MAX));
        }
        if !line.amount.is_zero() {
            self.lines.push(line);
        }
        Ok(())
    }

    /// Begins a statement after others of the same file. Cost: linear in those.
    pub fn after(done: &[Statement], line: u64) -> Self {
        let before = done.iter().map(|statement| statement.lines.len()).sum();
        Self { line, before, ..Self::default() }
    }

    /// Builds the statement, with the balance after each line.
    ///
    /// # Errors
    /// `statement-balance-missing`, `amount-range`.
    pub fn finish(mut self, format: Format) -> Result<Statement, Problem> {
        let lacks = |which: &'static str| {
            Problem::data("statement-balance-missing").with("which", which).in_row(self.line)
        };
        let (opening, opened) = self.opening.ok_or_else(|| lacks("opening"))?;
        let (closing, closed) = self.closing.ok_or_else(|| lacks("closing"))?;
        // Some banks print the newest entry first.
        if self.lines.is_sorted_by(|a, b| a.date >= b.date)
            && self.lines.first().map(|line| line.date) > self.lines.last().map(|line| line.date)
        {
            self.lines.reverse();
        }
        let mut balance = opening;
        for line in &mut self.lines {
            let after = balance.add(line.amount);
            let row = line.row;
            balance = after.map_err(|_| Problem::data("amount-range").in_row(row))?;
            line.balance = balance;
        }
        let mut breaks = self.breaks;
        let broken = closing_problem(Total::from(balance), closing);
        breaks.extend(broken.map(|problem| problem.in_row(self.line)));
        let mut remarks = Vec::new();
        by_day(&mut self.lines, opening, DAYS_BACK, &mut remarks, &mut breaks)?;
        let first = self.lines.iter().map(|line| line.date).min();
        let last = self.lines.iter().map(|line| line.date).max();
        Ok(Statement {
            bank_account: String::new(),
            file: String::new(),
            sha256: String::new(),
            format,
            currency: self.currency,
            number: self.number,
            profile: format.code().to_owned(),
            opening,
            closing,
            from: self.period.0.or(match format {
                // The day of an opening balance is the first day of a camt.053, but in most MT940
                // the last day of the previous statement.
                Format::Camt053 => opened.into_iter().chain(first).min(),
                _ => first.or(opened),
            }),
            to: self.period.1.or(closed).or(last),
            lines: self.lines,
            breaks,
            proof: Proof::of_message(),
            remarks,
            passed: Passed::default(),
        })
    }
}

/// Appends a text to another, with a blank between.
pub fn add_text(to: &mut CompactString, text: &str) {
    let text = text.trim();
    if !text.is_empty() && !to.is_empty() {
        to.push(' ');
    }
    to.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::date;

    fn line() -> StatementLine {
        StatementLine {
            date: date(2017, 3, 1).unwrap(),
            amount: Money::from_fen(1).unwrap(),
            balance: Money::ZERO,
            memo: CompactString::default(),
            name: CompactString::default(),
            account: CompactString::default(),
            serial: None,
            row: 1,
        }
    }

    /// Two statements fill the file; a third has no room for a movement.
    #[test]
    fn movements_of_one_file_are_counted() {
        let opening = (Money::ZERO, None);
        let mut half = Draft { opening: Some(opening), ..Draft::default() };
        half.lines = vec![line(); STATEMENT_ROWS_MAX / 2];
        let sum = Money::from_fen(i64::try_from(half.lines.len()).unwrap()).unwrap();
        half.closing = Some((sum, None));
        let mut done = vec![half.finish(Format::Mt940).unwrap()];
        let mut second = Draft::after(&done, 1);
        second.opening = Some(opening);
        second.lines = vec![line(); STATEMENT_ROWS_MAX / 2 - 1];
        assert_eq!(second.push(line()), Ok(()));
        assert_eq!(second.push(line()).unwrap_err().code, "too-many-rows");
        second.closing = Some((sum, None));
        done.push(second.finish(Format::Mt940).unwrap());
        assert_eq!(Draft::after(&done, 1).push(line()).unwrap_err().code, "too-many-rows");
    }
}
