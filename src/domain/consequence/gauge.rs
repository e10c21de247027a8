//! What stands at a level of its own: a scope of the circuit breaker, the leverage of a pool.

use super::{Code, Consequence};
use crate::domain::calendar::Date;
use crate::domain::decide::leverage_of;
use crate::domain::entry::Entry;
use crate::domain::event::{Event, Kind, Release, Scope};
use crate::domain::money::Total;
use crate::domain::pool::{Halt, Standing, Suspension, Watch, percent};
use crate::domain::state::State;
use crate::domain::text::Id;

/// How far something is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// There is room.
    Clear,
    /// Nine tenths are used, or the warning line is reached.
    Near,
    /// Nothing is left, or enrolments are stopped.
    Full,
}

impl Level {
    /// The level of what is used of a limit. A limit of nothing is full once something is used.
    pub fn of(used: Total, limit: Total) -> Self {
        let tenths = |total: Total, by: i128| total.0.saturating_mul(by);
        match () {
            () if used <= Total::ZERO => Self::Clear,
            () if used >= limit => Self::Full,
            () if tenths(used, 10) >= tenths(limit, 9) => Self::Near,
            () => Self::Clear,
        }
    }
}

/// One thing that is watched.
pub(super) enum Gauge {
    /// Enrolments of a scope.
    Breaker(Watch),
    /// The loans of an owner's pool against what it may carry.
    Leverage(Id),
}

/// The leverage of an owner's pool.
pub(super) fn of_pool(owner: &Id) -> Gauge {
    Gauge::Leverage(owner.clone())
}

/// The scopes and the pool of the loan that an event names.
pub(super) fn of_loan(state: &State, event: &Event) -> Vec<Gauge> {
    let (owner, bank) = match &event.kind {
        // Not in the register before it is enrolled.
        Kind::Enrol(own) => (event.owner.as_ref(), Some(&own.bank)),
        kind => {
            let loan = crate::domain::apply::loan_of(state, kind);
            let loan = loan.and_then(|loan| state.loans.get(&loan));
            (loan.map(|loan| &loan.owner), loan.map(|loan| &loan.bank))
        }
    };
    let (Some(owner), Some(bank)) = (owner, bank) else { return Vec::new() };
    let scopes = Scope::ALL.iter().map(|scope| Gauge::Breaker(Watch::new(*scope, owner, bank)));
    scopes.chain([of_pool(owner)]).collect()
}

/// What a decision changes, without any loan.
pub(super) mod of_rules {
    use super::{Event, Gauge, Release, Scope, State, Watch};

    /// The scope that a release names.
    pub fn released(state: &State, event: &Event, own: &Release) -> Option<Gauge> {
        let watch = crate::domain::apply::released(state, event, own.scope, own.bank.as_ref());
        watch.map(Gauge::Breaker)
    }

    /// New rules may draw other lines for the city and for every owner.
    pub fn all(state: &State) -> Vec<Gauge> {
        let wide = Watch { scope: Scope::Pool, owner: None, bank: None };
        let owner = |owner: &crate::domain::registry::Owner| Watch {
            scope: Scope::Owner,
            owner: Some(owner.code.clone()),
            bank: None,
        };
        let owners = state.owners.iter().map(|own| Gauge::Breaker(owner(own)));
        let pools = state.owners.iter().map(|own| super::of_pool(&own.code));
        std::iter::once(Gauge::Breaker(wide)).chain(owners).chain(pools).collect()
    }
}

impl Gauge {
    /// Whether any rule or memory holds it: what nobody watches is left out.
    pub fn is_ruled(&self, state: &State, day: Date) -> bool {
        let rules = state.rules_on(day);
        match self {
            Self::Breaker(watch) => {
                let breaker = rules.and_then(|rules| rules.breaker);
                breaker.is_some_and(|breaker| Scope::from(breaker.scope) == watch.scope)
                    || !state.suspensions.is_empty() && state.suspensions.get(&watch.id()).is_some()
            }
            Self::Leverage(_) => rules.is_some_and(|rules| rules.leverage.is_some()),
        }
    }

    /// Its level on a day.
    pub fn level(&self, state: &State, day: Date) -> Level {
        match self {
            Self::Breaker(watch) => breaker_level(state, watch, day),
            Self::Leverage(owner) => match leverage_of(state, owner, day) {
                Some((loans, _, most)) => Level::of(loans, most),
                None => Level::Clear,
            },
        }
    }

    /// What is told when an entry changed its level.
    pub fn change(
        &self,
        state: &State,
        entry: &Entry,
        day: Date,
        before: Level,
    ) -> Option<Consequence> {
        let after = self.level(state, day);
        match self {
            Self::Breaker(watch) => {
                let code = match (before, after) {
                    (before, Level::Full) if before < Level::Full => Code::PoolSuspended,
                    (Level::Clear, Level::Near) => Code::PoolWarning,
                    (Level::Full, Level::Clear | Level::Near) => Code::PoolReopened,
                    _ => return None,
                };
                Some(halted(
                    state,
                    Consequence::new(code, entry, watch.owner.as_ref(), state),
                    (watch, day),
                ))
            }
            Self::Leverage(owner) => {
                let code = match (before, after) {
                    (before, Level::Full) if before < Level::Full => Code::LeverageReached,
                    (Level::Clear, Level::Near) => Code::LeverageNear,
                    _ => return None,
                };
                let (loans, pool, most) = leverage_of(state, owner, day)?;
                let left = (most - loans).max(Total::ZERO);
                let one = Consequence::new(code, entry, Some(owner), state);
                let one = one.with("loans", loans.grouped()).with("pool", pool.grouped());
                Some(one.with("most", most.grouped()).with("left", left.grouped()))
            }
        }
    }
}

fn breaker_level(state: &State, watch: &Watch, day: Date) -> Level {
    let record = state.suspensions.get(&watch.id());
    if matches!(record.map(Suspension::standing), Some(Standing::Stopped(_))) {
        return Level::Full;
    }
    let breaker = state.rules_on(day).and_then(|rules| rules.breaker);
    let Some(breaker) = breaker.filter(|own| Scope::from(own.scope) == watch.scope) else {
        return Level::Clear;
    };
    match watch.halt(state, &breaker, day.year()).0 {
        Halt::Clear => Level::Clear,
        Halt::Warning | Halt::Released(_) => Level::Near,
        Halt::Stopped(_) => Level::Full,
    }
}

/// The ratio of a scope and its lines.
fn halted(state: &State, one: Consequence, (watch, day): (&Watch, Date)) -> Consequence {
    let breaker = state.rules_on(day).and_then(|rules| rules.breaker);
    let breaker = breaker.filter(|own| Scope::from(own.scope) == watch.scope);
    let name = |id: &Id| state.parties.get(id).map(|party| party.name.to_string());
    let bank = watch.bank.as_ref().map(|id| name(id).unwrap_or_else(|| id.to_string()));
    let one = one
        .with("scope", watch.scope.code())
        .with("bank", bank.unwrap_or_default())
        .with("date", day);
    // A stop under earlier rules may end where no breaker is in force any more.
    let Some(breaker) = breaker else {
        let names = ["ratio", "percent", "numerator", "denominator", "warn", "stop"];
        return names.into_iter().fold(one, |one, name| one.with(name, "-"));
    };
    let ratio = watch.ratio(state, breaker.ratio, day.year());
    one.with("ratio", breaker.ratio.code())
        .with("percent", ratio.percent().unwrap_or_else(|| "-".to_owned()))
        .with("numerator", Total(ratio.numerator).grouped())
        .with("denominator", Total(ratio.denominator).grouped())
        .with("warn", percent(breaker.warn))
        .with("stop", percent(breaker.stop))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 9/10 of 100.01 yuan are 90.009 yuan: 90.00 is below, 90.01 is not.
    #[test]
    fn nine_tenths_are_near_and_all_is_full_to_the_fen() {
        let limit = Total(10_001);
        for (used, level) in [
            (0, Level::Clear),
            (9_000, Level::Clear),
            (9_001, Level::Near),
            (10_000, Level::Near),
            (10_001, Level::Full),
            (10_002, Level::Full),
        ] {
            assert_eq!(Level::of(Total(used), limit), level, "{used}");
        }
        assert_eq!(Level::of(Total::ZERO, Total::ZERO), Level::Clear);
        assert_eq!(Level::of(Total(1), Total::ZERO), Level::Full);
    }
}
