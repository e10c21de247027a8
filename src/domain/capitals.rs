//! Amounts in capitals (人民币大写), as vouchers and payment orders must show them.
//!
//! Rules of 支付结算办法, annex 1. Where the rules leave a choice, one form is written: a single
//! zero at the place of 万, 亿 or 元 is left out, a run of zeros there is written as one 零; 整 is not
//! written after 角, except where the amount is below one yuan, so that nothing can be added to it.

use crate::domain::money::Money;

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const UNITS: [&str; 4] = ["", "拾", "佰", "仟"];

/// The amount in capitals: `人民币叁佰贰拾伍元零肆分`. A negative amount is `人民币负…` (the rules have
/// none; it is the spoken form).
pub fn capitals(amount: Money) -> String {
    let fen = amount.fen().unsigned_abs();
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut text = String::from(if amount < Money::ZERO { "人民币负" } else { "人民币" });
    let zeros = push_yuan(yuan, &mut text);
    if yuan > 0 {
        text.push('元');
    }
    match (jiao, fen) {
        (0, 0) if yuan == 0 => text.push_str("零元整"),
        (0, 0) => text.push('整'),
        (0, fen) => {
            if yuan > 0 {
                text.push('零');
            }
            push_digit(fen, "分", &mut text);
        }
        (jiao, fen) => {
            if zeros > 1 {
                text.push('零');
            }
            push_digit(jiao, "角", &mut text);
            if fen > 0 {
                push_digit(fen, "分", &mut text);
            } else if yuan == 0 {
                text.push('整');
            }
        }
    }
    text
}

/// Writes whole yuan (up to 10^16) without 元; returns how many zeros it ends in.
fn push_yuan(yuan: u64, text: &mut String) -> u32 {
    let mut zeros = 0;
    let mut begun = false;
    for place in (0..16u32).rev() {
        let digit = yuan / 10u64.pow(place) % 10;
        if digit == 0 {
            zeros += u32::from(begun);
        } else {
            let single_at_boundary = zeros == 1 && place % 4 == 3;
            if zeros > 0 && !single_at_boundary {
                text.push('零');
            }
            push_digit(digit, UNITS.get(place as usize % 4).copied().unwrap_or_default(), text);
            zeros = 0;
            begun = true;
        }
        // 万 closes a group of four that holds something; 亿 closes all that stands before it.
        let group = yuan / 10u64.pow(place) % 10_000;
        match place {
            12 | 4 if group > 0 => text.push('万'),
            8 if begun => text.push('亿'),
            _ => {}
        }
    }
    zeros
}

fn push_digit(digit: u64, unit: &str, text: &mut String) {
    let digit = usize::try_from(digit).unwrap_or_default();
    text.push_str(DIGITS.get(digit).copied().unwrap_or_default());
    text.push_str(unit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_large_and_negative_amounts() {
        let cases = [
            ("-325.04", "人民币负叁佰贰拾伍元零肆分"),
            ("100000001.00", "人民币壹亿零壹元整"),
            ("100010000.00", "人民币壹亿零壹万元整"),
            ("1000000000000.00", "人民币壹万亿元整"),
            ("1234500000000.00", "人民币壹万贰仟叁佰肆拾伍亿元整"),
            ("1000000000000000.00", "人民币壹仟万亿元整"),
            ("10050.00", "人民币壹万零伍拾元整"),
            ("20000000000.10", "人民币贰佰亿元零壹角"),
        ];
        for (amount, expected) in cases {
            assert_eq!(capitals(Money::parse(amount).unwrap()), expected, "{amount}");
        }
    }

    proptest::proptest! {
        /// Reading the numerals back by their own rule gives the amount.
        #[test]
        fn says_the_amount(fen in 0i64..100_000_000_000_000_000) {
            let text = capitals(Money::from_fen(fen).unwrap());
            proptest::prop_assert_eq!(value(&text), i128::from(fen));
            proptest::prop_assert!(!text.contains("零零"));
        }
    }

    /// The number that a text in capitals says, in fen.
    fn value(text: &str) -> i128 {
        let (mut total, mut group, mut high, mut digit) = (0i128, 0i128, 0i128, 0i128);
        for c in text.trim_start_matches("人民币").chars() {
            if let Some(found) = DIGITS.iter().position(|d| d.starts_with(c)) {
                digit = found as i128;
                continue;
            }
            let take = std::mem::take(&mut digit);
            match c {
                '拾' => group += take * 10,
                '佰' => group += take * 100,
                '仟' => group += take * 1000,
                '万' => high += (std::mem::take(&mut group) + take) * 10_000,
                '亿' => {
                    total += (std::mem::take(&mut high) + std::mem::take(&mut group) + take)
                        * 100_000_000
                        * 100;
                }
                '元' => {
                    total += (std::mem::take(&mut high) + std::mem::take(&mut group) + take) * 100
                }
                '角' => total += take * 10,
                '分' => total += take,
                _ => {}
            }
        }
        total
    }
}
