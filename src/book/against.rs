//! `verify --against`: what was kept outside, held against the journal.
//!
//! A checkpoint says what the first so many entries were. If the journal's root at that size is
//! another one, history was changed; which entry is the first, the kept leaf hashes tell, once a
//! checkpoint has vouched for them. A copy of the journal tells it by itself.

mod judge;

use crate::audit::checkpoint::code::Line;
use crate::audit::checkpoint::note::PublicKey;
use crate::audit::checkpoint::{Checkpoint, Origin};
use crate::audit::finding::Compared;
use crate::book::checkpoint::{Says, Told, is_checkpoint};
use crate::book::older::expect_format;
use crate::domain::entry::Entry;
use crate::domain::event::Kind;
use crate::problem::{Exit, Problem};
use crate::store::leaves::{Beside, Kept};
use crate::store::roots::{Roots, roots};
use crate::store::tree::Sm3;
use crate::store::{Copy, Extent, Head};
use std::path::{Path, PathBuf};

/// One thing to hold the journal against.
pub enum Held {
    /// A checkpoint, under the name of its file.
    Checkpoint(String, Box<Checkpoint>),
    /// The printed line of a checkpoint.
    Line(Line),
    /// A copy of the journal, under its path.
    Copy(PathBuf, Copy),
}

/// Everything to hold the journal against.
#[derive(Default)]
pub struct Against {
    /// Checkpoints, lines and copies.
    pub held: Vec<Held>,
    /// Leaf hashes from elsewhere, in the place of the book's own.
    pub leaves: Option<PathBuf>,
    /// Who must have signed the checkpoints.
    pub key: Option<PublicKey>,
}

/// Names of the checks, which are the codes of their findings.
pub const CHECKS: &[&str] = &[
    "leaves-differ",
    "checkpoint-root",
    "rolled-back",
    "history-differs",
    "history-differs-between",
    "fork-found",
    "checkpoint-line",
    "check-code",
    "signature-missing",
    "signature-wrong",
];

/// A journal that an entry says it was made on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The entry that says it.
    pub entry: u64,
    /// What it says.
    pub says: Says,
    /// True for a close, which has a check of its own.
    pub is_close: bool,
    /// The journal before the entry's group.
    pub is: Option<Head>,
}

impl Stored {
    fn holds(&self) -> bool {
        self.is.is_none_or(|is| (is.count, is.root) == (self.says.0, self.says.1))
    }
}

/// The parts of a comparison that go through the pass over the journal.
pub struct Watched {
    /// Follows the tree.
    pub beside: Beside,
    /// What could not be taken up.
    pub findings: Vec<Problem>,
}

impl Against {
    /// Refuses what is of another book, and opens the kept leaf hashes.
    ///
    /// # Errors
    /// `origin-other` for a checkpoint or copy of another city, or `--leaves` cannot be read.
    pub fn watch(&self, directory: &Path) -> Result<Watched, Problem> {
        let own = if self.held.is_empty() { None } else { origin_of(directory)? };
        if let Some(Origin { city, .. }) = own {
            for held in &self.held {
                let (name, other) = match held {
                    Held::Checkpoint(name, is) => (name.clone(), Some(is.body.origin.city.clone())),
                    Held::Line(line) => (line.to_string(), Some(line.city.clone())),
                    Held::Copy(path, _) => {
                        (path.display().to_string(), origin_of(path)?.map(|is| is.city))
                    }
                };
                if let Some(other) = other.filter(|other| *other != city) {
                    return Err(Problem::data("origin-other")
                        .with("against", name)
                        .with("expected", city)
                        .with("found", other));
                }
            }
        }
        let mut findings = Vec::new();
        let kept = match &self.leaves {
            Some(path) => Some(Kept::open(path)?),
            None => Kept::of_book(directory).unwrap_or_else(|error| {
                // A damaged file of hashes takes nothing away from the rest of the check.
                findings.push(Problem { exit: Exit::Findings, ..error.problem() });
                None
            }),
        };
        Ok(Watched { beside: Beside::new(self.sizes(), kept), findings })
    }

    /// The sizes at which roots are compared, ascending.
    pub fn sizes(&self) -> Vec<u64> {
        let sizes = self.held.iter().filter_map(|held| match held {
            Held::Checkpoint(_, is) => Some(is.body.entries),
            Held::Line(line) => Some(line.entries),
            Held::Copy(..) => None,
        });
        let mut sizes: Vec<u64> = sizes.collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// Whether the SM3 root is surely wanted; a book that keeps leaf hashes has checkpoints, whose
    /// entries name one.
    pub fn wants_sm3(&self, directory: &Path) -> bool {
        let names = |held: &Held| match held {
            Held::Checkpoint(_, is) => is.body.sm3.is_some(),
            Held::Line(_) => true,
            Held::Copy(..) => false,
        };
        // Where the disk does not tell, more is worked out, not less.
        let leaves = directory.join("leaves").try_exists().unwrap_or(true);
        self.held.iter().any(names) || leaves
    }

    /// The SM3 roots at all sizes and before each stored checkpoint.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn sm3(extent: &Extent, sizes: &[u64]) -> Result<Roots, Problem> {
        Ok(roots::<Sm3>(extent, sizes, is_checkpoint)?)
    }
}

/// What the pass over the journal found out.
pub struct Passed<'p> {
    /// The book.
    pub directory: &'p Path,
    /// The journal as it stands.
    pub head: Head,
    /// What [`Watched::beside`] saw.
    pub seen: crate::store::leaves::Seen,
    /// Origin and closes.
    pub told: Told,
    /// SM3 roots.
    pub sm3: Option<Roots>,
    /// Entries that say what the journal before them was, closes first.
    pub stored: Vec<Stored>,
}

/// The origin of a book or copy, as far as its first entry can be read.
///
/// # Errors
/// `format-older`, `format-newer`, or reading fails.
pub fn origin_of(path: &Path) -> Result<Option<Origin>, Problem> {
    let Some(mut copy) = Copy::open(path)? else { return Ok(None) };
    let Ok(Some(first)) = copy.next() else { return Ok(None) };
    expect_format(path, &first)?;
    let event = Entry::decode_given(&first).ok().map(|given| given.event.kind);
    Ok(match event {
        Some(Kind::OpenBook(own)) => Some(Origin::of(&own.city, &first)),
        _ => None,
    })
}

impl Against {
    /// Judges everything that was held against the journal.
    ///
    /// # Errors
    /// A copy is damaged or cannot be read.
    pub fn judge(self, passed: &Passed<'_>) -> Result<(Vec<Compared>, Vec<Problem>), Problem> {
        let mut judge = judge::Judge::new(passed, self.leaves.is_some());
        let (mut checkpoints, mut others) = (Vec::new(), Vec::new());
        for held in self.held {
            match held {
                Held::Checkpoint(name, is) => checkpoints.push((name, *is)),
                other => others.push(other),
            }
        }
        judge.checkpoints(&checkpoints, self.key.as_ref());
        for held in others {
            match held {
                Held::Line(line) => judge.line(&line),
                Held::Copy(path, copy) => {
                    let step = copy.compare(passed.directory)?;
                    judge.copy(&path.display().to_string(), &step);
                }
                Held::Checkpoint(..) => {}
            }
        }
        Ok((judge.compared, judge.findings))
    }
}
