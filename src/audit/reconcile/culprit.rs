//! What is probably wrong with a line that is open, with the evidence and the events that mend it.

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

/// Suggestions for each item, in the order of the items; each list with the best first.
pub fn suggest(input: &SuggestInput<'_>) -> Vec<Vec<Suggestion>> {
    input.items.iter().map(|_| Vec::new()).collect()
}

/// Something that explains part of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// Name of the fault.
    pub fault: &'static str,
    /// What of "statement less book" it explains, in fen.
    pub effect: i64,
    /// Lines that it touches.
    pub involved: Vec<Place>,
}

/// The smallest sets of causes that explain a difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Sets of places in the list of causes; all of one size.
    pub sets: Vec<Vec<usize>>,
    /// True when no smaller set and no other set of this size exists.
    pub complete: bool,
    /// Sizes up to this one were searched through.
    pub searched: usize,
}

/// What the first suggestion of each item explains.
pub fn causes(_input: &SuggestInput<'_>, _suggestions: &[Vec<Suggestion>]) -> Vec<Cause> {
    Vec::new()
}

/// The smallest sets of causes whose effects sum to the gap (fen, "statement less book").
pub fn explain_gap(_gap: i64, _causes: &[Cause], _settings: &Settings) -> Explanation {
    Explanation::default()
}
