//! One writer at a time: an exclusive lock on the file `lock`, which also says who holds it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::StoreError;
use super::disk::{Disk, File, Mode, write_all_at};
use super::error::io;
use crate::problem::{Exit, Problem};

/// Longest text read from a lock file.
const TEXT_MAX: usize = 1024;
/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock; it is given back when this is dropped, and by the system when the process ends.
#[derive(Debug)]
pub struct Lock {
    file: Arc<dyn File>,
}

impl Lock {
    /// Takes the lock, waiting for another holder for a while.
    ///
    /// # Errors
    /// `book-busy` with `pid`, `user`, `since`, `command` of the holder, or the file cannot be
    /// opened.
    pub fn take(disk: &dyn Disk, path: &Path, wait: Duration) -> Result<Self, StoreError> {
        let file = disk.open(path, Mode::Make).map_err(io("lock", path))?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(true) => return Ok(Self { file }),
                Ok(false) if start.elapsed() < wait => {
                    std::thread::sleep(PAUSE.min(wait));
                }
                Ok(false) => return Err(busy(path, file.as_ref(), wait).into()),
                Err(error) => return Err(io("lock", path)(error)),
            }
        }
    }

    /// Writes who holds the lock. The text is for people only, so failing to write it is no failure.
    pub fn sign(&mut self) {
        let text = format!(
            "pid {}\nuser {}\nsince {:.0}\ncommand {}\n",
            std::process::id(),
            one_line(&["USER", "LOGNAME", "USERNAME"].iter().find_map(std::env::var_os)),
            jiff::Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(jiff::Timestamp::MAX),
            one_line(&std::env::args_os().nth(1)),
        );
        let _ = self.file.set_length(0);
        let _ = write_all_at(self.file.as_ref(), text.as_bytes(), 0);
    }
}

fn one_line(text: &Option<std::ffi::OsString>) -> String {
    let text = text.as_ref().map(|text| text.to_string_lossy()).unwrap_or_default();
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

fn busy(path: &Path, file: &dyn File, wait: Duration) -> Problem {
    let mut text = [0; TEXT_MAX];
    // The holder may be just writing it; whatever is there is shown.
    let read = file.read_at(&mut text, 0).unwrap_or(0);
    let text = String::from_utf8_lossy(text.get(..read).unwrap_or_default());
    let value = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.filter(|value| !value.is_empty()).unwrap_or("?").to_owned()
    };
    Problem::new("book-busy", Exit::Busy)
        .with("path", path.display())
        .with("pid", value("pid"))
        .with("user", value("user"))
        .with("since", value("since"))
        .with("command", value("command"))
        .with("seconds", wait.as_secs())
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
        let mut first = take(Duration::ZERO).unwrap();
        first.sign();
        let problem = take(Duration::from_millis(50)).unwrap_err().problem();
        assert_eq!((problem.code, problem.exit), ("book-busy", Exit::Busy));
        assert_eq!(problem.arg("pid"), Some(std::process::id().to_string().as_str()));
        assert!(problem.arg("since").is_some_and(|since| since.starts_with("20")));
        drop(first);
        assert!(take(Duration::ZERO).is_ok());
    }
}
