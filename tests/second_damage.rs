//! What is done to books before both verifiers judge them: to their bytes, and to what entries say.

use poolbook::store::tree::{leaf_hash, node_hash};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A book as its two files hold it.
#[derive(Clone)]
pub struct Files {
    /// `journal.jsonl`.
    pub journal: Vec<u8>,
    /// `head`, if it is there.
    pub head: Option<Vec<u8>>,
}

/// Small whole numbers one after the other (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    /// A number below `below`.
    pub fn below(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % below.max(1) as u64) as usize
    }
}

/// Journal and head of these entries, whatever they are, made by hand from `notes/format.md`.
pub fn files(entries: &[Vec<u8>]) -> Files {
    let mut journal = Vec::new();
    for entry in entries {
        journal.extend_from_slice(format!("{:08x} ", crc32c::crc32c(entry)).as_bytes());
        journal.extend_from_slice(entry);
        journal.push(b'\n');
    }
    let leaves: Vec<[u8; 32]> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let mut edge = Vec::new();
    let mut rest = leaves.as_slice();
    while !rest.is_empty() {
        let (first, after) = rest.split_at(1 << rest.len().ilog2());
        edge.push(subtree(first));
        rest = after;
    }
    let root = edge.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
    let slot = |generation: u64| {
        let mut slot = b"POOLBOOK".to_vec();
        slot.extend(2_u32.to_be_bytes());
        slot.extend((edge.len() as u32).to_be_bytes());
        for number in [generation, entries.len() as u64, journal.len() as u64] {
            slot.extend(number.to_be_bytes());
        }
        slot.extend(root.unwrap());
        edge.iter().for_each(|node| slot.extend(node));
        slot.resize(4092, 0);
        slot.extend(crc32c::crc32c(&slot).to_be_bytes());
        slot
    };
    let head = Some([slot(1), slot(2)].concat());
    Files { journal, head }
}

fn subtree(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [one] => *one,
        many => {
            let (left, right) = many.split_at(many.len() / 2);
            node_hash(&subtree(left), &subtree(right))
        }
    }
}

/// Damage of the files.
pub type OfFiles = fn(&mut Files, &mut Dice);

fn flip(bytes: &mut [u8], dice: &mut Dice) {
    let at = dice.below(bytes.len());
    bytes[at] ^= 1 << dice.below(8);
}

fn lines(files: &Files) -> Vec<Vec<u8>> {
    files.journal.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

pub const OF_FILES: &[(&str, OfFiles)] = &[
    ("a flipped bit", |files, dice| flip(&mut files.journal, dice)),
    ("a cut", |files, dice| {
        let length = dice.below(files.journal.len());
        files.journal.truncate(length);
    }),
    ("a flipped bit in the head", |files, dice| flip(files.head.as_mut().unwrap(), dice)),
    ("both slots flipped", |files, dice| {
        let head = files.head.as_mut().unwrap();
        let (first, second) = head.split_at_mut(4096);
        flip(first, dice);
        flip(second, dice);
    }),
    ("a head that was cut", |files, dice| {
        let length = dice.below(8192);
        files.head.as_mut().unwrap().truncate(length);
    }),
    ("no head", |files, _| files.head = None),
    ("a block of zeros", |files, dice| {
        let start = dice.below(files.journal.len());
        let end = (start + 512).min(files.journal.len());
        files.journal[start..end].fill(0);
    }),
    ("two lines changed places", |files, dice| {
        let mut all = lines(files);
        let at = dice.below(all.len() - 1);
        all.swap(at, at + 1);
        files.journal = all.concat();
    }),
    ("a line that stands twice", |files, dice| {
        let mut all = lines(files);
        let at = dice.below(all.len());
        all.insert(at, all[at].clone());
        files.journal = all.concat();
    }),
    ("a line that is gone", |files, dice| {
        let mut all = lines(files);
        all.remove(dice.below(all.len()));
        files.journal = all.concat();
    }),
    ("an unfinished line behind the last", |files, dice| {
        let mut tail = lines(files)[0].clone();
        tail.truncate(1 + dice.below(tail.len() - 1));
        files.journal.extend(tail);
    }),
    ("an older head, which is none", |files, _| {
        // Entries behind the head are kept, so a head that lags is sound.
        let all = lines(files);
        let before: Vec<Vec<u8>> =
            all[..all.len() - 1].iter().map(|line| line[9..line.len() - 1].to_vec()).collect();
        files.head = super::second_damage::files(&before).head;
    }),
];

/// A forgery of what entries say, its checksums, tree and head made anew. It answers whether it
/// found something to forge.
pub type OfEntries = fn(&mut Vec<Value>, &mut Dice) -> bool;

/// An entry that has what is asked for, picked at random.
fn pick(all: &[Value], dice: &mut Dice, fits: impl Fn(&Value) -> bool) -> Option<usize> {
    let found: Vec<usize> = (0..all.len()).filter(|at| fits(&all[*at])).collect();
    (!found.is_empty()).then(|| found[dice.below(found.len())])
}

fn with_lines(entry: &Value) -> bool {
    entry["lines"].is_array()
}

fn more_fen(line: &mut Value, fen: i64) {
    let text = line["amount"].as_str().unwrap().replace('.', "");
    let fen = text.parse::<i64>().unwrap() + fen;
    line["amount"] = format!("{}.{:02}", fen / 100, fen % 100).into();
}

/// Edits the entry that is picked.
fn edit(
    all: &mut [Value],
    dice: &mut Dice,
    fits: impl Fn(&Value) -> bool,
    change: impl FnOnce(&mut Value, &mut Dice),
) -> bool {
    let Some(at) = pick(all, dice, fits) else { return false };
    let before = all[at].clone();
    change(&mut all[at], dice);
    all[at] != before
}

/// What both verifiers find.
pub const OF_ENTRIES: &[(&str, OfEntries)] = &[
    ("one side of an amount", |all, dice| {
        edit(all, dice, with_lines, |entry, _| more_fen(&mut entry["lines"][0], 1))
    }),
    ("one side of the register", |all, dice| {
        let fits = |entry: &Value| entry["memo"].is_array();
        edit(all, dice, fits, |entry, _| more_fen(&mut entry["memo"][0], 1))
    }),
    ("an amount of nothing", |all, dice| {
        edit(all, dice, with_lines, |entry, _| {
            let lines = entry["lines"].as_array_mut().unwrap();
            lines.iter_mut().for_each(|line| line["amount"] = "0.00".into());
        })
    }),
    ("the number of an entry", |all, dice| {
        edit(all, dice, |_| true, |entry, _| entry["seq"] = 1_000_000.into())
    }),
    ("the time of recording", |all, dice| {
        let at = 1 + dice.below(all.len() - 1);
        all[at]["recorded"] = "2001-01-01T00:00:00Z".into();
        true
    }),
    ("an id of before", |all, dice| {
        let at = 1 + dice.below(all.len() - 1);
        let earlier = dice.below(at);
        all[at]["id"] = all[earlier]["id"].clone();
        true
    }),
    ("the number of a voucher", |all, dice| {
        let fits = |entry: &Value| entry["voucher"].is_object();
        edit(all, dice, fits, |entry, _| {
            entry["voucher"]["number"] = (entry["voucher"]["number"].as_u64().unwrap() + 1).into();
        })
    }),
    ("the month of a voucher", |all, dice| {
        let fits = |entry: &Value| entry["voucher"].is_object();
        edit(all, dice, fits, |entry, _| entry["voucher"]["month"] = "2001-01".into())
    }),
    ("the word of a voucher", |all, dice| {
        let fits = |entry: &Value| entry["voucher"]["word"] == "记";
        edit(all, dice, fits, |entry, _| entry["voucher"]["word"] = "备".into())
    }),
    ("no voucher", |all, dice| {
        let fits = |entry: &Value| entry["voucher"].is_object();
        edit(all, dice, fits, |entry, _| drop(entry.as_object_mut().unwrap().remove("voucher")))
    }),
    ("an entry taken out", |all, dice| {
        let at = dice.below(all.len() - 1);
        all.remove(at);
        true
    }),
    ("two entries changed places", |all, dice| {
        let at = dice.below(all.len() - 1);
        all.swap(at, at + 1);
        true
    }),
    ("an entry doubled", |all, dice| {
        let at = dice.below(all.len());
        all.insert(at, all[at].clone());
        true
    }),
    ("a key that no entry has", |all, dice| {
        edit(all, dice, |_| true, |entry, _| entry["hidden"] = "x".into())
    }),
    ("a number with a point", |all, dice| {
        edit(all, dice, |_| true, |entry, _| entry["seq"] = json!(1.5))
    }),
    ("a text that is not in NFC", |all, dice| {
        edit(all, dice, |_| true, |entry, _| entry["document"] = "Cafe\u{301}".into())
    }),
    ("a group that goes on", |all, dice| {
        let fits = |entry: &Value| entry["more"].is_null();
        let Some(at) = pick(&all[..all.len() - 1], dice, fits) else { return false };
        all[at]["more"] = 7.into();
        true
    }),
    ("maker and checker one person", |all, dice| {
        let fits = |entry: &Value| entry["checker"].is_string() && entry["maker"].is_string();
        edit(all, dice, fits, |entry, _| entry["maker"] = entry["checker"].clone())
    }),
    ("a deposit of another fund", |all, dice| {
        let fits = |entry: &Value| entry["lines"][0]["account"] == "1002.01";
        edit(all, dice, fits, |entry, _| {
            let lines = entry["lines"].as_array_mut().unwrap();
            lines.iter_mut().for_each(|line| line["fund"] = "INT".into());
        })
    }),
    ("a deposit in no bank account", |all, dice| {
        let fits = |entry: &Value| entry["lines"][0]["account"] == "1002.01";
        edit(all, dice, fits, |entry, _| {
            entry["lines"][0].as_object_mut().unwrap().remove("bank_account");
        })
    }),
    ("lines in the other register", |all, dice| {
        let fits = |entry: &Value| with_lines(entry) && entry["memo"].is_null();
        edit(all, dice, fits, |entry, _| {
            let lines = entry.as_object_mut().unwrap().remove("lines").unwrap();
            entry["memo"] = lines;
        })
    }),
    ("what a reversal takes back", |all, dice| {
        // Of a fact without lines nothing is taken back that could differ.
        let fits = |entry: &Value| {
            entry["reverses"].is_number() && (with_lines(entry) || entry["memo"].is_array())
        };
        edit(all, dice, fits, |entry, _| {
            entry["reverses"] = 1.into();
            entry["event"]["entry"] = 1.into();
        })
    }),
    ("the digest of a close", |all, dice| {
        let fits = |entry: &Value| entry["event"]["event"] == "close";
        edit(all, dice, fits, |entry, _| entry["working"]["digest"] = "0".repeat(64).into())
    }),
    ("the journal of a close", |all, dice| {
        let fits = |entry: &Value| entry["event"]["event"] == "close";
        edit(all, dice, fits, |entry, _| entry["working"]["journal"]["entries"] = 3.into())
    }),
];

/// What the second verifier cannot tell, each with the reason; the program finds all of it.
pub const BEYOND: &[(&str, OfEntries, &str)] = &[
    (
        "both sides of an amount",
        |all, dice| {
            edit(all, dice, with_lines, |entry, _| {
                let lines = entry["lines"].as_array_mut().unwrap();
                lines.iter_mut().take(2).for_each(|line| more_fen(line, 1));
            })
        },
        "it decides no event again, so it does not hold lines against the event's amount",
    ),
    (
        "the account of a line",
        |all, dice| {
            let fits = |entry: &Value| {
                let code = entry["lines"][1]["account"].as_str();
                code.is_some_and(|code| code.starts_with("31"))
            };
            edit(all, dice, fits, |entry, _| entry["lines"][1]["account"] = "5901".into())
        },
        "which accounts an event moves is a rule of the program, not of the format",
    ),
    (
        "the party of a line",
        |all, dice| {
            let fits = |entry: &Value| entry["memo"][0]["party"].is_string();
            edit(all, dice, fits, |entry, _| entry["memo"][0]["party"] = "OTHER".into())
        },
        "it knows no parties",
    ),
    (
        "a working",
        |all, dice| {
            let fits = |entry: &Value| {
                let word = entry["event"]["event"].as_str().unwrap();
                entry["working"].is_object() && !["close", "checkpoint"].contains(&word)
            };
            edit(all, dice, fits, |entry, _| entry["working"]["other"] = "x".into())
        },
        "how an amount was worked out follows from rules that it does not apply",
    ),
    (
        "a field that the event does not have",
        |all, dice| edit(all, dice, |_| true, |entry, _| entry["event"]["zzz"] = "x".into()),
        "the fields of each event stand in the vocabulary, not in the format",
    ),
    (
        "rules that were not in force",
        |all, dice| {
            let fits = |entry: &Value| {
                entry["rules"].is_string() && entry["event"]["event"] != "adopt-rules"
            };
            edit(all, dice, fits, |entry, _| entry["rules"] = "other".into())
        },
        "which rules are in force on a day is decided by the program",
    ),
];

/// What nobody can tell from the book alone: another fact in place of the one that was recorded.
/// Only the root tells, which somebody noted elsewhere.
pub const BLIND: &[(&str, OfEntries)] = &[("the document of an entry", |all, dice| {
    // A close holds the root of what stands before it, which would tell.
    if all.iter().any(|entry| entry["event"]["event"] == "close") {
        return false;
    }
    // A reversal and a correction carry what they take back; a release and a stage of a pool are cited
    // with their document.
    let carried = |seq: &Value| {
        let names = |entry: &Value| [&entry["reverses"], &entry["event"]["entry"]].contains(&seq);
        all.iter().any(|entry| !seq.is_null() && names(entry))
    };
    let free: BTreeSet<u64> = all
        .iter()
        .filter(|entry| !carried(&entry["seq"]))
        .filter_map(|entry| entry["seq"].as_u64())
        .collect();
    let cited = ["release", "run-off", "liquidate", "close-pool"];
    let fits = |entry: &Value| {
        let is_cited = entry["event"]["event"].as_str().is_some_and(|word| cited.contains(&word));
        !is_cited && entry["seq"].as_u64().is_some_and(|seq| free.contains(&seq))
    };
    edit(all, dice, fits, |entry, _| entry["document"] = "另号".into())
})];
