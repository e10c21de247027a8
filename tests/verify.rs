//! `verify` finds whatever was done to a book: bytes, lines, forged entries with sound checksums,
//! rows of the index. All of it is told, not only the first.

use crate::scenarios::events;
use crate::support::book::{event, record};
use crate::support::{Lines, all};
use poolbook::book::verify::{Verification, verify};
use poolbook::book::{Book, Scope};
use poolbook::domain::entry::{Entry, id_hash};
use poolbook::domain::event::Event;
use poolbook::domain::money::Total;
use poolbook::domain::registry::tables;
use poolbook::problem::{Exit, Problem};
use poolbook::store::{Changes, FileStore, Store};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(crate) const OPENING: &str = r#"{"event":"open-book","id":"open-book","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#;

pub(crate) struct Fixture {
    directory: TempDir,
}

impl Fixture {
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("book")
    }

    fn journal(&self) -> PathBuf {
        self.path().join("journal.jsonl")
    }

    fn open(&self) -> Book<FileStore> {
        Book::open(FileStore::open(&self.path()).unwrap(), Scope::All).unwrap()
    }

    /// Bytes only, as for a book whose index is lost.
    pub(crate) fn verify(&self) -> Verification {
        verify(&self.path(), None).unwrap()
    }

    fn verify_with_index(&self) -> Verification {
        verify(&self.path(), Some(&self.open().rows())).unwrap()
    }
}

/// A book in files, every event a group of its own.
fn written(events: &[Event]) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let fixture = Fixture { directory };
    let mut book = Book::open(FileStore::create(&fixture.path()).unwrap(), Scope::All).unwrap();
    record(&mut book, events);
    fixture
}

/// The worked scenario: 22 entries with a claim, its payment, recoveries and a write-off.
pub(crate) fn county_cell() -> Fixture {
    let mut all = vec![event(OPENING)];
    all.extend(events("scenarios/county-cell.jsonl"));
    written(&all)
}

/// As few bytes as a book of some use has.
fn small() -> Fixture {
    let rest = [
        r#"{"event":"join","id":"j","date":"2017-01-01","owner":"410821"}"#,
        r#"{"event":"bank-account","id":"a","date":"2017-01-01","owner":"410821","bank_account":"P","fund":"RISK"}"#,
        r#"{"event":"contribute","id":"c","date":"2017-01-02","owner":"410821","source":"city","bank_account":"P","amount":"5.00"}"#,
        r#"{"event":"trustee-fee","id":"f","date":"2017-01-03","bank_account":"P","amount":"1.50","maker":"甲","checker":"乙"}"#,
    ];
    let mut events = vec![event(OPENING)];
    events.extend(rest.map(event));
    written(&events)
}

/// A book whose writer was handed these bytes: checksums, tree and head are those of the bytes.
pub(crate) fn forged(entries: &[Vec<u8>]) -> Fixture {
    let directory = tempfile::tempdir().unwrap();
    let fixture = Fixture { directory };
    let mut store = FileStore::create(&fixture.path()).unwrap();
    let mut group = Vec::new();
    for bytes in entries {
        let entry = Entry::decode(bytes);
        let hash = entry.as_ref().map_or(0, |entry| id_hash(&entry.event.id));
        group.push((hash, bytes.clone()));
        if entry.is_ok_and(|entry| entry.more > 0) {
            continue;
        }
        store.begin().unwrap();
        store.write(Box::new(Lines(std::mem::take(&mut group)))).unwrap();
        store.commit().unwrap();
        store.index(Changes::default()).unwrap();
    }
    store.reset_index().unwrap();
    drop(store);
    fixture
}

fn stored(fixture: &Fixture) -> Vec<Vec<u8>> {
    all(&FileStore::open(&fixture.path()).unwrap())
}

/// Codes of the findings with the entries that they name.
fn codes(found: &Verification) -> Vec<String> {
    let code = |finding: &Problem| {
        let entry = finding.arg("entry").unwrap_or("-");
        format!("{} {entry}", finding.code)
    };
    let mut codes: Vec<String> = found.findings.iter().map(code).collect();
    codes.sort();
    codes
}

/// The entry of an id with a text in it replaced.
fn edit(entries: &mut [Vec<u8>], id: &str, from: &str, to: &str) {
    let place = format!("\"id\":\"{id}\"");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let entry = entries.iter_mut().find(|bytes| text(bytes).contains(&place)).unwrap();
    let edited = text(entry).replace(from, to);
    assert_ne!(edited.as_bytes(), &entry[..], "{from} does not stand in {id}");
    *entry = edited.into_bytes();
}

#[test]
fn sound_books_have_no_finding() {
    for fixture in [county_cell(), small(), written(&[])] {
        let found = fixture.verify_with_index();
        assert_eq!(found.findings, []);
        assert_eq!(found.exit(), Exit::Done);
        assert!(found.index_compared);
        assert_eq!(found.head, fixture.open().head());
        assert_eq!(found.bytes, std::fs::metadata(fixture.journal()).unwrap().len());
        assert_eq!(found.summary.debit, found.summary.credit);
        assert_eq!(found.summary.entries, found.head.count);
        assert!(!fixture.verify().index_compared);
        // Verifying changes nothing.
        assert_eq!(fixture.verify_with_index(), found);
    }
}

#[test]
fn every_changed_byte_is_found() {
    let fixture = small();
    let path = fixture.journal();
    let sound = std::fs::read(&path).unwrap();
    for at in 0..sound.len() {
        for flip in [0x01, 0x20] {
            let mut bytes = sound.clone();
            bytes[at] ^= flip;
            std::fs::write(&path, &bytes).unwrap();
            let found = verify(&fixture.path(), None);
            let exit = found.map_or_else(|problem| problem.exit, |found| found.exit());
            assert_eq!(exit, Exit::Damaged, "byte {at} flip {flip:02x}");
        }
    }
    std::fs::write(&path, &sound).unwrap();
    assert_eq!(fixture.verify().findings, []);
}

#[test]
fn every_changed_byte_of_the_head_is_found() {
    let fixture = small();
    let path = fixture.path().join("head");
    let sound = std::fs::read(&path).unwrap();
    // The head is mostly empty space; its ends and a byte in every 97 stand for the rest.
    let edges = |at: usize| at % 4096 < 160 || at % 4096 > 4090 || at.is_multiple_of(97);
    for at in (0..sound.len()).filter(|at| edges(*at)) {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x04;
        std::fs::write(&path, &bytes).unwrap();
        let found = verify(&fixture.path(), None);
        // The other slot is sound, and proves what was acknowledged: the next writer makes this one anew.
        let found = found.unwrap();
        assert_eq!(found.exit(), Exit::Findings, "byte {at}");
        assert_eq!(found.findings.len(), 1, "byte {at}: {:?}", found.findings);
        assert_eq!(found.findings[0].code, "head-damaged", "byte {at}");
    }
}

/// Edits of whole lines.
type Cut = fn(&mut Vec<Vec<u8>>);

#[test]
fn lines_taken_out_doubled_swapped_or_cut_are_found() {
    let fixture = county_cell();
    let path = fixture.journal();
    let sound = std::fs::read(&path).unwrap();
    let lines: Vec<Vec<u8>> =
        sound.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let edits: [(&str, Cut); 7] = [
        ("first line removed", |lines| drop(lines.remove(0))),
        ("line removed", |lines| drop(lines.remove(9))),
        ("last line removed", |lines| drop(lines.pop())),
        ("line doubled", |lines| lines.insert(9, lines[9].clone())),
        ("last line doubled", |lines| lines.push(lines[21].clone())),
        ("lines swapped", |lines| lines.swap(6, 7)),
        ("everything removed", |lines| lines.clear()),
    ];
    for (name, edit) in edits {
        let mut edited = lines.clone();
        edit(&mut edited);
        std::fs::write(&path, edited.concat()).unwrap();
        let found = fixture.verify();
        assert!(!found.findings.is_empty(), "{name}");
        // A line too many lies above the head: not damage, but nothing that was ever recorded.
        let expected = if name == "last line doubled" { Exit::Findings } else { Exit::Damaged };
        assert_eq!(found.exit(), expected, "{name}: {:?}", codes(&found));
    }
    let last = sound.len() - lines[21].len();
    for length in (last..sound.len()).step_by(7).chain([sound.len() - 1]) {
        std::fs::write(&path, &sound[..length]).unwrap();
        assert_eq!(fixture.verify().exit(), Exit::Damaged, "cut to {length} bytes");
    }
}

#[test]
fn a_reversal_in_a_damaged_book_is_no_finding_of_its_own() {
    let mut events = events("scenarios/county-cell.jsonl");
    events.insert(0, event(OPENING));
    let last = r#"{"event":"reverse","id":"r","date":"2017-12-31","entry":"22","reason":"x"}"#;
    events.push(event(last));
    let fixture = written(&events);
    assert_eq!(fixture.verify_with_index().findings, []);
    let mut bytes = std::fs::read(fixture.journal()).unwrap();
    let place = bytes.windows(8).position(|part| part == b"\"8750.00").unwrap();
    bytes[place + 1] = b'9';
    std::fs::write(fixture.journal(), &bytes).unwrap();
    let found = codes(&fixture.verify());
    let mut damage = found.iter().filter(|code| !code.starts_with("voucher-number"));
    assert_eq!(damage.next().map(String::as_str), Some("line-damaged -"), "{found:?}");
    assert!(!found.contains(&"entry-refused 23".to_owned()), "{found:?}");
}

/// What a forger did, in words, by an edit, and the findings that give it away.
type Forgery = (&'static str, fn(&mut Vec<Vec<u8>>), &'static [&'static str]);

const FORGERIES: &[Forgery] = &[
    (
        "both sides of an amount",
        |entries| {
            for account in ["1002.01", "3101.03"] {
                let line = format!("\"account\":\"{account}\",\"amount\":");
                edit(entries, "county-in", &format!("{line}\"6"), &format!("{line}\"7"));
            }
        },
        // The loan that was enrolled later was held to another pool.
        &["bank-account-sum 9", "entry-differs 11", "entry-differs 9"],
    ),
    (
        "one side of an amount",
        |entries| edit(entries, "interest", "\"8750.00\",\"fund\"", "\"8750.01\",\"fund\""),
        &[
            "entry-differs 10",
            "entry-unbalanced 10",
            "interest-without-owner 10",
            "roll-forward -",
            "trial-balance -",
        ],
    ),
    (
        "the account",
        |entries| edit(entries, "interest", "\"account\":\"4604\"", "\"account\":\"2103\""),
        &["entry-differs 10", "interest-without-owner 10"],
    ),
    (
        "the party",
        |entries| edit(entries, "recovery-1", "\"party\":\"BANK\"", "\"party\":\"FIRM\""),
        &["entry-differs 18"],
    ),
    (
        "the working",
        |entries| edit(entries, "approve", "\"limit\":\"493827.16\"", "\"limit\":\"593827.16\""),
        &["entry-differs 16"],
    ),
    (
        "a gap among the vouchers",
        |entries| edit(entries, "county-in", "\"number\":2", "\"number\":3"),
        &["entry-differs 9", "voucher-number 9"],
    ),
    (
        "recorded before the entry before it",
        |entries| edit(entries, "county-in", "\"recorded\":\"2019", "\"recorded\":\"2018"),
        &["entry-differs 9", "recorded-order 9"],
    ),
    (
        "paid without a check",
        |entries| edit(entries, "pay", "\"checker\":\"乙\"", "\"checker\":\"甲\""),
        &["entry-refused 17", "maker-is-checker 17"],
    ),
    (
        "more paid than was approved",
        |entries| {
            edit(
                entries,
                "pay",
                "\"claim\":\"C-1\",\"event\"",
                "\"amount\":\"493827.17\",\"claim\":\"C-1\",\"event\"",
            )
        },
        &[
            "bank-account-sum 17",
            "claim-payable 17",
            "claim-payable 17",
            "claim-register 20",
            "claim-right 17",
            "claim-right 20",
            "entry-refused 17",
        ],
    ),
    (
        "a space",
        |entries| edit(entries, "pay", "{\"checker\"", "{ \"checker\""),
        &["entry-not-canonical 17"],
    ),
    (
        "the order of the keys",
        |entries| {
            edit(
                entries,
                "pay",
                "\"checker\":\"乙\",\"date\":\"2017-10-25\"",
                "\"date\":\"2017-10-25\",\"checker\":\"乙\"",
            )
        },
        &["entry-not-canonical 17"],
    ),
    (
        "a key that no entry has",
        |entries| edit(entries, "county-tops-up", "\"id\":", "\"hidden\":\"x\",\"id\":"),
        &["entry-unreadable 22"],
    ),
    (
        "the number of an entry",
        |entries| edit(entries, "recovery-1", "\"seq\":18", "\"seq\":81"),
        &["entry-differs 18", "entry-seq 18"],
    ),
    (
        "an id used twice",
        |entries| {
            edit(entries, "county-tops-up", "\"id\":\"county-tops-up\"", "\"id\":\"city-tops-up\"")
        },
        &["id-doubled 22"],
    ),
    (
        "rules that were not in force",
        |entries| edit(entries, "approve", "\"rules\":\"jiaozuo-demo\"", "\"rules\":\"other\""),
        &["entry-differs 16", "rules-version 16"],
    ),
    (
        "three at once",
        |entries| {
            edit(entries, "interest", "\"account\":\"4604\"", "\"account\":\"2103\"");
            edit(entries, "pay", "\"checker\":\"乙\"", "\"checker\":\"甲\"");
            edit(entries, "county-tops-up", "\"id\":\"county-tops-up\"", "\"id\":\"city-tops-up\"");
        },
        &[
            "entry-differs 10",
            "entry-refused 17",
            "id-doubled 22",
            "interest-without-owner 10",
            "maker-is-checker 17",
        ],
    ),
];

#[test]
pub fn a_forger_with_sound_checksums_is_found() {
    let sound = stored(&county_cell());
    assert_eq!(forged(&sound).verify_with_index().findings, [], "the forging itself is sound");
    let mut others = Vec::new();
    for (name, edit, expected) in FORGERIES {
        let mut entries = sound.clone();
        edit(&mut entries);
        let fixture = forged(&entries);
        let found = fixture.verify();
        if codes(&found) != *expected || found.exit() != Exit::Findings {
            others.push((name, codes(&found)));
            continue;
        }
        // The index made of forged entries agrees with them: it is the entries that are wrong.
        if !codes(&found)[0].starts_with("entry-unreadable") {
            assert_eq!(codes(&fixture.verify_with_index()), *expected, "{name}, with its index");
        }
    }
    assert_eq!(others, []);
}

#[test]
fn a_history_forged_as_a_whole_still_has_another_root() {
    // Whoever rewrites event and lines alike writes a sound book of other events; only the root
    // that somebody noted before tells the two apart.
    let fixture = county_cell();
    let mut entries = stored(&fixture);
    edit(&mut entries, "county-in", "6000000.00", "7000000.00");
    let found = forged(&entries).verify();
    // The loan that was enrolled later was held to the pool as it stood, so its working must be
    // rewritten, too.
    assert_eq!(codes(&found), ["entry-differs 11"]);
    edit(&mut entries, "enrol", "\"pool\":\"10000000.00\"", "\"pool\":\"11000000.00\"");
    let found = forged(&entries).verify();
    assert_eq!(found.findings, []);
    assert_eq!(found.head.count, 22);
    assert_ne!(found.head.root, fixture.verify().head.root);
}

#[test]
fn findings_name_what_was_expected_and_what_was_found() {
    let mut entries = stored(&county_cell());
    edit(&mut entries, "interest", "\"account\":\"4604\"", "\"account\":\"2103\"");
    let found = forged(&entries).verify();
    assert_eq!(codes(&found), ["entry-differs 10", "interest-without-owner 10"]);
    let finding = &found.findings[0];
    assert!(finding.arg("expected").unwrap().contains("410821 4604 credit 8750.00"), "{finding}");
    assert!(finding.arg("found").unwrap().contains("410821 2103 credit 8750.00"), "{finding}");
}

fn rows(book: &Book<FileStore>, table: u8) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    let mut visit = |key: &[u8], value: &[u8]| rows.push((key.to_vec(), value.to_vec()));
    book.store().range(&[table], &mut visit).unwrap();
    rows
}

fn alter(fixture: &Fixture, changes: Changes) -> Verification {
    let mut store = fixture.open().into_store();
    store.index(changes).unwrap();
    drop(store);
    fixture.verify_with_index()
}

#[test]
fn an_altered_row_of_the_index_is_found() {
    let (years, days, lists) = (0x10, 0x11, 0x12);
    for table in [years, days, lists, tables::BALANCE, tables::VOUCHER, tables::COMMITMENT] {
        let fixture = county_cell();
        let rows = rows(&fixture.open(), table);
        let Some((key, value)) = rows.first() else { continue };
        let mut other = value.clone();
        *other.last_mut().unwrap() ^= 1;
        let put =
            |value: &[u8]| Changes { puts: vec![(key.clone(), value.to_vec())], deletes: vec![] };
        for (name, changes) in [
            ("altered", put(&other)),
            ("removed", Changes { puts: vec![], deletes: vec![key.clone()] }),
        ] {
            let found = alter(&fixture, changes);
            assert_eq!(codes(&found), ["index-differs -"], "{table:02x} {name}");
            assert_eq!(found.exit(), Exit::Findings);
            assert_eq!(alter(&fixture, put(value)).findings, [], "{table:02x} put right");
        }
    }
}

#[test]
fn every_altered_row_is_listed() {
    let fixture = county_cell();
    let rows = rows(&fixture.open(), tables::BALANCE);
    assert!(rows.len() > 5);
    let puts = rows.iter().take(3).map(|(key, value)| {
        let mut value = value.clone();
        *value.last_mut().unwrap() ^= 1;
        (key.clone(), value)
    });
    let changes = Changes { puts: puts.collect(), deletes: vec![rows[4].0.clone()] };
    let found = alter(&fixture, changes);
    assert_eq!(codes(&found), ["index-differs -"; 4]);
    let subjects: Vec<&str> = found.findings.iter().filter_map(|f| f.arg("subject")).collect();
    let hex = |key: &[u8]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (key, _) in [0, 1, 2, 4].map(|place| &rows[place]) {
        assert!(subjects.contains(&hex(key).as_str()), "{subjects:?}");
    }
}

#[test]
fn a_record_that_says_otherwise_is_found() {
    let fixture = county_cell();
    let (key, mut value) = rows(&fixture.open(), tables::CLAIM).remove(0);
    // The name of the court case, in which one digit is another.
    let place = value.windows(4).position(|part| part == "初1".as_bytes()).unwrap();
    value[place + 3] = b'2';
    let found = alter(&fixture, Changes { puts: vec![(key, value)], deletes: vec![] });
    assert_eq!(codes(&found), ["index-differs -"]);
}

#[test]
fn exits_rank_damage_over_findings() {
    let sound = small().verify();
    let with = |findings: Vec<Problem>| Verification { findings, ..sound.clone() }.exit();
    let (finding, damage) = (Problem::new("x", Exit::Findings), Problem::new("y", Exit::Damaged));
    assert_eq!(with(vec![]), Exit::Done);
    assert_eq!(with(vec![finding.clone()]), Exit::Findings);
    assert_eq!(with(vec![finding, damage]), Exit::Damaged);
}

#[test]
fn a_directory_without_a_book_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let problem = verify(directory.path(), None).unwrap_err();
    assert_eq!((problem.code, problem.exit), ("book-missing", Exit::NoInput));
    assert!(!Path::new(&directory.path().join("journal.jsonl")).exists());
}

#[test]
fn money_that_was_not_there_on_its_day_is_a_finding() {
    // Paid on the 3rd out of what came on the 5th: recorded in another order than it happened.
    let events = [
        OPENING,
        r#"{"event":"join","id":"j","date":"2017-01-01","owner":"410821"}"#,
        r#"{"event":"bank-account","id":"a","date":"2017-01-01","owner":"410821","bank_account":"P","fund":"RISK"}"#,
        r#"{"event":"contribute","id":"c","date":"2017-01-05","owner":"410821","source":"city","bank_account":"P","amount":"5.00"}"#,
        r#"{"event":"trustee-fee","id":"f","date":"2017-01-03","bank_account":"P","amount":"1.50","maker":"甲","checker":"乙"}"#,
    ];
    let found = written(&events.map(event)).verify_with_index();
    assert_eq!(codes(&found), ["cell-below-zero 5"]);
    assert_eq!(found.findings[0].arg("found"), Some("-1.50"));
    assert_eq!(found.summary.debit, Total(650));
}
