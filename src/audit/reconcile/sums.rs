//! Several lines of one side that add up to one line of the other.
//!
//! First come lines that hang together anyway: of one entry, one document, or one day and text.
//! Then sums are searched among the lines nearby, both halves of them added up apart and met in
//! the middle, so that every sum is seen and every answer is known. Where lines nearby are more
//! than the bound allows, fewer days are searched, and that is told. No group mixes money in with
//! money out: a refund beside a payment is two facts, and netting them would hide both.

use crate::audit::reconcile::Settings;
use crate::audit::reconcile::evidence::{Clue, Lines, Why, date_points, text_points};
use crate::audit::reconcile::pairs::Free;
use std::collections::{BTreeMap, BTreeSet};

/// Points of an exact sum; a pair of equal amounts has more, because it is the simpler answer.
const SUM: i64 = 400;
/// Points of a searched sum that is no coincidence (see [`CHANCE`]).
const RARE: i64 = 60;
/// Points lost by each line of a searched group beyond two.
const LINE: i64 = 25;
/// Answers kept for a line; more are not worth reading.
const ANSWERS_MAX: usize = 16;
/// Most lines that are searched, whatever the bound allows.
const LINES_MAX: usize = 40;
/// A sum counts as no coincidence if so many times as many sums would fit below the amount.
const CHANCE: i128 = 20;

/// A line of one side and the lines of the other that add up to it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub bank: Vec<usize>,
    pub book: Vec<usize>,
    /// True where one line of the statement stands for several of the book.
    pub one_is_bank: bool,
    pub score: u32,
    pub why: Why,
    /// True where it is no coincidence and nothing was left untried.
    pub is_proven: bool,
}

impl Answer {
    /// The one line.
    pub fn one(&self) -> (bool, usize) {
        let lines = if self.one_is_bank { &self.bank } else { &self.book };
        (self.one_is_bank, lines.first().copied().unwrap_or(usize::MAX))
    }
}

/// Answers of all free lines. `single` holds lines for which a line of the same amount is proposed:
/// sums are not searched among them. The flag tells that not every sum was tried.
/// Cost: for each free line at most `steps_max` sums.
pub(super) fn answers(
    lines: &Lines,
    free: &Free,
    single: &Free,
    settings: &Settings,
) -> (Vec<Answer>, bool) {
    let (mut all, mut exhausted) = (BTreeMap::new(), false);
    for one_is_bank in [true, false] {
        let side = Side::new(lines, one_is_bank, free, single, settings);
        for one in side.ones() {
            for answer in side.natural(one) {
                keep(&mut all, answer);
            }
            if side.is_single(one_is_bank, one) {
                let (found, is_complete) = side.searched(one);
                exhausted |= !is_complete;
                found.into_iter().for_each(|answer| keep(&mut all, answer));
            }
        }
    }
    (all.into_values().collect(), exhausted)
}

type Key = (bool, Vec<usize>, Vec<usize>);

/// Of one answer found twice, the better reasons stay.
fn keep(all: &mut BTreeMap<Key, Answer>, answer: Answer) {
    let key = (answer.one_is_bank, answer.bank.clone(), answer.book.clone());
    let better = |held: &Answer| (held.is_proven, held.score) >= (answer.is_proven, answer.score);
    if !all.get(&key).is_some_and(better) {
        all.insert(key, answer);
    }
}

/// Lines that hang together, with their sum.
struct Heap {
    hang: Hang,
    parts: Vec<usize>,
}

/// By what lines hang together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hang {
    Entry,
    Document,
    DayDocument,
    DayText,
    DayName,
}

impl Hang {
    /// Points beside those of an exact sum.
    fn points(self) -> i64 {
        match self {
            Self::Entry => 150,
            Self::DayDocument => 130,
            Self::Document => 100,
            Self::DayText | Self::DayName => 80,
        }
    }

    fn why(self) -> Why {
        match self {
            Self::Entry => Why::SAME_ENTRY,
            Self::DayDocument | Self::Document => Why::SAME_DOCUMENT,
            Self::DayText => Why::SIMILAR_TEXT,
            Self::DayName => Why::SAME_PARTY_NAME,
        }
    }
}

/// One direction: single lines on one side, parts on the other.
struct Side<'a> {
    lines: &'a Lines,
    one_is_bank: bool,
    free: &'a Free,
    single: &'a Free,
    settings: &'a Settings,
    /// Heaps by their sum.
    heaps: BTreeMap<i128, Vec<Heap>>,
    /// Parts by sign and day, each day's by amount.
    days: BTreeMap<(bool, i64), Vec<(i64, usize)>>,
}

impl<'a> Side<'a> {
    fn new(
        lines: &'a Lines,
        one_is_bank: bool,
        free: &'a Free,
        single: &'a Free,
        settings: &'a Settings,
    ) -> Self {
        let (heaps, days) = (BTreeMap::new(), BTreeMap::new());
        let mut side = Self { lines, one_is_bank, free, single, settings, heaps, days };
        let mut heaps: BTreeMap<(Hang, bool, i64, &str), Vec<usize>> = BTreeMap::new();
        let entries: Vec<String> = side.parts().iter().map(|part| part.entry.to_string()).collect();
        for (number, part) in side.parts().iter().enumerate() {
            if part.fen == 0 || !side.is_free(!one_is_bank, number) {
                continue;
            }
            let mut heap = |hang, day, text| {
                heaps.entry((hang, part.fen > 0, day, text)).or_default().push(number);
            };
            if let Some(entry) = entries.get(number).filter(|_| part.entry != 0) {
                heap(Hang::Entry, 0, entry.as_str());
            }
            if !part.document.is_empty() {
                heap(Hang::Document, 0, &part.document);
                heap(Hang::DayDocument, part.day, &part.document);
            }
            if !part.text.trim().is_empty() {
                heap(Hang::DayText, part.day, part.text.trim());
            }
            if !part.name.is_empty() {
                heap(Hang::DayName, part.day, &part.name);
            }
            if side.is_single(!one_is_bank, number) {
                let of_day = side.days.entry((part.fen > 0, part.day)).or_default();
                of_day.push((part.fen.abs(), number));
            }
        }
        let heaps = heaps.into_iter().filter(|(_, parts)| parts.len() > 1);
        let whole: Vec<Heap> = heaps.map(|((hang, ..), parts)| Heap { hang, parts }).collect();
        for heap in whole {
            let fen = |number: &usize| side.parts().get(*number).map(|part| i128::from(part.fen));
            let sum = heap.parts.iter().filter_map(fen).sum();
            side.heaps.entry(sum).or_default().push(heap);
        }
        side.days.values_mut().for_each(|day| day.sort_unstable());
        side
    }

    fn parts(&self) -> &'a [Clue] {
        if self.one_is_bank { &self.lines.book } else { &self.lines.statement }
    }

    fn singles(&self) -> &'a [Clue] {
        if self.one_is_bank { &self.lines.statement } else { &self.lines.book }
    }

    fn is_free(&self, bank: bool, number: usize) -> bool {
        if bank { self.free.bank(number) } else { self.free.book(number) }
    }

    fn is_single(&self, bank: bool, number: usize) -> bool {
        if bank { self.single.bank(number) } else { self.single.book(number) }
    }

    fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.singles().len()).filter(|number| self.is_free(self.one_is_bank, *number))
    }

    /// Heaps that come to the line's amount, nearby.
    fn natural(&self, one: usize) -> Vec<Answer> {
        let Some(line) = self.singles().get(one) else { return Vec::new() };
        let heaps = self.heaps.get(&i128::from(line.fen)).into_iter().flatten();
        let near = heaps.filter(|heap| self.apart(line, &heap.parts) <= self.settings.days_near);
        near.map(|heap| {
            let mut answer = self.answer(one, line, heap.parts.clone());
            answer.score = raised(answer.score, heap.hang.points());
            answer.why = answer.why.and(heap.hang.why());
            answer.is_proven = true;
            answer
        })
        .collect()
    }

    /// Most days between the line and a part.
    fn apart(&self, line: &Clue, parts: &[usize]) -> i64 {
        let part = |number: &usize| self.parts().get(*number);
        parts.iter().filter_map(part).map(|part| (part.day - line.day).abs()).max().unwrap_or(0)
    }

    fn answer(&self, one: usize, line: &Clue, parts: Vec<usize>) -> Answer {
        let (date, date_word) = date_points(self.apart(line, &parts), self.settings);
        let (mut text, mut count) = (0_i64, 0_i64);
        for part in parts.iter().filter_map(|number| self.parts().get(*number)) {
            let (bank, book) = if self.one_is_bank { (line, part) } else { (part, line) };
            text += text_points(bank, book).0;
            count += 1;
        }
        let text = text.checked_div(count).unwrap_or(0);
        let (bank, book) = if self.one_is_bank { (vec![one], parts) } else { (parts, vec![one]) };
        Answer {
            bank,
            book,
            one_is_bank: self.one_is_bank,
            score: u32::try_from(SUM + date + text).unwrap_or(0),
            why: date_word.and(Why::SAME_SUM),
            // With a document or a party in common it is no coincidence.
            is_proven: text >= 100,
        }
    }

    /// Parts nearby with smaller amounts, within as many days as the bound allows; the flag tells
    /// that these are all.
    fn nearby(&self, line: &Clue) -> (Vec<(i64, usize)>, bool) {
        let max = lines_max(self.settings.steps_max);
        let mut parts: Vec<(i64, usize)> = Vec::new();
        for apart in 0..=self.settings.days_near {
            let mut of_days: Vec<(i64, usize)> = Vec::new();
            let both = [line.day - apart, line.day + apart];
            for day in if apart == 0 { both.get(..1) } else { Some(&both[..]) }.unwrap_or_default()
            {
                let held = self.days.get(&(line.fen > 0, *day)).map_or(&[][..], Vec::as_slice);
                let smaller = held.partition_point(|(fen, _)| *fen < line.fen.abs());
                of_days.extend(held.get(..smaller).unwrap_or_default().iter().take(max + 1));
            }
            if parts.len() + of_days.len() > max {
                return (parts, false);
            }
            parts.extend(of_days);
        }
        (parts, true)
    }

    /// Sums of lines nearby; the flag tells that all were tried.
    fn searched(&self, one: usize) -> (Vec<Answer>, bool) {
        let Some(line) = self.singles().get(one) else { return (Vec::new(), true) };
        let (parts, is_whole) = self.nearby(line);
        let total: i128 = parts.iter().map(|(fen, _)| i128::from(*fen)).sum();
        if parts.len() < 2 || total < i128::from(line.fen.abs()) {
            return (Vec::new(), is_whole);
        }
        let bounds = (self.settings.subset_max, self.settings.steps_max);
        let (found, all_kept) = sums(&parts, line.fen.abs(), bounds);
        let no_chance = is_no_coincidence(&parts, line.fen.abs());
        let is_complete = is_whole && all_kept;
        let answers = found.into_iter().map(|mut numbers| {
            numbers.sort_unstable();
            let extra = i64::try_from(numbers.len()).unwrap_or(i64::MAX).saturating_sub(2);
            let alike = self.alike(&numbers);
            let mut answer = self.answer(one, line, numbers);
            let rare = if no_chance { RARE } else { 0 };
            answer.score = raised(answer.score, alike + rare - LINE.saturating_mul(extra));
            answer.why = answer.why.and(Why::ONLY_SUM);
            answer.is_proven = (answer.is_proven || no_chance) && is_complete;
            answer
        });
        (answers.collect(), is_complete)
    }

    /// Points of what the parts have in common.
    fn alike(&self, numbers: &[usize]) -> i64 {
        let parts: Vec<&Clue> = numbers.iter().filter_map(|n| self.parts().get(*n)).collect();
        let same = |text: &dyn Fn(&Clue) -> String| {
            let texts: BTreeSet<String> = parts.iter().map(|part| text(part)).collect();
            texts.len() == 1 && texts.first().is_some_and(|text| !text.trim().is_empty())
        };
        let points = [
            (same(&|part| part.document.clone()), 60),
            (same(&|part| part.text.clone()), 40),
            (same(&|part| format!("{}{}", part.name, part.party)), 40),
        ];
        points.iter().filter(|(holds, _)| *holds).map(|(_, points)| points).sum()
    }
}

fn raised(score: u32, points: i64) -> u32 {
    u32::try_from(i64::from(score).saturating_add(points)).unwrap_or(0)
}

/// Lines of which all sums can be tried in so many steps: both halves have 2^(n/2) sums.
fn lines_max(steps: u64) -> usize {
    let half = steps.max(2).ilog2().saturating_sub(1);
    usize::try_from(half).unwrap_or(0).saturating_mul(2).min(LINES_MAX)
}

/// True when so few sums were tried that hitting the amount by chance is unlikely, also for round
/// amounts: only multiples of the largest common divisor can be hit.
fn is_no_coincidence(parts: &[(i64, usize)], amount: i64) -> bool {
    let divisor = parts.iter().fold(amount, |divisor, (fen, _)| gcd(divisor, *fen));
    let tried = u32::try_from(parts.len()).ok().and_then(|count| 1_i128.checked_shl(count));
    let fit = i128::from(amount).checked_div(i128::from(divisor)).unwrap_or(0);
    tried.is_some_and(|tried| tried.saturating_mul(CHANCE) <= fit)
}

fn gcd(one: i64, other: i64) -> i64 {
    let (mut one, mut other) = (one, other);
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// All sums of some lines with which lines they are made of, ascending; made by merging.
fn all_sums(parts: &[(i64, usize)]) -> Vec<(i64, u64)> {
    let mut sums: Vec<(i64, u64)> = vec![(0, 0)];
    for (place, (fen, _)) in parts.iter().enumerate() {
        let raised: Vec<(i64, u64)> =
            sums.iter().map(|(sum, mask)| (sum.saturating_add(*fen), mask | 1 << place)).collect();
        let mut merged = Vec::with_capacity(2 * sums.len());
        let (mut plain, mut more) = (sums.into_iter().peekable(), raised.into_iter().peekable());
        loop {
            match (plain.peek(), more.peek()) {
                (Some(one), Some(other)) if one.0 <= other.0 => merged.extend(plain.next()),
                (_, Some(_)) => merged.extend(more.next()),
                (Some(_), None) => merged.extend(plain.next()),
                (None, None) => break,
            }
        }
        sums = merged;
    }
    sums
}

/// Every set of two to `count_max` lines with that sum; the flag tells that none was left out.
/// Cost: the sums of both halves, and at most `steps_max` sets beside.
fn sums(
    parts: &[(i64, usize)],
    amount: i64,
    (count_max, steps_max): (usize, u64),
) -> (Vec<Vec<usize>>, bool) {
    let mut largest: Vec<i64> = parts.iter().map(|(fen, _)| *fen).collect();
    largest.sort_unstable_by(|one, other| other.cmp(one));
    let most: i128 = largest.iter().take(count_max).map(|fen| i128::from(*fen)).sum();
    if most < i128::from(amount) {
        return (Vec::new(), true);
    }
    let mut steps = 0_u64;
    let (left, right) = parts.split_at(parts.len() / 2);
    let (low, high) = (all_sums(left), all_sums(right));
    let mut found = Vec::new();
    let mut top = high.len();
    for (sum, mask) in &low {
        let wanted = amount - sum;
        while top > 0 && high.get(top - 1).is_some_and(|(sum, _)| *sum > wanted) {
            top -= 1;
        }
        let fitting = high.get(..top).unwrap_or_default().iter().rev();
        for (_, other) in fitting.take_while(|(sum, _)| *sum == wanted) {
            steps += 1;
            if steps > steps_max {
                return (found, false);
            }
            let count = (mask.count_ones() + other.count_ones()) as usize;
            if count < 2 || count > count_max {
                continue;
            }
            if found.len() == ANSWERS_MAX {
                return (found, false);
            }
            let of_left = left.iter().enumerate().filter(|(place, _)| mask & 1 << place != 0);
            let of_right = right.iter().enumerate().filter(|(place, _)| other & 1 << place != 0);
            found.push(of_left.chain(of_right).map(|(_, (_, number))| *number).collect());
        }
    }
    (found, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against trying every set one by one.
    #[test]
    fn every_sum_is_found() {
        let mut seed = 7_u64;
        let mut next = move |below: u64| {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut hits = 0;
        for _ in 0..300 {
            let count = 2 + next(9) as usize;
            let parts: Vec<(i64, usize)> =
                (0..count).map(|place| (1 + next(12) as i64, place + 100)).collect();
            let amount = 1 + next(40) as i64;
            let mut plain: Vec<Vec<usize>> = (0_u32..1 << count)
                .filter(|mask| (2..=4).contains(&mask.count_ones()))
                .map(|mask| (0..count).filter(|place| mask & 1 << place != 0).collect::<Vec<_>>())
                .filter(|set| set.iter().map(|place| parts[*place].0).sum::<i64>() == amount)
                .map(|set| set.into_iter().map(|place| place + 100).collect())
                .collect();
            plain.sort();
            let (mut found, all) = sums(&parts, amount, (4, 10_000));
            assert_eq!(all, plain.len() <= ANSWERS_MAX);
            if all {
                found.sort();
                assert_eq!(found, plain);
                hits += found.len();
            }
        }
        assert!(hits > 300, "{hits} sums are too few to mean anything");
    }

    #[test]
    fn the_bound_is_in_lines() {
        assert_eq!(lines_max(10_000), 24);
        assert_eq!(lines_max(0), 0);
        assert_eq!(lines_max(u64::MAX), LINES_MAX);
    }

    /// 2 lines have 4 sums: among multiples of 100,000.00 there are only 3 below 300,000.00.
    #[test]
    fn round_amounts_meet_by_chance() {
        let round = [(10_000_000, 0), (20_000_000, 1)];
        assert!(!is_no_coincidence(&round, 30_000_000));
        assert!(is_no_coincidence(&[(10_000_001, 0), (20_000_000, 1)], 30_000_001));
    }
}
