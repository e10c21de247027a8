//! JSON Schema (2020-12) of the events that are read and of the reports that are written. It is
//! made from the vocabulary and the shapes, so that it cannot differ from the program.

use crate::domain::event::{COMMON_FIELDS, PeopleMode, VOCABULARY};
use crate::domain::field::{FieldKind, FieldSpec};
use crate::limits::{
    ATTACHMENTS_MAX, COUNT_MAX, ID_MAX, MEMO_MAX, RULES_TEXT_MAX, YEAR_MAX, YEAR_MIN,
};
use crate::report::locale::Locale;
use crate::report::shapes;
use crate::report::table::{Column, ColumnKind, Shape};
use serde_json::{Map, Value, json};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
/// A positive amount: digits, or groups separated by commas; at most two decimals.
const AMOUNT: &str = r"^([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]{1,2})?$";
/// The same, possibly negative.
const BALANCE: &str = r"^-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]{1,2})?$";
/// An amount or sum in a report.
const AMOUNT_OUT: &str = r"^-?[0-9]+\.[0-9]{2}$";
const DATE: &str = r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$";
const RATE: &str = r"^[0-9]+(\.[0-9]+)?%?$";
const SHARE: &str = r"^([0-9]+(\.[0-9]+)?%?|[0-9]+/[0-9]+)$";
/// A text without control characters.
const LINE: &str = r"^[^\u0000-\u001F\u007F]*$";

/// The schema of one event in an event file: one object per line.
pub fn events(locale: &Locale) -> Value {
    let variants: Vec<Value> =
        VOCABULARY.iter().map(|spec| event(spec.word, spec.fields, locale)).collect();
    json!({
        "$schema": DRAFT,
        "$id": "https://poolbook.invalid/schema/event/1",
        "title": "poolbook event",
        "oneOf": variants,
    })
}

fn event(word: &str, own: &[FieldSpec], locale: &Locale) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for spec in COMMON_FIELDS.iter().chain(own) {
        let mut schema =
            if spec.name == "event" { json!({"const": word}) } else { field(spec.kind) };
        if let (Some(object), Some(label)) =
            (schema.as_object_mut(), locale.find(&format!("field-{}", spec.name), None, &[]))
        {
            object.insert("title".to_owned(), label.into());
        }
        properties.insert(spec.name.to_owned(), schema);
        if spec.required {
            required.push(spec.name);
        }
    }
    json!({
        "title": locale.text(&format!("event-{word}"), &[]),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn field(kind: FieldKind) -> Value {
    let line = json!({"type": "string", "maxLength": MEMO_MAX, "pattern": LINE});
    match kind {
        FieldKind::Id => {
            json!({"type": "string", "minLength": 1, "maxLength": ID_MAX, "pattern": r"^\S+$"})
        }
        FieldKind::Text => line,
        FieldKind::Texts => {
            json!({"type": "array", "maxItems": ATTACHMENTS_MAX, "items": line})
        }
        FieldKind::LongText => json!({"type": "string", "maxLength": RULES_TEXT_MAX}),
        FieldKind::Date => json!({"type": "string", "format": "date", "pattern": DATE}),
        FieldKind::Amount => json!({"type": "string", "pattern": AMOUNT}),
        FieldKind::Rate => json!({"type": "string", "pattern": RATE}),
        FieldKind::Share => json!({"type": "string", "pattern": SHARE}),
        FieldKind::Bool => json!({"type": "boolean"}),
        FieldKind::Entry => json!({"type": "integer", "minimum": 1}),
        FieldKind::Year => json!({"type": "integer", "minimum": YEAR_MIN, "maximum": YEAR_MAX}),
        FieldKind::Count => json!({"type": "integer", "minimum": 0, "maximum": COUNT_MAX}),
        FieldKind::Balance => json!({"type": "string", "pattern": BALANCE}),
        FieldKind::Json => json!({"type": ["object", "array"]}),
        FieldKind::Word(words) => json!({"enum": words}),
    }
}

/// The schema of one report's JSON form.
pub fn report(shape: &Shape) -> Value {
    let mut properties = Map::new();
    properties.insert("schema".to_owned(), json!({"const": shape.schema()}));
    let note = json!({
        "type": "object",
        "properties": {"code": {"type": "string"}, "args": {"type": "object"}},
        "required": ["code", "args"],
        "additionalProperties": false,
    });
    for column in shape.meta {
        properties.insert(column.key.to_owned(), value(column.kind));
    }
    if shape.has_journal() {
        let modes: Vec<Option<&str>> =
            PeopleMode::WORDS.iter().map(|word| Some(*word)).chain([None]).collect();
        properties.insert("people".to_owned(), json!({"enum": modes}));
        let count = json!({"type": "integer", "minimum": 0});
        let unwitnessed = json!({
            "type": ["object", "null"],
            "properties": {"days": count, "entries": count},
            "required": ["days", "entries"],
            "additionalProperties": false,
        });
        properties.insert("unwitnessed".to_owned(), unwitnessed);
        let warnings = json!({"type": "array", "items": note});
        properties.insert("warnings".to_owned(), warnings);
    }
    if !shape.rows.is_empty() {
        properties.insert("rows".to_owned(), rows(shape.rows));
    }
    for (key, columns) in shape.sections {
        properties.insert((*key).to_owned(), rows(columns));
    }
    properties.insert("notes".to_owned(), json!({"type": "array", "items": note}));
    let required: Vec<String> = properties.keys().cloned().collect();
    if shape.totals {
        let numbers: Map<String, Value> = shape
            .rows
            .iter()
            .filter(|column| column.kind.is_number())
            .map(|column| (column.key.to_owned(), value(column.kind)))
            .collect();
        let totals =
            json!({"type": "object", "properties": numbers, "additionalProperties": false});
        properties.insert("totals".to_owned(), totals);
    }
    json!({
        "$schema": DRAFT,
        "$id": format!("https://poolbook.invalid/schema/{}/1", shape.name),
        "title": shape.schema(),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The schemas of all reports and of errors, by name.
pub fn outputs() -> Value {
    let mut all: Map<String, Value> =
        shapes::all().map(|shape| (shape.name.to_owned(), report(shape))).collect();
    all.insert("error".to_owned(), error());
    Value::Object(all)
}

/// The schema of one error on stderr.
pub fn error() -> Value {
    let text = json!({"type": "string"});
    json!({
        "$schema": DRAFT,
        "$id": "https://poolbook.invalid/schema/error/1",
        "title": "poolbook/error/1",
        "type": "object",
        "properties": {
            "schema": {"const": "poolbook/error/1"},
            "code": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
            "what": text, "why": text, "next": text,
            "exit": {"type": "integer"},
            "place": {
                "type": "object",
                "properties": {
                    "file": text, "sheet": text, "column": text,
                    "row": {"type": "integer", "minimum": 1},
                },
                "additionalProperties": false,
            },
            "args": {"type": "object", "additionalProperties": text},
        },
        "required": ["schema", "code", "what", "why", "next", "exit", "place", "args"],
        "additionalProperties": false,
    })
}

fn rows(columns: &[Column]) -> Value {
    let properties: Map<String, Value> =
        columns.iter().map(|column| (column.key.to_owned(), value(column.kind))).collect();
    let required: Vec<&str> = columns.iter().map(|column| column.key).collect();
    let row = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    json!({"type": "array", "items": row})
}

fn value(kind: ColumnKind) -> Value {
    match kind {
        ColumnKind::Text | ColumnKind::Word => json!({"type": ["string", "null"]}),
        ColumnKind::Money => json!({"type": ["string", "null"], "pattern": AMOUNT_OUT}),
        ColumnKind::Integer => json!({"type": ["integer", "null"], "minimum": 0}),
        ColumnKind::Date => json!({"type": ["string", "null"], "format": "date", "pattern": DATE}),
        ColumnKind::Rate => json!({"type": ["string", "null"], "pattern": r"^[0-9]+(\.[0-9]+)?$"}),
        ColumnKind::Bool => json!({"type": ["boolean", "null"]}),
        ColumnKind::Json => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventSpec;
    use crate::report::locale::Lang;

    #[test]
    fn every_event_has_its_schema_with_its_required_fields() {
        let schema = events(&Locale::new(Lang::English));
        let variants = schema["oneOf"].as_array().unwrap();
        assert_eq!(variants.len(), VOCABULARY.len());
        for (known, variant) in VOCABULARY.iter().zip(variants) {
            let (word, own) = (known.word, known.fields);
            assert_eq!(variant["properties"]["event"]["const"], word);
            assert_eq!(variant["additionalProperties"], false);
            let required = variant["required"].as_array().unwrap();
            for spec in own {
                assert_eq!(
                    required.contains(&spec.name.into()),
                    spec.required,
                    "{word} {}",
                    spec.name
                );
            }
        }
    }

    #[test]
    fn closed_lists_are_enums_and_amounts_are_texts() {
        let contribute = EventSpec::of("contribute").unwrap();
        let schema = event("contribute", contribute.fields, &Locale::new(Lang::English));
        assert_eq!(schema["properties"]["fund"]["enum"], json!(["RISK", "INT", "GFEE"]));
        assert_eq!(schema["properties"]["amount"]["type"], "string");
    }
}
