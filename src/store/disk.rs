//! The disk as the store sees it: one function for every call that touches a file of a book.
//!
//! [`real`] is a thin layer over the system's calls. Tests bring a disk of their own that fails on
//! purpose, so the code that really runs is tested against power cuts and failing calls in
//! everything that goes through this module: journal, head, lock, quarantine, backups, leaf hashes.
//! Only sled opens its files by itself; a disk that cannot hold them gives a [`Table`] instead.
//!
//! Invariant: nothing here repeats a failed call, except a read or a write that a signal
//! interrupted or that transferred only a part of the bytes.

use std::ffi::OsString;
use std::fmt::Debug;
use std::fs::OpenOptions;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::limits::INDEX_WAIT_SECONDS;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// An existing file, for reading.
    Read,
    /// An existing file, for reading and writing.
    Write,
    /// For reading and writing; an empty file is made if there is none.
    Make,
    /// For reading and writing; an empty file is made, and the name must be free, even of a link.
    New,
    /// Like [`Mode::New`], with at most these permissions from the first moment on.
    NewWith(u32),
}

/// Description of the file or directory at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// True if it is a regular file.
    pub is_file: bool,
    /// True if it is a directory.
    pub is_directory: bool,
    /// True if it is a link; links are not followed.
    pub is_link: bool,
    /// Length of a file in bytes.
    pub length: u64,
    /// Permissions (the lowest nine bits), where the system has them.
    pub permissions: Option<u32>,
    /// Device and number, the same under every name of the file, where the system has them.
    pub identity: Option<(u64, u64)>,
}

/// The disk that holds the files of a book.
///
/// # Errors
/// Each call returns the error of the system, nothing else.
pub trait Disk: Debug + Send + Sync {
    /// Describes the file or directory at a path; links are not followed (`lstat`).
    ///
    /// # Errors
    /// `NotFound`, or the call failed.
    fn about(&self, path: &Path) -> Result<About>;

    /// The path without links, `.` and `..` (`realpath`).
    ///
    /// # Errors
    /// `NotFound` if a part of it does not exist, or the call failed.
    fn resolve(&self, path: &Path) -> Result<PathBuf>;

    /// Opens a file (`open`).
    ///
    /// # Errors
    /// There is no file or there is one already (see [`Mode`]), or the call failed.
    fn open(&self, path: &Path, mode: Mode) -> Result<Arc<dyn File>>;

    /// The names in a directory, in any order (`getdents`).
    ///
    /// # Errors
    /// The call failed.
    fn names(&self, directory: &Path) -> Result<Vec<OsString>>;

    /// Makes one directory (`mkdir`).
    ///
    /// # Errors
    /// `AlreadyExists`, or the call failed.
    fn make_directory(&self, path: &Path) -> Result<()>;

    /// Renames a file or a directory in one step; a file of the new name is replaced (`rename`).
    /// The change is durable once both directories are synced.
    ///
    /// # Errors
    /// The call failed.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;

    /// Removes a file, or a directory with everything in it (`unlink`, `rmdir`).
    ///
    /// # Errors
    /// A call failed.
    fn remove(&self, path: &Path) -> Result<()>;

    /// Removes an empty directory (`rmdir`).
    ///
    /// # Errors
    /// The directory is not empty, or the call failed.
    fn remove_empty(&self, path: &Path) -> Result<()>;

    /// Makes the names in a directory durable (`fsync`).
    ///
    /// # Errors
    /// The call failed.
    fn sync_directory(&self, path: &Path) -> Result<()>;

    /// The table that holds the index if sled cannot keep its files on this disk.
    fn table(&self) -> Option<Arc<dyn Table>> {
        None
    }

    /// Time that one step of the index may take before the program gives it up; [`Duration::MAX`]
    /// sets no bound.
    fn patience(&self) -> Duration {
        Duration::from_secs(INDEX_WAIT_SECONDS)
    }
}

/// An open file.
pub trait File: Debug + Send + Sync {
    /// Reads some bytes from a place; none at the end of the file (`pread`).
    ///
    /// # Errors
    /// The call failed.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize>;

    /// Writes some of the bytes to a place (`pwrite`).
    ///
    /// # Errors
    /// The call failed.
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize>;

    /// Length of the file in bytes (`fstat`).
    ///
    /// # Errors
    /// The call failed.
    fn length(&self) -> Result<u64>;

    /// Cuts the file, or extends it with zeros (`ftruncate`).
    ///
    /// # Errors
    /// The call failed.
    fn set_length(&self, length: u64) -> Result<()>;

    /// Makes bytes and length durable (`fdatasync`).
    ///
    /// # Errors
    /// The call failed: what was written since the last sync may be lost, and a later sync that
    /// succeeds proves nothing about it.
    fn sync(&self) -> Result<()>;

    /// Takes the exclusive lock if no other process has it (`flock`); closing the file releases it.
    ///
    /// # Errors
    /// The call failed.
    fn try_lock(&self) -> Result<bool>;

    /// Takes a shared lock without waiting; other shared locks may exist. Returns false if another
    /// process has the exclusive lock (`flock`).
    ///
    /// # Errors
    /// The file system has no locks.
    fn try_lock_shared(&self) -> Result<bool>;
}

/// Rows of a table: keys and values, in ascending order.
pub type Rows = Vec<(Vec<u8>, Vec<u8>)>;

/// Sorted keys and values under the index, for a disk that cannot hold sled's files. It may fail,
/// panic or hang as sled may.
pub trait Table: Debug + Send + Sync {
    /// Opens the table, as sled is opened.
    ///
    /// # Errors
    /// A description of the fault.
    fn open(&self) -> std::result::Result<(), String>;

    /// The value of a key.
    ///
    /// # Errors
    /// A description of the fault.
    fn get(&self, key: &[u8]) -> std::result::Result<Option<Vec<u8>>, String>;

    /// The rows from one key up to another, which is excluded; without it up to the end.
    ///
    /// # Errors
    /// A description of the fault.
    fn rows(&self, from: &[u8], to: Option<&[u8]>) -> std::result::Result<Rows, String>;

    /// Changes rows in one atomic step; `None` as a value removes a row.
    ///
    /// # Errors
    /// A description of the fault.
    fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> std::result::Result<(), String>;

    /// Removes every row.
    ///
    /// # Errors
    /// A description of the fault.
    fn clear(&self) -> std::result::Result<(), String>;
}

/// Returns true if a call failed because nothing has that name.
pub fn is_missing(error: &Error) -> bool {
    use ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// Fills the buffer from a place of the file.
///
/// # Errors
/// The call failed, or the file ends too early (`UnexpectedEof`).
pub fn read_exact_at(file: &dyn File, mut bytes: &mut [u8], mut offset: u64) -> Result<()> {
    while !bytes.is_empty() {
        match file.read_at(bytes, offset) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                bytes = bytes.get_mut(read..).unwrap_or_default();
                offset += read as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Writes the bytes to a place of the file.
///
/// # Errors
/// The call failed; a part of the bytes may have been written.
pub fn write_all_at(file: &dyn File, mut bytes: &[u8], mut offset: u64) -> Result<()> {
    while !bytes.is_empty() {
        match file.write_at(bytes, offset) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                offset += written as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads a file from a place on.
pub struct From {
    /// The file.
    pub file: Arc<dyn File>,
    /// Position of the next byte.
    pub offset: u64,
}

impl Read for From {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize> {
        let read = self.file.read_at(bytes, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Writes a file from a place on.
pub struct To {
    /// The file.
    pub file: Arc<dyn File>,
    /// Position of the next byte.
    pub offset: u64,
}

impl Write for To {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let written = self.file.write_at(bytes, self.offset)?;
        self.offset += written as u64;
        Ok(written)
    }

    /// There is no buffer to flush; the bytes are durable after [`File::sync`].
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Opens a new empty file of this name and removes any that an interrupted run left. A link that
/// another program put there is removed, never followed.
///
/// # Errors
/// There is a directory of that name, or a call failed.
pub fn make_anew(disk: &dyn Disk, path: &Path) -> Result<Arc<dyn File>> {
    match disk.about(path) {
        Ok(about) if about.is_directory => return Err(ErrorKind::IsADirectory.into()),
        Ok(_) => disk.remove(path)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    disk.open(path, Mode::New)
}

/// Makes a directory and its missing parents, all of them durable.
///
/// # Errors
/// A call failed.
pub fn make_directories(disk: &dyn Disk, path: &Path) -> Result<()> {
    let missing = |error: &Error| error.kind() == ErrorKind::NotFound;
    let parent = parent(path);
    match disk.make_directory(path) {
        Ok(()) => {}
        // A process that ended before syncing it may have made an existing directory.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) if missing(&error) && parent != path => {
            make_directories(disk, parent)?;
            disk.make_directory(path)?;
        }
        Err(error) => return Err(error),
    }
    match disk.sync_directory(parent) {
        // A user who may not read the parent directory did not make this one.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}

/// The parent directory; `.` for a relative path of one name.
pub fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(above) if above.as_os_str().is_empty() => Path::new("."),
        above => above.unwrap_or(path),
    }
}

/// The disk of the system.
pub fn real() -> Arc<dyn Disk> {
    Arc::new(Real { patience: Duration::from_secs(INDEX_WAIT_SECONDS) })
}

/// The disk of the system.
#[derive(Debug)]
pub struct Real {
    /// Time that one step of the index may take before the program gives it up.
    pub patience: Duration,
}

impl Disk for Real {
    fn about(&self, path: &Path) -> Result<About> {
        let about = std::fs::symlink_metadata(path)?;
        #[cfg(unix)]
        let (permissions, identity) = {
            use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
            (Some(about.permissions().mode() & 0o777), Some((about.dev(), about.ino())))
        };
        #[cfg(not(unix))]
        let (permissions, identity) = (None, None);
        Ok(About {
            is_file: about.is_file(),
            is_directory: about.is_dir(),
            is_link: about.is_symlink(),
            length: about.len(),
            permissions,
            identity,
        })
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf> {
        std::fs::canonicalize(path)
    }

    fn open(&self, path: &Path, mode: Mode) -> Result<Arc<dyn File>> {
        let mut options = OpenOptions::new();
        options.read(true).write(mode != Mode::Read);
        match mode {
            Mode::Read | Mode::Write => {}
            Mode::Make => drop(options.create(true).truncate(false)),
            // The system follows no link if the file must be new.
            Mode::New | Mode::NewWith(_) => drop(options.create_new(true)),
        }
        // Other users get no rights in a book, whatever the umask is. The umask may remove more.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(
            &mut options,
            if let Mode::NewWith(permissions) = mode { permissions } else { 0o640 },
        );
        Ok(Arc::new(options.open(path)?))
    }

    fn names(&self, directory: &Path) -> Result<Vec<OsString>> {
        std::fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
    }

    fn make_directory(&self, path: &Path) -> Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
        builder.create(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> Result<()> {
        match self.about(path)?.is_directory {
            true => std::fs::remove_dir_all(path),
            false => std::fs::remove_file(path),
        }
    }

    fn remove_empty(&self, path: &Path) -> Result<()> {
        std::fs::remove_dir(path)
    }

    /// Windows has no such call and needs none.
    fn sync_directory(&self, path: &Path) -> Result<()> {
        if cfg!(unix) { std::fs::File::open(path)?.sync_all() } else { Ok(()) }
    }

    fn patience(&self) -> Duration {
        self.patience
    }
}

fn locked(tried: std::result::Result<(), std::fs::TryLockError>) -> Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(std::fs::TryLockError::WouldBlock) => Ok(false),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

impl File for std::fs::File {
    #[cfg(unix)]
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, bytes, offset)
    }

    #[cfg(windows)]
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, bytes, offset)
    }

    #[cfg(unix)]
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        std::os::unix::fs::FileExt::write_at(self, bytes, offset)
    }

    #[cfg(windows)]
    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        std::os::windows::fs::FileExt::seek_write(self, bytes, offset)
    }

    fn length(&self) -> Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn set_length(&self, length: u64) -> Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> Result<()> {
        self.sync_data()
    }

    fn try_lock(&self) -> Result<bool> {
        locked(std::fs::File::try_lock(self))
    }

    fn try_lock_shared(&self) -> Result<bool> {
        locked(std::fs::File::try_lock_shared(self))
    }
}
