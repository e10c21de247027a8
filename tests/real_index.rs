//! Failing calls over a real index directory: what comes out is the right figures or an error, never
//! other figures.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use poolbook::book::{Book, Scope};
use poolbook::problem::Problem;
use poolbook::store::disk::Disk;
use poolbook::store::{FileStore, ReadStore};

use crate::backup::{small, written};
use crate::errors::copy_dir;
use crate::support::book::{Balance, balances, entries, event, options, record, rows, summed};
use crate::support::failing::FailingDisk;

/// A book in a directory with an index of its own, one behind it, and one of another book.
struct Books {
    temp: tempfile::TempDir,
}

impl Books {
    fn make() -> Self {
        let books = Self { temp: tempfile::tempdir().unwrap() };
        let money = |id: &str, amount: &str| {
            event(&format!(
                r#"{{"event":"contribute","id":"{id}","date":"2017-02-01","owner":"410821","source":"county","bank_account":"P","amount":"{amount}"}}"#
            ))
        };
        let own = books.path("own");
        let mut book = Book::open(FileStore::create(&own).unwrap(), Scope::All).unwrap();
        record(&mut book, &small());
        drop(book);
        copy_dir(&own, &books.path("behind"));
        let mut book = Book::open(FileStore::open(&own).unwrap(), Scope::All).unwrap();
        record(&mut book, &[money("m", "6000000.00")]);
        drop(book);
        let other = books.path("other");
        copy_dir(&books.path("behind"), &other);
        let mut book = Book::open(FileStore::open(&other).unwrap(), Scope::All).unwrap();
        record(&mut book, &[money("n", "7.00"), money("o", "8.00")]);
        drop(book);
        books
    }

    fn path(&self, name: &str) -> PathBuf {
        self.temp.path().join(name)
    }

    /// A new copy of the book, with the index of this one.
    fn with_index_of(&self, name: &str) -> (tempfile::TempDir, PathBuf) {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("book");
        copy_dir(&self.path("own"), &path);
        std::fs::remove_dir_all(path.join("index")).unwrap();
        copy_dir(&self.path(name).join("index"), &path.join("index"));
        (temp, path)
    }
}

/// What a command is, and which index it finds.
type Operation = (&'static str, &'static str, fn(Arc<dyn Disk>, &Path) -> Result<Seen, Problem>);
/// The balances of the state, and the rows of the index.
type Seen = (Vec<Balance>, usize);

/// A process that another test starts may hold a copy of the lock until it runs its program.
const PATIENCE: Duration = Duration::from_secs(10);

fn open(disk: Arc<dyn Disk>, path: &Path) -> Result<Book<FileStore>, Problem> {
    Book::open(FileStore::open_on(disk, path, PATIENCE)?, Scope::All)
}

fn seen(book: &Book<FileStore>) -> Seen {
    (balances(book.state()), rows(book.store()).len())
}

fn opened(disk: Arc<dyn Disk>, path: &Path) -> Result<Seen, Problem> {
    Ok(seen(&open(disk, path)?))
}

const OPERATIONS: &[Operation] = &[
    ("open", "behind", opened),
    ("open", "other", opened),
    ("reindex", "own", |disk, path| {
        let mut book = open(disk, path)?;
        book.reindex()?;
        Ok(seen(&book))
    }),
    ("record", "behind", |disk, path| {
        let mut book = open(disk, path)?;
        let more = r#"{"event":"contribute","id":"last","date":"2017-03-01","owner":"410821","source":"county","bank_account":"P","amount":"1.00"}"#;
        book.record(event(more), &options())?;
        Ok(seen(&book))
    }),
];

/// Each call of each operation fails once. The true balances are added up from the stored lines by
/// the tests' own sum.
#[test]
pub fn a_failing_call_gives_right_figures_or_an_error() {
    let books = Books::make();
    let (mut tried, mut calls, mut refused) = (0, BTreeSet::new(), 0);
    for (name, index, run) in OPERATIONS {
        for nth in 0.. {
            let (_temp, path) = books.with_index_of(index);
            let disk = FailingDisk::at(nth);
            let what = |call| format!("{name} over the index {index}: call {nth}, {call}");
            let said = run(Arc::new(disk.clone()), &path);
            let Some(call) = *disk.failed.lock().unwrap() else { break };
            (tried, refused) = (tried + 1, refused + usize::from(said.is_err()));
            calls.insert(call);
            let journal = ReadStore::open(&path).unwrap();
            let truth = summed(&entries(&journal));
            if let Ok((found, _)) = said {
                assert_eq!(found, truth, "{}", what(call));
            }
            // The next command, on a sound disk, is right as well, and so is what it leaves.
            for _ in 0..2 {
                let book = open(poolbook::store::disk::real(), &path).unwrap();
                assert_eq!(balances(book.state()), truth, "afterwards: {}", what(call));
                let found = poolbook::book::verify::verify(&path, Some(&book.rows())).unwrap();
                assert_eq!(found.findings, [], "afterwards: {}", what(call));
            }
        }
    }
    for call in ["lstat", "open", "getdents", "rename", "pread", "pwrite", "fdatasync"] {
        assert!(calls.contains(call), "{call} is never reached");
    }
    assert!(tried > 100 && refused > 20, "{tried} calls, {refused} errors");
}

/// An index that holds rows and says nothing of a journal is never added to.
#[test]
pub fn rows_without_a_stamp_are_not_added_to() {
    let books = Books::make();
    let (_temp, path) = books.with_index_of("own");
    let truth = summed(&entries(&ReadStore::open(&path).unwrap()));
    let db = sled::open(path.join("index")).unwrap();
    db.remove([0xf0]).unwrap().expect("the stamp");
    db.flush().unwrap();
    drop(db);
    let book = open(poolbook::store::disk::real(), &path).unwrap();
    assert_eq!(balances(book.state()), truth);
    let found = poolbook::book::verify::verify(&path, Some(&book.rows())).unwrap();
    assert_eq!(found.findings, []);
}

/// Through a link sled would write into a directory that is not the book's.
#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_index_is_refused() {
    let books = Books::make();
    let (temp, path) = books.with_index_of("own");
    let elsewhere = temp.path().join("elsewhere");
    std::fs::rename(path.join("index"), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, path.join("index")).unwrap();
    let problem = open(poolbook::store::disk::real(), &path).err().unwrap();
    assert_eq!((problem.code, problem.exit as i32), ("book-foreign", 76));
    assert_eq!(problem.arg("path"), Some(path.join("index").to_str().unwrap()));
}

/// An index that was made and does not last is no success: a limit on the size of files stands for a
/// full disk.
#[cfg(unix)]
#[test]
fn reindex_on_a_full_disk_is_an_error() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("book");
    let entries: Vec<Vec<u8>> =
        crate::verify_forgeries::sound(crate::verify_forgeries::Book::County)
            .iter()
            .map(poolbook::domain::entry::Entry::to_bytes)
            .collect();
    written(&entries, &path);
    let run = "trap '' XFSZ; ulimit -f 8; poolbook reindex";
    let (exit, out, err) = crate::errors::shell(run, temp.path(), "en");
    assert_eq!(exit, 74, "{out}{err}");
    let (exit, _, err) =
        crate::errors::shell("poolbook reindex && poolbook verify", temp.path(), "en");
    assert_eq!(exit, 0, "{err}");
}
