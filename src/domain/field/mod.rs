//! Named values and the types that fields of events may have.
//!
//! Every way in (JSON, csv, workbook, mapping, command line) ends in [`Fields`]; the events are
//! read from there and nowhere else, so every way in has the same rules and the same messages.

mod kinds;

use crate::domain::account::Fund;
use crate::domain::calendar::Date;
use crate::domain::event::{
    COMMON_FIELDS, ClaimStep, ContractDays, Count, InterestOwner, LoansBetween, LongText, Origin,
    OwnerKind, PartyKind, PeopleMode, Programme, Receives, Scope, Seq, Settlement, Signed, Source,
    Stage, SubsidyStep, Year, date_value, is_blank,
};
use crate::domain::json::Writer;
use crate::domain::money::Money;
use crate::domain::plain::{Members, Plain};
use crate::domain::rate::{Rate, Share};
use crate::domain::text::{Id, clean, line};
use crate::limits::{
    COUNT_MAX, JOURNAL_LINE_MAX, JSON_DEPTH_MAX, RULES_TEXT_MAX, YEAR_MAX, YEAR_MIN,
};
use crate::problem::{Exit, Problem};
use compact_str::CompactString;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// One value as it came in.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// A text.
    Text(Cow<'a, str>),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(u64),
    /// A number with a fraction, an exponent or a sign: never taken, kept to be shown.
    Float(String),
    /// A list of values.
    List(Vec<Value<'a>>),
    /// A nested object.
    Object(serde_json::Value),
}

impl<'a> Value<'a> {
    /// A text value.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) => text.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => value.clone(),
            Self::List(_) => "[…]".to_owned(),
            Self::Object(_) => "{…}".to_owned(),
        }
    }
}

/// Named values of one event, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Fields<'a> {
    /// No values yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value; a later value of the same name does not replace the first, it is a mistake
    /// that [`Fields::from_json`] and the tables refuse before they come here.
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, value: Value<'a>) {
        self.0.push((name.into(), value));
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.find(name).map(|(_, value)| value)
    }

    /// The first value of a name, with its place. Comparing the first byte spares most calls of a
    /// full comparison; events have a dozen fields, so a search beats any table.
    fn find(&self, name: &str) -> Option<(usize, &Value<'a>)> {
        let first = name.as_bytes().first();
        let mut entries = self.0.iter().enumerate();
        let (index, (_, value)) = entries.find(|(_, (key, _))| {
            let key = key.as_bytes();
            key.len() == name.len() && key.first() == first && key == name.as_bytes()
        })?;
        Some((index, value))
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Reads one JSON object. Doubled keys, numbers out of range and deep nesting are refused.
    /// Cost: one pass; texts without escapes are borrowed.
    ///
    /// # Errors
    /// `json-syntax` with the column, or `line-too-long`.
    pub fn from_json(bytes: &'a [u8]) -> Result<Self, Problem> {
        if bytes.len() > JOURNAL_LINE_MAX {
            return Err(Problem::data("line-too-long").with("limit", JOURNAL_LINE_MAX));
        }
        if let Some(fields) = Self::plain(bytes) {
            return Ok(fields);
        }
        serde_json::from_slice(bytes).map_err(|error| {
            Problem::data("json-syntax")
                .with("detail", json_detail(&error))
                .with("position", error.column())
        })
    }
}

impl<'a> Fields<'a> {
    /// The fields of a plain object, as nearly all are; none where the full parser must look.
    fn plain(bytes: &'a [u8]) -> Option<Self> {
        Self::of_members(Members::new(std::str::from_utf8(bytes).ok()?)?)
    }

    /// As [`Fields::plain`], from members that are read elsewhere.
    pub(crate) fn of_members(mut members: Members<'a>) -> Option<Self> {
        let mut fields = Self(Vec::with_capacity(12));
        while let Some((name, value)) = members.next()? {
            if fields.get(name).is_some() {
                return None;
            }
            let value = match value {
                Plain::Null => Value::Null,
                Plain::Bool(value) => Value::Bool(value),
                Plain::Int(value) => Value::Int(value),
                Plain::Text(text) => Value::Text(Cow::Borrowed(text)),
                Plain::Nested(_) => return None,
            };
            fields.0.push((Cow::Borrowed(name), value));
        }
        Some(fields)
    }
}

/// The parser's own words without its position, which is told apart.
fn json_detail(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Fields<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for FieldsVisitor<'a> {
            type Value = Fields<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'a>, A::Error> {
                let mut fields = Fields(Vec::with_capacity(12));
                while let Some(Key(name)) = map.next_key::<Key<'a>>()? {
                    if fields.get(&name).is_some() {
                        return Err(A::Error::custom(format_args!(
                            "the key `{name}` stands twice"
                        )));
                    }
                    let value = map.next_value::<Value<'a>>()?;
                    fields.0.push((name, value));
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(FieldsVisitor(std::marker::PhantomData))
    }
}

/// A key or text, borrowed where the input allows it.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> serde::Deserialize<'de> for Key<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for KeyVisitor<'a> {
            type Value = Key<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor(std::marker::PhantomData))
    }
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Value<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor<'a>(std::marker::PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for ValueVisitor<'a> {
            type Value = Value<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_unit<E>(self) -> Result<Value<'a>, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value<'a>, E> {
                Ok(Value::Bool(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value<'a>, E> {
                Ok(Value::Int(value))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value<'a>, E> {
                Ok(u64::try_from(value)
                    .map_or_else(|_| Value::Float(value.to_string()), Value::Int))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Value<'a>, E> {
                Ok(Value::Float(value.to_string()))
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'a>, E> {
                Ok(Value::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Value<'a>, E> {
                Ok(Value::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'a>, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = seq.next_element()? {
                    list.push(value);
                }
                Ok(Value::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Value<'a>, A::Error> {
                let access = serde::de::value::MapAccessDeserializer::new(map);
                serde_json::Value::deserialize(access).map(Value::Object)
            }
        }
        use serde::Deserialize as _;
        deserializer.deserialize_any(ValueVisitor(std::marker::PhantomData))
    }
}

/// What a field holds, for schemas, help and messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// An identifier.
    Id,
    /// One line of text.
    Text,
    /// Several texts.
    Texts,
    /// A text of several lines, or (on the command line) the file that holds it.
    LongText,
    /// `YYYY-MM-DD`.
    Date,
    /// A positive amount, `1234.50`.
    Amount,
    /// `4.35%` or `0.0435`.
    Rate,
    /// `40%`, `0.4` or `2/5`.
    Share,
    /// `true` or `false`.
    Bool,
    /// The number of an entry.
    Entry,
    /// A calendar year, `2018`.
    Year,
    /// A whole number.
    Count,
    /// A balance, which may be below zero, `-1234.50`.
    Balance,
    /// A JSON object or list without floats.
    Json,
    /// One word of a closed list.
    Word(&'static [&'static str]),
}

/// One field of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Name in files, on the command line and in the journal.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
    /// True when the event cannot do without it.
    pub required: bool,
}

/// A JSON object or list kept as canonical text: keys sorted, no floats, bounded depth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json(Box<str>);

impl Json {
    /// Takes a value in.
    ///
    /// # Errors
    /// `json-float` or `json-deep`.
    pub fn new(value: &serde_json::Value) -> Result<Self, Problem> {
        check_json(value, JSON_DEPTH_MAX)?;
        Ok(Self(value.to_string().into_boxed_str()))
    }

    /// Takes in what a [`Writer`] wrote, which is canonical.
    pub(crate) fn written(bytes: Vec<u8>) -> Self {
        let text = String::from_utf8(bytes);
        assert!(text.is_ok(), "BUG: a writer of JSON wrote what is no text");
        Self(text.unwrap_or_default().into_boxed_str())
    }

    /// The canonical text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The parsed value.
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

fn check_json(value: &serde_json::Value, depth: usize) -> Result<(), Problem> {
    let deeper = depth
        .checked_sub(1)
        .ok_or_else(|| Problem::data("json-deep").with("limit", JSON_DEPTH_MAX))?;
    match value {
        serde_json::Value::Number(number) if !(number.is_u64() || number.is_i64()) => {
            Err(Problem::data("json-float").with("text", number))
        }
        serde_json::Value::Array(list) => {
            list.iter().try_for_each(|value| check_json(value, deeper))
        }
        serde_json::Value::Object(map) => {
            map.values().try_for_each(|value| check_json(value, deeper))
        }
        _ => Ok(()),
    }
}

/// A value that can be written into an entry.
pub trait Shown {
    /// Appends the canonical JSON of the value.
    fn write(&self, out: &mut Writer<'_>);
}

/// A value that one field holds.
pub trait Scalar: Sized + Shown {
    /// What the field holds.
    const KIND: FieldKind;
    /// Reads the value.
    ///
    /// # Errors
    /// A [`Problem`] with the text as given; the field's name is added by the caller.
    fn read(value: &Value<'_>) -> Result<Self, Problem>;
    /// The id that it is; none in other types.
    fn as_id(&self) -> Option<&Id> {
        None
    }
}

/// The type of a field: a value that must be there, or an `Option` of one.
pub trait FieldType: Sized + Shown {
    /// What the field holds.
    const KIND: FieldKind;
    /// True when the event cannot do without it.
    const REQUIRED: bool;
    /// Reads the value, if there is one.
    ///
    /// # Errors
    /// As [`Scalar::read`], or `field-missing`.
    fn read(value: Option<&Value<'_>>) -> Result<Self, Problem>;
    /// True when there is something to write.
    fn is_present(&self) -> bool;
    /// The id that it holds; none in fields of other types.
    fn as_id(&self) -> Option<&Id>;
}

impl<T: Scalar> FieldType for T {
    const KIND: FieldKind = T::KIND;
    const REQUIRED: bool = true;
    fn read(value: Option<&Value<'_>>) -> Result<Self, Problem> {
        match value {
            Some(value) if !is_blank(value) => T::read(value),
            _ => Err(Problem::data("field-missing")),
        }
    }
    fn is_present(&self) -> bool {
        true
    }
    fn as_id(&self) -> Option<&Id> {
        T::as_id(self)
    }
}

impl<T: Shown> Shown for Option<T> {
    fn write(&self, out: &mut Writer<'_>) {
        if let Some(value) = self {
            value.write(out);
        }
    }
}

impl<T: Scalar> FieldType for Option<T> {
    const KIND: FieldKind = T::KIND;
    const REQUIRED: bool = false;
    fn read(value: Option<&Value<'_>>) -> Result<Self, Problem> {
        match value {
            Some(value) if !is_blank(value) => T::read(value).map(Some),
            _ => Ok(None),
        }
    }
    fn is_present(&self) -> bool {
        self.is_some()
    }
    fn as_id(&self) -> Option<&Id> {
        self.as_ref().and_then(T::as_id)
    }
}

/// The text of a value; numbers are refused, because amounts and codes are texts.
fn text_of<'v>(value: &'v Value<'_>) -> Result<&'v str, Problem> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Int(_) | Value::Float(_) => {
            Err(Problem::data("number-not-text").with("text", value.shown()))
        }
        other => Err(Problem::data("field-type").with("text", other.shown())),
    }
}

impl Fund {
    /// The codes of the funds, in the order of reports.
    pub const WORDS: &'static [&'static str] = &["RISK", "INT", "GFEE"];
}

/// Reads the fields of one event and notices those that nothing asked for.
pub struct Reader<'f, 'a> {
    fields: &'f Fields<'a>,
    /// Which of the first 64 fields have been asked for.
    taken: u64,
}

impl<'f, 'a> Reader<'f, 'a> {
    /// A reader over the fields.
    pub fn new(fields: &'f Fields<'a>) -> Self {
        Self { fields, taken: 0 }
    }

    /// The value of a field, with the field's name in the problem if it is not sound.
    ///
    /// # Errors
    /// `field-missing`, or what the field's type says of the text.
    pub fn take<T: FieldType>(&mut self, name: &'static str) -> Result<T, Problem> {
        let found = self.fields.find(name);
        if let Some((index, _)) = found {
            self.taken |= u32::try_from(index).ok().and_then(|i| 1u64.checked_shl(i)).unwrap_or(0);
        }
        T::read(found.map(|(_, value)| value))
            .map_err(|problem| problem.with("field", name).in_column(name))
    }

    /// Refuses fields that were not asked for. `own` are the event's own fields, asked for only
    /// when there is something to refuse.
    ///
    /// # Errors
    /// `field-unknown` with the nearest known name.
    pub fn finish(self, own: impl FnOnce() -> &'static [FieldSpec]) -> Result<(), Problem> {
        let count = self.fields.0.len();
        let all = u32::try_from(count).ok().and_then(|n| 1u64.checked_shl(n)).map(|end| end - 1);
        if all == Some(self.taken) {
            return Ok(());
        }
        let own = own();
        let known = |name: &str| COMMON_FIELDS.iter().chain(own).any(|spec| spec.name == name);
        for (name, _) in self.fields.iter() {
            if !known(name) {
                let names = COMMON_FIELDS.iter().chain(own).map(|spec| spec.name);
                let near = nearest(name, names).unwrap_or("-");
                let problem = Problem::new("field-unknown", Exit::Data);
                return Err(problem.with("field", name).with("nearest", near).in_column(name));
            }
        }
        Ok(())
    }
}

/// The candidate with the smallest edit distance, when it is near enough to be meant.
pub fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    if word.len() > 64 {
        return None;
    }
    let scored = candidates.map(|candidate| (distance(word, candidate), candidate));
    scored.min_by_key(|(distance, _)| *distance).filter(|(d, c)| *d <= c.len() / 2).map(|(_, c)| c)
}

/// Levenshtein distance over bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let here = (corner + usize::from(x != y)).min(left + 1).min(*cell + 1);
            corner = *cell;
            *cell = here;
            left = here;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_and_the_full_parser_read_alike() {
        let full = |text: &'static str| serde_json::from_str::<Fields<'_>>(text).ok();
        let quick = |text: &'static str| Fields::plain(text.as_bytes());
        for text in [
            r#"{"a":"1","b":""}"#,
            " { \"a\" : \"x\" ,\n\t\"b\" : \"县\" } \r\n",
            r#"{"":"x"}"#,
            "{\"a\":\"\u{7f}\"}",
            "{}",
            r#"{"a":1,"b":true,"c":null}"#,
        ] {
            assert!(quick(text).is_some(), "{text}");
            assert_eq!(quick(text), full(text), "{text}");
        }
        // Left to the full parser, which refuses the first lines and reads the rest.
        for text in [
            "",
            "{",
            "{}x",
            r#"{"a":"1",}"#,
            r#"{"a":"1"}}"#,
            r#"{"a":"1" "b":"2"}"#,
            r#"{"a":"1","a":"1"}"#,
            r#"{a:"1"}"#,
            "{\"a\":\"1\n\"}",
            "{\"a\":\"1\"}\u{A0}",
            "{\"a\":\"1",
        ] {
            assert_eq!((quick(text), full(text)), (None, None), "{text}");
        }
        for text in [r#"{"a":-1}"#, r#"{"a":"\n"}"#, r#"{"a":null,"b":["x"],"c":{"d":"e"}}"#] {
            assert!(quick(text).is_none() && full(text).is_some(), "{text}");
        }
    }
}
