//! One bank account against its statement (银行存款余额调节表).

use crate::audit::reconcile::{
    BookLine, Item, ItemKind, Matching, Reconciliation, StatementLine, Zone,
};
use crate::domain::calendar::Date;
use crate::domain::registry::BankAccount;
use crate::domain::state::State;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, journal_cells, voucher_text};

/// A reconciliation with its lines.
pub struct AccountView<'a> {
    /// The account.
    pub account: &'a BankAccount,
    /// Lines of the statement.
    pub statement: &'a [StatementLine],
    /// Lines of the book.
    pub book: &'a [BookLine],
    /// The matches between the two sides.
    pub matching: &'a Matching,
    /// First day that the statements cover.
    pub from: Option<Date>,
    /// Last day that they cover.
    pub to: Option<Date>,
    /// Number of places where a statement does not follow the previous one.
    pub gaps: usize,
    /// Number of independent sources.
    pub sources: usize,
    /// Number of statements that do not connect to the others yet.
    pub waiting: usize,
    /// True if a statement covers the day of the form; without one there is nothing to compare.
    pub covered: bool,
    /// Lines of the book before this day are part of the balance brought forward.
    pub forward: Option<Date>,
    /// The result.
    pub result: &'a Reconciliation,
}

impl AccountView<'_> {
    /// Returns true if statements reach the form's day and are consistent, and nothing is open.
    pub fn is_clean(&self) -> bool {
        self.covered && self.result.is_clean() && self.gaps == 0 && self.waiting == 0
    }

    /// Returns true for a line that is part of the balance brought forward.
    pub fn is_forward(&self, line: &BookLine) -> bool {
        self.forward.is_some_and(|from| line.date < from)
    }
}

/// The form of one account, with the people who sign it.
pub fn reconcile(
    view: &AccountView<'_>,
    [maker, checker]: [Option<&str>; 2],
    state: &State,
    journal: &Journal,
) -> Report {
    let (result, account) = (view.result, view.account);
    // If no statement covers the day, figures that depend on one are left empty.
    let proved = |cell: Cell| if view.covered { cell } else { Cell::Empty };
    let sum = |kind| proved(Cell::from(result.sum(kind)));
    let owner = state.owners.get(&account.owner);
    let bank = account.bank.as_ref().and_then(|bank| state.parties.get(bank));
    let [entries, root] = journal_cells(journal);
    let meta = vec![
        if view.covered { Cell::Empty } else { Cell::Word("no-statement") },
        (&account.id).into(),
        (&account.owner).into(),
        Cell::optional(owner.map(|owner| &owner.name)),
        Cell::Word(account.fund.code()),
        Cell::optional(bank.map(|bank| &bank.name)),
        Cell::optional(account.number.as_ref()),
        Cell::optional(state.settings.as_ref().map(|settings| &settings.currency)),
        Cell::optional(view.from),
        result.last_day.into(),
        Cell::optional(view.to),
        view.gaps.into(),
        view.waiting.into(),
        view.sources.into(),
        proved(result.statement_balance.into()),
        sum(ItemKind::BookReceived),
        sum(ItemKind::BookPaid),
        proved(result.adjusted_statement.into()),
        result.book_balance.into(),
        sum(ItemKind::BankReceived),
        sum(ItemKind::BankPaid),
        proved(result.adjusted_book.into()),
        proved(result.difference.into()),
        proved((result.adjusted_statement - result.adjusted_book).into()),
        proved(result.statement_gap.into()),
        result.cleared.len().into(),
        proved(result.agrees().into()),
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::RECONCILE, meta);
    // Without any statement every line of the book would look as if the bank lacked it.
    for item in result.items.iter().filter(|_| view.to.is_some()) {
        let mut cells = item_cells(view, item);
        cells.extend(more_cells(view, item));
        report.row(cells);
    }
    if view.to.is_some_and(|to| to < result.last_day) {
        let told = |day: Option<Date>| day.map_or_else(|| "—".to_owned(), |day| day.to_string());
        report.note(
            "reconcile-short",
            vec![("to", told(view.to)), ("date", result.last_day.to_string())],
        );
    }
    if !view.covered {
        report.note("reconcile-uncovered", vec![("date", result.last_day.to_string())]);
    }
    report.note("reconcile-basis", Vec::new());
    let name = |person: Option<&str>| person.unwrap_or("________").to_owned();
    let signs = vec![("maker", name(maker)), ("checker", name(checker))];
    report.note("reconcile-foot", signs);
    report
}

/// Returns true if the bank has the line of an item.
pub(super) fn of_bank(item: &Item) -> bool {
    matches!(item.kind, ItemKind::BankReceived | ItemKind::BankPaid)
}

/// item, date, amount, what, counterparty, voucher, entry, row, age.
pub(super) fn item_cells(view: &AccountView<'_>, item: &Item) -> Vec<Cell> {
    let start = [Cell::Word(item.kind.code()), item.date.into(), item.amount.into()];
    let mut cells: Vec<Cell> = start.into();
    if of_bank(item) {
        let line = view.statement.get(item.line);
        cells.push(Cell::optional(line.map(|line| line.memo.as_str())));
        cells.push(Cell::optional(line.map(counterparty)));
        cells.extend([Cell::Empty, Cell::Empty]);
        cells.push(Cell::optional(line.map(|line| line.row)));
    } else {
        let line = view.book.get(item.line);
        cells.push(Cell::optional(line.map(|line| line.memo.as_str())));
        cells.push(Cell::Empty);
        let voucher = line.and_then(|line| line.voucher.as_ref());
        cells.push(Cell::optional(voucher.map(voucher_text)));
        cells.push(Cell::optional(line.map(|line| line.entry)));
        cells.push(Cell::Empty);
    }
    cells.push(u64::try_from(item.age).map_or(Cell::Empty, Cell::from));
    cells
}

/// serial, line, state, cleared.
fn more_cells(view: &AccountView<'_>, item: &Item) -> [Cell; 4] {
    let (serial, name) = if of_bank(item) {
        let line = view.statement.get(item.line);
        (line.map(|line| line.serial.as_str()), line.map(|line| line.id.to_string()))
    } else {
        (None, view.book.get(item.line).map(posting_name))
    };
    let filled = |text: &&str| !text.is_empty();
    let zone = item.group.and_then(|group| view.matching.groups.get(group)).map(|group| group.zone);
    let state = match (zone, item.cleared) {
        (_, Some(_)) => "cleared-later",
        (Some(Zone::Proposed), _) => "proposed",
        _ => "open",
    };
    [
        Cell::optional(serial.filter(filled)),
        Cell::optional(name.as_deref().filter(filled)),
        Cell::Word(state),
        Cell::optional(item.cleared),
    ]
}

/// The other party as named by the bank.
pub(super) fn counterparty(line: &StatementLine) -> String {
    [line.name.as_str(), line.account.as_str()].join(" ").trim().to_owned()
}

/// The name of a line of the book: entry and number of the line.
pub(super) fn posting_name(line: &BookLine) -> String {
    format!("{}.{}", line.entry, line.line)
}
