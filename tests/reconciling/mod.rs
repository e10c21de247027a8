//! What users see of reconciliation, through the program as people run it.

mod files;
mod month;
mod three_way;

use crate::support::book::CLERK;
use std::path::Path;
use std::process::Command;

/// What a command gave.
pub struct Run {
    /// Exit code.
    pub code: i32,
    /// stdout, as far as it is text.
    pub out: String,
    /// stderr.
    pub err: String,
}

impl Run {
    /// stdout as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}\n{}", self.out, self.err))
    }
}

/// Runs the program in a directory, in English, with the book `book` in it.
pub fn run(dir: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_poolbook"))
        .current_dir(dir)
        .env_clear()
        .env("POOLBOOK_LANG", "en")
        .env("POOLBOOK_MAKER", CLERK)
        .args(arguments)
        .output()
        .unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Takes the sample folder in and posts its quarter.
pub fn quarter(dir: &Path, from: &Path) -> Run {
    let people = ["--maker", "李砚秋", "--checker", "王澍文", "--approver", "张栎川"];
    let quarter = ["quarter", "2017Q4", "--post", "--from", from.to_str().unwrap()];
    run(dir, &[&quarter[..], &people].concat())
}

/// Runs the program and takes its report as JSON, with its exit code.
pub fn report(dir: &Path, arguments: &[&str]) -> (i32, serde_json::Value) {
    let found = run(dir, &[&["--format", "json"], arguments].concat());
    (found.code, found.json())
}

/// The values of some columns of every row, joined by blanks; what is empty is `-`.
pub fn columns(rows: &serde_json::Value, names: &[&str]) -> Vec<String> {
    let shown = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |row: &serde_json::Value| {
        names.iter().map(|name| shown(&row[name])).collect::<Vec<_>>().join(" ")
    };
    rows.as_array().unwrap().iter().map(row).collect()
}
