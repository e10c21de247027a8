//! The journal file: its lines, read by place or one after the other.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, File, From, Mode, read_exact_at, write_all_at};
use super::error::{damaged, io};
use super::line::{LINE_MAX, parse};
use super::recover::expect_regular;
use super::{StoreError, Visit};
use crate::planted::{Bug, planted};

/// Bytes read at once.
const BUFFER: usize = 256 * 1024;

/// Visitor of raw bytes, called with each piece and its offset.
type Piece<'a> = dyn FnMut(&[u8], u64) -> Result<(), StoreError> + 'a;

/// The journal of an open book.
pub struct Journal {
    path: PathBuf,
    file: Arc<dyn File>,
}

impl Journal {
    /// Opens the journal.
    ///
    /// # Errors
    /// It is not a regular file (`book-foreign`), or opening fails.
    pub fn open(disk: &dyn Disk, path: &Path, mode: Mode) -> Result<Self, StoreError> {
        expect_regular(disk, path)?;
        let file = disk.open(path, mode).map_err(io("open", path))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file handle for a group, which chooses its own write offsets.
    pub fn handle(&self) -> Arc<dyn File> {
        Arc::clone(&self.file)
    }

    /// Bytes of the file.
    ///
    /// # Errors
    /// The system call failed.
    pub fn length(&self) -> Result<u64, StoreError> {
        self.file.length().map_err(io("read", &self.path))
    }

    /// Makes what was written durable.
    ///
    /// # Errors
    /// The sync failed.
    pub fn sync(&self) -> Result<(), std::io::Error> {
        let synced = if planted(Bug::AcknowledgedUnsynced) { Ok(()) } else { self.file.sync() };
        if planted(Bug::SyncTriedAgain) { synced.or_else(|_| self.file.sync()) } else { synced }
    }

    /// Cuts the file to a length and makes that durable.
    ///
    /// # Errors
    /// Cutting or syncing fails.
    pub fn cut(&self, length: u64) -> Result<(), StoreError> {
        self.file.set_length(length).map_err(io("cut", &self.path))?;
        self.file.sync().map_err(io("sync", &self.path))
    }

    /// The JSON of the line at a place.
    ///
    /// # Errors
    /// The line is damaged, or reading fails.
    pub fn read(&self, seq: u64, offset: u64, length: u64) -> Result<Vec<u8>, StoreError> {
        read_line(self.file.as_ref(), &self.path, seq, offset, length)
    }

    /// Passes the raw bytes between two offsets to the visitor, in pieces with their offsets.
    ///
    /// # Errors
    /// Reading fails, or the visitor's error.
    pub fn pieces(&self, mut from: u64, to: u64, visit: &mut Piece<'_>) -> Result<(), StoreError> {
        let mut buffer = vec![0; BUFFER.min(usize::try_from(to - from).unwrap_or(BUFFER))];
        while from < to {
            let size = usize::try_from(to - from).unwrap_or(BUFFER).min(BUFFER);
            let piece = buffer.get_mut(..size).unwrap_or_default();
            self.bytes(from, piece)?;
            visit(piece, from)?;
            from += size as u64;
        }
        Ok(())
    }

    /// Writes the bytes between two offsets again and makes them durable. After a failed sync, in
    /// whatever process, a sync alone would succeed and prove nothing.
    ///
    /// # Errors
    /// Reading, writing or syncing fails.
    pub fn renew(&self, from: u64, to: u64) -> Result<(), StoreError> {
        let to = if planted(Bug::LaterSyncBelieved) { from } else { to };
        self.pieces(from, to, &mut |bytes, offset| {
            write_all_at(self.file.as_ref(), bytes, offset).map_err(io("write", &self.path))
        })?;
        self.sync().map_err(io("sync", &self.path))
    }

    /// Reads the raw bytes at an offset.
    ///
    /// # Errors
    /// Reading fails.
    pub fn bytes(&self, offset: u64, bytes: &mut [u8]) -> Result<(), StoreError> {
        read_exact_at(self.file.as_ref(), bytes, offset).map_err(io("read", &self.path))
    }

    /// A reader of the lines from `offset` to `end`.
    pub fn lines(&self, offset: u64, end: u64) -> Lines {
        let file = Arc::clone(&self.file);
        let left = end.saturating_sub(offset);
        let size = usize::try_from(left).unwrap_or(BUFFER).clamp(512, BUFFER);
        let reader = BufReader::with_capacity(size, From { file, offset }).take(left);
        Lines { path: self.path.clone(), reader, offset, line: Vec::new(), most: u64::MAX }
    }

    /// Searches a line from the beginning and returns its offset and length. Used only if there is
    /// no index.
    ///
    /// # Errors
    /// There are fewer lines, or reading fails.
    pub fn find_line(&self, seq: u64, end: u64) -> Result<(u64, u64), StoreError> {
        let mut lines = self.lines(0, end);
        let mut number = 0;
        while let Some(line) = lines.next()? {
            number += 1;
            if number == seq {
                return Ok((line.offset, line.length));
            }
        }
        Err(damaged(&self.path, seq, end))
    }

    /// Visits the sound lines between two places; `seq` is the number of the first.
    ///
    /// # Errors
    /// A line is damaged, reading fails, or the visitor's error.
    pub fn scan(
        &self,
        mut seq: u64,
        offset: u64,
        end: u64,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let mut lines = self.lines(offset, end);
        while let Some(line) = lines.next()? {
            let json = line.whole.then(|| parse(line.bytes)).flatten();
            let json = json.ok_or_else(|| damaged(&self.path, seq, line.offset))?;
            visit(seq, json)?;
            seq += 1;
        }
        Ok(())
    }
}

/// Reads one line by its place and verifies it.
pub fn read_line(
    file: &dyn File,
    path: &Path,
    seq: u64,
    offset: u64,
    length: u64,
) -> Result<Vec<u8>, StoreError> {
    let wrong = || damaged(path, seq, offset);
    let length = usize::try_from(length).ok().filter(|length| *length <= LINE_MAX);
    let mut line = vec![0; length.ok_or_else(wrong)?];
    read_exact_at(file, &mut line, offset).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => wrong(),
        _ => io("read", path)(error),
    })?;
    let ends = line.pop() == Some(b'\n');
    let json = parse(&line).filter(|_| ends).ok_or_else(wrong)?;
    Ok(json.to_vec())
}

/// One line in its raw form.
pub struct RawLine<'a> {
    /// Its first byte in the file.
    pub offset: u64,
    /// Its bytes without the LF.
    pub bytes: &'a [u8],
    /// Bytes in the file, LF included.
    pub length: u64,
    /// True if it ends with LF and is not longer than a line may be.
    pub whole: bool,
}

/// Lines of a part of the journal, one after the other, in constant memory.
pub struct Lines {
    path: PathBuf,
    reader: std::io::Take<BufReader<From>>,
    offset: u64,
    line: Vec<u8>,
    /// Number of bytes in which the end of a line that is too long is searched.
    most: u64,
}

impl Lines {
    /// The next line, however damaged; `None` at the end.
    ///
    /// # Errors
    /// Reading fails.
    #[allow(clippy::should_implement_trait, reason = "a line borrows from its reader")]
    pub fn next(&mut self) -> Result<Option<RawLine<'_>>, StoreError> {
        self.line.clear();
        let offset = self.offset;
        let (length, whole) = self.append_next()?;
        if length == 0 {
            return Ok(None);
        }
        let bytes = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        Ok(Some(RawLine { offset, bytes, length, whole }))
    }

    /// Like [`Lines::next`], but the end of a line that is far too long is searched only within
    /// this many bytes; the next line then begins in the middle of it.
    ///
    /// # Errors
    /// Reading fails.
    pub fn next_within(&mut self, most: u64) -> Result<Option<RawLine<'_>>, StoreError> {
        self.most = most;
        self.next()
    }

    /// Reads a line into the buffer. Returns its length in the file and true if it is whole.
    fn append_next(&mut self) -> Result<(u64, bool), StoreError> {
        let failed = |error| io("read", &self.path)(error);
        let most = LINE_MAX as u64;
        let mut length =
            (&mut self.reader).take(most).read_until(b'\n', &mut self.line).map_err(failed)? as u64;
        let whole = self.line.last() == Some(&b'\n');
        if !whole && length == most {
            // The line is too long: its end is searched without keeping the bytes in between.
            let rest = (&mut self.reader).take(self.most).skip_until(b'\n').map_err(failed)?;
            length += rest as u64;
        }
        self.offset += length;
        Ok((length, whole))
    }
}
