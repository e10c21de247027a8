//! The records of the naive book, kind by kind.

use super::twin::{Claim, Loan, Receipt, Record, Subsidy, Twin};

impl Twin {
    pub fn loans(&self) -> impl Iterator<Item = &Loan> {
        self.records.values().filter_map(|record| match record {
            Record::Loan(own) => Some(own),
            _ => None,
        })
    }

    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.records.values().filter_map(|record| match record {
            Record::Claim(own) => Some(own),
            _ => None,
        })
    }

    pub fn subsidies(&self) -> impl Iterator<Item = &Subsidy> {
        self.records.values().filter_map(|record| match record {
            Record::Subsidy(own) => Some(own),
            _ => None,
        })
    }

    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.records.values().filter_map(|record| match record {
            Record::Receipt(own) => Some(own),
            _ => None,
        })
    }
}
