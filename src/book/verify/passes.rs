//! The threads of `verify`, and what each of them ends with.

use super::source::Source;
use super::{Audited, CHUNK, Chunk, Pass, Passed};
use crate::audit::owner_trees::OwnerTrees;
use crate::audit::verify::Verifier;
use crate::book::against::{Against, Stored};
use crate::book::checkpoint::{Told, names_journal};
use crate::domain::decide::JournalHead;
use crate::domain::entry::Entry;
use crate::problem::Problem;
use crate::store::leaves::{Beside, Seen};
use crate::store::roots::Roots;
use crate::store::{Checked, Head, StoreError};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::ScopedJoinHandle;

/// Chunks that may wait.
const WAITING: usize = 4;

/// What the threads end with.
pub struct Gone {
    pub checked: Checked,
    pub passed: Passed,
    pub verifier: Verifier,
    pub trees: OwnerTrees,
    pub seen: Seen,
    pub told: Told,
    pub sm3: Option<Roots>,
}

/// Goes over the journal once, and under SM3 beside it where that is wanted. The trees of owners in the
/// index reflect so many entries.
pub fn pass_over(
    source: Source<'_>,
    against: &Against,
    mut beside: Beside,
    reflected: Option<u64>,
) -> Result<Gone, Problem> {
    let (sizes, mut told) = (against.sizes(), Told::default());
    let (chunks, arrived) = sync_channel::<Chunk>(WAITING);
    let (audited, to_audit) = sync_channel::<Audited>(WAITING);
    let (checked, passed, (verifier, trees), sm3) = std::thread::scope(|scope| {
        let wanted = against.wants_sm3(source.path());
        let sm3 = wanted.then(|| scope.spawn(|| Against::sm3(source.extent(), &sizes)));
        let pass = scope.spawn(move || Pass::new(source, audited).run(&arrived));
        let audit = scope.spawn(move || audit(&to_audit, reflected));
        let checked = read(source, &mut beside, &mut told, &chunks);
        drop(chunks);
        (checked, ended(pass), ended(audit), sm3.map(ended))
    });
    let named = told.checkpoints.iter().any(|(_, (.., sm3))| sm3.is_some());
    let sm3 = match sm3 {
        // That it is wanted, too, was found out on the way.
        None if named => Some(Against::sm3(source.extent(), &sizes)),
        sm3 => sm3,
    };
    let (seen, _) = beside.finish()?;
    let (checked, sm3) = (checked?, sm3.transpose()?);
    Ok(Gone { checked, passed, verifier, trees, seen, told, sm3 })
}

/// What a thread ends with.
fn ended<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Entries that name the journal before them, each with what it was: closes, then checkpoints.
pub fn stored(sealed: &[(u64, JournalHead)], told: &Told, marked: &[(u64, Head)]) -> Vec<Stored> {
    let is = |entry: u64| {
        let place = marked.binary_search_by_key(&entry, |(marked, _)| *marked).ok()?;
        marked.get(place).map(|(_, head)| *head)
    };
    let closes = sealed.iter().map(|(entry, head)| (*entry, (head.entries, head.root, None), true));
    let checkpoints = told.checkpoints.iter().map(|(entry, says)| (*entry, *says, false));
    let all = closes.chain(checkpoints);
    all.map(|(entry, says, is_close)| Stored { entry, says, is_close, is: is(entry) }).collect()
}

/// The fourth thread: the auditors' checks.
fn audit(arrived: &Receiver<Audited>, reflected: Option<u64>) -> (Verifier, OwnerTrees) {
    let (mut verifier, mut trees) = (Verifier::new(), OwnerTrees::new(reflected));
    for chunk in arrived {
        for (seq, place, entry) in &chunk.entries {
            verifier.check(*seq, place.len(), entry);
            trees.take(*seq, chunk.bytes.get(place.clone()).unwrap_or_default(), entry);
        }
    }
    (verifier, trees)
}

/// Reads every line and hands it on.
fn read(
    source: Source<'_>,
    watch: &mut Beside,
    told: &mut Told,
    chunks: &SyncSender<Chunk>,
) -> Result<Checked, StoreError> {
    let mut chunk = Chunk::new();
    let checked = source.check(names_journal, watch, &mut |seq, bytes| {
        let given = Entry::decode_given(bytes);
        told.take(seq, bytes, given.as_ref().ok());
        chunk.bytes.extend_from_slice(bytes);
        chunk.lines.push((seq, bytes.len(), given));
        if chunk.lines.len() == CHUNK {
            // The pass ends only when this side hangs up, so the chunk always arrives.
            let _ = chunks.send(std::mem::replace(&mut chunk, Chunk::new()));
        }
        Ok(())
    });
    let _ = chunks.send(chunk);
    checked
}
