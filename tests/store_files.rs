//! The store in a directory: reopening, torn tails, damage, locks.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use poolbook::problem::Exit;
use poolbook::store::{Changes, FileStore, ReadStore, Store, StoreError, check};

use crate::support::{
    Lines, all, append, book, budget, checked, codes, copy, copy_index, entry, group, id_of,
    problem, replay, root, small,
};

/// The files of a book, index and lock left out.
fn files(book: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for file in fs::read_dir(book).unwrap().flatten() {
        let name = file.file_name().into_string().unwrap();
        if name != "index" && name != "lock" {
            let path = file.path();
            let bytes = if path.is_dir() { vec![] } else { fs::read(path).unwrap() };
            files.insert(name, bytes);
        }
    }
    files
}

#[test]
fn reopened_book_is_the_same() {
    let (_directory, book) = book();
    let mut store = FileStore::create(&book).unwrap();
    let mut id = 0;
    let mut expected = Vec::new();
    for size in [1, 3, 300, 1, 255] {
        let lines = group(id + 1..=id + size);
        id += size;
        expected.extend(lines.iter().map(|(_, json)| json.clone()));
        let head = append(&mut store, lines).unwrap();
        store.close().unwrap();
        store = FileStore::open(&book).unwrap();
        assert_eq!(store.notes(), []);
        assert_eq!((store.head(), store.index_head()), (head, Some(head)));
        assert_eq!(store.find(id).unwrap(), [id]);
        assert_eq!(store.read(id).unwrap(), *expected.last().unwrap());
    }
    assert_eq!(all(&store), expected);
    drop(store);
    let sound = checked(&book);
    assert_eq!(sound.findings, []);
    assert_eq!((sound.head.count, sound.head.root), (id, root(&expected)));
}

#[test]
fn ids_of_many_entries_are_found_after_reopening() {
    let (_directory, book) = book();
    let mut store = FileStore::create(&book).unwrap();
    append(&mut store, group(1..=20_000)).unwrap();
    store.close().unwrap();
    let mut store = FileStore::open(&book).unwrap();
    append(&mut store, vec![entry(7, 0)]).unwrap();
    append(&mut store, group(20_002..=40_000)).unwrap();
    assert_eq!(store.find(7).unwrap(), [7, 20_001]);
    store.close().unwrap();
    let store = FileStore::open(&book).unwrap();
    assert_eq!(store.find(7).unwrap(), [7, 20_001]);
    // More look-ups than are made in sled one by one.
    for id in (8..2_000).chain(20_002..22_000) {
        assert_eq!(store.find(id).unwrap(), [id]);
    }
    assert_eq!(store.find(7).unwrap(), [7, 20_001]);
    assert_eq!(store.find(50_000).unwrap(), [] as [u64; 0]);
    assert_eq!(store.read(30_000).unwrap(), entry(30_000, 10_000).1);
}

#[test]
fn ids_stay_found_while_their_table_grows() {
    let (_directory, book) = book();
    let mut last = 0;
    FileStore::create(&book).unwrap().close().unwrap();
    for upto in [20_000, 110_000] {
        let mut store = FileStore::open(&book).unwrap();
        append(&mut store, group(last + 1..=upto)).unwrap();
        store.close().unwrap();
        last = upto;
        let store = FileStore::open(&book).unwrap();
        for id in [1, 19_999, 20_000, 20_001, 54_321, 110_000] {
            let expected: &[u64] = if id <= upto { &[id] } else { &[] };
            assert_eq!(store.find(id).unwrap(), expected);
        }
    }
}

#[test]
fn abandoned_group_leaves_no_byte_behind() {
    let (_directory, book) = small();
    let before = files(&book);
    let mut store = FileStore::open(&book).unwrap();
    for size in [1, 40_000] {
        store.begin().unwrap();
        store.write(Box::new(Lines(group(6..=5 + size)))).unwrap();
        store.read(6).unwrap();
        assert!(files(&book)["journal.jsonl"].len() > before["journal.jsonl"].len());
        store.abandon().unwrap();
        assert_eq!(files(&book), before);
    }
}

#[test]
fn creating_again_is_refused_and_touches_nothing() {
    let (_directory, book) = small();
    let before = files(&book);
    let refusal = problem(FileStore::create(&book));
    assert_eq!((refusal.code, refusal.exit), ("book-exists", Exit::Refused));
    assert_eq!(files(&book), before);
}

#[test]
fn creation_that_was_cut_short_is_no_book_and_can_be_repeated() {
    let (_directory, book) = book();
    assert_eq!(problem(FileStore::open(&book)).code, "book-missing");
    assert!(!book.exists(), "looking for a book makes none");
    fs::create_dir(&book).unwrap();
    for leftover in ["lock", "journal.jsonl", "head.new"] {
        fs::write(book.join(leftover), b"").unwrap();
        let missing = problem(FileStore::open(&book));
        assert_eq!((missing.code, missing.exit), ("book-missing", Exit::NoInput));
        assert_eq!(problem(ReadStore::open(&book)).code, "book-missing");
    }
    FileStore::create(&book).unwrap().close().unwrap();
    assert_eq!(checked(&book).findings, []);
}

#[test]
fn missing_empty_and_foreign_files_are_refused() {
    let (_directory, book) = small();
    let copied = book.with_file_name("copied");
    let expect = |name: &str, bytes: Option<&[u8]>, code: &str| {
        copy(&book, &copied);
        fs::remove_file(copied.join(name)).unwrap();
        if let Some(bytes) = bytes {
            fs::write(copied.join(name), bytes).unwrap();
        }
        let before = files(&copied);
        assert_eq!(problem(FileStore::open(&copied)).code, code, "{name}");
        assert_eq!(problem(ReadStore::open(&copied)).code, code, "{name}");
        if name == "head" {
            assert_ne!(problem(FileStore::create(&copied)).code, "ok");
        }
        assert_eq!(files(&copied), before);
        assert!(!copied.join("index").exists());
    };
    expect("head", None, "book-incomplete");
    expect("head", Some(b""), "book-foreign");
    expect("head", Some(&[7; 8192]), "book-foreign");
    expect("head", Some(&[0; 8192]), "book-foreign");
    expect("head", Some(&[0; 9000]), "book-foreign");
    expect("journal.jsonl", None, "book-incomplete");
    expect("journal.jsonl", Some(b""), "journal-short");
    expect("journal.jsonl", Some(&[7; 9000]), "journal-damaged");
    #[cfg(unix)]
    for name in ["head", "journal.jsonl"] {
        copy(&book, &copied);
        fs::remove_file(copied.join(name)).unwrap();
        std::os::unix::fs::symlink(book.join(name), copied.join(name)).unwrap();
        assert_eq!(problem(FileStore::open(&copied)).code, "book-foreign");
    }
}

#[test]
fn newer_format_is_refused_untouched() {
    let (_directory, book) = small();
    let mut head = fs::read(book.join("head")).unwrap();
    for slot in [0, 4096] {
        head[slot + 11] = 3;
        let sum = crc32c::crc32c(&head[slot..slot + 4092]).to_be_bytes();
        head[slot + 4092..slot + 4096].copy_from_slice(&sum);
    }
    fs::write(book.join("head"), head).unwrap();
    let before = files(&book);
    let refusal = problem(FileStore::open(&book));
    assert_eq!((refusal.code, refusal.exit), ("format-newer", Exit::Refused));
    assert_eq!((refusal.arg("found"), refusal.arg("known")), (Some("3"), Some("2")));
    assert_eq!(files(&book), before);
}

/// The head as it was when only `entries` entries were known, and the journal of the whole.
fn lagging() -> (tempfile::TempDir, PathBuf, Vec<u8>, Vec<u8>) {
    let (directory, book) = book();
    let mut store = FileStore::create(&book).unwrap();
    append(&mut store, group(1..=2)).unwrap();
    store.close().unwrap();
    let head = fs::read(book.join("head")).unwrap();
    let mut store = FileStore::open(&book).unwrap();
    append(&mut store, group(3..=3)).unwrap();
    append(&mut store, group(4..=6)).unwrap();
    store.close().unwrap();
    let journal = fs::read(book.join("journal.jsonl")).unwrap();
    (directory, book, head, journal)
}

#[test]
fn torn_tail_is_set_aside_at_every_byte() {
    let (_directory, book, head, journal) = lagging();
    let ends: Vec<usize> = (1..=journal.len()).filter(|end| journal[end - 1] == b'\n').collect();
    for cut in ends[1]..=journal.len() {
        let torn = book.with_file_name("torn");
        copy(&book, &torn);
        fs::write(torn.join("head"), &head).unwrap();
        fs::write(torn.join("journal.jsonl"), &journal[..cut]).unwrap();
        if cut % 16 == 0 {
            copy_index(&book, &torn);
        }
        // Entries 3 and 4..6 are groups; the latter counts with its last byte only.
        let count = if cut == ends[5] {
            6
        } else if cut >= ends[2] {
            3
        } else {
            2
        };
        let reader = ReadStore::open(&torn).unwrap();
        assert_eq!(reader.head().count, count as u64, "cut at {cut}");
        let mut store = FileStore::open(&torn).unwrap();
        assert_eq!(store.head(), reader.head());
        // A tail counts, and what is torn of it is cut off, once its entries were judged.
        replay(&mut store);
        let whole = ends[count - 1];
        let told = codes(store.notes()).contains(&"torn-tail");
        assert_eq!(told, whole != cut, "cut at {cut}");
        if told {
            let aside = torn.join(format!("quarantine/tail-{whole}"));
            assert_eq!(fs::read(aside).unwrap(), &journal[whole..cut]);
        }
        assert_eq!(fs::read(torn.join("journal.jsonl")).unwrap(), &journal[..whole]);
        append(&mut store, group(7..=8)).unwrap();
        store.close().unwrap();
        assert_eq!(checked(&torn).findings, [], "cut at {cut}");
    }
}

#[test]
fn cut_below_the_head_is_refused_at_every_byte() {
    let (_directory, book) = small();
    let journal = fs::read(book.join("journal.jsonl")).unwrap();
    for cut in 0..journal.len() {
        fs::write(book.join("journal.jsonl"), &journal[..cut]).unwrap();
        let before = files(&book);
        for refusal in [problem(FileStore::open(&book)), problem(ReadStore::open(&book))] {
            assert_eq!((refusal.code, refusal.exit), ("journal-short", Exit::Damaged));
            assert_eq!(refusal.arg("entries"), Some("5"));
        }
        assert!(codes(&checked(&book).findings).contains(&"journal-short"), "{cut}");
        assert_eq!(files(&book), before);
    }
}

#[test]
fn every_flip_is_noticed_and_no_refusal_changes_a_file() {
    let (_directory, book) = small();
    for name in ["journal.jsonl", "head"] {
        let sound = fs::read(book.join(name)).unwrap();
        for at in 0..sound.len() {
            // One bit a byte, another one in the next; the long form turns all of the journal's.
            let all = name != "head" && budget("POOLBOOK_FLIPS", 0) > 0;
            for bit in if all { 0..8 } else { at % 8..at % 8 + 1 } {
                let mut bad = sound.clone();
                bad[at] ^= 1 << bit;
                fs::write(book.join(name), &bad).unwrap();
                let found = checked(&book);
                assert_ne!(found.findings, [], "{name} byte {at} bit {bit}");
                if name == "journal.jsonl" && bit == at % 8 {
                    let before = files(&book);
                    let read = ReadStore::open(&book).map(|store| store.head());
                    if at % 16 == 0 || read.is_err() && (all || at % 12 == 0) {
                        let opened = FileStore::open(&book).map(|store| store.head());
                        assert_eq!(opened.is_err(), read.is_err(), "byte {at}");
                        let damaged = |error: StoreError| error.problem().exit == Exit::Damaged;
                        assert!(opened.err().is_none_or(damaged), "byte {at}");
                    }
                    assert_eq!(files(&book), before, "byte {at}");
                }
            }
        }
        fs::write(book.join(name), &sound).unwrap();
    }
    assert_eq!(checked(&book).findings, []);
}

#[test]
fn all_damage_is_told_with_its_line() {
    let (_directory, book) = small();
    let mut journal = fs::read(book.join("journal.jsonl")).unwrap();
    let starts: Vec<usize> = std::iter::once(0)
        .chain((0..journal.len()).filter(|at| journal[*at] == b'\n').map(|at| at + 1))
        .collect();
    journal[starts[1] + 12] ^= 1;
    journal[starts[3] + 8] ^= 1;
    fs::write(book.join("journal.jsonl"), &journal).unwrap();
    let mut head = fs::read(book.join("head")).unwrap();
    head[500] ^= 1;
    fs::write(book.join("head"), head).unwrap();
    let mut seen = Vec::new();
    let found = check(&book, &mut |seq, json| {
        assert_eq!(id_of(json), seq);
        seen.push(seq);
        Ok(())
    })
    .unwrap();
    assert_eq!(seen, [1, 3, 5]);
    assert_eq!(
        codes(&found.findings),
        ["head-damaged", "line-damaged", "line-unframed", "root-differs"]
    );
    assert_eq!(found.findings[1].arg("line"), Some("2"));
    assert_eq!(found.findings[1].arg("offset"), Some(starts[1].to_string().as_str()));
    assert_eq!(found.findings[2].arg("line"), Some("4"));
    let stop = check(&book, &mut |_, _| Err(StoreError::Poisoned));
    assert_eq!(problem(stop).code, "store-poisoned");
}

#[test]
fn unfinished_end_is_told_by_the_check() {
    let (_directory, book, head, journal) = lagging();
    let ends: Vec<usize> = (1..=journal.len()).filter(|end| journal[end - 1] == b'\n').collect();
    fs::write(book.join("head"), &head).unwrap();
    for (cut, expected) in [
        (ends[5], &[][..]),
        (ends[4], &["group-torn"]),
        (ends[4] - 1, &["line-torn", "group-torn"]),
        (ends[2] + 5, &["line-torn"]),
    ] {
        fs::write(book.join("journal.jsonl"), &journal[..cut]).unwrap();
        assert_eq!(codes(&checked(&book).findings), expected);
    }
}

#[test]
pub fn rewritten_history_with_sound_checksums_differs_from_the_head() {
    let (_directory, book) = small();
    let journal = fs::read_to_string(book.join("journal.jsonl")).unwrap();
    let mut lines: Vec<String> = journal.lines().map(str::to_owned).collect();
    let json = lines[1][9..].replace("\"id\":\"2\"", "\"id\":\"3\"");
    lines[1] = format!("{:08x} {json}", crc32c::crc32c(json.as_bytes()));
    fs::write(book.join("journal.jsonl"), lines.join("\n") + "\n").unwrap();
    assert_eq!(codes(&checked(&book).findings), ["root-differs"]);
    // Whoever has to make the index again notices, too.
    fs::remove_dir_all(book.join("index")).unwrap();
    let mut store = FileStore::open(&book).unwrap();
    let refusal = problem(store.replay(&mut |_, json| Ok(id_of(json))));
    assert_eq!((refusal.code, refusal.exit), ("root-differs", Exit::Damaged));
}

#[test]
fn one_bad_slot_is_told_and_put_right_by_the_next_entry() {
    let (_directory, book) = small();
    for slot in [0, 1] {
        let mut head = fs::read(book.join("head")).unwrap();
        head[slot * 4096 + 30] ^= 4;
        fs::write(book.join("head"), &head).unwrap();
        let mut store = FileStore::open(&book).unwrap();
        assert!(codes(store.notes()).contains(&"head-damaged"));
        let next = store.head().count + 1;
        append(&mut store, group(next..=next)).unwrap();
        append(&mut store, group(next + 1..=next + 1)).unwrap();
        store.close().unwrap();
        let mut store = FileStore::open(&book).unwrap();
        append(&mut store, group(next + 2..=next + 2)).unwrap();
        store.close().unwrap();
        assert_eq!(checked(&book).findings, [], "slot {slot}");
    }
}

#[test]
fn two_bad_slots_are_made_again_from_a_whole_journal_only() {
    let (_directory, book) = small();
    let sound = fs::read(book.join("head")).unwrap();
    let mut bad = sound.clone();
    bad[30] ^= 4;
    bad[4096 + 30] ^= 4;
    let journal = fs::read(book.join("journal.jsonl")).unwrap();
    for cut in [0, 1, 20] {
        fs::write(book.join("head"), &bad).unwrap();
        fs::write(book.join("journal.jsonl"), &journal[..journal.len() - cut]).unwrap();
        let before = files(&book);
        match FileStore::open(&book) {
            Ok(mut store) => {
                assert_eq!(cut, 0);
                assert_eq!(codes(store.notes()), ["head-damaged", "head-damaged"]);
                assert_eq!(store.head().count, 5);
                replay(&mut store);
                drop(store);
                assert_eq!(checked(&book).findings, []);
            }
            Err(error) => {
                assert_ne!(cut, 0);
                assert_eq!(error.problem().code, "journal-damaged");
                assert_eq!(files(&book), before);
            }
        }
    }
    fs::write(book.join("journal.jsonl"), b"").unwrap();
    assert_eq!(problem(FileStore::open(&book)).code, "head-damaged");
}

#[test]
pub fn damage_behind_a_lagging_head_is_told_from_a_torn_write() {
    let (_directory, book, head, journal) = lagging();
    let ends: Vec<usize> = (1..=journal.len()).filter(|end| journal[end - 1] == b'\n').collect();
    let lagging = book.with_file_name("lagging");
    let open = |at: usize| {
        copy(&book, &lagging);
        let mut bad = journal.clone();
        bad[at] ^= 1;
        fs::write(lagging.join("head"), &head).unwrap();
        fs::write(lagging.join("journal.jsonl"), &bad).unwrap();
        FileStore::open(&lagging).map(|store| store.head().count)
    };
    // In the last group, whichever entry: torn. Lines behind it belong to the same group.
    for line in 3..6 {
        assert_eq!(open(ends[line - 1] + 12).unwrap(), 3, "entry {}", line + 1);
    }
    // Two more groups follow entry 3: it had been synced.
    let mut more = FileStore::open(&book).unwrap();
    append(&mut more, group(7..=7)).unwrap();
    more.close().unwrap();
    let (journal, at) = (fs::read(book.join("journal.jsonl")).unwrap(), ends[1] + 12);
    let mut bad = journal.clone();
    bad[at] ^= 1;
    fs::write(lagging.join("head"), &head).unwrap();
    fs::write(lagging.join("journal.jsonl"), &bad).unwrap();
    let refusal = problem(FileStore::open(&lagging));
    assert_eq!((refusal.code, refusal.arg("line")), ("journal-damaged", Some("3")));
    assert_eq!(fs::read(lagging.join("journal.jsonl")).unwrap(), bad);
}

#[test]
fn second_process_is_told_who_has_the_book() {
    let (_directory, book) = small();
    let store = FileStore::open(&book).unwrap();
    let refusal = problem(FileStore::open_within(&book, Duration::from_millis(60)));
    assert_eq!((refusal.code, refusal.exit), ("book-busy", Exit::Busy));
    assert_eq!(refusal.arg("pid"), Some(std::process::id().to_string().as_str()));
    let reader = ReadStore::open(&book).unwrap();
    assert_eq!(reader.head(), store.head());
    drop(store);
    FileStore::open_within(&book, Duration::ZERO).unwrap();
}

#[test]
fn reader_makes_its_index_in_memory_and_writes_nothing() {
    let (_directory, book) = small();
    // With an index it reads a copy of that.
    let before = files(&book);
    let reader = ReadStore::open(&book).unwrap();
    assert_eq!(reader.index_head(), Some(reader.head()));
    assert_eq!((reader.find(4).unwrap(), files(&book)), (vec![4], before));
    drop(reader);
    fs::remove_dir_all(book.join("index")).unwrap();
    let before = files(&book);
    let mut reader = ReadStore::open(&book).unwrap();
    assert_eq!(reader.index_head(), None);
    reader.replay(&mut |_, json| Ok(id_of(json))).unwrap();
    let puts = vec![(b"\x01a".to_vec(), b"1".to_vec())];
    reader.index(Changes { puts, deletes: vec![] }).unwrap();
    assert_eq!(reader.index_head(), Some(reader.head()));
    assert_eq!(reader.get(b"\x01a").unwrap().as_deref(), Some(&b"1"[..]));
    assert_eq!(reader.find(4).unwrap(), [4]);
    assert_eq!(reader.read(4).unwrap(), entry(4, 0).1);
    assert_eq!(problem(reader.read(6)).code, "entry-missing");
    assert_eq!(all(&reader).len(), 5);
    let refusal = problem(reader.begin());
    assert_eq!((refusal.code, refusal.exit), ("read-only", Exit::Io));
    assert_eq!(files(&book), before);
}

#[test]
fn reader_sees_a_prefix_while_a_group_is_written() {
    let (_directory, book) = small();
    let mut store = FileStore::open(&book).unwrap();
    store.begin().unwrap();
    store.write(Box::new(Lines(vec![entry(6, 1)]))).unwrap();
    store.read(6).unwrap();
    assert_eq!(ReadStore::open(&book).unwrap().head(), store.head());
    store.write(Box::new(Lines(vec![entry(7, 0)]))).unwrap();
    let head = store.commit().unwrap();
    // While the lock is held, the entries of the head are there, and the head follows the index.
    assert_eq!(ReadStore::open(&book).unwrap().head().count, 5);
    store.index(Changes::default()).unwrap();
    assert_eq!(ReadStore::open(&book).unwrap().head(), head);
}

/// The head follows a book that stays open: after 300 groups a power cut that loses every unsynced
/// sector finds at least the first 256 counted, so the tail behind it is bounded. (A slot is synced
/// after 256 writes at the latest; 256 is the number of `notes/format.md`.)
#[test]
fn the_head_is_synced_while_the_book_stays_open() {
    use crate::support::disk::SimDisk;
    use crate::support::random::Random;
    let path = std::path::Path::new("/book");
    let disk = SimDisk::with(&[]);
    let mut store = FileStore::create_on(disk.disk(), path).unwrap();
    for id in 1..=300 {
        append(&mut store, group(id..=id)).unwrap();
    }
    let state = disk.state();
    let mut least = u64::MAX;
    for seed in 1..=40 {
        let cut = state.cut(&mut Random(seed));
        let slots = poolbook::store::head::read(&*cut.disk(), &path.join("head")).unwrap();
        least = least.min(slots.newest.unwrap().1.tree.count());
    }
    assert!(least >= 256, "the head counts {least} of 300 entries");
    drop(store);
}
