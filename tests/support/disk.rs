//! A disk in memory that fails on purpose.
//!
//! It is no part of the program: it stands with the tests and fulfils the same interface as the
//! real one. What it assumes of media is the worst that a disk may do: until the sync any subset of
//! the written sectors of 512 bytes is there after a power cut, the file may have grown over zeros,
//! names are there once their directory is synced, and a sync that failed drops what it should have
//! written and succeeds the next time.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use poolbook::store::disk::{About, Disk, File, Mode, Table};

use super::random::Random;
use super::sectors::{Inode, Survival};
use super::table::SimTable;

/// The system calls behind the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Call {
    Lstat,
    Open,
    Getdents,
    Mkdir,
    Rename,
    Unlink,
    Rmdir,
    Fsync,
    Pread,
    Pwrite,
    Fstat,
    Ftruncate,
    Fdatasync,
    Flock,
}

/// What a call may do instead of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Any call: the device fails. A sync drops what it should have written.
    Eio,
    /// `open` of a new file, `mkdir`, `rename`, `pwrite`, `fdatasync`, `fsync`: no space left.
    Enospc,
    /// `pread`, `pwrite`: a signal came first. (Others are called again below the interface.)
    Eintr,
    /// `pread`, `pwrite`: a part of the work only.
    Short,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Eio, Self::Enospc, Self::Eintr, Self::Short];

    /// Whether it can happen to a call.
    pub fn strikes(self, call: Call) -> bool {
        use Call::{Fdatasync, Fsync, Mkdir, Open, Pread, Pwrite, Rename};
        match self {
            Self::Eio => true,
            Self::Enospc => matches!(call, Open | Mkdir | Rename | Pwrite | Fdatasync | Fsync),
            Self::Eintr | Self::Short => matches!(call, Pread | Pwrite),
        }
    }

    fn error(self) -> Error {
        match self {
            Self::Eio => Error::from_raw_os_error(5),
            Self::Enospc => Error::from_raw_os_error(28),
            Self::Eintr | Self::Short => ErrorKind::Interrupted.into(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    Directory,
    File(usize),
}

/// A change of names that is not durable yet.
#[derive(Clone)]
struct Naming {
    removes: Vec<PathBuf>,
    adds: Vec<(PathBuf, Node)>,
    /// Directories whose sync it waits for.
    waits: Vec<PathBuf>,
}

type Names = BTreeMap<PathBuf, Node>;

impl Naming {
    fn apply(&self, names: &mut Names) {
        names.retain(|path, _| !self.removes.contains(path));
        names.extend(self.adds.iter().cloned());
    }
}

/// The disk between two calls.
#[derive(Clone, Default)]
pub struct State {
    inodes: Vec<Arc<Inode>>,
    live: Names,
    durable: Names,
    namings: Vec<Naming>,
    /// Whatever the test wants to know of this moment.
    pub mark: u64,
}

impl State {
    /// The first of each is the name itself; the others stand below it and go with it.
    fn name(&mut self, removes: Vec<PathBuf>, adds: Vec<(PathBuf, Node)>) {
        let paths = removes.first().into_iter().chain(adds.first().map(|(path, _)| path));
        let mut waits: Vec<PathBuf> =
            paths.filter_map(|path| path.parent()).map(Path::to_owned).collect();
        waits.dedup();
        let naming = Naming { removes, adds, waits };
        naming.apply(&mut self.live);
        self.namings.push(naming);
    }

    fn below(&self, path: &Path) -> Vec<(PathBuf, Node)> {
        let from = self.live.range(path.to_owned()..);
        from.take_while(|(name, _)| name.starts_with(path)).map(|(n, i)| (n.clone(), *i)).collect()
    }

    fn sync_directory(&mut self, path: &Path) {
        let durable = &mut self.durable;
        self.namings.retain_mut(|naming| {
            naming.waits.retain(|directory| directory != path);
            if naming.waits.is_empty() {
                naming.apply(durable);
            }
            !naming.waits.is_empty()
        });
    }

    /// The disk after the power failed at this moment.
    pub fn cut(&self, random: &mut Random) -> SimDisk {
        let mut how = Survival::new(random);
        let mut names = self.durable.clone();
        how.begin(self.namings.len());
        for (number, naming) in self.namings.iter().enumerate() {
            if how.survives(number) {
                naming.apply(&mut names);
            }
        }
        let has_parents = |path: &Path, names: &Names| {
            path.ancestors().skip(1).all(|above| names.get(above) == Some(&Node::Directory))
        };
        let reachable: Names = names
            .iter()
            .filter(|(path, _)| has_parents(path, &names))
            .map(|(path, node)| (path.clone(), *node))
            .collect();
        let mut state = State { mark: self.mark, ..State::default() };
        for (path, node) in reachable {
            let node = match node {
                Node::Directory => Node::Directory,
                Node::File(inode) => {
                    let kept = self.inodes[inode].cut(&mut how);
                    state.inodes.push(Arc::new(kept));
                    Node::File(state.inodes.len() - 1)
                }
            };
            state.live.insert(path, node);
        }
        state.durable = state.live.clone();
        SimDisk::of(state)
    }

    /// The disk after the process was killed at this moment.
    pub fn killed(&self) -> SimDisk {
        SimDisk::of(self.clone())
    }

    /// The bytes of every file.
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let bytes = |node: &Node| match node {
            Node::Directory => None,
            Node::File(inode) => Some(self.inodes[*inode].live.clone()),
        };
        self.live.iter().filter_map(|(path, node)| Some((path.clone(), bytes(node)?))).collect()
    }

    /// The bytes of a file.
    pub fn file(&self, path: &Path) -> Option<&[u8]> {
        match self.live.get(path)? {
            Node::Directory => None,
            Node::File(inode) => Some(&self.inodes[*inode].live),
        }
    }
}

struct Shared {
    state: State,
    calls: Vec<Call>,
    /// The fault, the call that it strikes, and whether it strikes all that follow as well.
    fault: Option<(Fault, usize, bool)>,
    history: Option<Vec<State>>,
}

/// A disk in memory.
#[derive(Clone)]
pub struct SimDisk {
    shared: Arc<Mutex<Shared>>,
    table: Arc<SimTable>,
}

impl std::fmt::Debug for SimDisk {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("SimDisk")
    }
}

impl SimDisk {
    fn of(state: State) -> Self {
        let (calls, fault, history) = Default::default();
        let shared = Arc::new(Mutex::new(Shared { state, calls, fault, history }));
        Self { shared, table: Arc::default() }
    }

    /// A disk that holds files, all of it durable.
    pub fn with(files: &[(&Path, &[u8])]) -> Self {
        let mut state = State::default();
        state.live.insert(PathBuf::from("/"), Node::Directory);
        for (path, bytes) in files {
            for above in path.ancestors().skip(1) {
                state.live.insert(above.to_owned(), Node::Directory);
            }
            let (live, durable) = (bytes.to_vec(), bytes.to_vec());
            state.inodes.push(Arc::new(Inode { live, durable, pending: Vec::new() }));
            state.live.insert(path.to_path_buf(), Node::File(state.inodes.len() - 1));
        }
        state.durable = state.live.clone();
        Self::of(state)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap()
    }

    /// The same as the store takes it.
    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::new(self.clone())
    }

    /// The index's rows.
    pub fn index(&self) -> &SimTable {
        &self.table
    }

    /// The disk as it stands.
    pub fn state(&self) -> State {
        self.lock().state.clone()
    }

    /// Notes something of this moment.
    pub fn mark(&self, mark: u64) {
        let mut shared = self.lock();
        shared.state.mark = mark;
        shared.remember();
    }

    /// Keeps the state after each call from here on.
    pub fn remember(&self) {
        let mut shared = self.lock();
        shared.history = Some(vec![shared.state.clone()]);
    }

    /// The states that were kept.
    pub fn history(&self) -> Vec<State> {
        self.lock().history.take().unwrap_or_default()
    }

    /// Lets a call fail, counted from the next one; with `on`, all of its kind that follow, too.
    pub fn fail(&self, fault: Fault, nth: usize, on: bool) {
        let mut shared = self.lock();
        shared.calls.clear();
        shared.fault = Some((fault, nth, on));
    }

    /// Ends all faults; the calls since they were ordered.
    pub fn heal(&self) -> Vec<Call> {
        let mut shared = self.lock();
        shared.fault = None;
        std::mem::take(&mut shared.calls)
    }
}

impl Shared {
    fn remember(&mut self) {
        if let Some(history) = &mut self.history {
            history.push(self.state.clone());
        }
    }

    /// Counts a call: its fault, if one strikes.
    fn call(&mut self, call: Call) -> Option<Fault> {
        self.calls.push(call);
        let number = self.calls.len() - 1;
        let (fault, nth, on) = self.fault?;
        let struck = number == nth || on && number > nth;
        (struck && fault.strikes(call)).then_some(fault)
    }

    fn try_call(&mut self, call: Call) -> Result<()> {
        self.call(call).map_or(Ok(()), |fault| Err(fault.error()))
    }

    fn inode(&mut self, inode: usize) -> &mut Inode {
        Arc::make_mut(&mut self.state.inodes[inode])
    }
}

fn missing() -> Error {
    ErrorKind::NotFound.into()
}

/// What stands somewhere: the file of this number, or a directory.
fn about(inode: Option<usize>, length: u64) -> About {
    About {
        is_file: inode.is_some(),
        is_directory: inode.is_none(),
        is_link: false,
        length,
        permissions: None,
        identity: inode.map(|inode| (0, inode as u64)),
    }
}

impl Disk for SimDisk {
    fn about(&self, path: &Path) -> Result<About> {
        let mut shared = self.lock();
        shared.try_call(Call::Lstat)?;
        match shared.state.live.get(path).ok_or_else(missing)? {
            Node::Directory => Ok(about(None, 0)),
            Node::File(inode) => {
                Ok(about(Some(*inode), shared.state.inodes[*inode].live.len() as u64))
            }
        }
    }

    /// There are no links here, and every path is written out.
    fn resolve(&self, path: &Path) -> Result<PathBuf> {
        let mut shared = self.lock();
        shared.try_call(Call::Lstat)?;
        shared.state.live.get(path).map(|_| path.to_owned()).ok_or_else(missing)
    }

    fn open(&self, path: &Path, mode: Mode) -> Result<Arc<dyn File>> {
        let mut shared = self.lock();
        let found = shared.state.live.get(path).copied();
        let makes = found.is_none() && !matches!(mode, Mode::Read | Mode::Write);
        match shared.call(Call::Open) {
            Some(Fault::Enospc) if !makes => {}
            Some(fault) => return Err(fault.error()),
            None => {}
        }
        let inode = match (found, mode) {
            (Some(Node::Directory), _) => return Err(ErrorKind::IsADirectory.into()),
            (Some(Node::File(_)), Mode::New | Mode::NewWith(_)) => {
                return Err(ErrorKind::AlreadyExists.into());
            }
            (Some(Node::File(inode)), _) => inode,
            (None, _) if !makes => return Err(missing()),
            (None, _) => {
                let parent = path.parent().ok_or_else(missing)?;
                if shared.state.live.get(parent) != Some(&Node::Directory) {
                    return Err(missing());
                }
                shared.state.inodes.push(Arc::default());
                let inode = shared.state.inodes.len() - 1;
                shared.state.name(Vec::new(), vec![(path.to_owned(), Node::File(inode))]);
                inode
            }
        };
        if makes {
            shared.remember();
        }
        Ok(Arc::new(SimFile { disk: self.clone(), inode }))
    }

    fn names(&self, directory: &Path) -> Result<Vec<OsString>> {
        let mut shared = self.lock();
        shared.try_call(Call::Getdents)?;
        shared.state.live.get(directory).ok_or_else(missing)?;
        let inside = shared.state.live.keys().filter(|path| path.parent() == Some(directory));
        Ok(inside.filter_map(|path| path.file_name()).map(OsString::from).collect())
    }

    fn make_directory(&self, path: &Path) -> Result<()> {
        let mut shared = self.lock();
        shared.try_call(Call::Mkdir)?;
        if shared.state.live.contains_key(path) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let parent = path.parent().and_then(|parent| shared.state.live.get(parent));
        parent.filter(|parent| **parent == Node::Directory).ok_or_else(missing)?;
        shared.state.name(Vec::new(), vec![(path.to_owned(), Node::Directory)]);
        shared.remember();
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        let mut shared = self.lock();
        shared.try_call(Call::Rename)?;
        let moved = shared.state.below(from);
        let node = moved.first().map(|(_, node)| *node).ok_or_else(missing)?;
        // A directory takes the place of an empty one only, a file that of a file.
        match (node, shared.state.live.get(to)) {
            (_, None) | (Node::File(_), Some(Node::File(_))) => {}
            (Node::Directory, Some(Node::Directory)) if shared.state.below(to).len() == 1 => {}
            (Node::Directory, Some(Node::Directory)) => {
                return Err(ErrorKind::DirectoryNotEmpty.into());
            }
            (Node::File(_), _) => return Err(ErrorKind::IsADirectory.into()),
            (Node::Directory, _) => return Err(ErrorKind::NotADirectory.into()),
        }
        let renamed = |path: &Path| match path.strip_prefix(from) {
            Ok(rest) if !rest.as_os_str().is_empty() => to.join(rest),
            _ => to.to_owned(),
        };
        let adds = moved.iter().map(|(path, node)| (renamed(path), *node)).collect();
        let removes = moved.into_iter().map(|(path, _)| path).collect();
        shared.state.name(removes, adds);
        shared.remember();
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<()> {
        let mut shared = self.lock();
        shared.try_call(Call::Unlink)?;
        let removed = shared.state.below(path);
        if removed.is_empty() {
            return Err(missing());
        }
        shared.state.name(removed.into_iter().map(|(path, _)| path).collect(), Vec::new());
        shared.remember();
        Ok(())
    }

    fn remove_empty(&self, path: &Path) -> Result<()> {
        let mut shared = self.lock();
        shared.try_call(Call::Rmdir)?;
        let removed = shared.state.below(path);
        if removed.len() > 1 {
            return Err(ErrorKind::DirectoryNotEmpty.into());
        }
        let (path, _) = removed.into_iter().next().ok_or_else(missing)?;
        shared.state.name(vec![path], Vec::new());
        shared.remember();
        Ok(())
    }

    fn sync_directory(&self, path: &Path) -> Result<()> {
        let mut shared = self.lock();
        shared.try_call(Call::Fsync)?;
        shared.state.sync_directory(path);
        shared.remember();
        Ok(())
    }

    fn table(&self) -> Option<Arc<dyn Table>> {
        Some(Arc::clone(&self.table) as Arc<dyn Table>)
    }

    fn patience(&self) -> Duration {
        self.table.patience()
    }
}

/// An open file of a disk in memory.
#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    inode: usize,
}

impl File for SimFile {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<usize> {
        let mut shared = self.disk.lock();
        let most = match shared.call(Call::Pread) {
            Some(Fault::Short) => bytes.len().div_ceil(2),
            Some(fault) => return Err(fault.error()),
            None => bytes.len(),
        };
        let file = &shared.state.inodes[self.inode].live;
        let from = file.get(offset as usize..).unwrap_or_default();
        let read = most.min(from.len());
        bytes[..read].copy_from_slice(&from[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize> {
        let mut shared = self.disk.lock();
        let fault = shared.call(Call::Pwrite);
        let written = match fault {
            // A disk that is full, or fails, may have taken a part.
            Some(Fault::Short | Fault::Enospc | Fault::Eio) => bytes.len() / 2,
            Some(Fault::Eintr) => return Err(Fault::Eintr.error()),
            None => bytes.len(),
        };
        shared.inode(self.inode).write(&bytes[..written], offset as usize);
        shared.remember();
        match fault {
            Some(fault @ (Fault::Enospc | Fault::Eio)) => Err(fault.error()),
            _ if written == 0 && !bytes.is_empty() => Err(Fault::Eintr.error()),
            _ => Ok(written),
        }
    }

    fn length(&self) -> Result<u64> {
        let mut shared = self.disk.lock();
        shared.try_call(Call::Fstat)?;
        Ok(shared.state.inodes[self.inode].live.len() as u64)
    }

    fn set_length(&self, length: u64) -> Result<()> {
        let mut shared = self.disk.lock();
        shared.try_call(Call::Ftruncate)?;
        shared.inode(self.inode).set_length(length as usize);
        shared.remember();
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        let mut shared = self.disk.lock();
        if let Some(fault) = shared.call(Call::Fdatasync) {
            // Some of the pages have come through; all count as clean from now on.
            let inode = shared.inode(self.inode);
            inode.durable = inode.after(|number, to| number.is_multiple_of(2).then_some(to));
            inode.pending.clear();
            return Err(fault.error());
        }
        shared.inode(self.inode).sync();
        shared.remember();
        Ok(())
    }

    fn try_lock(&self) -> Result<bool> {
        let mut shared = self.disk.lock();
        shared.try_call(Call::Flock).map(|()| true)
    }

    fn try_lock_shared(&self) -> Result<bool> {
        self.try_lock()
    }
}
