//! Claims of a random life: filed, decided, paid, and how paid ones end.

use super::{Maker, RISK, pick};
use poolbook::domain::loan::NoteState;
use poolbook::domain::registry::ClaimState;
use serde_json::{Value, json};

impl Maker<'_> {
    pub(super) fn file_claim(&self) -> Option<Value> {
        let bad = [NoteState::Overdue, NoteState::Npl];
        let (loan, note) = pick(&self.notes(|note| bad.contains(&note.state)), self.step.a)?;
        let since = note.overdue.last().map(|(from, _)| *from).or(note.npl).unwrap_or(note.drawn);
        let day = Self::after(since, 61);
        Some(json!({
            "date": self.day_from(day), "loan": *loan.id, "note": *note.id,
            "claim": format!("C-{}-{}", self.step.amount % 50, self.step.b % 5),
            "base": self.amount(note.balance.fen()), "lawsuit": "(2017)豫0821民初1号",
        }))
    }

    pub(super) fn of_claim(&self, kind: &str) -> Option<Value> {
        let recovering = [ClaimState::Paid, ClaimState::PaidPart, ClaimState::WrittenOff];
        let claim = self.claims(match kind {
            "pay-claim" => &[ClaimState::Approved, ClaimState::PaidPart],
            "recover" => &recovering,
            "write-off" => &recovering[..2],
            _ => &[ClaimState::Filed],
        })?;
        let mut value = json!({"date": self.day_from(claim.filed), "claim": *claim.id});
        let account = self.account(&RISK, &claim.owner, self.step.b);
        let part = self.step.b.is_multiple_of(2);
        match kind {
            "approve-claim" if part => value["amount"] = self.amount(claim.base.fen() / 3).into(),
            "reject-claim" => value["reason"] = "材料不全".into(),
            "pay-claim" => {
                value["bank_account"] = account.into();
                if part {
                    let open = claim.approved.sub(claim.paid).ok()?.fen();
                    value["amount"] = self.amount(open).into();
                }
                value = self.people(value);
            }
            "recover" => {
                value["bank_account"] = account.into();
                value["gross"] = self.amount(claim.base.fen()).into();
                if self.step.b.is_multiple_of(3) {
                    value["receives"] = "gross".into();
                    value["cost"] = "12.34".into();
                }
            }
            _ => {}
        }
        Some(value)
    }

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
