//! Damaged books: bytes become changes to the files of a small book, which then opens or refuses.

use super::told;
use poolbook::problem::Exit;
use poolbook::store::{Changes, FileStore, Frames, ReadStore, Store, StoreError, check};
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

const JOURNAL: &str = "journal.jsonl";
const HEAD: &str = "head";
/// Groups of the book that is damaged.
const GROUPS: [usize; 4] = [1, 3, 1, 5];
/// Bytes of one change, and most changes of one input.
const CHANGE: usize = 5;
const CHANGES_MAX: usize = 8;

/// A book as it was closed.
struct Sample {
    journal: Vec<u8>,
    head: Vec<u8>,
    entries: Vec<Vec<u8>>,
}

struct Lines(Vec<Vec<u8>>);

impl Frames for Lines {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn encode(&self, index: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0[index]);
    }
    fn id_hash(&self, index: usize) -> u64 {
        hash(&self.0[index])
    }
}

fn hash(entry: &[u8]) -> u64 {
    entry.iter().fold(7, |hash, byte| hash * 31 % 1_000_003 + u64::from(*byte))
}

fn sample() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let mut store = FileStore::create(directory.path()).expect("a book");
        let mut entries = Vec::new();
        for size in GROUPS {
            let group: Vec<Vec<u8>> = (0..size)
                .map(|place| {
                    let (id, more) = (entries.len() + place, size - 1 - place);
                    let memo = "备注".repeat(id % 5);
                    format!(r#"{{"id":"{id}","memo":"{memo}","more":{more}}}"#).into_bytes()
                })
                .collect();
            entries.extend(group.iter().cloned());
            store.begin().expect("a group");
            store.write(Box::new(Lines(group))).expect("written");
            store.commit().expect("committed");
            store.index(Changes::default()).expect("indexed");
        }
        store.close().expect("closed");
        let bytes = |name| std::fs::read(directory.path().join(name)).expect("a file");
        Sample { journal: bytes(JOURNAL), head: bytes(HEAD), entries }
    })
}

/// Makes the changes that the input stands for.
fn change(input: &[u8], journal: &mut Vec<u8>, head: &mut Vec<u8>) {
    for change in input.chunks_exact(CHANGE).take(CHANGES_MAX) {
        let [what, high, low, length, value] = *change else { continue };
        let file = if what & 0x80 == 0 { &mut *journal } else { &mut *head };
        let at = usize::from(u16::from_be_bytes([high, low])) % (file.len() + 1);
        let end = file.len().min(at + usize::from(length));
        match what & 0x7f {
            0..=29 => file.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= value.max(1)),
            30..=49 => file.truncate(at),
            50..=64 => drop(file.drain(at..end)),
            65..=79 => {
                file.splice(at..at, std::iter::repeat_n(value, length.into())).for_each(drop)
            }
            80..=94 => file.iter_mut().take(end).skip(at).for_each(|byte| *byte = value),
            95..=109 => {
                let copy = file.get(at..end).unwrap_or_default().to_vec();
                file.extend(copy);
            }
            // Whole lines: taken out, doubled, swapped with the next.
            _ => {
                let mut lines: Vec<Vec<u8>> =
                    file.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                if lines.is_empty() {
                    continue;
                }
                let line = usize::from(low) % lines.len();
                let next = (line + 1) % lines.len();
                match value % 3 {
                    0 => drop(lines.remove(line)),
                    1 => lines.push(lines.get(line).cloned().unwrap_or_default()),
                    _ => lines.swap(line, next),
                }
                *file = lines.concat();
            }
        }
    }
}

fn files(book: &Path) -> [Vec<u8>; 2] {
    [JOURNAL, HEAD].map(|name| std::fs::read(book.join(name)).unwrap_or_default())
}

fn names(book: &Path) -> Vec<std::ffi::OsString> {
    let mut names: Vec<_> = std::fs::read_dir(book)
        .expect("a directory")
        .flatten()
        .map(|file| file.file_name())
        .filter(|name| name != "lock")
        .collect();
    names.sort();
    names
}

/// The entries of an open store, if the whole of them is what the head says.
fn replayed(store: &mut dyn Store) -> Result<Vec<Vec<u8>>, StoreError> {
    store.reset_index()?;
    let mut entries = Vec::new();
    store.replay(&mut |_, bytes| {
        entries.push(bytes.to_vec());
        Ok(hash(bytes))
    })?;
    store.index(Changes::default())?;
    Ok(entries)
}

/// A damaged book opens with every acknowledged entry as it was, or refuses and changes nothing;
/// reading changes nothing in any case, and the check finds whatever differs.
pub fn damage(input: &[u8]) {
    let sample = sample();
    let (mut journal, mut head) = (sample.journal.clone(), sample.head.clone());
    change(input, &mut journal, &mut head);
    opened(&journal, &head);
}

/// The same of a head that is not damaged but wrong, over the sound journal.
pub fn under(head: &[u8]) {
    opened(&sample().journal, head);
}

fn opened(journal: &[u8], head: &[u8]) {
    let sample = sample();
    let directory = tempfile::tempdir().expect("a directory");
    let book = directory.path();
    std::fs::write(book.join(JOURNAL), journal).expect("a file");
    std::fs::write(book.join(HEAD), head).expect("a file");
    let (before, listed) = (files(book), names(book));

    let intact = head == sample.head;
    match check(book, &mut |_, _| Ok(())) {
        Ok(checked) => {
            checked.findings.iter().for_each(told);
            let passed = intact && checked.findings.is_empty();
            assert!(!passed || journal.starts_with(&sample.journal), "a change was passed over");
        }
        // What a later program wrote cannot be judged.
        Err(error) => {
            assert_eq!(error.problem().code, "format-newer");
            assert!(ReadStore::open(book).is_err(), "reading takes a later format");
        }
    }

    let read = ReadStore::open(book).and_then(|mut store| replayed(&mut store));
    assert_eq!((files(book), names(book)), (before.clone(), listed.clone()), "reading wrote");
    if let Ok(entries) = &read {
        kept(sample, entries, intact);
        assert!(!intact || journal.starts_with(&sample.journal), "replay passed over a change");
    } else if intact && journal == sample.journal {
        panic!("a sound book does not open");
    }

    match FileStore::open_within(book, Duration::ZERO) {
        Err(error) => {
            assert_eq!((files(book), names(book)), (before, listed), "a refusal wrote: {error}");
            assert_ne!(error.problem().exit, Exit::Bug, "{error}");
            assert!(ReadStore::open(book).is_err(), "reading takes what writing refuses");
        }
        Ok(mut store) => {
            if let (Ok(entries), Ok(read)) = (replayed(&mut store), read) {
                assert_eq!(entries, read, "reading and writing differ");
            }
        }
    }
}

/// What was acknowledged is there, unless the head that says so is gone as well.
fn kept(sample: &Sample, entries: &[Vec<u8>], intact: bool) {
    if intact {
        assert!(entries.starts_with(&sample.entries), "{} entries", entries.len());
    } else if entries.len() <= sample.entries.len() {
        let known = |entry: &Vec<u8>| sample.entries.contains(entry);
        assert!(entries.iter().all(known), "an entry that nobody wrote");
    }
}
