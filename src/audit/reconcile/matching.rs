//! Which lines of the statement and of the book belong together.

use crate::audit::reconcile::{BookLine, StatementLine};
use crate::domain::calendar::day_number;
use compact_str::CompactString;
use std::collections::{BTreeMap, VecDeque};

/// Thresholds of matching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Least points with which lines are matched without being asked about.
    pub match_score: u32,
    /// Least points with which they are proposed.
    pub propose_score: u32,
    /// Most days between lines that are near.
    pub days_near: i64,
    /// Most days between lines that are compared at all.
    pub days_far: i64,
    /// Most lines of a group that is found by adding up.
    pub subset_max: usize,
    /// Most sums tried for a line.
    pub steps_max: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            match_score: 600,
            propose_score: 400,
            days_near: 10,
            days_far: 30,
            subset_max: 12,
            steps_max: 10_000,
        }
    }
}

/// A match that somebody confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// Entry that says so.
    pub entry: u64,
    /// Lines of the statement, by their ids.
    pub lines: Vec<CompactString>,
    /// Lines of the book: entry and number of the line.
    pub postings: Vec<(u64, u32)>,
}

/// How sure a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zone {
    /// They belong together.
    Matched,
    /// They may belong together; somebody has to say so. Until then they are open.
    Proposed,
}

impl Zone {
    /// The name in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Proposed => "proposed",
        }
    }
}

/// Lines of both sides: places in the two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pairing {
    /// Places in the statement's list.
    pub statement: Vec<usize>,
    /// Places in the book's list.
    pub book: Vec<usize>,
}

/// Lines that belong together. Both sides sum to the same, except where a confirmed match no
/// longer does; that one is only proposed. A group may have lines of the book alone: an entry and
/// its reversal, of which the bank never saw anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// How sure it is.
    pub zone: Zone,
    /// Entry that confirms it.
    pub confirmed: Option<u64>,
    /// Points.
    pub score: u32,
    /// Why, in words of the vocabulary of reports.
    pub reasons: Vec<&'static str>,
    /// Places in the statement's list, ascending.
    pub statement: Vec<usize>,
    /// Places in the book's list, ascending.
    pub book: Vec<usize>,
    /// Other answers that are as good.
    pub alternatives: Vec<Pairing>,
}

/// What [`match_lines`] found. Each line stands in one group or in one of the open lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// Groups.
    pub groups: Vec<Group>,
    /// Lines of the statement in no group, ascending.
    pub open_statement: Vec<usize>,
    /// Lines of the book in no group, ascending.
    pub open_book: Vec<usize>,
    /// True when not every sum could be tried.
    pub steps_exhausted: bool,
}

/// Open lines of one amount by day, each day's in the order of its list.
type OpenDays = BTreeMap<i64, VecDeque<usize>>;

/// Finds which lines belong together.
pub fn match_lines(
    statement: &[StatementLine],
    book: &[BookLine],
    _confirmed: &[Confirmed],
    settings: &Settings,
) -> Matching {
    let mut amounts: BTreeMap<i64, (OpenDays, OpenDays)> = BTreeMap::new();
    for (place, line) in statement.iter().enumerate() {
        let (open, _) = amounts.entry(line.amount.fen()).or_default();
        open.entry(day_number(line.date)).or_default().push_back(place);
    }
    for (place, line) in book.iter().enumerate() {
        let (_, open) = amounts.entry(line.amount.fen()).or_default();
        open.entry(day_number(line.date)).or_default().push_back(place);
    }
    let mut found = Matching::default();
    for (mut statement, mut book) in amounts.into_values() {
        for apart in 0..=settings.days_near {
            let directions: &[i64] = if apart == 0 { &[0] } else { &[-apart, apart] };
            for (day, open) in &mut statement {
                for days in directions {
                    let Some(candidates) = book.get_mut(&(day + days)) else { continue };
                    while let (Some(first), Some(second)) = (open.front(), candidates.front()) {
                        found.groups.push(Group {
                            zone: Zone::Matched,
                            confirmed: None,
                            score: settings.match_score,
                            reasons: vec!["same-amount", "near-date"],
                            statement: vec![*first],
                            book: vec![*second],
                            alternatives: Vec::new(),
                        });
                        open.pop_front();
                        candidates.pop_front();
                    }
                }
            }
        }
        found.open_statement.extend(statement.into_values().flatten());
        found.open_book.extend(book.into_values().flatten());
    }
    found.groups.sort_by(|one, other| one.statement.cmp(&other.statement));
    found.open_statement.sort_unstable();
    found.open_book.sort_unstable();
    found
}
