//! The process is killed at any instant, the real program with its real files.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use poolbook::store::{ReadStore, Store, check};

use super::script::seed;
use crate::support::budget;
use crate::support::random::Random;

fn program(book: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poolbook"));
    command.env("POOLBOOK_MAKER", "录入员");
    command.arg("--book").arg(book).args(["--lang", "en", "--format", "json"]);
    command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(Stdio::piped());
    command
}

/// The ids that the journal holds, in order.
fn ids(book: &Path) -> Vec<String> {
    let store = ReadStore::open(book).unwrap();
    let mut ids = Vec::new();
    store
        .scan(1, &mut |_, json| {
            let entry: serde_json::Value = serde_json::from_slice(json).unwrap();
            ids.push(entry["id"].as_str().unwrap().to_owned());
            Ok(())
        })
        .unwrap();
    ids
}

fn event(id: &str, number: usize) -> String {
    format!(
        "{{\"event\":\"party\",\"id\":\"{id}\",\"date\":\"2017-01-01\",\"party\":\"B{number}\",\
         \"kind\":\"bank\",\"name\":\"Bank {number}\"}}\n"
    )
}

/// Runs `record` on a file of events and kills it after a while, if at all; whether it said that it is done.
fn killed(book: &Path, file: &Path, after: Option<Duration>) -> bool {
    let mut child = program(book).arg("record").arg(file).spawn().unwrap();
    if let Some(after) = after {
        std::thread::sleep(after);
        child.kill().unwrap();
    }
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    // Half a report is none.
    serde_json::from_str::<serde_json::Value>(&said).is_ok()
}

/// So many kills; how many commands had already said that they were done.
pub fn kills(rounds: u64, seed: u64) -> u64 {
    let directory = tempfile::tempdir().unwrap();
    let book = directory.path().join("book");
    let made = program(&book).args(["init", "--city", "410800", "--date", "2017-01-01"]).output();
    assert!(made.unwrap().status.success());
    let file = directory.path().join("events.jsonl");
    let mut random = Random(seed);
    let (mut done, mut number) = (0, 0);
    let mut expected: BTreeSet<String> = ids(&book).into_iter().collect();
    let mut takes = Duration::ZERO;
    for round in 0..rounds {
        let size = [1, 1, 3, 120][random.below(4)];
        let group: Vec<String> = (0..size).map(|at| format!("e{}", number + at)).collect();
        let lines = group.iter().enumerate().map(|(at, id)| event(id, number + at));
        std::fs::write(&file, lines.collect::<String>()).unwrap();
        number += size;
        // Now and then a command may end, to know how long one takes: the kills fall into that.
        let measures = round % 16 == 0;
        let after = takes * random.below(1_200) as u32 / 1_000;
        let start = Instant::now();
        let acknowledged = killed(&book, &file, (!measures).then_some(after));
        done += u64::from(acknowledged);
        if measures {
            takes = start.elapsed();
        }
        let found = ids(&book);
        let there = group.iter().filter(|id| found.contains(id)).count();
        assert!(there == 0 || there == size, "round {round}, seed {seed}: {there} of {size}");
        assert!(there == size || !acknowledged, "round {round}, seed {seed}: acknowledged, gone");
        if there == size {
            expected.extend(group);
        }
        let found: BTreeSet<String> = found.into_iter().collect();
        assert_eq!(found, expected, "round {round}, seed {seed}");
    }
    // The next command needs no human, and the book is sound.
    let next = program(&book).arg("verify").output().unwrap();
    assert!(next.status.success(), "{}", String::from_utf8_lossy(&next.stdout));
    assert_eq!(check(&book, &mut |_, _| Ok(())).unwrap().findings, []);
    assert_eq!(ids(&book).len(), expected.len());
    done
}

#[test]
fn killed_program_loses_nothing_that_it_said() {
    let (rounds, start) = (budget("POOLBOOK_KILLS", 24), Instant::now());
    let done = kills(rounds, seed());
    let spent = start.elapsed().as_millis();
    println!("{rounds} kills ({done} after the answer) in {spent} ms: nothing lost");
}
