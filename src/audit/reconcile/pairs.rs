//! One line against one line of the same amount.
//!
//! The best points go first. Where several lines have equal points, they are paired in their order
//! if all of them come out even, or if those left over cannot be told apart; otherwise nobody can
//! know, and they are only proposed.

use crate::audit::reconcile::Settings;
use crate::audit::reconcile::crowd;
use crate::audit::reconcile::evidence::{Clue, Lines, Why, pair_points};
use std::collections::{BTreeMap, BTreeSet};

/// Most pairs of one amount that are looked at one by one; more are told apart by name and day
/// alone (see [`crowd`]).
const PAIRS_MAX: usize = 10_000;
/// Most other answers that are listed.
pub(super) const ALTERNATIVES_MAX: usize = 16;

/// A pair: numbers of both lines in [`Lines`].
#[derive(Clone, Debug)]
pub(super) struct Pair {
    pub bank: usize,
    pub book: usize,
    pub score: u32,
    pub why: Why,
    /// Other pairs that are as good.
    pub others: Vec<(usize, usize)>,
}

/// What pairing found.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub matched: Vec<Pair>,
    pub proposed: Vec<Pair>,
    /// True where texts could not be compared one by one.
    pub exhausted: bool,
}

/// Pairs lines of one amount. `free` says which lines may be used.
/// Cost: sorts; then at most [`PAIRS_MAX`] pairs for each amount and stretch of days.
pub(super) fn pair_up(lines: &Lines, free: &Free, settings: &Settings) -> Pairs {
    let mut amounts: BTreeMap<i64, Bucket> = BTreeMap::new();
    let mut add = |clue: &Clue, number: usize, is_bank: bool| {
        let bucket = amounts.entry(clue.fen).or_default();
        if is_bank { bucket.bank.push(number) } else { bucket.book.push(number) }
    };
    for (number, clue) in lines.statement.iter().enumerate().filter(|(n, _)| free.bank(*n)) {
        add(clue, number, true);
    }
    for (number, clue) in lines.book.iter().enumerate().filter(|(n, _)| free.book(*n)) {
        add(clue, number, false);
    }
    let mut found = Pairs::default();
    for bucket in amounts.into_values() {
        for stretch in bucket.stretches(lines, settings.days_far) {
            if stretch.bank.is_empty() || stretch.book.is_empty() {
                continue;
            }
            if stretch.pairs(lines, settings.days_far) > PAIRS_MAX {
                crowd::pair_up(lines, &stretch, settings, &mut found);
            } else {
                Cluster::new(lines, &stretch, settings).settle(&mut found);
            }
        }
    }
    found
}

/// Which lines are not in a group yet.
#[derive(Clone)]
pub(super) struct Free {
    bank: Vec<bool>,
    book: Vec<bool>,
}

impl Free {
    pub fn new(lines: &Lines) -> Self {
        Self { bank: vec![true; lines.statement.len()], book: vec![true; lines.book.len()] }
    }

    pub fn bank(&self, number: usize) -> bool {
        self.bank.get(number).copied().unwrap_or(false)
    }

    pub fn book(&self, number: usize) -> bool {
        self.book.get(number).copied().unwrap_or(false)
    }

    /// Takes lines, if all of them are free.
    pub fn take(&mut self, bank: &[usize], book: &[usize]) -> bool {
        let all = bank.iter().all(|n| self.bank(*n)) && book.iter().all(|n| self.book(*n));
        if all {
            bank.iter().filter_map(|n| self.bank.get_mut(*n).map(|f| *f = false)).for_each(drop);
            book.iter().filter_map(|n| self.book.get_mut(*n).map(|f| *f = false)).for_each(drop);
        }
        all
    }
}

/// Lines of one amount, both in the order of their days.
#[derive(Clone, Debug, Default)]
pub(super) struct Bucket {
    pub bank: Vec<usize>,
    pub book: Vec<usize>,
}

impl Bucket {
    /// Cut where nothing happens for more than `days`: lines beyond cannot meet.
    fn stretches(self, lines: &Lines, days: i64) -> Vec<Self> {
        let bank = self.bank.into_iter().map(|n| (day(&lines.statement, n), true, n));
        let book = self.book.into_iter().map(|n| (day(&lines.book, n), false, n));
        let mut all: Vec<(i64, bool, usize)> = bank.chain(book).collect();
        all.sort_unstable();
        let (mut cut, mut last) = (Vec::<Self>::new(), None);
        for (day, is_bank, number) in all {
            if last.is_none_or(|last| day - last > days) {
                cut.push(Self::default());
            }
            last = Some(day);
            let Some(stretch) = cut.last_mut() else { continue };
            if is_bank { stretch.bank.push(number) } else { stretch.book.push(number) }
        }
        cut
    }

    /// Number of pairs not more than `days` apart.
    fn pairs(&self, lines: &Lines, days: i64) -> usize {
        let (mut from, mut to, mut count) = (0, 0, 0_usize);
        let book_day = |place: usize| self.book.get(place).map(|n| day(&lines.book, *n));
        for bank in &self.bank {
            let own = day(&lines.statement, *bank);
            while book_day(from).is_some_and(|day| day < own - days) {
                from += 1;
            }
            while book_day(to).is_some_and(|day| day <= own + days) {
                to += 1;
            }
            count = count.saturating_add(to - from.min(to));
        }
        count
    }
}

/// Day of a line.
pub(super) fn day(clues: &[Clue], number: usize) -> i64 {
    clues.get(number).map_or(0, |clue| clue.day)
}

/// True when no two of the lines can be told apart.
pub(super) fn all_twins(clues: &[Clue], numbers: &[usize]) -> bool {
    let mut all = numbers.iter().filter_map(|number| clues.get(*number));
    let first = all.next();
    all.all(|clue| first.is_some_and(|first| first.is_twin(clue)))
}

/// Lines of one amount in one stretch of days, with the points of every pair.
struct Cluster<'a> {
    lines: &'a Lines,
    settings: &'a Settings,
    /// In the order of the pairs.
    edges: Vec<((usize, usize), u32, Why)>,
    /// Lines of the statement that have points with a line of the book.
    by_book: BTreeMap<usize, Vec<usize>>,
    free_bank: BTreeSet<usize>,
    free_book: BTreeSet<usize>,
    /// Lines that were in a choice nobody could make.
    unsure_bank: BTreeSet<usize>,
    unsure_book: BTreeSet<usize>,
    /// Lines of the statement whose neighbourhood was looked at.
    asked: BTreeSet<usize>,
}

impl<'a> Cluster<'a> {
    fn new(lines: &'a Lines, stretch: &Bucket, settings: &'a Settings) -> Self {
        let (mut edges, mut by_book) = (Vec::new(), BTreeMap::new());
        for bank in &stretch.bank {
            for book in &stretch.book {
                let (Some(one), Some(other)) = (lines.statement.get(*bank), lines.book.get(*book))
                else {
                    continue;
                };
                if (one.day - other.day).abs() <= settings.days_far {
                    let (score, why) = pair_points(one, other, settings);
                    if score >= settings.propose_score {
                        edges.push(((*bank, *book), score, why));
                        by_book.entry(*book).or_insert_with(Vec::new).push(*bank);
                    }
                }
            }
        }
        edges.sort_unstable_by_key(|(pair, ..)| *pair);
        Self {
            lines,
            settings,
            edges,
            by_book,
            free_bank: stretch.bank.iter().copied().collect(),
            free_book: stretch.book.iter().copied().collect(),
            unsure_bank: BTreeSet::new(),
            unsure_book: BTreeSet::new(),
            asked: BTreeSet::new(),
        }
    }

    /// Level by level of points, the best first.
    fn settle(mut self, found: &mut Pairs) {
        let mut levels: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
        for (pair, score, _) in &self.edges {
            levels.entry(*score).or_default().push(*pair);
        }
        for pairs in levels.into_values().rev() {
            let live: Vec<(usize, usize)> =
                pairs.into_iter().filter(|pair| self.is_free(*pair)).collect();
            for component in components(&live) {
                // An earlier one of this level may have settled a whole neighbourhood.
                let all = component.edges.iter().copied();
                let left: Vec<(usize, usize)> = all.filter(|pair| self.is_free(*pair)).collect();
                components(&left).iter().for_each(|left| self.decide(left, found));
            }
        }
    }

    fn points(&self, pair: (usize, usize)) -> Option<(u32, Why)> {
        let place = self.edges.binary_search_by_key(&pair, |(pair, ..)| *pair).ok()?;
        self.edges.get(place).map(|(_, score, why)| (*score, *why))
    }

    fn is_free(&self, (bank, book): (usize, usize)) -> bool {
        self.free_bank.contains(&bank) && self.free_book.contains(&book)
    }

    fn decide(&mut self, component: &Component, found: &mut Pairs) {
        let (bank, book) = (&component.bank, &component.book);
        let in_order = |pair: &(usize, usize)| component.edges.contains(pair);
        let order: Vec<(usize, usize)> = bank.iter().copied().zip(book.iter().copied()).collect();
        let fits = order.iter().all(in_order);
        let rest_is_alike = match bank.len().cmp(&book.len()) {
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Greater => all_twins(&self.lines.statement, bank),
            std::cmp::Ordering::Less => all_twins(&self.lines.book, book),
        };
        if fits && rest_is_alike {
            let word = if order.len() > 1 { Why::IN_ORDER } else { Why::SAME_AMOUNT };
            order.into_iter().for_each(|pair| self.take(pair, word, Vec::new(), found));
        } else if let Some(order) = self.neighbourhood(component) {
            order.into_iter().for_each(|pair| self.take(pair, Why::IN_ORDER, Vec::new(), found));
        } else {
            self.unsure_bank.extend(bank);
            self.unsure_book.extend(book);
            for pair in order.into_iter().filter(in_order) {
                let is_other = |other: &&(usize, usize)| {
                    **other != pair && (other.0 == pair.0 || other.1 == pair.1)
                };
                let others = component.edges.iter().filter(is_other).take(ALTERNATIVES_MAX);
                let others = others.copied().collect();
                self.take(pair, Why::SEVERAL_ANSWERS, others, found);
            }
        }
    }

    /// All free lines around that could be matched: if both sides have the same number and pair up
    /// in order, then everything clears whichever belongs to which. Asked once of each line, at
    /// the first choice that cannot be made.
    fn neighbourhood(&mut self, component: &Component) -> Option<Vec<(usize, usize)>> {
        let first = component.bank.first().filter(|bank| !self.asked.contains(bank))?;
        let strong = |pair: &(usize, usize)| {
            self.points(*pair).is_some_and(|(score, _)| score >= self.settings.match_score)
                && self.is_free(*pair)
        };
        let (mut banks, mut books, mut waiting) = (BTreeSet::new(), BTreeSet::new(), vec![*first]);
        while let Some(bank) = waiting.pop() {
            if !banks.insert(bank) {
                continue;
            }
            let from = self.edges.partition_point(|(pair, ..)| pair.0 < bank);
            let partners =
                self.edges.get(from..).unwrap_or_default().iter().map(|(pair, ..)| *pair);
            let partners = partners.take_while(|pair| pair.0 == bank);
            for (_, book) in partners.filter(strong) {
                if books.insert(book) {
                    let back = self.by_book.get(&book).into_iter().flatten();
                    let back =
                        back.filter(|bank| !banks.contains(*bank) && strong(&(**bank, book)));
                    waiting.extend(back);
                }
            }
        }
        let order: Vec<(usize, usize)> = banks.iter().copied().zip(books.iter().copied()).collect();
        let sure = |(bank, book): &(usize, usize)| {
            !self.unsure_bank.contains(bank) && !self.unsure_book.contains(book)
        };
        let even = banks.len() == books.len();
        let clears = even && order.iter().all(strong) && order.iter().all(sure);
        self.asked.extend(banks);
        clears.then_some(order)
    }

    fn take(
        &mut self,
        pair: (usize, usize),
        word: Why,
        others: Vec<(usize, usize)>,
        found: &mut Pairs,
    ) {
        let Some((score, why)) = self.points(pair) else { return };
        let (bank, book) = pair;
        let unsure = self.unsure_bank.contains(&bank) || self.unsure_book.contains(&book);
        self.free_bank.remove(&bank);
        self.free_book.remove(&book);
        let pair = Pair { bank, book, score, why: why.and(word), others };
        if unsure || score < self.settings.match_score {
            found.proposed.push(pair);
        } else {
            found.matched.push(pair);
        }
    }
}

/// Lines that hang together by pairs.
struct Component {
    bank: Vec<usize>,
    book: Vec<usize>,
    edges: BTreeSet<(usize, usize)>,
}

/// Connected parts, in the order of their first line of the statement.
fn components(edges: &[(usize, usize)]) -> Vec<Component> {
    let mut by_bank: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut by_book: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (bank, book) in edges {
        by_bank.entry(*bank).or_default().push(*book);
        by_book.entry(*book).or_default().push(*bank);
    }
    let mut parts = Vec::new();
    while let Some((first, _)) = by_bank.first_key_value() {
        let (mut banks, mut books) = (BTreeSet::new(), BTreeSet::new());
        let (mut pairs, mut waiting) = (BTreeSet::new(), vec![*first]);
        while let Some(bank) = waiting.pop() {
            banks.insert(bank);
            for book in by_bank.remove(&bank).unwrap_or_default() {
                pairs.insert((bank, book));
                if books.insert(book) {
                    waiting.extend(by_book.get(&book).into_iter().flatten());
                }
            }
        }
        let (bank, book) = (banks.into_iter().collect(), books.into_iter().collect());
        parts.push(Component { bank, book, edges: pairs });
    }
    parts
}
