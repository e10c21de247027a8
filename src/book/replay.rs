//! Taking in the entries that the index does not reflect.
//!
//! Many of them are read, checked and hashed by the store on this thread, while another one parses
//! them and takes them in.

use super::Book;
use crate::audit::turnover::Delta;
use crate::domain::apply::apply;
use crate::domain::entry::{Entry, id_hash};
use crate::domain::plain;
use crate::domain::state::State;
use crate::problem::{Exit, Problem};
use crate::store::{Store, StoreError};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Entries from which on a second thread is worth its start.
const BESIDE_AT: u64 = 1_000;
/// Bytes handed over at once.
const CHUNK: usize = 256 * 1024;
/// Chunks that may wait.
const WAITING: usize = 4;

/// Lines one behind the other, with the end of each.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl<S: Store> Book<S> {
    /// Takes in the entries that the index does not reflect. Cost: linear in their number.
    pub(super) fn replay(&mut self) -> Result<(), Problem> {
        let indexed = self.store.index_head();
        if indexed.is_none() {
            self.state = State::default();
            self.delta = Delta::default();
            self.rows.clear();
        }
        let known = indexed.map_or(0, |head| head.count);
        let (state, delta) = (&mut self.state, &mut self.delta);
        if self.store.head().count.saturating_sub(known) < BESIDE_AT {
            self.store.replay(&mut |_, bytes| Ok(id_hash(&take(state, delta, bytes)?.event.id)))?;
        } else {
            replay_beside(&mut self.store, state, delta)?;
        }
        self.update_index()
    }
}

fn take(state: &mut State, delta: &mut Delta, bytes: &[u8]) -> Result<Entry, Problem> {
    let entry = Entry::decode(bytes)?;
    apply(state, &entry);
    delta.add(&entry, state);
    Ok(entry)
}

fn replay_beside<S: Store>(
    store: &mut S,
    state: &mut State,
    delta: &mut Delta,
) -> Result<(), Problem> {
    let (chunks, arrived) = sync_channel(WAITING);
    std::thread::scope(|scope| {
        let taking = scope.spawn(move || take_all(state, delta, &arrived));
        let read = read(store, &chunks);
        drop(chunks);
        // An entry that could not be taken in stopped the reading, so its problem comes first.
        taking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        read.map_err(Problem::from)
    })
}

fn read<S: Store>(store: &mut S, chunks: &SyncSender<Chunk>) -> Result<(), StoreError> {
    let gone = || StoreError::from(Problem::new("entry-unreadable", Exit::Damaged));
    let mut chunk = Chunk::default();
    store.replay(&mut |_, bytes| {
        let hash = match plain::text_of(bytes, "id") {
            Some(id) => id_hash(id),
            None => id_hash(&Entry::decode(bytes)?.event.id),
        };
        chunk.bytes.extend_from_slice(bytes);
        chunk.ends.push(chunk.bytes.len());
        if chunk.bytes.len() >= CHUNK {
            let full = std::mem::take(&mut chunk);
            chunk.bytes.reserve(CHUNK);
            chunks.send(full).map_err(|_| gone())?;
        }
        Ok(hash)
    })?;
    chunks.send(chunk).map_err(|_| gone())
}

fn take_all(
    state: &mut State,
    delta: &mut Delta,
    arrived: &Receiver<Chunk>,
) -> Result<(), Problem> {
    for chunk in arrived {
        let mut start = 0;
        for end in chunk.ends {
            take(state, delta, chunk.bytes.get(start..end).unwrap_or_default())?;
            start = end;
        }
    }
    Ok(())
}
