//! Canonical JSON out: no spaces, no floats, keys in alphabetical order.
//!
//! The callers give the keys in that order, and the writer asserts it in every build, so that the
//! bytes are those of RFC 8785 for the subset in use (objects, arrays, strings, integers, booleans)
//! and a wrong entry ends the program before a byte of it is stored. Reports, whose keys follow
//! their columns, take [`Writer::free`].

use crate::domain::calendar::Date;
use crate::domain::money::Money;
use crate::limits::JSON_DEPTH_MAX;
use jiff::Timestamp;
use jiff::tz::Offset;
use std::ops::Range;

/// Appends JSON to a buffer. Dates, instants and amounts are written digit by digit, because their
/// `Display` forms would be two fifths of the cost of encoding an entry.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    comma: bool,
    /// Where in `out` the last key of each open object is; empty before its first key.
    keys: [(usize, usize); JSON_DEPTH_MAX],
    /// How many objects are open.
    depth: usize,
    /// Whether the keys must be in alphabetical order.
    sorted: bool,
}

impl<'a> Writer<'a> {
    /// A writer of canonical JSON at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, comma: false, keys: [(0, 0); JSON_DEPTH_MAX], depth: 0, sorted: true }
    }

    /// A writer whose keys come in any order, for reports.
    pub fn free(out: &'a mut Vec<u8>) -> Self {
        Self { sorted: false, ..Self::new(out) }
    }

    fn separate(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
    }

    /// `{`
    pub fn begin_object(&mut self) {
        self.separate();
        self.out.push(b'{');
        self.comma = false;
        assert!(self.depth < self.keys.len(), "BUG: JSON nested deeper than {JSON_DEPTH_MAX}");
        if let Some(last) = self.keys.get_mut(self.depth) {
            *last = (0, 0);
        }
        self.depth += 1;
    }

    /// `}`
    pub fn end_object(&mut self) {
        self.out.push(b'}');
        self.comma = true;
        assert!(self.depth > 0, "BUG: an object of JSON ends that never began");
        self.depth -= 1;
    }

    /// `[`
    pub fn begin_array(&mut self) {
        self.separate();
        self.out.push(b'[');
        self.comma = false;
    }

    /// `]`
    pub fn end_array(&mut self) {
        self.out.push(b']');
        self.comma = true;
    }

    /// `"key":` with a key that needs no escape.
    #[inline]
    pub fn key(&mut self, key: &str) {
        self.out.reserve(key.len() + 4);
        self.separate();
        self.out.push(b'"');
        let start = self.out.len();
        self.out.extend_from_slice(key.as_bytes());
        if self.sorted {
            self.follows(start..self.out.len());
        }
        self.out.extend_from_slice(b"\":");
        self.comma = false;
    }

    /// Each key follows the one before it, so none is there twice.
    #[inline]
    fn follows(&mut self, key: Range<usize>) {
        let place = self.depth.checked_sub(1).and_then(|open| self.keys.get_mut(open));
        let place = place.map(|last| std::mem::replace(last, (key.start, key.end)));
        let (start, end) = place.unwrap_or_default();
        let [before, key] = [start..end, key].map(|at| self.out.get(at).unwrap_or_default());
        assert!(
            before < key && self.depth > 0,
            "BUG: the keys of canonical JSON are out of order: `{}` after `{}`",
            String::from_utf8_lossy(key),
            String::from_utf8_lossy(before),
        );
    }

    /// A string, escaped as RFC 8785 says: `"`, `\` and control characters only.
    #[inline]
    pub fn string(&mut self, text: &str) {
        self.out.reserve(text.len() + 3);
        self.separate();
        self.out.push(b'"');
        // Without a branch in the loop, so that it runs over many bytes at once.
        let escape = |found, byte: &u8| found | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
        if text.as_bytes().iter().fold(false, escape) {
            self.escaped(text.as_bytes());
        } else {
            self.out.extend_from_slice(text.as_bytes());
        }
        self.out.push(b'"');
    }

    #[cold]
    fn escaped(&mut self, bytes: &[u8]) {
        let mut start = 0;
        for (index, byte) in bytes.iter().enumerate() {
            let short: Option<u8> = match byte {
                b'"' => Some(b'"'),
                b'\\' => Some(b'\\'),
                0x08 => Some(b'b'),
                0x09 => Some(b't'),
                0x0a => Some(b'n'),
                0x0c => Some(b'f'),
                0x0d => Some(b'r'),
                0x00..=0x1f => None,
                _ => continue,
            };
            self.out.extend_from_slice(bytes.get(start..index).unwrap_or_default());
            match short {
                Some(short) => self.out.extend_from_slice(&[b'\\', short]),
                None => self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            }
            start = index + 1;
        }
        self.out.extend_from_slice(bytes.get(start..).unwrap_or_default());
    }

    /// An amount in quotes, `"-1234.50"`.
    pub fn amount(&mut self, amount: Money) {
        let mut digits = [0; 24];
        let mut at = digits.len();
        let mut put = |byte: u8| {
            at = at.saturating_sub(1);
            if let Some(place) = digits.get_mut(at) {
                *place = byte;
            }
        };
        let mut left = amount.fen().unsigned_abs();
        put(b'"');
        for place in 0.. {
            if place == 2 {
                put(b'.');
            }
            put(digit(left % 10));
            left /= 10;
            // At least one digit stands before the point.
            if left == 0 && place >= 2 {
                break;
            }
        }
        if amount < Money::ZERO {
            put(b'-');
        }
        put(b'"');
        self.separate();
        self.out.extend_from_slice(digits.get(at..).unwrap_or_default());
    }

    /// A date in quotes, `"2017-03-01"`.
    pub fn date(&mut self, date: Date) {
        let Some([y1, y2, y3, y4]) = four_digits(date.year()) else { return self.quoted(date) };
        let [m1, m2] = two_digits(date.month());
        let [d1, d2] = two_digits(date.day());
        self.separate();
        self.out.extend_from_slice(&[b'"', y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'"']);
    }

    /// An instant in quotes, `"2018-01-05T08:00:00Z"`.
    pub fn instant(&mut self, instant: Timestamp) {
        let civil = Offset::UTC.to_datetime(instant);
        let (date, time) = (civil.date(), civil.time());
        let year = four_digits(date.year()).filter(|_| time.subsec_nanosecond() == 0);
        let Some([y1, y2, y3, y4]) = year else { return self.quoted(instant) };
        let [m1, m2] = two_digits(date.month());
        let [d1, d2] = two_digits(date.day());
        let [h1, h2] = two_digits(time.hour());
        let [i1, i2] = two_digits(time.minute());
        let [s1, s2] = two_digits(time.second());
        self.separate();
        self.out.extend_from_slice(&[
            b'"', y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', i1, i2, b':', s1,
            s2, b'Z', b'"',
        ]);
    }

    /// A text that needs no escape, written through its `Display` form in quotes.
    pub fn quoted(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        self.separate();
        self.out.push(b'"');
        let start = self.out.len();
        // Writing to a Vec cannot fail.
        let _ = write!(self.out, "{value}");
        let plain = |byte: &u8| *byte >= 0x20 && *byte != b'"' && *byte != b'\\';
        let written = self.out.get(start..).unwrap_or_default();
        assert!(written.iter().all(plain), "BUG: `{value}` is written without an escape it needs");
        self.out.push(b'"');
    }

    /// An integer.
    pub fn integer(&mut self, value: u64) {
        let mut digits = [0; 20];
        let mut left = value;
        let mut count = 0;
        for place in digits.iter_mut().rev() {
            *place = digit(left % 10);
            left /= 10;
            count += 1;
            if left == 0 {
                break;
            }
        }
        self.separate();
        self.out.extend_from_slice(digits.get(20 - count..).unwrap_or_default());
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: bool) {
        self.separate();
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A value that is canonical JSON already.
    pub fn raw(&mut self, json: &[u8]) {
        self.separate();
        self.out.extend_from_slice(json);
    }
}

/// The character of a number below 10.
fn digit(number: u64) -> u8 {
    b'0' + u8::try_from(number).unwrap_or(0)
}

/// A number from 0 to 99.
fn two_digits(number: i8) -> [u8; 2] {
    let number = number.unsigned_abs();
    [b'0' + number / 10, b'0' + number % 10]
}

/// A year from 0 to 9999.
fn four_digits(year: i16) -> Option<[u8; 4]> {
    let [century, year] = [i8::try_from(year / 100).ok()?, i8::try_from(year % 100).ok()?];
    if century < 0 || year < 0 {
        return None;
    }
    let ([a, b], [c, d]) = (two_digits(century), two_digits(year));
    Some([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Writer<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut Writer::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    fn displayed(value: impl std::fmt::Display) -> String {
        format!("\"{value}\"")
    }

    proptest! {
        #[test]
        fn digits_are_those_of_the_display_form(
            fen in -100_000_000_000_000_000_i64..=100_000_000_000_000_000,
            small in -1_000_i64..1_000,
            number: u64,
            second in -60_000_000_000_i64..=250_000_000_000,
            nano in 0_i32..3,
        ) {
            for fen in [fen, small] {
                let money = Money::from_fen(fen).unwrap();
                prop_assert_eq!(written(|out| out.amount(money)), displayed(money));
            }
            prop_assert_eq!(written(|out| out.integer(number)), number.to_string());
            let instant = Timestamp::new(second, nano * 500_000).unwrap();
            prop_assert_eq!(written(|out| out.instant(instant)), displayed(instant));
            let date = Offset::UTC.to_datetime(instant).date();
            prop_assert_eq!(written(|out| out.date(date)), displayed(date));
        }

        #[test]
        fn strings_read_back(text: String, controls in "[\\x00-\\x1f\"\\\\a]{0,40}") {
            for text in [text, controls] {
                let json = written(|out| out.string(&text));
                prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            }
        }
    }

    /// Keys that are out of order, or twice there, end the program; each object has its own order.
    #[test]
    fn keys_are_held_to_their_order() {
        let keys = |sorted: bool, keys: &[&str]| {
            let mut out = Vec::new();
            let mut writer = if sorted { Writer::new(&mut out) } else { Writer::free(&mut out) };
            writer.begin_object();
            for key in keys {
                writer.key(key);
                writer.begin_array();
                writer.begin_object();
                writer.key("inner");
                writer.integer(1);
                writer.end_object();
                writer.end_array();
            }
            writer.end_object();
            String::from_utf8(out).unwrap()
        };
        let stopped = |given: &[&str]| {
            let panic = std::panic::catch_unwind(|| keys(true, given)).unwrap_err();
            panic.downcast_ref::<String>().is_some_and(|text| text.starts_with("BUG: "))
        };
        let object = r#"{"a":[{"inner":1}],"b":[{"inner":1}]}"#;
        assert_eq!(keys(true, &["a", "b"]), object);
        assert!(stopped(&["b", "a"]) && stopped(&["a", "a"]) && stopped(&["ab", "a"]));
        assert_eq!(
            keys(false, &["b", "a"]),
            object.replace('a', "c").replace('b', "a").replace('c', "b")
        );
        let quoted = std::panic::catch_unwind(|| written(|out| out.quoted("a\"b")));
        assert!(quoted.is_err(), "what needs an escape is not written without one");
    }

    #[test]
    fn the_smallest_and_largest_numbers() {
        let money = |fen| written(|out| out.amount(Money::from_fen(fen).unwrap()));
        assert_eq!(money(0), r#""0.00""#);
        assert_eq!(money(-5), r#""-0.05""#);
        assert_eq!(money(100), r#""1.00""#);
        assert_eq!(written(|out| out.integer(0)), "0");
        assert_eq!(written(|out| out.integer(u64::MAX)), "18446744073709551615");
    }
}
