//! Applying: takes an accepted entry into the state. It cannot fail.
//!
//! Balances follow the lines; records follow the event. An entry that does not fit (which only a
//! damaged or forged journal can hold) leaves the record it names untouched, and `verify` finds it.

mod application;
mod checkpoint;
mod clawback;
mod close;
mod corrected;
mod funding;
mod pool;
mod qualification;
mod quota;
mod review;
mod rules;
mod settlement;
mod setup;
mod statement;
mod subsidy;
mod undo;

pub(crate) use pool::{loan_of, released};
pub(crate) use statement::touched;

use crate::domain::account::Account;
use crate::domain::calendar::{Date, Month};
use crate::domain::corrected::Corrected;
use crate::domain::decide::{cap_years_of, parts_of_loss, sharing_of};
use crate::domain::entry::{Entry, Line};
use crate::domain::event::{ContractDays, Event, Kind};
use crate::domain::loan::{
    Cure, FeePaid, InterestPaid, Loan, Note, NoteState, OtherBenefit, Removal, Subsidised,
};
use crate::domain::money::{Money, Total};
use crate::domain::rate::Share;
use crate::domain::registry::{
    CapUse, Claim, ClaimState, LossShares, Payment, Subsidy, SubsidyState,
};
use crate::domain::state::{State, cap_id};
use crate::domain::subsidy::recompute::budget_left;
use crate::domain::text::Id;
use crate::domain::{cap, decide};

/// Takes an entry in. Cost: a few hash look-ups a line, independent of the book's size.
pub fn apply(state: &mut State, entry: &Entry) {
    let month = Month::of(entry.event.date);
    for line in entry.all_lines() {
        state.add_line(month, line);
    }
    if let Some(voucher) = &entry.voucher {
        state.count_voucher(&voucher.owner, voucher.month, voucher.word);
    }
    quota::count_banks(state, entry);
    state.last_recorded = Some(entry.recorded);
    if entry.all_lines().next().is_some() {
        state.youngest = state.youngest.max(Some(entry.event.date));
    }
    statement::touch(state, entry);
    let original = entry.reverses.and_then(|seq| reversed_entry(entry, seq));
    let told = original.as_ref().unwrap_or(entry);
    let before = pool::before(state, told);
    match (entry.reverses, &original) {
        (Some(seq), original) => {
            state.set_reversed(seq, entry.seq);
            if let Some(original) = original {
                quota::counted(state, &original.event.kind, |state| undo::undo(state, original));
            }
        }
        (None, _) => quota::counted(state, &entry.event.kind, |state| follow(state, entry)),
    }
    pool::after(state, entry, original.as_ref(), before);
}

/// The reversed entry as far as its records are concerned: a reversal carries the event it takes
/// back in its working, and its lines turned once more are the original lines.
fn reversed_entry(reversal: &Entry, seq: u64) -> Option<Entry> {
    let event = reversal.taken_back()?;
    let turned = |lines: &[Line]| lines.iter().map(Line::turned).collect();
    // A correction is taken back with what it carried.
    let carries = matches!(event.kind, Kind::Correct(_));
    Some(Entry {
        seq,
        event,
        lines: turned(&reversal.lines),
        memo: turned(&reversal.memo),
        reverses: None,
        working: reversal.working.clone().filter(|_| carries),
        ..reversal.clone()
    })
}

/// Takes back what an entry did to its records, in a state in which its facts are told again.
pub(crate) fn take_back(state: &mut State, entry: &Entry) {
    undo::undo(state, entry);
}

/// Takes an entry into the records of such a state.
pub(crate) fn tell_again(state: &mut State, entry: &Entry) {
    follow(state, entry);
}

/// What an entry is about where its own event does not tell: the event that a reversal takes back; of
/// a correction and of its reversal the fact, on the day of that entry.
pub(crate) fn about(entry: &Entry) -> Option<Event> {
    let told = entry.reverses.and_then(|_| entry.taken_back());
    let is_correction = |event: &Event| matches!(event.kind, Kind::Correct(_));
    if !is_correction(told.as_ref().unwrap_or(&entry.event)) {
        return told;
    }
    let fact = Corrected::of_working(entry)?.fact.now.event;
    Some(Event { date: entry.event.date, ..fact })
}

/// Sum of an account's lines on one side.
fn sum(lines: &[Line], account: Account) -> Money {
    let total: Total = lines.iter().filter(|line| line.account == account).map(Line::signed).sum();
    Total(total.0.abs()).money().unwrap_or_default()
}

fn follow(state: &mut State, entry: &Entry) {
    let event = &entry.event;
    match &event.kind {
        Kind::OpenBook(_)
        | Kind::Join(_)
        | Kind::Party(_)
        | Kind::ChangeParty(_)
        | Kind::BankAccount(_)
        | Kind::AdoptRules(_)
        | Kind::AdoptRates(_)
        | Kind::Target(_) => setup::follow(state, event),
        Kind::Qualify(_) | Kind::Disqualify(_) => qualification::follow(state, event),
        Kind::Commit(own) => {
            if let Some(owner) = entry.owner() {
                state.add_commitment(owner, own.source, own.amount.into());
            }
        }
        Kind::Contribute(own) => {
            let taken = sum(&entry.memo, Account::Commitments);
            if let Some(owner) = entry.owner() {
                state.add_commitment(owner, own.source, -Total::from(taken));
            }
        }
        Kind::ApplyLoan(_) | Kind::RecommendLoan(_) | Kind::RejectLoan(_) => {
            application::follow(state, entry);
        }
        Kind::Enrol(own) => {
            enrol(state, entry);
            application::enrolled(state, &own.loan, entry.seq);
        }
        Kind::Close(own) => close::follow(state, entry, own),
        Kind::Checkpoint(_) => checkpoint::made(state, entry),
        Kind::KeepCheckpoint(own) => checkpoint::kept(state, own, entry.seq),
        Kind::ReceiveDeposit(_)
        | Kind::RefundDeposit(_)
        | Kind::ApplyDeposit(_)
        | Kind::ApproveWithdrawal(_)
        | Kind::PayWithdrawal(_)
        | Kind::UnknownReceipt(_)
        | Kind::ExplainReceipt(_) => funding::follow(state, entry),
        Kind::FileClaim(_)
        | Kind::ApproveClaim(_)
        | Kind::RejectClaim(_)
        | Kind::PayClaim(_)
        | Kind::Recover(_)
        | Kind::RecoverInKind(_)
        | Kind::WriteOff(_) => follow_claim(state, entry),
        Kind::ReviewClaim(_)
        | Kind::WithdrawClaim(_)
        | Kind::CloseClaim(_)
        | Kind::FileSubsidy(_)
        | Kind::ReviewSubsidy(_) => review::follow(state, entry),
        Kind::CancelRest(_)
        | Kind::SettleClaim(_)
        | Kind::RevokeClaim(_)
        | Kind::RefundClaim(_)
        | Kind::RecoveryCost(_) => settlement::follow(state, entry),
        Kind::ReturnSubsidy(_)
        | Kind::ReissueSubsidy(_)
        | Kind::ReduceSubsidy(_)
        | Kind::ClawBack(_)
        | Kind::ReceiveClawback(_)
        | Kind::OffsetClawback(_)
        | Kind::WriteOffClawback(_) => clawback::follow(state, entry),
        Kind::ApproveSubsidy(_) | Kind::PaySubsidy(_) => subsidy::follow(state, entry),
        Kind::Quota(_) => quota::follow(state, entry),
        Kind::ChangeRules(own) => rules::follow(state, entry, own),
        Kind::Correct(_) => corrected::follow(state, entry),
        Kind::Budget(_)
        | Kind::Transfer(_)
        | Kind::Move(_)
        | Kind::PoolInterest(_)
        | Kind::AccrueInterest(_)
        | Kind::EstimateSubsidy(_)
        | Kind::BankCharge(_)
        | Kind::TrusteeFee(_)
        | Kind::ReturnBudget(_)
        | Kind::PayTreasury(_)
        | Kind::Release(_)
        | Kind::RunOff(_)
        | Kind::Liquidate(_)
        | Kind::ShareLoss(_)
        | Kind::ClosePool(_)
        | Kind::SettleTransfer(_)
        | Kind::ChangeCustodian(_)
        | Kind::Reverse(_) => {}
        kind if kind.is_of_statements() => statement::follow(state, entry),
        _ => follow_loan(state, entry),
    }
}

fn enrol(state: &mut State, entry: &Entry) {
    let event = &entry.event;
    let (Kind::Enrol(own), Some(owner)) = (&event.kind, &event.owner) else { return };
    let mut loan = Loan {
        id: own.loan.clone(),
        owner: owner.clone(),
        firm: own.firm.clone(),
        bank: own.bank.clone(),
        guarantor: own.guarantor.clone(),
        entry: entry.seq,
        contract: own.contract.clone(),
        amount: own.amount,
        signed: own.signed.unwrap_or(event.happened()),
        enrolled: event.happened(),
        due: own.due,
        rate: own.rate,
        day_count: own.day_count.unwrap_or(ContractDays::Act360),
        drawing_of: own.drawing_of.clone(),
        renews: own.renews.clone(),
        security: own.security.clone(),
        firm_class: own.firm_class.clone(),
        first_loan: own.first_loan.unwrap_or(false),
        pool_share: own.pool_share,
        guarantor_share: own.guarantor_share,
        rules: state.rules_on(event.happened()).map(|rules| rules.id.clone()),
        share: own.pool_share.unwrap_or(Share::ZERO),
        removed: None,
        notes: Vec::new(),
        deposit: Money::ZERO,
        fees: Vec::new(),
        trail: Vec::new(),
        changes: Vec::new(),
    };
    if let Ok(LossShares { shares: [pool, ..], .. }) = sharing_of(state, &loan) {
        loan.share = pool;
    }
    let id = loan.id.clone();
    state.loans.insert(loan);
    state.note_papers(&id);
}

/// The note that an event of the loan family names.
fn note_mut<'l>(loan: &'l mut Loan, id: Option<&Id>) -> Option<&'l mut Note> {
    match id {
        Some(id) => loan.notes.iter_mut().find(|note| note.id == *id),
        None => loan.notes.first_mut(),
    }
}

/// The fee that a refund names, as [`Loan::fee`] finds it.
fn fee_mut(loan: &mut Loan, from: Option<Date>) -> Option<&mut FeePaid> {
    loan.fees.iter_mut().rev().find(|fee| from.is_none_or(|from| fee.from == from))
}

fn new_note(loan: &Loan, entry: &Entry, exposure: Money) -> Option<Note> {
    let event = &entry.event;
    let Kind::Disburse(own) = &event.kind else { return None };
    Some(Note {
        id: own.note.clone().unwrap_or_else(|| loan.id.clone()),
        drawing_of: own.drawing_of.clone(),
        entry: entry.seq,
        amount: own.amount,
        drawn: event.happened(),
        due: own.due.unwrap_or(loan.due),
        state: NoteState::Active,
        balance: own.amount,
        exposure,
        repayments: Vec::new(),
        rates: Vec::new(),
        extensions: Vec::new(),
        overdue: Vec::new(),
        npl: None,
        cures: Vec::new(),
        removed: None,
        interest: Vec::new(),
        others: Vec::new(),
        compensated: Money::ZERO,
        claims: Vec::new(),
        filings: Vec::new(),
        subsidised: Vec::new(),
    })
}

fn follow_loan(state: &mut State, entry: &Entry) {
    let event = &entry.event;
    let Some((id, note)) = event.kind.loan_fact() else { return };
    let Some(loan) = state.loans.get_mut(id) else { return };
    loan.trail.push(entry.seq);
    tell(loan, note, entry);
    if matches!(event.kind, Kind::Disburse(_)) {
        state.note_papers(id);
    }
}

/// What an entry of the loan family does to its loan.
fn tell(loan: &mut Loan, note: Option<&Id>, entry: &Entry) {
    let event = &entry.event;
    match &event.kind {
        Kind::Disburse(_) => {
            if let Some(note) = new_note(loan, entry, sum(&entry.memo, Account::Exposure)) {
                loan.notes.push(note);
            }
        }
        Kind::FeePaid(own) => loan.fees.push(FeePaid {
            paid: event.happened(),
            from: own.from,
            to: own.to,
            amount: own.amount,
            rate: own.fee_rate,
            instalment: own.instalment.unwrap_or(false),
            entry: entry.seq,
            refunds: Vec::new(),
        }),
        Kind::FeeRefunded(own) => {
            if let Some(fee) = fee_mut(loan, own.from) {
                fee.refunds.push((event.happened(), own.amount));
            }
        }
        Kind::Remove(_) => {
            loan.removed = Some(event.happened());
            for note in &mut loan.notes {
                let Note { state, balance, exposure, .. } = *note;
                note.removed = Some(Removal { state, balance, exposure });
                note.state = NoteState::Removed;
                note.balance = Money::ZERO;
                note.exposure = Money::ZERO;
            }
        }
        kind => {
            if let Some(note) = note_mut(loan, note) {
                follow_note(note, kind, event.happened(), entry);
            }
        }
    }
}

/// Principal is repaid, by the firm or out of its deposit.
fn repaid(note: &mut Note, date: Date, amount: Money, memo: &[Line]) {
    note.repayments.push((date, amount));
    note.balance = note.balance.sub(amount).unwrap_or_default();
    let released = sum(memo, Account::Exposure);
    note.exposure = note.exposure.sub(released).unwrap_or_default();
    if note.balance.is_zero() {
        note.state = NoteState::Repaid;
    }
}

/// Takes a repayment back, all but the note's state.
fn unpaid(note: &mut Note, amount: Money, memo: &[Line]) {
    note.repayments.pop();
    note.balance = note.balance.add(amount).unwrap_or_default();
    let released = sum(memo, Account::Exposure);
    note.exposure = note.exposure.add(released).unwrap_or_default();
}

fn follow_note(note: &mut Note, kind: &Kind, date: Date, entry: &Entry) {
    match kind {
        Kind::Repay(own) => repaid(note, date, own.amount, &entry.memo),
        Kind::InterestPaid(own) => note.interest.push(InterestPaid {
            paid: date,
            from: own.from,
            to: own.to,
            amount: own.amount,
            instalment: own.instalment.unwrap_or(false),
            entry: entry.seq,
        }),
        Kind::OtherBenefit(own) => note.others.push(OtherBenefit {
            scheme: own.scheme.clone(),
            from: own.from,
            to: own.to,
            amount: own.amount,
            entry: entry.seq,
        }),
        Kind::Reprice(own) => note.rates.push((date, own.rate)),
        Kind::Extend(own) => {
            let from = note.extensions.last().map_or(note.due, |(_, due)| *due);
            note.extensions.push((from, own.due));
            note.state = NoteState::Extended;
        }
        Kind::Overdue(_) => {
            note.overdue.push((date, None));
            note.state = NoteState::Overdue;
        }
        Kind::Npl(_) => {
            note.npl = Some(date);
            note.state = NoteState::Npl;
        }
        Kind::Cure(_) => {
            let open = match note.overdue.last_mut() {
                Some((_, cured @ None)) => {
                    *cured = Some(date);
                    true
                }
                _ => false,
            };
            note.cures.push(Cure { overdue: open, npl: note.npl.take() });
            note.state = decide::cured(note);
        }
        _ => {}
    }
}

/// Loan and note of a claim.
fn claim_note<'s>(state: &'s mut State, claim: &Id, seq: u64) -> Option<&'s mut Note> {
    let (loan, note) =
        state.claims.get(claim).map(|claim| (claim.loan.clone(), claim.note.clone()))?;
    let loan = state.loans.get_mut(&loan)?;
    if seq > 0 {
        loan.trail.push(seq);
    }
    note_mut(loan, Some(&note))
}

fn file_claim(state: &mut State, entry: &Entry) {
    let Kind::FileClaim(own) = &entry.event.kind else { return };
    let Some(loan) = state.loans.get(&own.loan) else { return };
    let sharing = sharing_of(state, loan);
    let (Ok(sharing), Some(note)) = (sharing, loan.note(own.note.as_ref())) else { return };
    let Ok((earlier, parts)) = parts_of_loss(state, note, own.base, &sharing) else { return };
    let claim = Claim {
        id: own.claim.clone(),
        owner: loan.owner.clone(),
        loan: loan.id.clone(),
        note: note.id.clone(),
        filed: entry.event.happened(),
        base: own.base,
        interest: own.interest.unwrap_or_default(),
        collateral: own.collateral.unwrap_or_default(),
        other: own.other.unwrap_or_default(),
        supplement: own.supplement.clone(),
        claimed: sum(&entry.memo, Account::ClaimsInReview),
        earlier,
        parts,
        lawsuit: own.lawsuit.clone(),
        state: ClaimState::Filed,
        sharing,
        approved: Money::ZERO,
        approved_on: None,
        approval: 0,
        cancelled: None,
        paid: Money::ZERO,
        payments: Vec::new(),
        net_recovered: Money::ZERO,
        recovered: Money::ZERO,
        written_off: Money::ZERO,
        refund_due: Money::ZERO,
        refunded: Money::ZERO,
        trail: vec![entry.seq],
        // Taken back, the claim is as if it had been refused.
        before: vec![ClaimState::Rejected],
    };
    let id = claim.id.clone();
    state.claims.insert(claim);
    if let Some(note) = claim_note(state, &id, entry.seq) {
        note.claims.push(id);
    }
}

fn follow_claim(state: &mut State, entry: &Entry) {
    match &entry.event.kind {
        Kind::FileClaim(_) => file_claim(state, entry),
        Kind::ApproveClaim(own) => with_claim(state, &own.claim, entry.seq, |claim| {
            claim.approved = sum(&entry.lines, Account::Compensation);
            claim.approved_on = Some(entry.event.date);
            claim.approval = entry.seq;
            claim.state = ClaimState::Approved;
        }),
        Kind::RejectClaim(own) => with_claim(state, &own.claim, entry.seq, |claim| {
            claim.state = ClaimState::Rejected;
        }),
        Kind::PayClaim(own) => {
            let paid = sum(&entry.lines, Account::CompensationPayable);
            let mut compensated = Money::ZERO;
            with_claim(state, &own.claim, entry.seq, |claim| {
                claim.paid = claim.paid.add(paid).unwrap_or_default();
                let (entry, date) = (entry.seq, entry.event.date);
                claim.payments.push(Payment { entry, date, amount: paid });
                claim.state = claim.standing();
                let full = claim.paid == claim.approved;
                let base = claim.principal().unwrap_or_default();
                compensated = if full { base } else { Money::ZERO };
            });
            let released = sum(&entry.memo, Account::Exposure);
            if let Some(note) = claim_note(state, &own.claim, entry.seq) {
                note.exposure = note.exposure.sub(released).unwrap_or_default();
                note.compensated = note.compensated.add(compensated).unwrap_or_default();
            }
        }
        Kind::Recover(own) => {
            recovered(state, entry, &own.claim, own.gross, own.cost);
        }
        Kind::RecoverInKind(own) => with_claim(state, &own.claim, entry.seq, |_| {}),
        Kind::WriteOff(own) => {
            let rest = sum(&entry.lines, Account::RecoveryRight);
            with_claim(state, &own.claim, entry.seq, |claim| {
                claim.written_off = claim.written_off.add(rest).unwrap_or_default();
                claim.state = claim.standing();
            });
        }
        _ => {}
    }
}

/// The pool's share of a recovery, whether the pool or the treasury owns it.
fn pool_part(entry: &Entry) -> Money {
    let of = |account| sum(&entry.lines, account);
    of(Account::RecoveryIncome).max(of(Account::TreasuryPayable))
}

fn recovered(state: &mut State, entry: &Entry, claim: &Id, gross: Money, cost: Option<Money>) {
    let net = gross.sub(cost.unwrap_or_default()).unwrap_or_default();
    let share = pool_part(entry);
    with_claim(state, claim, entry.seq, |claim| {
        claim.net_recovered = claim.net_recovered.add(net).unwrap_or_default();
        claim.recovered = claim.recovered.add(share).unwrap_or_default();
        claim.state = claim.standing();
    });
}

fn undo_recovered(
    state: &mut State,
    original: &Entry,
    claim: &Id,
    gross: Money,
    cost: Option<Money>,
) {
    let net = gross.sub(cost.unwrap_or_default()).unwrap_or_default();
    let share = pool_part(original);
    undo::undo_claim(state, claim, |claim| {
        claim.net_recovered = claim.net_recovered.sub(net).unwrap_or_default();
        claim.recovered = claim.recovered.sub(share).unwrap_or_default();
    });
}

fn with_claim(state: &mut State, id: &Id, seq: u64, change: impl FnOnce(&mut Claim)) {
    if let Some(claim) = state.claims.get_mut(id) {
        claim.trail.push(seq);
        claim.before.push(claim.state);
        change(claim);
    }
}
