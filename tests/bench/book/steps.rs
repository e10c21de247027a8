//! The measured steps, each run in its own process on the book that `record` left.

use crate::measure::{micros, tell, timed};
use crate::plan::{InMemory, Plan};
use poolbook::audit::balance::{Cells, balance};
use poolbook::audit::checkpoint::Checkpoint;
use poolbook::audit::movements::Span;
use poolbook::book::against::{Against, Held};
use poolbook::book::checkpoint::take;
use poolbook::book::subsidies::compute_subsidies;
use poolbook::book::verify::{verify, verify_against};
use poolbook::book::{Book, Options, People, Scope};
use poolbook::domain::calendar::{Quarter, parse_date};
use poolbook::domain::event::Programme;
use poolbook::intake::jsonl::JsonLines;
use poolbook::store::{FileStore, MemoryStore};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Events recorded one by one.
const ONE_BY_ONE: u64 = 1_000;

fn options() -> Options {
    Options {
        now: "2020-01-05T08:00:00Z".parse().unwrap(),
        people: People { maker: Some("录入员".into()), ..People::default() },
        dry_run: false,
        clock_confirmed: true,
        date_confirmed: true,
    }
}

fn open(directory: &Path, scope: Scope) -> Book<FileStore> {
    Book::open(FileStore::open(&directory.join("book")).unwrap(), scope).unwrap()
}

fn journal_bytes(book: &Path) -> u64 {
    std::fs::metadata(book.join("journal.jsonl")).unwrap().len()
}

pub fn run(name: &str, directory: &Path, plan: &Plan) {
    match name {
        "generate" => generate(directory, plan),
        "record" => record(directory),
        "memory" => memory(directory, plan),
        "plain" => plain(directory),
        "balance" => balances(directory),
        "verify" => verified(directory),
        "checkpoint" => checkpoint(directory),
        "against" => against(directory),
        "reindex" => reindex(directory),
        "crashed" => crashed(directory),
        "one" => one_by_one(directory, plan),
        "discount" => discount(plan),
        _ => panic!("unknown step {name}"),
    }
}

fn generate(directory: &Path, plan: &Plan) {
    let file = File::create(directory.join("events.jsonl")).unwrap();
    let mut out = std::io::BufWriter::new(file);
    for n in 0..plan.events {
        writeln!(out, "{}", plan.event(n).to_json()).unwrap();
    }
    out.into_inner().unwrap().sync_all().unwrap();
}

fn record(directory: &Path) {
    let path = directory.join("book");
    let mut book = Book::open(FileStore::create(&path).unwrap(), Scope::All).unwrap();
    let mut source = JsonLines::open(&directory.join("events.jsonl")).unwrap();
    timed("record", || book.record_all(&mut source, &options(), &mut |_, _| {}).unwrap());
    timed("close", || book.into_store().close().unwrap());
    tell("bytes", journal_bytes(&path));
}

fn memory(directory: &Path, plan: &Plan) {
    let path = directory.join("second");
    let mut book = Book::open(FileStore::create(&path).unwrap(), Scope::All).unwrap();
    let mut source = InMemory(plan);
    timed("record", || book.record_all(&mut source, &options(), &mut |_, _| {}).unwrap());
    timed("close", || book.into_store().close().unwrap());
    std::fs::remove_dir_all(path).unwrap();
}

fn plain(directory: &Path) {
    let chunk = vec![b'x'; 1024 * 1024];
    let mut left = usize::try_from(journal_bytes(&directory.join("book"))).unwrap();
    let path = directory.join("plain");
    timed("plain", || {
        let mut file = File::create(&path).unwrap();
        while left > 0 {
            let part = left.min(chunk.len());
            file.write_all(&chunk[..part]).unwrap();
            left -= part;
        }
        file.sync_data().unwrap();
    });
    std::fs::remove_file(path).unwrap();
}

fn balances(directory: &Path) {
    let book = timed("open", || open(directory, Scope::Balances));
    let (from, to) = (parse_date("2018-06-01").unwrap(), parse_date("2018-06-30").unwrap());
    let span = Span::new(from, to).unwrap();
    let owners = book.owner_names();
    let view = timed("balance", || {
        book.with_movements(|source| balance(source, &owners, Cells::default(), span)).unwrap()
    });
    assert_eq!(view.rows.len(), 21);
    timed("close", || book.into_store().close().unwrap());
}

fn verified(directory: &Path) {
    let book = open(directory, Scope::Balances);
    let found = timed("verify", || verify(&directory.join("book"), Some(&book.rows())).unwrap());
    assert!(found.findings.is_empty(), "{:?}", found.findings.first());
}

fn checkpoint(directory: &Path) {
    let taken =
        timed("checkpoint", || take(&directory.join("book"), true).unwrap_or_else(|_| panic!()));
    taken.leaves.unwrap().keep().unwrap();
    std::fs::write(directory.join("checkpoint"), format!("{}\n", taken.body)).unwrap();
}

/// The full check with both hashes.
fn against(directory: &Path) {
    let text = std::fs::read(directory.join("checkpoint")).unwrap();
    let checkpoint = Checkpoint::parse(&text).unwrap();
    let held = vec![Held::Checkpoint("c".to_owned(), Box::new(checkpoint))];
    let against = Against { held, ..Against::default() };
    let book = open(directory, Scope::Balances);
    let found = timed("against", || {
        verify_against(&directory.join("book"), Some(&book.rows()), against).unwrap()
    });
    assert_eq!((found.findings, found.compared[0].result), (Vec::new(), "unchanged"));
}

fn reindex(directory: &Path) {
    let mut book = open(directory, Scope::Balances);
    timed("reindex", || book.reindex().unwrap());
    timed("close", || book.into_store().close().unwrap());
}

/// The power failed after the sync of the whole import and before anything else: no slot of the
/// head knows of it, the index is empty, and half a line of the next group follows.
fn crashed(directory: &Path) {
    let path = directory.join("crashed");
    FileStore::create(&path).unwrap().close().unwrap();
    std::fs::remove_dir_all(path.join("index")).unwrap();
    let mut journal = std::fs::read(directory.join("book/journal.jsonl")).unwrap();
    journal.extend_from_slice(b"0123abcd {\"half\":");
    std::fs::write(path.join("journal.jsonl"), journal).unwrap();
    let store = timed("open", || FileStore::open(&path).unwrap());
    let book = timed("replay", || Book::open(store, Scope::All).unwrap());
    timed("close", || book.into_store().close().unwrap());
}

fn one_by_one(directory: &Path, plan: &Plan) {
    let mut book = open(directory, Scope::All);
    let mut file = File::create(directory.join("plain")).unwrap();
    let (mut ours, mut theirs) = (Duration::ZERO, Duration::ZERO);
    let mut next = plan.events;
    // In turns, so that both meet the same disk.
    for _ in 0..ONE_BY_ONE / 20 {
        let mut entries = Vec::new();
        for _ in 0..20 {
            let event = plan.event(next);
            next += 1;
            let start = Instant::now();
            let (entry, _) = book.record(event, &options()).unwrap();
            ours += start.elapsed();
            entries.push(entry.unwrap());
        }
        for entry in entries {
            let mut line = vec![b' '; 9];
            entry.encode(&mut line);
            line.push(b'\n');
            let start = Instant::now();
            file.write_all(&line).unwrap();
            file.sync_data().unwrap();
            theirs += start.elapsed();
        }
    }
    tell("ours", micros(ours));
    tell("theirs", micros(theirs));
    tell("count", ONE_BY_ONE);
}

fn discount(plan: &Plan) {
    let mut book = Book::open(MemoryStore::new(), Scope::All).unwrap();
    book.record_all(&mut InMemory(plan), &options(), &mut |_, _| {}).unwrap();
    let quarter = Quarter::parse("2017Q2").unwrap();
    let programmes = [Programme::InterestDiscount];
    let lines = timed("compute", || compute_subsidies(book.state(), quarter, &programmes));
    let bytes: usize =
        timed("texts", || lines.iter().map(|line| line.working.to_text().as_str().len()).sum());
    tell("lines", lines.len() as u64);
    tell("bytes", bytes as u64);
}
