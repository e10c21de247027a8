//! Random events of claims.

use super::generate::{Maker, pick, yuan};
use serde_json::{Value, json};

impl Maker<'_> {
    pub(super) fn file_claim(&self) -> Option<Value> {
        let bad = self.notes(|note| ["overdue", "npl"].contains(&note.class));
        let (loan, note) = pick(&bad, self.step.a)?;
        let mut event = json!({"loan": loan.id, "note": note.id, "claim": format!("C{}", self.tries),
            "base": self.amount(note.balance), "date": self.day(60)});
        if self.step.twist % 32 == 4 {
            event["claim"] = self.twin.claims().next().map_or("C", |claim| &claim.id).into();
        }
        let earlier: Vec<_> = self.twin.claims().filter(|claim| claim.note == note.id).collect();
        if let Some(first) = pick(&earlier, self.step.b).filter(|_| self.step.twist % 4 != 3) {
            event["supplement"] = first.id.clone().into();
            let left =
                note.balance - earlier.iter().map(|claim| claim.base + claim.off).sum::<i128>();
            event["base"] = self.amount(left.max(1)).into();
        }
        let raw = i128::from(self.step.amount % 1_000_000);
        match self.step.twist % 32 {
            16 => event["interest"] = "1.00".into(),
            17..=20 => event["collateral"] = yuan(raw).into(),
            21..=24 => event["other"] = yuan(raw).into(),
            _ => {}
        }
        if self.step.twist != 70 {
            event["lawsuit"] = "(2017)豫0821民初1号".into();
        }
        Some(event)
    }

    pub(super) fn of_claim(&self, kind: &str) -> Option<Value> {
        let legal: &[&str] = match kind {
            "approve-claim" => &["filed", "in-review", "site-checked", "reviewed"],
            "reject-claim" | "withdraw-claim" => &["filed", "in-review", "sent-back", "reviewed"],
            "pay-claim" => &["approved", "noticed", "ordered", "paid-part"],
            "review-claim" => {
                &["filed", "in-review", "sent-back", "site-checked", "approved", "noticed"]
            }
            "close-claim" => &["recovering", "settled", "written-off"],
            "cancel-rest" => &["paid-part"],
            "settle-claim" | "revoke-claim" => &["paid", "recovering", "settled"],
            "refund-claim" => &["settled", "revoked", "written-off"],
            "write-off" => &["paid", "paid-part", "recovering", "settled"],
            _ => &["paid-part", "paid", "recovering", "settled", "written-off"],
        };
        let fits = |state: &str| legal.contains(&state) || self.step.twist % 16 == 2;
        let claims: Vec<_> = self.twin.claims().filter(|claim| fits(claim.state)).collect();
        let claim = pick(&claims, self.step.a)?;
        let mut event = json!({"claim": claim.id, "date": self.day(60)});
        let bank = self.bank("RISK", &claim.owner);
        match kind {
            "approve-claim" => {
                self.part(&mut event, claim.base * 2 / 5);
                return Some(event);
            }
            "settle-claim" => event["amount"] = self.amount(claim.right()).into(),
            "pay-claim" => self.part(&mut event, claim.approved - claim.paid),
            "refund-claim" => self.part(&mut event, claim.due_back - claim.back),
            "recovery-cost" => event["amount"] = self.amount(10_000).into(),
            "recover-in-kind" => {
                event["asset"] = "厂房".into();
                event["value"] = self.amount(claim.base).into();
            }
            "recover" => {
                event["gross"] = self.amount(claim.base / 2 + 1).into();
                if self.step.b.is_multiple_of(4) {
                    event["cost"] = self.amount(claim.base / 9 + 1).into();
                }
                if self.step.b.is_multiple_of(3) {
                    event["receives"] = "gross".into();
                }
                if self.step.b.is_multiple_of(5) {
                    event["to"] = "treasury".into();
                }
            }
            "review-claim" => {
                event["step"] = self.claim_step(claim.state).into();
                return Some(event);
            }
            "cancel-rest" | "reject-claim" | "revoke-claim" | "withdraw-claim" | "close-claim" => {
                event["reason"] = "依据".into()
            }
            _ => {}
        }
        if ["pay-claim", "refund-claim", "recover", "recovery-cost"].contains(&kind) {
            event["bank_account"] = bank.into();
        }
        Some(self.people(event))
    }
}
