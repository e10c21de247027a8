//! The order of time of the rows of a table, as the balances prove it.

use super::chain::{Found, breaks};
use crate::domain::money::{Money, Total};
use crate::intake::profile::Order;
use crate::problem::Problem;
use foldhash::HashMap;

/// Order of the rows in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In the order of time.
    Forward,
    /// Newest first.
    Backward,
    /// Neither: the balances showed the order within the days.
    Sorted,
}

/// Result of sorting the rows.
pub struct Ordered {
    /// Their order in the file.
    pub way: Way,
    /// True if the balances hold in both directions and nothing in the file shows which one is
    /// right.
    pub ties: bool,
    /// The reason why no order was found.
    pub problem: Option<Problem>,
    /// Changes that were made.
    pub remarks: Vec<Problem>,
}

/// Sorts rows in the order of time.
pub fn order(found: &mut Vec<Found>, opening: Option<Money>, wanted: Order) -> Ordered {
    let (forward, _) = breaks(found, opening);
    let mut ordered =
        Ordered { way: Way::Forward, ties: false, problem: None, remarks: Vec::new() };
    let backwards_dated = is_dated_backwards(found);
    let (turn, least) = match wanted {
        Order::OldestFirst => (false, forward),
        Order::NewestFirst => (true, 0),
        Order::Auto => {
            found.reverse();
            let (backward, _) = breaks(found, opening);
            found.reverse();
            let moved = found.iter().filter(|found| found.moves() != Total::ZERO).count();
            ordered.ties = forward == 0
                && backward == 0
                && opening.is_none()
                && moved > 1
                && backwards_dated.is_none();
            let turn = backward < forward || (backward == forward && backwards_dated == Some(true));
            (turn, forward.min(backward))
        }
    };
    if wanted == Order::Auto && least > 0 {
        match by_days(found, opening) {
            Sorting::Found(places) => {
                let moved = moved_row(found, &places, backwards_dated == Some(true));
                apply(found, &places);
                ordered.way = Way::Sorted;
                let remark = Problem::data("statement-reordered").with("row", moved);
                ordered.remarks.push(remark.in_row(moved));
                return ordered;
            }
            Sorting::Several(row) => {
                ordered.problem = Some(Problem::data("statement-orders").in_row(row));
            }
            Sorting::None => {}
        }
    }
    if turn {
        found.reverse();
        ordered.way = Way::Backward;
    }
    ordered
}

/// Returns true if the last day comes first; `None` if all rows have the same day.
fn is_dated_backwards(found: &[Found]) -> Option<bool> {
    let mut dates = found.iter().filter_map(|found| found.date);
    let (first, last) = (dates.next()?, dates.next_back()?);
    (first != last).then_some(last < first)
}

/// The first row that is not at its place in the file any more.
fn moved_row(found: &[Found], places: &[usize], backwards: bool) -> u64 {
    let count = found.len();
    let usual = |at: usize| if backwards { count - 1 - at } else { at };
    let moved = places.iter().enumerate().find(|(at, place)| usual(*at) != **place);
    moved.and_then(|(_, place)| found.get(*place)).map_or(0, |found| found.row)
}

fn apply(found: &mut Vec<Found>, places: &[usize]) {
    let mut rows: Vec<Option<Found>> = std::mem::take(found).into_iter().map(Some).collect();
    found.extend(places.iter().filter_map(|place| rows.get_mut(*place).and_then(Option::take)));
}

/// Most rows of one day that are sorted; a day with more is not sorted.
const DAY_ROWS_MAX: usize = 1_000;

enum Sorting {
    /// The only possible order, as positions.
    Found(Vec<usize>),
    /// More than one order; a row of the day in which they differ.
    Several(u64),
    /// No order.
    None,
}

/// The order in which every row begins with the balance that the previous one ends with, with the
/// days sorted. Each day needs a walk over all its rows, and exactly one such walk must exist.
fn by_days(found: &[Found], opening: Option<Money>) -> Sorting {
    if found.iter().any(|row| row.balance.is_none() || row.date.is_none()) {
        return Sorting::None;
    }
    let mut days: Vec<usize> = (0..found.len()).collect();
    let date = |place: &usize| found.get(*place).and_then(|row| row.date);
    days.sort_by_key(date);
    let (mut order, mut several) = (Vec::with_capacity(found.len()), None);
    let mut balance = opening.map(Total::from);
    for day in days.chunk_by(|a, b| date(a) == date(b)) {
        match walk(found, day, balance) {
            Sorting::Found(places) => {
                let last = places.last().and_then(|place| found.get(*place));
                balance = last.and_then(|row| row.balance).map(Total::from).or(balance);
                order.extend(places);
            }
            Sorting::Several(row) => {
                several.get_or_insert(row);
                balance = None;
            }
            Sorting::None => return Sorting::None,
        }
    }
    several.map_or(Sorting::Found(order), Sorting::Several)
}

/// Rows of one day as steps from the balance before to the balance after.
struct Day {
    /// Rows by the balance before them.
    from: HashMap<Total, Vec<usize>>,
    used: Vec<bool>,
    /// Steps that may still be tried: a day whose balances repeat often has too many orders to try
    /// them all.
    steps: usize,
}

/// Searches the walks over all rows of a day that begin with a given balance.
fn walk(found: &[Found], day: &[usize], start: Option<Total>) -> Sorting {
    let step = |place: &usize| {
        let row = found.get(*place)?;
        let after = Total::from(row.balance?);
        Some((after - row.moves(), after))
    };
    if day.len() > DAY_ROWS_MAX {
        return Sorting::None;
    }
    let (mut from, mut degree) =
        (HashMap::<Total, Vec<usize>>::default(), HashMap::<Total, i64>::default());
    for (at, place) in day.iter().enumerate() {
        let Some((before, after)) = step(place) else { return Sorting::None };
        from.entry(before).or_default().push(at);
        *degree.entry(before).or_default() += 1;
        *degree.entry(after).or_default() -= 1;
    }
    let row = day.first().and_then(|place| found.get(*place)).map_or(0, |found| found.row);
    // Without a previous balance, the day begins at the balance that one more row leaves than
    // reaches.
    let start = match start {
        Some(start) => start,
        None => {
            let open: Vec<_> = degree.iter().filter(|(_, degree)| **degree != 0).collect();
            match open.iter().find(|(_, degree)| **degree == 1) {
                Some((start, _)) if open.len() == 2 => **start,
                // The rows form a cycle: any of them may be the first.
                None if open.is_empty() => return Sorting::Several(row),
                _ => return Sorting::None,
            }
        }
    };
    let ends: Vec<Total> = day.iter().filter_map(|place| Some(step(place)?.1)).collect();
    let steps = day.len().saturating_mul(64).saturating_add(4096);
    let mut search = Day { from, used: vec![false; day.len()], steps };
    let walks = search.walks(start, &ends);
    match walks.as_deref() {
        None | Some([]) => Sorting::None,
        Some([only]) => {
            Sorting::Found(only.iter().filter_map(|at| day.get(*at).copied()).collect())
        }
        Some(_) => Sorting::Several(row),
    }
}

impl Day {
    /// At most two walks; `None` if there are too many to try.
    fn walks(&mut self, start: Total, ends: &[Total]) -> Option<Vec<Vec<usize>>> {
        let mut walks = Vec::new();
        // The path so far, each step with its position in the list of choices.
        let mut path: Vec<(Total, usize, usize)> = Vec::new();
        let (mut at, mut next) = (start, 0);
        loop {
            self.steps = self.steps.checked_sub(1)?;
            if path.len() == ends.len() {
                walks.push(path.iter().map(|(_, _, row)| *row).collect());
                if walks.len() == 2 {
                    return Some(walks);
                }
            }
            let choices = self.from.get(&at).map_or(&[][..], Vec::as_slice);
            let unused = |place: &usize| {
                choices.get(*place).is_some_and(|row| self.used.get(*row) == Some(&false))
            };
            let end = |place: usize| choices.get(place).and_then(|row| ends.get(*row));
            // Of rows with the same amount and balance only the first is tried: exchanging them
            // gives the same walk.
            let free = (next..choices.len()).find(|place| {
                let same = |other: &usize| unused(other) && end(*other) == end(*place);
                unused(place) && !(0..*place).any(|other| same(&other))
            });
            if let Some((place, row)) = free.and_then(|place| Some((place, *choices.get(place)?))) {
                if let Some(used) = self.used.get_mut(row) {
                    *used = true;
                }
                path.push((at, place, row));
                (at, next) = (ends.get(row).copied()?, 0);
            } else {
                let Some((before, place, row)) = path.pop() else { return Some(walks) };
                if let Some(used) = self.used.get_mut(row) {
                    *used = false;
                }
                (at, next) = (before, place + 1);
            }
        }
    }
}
