//! What the naive book says of compensation and what comes back of it.

use super::pool::year;
use super::twin::*;
use serde_json::Value;

const ABOVE_BALANCE: &str = "claim-base-above-balance";
const ABOVE_LOSS: &str = "claim-base-above-loss";

/// Days between two dates as the calendar counts them.
pub fn days(from: &str, to: &str) -> i64 {
    let number = |text: &str| -> i64 {
        let part = |range: std::ops::Range<usize>| text[range].parse::<i64>().unwrap();
        let (y, m, d) = (part(0..4), part(5..7), part(8..10));
        let (y, m) = if m <= 2 { (y - 1, m + 12) } else { (y, m) };
        365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + d
    };
    number(to) - number(from)
}

pub fn later_year(event: &Value, than: &str) -> bool {
    text(event, "date")[..4] > than[..4]
}

impl Twin {
    /// The claim on a note that is not refused.
    pub(super) fn live_claim(&self, loan: &str, note: &str) -> bool {
        let of = |claim: &&Claim| claim.loan == loan && claim.note == note;
        self.claims().filter(of).any(|claim| !["rejected", "withdrawn"].contains(&claim.state))
    }

    pub(super) fn file_claim(&self, event: &Value, draft: &mut Draft) {
        let Some(loan) = self.known_loan(event, draft) else { return };
        let Some(place) = self.known_note(&loan, text(event, "note"), draft) else { return };
        let note = &loan.notes[place];
        let id = text(event, "claim");
        draft.need(self.claim(id).is_none(), "claim-exists");
        let live = |claim: &&Claim| {
            let gone = ["rejected", "withdrawn"].contains(&claim.state);
            claim.loan == loan.id && claim.note == note.id && !gone
        };
        let decided = |claim: &Claim| !claim.approved_on.is_empty() && claim.state != "revoked";
        let others: Vec<&Claim> = self.claims().filter(live).collect();
        match text(event, "supplement") {
            "" => draft.need(others.is_empty(), "claim-duplicate"),
            first => {
                draft.need(self.claim(first).is_some(), "claim-unknown");
                let fits = others.iter().any(|claim| claim.id == first && decided(claim));
                draft.need(fits, "claim-supplement");
                draft.need(others.iter().all(|claim| decided(claim)), "claim-duplicate")
            }
        };
        let interest = fen(event, "interest").unwrap_or(0);
        draft.need(interest == 0, "claim-interest-excluded");
        let off =
            interest + fen(event, "collateral").unwrap_or(0) + fen(event, "other").unwrap_or(0);
        let bad = ["overdue", "npl"].contains(&note.class);
        draft.need(bad, "loan-state");
        draft.need(!self.ending(&loan.owner), "pool-state");
        let base = fen(event, "base").unwrap();
        draft.need(base > 0, "amount-zero");
        let earlier: i128 = others.iter().map(|claim| claim.base + claim.off).sum();
        let within = base + off + earlier <= note.balance;
        draft.need(within, if off + earlier == 0 { ABOVE_BALANCE } else { ABOVE_LOSS });
        let since = note.overdue.as_ref().or(note.npl.as_ref());
        let late = since.map_or(0, |since| days(since, happened(event)));
        draft.need(late > 60, "claim-too-early");
        draft.need(!text(event, "lawsuit").is_empty(), "claim-lawsuit-missing");
        draft.need(loan.deposit == 0, "deposit-first");
        // A loss in parts costs what it costs as one; what was revoked is borne by nobody.
        let kept: Vec<_> = others.iter().filter(|claim| claim.state != "revoked").collect();
        let whole = base + kept.iter().map(|claim| claim.base).sum::<i128>();
        let had: i128 = kept.iter().map(|claim| claim.claimed).sum();
        let claimed = (forty(whole) - had).max(0);
        draft.register((&loan.owner, "RISK"), "9201", claimed);
        draft.touch(0, &loan.id);
        draft.touch(1, id);
        draft.records.push(Record::Claim(Claim {
            id: id.into(),
            owner: loan.owner.clone(),
            loan: loan.id.clone(),
            note: note.id.clone(),
            state: "filed",
            filed: happened(event).into(),
            base,
            off,
            claimed,
            ..Claim::default()
        }));
        draft.records.push(Record::Loan(loan));
    }

    pub(super) fn claim_event(&self, event: &Value, draft: &mut Draft) {
        let Some(claim) = self.claim(text(event, "claim")) else {
            draft.bad.insert("claim-unknown");
            return;
        };
        let mut claim = claim.clone();
        if self.owner(event, Some(&claim.owner), draft).is_none() {
            return;
        }
        let (owner, word) = (claim.owner.clone(), text(event, "event"));
        let cell = (owner.as_str(), "RISK");
        let bank = text(event, "bank_account");
        if !bank.is_empty() {
            self.bank(bank, &owner, "RISK", draft);
        }
        let recovering: &[&str] = &["paid-part", "paid", "recovering", "settled", "written-off"];
        let legal: &[&str] = match word {
            "approve-claim" => &["filed", "in-review", "site-checked", "reviewed"],
            "reject-claim" | "withdraw-claim" => {
                &["filed", "in-review", "sent-back", "site-checked", "reviewed"]
            }
            "pay-claim" => &["approved", "noticed", "ordered", "paid-part"],
            "close-claim" => &["recovering", "settled", "written-off"],
            "cancel-rest" => &["paid-part"],
            "settle-claim" => &["paid", "recovering", "settled"],
            "revoke-claim" => &["paid", "recovering", "settled", "written-off"],
            "refund-claim" => &["settled", "revoked", "written-off"],
            "write-off" => &["paid", "paid-part", "recovering", "settled"],
            _ => recovering,
        };
        draft.need(legal.contains(&claim.state), "claim-state");
        draft.touch(1, &claim.id);
        let right = claim.right();
        let given = fen(event, "amount");
        match word {
            "approve-claim" => self.approve_claim(event, &mut claim, draft),
            "close-claim" => return self.close_claim(event, claim, draft),
            "reject-claim" | "withdraw-claim" => {
                draft.register(cell, "9201", -claim.claimed);
                draft.checks.insert((0, claim.loan.clone()));
                claim.state = if word == "reject-claim" { "rejected" } else { "withdrawn" };
            }
            "pay-claim" => {
                let open = claim.approved - claim.paid;
                let amount = given.unwrap_or(open);
                draft.need(amount > 0, "amount-zero");
                draft.need(amount <= open, "pay-above-approved");
                draft.post(cell, "2307.01", "1002.01", amount, bank);
                draft.post(cell, "1218.02", "1219.02", amount, "-");
                draft.pays = Some((owner.clone(), "RISK".into(), amount, open));
                claim.paid += amount;
                self.release(&claim, amount, amount == open, draft);
            }
            "cancel-rest" => {
                let rest = claim.approved - claim.paid;
                draft.need(rest > 0, "amount-zero");
                draft.post(cell, "2307.01", "5001.01", rest, "-");
                draft.register(cell, "9402", -rest);
                let (now, then) = (year(text(event, "date")), year(&claim.approved_on).to_owned());
                if now == then && self.quota(&owner, now).is_some() {
                    draft.register(cell, "9002", rest);
                }
                claim.late += if now == then { 0 } else { rest };
                claim.approved = claim.paid;
                self.release(&claim, rest, true, draft);
            }
            "settle-claim" | "revoke-claim" => {
                let out = claim.paid - claim.due_back - claim.recovered;
                let amount = if word == "revoke-claim" { out } else { given.unwrap() };
                draft.need(amount > 0, "amount-zero");
                draft.need(word == "revoke-claim" || amount <= right, "above-open");
                let prior = word == "revoke-claim"
                    && !claim.approved_on.is_empty()
                    && later_year(event, &claim.approved_on);
                draft.post(cell, "1218.03", if prior { "3501" } else { "5001.01" }, amount, "-");
                draft.post(cell, "1219.02", "1218.02", amount.min(right), "-");
                draft.register(cell, "9301", -(amount - amount.min(right)));
                claim.due_back += amount;
            }
            "refund-claim" => {
                let open = claim.due_back - claim.back;
                let amount = given.unwrap_or(open);
                draft.need(amount > 0, "amount-zero");
                draft.need(amount <= open, "above-open");
                draft.post(cell, "1002.01", "1218.03", amount, bank);
                claim.back += amount;
            }
            "recovery-cost" => {
                let amount = given.unwrap();
                draft.need(amount > 0, "amount-zero");
                draft.post(cell, "5001.04", "1002.01", amount, bank);
                draft.pays = Some((owner.clone(), "RISK".into(), amount, 0));
            }
            "recover-in-kind" => {
                draft.need(fen(event, "value").unwrap() > 0, "amount-zero");
            }
            "write-off" => {
                draft.need(right > 0, "amount-zero");
                draft.post(cell, "1219.02", "1218.02", right, "-");
                draft.register(cell, "9301", right);
                claim.written_off += right;
            }
            _ => self.recover(event, &mut claim, right, draft),
        }
        claim.state = match word {
            "approve-claim" | "reject-claim" | "withdraw-claim" | "refund-claim" | "recover"
            | "recovery-cost" | "recover-in-kind" => claim.state,
            "revoke-claim" => "revoked",
            _ => standing(&claim),
        };
        draft.records.push(Record::Claim(claim));
    }

    pub(super) fn approve_claim(&self, event: &Value, claim: &mut Claim, draft: &mut Draft) {
        let cell = (claim.owner.clone(), "RISK");
        let cell = (cell.0.as_str(), cell.1);
        draft.need(text(event, "date") >= claim.filed.as_str(), "date-order");
        let owed = self.loan(&claim.loan).and_then(|loan| {
            loan.notes.iter().find(|note| note.id == claim.note).map(|note| note.balance)
        });
        let others = self.claims().filter(|other| {
            let gone = ["rejected", "withdrawn"].contains(&other.state);
            (&other.loan, &other.note) == (&claim.loan, &claim.note)
                && !gone
                && other.id != claim.id
        });
        let earlier: i128 = others.map(|other| other.base + other.off).sum();
        let within = claim.base + claim.off + earlier <= owed.unwrap_or(0);
        let plain = claim.off + earlier == 0;
        draft.need(within, if plain { ABOVE_BALANCE } else { ABOVE_LOSS });
        let day = text(event, "date");
        let quota = self.quota(&claim.owner, year(day));
        let mut limit = claim.claimed.min((CLAIM_MAX - self.compensated(&claim.loan)).max(0));
        if let Some(quota) = quota {
            limit = limit.min((quota - self.spent(&claim.owner, year(day))).max(0));
        }
        draft.need(limit > 0 || claim.claimed == 0, "cap-used-up");
        let amount = fen(event, "amount").unwrap_or(limit);
        draft.need(amount > 0, "amount-zero");
        draft.need(amount <= limit, "approval-above-limit");
        draft.post(cell, "5001.01", "2307.01", amount, "-");
        draft.register(cell, "9201", -claim.claimed);
        draft.register(cell, "9402", amount);
        if quota.is_some() {
            draft.register(cell, "9002", -amount);
        }
        claim.approved = amount;
        claim.approved_on = text(event, "date").into();
        claim.state = "approved";
    }

    /// What the pool no longer bears: with the last fen all that the base stood for.
    pub(super) fn release(&self, claim: &Claim, amount: i128, last: bool, draft: &mut Draft) {
        let Some(loan) = self.loan(&claim.loan) else { return };
        let mut loan = loan.clone();
        let Some(note) = loan.notes.iter_mut().find(|note| note.id == claim.note) else { return };
        let floor = forty((note.balance - claim.base - note.compensated).max(0)).min(note.exposure);
        let most = note.exposure - floor;
        let released = if last { most } else { most.min(amount) };
        draft.register((&claim.owner, "RISK"), "9111", -released);
        note.exposure -= released;
        if last {
            note.compensated += claim.base;
        }
        draft.touch(0, &claim.loan);
        draft.records.push(Record::Loan(loan));
    }

    pub(super) fn recover(&self, event: &Value, claim: &mut Claim, right: i128, draft: &mut Draft) {
        let cell = (claim.owner.clone(), "RISK");
        let cell = (cell.0.as_str(), cell.1);
        let bank = text(event, "bank_account");
        let gross = fen(event, "gross").unwrap();
        draft.need(gross > 0, "amount-zero");
        let net = gross - fen(event, "cost").unwrap_or(0);
        draft.need(net > 0, "cost-above-recovery");
        draft.need(claim.net + net <= claim.base, "recovery-above-loss");
        let out = claim.paid - claim.due_back - claim.recovered;
        let share = match claim.net + net == claim.base {
            true => out.min(net),
            false => (forty(claim.net + net) - forty(claim.net)).min(out),
        };
        let of_right = share.min(right);
        let to = if text(event, "to") == "treasury" { "2103" } else { "4609.01" };
        if text(event, "receives") == "gross" {
            draft.post(cell, "1002.01", "2307.03", gross, bank);
            draft.post(cell, "2307.03", to, share, "-");
            draft.post(cell, "2307.03", "1002.01", gross - share, bank);
        } else {
            draft.post(cell, "1002.01", to, share, bank);
        }
        draft.post(cell, "1219.02", "1218.02", of_right, "-");
        draft.register(cell, "9301", of_right - share);
        claim.net += net;
        claim.recovered += share;
        if claim.state == "paid" {
            claim.state = standing(claim);
        }
    }
}

/// Where an approved claim stands by its amounts.
fn standing(claim: &Claim) -> &'static str {
    match () {
        () if claim.state == "rejected" => "rejected",
        () if claim.written_off > 0 => "written-off",
        () if claim.due_back > 0 => "settled",
        () if claim.paid == 0 => "approved",
        () if claim.paid < claim.approved => "paid-part",
        () if claim.recovered > 0 => "recovering",
        () => "paid",
    }
}
