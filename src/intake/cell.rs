//! One cell of a table and its conversion to the values of fields.
//!
//! Notations in cells that are unambiguous are normalized here and nowhere else: full-width digits,
//! a currency sign before an amount, `2017年12月31日`. The domain stays strict.

use crate::domain::calendar::Date;
use crate::domain::field::{FieldKind, FieldSpec, Value};
use crate::intake::day;
use crate::intake::headers;
use crate::problem::Problem;
use std::borrow::Cow;

/// One cell as the file holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// An empty cell.
    Empty,
    /// A text, trimmed.
    Text(Cow<'a, str>),
    /// A number of a workbook, as the shortest decimal text that means the same binary number.
    Number(String),
    /// A date of a workbook.
    Date(Date),
    /// A boolean of a workbook.
    Bool(bool),
}

/// Digits before the dot above which a binary number is not exact to the fen.
const EXACT_DIGITS: usize = 13;

impl<'a> Cell<'a> {
    /// A text cell, trimmed; blank texts are empty cells.
    pub fn text(text: &'a str) -> Self {
        match trim(text) {
            "" => Self::Empty,
            text => Self::Text(Cow::Borrowed(text)),
        }
    }

    /// The cell, independent of the file that it came from.
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Self::Number(text) => Cell::Number(text),
            Self::Date(date) => Cell::Date(date),
            Self::Bool(value) => Cell::Bool(value),
            Self::Empty => Cell::Empty,
        }
    }

    /// Returns true if the cell is empty.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// The cell as the user sees it.
    pub fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(text) => Cow::Borrowed(text),
            Self::Date(date) => Cow::Owned(date.to_string()),
            Self::Bool(value) => Cow::Borrowed(if *value { "true" } else { "false" }),
        }
    }

    /// The value of the cell for a field of this kind; `None` for an empty cell. The field's own
    /// type reports any fault that is left in a text.
    ///
    /// # Errors
    /// `number-not-text` if a workbook's number would have to be a code (a 19-digit account number
    /// does not survive as a number), `number-inexact`, `field-type`, `word-unknown`.
    pub fn value(&self, spec: &FieldSpec) -> Result<Option<Value<'_>>, Problem> {
        let wrong = |code| Err(Problem::data(code).with("text", self.shown()));
        let value = match (spec.kind, self) {
            (_, Self::Empty) => return Ok(None),
            (FieldKind::Amount | FieldKind::Balance, _) => Value::Text(self.amount_text()?),
            (FieldKind::Date, _) => match self.date_text() {
                Some(text) => Value::Text(text),
                None => return wrong("date-format"),
            },
            (
                FieldKind::Rate
                | FieldKind::Share
                | FieldKind::Entry
                | FieldKind::Year
                | FieldKind::Count,
                Self::Number(text),
            ) => Value::text(text.as_str()),
            (
                FieldKind::Rate
                | FieldKind::Share
                | FieldKind::Entry
                | FieldKind::Year
                | FieldKind::Count,
                Self::Text(text),
            ) => Value::Text(half_width(text)),
            (FieldKind::Bool, Self::Bool(value)) => Value::Bool(*value),
            (FieldKind::Bool, Self::Text(text)) => Value::text(text.to_lowercase()),
            (FieldKind::Word(words), Self::Text(text)) => headers::word_value(text, words),
            (FieldKind::Id, Self::Number(text)) if is_division(spec.name, text) => {
                Value::text(text.as_str())
            }
            (_, Self::Text(text)) => Value::text(text.as_ref()),
            (_, Self::Number(_)) => return wrong("number-not-text"),
            _ => return wrong("field-type"),
        };
        Ok(Some(value))
    }

    /// The text of an amount, ready for the strict reader.
    ///
    /// # Errors
    /// `number-inexact` for a workbook's number of 10^13 and more; `field-type`.
    pub fn amount_text(&self) -> Result<Cow<'_, str>, Problem> {
        let wrong = |code| Problem::data(code).with("text", self.shown());
        match self {
            Self::Number(text) => {
                let whole = text.trim_start_matches('-').split('.').next().unwrap_or_default();
                if whole.len() > EXACT_DIGITS {
                    return Err(wrong("number-inexact"));
                }
                Ok(Cow::Borrowed(text))
            }
            Self::Text(text) => Ok(plain_amount(text)),
            Self::Empty => Ok(Cow::Borrowed("")),
            Self::Date(_) | Self::Bool(_) => Err(wrong("field-type")),
        }
    }

    /// The date as `YYYY-MM-DD`, or the unchanged text if it has another form; `None` for a cell
    /// that cannot be a date.
    fn date_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Date(date) => Some(Cow::Owned(date.to_string())),
            Self::Text(text) => Some(plain_date(text)),
            _ => None,
        }
    }
}

/// Owner codes are six digits without leading zeros, so a number cell holds them exactly.
fn is_division(name: &str, text: &str) -> bool {
    matches!(name, "owner" | "to_owner") && text.len() == 6 && !text.contains(['.', '-'])
}

/// Trims blanks of every width, and the byte order marks that online banking systems pad cells
/// with.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}')
}

/// Converts full-width digits and punctuation to their plain forms; other characters stay.
pub fn half_width(text: &str) -> Cow<'_, str> {
    let plain = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => {
            u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c)
        }
        '\u{3000}' => ' ',
        '\u{2212}' => '-',
        '\u{FFE5}' => '¥',
        _ => c,
    };
    if text.chars().all(|c| plain(c) == c) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(plain).collect())
    }
}

/// An amount without its currency sign (`¥`) and unit (`元`). `万元` is kept, so that the amount is
/// refused.
fn plain_amount(text: &str) -> Cow<'_, str> {
    fn bare(text: &str) -> &str {
        let text = text.strip_prefix('¥').unwrap_or(text);
        let text = text.strip_suffix('元').filter(|rest| !rest.ends_with('万')).unwrap_or(text);
        trim(text)
    }
    match half_width(text) {
        Cow::Borrowed(text) => Cow::Borrowed(bare(text)),
        Cow::Owned(text) => Cow::Owned(bare(&text).to_owned()),
    }
}

/// A date written year first as `YYYY-MM-DD`: `2017-1-5`, `2017/01/05`, `2017.1.5`, `20170105`,
/// `2017年1月5日`; a time after it is ignored. Any other text is only converted to half width.
pub fn plain_date(text: &str) -> Cow<'_, str> {
    let half = half_width(text);
    match day::year_first(&half) {
        Some(date) => Cow::Owned(date.to_string()),
        None => half,
    }
}

/// Returns true for the invisible characters that online banking systems print: marks of direction,
/// of zero width, and the end-of-file mark of old mainframes.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{1A}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// A cell as the bank meant it: invisible marks are removed, `&nbsp;` becomes a blank, and `="…"`
/// and a leading apostrophe, which keep a spreadsheet from converting numbers, are removed.
pub fn of_bank(text: &str) -> Cow<'_, str> {
    const BLANKS: [&str; 3] = ["&nbsp;", "&#160;", "&#xA0;"];
    let has_entity = text.contains('&') && BLANKS.iter().any(|blank| text.contains(blank));
    if has_entity || text.contains(is_mark) {
        let mut bare: String = text.chars().filter(|c| !is_mark(*c)).collect();
        for blank in BLANKS {
            bare = bare.replace(blank, " ");
        }
        return Cow::Owned(trim(unquoted(trim(&bare))).to_owned());
    }
    Cow::Borrowed(trim(unquoted(text)))
}

/// A text without `="` and `"` around it, and without an apostrophe before a number.
fn unquoted(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix("=\"") {
        return rest.strip_suffix('"').unwrap_or(rest);
    }
    let number = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    text.strip_prefix('\'').filter(number).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::PartyKind;

    fn spec(name: &'static str, kind: FieldKind) -> FieldSpec {
        FieldSpec { name, kind, required: true }
    }

    fn read(cell: &Cell<'_>, kind: FieldKind) -> String {
        match cell.value(&spec("x", kind)) {
            Ok(Some(Value::Text(text))) => text.into_owned(),
            Ok(other) => format!("{other:?}"),
            Err(problem) => problem.code.to_owned(),
        }
    }

    #[test]
    fn amounts() {
        let amount = |text: &'static str| read(&Cell::text(text), FieldKind::Amount);
        assert_eq!(amount("１，２３４．５０"), "1,234.50");
        assert_eq!(amount("￥1,234.50"), "1,234.50");
        assert_eq!(amount("1234.5元"), "1234.5");
        assert_eq!(amount("500万元"), "500万元");
        assert_eq!(amount("1e3"), "1e3");
        let number = |text: &str| read(&Cell::Number(text.to_owned()), FieldKind::Amount);
        assert_eq!(number("9999999999999.99"), "9999999999999.99");
        assert_eq!(number("10000000000000"), "number-inexact");
        assert_eq!(number("-12.5"), "-12.5");
    }

    #[test]
    fn dates() {
        let date = |text: &'static str| read(&Cell::text(text), FieldKind::Date);
        for text in [
            "2017-01-05",
            "2017/1/5",
            "2017.01.05",
            "20170105",
            "2017年1月5日",
            "２０１７/1/5",
            "2017-01-05 00:00:00",
            "2017-01-05 09:12:33.0",
            "2017年1月5日 上午 12:05",
        ] {
            assert_eq!(date(text), "2017-01-05");
        }
        // Ambiguous or impossible dates are passed on unchanged and refused later.
        for text in ["1/5/2017", "05-01-17", "2017-02-30", "2017-1", "17-01-05"] {
            assert_eq!(date(text), text);
        }
        assert_eq!(read(&Cell::Number("43040".into()), FieldKind::Date), "date-format");
    }

    #[test]
    fn what_banks_put_around_a_cell_is_taken_off() {
        for (text, plain) in [
            ("2017-10-09", "2017-10-09"),
            ("=\"20171009\"", "20171009"),
            ("=\" 500,000.00 \"", "500,000.00"),
            ("=\"\"", ""),
            ("'41050100000000009999", "41050100000000009999"),
            ("'-12.5", "-12.5"),
            ("'甲方'", "'甲方'"),
            ("\u{200E}2017-10-09", "2017-10-09"),
            ("\u{202D}500,000.00\u{202C}", "500,000.00"),
            ("\u{2066}=\"1.00\"\u{2069}", "1.00"),
            ("修\u{FEFF}武", "修武"),
            ("\u{1A}", ""),
            ("&nbsp;500,000.00&nbsp;", "500,000.00"),
            ("1&#160;234.50", "1 234.50"),
            ("A&B", "A&B"),
            ("=1+1", "=1+1"),
        ] {
            assert_eq!(of_bank(text), plain, "{text:?}");
        }
    }

    #[test]
    fn codes_are_never_numbers() {
        let account = Cell::Number("6222021702012345678".into());
        assert_eq!(read(&account, FieldKind::Id), "number-not-text");
        assert_eq!(read(&account, FieldKind::Text), "number-not-text");
        let owner = Cell::Number("410821".into());
        assert_eq!(owner.value(&spec("owner", FieldKind::Id)), Ok(Some(Value::text("410821"))));
        assert_eq!(read(&Cell::text("担保机构"), FieldKind::Word(PartyKind::WORDS)), "guarantor");
        assert_eq!(read(&Cell::text("\u{3000} \u{A0}"), FieldKind::Id), "None");
    }
}
