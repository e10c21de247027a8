//! How fast the book is, measured end to end. `cargo bench --bench book`, with `-- --full` for a
//! million entries; `ENTRIES=50000,200000` and `LOANS=1000` choose other sizes.
//!
//! Nothing here is a test: the numbers depend on the machine. Each stands beside a plain file
//! written and synced in the same run.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod measure;
mod plan;
mod steps;

use measure::{Found, child};
use plan::Plan;
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, word, name, directory, events, loans] = arguments.as_slice()
        && word == "child"
    {
        let plan = Plan::new(events.parse().unwrap(), loans.parse().unwrap());
        steps::run(name, Path::new(directory), &plan);
        measure::tell_process();
        return;
    }
    let full = arguments.iter().any(|argument| argument == "--full");
    let sizes: Vec<u64> = match std::env::var("ENTRIES") {
        Ok(list) => list.split(',').map(|text| text.trim().parse().unwrap()).collect(),
        Err(_) if full => vec![10_000, 100_000, 1_000_000],
        Err(_) => vec![10_000, 100_000],
    };
    println!("| entries | what | result | time | processor | peak memory |");
    println!("| ---: | --- | ---: | ---: | ---: | ---: |");
    for events in sizes {
        book(events, Plan::usual_loans(events));
    }
    for loans in [10_000, 100_000] {
        discount(loans);
    }
}

fn row(count: u64, what: &str, result: &str, micros: u64, found: &Found) {
    println!(
        "| {count} | {what} | {result} | {} ms | {} ms | {} MiB |",
        micros / 1000,
        found.get("cpu").unwrap_or(&0) / 1000,
        found.get("peak").unwrap_or(&0) / 1024,
    );
}

fn rate(count: u64, micros: u64) -> String {
    format!("{} entries/s", count * 1_000_000 / micros.max(1))
}

fn book(events: u64, loans: u64) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = directory.path();
    let run = |name: &str| child(name, path, events, loans);
    run("generate");
    let found = run("record");
    let (bytes, spent) = (found["bytes"], found["record"]);
    row(events, "`record` from JSONL, durable", &rate(events, spent), spent, &found);
    let plain = run("plain");
    let result = format!("{} MB/s", bytes / plain["plain"].max(1));
    row(events, "the same bytes to a plain file, one sync", &result, plain["plain"], &plain);
    let memory = run("memory");
    let spent = memory["record"];
    row(events, "events in memory, durable", &rate(events, spent), spent, &memory);
    let found = run("balance");
    let parts = format!("open {} us, view {} us", found["open"], found["balance"]);
    row(events, "`balance` at a past month end, whole process", &parts, found["process"], &found);
    let found = run("verify");
    row(events, "`verify`", &rate(events, found["verify"]), found["verify"], &found);
    let found = run("checkpoint");
    let spent = found["checkpoint"];
    row(events, "`checkpoint`, both hashes", &rate(events, spent), spent, &found);
    let found = run("against");
    let spent = found["against"];
    row(events, "`verify --against`, both hashes", &rate(events, spent), spent, &found);
    let found = run("reindex");
    row(events, "`reindex`", &rate(events, found["reindex"]), found["reindex"], &found);
    let found = run("crashed");
    let spent = found["open"] + found["replay"];
    let result = format!("open {} us, replay {} us", found["open"], found["replay"]);
    row(events, "reopening after a crash at the end of an import", &result, spent, &found);
    let found = run("one");
    let (ours, theirs, count) = (found["ours"], found["theirs"], found["count"]);
    let result = format!("{} % of plain append and sync", theirs * 100 / ours.max(1));
    row(events, "one event, durable", &result, ours / count, &found);
    println!(
        "|  | plain append and sync of as many bytes | {} us each against {} us |  |  |  |",
        theirs / count,
        ours / count
    );
}

fn discount(loans: u64) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let found = child("discount", directory.path(), loans * 3 + 400, loans);
    let result = format!("{} lines, of it texts {} ms", found["lines"], found["texts"] / 1000);
    let spent = found["compute"] + found["texts"];
    row(loans, "discount of a quarter, loans with their workings", &result, spent, &found);
}
