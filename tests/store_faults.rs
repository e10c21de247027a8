//! What the world may do to a store: kill its process, fill its disk, lose unsynced sectors.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use poolbook::problem::Exit;
use poolbook::store::{Changes, FileStore, ReadStore, Store, StoreError, check};

use crate::support::{Lines, all, append, entry, group, id_of};

/// Tells the test binary, run once more, to play the part of another process.
const CHILD: &str = "POOLBOOK_TEST_CHILD";

fn child(part: &str, book: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("store_faults::{part}"), "--nocapture", "--test-threads=1"]);
    command.env(CHILD, book).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}

fn book_of_child() -> Option<PathBuf> {
    std::env::var_os(CHILD).map(PathBuf::from)
}

fn open(book: &Path) -> FileStore {
    let mut store = FileStore::open(book).unwrap();
    store.replay(&mut |_, json| Ok(id_of(json))).unwrap();
    store.index(Changes::default()).unwrap();
    store
}

/// Appends groups and says after each how many entries are acknowledged, until it is killed.
#[test]
fn child_that_appends() {
    let Some(book) = book_of_child() else { return };
    let mut store = open(&book);
    loop {
        let first = store.head().count + 1;
        let size = [0, 4, 0, 0, 300, 0][first as usize % 6];
        append(&mut store, group(first..=first + size)).unwrap();
        println!("acknowledged {}", store.head().count);
    }
}

#[test]
fn killed_process_loses_nothing_that_it_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let book = directory.path().join("book");
    FileStore::create(&book).unwrap().close().unwrap();
    for round in 0..12_u64 {
        let mut process = child("child_that_appends", &book).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let reader = std::thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            let counts = lines.filter_map(|line| {
                line.rsplit_once("acknowledged ").and_then(|(_, count)| count.parse().ok())
            });
            counts.fold(0_u64, |_, count| count)
        });
        std::thread::sleep(Duration::from_millis(30 + round * 17 % 71));
        process.kill().unwrap();
        process.wait().unwrap();
        let acknowledged = reader.join().unwrap();
        let store = open(&book);
        assert!(store.head().count >= acknowledged, "{} {acknowledged}", store.head().count);
        let entries = all(&store);
        assert!((1..).zip(&entries).all(|(seq, json)| id_of(json) == seq));
        assert!(acknowledged == 0 || store.find(acknowledged).unwrap() == [acknowledged]);
        drop(store);
        assert_eq!(check(&book, &mut |_, _| Ok(())).unwrap().findings, []);
    }
}

/// Fills its disk (a limit on the size of files stands for it) and goes on with a smaller group.
#[test]
fn child_whose_disk_is_full() {
    let Some(book) = book_of_child() else { return };
    let mut store = open(&book);
    let head = store.head();
    store.begin().unwrap();
    let written: Result<(), StoreError> = group(4..=60_000)
        .chunks(1_000)
        .try_for_each(|part| store.write(Box::new(Lines(part.to_vec()))));
    let error = written.and_then(|()| store.commit().map(drop)).unwrap_err().problem();
    assert_eq!((error.code, error.exit), ("disk-full", Exit::Io));
    store.abandon().unwrap();
    assert_eq!((store.head(), all(&store).len()), (head, 3));
    append(&mut store, group(4..=5)).unwrap();
    store.close().unwrap();
    println!("went on");
}

#[test]
#[cfg(unix)]
fn full_disk_gives_up_the_group_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let book = directory.path().join("book");
    append(&mut FileStore::create(&book).unwrap(), group(1..=3)).unwrap();
    let child = child("child_whose_disk_is_full", &book);
    // 2 MiB a file; a process that ignores the signal is told as by a full disk.
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 4096; exec \"$0\" \"$@\""]);
    limited.arg(child.get_program()).args(child.get_args()).env(CHILD, &book);
    let output = limited.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("went on"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(open(&book).head().count, 5);
    assert_eq!(check(&book, &mut |_, _| Ok(())).unwrap().findings, []);
}

/// A small generator of our own, so that a seed always means the same.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }
}

/// The last group was not synced when the power failed: any of its sectors may be missing, its end
/// may be missing, and the head may know less than was acknowledged, or have one torn slot.
#[test]
fn power_cut_in_the_last_group_is_never_taken_for_damage() {
    let directory = tempfile::tempdir().unwrap();
    let book = directory.path().join("book");
    let mut store = FileStore::create(&book).unwrap();
    let journal = book.join("journal.jsonl");
    let mut states = vec![(0_usize, 0_u64)];
    let mut heads = vec![fs::read(book.join("head")).unwrap()];
    for size in [1, 3, 1, 40, 2, 1, 17, 1] {
        let first = store.head().count + 1;
        append(&mut store, group(first..=first + size - 1)).unwrap();
        states.push((fs::metadata(&journal).unwrap().len() as usize, store.head().count));
        heads.push(fs::read(book.join("head")).unwrap());
    }
    drop(store);
    let whole = fs::read(&journal).unwrap();
    let cut = directory.path().join("cut");
    fs::create_dir(&cut).unwrap();
    let mut random = Random(20_171_030);
    for round in 0..1_000 {
        let last = 1 + random.below(states.len() - 1);
        let (synced, count) = states[last - 1];
        let end = synced + random.below(states[last].0 - synced + 1);
        let mut bytes = whole[..end].to_vec();
        let mut sound = end == states[last].0;
        for sector in synced / 512..end.div_ceil(512) {
            if random.below(3) == 0 {
                let lost = synced.max(sector * 512)..end.min(sector * 512 + 512);
                sound &= lost.is_empty();
                bytes[lost].fill(0);
            }
        }
        // Unsynced slots go to one place, so the head on the disk may be any older one.
        let mut head = heads[random.below(last)].clone();
        if random.below(4) == 0 {
            let at = random.below(8) * 512;
            head[at..at + 512].fill(0);
        }
        fs::write(cut.join("journal.jsonl"), &bytes).unwrap();
        fs::write(cut.join("head"), &head).unwrap();
        let opened = ReadStore::open(&cut);
        let store = opened.unwrap_or_else(|error| panic!("round {round}: {}", error.problem()));
        let expected = if sound { states[last].1 } else { count };
        assert_eq!(store.head().count, expected, "round {round}");
    }
}

#[test]
fn reader_beside_a_writer_sees_whole_groups() {
    let directory = tempfile::tempdir().unwrap();
    let book = directory.path().join("book");
    let mut store = FileStore::create(&book).unwrap();
    let beside = book.clone();
    let reader = std::thread::spawn(move || {
        let mut last = 0;
        while last < 150 {
            let store = ReadStore::open(&beside).unwrap();
            let count = store.head().count;
            assert!(count >= last && count.is_multiple_of(3), "{last} {count}");
            assert_eq!(all(&store).len() as u64, count);
            last = count;
        }
    });
    for first in (1..=150).step_by(3) {
        append(&mut store, group(first..=first + 2)).unwrap();
    }
    reader.join().unwrap();
}

#[test]
fn appends_of_several_processes_never_mix() {
    let directory = tempfile::tempdir().unwrap();
    let book = directory.path().join("book");
    FileStore::create(&book).unwrap().close().unwrap();
    let writers: Vec<_> = (0..3)
        .map(|_| {
            let book = book.clone();
            std::thread::spawn(move || {
                for _ in 0..8 {
                    // Each opening has its own lock, as another process would.
                    let mut store = FileStore::open_within(&book, Duration::from_secs(60)).unwrap();
                    let next = store.head().count + 1;
                    append(&mut store, vec![entry(next, 1), entry(next + 1, 0)]).unwrap();
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let store = open(&book);
    assert_eq!(store.head().count, 48);
    assert!((1..).zip(all(&store)).all(|(seq, json)| id_of(&json) == seq));
}
