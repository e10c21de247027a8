//! A group on its way into the journal: framed, checksummed, hashed and written behind the head.
//!
//! Small batches are written at once. From [`PIPELINE_AT`] entries on a worker writes them, so that
//! encoding and hashing run beside deciding. The group is owned either by the caller or by the
//! worker, never by both.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use super::disk::{File, write_all_at};
use super::error::{io, misuse};
use super::journal::read_line;
use super::line::{frame, more};
use super::place::{Places, Tag, block_of, entries};
use super::tree::{Frontier, leaf_hash};
use super::{Frames, StoreError};
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};

/// Size of a batch, in entries, from which on a worker is worth its start.
const PIPELINE_AT: usize = 256;
/// Batches that may wait for the worker: bounds the memory.
const WAITING: usize = 4;
/// Bytes written at once.
const BUFFER: usize = 1024 * 1024;

/// The entries of one group.
pub struct Group {
    file: Arc<dyn File>,
    path: PathBuf,
    /// Entries before the group.
    before: u64,
    /// The tree over everything up to here.
    pub tree: Frontier,
    /// The places of the group's entries.
    pub places: Places,
    buffer: Vec<u8>,
    /// Offset up to which everything is written; the bytes in the buffer follow it.
    written: u64,
    first_more: u64,
    last_more: u64,
    /// State of failure: after one, nothing of the group is written again.
    pub failed: Failed,
}

/// The ways in which writing a group can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It has not failed.
    No,
    /// The disk was full, which can be repaired.
    Full,
    /// It failed in another way; nothing more is written through this handle.
    Final,
}

impl Group {
    /// A group that follows `tree` and `places`, written through `file`.
    pub fn new(file: Arc<dyn File>, path: PathBuf, tree: Frontier, places: Places) -> Self {
        let (before, written) = (tree.count(), places.length);
        let buffer = Vec::new();
        let (first_more, last_more, failed) = (0, 0, Failed::No);
        Self { file, path, before, tree, places, buffer, written, first_more, last_more, failed }
    }

    /// Number of entries.
    pub fn len(&self) -> u64 {
        self.tree.count() - self.before
    }

    fn append(&mut self, frames: &dyn Frames) -> Result<(), StoreError> {
        for index in 0..frames.len() {
            if self.tree.count() >= u64::from(u32::MAX) {
                return Err(Problem::refused("journal-full").with("limit", u32::MAX).into());
            }
            let framed = frame(&mut self.buffer, |out| frames.encode(index, out))?;
            let end = self.buffer.len() - 1;
            let json = self.buffer.get(framed.json..end).unwrap_or_default();
            if self.len() == 0 {
                self.first_more = more(json);
            }
            if index + 1 == frames.len() {
                self.last_more = more(json);
            }
            self.tree.append(leaf_hash(json));
            self.places.push(Tag::of(frames.id_hash(index)), framed.length);
            if self.buffer.len() >= BUFFER {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if self.failed != Failed::No && !planted(Bug::WriteTriedAgain) {
            return Err(StoreError::Poisoned);
        }
        let written = write_all_at(self.file.as_ref(), &self.buffer, self.written);
        written.map_err(io("write", &self.path)).inspect_err(|error| {
            self.failed = if error.is_disk_full() { Failed::Full } else { Failed::Final };
        })?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Writes the rest and tests that the group would be recognized as whole.
    ///
    /// # Errors
    /// Writing fails, or the `more` fields of the entries do not form a group (`group-broken`).
    pub fn finish(&mut self) -> Result<(), StoreError> {
        self.flush()?;
        if self.last_more != 0 || (self.len() > 1 && self.first_more == 0) {
            return Err(Problem::new("group-broken", Exit::Bug).into());
        }
        Ok(())
    }

    fn read(&mut self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.flush()?;
        let (block, place) = block_of(seq);
        let found = self.places.block(block).and_then(|block| entries(block).nth(place));
        match found {
            Some(at) => read_line(self.file.as_ref(), &self.path, seq, at.offset, at.length),
            None => Err(missing(seq)),
        }
    }
}

/// The error that there is no entry of this number.
pub fn missing(seq: u64) -> StoreError {
    Problem::new("entry-missing", Exit::NoInput).with("seq", seq).into()
}

enum Job {
    Frames(Box<dyn Frames>),
    Read(u64, Sender<Result<Vec<u8>, StoreError>>),
}

struct Worker {
    jobs: SyncSender<Job>,
    thread: JoinHandle<Result<Group, StoreError>>,
}

enum State {
    Here(Box<std::sync::Mutex<Group>>),
    There(Worker),
    Failed,
}

/// Writes a group, on the caller's thread or on a worker.
pub struct Writer {
    state: State,
    /// Entries handed over.
    taken: u64,
    before: u64,
}

impl Writer {
    /// A writer of a group.
    pub fn new(group: Group) -> Self {
        let before = group.before;
        Self { state: State::Here(Box::new(std::sync::Mutex::new(group))), taken: 0, before }
    }

    /// The writer of a group that is lost.
    pub fn failed(before: u64) -> Self {
        Self { state: State::Failed, taken: 0, before }
    }

    /// Number of the last entry handed over.
    pub fn last(&self) -> u64 {
        self.before + self.taken
    }

    /// Adds entries.
    ///
    /// # Errors
    /// These or earlier entries cannot be written; the group is lost.
    pub fn write(&mut self, frames: Box<dyn Frames>) -> Result<(), StoreError> {
        self.taken += frames.len() as u64;
        let result = match std::mem::replace(&mut self.state, State::Failed) {
            State::Here(group) if frames.len() < PIPELINE_AT => {
                let mut group = group.into_inner().unwrap_or_else(|poison| poison.into_inner());
                let result = group.append(frames.as_ref());
                result.map(|()| State::Here(Box::new(std::sync::Mutex::new(group))))
            }
            State::Here(group) => {
                let group = group.into_inner().unwrap_or_else(|poison| poison.into_inner());
                start(group).and_then(|worker| hand_over(worker, frames))
            }
            State::There(worker) => hand_over(worker, frames),
            State::Failed => Err(misuse("write")),
        };
        self.state = result?;
        Ok(())
    }

    /// Reads an entry of the group.
    ///
    /// # Errors
    /// The group is lost, or reading fails.
    pub fn read(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        match &self.state {
            State::Here(group) => {
                group.lock().unwrap_or_else(|poison| poison.into_inner()).read(seq)
            }
            State::There(worker) => {
                let (answer, answered) = channel();
                // If the worker has ended, it has failed; `write` returns the error itself.
                worker.jobs.send(Job::Read(seq, answer)).map_err(|_| misuse("read"))?;
                answered.recv().map_err(|_| misuse("read"))?
            }
            State::Failed => Err(misuse("read")),
        }
    }

    /// Ends the writing and gives the group back.
    ///
    /// # Errors
    /// Any entry could not be written.
    pub fn end(self) -> Result<Group, StoreError> {
        match self.state {
            State::Here(group) => {
                Ok(group.into_inner().unwrap_or_else(|poison| poison.into_inner()))
            }
            State::There(worker) => join(worker),
            State::Failed => Err(misuse("commit")),
        }
    }
}

fn start(mut group: Group) -> Result<Worker, StoreError> {
    let (jobs, waiting) = sync_channel::<Job>(WAITING);
    let path = group.path.clone();
    let thread = std::thread::Builder::new().name("journal".to_owned()).spawn(move || {
        for job in waiting {
            match job {
                Job::Frames(frames) => group.append(frames.as_ref())?,
                // The receiver may be gone.
                Job::Read(seq, answer) => drop(answer.send(group.read(seq))),
            }
        }
        Ok(group)
    });
    Ok(Worker { jobs, thread: thread.map_err(io("write", &path))? })
}

fn hand_over(worker: Worker, frames: Box<dyn Frames>) -> Result<State, StoreError> {
    if worker.jobs.send(Job::Frames(frames)).is_ok() {
        return Ok(State::There(worker));
    }
    // The worker ended early, so it has failed.
    join(worker).and(Err(misuse("write")))
}

fn join(worker: Worker) -> Result<Group, StoreError> {
    drop(worker.jobs);
    // A panic in `encode` comes from the caller's code, so it continues on the caller's thread.
    worker.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
