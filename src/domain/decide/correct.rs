//! Correction (E-91): one fact of a loan is replaced, and what followed is decided again as of then.
//!
//! On a small state with this loan alone, everything from the fact on is taken back, the corrected
//! fact is decided by its own rules, and then each follower by its own. What the pool, its money and
//! its counters allow was decided then and is not asked again. Only register lines may come out
//! differently; a follower that would be refused, or would move other money, refuses the whole.

use super::loan as facts;
use super::{
    Context, Decision, benefit, claim, deposit, in_order, loss, out_of_range, owner, review, rules,
};
use super::{Draft, settlement};
use crate::domain::account::Account;
use crate::domain::apply::{take_back, tell_again};
use crate::domain::corrected::{Corrected, Step, is_step};
use crate::domain::entry::{Entry, Line};
use crate::domain::event::{Correct, Event, EventSpec, Kind};
use crate::domain::json::Writer;
use crate::domain::loan::Loan;
use crate::domain::money::{Money, Total};
use crate::domain::posting;
use crate::domain::refusal::Reason;
use crate::domain::state::State;
use crate::domain::text::Id;
use crate::limits::CORRECT_STEPS_MAX;
use crate::problem::Problem;
use serde_json::{Map, Value};

/// The entries that deciding a correction asks for beside the one that it names: what followed on the
/// loan and its claims. None for other events.
pub fn rests_on(state: &State, kind: &Kind, original: Option<&Entry>) -> Vec<u64> {
    let (Kind::Correct(_), Some(original)) = (kind, original) else { return Vec::new() };
    let loan = original.event.kind.loan_fact().and_then(|(id, _)| state.loans.get(id));
    let Some(loan) = loan else { return Vec::new() };
    let claims = loan.notes.iter().flat_map(|note| &note.claims);
    let claims = claims.filter_map(|id| state.claims.get(id)).flat_map(|claim| &claim.trail);
    let later = loan.trail.iter().chain(claims).copied();
    let mut later: Vec<u64> = later.filter(|seq| *seq > original.seq).collect();
    later.sort_unstable();
    later.dedup();
    later
}

pub(super) fn correct(
    state: &State,
    event: &Event,
    own: &Correct,
    context: &Context<'_>,
) -> Result<Decision, Problem> {
    let seq = own.entry.0;
    let unknown = || Reason::ReverseUnknown.refuse().with("entry", seq);
    let original = context.original.ok_or_else(unknown)?;
    if let Some(by) = state.reversed_by(seq) {
        return Err(Reason::CorrectReversed.refuse().with("entry", seq).with("by", by));
    }
    let loan = original.event.kind.loan_fact().and_then(|(id, _)| state.loans.get(id));
    let is_fact =
        original.reverses.is_none() && !matches!(original.event.kind, Kind::ChangeRules(_));
    let Some(loan) = loan.filter(|_| is_fact) else {
        let refused = Reason::CorrectKind.refuse().with("entry", seq);
        return Err(refused.with("event", original.event.kind.word()));
    };
    in_order(("date of the entry", original.event.date), ("date", event.date), false)?;
    owner(state, event, Some(&loan.owner))?;
    let history = as_they_count(original, context.later);
    let [fact, followed @ ..] = history.as_slice() else {
        unreachable!("BUG: a history begins with the fact itself")
    };
    let now = replaced(event, fact, loan)?;
    let corrected = told_again(state, loan, (fact, now), followed)?;
    let steps = corrected.followed.len();
    if steps > CORRECT_STEPS_MAX {
        let refused = Problem::data("correct-long").with("entry", seq).with("count", steps);
        return Err(refused.with("limit", CORRECT_STEPS_MAX));
    }
    let draft = posting::correct(facts::draft(loan), &differences(&corrected)?);
    let decision = Decision::entry(loan.owner.clone(), draft).rules(loan.rules.clone());
    Ok(decision.working(corrected.working()?))
}

/// Fact and followers as they count now: each with what corrections since have made of it.
fn as_they_count(original: &Entry, later: &[Entry]) -> Vec<Entry> {
    let mut history = vec![original.clone()];
    for entry in later {
        let Some(corrected) = Corrected::of(entry) else {
            history.push(entry.clone());
            continue;
        };
        for Step { now, .. } in corrected.steps() {
            if let Some(known) = history.iter_mut().find(|known| known.seq == now.seq) {
                known.event = now.event.clone();
                known.memo.clone_from(&now.memo);
            }
        }
    }
    history
}

/// The fact with the fields that the correction names.
fn replaced(event: &Event, fact: &Entry, loan: &Loan) -> Result<Event, Problem> {
    let word = fact.event.kind.word();
    let own = EventSpec::of(word).map_or(&[][..], |spec| spec.fields);
    let mut told: Map<String, Value> =
        serde_json::from_str(&fact.event.to_json()).unwrap_or_default();
    let mut given: Vec<(&'static str, Value)> = Vec::new();
    event.kind.visit(&mut |name, value| {
        let mut bytes = Vec::new();
        value.write(&mut Writer::new(&mut bytes));
        if !matches!(name, "entry" | "reason") {
            given.push((name, serde_json::from_slice(&bytes).unwrap_or_default()));
        }
    });
    let same = |field: &'static str, value: &str| {
        let refused = Reason::CorrectSame.refuse().with("entry", fact.seq).with("field", field);
        refused.with("value", value).in_column(field)
    };
    if given.is_empty() && event.effective.is_none() {
        let fields = own.iter().map(|spec| spec.name).filter(|name| is_field(name));
        let fields: Vec<&str> = std::iter::once("effective").chain(fields).collect();
        let refused = Reason::CorrectNothing.refuse().with("entry", fact.seq);
        return Err(refused.with("event", word).with("fields", fields.join(", ")));
    }
    for (name, value) in given {
        if !own.iter().any(|spec| spec.name == name) {
            let needless = Problem::data("field-needless").with("field", name);
            return Err(needless.with("event", word).in_column(name));
        }
        // What was left out has a meaning, too.
        let meant = match name {
            "instalment" => Value::Bool(false),
            "due" => loan.due.to_string().into(),
            _ => Value::Null,
        };
        if *told.get(name).unwrap_or(&meant) == value {
            return Err(same(name, value.as_str().unwrap_or(&value.to_string())));
        }
        told.insert(name.to_owned(), value);
    }
    if let Some(day) = event.effective {
        if day == fact.event.happened() {
            return Err(same("effective", &day.to_string()));
        }
        told.insert("effective".to_owned(), day.to_string().into());
    }
    Event::from_json(Value::Object(told).to_string().as_bytes())
}

/// Whether a correction has the field of a fact.
fn is_field(name: &str) -> bool {
    let own = EventSpec::of("correct");
    own.is_some_and(|spec| spec.fields.iter().any(|field| field.name == name))
}

/// Everything from the fact on, decided again.
fn told_again(
    state: &State,
    loan: &Loan,
    (fact, now): (&Entry, Event),
    followed: &[Entry],
) -> Result<Corrected, Problem> {
    let mut small = state.around(loan);
    for entry in followed.iter().rev().chain([fact]) {
        take_back(&mut small, entry);
        if let Kind::FileClaim(own) = &entry.event.kind {
            small.forget_claim(&own.claim);
        }
    }
    let fact = Step { was: fact.clone(), now: Entry { event: now, ..fact.clone() } };
    let fact = again(&mut small, fact)?;
    let mut steps = Vec::new();
    for entry in followed {
        let step = Step { was: entry.clone(), now: entry.clone() };
        let step =
            again(&mut small, step).map_err(|problem| stopped(fact.was.seq, entry, problem))?;
        if is_step(&entry.event.kind) {
            steps.push(step);
        }
    }
    Ok(Corrected { fact, followed: steps })
}

/// One entry decided again and taken in.
fn again(small: &mut State, mut step: Step) -> Result<Step, Problem> {
    if let Some(draft) = decided(small, &step.now)? {
        if draft.lines != step.was.lines {
            let sum = |lines: &[Line]| -> Money {
                let debits = lines.iter().filter(|line| line.signed() > Total::ZERO);
                let sum: Total = debits.map(Line::signed).sum();
                sum.money().unwrap_or_default()
            };
            return Err(Reason::CorrectMoney
                .refuse()
                .with("moved", sum(&step.was.lines).grouped())
                .with("would", sum(&draft.lines).grouped()));
        }
        step.now.memo = draft.memo;
    }
    tell_again(small, &step.now);
    Ok(step)
}

/// The refusal of a correction for the sake of what followed, with the follower's own reason.
fn stopped(corrected: u64, later: &Entry, problem: Problem) -> Problem {
    let reason = if problem.code == Reason::CorrectMoney.code() {
        Reason::CorrectMoney.refuse()
    } else {
        Reason::CorrectLater.refuse().with("because", problem.code)
    };
    let mut refused = reason
        .with("corrected", corrected)
        .with("later", later.seq)
        .with("later_event", later.event.kind.word());
    refused.args.extend(problem.args);
    refused
}

/// What an entry comes to by the facts of its loan as they stand; none where nothing of its lines
/// rests on them.
fn decided(small: &State, entry: &Entry) -> Result<Option<Draft>, Problem> {
    let event = &entry.event;
    let decision = match &event.kind {
        Kind::Disburse(own) => {
            let loan = facts::loan(small, event, &own.loan)?;
            facts::may(small, loan, event.kind.word())?;
            facts::drawn(small, event, own, loan)
        }
        Kind::Repay(own) => facts::repay(small, event, own),
        Kind::InterestPaid(own) => facts::interest_paid(small, event, own),
        Kind::FeePaid(own) => facts::fee_paid(small, event, own),
        Kind::FeeRefunded(own) => benefit::fee_refunded(small, event, own),
        Kind::OtherBenefit(own) => benefit::other(small, event, own),
        Kind::Reprice(own) => facts::reprice(small, event, own),
        Kind::Extend(own) => facts::extend(small, event, own),
        Kind::Overdue(own) => facts::overdue(small, event, own),
        Kind::Npl(own) => facts::npl(small, event, own),
        Kind::Cure(own) => facts::cure(small, event, own),
        Kind::Remove(own) => facts::remove(small, event, own),
        Kind::ChangeRules(own) => rules::changed(small, own),
        Kind::RefundDeposit(own) => deposit::refund(small, event, own),
        Kind::ApplyDeposit(own) => deposit::apply(small, event, own),
        Kind::FileClaim(own) => claim::lost(small, event, own),
        Kind::ApproveClaim(own) => return owed(small, event, &own.claim),
        Kind::PayClaim(own) => return released(small, entry, &own.claim).map(Some),
        Kind::CancelRest(own) => return released(small, entry, &own.claim).map(Some),
        Kind::CloseClaim(own) => review::close_claim(small, event, own),
        _ => return Ok(None),
    }?;
    Ok(decision.draft)
}

/// What is approved must be owed; how much of it the ceilings left was decided then.
fn owed(small: &State, event: &Event, id: &Id) -> Result<Option<Draft>, Problem> {
    let claim = claim::claim(small, event, id)?;
    let loan = small.loans.get(&claim.loan);
    if let Some(note) = loan.and_then(|loan| loan.note(Some(&claim.note))) {
        loss::check(small, &loss::Loss::of(claim), note)?;
    }
    Ok(None)
}

/// A payment of compensation, or its rest cancelled: the amount is that of the entry, the exposure that
/// it releases follows from the loan.
fn released(small: &State, entry: &Entry, id: &Id) -> Result<Draft, Problem> {
    let claim = claim::claim(small, &entry.event, id)?;
    let paid = entry.lines.iter().filter(|line| line.account == Account::CompensationPayable);
    let paid: Total = paid.map(Line::signed).sum();
    let open = claim.approved.sub(claim.paid).map_err(out_of_range)?;
    let paid = paid.money().map_err(out_of_range)?;
    let released = claim::released_by_payment(small, claim, paid, open)?;
    let mut draft = settlement::draft_of(small, claim, released);
    draft.lines.clone_from(&entry.lines);
    let is_exposure = |line: &Line| line.account == Account::Exposure;
    let before: Total = entry.memo.iter().filter(|line| is_exposure(line)).map(Line::signed).sum();
    if -before == Total::from(released) {
        draft.memo.clone_from(&entry.memo);
        return Ok(draft);
    }
    let others = entry.memo.chunks(2).filter(|pair| !pair.iter().any(is_exposure));
    let others: Vec<Line> = others.flatten().cloned().collect();
    draft.memo.splice(0..0, others);
    Ok(draft)
}

/// What the registers hold more or less with the correction.
fn differences(corrected: &Corrected) -> Result<Vec<(Account, Money)>, Problem> {
    let sum = |of: fn(&Step) -> &Entry, account: Account| -> Total {
        let lines = corrected.steps().flat_map(|step| &of(step).memo);
        lines.filter(|line| line.account == account).map(Line::signed).sum()
    };
    let by = |account: Account| sum(|step| &step.now, account) - sum(|step| &step.was, account);
    let registers = Account::ALL.iter().copied().filter(|account| account.is_memo());
    let registers = registers.filter(|account| *account != Account::MemoCounter);
    let differing = registers.map(|account| (account, by(account)));
    let differing = differing.filter(|(_, by)| *by != Total::ZERO);
    differing.map(|(account, by)| Ok((account, by.money().map_err(out_of_range)?))).collect()
}
