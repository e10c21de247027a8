//! Reading a settings text (TOML): every value through the readers of event fields, every finding
//! kept, so that a user mends a file in one go.
//!
//! A [`Sheet`] is one table. What is asked for is known; [`Sheet::finish`] reports every key that
//! nobody asked for, with the nearest known name. Numbers that are not counts stay texts, because
//! a binary float is no amount and no rate.

use crate::domain::event::is_blank;
use crate::domain::field::{Scalar, Value, nearest};
use crate::problem::Problem;
use std::borrow::Cow;
use std::cell::RefCell;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A word of a closed list in a settings text.
pub trait Word: Sized + Copy {
    /// The words of the list.
    const WORDS: &'static [&'static str];
    /// The value of a word.
    fn parse(text: &str) -> Option<Self>;
    /// The word.
    fn code(self) -> &'static str;
}

/// Declares closed lists that settings may name, and the list of these lists.
macro_rules! setting_words {
    ($($(#[$doc:meta])* $name:ident { $($words:tt)* })*) => {
        $crate::domain::codes! { $($(#[$doc])* pub $name { $($words)* })* }
        $(
            impl $crate::domain::settings::Word for $name {
                const WORDS: &'static [&'static str] = Self::WORDS;
                fn parse(text: &str) -> Option<Self> {
                    Self::parse(text)
                }
                fn code(self) -> &'static str {
                    Self::code(self)
                }
            }
        )*
        /// Every list of this module by its name, with its words.
        pub const LISTS: &[(&str, &[&str])] = &[$((stringify!($name), $name::WORDS)),*];
    };
}
pub(crate) use setting_words;

/// The findings about one text, with the place of each.
pub struct Findings<'t> {
    text: &'t str,
    list: RefCell<Vec<Problem>>,
}

impl<'t> Findings<'t> {
    /// No findings yet about `text`.
    pub fn new(text: &'t str) -> Self {
        Self { text, list: RefCell::new(Vec::new()) }
    }

    /// Keeps a finding about the bytes from `offset` on.
    pub fn push(&self, problem: Problem, offset: usize) {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        let row = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        self.list.borrow_mut().push(problem.in_row(row as u64));
    }

    /// True while nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
    }

    /// All findings in the order of their rows.
    pub fn into_list(self) -> Vec<Problem> {
        let mut list = self.list.into_inner();
        list.sort_by_key(|problem| problem.place.row);
        list
    }
}

/// One table of a settings text.
pub struct Sheet<'f, 't> {
    table: Option<&'f DeTable<'t>>,
    path: String,
    offset: usize,
    asked: RefCell<Vec<&'static str>>,
    findings: &'f Findings<'t>,
}

/// Parses a text, hands its root table to `read`, and returns what it made of it unless there are
/// findings.
///
/// # Errors
/// Every finding; `settings-too-large` or `toml-syntax` when the text cannot be read at all.
pub fn read<T>(
    text: &str,
    limit: usize,
    read: impl FnOnce(&Sheet<'_, '_>) -> Option<T>,
) -> Result<T, Vec<Problem>> {
    if text.len() > limit {
        return Err(vec![Problem::data("settings-too-large").with("limit", limit)]);
    }
    // Editors of some offices put a byte-order mark in front.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let findings = Findings::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let offset = error.span().map_or(0, |span| span.start);
        findings.push(Problem::data("toml-syntax").with("detail", error.message()), offset);
    }
    if !errors.is_empty() {
        return Err(findings.into_list());
    }
    let sheet = Sheet::new(Some(root.get_ref()), String::new(), 0, &findings);
    let made = read(&sheet);
    sheet.finish();
    match made {
        Some(made) if findings.is_empty() => Ok(made),
        _ => Err(findings.into_list()),
    }
}

impl<'f, 't> Sheet<'f, 't> {
    fn new(
        table: Option<&'f DeTable<'t>>,
        path: String,
        offset: usize,
        findings: &'f Findings<'t>,
    ) -> Self {
        Self { table, path, offset, asked: RefCell::new(Vec::new()), findings }
    }

    fn get(&self, key: &'static str) -> Option<&'f Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().push(key);
        self.table?.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Keeps a finding about a key of this table, or about the table when it lacks the key.
    pub fn find(&self, key: &str, problem: Problem) {
        let found =
            self.table.and_then(|table| table.iter().find(|(name, _)| name.get_ref() == key));
        let offset = found.map_or(self.offset, |(name, _)| name.span().start);
        let path = self.path_of(key);
        self.findings.push(problem.with("key", &path).in_column(path), offset);
    }

    /// A value that may be left out.
    pub fn take<T: Scalar>(&self, key: &'static str) -> Option<T> {
        let value = field_value(self.get(key)?.get_ref());
        if is_blank(&value) {
            self.find(key, Problem::data("field-missing").with("field", key));
            return None;
        }
        T::read(&value).map_err(|problem| self.find(key, problem.with("field", key))).ok()
    }

    /// A value that must be there.
    pub fn need<T: Scalar>(&self, key: &'static str) -> Option<T> {
        if self.get(key).is_none() {
            self.find(key, Problem::data("field-missing").with("field", key));
            return None;
        }
        self.take(key)
    }

    /// A word that may be left out.
    pub fn word<W: Word>(&self, key: &'static str) -> Option<W> {
        let value = self.get(key)?.get_ref();
        let text = value.as_str().unwrap_or_default();
        let word = W::parse(text);
        if word.is_none() {
            let problem = Problem::data("word-unknown");
            self.find(key, problem.with("text", text).with("allowed", W::WORDS.join(", ")));
        }
        word
    }

    /// A word, or `otherwise` when it is left out.
    pub fn word_or<W: Word>(&self, key: &'static str, otherwise: W) -> W {
        self.word(key).unwrap_or(otherwise)
    }

    /// A truth value, or `otherwise` when it is left out.
    pub fn flag(&self, key: &'static str, otherwise: bool) -> bool {
        self.take(key).unwrap_or(otherwise)
    }

    /// A count from 0 to `max` that may be left out.
    pub fn count(&self, key: &'static str, max: u32) -> Option<u32> {
        let value = self.get(key)?.get_ref();
        let number = match value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
            _ => None,
        };
        let number = number.filter(|number| *number <= max);
        if number.is_none() {
            let problem = Problem::data("count-format").with("text", shown(value));
            self.find(key, problem.with("limit", max));
        }
        number
    }

    /// Texts: one, or a list of them; empty when left out.
    pub fn texts<T: Scalar>(&self, key: &'static str) -> Vec<T> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let one = std::slice::from_ref(value);
        let values: &[Spanned<DeValue<'_>>] = match value.get_ref() {
            DeValue::Array(list) => list,
            _ => one,
        };
        let read = values.iter().map(|value| T::read(&field_value(value.get_ref())));
        read.filter_map(|read| {
            read.map_err(|problem| self.find(key, problem.with("field", key))).ok()
        })
        .collect()
    }

    /// A nested table that may be left out; [`Sheet::finish`] it when it has been read.
    pub fn table(&self, key: &'static str) -> Option<Sheet<'f, 't>> {
        let value = self.get(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.find(key, Problem::data("table-expected"));
        }
        let offset = value.span().start;
        Some(Sheet::new(Some(table?), self.path_of(key), offset, self.findings))
    }

    /// A nested table; what is asked of a table left out is left out too.
    pub fn table_or_empty(&self, key: &'static str) -> Sheet<'f, 't> {
        let empty = || Sheet::new(None, self.path_of(key), self.offset, self.findings);
        self.table(key).unwrap_or_else(empty)
    }

    /// The tables of a list (`[[key]]`), none when it is left out.
    pub fn tables(&self, key: &'static str) -> Vec<Sheet<'f, 't>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.find(key, Problem::data("tables-expected"));
            return Vec::new();
        };
        let mut sheets = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            let Some(table) = value.get_ref().as_table() else {
                self.find(key, Problem::data("tables-expected"));
                continue;
            };
            let path = format!("{}[{}]", self.path_of(key), index + 1);
            sheets.push(Sheet::new(Some(table), path, value.span().start, self.findings));
        }
        sheets
    }

    /// Every key of a table whose keys are data, with its value where that can be read, in the
    /// order of the text.
    pub fn entries<T: Scalar>(&self) -> Vec<(String, Option<T>)> {
        let mut entries: Vec<_> = self.table.into_iter().flat_map(|table| table.iter()).collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let read = entries.into_iter().map(|(name, value)| {
            let key = name.get_ref().to_string();
            let read = T::read(&field_value(value.get_ref()));
            let read = read.map_err(|problem| self.find(&key, problem.with("field", &key))).ok();
            (key, read)
        });
        read.collect()
    }

    /// True when the key is written.
    pub fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// Reports every key that nobody asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        for (name, _) in self.table.into_iter().flat_map(|table| table.iter()) {
            let key = name.get_ref().as_ref();
            if !asked.contains(&key) {
                let near = nearest(key, asked.iter().copied()).unwrap_or("-");
                self.find(key, Problem::data("key-unknown").with("nearest", near));
            }
        }
    }
}

/// The value as the readers of fields take it.
fn field_value<'v>(value: &'v DeValue<'_>) -> Value<'v> {
    match value {
        DeValue::String(text) => Value::Text(Cow::Borrowed(text.as_ref())),
        DeValue::Boolean(value) => Value::Bool(*value),
        // A date written without quotes is the same date.
        DeValue::Datetime(date) => Value::Text(Cow::Owned(date.to_string())),
        DeValue::Integer(_) | DeValue::Float(_) => Value::Float(shown(value)),
        DeValue::Array(_) => Value::List(Vec::new()),
        DeValue::Table(_) => Value::Object(serde_json::Value::Null),
    }
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::String(text) => text.to_string(),
        other => other.type_str().to_owned(),
    }
}
