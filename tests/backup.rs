//! A book goes into one file and comes back with the same root; what is damaged never becomes a book.
//!
//! `POOLBOOK_RESTORE_DRILLS` says how many random books are backed up, damaged and restored.

use crate::errors::{Holder, shell};
use crate::properties::life;
use crate::support::book::{blank, event, record, rows};
use crate::support::world::steps;
use crate::support::{Lines, all, append, root};
use crate::verify::OPENING;
use poolbook::book::backup::{Copied, Wanted, backup, backup_on, restore};
use poolbook::book::verify::verify;
use poolbook::book::{Book, Scope};
use poolbook::domain::entry::{Entry, id_hash};
use poolbook::domain::event::Event;
use poolbook::problem::{Exit, Problem};
use poolbook::store::disk::{About, Disk, File, Mode, real};
use poolbook::store::tree::hex;
use poolbook::store::{FileStore, MemoryStore, Store};
use proptest::strategy::{Strategy as _, ValueTree as _};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// A book in a directory of its own.
pub struct Place(TempDir);

impl Place {
    pub fn of(events: &[Event]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let store = FileStore::create(&place.path("book")).unwrap();
        let mut book = Book::open(store, Scope::All).unwrap();
        record(&mut book, events);
        place
    }

    fn small() -> Self {
        Self::of(&small())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn backup(&self) -> Copied {
        backup(&self.path("book"), &self.path("b.backup"), false, false).unwrap()
    }

    fn restore(&self, from: &str, to: &str) -> Result<Copied, Problem> {
        restore(&self.path(from), &self.path(to), &Wanted::default())
    }

    fn names(&self) -> BTreeSet<String> {
        names(self.0.path())
    }

    /// What a run was at and has left.
    fn leftovers(&self) -> Vec<String> {
        self.names().into_iter().filter(|name| name.starts_with("poolbook-")).collect()
    }
}

/// A book of these entries as they are.
pub fn written(entries: &[Vec<u8>], directory: &Path) {
    let mut store = FileStore::create(directory).unwrap();
    let mut group = Vec::new();
    for bytes in entries {
        let entry = Entry::decode(bytes).unwrap();
        group.push((id_hash(&entry.event.id), bytes.clone()));
        if entry.more == 0 {
            append(&mut store, std::mem::take(&mut group)).unwrap();
        }
    }
    store.reset_index().unwrap();
}

fn names(directory: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

pub fn small() -> Vec<Event> {
    [
        OPENING,
        r#"{"event":"join","id":"j","date":"2017-01-01","owner":"410821"}"#,
        r#"{"event":"bank-account","id":"a","date":"2017-01-01","owner":"410821","bank_account":"P","fund":"RISK"}"#,
        r#"{"event":"contribute","id":"c","date":"2017-01-02","owner":"410821","source":"city","bank_account":"P","amount":"5.00"}"#,
    ]
    .map(event)
    .to_vec()
}

fn code(result: Result<Copied, Problem>) -> (&'static str, Exit) {
    let problem = result.unwrap_err();
    (problem.code, problem.exit)
}

/// The entries as `export journal` gives them.
fn exported(book: &Path) -> Vec<u8> {
    let entries = all(&FileStore::open(book).unwrap());
    entries.iter().flat_map(|bytes| [bytes, &b"\n"[..]].concat()).collect()
}

#[test]
fn a_backup_comes_back_byte_for_byte() {
    let place = Place::small();
    let done = place.backup();
    let entries = all(&FileStore::open(&place.path("book")).unwrap());
    assert_eq!((done.entries, done.root.clone()), (4, hex(&root(&entries))));
    assert_eq!((done.city.as_str(), done.findings), ("410800", 0));
    let back = place.restore("b.backup", "back").unwrap();
    assert_eq!(back, done);
    let journal = |book: &str| fs::read(place.path(book).join("journal.jsonl")).unwrap();
    assert_eq!(journal("back"), journal("book"));
    assert_eq!(place.names(), ["b.backup", "back", "book"].map(str::to_owned).into());
    assert_eq!(names(&place.path("back")), ["head", "journal.jsonl"].map(str::to_owned).into());
    // It is a book as any other: it opens, its index is the same, and it goes on.
    let mut book = Book::open(FileStore::open(&place.path("back")).unwrap(), Scope::All).unwrap();
    let first = Book::open(FileStore::open(&place.path("book")).unwrap(), Scope::All).unwrap();
    assert_eq!(rows(book.store()), rows(first.store()));
    let next = r#"{"event":"join","id":"k","date":"2017-01-03","owner":"410822"}"#;
    record(&mut book, &[event(next)]);
    drop(book);
    assert_eq!(verify(&place.path("back"), None).unwrap().findings, []);
}

#[test]
fn the_file_is_as_described() {
    use sha2::{Digest as _, Sha256};
    let place = Place::small();
    place.backup();
    let bytes = fs::read(place.path("b.backup")).unwrap();
    let journal = fs::read(place.path("book/journal.jsonl")).unwrap();
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let (header, rest) = bytes.split_at(end);
    let (inside, trailer) = rest.split_at(journal.len());
    assert_eq!(inside, journal);
    let header: serde_json::Value = serde_json::from_slice(header).unwrap();
    let entries = all(&FileStore::open(&place.path("book")).unwrap());
    assert_eq!(header["schema"], "poolbook/backup/2");
    assert_eq!(header["bytes"], journal.len());
    assert_eq!(header["root"], hex(&root(&entries)));
    assert_eq!(header["sm3"], hex(&sm3_root(&entries)));
    let before = &bytes[..bytes.len() - trailer.len()];
    let digest: [u8; 32] = Sha256::digest(before).into();
    assert_eq!(trailer, format!("sha256 {}\n", hex(&digest)).as_bytes());
}

/// The root under SM3 by the definition of RFC 6962.
pub fn sm3_root(entries: &[Vec<u8>]) -> [u8; 32] {
    use sm3::{Digest as _, Sm3};
    match entries {
        [] => Sm3::digest([]).into(),
        [one] => Sm3::new().chain_update([0]).chain_update(one).finalize().into(),
        many => {
            let half = many.len().next_power_of_two() / 2;
            let (left, right) = (sm3_root(&many[..half]), sm3_root(&many[half..]));
            Sm3::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
        }
    }
}

#[test]
fn every_flip_and_every_cut_of_a_backup_is_refused() {
    let place = Place::small();
    place.backup();
    let sound = fs::read(place.path("b.backup")).unwrap();
    let refused = |bytes: &[u8], what: &str| {
        fs::write(place.path("bad"), bytes).unwrap();
        let problem = place.restore("bad", "back").expect_err(what);
        let known = ["backup-damaged", "backup-newer", "restore-foreign", "backup-empty"];
        assert!(known.contains(&problem.code), "{what}: {problem}");
        assert!(!place.path("back").exists(), "{what}");
    };
    for at in 0..sound.len() {
        for bit in [at % 8, (at + 3) % 8] {
            let mut bytes = sound.clone();
            bytes[at] ^= 1 << bit;
            refused(&bytes, &format!("bit {bit} of byte {at}"));
        }
        refused(&sound[..at], &format!("cut to {at} bytes"));
    }
    refused(&[&sound[..], b"\n"].concat(), "a byte behind it");
    assert_eq!(place.names(), ["b.backup", "bad", "book"].map(str::to_owned).into());
}

/// A forger who makes the digest anew is held to the roots and to deciding again.
#[test]
fn a_backup_with_a_new_digest_is_still_held_to_its_journal() {
    use sha2::{Digest as _, Sha256};
    let place = Place::small();
    place.backup();
    let sound = String::from_utf8(fs::read(place.path("b.backup")).unwrap()).unwrap();
    let body = sound.split_at(sound.len() - 72).0;
    let (sha, sm3) = (place.header("root"), place.header("sm3"));
    for (from, to) in [
        ("\"entries\":4", "\"entries\":5"),
        (sha.as_str(), &"0".repeat(64)),
        (sm3.as_str(), &"0".repeat(64)),
        ("\"amount\":\"5.00\"", "\"amount\":\"6.00\""),
    ] {
        let body = body.replace(from, to);
        assert_ne!(body, sound, "{from}");
        let digest: [u8; 32] = Sha256::digest(&body).into();
        let forged = format!("{body}sha256 {}\n", hex(&digest));
        fs::write(place.path("bad"), forged).unwrap();
        assert_eq!(code(place.restore("bad", "back")), ("backup-damaged", Exit::Damaged), "{from}");
        assert!(!place.path("back").exists());
        assert_eq!(place.leftovers(), [""; 0]);
    }
}

impl Place {
    fn header(&self, key: &str) -> String {
        let text = fs::read(self.path("b.backup")).unwrap();
        let line = text.split(|byte| *byte == b'\n').next().unwrap();
        let header: serde_json::Value = serde_json::from_slice(line).unwrap();
        header[key].as_str().unwrap().to_owned()
    }
}

#[test]
fn no_file_is_replaced_without_being_told_to() {
    let place = Place::small();
    fs::write(place.path("b.backup"), "older").unwrap();
    let (book, to) = (place.path("book"), place.path("b.backup"));
    let refused = ("output-exists", Exit::CannotCreate);
    assert_eq!(code(backup(&book, &to, false, false)), refused);
    // A copy that is found bad, or that is only tried, leaves the older one as well.
    assert_eq!(backup(&book, &to, true, true).unwrap().entries, 4);
    assert_eq!(fs::read(&to).unwrap(), b"older");
    fs::create_dir(place.path("folder")).unwrap();
    let special = ("output-special", Exit::CannotCreate);
    assert_eq!(code(backup(&book, &place.path("folder"), true, false)), special);
    // What an interrupted run left is cleared away; what only looks like it stays.
    let (left, mine) = ("poolbook-0123456789abcdef.part", "poolbook-mine.part");
    for name in [left, mine] {
        fs::write(place.path(name), vec![b'x'; 100_000]).unwrap();
    }
    // Another run is still at this one.
    let at_work = "poolbook-fedcba9876543210.part";
    let held = fs::File::create(place.path(at_work)).unwrap();
    held.lock().unwrap();
    assert_eq!(backup(&book, &to, true, false).unwrap().entries, 4);
    assert!(place.restore("b.backup", "back").is_ok());
    let names = place.names();
    assert_eq!([left, mine, at_work].map(|name| names.contains(name)), [false, true, true]);
}

/// The disk of the system, which gives another file from the second opening of one on.
#[derive(Debug)]
struct Fickle {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    other: PathBuf,
    opened: AtomicUsize,
}

impl Disk for Fickle {
    fn open(&self, path: &Path, mode: Mode) -> std::io::Result<Arc<dyn File>> {
        let is_other = path == self.path && self.opened.fetch_add(1, Ordering::Relaxed) > 0;
        self.disk.open(if is_other { &self.other } else { path }, mode)
    }

    fn about(&self, path: &Path) -> std::io::Result<About> {
        self.disk.about(path)
    }

    fn resolve(&self, path: &Path) -> std::io::Result<PathBuf> {
        self.disk.resolve(path)
    }

    fn names(&self, directory: &Path) -> std::io::Result<Vec<OsString>> {
        self.disk.names(directory)
    }

    fn make_directory(&self, path: &Path) -> std::io::Result<()> {
        self.disk.make_directory(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> std::io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> std::io::Result<()> {
        self.disk.remove(path)
    }

    fn remove_empty(&self, path: &Path) -> std::io::Result<()> {
        self.disk.remove_empty(path)
    }

    fn sync_directory(&self, path: &Path) -> std::io::Result<()> {
        self.disk.sync_directory(path)
    }
}

/// A sound journal that is not the book's: the last entry has another maker, its checksum made anew. The
/// digest of the copy is that of its bytes and every entry decides as before; only the head knows.
#[test]
fn a_disk_that_gives_other_bytes_to_the_copy_gives_no_backup() {
    let place = Place::small();
    let journal = place.path("book/journal.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    let (before, last) = text.trim_end().rsplit_once('\n').unwrap();
    let json = last[9..].replace(r#""maker":"录入员""#, r#""maker":"复核员""#);
    assert_ne!(json, last[9..]);
    let other = format!("{before}\n{:08x} {json}\n", crc32c::crc32c(json.as_bytes()));
    assert_eq!(other.len(), text.len());
    fs::write(place.path("other"), other).unwrap();
    let opened = AtomicUsize::new(0);
    let fickle = Fickle { disk: real(), path: journal, other: place.path("other"), opened };
    let disk: Arc<dyn Disk> = Arc::new(fickle);
    let (book, to) = (place.path("book"), place.path("b.backup"));
    let problem = backup_on(&disk, (&book, &to), false, false).unwrap_err();
    assert_eq!((problem.code, problem.arg("part")), ("backup-damaged", Some("root")));
    assert_eq!(place.names(), ["book", "other"].map(str::to_owned).into());
}

#[test]
fn a_damaged_book_gives_no_backup() {
    let place = Place::small();
    let journal = place.path("book/journal.jsonl");
    let sound = fs::read(&journal).unwrap();
    fs::write(place.path("b.backup"), "older").unwrap();
    for at in (0..sound.len()).step_by(5) {
        let mut bytes = sound.clone();
        bytes[at] ^= 4;
        fs::write(&journal, &bytes).unwrap();
        let result = backup(&place.path("book"), &place.path("b.backup"), true, false);
        let (code, exit) = code(result);
        assert_eq!((code, exit), ("journal-damaged", Exit::Damaged), "byte {at}");
        assert_eq!(fs::read(place.path("b.backup")).unwrap(), b"older");
    }
    assert_eq!(place.names(), ["b.backup", "book"].map(str::to_owned).into());
}

#[test]
fn an_existing_directory_is_never_touched() {
    let place = Place::small();
    place.backup();
    let before = fs::read(place.path("book/journal.jsonl")).unwrap();
    assert_eq!(code(place.restore("b.backup", "book")), ("book-exists", Exit::Refused));
    assert_eq!(fs::read(place.path("book/journal.jsonl")).unwrap(), before);
    fs::create_dir(place.path("full")).unwrap();
    fs::write(place.path("full/notes.txt"), "x").unwrap();
    let refused = ("directory-not-empty", Exit::Refused);
    assert_eq!(code(place.restore("b.backup", "full")), refused);
    assert_eq!(code(place.restore("b.backup", "b.backup")), refused);
    // A journal without its head is no free place, either.
    fs::create_dir(place.path("half")).unwrap();
    fs::write(place.path("half/journal.jsonl"), &before).unwrap();
    assert_eq!(code(place.restore("b.backup", "half")), refused);
    // What stands where the restored book grows is cleared only if a restore left it there.
    let left = "poolbook-0123456789abcdef.restoring";
    fs::create_dir(place.path(left)).unwrap();
    fs::write(place.path(left).join("journal.jsonl"), "half a jour").unwrap();
    fs::write(place.path(left).join("mine.txt"), "x").unwrap();
    assert_eq!(place.restore("b.backup", "one").unwrap().entries, 4);
    assert!(place.path(left).join("journal.jsonl").exists());
    fs::remove_file(place.path(left).join("mine.txt")).unwrap();
    fs::create_dir(place.path("back")).unwrap();
    assert_eq!(place.restore("b.backup", "back").unwrap().entries, 4);
    assert_eq!(place.leftovers(), [""; 0]);
    // A link is no free place, wherever it leads.
    std::os::unix::fs::symlink("nowhere", place.path("link")).unwrap();
    assert_eq!(code(place.restore("b.backup", "link")), refused);
    // Neither is a place inside another book.
    let inside = ("output-in-book", Exit::CannotCreate);
    assert_eq!(code(place.restore("b.backup", "book/index/a/b")), inside);
    let wanted = Wanted { dry_run: true, ..Wanted::default() };
    let tried = restore(&place.path("b.backup"), &place.path("a/new/one"), &wanted).unwrap();
    assert_eq!((tried.entries, place.path("a").exists()), (4, false));
}

/// Whole groups behind the head count when nobody writes; beside a writer they may yet be given up.
#[test]
fn a_backup_beside_a_writer_ends_where_the_head_does() {
    let place = Place::small();
    let store = FileStore::open(&place.path("book")).unwrap();
    let journal = place.path("book/journal.jsonl");
    let last = fs::read(&journal).unwrap();
    let line = last.split_inclusive(|byte| *byte == b'\n').next_back().unwrap().to_vec();
    fs::write(&journal, [&last[..], &line].concat()).unwrap();
    assert_eq!(place.backup().entries, 4);
    fs::write(&journal, &last).unwrap();
    drop(store);
    // The last entry was acknowledged and its head not yet written.
    let mut book = Book::open(FileStore::open(&place.path("book")).unwrap(), Scope::All).unwrap();
    let head = fs::read(place.path("book/head")).unwrap();
    let next = r#"{"event":"join","id":"k","date":"2017-01-03","owner":"410822"}"#;
    record(&mut book, &[event(next)]);
    drop(book);
    fs::write(place.path("book/head"), head).unwrap();
    let done = backup(&place.path("book"), &place.path("c.backup"), false, false).unwrap();
    assert_eq!(done.entries, 5);
}

#[test]
fn the_commands_do_it_beside_a_writer_and_tell_the_root() {
    let place = Place::small();
    let dir = place.0.path();
    let holder = Holder::take(dir);
    let (exit, out, err) = shell("poolbook --format json backup b.backup", dir, "zh");
    assert_eq!(exit, 0, "{out}{err}");
    drop(holder);
    let made: serde_json::Value = serde_json::from_str(&out).unwrap();
    let restored = "poolbook --format json --book back restore b.backup";
    let (exit, out, err) = shell(restored, dir, "zh");
    assert_eq!(exit, 0, "{out}{err}");
    let back: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&back["root"], &back["entries"]), (&made["root"], &made["entries"]));
    assert_eq!(shell("poolbook --book back verify", dir, "zh").0, 0);
    // What is restored from may be a link, and must be there.
    let (exit, _, err) =
        shell("ln -s b.backup link; poolbook --book linked restore link", dir, "zh");
    assert_eq!(exit, 0, "{err}");
    let (exit, _, err) = shell("poolbook --book none restore nowhere", dir, "zh");
    assert_eq!((exit, err.contains("file-missing")), (66, true), "{err}");
    let (exit, _, err) = shell("poolbook backup book/b", dir, "zh");
    assert_eq!((exit, err.contains("output-in-book")), (73, true), "{err}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(place.path("b.backup")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "only the owner reads a backup");
    }
}

#[test]
fn an_exported_journal_gives_the_same_root_here_and_on_another_store() {
    let mut events = vec![event(OPENING)];
    events.extend(crate::scenarios::events("scenarios/county-cell.jsonl"));
    let place = Place::of(&events);
    let text = exported(&place.path("book"));
    fs::write(place.path("export.jsonl"), &text).unwrap();
    let noted = place.backup().root;
    assert_eq!(place.restore("export.jsonl", "back").unwrap().root, noted);
    assert_eq!(verify(&place.path("back"), None).unwrap().findings, []);
    assert_eq!(place.restore("book/journal.jsonl", "bare").unwrap().root, noted);
    // Another store: the same bytes, the same root, the same index.
    let mut store = MemoryStore::new();
    let mut group = Vec::new();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let entry = Entry::decode(line).unwrap();
        group.push((id_hash(&entry.event.id), line.to_vec()));
        if entry.more == 0 {
            store.begin().unwrap();
            store.write(Box::new(Lines(std::mem::take(&mut group)))).unwrap();
            store.commit().unwrap();
        }
    }
    store.reset_index().unwrap();
    let replayed = Book::open(store, Scope::All).unwrap();
    assert_eq!(hex(&replayed.head().root), noted);
    let book = Book::open(FileStore::open(&place.path("back")).unwrap(), Scope::All).unwrap();
    assert_eq!(rows(replayed.store()), rows(book.store()));
    // And the events alone, told again, make the same entries.
    let mut told = blank();
    record(&mut told, &events);
    assert_eq!(hex(&told.head().root), noted);
}

#[test]
fn an_exported_journal_that_was_changed_is_refused() {
    let place = Place::small();
    let text = String::from_utf8(exported(&place.path("book"))).unwrap();
    let noted = place.backup().root;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let without = |place: usize| {
        let mut lines = lines.clone();
        lines.remove(place);
        lines.concat()
    };
    let cases = [
        (text.replacen("\"5.00\"", "\"6.00\"", 1), "restore-altered"),
        (text.replacen("\"seq\":2", "\"seq\":3", 1), "restore-altered"),
        (text.replacen("{\"date\"", "{ \"date\"", 1), "restore-altered"),
        (without(1), "restore-altered"),
        (without(0), "restore-altered"),
        (text.trim_end().to_owned(), "backup-damaged"),
        (String::new(), "restore-foreign"),
        ("编号,事项\n".to_owned(), "restore-foreign"),
        ("{}\n".to_owned(), "restore-altered"),
    ];
    for (changed, expected) in cases {
        assert_ne!(changed, text);
        fs::write(place.path("bad"), &changed).unwrap();
        let (code, _) = code(place.restore("bad", "back"));
        assert_eq!(code, expected, "{changed}");
        assert!(!place.path("back").exists());
        assert_eq!(place.leftovers(), [""; 0]);
    }
    // Cut after a whole group it is the book of an earlier day: only a noted root can tell.
    fs::write(place.path("cut"), lines[..3].concat()).unwrap();
    let wanted = Wanted { root: Some(noted.clone()), dry_run: false };
    let result = restore(&place.path("cut"), &place.path("back"), &wanted);
    assert_eq!(code(result), ("restore-differs", Exit::Damaged));
    assert_eq!(place.restore("cut", "earlier").unwrap().entries, 3);
    let upper = Wanted { root: Some(noted.to_uppercase()), dry_run: false };
    assert!(restore(&place.path("b.backup"), &place.path("back"), &upper).is_ok());
}

#[test]
fn a_book_with_findings_is_backed_up_and_says_so() {
    let mut events = small();
    // Paid on the 1st out of what came on the 2nd.
    events.push(event(
        r#"{"event":"trustee-fee","id":"f","date":"2017-01-01","bank_account":"P","amount":"1.50","maker":"甲","checker":"乙"}"#,
    ));
    let place = Place::of(&events);
    assert_eq!(place.backup().findings, 1);
    assert_eq!(place.restore("b.backup", "back").unwrap().findings, 1);
    let (exit, out, _) = shell("poolbook backup c.backup", place.0.path(), "en");
    assert_eq!((exit, out.contains("see poolbook verify")), (1, true), "{out}");
}

#[test]
fn an_empty_book_has_nothing_to_back_up() {
    let place = Place(tempfile::tempdir().unwrap());
    drop(FileStore::create(&place.path("book")).unwrap());
    let refused = ("backup-empty", Exit::Refused);
    assert_eq!(code(backup(&place.path("book"), &place.path("b"), false, false)), refused);
    let missing = backup(&place.path("nowhere"), &place.path("b"), false, false);
    assert_eq!(code(missing), ("book-missing", Exit::NoInput));
    assert_eq!(place.names(), ["book".to_owned()].into());
}

/// Random books: the good backup gives the root of the book, each damaged one nothing at all.
#[test]
fn drills() {
    let drills = std::env::var("POOLBOOK_RESTORE_DRILLS").ok().and_then(|n| n.parse().ok());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for drill in 0..drills.unwrap_or(4_usize) {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let (memory, _) = life(&steps);
        let place = Place(tempfile::tempdir().unwrap());
        written(&all(memory.store()), &place.path("book"));
        assert_eq!(place.backup().root, hex(&memory.head().root), "drill {drill}");
        assert_eq!(place.restore("b.backup", "back").unwrap().root, hex(&memory.head().root));
        let sound = fs::read(place.path("b.backup")).unwrap();
        let bad = (0..sound.len() * 8, 0..2_u8).new_tree(&mut runner).unwrap().current();
        let mut bytes = sound.clone();
        match bad {
            (at, 0) => bytes[at / 8] ^= 1 << (at % 8),
            (at, _) => bytes.truncate(at / 8),
        }
        fs::write(place.path("bad"), bytes).unwrap();
        assert!(place.restore("bad", "worse").is_err(), "drill {drill}: {bad:?}");
        assert_eq!(place.names(), ["b.backup", "back", "bad", "book"].map(str::to_owned).into());
        let book = FileStore::open(&place.path("book")).unwrap();
        assert_eq!(book.head(), memory.head(), "the live book is untouched");
    }
}
