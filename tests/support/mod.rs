//! What several tests share.

pub mod book;
pub mod case;
pub mod disk;
pub mod failing;
pub mod foreign;
pub mod random;
pub mod sectors;
pub mod settled;
pub mod staged;
pub mod stages;
pub mod sums;
pub mod table;
pub mod tied;
pub mod town;
pub mod tree;
pub mod world;

use std::fs;
use std::path::{Path, PathBuf};

use poolbook::problem::Problem;
use poolbook::store::{Changes, Checked, FileStore, Frames, Head, Store, StoreError, check};

/// Entries given as (id hash, bytes).
pub struct Lines(pub Vec<(u64, Vec<u8>)>);

impl Frames for Lines {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn encode(&self, index: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0[index].1);
    }
    fn id_hash(&self, index: usize) -> u64 {
        self.0[index].0
    }
}

/// An entry as small as one can be, with an id that is its number.
pub fn entry(id: u64, more: usize) -> (u64, Vec<u8>) {
    let memo = "备注\\\"more\\\":9".repeat(id as usize % 3);
    (id, format!("{{\"id\":\"{id}\",\"memo\":\"{memo}\",\"more\":{more}}}").into_bytes())
}

/// A group of entries.
pub fn group(ids: std::ops::RangeInclusive<u64>) -> Vec<(u64, Vec<u8>)> {
    let last = *ids.end();
    ids.map(|id| entry(id, (last - id) as usize)).collect()
}

/// The id hash of such an entry.
pub fn id_of(json: &[u8]) -> u64 {
    let text = std::str::from_utf8(json).unwrap();
    text.split('"').nth(3).unwrap().parse().unwrap()
}

/// Writes a group, commits and indexes it.
pub fn append<S: Store>(store: &mut S, lines: Vec<(u64, Vec<u8>)>) -> Result<Head, StoreError> {
    store.begin()?;
    store.write(Box::new(Lines(lines)))?;
    let head = store.commit()?;
    store.index(Changes::default())?;
    Ok(head)
}

/// Every entry, by scanning.
pub fn all<S: Store>(store: &S) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    store
        .scan(1, &mut |seq, json| {
            entries.push(json.to_vec());
            assert_eq!(seq, entries.len() as u64);
            Ok(())
        })
        .unwrap();
    entries
}

/// The root by the definition of RFC 6962, section 2.1, independent of the incremental one.
pub fn root(entries: &[Vec<u8>]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    match entries {
        [] => Sha256::digest([]).into(),
        [one] => Sha256::new().chain_update([0]).chain_update(one).finalize().into(),
        many => {
            let half = many.len().next_power_of_two() / 2;
            let (left, right) = (root(&many[..half]), root(&many[half..]));
            Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
        }
    }
}

/// The budget of a test: an environment variable, or what a plain run gets.
pub fn budget(name: &str, plain: u64) -> u64 {
    std::env::var(name).map_or(plain, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}"))
    })
}

/// The path of a fixture.
pub fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A place for a book, in a directory that goes away.
pub fn book() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let book = directory.path().join("book");
    (directory, book)
}

/// A closed book with a few groups.
pub fn small() -> (tempfile::TempDir, PathBuf) {
    let (directory, book) = book();
    let mut store = FileStore::create(&book).unwrap();
    append(&mut store, group(1..=1)).unwrap();
    append(&mut store, group(2..=4)).unwrap();
    append(&mut store, group(5..=5)).unwrap();
    store.close().unwrap();
    (directory, book)
}

/// What a refusal says.
pub fn problem<T>(result: Result<T, StoreError>) -> Problem {
    match result {
        Ok(_) => panic!("expected a refusal"),
        Err(error) => error.problem(),
    }
}

/// The codes of several problems.
pub fn codes(problems: &[Problem]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.code).collect()
}

/// The result of checking the bytes.
pub fn checked(book: &Path) -> Checked {
    check(book, &mut |_, _| Ok(())).unwrap()
}

/// Journal and head of a book in another place.
pub fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for name in ["journal.jsonl", "head"] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

/// Makes the index anew, or brings it up.
pub fn replay(store: &mut FileStore) {
    store.replay(&mut |_, json| Ok(id_of(json))).unwrap();
    store.index(Changes::default()).unwrap();
}

/// The index of a book in another place.
pub fn copy_index(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("index/blobs")).unwrap();
    for file in fs::read_dir(from.join("index")).unwrap().flatten() {
        if file.path().is_file() {
            fs::copy(file.path(), to.join("index").join(file.file_name())).unwrap();
        }
    }
}
