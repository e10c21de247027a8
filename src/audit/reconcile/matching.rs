//! Which lines of the statement and of the book belong together.

use crate::audit::reconcile::evidence::{Clue, Lines, Why};
use crate::audit::reconcile::pairs::{Free, Pair, Pairs, pair_up};
use crate::audit::reconcile::sums::{Answer, answers};
use crate::audit::reconcile::{BookLine, StatementLine};
use compact_str::CompactString;
use std::collections::{BTreeMap, BTreeSet};

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

/// An answer counts alone if no other one that needs one of its lines comes so near to its points.
const MARGIN: u32 = 50;

/// Finds which lines belong together: what was confirmed first, then entries with their reversals,
/// then one line against one of the same amount, then sums. Nothing depends on the order of the
/// lists. Lines of one amount that lie further away than `days_far` never matter to each other.
/// Cost: sorts both lists; at most 10,000 pairs for each amount, and `steps_max` sums for each line
/// that is then still open.
pub fn match_lines(
    statement: &[StatementLine],
    book: &[BookLine],
    confirmed: &[Confirmed],
    settings: &Settings,
) -> Matching {
    let lines = Lines::new(statement, book);
    let mut work = Work { free: Free::new(&lines), lines, groups: Vec::new() };
    work.confirm(statement, book, confirmed, settings);
    work.reversals(book, settings);
    let Pairs { matched, proposed, exhausted } = pair_up(&work.lines, &work.free, settings);
    matched.into_iter().for_each(|pair| work.pair(Zone::Matched, pair));
    let mut single = work.free.clone();
    for pair in &proposed {
        single.take(&[pair.bank], &[]);
        single.take(&[], &[pair.book]);
    }
    let (answers, sums_exhausted) = answers(&work.lines, &work.free, &single, settings);
    work.settle(answers, proposed, settings);
    work.finish(exhausted || sums_exhausted)
}

/// The lines, and what is found so far; numbers are those of [`Lines`].
struct Work {
    lines: Lines,
    free: Free,
    groups: Vec<Group>,
}

impl Work {
    fn places(&self, bank: &[usize], book: &[usize]) -> Pairing {
        let place = |clues: &[Clue], numbers: &[usize]| {
            let clue = |number: &usize| clues.get(*number).map(|clue| clue.place);
            let mut places: Vec<usize> = numbers.iter().filter_map(clue).collect();
            places.sort_unstable();
            places
        };
        Pairing {
            statement: place(&self.lines.statement, bank),
            book: place(&self.lines.book, book),
        }
    }

    fn group(&mut self, zone: Zone, score: u32, why: Why, lines: (&[usize], &[usize])) {
        let Pairing { statement, book } = self.places(lines.0, lines.1);
        let (confirmed, alternatives) = (None, Vec::new());
        let reasons = why.words();
        self.groups.push(Group { zone, confirmed, score, reasons, statement, book, alternatives });
    }

    /// Confirmed matches; a line belongs to the first that names it. Where the lines no longer sum
    /// to the same, or one of them is gone, the match is only proposed, and keeps its lines.
    fn confirm(
        &mut self,
        statement: &[StatementLine],
        book: &[BookLine],
        confirmed: &[Confirmed],
        settings: &Settings,
    ) {
        let ids = self.lines.statement.iter().enumerate().filter_map(|(number, clue)| {
            statement.get(clue.place).map(|line| (line.id.as_str(), number))
        });
        let ids: BTreeMap<&str, usize> = ids.filter(|(id, _)| !id.is_empty()).collect();
        let postings = self.lines.book.iter().enumerate().filter_map(|(number, clue)| {
            book.get(clue.place).map(|line| ((line.entry, line.line), number))
        });
        let postings: BTreeMap<(u64, u32), usize> = postings.collect();
        let mut order: Vec<&Confirmed> = confirmed.iter().collect();
        order.sort_by_key(|confirmed| confirmed.entry);
        for one in order {
            let banks: BTreeSet<usize> =
                one.lines.iter().filter_map(|id| ids.get(id.as_str()).copied()).collect();
            let books: BTreeSet<usize> =
                one.postings.iter().filter_map(|posting| postings.get(posting).copied()).collect();
            let banks: Vec<usize> = banks.into_iter().filter(|n| self.free.bank(*n)).collect();
            let books: Vec<usize> = books.into_iter().filter(|n| self.free.book(*n)).collect();
            if banks.is_empty() && books.is_empty() {
                continue;
            }
            let is_whole = banks.len() == one.lines.len() && books.len() == one.postings.len();
            let sum = |clues: &[Clue], numbers: &[usize]| -> i128 {
                numbers.iter().filter_map(|n| clues.get(*n)).map(|clue| i128::from(clue.fen)).sum()
            };
            let even = sum(&self.lines.statement, &banks) == sum(&self.lines.book, &books);
            self.free.take(&banks, &books);
            let (zone, why) = if is_whole && even {
                (Zone::Matched, Why::CONFIRMED)
            } else {
                (Zone::Proposed, Why::CONFIRMED.and(Why::SUM_DIFFERS))
            };
            self.group(zone, settings.match_score, why, (&banks, &books));
            if let Some(group) = self.groups.last_mut() {
                group.confirmed = Some(one.entry);
            }
        }
    }

    /// A line and the line of the entry that reverses it: the bank saw neither.
    fn reversals(&mut self, book: &[BookLine], settings: &Settings) {
        let mut lines: BTreeMap<(u64, i64, &str), Vec<usize>> = BTreeMap::new();
        let numbered = |clue: &Clue| book.get(clue.place);
        for (number, clue) in self.lines.book.iter().enumerate() {
            if let Some(line) = numbered(clue).filter(|_| self.free.book(number)) {
                lines.entry((line.entry, clue.fen, &line.owner)).or_default().push(number);
            }
        }
        let mut found = Vec::new();
        for (number, clue) in self.lines.book.iter().enumerate().rev() {
            let Some(line) = numbered(clue).filter(|_| self.free.book(number)) else { continue };
            let Some(reversed) = line.reverses else { continue };
            let negated = clue.fen.saturating_neg();
            let original = lines.get_mut(&(reversed, negated, &line.owner)).and_then(Vec::pop);
            found.extend(original.map(|original| [original, number]));
        }
        for mut both in found {
            both.sort_unstable();
            if self.free.take(&[], &both) {
                let score = settings.match_score;
                self.group(Zone::Matched, score, Why::REVERSED, (&[], &both));
            }
        }
    }

    fn pair(&mut self, zone: Zone, pair: Pair) {
        if !self.free.take(&[pair.bank], &[pair.book]) {
            return;
        }
        self.group(zone, pair.score, pair.why, (&[pair.bank], &[pair.book]));
        let others: Vec<Pairing> =
            pair.others.iter().map(|(bank, book)| self.places(&[*bank], &[*book])).collect();
        if let Some(group) = self.groups.last_mut() {
            group.alternatives = others;
        }
    }

    /// Sums that nothing comes near to are matched; then the pairs that are only proposed, being the
    /// simpler answers; then the other sums, the best first.
    fn settle(&mut self, answers: Vec<Answer>, pairs: Vec<Pair>, settings: &Settings) {
        let rivals = Rivals::of(&answers);
        let (sure, mut unsure): (Vec<Answer>, Vec<Answer>) = answers
            .into_iter()
            .filter(|answer| answer.score >= settings.propose_score)
            .partition(|answer| {
                answer.is_proven && answer.score >= settings.match_score && rivals.none_near(answer)
            });
        for answer in sure {
            if self.free.take(&answer.bank, &answer.book) {
                let lines = (&answer.bank[..], &answer.book[..]);
                self.group(Zone::Matched, answer.score, answer.why, lines);
            }
        }
        pairs.into_iter().for_each(|pair| self.pair(Zone::Proposed, pair));
        unsure.sort_by(|one, other| {
            let lines = (&one.bank, &one.book).cmp(&(&other.bank, &other.book));
            other.score.cmp(&one.score).then(lines)
        });
        let mut by_line: BTreeMap<(bool, usize), Vec<usize>> = BTreeMap::new();
        for (place, answer) in unsure.iter().enumerate() {
            by_line.entry(answer.one()).or_default().push(place);
        }
        for (place, answer) in unsure.iter().enumerate() {
            if !self.free.take(&answer.bank, &answer.book) {
                continue;
            }
            let others = by_line.get(&answer.one()).into_iter().flatten();
            let as_good = others.filter(|other| **other != place).filter_map(|n| unsure.get(*n));
            let as_good = as_good.filter(|other| other.score + MARGIN > answer.score);
            let alternatives: Vec<Pairing> =
                as_good.map(|other| self.places(&other.bank, &other.book)).collect();
            let is_alone = rivals.none_near(answer);
            let why = if is_alone { answer.why } else { answer.why.and(Why::SEVERAL_ANSWERS) };
            self.group(Zone::Proposed, answer.score, why, (&answer.bank, &answer.book));
            if let Some(group) = self.groups.last_mut() {
                group.alternatives = alternatives;
            }
        }
    }

    fn finish(mut self, steps_exhausted: bool) -> Matching {
        self.groups.sort_by(|one, other| {
            (&one.statement, &one.book).cmp(&(&other.statement, &other.book))
        });
        let banks: Vec<usize> =
            (0..self.lines.statement.len()).filter(|n| self.free.bank(*n)).collect();
        let books: Vec<usize> = (0..self.lines.book.len()).filter(|n| self.free.book(*n)).collect();
        let open = self.places(&banks, &books);
        Matching {
            groups: self.groups,
            open_statement: open.statement,
            open_book: open.book,
            steps_exhausted,
        }
    }
}

/// The two best answers that need a line.
struct Rivals(BTreeMap<(bool, usize), [u32; 2]>);

impl Rivals {
    fn of(answers: &[Answer]) -> Self {
        let mut best: BTreeMap<(bool, usize), [u32; 2]> = BTreeMap::new();
        for answer in answers {
            for line in Self::lines(answer) {
                let [first, second] = best.entry(line).or_default();
                if answer.score > *first {
                    (*first, *second) = (answer.score, *first);
                } else {
                    *second = answer.score.max(*second);
                }
            }
        }
        Self(best)
    }

    fn lines(answer: &Answer) -> impl Iterator<Item = (bool, usize)> + '_ {
        let banks = answer.bank.iter().map(|number| (true, *number));
        banks.chain(answer.book.iter().map(|number| (false, *number)))
    }

    /// True when no other answer that needs one of the lines comes near. The answer's own points
    /// are the best of each of its lines then, so the second best are another's.
    fn none_near(&self, answer: &Answer) -> bool {
        Self::lines(answer).all(|line| {
            self.0.get(&line).is_some_and(|[first, second]| {
                answer.score >= *first && answer.score >= second.saturating_add(MARGIN)
            })
        })
    }
}
