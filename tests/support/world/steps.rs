//! Steps of a random life that move no money: applications, reviews, claims at their end.

use super::{Maker, pick};
use poolbook::domain::event::{ClaimStep, Programme, SubsidyStep};
use poolbook::domain::registry::ClaimState;
use serde_json::{Value, json};

impl Maker<'_> {
    /// A step on a record that fits, or on one that does not exist.
    pub(super) fn step(&self, kind: &str) -> Option<Value> {
        let none = match kind {
            "apply-loan" | "recommend-loan" => json!({"loan": "NONE"}),
            "reject-loan" => json!({"loan": "NONE", "reason": "x"}),
            "review-claim" => json!({"claim": "NONE", "step": "noticed"}),
            "review-subsidy" => json!({"subsidy": "NONE", "step": "noticed"}),
            "file-subsidy" => {
                json!({"loan": "NONE", "period": "2017Q4", "programme": "guarantee-fee"})
            }
            "withdraw-claim" | "close-claim" => json!({"claim": "NONE", "reason": "x"}),
            _ => return None,
        };
        let stranger = || {
            let mut value = none;
            value["date"] = self.day().to_string().into();
            value
        };
        Some(self.known_step(kind).unwrap_or_else(stranger))
    }

    fn known_step(&self, kind: &str) -> Option<Value> {
        match kind {
            "apply-loan" => Some(self.apply_loan()),
            "recommend-loan" | "reject-loan" => {
                let application =
                    pick(&self.state.applications.iter().collect::<Vec<_>>(), self.step.a)?;
                let mut value = json!({"date": self.day_from(application.applied),
                    "loan": *application.id});
                if kind == "reject-loan" {
                    value["reason"] = "用途不符".into();
                }
                Some(value)
            }
            "file-subsidy" => {
                let (loan, note) = pick(&self.notes(|_| true), self.step.a)?;
                Some(json!({"date": self.day_from(note.drawn), "loan": *loan.id,
                    "note": *note.id, "programme": pick(Programme::WORDS, self.step.b)?,
                    "period": pick(&["2017Q2", "2017Q3", "2017Q4", "2018Q1"], self.step.b / 2)}))
            }
            "review-subsidy" => self.review_subsidy(),
            _ => self.of_claim_step(kind),
        }
    }

    fn apply_loan(&self) -> Value {
        let owner = self.owner();
        json!({"date": self.day().to_string(), "owner": owner, "bank": "BANK",
            "loan": format!("L-{}", self.step.b % 9), "firm": format!("FIRM-{owner}"),
            "amount": self.amount(90_000_000), "purpose": "研发"})
    }

    fn review_subsidy(&self) -> Option<Value> {
        let step = pick(SubsidyStep::WORDS, self.step.b)?;
        let filings = self.state.filings.iter().map(|one| (&one.id, one.filed));
        let lines = self.state.subsidies.iter().map(|one| (&one.id, one.approved_on));
        let all: Vec<_> = if step == "reviewed" { filings.collect() } else { lines.collect() };
        let (id, since) = pick(&all, self.step.a)?;
        Some(json!({"date": self.day_from(since), "subsidy": **id, "step": step,
            "opinion": "同意"}))
    }

    fn of_claim_step(&self, kind: &str) -> Option<Value> {
        use ClaimState::{Filed, InReview, Recovering, SentBack, Settled, WrittenOff};
        let step = pick(ClaimStep::WORDS, self.step.b)?;
        let states: Vec<ClaimState> = match kind {
            "withdraw-claim" => vec![Filed, InReview, SentBack],
            "close-claim" => vec![Recovering, Settled, WrittenOff],
            _ => ClaimState::ALL
                .iter()
                .copied()
                .filter(|state| state.legal().contains(&step))
                .collect(),
        };
        let claim = self.claims(&states)?;
        let mut value = json!({"date": self.day_from(claim.filed), "claim": *claim.id});
        match kind {
            "review-claim" => value["step"] = step.into(),
            _ => value["reason"] = "不再申请".into(),
        }
        if kind == "close-claim" && !self.step.twist.is_multiple_of(9) {
            value["document"] = "(2018)豫0821执1号".into();
        }
        Some(value)
    }

    /// Mostly one of the last entries; else any, and sometimes one that is not there.
    pub(super) fn reverse(&self, count: u64) -> Value {
        let back = u64::from(self.step.b);
        let entry = if self.step.twist.is_multiple_of(3) {
            back % (count + 2)
        } else {
            count.saturating_sub(back % 6)
        };
        json!({"date": self.day().to_string(), "entry": entry.max(1), "reason": "录入有误"})
    }
}
