//! Proof that a statement was read correctly.
//!
//! The sign of an amount comes from its column, or from the mark beside it. A figure that the bank
//! computed independently proves this reading: a balance before and a balance after. Each stretch
//! between two known balances (printed, or given by the user) is an equation over the sums of the
//! columns in it. A column is proved if neither the opposite sign nor leaving the column out
//! satisfies all equations. A balance that is derived from the first row itself proves nothing
//! about that row.

use super::chain::{Found, Sheet};
use super::totals::is_sum;
use super::words::{Span, Word, stem};
use crate::domain::money::{Money, Total};
pub use crate::domain::statement::reading::Column;
use crate::intake::heading::plain;
use crate::intake::profile::Profile;
use crate::problem::Problem;

/// Source of the sign of a movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Column of money in.
    In,
    /// The same with a minus.
    InMinus,
    /// Column of money out.
    Out,
    /// The same with a minus.
    OutMinus,
    /// Sign of the amount itself.
    Amount,
    /// A usual mark (贷, 收入, CREDIT).
    Flag,
    /// A mark for money in that only the profile defines.
    FlagIn,
    /// A mark for money out that only the profile defines.
    FlagOut,
    /// A charge beside the amount.
    Charge,
    /// The columns of amounts are empty.
    Nothing,
}

/// Every class.
const CLASSES: [Class; 10] = [
    Class::In,
    Class::InMinus,
    Class::Out,
    Class::OutMinus,
    Class::Amount,
    Class::Flag,
    Class::FlagIn,
    Class::FlagOut,
    Class::Charge,
    Class::Nothing,
];
/// Most open classes whose meanings are tried; a file with more is not solved by equations.
const OPEN_MAX: usize = 6;
/// Different equations that are kept.
const EQUATIONS_MAX: usize = 64;

impl Class {
    fn place(self) -> usize {
        CLASSES.iter().position(|class| *class == self).unwrap_or_default()
    }

    /// Key of the profile that names the column.
    pub fn key(self) -> &'static str {
        match self {
            Self::In | Self::InMinus => "in",
            Self::Out | Self::OutMinus => "out",
            Self::Amount | Self::Nothing => "amount",
            Self::Flag | Self::FlagIn | Self::FlagOut => "flag",
            Self::Charge => "charge",
        }
    }

    /// A known layout of a bank fixes the meaning of its headings, but not a minus that the layout
    /// does not have.
    fn is_fixed(self) -> bool {
        !matches!(self, Self::InMinus | Self::OutMinus | Self::Charge)
    }
}

/// Sources of the balances at both ends.
#[derive(Clone, Copy)]
pub struct Ends {
    /// Row of a printed opening balance.
    pub opening: Option<u64>,
    /// True if the user gave the opening balance.
    pub given: bool,
    /// Balance after the last movement, printed outside the rows or given.
    pub closing: Option<Money>,
    /// True if the rows can be read in both directions.
    pub ties: bool,
}

/// Proof that a statement was read correctly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// `opening-printed`, `opening-given`, `opening-before`, `opening-chain`, `opening-derived`.
    pub opening: &'static str,
    /// Columns that amounts were read from.
    pub columns: Vec<Column>,
    /// What is not proved: `statement-unproved` and similar problems. A statement with these is not
    /// imported, unless the book knows its opening balance.
    pub undecided: Vec<Problem>,
    /// True if nothing would be undecided once the derived opening balance is confirmed: any other
    /// meaning of the columns would give another opening balance.
    pub by_opening: bool,
}

impl Proof {
    /// The proof of a message that prints both balances and a mark in every entry.
    pub fn of_message() -> Self {
        let column =
            |key, name: &str| Column { key, name: name.to_owned(), by: "by-message", rows: None };
        Self {
            opening: "opening-printed",
            columns: vec![column("flag", "C/D")],
            undecided: Vec::new(),
            by_opening: false,
        }
    }

    /// Returns true if the opening balance was computed from the first row.
    pub fn is_derived(&self) -> bool {
        self.opening == "opening-derived"
    }
}

/// Evidence from the balances about one class.
#[derive(Clone, Copy, Default)]
struct Seen {
    rows: u64,
    first: u64,
    last: u64,
    by: Option<&'static str>,
    proved: Option<(u64, u64)>,
}

type Sums = [Total; CLASSES.len()];

#[derive(Default)]
struct Reading {
    seen: [Seen; CLASSES.len()],
    equations: Vec<(Sums, Total)>,
}

impl Reading {
    fn see(&mut self, class: Class, row: u64) {
        if let Some(seen) = self.seen.get_mut(class.place()) {
            if seen.rows == 0 {
                seen.first = row;
            }
            (seen.rows, seen.last) = (seen.rows + 1, row);
        }
    }

    fn prove(&mut self, class: Class, by: &'static str, row: Option<u64>) {
        let Some(seen) = self.seen.get_mut(class.place()) else { return };
        if seen.by.is_none() || (by == "by-balances" && seen.by != Some(by)) {
            (seen.by, seen.proved) = (Some(by), None);
        }
        if let Some(row) = row.filter(|_| seen.by == Some(by)) {
            let (first, last) = seen.proved.unwrap_or((row, row));
            seen.proved = Some((first.min(row), last.max(row)));
        }
    }

    fn is_proved(&self, class: Class) -> bool {
        self.seen.get(class.place()).is_some_and(|seen| seen.by.is_some())
    }

    fn rows_of(&self, class: Class) -> u64 {
        self.seen.get(class.place()).map_or(0, |seen| seen.rows)
    }

    /// Adds a stretch between two known balances.
    fn stretch(&mut self, parts: &[(Class, Total)], by: &'static str, row: u64) {
        if let [(class, sum)] = parts {
            if *class == Class::Nothing || *sum != Total::ZERO {
                self.prove(*class, by, Some(row));
            }
            return;
        }
        let (mut sums, mut all) = ([Total::ZERO; CLASSES.len()], Total::ZERO);
        for (class, sum) in parts {
            if let Some(own) = sums.get_mut(class.place()) {
                *own += *sum;
            }
            all += *sum;
        }
        if self.equations.len() < EQUATIONS_MAX && !self.equations.contains(&(sums, all)) {
            self.equations.push((sums, all));
        }
    }

    /// Tries every other meaning of the columns that are still open: each may have the opposite
    /// sign or not be money at all. A column is proved if it has the meaning that was read in all
    /// solutions.
    fn solve(&mut self) {
        let in_equations = |place: usize| {
            self.equations
                .iter()
                .any(|(sums, _)| sums.get(place).is_some_and(|s| *s != Total::ZERO))
        };
        let open: Vec<usize> = (0..CLASSES.len())
            .filter(|place| {
                self.seen.get(*place).is_some_and(|seen| seen.rows > 0 && seen.by.is_none())
                    && in_equations(*place)
            })
            .collect();
        if open.is_empty() || open.len() > OPEN_MAX {
            return;
        }
        let mut may_differ = vec![false; open.len()];
        let meanings = 3usize.saturating_pow(u32::try_from(open.len()).unwrap_or(u32::MAX));
        for code in 0..meanings {
            // -1, 0 or 1 of each open class, in base three.
            let sign = |at: usize| {
                let power = 3usize.saturating_pow(u32::try_from(at).unwrap_or(u32::MAX));
                (code / power % 3) as i128 - 1
            };
            let holds = self.equations.iter().all(|(sums, all)| {
                let value = |place: usize| sums.get(place).map_or(0, |sum| sum.0);
                let of_open: i128 =
                    open.iter().enumerate().map(|(at, place)| sign(at) * value(*place)).sum();
                let rest: i128 =
                    (0..CLASSES.len()).filter(|place| !open.contains(place)).map(value).sum();
                of_open + rest == all.0
            });
            if holds {
                for (at, differs) in may_differ.iter_mut().enumerate() {
                    *differs |= sign(at) != 1;
                }
            }
        }
        for (place, differs) in open.into_iter().zip(may_differ) {
            if let Some(class) = CLASSES.get(place).filter(|_| !differs) {
                self.prove(*class, "by-sum", None);
            }
        }
    }
}

/// Finds the proof of each column; `holds` is true if nothing contradicts the reading.
pub fn prove(sheet: &Sheet, profile: &Profile, ends: &Ends, holds: bool) -> Proof {
    let mut proof = proved(sheet, profile, ends, holds);
    if proof.is_derived() && holds && !proof.undecided.is_empty() {
        let known = Ends { given: true, ties: false, ..*ends };
        proof.by_opening = proved(sheet, profile, &known, holds).undecided.is_empty();
    }
    proof
}

fn proved(sheet: &Sheet, profile: &Profile, ends: &Ends, holds: bool) -> Proof {
    let mut reading = Reading::default();
    let end = walk(&mut reading, &sheet.found, ends);
    if holds {
        reading.solve();
        by_totals(&mut reading, sheet);
        by_pair(&mut reading, profile);
    } else {
        // Equations that do not all hold prove nothing, though single rows may.
        reading.equations.clear();
    }
    if profile.known {
        for class in CLASSES.into_iter().filter(|class| class.is_fixed()) {
            reading.prove(class, "by-layout", None);
        }
    }
    let sides = |one, other| reading.is_proved(one) && reading.is_proved(other);
    // If the proved columns are empty in a row, no money moved.
    if sides(Class::In, Class::Out)
        || reading.is_proved(Class::Amount)
        || reading.is_proved(Class::Flag)
    {
        reading.prove(Class::Nothing, "by-balances", None);
    }
    let mut undecided = undecided(&reading, profile, sheet);
    if ends.ties {
        undecided.push(Problem::data("statement-ends"));
    }
    if let Some(row) = end {
        undecided.push(Problem::data("statement-end-open").in_row(row));
    }
    let opening = match (ends.opening, ends.given) {
        (Some(_), _) => "opening-printed",
        (None, true) => "opening-given",
        _ if sheet.found.first().is_some_and(|found| found.before.is_some()) => "opening-before",
        _ if sheet.found.is_empty() => "opening-printed",
        _ => "opening-derived",
    };
    Proof { opening, columns: columns(&reading, profile), undecided, by_opening: false }
}

/// Walks from balance to balance; returns the last row if no balance follows it.
fn walk(reading: &mut Reading, found: &[Found], ends: &Ends) -> Option<u64> {
    let mut known = ends.opening.is_some() || ends.given;
    let mut by = if ends.opening.is_some() { "by-opening" } else { "by-given" };
    let mut parts: Vec<(Class, Total)> = Vec::new();
    for row in found {
        if row.before.is_some() {
            (known, by) = (true, "by-before");
        }
        reading.see(row.class, row.row);
        add(&mut parts, row.class, row.amount.map_or(Total::ZERO, Total::from));
        if let Some(charge) = row.charge {
            reading.see(Class::Charge, row.row);
            add(&mut parts, Class::Charge, charge.into());
        }
        if row.balance.is_some() {
            if known {
                reading.stretch(&parts, by, row.row);
            }
            parts.clear();
            (known, by) = (true, "by-balances");
        }
    }
    if parts.is_empty() {
        return None;
    }
    if ends.closing.is_some() {
        if known {
            let row = found.last().map_or(0, |found| found.row);
            reading.stretch(&parts, "by-sum", row);
        }
        return None;
    }
    found.last().map(|found| found.row)
}

fn add(parts: &mut Vec<(Class, Total)>, class: Class, amount: Total) {
    if let Some((_, sum)) = parts.iter_mut().find(|(known, _)| *known == class) {
        *sum += amount;
    } else if class != Class::Nothing || parts.is_empty() {
        // A row that moves no money adds nothing to an equation.
        parts.retain(|(known, _)| *known != Class::Nothing);
        parts.push((class, amount));
    }
}

/// Applies the printed totals. A total beside a word of direction proves the sign of its side. A
/// total below the columns proves that a column holds the amounts that the bank adds up, if the
/// sign of the other column is proved.
fn by_totals(reading: &mut Reading, sheet: &Sheet) {
    for total in sheet.labelled.iter().filter(|total| !total.figure.count) {
        if total.value != Money::ZERO && is_sum(total, &sheet.found) {
            reading.prove(
                if total.figure.into { Class::In } else { Class::Out },
                "by-totals",
                Some(total.row),
            );
        }
    }
    let is_total = |word: Word| matches!(word, Word::Total(span) if span != Span::Running);
    for mark in sheet.marks.iter().filter(|mark| is_total(mark.word)) {
        for (class, other, sum) in
            [(Class::In, Class::Out, mark.sums.0), (Class::Out, Class::In, mark.sums.1)]
        {
            let sound = sum.is_some_and(|sum| !sum.is_zero());
            if sound && reading.is_proved(other) && !reading.is_proved(class) {
                reading.prove(class, "by-totals", Some(mark.row));
            }
        }
    }
}

/// Applies pairs of headings. Two headings that differ only in the word of direction mean opposite
/// directions of the same amounts: a proof of one column also proves the other.
fn by_pair(reading: &mut Reading, profile: &Profile) {
    let (Some(into), Some(out)) = (&profile.columns.r#in, &profile.columns.out) else { return };
    if plain(into) == plain(out) || stem(into) != stem(out) {
        return;
    }
    for (class, other) in [(Class::In, Class::Out), (Class::Out, Class::In)] {
        if reading.is_proved(other) && !reading.is_proved(class) {
            reading.prove(class, "by-pair", None);
        }
    }
}

/// Name of the column of a key.
fn name(profile: &Profile, key: &str) -> String {
    let columns = &profile.columns;
    let name = match key {
        "in" => &columns.r#in,
        "out" => &columns.out,
        "flag" => &columns.flag,
        "charge" => &columns.charge,
        _ if columns.amount.is_some() => &columns.amount,
        _ => {
            return [&columns.r#in, &columns.out]
                .into_iter()
                .flatten()
                .cloned()
                .collect::<Vec<_>>()
                .join(" / ");
        }
    };
    name.clone().unwrap_or_default()
}

fn columns(reading: &Reading, profile: &Profile) -> Vec<Column> {
    let mut columns = Vec::new();
    for class in CLASSES {
        let Some(seen) = reading.seen.get(class.place()).filter(|seen| seen.rows > 0) else {
            continue;
        };
        if class == Class::Nothing && seen.by.is_some() {
            continue;
        }
        let key = match class {
            Class::InMinus => "in-minus",
            Class::OutMinus => "out-minus",
            Class::Nothing => "nothing",
            other => other.key(),
        };
        columns.push(Column {
            key,
            name: name(profile, class.key()),
            by: seen.by.unwrap_or("not-proved"),
            rows: seen.proved,
        });
    }
    columns
}

fn undecided(reading: &Reading, profile: &Profile, sheet: &Sheet) -> Vec<Problem> {
    let mut undecided = Vec::new();
    for class in CLASSES {
        let Some(seen) = reading.seen.get(class.place()) else { continue };
        if seen.rows == 0 || seen.by.is_some() {
            continue;
        }
        let code = match class {
            Class::InMinus | Class::OutMinus => "statement-unproved-minus",
            Class::Nothing => "statement-unproved-nothing",
            _ => "statement-unproved",
        };
        let column = name(profile, class.key());
        let problem = Problem::data(code)
            .with("key", class.key())
            .with("columns", &column)
            .with("rows", reading.rows_of(class))
            .in_row(seen.first)
            .in_column(&column);
        undecided.push(in_sheet(problem, sheet, seen.first));
    }
    undecided
}

/// Adds the sheet to a problem if a file has several.
fn in_sheet(mut problem: Problem, sheet: &Sheet, row: u64) -> Problem {
    let found = sheet.found.iter().find(|found| found.row == row);
    let name = found.and_then(|found| sheet.sheets.get(found.sheet));
    problem.place.sheet = name.cloned().or(problem.place.sheet);
    problem
}
