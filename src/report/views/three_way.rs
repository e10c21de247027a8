//! Statement, book and the bank's own list of loans of one owner, side by side (三方核对).

use crate::audit::loan_list::{CLASS_WORDS, Cause, Difference, Listed, Standing};
use crate::domain::calendar::Date;
use crate::domain::money::Total;
use crate::domain::state::State;
use crate::domain::text::Id;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::reconcile::{AccountView, item_cells};
use crate::report::views::{Journal, journal_cells};
use std::collections::BTreeMap;

/// The three sides that are compared.
pub struct ThreeWayView<'a> {
    /// Owner.
    pub owner: &'a Id,
    /// The day.
    pub day: Date,
    /// The lists by name.
    pub lists: &'a [String],
    /// Rows of the lists.
    pub listed: &'a [Listed],
    /// Rows of other owners, which were left out.
    pub left_out: usize,
    /// The notes of the owner in the book.
    pub standings: &'a [Standing],
    /// Sum of the off-balance accounts 9101 to 9104.
    pub register: Total,
    /// The differences.
    pub differences: &'a [Difference],
    /// The bank accounts of the owner, those with a statement.
    pub accounts: &'a [AccountView<'a>],
    /// Balance in the book of each account without a statement.
    pub without: &'a [(&'a Id, Total)],
}

/// The report of a three-way tie.
pub fn three_way(view: &ThreeWayView<'_>, state: &State, journal: &Journal) -> Report {
    let [entries, root] = journal_cells(journal);
    let listed: Total = view.listed.iter().map(|row| Total::from(row.balance)).sum();
    let live = view.standings.iter().filter(|one| one.balance() != Total::ZERO);
    let apart = view.accounts.iter().filter(|account| !account.result.is_clean()).count();
    let apart = apart.saturating_add(view.without.len());
    let meta = vec![
        view.owner.into(),
        Cell::optional(state.owners.get(view.owner).map(|owner| &owner.name)),
        view.day.into(),
        view.listed.len().into(),
        listed.into(),
        live.count().into(),
        view.register.into(),
        (listed - view.register).into(),
        view.left_out.into(),
        view.differences.len().into(),
        apart.into(),
        (view.differences.is_empty() && apart == 0).into(),
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::THREE_WAY, meta);
    for difference in view.differences {
        report.row(difference_cells(view, difference, state));
    }
    accounts(view, state, &mut report);
    lenders(view, state, &mut report);
    report
}

fn difference_cells(view: &ThreeWayView<'_>, one: &Difference, state: &State) -> Vec<Cell> {
    let listed = one.listed.and_then(|place| view.listed.get(place));
    let standing = one.standing.and_then(|place| view.standings.get(place));
    let loan = standing.and_then(|standing| state.loans.get(&standing.loan));
    let firm =
        loan.and_then(|loan| state.parties.get(&loan.firm)).map(|firm| firm.name.to_string());
    let told = listed.map(|listed| listed.firm.clone()).filter(|firm| !firm.is_empty());
    let note = standing.map(|standing| standing.note.to_string());
    let class = standing.and_then(Standing::class).and_then(|class| CLASS_WORDS.get(class));
    let [word, detail] = cause_cells(one.cause.as_ref());
    vec![
        Cell::Word(one.gap.code()),
        Cell::optional(listed.map(|listed| listed.note.clone()).or(note)),
        Cell::optional(loan.map(|loan| &loan.bank)),
        Cell::optional(firm.or(told)),
        Cell::optional(listed.map(|listed| listed.balance)),
        Cell::optional(standing.map(Standing::balance)),
        one.amount.into(),
        Cell::optional(listed.and_then(|listed| Some(listed.class.as_ref()?.0.clone()))),
        class.map_or(Cell::Empty, |class| Cell::Word(class)),
        Cell::optional(listed.and_then(|listed| view.lists.get(listed.list)).cloned()),
        Cell::optional(listed.map(|listed| listed.row)),
        word,
        detail,
    ]
}

fn cause_cells(cause: Option<&Cause>) -> [Cell; 2] {
    match cause {
        None => [Cell::Empty, Cell::Empty],
        Some(Cause::Entry(later)) => {
            let detail = format!("{} ({})", later.entry, later.date);
            [Cell::Word("cause-entry"), detail.into()]
        }
        Some(Cause::Note(note)) => [Cell::Word("cause-note"), note.as_str().into()],
        Some(Cause::Owner(owner)) => [Cell::Word("cause-owner"), owner.into()],
        Some(Cause::Lender(bank)) => [Cell::Word("cause-lender"), bank.into()],
        Some(Cause::Removed(day)) => [Cell::Word("cause-removed"), day.to_string().into()],
        Some(Cause::Row(row)) => [Cell::Word("cause-row"), row.to_string().into()],
    }
}

/// Adds each bank account of the owner, with its open items.
fn accounts(view: &ThreeWayView<'_>, state: &State, report: &mut Report) {
    for account in view.accounts {
        let result = account.result;
        report.section_row(
            "accounts",
            vec![
                (&account.account.id).into(),
                Cell::Word(account.account.fund.code()),
                Cell::optional(account.to),
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
    for (id, balance) in view.without {
        let fund =
            state.bank_accounts.get(id).map_or(Cell::Empty, |one| Cell::Word(one.fund.code()));
        let empty = Cell::Empty;
        report.section_row(
            "accounts",
            vec![
                (*id).into(),
                fund,
                empty.clone(),
                empty.clone(),
                (*balance).into(),
                empty.clone(),
                empty.clone(),
                empty,
                0usize.into(),
                false.into(),
            ],
        );
    }
}

/// Adds count and sum of both sides by lender; rows that the book does not know have no lender.
fn lenders(view: &ThreeWayView<'_>, state: &State, report: &mut Report) {
    let mut sums: BTreeMap<Option<&Id>, [(usize, Total); 2]> = BTreeMap::new();
    let mut add = |lender, side: usize, amount| {
        let sides = sums.entry(lender).or_default();
        if let Some((count, sum)) = sides.get_mut(side) {
            *count = count.saturating_add(1);
            *sum += amount;
        }
    };
    let lender = |loan: &str| state.loans.get(loan).map(|loan| &loan.bank);
    let by_note: BTreeMap<&str, &Standing> =
        view.standings.iter().map(|standing| (standing.note.as_str(), standing)).collect();
    for row in view.listed {
        let loan =
            by_note.get(row.note.as_str()).map_or(row.note.as_str(), |one| one.loan.as_str());
        add(lender(loan), 0, row.balance.into());
    }
    for standing in view.standings.iter().filter(|one| one.balance() != Total::ZERO) {
        add(lender(&standing.loan), 1, standing.balance());
    }
    for (lender, [(listed, list_sum), (notes, book_sum)]) in sums {
        let name = lender.and_then(|lender| state.parties.get(lender)).map(|party| &party.name);
        report.section_row(
            "lenders",
            vec![
                Cell::optional(lender),
                Cell::optional(name),
                listed.into(),
                list_sum.into(),
                notes.into(),
                book_sum.into(),
                (list_sum - book_sum).into(),
            ],
        );
    }
}
