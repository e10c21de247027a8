//! Compensation: claim, approval, payment, recovery, write-off (E-40 to E-44, E-50, E-51, E-53, E-54).

use super::enrolment::check_stage;
use super::loan::{draft, exposure, note, note_may, noted};
use super::loss::{self, Loss};
use super::{Decision, bank_account, in_order, new_id, out_of_range, owner, positive, quota, room};
use crate::domain::account::Fund;
use crate::domain::calendar::{Date, days_between};
use crate::domain::event::{
    ApproveClaim, Enrol, Event, FileClaim, InterestOwner, PayClaim, Receives, Recover,
    RecoverInKind, RejectClaim, WriteOff,
};
use crate::domain::field::Json;
use crate::domain::lifecycle::Lifecycle as _;
use crate::domain::loan::{Loan, Note};
use crate::domain::money::Money;
use crate::domain::pool::{PoolState, percent};
use crate::domain::posting::{self, Draft};
use crate::domain::rate::{Share, split, split_cumulative};
use crate::domain::refusal::Reason;
use crate::domain::registry::{Claim, ClaimState, LossShares};
use crate::domain::rules::band::months_between;
use crate::domain::rules::{LoanFacts, OwnShares, RuleSet, Sharing};
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::problem::Problem;
use serde_json::json;

/// What the sharing table asks of a loan, at enrolment.
pub(super) fn enrol_facts<'a>(own: &'a Enrol, signed: Date) -> LoanFacts<'a> {
    LoanFacts {
        firm_class: own.firm_class.as_deref(),
        security: own.security.as_deref(),
        first_loan: own.first_loan.unwrap_or(false),
        guaranteed: own.guarantor.is_some(),
        tenor_months: months_between(signed, own.due),
        amount: own.amount,
    }
}

/// How the loss on a loan is shared: by the rules kept with it, where its own shares win; a loan with
/// its own share in a book without rules leaves the rest to the bank.
///
/// # Errors
/// `rules-missing`: no rules, and the loan carries no share of its own. `shares-undefined`: its own
/// shares do not say who bears the rest. Rules whose table leaves any loan out are not adopted in
/// the first place.
pub(super) fn sharing(
    rules: Option<&RuleSet>,
    own: OwnShares,
    facts: &LoanFacts<'_>,
) -> Result<LossShares, Problem> {
    let table = rules.and_then(|rules| rules.sharing(facts));
    let sharing = match (table, own.pool) {
        (Some(table), _) => table.with(own),
        (None, Some(pool)) => Sharing::of_bank(pool).with(own),
        (None, None) => return Err(Reason::RulesMissing.refuse().with("date", "-")),
    };
    let absent = !facts.guaranteed && own.guarantor.is_some_and(|share| share != Share::ZERO);
    let Some(sharing) = sharing.filter(|_| !absent) else {
        let shown = |share: Option<Share>| share.map_or_else(|| "-".to_owned(), percent);
        let [pool, guarantor, bank] =
            table.map(|table| table.shares().map(Some)).unwrap_or_default();
        return Err(Reason::SharesUndefined
            .refuse()
            .with("pool", shown(own.pool.or(pool)))
            .with("guarantor", shown(own.guarantor))
            .with("table", [pool, guarantor, bank].map(shown).join(":")));
    };
    let balancing = u8::try_from(sharing.balancing_index()).unwrap_or(2);
    Ok(LossShares { shares: sharing.shares(), balancing })
}

/// How the loss on an enrolled loan is shared.
///
/// # Errors
/// As for a new loan: `rules-missing`.
pub fn sharing_of(state: &State, loan: &Loan) -> Result<LossShares, Problem> {
    let rules = loan.rules.as_ref().and_then(|id| state.rules(id));
    sharing(rules, OwnShares::of(loan), &LoanFacts::of(loan))
}

pub(super) fn claim<'s>(state: &'s State, event: &Event, id: &Id) -> Result<&'s Claim, Problem> {
    let unknown = || Reason::ClaimUnknown.refuse().with("claim", id);
    let claim = state.claims.get(id).ok_or_else(unknown)?;
    owner(state, event, Some(&claim.owner))?;
    Ok(claim)
}

/// The claim must stand where the move is legal.
pub(super) fn may(claim: &Claim, moved: &str) -> Result<(), Problem> {
    let checked = claim.state.check(Reason::ClaimState, moved);
    checked.map_err(|problem| problem.with("claim", &claim.id))
}

/// The claim of an event, which must stand where the event is legal.
pub(super) fn standing<'s>(state: &'s State, event: &Event, id: &Id) -> Result<&'s Claim, Problem> {
    let claim = claim(state, event, id)?;
    may(claim, event.kind.word())?;
    Ok(claim)
}

pub(super) fn claim_draft(state: &State, claim: &Claim) -> Draft {
    let cell = Cell { owner: claim.owner.clone(), fund: Fund::Risk };
    let bank = state.loans.get(&claim.loan).map(|loan| &loan.bank);
    Draft::new(&cell).loan(&claim.loan).claim(&claim.id).party(bank)
}

pub(super) fn rules_of<'s>(state: &'s State, claim: &Claim) -> Option<&'s RuleSet> {
    state.loans.get(&claim.loan).and_then(|loan| loan.rules.as_ref()).and_then(|id| state.rules(id))
}

pub(super) fn entry(state: &State, claim: &Claim, draft: Draft) -> Decision {
    let rules = rules_of(state, claim).map(|rules| rules.id.clone());
    Decision::entry(claim.owner.clone(), draft).rules(rules)
}

/// The trigger of the rules: days overdue, and the court's acceptance.
fn check_trigger(
    rules: Option<&RuleSet>,
    event: &Event,
    own: &FileClaim,
    loan: &Loan,
    note: &Note,
) -> Result<(), Problem> {
    let Some(trigger) = rules.map(|rules| &rules.claim) else { return Ok(()) };
    let since = note.overdue.iter().rev().find(|(_, cured)| cured.is_none()).map(|(from, _)| *from);
    let since = since.or(note.npl);
    let days = since.map_or(0, |since| days_between(since, event.happened()));
    // "More than 60 days": the day itself is not enough.
    if days <= i64::from(trigger.overdue_days) && trigger.overdue_days > 0 {
        return Err(Reason::ClaimTooEarly
            .refuse()
            .with("loan", &loan.id)
            .with("days", days)
            .with("required", trigger.overdue_days)
            .with("since", since.map_or_else(|| "-".to_owned(), |since| since.to_string())));
    }
    if trigger.lawsuit && own.lawsuit.is_none() {
        return Err(Reason::ClaimLawsuitMissing.refuse().with("claim", &own.claim));
    }
    Ok(())
}

/// The claim on a note that is not refused or withdrawn.
pub(super) fn live_claim<'n>(state: &State, note: &'n Note) -> Option<&'n Id> {
    let live = |id: &&Id| state.claims.get(id).is_some_and(|claim| claim.state.is_live());
    note.claims.iter().find(live)
}

pub(super) fn file(state: &State, event: &Event, own: &FileClaim) -> Result<Decision, Problem> {
    new_id("claim", &own.claim)?;
    let (loan, _) = noted(state, event, &own.loan, own.note.as_ref())?;
    check_stage(state, event, &loan.owner, PoolState::pays_claims)?;
    if let Some(known) = state.claims.get(&own.claim) {
        return Err(Reason::ClaimExists
            .refuse()
            .with("claim", &own.claim)
            .with("filed", known.filed));
    }
    lost(state, event, own)
}

/// A claim by the facts of its loan, whatever the pool does.
pub(super) fn lost(state: &State, event: &Event, own: &FileClaim) -> Result<Decision, Problem> {
    let (loan, note) = noted(state, event, &own.loan, own.note.as_ref())?;
    loss::check_earlier(state, own, loan, note)?;
    note_may(state, loan, note, event.kind.word())?;
    let base = positive(own.base)?;
    let rules = loan.rules.as_ref().and_then(|id| state.rules(id));
    loss::check_interest(rules, event, own, loan, note)?;
    loss::check(state, &Loss::told(own), note)?;
    check_trigger(rules, event, own, loan, note)?;
    if loan.deposit.is_positive() {
        return Err(Reason::DepositFirst
            .refuse()
            .with("loan", &loan.id)
            .with("deposit", loan.deposit.grouped()));
    }
    let sharing = sharing_of(state, loan)?;
    let (_, [claimed, ..]) = loss::parts_of_loss(state, note, base, &sharing)?;
    let decision = Decision::entry(
        loan.owner.clone(),
        posting::file_claim(draft(loan).claim(&own.claim), claimed),
    );
    Ok(decision.rules(rules.map(|rules| rules.id.clone())))
}

/// Pool, guarantor and bank of an amount; they add up to it (C-11).
pub(super) fn parts(amount: Money, sharing: &LossShares) -> Result<[Money; 3], Problem> {
    let parts =
        split(amount, &sharing.shares, usize::from(sharing.balancing)).map_err(out_of_range)?;
    parts.try_into().map_err(|_| out_of_range(crate::domain::money::MoneyError::Range))
}

pub(super) fn approve(
    state: &State,
    event: &Event,
    own: &ApproveClaim,
) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    in_order(("filed", claim.filed), ("date", event.date), false)?;
    // What was repaid since the filing is no loss any more.
    let owed = state.loans.get(&claim.loan).and_then(|loan| loan.note(Some(&claim.note)));
    if let Some(note) = owed {
        loss::check(state, &Loss::of(claim), note)?;
    }
    let (amount, working) = room::approved(state, claim, event.date, own.amount)?;
    let quota = quota::of_approval(state, claim, event.date.year(), amount);
    let draft = posting::approve_claim(claim_draft(state, claim), claim.claimed, amount, quota);
    Ok(entry(state, claim, draft).working(working))
}

pub(super) fn reject(state: &State, event: &Event, own: &RejectClaim) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    Ok(entry(state, claim, posting::reject_claim(claim_draft(state, claim), claim.claimed)))
}

pub(super) fn pay(state: &State, event: &Event, own: &PayClaim) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    let owner = owner(state, event, Some(&claim.owner))?;
    let account = bank_account(state, &own.bank_account, owner, Some(Fund::Risk))?;
    let open = claim.approved.sub(claim.paid).map_err(out_of_range)?;
    let amount = positive(own.amount.unwrap_or(open))?;
    if amount > open {
        return Err(Reason::PayAboveApproved
            .refuse()
            .with("what", &claim.id)
            .with("approved", claim.approved.grouped())
            .with("paid", claim.paid.grouped())
            .with("amount", amount.grouped()));
    }
    room::check_payment(state, claim, event.date, amount)?;
    let released = released_by_payment(state, claim, amount, open)?;
    let draft = posting::pay_claim(claim_draft(state, claim), &account.id, amount, released);
    let cell = Cell { owner: claim.owner.clone(), fund: Fund::Risk };
    Ok(entry(state, claim, draft).payment(&cell, amount, open))
}

/// Exposure that a payment releases: with the last fen everything that the base stood for, before
/// that as much as is paid.
pub(super) fn released_by_payment(
    state: &State,
    claim: &Claim,
    amount: Money,
    open: Money,
) -> Result<Money, Problem> {
    let unknown = || Reason::LoanUnknown.refuse().with("loan", &claim.loan);
    let loan = state.loans.get(&claim.loan).ok_or_else(unknown)?;
    let note = note(loan, Some(&claim.note))?;
    let principal = claim.principal().map_err(out_of_range)?;
    let without_base = note.balance.sub(principal).map_err(out_of_range)?;
    let floor = exposure(loan, note, without_base)?.min(note.exposure);
    let releasable = note.exposure.sub(floor).map_err(out_of_range)?;
    Ok(if amount == open { releasable } else { releasable.min(amount) })
}

/// What a recovery comes to for the pool.
pub(super) struct Recovery {
    /// The pool's share.
    pub share: Money,
    /// What of it closes the open right.
    pub right: Money,
    /// What of it was written off before.
    pub written_off: Money,
    /// How it was computed.
    pub working: serde_json::Value,
}

/// The pool has back at most what it is out of: where a ceiling, a cancelled rest or a settlement
/// left it less than its share of the loss, its share of the last recoveries is smaller, and once
/// the whole loss is back it has all of its compensation back.
fn recovered_share(
    claim: &Claim,
    rules: Option<crate::domain::rules::Recovery>,
    net: Money,
) -> Result<Money, Problem> {
    let out = claim.kept().and_then(|kept| kept.sub(claim.recovered)).map_err(out_of_range)?;
    let all = claim.net_recovered.add(net).map_err(out_of_range)?;
    if all > claim.base {
        return Err(Reason::RecoveryAboveLoss
            .refuse()
            .with("claim", &claim.id)
            .with("loss", claim.base.grouped())
            .with("recovered", claim.net_recovered.grouped())
            .with("net", net.grouped()));
    }
    let alone = rules.is_some_and(|rules| !rules.after_write_off);
    if alone && claim.state == ClaimState::WrittenOff {
        return Ok(net.min(out));
    }
    if all == claim.base {
        return Ok(net.min(out));
    }
    let balancing = usize::from(claim.sharing.balancing);
    let parts = split_cumulative(claim.net_recovered, net, &claim.sharing.shares, balancing);
    let [pool, ..] = parts.map_err(out_of_range)?[..] else {
        unreachable!("BUG: a recovery is split among pool, guarantor and bank")
    };
    Ok(pool.min(out))
}

/// The pool's share of a recovery, by the cumulative method (C-12).
///
/// The rules of the loan say whether costs come off first, and whether what comes in after a
/// write-off is shared or goes to the pool until its compensation is back.
pub(super) fn recovery(
    state: &State,
    event: &Event,
    claim: &Claim,
    gross: Money,
    cost: Option<Money>,
) -> Result<Recovery, Problem> {
    may(claim, "recover")?;
    let (gross, cost) = (positive(gross)?, cost.unwrap_or(Money::ZERO));
    let net = gross.sub(cost).map_err(out_of_range)?;
    if !net.is_positive() {
        return Err(Reason::CostAboveRecovery
            .refuse()
            .with("claim", &claim.id)
            .with("gross", gross.grouped())
            .with("cost", cost.grouped()));
    }
    let rules = rules_of(state, claim).map(|rules| rules.recovery);
    if cost.is_positive() && rules.is_some_and(|rules| !rules.cost_deductible) {
        return Err(Reason::CostNotDeductible
            .refuse()
            .with("claim", &claim.id)
            .with("cost", cost.grouped()));
    }
    let share = recovered_share(claim, rules, net)?;
    let open = claim.open_right().map_err(out_of_range)?;
    let right = share.min(open);
    let written_off = share.sub(right).map_err(out_of_range)?;
    let mut working = json!({
        "gross": gross, "cost": cost, "net": net,
        "net_before": claim.net_recovered, "pool_before": claim.recovered,
        "share": claim.sharing.shares.first(), "pool_part": share,
    });
    let levels = room::levels_of_recovery(state, claim, share)?;
    if let (Some(levels), Some(object)) = (levels, working.as_object_mut()) {
        object.insert("levels".to_owned(), levels);
    }
    // The day of the recovery itself is told as the true date; the rest is the way to the pool.
    if let (Some(limit), Some(object), true) = (
        rules.and_then(|rules| rules.return_days),
        working.as_object_mut(),
        event.effective.is_some(),
    ) {
        let days = days_between(event.happened(), event.date);
        object.insert("returned_after_days".to_owned(), json!(days));
        object.insert("return_days".to_owned(), json!(limit));
    }
    Ok(Recovery { share, right, written_off, working })
}

pub(super) fn recover(state: &State, event: &Event, own: &Recover) -> Result<Decision, Problem> {
    let claim = claim(state, event, &own.claim)?;
    let owner = owner(state, event, Some(&claim.owner))?;
    let account = bank_account(state, &own.bank_account, owner, Some(Fund::Risk))?;
    let Recovery { share, right, written_off, working } =
        recovery(state, event, claim, own.gross, own.cost)?;
    let draft = claim_draft(state, claim);
    let to = own.to.unwrap_or(InterestOwner::Pool);
    let draft = match own.receives.unwrap_or(Receives::Share) {
        Receives::Share => {
            posting::recover_share(draft, &account.id, (share, to), right, written_off)
        }
        Receives::Gross => {
            let others = own.gross.sub(share).map_err(out_of_range)?;
            let sums = (own.gross, share, others, to);
            posting::recover_gross(draft, &account.id, sums, right, written_off)
        }
    };
    Ok(entry(state, claim, draft).working(Json::new(&working)?))
}

/// What was taken in place of money is told and kept with the claim; only its sale is a recovery.
pub(super) fn recover_in_kind(
    state: &State,
    event: &Event,
    own: &RecoverInKind,
) -> Result<Decision, Problem> {
    let claim = claim(state, event, &own.claim)?;
    may(claim, event.kind.word())?;
    positive(own.value)?;
    Ok(Decision::fact(Some(claim.owner.clone())))
}

pub(super) fn write_off(state: &State, event: &Event, own: &WriteOff) -> Result<Decision, Problem> {
    let claim = standing(state, event, &own.claim)?;
    let rest = positive(claim.open_right().map_err(out_of_range)?)?;
    Ok(entry(state, claim, posting::write_off(claim_draft(state, claim), rest)))
}
