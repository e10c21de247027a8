//! Where something may be written outside the book, and where never.
//!
//! Every command that makes a file asks here first: reports, rejects, drafts, checkpoints, proofs,
//! exports, backups. A restored book asks as far as a directory can.
//!
//! Invariant: no file of a book, this or another, and none that the same command reads is ever
//! written over, under whatever name it was given. No link is followed, no device or pipe is written
//! to, and no file is replaced unless that was asked for.

use std::io::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::StoreError;
use super::disk::{About, Disk, Mode, is_missing, parent, read_exact_at};
use super::head::MAGIC;
use super::recover::Paths;
use crate::problem::{Exit, Problem};

/// Permissions of a file that anybody may read whom the system's mask lets.
const OPEN: u32 = 0o666;
/// Permissions of a file that holds a whole book.
const PRIVATE: u32 = 0o600;

/// What a command touches besides the file that it makes.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The directory of its book.
    pub book: &'a Path,
    /// Its other files: those that it reads, and those that it makes as well.
    pub others: &'a [PathBuf],
}

/// A place where a file may be made.
#[derive(Clone, Debug)]
pub struct Spot {
    pub(super) disk: Arc<dyn Disk>,
    /// The file, in a directory named without links.
    pub(super) path: PathBuf,
    /// As the user named it.
    pub(super) shown: PathBuf,
    pub(super) replace: bool,
    pub(super) permissions: u32,
}

impl Spot {
    /// Looks at the place that a path names; with `replace` a regular file may stand there. Nothing is
    /// made yet.
    ///
    /// # Errors
    /// `output-in-book`, `output-is-input`, `output-special`, `output-exists`, or `cannot-create`
    /// when the directory is not there or the system does not tell.
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
        // What only some could read before is not shown to more people in its new form.
        let before = there.and_then(|there| there.permissions).unwrap_or(OPEN);
        Ok(Self { permissions: OPEN & before, ..spot })
    }

    /// The same for a file that nobody but its owner may read.
    #[must_use]
    pub fn private(self) -> Self {
        Self { permissions: PRIVATE, ..self }
    }

    /// Looks once more, before the file gets its name.
    ///
    /// # Errors
    /// As [`Spot::of`].
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
/// `output-in-book`, or the system does not tell.
pub(super) fn beside_books(disk: &dyn Disk, directory: &Path) -> Result<(), StoreError> {
    let mut above = parent(directory);
    // Directories that are not there yet are made below the first that is.
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

/// The file that a path names, in a directory without links; nothing for what is a directory by its
/// very name (`..`, `/`, `folder/`).
fn resolved(disk: &dyn Disk, path: &Path) -> std::io::Result<Option<PathBuf>> {
    let Some(name) = path.file_name() else { return Ok(None) };
    let text = path.as_os_str().to_string_lossy();
    if text.ends_with(std::path::is_separator) || text.ends_with("/.") {
        return Ok(None);
    }
    Ok(Some(disk.resolve(parent(path))?.join(name)))
}

/// Only what is known not to be there counts as missing.
fn there<T>(found: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What stands at a path, if anything does.
fn about(disk: &dyn Disk, path: &Path) -> std::io::Result<Option<About>> {
    there(disk.about(path))
}

/// The book in whose directory a folder (named without links) lies: the command's own, or any other.
fn book_around(
    disk: &dyn Disk,
    folder: &Path,
    own: Option<&Path>,
    shown: &Path,
) -> Result<Option<PathBuf>, StoreError> {
    // A book that is not there has no files.
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

/// Whether a directory is that of a book, be it whole or not: it holds a journal that is no mere
/// export, or a head.
fn is_book(disk: &dyn Disk, directory: &Path) -> std::io::Result<bool> {
    let (journal, head) = (directory.join("journal.jsonl"), directory.join("head"));
    if let Some(found) = about(disk, &journal)? {
        // An export has the entries alone, each in braces. What cannot be read may be a journal.
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

/// Whether a file is one of the book's under another name (a hard link).
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

/// Whether another path leads to the same file, by whatever spelling, link or second name.
fn is_same(
    disk: &dyn Disk,
    other: &Path,
    (path, identity): (&Path, Option<(u64, u64)>),
) -> std::io::Result<bool> {
    let Some(whole) = there(disk.resolve(other))? else {
        // One that is not there yet may be made by the same command.
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

/// A file or a directory cannot be made.
pub(super) fn cannot(path: &Path) -> impl FnOnce(Error) -> StoreError {
    move |error| {
        let problem = Problem::new("cannot-create", Exit::CannotCreate);
        problem.with("path", path.display()).with("system", error).into()
    }
}
