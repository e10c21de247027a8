//! What the pass over all entries found.

use crate::audit::finding::Finding;
use crate::domain::entry::Entry;
use crate::domain::money::Total;
use crate::problem::Problem;
use std::collections::HashMap;

/// Sums over all entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entries.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Lines on balance.
    pub lines: u64,
    /// Lines off balance.
    pub memo_lines: u64,
    /// Debits on balance.
    pub debit: Total,
    /// Credits on balance.
    pub credit: Total,
}

/// What the pass found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// All findings, in the order of entries; findings about days come last.
    pub findings: Vec<Finding>,
    /// Sums over all entries.
    pub summary: Summary,
    /// Every check with how many things it looked at.
    pub looked: Vec<(&'static str, u64)>,
    /// Entries whose ids have the same hash; [`Outcome::confirm`] reads them.
    pub same_hash: Vec<Vec<u64>>,
}

impl Outcome {
    /// Reads the entries whose ids may be the same and adds `id-doubled` for those that are.
    /// Cost: one read per candidate; a sound journal has none.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn confirm(
        &mut self,
        read: &mut dyn FnMut(u64) -> Result<Entry, Problem>,
    ) -> Result<(), Problem> {
        for candidates in std::mem::take(&mut self.same_hash) {
            let mut first: HashMap<String, u64> = HashMap::new();
            for number in candidates {
                let id = read(number)?.event.id.to_string();
                match first.get(&id) {
                    None => {
                        first.insert(id, number);
                    }
                    Some(other) => self.findings.push(Finding::new(
                        "id-doubled",
                        Some(number),
                        &id,
                        "-",
                        format_args!("entry {other}"),
                    )),
                }
            }
        }
        Ok(())
    }
}
