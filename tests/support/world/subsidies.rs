//! Subsidy lines of a random life after their payment.

use super::{FEE, INT, Maker, pick};
use poolbook::domain::registry::{Subsidy, SubsidyState};
use serde_json::{Value, json};

impl Maker<'_> {
    pub(super) fn line_again(&self, kind: &str) -> Option<Value> {
        let stranger = |own: Value| {
            let mut value = json!({"date": self.day().to_string(), "subsidy": "NONE"});
            if let (Some(value), Value::Object(own)) = (value.as_object_mut(), own) {
                value.extend(own);
            }
            value
        };
        let none = match kind {
            "return-subsidy" | "reissue-subsidy" | "receive-clawback" => {
                json!({"bank_account": "INT-CITY"})
            }
            "reduce-subsidy" => json!({"amount": "1", "reason": "x"}),
            "claw-back" | "write-off-clawback" => json!({"reason": "x"}),
            "offset-clawback" => json!({"against": "NONE"}),
            _ => return None,
        };
        Some(self.known_line(kind).unwrap_or_else(|| stranger(none)))
    }

    fn known_line(&self, kind: &str) -> Option<Value> {
        use SubsidyState::{
            Approved, ClawbackDue, ClawedBack, Noticed, Ordered, Paid, PaidPart, Reissued, Returned,
        };
        let fits: &[SubsidyState] = match kind {
            "return-subsidy" => &[Paid, PaidPart, Returned, Reissued],
            "reissue-subsidy" => &[Returned],
            "reduce-subsidy" => &[Approved, Noticed, Ordered, PaidPart],
            "claw-back" => &[Paid, Reissued, ClawbackDue, ClawedBack],
            _ => &[ClawbackDue],
        };
        let stands = |line: &&Subsidy| fits.contains(&line.state) || self.step.twist % 16 == 2;
        let line =
            pick(&self.state.subsidies.iter().filter(stands).collect::<Vec<_>>(), self.step.a)?;
        let open = match kind {
            "return-subsidy" => line.paid.sub(line.returned),
            "reissue-subsidy" => Ok(line.returned),
            "reduce-subsidy" => line.amount.sub(line.paid),
            "claw-back" => line.paid.sub(line.clawback),
            _ => line.clawback_open(),
        };
        let mut value = json!({"date": self.day_from(line.approved_on), "subsidy": *line.id});
        if ["reduce-subsidy", "claw-back", "write-off-clawback"].contains(&kind) {
            value["reason"] = "有误".into();
        } else if kind == "offset-clawback" {
            let same = |other: &&Subsidy| other.firm == line.firm && other.state.is_unpaid();
            let others: Vec<_> = self.state.subsidies.iter().filter(same).collect();
            value["against"] = (*pick(&others, self.step.b)?.id).into();
        } else {
            let accounts = if line.programme.fund().code() == "INT" { INT } else { FEE };
            value["bank_account"] = self.account(&accounts, &line.owner, self.step.b).into();
        }
        let whole = !self.step.b.is_multiple_of(2);
        if !whole && kind != "write-off-clawback" {
            value["amount"] = self.amount(open.ok()?.fen()).into();
        }
        if kind == "receive-clawback" && self.step.b.is_multiple_of(3) {
            value["to"] = "treasury".into();
        }
        Some(if kind == "reissue-subsidy" { self.people(value) } else { value })
    }
}
