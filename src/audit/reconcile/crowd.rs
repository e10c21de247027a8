//! Very many lines of one amount: too many to compare each with each.
//!
//! They are told apart by the other party's name first, where both sides give it, then by the day
//! alone. The rules are those of [`super::pairs`]: what comes out even is paired in order, and
//! a choice that nobody can make is only proposed.

use crate::audit::reconcile::Settings;
use crate::audit::reconcile::evidence::{Lines, Why, pair_points};
use crate::audit::reconcile::pairs::{ALTERNATIVES_MAX, Bucket, Pair, Pairs, all_twins, day};
use std::collections::{BTreeMap, BTreeSet};

/// Pairs a crowd. Cost: sorts; each day is looked up at most `2 days_near + 1` times for each name.
pub(super) fn pair_up(lines: &Lines, crowd: &Bucket, settings: &Settings, found: &mut Pairs) {
    found.exhausted = true;
    let mut named: BTreeMap<&str, Bucket> = BTreeMap::new();
    for bank in &crowd.bank {
        let name = lines.statement.get(*bank).map_or("", |clue| clue.name.as_str());
        named.entry(name).or_default().bank.push(*bank);
    }
    for book in &crowd.book {
        let name = lines.book.get(*book).map_or("", |clue| clue.name.as_str());
        named.entry(name).or_default().book.push(*book);
    }
    let mut taken = Taken::default();
    for (_, bucket) in named.into_iter().filter(|(name, _)| !name.is_empty()) {
        by_day(lines, &bucket, settings, &mut taken, found);
    }
    let left = taken.without(crowd);
    by_day(lines, &left, settings, &mut taken, found);
}

/// Lines that are in a pair.
#[derive(Default)]
struct Taken {
    bank: BTreeSet<usize>,
    book: BTreeSet<usize>,
    unsure_bank: BTreeSet<usize>,
    unsure_book: BTreeSet<usize>,
}

impl Taken {
    fn without(&self, bucket: &Bucket) -> Bucket {
        let bank = bucket.bank.iter().copied().filter(|n| !self.bank.contains(n)).collect();
        let book = bucket.book.iter().copied().filter(|n| !self.book.contains(n)).collect();
        Bucket { bank, book }
    }

    fn pair(
        &mut self,
        lines: &Lines,
        settings: &Settings,
        (pair, word): ((usize, usize), Why),
        others: Vec<(usize, usize)>,
        found: &mut Pairs,
    ) {
        let (bank, book) = pair;
        let (Some(one), Some(other)) = (lines.statement.get(bank), lines.book.get(book)) else {
            return;
        };
        let (score, why) = pair_points(one, other, settings);
        let unsure = self.unsure_bank.contains(&bank) || self.unsure_book.contains(&book);
        self.bank.insert(bank);
        self.book.insert(book);
        let pair = Pair { bank, book, score, why: why.and(word), others };
        if unsure || score < settings.match_score {
            found.proposed.push(pair);
        } else {
            found.matched.push(pair);
        }
    }
}

fn by_day(
    lines: &Lines,
    bucket: &Bucket,
    settings: &Settings,
    taken: &mut Taken,
    found: &mut Pairs,
) {
    let order: Vec<(usize, usize)> =
        bucket.bank.iter().copied().zip(bucket.book.iter().copied()).collect();
    let apart = |(bank, book): &(usize, usize)| {
        (day(&lines.statement, *bank) - day(&lines.book, *book)).abs()
    };
    let even = bucket.bank.len() == bucket.book.len();
    if even && order.iter().all(|pair| apart(pair) <= settings.days_near) {
        for pair in order {
            taken.pair(lines, settings, (pair, Why::IN_ORDER), Vec::new(), found);
        }
        return;
    }
    for distance in 0..=settings.days_near {
        let left = taken.without(bucket);
        if left.bank.is_empty() || left.book.is_empty() {
            return;
        }
        for block in blocks(lines, &left, distance) {
            settle(lines, &block, settings, taken, found);
        }
    }
}

/// Days that stand `distance` apart, hung together.
fn blocks(lines: &Lines, left: &Bucket, distance: i64) -> Vec<Bucket> {
    let mut banks: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    let mut books: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for number in &left.bank {
        banks.entry(day(&lines.statement, *number)).or_default().push(*number);
    }
    for number in &left.book {
        books.entry(day(&lines.book, *number)).or_default().push(*number);
    }
    let mut blocks = Vec::new();
    while let Some((first, _)) = banks.first_key_value() {
        let (mut block, mut waiting) = (Bucket::default(), vec![*first]);
        while let Some(own) = waiting.pop() {
            block.bank.extend(banks.remove(&own).unwrap_or_default());
            for other in [own - distance, own + distance] {
                block.book.extend(books.remove(&other).unwrap_or_default());
                let next = [other - distance, other + distance].into_iter();
                waiting.extend(next.filter(|next| banks.contains_key(next)));
            }
        }
        block.bank.sort_unstable();
        block.book.sort_unstable();
        if !block.book.is_empty() {
            blocks.push(block);
        }
    }
    blocks
}

fn settle(
    lines: &Lines,
    block: &Bucket,
    settings: &Settings,
    taken: &mut Taken,
    found: &mut Pairs,
) {
    let rest_is_alike = match block.bank.len().cmp(&block.book.len()) {
        std::cmp::Ordering::Equal => true,
        std::cmp::Ordering::Greater => all_twins(&lines.statement, &block.bank),
        std::cmp::Ordering::Less => all_twins(&lines.book, &block.book),
    };
    if !rest_is_alike {
        taken.unsure_bank.extend(&block.bank);
        taken.unsure_book.extend(&block.book);
    }
    let near = |(bank, book): &(usize, usize)| {
        let apart = day(&lines.statement, *bank) - day(&lines.book, *book);
        apart.abs() <= settings.days_near
    };
    for pair in block.bank.iter().copied().zip(block.book.iter().copied()).filter(near) {
        let others = block.book.iter().filter(|book| **book != pair.1);
        let others = others.map(|book| (pair.0, *book)).take(ALTERNATIVES_MAX).collect();
        let (word, others) = if rest_is_alike {
            (Why::IN_ORDER, Vec::new())
        } else {
            (Why::SEVERAL_ANSWERS, others)
        };
        taken.pair(lines, settings, (pair, word), others, found);
    }
}
