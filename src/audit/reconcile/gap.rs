//! Which faults together make up a difference: the smallest set first.

use crate::audit::reconcile::{Item, Place, Settings, SuggestInput, Suggestion};
use std::collections::{BTreeMap, BTreeSet};

/// Most causes that are searched; the difference of many more says nothing.
const CAUSES_MAX: usize = 2_000;
/// Most sets that are listed.
const SETS_MAX: usize = 20;
/// Largest set that is searched.
const SIZE_MAX: usize = 4;

/// Something that explains part of a difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Sets of places in the list of causes; all of one size, each ascending.
    pub sets: Vec<Vec<usize>>,
    /// True when no smaller set and no other set of this size explains it. Without any set: true
    /// when none exists at all.
    pub is_complete: bool,
    /// Sets of so many causes were all tried.
    pub searched: usize,
}

/// What the first suggestion of each item explains; a fault that touches lines of both sides is one
/// cause, its effect what the bank's lines have more than the book's.
/// Cost: one pass over the suggestions.
pub fn causes(input: &SuggestInput<'_>, suggestions: &[Vec<Suggestion>]) -> Vec<Cause> {
    let open: BTreeSet<Place> = input.items.iter().map(Item::place).collect();
    let mut found = BTreeMap::new();
    for first in suggestions.iter().filter_map(|all| all.first()) {
        // Evidence may be a line that is cleared, or one of another account: no part of the gap.
        let touched = first.involved.iter().chain([&first.place]);
        let lines: BTreeSet<Place> =
            touched.copied().filter(|place| open.contains(place)).collect();
        let fen = |place: &Place| match place {
            Place::Statement(line) => input.statement.get(*line).map(|line| line.amount.fen()),
            Place::Book(line) => input.book.get(*line).map(|line| -line.amount.fen()),
            Place::OtherStatement(..) | Place::OtherBook(..) => None,
        };
        let effect = lines.iter().filter_map(fen).fold(0_i64, i64::saturating_add);
        if effect != 0 {
            let involved: Vec<Place> = lines.into_iter().collect();
            found.entry(involved.clone()).or_insert(Cause { fault: first.fault, effect, involved });
        }
    }
    found.into_values().collect()
}

/// The smallest sets of causes whose effects sum to the gap (fen, statement less book). No line is
/// used twice in a set. Sets of up to four causes are searched, as long as `steps_max` sets squared
/// are not exceeded; what was searched is told.
/// Cost: at most `steps_max` times a hundred sums.
pub fn explain_gap(gap: i64, causes: &[Cause], settings: &Settings) -> Explanation {
    let mut found = Explanation::default();
    if gap == 0 {
        found.is_complete = true;
        return found;
    }
    let is_whole = causes.len() <= CAUSES_MAX;
    let mut steps = settings.steps_max.saturating_mul(100);
    let mut by_effect: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (place, cause) in causes.iter().enumerate().take(CAUSES_MAX) {
        by_effect.entry(cause.effect).or_default().push(place);
    }
    for size in 1..=SIZE_MAX {
        let mut search = Search { causes, by_effect: &by_effect, steps, sets: Vec::new() };
        let all_tried = search.extend(&mut Vec::new(), gap, size);
        steps = search.steps;
        let is_last = size >= causes.len();
        if !search.sets.is_empty() || !all_tried || is_last {
            let full = search.sets.len() >= SETS_MAX;
            found.sets = search.sets;
            found.is_complete = all_tried && is_whole && !full;
            found.searched = if all_tried { size } else { size - 1 };
            return found;
        }
        found.searched = size;
    }
    found
}

struct Search<'a> {
    causes: &'a [Cause],
    by_effect: &'a BTreeMap<i64, Vec<usize>>,
    steps: u64,
    sets: Vec<Vec<usize>>,
}

impl Search<'_> {
    /// Adds `more` causes to a set, places ascending; the last one is looked up. False when the
    /// steps or the list are used up.
    fn extend(&mut self, set: &mut Vec<usize>, gap: i64, more: usize) -> bool {
        let from = set.last().map_or(0, |last| last + 1);
        if more == 1 {
            let fitting = self.by_effect.get(&gap).map_or(&[][..], Vec::as_slice);
            let start = fitting.partition_point(|place| *place < from);
            for place in fitting.get(start..).unwrap_or_default() {
                if self.is_apart(set, *place) {
                    if self.sets.len() >= SETS_MAX {
                        return false;
                    }
                    self.sets.push(set.iter().copied().chain([*place]).collect());
                }
            }
            return true;
        }
        for place in from..self.causes.len().min(CAUSES_MAX) {
            if self.steps == 0 {
                return false;
            }
            self.steps -= 1;
            let effect = self.causes.get(place).map_or(0, |cause| cause.effect);
            let Some(rest) = gap.checked_sub(effect) else { continue };
            if self.is_apart(set, place) {
                set.push(place);
                let goes_on = self.extend(set, rest, more - 1);
                set.pop();
                if !goes_on {
                    return false;
                }
            }
        }
        true
    }

    /// True when the cause shares no line with those of the set.
    fn is_apart(&self, set: &[usize], place: usize) -> bool {
        let lines = |place: usize| {
            self.causes.get(place).map_or(&[][..], |cause| cause.involved.as_slice())
        };
        !set.iter().any(|other| lines(*other).iter().any(|line| lines(place).contains(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn causes(effects: &[i64]) -> Vec<Cause> {
        let line = |(line, effect): (usize, &i64)| Cause {
            fault: "missing-in-book",
            effect: *effect,
            involved: vec![Place::Statement(line)],
        };
        effects.iter().enumerate().map(line).collect()
    }

    fn explain(gap: i64, effects: &[i64]) -> Explanation {
        explain_gap(gap, &causes(effects), &Settings::default())
    }

    /// 13.19 = 13.19, and not 10.00 + 3.19, because one is fewer than two.
    #[test]
    fn the_smallest_set_comes_first() {
        let found = explain(1_319, &[1_000, 319, 1_319, 50]);
        assert_eq!((found.sets, found.is_complete), (vec![vec![2]], true));
        let found = explain(1_319, &[1_000, 319, 1_300, 19, -50]);
        assert_eq!((found.sets, found.is_complete), (vec![vec![0, 1], vec![2, 3]], true));
        // 700 - 30 - 20.
        assert_eq!(explain(650, &[700, -30, -20, 4]).sets, [[0, 1, 2]]);
    }

    #[test]
    fn what_was_not_searched_is_told() {
        let none = explain(7, &[2, 4]);
        assert_eq!((none.sets.len(), none.is_complete, none.searched), (0, true, 2));
        // Five of them make 5; sets of five are not searched.
        let five = explain(5, &[1, 1, 1, 1, 1, 100]);
        assert_eq!((five.sets.len(), five.is_complete, five.searched), (0, false, 4));
        let many = explain(2, &[1; 30]);
        assert_eq!((many.sets.len(), many.is_complete, many.searched), (SETS_MAX, false, 1));
    }

    #[test]
    fn no_line_is_used_twice() {
        let mut both = causes(&[5, 5]);
        both[1].involved = vec![Place::Statement(0), Place::Book(3)];
        assert_eq!(explain_gap(10, &both, &Settings::default()).sets, [[0; 0]; 0]);
    }
}
