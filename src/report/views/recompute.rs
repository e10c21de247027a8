//! Settled subsidies computed again: recorded, recomputed and posted amounts, and the reasons.

use super::subsidies::name;
use crate::domain::calendar::Date;
use crate::domain::money::Total;
use crate::domain::state::State;
use crate::domain::subsidy::correction::{Cause, Difference, Range};
use crate::domain::years::Years;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, Posted, journal_cells};
use std::collections::BTreeMap;

/// The differences of a range; `posted` is given, with its day, if they were also posted.
pub fn recompute(
    differences: &[Difference],
    range: &Range,
    posted: Option<(Posted, Date)>,
    state: &State,
    journal: &Journal,
) -> Report {
    let [entries, root] = journal_cells(journal);
    let meta = vec![
        range.since.to_string().into(),
        Cell::optional(range.until.map(|until| until.to_string())),
        Cell::optional(posted.map(|(_, date)| date)),
        Cell::optional(posted.map(|(posted, _)| posted.new)),
        posted.is_none_or(|(posted, _)| posted.dry_run).into(),
        entries,
        root,
        Cell::Empty,
    ];
    let mut report = Report::new(&shapes::RECOMPUTE, meta);
    let mut sums = [Total::ZERO; 7];
    for own in differences {
        let amounts = [
            own.standing.into(),
            own.recomputed.into(),
            own.amount(),
            own.taken_of(true),
            own.taken_of(false),
            own.added.into(),
            own.waiting,
        ];
        for (sum, amount) in sums.iter_mut().zip(amounts) {
            *sum += amount;
        }
        let mut row = vec![
            Cell::Word(own.programme.code()),
            own.quarter.to_string().into(),
            (&own.owner).into(),
            (&own.loan).into(),
            (&own.note).into(),
            (&own.firm).into(),
            name(&own.firm, state),
            Cell::optional(own.first.as_ref()),
        ];
        row.extend(amounts.map(Cell::from));
        row.push(own.effective.into());
        report.row(row);
    }
    let mut totals = vec![Cell::Empty; 8];
    totals.extend(sums.map(Cell::from));
    totals.push(Cell::Empty);
    report.total(totals);
    causes(differences, &mut report);
    years(differences, state, &mut report);
    report
}

fn causes(differences: &[Difference], report: &mut Report) {
    for own in differences {
        for cause in &own.causes {
            let (entry, event, effective) = match cause {
                Cause::Fact { entry, event, effective } => {
                    (Cell::from(*entry), Cell::Event(event), Cell::from(*effective))
                }
                Cause::Cap => (Cell::Empty, Cell::Word("cap-room"), Cell::Empty),
            };
            report.section_row(
                "causes",
                vec![
                    Cell::Word(own.programme.code()),
                    own.quarter.to_string().into(),
                    (&own.loan).into(),
                    (&own.note).into(),
                    entry,
                    event,
                    effective,
                ],
            );
        }
    }
}

/// Adds the amounts by which the firms' caps change, by the years of the days.
fn years(differences: &[Difference], state: &State, report: &mut Report) {
    let mut firms: BTreeMap<_, Vec<(i16, crate::domain::money::Money)>> = BTreeMap::new();
    for own in differences {
        let firm = state.firm_identity(&own.firm).to_owned();
        let rows = firms.entry((own.programme, firm)).or_default();
        rows.extend(own.years.rows().iter().copied());
    }
    for ((programme, firm), rows) in firms {
        for (year, amount) in Years::of(rows).rows() {
            report.section_row(
                "cap_room",
                vec![
                    Cell::Word(programme.code()),
                    firm.as_str().into(),
                    u64::try_from(*year).map_or(Cell::Empty, Cell::from),
                    (*amount).into(),
                ],
            );
        }
    }
}
