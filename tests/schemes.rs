//! Published schemes of other cities, played through the program as people run it.

use crate::second_verifier::judged;
use crate::support::fixture;
use std::path::Path;
use std::process::Command;

/// Runs the program with two people, and gives what it printed.
fn poolbook(book: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_poolbook"))
        .env_clear()
        .envs([("POOLBOOK_LANG", "en"), ("POOLBOOK_MAKER", "甲"), ("POOLBOOK_CHECKER", "乙")])
        .arg("--book")
        .arg(book)
        .args(arguments)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {out:?} {err:?}");
    out.unwrap()
}

/// What the INT cell of the district has paid or owes in subsidies.
fn subsidies(book: &Path) -> String {
    let said = poolbook(book, &["--format", "json", "balance", "--owner", "440604"]);
    let value: serde_json::Value = serde_json::from_str(&said).unwrap();
    let rows = value["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["fund"] == "INT").unwrap();
    row["subsidies"].as_str().unwrap().to_owned()
}

/// Chancheng 2023: only what the contract rate is above the LPR is discounted, at most one point,
/// once the loan is repaid in full. Both loans are 3,000,000.00 from 2023-01-10 to 2024-01-10, 365
/// days over 360, and the LPR at signing is 3.65 %.
/// A, at 4.95 %: 1.30 points cut to 1: 3,000,000.00 × 1 % × 365 / 360 = 30,416.67.
/// B, at 4.15 %: 0.50 points: 15,208.33 once the last yuan is repaid, and nothing before.
#[test]
fn chancheng_discounts_what_is_above_the_lpr() {
    let (temp, book) = crate::support::book();
    let file =
        |name: &str| fixture("schemes/chancheng-2023").join(name).to_str().unwrap().to_owned();
    poolbook(&book, &["init", "--city", "440600", "--date", "2022-01-01", "--people", "two"]);
    poolbook(&book, &["adopt-rates", "--date", "2022-12-01", "--rates", &file("rates.toml")]);
    poolbook(&book, &["adopt-rules", "--date", "2022-12-01", "--rules", &file("rules.toml")]);
    poolbook(&book, &["record", &file("loans.jsonl")]);
    let post = |quarter: &str, date: &str| {
        let programme = ["--programme", "interest-discount", "--date", date];
        poolbook(&book, &[&["subsidy", "post", quarter][..], &programme].concat());
    };
    post("2023Q4", "2024-01-05");
    assert_eq!(subsidies(&book), "0.00", "nothing before the full repayment");
    poolbook(&book, &["record", &file("repaid.jsonl")]);
    post("2024Q1", "2024-03-25");
    assert_eq!(subsidies(&book), "30416.67", "one yuan of B is still owed");
    let rest = ["repay", "--date", "2024-04-08", "--loan", "B", "--amount", "1.00"];
    poolbook(&book, &rest);
    post("2024Q2", "2024-06-25");
    assert_eq!(subsidies(&book), "45625.00", "30,416.67 + 15,208.33");
    poolbook(&book, &["verify"]);
    let Some(said) = judged(&[], &[book]) else { return };
    assert_eq!(said[0]["exit"], 0, "{}", said[0]);
    drop(temp);
}
