//! Where the lines come from that `verify` checks.

use crate::store::{Checked, Extent, ReadStore, StoreError, Visit, check_extent, check_marking};
use std::path::Path;

/// Where the lines are that are checked.
#[derive(Clone, Copy)]
pub(super) enum Source<'p> {
    /// A book, whose head is checked, too.
    Book(&'p Path),
    /// Lines in a file.
    Lines(&'p Extent),
}

impl Source<'_> {
    /// Checks the bytes of every line and shows the sound ones.
    pub(super) fn check(
        &self,
        mark: fn(&[u8]) -> bool,
        visit: &mut Visit<'_>,
    ) -> Result<Checked, StoreError> {
        match self {
            Self::Book(directory) => check_marking(directory, mark, visit),
            Self::Lines(extent) => check_extent(extent, mark, visit),
        }
    }

    /// The entries for look-ups; fails where a line is damaged.
    pub(super) fn open(&self) -> Result<ReadStore, StoreError> {
        match self {
            Self::Book(directory) => {
                let mut journal = ReadStore::open(directory)?;
                journal.locate_all().map(|()| journal)
            }
            Self::Lines(extent) => ReadStore::open_extent(extent),
        }
    }
}
