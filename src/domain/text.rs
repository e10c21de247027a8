//! Identifiers and texts as the book keeps them: NFC, printable, bounded.

use crate::limits::{EVENT_ID_MAX, MEMO_MAX};
use crate::problem::Problem;
use compact_str::CompactString;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// An identifier: ASCII letters, digits, `.`, `_`, `-`, `:`, `/`, `#`, or letters of another
/// script such as hanzi; 1 to 200 characters (what it names may ask for fewer).
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Id(CompactString);

impl Id {
    /// Reads an identifier.
    ///
    /// # Errors
    /// [`TextError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        id(text).map(Self)
    }

    /// A key made of parts that are sound already; it may be longer than an identifier.
    pub(crate) fn joined(text: &str) -> Self {
        Self(CompactString::new(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for Id {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for Id {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Id {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Empty where something must stand.
    #[error("empty")]
    Empty,
    /// Longer than the bound.
    #[error("longer than {0} characters")]
    TooLong(usize),
    /// A control, format, bidirectional or private-use character.
    #[error("holds the hidden character U+{0:04X}")]
    Hidden(u32),
    /// A character that no identifier may hold.
    #[error("holds a character that no identifier may hold")]
    Identifier,
}

impl TextError {
    /// The problem of a text, as far as the text itself tells it.
    pub fn problem(self, text: &str) -> Problem {
        let problem = Problem::data(self.code()).with("text", text.escape_debug());
        match self {
            Self::TooLong(limit) => problem.with("limit", limit),
            _ => problem,
        }
    }

    /// The word code of this error, as shown to users.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "text-empty",
            Self::TooLong(_) => "text-too-long",
            Self::Hidden(_) => "text-hidden-character",
            Self::Identifier => "id-format",
        }
    }
}

/// True for characters that do not show, turn the reading direction, or mean nothing by themselves.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFD}'
            | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
}

/// True for characters that are in NFC whatever stands beside them, and that show: ASCII, hanzi, and
/// the signs that are written with them. Looking them up in the tables would cost ten times as much.
fn is_plain(c: char) -> bool {
    matches!(c,
        '\u{20}'..='\u{7E}' | '\u{4E00}'..='\u{9FFF}' | '\u{3001}'..='\u{3003}'
        | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301B}' | '\u{FF01}'..='\u{FF5E}')
}

/// A text in NFC, at most `max` characters, without hidden characters. Line breaks are allowed
/// only where `lines` says so (rules texts).
///
/// # Errors
/// [`TextError`] says which rule the text breaks.
pub fn clean(text: &str, max: usize, lines: bool) -> Result<CompactString, TextError> {
    // Plain ASCII, by far the most common text, needs no second look.
    if text.len() <= max && text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Ok(CompactString::new(text));
    }
    if text.len() <= max && text.chars().all(is_plain) {
        return Ok(CompactString::new(text));
    }
    let text: CompactString = match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => CompactString::new(text),
        _ => text.nfc().collect(),
    };
    if text.chars().count() > max {
        return Err(TextError::TooLong(max));
    }
    let hidden =
        text.chars().find(|c| is_hidden(*c) && !(lines && matches!(c, '\n' | '\r' | '\t')));
    match hidden {
        Some(c) => Err(TextError::Hidden(u32::from(c))),
        None => Ok(text),
    }
}

/// A memo, name or reason in one line.
///
/// # Errors
/// [`TextError`] says which rule the text breaks.
pub fn line(text: &str) -> Result<CompactString, TextError> {
    clean(text, MEMO_MAX, false)
}

fn id(text: &str) -> Result<CompactString, TextError> {
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    let plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/' | '#');
    if text.len() <= EVENT_ID_MAX && text.bytes().all(|byte| plain(char::from(byte))) {
        return Ok(CompactString::new(text));
    }
    let text = clean(text, EVENT_ID_MAX, false)?;
    let sound = text
        .chars()
        .all(|c| plain(c) || (!c.is_ascii() && c.is_alphanumeric()) || "（）〔〕".contains(c));
    if sound { Ok(text) } else { Err(TextError::Identifier) }
}

/// Reads a value from a borrowed or owned text without keeping the text.
///
/// # Errors
/// What `read` says of the text.
pub(crate) fn deserialize_text<'de, D, T, E>(
    deserializer: D,
    read: impl Fn(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    E: std::fmt::Display,
{
    struct TextVisitor<F>(F);
    impl<T, E: std::fmt::Display, F: Fn(&str) -> Result<T, E>> serde::de::Visitor<'_>
        for TextVisitor<F>
    {
        type Value = T;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a text")
        }
        fn visit_str<Error: serde::de::Error>(self, text: &str) -> Result<T, Error> {
            (self.0)(text).map_err(Error::custom)
        }
    }
    deserializer.deserialize_str(TextVisitor(read))
}

/// True for a text that a spreadsheet would run as a formula when it opens it in a table: one that
/// begins with `=`, `+`, `-`, `@` or their full-width forms, also after blanks, quotes and characters
/// that are not seen; or with a tab or line break, which some programs cut off first (OWASP, CSV
/// injection).
pub fn runs_as_formula(text: &str) -> bool {
    let skipped = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | '\u{2018}'..='\u{201D}' | '\u{FF02}' | '\u{FF07}' | '\u{FEFF}'
            )
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}')
    };
    let first = text.trim_start_matches(skipped).chars().next();
    matches!(first, Some('=' | '+' | '-' | '@' | '\u{2212}' | '＝' | '＋' | '－' | '＠'))
        || matches!(text.chars().find(|c| *c != ' '), Some('\t' | '\r' | '\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises_and_refuses_what_hides() {
        assert_eq!(line("e\u{301}").unwrap(), "é");
        assert_eq!(line("修武县"), Ok("修武县".into()));
        assert_eq!(line("a\u{202E}b"), Err(TextError::Hidden(0x202E)));
        assert_eq!(line("a\nb"), Err(TextError::Hidden(10)));
        assert_eq!(clean("a\nb", 10, true), Ok("a\nb".into()));
        assert_eq!(line(&"长".repeat(MEMO_MAX + 1)), Err(TextError::TooLong(MEMO_MAX)));
        assert!(line(&"长".repeat(MEMO_MAX)).is_ok());
    }

    #[test]
    fn plain_characters_need_no_table() {
        use unicode_normalization::char::{canonical_combining_class, compose};
        for c in ('\0'..=char::MAX).filter(|c| is_plain(*c)) {
            assert_eq!(is_nfc_quick(std::iter::once(c)), IsNormalized::Yes, "{c:?}");
            assert_eq!(canonical_combining_class(c), 0, "{c:?}");
            assert!(!is_hidden(c), "{c:?}");
            // Nothing plain joins with something plain before it.
            assert!(compose('e', c).is_none() && compose('一', c).is_none(), "{c:?}");
        }
    }

    #[test]
    fn identifiers_hold_no_spaces() {
        assert_eq!(id("借据2017-001"), Ok("借据2017-001".into()));
        assert_eq!(id("a b"), Err(TextError::Identifier));
        assert_eq!(id(""), Err(TextError::Empty));
        assert!(id(&"x".repeat(EVENT_ID_MAX)).is_ok());
        assert_eq!(id(&"x".repeat(EVENT_ID_MAX + 1)), Err(TextError::TooLong(EVENT_ID_MAX)));
    }
}
