//! Taking a checkpoint: the whole journal is read again and its roots are computed anew.
//!
//! A log that once signed what it did not read again lost its word over one flipped bit. So nothing
//! is taken from the head but how many entries were acknowledged.

use crate::audit::checkpoint::{Body, Closed, Origin};
use crate::audit::proof::{Sha2, leaf};
use crate::domain::entry::{Entry, Given};
use crate::domain::event::{Kind, Stage};
use crate::problem::{Exit, Problem};
use crate::store::disk::{Disk, real};
use crate::store::leaves::{Beside, Collected, Growing, Kept, Seen, differ};
use crate::store::roots::roots;
use crate::store::tree::{Hash, Sm3};
use crate::store::{
    Checked, Extent, Looking, ReadStore, Store as _, StoreError, check_on, check_watching,
};
use std::path::Path;
use std::sync::Arc;

/// What entries tell a checkpoint, gathered in one pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The city, if the first entry opens a book.
    pub city: Option<String>,
    /// Hash of the first entry, whatever it is.
    pub first: Option<Hash>,
    /// Every final close, ascending by entry.
    pub closes: Vec<Closed>,
    /// Every entry of a checkpoint with the journal that it names, ascending.
    pub checkpoints: Vec<(u64, Says)>,
}

/// A journal that an entry names: how many entries, their root, and that under SM3, where it is named.
pub type Says = (u64, Hash, Option<Hash>);

impl Told {
    /// Takes an entry in.
    pub fn take(&mut self, seq: u64, bytes: &[u8], given: Option<&Given>) {
        if seq == 1 {
            self.first = Some(leaf::<Sha2>(bytes));
        }
        let Some(event) = given.map(|given| &given.event) else {
            // An entry of a later version of the program may still be read as far as it matters here.
            return self.checkpoints.extend(named(bytes).map(|says| (seq, says)));
        };
        match (&event.kind, &event.owner) {
            (Kind::OpenBook(own), _) if seq == 1 => {
                self.city = Some(own.city.to_string());
            }
            (Kind::Close(own), Some(owner))
                if own.stage.unwrap_or(Stage::Final) == Stage::Final =>
            {
                let (owner, period) = (owner.to_string(), own.period.to_string());
                self.closes.push(Closed { owner, period, entry: seq });
            }
            (kind, _) if kind.word() == CHECKPOINT => {
                self.checkpoints.extend(named(bytes).map(|says| (seq, says)));
            }
            _ => {}
        }
    }

    /// What a checkpoint of the first `entries` entries says, given its roots.
    pub fn body(&self, entries: u64, root: Hash, sm3: Hash) -> Option<Body> {
        let origin = Origin::of_leaf(self.city.as_ref()?, self.first.as_ref()?);
        let closed = self.closes.iter().rev().find(|close| close.entry <= entries).cloned();
        Some(Body { origin, entries, root, sm3: Some(sm3), closed: Some(closed) })
    }
}

/// The word of the event that records a checkpoint.
const CHECKPOINT: &str = "checkpoint";
/// Most bytes of a certificate before its word: account, digest, and their names.
const CERTIFICATE_HEAD: usize = 512;

/// The event of a line and what follows it; its first key is the word.
fn event_of(line: &[u8]) -> &[u8] {
    let mut rest = line;
    while let Some(at) = rest.iter().skip(1).position(|byte| *byte == b'{') {
        let (before, inside) = rest.split_at(at + 1);
        if before.ends_with(br#""event":"#) {
            return inside;
        }
        rest = inside;
    }
    b""
}

/// Whether a line holds a close.
pub fn is_close(line: &[u8]) -> bool {
    event_of(line).starts_with(br#"{"event":"close""#)
}

/// Whether a line holds the entry of a checkpoint.
pub fn is_checkpoint(line: &[u8]) -> bool {
    event_of(line).starts_with(br#"{"event":"checkpoint""#)
}

/// Whether an event is a certificate. One that is marked without need costs nothing.
fn is_certificate(event: &[u8]) -> bool {
    let word = br#"","event":"certify","#;
    let head = event.get(..event.len().min(CERTIFICATE_HEAD)).unwrap_or_default();
    event.starts_with(br#"{"bank_account":"#) && head.windows(word.len()).any(|text| text == word)
}

/// Whether a line names the journal before its group. The own fields of an event stand in alphabetical
/// order, so its word comes first in a close or checkpoint, and after account and digest in a
/// certificate.
pub fn names_journal(line: &[u8]) -> bool {
    let event = event_of(line);
    [&br#"{"event":"close""#[..], br#"{"event":"checkpoint""#]
        .iter()
        .any(|is| event.starts_with(is))
        || is_certificate(event)
}

/// The journal that the entry of a checkpoint names: `/working/journal` with `entries`, and `root`
/// and `sm3` in hexadecimal.
fn named(line: &[u8]) -> Option<Says> {
    if !is_checkpoint(line) {
        return None;
    }
    let entry: serde_json::Value = serde_json::from_slice(line).ok()?;
    let journal = entry.pointer("/working/journal")?;
    let hash = |key| super::verify::bytes_of(journal.get(key)?.as_str()?);
    Some((journal.get("entries")?.as_u64()?, hash("root")?, hash("sm3")))
}

/// A checkpoint that was taken.
pub struct Taken {
    /// What it says.
    pub body: Body,
    /// Bytes of the journal that were read.
    pub bytes: u64,
    /// The leaf hashes, to be kept beside the book; none when they were not to be written.
    pub leaves: Option<Growing>,
}

/// Reads the journal of a directory again and computes what a checkpoint of its acknowledged entries
/// says; `grow` writes the leaf hashes beside the book, too. Cost: linear in the journal, on two
/// threads; memory stays flat.
///
/// # Errors
/// Everything that is wrong with the bytes; `journal-empty`;
/// `leaves-differ` or `rolled-back` when the hashes kept at the last checkpoint are not the journal's.
pub fn take(directory: &Path, grow: bool) -> Result<Taken, Vec<Problem>> {
    take_on(&real(), directory, grow)
}

/// As [`take`], on a disk of the caller's.
///
/// # Errors
/// As [`take`].
pub fn take_on(disk: &Arc<dyn Disk>, directory: &Path, grow: bool) -> Result<Taken, Vec<Problem>> {
    let disk = || Arc::clone(disk);
    let one = |error: StoreError| vec![error.problem()];
    // Another process may write while this one reads: what counts is what is acknowledged now. The
    // kept hashes are opened first, for they are never of more entries than the head counts.
    let kept = Kept::of_book_on(disk(), directory);
    let entries = ReadStore::open_journal_on(disk(), directory).map_err(one)?.head().count;
    if entries == 0 {
        return Err(vec![Problem::data("journal-empty").with("path", directory.display())]);
    }
    let kept = kept.map_err(one)?;
    let mut beside = Beside::new(vec![entries], kept);
    if grow {
        beside = beside.growing(disk(), directory).map_err(one)?;
    }
    let extent = Extent::of_book_on(disk(), directory).map_err(one)?;
    let mut told = Told::default();
    let (checked, sm3) = std::thread::scope(|scope| {
        let sm3 = scope.spawn(|| roots::<Sm3>(&extent, &[entries], |_| false));
        let watch: Looking<'_> = (|_| false, &mut beside);
        let checked = check_on(disk(), directory, watch, &mut |seq, bytes| {
            if seq == 1 || is_close(bytes) {
                told.take(seq, bytes, Entry::decode_given(bytes).ok().as_ref());
            }
            Ok(())
        });
        (checked, sm3.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let (checked, sm3) = (checked.map_err(one)?, sm3.map_err(one)?);
    let (seen, leaves) = beside.finish().map_err(one)?;
    let sound = sound(directory, &checked, &seen, entries);
    let head = |heads: &[crate::store::Head]| heads.first().map(|head| head.root);
    let body = head(&seen.journal)
        .zip(head(&sm3.at))
        .and_then(|(root, sm3)| told.body(entries, root, sm3))
        .ok_or_else(|| vec![Problem::data("journal-empty").with("path", directory.display())]);
    sound.and(body).map(|body| Taken { body, bytes: checked.bytes, leaves })
}

/// Nothing may be wrong with what a checkpoint vouches for.
fn sound(
    directory: &Path,
    checked: &Checked,
    seen: &Seen,
    entries: u64,
) -> Result<(), Vec<Problem>> {
    // What a writer beside has not acknowledged yet may be torn.
    let beyond = |finding: &Problem| {
        let line = finding.arg("line").and_then(|line| line.parse::<u64>().ok());
        matches!(finding.code, "line-torn" | "group-torn")
            && line.is_some_and(|line| line > entries)
    };
    // One slot of the head may be damaged: the other one and the journal say what was acknowledged.
    let told = |finding: &Problem| finding.code == "head-damaged" || beyond(finding);
    let mut problems: Vec<Problem> =
        checked.findings.iter().filter(|finding| !told(finding)).cloned().collect();
    problems.extend(unlike_kept(directory, seen, checked.head.count));
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// What the book's own kept hashes say against its journal of so many entries.
pub fn unlike_kept(directory: &Path, seen: &Seen, entries: u64) -> Option<Problem> {
    if let Some(parting) = &seen.parting {
        return Some(differ(directory, parting));
    }
    let kept = seen.kept_count.filter(|kept| *kept > entries)?;
    Some(
        Problem::new("rolled-back", Exit::Damaged)
            .with("against", directory.join("leaves").display())
            .with("expected", kept)
            .with("found", entries),
    )
}

/// The leaf hashes of the first `sizes` entries and the roots at these sizes, for proofs. Cost: one
/// reading of the journal and 32 bytes an entry.
///
/// # Errors
/// Everything that is wrong with the bytes.
pub fn collect(directory: &Path) -> Result<Vec<Hash>, Vec<Problem>> {
    let mut collected = Collected::default();
    let checked = check_watching(directory, |_| false, &mut collected, &mut |_, _| Ok(()));
    let checked = checked.map_err(|error| vec![error.problem()])?;
    // An unfinished write at the end, or one slot of the head, takes nothing from the entries.
    let mut findings = checked.findings;
    findings.retain(|finding| finding.exit == Exit::Damaged);
    if findings.is_empty() { Ok(collected.leaves) } else { Err(findings) }
}
