//! The foot of reports: how long, and for how many entries, nobody outside can vouch.

use crate::errors::shell;
use crate::packs::{TOWN, town};
use crate::support::book::{event, options};
use crate::support::fixture;
use jiff::Timestamp;
use poolbook::book::{Book, Scope};
use poolbook::store::FileStore;
use serde_json::Value;
use std::path::Path;

fn run(script: &str, dir: &Path, lang: &str) -> String {
    let (code, out, err) = shell(script, dir, lang);
    assert_eq!(code, 0, "{script}: {err}");
    out
}

fn unwitnessed(dir: &Path) -> (u64, u64) {
    let out = run("poolbook balance --format json", dir, "zh");
    let told = serde_json::from_str::<Value>(&out).unwrap()["unwitnessed"].clone();
    (told["days"].as_u64().unwrap(), told["entries"].as_u64().unwrap())
}

#[test]
fn a_book_counts_from_its_first_entry_and_then_from_the_checkpoint_that_is_kept() {
    let book = town();
    let first = book.entry(1).unwrap().recorded;
    let witnessed = book.witnessed().unwrap().unwrap();
    assert_eq!(
        (witnessed.covered, witnessed.since),
        (0, first),
        "two checkpoints, none of them kept"
    );
    let mut book = book;
    let keep = |checkpoint: u64, id: &str| {
        event(&format!(
            r#"{{"event":"keep-checkpoint","id":"{id}","date":"2017-07-01","checkpoint":"{checkpoint}","by":"市审计局"}}"#
        ))
    };
    let later =
        poolbook::book::Options { now: "2019-02-05T08:00:00Z".parse().unwrap(), ..options() };
    book.record(keep(23, "k-2"), &later).unwrap();
    let witnessed = book.witnessed().unwrap().unwrap();
    let made = book.entry(23).unwrap().recorded;
    assert_eq!((witnessed.covered, witnessed.since), (23, made), "when it was made, not when kept");
    // An earlier one that leaves the house later takes nothing away.
    book.record(keep(19, "k-1"), &later).unwrap();
    assert_eq!(book.witnessed().unwrap().unwrap().covered, 23);
    // What was told by mistake is taken back.
    let wrong = r#"{"event":"reverse","id":"r","date":"2017-07-02","entry":"25","reason":"x"}"#;
    book.record(event(wrong), &later).unwrap();
    assert_eq!(book.witnessed().unwrap().unwrap().covered, 19);
}

#[test]
fn reports_tell_days_and_entries() {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path();
    // Recorded in 2019 by another program over the same library.
    let path = dir.join("book");
    let mut book = Book::open(FileStore::create(&path).unwrap(), Scope::All).unwrap();
    for line in &TOWN[..9] {
        book.record(event(line), &options()).unwrap();
    }
    drop(book);
    let since = |now: Timestamp| {
        u64::try_from((now.as_second() - options().now.as_second()) / 86_400).unwrap()
    };
    let before = since(Timestamp::now());
    let (days, entries) = unwitnessed(dir);
    assert!((before..=since(Timestamp::now())).contains(&days), "{days}");
    assert_eq!(entries, 9);
    let text = run("poolbook balance", dir, "zh");
    assert!(text.contains(&format!("未存证 {days} 天，9 笔")), "{text}");
    // The entry of the checkpoint is part of it; that it is kept is told by an entry after it.
    run("poolbook checkpoint -o kept.txt", dir, "zh");
    assert_eq!(unwitnessed(dir), (days, 10), "it did not leave the house yet");
    run("poolbook keep-checkpoint --date 2017-07-01 --checkpoint 10 --by 市审计局", dir, "zh");
    assert_eq!(unwitnessed(dir), (0, 1));
    let text = run("poolbook balance", dir, "en");
    assert!(text.contains("Not witnessed outside for 0 days, 1 entries"), "{text}");
    assert!(!run("poolbook balance --format csv", dir, "en").contains("itnessed"));
}

#[test]
fn an_owner_takes_its_pack_away_and_checks_it_without_the_book() {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path();
    let folder = fixture("jiaozuo-2017");
    let (code, _, err) = shell(
        &format!(
            "poolbook quarter 2017Q4 --from {} --post --maker 李砚秋 --checker 王澍文 --approver 张栎川",
            folder.display()
        ),
        dir,
        "zh",
    );
    assert!(code <= 1, "{err}");
    run("poolbook checkpoint -o kept.txt", dir, "zh");
    let text = std::fs::read(dir.join("kept.txt")).unwrap();
    run("poolbook checkpoint -o again.txt", dir, "zh");
    assert_eq!(
        std::fs::read(dir.join("again.txt")).unwrap(),
        text,
        "the same journal is sealed once"
    );
    run(
        "poolbook bank-charge --date 2018-01-31 --owner 410883 --bank-account RISK-CCB-410883 --amount 1.00",
        dir,
        "zh",
    );
    let export =
        "poolbook export audit --owner 410883 --from 2017-10-01 --to 2017-12-31 -o p.pack.jsonl";
    let (code, _, err) = shell(export, dir, "en");
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("note: 1 entries of this owner came after the checkpoint"), "{err}");
    run("rm -r book && poolbook check-pack p.pack.jsonl --checkpoint kept.txt", dir, "zh");
    let out =
        run("poolbook check-pack p.pack.jsonl --checkpoint kept.txt --format json", dir, "zh");
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&told["owner"], &told["findings"]), (&"410883".into(), &0.into()));
    // One figure of the pack changed: exit code 1, and what is wrong.
    run("sed -i '0,/5000000.00/s//5000001.00/' p.pack.jsonl", dir, "zh");
    let (code, out, _) = shell("poolbook check-pack p.pack.jsonl", dir, "en");
    assert_eq!(code, 1);
    assert!(out.contains("is not in the journal of the checkpoint"), "{out}");
}
