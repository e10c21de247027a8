//! What can go wrong in a store, and how it is told.

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
        /// What the system said.
        source: io::Error,
    },
    /// The entries were written but the disk did not confirm them: only opening again tells.
    #[error("sync {}: {source}", path.display())]
    OutcomeUnknown {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An earlier failure left this handle unfit for writing.
    #[error("the store failed before and takes nothing more")]
    Poisoned,
    /// Anything else, by its code.
    #[error(transparent)]
    Problem(#[from] Box<Problem>),
}

impl StoreError {
    /// The failure as it is told to people.
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

    /// Whether the disk (or a quota) was full, which passes once room is made.
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

/// Names the operation and the path of a failed call.
pub(super) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    move |source| StoreError::Io { operation, path: path.to_owned(), source }
}

/// The caller did not keep to the contract of the trait.
pub(super) fn misuse(call: &'static str) -> StoreError {
    Problem::new("store-misuse", Exit::Bug).with("call", call).into()
}

/// The lines are sound one by one, and are not those of the head.
pub(super) fn root_differs(journal: &Journal) -> StoreError {
    Problem::new("root-differs", Exit::Damaged).with("path", journal.path().display()).into()
}

/// A line behind the head is not of this book, and an unfinished group follows.
pub(super) fn altered(line: u64) -> StoreError {
    let problem = Problem::new("tail-altered", Exit::Damaged);
    problem.with("line", line).with("check", "group-torn").into()
}

/// A line at or below the head cannot be read.
pub(super) fn damaged(path: &Path, line: u64, offset: u64) -> StoreError {
    Problem::new("journal-damaged", Exit::Damaged)
        .with("path", path.display())
        .with("line", line)
        .with("offset", offset)
        .into()
}
