//! The sorted keys and values under the index. Whatever fails inside sled becomes an error here,
//! within a bounded time.
//!
//! sled panics on some damaged files, refuses to open beside a snapshot that it left half written,
//! and may hang. So every call is guarded. Opening, writing and closing, which use the disk, run on
//! a thread of their own with a time limit.
//!
//! sled locks its file as long as it is open. A process that needs no rows for a while therefore
//! closes it ([`Engine::let_go`]), so that others can copy the files; the next call opens it again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use ::sled::{Batch, Config, Db, IVec, Mode};

use super::StoreError;
use super::disk::{Disk, Table, is_missing};
use super::memory::MemoryTable;
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};

/// Memory for pages, in bytes.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;
/// Time for the threads of a closed sled, or for a process that copies its files, to release them.
const LET_GO: Duration = Duration::from_secs(5);

/// Rows of sled, or of a table that replaces it.
pub struct Engine {
    kept: Mutex<Kept>,
    patience: Duration,
}

enum Kept {
    Sled(PathBuf, Db),
    /// Closed for a while, with a row that shows later whether the rows are still the same.
    Away(PathBuf, Witness),
    Table(Arc<dyn Table>),
    Gone,
}

#[derive(Clone)]
struct Witness {
    key: Vec<u8>,
    value: Option<IVec>,
}

/// Rows that are open.
#[derive(Clone)]
enum Rows {
    Sled(Db),
    Table(Arc<dyn Table>),
}

/// Visitor of rows.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'a;

impl Engine {
    /// Opens the rows, or makes them if there are none.
    ///
    /// # Errors
    /// `index-failed` with sled's text, or because it did not answer in time.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<Self, StoreError> {
        let patience = disk.patience();
        let kept = match disk.table() {
            Some(table) => {
                let opened = Arc::clone(&table);
                in_time(patience, move || opened.open())?;
                Kept::Table(table)
            }
            None => Kept::Sled(path.to_owned(), open_in_time(path, patience, false)?),
        };
        Ok(Self { kept: Mutex::new(kept), patience })
    }

    /// Opens files that no other process uses and that are not needed afterwards.
    ///
    /// # Errors
    /// The errors of [`Engine::open`].
    pub fn open_private(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        let kept = Kept::Sled(path.to_owned(), open_in_time(path, patience, true)?);
        Ok(Self { kept: Mutex::new(kept), patience })
    }

    /// Rows in memory, used when nothing better is available.
    pub fn in_memory() -> Self {
        let kept = Kept::Table(Arc::new(MemoryTable::default()));
        Self { kept: Mutex::new(kept), patience: Duration::MAX }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // A panic leaves nothing in it half done.
        self.kept.lock().unwrap_or_else(|poison| poison.into_inner())
    }

    /// The rows, opened again if they were closed by [`Engine::let_go`].
    fn rows(&self) -> Result<Rows, StoreError> {
        let mut kept = self.kept();
        if let Kept::Away(path, witness) = &*kept {
            let (path, witness) = (path.clone(), witness.clone());
            // If anything fails here, it is not tried again.
            *kept = Kept::Gone;
            let db = open_in_time(&path, self.patience, false)?;
            let found = guard(|| db.get(&witness.key).map_err(|error| error.to_string()));
            if found.map_err(|fault| failed(&fault))? != witness.value {
                return Err(failed("changed while it was closed"));
            }
            *kept = Kept::Sled(path, db);
        }
        match &*kept {
            Kept::Sled(_, db) => Ok(Rows::Sled(db.clone())),
            Kept::Table(table) => Ok(Rows::Table(Arc::clone(table))),
            Kept::Away(..) | Kept::Gone => Err(failed("closed")),
        }
    }

    /// Closes sled until the next call needs it, so that others can read its files meanwhile. The
    /// row of `key` must be the same then: only this process may change the files.
    pub fn let_go(&self, key: &[u8]) {
        let mut kept = self.kept();
        let Kept::Sled(path, db) = &*kept else { return };
        // If the row cannot be read now, the next call that needs it reports the error.
        let Ok(value) = guard(|| db.get(key).map_err(|error| error.to_string())) else { return };
        let witness = Witness { key: key.to_vec(), value };
        let away = Kept::Away(path.clone(), witness);
        let closed = std::mem::replace(&mut *kept, away);
        close(closed, self.patience);
    }

    /// The value of a key.
    ///
    /// # Errors
    /// `index-failed`.
    pub fn get(&self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        let value = match self.rows()? {
            Rows::Sled(db) => guard(|| db.get(key).map_err(|error| error.to_string())),
            Rows::Table(table) => guard(|| Ok(table.get(key)?.map(IVec::from))),
        };
        value.map_err(|fault| failed(&fault))
    }

    /// Returns true if there is any row.
    ///
    /// # Errors
    /// `index-failed`.
    pub fn is_used(&self) -> Result<bool, StoreError> {
        let used = match self.rows()? {
            Rows::Sled(db) => guard(|| {
                db.iter().next().transpose().map(|row| row.is_some()).map_err(|e| e.to_string())
            }),
            Rows::Table(table) => guard(|| Ok(!table.rows(&[], None)?.is_empty())),
        };
        used.map_err(|fault| failed(&fault))
    }

    /// Visits the rows whose keys begin with a prefix, in ascending order.
    ///
    /// # Errors
    /// `index-failed`, or the visitor's.
    pub fn prefix(&self, prefix: &[u8], visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut to = prefix.to_vec();
        // The first key behind the prefix: increment the last byte that is not 255 and drop those
        // after it.
        while let Some(last) = to.pop() {
            if let Some(next) = last.checked_add(1) {
                to.push(next);
                break;
            }
        }
        self.between(prefix, (!to.is_empty()).then_some(&to), visit)
    }

    /// Visits the rows from one key up to another, which is excluded; without it up to the end.
    ///
    /// # Errors
    /// `index-failed`, or the visitor's.
    pub fn between(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        match self.rows()? {
            Rows::Sled(db) => {
                let rows = match to {
                    Some(to) => guard(|| Ok(db.range(from..to))),
                    None => guard(|| Ok(db.range(from..))),
                };
                let mut rows = rows.map_err(|fault| failed(&fault))?;
                let mut next = || {
                    let row = guard(|| rows.next().transpose().map_err(|error| error.to_string()));
                    row.map_err(|fault| failed(&fault))
                };
                while let Some((key, value)) = next()? {
                    visit(&key, &value)?;
                }
            }
            Rows::Table(table) => {
                let rows = guard(|| table.rows(from, to)).map_err(|fault| failed(&fault))?;
                rows.iter().try_for_each(|(key, value)| visit(key, value))?;
            }
        }
        Ok(())
    }

    /// Changes rows in one atomic step; `None` as a value removes a row.
    ///
    /// # Errors
    /// `index-failed`.
    pub fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), StoreError> {
        match self.rows()? {
            Rows::Sled(db) => in_time(self.patience, move || {
                let mut batch = Batch::default();
                for (key, value) in changes {
                    match value {
                        Some(value) => batch.insert(key, value),
                        None => batch.remove(key),
                    }
                }
                db.apply_batch(batch).map_err(|error| error.to_string())
            }),
            Rows::Table(table) => in_time(self.patience, move || table.apply(changes)),
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let kept = std::mem::replace(&mut *self.kept(), Kept::Gone);
        close(kept, self.patience);
    }
}

/// sled writes while it is dropped, and panics if that fails.
fn close(kept: Kept, patience: Duration) {
    let _ = in_time(patience, move || {
        drop(kept);
        Ok(())
    });
}

fn open_in_time(path: &Path, patience: Duration, private: bool) -> Result<Db, StoreError> {
    let path = path.to_owned();
    in_time(patience, move || open_sled(&path, private))
}

fn open_sled(path: &Path, private: bool) -> Result<Db, String> {
    remove_half_snapshots(path).map_err(|error| error.to_string())?;
    let start = Instant::now();
    loop {
        let config = Config::new()
            .path(path)
            .cache_capacity(CACHE_BYTES)
            .mode(Mode::HighThroughput)
            .temporary(private)
            .flush_every_ms(None);
        match guard(|| config.open().map_err(|error| error.to_string())) {
            Ok(db) => {
                close_to_others(path).map_err(|error| error.to_string())?;
                return Ok(db);
            }
            // Threads of a sled that was just closed may hold its lock a little longer, and so may
            // a process that copies the files.
            Err(fault) if fault.contains("lock") && start.elapsed() < LET_GO => {
                std::thread::sleep(Duration::from_millis(5));
            }
            opened => return opened,
        }
    }
}

/// sled makes its files with the rights that the umask leaves; other users must have none in a
/// book.
#[cfg(unix)]
fn close_to_others(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let close = |path: &Path| -> std::io::Result<()> {
        let about = std::fs::symlink_metadata(path)?;
        let mode = about.permissions().mode();
        if mode & 0o007 != 0 && !about.is_symlink() {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & 0o7770))?;
        }
        Ok(())
    };
    for file in std::fs::read_dir(directory)? {
        match close(&file?.path()) {
            // sled removes old snapshots on a thread of its own.
            Err(error) if !is_missing(&error) => return Err(error),
            _ => {}
        }
    }
    close(directory)
}

/// On other systems a mode does not describe the rights of a file.
#[cfg(not(unix))]
fn close_to_others(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// If the process was killed while sled wrote a snapshot, sled takes the unfinished snapshot for
/// the newest one and refuses to open.
fn remove_half_snapshots(path: &Path) -> std::io::Result<()> {
    let files = match std::fs::read_dir(path) {
        Ok(files) => files,
        Err(error) if is_missing(&error) => return Ok(()),
        Err(error) => return Err(error),
    };
    for file in files {
        let file = file?;
        let name = file.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// An `index-failed` error with the text of the layer that failed.
pub fn failed(fault: &str) -> StoreError {
    // Texts of sled end in an empty backtrace.
    let fault = fault.trim_end_matches(" at file offset None backtrace ()");
    Problem::new("index-failed", Exit::Io).with("fault", fault).into()
}

/// Runs the work on a thread and returns its result if it comes in time; otherwise the thread is
/// abandoned. Without a bound the work runs on the caller's thread.
fn in_time<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, StoreError> {
    if patience == Duration::MAX {
        return guard(work).map_err(|fault| failed(&fault));
    }
    let (done, waited) = channel();
    let thread = std::thread::Builder::new().name("index".to_owned());
    // The receiver may be gone when the result comes too late.
    let thread = thread.spawn(move || drop(done.send(guard(work))));
    thread.map_err(|error| failed(&error.to_string()))?;
    match waited.recv_timeout(patience) {
        Ok(result) => result.map_err(|fault| failed(&fault)),
        Err(RecvTimeoutError::Disconnected) => Err(failed("panic")),
        Err(RecvTimeoutError::Timeout) => {
            Err(failed(&format!("no answer within {} s", patience.as_secs())))
        }
    }
}

fn guard<T>(call: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        if planted(Bug::IndexUnguarded) {
            std::panic::resume_unwind(panic);
        }
        Err(panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "panic".to_owned()))
    })
}
