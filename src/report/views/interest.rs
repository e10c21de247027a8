//! Deposit interest shared among the owners of an account (积数分配表).

use crate::audit::day_sums::{Credited, Split};
use crate::domain::money::Total;
use crate::domain::state::State;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, Posted, journal_cells};

/// The parts of the owners; `posted` is given if they were also recorded.
pub fn interest_split(
    credited: &Credited,
    split: &Split,
    posted: Option<Posted>,
    state: &State,
    journal: &Journal,
) -> Report {
    let [entries, root] = journal_cells(journal);
    let meta = vec![
        (&credited.bank_account).into(),
        Cell::Word(split.fund.code()),
        credited.days.from.into(),
        credited.days.to.into(),
        credited.amount.into(),
        Cell::optional(credited.rate),
        Cell::optional(split.computed.map(|(computed, _)| computed)),
        Cell::optional(split.computed.map(|(_, beyond)| beyond)),
        split.tolerance.into(),
        split.agrees().into(),
        Cell::optional(posted.map(|posted| posted.new)),
        Cell::optional(posted.map(|posted| posted.already)),
        posted.is_none_or(|posted| posted.dry_run).into(),
        entries,
        root,
        Cell::Empty,
    ];
    let mut report = Report::new(&shapes::INTEREST_SPLIT, meta);
    let mut sum = Total::ZERO;
    for part in &split.parts {
        sum += part.amount.into();
        report.row(vec![
            (&part.owner).into(),
            Cell::optional(state.owners.get(&part.owner).map(|owner| &owner.name)),
            part.day_sum.as_str().into(),
            part.amount.into(),
        ]);
    }
    report.total(vec![Cell::Empty, Cell::Empty, Cell::Empty, sum.into()]);
    report
}
