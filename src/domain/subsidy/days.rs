//! Which days count, and how many they are under each day count.

use crate::domain::calendar::{Date, Period, add_months, days_between};
use crate::domain::event::ContractDays;
use crate::domain::loan::{Loan, Note};
use crate::domain::money::Money;
use crate::domain::rules::words::{DayCount, OnExtension, OnOverdue, Per, YearBase};

/// Why a stretch of days ends where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// End of the settlement period.
    Period,
    /// Original maturity (or the extended one where extensions count).
    Maturity,
    /// Full repayment.
    Repaid,
    /// Part repayment.
    Repayment,
    /// Start of an extension.
    Extension,
    /// Start of an overdue spell.
    Overdue,
    /// End of an overdue spell.
    Cured,
    /// Classified as non-performing.
    Npl,
    /// Enrolment revoked.
    Removed,
    /// End of the subsidy's term.
    Term,
    /// Contract rate changed.
    Repriced,
    /// Reference rate changed.
    PolicyRate,
    /// The calendar year turned.
    Year,
    /// The principal that still counts changed.
    PrincipalCap,
    /// The firm's qualification ended.
    Unqualified,
    /// The firm is qualified again.
    Qualified,
    /// What was paid and not given back is used up.
    Refunded,
}

impl Cut {
    /// The word in a working.
    pub fn code(self) -> &'static str {
        match self {
            Self::Period => "period-end",
            Self::Maturity => "maturity",
            Self::Repaid => "repaid",
            Self::Repayment => "repayment",
            Self::Extension => "extension",
            Self::Overdue => "overdue",
            Self::Cured => "cured",
            Self::Npl => "npl",
            Self::Removed => "removed",
            Self::Term => "term-end",
            Self::Repriced => "repriced",
            Self::PolicyRate => "policy-rate",
            Self::Year => "year-end",
            Self::PrincipalCap => "principal-cap",
            Self::Unqualified => "unqualified",
            Self::Qualified => "qualified",
            Self::Refunded => "refunded",
        }
    }
}

/// What of the rules decides the days of a note.
#[derive(Clone, Copy, Debug)]
pub struct DayRules {
    /// Months that a subsidy runs.
    pub term_months: Option<u32>,
    /// What the term starts with.
    pub term_per: Per,
    /// First drawdown of the loans that the loan renews.
    pub begun: Option<Date>,
    /// Extensions.
    pub extension: OnExtension,
    /// Overdue spells.
    pub overdue: OnOverdue,
    /// True when the days end with an early repayment.
    pub until_repaid: bool,
}

/// The days on which a note bears a subsidy, and why they end. Overdue spells inside it under
/// [`OnOverdue::Pause`] are left to the segments.
pub fn window(loan: &Loan, note: &Note, rules: &DayRules) -> (Period, Cut) {
    let extended = note.extensions.iter().map(|(_, due)| *due).max();
    let (due, extension) = match rules.extension {
        OnExtension::Stop => (note.due, note.extensions.iter().map(|(from, _)| *from).min()),
        OnExtension::Continue => (extended.map_or(note.due, |due| due.max(note.due)), None),
    };
    let overdue = match rules.overdue {
        OnOverdue::Stop => note.overdue.iter().map(|(from, _)| *from).min(),
        OnOverdue::Pause => None,
    };
    let begin = match rules.term_per {
        Per::Note => note.drawn,
        Per::Loan | Per::Firm => {
            let begun = rules.begun.filter(|_| rules.term_per == Per::Firm);
            let first = begun.unwrap_or(note.drawn).min(note.drawn);
            loan.notes.iter().map(|note| note.drawn).fold(first, Date::min)
        }
    };
    let months = rules.term_months.and_then(|months| i32::try_from(months).ok());
    let ends = [
        (months.and_then(|months| add_months(begin, months).ok()), Cut::Term),
        (extension, Cut::Extension),
        (overdue, Cut::Overdue),
        (note.npl, Cut::Npl),
        (loan.removed, Cut::Removed),
        (if rules.until_repaid { repaid_on(note) } else { None }, Cut::Repaid),
    ];
    let mut end = (due, Cut::Maturity);
    for (day, cut) in ends {
        if let Some(day) = day.filter(|day| *day < end.0) {
            end = (day, cut);
        }
    }
    (Period { from: note.drawn, to: end.0.max(note.drawn) }, end.1)
}

/// The day on which the principal was fully repaid.
pub fn repaid_on(note: &Note) -> Option<Date> {
    let total: i128 = note.repayments.iter().map(|(_, amount)| i128::from(amount.fen())).sum();
    if total < i128::from(note.amount.fen()) {
        return None;
    }
    let mut repayments: Vec<(Date, Money)> = note.repayments.clone();
    repayments.sort_by_key(|(day, _)| *day);
    let mut left = i128::from(note.amount.fen());
    for (day, amount) in repayments {
        left -= i128::from(amount.fen());
        if left <= 0 {
            return Some(day);
        }
    }
    None
}

/// The number of days (or of thirtieths of months) from one day to another, counted so that the
/// parts of a stretch add up to the whole; `anchor` is the drawdown, from which months run.
pub fn units(count: DayCount, anchor: Date, from: Date, to: Date) -> i64 {
    match count {
        DayCount::Act360 | DayCount::Act365 | DayCount::Contract => days_between(from, to),
        DayCount::ByMonth => by_month(anchor, to) - by_month(anchor, from),
        DayCount::WholeMonths => 30 * (whole_months(anchor, to) - whole_months(anchor, from)),
    }
}

/// How many days there are in any of some periods, each day once.
pub fn days_once(mut periods: Vec<Period>) -> i64 {
    periods.sort_unstable();
    let mut counted: Option<Date> = None;
    let mut sum = 0;
    for days in periods.into_iter().filter(|days| !days.is_empty()) {
        let from = counted.map_or(days.from, |counted| days.from.max(counted));
        sum += Period { from, to: days.to }.days();
        counted = counted.max(Some(days.to));
    }
    sum
}

/// The day count of a contract.
pub fn of_contract(days: ContractDays) -> DayCount {
    match days {
        ContractDays::Act360 => DayCount::Act360,
        ContractDays::Act365 => DayCount::Act365,
        ContractDays::ByMonth => DayCount::ByMonth,
    }
}

/// What [`units`] are divided by.
pub fn base(count: DayCount) -> i64 {
    if count == DayCount::Act365 { 365 } else { 360 }
}

/// 对年对月对日: thirty for each whole month from `anchor`, and the odd days as they are.
fn by_month(anchor: Date, day: Date) -> i64 {
    let years = i32::from(day.year()) - i32::from(anchor.year());
    let mut months = years * 12 + i32::from(day.month()) - i32::from(anchor.month());
    let mut begun = add_months(anchor, months).unwrap_or(anchor);
    if begun > day {
        months -= 1;
        begun = add_months(anchor, months).unwrap_or(anchor);
    }
    30 * i64::from(months) + days_between(begun, day)
}

/// Calendar months in which more than 15 of the days from `anchor` up to `day` lie. Exactly
/// 15 days do not count, because the rule says "more than".
fn whole_months(anchor: Date, day: Date) -> i64 {
    let first_end = anchor.last_of_month().tomorrow().unwrap_or(anchor);
    if day <= first_end {
        return i64::from(days_between(anchor, day) > 15);
    }
    let years = i64::from(day.year()) - i64::from(anchor.year());
    let between = years * 12 + i64::from(day.month()) - i64::from(anchor.month()) - 1;
    i64::from(days_between(anchor, first_end) > 15)
        + between
        + i64::from(days_between(day.first_of_month(), day) > 15)
}

/// The days of the fee year that starts on `from`.
pub fn year_days(base: YearBase, from: Date) -> i64 {
    match base {
        YearBase::Days360 => 360,
        YearBase::Days365 => 365,
        YearBase::Actual => add_months(from, 12).map_or(365, |to| days_between(from, to)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::{next_day, parse_date};

    fn day(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    #[test]
    fn a_year_by_month_is_a_year() {
        let count =
            |from: &str, to: &str| units(DayCount::ByMonth, day("2024-01-15"), day(from), day(to));
        assert_eq!(count("2024-01-15", "2025-01-15"), 360);
        assert_eq!(count("2024-01-15", "2024-03-21"), 66);
        assert_eq!(count("2024-12-21", "2025-01-15"), 24);
        let months =
            |from: &str, to: &str| units(DayCount::WholeMonths, day(from), day(from), day(to)) / 30;
        assert_eq!(months("2024-01-15", "2025-01-15"), 12);
        assert_eq!(months("2024-01-20", "2025-01-15"), 11);
        assert_eq!(months("2024-04-16", "2024-05-01"), 0, "exactly 15 days");
        assert_eq!(months("2024-04-15", "2024-05-01"), 1);
        // 22 days of March and all of April; of May 15 days do not count, and 16 do.
        assert_eq!(months("2024-03-10", "2024-05-16"), 2);
        assert_eq!(months("2024-03-10", "2024-05-17"), 3);
    }

    /// The last month counts like the first: 15 of its days are not enough, 16 are. The day on which
    /// the days end is not one of them.
    #[test]
    fn the_first_and_the_last_month_need_more_than_fifteen_days() {
        let months =
            |from: &str, to: &str| units(DayCount::WholeMonths, day(from), day(from), day(to)) / 30;
        // 22 days of March, April, and 1 to 15 or 1 to 16 May.
        assert_eq!(months("2024-03-10", "2024-05-16"), 2);
        assert_eq!(months("2024-03-10", "2024-05-17"), 3);
        // 17 to 31 December are 15 days, 16 to 31 are 16.
        assert_eq!(months("2023-12-17", "2024-01-16"), 0);
        assert_eq!(months("2023-12-17", "2024-01-17"), 1);
        assert_eq!(months("2023-12-16", "2024-01-16"), 1);
        assert_eq!(months("2023-12-16", "2024-01-17"), 2);
        // Inside one month: 5 to 19 and 5 to 20 February.
        assert_eq!(months("2024-02-05", "2024-02-20"), 0);
        assert_eq!(months("2024-02-05", "2024-02-21"), 1);
    }

    /// 366 where a 29 February lies between the day and the same day a year later, whichever of the
    /// two calendar years has it.
    #[test]
    fn a_fee_year_has_the_days_up_to_its_next_anniversary() {
        let days = |from: &str| year_days(YearBase::Actual, day(from));
        for (from, expected) in [
            ("2023-02-28", 365),
            ("2023-03-01", 366),
            ("2023-06-01", 366),
            ("2024-01-01", 366),
            ("2024-02-28", 366),
            // Up to 28 February 2025: a day less than a year, and its first is the 29th.
            ("2024-02-29", 365),
            ("2024-03-01", 365),
            // 2100 has no 29 February, 2000 has one.
            ("2099-06-01", 365),
            ("1999-06-01", 366),
        ] {
            assert_eq!(days(from), expected, "{from}");
        }
        assert_eq!(year_days(YearBase::Days360, day("2024-01-01")), 360);
        assert_eq!(year_days(YearBase::Days365, day("2024-01-01")), 365);
    }

    #[test]
    fn every_day_count_is_additive_and_never_runs_backwards() {
        for anchor in ["2024-01-31", "2024-02-29", "2023-12-15", "2024-03-30"].map(day) {
            let mut today = anchor;
            for _ in 0..800 {
                let next = next_day(today).unwrap();
                for count in [DayCount::Act360, DayCount::ByMonth, DayCount::WholeMonths] {
                    let step = units(count, anchor, today, next);
                    assert!(step >= 0, "{count:?} {anchor} {today}");
                    let whole = units(count, anchor, anchor, next);
                    assert_eq!(units(count, anchor, anchor, today) + step, whole);
                }
                today = next;
            }
        }
    }
}
