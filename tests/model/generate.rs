//! Random events: a [`Step`] is raw numbers, so that shrinking is simple; [`event`] makes an event of
//! it that fits the naive book as it stands, most of the time. The rest are wrong on purpose.

use super::funding::SOURCES;
use super::subsidies::state;
use super::twin::{CITY, Counter, Loan, Note, Twin, text};
use poolbook::domain::calendar::{Date, date};
use proptest::prelude::*;
use serde_json::{Value, json};

/// One step of a life.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    pub(super) what: u8,
    pub(super) a: u8,
    pub(super) b: u8,
    pub(super) twist: u8,
    pub(super) day: u16,
    pub(super) amount: u32,
}

/// Any step.
pub fn step() -> impl Strategy<Value = Step> {
    let numbers = (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>(), any::<u16>(), any::<u32>());
    numbers.prop_map(|(what, a, b, twist, day, amount)| Step { what, a, b, twist, day, amount })
}

/// Owners with the day on which they join.
pub const OWNERS: [(&str, &str); 4] = [
    ("410821", "2017-01-01"),
    ("410822", "2017-01-10"),
    ("410883", "2017-04-01"),
    (SMALL, "2017-01-01"),
];

/// An owner with a small pool and hardly a loan, which comes to its end.
pub const SMALL: &str = "410823";

/// Bank accounts: id, who opened it, fund.
pub const BANKS: [(&str, &str, &str); 10] = [
    ("RISK-NEW", CITY, "RISK"),
    ("RISK-CITY", CITY, "RISK"),
    ("RISK-1", "410821", "RISK"),
    ("RISK-2", "410822", "RISK"),
    ("RISK-3", "410883", "RISK"),
    ("INT-CITY", CITY, "INT"),
    ("INT-1", "410821", "INT"),
    ("INT-2", "410822", "INT"),
    ("GFEE-CITY", CITY, "GFEE"),
    ("GFEE-3", "410883", "GFEE"),
];

/// Kinds of events, as often as they come.
pub const KINDS: &[(&str, u32)] = &[
    ("commit", 2),
    ("contribute", 6),
    ("budget", 8),
    ("return-budget", 4),
    ("transfer", 2),
    ("move", 2),
    ("pool-interest", 2),
    ("accrue-interest", 2),
    ("estimate-subsidy", 1),
    ("pay-treasury", 2),
    ("bank-charge", 1),
    ("trustee-fee", 1),
    ("approve-withdrawal", 2),
    ("pay-withdrawal", 2),
    ("unknown-receipt", 3),
    ("explain-receipt", 5),
    ("enrol", 6),
    ("disburse", 10),
    ("receive-deposit", 5),
    ("refund-deposit", 5),
    ("apply-deposit", 3),
    ("repay", 6),
    ("interest-paid", 1),
    ("fee-paid", 1),
    ("reprice", 1),
    ("extend", 2),
    ("overdue", 10),
    ("npl", 4),
    ("cure", 2),
    ("remove", 1),
    ("file-claim", 16),
    ("approve-claim", 12),
    ("reject-claim", 2),
    ("pay-claim", 14),
    ("cancel-rest", 4),
    ("settle-claim", 3),
    ("revoke-claim", 2),
    ("refund-claim", 4),
    ("recover", 8),
    ("recovery-cost", 2),
    ("recover-in-kind", 1),
    ("write-off", 3),
    ("approve-subsidy", 14),
    ("pay-subsidy", 14),
    ("return-subsidy", 4),
    ("reissue-subsidy", 3),
    ("reduce-subsidy", 3),
    ("claw-back", 5),
    ("receive-clawback", 3),
    ("offset-clawback", 4),
    ("write-off-clawback", 2),
    ("close", 3),
    ("apply-loan", 3),
    ("recommend-loan", 3),
    ("reject-loan", 2),
    ("review-claim", 8),
    ("withdraw-claim", 2),
    ("close-claim", 5),
    ("file-subsidy", 4),
    ("review-subsidy", 8),
    ("qualify", 3),
    ("disqualify", 3),
    ("change-party", 2),
    ("other-benefit", 2),
    ("fee-refunded", 3),
    ("quota", 4),
    ("settle-transfer", 4),
    ("change-custodian", 1),
    ("wind-up", 24),
    ("release", 3),
    ("reverse", 14),
    ("correct", 12),
    ("import-statement", 18),
    ("undo-statement", 3),
    ("match-lines", 8),
    ("unmatch-lines", 3),
    ("reconcile-settings", 1),
    ("certify", 8),
];

pub(super) struct Maker<'t> {
    pub(super) twin: &'t Twin,
    pub(super) step: &'t Step,
    pub(super) tries: usize,
}

/// The event of a step; `tries` counts the events made so far.
pub fn event(twin: &Twin, step: &Step, tries: usize) -> Value {
    let maker = Maker { twin, step, tries };
    let whole: u32 = KINDS.iter().map(|(_, weight)| weight).sum();
    // The byte is spread over the weights by the golden ratio, so that every kind is reached.
    let mut place = (u32::from(step.what) * 158 + u32::from(step.twist) * 97) % whole;
    let kind = KINDS.iter().find(|(_, weight)| {
        let here = place < *weight;
        place = place.saturating_sub(*weight);
        here
    });
    let kind = kind.map_or("contribute", |(kind, _)| kind);
    let kind = if maker.is_amid_parts() { "import-statement" } else { kind };
    let mut event = maker.event(kind);
    if event.get("event").is_none() {
        event["event"] = kind.into();
    }
    event["id"] = format!("e{tries}").into();
    if event.get("date").is_none() {
        event["date"] = maker.day(0).into();
    }
    if step.twist % 16 == 10 {
        event["effective"] = maker.day(-i64::from(step.day / 25 % 32)).into();
    }
    event
}

pub(super) fn pick<T: Copy>(list: &[T], by: u8) -> Option<T> {
    if list.is_empty() { None } else { list.get(usize::from(by) % list.len()).copied() }
}

/// The number that the bank gave the account RISK-1.
pub const NUMBER: &str = "622202111234";

/// An amount with its sign.
pub fn signed_yuan(fen: i128) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    format!("{sign}{}", yuan(fen.abs()))
}

pub(super) fn yuan(fen: i128) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

impl Maker<'_> {
    /// Mostly later than what came before.
    pub(super) fn day(&self, plus: i64) -> String {
        let back = if self.step.twist % 16 == 9 { 90 } else { 0 };
        let days = 120 + self.tries as i64 * 6 + i64::from(self.step.day % 25) - back + plus;
        let start = date(2017, 3, 1).unwrap();
        let day: Date = start.checked_add(jiff::Span::new().days(days)).unwrap();
        day.to_string()
    }

    /// Mostly at most `most`, and sometimes more, or nothing.
    pub(super) fn amount(&self, most: i128) -> String {
        let raw = i128::from(self.step.amount);
        let fen = match self.step.twist % 24 {
            5 => most + 1 + raw % 1_000,
            6 => 0,
            7..=12 => most,
            _ => 1 + raw % most.max(1),
        };
        yuan(fen.max(0))
    }

    pub(super) fn part(&self, event: &mut Value, most: i128) {
        if !self.step.b.is_multiple_of(3) {
            event["amount"] = self.amount(most).into();
        }
    }

    pub(super) fn owner(&self) -> &'static str {
        if self.step.a % 16 == 15 {
            return SMALL;
        }
        pick(&OWNERS[..3], self.step.a).map_or("410821", |(owner, _)| owner)
    }

    pub(super) fn bank(&self, fund: &str, owner: &str) -> &'static str {
        let fits = |wrong: bool| {
            let banks = BANKS.iter().filter(|(_, holder, of)| {
                wrong || (*of == fund && (*holder == owner || *holder == CITY))
            });
            banks.map(|(id, _, _)| *id).collect::<Vec<_>>()
        };
        pick(&fits(self.step.twist == 33), self.step.b).unwrap_or("RISK-CITY")
    }

    pub(super) fn people(&self, mut event: Value) -> Value {
        event["maker"] = "甲".into();
        if self.step.twist != 51 && event.get("document").is_none() && self.step.b.is_multiple_of(2)
        {
            event["document"] = "文1".into();
        }
        match self.step.twist {
            40..=42 => {}
            43 => event["checker"] = "甲".into(),
            44..=60 => {
                event["checker"] = "乙".into();
                event["approver"] = "丙".into();
            }
            _ => event["checker"] = "乙".into(),
        }
        event
    }

    pub(super) fn fund(&self) -> &'static str {
        pick(&["RISK", "INT", "GFEE", "RISK"], self.step.b / 3).unwrap_or("RISK")
    }

    pub(super) fn source(&self) -> &'static str {
        pick(&["county", "city", "bank", "county"], self.step.b / 5).unwrap_or("county")
    }

    fn event(&self, kind: &str) -> Value {
        let made = match kind {
            "explain-receipt" => self.explain(),
            "enrol" => Some(self.enrol()),
            "disburse" => self.disburse(),
            "receive-deposit" | "refund-deposit" | "apply-deposit" => self.deposit(kind),
            "repay" | "interest-paid" | "fee-paid" | "reprice" | "extend" | "overdue" | "npl"
            | "cure" | "remove" => self.of_loan(kind),
            "file-claim" => self.file_claim(),
            "approve-claim" | "reject-claim" | "pay-claim" | "cancel-rest" | "settle-claim"
            | "revoke-claim" | "refund-claim" | "recover" | "recovery-cost" | "recover-in-kind"
            | "write-off" | "review-claim" | "withdraw-claim" | "close-claim" => {
                self.of_claim(kind)
            }
            "approve-subsidy" => self.approve_subsidy(),
            "pay-subsidy" | "return-subsidy" | "reissue-subsidy" | "reduce-subsidy"
            | "claw-back" | "receive-clawback" | "offset-clawback" | "write-off-clawback" => {
                self.of_line(kind)
            }
            "apply-loan" => Some(self.apply_loan()),
            "recommend-loan" | "reject-loan" => self.review_loan(kind),
            "file-subsidy" => self.file_subsidy(),
            "review-subsidy" => self.review_subsidy(),
            "qualify" | "disqualify" | "change-party" => Some(self.firm_fact(kind)),
            "other-benefit" | "fee-refunded" => self.benefit(kind),
            "close" => Some(self.close()),
            "quota" => Some(self.quota()),
            "settle-transfer" => Some(self.settle_transfer()),
            "change-custodian" => Some(self.change_custodian()),
            "wind-up" => Some(self.wind_up()),
            "release" => Some(self.release_or_checkpoint()),
            "reverse" => Some(self.reverse()),
            "correct" => Some(self.correct()),
            "import-statement" => Some(self.import()),
            "undo-statement" => Some(self.undo_statement()),
            "match-lines" => Some(self.match_lines()),
            "unmatch-lines" => Some(self.unmatch_lines()),
            "reconcile-settings" => Some(self.reconcile_settings()),
            "certify" => Some(self.certify()),
            _ => Some(self.funding(kind)),
        };
        made.unwrap_or_else(|| self.nothing(kind))
    }

    /// An event on something that is not there.
    pub(super) fn nothing(&self, kind: &str) -> Value {
        let mut event = json!({"claim": "nothing", "loan": "nothing", "subsidy": "nothing",
            "bank_account": "RISK-CITY", "reason": "x", "amount": "1.00", "gross": "1.00",
            "receipt": "nothing", "against": "nothing"});
        let fields =
            poolbook::domain::event::EventSpec::of(kind).map_or(&[][..], |spec| spec.fields);
        let object = event.as_object_mut().unwrap();
        object.retain(|key, _| fields.iter().any(|field| field.name == key));
        for field in fields.iter().filter(|field| field.required) {
            let value = match field.name {
                "note" => "nothing",
                "due" | "to" => "2019-01-01",
                "from" => "2018-01-01",
                "base" | "value" => "1.00",
                "asset" | "scheme" => "x",
                "step" => "reviewed",
                "period" => "2017Q4",
                "programme" => "interest-discount",
                "rate" | "fee_rate" => "100%",
                _ => continue,
            };
            event[field.name] = value.into();
        }
        match kind {
            "explain-receipt" => event["to"] = "interest".into(),
            "receive-clawback" => event["to"] = "pool".into(),
            _ => {}
        }
        self.people(event)
    }

    fn funding(&self, kind: &str) -> Value {
        let fund = match kind {
            "commit" | "contribute" | "approve-withdrawal" | "pay-withdrawal" => "RISK",
            "budget" | "return-budget"
                if !self.step.b.is_multiple_of(8) && self.step.twist != 50 =>
            {
                pick(&["INT", "GFEE"], self.step.b / 3).unwrap_or("INT")
            }
            _ => self.fund(),
        };
        let owner = self.owner();
        let bank = self.bank(fund, owner);
        let mut event = json!({"owner": owner});
        let most = match kind {
            "contribute" | "commit" => 200_000_000,
            "budget" => 40_000_000,
            _ => 3_000_000,
        };
        match kind {
            "commit" | "contribute" | "approve-withdrawal" | "pay-withdrawal" => {
                event["source"] = self.source().into();
                let leaving = |(source, _): &&(&str, &str)| {
                    let counter = Counter::Leaving(owner.into(), (*source).into());
                    kind == "pay-withdrawal" && self.twin.counter(&counter) > 0
                };
                if let Some((source, _)) = SOURCES.iter().find(leaving) {
                    event["source"] = (*source).into();
                }
            }
            "move" => {
                event["from_bank_account"] = bank.into();
                let to =
                    Maker { step: &Step { b: self.step.b.wrapping_add(1), ..*self.step }, ..*self };
                event["to_bank_account"] = to.bank(fund, owner).into();
            }
            "transfer" => {
                let to = pick(&OWNERS, self.step.a.wrapping_add(1 + self.step.b % 3));
                event["to_owner"] = to.map_or("410822", |(owner, _)| owner).into();
                if self.step.twist != 51 {
                    event["document"] = "文1".into();
                }
                event["to_bank_account"] = format!("{fund}-CITY").into();
            }
            "pool-interest" if self.step.b.is_multiple_of(2) => event["to"] = "treasury".into(),
            "pool-interest" if self.twin.sum(owner, fund, "1216") > 0 => {
                event["accrued"] = self.amount(self.twin.sum(owner, fund, "1216")).into();
            }
            "estimate-subsidy" => {
                let discount = self.step.b.is_multiple_of(2);
                let programme = if discount { "interest-discount" } else { "guarantee-fee" };
                event["programme"] = programme.into();
            }
            "return-budget" if self.step.b.is_multiple_of(2) => event["prior_year"] = true.into(),
            _ => {}
        }
        if !["commit", "approve-withdrawal", "move", "estimate-subsidy"].contains(&kind) {
            event["bank_account"] = bank.into();
        }
        if ["pay-treasury", "pay-withdrawal"].contains(&kind) {
            self.part(&mut event, most / 10);
        } else {
            event["amount"] = self.amount(most).into();
        }
        self.people(event)
    }

    fn explain(&self) -> Option<Value> {
        let open: Vec<_> = self.twin.receipts().filter(|receipt| receipt.open > 0).collect();
        let receipt = pick(&open, self.step.a)?;
        let to = ["contribution", "subsidy-budget", "interest", "treasury", "payer", "deposit"];
        let to = pick(&to, self.step.b / 3)?;
        let mut event = json!({"receipt": receipt.id, "to": to});
        if to == "contribution" {
            event["source"] = self.source().into();
        }
        if to == "deposit" {
            let loans: Vec<&Loan> = self.twin.loans().collect();
            event["loan"] = pick(&loans, self.step.b).map_or("nothing", |loan| &loan.id).into();
        }
        self.part(&mut event, receipt.open);
        Some(self.people(event))
    }

    fn enrol(&self) -> Value {
        let owner = self.owner();
        if let Some(event) = self.enrol_applied() {
            return event;
        }
        let loan = match self.step.twist % 20 {
            3 => self.twin.loans().next().map_or("L", |loan| &loan.id).to_owned(),
            _ => format!("L{}", self.tries),
        };
        let due = match self.step.twist {
            60 => "2017-01-01",
            61..=64 => "2023-03-01",
            _ => "2021-03-01",
        };
        let firm = pick(&["FIRM-A", "FIRM-B"], self.step.b);
        // Some are enrolled long after the bank has paid out.
        let date = self.day(if matches!(self.step.twist % 16, 9..=12) { 160 } else { 0 });
        json!({"owner": owner, "loan": loan, "firm": firm, "bank": "BANK", "guarantor": "GUAR",
            "date": date,
            "amount": yuan(1_000_000 + i128::from(self.step.amount % 400_000_000)), "due": due,
            "rate": "4.35%", "signed": "2017-02-01"})
    }

    fn disburse(&self) -> Option<Value> {
        let loans: Vec<&Loan> = self
            .twin
            .loans()
            .filter(|loan| loan.drawn < loan.amount || self.step.twist % 8 == 1)
            .collect();
        let loan = pick(&loans, self.step.a)?;
        let mut event = json!({"loan": loan.id, "amount": self.amount(loan.amount - loan.drawn)});
        if self.step.twist % 8 != 2 {
            event["note"] = format!("{}/{}", loan.id, loan.notes.len()).into();
        }
        Some(event)
    }

    pub(super) fn notes(&self, wanted: impl Fn(&Note) -> bool) -> Vec<(&Loan, &Note)> {
        let all =
            self.twin.loans().flat_map(|loan| loan.notes.iter().map(move |note| (loan, note)));
        all.filter(|(_, note)| wanted(note) || self.step.twist % 16 == 2).collect()
    }

    fn deposit(&self, kind: &str) -> Option<Value> {
        let ended = |loan: &Loan| loan.removed || loan.drawn > 0 && !loan.is_live();
        let held = |loan: &&Loan| match kind {
            "receive-deposit" => true,
            "refund-deposit" if !self.step.b.is_multiple_of(4) => loan.deposit > 0 && ended(loan),
            _ => loan.deposit > 0,
        };
        let loans: Vec<&Loan> = self.twin.loans().filter(held).collect();
        let loan = pick(&loans, self.step.a)?;
        let bank = self.bank("RISK", &loan.owner);
        let mut event = json!({"loan": loan.id, "bank_account": bank});
        match kind {
            "receive-deposit" => event["amount"] = self.amount(loan.amount / 50).into(),
            "apply-deposit" => {
                let note = loan.notes.iter().find(|note| ["overdue", "npl"].contains(&note.class));
                event["note"] = note.or(loan.notes.first())?.id.clone().into();
                self.part(&mut event, loan.deposit);
            }
            _ => self.part(&mut event, loan.deposit),
        }
        Some(self.people(event))
    }

    fn of_loan(&self, kind: &str) -> Option<Value> {
        let legal: &[&str] = match kind {
            "repay" => &["active", "extended", "overdue", "npl"],
            "extend" | "overdue" => &["active", "extended"],
            "npl" => &["active", "extended", "overdue"],
            "cure" => &["overdue", "npl"],
            _ => &["active", "extended", "overdue", "npl", "repaid"],
        };
        let (loan, note) = pick(&self.notes(|note| legal.contains(&note.class)), self.step.a)?;
        let mut event = json!({"loan": loan.id});
        if !["fee-paid", "remove"].contains(&kind) && self.step.twist % 16 != 12 {
            event["note"] = note.id.clone().into();
        }
        match kind {
            "repay" => event["amount"] = self.amount(note.balance).into(),
            "interest-paid" | "fee-paid" => {
                event["amount"] = self.amount(1_000_000).into();
                event["from"] = "2017-06-21".into();
                event["to"] =
                    if self.step.twist == 61 { "2017-06-21" } else { "2017-09-21" }.into();
                // All tell of the same days, and say so; `ledger_cases` tries slips that do not, and
                // rates below the fee.
                event["instalment"] = true.into();
                if kind == "fee-paid" {
                    let low = self.step.day.is_multiple_of(4);
                    event["fee_rate"] = if low { "3%" } else { "100%" }.into();
                }
            }
            "reprice" => event["rate"] = "4.75%".into(),
            "extend" => event["due"] = format!("20{}-07-01", 20 + self.step.b % 5).into(),
            "remove" => event["reason"] = "不符合条件".into(),
            _ => {}
        }
        Some(event)
    }

    pub(super) fn approve_subsidy(&self) -> Option<Value> {
        let (loan, note) = pick(&self.notes(|_| true), self.step.a)?;
        let programme =
            if self.step.b.is_multiple_of(2) { "interest-discount" } else { "guarantee-fee" };
        let period = pick(&["2017Q2", "2017Q3", "2017Q4", "2018Q1"], self.step.b / 2);
        Some(json!({"loan": loan.id, "note": note.id, "period": period, "programme": programme,
            "amount": self.amount(6_000_000)}))
    }

    fn of_line(&self, kind: &str) -> Option<Value> {
        let legal: &[&str] = match kind {
            "pay-subsidy" | "reduce-subsidy" => &["approved", "noticed", "ordered", "paid-part"],
            "return-subsidy" => &["paid", "paid-part", "returned", "reissued"],
            "reissue-subsidy" => &["returned"],
            "claw-back" => {
                &["paid", "reissued", "clawback-due", "clawed-back", "offset", "written-off"]
            }
            _ => &["clawback-due"],
        };
        let fits = |state: &str| legal.contains(&state) || self.step.twist % 16 == 2;
        let lines: Vec<_> = self.twin.subsidies().filter(|line| fits(state(line))).collect();
        let line = pick(&lines, self.step.a)?;
        let mut event = json!({"subsidy": line.id});
        let most = match kind {
            "pay-subsidy" | "reduce-subsidy" => line.amount - line.paid,
            "return-subsidy" => line.paid - line.returned,
            "reissue-subsidy" => line.returned,
            "claw-back" => line.paid - line.due_back,
            _ => line.due_back - line.settled,
        };
        match kind {
            "reduce-subsidy" => event["amount"] = self.amount(most).into(),
            "write-off-clawback" => {}
            _ => self.part(&mut event, most),
        }
        match kind {
            "reduce-subsidy" | "claw-back" | "write-off-clawback" => {
                event["reason"] = "依据".into()
            }
            "offset-clawback" => {
                let unpaid =
                    |state: &str| ["approved", "noticed", "ordered", "paid-part"].contains(&state);
                let others: Vec<_> = self
                    .twin
                    .subsidies()
                    .filter(|other| unpaid(state(other)))
                    .filter(|other| {
                        (other.fund, &other.firm, &other.owner)
                            == (line.fund, &line.firm, &line.owner)
                            || self.step.twist % 8 == 3
                    })
                    .collect();
                event["against"] = pick(&others, self.step.b)?.id.clone().into();
            }
            "receive-clawback" if self.step.b.is_multiple_of(2) => event["to"] = "treasury".into(),
            _ => {}
        }
        if ["pay-subsidy", "return-subsidy", "reissue-subsidy", "receive-clawback"].contains(&kind)
        {
            event["bank_account"] = self.bank(line.fund, &line.owner).into();
        }
        Some(self.people(event))
    }

    /// Mostly one of the last entries; else any, and sometimes one that is not there.
    fn reverse(&self) -> Value {
        let last = self.twin.first_entry + self.twin.done.len();
        let back = usize::from(self.step.b);
        let entry = if self.step.twist.is_multiple_of(3) {
            back % (last + 2)
        } else {
            last.saturating_sub(back % 6)
        };
        let done = entry.checked_sub(self.twin.first_entry + 1);
        let done = done.and_then(|place| self.twin.done.get(place));
        let date = match (self.step.twist, done) {
            (80, _) => "2017-01-02".to_owned(),
            (_, Some(done)) if self.step.day.is_multiple_of(4) => text(&done.event, "date").into(),
            _ => self.day(60),
        };
        json!({"entry": entry.max(1).to_string(), "reason": "录入有误", "date": date})
    }
}

/// The event under an id of its own that stands for another's once more.
pub fn again(twin: &Twin, which: u16) -> Option<Value> {
    let place = usize::from(which) % twin.done.len().max(1);
    twin.done.get(place).map(|done| done.event.clone())
}

/// The same id with another content.
pub fn changed(twin: &Twin, which: u16) -> Option<Value> {
    let mut event = again(twin, which)?;
    let memo = format!("{} 2", text(&event, "memo"));
    event["memo"] = memo.into();
    Some(event)
}
