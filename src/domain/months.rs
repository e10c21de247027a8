//! Sums of accounts by owner and month, for the months that are not closed yet; what is closed is
//! folded into one sum. So a close adds up what its owner's open months hold, however long the
//! book is.

use crate::domain::table::Put;
use foldhash::HashMap;

/// The place of the closed months.
const CLOSED: u16 = 0;

/// Owner number and month.
type Group = (u16, u16);

#[derive(Clone, Debug, Default)]
struct Sums {
    values: HashMap<u32, i128>,
    is_dirty: bool,
}

/// Sums by owner and month, each of several by key.
#[derive(Clone, Debug, Default)]
pub struct Months {
    groups: HashMap<Group, Sums>,
    dirty: Vec<Group>,
    undo: Option<Vec<(Group, u32, i128)>>,
    /// Groups that first appeared since the mark.
    new: Vec<Group>,
}

impl Months {
    /// Adds to a sum of an owner's month, whose number is not 0.
    pub fn add(&mut self, owner: u16, month: u16, key: u32, by: i128) {
        self.change((owner, month), key, by);
    }

    fn change(&mut self, group: Group, key: u32, by: i128) {
        let known = self.groups.len();
        let sums = self.groups.entry(group).or_default();
        let value = sums.values.entry(key).or_insert(0);
        *value = value.saturating_add(by);
        if !sums.is_dirty {
            sums.is_dirty = true;
            self.dirty.push(group);
        }
        if let Some(undo) = &mut self.undo {
            undo.push((group, key, by));
            if self.groups.len() > known {
                self.new.push(group);
            }
        }
    }

    /// Adds up an owner's sums of the closed months and of those up to `last`. Cost: what they hold,
    /// and a look at each month of the book.
    pub fn until(&self, owner: u16, last: u16) -> HashMap<u32, i128> {
        let mut sums: HashMap<u32, i128> = HashMap::default();
        let known = self.groups.iter();
        for (_, group) in known.filter(|((of, month), _)| *of == owner && *month <= last) {
            for (key, value) in &group.values {
                let sum = sums.entry(*key).or_insert(0);
                *sum = sum.saturating_add(*value);
            }
        }
        sums
    }

    /// Folds an owner's months up to `last` into the closed ones.
    pub fn fold(&mut self, owner: u16, last: u16) {
        let inside = |(of, month): &Group| *of == owner && (CLOSED + 1..=last).contains(month);
        let groups: Vec<Group> =
            self.groups.keys().filter(|group| inside(group)).copied().collect();
        for group in groups {
            let values = self.groups.get(&group).map(|sums| sums.values.clone());
            for (key, value) in values.unwrap_or_default() {
                if value != 0 {
                    self.change(group, key, -value);
                    self.change((owner, CLOSED), key, value);
                }
            }
            if self.undo.is_none()
                && let Some(sums) = self.groups.get_mut(&group)
            {
                sums.values = HashMap::default();
            }
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
        for (group, key, by) in self.undo.take().unwrap_or_default() {
            if let Some(value) = self.groups.get_mut(&group).and_then(|s| s.values.get_mut(&key)) {
                *value = value.saturating_sub(by);
            }
        }
        for group in std::mem::take(&mut self.new) {
            self.groups.remove(&group);
        }
    }

    /// Puts of every month that changed since the last call, under the table byte. A month whose
    /// sums were folded away keeps an empty row.
    pub fn drain(&mut self, table: u8, puts: &mut Vec<Put>) {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.sort_unstable();
        dirty.dedup();
        for group in dirty {
            // What was only ever taken back leaves no row, as after a replay.
            let Some(sums) = self.groups.get_mut(&group) else { continue };
            sums.is_dirty = false;
            let mut values: Vec<(u32, i128)> =
                sums.values.iter().filter(|(_, v)| **v != 0).map(|(k, v)| (*k, *v)).collect();
            values.sort_unstable();
            let mut key = vec![table];
            key.extend_from_slice(&group.0.to_be_bytes());
            key.extend_from_slice(&group.1.to_be_bytes());
            // Numbers encode into memory without fail.
            puts.push((key, postcard::to_allocvec(&values).unwrap_or_default()));
        }
    }

    /// Takes one stored month back in.
    ///
    /// # Errors
    /// `None` when key or value are not what [`Months::drain`] writes.
    pub fn load(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let [owner_high, owner_low, month_high, month_low] = *key.get(1..)? else { return None };
        let group = (
            u16::from_be_bytes([owner_high, owner_low]),
            u16::from_be_bytes([month_high, month_low]),
        );
        let values: Vec<(u32, i128)> = postcard::from_bytes(value).ok()?;
        let values = values.into_iter().collect();
        self.groups.insert(group, Sums { values, is_dirty: false });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(months: &mut Months) -> Vec<Put> {
        let mut puts = Vec::new();
        months.drain(1, &mut puts);
        puts
    }

    #[test]
    fn closed_months_are_one_sum() {
        let mut months = Months::default();
        for (owner, month, by) in [(1, 10, 5), (1, 11, 7), (1, 12, -2), (2, 10, 100)] {
            months.add(owner, month, 9, by);
        }
        let sum = |months: &Months, last| months.until(1, last).get(&9).copied();
        assert_eq!(
            [9, 10, 11, 12].map(|last| sum(&months, last)),
            [None, Some(5), Some(12), Some(10)]
        );
        months.fold(1, 11);
        assert_eq!([0, 11, 12].map(|last| sum(&months, last)), [Some(12), Some(12), Some(10)]);
        assert_eq!(months.until(2, 10).get(&9), Some(&100));
    }

    #[test]
    fn what_is_taken_back_leaves_no_trace() {
        let mut months = Months::default();
        months.add(1, 10, 9, 5);
        let stored = rows(&mut months);
        assert_eq!(stored.len(), 1);
        months.mark();
        months.add(1, 10, 9, 1);
        months.add(1, 11, 8, 1);
        months.fold(1, 11);
        months.take_back();
        assert_eq!(months.until(1, 99), HashMap::from_iter([(9, 5)]));
        assert_eq!(rows(&mut months), stored);
        months.mark();
        months.fold(1, 10);
        months.keep();
        let folded = rows(&mut months);
        let mut again = Months::default();
        for (key, value) in &folded {
            again.load(key, value).unwrap();
        }
        assert_eq!(again.until(1, 0), HashMap::from_iter([(9, 5)]));
        // The same, folded without a mark and stored once.
        let mut once = Months::default();
        once.add(1, 10, 9, 5);
        once.fold(1, 10);
        assert_eq!(rows(&mut once), folded);
    }
}
