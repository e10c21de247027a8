//! The arithmetic of each approved subsidy, done again from its own working (28, 30).
//!
//! The figures are read as they stand in the journal; nothing of the code that made them is used
//! but exact fractions.

use super::adopted::Adopted;
use super::checks::{Check, Tally};
use super::fact::{Fact, rounded};
use super::subsidies::year_of;
use crate::domain::calendar::{Date, Period, days_between, parse_date};
use crate::domain::event::ApproveSubsidy;
use crate::domain::money::{Money, Total};
use crate::domain::rate::{Fraction, Rate};
use crate::domain::rates::Series;
use crate::domain::text::Id;
use serde_json::Value;

/// Decimals to which a working shows an exact amount.
const SHOWN: u32 = 6;

pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

pub(super) fn amount(value: &Value, key: &str) -> Option<Total> {
    Money::parse(text(value, key)?).ok().map(Total::from)
}

fn whole(value: &Value, key: &str) -> Option<i64> {
    value.get(key)?.as_i64()
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A day of a working.
pub(super) fn day(value: &Value, key: &str) -> Option<Date> {
    parse_date(text(value, key)?).ok()
}

/// The segments of a working.
pub(super) fn segments(working: &Value) -> impl Iterator<Item = &Value> {
    list(working, "segments")
}

/// A decimal such as `0.0145`, or one over another such as `29/2000`.
pub(super) fn fraction(text: &str) -> Option<Fraction> {
    let Some((numerator, denominator)) = text.split_once('/') else { return decimal(text) };
    let (over, under) = (decimal(numerator)?.parts(), decimal(denominator)?.parts());
    Some(Fraction::new(over.0.checked_mul(under.1)?, over.1.checked_mul(under.0)?).ok()?.reduced())
}

fn decimal(text: &str) -> Option<Fraction> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let power = 10_i128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    Fraction::new(format!("{whole}{decimals}").parse().ok()?, power).ok()
}

/// The years to which an approval counts: as it says itself, as its working does, or the year of its
/// period.
pub(super) fn years(own: &ApproveSubsidy, working: Option<&Value>) -> Vec<(i16, Total)> {
    let read =
        |row: &Value| Some((i16::try_from(whole(row, "year")?).ok()?, amount(row, "amount")?));
    if let Some(years) = &own.years {
        return years.rows().iter().map(|(year, part)| (*year, Total::from(*part))).collect();
    }
    let rows = working.and_then(|working| working.get("cap_years")?.as_array());
    let told: Option<Vec<_>> = rows.and_then(|rows| rows.iter().map(read).collect());
    let sum = |years: &[(i16, Total)]| years.iter().map(|(_, part)| *part).sum::<Total>();
    match told {
        Some(years) if sum(&years) == own.amount.into() => years,
        _ => vec![(year_of(&own.period).unwrap_or_default(), own.amount.into())],
    }
}

/// The exact amount of a segment for so many days.
fn exact(segment: &Value, principal: &str, days: i64) -> Option<Fraction> {
    // A cap that is shared in proportion takes an exact part of the principal.
    let part = text(segment, "part").filter(|_| principal == "counted");
    let principal = amount(segment, principal).filter(|_| part.is_none());
    let principal = principal.or_else(|| amount(segment, "principal"))?;
    let (numerator, denominator) = fraction(text(segment, "rate")?)?.parts();
    let product = principal.0.checked_mul(i128::from(days))?.checked_mul(numerator)?;
    let divisor = denominator.checked_mul(i128::from(whole(segment, "base")?))?;
    let exact = Fraction::new(product, divisor).ok()?;
    match part {
        Some(part) => exact.reduced().times(fraction(part)?).ok(),
        None => Some(exact),
    }
}

fn round(sum: Fraction) -> Total {
    let (numerator, denominator) = sum.parts();
    Total(rounded(numerator, denominator))
}

/// Checks a working against itself, the rules of the loan and the reference rates.
pub(super) fn check(
    fact: &Fact<'_>,
    own: &ApproveSubsidy,
    working: &Value,
    rules: Option<&Id>,
    adopted: &Adopted,
    tally: &mut Tally,
) {
    let id = &fact.event.id;
    if let Some(named) = text(working, "rules") {
        tally.same(Check::RulesVersion, fact.seq, id, rules.map_or("-", Id::as_str), named);
    }
    tally.look(Check::SubsidyRate);
    for segment in segments(working) {
        check_rate(fact, segment, adopted, tally);
        check_days(fact, working, segment, tally);
        let exact = whole(segment, "days").and_then(|days| exact(segment, "counted", days));
        let expected = exact.map_or_else(|| "?".to_owned(), |exact| exact.yuan_text(SHOWN));
        tally.same(
            Check::SubsidyArithmetic,
            fact.seq,
            id,
            &*expected,
            text(segment, "amount").unwrap_or("-"),
        );
    }
    match sums(working) {
        Some((sum, earlier)) => {
            let expected = [round(sum), round(sum) - round(earlier)];
            for (key, expected) in ["rounded", "computed"].into_iter().zip(expected) {
                let found = amount(working, key).unwrap_or_default();
                let subject = format_args!("{id} {key}");
                tally.same(Check::SubsidyArithmetic, fact.seq, subject, expected, found);
            }
        }
        None => tally.find(Check::SubsidyArithmetic, fact.seq, id, "sum", "?"),
    }
    check_counted(fact, working, tally);
    check_ceilings(fact, own, working, tally);
}

/// A working's days: those of its segments, a fee's each once however many slips tell of it.
fn check_counted(fact: &Fact<'_>, working: &Value, tally: &mut Tally) {
    let read = |value: &Value| Some(Period { from: day(value, "from")?, to: day(value, "to")? });
    let (Some(told), Some(period)) = (whole(working, "days"), working.get("period").and_then(read))
    else {
        return;
    };
    let counted = if working.get("earlier").is_none() {
        segments(working).filter_map(|segment| whole(segment, "days")).sum::<i64>()
    } else {
        let rows: Vec<Period> = segments(working).filter_map(read).collect();
        let days = std::iter::successors(Some(period.from), |day| day.tomorrow().ok());
        let within = days.take_while(|day| *day < period.to);
        let told = within.filter(|day| rows.iter().any(|row| row.contains(*day))).count();
        i64::try_from(told).unwrap_or(i64::MAX)
    };
    let subject = format_args!("{} days", fact.event.id);
    tally.same(Check::SubsidyArithmetic, fact.seq, subject, counted, told);
}

/// The exact sum, and what of it fell to earlier periods.
fn sums(working: &Value) -> Option<(Fraction, Fraction)> {
    let add = |principal: &str, days: &dyn Fn(&Value) -> Option<i64>| {
        segments(working).try_fold(Fraction::ZERO, |sum, segment| {
            sum.plus(exact(segment, principal, days(segment)?)?).ok()
        })
    };
    let days = |segment: &Value| whole(segment, "days");
    let sum = add("counted", &days)?;
    if let Some(paid) = amount(working, "paid") {
        // A share of the interest paid; a cap on the principal takes its part of it.
        let paid =
            Fraction::new(paid.0, 1).ok()?.times(fraction(text(working, "paid_share")?)?).ok()?;
        let (whole, _) = (add("principal", &days)?, ());
        let (numerator, denominator) = whole.reduced().parts();
        if whole == sum || numerator <= 0 {
            return Some((paid, Fraction::ZERO));
        }
        let part = sum.reduced().times(Fraction::new(denominator, numerator).ok()?).ok()?;
        return Some((paid.times(part.reduced()).ok()?, Fraction::ZERO));
    }
    if working.get("earlier").is_none() {
        return Some((sum, Fraction::ZERO));
    }
    let start = day(working.get("period")?, "from")?;
    let before = |segment: &Value| {
        let (from, to) = (day(segment, "from")?, day(segment, "to")?);
        Some(days_between(from, to.min(start)).max(0))
    };
    Some((sum, add("counted", &before)?))
}

/// Actual days are what lies between the two days; other counts differ from that by a month at most.
fn check_days(fact: &Fact<'_>, working: &Value, segment: &Value, tally: &mut Tally) {
    let days = |segment| {
        Some((whole(segment, "days")?, days_between(day(segment, "from")?, day(segment, "to")?)))
    };
    let Some((told, actual)) = days(segment) else {
        tally.find(Check::SubsidyArithmetic, fact.seq, &fact.event.id, "days", "?");
        return;
    };
    let method = text(working, "method").unwrap_or_default();
    let sound = match method {
        "by-month" | "whole-months" => (told - actual).abs() <= 31 && told > 0,
        _ => told == actual && actual > 0,
    };
    if !sound {
        let subject = format_args!("{} {method}", fact.event.id);
        tally.find(Check::SubsidyArithmetic, fact.seq, subject, actual, told);
    }
}

/// A segment names where its rate comes from; a reference rate stands in an adopted table from the
/// day that is named.
fn check_rate(fact: &Fact<'_>, segment: &Value, adopted: &Adopted, tally: &mut Tally) {
    tally.look(Check::SubsidyRate);
    let id = &fact.event.id;
    let Some(source) = text(segment, "source") else {
        tally.find(Check::SubsidyRate, fact.seq, id, "source", "-");
        return;
    };
    let rate = text(segment, "source_rate").and_then(|rate| Rate::parse(rate).ok());
    let Some(series) = Series::parse(source) else { return };
    let since = day(segment, "source_date");
    let known = since.zip(rate).is_some_and(|(since, rate)| adopted.is_rate(series, since, rate));
    if !known {
        let found = format!(
            "{} {}",
            text(segment, "source_date").unwrap_or("-"),
            text(segment, "source_rate").unwrap_or("-")
        );
        tally.find(Check::SubsidyRate, fact.seq, id, source, found);
        return;
    }
    let applied = text(segment, "rate").and_then(fraction);
    let reference = rate.map(Rate::fraction);
    let expected = match text(segment, "share").and_then(fraction) {
        Some(share) => reference.and_then(|rate| rate.times(share).ok()),
        None => spread(segment, reference),
    };
    if expected != applied {
        tally.find(Check::SubsidyRate, fact.seq, id, shown(expected), shown(applied));
    }
}

/// A rate as a finding shows it.
pub(super) fn shown(rate: Option<Fraction>) -> String {
    rate.map_or_else(
        || "?".to_owned(),
        |rate| {
            let (numerator, denominator) = rate.reduced().parts();
            format!("{numerator}/{denominator}")
        },
    )
}

pub(super) fn below(a: Fraction, b: Fraction) -> bool {
    let (left, right) = (a.reduced().parts(), b.reduced().parts());
    left.0.saturating_mul(right.1) < right.0.saturating_mul(left.1)
}

/// The contract rate above the reference rate, never below zero, at most the rules' maximum.
fn spread(segment: &Value, reference: Option<Fraction>) -> Option<Fraction> {
    let (numerator, denominator) = reference?.parts();
    let contract = fraction(text(segment, "contract_rate")?)?;
    let spread = contract.plus(Fraction::new(-numerator, denominator).ok()?).ok()?;
    let spread = if below(spread, Fraction::ZERO) { Fraction::ZERO } else { spread };
    match text(segment, "rate_max").and_then(fraction) {
        Some(most) if below(most, spread) => Some(most),
        _ => Some(spread),
    }
}

/// Each ceiling cuts what came to it, down to the amount that was approved. Those of the firm's
/// years take one part each.
fn check_ceilings(fact: &Fact<'_>, own: &ApproveSubsidy, working: &Value, tally: &mut Tally) {
    let id = &fact.event.id;
    let mut now = amount(working, "computed").unwrap_or_default();
    let mut parts: Option<[Total; 2]> = None;
    for ceiling in list(working, "ceilings") {
        let read = |key: &str| amount(ceiling, key).unwrap_or_default();
        let kind = text(ceiling, "kind").unwrap_or("-");
        let subject = format_args!("{id} {kind}");
        let (before, after, limit) = (read("before"), read("after"), read("limit"));
        tally.same(
            Check::SubsidyCeilings,
            fact.seq,
            subject,
            before.min(limit.max(Total::ZERO)),
            after,
        );
        if ceiling.get("cap").is_some() {
            let left = (read("cap") - read("used")).max(Total::ZERO);
            tally.same(Check::SubsidyCeilings, fact.seq, subject, left, limit);
        }
        if ceiling.get("year").is_some() {
            let [came, left] = parts.unwrap_or_default();
            parts = Some([came + before, left + after]);
            continue;
        }
        now = joined(fact, now, parts.take(), tally);
        tally.same(Check::SubsidyCeilings, fact.seq, subject, now, before);
        now = after;
    }
    now = joined(fact, now, parts, tally);
    let shown = amount(working, "amount").unwrap_or_default();
    tally.same(Check::SubsidyCeilings, fact.seq, id, now, shown);
    // A correction posts what its working comes to beyond what stands already.
    if own.supplement.is_none() && own.years.is_none() {
        tally.same(Check::SubsidyCeilings, fact.seq, id, shown, own.amount.into());
    } else {
        tally.at_most(Check::SubsidyCeilings, fact.seq, id, shown, own.amount.into());
    }
}

/// The parts of the years together are what came to them.
fn joined(fact: &Fact<'_>, now: Total, parts: Option<[Total; 2]>, tally: &mut Tally) -> Total {
    let Some([came, left]) = parts else { return now };
    tally.same(Check::SubsidyCeilings, fact.seq, &fact.event.id, now, came);
    left
}
