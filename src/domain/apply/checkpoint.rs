//! Records of checkpoints, and who keeps them.

use crate::domain::entry::Entry;
use crate::domain::event::KeepCheckpoint;
use crate::domain::registry::Checkpoint;
use crate::domain::state::State;

pub(super) fn made(state: &mut State, entry: &Entry) {
    let (id, second) = (Checkpoint::id_of(entry.seq), entry.recorded.as_second());
    state.checkpoints.insert(Checkpoint { id, entry: entry.seq, second, kept: Vec::new() });
}

pub(super) fn kept(state: &mut State, own: &KeepCheckpoint, seq: u64) {
    if let Some(checkpoint) = state.checkpoints.get_mut(&Checkpoint::id_of(own.checkpoint.0)) {
        checkpoint.kept.push(seq);
    }
}

pub(super) fn undo(state: &mut State, own: &KeepCheckpoint, seq: u64) {
    if let Some(checkpoint) = state.checkpoints.get_mut(&Checkpoint::id_of(own.checkpoint.0)) {
        checkpoint.kept.retain(|kept| *kept != seq);
    }
}
