//! Failures of a store, and how they are reported.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::journal::Journal;
use crate::problem::{Exit, Problem};

/// A failure of the store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A call of the operating system failed.
    #[error("{operation} {}: {source}", path.display())]
    Io {
        /// The operation: `open`, `create`, `read`, `write`, `sync`, `cut`, `rename`, `lock`.
        operation: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The entries were written but the disk did not confirm them: only opening again shows whether
    /// they count.
    #[error("sync {}: {source}", path.display())]
    OutcomeUnknown {
        /// The journal.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// An earlier failure made this handle unfit for writing.
    #[error("the store failed before and takes nothing more")]
    Poisoned,
    /// Anything else, by its code.
    #[error(transparent)]
    Problem(#[from] Box<Problem>),
}

impl StoreError {
    /// The failure as it is reported to the user.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Io { operation, path, source } => io_problem(operation, path, source),
            Self::OutcomeUnknown { path, source } => Problem::new("outcome-unknown", Exit::Io)
                .with("path", path.display())
                .with("system", source),
            Self::Poisoned => Problem::new("store-poisoned", Exit::Io),
            Self::Problem(problem) => problem.as_ref().clone(),
        }
    }

    /// Returns true if the disk (or a quota) was full, which can be repaired.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if is_full(source))
    }
}

impl From<Problem> for StoreError {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        error.problem()
    }
}

fn is_full(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | FileTooLarge | QuotaExceeded)
}

fn io_problem(operation: &'static str, path: &Path, source: &io::Error) -> Problem {
    let (code, exit) = match source.kind() {
        _ if is_full(source) => ("disk-full", Exit::Io),
        io::ErrorKind::ReadOnlyFilesystem => ("read-only", Exit::Io),
        io::ErrorKind::PermissionDenied if operation != "read" => ("read-only", Exit::Io),
        _ if operation == "create" => ("cannot-create", Exit::CannotCreate),
        _ => ("io-failed", Exit::Io),
    };
    Problem::new(code, exit)
        .with("operation", operation)
        .with("path", path.display())
        .with("system", source)
}

/// Adds the operation and the path to the error of a failed call.
pub(super) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Io { operation, path: path.to_owned(), source }
}

/// The error that the caller broke the contract of the trait.
pub(super) fn misuse(call: &'static str) -> StoreError {
    Problem::new("store-misuse", Exit::Bug).with("call", call).into()
}

/// The error that each line is sound but the lines are not those of the head.
pub(super) fn root_differs(journal: &Journal) -> StoreError {
    Problem::new("root-differs", Exit::Damaged).with("path", journal.path().display()).into()
}

/// The error that a line behind the head does not belong to this book, and an unfinished group
/// follows.
pub(super) fn altered(line: u64) -> StoreError {
    let problem = Problem::new("tail-altered", Exit::Damaged);
    problem.with("line", line).with("check", "group-torn").into()
}

/// The error that a line at or below the head cannot be read.
pub(super) fn damaged(path: &Path, line: u64, offset: u64) -> StoreError {
    Problem::new("journal-damaged", Exit::Damaged)
        .with("path", path.display())
        .with("line", line)
        .with("offset", offset)
        .into()
}
