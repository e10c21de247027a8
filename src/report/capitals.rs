//! Amounts in capitals (人民币大写) after 支付结算办法, annex 1, as they stand on vouchers.

use crate::domain::money::Total;

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];
const PLACES: [&str; 4] = ["", "拾", "佰", "仟"];
const GROUPS: [&str; 4] = ["", "万", "亿", "万"];

/// The amount in capitals: `人民币叁佰贰拾伍元零肆分`. What is negative starts with 负, for which the
/// rule has no form of its own. Up to 10^16 yuan; a larger sum, which no voucher holds, gives `None`.
pub fn capitals(amount: Total) -> Option<String> {
    let fen = amount.0.unsigned_abs();
    let (yuan, jiao, cents) = (fen / 100, fen / 10 % 10, fen % 10);
    let mut out = String::from(if amount.0 < 0 { "人民币负" } else { "人民币" });
    if yuan > 0 || fen == 0 {
        out.push_str(&whole(yuan)?);
        out.push('元');
    }
    if jiao > 0 {
        out.push(digit(jiao));
        out.push('角');
    } else if cents > 0 && yuan > 0 {
        out.push('零');
    }
    if cents > 0 {
        out.push(digit(cents));
        out.push('分');
    } else if jiao == 0 {
        out.push('整');
    }
    Some(out)
}

fn digit(value: u128) -> char {
    usize::try_from(value).ok().and_then(|value| DIGITS.get(value).copied()).unwrap_or('零')
}

/// The yuan, in groups of four digits; one 零 stands for a run of zeros between two digits.
fn whole(yuan: u128) -> Option<String> {
    if yuan == 0 {
        return Some("零".to_owned());
    }
    let text = yuan.to_string();
    let length = text.len();
    if length > 16 {
        return None;
    }
    let mut out = String::new();
    let mut zero = false;
    let mut group_used = false;
    for (index, byte) in text.bytes().enumerate() {
        let place = length - 1 - index;
        if byte == b'0' {
            zero = true;
        } else {
            if zero && !out.is_empty() {
                out.push('零');
            }
            zero = false;
            group_used = true;
            out.push(digit(u128::from(byte - b'0')));
            out.push_str(PLACES.get(place % 4)?);
        }
        // 亿 is named even when its own group is empty but 万亿 stands before it.
        if place % 4 == 0 && (group_used || (place == 8 && !out.is_empty())) {
            out.push_str(GROUPS.get(place / 4)?);
            group_used = false;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;

    #[test]
    fn the_examples_of_the_rule() {
        let cases = [
            ("0.00", "人民币零元整"),
            ("0.05", "人民币伍分"),
            ("0.50", "人民币伍角"),
            ("10.00", "人民币壹拾元整"),
            ("325.04", "人民币叁佰贰拾伍元零肆分"),
            ("1409.50", "人民币壹仟肆佰零玖元伍角"),
            ("1680.32", "人民币壹仟陆佰捌拾元叁角贰分"),
            ("6007.14", "人民币陆仟零柒元壹角肆分"),
            ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
            ("107000.53", "人民币壹拾万零柒仟元伍角叁分"),
            ("10001000.00", "人民币壹仟万零壹仟元整"),
            ("43000000.00", "人民币肆仟叁佰万元整"),
            ("100000000.00", "人民币壹亿元整"),
            ("100000001.00", "人民币壹亿零壹元整"),
            ("1000000000000.00", "人民币壹万亿元整"),
            ("1000000010000.00", "人民币壹万亿零壹万元整"),
            ("-5.00", "人民币负伍元整"),
        ];
        for (amount, expected) in cases {
            let money = Money::parse(amount).unwrap();
            assert_eq!(capitals(money.into()).as_deref(), Some(expected), "{amount}");
        }
        assert_eq!(capitals(Total(i128::MAX)), None);
    }
}
