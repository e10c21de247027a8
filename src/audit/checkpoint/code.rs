//! The check code: 20 characters that stand for a whole checkpoint, for paper and telephone.
//!
//! It is the first 100 bits of `SHA-256("poolbook-check-code/1\n" || text)`, the text up to and with
//! the empty line, in the base 32 of Crockford: no I, L, O or U. Fewer bits could be ground out by
//! rented machines.

use super::{Body, Checkpoint, number};
use crate::audit::proof::Hash;
use sha2::{Digest as _, Sha256};

/// What is hashed in front of the text, so that the code is good for nothing else.
const LABEL: &[u8] = b"poolbook-check-code/1\n";
/// The digits, each worth five bits.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Digits of a code.
const LENGTH: usize = 20;

/// A check code as it is printed: `QJG3Y-A5926-K0FET-NTC98`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckCode(String);

impl CheckCode {
    /// The code of a checkpoint's text up to and with the empty line.
    fn of(text: &str) -> Self {
        let hash: Hash = Sha256::new().chain_update(LABEL).chain_update(text).finalize().into();
        let mut code = String::with_capacity(LENGTH + 3);
        for digit in 0..LENGTH {
            if digit > 0 && digit % 5 == 0 {
                code.push('-');
            }
            let (byte, shift) = (digit * 5 / 8, digit * 5 % 8);
            let at = |place: usize| u16::from(hash.get(place).copied().unwrap_or_default());
            let value = ((at(byte) << 8 | at(byte + 1)) >> (11 - shift)) & 31;
            code.push(char::from(DIGITS.get(usize::from(value)).copied().unwrap_or(b'0')));
        }
        Self(code)
    }

    /// Reads a code as people write it: small letters, other groups, I and L for 1, O for 0.
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = String::with_capacity(LENGTH + 3);
        let mut digits = 0;
        for c in text.chars().filter(|c| *c != '-') {
            let c = match c.to_ascii_uppercase() {
                'I' | 'L' => '1',
                'O' => '0',
                c => c,
            };
            if digits == LENGTH || !u8::try_from(c).is_ok_and(|c| DIGITS.contains(&c)) {
                return None;
            }
            if digits > 0 && digits % 5 == 0 {
                code.push('-');
            }
            code.push(c);
            digits += 1;
        }
        (digits == LENGTH).then_some(Self(code))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The line that is printed: city, entries and check code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The city's code.
    pub city: String,
    /// How many entries.
    pub entries: u64,
    /// The check code.
    pub code: CheckCode,
}

impl Line {
    /// Reads `410800 18234 QJG3Y-A5926-K0FET-NTC98`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let city = words.next()?.to_owned();
        let entries = number(words.next()?).filter(|entries| *entries > 0)?;
        let code = CheckCode::parse(words.next()?)?;
        words.next().is_none().then_some(Self { city, entries, code })
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.city, self.entries, self.code.as_str())
    }
}

impl Body {
    /// The check code of a checkpoint that says this.
    pub fn code(&self) -> CheckCode {
        CheckCode::of(&format!("{self}\n"))
    }

    /// The line that is printed.
    pub fn line(&self) -> Line {
        Line { city: self.origin.city.clone(), entries: self.entries, code: self.code() }
    }
}

impl Checkpoint {
    /// The check code; signatures do not change it.
    pub fn code(&self) -> CheckCode {
        self.body.code()
    }
}
