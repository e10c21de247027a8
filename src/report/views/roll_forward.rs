//! Balances per owner and fund, the entries behind one figure, and the funds against the targets.

use crate::audit::balance::{Balance, Columns};
use crate::audit::explain::Explanation;
use crate::audit::scale::Scale;
use crate::domain::money::Total;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Basis, last_day, voucher_text};

fn amounts(columns: &Columns) -> impl Iterator<Item = Cell> {
    columns.iter().map(|(_, amount)| amount.into())
}

/// The balances (分县余额表).
pub fn balance(view: &Balance, basis: &Basis) -> Report {
    let [known_at, entries, root] = basis.cells();
    let meta =
        vec![Cell::optional(view.span.from()), last_day(view.span.to()), known_at, entries, root];
    let mut report = Report::new(&shapes::BALANCE, meta);
    balance_rows(view, &mut report);
    for (fund, columns) in &view.funds {
        let mut cells = vec![Cell::Word(fund.code())];
        cells.extend(amounts(columns));
        report.section_row("funds", cells);
    }
    report
}

/// Rows and totals of the balances.
pub(super) fn balance_rows(view: &Balance, report: &mut Report) {
    for row in &view.rows {
        let mut cells =
            vec![(&row.owner).into(), row.name.as_str().into(), Cell::Word(row.fund.code())];
        cells.extend(amounts(&row.columns));
        report.row(cells);
    }
    let mut cells = vec![Cell::Empty, Cell::Empty, Cell::Empty];
    cells.extend(amounts(&view.totals));
    report.total(cells);
}

/// The entries that a figure consists of; `owner` is the owner's code as the user gave it.
pub fn explain(view: &Explanation, owner: Option<&str>, basis: &Basis) -> Report {
    let [known_at, entries, root] = basis.cells();
    let meta = vec![
        Cell::Word(view.column.code()),
        Cell::optional(owner),
        view.cells.fund.map_or(Cell::Empty, |fund| Cell::Word(fund.code())),
        Cell::optional(view.span.from()),
        last_day(view.span.to()),
        known_at,
        view.total.into(),
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::EXPLAIN, meta);
    for part in &view.parts {
        report.row(vec![
            part.date.into(),
            Cell::optional(part.voucher.as_ref().map(voucher_text)),
            part.entry.into(),
            Cell::Event(part.event),
            part.id.as_str().into(),
            Cell::optional(part.memo.as_deref()),
            Cell::optional(part.reverses),
            part.amount.into(),
        ]);
    }
    let mut totals = vec![Cell::Empty; 7];
    totals.push(view.total.into());
    report.total(totals);
    report
}

/// The three funds against the targets.
pub fn scale(view: &Scale, basis: &Basis) -> Report {
    let [known_at, entries, root] = basis.cells();
    let mut report =
        Report::new(&shapes::SCALE, vec![last_day(view.date), known_at, entries, root]);
    let sums = |funds: &[Total; 3], total: Total| {
        funds.iter().copied().chain([total]).map(Cell::from).collect::<Vec<_>>()
    };
    for row in &view.rows {
        let mut cells = vec![(&row.owner).into(), row.name.as_str().into()];
        cells.extend(sums(&row.funds, row.total));
        report.row(cells);
    }
    let mut cells = vec![Cell::Empty, Cell::Empty];
    cells.extend(sums(&view.funds, view.total));
    report.total(cells);
    for reached in &view.targets {
        report.section_row(
            "targets",
            vec![
                reached.target.by.into(),
                reached.target.amount.into(),
                reached.received.into(),
                reached.missing.into(),
            ],
        );
    }
    report
}
