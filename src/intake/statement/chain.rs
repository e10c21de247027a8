//! What the figures of a statement must add up to: the balance of every row, the totals, the
//! balance at the end.

use super::table::TotalsRow;
use super::{Format, Statement, StatementLine};
use crate::domain::calendar::Date;
use crate::domain::money::{Money, Total};
use crate::intake::profile::{Order, Profile};
use crate::intake::rejects::PROBLEMS_MAX;
use crate::problem::Problem;

/// A row as read: a movement, or only a balance (`期初余额`).
pub struct Found {
    /// Row in the file.
    pub row: u64,
    /// Day.
    pub date: Option<Date>,
    /// Amount; in is positive.
    pub amount: Option<Money>,
    /// What stands in the columns of money in and of money out.
    pub sides: (Money, Money),
    /// Balance after it.
    pub balance: Money,
    /// The movement, if it is one.
    pub line: Option<StatementLine>,
}

/// Everything that stands in a table.
#[derive(Default)]
pub struct Sheet {
    /// Account number.
    pub number: Option<String>,
    /// Currency.
    pub currency: Option<String>,
    /// Balance before the first movement, as printed.
    pub opening: Option<Money>,
    /// Balance after the last, as printed apart from the rows, and where.
    pub closing: Option<(u64, Money)>,
    /// First and last day, as printed.
    pub period: Option<(Date, Date)>,
    /// The rows.
    pub found: Vec<Found>,
    /// Row and sums of the totals.
    pub totals: Option<TotalsRow>,
    /// A movement after the totals.
    pub after_total: Option<Problem>,
}

impl Sheet {
    /// Takes a currency; all of a statement is in one.
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

    /// The statement of these rows, with all that does not hold together.
    ///
    /// # Errors
    /// `statement-empty`, `amount-range`.
    pub fn finish(mut self, profile: &Profile, format: Format) -> Result<Statement, Problem> {
        let (forward, _) = breaks(&self.found, self.opening);
        let newest_first = match profile.order {
            Order::OldestFirst => false,
            Order::NewestFirst => true,
            Order::Auto => {
                self.found.reverse();
                let (backward, _) = breaks(&self.found, self.opening);
                self.found.reverse();
                backward < forward || (backward == forward && self.is_dated_backwards())
            }
        };
        if newest_first {
            self.found.reverse();
        }
        let (_, mut problems) = breaks(&self.found, self.opening);
        problems.extend(self.total_problems());
        problems.extend(self.date_problems());
        problems.extend(self.after_total.take());
        let opening = match (self.opening, self.found.first()) {
            (Some(opening), _) => opening,
            (None, Some(first)) => before(first).ok_or_else(|| Problem::data("amount-range"))?,
            (None, None) => return Err(Problem::data("statement-empty")),
        };
        let closing = self.found.last().map_or(opening, |last| last.balance);
        problems.extend(self.closing.and_then(|(row, printed)| {
            Some(closing_problem(closing.into(), printed)?.in_row(row))
        }));
        let dates = self.found.iter().filter_map(|found| found.date);
        let (from, to) = match self.period {
            Some((from, to)) => (Some(from), Some(to)),
            None => (dates.clone().min(), dates.max()),
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
            lines: self.found.into_iter().filter_map(|found| found.line).collect(),
            breaks: problems,
        })
    }

    fn is_dated_backwards(&self) -> bool {
        let mut dates = self.found.iter().filter_map(|found| found.date);
        let (first, last) = (dates.next(), dates.next_back());
        first.zip(last).is_some_and(|(first, last)| last < first)
    }

    /// The totals row against the sums of its columns.
    fn total_problems(&self) -> Vec<Problem> {
        let Some((row, money_in, money_out)) = self.totals else { return Vec::new() };
        let sides = self.found.iter().map(|found| found.sides);
        let sums = sides.fold((Total::ZERO, Total::ZERO), |sums, (money_in, money_out)| {
            (sums.0 + money_in.into(), sums.1 + money_out.into())
        });
        let wrong = total_problem("in", money_in, sums.0)
            .into_iter()
            .chain(total_problem("out", money_out, sums.1));
        wrong.map(|problem| problem.in_row(row)).collect()
    }

    /// Movements in the order of time, none outside the printed period.
    fn date_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut before: Option<Date> = None;
        for (row, date) in self.found.iter().filter_map(|found| Some((found.row, found.date?))) {
            if problems.len() >= PROBLEMS_MAX {
                break;
            }
            let outside = self.period.is_some_and(|(from, to)| date < from || to < date);
            if outside || before.is_some_and(|before| date < before) {
                problems.push(Problem::data("statement-dates").with("date", date).in_row(row));
            }
            before = Some(date);
        }
        problems
    }
}

/// A printed total of one side that is not the sum of the movements. `side` is the owner's: money
/// `in` is what the bank calls credit (贷), money `out` what it calls debit (借).
pub fn total_problem(side: &'static str, printed: Option<Money>, sum: Total) -> Option<Problem> {
    let printed = Total::from(printed?);
    (printed != sum).then(|| {
        Problem::data("statement-total")
            .with("side", side)
            .with("found", printed)
            .with("expected", sum)
            .with("gap", printed - sum)
    })
}

/// A printed balance at the end that opening and movements do not come to.
pub fn closing_problem(expected: Total, printed: Money) -> Option<Problem> {
    let gap = Total::from(printed) - expected;
    (gap != Total::ZERO).then(|| {
        Problem::data("statement-closing")
            .with("expected", expected)
            .with("found", printed)
            .with("gap", gap)
    })
}

/// The ISO code of a printed currency; what is not known stays as it is.
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

fn before(found: &Found) -> Option<Money> {
    found.balance.sub(found.amount.unwrap_or(Money::ZERO)).ok()
}

/// How often the balance chain breaks, the rows being in the order of time, and the first places.
fn breaks(rows: &[Found], opening: Option<Money>) -> (usize, Vec<Problem>) {
    let (mut count, mut problems) = (0, Vec::new());
    let mut balance = opening;
    for found in rows {
        if let (Some(balance), Some(before)) = (balance, before(found))
            && balance != before
        {
            count += 1;
            balance_problem(found, balance, &mut problems);
        }
        balance = Some(found.balance);
    }
    (count, problems)
}

fn balance_problem(found: &Found, balance: Money, problems: &mut Vec<Problem>) {
    if problems.len() >= PROBLEMS_MAX {
        return;
    }
    let expected = balance.add(found.amount.unwrap_or(Money::ZERO)).unwrap_or(balance);
    let gap = Total::from(found.balance) - expected.into();
    problems.push(
        Problem::data("statement-arithmetic")
            .with("expected", expected)
            .with("found", found.balance)
            .with("gap", gap)
            .in_row(found.row),
    );
}
