//! A file of the simulated disk: sectors that are not durable yet, and what a power cut leaves.

use super::random::Random;

/// Bytes that are written as a whole or not at all.
pub const SECTOR: usize = 512;

/// A change of a file that is not durable yet.
#[derive(Clone)]
pub enum Piece {
    /// Within one sector.
    Bytes(usize, Vec<u8>),
    /// A greater length, with zeros where no bytes follow.
    Grow(usize),
    Cut(usize),
}

/// A file.
#[derive(Clone, Default)]
pub struct Inode {
    /// As programs see it.
    pub live: Vec<u8>,
    /// What a power cut leaves for certain.
    pub durable: Vec<u8>,
    pub pending: Vec<Piece>,
}

impl Inode {
    pub fn write(&mut self, bytes: &[u8], at: usize) {
        let end = at + bytes.len();
        if end > self.live.len() {
            self.live.resize(end, 0);
            self.pending.push(Piece::Grow(end));
        }
        self.live[at..end].copy_from_slice(bytes);
        let mut from = at;
        while from < end {
            let to = end.min((from / SECTOR + 1) * SECTOR);
            self.pending.push(Piece::Bytes(from, bytes[from - at..to - at].to_vec()));
            from = to;
        }
    }

    pub fn set_length(&mut self, length: usize) {
        let cuts = length < self.live.len();
        self.pending.push(if cuts { Piece::Cut(length) } else { Piece::Grow(length) });
        self.live.resize(length, 0);
    }

    /// What is there after those of the pending changes that `survives` picks; of a growth it says
    /// how far the length came.
    pub fn after(&self, mut survives: impl FnMut(usize, usize) -> Option<usize>) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let mut length = bytes.len();
        for (number, piece) in self.pending.iter().enumerate() {
            match piece {
                Piece::Bytes(at, new) if survives(number, 0).is_some() => {
                    bytes.resize(bytes.len().max(at + new.len()), 0);
                    bytes[*at..at + new.len()].copy_from_slice(new);
                }
                Piece::Grow(to) => length = length.max(survives(number, *to).unwrap_or(0)),
                Piece::Cut(to) if survives(number, 0).is_some() => {
                    bytes.truncate(*to);
                    length = *to;
                }
                _ => {}
            }
        }
        bytes.resize(length, 0);
        bytes
    }

    pub fn sync(&mut self) {
        if !self.pending.is_empty() {
            // The length is kept apart from the bytes: a sync before may have lost those only.
            self.pending.push(Piece::Grow(self.live.len()));
            self.durable = self.after(|_, to| Some(to));
            self.pending.clear();
        }
    }

    pub fn cut(&self, how: &mut Survival<'_>) -> Self {
        if self.pending.is_empty() {
            return Self { live: self.durable.clone(), ..self.clone() };
        }
        let last = self.durable.len();
        how.begin(self.pending.len());
        let bytes = self.after(|number, to| {
            how.survives(number).then(|| match to.checked_sub(last) {
                // The length may have come as far as any of the bytes.
                Some(more) if how.random.below(4) == 0 => last + how.random.below(more + 1),
                _ => to,
            })
        });
        Self { live: bytes.clone(), durable: bytes, pending: Vec::new() }
    }
}

/// Which of several pending changes a power cut leaves.
pub struct Survival<'a> {
    pub random: &'a mut Random,
    way: usize,
    edge: usize,
    run: usize,
}

impl<'a> Survival<'a> {
    pub fn new(random: &'a mut Random) -> Self {
        Self { random, way: 0, edge: 0, run: 0 }
    }

    pub fn begin(&mut self, changes: usize) {
        self.way = self.random.below(8);
        self.edge = self.random.below(changes + 1);
        self.run = 1 + self.random.below(8);
    }

    pub fn survives(&mut self, number: usize) -> bool {
        match self.way {
            0 => false,
            1 => true,
            2 => self.random.below(2) == 0,
            3 => self.random.below(8) == 0,
            4 => self.random.below(8) != 0,
            5 => number < self.edge,
            6 => number >= self.edge,
            _ => !(self.edge..self.edge + self.run).contains(&number),
        }
    }
}
