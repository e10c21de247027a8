//! Rates as workings print them.

use crate::domain::rate::Fraction;

/// A rate as text: a decimal where it ends within 16 places, else the fraction.
pub struct RateText(pub Fraction);

impl std::fmt::Display for RateText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (numerator, denominator) = self.0.reduced().parts();
        let mut power = 1i128;
        for decimals in 0..=16usize {
            if power % denominator == 0
                && let Some(scaled) = numerator.checked_mul(power / denominator)
            {
                if decimals == 0 {
                    return write!(f, "{scaled}");
                }
                return write!(f, "{}.{:0decimals$}", scaled / power, scaled % power);
            }
            power *= 10;
        }
        write!(f, "{numerator}/{denominator}")
    }
}
