//! Random lives of a book: three owners, their accounts, loans, claims and subsidies.
//!
//! A [`Step`] is raw numbers, so that shrinking is simple; [`next`] makes an event of it that fits
//! the book as it stands, most of the time. The rest are wrong on purpose: other owners' accounts,
//! amounts too large, dates too early, ids used before.

mod claims;
mod facts;
mod funding;
mod pool;
mod steps;
mod strangers;
mod subsidies;

use super::book::event;
use super::fixture;
use poolbook::book::Book;
use poolbook::domain::calendar::{Date, date};
use poolbook::domain::event::Event;
use poolbook::domain::loan::{Loan, Note, NoteState};
use poolbook::domain::registry::{Claim, ClaimState};
use poolbook::domain::state::State;
use poolbook::store::Store;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Owners with the day on which they joined.
pub const OWNERS: [(&str, &str); 3] =
    [("410821", "2017-01-01"), ("410822", "2017-01-10"), ("410883", "2017-02-01")];

const RISK: [&str; 3] = ["RISK-CITY", "RISK-410821", "RISK-410822"];
const INT: [&str; 2] = ["INT-CITY", "INT-410821"];
const FEE: [&str; 2] = ["FEE-CITY", "FEE-410883"];

/// One step of a life.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    what: u8,
    a: u8,
    b: u8,
    twist: u8,
    day: u16,
    amount: u32,
}

/// Sequences of steps.
pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), any::<u16>(), any::<u32>());
    let step =
        step.prop_map(|(what, a, b, twist, day, amount)| Step { what, a, b, twist, day, amount });
    proptest::collection::vec(step, 10..60)
}

/// Sequences of steps of some kinds only.
pub fn steps_of(words: &'static [&'static str]) -> impl Strategy<Value = Vec<Step>> {
    steps().prop_map(move |mut steps| {
        for step in &mut steps {
            let word = words[usize::from(step.what) % words.len()];
            let before = KINDS.iter().take_while(|(known, _)| *known != word);
            step.what = before.map(|(_, times)| times).sum();
        }
        steps
    })
}

/// How many cases a property is tried with.
pub fn cases(default: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(default),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// The events that every life begins with.
pub fn opening() -> Vec<Event> {
    let rules = fixture("jiaozuo-2017/rules/jiaozuo-demo.toml");
    let rules = std::fs::read_to_string(rules).unwrap();
    let mut events = vec![
        json!({"event": "open-book", "city": "410800", "name": "焦作市", "currency": "CNY"}),
        json!({"event": "adopt-rules", "rules": rules}),
    ];
    for (party, kind) in [("BANK", "bank"), ("GUAR", "guarantor"), ("FIRM", "firm")] {
        events.push(json!({"event": "party", "party": party, "kind": kind, "name": party}));
    }
    for (owner, joined) in OWNERS {
        events.push(json!({"event": "join", "owner": owner, "date": joined}));
        let firm = format!("FIRM-{owner}");
        events.push(json!({"event": "party", "party": firm, "kind": "firm", "name": firm}));
    }
    for account in RISK.iter().chain(&INT).chain(&FEE) {
        let (fund, holder) = account.split_once('-').unwrap();
        let fund = if fund == "FEE" { "GFEE" } else { fund };
        let owner = if holder == "CITY" { "410800" } else { holder };
        events.push(json!({
            "event": "bank-account", "owner": owner, "bank_account": account, "fund": fund,
            "date": "2017-02-01",
        }));
    }
    for (owner, _) in OWNERS {
        events.extend(under_way(owner));
    }
    let start = |(value, number): (Value, usize)| {
        let mut value = value;
        value["id"] = format!("start-{number}").into();
        value["date"] = value.get("date").cloned().unwrap_or_else(|| "2017-01-01".into());
        event(&value.to_string())
    };
    events.into_iter().zip(1..).map(start).collect()
}

/// Money, a loan in order, one overdue, and one whose claim is approved, so that a short life gets
/// to what comes late.
fn under_way(owner: &str) -> Vec<Value> {
    let mut events = vec![
        json!({"event": "contribute", "owner": owner, "source": "city", "date": "2017-02-01",
            "bank_account": "RISK-CITY", "amount": "2000000.00"}),
        json!({"event": "budget", "owner": owner, "bank_account": "INT-CITY",
            "amount": "400000.00", "date": "2017-02-01"}),
        json!({"event": "budget", "owner": owner, "bank_account": "FEE-CITY",
            "amount": "200000.00", "date": "2017-02-01"}),
    ];
    for name in ["A", "B", "D"] {
        let loan = format!("{name}-{owner}");
        events.push(json!({"event": "enrol", "owner": owner, "loan": loan, "bank": "BANK",
            "firm": format!("FIRM-{owner}"), "guarantor": "GUAR", "amount": "900000.00",
            "due": "2018-03-01", "rate": "4.35%", "date": "2017-03-01"}));
        events.push(json!({"event": "disburse", "loan": loan, "note": format!("{loan}/0"),
            "amount": "700000.00", "date": "2017-03-01"}));
        if name != "A" {
            events.push(json!({"event": "overdue", "loan": loan, "date": "2017-06-01"}));
        }
        if name == "B" {
            events.push(json!({"event": "release", "owner": owner, "date": "2017-06-02",
                "reason": "x", "document": "1号"}));
        }
        if name == "D" {
            events.push(json!({"event": "file-claim", "loan": loan, "claim": format!("K-{owner}"),
                "base": "650000.01", "lawsuit": "1号", "date": "2017-09-01"}));
            events.push(json!({"event": "approve-claim", "claim": format!("K-{owner}"),
                "date": "2017-09-15"}));
        }
    }
    events
}

/// The kinds of events, as often as they shall come.
pub const KINDS: &[(&str, u8)] = &[
    ("commit", 1),
    ("contribute", 4),
    ("quota", 3),
    ("budget", 7),
    ("transfer", 2),
    ("move", 2),
    ("pool-interest", 1),
    ("bank-charge", 1),
    ("trustee-fee", 1),
    ("return-budget", 1),
    ("pay-treasury", 2),
    ("receive-deposit", 3),
    ("refund-deposit", 6),
    ("apply-deposit", 3),
    ("approve-withdrawal", 3),
    ("pay-withdrawal", 3),
    ("unknown-receipt", 4),
    ("explain-receipt", 5),
    ("apply-loan", 3),
    ("recommend-loan", 2),
    ("reject-loan", 1),
    ("enrol", 5),
    ("disburse", 5),
    ("repay", 4),
    ("interest-paid", 1),
    ("fee-paid", 2),
    ("qualify", 1),
    ("disqualify", 3),
    ("fee-refunded", 2),
    ("other-benefit", 1),
    ("reprice", 1),
    ("extend", 2),
    ("overdue", 4),
    ("npl", 2),
    ("cure", 2),
    ("remove", 1),
    ("file-claim", 5),
    ("review-claim", 5),
    ("approve-claim", 4),
    ("reject-claim", 2),
    ("withdraw-claim", 1),
    ("close-claim", 4),
    ("pay-claim", 5),
    ("recover", 3),
    ("cancel-rest", 2),
    ("settle-claim", 2),
    ("revoke-claim", 1),
    ("refund-claim", 3),
    ("recovery-cost", 1),
    ("write-off", 2),
    ("file-subsidy", 3),
    ("review-subsidy", 4),
    ("approve-subsidy", 10),
    ("pay-subsidy", 18),
    ("return-subsidy", 6),
    ("reissue-subsidy", 4),
    ("reduce-subsidy", 2),
    ("claw-back", 8),
    ("receive-clawback", 5),
    ("offset-clawback", 8),
    ("write-off-clawback", 4),
    ("release", 3),
    ("run-off", 1),
    ("settle-transfer", 6),
    ("change-custodian", 1),
    ("reverse", 8),
    ("again", 2),
    ("join", 1),
];

fn kind(what: u8) -> &'static str {
    let all: u32 = KINDS.iter().map(|(_, times)| u32::from(*times)).sum();
    let mut place = u32::from(what) % all;
    for (kind, times) in KINDS {
        match place.checked_sub(u32::from(*times)) {
            Some(rest) => place = rest,
            None => return kind,
        }
    }
    unreachable!()
}

fn pick<T: Copy>(list: &[T], by: u8) -> Option<T> {
    list.get(usize::from(by) % list.len().max(1)).copied()
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// The event of a step, number `number` of its life, for a book as it stands.
pub fn next<S: Store>(book: &Book<S>, step: &Step, number: usize) -> Event {
    let kind = kind(step.what);
    let count = book.head().count;
    if kind == "again" {
        return book.entry(1 + u64::from(step.day) % count).unwrap().event;
    }
    let mut value = Maker { state: book.state(), step }.event(kind, count);
    value["event"] = kind.into();
    if step.twist.is_multiple_of(5) {
        value["memo"] = "摘要 \"引号\" \\ é".into();
    }
    if step.twist.is_multiple_of(7) {
        value["attachments"] = json!(["a.pdf", "二.pdf"]);
    }
    let number = if step.twist.is_multiple_of(31) { usize::from(step.a) % 20 } else { number };
    value["id"] = format!("e{number}").into();
    event(&value.to_string())
}

struct Maker<'a> {
    state: &'a State,
    step: &'a Step,
}

impl<'a> Maker<'a> {
    /// A day between spring 2017 and autumn 2018; one in sixteen lies before anybody joined.
    fn day(&self) -> Date {
        let first = date(2017, 2, 1).unwrap();
        let day = i64::from(self.step.day % 500);
        let back = if self.step.twist % 16 == 1 { 300 } else { 0 };
        first.checked_add(jiff::Span::new().days(day - back)).unwrap()
    }

    fn after(day: Date, days: u16) -> Date {
        day.checked_add(jiff::Span::new().days(i64::from(days))).unwrap()
    }

    /// A day not before another, most of the time.
    fn day_from(&self, earliest: Date) -> String {
        let any = self.step.twist.is_multiple_of(10);
        let day = if any { self.day() } else { Self::after(earliest, self.step.day % 90) };
        day.to_string()
    }

    /// An amount up to a limit, one in eight a little above it, one in thirty-two nothing.
    fn amount(&self, limit: i64) -> String {
        let fen = match self.step.twist % 32 {
            0 => 0,
            1..5 => limit + 1,
            5..10 => limit,
            _ => 1 + i64::from(self.step.amount) % limit.max(1),
        };
        yuan(fen)
    }

    fn owner(&self) -> &'static str {
        pick(&OWNERS, self.step.a).unwrap().0
    }

    /// An account of a fund: the owner's own or the city's; one in twelve any.
    fn account(&self, accounts: &[&'static str], owner: &str, by: u8) -> &'static str {
        let own = accounts.iter().filter(|name| name.ends_with("CITY") || name.ends_with(owner));
        let own: Vec<&str> = own.copied().collect();
        let list = if self.step.twist % 12 == 3 { accounts } else { &own };
        pick(list, by).unwrap()
    }

    fn fund_account(&self, owner: &str) -> (&'static str, &'static str) {
        let (fund, accounts) = match self.step.b % 4 {
            0 | 1 => ("RISK", &RISK[..]),
            2 => ("INT", &INT[..]),
            _ => ("GFEE", &FEE[..]),
        };
        (fund, self.account(accounts, owner, self.step.b / 4))
    }

    fn notes(&self, fits: impl Fn(&Note) -> bool) -> Vec<(&'a Loan, &'a Note)> {
        let loans = self.state.loans.iter();
        let all = loans.flat_map(|loan| loan.notes.iter().map(move |note| (loan, note)));
        all.filter(|(_, note)| fits(note) || self.step.twist % 16 == 2).collect()
    }

    fn claims(&self, states: &[ClaimState]) -> Option<&'a Claim> {
        let fits = |claim: &&Claim| states.contains(&claim.state) || self.step.twist % 16 == 2;
        pick(&self.state.claims.iter().filter(fits).collect::<Vec<_>>(), self.step.a)
    }

    fn people(&self, mut value: Value) -> Value {
        if self.step.twist % 11 != 4 {
            value["maker"] = "甲".into();
            value["checker"] = if self.step.twist % 22 == 5 { "甲".into() } else { "乙".into() };
        }
        value
    }

    fn event(&self, kind: &str, count: u64) -> Value {
        let found = match kind {
            "enrol" => Some(self.enrol()),
            "disburse" | "remove" | "fee-paid" => self.of_loan(kind),
            "repay" | "interest-paid" | "reprice" | "extend" | "overdue" | "npl" | "cure" => {
                self.of_note(kind)
            }
            "file-claim" => self.file_claim(),
            "approve-claim" | "reject-claim" | "pay-claim" | "recover" | "write-off" => {
                self.of_claim(kind)
            }
            "cancel-rest" | "settle-claim" | "revoke-claim" | "refund-claim" | "recovery-cost" => {
                self.ending(kind)
            }
            "receive-deposit" | "refund-deposit" | "apply-deposit" => self.deposit(kind),
            "release" | "run-off" | "settle-transfer" | "change-custodian" => self.of_pool(kind),
            "pay-withdrawal" => self.pay_withdrawal(),
            "pay-treasury" => self.pay_treasury(),
            "explain-receipt" => self.explain_receipt(),
            "approve-subsidy" => self.approve_subsidy(),
            "pay-subsidy" => self.pay_subsidy(),
            "qualify" | "disqualify" | "fee-refunded" | "other-benefit" => Some(self.fact(kind)),
            "reverse" => Some(self.reverse(count)),
            "join" => Some(json!({
                "owner": pick(&["410825", "410823", "410821", "410824", "419001"], self.step.a),
                "date": self.day().to_string(),
            })),
            _ => self.step(kind).or_else(|| self.line_again(kind)),
        };
        found.unwrap_or_else(|| self.funding(kind))
    }

    fn funding(&self, kind: &str) -> Value {
        let owner = self.owner();
        let (fund, account) = self.fund_account(owner);
        let source = pick(&["province", "city", "county", "guarantor", "bank"], self.step.b);
        let date = self.day().to_string();
        let amount = self.amount(300_000_000);
        let risk = self.account(&RISK, owner, self.step.b);
        match kind {
            "commit" => json!({"owner": owner, "date": date, "source": source, "amount": amount}),
            "contribute" => json!({
                "owner": owner, "date": date, "source": source, "amount": amount,
                "bank_account": risk,
            }),
            "quota" => json!({
                "owner": owner, "date": date, "amount": self.amount(90_000_000),
                "year": 2017 + u64::from(self.step.b % 2), "document": "焦财〔2017〕2号",
            }),
            "budget" => {
                let accounts = if self.step.b.is_multiple_of(2) { INT } else { FEE };
                let account = self.account(&accounts, owner, self.step.b / 2);
                json!({"owner": owner, "date": date, "amount": amount, "bank_account": account})
            }
            "transfer" => self.people(json!({
                "owner": owner, "date": date, "amount": self.amount(80_000_000),
                "bank_account": risk, "document": "焦财〔2017〕1号",
                "to_owner": pick(&OWNERS, self.step.a.wrapping_add(1 + self.step.b % 2)).unwrap().0,
                "to_bank_account": "RISK-CITY",
            })),
            "move" => json!({
                "owner": owner, "date": date, "amount": self.amount(80_000_000),
                "from_bank_account": account, "fund": fund,
                "to_bank_account": self.fund_account(owner).1.split('-').next().map(|fund|
                    format!("{fund}-CITY")),
            }),
            "trustee-fee" => self.people(json!({
                "owner": owner, "date": date, "amount": self.amount(2_000_000),
                "bank_account": account,
            })),
            "pool-interest" => json!({
                "owner": owner, "date": date, "amount": self.amount(2_000_000),
                "bank_account": account,
                "to": if self.step.b.is_multiple_of(3) { json!("treasury") } else { Value::Null },
            }),
            "return-budget" => self.people(json!({
                "owner": owner, "date": date, "amount": self.amount(50_000_000),
                "bank_account": account, "prior_year": self.step.b.is_multiple_of(5).to_string(),
            })),
            "approve-withdrawal" => json!({
                "owner": owner, "date": date, "source": source, "amount": self.amount(80_000_000),
            }),
            "unknown-receipt" => json!({
                "owner": owner, "date": date, "amount": self.amount(8_000_000),
                "bank_account": account,
            }),
            // Bank charges, and events of the loan family before there is a loan.
            "bank-charge" => json!({
                "owner": owner, "date": date, "amount": self.amount(2_000_000),
                "bank_account": account,
            }),
            _ => self.stranger(kind),
        }
    }

    fn enrol(&self) -> Value {
        let owner = self.owner();
        let day = self.day();
        let due = Self::after(day, self.step.day / 50);
        let shared = self.step.b.is_multiple_of(4);
        let firm = if shared { "FIRM".to_owned() } else { format!("FIRM-{owner}") };
        let mut value = json!({
            "date": day.to_string(), "owner": owner, "loan": format!("L-{}", self.step.b % 6),
            "firm": firm, "bank": "BANK", "amount": self.amount(90_000_000),
            "due": due.to_string(), "rate": "4.35%",
        });
        if self.step.b.is_multiple_of(2) {
            value["guarantor"] = "GUAR".into();
        }
        if self.step.b.is_multiple_of(3) {
            value["pool_share"] = "1/3".into();
            if value["guarantor"].is_string() {
                value["guarantor_share"] = "1/3".into();
            }
        }
        value
    }

    fn of_loan(&self, kind: &str) -> Option<Value> {
        let loans: Vec<&Loan> = self.state.loans.iter().collect();
        let loan = pick(&loans, self.step.a)?;
        let date = self.day_from(loan.enrolled);
        let left = loan.amount.sub(loan.drawn().ok()?).ok()?.fen();
        Some(match kind {
            "disburse" => {
                let note = format!("{}/{}", loan.id, self.step.b % 3);
                let due = if self.step.b.is_multiple_of(2) { "2019-06-01" } else { "2018-12-01" };
                json!({"date": date, "loan": *loan.id, "note": note, "due": due,
                    "amount": self.amount(left)})
            }
            "remove" => json!({"date": date, "loan": *loan.id, "reason": "撤销"}),
            _ => json!({"date": date, "loan": *loan.id, "from": "2017-03-01", "to": "2018-03-01",
                "amount": self.amount(1_000_000), "fee_rate": "1.5%"}),
        })
    }

    fn of_note(&self, kind: &str) -> Option<Value> {
        let open = [NoteState::Active, NoteState::Extended];
        let bad = [NoteState::Overdue, NoteState::Npl];
        let notes = self.notes(|note| match kind {
            "repay" => open.contains(&note.state) || bad.contains(&note.state),
            "extend" | "overdue" => open.contains(&note.state),
            "npl" => open.contains(&note.state) || note.state == NoteState::Overdue,
            "cure" => bad.contains(&note.state),
            _ => true,
        });
        let (loan, note) = pick(&notes, self.step.a)?;
        let mut value = json!({
            "date": self.day_from(note.drawn), "loan": *loan.id, "note": *note.id,
        });
        match kind {
            "repay" => value["amount"] = self.amount(note.balance.fen()).into(),
            "interest-paid" => {
                value["amount"] = self.amount(1_000_000).into();
                value["from"] = "2017-06-21".into();
                value["to"] = "2017-09-21".into();
            }
            "reprice" => value["rate"] = "4.75%".into(),
            "extend" => {
                value["due"] = format!("20{}-07-01", 18 + self.step.b % 4).into();
            }
            _ => {}
        }
        Some(value)
    }

    fn approve_subsidy(&self) -> Option<Value> {
        let (loan, note) = pick(&self.notes(|_| true), self.step.a)?;
        let programme =
            if self.step.b.is_multiple_of(2) { "interest-discount" } else { "guarantee-fee" };
        let mut value = json!({
            "date": self.day_from(note.drawn), "loan": *loan.id, "note": *note.id,
            "period": pick(&["2017Q2", "2017Q3", "2017Q4", "2018Q1"], self.step.b / 2),
            "programme": programme, "amount": self.amount(6_000_000),
        });
        if self.step.b.is_multiple_of(5) {
            let parts = [{ json!({"year": 2017, "amount": value["amount"]}) }];
            value["working"] = json!({"cap_years": parts, "days": 92});
        }
        Some(value)
    }

    fn pay_subsidy(&self) -> Option<Value> {
        let lines = self.state.subsidies.iter();
        let lines: Vec<_> =
            lines.filter(|line| line.state.is_unpaid() || self.step.twist % 16 == 2).collect();
        let line = pick(&lines, self.step.a)?;
        let accounts = if line.programme.fund().code() == "INT" { INT } else { FEE };
        let mut value = json!({
            "date": self.day_from(line.approved_on), "subsidy": *line.id,
            "bank_account": self.account(&accounts, &line.owner, self.step.b),
        });
        if self.step.b.is_multiple_of(3) {
            value["amount"] = self.amount(line.amount.sub(line.paid).ok()?.fen()).into();
        }
        Some(self.people(value))
    }
}
