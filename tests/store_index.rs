//! The index in a directory: lost, spoilt, of another book, left behind.

use std::fs;
use std::path::Path;

use poolbook::store::{Changes, FileStore, Store};

use crate::support::{Lines, append, codes, copy, copy_index, entry, group, id_of, replay, small};

#[test]
fn index_lost_or_spoilt_is_made_again() {
    let (_directory, book) = crate::support::book();
    let mut store = FileStore::create(&book).unwrap();
    append(&mut store, group(1..=700)).unwrap();
    let puts = vec![(b"\x01key".to_vec(), b"value".to_vec())];
    store.index(Changes { puts, deletes: vec![] }).unwrap();
    store.close().unwrap();
    type Spoil<'a> = (&'a str, &'a dyn Fn(&Path));
    let spoil: [Spoil<'_>; 5] = [
        ("gone", &|index| fs::remove_dir_all(index).unwrap()),
        ("file instead", &|index| {
            fs::remove_dir_all(index).unwrap();
            fs::write(index, b"no directory").unwrap();
        }),
        ("random db", &|index| {
            let noise: Vec<u8> =
                (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
            fs::write(index.join("db"), noise).unwrap();
        }),
        ("flipped db", &|index| {
            let mut db = fs::read(index.join("db")).unwrap();
            db.iter_mut().step_by(97).for_each(|byte| *byte ^= 0x10);
            fs::write(index.join("db"), db).unwrap();
        }),
        ("cut db", &|index| fs::write(index.join("db"), b"").unwrap()),
    ];
    for (what, spoil) in spoil {
        spoil(&book.join("index"));
        let mut store = FileStore::open(&book).unwrap();
        assert_eq!(store.index_head(), None, "{what}");
        assert_ne!(store.notes(), [], "{what}");
        assert_eq!(store.get(b"\x01key").unwrap(), None);
        replay(&mut store);
        assert_eq!(store.index_head(), Some(store.head()));
        assert_eq!(store.find(650).unwrap(), [650]);
        append(&mut store, vec![entry(5, 0)]).unwrap();
        store.close().unwrap();
        let store = FileStore::open(&book).unwrap();
        assert_eq!(store.index_head(), Some(store.head()), "{what}");
        assert_eq!(store.notes(), []);
    }
    let aside = fs::read_dir(book.join("quarantine")).unwrap().count();
    assert!(aside <= 2, "{aside} indexes kept");
}

#[test]
pub fn index_of_another_book_or_of_another_time_is_not_believed() {
    let (_directory, book) = small();
    let before = book.with_file_name("before");
    copy(&book, &before);
    copy_index(&book, &before);
    let mut store = FileStore::open(&book).unwrap();
    append(&mut store, group(6..=9)).unwrap();
    store.close().unwrap();
    // The book is older than its index.
    let newer = book.with_file_name("newer");
    copy(&before, &newer);
    copy_index(&book, &newer);
    let store = FileStore::open(&newer).unwrap();
    assert_eq!((store.index_head(), codes(store.notes())), (None, vec!["index-foreign"]));
    drop(store);
    // The index is older than the book: the rest is replayed.
    let older = book.with_file_name("older");
    copy(&book, &older);
    copy_index(&before, &older);
    let mut store = FileStore::open(&older).unwrap();
    assert_eq!(store.index_head().map(|head| head.count), Some(5));
    let mut seen = Vec::new();
    store
        .replay(&mut |seq, json| {
            seen.push(seq);
            Ok(id_of(json))
        })
        .unwrap();
    assert_eq!(seen, [6, 7, 8, 9]);
    store.index(Changes::default()).unwrap();
    assert_eq!(store.find(9).unwrap(), [9]);
    drop(store);
    // The index tells of another entry of the same length.
    let (_twin, twin) = crate::support::book();
    let mut store = FileStore::create(&twin).unwrap();
    append(&mut store, group(4..=4)).unwrap();
    store.close().unwrap();
    let mixed = book.with_file_name("twin");
    copy(&book, &mixed);
    copy_index(&twin, &mixed);
    let store = FileStore::open(&mixed).unwrap();
    assert_eq!((store.index_head(), codes(store.notes())), (None, vec!["index-foreign"]));
    drop(store);
    // The index tells of other entries of other lengths.
    let (_other, other) = crate::support::book();
    let mut store = FileStore::create(&other).unwrap();
    append(&mut store, group(11..=14)).unwrap();
    store.close().unwrap();
    let mixed = book.with_file_name("mixed");
    copy(&book, &mixed);
    copy_index(&other, &mixed);
    let store = FileStore::open(&mixed).unwrap();
    assert_eq!((store.index_head(), codes(store.notes())), (None, vec!["index-foreign"]));
}

#[test]
fn half_written_snapshot_of_sled_is_removed() {
    let (_directory, book) = small();
    fs::write(book.join("index/snap.FFFFFFFFFFFFFFFF.generating"), b"half").unwrap();
    let store = FileStore::open(&book).unwrap();
    assert_eq!(store.notes(), []);
    assert_eq!(store.index_head(), Some(store.head()));
}

#[test]
fn entry_that_was_not_indexed_is_replayed_after_reopening() {
    let (_directory, book) = small();
    let mut store = FileStore::open(&book).unwrap();
    store.begin().unwrap();
    store.write(Box::new(Lines(group(6..=7)))).unwrap();
    let head = store.commit().unwrap();
    store.close().unwrap();
    let mut store = FileStore::open(&book).unwrap();
    assert_eq!(store.head(), head);
    assert_eq!(store.index_head().map(|head| head.count), Some(5));
    replay(&mut store);
    assert_eq!(store.index_head(), Some(head));
    assert_eq!(store.find(7).unwrap(), [7]);
}
