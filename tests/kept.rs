//! Books of another format: one of a newer format is refused with every file as it was; one of the
//! first format is refused with the way out, and the way is gone.
//!
//! `fixtures/books/format-1` was written by the program when its format was 1. Until version 0.2.0
//! format 2 may change; from then on books of each version are kept here with their roots.

use crate::backup::written;
use crate::errors::{copy_dir, raise_format, shell};
use crate::support::book::event;
use crate::support::fixture;
use crate::verify_forgeries::{Book as Scenario, sound};
use poolbook::book::verify::verify;
use poolbook::book::{Book, Scope};
use poolbook::domain::entry::Entry;
use poolbook::store::FileStore;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The entries of a book with a close.
fn closed() -> Vec<Vec<u8>> {
    sound(Scenario::Closed).iter().map(Entry::to_bytes).collect()
}

/// A link or a pipe in the place of a file could be anything; it is refused, not waited for.
#[cfg(unix)]
#[test]
fn links_pipes_and_files_that_all_may_write_are_told() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    for name in ["journal.jsonl", "head"] {
        let temp = tempfile::tempdir().unwrap();
        let (path, other) = (temp.path().join("book"), temp.path().join("other"));
        written(&closed(), &path);
        let file = path.join(name);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        let found = verify(&path, None).unwrap();
        let codes: Vec<&str> = found.findings.iter().map(|finding| finding.code).collect();
        assert_eq!((codes, found.exit() as i32), (vec!["file-mode"], 1), "{name}");
        assert_eq!(found.findings[0].arg("mode"), Some("666"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).unwrap();
        assert_eq!(verify(&path, None).unwrap().findings, []);
        fs::rename(&file, &other).unwrap();
        symlink(&other, &file).unwrap();
        let refused = |what: &str| {
            let problem = verify(&path, None).unwrap_err();
            assert_eq!((problem.code, problem.exit as i32), ("book-foreign", 76), "{what} {name}");
            for command in ["verify", "balance", "backup b.backup", "late"] {
                let (exit, _, err) = shell(&format!("poolbook {command}"), temp.path(), "en");
                assert_eq!((exit, err.contains("book-foreign")), (76, true), "{command}: {err}");
            }
        };
        refused("a link");
        fs::remove_file(&file).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&file).status().unwrap();
        assert!(made.success());
        refused("a pipe");
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        refused("a directory");
    }
}

/// Whatever others may write, or move away, is told: the directory, the index and each of its files,
/// what was set aside, the leaf hashes.
#[cfg(unix)]
#[test]
fn rights_of_others_are_told_everywhere() {
    use std::os::unix::fs::PermissionsExt as _;
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("book");
    written(&closed(), &path);
    drop(Book::open(FileStore::open(&path).unwrap(), Scope::All).unwrap());
    fs::create_dir_all(path.join("quarantine")).unwrap();
    fs::write(path.join("quarantine/tail-1"), "x").unwrap();
    let in_index = fs::read_dir(path.join("index")).unwrap().map(|file| file.unwrap().path());
    let mut all: Vec<PathBuf> = in_index.collect();
    assert!(all.len() > 1);
    let names = ["", "journal.jsonl", "head", "lock", "index", "quarantine", "quarantine/tail-1"];
    all.extend(names.map(|name| path.join(name)));
    for file in all {
        let sound = fs::metadata(&file).unwrap().permissions();
        let file = file.components().collect::<PathBuf>();
        for (mode, told) in [(sound.mode() & 0o770 | 0o002, true), (sound.mode() & 0o775, false)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let found = verify(&path, None).unwrap().findings;
            let found: Vec<_> = found.iter().map(|one| (one.code, one.arg("path"))).collect();
            let shown = file.to_str();
            assert_eq!(found, if told { vec![("file-mode", shown)] } else { vec![] }, "{shown:?}");
        }
        fs::set_permissions(&file, sound).unwrap();
    }
}

/// A new book is closed to others whatever the umask, sled's files too; a backup and what a restore
/// makes as well.
#[cfg(unix)]
#[test]
fn a_new_book_is_closed_to_others_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt as _;
    let temp = tempfile::tempdir().unwrap();
    let join = "join --owner 410821 --date 2018-01-01 --id j --maker 甲";
    let run = format!(
        "umask 000; poolbook init --city 410800; poolbook {join}; printf torn >>book/journal.jsonl; poolbook {join}; poolbook reindex; poolbook checkpoint --maker 甲; poolbook backup b.backup; poolbook --book again restore b.backup"
    );
    let (exit, _, err) = shell(&run, temp.path(), "en");
    assert_eq!(exit, 0, "{err}");
    let mut seen = 0;
    let mut waiting = vec![temp.path().join("book"), temp.path().join("again")];
    while let Some(path) = waiting.pop() {
        let about = fs::symlink_metadata(&path).unwrap();
        assert_eq!(about.permissions().mode() & 0o007, 0, "{}", path.display());
        seen += 1;
        if about.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|file| file.unwrap().path()));
        }
    }
    assert!(seen > 15, "{seen} files");
}

/// Every file below a directory with its bytes.
fn files(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn a_newer_format_is_refused_and_no_file_changes() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    let path = dir.join("book");
    written(&closed(), &path);
    let mut book = Book::open(FileStore::open(&path).unwrap(), Scope::All).unwrap();
    book.reindex().unwrap();
    drop(book);
    raise_format(&path.join("head"));
    // What a later version may leave behind is not touched, either.
    fs::create_dir_all(path.join("quarantine")).unwrap();
    fs::write(path.join("quarantine/tail-1"), "x").unwrap();
    fs::write(path.join("leaves"), [7; 64]).unwrap();
    let before = files(&path);
    let join = r#"{"event":"join","id":"j","date":"2019-01-01","owner":"410822"}"#;
    fs::write(dir.join("more.jsonl"), event(join).to_json()).unwrap();
    for command in [
        "balance",
        "verify",
        "reindex",
        "late",
        "backup b.backup",
        "export journal",
        "record more.jsonl",
        "join --owner 410822 --date 2019-01-01 --id j",
        "quarter 2017Q4 --post --from \"$FIXTURES/jiaozuo-2017\"",
        "init --city 410800",
    ] {
        let (exit, out, err) = shell(&format!("poolbook {command}"), dir, "en");
        let code = if command.starts_with("init") { "book-exists" } else { "format-newer" };
        assert_eq!((exit, err.contains(code)), (77, true), "{command}: {out}{err}");
        assert!(files(&path) == before, "{command} changed a file");
    }
    assert!(!dir.join("b.backup").exists());
}

/// What every command says of a book, journal or backup of the first format, and of what was made of
/// one; no file changes.
#[test]
fn an_older_format_is_refused_with_the_way_out() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    copy_dir(&fixture("books/format-1"), &dir.join("book"));
    let journal = fs::read(dir.join("book/journal.jsonl")).unwrap();
    fs::write(dir.join("old.jsonl"), &journal).unwrap();
    let lines: Vec<u8> =
        journal.split_inclusive(|b| *b == b'\n').flat_map(|l| &l[9..]).copied().collect();
    fs::write(dir.join("plain.jsonl"), lines).unwrap();
    let before = files(&dir.join("book"));
    for command in [
        "balance",
        "verify",
        "reindex",
        "backup b.backup",
        "export journal",
        "record plain.jsonl",
        "quarter 2017Q4 --post --from \"$FIXTURES/jiaozuo-2017\"",
        "--book new restore old.jsonl",
        "--book new restore plain.jsonl",
        "--book new restore book/journal.jsonl",
    ] {
        let (exit, out, err) = shell(&format!("poolbook {command}"), dir, "en");
        assert_eq!((exit, err.contains("[format-older]")), (77, true), "{command}: {out}{err}");
        assert!(err.contains("poolbook export events"), "{command}: {err}");
    }
    assert!(files(&dir.join("book")) == before && !dir.join("new").exists());
    let make =
        "poolbook --book new init --city 410800 && poolbook --book new verify --against book";
    let (exit, _, err) = shell(make, dir, "en");
    assert_eq!((exit, err.contains("[format-older]")), (77, true), "{err}");
}

/// The events of the old book recorded anew give its balances: they were worked out by the program of
/// that time and stand in its last entries.
#[test]
fn the_events_of_an_older_format_are_recorded_anew() {
    for form in ["old", "old/journal.jsonl", "plain.jsonl"] {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path();
        copy_dir(&fixture("books/format-1"), &dir.join("old"));
        let plain = "cut -c10- old/journal.jsonl >plain.jsonl";
        let read = format!("{plain}; poolbook export events {form} --maker 张会计 -o events.jsonl");
        let (exit, _, err) = shell(&read, dir, "en");
        assert_eq!(exit, 0, "{err}");
        let command = "poolbook --book NEW init --city \"410800\" --name \"焦作市\" --currency \"CNY\" --date \"2017-01-01\" --people \"two\"";
        assert!(err.contains(command), "{err}");
        let again = format!("{command}; poolbook --book NEW record events.jsonl");
        let (exit, _, err) = shell(&again, dir, "en");
        assert_eq!(exit, 0, "{err}");
        let (old, new) = (framed(&dir.join("old")), framed(&dir.join("NEW")));
        assert_eq!(old.len(), new.len());
        for (old, new) in old.iter().zip(&new).skip(1) {
            for key in [
                "id",
                "date",
                "effective",
                "lines",
                "memo",
                "voucher",
                "reverses",
                "document",
                "checker",
            ] {
                assert_eq!(old.get(key), new.get(key), "{key} of {old}");
            }
            assert!(new.get("maker").is_some());
        }
        let (exit, out, _) = shell("poolbook --book NEW verify", dir, "en");
        assert_eq!(exit, 0, "{out}");
    }
}

/// The stored entries of a book's directory.
fn framed(book: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(book.join("journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(&line[9..]).unwrap()).collect()
}

/// What is not whole gives no events: a byte, a line, a number.
#[test]
fn events_are_read_out_of_whole_journals_only() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path();
    for (edit, code, exit) in [
        ("sed -i '2s/410821/410822/' old/journal.jsonl", "copy-damaged", 65),
        ("sed -i '5d' old/journal.jsonl", "copy-damaged", 65),
        ("sed -i '$d' old/journal.jsonl", "journal-short", 76),
        ("cp old/journal.jsonl o; sed -n '$p' o >>old/journal.jsonl", "", 0),
        ("printf torn >>old/journal.jsonl", "", 0),
        ("printf x >old/journal.jsonl", "restore-foreign", 65),
        ("rm old/head", "io-failed", 74),
    ] {
        fs::remove_dir_all(dir.join("old")).ok();
        copy_dir(&fixture("books/format-1"), &dir.join("old"));
        let run = format!("{edit}; poolbook export events old");
        let (code_found, out, err) = shell(&run, dir, "en");
        assert_eq!(code_found, exit, "{edit}: {err}");
        assert!(exit == 0 || out.is_empty() && err.contains(&format!("[{code}]")), "{edit}: {err}");
        assert!(exit != 0 || out.lines().count() == 22, "{edit}: {out}");
    }
}
