//! What the naive book says of subsidy lines.

use super::claims::later_year;
use super::twin::*;
use serde_json::Value;

/// Expense and payable of a subsidy fund.
pub fn subsidy_accounts(fund: &str) -> (&'static str, &'static str) {
    if fund == "INT" { ("5001.02", "2303.01") } else { ("5001.03", "2303.02") }
}

impl Twin {
    pub(super) fn approve_subsidy(&self, event: &Value, draft: &mut Draft) {
        let Some(loan) = self.known_loan(event, draft) else { return };
        let Some(place) = self.known_note(&loan, text(event, "note"), draft) else { return };
        let note = &loan.notes[place];
        let amount = fen(event, "amount").unwrap();
        draft.need(amount > 0, "amount-zero");
        let fund = if text(event, "programme") == "interest-discount" { "INT" } else { "GFEE" };
        let period = text(event, "period");
        let twice = self.subsidies().any(|line| {
            !line.cancelled
                && (line.fund, &line.loan, line.period.as_str()) == (fund, &loan.id, period)
                && (fund == "GFEE" || line.note == note.id)
        });
        draft.need(!twice, "subsidy-exists");
        let cap = if fund == "INT" { 20_000_000 } else { 8_000_000 };
        let year = Counter::Year(fund.into(), loan.firm.clone(), period[..4].into());
        draft.need(self.counter(&year) + amount <= cap, "firm-year-cap");
        let cell = (loan.owner.as_str(), fund);
        let available = self.cash(cell.0, fund) - self.reserved(cell.0, fund);
        draft.need(amount <= available, "available-short");
        let (expense, payable) = subsidy_accounts(fund);
        draft.post(cell, expense, payable, amount, "-");
        draft.register(cell, "9401", amount);
        draft.counters.push((year, amount));
        draft.touch(2, text(event, "id"));
        let filing = self.filed(fund, &loan.id, &note.id, period);
        if let Some(filing) = filing.filter(|filing| filing.line.is_empty()) {
            draft.pushes.insert((7, filing.id.clone()));
            let line = text(event, "id").into();
            let filing = Filing { state: "approved", line, ..filing.clone() };
            draft.records.push(Record::Filing(filing));
        }
        draft.records.push(Record::Subsidy(Subsidy {
            id: text(event, "id").into(),
            owner: loan.owner.clone(),
            fund,
            loan: loan.id.clone(),
            note: note.id.clone(),
            firm: loan.firm.clone(),
            period: period.into(),
            approved_on: text(event, "date").into(),
            amount,
            ..Subsidy::default()
        }));
    }

    pub(super) fn known_line(
        &self,
        event: &Value,
        key: &str,
        draft: &mut Draft,
    ) -> Option<Subsidy> {
        let Some(line) = self.subsidy(text(event, key)) else {
            draft.bad.insert("subsidy-unknown");
            if let Some(filing) = self.filing(text(event, key)) {
                draft.bad.extend(["subsidy-state", "filing-approved"]);
                self.owner(event, Some(&filing.owner), draft);
            }
            return None;
        };
        self.owner(event, Some(&line.owner), draft)?;
        Some(line.clone())
    }

    pub(super) fn subsidy_event(&self, event: &Value, draft: &mut Draft) {
        let Some(mut line) = self.known_line(event, "subsidy", draft) else { return };
        let (owner, word) = (line.owner.clone(), text(event, "event"));
        let (cell, cash) = ((owner.as_str(), line.fund), cash_of(line.fund));
        let bank = text(event, "bank_account");
        if !bank.is_empty() {
            self.bank(bank, &owner, line.fund, draft);
        }
        let (state, unpaid) = (state(&line), line.amount - line.paid);
        let due = line.due_back - line.settled;
        let (legal, open, code): (&[&str], i128, _) = match word {
            "pay-subsidy" => {
                (&["approved", "noticed", "ordered", "paid-part"], unpaid, "pay-above-approved")
            }
            "reduce-subsidy" => {
                (&["approved", "noticed", "ordered", "paid-part"], unpaid, "above-open")
            }
            "return-subsidy" => (
                &["paid", "paid-part", "returned", "reissued"],
                line.paid - line.returned,
                "above-open",
            ),
            "reissue-subsidy" => (&["returned"], line.returned, "above-open"),
            "claw-back" => (
                &["paid", "reissued", "clawback-due", "clawed-back", "offset", "written-off"],
                line.paid - line.due_back,
                "above-open",
            ),
            _ => (&["clawback-due"], due, "above-open"),
        };
        draft.need(legal.contains(&state), "subsidy-state");
        let amount = fen(event, "amount").unwrap_or(open);
        draft.need(amount > 0, "amount-zero");
        draft.need(amount <= open, code);
        let (expense, payable) = subsidy_accounts(line.fund);
        let prior = later_year(event, &line.approved_on);
        let year = Counter::Year(line.fund.into(), line.firm.clone(), line.period[..4].into());
        draft.touch(2, &line.id);
        match word {
            "pay-subsidy" => {
                draft.post(cell, payable, cash, amount, bank);
                draft.pays = Some((owner.clone(), line.fund.into(), amount, open));
                line.paid += amount;
            }
            "reduce-subsidy" => {
                draft.post(cell, payable, expense, amount, "-");
                draft.register(cell, "9401", -amount);
                draft.counters.push((year, -amount));
                line.amount -= amount;
            }
            "return-subsidy" => {
                draft.post(cell, cash, "2307.06", amount, bank);
                line.returned += amount;
            }
            "reissue-subsidy" => {
                draft.post(cell, "2307.06", cash, amount, bank);
                draft.pays = Some((owner.clone(), line.fund.into(), amount, open));
                line.returned -= amount;
                line.reissued += amount;
            }
            "claw-back" => {
                draft.post(cell, "1218.04", if prior { "3501" } else { expense }, amount, "-");
                if !prior {
                    draft.register(cell, "9401", -amount);
                    draft.counters.push((year, -amount));
                }
                line.due_back += amount;
            }
            "receive-clawback" => {
                if text(event, "to") == "treasury" {
                    draft.post(cell, cash, "2103", amount, bank);
                    draft.post(cell, if prior { "3501" } else { expense }, "1218.04", amount, "-");
                } else {
                    draft.post(cell, cash, "1218.04", amount, bank);
                }
                line.settled += amount;
            }
            _ => {
                draft.post(cell, "5901", "1219.04", amount, "-");
                draft.post(cell, "1219.04", "1218.04", amount, "-");
                line.settled += amount;
                line.lost += amount;
            }
        }
        draft.records.push(Record::Subsidy(line));
    }

    pub(super) fn offset(&self, event: &Value, draft: &mut Draft) {
        let Some(mut due) = self.known_line(event, "subsidy", draft) else { return };
        draft.need(state(&due) == "clawback-due", "subsidy-state");
        let Some(mut other) = self.known_line(event, "against", draft) else { return };
        draft.need(
            ["approved", "noticed", "ordered", "paid-part"].contains(&state(&other)),
            "subsidy-state",
        );
        let same = (&due.owner, due.fund, &due.firm) == (&other.owner, other.fund, &other.firm);
        draft.need(same, "offset-other");
        let open = (due.due_back - due.settled).min(other.amount - other.paid);
        let amount = fen(event, "amount").unwrap_or(open);
        draft.need(amount > 0, "amount-zero");
        draft.need(amount <= open, "above-open");
        let (_, payable) = subsidy_accounts(due.fund);
        draft.post((&due.owner, due.fund), payable, "1218.04", amount, "-");
        due.settled += amount;
        due.offset += amount;
        other.paid += amount;
        draft.touch(2, &due.id);
        draft.touch(2, &other.id);
        draft.records.extend([Record::Subsidy(due), Record::Subsidy(other)]);
    }
}

/// Where a subsidy line stands by its amounts.
pub fn state(line: &Subsidy) -> &'static str {
    match () {
        () if line.cancelled => "cancelled",
        () if line.returned > 0 => "returned",
        () if line.due_back > line.settled => "clawback-due",
        () if line.lost > 0 => "written-off",
        () if line.offset > 0 => "offset",
        () if line.due_back > 0 => "clawed-back",
        () if line.amount == 0 => "cancelled",
        () if line.paid == 0 && !line.step.is_empty() => line.step,
        () if line.paid == 0 => "approved",
        () if line.paid < line.amount => "paid-part",
        () if line.reissued > 0 => "reissued",
        () => "paid",
    }
}
