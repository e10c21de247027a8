//! The events of a book of this format or an older one, read out so that a new book can record them.
//!
//! An event is what people said; everything else in an entry follows from it under the rules of the
//! program. So the events alone are read, as plain JSON and without asking whether this program would
//! still take them: that is for `record` to say, row by row.
//!
//! Invariant: what is handed over is whole. Checksums, numbers and, where a head or a backup tells
//! it, count and root are tested first in one pass; the second pass hands over.

use crate::domain::event::OPENING;
use crate::limits::FORMAT;
use crate::problem::{Exit, Problem};
use crate::store::Copy;
use crate::store::disk::{is_missing, real};
use crate::store::head::{counted, other_format};
use crate::store::tree::{Frontier, hex, leaf_hash};
use serde_json::{Map, Value};
use std::path::Path;

/// The keys of an entry that belong to what was said.
const SAID: [&str; 8] =
    ["approver", "attachments", "checker", "date", "document", "effective", "id", "maker"];

/// What was read out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOut {
    /// The event that opened the book; a new book has one of its own, made by `init`.
    pub opening: Map<String, Value>,
    /// Events handed over.
    pub events: u64,
    /// Entries of a group that never became whole.
    pub torn: u64,
    /// Events that name no maker.
    pub without_maker: u64,
}

/// The format of a journal by its first entry, which opens the book; none where it opens none.
pub fn format_of(first: &[u8]) -> Option<u32> {
    let entry: Value = serde_json::from_slice(first).ok()?;
    if entry.pointer("/event/event")?.as_str()? != OPENING {
        return None;
    }
    // The first format did not name itself.
    let named = entry.pointer("/working/format").map_or(Some(1), Value::as_u64)?;
    u32::try_from(named).ok()
}

/// Refuses a journal of another format, by its first entry.
///
/// # Errors
/// `format-older` or `format-newer`.
pub fn expect_format(path: &Path, first: &[u8]) -> Result<(), Problem> {
    match format_of(first) {
        Some(found) if found != FORMAT => Err(other_format(path, found)),
        _ => Ok(()),
    }
}

/// Hands over every event of a book's directory, a bare or exported journal, or a backup as one line
/// of JSON that `record` takes, but for the one that opened the book. `maker` is put where nobody was
/// named. Cost: the journal is read twice.
///
/// # Errors
/// `copy-missing` for a file that is none of these, `copy-damaged`, `journal-short` or `root-differs`
/// where it is not whole, `backup-empty`, `format-newer`, or what `take` says.
pub fn events(
    path: &Path,
    maker: Option<&str>,
    take: &mut dyn FnMut(&[u8]) -> Result<(), Problem>,
) -> Result<ReadOut, Problem> {
    let whole = survey(path)?;
    let mut copy = open(path)?;
    let mut read = ReadOut { opening: Map::new(), events: 0, torn: whole.torn, without_maker: 0 };
    for seq in 1..=whole.entries {
        let json = copy.next()?.ok_or_else(|| damaged(path, seq))?;
        let mut event = said(&json).ok_or_else(|| damaged(path, seq))?;
        if seq == 1 {
            read.opening = event;
            continue;
        }
        if !event.contains_key("maker") {
            match maker {
                Some(maker) => {
                    event.insert("maker".to_owned(), maker.into());
                }
                None => read.without_maker += 1,
            }
        }
        let mut line = Value::Object(event).to_string().into_bytes();
        line.push(b'\n');
        take(&line)?;
        read.events += 1;
    }
    Ok(read)
}

/// What a copy holds that counts.
struct Whole {
    entries: u64,
    torn: u64,
}

/// Reads a copy to its end and tests that it is whole.
fn survey(path: &Path) -> Result<Whole, Problem> {
    let unread = |error: std::io::Error| {
        let problem = match is_missing(&error) {
            true => Problem::new("book-missing", Exit::NoInput),
            false => Problem::new("file-unreadable", Exit::Io).with("detail", error),
        };
        problem.with("path", path.display())
    };
    let whole = real().resolve(path).map_err(unread)?;
    let head = match real().about(&whole).map_err(unread)?.is_directory {
        true => Some(counted(real().as_ref(), &whole.join("head"))?),
        false => None,
    };
    let mut copy = open(path)?;
    let told = copy.told();
    let (mut tree, mut counted) = (Frontier::default(), Frontier::default());
    let at_least = head.as_ref().map_or(0, |slot| slot.tree.count());
    loop {
        let json = match copy.next() {
            Ok(Some(json)) => json,
            Ok(None) => break,
            // Behind what the head counts, a torn line is an unfinished group.
            Err(_) if head.is_some() && counted.count() >= at_least => break,
            Err(error) => return Err(error.into()),
        };
        let seq = tree.count() + 1;
        let entry: Value = serde_json::from_slice(&json).unwrap_or_default();
        if seq == 1 {
            let format = format_of(&json).ok_or_else(|| empty(path))?;
            if format > FORMAT {
                return Err(other_format(path, format));
            }
        }
        if entry.get("seq").and_then(Value::as_u64) != Some(seq) {
            if head.is_some() && counted.count() >= at_least {
                break;
            }
            return Err(damaged(path, seq));
        }
        tree.append(leaf_hash(&json));
        if head.as_ref().is_some_and(|slot| seq == at_least && slot.tree != tree) {
            return Err(root_differs(path));
        }
        if entry.get("more").and_then(Value::as_u64).unwrap_or(0) == 0 {
            counted.clone_from(&tree);
        }
    }
    if counted.count() < at_least {
        return Err(Problem::new("journal-short", Exit::Damaged)
            .with("path", path.display())
            .with("entries", at_least)
            .with("expected", head.map_or(0, |slot| slot.length))
            .with("found", "-"));
    }
    if told.is_some_and(|told| told != (counted.count(), hex(&counted.root()))) {
        return Err(root_differs(path));
    }
    if counted.count() == 0 {
        return Err(empty(path));
    }
    Ok(Whole { entries: counted.count(), torn: tree.count() - counted.count() })
}

fn open(path: &Path) -> Result<Copy, Problem> {
    Copy::open(path)?.ok_or_else(|| Problem::data("restore-foreign").with("path", path.display()))
}

/// The event of an entry with the fields that stand beside it.
fn said(json: &[u8]) -> Option<Map<String, Value>> {
    let Value::Object(mut entry) = serde_json::from_slice(json).ok()? else { return None };
    let Some(Value::Object(mut event)) = entry.remove("event") else { return None };
    for key in SAID {
        if let Some(value) = entry.remove(key) {
            event.insert(key.to_owned(), value);
        }
    }
    Some(event)
}

fn empty(path: &Path) -> Problem {
    Problem::refused("backup-empty").with("path", path.display())
}

fn damaged(path: &Path, line: u64) -> Problem {
    Problem::data("copy-damaged").with("path", path.display()).with("line", line)
}

fn root_differs(path: &Path) -> Problem {
    Problem::new("root-differs", Exit::Damaged).with("path", path.display())
}
