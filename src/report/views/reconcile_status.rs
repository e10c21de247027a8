//! State of the reconciliation of each bank account: open items, the certified day, and whether
//! independent sources agree.

use crate::audit::reconcile::{Item, StatementLine, Zone};
use crate::audit::statements::Difference;
use crate::domain::calendar::Date;
use crate::domain::money::Total;
use crate::domain::registry::BankAccount;
use crate::domain::state::State;
use crate::domain::statement::figures::Figures;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::reconcile::{AccountView, counterparty, of_bank};
use crate::report::views::{Journal, journal_cells};

/// One bank account of the status.
pub struct StatusRow<'a> {
    /// The account with its form for the day.
    pub view: AccountView<'a>,
    /// Last day up to which nothing is open.
    pub tied_to: Option<Date>,
    /// Differences between its sources.
    pub source_differences: usize,
    /// The latest certificate: its day, and the entry that broke it.
    pub certificate: Option<(Date, Option<u64>)>,
    /// True if nothing must be done.
    pub ok: bool,
}

/// The status of bank accounts; `warn` is the age in days from which on an item is marked.
pub fn status(
    rows: &[StatusRow<'_>],
    day: Option<Date>,
    warn: i64,
    state: &State,
    journal: &Journal,
) -> Report {
    let [entries, root] = journal_cells(journal);
    let open = rows.iter().filter(|row| !row.ok).count();
    let meta = vec![Cell::optional(day), rows.len().into(), open.into(), entries, root];
    let mut report = Report::new(&shapes::RECONCILE_STATUS, meta);
    for row in rows {
        report.row(status_cells(row, warn, state));
    }
    let aged: usize = rows.iter().map(|row| aged(&row.view.result.items, warn)).sum();
    if aged > 0 {
        report
            .note("reconcile-aged", vec![("count", aged.to_string()), ("days", warn.to_string())]);
    }
    report
}

fn aged(items: &[Item], warn: i64) -> usize {
    items.iter().filter(|item| item.age > warn).count()
}

fn status_cells(row: &StatusRow<'_>, warn: i64, state: &State) -> Vec<Cell> {
    let (view, result) = (&row.view, row.view.result);
    let proposed = view.matching.groups.iter().filter(|group| group.zone == Zone::Proposed);
    let bank = result.items.iter().filter(|item| of_bank(item)).count();
    let oldest = result.items.iter().map(|item| item.age).max();
    let known = view.from.is_some();
    let if_known = |total: Total| if known { total.into() } else { Cell::Empty };
    let (certified, word, broken) = match row.certificate {
        None => (None, Cell::Word("none"), None),
        Some((day, None)) => (Some(day), Cell::Word("sound"), None),
        Some((day, Some(entry))) => (Some(day), Cell::Word("broken"), Some(entry)),
    };
    vec![
        (&view.account.id).into(),
        (&view.account.owner).into(),
        Cell::optional(state.owners.get(&view.account.owner).map(|owner| &owner.name)),
        Cell::Word(view.account.fund.code()),
        result.last_day.into(),
        Cell::optional(row.tied_to),
        Cell::optional(view.to),
        result.book_balance.into(),
        if_known(result.statement_balance),
        if_known(result.difference),
        if_known(result.adjusted_statement - result.adjusted_book),
        bank.into(),
        result.items.len().saturating_sub(bank).into(),
        proposed.count().into(),
        Cell::optional(oldest.and_then(|age| u64::try_from(age).ok())),
        aged(&result.items, warn).into(),
        view.gaps.into(),
        view.waiting.into(),
        view.sources.into(),
        row.source_differences.into(),
        Cell::optional(certified),
        word,
        Cell::optional(broken),
        row.ok.into(),
    ]
}

/// One certificate.
pub struct CertificateRow<'a> {
    /// The account.
    pub account: &'a BankAccount,
    /// The day.
    pub date: Date,
    /// Number of its entry; `None` before it is recorded.
    pub entry: Option<u64>,
    /// The entry that broke it.
    pub broken_by: Option<u64>,
    /// The certified figures.
    pub figures: Figures,
    /// Number of sources for the day when it was made.
    pub sources: usize,
    /// The person who prepared it.
    pub maker: Option<String>,
    /// The person who checked it.
    pub checker: Option<String>,
}

/// The certificates, with the open items of each if `items` is true.
pub fn certificates(
    rows: &[CertificateRow<'_>],
    items: bool,
    state: &State,
    journal: &Journal,
) -> Report {
    let [entries, root] = journal_cells(journal);
    let broken = rows.iter().filter(|row| row.broken_by.is_some()).count();
    let meta = vec![rows.len().into(), broken.into(), entries, root];
    let mut report = Report::new(&shapes::CERTIFICATES, meta);
    for row in rows {
        let word = if row.broken_by.is_some() { "broken" } else { "sound" };
        let figures = &row.figures;
        report.row(vec![
            (&row.account.id).into(),
            (&row.account.owner).into(),
            Cell::optional(state.owners.get(&row.account.owner).map(|owner| &owner.name)),
            row.date.into(),
            Cell::optional(row.entry),
            Cell::Word(word),
            Cell::optional(row.broken_by),
            figures.statement.into(),
            figures.book.into(),
            (Total::from(figures.statement) - Total::from(figures.book)).into(),
            figures.adjusted.into(),
            figures.open.len().into(),
            row.sources.into(),
            Cell::optional(row.maker.as_deref()),
            Cell::optional(row.checker.as_deref()),
            figures.entries.into(),
        ]);
        for item in figures.open.iter().filter(|_| items) {
            let kind = crate::audit::reconcile::ItemKind::ALL.into_iter();
            let word = kind.map(|kind| kind.code()).find(|code| item.kind == *code);
            let age = crate::domain::calendar::days_between(item.date, row.date);
            report.section_row(
                "certified_items",
                vec![
                    (&row.account.id).into(),
                    row.date.into(),
                    word.map_or(Cell::Empty, Cell::Word),
                    item.date.into(),
                    item.amount.into(),
                    (&item.line).into(),
                    u64::try_from(age).map_or(Cell::Empty, Cell::from),
                ],
            );
        }
    }
    report
}

/// A match that a person confirmed or withdrew.
pub struct ConfirmedRow {
    /// Id of the match.
    pub matching: String,
    /// Bank account.
    pub bank_account: String,
    /// Date of the event.
    pub date: Date,
    /// Lines of the statement.
    pub lines: String,
    /// Lines of the book.
    pub postings: String,
    /// Its result: `recorded`, `already` or `taken-back`.
    pub outcome: &'static str,
    /// Number of its entry.
    pub entry: Option<u64>,
}

/// The results of confirming matches.
pub fn confirmed(rows: Vec<ConfirmedRow>, dry_run: bool, journal: &Journal) -> Report {
    let [entries, root] = journal_cells(journal);
    let mut report = Report::new(&shapes::CONFIRMED, vec![dry_run.into(), entries, root]);
    for row in rows {
        let filled = |text: String| Cell::optional(Some(text).filter(|text| !text.is_empty()));
        report.row(vec![
            row.matching.into(),
            row.bank_account.into(),
            row.date.into(),
            filled(row.lines),
            filled(row.postings),
            Cell::Word(row.outcome),
            Cell::optional(row.entry),
        ]);
    }
    report
}

/// One source of a bank account.
pub struct ChannelView {
    /// Its name.
    pub name: String,
    /// First and last day.
    pub days: Option<(Date, Date)>,
    /// Number of statements.
    pub statements: usize,
    /// Its lines that count.
    pub lines: Vec<StatementLine>,
    /// The people who obtained the statements.
    pub people: String,
    /// Name of the file of each line, by entry.
    pub files: Vec<(u64, String)>,
}

impl ChannelView {
    fn file(&self, line: &StatementLine) -> Option<&str> {
        let found = self.files.iter().find(|(entry, _)| *entry == line.entry);
        found.map(|(_, file)| file.as_str())
    }
}

/// The sources of a bank account; each further one is compared with the first.
pub struct SourcesView<'a> {
    /// The account.
    pub account: &'a BankAccount,
    /// The sources; reconciliation uses the first one.
    pub channels: &'a [ChannelView],
    /// Days that every source covers.
    pub days: Option<(Date, Date)>,
    /// Index of each further source, and its differences from the first.
    pub differences: &'a [(usize, Vec<Difference>)],
}

/// The sources of a bank account and their differences.
pub fn sources(view: &SourcesView<'_>, state: &State, journal: &Journal) -> Report {
    let [entries, root] = journal_cells(journal);
    let count: usize = view.differences.iter().map(|(_, list)| list.len()).sum();
    let owner = state.owners.get(&view.account.owner);
    let meta = vec![
        (&view.account.id).into(),
        (&view.account.owner).into(),
        Cell::optional(owner.map(|owner| &owner.name)),
        view.channels.len().into(),
        Cell::optional(view.days.map(|days| days.0)),
        Cell::optional(view.days.map(|days| days.1)),
        count.into(),
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::SOURCES, meta);
    let first = view.channels.first();
    for (place, list) in view.differences {
        let (Some(first), Some(second)) = (first, view.channels.get(*place)) else { continue };
        for difference in list {
            report.row(difference_cells(first, second, difference));
        }
    }
    for channel in view.channels {
        report.section_row(
            "channels",
            vec![
                channel.name.as_str().into(),
                Cell::optional(channel.days.map(|days| days.0)),
                Cell::optional(channel.days.map(|days| days.1)),
                channel.statements.into(),
                channel.lines.len().into(),
                channel.people.as_str().into(),
            ],
        );
    }
    report
}

/// The word of a difference; its label is `word-<word>`.
fn word(difference: &Difference) -> &'static str {
    match difference {
        Difference::Missing { .. } => "source-missing",
        Difference::Extra { .. } => "source-extra",
        Difference::Amount { .. } => "source-amount",
        Difference::Date { .. } => "source-date",
        Difference::Text { .. } => "source-text",
        Difference::Balance { .. } => "source-balance",
    }
}

fn difference_cells(first: &ChannelView, second: &ChannelView, one: &Difference) -> Vec<Cell> {
    let (left, right) = match one {
        Difference::Missing { first } => (Some(*first), None),
        Difference::Extra { second } => (None, Some(*second)),
        Difference::Amount { first, second }
        | Difference::Date { first, second }
        | Difference::Text { first, second } => (Some(*first), Some(*second)),
        Difference::Balance { .. } => (None, None),
    };
    let left = left.and_then(|place| first.lines.get(place));
    let right = right.and_then(|place| second.lines.get(place));
    let mut cells = vec![second.name.as_str().into(), Cell::Word(word(one))];
    if let Difference::Balance { day, expected, found } = one {
        let empty = Cell::Empty;
        cells.extend([(*day).into(), empty.clone(), empty.clone(), (*expected).into()]);
        cells.extend([empty.clone(), empty.clone(), (*day).into(), empty.clone(), empty.clone()]);
        cells.extend([(*found).into()]);
        cells.resize(shapes::SOURCES.rows.len(), empty);
        return cells;
    }
    for line in [left, right] {
        cells.extend([
            Cell::optional(line.map(|line| line.date)),
            Cell::optional(line.map(|line| line.id.as_str())),
            Cell::optional(line.map(|line| line.amount)),
            Cell::optional(line.map(|line| line.balance)),
            Cell::optional(line.map(|line| line.memo.as_str())),
            Cell::optional(line.map(counterparty)),
        ]);
    }
    for (channel, line) in [(first, left), (second, right)] {
        cells.push(Cell::optional(line.and_then(|line| channel.file(line))));
        cells.push(Cell::optional(line.map(|line| line.row)));
    }
    cells
}
