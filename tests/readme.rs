//! Every command that the README prints works as printed, in the order in which it stands there.

use crate::support::fixture;
use std::process::Command;

/// Command lines of the README's `sh` blocks.
fn commands() -> Vec<String> {
    let readme = std::fs::read_to_string(fixture("../README.md")).unwrap();
    let blocks = readme.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap());
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

#[test]
fn every_command_works_as_printed() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(fixture(""), folder.path().join("fixtures")).unwrap();
    let (mut ran, mut maker) = (0, String::new());
    for line in commands() {
        if line == "cargo test --locked" {
            continue;
        }
        if let Some(name) = line.strip_prefix("export POOLBOOK_MAKER=") {
            maker = name.to_owned();
            continue;
        }
        let main_job = line.starts_with("cargo run");
        let arguments = line
            .strip_prefix("cargo run --release --locked -- ")
            .or_else(|| line.strip_prefix("poolbook "))
            .unwrap_or_else(|| panic!("not a command of this program: {line}"));
        // The first role starts a book of its own; the others look at the main job's.
        let own_book = line.starts_with("poolbook init") || line_is_of_staff(&line);
        let book = if own_book { "staff-book" } else { "book" };
        let output = Command::new(env!("CARGO_BIN_EXE_poolbook"))
            .current_dir(folder.path())
            .env("POOLBOOK_BOOK", book)
            .env("POOLBOOK_LANG", "en")
            .env("POOLBOOK_MAKER", &maker)
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        // Honest differences of the sample, and rows of the tape that cannot be.
        let open = ["--rejects", "reconcile status", "reconcile suggest", "reconcile RISK-"];
        let expected = i32::from(main_job || open.iter().any(|part| line.contains(part)));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{line}\n{told}");
        // A sound rules file, a dry run and what goes into a file have nothing to hand on.
        let silent = ["rules check", "--dry-run", " -o "].iter().any(|part| line.contains(part));
        assert!(silent || !output.stdout.is_empty(), "{line}");
        ran += 1;
    }
    assert!(ran > 20, "{ran} commands");
}

/// The commands of the section for finance staff, up to the next heading.
fn line_is_of_staff(line: &str) -> bool {
    let readme = std::fs::read_to_string(fixture("../README.md")).unwrap();
    let section = readme.split("## Finance staff").nth(1).unwrap().split("\n## ").next().unwrap();
    section.lines().any(|own| own == line)
}
