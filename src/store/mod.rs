//! Storage of entries: a journal of numbered lines, which is the truth, and an index over it, which
//! can always be rebuilt.
//!
//! A store knows nothing about money. [`FileStore`] keeps a directory (its files are described to
//! the byte in `notes/format.md`), [`ReadStore`] reads such a directory without writing anything,
//! [`MemoryStore`] keeps everything in memory. All of them pass one suite of tests.
//!
//! Invariant: what [`Store::commit`] has returned survives a power cut; nothing else counts.
//! Invariant: damage at or below the head is refused and nothing is touched; only an unfinished
//! tail above it is cut off, after a copy was set aside.
//! Invariant: the index is never trusted beyond its stamp; if anything is wrong with it, it is set
//! aside and rebuilt from the journal.

pub mod aside;
pub mod backup;
mod catalogue;
mod check;
mod copy;
pub mod disk;
mod engine;
mod error;
mod file;
mod glance;
mod group;
pub mod head;
mod ids;
mod journal;
pub mod leaves;
mod line;
mod lock;
mod memory;
pub mod outside;
mod place;
mod read;
mod recover;
pub mod restore;
pub mod roots;
mod sled;
pub mod tree;
mod who;

pub use check::{Checked, Extent, FINDINGS_MAX, Looking, Sight, Watch, Written, check};
pub use check::{check_extent, check_on, check_sight, check_watching};
pub use copy::{Copy, Step};
pub use error::StoreError;
pub use file::FileStore;
pub use memory::MemoryStore;
pub use read::ReadStore;

use crate::problem::Problem;

/// A prefix of the journal: its number of entries, and the root of the tree over them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub count: u64,
    /// RFC 6962 root over the bytes of the entries, SHA-256.
    pub root: [u8; 32],
}

/// Entries waiting to be written. The store encodes them, so that encoding runs beside deciding.
///
/// An entry is one JSON object without a line feed. In a group of several, every entry but the last
/// carries `"more":N` with N > 0; the last carries 0 or nothing. That shows a group that was torn
/// off by a power cut.
pub trait Frames: Send {
    /// Number of entries.
    fn len(&self) -> usize;
    /// Returns true if there are no entries.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Appends the bytes of entry `index` (from 0) to `out`.
    fn encode(&self, index: usize, out: &mut Vec<u8>);
    /// Hash of the id of entry `index`; the same id must give the same hash for ever.
    fn id_hash(&self, index: usize) -> u64;
}

/// Changes of the index. A key is one table byte (below [`TABLE_MAX`]) and a rest that sorts as
/// bytes; a value is at most [`VALUE_MAX`] bytes long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Keys and their new values; if a key occurs twice, the last value counts.
    pub puts: Vec<(Vec<u8>, Vec<u8>)>,
    /// Keys to remove.
    pub deletes: Vec<Vec<u8>>,
}

/// First of the table bytes that belong to the store itself.
pub const TABLE_MAX: u8 = 0xf0;
/// Longest value of the index, in bytes.
pub const VALUE_MAX: usize = 1024 * 1024;

/// Storage of entries. See the [module](self) for what always holds.
///
/// A group goes `begin`, any number of `write`, then `commit` or `abandon`; after `commit` comes
/// `index`. Entries are numbered from 1.
///
/// ```
/// use poolbook::store::{Changes, Frames, MemoryStore, Store, StoreError};
///
/// struct One(&'static str);
/// impl Frames for One {
///     fn len(&self) -> usize {
///         1
///     }
///     fn encode(&self, _: usize, out: &mut Vec<u8>) {
///         out.extend_from_slice(self.0.as_bytes());
///     }
///     fn id_hash(&self, _: usize) -> u64 {
///         42
///     }
/// }
///
/// let mut store = MemoryStore::new();
/// store.begin()?;
/// store.write(Box::new(One("{}")))?;
/// // Nothing counts before this.
/// assert_eq!(store.head().count, 0);
/// assert_eq!(store.commit()?.count, 1);
/// store.index(Changes::default())?;
/// assert_eq!(store.read(1)?, b"{}");
/// # Ok::<(), StoreError>(())
/// ```
pub trait Store {
    /// The prefix that is durable and acknowledged.
    fn head(&self) -> Head;

    /// Starts a group; nothing of it counts before `commit`.
    ///
    /// # Errors
    /// A group is open already, the index is behind (see `replay`), or the store failed before.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Adds entries to the group, possibly on another thread: a failure may appear later, at the
    /// latest in `commit`.
    ///
    /// # Errors
    /// No group is open, or writing failed; after that only `abandon` is allowed.
    fn write(&mut self, frames: Box<dyn Frames>) -> Result<(), StoreError>;

    /// Discards the group; the store is as it was at `begin`. Does nothing without a group.
    ///
    /// # Errors
    /// The uncounted tail could not be cut off; the store accepts nothing more.
    fn abandon(&mut self) -> Result<(), StoreError>;

    /// Makes the group durable with one sync; on `Ok` it survives a power cut.
    ///
    /// # Errors
    /// Nothing counts, and the group must be abandoned; or the outcome is unknown until the store
    /// is opened again ([`StoreError::OutcomeUnknown`]).
    fn commit(&mut self) -> Result<Head, StoreError>;

    /// Changes the index in one atomic step and stamps it with [`Store::head`].
    ///
    /// # Errors
    /// No entry is lost. Either the index failed, and `index_head` is `None` from then on; or the
    /// head could not be written, and the store accepts nothing more.
    fn index(&mut self, changes: Changes) -> Result<(), StoreError>;

    /// The prefix of the journal that the index reflects; `None`: it must be rebuilt from entry 1.
    fn index_head(&self) -> Option<Head>;

    /// Discards the index and starts an empty one.
    ///
    /// # Errors
    /// A new one cannot be made.
    fn reset_index(&mut self) -> Result<(), StoreError>;

    /// Visits every entry that the index does not reflect, in order. The visitor returns the hash
    /// of the entry's id, so that `find` knows it. A call of `index` must follow.
    ///
    /// # Errors
    /// An entry is damaged, the entries do not give the root of the head, or the visitor's error.
    fn replay(&mut self, visit: &mut Replay<'_>) -> Result<(), StoreError>;

    /// The bytes of entry `seq`, checksum verified; entries of the open group included.
    ///
    /// # Errors
    /// There is no such entry (`entry-missing`), or it is damaged.
    fn read(&self, seq: u64) -> Result<Vec<u8>, StoreError>;

    /// Visits the durable entries from `from` on, in order, checksums verified.
    ///
    /// # Errors
    /// An entry is damaged, or the visitor's error.
    fn scan(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), StoreError>;

    /// Entries whose id may have this hash, ascending, those of the open group included. The caller
    /// must read them to be sure.
    ///
    /// # Errors
    /// The index failed.
    fn find(&self, id_hash: u64) -> Result<Vec<u64>, StoreError>;

    /// The value of a key.
    ///
    /// # Errors
    /// The index failed.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Visits the keys that begin with `prefix`, ascending, with their values.
    ///
    /// # Errors
    /// The index failed.
    fn range(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError>;

    /// Number of entries that are vouched for: the head counted them when the store was opened, or
    /// they were recorded since. The entries above were found behind the head, whole and with right
    /// checksums. The caller must find out whether this book could have written them, and then
    /// calls `disown`, or goes on to `index`, from which on they count.
    fn vouched(&self) -> u64 {
        self.head().count
    }

    /// Counts only the first `keep` entries, at least those that are vouched for; the entries
    /// behind them are set aside.
    ///
    /// # Errors
    /// They cannot be set aside; nothing was cut then.
    fn disown(&mut self, keep: u64) -> Result<(), StoreError> {
        if keep == self.head().count { Ok(()) } else { Err(error::misuse("disown")) }
    }

    /// Findings and repairs since opening, to be reported; the caller need not act on them.
    fn notes(&self) -> &[Problem] {
        &[]
    }
}

/// Visitor of entries: number and bytes.
pub type Visit<'a> = dyn FnMut(u64, &[u8]) -> Result<(), StoreError> + 'a;
/// Visitor of entries that returns the hash of the entry's id.
pub type Replay<'a> = dyn FnMut(u64, &[u8]) -> Result<u64, StoreError> + 'a;
