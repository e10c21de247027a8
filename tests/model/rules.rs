//! What the naive book says of an event: by family, and of reversals.

use super::twin::*;
use serde_json::Value;

/// Facts about statements: they have opposites of their own, or are made anew.
pub const OF_STATEMENTS: [&str; 6] = [
    "import-statement",
    "undo-statement",
    "match-lines",
    "unmatch-lines",
    "reconcile-settings",
    "certify",
];

impl Twin {
    pub(super) fn decide(&self, event: &Value, draft: &mut Draft) {
        match text(event, "event") {
            "commit" | "contribute" | "budget" | "return-budget" | "transfer" | "move"
            | "pool-interest" | "accrue-interest" | "estimate-subsidy" | "pay-treasury"
            | "bank-charge" | "trustee-fee" | "approve-withdrawal" | "pay-withdrawal"
            | "unknown-receipt" => {
                self.funding(event, draft);
            }
            "explain-receipt" => self.explain(event, draft),
            "enrol" => self.enrol(event, draft),
            "disburse" => self.disburse(event, draft),
            "receive-deposit" | "refund-deposit" | "apply-deposit" => self.deposit(event, draft),
            "repay" | "extend" | "overdue" | "npl" | "cure" | "reprice" | "interest-paid"
            | "fee-paid" => self.note_event(event, draft),
            "remove" => self.remove(event, draft),
            "file-claim" => self.file_claim(event, draft),
            "approve-claim" | "reject-claim" | "pay-claim" | "cancel-rest" | "settle-claim"
            | "revoke-claim" | "refund-claim" | "recover" | "recovery-cost" | "recover-in-kind"
            | "write-off" | "withdraw-claim" | "close-claim" => {
                self.claim_event(event, draft);
            }
            "approve-subsidy" => self.approve_subsidy(event, draft),
            "pay-subsidy" | "return-subsidy" | "reissue-subsidy" | "reduce-subsidy"
            | "claw-back" | "receive-clawback" | "write-off-clawback" => {
                self.subsidy_event(event, draft);
            }
            "offset-clawback" => self.offset(event, draft),
            "apply-loan" => self.apply_loan(event, draft),
            "recommend-loan" | "reject-loan" => self.review_loan(event, draft),
            "review-claim" => self.review_claim(event, draft),
            "file-subsidy" => self.file_subsidy(event, draft),
            "review-subsidy" => self.review_subsidy(event, draft),
            "qualify" | "disqualify" | "change-party" => self.firm_fact(event, draft),
            "other-benefit" | "fee-refunded" => self.benefit(event, draft),
            "quota" => self.set_quota(event, draft),
            "settle-transfer" => self.settle_transfer(event, draft),
            "change-custodian" => self.change_custodian(event, draft),
            "run-off" | "liquidate" | "close-pool" | "share-loss" => self.pool_event(event, draft),
            "release" => self.release_pool(event, draft),
            "close" => self.close(event, draft),
            "checkpoint" => {}
            "keep-checkpoint" => {
                let place = self.entry_place(event, "checkpoint");
                let made = place.and_then(|place| self.done.get(place));
                let made = made.is_some_and(|done| done.word == "checkpoint");
                draft.need(made, "checkpoint-unknown");
            }
            "reverse" => self.reverse(event, draft),
            "correct" => self.correct(event, draft),
            "import-statement" => self.import(event, draft),
            "undo-statement" => self.undo_statement(event, draft),
            "match-lines" => self.match_lines(event, draft),
            "unmatch-lines" => self.unmatch_lines(event, draft),
            "reconcile-settings" => self.reconcile_settings(event, draft),
            "certify" => self.certify(event, draft),
            word => panic!("the model knows no {word}"),
        }
    }

    /// The opposite of an entry: once, never of a reversal, and only of the last word on its records.
    pub(super) fn reverse(&self, event: &Value, draft: &mut Draft) {
        let Some(target) = self.reversed(event) else {
            // Entries from before the life began are set-up, which is superseded.
            draft.bad.extend(["reverse-kind", "reverse-unknown"]);
            return;
        };
        let Some(done) = self.done.get(target) else {
            draft.bad.insert("reverse-unknown");
            return;
        };
        let word = done.word.as_str();
        if !draft.need(word != "reverse", "reverse-reversal") {
            return;
        }
        draft.need(done.reversed_by.is_none(), "reverse-twice");
        let never = ["enrol", "close", "change-party", "checkpoint"];
        draft.need(!never.contains(&word), "reverse-kind");
        draft.need(!OF_STATEMENTS.contains(&word), "reverse-statement");
        draft.need(text(event, "date") >= text(&done.event, "date"), "date-order");
        let standing = |other: &&Done| other.reversed_by.is_none() && other.word != "reverse";
        let mut later = self.done[target + 1..].iter().filter(standing);
        draft.need(later.all(|other| other.pushes.is_disjoint(&done.checks)), "reverse-later");
        for (counter, was) in &done.counters {
            match counter {
                Counter::Promised(..) if word == "commit" => {
                    draft.need(self.counter(counter) >= *was, "reverse-later");
                }
                Counter::Lent(..) if word == "transfer" => {
                    draft.need(self.counter(counter) >= *was, "above-open");
                }
                Counter::Leaving(..) if word == "approve-withdrawal" => {
                    draft.need(self.counter(counter) >= *was, "above-open");
                }
                Counter::Given(owner, fund, source, year) if *was > 0 => {
                    let open = self.returnable((owner, fund, source), year, false);
                    draft.need(open >= *was, "above-open");
                }
                _ => {}
            }
        }
        if word == "remove" {
            let before = done.before.iter().find_map(|(_, record)| match record {
                Some(Record::Loan(loan)) => Some(loan),
                _ => None,
            });
            let Some(loan) = before else { panic!("a removal without its loan") };
            let live = self.loans().filter(|other| other.firm == loan.firm && other.is_live());
            let enrolled: i128 = live.map(|loan| loan.amount).sum();
            draft.need(enrolled + loan.amount <= FIRM_MAX, "firm-max");
        }
        for ((owner, fund, account, _), _) in &done.lines {
            let of = |place: &Place| (&place.0, &place.1, &place.2) == (owner, fund, account);
            let net: i128 =
                done.lines.iter().filter(|(place, _)| of(place)).map(|(_, net)| -net).sum();
            if account == "1216" && done.word == "accrue-interest" {
                draft.need(self.sum(owner, fund, account) >= -net, "above-open");
            }
            if account == "2103" && net > 0 {
                draft.need(-self.sum(owner, fund, account) >= net, "above-open");
            }
        }
        self.reverse_ceilings(target, draft);
        self.reverse_rests(target, draft);
        draft.owner.clone_from(&done.owner);
        // Income and expense of a closed year adjust prior years now.
        let last = format!("{}-12-31", &text(&done.event, "date")[..4]);
        let closed = done.owner.as_ref().is_some_and(|owner| self.closed(owner).reaches(&last));
        let turned = |((owner, fund, account, bank), signed): &Line| {
            let result = closed && (account.starts_with('4') || account.starts_with('5'));
            let account = if result { "3501".to_owned() } else { account.clone() };
            ((owner.clone(), fund.clone(), account, bank.clone()), -signed)
        };
        draft.lines = done.lines.iter().map(turned).collect();
    }
}
