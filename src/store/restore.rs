//! Writes a journal from the lines of a file into a directory that is not a book yet.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::StoreError;
use super::backup::{broken, copy};
use super::check::Extent;
use super::disk::{Disk, File, Mode, To};
use super::error::io;
use super::head::HeadFile;
use super::journal::Journal;
use super::line::{frame, is_framed, parse};
use super::recover::Paths;
use super::tree::{Edge, Frontier, Hash, Sm3, TreeHash as _, leaf_hash};
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};

/// Form of the lines of a file.
pub enum Form {
    /// Lines of a journal, with checksums.
    Framed(Extent),
    /// JSON alone, as `export journal` writes it.
    Plain,
}

/// Determines the form from the first line of a file.
///
/// # Errors
/// `restore-foreign` if it is neither, or reading fails.
pub fn look(disk: Arc<dyn Disk>, path: &Path) -> Result<Form, StoreError> {
    let source = Journal::open(disk.as_ref(), path, Mode::Read)?;
    let length = source.length()?;
    let mut lines = source.lines(0, length);
    let first = lines.next()?;
    match first.filter(|line| line.whole) {
        Some(line) if is_framed(line.bytes) => {
            Ok(Form::Framed(Extent { disk, path: path.to_owned(), offset: 0, length }))
        }
        Some(line) if line.bytes.starts_with(b"{") => Ok(Form::Plain),
        _ => Err(Problem::data("restore-foreign").with("path", path.display()).into()),
    }
}

/// The first entry of a file of lines, with or without checksums; `None` if it is not whole.
///
/// # Errors
/// Reading fails.
pub fn first(disk: &dyn Disk, path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    let source = Journal::open(disk, path, Mode::Read)?;
    let mut lines = source.lines(0, source.length()?);
    let Some(line) = lines.next()?.filter(|line| line.whole) else { return Ok(None) };
    Ok(Some(parse(line.bytes).unwrap_or(line.bytes).to_vec()))
}

/// Copies lines unchanged into the directory's journal, synced.
///
/// # Errors
/// Reading or writing fails.
pub fn copy_lines(extent: &Extent, directory: &Path) -> Result<Extent, StoreError> {
    let disk = Arc::clone(&extent.disk);
    let path = Paths::new(Arc::clone(&disk), directory).journal;
    let file = disk.open(&path, Mode::New).map_err(io("create", &path))?;
    let mut to = To { file, offset: 0 };
    copy(extent, &mut |bytes| to.write_all(bytes).map_err(io("write", &path)))?;
    sync(to.file.as_ref(), &path)?;
    Ok(Extent { disk, path, offset: 0, length: extent.length })
}

/// Makes a journal durable before its head counts anything.
fn sync(file: &dyn File, path: &Path) -> Result<(), StoreError> {
    let synced = if planted(Bug::RestoredUnsynced) { Ok(()) } else { file.sync() };
    synced.map_err(io("sync", path))
}

/// Puts a checksum before each line and writes the directory's journal, synced.
///
/// # Errors
/// A line is not whole or too long (`backup-damaged`), or reading or writing fails.
pub fn frame_lines(
    disk: Arc<dyn Disk>,
    from: &Path,
    directory: &Path,
) -> Result<Extent, StoreError> {
    let path = Paths::new(Arc::clone(&disk), directory).journal;
    let source = Journal::open(disk.as_ref(), from, Mode::Read)?;
    let mut lines = source.lines(0, source.length()?);
    let file = disk.open(&path, Mode::New).map_err(io("create", &path))?;
    let mut writer = BufWriter::with_capacity(1024 * 1024, To { file, offset: 0 });
    let (mut framed, mut length) = (Vec::new(), 0);
    while let Some(line) = lines.next()? {
        if !line.whole {
            return Err(broken(from, "last-line"));
        }
        framed.clear();
        frame(&mut framed, |out| out.extend_from_slice(line.bytes))?;
        writer.write_all(&framed).map_err(io("write", &path))?;
        length += framed.len() as u64;
    }
    let to = writer.into_inner().map_err(|error| io("write", &path)(error.into_error()))?;
    sync(to.file.as_ref(), &path)?;
    Ok(Extent { disk, path, offset: 0, length })
}

/// Writes the head of a journal that was found sound, which makes the directory a book, and syncs
/// both. Returns the bytes of the first entry and the root under SM3.
///
/// # Errors
/// A line cannot be read again, or writing fails.
pub fn finish(journal: &Extent, directory: &Path) -> Result<(Vec<u8>, Hash), StoreError> {
    let (mut tree, mut sm3) = (Frontier::default(), Edge::<Sm3>::default());
    let mut first = Vec::new();
    let source = Journal::open(journal.disk.as_ref(), &journal.path, Mode::Read)?;
    let mut lines = source.lines(0, journal.length);
    while let Some(line) = lines.next()? {
        let json = line.whole.then(|| parse(line.bytes)).flatten();
        let json = json.ok_or_else(|| broken(&journal.path, "journal"))?;
        if tree.count() == 0 {
            first = json.to_vec();
        }
        tree.append(leaf_hash(json));
        sm3.append(Sm3::leaf(json));
    }
    if tree.count() == 0 {
        return Err(Problem::new("backup-empty", Exit::Refused).into());
    }
    let paths = Paths::new(Arc::clone(&journal.disk), directory);
    HeadFile::create_for(paths.disk.as_ref(), &paths.head, journal.length, &tree)?;
    paths.disk.sync_directory(directory).map_err(io("sync", directory))?;
    Ok((first, sm3.root()))
}
