//! Plays every folder of `fixtures/ledger-cases`: events, commands, and the values that a calculation
//! beside the program gives. `README.md` there says what the lines of `expected.txt` mean.

use crate::support::fixture;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A command and what holds for it.
struct Step {
    command: String,
    exit: i32,
    holds: Vec<(String, String)>,
}

fn steps(text: &str, case: &Path) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        if word == "$" {
            steps.push(Step { command: rest.to_owned(), exit: 0, holds: Vec::new() });
            continue;
        }
        let step = steps.last_mut().unwrap_or_else(|| panic!("{}: {line}", case.display()));
        match word {
            "exit" => step.exit = rest.parse().unwrap(),
            "row" | "says" | "never" => step.holds.push((word.to_owned(), rest.to_owned())),
            _ => panic!("{}: {line}", case.display()),
        }
    }
    steps
}

fn poolbook(dir: &Path, book: &Path, command: &str) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_poolbook"))
        .args(["--lang", "en", "--book"])
        .arg(book)
        .args(command.split_whitespace())
        .current_dir(dir)
        .envs([("POOLBOOK_MAKER", "甲"), ("POOLBOOK_CHECKER", "乙"), ("POOLBOOK_APPROVER", "丙")])
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// Everything that does not hold for a step.
fn faults(step: &Step, (exit, out, err): &(i32, String, String)) -> Vec<String> {
    let mut faults = Vec::new();
    if *exit != step.exit {
        faults.push(format!("exit {exit}, expected {}", step.exit));
    }
    let told = format!("{out}{err}");
    for (word, text) in &step.holds {
        let holds = match word.as_str() {
            "row" => {
                let parts: Vec<&str> = text.split(" | ").collect();
                out.lines().any(|line| parts.iter().all(|part| line.contains(part)))
            }
            "says" => told.contains(text.as_str()),
            _ => !told.contains(text.as_str()),
        };
        if !holds {
            faults.push(format!("{word} {text}"));
        }
    }
    faults
}

fn play(case: &Path) -> Vec<String> {
    let scratch = tempfile::tempdir().unwrap();
    let book = scratch.path().join("B");
    let init = "init --city 410800 --date 2016-01-01 --people two";
    let (exit, _, err) = poolbook(case, &book, init);
    assert_eq!(exit, 0, "{err}");
    let expected = fs::read_to_string(case.join("expected.txt")).unwrap();
    let mut found = Vec::new();
    for step in steps(&expected, case) {
        let outcome = poolbook(case, &book, &step.command);
        for fault in faults(&step, &outcome) {
            let (_, out, err) = &outcome;
            found.push(format!("{} $ {}: {fault}\n{out}{err}", case.display(), step.command));
        }
    }
    // What corrects is judged by the second verifier, too.
    if expected.contains("correct") {
        found.extend(crate::second_verifier::second_opinion(&book));
    }
    found
}

#[test]
fn every_case_gives_what_its_calculation_gives() {
    let mut cases: Vec<_> = fs::read_dir(fixture("ledger-cases")).unwrap().collect();
    cases.sort_by_key(|case| case.as_ref().unwrap().path());
    let cases: Vec<_> = cases.into_iter().map(|case| case.unwrap().path()).collect();
    let cases: Vec<_> = cases.into_iter().filter(|case| case.is_dir()).collect();
    assert!(cases.len() >= 8);
    let found: Vec<String> = cases.iter().flat_map(|case| play(case)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
