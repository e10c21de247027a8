//! One entry as a voucher (记账凭证), and the results of recording files of events.

use crate::domain::account::Side;
use crate::domain::capitals::capitals;
use crate::domain::entry::Reversed;
use crate::domain::entry::{Entry, Line, Voucher};
use crate::domain::json::Writer;
use crate::domain::money::Total;
use crate::report::locale::Locale;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, journal_cells};

/// The voucher number as printed: `2017-10 记-12`.
pub fn voucher_text(voucher: &Voucher) -> String {
    format!("{} {}-{}", voucher.month, voucher.word.code(), voucher.number)
}

/// Facts about an entry that it does not contain itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing<'a> {
    /// Name of its owner.
    pub owner_name: Option<&'a str>,
    /// Entry that reversed it.
    pub reversed_by: Option<u64>,
    /// True if it had been recorded before.
    pub already: bool,
    /// True if it was only a dry run.
    pub dry_run: bool,
}

/// The voucher of an entry.
pub fn voucher(entry: &Entry, standing: Standing<'_>, locale: &Locale) -> Report {
    let event = &entry.event;
    let debit = side_sum(&entry.lines, Side::Debit);
    let mut own = Vec::new();
    event.write_own(&mut Writer::new(&mut own));
    let meta = vec![
        entry.seq.into(),
        Cell::optional(entry.voucher.as_ref().map(voucher_text)),
        event.date.into(),
        Cell::optional(event.effective),
        Cell::Event(event.kind.word()),
        (&event.id).into(),
        Cell::optional(entry.owner()),
        Cell::optional(standing.owner_name),
        Cell::optional(event.memo.as_ref()),
        Cell::optional(event.document.as_ref()),
        if event.attachments.is_empty() { Cell::Empty } else { event.attachments.len().into() },
        Cell::optional(event.maker.as_ref()),
        Cell::optional(event.checker.as_ref()),
        Cell::optional(event.approver.as_ref()),
        Cell::optional(entry.rules.as_ref()),
        Cell::optional(entry.reverses),
        Cell::optional(standing.reversed_by),
        debit
            .money()
            .ok()
            .filter(|sum| sum.is_positive())
            .map_or(Cell::Empty, |sum| Cell::Text(capitals(sum))),
        Cell::Text(entry.recorded.to_string()),
        standing.already.into(),
        standing.dry_run.into(),
        Cell::Json(String::from_utf8_lossy(&own).into_owned()),
        entry
            .working
            .as_ref()
            .map_or(Cell::Empty, |working| Cell::Json(working.as_str().to_owned())),
        // Only the command that records an event knows its consequences.
        Cell::Empty,
    ];
    let mut report = Report::new(&shapes::VOUCHER, meta);
    for line in &entry.lines {
        let mut cells = start(line, locale);
        cells.push(Cell::optional(line.bank_account.as_ref()));
        cells.extend(dimensions(line));
        report.row(cells);
    }
    let mut totals = vec![Cell::Empty; 9];
    totals.extend([debit.into(), side_sum(&entry.lines, Side::Credit).into()]);
    report.total(totals);
    for line in &entry.memo {
        let mut cells = start(line, locale);
        cells.extend(dimensions(line));
        report.section_row("memo", cells);
    }
    report
}

fn side_sum(lines: &[Line], side: Side) -> Total {
    lines.iter().filter(|line| line.side == side).map(|line| Total::from(line.amount)).sum()
}

fn start(line: &Line, locale: &Locale) -> Vec<Cell> {
    vec![
        line.account.code().into(),
        locale.account(line.account).into(),
        (&line.owner).into(),
        Cell::Word(line.fund.code()),
    ]
}

fn dimensions(line: &Line) -> [Cell; 6] {
    let on = |side| if line.side == side { line.amount.into() } else { Cell::Empty };
    [
        Cell::optional(line.party.as_ref()),
        Cell::optional(line.loan.as_ref()),
        Cell::optional(line.claim.as_ref()),
        line.source.map_or(Cell::Empty, |source| Cell::Word(source.code())),
        on(Side::Debit),
        on(Side::Credit),
    ]
}

/// Result for one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileOutcome {
    /// File as the user named it.
    pub file: String,
    /// New entries.
    pub new: u64,
    /// Events that were recorded before.
    pub already: u64,
    /// Those of them whose entry was reversed since.
    pub reversed: Vec<Reversed>,
    /// Rows that were rejected.
    pub rejected: u64,
}

/// The results of recording files of events.
pub fn recorded(files: &[FileOutcome], journal: &Journal, dry_run: bool) -> Report {
    let [entries, root] = journal_cells(journal);
    let mut report =
        Report::new(&shapes::RECORDED, vec![entries, root, dry_run.into(), Cell::Empty]);
    let mut sums = [0u64; 4];
    for file in files {
        let counts = [file.new, file.already, file.reversed.len() as u64, file.rejected];
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum = sum.saturating_add(count);
        }
        let mut cells = vec![file.file.as_str().into()];
        cells.extend(counts.map(Cell::from));
        report.row(cells);
    }
    let mut totals = vec![Cell::Empty];
    totals.extend(sums.map(Cell::from));
    report.total(totals);
    report
}
