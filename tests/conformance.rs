//! The worked examples of the field as case files in `fixtures/conformance`, each played through a
//! book: events recorded, quarters computed and posted, figures read back. The form of a case is
//! told in the README beside them.

pub mod play;

use crate::support::fixture;
use play::{Play, lay};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// The examples, in the order of the page that they come from.
const EXAMPLES: &[(&str, &[&str])] = &[
    ("4.5", &["4.5"]),
    ("5.2", &["5.2"]),
    (
        "5.3",
        &[
            "5.3-01", "5.3-02", "5.3-03", "5.3-04", "5.3-05", "5.3-06", "5.3-07", "5.3-08",
            "5.3-09", "5.3-10", "5.3-11", "5.3-12", "5.3-13", "5.3-14", "5.3-15", "5.3-16",
            "5.3-17", "5.3-18", "5.3-19", "5.3-20",
        ],
    ),
    (
        "5.4",
        &["5.4-A", "5.4-A-early", "5.4-B", "5.4-C", "5.4-D", "5.4-not-refunded", "5.4-overdue"],
    ),
    (
        "5.5",
        &[
            "5.5-three-ways",
            "5.5-city-and-owner",
            "5.5-cell-short",
            "5.5-bank-cap",
            "5.5-cap-year",
            "5.5-interest-in-base",
            "5.5-partial-default",
        ],
    ),
    ("5.6", &["5.6"]),
    ("5.7", &["5.7"]),
    ("5.8", &["5.8"]),
];

/// Every case: name of its file and its text as a table.
fn cases() -> BTreeMap<String, Table> {
    let mut cases = BTreeMap::new();
    for entry in std::fs::read_dir(fixture("conformance")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            let table = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
            cases.insert(name, table);
        }
    }
    cases
}

fn setup(name: &str) -> Table {
    let text = std::fs::read_to_string(fixture(&format!("conformance/setup/{name}.toml")));
    text.unwrap().parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Keys of a table that nobody reads are mistakes of whoever wrote the case.
pub(crate) fn known(what: &str, table: &Table, keys: &[&str]) {
    for key in table.keys() {
        assert!(keys.contains(&key.as_str()), "{what}: unknown key {key}");
    }
}

#[test]
pub fn every_case_comes_to_its_figures() {
    for (name, case) in cases() {
        known(&name, &case, &["case", "title", "setup", "play"]);
        assert!(case["title"].as_str().is_some_and(|title| !title.is_empty()), "{name}");
        let base = setup(case["setup"].as_str().unwrap());
        let plays = case["play"].as_array().unwrap();
        assert!(!plays.is_empty(), "{name}");
        for (index, play) in plays.iter().enumerate() {
            let play = play.as_table().unwrap();
            let called = play.get("name").and_then(Value::as_str).unwrap_or("-");
            Play::new(format!("{name}, play {} ({called})", index + 1), &base, play).run();
        }
    }
}

#[test]
fn every_example_has_its_case() {
    let mut wanted: Vec<&str> = EXAMPLES.iter().flat_map(|(_, cases)| *cases).copied().collect();
    wanted.sort_unstable();
    let cases = cases();
    let mut numbers: Vec<&str> =
        cases.values().map(|case| case["case"].as_str().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, wanted);
    for (name, case) in &cases {
        let number = case["case"].as_str().unwrap();
        let named = name == number || name.starts_with(&format!("{number}-"));
        assert!(named, "{name} is named after {number}");
    }
}

#[test]
fn laying_over_merges_tables_and_replaces_values() {
    let table = |text: &str| -> Table { text.parse().unwrap() };
    let base = table("a = 1\nb = { c = 2, d = \"x\" }\ne = [1]");
    let laid = lay(&base, &table("b = { c = 3, d = \"\" }\ne = [2]"));
    assert_eq!(laid, table("a = 1\nb = { c = 3 }\ne = [2]"));
}
