//! The quarterly run: balances, bank accounts, and what is left open.

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

/// What the quarterly run found.
pub struct QuarterView<'a> {
    /// The quarter.
    pub quarter: Quarter,
    /// Events taken in from the folder.
    pub taken: Posted,
    /// Lines computed in this run.
    pub lines: &'a [SubsidyLine],
    /// Balances of the calendar quarter.
    pub balance: &'a Balance,
    /// Bank accounts that had a statement.
    pub accounts: &'a [AccountView<'a>],
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
    report
}

fn accounts(view: &QuarterView<'_>, report: &mut Report) {
    for account in view.accounts {
        let result = account.result;
        report.section_row(
            "accounts",
            vec![
                (&account.account.id).into(),
                (&account.account.owner).into(),
                Cell::Word(account.account.fund.code()),
                result.last_day.into(),
                result.statement_balance.into(),
                result.book_balance.into(),
                result.difference.into(),
                result.adjusted_statement.into(),
                result.adjusted_book.into(),
                result.items.len().into(),
                result.agrees().into(),
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
