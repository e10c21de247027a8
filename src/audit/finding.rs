//! What an audit found: a named check, where, what was expected and what was found.

use crate::problem::{Exit, Problem};
use std::fmt;

/// One finding. Its check is the word code under which the wording stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the check: `entry-unbalanced`.
    pub check: &'static str,
    /// Number of the entry, where one is to blame.
    pub entry: Option<u64>,
    /// What it is about: a cell, a voucher run, a row of the index.
    pub subject: String,
    /// What should stand there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

impl Finding {
    /// A finding of a check.
    pub fn new(
        check: &'static str,
        entry: Option<u64>,
        subject: impl fmt::Display,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        Self {
            check,
            entry,
            subject: subject.to_string(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    /// The finding as something to tell; `entry` is `-` where no entry is to blame.
    pub fn problem(&self) -> Problem {
        let entry = self.entry.map_or_else(|| "-".to_owned(), |entry| entry.to_string());
        Problem::new(self.check, Exit::Findings)
            .with("entry", entry)
            .with("subject", &self.subject)
            .with("expected", &self.expected)
            .with("found", &self.found)
    }
}

/// A check that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its name, which is the code of its findings.
    pub code: &'static str,
    /// How many things it looked at.
    pub looked_at: u64,
    /// How many of them were not as they should be.
    pub findings: u64,
}

/// Something from outside that the journal was held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Its name.
    pub against: String,
    /// `checkpoint`, `printed-line` or `copy`.
    pub kind: &'static str,
    /// How many entries it stands for.
    pub size: u64,
    /// `unchanged`, `changed` or `shorter`.
    pub result: &'static str,
}
