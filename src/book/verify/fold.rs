//! Which findings only follow from another one.
//!
//! One damaged line makes the entries after it disagree with balances that it no longer gives; those
//! findings are true and tell nothing new. A finding stands for itself where the bytes at hand
//! show it alone: a damaged line, an entry whose own lines do not balance, an entry that deciding
//! again does not give. Everything else follows from the nearest cause at or before its entry. Nothing
//! is left out: each finding keeps its place and names its cause.

use super::{OF_DECISIONS, OF_SEALS};
use crate::audit::compare;
use crate::audit::verify::CHECKS;
use crate::problem::Problem;

/// Checks that look at one entry and nothing before it.
const ALONE: &[&str] = &[
    "entry-too-long",
    "entry-line-count",
    "line-amount",
    "line-register",
    "entry-unbalanced",
    "memo-unbalanced",
    "voucher-word",
    "voucher-month",
    "line-fund",
    "line-bank-account",
    "entry-unnamed",
    "maker-is-checker",
    "payment-unchecked",
    "payment-unapproved",
];

/// Damage of a line: its entry is missing from all that is computed after it.
const DAMAGE: &[&str] =
    &["line-damaged", "line-unframed", "line-torn", "group-torn", "entry-unreadable"];

/// What the bytes as a whole give once a line of them is damaged.
const OF_WHOLE: &[&str] = &["root-differs", "journal-short"];

/// How a finding relates to others, the strongest cause first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A line is damaged.
    Damage,
    /// Deciding again gives something else.
    Decision,
    /// The entry alone shows it.
    Alone,
    /// It rests on other entries.
    Derived,
    /// The root or the length of the whole journal.
    Whole,
    /// A row of the index.
    Index,
    /// The head, rights of files, what was kept outside: never a consequence.
    Apart,
}

fn rank(code: &str) -> Rank {
    match code {
        code if DAMAGE.contains(&code) => Rank::Damage,
        code if OF_WHOLE.contains(&code) => Rank::Whole,
        code if OF_DECISIONS.contains(&code) => Rank::Decision,
        code if ALONE.contains(&code) => Rank::Alone,
        compare::CHECK => Rank::Index,
        code if CHECKS.contains(&code) || OF_SEALS.contains(&code) => Rank::Derived,
        _ => Rank::Apart,
    }
}

/// One finding: its place in the list, the entry it names, and its rank.
#[derive(Clone, Copy)]
struct Seen {
    place: usize,
    entry: Option<u64>,
    rank: Rank,
}

fn seen((place, finding): (usize, &Problem)) -> Seen {
    let number = |name| finding.arg(name).and_then(|text| text.parse().ok());
    let entry = number("entry").or_else(|| number("line"));
    Seen { place, entry, rank: rank(finding.code) }
}

/// For each finding the place of the one that it follows from; none for a cause. Cost: linear in the
/// findings times the causes at one entry.
pub(super) fn consequences(findings: &[Problem]) -> Vec<Option<usize>> {
    let all: Vec<Seen> = findings.iter().enumerate().map(seen).collect();
    let mut order: Vec<&Seen> = all.iter().filter(|one| one.entry.is_some()).collect();
    order.sort_by_key(|one| (one.entry, one.rank, one.place));
    let mut of: Vec<Option<usize>> = vec![None; all.len()];
    // The first damage, the cause nearest before, and the cause at the entry at hand.
    let (mut damage, mut nearest) = (None::<usize>, None::<usize>);
    let mut here: Option<&Seen> = None;
    for one in order {
        if one.rank == Rank::Apart || matches!(one.rank, Rank::Whole | Rank::Index) {
            continue;
        }
        let same = here.filter(|cause| cause.entry == one.entry).map(|cause| cause.place);
        let cause = match one.rank {
            Rank::Damage | Rank::Alone => same,
            // What stands at a damaged entry's back was decided on a state that lacks it.
            Rank::Decision => same.or(damage),
            _ => same.or(nearest),
        };
        if let Some(own) = of.get_mut(one.place) {
            // A cause is never a consequence itself.
            *own = cause;
        }
        if cause.is_none() {
            here = Some(one);
            nearest = Some(one.place);
            if one.rank == Rank::Damage {
                damage.get_or_insert(one.place);
            }
        }
    }
    whole(&all, damage, &mut of);
    of
}

/// Findings about the journal and the index as a whole follow from the first cause among the entries;
/// rows of an index over a sound journal from the first of them.
fn whole(all: &[Seen], damage: Option<usize>, of: &mut [Option<usize>]) {
    let is_cause = |one: &&Seen| {
        let counts =
            matches!(one.rank, Rank::Damage | Rank::Decision | Rank::Alone | Rank::Derived);
        counts && one.entry.is_some() && of.get(one.place).copied().flatten().is_none()
    };
    let first = all.iter().filter(is_cause).min_by_key(|one| one.entry).map(|one| one.place);
    let first = damage.or(first);
    let index = all.iter().find(|one| one.rank == Rank::Index).map(|one| one.place);
    for one in all {
        let cause = match (one.rank, one.entry) {
            (Rank::Whole, _) => damage,
            (Rank::Derived, None) => first,
            (Rank::Index, _) => first.or(index).filter(|cause| *cause != one.place),
            _ => continue,
        };
        if let Some(own) = of.get_mut(one.place) {
            *own = cause;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OF_BYTES, OF_INDEX, against};
    use super::*;
    use crate::problem::Exit;

    fn told(findings: &[(&'static str, u64)]) -> Vec<Option<usize>> {
        let problem = |(code, entry): &(&'static str, u64)| {
            let shown = if *entry == 0 { "-".to_owned() } else { entry.to_string() };
            let name = if code.starts_with("line-d") { "line" } else { "entry" };
            Problem::new(code, Exit::Findings).with(name, shown)
        };
        consequences(&findings.iter().map(problem).collect::<Vec<_>>())
    }

    #[test]
    fn what_rests_on_a_damaged_line_follows_from_it_and_a_second_damage_does_not() {
        let found = told(&[
            ("line-damaged", 5),
            ("line-damaged", 9),
            ("root-differs", 0),
            ("entry-unreadable", 5),
            ("entry-refused", 7),
            ("loan-balance", 7),
            ("entry-unbalanced", 8),
            ("trial-balance", 0),
            (compare::CHECK, 0),
            ("rolled-back", 0),
        ]);
        let first = Some(0);
        assert_eq!(found, [None, None, first, first, first, first, None, first, first, None],);
    }

    /// Two forged entries are two causes; a balance after both follows from the nearer one.
    #[test]
    fn two_forged_entries_are_two_findings() {
        let found = told(&[
            ("entry-differs", 3),
            ("entry-differs", 6),
            ("line-amount", 6),
            ("loan-balance", 4),
            ("loan-balance", 7),
            ("leverage", 2),
            ("close-root", 7),
        ]);
        assert_eq!(found, [None, None, Some(1), Some(0), Some(1), None, Some(1)]);
    }

    #[test]
    fn rows_of_an_index_follow_from_the_first_and_the_head_stands_for_itself() {
        let found = told(&[("head-damaged", 0), (compare::CHECK, 0), (compare::CHECK, 0)]);
        assert_eq!(found, [None, None, Some(1)]);
        assert_eq!(told(&[("root-differs", 0), ("entry-differs", 2)]), [None, None]);
    }

    /// Every check has a rank of its own choosing; what is named here exists.
    #[test]
    fn the_lists_name_checks_that_exist() {
        let of_bytes: Vec<&str> = OF_BYTES.iter().map(|(code, _)| *code).collect();
        for code in DAMAGE.iter().chain(OF_WHOLE) {
            assert!(of_bytes.contains(code) || OF_DECISIONS.contains(code), "{code}");
        }
        assert!(ALONE.iter().all(|code| CHECKS.contains(code)));
        let apart = against::CHECKS.iter().chain(&OF_INDEX);
        assert!(apart.copied().all(|code| rank(code) == Rank::Apart));
    }
}
