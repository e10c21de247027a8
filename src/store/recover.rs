//! Opening a book: decides what the files mean without changing any of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::StoreError;
use super::disk::{About, Disk, Mode, is_missing, make_directories, parent, write_all_at};
use super::error::{damaged, io};
use super::head::{self, Slot, Slots};
use super::journal::{Journal, RawLine};
use super::line::{LINE_MAX, more, parse};
use super::lock;
use super::tree::{Frontier, leaf_hash};
use crate::limits::TAIL_BYTES_MAX;
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};

/// The files of a book.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The disk that holds them.
    pub disk: Arc<dyn Disk>,
    /// The directory.
    pub book: PathBuf,
    /// The entries.
    pub journal: PathBuf,
    /// The head.
    pub head: PathBuf,
    /// The lock.
    pub lock: PathBuf,
    /// The sled index.
    pub index: PathBuf,
    /// Directory for bytes that were set aside.
    pub quarantine: PathBuf,
    /// The leaf hashes up to the last checkpoint.
    pub leaves: PathBuf,
}

impl Paths {
    /// The files of the book in a directory.
    pub fn new(disk: Arc<dyn Disk>, book: &Path) -> Self {
        Self {
            disk,
            book: book.to_owned(),
            journal: book.join("journal.jsonl"),
            head: book.join("head"),
            lock: book.join("lock"),
            index: book.join("index"),
            quarantine: book.join("quarantine"),
            leaves: book.join("leaves"),
        }
    }

    /// Tests that there is a book.
    ///
    /// # Errors
    /// `book-missing`, or `book-incomplete` naming the file that is gone.
    pub fn expect_book(&self) -> Result<(), StoreError> {
        let disk = self.disk.as_ref();
        let (journal, head) = (there(disk, &self.journal)?, there(disk, &self.head)?);
        let incomplete = |missing: &str| {
            Problem::new("book-incomplete", Exit::Damaged)
                .with("path", self.book.display())
                .with("missing", missing)
        };
        match (journal, head) {
            (Some(_), Some(_)) => Ok(()),
            (None, Some(_)) => Err(incomplete("journal.jsonl").into()),
            // An interrupted creation leaves an empty journal alone: there is no book yet.
            (Some(journal), None) if journal.length > 0 => Err(incomplete("head").into()),
            _ => Err(Problem::new("book-missing", Exit::NoInput)
                .with("path", self.book.display())
                .into()),
        }
    }
}

/// Contents of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// A book in any state.
    Book,
    /// Leftovers of an interrupted creation, without an entry.
    Begun,
    /// Nothing, or there is no such directory.
    Nothing,
}

/// Files that an interrupted creation leaves before the head gets its name.
const BEGUN: [&str; 3] = ["journal.jsonl", "lock", "head.new"];

impl Paths {
    /// Finds out what the directory holds.
    ///
    /// # Errors
    /// `book-incomplete`; `directory-not-empty` if other files are there, which would mix with
    /// those of a book; or the system call failed.
    pub fn stands(&self) -> Result<Stands, StoreError> {
        match self.expect_book() {
            Ok(()) => return Ok(Stands::Book),
            Err(StoreError::Problem(problem)) if problem.code == "book-missing" => {}
            Err(error) => return Err(error),
        }
        let names = match self.disk.names(&self.book) {
            Ok(names) => names,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Stands::Nothing);
            }
            Err(error) => return Err(io("create", &self.book)(error)),
        };
        let ours = |name: &std::ffi::OsString| BEGUN.iter().any(|known| name == known);
        if !names.iter().all(ours) {
            let problem = Problem::refused("directory-not-empty");
            return Err(problem.with("path", self.book.display()).into());
        }
        Ok(if names.is_empty() { Stands::Nothing } else { Stands::Begun })
    }
}

/// Tests that a file of a book is a regular one: a link could lead to another file, and opening a
/// pipe would block.
///
/// # Errors
/// `book-foreign`, or the system call failed.
pub fn expect_regular(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
    if disk.about(path).map_err(io("open", path))?.is_file {
        return Ok(());
    }
    Err(Problem::new("book-foreign", Exit::Damaged).with("path", path.display()).into())
}

/// Describes the file or directory at a path, if there is one. A path counts as missing only if the
/// system says so: a failed call does not prove that nothing is there.
///
/// # Errors
/// The system call failed.
pub fn there(disk: &dyn Disk, path: &Path) -> Result<Option<About>, StoreError> {
    match disk.about(path) {
        Ok(about) => Ok(Some(about)),
        Err(error) if is_missing(&error) || planted(Bug::SilenceIsAbsence) => Ok(None),
        Err(error) => Err(io("read", path)(error)),
    }
}

/// The state of a book that the journal and the head show together.
pub struct Found {
    /// The newest sound slot and its number.
    pub newest: Option<(usize, Slot)>,
    /// The tree over every entry that counts.
    pub tree: Frontier,
    /// Bytes of the journal that count.
    pub length: u64,
    /// Bytes of the file.
    pub file_length: u64,
    /// Slots of the head that must be rewritten.
    pub bad_slots: Vec<usize>,
    /// True if another process is writing the bytes behind those that count.
    pub beside: bool,
    /// Notes to report.
    pub notes: Vec<Problem>,
    /// The tree and the length that the head vouches for.
    pub vouched: (Frontier, u64),
}

/// Reads the head and the bytes behind it; the time does not depend on the length of the journal.
/// The caller holds the lock.
///
/// # Errors
/// `journal-short` or `journal-damaged` if acknowledged entries are gone or changed, `head-damaged`
/// if nothing shows how many there were, and the errors of [`head::read`].
pub fn examine(paths: &Paths, journal: &Journal) -> Result<Found, StoreError> {
    let slots = head::read(paths.disk.as_ref(), &paths.head)?;
    let file_length = journal.length()?;
    judge(paths, journal, &Seen { slots, file_length, beside: false })
}

/// Like [`examine`], for a caller that does not hold the lock. Bytes that another process is
/// writing are left out: only the entries of the head count.
///
/// # Errors
/// The errors of [`examine`].
pub fn examine_beside(paths: &Paths, journal: &Journal) -> Result<Found, StoreError> {
    let slots = || head::read(paths.disk.as_ref(), &paths.head);
    at_one_moment(paths, journal, &slots, |seen| judge(paths, journal, seen))?
}

/// Head and journal at one moment.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The head.
    pub slots: Slots,
    /// Bytes of the journal.
    pub file_length: u64,
    /// True if another process is writing what lies behind the head.
    pub beside: bool,
}

/// Number of times that head and journal are read while another process changes them.
const LOOKS: u32 = 50;
/// Time to let that process finish its step.
const LOOK_PAUSE: Duration = Duration::from_millis(2);

/// Passes head and journal to `judge`, and again if a process wrote meanwhile, so that both are
/// from one moment. Bytes behind the head are being written if another process holds the lock; the
/// lock is tested only if there are such bytes.
///
/// # Errors
/// `slots` fails, or the system call failed.
pub fn at_one_moment<T>(
    paths: &Paths,
    journal: &Journal,
    slots: &dyn Fn() -> Result<Slots, StoreError>,
    judge: impl Fn(&Seen) -> T,
) -> Result<T, StoreError> {
    let held = || lock::is_held(paths.disk.as_ref(), &paths.lock);
    let mut looks = 0;
    loop {
        looks += 1;
        let again = looks < LOOKS;
        let now = slots()?;
        if !now.bad.is_empty() && looks <= LOOKS / 10 {
            // The slot may have been read while a process wrote it that has ended since.
            if held()? {
                std::thread::sleep(LOOK_PAUSE);
            }
            continue;
        }
        let mut seen = Seen { slots: now, file_length: journal.length()?, beside: false };
        let counted = seen.slots.newest.as_ref().map(|(_, slot)| slot.length);
        let behind = counted.unwrap_or(0) < seen.file_length;
        seen.beside = behind && counted.is_some() && held()?;
        let judged = judge(&seen);
        if !behind || seen.beside {
            return Ok(judged);
        }
        // A process may have begun to write, or have ended, since the lock was tested.
        let same = slots()? == seen.slots && journal.length()? == seen.file_length && !held()?;
        if same || !again {
            return Ok(judged);
        }
        std::thread::sleep(LOOK_PAUSE);
    }
}

/// Derives the state of a book from its head and journal.
///
/// # Errors
/// The errors of [`examine`].
pub fn judge(paths: &Paths, journal: &Journal, seen: &Seen) -> Result<Found, StoreError> {
    let Seen { slots, file_length, beside } = seen.clone();
    let mut notes = Vec::new();
    for slot in &slots.bad {
        notes.push(head_note(&paths.head, *slot, Exit::Findings));
    }
    let (tree, length) = match &slots.newest {
        Some((_, slot)) => (slot.tree.clone(), slot.length),
        None if file_length == 0 => return Err(head_note(&paths.head, 0, Exit::Damaged).into()),
        None => (Frontier::default(), 0),
    };
    if file_length < length && !planted(Bug::ShortJournalAccepted) {
        return Err(Problem::new("journal-short", Exit::Damaged)
            .with("path", paths.journal.display())
            .with("entries", tree.count())
            .with("expected", length)
            .with("found", file_length)
            .into());
    }
    if length > 0 {
        test_last_line(journal, tree.count(), length)?;
    }
    let (newest, bad_slots) = (slots.newest, slots.bad);
    let vouched = (tree.clone(), length);
    let mut found = Found { newest, tree, length, file_length, bad_slots, beside, notes, vouched };
    if file_length > length && !beside {
        take_tail(journal, &mut found)?;
    }
    Ok(found)
}

fn head_note(path: &Path, slot: usize, exit: Exit) -> Problem {
    Problem::new("head-damaged", exit).with("path", path.display()).with("slot", slot)
}

/// Tests the line that ends at `end`: the cheapest sign that the file is the one that the head
/// describes.
fn test_last_line(journal: &Journal, seq: u64, end: u64) -> Result<(), StoreError> {
    let mut size = end.min(4096);
    loop {
        let mut bytes = vec![0; size as usize];
        journal.bytes(end - size, &mut bytes)?;
        let line = bytes.strip_suffix(b"\n").ok_or_else(|| damaged(journal.path(), seq, end))?;
        let start = line.iter().rposition(|byte| *byte == b'\n').map(|at| at + 1);
        let start = if size == end { Some(start.unwrap_or(0)) } else { start };
        if let Some(start) = start {
            let line = line.get(start..).unwrap_or_default();
            let offset = end - size + start as u64;
            return parse(line).map(drop).ok_or_else(|| damaged(journal.path(), seq, offset));
        }
        if size > LINE_MAX as u64 {
            return Err(damaged(journal.path(), seq, end - size));
        }
        size = end.min(size * 8);
    }
}

/// Counts the whole groups behind the head and finds out what the rest is.
///
/// Groups are synced one after the other, so a power cut can tear only the last one. A sound group
/// behind a bad line proves that the bad line had been synced: that is damage, not a torn write.
fn take_tail(journal: &Journal, found: &mut Found) -> Result<(), StoreError> {
    let mut lines = journal.lines(found.length, found.file_length);
    let mut tree = found.tree.clone();
    let before = tree.count();
    let mut bad: Option<(u64, u64)> = None;
    let mut group_ended = false;
    while let Some(line) = lines.next_within(TAIL_BYTES_MAX as u64)? {
        let json = line.whole.then(|| parse(line.bytes)).flatten();
        if json.is_none() && found.file_length - line.offset > TAIL_BYTES_MAX as u64 {
            return Err(tail_large(journal.path(), &line, found.file_length));
        }
        match (json, bad) {
            (Some(json), None) => {
                tree.append(leaf_hash(json));
                if more(json) == 0 || planted(Bug::TornGroupCounted) {
                    found.tree.clone_from(&tree);
                    found.length = line.offset + line.length;
                }
            }
            (None, None) => bad = Some((tree.count() + 1, line.offset)),
            (Some(_), Some((seq, offset)))
                if (group_ended || planted(Bug::TornTailIsDamage))
                    && !planted(Bug::DamageIsTornTail) =>
            {
                return Err(damaged(journal.path(), seq, offset));
            }
            (Some(json), Some(_)) => group_ended = more(json) == 0,
            (None, Some(_)) => {}
        }
    }
    if found.newest.is_none() && found.length < found.file_length {
        // Without a head an unfinished group cannot be distinguished from one that was
        // acknowledged.
        let (seq, offset) = bad.unwrap_or((found.tree.count() + 1, found.length));
        return Err(damaged(journal.path(), seq, offset));
    }
    let kept = found.tree.count() - before;
    if kept > 0 && found.newest.is_some() {
        found.notes.push(Problem::new("tail-kept", Exit::Done).with("entries", kept));
    }
    Ok(())
}

/// A power cut never leaves so many bytes that are not lines: it tears only the last group, and the
/// sound lines of that group are recognized before.
fn tail_large(path: &Path, line: &RawLine<'_>, end: u64) -> StoreError {
    Problem::new("tail-large", Exit::Damaged)
        .with("path", path.display())
        .with("offset", line.offset)
        .with("bytes", end - line.offset)
        .with("limit", TAIL_BYTES_MAX)
        .into()
}

/// Copies the journal's bytes from a place on to `quarantine/`, syncs the copy and the names on its
/// path, and returns a note with this code and the path of the copy. At most [`TAIL_BYTES_MAX`]
/// bytes are copied: nothing of an unfinished group was ever acknowledged, so its beginning is
/// enough.
///
/// # Errors
/// The copy cannot be made; nothing was changed then.
pub fn set_tail_aside(
    paths: &Paths,
    journal: &Journal,
    from: u64,
    code: &'static str,
) -> Result<Problem, StoreError> {
    let (disk, quarantine) = (paths.disk.as_ref(), &paths.quarantine);
    make_directories(disk, quarantine).map_err(io("create", quarantine))?;
    let to = free_name(disk, quarantine, &format!("tail-{from}"))?;
    let copy = disk.open(&to, Mode::New).map_err(io("create", &to))?;
    let length = journal.length()?;
    let end = length.min(from.saturating_add(TAIL_BYTES_MAX as u64));
    journal.pieces(from, end, &mut |bytes, offset| {
        write_all_at(copy.as_ref(), bytes, offset - from).map_err(io("write", &to))
    })?;
    if !planted(Bug::QuarantineUnsynced) {
        copy.sync().map_err(io("sync", &to))?;
    }
    disk.sync_directory(quarantine).map_err(io("sync", quarantine))?;
    Ok(Problem::new(code, Exit::Findings)
        .with("bytes", length.saturating_sub(from))
        .with("kept", end.saturating_sub(from))
        .with("path", to.display()))
}

/// Returns a name in `quarantine/` that is still free.
fn free_name(disk: &dyn Disk, quarantine: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let mut to = quarantine.join(name);
    let mut number = 2_u32;
    while there(disk, &to)?.is_some() {
        to = quarantine.join(format!("{name}-{number}"));
        number += 1;
    }
    Ok(to)
}

/// Makes the names of a new book durable: those in its directory, and its own.
///
/// # Errors
/// A sync failed.
pub fn sync_names(paths: &Paths) -> Result<(), StoreError> {
    let sync = |path: &Path| paths.disk.sync_directory(path);
    sync(&paths.book).map_err(io("sync", &paths.book))?;
    let above = parent(&paths.book);
    match sync(above) {
        // A user who may not read the parent directory did not make this one.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced.map_err(io("sync", above)),
    }
}
