//! One row per line of every entry: a flat csv table for the user's own tools.

use super::{CHUNK, Sink, Source};
use crate::domain::account::Side;
use crate::domain::entry::{Entry, Line};
use crate::problem::Problem;
use crate::report::csv::plain;
use crate::report::table::{Cell, Column, ColumnKind};
use crate::report::views::voucher_text;
use crate::store::Store;

macro_rules! columns {
    ($($key:ident $kind:ident),* $(,)?) => {
        &[$(Column { key: stringify!($key), kind: ColumnKind::$kind }),*]
    };
}

/// The columns, in order.
pub const COLUMNS: &[Column] = columns![
    entry Integer, voucher Text, date Date, effective Date, owner Text, name Text, fund Word,
    account Text, account_name Text, debit Money, credit Money, party Text, loan Text, claim Text,
    source Word, bank_account Text, event Word, id Text, memo Text, document Text, reverses Integer,
    maker Text, checker Text, approver Text,
];

/// Passes on the rows of all selected lines, by business date and entry number.
///
/// # Errors
/// Those of the store, or of `visit`.
pub fn rows<S: Store>(
    source: &Source<'_, S>,
    visit: &mut dyn FnMut(&[Cell]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    for (_, seq) in source.order(&mut |_| {})? {
        let entry = source.entry(seq)?;
        for (_, line) in source.lines(&entry) {
            visit(&row(&entry, line, source))?;
        }
    }
    Ok(())
}

fn row<S: Store>(entry: &Entry, line: &Line, source: &Source<'_, S>) -> Vec<Cell> {
    let event = &entry.event;
    let amount = Cell::from(line.amount);
    let (debit, credit) = match line.side {
        Side::Debit => (amount, Cell::Empty),
        Side::Credit => (Cell::Empty, amount),
    };
    let owner = source.state.owners.get(&line.owner);
    vec![
        entry.seq.into(),
        Cell::optional(entry.voucher.as_ref().map(voucher_text)),
        event.date.into(),
        Cell::optional(event.effective),
        (&line.owner).into(),
        Cell::optional(owner.map(|owner| &owner.name)),
        Cell::Word(line.fund.code()),
        line.account.code().into(),
        source.locale.account(line.account).into(),
        debit,
        credit,
        Cell::optional(line.party.as_ref()),
        Cell::optional(line.loan.as_ref()),
        Cell::optional(line.claim.as_ref()),
        line.source.map_or(Cell::Empty, |source| Cell::Word(source.code())),
        Cell::optional(line.bank_account.as_ref()),
        Cell::Event(event.kind.word()),
        (&event.id).into(),
        Cell::optional(event.memo.as_ref()),
        Cell::optional(event.document.as_ref()),
        Cell::optional(entry.reverses),
        Cell::optional(event.maker.as_ref()),
        Cell::optional(event.checker.as_ref()),
        Cell::optional(event.approver.as_ref()),
    ]
}

/// Writes the table as csv, like [`crate::report::csv`]. Cost: that of [`super::write`].
///
/// # Errors
/// Those of the store, or of the sink.
pub fn csv<S: Store>(source: &Source<'_, S>, sink: &mut Sink<'_>) -> Result<(), Problem> {
    let mut out = "\u{FEFF}".as_bytes().to_vec();
    add(&mut out, COLUMNS.iter().map(|column| column.key.to_owned()));
    rows(source, &mut |cells| {
        add(&mut out, cells.iter().map(|cell| plain(cell, source.locale)));
        if out.len() >= CHUNK {
            sink(&out)?;
            out.clear();
        }
        Ok(())
    })?;
    sink(&out)
}

fn add(out: &mut Vec<u8>, cells: impl Iterator<Item = String>) {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    // Writing to a Vec cannot fail.
    let _ = writer.write_record(cells.collect::<Vec<_>>());
    let _ = writer.flush();
}
