//! Checks the raw bytes of a book from the first to the last and collects every finding.
//!
//! One thread reads, checksums and hashes, while the caller examines the contents of the same
//! lines. Memory use does not grow with the journal. Nothing is written and no lock is held.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::disk::{Disk, Mode, is_missing, real};
use super::error::{damaged, io};
use super::head::{SLOT, Slot, SlotFault, Slots, other_format, read_slot};
use super::journal::Journal;
use super::line::{is_framed, more, parse};
use super::recover::{Paths, at_one_moment, expect_regular, judge, there};
use super::tree::{Frontier, Hash, leaf_hash};
use super::{Head, StoreError, Visit};
use crate::problem::{Exit, Problem};

/// Findings that are reported one by one; the rest is only counted.
pub const FINDINGS_MAX: usize = 1000;
/// Bytes handed to the caller at once.
const CHUNK: usize = 512 * 1024;
/// Chunks that may wait for the caller.
const WAITING: usize = 4;

/// Sees each leaf on the thread that hashes the lines, before the leaf enters the tree.
pub trait Watch: Send {
    /// Called with the hash of the next line and the tree before it. A damaged line is hashed in
    /// its damaged form.
    fn leaf(&mut self, leaf: &Hash, before: &Frontier);

    /// Called at the end with the whole tree.
    fn end(&mut self, tree: &Frontier);
}

/// The test that picks the lines to mark, and the observer of every leaf.
pub type Looking<'w> = (fn(&[u8]) -> bool, &'w mut dyn Watch);

/// An observer that does nothing.
impl Watch for () {
    fn leaf(&mut self, _: &Hash, _: &Frontier) {}

    fn end(&mut self, _: &Frontier) {}
}

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Number of lines in the journal, and the root over their present bytes.
    pub head: Head,
    /// Bytes of the journal.
    pub bytes: u64,
    /// Everything that is wrong; empty for a sound book.
    pub findings: Vec<Problem>,
    /// Numbers of the marked lines, each with the head of the journal before its group.
    pub marked: Vec<(u64, Head)>,
}

/// The lines of a journal inside a file: the whole file, or a part of it as in a backup.
#[derive(Clone, Debug)]
pub struct Extent {
    /// The disk that holds the file.
    pub disk: Arc<dyn Disk>,
    /// The file.
    pub path: PathBuf,
    /// First byte of the first line.
    pub offset: u64,
    /// Bytes of the lines.
    pub length: u64,
}

impl Extent {
    /// The whole journal of a book at its present length.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of_book(directory: &Path) -> Result<Self, StoreError> {
        Self::of_book_on(real(), directory)
    }

    /// Like [`Extent::of_book`], on the given disk.
    ///
    /// # Errors
    /// The errors of [`Extent::of_book`].
    pub fn of_book_on(disk: Arc<dyn Disk>, directory: &Path) -> Result<Self, StoreError> {
        let path = Paths::new(Arc::clone(&disk), directory).journal;
        let length = disk.about(&path).map_err(io("read", &path))?.length;
        Ok(Self { disk, path, offset: 0, length })
    }
}

/// The part of a book that is checked: head and journal at one moment, so that every pass sees the
/// same bytes even while another process writes.
#[derive(Clone, Debug)]
pub struct Sight {
    directory: PathBuf,
    /// The lines that count; all lines if the head does not show which ones do.
    journal: Extent,
    /// Bytes of the file.
    file_length: u64,
    /// True if another process was writing the bytes behind the lines that count.
    beside: bool,
    slot: Option<Slot>,
    /// Everything that is wrong with the head.
    findings: Vec<Problem>,
}

/// The part behind the head that another process was writing; it is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its length in bytes.
    pub bytes: u64,
    /// Lines in it that were complete.
    pub lines: u64,
}

impl Sight {
    /// Records head and journal of a book at one moment.
    ///
    /// # Errors
    /// `book-missing`, `book-foreign` (not a regular file), `format-newer`, or reading fails.
    pub fn take(directory: &Path) -> Result<Self, StoreError> {
        Self::take_on(real(), directory)
    }

    /// Like [`Sight::take`], on the given disk.
    ///
    /// # Errors
    /// The errors of [`Sight::take`].
    pub fn take_on(disk: Arc<dyn Disk>, directory: &Path) -> Result<Self, StoreError> {
        let paths = Paths::new(disk, directory);
        if there(paths.disk.as_ref(), &paths.journal)?.is_none() {
            paths.expect_book()?;
        }
        let journal = Journal::open(paths.disk.as_ref(), &paths.journal, Mode::Read)?;
        at_one_moment(&paths, &journal, &|| slots(&paths), |seen| {
            let counted = match judge(&paths, &journal, seen) {
                Ok(found) => found.length,
                // Where the head does not fit the journal, every line is judged.
                Err(StoreError::Problem(_)) => seen.file_length,
                Err(error) => return Err(error),
            };
            Self::of(&paths, seen.slots.clone(), (counted, seen.file_length), seen.beside)
        })?
    }

    /// Builds a sight from head slots that were read already; the pair is the number of bytes that
    /// count and the length of the file.
    ///
    /// # Errors
    /// A system call failed.
    pub(super) fn of(
        paths: &Paths,
        slots: Slots,
        (counted, file_length): (u64, u64),
        beside: bool,
    ) -> Result<Self, StoreError> {
        let mut findings = Findings::default();
        check_head(paths, &slots, &mut findings)?;
        check_modes(paths, &mut findings)?;
        let (disk, path) = (Arc::clone(&paths.disk), paths.journal.clone());
        Ok(Self {
            directory: paths.book.clone(),
            journal: Extent { disk, path, offset: 0, length: counted.min(file_length) },
            file_length,
            beside,
            slot: slots.newest.map(|(_, slot)| slot),
            findings: findings.told,
        })
    }

    /// The book's directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The lines that are checked.
    pub fn extent(&self) -> &Extent {
        &self.journal
    }

    /// Returns the part that another process was writing, if one was.
    ///
    /// # Errors
    /// Reading fails.
    pub fn written(&self) -> Result<Option<Written>, StoreError> {
        if !self.beside {
            return Ok(None);
        }
        let Extent { disk, path, length, .. } = &self.journal;
        let journal = Journal::open(disk.as_ref(), path, Mode::Read)?;
        let mut lines = journal.lines(*length, self.file_length);
        let mut written = Written { bytes: self.file_length - length, lines: 0 };
        while let Some(line) = lines.next()? {
            written.lines += u64::from(line.whole);
        }
        Ok(Some(written))
    }
}

#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// Number, first byte and end of each sound line's JSON.
    sound: Vec<(u64, usize, usize)>,
}

#[derive(Default)]
struct Findings {
    told: Vec<Problem>,
    more: u64,
}

impl Findings {
    fn tell(&mut self, finding: Problem) {
        if self.told.len() < FINDINGS_MAX { self.told.push(finding) } else { self.more += 1 }
    }
}

/// Checks journal and head as found. It needs no lock and changes nothing. Each sound line that
/// counts is passed to the visitor with its number.
///
/// Findings: `line-damaged` (checksum wrong), `line-unframed` (not a line of a journal),
/// `line-torn` (no line feed at the end), `group-torn` (the last group is not whole),
/// `journal-short`, `root-differs`, `head-damaged`, `head-missing`, `file-mode`, `findings-more`.
/// Two faults have the exit code of findings: an unfinished write behind the head, which never
/// counted, and one bad slot of the head beside a sound one. A file mode does too. All else is
/// damage. Bytes that another process is writing are not checked.
///
/// # Errors
/// `book-missing`, `book-foreign` (not a regular file), `format-newer`, reading fails, or the
/// visitor's error.
pub fn check(directory: &Path, visit: &mut Visit<'_>) -> Result<Checked, StoreError> {
    check_watching(directory, |_| false, &mut (), visit)
}

/// Like [`check`]. For each line whose JSON `mark` picks it also returns the head of the journal
/// before the line's group, and `watch` sees every leaf. Cost: one call of `mark` and of `watch`
/// per line, and the root once for each line picked.
///
/// # Errors
/// The errors of [`check`].
pub fn check_watching(
    directory: &Path,
    mark: fn(&[u8]) -> bool,
    watch: &mut dyn Watch,
    visit: &mut Visit<'_>,
) -> Result<Checked, StoreError> {
    check_on(real(), directory, (mark, watch), visit)
}

/// Like [`check_watching`], on the given disk.
///
/// # Errors
/// The errors of [`check`].
pub fn check_on(
    disk: Arc<dyn Disk>,
    directory: &Path,
    looking: Looking<'_>,
    visit: &mut Visit<'_>,
) -> Result<Checked, StoreError> {
    check_sight(&Sight::take_on(disk, directory)?, looking, visit)
}

/// Like [`check_watching`], for a sight that was taken before.
///
/// # Errors
/// Reading fails, or the visitor's error.
pub fn check_sight(
    sight: &Sight,
    looking: Looking<'_>,
    visit: &mut Visit<'_>,
) -> Result<Checked, StoreError> {
    let extent = &sight.journal;
    let journal = Journal::open(extent.disk.as_ref(), &extent.path, Mode::Read)?;
    let findings = Findings { told: sight.findings.clone(), more: 0 };
    let end = if sight.beside { extent.length } else { sight.file_length };
    walk(&journal, (extent, end), sight.slot.as_ref(), findings, looking, visit)
}

/// Like [`check_watching`], for the lines of a file that has no head beside it. Only findings about
/// lines and groups can occur.
///
/// # Errors
/// Reading fails, or the visitor's error.
pub fn check_extent(
    extent: &Extent,
    mark: fn(&[u8]) -> bool,
    watch: &mut dyn Watch,
    visit: &mut Visit<'_>,
) -> Result<Checked, StoreError> {
    let journal = Journal::open(extent.disk.as_ref(), &extent.path, Mode::Read)?;
    let end = extent.offset.saturating_add(extent.length);
    walk(&journal, (extent, end), None, Findings::default(), (mark, watch), visit)
}

/// Walks over the lines of an extent and over the bytes behind it up to `end`.
fn walk(
    journal: &Journal,
    (extent, end): (&Extent, u64),
    slot: Option<&Slot>,
    mut findings: Findings,
    (mark, watch): Looking<'_>,
    visit: &mut Visit<'_>,
) -> Result<Checked, StoreError> {
    let (chunks, arrived) = sync_channel(WAITING);
    let (back, empties) = sync_channel(WAITING + 2);
    let (walk, shown) = std::thread::scope(|scope| {
        let walker = scope.spawn(move || {
            let mut walk = Walk::new(journal, slot, mark, watch);
            walk.go((extent, end), &chunks, &empties).map(|()| walk)
        });
        let shown = show(&arrived, &back, visit);
        // Dropping the receiver stops a walker that is still sending when the visitor has failed.
        drop(arrived);
        (walker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), shown)
    });
    shown?;
    let walk = walk?;
    for finding in walk.findings.told {
        findings.tell(finding);
    }
    let more = findings.more + walk.findings.more;
    if more > 0 {
        findings.told.push(Problem::new("findings-more", Exit::Damaged).with("count", more));
    }
    let head = Head { count: walk.tree.count(), root: walk.tree.root() };
    Ok(Checked { head, bytes: extent.length, findings: findings.told, marked: walk.marked })
}

fn show(
    arrived: &Receiver<Chunk>,
    back: &SyncSender<Chunk>,
    visit: &mut Visit<'_>,
) -> Result<(), StoreError> {
    for mut chunk in arrived {
        for (seq, from, to) in &chunk.sound {
            visit(*seq, chunk.bytes.get(*from..*to).unwrap_or_default())?;
        }
        chunk.bytes.clear();
        chunk.sound.clear();
        // If the channel is full, the chunk is freed instead of reused.
        let _ = back.try_send(chunk);
    }
    Ok(())
}

/// Anyone can change a file that everyone may write, and anyone can replace a file in a directory
/// that everyone may write. A file that is not on a disk of the system has no mode.
fn check_modes(paths: &Paths, findings: &mut Findings) -> Result<(), StoreError> {
    for path in [&paths.book, &paths.journal, &paths.head, &paths.lock, &paths.leaves] {
        check_mode(path, findings)?;
    }
    for directory in [&paths.index, &paths.quarantine] {
        check_mode(directory, findings)?;
        let names = match std::fs::read_dir(directory) {
            Ok(names) => names,
            Err(error) if is_missing(&error) => continue,
            // A user who may read only the journal cannot list this directory; that is not a
            // finding.
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => continue,
            Err(error) => return Err(io("read", directory)(error)),
        };
        for name in names {
            check_mode(&name.map_err(io("read", directory))?.path(), findings)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn check_mode(path: &Path, findings: &mut Findings) -> Result<(), StoreError> {
    let about = match std::fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if is_missing(&error) => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return Ok(()),
        Err(error) => return Err(io("read", path)(error)),
    };
    let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777;
    if mode & 0o002 != 0 && !about.is_symlink() {
        let finding = Problem::new("file-mode", Exit::Findings).with("path", path.display());
        findings.tell(finding.with("mode", format_args!("{mode:o}")));
    }
    Ok(())
}

/// On other systems a mode does not describe the rights of a file.
#[cfg(not(unix))]
fn check_mode(_: &Path, _: &mut Findings) -> Result<(), StoreError> {
    Ok(())
}

/// Length of the head in bytes, if there is a head.
fn head_length(paths: &Paths) -> Result<Option<u64>, StoreError> {
    let (disk, path) = (paths.disk.as_ref(), paths.head.as_path());
    let about = match disk.about(path) {
        Ok(about) => about,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io("read", path)(error)),
    };
    expect_regular(disk, path)?;
    Ok(Some(about.length))
}

/// Adds a finding for everything that is wrong with a head whose slots were read.
fn check_head(paths: &Paths, slots: &Slots, findings: &mut Findings) -> Result<(), StoreError> {
    let path = paths.head.as_path();
    let Some(length) = head_length(paths)? else {
        let missing = Problem::new("head-missing", Exit::Damaged);
        findings.tell(missing.with("path", path.display()));
        return Ok(());
    };
    let mut bad = |slot: usize, exit: Exit| {
        let finding = Problem::new("head-damaged", exit);
        findings.tell(finding.with("path", path.display()).with("slot", slot));
    };
    // One sound slot proves which entries were acknowledged. A head that is too long is damage.
    let one = if slots.newest.is_some() { Exit::Findings } else { Exit::Damaged };
    slots.bad.iter().for_each(|slot| bad(*slot, one));
    if length > 2 * SLOT as u64 {
        bad(2, Exit::Damaged);
    }
    Ok(())
}

/// Reads both slots of a head, however damaged the head is.
fn slots(paths: &Paths) -> Result<Slots, StoreError> {
    let (disk, path) = (paths.disk.as_ref(), paths.head.as_path());
    let mut slots = Slots { newest: None, bad: Vec::new() };
    let Some(length) = head_length(paths)? else { return Ok(slots) };
    for number in 0..2 {
        let whole = length >= ((number + 1) * SLOT) as u64;
        let slot = match whole.then(|| read_slot(disk, path, number)).transpose()? {
            Some(bytes) => match Slot::decode(&bytes) {
                Err(SlotFault::Format(version)) => return Err(other_format(path, version).into()),
                slot => slot.ok(),
            },
            None => None,
        };
        match slot {
            Some(slot)
                if slots.newest.as_ref().is_none_or(|n| n.1.generation < slot.generation) =>
            {
                slots.newest = Some((number, slot));
            }
            Some(_) => {}
            None => slots.bad.push(number),
        }
    }
    Ok(slots)
}

/// State of the walk over the journal.
struct Walk<'a> {
    journal: &'a Journal,
    path: &'a Path,
    slot: Option<&'a Slot>,
    tree: Frontier,
    open_group: bool,
    /// Lines behind those that count.
    behind: u64,
    findings: Findings,
    mark: fn(&[u8]) -> bool,
    watch: &'a mut dyn Watch,
    /// The tree before the current group.
    before: Frontier,
    marked: Vec<(u64, Head)>,
}

impl<'a> Walk<'a> {
    fn new(
        journal: &'a Journal,
        slot: Option<&'a Slot>,
        mark: fn(&[u8]) -> bool,
        watch: &'a mut dyn Watch,
    ) -> Self {
        let (tree, before, findings, marked) = Default::default();
        let (path, open_group, behind) = (journal.path(), false, 0);
        Self {
            journal,
            path,
            slot,
            tree,
            open_group,
            behind,
            findings,
            mark,
            watch,
            before,
            marked,
        }
    }

    fn go(
        &mut self,
        (extent, end): (&Extent, u64),
        chunks: &SyncSender<Chunk>,
        empties: &Receiver<Chunk>,
    ) -> Result<(), StoreError> {
        let counted = extent.offset.saturating_add(extent.length);
        let mut lines = self.journal.lines(extent.offset, end);
        let mut chunk = Chunk::default();
        let mut at_head = self.slot.is_none_or(|slot| slot.tree.count() == 0);
        while let Some(line) = lines.next()? {
            if line.offset >= counted {
                self.take_behind(&line);
                continue;
            }
            self.take(&line, &mut chunk);
            if !at_head && self.slot.is_some_and(|slot| slot.tree.count() == self.tree.count()) {
                at_head = true;
                self.compare(line.offset + line.length);
            }
            if chunk.bytes.len() >= CHUNK {
                let next = empties.try_recv().unwrap_or_default();
                if chunks.send(std::mem::replace(&mut chunk, next)).is_err() {
                    // The visitor has stopped.
                    return Ok(());
                }
            }
        }
        // As above: the receiver may have stopped, and that is not an error here.
        let _ = chunks.send(chunk);
        self.end(at_head, extent.length);
        Ok(())
    }

    fn take(&mut self, line: &super::journal::RawLine<'_>, chunk: &mut Chunk) {
        let seq = self.tree.count() + 1;
        let json = parse(line.bytes).filter(|_| line.whole);
        if !self.open_group {
            self.before.copy_from(&self.tree);
        }
        if let Some(json) = json {
            let from = chunk.bytes.len();
            chunk.bytes.extend_from_slice(json);
            chunk.sound.push((seq, from, chunk.bytes.len()));
            self.open_group = more(json) > 0;
            if (self.mark)(json) {
                let head = Head { count: self.before.count(), root: self.before.root() };
                self.marked.push((seq, head));
            }
        } else {
            self.tell_line(line, seq, Exit::Damaged);
        }
        // A damaged line is hashed in its damaged form, so that the root differs too.
        let hashed = json.or(line.bytes.get(super::line::LEAD..)).unwrap_or_default();
        let leaf = leaf_hash(hashed);
        self.watch.leaf(&leaf, &self.tree);
        self.tree.append(leaf);
    }

    /// Examines a line of an unfinished write, which never counted.
    fn take_behind(&mut self, line: &super::journal::RawLine<'_>) {
        self.behind += 1;
        match parse(line.bytes).filter(|_| line.whole) {
            Some(json) => self.open_group = more(json) > 0,
            None => self.tell_line(line, self.tree.count() + self.behind, Exit::Findings),
        }
    }

    fn tell_line(&mut self, line: &super::journal::RawLine<'_>, seq: u64, exit: Exit) {
        let code = match (line.whole, is_framed(line.bytes)) {
            (false, _) => "line-torn",
            (true, true) => "line-damaged",
            (true, false) => "line-unframed",
        };
        let finding = Problem::new(code, exit).with("path", self.path.display());
        self.findings.tell(finding.with("line", seq).with("offset", line.offset));
    }

    fn compare(&mut self, length: u64) {
        let Some(slot) = self.slot else { return };
        if slot.tree != self.tree || slot.length != length {
            let finding = Problem::new("root-differs", Exit::Damaged);
            let finding = finding.with("path", self.path.display());
            self.findings.tell(finding.with("entries", slot.tree.count()));
        }
    }

    fn end(&mut self, at_head: bool, length: u64) {
        self.watch.end(&self.tree);
        let slot = self.slot.filter(|slot| !at_head || slot.length > length);
        if let Some(slot) = slot {
            let finding = Problem::new("journal-short", Exit::Damaged)
                .with("path", self.path.display())
                .with("entries", slot.tree.count())
                .with("expected", slot.length)
                .with("found", length);
            self.findings.tell(finding);
        }
        if self.open_group {
            let last = self.tree.count() + self.behind;
            let finding = damaged(self.path, last, length).problem();
            let exit = if self.behind > 0 { Exit::Findings } else { Exit::Damaged };
            self.findings.tell(Problem { code: "group-torn", exit, ..finding });
        }
    }
}
