//! Bank statements of the book: results of importing them, their status, and their lines
//! (银行流水).

use crate::audit::reconcile::StatementLine;
use crate::audit::statements::Waiting;
use crate::domain::calendar::Date;
use crate::domain::money::{Money, Total};
use crate::domain::statement::facts::Import;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Basis, Journal, journal_cells};

/// Result of importing one statement of a file.
#[derive(Clone, Debug, Default)]
pub struct ImportRow {
    /// Name of the file.
    pub file: String,
    /// `taken`, `already`, `set-aside` or `refused`.
    pub outcome: &'static str,
    /// Id in the book.
    pub statement: Option<String>,
    /// Its status in the book.
    pub status: Option<&'static str>,
    /// First and last day.
    pub days: (Option<Date>, Option<Date>),
    /// Balance before and after.
    pub balances: (Money, Money),
    /// Number of movements.
    pub lines: usize,
    /// Entry of its first part.
    pub entry: Option<u64>,
    /// Row of the first fault.
    pub row: Option<u64>,
    /// Expected, found, and the gap, as texts.
    pub figures: [Option<String>; 3],
}

fn figure(text: &Option<String>) -> Cell {
    let amount = text.as_deref().and_then(|text| Money::parse(text).ok());
    Cell::optional(amount)
}

/// The results of importing files.
pub fn statement_import(
    rows: &[ImportRow],
    bank_account: &str,
    dry_run: bool,
    journal: &Journal,
) -> Report {
    let [entries, root] = journal_cells(journal);
    let meta = vec![bank_account.into(), dry_run.into(), entries, root, Cell::Empty];
    let mut report = Report::new(&shapes::STATEMENT_IMPORT, meta);
    for row in rows {
        let [expected, found, gap] = &row.figures;
        report.row(vec![
            row.file.as_str().into(),
            Cell::Word(row.outcome),
            row.status.map_or(Cell::Empty, Cell::Word),
            Cell::optional(row.days.0),
            Cell::optional(row.days.1),
            row.balances.0.into(),
            row.balances.1.into(),
            row.lines.into(),
            Cell::optional(row.row),
            figure(expected),
            figure(found),
            figure(gap),
            Cell::optional(row.entry),
            Cell::optional(row.statement.as_deref()),
        ]);
    }
    report.note("statement-sides", Vec::new());
    report
}

/// A statement of the book.
#[derive(Clone, Debug)]
pub struct TakenRow {
    /// Its record.
    pub import: Import,
    /// Its status in the book.
    pub status: &'static str,
    /// Reason why it waits.
    pub waiting: Option<Waiting>,
    /// The entry that withdrew it.
    pub undone: Option<u64>,
}

/// Statements of the book.
pub fn statements(rows: &[TakenRow], bank_account: Option<&str>, basis: &Basis) -> Report {
    let [known_at, entries, root] = basis.cells();
    let meta = vec![Cell::optional(bank_account), known_at, entries, root];
    let mut report = Report::new(&shapes::STATEMENTS, meta);
    for row in rows {
        let (import, waiting) = (&row.import, row.waiting.as_ref());
        report.row(vec![
            (&import.bank_account).into(),
            (&import.channel).into(),
            (&import.file).into(),
            Cell::Word(row.status),
            import.from.into(),
            import.to.into(),
            import.opening.into(),
            import.closing.into(),
            import.lines.into(),
            waiting.map_or(Cell::Empty, |waiting| Cell::Word(waiting.kind.code())),
            Cell::optional(waiting.map(|waiting| waiting.against)),
            Cell::optional(waiting.and_then(|waiting| waiting.row)),
            Cell::optional(waiting.map(|waiting| waiting.expected)),
            Cell::optional(waiting.map(|waiting| waiting.found)),
            Cell::optional(waiting.map(Waiting::gap)),
            Cell::optional(import.gap_reason.as_ref()),
            Cell::optional(import.maker.as_ref()),
            Cell::optional(import.fetched_by.as_ref()),
            import.entry.into(),
            Cell::optional(row.undone),
            (&import.id).into(),
        ]);
    }
    report.note("statement-sides", Vec::new());
    report
}

/// A line of a statement with its origin.
#[derive(Clone, Copy, Debug)]
pub struct LineRow<'a> {
    /// The line.
    pub line: &'a StatementLine,
    /// Name of its file.
    pub file: &'a str,
    /// Entry that matched it by hand.
    pub matched_by: Option<u64>,
}

/// Lines of one channel of an account.
#[derive(Clone, Copy, Debug)]
pub struct LinesView<'a> {
    /// Bank account.
    pub bank_account: &'a str,
    /// Channel.
    pub channel: &'a str,
    /// First and last day.
    pub days: (Option<Date>, Option<Date>),
    /// Lines in the order of time.
    pub rows: &'a [LineRow<'a>],
}

/// The lines that count.
pub fn statement_lines(view: &LinesView<'_>, basis: &Basis) -> Report {
    let [known_at, entries, root] = basis.cells();
    let (from, to) = view.days;
    let meta = vec![
        view.bank_account.into(),
        view.channel.into(),
        Cell::optional(from),
        Cell::optional(to),
        known_at,
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::STATEMENT_LINES, meta);
    let (mut taken, mut paid) = (Total::ZERO, Total::ZERO);
    for LineRow { line, file, matched_by } in view.rows {
        let is_out = line.amount < Money::ZERO;
        let amount = if is_out { line.amount.negated() } else { line.amount };
        *(if is_out { &mut paid } else { &mut taken }) += amount.into();
        let (in_cell, out_cell) =
            if is_out { (Cell::Empty, amount.into()) } else { (amount.into(), Cell::Empty) };
        report.row(vec![
            line.date.into(),
            in_cell,
            out_cell,
            line.balance.into(),
            line.name.as_str().into(),
            line.account.as_str().into(),
            line.memo.as_str().into(),
            line.serial.as_str().into(),
            (*file).into(),
            line.row.into(),
            line.entry.into(),
            Cell::optional(*matched_by),
            (&line.id).into(),
        ]);
    }
    let mut total = vec![Cell::Empty, taken.into(), paid.into()];
    total.resize(shapes::STATEMENT_LINES.rows.len(), Cell::Empty);
    report.total(total);
    report.note("statement-sides", Vec::new());
    report
}
