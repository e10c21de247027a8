//! Deposits, withdrawals and unknown receipts of a random life.

use super::{FEE, INT, Maker, OWNERS, RISK, pick, yuan};
use poolbook::domain::account::{Account, Fund};
use poolbook::domain::event::{Origin, Source};
use poolbook::domain::loan::{Loan, NoteState};
use poolbook::domain::money::Money;
use poolbook::domain::rate::split_cumulative;
use serde_json::{Value, json};

impl Maker<'_> {
    pub(super) fn deposit(&self, kind: &str) -> Option<Value> {
        let settled = |loan: &Loan| {
            let repaid = loan.notes.iter().all(|note| note.state == NoteState::Repaid);
            loan.removed.is_some() || (repaid && !loan.notes.is_empty())
        };
        let held = |loan: &&Loan| match kind {
            "receive-deposit" => true,
            "refund-deposit" if self.step.twist % 16 != 2 => {
                loan.deposit.is_positive() && settled(loan)
            }
            _ => loan.deposit.is_positive(),
        };
        let loans: Vec<&Loan> = self.state.loans.iter().filter(held).collect();
        let loan = pick(&loans, self.step.a)?;
        let mut value = json!({
            "date": self.day_from(loan.enrolled), "loan": *loan.id,
            "bank_account": self.account(&RISK, &loan.owner, self.step.b),
        });
        if kind == "receive-deposit" {
            value["amount"] = self.amount(4_000_000).into();
            return Some(value);
        }
        if self.step.b.is_multiple_of(2) {
            value["amount"] = self.amount(loan.deposit.fen()).into();
        }
        if kind == "apply-deposit" {
            value["note"] = (*pick(&loan.notes.iter().collect::<Vec<_>>(), self.step.b)?.id).into();
        }
        Some(self.people(value))
    }

    pub(super) fn pay_treasury(&self) -> Option<Value> {
        let each = OWNERS.iter().flat_map(|(owner, _)| Fund::ALL.map(|fund| (*owner, fund)));
        let owed = each.filter(|(owner, fund)| {
            self.state.balance(owner, *fund, Account::TreasuryPayable, None).0 < 0
        });
        let (owner, fund) = pick(&owed.collect::<Vec<_>>(), self.step.a)?;
        let accounts: &[&'static str] = match fund {
            Fund::Risk => &RISK,
            Fund::Interest => &INT,
            Fund::Fee => &FEE,
        };
        Some(self.people(json!({
            "owner": owner, "date": self.day().to_string(),
            "bank_account": self.account(accounts, owner, self.step.b),
        })))
    }

    pub(super) fn pay_withdrawal(&self) -> Option<Value> {
        let each =
            OWNERS.iter().flat_map(|(owner, _)| Source::ALL.iter().map(move |s| (*owner, *s)));
        let open: Vec<_> =
            each.filter(|(owner, source)| self.state.withdrawal(owner, *source).0 > 0).collect();
        let (owner, source) = pick(&open, self.step.a)?;
        let mut value = json!({
            "owner": owner, "date": self.day().to_string(), "source": source.code(),
            "bank_account": self.account(&RISK, owner, self.step.b),
        });
        if self.step.b.is_multiple_of(2) {
            let open = self.state.withdrawal(owner, source).money().ok()?;
            value["amount"] = self.amount(open.fen()).into();
        }
        Some(self.people(value))
    }

    pub(super) fn explain_receipt(&self) -> Option<Value> {
        let open = self.state.receipts.iter().filter(|receipt| receipt.open.is_positive());
        let receipt = pick(&open.collect::<Vec<_>>(), self.step.a)?;
        let to = pick(Origin::WORDS, self.step.b)?;
        let mut value = json!({
            "receipt": *receipt.id, "to": to, "date": self.day_from(receipt.received),
        });
        if ["contribution", "subsidy-budget"].contains(&to) {
            value["source"] = pick(Source::WORDS, self.step.a)?.into();
        }
        let loans = self.state.loans.iter().filter(|loan| loan.owner == receipt.owner);
        let loan = pick(&loans.collect::<Vec<_>>(), self.step.a);
        if let Some(loan) = loan.filter(|_| to == "deposit") {
            value["loan"] = (*loan.id).into();
        }
        if self.step.b.is_multiple_of(3) {
            value["amount"] = self.amount(receipt.open.fen()).into();
        }
        let claims = self.state.claims.iter().filter(|claim| claim.owner == receipt.owner);
        let claim = pick(&claims.collect::<Vec<_>>(), self.step.a);
        if let Some(claim) = claim.filter(|_| to == "recovery") {
            // What arrived is the share of a gross sum of its own size, or of a fen too little.
            let gross = i64::from(self.step.amount % 5_000_000);
            let share = split_cumulative(
                claim.net_recovered,
                Money::from_fen(gross).ok()?,
                &claim.sharing.shares,
                usize::from(claim.sharing.balancing),
            );
            value["claim"] = (*claim.id).into();
            value["gross"] = yuan(gross).into();
            value["amount"] = yuan(share.ok()?.first()?.fen()).into();
        }
        Some(self.people(value))
    }
}
