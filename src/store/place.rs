//! The place of each entry in the journal and the hash of its id, packed in blocks.
//!
//! A block describes [`BLOCK`] entries. It is the byte offset of its first entry (8 bytes,
//! big-endian) and, for each entry, the upper five bytes of its id's hash and the length of its
//! line (LEB128). A block has about 1.8 KiB, so the index stays small.

/// Entries in one block.
pub const BLOCK: u64 = 256;

/// The hash of an id as the store keeps it: 40 well-mixed bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(pub u64);

impl Tag {
    /// Mixes the caller's hash, so that even a poor one is well distributed (splitmix64's
    /// finaliser).
    pub fn of(id_hash: u64) -> Self {
        let mut mixed = id_hash;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        Self(mixed >> 24)
    }
}

/// One entry of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Offset of its line.
    pub offset: u64,
    /// Length of its line in bytes, LF included.
    pub length: u64,
    /// Hash of its id.
    pub tag: Tag,
}

/// Number of the block that holds entry `seq` (from 1), and the entry's position in it.
pub fn block_of(seq: u64) -> (u64, usize) {
    let index = seq.saturating_sub(1);
    (index / BLOCK, (index % BLOCK) as usize)
}

/// The entries of one block, in order; ends at the first byte that is not valid.
pub fn entries(block: &[u8]) -> impl Iterator<Item = Place> + '_ {
    let (head, mut rest) = block.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    let mut offset = u64::from_be_bytes(*head);
    std::iter::from_fn(move || {
        let (tag, after) = rest.split_first_chunk::<5>()?;
        let (length, after) = take_length(after)?;
        rest = after;
        let [a, b, c, d, e] = *tag;
        let place =
            Place { offset, length, tag: Tag(u64::from_be_bytes([0, 0, 0, a, b, c, d, e])) };
        offset = offset.checked_add(length)?;
        Some(place)
    })
}

fn take_length(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut length = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        length |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((length, bytes.get(index + 1..)?));
        }
    }
    None
}

/// The blocks at the end of the journal that the index does not hold yet.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Entries placed so far, those of earlier blocks included.
    pub count: u64,
    /// Offset behind the last placed entry.
    pub length: u64,
    /// Number of the first block in `blocks`.
    pub first: u64,
    /// The blocks; all but the last are full.
    pub blocks: Vec<Vec<u8>>,
}

impl Places {
    /// Places that end with `last`, the block of entry `count` (unless that block is full).
    pub fn resume(count: u64, length: u64, last: Option<Vec<u8>>) -> Self {
        Self { count, length, first: count / BLOCK, blocks: last.into_iter().collect() }
    }

    /// Adds the next entry.
    pub fn push(&mut self, tag: Tag, length: usize) {
        if self.count.is_multiple_of(BLOCK) {
            self.blocks.push(self.length.to_be_bytes().to_vec());
        }
        if let Some(block) = self.blocks.last_mut() {
            block.extend_from_slice(&tag.0.to_be_bytes()[3..]);
            let mut rest = length;
            while rest >= 0x80 {
                block.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            block.push(rest as u8);
        }
        self.count += 1;
        self.length += length as u64;
    }

    /// A block, if it is in memory.
    pub fn block(&self, number: u64) -> Option<&[u8]> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.blocks.get(index).map(Vec::as_slice)
    }

    /// The blocks with their numbers.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &[u8])> + '_ {
        (self.first..).zip(self.blocks.iter().map(Vec::as_slice))
    }

    /// The end of the places, from which a group continues.
    pub fn end(&self) -> Self {
        let last = (!self.count.is_multiple_of(BLOCK)).then(|| self.blocks.last().cloned());
        Self::resume(self.count, self.length, last.flatten())
    }

    /// Adds what a group appended to [`Places::end`].
    pub fn extend(&mut self, group: Self) {
        let keep = usize::try_from(group.first.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.blocks.truncate(keep);
        self.blocks.extend(group.blocks);
        self.count = group.count;
        self.length = group.length;
    }

    /// Forgets the blocks that need not be written again.
    pub fn forget_full(&mut self) {
        *self = self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_give_back_what_went_in() {
        let mut places = Places::default();
        let mut expected = Vec::new();
        let mut offset = 0;
        for seq in 1..=600_u64 {
            let length = [11_usize, 127, 128, 16_383, 16_384, 1_048_586][seq as usize % 6];
            let tag = Tag::of(seq);
            expected.push(Place { offset, length: length as u64, tag });
            places.push(tag, length);
            offset += length as u64;
        }
        let back: Vec<Place> = places.blocks.iter().flat_map(|block| entries(block)).collect();
        assert_eq!(back, expected);
        let (block, place) = block_of(257);
        assert_eq!((block, place), (1, 0));
        assert_eq!(entries(places.block(1).unwrap()).next(), Some(expected[256]));
    }

    #[test]
    fn group_goes_on_from_the_end() {
        for before in [0, 1, 255, 256, 257, 511, 512] {
            let mut whole = Places::default();
            let mut parts = Places::default();
            for seq in 0..before {
                whole.push(Tag::of(seq), 50);
                parts.push(Tag::of(seq), 50);
            }
            let mut group = parts.end();
            for seq in before..before + 300 {
                whole.push(Tag::of(seq), 70);
                group.push(Tag::of(seq), 70);
            }
            parts.extend(group);
            assert_eq!(parts.blocks, whole.blocks, "{before}");
            assert_eq!((parts.count, parts.length), (whole.count, whole.length));
            parts.forget_full();
            assert!(parts.blocks.len() <= 1);
        }
    }

    #[test]
    fn broken_blocks_end_early() {
        assert_eq!(entries(b"").count(), 0);
        assert_eq!(entries(b"\0\0\0\0\0\0\0\0\x01\x02\x03\x04\x05\xff\xff\xff\xff\xff").count(), 0);
    }
}
