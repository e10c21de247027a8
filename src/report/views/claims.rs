//! Claims one by one (补偿逐笔明细).

use crate::domain::entry::Entry;
use crate::domain::money::Total;
use crate::domain::registry::Claim;
use crate::domain::state::State;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::steps::steps;
use crate::report::views::subsidies::payee;
use crate::report::views::{Journal, journal_cells};

/// Claims in the order of filing.
pub fn claims<'c>(
    claims: impl Iterator<Item = &'c Claim>,
    state: &State,
    journal: &Journal,
) -> Report {
    let mut report = Report::new(&shapes::CLAIMS, journal_cells(journal).into());
    let mut sums = [Total::ZERO; 10];
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
            claim.interest.into(),
            claim.collateral.into(),
            claim.other.into(),
        ];
        for (sum, amount) in sums.iter_mut().zip(amounts) {
            *sum += amount;
        }
        let [base, claimed, approved, paid, recovered, written_off, open, told @ ..] =
            amounts.map(Cell::from);
        let [interest, collateral, other] = told;
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
            interest,
            collateral,
            other,
            Cell::optional(claim.supplement.as_ref()),
            Cell::Text(trail.join(" ")),
        ]);
    }
    let [base, claimed, approved, paid, recovered, written_off, open, told @ ..] =
        sums.map(Cell::from);
    let mut totals = vec![Cell::Empty; 6];
    totals.extend([base, claimed, approved, Cell::Empty, paid, recovered, written_off, open]);
    totals.extend(vec![Cell::Empty; 4]);
    totals.extend(told);
    totals.extend(vec![Cell::Empty; 2]);
    report.total(totals);
    report
}

/// One claim with the entries of its trail.
pub fn claim(claim: &Claim, entries: &[Entry], state: &State, journal: &Journal) -> Report {
    let mut report = claims(std::iter::once(claim), state, journal);
    let states = claim.before.iter().skip(1).chain([&claim.state]);
    let states: Vec<&str> = states.map(|state| state.code()).collect();
    steps(&mut report, entries, &states);
    report
}
