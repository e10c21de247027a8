//! Account ledger (明细账): the lines of one account with the running balance, month by month, and
//! the accounts on the other side of each entry (对方科目).

use crate::audit::explain::{ReadEntry, entries_behind};
use crate::audit::movements::{Movements, Span, collect, day_before};
use crate::audit::turnover::{Key, Numbers, Turnover, postings};
use crate::domain::account::{Account, Fund};
use crate::domain::calendar::{Date, Month};
use crate::domain::entry::{Entry, Line, Voucher};
use crate::domain::money::Total;
use crate::problem::Problem;

/// Which lines are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// Account.
    pub account: Account,
    /// Number of one owner; all without.
    pub owner: Option<u16>,
    /// One fund; all without.
    pub fund: Option<Fund>,
    /// Number of one bank account; all without.
    pub bank: Option<u16>,
}

impl Question {
    fn asks(self, key: Key) -> bool {
        key.account == self.account
            && self.owner.is_none_or(|owner| owner == key.owner)
            && self.fund.is_none_or(|fund| fund == key.fund)
            && self.bank.is_none_or(|bank| bank == key.bank)
    }
}

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerLine {
    /// Business date.
    pub date: Date,
    /// Number of the entry.
    pub entry: u64,
    /// Which of the entry's lines, counted from 1.
    pub number: u32,
    /// Voucher of the entry.
    pub voucher: Option<Voucher>,
    /// Event word of the entry.
    pub event: &'static str,
    /// Summary (摘要).
    pub memo: Option<String>,
    /// Document it rests on.
    pub document: Option<String>,
    /// Accounts on the other side within the cell, each once (对方科目).
    pub counter: Vec<Account>,
    /// The line itself, with its dimensions.
    pub line: Line,
    /// Balance after this line, debit positive.
    pub balance: Total,
}

/// A month of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerMonth {
    /// Month.
    pub month: Month,
    /// Lines by business date, then by number of the entry.
    pub lines: Vec<LedgerLine>,
    /// Sums of the month (本月合计).
    pub sums: Turnover,
    /// Sums since 1 January (本年累计).
    pub year: Turnover,
    /// Balance at the end of the month, debit positive.
    pub balance: Total,
}

/// The ledger of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// What was asked.
    pub question: Question,
    /// Days that it covers.
    pub span: Span,
    /// Balance before the first day, debit positive (期初余额).
    pub opening: Total,
    /// Months with lines.
    pub months: Vec<LedgerMonth>,
    /// Sums of the span.
    pub sums: Turnover,
    /// Balance after the last day, debit positive.
    pub closing: Total,
    /// The closing balance of the tables: another than `closing` when the index is wrong.
    pub expected: Total,
}

/// The accounts that stand against a line: other side, same cell, same register. An entry that
/// does two things at once (E-43: money paid, and a right opened) lists them one after the other,
/// so only the shortest run of lines that balances by itself is looked at.
fn counter_accounts(entry: &Entry, line: &Line) -> Vec<Account> {
    let beside = |other: &&Line| {
        other.fund == line.fund
            && other.account.is_memo() == line.account.is_memo()
            && other.owner == line.owner
    };
    let mut accounts: Vec<Account> = Vec::new();
    let (mut sum, mut holds_line) = (Total::ZERO, false);
    for other in entry.all_lines().filter(beside) {
        if other.side != line.side && !accounts.contains(&other.account) {
            accounts.push(other.account);
        }
        holds_line |= std::ptr::eq(other, line);
        sum += other.signed();
        if sum == Total::ZERO {
            if holds_line {
                break;
            }
            accounts.clear();
        }
    }
    accounts
}

fn ledger_lines(entry: &Entry, numbers: &dyn Numbers, question: Question) -> Vec<LedgerLine> {
    let mut lines = Vec::new();
    let mut number = 0;
    postings(entry, numbers, &mut |key, line| {
        number += 1;
        if question.asks(key) {
            lines.push(LedgerLine {
                date: entry.event.date,
                entry: entry.seq,
                number,
                voucher: entry.voucher.clone(),
                event: entry.event.kind.word(),
                memo: entry.event.memo.as_ref().map(ToString::to_string),
                document: entry.event.document.as_ref().map(ToString::to_string),
                counter: counter_accounts(entry, line),
                line: line.clone(),
                balance: Total::ZERO,
            });
        }
    });
    lines
}

/// The ledger of an account over a span.
/// Cost: one scan of the tables, and the entries of the months in which the account moved.
///
/// # Errors
/// Those of the source and of `read`.
pub fn ledger(
    source: &dyn Movements,
    read: ReadEntry<'_>,
    numbers: &dyn Numbers,
    question: Question,
    span: Span,
) -> Result<Ledger, Problem> {
    let new_year = span.from().and_then(|from| Date::new(from.year(), 1, 1).ok());
    let year_eve = new_year.map_or(span.eve(), day_before);
    let (mut opening, mut year, mut expected) =
        (Turnover::default(), Turnover::default(), Total::ZERO);
    collect(
        source,
        question.owner,
        &[year_eve, span.eve(), span.to()],
        &mut |key, bucket, sum| {
            if question.asks(key) {
                expected += sum.net();
                if bucket < 2 {
                    opening += sum;
                }
                if bucket == 1 {
                    year += sum;
                }
            }
        },
    )?;
    let mut lines = Vec::new();
    entries_behind(source, read, question.owner, span, &|key| question.asks(key), &mut |entry| {
        lines.extend(ledger_lines(entry, numbers, question));
    })?;
    lines.sort_by_key(|line| (line.date, line.entry));
    let opening = opening.net();
    let mut ledger = Ledger {
        question,
        span,
        opening,
        months: Vec::new(),
        sums: Turnover::default(),
        closing: opening,
        expected,
    };
    run_balance(&mut ledger, lines, year);
    Ok(ledger)
}

/// Sets the running balance and groups the lines by month.
fn run_balance(ledger: &mut Ledger, lines: Vec<LedgerLine>, mut year: Turnover) {
    let mut current = ledger.span.from().map(|from| from.year());
    for mut line in lines {
        let month = Month::of(line.date);
        if current != Some(month.year()) {
            year = Turnover::default();
            current = Some(month.year());
        }
        let sum = Turnover::from(&line.line);
        ledger.closing += sum.net();
        ledger.sums += sum;
        year += sum;
        line.balance = ledger.closing;
        match ledger.months.last_mut().filter(|last| last.month == month) {
            Some(last) => {
                last.sums += sum;
                last.year = year;
                last.balance = line.balance;
                last.lines.push(line);
            }
            None => ledger.months.push(LedgerMonth {
                month,
                sums: sum,
                year,
                balance: line.balance,
                lines: vec![line],
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::sample::{Fixed, delta, reader, scenario};
    use crate::domain::calendar::parse_date;

    #[test]
    fn the_bank_account_of_the_worked_scenario() {
        let entries = scenario();
        let span = Span::new(parse_date("2017-03-01").unwrap(), parse_date("2017-06-30").unwrap())
            .unwrap();
        let question =
            Question { account: Account::CashRisk, owner: Some(1), fund: None, bank: Some(1) };
        let ledger = ledger(&delta(&entries), &reader(&entries), &Fixed, question, span).unwrap();
        assert_eq!(ledger.opening.to_string(), "10000000.00");
        let shown: Vec<String> = ledger
            .months
            .iter()
            .flat_map(|month| &month.lines)
            .map(|line| format!("{} {:?} {}", line.date, line.counter, line.balance))
            .collect();
        assert_eq!(
            shown,
            [
                "2017-03-21 [InterestIncome] 10008750.00",
                "2017-05-12 [CompensationPayable] 9514922.84",
                "2017-06-13 [RecoveryIncome] 9587584.57",
            ]
        );
        let last = ledger.months.last().unwrap();
        assert_eq!(last.sums.debit.to_string(), "72661.73");
        assert_eq!(last.year.debit.to_string(), "10081411.73");
        assert_eq!(last.year.credit.to_string(), "493827.16");
        assert_eq!((ledger.closing, last.balance), (ledger.expected, ledger.expected));
    }
}
