//! Amounts in the notations of banks.

use crate::domain::money::{Money, MoneyError};
use crate::intake::cell::{Cell, half_width, trim};
use crate::intake::profile::{Amounts, Decimal};
use crate::problem::Problem;
use std::borrow::Cow;

/// The amount of a cell; `None` for an empty cell or the profile's word for no amount.
///
/// # Errors
/// `statement-amount`, `statement-precision`, `amount-range`, `number-inexact`.
pub fn money(amounts: &Amounts, cell: &Cell<'_>) -> Result<Option<Money>, Problem> {
    let text = cell.amount_text()?;
    let mut text = trim(&text);
    let is_text = |word: &String| trim(half_width(word).as_ref()) == text;
    if text.is_empty() || amounts.empty.iter().any(is_text) {
        return Ok(None);
    }
    for prefix in &amounts.prefix {
        text = trim(text.strip_prefix(half_width(prefix).as_ref()).unwrap_or(text));
    }
    let text = text.strip_prefix('+').filter(|rest| !rest.starts_with('-')).unwrap_or(text);
    // `(1,234.50)` and `1,234.50-` are accountants' notations for a negative amount.
    let bracketed = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let unsigned = bracketed.or_else(|| text.strip_suffix('-')).map(trim);
    let unsigned = unsigned.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    // A number of a workbook always has a decimal dot.
    let decimal = if matches!(cell, Cell::Number(_)) { Decimal::Dot } else { amounts.decimal };
    let parsed = match unsigned {
        Some(unsigned) => parse(&plain(unsigned, decimal)).map(Money::negated),
        None => parse(&plain(text, decimal)),
    };
    parsed.map(Some).map_err(|error| {
        let code = match error.code() {
            "amount-format" => "statement-amount",
            "amount-precision" => "statement-precision",
            other => other,
        };
        Problem::data(code).with("text", trim(cell.shown().as_ref()).escape_debug())
    })
}

/// Reads a text as an amount; zeros after the second decimal are accepted.
///
/// # Errors
/// The errors of [`Money::parse`].
pub fn parse(plain: &str) -> Result<Money, MoneyError> {
    let exact = match plain.split_once('.') {
        Some((_, decimals)) if decimals.len() > 2 => {
            let surplus = decimals.get(2..).unwrap_or_default();
            let noughts = surplus.bytes().all(|byte| byte == b'0');
            plain.get(..plain.len() - surplus.len()).filter(|_| noughts).unwrap_or(plain)
        }
        _ => plain,
    };
    Money::parse(exact)
}

/// Reads an amount of a message, for which there is no profile.
///
/// # Errors
/// `message-amount`, `amount-range`.
pub fn of_message(plain: &str, text: &str, field: &'static str) -> Result<Money, Problem> {
    parse(plain).map_err(|error| {
        let code = match error.code() {
            "amount-range" => "amount-range",
            _ => "message-amount",
        };
        Problem::data(code).with("text", text.escape_debug()).with("field", field)
    })
}

/// Returns true for a text that banks print if there is no amount.
pub fn is_nothing(text: &str) -> bool {
    const WORDS: [&str; 8] = ["n/a", "na", "无", "空", "null", "nil", "none", "无发生额"];
    let text = half_width(text).to_lowercase();
    let text = trim(&text);
    let dash = |c: char| matches!(c, '-' | '—' | '–' | '―' | '─' | '_' | '/' | '*');
    !text.is_empty() && (text.chars().all(dash) || WORDS.contains(&text))
}

/// Returns true if a text without signs is an amount with either decimal sign.
pub fn is_amount(text: &str) -> bool {
    [Decimal::Dot, Decimal::Comma].into_iter().any(|decimal| parse(&plain(text, decimal)).is_ok())
}

/// The decimal sign that the amounts of a column show: a comma if some texts end with a comma and
/// one or two digits and none ends so with a dot.
pub fn decimal_of<'t>(mut texts: impl Iterator<Item = &'t str> + Clone) -> Decimal {
    let ends = |text: &str, sign: char| {
        let last = text.rsplit_once(sign).map_or("", |(_, decimals)| decimals);
        (1..=2).contains(&last.len()) && last.bytes().all(|byte| byte.is_ascii_digit())
    };
    let dotted = texts.clone().any(|text| ends(text, '.'));
    if !dotted && texts.any(|text| ends(text, ',')) { Decimal::Comma } else { Decimal::Dot }
}

/// Rewrites an amount with a decimal dot and commas between the groups of digits. A character
/// counts as a separator of groups between two digits only: a blank of any width, an apostrophe, or
/// the dot if the comma is decimal.
fn plain(text: &str, decimal: Decimal) -> Cow<'_, str> {
    let comma = decimal == Decimal::Comma;
    if !comma && text.bytes().all(|byte| byte.is_ascii() && !matches!(byte, b' ' | b'\'')) {
        return Cow::Borrowed(text);
    }
    let is_digit = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
    let chars: Vec<char> = text.chars().collect();
    let swapped = chars.iter().enumerate().map(|(place, c)| {
        let before = place.checked_sub(1).and_then(|before| chars.get(before));
        let inside = is_digit(before) && is_digit(chars.get(place + 1));
        let parts = c.is_whitespace() || matches!(c, '\'' | '’' | '`');
        match c {
            ',' if comma => '.',
            // A comma as a second separator is an error; `?` makes the amount be refused.
            '.' if comma => {
                if inside {
                    ','
                } else {
                    '?'
                }
            }
            _ if parts && inside => ',',
            other => *other,
        }
    });
    Cow::Owned(swapped.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, decimal: Decimal) -> String {
        let amounts =
            Amounts { decimal, empty: vec!["——".into(), "N/A".into()], ..Amounts::default() };
        match money(&amounts, &Cell::text(text)) {
            Ok(Some(money)) => money.to_string(),
            Ok(None) => "none".to_owned(),
            Err(problem) => problem.code.to_owned(),
        }
    }

    #[test]
    fn amounts_of_banks() {
        for (text, expected) in [
            ("1,234.50", "1234.50"),
            ("1 234 567.5", "1234567.50"),
            ("1\u{A0}234.50", "1234.50"),
            ("1\u{2009}234.50", "1234.50"),
            ("1\u{202F}234.50", "1234.50"),
            ("1\u{3000}234.50", "1234.50"),
            ("1'234.50", "1234.50"),
            ("1’234.50", "1234.50"),
            ("-1 234.50", "-1234.50"),
            ("(1,234.50)", "-1234.50"),
            ("1 234.5000-", "-1234.50"),
            ("(-1.00)", "statement-amount"),
            ("9.3700", "9.37"),
            ("500000.0000", "500000.00"),
            ("0.000", "0.00"),
            ("—— ", "none"),
            ("N/A", "none"),
            ("9.3750", "statement-precision"),
            ("9.3705", "statement-precision"),
            ("12 34.50", "statement-amount"),
            ("1 23", "statement-amount"),
            ("1.234,50", "statement-amount"),
            ("500万元", "statement-amount"),
            ("无", "statement-amount"),
            ("1e3", "statement-amount"),
        ] {
            assert_eq!(read(text, Decimal::Dot), expected, "{text:?}");
        }
    }

    #[test]
    fn a_comma_is_decimal_where_the_profile_says_so() {
        for (text, expected) in [
            ("1.234,50", "1234.50"),
            ("1 234,5", "1234.50"),
            ("1234,50", "1234.50"),
            ("-1.234.567,00", "-1234567.00"),
            ("1234", "1234.00"),
            ("9,3700", "9.37"),
            ("1,234.50", "statement-amount"),
            ("1234.50", "statement-amount"),
            ("1.234", "1234.00"),
            (".5", "statement-amount"),
        ] {
            assert_eq!(read(text, Decimal::Comma), expected, "{text:?}");
        }
        let amounts = Amounts { decimal: Decimal::Comma, ..Amounts::default() };
        let number = money(&amounts, &Cell::Number("1234.5".into())).unwrap().unwrap();
        assert_eq!(number.to_string(), "1234.50");
    }
}
