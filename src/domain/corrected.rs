//! What a correction (E-91) carries in its working: the fact as it was and as it is now, and what
//! followed on the same loan with its register lines before and after.
//!
//! Replay needs no look-up: with this the record of the loan is gone back to before the fact and
//! told again from there.

use crate::domain::entry::{Entry, Line};
use crate::domain::event::{Event, Kind};
use crate::domain::field::Json;
use crate::domain::text::Id;
use crate::problem::Problem;
use serde_json::{Map, Value, json};

/// An entry that a correction undoes and does again.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The entry as it counts before the correction.
    pub was: Entry,
    /// The entry as it counts with the correction.
    pub now: Entry,
}

/// A correction as its entry tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Corrected {
    /// The fact.
    pub fact: Step,
    /// What followed and changed the loan, in the order of recording.
    pub followed: Vec<Step>,
}

/// True for an entry that changes the loan's balances, classes or lists, so that it is undone and
/// done again. A drawdown of another note stands apart.
pub fn is_step(kind: &Kind) -> bool {
    let moves = matches!(
        kind,
        Kind::ApplyDeposit(_) | Kind::PayClaim(_) | Kind::CancelRest(_) | Kind::CloseClaim(_)
    );
    moves || kind.is_loan_fact() && !matches!(kind, Kind::Disburse(_))
}

fn lines(lines: &[Line]) -> Value {
    Value::Array(lines.iter().map(Line::to_value).collect())
}

fn event(event: &Event) -> Value {
    serde_json::from_str(&event.to_json()).unwrap_or_default()
}

fn step(step: &Step) -> Value {
    let mut told = Map::new();
    let mut put = |key: &str, said: bool, value: Value| {
        if said {
            told.insert(key.to_owned(), value);
        }
    };
    let Step { was, now } = step;
    put("entry", true, now.seq.into());
    put("now", true, event(&now.event));
    put("lines", !now.lines.is_empty(), lines(&now.lines));
    put("memo", !now.memo.is_empty(), lines(&now.memo));
    put("memo_was", was.memo != now.memo, lines(&was.memo));
    put("was", was.event != now.event, event(&was.event));
    Value::Object(told)
}

impl Corrected {
    /// The working of its entry.
    ///
    /// # Errors
    /// Those of [`Json::new`].
    pub fn working(&self) -> Result<Json, Problem> {
        let followed: Vec<Value> = self.followed.iter().map(step).collect();
        let corrected = json!({ "fact": step(&self.fact), "followed": followed });
        Json::new(&json!({ "corrected": corrected }))
    }

    /// What a correction carries; none for another entry, and for one that is damaged. The entries in
    /// it have what they were decided from and their lines, the rest is the correction's.
    pub fn of(entry: &Entry) -> Option<Self> {
        let is_correction = matches!(entry.event.kind, Kind::Correct(_));
        if is_correction { Self::of_working(entry) } else { None }
    }

    /// What a correction or its reversal carries, as the correction told it.
    pub fn of_working(entry: &Entry) -> Option<Self> {
        let working = entry.working.as_ref()?.value();
        let told = working.get("corrected")?;
        let fact = read(told.get("fact")?, entry)?;
        let followed = told.get("followed")?.as_array()?;
        let followed = followed.iter().map(|one| read(one, entry)).collect::<Option<Vec<_>>>()?;
        Some(Self { fact, followed })
    }

    /// The loan that it is about.
    pub fn loan(&self) -> Option<&Id> {
        self.fact.now.event.kind.loan_fact().map(|(loan, _)| loan)
    }

    /// The note that it is about, where the fact names one.
    pub fn note(&self) -> Option<&Id> {
        let (loan, note) = self.fact.now.event.kind.loan_fact()?;
        let own = matches!(self.fact.now.event.kind, Kind::Disburse(_)).then_some(loan);
        note.or(own)
    }

    /// The correction the other way round.
    #[must_use]
    pub fn turned(self) -> Self {
        let turn = |step: Step| Step { was: step.now, now: step.was };
        Self { fact: turn(self.fact), followed: self.followed.into_iter().map(turn).collect() }
    }

    /// Fact and followers.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        std::iter::once(&self.fact).chain(&self.followed)
    }
}

fn read(told: &Value, entry: &Entry) -> Option<Step> {
    let event = |key: &str| Event::from_json(told.get(key)?.to_string().as_bytes()).ok();
    let lines = |key: &str| -> Option<Vec<Line>> {
        let list = told
            .get(key)
            .map_or_else(Vec::new, |list| list.as_array().cloned().unwrap_or_default());
        list.into_iter().map(|line| serde_json::from_value(line).ok()).collect()
    };
    let now = Entry {
        seq: told.get("entry")?.as_u64()?,
        event: event("now")?,
        lines: lines("lines")?,
        memo: lines("memo")?,
        voucher: None,
        reverses: None,
        working: None,
        more: 0,
        ..entry.clone()
    };
    let mut was = now.clone();
    if told.get("was").is_some() {
        was.event = event("was")?;
    }
    if told.get("memo_was").is_some() {
        was.memo = lines("memo_was")?;
    }
    Some(Step { was, now })
}
