//! Bands: values that depend on the loan, and the proof that they leave no gap and no doubt.

use crate::domain::calendar::{Date, date};
use crate::domain::loan::Loan;
use crate::domain::money::Money;
use crate::domain::rules::words::Pick;
use crate::domain::settings::Sheet;
use crate::limits::BAND_CASES_MAX;
use crate::problem::Problem;
use compact_str::CompactString;

/// What the rules may ask about a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoanFacts<'a> {
    /// Class of the firm.
    pub firm_class: Option<&'a str>,
    /// Kind of security.
    pub security: Option<&'a str>,
    /// First loan of the firm.
    pub first_loan: bool,
    /// True when a guarantor stands behind it.
    pub guaranteed: bool,
    /// Term in whole months, a begun month counting as one.
    pub tenor_months: u32,
    /// Contract amount.
    pub amount: Money,
}

impl<'a> LoanFacts<'a> {
    /// The facts of an enrolled loan; the term runs from signing to maturity.
    pub fn of(loan: &'a Loan) -> Self {
        Self {
            firm_class: loan.firm_class.as_deref(),
            security: loan.security.as_deref(),
            first_loan: loan.first_loan,
            guaranteed: loan.guarantor.is_some(),
            tenor_months: months_between(loan.signed, loan.due),
            amount: loan.amount,
        }
    }
}

/// Months from one day to another, a begun month counting as one; 0 when `to` is not later.
pub fn months_between(from: Date, to: Date) -> u32 {
    let years = i32::from(to.year()) - i32::from(from.year());
    let whole = years * 12 + i32::from(to.month()) - i32::from(from.month());
    // The last day of a shorter month stands for the day that it lacks.
    let last = from.day().min(to.days_in_month());
    u32::try_from(whole + i32::from(to.day() > last)).unwrap_or(0)
}

/// The conditions of one band; all that are given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Classes of firm, one of which the firm must have.
    pub firm_class: Vec<CompactString>,
    /// Kinds of security, one of which the loan must have.
    pub security: Vec<CompactString>,
    /// First loan or not.
    pub first_loan: Option<bool>,
    /// Guaranteed or not.
    pub guaranteed: Option<bool>,
    /// Term above so many months.
    pub tenor_over: Option<u32>,
    /// Term of at most so many months.
    pub tenor_to: Option<u32>,
    /// Contract amount above.
    pub amount_over: Option<Money>,
    /// Contract amount of at most.
    pub amount_to: Option<Money>,
    /// Reference date on or after.
    pub from: Option<Date>,
    /// Reference date before.
    pub to: Option<Date>,
}

impl Conditions {
    /// Reads the conditions of a band; dates only where the band depends on a reference date.
    pub fn read(sheet: &Sheet<'_, '_>, dated: bool) -> Self {
        Self {
            firm_class: sheet.texts("firm_class"),
            security: sheet.texts("security"),
            first_loan: sheet.take("first_loan"),
            guaranteed: sheet.take("guaranteed"),
            tenor_over: sheet.count("tenor_over", 1200),
            tenor_to: sheet.count("tenor_to", 1200),
            amount_over: sheet.take("amount_over"),
            amount_to: sheet.take("amount_to"),
            from: if dated { sheet.take("from") } else { None },
            to: if dated { sheet.take("to") } else { None },
        }
    }

    /// True when a loan, at a reference date, meets every condition.
    pub fn hold(&self, loan: &LoanFacts<'_>, day: Date) -> bool {
        let one_of = |list: &[CompactString], given: Option<&str>| {
            list.is_empty() || given.is_some_and(|given| list.iter().any(|name| name == given))
        };
        one_of(&self.firm_class, loan.firm_class)
            && one_of(&self.security, loan.security)
            && self.first_loan.is_none_or(|first| first == loan.first_loan)
            && self.guaranteed.is_none_or(|guaranteed| guaranteed == loan.guaranteed)
            && self.tenor_over.is_none_or(|over| loan.tenor_months > over)
            && self.tenor_to.is_none_or(|to| loan.tenor_months <= to)
            && self.amount_over.is_none_or(|over| loan.amount > over)
            && self.amount_to.is_none_or(|to| loan.amount <= to)
            && self.from.is_none_or(|from| day >= from)
            && self.to.is_none_or(|to| day < to)
    }
}

/// One loan for each cell of the grid that the bands' conditions draw.
struct Grid<'b> {
    firm_class: Vec<Option<&'b str>>,
    security: Vec<Option<&'b str>>,
    first_loan: Vec<bool>,
    guaranteed: Vec<bool>,
    tenor: Vec<u32>,
    amount: Vec<Money>,
    day: Vec<Date>,
}

impl<'b> Grid<'b> {
    fn of(bands: &[&'b Conditions]) -> Self {
        fn names<'b>(lists: impl Iterator<Item = &'b Vec<CompactString>>) -> Vec<Option<&'b str>> {
            let mut names: Vec<_> = lists.flatten().map(|name| Some(name.as_str())).collect();
            names.push(None);
            names
        }
        let both = |used: bool| if used { vec![false, true] } else { vec![false] };
        let mut grid = Self {
            firm_class: names(bands.iter().map(|band| &band.firm_class)),
            security: names(bands.iter().map(|band| &band.security)),
            first_loan: both(bands.iter().any(|band| band.first_loan.is_some())),
            guaranteed: both(bands.iter().any(|band| band.guaranteed.is_some())),
            tenor: vec![1],
            amount: vec![Money::from_fen(1).unwrap_or_default()],
            day: date(1900, 1, 1).into_iter().collect(),
        };
        for band in bands {
            // Bands are open below and closed above, so each bound and its successor stand for the
            // two sides.
            for bound in [band.tenor_over, band.tenor_to].into_iter().flatten() {
                grid.tenor.extend([bound, bound + 1]);
            }
            for bound in [band.amount_over, band.amount_to].into_iter().flatten() {
                grid.amount.push(bound);
                grid.amount.extend(Money::from_fen(bound.fen().saturating_add(1)));
            }
            grid.day.extend([band.from, band.to].into_iter().flatten());
        }
        grid.tidy();
        grid
    }

    fn tidy(&mut self) {
        fn unique<T: Ord>(list: &mut Vec<T>) {
            list.sort();
            list.dedup();
        }
        unique(&mut self.firm_class);
        unique(&mut self.security);
        unique(&mut self.tenor);
        unique(&mut self.amount);
        unique(&mut self.day);
        self.tenor.retain(|months| *months > 0);
        self.amount.retain(|amount| amount.is_positive());
    }

    fn len(&self) -> usize {
        [
            self.firm_class.len(),
            self.security.len(),
            self.first_loan.len(),
            self.guaranteed.len(),
            self.tenor.len(),
            self.amount.len(),
            self.day.len(),
        ]
        .into_iter()
        .fold(1, usize::saturating_mul)
    }

    fn case(&self, mut index: usize) -> Option<(LoanFacts<'b>, Date)> {
        fn next<T: Copy>(list: &[T], index: &mut usize) -> Option<T> {
            let value = list.get(*index % list.len().max(1)).copied();
            *index /= list.len().max(1);
            value
        }
        let facts = LoanFacts {
            firm_class: next(&self.firm_class, &mut index)?,
            security: next(&self.security, &mut index)?,
            first_loan: next(&self.first_loan, &mut index)?,
            guaranteed: next(&self.guaranteed, &mut index)?,
            tenor_months: next(&self.tenor, &mut index)?,
            amount: next(&self.amount, &mut index)?,
        };
        Some((facts, next(&self.day, &mut index)?))
    }

    /// The case in words, naming only what some band asks.
    fn show(&self, facts: &LoanFacts<'_>, day: Date) -> String {
        let mut parts = Vec::new();
        let mut part = |asked: bool, name: &str, value: String| {
            if asked {
                parts.push(format!("{name} = {value}"));
            }
        };
        let other = |name: Option<&str>| name.unwrap_or("(other)").to_owned();
        part(self.firm_class.len() > 1, "firm_class", other(facts.firm_class));
        part(self.security.len() > 1, "security", other(facts.security));
        part(self.first_loan.len() > 1, "first_loan", facts.first_loan.to_string());
        part(self.guaranteed.len() > 1, "guaranteed", facts.guaranteed.to_string());
        part(self.tenor.len() > 1, "tenor", facts.tenor_months.to_string());
        part(self.amount.len() > 1, "amount", facts.amount.to_string());
        part(self.day.len() > 1, "date", day.to_string());
        parts.join(", ")
    }
}

/// Proves that every loan meets a band, that no band is idle and, without `pick`, that no loan
/// meets two. Tries one loan for each cell of the grid that the bounds draw: at most
/// [`BAND_CASES_MAX`] cases.
pub fn check_cover(bands: &[&Conditions], pick: Option<Pick>, found: &mut dyn FnMut(Problem)) {
    let grid = Grid::of(bands);
    if grid.len() > BAND_CASES_MAX {
        found(Problem::data("rules-bands-many").with("cases", grid.len()));
        return;
    }
    let mut used = vec![false; bands.len()];
    let mut gap_told = false;
    let mut told_pairs = Vec::new();
    for index in 0..grid.len() {
        let Some((facts, day)) = grid.case(index) else { continue };
        let hits = bands.iter().enumerate().filter(|(_, band)| band.hold(&facts, day));
        let hits: Vec<usize> = hits.map(|(position, _)| position).collect();
        if hits.is_empty() && !gap_told {
            gap_told = true;
            found(Problem::data("rules-gap").with("case", grid.show(&facts, day)));
        }
        let counting = if pick == Some(Pick::First) { 1 } else { hits.len() };
        for hit in hits.iter().take(counting) {
            if let Some(used) = used.get_mut(*hit) {
                *used = true;
            }
        }
        if let (None, [first, second, ..]) = (pick, hits.as_slice())
            && !told_pairs.contains(&(*first, *second))
        {
            told_pairs.push((*first, *second));
            let problem = Problem::data("rules-overlap").with("case", grid.show(&facts, day));
            found(problem.with("first", first + 1).with("second", second + 1));
        }
    }
    for (position, _) in used.iter().enumerate().filter(|(_, used)| !**used) {
        found(Problem::data("rules-band-idle").with("band", position + 1));
    }
}
