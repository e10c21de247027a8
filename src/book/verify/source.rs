//! Where the lines come from that `verify` checks.

use crate::store::{
    Checked, Extent, ReadStore, Sight, StoreError, Visit, Watch, check_extent, check_sight,
};
use std::path::Path;

/// Where the lines are that are checked.
#[derive(Clone, Copy)]
pub(super) enum Source<'p> {
    /// A book, whose head is checked, too.
    Book(&'p Sight),
    /// Lines in a file.
    Lines(&'p Extent),
}

impl Source<'_> {
    /// The book, or the file.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Book(sight) => sight.directory(),
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
            Self::Book(sight) => check_sight(sight, (mark, watch), visit),
            Self::Lines(extent) => check_extent(extent, mark, watch, visit),
        }
    }

    /// The lines as they stand.
    pub(super) fn extent(&self) -> &Extent {
        match self {
            Self::Book(sight) => sight.extent(),
            Self::Lines(extent) => extent,
        }
    }

    /// The entries for look-ups; fails where a line is damaged.
    pub(super) fn open(&self) -> Result<ReadStore, StoreError> {
        match self {
            Self::Book(sight) => {
                let mut journal = ReadStore::open_journal(sight.directory())?;
                journal.locate_all().map(|()| journal)
            }
            Self::Lines(extent) => ReadStore::open_extent(extent),
        }
    }
}
