//! Banks' files of every kind that was once misread, through the program as a clerk uses it: a profile is
//! drafted from the file, the file is checked with it, and taken into a small book.
//!
//! `fixtures/statements/cases/expected.csv` holds what is right for each file, computed by hand from its
//! rows: exit codes of the draft, the check and the import; movements, sums, balances and account number as
//! the check shows them (empty where nothing is read); the codes that it tells. Messages need no draft.

use crate::errors::{copy_dir, must, shell};
use crate::support::fixture;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

fn cases() -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(fixture("statements/cases/expected.csv")).unwrap();
    let lines = text.lines().skip(1).filter(|line| !line.is_empty());
    lines.map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

fn base(dir: &Path) {
    for script in ["opened", "set-up"] {
        let path = fixture(&format!("errors/books/{script}.sh"));
        must(&std::fs::read_to_string(&path).unwrap(), dir, &path);
    }
}

/// The codes in brackets at the ends of messages.
fn told(text: &str) -> String {
    let codes = text.lines().filter_map(|line| line.rsplit_once(" [")?.1.strip_suffix(']'));
    codes.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
}

fn figures(out: &str) -> Vec<String> {
    let Ok(report) = serde_json::from_str::<Value>(out) else { return vec![String::new(); 6] };
    let row = &report["rows"][0];
    let text = |key: &str| match &row[key] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    ["movements", "money_in", "money_out", "opening", "closing", "number"].map(text).into()
}

/// What differs from a row of the table.
fn play(case: &[String], book: &Path) -> Option<String> {
    let [
        file,
        draft,
        check,
        movements,
        money_in,
        money_out,
        opening,
        closing,
        number,
        codes,
        import,
    ] = case
    else {
        return Some(format!("a row of eleven cells, not {case:?}"));
    };
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    copy_dir(book, dir);
    std::fs::copy(fixture("statements/cases").join(file), dir.join(file)).unwrap();
    let mut found = vec![file.clone(), String::new()];
    let mut profile = "";
    if !draft.is_empty() {
        let (exit, _, _) =
            shell(&format!("poolbook statement profile new --from {file} -o p.toml"), dir, "en");
        found[1] = exit.to_string();
        profile = "--profile p.toml";
    }
    let run = |command: &str| {
        shell(&format!("poolbook --maker 李砚秋 {command} {file} {profile}"), dir, "en")
    };
    let (exit, _, err) = run("statement check");
    let (_, out, _) = run("--format json statement check");
    found.push(exit.to_string());
    found.extend(figures(&out));
    found.push(told(&err));
    let (exit, _, more) = run("statement import POOL");
    found.push(exit.to_string());
    let mut wanted: Vec<String> = [
        file, draft, check, movements, money_in, money_out, opening, closing, number, codes, import,
    ]
    .into_iter()
    .cloned()
    .collect();
    // Where nothing of the figures is claimed, none is compared.
    if movements.is_empty() && exit == 1 {
        for place in 3..9 {
            wanted[place].clone_from(&found[place]);
        }
    }
    let taken = shell("poolbook --format csv statement list", dir, "en").1.lines().count() - 1;
    let stands = usize::from(import == "0");
    (found != wanted || taken != stands)
        .then(|| format!("wanted {wanted:?}\n found {found:?}, {taken} taken in\n{err}{more}"))
}

#[test]
fn every_case_is_read_as_it_is_right() {
    let only = std::env::var("CASE").unwrap_or_default();
    let temp = tempfile::tempdir().unwrap();
    base(temp.path());
    let cases: Vec<_> = cases().into_iter().filter(|case| case[0].contains(&only)).collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    wrong.lock().unwrap().extend(play(case, temp.path()));
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Of the kinds that the table holds; files about spellings have tests of their own.
#[test]
fn every_file_has_its_row() {
    let named: BTreeSet<String> = cases().into_iter().map(|case| case[0].clone()).collect();
    let kinds: BTreeSet<String> = named.iter().map(|name| name[..2].to_owned()).collect();
    let files = std::fs::read_dir(fixture("statements/cases")).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|name| kinds.contains(&name[..2])).collect();
    assert_eq!(named, files);
}

/// One movement proves nothing by itself. A person's opening balance does, or the statement before it in
/// the book; a wrong one is a gap and is not taken.
#[test]
fn one_movement_is_proved_from_outside_its_file() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    base(dir);
    let cases = fixture("statements/cases");
    let script = format!("cp {0}/01-withdrawal-heading-qu-chu.csv one.csv
        poolbook statement profile new --from {0}/01-withdrawal-heading-three-rows.csv -o p.toml
        printf '交易日期,存入金额,取出金额,余额,对方户名,摘要\\n2017-10-08,300.00,,1000300.00,甲,a\\n2017-10-09,499700.00,,1500000.00,乙,b\\n' > before.csv
        sed 's/1,380,000.00/1,620,000.00/' one.csv > other.csv", cases.display());
    must(&script, dir, &cases);
    let run = |command: &str| {
        let (exit, out, err) =
            shell(&format!("poolbook --maker 李砚秋 {command} --profile p.toml"), dir, "en");
        (exit, told(&err), out)
    };
    let exits = |command: &str| {
        let (exit, codes, _) = run(command);
        (exit, codes)
    };
    assert_eq!(exits("statement check one.csv"), (1, "statement-unproved".into()));
    assert_eq!(exits("statement check one.csv --opening 1,500,000.00"), (0, String::new()));
    assert_eq!(exits("statement check one.csv --opening 1260000").0, 1);
    assert_eq!(exits("statement check one.csv before.csv"), (0, String::new()));
    assert_eq!(exits("statement check one.csv before.csv --opening 1").1, "opening-files");
    assert_eq!(exits("reconcile POOL one.csv"), (65, "statement-unproved".into()));
    assert_eq!(exits("statement import POOL one.csv"), (1, "statement-unproved".into()));
    assert_eq!(exits("statement import POOL before.csv"), (0, String::new()));
    // The same movement as money in would need another balance before it.
    assert_eq!(exits("statement import POOL other.csv"), (1, "statement-unproved".into()));
    assert_eq!(exits("statement import POOL one.csv"), (0, String::new()));
    let (_, out, _) = shell("poolbook --format csv statement lines POOL", dir, "en");
    assert!(out.contains("2017-10-20,,120000.00,1380000.00"), "{out}");
    let (exit, _, _) = shell("poolbook verify", dir, "en");
    assert_eq!(exit, 0);
}
