//! A whole journal in one file, to be kept elsewhere: a header, the journal's bytes, a digest.
//!
//! `notes/format.md` describes it to the byte. Nothing in it is used before the digest over all of
//! it is verified.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::aside::AsideFile;
use super::check::Extent;
use super::disk::{Disk, From, Mode, read_exact_at};
use super::error::{damaged, io};
use super::head;
use super::journal::Journal;
use super::line::parse;
use super::recover::{Paths, examine_beside};
use super::tree::{Edge, Frontier, Hash, Sm3, TreeHash as _, hex, leaf_hash};
use super::{Head, StoreError};
use crate::limits::BACKUP_HEADER_MAX;
use crate::problem::{Exit, Problem};

/// Name and version of the format.
pub const SCHEMA: &str = "poolbook/backup/2";
/// The same for a book of the first format.
const OLDER: &str = "poolbook/backup/1";
/// Word before the digest on the last line.
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

/// The data that a backup of a book would hold.
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

/// Reads a book's journal up to its end and computes both roots for a backup. It takes no lock and
/// changes no entry. While another process writes, the journal ends where the head says; otherwise
/// whole groups behind the head count, as at opening.
///
/// # Errors
/// The book cannot be opened, an entry is damaged, or the entries do not give the head's root.
pub fn survey(disk: Arc<dyn Disk>, directory: &Path) -> Result<Survey, StoreError> {
    let paths = Paths::new(disk, directory);
    paths.expect_book()?;
    let journal = Journal::open(paths.disk.as_ref(), &paths.journal, Mode::Read)?;
    let found = examine_beside(&paths, &journal)?;
    let (tree, length) = (found.tree, found.length);
    let (disk, path) = (Arc::clone(&paths.disk), paths.journal.clone());
    let extent = Extent { disk, path, offset: 0, length };
    let (mut sha, mut state) = (Frontier::default(), Edge::<Sm3>::default());
    let mut first = Vec::new();
    let mut lines = journal.lines(0, length);
    while let Some(line) = lines.next()? {
        let json = line.whole.then(|| parse(line.bytes)).flatten();
        let json = json.ok_or_else(|| damaged(&paths.journal, sha.count() + 1, line.offset))?;
        if sha.count() == 0 {
            first = json.to_vec();
        }
        sha.append(leaf_hash(json));
        state.append(Sm3::leaf(json));
    }
    if sha != tree {
        let problem = Problem::new("root-differs", Exit::Damaged);
        return Err(problem.with("path", paths.journal.display()).into());
    }
    let head = Head { count: sha.count(), root: sha.root() };
    Ok(Survey { extent, head, sm3: state.root(), first })
}

/// Writes a backup into a file under its temporary name; errors show its final name.
///
/// # Errors
/// Reading or writing fails, or the journal is shorter than it was.
pub fn write(
    survey: &Survey,
    city: &str,
    (to, path): (&mut AsideFile, &Path),
) -> Result<(), StoreError> {
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

/// Passes the bytes of an extent on, piece by piece.
///
/// # Errors
/// Reading fails, the file ends early (`backup-damaged`), or the taker's error.
pub fn copy(
    extent: &Extent,
    take: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let path = &extent.path;
    let file = extent.disk.open(path, Mode::Read).map_err(io("open", path))?;
    let (mut offset, mut left) = (extent.offset, extent.length);
    let mut buffer = vec![0; usize::try_from(left).unwrap_or(BUFFER).min(BUFFER)];
    while left > 0 {
        let size = usize::try_from(left).unwrap_or(BUFFER).min(BUFFER);
        let bytes = buffer.get_mut(..size).unwrap_or_default();
        read_exact_at(file.as_ref(), bytes, offset).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => broken(path, "length"),
            _ => io("read", path)(error),
        })?;
        take(bytes)?;
        offset = offset.saturating_add(size as u64);
        left -= size as u64;
    }
    Ok(())
}

/// Returns true if a file begins like a backup; it may still be damaged.
///
/// # Errors
/// The file cannot be read.
pub fn is_backup(disk: &dyn Disk, path: &Path) -> Result<bool, StoreError> {
    let file = disk.open(path, Mode::Read).map_err(io("read", path))?;
    let line = first_line(From { file, offset: 0 }).map_err(io("read", path))?;
    let text = String::from_utf8_lossy(&line);
    Ok(text.contains("poolbook/backup/") || text.starts_with("{\"bytes\":"))
}

/// The first line, up to the greatest length of a header.
fn first_line(file: From) -> Result<Vec<u8>, std::io::Error> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(file).take(BACKUP_HEADER_MAX as u64);
    reader.read_until(b'\n', &mut line)?;
    Ok(line)
}

/// Reads a backup's header, verifies the digest over all of its bytes, and returns the header and
/// the extent of its journal.
///
/// # Errors
/// `backup-damaged`, `backup-newer`, `format-older`, or reading fails.
pub fn open(disk: Arc<dyn Disk>, path: &Path) -> Result<(Header, Extent), StoreError> {
    let file = disk.open(path, Mode::Read).map_err(io("read", path))?;
    let length = file.length().map_err(io("read", path))?;
    let line = first_line(From { file, offset: 0 }).map_err(io("read", path))?;
    let offset = line.len() as u64;
    let header = header(path, &line)?;
    let parts = [offset, header.bytes, TRAILER];
    if parts.iter().try_fold(0_u64, |sum, part| sum.checked_add(*part)) != Some(length) {
        return Err(broken(path, "length"));
    }
    let extent = Extent { disk, path: path.to_owned(), offset, length: header.bytes };
    let mut digest = Sha256::new_with_prefix(&line);
    copy(&extent, &mut |bytes| {
        digest.update(bytes);
        Ok(())
    })?;
    let digest: Hash = digest.finalize().into();
    let end = Extent { offset: length - TRAILER, length: TRAILER, ..extent.clone() };
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

/// Reads the first line. A newer format is distinguished from damage by its name.
fn header(path: &Path, line: &[u8]) -> Result<Header, StoreError> {
    let value: serde_json::Value =
        serde_json::from_slice(line).map_err(|_| broken(path, "header"))?;
    match value.get("schema").and_then(|schema| schema.as_str()) {
        Some(OLDER) => Err(head::other_format(path, 1).into()),
        Some(schema) if schema != SCHEMA => {
            let problem = Problem::refused("backup-newer").with("path", path.display());
            Err(problem.with("found", schema).with("known", SCHEMA).into())
        }
        _ => serde_json::from_value(value).map_err(|_| broken(path, "header")),
    }
}

/// The error that a backup is not as it was written.
pub fn broken(path: &Path, part: &'static str) -> StoreError {
    let problem = Problem::new("backup-damaged", Exit::Damaged).with("path", path.display());
    problem.with("part", part).into()
}
