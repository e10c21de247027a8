//! The real loan tape, taken in as it is by the program, against sums calculated apart from it
//! (`fixtures/sba-7a/calculate.py`).

use crate::support::book::CLERK;
use crate::support::fixture;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn poolbook(book: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolbook"));
    command.env("POOLBOOK_MAKER", CLERK);
    command.arg("--book").arg(book).args(["--lang", "en"]).args(arguments).output().unwrap()
}

fn json(book: &Path, arguments: &[&str]) -> Value {
    let output = poolbook(book, &[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn rows(path: &Path) -> Vec<csv::StringRecord> {
    csv::Reader::from_path(path).unwrap().records().map(Result::unwrap).collect()
}

/// Cents of a plain amount.
fn cents(text: &str) -> i128 {
    text.replace(['.', ','], "").parse().unwrap()
}

#[test]
fn loans_guarantees_and_compensation_are_as_calculated_apart() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("book");
    let rejects = folder.path().join("rejects.csv");
    let file = |name: &str| fixture(&format!("sba-7a/{name}")).display().to_string();
    let init = poolbook(&book, &["init", "--city", "US", "--currency", "USD", "--people", "two"]);
    assert!(init.status.success());
    assert!(poolbook(&book, &["record", &file("setup.jsonl")]).status.success());
    let (mapping, tape) = (file("mapping.toml"), file("loans-in-ut-ri.csv"));
    let taken = ["record", "--map", &mapping, &tape, "--rejects", rejects.to_str().unwrap()];
    assert_eq!(poolbook(&book, &taken).status.code(), Some(1), "some rows are rejected");

    let loans = json(&book, &["loan"]);
    let balance = json(&book, &["balance", "--fund", "RISK", "--as-of", "2014-12-31"]);
    for wanted in rows(&fixture("sba-7a/expected.csv")) {
        let owner = &wanted[0];
        let own: Vec<&Value> = loans["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|loan| loan["owner"] == owner)
            .collect();
        assert_eq!(own.len().to_string(), wanted[1], "loans of {owner}");
        let drawn: i128 = own.iter().map(|loan| cents(loan["drawn"].as_str().unwrap())).sum();
        assert_eq!(drawn, cents(&wanted[3]), "disbursed of {owner}");
        let cell = balance["rows"].as_array().unwrap().iter().find(|row| row["owner"] == owner);
        assert_eq!(cell.unwrap()["compensation"], wanted[6], "compensation of {owner}");

        let trial = json(&book, &["trial-balance", "--owner", owner, "--as-of", "2014-12-31"]);
        let exposure = account(&trial, "9111");
        assert_eq!(exposure["period_debit"], wanted[7], "the pool's share of {owner}");
        let review = account(&trial, "9402");
        assert_eq!(review["closing_debit"], wanted[6], "compensation of the banks of {owner}");
    }
    guaranteed(&book);
    let again = poolbook(&book, &[&taken[..], &["--force"]].concat());
    assert_eq!(again.status.code(), Some(1));
    assert!(poolbook(&book, &["verify"]).status.success());
    assert_rejects(&rejects);
}

fn account<'v>(trial: &'v Value, code: &str) -> &'v Value {
    let text = trial.to_string();
    let lists = ["rows", "memo"].iter().filter_map(|key| trial.get(*key)?.as_array());
    lists.flatten().find(|row| row["account"] == code).unwrap_or_else(|| panic!("{code} in {text}"))
}

/// The amount guaranteed of a loan is the numerator of its share, which the journal keeps as given.
fn guaranteed(book: &Path) {
    let journal = poolbook(book, &["export", "journal"]).stdout;
    let text = String::from_utf8(journal).unwrap();
    for wanted in rows(&fixture("sba-7a/expected.csv")) {
        let mut sum = 0;
        for line in text.lines() {
            let entry: Value = serde_json::from_str(line).unwrap();
            let event = &entry["event"];
            if event["event"] == "enrol" && event["owner"] == wanted[0] {
                let (part, _) = event["pool_share"].as_str().unwrap().split_once('/').unwrap();
                sum += part.parse::<i128>().unwrap() * 100;
            }
        }
        assert_eq!(sum, cents(&wanted[2]), "guaranteed of {}", &wanted[0]);
    }
}

fn assert_rejects(rejects: &Path) {
    let wanted = rows(&fixture("sba-7a/rejects.csv"));
    let found = rows(rejects);
    assert_eq!(found.len(), wanted.len());
    let mut reader = csv::Reader::from_path(rejects).unwrap();
    let headers = reader.headers().unwrap().clone();
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_eq!(found[column("reject_row")], wanted[0]);
        assert!(found[column("reject_reason")].contains(&wanted[3]), "{found:?}");
    }
}
