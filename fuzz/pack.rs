//! Proof packs: what is accepted is confirmed by a reading that shares nothing with the checker.

use super::backup::root;
use super::proofs::led_to;
use super::told;
use poolbook::audit::pack::{Check, Checked};
use poolbook::problem::Problem;
use poolbook::store::tree::{hex, leaf_hash};
use serde_json::Value;
use std::collections::BTreeMap;

/// A sound pack, to which the bytes of an input are changes.
const SOUND: &str = include_str!("corpus/pack/seed-sound");
/// Bytes of one change, and most changes of one input.
const CHANGE: usize = 4;
const CHANGES_MAX: usize = 6;

/// The pack of an input: the bytes as they stand, or behind `!` changes to the sound pack.
fn given(input: &[u8]) -> Vec<u8> {
    let Some(changes) = input.strip_prefix(b"!") else { return input.to_vec() };
    let mut lines: Vec<Value> =
        SOUND.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
    for change in changes.chunks_exact(CHANGE).take(CHANGES_MAX) {
        let [what, line, other, value] = *change else { continue };
        if lines.is_empty() {
            break;
        }
        let [line, other] = [line, other].map(|place| usize::from(place) % lines.len());
        match what % 10 {
            0 => drop(lines.remove(line)),
            1 => lines.insert(other, lines[line].clone()),
            2 => lines.swap(line, other),
            _ => bend(&mut lines, what % 10, line, other, value),
        }
    }
    let line = |line: &Value| line.to_string() + "\n";
    lines.iter().map(line).collect::<String>().into_bytes()
}

/// Changes one field of a line.
fn bend(lines: &mut [Value], what: u8, line: usize, other: usize, value: u8) {
    let source = lines[other].clone();
    let Some(fields) = lines[line].as_object_mut() else { return };
    let Some(key) = fields.keys().nth(usize::from(value) % fields.len().max(1)).cloned() else {
        return;
    };
    let Some(field) = fields.get_mut(&key) else { return };
    let copied = source.get(&key).cloned();
    match (what, &mut *field) {
        (3, field) => {
            if let Some(copied) = copied {
                *field = copied;
            }
        }
        (4, Value::Number(number)) => *field = (number.as_u64().unwrap_or_default() + 1).into(),
        (5, Value::Number(number)) => {
            *field = number.as_u64().unwrap_or_default().saturating_sub(1).into();
        }
        (4 | 5, Value::Array(list)) => drop(list.pop()),
        (6, Value::Array(list)) => {
            list.extend(copied.and_then(|copied| copied.get(0).cloned()));
        }
        (6 | 7, Value::String(text)) => {
            // One digit of it becomes another.
            let digits: Vec<usize> =
                text.match_indices(|c: char| c.is_ascii_digit()).map(|(at, _)| at).collect();
            if !digits.is_empty() {
                let at = digits[usize::from(value) % digits.len()];
                text.replace_range(at..=at, &(value % 10).to_string());
            }
        }
        (8, _) => drop(fields.remove(&key)),
        (9, _) => drop(fields.insert("more".to_owned(), value.into())),
        _ => {}
    }
}

fn checked(bytes: &[u8]) -> Result<Checked, Problem> {
    let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut lines = text.split(|byte| *byte == b'\n');
    let mut check = Check::begin(lines.next().unwrap_or_default())?;
    lines.try_for_each(|line| check.take(line))?;
    Ok(check.finish(None))
}

/// Whether the pack of an input is found sound; it is held to its property.
pub fn accepted(input: &[u8]) -> bool {
    let bytes = given(input);
    match checked(&bytes) {
        Err(problem) => {
            told(&problem);
            false
        }
        Ok(checked) => {
            checked.findings.iter().for_each(|finding| {
                assert_eq!((finding.code, finding.exit as u8), ("pack-wrong", 1), "{finding}");
            });
            let sound = checked.findings.is_empty();
            if sound {
                confirm(&bytes, &checked);
            }
            sound
        }
    }
}

/// Base64 of 32 bytes.
fn hash(text: &str) -> [u8; 32] {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=').bytes();
    let bits = digits.flat_map(|digit| {
        let value = DIGITS.iter().position(|known| *known == digit).expect("a digit");
        (0..6).rev().map(move |bit| value >> bit & 1 == 1)
    });
    let bits: Vec<bool> = bits.collect();
    let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    let bytes: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
    bytes.try_into().expect("32 bytes")
}

fn fen(text: &Value) -> i128 {
    text.as_str().expect("an amount").replace('.', "").parse().expect("an amount")
}

fn word<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} of {value}"))
}

/// Opening, debit and credit of fund and account.
type Sums = BTreeMap<(String, String), [i128; 3]>;

/// Every entry is in the journal of the checkpoint, those of the owner are all that the journal
/// commits to, and the trial balance is the sum of their lines.
fn confirm(bytes: &[u8], checked: &Checked) {
    let text = std::str::from_utf8(bytes).expect("an accepted pack is text");
    let values: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
    let header = &values[0];
    let owner = word(header, "owner");
    let checkpoint: Vec<&str> = word(header, "checkpoint").lines().collect();
    let size: u64 = checkpoint[1].parse().expect("a count");
    let sealed = hash(checkpoint[2]);
    assert_eq!((checked.body.entries, checked.body.root), (size, sealed));

    let (mut own, mut rows, mut committed) = (Vec::new(), Sums::new(), Vec::new());
    let mut told_rows = Vec::new();
    for line in &values[1..] {
        match word(line, "t") {
            "trial-balance" => told_rows.push(line),
            "end" => {}
            kind => {
                let (json, seq) = (word(line, "json"), line["seq"].as_u64().expect("a number"));
                let path: Vec<[u8; 32]> = line["hashes"]
                    .as_array()
                    .expect("hashes")
                    .iter()
                    .map(|one| hash(one.as_str().expect("a hash")))
                    .collect();
                assert!((1..=size).contains(&seq));
                assert_eq!(led_to(leaf_hash(json.as_bytes()), seq - 1, size, &path), Some(sealed));
                let entry: Value = serde_json::from_str(json).expect("an entry");
                assert_eq!(entry["seq"], seq);
                match kind {
                    "entry" => {
                        add(&mut rows, &entry, owner, [word(header, "from"), word(header, "to")]);
                        own.push(json.as_bytes());
                    }
                    "commitment" => committed.push((seq, entry)),
                    kind => assert_eq!(kind, "shared"),
                }
            }
        }
    }
    let [(seq, commitment)] = &committed[..] else { panic!("{} commitments", committed.len()) };
    assert_eq!((*seq, word(&commitment["event"], "event")), (size, "checkpoint"));
    let owners = commitment["working"]["owners"].as_array().into_iter().flatten();
    match owners.into_iter().find(|row| row["owner"] == owner) {
        Some(row) => assert_eq!(
            (row["count"].as_u64(), row["root"].as_str()),
            (Some(own.len() as u64), Some(&*hex(&root(&own))))
        ),
        None => assert!(own.is_empty()),
    }
    rows.retain(|_, sums| *sums != [0; 3]);
    let told: Sums = told_rows
        .iter()
        .map(|row| {
            let [opening, debit, credit, closing] =
                ["opening", "debit", "credit", "closing"].map(|key| fen(&row[key]));
            assert_eq!(opening + debit - credit, closing, "{row}");
            (
                (word(row, "fund").to_owned(), word(row, "account").to_owned()),
                [opening, debit, credit],
            )
        })
        .collect();
    assert_eq!((told.len(), &told), (told_rows.len(), &rows));
}

fn add(rows: &mut Sums, entry: &Value, owner: &str, [from, to]: [&str; 2]) {
    let date = word(entry, "date");
    for list in ["lines", "memo"] {
        let mut cells: BTreeMap<(&str, &str), i128> = BTreeMap::new();
        for line in entry[list].as_array().into_iter().flatten() {
            let amount = fen(&line["amount"]);
            let is_debit = word(line, "side") == "debit";
            let signed = if is_debit { amount } else { -amount };
            *cells.entry((word(line, "owner"), word(line, "fund"))).or_default() += signed;
            if word(line, "owner") != owner || date > to {
                continue;
            }
            let key = (word(line, "fund").to_owned(), word(line, "account").to_owned());
            let sums = rows.entry(key).or_default();
            match (date < from, signed > 0) {
                (true, _) => sums[0] += signed,
                (false, true) => sums[1] += signed,
                (false, false) => sums[2] -= signed,
            }
        }
        assert!(cells.values().all(|sum| *sum == 0), "{entry}");
    }
}

/// A pack is refused, or found wrong, or everything in it is confirmed.
pub fn pack(input: &[u8]) {
    accepted(input);
}
