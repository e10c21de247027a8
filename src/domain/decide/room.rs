//! Room under the ceilings: what a claim may be approved for, payments in another year, and
//! reversals of what gave room (R-07, R-14 to R-17; invariants 19 and 20).

use super::claim::rules_of;
use super::correction::firm_years;
use super::loss::kept_claims;
use super::subsidy::firm_caps;
use super::{out_of_range, positive};
use crate::domain::account::Account;
use crate::domain::calendar::Date;
use crate::domain::cap;
use crate::domain::cap::ceiling::{self, Allowed};
use crate::domain::entry::Entry;
use crate::domain::event::{Kind, Programme};
use crate::domain::field::Json;
use crate::domain::loan::Loan;
use crate::domain::money::{Money, MoneyError, Total};
use crate::domain::refusal::Reason;
use crate::domain::registry::{Claim, Payment, Subsidy};
use crate::domain::state::State;
use crate::problem::Problem;
use serde_json::{Map, Value, json};

/// The amount of an approval, as asked or the most that every ceiling leaves, with the working. What
/// the ceilings cut off the pool's part is borne by the bank.
///
/// # Errors
/// `cap-used-up` when nothing is left, `approval-above-limit` for more than is left.
pub(super) fn approved(
    state: &State,
    claim: &Claim,
    day: Date,
    asked: Option<Money>,
) -> Result<(Money, Json), Problem> {
    let [pool, guarantor, bank] = claim.parts;
    let allowed = ceiling::allowed(state, claim, pool, day).map_err(out_of_range)?;
    let limit = allowed.amount;
    if limit.is_zero() && pool.is_positive() {
        let refusal = Reason::CapUsedUp.refuse().with("claim", &claim.id);
        return Err(allowed.binding.told(refusal).with("amount", pool.grouped()));
    }
    let amount = positive(asked.unwrap_or(limit))?;
    if amount > limit {
        let refusal = Reason::ApprovalAboveLimit
            .refuse()
            .with("claim", &claim.id)
            .with("amount", amount.grouped())
            .with("base", claim.base.grouped())
            .with("limit", limit.grouped());
        return Err(allowed.binding.told(refusal));
    }
    let working = working(state, claim, [pool, guarantor, bank], &allowed, amount)?;
    Ok((amount, Json::new(&Value::Object(working))?))
}

fn working(
    state: &State,
    claim: &Claim,
    [pool, guarantor, bank]: [Money; 3],
    allowed: &Allowed,
    amount: Money,
) -> Result<Map<String, Value>, Problem> {
    let parties = ["pool", "guarantor", "bank"];
    let mut working = Map::new();
    let mut put = |key: &str, value: Value| working.insert(key.to_owned(), value);
    put("base", json!(claim.base));
    put(
        "shares",
        json!({
            "pool": claim.sharing.shares.first(),
            "guarantor": claim.sharing.shares.get(1),
            "bank": claim.sharing.shares.get(2),
        }),
    );
    put("balancing", json!(parties.get(usize::from(claim.sharing.balancing))));
    put("parts", json!({ "pool": pool, "guarantor": guarantor, "bank": bank }));
    if claim.earlier.base.is_positive() {
        let [pool, guarantor, bank] = claim.earlier.parts;
        let base = claim.earlier.base;
        put("earlier", json!({ "base": base, "pool": pool, "guarantor": guarantor, "bank": bank }));
    }
    put("limit", json!(allowed.amount));
    let rules = rules_of(state, claim);
    if let Some(cap) = rules.and_then(|rules| rules.claim.caps.loan) {
        put("cap_per_loan", json!(cap));
    }
    let facts = [
        ("interest", claim.interest),
        ("collateral", claim.collateral),
        ("other_programmes", claim.other),
    ];
    for (key, fact) in facts.into_iter().filter(|(_, fact)| !fact.is_zero()) {
        put(key, json!(fact));
    }
    if let Some(earlier) = &claim.supplement {
        put("supplement", json!(earlier));
    }
    if !allowed.steps.is_empty() {
        put("ceilings", json!(allowed.steps));
    }
    let cut = pool.sub(amount).map_err(out_of_range)?;
    if cut.is_positive() {
        // Less may be approved than the ceilings leave.
        let asked = amount < allowed.amount;
        let by = if asked { "amount" } else { allowed.binding.kind.code() };
        put("cut", json!({ "amount": cut, "borne_by": "bank", "by": by }));
    }
    if let Some((rules, kind)) = rules.zip(state.owner_kind(&claim.owner)) {
        // What earlier claims of the same loss were approved for is split already.
        let before = approved_before(state, claim).map_err(out_of_range)?;
        let split = |whole: Money| rules.split_city(kind, whole).map_err(out_of_range);
        let [city_had, owner_had] = split(before)?;
        let levels = |whole: Money| {
            let [city, owner] = split(before.add(whole).map_err(out_of_range)?)?;
            let less = |have: Money, had: Money| have.sub(had).map_err(out_of_range);
            let (city, owner) = (less(city, city_had)?, less(owner, owner_had)?);
            Ok::<_, Problem>(json!({ "city": city, "owner": owner }))
        };
        put("levels", levels(allowed.amount)?);
        put("approved_levels", levels(amount)?);
    }
    put("approved", json!(amount));
    Ok(working)
}

/// What the other claims of the same loss are approved for.
fn approved_before(state: &State, claim: &Claim) -> Result<Money, MoneyError> {
    let note = state.loans.get(&claim.loan).and_then(|loan| loan.note(Some(&claim.note)));
    let claims = note.into_iter().flat_map(|note| kept_claims(state, note));
    let others = claims.filter(|other| other.id != claim.id);
    others.map(|other| other.approved).try_fold(Money::ZERO, Money::add)
}

/// What of a recovery is the city's and the owner's: shared as it was paid, cumulatively.
pub(super) fn levels_of_recovery(
    state: &State,
    claim: &Claim,
    share: Money,
) -> Result<Option<Value>, Problem> {
    let Some((rules, kind)) = rules_of(state, claim).zip(state.owner_kind(&claim.owner)) else {
        return Ok(None);
    };
    let split = |whole: Money| rules.split_city(kind, whole).map_err(out_of_range);
    let [city, owner] = split(claim.recovered.add(share).map_err(out_of_range)?)?;
    let [city_had, owner_had] = split(claim.recovered)?;
    let less = |have: Money, had: Money| have.sub(had).map_err(out_of_range);
    Ok(Some(json!({ "city": less(city, city_had)?, "owner": less(owner, owner_had)? })))
}

/// Where the year goes by the payment, a payment needs room in its own year.
pub(super) fn check_payment(
    state: &State,
    claim: &Claim,
    day: Date,
    amount: Money,
) -> Result<(), Problem> {
    let mut paid = claim.clone();
    paid.paid = claim.paid.add(amount).map_err(out_of_range)?;
    paid.payments.push(Payment { entry: 0, date: day, amount });
    ceiling::room(state, claim, &paid)
}

/// A reversal that uses or holds more than before needs the room that others may have taken since.
pub(super) fn check_reversal(state: &State, original: &Entry) -> Result<(), Problem> {
    let line_of = |id: &str, years| state.subsidies.get(id).map(|line| (line, years));
    let (id, line) = match &original.event.kind {
        Kind::CancelRest(own) => (Some(&own.claim), None),
        Kind::PayClaim(own) => (Some(&own.claim), None),
        Kind::RefundClaim(own) => (Some(&own.claim), None),
        Kind::ReduceSubsidy(own) => (None, line_of(&own.subsidy, own.years.as_ref())),
        Kind::ClawBack(own) => (None, line_of(&own.subsidy, own.years.as_ref())),
        _ => return Ok(()),
    };
    if let Some((line, years)) = line {
        return match (years, state.loans.get(&line.loan)) {
            (Some(years), Some(loan)) => firm_years(state, loan, line.programme, years.rows()),
            _ => check_line(state, line, moved(original, Account::FirmYear)),
        };
    }
    let Some(claim) = id.and_then(|id| state.claims.get(id)) else { return Ok(()) };
    let mut before = claim.clone();
    let (less, more) = (|of: Money, by| of.sub(by).unwrap_or_default(), Money::add);
    match &original.event.kind {
        Kind::CancelRest(_) => {
            let rest = before.cancelled.take().map_or(Money::ZERO, |(_, rest)| rest);
            before.approved = more(before.approved, rest).map_err(out_of_range)?;
        }
        Kind::PayClaim(_) => {
            let paid = before.payments.pop().map_or(Money::ZERO, |paid| paid.amount);
            before.paid = less(before.paid, paid);
        }
        _ => before.refunded = less(before.refunded, moved(original, Account::CompensationRefund)),
    }
    ceiling::room(state, claim, &before)
}

/// The amount that an entry moves on an account.
fn moved(entry: &Entry, account: Account) -> Money {
    let lines = entry.all_lines().filter(|line| line.account == account);
    lines.map(|line| line.amount).fold(Money::ZERO, Money::max)
}

/// A line that counts again for what it had given free of its firm's caps.
fn check_line(state: &State, line: &Subsidy, freed: Money) -> Result<(), Problem> {
    let mut before = line.clone();
    before.released = line.released.sub(freed).map_err(out_of_range)?;
    let years = before.years_used().into_iter().zip(line.years_used());
    let more = years.map(|((year, was), (_, is))| Ok((year, was.sub(is)?)));
    let more: Result<Vec<_>, MoneyError> = more.collect();
    let Some(loan) = state.loans.get(&line.loan) else { return Ok(()) };
    firm_years(state, loan, line.programme, &more.map_err(out_of_range)?)
}

/// Room under a firm's cap over all years for more of a programme.
///
/// # Errors
/// `firm-total-cap`.
pub(super) fn check_total(
    state: &State,
    loan: &Loan,
    programme: Programme,
    more: &[(i16, Money)],
) -> Result<(), Problem> {
    let rules = loan.rules.as_ref().and_then(|id| state.rules(id));
    let Some(cap) = rules.and_then(|rules| firm_caps(rules, programme)?.total) else {
        return Ok(());
    };
    let amount = more.iter().map(|(_, amount)| Total::from(*amount)).sum::<Total>();
    let firm = state.firm_identity(&loan.firm);
    let used = Total::from(cap::counted(state, &cap::subsidy_total(programme, firm)).0);
    if amount <= Total::ZERO || used + amount <= Total::from(cap) {
        return Ok(());
    }
    Err(Reason::FirmTotalCap
        .refuse()
        .with("firm", firm)
        .with("cap", cap.grouped())
        .with("used", used.grouped())
        .with("amount", amount.grouped()))
}
