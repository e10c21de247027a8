//! What case files in TOML are read by, and how a subsidy line is held to what a case names of it.

use poolbook::domain::subsidy::SubsidyLine;
use toml::{Table, Value};

/// A text of a table, if it is there.
pub fn text<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    table.get(key).map(|value| value.as_str().unwrap_or_else(|| panic!("{key} is no text")))
}

/// A list of a table; empty where it is not there.
pub fn list<'t>(table: &'t Table, key: &str) -> &'t [Value] {
    table.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// What a case names, as texts: a number, a text, or a list of texts.
pub fn wanted(value: &Value) -> Vec<String> {
    match value {
        Value::Integer(number) => vec![number.to_string()],
        Value::Array(rows) => rows.iter().map(|row| row.as_str().unwrap().to_owned()).collect(),
        other => vec![other.as_str().unwrap().to_owned()],
    }
}

/// One key of every row of a list in a working.
pub fn column(working: &serde_json::Value, list: &str, key: &str) -> Vec<String> {
    let rows = working[list].as_array().unwrap().iter();
    rows.map(|row| row[key].as_str().unwrap_or("-").to_owned()).collect()
}

/// What a line has under a key that every case file knows; none under any other key.
pub fn figures(line: &SubsidyLine, working: &serde_json::Value, key: &str) -> Option<Vec<String>> {
    Some(match key {
        "programme" => vec![line.programme.to_string()],
        "loan" => vec![line.loan.to_string()],
        "note" => vec![line.note.to_string()],
        "payee" => vec![line.payee.to_string()],
        "days" => vec![line.days.to_string()],
        "computed" => vec![line.computed.to_string()],
        "amount" => vec![line.amount.to_string()],
        "reason" => vec![line.reason.map_or("-", |reason| reason.code()).to_owned()],
        "year" => line.working.cap_years.iter().map(|(year, _)| year.to_string()).collect(),
        "segments" => column(working, "segments", "amount"),
        "until" => column(working, "segments", "until"),
        "counted" => column(working, "segments", "counted"),
        _ => return None,
    })
}
