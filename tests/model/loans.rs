//! What the naive book says of the life of a loan.

use super::twin::*;
use serde_json::Value;

pub fn class_account(class: &str) -> &'static str {
    match class {
        "extended" => "9102",
        "overdue" => "9103",
        "npl" => "9104",
        _ => "9101",
    }
}

fn ended(note: &Note) -> bool {
    ["repaid", "concluded"].contains(&note.class)
}

/// Every note is at its end, and one of them by the end of a claim.
pub fn concluded(loan: &Loan) -> bool {
    let one = loan.notes.iter().any(|note| note.class == "concluded");
    one && loan.notes.iter().all(ended)
}

/// Three months on: the same day, or the last one of a shorter month.
fn add_three_months(date: &str) -> String {
    let number = |range: std::ops::Range<usize>| date[range].parse::<u32>().unwrap();
    let (year, month) = match number(5..7) + 3 {
        month if month > 12 => (number(0..4) + 1, month - 12),
        month => (number(0..4), month),
    };
    let last = super::books::last_day(&format!("{year}-{month:02}"));
    format!("{year}-{month:02}-{}", &date[8..]).min(last)
}

/// True where a fee is no more than its rate makes of what the contract leaves, in a year of 360 days,
/// give or take its rounding.
fn made_by_its_rate(event: &Value, loan: &Loan) -> bool {
    let (from, to) = (text(event, "from"), text(event, "to"));
    let repaid = loan.notes.iter().flat_map(|note| &note.repaid);
    let repaid: i128 = repaid.filter(|(day, _)| day.as_str() <= from).map(|(_, sum)| sum).sum();
    let bearing = if repaid < loan.amount { loan.amount - repaid } else { loan.amount };
    let rate: i128 = text(event, "fee_rate").trim_end_matches('%').parse().unwrap();
    let days = i128::from(super::claims::days(from, to).max(1));
    (fen(event, "amount").unwrap() - 1) * 360 * 100 <= rate * bearing * days
}

impl Twin {
    /// Winding up: nothing is drawn or claimed any more.
    pub(super) fn ending(&self, owner: &str) -> bool {
        self.stage(owner).is_some_and(|(stage, _)| stage != "run-off")
    }

    pub(super) fn enrol(&self, event: &Value, draft: &mut Draft) {
        let Some(owner) = self.owner(event, None, draft) else { return };
        let id = text(event, "loan");
        draft.need(self.loan(id).is_none(), "loan-exists");
        self.applied(event, draft);
        let amount = fen(event, "amount").unwrap();
        draft.need(amount > 0, "amount-zero");
        let signed = match text(event, "signed") {
            "" => happened(event),
            signed => signed,
        };
        draft.need(signed < text(event, "due"), "date-order");
        draft.need(amount <= 500_000_000, "loan-max");
        draft.need(text(event, "due") < "2022-02-01", "tenor-max");
        let firm = text(event, "firm");
        let live = self.loans().filter(|loan| loan.firm == firm && loan.is_live());
        let enrolled: i128 = live.map(|loan| loan.amount).sum();
        draft.need(enrolled + amount <= FIRM_MAX, "firm-max");
        draft.need(self.stage(&owner).is_none(), "pool-state");
        draft.need(!self.suspended(&owner), "pool-suspended");
        let carried = self.carries(&owner, text(event, "date"), amount, 0);
        draft.need(carried, "leverage-limit");
        draft.records.push(Record::Loan(Loan {
            id: id.into(),
            owner,
            firm: text(event, "firm").into(),
            amount,
            due: text(event, "due").into(),
            enrolled: happened(event).into(),
            ..Loan::default()
        }));
    }

    pub(super) fn known_loan(&self, event: &Value, draft: &mut Draft) -> Option<Loan> {
        let Some(loan) = self.loan(text(event, "loan")) else {
            draft.bad.insert("loan-unknown");
            if self.application(text(event, "loan")).is_some() {
                draft.bad.extend(["loan-state", "loan-owner"]);
            }
            return None;
        };
        self.owner(event, Some(&loan.owner), draft)?;
        Some(loan.clone())
    }

    pub(super) fn disburse(&self, event: &Value, draft: &mut Draft) {
        let Some(mut loan) = self.known_loan(event, draft) else { return };
        draft.need(!loan.removed && !concluded(&loan), "loan-state");
        let id = match text(event, "note") {
            "" => loan.id.clone(),
            note => note.to_owned(),
        };
        draft.need(loan.notes.iter().all(|note| note.id != id), "note-exists");
        let amount = fen(event, "amount").unwrap();
        draft.need(amount > 0, "amount-zero");
        let due = match text(event, "due") {
            "" => loan.due.clone(),
            due => due.to_owned(),
        };
        draft.need(happened(event) < due.as_str(), "date-order");
        draft.need(!self.ending(&loan.owner), "pool-state");
        let late = loan.enrolled > add_three_months(happened(event));
        draft.need(!late, "enrol-window");
        draft.need(loan.drawn + amount <= loan.amount, "disburse-above-contract");
        let cell = (loan.owner.clone(), "RISK");
        let cell = (cell.0.as_str(), cell.1);
        draft.register(cell, "9101", amount);
        draft.register(cell, "9111", forty(amount));
        draft.touch(0, &loan.id);
        loan.drawn += amount;
        loan.notes.push(Note {
            id,
            drawn: happened(event).into(),
            due,
            class: "active",
            balance: amount,
            exposure: forty(amount),
            ..Note::default()
        });
        draft.records.push(Record::Loan(loan));
    }

    /// The place of the note that an event names, or of the only one.
    pub(super) fn known_note(&self, loan: &Loan, id: &str, draft: &mut Draft) -> Option<usize> {
        // Nothing is drawn, so no note can be meant.
        draft.need(!loan.notes.is_empty(), "loan-state");
        if id.is_empty() {
            draft.need(loan.notes.len() == 1, "note-missing");
            return (loan.notes.len() == 1).then_some(0);
        }
        let place = loan.notes.iter().position(|note| note.id == id);
        draft.need(place.is_some(), "note-unknown");
        place
    }

    /// Principal is paid back: the balance, and what the pool bears of it.
    pub(super) fn repaid(
        &self,
        cell: (&str, &str),
        note: &mut Note,
        (day, amount): (&str, i128),
        draft: &mut Draft,
    ) {
        note.repaid.push((day.into(), amount));
        let left = note.balance - amount;
        let exposure = forty((left - note.compensated).max(0)).min(note.exposure);
        draft.register(cell, class_account(note.class), -amount);
        draft.register(cell, "9111", exposure - note.exposure);
        note.balance = left;
        note.exposure = exposure;
        if left == 0 {
            note.class = "repaid";
        }
    }

    pub(super) fn note_event(&self, event: &Value, draft: &mut Draft) {
        let Some(mut loan) = self.known_loan(event, draft) else { return };
        let word = text(event, "event");
        draft.touch(0, &loan.id);
        if word == "fee-paid" {
            draft.need(text(event, "from") < text(event, "to"), "date-order");
            draft.need(fen(event, "amount").unwrap() > 0, "amount-zero");
            draft.need(made_by_its_rate(event, &loan), "fee-rate-below");
            loan.fees.push(Fee {
                from: text(event, "from").into(),
                to: text(event, "to").into(),
                paid: happened(event).into(),
                net: fen(event, "amount").unwrap(),
            });
            draft.records.push(Record::Loan(loan));
            return;
        }
        let Some(place) = self.known_note(&loan, text(event, "note"), draft) else { return };
        let (owner, mut note) = (loan.owner.clone(), loan.notes[place].clone());
        let (cell, date) = ((owner.as_str(), "RISK"), happened(event));
        let legal: &[&str] = match word {
            "repay" => &["active", "extended", "overdue", "npl"],
            "extend" | "overdue" => &["active", "extended"],
            "npl" => &["active", "extended", "overdue"],
            "cure" => &["overdue", "npl"],
            _ => &["active", "extended", "overdue", "npl", "repaid", "concluded", "removed"],
        };
        draft.need(legal.contains(&note.class), "loan-state");
        if ["repay", "overdue", "npl", "reprice"].contains(&word) {
            draft.need(date >= note.drawn.as_str(), "date-order");
        }
        if word == "cure" {
            let since = note.overdue.iter().chain(&note.npl);
            draft.need(since.clone().all(|day| date >= day.as_str()), "date-order");
        }
        let class = match word {
            "extend" => "extended",
            "overdue" => "overdue",
            "npl" => "npl",
            "cure" if note.extended => "extended",
            "cure" => "active",
            _ => note.class,
        };
        match word {
            "repay" => {
                let amount = fen(event, "amount").unwrap();
                draft.need(amount > 0, "amount-zero");
                if draft.need(amount <= note.balance, "repay-above-balance") {
                    self.repaid(cell, &mut note, (happened(event), amount), draft);
                }
            }
            "interest-paid" => {
                draft.need(text(event, "from") < text(event, "to"), "date-order");
                draft.need(fen(event, "amount").unwrap() > 0, "amount-zero");
            }
            "extend" => {
                draft.need(text(event, "due") > note.due.as_str(), "date-order");
                note.due = text(event, "due").into();
                note.extended = true;
            }
            "overdue" => note.overdue = Some(date.into()),
            "npl" => note.npl = Some(date.into()),
            "cure" => (note.overdue, note.npl) = (None, None),
            _ => {}
        }
        if word != "repay" {
            let (to, from) = (class_account(class), class_account(note.class));
            if to != from {
                draft.post(cell, to, from, note.balance, "-");
            }
            note.class = class;
        }
        loan.notes[place] = note;
        draft.records.push(Record::Loan(loan));
    }

    pub(super) fn remove(&self, event: &Value, draft: &mut Draft) {
        let Some(mut loan) = self.known_loan(event, draft) else { return };
        draft.need(!loan.removed, "loan-state");
        let claimed = loan.notes.iter().any(|note| self.live_claim(&loan.id, &note.id));
        draft.need(!claimed, "loan-state");
        let owner = loan.owner.clone();
        for note in &mut loan.notes {
            draft.register((&owner, "RISK"), class_account(note.class), -note.balance);
            draft.register((&owner, "RISK"), "9111", -note.exposure);
            (note.balance, note.exposure, note.class) = (0, 0, "removed");
        }
        loan.removed = true;
        draft.touch(0, &loan.id);
        draft.records.push(Record::Loan(loan));
    }

    pub(super) fn deposit(&self, event: &Value, draft: &mut Draft) {
        let Some(mut loan) = self.known_loan(event, draft) else { return };
        let bank = text(event, "bank_account");
        self.bank(bank, &loan.owner, "RISK", draft);
        draft.touch(0, &loan.id);
        let owner = loan.owner.clone();
        let (cell, word) = ((owner.as_str(), "RISK"), text(event, "event"));
        if word == "receive-deposit" {
            draft.need(!loan.removed && !concluded(&loan), "loan-state");
            let amount = fen(event, "amount").unwrap();
            draft.need(amount > 0, "amount-zero");
            draft.post(cell, "1002.01", "2307.02", amount, bank);
            loan.deposit += amount;
            draft.records.push(Record::Loan(loan));
            return;
        }
        let held = loan.deposit;
        let mut amount = fen(event, "amount").unwrap_or(held);
        if word == "refund-deposit" {
            let settled = !loan.notes.is_empty() && loan.notes.iter().all(ended);
            draft.need(loan.removed || settled, "deposit-held");
        } else {
            let Some(place) = self.known_note(&loan, text(event, "note"), draft) else { return };
            let mut note = loan.notes[place].clone();
            draft.need(["overdue", "npl"].contains(&note.class), "loan-state");
            draft.need(happened(event) >= note.drawn.as_str(), "date-order");
            // A claim moves the loan on; one that was revoked stands in the way all the same.
            let live = self.live_claim(&loan.id, &note.id);
            draft.need(!live, "loan-state");
            draft.need(!live, "claim-duplicate");
            amount = fen(event, "amount").unwrap_or(held.min(note.balance));
            if draft.need(amount <= note.balance, "repay-above-balance") {
                self.repaid(cell, &mut note, (happened(event), amount), draft);
            }
            loan.notes[place] = note;
        }
        draft.need(amount > 0, "amount-zero");
        draft.need(amount <= held, "above-open");
        draft.post(cell, "2307.02", "1002.01", amount, bank);
        draft.pays = Some((owner.clone(), "RISK".into(), amount, held));
        loan.deposit -= amount;
        draft.records.push(Record::Loan(loan));
    }
}
