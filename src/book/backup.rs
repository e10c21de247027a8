//! A book into one file and back: nothing counts before every entry was decided again.
//!
//! A backup is made beside its name, read again from the first to the last byte, and only then takes
//! its name. A book is restored beside its directory in the same way. What is interrupted leaves a
//! `poolbook-….part` or `poolbook-….restoring` behind and nothing else; the next run in that directory
//! clears it away.

use super::older::expect_format;
use super::verify::{OF_DECISIONS, Verification, verify_lines};
use crate::domain::entry::Entry;
use crate::domain::event::Kind;
use crate::problem::{Exit, Problem};
use crate::store::aside::{AsideDirectory, AsideFile, vacant};
use crate::store::backup::{Header, broken, is_backup, open, survey, write};
use crate::store::disk::{Disk, real};
use crate::store::outside::{Around, Spot};
use crate::store::tree::hex;
use crate::store::{Extent, restore};
use std::path::Path;
use std::sync::Arc;

/// What a file and a journal have in common afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// City of the book.
    pub city: String,
    /// Entries.
    pub entries: u64,
    /// Bytes of the journal.
    pub bytes: u64,
    /// SHA-256 root, hexadecimal.
    pub root: String,
    /// Findings of the book itself, which a faithful copy has as well.
    pub findings: u64,
}

/// Writes a backup of a book, verified by reading it again and deciding every entry once more.
/// Cost: the journal is read three times and written once; flat memory but for what `verify` takes.
///
/// # Errors
/// `output-exists` unless `replace`, `book-not-open`, the book or the copy is damaged, or the file
/// cannot be made. A file of that name stays as it was then.
pub fn backup(
    directory: &Path,
    to: &Path,
    replace: bool,
    dry_run: bool,
) -> Result<Copied, Problem> {
    backup_on(&real(), (directory, to), replace, dry_run)
}

/// As [`backup`], on a disk of the caller's.
///
/// # Errors
/// As [`backup`].
pub fn backup_on(
    disk: &Arc<dyn Disk>,
    (directory, to): (&Path, &Path),
    replace: bool,
    dry_run: bool,
) -> Result<Copied, Problem> {
    let around = Around { book: directory, others: &[] };
    let spot = Spot::of(Arc::clone(disk), to, around, replace)?.private();
    let found = survey(Arc::clone(disk), directory)?;
    let city = city(&found.first)?;
    if dry_run {
        // What would be copied is looked at where it lies; not even a trial copy is made.
        return Ok(copied(city, &verified(&found.extent, &found.extent.path)?));
    }
    let mut aside = AsideFile::create(spot)?;
    write(&found, &city, (&mut aside, to))?;
    aside.sync()?;
    let (header, extent) = open(Arc::clone(disk), &aside.path)?;
    let verified = verified(&extent, to)?;
    if verified.head != found.head || header.root != hex(&found.head.root) {
        return Err(broken(to, "root").into());
    }
    aside.keep()?;
    Ok(copied(city, &verified))
}

/// What a restored journal must be.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The SHA-256 root, in hexadecimal, as somebody noted it.
    pub root: Option<String>,
    /// Try it, and leave nothing behind.
    pub dry_run: bool,
}

/// Makes a book of a backup, of an exported journal, or of a bare `journal.jsonl`. The directory must
/// not exist or be empty. Cost: the journal is written once and read twice, every entry is decided
/// again.
///
/// # Errors
/// `book-exists`, `directory-not-empty`, `backup-damaged`, `restore-foreign`, `restore-differs`, or
/// the files cannot be made. The directory is as it was then.
pub fn restore(from: &Path, directory: &Path, wanted: &Wanted) -> Result<Copied, Problem> {
    restore_on(&real(), (from, directory), wanted)
}

/// As [`restore()`], on a disk of the caller's.
///
/// # Errors
/// As [`restore()`].
pub fn restore_on(
    disk: &Arc<dyn Disk>,
    (from, directory): (&Path, &Path),
    wanted: &Wanted,
) -> Result<Copied, Problem> {
    vacant(disk.as_ref(), directory)?;
    let source = Source::of(disk, from)?;
    let aside = AsideDirectory::create(Arc::clone(disk), directory)?;
    let lines = match &source {
        Source::Backup(_, extent) | Source::Journal(extent) => {
            restore::copy_lines(extent, &aside.path)?
        }
        Source::Export => restore::frame_lines(Arc::clone(disk), from, &aside.path)?,
    };
    let verified = verified(&lines, from)?;
    let root = hex(&verified.head.root);
    if let Source::Backup(header, _) = &source
        && (header.root != root || header.entries != verified.head.count)
    {
        return Err(broken(from, "root").into());
    }
    if let Some(noted) = wanted.root.as_ref().filter(|noted| !noted.eq_ignore_ascii_case(&root)) {
        let problem = Problem::new("restore-differs", Exit::Damaged).with("path", from.display());
        return Err(problem.with("expected", noted).with("found", root));
    }
    let proved = wanted.root.is_some() || matches!(source, Source::Backup(..));
    let decided = verified.findings.iter().find(|found| OF_DECISIONS.contains(&found.code));
    if let Some(finding) = decided.filter(|_| !proved) {
        // Nothing says what stood there once; what deciding does not give was changed.
        let problem = Problem::new("restore-altered", Exit::Damaged).with("path", from.display());
        let entry = finding.arg("entry").unwrap_or("-").to_owned();
        return Err(problem.with("entry", entry).with("check", finding.code));
    }
    let (first, sm3) = restore::finish(&lines, &aside.path)?;
    if let Source::Backup(header, _) = &source
        && header.sm3 != hex(&sm3)
    {
        return Err(broken(from, "sm3").into());
    }
    let city = city(&first)?;
    if let Source::Backup(header, _) = &source
        && header.city != city
    {
        return Err(broken(from, "city").into());
    }
    if !wanted.dry_run {
        aside.keep(directory)?;
    }
    Ok(copied(city, &verified))
}

/// What a file to restore from is.
enum Source {
    Backup(Header, Extent),
    /// Lines with their checksums.
    Journal(Extent),
    /// Lines without.
    Export,
}

impl Source {
    fn of(disk: &Arc<dyn Disk>, from: &Path) -> Result<Self, Problem> {
        if is_backup(disk.as_ref(), from)? {
            let (header, extent) = open(Arc::clone(disk), from)?;
            return Ok(Self::Backup(header, extent));
        }
        let source = match restore::look(Arc::clone(disk), from)? {
            restore::Form::Framed(extent) => Self::Journal(extent),
            restore::Form::Plain => Self::Export,
        };
        if let Some(first) = restore::first(disk.as_ref(), from)? {
            expect_format(from, &first)?;
        }
        Ok(source)
    }
}

/// Decides every entry again; damage of the bytes is an error that names the file.
fn verified(lines: &Extent, file: &Path) -> Result<Verification, Problem> {
    let verified = verify_lines(lines)?;
    match verified.findings.iter().find(|finding| finding.exit == Exit::Damaged) {
        None => Ok(verified),
        Some(finding) => {
            let problem = Problem::new("backup-damaged", Exit::Damaged);
            let line = finding.arg("line").unwrap_or("-").to_owned();
            Err(problem.with("path", file.display()).with("part", "line").with("line", line))
        }
    }
}

/// The city of the entry that opens a book.
fn city(first: &[u8]) -> Result<String, Problem> {
    match Entry::decode(first).map(|entry| entry.event.kind) {
        Ok(Kind::OpenBook(own)) => Ok(own.city.to_string()),
        _ => Err(Problem::refused("backup-empty")),
    }
}

fn copied(city: String, verified: &Verification) -> Copied {
    Copied {
        city,
        entries: verified.head.count,
        bytes: verified.bytes,
        root: hex(&verified.head.root),
        findings: verified.findings.len() as u64,
    }
}
