//! The figures of a statement that must agree: the balance of every row, the totals, the balance at
//! the end.

use super::order::{self, Way};
use super::passed::Passed;
use super::proof::{self, Class, Ends};
use super::totals::{Labelled, Mark, label_problems, mark_problems};
use super::{Format, Statement, StatementLine};
use crate::domain::calendar::{Date, days_between};
use crate::domain::money::{Money, Total};
use crate::intake::profile::{Minus, Profile};
use crate::intake::rejects::PROBLEMS_MAX;
use crate::problem::Problem;

/// A row as read: a movement, or only a balance.
pub struct Found {
    /// Number of the row in the file.
    pub row: u64,
    /// Index of its sheet among those that were read.
    pub sheet: usize,
    /// Day.
    pub date: Option<Date>,
    /// Amount; money in is positive.
    pub amount: Option<Money>,
    /// The source of its sign.
    pub class: Class,
    /// A charge that is also part of the change of the balance; money out is negative.
    pub charge: Option<Money>,
    /// The amounts in the columns of money in and of money out.
    pub sides: (Money, Money),
    /// Balance before it, if the row prints it.
    pub before: Option<Money>,
    /// Balance after it, if the row prints it.
    pub balance: Option<Money>,
    /// The movement, if the row is one; its balance is computed at the end.
    pub line: Option<StatementLine>,
}

impl Found {
    /// Change of the balance by the row, its charge included.
    pub fn moves(&self) -> Total {
        let amount = self.amount.map_or(Total::ZERO, Total::from);
        self.charge.map_or(amount, |charge| amount + charge.into())
    }
}

/// The contents of a table.
#[derive(Default)]
pub struct Sheet {
    /// Account number.
    pub number: Option<String>,
    /// Currency.
    pub currency: Option<String>,
    /// Printed balance before the first movement, and its row.
    pub opening: Option<(u64, Money)>,
    /// Printed balance after the last movement, outside the rows of movements, and its row.
    pub closing: Option<(u64, Money)>,
    /// First and last day of the printed period.
    pub period: Option<(Date, Date)>,
    /// The rows.
    pub found: Vec<Found>,
    /// Rows of totals.
    pub marks: Vec<Mark>,
    /// Totals beside a label.
    pub labelled: Vec<Labelled>,
    /// The problem of a movement after the totals.
    pub after_total: Option<Problem>,
    /// Names of the sheets that were read, if there are several.
    pub sheets: Vec<String>,
    /// Rows that are not movements.
    pub passed: Passed,
}

impl Sheet {
    /// Records a currency; a statement has only one.
    ///
    /// # Errors
    /// `statement-currencies`.
    pub fn currency(&mut self, printed: &str) -> Result<(), Problem> {
        let code = currency_code(printed);
        let known = self.currency.get_or_insert_with(|| code.clone());
        if *known == code {
            return Ok(());
        }
        Err(Problem::data("statement-currencies").with("currency", known).with("other", code))
    }

    /// Builds the statement from these rows, with all figures that disagree and all that is not
    /// proved.
    ///
    /// # Errors
    /// `statement-empty`, `statement-balance-missing`, `amount-range`.
    pub fn finish(mut self, profile: &Profile, format: Format) -> Result<Statement, Problem> {
        let given = profile.given;
        let printed = self.opening.map(|(_, opening)| opening).or(given.opening);
        self.turn(profile, printed);
        // Totals refer to the rows above them in the file, so they are checked before the rows are
        // sorted.
        let mut problems = mark_problems(&self.marks, &self.found);
        problems.extend(label_problems(&self.labelled, &self.found));
        let ordered = order::order(&mut self.found, printed, profile.order);
        let (_, broken) = breaks(&self.found, printed);
        problems.splice(0..0, broken);
        problems.extend(ordered.problem);
        problems.extend(self.outside_period());
        problems.extend(self.after_total.take());
        let opening = self.opening_balance(printed)?;
        let closing = self.settle(opening)?;
        let at_end = self.closing.map(|(_, closing)| closing).or(given.closing);
        problems.extend(at_end.and_then(|printed| {
            let row = self.closing.map_or(0, |(row, _)| row);
            let problem = closing_problem(closing.into(), printed)?;
            Some(if row == 0 { problem } else { problem.in_row(row) })
        }));
        if ordered.way == Way::Forward {
            problems.extend(super::totals::balance_problems(&self.marks, &self.found, opening));
        }
        let ends = Ends {
            opening: self.opening.map(|(row, _)| row),
            given: given.opening.is_some(),
            closing: at_end,
            ties: ordered.ties,
        };
        let proof = proof::prove(&self, profile, &ends, problems.is_empty());
        let mut remarks = ordered.remarks;
        let mut lines: Vec<StatementLine> = std::mem::take(&mut self.found)
            .into_iter()
            .flat_map(|found| lines(found, profile))
            .collect();
        by_day(&mut lines, opening, profile.days_back, &mut remarks, &mut problems)?;
        if !problems.is_empty() {
            // The remarks say that the balances hold.
            remarks.clear();
        }
        let dates = || lines.iter().map(|line| line.date);
        let (from, to) = match self.period {
            Some((from, to)) => (Some(from), Some(to)),
            None => {
                (dates().min().or(self.passed.days().0), dates().max().or(self.passed.days().1))
            }
        };
        Ok(Statement {
            bank_account: String::new(),
            file: String::new(),
            sha256: String::new(),
            format,
            currency: self.currency,
            number: self.number,
            profile: profile.name.clone(),
            opening,
            closing,
            from,
            to,
            lines,
            breaks: problems,
            proof,
            remarks,
            passed: self.passed,
        })
    }

    /// Finds out what a minus in the column of money out means, if the balances show it: either the
    /// column is written with its sign, or money came back.
    fn turn(&mut self, profile: &Profile, opening: Option<Money>) {
        let is_minus = |found: &Found| found.class == Class::OutMinus;
        if profile.amount.minus == Minus::Back || !self.found.iter().any(is_minus) {
            return;
        }
        let gaps = |found: &mut Vec<Found>| {
            let (forward, _) = breaks(found, opening);
            found.reverse();
            let (backward, _) = breaks(found, opening);
            found.reverse();
            forward.min(backward)
        };
        let as_read = gaps(&mut self.found);
        let turn = |found: &mut Vec<Found>, class: Class| {
            for one in found.iter_mut().filter(|found| found.class == class) {
                one.amount = one.amount.map(Money::negated);
                one.sides = (one.sides.0, one.sides.1.negated());
                if let Some(line) = &mut one.line {
                    line.amount = line.amount.negated();
                }
            }
        };
        turn(&mut self.found, Class::OutMinus);
        if profile.amount.minus == Minus::Auto && gaps(&mut self.found) >= as_read {
            turn(&mut self.found, Class::OutMinus);
        }
    }

    /// The balance before the first movement: the printed or given one, or the one that the first
    /// balance implies.
    fn opening_balance(&self, printed: Option<Money>) -> Result<Money, Problem> {
        if let Some(opening) = printed {
            return Ok(opening);
        }
        let range = |_| Problem::data("amount-range");
        let mut moved = Total::ZERO;
        for found in &self.found {
            if let Some(before) = found.before {
                return (Total::from(before) - moved).money().map_err(range);
            }
            moved += found.moves();
            if let Some(balance) = found.balance {
                return (Total::from(balance) - moved).money().map_err(range);
            }
        }
        if self.found.is_empty() {
            return Err(Problem::data("statement-empty"));
        }
        Err(Problem::data("statement-balance-missing").with("which", "opening"))
    }

    /// Sets the balance of every movement and returns the last one.
    fn settle(&mut self, opening: Money) -> Result<Money, Problem> {
        let mut balance = opening;
        for found in &mut self.found {
            let row = found.row;
            let range = |_| Problem::data("amount-range").in_row(row);
            let after = Total::from(balance) + found.moves();
            let after = match found.balance {
                Some(printed) => printed,
                None => after.money().map_err(range)?,
            };
            if let Some(line) = &mut found.line {
                line.balance = after;
            }
            balance = after;
        }
        Ok(balance)
    }

    /// Problems of the movements outside the printed period.
    fn outside_period(&self) -> Vec<Problem> {
        let Some((from, to)) = self.period else { return Vec::new() };
        let dated = self.found.iter().filter_map(|found| Some((found.row, found.date?)));
        let outside = dated.filter(|(_, date)| *date < from || to < *date);
        let problem = |(row, date)| Problem::data("statement-dates").with("date", date).in_row(row);
        outside.take(PROBLEMS_MAX).map(problem).collect()
    }
}

/// The movements of a row: its own, and its charge, which the bank booked together.
fn lines(found: Found, profile: &Profile) -> impl Iterator<Item = StatementLine> {
    let charge = found.charge.zip(found.line.as_ref()).map(|(amount, line)| StatementLine {
        amount,
        memo: profile.columns.charge.as_deref().unwrap_or_default().into(),
        name: Default::default(),
        account: Default::default(),
        ..line.clone()
    });
    let own = found.line.map(|mut line| {
        if let Some(charge) = &charge
            && let Ok(before) = charge.balance.sub(charge.amount)
        {
            line.balance = before;
        }
        line
    });
    own.into_iter().chain(charge)
}

/// Sorts the movements by day. The bank may book a row after later ones and date it back. The
/// balances have proved the order of booking before; the book needs the balance at the end of each
/// day.
///
/// # Errors
/// `amount-range`.
pub fn by_day(
    lines: &mut [StatementLine],
    opening: Money,
    days_back: u16,
    remarks: &mut Vec<Problem>,
    problems: &mut Vec<Problem>,
) -> Result<(), Problem> {
    let mut last: Option<Date> = None;
    let mut sorted = true;
    for line in &*lines {
        if let Some(last) = last.filter(|last| line.date < *last) {
            sorted = false;
            let back = days_between(line.date, last);
            let (list, code) = if back > i64::from(days_back) {
                (&mut *problems, "statement-dates")
            } else {
                (&mut *remarks, "statement-dated-back")
            };
            if list.len() < PROBLEMS_MAX {
                let problem = Problem::data(code).with("date", line.date).with("after", last);
                list.push(problem.with("days", back).in_row(line.row));
            }
        }
        last = last.max(Some(line.date));
    }
    if sorted {
        return Ok(());
    }
    lines.sort_by_key(|line| line.date);
    let mut balance = opening;
    for line in lines {
        let row = line.row;
        let after = balance.add(line.amount);
        balance = after.map_err(|_| Problem::data("amount-range").in_row(row))?;
        line.balance = balance;
    }
    Ok(())
}

/// The problem of a printed closing balance that differs from opening balance plus movements.
pub fn closing_problem(expected: Total, printed: Money) -> Option<Problem> {
    let gap = Total::from(printed) - expected;
    (gap != Total::ZERO).then(|| {
        Problem::data("statement-closing")
            .with("expected", expected)
            .with("found", printed)
            .with("gap", gap)
    })
}

/// The ISO code of a printed currency; an unknown one stays as printed.
pub fn currency_code(printed: &str) -> String {
    let text = printed.trim().to_uppercase();
    // `人民币活期`, `人民币(CNY)`.
    if text.contains("人民币") {
        return "CNY".to_owned();
    }
    let known: &[(&str, &[&str])] = &[
        ("CNY", &["CNY", "RMB", "01", "156", "元", "¥", "￥"]),
        ("USD", &["USD", "美元"]),
        ("EUR", &["EUR", "欧元"]),
        ("HKD", &["HKD", "港币", "港元"]),
    ];
    let found = known.iter().find(|(_, names)| names.contains(&text.as_str()));
    found.map_or(text, |(code, _)| (*code).to_owned())
}

/// Number of breaks in the balance chain of rows in the order of time, and the problems of the
/// first breaks.
pub fn breaks(rows: &[Found], opening: Option<Money>) -> (usize, Vec<Problem>) {
    let (mut count, mut problems) = (0, Vec::new());
    let mut balance = opening.map(Total::from);
    for found in rows {
        if let Some(before) = found.before.map(Total::from) {
            if let Some(known) = balance.filter(|known| *known != before) {
                count += 1;
                balance_problem(found.row, known, before, &mut problems);
            }
            balance = Some(before);
        }
        let expected = balance.map(|balance| balance + found.moves());
        let printed = found.balance.map(Total::from);
        if let (Some(expected), Some(printed)) = (expected, printed)
            && expected != printed
        {
            count += 1;
            balance_problem(found.row, expected, printed, &mut problems);
        }
        balance = printed.or(expected);
    }
    (count, problems)
}

fn balance_problem(row: u64, expected: Total, found: Total, problems: &mut Vec<Problem>) {
    if problems.len() >= PROBLEMS_MAX {
        return;
    }
    problems.push(
        Problem::data("statement-arithmetic")
            .with("expected", expected)
            .with("found", found)
            .with("gap", found - expected)
            .in_row(row),
    );
}
