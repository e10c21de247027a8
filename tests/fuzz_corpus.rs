//! The properties of the fuzz targets over their corpora, and over mutations of the seeds.
//!
//! `POOLBOOK_FUZZ_ROUNDS` says how many mutations a target gets, `POOLBOOK_FUZZ_SEED` which. An
//! input that breaks a property is kept in `fuzz/artifacts/<target>/`.

#[path = "../fuzz/properties.rs"]
mod properties;

use crate::support::budget;
use std::path::{Path, PathBuf};

/// Mutations of each target in a plain test run.
const ROUNDS: u64 = 200;
/// Longest input that mutation makes.
const INPUT_MAX: usize = 16 * 1024;

macro_rules! targets {
    ($($name:ident),*) => {
        const TARGETS: &[&str] = &[$(stringify!($name)),*];
        $(#[test]
        fn $name() {
            run(stringify!($name), properties::$name);
        })*
    };
}

targets!(
    money,
    rate,
    date,
    text,
    event_json,
    journal_line,
    rules,
    rates,
    mapping,
    profile,
    table,
    workbook,
    statement,
    statement_workbook,
    camt053,
    mt940,
    sniff,
    session,
    damage,
    checkpoint,
    checkpoint_line,
    proof_inclusion,
    proof_consistency,
    head,
    backup,
    pack,
    loan_list
);

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// Replays the corpus of a target, then mutates its seeds.
fn run(target: &str, property: fn(&[u8])) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(fuzz().join("corpus").join(target))
        .expect("a corpus")
        .map(|file| file.unwrap().path())
        .collect();
    paths.sort();
    for path in paths {
        let input = std::fs::read(&path).unwrap();
        held(target, property, &input, &path.display().to_string());
    }
    let seeds: Vec<Vec<u8>> = seeds(target).into_iter().map(|(_, input)| input).collect();
    assert!(!seeds.is_empty(), "{target} has no seed");
    let words = dictionary(target);
    let rounds = budget("POOLBOOK_FUZZ_ROUNDS", ROUNDS);
    let mut chance = Chance::new(target, budget("POOLBOOK_FUZZ_SEED", 1));
    for round in 0..rounds {
        let mut input = chance.pick(&seeds).clone();
        for _ in 0..1 + chance.below(6) {
            mutate(&mut input, &seeds, &words, &mut chance);
        }
        held(target, property, &input, &format!("round {round}"));
    }
}

/// Runs the property and keeps the input that breaks it.
fn held(target: &str, property: fn(&[u8]), input: &[u8], name: &str) {
    if let Err(broken) = std::panic::catch_unwind(|| property(input)) {
        let directory = fuzz().join("artifacts").join(target);
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join(format!("crash-{:08x}", crc32c::crc32c(input)));
        std::fs::write(&path, input).unwrap();
        eprintln!("{target}: broken by {name}, kept as {}", path.display());
        std::panic::resume_unwind(broken);
    }
}

/// The words of a dictionary in libFuzzer's form: `"word"` a line, `\xNN` and `\"` for bytes.
fn dictionary(target: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(fuzz().join(format!("{target}.dict"))).unwrap_or_default();
    let words = text.lines().filter_map(|line| line.strip_prefix('"')?.strip_suffix('"'));
    words.map(unescaped).collect()
}

fn unescaped(word: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), word);
    while let Some(first) = rest.chars().next() {
        let hex = rest.strip_prefix("\\x").and_then(|rest| rest.get(..2));
        let (byte, taken) = match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (vec![byte], 4),
            None if first == '\\' => (rest.as_bytes().get(1).copied().into_iter().collect(), 2),
            // libFuzzer refuses a dictionary with other letters.
            None => {
                assert!(first.is_ascii(), "{word}");
                (vec![first as u8], 1)
            }
        };
        bytes.extend(byte);
        rest = rest.get(taken..).unwrap_or_default();
    }
    bytes
}

/// One change of one of the kinds that find most: bits, digits, ranges, words, other seeds.
fn mutate(input: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[Vec<u8>], chance: &mut Chance) {
    let at = chance.below(input.len() as u64 + 1) as usize;
    let end = (at + 1 + chance.below(24) as usize).min(input.len());
    match chance.below(9) {
        0 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << chance.below(8)),
        1 => {
            let odd = [0, 0x80, 0xff, b'-', b'"', b'\n', b',', b'.', b'9', b'%', b'/', b' ', b'='];
            input.insert(at, *chance.pick(&odd));
        }
        2 => drop(input.drain(at.min(end)..end)),
        3 => {
            let copy = input.get(at..end).unwrap_or_default().to_vec();
            let to = chance.below(input.len() as u64 + 1) as usize;
            input.splice(to..to, copy);
        }
        4 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte = chance.below(256) as u8),
        5 => {
            let digits: Vec<usize> =
                (0..input.len()).filter(|at| input[*at].is_ascii_digit()).collect();
            if !digits.is_empty() {
                let digit = *chance.pick(&digits);
                input[digit] = b'0' + chance.below(10) as u8;
            }
        }
        6 if !words.is_empty() => {
            let word = chance.pick(words).clone();
            input.splice(at..at, word);
        }
        7 => {
            // The rest of this one gives way to a piece of another.
            let other = chance.pick(seeds);
            let from = chance.below(other.len() as u64 + 1) as usize;
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
        _ => input.truncate(input.len() - input.len().min(chance.below(4) as usize)),
    }
    input.truncate(INPUT_MAX);
}

/// xorshift64*, so that every run and every machine tries the same.
struct Chance(u64);

impl Chance {
    fn new(target: &str, seed: u64) -> Self {
        Self(
            poolbook::domain::entry::id_hash(target) ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        )
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % limit.max(1)
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(fuzz().join("corpus").join(target)).unwrap();
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut seeds: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| name(path).starts_with("seed-"))
        .map(|path| (name(&path), std::fs::read(&path).unwrap()))
        .collect();
    seeds.sort();
    seeds
}

/// Properties of refused inputs say little: most seeds must be taken.
#[test]
fn seeds_reach_behind_the_first_refusal() {
    use poolbook::audit::checkpoint::Checkpoint;
    use poolbook::domain::{entry::Entry, event::Event, rates::RateTable, rules::RuleSet};
    use poolbook::intake::{mapping::Mapping, profile::Profile};
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    for (name, bytes) in seeds("event_json") {
        Event::from_json(&bytes).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
    for (name, bytes) in seeds("journal_line") {
        Entry::decode(&bytes).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
    for (name, bytes) in seeds("mapping") {
        Mapping::parse(&text(&bytes)).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
    for (name, bytes) in seeds("profile") {
        Profile::parse(&text(&bytes)).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
    for target in ["camt053", "mt940", "statement_workbook"] {
        for (name, bytes) in seeds(target) {
            let taken = properties::taken(&bytes);
            taken.unwrap_or_else(|problems| panic!("{target}/{name}: {problems:?}"));
        }
    }
    for (name, bytes) in seeds("rules") {
        RuleSet::parse(&text(&bytes)).unwrap_or_else(|problem| panic!("{name}: {problem:?}"));
    }
    for (name, bytes) in seeds("rates") {
        RateTable::parse(&text(&bytes)).unwrap_or_else(|problem| panic!("{name}: {problem:?}"));
    }
    for (name, bytes) in seeds("checkpoint") {
        Checkpoint::parse(&bytes).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
    for (name, bytes) in seeds("proof_inclusion") {
        assert!(properties::inclusion(&bytes), "{name}");
    }
    for (name, bytes) in seeds("proof_consistency") {
        assert!(properties::consistency(&bytes), "{name}");
    }
    for (name, bytes) in seeds("pack") {
        assert!(properties::accepted(&bytes), "{name}");
    }
    for (name, bytes) in seeds("backup") {
        properties::restored(&bytes).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    }
    let sound = seeds("head").into_iter().map(|(_, bytes)| properties::sound_slots(&bytes));
    // Of two heads one slot alone can be read: the other is empty, or of a later form.
    assert_eq!(sound.collect::<Vec<_>>(), [2, 1, 1, 2, 2]);
    let recorded: Vec<(String, u64)> = seeds("session")
        .into_iter()
        .map(|(name, bytes)| (name, properties::play(&bytes).head().count))
        .collect();
    // Ten events of the set-up, and every step but the second reversal of one entry, the dry run
    // and the making of the index; of `rows` only the second row, for the first claims what is unknown.
    let expected = [
        ("seed-checkpoints", 17),
        ("seed-claim", 21),
        ("seed-claim-as-group", 21),
        ("seed-claim-by-rows", 21),
        ("seed-moves", 20),
        ("seed-notes", 20),
        ("seed-rows", 12),
        ("seed-statements", 19),
        ("seed-subsidy", 20),
    ];
    assert_eq!(recorded, expected.map(|(name, count)| (name.to_owned(), count)));
}

#[test]
fn every_target_has_a_program() {
    let mut programs: Vec<String> = std::fs::read_dir(fuzz().join("fuzz_targets"))
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    programs.sort();
    let mut targets = TARGETS.to_vec();
    targets.sort_unstable();
    assert_eq!(programs, targets);
}
