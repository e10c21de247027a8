//! Books that versions of this program wrote, kept as they were: whatever comes later opens them,
//! finds nothing, and gives the same root. A newer format is refused with every file as it was.
//!
//! `fixtures/books/roots.txt` names each book with its entries and its root. `UPDATE=1 cargo test
//! --test integration kept` writes a book that is listed in [`BOOKS`] and not there yet; it never
//! writes one anew.

use crate::backup::written;
use crate::errors::{copy_dir, raise_format, shell};
use crate::support::book::{event, fingerprint};
use crate::support::{all, fixture};
use crate::verify_forgeries::{Book as Scenario, sound};
use poolbook::book::verify::verify;
use poolbook::book::{Book, Scope};
use poolbook::domain::entry::Entry;
use poolbook::store::tree::hex;
use poolbook::store::{FileStore, MemoryStore, Store};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Books of the present version, by the scenario that they hold.
const BOOKS: &[(&str, Scenario)] = &[
    ("kept-claim", Scenario::County),
    ("kept-funding", Scenario::Funding),
    ("kept-settlement", Scenario::Settlement),
    ("kept-clawback", Scenario::Clawback),
    ("kept-wind-up", Scenario::WindUp),
    ("kept-quota", Scenario::Quota),
    ("kept-caps", Scenario::Caps),
    ("kept-closed", Scenario::Closed),
];

/// Entries and root of each kept book.
fn roots() -> BTreeMap<String, (u64, String)> {
    let text = fs::read_to_string(fixture("books/roots.txt")).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        (words[0].to_owned(), (words[1].parse().unwrap(), words[2].to_owned()))
    })
    .collect()
}

#[test]
fn every_kept_book_opens_and_gives_its_root() {
    if std::env::var_os("UPDATE").is_some() {
        for (name, scenario) in BOOKS {
            let path = fixture("books").join(name);
            if !path.exists() {
                let bytes: Vec<Vec<u8>> = sound(*scenario).iter().map(Entry::to_bytes).collect();
                written(&bytes, &path);
                for name in ["index", "quarantine"] {
                    let _ = fs::remove_dir_all(path.join(name));
                }
                fs::remove_file(path.join("lock")).unwrap();
            }
        }
    }
    let roots = roots();
    let there = fs::read_dir(fixture("books")).unwrap().map(|entry| entry.unwrap().path());
    let there: Vec<PathBuf> = there.filter(|path| path.is_dir()).collect();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut named: Vec<String> = there.iter().map(|path| name(path)).collect();
    named.sort();
    assert_eq!(named, roots.keys().cloned().collect::<Vec<_>>(), "each book has its root");
    for path in there {
        let temp = tempfile::tempdir().unwrap();
        let copy = temp.path().join("book");
        copy_dir(&path, &copy);
        let journal = fs::read(copy.join("journal.jsonl")).unwrap();
        let book = Book::open(FileStore::open(&copy).unwrap(), Scope::All).unwrap();
        let head = book.head();
        assert_eq!((head.count, hex(&head.root)), roots[&name(&path)], "{}", path.display());
        let found = verify(&copy, Some(&book.rows())).unwrap();
        // Their entries name no makers, which was no rule then.
        let codes: Vec<&str> = found.findings.iter().map(|finding| finding.code).collect();
        let of_people = |code: &&str| matches!(*code, "entry-unnamed" | "entry-refused");
        assert!(codes.iter().all(of_people), "{}: {codes:?}", path.display());
        // Another store takes the same entries to the same state.
        let mut memory = MemoryStore::new();
        replay(&all(book.store()), &mut memory);
        let memory = Book::open(memory, Scope::All).unwrap();
        assert_eq!(fingerprint(&memory), fingerprint(&book), "{}", path.display());
        drop(book);
        assert_eq!(fs::read(copy.join("journal.jsonl")).unwrap(), journal, "opening adds nothing");
    }
}

fn replay(entries: &[Vec<u8>], store: &mut MemoryStore) {
    let mut group = Vec::new();
    for bytes in entries {
        let entry = Entry::decode(bytes).unwrap();
        let hash = poolbook::domain::entry::id_hash(&entry.event.id);
        group.push((hash, bytes.clone()));
        if entry.more == 0 {
            crate::support::append(store, std::mem::take(&mut group)).unwrap();
        }
    }
    store.reset_index().unwrap();
}

/// A link or a pipe in the place of a file could be anything; it is refused, not waited for.
#[cfg(unix)]
#[test]
fn links_pipes_and_files_that_all_may_write_are_told() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    for name in ["journal.jsonl", "head"] {
        let temp = tempfile::tempdir().unwrap();
        let (path, other) = (temp.path().join("book"), temp.path().join("other"));
        copy_dir(&fixture("books/kept-closed"), &path);
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
    written(&sound(Scenario::Closed).iter().map(Entry::to_bytes).collect::<Vec<_>>(), &path);
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
        "quarter 2017Q4 --from \"$FIXTURES/jiaozuo-2017\"",
        "init --city 410800",
    ] {
        let (exit, out, err) = shell(&format!("poolbook {command}"), dir, "en");
        let code = if command.starts_with("init") { "book-exists" } else { "format-newer" };
        assert_eq!((exit, err.contains(code)), (77, true), "{command}: {out}{err}");
        assert!(files(&path) == before, "{command} changed a file");
    }
    assert!(!dir.join("b.backup").exists());
}
