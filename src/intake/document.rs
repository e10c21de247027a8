//! A file that was opened once: everything that is found out about it refers to the same bytes.
//!
//! A name may lead to another file a moment later. The kind of a file, its encoding, its rows and
//! its hash are found in several passes; all of them use the one opened file. Evidence (a bank's
//! file, of which the book keeps the hash) is copied first, so that writing into the file while it
//! is read changes nothing either.

use crate::intake::decode::{file_problem, io_problem};
use crate::limits::TABLE_BYTES_MAX;
use crate::problem::Problem;
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Largest file that is held in memory, in bytes; of a larger one only a handle is held.
const HELD_MAX: u64 = 4 * 1024 * 1024;
const BLOCK: usize = 64 * 1024;

/// An opened file; copies share the same handle.
#[derive(Clone, Debug)]
pub struct Document {
    path: PathBuf,
    size: u64,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Bytes(Arc<[u8]>),
    /// The file itself, or a copy of it without a name.
    File(Arc<Mutex<File>>),
}

impl Document {
    /// Opens a file. A small one is read at once; a pipe is read to its end.
    ///
    /// # Errors
    /// `file-missing`, `file-unreadable`, `file-not-regular`; `file-too-large` for a pipe.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let (file, size) = opened(path)?;
        match size {
            Some(size) if size > HELD_MAX => {
                let body = Body::File(Arc::new(Mutex::new(file)));
                Ok(Self { path: path.to_owned(), size, body })
            }
            _ => Self::copied(path, file, TABLE_BYTES_MAX),
        }
    }

    /// Opens a file that is evidence: all of it is copied, and the original is not read again.
    /// Memory: 4 MiB; the rest is in a temporary file without a name.
    ///
    /// # Errors
    /// The errors of [`Document::open`]; `file-too-large` above `limit` bytes.
    pub fn evidence(path: &Path, limit: u64) -> Result<Self, Problem> {
        let (file, size) = opened(path)?;
        if let Some(size) = size.filter(|size| *size > limit) {
            return Err(too_large(path, size, limit));
        }
        Self::copied(path, file, limit)
    }

    /// A file inside an archive.
    pub fn inside(path: PathBuf, bytes: Vec<u8>) -> Self {
        Self { path, size: bytes.len() as u64, body: Body::Bytes(bytes.into()) }
    }

    fn copied(path: &Path, mut file: File, limit: u64) -> Result<Self, Problem> {
        let failed = |error: io::Error| io_problem(path, &error);
        let mut bytes = Vec::new();
        (&mut file).take(HELD_MAX).read_to_end(&mut bytes).map_err(failed)?;
        let held = bytes.len() as u64;
        if held < HELD_MAX {
            let document = Self::inside(path.to_owned(), bytes);
            return if held > limit { Err(too_large(path, held, limit)) } else { Ok(document) };
        }
        let mut copy = tempfile::tempfile().map_err(failed)?;
        copy.write_all(&bytes).map_err(failed)?;
        // Reading one byte more than allowed shows whether there is more.
        let mut rest = file.take(limit.saturating_sub(held).saturating_add(1));
        let size = held + io::copy(&mut rest, &mut copy).map_err(failed)?;
        if size > limit {
            return Err(too_large(path, size, limit));
        }
        let body = Body::File(Arc::new(Mutex::new(copy)));
        Ok(Self { path: path.to_owned(), size, body })
    }

    /// The name by which it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its length in bytes when it was opened.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Refuses a file that is larger than a limit.
    ///
    /// # Errors
    /// `file-too-large`.
    pub fn check_size(&self, limit: u64) -> Result<(), Problem> {
        if self.size > limit { Err(too_large(&self.path, self.size, limit)) } else { Ok(()) }
    }

    /// Reads it from its beginning; readers do not disturb each other.
    pub fn reader(&self) -> BufReader<Reader> {
        BufReader::with_capacity(BLOCK, Reader { body: self.body.clone(), at: 0 })
    }

    /// All of its bytes.
    ///
    /// # Errors
    /// `file-unreadable`; `file-too-large` above `limit` bytes.
    pub fn bytes(&self, limit: u64) -> Result<Vec<u8>, Problem> {
        self.check_size(limit)?;
        self.head(self.size)
    }

    /// Its first bytes, at most this many.
    ///
    /// # Errors
    /// `file-unreadable`.
    pub fn head(&self, most: u64) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        let read = self.reader().take(most).read_to_end(&mut bytes);
        read.map_err(|error| io_problem(&self.path, &error))?;
        Ok(bytes)
    }

    /// SHA-256 of its bytes in lower-case hexadecimal.
    ///
    /// # Errors
    /// `file-unreadable`.
    pub fn sha256(&self) -> Result<String, Problem> {
        let (mut source, mut hasher) = (self.reader(), Sha256::new());
        let mut block = vec![0; BLOCK];
        loop {
            let read = source.read(&mut block).map_err(|error| io_problem(&self.path, &error))?;
            if read == 0 {
                return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
            }
            hasher.update(block.get(..read).unwrap_or_default());
        }
    }
}

/// Opens a file that has an end: a plain file (with its size), or the pipe that a shell passes
/// (`/dev/stdin`, `<(…)`). Opening a named pipe waits for its other end, and a device has no end,
/// so neither is opened. (A folder can be opened; reading it then reports that it is a folder.)
fn opened(path: &Path) -> Result<(File, Option<u64>), Problem> {
    let failed = |error: io::Error| io_problem(path, &error);
    let named = std::fs::metadata(path).map_err(failed)?;
    // The pipes of a shell have no place in any folder.
    let is_plain = |about: &std::fs::Metadata| about.is_file() || about.is_dir();
    if !is_plain(&named) && (is_device(&named) || std::fs::canonicalize(path).is_ok()) {
        return Err(file_problem("file-not-regular", path));
    }
    let file = File::open(path).map_err(failed)?;
    // The metadata of the handle describes what was really opened.
    let about = file.metadata().map_err(failed)?;
    if is_device(&about) {
        return Err(file_problem("file-not-regular", path));
    }
    Ok((file, is_plain(&about).then_some(about.len())))
}

#[cfg(unix)]
fn is_device(about: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    about.file_type().is_char_device() || about.file_type().is_block_device()
}

#[cfg(not(unix))]
fn is_device(about: &std::fs::Metadata) -> bool {
    !about.is_file() && !about.is_dir()
}

fn too_large(path: &Path, size: u64, limit: u64) -> Problem {
    file_problem("file-too-large", path).with("size", size).with("limit", limit)
}

/// Reads a document from its beginning to its end.
#[derive(Debug)]
pub struct Reader {
    body: Body,
    at: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &self.body {
            Body::Bytes(bytes) => {
                let at = usize::try_from(self.at).unwrap_or(usize::MAX);
                bytes.get(at..).unwrap_or_default().read(buffer)?
            }
            Body::File(file) => {
                // Another reader may have moved the position; one that panicked did not change the
                // file.
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(self.at))?;
                file.read(buffer)?
            }
        };
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        std::fs::write(&path, bytes).unwrap();
        (dir, path)
    }

    fn hash(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Below, at and above the limit of files in memory: between any two reads another file takes
    /// the name, and the file itself is written to.
    #[test]
    fn evidence_is_what_was_opened_whatever_happens_to_the_file() {
        let held = usize::try_from(HELD_MAX).unwrap();
        for size in [0, 5, held - 1, held, held + 1, 2 * held] {
            let old: Vec<u8> = (0..size).map(|at| at.to_le_bytes()[0]).collect();
            let (dir, path) = write(&old);
            let document = Document::evidence(&path, 1 << 30).unwrap();
            let opened = Document::open(&path).unwrap();
            let other = dir.path().join("other");
            std::fs::write(&other, b"other").unwrap();
            std::fs::rename(&other, &path).unwrap();
            assert!(document.bytes(1 << 30).unwrap() == old);
            assert!(opened.bytes(1 << 30).unwrap() == old);
            assert_eq!(document.sha256().unwrap(), hash(&old));
            assert_eq!(document.size(), size as u64);
        }
        let (_dir, path) = write(&vec![1; held + 1]);
        let document = Document::evidence(&path, 1 << 30).unwrap();
        std::fs::write(&path, b"other").unwrap();
        assert!(document.bytes(1 << 30).unwrap() == vec![1; held + 1]);
    }

    #[test]
    fn readers_do_not_disturb_each_other() {
        let held = usize::try_from(HELD_MAX).unwrap();
        let bytes: Vec<u8> = (0..held + 9).map(|at| at.to_le_bytes()[1]).collect();
        let (_dir, path) = write(&bytes);
        let document = Document::open(&path).unwrap();
        let (mut one, mut two) = (document.reader(), document.reader());
        let mut first = vec![0; held];
        one.read_exact(&mut first).unwrap();
        let mut all = Vec::new();
        two.read_to_end(&mut all).unwrap();
        one.read_to_end(&mut first).unwrap();
        assert!(first == bytes && all == bytes);
        assert!(document.head(3).unwrap() == bytes.get(..3).unwrap());
    }

    #[test]
    fn sizes_are_bounded_on_both_sides() {
        let held = usize::try_from(HELD_MAX).unwrap();
        for size in [7, held, held + 7] {
            let (_dir, path) = write(&vec![0; size]);
            let open = |limit: usize| Document::evidence(&path, limit as u64);
            assert!(open(size).is_ok());
            let problem = open(size - 1).unwrap_err();
            assert_eq!(
                (problem.code, problem.arg("limit")),
                ("file-too-large", Some(&*(size - 1).to_string()))
            );
            let document = open(size).unwrap();
            assert!(document.check_size(size as u64).is_ok());
            assert_eq!(document.bytes(size as u64 - 1).unwrap_err().code, "file-too-large");
        }
    }
}
