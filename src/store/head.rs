//! The head: a record of what the journal holds, in two slots of one small file.
//!
//! A slot is written after the entries that it counts are durable, so damage of the journal at or
//! below the head is never a torn write. The slot that was synced last is not overwritten until the
//! other one is synced, so a power cut tears one slot at most.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::StoreError;
use super::disk::{Disk, File, Mode, make_anew, read_exact_at, write_all_at};
use super::error::io;
use super::tree::{Frontier, Hash};
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};

/// Size of one slot in bytes.
pub const SLOT: usize = 4096;
/// Version of the format of the whole directory.
pub const VERSION: u32 = crate::limits::FORMAT;
/// Highest generation that a sound slot may have.
pub const GENERATION_MAX: u64 = u64::MAX / 2;
pub(super) const MAGIC: &[u8; 8] = b"POOLBOOK";
/// Number of slots written without a sync before one is synced: bounds the tail that is scanned
/// after a power cut.
const SYNC_EVERY: u32 = 256;

/// Contents of one slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// Number of the slot in the order of writing; the slot with the highest number is valid.
    pub generation: u64,
    /// Bytes of the journal that hold the entries.
    pub length: u64,
    /// The tree over these entries.
    pub tree: Frontier,
}

/// Reason why a slot cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotFault {
    /// It is not a slot of a head at all.
    Foreign,
    /// It is a slot, and damaged.
    Damaged,
    /// It is sound, but of another format.
    Format(u32),
}

impl Slot {
    /// The bytes of the slot, as `notes/format.md` describes them.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SLOT);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&(self.tree.nodes().len() as u32).to_be_bytes());
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(&self.tree.count().to_be_bytes());
        bytes.extend_from_slice(&self.length.to_be_bytes());
        bytes.extend_from_slice(&self.tree.root());
        self.tree.nodes().iter().for_each(|node| bytes.extend_from_slice(node));
        bytes.resize(SLOT - 4, 0);
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
        bytes
    }

    /// Reads a slot.
    ///
    /// # Errors
    /// The reason why it cannot be read.
    pub fn decode(slot: &[u8]) -> Result<Self, SlotFault> {
        match Self::decode_any(slot)? {
            (VERSION, slot) => Ok(slot),
            (version, _) => Err(SlotFault::Format(version)),
        }
    }

    /// Reads a slot of this format or an older one; both have the same layout.
    fn decode_any(slot: &[u8]) -> Result<(u32, Self), SlotFault> {
        let (body, sum) = slot.split_last_chunk::<4>().ok_or(SlotFault::Foreign)?;
        let mut rest = body.strip_prefix(MAGIC).ok_or(SlotFault::Foreign)?;
        // Magic, version and checksum keep their places in every version, so that an older program
        // can distinguish another format from damage.
        let matches = crc32c::crc32c(body) == u32::from_be_bytes(*sum);
        if slot.len() != SLOT || !(matches || planted(Bug::SlotChecksumIgnored)) {
            return Err(SlotFault::Damaged);
        }
        let version = u32::from_be_bytes(take(&mut rest)?);
        if version > VERSION {
            return Err(SlotFault::Format(version));
        }
        let places = u32::from_be_bytes(take(&mut rest)?);
        let generation = u64::from_be_bytes(take(&mut rest)?);
        let count = u64::from_be_bytes(take(&mut rest)?);
        let length = u64::from_be_bytes(take(&mut rest)?);
        let root: Hash = take(&mut rest)?;
        let nodes =
            (0..places.min(64)).map(|_| take(&mut rest)).collect::<Result<Vec<Hash>, _>>()?;
        let tree = Frontier::from_nodes(count, nodes).ok_or(SlotFault::Damaged)?;
        if version == 0 || tree.root() != root || (count == 0) != (length == 0) {
            return Err(SlotFault::Damaged);
        }
        // No book reaches this generation, an entry is longer than one byte, and unused bytes are
        // zero. So a sound slot has exactly one encoding, and counting on from it cannot overflow.
        let spelt = places <= 64 && rest.iter().all(|byte| *byte == 0);
        if !spelt || generation > GENERATION_MAX || count > length {
            return Err(SlotFault::Damaged);
        }
        Ok((version, Self { generation, length, tree }))
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], SlotFault> {
    let (chunk, after) = rest.split_first_chunk::<N>().ok_or(SlotFault::Damaged)?;
    *rest = after;
    Ok(*chunk)
}

/// The state that the two slots show together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots {
    /// The newest sound slot and its number, if there is one.
    pub newest: Option<(usize, Slot)>,
    /// Numbers of the slots that cannot be read.
    pub bad: Vec<usize>,
}

/// Reads the head without changing anything.
///
/// # Errors
/// `book-foreign` for a file that is not a head, `format-newer`, `format-older`, or reading fails.
pub fn read(disk: &dyn Disk, path: &Path) -> Result<Slots, StoreError> {
    let foreign = || {
        StoreError::from(Problem::new("book-foreign", Exit::Damaged).with("path", path.display()))
    };
    let about = disk.about(path).map_err(io("read", path))?;
    if !about.is_file || about.length != 2 * SLOT as u64 {
        return Err(foreign());
    }
    let file = disk.open(path, Mode::Read).map_err(io("open", path))?;
    let mut bytes = vec![0; 2 * SLOT];
    read_exact_at(file.as_ref(), &mut bytes, 0).map_err(io("read", path))?;
    let mut slots = Slots { newest: None, bad: Vec::new() };
    let mut ours = false;
    for (number, slot) in bytes.chunks(SLOT).enumerate() {
        match Slot::decode(slot) {
            Ok(slot) => {
                ours = true;
                let newer = |(_, other): &(usize, Slot)| {
                    (slot.generation > other.generation) != planted(Bug::OlderSlotCounts)
                };
                if slots.newest.as_ref().is_none_or(newer) {
                    slots.newest = Some((number, slot));
                }
            }
            Err(SlotFault::Format(version)) => {
                return Err(other_format(path, version).into());
            }
            Err(fault) => {
                ours |= fault == SlotFault::Damaged;
                slots.bad.push(number);
            }
        }
    }
    if ours { Ok(slots) } else { Err(foreign()) }
}

/// The newest slot of a book of this format or an older one; used to export the events of such a
/// book.
///
/// # Errors
/// There is no head, neither slot can be read (`head-damaged`), or reading fails.
pub fn counted(disk: &dyn Disk, path: &Path) -> Result<Slot, StoreError> {
    let slots = [read_slot(disk, path, 0)?, read_slot(disk, path, 1)?];
    let sound = slots.iter().filter_map(|bytes| Slot::decode_any(bytes).ok());
    let newest = sound.map(|(_, slot)| slot).max_by_key(|slot| slot.generation);
    newest.ok_or_else(|| {
        let problem = Problem::new("head-damaged", Exit::Damaged).with("path", path.display());
        problem.with("slot", 0).into()
    })
}

/// The refusal of a format that this program does not read: a newer one, or an older one whose
/// events can be exported and recorded again.
pub fn other_format(path: &Path, version: u32) -> Problem {
    let code = if version > VERSION { "format-newer" } else { "format-older" };
    Problem::refused(code)
        .with("path", path.display())
        .with("found", version)
        .with("known", VERSION)
}

/// The head of an open book.
pub struct HeadFile {
    path: PathBuf,
    file: Arc<dyn File>,
    generation: u64,
    /// The slot that must not be overwritten.
    kept: usize,
    /// Contents of that slot, as long as it is not certain that they are on the disk.
    unsure: Option<Slot>,
    unsynced: u32,
}

impl HeadFile {
    /// Makes a new head, synced; both slots describe an empty journal.
    ///
    /// It is made under another name first: a directory becomes a book when it gets a file `head`.
    ///
    /// # Errors
    /// Writing fails.
    pub fn create(disk: &dyn Disk, path: &Path) -> Result<(), StoreError> {
        Self::create_for(disk, path, 0, &Frontier::default())
    }

    /// Makes a new head, synced; both slots describe a journal that is already on the disk.
    ///
    /// # Errors
    /// Writing fails.
    pub fn create_for(
        disk: &dyn Disk,
        path: &Path,
        length: u64,
        tree: &Frontier,
    ) -> Result<(), StoreError> {
        let new = path.with_extension("new");
        let slot = |generation| Slot { generation, length, tree: tree.clone() }.encode();
        let bytes = [slot(0), slot(1)].concat();
        let file = make_anew(disk, &new).map_err(io("create", &new))?;
        write_all_at(file.as_ref(), &bytes, 0).map_err(io("write", &new))?;
        file.sync().map_err(io("sync", &new))?;
        disk.rename(&new, path).map_err(io("rename", path))
    }

    /// Opens the head for writing; `newest` is the slot that [`read`] chose.
    ///
    /// # Errors
    /// Opening fails.
    pub fn open(
        disk: &dyn Disk,
        path: &Path,
        newest: Option<&(usize, Slot)>,
    ) -> Result<Self, StoreError> {
        let file = disk.open(path, Mode::Write).map_err(io("open", path))?;
        let (kept, generation) = newest.map_or((0, 0), |(slot, is)| (*slot, is.generation));
        let (path, unsure) = (path.to_owned(), newest.map(|(_, slot)| slot.clone()));
        Ok(Self { path, file, generation, kept, unsure, unsynced: 0 })
    }

    /// Writes the next slot. It becomes durable with [`HeadFile::sync`], or some time later.
    ///
    /// # Errors
    /// Writing fails.
    pub fn write(&mut self, length: u64, tree: &Frontier) -> Result<(), StoreError> {
        if let Some(slot) = self.unsure.take().filter(|_| !planted(Bug::SlotBelieved)) {
            // A process may have written it and ended before the sync, or its sync may have failed.
            // A sync alone would then succeed and prove nothing.
            self.put(self.kept, &slot)?;
            self.file.sync().map_err(io("sync", &self.path))?;
        }
        self.generation += 1;
        let slot = Slot { generation: self.generation, length, tree: tree.clone() };
        let place = if planted(Bug::HeadNotAlternating) { self.kept } else { 1 - self.kept };
        self.put(place, &slot)?;
        self.unsynced += 1;
        if self.unsynced >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    fn put(&self, number: usize, slot: &Slot) -> Result<(), StoreError> {
        let (file, offset) = (self.file.as_ref(), (number * SLOT) as u64);
        write_all_at(file, &slot.encode(), offset).map_err(io("write", &self.path))
    }

    /// Makes the last slot durable.
    ///
    /// # Errors
    /// Syncing fails.
    pub fn sync(&mut self) -> Result<(), StoreError> {
        if self.unsynced > 0 {
            self.file.sync().map_err(io("sync", &self.path))?;
            self.unsynced = 0;
            self.kept = 1 - self.kept;
        }
        Ok(())
    }

    /// Leaves the same contents in both slots, so that damage to one loses nothing. The second slot
    /// may become durable later.
    ///
    /// # Errors
    /// Writing fails.
    pub fn close(&mut self, length: u64, tree: &Frontier) -> Result<(), StoreError> {
        if self.unsynced == 0 {
            return Ok(());
        }
        self.sync()?;
        self.write(length, tree)
    }

    /// Rewrites both slots, after both were found unreadable.
    ///
    /// # Errors
    /// Writing fails.
    pub fn restore(&mut self, length: u64, tree: &Frontier) -> Result<(), StoreError> {
        for _ in 0..2 {
            self.write(length, tree)?;
            self.sync()?;
        }
        Ok(())
    }
}

/// Reads the raw bytes of slot `number`, for checking.
pub fn read_slot(disk: &dyn Disk, path: &Path, number: usize) -> Result<Vec<u8>, StoreError> {
    let file = disk.open(path, Mode::Read).map_err(io("open", path))?;
    let mut bytes = vec![0; SLOT];
    let file = file.as_ref();
    read_exact_at(file, &mut bytes, (number * SLOT) as u64).map_err(io("read", path))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::disk::real;
    use super::super::tree::leaf_hash;
    use super::*;

    fn slot(generation: u64, count: u8) -> Slot {
        let mut tree = Frontier::default();
        (0..count).for_each(|n| tree.append(leaf_hash(&[n])));
        Slot { generation, length: u64::from(count) * 100, tree }
    }

    #[test]
    fn slot_goes_through_its_bytes() {
        for count in [0, 1, 2, 3, 255] {
            let slot = slot(7, count);
            assert_eq!(slot.encode().len(), SLOT);
            assert_eq!(Slot::decode(&slot.encode()), Ok(slot));
        }
    }

    #[test]
    fn every_flip_and_every_cut_of_a_slot_is_noticed() {
        let bytes = slot(7, 5).encode();
        for at in 0..SLOT {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(matches!(Slot::decode(&bad), Err(SlotFault::Damaged | SlotFault::Foreign)));
            assert!(Slot::decode(&bytes[..at]).is_err());
        }
    }

    #[test]
    fn slot_that_contradicts_itself_is_damaged() {
        for at in [15, 31, 39, 50, 80] {
            let mut bytes = slot(7, 4).encode();
            bytes[at] ^= if at == 39 { 0x90 } else { 1 };
            if at == 39 {
                bytes[38] ^= 1;
            }
            let sum = crc32c::crc32c(&bytes[..SLOT - 4]).to_be_bytes();
            bytes[SLOT - 4..].copy_from_slice(&sum);
            assert_eq!(Slot::decode(&bytes), Err(SlotFault::Damaged), "byte {at}");
        }
    }

    #[test]
    fn slot_has_one_spelling_and_room_to_go_on() {
        let faults: [(usize, &[u8]); 3] =
            [(SLOT - 5, &[1]), (16, &[0x80]), (32, &[0, 0, 0, 0, 0, 0, 0, 3])];
        for (at, changed) in faults {
            let mut bytes = slot(7, 4).encode();
            bytes[at..at + changed.len()].copy_from_slice(changed);
            let sum = crc32c::crc32c(&bytes[..SLOT - 4]).to_be_bytes();
            bytes[SLOT - 4..].copy_from_slice(&sum);
            assert_eq!(Slot::decode(&bytes), Err(SlotFault::Damaged), "byte {at}");
        }
    }

    #[test]
    fn newer_version_is_told_from_damage() {
        let mut bytes = slot(1, 1).encode();
        bytes[11] = u8::try_from(VERSION + 1).unwrap();
        assert_eq!(Slot::decode(&bytes), Err(SlotFault::Damaged));
        let sum = crc32c::crc32c(&bytes[..SLOT - 4]).to_be_bytes();
        bytes[SLOT - 4..].copy_from_slice(&sum);
        assert_eq!(Slot::decode(&bytes), Err(SlotFault::Format(VERSION + 1)));
    }

    #[test]
    fn synced_slot_stays_until_the_other_is_synced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("head");
        let disk = real();
        let disk = disk.as_ref();
        let read_slot = |number| read_slot(disk, &path, number).unwrap();
        HeadFile::create(disk, &path).unwrap();
        let slots = read(disk, &path).unwrap();
        let mut head = HeadFile::open(disk, &path, slots.newest.as_ref()).unwrap();
        assert_eq!(slots.newest.as_ref().map(|(slot, is)| (*slot, is.generation)), Some((1, 1)));
        let kept = read_slot(1);
        for count in 1..=3 {
            head.write(u64::from(count) * 100, &slot(0, count).tree).unwrap();
            assert_eq!(read_slot(1), kept);
            assert_eq!(Slot::decode(&read_slot(0)).unwrap().generation, 1 + u64::from(count));
        }
        head.sync().unwrap();
        let kept = read_slot(0);
        head.write(400, &slot(0, 4).tree).unwrap();
        assert_eq!(read_slot(0), kept);
        let (number, newest) = read(disk, &path).unwrap().newest.unwrap();
        assert_eq!((number, newest.generation, newest.tree.count()), (1, 5, 4));
    }
}
