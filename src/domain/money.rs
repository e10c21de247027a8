//! Money: exact fen in a checked integer, with one strict text form.
//!
//! `Money` is a single amount (at most ±10^15 yuan). `Total` is a sum of amounts; it is wider, so
//! that adding up a whole book cannot overflow. Neither ever rounds; rounding lives in
//! [`crate::domain::rate`].

use crate::limits::{MONEY_MAX_FEN, MONEY_TEXT_MAX};
use crate::planted::{Bug, planted};
use std::fmt;

/// An amount in fen (0.01 yuan), between -10^15 and +10^15 yuan.
///
/// The bound leaves room: a thousand amounts at the bound still add up within an `i64` of fen, and no pool
/// comes near it.
///
/// ```
/// use poolbook::domain::money::{Money, MoneyError};
///
/// let paid = Money::parse("493,827.16")?;
/// let returned = Money::parse("0.16")?;
/// assert_eq!(paid.sub(returned)?.to_string(), "493827.00");
/// assert_eq!(paid.grouped(), "493,827.16");
/// // Nothing is rounded in silence.
/// assert_eq!(Money::parse("0.005"), Err(MoneyError::Precision));
/// # Ok::<(), MoneyError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// Why a text or a result is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not digits with an optional sign, thousands commas in groups and one dot.
    #[error("not an amount in the form 1234.56")]
    Format,
    /// More than two decimals.
    #[error("more than two decimals")]
    Precision,
    /// Beyond ±10^15 yuan.
    #[error("beyond 1,000,000,000,000,000.00 yuan")]
    Range,
}

impl MoneyError {
    /// The word code of this error, as shown to users.
    pub fn code(self) -> &'static str {
        match self {
            Self::Format => "amount-format",
            Self::Precision => "amount-precision",
            Self::Range => "amount-range",
        }
    }
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount, 10^15 yuan.
    pub const MAX: Self = Self(MONEY_MAX_FEN);

    /// An amount from fen.
    ///
    /// # Errors
    /// [`MoneyError::Range`] beyond ±10^15 yuan.
    pub const fn from_fen(fen: i64) -> Result<Self, MoneyError> {
        if fen > MONEY_MAX_FEN || fen < -MONEY_MAX_FEN {
            return Err(MoneyError::Range);
        }
        Ok(Self(fen))
    }

    /// An amount from a wide integer of fen; same bound as [`Money::from_fen`].
    ///
    /// # Errors
    /// [`MoneyError::Range`] beyond ±10^15 yuan.
    pub fn from_wide(fen: i128) -> Result<Self, MoneyError> {
        i64::try_from(fen).map_err(|_| MoneyError::Range).and_then(Self::from_fen)
    }

    /// The amount in fen.
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// True for 0.00.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// True above 0.00.
    pub const fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// Sum.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the sum leaves the bounds.
    #[allow(clippy::should_implement_trait, reason = "it can fail, the operator cannot")]
    pub fn add(self, other: Self) -> Result<Self, MoneyError> {
        if planted(Bug::SumWraps) {
            return Ok(Self(self.0.wrapping_add(other.0)));
        }
        self.0.checked_add(other.0).ok_or(MoneyError::Range).and_then(Self::from_fen)
    }

    /// Difference.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the difference leaves the bounds.
    #[allow(clippy::should_implement_trait, reason = "it can fail, the operator cannot")]
    pub fn sub(self, other: Self) -> Result<Self, MoneyError> {
        self.0.checked_sub(other.0).ok_or(MoneyError::Range).and_then(Self::from_fen)
    }

    /// The amount with its sign turned; the bounds are symmetric, so it always exists.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self(-self.0)
    }

    /// Text with thousands commas: `1,234.50`.
    pub fn grouped(self) -> String {
        Total(i128::from(self.0)).grouped()
    }

    /// Reads the strict text form: optional `-`, digits, optional thousands commas in groups of
    /// three, at most one dot with one or two decimals. No exponent, no `_`, no `+`, no spaces.
    /// Cost: one pass over at most 24 bytes.
    ///
    /// # Errors
    /// [`MoneyError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let bytes = text.as_bytes();
        let (negative, digits) = match bytes.first() {
            Some(b'-') => (true, bytes.get(1..).unwrap_or_default()),
            _ => (false, bytes),
        };
        let (whole, decimals) = match digits.iter().position(|b| *b == b'.') {
            Some(dot) => {
                let (whole, rest) = digits.split_at(dot);
                (whole, rest.get(1..).unwrap_or_default())
            }
            None => (digits, &b""[..]),
        };
        let has_dot = whole.len() != digits.len();
        if whole.is_empty() || (has_dot && decimals.is_empty()) {
            return Err(MoneyError::Format);
        }
        if !decimals.iter().all(u8::is_ascii_digit) || !is_grouped(whole) {
            return Err(MoneyError::Format);
        }
        if decimals.len() > 2 {
            return Err(MoneyError::Precision);
        }
        if bytes.len() > MONEY_TEXT_MAX {
            return Err(MoneyError::Range);
        }
        let mut fen: i64 = 0;
        let fraction = [decimals.first().copied(), decimals.get(1).copied()];
        let digits = whole.iter().copied().filter(|b| *b != b',');
        for digit in digits.chain(fraction.map(|b| b.unwrap_or(b'0'))) {
            fen = fen
                .checked_mul(10)
                .and_then(|fen| fen.checked_add(i64::from(digit - b'0')))
                .ok_or(MoneyError::Range)?;
        }
        Self::from_fen(if negative { -fen } else { fen })
    }
}

/// Plain digits, or digits in comma groups: one to three, then threes.
fn is_grouped(whole: &[u8]) -> bool {
    if !whole.contains(&b',') {
        return whole.iter().all(u8::is_ascii_digit);
    }
    whole.split(|b| *b == b',').enumerate().all(|(index, group)| {
        let length_fits =
            if index == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        length_fits && group.iter().all(u8::is_ascii_digit)
    })
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Total(i128::from(self.0)).fmt(f)
    }
}

impl std::str::FromStr for Money {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::parse(text)
    }
}

impl serde::Serialize for Money {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> serde::Deserialize<'de> for Money {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        if deserializer.is_human_readable() {
            crate::domain::text::deserialize_text(deserializer, Self::parse)
        } else {
            let fen = i64::deserialize(deserializer)?;
            Self::from_fen(fen).map_err(D::Error::custom)
        }
    }
}

/// A sum of amounts, in fen. Wide enough for 10^20 amounts of the largest size.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Total(pub i128);

impl Total {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Text with thousands commas: `-1,234.50`.
    pub fn grouped(self) -> String {
        let plain = self.to_string();
        let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |d| ("-", d));
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "00"));
        let mut grouped = String::with_capacity(plain.len() + whole.len() / 3 + 1);
        grouped.push_str(sign);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        grouped.push('.');
        grouped.push_str(decimals);
        grouped
    }

    /// The sum as a single amount.
    ///
    /// # Errors
    /// [`MoneyError::Range`] beyond ±10^15 yuan.
    pub fn money(self) -> Result<Money, MoneyError> {
        Money::from_wide(self.0)
    }
}

impl From<Money> for Total {
    fn from(money: Money) -> Self {
        Self(i128::from(money.0))
    }
}

impl std::ops::Add for Total {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Total {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::AddAssign for Total {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::ops::Neg for Total {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl std::iter::Sum for Total {
    fn sum<I: Iterator<Item = Self>>(totals: I) -> Self {
        totals.fold(Self::ZERO, |sum, total| sum + total)
    }
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fen = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_strict_form_only() {
        let good = [
            ("0", 0),
            ("0.5", 50),
            ("12.34", 1234),
            ("-1.00", -100),
            ("1,234,567.89", 123_456_789),
            ("1000000000000000", MONEY_MAX_FEN),
        ];
        for (text, fen) in good {
            assert_eq!(Money::parse(text).map(Money::fen), Ok(fen), "{text}");
        }
        let bad = [
            ("", MoneyError::Format),
            ("-", MoneyError::Format),
            (".5", MoneyError::Format),
            ("5.", MoneyError::Format),
            ("1e3", MoneyError::Format),
            ("1_000", MoneyError::Format),
            ("+1", MoneyError::Format),
            (" 1", MoneyError::Format),
            ("1 ", MoneyError::Format),
            ("1,23", MoneyError::Format),
            ("1234,567", MoneyError::Format),
            (",123", MoneyError::Format),
            ("１２", MoneyError::Format),
            ("NaN", MoneyError::Format),
            ("1.2.3", MoneyError::Format),
            ("1.234", MoneyError::Precision),
            ("1000000000000000.01", MoneyError::Range),
            ("10000000000000000", MoneyError::Range),
            ("99999999999999999999999999", MoneyError::Range),
        ];
        for (text, error) in bad {
            assert_eq!(Money::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn prints_two_decimals_and_groups() {
        assert_eq!(Money(-5).to_string(), "-0.05");
        assert_eq!(Money(123_456_789).grouped(), "1,234,567.89");
        assert_eq!(Money(-100_000).grouped(), "-1,000.00");
        assert_eq!(Money(99_900).grouped(), "999.00");
    }

    #[test]
    fn arithmetic_refuses_to_leave_the_bounds() {
        assert_eq!(Money::MAX.add(Money(1)), Err(MoneyError::Range));
        assert_eq!(Money::MAX.negated().sub(Money(1)), Err(MoneyError::Range));
        assert_eq!(Money::MAX.sub(Money::MAX), Ok(Money::ZERO));
    }

    proptest::proptest! {
        #[test]
        fn text_and_fen_agree(fen in -MONEY_MAX_FEN..=MONEY_MAX_FEN) {
            let money = Money(fen);
            proptest::prop_assert_eq!(Money::parse(&money.to_string()), Ok(money));
            if money.grouped().len() <= MONEY_TEXT_MAX {
                proptest::prop_assert_eq!(Money::parse(&money.grouped()), Ok(money));
            }
        }
    }
}
