//! What guarantors charge: the yearly rate of all fees for the same days together.
//!
//! A yearly rate follows from an amount, the principal that bears it and the days. The principal is at
//! most what the contract leaves after repayments; the guarantor may carry less of it, and a fee may
//! come in instalments, so a slip may hold less than its rate makes, never more.

use crate::domain::calendar::{Date, Period};
use crate::domain::loan::{FeePaid, Loan};
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::Rate;
use crate::domain::rules::words::{DayCount, YearBase};
use crate::domain::subsidy::days::{units, year_days};
use rust_decimal::Decimal;

/// Parts of a rate in which charges are compared.
const PARTS: i128 = 1_000_000_000_000;

/// Days on which the same fees are charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The days.
    pub days: Period,
    /// The yearly rate of the fees together.
    pub rate: Rate,
}

/// The principal that may bear a fee from a day on: the contract's amount less what was repaid.
fn bearing(loan: &Loan, from: Date) -> i128 {
    let repaid = loan.notes.iter().flat_map(|note| &note.repayments);
    let repaid = repaid.filter(|(day, _)| *day <= from);
    let repaid: i128 = repaid.map(|(_, amount)| i128::from(amount.fen())).sum();
    let whole = i128::from(loan.amount.fen());
    if repaid < whole { whole - repaid } else { whole }
}

/// The lowest yearly rate, in [`PARTS`], by which a fee can have been computed: on all of the principal,
/// with a year of 360 days and a month of 30. A fen less than the amount allows for its rounding.
fn lowest(loan: &Loan, fee: &FeePaid) -> i128 {
    let months = units(DayCount::ByMonth, fee.from, fee.from, fee.to);
    let days = fee.days().days().max(months).max(1);
    let amount = i128::from(fee.amount.fen()).saturating_sub(1).max(0);
    // An amount is below 10^18 fen: 10^18 × 360 × 10^12 stays within 128 bits.
    (amount * 360 * PARTS) / (bearing(loan, fee.from).max(1) * i128::from(days))
}

fn parts(rate: Rate) -> i128 {
    let (numerator, denominator) = rate.fraction().parts();
    numerator * (PARTS / denominator)
}

/// True when a fee holds no more than its own rate makes.
pub fn follows(loan: &Loan, fee: &FeePaid) -> bool {
    lowest(loan, fee) <= parts(fee.rate)
}

/// The yearly rate that a fee comes to on all of the principal, in a year of 365 or 366 days as the
/// calendar has it, as a text in percent.
pub fn computed(loan: &Loan, fee: &FeePaid) -> String {
    let year = i128::from(year_days(YearBase::Actual, fee.from));
    let days = i128::from(fee.days().days().max(1));
    let amount = i128::from(fee.amount.fen());
    let percent = amount * year * 1_000_000 / (bearing(loan, fee.from).max(1) * days);
    // Four decimals of a percentage, rounded down to the fourth.
    let (whole, rest) = (percent / 10_000, percent % 10_000);
    let text = format!("{whole}.{rest:04}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// True when fees for the same days are instalments of one: together they hold no more than the
/// largest of their rates makes.
pub fn are_instalments(loan: &Loan, fees: &[&FeePaid]) -> bool {
    let most = fees.iter().map(|fee| parts(fee.rate)).max().unwrap_or_default();
    fees.iter().map(|fee| lowest(loan, fee)).sum::<i128>() <= most
}

/// The rate of fees for the same days: of the one fee of which they are instalments, else their sum.
pub fn together(loan: &Loan, fees: &[&FeePaid]) -> Rate {
    let largest = fees.iter().map(|fee| fee.rate).max().unwrap_or_default();
    if are_instalments(loan, fees) {
        return largest;
    }
    let sum: Decimal = fees.iter().map(|fee| fee.rate.decimal()).sum();
    // Beyond 100% no gate lets a fee pass, nor is there a gap.
    Rate::new(sum.min(Decimal::ONE)).unwrap_or(largest)
}

/// The days that fees cover with the rate charged on them, in order; neighbours of one rate are joined.
pub fn charges(loan: &Loan) -> Vec<Charge> {
    let mut ends: Vec<Date> = loan.fees.iter().flat_map(|fee| [fee.from, fee.to]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut charges: Vec<Charge> = Vec::with_capacity(loan.fees.len());
    for pair in ends.windows(2) {
        let [from, to] = *pair else { continue };
        let covering = loan.fees.iter().filter(|fee| fee.from <= from && to <= fee.to);
        let covering: Vec<&FeePaid> = covering.collect();
        if covering.is_empty() {
            continue;
        }
        let rate = together(loan, &covering);
        match charges.last_mut().filter(|last| last.days.to == from && last.rate == rate) {
            Some(last) => last.days.to = to,
            None => charges.push(Charge { days: Period { from, to }, rate }),
        }
    }
    charges
}

/// Fees with those that cover the same days joined: instalments of one fee earn as one, and what comes
/// back of any of them comes off all.
///
/// # Errors
/// [`MoneyError::Range`] when a sum leaves the bounds.
pub fn joined(loan: &Loan) -> Result<Vec<FeePaid>, MoneyError> {
    let mut joined: Vec<FeePaid> = Vec::with_capacity(loan.fees.len());
    for fee in &loan.fees {
        let Some(first) = joined.iter_mut().find(|first| first.days() == fee.days()) else {
            joined.push(fee.clone());
            continue;
        };
        let all = loan.fees.iter().filter(|other| other.days() == fee.days());
        first.rate = together(loan, &all.collect::<Vec<_>>());
        first.amount = first.amount.add(fee.amount)?;
        first.refunds.extend(fee.refunds.iter().copied());
    }
    Ok(joined)
}

/// The amount of fees together.
pub fn amount(fees: &[&FeePaid]) -> Money {
    let sum = fees.iter().map(|fee| fee.amount).try_fold(Money::ZERO, Money::add);
    sum.unwrap_or(Money::MAX)
}
