//! The head: its two slots are read as the notes describe them, and nothing else is taken.

use super::{damage, told};
use poolbook::store::head::{SLOT, Slot, SlotFault, read};
use poolbook::store::tree::node_hash;

/// First byte of the input: the checksum of a slot is put right, and so is its root.
const SUMS: [u8; 2] = [1, 2];
const ROOTS: [u8; 2] = [4, 8];

/// What a slot says, as `notes/format.md` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Foreign,
    Damaged,
    Format(u32),
    Sound(u64),
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The root of an edge: the smallest complete subtrees are joined first.
fn root(edge: &[u8]) -> Vec<u8> {
    let hash = |bytes: &[u8]| -> [u8; 32] { bytes.try_into().expect("32 bytes") };
    let mut nodes = edge.chunks_exact(32).rev().map(hash);
    let Some(last) = nodes.next() else {
        return poolbook::store::tree::empty_root().to_vec();
    };
    nodes.fold(last, |right, left| node_hash(&left, &right)).to_vec()
}

fn edge(slot: &[u8]) -> Option<&[u8]> {
    let places = usize::try_from(number(&slot[12..16])).ok().filter(|places| *places <= 64)?;
    Some(&slot[72..72 + 32 * places])
}

fn said(slot: &[u8]) -> Said {
    let (body, sum) = slot.split_at(SLOT - 4);
    if !body.starts_with(b"POOLBOOK") {
        return Said::Foreign;
    }
    if number(sum) != u64::from(crc32c(body)) {
        return Said::Damaged;
    }
    let version = number(&body[8..12]) as u32;
    match version {
        0 => return Said::Damaged,
        1 | 2 => {}
        _ => return Said::Format(version),
    }
    let Some(edge) = edge(slot) else { return Said::Damaged };
    let [generation, entries, bytes] = [16, 24, 32].map(|at| number(&slot[at..at + 8]));
    let sound = generation < 1 << 63
        && entries.count_ones() as usize == edge.len() / 32
        && (entries == 0) == (bytes == 0)
        && entries <= bytes
        && root(edge) == slot[40..72]
        && body[72 + edge.len()..].iter().all(|byte| *byte == 0);
    match (sound, version) {
        (true, 2) => Said::Sound(generation),
        (true, _) => Said::Format(version),
        (false, _) => Said::Damaged,
    }
}

/// CRC-32C bit by bit.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            sum >> 1 ^ if sum & 1 == 1 { 0x82f6_3b78 } else { 0 }
        })
    })
}

/// Both slots of an input: a byte of options, how many bytes the first slot is given, and the bytes,
/// each slot filled up with noughts.
fn slots(input: &[u8]) -> Option<[Vec<u8>; 2]> {
    let [options, high, low, rest @ ..] = input else { return None };
    let given = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
    let (first, second) = rest.split_at(given);
    let mut slots = [first, second].map(|bytes| {
        let mut slot = bytes.get(..SLOT).unwrap_or(bytes).to_vec();
        slot.resize(SLOT, 0);
        slot
    });
    for (place, slot) in slots.iter_mut().enumerate() {
        if let Some(root) = edge(slot).map(root).filter(|_| options & ROOTS[place] != 0) {
            slot[40..72].copy_from_slice(&root);
        }
        if options & SUMS[place] != 0 {
            let sum = crc32c(&slot[..SLOT - 4]).to_be_bytes();
            slot[SLOT - 4..].copy_from_slice(&sum);
        }
    }
    Some(slots)
}

/// How many slots of an input are sound.
pub fn sound_slots(input: &[u8]) -> usize {
    let slots = slots(input).into_iter().flatten();
    slots.filter(|slot| matches!(said(slot), Said::Sound(_))).count()
}

/// A slot is read as it is spelt and has one spelling; of two the later sound one counts; and no head
/// makes the program open another book than the journal is.
pub fn head(input: &[u8]) {
    let Some(slots) = slots(input) else { return };
    for slot in &slots {
        let read = Slot::decode(slot);
        let found = match &read {
            Ok(read) => Said::Sound(read.generation),
            Err(SlotFault::Foreign) => Said::Foreign,
            Err(SlotFault::Damaged) => Said::Damaged,
            Err(SlotFault::Format(version)) => Said::Format(*version),
        };
        assert_eq!(found, said(slot));
        if let Ok(read) = read {
            assert_eq!(read.encode(), *slot, "what is read prints as it stood");
        }
    }
    let head = slots.concat();
    super::with_file("head", &head, |path| {
        let kinds = [said(&slots[0]), said(&slots[1])];
        let generations = kinds.map(|said| match said {
            Said::Sound(generation) => Some(generation),
            _ => None,
        });
        // Of two that say they are the same one, either is as good.
        let latest = usize::from(generations[1] > generations[0]);
        let disk = poolbook::store::disk::real();
        match read(disk.as_ref(), path) {
            Ok(read) => {
                assert!(kinds.iter().any(|said| *said != Said::Foreign));
                assert!(!kinds.iter().any(|said| matches!(said, Said::Format(_))));
                let newest = read.newest.map(|(place, slot)| (place, slot.generation));
                assert_eq!(newest, generations[latest].map(|generation| (latest, generation)));
                let bad = (0..2).filter(|place| generations[*place].is_none());
                assert_eq!(read.bad, bad.collect::<Vec<usize>>());
            }
            Err(error) => {
                told(&error.problem());
                let newer = kinds.iter().any(|said| matches!(said, Said::Format(_)));
                let foreign = kinds == [Said::Foreign; 2];
                assert_eq!(error.problem().code == "format-newer", newer);
                assert_eq!(error.problem().code == "book-foreign", foreign);
            }
        }
    });
    damage::under(&head);
}
