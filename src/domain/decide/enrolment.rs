//! What the rules in force ask of a new loan: window, limits, rate, leverage and
//! the circuit breaker. Each test is a look-up of a sum, never a scan.

use super::{Limits, in_order, out_of_range};
use crate::domain::account::{Account, Fund};
use crate::domain::calendar::{Date, add_months};
use crate::domain::decide::claim::enrol_facts;
use crate::domain::entry::Warning;
use crate::domain::event::{Enrol, Event, Scope, Source};
use crate::domain::field::Json;
use crate::domain::loan::Loan;
use crate::domain::money::{Money, Total};
use crate::domain::pool::{
    Halt, PoolState, Ratio, Standing, Sum, Turn, Watch, firm_key, owner_key, percent, pool_state,
    stage,
};
use crate::domain::posting::capital;
use crate::domain::rate::{Fraction, Share};
use crate::domain::refusal::Reason;
use crate::domain::registry::Owner;
use crate::domain::rules::words::{LeverageBase, LeverageCounts};
use crate::domain::rules::{Leverage, RateLimit, RuleSet};
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::problem::Problem;
use serde_json::{Map, Value, json};

/// Tests a new loan and says in the working what it was tested against; nothing where the rules
/// watch nothing.
pub(super) fn test(
    state: &State,
    told: (&Event, &Enrol, &Owner),
    (rules, share): (&RuleSet, Share),
    limits: Limits,
) -> Result<Option<Json>, Problem> {
    let (event, own, owner) = told;
    let mut tested = Tested { limits, warnings: Vec::new() };
    let signed = own.signed.unwrap_or(event.happened());
    check_stage(state, event, &owner.code, PoolState::enrols)?;
    let mut working = Map::new();
    if let Some(told) = check_breaker(state, told, rules, &mut tested)? {
        working.insert("breaker".to_owned(), told);
    }
    check_terms(state, event, own, rules, signed)?;
    if let Some(limit) = &rules.enrolment.rate_limit {
        working.insert("rate_limit".to_owned(), check_rate(state, own, limit, signed)?);
    }
    let cell = Cell { owner: owner.code.clone(), fund: Fund::Risk };
    let new = New { amount: own.amount, share };
    if let Some((told, problem)) =
        leveraged(state, Some(rules), &cell, (Money::ZERO, event.date), Some(new))?
    {
        working.insert("leverage".to_owned(), told);
        if let Some(problem) = problem {
            tested.against(Warning::LeverageExceeded, problem)?;
        }
        if pool_state(state, &owner.code, event.date) == PoolState::Planned {
            tested.warnings.push(Warning::PoolPlanned);
        }
    }
    if working.is_empty() {
        return Ok(None);
    }
    if !tested.warnings.is_empty() {
        working.insert("warnings".to_owned(), json!(tested.warnings));
    }
    Json::new(&Value::Object(working)).map(Some)
}

/// What the tests have found so far.
struct Tested {
    limits: Limits,
    warnings: Vec<Warning>,
}

impl Tested {
    /// A limit that is broken refuses the loan, or is noted with it.
    fn against(&mut self, warning: Warning, problem: Problem) -> Result<(), Problem> {
        if self.limits == Limits::Held {
            return Err(problem);
        }
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
        Ok(())
    }
}

/// A stage that the pool entered by decision must allow the event.
pub(super) fn check_stage(
    state: &State,
    event: &Event,
    owner: &Id,
    allows: fn(PoolState) -> bool,
) -> Result<(), Problem> {
    match stage(state, owner) {
        Some(stage) if !allows(stage.state) => Err(wrong_state(event, owner, stage.state, allows)),
        _ => Ok(()),
    }
}

/// The refusal of an event in a state of the pool, with the states that allow it.
pub(super) fn wrong_state(
    event: &Event,
    owner: &Id,
    found: PoolState,
    allows: fn(PoolState) -> bool,
) -> Problem {
    let legal = PoolState::ALL.into_iter().filter(|state| allows(*state));
    let legal: Vec<&str> = legal.map(PoolState::code).collect();
    Reason::PoolState
        .refuse()
        .with("owner", owner)
        .with("event", event.kind.word())
        .with("state", found.code())
        .with("legal", if legal.is_empty() { "-".to_owned() } else { legal.join(", ") })
}

/// Last day, loan, firm, term and one item.
fn check_terms(
    state: &State,
    event: &Event,
    own: &Enrol,
    rules: &RuleSet,
    signed: Date,
) -> Result<(), Problem> {
    let refuse = |reason: Reason| reason.refuse().with("loan", &own.loan).with("rules", &rules.id);
    if let Some(last) = rules.valid_to.filter(|last| event.happened() > *last) {
        return Err(refuse(Reason::RulesExpired).with("last", last).with("date", event.happened()));
    }
    let terms = &rules.enrolment;
    if let Some(limit) = terms.loan_max.filter(|limit| own.amount > *limit) {
        return Err(refuse(Reason::LoanMax)
            .with("amount", own.amount.grouped())
            .with("limit", limit.grouped()));
    }
    let months = enrol_facts(own, signed).tenor_months;
    if let Some(limit) = terms.tenor_max.filter(|limit| months > *limit) {
        return Err(refuse(Reason::TenorMax)
            .with("months", months)
            .with("signed", signed)
            .with("due", own.due)
            .with("limit", limit));
    }
    check_firm(state, rules, (&own.loan, &own.firm, own.amount))
}

/// One item a firm, and what a firm may have enrolled over all owners and banks.
fn check_firm(
    state: &State,
    rules: &RuleSet,
    (loan, firm, amount): (&Id, &Id, Money),
) -> Result<(), Problem> {
    let refuse = |reason: Reason| reason.refuse().with("loan", loan).with("rules", &rules.id);
    let terms = &rules.enrolment;
    let identity = state.firm_identity(firm);
    let live = state.sum(firm_key(state, Sum::FirmLoans, firm));
    if terms.one_item && live > 0 {
        return Err(refuse(Reason::OneItem)
            .with("firm", firm)
            .with("identity", identity)
            .with("live", live));
    }
    let enrolled = Total(state.sum(firm_key(state, Sum::FirmContracts, firm)));
    let after = enrolled + Total::from(amount);
    if let Some(limit) = terms.firm_max.filter(|limit| after > Total::from(*limit)) {
        return Err(refuse(Reason::FirmMax)
            .with("firm", firm)
            .with("identity", identity)
            .with("enrolled", enrolled.grouped())
            .with("amount", amount.grouped())
            .with("limit", limit.grouped()));
    }
    Ok(())
}

/// A loan that comes back after a removal in error must still fit beside what the firm has
/// enrolled since; what its pool carries was tested when it was enrolled.
///
/// # Errors
/// `one-item`, `firm-max`.
pub(super) fn check_again(state: &State, id: &Id) -> Result<(), Problem> {
    let Some(loan) = state.loans.get(id) else {
        unreachable!("BUG: the removed loan {id} is unknown")
    };
    match loan.rules.as_ref().and_then(|rules| state.rules(rules)) {
        Some(rules) => check_firm(state, rules, (&loan.id, &loan.firm, loan.amount)),
        None => Ok(()),
    }
}

/// Contract rate of at most reference × (1 + above) + points, by the reference at signing.
fn check_rate(
    state: &State,
    own: &Enrol,
    limit: &RateLimit,
    signed: Date,
) -> Result<Value, Problem> {
    let series = limit.series.series(enrol_facts(own, signed).tenor_months);
    let unknown = || {
        let refusal = Reason::RateUnknown.refuse().with("loan", &own.loan);
        refusal.with("series", series.code()).with("date", signed)
    };
    let (since, reference) = state.rates().at(series, signed).ok_or_else(unknown)?;
    let above = limit.above.fraction().plus(Fraction::whole(1)).map_err(out_of_range)?;
    let most = reference.fraction().times(above).map_err(out_of_range)?;
    let most = most.plus(limit.points.fraction()).map_err(out_of_range)?.reduced();
    let (numerator, denominator) = most.parts();
    let (rate, scale) = own.rate.fraction().parts();
    let shown = Fraction::new(numerator.saturating_mul(10_000), denominator);
    let shown = format!("{}%", shown.map_err(out_of_range)?.yuan_text(4));
    if rate.saturating_mul(denominator) > numerator.saturating_mul(scale) {
        return Err(Reason::RateLimit
            .refuse()
            .with("loan", &own.loan)
            .with("rate", own.rate.percent())
            .with("limit", shown)
            .with("series", series.code())
            .with("reference", reference.percent())
            .with("since", since)
            .with("above", percent(limit.above))
            .with("points", limit.points.percent()));
    }
    Ok(json!({
        "series": series.code(), "reference": reference, "since": since.to_string(),
        "above": limit.above, "points": limit.points, "limit": shown,
    }))
}

/// A loan that is to be enrolled: its amount and the pool's share of it.
#[derive(Clone, Copy, Debug)]
struct New {
    amount: Money,
    share: Share,
}

/// Leverage: the loans, with what is enrolled and not drawn yet, must not be larger than the
/// pool carries, when `withdrawn` leaves it on a day.
pub(super) fn leverage(
    state: &State,
    rules: Option<&RuleSet>,
    cell: &Cell,
    withdrawn: (Money, Date),
) -> Result<(), Problem> {
    match leveraged(state, rules, cell, withdrawn, None)? {
        Some((_, Some(problem))) => Err(problem),
        _ => Ok(()),
    }
}

/// What leverage was tested against, and the refusal where it is exceeded.
fn leveraged(
    state: &State,
    rules: Option<&RuleSet>,
    cell: &Cell,
    (withdrawn, day): (Money, Date),
    new: Option<New>,
) -> Result<Option<(Value, Option<Problem>)>, Problem> {
    let Some(leverage) = rules.and_then(|rules| rules.leverage) else { return Ok(None) };
    // A pool that is wound up covers nothing any more; what the bank still shows was compensated.
    if stage(state, &cell.owner).is_some_and(|stage| stage.state == PoolState::Liquidating) {
        return Ok(None);
    }
    let (before, pool) = carried(state, leverage, cell, day);
    let amount = match (new, leverage.counts) {
        (None, _) => Money::ZERO,
        (Some(new), LeverageCounts::LoanBalance) => new.amount,
        (Some(new), LeverageCounts::PoolPart) => new.share.of(new.amount).map_err(out_of_range)?,
    };
    let (loans, left) = (before + Total::from(amount), pool - Total::from(withdrawn));
    let exceeded = loans.0 > left.0.saturating_mul(i128::from(leverage.limit));
    let refusal = || {
        Reason::LeverageLimit
            .refuse()
            .with("owner", &cell.owner)
            .with("loans", loans.grouped())
            .with("pool", left.grouped())
            .with("limit", leverage.limit)
    };
    let mut told = json!({
        "limit": leverage.limit, "base": leverage.base.code(), "counts": leverage.counts.code(),
        "loans_before": before.to_string(), "added": amount, "loans": loans.to_string(),
        "pool": left.to_string(),
    });
    if let (Some(new), Some(object)) = (new, told.as_object_mut()) {
        object.insert("share".to_owned(), json!(new.share));
    }
    Ok(Some((told, exceeded.then(refusal))))
}

/// The loans that count and the pool that carries them.
fn carried(state: &State, leverage: Leverage, cell: &Cell, day: Date) -> (Total, Total) {
    let pool = match leverage.base {
        LeverageBase::PaidIn => paid_in(state, &cell.owner),
        LeverageBase::Balance => state.cash(cell),
    };
    // Where a quota stands in for money (额度制), it is what the year's losses are paid from.
    let quota = state.quota(&cell.owner, day.year()).unwrap_or(Money::ZERO);
    let counted = match leverage.counts {
        LeverageCounts::LoanBalance => Sum::Counted,
        LeverageCounts::PoolPart => Sum::PoolPart,
    };
    let loans = Total(state.sum(owner_key(state, counted, 0, &cell.owner)));
    (loans, pool + Total::from(quota))
}

/// The loans of an owner's pool, the pool, and the most that it may carry by the rules in force on a
/// day; none where no rule says so.
pub(crate) fn leverage_of(state: &State, owner: &Id, day: Date) -> Option<(Total, Total, Total)> {
    let leverage = state.rules_on(day)?.leverage?;
    if stage(state, owner).is_some_and(|stage| stage.state == PoolState::Liquidating) {
        return None;
    }
    let cell = Cell { owner: owner.clone(), fund: Fund::Risk };
    let (loans, pool) = carried(state, leverage, &cell, day);
    Some((loans, pool, Total(pool.0.saturating_mul(i128::from(leverage.limit)))))
}

/// What the sources have paid into an owner's pool and not taken out.
pub(super) fn paid_in(state: &State, owner: &str) -> Total {
    let of = |source: &Source| -state.balance(owner, Fund::Risk, capital(*source), None);
    Source::ALL.iter().map(of).sum()
}

/// The circuit breaker: a warning goes along with the loan, a stop refuses it.
fn check_breaker(
    state: &State,
    (event, own, owner): (&Event, &Enrol, &Owner),
    rules: &RuleSet,
    tested: &mut Tested,
) -> Result<Option<Value>, Problem> {
    if let Some(problem) = latched(state, event, own, owner) {
        tested.against(Warning::BreakerStopped, problem)?;
    }
    let Some(breaker) = &rules.breaker else { return Ok(None) };
    let watch = Watch::new(breaker.scope.into(), &owner.code, &own.bank);
    let (halt, ratio) = watch.halt(state, breaker, event.date.year());
    let (stands, by) = match halt {
        Halt::Clear => ("clear", None),
        Halt::Warning => ("warning", None),
        Halt::Released(step) => ("released", Some(("released_by", step.seq))),
        Halt::Stopped(step) => {
            let shown = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            let since = (
                shown(step.map(|step| step.seq.to_string())),
                shown(step.map(|step| step.date.to_string())),
            );
            let crossed = step.map_or(ratio, |step| step.ratio);
            let problem = stopped(event, &watch, crossed, percent(breaker.stop), since);
            tested.against(Warning::BreakerStopped, problem)?;
            ("stopped", step.map(|step| ("stopped_by", step.seq)))
        }
    };
    if matches!(halt, Halt::Warning | Halt::Released(_)) {
        tested.warnings.push(Warning::BreakerWarning);
    }
    let mut told = json!({
        "ratio": breaker.ratio.code(), "scope": watch.scope.code(), "of": watch.place(),
        "numerator": Total(ratio.numerator).to_string(),
        "denominator": Total(ratio.denominator).to_string(),
        "warn": breaker.warn, "stop": breaker.stop, "state": stands,
    });
    if let (Some((key, seq)), Some(object)) = (by, told.as_object_mut()) {
        object.insert(key.to_owned(), json!(seq));
    }
    Ok(Some(told))
}

/// What was stopped under any rules stays stopped until it is released.
fn latched(state: &State, event: &Event, own: &Enrol, owner: &Owner) -> Option<Problem> {
    if state.suspensions.is_empty() {
        return None;
    }
    Scope::ALL.iter().find_map(|scope| {
        let watch = Watch::new(*scope, &owner.code, &own.bank);
        let Standing::Stopped(step) = state.suspensions.get(&watch.id())?.standing() else {
            return None;
        };
        let Turn::Stopped { line } = step.what else { return None };
        let since = (step.seq.to_string(), step.date.to_string());
        Some(stopped(event, &watch, step.ratio, percent(line), since))
    })
}

fn stopped(
    event: &Event,
    watch: &Watch,
    ratio: Ratio,
    line: String,
    (entry, since): (String, String),
) -> Problem {
    Reason::PoolSuspended
        .refuse()
        .with("event", event.kind.word())
        .with("scope", watch.scope)
        .with("of", watch.place())
        .with("ratio", ratio.percent().unwrap_or_else(|| "-".to_owned()))
        .with("numerator", Total(ratio.numerator).grouped())
        .with("denominator", Total(ratio.denominator).grouped())
        .with("line", line)
        .with("entry", entry)
        .with("since", since)
}

/// A loan that was drawn before it was enrolled must have been enrolled in time.
pub(super) fn check_window(state: &State, loan: &Loan, drawn: Date) -> Result<(), Problem> {
    let rules = loan.rules.as_ref().and_then(|id| state.rules(id));
    let Some(months) = rules.and_then(|rules| rules.enrolment.window_months) else {
        return Ok(());
    };
    let last = i32::try_from(months).ok().and_then(|months| add_months(drawn, months).ok());
    let Some(last) = last.filter(|last| loan.enrolled > *last) else { return Ok(()) };
    Err(Reason::EnrolWindow
        .refuse()
        .with("loan", &loan.id)
        .with("drawn", drawn)
        .with("enrolled", loan.enrolled)
        .with("months", months)
        .with("last", last))
}

/// Trustee fees of a year may be at most a share of what is paid in. Gives what was tested.
pub(super) fn check_fee(
    state: &State,
    event: &Event,
    owner: &Owner,
    amount: Money,
) -> Result<Option<(Id, Json)>, Problem> {
    let rules = state.rules_on(event.date);
    let Some((rules, most)) = rules.and_then(|rules| Some((rules, rules.trustee_fee_max?))) else {
        return Ok(None);
    };
    let pool = paid_in(state, &owner.code);
    let limit = most.of(pool.max(Total::ZERO).money().map_err(out_of_range)?);
    let limit = limit.map_err(out_of_range)?;
    let year = event.date.year();
    let used = Total(state.sum(owner_key(state, Sum::Fees, year, &owner.code)));
    if used + Total::from(amount) > Total::from(limit) {
        return Err(Reason::TrusteeFeeMax
            .refuse()
            .with("owner", &owner.code)
            .with("year", year)
            .with("used", used.grouped())
            .with("amount", amount.grouped())
            .with("limit", limit.grouped())
            .with("share", percent(most))
            .with("pool", pool.grouped()));
    }
    let interest = -state.balance(&owner.code, Fund::Risk, Account::InterestIncome, None);
    let working = json!({
        "year": year, "used_before": used.to_string(), "limit": limit, "share": most,
        "pool": pool.to_string(), "interest": interest.to_string(),
    });
    Ok(Some((rules.id.clone(), Json::new(&working)?)))
}

/// The event's own dates are in order; used where a later date must not lie before a stage.
pub(super) fn not_before(since: Date, date: Date) -> Result<(), Problem> {
    in_order(("since", since), ("date", date), false)
}
