//! The second verifier, `tests/second_verifier.py`, against the program's own: on sound and damaged
//! books both give the same exit code, the same root and the same first bad entry.
//!
//! `POOLBOOK_SECOND_BOOKS` says how many books are judged: 100 by default, 10,000 in the long form
//! (`POOLBOOK_SECOND_BOOKS=10000 cargo test --release --test integration second_verifier`), and
//! `POOLBOOK_SECOND_SEED` where the dice begin. Without `python3` the tests say so and go on; with
//! `POOLBOOK_SECOND=required` that is a failure.

use crate::backup::sm3_root;
use crate::properties::life;
use crate::second_damage::{BEYOND, BLIND, Dice, Files, OF_ENTRIES, OF_FILES, files};
use crate::support::all as stored;
use crate::support::book::{balances, entries as decoded};
use crate::support::budget;
use crate::support::world::steps;
use crate::verify_forgeries::{Book, ROWS, sound};
use crate::verify_forgeries_pools::OF_POOLS;
use poolbook::audit::verify::CHECKS;
use poolbook::book::verify::verify;
use poolbook::domain::entry::Entry;
use poolbook::problem::{Exit, Problem};
use poolbook::store::tree::hex;
use proptest::strategy::{Strategy as _, ValueTree as _};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program of the second verifier.
fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/second_verifier.py")
}

/// What the second verifier has to say against a book; nothing where it is sound.
pub fn second_opinion(book: &Path) -> Option<String> {
    let output = ran(Command::new("python3").arg(script()).arg(book))?;
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code() != Some(0)).then_some(told)
}

/// What a command of Python gives; nothing, and a word about it, where there is no Python.
fn ran(command: &mut Command) -> Option<Output> {
    if let Ok(output) = command.output() {
        return Some(output);
    }
    let told = "python3 is not installed (apt-get install python3)";
    let required = std::env::var("POOLBOOK_SECOND").is_ok_and(|set| set == "required");
    assert!(!required, "{told}");
    // Past the capture of the test harness, so that it is seen.
    let told = format!("SKIPPED, not checked: {told}\n");
    std::io::stderr().lock().write_all(told.as_bytes()).unwrap();
    None
}

/// What the second verifier says of each path; nothing where there is no Python.
pub fn judged(options: &[&str], paths: &[PathBuf]) -> Option<Vec<Value>> {
    if paths.is_empty() {
        return Some(Vec::new());
    }
    let mut command = Command::new("python3");
    command.arg("-I").arg(script()).arg("--json").args(options).args(paths);
    let output = ran(&mut command)?;
    let text = String::from_utf8(output.stdout).unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    let said: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said.len(), paths.len(), "{told}{text}");
    let worst = said.iter().filter_map(|one| one["exit"].as_i64()).max();
    assert_eq!(output.status.code().map(i64::from), worst, "the exit code is the worst one");
    Some(said)
}

/// A verdict in the terms of both.
#[derive(Debug, PartialEq)]
struct Verdict {
    exit: i64,
    root: String,
    /// The first bad entry, where one is named.
    first: Option<u64>,
    codes: Vec<String>,
}

/// What the program says.
fn program(directory: &Path) -> Verdict {
    let found = match verify(directory, None) {
        Ok(found) => found,
        Err(problem) => {
            let (exit, codes) = (problem.exit as i64, vec![problem.code.to_owned()]);
            return Verdict { exit, root: String::new(), first: None, codes };
        }
    };
    let named = |finding: &Problem| {
        let named = finding.arg("line").or_else(|| finding.arg("entry"));
        named.filter(|_| finding.code != "head-damaged")?.parse().ok()
    };
    Verdict {
        exit: found.exit() as i64,
        root: hex(&found.head.root),
        first: found.findings.iter().filter_map(named).min(),
        codes: found.findings.iter().map(|finding| finding.code.to_owned()).collect(),
    }
}

fn second(said: &Value) -> Verdict {
    Verdict {
        exit: said["exit"].as_i64().unwrap(),
        root: said["root"].as_str().unwrap().to_owned(),
        first: said["first"]["entry"].as_u64(),
        codes: said["first"]["code"].as_str().map(str::to_owned).into_iter().collect(),
    }
}

pub fn write(files: &Files, directory: &Path) {
    std::fs::create_dir_all(directory).unwrap();
    std::fs::write(directory.join("journal.jsonl"), &files.journal).unwrap();
    if let Some(head) = &files.head {
        std::fs::write(directory.join("head"), head).unwrap();
    }
}

/// What of a judgement is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hold {
    /// Everything.
    Alike,
    /// The program finds it; the other may, and never before the program does.
    Beyond,
    /// Neither can.
    Blind,
}

/// Books waiting to be judged together.
#[derive(Default)]
struct Court {
    cases: Vec<(String, Hold, Files)>,
    judged: BTreeMap<String, usize>,
    found: usize,
}

impl Court {
    fn add(&mut self, what: impl Into<String>, hold: Hold, files: Files) {
        self.cases.push((what.into(), hold, files));
        if self.cases.len() == 50 {
            self.judge();
        }
    }

    fn judge(&mut self) {
        let temp = tempfile::tempdir().unwrap();
        let cases = std::mem::take(&mut self.cases);
        let paths: Vec<PathBuf> =
            (0..cases.len()).map(|number| temp.path().join(number.to_string())).collect();
        for ((_, _, files), path) in cases.iter().zip(&paths) {
            write(files, path);
        }
        let Some(said) = judged(&["--no-sm3"], &paths) else { return };
        for ((what, hold, _), (path, said)) in cases.iter().zip(paths.iter().zip(&said)) {
            let (ours, theirs) = (program(path), second(said));
            let told = format!("{what}: {ours:?}\n{said}");
            assert!(ours.root == theirs.root || ours.exit == Exit::Refused as i64, "{told}");
            match hold {
                Hold::Alike => {
                    assert_eq!((ours.exit, ours.first), (theirs.exit, theirs.first), "{told}");
                }
                Hold::Beyond => {
                    assert_eq!(ours.exit, Exit::Findings as i64, "{told}");
                    assert!(theirs.exit <= ours.exit, "{told}");
                    assert!(theirs.first.is_none() || theirs.first >= ours.first, "{told}");
                }
                Hold::Blind => assert_eq!((ours.exit, theirs.exit), (0, 0), "{told}"),
            }
            self.found += usize::from(theirs.exit != 0);
            *self.judged.entry(what.clone()).or_default() += 1;
        }
    }
}

fn forged(
    entries: &[Vec<u8>],
    dice: &mut Dice,
    forge: fn(&mut Vec<Value>, &mut Dice) -> bool,
) -> Option<Files> {
    let mut values: Vec<Value> =
        entries.iter().map(|bytes| serde_json::from_slice(bytes).unwrap()).collect();
    // serde_json keeps objects sorted, so its own print is the canonical form.
    forge(&mut values, dice).then(|| {
        let bytes: Vec<Vec<u8>> =
            values.iter().map(|value| value.to_string().into_bytes()).collect();
        files(&bytes)
    })
}

/// Sound books to start from: scenarios with reversals and closes, and random lives.
fn bases(random: usize) -> Vec<Vec<Vec<u8>>> {
    let books = [Book::County, Book::Funding, Book::Settlement, Book::Clawback, Book::Transfer];
    let later = [Book::WindUp, Book::Quota, Book::Caps, Book::Closed];
    let mut bases: Vec<Vec<Vec<u8>>> = books
        .into_iter()
        .chain(later)
        .map(|book| sound(book).iter().map(Entry::to_bytes).collect())
        .collect();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..random {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        bases.push(stored(life(&steps).0.store()));
    }
    bases
}

#[test]
fn both_verifiers_agree_on_random_books() {
    let count = budget("POOLBOOK_SECOND_BOOKS", 100) as usize;
    let mut dice = Dice(budget("POOLBOOK_SECOND_SEED", 1));
    let bases = bases(count.div_ceil(10).min(500));
    let kinds = 1 + OF_FILES.len() + OF_ENTRIES.len() + BEYOND.len() + BLIND.len();
    let mut court = Court::default();
    for round in 0..count.max(2 * kinds) {
        let seed = dice.0;
        let entries = &bases[dice.below(bases.len())];
        let what = |name: &str| format!("{name} (seed {seed})");
        let mut kind = round % kinds;
        if kind == 0 {
            court.add(what("sound"), Hold::Alike, files(entries));
            continue;
        }
        kind -= 1;
        if let Some((name, damage)) = OF_FILES.get(kind) {
            let mut files = files(entries);
            damage(&mut files, &mut dice);
            court.add(what(name), Hold::Alike, files);
            continue;
        }
        kind -= OF_FILES.len();
        let (name, hold, forge) = if let Some((name, forge)) = OF_ENTRIES.get(kind) {
            (*name, Hold::Alike, *forge)
        } else if let Some((name, forge, _)) = BEYOND.get(kind - OF_ENTRIES.len()) {
            (*name, Hold::Beyond, *forge)
        } else {
            let (name, forge) = BLIND[kind - OF_ENTRIES.len() - BEYOND.len()];
            (name, Hold::Blind, forge)
        };
        // A book without a close or a reversal has none to forge: another one is taken.
        let tries = std::iter::once(entries).chain(&bases);
        let files = tries.into_iter().find_map(|entries| forged(entries, &mut dice, forge));
        court.add(what(name), hold, files.unwrap_or_else(|| panic!("{name}: no book has it")));
    }
    court.judge();
    if !court.judged.is_empty() {
        assert_eq!(court.judged.values().sum::<usize>(), count.max(2 * kinds));
        assert!(court.found > count / 2, "only {} of {count} were found bad", court.found);
    }
}

/// Each forgery that trips one of the program's own checks: the second verifier never finds it
/// earlier or worse, and finds what is the format's own business.
#[test]
fn the_forgeries_of_each_check_are_judged_no_worse() {
    let format = ["entry-seq", "recorded-order", "entry-unbalanced", "memo-unbalanced"];
    let more = ["line-amount", "line-register", "voucher-missing", "voucher-number"];
    let others = ["voucher-month", "voucher-word", "id-doubled", "reversal-target"];
    let last = ["reversal-twice", "reversal-of-reversal", "reversal-lines", "line-fund"];
    let lines = ["line-bank-account", "line-bank-account-fund", "maker-is-checker", "claim-parts"];
    let known: Vec<&str> =
        [&format[..], &more, &others, &last, &lines, &["cell-below-zero"]].concat();
    assert!(known.iter().all(|code| CHECKS.contains(code)));
    let temp = tempfile::tempdir().unwrap();
    let (mut paths, mut checks) = (Vec::new(), Vec::new());
    for (number, (check, book, forge, _)) in ROWS.iter().chain(OF_POOLS).enumerate() {
        // The sample city is large; what is forged there is not the format's business.
        if *book == Book::Jiaozuo && !known.contains(check) {
            continue;
        }
        let mut all = sound(*book);
        forge(&mut all);
        let bytes: Vec<Vec<u8>> = all.iter().map(Entry::to_bytes).collect();
        let path = temp.path().join(number.to_string());
        write(&files(&bytes), &path);
        paths.push(path);
        checks.push(*check);
    }
    let Some(said) = judged(&["--no-sm3"], &paths) else { return };
    for (check, (path, said)) in checks.iter().zip(paths.iter().zip(&said)) {
        let (ours, theirs) = (program(path), second(said));
        assert_eq!(ours.root, theirs.root, "{check}");
        assert!(theirs.exit <= ours.exit, "{check}: {ours:?} {said}");
        assert!(theirs.first.is_none() || theirs.first >= ours.first, "{check} {ours:?} {said}");
        if known.contains(check) {
            assert_eq!((theirs.exit, theirs.first), (ours.exit, ours.first), "{check} {said}");
        }
    }
}

/// Cash of each cell and both roots, in every form in which a journal comes.
#[test]
fn every_form_of_a_journal_gives_the_same_figures() {
    let temp = tempfile::tempdir().unwrap();
    let steps = steps().new_tree(&mut proptest::test_runner::TestRunner::deterministic());
    let (book, _) = life(&steps.unwrap().current());
    let bytes = stored(book.store());
    let path = |name: &str| temp.path().join(name);
    crate::backup::written(&bytes, &path("book"));
    poolbook::book::backup::backup(&path("book"), &path("b.backup"), false, false).unwrap();
    std::fs::copy(path("book").join("journal.jsonl"), path("bare.jsonl")).unwrap();
    let lines: Vec<u8> = bytes.iter().flat_map(|entry| [entry, &b"\n"[..]].concat()).collect();
    std::fs::write(path("export.jsonl"), lines).unwrap();
    let paths = ["book", "b.backup", "bare.jsonl", "export.jsonl"].map(path);
    let Some(said) = judged(&[], &paths) else { return };
    let mut cash: BTreeMap<String, i128> = BTreeMap::new();
    for (owner, fund, account, _, net) in balances(book.state()) {
        if account.is_cash() {
            *cash.entry(format!("{owner} {fund}")).or_default() += net;
        }
    }
    assert!(!decoded(book.store()).is_empty() && !cash.is_empty());
    for (one, kind) in said.iter().zip(["book", "backup", "journal", "export"]) {
        assert_eq!(one["kind"], kind);
        assert!(["sound", "findings"].contains(&one["verdict"].as_str().unwrap()), "{one}");
        assert_eq!(one["root"], hex(&book.head().root));
        assert_eq!(one["sm3"], hex(&sm3_root(&bytes)));
        let told = one["cash"].as_object().unwrap().iter().filter(|(_, net)| *net != "0.00");
        let told: BTreeMap<String, i128> = told
            .map(|(cell, net)| {
                (cell.clone(), net.as_str().unwrap().replace('.', "").parse().unwrap())
            })
            .collect();
        assert_eq!(told, cash);
    }
    // Every flip and cut of the backup is damage to it as well.
    let sound = std::fs::read(path("b.backup")).unwrap();
    let mut dice = Dice(7);
    let bad: Vec<PathBuf> = (0..60)
        .map(|number| {
            let mut bytes = sound.clone();
            let at = dice.below(bytes.len());
            if number % 2 == 0 {
                bytes[at] ^= 1 << dice.below(8)
            } else {
                bytes.truncate(at)
            }
            std::fs::write(path(&format!("bad-{number}")), bytes).unwrap();
            path(&format!("bad-{number}"))
        })
        .collect();
    for one in judged(&["--no-sm3"], &bad).unwrap() {
        assert_eq!(one["verdict"], "damaged", "{one}");
    }
}

/// A checkpoint that was kept elsewhere, as `notes/format.md` has its text.
#[test]
fn a_checkpoint_tells_whether_history_was_changed() {
    use base64::Engine as _;
    let temp = tempfile::tempdir().unwrap();
    let base64 = |hash: [u8; 32]| base64::engine::general_purpose::STANDARD.encode(hash);
    let all: Vec<Vec<u8>> = sound(Book::County).iter().map(Entry::to_bytes).collect();
    let text = |entries: &[Vec<u8>], first: &[u8]| {
        let leaf = hex(&crate::support::root(&[first.to_vec()]));
        let (sha, sm3) = (crate::support::root(entries), sm3_root(entries));
        let (sha, sm3) = (base64(sha), base64(sm3));
        format!(
            "poolbook/2/410800/{}\n{}\n{sha}\nsm3 {sm3}\nclosed -\n\n",
            &leaf[..16],
            entries.len()
        )
    };
    let path = temp.path().join("book");
    write(&files(&all), &path);
    let point = temp.path().join("point");
    let mut exits = Vec::new();
    let mut other = all.clone();
    other[3] = b"{}".to_vec();
    let longer = [all.clone(), vec![b"{}".to_vec()]].concat();
    for text in [
        text(&all, &all[0]),
        text(&all[..7], &all[0]),
        text(&other[..7], &all[0]),
        text(&longer, &all[0]),
        text(&all, &all[1]),
        text(&all, &all[0]).replacen("sm3 ", "sm3 A", 1),
    ] {
        std::fs::write(&point, &text).unwrap();
        let options = ["--checkpoint", point.to_str().unwrap()];
        let Some(said) = judged_or_refused(&options, &path) else { return };
        exits.push(said);
    }
    assert_eq!(
        exits,
        [
            (0, "-"),
            (0, "-"),
            (76, "history-differs"),
            (76, "rolled-back"),
            (76, "history-differs"),
            (76, "checkpoint-unreadable")
        ]
        .map(|(exit, code)| (exit, code.to_owned()))
    );
}

/// Exit code and first finding of one path; a checkpoint that cannot be read is told on its own.
fn judged_or_refused(options: &[&str], path: &Path) -> Option<(i64, String)> {
    let mut command = Command::new("python3");
    command.arg("-I").arg(script()).arg("--json").args(options).arg(path);
    let output = ran(&mut command)?;
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let code = said["first"]["code"].as_str().unwrap_or("-").to_owned();
    Some((i64::from(output.status.code().unwrap()), code))
}

#[test]
fn the_second_verifier_tests_itself() {
    let mut command = Command::new("python3");
    let Some(output) = ran(command.arg("-I").arg(script()).arg("--self-test")) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"self-test passed\n");
}

/// The file keeps to what it promises: the standard library, and nothing of this project.
#[test]
fn the_second_verifier_shares_nothing() {
    let text = std::fs::read_to_string(script()).unwrap();
    let library = ["base64", "collections", "datetime", "hashlib", "json", "os", "re", "struct"];
    let library = [&library[..], &["sys", "unicodedata"]].concat();
    let imports = text.lines().map(str::trim).filter(|line| {
        line.starts_with("import ") || (line.starts_with("from ") && line.contains(" import "))
    });
    for line in imports {
        let name = line.split(' ').nth(1).unwrap();
        assert!(library.contains(&name), "{line}");
    }
    assert!(!text.contains("subprocess") && !text.contains("__import__"));
}
