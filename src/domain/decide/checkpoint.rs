//! Checkpoints: the journal is sealed, and who keeps what was sealed. They move nothing.

use super::{Context, Decision, new_name};
use crate::domain::digest::{self, hex};
use crate::domain::event::{Event, KeepCheckpoint};
use crate::domain::field::Json;
use crate::domain::refusal::Reason;
use crate::domain::seal::OwnerRoot;
use crate::domain::state::State;
use crate::problem::Problem;
use serde_json::{Value, json};

/// The journal before the group with both roots, and the tree of every owner. A checkpoint is the
/// whole city's: naming an owner would put it into that owner's tree.
pub(super) fn seal(event: &Event, context: &Context<'_>) -> Result<Decision, Problem> {
    if let Some(owner) = &event.owner {
        return Err(Reason::OwnerNeedless.refuse().with("owner", owner));
    }
    let journal = context.journal;
    let mut head = json!({ "entries": journal.entries, "root": hex(&journal.root) });
    let mut owners = Vec::new();
    if let Some(seals) = context.seals {
        if let (Some(sm3), Some(head)) = (&seals.sm3, head.as_object_mut()) {
            head.insert("sm3".to_owned(), hex(sm3).into());
        }
        for root in &seals.owners {
            let mut row = tree(Some(root));
            if let Some(row) = row.as_object_mut() {
                row.insert("owner".to_owned(), root.owner.as_str().into());
            }
            owners.push(row);
        }
    }
    let working = json!({ "journal": head, "owners": owners });
    Ok(Decision::fact(None).working(Json::new(&working)?))
}

/// Count and root of an owner's tree; of the empty one where no entry concerns the owner.
pub(super) fn tree(root: Option<&OwnerRoot>) -> Value {
    match root {
        Some(root) => json!({ "count": root.count, "root": hex(&root.root) }),
        None => json!({ "count": 0, "root": digest::of_nothing() }),
    }
}

/// Somebody outside keeps a checkpoint that was made.
pub(super) fn keep(
    state: &State,
    event: &Event,
    own: &KeepCheckpoint,
) -> Result<Decision, Problem> {
    let entry = own.checkpoint.0;
    if state.checkpoint(entry).is_none() {
        let last = state.checkpoints.iter().last().map(|checkpoint| checkpoint.entry);
        let last = last.map_or_else(|| "none".to_owned(), |entry| entry.to_string());
        return Err(Reason::CheckpointUnknown.refuse().with("entry", entry).with("last", last));
    }
    new_name(&own.by)?;
    super::setup::city_fact(state, event)
}
