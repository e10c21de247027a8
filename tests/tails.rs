//! What stands behind the head: entries of this book count, everything else does not, and nothing that
//! may have been acknowledged is cut off.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use poolbook::book::{Book, Scope};
use poolbook::limits::TAIL_BYTES_MAX;
use poolbook::store::{FileStore, ReadStore, Store as _};

use crate::backup::small;
use crate::errors::{copy_dir, shell};
use crate::support::book::{balances, event, record, summed};
use crate::support::{all, fixture};

/// A book as it was before two groups were recorded, and the lines of those groups: 100.00, then
/// 20.00 and 3.00 together.
struct Crash {
    temp: tempfile::TempDir,
    lines: Vec<String>,
}

fn money(id: &str, amount: &str) -> poolbook::domain::event::Event {
    event(&format!(
        r#"{{"event":"contribute","id":"{id}","date":"2017-02-01","owner":"410821","source":"county","bank_account":"P","amount":"{amount}"}}"#
    ))
}

impl Crash {
    fn make() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("book");
        let mut book = Book::open(FileStore::create(&path).unwrap(), Scope::All).unwrap();
        record(&mut book, &small());
        drop(book);
        copy_dir(&path, &temp.path().join("before"));
        let mut book = Book::open(FileStore::open(&path).unwrap(), Scope::All).unwrap();
        record(&mut book, &[money("m1", "100.00")]);
        let mut two = vec![money("m2", "20.00"), money("m3", "3.00")];
        book.record_all(&mut two, &crate::support::book::options(), &mut |_, _| {}).unwrap();
        drop(book);
        let text = fs::read_to_string(path.join("journal.jsonl")).unwrap();
        let lines = text.split_inclusive('\n').map(str::to_owned).collect();
        Self { temp, lines }
    }

    /// The book as it was before, with this text behind what its head counts; with or without index.
    fn with_tail(&self, tail: &str, index: bool) -> PathBuf {
        let path = self.temp.path().join("tried");
        let _ = fs::remove_dir_all(&path);
        copy_dir(&self.temp.path().join("before"), &path);
        if !index {
            fs::remove_dir_all(path.join("index")).unwrap();
        }
        let journal = path.join("journal.jsonl");
        let text = fs::read_to_string(&journal).unwrap();
        fs::write(&journal, text + tail).unwrap();
        path
    }
}

/// A line of other content under a checksum of its own: the first place of a text is changed.
fn edited(line: &str, from: &str, to: &str) -> String {
    let json = line[9..].trim_end().replacen(from, to, 1);
    assert_ne!(json, line[9..].trim_end());
    format!("{:08x} {json}\n", crc32c::crc32c(json.as_bytes()))
}

/// The money of the pool in fen: 5.00 of the city before the crash, and what follows.
fn cash(path: &Path) -> i128 {
    let book = Book::open(FileStore::open(path).unwrap(), Scope::All).unwrap();
    let found = balances(book.state());
    assert_eq!(found, summed(&crate::support::book::entries(book.store())));
    let cash = found.iter().filter(|(_, _, account, ..)| account.is_cash());
    cash.map(|(.., net)| net).sum()
}

/// The entries that count and the cash in fen, or the line that is refused.
type Counted = Result<(u64, i128), &'static str>;

#[test]
pub fn what_cannot_be_ours_does_not_count() {
    let crash = Crash::make();
    let [.., last, one, two, three] = &crash.lines[..] else { panic!() };
    let other = &crash.lines[1];
    let all_of_it = format!("{one}{two}{three}");
    // Text behind the head; the entries that count then and the cash in fen, or the line refused.
    let cases: &[(&str, String, Counted)] = &[
        ("one group", one.clone(), Ok((5, 10_500))),
        ("both groups", all_of_it.clone(), Ok((7, 12_800))),
        ("the last line again", last.clone(), Ok((4, 500))),
        ("a line from further up", other.clone(), Ok((4, 500))),
        ("a group, then its line again", format!("{one}{one}"), Ok((5, 10_500))),
        ("both groups, then a line again", format!("{all_of_it}{three}"), Ok((7, 12_800))),
        ("a line left out", format!("{two}{three}"), Ok((4, 500))),
        ("two lines exchanged", format!("{one}{three}{two}"), Err("6")),
        ("groups exchanged", format!("{two}{three}{one}"), Err("5")),
        ("the amount of the event", edited(one, "\"100.00\"", "\"900.00\""), Err("5")),
        (
            "the amount of a line",
            edited(one, "\"1002.01\",\"amount\":\"100.00\"", "\"1002.01\",\"amount\":\"900.00\""),
            Err("5"),
        ),
        ("an id that is known", edited(one, "\"m1\"", "\"c\""), Err("5")),
        ("recorded before", edited(one, "2019-01-05T08:00:00Z", "2018-01-05T08:00:00Z"), Err("5")),
        (
            "a group that says more",
            one.clone() + &edited(two, "\"more\":1", "\"more\":2") + three,
            Err("7"),
        ),
        ("half of a group behind a copy", format!("{last}{two}"), Err("5")),
        ("no entry", edited(one, "\"event\":\"contribute\"", "\"event\":\"nothing\""), Err("5")),
        ("refused", edited(one, "\"owner\":\"410821\"", "\"owner\":\"410822\""), Err("5")),
    ];
    for index in [true, false] {
        for (name, tail, expected) in cases {
            let path = crash.with_tail(tail, index);
            let before = fs::read(path.join("journal.jsonl")).unwrap();
            // A reader judges in the same way, and writes nothing.
            let reader = Book::open(ReadStore::open(&path).unwrap(), Scope::All);
            assert_eq!(fs::read(path.join("journal.jsonl")).unwrap(), before, "{name}");
            match expected {
                Ok((count, fen)) => {
                    let told = reader.unwrap();
                    assert_eq!(told.head().count, *count, "{name}");
                    assert_eq!(cash(&path), *fen, "{name}, index {index}");
                    let store = FileStore::open(&path).unwrap();
                    assert_eq!((store.head().count, store.vouched()), (*count, *count), "{name}");
                    let kept: usize = all(&store).iter().map(|json| json.len() + 10).sum();
                    let aside = fs::read_dir(path.join("quarantine")).into_iter().flatten();
                    let aside: u64 =
                        aside.map(|file| file.unwrap().metadata().unwrap().len()).sum();
                    // No byte is lost: it counts, or it was set aside.
                    assert_eq!(kept as u64 + aside, before.len() as u64, "{name}");
                    drop(store);
                    let found = poolbook::book::verify::verify(&path, None).unwrap();
                    assert_eq!(found.findings, [], "{name}");
                }
                Err(line) => {
                    let writer = Book::open(FileStore::open(&path).unwrap(), Scope::All);
                    for problem in [reader.err().unwrap(), writer.err().unwrap()] {
                        assert_eq!(
                            (problem.code, problem.exit as i32),
                            ("tail-altered", 76),
                            "{name}"
                        );
                        assert_eq!(problem.arg("line"), Some(*line), "{name}");
                    }
                    assert_eq!(fs::read(path.join("journal.jsonl")).unwrap(), before, "{name}");
                }
            }
        }
    }
}

/// A line of another book, with the number that comes next and without.
#[test]
fn a_line_of_another_book_does_not_count() {
    let crash = Crash::make();
    let text = fs::read_to_string(fixture("books/format-1/journal.jsonl")).unwrap();
    for (number, refused) in [(4, false), (5, true), (9, false)] {
        let line = text.split_inclusive('\n').nth(number - 1).unwrap();
        let path = crash.with_tail(line, true);
        let opened = Book::open(FileStore::open(&path).unwrap(), Scope::All);
        assert_eq!(opened.is_err(), refused, "entry {number}");
        assert!(refused || opened.unwrap().head().count == 4);
    }
}

/// What a clerk is told, and that recording goes on as if nothing had been there.
#[test]
fn a_copied_line_is_told_and_recording_goes_on() {
    let crash = Crash::make();
    let path = crash.with_tail(&crash.lines[3], true);
    let dir = crash.temp.path();
    let (exit, out, err) = shell("poolbook --book tried balance", dir, "en");
    assert_eq!(exit, 0, "{err}");
    assert!(err.contains("[tail-foreign]") || err.contains("[tail-foreign-read]"), "{err}");
    assert!(out.contains(" 5.00") && !out.contains(" 10.00"), "{out}");
    let mut book = Book::open(FileStore::open(&path).unwrap(), Scope::All).unwrap();
    record(&mut book, &[money("m1", "100.00")]);
    drop(book);
    assert_eq!(cash(&path), 10_500);
    assert_eq!(poolbook::book::verify::verify(&path, None).unwrap().findings, []);
}

/// A gigabyte of zeros, and twenty, end at once; what is smaller is kept and cut.
#[test]
fn a_tail_too_large_is_refused_at_once() {
    let crash = Crash::make();
    for (more, refused) in [(1 << 20, false), (1_u64 << 30, true), (20 << 30, true)] {
        let path = crash.with_tail("", true);
        let journal = path.join("journal.jsonl");
        let length = fs::metadata(&journal).unwrap().len();
        fs::OpenOptions::new().write(true).open(&journal).unwrap().set_len(length + more).unwrap();
        let start = Instant::now();
        match FileStore::open(&path) {
            Ok(store) => drop(Book::open(store, Scope::All).unwrap()),
            Err(error) => {
                let problem = error.problem();
                assert_eq!((problem.code, problem.exit as i32, refused), ("tail-large", 76, true));
                assert_eq!(problem.arg("offset"), Some(&*length.to_string()));
            }
        }
        // Twenty gigabytes read at a gigabyte a second would take ten times as long.
        assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
        assert_eq!(fs::metadata(&journal).unwrap().len(), length + if refused { more } else { 0 });
        assert!(!refused || !path.join("quarantine").exists());
    }
    assert!(TAIL_BYTES_MAX as u64 > 1 << 20);
}
