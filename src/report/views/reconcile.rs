//! One bank account against its statement (银行存款余额调节表).

use crate::audit::reconcile::{BookLine, Item, ItemKind, Reconciliation};
use crate::domain::calendar::Date;
use crate::domain::registry::BankAccount;
use crate::domain::state::State;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, journal_cells, voucher_text};

/// What the bank says of a line of its statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankLine {
    /// Purpose.
    pub memo: String,
    /// The other party.
    pub counterparty: String,
    /// Row in the file.
    pub row: u64,
}

/// A reconciliation with the lines that it speaks of.
pub struct AccountView<'a> {
    /// The account.
    pub account: &'a BankAccount,
    /// Lines of the statement, in the order in which they were compared.
    pub statement: &'a [BankLine],
    /// Lines of the book, likewise.
    pub book: &'a [BookLine],
    /// First day of the statement.
    pub from: Option<Date>,
    /// The result.
    pub result: &'a Reconciliation,
}

/// The reconciliation of one account.
pub fn reconcile(view: &AccountView<'_>, state: &State, journal: &Journal) -> Report {
    let result = view.result;
    let sum = |kind| Cell::from(result.sum(kind));
    let owner = state.owners.get(&view.account.owner);
    let [entries, root] = journal_cells(journal);
    let meta = vec![
        (&view.account.id).into(),
        (&view.account.owner).into(),
        Cell::optional(owner.map(|owner| &owner.name)),
        Cell::Word(view.account.fund.code()),
        Cell::optional(view.from),
        result.last_day.into(),
        result.statement_balance.into(),
        sum(ItemKind::BookReceived),
        sum(ItemKind::BookPaid),
        result.adjusted_statement.into(),
        result.book_balance.into(),
        sum(ItemKind::BankReceived),
        sum(ItemKind::BankPaid),
        result.adjusted_book.into(),
        result.statement_gap.into(),
        result.cleared.len().into(),
        result.agrees().into(),
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::RECONCILE, meta);
    for item in &result.items {
        report.row(item_cells(view, item));
    }
    report
}

/// item, date, amount, what, counterparty, voucher, entry, row, age.
pub(super) fn item_cells(view: &AccountView<'_>, item: &Item) -> Vec<Cell> {
    let start = [Cell::Word(item.kind.code()), item.date.into(), item.amount.into()];
    let mut cells: Vec<Cell> = start.into();
    match item.kind {
        ItemKind::BankReceived | ItemKind::BankPaid => {
            let line = view.statement.get(item.line);
            cells.push(Cell::optional(line.map(|line| line.memo.as_str())));
            cells.push(Cell::optional(line.map(|line| line.counterparty.as_str())));
            cells.extend([Cell::Empty, Cell::Empty]);
            cells.push(Cell::optional(line.map(|line| line.row)));
        }
        ItemKind::BookReceived | ItemKind::BookPaid => {
            let line = view.book.get(item.line);
            cells.push(Cell::optional(line.map(|line| line.memo.as_str())));
            cells.push(Cell::Empty);
            let voucher = line.and_then(|line| line.voucher.as_ref());
            cells.push(Cell::optional(voucher.map(voucher_text)));
            cells.push(Cell::optional(line.map(|line| line.entry)));
            cells.push(Cell::Empty);
        }
    }
    cells.push(u64::try_from(item.age).map_or(Cell::Empty, Cell::from));
    cells
}
