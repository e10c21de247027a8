//! The rates in the working of a fee subsidy: what was charged, by the slips told so far, and what the
//! rules of the loan make of it (28).

use super::checks::{Check, Tally};
use super::fact::Fact;
use super::loans::Loan;
use super::slips::Slip;
use super::workings::{amount, below, day, fraction, segments, shown, text};
use crate::domain::calendar::{Date, days_between};
use crate::domain::event::{ApproveSubsidy, Programme};
use crate::domain::money::Total;
use crate::domain::rate::{Fraction, Rate};
use crate::domain::rules::{FeeFormula, RuleSet};
use serde_json::Value;

/// Each segment names a rate that was charged on its days and applies the rules to it.
pub(super) fn check(
    fact: &Fact<'_>,
    own: &ApproveSubsidy,
    working: &Value,
    loan: &Loan,
    rules: Option<&RuleSet>,
    tally: &mut Tally,
) {
    if own.programme != Programme::GuaranteeFee {
        return;
    }
    let formula = rules.and_then(|rules| rules.fee_subsidy.as_ref()).map(|fee| &fee.formula);
    let id = &fact.event.id;
    for segment in segments(working) {
        let Some(from) = day(segment, "from") else { continue };
        let fees = match text(segment, "source") {
            Some("fee-paid") => counted(&loan.fees, segment, from),
            Some("guarantee") => covering(&loan.fees, from),
            _ => continue,
        };
        tally.look(Check::SubsidyRate);
        // A fee that nobody paid is told of by the check of slips.
        if fees.is_empty() && text(segment, "source") == Some("fee-paid") {
            continue;
        }
        let told = text(segment, "source_rate").unwrap_or("-");
        let rate = Rate::parse(told).ok();
        let charged = together(&fees);
        let is_charged =
            rate.is_some_and(|rate| charged.iter().any(|one| same(one, &rate.fraction())));
        if !is_charged {
            let charged = charged.first().copied();
            tally.find(Check::SubsidyRate, fact.seq, id, shown(charged), told);
            continue;
        }
        let applied = text(segment, "rate").and_then(fraction);
        let expected = formula.zip(rate).and_then(|(formula, rate)| applies(formula, rate));
        let holds = expected.zip(applied).is_some_and(|(one, other)| same(&one, &other));
        if formula.is_some() && !holds {
            tally.find(Check::SubsidyRate, fact.seq, id, shown(expected), shown(applied));
        }
    }
}

fn same(one: &Fraction, other: &Fraction) -> bool {
    one.reduced().parts() == other.reduced().parts()
}

/// The slips of the one fee that a segment counts: for the same days, of so much together.
fn counted<'l>(fees: &'l [Slip], segment: &Value, from: Date) -> Vec<&'l Slip> {
    let (sum, base) = (amount(segment, "principal"), segment.get("base").and_then(Value::as_i64));
    let group = |first: &Slip| -> Vec<&'l Slip> {
        fees.iter().filter(|slip| (slip.from, slip.to) == (first.from, first.to)).collect()
    };
    let fits = |group: &Vec<&Slip>| {
        let told: Total = group.iter().map(|slip| slip.amount).sum();
        let covers = group.first().is_some_and(|slip| {
            (slip.from..slip.to).contains(&from) && Some(days_between(slip.from, slip.to)) == base
        });
        covers && Some(told) == sum
    };
    fees.iter().map(group).find(fits).unwrap_or_default()
}

/// The slips that cover a day; where none does, those that covered the last days before it, or else
/// the first ones.
fn covering(fees: &[Slip], day: Date) -> Vec<&Slip> {
    let on = |day: Date| -> Vec<&Slip> {
        fees.iter().filter(|slip| (slip.from..slip.to).contains(&day)).collect()
    };
    let mut turns: Vec<Date> = fees.iter().flat_map(|slip| [slip.from, slip.to]).collect();
    turns.retain(|turn| !on(*turn).is_empty());
    turns.sort_unstable();
    let last = turns.iter().rev().find(|turn| **turn <= day).or(turns.first());
    last.map(|turn| on(*turn)).unwrap_or_default()
}

/// What several slips for one day say: instalments of one fee, whose rate is the largest, or fees
/// beside each other, whose rates add up to at most the whole.
fn together(fees: &[&Slip]) -> Vec<Fraction> {
    let rates = || fees.iter().filter_map(|slip| slip.rate);
    let Some(largest) = rates().max() else { return Vec::new() };
    let sum = rates().try_fold(Fraction::ZERO, |sum, rate| sum.plus(rate.fraction()));
    let whole = Fraction::whole(1);
    let sum = sum.ok().map(|sum| if below(whole, sum) { whole } else { sum });
    [largest.fraction()].into_iter().chain(sum).collect()
}

/// The yearly rate of the rules, or their share of the fee.
fn applies(formula: &FeeFormula, charged: Rate) -> Option<Fraction> {
    match formula {
        FeeFormula::ShareOfFee(share) => Some(share.fraction()),
        FeeFormula::RateOnAmount(rate, _) | FeeFormula::RateOnLiability(rate) => {
            Some(rate.fraction())
        }
        FeeFormula::ShareOfGap { share, gap_from, .. } => {
            let (numerator, denominator) = charged.fraction().parts();
            let less = Fraction::new(-numerator, denominator).ok()?;
            let gap = gap_from.fraction().plus(less).ok()?;
            let gap = if below(gap, Fraction::ZERO) { Fraction::ZERO } else { gap };
            share.fraction().times(gap.reduced()).ok()
        }
    }
}
