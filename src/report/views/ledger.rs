//! Trial balance (科目余额表) and account ledger (明细账).

use crate::audit::account_ledger::{Ledger, LedgerLine};
use crate::audit::balance::Cells;
use crate::audit::trial_balance::{Amounts, TrialBalance};
use crate::audit::turnover::Turnover;
use crate::domain::account::Side;
use crate::domain::money::Total;
use crate::report::locale::Locale;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Basis, last_day, voucher_text};

/// The trial balance; `owner` is the owner's code as the user gave it, `digest` that of its
/// balances on the last day.
pub fn trial_balance(
    view: &TrialBalance,
    owner: Option<&str>,
    cells: Cells,
    digest: Option<String>,
    basis: &Basis,
    locale: &Locale,
) -> Report {
    let [known_at, entries, root] = basis.cells();
    let meta = vec![
        Cell::optional(owner),
        cells.fund.map_or(Cell::Empty, |fund| Cell::Word(fund.code())),
        Cell::optional(view.span.from()),
        last_day(view.span.to()),
        known_at,
        Cell::optional(digest),
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::TRIAL_BALANCE, meta);
    for row in &view.books.rows {
        let mut cells = vec![row.account.code().into(), locale.account(row.account).into()];
        cells.extend(amounts(&row.amounts));
        report.row(cells);
    }
    let mut totals = vec![Cell::Empty, Cell::Empty];
    totals.extend(amounts(&view.books.totals));
    report.total(totals);
    for row in &view.memo.rows {
        let mut cells = vec![row.account.code().into(), locale.account(row.account).into()];
        cells.extend(amounts(&row.amounts));
        report.section_row("memo", cells);
    }
    report
}

fn amounts(amounts: &Amounts) -> impl Iterator<Item = Cell> {
    [amounts.opening, amounts.period, amounts.year, amounts.closing]
        .into_iter()
        .flat_map(|sum| [sum.debit.into(), sum.credit.into()])
}

/// The account ledger; owner and bank account have the names that the user gave.
pub fn account(
    view: &Ledger,
    owner: Option<&str>,
    bank_account: Option<&str>,
    basis: &Basis,
    locale: &Locale,
) -> Report {
    let [known_at, entries, root] = basis.cells();
    let meta = vec![
        view.question.account.code().into(),
        locale.account(view.question.account).into(),
        Cell::optional(owner),
        view.question.fund.map_or(Cell::Empty, |fund| Cell::Word(fund.code())),
        Cell::optional(bank_account),
        Cell::optional(view.span.from()),
        last_day(view.span.to()),
        known_at,
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::ACCOUNT, meta);
    report.row(sum_row("opening", Cell::Empty, None, view.opening));
    for month in &view.months {
        for line in &month.lines {
            report.row(line_row(line));
        }
        let name = Cell::Text(month.month.to_string());
        report.row(sum_row("month", name.clone(), Some(month.sums), month.balance));
        report.row(sum_row("year", name, Some(month.year), month.balance));
    }
    report.row(sum_row("closing", Cell::Empty, Some(view.sums), view.closing));
    report
}

/// Debit, credit or level (借, 贷, 平), and the balance without its sign.
fn standing(balance: Total) -> [Cell; 2] {
    let side = match balance {
        balance if balance > Total::ZERO => Side::Debit.code(),
        balance if balance < Total::ZERO => Side::Credit.code(),
        _ => "level",
    };
    [Cell::Word(side), balance.max(-balance).into()]
}

fn sum_row(kind: &'static str, memo: Cell, sums: Option<Turnover>, balance: Total) -> Vec<Cell> {
    let mut cells = vec![Cell::Word(kind)];
    cells.extend(std::iter::repeat_n(Cell::Empty, 4));
    cells.push(memo);
    cells.extend(std::iter::repeat_n(Cell::Empty, 5));
    cells.push(Cell::optional(sums.map(|sums| sums.debit)));
    cells.push(Cell::optional(sums.map(|sums| sums.credit)));
    cells.extend(standing(balance));
    cells
}

fn line_row(line: &LedgerLine) -> Vec<Cell> {
    let own = &line.line;
    let on = |side| if own.side == side { own.amount.into() } else { Cell::Empty };
    let counter: Vec<&str> = line.counter.iter().map(|account| account.code()).collect();
    let mut cells = vec![
        Cell::Word("line"),
        line.date.into(),
        Cell::optional(line.voucher.as_ref().map(voucher_text)),
        line.entry.into(),
        Cell::Event(line.event),
        Cell::optional(line.memo.as_deref()),
        Cell::optional(line.document.as_deref()),
        Cell::Text(counter.join(" ")),
        (&own.owner).into(),
        Cell::Word(own.fund.code()),
        Cell::optional(own.bank_account.as_ref()),
        on(Side::Debit),
        on(Side::Credit),
    ];
    cells.extend(standing(line.balance));
    cells
}
