//! Trial balance (科目余额表): opening, period, year to date and closing of every account. The three
//! pairs of sums are equal, on balance and off balance apart.

use crate::audit::balance::Cells;
use crate::audit::movements::{Movements, Span, collect, day_before};
use crate::audit::turnover::Turnover;
use crate::domain::account::Account;
use crate::domain::calendar::{Date, Month};
use crate::domain::digest::{self, Balances};
use crate::domain::money::Total;
use crate::problem::Problem;
use std::collections::BTreeMap;

/// The amounts of one row. Opening and closing stand on one side only in the row of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Balance before the first day (期初).
    pub opening: Turnover,
    /// Movements of the span (本期发生).
    pub period: Turnover,
    /// Movements since 1 January of the last day's year (本年累计).
    pub year: Turnover,
    /// Balance after the last day (期末).
    pub closing: Turnover,
}

impl Amounts {
    /// True when opening, period and closing have equal debits and credits.
    pub fn ties(&self) -> bool {
        [self.opening, self.period, self.closing].iter().all(|pair| pair.net() == Total::ZERO)
    }

    fn add(&mut self, other: &Self) {
        self.opening += other.opening;
        self.period += other.period;
        self.year += other.year;
        self.closing += other.closing;
    }
}

/// The row of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Account.
    pub account: Account,
    /// Its amounts.
    pub amounts: Amounts,
}

/// One register: the books, or the off-balance accounts beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// Accounts that ever moved up to the last day, in the order of the chart.
    pub rows: Vec<Row>,
    /// Sums of the rows.
    pub totals: Amounts,
}

/// The report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrialBalance {
    /// Days that it covers.
    pub span: Span,
    /// The books.
    pub books: Register,
    /// The off-balance accounts.
    pub memo: Register,
}

/// A net amount on the side where it stands.
fn on_its_side(net: Total) -> Turnover {
    if net < Total::ZERO {
        Turnover { debit: Total::ZERO, credit: -net }
    } else {
        Turnover { debit: net, credit: Total::ZERO }
    }
}

/// Trial balance of the cells over a span.
/// Cost: the rows of the tables for these owners, whatever the length of the journal.
///
/// # Errors
/// Those of the source.
pub fn trial_balance(
    source: &(impl Movements + ?Sized),
    cells: Cells,
    span: Span,
) -> Result<TrialBalance, Problem> {
    let new_year = Date::new(span.to().year(), 1, 1).unwrap_or(span.to());
    let year_eve = day_before(new_year);
    let (first, second) = (span.eve().min(year_eve), span.eve().max(year_eve));
    let mut accounts: BTreeMap<Account, Amounts> = BTreeMap::new();
    let cuts = [first, second, span.to()];
    collect(source, cells.owner, &cuts, &mut |key, bucket, sum| {
        if !cells.hold(key.owner, key.fund) {
            return;
        }
        let amounts = accounts.entry(key.account).or_default();
        // A bucket reaches from the cut before it to its own, so one end tells where it belongs.
        let end = cuts.get(bucket).copied().unwrap_or(span.to());
        if end <= span.eve() {
            amounts.opening += sum;
        } else {
            amounts.period += sum;
        }
        if end > year_eve {
            amounts.year += sum;
        }
        amounts.closing += sum;
    })?;
    let mut report = TrialBalance { span, books: Register::default(), memo: Register::default() };
    for (account, mut amounts) in accounts {
        amounts.opening = on_its_side(amounts.opening.net());
        amounts.closing = on_its_side(amounts.closing.net());
        let register = if account.is_memo() { &mut report.memo } else { &mut report.books };
        register.totals.add(&amounts);
        register.rows.push(Row { account, amounts });
    }
    Ok(report)
}

/// The digest of an owner's balances at the end of a day ([`crate::domain::digest`]), as a close holds
/// it. Cost: as of the trial balance.
///
/// # Errors
/// Those of the source.
pub fn digest(
    source: &(impl Movements + ?Sized),
    owner: u16,
    code: &str,
    day: Date,
) -> Result<String, Problem> {
    let mut balances = Balances::new();
    collect(source, Some(owner), &[day], &mut |key, _, sum| {
        *balances.entry((key.fund, key.account)).or_default() += sum.net();
    })?;
    Ok(digest::digest(code, day, &balances))
}

/// True when the closing of one report is the opening of the next.
pub fn chains(earlier: &Register, later: &Register) -> bool {
    let net = |register: &Register, pick: fn(&Amounts) -> Turnover| -> BTreeMap<Account, Total> {
        let rows = register.rows.iter().map(|row| (row.account, pick(&row.amounts).net()));
        rows.filter(|(_, net)| *net != Total::ZERO).collect()
    };
    net(earlier, |amounts| amounts.closing) == net(later, |amounts| amounts.opening)
}

/// The span of a month.
pub fn month_span(month: Month) -> Span {
    // A month's last day is never before its first.
    Span::new(month.first_day(), month.last_day()).unwrap_or_else(|_| Span::until(month.last_day()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::sample::{delta, scenario};
    use crate::domain::calendar::parse_date;

    fn report(from: &str, to: &str) -> TrialBalance {
        let span = Span::new(parse_date(from).unwrap(), parse_date(to).unwrap()).unwrap();
        trial_balance(&delta(&scenario()), Cells::default(), span).unwrap()
    }

    fn row(report: &TrialBalance, account: Account) -> String {
        let row = report.books.rows.iter().find(|row| row.account == account).unwrap();
        let Amounts { opening, period, year, closing } = row.amounts;
        [opening, period, year, closing]
            .iter()
            .map(|pair| format!("{}/{}", pair.debit, pair.credit))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Domain 4.5, the quarter in which compensation is approved and paid and a first recovery made.
    #[test]
    fn the_worked_scenario_by_account() {
        let report = report("2017-04-01", "2017-06-30");
        assert_eq!(
            row(&report, Account::CashRisk),
            "10008750.00/0.00 72661.73/493827.16 10081411.73/493827.16 9587584.57/0.00"
        );
        assert_eq!(
            row(&report, Account::CompensationPayable),
            "0.00/0.00 493827.16/493827.16 493827.16/493827.16 0.00/0.00"
        );
        assert_eq!(
            row(&report, Account::RecoveryAllowance),
            "0.00/0.00 72661.73/493827.16 72661.73/493827.16 0.00/421165.43"
        );
        assert!(report.books.totals.ties());
        assert!(report.memo.rows.is_empty());
    }

    #[test]
    fn the_year_to_date_begins_in_january_wherever_the_span_begins() {
        let long = report("2016-05-05", "2017-06-30");
        let short = report("2017-06-15", "2017-06-30");
        for account in [Account::CashRisk, Account::CapitalCity] {
            let year = |report: &TrialBalance| {
                report.books.rows.iter().find(|row| row.account == account).unwrap().amounts.year
            };
            assert_eq!(year(&long), year(&short), "{account}");
        }
        assert_eq!(long.books.totals.period.debit.to_string(), "11635554.94");
    }

    #[test]
    fn each_closing_is_the_next_opening() {
        let months: Vec<TrialBalance> = (1..=9)
            .map(|month| {
                let month = Month::parse(&format!("2017-{month:02}")).unwrap();
                trial_balance(&delta(&scenario()), Cells::default(), month_span(month)).unwrap()
            })
            .collect();
        for pair in months.windows(2) {
            assert!(chains(&pair[0].books, &pair[1].books));
        }
        assert!(!chains(&months[0].books, &months[3].books));
    }
}
