//! What a store does in its life, command by command, on a disk that may fail, with a memory of
//! what was acknowledged.

use crate::support::budget;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use poolbook::store::{Changes, FileStore, Store, StoreError};

use crate::support::disk::{SimDisk, State};
use crate::support::random::Random;
use crate::support::{Lines, group, id_of};

/// Where the book is.
pub fn book() -> &'static Path {
    Path::new("/home/book")
}

/// What may be in the journal.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub entries: Arc<Vec<Vec<u8>>>,
    /// Numbers of entries at which a group ends, 0 first.
    pub ends: Arc<Vec<u64>>,
    /// Entries that were acknowledged.
    pub acknowledged: u64,
    /// Whether the book itself was.
    pub created: bool,
}

/// A store in use.
pub struct Session {
    pub disk: SimDisk,
    pub store: Option<FileStore>,
    pub moments: Vec<Attempt>,
}

impl Session {
    /// Nothing at all.
    pub fn fresh() -> Self {
        let disk = SimDisk::with(&[(Path::new("/home/other"), b"of somebody else")]);
        let (entries, ends) = (Arc::default(), Arc::new(vec![0]));
        let start = Attempt { entries, ends, acknowledged: 0, created: false };
        Self { disk, store: None, moments: vec![start] }
    }

    /// The same book on another disk.
    pub fn after(disk: SimDisk, attempt: Attempt) -> Self {
        disk.mark(0);
        disk.history();
        Self { disk, store: None, moments: vec![attempt] }
    }

    /// What holds now.
    pub fn now(&self) -> &Attempt {
        self.moments.last().unwrap()
    }

    fn moment(&mut self, attempt: Attempt) {
        self.moments.push(attempt);
        self.disk.mark(self.moments.len() as u64 - 1);
    }

    pub fn create(&mut self) -> Result<(), StoreError> {
        self.store = Some(FileStore::create_on(self.disk.disk(), book())?);
        self.moment(Attempt { created: true, ..self.now().clone() });
        Ok(())
    }

    pub fn open(&mut self) -> Result<(), StoreError> {
        let mut store = FileStore::open_on(self.disk.disk(), book(), Duration::ZERO)?;
        store.replay(&mut |_, json| Ok(id_of(json)))?;
        store.index(Changes::default())?;
        self.store = Some(store);
        Ok(())
    }

    fn store(&mut self) -> &mut FileStore {
        self.store.as_mut().unwrap()
    }

    /// Writes a group in batches, each read back before the next; whether a write failed meanwhile.
    fn write(&mut self, size: u64, batch: u64) -> Result<bool, StoreError> {
        let before = self.store().head().count;
        let lines = group(before + 1..=before + size);
        let (mut entries, mut ends) = (self.now().entries.to_vec(), self.now().ends.to_vec());
        entries.truncate(before as usize);
        ends.retain(|end| *end <= before);
        entries.extend(lines.iter().map(|(_, json)| json.clone()));
        ends.push(before + size);
        let (entries, ends) = (Arc::new(entries), Arc::new(ends));
        self.moment(Attempt { entries, ends, ..self.now().clone() });
        let store = self.store();
        store.begin()?;
        let mut lost = false;
        for batch in lines.chunks(batch as usize) {
            store.write(Box::new(Lines(batch.to_vec())))?;
            if size > batch.len() as u64 {
                // A caller who does not mind: the group is lost all the same.
                let read = store.read(batch.last().unwrap().0);
                let is_write =
                    |error: &StoreError| matches!(error, StoreError::Io { operation: "write", .. });
                lost |= read.as_ref().is_err_and(is_write);
                read.or_else(|error| if is_write(&error) { Ok(Vec::new()) } else { Err(error) })?;
            }
        }
        Ok(lost)
    }

    /// Records a group; what was acknowledged is noted.
    pub fn record(&mut self, size: u64, batch: u64) -> Result<(), StoreError> {
        let written = self.write(size, batch);
        let lost = *written.as_ref().unwrap_or(&false);
        let committed = written.and_then(|_| self.store().commit());
        assert!(!(lost && committed.is_ok()), "a write that failed was tried again");
        let head = match committed {
            Ok(head) => head,
            Err(error) => {
                self.store().abandon()?;
                return Err(error);
            }
        };
        self.moment(Attempt { acknowledged: head.count, ..self.now().clone() });
        self.store().index(Changes::default())
    }

    /// Writes a group and gives it up.
    pub fn give_up(&mut self, size: u64, batch: u64) -> Result<(), StoreError> {
        let written = self.write(size, batch);
        self.store().abandon()?;
        written.map(drop)
    }

    pub fn close(&mut self) -> Result<(), StoreError> {
        self.store.take().map_or(Ok(()), FileStore::close)
    }
}

/// A command, what it begins with, and what it does.
pub struct Command {
    pub name: &'static str,
    pub before: fn() -> Session,
    pub run: fn(&mut Session) -> Result<(), StoreError>,
    /// How often each of its moments is tried in one round: more where there are few.
    pub weight: usize,
}

fn some() -> Session {
    let mut session = Session::fresh();
    session.create().unwrap();
    session.record(1, 1).unwrap();
    session.record(3, 3).unwrap();
    session.record(1, 1).unwrap();
    session.close().unwrap();
    let attempt = session.now().clone();
    Session::after(session.disk.state().cut(&mut Random(1)), attempt)
}

/// The moments of two groups, the first of them acknowledged, and the states of the disk.
fn recorded() -> (Vec<State>, Vec<Attempt>) {
    let mut session = some();
    session.open().unwrap();
    session.disk.remember();
    session.record(2, 2).unwrap();
    session.record(40, 7).unwrap();
    (session.disk.history(), session.moments)
}

/// The process is killed in the middle of a group; the system lives on.
fn killed() -> Session {
    let (states, moments) = recorded();
    let state = &states[states.len() * 2 / 3];
    Session::after(state.killed(), moments[state.mark as usize].clone())
}

/// The power fails in the middle of a group.
fn torn() -> Session {
    let (states, moments) = recorded();
    let is_open = |state: &&State| moments[state.mark as usize].entries.len() == 47;
    let state = states.iter().rev().find(is_open).unwrap();
    let attempt = moments[state.mark as usize].clone();
    let mut random = Random(7);
    loop {
        let disk = state.cut(&mut random);
        let length = disk.state().file(&book().join("journal.jsonl")).map_or(0, <[u8]>::len);
        if length > 600 {
            return Session::after(disk, attempt);
        }
    }
}

fn with_head(change: impl Fn(&mut Vec<u8>)) -> Session {
    let session = some();
    let mut files = session.disk.state().files();
    change(files.get_mut(&book().join("head")).unwrap());
    let files: Vec<(&Path, &[u8])> =
        files.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice())).collect();
    Session::after(SimDisk::with(&files), session.now().clone())
}

/// Left by a creation that was cut short.
fn begun() -> Session {
    let session = Session::fresh();
    let (journal, head) = (book().join("journal.jsonl"), book().join("head.new"));
    let disk = SimDisk::with(&[(&journal, b""), (&head, b"half")]);
    Session::after(disk, session.now().clone())
}

fn reopen(session: &mut Session, sizes: &[(u64, u64)]) -> Result<(), StoreError> {
    session.open()?;
    sizes.iter().try_for_each(|(size, batch)| session.record(*size, *batch))?;
    session.close()
}

/// Every command that a store knows.
pub const COMMANDS: &[Command] = &[
    Command {
        name: "init",
        before: Session::fresh,
        run: |session| {
            session.create()?;
            session.record(1, 1)?;
            session.close()
        },
        weight: 12,
    },
    Command {
        name: "init over leftovers",
        before: begun,
        run: |session| {
            session.create()?;
            session.record(2, 2)
        },
        weight: 6,
    },
    Command {
        name: "one event",
        before: some,
        run: |session| reopen(session, &[(1, 1)]),
        weight: 6,
    },
    Command {
        name: "groups",
        before: some,
        run: |session| reopen(session, &[(7, 7), (1, 1), (40, 40), (2, 1)]),
        weight: 3,
    },
    Command {
        name: "many events",
        before: some,
        run: |session| reopen(session, &[(1, 1); 300]),
        weight: 1,
    },
    Command {
        name: "import",
        before: some,
        run: |session| reopen(session, &[(3_000, 300), (1, 1)]),
        weight: 1,
    },
    Command {
        name: "abandon",
        before: some,
        run: |session| {
            session.open()?;
            session.give_up(30, 7)?;
            session.record(2, 2)?;
            session.give_up(300, 300)?;
            session.record(1, 1)?;
            session.give_up(3, 1)?;
            session.close()
        },
        weight: 4,
    },
    Command {
        name: "after a kill",
        before: killed,
        run: |session| reopen(session, &[(1, 1)]),
        weight: 6,
    },
    Command {
        name: "torn tail",
        before: torn,
        run: |session| reopen(session, &[(2, 2)]),
        weight: 6,
    },
    Command {
        name: "head made again",
        before: || with_head(|head| (head[100], head[5000]) = (0xff, 0xff)),
        run: |session| reopen(session, &[(2, 2)]),
        weight: 6,
    },
    Command {
        name: "one bad slot",
        before: || with_head(|head| head[4196] = 0xff),
        run: |session| reopen(session, &[(2, 2)]),
        weight: 12,
    },
    Command {
        name: "close",
        before: some,
        run: |session| {
            session.open()?;
            session.close()?;
            session.open()?;
            session.record(1, 1)?;
            session.close()?;
            session.open()
        },
        weight: 4,
    },
];

/// The seed of everything random.
pub fn seed() -> u64 {
    budget("POOLBOOK_SEED", 20_171_030)
}
