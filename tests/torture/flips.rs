//! The bytes at rest are changed: every bit, every length, blocks, whole files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use poolbook::problem::Exit;
use poolbook::store::{FileStore, ReadStore, Store, check_on};

use super::script::{Session, book, seed};
use crate::support::budget;
use crate::support::disk::SimDisk;
use crate::support::id_of;
use crate::support::random::Random;

/// Bytes of a slot of the head.
const SLOT: usize = 4096;
const NAMES: [&str; 2] = ["journal.jsonl", "head"];

/// A book as it was left, and as it was some time before.
struct Sample {
    files: [Vec<u8>; 2],
    older: [Vec<u8>; 2],
    entries: Vec<Vec<u8>>,
}

fn files(session: &Session) -> [Vec<u8>; 2] {
    let state = session.disk.state();
    NAMES.map(|name| state.file(&book().join(name)).unwrap().to_vec())
}

fn sample(sizes: &[u64], closed: bool) -> Sample {
    let mut session = Session::fresh();
    session.create().unwrap();
    let half = sizes.len() / 2;
    sizes[..half].iter().for_each(|size| session.record(*size, *size).unwrap());
    let older = files(&session);
    sizes[half..].iter().for_each(|size| session.record(*size, *size).unwrap());
    if closed {
        session.close().unwrap();
    }
    let files = files(&session);
    Sample { files, older, entries: session.now().entries.to_vec() }
}

/// A closed book, one whose process was killed, so that its slots differ, and a longer one.
fn samples() -> [Sample; 3] {
    [sample(&[1, 3, 1, 5], true), sample(&[2, 1, 4, 1, 1], false), sample(&[40, 1, 90, 60], true)]
}

fn with(files: &[(PathBuf, Vec<u8>)]) -> SimDisk {
    let files: Vec<(&Path, &[u8])> =
        files.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice())).collect();
    SimDisk::with(&files)
}

fn read(store: &mut dyn Store) -> Option<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    store.reset_index().ok()?;
    let replayed = store.replay(&mut |_, json| {
        entries.push(json.to_vec());
        Ok(id_of(json))
    });
    replayed.ok().map(|()| entries)
}

/// Looks at a book one of whose files was changed: the change is found, no acknowledged entry is
/// passed off as another, and whoever refuses has changed nothing.
fn judge(sample: &Sample, which: usize, changed: &[u8]) -> Result<(), String> {
    let mut bytes = sample.files.clone();
    bytes[which] = changed.to_vec();
    if bytes == sample.files {
        return Ok(());
    }
    let disk = with(&[0, 1].map(|at| (book().join(NAMES[at]), bytes[at].clone())));
    let before = disk.state().files();
    let unchanged = |by: &str| match disk.state().files() == before {
        true => Ok(()),
        false => Err(format!("{by} changed a file")),
    };
    let checked = check_on(disk.disk(), book(), (|_| false, &mut ()), &mut |_, _| Ok(()));
    let told = checked.map_or(true, |checked| !checked.findings.is_empty());
    // More behind the last entry may be a torn write, or a whole group that was not acknowledged.
    let appended = which == 0 && changed.starts_with(&sample.files[0]);
    // A slot of an earlier moment is what a power cut leaves as well: the journal leads on from it.
    let written = |slot: &[u8]| {
        [&sample.files[1], &sample.older[1]].iter().any(|head| head.chunks(SLOT).any(|s| s == slot))
    };
    let earlier = which == 1 && changed.len() == 2 * SLOT && changed.chunks(SLOT).all(written);
    if !told && !appended && !earlier {
        return Err("the check passes over it".to_owned());
    }
    let reader = ReadStore::open_on(disk.disk(), book());
    let reads = reader.is_ok();
    let seen = reader.ok().and_then(|mut store| read(&mut store));
    unchanged("reading")?;
    match FileStore::open_on(disk.disk(), book(), Duration::ZERO) {
        Err(error) => {
            unchanged("a refusal")?;
            if error.problem().exit != Exit::Damaged || reads {
                return Err(format!("refused as {:?}, and read: {reads}", error.problem()));
            }
        }
        Ok(mut store) => {
            let entries = read(&mut store);
            if entries != seen {
                return Err("reading and writing differ".to_owned());
            }
            match entries {
                Some(entries) if !entries.starts_with(&sample.entries) => {
                    return Err(format!("{} other entries are believed", entries.len()));
                }
                Some(_) if which == 0 && !appended => {
                    return Err("another journal is believed".to_owned());
                }
                None if which == 1 => return Err("a sound journal is refused".to_owned()),
                _ => {}
            }
        }
    }
    Ok(())
}

fn try_out(what: &str, sample: &Sample, which: usize, changed: &[u8], done: &mut u64) {
    let judged = judge(sample, which, changed);
    judged.unwrap_or_else(|wrong| panic!("{what} of {}: {wrong}", NAMES[which]));
    *done += 1;
}

/// Every bit of the journals, and as many of the heads as the budget allows.
pub fn flipped_bits(budget: u64, seed: u64) -> u64 {
    let (mut random, mut done) = (Random(seed), 0);
    for sample in &samples() {
        for which in [0, 1] {
            let bytes = &sample.files[which];
            let bits = bytes.len() * 8;
            let step = (bits as u64 * 3 / budget.max(1)).max(1) as usize;
            for bit in (random.below(step)..bits).step_by(step) {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                try_out(&format!("bit {bit}"), sample, which, &changed, &mut done);
            }
        }
    }
    done
}

/// Every length that a file may be cut to.
pub fn cut_files(budget: u64, seed: u64) -> u64 {
    let (mut random, mut done) = (Random(seed), 0);
    for sample in &samples() {
        for which in [0, 1] {
            let bytes = &sample.files[which];
            let step = (bytes.len() as u64 * 3 / budget.max(1)).max(1) as usize;
            for length in (random.below(step)..bytes.len()).step_by(step) {
                try_out(&format!("cut to {length}"), sample, which, &bytes[..length], &mut done);
            }
        }
    }
    done
}

/// One change at a random place: bytes put in, taken out, written over, blocks zeroed, swapped,
/// doubled, or left as they were before.
fn change(bytes: &mut Vec<u8>, older: &[u8], random: &mut Random) -> &'static str {
    let length = bytes.len();
    let at = random.below(length);
    let some = 1 + random.below(40);
    let block = [512, 4096][random.below(2)];
    let blocks = length.div_ceil(block);
    let (one, two) = (random.below(blocks) * block, random.below(blocks) * block);
    let piece = |bytes: &[u8], at: usize| bytes[at..bytes.len().min(at + block)].to_vec();
    match random.below(8) {
        0 => {
            let new: Vec<u8> = (0..some).map(|_| random.next() as u8).collect();
            bytes.splice(at..at, new);
            "bytes put in"
        }
        1 => {
            bytes.drain(at..length.min(at + some));
            "bytes taken out"
        }
        2 => {
            let end = length.min(at + some);
            bytes[at..end].iter_mut().for_each(|byte| *byte = random.next() as u8);
            "bytes written over"
        }
        3 => {
            let end = length.min(one + block);
            bytes[one..end].fill(0);
            "zeroed block"
        }
        4 | 5 => {
            let (first, second) = (piece(bytes, one), piece(bytes, two));
            let same = first.len().min(second.len());
            bytes[one..one + same].copy_from_slice(&second[..same]);
            bytes[two..two + same].copy_from_slice(&first[..same]);
            "swapped blocks"
        }
        6 => {
            let copy = piece(bytes, one);
            let end = length.min(two + copy.len());
            bytes[two..end].copy_from_slice(&copy[..end - two]);
            "doubled block"
        }
        _ => {
            let end = length.min(one + block);
            let mut old = older.get(one..older.len().min(end)).unwrap_or_default().to_vec();
            old.resize(end - one, 0);
            bytes[one..end].copy_from_slice(&old);
            "stale block"
        }
    }
}

/// So many changes of one file, each on a fresh copy.
pub fn changed_bytes(changes: u64, seed: u64) -> u64 {
    let (mut random, mut done) = (Random(seed), 0);
    let samples = samples();
    while done < changes {
        let sample = &samples[random.below(3)];
        let which = random.below(2);
        let mut bytes = sample.files[which].clone();
        let what = change(&mut bytes, &sample.older[which], &mut random);
        let what = format!("{what}, seed {seed}, change {done}");
        try_out(&what, sample, which, &bytes, &mut done);
    }
    done
}

#[test]
fn changed_bytes_are_found_and_left_alone() {
    let (budget, start) = (budget("POOLBOOK_FLIPS", 900), Instant::now());
    let flips = flipped_bits(budget, seed());
    let cuts = cut_files(budget / 4, seed());
    let others = changed_bytes(budget / 4, seed());
    let spent = start.elapsed().as_millis();
    println!("{flips} flips, {cuts} cuts and {others} other changes in {spent} ms: all found");
}

/// Each file there, gone, empty or another's, in every combination.
pub fn subsets() {
    let sample = sample(&[1, 3, 1, 5], true);
    let lock = (book().join("lock"), b"pid 1\n".to_vec());
    for case in 0..4 * 4 * 4_usize {
        let ways = [case % 4, case / 4 % 4, case / 16];
        let named = [0, 1].map(|at| (book().join(NAMES[at]), sample.files[at].clone()));
        let [journal, head] = named;
        let files: Vec<(PathBuf, Vec<u8>)> = [journal, head, lock.clone()]
            .into_iter()
            .zip(ways)
            .filter_map(|((path, bytes), way)| match way {
                0 => Some((path, bytes)),
                1 => None,
                2 => Some((path, Vec::new())),
                _ => Some((path, b"of somebody else\n".repeat(600))),
            })
            .collect();
        let disk = with(&files);
        let before: BTreeMap<PathBuf, Vec<u8>> = files.into_iter().collect();
        let opened = FileStore::open_on(disk.disk(), book(), Duration::ZERO).map(|store| {
            assert_eq!(store.head().count, sample.entries.len() as u64);
        });
        let untouched = disk.state().files() == before;
        // The lock is nobody's truth: any will do.
        assert_eq!(opened.is_ok(), ways[..2] == [0, 0], "{ways:?}");
        assert!(opened.is_ok() || untouched, "{ways:?}: a refusal changed a file");
        if opened.is_err() {
            let created = FileStore::create_on(disk.disk(), book()).map(drop);
            // Only where nothing is left of a book may a new one begin.
            assert_eq!(created.is_ok(), ways[1] == 1 && [1, 2].contains(&ways[0]), "{ways:?}");
            assert!(created.is_ok() || disk.state().files() == before, "{ways:?}");
        }
    }
}

#[test]
fn files_missing_empty_or_foreign_are_never_a_new_book() {
    subsets();
}

#[test]
fn leftovers_of_earlier_failures_do_no_harm() {
    let sample = sample(&[1, 3, 1, 5], true);
    let torn = [sample.files[0].as_slice(), b"torn"].concat();
    let aside = format!("quarantine/tail-{}", sample.files[0].len());
    let files = [
        (book().join(NAMES[0]), torn),
        (book().join(NAMES[1]), sample.files[1].clone()),
        (book().join("head.new"), b"half a head".to_vec()),
        (book().join(&aside), b"to".to_vec()),
        (book().join("lock"), vec![0xff; 5_000]),
        (book().join("index-old"), b"what is this".to_vec()),
    ];
    let disk = with(&files);
    let mut store = FileStore::open_on(disk.disk(), book(), Duration::ZERO).unwrap();
    assert_eq!(read(&mut store), Some(sample.entries.clone()));
    store.close().unwrap();
    let after = disk.state();
    for (path, bytes) in &files[2..4] {
        assert_eq!(after.file(path), Some(bytes.as_slice()), "{}", path.display());
    }
    assert_eq!(after.file(&book().join(format!("{aside}-2"))), Some(&b"torn"[..]));
    assert_eq!(after.file(&book().join(NAMES[0])), Some(sample.files[0].as_slice()));
}
