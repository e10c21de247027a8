//! A store in memory: for tests, for trial runs, and as the plainest statement of what every store
//! does.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard};

use super::disk::{Rows, Table};
use super::error::misuse;
use super::group::missing;
use super::line::{frame, more};
use super::sled::{Puts, rows};
use super::tree::{Frontier, leaf_hash};
use super::{Changes, Frames, Head, Replay, Store, StoreError, TABLE_MAX, Visit};
use crate::problem::{Exit, Problem};

/// Sorted keys and values in memory.
#[derive(Debug, Default)]
pub struct MemoryIndex {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryIndex {
    /// Makes the changes.
    pub fn apply(&mut self, puts: Puts) {
        for (key, value) in puts {
            match value {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.rows.get(key).cloned()
    }

    /// Visits the keys with a prefix.
    pub fn range(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) {
        let from = self.rows.range(prefix.to_vec()..);
        for (key, value) in from.take_while(|(key, _)| key.starts_with(prefix)) {
            visit(key, value);
        }
    }
}

/// The same behind a lock; it replaces sled where sled cannot be used.
#[derive(Debug, Default)]
pub struct MemoryTable(Mutex<MemoryIndex>);

impl MemoryTable {
    fn index(&self) -> MutexGuard<'_, MemoryIndex> {
        // A panic leaves nothing in it half done.
        self.0.lock().unwrap_or_else(|poison| poison.into_inner())
    }
}

impl Table for MemoryTable {
    fn open(&self) -> Result<(), String> {
        Ok(())
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, String> {
        Ok(self.index().get(key))
    }

    fn rows(&self, from: &[u8], to: Option<&[u8]>) -> Result<Rows, String> {
        let to = to.map_or(Bound::Unbounded, Bound::Excluded);
        let index = self.index();
        let rows = index.rows.range::<[u8], _>((Bound::Included(from), to));
        Ok(rows.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), String> {
        self.index().apply(changes.into_iter().collect());
        Ok(())
    }

    fn clear(&self) -> Result<(), String> {
        self.index().rows.clear();
        Ok(())
    }
}

/// A store that ends with the process.
#[derive(Default)]
pub struct MemoryStore {
    entries: Vec<Vec<u8>>,
    ids: HashMap<u64, Vec<u64>>,
    tree: Frontier,
    /// Entries whose ids are known.
    known: u64,
    group: Option<Group>,
    index: MemoryIndex,
    indexed: Option<Head>,
}

#[derive(Default)]
struct Group {
    entries: Vec<(u64, Vec<u8>)>,
    /// Positions in `entries` by id.
    ids: HashMap<u64, Vec<u64>>,
    failed: bool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn entry(&self, seq: u64) -> Option<&Vec<u8>> {
        let index = usize::try_from(seq.checked_sub(1)?).ok()?;
        let group = self.group.iter().flat_map(|group| &group.entries);
        self.entries
            .get(index)
            .or_else(|| group.map(|(_, entry)| entry).nth(index.checked_sub(self.entries.len())?))
    }
}

impl Store for MemoryStore {
    fn head(&self) -> Head {
        Head { count: self.tree.count(), root: self.tree.root() }
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        if self.group.is_some() || self.known != self.tree.count() {
            return Err(misuse("begin"));
        }
        self.group = Some(Group::default());
        Ok(())
    }

    fn write(&mut self, frames: Box<dyn Frames>) -> Result<(), StoreError> {
        let group = self.group.as_mut().filter(|group| !group.failed);
        let group = group.ok_or_else(|| misuse("write"))?;
        for index in 0..frames.len() {
            let mut line = Vec::new();
            let framed = frame(&mut line, |out| frames.encode(index, out));
            let framed = framed.inspect_err(|_| group.failed = true)?;
            line.pop();
            let id_hash = frames.id_hash(index);
            group.ids.entry(id_hash).or_default().push(group.entries.len() as u64);
            group.entries.push((id_hash, line.split_off(framed.json)));
        }
        Ok(())
    }

    fn abandon(&mut self) -> Result<(), StoreError> {
        self.group = None;
        Ok(())
    }

    fn commit(&mut self) -> Result<Head, StoreError> {
        let group = self.group.as_mut().filter(|group| !group.failed);
        let group = group.ok_or_else(|| misuse("commit"))?;
        let entry = |entry: Option<&(u64, Vec<u8>)>| entry.map_or(0, |(_, json)| more(json));
        let (first, last) = (entry(group.entries.first()), entry(group.entries.last()));
        if last != 0 || (group.entries.len() > 1 && first == 0) {
            group.failed = true;
            return Err(Problem::new("group-broken", Exit::Bug).into());
        }
        for (id_hash, json) in self.group.take().map(|group| group.entries).unwrap_or_default() {
            self.tree.append(leaf_hash(&json));
            self.entries.push(json);
            self.ids.entry(id_hash).or_default().push(self.tree.count());
        }
        self.known = self.tree.count();
        Ok(self.head())
    }

    fn index(&mut self, changes: Changes) -> Result<(), StoreError> {
        if self.group.is_some() || self.known != self.tree.count() {
            return Err(misuse("index"));
        }
        self.index.apply(rows(changes)?);
        self.indexed = Some(self.head());
        Ok(())
    }

    fn index_head(&self) -> Option<Head> {
        // An empty index reflects an empty journal.
        self.indexed.or_else(|| (self.tree.count() == 0).then(|| self.head()))
    }

    fn reset_index(&mut self) -> Result<(), StoreError> {
        self.index = MemoryIndex::default();
        self.ids.clear();
        self.indexed = None;
        self.known = 0;
        Ok(())
    }

    fn replay(&mut self, visit: &mut Replay<'_>) -> Result<(), StoreError> {
        for (seq, json) in (1..).zip(&self.entries).skip(self.known as usize) {
            self.ids.entry(visit(seq, json)?).or_default().push(seq);
            self.known = seq;
        }
        Ok(())
    }

    fn read(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.entry(seq).cloned().ok_or_else(|| missing(seq))
    }

    fn scan(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let skip = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
        (1..).zip(&self.entries).skip(skip).try_for_each(|(seq, json)| visit(seq, json))
    }

    fn find(&self, id_hash: u64) -> Result<Vec<u64>, StoreError> {
        let mut found = self.ids.get(&id_hash).cloned().unwrap_or_default();
        let open = self.group.as_ref().and_then(|group| group.ids.get(&id_hash));
        found.extend(open.into_iter().flatten().map(|place| self.tree.count() + 1 + place));
        Ok(found)
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.index.get(key).filter(|_| key.first().is_some_and(|table| *table < TABLE_MAX)))
    }

    fn range(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        self.index.range(prefix, visit);
        Ok(())
    }
}
