//! What rests on an entry, beside the later entries of its own record, and so is taken back first.
//!
//! An approval cannot be without the note that it names, the interest or the fee that was paid for
//! its days, and the qualification that its rules ask for. What only changes its figures (a
//! repayment, an extension, what another programme pays) is taken back freely, and `subsidy
//! recompute` shows the difference.

use super::subsidy::{asked_of, notes_of};
use crate::domain::calendar::{CalendarQuarter, Date, InterestQuarter, Period, Quarter};
use crate::domain::corrected::Corrected;
use crate::domain::entry::Entry;
use crate::domain::event::{Kind, Programme};
use crate::domain::loan::{Loan, Note};
use crate::domain::money::Total;
use crate::domain::registry::{Claim, Filing, Subsidy};
use crate::domain::rules::words::{PayAfter, Qualified};
use crate::domain::state::State;
use crate::domain::subsidy::qualified::{held, on};
use crate::domain::text::Id;

/// The last entry that rests on an entry, if one does.
pub(super) fn on_entry(state: &State, original: &Entry) -> Option<u64> {
    let seq = original.seq;
    let loan = |id: &Id| state.loans.get(id);
    match &original.event.kind {
        Kind::Disburse(own) => {
            let loan = loan(&own.loan)?;
            on_note(state, loan.note(Some(own.note.as_ref().unwrap_or(&loan.id)))?)
        }
        Kind::InterestPaid(own) => {
            let loan = loan(&own.loan)?;
            let note = loan.note(own.note.as_ref())?;
            let paid = Period { from: own.from, to: own.to };
            let lines = on_days(state, (loan, note), Programme::InterestDiscount, paid, seq);
            lines.max(approval_on(state, note, seq))
        }
        Kind::FeePaid(own) => {
            let loan = loan(&own.loan)?;
            let paid = Period { from: own.from, to: own.to };
            on_days(state, (loan, loan.notes.first()?), Programme::GuaranteeFee, paid, seq)
        }
        Kind::Qualify(own) => on_qualification(state, &original.event.id, &own.firm, seq),
        Kind::ApproveClaim(own) => supplement_of(state, &own.claim),
        Kind::Repay(own) => approval_on(state, loan(&own.loan)?.note(own.note.as_ref())?, seq),
        Kind::Reprice(own) => approval_on(state, loan(&own.loan)?.note(own.note.as_ref())?, seq),
        Kind::Extend(own) => approval_on(state, loan(&own.loan)?.note(own.note.as_ref())?, seq),
        Kind::Overdue(own) => approval_on(state, loan(&own.loan)?.note(own.note.as_ref())?, seq),
        Kind::Npl(own) => approval_on(state, loan(&own.loan)?.note(own.note.as_ref())?, seq),
        Kind::Cure(own) => approval_on(state, loan(&own.loan)?.note(own.note.as_ref())?, seq),
        Kind::Correct(_) => {
            let corrected = Corrected::of(original)?;
            approval_on(state, loan(corrected.loan()?)?.note(corrected.note())?, seq)
        }
        _ => None,
    }
}

/// Everything that names a note: lines, filings.
fn on_note(state: &State, note: &Note) -> Option<u64> {
    let lines = note.subsidised.iter().filter_map(|one| state.subsidies.get(&one.subsidy));
    let filings = note.filings.iter().filter_map(|one| state.filings.get(&one.subsidy));
    let lines = lines.filter_map(|line| line.trail.last().copied());
    lines.chain(filings.filter_map(|filing| filing.trail.last().copied())).max()
}

/// The approval of a claim on a note that was given after an entry.
fn approval_on(state: &State, note: &Note, seq: u64) -> Option<u64> {
    let claims = note.claims.iter().filter_map(|id| state.claims.get(id));
    claims.map(|claim| claim.approval).filter(|approval| *approval > seq).max()
}

/// A claim that supplements one rests on its approval.
fn supplement_of(state: &State, claim: &Id) -> Option<u64> {
    let first = state.claims.get(claim)?;
    let note = state.loans.get(&first.loan)?.note(Some(&first.note))?;
    let later = note.claims.iter().filter_map(|id| state.claims.get(id));
    let adds = |other: &&Claim| other.supplement.as_ref() == Some(claim) && other.state.is_live();
    later.filter(adds).filter_map(|other| other.trail.last().copied()).max()
}

/// The days of a line or filing whose facts it rests on.
fn days_of(state: &State, loan: &Loan, programme: Programme, period: &str) -> Option<Period> {
    let quarter = Quarter::parse(period).ok()?;
    let days = match programme {
        Programme::InterestDiscount => InterestQuarter(quarter).period(),
        Programme::GuaranteeFee => CalendarQuarter(quarter).period(),
    };
    let rules = loan.rules.as_ref().and_then(|id| state.rules(id));
    let whole = rules
        .and_then(|rules| rules.interest_discount.as_ref())
        .is_some_and(|discount| discount.pay_after == PayAfter::FullRepayment);
    let all = programme == Programme::InterestDiscount && whole;
    Some(if all { Period { from: Date::MIN, ..days } } else { days })
}

/// True while the firm keeps something of a line that was approved after an entry.
fn stands(line: &Subsidy, seq: u64) -> bool {
    line.kept() > Total::ZERO && line.trail.first().is_some_and(|first| *first > seq)
}

/// What was approved or filed for, after an entry, for days that a payment of the firm was for.
fn on_days(
    state: &State,
    (loan, note): (&Loan, &Note),
    programme: Programme,
    paid: Period,
    seq: u64,
) -> Option<u64> {
    let meets = |period: &str| {
        let days = days_of(state, loan, programme, period);
        days.is_some_and(|days| !days.intersect(paid).is_empty())
    };
    let lines = notes_of(loan, note, programme)
        .flat_map(|note| &note.subsidised)
        .filter_map(|one| state.subsidies.get(&one.subsidy))
        .filter(|line| line.programme == programme && stands(line, seq) && meets(&line.period))
        .filter_map(|line| line.trail.last().copied());
    // A filing that has had its answer rests with its line.
    let waits = |filing: &&Filing| {
        filing.programme == programme && filing.line.is_none() && meets(&filing.period)
    };
    let filings = notes_of(loan, note, programme)
        .flat_map(|note| &note.filings)
        .filter_map(|one| state.filings.get(&one.subsidy))
        .filter(waits)
        .filter_map(|filing| filing.trail.last().copied().filter(|last| *last > seq));
    lines.chain(filings).max()
}

/// What was approved for a firm by the days of a qualification that no other one covers.
fn on_qualification(state: &State, id: &Id, firm: &Id, seq: u64) -> Option<u64> {
    let told = || state.qualifications.iter().filter(|told| told.firm == *firm);
    let lines = state.subsidies.iter().filter(|line| line.firm == *firm && stands(line, seq));
    let rests = |line: &&Subsidy| {
        let Some(loan) = state.loans.get(&line.loan) else { return false };
        let rules = loan.rules.as_ref().and_then(|id| state.rules(id));
        let asked = rules.and_then(|rules| asked_of(rules, line.programme));
        let Some(asked) = asked.filter(|asked| asked.rule != Qualified::Ignore) else {
            return false;
        };
        let with = held(told(), &asked.kinds);
        let without = held(told().filter(|told| told.id != *id), &asked.kinds);
        if asked.rule == Qualified::AtDrawdown {
            let drawn = match line.programme {
                Programme::InterestDiscount => loan.note(Some(&line.note)).map(|note| note.drawn),
                Programme::GuaranteeFee => loan.notes.iter().map(|note| note.drawn).min(),
            };
            return drawn.is_some_and(|day| on(&with, day) && !on(&without, day));
        }
        let Some(days) = days_of(state, loan, line.programme, &line.period) else { return false };
        let count =
            |held: &[Period]| -> i64 { held.iter().map(|part| part.intersect(days).days()).sum() };
        count(&without) < count(&with)
    };
    lines.filter(rests).filter_map(|line| line.trail.last().copied()).max()
}
