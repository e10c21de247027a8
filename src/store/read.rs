//! A book that is only read: from a read-only disk, or beside a process that writes.

use std::path::Path;
use std::sync::Arc;

use super::check::Extent;
use super::disk::{Disk, Mode, real};
use super::error::{misuse, root_differs};
use super::group::missing;
use super::ids::Ids;
use super::journal::Journal;
use super::line::LEAD;
use super::memory::MemoryIndex;
use super::place::{Places, Tag, block_of, entries};
use super::recover::{Paths, examine};
use super::sled::rows;
use super::tree::{Frontier, leaf_hash};
use super::{Changes, Frames, Head, Replay, Store, StoreError, TABLE_MAX, Visit};
use crate::problem::{Exit, Problem};

/// A book's directory, open for reading. It takes no lock and writes nothing; its index lives in
/// memory and is made by [`Store::replay`]. It shows the entries that were there at opening.
pub struct ReadStore {
    journal: Journal,
    tree: Frontier,
    /// First byte of the first line, and the byte behind the last one.
    start: u64,
    length: u64,
    places: Places,
    /// The same without a replay, from [`ReadStore::locate_all`].
    located: Places,
    ids: Ids,
    index: MemoryIndex,
    indexed: Option<Head>,
    notes: Vec<Problem>,
    /// What the head vouches for.
    vouched: (Frontier, u64),
}

impl ReadStore {
    /// Opens a book for reading.
    ///
    /// # Errors
    /// As opening for writing, less those of the lock.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_on(real(), directory)
    }

    /// As [`ReadStore::open`], on a disk of the caller's.
    ///
    /// # Errors
    /// As [`ReadStore::open`].
    pub fn open_on(disk: Arc<dyn Disk>, directory: &Path) -> Result<Self, StoreError> {
        let paths = Paths::new(disk, directory);
        paths.expect_book()?;
        let journal = Journal::open(paths.disk.as_ref(), &paths.journal, Mode::Read)?;
        let found = examine(&paths, &journal)?;
        Ok(Self {
            journal,
            tree: found.tree,
            start: 0,
            length: found.length,
            places: Places::default(),
            located: Places::default(),
            ids: Ids::default(),
            index: MemoryIndex::default(),
            indexed: None,
            notes: found.notes,
            vouched: found.vouched,
        })
    }

    /// The entries of a journal that lies inside another file. Cost: one scan with its hashes.
    ///
    /// # Errors
    /// An entry is damaged, or reading fails.
    pub fn open_extent(extent: &Extent) -> Result<Self, StoreError> {
        let journal = Journal::open(extent.disk.as_ref(), &extent.path, Mode::Read)?;
        let (start, length) = (extent.offset, extent.offset.saturating_add(extent.length));
        let mut tree = Frontier::default();
        let mut located = Places { length: start, ..Places::default() };
        journal.scan(1, start, length, &mut |_, json| {
            tree.append(leaf_hash(json));
            located.push(Tag::of(0), json.len() + LEAD + 1);
            Ok(())
        })?;
        let (places, ids, index) = Default::default();
        let (indexed, notes) = (None, Vec::new());
        let vouched = (tree.clone(), length);
        Ok(Self {
            journal,
            tree,
            start,
            length,
            places,
            located,
            ids,
            index,
            indexed,
            notes,
            vouched,
        })
    }

    /// Notes where every entry lies, so that any of them costs one read from then on. Cost: one scan
    /// of the journal without its hashes.
    ///
    /// # Errors
    /// An entry is damaged, or reading fails.
    pub fn locate_all(&mut self) -> Result<(), StoreError> {
        let mut places = Places { length: self.start, ..Places::default() };
        self.journal.scan(1, self.start, self.length, &mut |_, json| {
            places.push(Tag::of(0), json.len() + LEAD + 1);
            Ok(())
        })?;
        self.located = places;
        Ok(())
    }

    fn read_only(&self) -> StoreError {
        Problem::new("read-only", Exit::Io)
            .with("operation", "write")
            .with("path", self.journal.path().display())
            .with("system", "opened for reading")
            .into()
    }

    fn locate(&self, seq: u64) -> Result<(u64, u64), StoreError> {
        let (block, at) = block_of(seq);
        let block = self.places.block(block).or_else(|| self.located.block(block));
        match block.and_then(|block| entries(block).nth(at)) {
            Some(place) => Ok((place.offset, place.length)),
            None => self.journal.find_line(seq, self.length),
        }
    }
}

impl Store for ReadStore {
    fn head(&self) -> Head {
        Head { count: self.tree.count(), root: self.tree.root() }
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        Err(self.read_only())
    }

    fn write(&mut self, _: Box<dyn Frames>) -> Result<(), StoreError> {
        Err(self.read_only())
    }

    fn abandon(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn commit(&mut self) -> Result<Head, StoreError> {
        Err(self.read_only())
    }

    fn index(&mut self, changes: Changes) -> Result<(), StoreError> {
        if self.places.count != self.tree.count() {
            return Err(misuse("index"));
        }
        self.index.apply(rows(changes)?);
        self.indexed = Some(self.head());
        Ok(())
    }

    fn index_head(&self) -> Option<Head> {
        self.indexed.or_else(|| (self.tree.count() == 0).then(|| self.head()))
    }

    fn reset_index(&mut self) -> Result<(), StoreError> {
        self.places = Places::default();
        self.ids = Ids::default();
        self.index = MemoryIndex::default();
        self.indexed = None;
        Ok(())
    }

    fn replay(&mut self, visit: &mut Replay<'_>) -> Result<(), StoreError> {
        if self.places.count > 0 {
            return if self.places.count == self.tree.count() {
                Ok(())
            } else {
                Err(misuse("replay"))
            };
        }
        let mut tree = Frontier::default();
        self.places.length = self.start;
        let (places, ids) = (&mut self.places, &mut self.ids);
        self.journal.scan(1, self.start, self.length, &mut |seq, json| {
            let tag = Tag::of(visit(seq, json)?);
            tree.append(leaf_hash(json));
            places.push(tag, json.len() + LEAD + 1);
            ids.insert(tag, u32::try_from(seq).unwrap_or(u32::MAX));
            Ok(())
        })?;
        if tree == self.tree { Ok(()) } else { Err(root_differs(&self.journal)) }
    }

    fn read(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        if seq == 0 || seq > self.tree.count() {
            return Err(missing(seq));
        }
        let (offset, length) = self.locate(seq)?;
        self.journal.read(seq, offset, length)
    }

    fn scan(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let from = from.max(1);
        if from > self.tree.count() {
            return Ok(());
        }
        let offset = if from == 1 { self.start } else { self.locate(from)?.0 };
        self.journal.scan(from, offset, self.length, visit)
    }

    fn find(&self, id_hash: u64) -> Result<Vec<u64>, StoreError> {
        let mut found = Vec::new();
        self.ids.find(Tag::of(id_hash), &mut found);
        found.sort_unstable();
        Ok(found)
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.index.get(key).filter(|_| key.first().is_some_and(|table| *table < TABLE_MAX)))
    }

    fn range(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        self.index.range(prefix, visit);
        Ok(())
    }

    fn vouched(&self) -> u64 {
        self.vouched.0.count()
    }

    fn disown(&mut self, keep: u64) -> Result<(), StoreError> {
        let (mut tree, mut length) = self.vouched.clone();
        if keep < tree.count() || keep > self.tree.count() || self.places.count > 0 {
            return Err(misuse("disown"));
        }
        self.journal.scan(tree.count() + 1, length, self.length, &mut |_, json| {
            if tree.count() < keep {
                tree.append(leaf_hash(json));
                length += (json.len() + LEAD + 1) as u64;
            }
            Ok(())
        })?;
        self.notes.retain(|note| note.code != "tail-kept");
        let note = Problem::new("tail-foreign-read", Exit::Findings);
        let note = note.with("entries", self.tree.count() - keep);
        self.notes.push(note.with("path", self.journal.path().display()));
        (self.tree, self.length) = (tree, length);
        Ok(())
    }

    fn notes(&self) -> &[Problem] {
        &self.notes
    }
}
