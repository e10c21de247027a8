//! `leaves`: the SHA-256 hashes of all entries up to the last checkpoint, 32 bytes each.
//!
//! The file proves nothing by itself. Once its root equals that of a checkpoint kept outside the
//! book, it shows which entry is the first that was changed since. It is written under another name
//! and renamed, so it is either complete or the previous version.

use std::io::{BufReader, BufWriter, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::check::Watch;
use super::disk::{Disk, From, Mode, To, make_anew, real};
use super::error::io;
use super::recover::Paths;
use super::tree::{Frontier, Hash};
use super::{Head, StoreError};
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};

/// Bytes of one hash.
const WIDTH: u64 = 32;

/// Kept leaf hashes, read one after the other.
pub struct Kept {
    path: PathBuf,
    reader: BufReader<From>,
    left: u64,
}

impl Kept {
    /// Opens a file of leaf hashes that the user gives; it may be a link.
    ///
    /// # Errors
    /// `leaves-format` if it is not a regular file of whole hashes, or opening fails.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = path.canonicalize().map_err(io("open", path))?;
        Self::there(real().as_ref(), &file, path)?
            .ok_or_else(|| io("open", path)(ErrorKind::NotFound.into()))
    }

    /// Opens the leaf hashes of a book, if it has them.
    ///
    /// # Errors
    /// The errors of [`Kept::open`].
    pub fn of_book(directory: &Path) -> Result<Option<Self>, StoreError> {
        Self::of_book_on(real(), directory)
    }

    /// Like [`Kept::of_book`], on the given disk.
    ///
    /// # Errors
    /// The errors of [`Kept::open`].
    pub fn of_book_on(disk: Arc<dyn Disk>, directory: &Path) -> Result<Option<Self>, StoreError> {
        let paths = Paths::new(disk, directory);
        Self::there(paths.disk.as_ref(), &paths.leaves, &paths.leaves)
    }

    /// Opens a file if it exists; errors show it under the name that the user gave.
    fn there(disk: &dyn Disk, file: &Path, name: &Path) -> Result<Option<Self>, StoreError> {
        let about = match disk.about(file) {
            Ok(about) => about,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io("open", name)(error)),
        };
        if !about.is_file || about.length % WIDTH != 0 {
            let problem = Problem::data("leaves-format").with("path", name.display());
            return Err(problem.with("bytes", about.length).into());
        }
        let file = disk.open(file, Mode::Read).map_err(io("open", name))?;
        let reader = BufReader::with_capacity(64 * 1024, From { file, offset: 0 });
        Ok(Some(Self { path: name.to_owned(), reader, left: about.length / WIDTH }))
    }

    /// The next hash; none at the end.
    ///
    /// # Errors
    /// Reading fails.
    pub fn next_hash(&mut self) -> Result<Option<Hash>, StoreError> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut hash = [0; 32];
        self.reader.read_exact(&mut hash).map_err(io("read", &self.path))?;
        self.left -= 1;
        Ok(Some(hash))
    }
}

/// The first difference between the journal and the kept hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parting {
    /// Number of the first entry that has changed.
    pub entry: u64,
    /// The hash that was kept.
    pub expected: Hash,
    /// The hash of the entry now at this number.
    pub found: Hash,
}

/// Findings of [`Beside`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The journal's root at each requested size that it reaches, ascending.
    pub journal: Vec<Head>,
    /// The kept hashes' root at each requested size that they reach, ascending.
    pub kept: Vec<Head>,
    /// Number of kept hashes; `None` without a file.
    pub kept_count: Option<u64>,
    /// The first difference, as far as both reach.
    pub parting: Option<Parting>,
}

/// Follows the tree of the journal: records its roots at some sizes and compares its leaves with
/// kept hashes.
pub struct Beside {
    sizes: Vec<u64>,
    kept: Option<Kept>,
    /// The tree of the kept hashes, from the first difference on.
    other: Option<Frontier>,
    /// New hashes, if they are to be written.
    out: Option<Growing>,
    seen: Seen,
    failed: Option<StoreError>,
}

impl Beside {
    /// Records the roots at these sizes (in any order) and compares with these hashes.
    pub fn new(mut sizes: Vec<u64>, kept: Option<Kept>) -> Self {
        sizes.sort_unstable();
        sizes.dedup();
        let seen = Seen { kept_count: kept.as_ref().map(|kept| kept.left), ..Seen::default() };
        Self { sizes, kept, other: None, out: None, seen, failed: None }
    }

    /// Also writes the new hashes into a file in the book's directory.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn growing(mut self, disk: Arc<dyn Disk>, directory: &Path) -> Result<Self, StoreError> {
        self.out = Some(Growing::create(disk, directory)?);
        Ok(self)
    }

    /// Returns the findings and the new hashes, which count once they are [kept](Growing::keep).
    ///
    /// # Errors
    /// Reading the kept hashes failed, or writing the new ones.
    pub fn finish(mut self) -> Result<(Seen, Option<Growing>), StoreError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        // Hashes kept beyond the end of the journal still give its former roots.
        if let (Some(kept), Some(mut tree)) = (&mut self.kept, self.other) {
            while let Some(hash) = kept.next_hash()? {
                tree.append(hash);
                note(&self.sizes, &tree, &mut self.seen.kept);
            }
        }
        Ok((self.seen, self.out))
    }

    fn follow(&mut self, leaf: &Hash, before: &Frontier) -> Result<(), StoreError> {
        if let Some(out) = &mut self.out {
            out.push(leaf)?;
        }
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let Some(hash) = kept.next_hash()? else { return Ok(()) };
        if let Some(tree) = &mut self.other {
            tree.append(hash);
            note(&self.sizes, tree, &mut self.seen.kept);
        } else if hash != *leaf {
            let mut tree = before.clone();
            tree.append(hash);
            note(&self.sizes, &tree, &mut self.seen.kept);
            self.other = Some(tree);
            let entry = before.count() + 1;
            self.seen.parting = Some(Parting { entry, expected: hash, found: *leaf });
        }
        Ok(())
    }

    /// Records the present root of the journal, and as long as nothing differs also as that of the
    /// kept hashes.
    fn note_both(&mut self, tree: &Frontier) {
        note(&self.sizes, tree, &mut self.seen.journal);
        let reaches = self.seen.kept_count.is_some_and(|kept| tree.count() <= kept);
        if self.other.is_none() && reaches {
            note(&self.sizes, tree, &mut self.seen.kept);
        }
    }
}

/// Records the root if this size was requested.
fn note(sizes: &[u64], tree: &Frontier, seen: &mut Vec<Head>) {
    if sizes.binary_search(&tree.count()).is_ok() {
        seen.push(Head { count: tree.count(), root: tree.root() });
    }
}

impl Watch for Beside {
    fn leaf(&mut self, leaf: &Hash, before: &Frontier) {
        self.note_both(before);
        if self.failed.is_none() {
            self.failed = self.follow(leaf, before).err();
        }
    }

    fn end(&mut self, tree: &Frontier) {
        self.note_both(tree);
        if self.other.is_none() && self.seen.kept_count.is_some_and(|kept| tree.count() < kept) {
            // The kept hashes continue where the journal ends.
            self.other = Some(tree.clone());
        }
    }
}

/// A file of leaf hashes while it is written, under another name; removed unless it is kept.
pub struct Growing {
    new: PathBuf,
    paths: Paths,
    writer: BufWriter<To>,
    kept: bool,
}

impl Growing {
    fn create(disk: Arc<dyn Disk>, directory: &Path) -> Result<Self, StoreError> {
        let paths = Paths::new(disk, directory);
        let new = paths.leaves.with_extension("new");
        let file = make_anew(paths.disk.as_ref(), &new).map_err(io("create", &new))?;
        let writer = BufWriter::with_capacity(64 * 1024, To { file, offset: 0 });
        Ok(Self { writer, new, paths, kept: false })
    }

    fn push(&mut self, leaf: &Hash) -> Result<(), StoreError> {
        self.writer.write_all(leaf).map_err(io("write", &self.new))
    }

    /// Replaces the previous file, durably.
    ///
    /// # Errors
    /// Writing, syncing or renaming fails; the previous file stays.
    pub fn keep(mut self) -> Result<(), StoreError> {
        self.writer.flush().map_err(io("write", &self.new))?;
        self.writer.get_ref().file.sync().map_err(io("sync", &self.new))?;
        let (disk, paths) = (&self.paths.disk, &self.paths);
        disk.rename(&self.new, &paths.leaves).map_err(io("rename", &paths.leaves))?;
        self.kept = true;
        if planted(Bug::LeavesNameUnsynced) {
            return Ok(());
        }
        disk.sync_directory(&paths.book).map_err(io("sync", &paths.book))
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        if !self.kept {
            // The failure itself is reported; the next checkpoint removes what is left here.
            let _ = self.paths.disk.remove(&self.new);
        }
    }
}

/// All leaf hashes of a journal, for making proofs. Cost: 32 bytes an entry.
#[derive(Debug, Default)]
pub struct Collected {
    /// The hashes, in the order of the entries.
    pub leaves: Vec<Hash>,
}

impl Watch for Collected {
    fn leaf(&mut self, leaf: &Hash, _: &Frontier) {
        self.leaves.push(*leaf);
    }

    fn end(&mut self, _: &Frontier) {}
}

/// `leaves-differ`: the book's own kept hashes are not those of its journal.
pub fn differ(directory: &Path, parting: &Parting) -> Problem {
    Problem::new("leaves-differ", Exit::Damaged)
        .with("path", Paths::new(real(), directory).leaves.display())
        .with("entry", parting.entry)
        .with("expected", super::tree::hex(&parting.expected))
        .with("found", super::tree::hex(&parting.found))
}
