//! The real disk, one of whose calls fails: sled's files are real here, as they are not in the disk
//! in memory.

use std::ffi::OsString;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use poolbook::store::disk::{About, Disk, File, Mode, real};

/// Counts the calls and lets one of them fail with an error of the device.
#[derive(Clone, Debug)]
pub struct FailingDisk {
    disk: Arc<dyn Disk>,
    left: Arc<AtomicUsize>,
    /// The call that failed.
    pub failed: Arc<Mutex<Option<&'static str>>>,
}

impl FailingDisk {
    /// Lets the call of this number fail, the first one being 0.
    pub fn at(nth: usize) -> Self {
        let (left, failed) = (Arc::new(AtomicUsize::new(nth + 1)), Arc::default());
        Self { disk: real(), left, failed }
    }

    fn call(&self, name: &'static str) -> Result<()> {
        let step = |left: usize| left.checked_sub(1);
        let before = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step);
        if before != Ok(1) {
            return Ok(());
        }
        *self.failed.lock().unwrap() = Some(name);
        Err(Error::from_raw_os_error(5))
    }
}

impl Disk for FailingDisk {
    fn about(&self, path: &Path) -> Result<About> {
        self.call("lstat")?;
        self.disk.about(path)
    }

    fn resolve(&self, path: &Path) -> Result<PathBuf> {
        self.call("lstat")?;
        self.disk.resolve(path)
    }

    fn open(&self, path: &Path, mode: Mode) -> Result<Arc<dyn File>> {
        self.call("open")?;
        Ok(Arc::new(FailingFile { disk: self.clone(), file: self.disk.open(path, mode)? }))
    }

    fn names(&self, directory: &Path) -> Result<Vec<OsString>> {
        self.call("getdents")?;
        self.disk.names(directory)
    }

    fn make_directory(&self, path: &Path) -> Result<()> {
        self.call("mkdir")?;
        self.disk.make_directory(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.call("rename")?;
        self.disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> Result<()> {
        self.call("unlink")?;
        self.disk.remove(path)
    }

    fn remove_empty(&self, path: &Path) -> Result<()> {
        self.call("rmdir")?;
        self.disk.remove_empty(path)
    }

    fn sync_directory(&self, path: &Path) -> Result<()> {
        self.call("fsync")?;
        self.disk.sync_directory(path)
    }
}

#[derive(Debug)]
struct FailingFile {
    disk: FailingDisk,
    file: Arc<dyn File>,
}

impl File for FailingFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        self.disk.call("pread")?;
        self.file.read_at(bytes, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        self.disk.call("pwrite")?;
        self.file.write_at(bytes, offset)
    }

    fn length(&self) -> Result<u64> {
        self.disk.call("fstat")?;
        self.file.length()
    }

    fn set_length(&self, length: u64) -> Result<()> {
        self.disk.call("ftruncate")?;
        self.file.set_length(length)
    }

    fn sync(&self) -> Result<()> {
        self.disk.call("fdatasync")?;
        self.file.sync()
    }

    fn try_lock(&self) -> Result<bool> {
        self.disk.call("flock")?;
        self.file.try_lock()
    }

    fn try_lock_shared(&self) -> Result<bool> {
        self.disk.call("flock")?;
        self.file.try_lock_shared()
    }
}
