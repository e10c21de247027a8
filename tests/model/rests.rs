//! What rests on an entry of the naive book: a note under its filings and lines, interest and fee
//! under lines for their days, facts under the approval of a claim, money under what is approved.

use super::twin::*;
use serde_json::Value;
use std::collections::BTreeSet;

/// First and first later day of a settlement quarter: of the 21st for interest, of the calendar for
/// fees.
fn days_of(fund: &str, period: &str) -> (String, String) {
    let (year, quarter) = (period[..4].parse::<u32>().unwrap(), &period[5..]);
    let day = |year: u32, rest: &str| format!("{year}-{rest}");
    match (fund, quarter) {
        ("INT", "1") => (day(year - 1, "12-21"), day(year, "03-21")),
        ("INT", "2") => (day(year, "03-21"), day(year, "06-21")),
        ("INT", "3") => (day(year, "06-21"), day(year, "09-21")),
        ("INT", _) => (day(year, "09-21"), day(year, "12-21")),
        (_, "1") => (day(year, "01-01"), day(year, "04-01")),
        (_, "2") => (day(year, "04-01"), day(year, "07-01")),
        (_, "3") => (day(year, "07-01"), day(year, "10-01")),
        (_, _) => (day(year, "10-01"), day(year + 1, "01-01")),
    }
}

impl Twin {
    /// The entries of a kind that stand and came after another, with their events.
    fn after<'t>(&'t self, target: usize, word: &'t str) -> impl Iterator<Item = &'t Value> {
        self.standing(word).filter(move |(place, _)| *place > target).map(|(_, done)| &done.event)
    }

    /// The note that an event of a loan means.
    pub(super) fn meant(&self, event: &Value) -> String {
        let named = text(event, "note");
        let loan = self.loan(text(event, "loan"));
        let only = loan.and_then(|loan| loan.notes.first()).map(|note| note.id.clone());
        let own = text(event, "event") == "disburse";
        match (named.is_empty(), own) {
            (false, _) => named.to_owned(),
            (true, true) => text(event, "loan").to_owned(),
            (true, false) => only.unwrap_or_default(),
        }
    }

    /// What else stands in the way of taking an entry back.
    pub(super) fn reverse_rests(&self, target: usize, draft: &mut Draft) {
        let done = &self.done[target];
        let (event, word) = (&done.event, done.word.as_str());
        // A correction rests where the fact rests that it corrects.
        let of_fact = self.entry_place(event, "entry").filter(|_| word == "correct");
        let fact = of_fact.map_or(done, |place| &self.done[place]);
        let event = &fact.event;
        let (loan, note) = (text(event, "loan"), self.meant(event));
        let of_note = |of: (&str, &str)| of == (loan, note.as_str());
        if word == "disburse" {
            let mut lines = self.after(target, "approve-subsidy");
            let mut filings = self.after(target, "file-subsidy");
            let line = lines.any(|told| {
                self.subsidy(text(told, "id")).is_some_and(|own| of_note((&own.loan, &own.note)))
            });
            let filed = filings.any(|told| {
                self.filing(text(told, "id")).is_some_and(|own| of_note((&own.loan, &own.note)))
            });
            draft.need(!line && !filed, "reverse-later");
        }
        if ["interest-paid", "fee-paid"].contains(&word) {
            let fund = if word == "fee-paid" { "GFEE" } else { "INT" };
            let meets = |of: (&str, &str, &str, &str)| {
                let (in_fund, of_loan, of_its, period) = of;
                let (from, to) = days_of(fund, period);
                in_fund == fund
                    && of_loan == loan
                    && (fund == "GFEE" || of_its == note)
                    && text(event, "from") < to.as_str()
                    && text(event, "to") > from.as_str()
            };
            let line = self.after(target, "approve-subsidy").any(|told| {
                self.subsidy(text(told, "id")).is_some_and(|own| {
                    own.amount > own.due_back
                        && meets((own.fund, &own.loan, &own.note, &own.period))
                })
            });
            let filed = self.after(target, "file-subsidy").any(|told| {
                self.filing(text(told, "id")).is_some_and(|own| {
                    own.line.is_empty() && meets((own.fund, &own.loan, &own.note, &own.period))
                })
            });
            // A review of the filing may have come later than the fact.
            let reviewed = self.after(target, "review-subsidy").any(|told| {
                self.filing(text(told, "subsidy")).is_some_and(|own| {
                    own.line.is_empty() && meets((own.fund, &own.loan, &own.note, &own.period))
                })
            });
            draft.need(!line && !filed && !reviewed, "reverse-later");
        }
        let facts = ["repay", "reprice", "extend", "overdue", "npl", "cure", "interest-paid"];
        let drawn = word == "correct" && fact.word == "disburse";
        if facts.contains(&fact.word.as_str()) || drawn {
            let approved = self.after(target, "approve-claim").any(|told| {
                self.claim(text(told, "claim")).is_some_and(|own| of_note((&own.loan, &own.note)))
            });
            draft.need(!approved, "reverse-later");
        }
        if word == "approve-claim" {
            let claim = text(event, "claim");
            let adds = self.after(target, "file-claim").any(|told| {
                let state = self.claim(text(told, "claim")).map_or("", |own| own.state);
                text(told, "supplement") == claim && !["rejected", "withdrawn"].contains(&state)
            });
            draft.need(!adds, "reverse-later");
        }
        self.spoken_for(done, draft);
    }

    /// Money in is not taken back from under what is approved or of others.
    fn spoken_for(&self, done: &Done, draft: &mut Draft) {
        let cells: BTreeSet<(&str, &str)> =
            done.lines.iter().map(|(place, _)| (place.0.as_str(), place.1.as_str())).collect();
        for (owner, fund) in cells {
            let counts = |place: &Place| {
                place.0 == owner
                    && place.1 == fund
                    && (place.2.starts_with("1002") || SET_ASIDE.contains(&place.2.as_str()))
            };
            let brought: i128 = done
                .lines
                .iter()
                .filter(|(place, _)| counts(place))
                .map(|(_, signed)| signed)
                .sum();
            let available = self.cash(owner, fund) - self.reserved(owner, fund);
            draft.need(brought <= 0 || brought <= available, "available-short");
        }
    }
}
