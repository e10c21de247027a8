//! What the naive book says of steps that move no money: applications, filings, reviews, facts.

use super::twin::*;
use serde_json::Value;

/// From where a step of a claim's review is legal.
fn claim_step(step: &str) -> &'static [&'static str] {
    match step {
        "in-review" => &["filed"],
        "sent-back" => &["filed", "in-review", "site-checked"],
        "resubmitted" => &["sent-back"],
        "site-checked" => &["filed", "in-review"],
        "reviewed" => &["filed", "in-review", "site-checked"],
        "noticed" => &["approved"],
        _ => &["approved", "noticed"],
    }
}

const CLAIM_STATES: [&str; 6] =
    ["in-review", "sent-back", "site-checked", "reviewed", "noticed", "ordered"];

impl Twin {
    pub(super) fn application(&self, id: &str) -> Option<&Application> {
        match self.records.get(&(6, id.into())) {
            Some(Record::Application(own)) => Some(own),
            _ => None,
        }
    }

    pub(super) fn filing(&self, id: &str) -> Option<&Filing> {
        match self.records.get(&(7, id.into())) {
            Some(Record::Filing(own)) => Some(own),
            _ => None,
        }
    }

    pub(super) fn filings(&self) -> impl Iterator<Item = &Filing> {
        self.records.values().filter_map(|record| match record {
            Record::Filing(own) => Some(own),
            _ => None,
        })
    }

    pub(super) fn apply_loan(&self, event: &Value, draft: &mut Draft) {
        let Some(owner) = self.owner(event, None, draft) else { return };
        let id = text(event, "loan");
        draft.need(self.loan(id).is_none(), "loan-exists");
        draft.need(self.application(id).is_none(), "loan-state");
        draft.need(fen(event, "amount").unwrap() > 0, "amount-zero");
        draft.touch(6, id);
        draft.records.push(Record::Application(Application {
            id: id.into(),
            owner,
            firm: text(event, "firm").into(),
            state: "applied",
        }));
    }

    pub(super) fn review_loan(&self, event: &Value, draft: &mut Draft) {
        let id = text(event, "loan");
        if let Some(loan) = self.loan(id) {
            draft.bad.extend(["loan-state", "loan-unknown"]);
            self.owner(event, Some(&loan.owner), draft);
            return;
        }
        let Some(application) = self.application(id) else {
            draft.bad.insert("loan-unknown");
            return;
        };
        self.owner(event, Some(&application.owner), draft);
        let (legal, state): (&[&str], _) = match text(event, "event") {
            "recommend-loan" => (&["applied"], "recommended"),
            _ => (&["applied", "recommended"], "rejected"),
        };
        draft.need(legal.contains(&application.state), "loan-state");
        draft.touch(6, id);
        draft.records.push(Record::Application(Application { state, ..application.clone() }));
    }

    /// A loan that was applied for is enrolled as it was applied for.
    pub(super) fn applied(&self, event: &Value, draft: &mut Draft) {
        let Some(application) = self.application(text(event, "loan")) else { return };
        draft.need(text(event, "owner") == application.owner, "loan-owner");
        draft.need(["applied", "recommended"].contains(&application.state), "loan-state");
        draft.need(text(event, "firm") == application.firm, "application-differs");
        draft.touch(6, &application.id);
        let state = "enrolled";
        draft.records.push(Record::Application(Application { state, ..application.clone() }));
    }

    pub(super) fn review_claim(&self, event: &Value, draft: &mut Draft) {
        let Some(claim) = self.claim(text(event, "claim")) else {
            draft.bad.insert("claim-unknown");
            return;
        };
        self.owner(event, Some(&claim.owner), draft);
        let step = text(event, "step");
        draft.need(claim_step(step).contains(&claim.state), "claim-state");
        draft.need(happened(event) >= claim.filed.as_str(), "date-order");
        draft.touch(1, &claim.id);
        let state = CLAIM_STATES.into_iter().find(|state| *state == step).unwrap_or("in-review");
        draft.records.push(Record::Claim(Claim { state, ..claim.clone() }));
    }

    /// Nothing is left to come in; what is left of the note leaves the register.
    pub(super) fn close_claim(&self, event: &Value, mut claim: Claim, draft: &mut Draft) {
        draft.need(!text(event, "document").is_empty(), "document-missing");
        draft.need(claim.right() == 0 && claim.due_back == claim.back, "claim-open");
        let Some(mut loan) = self.loan(&claim.loan).cloned() else { return };
        let (owner, id) = (claim.owner.clone(), claim.note.clone());
        let cell = (owner.as_str(), "RISK");
        let Some(note) = loan.notes.iter_mut().find(|note| note.id == id) else { return };
        draft.register(cell, super::loans::class_account(note.class), -note.balance);
        draft.register(cell, "9111", -note.exposure);
        let kept = claim.paid - claim.due_back - claim.recovered;
        draft.register(cell, "9301", -kept.min(claim.written_off));
        if note.balance > 0 {
            note.class = "concluded";
        }
        (note.balance, note.exposure) = (0, 0);
        claim.state = "concluded";
        draft.touch(0, &claim.loan);
        draft.records.extend([Record::Claim(claim), Record::Loan(loan)]);
    }

    pub(super) fn file_subsidy(&self, event: &Value, draft: &mut Draft) {
        let Some(loan) = self.known_loan(event, draft) else { return };
        let Some(place) = self.known_note(&loan, text(event, "note"), draft) else { return };
        let (note, id) = (loan.notes[place].id.clone(), text(event, "id"));
        let fund = if text(event, "programme") == "interest-discount" { "INT" } else { "GFEE" };
        let period = text(event, "period");
        let lines = self.subsidies().any(|line| {
            !line.cancelled
                && (line.fund, &line.loan, line.period.as_str()) == (fund, &loan.id, period)
                && (fund == "GFEE" || line.note == note)
        });
        let filed = self.filed(fund, &loan.id, &note, period).is_some();
        draft.need(!lines && !filed, "subsidy-exists");
        draft.touch(7, id);
        draft.records.push(Record::Filing(Filing {
            id: id.into(),
            owner: loan.owner.clone(),
            fund,
            loan: loan.id.clone(),
            note,
            period: period.into(),
            filed: happened(event).into(),
            state: "filed",
            line: String::new(),
        }));
    }

    /// The filing for a period; a fee is filed for the whole loan.
    pub(super) fn filed(
        &self,
        fund: &str,
        loan: &str,
        note: &str,
        period: &str,
    ) -> Option<&Filing> {
        self.filings().find(|filing| {
            filing.state != "cancelled"
                && (filing.fund, filing.loan.as_str(), filing.period.as_str())
                    == (fund, loan, period)
                && (fund == "GFEE" || filing.note == note)
        })
    }

    pub(super) fn review_subsidy(&self, event: &Value, draft: &mut Draft) {
        let (id, step) = (text(event, "subsidy"), text(event, "step"));
        if let Some(filing) = self.filing(id) {
            self.owner(event, Some(&filing.owner), draft);
            draft.need(filing.line.is_empty(), "filing-approved");
            draft.need(step == "reviewed" && filing.state == "filed", "subsidy-state");
            draft.need(happened(event) >= filing.filed.as_str(), "date-order");
            draft.touch(7, id);
            let state = "reviewed";
            draft.records.push(Record::Filing(Filing { state, ..filing.clone() }));
            return;
        }
        let Some(mut line) = self.known_line(event, "subsidy", draft) else { return };
        let (legal, step): (&[&str], _) = match step {
            "noticed" => (&["approved"], "noticed"),
            "ordered" => (&["approved", "noticed"], "ordered"),
            _ => (&[], ""),
        };
        draft.need(legal.contains(&super::subsidies::state(&line)), "subsidy-state");
        draft.need(happened(event) >= line.approved_on.as_str(), "date-order");
        draft.touch(2, id);
        line.step = step;
        draft.records.push(Record::Subsidy(line));
    }

    /// Facts of a firm: what it holds, has lost, is called.
    pub(super) fn firm_fact(&self, event: &Value, draft: &mut Draft) {
        if !text(event, "owner").is_empty() {
            self.owner(event, None, draft);
        }
        let word = text(event, "event");
        let firm = text(event, if word == "change-party" { "party" } else { "firm" });
        let known = ["FIRM-A", "FIRM-B", "BANK", "GUAR"].contains(&firm);
        draft.need(known, "party-unknown");
        match word {
            "qualify" => {
                draft.need(firm.starts_with("FIRM"), "party-kind");
                draft.need(text(event, "from") < text(event, "to"), "date-order");
            }
            "disqualify" => {
                draft.need(firm.starts_with("FIRM"), "party-kind");
                let held = self.holds(firm, text(event, "qualification"), text(event, "from"));
                draft.need(held, "qualification-unknown");
            }
            _ => {
                draft.signed = true;
                draft.need(!text(event, "document").is_empty(), "document-missing");
                let stands = |key: &str| {
                    let told = self.standing("change-party").filter(|(_, done)| {
                        text(&done.event, "party") == firm && !text(&done.event, key).is_empty()
                    });
                    told.last().map_or(String::new(), |(_, done)| text(&done.event, key).into())
                };
                let (name, account) = (stands("name"), stands("account"));
                let name = if name.is_empty() { firm.to_owned() } else { name };
                let changed =
                    |key: &str, old: &str| !text(event, key).is_empty() && text(event, key) != old;
                let changes = changed("name", &name) || changed("account", &account);
                draft.need(changes, "party-unchanged");
            }
        }
    }

    /// Whether a firm holds a qualification, or any, on a day or later.
    fn holds(&self, firm: &str, which: &str, from: &str) -> bool {
        let told = self.done.iter().filter(|done| done.reversed_by.is_none());
        let told = told.map(|done| &done.event).filter(|told| text(told, "firm") == firm);
        let mut held: Vec<(&str, &str, String)> = Vec::new();
        for told in told {
            let (kind, since) = (text(told, "qualification"), text(told, "from"));
            match text(told, "event") {
                "qualify" => held.push((kind, since, text(told, "to").into())),
                "disqualify" => {
                    for (_, begin, end) in
                        held.iter_mut().filter(|(own, ..)| kind.is_empty() || *own == kind)
                    {
                        *end = end.as_str().min(since).max(begin).into();
                    }
                }
                _ => {}
            }
        }
        held.iter().any(|(kind, begin, end)| {
            (which.is_empty() || *kind == which) && end.as_str() > from && end.as_str() > *begin
        })
    }

    /// Facts that lower what a subsidy pays.
    pub(super) fn benefit(&self, event: &Value, draft: &mut Draft) {
        let Some(mut loan) = self.known_loan(event, draft) else { return };
        draft.touch(0, &loan.id);
        let amount = fen(event, "amount").unwrap();
        draft.need(amount > 0, "amount-zero");
        if text(event, "event") == "other-benefit" {
            self.known_note(&loan, text(event, "note"), draft);
            draft.need(text(event, "from") < text(event, "to"), "date-order");
            draft.records.push(Record::Loan(loan));
            return;
        }
        let from = text(event, "from");
        let Some(place) = loan.fees.iter().rposition(|fee| from.is_empty() || fee.from == from)
        else {
            draft.bad.insert("fee-unknown");
            return;
        };
        let fee = &loan.fees[place];
        draft.need(happened(event) >= fee.paid.as_str(), "date-order");
        // A fee that was paid in instalments is given back as one.
        let same =
            loan.fees.iter().filter(|other| (&other.from, &other.to) == (&fee.from, &fee.to));
        let whole: i128 = same.map(|fee| fee.net).sum();
        draft.need(amount <= whole, "above-open");
        loan.fees[place].net -= amount;
        draft.records.push(Record::Loan(loan));
    }
}
