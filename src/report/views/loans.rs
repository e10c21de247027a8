//! Loans: the register (科技贷款台账), and one loan with its history.

use crate::domain::entry::Entry;
use crate::domain::lifecycle::LoanState;
use crate::domain::loan::{Application, Loan, Note};
use crate::domain::money::Total;
use crate::domain::registry::Qualification;
use crate::domain::state::State;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::steps::steps;
use crate::report::views::{Journal, journal_cells};

/// The register of loans, in the order of enrolment.
pub fn loans<'l>(
    loans: impl Iterator<Item = &'l Loan>,
    state: &State,
    journal: &Journal,
) -> Report {
    let mut report = Report::new(&shapes::LOANS, journal_cells(journal).into());
    let mut sums = [Total::ZERO; 3];
    for loan in loans {
        let drawn: Total = loan.notes.iter().map(|note| Total::from(note.amount)).sum();
        let owed: Total = loan.notes.iter().map(|note| Total::from(note.balance)).sum();
        for (sum, amount) in sums.iter_mut().zip([Total::from(loan.amount), drawn, owed]) {
            *sum += amount;
        }
        let mut cells = parties(loan, state);
        cells.extend([
            loan.amount.into(),
            drawn.into(),
            owed.into(),
            loan.rate.into(),
            loan.enrolled.into(),
            loan.due.into(),
            Cell::Word(LoanState::of(loan, state).code()),
            Cell::optional(loan.rules.as_ref()),
        ]);
        report.row(cells);
    }
    let mut totals = vec![Cell::Empty; 7];
    totals.extend(sums.map(Cell::from));
    totals.extend(std::iter::repeat_n(Cell::Empty, 5));
    report.total(totals);
    report
}

/// loan, owner, firm, `firm_name`, bank, guarantor, contract.
fn parties(loan: &Loan, state: &State) -> Vec<Cell> {
    let name = state.parties.get(&loan.firm).map(|party| &party.name);
    vec![
        (&loan.id).into(),
        (&loan.owner).into(),
        (&loan.firm).into(),
        Cell::optional(name),
        (&loan.bank).into(),
        Cell::optional(loan.guarantor.as_ref()),
        Cell::optional(loan.contract.as_ref()),
    ]
}

/// Adds the applications that are not enrolled to a register of loans.
pub fn applications<'a>(
    report: &mut Report,
    applications: impl Iterator<Item = &'a Application>,
    state: &State,
) {
    let open = applications.filter(|one| !one.trail.is_empty() && one.state != LoanState::Enrolled);
    for application in open {
        let firm = state.parties.get(&application.firm).map(|party| &party.name);
        report.section_row(
            "applications",
            vec![
                (&application.id).into(),
                (&application.owner).into(),
                (&application.firm).into(),
                Cell::optional(firm),
                (&application.bank).into(),
                Cell::optional(application.guarantor.as_ref()),
                application.amount.into(),
                application.applied.into(),
                Cell::Word(application.state.code()),
                Cell::optional(application.purpose.as_ref()),
            ],
        );
    }
}

/// One loan, with the entries of its application and of its own trail.
pub fn loan(loan: &Loan, entries: &[Entry], state: &State, journal: &Journal) -> Report {
    let mut meta = parties(loan, state);
    meta.extend([
        loan.amount.into(),
        loan.signed.into(),
        loan.enrolled.into(),
        loan.due.into(),
        loan.rate.into(),
        Cell::optional(loan.security.as_ref()),
        Cell::optional(loan.firm_class.as_ref()),
        loan.first_loan.into(),
        Cell::Word(loan.day_count.code()),
        Cell::optional(loan.renews.as_ref()),
        Cell::optional(loan.drawing_of.as_ref()),
        Cell::optional(loan.rules.as_ref()),
        loan.rules_since().into(),
        Cell::optional(loan.removed),
    ]);
    meta.extend(journal_cells(journal));
    let mut report = Report::new(&shapes::LOAN, meta);
    notes(loan, state, &mut report);
    for fee in &loan.fees {
        report.section_row(
            "fees_paid",
            vec![
                fee.paid.into(),
                fee.from.into(),
                fee.to.into(),
                fee.rate.into(),
                fee.amount.into(),
                fee.refunds.iter().map(|(_, amount)| Total::from(*amount)).sum::<Total>().into(),
                fee.instalment.into(),
            ],
        );
    }
    for told in state.qualifications.iter() {
        if told.firm == loan.firm && !told.reversed {
            report.section_row("qualifications", qualification(told));
        }
    }
    rests(loan, state, &mut report);
    let applied = state.application(&loan.id).map_or(&[][..], |one| &one.before);
    let last = applied.last().map(|_| LoanState::Enrolled.code());
    let states: Vec<&str> = applied.iter().skip(1).map(|state| state.code()).chain(last).collect();
    steps(&mut report, entries, &states);
    report
}

/// The drawdown notes with their sums.
fn notes(loan: &Loan, state: &State, report: &mut Report) {
    let mut sums = [Total::ZERO; 3];
    for note in &loan.notes {
        for (sum, amount) in sums.iter_mut().zip([note.amount, note.balance, note.exposure]) {
            *sum += amount.into();
        }
        report.row(vec![
            (&note.id).into(),
            note.amount.into(),
            note.drawn.into(),
            note.due.into(),
            Cell::Word(LoanState::of_note(note, state).code()),
            note.balance.into(),
            note.exposure.into(),
            Cell::optional(note.npl),
        ]);
        changes(note, report);
    }
    let [amount, balance, exposure] = sums.map(Cell::from);
    let empty = Cell::Empty;
    report.total(vec![
        empty.clone(),
        amount,
        empty.clone(),
        empty.clone(),
        empty.clone(),
        balance,
        exposure,
        empty,
    ]);
}

/// What rests on the loan: claims, subsidy lines, and filings of which nothing came yet.
fn rests(loan: &Loan, state: &State, report: &mut Report) {
    for claim in state.claims.iter().filter(|claim| claim.loan == loan.id) {
        report.section_row(
            "claims",
            vec![
                (&claim.id).into(),
                claim.filed.into(),
                Cell::Word(claim.state.code()),
                claim.base.into(),
                claim.approved.into(),
                claim.paid.into(),
                claim.recovered.into(),
            ],
        );
    }
    for line in state.subsidies.iter().filter(|line| line.loan == loan.id) {
        report.section_row(
            "subsidies",
            vec![
                (&line.id).into(),
                Cell::Word(line.programme.code()),
                (&line.period).into(),
                Cell::Word(line.state.code()),
                line.amount.into(),
                line.paid.into(),
            ],
        );
    }
    let waiting = state.filings.iter().filter(|one| one.loan == loan.id && one.line.is_none());
    for filing in waiting.filter(|filing| !filing.trail.is_empty()) {
        report.section_row(
            "subsidies",
            vec![
                (&filing.id).into(),
                Cell::Word(filing.programme.code()),
                (&filing.period).into(),
                Cell::Word(filing.state.code()),
                Cell::Empty,
                Cell::Empty,
            ],
        );
    }
}

/// A qualification of the firm, granted or lost.
fn qualification(told: &Qualification) -> Vec<Cell> {
    vec![
        Cell::optional(told.qualification.as_ref()),
        Cell::optional(told.number.as_ref()),
        told.from.into(),
        Cell::optional(told.to),
        told.to.is_none().into(),
    ]
}

/// Adds the history of a note, by kind and then in the order of recording.
fn changes(note: &Note, report: &mut Report) {
    let id = || Cell::from(&note.id);
    let mut change = |date: Cell, event, to, rate, amount| {
        report.section_row("changes", vec![id(), date, Cell::Word(event), to, rate, amount]);
    };
    let empty = Cell::Empty;
    for (date, amount) in &note.repayments {
        change((*date).into(), "repay", empty.clone(), empty.clone(), (*amount).into());
    }
    for (date, rate) in &note.rates {
        change((*date).into(), "reprice", empty.clone(), (*rate).into(), empty.clone());
    }
    for (from, to) in &note.extensions {
        change((*from).into(), "extend", (*to).into(), empty.clone(), empty.clone());
    }
    for (from, cured) in &note.overdue {
        change((*from).into(), "overdue", Cell::optional(*cured), empty.clone(), empty.clone());
    }
    for other in &note.others {
        report.section_row(
            "other_benefits",
            vec![
                id(),
                (&other.scheme).into(),
                other.from.into(),
                other.to.into(),
                other.amount.into(),
            ],
        );
    }
    for paid in &note.interest {
        report.section_row(
            "interest_paid",
            vec![
                id(),
                paid.paid.into(),
                paid.from.into(),
                paid.to.into(),
                paid.amount.into(),
                paid.instalment.into(),
            ],
        );
    }
}
