//! Files and directories that appear whole or not at all: made under a name that no one can guess,
//! synced, then renamed.
//!
//! Everything that is written outside a book goes through these functions;
//! [`outside`](super::outside) decides where it may go.

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

/// Beginning of the temporary name of a file or directory.
const START: &str = "poolbook-";
/// End of the temporary name of a file.
const FILE: &str = ".part";
/// End of the temporary name of a directory.
const DIRECTORY: &str = ".restoring";
/// Names tried before the program gives up: 64 random bits do not collide by chance.
const TRIES: usize = 8;

/// A file that is written under a temporary name; it is removed again unless it is kept.
pub struct AsideFile {
    /// Its temporary path.
    pub path: PathBuf,
    /// Open for writing, empty at first, and locked, so that other runs do not remove it.
    pub file: Arc<dyn File>,
    spot: Spot,
    offset: u64,
    kept: bool,
}

impl AsideFile {
    /// Starts the file that will get the name of the spot. Leftovers of interrupted runs in that
    /// directory are removed.
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

    /// Makes the bytes durable.
    ///
    /// # Errors
    /// Syncing fails.
    pub fn sync(&self) -> Result<(), StoreError> {
        let synced = if planted(Bug::BackupUnsynced) { Ok(()) } else { self.file.sync() };
        synced.map_err(io("sync", &self.spot.shown))
    }

    /// Gives the file its final name, durably. A file of that name is replaced only if the caller
    /// asked for that.
    ///
    /// # Errors
    /// The name has been taken meanwhile, or renaming or syncing fails.
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

    /// There is no buffer to flush; the bytes are durable after [`AsideFile::sync`].
    fn flush(&mut self) -> IoResult<()> {
        Ok(())
    }
}

impl Drop for AsideFile {
    fn drop(&mut self) {
        if !self.kept {
            // The caller reports the failure itself; a partial file left behind would only hide it.
            let _ = self.spot.disk.remove(&self.path);
        }
    }
}

/// Names of the files that a restore makes.
const OF_A_BOOK: &[&str] = &["journal.jsonl", "head", "head.new"];
/// Name of the lock file, held while a directory is filled and removed before the directory gets
/// its final name.
const LOCK: &str = "restoring";

/// A directory that is filled under a temporary name; it is removed again unless it is kept.
pub struct AsideDirectory {
    /// Its temporary path.
    pub path: PathBuf,
    lock: Option<Arc<dyn File>>,
    disk: Arc<dyn Disk>,
    /// Parent directories that were made for it, the highest first.
    made: Vec<PathBuf>,
    kept: bool,
}

impl AsideDirectory {
    /// Starts the directory that will become `to`. Leftovers of interrupted runs beside it are
    /// removed.
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
                // Another run has just removed it.
                Ok(None) => {}
                Err(error) if is_missing(&error) => {}
                Err(error) => return Err(cannot(to)(error)),
            }
        }
        Err(cannot(to)(ErrorKind::AlreadyExists.into()))
    }

    /// Gives the directory its final name, durably. Only an empty directory may have that name
    /// already.
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
        // The system refuses to replace a directory that is not empty.
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
        // As above, the failure is reported elsewhere; only directories that this run made are
        // removed.
        if !self.path.as_os_str().is_empty() {
            take_away(self.disk.as_ref(), &self.path);
        }
        for directory in self.made.iter().rev() {
            let _ = self.disk.remove_empty(directory);
        }
    }
}

/// Those of a path and its parents that do not exist, the highest first.
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

/// Returns a name that no one can know in advance: a file of this name was made by this program.
fn name(end: &str) -> String {
    // The hasher of the standard library is keyed from the system's randomness.
    let random = RandomState::new().build_hasher().finish();
    format!("{START}{random:016x}{end}")
}

/// Returns true if a name has the form that [`name`] gives.
fn is_name(name: &str, end: &str) -> bool {
    let digits = name.strip_prefix(START).and_then(|rest| rest.strip_suffix(end));
    digits.is_some_and(|digits| {
        digits.len() == 16 && digits.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Locks a file that was just made and returns true if it still has its name: another run that
/// removes leftovers may have been faster.
fn is_held(disk: &dyn Disk, (file, path): (&Arc<dyn File>, &Path)) -> IoResult<bool> {
    // A file system without locks does without this protection.
    if let Ok(false) = file.try_lock() {
        return Ok(false);
    }
    match disk.about(path) {
        Ok(_) => Ok(true),
        Err(error) if is_missing(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Paths in a folder that interrupted runs may have left. A folder that cannot be read does not
/// fail the caller's work.
fn leftovers(disk: &dyn Disk, folder: &Path, end: &str) -> Vec<PathBuf> {
    let names = disk.names(folder).unwrap_or_default();
    let ours = names.iter().filter(|name| name.to_str().is_some_and(|name| is_name(name, end)));
    ours.map(|name| folder.join(name)).collect()
}

/// Removes the files that interrupted runs left: those whose lock no process holds.
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

/// Removes the directories that interrupted restores left, unless they hold other files too.
fn clear_directories(disk: &dyn Disk, folder: &Path) {
    for path in leftovers(disk, folder, DIRECTORY) {
        if !disk.about(&path).is_ok_and(|about| about.is_directory) || !holds_ours(disk, &path) {
            continue;
        }
        let lock = path.join(LOCK);
        let held = match disk.open(&lock, Mode::Read) {
            Ok(file) => file.try_lock().map(|taken| (taken, Some(file))),
            // The restore was interrupted before it made the lock or after it removed it.
            Err(error) if is_missing(&error) => Ok((true, None)),
            Err(error) => Err(error),
        };
        if let Ok((true, _file)) = held {
            take_away(disk, &path);
        }
    }
}

/// Removes the files that a restore makes, and their directory if it is then empty.
fn take_away(disk: &dyn Disk, path: &Path) {
    for name in OF_A_BOOK.iter().chain(&[LOCK]) {
        let _ = remove(disk, &path.join(name));
    }
    let _ = disk.remove_empty(path);
}

/// Returns true if a directory holds only files that an interrupted restore leaves.
fn holds_ours(disk: &dyn Disk, path: &Path) -> bool {
    let is_ours = |name: &str| name == LOCK || OF_A_BOOK.contains(&name);
    let names = disk.names(path);
    names.is_ok_and(|names| names.iter().all(|name| name.to_str().is_some_and(is_ours)))
}

/// Tests that a directory is free for a book: it does not exist, or it is empty.
///
/// # Errors
/// `book-exists`, `directory-not-empty`, or the system call failed.
pub fn vacant(disk: &dyn Disk, directory: &Path) -> Result<(), StoreError> {
    match disk.about(directory) {
        Err(error) if is_missing(&error) => return Ok(()),
        // A file, or a link: its target belongs to someone else.
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

/// The refusal to make a book where other files are.
fn not_empty(path: &Path) -> StoreError {
    Problem::refused("directory-not-empty").with("path", path.display()).into()
}

fn remove(disk: &dyn Disk, path: &Path) -> IoResult<()> {
    match disk.remove(path) {
        Err(error) if !is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}

/// The directory that holds a file or directory.
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
        // A user who may write a directory but not read it cannot sync it.
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
