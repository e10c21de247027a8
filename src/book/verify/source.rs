//! Where the lines come from that `verify` checks.

use crate::store::{
    Checked, Extent, ReadStore, StoreError, Visit, Watch, check_extent, check_watching,
};
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
    /// The book, or the file.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Book(directory) => directory,
            Self::Lines(extent) => &extent.path,
        }
    }

    /// Checks the bytes of every line and shows the sound ones.
    pub(super) fn check(
        &self,
        mark: fn(&[u8]) -> bool,
        watch: &mut dyn Watch,
        visit: &mut Visit<'_>,
    ) -> Result<Checked, StoreError> {
        match self {
            Self::Book(directory) => check_watching(directory, mark, watch, visit),
            Self::Lines(extent) => check_extent(extent, mark, watch, visit),
        }
    }

    /// The lines as they stand.
    pub(super) fn extent(&self) -> Result<Extent, StoreError> {
        match self {
            Self::Book(directory) => Extent::of_book(directory),
            Self::Lines(extent) => Ok((*extent).clone()),
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
