//! A whole journal in one file, to be kept elsewhere: a header, the journal's bytes, a digest.
//!
//! `notes/format.md` describes it to the byte. Nothing in it is believed before the digest over all
//! of it is found right.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sm3::Sm3;

use super::check::Extent;
use super::disk::{Mode, real};
use super::error::{damaged, io};
use super::head;
use super::journal::Journal;
use super::line::parse;
use super::lock::Lock;
use super::recover::{Paths, examine};
use super::tree::{Frontier, Hash, hex, leaf_hash};
use super::{Head, StoreError};
use crate::limits::BACKUP_HEADER_MAX;
use crate::problem::{Exit, Problem};

/// Name and version of the form.
pub const SCHEMA: &str = "poolbook/backup/1";
/// Before the digest on the last line.
const DIGEST: &[u8] = b"sha256 ";
/// Bytes of the last line: the word, 64 digits, a line feed.
const TRAILER: u64 = 7 + 64 + 1;
/// Bytes copied at once.
const BUFFER: usize = 256 * 1024;

/// The first line of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Bytes of the journal.
    pub bytes: u64,
    /// City of the book.
    pub city: String,
    /// Entries of the journal.
    pub entries: u64,
    /// Their SHA-256 root, lower-case hexadecimal.
    pub root: String,
    /// [`SCHEMA`].
    pub schema: String,
    /// The root of the same tree under SM3.
    pub sm3: String,
}

/// What a backup of a book would hold.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The journal's counted bytes.
    pub extent: Extent,
    /// Its entries and root.
    pub head: Head,
    /// The root under SM3.
    pub sm3: Hash,
    /// The first entry.
    pub first: Vec<u8>,
}

/// Reads a book's journal up to its end: what a backup holds, with both roots. It takes no lock and
/// changes no entry. Beside a writer the journal ends where the head says; otherwise whole groups
/// behind the head count, as at opening.
///
/// # Errors
/// The book cannot be opened, an entry is damaged, or the entries do not give the head's root.
pub fn survey(directory: &Path) -> Result<Survey, StoreError> {
    let paths = Paths::new(real(), directory);
    paths.expect_book()?;
    let journal = Journal::open(paths.disk.as_ref(), &paths.journal, Mode::Read)?;
    let (tree, length) = counted(&paths, &journal)?;
    let extent = Extent { path: paths.journal.clone(), offset: 0, length };
    let (mut sha, mut state) = (Frontier::default(), Sm3Tree::default());
    let mut first = Vec::new();
    let mut lines = journal.lines(0, length);
    while let Some(line) = lines.next()? {
        let json = line.whole.then(|| parse(line.bytes)).flatten();
        let json = json.ok_or_else(|| damaged(&paths.journal, sha.count() + 1, line.offset))?;
        if sha.count() == 0 {
            first = json.to_vec();
        }
        sha.append(leaf_hash(json));
        state.append(json);
    }
    if sha != tree {
        let problem = Problem::new("root-differs", Exit::Damaged);
        return Err(problem.with("path", paths.journal.display()).into());
    }
    let head = Head { count: sha.count(), root: sha.root() };
    Ok(Survey { extent, head, sm3: state.root(), first })
}

/// The tree and the bytes of what counts.
fn counted(paths: &Paths, journal: &Journal) -> Result<(Frontier, u64), StoreError> {
    // While this holds the lock, no group can be half-way between disk and head.
    let lock = Lock::take(paths.disk.as_ref(), &paths.lock, Duration::ZERO)
        .map_err(|error| error.problem());
    if lock.as_ref().is_err_and(|problem| problem.exit == Exit::Busy)
        && let Some((_, slot)) = head::read(paths.disk.as_ref(), &paths.head)?.newest
    {
        return Ok((slot.tree, slot.length));
    }
    let found = examine(paths, journal)?;
    Ok((found.tree, found.length))
}

/// Writes a backup.
///
/// # Errors
/// Reading or writing fails, or the journal is shorter than it was.
pub fn write(survey: &Survey, city: &str, path: &Path, to: &mut File) -> Result<(), StoreError> {
    let header = Header {
        bytes: survey.extent.length,
        city: city.to_owned(),
        entries: survey.head.count,
        root: hex(&survey.head.root),
        schema: SCHEMA.to_owned(),
        sm3: hex(&survey.sm3),
    };
    let mut line = serde_json::to_vec(&header)
        .map_err(|error| StoreError::from(Problem::new("bug", Exit::Bug).with("detail", error)))?;
    line.push(b'\n');
    let mut digest = Sha256::new_with_prefix(&line);
    to.write_all(&line).map_err(io("write", path))?;
    copy(&survey.extent, &mut |bytes| {
        digest.update(bytes);
        to.write_all(bytes).map_err(io("write", path))
    })?;
    let digest: Hash = digest.finalize().into();
    let trailer = [DIGEST, hex(&digest).as_bytes(), b"\n"].concat();
    to.write_all(&trailer).map_err(io("write", path))
}

/// Hands the bytes of an extent on.
///
/// # Errors
/// Reading fails, the file ends early (`backup-damaged`), or the taker's error.
pub fn copy(
    extent: &Extent,
    take: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let file = File::open(&extent.path).map_err(io("open", &extent.path))?;
    let mut reader = BufReader::with_capacity(BUFFER, file);
    reader.seek_relative(extent.offset.cast_signed()).map_err(io("read", &extent.path))?;
    let mut reader = reader.take(extent.length);
    loop {
        let bytes = reader.fill_buf().map_err(io("read", &extent.path))?;
        if bytes.is_empty() {
            break;
        }
        take(bytes)?;
        let taken = bytes.len();
        reader.consume(taken);
    }
    if reader.limit() > 0 { Err(broken(&extent.path, "length")) } else { Ok(()) }
}

/// Whether a file begins as a backup does; it may be damaged all the same.
///
/// # Errors
/// The file cannot be read.
pub fn is_backup(path: &Path) -> Result<bool, StoreError> {
    let file = File::open(path).map_err(io("read", path))?;
    let mut line = Vec::new();
    let mut reader = BufReader::new(file).take(BACKUP_HEADER_MAX as u64);
    reader.read_until(b'\n', &mut line).map_err(io("read", path))?;
    let text = String::from_utf8_lossy(&line);
    Ok(text.contains("poolbook/backup/") || text.starts_with("{\"bytes\":"))
}

/// Reads a backup's header and proves the digest over all of its bytes: where its journal lies.
///
/// # Errors
/// `backup-damaged`, `backup-newer`, or reading fails.
pub fn open(path: &Path) -> Result<(Header, Extent), StoreError> {
    let file = File::open(path).map_err(io("read", path))?;
    let length = file.metadata().map_err(io("read", path))?.len();
    let mut reader = BufReader::with_capacity(BUFFER, file);
    let mut line = Vec::new();
    let limit = BACKUP_HEADER_MAX as u64;
    (&mut reader).take(limit).read_until(b'\n', &mut line).map_err(io("read", path))?;
    let offset = line.len() as u64;
    let header = header(path, &line)?;
    let parts = [offset, header.bytes, TRAILER];
    if parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(*part)) != Some(length) {
        return Err(broken(path, "length"));
    }
    let extent = Extent { path: path.to_owned(), offset, length: header.bytes };
    let mut digest = Sha256::new_with_prefix(&line);
    copy(&extent, &mut |bytes| {
        digest.update(bytes);
        Ok(())
    })?;
    let digest: Hash = digest.finalize().into();
    let end = Extent { path: path.to_owned(), offset: length - TRAILER, length: TRAILER };
    let mut trailer = Vec::new();
    copy(&end, &mut |bytes| {
        trailer.extend_from_slice(bytes);
        Ok(())
    })?;
    if trailer != [DIGEST, hex(&digest).as_bytes(), b"\n"].concat() {
        return Err(broken(path, "digest"));
    }
    Ok((header, extent))
}

/// Reads the first line. A form of a later program is told from damage by its name.
fn header(path: &Path, line: &[u8]) -> Result<Header, StoreError> {
    let value: serde_json::Value =
        serde_json::from_slice(line).map_err(|_| broken(path, "header"))?;
    match value.get("schema").and_then(|schema| schema.as_str()) {
        Some(schema) if schema != SCHEMA => {
            let problem = Problem::refused("backup-newer").with("path", path.display());
            Err(problem.with("found", schema).with("known", SCHEMA).into())
        }
        _ => serde_json::from_value(value).map_err(|_| broken(path, "header")),
    }
}

/// A backup that is not what was written.
pub fn broken(path: &Path, part: &'static str) -> StoreError {
    let problem = Problem::new("backup-damaged", Exit::Damaged).with("path", path.display());
    problem.with("part", part).into()
}

/// The tree under SM3, kept as its right edge: leaf `SM3(0x00, JSON)`, node `SM3(0x01, l, r)`.
#[derive(Default)]
pub(super) struct Sm3Tree {
    count: u64,
    nodes: Vec<Hash>,
}

impl Sm3Tree {
    pub(super) fn append(&mut self, entry: &[u8]) {
        let mut hash: Hash = Sm3::new_with_prefix([0]).chain_update(entry).finalize().into();
        for _ in 0..self.count.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                hash = node(&left, &hash);
            }
        }
        self.nodes.push(hash);
        self.count += 1;
    }

    pub(super) fn root(&self) -> Hash {
        let mut nodes = self.nodes.iter().rev();
        let Some(last) = nodes.next() else { return Sm3::digest([]).into() };
        nodes.fold(*last, |right, left| node(left, &right))
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sm3::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}
