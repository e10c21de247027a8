//! Places outside a book where a file may be written, and where it must never be.
//!
//! Every command that makes a file asks this module first: reports, rejects, drafts, checkpoints,
//! proofs, exports, backups. A restore applies those rules that make sense for a directory.
//!
//! Invariant: a file of a book, this or another, and a file that the same command reads is never
//! overwritten, whatever name it was given. No link is followed, no device or pipe is written to,
//! and no file is replaced unless the user asked for that.

use std::io::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::StoreError;
use super::disk::{About, Disk, Mode, is_missing, parent, read_exact_at};
use super::head::MAGIC;
use super::recover::Paths;
use crate::problem::{Exit, Problem};

/// Permissions of a file that every user may read, subject to the umask.
const OPEN: u32 = 0o666;
/// Permissions of a file that holds a whole book.
const PRIVATE: u32 = 0o600;

/// The other files that a command uses besides the one that it makes.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The directory of its book.
    pub book: &'a Path,
    /// The files that it reads, and the further files that it makes.
    pub others: &'a [PathBuf],
}

/// A place where a file may be made.
#[derive(Clone, Debug)]
pub struct Spot {
    pub(super) disk: Arc<dyn Disk>,
    /// The file, in a directory named without links.
    pub(super) path: PathBuf,
    /// The path as the user wrote it.
    pub(super) shown: PathBuf,
    pub(super) replace: bool,
    pub(super) permissions: u32,
}

impl Spot {
    /// Tests the place that a path names; with `replace` a regular file may exist there. Nothing is
    /// made yet.
    ///
    /// # Errors
    /// `output-in-book`, `output-is-input`, `output-special`, `output-exists`, or `cannot-create`
    /// if the directory does not exist or the system call failed.
    pub fn of(
        disk: Arc<dyn Disk>,
        shown: &Path,
        around: Around<'_>,
        replace: bool,
    ) -> Result<Self, StoreError> {
        let path = resolved(disk.as_ref(), shown).map_err(cannot(shown))?;
        let Some(path) = path else { return Err(special(shown, "directory")) };
        let there = about(disk.as_ref(), &path).map_err(cannot(shown))?;
        let identity = there.and_then(|there| there.identity);
        let within = |book: &Path| -> StoreError {
            let problem = Problem::new("output-in-book", Exit::CannotCreate);
            problem.with("path", shown.display()).with("book", book.display()).into()
        };
        if let Some(book) = book_around(disk.as_ref(), parent(&path), Some(around.book), shown)? {
            return Err(within(&book));
        }
        if owns(&disk, around.book, identity).map_err(cannot(shown))? {
            return Err(within(around.book));
        }
        for other in around.others {
            if is_same(disk.as_ref(), other, (&path, identity)).map_err(cannot(shown))? {
                let problem = Problem::new("output-is-input", Exit::CannotCreate);
                let problem = problem.with("path", shown.display()).with("other", other.display());
                return Err(problem.into());
            }
        }
        let spot = Self { disk, path, shown: shown.to_owned(), replace, permissions: OPEN };
        spot.free(there)?;
        // The new file is not readable by more users than the file that it replaces.
        let before = there.and_then(|there| there.permissions).unwrap_or(OPEN);
        Ok(Self { permissions: OPEN & before, ..spot })
    }

    /// The same for a file that only its owner may read.
    #[must_use]
    pub fn private(self) -> Self {
        Self { permissions: PRIVATE, ..self }
    }

    /// Tests the place again, before the file gets its name.
    ///
    /// # Errors
    /// The errors of [`Spot::of`].
    pub(super) fn still_free(&self) -> Result<(), StoreError> {
        self.free(about(self.disk.as_ref(), &self.path).map_err(cannot(&self.shown))?)
    }

    fn free(&self, there: Option<About>) -> Result<(), StoreError> {
        match there {
            None => Ok(()),
            Some(about) if about.is_file && self.replace => Ok(()),
            Some(about) if about.is_file => {
                let problem = Problem::new("output-exists", Exit::CannotCreate);
                Err(problem.with("path", self.shown.display()).into())
            }
            Some(about) if about.is_directory => Err(special(&self.shown, "directory")),
            Some(about) if about.is_link => Err(special(&self.shown, "link")),
            Some(_) => Err(special(&self.shown, "other")),
        }
    }
}

/// Refuses a directory for a book inside a book.
///
/// # Errors
/// `output-in-book`, or the system call failed.
pub(super) fn beside_books(disk: &dyn Disk, directory: &Path) -> Result<(), StoreError> {
    let mut above = parent(directory);
    // Directories that do not exist yet are made below the first one that does.
    let folder = loop {
        match disk.resolve(above) {
            Ok(folder) => break folder,
            Err(error) if is_missing(&error) && parent(above) != above => above = parent(above),
            Err(error) => return Err(cannot(directory)(error)),
        }
    };
    match book_around(disk, &folder, None, directory)? {
        None => Ok(()),
        Some(book) => {
            let problem = Problem::new("output-in-book", Exit::CannotCreate);
            let problem = problem.with("path", directory.display());
            Err(problem.with("book", book.display()).into())
        }
    }
}

/// The file that a path names, in a directory without links; `None` if the path can only name a
/// directory (`..`, `/`, `folder/`).
fn resolved(disk: &dyn Disk, path: &Path) -> std::io::Result<Option<PathBuf>> {
    let Some(name) = path.file_name() else { return Ok(None) };
    let text = path.as_os_str().to_string_lossy();
    if text.ends_with(std::path::is_separator) || text.ends_with("/.") {
        return Ok(None);
    }
    Ok(Some(disk.resolve(parent(path))?.join(name)))
}

/// A file counts as missing only if the system says so.
fn there<T>(found: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Describes the file or directory at a path, if there is one.
fn about(disk: &dyn Disk, path: &Path) -> std::io::Result<Option<About>> {
    there(disk.about(path))
}

/// The book whose directory contains a folder (named without links): the command's own, or any
/// other.
fn book_around(
    disk: &dyn Disk,
    folder: &Path,
    own: Option<&Path>,
    shown: &Path,
) -> Result<Option<PathBuf>, StoreError> {
    // A book that does not exist has no files.
    let whole = own.map(|book| there(disk.resolve(book))).transpose().map_err(cannot(shown))?;
    let whole = whole.flatten();
    for directory in folder.ancestors() {
        if whole.as_deref() == Some(directory) {
            return Ok(own.map(Path::to_owned));
        }
        if is_book(disk, directory).map_err(cannot(shown))? {
            return Ok(Some(directory.to_owned()));
        }
    }
    Ok(None)
}

/// Returns true if a directory is that of a book, whole or not: it holds a head, or a journal that
/// is not an export.
fn is_book(disk: &dyn Disk, directory: &Path) -> std::io::Result<bool> {
    let (journal, head) = (directory.join("journal.jsonl"), directory.join("head"));
    if let Some(found) = about(disk, &journal)? {
        // An export holds only the entries, each in braces. A file that cannot be read may be a
        // journal.
        return Ok(!found.is_directory && start(disk, &journal, 1).as_deref() != Some(b"{"));
    }
    let Some(found) = about(disk, &head)? else { return Ok(false) };
    Ok(found.is_file && start(disk, &head, MAGIC.len()).as_deref() == Some(MAGIC))
}

/// The first bytes of a regular file, if they can be read.
fn start(disk: &dyn Disk, path: &Path, length: usize) -> Option<Vec<u8>> {
    if !disk.about(path).ok()?.is_file {
        return None;
    }
    let file = disk.open(path, Mode::Read).ok()?;
    let mut bytes = vec![0; length];
    read_exact_at(file.as_ref(), &mut bytes, 0).ok()?;
    Some(bytes)
}

/// Returns true if a file is one of the book's under another name (a hard link).
fn owns(disk: &Arc<dyn Disk>, book: &Path, identity: Option<(u64, u64)>) -> std::io::Result<bool> {
    if identity.is_none() {
        return Ok(false);
    }
    let paths = Paths::new(Arc::clone(disk), book);
    for path in [paths.journal, paths.head, paths.lock, paths.leaves] {
        if about(disk.as_ref(), &path)?.is_some_and(|about| about.identity == identity) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns true if another path leads to the same file, by another spelling, a link or a second
/// name.
fn is_same(
    disk: &dyn Disk,
    other: &Path,
    (path, identity): (&Path, Option<(u64, u64)>),
) -> std::io::Result<bool> {
    let Some(whole) = there(disk.resolve(other))? else {
        // The same command may make a file that does not exist yet.
        let whole = there(resolved(disk, other))?.flatten();
        return Ok(whole.is_some_and(|whole| whole == path));
    };
    let other = about(disk, &whole)?.and_then(|about| about.identity);
    Ok(whole == path || identity.is_some() && other == identity)
}

fn special(path: &Path, kind: &'static str) -> StoreError {
    let problem = Problem::new("output-special", Exit::CannotCreate);
    problem.with("path", path.display()).with("kind", kind).into()
}

/// The error that a file or a directory cannot be made.
pub(super) fn cannot(path: &Path) -> impl FnOnce(Error) -> StoreError {
    move |error| {
        let problem = Problem::new("cannot-create", Exit::CannotCreate);
        problem.with("path", path.display()).with("system", error).into()
    }
}
