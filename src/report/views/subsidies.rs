//! Subsidies: as computed, as paid, and the working of one (补贴逐笔复核表).

use crate::domain::calendar::{Date, Quarter};
use crate::domain::entry::Entry;
use crate::domain::event::Kind;
use crate::domain::field::Json;
use crate::domain::json::Writer;
use crate::domain::money::{Money, Total};
use crate::domain::registry::Subsidy;
use crate::domain::state::State;
use crate::domain::subsidy::{Step, SubsidyLine, steps};
use crate::domain::text::Id;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, journal_cells};

/// Numbers of lines that were posted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Posted {
    /// New approvals.
    pub new: u64,
    /// Lines approved before.
    pub already: u64,
    /// True for a dry run.
    pub dry_run: bool,
}

/// The lines of a quarter; `posted` is given if they were also approved.
pub fn subsidies(
    lines: &[SubsidyLine],
    quarter: Quarter,
    posted: Option<Posted>,
    state: &State,
    journal: &Journal,
) -> Report {
    let [entries, root] = journal_cells(journal);
    let meta = vec![
        quarter.to_string().into(),
        Cell::optional(posted.map(|posted| posted.new)),
        Cell::optional(posted.map(|posted| posted.already)),
        posted.is_none_or(|posted| posted.dry_run).into(),
        entries,
        root,
        Cell::Empty,
    ];
    let mut report = Report::new(&shapes::SUBSIDIES, meta);
    let mut sums = [Total::ZERO; 2];
    for line in lines {
        for (sum, amount) in sums.iter_mut().zip([line.computed, line.amount]) {
            *sum += amount.into();
        }
        report.row(vec![
            Cell::Word(line.programme.code()),
            (&line.owner).into(),
            (&line.loan).into(),
            (&line.note).into(),
            (&line.firm).into(),
            name(&line.firm, state),
            (&line.payee).into(),
            u64::try_from(line.days).map_or(Cell::Empty, Cell::from),
            line.computed.into(),
            line.amount.into(),
            line.reason.map_or(Cell::Empty, |reason| Cell::Word(reason.code())),
            Cell::optional(line.reason.and_then(|reason| reason.detail())),
        ]);
    }
    let mut totals = vec![Cell::Empty; 8];
    totals.extend(sums.map(Cell::from));
    totals.extend([Cell::Empty, Cell::Empty]);
    report.total(totals);
    report
}

pub(super) fn name(firm: &str, state: &State) -> Cell {
    Cell::optional(state.parties.get(firm).map(|party| &party.name))
}

/// The payee's account on file, and its bank.
pub(super) fn payee(party: &str, state: &State) -> [Cell; 2] {
    let party = state.parties.get(party);
    [
        Cell::optional(party.and_then(|party| party.account.as_ref())),
        Cell::optional(party.and_then(|party| party.account_bank.as_ref())),
    ]
}

/// One payment, or a line that is not paid.
pub struct PaymentRow<'a> {
    /// The line.
    pub line: &'a Subsidy,
    /// Bank account it is paid from; `None` if no account holds enough.
    pub bank_account: Option<Id>,
    /// Amount open.
    pub amount: Money,
}

/// Payments of approved lines; those without a bank account are not paid.
pub fn payments(
    rows: &[PaymentRow<'_>],
    quarter: Option<Quarter>,
    date: Date,
    dry_run: bool,
    state: &State,
    journal: &Journal,
) -> Report {
    let [entries, root] = journal_cells(journal);
    let quarter = Cell::optional(quarter.map(|quarter| quarter.to_string()));
    let meta = vec![quarter, date.into(), dry_run.into(), entries, root, Cell::Empty];
    let mut report = Report::new(&shapes::PAYMENTS, meta);
    let mut sum = Total::ZERO;
    for row in rows {
        sum += row.amount.into();
        let [account, bank] = payee(&row.line.firm, state);
        report.row(vec![
            (&row.line.id).into(),
            Cell::Word(row.line.programme.code()),
            (&row.line.owner).into(),
            (&row.line.loan).into(),
            (&row.line.firm).into(),
            name(&row.line.firm, state),
            account,
            bank,
            Cell::optional(row.bank_account.as_ref()),
            row.amount.into(),
            (row.bank_account.is_some() && !dry_run).into(),
        ]);
    }
    let mut totals = vec![Cell::Empty; 9];
    totals.extend([sum.into(), Cell::Empty]);
    report.total(totals);
    report
}

/// The working of one line, step by step: from the entry that approved it, then from each of its
/// corrections; and its history by the entries of its trail.
pub fn working(
    line: &Subsidy,
    entry: &Entry,
    (corrections, trail): (&[Entry], &[Entry]),
    state: &State,
    journal: &Journal,
) -> Report {
    let [entries, root] = journal_cells(journal);
    let meta = vec![
        (&line.id).into(),
        Cell::Word(line.programme.code()),
        (&line.owner).into(),
        (&line.loan).into(),
        (&line.note).into(),
        (&line.firm).into(),
        name(&line.firm, state),
        (&line.period).into(),
        Cell::Word(line.state.code()),
        line.amount.into(),
        line.paid.into(),
        entry.seq.into(),
        entries,
        root,
    ];
    let mut report = Report::new(&shapes::WORKING, meta);
    let own = entry.event.kind.working().or(entry.working.as_ref());
    let own = own.map(Json::value).unwrap_or_default();
    steps(&own).into_iter().for_each(|step| step_row(&mut report, step));
    for entry in corrections {
        let working = entry.event.kind.working().map(Json::value).unwrap_or_default();
        step_row(&mut report, correction(entry, &working));
        steps(&working).into_iter().for_each(|step| step_row(&mut report, step));
    }
    let states = line.before.iter().skip(1).chain([&line.state]);
    let states: Vec<&str> = states.map(|state| state.code()).collect();
    super::steps::steps(&mut report, trail, &states);
    report
}

fn step_row(report: &mut Report, step: Step) {
    let mut facts = Vec::new();
    let mut writer = Writer::free(&mut facts);
    writer.begin_object();
    for (key, value) in &step.facts {
        writer.key(key);
        writer.string(value);
    }
    writer.end_object();
    report.row(vec![
        Cell::Word(step.code),
        Cell::Json(String::from_utf8_lossy(&facts).into_owned()),
        Cell::optional(step.result),
    ]);
}

/// The effect of one correction on a line, and its reason: entry, dates, the amounts before and
/// after.
fn correction(entry: &Entry, working: &serde_json::Value) -> Step {
    let told = working.get("correction");
    let text = |key: &str| Some(told?.get(key)?.as_str()?.to_owned());
    let (amount, reason) = match &entry.event.kind {
        Kind::ReduceSubsidy(own) => (own.amount.map(Money::negated), Some(&own.reason)),
        Kind::ClawBack(own) => (own.amount.map(Money::negated), Some(&own.reason)),
        Kind::ApproveSubsidy(own) => (Some(own.amount), None),
        _ => (None, None),
    };
    let causes = told.and_then(|told| told.get("causes")).and_then(serde_json::Value::as_array);
    let causes = causes.map(|causes| causes.iter().map(cause_text).collect::<Vec<_>>().join("; "));
    let facts = [
        ("entry", Some(entry.seq.to_string())),
        ("event", Some(entry.event.kind.word().to_owned())),
        ("date", Some(entry.event.date.to_string())),
        ("effective", entry.event.effective.map(|day| day.to_string())),
        ("stood", text("stood")),
        ("now", text("now")),
        ("causes", causes.or_else(|| reason.map(ToString::to_string))),
    ];
    let facts =
        facts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    Step { code: "correction", facts, result: amount.map(|amount| amount.to_string()) }
}

/// `#57 repay 2024-04-15`.
fn cause_text(cause: &serde_json::Value) -> String {
    let text = |key: &str| cause.get(key).and_then(serde_json::Value::as_str);
    let entry = cause.get("entry").map(|entry| format!("#{entry}"));
    let parts = [entry.as_deref(), text("event"), text("effective")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
