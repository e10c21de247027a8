//! The trees of owners: what a close and a checkpoint seal beside the journal.
//!
//! They are not kept while events are recorded. When something is sealed, the trees that the index
//! holds from the last time are brought up to date from the journal. The rows of the index are a
//! cache like all of it: without them the trees are built from the first entry on.
//!
//! Rows: the table byte alone holds the number of entries that the trees reflect (8 bytes,
//! big-endian); the byte and an owner's code hold the number of its entries (8 bytes) and the edge of
//! its tree.

use super::{Book, Options};
use crate::domain::calendar::Date;
use crate::domain::entry::Entry;
use crate::domain::event::{Event, Kind, RecordKind};
use crate::domain::registry::tables::OWNER_TREE;
use crate::domain::seal::{OwnerRoot, Seals, concerned};
use crate::domain::state::State;
use crate::domain::table::Put;
use crate::domain::text::Id;
use crate::problem::Problem;
use crate::store::tree::{Edge, Frontier, Hash, Sm3, TreeHash as _, leaf_hash};
use crate::store::{Store, StoreError};
use jiff::Timestamp;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The trees over a prefix of the journal.
#[derive(Default)]
struct Trees {
    entries: u64,
    trees: BTreeMap<Id, Frontier>,
    changed: BTreeSet<Id>,
}

impl Trees {
    fn add(&mut self, seq: u64, bytes: &[u8], state: &State) -> Result<(), Problem> {
        let entry = Entry::decode(bytes)?;
        let owners = concerned(&entry, &mut |record, id| owner_of(state, seq, record, id));
        if !owners.is_empty() {
            let leaf = leaf_hash(bytes);
            for owner in owners {
                self.trees.entry(owner.clone()).or_default().append(leaf);
                self.changed.insert(owner);
            }
        }
        self.entries = seq;
        Ok(())
    }

    /// Reads the rows of the index; nothing where one of them is not what is written here.
    fn read(rows: &[Put], journal: u64) -> Option<Self> {
        let mut trees = Self::default();
        for (key, value) in rows {
            let (count, rest) = value.split_first_chunk::<8>()?;
            let count = u64::from_be_bytes(*count);
            let code = key.get(1..)?;
            if code.is_empty() {
                trees.entries = count;
                continue;
            }
            let (nodes, left) = rest.as_chunks::<32>();
            let owner = Id::parse(std::str::from_utf8(code).ok()?).ok()?;
            let tree = Frontier::from_nodes(count, nodes.to_vec())?;
            trees.trees.insert(owner, tree).is_none().then_some(())?;
            left.is_empty().then_some(())?;
        }
        (trees.entries <= journal).then_some(trees)
    }

    /// The rows that changed.
    fn puts(&self) -> Vec<Put> {
        let trees = self.changed.iter().filter_map(|owner| self.trees.get_key_value(owner));
        let mut puts: Vec<Put> = trees
            .map(|(owner, tree)| {
                let key = [&[OWNER_TREE], owner.as_bytes()].concat();
                (key, [&tree.count().to_be_bytes(), tree.nodes().as_flattened()].concat())
            })
            .collect();
        puts.push((vec![OWNER_TREE], self.entries.to_be_bytes().to_vec()));
        puts
    }

    fn seals(&self) -> Seals {
        let root = |(owner, tree): (&Id, &Frontier)| OwnerRoot {
            owner: owner.clone(),
            count: tree.count(),
            root: tree.root(),
        };
        Seals { owners: self.trees.iter().map(root).collect(), sm3: None }
    }
}

/// The owner of a record that an entry names. Owners of records do not change, but for applications
/// that were taken back and made again.
pub(super) fn owner_of(state: &State, seq: u64, record: RecordKind, id: &Id) -> Option<Id> {
    let owner = match record {
        RecordKind::Application => state.applications.get(id)?.asked_before(seq)?,
        RecordKind::Loan => &state.loans.get(id)?.owner,
        RecordKind::Claim => &state.claims.get(id)?.owner,
        RecordKind::Subsidy => {
            let filing = state.filings.get(id).map(|filing| &filing.owner);
            filing.or_else(|| state.subsidies.get(id).map(|line| &line.owner))?
        }
        RecordKind::BankAccount => &state.bank_accounts.get(id)?.owner,
    };
    Some(owner.clone())
}

/// How much of the journal somebody outside can vouch for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witnessed {
    /// Entries of the last checkpoint that left the house; none of them when none ever did.
    pub covered: u64,
    /// When it was recorded, or the first entry was.
    pub since: Timestamp,
}

impl<S: Store> Book<S> {
    /// What the last checkpoint stands for that was told to be kept outside; nothing in an empty book.
    /// Cost: one read where there is none.
    ///
    /// # Errors
    /// The store's own.
    pub fn witnessed(&self) -> Result<Option<Witnessed>, Problem> {
        let kept = self.state.checkpoints.iter().rev().find(|made| !made.kept.is_empty());
        if let Some(kept) = kept {
            let since = Timestamp::from_second(kept.second).unwrap_or_default();
            return Ok(Some(Witnessed { covered: kept.entry, since }));
        }
        if self.store.head().count == 0 {
            return Ok(None);
        }
        Ok(Some(Witnessed { covered: 0, since: self.entry(1)?.recorded }))
    }

    /// Seals the journal as it stands, unless its last entry did so, and gives the number of the
    /// entry that sealed it. Cost: one reading of the journal, and one sync.
    ///
    /// # Errors
    /// The store's own; a dry run records nothing and gives the number all the same.
    pub fn checkpoint(&mut self, date: Date, options: &Options) -> Result<u64, Problem> {
        let entries = self.store.head().count;
        if self.state.checkpoint(entries).is_some() {
            return Ok(entries);
        }
        // The same journal is sealed once.
        let fields = json!({ "date": date.to_string(), "event": "checkpoint",
            "id": format!("checkpoint-{entries}") });
        let event = Event::from_json(fields.to_string().as_bytes())?;
        self.record(event, options)?;
        Ok(entries + 1)
    }

    /// Has what an event seals ready: the journal as it stands before the group that is under way.
    /// Cost: linear in the entries since the last close or checkpoint; for a checkpoint all entries.
    ///
    /// # Errors
    /// The store's own.
    pub(super) fn prepare_seals(
        &mut self,
        kind: &Kind,
        seals: &mut Option<Seals>,
    ) -> Result<(), Problem> {
        if !crate::domain::decide::seals(kind) {
            return Ok(());
        }
        let mut ready = match seals.take() {
            Some(ready) => ready,
            None => self.owner_trees()?,
        };
        if matches!(kind, Kind::Checkpoint(_)) && ready.sm3.is_none() {
            ready.sm3 = Some(self.sm3_root()?);
        }
        *seals = Some(ready);
        Ok(())
    }

    /// The root of the journal under SM3, from its bytes.
    fn sm3_root(&self) -> Result<Hash, Problem> {
        let mut edge = Edge::<Sm3>::default();
        self.store.scan(1, &mut |_, bytes| {
            edge.append(Sm3::leaf(bytes));
            Ok(())
        })?;
        Ok(edge.root())
    }

    /// The trees of owners over the journal as it stands; the index keeps them with its next change.
    fn owner_trees(&mut self) -> Result<Seals, Problem> {
        let mut rows: Vec<Put> = Vec::new();
        self.store.range(&[OWNER_TREE], &mut |key, value| {
            rows.push((key.to_vec(), value.to_vec()));
        })?;
        let mut trees = Trees::read(&rows, self.store.head().count).unwrap_or_default();
        let state = &self.state;
        self.store.scan(trees.entries + 1, &mut |seq, bytes| {
            trees.add(seq, bytes, state).map_err(StoreError::from)
        })?;
        self.tree_rows = trees.puts();
        Ok(trees.seals())
    }
}
