//! The data that the file store keeps beside the journal: places, ids and the caller's tables. They
//! are in sled and, as far as sled does not hold them yet, in memory. All of it can be rebuilt.
//!
//! sled syncs parts of its file with every batch, which would slow down the journal's own sync. So
//! small changes wait in memory for up to [`WAIT_ENTRIES`] entries; after a crash they are rebuilt
//! from the journal.

mod lookup;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use self::lookup::Known;
use super::disk::{Disk, make_directories, parent};
use super::engine::failed;
use super::error::{io, root_differs};
use super::journal::Journal;
use super::line::LEAD;
use super::place::{BLOCK, Place, Places, Tag, block_of, entries};
use super::recover::{Found, Paths, there};
use super::sled::{Puts, SledIndex, Stamp, block_key, rows};
use super::tree::{Frontier, leaf_hash};
use super::{Changes, Head, Replay, StoreError};
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};

/// Entries whose changes may wait in memory; also the most that must be replayed after a crash.
const WAIT_ENTRIES: u64 = 512;
/// Rows that may wait in memory.
const WAIT_ROWS: usize = 8_192;
/// Entries indexed since opening from which on closing opens sled once more, to let it write a
/// snapshot.
const BULK: u64 = 10_000;
/// Old indexes kept in `quarantine/`.
const ASIDE_MAX: usize = 2;

/// Places, ids and tables.
pub struct Catalogue {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    quarantine: PathBuf,
    /// `None` after sled failed.
    index: Option<SledIndex>,
    /// The prefix of the journal that sled reflects.
    stamp: Option<Stamp>,
    /// The prefix that sled and the waiting rows reflect together.
    head: Option<Head>,
    /// Rows that are not in sled yet.
    waiting: Puts,
    /// The tree over the placed entries.
    tree: Frontier,
    /// Places of the entries that sled does not hold, and of the block at the end.
    places: Places,
    known: Mutex<Known>,
    indexed_here: u64,
    /// True if what sled does not hold stays in memory.
    reads_only: bool,
}

impl Catalogue {
    /// Opens the index and tests that it reflects a prefix of this journal. If it does not, it is
    /// set aside and an empty one is begun, in memory if nothing else works. `notes` records what
    /// was done.
    ///
    /// # Errors
    /// The journal is damaged; then nothing was moved.
    pub fn open(
        paths: &Paths,
        journal: &Journal,
        found: &Found,
        notes: &mut Vec<Problem>,
    ) -> Result<Self, StoreError> {
        let mut catalogue = Self::empty(paths, false);
        let about = there(paths.disk.as_ref(), &paths.index)?;
        if about.is_some_and(|about| !about.is_directory && !about.is_file) {
            // Through a link sled would write into a directory outside the book.
            let problem = Problem::new("book-foreign", Exit::Damaged);
            return Err(problem.with("path", paths.index.display()).into());
        }
        let (existed, start) = (about.is_some(), Instant::now());
        let mut reason = match catalogue.try_open(journal, found) {
            Ok(true) => return Ok(catalogue),
            Ok(false) if found.tree.count() == 0 && catalogue.stamp.is_none() => {
                return Ok(catalogue);
            }
            Ok(false) if !existed && catalogue.stamp.is_none() => "index-missing",
            Ok(false) => "index-foreign",
            Err(error) if error.problem().code == "index-failed" => {
                catalogue.index = None;
                notes.push(error.problem());
                "index-foreign"
            }
            Err(error) => return Err(error),
        };
        if reason == "index-foreign" {
            // If the journal is damaged, nothing may be moved.
            expect_root(journal, found)?;
            // A sled that did not answer may still be at work in its directory.
            let hung = start.elapsed() >= paths.disk.patience();
            let made = if hung { catalogue.forget() } else { catalogue.reset() };
            if hung || made.is_err() {
                catalogue.index = Some(SledIndex::in_memory());
                reason = "index-in-memory";
            }
        }
        let note = Problem::new(reason, Exit::Findings).with("path", paths.index.display());
        notes.push(note.with("entries", found.tree.count()));
        Ok(catalogue)
    }

    fn empty(paths: &Paths, reads_only: bool) -> Self {
        Self {
            disk: Arc::clone(&paths.disk),
            path: paths.index.clone(),
            quarantine: paths.quarantine.clone(),
            index: None,
            stamp: None,
            head: None,
            waiting: Puts::new(),
            tree: Frontier::default(),
            places: Places::default(),
            known: Mutex::default(),
            indexed_here: 0,
            reads_only,
        }
    }

    /// Makes a catalogue for reading, over a private copy of the index; `None` if the copy does not
    /// belong to the journal.
    ///
    /// # Errors
    /// sled failed, or the journal cannot be read.
    pub fn over(
        paths: &Paths,
        copy: SledIndex,
        journal: &Journal,
        found: &Found,
    ) -> Result<Option<Self>, StoreError> {
        let mut catalogue = Self::empty(paths, true);
        Ok(catalogue.take_over(copy, journal, found)?.then_some(catalogue))
    }

    /// Makes a catalogue for reading, in memory, of a journal whose first line begins at `start`.
    pub fn in_memory(paths: &Paths, start: u64) -> Self {
        let mut catalogue = Self::empty(paths, true);
        catalogue.index = Some(SledIndex::in_memory());
        catalogue.places.length = start;
        catalogue
    }

    /// Opens sled and returns true if its contents belong to the journal.
    fn try_open(&mut self, journal: &Journal, found: &Found) -> Result<bool, StoreError> {
        let index = SledIndex::open(self.disk.as_ref(), &self.path)?;
        self.take_over(index, journal, found)
    }

    fn take_over(
        &mut self,
        index: SledIndex,
        journal: &Journal,
        found: &Found,
    ) -> Result<bool, StoreError> {
        let index = self.index.insert(index);
        let Some(stamp) = index.stamp()? else { return Ok(false) };
        let count = stamp.tree.count();
        let last = index.block(count / BLOCK)?;
        self.stamp = Some(stamp.clone());
        if count > found.tree.count() || stamp.length > found.length {
            return Ok(false);
        }
        let placed = last.as_deref().map_or(0, |block| entries(block).count() as u64);
        if placed != count % BLOCK {
            return Ok(false);
        }
        if !planted(Bug::IndexBelieved) && !leads_to(&stamp, journal, found)? {
            return Ok(false);
        }
        self.places = Places::resume(count, stamp.length, last);
        self.head = Some(head_of(&stamp.tree));
        self.tree = stamp.tree;
        self.known().from = count;
        Ok(true)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A panic leaves nothing in it half done.
        self.known.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    fn index(&self) -> Result<&SledIndex, StoreError> {
        let gone = || Problem::new("index-failed", Exit::Io).with("fault", "set aside").into();
        self.index.as_ref().ok_or_else(gone)
    }

    /// The prefix that the index reflects.
    pub fn head(&self) -> Option<Head> {
        self.head.filter(|_| self.index.is_some())
    }

    /// Number of entries that are placed.
    pub fn count(&self) -> u64 {
        self.places.count
    }

    /// The end of the places, from which a group or a replay continues.
    pub fn end(&self) -> Places {
        self.places.end()
    }

    /// Sets the index aside and begins an empty one.
    ///
    /// # Errors
    /// The directory cannot be moved, or sled cannot be opened.
    pub fn reset(&mut self) -> Result<(), StoreError> {
        self.forget()?;
        self.index = Some(SledIndex::open(self.disk.as_ref(), &self.path)?);
        Ok(())
    }

    /// Sets the index aside and forgets all that was known from it.
    fn forget(&mut self) -> Result<(), StoreError> {
        self.index = None;
        self.stamp = None;
        self.head = None;
        self.waiting.clear();
        self.tree = Frontier::default();
        self.places = Places::default();
        *self.known() = Known::default();
        match self.disk.table() {
            Some(table) => table.clear().map_err(|fault| failed(&fault)),
            None => self.set_aside(),
        }
    }

    fn set_aside(&self) -> Result<(), StoreError> {
        let (disk, quarantine) = (self.disk.as_ref(), &self.quarantine);
        if there(disk, &self.path)?.is_none() {
            return Ok(());
        }
        make_directories(disk, quarantine).map_err(io("create", quarantine))?;
        let names = disk.names(quarantine).map_err(io("read", quarantine))?;
        let number = |name: std::ffi::OsString| name.to_str()?.strip_prefix("index-")?.parse().ok();
        let mut aside: Vec<u64> = names.into_iter().filter_map(number).collect();
        aside.sort_unstable();
        for old in aside.iter().rev().skip(ASIDE_MAX - 1) {
            let old = quarantine.join(format!("index-{old}"));
            disk.remove(&old).map_err(io("remove", &old))?;
        }
        let next = aside.last().map_or(1, |last| last.saturating_add(1));
        let to = quarantine.join(format!("index-{next}"));
        disk.rename(&self.path, &to).map_err(io("rename", &self.path))?;
        let book = parent(&self.path);
        [quarantine.as_path(), book]
            .into_iter()
            .try_for_each(|path| disk.sync_directory(path).map_err(io("sync", path)))
    }

    /// Tests that an index without a stamp is empty: a replay adds to its rows, so rows that are
    /// left there would count twice.
    ///
    /// # Errors
    /// `index-failed`: it holds rows, or sled failed.
    pub fn expect_own(&self) -> Result<(), StoreError> {
        if self.head.is_some() || planted(Bug::SilenceIsAbsence) {
            return Ok(());
        }
        let Some(index) = &self.index else { return Ok(()) };
        let used = index.is_used()? || !self.waiting.is_empty();
        if used { Err(failed("rows of another journal are in it")) } else { Ok(()) }
    }

    /// Remembers the ids of a batch that is being written.
    pub fn learn(&self, first: u64, tags: impl Iterator<Item = Tag>) {
        let mut known = self.known();
        for (seq, tag) in (first..).zip(tags) {
            // Numbers are bounded when the entry is written.
            known.ids.insert(tag, u32::try_from(seq).unwrap_or(u32::MAX));
        }
    }

    /// Forgets the ids above an entry.
    pub fn unlearn(&self, last: u64) {
        self.known().ids.cut(last);
    }

    /// Lets others read the files of the index until the next call needs it.
    pub fn let_go(&self) {
        self.index.iter().for_each(SledIndex::let_go);
    }

    /// Visits the entries of a journal that the index does not reflect, up to its end, and adds
    /// them to the places and ids; they must lead to the journal's tree.
    ///
    /// # Errors
    /// An entry is damaged, the tree is another one (`root-differs`), or the visitor's error.
    pub fn replay(
        &mut self,
        journal: &Journal,
        (end, tree): (u64, &Frontier),
        visit: &mut Replay<'_>,
    ) -> Result<(), StoreError> {
        let from = self.end();
        journal.scan(from.count + 1, from.length, end, &mut |seq, json| {
            let tag = Tag::of(visit(seq, json)?);
            self.replayed(tag, json);
            Ok(())
        })?;
        let same = self.tree == *tree || planted(Bug::RootNotCompared);
        if same { Ok(()) } else { Err(root_differs(journal)) }
    }

    /// Adds one entry of a replay.
    fn replayed(&mut self, tag: Tag, json: &[u8]) {
        self.places.push(tag, json.len() + LEAD + 1);
        self.tree.append(leaf_hash(json));
        self.learn(self.places.count, std::iter::once(tag));
    }

    /// Adds a group that was committed.
    pub fn committed(&mut self, places: Places, tree: &Frontier) {
        self.places.extend(places);
        self.tree.clone_from(tree);
    }

    /// The place of an entry, if it is known.
    ///
    /// # Errors
    /// sled failed.
    pub fn place(&self, seq: u64) -> Result<Option<Place>, StoreError> {
        let (number, at) = block_of(seq);
        if let Some(block) = self.places.block(number) {
            return Ok(entries(block).nth(at));
        }
        match &self.index {
            Some(index) if seq <= self.places.count => {
                Ok(index.block(number)?.and_then(|block| entries(&block).nth(at)))
            }
            _ => Ok(None),
        }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// sled failed.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let index = self.index()?;
        self.waiting.get(key).map_or_else(|| index.get(key), |value| Ok(value.clone()))
    }

    /// Visits the keys with a prefix: the rows of sled merged with the waiting rows.
    ///
    /// # Errors
    /// sled failed.
    pub fn range(
        &self,
        prefix: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), StoreError> {
        let from = self.waiting.range(prefix.to_vec()..);
        let mut waiting = from.take_while(|(key, _)| key.starts_with(prefix)).peekable();
        self.index()?.range(prefix, &mut |key, value| {
            while let Some((before, row)) = waiting.next_if(|(other, _)| other.as_slice() < key) {
                row.iter().for_each(|value| visit(before, value));
            }
            match waiting.next_if(|(other, _)| other.as_slice() == key) {
                Some((_, row)) => row.iter().for_each(|value| visit(key, value)),
                None => visit(key, value),
            }
        })?;
        for (key, row) in waiting {
            row.iter().for_each(|value| visit(key, value));
        }
        Ok(())
    }

    /// Makes the caller's changes; from then on the index reflects every placed entry.
    ///
    /// # Errors
    /// A key that is not allowed; or sled failed, and the index is not used any more.
    pub fn apply(&mut self, changes: Changes) -> Result<(), StoreError> {
        let rows = rows(changes)?;
        self.index()?;
        self.waiting.extend(rows);
        self.head = Some(head_of(&self.tree));
        if self.reads_only {
            return Ok(());
        }
        let lag = self.places.count - self.stamp.as_ref().map_or(0, |stamp| stamp.tree.count());
        if lag >= WAIT_ENTRIES || self.waiting.len() >= WAIT_ROWS { self.write() } else { Ok(()) }
    }

    /// Writes the waiting rows to sled, in one atomic step.
    fn write(&mut self) -> Result<(), StoreError> {
        let mut puts = std::mem::take(&mut self.waiting);
        for (number, block) in self.places.numbered() {
            puts.insert(block_key(number), Some(block.to_vec()));
        }
        let before = self.stamp.clone().unwrap_or_default();
        let lag = self.places.count - before.tree.count();
        let stamp = Stamp { tree: self.tree.clone(), length: self.places.length, ..before };
        let written = self.index().and_then(|index| index.apply(puts, &stamp));
        written.inspect_err(|_| self.index = None)?;
        self.stamp = Some(stamp);
        self.indexed_here += lag;
        self.places.forget_full();
        Ok(())
    }

    /// Returns true if sled lacks anything that the index should reflect.
    fn lags(&self) -> bool {
        let stamped = self.stamp.as_ref().map(|stamp| head_of(&stamp.tree));
        self.index.is_some()
            && self.head.is_some()
            && (self.head != stamped || !self.waiting.is_empty())
    }

    /// Leaves the index in a state in which the next opening is fast: ids in their buckets, and a
    /// snapshot, which sled writes only while opening.
    ///
    /// # Errors
    /// sled failed.
    pub fn close(&mut self) -> Result<(), StoreError> {
        // Entries that were committed but never indexed are left for the next replay.
        if self.lags() && self.head == Some(head_of(&self.tree)) {
            self.write()?;
        }
        self.merge()?;
        let lasts = self.index.take().is_some_and(|index| index.lasts);
        if lasts && self.indexed_here >= BULK {
            SledIndex::open(self.disk.as_ref(), &self.path)?;
        }
        Ok(())
    }
}

/// Returns true if the index, with the entries that it lacks, leads to the tree of the journal.
fn leads_to(stamp: &Stamp, journal: &Journal, found: &Found) -> Result<bool, StoreError> {
    let mut tree = stamp.tree.clone();
    let lacking = journal.scan(tree.count() + 1, stamp.length, found.length, &mut |_, json| {
        tree.append(leaf_hash(json));
        Ok(())
    });
    match lacking {
        Ok(()) => Ok(tree == found.tree),
        // The length in the stamp may belong to another journal; real damage is found before a new
        // index is made.
        Err(StoreError::Problem(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Tests every line of the journal and the root over them.
fn expect_root(journal: &Journal, found: &Found) -> Result<(), StoreError> {
    let mut tree = Frontier::default();
    journal.scan(1, 0, found.length, &mut |_, json| {
        tree.append(leaf_hash(json));
        Ok(())
    })?;
    if tree == found.tree { Ok(()) } else { Err(root_differs(journal)) }
}

fn head_of(tree: &Frontier) -> Head {
    Head { count: tree.count(), root: tree.root() }
}

#[cfg(test)]
mod tests {
    use super::super::disk::real;
    use super::*;
    use std::path::Path;

    /// Even if every earlier test fails, entries are not added to rows of another journal.
    #[test]
    fn an_index_that_says_nothing_must_be_empty() {
        let index = SledIndex::in_memory();
        let mut catalogue = Catalogue::empty(&Paths::new(real(), Path::new("")), false);
        index.apply(Puts::from([(vec![1], Some(vec![2]))]), &Stamp::default()).unwrap();
        catalogue.index = Some(index);
        assert_eq!(catalogue.expect_own().unwrap_err().problem().code, "index-failed");
        catalogue.head = Some(head_of(&Frontier::default()));
        catalogue.expect_own().unwrap();
        (catalogue.index, catalogue.head) = (Some(SledIndex::in_memory()), None);
        catalogue.expect_own().unwrap();
    }
}
