//! Files and directories that appear whole or not at all: made under a name that nobody can guess,
//! synced, renamed.
//!
//! Everything that is written outside a book goes through these functions; [`outside`](super::outside)
//! says where it may go.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::{ErrorKind, Result as IoResult, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::StoreError;
use super::disk::{Disk, File, Mode, To, is_missing, make_directories};
use super::error::io;
use super::outside::{Spot, beside_books, cannot};
use super::recover::there;
use crate::planted::{Bug, planted};
use crate::problem::Problem;

/// What the name of everything that grows begins with.
const START: &str = "poolbook-";
/// What the name of a file that grows ends with.
const FILE: &str = ".part";
/// What the name of a directory that grows ends with.
const DIRECTORY: &str = ".restoring";
/// Names tried before a directory is given up: 64 random bits do not meet by chance.
const TRIES: usize = 8;

/// A file that grows under another name; it is taken away again unless it is kept.
pub struct AsideFile {
    /// Where it grows.
    pub path: PathBuf,
    /// Open for writing, empty at first, and locked, so that other runs leave it alone.
    pub file: Arc<dyn File>,
    spot: Spot,
    offset: u64,
    kept: bool,
}

impl AsideFile {
    /// Starts the file that shall stand at a place. What interrupted runs left there is cleared away.
    ///
    /// # Errors
    /// `cannot-create`.
    pub fn create(spot: Spot) -> Result<Self, StoreError> {
        let (disk, cannot) = (Arc::clone(&spot.disk), || cannot(&spot.shown));
        let folder = folder(&spot.path);
        clear_files(disk.as_ref(), &folder);
        let mut last = ErrorKind::AlreadyExists.into();
        for _ in 0..TRIES {
            let path = folder.join(name(FILE));
            let file = match disk.open(&path, Mode::NewWith(spot.permissions)) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    last = error;
                    continue;
                }
                Err(error) => return Err(cannot()(error)),
            };
            let aside = Self { path, file, spot: spot.clone(), offset: 0, kept: false };
            match is_held(disk.as_ref(), (&aside.file, &aside.path)) {
                Ok(true) => return Ok(aside),
                Ok(false) => {}
                Err(error) => return Err(cannot()(error)),
            }
        }
        Err(cannot()(last))
    }

    /// Brings the bytes to the disk.
    ///
    /// # Errors
    /// Syncing fails.
    pub fn sync(&self) -> Result<(), StoreError> {
        let synced = if planted(Bug::BackupUnsynced) { Ok(()) } else { self.file.sync() };
        synced.map_err(io("sync", &self.spot.shown))
    }

    /// Gives the file its name, durably. What stands there under it is replaced only where that was
    /// asked for.
    ///
    /// # Errors
    /// Something stands there by now, or renaming or syncing fails.
    pub fn keep(mut self) -> Result<(), StoreError> {
        self.spot.still_free()?;
        let disk = self.spot.disk.as_ref();
        disk.rename(&self.path, &self.spot.path).map_err(cannot(&self.spot.shown))?;
        self.kept = true;
        if planted(Bug::BackupNameUnsynced) {
            return Ok(());
        }
        sync_directory(disk, &folder(&self.spot.path))
    }
}

impl Write for AsideFile {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        let mut to = To { file: Arc::clone(&self.file), offset: self.offset };
        let written = to.write(bytes)?;
        self.offset = to.offset;
        Ok(written)
    }

    /// Nothing is held back here; durable it is after [`AsideFile::sync`].
    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

impl Drop for AsideFile {
    fn drop(&mut self) {
        if !self.kept {
            // The failure itself is told; a part of a file left behind would only hide it.
            let _ = self.spot.disk.remove(&self.path);
        }
    }
}

/// Names of the files that a restored book is made of.
const OF_A_BOOK: &[&str] = &["journal.jsonl", "head", "head.new"];
/// Held while a directory grows; taken away before it gets its name.
const LOCK: &str = "restoring";

/// A directory that grows under another name and is taken away unless kept.
pub struct AsideDirectory {
    /// Where it grows.
    pub path: PathBuf,
    lock: Option<Arc<dyn File>>,
    disk: Arc<dyn Disk>,
    /// Directories above that were made for it, the highest first.
    made: Vec<PathBuf>,
    kept: bool,
}

impl AsideDirectory {
    /// Starts the directory that shall be `to`. What interrupted runs left beside it is cleared away.
    ///
    /// # Errors
    /// `output-in-book` inside another book, `cannot-create`.
    pub fn create(disk: Arc<dyn Disk>, to: &Path) -> Result<Self, StoreError> {
        beside_books(disk.as_ref(), to)?;
        let parent = folder(to);
        let made = missing(disk.as_ref(), &parent).map_err(cannot(to))?;
        let mut aside =
            Self { path: PathBuf::new(), lock: None, disk: Arc::clone(&disk), made, kept: false };
        make_directories(disk.as_ref(), &parent).map_err(cannot(to))?;
        clear_directories(disk.as_ref(), &parent);
        for _ in 0..TRIES {
            let path = parent.join(name(DIRECTORY));
            match disk.make_directory(&path) {
                Ok(()) => aside.path = path,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(cannot(to)(error)),
            }
            let name = aside.path.join(LOCK);
            let lock = disk.open(&name, Mode::New).and_then(|lock| {
                let held = is_held(disk.as_ref(), (&lock, &name))?;
                Ok(held.then_some(lock))
            });
            match lock {
                Ok(Some(lock)) => {
                    aside.lock = Some(lock);
                    return Ok(aside);
                }
                // Another run has just cleared it away.
                Ok(None) => {}
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(cannot(to)(error)),
            }
        }
        Err(cannot(to)(ErrorKind::AlreadyExists.into()))
    }

    /// Gives the directory its name, durably. An empty directory may stand there, nothing else.
    ///
    /// # Errors
    /// Renaming or syncing fails.
    pub fn keep(mut self, to: &Path) -> Result<(), StoreError> {
        self.lock = None;
        let disk = self.disk.as_ref();
        remove(disk, &self.path.join(LOCK)).map_err(io("write", to))?;
        sync_directory(disk, &self.path)?;
        if cfg!(windows) && there(disk, to)?.is_some_and(|about| about.is_directory) {
            disk.remove_empty(to).map_err(cannot(to))?;
        }
        // A directory that is not empty is never replaced: the system refuses it.
        disk.rename(&self.path, to).map_err(cannot(to))?;
        self.kept = true;
        sync_directory(disk, &folder(to))
    }
}

impl Drop for AsideDirectory {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // As above; only what was made here is removed.
        if !self.path.as_os_str().is_empty() {
            take_away(self.disk.as_ref(), &self.path);
        }
        for directory in self.made.iter().rev() {
            let _ = self.disk.remove_empty(directory);
        }
    }
}

/// The directories that are not there, the highest first.
fn missing(disk: &dyn Disk, path: &Path) -> IoResult<Vec<PathBuf>> {
    let mut missing = Vec::new();
    for directory in path.ancestors().filter(|path| !path.as_os_str().is_empty()) {
        match disk.about(directory) {
            Ok(_) => break,
            Err(error) if is_missing(&error) => missing.insert(0, directory.to_owned()),
            Err(error) => return Err(error),
        }
    }
    Ok(missing)
}

/// A name that nobody knows before: what stands under it was put there by this program.
fn name(end: &str) -> String {
    // The hasher of the standard library is keyed from the system's randomness.
    let random = RandomState::new().build_hasher().finish();
    format!("{START}{random:016x}{end}")
}

/// Whether a name is one of [`name`]'s.
fn is_name(name: &str, end: &str) -> bool {
    let digits = name.strip_prefix(START).and_then(|rest| rest.strip_suffix(end));
    digits.is_some_and(|digits| {
        digits.len() == 16 && digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Takes the lock of a file just made; whether it still has its name. Another run that clears away
/// may have been quicker.
fn is_held(disk: &dyn Disk, (file, path): (&Arc<dyn File>, &Path)) -> IoResult<bool> {
    // A file system without locks has to do without this protection.
    if let Ok(false) = file.try_lock() {
        return Ok(false);
    }
    match disk.about(path) {
        Ok(_) => Ok(true),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Paths in a folder that interrupted runs may have left. That some cannot be read is no failure of
/// what is to be done.
fn leftovers(disk: &dyn Disk, folder: &Path, end: &str) -> Vec<PathBuf> {
    let names = disk.names(folder).unwrap_or_default();
    let ours = names.iter().filter(|name| name.to_str().is_some_and(|name| is_name(name, end)));
    ours.map(|name| folder.join(name)).collect()
}

/// Removes the files that interrupted runs left; nobody holds their locks any more.
fn clear_files(disk: &dyn Disk, folder: &Path) {
    for path in leftovers(disk, folder, FILE) {
        if disk.about(&path).is_ok_and(|about| about.is_file)
            && let Ok(file) = disk.open(&path, Mode::Read)
            && let Ok(true) = file.try_lock()
        {
            let _ = disk.remove(&path);
        }
    }
}

/// Removes the directories that interrupted restores left, if they hold nothing else.
fn clear_directories(disk: &dyn Disk, folder: &Path) {
    for path in leftovers(disk, folder, DIRECTORY) {
        if !disk.about(&path).is_ok_and(|about| about.is_directory) || !holds_ours(disk, &path) {
            continue;
        }
        let lock = path.join(LOCK);
        let held = match disk.open(&lock, Mode::Read) {
            Ok(file) => file.try_lock().map(|taken| (taken, Some(file))),
            // Cut off before there was one, or after it was taken away.
            Err(error) if is_missing(&error) => Ok((true, None)),
            Err(error) => Err(error),
        };
        if let Ok((true, _file)) = held {
            take_away(disk, &path);
        }
    }
}

/// Removes what a restore makes, and its directory if nothing else is in it.
fn take_away(disk: &dyn Disk, path: &Path) {
    for name in OF_A_BOOK.iter().chain(&[LOCK]) {
        let _ = remove(disk, &path.join(name));
    }
    let _ = disk.remove_empty(path);
}

/// Whether a directory holds nothing but what an interrupted restore leaves.
fn holds_ours(disk: &dyn Disk, path: &Path) -> bool {
    let is_ours = |name: &str| name == LOCK || OF_A_BOOK.contains(&name);
    let names = disk.names(path);
    names.is_ok_and(|names| names.iter().all(|name| name.to_str().is_some_and(is_ours)))
}

/// Tests that a directory is free for a book: it is not there, or empty.
///
/// # Errors
/// `book-exists`, `directory-not-empty`, or the system does not tell.
pub fn vacant(disk: &dyn Disk, directory: &Path) -> Result<(), StoreError> {
    match disk.about(directory) {
        Err(error) if is_missing(&error) => return Ok(()),
        // A file, or a link: what it leads to is somebody else's.
        Ok(about) if !about.is_directory => return Err(not_empty(directory)),
        Ok(_) => {}
        Err(error) => return Err(cannot(directory)(error)),
    }
    let names = disk.names(directory).map_err(cannot(directory))?;
    if names.iter().any(|name| name == "head") {
        return Err(Problem::refused("book-exists").with("path", directory.display()).into());
    }
    if names.is_empty() { Ok(()) } else { Err(not_empty(directory)) }
}

/// Something stands where a book was to be made.
fn not_empty(path: &Path) -> StoreError {
    Problem::refused("directory-not-empty").with("path", path.display()).into()
}

fn remove(disk: &dyn Disk, path: &Path) -> IoResult<()> {
    match disk.remove(path) {
        Err(error) if !is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}

/// The directory that a file or directory stands in.
fn folder(path: &Path) -> PathBuf {
    // A trailing separator or dot must not name the directory itself.
    let path: PathBuf = path.components().collect();
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes the names in a directory durable.
fn sync_directory(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
    match disk.sync_directory(path) {
        // Who may write into a directory and not read it cannot ask for this.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        synced => synced.map_err(io("sync", path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_be_guessed_and_are_known_again() {
        let names: Vec<String> = (0..100).map(|_| name(FILE)).collect();
        assert!(names.iter().all(|name| is_name(name, FILE) && !is_name(name, DIRECTORY)));
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), names.len());
        for other in ["poolbook-.part", "poolbook-0123456789ABCDEF.part", "report.part", ".part"] {
            assert!(!is_name(other, FILE), "{other}");
        }
    }
}
