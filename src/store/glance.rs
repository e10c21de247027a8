//! A private copy of the index, so that reading neither changes the index nor makes a writer wait.
//!
//! sled writes while it opens, and locks its file as long as it is open. So a reader copies the
//! files into a directory of its own, opens the copy and removes the directory at once. While it
//! copies it holds a shared lock on sled's file: no process has the index open then, and the copy
//! is whole.

use std::path::Path;
use std::time::{Duration, Instant};

use super::StoreError;
use super::disk::is_missing;
use super::disk::{Disk, From, Mode};
use super::engine::failed;
use super::recover::expect_regular;
use super::sled::SledIndex;

/// Time between two attempts to lock sled's file.
const PAUSE: Duration = Duration::from_millis(3);
/// The file that sled locks.
const DB: &str = "db";
/// Bytes copied at once.
const BUFFER: usize = 1024 * 1024;

/// Result of the attempt to copy an index.
pub enum Glance {
    /// A copy of it.
    Copy(SledIndex),
    /// There is no index.
    Missing,
    /// Another process had it open all the time.
    Busy,
    /// It cannot be copied or opened.
    Unusable(String),
}

/// Copies the index, and waits at most this long for a process that has it open.
pub fn glance(disk: &dyn Disk, index: &Path, wait: Duration) -> Glance {
    match disk.about(index) {
        // Only the book's own files are read: a link leads outside the book.
        Ok(about) if !about.is_directory => return Glance::Unusable("not a directory".to_owned()),
        Ok(_) => {}
        Err(error) if is_missing(&error) => return Glance::Missing,
        Err(error) => return Glance::Unusable(error.to_string()),
    }
    match copy_and_open(disk, index, wait) {
        Ok(Some(copy)) => Glance::Copy(copy),
        Ok(None) => Glance::Busy,
        Err(error) => {
            let problem = error.problem();
            let fault = problem.arg("fault").or_else(|| problem.arg("system"));
            Glance::Unusable(fault.unwrap_or(problem.code).to_owned())
        }
    }
}

fn copy_and_open(
    disk: &dyn Disk,
    index: &Path,
    wait: Duration,
) -> Result<Option<SledIndex>, StoreError> {
    let db = index.join(DB);
    expect_regular(disk, &db)?;
    let told = |error: std::io::Error| failed(&error.to_string());
    let locked = disk.open(&db, Mode::Read).map_err(told)?;
    let start = Instant::now();
    while !locked.try_lock_shared().map_err(told)? {
        if start.elapsed() >= wait {
            return Ok(None);
        }
        std::thread::sleep(PAUSE);
    }
    let private = private_directory().map_err(told)?;
    for name in disk.names(index).map_err(told)? {
        let (from, to) = (index.join(&name), private.path().join(&name));
        let name = name.to_string_lossy();
        // Long values are split, so sled keeps no blobs. A snapshot that was left half written is
        // useless.
        let is_whole = name.starts_with("snap.") && !name.ends_with(".generating");
        if name == DB || name == "conf" || is_whole {
            copy(disk, &from, &to)?;
        }
    }
    // From here on a writer may open the index.
    drop(locked);
    let opened = SledIndex::open_private(private.path(), disk.patience());
    // On Unix an open file remains readable after its name is removed; elsewhere sled removes the
    // files when it closes.
    if cfg!(unix) {
        drop(private)
    } else {
        drop(private.keep())
    }
    opened.map(Some)
}

/// A directory that only its owner may enter: the index holds all the figures of the book.
fn private_directory() -> std::io::Result<tempfile::TempDir> {
    let mut directory = tempfile::Builder::new();
    directory.prefix("poolbook-");
    #[cfg(unix)]
    directory.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    directory.tempdir()
}

fn copy(disk: &dyn Disk, from: &Path, to: &Path) -> Result<(), StoreError> {
    expect_regular(disk, from)?;
    let told = |error: std::io::Error| failed(&error.to_string());
    let file = disk.open(from, Mode::Read).map_err(told)?;
    let mut source = std::io::BufReader::with_capacity(BUFFER, From { file, offset: 0 });
    let mut target = std::fs::File::create_new(to).map_err(told)?;
    std::io::copy(&mut source, &mut target).map(drop).map_err(told)
}
