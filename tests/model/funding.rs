//! What the naive book says of money in and out of the funds.

use super::loans::concluded;
use super::twin::*;
use serde_json::Value;

pub const SOURCES: [(&str, &str); 5] = [
    ("province", "3101.01"),
    ("city", "3101.02"),
    ("county", "3101.03"),
    ("guarantor", "3101.04"),
    ("bank", "3101.05"),
];

/// What a bank or trustee takes and one person records; more of it is money out like any other.
const SMALL_CHARGE: i128 = 50_000;

pub fn capital(source: &str) -> &'static str {
    SOURCES.iter().find(|(word, _)| *word == source).map_or("3101.03", |(_, account)| account)
}

pub fn income(fund: &str) -> &'static str {
    match fund {
        "RISK" => "4001.04",
        "INT" => "4001.02",
        _ => "4001.03",
    }
}

fn source_of(event: &Value) -> &str {
    Some(text(event, "source")).filter(|source| !source.is_empty()).unwrap_or("county")
}

/// The budget that an event adds to or gives back, with the sign of what it adds.
fn given(event: &Value, (owner, fund): (&str, &str), amount: i128) -> (Counter, i128) {
    let (owner, fund) = (owner.to_owned(), fund.to_owned());
    let (source, year) = (source_of(event).to_owned(), text(event, "date")[..4].to_owned());
    match event["prior_year"] == true {
        true => (Counter::Back(owner, fund, source, year), -amount),
        false => (Counter::Given(owner, fund, source, year), amount),
    }
}

impl Twin {
    pub(super) fn funding(&self, event: &Value, draft: &mut Draft) {
        let word = text(event, "event");
        let bank = match word {
            "move" => text(event, "from_bank_account"),
            _ => text(event, "bank_account"),
        };
        if word == "estimate-subsidy" {
            let Some(owner) = self.owner(event, None, draft) else { return };
            let amount = fen(event, "amount").unwrap();
            draft.need(amount > 0, "amount-zero");
            let discount = text(event, "programme") == "interest-discount";
            let (fund, expense, accrued) = match discount {
                true => ("INT", "5001.02", "2401.01"),
                false => ("GFEE", "5001.03", "2401.02"),
            };
            draft.post((&owner, fund), expense, accrued, amount, "-");
            return;
        }
        if word == "commit" || word == "approve-withdrawal" {
            let Some(owner) = self.owner(event, None, draft) else { return };
            return self.promise(event, &owner, draft);
        }
        let Some((owner, fund)) = self.place(event, bank, draft) else { return };
        let (cell, cash) = ((owner.as_str(), fund.as_str()), cash_of(&fund));
        let source = text(event, "source");
        let amount = fen(event, "amount");
        let some = |draft: &mut Draft, amount: Option<i128>, all: i128| -> i128 {
            let amount = amount.unwrap_or(all);
            draft.need(amount > 0, "amount-zero");
            amount
        };
        match word {
            "contribute" => {
                draft.need(fund == "RISK", "fund-mismatch");
                let amount = some(draft, amount, 0);
                draft.post(cell, cash, capital(source), amount, bank);
                self.kept_promise(cell, source, amount, draft);
            }
            "budget" => {
                draft.need(fund != "RISK" || self.has_quota(&owner), "fund-mismatch");
                let amount = some(draft, amount, 0);
                draft.post(cell, cash, income(&fund), amount, bank);
                draft.counters.push(given(event, cell, amount));
            }
            "return-budget" => {
                draft.need(fund != "RISK" || self.has_quota(&owner), "fund-mismatch");
                let amount = some(draft, amount, 0);
                let prior = event["prior_year"] == true;
                let year = &text(event, "date")[..4];
                let open = self.returnable((&owner, &fund, source_of(event)), year, prior);
                draft.need(amount <= open, "budget-not-given");
                draft.counters.push(given(event, cell, -amount));
                draft.post(
                    cell,
                    if prior { "3101.09" } else { income(&fund) },
                    "2103",
                    amount,
                    "-",
                );
                draft.post(cell, "2103", cash, amount, bank);
                draft.pays = Some((owner.clone(), fund.clone(), amount, 0));
            }
            "transfer" => self.transfer(event, cell, bank, draft),
            "move" => {
                let to = text(event, "to_bank_account");
                self.bank(to, &owner, &fund, draft);
                let amount = some(draft, amount, 0);
                let at = |bank: &str| (owner.clone(), fund.clone(), cash.into(), bank.to_owned());
                draft.lines.extend([(at(to), amount), (at(bank), -amount)]);
            }
            "pool-interest" => {
                let to = if text(event, "to") == "treasury" { "2103" } else { "4604" };
                let amount = some(draft, amount, 0);
                let accrued = fen(event, "accrued").unwrap_or(0);
                let open = if to == "2103" { 0 } else { self.sum(&owner, &fund, "1216") };
                draft.need(accrued <= open, "above-open");
                let credited = accrued.min(amount);
                draft.post(cell, cash, "1216", credited, bank);
                draft.post(cell, cash, to, amount - credited, bank);
                draft.post(cell, "4604", "1216", accrued - credited, "-");
            }
            "accrue-interest" => {
                let amount = some(draft, amount, 0);
                draft.post(cell, "1216", "4604", amount, "-");
            }
            "pay-treasury" => {
                let owed = -self.sum(&owner, &fund, "2103");
                let amount = some(draft, amount, owed);
                draft.need(amount <= owed, "above-open");
                draft.post(cell, "2103", cash, amount, bank);
                draft.pays = Some((owner.clone(), fund.clone(), amount, owed));
            }
            "bank-charge" => {
                let amount = some(draft, amount, 0);
                draft.signed = amount > SMALL_CHARGE;
                draft.post(cell, "5901", cash, amount, bank);
            }
            "trustee-fee" => {
                let amount = some(draft, amount, 0);
                draft.alone = amount <= SMALL_CHARGE;
                draft.post(cell, "5001.05", cash, amount, bank);
                draft.pays = Some((owner.clone(), fund.clone(), amount, 0));
            }
            "pay-withdrawal" => {
                draft.need(fund == "RISK", "fund-mismatch");
                let counter = Counter::Leaving(owner.clone(), source.into());
                let open = self.counter(&counter);
                let amount = some(draft, amount, open);
                draft.need(amount <= open, "above-open");
                draft.post(cell, "2307.05", cash, amount, bank);
                draft.counters.push((counter, -amount));
                draft.pays = Some((owner.clone(), fund.clone(), amount, open));
            }
            _ => {
                let amount = some(draft, amount, 0);
                draft.post(cell, cash, "2307.04", amount, bank);
                draft.touch(3, text(event, "id"));
                draft.records.push(Record::Receipt(Receipt {
                    id: text(event, "id").into(),
                    owner: owner.clone(),
                    fund: fund.clone(),
                    bank: bank.into(),
                    received: text(event, "date").into(),
                    open: amount,
                }));
            }
        }
    }

    pub(super) fn promise(&self, event: &Value, owner: &str, draft: &mut Draft) {
        let cell = (owner, "RISK");
        let source = text(event, "source");
        let amount = fen(event, "amount").unwrap();
        draft.need(amount > 0, "amount-zero");
        if text(event, "event") == "commit" {
            draft.register(cell, "9001", amount);
            draft.counters.push((Counter::Promised(owner.into(), source.into()), amount));
            return;
        }
        let paid_in = |source: &str| -self.sum(owner, "RISK", capital(source));
        draft.need(amount <= paid_in(source), "above-open");
        let carried = self.carries(owner, text(event, "date"), 0, amount);
        draft.need(carried, "leverage-limit");
        let available = self.cash(owner, "RISK") - self.reserved(owner, "RISK");
        draft.need(amount <= available, "available-short");
        draft.post(cell, capital(source), "2307.05", amount, "-");
        draft.counters.push((Counter::Leaving(owner.into(), source.into()), amount));
    }

    /// Loans that the pool of an owner stands behind.
    /// Balances, and what is enrolled and not drawn yet of loans that are not settled.
    pub(super) fn enrolled(&self, owner: &str) -> i128 {
        let open = self.loans().filter(|loan| loan.owner == owner && !loan.removed);
        let count = |loan: &Loan| {
            let balance: i128 = loan.notes.iter().map(|note| note.balance).sum();
            balance + if loan.is_live() { loan.amount - loan.drawn } else { 0 }
        };
        open.map(count).sum()
    }

    pub(super) fn kept_promise(
        &self,
        cell: (&str, &str),
        source: &str,
        amount: i128,
        draft: &mut Draft,
    ) {
        let counter = Counter::Promised(cell.0.into(), source.into());
        let kept = amount.min(self.counter(&counter).max(0));
        draft.register(cell, "9001", -kept);
        draft.counters.push((counter, -kept));
    }

    pub(super) fn transfer(
        &self,
        event: &Value,
        cell: (&str, &str),
        bank: &str,
        draft: &mut Draft,
    ) {
        let (owner, fund) = cell;
        let to_owner = text(event, "to_owner");
        let Some(joined) = self.owners.get(to_owner) else {
            draft.bad.insert("owner-unknown");
            return;
        };
        draft.need(text(event, "date") >= joined.as_str(), "owner-not-joined");
        draft.need(to_owner != owner, "bank-account-owner");
        let to = match text(event, "to_bank_account") {
            "" => bank,
            to => to,
        };
        self.bank(to, to_owner, fund, draft);
        let amount = fen(event, "amount").unwrap();
        draft.need(amount > 0, "amount-zero");
        draft.need(!text(event, "document").is_empty(), "document-missing");
        draft.post(cell, "1218.05", cash_of(fund), amount, bank);
        draft.post((to_owner, fund), cash_of(fund), "2307.07", amount, to);
        let lent = Counter::Lent(owner.into(), to_owner.into(), fund.into());
        draft.counters.push((lent, amount));
        draft.pays = Some((owner.into(), fund.into(), amount, 0));
    }

    pub(super) fn explain(&self, event: &Value, draft: &mut Draft) {
        let Some(receipt) = self.receipt(text(event, "receipt")) else {
            draft.bad.insert("receipt-unknown");
            return;
        };
        let mut receipt = receipt.clone();
        if self.owner(event, Some(&receipt.owner), draft).is_none() {
            return;
        }
        draft.need(text(event, "date") >= receipt.received.as_str(), "date-order");
        let amount = fen(event, "amount").unwrap_or(receipt.open);
        draft.need(amount > 0, "amount-zero");
        draft.need(amount <= receipt.open, "above-open");
        draft.touch(3, &receipt.id);
        let (owner, fund) = (receipt.owner.clone(), receipt.fund.clone());
        let (cell, risk) = ((owner.as_str(), fund.as_str()), fund == "RISK");
        let bank = receipt.bank.clone();
        match text(event, "to") {
            "contribution" => {
                draft.need(risk, "fund-mismatch");
                let source = text(event, "source");
                draft.post(cell, "2307.04", capital(source), amount, "-");
                self.kept_promise(cell, source, amount, draft);
            }
            "subsidy-budget" => {
                draft.need(!risk, "fund-mismatch");
                draft.post(cell, "2307.04", income(&fund), amount, "-");
                draft.counters.push(given(event, cell, amount));
            }
            "interest" => draft.post(cell, "2307.04", "4604", amount, "-"),
            "treasury" => draft.post(cell, "2307.04", "2103", amount, "-"),
            "payer" => {
                draft.post(cell, "2307.04", cash_of(&fund), amount, &bank);
                draft.pays = Some((owner.clone(), fund.clone(), amount, receipt.open));
            }
            _ => {
                draft.need(risk, "fund-mismatch");
                let Some(loan) = self.loan(text(event, "loan")) else {
                    draft.bad.insert("loan-unknown");
                    return;
                };
                draft.need(loan.owner == owner, "loan-owner");
                // Nothing is left that a deposit could bear: the money goes back to the payer.
                draft.need(!loan.removed && !concluded(loan), "loan-state");
                draft.post(cell, "2307.04", "2307.02", amount, "-");
                draft.touch(0, &loan.id);
                let deposit = loan.deposit + amount;
                draft.records.push(Record::Loan(Loan { deposit, ..loan.clone() }));
            }
        }
        receipt.open -= amount;
        draft.records.push(Record::Receipt(receipt));
    }
}
