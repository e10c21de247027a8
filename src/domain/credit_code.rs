//! Unified social credit code (统一社会信用代码): GB 32100-2015, with the organisation code of
//! GB 11714 inside.
//!
//! 18 characters: registry authority, entity class, division of first registration (6),
//! organisation code (8 and its check), check. The division part does not follow a move, so it
//! says nothing about which county a firm belongs to.

use crate::problem::Problem;

/// No I, O, S, V, Z: they are mistaken for digits.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^(i-1) mod 31.
const WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Checks both check digits of a code.
///
/// # Errors
/// `credit-code-length`; `credit-code-character` with the position and character;
/// `credit-code-organisation-check` (position 17) or `credit-code-check` (position 18), each with
/// the digit that was expected and the one that stands there.
pub fn check(code: &str) -> Result<(), Problem> {
    let length = code.chars().count();
    if length != 18 {
        return Err(Problem::data("credit-code-length").with("text", code).with("length", length));
    }
    let allowed = |c: char| u8::try_from(c).is_ok_and(|c| ALPHABET.contains(&c));
    if let Some((index, c)) = code.chars().enumerate().find(|(_, c)| !allowed(*c)) {
        let problem = Problem::data("credit-code-character").with("text", code);
        return Err(problem.with("position", index + 1).with("character", c.escape_debug()));
    }
    let bytes = code.as_bytes();
    let wrong = |name: &'static str, position: usize, expected: u8| match bytes.get(position - 1) {
        Some(found) if *found != expected => Err(Problem::data(name)
            .with("text", code)
            .with("position", position)
            .with("expected", char::from(expected))
            .with("found", char::from(*found))),
        _ => Ok(()),
    };
    let organisation = bytes.get(8..16).unwrap_or_default();
    wrong("credit-code-organisation-check", 17, organisation_check(organisation))?;
    wrong("credit-code-check", 18, check_character(bytes.get(..17).unwrap_or_default()))
}

/// The 18th character that belongs to the first 17.
fn check_character(front: &[u8]) -> u8 {
    let value = |byte: &u8| ALPHABET.iter().position(|c| c == byte).unwrap_or_default() as u32;
    let sum: u32 = front.iter().zip(WEIGHTS).map(|(byte, weight)| value(byte) * weight).sum();
    ALPHABET.get((31 - sum % 31) as usize % 31).copied().unwrap_or_default()
}

/// The check of GB 11714 that belongs to the eight characters before it; its own alphabet has all
/// 26 letters.
fn organisation_check(front: &[u8]) -> u8 {
    let value = |byte: &u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        _ => u32::from(byte.saturating_sub(b'A')) + 10,
    };
    let weights = ORGANISATION_WEIGHTS;
    let sum: u32 = front.iter().zip(weights).map(|(byte, weight)| value(byte) * weight).sum();
    match 11 - sum % 11 {
        10 => b'X',
        11 => b'0',
        check => b'0' + u8::try_from(check).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_digit_that_was_expected() {
        let told = |code: &str| {
            let problem = check(code).unwrap_err();
            let arg = |name| problem.arg(name).unwrap_or("-").to_owned();
            format!("{} {} {} {}", problem.code, arg("position"), arg("expected"), arg("found"))
        };
        assert_eq!(told("91350203M0001QAY9B"), "credit-code-check 18 9 B");
        assert_eq!(told("91350100M000100Y53"), "credit-code-organisation-check 17 4 5");
        assert_eq!(told("91350100M000100Y4"), "credit-code-length - - -");
        assert_eq!(told("9135O100M000100Y43"), "credit-code-character 5 - -");
        assert_eq!(told("91350100m000100Y43"), "credit-code-character 9 - -");
        assert_eq!(told("９1350100M000100Y43"), "credit-code-character 1 - -");
    }
}
