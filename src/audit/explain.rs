//! Where a figure comes from: the entries behind one column of one cell.

use crate::audit::balance::{Cells, Column};
use crate::audit::movements::{Movements, Span};
use crate::audit::turnover::{Key, Run, Turnover};
use crate::domain::calendar::{Date, Month};
use crate::domain::entry::{Entry, Line, Voucher};
use crate::domain::money::Total;
use crate::problem::Problem;
use std::collections::BTreeSet;

/// Reads one entry by its number.
pub type ReadEntry<'a> = &'a dyn Fn(u64) -> Result<Entry, Problem>;

/// Hands over, once each and in the order of their numbers, the entries dated in the span that may
/// hold lines with a wanted key. Cost: one scan of the months, and the entries of the owners' months
/// in which such a line moved.
pub(super) fn entries_behind(
    source: &dyn Movements,
    read: ReadEntry<'_>,
    owner: Option<u16>,
    span: Span,
    wanted: &dyn Fn(Key) -> bool,
    visit: &mut dyn FnMut(&Entry),
) -> Result<(), Problem> {
    let mut months: BTreeSet<(u16, Month)> = BTreeSet::new();
    source.months(owner, &mut |key, month, _| {
        let apart = month.last_day() <= span.eve() || span.to() < month.first_day();
        if !apart && wanted(key) {
            months.insert((key.owner, month));
        }
    })?;
    let mut numbers = Vec::new();
    for (owner, month) in months {
        for run in [Run::General, Run::Register, Run::Touched] {
            numbers.extend(source.entries(owner, month, run)?);
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    for number in numbers {
        let entry = read(number)?;
        if span.contains(entry.event.date) {
            visit(&entry);
        }
    }
    Ok(())
}

/// One entry behind a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Number of the entry.
    pub entry: u64,
    /// Business date.
    pub date: Date,
    /// Voucher of the entry.
    pub voucher: Option<Voucher>,
    /// Event word of the entry.
    pub event: &'static str,
    /// Id of the event.
    pub id: String,
    /// Summary (摘要).
    pub memo: Option<String>,
    /// Entry that it reverses.
    pub reverses: Option<u64>,
    /// What it adds to the figure.
    pub amount: Total,
    /// The lines that count.
    pub lines: Vec<Line>,
}

/// A figure with all that it consists of.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Column.
    pub column: Column,
    /// Cells.
    pub cells: Cells,
    /// Days.
    pub span: Span,
    /// Entries by business date, then number.
    pub parts: Vec<Part>,
    /// Sum of the parts; the figure of the balance report.
    pub total: Total,
}

/// The entries behind a figure of the balance report.
///
/// # Errors
/// Those of the source and of `read`.
pub fn explain(
    source: &dyn Movements,
    read: ReadEntry<'_>,
    numbers: &dyn crate::audit::turnover::Numbers,
    column: Column,
    cells: Cells,
    span: Span,
) -> Result<Explanation, Problem> {
    // Balances at a day stand on everything since the book began.
    let days = match column {
        Column::Opening => Span::until(span.eve()),
        _ if column.flow().is_some() => span,
        _ => Span::until(span.to()),
    };
    let before = column == Column::Opening;
    let wanted = |key: Key| cells.hold(key.owner, key.fund) && column.counts(key, before);
    let mut explanation =
        Explanation { column, cells, span, parts: Vec::new(), total: Total::ZERO };
    entries_behind(source, read, cells.owner, days, &wanted, &mut |entry| {
        if let Some(part) = part_of(entry, numbers, column, &wanted) {
            explanation.total += part.amount;
            explanation.parts.push(part);
        }
    })?;
    explanation.parts.sort_by_key(|part| (part.date, part.entry));
    Ok(explanation)
}

fn part_of(
    entry: &Entry,
    numbers: &dyn crate::audit::turnover::Numbers,
    column: Column,
    wanted: &dyn Fn(Key) -> bool,
) -> Option<Part> {
    let mut lines = Vec::new();
    let mut amount = Total::ZERO;
    crate::audit::turnover::postings(entry, numbers, &mut |key, line| {
        if wanted(key) {
            amount += column.signed(Turnover::from(line));
            lines.push(line.clone());
        }
    });
    if lines.is_empty() {
        return None;
    }
    Some(Part {
        entry: entry.seq,
        date: entry.event.date,
        voucher: entry.voucher.clone(),
        event: entry.event.kind.word(),
        id: entry.event.id.to_string(),
        memo: entry.event.memo.as_ref().map(ToString::to_string),
        reverses: entry.reverses,
        amount,
        lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::balance::balance;
    use crate::audit::sample::{Fixed, delta, owners, reader, reversed, scenario};
    use crate::domain::account::Fund;
    use crate::domain::calendar::parse_date;

    #[test]
    fn every_figure_is_the_sum_of_its_entries() {
        let mut entries = scenario();
        entries.push(reversed(&entries[5], 9));
        let source = delta(&entries);
        let cells = Cells { owner: Some(1), fund: Some(Fund::Risk) };
        for (from, to) in [("2017-01-01", "2017-12-31"), ("2017-03-15", "2017-06-13")] {
            let span = Span::new(parse_date(from).unwrap(), parse_date(to).unwrap()).unwrap();
            let figures = balance(&source, &owners(), cells, span).unwrap().totals;
            for (column, amount) in figures.iter() {
                let told =
                    explain(&source, &reader(&entries), &Fixed, column, cells, span).unwrap();
                assert_eq!(told.total, amount, "{}", column.code());
            }
        }
        let span = Span::until(parse_date("2017-12-31").unwrap());
        let told =
            explain(&source, &reader(&entries), &Fixed, Column::Recoveries, cells, span).unwrap();
        let parts: Vec<String> =
            told.parts.iter().map(|part| format!("{} {}", part.entry, part.amount)).collect();
        assert_eq!(parts, ["6 72661.73", "9 -72661.73", "7 40000.00"]);
    }
}
