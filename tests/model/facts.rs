//! What the program keeps of the life of each loan is what was told of it, with what corrections have
//! made of it.

use super::twin::{Twin, fen, happened, text};
use poolbook::book::Book;
use poolbook::domain::money::Money;
use poolbook::store::MemoryStore;
use serde_json::Value;

impl Twin {
    /// Facts told of the loans and not taken back, one a line: loan, note, what and when.
    fn told(&self) -> Vec<String> {
        let mut facts = Vec::new();
        let events = self.counting().into_iter().zip(&self.done);
        for (event, done) in events.filter(|(_, done)| done.reversed_by.is_none()) {
            let taken = || -> i128 {
                let lines = done.lines.iter().filter(|(place, _)| place.2 == "2307.02");
                lines.map(|(_, signed)| signed).sum()
            };
            let (day, days) = (happened(&event), [text(&event, "from"), text(&event, "to")]);
            let told = |amount: i128, more: &[&str]| format!("{day} {amount} {}", more.join(" "));
            let amount = || fen(&event, "amount").unwrap();
            let fact = match done.word.as_str() {
                "repay" => told(amount(), &["repaid"]),
                "apply-deposit" => told(taken(), &["repaid"]),
                "interest-paid" => told(amount(), &[&days.join(" ")]),
                "fee-paid" => told(amount(), &[&days.join(" "), text(&event, "fee_rate")]),
                "fee-refunded" => told(amount(), &["refunded"]),
                "other-benefit" => {
                    format!("- {} {} {}", amount(), days.join(" "), text(&event, "scheme"))
                }
                "reprice" => told(0, &[text(&event, "rate")]),
                _ => continue,
            };
            facts.push(format!("{} {fact}", self.place_of(&event, &done.word)));
        }
        facts.sort();
        facts
    }

    /// Loan and note of a fact; a fee is the whole loan's.
    fn place_of(&self, event: &Value, word: &str) -> String {
        let loan = text(event, "loan");
        match word.starts_with("fee-") {
            true => format!("{loan} -"),
            false => format!("{loan} {}", self.meant(event)),
        }
    }
}

/// The same facts as the program keeps them.
fn kept(book: &Book<MemoryStore>) -> Vec<String> {
    let mut facts = Vec::new();
    for loan in book.state().loans.iter() {
        let mut add = |note: &str, day: &dyn std::fmt::Display, amount: Money, more: &str| {
            facts.push(format!("{} {note} {day} {} {more}", loan.id, amount.fen()));
        };
        for fee in &loan.fees {
            let more = format!("{} {} {}", fee.from, fee.to, fee.rate.percent());
            add("-", &fee.paid, fee.amount, &more);
            fee.refunds.iter().for_each(|(day, amount)| add("-", day, *amount, "refunded"));
        }
        for note in &loan.notes {
            for (day, amount) in &note.repayments {
                add(&note.id, day, *amount, "repaid");
            }
            for paid in &note.interest {
                let more = format!("{} {}", paid.from, paid.to);
                add(&note.id, &paid.paid, paid.amount, &more);
            }
            for (day, rate) in &note.rates {
                add(&note.id, day, Money::ZERO, &rate.percent());
            }
            for other in &note.others {
                let more = format!("{} {} {}", other.from, other.to, other.scheme);
                add(&note.id, &"-", other.amount, &more);
            }
        }
    }
    facts.sort();
    facts
}

/// Both know the same of every loan.
pub fn facts_agree(book: &Book<MemoryStore>, twin: &Twin) {
    assert_eq!(twin.told(), kept(book));
    for loan in twin.loans() {
        let found = book.state().loans.get(&loan.id).unwrap();
        for (note, found) in loan.notes.iter().zip(&found.notes) {
            let day = |day: &poolbook::domain::calendar::Date| day.to_string();
            let due = found.extensions.last().map_or(found.due, |(_, due)| *due);
            assert_eq!((&note.drawn, &note.due), (&day(&found.drawn), &day(&due)), "{}", note.id);
            let open = found.overdue.last().filter(|(_, cured)| cured.is_none());
            assert_eq!(note.overdue, open.map(|(since, _)| day(since)), "{}", note.id);
            assert_eq!(note.npl, found.npl.as_ref().map(day), "{}", note.id);
        }
    }
}
