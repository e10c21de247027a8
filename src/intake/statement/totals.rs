//! Checks the totals that a bank prints among and below the rows against the rows.

use super::chain::Found;
use super::words::{Figure, Span, Word};
use crate::domain::calendar::Date;
use crate::domain::money::{Money, Total};
use crate::intake::rejects::PROBLEMS_MAX;
use crate::problem::Problem;
use std::collections::HashMap;

/// A row of totals, or of a page carried over.
pub struct Mark {
    /// Row in the file.
    pub row: u64,
    /// Number of movements above it.
    pub after: usize,
    /// Its name.
    pub name: String,
    /// Its meaning.
    pub word: Word,
    /// Sums of money in and out, without their signs.
    pub sums: (Option<Money>, Option<Money>),
    /// Balance.
    pub balance: Option<Money>,
}

/// A total beside a label: `总收入：501,234.50`, `借方合计笔数：1`.
pub struct Labelled {
    /// Row in the file.
    pub row: u64,
    /// Its meaning.
    pub figure: Figure,
    /// The sum, or the number of movements as whole yuan.
    pub value: Money,
}

type Sums = [Total; 2];

/// Sums of the rows above a mark, and of the rows above each place from which a total may count.
#[derive(Default)]
struct Running {
    all: Sums,
    day: (Option<Date>, Sums),
    month: (Option<(i16, i8)>, Sums),
    year: (Option<i16>, Sums),
    /// Sums at the last total of each name, and of any name.
    named: HashMap<String, Sums>,
    last: Option<Sums>,
    /// The part of a running total from before the file.
    carried: HashMap<String, Sums>,
}

fn less(one: Sums, other: Sums) -> Sums {
    [one[0] - other[0], one[1] - other[1]]
}

impl Running {
    fn take(&mut self, found: &Found) {
        if let Some(date) = found.date {
            if self.day.0 != Some(date) {
                self.day = (Some(date), self.all);
            }
            if self.month.0 != Some((date.year(), date.month())) {
                self.month = (Some((date.year(), date.month())), self.all);
            }
            if self.year.0 != Some(date.year()) {
                self.year = (Some(date.year()), self.all);
            }
        }
        self.all = [self.all[0] + found.sides.0.into(), self.all[1] + found.sides.1.into()];
    }

    /// The sums that a total of this kind may have.
    fn allowed(&self, mark: &Mark) -> Vec<Sums> {
        let since = |start: Sums| less(self.all, start);
        let mut allowed = Vec::new();
        match mark.word {
            Word::Total(Span::Day) => allowed.push(since(self.day.1)),
            Word::Total(Span::Month) => allowed.push(since(self.month.1)),
            Word::Total(Span::Running) => allowed.extend([since(self.year.1), self.all]),
            _ => allowed.push(self.all),
        }
        let named = self.named.get(&mark.name).copied();
        allowed.extend(named.into_iter().map(since));
        // A total that does not follow one of its own kind may be that of the page.
        if !matches!(mark.word, Word::Total(Span::Day | Span::Month)) {
            allowed.extend(self.last.into_iter().map(since));
        }
        let carried = self.carried.get(&mark.name).copied();
        allowed.extend(carried.map(|before| [self.all[0] + before[0], self.all[1] + before[1]]));
        allowed
    }
}

/// Problems of totals that match none of the allowed sums.
pub fn mark_problems(marks: &[Mark], found: &[Found]) -> Vec<Problem> {
    let (mut problems, mut running, mut at) = (Vec::new(), Running::default(), 0);
    for mark in marks {
        for found in found.iter().take(mark.after).skip(at) {
            running.take(found);
        }
        at = at.max(mark.after);
        if mark.sums == (None, None) || problems.len() >= PROBLEMS_MAX {
            continue;
        }
        let allowed = running.allowed(mark);
        let same = |printed: Option<Money>, sum: Total| {
            printed.is_none_or(|printed| Total::from(printed) == abs(sum))
        };
        let holds = |sums: &Sums| same(mark.sums.0, sums[0]) && same(mark.sums.1, sums[1]);
        if !allowed.iter().any(holds) && !carries(&mut running, mark) {
            let nearest = allowed.first().copied().unwrap_or_default();
            let sides = [("in", mark.sums.0, nearest[0]), ("out", mark.sums.1, nearest[1])];
            let wrong = sides.into_iter().filter_map(|(side, printed, sum)| {
                Some(total_problem(side, printed, abs(sum))?.in_row(mark.row))
            });
            problems.extend(wrong);
        }
        running.named.insert(mark.name.clone(), running.all);
        running.last = Some(running.all);
    }
    problems
}

/// Handles a running total, or a page carried over from one outside the file: it counts amounts
/// that the file does not show. The first one defines how much, and the later ones must agree.
fn carries(running: &mut Running, mark: &Mark) -> bool {
    let is_running = mark.word == Word::Total(Span::Running)
        || (matches!(mark.word, Word::Carried | Word::Opening) && mark.after == 0);
    if !is_running || running.carried.contains_key(&mark.name) {
        return false;
    }
    let before = |printed: Option<Money>, sum: Total| {
        printed.map_or(Total::ZERO, |printed| Total::from(printed) - abs(sum))
    };
    let carried = [before(mark.sums.0, running.all[0]), before(mark.sums.1, running.all[1])];
    if carried.iter().any(|sum| *sum < Total::ZERO) {
        return false;
    }
    for name in [mark.name.as_str(), "过次页", "承前页"] {
        running.carried.insert(name.to_owned(), carried);
    }
    true
}

fn abs(sum: Total) -> Total {
    if sum < Total::ZERO { -sum } else { sum }
}

/// Problems of balances in totals that differ from the balance of the row above.
pub fn balance_problems(marks: &[Mark], found: &[Found], opening: Money) -> Vec<Problem> {
    let (mut problems, mut balance, mut at) = (Vec::new(), Total::from(opening), 0);
    for mark in marks {
        for found in found.iter().take(mark.after).skip(at) {
            balance = found.balance.map_or(balance + found.moves(), Total::from);
        }
        at = at.max(mark.after);
        let printed = mark.balance.map(Total::from);
        if let Some(printed) = printed.filter(|printed| *printed != balance)
            && problems.len() < PROBLEMS_MAX
        {
            let problem = Problem::data("statement-arithmetic").with("expected", balance);
            let problem = problem.with("found", printed).with("gap", printed - balance);
            problems.push(problem.in_row(mark.row));
        }
    }
    problems
}

/// Problems of labelled totals that match neither the gross nor the net sum of the movements.
pub fn label_problems(labelled: &[Labelled], found: &[Found]) -> Vec<Problem> {
    let wrong = labelled.iter().filter(|total| !is_sum(total, found));
    let problem = |total: &Labelled| {
        let side = if total.figure.into { "in" } else { "out" };
        let (gross, _, count) = sums(total.figure.into, found);
        let problem = if total.figure.count {
            Problem::data("statement-count")
                .with("side", side)
                .with("expected", count)
                .with("found", total.value.to_string().trim_end_matches(".00"))
        } else {
            total_problem(side, Some(total.value), gross)
                .unwrap_or_else(|| Problem::data("statement-total").with("side", side))
        };
        problem.in_row(total.row)
    };
    wrong.map(problem).take(PROBLEMS_MAX).collect()
}

/// Returns true if a labelled total matches the movements.
pub fn is_sum(total: &Labelled, found: &[Found]) -> bool {
    let (gross, net, count) = sums(total.figure.into, found);
    let printed = abs(total.value.into());
    if total.figure.count {
        return printed == Total(i128::from(count) * 100);
    }
    printed == gross || printed == abs(net)
}

/// One side: the sum of the movements in that direction, the sum of the column net of money that
/// came back, and the number of movements.
fn sums(into: bool, found: &[Found]) -> (Total, Total, u64) {
    let mut all = (Total::ZERO, Total::ZERO, 0);
    for found in found {
        let moved = found.moves();
        if moved != Total::ZERO && (moved > Total::ZERO) == into {
            all.0 += abs(moved);
            all.2 += 1;
        }
        all.1 += if into { found.sides.0.into() } else { found.sides.1.into() };
    }
    all
}

/// The problem of a printed total of one side that differs from the sum of the movements. `side` is
/// the owner's: money `in` is what the bank calls credit (贷), money `out` what it calls debit
/// (借).
pub fn total_problem(side: &'static str, printed: Option<Money>, sum: Total) -> Option<Problem> {
    let printed = Total::from(printed?);
    (printed != sum).then(|| {
        Problem::data("statement-total")
            .with("side", side)
            .with("found", printed)
            .with("expected", sum)
            .with("gap", printed - sum)
    })
}
