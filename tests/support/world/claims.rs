//! How paid claims of a random life end.

use super::{Maker, RISK};
use poolbook::domain::registry::ClaimState;
use serde_json::{Value, json};

impl Maker<'_> {
    pub(super) fn ending(&self, kind: &str) -> Option<Value> {
        use ClaimState::{Paid, PaidPart, Recovering, Revoked, Settled, WrittenOff};
        let claim = self.claims(match kind {
            "cancel-rest" => &[PaidPart],
            "refund-claim" => &[Settled, Revoked],
            "recovery-cost" => &[Paid, PaidPart, Recovering, Settled, WrittenOff],
            _ => &[Paid, Recovering, Settled],
        })?;
        let mut value = json!({"date": self.day_from(claim.filed), "claim": *claim.id});
        let account = self.account(&RISK, &claim.owner, self.step.b);
        match kind {
            "cancel-rest" | "revoke-claim" => value["reason"] = "不合规".into(),
            "settle-claim" => {
                value["amount"] = self.amount(claim.open_right().ok()?.fen()).into();
            }
            "refund-claim" => {
                value["bank_account"] = account.into();
                if self.step.b.is_multiple_of(2) {
                    value["amount"] = self.amount(claim.refund_open().ok()?.fen()).into();
                }
            }
            _ => {
                value["bank_account"] = account.into();
                value["amount"] = self.amount(1_000_000).into();
                value = self.people(value);
            }
        }
        Some(value)
    }
}
