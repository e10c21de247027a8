//! How fast the store is, with made-up lines of about 600 bytes. `cargo bench --bench store`.
//!
//! Nothing here is a test: the numbers depend on the machine, and are compared with a plain file
//! in the same run.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use poolbook::store::{Changes, FileStore, Frames, Store, check};

struct Batch {
    first: u64,
    last: u64,
    end: u64,
}

impl Frames for Batch {
    fn len(&self) -> usize {
        (self.last - self.first + 1) as usize
    }
    fn encode(&self, index: usize, out: &mut Vec<u8>) {
        let seq = self.first + index as u64;
        line(seq, self.end - seq, out);
    }
    fn id_hash(&self, index: usize) -> u64 {
        self.first + index as u64
    }
}

fn line(seq: u64, more: u64, out: &mut Vec<u8>) {
    write!(out, "{{\"id\":\"{seq}\",\"lines\":[").unwrap();
    out.extend_from_slice(TEXT.as_bytes());
    write!(out, "],\"more\":{more},\"seq\":{seq}}}").unwrap();
}

const TEXT: &str = r#"{"account":"1002.01","amount":"1500000.00","bank_account":"RISK-410883-01","fund":"RISK","owner":"410883","side":"debit"},{"account":"4001.02","amount":"1500000.00","fund":"RISK","owner":"410883","party":"county-410883","side":"credit","source":"county"},{"account":"9011.02","amount":"1500000.00","bank_account":"RISK-410883-01","fund":"RISK","owner":"410883","side":"debit"},{"account":"9012.02","amount":"1500000.00","fund":"RISK","owner":"410883","party":"county-410883","side":"credit","source":"county"}"#;

fn report(what: &str, count: u64, spent: Duration) {
    let each = spent.as_nanos() as u64 / count.max(1);
    let rate = 1_000_000_000_u64.checked_div(each).unwrap_or(0);
    println!("{what:44} {:>8} ms {each:>9} ns each {rate:>9}/s", spent.as_millis());
}

fn bulk(store: &mut FileStore, from: u64, to: u64) {
    let start = Instant::now();
    store.begin().unwrap();
    let mut first = from;
    while first <= to {
        let last = to.min(first + 4095);
        for seq in first..=last {
            assert!(store.find(seq).unwrap().is_empty());
        }
        store.write(Box::new(Batch { first, last, end: to })).unwrap();
        first = last + 1;
    }
    report("  handed over, one find each", to - from + 1, start.elapsed());
    store.commit().unwrap();
    report("  durable", to - from + 1, start.elapsed());
    store.index(Changes::default()).unwrap();
    report("bulk, indexed", to - from + 1, start.elapsed());
}

fn one_by_one(store: &mut FileStore, count: u64, directory: &Path) {
    let mut bytes = Vec::new();
    line(1, 0, &mut bytes);
    let mut plain = File::create(directory.join("plain")).unwrap();
    let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
    // In turns, so that both meet the same disk.
    for _ in 0..count / 50 {
        let start = Instant::now();
        for _ in 0..50 {
            plain.write_all(&bytes).unwrap();
            plain.sync_data().unwrap();
        }
        theirs += start.elapsed();
        let start = Instant::now();
        for _ in 0..50 {
            let seq = store.head().count + 1;
            assert!(store.find(seq).unwrap().is_empty());
            store.begin().unwrap();
            store.write(Box::new(Batch { first: seq, last: seq, end: seq })).unwrap();
            store.commit().unwrap();
            let puts = (0..6_u8).map(|n| (vec![1, n], vec![n; 40])).collect();
            store.index(Changes { puts, deletes: vec![] }).unwrap();
        }
        ours += start.elapsed();
    }
    report("plain append + fdatasync", count, theirs);
    report("one event, durable and indexed", count, ours);
    println!("  that is {} % of the plain file", theirs.as_nanos() * 100 / ours.as_nanos());
}

fn open(book: &Path, what: &str) -> FileStore {
    let start = Instant::now();
    let store = FileStore::open(book).unwrap();
    println!("{what:44} {:>8} us", start.elapsed().as_micros());
    store
}

fn timed<T>(what: &str, count: u64, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let value = run();
    report(what, count, start.elapsed());
    value
}

fn memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("  {peak}");
}

fn main() {
    let count: u64 =
        std::env::var("ENTRIES").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let directory = tempfile::tempdir_in(".").unwrap();
    let book = directory.path().join("book");
    let mut store = FileStore::create(&book).unwrap();
    one_by_one(&mut store, 2_000, directory.path());
    bulk(&mut store, 2_001, count);
    memory();
    timed("close", 1, || store.close().unwrap());
    let mut store = open(&book, "open");
    timed("first find", 1, || assert_eq!(store.find(5).unwrap(), [5]));
    timed("first read", 1, || store.read(count / 2).unwrap());
    timed("read", 10_000, || {
        (1..=10_000).for_each(|seq| drop(store.read(seq * (count / 10_000)).unwrap()));
    });
    one_by_one(&mut store, 1_000, directory.path());
    timed("close", 1, || store.close().unwrap());
    let mut store = open(&book, "open");
    timed("scan", count, || store.scan(1, &mut |_, _| Ok(())).unwrap());
    store.reset_index().unwrap();
    timed("replay", count, || store.replay(&mut |seq, _| Ok(seq)).unwrap());
    timed("index after replay", count, || store.index(Changes::default()).unwrap());
    let last = store.head().count;
    bulk(&mut store, last + 1, last + count / 2);
    timed("close", 1, || store.close().unwrap());
    drop(open(&book, "open"));
    timed("check", last + count / 2, || {
        assert!(check(&book, &mut |_, _| Ok(())).unwrap().findings.is_empty());
    });
    memory();
}
