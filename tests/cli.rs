//! The program as people run it: exit codes, streams, formats, and the main job to the fen.

use crate::support::book::CLERK;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

struct Run {
    code: i32,
    out: String,
    err: String,
}

/// Runs the program in Chinese, with nothing of the environment but what is given.
fn poolbook(book: &Path, arguments: &[&str]) -> Run {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_poolbook"))
        .env_clear()
        .env("POOLBOOK_LANG", "zh")
        .env("POOLBOOK_MAKER", CLERK)
        .arg("--book")
        .arg(book)
        .args(arguments)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/jiaozuo-2017")
}

/// Rows of a csv text by header and cell, without the mark.
fn rows(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start_matches('\u{FEFF}');
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn the_quarter_of_the_demo_city_is_right_to_the_fen_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book");
    let folder = fixture();
    let from = folder.to_str().unwrap();
    let quarter = ["--format", "csv", "quarter", "2017Q4", "--from", from];

    let tried =
        poolbook(&book, &["--dry-run", "--format", "csv", "quarter", "2017Q4", "--from", from]);
    assert!(!book.exists(), "a dry run creates nothing");
    let first = poolbook(&book, &quarter);
    assert_eq!(first.code, 1, "two items are open: {}", first.err);
    assert_eq!(first.out, tried.out, "a dry run shows what the run does");
    let journal = std::fs::read(book.join("journal.jsonl")).unwrap();
    let again = poolbook(&book, &quarter);
    assert_eq!((again.code, &again.out), (1, &first.out));
    assert_eq!(std::fs::read(book.join("journal.jsonl")).unwrap(), journal, "nothing is added");

    // The expected file was computed by a program that shares no code with this one.
    let expected = std::fs::read_to_string(folder.join("expected/balance.csv")).unwrap();
    let found = rows(&first.out);
    let cells = |rows: &[Vec<String>]| -> Vec<Vec<String>> {
        rows.iter().filter(|row| row[0] != "total").cloned().collect()
    };
    assert_eq!(cells(&found), cells(&rows(&expected)));

    let posted = poolbook(&book, &["--format", "json", "subsidy", "post", "2017Q4"]);
    let value: serde_json::Value = serde_json::from_str(&posted.out).unwrap();
    assert_eq!(value["posted"], 0, "all of them stood in the book already");
    assert_eq!(poolbook(&book, &["verify"]).code, 0);
}

#[test]
fn a_refusal_has_three_parts_a_code_and_its_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book");
    let missing = poolbook(&book, &["balance"]);
    assert_eq!(missing.code, 66, "{}", missing.err);
    assert_eq!(poolbook(&book, &["init", "--city", "410800", "--date", "2017-01-01"]).code, 0);
    let join = ["join", "--owner", "410821", "--date", "2017-01-01"];
    assert_eq!(poolbook(&book, &join).code, 0);
    let again = poolbook(&book, &join);
    assert_eq!(again.code, 0, "the same command again is recognised: {}", again.err);
    assert!(again.err.contains("已记为第 2 笔"), "{}", again.err);
    let charge = [
        "bank-charge",
        "--owner",
        "410821",
        "--date",
        "2017-02-01",
        "--bank-account",
        "X",
        "--amount",
        "-5.00",
    ];
    let negative = poolbook(&book, &charge);
    assert_eq!((negative.code, negative.out.as_str()), (65, ""));
    assert!(negative.err.contains("[amount-negative]") && negative.err.contains("原因"));
    let json = poolbook(&book, &[&["--format", "json"][..], &charge].concat());
    let value: serde_json::Value = serde_json::from_str(&json.err).unwrap();
    assert_eq!(value["code"], "amount-negative");
    assert_eq!(value["args"]["text"], "-5.00");
}

#[test]
fn mistakes_in_usage_are_told_in_the_language_asked_for() {
    let nowhere = Path::new("/nowhere");
    let wrong = poolbook(nowhere, &["contribut"]);
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""));
    assert!(wrong.err.contains("不认识的命令 contribut") && wrong.err.contains("contribute"));
    let wrong = poolbook(nowhere, &["--lang", "en", "contribute", "--amounts", "1"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("the option --amounts is unknown"), "{}", wrong.err);
    let help = poolbook(nowhere, &["enrol", "--help"]);
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    for leftover in ["Usage", "Options", "Print help", "possible values", "[default:"] {
        assert!(!help.out.contains(leftover), "{leftover} in {}", help.out);
    }
}

#[test]
fn outputs_keep_to_their_schemas() {
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book");
    let folder = fixture();
    poolbook(&book, &["quarter", "2017Q4", "--from", folder.to_str().unwrap()]);
    let schemas = poolbook(&book, &["schema", "outputs"]);
    let schemas: serde_json::Value = serde_json::from_str(&schemas.out).unwrap();
    let commands: &[&[&str]] = &[
        &["quarter", "2017Q4", "--from", folder.to_str().unwrap()],
        &["balance", "--as-of", "2017-12-31"],
        &["trial-balance", "--period", "2017Q4", "--owner", "410821"],
        &["account", "1002.01", "--owner", "410821"],
        &["voucher", "449"],
        &["explain", "compensation", "--owner", "410821"],
        &["loan"],
        &["loan", "ICBC-2017-0001"],
        &["claim"],
        &["cap"],
        &["scale"],
        &["subsidy", "compute", "2017Q4"],
        &["subsidy", "recompute", "--since", "2017Q4"],
        &["subsidy", "explain", "INT/2017Q4/CCB-2017-0003"],
        &[
            "--dry-run",
            "--maker",
            "甲",
            "--checker",
            "乙",
            "--approver",
            "丙",
            "subsidy",
            "pay",
            "--date",
            "2018-01-10",
        ],
        &["verify"],
        &["reindex"],
    ];
    for command in commands {
        let run = poolbook(&book, &[&["--format", "json"][..], command].concat());
        let value: serde_json::Value =
            serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{command:?} {}", run.err));
        let name = value["schema"].as_str().unwrap().split('/').nth(1).unwrap();
        check(&value, &schemas[name], &format!("{command:?}"));
    }
}

/// The part of JSON Schema that the program's own schemas use.
fn check(value: &serde_json::Value, schema: &serde_json::Value, at: &str) {
    use serde_json::Value;
    assert!(schema.is_object(), "{at}: no schema");
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant, "{at}");
    }
    if let Some(kinds) = schema.get("type") {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let list = [kinds.clone()];
        let kinds = kinds.as_array().map_or(&list[..], Vec::as_slice);
        assert!(kinds.iter().any(|allowed| allowed == kind), "{at}: {value} is no {kinds:?}");
    }
    for (key, item) in value.as_object().into_iter().flatten() {
        let inner = schema.get("properties").and_then(|properties| properties.get(key));
        match inner {
            Some(inner) => check(item, inner, &format!("{at}.{key}")),
            None => assert!(
                schema.get("additionalProperties") != Some(&Value::Bool(false)),
                "{at}.{key}"
            ),
        }
    }
    for key in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        assert!(value.get(key.as_str().unwrap()).is_some(), "{at}: {key} is missing");
    }
    for item in value.as_array().into_iter().flatten() {
        check(item, &schema["items"], at);
    }
}

/// A folder that knows no approver makes a book that does without one, and says so in every report;
/// what the folder says of the mode goes before.
#[test]
fn a_folder_without_an_approver_makes_a_book_of_two() {
    for (change, people) in [("", "three"), ("approver", "two"), ("mode", "two")] {
        let dir = tempfile::tempdir().unwrap();
        let (folder, book) = (dir.path().join("folder"), dir.path().join("book"));
        crate::errors::copy_dir(&fixture(), &folder);
        let file = folder.join("book.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.lines().map(|line| match (change, line.split_once(" = ")) {
            ("approver", Some(("approver", _))) => String::new(),
            ("mode", Some(("approver", _))) => format!("{line}\nmode = \"two\""),
            _ => line.to_owned(),
        });
        std::fs::write(&file, lines.collect::<Vec<_>>().join("\n")).unwrap();
        let run = poolbook(&book, &["quarter", "2017Q4", "--from", folder.to_str().unwrap()]);
        assert_eq!(run.code, 1, "{}", run.err);
        let balance = poolbook(&book, &["--format", "json", "balance"]);
        let json: serde_json::Value = serde_json::from_str(&balance.out).unwrap();
        assert_eq!(json["people"], people, "{change}");
    }
}
