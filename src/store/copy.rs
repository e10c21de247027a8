//! Copies of a journal to compare with: another book, a backup, or an exported journal.

use std::path::{Path, PathBuf};

use super::StoreError;
use super::disk::{Mode, real};
use super::error::io;
use super::journal::{Journal, Lines};
use super::line::{LEAD, is_framed, parse};
use super::recover::{Paths, examine_beside};
use crate::problem::Problem;

/// Beginning of the schema in a backup's first line.
const BACKUP: &str = "poolbook/backup/";
/// Bytes in which the kind of a copy is recognized.
const START: usize = 4096;

/// A copy of a journal, read entry by entry.
pub struct Copy {
    path: PathBuf,
    lines: Lines,
    framed: bool,
    /// Bytes of the journal that are left; a backup continues after them.
    left: Option<u64>,
    entries: u64,
    told: Option<(u64, String)>,
}

/// One step of reading a copy and the book's journal side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The copy ends after this many entries, and the journal begins with them.
    Same(u64),
    /// The first entry that differs: its number, the bytes of the copy, those of the journal.
    Differs(u64, Vec<u8>, Vec<u8>),
    /// The journal ends after the first number of entries, all of them equal; the second number is
    /// the size of the copy.
    Short(u64, u64),
}

impl Copy {
    /// Opens a directory with a book, or a file. `None` if the file is not a copy of a journal.
    ///
    /// # Errors
    /// Reading fails.
    pub fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        let file = if path.is_dir() { Paths::new(real(), path).journal } else { path.to_owned() };
        // A path that the user gives may be a link.
        let real_file = file.canonicalize().map_err(io("read", &file))?;
        let source = Journal::open(real().as_ref(), &real_file, Mode::Read)?;
        let length = if path.is_dir() { counted(path, &source)? } else { source.length()? };
        let mut start = vec![0; usize::try_from(length).unwrap_or(START).min(START)];
        source.bytes(0, &mut start)?;
        let first = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let mut copy = Self {
            lines: source.lines(0, length),
            path: file,
            framed: is_framed(first),
            left: None,
            entries: 0,
            told: None,
        };
        if copy.framed {
            return Ok(Some(copy));
        }
        if !first.starts_with(b"{") {
            return Ok(None);
        }
        if let Some(header) = backup(first) {
            // The header is not an entry.
            copy.lines.next()?;
            copy.left = Some(header.bytes);
            copy.told = header.entries.zip(header.root);
            copy.framed = true;
        }
        Ok(Some(copy))
    }

    /// Entries and root that a backup states in its header.
    pub fn told(&self) -> Option<(u64, String)> {
        self.told.clone()
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// `copy-damaged`, or reading fails.
    #[allow(clippy::should_implement_trait, reason = "reading may fail")]
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        if self.left == Some(0) {
            return Ok(None);
        }
        let Some(line) = self.lines.next()? else {
            return match self.left {
                Some(_) => Err(self.damaged()),
                None => Ok(None),
            };
        };
        let json = if self.framed { parse(line.bytes) } else { Some(line.bytes) };
        let json = json.filter(|_| line.whole).map(<[u8]>::to_vec);
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(line.length);
        }
        let Some(json) = json else { return Err(self.damaged()) };
        self.entries += 1;
        Ok(Some(json))
    }

    fn damaged(&self) -> StoreError {
        let problem = Problem::data("copy-damaged").with("path", self.path.display());
        problem.with("line", self.entries + 1).into()
    }

    /// Reads the copy and the journal of a book side by side, up to the first difference. A damaged
    /// line of the journal differs from every sound one. Cost: one reading of both.
    ///
    /// # Errors
    /// `copy-damaged`, or reading fails.
    pub fn compare(mut self, directory: &Path) -> Result<Step, StoreError> {
        let path = Paths::new(real(), directory).journal;
        let source = Journal::open(real().as_ref(), &path, Mode::Read)?;
        let mut ours = source.lines(0, counted(directory, &source)?);
        while let Some(theirs) = self.next()? {
            let Some(line) = ours.next()? else {
                let common = self.entries - 1;
                while self.next()?.is_some() {}
                return Ok(Step::Short(common, self.entries));
            };
            let json = parse(line.bytes).filter(|_| line.whole);
            if json != Some(theirs.as_slice()) {
                let found = json.or(line.bytes.get(LEAD..)).unwrap_or_default().to_vec();
                return Ok(Step::Differs(self.entries, theirs, found));
            }
        }
        Ok(Step::Same(self.entries))
    }
}

/// Length in bytes of the part of a book's journal that counts; bytes that another process is
/// writing are left out. A damaged journal is read to its end.
fn counted(book: &Path, journal: &Journal) -> Result<u64, StoreError> {
    match examine_beside(&Paths::new(real(), book), journal) {
        Ok(found) => Ok(found.length),
        Err(StoreError::Problem(_)) => journal.length(),
        Err(error) => Err(error),
    }
}

/// The description of the journal in the first line of a backup of any format.
#[derive(serde::Deserialize)]
struct Header {
    schema: String,
    bytes: u64,
    entries: Option<u64>,
    root: Option<String>,
}

/// The header, if this is the first line of a backup.
fn backup(line: &[u8]) -> Option<Header> {
    let header: Header = serde_json::from_slice(line).ok()?;
    header.schema.starts_with(BACKUP).then_some(header)
}
