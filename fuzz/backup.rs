//! Backups and exported journals: what is restored is what the file holds, or nothing is made.

use super::told;
use poolbook::book::backup::{Copied, Wanted, backup as back_up, restore};
use poolbook::book::verify::verify;
use poolbook::book::{Book, Scope};
use poolbook::problem::{Exit, Problem};
use poolbook::store::FileStore;
use poolbook::store::backup::Header;
use poolbook::store::tree::{empty_root, hex, leaf_hash, node_hash};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::time::Duration;

/// The root over entries, by the definition of RFC 6962.
pub fn root(entries: &[&[u8]]) -> [u8; 32] {
    match entries {
        [] => empty_root(),
        [entry] => leaf_hash(entry),
        _ => {
            let (left, right) = entries.split_at(entries.len().next_power_of_two() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

fn sm3(entries: &[&[u8]]) -> [u8; 32] {
    use sm3::{Digest as _, Sm3};
    match entries {
        [] => Sm3::digest([]).into(),
        [entry] => Sm3::new_with_prefix([0]).chain_update(entry).finalize().into(),
        _ => {
            let (left, right) = entries.split_at(entries.len().next_power_of_two() / 2);
            let node = Sm3::new_with_prefix([1]).chain_update(sm3(left));
            node.chain_update(sm3(right)).finalize().into()
        }
    }
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.strip_suffix(b"\n").unwrap_or(text).split(|byte| *byte == b'\n').collect()
}

/// A journal of such entries, with true checksums.
fn journal(entries: &[&[u8]]) -> Vec<u8> {
    let line = |entry: &&[u8]| {
        [format!("{:08x} ", crc32c::crc32c(entry)).as_bytes(), entry, b"\n"].concat()
    };
    entries.iter().flat_map(line).collect()
}

fn digest(text: &[u8]) -> Vec<u8> {
    let hash: [u8; 32] = Sha256::digest(text).into();
    [text, b"sha256 ", hex(&hash).as_bytes(), b"\n"].concat()
}

/// The file of an input. Its first byte says what the rest is: `0` the file as it stands, `1` a
/// backup whose digest is put right; entries as lines, of which `2` makes a backup, `3` a journal
/// and `4` an export.
fn file(input: &[u8]) -> Option<Vec<u8>> {
    let (form, rest) = input.split_first()?;
    let entries = lines(rest);
    Some(match form {
        b'0' | b'4' => rest.to_vec(),
        b'1' => {
            let end = rest.len().saturating_sub(7 + 64 + 1);
            digest(&rest[..end])
        }
        b'2' => {
            let journal = journal(&entries);
            let header = Header {
                bytes: journal.len() as u64,
                city: "410800".to_owned(),
                entries: entries.len() as u64,
                root: hex(&root(&entries)),
                schema: "poolbook/backup/2".to_owned(),
                sm3: hex(&sm3(&entries)),
            };
            let header = serde_json::to_vec(&header).expect("a header");
            digest(&[&header[..], b"\n", &journal].concat())
        }
        b'3' => journal(&entries),
        _ => return None,
    })
}

fn names(directory: &Path) -> Vec<std::ffi::OsString> {
    let files = std::fs::read_dir(directory).expect("a directory").flatten();
    let mut names: Vec<_> = files.map(|file| file.file_name()).collect();
    names.sort();
    names
}

/// Whether the file of an input gives a book; it is held to its property.
pub fn restored(input: &[u8]) -> Result<Copied, Problem> {
    let none = || Problem::data("restore-foreign");
    let file = file(input).ok_or_else(none)?;
    let directory = tempfile::tempdir().expect("a directory");
    let [from, book] = ["file", "book"].map(|name| directory.path().join(name));
    std::fs::write(&from, &file).expect("a file");
    let tried = restore(&from, &book, &Wanted { root: None, dry_run: true });
    assert_eq!(names(directory.path()), ["file"], "a trial leaves nothing");
    let done = restore(&from, &book, &Wanted::default());
    assert_eq!(tried.as_ref().ok(), done.as_ref().ok());
    match &done {
        Err(problem) => {
            told(problem);
            assert_eq!(names(directory.path()), ["file"], "{problem}");
        }
        Ok(copied) => holds(copied, &file, &book),
    }
    done
}

fn holds(copied: &Copied, file: &[u8], book: &Path) {
    let journal_of = |book: &Path| std::fs::read(book.join("journal.jsonl")).expect("a journal");
    let bytes = journal_of(book);
    let entries: Vec<&[u8]> = lines(&bytes).into_iter().map(|line| &line[9..]).collect();
    assert_eq!(bytes, journal(&entries));
    let facts = (copied.entries, copied.bytes, copied.root.clone());
    assert_eq!(facts, (entries.len() as u64, bytes.len() as u64, hex(&root(&entries))));
    let is_backup = file.starts_with(b"{\"bytes\":");
    if is_backup {
        let header: Header = serde_json::from_slice(lines(file)[0]).expect("a header");
        assert_eq!(facts, (header.entries, header.bytes, header.root));
        assert_eq!((hex(&sm3(&entries)), &copied.city), (header.sm3, &header.city));
    }
    let plain = [entries.join(&b'\n'), b"\n".to_vec()].concat();
    let whole = |part: &[u8]| file.windows(part.len()).any(|window| window == part);
    assert!(whole(&bytes) || whole(&plain), "what was restored stood in the file");
    let verified = verify(book, None).expect("it can be read");
    assert_eq!(verified.findings.len() as u64, copied.findings);
    assert!(verified.findings.iter().all(|finding| finding.exit != Exit::Damaged));
    // Once more into a file and back is the same.
    let again = book.with_file_name("again");
    let made = back_up(book, &again, false, false).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(made, *copied);
    let other = book.with_file_name("other");
    assert_eq!(restore(&again, &other, &Wanted::default()).as_ref().ok(), Some(copied));
    assert_eq!(journal_of(&other), bytes);
    let opened = FileStore::open_within(book, Duration::ZERO).map_err(Problem::from);
    match opened.and_then(|store| Book::open(store, Scope::All)) {
        Ok(opened) => assert_eq!(hex(&opened.head().root), copied.root),
        Err(problem) => {
            told(&problem);
            assert!(copied.findings > 0, "a sound book does not open: {problem}");
        }
    }
}

/// A file gives the book that it holds, sound and the same once more, or it is refused and leaves
/// nothing behind.
pub fn backup(input: &[u8]) {
    // What is refused was told already.
    drop(restored(input));
}
