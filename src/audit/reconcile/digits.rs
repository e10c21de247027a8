//! How one amount turns into another by a slip of the pen: digits changed over, one digit wrong,
//! the decimal point moved.

use std::collections::BTreeMap;

/// A slip between two amounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slip {
    /// Two digits changed places: which, as written in the first and in the second amount.
    Transposed { from: String, to: String, is_adjacent: bool },
    /// One digit is another.
    Digit { from: char, to: char },
    /// The point moved by one or two places: by how much the larger one is larger.
    Shifted { factor: i64 },
}

/// The slip that leads from one amount (fen, above 0) to another; `None` where there is none.
pub(super) fn slip(one: i64, other: i64) -> Option<Slip> {
    if one <= 0 || other <= 0 || one == other {
        return None;
    }
    let (small, large) = (one.min(other), one.max(other));
    if let Some(factor) = [10, 100].into_iter().find(|by| small.checked_mul(*by) == Some(large)) {
        return Some(Slip::Shifted { factor });
    }
    let (one, other) = (one.to_string(), other.to_string());
    if one.len() != other.len() {
        return None;
    }
    let (from, to): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let apart = from.iter().zip(&to).enumerate().filter(|(_, (one, other))| one != other);
    match apart.map(|(place, (one, other))| (place, *one, *other)).collect::<Vec<_>>()[..] {
        [(_, from, to)] => Some(Slip::Digit { from, to }),
        [(first, a, b), (second, c, d)] if a == d && b == c => {
            let is_adjacent = second == first + 1;
            let part = |all: &[char]| all.get(first..=second).unwrap_or_default().iter().collect();
            Some(Slip::Transposed { from: part(&from), to: part(&to), is_adjacent })
        }
        _ => None,
    }
}

/// Digits of an amount other than 0: amounts of few of them look alike by chance.
pub(super) fn significant(fen: i64) -> usize {
    fen.unsigned_abs().to_string().chars().filter(|digit| *digit != '0').count()
}

/// Amounts by what a slip leaves unchanged, so that partners are looked up and not tried.
#[derive(Default)]
pub(super) struct Slips(BTreeMap<(bool, String), Vec<usize>>);

impl Slips {
    /// What stays the same under each slip: the sorted digits, the digits with one masked, and the
    /// number without its trailing zeros.
    fn keys(fen: i64) -> Vec<(bool, String)> {
        let text = fen.unsigned_abs().to_string();
        let mut sorted: Vec<char> = text.chars().collect();
        sorted.sort_unstable();
        let mut keys = vec![format!("t{}", sorted.iter().collect::<String>())];
        keys.push(format!("s{}", text.trim_end_matches('0')));
        for masked in 0..text.len() {
            let letters = text.chars().enumerate();
            keys.push(letters.map(|(at, digit)| if at == masked { '*' } else { digit }).collect());
        }
        keys.into_iter().map(|key| (fen > 0, key)).collect()
    }

    /// Adds a line with its amount.
    pub fn add(&mut self, fen: i64, line: usize) {
        for key in Self::keys(fen) {
            self.0.entry(key).or_default().push(line);
        }
    }

    /// Lines whose amounts may differ by a slip, at most `max` of each kind, ascending.
    pub fn near(&self, fen: i64, max: usize) -> Vec<usize> {
        let keys = Self::keys(fen);
        let found = keys.iter().filter_map(|key| self.0.get(key));
        let mut lines: Vec<usize> = found.flat_map(|all| all.iter().take(max).copied()).collect();
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transposed(from: &str, to: &str, is_adjacent: bool) -> Option<Slip> {
        Some(Slip::Transposed { from: from.to_owned(), to: to.to_owned(), is_adjacent })
    }

    #[test]
    fn slips_are_told_apart() {
        assert_eq!(slip(123_456, 124_356), transposed("34", "43", true));
        assert_eq!(slip(123_456, 163_452), transposed("23456", "63452", false));
        assert_eq!(slip(123_456, 123_756), Some(Slip::Digit { from: '4', to: '7' }));
        assert_eq!(slip(123_456, 1_234_560), Some(Slip::Shifted { factor: 10 }));
        assert_eq!(slip(12_345_600, 123_456), Some(Slip::Shifted { factor: 100 }));
        // Divisible by 9, and yet no transposition.
        assert_eq!(slip(123_456, 123_465 + 9), None);
        assert_eq!(slip(100, 100), None);
        assert_eq!(slip(-123, -132), None);
        assert_eq!(slip(i64::MAX, 1), None);
    }

    #[test]
    fn every_slip_is_looked_up() {
        let amounts = [123_456, 124_356, 163_452, 123_756, 1_234_560, 12_345_600, 999, -123_456];
        let mut slips = Slips::default();
        amounts.iter().enumerate().for_each(|(line, fen)| slips.add(*fen, line));
        for one in amounts {
            let near = slips.near(one, 8);
            for (line, other) in amounts.iter().enumerate() {
                if slip(one, *other).is_some() {
                    assert!(near.contains(&line), "{one} {other}");
                }
            }
        }
    }
}
