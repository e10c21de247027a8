//! Converts the settings file to a compiled mapping; every mistake names the path of its key.

use super::check::Check;
use super::value::{Columns, Context, Lookup, Months, Recipe, Template};
use super::{EventRecipe, Mapping, Requirement};
use crate::domain::event::{COMMON_FIELDS, EventSpec, VOCABULARY};
use crate::domain::field::{FieldSpec, nearest};
use crate::intake::dates::DateFormats;
use crate::intake::decode::Encoding;
use crate::intake::rows::Options;
use crate::problem::Problem;
use std::collections::BTreeMap;
use toml::Value;

/// The contents of the file.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    #[serde(default)]
    table: RawTable,
    #[serde(default)]
    dates: RawDates,
    #[serde(default)]
    money: RawMoney,
    #[serde(default)]
    lookup: BTreeMap<String, Lookup>,
    #[serde(default)]
    require: Vec<RawRequire>,
    event: Vec<toml::Table>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawTable {
    encoding: Option<String>,
    delimiter: Option<String>,
    sheet: Option<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawDates {
    formats: Vec<String>,
    first_year: Option<i16>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawMoney {
    prefixes: Vec<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequire {
    #[serde(default)]
    when: Vec<String>,
    check: String,
    reason: String,
}

fn at(key: impl Into<String>) -> impl FnOnce(Problem) -> Problem {
    let key = key.into();
    move |problem| problem.with("key", key)
}

pub fn mapping(raw: Raw) -> Result<Mapping, Problem> {
    let mut columns = Columns::default();
    let dates = DateFormats::new(&raw.dates.formats, raw.dates.first_year);
    let context = Context {
        dates: dates.map_err(at("dates.formats"))?,
        prefixes: raw.money.prefixes,
        lookups: raw.lookup,
    };
    let mut requirements = Vec::new();
    for (index, require) in raw.require.into_iter().enumerate() {
        let key = format!("require[{index}]");
        requirements.push(Requirement {
            when: checks(&require.when, &key, &mut columns)?,
            check: Check::parse(&require.check, &mut columns)
                .map_err(at(format!("{key}.check")))?,
            reason: require.reason,
        });
    }
    let mut events = Vec::new();
    for (index, table) in raw.event.iter().enumerate() {
        let reader = EventReader {
            key: format!("event[{index}]"),
            first_year: raw.dates.first_year,
            context: &context,
        };
        events.push(reader.event(table, &mut columns)?);
    }
    if events.is_empty() {
        return Err(Problem::data("mapping-empty").with("key", "event"));
    }
    let options = options(raw.table)?;
    Ok(Mapping { options, context, columns, requirements, events })
}

fn options(raw: RawTable) -> Result<Options, Problem> {
    let encoding = match &raw.encoding {
        Some(word) => Encoding::parse(word).map_err(at("table.encoding"))?,
        None => None,
    };
    let delimiter = match raw.delimiter.as_deref() {
        None => None,
        Some(text) => match text.as_bytes() {
            [byte] if byte.is_ascii() => Some(*byte),
            _ => return Err(value_problem("table.delimiter", ", ; tab")),
        },
    };
    Ok(Options { encoding, delimiter, sheet: raw.sheet, codepage: None, ..Options::default() })
}

fn checks(texts: &[String], key: &str, columns: &mut Columns) -> Result<Vec<Check>, Problem> {
    let read = |(index, text): (usize, &String)| {
        Check::parse(text, columns).map_err(at(format!("{key}.when[{index}]")))
    };
    texts.iter().enumerate().map(read).collect()
}

fn value_problem(key: &str, expected: &str) -> Problem {
    Problem::data("mapping-value").with("key", key).with("expected", expected)
}

struct EventReader<'r> {
    key: String,
    first_year: Option<i16>,
    context: &'r Context,
}

impl EventReader<'_> {
    fn event(&self, table: &toml::Table, columns: &mut Columns) -> Result<EventRecipe, Problem> {
        let word = match table.get("event") {
            Some(Value::String(word)) => word.as_str(),
            _ => return Err(value_problem(&self.path("event"), "event")),
        };
        let words = || VOCABULARY.iter().map(|spec| spec.word);
        let known = EventSpec::of(word).ok_or_else(|| {
            Problem::data("mapping-event-unknown")
                .with("key", self.path("event"))
                .with("event", word)
                .with("nearest", nearest(word, words()).unwrap_or("-"))
        })?;
        let mut recipe =
            EventRecipe { word: word.to_owned(), when: Vec::new(), once: None, fields: Vec::new() };
        for (name, value) in table {
            let path = self.path(name);
            match name.as_str() {
                "event" => {}
                "when" => recipe.when = checks(&texts(value, &path)?, &self.key, columns)?,
                "once" => {
                    let text = value.as_str().ok_or_else(|| value_problem(&path, "text"))?;
                    recipe.once = Some(Template::parse(text, columns).map_err(at(path))?);
                }
                _ => {
                    let spec = self.spec(name, known.fields)?;
                    recipe.fields.push((*spec, self.recipe(value, &path, columns)?));
                }
            }
        }
        for spec in COMMON_FIELDS.iter().chain(known.fields).filter(|spec| spec.required) {
            let known = |(made, _): &(FieldSpec, Recipe)| made.name == spec.name;
            if spec.name != "event" && !recipe.fields.iter().any(known) {
                return Err(Problem::data("mapping-field-missing")
                    .with("key", self.path(spec.name))
                    .with("event", word));
            }
        }
        Ok(recipe)
    }

    fn path(&self, name: &str) -> String {
        format!("{}.{name}", self.key)
    }

    fn spec<'s>(&self, name: &str, own: &'s [FieldSpec]) -> Result<&'s FieldSpec, Problem> {
        let fields = || COMMON_FIELDS.iter().chain(own);
        fields().find(|spec| spec.name == name).ok_or_else(|| {
            let names = fields().map(|spec| spec.name);
            Problem::data("mapping-field-unknown")
                .with("key", self.path(name))
                .with("nearest", nearest(name, names).unwrap_or("-"))
        })
    }

    fn recipe(&self, value: &Value, path: &str, columns: &mut Columns) -> Result<Recipe, Problem> {
        match value {
            Value::String(text) => {
                Template::parse(text, columns).map(Recipe::Text).map_err(at(path))
            }
            Value::Boolean(value) => Ok(Recipe::Bool(*value)),
            Value::Table(table) => self.made(table, path, columns),
            _ => Err(value_problem(path, "text, true, false or { … }")),
        }
    }

    /// A value in braces: one of the known kinds, with exactly its own keys.
    fn made(
        &self,
        table: &toml::Table,
        path: &str,
        columns: &mut Columns,
    ) -> Result<Recipe, Problem> {
        const MAKINGS: &[(&str, &[&str])] = &[
            ("date", &["formats"]),
            ("money", &[]),
            ("add_months", &["months"]),
            ("fraction", &[]),
            ("lookup", &["column"]),
            ("code", &[]),
        ];
        let named = MAKINGS.iter().find(|(name, _)| table.contains_key(*name));
        let known = "date, money, add_months, fraction, lookup, code";
        let (name, more) = named.ok_or_else(|| value_problem(path, known))?;
        let foreign = table.keys().find(|key| *key != name && !more.contains(&key.as_str()));
        if let Some(key) = foreign {
            return Err(value_problem(&format!("{path}.{key}"), &more.join(", ")));
        }
        let wrong = |key: &str, expected: &str| value_problem(&format!("{path}.{key}"), expected);
        let text =
            |key: &str| table.get(key).and_then(Value::as_str).ok_or_else(|| wrong(key, "text"));
        Ok(match *name {
            "date" => {
                let formats = match table.get("formats") {
                    None => None,
                    Some(list) => {
                        let path = format!("{path}.formats");
                        let formats = DateFormats::new(&texts(list, &path)?, self.first_year);
                        Some(formats.map_err(at(path))?)
                    }
                };
                Recipe::Date(columns.place(text("date")?), formats)
            }
            "money" => Recipe::Money(columns.place(text("money")?)),
            "add_months" => {
                let months = match table.get("months") {
                    Some(Value::Integer(months)) => Months::Fixed(
                        i32::try_from(*months).map_err(|_| wrong("months", "number"))?,
                    ),
                    Some(Value::String(column)) => Months::Column(columns.place(column)),
                    _ => return Err(wrong("months", "number, column")),
                };
                Recipe::AddMonths(columns.place(text("add_months")?), months)
            }
            "fraction" => {
                let path = format!("{path}.fraction");
                let list = table.get("fraction").map(|list| texts(list, &path)).transpose()?;
                match list.as_deref() {
                    Some([top, bottom]) => {
                        Recipe::Fraction(columns.place(top), columns.place(bottom))
                    }
                    _ => return Err(value_problem(&path, "[column, column]")),
                }
            }
            "lookup" => {
                let name = text("lookup")?;
                if !self.context.lookups.contains_key(name) {
                    return Err(wrong("lookup", "[lookup.NAME]"));
                }
                Recipe::Lookup(name.to_owned(), columns.place(text("column")?))
            }
            _ => {
                let template = Template::parse(text("code")?, columns);
                Recipe::Code(template.map_err(at(path))?)
            }
        })
    }
}

fn texts(value: &Value, path: &str) -> Result<Vec<String>, Problem> {
    let wrong = || value_problem(path, "list of texts");
    let list = value.as_array().ok_or_else(wrong)?;
    list.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}
