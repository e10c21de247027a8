//! `subsidy recompute` through the program: case 15 of the field from the first event to the letter.

use crate::errors::{must, shell};
use crate::support::settled::{RATES, rules};
use serde_json::{Value, json};
use std::path::Path;

/// A book with L1, whose second quarter was paid with the repayment of 10 May, and in which the bank
/// has told since that it was on 15 April.
fn book(dir: &Path) {
    let mut lines = vec![
        json!({"event": "adopt-rules", "rules": rules("firm_year_max = \"40000.00\"")}),
        json!({"event": "adopt-rates", "rates": RATES}),
        json!({"event": "join", "owner": "410821"}),
        json!({"event": "party", "party": "BANK", "kind": "bank", "name": "银行"}),
        json!({"event": "party", "party": "F1", "kind": "firm", "name": "企业"}),
        json!({"event": "bank-account", "owner": "410821", "bank_account": "INT", "fund": "INT"}),
        json!({"event": "budget", "owner": "410821", "bank_account": "INT", "amount": "100000.00"}),
        json!({"event": "enrol", "owner": "410821", "loan": "L1", "firm": "F1", "bank": "BANK", "amount": "3000000.00", "due": "2025-01-15", "rate": "4.35%"}),
        json!({"event": "disburse", "loan": "L1", "amount": "3000000.00"}),
        json!({"event": "repay", "loan": "L1", "amount": "1000000.00"}),
    ];
    let mut text = String::new();
    for (line, number) in lines.iter_mut().zip(1..) {
        line["id"] = format!("s{number}").into();
        line["date"] = if number == 10 { "2024-05-10" } else { "2024-01-15" }.into();
        text.push_str(&format!("{line}\n"));
    }
    std::fs::write(dir.join("events.jsonl"), text).unwrap();
    let script = "
        poolbook init --city 410800 --date 2024-01-01
        poolbook record events.jsonl
        poolbook subsidy post 2024Q2
        poolbook --maker 甲 --checker 乙 --approver 丙 subsidy pay --date 2024-07-05
        poolbook reverse --id r --date 2024-09-02 --entry 11 --reason 日期有误
        poolbook repay --id late --date 2024-09-02 --effective 2024-04-15 --loan L1 --amount 1000000
    ";
    must(script, dir, Path::new("recompute"));
}

fn json_of(script: &str, dir: &Path, exit: i32) -> Value {
    let (code, out, err) = shell(script, dir, "zh");
    assert_eq!(code, exit, "{out}{err}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn the_difference_is_shown_posted_once_and_explained() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    book(dir);
    let again = "poolbook --format json subsidy recompute --since 2024Q1";
    let shown = json_of(again, dir, 1);
    let row = &shown["rows"][0];
    for (key, value) in [
        ("standing", "11212.50"),
        ("recomputed", "10014.58"),
        ("difference", "-1197.92"),
        ("clawed_back", "1197.92"),
        ("waiting", "0.00"),
        ("effective", "2024-04-15"),
        ("subsidy", "INT/2024Q2/L1"),
    ] {
        assert_eq!(row[key], value, "{key}");
    }
    assert_eq!(shown["causes"][1]["event"], "repay");
    assert_eq!(
        shown["cap_room"][0],
        json!({"programme": "interest-discount", "firm": "F1", "year": 2024, "amount": "1197.92"})
    );
    assert_eq!((&shown["dry_run"], &shown["posted"]), (&true.into(), &Value::Null));
    // Looking writes nothing, and neither does trying.
    let post =
        "subsidy recompute --since 2024Q1 --post --date 2024-09-03 --document 焦科〔2024〕9号";
    let tried = json_of(&format!("poolbook --format json --dry-run {post}"), dir, 0);
    assert_eq!((&tried["posted"], &tried["entries"]), (&1.into(), &shown["entries"]));
    let posted = json_of(&format!("poolbook --format json {post}"), dir, 0);
    assert_eq!((&posted["posted"], &posted["date"]), (&1.into(), &"2024-09-03".into()));
    let nothing = json_of(&format!("poolbook --format json {post}"), dir, 0);
    assert_eq!((&nothing["posted"], &nothing["rows"]), (&0.into(), &json!([])));
    assert_eq!(json_of(again, dir, 0)["rows"], json!([]));
    let explained = json_of("poolbook --format json subsidy explain INT/2024Q2/L1", dir, 0);
    let rows = explained["rows"].as_array().unwrap();
    let correction = rows.iter().find(|row| row["step"] == "correction").unwrap();
    assert_eq!(correction["result"], "-1197.92");
    assert_eq!(correction["facts"]["stood"], "11212.50");
    assert_eq!(correction["facts"]["now"], "10014.58");
    assert!(correction["facts"]["causes"].as_str().unwrap().ends_with("repay 2024-04-15"));
    // The approval's own steps stand first, as they were.
    assert_eq!(rows.iter().find(|row| row["step"] == "amount").unwrap()["result"], "11212.50");
    assert_eq!(json_of("poolbook --format json verify", dir, 0)["findings"], 0);
}

#[test]
fn both_languages_tell_it_and_a_post_needs_its_day() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    book(dir);
    for (lang, title, cause) in
        [("zh", "已结算补贴重算", "归还本金"), ("en", "settled subsidies computed again", "repaid")]
    {
        let (code, out, _) = shell("poolbook subsidy recompute --since 2024Q2", dir, lang);
        assert_eq!(code, 1);
        assert!(out.contains(title) && out.contains(cause) && out.contains("-1,197.92"), "{out}");
    }
    let (code, _, err) = shell("poolbook subsidy recompute --since 2024Q2 --post", dir, "en");
    assert_eq!(code, 2);
    assert!(err.contains("--date"), "{err}");
    // A period that ends before the change has no difference.
    let (code, ..) = shell("poolbook subsidy recompute --since 2024Q3", dir, "en");
    assert_eq!(code, 0);
    let fee = "poolbook subsidy recompute --since 2024Q1 --programme guarantee-fee";
    assert_eq!(shell(fee, dir, "en").0, 0);
}
