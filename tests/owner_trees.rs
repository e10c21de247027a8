//! The trees of owners: what a close and a checkpoint commit to, whatever the index holds of them.

use crate::packs::{OF_OWNER, TOWN, town};
use crate::support::book::{entries, event, options, record, rows};
use crate::support::world::{next, opening, steps};
use crate::support::{all, root};
use poolbook::book::verify::verify;
use poolbook::book::{Book, Scope};
use poolbook::domain::entry::Entry;
use poolbook::domain::registry::tables;
use poolbook::store::{FileStore, Store};
use proptest::strategy::{Strategy as _, ValueTree as _};
use serde_json::{Value, json};
use std::path::Path;

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn working(entry: &Entry) -> Value {
    entry.working.as_ref().unwrap().value()
}

/// Count and root over the entries of these ids that stand before an entry, by definition.
fn tree(told: &[Entry], before: u64, ids: &[&str]) -> Value {
    let own = told.iter().filter(|entry| entry.seq < before && ids.contains(&&*entry.event.id));
    let bytes: Vec<Vec<u8>> = own.map(Entry::to_bytes).collect();
    json!({ "count": bytes.len(), "root": hex(&root(&bytes)) })
}

#[test]
fn a_close_and_a_checkpoint_hold_the_trees_before_them() {
    let told = entries(town().store());
    let entry = |id: &str| told.iter().find(|entry| entry.event.id == *id).unwrap();
    let close = entry("close");
    assert_eq!(working(close)["owner_tree"], tree(&told, close.seq, OF_OWNER[1].1));
    for id in ["cp-1", "cp-2"] {
        let sealed = entry(id);
        let expected: Vec<Value> = OF_OWNER
            .iter()
            .map(|(owner, ids)| {
                let mut row = tree(&told, sealed.seq, ids);
                row["owner"] = (*owner).into();
                row
            })
            .collect();
        assert_eq!(working(sealed)["owners"], Value::Array(expected), "{id}");
        let before: Vec<Vec<u8>> =
            told.iter().filter(|other| other.seq < sealed.seq).map(Entry::to_bytes).collect();
        let journal = &working(sealed)["journal"];
        assert_eq!(journal["entries"], before.len());
        assert_eq!(journal["root"], hex(&root(&before)));
    }
}

/// What moves money between two owners is an entry of both, and so is what takes it back; here by a
/// list made by hand, because every part of the program reads the owners in one place.
#[test]
fn what_concerns_two_owners_stands_in_both_trees() {
    let mut book = town();
    let lent = book.find("lent").unwrap().unwrap().seq.to_string();
    let again = |id: &str| {
        json!({"event": "transfer", "id": id, "date": "2017-06-30", "owner": "410821",
            "to_owner": "410822", "bank_account": "CITY", "to_bank_account": "P2",
            "amount": "30.00", "document": "2号", "maker": "甲", "checker": "乙"})
    };
    record(
        &mut book,
        &[
            event(
                &json!({"event": "reverse", "id": "unlent", "date": "2017-06-30", "entry": lent,
            "reason": "x"})
                .to_string(),
            ),
            event(&again("again").to_string()),
            event(
                &json!({"event": "settle-transfer", "id": "settled", "date": "2017-06-30",
            "owner": "410821", "to_owner": "410822", "settlement": "cash",
            "bank_account": "CITY", "to_bank_account": "P2", "document": "3号", "maker": "甲",
            "checker": "乙"})
                .to_string(),
            ),
        ],
    );
    let settled = book.find("settled").unwrap().unwrap().seq.to_string();
    record(
        &mut book,
        &[
            event(
                &json!({"event": "reverse", "id": "unsettled", "date": "2017-06-30",
            "entry": settled, "reason": "x"})
                .to_string(),
            ),
            event(r#"{"event":"checkpoint","id":"cp-3","date":"2017-07-01"}"#),
        ],
    );
    let both = ["unlent", "again", "settled", "unsettled"];
    let told = entries(book.store());
    let sealed = told.last().unwrap();
    for (place, (owner, before)) in OF_OWNER.iter().enumerate() {
        let own: &[&str] = if *owner == "410821" { &["charge-3"] } else { &[] };
        let common: &[&str] = if *owner == "410800" { &[] } else { &both };
        let ids = [before, own, common].concat();
        let mut row = tree(&told, sealed.seq, &ids);
        row["owner"] = (*owner).into();
        assert_eq!(working(sealed)["owners"][place], row, "{owner}");
    }
}

/// The book of a directory, opened anew.
fn opened(directory: &Path) -> Book<FileStore> {
    Book::open(FileStore::open(directory).unwrap(), Scope::All).unwrap()
}

fn findings(directory: &Path) -> Vec<String> {
    let book = opened(directory);
    let found = verify(directory, Some(&book.rows())).unwrap();
    found.findings.iter().map(ToString::to_string).collect()
}

fn cached(book: &Book<FileStore>) -> usize {
    let mut rows = 0;
    book.store().range(&[tables::OWNER_TREE], &mut |_, _| rows += 1).unwrap();
    rows
}

/// Random lives with checkpoints and closes in between: the index is used, thrown away and made again
/// on the way, and `verify`, which builds the trees from the entries alone, agrees with all of it.
#[test]
fn the_index_is_a_cache_in_random_lives() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut sealed, mut facts) = (0, 0);
    for life in 0..18 {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("book");
        let mut book = Book::open(FileStore::create(&path).unwrap(), Scope::All).unwrap();
        record(&mut book, &opening());
        let steps = steps().new_tree(&mut runner).unwrap().current();
        for (number, step) in steps.iter().enumerate() {
            let _ = book.record(next(&book, step, number), &options());
            if number % 5 == 4 {
                let seal = json!({"event": "checkpoint", "id": format!("cp-{number}"),
                    "date": "2017-12-31"});
                record(&mut book, &[event(&seal.to_string())]);
                sealed += 1;
            }
            match (life % 3, number % 20) {
                (1, 7 | 15) => drop(book.reindex().unwrap()),
                (2, 7 | 15) => {
                    drop(book);
                    book = opened(&path);
                }
                _ => {}
            }
        }
        let unnamed = |entry: &Entry| entry.owner().is_none() && entry.lines.is_empty();
        facts += entries(book.store()).iter().filter(|entry| unnamed(entry)).count();
        drop(book);
        assert_eq!(findings(&path), [""; 0], "life {life}");
    }
    assert!(sealed > 30 && facts > 50, "{sealed} {facts}");
}

#[test]
fn rows_of_the_index_that_are_wrong_are_found_or_made_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book");
    let mut book = Book::open(FileStore::create(&path).unwrap(), Scope::All).unwrap();
    for line in TOWN.iter().filter(|line| !line.contains("@interest")) {
        record(&mut book, &[event(line)]);
    }
    assert_eq!(cached(&book), 4, "three owners, and how far they reach");
    let told = rows(book.store());
    drop(book);
    assert_eq!(findings(&path), [""; 0]);
    // A row that does not belong to the entries is named by `verify`.
    let change = |key: &[u8], value: Vec<u8>| {
        let mut store = FileStore::open(&path).unwrap();
        let puts = vec![(key.to_vec(), value)];
        store.index(poolbook::store::Changes { puts, deletes: Vec::new() }).unwrap();
    };
    let key = [&[tables::OWNER_TREE][..], b"410822"].concat();
    let value = opened(&path).store().get(&key).unwrap().unwrap();
    let mut wrong = value.clone();
    *wrong.last_mut().unwrap() ^= 1;
    change(&key, wrong);
    let found = findings(&path);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("index-differs") && found[0].contains("410822"), "{found:?}");
    // One that cannot be read is made again from the journal when something is sealed.
    change(&key, vec![1, 2, 3]);
    let mut book = opened(&path);
    record(&mut book, &[event(r#"{"event":"checkpoint","id":"cp-3","date":"2017-07-01"}"#)]);
    assert_eq!(book.store().get(&key).unwrap(), Some(value), "nothing of 410822 came since");
    drop(book);
    assert_eq!(findings(&path), [""; 0]);
    // Making the index again leaves them out until they are asked for.
    let mut book = opened(&path);
    book.reindex().unwrap();
    assert_eq!(cached(&book), 0);
    assert_eq!(rows(book.store()).len(), told.len(), "all checkpoints stand in one row");
    assert_eq!(all(book.store()).len(), TOWN.len());
}
