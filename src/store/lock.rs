//! One writer at a time: an exclusive lock on the file `lock`, which also names its holder.
//!
//! Only [`FileStore`](super::FileStore) takes it. A reader only asks whether it is held.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::StoreError;
use super::disk::{Disk, File, Mode, is_missing, write_all_at};
use super::error::io;
use super::recover::expect_regular;
use super::who::{is_alive, user};
use crate::problem::{Exit, Problem};

/// Longest text read from a lock file.
const TEXT_MAX: usize = 1024;
/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock; it is released when this is dropped, and by the system when the process ends.
#[derive(Debug)]
pub struct Lock {
    file: Arc<dyn File>,
    signed: bool,
}

impl Lock {
    /// Takes the lock, and waits for another holder for a while.
    ///
    /// # Errors
    /// `book-busy` with `pid`, `user`, `since`, `command` of the holder, `book-foreign` for a link,
    /// or the file cannot be opened.
    pub fn take(disk: &dyn Disk, path: &Path, wait: Duration) -> Result<Self, StoreError> {
        // The holder's name is written into the file; through a link it would go into another file.
        match disk.about(path) {
            Err(error) if is_missing(&error) => {}
            _ => expect_regular(disk, path)?,
        }
        let file = disk.open(path, Mode::Make).map_err(io("lock", path))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(true) => return Ok(Self { file, signed: false }),
                Ok(false) if start.elapsed() < wait => {
                    std::thread::sleep(PAUSE.min(wait));
                }
                Ok(false) => return Err(busy(path, file.as_ref(), wait).into()),
                Err(error) => return Err(io("lock", path)(error)),
            }
        }
    }

    /// Writes the holder's name. The text only informs people, so a failure to write it is ignored.
    pub fn sign(&mut self, command: &str) {
        let text = format!(
            "pid {}\nuser {}\nsince {:.0}\ncommand {}\n",
            std::process::id(),
            one_line(&user()),
            jiff::Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(jiff::Timestamp::MAX),
            one_line(command),
        );
        let _ = self.file.set_length(0);
        let _ = write_all_at(self.file.as_ref(), text.as_bytes(), 0);
        self.signed = true;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A name left after the release would be shown while another process holds the lock.
        if self.signed {
            let _ = self.file.set_length(0);
        }
    }
}

/// Returns true if a process holds the lock now. The test takes a shared lock for the instant of
/// the call; a writer that arrives in this instant waits.
///
/// # Errors
/// The file is not a book's (`book-foreign`), or cannot be opened.
pub fn is_held(disk: &dyn Disk, path: &Path) -> Result<bool, StoreError> {
    match disk.about(path) {
        Err(error) if is_missing(&error) => return Ok(false),
        _ => expect_regular(disk, path)?,
    }
    let file = disk.open(path, Mode::Read).map_err(io("lock", path))?;
    file.try_lock_shared().map(|free| !free).map_err(io("lock", path))
}

fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// The error that the lock is busy; it names the holder if the holder left a name and still runs.
fn busy(path: &Path, file: &dyn File, wait: Duration) -> Problem {
    let mut text = [0; TEXT_MAX];
    // The holder may be writing it at this moment; whatever is there is shown.
    let read = file.read_at(&mut text, 0).unwrap_or(0);
    let text = String::from_utf8_lossy(text.get(..read).unwrap_or_default());
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.filter(|value| !value.is_empty())
    };
    let names = ["pid", "user", "since", "command"];
    let named =
        names.iter().all(|name| value(name).is_some()) && value("pid").is_some_and(is_alive);
    let mut problem = Problem::new("book-busy", Exit::Busy).with("path", path.display());
    problem = problem.with("holder", if named { "named" } else { "unnamed" });
    for name in names {
        problem = problem.with(name, value(name).filter(|_| named).unwrap_or("-"));
    }
    problem.with("seconds", wait.as_secs())
}

#[cfg(test)]
mod tests {
    use super::super::disk::real;
    use super::*;

    #[test]
    fn second_holder_is_told_who_has_it_and_gets_it_afterwards() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let disk = real();
        let take = |wait| Lock::take(disk.as_ref(), &path, wait);
        let told = || take(Duration::from_millis(50)).unwrap_err().problem();
        let mut first = take(Duration::ZERO).unwrap();
        assert_eq!(told().arg("holder"), Some("unnamed"), "it has not signed yet");
        first.sign("statement import");
        let problem = told();
        assert_eq!((problem.code, problem.exit), ("book-busy", Exit::Busy));
        assert_eq!(problem.arg("holder"), Some("named"));
        assert_eq!(problem.arg("pid"), Some(std::process::id().to_string().as_str()));
        assert_eq!(problem.arg("command"), Some("statement import"));
        assert!(problem.arg("user").is_some_and(|user| user != "-"));
        assert!(problem.arg("since").is_some_and(|since| since.starts_with("20")));
        drop(first);
        assert_eq!(std::fs::read(&path).unwrap(), b"", "the name goes with the lock");
        assert!(take(Duration::ZERO).is_ok());
    }

    #[test]
    fn name_of_a_process_that_is_gone_is_not_told() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let disk = real();
        let holder = Lock::take(disk.as_ref(), &path, Duration::ZERO).unwrap();
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        let pid = gone.id();
        gone.wait().unwrap();
        let text = format!("pid {pid}\nuser li\nsince 2026-01-01T00:00:00Z\ncommand record\n");
        std::fs::write(&path, text).unwrap();
        let told = Lock::take(disk.as_ref(), &path, Duration::ZERO).unwrap_err().problem();
        for name in ["pid", "user", "since", "command"] {
            assert_eq!(told.arg(name), Some("-"), "{name}");
        }
        assert_eq!(told.arg("holder"), Some("unnamed"));
        drop(holder);
    }

    #[test]
    fn asking_takes_nothing_and_needs_no_right_to_write() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let disk = real();
        assert!(!is_held(disk.as_ref(), &path).unwrap());
        assert!(!path.exists(), "asking makes no file");
        let holder = Lock::take(disk.as_ref(), &path, Duration::ZERO).unwrap();
        assert!(is_held(disk.as_ref(), &path).unwrap());
        drop(holder);
        assert!(!is_held(disk.as_ref(), &path).unwrap());
        assert!(Lock::take(disk.as_ref(), &path, Duration::ZERO).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn link_is_refused_and_what_it_leads_to_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("lock"), dir.path().join("other"));
        std::fs::write(&other, "of somebody else").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        let disk = real();
        let told = Lock::take(disk.as_ref(), &path, Duration::ZERO).unwrap_err().problem();
        assert_eq!(told.code, "book-foreign");
        assert_eq!(is_held(disk.as_ref(), &path).unwrap_err().problem().code, "book-foreign");
        assert_eq!(std::fs::read(&other).unwrap(), b"of somebody else");
    }
}
