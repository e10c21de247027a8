//! The book's side of a bank account: what stood on it before a day, and its lines from then on.

use crate::audit::explain::{ReadEntry, entries_behind};
use crate::audit::movements::{Movements, Span, collect};
use crate::audit::reconcile::{BookLine, book_lines};
use crate::audit::turnover::{Key, Turnover};
use crate::domain::money::Total;
use crate::problem::Problem;

/// Balance on the eve of the span, and the lines of the span by business date, then entry.
/// `number` is the bank account's number in the index.
/// Cost: one scan of the tables, and the entries of the months in which the account moved.
///
/// # Errors
/// Those of the source and of `read`.
pub fn book_side(
    source: &dyn Movements,
    read: ReadEntry<'_>,
    (number, bank_account): (u16, &str),
    span: Span,
) -> Result<(Total, Vec<BookLine>), Problem> {
    let wanted = |key: Key| key.bank == number && key.account.is_cash();
    let mut opening = Turnover::default();
    if span.from().is_some() {
        collect(source, None, &[span.eve()], &mut |key, _, sum| {
            if wanted(key) {
                opening += sum;
            }
        })?;
    }
    let mut lines = Vec::new();
    entries_behind(source, read, None, span, &wanted, &mut |entry| {
        lines.extend(book_lines(entry, bank_account));
    })?;
    lines.sort_by_key(|line| (line.date, line.entry, line.line));
    Ok((opening.net(), lines))
}
