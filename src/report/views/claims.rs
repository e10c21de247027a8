//! Claims one by one (补偿逐笔明细), and what firms have had of their yearly caps (限额占用表).

use crate::domain::decide::firm_year_cap;
use crate::domain::event::Programme;
use crate::domain::money::Total;
use crate::domain::registry::Claim;
use crate::domain::state::State;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::subsidies::payee;
use crate::report::views::{Journal, journal_cells};

/// Claims in the order of filing.
pub fn claims<'c>(
    claims: impl Iterator<Item = &'c Claim>,
    state: &State,
    journal: &Journal,
) -> Report {
    let mut report = Report::new(&shapes::CLAIMS, journal_cells(journal).into());
    let mut sums = [Total::ZERO; 7];
    for claim in claims {
        let open = claim.open_right().map_or(Total::ZERO, Total::from);
        let amounts = [
            claim.base.into(),
            claim.claimed.into(),
            claim.approved.into(),
            claim.paid.into(),
            claim.recovered.into(),
            claim.written_off.into(),
            open,
        ];
        for (sum, amount) in sums.iter_mut().zip(amounts) {
            *sum += amount;
        }
        let [base, claimed, approved, paid, recovered, written_off, open] = amounts.map(Cell::from);
        let bank = state.loans.get(&claim.loan).map(|loan| &loan.bank);
        let [account, account_bank] = payee(bank.map_or("", |bank| bank), state);
        let trail: Vec<String> = claim.trail.iter().map(ToString::to_string).collect();
        report.row(vec![
            (&claim.id).into(),
            (&claim.owner).into(),
            (&claim.loan).into(),
            (&claim.note).into(),
            claim.filed.into(),
            Cell::Word(claim.state.code()),
            base,
            claimed,
            approved,
            Cell::optional(claim.approved_on),
            paid,
            recovered,
            written_off,
            open,
            Cell::optional(bank),
            account,
            account_bank,
            Cell::optional(claim.lawsuit.as_ref()),
            Cell::Text(trail.join(" ")),
        ]);
    }
    let [base, claimed, approved, paid, recovered, written_off, open] = sums.map(Cell::from);
    let mut totals = vec![Cell::Empty; 6];
    totals.extend([base, claimed, approved, Cell::Empty, paid, recovered, written_off, open]);
    totals.extend(vec![Cell::Empty; 5]);
    report.total(totals);
    report
}

/// What firms have had of their yearly caps, under the rules in force at the end of each year.
/// Loans enrolled under other rules keep those; then the figure is a guide, not the limit.
pub fn caps(state: &State, firm: Option<&str>, year: Option<i16>, journal: &Journal) -> Report {
    let mut report = Report::new(&shapes::CAPS, journal_cells(journal).into());
    for cap in state.caps.iter() {
        // `INT/firm/2017`; a firm's id may hold a slash itself.
        let Some((fund, rest)) = cap.id.split_once('/') else { continue };
        let Some((identity, cap_year)) = rest.rsplit_once('/') else { continue };
        let programme = Programme::ALL.iter().find(|programme| programme.fund().code() == fund);
        let (Some(programme), Ok(cap_year)) = (programme, cap_year.parse::<i16>()) else {
            continue;
        };
        let party = state.parties.iter().find(|party| party.identity() == identity);
        let asked = |firm: &str| identity == firm || party.is_some_and(|party| *party.id == *firm);
        if firm.is_some_and(|firm| !asked(firm)) || year.is_some_and(|year| year != cap_year) {
            continue;
        }
        let year_end = crate::domain::calendar::date(cap_year, 12, 31).ok();
        let rules = year_end.and_then(|day| state.rules_on(day));
        let limit = rules.and_then(|rules| firm_year_cap(rules, *programme));
        let left = limit.map(|limit| Total::from(limit) - Total::from(cap.used));
        report.row(vec![
            Cell::Word(programme.code()),
            identity.into(),
            Cell::optional(party.map(|party| &party.name)),
            Cell::Integer(u64::try_from(cap_year).unwrap_or_default()),
            Cell::optional(limit),
            cap.used.into(),
            Cell::optional(left),
        ]);
    }
    report
}
