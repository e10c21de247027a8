//! Reversal (红字冲销, E-90): the exact opposite, once, and only of the last word on a record.

use super::{Decision, enrolment, funding, in_order, out_of_range, quota, rests, room, short};
use crate::domain::account::Account;
use crate::domain::cap::Quota;
use crate::domain::corrected::Corrected;
use crate::domain::entry::{Entry, Line};
use crate::domain::event::{Event, Kind, Origin, RecordKind, Reverse, Undo};
use crate::domain::field::Json;
use crate::domain::money::Total;
use crate::domain::pool::inter_pool_key;
use crate::domain::posting;
use crate::domain::refusal::Reason;
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::planted::{Bug, planted};
use crate::problem::Problem;

pub(super) fn reverse(
    state: &State,
    event: &Event,
    own: &Reverse,
    original: Option<&Entry>,
) -> Result<Decision, Problem> {
    let seq = own.entry.0;
    let original = original.ok_or_else(|| Reason::ReverseUnknown.refuse().with("entry", seq))?;
    if original.reverses.is_some() {
        return Err(Reason::ReverseReversal.refuse().with("entry", seq));
    }
    if let Some(by) = state.reversed_by(seq).filter(|_| !planted(Bug::ReversedTwice)) {
        return Err(Reason::ReverseTwice.refuse().with("entry", seq).with("by", by));
    }
    check_kind(original)?;
    in_order(("date of the entry", original.event.date), ("date", event.date), false)?;
    check_promise(state, original)?;
    let later = later_entry(state, original).or_else(|| rests::on_entry(state, original));
    if let Some(later) = later {
        return Err(Reason::ReverseLater.refuse().with("entry", seq).with("later", later));
    }
    check_open(state, original)?;
    check_transfer(state, original)?;
    check_budget(state, original)?;
    if let Kind::Remove(own) = &original.event.kind {
        enrolment::check_again(state, &own.loan)?;
    }
    quota::check_reversal(state, original)?;
    room::check_reversal(state, original)?;
    check_spoken_for(state, original)?;
    let owner = original.owner().cloned().or_else(|| owner_of_fact(state, original).cloned());
    if let (Some(given), Some(owner)) = (&event.owner, &owner)
        && given != owner
    {
        return Err(Reason::LoanOwner.refuse().with("given", given).with("owner", owner));
    }
    let mut decision = Decision::fact(owner.clone());
    if let Some(line) = original.all_lines().next() {
        let cell = Cell { owner: line.owner.clone(), fund: line.fund };
        let mut draft = posting::Draft::new(&cell);
        draft.lines = posting::reverse(&original.lines, year_closed(state, original));
        draft.memo = posting::reverse(&original.memo, false);
        decision.draft = Some(draft);
    }
    decision.rules = original.rules.clone();
    // The event that is taken back travels with the reversal, so that replay needs no look-up.
    let event: serde_json::Value =
        serde_json::from_str(&original.event.to_json()).unwrap_or_default();
    let mut working = serde_json::json!({ "reversed": event });
    let carried = decision.draft.as_ref().map(|draft| carried(&original.lines, &draft.lines));
    if let (Some(carried), Some(object)) =
        (carried.filter(|all| !all.is_empty()), working.as_object_mut())
    {
        object.insert("carried".to_owned(), carried.into());
    }
    // So do the steps of a correction.
    if let (Kind::Correct(_), Some(told), Some(object)) =
        (&original.event.kind, &original.working, working.as_object_mut())
        && let Some(corrected) = told.value().get("corrected")
    {
        object.insert("corrected".to_owned(), corrected.clone());
    }
    decision.working = Some(Json::new(&working)?);
    decision.reverses = Some(seq);
    Ok(decision)
}

/// Whether the result of the original's year is final: its last day is closed.
fn year_closed(state: &State, original: &Entry) -> bool {
    let closing = original.owner().and_then(|owner| state.closings.get(owner));
    let through = closing.and_then(|closing| closing.through);
    through.is_some_and(|(last, _)| last >= original.event.date.last_of_year())
}

/// Lines, counted from 1, whose income or expense a reversal carries to prior years (3501), with
/// the account of the original.
fn carried(original: &[Line], reversal: &[Line]) -> serde_json::Map<String, serde_json::Value> {
    let pairs = original.iter().zip(reversal).zip(1..);
    let moved = pairs.filter(|((from, to), _)| from.account != to.account);
    moved
        .map(|((from, _), number): (_, u32)| (number.to_string(), from.account.code().into()))
        .collect()
}

/// Whose fact it is that moved nothing and named no owner, so that no closed period of theirs is
/// entered: the owner of the record that it names.
fn owner_of_fact<'s>(state: &'s State, original: &Entry) -> Option<&'s Id> {
    let corrected = Corrected::of(original);
    let event = corrected.as_ref().map_or(&original.event, |corrected| &corrected.fact.was.event);
    match event.kind.named()? {
        (RecordKind::Application, id) => state.application(id).map(|one| &one.owner),
        (RecordKind::Loan, id) => state.loans.get(id).map(|loan| &loan.owner),
        (RecordKind::Claim, id) => state.claims.get(id).map(|claim| &claim.owner),
        (RecordKind::Subsidy, id) => {
            let filing = state.filings.get(id).map(|filing| &filing.owner);
            filing.or_else(|| state.subsidies.get(id).map(|line| &line.owner))
        }
        (RecordKind::BankAccount, id) => state.bank_accounts.get(id).map(|account| &account.owner),
    }
}

/// A promise that was kept in the meantime cannot be taken back whole.
fn check_promise(state: &State, original: &Entry) -> Result<(), Problem> {
    let (Kind::Commit(own), Some(owner)) = (&original.event.kind, original.owner()) else {
        return Ok(());
    };
    if state.commitment(owner, own.source) >= own.amount.into() {
        return Ok(());
    }
    Err(Reason::ReverseLater.refuse().with("entry", original.seq).with("later", "-"))
}

/// Master data and enrolments are superseded or removed, because other entries rest on them; facts
/// about statements have opposites of their own, or are made anew.
fn check_kind(original: &Entry) -> Result<(), Problem> {
    let reason = match original.event.kind.spec().undo {
        Undo::Reverse => return Ok(()),
        Undo::Superseded => Reason::ReverseKind,
        Undo::Opposite => Reason::ReverseStatement,
    };
    let refused = reason.refuse().with("entry", original.seq);
    Err(refused.with("event", original.event.kind.word()))
}

/// What was approved or received for the treasury and paid since cannot be taken back.
fn check_open(state: &State, original: &Entry) -> Result<(), Problem> {
    if let Kind::AccrueInterest(own) = &original.event.kind
        && let Some(line) = original.lines.first()
    {
        // What was credited since has taken the accrual off.
        let open = state.balance(&line.owner, line.fund, Account::InterestReceivable, None);
        if Total::from(own.amount) > open {
            let refusal = Reason::AboveOpen.refuse().with("what", Account::InterestReceivable);
            return Err(refusal.with("open", open.grouped()).with("amount", own.amount.grouped()));
        }
    }
    for account in [Account::TreasuryPayable, Account::WithdrawalPayable] {
        let lines = original.lines.iter().filter(|line| line.account == account);
        let Some(line) = lines.clone().next() else { continue };
        let added = -lines.map(Line::signed).sum::<Total>();
        let open = match &original.event.kind {
            Kind::ApproveWithdrawal(own) => state.withdrawal(&line.owner, own.source),
            _ => -state.balance(&line.owner, line.fund, account, None),
        };
        if added > Total::ZERO && added > open {
            return Err(Reason::AboveOpen
                .refuse()
                .with("what", account)
                .with("open", open.grouped())
                .with("amount", added.grouped()));
        }
    }
    Ok(())
}

/// Money under what was approved, or of others, is not taken back before it: the reversal of a
/// receipt leaves a cell as much as is spoken for.
fn check_spoken_for(state: &State, original: &Entry) -> Result<(), Problem> {
    let mut seen: Vec<Cell> = Vec::new();
    for line in &original.lines {
        let cell = Cell { owner: line.owner.clone(), fund: line.fund };
        if seen.contains(&cell) {
            continue;
        }
        let of_cell = |of: fn(Account) -> bool| -> Total {
            let lines = original.lines.iter().filter(|line| of(line.account));
            let lines = lines.filter(|line| line.owner == cell.owner && line.fund == cell.fund);
            lines.map(Line::signed).sum()
        };
        // What the entry brought: cash, less what became spoken for with it.
        let brought = of_cell(Account::is_cash) + of_cell(Account::is_reserving);
        let available = state.available(&cell);
        if brought > Total::ZERO && brought > available {
            let amount = brought.money().map_err(out_of_range)?;
            let reserved = state.reserved(&cell);
            return Err(short(state, &cell, amount, reserved, available.max(Total::ZERO)));
        }
        seen.push(cell);
    }
    Ok(())
}

/// A budget of which something went back to its source cannot be taken back whole.
fn check_budget(state: &State, original: &Entry) -> Result<(), Problem> {
    if !matches!(original.event.kind, Kind::Budget(_) | Kind::ExplainReceipt(_)) {
        return Ok(());
    }
    let income = |line: &&Line| funding::is_budget(line.account);
    let Some(line) = original.lines.iter().find(income) else { return Ok(()) };
    let (Some(source), Some(owner)) = (line.source, state.owners.get(&line.owner)) else {
        return Ok(());
    };
    let cell = Cell { owner: line.owner.clone(), fund: line.fund };
    let year = original.event.date.year();
    let open = funding::returnable(state, (owner, &cell, source), (year, false));
    if Total::from(line.amount) <= open {
        return Ok(());
    }
    Err(Reason::AboveOpen
        .refuse()
        .with("what", format_args!("{source} -> {} {}", line.owner, line.fund))
        .with("open", open.max(Total::ZERO).grouped())
        .with("amount", line.amount.grouped()))
}

/// A transfer that was settled since cannot be taken back.
fn check_transfer(state: &State, original: &Entry) -> Result<(), Problem> {
    let (Kind::Transfer(own), Some(owner)) = (&original.event.kind, original.owner()) else {
        return Ok(());
    };
    let Some(fund) = original.lines.first().map(|line| line.fund) else { return Ok(()) };
    let open = Total(state.sum(inter_pool_key(state, fund, [owner, &own.to_owner])));
    if Total::from(own.amount) <= open {
        return Ok(());
    }
    Err(Reason::AboveOpen
        .refuse()
        .with("what", format_args!("{owner} -> {}", own.to_owner))
        .with("open", open.grouped())
        .with("amount", own.amount.grouped()))
}

/// The last entry on a loan, claim or subsidy line that the original rests on, when it came later.
fn later_entry(state: &State, original: &Entry) -> Option<u64> {
    touched(state, original)
        .into_iter()
        .flatten()
        .filter_map(|trail| trail.last().copied())
        .find(|last| *last > original.seq)
}

/// The trails of the records that an entry touched.
fn touched<'s>(state: &'s State, original: &Entry) -> [Option<&'s [u64]>; 2] {
    let loan = |id: &str| state.loans.get(id).map(|loan| loan.trail.as_slice());
    let claim = |id: &str| state.claims.get(id).map(|claim| claim.trail.as_slice());
    let receipt = |id: &str| state.receipts.get(id).map(|receipt| receipt.trail.as_slice());
    let line = |id: &str| state.subsidies.get(id).map(|line| line.trail.as_slice());
    let quota = |year: i16| {
        let owner = original.owner().map_or("-", |owner| owner.as_str());
        state.quotas.get(&Quota::id(owner, year)).map(|quota| quota.trail.as_slice())
    };
    let filing = |id: &str| state.filings.get(id).map(|filing| filing.trail.as_slice());
    let application = |id: &str| state.application(id).map(|one| one.trail.as_slice());
    let loan_of = |id: &str| state.claims.get(id).and_then(|claim| loan(&claim.loan));
    let event = &original.event;
    match &event.kind {
        // These make the record that others name.
        Kind::UnknownReceipt(_) => [receipt(&event.id), None],
        Kind::FileSubsidy(_) => [filing(&event.id), None],
        Kind::ApproveSubsidy(own) => {
            [line(&event.id), own.supplement.as_ref().and_then(|id| line(id))]
        }
        Kind::ExplainReceipt(own) => {
            let record = match own.to {
                Origin::Deposit => own.loan.as_ref().and_then(|id| loan(id)),
                Origin::Recovery => own.claim.as_ref().and_then(|id| claim(id)),
                _ => None,
            };
            [receipt(&own.receipt), record]
        }
        Kind::RunOff(_) | Kind::Liquidate(_) | Kind::ClosePool(_) => {
            let pool = event.owner.as_ref().and_then(|owner| state.pools.get(owner));
            [pool.map(|pool| pool.trail.as_slice()), None]
        }
        Kind::Quota(own) => [quota(own.year.0), None],
        Kind::FileClaim(own) => [claim(&own.claim), loan(&own.loan)],
        // A rejected claim makes room for another one on the same note, and for repayment or
        // removal of the loan; once that room is used the claim cannot come back.
        Kind::WithdrawClaim(_)
        | Kind::CloseClaim(_)
        | Kind::RejectClaim(_)
        | Kind::PayClaim(_)
        | Kind::CancelRest(_) => {
            let id = event.kind.claim();
            [id.and_then(|id| claim(id)), id.and_then(|id| loan_of(id))]
        }
        Kind::OffsetClawback(own) => [line(&own.subsidy), line(&own.against)],
        Kind::Correct(_) => {
            let corrected = Corrected::of(original);
            [corrected.as_ref().and_then(Corrected::loan).and_then(|id| loan(id)), None]
        }
        kind => match kind.named() {
            Some((RecordKind::Application, id)) => [application(id), None],
            Some((RecordKind::Loan, id)) => [loan(id), None],
            Some((RecordKind::Claim, id)) => [claim(id), None],
            Some((RecordKind::Subsidy, id)) => [filing(id).or(line(id)), None],
            Some((RecordKind::BankAccount, _)) | None => [None, None],
        },
    }
}
