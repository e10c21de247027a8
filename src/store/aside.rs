//! Files and directories that appear whole or not at all: made under another name, synced, renamed.
//!
//! Every file that `backup` and `restore` make goes through these functions.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::StoreError;
use super::disk::{Disk, File, Mode, is_missing, make_directories};
use super::error::io;
use super::recover::there;
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};

/// A file that grows under another name (`NAME.part`); it is taken away again unless it is kept.
pub struct AsideFile {
    /// Where it grows.
    pub path: PathBuf,
    /// Open for writing, empty at first, and locked against a second run.
    pub file: Arc<dyn File>,
    disk: Arc<dyn Disk>,
    kept: bool,
}

impl AsideFile {
    /// Starts the file that shall be `to`. Only its owner may read it: it may hold a whole book.
    ///
    /// # Errors
    /// It cannot be created, or another run is at it (`output-busy`).
    pub fn create(disk: Arc<dyn Disk>, to: &Path) -> Result<Self, StoreError> {
        let path = beside(to, ".part");
        let file = disk.open(&path, Mode::MakePrivate).map_err(io("create", &path))?;
        // A file system without locks has to do without this protection.
        if let Ok(false) = file.try_lock() {
            return Err(busy(&path));
        }
        // What an interrupted run left is of no use to anybody.
        file.set_length(0).map_err(io("write", &path))?;
        Ok(Self { path, file, disk, kept: false })
    }

    /// Brings the bytes to the disk.
    ///
    /// # Errors
    /// Syncing fails.
    pub fn sync(&self) -> Result<(), StoreError> {
        let synced = if planted(Bug::BackupUnsynced) { Ok(()) } else { self.file.sync() };
        synced.map_err(io("sync", &self.path))
    }

    /// Gives the file its name, durably. Whatever stands there under it is replaced.
    ///
    /// # Errors
    /// Renaming or syncing fails.
    pub fn keep(mut self, to: &Path) -> Result<(), StoreError> {
        self.disk.rename(&self.path, to).map_err(io("create", to))?;
        self.kept = true;
        if planted(Bug::BackupNameUnsynced) {
            return Ok(());
        }
        sync_directory(self.disk.as_ref(), &folder(to))
    }
}

impl Drop for AsideFile {
    fn drop(&mut self) {
        if !self.kept {
            // The failure itself is told; a part of a file left behind would only hide it.
            let _ = self.disk.remove(&self.path);
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
    lock: Option<Arc<dyn File>>,
    disk: Arc<dyn Disk>,
    kept: bool,
}

impl AsideDirectory {
    /// Starts the directory that shall be `to`. What an interrupted run left is cleared away if it
    /// holds nothing but what such a run makes.
    ///
    /// # Errors
    /// It cannot be created, another run is at it, or something else stands in its place
    /// (`directory-not-empty`).
    pub fn create(disk: Arc<dyn Disk>, to: &Path) -> Result<Self, StoreError> {
        let parent = folder(to);
        make_directories(disk.as_ref(), &parent).map_err(io("create", &parent))?;
        let path = beside(to, ".restoring");
        match disk.make_directory(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                left_over(disk.as_ref(), &path)?;
            }
            Err(error) => return Err(io("create", &path)(error)),
        }
        let name = path.join(LOCK);
        let lock = disk.open(&name, Mode::Make).map_err(io("create", &name))?;
        if let Ok(false) = lock.try_lock() {
            return Err(busy(&path));
        }
        for name in OF_A_BOOK {
            remove(disk.as_ref(), &path.join(name))?;
        }
        Ok(Self { path, lock: Some(lock), disk, kept: false })
    }

    /// Gives the directory its name, durably. An empty directory may stand there, nothing else.
    ///
    /// # Errors
    /// Renaming or syncing fails.
    pub fn keep(mut self, to: &Path) -> Result<(), StoreError> {
        self.lock = None;
        let disk = self.disk.as_ref();
        remove(disk, &self.path.join(LOCK))?;
        sync_directory(disk, &self.path)?;
        if cfg!(windows) && there(disk, to)?.is_some_and(|about| about.is_directory) {
            disk.remove_empty(to).map_err(io("create", to))?;
        }
        // A directory that is not empty is never replaced: the system refuses it.
        disk.rename(&self.path, to).map_err(io("create", to))?;
        self.kept = true;
        sync_directory(disk, &folder(to))
    }
}

impl Drop for AsideDirectory {
    fn drop(&mut self) {
        if !self.kept {
            // As above; only what was made here is removed.
            for name in OF_A_BOOK.iter().chain(&[LOCK]) {
                let _ = remove(self.disk.as_ref(), &self.path.join(name));
            }
            let _ = self.disk.remove_empty(&self.path);
        }
    }
}

/// Tests that a directory was left by an interrupted restore: it holds the marker and nothing else.
fn left_over(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
    let names = disk.names(path).map_err(io("create", path))?;
    let is_ours = |name: &str| name == LOCK || OF_A_BOOK.contains(&name);
    let ours = names.iter().all(|name| name.to_str().is_some_and(is_ours));
    if ours { Ok(()) } else { Err(not_empty(path)) }
}

/// Tests that nothing stands where a file shall get its name; with `replace` a regular file may.
/// Devices, links and directories are never replaced.
///
/// # Errors
/// `backup-exists`, or the system does not tell.
pub fn free(disk: &dyn Disk, path: &Path, replace: bool) -> Result<(), StoreError> {
    match disk.about(path) {
        Ok(about) if replace && about.is_file => Ok(()),
        Err(error) if is_missing(&error) => Ok(()),
        Ok(_) => {
            let problem = Problem::new("backup-exists", Exit::CannotCreate);
            Err(problem.with("path", path.display()).into())
        }
        Err(error) => Err(io("create", path)(error)),
    }
}

/// Tests that a directory is free for a book: it is not there, or empty.
///
/// # Errors
/// `book-exists`, `directory-not-empty`, or the system does not tell.
pub fn vacant(disk: &dyn Disk, directory: &Path) -> Result<(), StoreError> {
    match disk.names(directory) {
        Ok(names) if names.iter().any(|name| name == "head") => {
            Err(Problem::refused("book-exists").with("path", directory.display()).into())
        }
        Ok(names) if names.is_empty() => Ok(()),
        Ok(_) => Err(not_empty(directory)),
        Err(error) if is_missing(&error) => match disk.about(directory) {
            Err(error) if is_missing(&error) => Ok(()),
            // A file, or a link that leads nowhere.
            Ok(_) => Err(not_empty(directory)),
            Err(error) => Err(io("create", directory)(error)),
        },
        Err(error) => Err(io("create", directory)(error)),
    }
}

/// Something stands where a book was to be made.
fn not_empty(path: &Path) -> StoreError {
    Problem::refused("directory-not-empty").with("path", path.display()).into()
}

fn busy(path: &Path) -> StoreError {
    Problem::new("output-busy", Exit::Busy).with("path", path.display()).into()
}

fn remove(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
    match disk.remove(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io("write", path)(error)),
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
fn sync_directory(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
    disk.sync_directory(path).map_err(io("sync", path))
}
