//! The rows of an index in memory that fail, panic or hang on purpose, as sled may.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Mutex;
use std::time::Duration;

use poolbook::store::disk::{Rows, Table};

/// What a call may do instead of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It says that it failed.
    Fail,
    /// It panics, as sled does on damaged files.
    Panic,
    /// It does not come back for a long while.
    Hang,
}

/// Longest wait for one that hangs.
const PATIENCE: Duration = Duration::from_millis(5);

/// The rows of an index.
#[derive(Debug, Default)]
pub struct SimTable {
    rows: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    trouble: Mutex<Option<(Trouble, usize)>>,
    calls: Mutex<usize>,
}

impl SimTable {
    /// Lets a call fail, counted from the next one.
    pub fn fail(&self, trouble: Trouble, nth: usize) {
        *self.calls.lock().unwrap() = 0;
        *self.trouble.lock().unwrap() = Some((trouble, nth));
    }

    /// Ends the trouble; the number of calls since it was ordered.
    pub fn heal(&self) -> usize {
        *self.trouble.lock().unwrap() = None;
        *self.calls.lock().unwrap()
    }

    /// How long the store is to wait.
    pub fn patience(&self) -> Duration {
        match *self.trouble.lock().unwrap() {
            Some((Trouble::Hang, _)) => PATIENCE,
            _ => Duration::MAX,
        }
    }

    fn call(&self) -> Result<(), String> {
        let number = {
            let mut calls = self.calls.lock().unwrap();
            *calls += 1;
            *calls - 1
        };
        let trouble = *self.trouble.lock().unwrap();
        match trouble.filter(|(_, nth)| *nth == number) {
            None => Ok(()),
            Some((Trouble::Fail, _)) => Err("failed on purpose".to_owned()),
            Some((Trouble::Panic, _)) => std::panic::resume_unwind(Box::new("panic on purpose")),
            Some((Trouble::Hang, _)) => {
                std::thread::sleep(PATIENCE * 20);
                Err("hung on purpose".to_owned())
            }
        }
    }
}

impl Table for SimTable {
    fn open(&self) -> Result<(), String> {
        self.call()
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, String> {
        self.call()?;
        Ok(self.rows.lock().unwrap().get(key).cloned())
    }

    fn rows(&self, from: &[u8], to: Option<&[u8]>) -> Result<Rows, String> {
        self.call()?;
        let to = to.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.rows.lock().unwrap();
        let rows = rows.range::<[u8], _>((Bound::Included(from), to));
        Ok(rows.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn apply(&self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Result<(), String> {
        self.call()?;
        let mut rows = self.rows.lock().unwrap();
        for (key, value) in changes {
            match value {
                Some(value) => drop(rows.insert(key, value)),
                None => drop(rows.remove(&key)),
            }
        }
        Ok(())
    }

    fn clear(&self) -> Result<(), String> {
        self.rows.lock().unwrap().clear();
        Ok(())
    }
}
