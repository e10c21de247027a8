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

/// Who posts in these tests.
const PEOPLE: [&str; 6] = ["--maker", "李砚秋", "--checker", "王澍文", "--approver", "张栎川"];

/// Posts the quarter of a folder.
fn post(book: &Path, folder: &Path) -> Run {
    let quarter = ["quarter", "2017Q4", "--post", "--from", folder.to_str().unwrap()];
    poolbook(book, &[&quarter[..], &PEOPLE].concat())
}

/// Without `--post` nothing is written: no book is made, and one that is there stays byte for byte.
/// Nobody is named in another's name: names of a folder are refused, and posting asks for one.
#[test]
fn a_quarter_is_posted_only_when_told_and_by_named_people() {
    let dir = tempfile::tempdir().unwrap();
    let (book, folder) = (dir.path().join("book"), fixture());
    let from = folder.to_str().unwrap();
    let unnamed = std::process::Command::new(env!("CARGO_BIN_EXE_poolbook"))
        .env_clear()
        .args(["--book", book.to_str().unwrap(), "quarter", "2017Q4", "--post", "--from", from])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&unnamed.stderr).into_owned();
    assert_eq!((unnamed.status.code(), told.contains("maker-missing")), (Some(77), true), "{told}");
    assert!(!book.exists(), "a refused quarter makes no book");

    let first = post(&book, &folder);
    assert_eq!(first.code, 1, "{}", first.err);
    let whole = |at: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        let mut found: Vec<_> = ["journal.jsonl", "head"]
            .iter()
            .map(|name| (at.join(name), std::fs::read(at.join(name)).unwrap()))
            .collect();
        let mut names: Vec<PathBuf> =
            std::fs::read_dir(at).unwrap().map(|file| file.unwrap().path()).collect();
        names.sort();
        found.extend(names.into_iter().map(|path| (path, Vec::new())));
        found
    };
    let before = whole(&book);
    let next = poolbook(&book, &["--format", "json", "quarter", "2018Q1", "--from", from]);
    assert_eq!(next.code, 1, "{}", next.err);
    assert!(whole(&book) == before, "looking at another quarter changes nothing");
    let json: serde_json::Value = serde_json::from_str(&next.out).unwrap();
    let keys: Vec<&str> =
        json["notes"].as_array().unwrap().iter().filter_map(|note| note["code"].as_str()).collect();
    assert!(keys.contains(&"quarter-shown") && !keys.contains(&"quarter-recorded"), "{keys:?}");

    // The vouchers of the posted quarter bear the names of the command.
    let last: serde_json::Value = {
        let journal = std::fs::read_to_string(book.join("journal.jsonl")).unwrap();
        let found = journal.lines().find(|line| line.contains("approve-subsidy")).unwrap();
        serde_json::from_str(found.split_once(' ').unwrap().1).unwrap()
    };
    assert_eq!((&last["maker"], &last["checker"]), (&"李砚秋".into(), &"王澍文".into()));

    // The short form ends with at most ten lines; --full lists the rest.
    let short = poolbook(&book, &["quarter", "2017Q4", "--from", from]);
    let full = poolbook(&book, &["quarter", "2017Q4", "--full", "--from", from]);
    assert!(full.out.lines().count() > short.out.lines().count() + 20, "{}", short.out);
    let summary = short.out.split("收入事项：").nth(1).unwrap();
    assert!(summary.lines().count() <= 10, "{summary}");
    for told in ["36.50", "8,000.00", "没有新的事项"] {
        assert!(summary.contains(told), "{told}: {summary}");
    }
}

#[test]
fn names_in_a_folder_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, book) = (dir.path().join("folder"), dir.path().join("book"));
    for (file, from, to) in [
        ("book.toml", "[target]", "[people]\nmaker = \"李砚秋\"\n[target]"),
        ("events/2017.jsonl", "\"date\"", "\"checker\": \"王澍文\", \"date\""),
        ("budget.csv", "memo\n", "approver\n"),
    ] {
        let _ = std::fs::remove_dir_all(&folder);
        crate::errors::copy_dir(&fixture(), &folder);
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        assert!(text.contains(from), "{file}");
        std::fs::write(folder.join(file), text.replacen(from, to, 1)).unwrap();
        let run = post(&book, &folder);
        assert_eq!(run.code, 65, "{}", run.err);
        assert!(run.err.contains("folder-names-people") && run.err.contains(file), "{}", run.err);
        assert!(!book.exists());
    }
}

#[test]
fn the_quarter_of_the_demo_city_is_right_to_the_fen_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book");
    let folder = fixture();
    let from = folder.to_str().unwrap();
    let look = ["--format", "csv", "quarter", "2017Q4", "--from", from];
    let quarter = [&look[..], &["--post"], &PEOPLE].concat();

    let tried = poolbook(&book, &[&["--dry-run"], &quarter[..]].concat());
    assert!(!book.exists(), "a dry run creates nothing");
    let looked = poolbook(&book, &look);
    assert!(!book.exists(), "looking creates nothing");
    assert_eq!((looked.code, &looked.out), (1, &tried.out), "looking needs no names");
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

/// The commands of a list in help: lines of two blanks and a name.
fn listed(help: &str) -> Vec<&str> {
    let names = help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && !name.starts_with('-') && *name != "poolbook").collect()
}

#[test]
fn the_first_page_of_help_is_short_and_says_where_the_rest_is() {
    let nowhere = Path::new("/nowhere");
    for lang in ["zh", "en"] {
        let first = poolbook(nowhere, &["--lang", lang, "--help"]);
        assert_eq!((first.code, listed(&first.out).len()), (0, 10), "{}", first.out);
        for more in ["poolbook guide", "poolbook help --all"] {
            assert!(first.out.contains(more), "{more}: {}", first.out);
        }
        let asked = poolbook(nowhere, &["--lang", lang, "help"]);
        assert_eq!((asked.code, &asked.out), (0, &first.out));
        let all = poolbook(nowhere, &["--lang", lang, "help", "--all"]);
        let all = listed(&all.out);
        for poolbook::domain::event::EventSpec { word, .. } in poolbook::domain::event::VOCABULARY {
            // `init` opens a book.
            assert!(*word == "open-book" || all.contains(word), "{word}");
        }
        for name in listed(&first.out) {
            assert!(all.contains(&name), "{name}");
        }
        for command in [&["close"][..], &["statement", "import"]] {
            let flag = poolbook(nowhere, &[&["--lang", lang], command, &["--help"]].concat());
            let asked = poolbook(nowhere, &[&["--lang", lang, "help"], command].concat());
            assert_eq!((asked.code, asked.out), (0, flag.out));
        }
    }
}

#[test]
fn outputs_keep_to_their_schemas() {
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("book");
    let folder = fixture();
    post(&book, &folder);
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
        &["guide"],
        &["guide", "audit"],
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

/// A quarter run that names no approver makes a book that does without one, and says so in every
/// report; what the folder says of the mode goes before.
#[test]
fn a_quarter_without_an_approver_makes_a_book_of_two() {
    for (approver, mode, people) in
        [(true, "", "three"), (false, "", "two"), (true, "[people]\nmode = \"two\"\n", "two")]
    {
        let dir = tempfile::tempdir().unwrap();
        let (folder, book) = (dir.path().join("folder"), dir.path().join("book"));
        crate::errors::copy_dir(&fixture(), &folder);
        let file = folder.join("book.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replacen("[target]", &format!("{mode}[target]"), 1)).unwrap();
        let named = if approver { &PEOPLE[..] } else { &PEOPLE[..4] };
        let quarter = ["quarter", "2017Q4", "--post", "--from", folder.to_str().unwrap()];
        let run = poolbook(&book, &[&quarter[..], named].concat());
        assert_eq!(run.code, 1, "{}", run.err);
        let balance = poolbook(&book, &["--format", "json", "balance"]);
        let json: serde_json::Value = serde_json::from_str(&balance.out).unwrap();
        assert_eq!(json["people"], people, "{approver} {mode}");
    }
}
