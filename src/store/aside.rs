//! Files and directories that appear whole or not at all: made under another name, synced, renamed.
//!
//! Every file that `backup` and `restore` make goes through these functions.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::StoreError;
use super::disk::real;
use super::error::io;
use crate::problem::{Exit, Problem};

/// A file that grows under another name (`NAME.part`); it is taken away again unless it is kept.
pub struct AsideFile {
    /// Where it grows.
    pub path: PathBuf,
    /// Open for writing, empty at first, and locked against a second run.
    pub file: File,
    kept: bool,
}

impl AsideFile {
    /// Starts the file that shall be `to`. Only its owner may read it: it may hold a whole book.
    ///
    /// # Errors
    /// It cannot be created, or another run is at it (`output-busy`).
    pub fn create(to: &Path) -> Result<Self, StoreError> {
        let path = beside(to, ".part");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(io("create", &path))?;
        // A file system without locks has to do without this protection.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(busy(&path));
        }
        // What an interrupted run left is of no use to anybody.
        file.set_len(0).map_err(io("write", &path))?;
        Ok(Self { path, file, kept: false })
    }

    /// Brings the bytes to the disk.
    ///
    /// # Errors
    /// Syncing fails.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.file.sync_all().map_err(io("sync", &self.path))
    }

    /// Gives the file its name, durably. Whatever stands there under it is replaced.
    ///
    /// # Errors
    /// Renaming or syncing fails.
    pub fn keep(mut self, to: &Path) -> Result<(), StoreError> {
        std::fs::rename(&self.path, to).map_err(io("create", to))?;
        self.kept = true;
        sync_directory(&folder(to))
    }
}

impl Drop for AsideFile {
    fn drop(&mut self) {
        if !self.kept {
            // The failure itself is told; a part of a file left behind would only hide it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Names of the files that a restored book is made of.
const OF_A_BOOK: &[&str] = &["journal.jsonl", "head", "head.new"];
/// Held while a directory grows; taken away before it gets its name.
const LOCK: &str = "restoring";

/// A directory that grows under another name (`NAME.restoring`) and is taken away unless kept.
pub struct AsideDirectory {
    /// Where it grows.
    pub path: PathBuf,
    lock: Option<File>,
    kept: bool,
}

impl AsideDirectory {
    /// Starts the directory that shall be `to`. What an interrupted run left is cleared away if it
    /// holds nothing but what such a run makes.
    ///
    /// # Errors
    /// It cannot be created, another run is at it, or something else stands in its place
    /// (`directory-not-empty`).
    pub fn create(to: &Path) -> Result<Self, StoreError> {
        let parent = folder(to);
        std::fs::create_dir_all(&parent).map_err(io("create", &parent))?;
        let path = beside(to, ".restoring");
        match std::fs::create_dir(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => left_over(&path)?,
            Err(error) => return Err(io("create", &path)(error)),
        }
        let name = path.join(LOCK);
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(&name);
        let lock = lock.map_err(io("create", &name))?;
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            return Err(busy(&path));
        }
        for name in OF_A_BOOK {
            remove(&path.join(name))?;
        }
        Ok(Self { path, lock: Some(lock), kept: false })
    }

    /// Gives the directory its name, durably. An empty directory may stand there, nothing else.
    ///
    /// # Errors
    /// Renaming or syncing fails.
    pub fn keep(mut self, to: &Path) -> Result<(), StoreError> {
        self.lock = None;
        remove(&self.path.join(LOCK))?;
        sync_directory(&self.path)?;
        if cfg!(windows) && to.is_dir() {
            // Only an empty directory can be removed so.
            std::fs::remove_dir(to).map_err(io("create", to))?;
        }
        // A directory that is not empty is never replaced: the system refuses it.
        std::fs::rename(&self.path, to).map_err(io("create", to))?;
        self.kept = true;
        sync_directory(&folder(to))
    }
}

impl Drop for AsideDirectory {
    fn drop(&mut self) {
        if !self.kept {
            // As above; only what was made here is removed.
            for name in OF_A_BOOK.iter().chain(&[LOCK]) {
                let _ = remove(&self.path.join(name));
            }
            let _ = std::fs::remove_dir(&self.path);
        }
    }
}

/// Tests that a directory was left by an interrupted restore: it holds the marker and nothing else.
fn left_over(path: &Path) -> Result<(), StoreError> {
    let mut ours = true;
    for entry in std::fs::read_dir(path).map_err(io("create", path))? {
        let name = entry.map_err(io("read", path))?.file_name();
        ours &= name.to_str().is_some_and(|name| name == LOCK || OF_A_BOOK.contains(&name));
    }
    if ours { Ok(()) } else { Err(not_empty(path)) }
}

/// Something stands where a book was to be made.
pub fn not_empty(path: &Path) -> StoreError {
    Problem::refused("directory-not-empty").with("path", path.display()).into()
}

fn busy(path: &Path) -> StoreError {
    Problem::new("output-busy", Exit::Busy).with("path", path.display()).into()
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io("write", path)(error)),
        _ => Ok(()),
    }
}

/// The same name with something behind it.
fn beside(path: &Path, end: &str) -> PathBuf {
    // A trailing separator or dot must not make a name inside the directory itself.
    let path: PathBuf = path.components().collect();
    let mut name = path.into_os_string();
    name.push(end);
    name.into()
}

/// The directory that a file or directory stands in.
fn folder(path: &Path) -> PathBuf {
    let path: PathBuf = path.components().collect();
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// Makes the names in a directory durable.
fn sync_directory(path: &Path) -> Result<(), StoreError> {
    real().sync_directory(path).map_err(io("sync", path))
}
