//! Rates, shares, exact fractions, and the one place where the program rounds.
//!
//! A [`Rate`] is a decimal (`4.35%` or `0.0435`); a [`Share`] is an exact fraction (`40%`, `0.4`
//! or `750000/2000000`). A formula is carried as a [`Fraction`] of fen and rounded once, half away
//! from zero, by [`Fraction::round_fen`]. A whole split among parties adds up to the whole
//! ([`split`]), and recoveries are split cumulatively ([`split_cumulative`]).

use crate::domain::money::{Money, MoneyError};
use crate::limits::{FRACTION_PART_MAX, RATE_DECIMALS_MAX};
use crate::planted::{Bug, planted};
use rust_decimal::Decimal;
use std::fmt;

/// Why a text is not a rate or a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RateError {
    /// Not a decimal, a percentage or (for a share) a fraction.
    #[error("not a rate in the form 4.35% or 0.0435, nor a fraction a/b")]
    Format,
    /// Finer than 10^-8.
    #[error("finer than 8 decimals")]
    Precision,
    /// Below 0, or above 1 (100%).
    #[error("outside 0 to 100%; write 4.35% or 0.0435")]
    Range,
}

impl RateError {
    /// The word code of this error, as shown to users.
    pub fn code(self) -> &'static str {
        match self {
            Self::Format => "rate-format",
            Self::Precision => "rate-precision",
            Self::Range => "rate-range",
        }
    }
}

/// A yearly interest or fee rate, exact, from 0 to 1 (100%), at most 10^-8 fine.
///
/// ```
/// use poolbook::domain::rate::Rate;
///
/// let rate = Rate::parse("4.35%")?;
/// assert_eq!(rate, Rate::parse("0.0435")?);
/// assert_eq!(rate.percent(), "4.35%");
/// # Ok::<(), poolbook::domain::rate::RateError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(Decimal);

impl Rate {
    /// A rate from a decimal fraction (0.0435 is 4.35%).
    ///
    /// # Errors
    /// [`RateError`] outside 0 to 1 or finer than 10^-8.
    pub fn new(value: Decimal) -> Result<Self, RateError> {
        let value = value.normalize();
        if value.scale() > RATE_DECIMALS_MAX {
            return Err(RateError::Precision);
        }
        if value.is_sign_negative() && !value.is_zero() || value > Decimal::ONE {
            return Err(RateError::Range);
        }
        Ok(Self(value))
    }

    /// The rate as a decimal fraction.
    pub fn decimal(self) -> Decimal {
        self.0
    }

    /// The rate as an exact fraction.
    pub fn fraction(self) -> Fraction {
        // A normalised decimal of at most 8 decimals is mantissa / 10^scale.
        let mut denominator = 1i128;
        for _ in 0..self.0.scale() {
            denominator *= 10;
        }
        Fraction { numerator: self.0.mantissa(), denominator }
    }

    /// Reads `4.35%` or `0.0435`. A number above 1 without `%` is refused, never guessed.
    ///
    /// # Errors
    /// [`RateError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, RateError> {
        let (digits, percent) = match text.strip_suffix('%') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let value = parse_decimal(digits)?;
        let value = if percent {
            value.checked_div(Decimal::ONE_HUNDRED).ok_or(RateError::Range)?
        } else {
            value
        };
        Self::new(value)
    }

    /// The rate as a percentage for people: `4.35%`.
    pub fn percent(self) -> String {
        format!("{}%", (self.0 * Decimal::ONE_HUNDRED).normalize())
    }
}

/// Digits with an optional dot, nothing else; exactness is kept because 28 digits always fit.
fn parse_decimal(text: &str) -> Result<Decimal, RateError> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let dots = text.bytes().filter(|b| *b == b'.').count();
    let ends_in_digits = text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit());
    if digits + dots != text.len() || dots > 1 || !ends_in_digits {
        return Err(RateError::Format);
    }
    if digits > 24 {
        return Err(RateError::Precision);
    }
    Decimal::from_str_exact(text).map_err(|_| RateError::Format)
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for Rate {
    type Err = RateError;
    fn from_str(text: &str) -> Result<Self, RateError> {
        Self::parse(text)
    }
}

/// A share of a whole, exact, from 0 to 1; a third is a third.
///
/// ```
/// use poolbook::domain::money::Money;
/// use poolbook::domain::rate::Share;
///
/// let third = Share::parse("1/3").unwrap();
/// assert_eq!(third.of(Money::parse("100.00")?)?.to_string(), "33.33");
/// assert_eq!(third.rest().to_string(), "2/3");
/// # Ok::<(), poolbook::domain::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq)]
pub struct Share {
    fraction: Fraction,
    /// True when it was written `a/b`, which is how it is shown again.
    as_fraction: bool,
}

impl PartialEq for Share {
    /// Equal in value, however written.
    fn eq(&self, other: &Self) -> bool {
        self.fraction == other.fraction
    }
}

impl Share {
    /// The whole.
    pub const ONE: Self = Self::decimal(Fraction { numerator: 1, denominator: 1 });
    /// Nothing.
    pub const ZERO: Self = Self::decimal(Fraction { numerator: 0, denominator: 1 });

    const fn decimal(fraction: Fraction) -> Self {
        Self { fraction, as_fraction: false }
    }

    /// A share from a fraction.
    ///
    /// # Errors
    /// [`RateError::Range`] outside 0 to 1 or with parts above 10^18.
    pub fn new(numerator: i128, denominator: i128) -> Result<Self, RateError> {
        let sound = 0 <= numerator
            && numerator <= denominator
            && 0 < denominator
            && denominator <= FRACTION_PART_MAX;
        let fraction = Fraction { numerator, denominator };
        if sound { Ok(Self { fraction, as_fraction: true }) } else { Err(RateError::Range) }
    }

    /// The exact fraction.
    pub fn fraction(self) -> Fraction {
        self.fraction
    }

    /// What is left of the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        let Fraction { numerator, denominator } = self.fraction;
        let fraction = Fraction { numerator: denominator - numerator, denominator };
        Self { fraction, ..self }
    }

    /// Reads `40%`, `0.4` or `750000/2000000`.
    ///
    /// # Errors
    /// [`RateError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, RateError> {
        if let Some((numerator, denominator)) = text.split_once('/') {
            let part = |text: &str| -> Result<i128, RateError> {
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                if !digits {
                    return Err(RateError::Format);
                }
                text.parse().map_err(|_| RateError::Range)
            };
            return Self::new(part(numerator)?, part(denominator)?);
        }
        Rate::parse(text).map(|rate| Self::decimal(rate.fraction()))
    }

    /// The amount times this share, rounded once to the fen, half away from zero.
    ///
    /// # Errors
    /// [`MoneyError::Range`] cannot occur for a share of at most 1; it is kept for totality.
    pub fn of(self, amount: Money) -> Result<Money, MoneyError> {
        Fraction::whole(amount.fen()).times(self.fraction)?.round_fen()
    }
}

impl fmt::Display for Share {
    /// As it was written: a decimal (`0.4`) or a fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fraction { numerator, denominator } = self.fraction;
        // The denominator of a share that was written as a decimal is a power of ten.
        match Decimal::try_from_i128_with_scale(numerator, denominator.ilog10()) {
            Ok(value) if !self.as_fraction => value.normalize().fmt(f),
            _ => write!(f, "{numerator}/{denominator}"),
        }
    }
}

impl std::str::FromStr for Share {
    type Err = RateError;
    fn from_str(text: &str) -> Result<Self, RateError> {
        Self::parse(text)
    }
}

macro_rules! text_serde {
    ($($name:ident),*) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::domain::text::deserialize_text(deserializer, Self::parse)
            }
        }
    )*};
}
text_serde!(Rate, Share);

/// An exact fraction; the denominator is positive. Not reduced unless a product needs the room.
#[derive(Clone, Copy, Debug, Eq)]
pub struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.reduced(), other.reduced());
        a.numerator == b.numerator && a.denominator == b.denominator
    }
}

impl Fraction {
    /// Nothing.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };

    /// A whole number (of fen, of days).
    pub const fn whole(number: i64) -> Self {
        Self { numerator: number as i128, denominator: 1 }
    }

    /// `numerator / denominator`.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the denominator is not positive.
    pub fn new(numerator: i128, denominator: i128) -> Result<Self, MoneyError> {
        if denominator > 0 { Ok(Self { numerator, denominator }) } else { Err(MoneyError::Range) }
    }

    /// Numerator and denominator.
    pub fn parts(self) -> (i128, i128) {
        (self.numerator, self.denominator)
    }

    /// The same value in lowest terms.
    #[must_use]
    pub fn reduced(self) -> Self {
        let (mut a, mut b) = (self.numerator.unsigned_abs(), self.denominator.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = i128::try_from(a.max(1)).unwrap_or(1);
        Self { numerator: self.numerator / divisor, denominator: self.denominator / divisor }
    }

    /// Product.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when even the reduced parts leave 128 bits.
    pub fn times(self, other: Self) -> Result<Self, MoneyError> {
        let product = |a: Self, b: Self| {
            Some(Self {
                numerator: a.numerator.checked_mul(b.numerator)?,
                denominator: a.denominator.checked_mul(b.denominator)?,
            })
        };
        product(self, other)
            .or_else(|| {
                // Cross-reduce before giving up: a/b * c/d = (a/d) * (c/b).
                let left = Self { numerator: self.numerator, denominator: other.denominator };
                let right = Self { numerator: other.numerator, denominator: self.denominator };
                product(left.reduced(), right.reduced())
            })
            .ok_or(MoneyError::Range)
    }

    /// Sum.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when even the reduced parts leave 128 bits.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.denominator == other.denominator {
            let numerator = self.numerator.checked_add(other.numerator);
            return numerator
                .map(|numerator| Self { numerator, denominator: self.denominator })
                .ok_or(MoneyError::Range);
        }
        let sum = |a: Self, b: Self| {
            let left = a.numerator.checked_mul(b.denominator)?;
            let right = b.numerator.checked_mul(a.denominator)?;
            Some(Self {
                numerator: left.checked_add(right)?,
                denominator: a.denominator.checked_mul(b.denominator)?,
            })
        };
        sum(self, other).or_else(|| sum(self.reduced(), other.reduced())).ok_or(MoneyError::Range)
    }

    /// The fraction of fen as an amount: **the** rounding, half away from zero (C-08).
    ///
    /// # Errors
    /// [`MoneyError::Range`] beyond ±10^15 yuan.
    pub fn round_fen(self) -> Result<Money, MoneyError> {
        let (quotient, rest) =
            (self.numerator / self.denominator, self.numerator % self.denominator);
        let half_or_more =
            rest.unsigned_abs() >= self.denominator.unsigned_abs() - rest.unsigned_abs();
        let even = quotient % 2 == 0 && rest * 2 == self.denominator * rest.signum();
        let half_or_more = half_or_more && !(even && planted(Bug::HalfEven));
        let step = if half_or_more { self.numerator.signum() } else { 0 };
        Money::from_wide(quotient + step)
    }

    /// The exact value in yuan, to `decimals` places after the dot, cut (not rounded), for showing
    /// the working of a segment: `4456.25`, `8514.5833…`.
    pub fn yuan_text(self, decimals: u32) -> String {
        let sign = if self.numerator < 0 { "-" } else { "" };
        let numerator = self.numerator.unsigned_abs();
        let denominator = self.denominator.unsigned_abs().saturating_mul(100);
        let mut text = format!("{sign}{}", numerator / denominator);
        let mut rest = numerator % denominator;
        let mut digits = String::new();
        while rest != 0 && digits.len() < decimals as usize {
            rest = rest.saturating_mul(10);
            digits.push(char::from(b'0' + u8::try_from(rest / denominator).unwrap_or(9)));
            rest %= denominator;
        }
        while digits.len() < 2 {
            digits.push('0');
        }
        text.push('.');
        text.push_str(&digits);
        if rest != 0 {
            text.push('…');
        }
        text
    }
}

/// Splits a whole among parties: each part is rounded half away from zero, and the party at
/// `balancing` takes the rest (倒挤), so the parts always add up to the whole (C-11).
///
/// ```
/// use poolbook::domain::money::Money;
/// use poolbook::domain::rate::{Share, split};
///
/// let shares = ["1/3", "1/3", "1/3"].map(|share| Share::parse(share).unwrap());
/// let parts = split(Money::parse("100.00")?, &shares, 2)?;
/// let parts: Vec<String> = parts.iter().map(Money::to_string).collect();
/// assert_eq!(parts, ["33.33", "33.33", "33.34"]);
/// # Ok::<(), poolbook::domain::money::MoneyError>(())
/// ```
///
/// # Errors
/// [`MoneyError::Range`] when `balancing` is not the index of a share, or a part leaves the bounds.
pub fn split(whole: Money, shares: &[Share], balancing: usize) -> Result<Vec<Money>, MoneyError> {
    if balancing >= shares.len() {
        return Err(MoneyError::Range);
    }
    let mut rest = whole;
    let mut parts = Vec::with_capacity(shares.len());
    for (index, share) in shares.iter().enumerate() {
        let part = if index == balancing { Money::ZERO } else { share.of(whole)? };
        rest = rest.sub(part)?;
        parts.push(part);
    }
    if let Some(part) = parts.get_mut(balancing) {
        *part = rest;
    }
    Ok(parts)
}

/// The parts of one more receipt when `before` has been split already: each party's total is its
/// rounded share of the cumulative sum, less what it had (C-12). Never drifts.
///
/// # Errors
/// As [`split`].
pub fn split_cumulative(
    before: Money,
    receipt: Money,
    shares: &[Share],
    balancing: usize,
) -> Result<Vec<Money>, MoneyError> {
    let had = split(before, shares, balancing)?;
    let have = split(before.add(receipt)?, shares, balancing)?;
    have.iter().zip(&had).map(|(now, then)| now.sub(*then)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn shares(texts: &[&str]) -> Vec<Share> {
        texts.iter().map(|text| Share::parse(text).unwrap()).collect()
    }

    #[test]
    fn reads_percent_decimal_and_fraction_but_never_guesses() {
        assert_eq!(Rate::parse("4.35%"), Rate::parse("0.0435"));
        assert_eq!(Rate::parse("4.35%").unwrap().to_string(), "0.0435");
        assert_eq!(Rate::parse("4.35"), Err(RateError::Range));
        assert_eq!(Rate::parse("1e-2"), Err(RateError::Format));
        assert_eq!(Rate::parse("-0.01"), Err(RateError::Format));
        assert_eq!(Rate::parse("0.012345678"), Err(RateError::Precision));
        assert_eq!(Share::parse("750000/2000000").unwrap().to_string(), "750000/2000000");
        assert_eq!(Share::parse("40%").unwrap().to_string(), "0.4");
        assert_eq!(Share::parse("75/100").unwrap().to_string(), "75/100");
        assert_eq!(Share::parse("1").unwrap().rest().to_string(), "0");
        assert_eq!(Share::parse("3/2"), Err(RateError::Range));
        assert_eq!(Share::parse("1/0"), Err(RateError::Range));
    }

    #[test]
    fn rounds_half_away_from_zero() {
        for (numerator, denominator, fen) in
            [(1, 2, 1), (-1, 2, -1), (149, 100, 1), (-151, 100, -2), (883, 2, 442), (1, 3, 0)]
        {
            let rounded = Fraction::new(numerator, denominator).unwrap().round_fen();
            assert_eq!(rounded.map(Money::fen), Ok(fen), "{numerator}/{denominator}");
        }
    }

    #[test]
    fn splits_the_worked_compensation() {
        // Domain 5.5: 1,234,567.89 at 4:4:2, the bank balancing.
        let parts = split(money("1234567.89"), &shares(&["0.4", "0.4", "0.2"]), 2).unwrap();
        assert_eq!(parts, [money("493827.16"), money("493827.16"), money("246913.57")]);
    }

    #[test]
    fn splits_the_worked_recoveries_cumulatively() {
        // Domain 5.6.
        let shares = shares(&["0.4", "0.4", "0.2"]);
        let first = split_cumulative(Money::ZERO, money("181654.33"), &shares, 2).unwrap();
        assert_eq!(first, [money("72661.73"), money("72661.73"), money("36330.87")]);
        let second = split_cumulative(money("181654.33"), money("99999.99"), &shares, 2).unwrap();
        assert_eq!(second, [money("40000.00"), money("40000.00"), money("19999.99")]);
    }

    #[test]
    fn shows_exact_working() {
        let interest = Fraction::new(300_000_000 * 61 * 1675, 360 * 100_000).unwrap();
        assert_eq!(interest.yuan_text(4), "8514.5833…");
        assert_eq!(Fraction::new(445_625, 1).unwrap().yuan_text(4), "4456.25");
    }

    proptest::proptest! {
        #[test]
        fn parts_sum_to_the_whole_in_any_order(fen in 0i64..10_000_000_000_000, a in 0i128..=100, b in 0i128..=100) {
            let whole = Money::from_fen(fen).unwrap();
            let (a, b) = (a.min(100 - b.min(100)), b.min(100));
            let shares = [(a, 100), (b, 100), (100 - a - b, 100)]
                .map(|(n, d)| Share::new(n, d).unwrap());
            let parts = split(whole, &shares, 2).unwrap();
            let sum: i64 = parts.iter().map(|part| part.fen()).sum();
            proptest::prop_assert_eq!(sum, fen);
            let turned = split(whole, &[shares[2], shares[0], shares[1]], 0).unwrap();
            proptest::prop_assert_eq!(&turned, &[parts[2], parts[0], parts[1]]);
        }

        #[test]
        fn cumulative_parts_end_where_one_split_would(
            receipts in proptest::collection::vec(0i64..100_000_000, 1..8)
        ) {
            let shares = [Share::new(1, 3).unwrap(), Share::new(1, 3).unwrap(), Share::new(1, 3).unwrap()];
            let mut before = Money::ZERO;
            let mut totals = [0i64; 3];
            for receipt in receipts {
                let receipt = Money::from_fen(receipt).unwrap();
                let parts = split_cumulative(before, receipt, &shares, 2).unwrap();
                for (total, part) in totals.iter_mut().zip(&parts) {
                    *total += part.fen();
                }
                before = before.add(receipt).unwrap();
            }
            let whole: Vec<i64> = split(before, &shares, 2).unwrap().iter().map(|p| p.fen()).collect();
            proptest::prop_assert_eq!(totals.to_vec(), whole);
        }
    }
}
