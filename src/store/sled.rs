//! The index on sled: places of entries, ids, and the caller's tables.
//!
//! After a crash sled may lack recent writes, and it puts values above 8 KiB into files of their
//! own that it never syncs. So every state that it opens with is tested against the journal by its
//! [`Stamp`], and long values are split.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::disk::Disk;
use super::engine::{Engine, failed};
use super::tree::{Frontier, Hash};
use super::{Changes, StoreError, TABLE_MAX, VALUE_MAX};
use crate::problem::{Exit, Problem};

/// Key of the stamp.
const STAMP: &[u8] = &[TABLE_MAX];
/// Table of the blocks of places.
const BLOCKS: u8 = TABLE_MAX + 1;
/// Table of the buckets of ids.
const BUCKETS: u8 = TABLE_MAX + 2;
/// Table of the further parts of long values.
const PARTS: u8 = TABLE_MAX + 3;
/// Longest part of a value, in bytes.
const PART: usize = 7 * 1024;
const STAMP_VERSION: u8 = 1;

/// The prefix of the journal that the index reflects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The tree over the prefix.
    pub tree: Frontier,
    /// Bytes of the prefix.
    pub length: u64,
    /// Entries whose ids are in buckets; the ids of those above are only in the blocks.
    pub merged: u64,
    /// Number of bits in a bucket's number.
    pub bits: u8,
}

impl Stamp {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![STAMP_VERSION, self.bits];
        for number in [self.tree.count(), self.length, self.merged] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        self.tree.nodes().iter().for_each(|node| bytes.extend_from_slice(node));
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let ([version, bits], rest) = bytes.split_first_chunk::<2>()?;
        let (count, rest) = rest.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<8>()?;
        let (merged, rest) = rest.split_first_chunk::<8>()?;
        let (nodes, rest) = rest.as_chunks::<32>();
        let nodes: Vec<Hash> = nodes.to_vec();
        let tree = Frontier::from_nodes(u64::from_be_bytes(*count), nodes)?;
        let merged = u64::from_be_bytes(*merged);
        let sound = *version == STAMP_VERSION && rest.is_empty() && merged <= tree.count();
        let length = u64::from_be_bytes(*length);
        sound.then_some(Self { tree, length, merged, bits: *bits })
    }
}

type Batch = Vec<(Vec<u8>, Option<Vec<u8>>)>;

/// Changes of the index, by key; `None` removes the row.
pub type Puts = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The index.
pub struct SledIndex {
    engine: Engine,
    /// True if it remains after the process has ended.
    pub lasts: bool,
}

impl SledIndex {
    /// Opens or makes the index in a directory.
    ///
    /// # Errors
    /// `index-failed` with sled's text.
    pub fn open(disk: &dyn Disk, path: &Path) -> Result<Self, StoreError> {
        Ok(Self { engine: Engine::open(disk, path)?, lasts: true })
    }

    /// Opens a private copy of an index.
    ///
    /// # Errors
    /// The errors of [`SledIndex::open`].
    pub fn open_private(path: &Path, patience: Duration) -> Result<Self, StoreError> {
        Ok(Self { engine: Engine::open_private(path, patience)?, lasts: false })
    }

    /// Lets others read its files until the next call needs it.
    pub fn let_go(&self) {
        self.engine.let_go(STAMP);
    }

    /// An index that ends with the process.
    pub fn in_memory() -> Self {
        Self { engine: Engine::in_memory(), lasts: false }
    }

    /// The stamp, if there is a sound one.
    ///
    /// # Errors
    /// sled failed.
    pub fn stamp(&self) -> Result<Option<Stamp>, StoreError> {
        let value = self.engine.get(STAMP)?;
        Ok(value.and_then(|value| Stamp::decode(&value)))
    }

    /// Returns true if there is any row.
    ///
    /// # Errors
    /// sled failed.
    pub fn is_used(&self) -> Result<bool, StoreError> {
        self.engine.is_used()
    }

    /// The value of one of the caller's keys.
    ///
    /// # Errors
    /// sled failed, or a part of the value is gone.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(value) = self.engine.get(key)? else { return Ok(None) };
        self.whole(key, &value).map(Some)
    }

    /// Joins a value from its first part and those that follow.
    fn whole(&self, key: &[u8], first: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (parts, first) = first.split_first().ok_or_else(|| failed("empty value"))?;
        let mut value = first.to_vec();
        for part in 1..=*parts {
            let more = self.engine.get(&part_key(key, part))?;
            value.extend_from_slice(&more.ok_or_else(|| failed("part of a value missing"))?);
        }
        Ok(value)
    }

    /// Visits the caller's keys with a prefix.
    ///
    /// # Errors
    /// sled failed.
    pub fn range(
        &self,
        prefix: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), StoreError> {
        self.engine.prefix(prefix, &mut |key, value| {
            match value.split_first() {
                // The store's own rows come last and are not shown to the caller.
                _ if key.first().is_none_or(|table| *table >= TABLE_MAX) => {}
                Some((0, value)) => visit(key, value),
                _ => visit(key, &self.whole(key, value)?),
            }
            Ok(())
        })
    }

    /// A block of places.
    ///
    /// # Errors
    /// sled failed.
    pub fn block(&self, number: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(&block_key(number))
    }

    /// Visits the blocks of places from one number up to another, which is excluded.
    ///
    /// # Errors
    /// sled failed.
    pub fn blocks(
        &self,
        from: u64,
        to: u64,
        visit: &mut dyn FnMut(u64, &[u8]),
    ) -> Result<(), StoreError> {
        self.engine.between(&block_key(from), Some(&block_key(to)), &mut |key, value| {
            let number = key.last_chunk::<8>().map_or(0, |number| u64::from_be_bytes(*number));
            // A block is always shorter than one part.
            visit(number, value.get(1..).unwrap_or_default());
            Ok(())
        })
    }

    /// A bucket of ids.
    ///
    /// # Errors
    /// sled failed.
    pub fn bucket(&self, bits: u8, number: u32) -> Result<Vec<u8>, StoreError> {
        Ok(self.get(&bucket_key(bits, number))?.unwrap_or_default())
    }

    /// Marks every bucket for removal.
    ///
    /// # Errors
    /// sled failed.
    pub fn remove_buckets(&self, puts: &mut Puts) -> Result<(), StoreError> {
        self.engine.prefix(&[BUCKETS], &mut |key, _| {
            puts.insert(key.to_vec(), None);
            Ok(())
        })
    }

    /// Makes the changes and sets the stamp, all in one atomic step.
    ///
    /// # Errors
    /// sled failed.
    pub fn apply(&self, puts: Puts, stamp: &Stamp) -> Result<(), StoreError> {
        let mut batch = Vec::with_capacity(puts.len() + 1);
        for (key, value) in puts {
            match value {
                Some(value) => put(&mut batch, key, &value)?,
                None => batch.push((key, None)),
            }
        }
        batch.push((STAMP.to_vec(), Some(stamp.encode())));
        self.engine.apply(batch)
    }
}

/// The caller's changes as rows.
///
/// # Errors
/// A key or a value that the contract does not allow (`index-key`, `index-value`).
pub fn rows(changes: Changes) -> Result<Puts, StoreError> {
    let mut puts = Puts::new();
    for key in changes.deletes {
        puts.insert(own_key(key)?, None);
    }
    for (key, value) in changes.puts {
        if value.len() > VALUE_MAX {
            let problem = Problem::new("index-value", Exit::Bug).with("bytes", value.len());
            return Err(problem.into());
        }
        puts.insert(own_key(key)?, Some(value));
    }
    Ok(puts)
}

fn own_key(key: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    match key.first() {
        Some(table) if *table < TABLE_MAX => Ok(key),
        _ => Err(Problem::new("index-key", Exit::Bug).into()),
    }
}

/// Key of a block of places.
pub fn block_key(number: u64) -> Vec<u8> {
    [&[BLOCKS], &number.to_be_bytes()[..]].concat()
}

/// Key of a bucket of ids.
pub fn bucket_key(bits: u8, number: u32) -> Vec<u8> {
    [&[BUCKETS, bits], &number.to_be_bytes()[..]].concat()
}

fn part_key(key: &[u8], part: u8) -> Vec<u8> {
    [&[PARTS], key, &[part]].concat()
}

/// Adds a value in its stored form: the number of further parts, then the first part. Parts that a
/// longer value left behind are never read; they disappear when the index is rebuilt.
fn put(batch: &mut Batch, key: Vec<u8>, value: &[u8]) -> Result<(), StoreError> {
    let mut parts = value.chunks(PART);
    let first = parts.next().unwrap_or_default();
    let count = u8::try_from(parts.len()).map_err(|_| failed("value too long"))?;
    for (part, bytes) in (1..=count).zip(parts) {
        batch.push((part_key(&key, part), Some(bytes.to_vec())));
    }
    let mut kept = Vec::with_capacity(first.len() + 1);
    kept.push(count);
    kept.extend_from_slice(first);
    batch.push((key, Some(kept)));
    Ok(())
}
