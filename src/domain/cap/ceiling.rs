//! The ceilings themselves: limits by the rules of a loan, what is left, what an approval may be.

use super::{CapKind, Counter, counted, counters, items, taken, year_basis};
use crate::domain::calendar::Date;
use crate::domain::loan::Loan;
use crate::domain::money::{Money, MoneyError, Total};
use crate::domain::refusal::Reason;
use crate::domain::registry::Claim;
use crate::domain::rules::RuleSet;
use crate::domain::rules::words::ClaimYear;
use crate::domain::state::State;
use crate::domain::text::Id;
use crate::problem::Problem;
use serde_json::{Value, json};

/// A ceiling with what is counted under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// Kind.
    pub kind: CapKind,
    /// Loan, firm, bank, owner or share.
    pub subject: Id,
    /// Year; none where all years count together.
    pub year: Option<i16>,
    /// At most.
    pub limit: Money,
    /// Paid.
    pub used: Money,
    /// Approved and not paid.
    pub held: Money,
}

impl Ceiling {
    /// What is left; never below nothing.
    pub fn left(&self) -> Money {
        let taken = Total::from(self.used) + Total::from(self.held);
        (Total::from(self.limit) - taken).max(Total::ZERO).money().unwrap_or_default()
    }

    /// Its facts in a refusal.
    pub fn told(&self, problem: Problem) -> Problem {
        let subject = match self.year {
            Some(year) => format!("{} {year}", self.subject),
            None => self.subject.to_string(),
        };
        problem
            .with("kind", self.kind.code())
            .with("subject", subject)
            .with("ceiling", self.limit.grouped())
            .with("used", self.used.grouped())
            .with("held", self.held.grouped())
            .with("left", self.left().grouped())
    }

    /// Its facts in a working, with the amount before and after it was applied.
    fn working(&self, before: Money, after: Money) -> Value {
        let mut step = json!({
            "kind": self.kind.code(), "subject": self.subject, "limit": self.limit,
            "used": self.used, "held": self.held, "left": self.left(),
            "before": before, "after": after,
        });
        if let (Some(year), Some(object)) = (self.year, step.as_object_mut()) {
            object.insert("year".to_owned(), json!(year));
        }
        step
    }
}

/// The ceilings on a counter under a version of the rules; a quota is the owner's, not the rules'.
///
/// # Errors
/// [`MoneyError::Range`] when a limit leaves the bounds.
pub fn ceilings(
    state: &State,
    rules: Option<&RuleSet>,
    counter: &Counter,
) -> Result<Vec<Ceiling>, MoneyError> {
    let caps = rules.map(|rules| &rules.claim.caps);
    let year = counter.year.unwrap_or_default();
    let limits = match counter.kind {
        CapKind::Loan => vec![(counter.kind, caps.and_then(|caps| caps.loan))],
        CapKind::FirmTotal => vec![(counter.kind, caps.and_then(|caps| caps.firm))],
        CapKind::FirmYear => vec![(counter.kind, caps.and_then(|caps| caps.firm_year))],
        CapKind::BankYear => {
            let share = caps.and_then(|caps| caps.bank_year_share);
            let share = share.map(|share| {
                let balance = state.bank_balance(&counter.subject, year.saturating_sub(1));
                balance.max(Total::ZERO).money().and_then(|balance| share.of(balance))
            });
            vec![
                (counter.kind, caps.and_then(|caps| caps.bank_year)),
                (CapKind::BankYearShare, share.transpose()?),
            ]
        }
        CapKind::OwnerYear => vec![(counter.kind, caps.and_then(|caps| caps.owner_year))],
        CapKind::Quota => vec![(counter.kind, state.quota(&counter.subject, year))],
        _ => Vec::new(),
    };
    let (used, held) = counted(state, counter);
    let ceiling = |(kind, limit): (CapKind, Option<Money>)| {
        let (subject, year) = (counter.subject.clone(), counter.year);
        limit.map(|limit| Ceiling { kind, subject, year, limit, used, held })
    };
    Ok(limits.into_iter().filter_map(ceiling).collect())
}

fn rules_of<'s>(state: &'s State, loan: &Loan) -> Option<&'s RuleSet> {
    loan.rules.as_ref().and_then(|id| state.rules(id))
}

/// What a claim may be approved for, and by which ceilings.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The most that may be approved.
    pub amount: Money,
    /// The ceiling that bound last; the pool's part where none did.
    pub binding: Ceiling,
    /// Every ceiling in the order in which it was applied.
    pub steps: Vec<Value>,
}

/// The most that may be approved of a claim on a day: the pool's part, cut by every ceiling.
///
/// # Errors
/// [`MoneyError::Range`] when a limit leaves the bounds.
pub fn allowed(
    state: &State,
    claim: &Claim,
    pool: Money,
    day: Date,
) -> Result<Allowed, MoneyError> {
    let share = claim.sharing.shares.first().map(ToString::to_string).unwrap_or_default();
    let part = Ceiling {
        kind: CapKind::PoolPart,
        subject: Id::joined(&share),
        year: None,
        limit: pool,
        used: Money::ZERO,
        held: Money::ZERO,
    };
    let mut allowed = Allowed { amount: pool, binding: part, steps: Vec::new() };
    let Some(loan) = state.loans.get(&claim.loan) else { return Ok(allowed) };
    let rules = rules_of(state, loan);
    let filed = year_basis(state, loan) == ClaimYear::Filing;
    let year = if filed { claim.filed.year() } else { day.year() };
    let mut all = Vec::new();
    for counter in counters(state, loan, year, day.year()) {
        all.extend(ceilings(state, rules, &counter)?);
    }
    all.extend(all_programmes(rules, claim)?);
    for ceiling in all {
        let before = allowed.amount;
        allowed.amount = before.min(ceiling.left());
        allowed.steps.push(ceiling.working(before, allowed.amount));
        if allowed.amount < before {
            allowed.binding = ceiling;
        }
    }
    Ok(allowed)
}

/// All public money together: a share of the loss before the other programmes paid.
fn all_programmes(rules: Option<&RuleSet>, claim: &Claim) -> Result<Option<Ceiling>, MoneyError> {
    let share = rules.and_then(|rules| rules.claim.caps.all_programmes);
    let Some(share) = share else { return Ok(None) };
    let limit = share.of(claim.base.add(claim.other)?)?;
    Ok(Some(Ceiling {
        kind: CapKind::AllProgrammes,
        subject: claim.id.clone(),
        year: None,
        limit,
        used: claim.other,
        held: Money::ZERO,
    }))
}

/// A claim that counts for more than before needs room under every ceiling: a payment in another
/// year, a reversal of what gave room.
///
/// # Errors
/// `cap-used-up`, naming the ceiling.
pub fn room(state: &State, before: &Claim, after: &Claim) -> Result<(), Problem> {
    let Some(loan) = state.loans.get(&after.loan) else { return Ok(()) };
    let (before, after) = (items(state, before), items(state, after));
    for (index, item) in after.iter().enumerate() {
        let counter = &item.counter;
        if after.iter().take(index).any(|other| other.counter == *counter) {
            continue;
        }
        let more = taken(&after, counter) - taken(&before, counter);
        if more <= Total::ZERO {
            continue;
        }
        let ceilings = ceilings(state, rules_of(state, loan), counter).unwrap_or_default();
        if let Some(full) = ceilings.iter().find(|full| more > Total::from(full.left())) {
            return Err(full
                .told(Reason::CapUsedUp.refuse().with("claim", &item.what))
                .with("amount", more.grouped()));
        }
    }
    Ok(())
}
