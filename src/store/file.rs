//! The store in a directory: journal, head and lock, with the sled index over them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::catalogue::Catalogue;
use super::disk::{Disk, Mode, make_directories, real};
use super::error::{altered, io, misuse};
use super::group::{Failed, Group, Writer, missing};
use super::head::HeadFile;
use super::journal::Journal;
use super::line::LEAD;
use super::lock::Lock;
use super::place::Tag;
use super::read::ReadStore;
use super::recover::{Found, Paths, Stands, examine, set_tail_aside, sync_names, there};
use super::tree::{Frontier, leaf_hash};
use super::{Changes, Frames, Head, Replay, Store, StoreError, TABLE_MAX, Visit};
use crate::limits::LOCK_WAIT_SECONDS;
use crate::planted::{Bug, planted};
use crate::problem::Problem;

/// Size of a group, in entries, that takes long enough to let other processes read the index
/// meanwhile.
const LET_GO_AT: u64 = 1_024;
/// Name in the lock if the holder names no command.
const PROGRAM: &str = "poolbook";

/// A book's directory, open for writing by one process at a time.
pub struct FileStore {
    journal: Journal,
    head_file: HeadFile,
    head_count: u64,
    tree: Frontier,
    length: u64,
    group: Option<Writer>,
    /// Size of the group, in entries, at which the index is next closed so that others may read it.
    let_go_at: u64,
    poisoned: bool,
    catalogue: Catalogue,
    notes: Vec<Problem>,
    paths: Paths,
    /// The tree and the length that the head vouched for at opening, while entries behind it wait
    /// to be judged.
    vouched: Option<(Frontier, u64)>,
    /// True if neither slot of the head could be read.
    headless: bool,
    closed: bool,
    /// Released last.
    _lock: Lock,
}

impl FileStore {
    /// Makes an empty book in a directory and opens it; the directory is made if it does not exist.
    ///
    /// # Errors
    /// `book-exists`, `book-incomplete` (a journal with entries and no head),
    /// `directory-not-empty`, or the files cannot be made.
    pub fn create(directory: &Path) -> Result<Self, StoreError> {
        Self::create_for(directory, PROGRAM)
    }

    /// Like [`FileStore::create`]; the lock shows the name of the command to processes that wait.
    ///
    /// # Errors
    /// The errors of [`FileStore::create`].
    pub fn create_for(directory: &Path, command: &str) -> Result<Self, StoreError> {
        Self::create_at(real(), directory, command)
    }

    /// Like [`FileStore::create`], on the given disk.
    ///
    /// # Errors
    /// The errors of [`FileStore::create`].
    pub fn create_on(disk: Arc<dyn Disk>, directory: &Path) -> Result<Self, StoreError> {
        Self::create_at(disk, directory, PROGRAM)
    }

    fn create_at(disk: Arc<dyn Disk>, directory: &Path, command: &str) -> Result<Self, StoreError> {
        let paths = Paths::new(disk, directory);
        let disk = paths.disk.as_ref();
        match paths.stands()? {
            // The process that made it ended before the first entry.
            Stands::Book if is_empty(&paths) => {
                return Self::open_on(
                    Arc::clone(&paths.disk),
                    directory,
                    Duration::from_secs(LOCK_WAIT_SECONDS),
                );
            }
            Stands::Book => {
                let problem = Problem::refused("book-exists").with("path", directory.display());
                return Err(problem.into());
            }
            Stands::Begun | Stands::Nothing => {}
        }
        make_directories(disk, directory).map_err(io("create", directory))?;
        let lock = Lock::take(disk, &paths.lock, Duration::from_secs(LOCK_WAIT_SECONDS))?;
        let journal = disk.open(&paths.journal, Mode::Make);
        let journal = journal.map_err(io("create", &paths.journal))?;
        journal.sync().map_err(io("sync", &paths.journal))?;
        // The head comes last, because it makes the directory a book. No power cut may leave it
        // without the journal.
        if !planted(Bug::HeadNamedFirst) {
            disk.sync_directory(directory).map_err(io("sync", directory))?;
        }
        HeadFile::create(disk, &paths.head)?;
        Self::open_locked(&paths, lock, command)
    }

    /// Returns true if a directory holds a book with entries, and false if a book can be made
    /// there: the directory does not exist, is empty, or holds leftovers of an interrupted
    /// creation.
    ///
    /// # Errors
    /// `book-incomplete`, `directory-not-empty`, or the system call failed.
    pub fn is_there(directory: &Path) -> Result<bool, StoreError> {
        let paths = Paths::new(real(), directory);
        Ok(paths.stands()? == Stands::Book && !is_empty(&paths))
    }

    /// Opens a book and waits up to [`LOCK_WAIT_SECONDS`] for another process.
    ///
    /// # Errors
    /// `book-missing`, `book-incomplete`, `book-foreign`, `book-busy`, `format-newer`,
    /// `journal-short`, `journal-damaged`, `head-damaged`, or a system call failed. None of them
    /// changes the journal or the head.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        Self::open_for(directory, PROGRAM)
    }

    /// Like [`FileStore::open`]; the lock shows the name of the command to processes that wait.
    ///
    /// # Errors
    /// The errors of [`FileStore::open`].
    pub fn open_for(directory: &Path, command: &str) -> Result<Self, StoreError> {
        Self::open_at(real(), directory, Duration::from_secs(LOCK_WAIT_SECONDS), command)
    }

    /// Opens a book and waits at most this long for another process.
    ///
    /// # Errors
    /// The errors of [`FileStore::open`].
    pub fn open_within(directory: &Path, wait: Duration) -> Result<Self, StoreError> {
        Self::open_on(real(), directory, wait)
    }

    /// Like [`FileStore::open_within`], on the given disk.
    ///
    /// # Errors
    /// The errors of [`FileStore::open`].
    pub fn open_on(
        disk: Arc<dyn Disk>,
        directory: &Path,
        wait: Duration,
    ) -> Result<Self, StoreError> {
        Self::open_at(disk, directory, wait, PROGRAM)
    }

    fn open_at(
        disk: Arc<dyn Disk>,
        directory: &Path,
        wait: Duration,
        command: &str,
    ) -> Result<Self, StoreError> {
        let paths = Paths::new(disk, directory);
        let disk = paths.disk.as_ref();
        paths.expect_book()?;
        if there(disk, &paths.lock)?.is_none() && !planted(Bug::RefusalLeavesLock) {
            // No lock file is made in a book that is refused.
            examine(&paths, &Journal::open(disk, &paths.journal, Mode::Read)?)?;
        }
        let lock = Lock::take(disk, &paths.lock, wait)?;
        Self::open_locked(&paths, lock, command)
    }

    fn open_locked(paths: &Paths, mut lock: Lock, command: &str) -> Result<Self, StoreError> {
        let disk = paths.disk.as_ref();
        let journal = Journal::open(disk, &paths.journal, Mode::Write)?;
        let mut found = examine(paths, &journal)?;
        let mut notes = std::mem::take(&mut found.notes);
        let catalogue = Catalogue::open(paths, &journal, &found, &mut notes)?;
        // A book that is refused does not change, not even the text of its lock.
        lock.sign(command);
        let mut head_file = HeadFile::open(disk, &paths.head, found.newest.as_ref())?;
        settle(paths, &journal, &found, &mut head_file, &mut notes)?;
        Ok(Self {
            journal,
            head_file,
            head_count: found.vouched.0.count(),
            vouched: (found.vouched.0.count() != found.tree.count()).then_some(found.vouched),
            headless: found.newest.is_none(),
            paths: paths.clone(),
            tree: found.tree,
            length: found.length,
            group: None,
            let_go_at: LET_GO_AT,
            poisoned: false,
            catalogue,
            notes,
            closed: false,
            _lock: lock,
        })
    }

    /// Leaves the book in a state in which the next opening is fast. Dropping the store does the
    /// same but reports no failure. Neither touches an entry.
    ///
    /// # Errors
    /// The head or the index could not be written; the next opening repairs that.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.finish()
    }

    fn finish(&mut self) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.closed, true) {
            return Ok(());
        }
        self.abandon()?;
        let index = self.catalogue.close();
        // Entries that were not judged are left for the next opening.
        if !self.poisoned && self.vouched.is_none() {
            self.write_head()?;
            self.head_file.close(self.length, &self.tree)?;
        }
        index
    }

    /// Counts the entries that were found behind the head.
    fn vouch(&mut self) -> Result<(), StoreError> {
        let Some((_, from)) = self.vouched.clone() else { return Ok(()) };
        cut_torn(&self.paths, &self.journal, self.length, &mut self.notes)?;
        // The entries may be in the system's memory only; the head must not count them before they
        // are durable.
        if !planted(Bug::TailBelieved) {
            self.journal.renew(from, self.length)?;
        }
        if self.headless {
            self.head_file.restore(self.length, &self.tree)?;
            self.head_count = self.tree.count();
        }
        self.vouched = None;
        self.write_head()
    }

    fn write_head(&mut self) -> Result<(), StoreError> {
        if self.head_count != self.tree.count() {
            let written = self.head_file.write(self.length, &self.tree);
            written.inspect_err(|_| self.poisoned = true)?;
            self.head_count = self.tree.count();
        }
        Ok(())
    }

    fn usable(&self) -> Result<(), StoreError> {
        let poisoned = self.poisoned && !planted(Bug::PoisonForgotten);
        if poisoned { Err(StoreError::Poisoned) } else { Ok(()) }
    }

    /// A full disk can be freed; after any other failure of the system nothing more is written.
    fn failed(&mut self, error: StoreError) -> StoreError {
        if matches!(error, StoreError::Io { .. }) && !error.is_disk_full() {
            self.poisoned = true;
        }
        error
    }

    /// Offset and length of an entry's line; searched in the journal if the index fails.
    fn locate(&self, seq: u64) -> Result<(u64, u64), StoreError> {
        match self.catalogue.place(seq) {
            Ok(Some(place)) => Ok((place.offset, place.length)),
            Ok(None) | Err(_) => self.journal.find_line(seq, self.length),
        }
    }
}

/// Returns true if a book is sound and holds no entry.
fn is_empty(paths: &Paths) -> bool {
    let store = ReadStore::open_journal_on(Arc::clone(&paths.disk), &paths.book);
    store.is_ok_and(|store| store.head().count == 0)
}

/// Repairs what a power cut left: an unfinished tail is set aside and cut, a slot that cannot be
/// read is rewritten. If there are whole groups behind the head, the tail waits until those are
/// judged.
fn settle(
    paths: &Paths,
    journal: &Journal,
    found: &Found,
    head_file: &mut HeadFile,
    notes: &mut Vec<Problem>,
) -> Result<(), StoreError> {
    if found.tree.count() == 0 && !planted(Bug::NamesUnsynced) {
        // The process that made the book may have ended before its names were durable.
        sync_names(paths)?;
    }
    if found.vouched.0.count() == found.tree.count() {
        cut_torn(paths, journal, found.length, notes)?;
    }
    let known = found.newest.as_ref().map(|(_, slot)| slot.tree.count());
    if !found.bad_slots.is_empty() && known == Some(found.tree.count()) {
        journal.renew(found.length, found.length)?;
        head_file.write(found.length, &found.tree)?;
    }
    Ok(())
}

/// Sets aside and cuts the bytes behind the entries that count.
fn cut_torn(
    paths: &Paths,
    journal: &Journal,
    length: u64,
    notes: &mut Vec<Problem>,
) -> Result<(), StoreError> {
    if journal.length()? == length {
        return Ok(());
    }
    if planted(Bug::CutBeforeCopy) {
        journal.cut(length)?;
    }
    notes.push(set_tail_aside(paths, journal, length, "torn-tail")?);
    journal.cut(length)
}

impl Drop for FileStore {
    fn drop(&mut self) {
        // Only `close` can report a failure.
        let _ = self.finish();
    }
}

impl Store for FileStore {
    fn head(&self) -> Head {
        Head { count: self.tree.count(), root: self.tree.root() }
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.usable()?;
        if self.group.is_some() || self.catalogue.count() != self.tree.count() {
            return Err(misuse("begin"));
        }
        self.vouch().inspect_err(|_| self.poisoned = true)?;
        let file = self.journal.handle();
        let path = self.journal.path().to_owned();
        let group = Group::new(file, path, self.tree.clone(), self.catalogue.end());
        self.group = Some(Writer::new(group));
        self.let_go_at = LET_GO_AT;
        Ok(())
    }

    fn write(&mut self, frames: Box<dyn Frames>) -> Result<(), StoreError> {
        self.usable()?;
        let group = self.group.as_mut().ok_or_else(|| misuse("write"))?;
        let tags = (0..frames.len()).map(|index| Tag::of(frames.id_hash(index)));
        self.catalogue.learn(group.last() + 1, tags);
        if group.last() - self.tree.count() >= self.let_go_at {
            self.catalogue.let_go();
            // A read in between opens the index again; doubling the threshold keeps that rare.
            self.let_go_at = self.let_go_at.saturating_mul(2);
        }
        let written = group.write(frames);
        written.map_err(|error| self.failed(error))
    }

    fn abandon(&mut self) -> Result<(), StoreError> {
        let Some(group) = self.group.take() else { return Ok(()) };
        // The worker must have ended before the file is cut. It may have failed earlier, while an
        // entry was read back.
        self.poisoned |= group.end().is_ok_and(|group| group.failed == Failed::Final);
        self.catalogue.unlearn(self.tree.count());
        // This must be done even after a failure: no part of the group may remain.
        let length = self.journal.length();
        let longer = length.map(|length| length > self.length);
        let cut = longer.and_then(|longer| match longer {
            true if !planted(Bug::TailLeft) => self.journal.cut(self.length),
            _ => Ok(()),
        });
        cut.inspect_err(|_| self.poisoned = true)
    }

    fn commit(&mut self) -> Result<Head, StoreError> {
        self.usable()?;
        let writer = self.group.take().ok_or_else(|| misuse("commit"))?;
        let before = self.tree.count();
        let ended = writer.end().and_then(|mut group| {
            let finished = group.finish();
            self.poisoned |= group.failed == Failed::Final;
            finished.map(|()| group)
        });
        let group = match ended {
            Ok(group) if group.len() == 0 => return Ok(self.head()),
            Ok(group) => group,
            Err(error) => {
                self.group = Some(Writer::failed(before));
                return Err(self.failed(error));
            }
        };
        if planted(Bug::HeadBeforeData) {
            self.head_file.write(group.places.length, &group.tree)?;
            self.head_file.sync()?;
        }
        if let Err(source) = self.journal.sync() {
            self.poisoned = true;
            self.catalogue.unlearn(before);
            let path = self.journal.path().to_owned();
            return Err(StoreError::OutcomeUnknown { path, source });
        }
        self.length = group.places.length;
        self.tree = group.tree;
        self.catalogue.committed(group.places, &self.tree);
        Ok(self.head())
    }

    fn index(&mut self, changes: Changes) -> Result<(), StoreError> {
        self.usable()?;
        if self.group.is_some() || self.catalogue.count() != self.tree.count() {
            return Err(misuse("index"));
        }
        let applied = self.catalogue.apply(changes);
        self.vouch().inspect_err(|_| self.poisoned = true)?;
        self.write_head()?;
        applied
    }

    fn vouched(&self) -> u64 {
        self.vouched.as_ref().map_or(self.tree.count(), |(tree, _)| tree.count())
    }

    fn disown(&mut self, keep: u64) -> Result<(), StoreError> {
        let Some((mut tree, mut length)) = self.vouched.clone() else {
            return Err(misuse("disown"));
        };
        if keep < tree.count() || keep > self.tree.count() {
            return Err(misuse("disown"));
        }
        // An unfinished group behind may hold what they replaced.
        if self.journal.length()? > self.length {
            return Err(altered(keep + 1));
        }
        self.journal.scan(tree.count() + 1, length, self.length, &mut |_, json| {
            if tree.count() < keep {
                tree.append(leaf_hash(json));
                length += (json.len() + LEAD + 1) as u64;
            }
            Ok(())
        })?;
        let note = set_tail_aside(&self.paths, &self.journal, length, "tail-foreign")?;
        self.notes.retain(|note| note.code != "tail-kept");
        self.notes.push(note.with("entries", self.tree.count() - keep));
        self.journal.cut(length)?;
        (self.tree, self.length) = (tree, length);
        Ok(())
    }

    fn index_head(&self) -> Option<Head> {
        // An empty index reflects an empty journal.
        self.catalogue.head().or_else(|| (self.tree.count() == 0).then(|| self.head()))
    }

    fn reset_index(&mut self) -> Result<(), StoreError> {
        self.abandon()?;
        self.catalogue.reset()
    }

    fn replay(&mut self, visit: &mut Replay<'_>) -> Result<(), StoreError> {
        self.catalogue.expect_own()?;
        self.catalogue.replay(&self.journal, (self.length, &self.tree), visit)
    }

    fn read(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        match &self.group {
            _ if seq == 0 => Err(missing(seq)),
            Some(group) if seq > self.tree.count() && seq <= group.last() => group.read(seq),
            _ if seq > self.tree.count() => Err(missing(seq)),
            _ => {
                let (offset, length) = self.locate(seq)?;
                self.journal.read(seq, offset, length)
            }
        }
    }

    fn scan(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let from = from.max(1);
        if from > self.tree.count() {
            return Ok(());
        }
        let offset = if from == 1 { 0 } else { self.locate(from)?.0 };
        self.journal.scan(from, offset, self.length, visit)
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

    fn notes(&self) -> &[Problem] {
        &self.notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One;
    impl Frames for One {
        fn len(&self) -> usize {
            1
        }
        fn encode(&self, _: usize, out: &mut Vec<u8>) {
            out.extend_from_slice(b"{}");
        }
        fn id_hash(&self, _: usize) -> u64 {
            1
        }
    }

    /// A handle that cannot write simulates a disk that fails.
    #[test]
    fn nothing_is_written_after_a_failure_and_everything_can_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let mut store = FileStore::create(directory.path()).unwrap();
        let record = |store: &mut FileStore| {
            store.begin()?;
            store.write(Box::new(One))?;
            store.commit()?;
            store.index(Changes::default())
        };
        record(&mut store).unwrap();
        let head = store.head();
        let disk = real();
        let path = directory.path().join("journal.jsonl");
        let open = |mode| Journal::open(disk.as_ref(), &path, mode).unwrap();
        store.journal = open(Mode::Read);
        let failure = record(&mut store).unwrap_err();
        assert!(matches!(failure, StoreError::Io { operation: "write", .. }), "{failure}");
        store.abandon().unwrap();
        store.journal = open(Mode::Write);
        assert!(matches!(record(&mut store), Err(StoreError::Poisoned)));
        assert!(matches!(store.index(Changes::default()), Err(StoreError::Poisoned)));
        assert_eq!((store.head(), store.read(1).unwrap()), (head, b"{}".to_vec()));
        assert_eq!(store.find(1).unwrap(), [1]);
        drop(store);
        let mut store = FileStore::open(directory.path()).unwrap();
        assert_eq!(store.head(), head);
        record(&mut store).unwrap();
    }
}
