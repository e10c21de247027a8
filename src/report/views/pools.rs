//! The situation of each pool: state, leverage used and left, and the circuit breaker by scope.

use crate::domain::account::Fund;
use crate::domain::calendar::Date;
use crate::domain::event::{PartyKind, Scope, Source};
use crate::domain::money::Total;
use crate::domain::pool::{
    Halt, PoolState, Standing, Step, Sum, Turn, Watch, owner_key, percent, pool_state, stage,
};
use crate::domain::posting::capital;
use crate::domain::registry::Owner;
use crate::domain::rules::Breaker;
use crate::domain::rules::words::{LeverageBase, LeverageCounts};
use crate::domain::state::{Cell as PoolCell, State};
use crate::domain::text::Id;
use crate::report::shapes;
use crate::report::table::{Cell, Report};
use crate::report::views::{Journal, journal_cells};

/// The pools on a day, under the rules in force then.
pub fn pools(state: &State, owner: Option<&str>, day: Date, journal: &Journal) -> Report {
    let [entries, root] = journal_cells(journal);
    let mut report = Report::new(&shapes::POOLS, vec![day.into(), entries, root]);
    let mut owners: Vec<&Owner> = state.owners.iter().collect();
    owners.retain(|known| owner.is_none_or(|asked| *known.code == *asked));
    owners.sort_by(|a, b| a.code.as_str().cmp(b.code.as_str()));
    for owner in &owners {
        report.row(pool(state, owner, day));
    }
    for (watch, breaker) in watches(state, &owners, day) {
        report.section_row("breakers", breaker_row(state, &watch, breaker.as_ref(), day));
    }
    report
}

fn pool(state: &State, owner: &Owner, day: Date) -> Vec<Cell> {
    let stands = pool_state(state, &owner.code, day);
    let stage = stage(state, &owner.code);
    let cell = PoolCell { owner: owner.code.clone(), fund: Fund::Risk };
    let capitals = Source::ALL
        .iter()
        .map(|source| -state.balance(&owner.code, Fund::Risk, capital(*source), None));
    let (paid_in, cash): (Total, Total) = (capitals.sum(), state.cash(&cell));
    let mut cells = vec![
        (&owner.code).into(),
        (&owner.name).into(),
        Cell::Word(stands.code()),
        since(state, owner, stands, stage.map(|stage| stage.date)),
        Cell::optional(stage.and_then(|stage| stage.document.as_ref())),
        paid_in.into(),
        cash.into(),
    ];
    let noted = state.sum(owner_key(state, Sum::Noted, 0, &owner.code));
    let noted = Cell::Integer(u64::try_from(noted).unwrap_or_default());
    let leverage = state.rules_on(day).and_then(|rules| rules.leverage);
    let Some(leverage) = leverage else {
        cells.extend(vec![Cell::Empty; 5]);
        cells.push(noted);
        return cells;
    };
    let counted = match leverage.counts {
        LeverageCounts::LoanBalance => Sum::Counted,
        LeverageCounts::PoolPart => Sum::PoolPart,
    };
    let loans = Total(state.sum(owner_key(state, counted, 0, &owner.code)));
    let base = match leverage.base {
        LeverageBase::PaidIn => paid_in,
        LeverageBase::Balance => cash,
    };
    let most = Total(base.0.saturating_mul(i128::from(leverage.limit)));
    cells.extend([
        Cell::Word(leverage.counts.code()),
        loans.into(),
        base.into(),
        leverage.limit.into(),
        (most - loans).into(),
        noted,
    ]);
    cells
}

/// The first day of a pool's present state, if an entry set it.
fn since(state: &State, owner: &Owner, stands: PoolState, stage: Option<Date>) -> Cell {
    if stands != PoolState::Suspended {
        return Cell::optional(stage);
    }
    let scopes =
        [Scope::Owner, Scope::Pool].map(|scope| Watch::new(scope, &owner.code, &owner.code));
    let steps =
        scopes.iter().filter_map(|watch| match state.suspensions.get(&watch.id())?.standing() {
            Standing::Stopped(step) => Some(step.date),
            _ => None,
        });
    Cell::optional(steps.min())
}

/// The scopes that the breaker in force watches, and those that were stopped under other rules.
fn watches(state: &State, owners: &[&Owner], day: Date) -> Vec<(Watch, Option<Breaker>)> {
    let breaker = state.rules_on(day).and_then(|rules| rules.breaker);
    let mut list: Vec<(Watch, Option<Breaker>)> = Vec::new();
    if let Some(breaker) = breaker {
        let scope = Scope::from(breaker.scope);
        let banks = state.parties.iter().filter(|party| party.kind == PartyKind::Bank);
        let banks: Vec<&Id> = banks.map(|party| &party.id).collect();
        let none = Watch { scope, owner: None, bank: None };
        let of = |owner: Option<&Id>, bank: Option<&Id>| Watch {
            owner: owner.cloned(),
            bank: bank.cloned(),
            ..none.clone()
        };
        let found: Vec<Watch> = match scope {
            Scope::Pool => vec![none],
            Scope::Owner => owners.iter().map(|owner| of(Some(&owner.code), None)).collect(),
            Scope::Bank => banks.iter().map(|bank| of(None, Some(bank))).collect(),
            Scope::BankOfOwner => {
                let pairs = owners
                    .iter()
                    .flat_map(|owner| banks.iter().map(|bank| of(Some(&owner.code), Some(bank))));
                // A bank that lends nothing to an owner's firms has no ratio for that owner.
                pairs
                    .filter(|watch| watch.ratio(state, breaker.ratio, day.year()) != <_>::default())
                    .collect()
            }
        };
        list.extend(found.into_iter().map(|watch| (watch, Some(breaker))));
    }
    for record in state.suspensions.iter() {
        let asked = record
            .owner
            .as_ref()
            .is_none_or(|owner| owners.iter().any(|known| known.code == *owner));
        let known = list.iter().any(|(watch, _)| watch.id() == record.id);
        if asked && !known && matches!(record.standing(), Standing::Stopped(_)) {
            list.push((record.watch(), None));
        }
    }
    list
}

fn breaker_row(state: &State, watch: &Watch, breaker: Option<&Breaker>, day: Date) -> Vec<Cell> {
    let record = state.suspensions.get(&watch.id());
    let stopped = match record.map_or(Standing::Clear, |record| record.standing()) {
        Standing::Stopped(step) => Some(step),
        _ => None,
    };
    let (stands, step, ratio) = match breaker.map(|breaker| watch.halt(state, breaker, day.year()))
    {
        Some((Halt::Clear, ratio)) => ("clear", None, ratio),
        Some((Halt::Warning, ratio)) => ("warning", None, ratio),
        Some((Halt::Released(step), ratio)) => ("released", Some(step), ratio),
        Some((Halt::Stopped(step), ratio)) => ("stopped", step, ratio),
        None => ("stopped", stopped, stopped.map(|step| step.ratio).unwrap_or_default()),
    };
    let release = record.and_then(|record| {
        record.steps.iter().rev().find_map(|step| match &step.what {
            Turn::Released { document, .. } => Some((step, document)),
            _ => None,
        })
    });
    let line = |of: fn(&Breaker) -> String| breaker.map_or(Cell::Empty, |known| of(known).into());
    vec![
        Cell::Word(watch.scope.code()),
        Cell::optional(watch.owner.as_ref()),
        Cell::optional(watch.bank.as_ref()),
        breaker.map_or(Cell::Empty, |breaker| Cell::Word(breaker.ratio.code())),
        Total(ratio.numerator).into(),
        Total(ratio.denominator).into(),
        Cell::optional(ratio.percent()),
        line(|breaker| percent(breaker.warn)),
        line(|breaker| percent(breaker.stop)),
        Cell::Word(stands),
        Cell::optional(step.map(|step: &Step| step.date)),
        Cell::optional(step.map(|step| step.seq)),
        Cell::optional(release.map(|(_, document)| document)),
        Cell::optional(release.map(|(step, _)| step.date)),
    ]
}
