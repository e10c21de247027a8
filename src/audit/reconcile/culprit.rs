//! What is probably wrong with a line that is open, with the evidence and the events that mend it.

use crate::audit::reconcile::faults::{Index, of_book, of_groups, of_statement};
use crate::audit::reconcile::{BookLine, Item, Matching, Settings, StatementLine};
use crate::domain::calendar::Date;
use serde_json::Value;

/// A line that a suggestion speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Place in the statement's list.
    Statement(usize),
    /// Place in the book's list.
    Book(usize),
    /// Another own account (place in [`SuggestInput::others`]) and the place in its statement.
    OtherStatement(usize, usize),
    /// Another own account and the place in its book.
    OtherBook(usize, usize),
}

/// Another own account: a line may stand open there.
#[derive(Clone, Copy, Debug)]
pub struct OtherAccount<'a> {
    /// Its name.
    pub bank_account: &'a str,
    /// Its owner.
    pub owner: &'a str,
    /// Its statement.
    pub statement: &'a [StatementLine],
    /// Its lines in the book.
    pub book: &'a [BookLine],
    /// What belongs together there.
    pub matching: &'a Matching,
}

/// What suggestions are made from.
pub struct SuggestInput<'a> {
    /// The account.
    pub bank_account: &'a str,
    /// Its owner.
    pub owner: &'a str,
    /// The day of the form.
    pub last_day: Date,
    /// Lines of the statement.
    pub statement: &'a [StatementLine],
    /// Lines of the book.
    pub book: &'a [BookLine],
    /// What belongs together.
    pub matching: &'a Matching,
    /// Items of the form of that day.
    pub items: &'a [Item],
    /// The other own accounts.
    pub others: &'a [OtherAccount<'a>],
    /// The event of an entry as JSON, for drafts; `None` where it cannot be had.
    pub event: &'a dyn Fn(u64) -> Option<Value>,
    /// Thresholds.
    pub settings: &'a Settings,
}

/// What may be wrong with a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// Name of the fault; its message is `suggest-NAME`, its label `word-NAME`.
    pub fault: &'static str,
    /// The open line.
    pub place: Place,
    /// Arguments of the message.
    pub evidence: Vec<(&'static str, String)>,
    /// Lines that the fault touches, the open line first.
    pub involved: Vec<Place>,
    /// Events ready to record, as a JSON list.
    pub draft: Option<Value>,
    /// Fields of the draft that only a person knows.
    pub missing: Vec<&'static str>,
    /// How far-fetched it is; the lowest comes first.
    pub cost: u32,
}

impl SuggestInput<'_> {
    pub(super) fn bank_line(&self, place: Place) -> Option<&StatementLine> {
        match place {
            Place::Statement(line) => self.statement.get(line),
            Place::OtherStatement(account, line) => self.others.get(account)?.statement.get(line),
            Place::Book(_) | Place::OtherBook(..) => None,
        }
    }

    pub(super) fn book_line(&self, place: Place) -> Option<&BookLine> {
        match place {
            Place::Book(line) => self.book.get(line),
            Place::OtherBook(account, line) => self.others.get(account)?.book.get(line),
            Place::Statement(_) | Place::OtherStatement(..) => None,
        }
    }
}

/// Suggestions for each item, in the order of the items; each list with the best first, and never
/// empty: what nothing else explains is missing on the other side.
/// Cost: sorts the open lines; partners are looked up by amount, day and digits, so that each item
/// is compared with a bounded number of lines.
pub fn suggest(input: &SuggestInput<'_>) -> Vec<Vec<Suggestion>> {
    let index = Index::new(input);
    let suggestions = input.items.iter().map(|item| {
        let mut found = of_groups(&index, item);
        if found.is_empty() || item.cleared.is_none() {
            match item.place() {
                Place::Statement(line) => of_statement(&index, line, &mut found),
                Place::Book(line) => of_book(&index, line, &mut found),
                Place::OtherStatement(..) | Place::OtherBook(..) => {}
            }
        }
        // Of one fault the likeliest lines stay.
        found.sort_by(|one, other| {
            (one.cost, one.fault, &one.involved).cmp(&(other.cost, other.fault, &other.involved))
        });
        let mut told = std::collections::BTreeSet::new();
        found.retain(|one| told.insert((one.fault, one.involved.get(1).copied())));
        found
    });
    suggestions.collect()
}
