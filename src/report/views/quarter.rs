//! The quarterly run: balances, bank accounts, and open items.

use crate::audit::balance::Balance;
use crate::domain::calendar::Quarter;
use crate::domain::event::Programme;
use crate::domain::money::Total;
use crate::domain::registry::{ClaimState, SubsidyState};
use crate::domain::state::State;
use crate::domain::subsidy::SubsidyLine;
use crate::domain::text::Id;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::reconcile::{AccountView, item_cells};
use crate::report::views::roll_forward::balance_rows;
use crate::report::views::subsidies::name;
use crate::report::views::{Journal, Posted, journal_cells};
use std::collections::BTreeMap;

/// Results of the quarterly run.
pub struct QuarterView<'a> {
    /// The quarter.
    pub quarter: Quarter,
    /// Events imported from the folder.
    pub taken: Posted,
    /// Lines computed in this run.
    pub lines: &'a [SubsidyLine],
    /// Balances of the calendar quarter.
    pub balance: &'a Balance,
    /// Bank accounts that had a statement.
    pub accounts: &'a [AccountView<'a>],
    /// Entries of the journal before the run.
    pub before: u64,
}

/// The report of the quarterly run.
pub fn quarter(view: &QuarterView<'_>, state: &State, journal: &Journal) -> Report {
    let period = view.quarter.to_string();
    let lines = state.subsidies.iter().filter(|line| line.period == period);
    let live: Vec<_> = lines.filter(|line| line.state != SubsidyState::Cancelled).collect();
    let amount: Total = live.iter().map(|line| Total::from(line.amount)).sum();
    let [entries, root] = journal_cells(journal);
    let meta = vec![
        period.as_str().into(),
        Cell::optional(view.balance.span.from()),
        view.balance.span.to().into(),
        view.taken.new.into(),
        view.taken.already.into(),
        live.len().into(),
        amount.into(),
        view.taken.dry_run.into(),
        entries,
        root,
        Cell::Empty,
    ];
    let mut report = Report::new(&shapes::QUARTER, meta);
    balance_rows(view.balance, &mut report);
    accounts(view, &mut report);
    unpaid(state, &mut report);
    for line in view.lines.iter().filter(|line| !line.is_payable()) {
        report.section_row(
            "no_subsidy",
            vec![
                Cell::Word(line.programme.code()),
                (&line.owner).into(),
                (&line.loan).into(),
                (&line.firm).into(),
                name(&line.firm, state),
                line.computed.into(),
                line.reason.map_or(Cell::Empty, |reason| Cell::Word(reason.code())),
                Cell::optional(line.reason.and_then(|reason| reason.detail())),
            ],
        );
    }
    open_claims(state, &mut report);
    summary(view, (live.len(), amount), (state, journal), &mut report);
    report
}

/// Accounts that the summary names one by one.
const NAMED_ACCOUNTS: usize = 3;

/// Adds a summary of at most ten lines: the imported events, the approved subsidies, the accounts
/// that do not agree, the work to do, and the entries recorded.
fn summary(
    view: &QuarterView<'_>,
    (lines, amount): (usize, Total),
    (state, journal): (&State, &Journal),
    report: &mut Report,
) {
    let number = |value: usize| value.to_string();
    let taken = [("new", view.taken.new), ("already", view.taken.already)];
    report.note("quarter-taken", taken.map(|(name, count)| (name, count.to_string())).into());
    report.note("quarter-approved", vec![("count", number(lines)), ("amount", amount.grouped())]);
    let without = view.lines.iter().filter(|line| !line.is_payable()).count();
    if without > 0 {
        report.note("quarter-without", vec![("count", number(without))]);
    }
    let open: Vec<_> = view.accounts.iter().filter(|account| !account.is_clean()).collect();
    let accounts = vec![("count", number(view.accounts.len())), ("open", number(open.len()))];
    report.note("quarter-accounts", accounts);
    for account in open.iter().take(NAMED_ACCOUNTS) {
        let result = account.result;
        let args = vec![
            ("bank_account", account.account.id.to_string()),
            ("date", result.last_day.to_string()),
            ("difference", result.difference.grouped()),
            ("items", number(result.items.len())),
        ];
        report.note("quarter-account", args);
    }
    if open.len() > NAMED_ACCOUNTS {
        report.note("quarter-accounts-more", vec![("count", number(open.len() - NAMED_ACCOUNTS))]);
    }
    let unpaid = state.subsidies.iter().filter(|line| line.state.is_unpaid());
    let unpaid: Vec<_> =
        unpaid.map(|line| Total::from(line.amount) - Total::from(line.paid)).collect();
    if !unpaid.is_empty() {
        let sum: Total = unpaid.iter().copied().sum();
        report.note(
            "quarter-unpaid",
            vec![("count", number(unpaid.len())), ("amount", sum.grouped())],
        );
    }
    let added = journal.entries.saturating_sub(view.before);
    let count = ("count", added.to_string());
    if added == 0 {
        report.note("quarter-nothing-new", Vec::new());
    } else if view.taken.dry_run {
        report.note("quarter-shown", vec![count]);
    } else {
        let first = ("first", view.before.saturating_add(1).to_string());
        report.note("quarter-recorded", vec![count, first, ("last", journal.entries.to_string())]);
    }
}

fn accounts(view: &QuarterView<'_>, report: &mut Report) {
    for account in view.accounts {
        let result = account.result;
        let proved = |cell: Cell| if account.covered { cell } else { Cell::Empty };
        report.section_row(
            "accounts",
            vec![
                (&account.account.id).into(),
                (&account.account.owner).into(),
                Cell::Word(account.account.fund.code()),
                result.last_day.into(),
                proved(result.statement_balance.into()),
                result.book_balance.into(),
                proved(result.difference.into()),
                proved(result.adjusted_statement.into()),
                proved(result.adjusted_book.into()),
                result.items.len().into(),
                proved(result.agrees().into()),
            ],
        );
        for item in &result.items {
            let mut cells = vec![(&account.account.id).into()];
            cells.extend(item_cells(account, item));
            report.section_row("items", cells);
        }
    }
}

/// Approved and unpaid subsidies of all quarters, by programme and owner.
fn unpaid(state: &State, report: &mut Report) {
    let mut open: BTreeMap<(Programme, &Id), (usize, Total)> = BTreeMap::new();
    for line in state.subsidies.iter().filter(|line| line.state.is_unpaid()) {
        let (count, sum) = open.entry((line.programme, &line.owner)).or_default();
        *count = count.saturating_add(1);
        *sum += Total::from(line.amount) - Total::from(line.paid);
    }
    for ((programme, owner), (count, sum)) in open {
        let cells = vec![Cell::Word(programme.code()), owner.into(), count.into(), sum.into()];
        report.section_row("unpaid_subsidies", cells);
    }
}

fn open_claims(state: &State, report: &mut Report) {
    for claim in state.claims.iter() {
        let open = claim.open_right().map_or(Total::ZERO, Total::from);
        let owed = claim.refund_open().map_or(Total::ZERO, Total::from);
        let ended = match claim.state {
            ClaimState::Rejected
            | ClaimState::Withdrawn
            | ClaimState::WrittenOff
            | ClaimState::Closed
            | ClaimState::Revoked => true,
            ClaimState::Paid | ClaimState::Recovering | ClaimState::Settled => open == Total::ZERO,
            _ => false,
        };
        if ended && owed == Total::ZERO {
            continue;
        }
        report.section_row(
            "open_claims",
            vec![
                (&claim.id).into(),
                (&claim.owner).into(),
                (&claim.loan).into(),
                Cell::Word(claim.state.code()),
                claim.base.into(),
                claim.approved.into(),
                claim.paid.into(),
                open.into(),
            ],
        );
    }
}
