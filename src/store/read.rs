//! A book opened for reading only: from a read-only disk, or while another process writes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::catalogue::Catalogue;
use super::check::{Extent, Sight};
use super::disk::{Disk, Mode, real};
use super::error::{altered, misuse};
use super::glance::{Glance, glance};
use super::group::missing;
use super::head::Slots;
use super::journal::Journal;
use super::line::LEAD;
use super::place::{Places, Tag, block_of, entries};
use super::recover::{Found, Paths, examine_beside};
use super::tree::{Frontier, leaf_hash};
use super::{Changes, Frames, Head, Replay, Store, StoreError, TABLE_MAX, Visit};
use crate::limits::INDEX_COPY_WAIT_SECONDS;
use crate::problem::{Exit, Problem};

/// Time to replay one entry: waiting for an index may not take longer than rebuilding it.
const REPLAY: Duration = Duration::from_micros(5);
/// Time for which a short command has the index open; the wait is at least this long.
const SHORT: Duration = Duration::from_millis(100);

/// A book's directory, open for reading. It takes no lock and writes nothing there. The index is a
/// copy of the book's; [`Store::replay`] builds in memory what the copy lacks, or all of it. The
/// store shows the entries that count at opening.
pub struct ReadStore {
    paths: Paths,
    journal: Journal,
    found: Found,
    /// Offset of the first line.
    start: u64,
    catalogue: Catalogue,
    /// Places found without an index, from [`ReadStore::locate_all`].
    located: Places,
    /// Reason why there is no copy of the index.
    lacking: Option<Problem>,
    notes: Vec<Problem>,
}

impl ReadStore {
    /// Opens a book for reading. Cost: a copy of its index.
    ///
    /// # Errors
    /// The errors of opening for writing, except those of the lock.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_on(real(), directory)
    }

    /// Like [`ReadStore::open`], on the given disk.
    ///
    /// # Errors
    /// The errors of [`ReadStore::open`].
    pub fn open_on(disk: Arc<dyn Disk>, directory: &Path) -> Result<Self, StoreError> {
        let paths = Paths::new(disk, directory);
        paths.expect_book()?;
        let journal = Journal::open(paths.disk.as_ref(), &paths.journal, Mode::Read)?;
        let before = examine_beside(&paths, &journal)?;
        // The index of a disk in memory is in memory too and cannot be copied.
        if before.tree.count() == 0 || paths.disk.table().is_some() {
            return Ok(Self::without_index(paths, journal, before));
        }
        let count = u32::try_from(before.tree.count()).unwrap_or(u32::MAX);
        let longest = Duration::from_secs(INDEX_COPY_WAIT_SECONDS);
        let wait = REPLAY.saturating_mul(count).clamp(SHORT, longest);
        let glanced = glance(paths.disk.as_ref(), &paths.index, wait);
        // The head is read after the index, so it counts all that the index reflects.
        let found = examine_beside(&paths, &journal)?;
        let entries = found.tree.count();
        let unusable = |reason: &str, fault: &str| unusable(&paths, entries, (reason, fault));
        let lacking = match glanced {
            Glance::Copy(copy) => match Catalogue::over(&paths, copy, &journal, &found) {
                Ok(Some(catalogue)) => {
                    return Ok(Self { catalogue, ..Self::without_index(paths, journal, found) });
                }
                // A writer that has just begun may not have counted yet what the last one left.
                Ok(None) if found.beside => unusable("busy", "-"),
                Ok(None) => unusable("foreign", "-"),
                Err(error) if error.problem().code == "index-failed" => {
                    unusable("failed", error.problem().arg("fault").unwrap_or("-"))
                }
                Err(error) => return Err(error),
            },
            Glance::Missing => Problem::new("index-missing", Exit::Findings)
                .with("path", paths.index.display())
                .with("entries", entries),
            Glance::Busy => unusable("busy", "-"),
            Glance::Unusable(fault) => unusable("failed", &fault),
        };
        let mut store = Self::without_index(paths, journal, found);
        store.notes.push(lacking.clone());
        store.lacking = Some(lacking);
        Ok(store)
    }

    /// Opens the entries of a book without its index, which is built in memory if it is needed.
    ///
    /// # Errors
    /// The errors of [`ReadStore::open`].
    pub fn open_journal(directory: &Path) -> Result<Self, StoreError> {
        Self::open_journal_on(real(), directory)
    }

    /// Like [`ReadStore::open_journal`], on the given disk.
    ///
    /// # Errors
    /// The errors of [`ReadStore::open`].
    pub fn open_journal_on(disk: Arc<dyn Disk>, directory: &Path) -> Result<Self, StoreError> {
        let paths = Paths::new(disk, directory);
        paths.expect_book()?;
        let journal = Journal::open(paths.disk.as_ref(), &paths.journal, Mode::Read)?;
        let found = examine_beside(&paths, &journal)?;
        Ok(Self::without_index(paths, journal, found))
    }

    /// Returns true if another process was writing the book when it was opened.
    pub fn is_written_beside(&self) -> bool {
        self.found.beside
    }

    fn without_index(paths: Paths, journal: Journal, mut found: Found) -> Self {
        let notes = std::mem::take(&mut found.notes);
        let catalogue = Catalogue::in_memory(&paths, 0);
        let located = Places::default();
        Self { paths, journal, found, start: 0, catalogue, located, lacking: None, notes }
    }

    /// Opens the entries of a journal that lies inside another file. Cost: one scan with its
    /// hashes.
    ///
    /// # Errors
    /// An entry is damaged, or reading fails.
    pub fn open_extent(extent: &Extent) -> Result<Self, StoreError> {
        let paths = Paths::new(Arc::clone(&extent.disk), &extent.path);
        let journal = Journal::open(extent.disk.as_ref(), &extent.path, Mode::Read)?;
        let (start, length) = (extent.offset, extent.offset.saturating_add(extent.length));
        let mut tree = Frontier::default();
        let mut located = Places { length: start, ..Places::default() };
        journal.scan(1, start, length, &mut |_, json| {
            tree.append(leaf_hash(json));
            located.push(Tag::of(0), json.len() + LEAD + 1);
            Ok(())
        })?;
        let (newest, bad_slots, notes) = Default::default();
        let (file_length, beside, vouched) = (length, false, (tree.clone(), length));
        let found = Found { newest, tree, length, file_length, bad_slots, beside, notes, vouched };
        let catalogue = Catalogue::in_memory(&paths, start);
        Ok(Self { start, located, catalogue, ..Self::without_index(paths, journal, found) })
    }

    /// Records the place of every entry, so that each costs one read from then on. Cost: one scan
    /// of the journal without its hashes.
    ///
    /// # Errors
    /// An entry is damaged, or reading fails.
    pub fn locate_all(&mut self) -> Result<(), StoreError> {
        let mut places = Places { length: self.start, ..Places::default() };
        self.journal.scan(1, self.start, self.found.length, &mut |_, json| {
            places.push(Tag::of(0), json.len() + LEAD + 1);
            Ok(())
        })?;
        self.located = places;
        Ok(())
    }

    /// The reason why the book's own index is not used, if it is not.
    pub fn lacking_index(&self) -> Option<&Problem> {
        self.lacking.as_ref()
    }

    /// The same head and journal, for a check from the first byte to the last.
    ///
    /// # Errors
    /// The system call failed.
    pub fn sight(&self) -> Result<Sight, StoreError> {
        let found = &self.found;
        let slots = Slots { newest: found.newest.clone(), bad: found.bad_slots.clone() };
        Sight::of(&self.paths, slots, (found.length, found.file_length), found.beside)
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
        let located = self.located.block(block).and_then(|block| entries(block).nth(at));
        let place = match located {
            None => self.catalogue.place(seq).unwrap_or(None),
            located => located,
        };
        match place {
            Some(place) => Ok((place.offset, place.length)),
            None => self.journal.find_line(seq, self.found.length),
        }
    }
}

/// The finding that there is an index which cannot be used.
fn unusable(paths: &Paths, entries: u64, (reason, fault): (&str, &str)) -> Problem {
    let problem = Problem::new("index-unusable", Exit::Findings);
    let problem = problem.with("path", paths.index.display()).with("entries", entries);
    problem.with("reason", reason).with("fault", fault)
}

impl Store for ReadStore {
    fn head(&self) -> Head {
        Head { count: self.found.tree.count(), root: self.found.tree.root() }
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
        if self.catalogue.count() != self.found.tree.count() {
            return Err(misuse("index"));
        }
        self.catalogue.apply(changes)
    }

    fn index_head(&self) -> Option<Head> {
        self.catalogue.head().or_else(|| (self.found.tree.count() == 0).then(|| self.head()))
    }

    fn reset_index(&mut self) -> Result<(), StoreError> {
        if self.catalogue.head().is_some() && self.lacking.is_none() {
            // The book's own index was there but could not be read.
            let told = unusable(&self.paths, self.found.tree.count(), ("failed", "unreadable row"));
            self.notes.push(told.clone());
            self.lacking = Some(told);
        }
        self.catalogue = Catalogue::in_memory(&self.paths, self.start);
        Ok(())
    }

    fn replay(&mut self, visit: &mut Replay<'_>) -> Result<(), StoreError> {
        self.catalogue.replay(&self.journal, (self.found.length, &self.found.tree), visit)
    }

    fn read(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        if seq == 0 || seq > self.found.tree.count() {
            return Err(missing(seq));
        }
        let (offset, length) = self.locate(seq)?;
        self.journal.read(seq, offset, length)
    }

    fn scan(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let from = from.max(1);
        if from > self.found.tree.count() {
            return Ok(());
        }
        let offset = if from == 1 { self.start } else { self.locate(from)?.0 };
        self.journal.scan(from, offset, self.found.length, visit)
    }

    fn find(&self, id_hash: u64) -> Result<Vec<u64>, StoreError> {
        self.catalogue.find(Tag::of(id_hash))
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match key.first() {
            Some(table) if *table < TABLE_MAX => self.catalogue.get(key),
            _ => Ok(None),
        }
    }

    fn range(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
        self.catalogue.range(prefix, visit)
    }

    fn vouched(&self) -> u64 {
        self.found.vouched.0.count()
    }

    fn disown(&mut self, keep: u64) -> Result<(), StoreError> {
        let (mut tree, mut length) = self.found.vouched.clone();
        let count = self.found.tree.count();
        if keep < tree.count() || keep > count || self.catalogue.count() > keep {
            return Err(misuse("disown"));
        }
        // An unfinished group behind may hold what they replaced.
        if !self.found.beside && self.found.file_length > self.found.length {
            return Err(altered(keep + 1));
        }
        self.journal.scan(tree.count() + 1, length, self.found.length, &mut |_, json| {
            if tree.count() < keep {
                tree.append(leaf_hash(json));
                length += (json.len() + LEAD + 1) as u64;
            }
            Ok(())
        })?;
        self.notes.retain(|note| note.code != "tail-kept");
        let note = Problem::new("tail-foreign-read", Exit::Findings);
        let note = note.with("entries", count - keep);
        self.notes.push(note.with("path", self.journal.path().display()));
        (self.found.tree, self.found.length) = (tree, length);
        Ok(())
    }

    fn notes(&self) -> &[Problem] {
        &self.notes
    }
}
