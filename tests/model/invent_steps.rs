//! Random steps that move no money: applications, filings, reviews, facts.

use super::generate::{Maker, pick, yuan};
use super::twin::{Application, Loan, Record};
use serde_json::{Value, json};

impl Maker<'_> {
    fn applications(&self) -> Vec<&Application> {
        let records = self.twin.records.values().filter_map(|record| match record {
            Record::Application(own) => Some(own),
            _ => None,
        });
        records.collect()
    }

    pub(super) fn apply_loan(&self) -> Value {
        let loan = match self.step.twist % 8 {
            3 => self.twin.loans().next().map_or("L", |loan| &loan.id).to_owned(),
            4 => self.applications().first().map_or("P", |one| &one.id).to_owned(),
            _ => format!("P{}", self.tries),
        };
        let firm = pick(&["FIRM-A", "FIRM-B"], self.step.b);
        json!({"owner": self.owner(), "loan": loan, "firm": firm, "bank": "BANK",
            "amount": self.amount(200_000_000)})
    }

    pub(super) fn review_loan(&self, kind: &str) -> Option<Value> {
        let id = match self.step.twist % 16 {
            3 => self.twin.loans().next()?.id.clone(),
            _ => pick(&self.applications(), self.step.a)?.id.clone(),
        };
        let mut event = json!({"loan": id});
        if kind == "reject-loan" {
            event["reason"] = "不符合条件".into();
        }
        Some(event)
    }

    /// Sometimes an enrolment of what was applied for.
    pub(super) fn enrol_applied(&self) -> Option<Value> {
        let wanted = |one: &&&Application| {
            self.step.twist % 8 == 5 || ["applied", "recommended"].contains(&one.state)
        };
        let all = self.applications();
        let all: Vec<&Application> = all.iter().filter(wanted).copied().collect();
        let one = pick(&all, self.step.a).filter(|_| self.step.b % 4 < 2)?;
        let firm = if self.step.twist % 8 == 6 { "FIRM-B" } else { &one.firm };
        Some(json!({"owner": one.owner, "loan": one.id, "firm": firm, "bank": "BANK",
            "amount": yuan(1_000_000 + i128::from(self.step.amount % 100_000_000)),
            "due": "2021-03-01", "rate": "4.35%", "signed": "2017-02-01"}))
    }

    pub(super) fn claim_step(&self, state: &str) -> &'static str {
        let steps: &[&str] = match state {
            _ if self.step.twist % 8 == 3 => &["in-review", "resubmitted", "noticed", "ordered"],
            "filed" => &["in-review", "sent-back", "site-checked", "reviewed"],
            "in-review" => &["sent-back", "site-checked", "reviewed"],
            "sent-back" => &["resubmitted"],
            "site-checked" => &["sent-back", "reviewed"],
            "approved" => &["noticed", "ordered"],
            _ => &["ordered"],
        };
        pick(steps, self.step.b).unwrap_or("reviewed")
    }

    pub(super) fn file_subsidy(&self) -> Option<Value> {
        let mut event = self.approve_subsidy()?;
        event.as_object_mut()?.remove("amount");
        Some(event)
    }

    pub(super) fn review_subsidy(&self) -> Option<Value> {
        if self.step.b.is_multiple_of(2) {
            let filings: Vec<_> = self.twin.filings().collect();
            let filing = pick(&filings, self.step.a)?;
            let step = if self.step.twist % 8 == 3 { "ordered" } else { "reviewed" };
            return Some(json!({"subsidy": filing.id, "step": step}));
        }
        let unpaid = |line: &&super::twin::Subsidy| line.paid == 0 || self.step.twist % 8 == 3;
        let lines: Vec<_> = self.twin.subsidies().filter(unpaid).collect();
        let line = pick(&lines, self.step.a)?;
        let step = pick(&["noticed", "ordered", "reviewed", "ordered"], self.step.b / 2);
        Some(json!({"subsidy": line.id, "step": step}))
    }

    pub(super) fn firm_fact(&self, kind: &str) -> Value {
        let firm = pick(&["FIRM-A", "FIRM-B", "FIRM-A", "BANK", "FIRM-B"], self.step.a);
        let which = pick(&["高新", "中小"], self.step.b);
        match kind {
            "qualify" => json!({"firm": firm, "qualification": which, "from": self.day(-30),
                "to": self.day(i64::from(self.step.b) - 35)}),
            "disqualify" => {
                let mut event = json!({"firm": firm, "from": self.day(-10), "reason": "到期"});
                if !self.step.b.is_multiple_of(3) {
                    event["qualification"] = which.into();
                }
                event
            }
            _ => {
                let mut event = json!({"party": firm});
                let key = if self.step.b.is_multiple_of(2) { "name" } else { "account" };
                event[key] = format!("新{}", self.step.b % 3).into();
                self.documented(event)
            }
        }
    }

    pub(super) fn benefit(&self, kind: &str) -> Option<Value> {
        if kind == "other-benefit" {
            let (loan, note) = pick(&self.notes(|_| true), self.step.a)?;
            let to = if self.step.twist % 16 == 3 { "2017-06-21" } else { "2017-09-21" };
            // A payment of its own each time: the same one twice is refused (tests/refusals.rs).
            let scheme = format!("省级贴息第{}批", self.twin.done.len());
            return Some(json!({"loan": loan.id, "note": note.id, "scheme": scheme,
                "amount": self.amount(100_000), "from": "2017-06-21", "to": to}));
        }
        let paid = |loan: &&Loan| !loan.fees.is_empty() || self.step.twist % 8 == 3;
        let loans: Vec<&Loan> = self.twin.loans().filter(paid).collect();
        let loan = pick(&loans, self.step.a)?;
        let net: i128 = loan.fees.iter().map(|fee| fee.net).sum();
        let mut event = json!({"loan": loan.id, "amount": self.amount(net)});
        if self.step.b.is_multiple_of(2) {
            event["from"] = "2017-06-21".into();
        }
        Some(event)
    }
}
