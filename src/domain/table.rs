//! Records in memory with the knowledge of which changed since they were last stored.

use crate::domain::text::Id;
use foldhash::{HashMap, HashMapExt as _};
use serde::{Serialize, de::DeserializeOwned};

/// Key and value bytes for the store.
pub type Put = (Vec<u8>, Vec<u8>);

/// A record with an identifier.
pub trait Record: Clone + Serialize + DeserializeOwned {
    /// First byte of its keys in the store.
    const TABLE: u8;
    /// Its identifier, unique in its table.
    fn id(&self) -> &Id;
}

/// Records packed to one stored value, so that a hundred thousand loans are a few thousand keys.
const PACK: usize = 16;

/// Records in order of creation, found by id.
#[derive(Clone, Debug)]
pub struct Table<T> {
    rows: Vec<T>,
    index: HashMap<Id, u32>,
    dirty: Vec<u32>,
    is_dirty: Vec<bool>,
    /// What stood before, since the mark; none where no mark is set.
    undo: Option<Vec<(u32, Option<T>)>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            index: HashMap::new(),
            dirty: Vec::new(),
            is_dirty: Vec::new(),
            undo: None,
        }
    }
}

impl<T: Record> FromIterator<T> for Table<T> {
    fn from_iter<I: IntoIterator<Item = T>>(records: I) -> Self {
        let mut table = Self::default();
        records.into_iter().for_each(|record| table.insert(record));
        table
    }
}

impl<T: Record> Table<T> {
    /// The record of an id. Cost: one hash look-up.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.index.get(id).and_then(|row| self.rows.get(*row as usize))
    }

    /// The record of an id for change; it counts as changed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let row = *self.index.get(id)?;
        self.touch(row);
        let record = self.rows.get_mut(row as usize)?;
        if let Some(undo) = &mut self.undo {
            undo.push((row, Some(record.clone())));
        }
        Some(record)
    }

    /// From now on, what changes can be taken back.
    pub fn mark(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// What changed since the mark stays.
    pub fn keep(&mut self) {
        self.undo = None;
    }

    /// Takes back what changed since the mark. Cost: linear in the changes.
    pub fn take_back(&mut self) {
        for (row, before) in self.undo.take().unwrap_or_default().into_iter().rev() {
            match before {
                Some(record) => {
                    if let Some(place) = self.rows.get_mut(row as usize) {
                        *place = record;
                    }
                }
                None => {
                    if let Some(record) = self.rows.pop() {
                        self.index.remove(&**record.id());
                    }
                }
            }
        }
    }

    /// The number of a record in order of creation.
    pub fn number(&self, id: &str) -> Option<u32> {
        self.index.get(id).copied()
    }

    /// All records in order of creation.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.rows.iter()
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds a record; one with the same id is kept and the new one dropped, because `decide`
    /// refuses doubles before this is reached.
    pub fn insert(&mut self, record: T) {
        if self.index.contains_key(&**record.id()) {
            return;
        }
        let Ok(row) = u32::try_from(self.rows.len()) else { return };
        self.index.insert(record.id().clone(), row);
        self.rows.push(record);
        if let Some(undo) = &mut self.undo {
            undo.push((row, None));
        }
        self.touch(row);
    }

    fn touch(&mut self, row: u32) {
        let chunk = row as usize / PACK;
        if self.is_dirty.len() <= chunk {
            self.is_dirty.resize(chunk + 1, false);
        }
        if let Some(flag) = self.is_dirty.get_mut(chunk)
            && !*flag
        {
            *flag = true;
            self.dirty.push(u32::try_from(chunk).unwrap_or(u32::MAX));
        }
    }

    /// Puts of everything that changed since the last call.
    pub fn drain(&mut self, puts: &mut Vec<Put>) {
        for chunk in std::mem::take(&mut self.dirty) {
            let start = chunk as usize * PACK;
            let end = (start + PACK).min(self.rows.len());
            if let Some(flag) = self.is_dirty.get_mut(chunk as usize) {
                *flag = false;
            }
            let rows = self.rows.get(start..end).unwrap_or_default();
            if rows.is_empty() {
                // Everything in it was taken back before it was ever stored.
                continue;
            }
            let mut key = vec![T::TABLE];
            key.extend_from_slice(&chunk.to_be_bytes());
            // Encoding plain records into memory cannot fail; an empty value would be noticed as a
            // difference by `verify`.
            puts.push((key, postcard::to_allocvec(rows).unwrap_or_default()));
        }
    }

    /// Takes one stored value back in; values come in the order of their keys.
    ///
    /// # Errors
    /// `None` when the bytes are not records of this table.
    pub fn load(&mut self, value: &[u8]) -> Option<()> {
        let rows: Vec<T> = postcard::from_bytes(value).ok()?;
        for record in rows {
            let row = u32::try_from(self.rows.len()).ok()?;
            self.index.insert(record.id().clone(), row);
            self.rows.push(record);
        }
        Some(())
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Number {
    value: i128,
    is_dirty: bool,
}

/// Whole numbers by packed key: balances, voucher counters, commitments.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    values: HashMap<u64, Number>,
    dirty: Vec<u64>,
    undo: Option<Vec<(u64, i128)>>,
    /// Keys that first appeared since the mark.
    new: Vec<u64>,
}

impl Numbers {
    /// The number of a key; 0 when there is none.
    pub fn get(&self, key: u64) -> i128 {
        self.values.get(&key).map_or(0, |number| number.value)
    }

    /// Adds to the number of a key.
    pub fn add(&mut self, key: u64, by: i128) {
        let known = self.values.len();
        let number = self.values.entry(key).or_default();
        number.value = number.value.saturating_add(by);
        if !number.is_dirty {
            number.is_dirty = true;
            self.dirty.push(key);
        }
        if self.undo.is_some() && self.values.len() > known {
            self.new.push(key);
        }
        if let Some(undo) = &mut self.undo {
            undo.push((key, by));
        }
    }

    /// From now on, what changes can be taken back.
    pub fn mark(&mut self) {
        self.undo = Some(Vec::new());
    }

    /// What changed since the mark stays.
    pub fn keep(&mut self) {
        self.undo = None;
        self.new.clear();
    }

    /// Takes back what changed since the mark. Cost: linear in the changes.
    pub fn take_back(&mut self) {
        let new = std::mem::take(&mut self.new);
        for (key, by) in self.undo.take().unwrap_or_default() {
            if let Some(number) = self.values.get_mut(&key) {
                number.value = number.value.saturating_sub(by);
            }
        }
        for key in new {
            self.values.remove(&key);
        }
    }

    /// Keys and numbers, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, i128)> + '_ {
        self.values.iter().map(|(key, number)| (*key, number.value))
    }

    /// Puts of everything that changed since the last call, under the table byte.
    pub fn drain(&mut self, table: u8, puts: &mut Vec<Put>) {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        dirty.dedup();
        for changed in dirty {
            // A key that was only ever taken back leaves no row, as after a replay.
            let Some(number) = self.values.get_mut(&changed) else { continue };
            number.is_dirty = false;
            let mut key = vec![table];
            key.extend_from_slice(&changed.to_be_bytes());
            puts.push((key, number.value.to_be_bytes().to_vec()));
        }
    }

    /// Takes one stored number back in.
    ///
    /// # Errors
    /// `None` when key or value have the wrong length.
    pub fn load(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let key = u64::from_be_bytes(key.get(1..)?.try_into().ok()?);
        let value = i128::from_be_bytes(value.try_into().ok()?);
        self.values.insert(key, Number { value, is_dirty: false });
        Some(())
    }
}
