//! Papers that count once: contracts and notes of a bank, slips of interest and fees, and the days of
//! which slips tell (25, 26).
//!
//! Memory: the numbers of contracts and notes, and one record a slip.

use super::FastMap;
use super::adopted::Adopted;
use super::checks::{Check, Tally};
use super::fact::{Fact, rounded};
use super::loans::{Loan, Loans, Note};
use super::workings::{amount, day, segments, text};
use crate::domain::calendar::{Date, Period, add_months, days_between};
use crate::domain::event::{ApproveSubsidy, ContractDays, Kind, Programme};
use crate::domain::money::Total;
use crate::domain::rate::Rate;
use crate::domain::text::Id;
use compact_str::CompactString;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

/// A slip of interest or of a fee.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Slip {
    /// First day that it tells of.
    pub from: Date,
    /// First day that it does not tell of.
    pub to: Date,
    /// What was paid.
    pub amount: Total,
    /// When.
    pub paid: Date,
    /// The yearly rate of a fee.
    pub rate: Option<Rate>,
}

impl Slip {
    fn days(&self) -> Period {
        Period { from: self.from, to: self.to }
    }
}

/// Contract and note numbers, each with the bank and the loan that it stands on.
#[derive(Default)]
pub(super) struct Papers {
    seen: FastMap<(bool, CompactString, CompactString), Vec<Id>>,
}

/// A number as it is whatever width, case, blanks and signs it is written with.
fn plain(number: &str) -> CompactString {
    let letters = number.nfkc().flat_map(char::to_uppercase);
    letters.filter(|letter| letter.is_alphanumeric() && !"第号".contains(*letter)).collect()
}

impl Papers {
    /// A contract and a note of one bank stand on one loan, unless another drawing is told.
    pub fn take(&mut self, fact: &Fact<'_>, loans: &Loans, adopted: &Adopted, tally: &mut Tally) {
        let (is_note, loan, number, told) = match &fact.event.kind {
            Kind::Enrol(own) => (false, &own.loan, own.contract.as_deref(), &own.drawing_of),
            Kind::Disburse(own) => {
                let note = own.note.as_ref().filter(|note| **note != own.loan);
                (true, &own.loan, note.map(Id::as_str), &own.drawing_of)
            }
            _ => return,
        };
        let (Some(number), Some(known)) = (number, loans.get(loan)) else { return };
        let key = (is_note, adopted.firm(&known.bank), plain(number));
        let on = self.seen.entry(key).or_default();
        if fact.back {
            on.retain(|other| other != loan);
            return;
        }
        tally.look(Check::PaperTwice);
        if let Some(other) = on.iter().find(|other| *other != loan).filter(|_| told.is_none()) {
            let subject = format_args!("{loan} {number}");
            tally.find(Check::PaperTwice, fact.seq, subject, "-", other);
        }
        on.push(loan.clone());
    }
}

/// A slip is told once: no two of one amount for the same days and of one day of payment, unless one
/// is said to be another payment; and a fee holds no more than its rate makes.
pub(super) fn check(fact: &Fact<'_>, loans: &Loans, tally: &mut Tally) {
    if fact.back {
        return;
    }
    let (slips, told) = match &fact.event.kind {
        Kind::InterestPaid(own) => {
            let note = loans.get(&own.loan).and_then(|loan| loan.note(own.note.as_ref()));
            (note.map(|note| note.interest.as_slice()), own.instalment)
        }
        Kind::FeePaid(own) => {
            let loan = loans.get(&own.loan);
            if let Some(loan) = loan {
                check_rate(fact, loan, tally);
            }
            (loan.map(|loan| loan.fees.as_slice()), own.instalment)
        }
        _ => return,
    };
    let Some((new, others)) = slips.and_then(<[Slip]>::split_last) else { return };
    tally.look(Check::SlipTwice);
    if told != Some(true) && others.contains(new) {
        let found = format_args!("{} {}..{}", new.amount, new.from, new.to);
        tally.find(Check::SlipTwice, fact.seq, &fact.event.id, "-", found);
    }
}

/// A fee is at most its yearly rate on all of the principal, in a year of 360 days and months of 30.
fn check_rate(fact: &Fact<'_>, loan: &Loan, tally: &mut Tally) {
    let Some((fee, rate)) = loan.fees.last().and_then(|fee| Some((fee, fee.rate?))) else { return };
    let repaid = loan.notes.iter().flat_map(|note| &note.repayments);
    let repaid: Total = repaid.filter(|(day, _)| *day <= fee.from).map(|(_, part)| *part).sum();
    let principal = if repaid < loan.amount { loan.amount - repaid } else { loan.amount };
    let days = days_between(fee.from, fee.to).max(by_month(fee.from, fee.to));
    let (numerator, denominator) = rate.fraction().parts();
    let most = principal.0.saturating_mul(i128::from(days)).saturating_mul(numerator);
    let most = Total(most / denominator.saturating_mul(360) + 1);
    tally.at_most(Check::FeeRate, fact.seq, &fact.event.id, most, fee.amount);
}

/// Thirty for each whole month from a day, and the days that are left.
fn by_month(from: Date, to: Date) -> i64 {
    let mut months = 0;
    while add_months(from, months + 1).is_ok_and(|next| next <= to) {
        months += 1;
    }
    let begun = add_months(from, months).unwrap_or(from);
    30 * i64::from(months) + days_between(begun, to)
}

/// The days of which interest slips tell bear the contract's interest once: neither what the working
/// says the contract comes to nor what it counts as paid is more than that, but for what one slip alone
/// says. Looked at where slips share days. Cost: the days, times the slips.
pub(super) fn check_interest(
    fact: &Fact<'_>,
    own: &ApproveSubsidy,
    working: &Value,
    loan: &Loan,
    tally: &mut Tally,
) {
    if own.programme != Programme::InterestDiscount {
        return;
    }
    let Some(note) = loan.note(own.note.as_ref()) else { return };
    tally.look(Check::SubsidySlips);
    let twice = |(place, slip): (usize, &Slip)| {
        let later = note.interest.get(place + 1..).unwrap_or_default();
        later.iter().any(|other| !other.days().intersect(slip.days()).is_empty())
    };
    if !note.interest.iter().enumerate().any(twice) {
        return;
    }
    let [accrued, counted] = most(loan, note, span(working));
    let interest = working.get("interest");
    let read = |key: &str| interest.and_then(|interest| amount(interest, key));
    let used = read("paid_counted").or_else(|| read("paid")).or_else(|| amount(working, "paid"));
    for (name, most, found) in [("accrued", accrued, read("accrued")), ("counted", counted, used)] {
        if let Some(found) = found {
            let subject = format_args!("{} {name}", fact.event.id);
            tally.at_most(Check::SubsidySlips, fact.seq, subject, most, found);
        }
    }
}

/// The period of a working and its segments, which may begin earlier.
fn span(working: &Value) -> Period {
    let read = |value: &Value| Some(Period { from: day(value, "from")?, to: day(value, "to")? });
    let parts = working.get("period").into_iter().chain(segments(working)).filter_map(read);
    let joined = parts.reduce(|a, b| Period { from: a.from.min(b.from), to: a.to.max(b.to) });
    joined.unwrap_or(Period { from: Date::MIN, to: Date::MIN })
}

/// What the contract comes to for the days that slips tell of, and the most that their payments can
/// count for: day by day, for as much as the largest of the slips says of it. A fen a slip is rounding.
fn most(loan: &Loan, note: &Note, span: Period) -> [Total; 2] {
    const PARTS: i128 = 1_000_000_000;
    let divisor = weight_divisor(loan.day_count);
    // How much of the contract's interest each slip says was paid, in parts, rounded up.
    let told = |slip: &Slip| {
        let whole = weights(loan, note, slip.days()).map(|(_, weight)| weight).sum::<i128>();
        let paid = slip.amount.0.saturating_mul(divisor);
        if whole > 0 { paid / (whole / PARTS).max(1) + 1 } else { 0 }
    };
    let slips: Vec<(Period, i128)> =
        note.interest.iter().map(|slip| (slip.days(), told(slip).max(PARTS))).collect();
    let (mut accrued, mut counted) = (0i128, 0i128);
    for (day, weight) in weights(loan, note, span) {
        let telling = slips.iter().filter(|(days, _)| days.contains(day));
        if let Some(part) = telling.map(|(_, part)| *part).max() {
            accrued += weight;
            counted = counted.saturating_add((weight / 1_000_000 + 1).saturating_mul(part));
        }
    }
    let rounding = i128::try_from(slips.len()).unwrap_or(i128::MAX);
    let counted = counted / (divisor * (PARTS / 1_000_000));
    [Total(rounded(accrued, divisor)), Total(counted.saturating_add(1 + rounding))]
}

fn weight_divisor(days: ContractDays) -> i128 {
    100_000_000 * if days == ContractDays::Act365 { 365 } else { 360 }
}

/// Principal × contract rate (in 10^-8) × days, day by day.
fn weights(loan: &Loan, note: &Note, days: Period) -> impl Iterator<Item = (Date, i128)> {
    let start = days.from.max(note.drawn);
    let until = days.to;
    let walk = std::iter::successors(Some(start), move |day| day.tomorrow().ok());
    walk.take_while(move |day| *day < until).map(move |day| {
        let repaid = note.repayments.iter().filter(|(from, _)| *from <= day);
        let repaid: Total = repaid.map(|(_, part)| *part).sum();
        let rates = note.rates.iter().filter(|(from, _)| *from <= day);
        let rate = rates.max_by_key(|(from, _)| *from).map_or(loan.rate, |(_, rate)| *rate);
        let (numerator, denominator) = rate.fraction().parts();
        let count = match (loan.day_count, day.tomorrow()) {
            (ContractDays::ByMonth, Ok(next)) => {
                by_month(note.drawn, next) - by_month(note.drawn, day)
            }
            _ => 1,
        };
        let principal = (note.amount - repaid).max(Total::ZERO);
        (day, principal.0 * numerator * (100_000_000 / denominator) * i128::from(count))
    })
}

/// Each fee is counted once a day: of segments for one day from one amount over as many days there are
/// at most as many as there are such fees. Slips for the same days are one fee.
pub(super) fn check_fees(
    fact: &Fact<'_>,
    own: &ApproveSubsidy,
    working: &Value,
    loan: &Loan,
    tally: &mut Tally,
) {
    if own.programme != Programme::GuaranteeFee {
        return;
    }
    let mut fees: Vec<(Period, Total)> = Vec::with_capacity(loan.fees.len());
    for slip in &loan.fees {
        match fees.iter_mut().find(|(days, _)| *days == slip.days()) {
            Some((_, sum)) => *sum += slip.amount,
            None => fees.push((slip.days(), slip.amount)),
        }
    }
    let read = |segment: &Value| {
        let days = Period { from: day(segment, "from")?, to: day(segment, "to")? };
        let paid = text(segment, "source")? == "fee-paid";
        let base = segment.get("base")?.as_i64()?;
        paid.then_some((days, amount(segment, "principal")?, base))
    };
    let rows: Vec<_> = segments(working).filter_map(read).collect();
    tally.look(Check::SubsidySlips);
    for (days, sum, base) in &rows {
        let from = days.from;
        let told = fees.iter().filter(|(covered, fee)| {
            covered.contains(from) && fee == sum && covered.days() == *base
        });
        let same =
            |row: &&(Period, Total, i64)| row.0.contains(from) && (row.1, row.2) == (*sum, *base);
        let (told, counted) = (told.count(), rows.iter().filter(same).count());
        if counted > told {
            let subject = format_args!("{} {from} {sum}", fact.event.id);
            tally.find(Check::SubsidySlips, fact.seq, subject, told, counted);
            return;
        }
    }
}
