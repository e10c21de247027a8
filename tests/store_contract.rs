//! What every store does: one suite, run on each of them.

use poolbook::problem::Exit;
use poolbook::store::{Changes, FileStore, Head, MemoryStore, Store, StoreError};

use crate::support::{Lines, all, append, entry, group, id_of, root};

/// Makes empty stores of one kind.
trait Kind {
    type Store: Store;
    fn fresh() -> (Self::Store, Option<tempfile::TempDir>);
    /// The same store, after everything that waited in memory went where it belongs.
    fn settled(store: Self::Store, _: &Option<tempfile::TempDir>) -> Self::Store {
        store
    }
}

struct Memory;
impl Kind for Memory {
    type Store = MemoryStore;
    fn fresh() -> (MemoryStore, Option<tempfile::TempDir>) {
        (MemoryStore::new(), None)
    }
}

struct Files;
impl Kind for Files {
    type Store = FileStore;
    fn fresh() -> (FileStore, Option<tempfile::TempDir>) {
        let directory = tempfile::tempdir().unwrap();
        (FileStore::create(&directory.path().join("book")).unwrap(), Some(directory))
    }
    fn settled(store: FileStore, directory: &Option<tempfile::TempDir>) -> FileStore {
        store.close().unwrap();
        FileStore::open(&directory.as_ref().unwrap().path().join("book")).unwrap()
    }
}

macro_rules! contract {
    ($($name:ident)*) => {
        pub mod memory { $(#[test] pub fn $name() { super::$name::<super::Memory>(); })* }
        pub mod files { $(#[test] pub fn $name() { super::$name::<super::Files>(); })* }
    };
}

contract! {
    empty_store_has_the_empty_root
    entries_come_back_byte_for_byte
    numbers_outside_are_missing
    ids_are_found
    long_groups_take_the_other_path_to_the_same_result
    group_can_be_read_before_it_counts
    abandoned_group_leaves_nothing
    refused_entry_loses_the_group
    group_must_say_how_it_belongs_together
    calls_out_of_order_are_refused
    index_holds_what_was_put
    index_keeps_long_values_whole
    index_refuses_foreign_keys
    index_is_stamped
    index_thrown_away_is_made_again
}

fn code<T>(result: Result<T, StoreError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.problem().code,
    }
}

fn empty_store_has_the_empty_root<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    let empty = Head { count: 0, root: root(&[]) };
    assert_eq!(store.head(), empty);
    assert_eq!(store.index_head(), Some(empty));
    store.begin().unwrap();
    assert_eq!(store.commit().unwrap(), empty);
    assert!(all(&store).is_empty());
}

fn entries_come_back_byte_for_byte<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    let mut expected: Vec<Vec<u8>> = Vec::new();
    let mut id = 0;
    for size in [1, 2, 1, 7, 255, 1, 256, 3, 700] {
        let lines = group(id + 1..=id + size);
        id += size;
        expected.extend(lines.iter().map(|(_, json)| json.clone()));
        let head = append(&mut store, lines).unwrap();
        assert_eq!(head, Head { count: id, root: root(&expected) });
        assert_eq!(store.head(), head);
        assert_eq!(store.index_head(), Some(head));
    }
    assert_eq!(all(&store), expected);
    for (seq, json) in (1..).zip(&expected) {
        assert_eq!(&store.read(seq).unwrap(), json);
    }
    let mut seen = Vec::new();
    let stop = store.scan(600, &mut |seq, json| {
        seen.push((seq, json.to_vec()));
        if seq == 603 { Err(StoreError::Poisoned) } else { Ok(()) }
    });
    assert_eq!(code(stop), "store-poisoned");
    let wanted = (600..=603).map(|seq| (seq, expected[seq as usize - 1].clone()));
    assert_eq!(seen, wanted.collect::<Vec<_>>());
}

fn numbers_outside_are_missing<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    assert_eq!(code(store.read(1)), "entry-missing");
    append(&mut store, group(1..=3)).unwrap();
    for seq in [0, 4, u64::MAX] {
        assert_eq!(code(store.read(seq)), "entry-missing");
    }
    let mut visited = 0;
    for from in [4, u64::MAX] {
        store
            .scan(from, &mut |_, _| {
                visited += 1;
                Ok(())
            })
            .unwrap();
    }
    assert_eq!(visited, 0);
    store
        .scan(0, &mut |_, _| {
            visited += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(visited, 3);
}

fn ids_are_found<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    append(&mut store, group(1..=500)).unwrap();
    append(&mut store, vec![entry(77, 0)]).unwrap();
    assert_eq!(store.find(77).unwrap(), [77, 501]);
    assert_eq!(store.find(400).unwrap(), [400]);
    assert_eq!(store.find(501).unwrap(), [] as [u64; 0]);
    store.begin().unwrap();
    store.write(Box::new(Lines(vec![entry(900, 1)]))).unwrap();
    assert_eq!(store.find(900).unwrap(), [502]);
    store.write(Box::new(Lines(vec![entry(77, 0)]))).unwrap();
    assert_eq!(store.find(77).unwrap(), [77, 501, 503]);
    store.abandon().unwrap();
    assert_eq!(store.find(900).unwrap(), [] as [u64; 0]);
    assert_eq!(store.find(77).unwrap(), [77, 501]);
}

fn long_groups_take_the_other_path_to_the_same_result<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    let lines = group(1..=5_000);
    let expected: Vec<Vec<u8>> = lines.iter().map(|(_, json)| json.clone()).collect();
    store.begin().unwrap();
    for part in lines.chunks(1_000) {
        store.write(Box::new(Lines(part.to_vec()))).unwrap();
    }
    assert_eq!(store.read(4_999).unwrap(), expected[4_998]);
    assert_eq!(store.find(3_000).unwrap(), [3_000]);
    let head = store.commit().unwrap();
    assert_eq!(head, Head { count: 5_000, root: root(&expected) });
    assert_eq!(store.read(2_500).unwrap(), expected[2_499], "before the index knows it");
    store.index(Changes::default()).unwrap();
    assert_eq!(all(&store), expected);
    assert_eq!(store.read(5_000).unwrap(), expected[4_999]);
}

fn group_can_be_read_before_it_counts<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    append(&mut store, group(1..=2)).unwrap();
    store.begin().unwrap();
    store.write(Box::new(Lines(vec![entry(3, 1)]))).unwrap();
    store.write(Box::new(Lines(vec![entry(4, 0)]))).unwrap();
    assert_eq!(store.read(3).unwrap(), entry(3, 1).1);
    assert_eq!(store.read(4).unwrap(), entry(4, 0).1);
    assert_eq!(code(store.read(5)), "entry-missing");
    assert_eq!(store.head().count, 2);
    assert_eq!(all(&store).len(), 2, "a scan shows what is durable");
    store.commit().unwrap();
    assert_eq!(store.head().count, 4);
}

fn abandoned_group_leaves_nothing<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    append(&mut store, group(1..=3)).unwrap();
    let (head, before) = (store.head(), all(&store));
    for size in [1, 2, 400, 3_000] {
        store.begin().unwrap();
        store.write(Box::new(Lines(group(4..=3 + size)))).unwrap();
        store.abandon().unwrap();
        assert_eq!((store.head(), store.index_head()), (head, Some(head)));
        assert_eq!(all(&store), before);
        assert_eq!(code(store.read(4)), "entry-missing");
        assert_eq!(store.find(4).unwrap(), [] as [u64; 0]);
    }
    store.abandon().unwrap();
    let lines = group(4..=10);
    let json: Vec<Vec<u8>> =
        before.into_iter().chain(lines.iter().map(|(_, json)| json.clone())).collect();
    assert_eq!(append(&mut store, lines).unwrap().root, root(&json));
}

fn refused_entry_loses_the_group<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    append(&mut store, group(1..=3)).unwrap();
    let head = store.head();
    for (bad, expected) in
        [(b"{\n}".to_vec(), "line-broken"), (vec![b' '; 1024 * 1024 + 1], "line-too-long")]
    {
        store.begin().unwrap();
        store.write(Box::new(Lines(vec![entry(4, 1)]))).unwrap();
        assert_eq!(code(store.write(Box::new(Lines(vec![(5, bad)])))), expected);
        assert_eq!(code(store.write(Box::new(Lines(vec![entry(5, 0)])))), "store-misuse");
        assert_eq!(code(store.commit()), "store-misuse");
        store.abandon().unwrap();
        assert_eq!(store.head(), head);
        assert_eq!(store.find(4).unwrap(), [] as [u64; 0]);
    }
    append(&mut store, group(4..=5)).unwrap();
    assert_eq!(store.head().count, 5);
}

fn group_must_say_how_it_belongs_together<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    for lines in [vec![entry(1, 1)], vec![entry(1, 0), entry(2, 0)], vec![entry(1, 2), entry(2, 1)]]
    {
        store.begin().unwrap();
        store.write(Box::new(Lines(lines))).unwrap();
        let error = store.commit().unwrap_err().problem();
        assert_eq!((error.code, error.exit), ("group-broken", Exit::Bug));
        store.abandon().unwrap();
        assert_eq!(store.head().count, 0);
        assert!(all(&store).is_empty());
    }
}

fn calls_out_of_order_are_refused<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    assert_eq!(code(store.write(Box::new(Lines(group(1..=1))))), "store-misuse");
    assert_eq!(code(store.commit()), "store-misuse");
    store.begin().unwrap();
    assert_eq!(code(store.begin()), "store-misuse");
    assert_eq!(code(store.index(Changes::default())), "store-misuse");
    store.write(Box::new(Lines(group(1..=1)))).unwrap();
    store.commit().unwrap();
    assert_eq!(code(store.commit()), "store-misuse");
    store.reset_index().unwrap();
    assert_eq!(code(store.begin()), "store-misuse", "the index lacks entries");
    assert_eq!(code(store.index(Changes::default())), "store-misuse");
    store.replay(&mut |_, json| Ok(id_of(json))).unwrap();
    store.begin().unwrap();
}

fn rows<S: Store>(store: &S, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    store.range(prefix, &mut |key, value| rows.push((key.to_vec(), value.to_vec()))).unwrap();
    rows
}

fn put<S: Store>(store: &mut S, puts: &[(&[u8], &[u8])], deletes: &[&[u8]]) {
    let puts = puts.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
    let deletes = deletes.iter().map(|key| key.to_vec()).collect();
    store.index(Changes { puts, deletes }).unwrap();
}

fn index_holds_what_was_put<K: Kind>() {
    let (mut store, directory) = K::fresh();
    append(&mut store, group(1..=400)).unwrap();
    put(&mut store, &[(b"\x01b", b"2"), (b"\x01a", b"1"), (b"\x02a", b""), (b"\xefz", b"9")], &[]);
    for _ in 0..2 {
        assert_eq!(store.get(b"\x01a").unwrap().as_deref(), Some(&b"1"[..]));
        assert_eq!(store.get(b"\x02a").unwrap().as_deref(), Some(&b""[..]));
        assert_eq!(store.get(b"\x01").unwrap(), None);
        let expected: [(Vec<u8>, Vec<u8>); 2] =
            [(b"\x01a".into(), b"1".into()), (b"\x01b".into(), b"2".into())];
        assert_eq!(rows(&store, b"\x01"), expected);
        store = K::settled(store, &directory);
    }
    put(&mut store, &[(b"\x01a", b"3"), (b"\x01a", b"4")], &[b"\x01b", b"\x07none"]);
    put(&mut store, &[(b"\x01A", b"5"), (b"\x01c", b"6"), (b"\x03x", b"7")], &[]);
    for _ in 0..2 {
        assert_eq!(store.get(b"\x01a").unwrap().as_deref(), Some(&b"4"[..]));
        assert_eq!(store.get(b"\x01b").unwrap(), None);
        let all: Vec<Vec<u8>> = rows(&store, b"").into_iter().map(|(key, _)| key).collect();
        let expected: [&[u8]; 6] = [b"\x01A", b"\x01a", b"\x01c", b"\x02a", b"\x03x", b"\xefz"];
        assert_eq!(all, expected, "in order, and without what the store keeps for itself");
        assert_eq!(store.get(&[0xf0]).unwrap(), None);
        assert_eq!(store.get(&[]).unwrap(), None);
        assert!(rows(&store, &[0xf1]).is_empty());
        store = K::settled(store, &directory);
    }
}

fn index_keeps_long_values_whole<K: Kind>() {
    let (mut store, directory) = K::fresh();
    let long = |size: usize| (0..size).map(|n| (n % 251) as u8).collect::<Vec<u8>>();
    for size in [7_167, 7_168, 7_169, 14_336, 300_000, 1024 * 1024, 5, 20_000] {
        let value = long(size);
        put(&mut store, &[(b"\x05long", &value), (b"\x05longer", b"x")], &[]);
        for _ in 0..2 {
            assert_eq!(store.get(b"\x05long").unwrap().as_deref(), Some(&value[..]), "{size}");
            assert_eq!(rows(&store, b"\x05long").len(), 2);
            assert_eq!(rows(&store, b"\x05")[0].1, value);
            store = K::settled(store, &directory);
        }
    }
    put(&mut store, &[], &[b"\x05long"]);
    for _ in 0..2 {
        assert_eq!(store.get(b"\x05long").unwrap(), None);
        assert_eq!(rows(&store, b"\x05").len(), 1);
        store = K::settled(store, &directory);
    }
}

fn index_refuses_foreign_keys<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    for key in [&[][..], &[0xf0], &[0xf1, 0, 0, 0, 0, 0, 0, 0, 0], &[0xff]] {
        let puts = vec![(key.to_vec(), vec![1])];
        assert_eq!(code(store.index(Changes { puts, deletes: vec![] })), "index-key");
        let deletes = vec![key.to_vec()];
        assert_eq!(code(store.index(Changes { puts: vec![], deletes })), "index-key");
    }
    let puts = vec![(vec![1], vec![0; 1024 * 1024 + 1])];
    assert_eq!(code(store.index(Changes { puts, deletes: vec![] })), "index-value");
    assert_eq!(store.index_head(), Some(store.head()));
    append(&mut store, group(1..=1)).unwrap();
}

fn index_is_stamped<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    let first = append(&mut store, group(1..=2)).unwrap();
    store.begin().unwrap();
    store.write(Box::new(Lines(group(3..=3)))).unwrap();
    let second = store.commit().unwrap();
    assert_eq!(store.index_head(), Some(first));
    store.index(Changes::default()).unwrap();
    assert_eq!(store.index_head(), Some(second));
}

fn index_thrown_away_is_made_again<K: Kind>() {
    let (mut store, _directory) = K::fresh();
    append(&mut store, group(1..=1_000)).unwrap();
    put(&mut store, &[(b"\x01a", b"1")], &[]);
    let (head, entries) = (store.head(), all(&store));
    store.reset_index().unwrap();
    assert_eq!(store.index_head(), None);
    assert_eq!(store.get(b"\x01a").unwrap(), None);
    assert_eq!(store.find(5).unwrap(), [] as [u64; 0]);
    assert_eq!(store.read(700).unwrap(), entries[699], "the journal needs no index");
    let mut seen = 0;
    store
        .replay(&mut |seq, json| {
            seen += 1;
            assert_eq!(seq, seen);
            Ok(id_of(json))
        })
        .unwrap();
    assert_eq!(seen, 1_000);
    put(&mut store, &[(b"\x01a", b"1")], &[]);
    assert_eq!(store.index_head(), Some(head));
    assert_eq!(store.find(5).unwrap(), [5]);
    assert_eq!(all(&store), entries);
    store.replay(&mut |_, _| panic!("nothing is left")).unwrap();
    append(&mut store, group(1_001..=1_002)).unwrap();
    assert_eq!(store.find(1_002).unwrap(), [1_002]);
}
