//! Money of each cell on every business date, added up in any order of recording.

use super::FastMap;
use crate::audit::finding::Finding;
use crate::domain::account::Fund;
use crate::domain::calendar::Date;
use crate::domain::money::Total;

/// Cash movements per cell and business date. Owners are told by a small number.
#[derive(Default)]
pub(super) struct CashDays {
    /// Sum of the day, and the last entry that took money out.
    days: FastMap<(u32, Fund, Date), (Total, u64)>,
}

impl CashDays {
    /// Adds a movement, money in positive, of entry `seq`.
    pub(super) fn add(&mut self, owner: u32, fund: Fund, date: Date, signed: Total, seq: u64) {
        let day = self.days.entry((owner, fund, date)).or_default();
        day.0 += signed;
        if signed < Total::ZERO {
            day.1 = seq;
        }
    }

    /// Finds each stretch of business dates in whose evenings a cell's money stood below zero.
    pub(super) fn below_zero<'a>(&self, owner_name: impl Fn(u32) -> &'a str) -> Vec<Finding> {
        let mut days: Vec<(&str, Fund, Date, Total, u64)> = Vec::with_capacity(self.days.len());
        for ((owner, fund, date), (sum, entry)) in &self.days {
            days.push((owner_name(*owner), *fund, *date, *sum, *entry));
        }
        days.sort_unstable();
        let mut findings = Vec::new();
        for cell in days.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let mut balance = Total::ZERO;
            let mut stretch: Option<(Date, u64, Total)> = None;
            let mut stretches = Vec::new();
            for (_, _, date, sum, entry) in cell {
                balance += *sum;
                if balance < Total::ZERO {
                    let (_, _, lowest) = stretch.get_or_insert((*date, *entry, balance));
                    *lowest = balance.min(*lowest);
                } else {
                    stretches.extend(stretch.take().map(|found| (found, Some(*date))));
                }
            }
            stretches.extend(stretch.take().map(|found| (found, None)));
            let Some((owner, fund, ..)) = cell.first() else { continue };
            for ((from, entry, lowest), to) in stretches {
                let to = to.map_or_else(String::new, |to| to.to_string());
                let subject = format!("{owner} {fund} {from}..{to}");
                let (check, entry) = ("cell-below-zero", Some(entry));
                findings.push(Finding::new(check, entry, subject, ">= 0.00", lowest));
            }
        }
        findings
    }
}
