//! Somebody with every right rewrites history and computes all checksums, the tree and the head anew.
//! Held against a checkpoint from before, every such book is caught and the first changed entry is
//! named; without one, a book that the program itself made again cannot be told from an honest one.
//!
//! `POOLBOOK_FORGERIES` says how many forgeries are tried, `POOLBOOK_FORGERIES_SEED` which.

use crate::support::book::{blank, event, options, record};
use crate::support::budget;
use crate::verify_forgeries::{Book as Sample, sound};
use poolbook::audit::checkpoint::Checkpoint;
use poolbook::audit::finding::Compared;
use poolbook::book::against::{Against, CHECKS, Held};
use poolbook::book::checkpoint::take;
use poolbook::book::verify::{Verification, verify_against};
use poolbook::domain::entry::Entry;
use poolbook::domain::event::Event;
use poolbook::problem::{Exit, Problem};
use poolbook::store::FileStore;
use poolbook::store::tree::{Frontier, leaf_hash};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Forgeries in a plain test run.
const FORGERIES: u64 = 120;

/// xorshift64*, so that every run and every machine tries the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % limit.max(1) as u64) as usize
    }
}

/// A book's directory with exactly these entries, made by hand from what `notes/format.md` says:
/// sound checksums, tree and head.
pub(crate) struct Written(TempDir);

impl Written {
    pub(crate) fn new(entries: &[Vec<u8>]) -> Self {
        let written = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(written.path()).unwrap();
        let (mut journal, mut tree) = (Vec::new(), Frontier::default());
        for entry in entries {
            journal.extend(format!("{:08x} ", crc32c::crc32c(entry)).bytes());
            journal.extend(entry);
            journal.push(b'\n');
            tree.append(leaf_hash(entry));
        }
        let mut head = Vec::new();
        for generation in 1..=2_u64 {
            let mut slot = b"POOLBOOK\0\0\0\x02".to_vec();
            slot.extend((tree.nodes().len() as u32).to_be_bytes());
            slot.extend(
                [generation, tree.count(), journal.len() as u64].map(u64::to_be_bytes).concat(),
            );
            slot.extend(tree.root());
            slot.extend(tree.nodes().concat());
            slot.resize(4092, 0);
            slot.extend(crc32c::crc32c(&slot).to_be_bytes());
            head.extend(slot);
        }
        std::fs::write(written.path().join("journal.jsonl"), journal).unwrap();
        std::fs::write(written.path().join("head"), head).unwrap();
        written
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("book")
    }

    /// A checkpoint; with it the book keeps its leaf hashes.
    fn checkpoint(&self) -> Checkpoint {
        let taken = take(&self.path(), true).unwrap_or_else(|problems| panic!("{problems:?}"));
        taken.leaves.unwrap().keep().unwrap();
        Checkpoint { body: taken.body, signatures: Vec::new() }
    }

    pub(crate) fn against(
        &self,
        held: &[(&str, &Checkpoint)],
        leaves: Option<&Path>,
    ) -> Verification {
        let held = held
            .iter()
            .map(|(name, is)| Held::Checkpoint((*name).to_owned(), Box::new((*is).clone())));
        let leaves = leaves.map(Path::to_owned);
        let against = Against { held: held.collect(), leaves, key: None };
        verify_against(&self.path(), None, against).unwrap()
    }
}

/// What the checks against the outside found: code, and what it names.
fn outside(found: &Verification) -> Vec<(&'static str, String)> {
    let findings = found.findings.iter().filter(|finding| CHECKS.contains(&finding.code));
    let named = |finding: &Problem| {
        let arg = |name| finding.arg(name).unwrap_or_default();
        match finding.code {
            "history-differs" => arg("entry").to_owned(),
            "history-differs-between" => format!("{} {}", arg("from"), arg("to")),
            "rolled-back" => format!("{} {}", arg("expected"), arg("found")),
            "fork-found" => format!("{} {}", arg("size"), arg("other_size")),
            _ => finding.to_string(),
        }
    };
    findings.map(|finding| (finding.code, named(finding))).collect()
}

/// The first place at which two histories differ, from 1; none when one begins the other.
fn parting(honest: &[Vec<u8>], forged: &[Vec<u8>]) -> Option<usize> {
    honest.iter().zip(forged).position(|(a, b)| a != b).map(|place| place + 1)
}

/// Bytes changed with all checksums made right again, in one of the ways that pay. Entries behind a
/// deleted or inserted one get the numbers that they need.
fn bend(entries: &mut Vec<Vec<u8>>, chance: &mut Chance) -> &'static str {
    let place = chance.below(entries.len());
    let mut text = String::from_utf8(entries[place].clone()).unwrap();
    let mut swap = |key: &str, to: &dyn Fn(&str) -> String| {
        let start = text.find(&format!("\"{key}\":\""))? + key.len() + 4;
        let end = start + text[start..].find('"')?;
        let other = to(&text[start..end]);
        text.replace_range(start..end, &other);
        Some(())
    };
    let digits = |was: &str| {
        let swapped = was.chars().map(|c| match c {
            '1'..='8' => char::from(c as u8 + 1),
            '9' => '1',
            c => c,
        });
        swapped.collect::<String>()
    };
    let (kind, done) = match chance.below(7) {
        0 => ("amount", swap("amount", &digits)),
        1 => ("date", swap("date", &|was| was.replace("2017", "2016"))),
        2 => ("account", swap("account", &digits)),
        3 => ("operator", swap("maker", &|was| format!("{was}乙"))),
        4 => ("recorded", swap("recorded", &|was| was.replace("2019", "2018"))),
        5 if entries.len() > 1 => {
            entries.remove(place);
            ("delete", None)
        }
        _ => {
            let copy = entries[place].clone();
            entries.insert(place, copy);
            ("insert", None)
        }
    };
    if done.is_some() {
        entries[place] = text.into_bytes();
    }
    for (seq, entry) in (1..).zip(entries.iter_mut()) {
        let text = String::from_utf8(std::mem::take(entry)).unwrap();
        let start = text.rfind("\"seq\":").unwrap() + 6;
        let end = start + text[start..].find([',', '}']).unwrap();
        *entry = format!("{}{seq}{}", &text[..start], &text[end..]).into_bytes();
    }
    kind
}

fn bytes(entries: &[Entry]) -> Vec<Vec<u8>> {
    entries.iter().map(Entry::to_bytes).collect()
}

#[test]
fn every_forged_history_is_caught_and_the_first_changed_entry_is_named() {
    let mut chance = Chance(budget("POOLBOOK_FORGERIES_SEED", 1) << 1 | 1);
    let samples = [Sample::County, Sample::Funding, Sample::Transfer, Sample::Closed];
    let books: Vec<Vec<Vec<u8>>> = samples.iter().map(|book| bytes(&sound(*book))).collect();
    let honest: Vec<Written> = books.iter().map(|entries| Written::new(entries)).collect();
    let checkpoints: Vec<Checkpoint> = honest.iter().map(Written::checkpoint).collect();
    let mut kinds = std::collections::BTreeMap::<&str, u64>::new();
    for _ in 0..budget("POOLBOOK_FORGERIES", FORGERIES) {
        let which = chance.below(books.len());
        let (entries, checkpoint) = (&books[which], &checkpoints[which]);
        let mut forged = entries.clone();
        let kind = match chance.below(9) {
            0 => {
                forged.truncate(1 + chance.below(entries.len() - 1));
                "cut"
            }
            _ => bend(&mut forged, &mut chance),
        };
        // What was only added behind the checkpoint is no change of history.
        if forged.starts_with(entries) {
            continue;
        }
        *kinds.entry(kind).or_default() += 1;
        let written = Written::new(&forged);
        let leaves = honest[which].path().join("leaves");
        let size = entries.len();
        let short =
            (forged.len() < size).then(|| ("rolled-back", format!("{size} {}", forged.len())));
        // With the leaf hashes of the time of the checkpoint the entry is known.
        let found = written.against(&[("c", checkpoint)], Some(&leaves));
        let first = parting(entries, &forged);
        let exact = first.map(|first| ("history-differs", first.to_string()));
        let expected: Vec<_> = short.clone().into_iter().chain(exact).collect();
        assert_eq!(outside(&found), expected, "{kind} in {:?}", samples[which]);
        assert_eq!(found.exit(), Exit::Damaged);
        // Without them it is known that history was changed.
        let found = written.against(&[("c", checkpoint)], None);
        let mut expected: Vec<_> = short.clone().into_iter().collect();
        match (short, first) {
            // The origin alone gives a changed first entry away.
            (_, Some(1)) => expected.push(("history-differs", "1".to_owned())),
            (None, Some(first)) => {
                // A close names the journal before it, which a careless forger forgets.
                let found = outside(&found);
                let (from, to) = found[0].1.split_once(' ').unwrap();
                let [from, to] = [from, to].map(|text| text.parse::<usize>().unwrap());
                assert!(from <= first && first <= to && to <= size, "{first}: {found:?}");
                expected.push(("history-differs-between", format!("{from} {to}")));
            }
            _ => {}
        }
        assert_eq!(outside(&found), expected, "{kind} in {:?}", samples[which]);
        // The journal is compared with a copy as well.
        let copy = poolbook::store::Copy::open(&honest[which].path()).unwrap().unwrap();
        let held = vec![Held::Copy(honest[which].path(), copy)];
        let against = Against { held, ..Against::default() };
        match verify_against(&written.path(), None, against) {
            Ok(found) => {
                let expected = match first {
                    Some(first) => ("history-differs", first.to_string()),
                    None => ("rolled-back", format!("{size} {}", forged.len())),
                };
                assert_eq!(outside(&found), [expected], "{kind} in {:?}", samples[which]);
            }
            Err(problem) => assert_eq!((problem.code, first), ("origin-other", Some(1))),
        }
    }
    assert!(kinds.len() >= 8, "every kind of forgery was tried: {kinds:?}");
}

/// A book whose every event the program takes in many variants.
fn simple() -> Vec<Event> {
    let mut events = vec![event(crate::verify::OPENING)];
    for owner in ["410821", "410822", "410883"] {
        events.push(event(&format!(
            r#"{{"event":"join","id":"j{owner}","date":"2017-01-01","owner":"{owner}"}}"#
        )));
        events.push(event(&format!(
            r#"{{"event":"bank-account","id":"a{owner}","date":"2017-01-01","owner":"{owner}","bank_account":"P{owner}","fund":"RISK"}}"#
        )));
    }
    for n in 1..=24 {
        let owner = ["410821", "410822", "410883"][n % 3];
        events.push(event(&format!(
            r#"{{"event":"contribute","id":"c{n}","date":"2017-02-{:02}","owner":"{owner}","source":"city","bank_account":"P{owner}","amount":"{}.00","maker":"李砚秋"}}"#,
            1 + n,
            1000 * n
        )));
    }
    events
}

/// What the program makes of events; none when a rule refuses one of them.
fn history(events: &[Event]) -> Option<Vec<Vec<u8>>> {
    let mut book = blank();
    for event in events {
        book.record(event.clone(), &options()).ok()?;
    }
    Some(crate::support::all(book.store()))
}

/// Other events than those that happened.
fn rewrite(events: &mut Vec<Event>, chance: &mut Chance) {
    let place = 1 + chance.below(events.len() - 1);
    let json = events[place].to_json();
    let swapped = match chance.below(5) {
        0 => json.replace(".00\"", ".10\""),
        1 => json.replace("2017-02", "2017-03"),
        2 => json.replace("李砚秋", "王澍文"),
        3 => {
            events.remove(place);
            return;
        }
        _ => {
            let copy = json.replace("\"id\":\"", "\"id\":\"x");
            events.insert(place, event(&copy));
            return;
        }
    };
    events[place] = event(&swapped);
}

/// The blind spot, as the manual states it: what the program made again is sound in itself.
#[test]
fn a_history_made_again_is_sound_by_itself_and_caught_by_a_checkpoint() {
    let mut chance = Chance(budget("POOLBOOK_FORGERIES_SEED", 1) << 1 | 1);
    let honest = history(&simple()).unwrap();
    let before = Written::new(&honest);
    let checkpoint = before.checkpoint();
    let leaves = before.path().join("leaves");
    let mut tried = 0;
    for _ in 0..budget("POOLBOOK_FORGERIES", FORGERIES) / 4 {
        let mut events = simple();
        rewrite(&mut events, &mut chance);
        let Some(forged) = history(&events).filter(|forged| *forged != honest) else { continue };
        tried += 1;
        let written = Written::new(&forged);
        assert_eq!(written.against(&[], None).findings, [], "nothing inside the book tells");
        let found = written.against(&[("c", &checkpoint)], Some(&leaves));
        let mut expected = Vec::new();
        if forged.len() < honest.len() {
            expected.push(("rolled-back", format!("{} {}", honest.len(), forged.len())));
        }
        expected
            .extend(parting(&honest, &forged).map(|first| ("history-differs", first.to_string())));
        assert_eq!(outside(&found), expected);
        assert_eq!(found.exit(), Exit::Damaged);
    }
    assert!(tried > 10, "only {tried}");
}

#[test]
fn a_checkpoint_says_nothing_of_what_came_after_it() {
    let honest = history(&simple()).unwrap();
    let checkpoint = Written::new(&honest[..20]).checkpoint();
    let unchanged = |size| {
        vec![Compared { against: "c".to_owned(), kind: "checkpoint", size, result: "unchanged" }]
    };
    let found = Written::new(&honest).against(&[("c", &checkpoint)], None);
    assert_eq!((found.findings, found.compared), (Vec::new(), unchanged(20)));
    // An entry after it was changed, which another checkpoint would have to tell.
    let mut events = simple();
    events[25] = event(&events[25].to_json().replace(".00\"", ".10\""));
    let forged = history(&events).unwrap();
    assert_eq!(parting(&honest, &forged), Some(26));
    let found = Written::new(&forged).against(&[("c", &checkpoint)], None);
    assert_eq!((found.findings, found.compared), (Vec::new(), unchanged(20)));
}

#[test]
fn the_book_of_yesterday_and_two_sets_of_books() {
    let honest = history(&simple()).unwrap();
    let mut events = simple();
    events[18] = event(&events[18].to_json().replace(".00\"", ".10\""));
    let other = history(&events).unwrap();
    assert_eq!(parting(&honest, &other), Some(19));
    let at = |entries: &[Vec<u8>], size: usize| Written::new(&entries[..size]).checkpoint();
    let (old, late) = (at(&honest, 10), at(&honest, 30));
    // The directory of yesterday in the place of today's: its own leaf hashes and all.
    let yesterday = Written::new(&honest[..20]);
    yesterday.checkpoint();
    let found = yesterday.against(&[("old", &old), ("late", &late)], None);
    assert_eq!(outside(&found), [("rolled-back", "30 20".to_owned())]);
    let results: Vec<_> = found.compared.iter().map(|is| is.result).collect();
    assert_eq!(results, ["unchanged", "shorter"]);
    // One set of books for the bank, another for the auditors.
    let books = Written::new(&other);
    let own = books.checkpoint();
    let shown = at(&other, 25);
    let all = [("old", &old), ("late", &late), ("own", &own), ("shown", &shown)];
    let found = books.against(&all, None);
    let expected = [
        // That of 31 entries holds, too, so those that hold are not all of one history.
        ("history-differs-between", "1 30".to_owned()),
        ("fork-found", "30 31".to_owned()),
    ];
    assert_eq!(outside(&found), expected);
    let found = books.against(&[("old", &old), ("late", &late)], None);
    assert_eq!(outside(&found), [("history-differs-between", "11 30".to_owned())]);
    // The bank's checkpoint and the auditors' are of the same size: no book is needed to see it.
    let same = at(&other, 30);
    let found = Written::new(&honest).against(&[("late", &late), ("same", &same)], None);
    let expected =
        [("history-differs-between", "1 30".to_owned()), ("fork-found", "30 30".to_owned())];
    assert_eq!(outside(&found), expected);
    // With the honest leaf hashes, the larger checkpoint of the other books is a fork of them.
    let honest_book = Written::new(&honest);
    honest_book.checkpoint();
    let leaves = honest_book.path().join("leaves");
    let found = books.against(&[("late", &late), ("shown", &shown)], Some(&leaves));
    let expected = [("history-differs", "19".to_owned()), ("fork-found", "25 30".to_owned())];
    assert_eq!(outside(&found), expected);
}

#[test]
fn hashes_that_nobody_vouches_for_name_nothing() {
    let honest = history(&simple()).unwrap();
    let checkpoint = Written::new(&honest).checkpoint();
    let mut forged = honest.clone();
    forged[14] = String::from_utf8(forged[14].clone()).unwrap().replace(".00", ".01").into_bytes();
    let book = Written::new(&forged);
    // The forger made the book's own hashes anew, too.
    book.checkpoint();
    let found = book.against(&[("c", &checkpoint)], None);
    assert_eq!(outside(&found), [("history-differs-between", "1 31".to_owned())]);
    // He forgot to: they are not proof, and yet they do not agree.
    let forgetful = Written::new(&forged);
    let kept = Written::new(&honest);
    kept.checkpoint();
    std::fs::copy(kept.path().join("leaves"), forgetful.path().join("leaves")).unwrap();
    let found = forgetful.against(&[], None);
    let own: Vec<_> = outside(&found).into_iter().map(|(code, _)| code).collect();
    assert_eq!(own, ["leaves-differ"]);
    let problems = take(&forgetful.path(), true).err().unwrap();
    assert_eq!((problems[0].code, problems[0].arg("entry")), ("leaves-differ", Some("15")));
    assert!(!forgetful.path().join("leaves.new").exists());
    // Hashes of another book are not used at all.
    let foreign = Written::new(&honest[..9]);
    foreign.checkpoint();
    let found = book.against(&[("c", &checkpoint)], Some(&foreign.path().join("leaves")));
    let codes: Vec<_> = found.findings.iter().map(|is| is.code).collect();
    assert!(codes.contains(&"leaves-unproven"), "{codes:?}");
}

#[test]
fn events_recorded_later_extend_the_kept_hashes() {
    let events = simple();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book");
    let mut kept = Vec::new();
    for part in [&events[..10], &events[10..10], &events[10..]] {
        let store = if path.exists() { FileStore::open(&path) } else { FileStore::create(&path) };
        let mut book =
            poolbook::book::Book::open(store.unwrap(), poolbook::book::Scope::All).unwrap();
        record(&mut book, part);
        let taken = take(&path, true).unwrap();
        taken.leaves.unwrap().keep().unwrap();
        kept.push((taken.body, std::fs::read(path.join("leaves")).unwrap()));
    }
    let sizes: Vec<_> = kept.iter().map(|(body, kept)| (body.entries, kept.len())).collect();
    assert_eq!(sizes, [(10, 320), (10, 320), (31, 992)]);
    assert_eq!(kept[0], kept[1], "nothing recorded, nothing new");
    assert!(kept[2].1.starts_with(&kept[0].1));
    let honest = history(&events).unwrap();
    let leaves: Vec<u8> = honest
        .iter()
        .flat_map(|bytes| poolbook::audit::proof::leaf::<poolbook::audit::proof::Sha2>(bytes))
        .collect();
    assert_eq!(kept[2].1, leaves);
}
