//! Reading leaves a book as it is, to the byte and to the times of its files: what is to be put right is
//! told, and put right by whoever records next.

use crate::errors::{copy_dir, must, shell};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const PEOPLE: &str =
    "export POOLBOOK_MAKER=王会计 POOLBOOK_CHECKER=李会计 POOLBOOK_APPROVER=赵局长\n";
const BOOK: &str = "
poolbook init --city 410800 --date 2017-01-01
poolbook join --owner 410821 --date 2017-03-01
poolbook bank-account --owner 410821 --bank-account POOL --fund RISK --date 2017-03-01
poolbook contribute --owner 410821 --bank-account POOL --source county --amount 100.00 \\
  --date 2017-03-01
";
/// A record that finds nothing in its way.
const NEXT: &str = "poolbook join --owner 410823 --date 2017-03-01";

fn book() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    must(&format!("{PEOPLE}{BOOK}"), temp.path(), Path::new("the book"));
    temp
}

fn run(script: &str, dir: &Path) -> (i32, String, String) {
    shell(&format!("{PEOPLE}{script}"), dir, "zh")
}

/// Everything below a directory: when it was changed, its mode, and a file's bytes.
type Tree = BTreeMap<PathBuf, (SystemTime, u32, Vec<u8>)>;

fn tree(below: &Path) -> Tree {
    let mut found = Tree::new();
    let mut open = vec![below.to_owned()];
    while let Some(path) = open.pop() {
        let about = fs::symlink_metadata(&path).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions());
        let mut bytes = Vec::new();
        if about.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if about.is_file() {
            bytes = fs::read(&path).unwrap();
        }
        found.insert(path, (about.modified().unwrap(), mode, bytes));
    }
    found
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Verifies and reads; nothing of the book changes, and the findings are these.
fn left_alone(dir: &Path, what: &str, exit: i32, findings: &[&str]) {
    let before = tree(&dir.join("book"));
    let (found, out, err) = run("poolbook --format json verify", dir);
    assert_eq!(found, exit, "{what}: {out}{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let codes: Vec<&str> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["check"].as_str().unwrap())
        .collect();
    assert_eq!(codes, findings, "{what}: {out}");
    assert!(tree(&dir.join("book")) == before, "verify changed a book: {what}");
    for reading in ["balance", "voucher 4", "export journal", "prove 1", "reconcile status"] {
        let (found, out, err) = run(&format!("poolbook {reading}"), dir);
        assert!(found <= 1 && !out.is_empty(), "{what}, {reading}: {found} {err}");
        assert!(tree(&dir.join("book")) == before, "{reading} changed a book: {what}");
    }
}

/// The next record puts it right, and a book that was put right has no findings.
fn put_right(dir: &Path, what: &str) {
    let (exit, _, err) = run(NEXT, dir);
    assert_eq!(exit, 0, "{what}: {err}");
    left_alone(dir, what, 0, &[]);
}

#[test]
fn a_sound_book() {
    let temp = book();
    left_alone(temp.path(), "sound", 0, &[]);
    let (exit, out, _) = run("poolbook --format json verify", temp.path());
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, report["index_compared"].as_bool()), (0, Some(true)));
}

#[test]
fn a_head_with_one_damaged_slot() {
    // Magic, version, generation, count, length, root, edge, what is not used, checksum; in either slot.
    for at in [0, 11, 20, 30, 38, 50, 90, 2_000, 4_095, 4_096, 4_116, 4_146, 8_191] {
        let temp = book();
        let what = format!("byte {at} of the head");
        flip(&temp.path().join("book/head"), at);
        left_alone(temp.path(), &what, 1, &["head-damaged"]);
        put_right(temp.path(), &what);
    }
}

#[test]
fn a_tail_that_was_torn() {
    let temp = book();
    let journal = temp.path().join("book/journal.jsonl");
    let whole = fs::read(&journal).unwrap();
    let tail = b"0a17984f {\"date\":\"2017-03-02\",\"ev";
    fs::write(&journal, [&whole[..], tail].concat()).unwrap();
    left_alone(temp.path(), "torn", 1, &["line-torn"]);
    put_right(temp.path(), "torn");
    let aside = fs::read_dir(temp.path().join("book/quarantine")).unwrap().next().unwrap().unwrap();
    assert_eq!(fs::read(aside.path()).unwrap(), tail);
}

#[test]
fn a_group_that_is_not_whole() {
    let temp = book();
    let dir = temp.path();
    let before = fs::read(dir.join("book/head")).unwrap();
    let index = dir.join("index");
    copy_dir(&dir.join("book/index"), &index);
    let two = "poolbook record two.jsonl";
    fs::write(
        dir.join("two.jsonl"),
        "{\"id\":\"a\",\"event\":\"join\",\"date\":\"2017-03-01\",\"owner\":\"410822\"}\n\
         {\"id\":\"b\",\"event\":\"join\",\"date\":\"2017-03-01\",\"owner\":\"410883\"}\n",
    )
    .unwrap();
    must(&format!("{PEOPLE}{two}"), dir, Path::new("two"));
    // What a power cut leaves: the first of both entries, and a head and an index of before.
    let journal = dir.join("book/journal.jsonl");
    let bytes = fs::read(&journal).unwrap();
    let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    fs::write(&journal, &bytes[..last]).unwrap();
    fs::write(dir.join("book/head"), before).unwrap();
    fs::remove_dir_all(dir.join("book/index")).unwrap();
    copy_dir(&index, &dir.join("book/index"));
    left_alone(dir, "half a group", 1, &["group-torn"]);
    put_right(dir, "half a group");
}

#[test]
fn a_book_without_an_index() {
    let temp = book();
    fs::remove_dir_all(temp.path().join("book/index")).unwrap();
    left_alone(temp.path(), "no index", 1, &["index-missing"]);
    put_right(temp.path(), "no index");
}

#[test]
fn an_index_of_another_book() {
    let (temp, other) = (book(), book());
    let index = temp.path().join("book/index");
    must(&format!("{PEOPLE}{NEXT}"), other.path(), Path::new("the other book"));
    fs::remove_dir_all(&index).unwrap();
    copy_dir(&other.path().join("book/index"), &index);
    left_alone(temp.path(), "foreign index", 1, &["index-unusable"]);
    put_right(temp.path(), "foreign index");
}

#[test]
fn an_index_that_is_no_index() {
    let temp = book();
    fs::write(temp.path().join("book/index/db"), "no database").unwrap();
    left_alone(temp.path(), "broken index", 1, &["index-unusable"]);
    put_right(temp.path(), "broken index");
}

/// Readers take in what it lacks, in memory.
#[test]
fn an_index_that_is_behind() {
    let temp = book();
    let dir = temp.path();
    copy_dir(&dir.join("book/index"), &dir.join("index"));
    must(
        &format!("{PEOPLE}poolbook join --owner 410822 --date 2017-03-01"),
        dir,
        Path::new("more"),
    );
    let says = run("poolbook balance", dir);
    fs::remove_dir_all(dir.join("book/index")).unwrap();
    copy_dir(&dir.join("index"), &dir.join("book/index"));
    left_alone(dir, "behind", 0, &[]);
    let behind = run("poolbook balance", dir);
    assert_eq!((behind.0, &behind.1), (says.0, &says.1));
    assert!(behind.2.contains("[index-behind]"), "{}", behind.2);
    put_right(dir, "behind");
}

/// A user who may read and not write, on a directory that nobody may write.
#[test]
fn a_book_that_may_only_be_read() {
    let temp = book();
    let dir = temp.path();
    let locked = "chmod -R a-w book; chmod a+x book book/index";
    must(locked, dir, Path::new("rights"));
    left_alone(dir, "no right to write", 0, &[]);
    // The administrator may write in spite of the mode; a disk that is mounted so stops everybody.
    let read_only = "mount --bind book book && mount -o remount,bind,ro book";
    let ask = "poolbook --format json verify && poolbook balance";
    let script = format!("unshare -m sh -c '{read_only} && {ask}'");
    if shell("unshare -m sh -c 'mount --bind book book' 2>/dev/null", dir, "zh").0 == 0 {
        let (exit, out, err) = run(&script, dir);
        assert_eq!((exit, err.as_str()), (0, ""), "{out}");
        assert!(
            out.contains("\"index_compared\":true") || out.contains("\"index_compared\": true")
        );
    } else {
        eprintln!("skipped, as nothing can be mounted here: a read-only disk");
    }
    must("chmod -R u+w book", dir, Path::new("rights"));
}

/// No copy of the index is left behind.
#[test]
fn private_copies_are_taken_away() {
    let temp = book();
    let dir = temp.path();
    fs::create_dir(dir.join("tmp")).unwrap();
    for reading in
        ["verify", "balance", "export journal", "--dry-run join --owner 410823 --date 2017-03-01"]
    {
        let (exit, _, err) = run(&format!("TMPDIR=$PWD/tmp poolbook {reading}"), dir);
        assert_eq!(exit, 0, "{reading}: {err}");
        assert_eq!(fs::read_dir(dir.join("tmp")).unwrap().count(), 0, "{reading}");
    }
    // Without a place for it the index is made in memory.
    let (exit, out, err) = run("TMPDIR=$PWD/none poolbook balance", dir);
    assert!(exit == 0 && out.contains("100.00"), "{err}");
    assert!(err.contains("[index-unusable]"), "{err}");
}
