//! Sums of pools, the circuit breaker's memory, stages of pools.
//!
//! What a loan counts for is taken before and after an entry, and the sums follow the difference: so
//! an entry and its reversal cancel out whatever they did to the loan.

use super::sum;
use crate::domain::account::{Account, Side};
use crate::domain::calendar::Date;
use crate::domain::entry::Entry;
use crate::domain::event::{Event, Kind, RecordKind, Scope};
use crate::domain::pool::{
    Part, Pool, PoolState, Ratio, Stage, Standing, Step, Sum, Suspension, Turn, Watch,
    budget_back_key, budget_key, firm_key, inter_pool_key, owner_key, places,
};
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;

/// A loan that an entry touches, and what it counted for before.
pub(super) struct Before {
    loan: Id,
    part: Part,
}

/// The loan whose sums an event may move: the one that it names, or that of its claim.
pub(crate) fn loan_of(state: &State, kind: &Kind) -> Option<Id> {
    match kind.named()? {
        (RecordKind::Loan, loan) => Some(loan.clone()),
        (RecordKind::Claim, claim) => state.claims.get(claim).map(|claim| claim.loan.clone()),
        (RecordKind::Application, _) | (RecordKind::Subsidy, _) | (RecordKind::BankAccount, _) => {
            None
        }
    }
}

/// What the loan of an event counts for before the event is followed or taken back.
pub(super) fn before(state: &State, told: &Entry) -> Option<Before> {
    let about = super::about(told);
    let loan = loan_of(state, &about.as_ref().unwrap_or(&told.event).kind)?;
    let part = state.loans.get(&loan).map_or_else(Part::default, Part::of);
    Some(Before { loan, part })
}

/// Follows an entry; of a reversal, `original` is the entry that it takes back.
pub(super) fn after(
    state: &mut State,
    entry: &Entry,
    original: Option<&Entry>,
    before: Option<Before>,
) {
    let told = original.unwrap_or(entry);
    let sign = if original.is_some() { -1 } else { 1 };
    count_lines(state, told, sign);
    match (&told.event.kind, original) {
        (Kind::Release(own), None) => release(state, entry, own.scope, own.bank.as_ref()),
        (Kind::Release(_), Some(original)) => forget_everywhere(state, original.seq),
        (Kind::RunOff(_), _) => enter(state, told, original, PoolState::RunOff),
        (Kind::Liquidate(_), _) => enter(state, told, original, PoolState::Liquidating),
        (Kind::ClosePool(_), _) => enter(state, told, original, PoolState::Closed),
        _ => {}
    }
    let Some(before) = before else { return };
    let Some(loan) = state.loans.get(&before.loan) else { return };
    let after = Part::of(loan);
    let paid = match &told.event.kind {
        Kind::PayClaim(_) => i128::from(sum(&told.lines, Account::CompensationPayable).fen()),
        _ => 0,
    };
    if after == before.part && paid == 0 {
        return;
    }
    let (owner, bank, firm) = (loan.owner.clone(), loan.bank.clone(), loan.firm.clone());
    let year = told.event.date.year();
    move_sums(state, (&owner, &bank, &firm), (before.part, after), (year, sign * paid));
    if let Some(original) = original {
        forget(state, (&owner, &bank), original.seq);
    }
    watch(state, (&owner, &bank), entry, year);
}

/// Sums that follow from the lines alone.
fn count_lines(state: &mut State, entry: &Entry, sign: i128) {
    match &entry.event.kind {
        Kind::Transfer(own) => {
            let (Some(owner), Some(line)) = (entry.owner(), entry.lines.first()) else { return };
            let key = inter_pool_key(state, line.fund, [owner, &own.to_owner]);
            state.add_sum(key, sign * i128::from(own.amount.fen()));
        }
        Kind::SettleTransfer(own) => {
            let (Some(owner), Some(line)) = (entry.owner(), entry.lines.first()) else { return };
            let settled = sum(&entry.lines, Account::InterPoolReceivable);
            let key = inter_pool_key(state, line.fund, [owner, &own.to_owner]);
            state.add_sum(key, -sign * i128::from(settled.fen()));
        }
        Kind::Enrol(_) if entry.is_noted() => {
            if let Some(owner) = &entry.event.owner {
                let key = owner_key(state, Sum::Noted, 0, owner);
                state.add_sum(key, sign);
            }
        }
        Kind::TrusteeFee(own) => {
            let Some(line) = entry.lines.first() else { return };
            if line.fund == crate::domain::account::Fund::Risk {
                let year = entry.event.date.year();
                let key = owner_key(state, Sum::Fees, year, &line.owner);
                state.add_sum(key, sign * i128::from(own.amount.fen()));
            }
        }
        _ => {}
    }
    count_budget(state, entry, sign);
    for line in entry.all_lines() {
        let funds = match line.account {
            Account::CapitalProvince
            | Account::CapitalCity
            | Account::CapitalCounty
            | Account::CapitalGuarantor
            | Account::CapitalBank
            | Account::BudgetCompensation => line.side == Side::Credit,
            Account::Quota => line.side == Side::Debit,
            _ => false,
        };
        if funds {
            let key = owner_key(state, Sum::Funded, 0, &line.owner);
            state.add_sum(key, sign);
        }
    }
}

/// Budgets by year and source, as what goes back is held to them: what a year gave and kept, and what
/// went back in it of earlier years.
fn count_budget(state: &mut State, entry: &Entry, sign: i128) {
    let income = [Account::BudgetCompensation, Account::BudgetInterest, Account::BudgetFee];
    if !matches!(
        entry.event.kind,
        Kind::Budget(_) | Kind::ExplainReceipt(_) | Kind::ReturnBudget(_)
    ) {
        return;
    }
    let year = entry.event.date.year();
    for line in &entry.lines {
        let cell = Cell { owner: line.owner.clone(), fund: line.fund };
        let Some(source) = line.source else { continue };
        if income.contains(&line.account) {
            let key = budget_key(state, &cell, source, year);
            state.add_sum(key, -sign * line.signed().0);
        } else if line.account == Account::Surplus {
            let key = budget_back_key(state, &cell, source, year);
            state.add_sum(key, sign * line.signed().0);
        }
    }
}

/// Moves the sums of owner, firm and scopes by what a loan counts for more or less.
fn move_sums(
    state: &mut State,
    (owner, bank, firm): (&Id, &Id, &Id),
    (before, after): (Part, Part),
    (year, paid): (i16, i128),
) {
    let moves = |(_, by): &(Sum, i128)| *by != 0;
    let by = |of: fn(&Part) -> i64| i128::from(of(&after)) - i128::from(of(&before));
    let owners = [
        (Sum::Counted, by(|part| part.counted)),
        (Sum::PoolPart, by(|part| part.pool)),
        (Sum::Covered, by(|part| part.covered)),
    ];
    for (sum, by) in owners.into_iter().filter(moves) {
        let key = owner_key(state, sum, 0, owner);
        state.add_sum(key, by);
    }
    let firms =
        [(Sum::FirmContracts, by(|part| part.contract)), (Sum::FirmLoans, by(|part| part.live))];
    for (sum, by) in firms.into_iter().filter(moves) {
        let key = firm_key(state, sum, firm);
        state.add_sum(key, by);
    }
    let scopes = [
        (Sum::Balance, 0, by(|part| part.balance)),
        (Sum::Overdue, 0, by(|part| part.overdue)),
        (Sum::Npl, 0, by(|part| part.npl)),
        (Sum::Released, year, by(|part| part.released)),
        (Sum::Paid, year, paid),
    ];
    let places = places(state, owner, bank);
    for (sum, year, by) in scopes.into_iter().filter(|(.., by)| *by != 0) {
        for (owner, bank) in places {
            state.add_sum(sum.key(year, owner, bank), by);
        }
    }
}

/// Compares the ratio with the stop line of the rules in force, and remembers what changes.
fn watch(state: &mut State, (owner, bank): (&Id, &Id), entry: &Entry, year: i16) {
    let date = entry.event.date;
    let Some(breaker) = state.rules_on(date).and_then(|rules| rules.breaker) else { return };
    let watch = Watch::new(breaker.scope.into(), owner, bank);
    let ratio = watch.ratio(state, breaker.ratio, year);
    let above = ratio.reaches(breaker.stop);
    if !above && state.suspensions.is_empty() {
        return;
    }
    let record = state.suspensions.get(&watch.id());
    let what = match (record.map_or(Standing::Clear, Suspension::standing), above) {
        (Standing::Clear, true) => Turn::Stopped { line: breaker.stop },
        (Standing::Pardoned(_), false) => Turn::Fell,
        _ => return,
    };
    push(state, &watch, Step { seq: entry.seq, date, ratio, what });
}

fn push(state: &mut State, watch: &Watch, step: Step) {
    let id = watch.id();
    if state.suspensions.get(&id).is_none() {
        state.suspensions.insert(Suspension::new(watch));
    }
    if let Some(record) = state.suspensions.get_mut(&id) {
        record.steps.push(step);
    }
}

fn drop_steps(state: &mut State, id: &Id, seq: u64) {
    let did = |record: &Suspension| record.steps.iter().any(|step| step.seq == seq);
    if state.suspensions.get(id).is_some_and(did)
        && let Some(record) = state.suspensions.get_mut(id)
    {
        record.steps.retain(|step| step.seq != seq);
    }
}

/// Takes back what an entry did to the suspensions of its loan's scopes.
fn forget(state: &mut State, (owner, bank): (&Id, &Id), seq: u64) {
    for scope in Scope::ALL {
        drop_steps(state, &Watch::new(*scope, owner, bank).id(), seq);
    }
}

/// Takes back a release. Cost: linear in the suspensions, of which there are a few.
fn forget_everywhere(state: &mut State, seq: u64) {
    let ids: Vec<Id> = state.suspensions.iter().map(|record| record.id.clone()).collect();
    for id in ids {
        drop_steps(state, &id, seq);
    }
}

/// What a release names, as [`crate::domain::decide`] has checked it.
pub(crate) fn released(
    state: &State,
    event: &Event,
    scope: Option<Scope>,
    bank: Option<&Id>,
) -> Option<Watch> {
    let in_force = || state.rules_on(event.date)?.breaker.map(|breaker| breaker.scope.into());
    let scope = scope.or_else(in_force)?;
    let owner = event.owner.as_ref();
    let (of_owner, of_bank) = (
        matches!(scope, Scope::Owner | Scope::BankOfOwner),
        matches!(scope, Scope::Bank | Scope::BankOfOwner),
    );
    Some(Watch {
        scope,
        owner: if of_owner { Some(owner?.clone()) } else { None },
        bank: if of_bank { Some(bank?.clone()) } else { None },
    })
}

fn release(state: &mut State, entry: &Entry, scope: Option<Scope>, bank: Option<&Id>) {
    let date = entry.event.date;
    let Some(watch) = released(state, &entry.event, scope, bank) else { return };
    let (ratio, above) = standing_ratio(state, &watch, date);
    let document = entry.event.document.clone().unwrap_or_default();
    let what = Turn::Released { document, above };
    push(state, &watch, Step { seq: entry.seq, date, ratio, what });
}

/// The ratio of a scope under the breaker in force, and whether it stands above the stop line.
fn standing_ratio(state: &State, watch: &Watch, date: Date) -> (Ratio, bool) {
    let breaker = state.rules_on(date).and_then(|rules| rules.breaker);
    let same = breaker.filter(|breaker| Scope::from(breaker.scope) == watch.scope);
    let Some(breaker) = same else { return (Ratio::default(), false) };
    let ratio = watch.ratio(state, breaker.ratio, date.year());
    (ratio, ratio.reaches(breaker.stop))
}

/// A pool enters a stage, or leaves it again when that is taken back.
fn enter(state: &mut State, entry: &Entry, original: Option<&Entry>, to: PoolState) {
    let Some(owner) = entry.event.owner.clone() else { return };
    if state.pools.get(&owner).is_none() {
        state.pools.insert(Pool { owner: owner.clone(), stages: Vec::new(), trail: Vec::new() });
    }
    let Some(pool) = state.pools.get_mut(&owner) else { return };
    if original.is_some() {
        pool.trail.pop();
        pool.stages.pop();
        return;
    }
    pool.trail.push(entry.seq);
    let document = entry.event.document.clone();
    pool.stages.push(Stage { state: to, seq: entry.seq, date: entry.event.date, document });
}
