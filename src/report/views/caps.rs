//! Use of every ceiling (限额占用表): limit, used, held, left, and the items that used it.

use crate::domain::account::{Account, Fund};
use crate::domain::calendar::date;
use crate::domain::cap::ceiling::ceilings;
use crate::domain::cap::{self, CapKind, Counter, Item};
use crate::domain::decide::firm_caps;
use crate::domain::event::{PartyKind, Programme};
use crate::domain::money::{Money, Total};
use crate::domain::rules::RuleSet;
use crate::domain::state::{Cell as FundCell, State};
use crate::domain::text::Id;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, journal_cells};
use std::collections::BTreeMap;

/// Selection of ceilings; the default selects all.
#[derive(Clone, Copy, Debug, Default)]
pub struct CapsAsked<'a> {
    /// Those of this kind.
    pub kind: Option<CapKind>,
    /// Those of this firm (its id or credit code), bank, owner or loan.
    pub subject: Option<&'a str>,
    /// Those that belong to this owner or that it uses.
    pub owner: Option<&'a str>,
    /// Those of this year; ceilings over all years are left out.
    pub year: Option<i16>,
    /// True to list the items that used them.
    pub details: bool,
}

/// Every ceiling with its used, held and remaining amounts. A ceiling appears once for each version
/// of the rules under which the loans that use it were enrolled.
pub fn caps(state: &State, asked: CapsAsked<'_>, journal: &Journal) -> Report {
    let mut report = Report::new(&shapes::CAPS, journal_cells(journal).into());
    let mut counters: BTreeMap<Counter, Vec<Item>> = BTreeMap::new();
    let claims = state.claims.iter().flat_map(|claim| cap::items(state, claim));
    for item in claims.chain(state.subsidies.iter().flat_map(|line| cap::line_items(state, line))) {
        counters.entry(item.counter.clone()).or_default().push(item);
    }
    for quota in state.quotas.iter().filter(|quota| !quota.amounts.is_empty()) {
        counters.entry(Counter::of_quota(&quota.owner, quota.year)).or_default();
    }
    for counter in asked.year.into_iter().flat_map(|year| unused(state, year)) {
        counters.entry(counter).or_default();
    }
    for (counter, items) in &counters {
        if wanted(state, &asked, counter, items) {
            rows(state, &asked, counter, items, &mut report);
        }
    }
    budgets(state, &asked, &mut report);
    report
}

/// Counters of owners and banks in a year, even if they have used nothing.
fn unused(state: &State, year: i16) -> Vec<Counter> {
    let owners = state.owners.iter().map(|owner| (CapKind::OwnerYear, &owner.code));
    let banks = state.parties.iter().filter(|party| party.kind == PartyKind::Bank);
    let banks = banks.map(|bank| (CapKind::BankYear, &bank.id));
    let counter = |(kind, subject): (CapKind, &Id)| Counter {
        kind,
        programme: None,
        subject: subject.clone(),
        year: Some(year),
    };
    owners.chain(banks).map(counter).collect()
}

fn wanted(state: &State, asked: &CapsAsked<'_>, counter: &Counter, items: &[Item]) -> bool {
    let of_owner = |owner: &str| {
        let its_own = matches!(counter.kind, CapKind::OwnerYear | CapKind::Quota);
        its_own && *counter.subject == *owner || items.iter().any(|item| *item.owner == *owner)
    };
    let of_subject = |subject: &str| {
        *counter.subject == *subject || *counter.subject == *state.firm_identity(subject)
    };
    asked.year.is_none_or(|year| counter.year == Some(year))
        && asked.owner.is_none_or(of_owner)
        && asked.subject.is_none_or(of_subject)
}

/// The versions of the rules that limit a counter: those of the loans that use it, or else the
/// rules in force at the end of its year.
fn versions<'s>(state: &'s State, counter: &Counter, items: &[Item]) -> Vec<Option<&'s RuleSet>> {
    if counter.kind == CapKind::Quota {
        return vec![None];
    }
    let mut ids: Vec<&Id> = items.iter().filter_map(|item| item.rules.as_ref()).collect();
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        let end = counter.year.and_then(|year| date(year, 12, 31).ok());
        return vec![end.and_then(|day| state.rules_on(day))];
    }
    ids.into_iter().map(|id| state.rules(id)).collect()
}

/// Kind and limit of each ceiling on a counter under a version of the rules.
fn limits(
    state: &State,
    rules: Option<&RuleSet>,
    counter: &Counter,
) -> Vec<(CapKind, Option<Money>)> {
    let subsidy = |programme| rules.and_then(|rules| firm_caps(rules, programme));
    match (counter.kind, counter.programme) {
        (CapKind::SubsidyYear, Some(programme)) => {
            vec![(counter.kind, subsidy(programme).and_then(|caps| caps.year))]
        }
        (CapKind::SubsidyTotal, Some(programme)) => {
            let total = subsidy(programme).and_then(|caps| caps.total);
            total.map(|total| vec![(counter.kind, Some(total))]).unwrap_or_default()
        }
        _ => {
            let found = ceilings(state, rules, counter).unwrap_or_default();
            found.into_iter().map(|ceiling| (ceiling.kind, Some(ceiling.limit))).collect()
        }
    }
}

fn rows(
    state: &State,
    asked: &CapsAsked<'_>,
    counter: &Counter,
    items: &[Item],
    report: &mut Report,
) {
    let sum = |held: bool| -> Total {
        let own = items.iter().filter(|item| item.held == held);
        own.map(|item| Total::from(item.amount)).sum()
    };
    let mut shown = false;
    for rules in versions(state, counter, items) {
        for (kind, limit) in limits(state, rules, counter) {
            if asked.kind.is_some_and(|asked| asked != kind) {
                continue;
            }
            shown = true;
            let rules = rules.filter(|_| limit.is_some()).map(|rules| &rules.id);
            let programme = counter.programme.map(Programme::code);
            let subject = (kind, programme, &counter.subject, counter.year);
            report.row(row(state, subject, rules, limit.map(Total::from), [sum(false), sum(true)]));
        }
    }
    let named = asked.kind.is_some() && asked.subject.is_some();
    if shown && (asked.details || named) {
        for item in items {
            report.section_row("uses", use_of(item));
        }
    }
}

fn row(
    state: &State,
    (kind, programme, subject, year): (CapKind, Option<&'static str>, &Id, Option<i16>),
    rules: Option<&Id>,
    limit: Option<Total>,
    [used, held]: [Total; 2],
) -> Vec<Cell> {
    let left = limit.map(|limit| limit - used - held);
    vec![
        Cell::Word(kind.code()),
        programme.map_or(Cell::Empty, Cell::Word),
        subject.into(),
        Cell::optional(cap::name_of(state, kind, subject)),
        year_cell(year),
        Cell::optional(rules),
        Cell::optional(limit),
        used.into(),
        held.into(),
        Cell::optional(left),
    ]
}

fn use_of(item: &Item) -> Vec<Cell> {
    let Counter { kind, programme, subject, year } = &item.counter;
    vec![
        Cell::Word(kind.code()),
        programme.map_or(Cell::Empty, |programme| Cell::Word(programme.code())),
        subject.into(),
        year_cell(*year),
        item.entry.into(),
        item.date.into(),
        (&item.owner).into(),
        (&item.what).into(),
        Cell::Word(if item.held { "held" } else { "used" }),
        item.amount.into(),
    ]
}

fn year_cell(year: Option<i16>) -> Cell {
    let year = year.and_then(|year| u64::try_from(year).ok());
    year.map_or(Cell::Empty, Cell::Integer)
}

/// Adds the money of each cell of a subsidy programme: available for subsidies, paid, approved and
/// left.
fn budgets(state: &State, asked: &CapsAsked<'_>, report: &mut Report) {
    let kind = CapKind::ProgrammeBudget;
    if asked.kind.is_some_and(|asked| asked != kind) || asked.year.is_some() {
        return;
    }
    let of = |owner: &Id, asked: Option<&str>| asked.is_none_or(|asked| asked == owner.as_str());
    for owner in state.owners.iter() {
        if !of(&owner.code, asked.owner) || !of(&owner.code, asked.subject) {
            continue;
        }
        for programme in Programme::ALL {
            let cell = FundCell { owner: owner.code.clone(), fund: programme.fund() };
            let lines = state.subsidies.iter();
            let lines =
                lines.filter(|line| line.owner == cell.owner && line.programme == *programme);
            // Amounts that were clawed back and collected no longer count as paid.
            let used: Total = lines
                .map(|line| {
                    let collected = Total::from(line.settled) - Total::from(line.written_off);
                    Total::from(line.paid) - Total::from(line.returned) - collected
                })
                .sum();
            let held = approved_unpaid(state, &cell);
            let left = state.available(&cell);
            if [used, held, left].iter().all(|amount| *amount == Total::ZERO) {
                continue;
            }
            let subject = (kind, Some(programme.code()), &owner.code, None);
            report.row(row(state, subject, None, Some(used + held + left), [used, held]));
        }
    }
}

/// Approved and unpaid amounts of a cell, including payments that the bank returned.
fn approved_unpaid(state: &State, cell: &FundCell) -> Total {
    let payable = match cell.fund {
        Fund::Fee => Account::FeeSubsidyPayable,
        _ => Account::DiscountPayable,
    };
    let credit = |account| -state.balance(&cell.owner, cell.fund, account, None);
    credit(payable) + credit(Account::ReturnedPayments)
}
