//! Ids of entries in memory: hash to entry number, in at most 12 bytes an entry.

use super::place::Tag;

const SHARDS: usize = 256;

/// Map from an id to the entries that may have it: 256 small open-addressed tables, so that growing
/// one never needs twice the memory of all.
#[derive(Clone, Debug)]
pub struct Ids {
    shards: Vec<Shard>,
}

#[derive(Clone, Debug, Default)]
struct Shard {
    used: usize,
    /// 32 bits of the tag above 32 bits of the entry number; 0 is free, as numbers begin at 1.
    slots: Vec<u64>,
}

impl Default for Ids {
    fn default() -> Self {
        Self { shards: vec![Shard::default(); SHARDS] }
    }
}

impl Ids {
    fn shard(tag: Tag) -> usize {
        (tag.0 >> 32) as usize % SHARDS
    }

    /// Adds an entry.
    pub fn insert(&mut self, tag: Tag, seq: u32) {
        if let Some(shard) = self.shards.get_mut(Self::shard(tag)) {
            shard.insert((tag.0 << 32) | u64::from(seq));
        }
    }

    /// Appends the entries that may have this id.
    pub fn find(&self, tag: Tag, out: &mut Vec<u64>) {
        let Some(shard) = self.shards.get(Self::shard(tag)) else { return };
        let low = tag.0 as u32;
        for slot in shard.probe(low) {
            if (slot >> 32) as u32 == low {
                out.push(slot & u64::from(u32::MAX));
            }
        }
    }

    /// Forgets the entries above `last`.
    pub fn cut(&mut self, last: u64) {
        for shard in &mut self.shards {
            let above = |slot: &u64| *slot & u64::from(u32::MAX) > last;
            if shard.slots.iter().any(above) {
                let size = shard.slots.len();
                let slots = std::mem::take(&mut shard.slots);
                *shard = Shard { used: 0, slots: vec![0; size] };
                for slot in slots.into_iter().filter(|slot| *slot != 0 && !above(slot)) {
                    shard.insert(slot);
                }
            }
        }
    }
}

impl Shard {
    fn start(&self, low: u32) -> usize {
        ((u64::from(low) * self.slots.len() as u64) >> 32) as usize
    }

    fn probe(&self, low: u32) -> impl Iterator<Item = u64> + '_ {
        let (before, after) = self.slots.split_at(self.start(low));
        after.iter().chain(before).copied().take_while(|slot| *slot != 0)
    }

    fn insert(&mut self, slot: u64) {
        // A table is filled to seven eighths at most; beyond that, probing takes long.
        if (self.used + 1) * 8 > self.slots.len() * 7 {
            let size = (self.slots.len() + self.slots.len() / 4).max(self.used + 4);
            let old = std::mem::replace(&mut self.slots, vec![0; size]);
            self.used = 0;
            for slot in old.into_iter().filter(|slot| *slot != 0) {
                self.place(slot);
            }
        }
        self.place(slot);
    }

    fn place(&mut self, slot: u64) {
        let size = self.slots.len();
        let mut at = self.start((slot >> 32) as u32);
        // There is a free slot: the caller made room.
        for _ in 0..size {
            match self.slots.get_mut(at) {
                Some(free) if *free == 0 => {
                    *free = slot;
                    self.used += 1;
                    return;
                }
                _ => at = if at + 1 >= size { 0 } else { at + 1 },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(ids: &Ids, id: u64) -> Vec<u64> {
        let mut out = Vec::new();
        ids.find(Tag::of(id), &mut out);
        out.sort_unstable();
        out
    }

    #[test]
    fn every_entry_is_found_and_no_other() {
        let mut ids = Ids::default();
        for seq in 1..=50_000_u32 {
            ids.insert(Tag::of(u64::from(seq) % 40_000), seq);
        }
        assert_eq!(find(&ids, 5), [5, 40_005]);
        assert_eq!(find(&ids, 20_000), [20_000]);
        assert_eq!(find(&ids, 40_000), [] as [u64; 0]);
        ids.cut(40_000);
        assert_eq!(find(&ids, 5), [5]);
        assert_eq!(find(&ids, 0), [40_000]);
        for seq in 40_001..=60_000_u32 {
            ids.insert(Tag::of(u64::from(seq)), seq);
        }
        assert!((40_001..=60_000).all(|seq| find(&ids, seq) == [seq]));
    }

    #[test]
    fn memory_stays_under_twelve_bytes_an_entry() {
        let mut ids = Ids::default();
        for seq in 1..=300_000_u32 {
            ids.insert(Tag::of(u64::from(seq)), seq);
            if seq % 50_000 == 0 {
                let bytes: usize = ids.shards.iter().map(|shard| shard.slots.len() * 8).sum();
                assert!(bytes < 12 * seq as usize, "{bytes} for {seq}");
            }
        }
    }
}
