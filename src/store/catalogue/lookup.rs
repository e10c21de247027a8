//! Finds entries by their ids: in memory, in sled's buckets, or in sled's blocks.
//!
//! New ids are in the blocks of places only. Once there are enough of them, closing puts them into
//! buckets by the upper bits of their hashes, so that one id is found by reading one bucket however
//! many entries there are. After many look-ups all ids are loaded into memory.

use super::super::StoreError;
use super::super::ids::Ids;
use super::super::place::{BLOCK, Tag, entries};
use super::super::sled::{Puts, Stamp, bucket_key};
use super::Catalogue;

/// Number of look-ups in sled after which all ids are loaded into memory.
const BURST: u32 = 512;
/// Number of entries outside the buckets from which on they are merged into them.
const MERGE_AT: u64 = 16_384;
/// Entries in one bucket on average, at most: 3 KiB.
const BUCKET: u64 = 384;
const BITS_MIN: u8 = 8;
const BITS_MAX: u8 = 24;

/// The ids that are in memory.
#[derive(Default)]
pub struct Known {
    /// Entries by id.
    pub ids: Ids,
    /// The ids of the entries above this one are in memory.
    pub from: u64,
    looked: u32,
}

impl Catalogue {
    /// Entries that may have this id.
    ///
    /// # Errors
    /// sled failed.
    pub fn find(&self, tag: Tag) -> Result<Vec<u64>, StoreError> {
        let mut known = self.known();
        let merged = self.stamp.as_ref().map_or(0, |stamp| stamp.merged);
        if known.from > merged {
            self.load(&mut known, merged)?;
        }
        let mut found = Vec::new();
        if known.from > 0 {
            known.looked += 1;
            if known.looked > BURST {
                self.load(&mut known, 0)?;
                // So many look-ups mean that a large file is being imported; sled is not needed for
                // a while.
                self.let_go();
            } else if let Some(stamp) = &self.stamp {
                let bucket = self.index()?.bucket(stamp.bits, bucket_of(tag.0, stamp.bits))?;
                found.extend(
                    bucket_entries(&bucket)
                        .filter(|(low, _)| *low == tag.0 as u32)
                        .map(|(_, seq)| u64::from(seq)),
                );
            }
        }
        known.ids.find(tag, &mut found);
        found.sort_unstable();
        Ok(found)
    }

    /// Loads the ids of the entries above `from` into memory.
    fn load(&self, known: &mut Known, from: u64) -> Result<(), StoreError> {
        let mut all = Vec::new();
        self.tags(from, known.from, &mut all)?;
        for (tag, seq) in all {
            known.ids.insert(Tag(tag), seq);
        }
        known.from = from;
        Ok(())
    }

    /// Reads the ids of the entries above `from` up to `to` from sled's blocks.
    fn tags(&self, from: u64, to: u64, out: &mut Vec<(u64, u32)>) -> Result<(), StoreError> {
        self.index()?.blocks(from / BLOCK, to.div_ceil(BLOCK), &mut |number, block| {
            let places = (number * BLOCK + 1..).zip(entries(block));
            let wanted = places.filter(|(seq, _)| *seq > from && *seq <= to);
            // Numbers are bounded when the entry is written.
            out.extend(wanted.map(|(seq, place)| (place.tag.0, seq as u32)));
        })
    }

    /// Puts the ids of new entries into buckets once there are enough of them.
    pub(super) fn merge(&mut self) -> Result<(), StoreError> {
        let (Some(stamp), Some(index)) = (&self.stamp, &self.index) else { return Ok(()) };
        let count = stamp.tree.count();
        if count - stamp.merged < MERGE_AT {
            return Ok(());
        }
        let bits = bits_for(count);
        let grow = bits != stamp.bits;
        let mut puts = Puts::new();
        if grow {
            index.remove_buckets(&mut puts)?;
        }
        let mut ids = Vec::new();
        self.tags(if grow { 0 } else { stamp.merged }, count, &mut ids)?;
        ids.sort_unstable();
        for chunk in ids.chunk_by(|a, b| bucket_of(a.0, bits) == bucket_of(b.0, bits)) {
            let number = chunk.first().map_or(0, |(tag, _)| bucket_of(*tag, bits));
            let mut bucket = if grow { Vec::new() } else { index.bucket(bits, number)? };
            for (tag, seq) in chunk {
                bucket.extend_from_slice(&(*tag as u32).to_be_bytes());
                bucket.extend_from_slice(&seq.to_be_bytes());
            }
            puts.insert(bucket_key(bits, number), Some(bucket));
        }
        let stamp = Stamp { merged: count, bits, ..stamp.clone() };
        index.apply(puts, &stamp)?;
        self.stamp = Some(stamp);
        Ok(())
    }
}

fn bits_for(count: u64) -> u8 {
    (BITS_MIN..BITS_MAX).find(|bits| count >> bits <= BUCKET).unwrap_or(BITS_MAX)
}

/// The upper bits of a 40-bit tag.
fn bucket_of(tag: u64, bits: u8) -> u32 {
    (tag >> (40 - u32::from(bits.min(BITS_MAX)))) as u32
}

fn bucket_entries(bucket: &[u8]) -> impl Iterator<Item = (u32, u32)> + '_ {
    bucket.as_chunks::<8>().0.iter().map(|[a, b, c, d, e, f, g, h]| {
        (u32::from_be_bytes([*a, *b, *c, *d]), u32::from_be_bytes([*e, *f, *g, *h]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_384_entries_on_average_at_most() {
        let of = |count| bits_for(count);
        assert_eq!([of(0), of(98_304), of(98_559), of(98_560)], [8, 8, 8, 9]);
        assert_eq!([of(1_000_000), of(u64::from(u32::MAX))], [12, 24]);
        assert_eq!(bucket_of(0xff_ffff_ffff, 8), 255);
        assert_eq!(bucket_of(0x80_0000_0000, 12), 0x800);
    }
}
