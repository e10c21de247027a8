//! What the naive book says of a correction: it tells the life of the loan to an empty book, once as it
//! counts and once with the fact right from the start, and posts what the registers differ by.

use super::twin::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Facts of a loan that can be corrected, with the fields that a correction may name beside the true
/// date.
pub const FACTS: [(&str, &[&str]); 12] = [
    ("disburse", &["amount", "due"]),
    ("repay", &["amount"]),
    ("interest-paid", &["amount", "from", "to"]),
    ("fee-paid", &["amount", "fee_rate", "from", "to"]),
    ("fee-refunded", &["amount", "from"]),
    ("other-benefit", &["amount", "from", "to", "scheme"]),
    ("reprice", &["rate"]),
    ("extend", &["due"]),
    ("overdue", &[]),
    ("npl", &[]),
    ("cure", &[]),
    ("remove", &[]),
];

/// Fields that a correction names and replaces.
const FIELDS: [&str; 8] =
    ["amount", "due", "fee_rate", "from", "instalment", "rate", "scheme", "to"];

/// What the money of the pool, its stage and its ceilings allowed was decided then.
const DECIDED_THEN: [&str; 7] = [
    "pool-state",
    "pool-suspended",
    "leverage-limit",
    "firm-max",
    "available-short",
    "approval-above-limit",
    "cap-used-up",
];

/// Fields that a kind of fact has in a correction.
pub fn fields_of(word: &str) -> Option<&'static [&'static str]> {
    FACTS.iter().find(|(known, _)| *known == word).map(|(_, fields)| *fields)
}

/// A loan's life as told to an empty book.
struct Life {
    twin: Twin,
    /// What each entry of it moves, by its place among all entries.
    moved: Vec<(usize, Vec<Line>)>,
    /// The entry that is refused, and by what; the life ends there.
    stopped: Option<(usize, Codes)>,
}

type Codes = std::collections::BTreeSet<&'static str>;

fn replace(fact: &mut Value, correction: &Value) {
    for name in FIELDS.into_iter().chain(["effective"]) {
        if let Some(value) = correction.get(name) {
            fact[name] = value.clone();
        }
    }
}

/// Movements of money, without registers.
fn money(lines: &[Line]) -> BTreeMap<&Place, i128> {
    let mut moved = BTreeMap::new();
    for (place, signed) in lines.iter().filter(|(place, _)| !place.2.starts_with('9')) {
        *moved.entry(place).or_default() += signed;
    }
    moved
}

impl Twin {
    /// Every event as it counts now, with what corrections have made of it.
    pub(super) fn counting(&self) -> Vec<Value> {
        let mut events: Vec<Value> = self.done.iter().map(|done| done.event.clone()).collect();
        for (_, done) in self.standing("correct") {
            if let Some(target) = self.entry_place(&done.event, "entry") {
                replace(&mut events[target], &done.event);
            }
        }
        events
    }

    /// Places of the entries that make the life of a loan: its own, its application's, its claims'.
    fn of_loan(&self, loan: &str) -> Vec<usize> {
        let mut keys = vec![(0, loan.to_owned()), (6, loan.to_owned())];
        let claims = self.claims().filter(|claim| claim.loan == loan);
        keys.extend(claims.map(|claim| (1, claim.id.clone())));
        let concerns = |(place, done): (usize, &Done)| {
            let own = done.before.iter().any(|(key, _)| keys.contains(key));
            let counts = done.reversed_by.is_none() && done.word != "correct";
            (own && counts).then_some(place)
        };
        self.done.iter().enumerate().filter_map(concerns).collect()
    }

    /// An event as it is told to a book that knows one loan alone: amounts that follow from what others
    /// left are those that were decided, and a deposit is one wherever its money was found.
    fn alone(&self, place: usize, event: &Value) -> Value {
        let done = &self.done[place];
        let moved = |account: &str| -> String {
            let lines =
                done.lines.iter().filter(|(place, signed)| place.2 == account && *signed < 0);
            super::generate::yuan(lines.map(|(_, signed)| -signed).sum())
        };
        let mut event = event.clone();
        match done.word.as_str() {
            "approve-claim" => event["amount"] = moved("2307.01").into(),
            "explain-receipt" => {
                event = json!({"event": "receive-deposit", "id": event["id"], "date": event["date"],
                    "loan": event["loan"], "bank_account": "RISK-CITY", "amount": moved("2307.02")});
            }
            _ => {}
        }
        event
    }

    fn life(&self, loan: &str, events: &[Value]) -> Life {
        let (banks, owners) = (self.banks.clone(), self.owners.clone());
        let twin = Twin { banks, owners, first_entry: self.first_entry, ..Twin::default() };
        let mut life = Life { twin, moved: Vec::new(), stopped: None };
        for place in self.of_loan(loan) {
            let event = self.alone(place, &events[place]);
            let mut draft = Draft::default();
            life.twin.decide(&event, &mut draft);
            draft.bad.retain(|code| !DECIDED_THEN.contains(code));
            if !draft.bad.is_empty() {
                life.stopped = Some((place, draft.bad));
                break;
            }
            life.moved.push((place, draft.lines.clone()));
            life.twin.put(&event, draft);
        }
        life
    }

    pub(super) fn correct(&self, event: &Value, draft: &mut Draft) {
        let Some(target) = self.entry_place(event, "entry") else {
            // Of the set-up, or no entry at all.
            draft.bad.extend(["correct-kind", "reverse-unknown"]);
            return;
        };
        let Some(done) = self.done.get(target) else {
            draft.bad.insert("reverse-unknown");
            return;
        };
        draft.need(done.reversed_by.is_none(), "correct-reversed");
        let Some(fields) = fields_of(&done.word) else {
            draft.bad.insert("correct-kind");
            return;
        };
        draft.need(text(event, "date") >= text(&done.event, "date"), "date-order");
        let Some(loan) = self.loan(text(&done.event, "loan")).cloned() else { return };
        self.owner(event, Some(&loan.owner), draft);
        let counting = self.counting();
        let fact = &counting[target];
        let named = FIELDS.into_iter().filter(|name| event.get(name).is_some());
        let named: Vec<&str> = named.collect();
        draft.need(!named.is_empty() || event.get("effective").is_some(), "correct-nothing");
        draft.need(named.iter().all(|name| fields.contains(name)), "field-needless");
        let due = Value::from(loan.due.as_str());
        let told = |name: &str| fact.get(name).or((name == "due").then_some(&due));
        let same = named.iter().any(|name| told(name) == event.get(*name));
        let same_day = event.get("effective").is_some_and(|day| *day == happened(fact));
        draft.need(!same && !same_day, "correct-same");
        if draft.bad.is_empty() {
            let mut right = counting.clone();
            replace(&mut right[target], event);
            self.told_right(&loan, target, [&counting, &right], draft);
        }
    }

    /// What the life of the loan comes to with the fact told right at once.
    fn told_right(&self, loan: &Loan, target: usize, told: [&[Value]; 2], draft: &mut Draft) {
        let [was, now] = told.map(|events| self.life(&loan.id, events));
        assert!(was.stopped.is_none(), "the life of {} alone: {:?}", loan.id, was.stopped);
        assert_eq!(was.twin.loan(&loan.id), Some(loan), "the life of a loan alone");
        let pairs = was.moved.iter().zip(&now.moved);
        if pairs.into_iter().any(|((_, was), (_, now))| money(was) != money(now)) {
            draft.bad.insert("correct-money");
            return;
        }
        match now.stopped {
            Some((place, codes)) if place == target => draft.bad.extend(codes),
            Some(_) => draft.bad.extend(["correct-later"]),
            None => self.registers(loan, [&was, &now], draft),
        }
    }

    /// What the registers differ by is posted, and the loan is as the life told right leaves it.
    fn registers(&self, loan: &Loan, [was, now]: [&Life; 2], draft: &mut Draft) {
        let mut registers: BTreeMap<&str, i128> = BTreeMap::new();
        for (sign, life) in [(-1, was), (1, now)] {
            let lines = life.moved.iter().flat_map(|(_, lines)| lines);
            for ((.., account, _), signed) in lines.filter(|(place, _)| place.2.starts_with('9')) {
                *registers.entry(account).or_default() += sign * signed;
            }
        }
        registers.remove("9999");
        for (account, by) in registers {
            draft.register((&loan.owner, "RISK"), account, by);
        }
        for claim in was.twin.claims() {
            assert_eq!(now.twin.claim(&claim.id), Some(claim), "a claim stays as it was");
        }
        draft.touch(0, &loan.id);
        draft.records.extend(now.twin.loan(&loan.id).cloned().map(Record::Loan));
    }
}
