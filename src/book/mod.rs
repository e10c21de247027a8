//! The book: the one place where deciding, storing and looking up come together.
//!
//! [`Book::record_all`] takes events one after the other: already recorded, or decided, applied in
//! memory and handed to the store, which encodes and writes beside the deciding. Nothing counts
//! until the whole group is durable; when anything is refused, the store cuts its tail off and the
//! state is loaded again, so a refused group leaves no trace.
//!
//! [`Book::record_row`] takes rows one by one, each whole or not at all, for files whose bad rows are
//! to be set aside.
//!
//! Invariant: the state in memory and the index reflect exactly the entries of the journal's head.

pub mod against;
pub mod backup;
pub mod causes;
pub mod checkpoint;
pub mod clock;
pub mod closing;
pub mod dates;
pub mod interest;
pub mod older;
pub mod pack;
pub mod recompute;
mod record;
mod replay;
mod rows;
mod seals;
pub mod statements;
pub mod subsidies;
mod tail;
pub mod verify;

pub use crate::domain::entry::Reversed;
pub use rows::RowGroup;
pub use seals::Witnessed;

use crate::audit::balance::OwnerName;
use crate::audit::movements::{Rows, Tables};
use crate::audit::turnover::{Delta, Numbers};
use crate::domain::consequence::Consequences;
use crate::domain::decide::JournalHead;
use crate::domain::entry::{Entry, id_hash};
use crate::domain::event::Event;
use crate::domain::registry::tables;
use crate::domain::state::State;
use crate::domain::table::Put;
use crate::problem::Problem;
use crate::store::{Changes, Frames, Head, Store, StoreError};
use compact_str::CompactString;
use foldhash::HashMap;
use jiff::Timestamp;

/// Persons for events that name nobody.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct People {
    /// Who prepares (制单).
    pub maker: Option<CompactString>,
    /// Who checks (复核).
    pub checker: Option<CompactString>,
    /// Who approves (审批).
    pub approver: Option<CompactString>,
}

impl People {
    fn complete(&self, event: &mut Event) {
        let fill = |own: &mut Option<CompactString>, default: &Option<CompactString>| {
            if own.is_none() {
                own.clone_from(default);
            }
        };
        fill(&mut event.maker, &self.maker);
        fill(&mut event.checker, &self.checker);
        fill(&mut event.approver, &self.approver);
    }
}

/// How events are to be recorded.
#[derive(Clone, Debug)]
pub struct Options {
    /// Now, from the caller's clock.
    pub now: Timestamp,
    /// Persons for events that name nobody.
    pub people: People,
    /// Decide everything, write nothing.
    pub dry_run: bool,
    /// Somebody has looked at a clock that is far from the last entry; see [`clock::check`].
    pub clock_confirmed: bool,
    /// Somebody has looked at dates that have not come yet or are far from the latest booking; see
    /// [`dates`].
    pub date_confirmed: bool,
}

/// What became of one event.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// It is a new entry.
    New(&'a Entry),
    /// It was recorded before, as the entry of this number.
    Already(u64),
}

/// The result of recording a group of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// New entries.
    pub new: u64,
    /// Events that were recorded before.
    pub already: u64,
    /// Those of them whose entry was reversed since: what they say is not in the book.
    pub reversed: Vec<Reversed>,
    /// What the new entries set off beside what they book.
    pub consequences: Consequences,
    /// The journal afterwards.
    pub head: Head,
}

/// A refusal with the row of the source that it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct RowProblem {
    /// Row as the source counts it.
    pub row: u64,
    /// What is wrong.
    pub problem: Problem,
}

/// How much of the state to load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything: to record, or to look at loans and claims.
    All,
    /// Settings, owners, bank accounts, targets and checkpoints: enough for balances, however many
    /// loans.
    Balances,
    /// The same with statements, matches and certificates.
    Statements,
}

/// A book over a store.
pub struct Book<S: Store> {
    store: S,
    state: State,
    delta: Delta,
    /// Rows of movements written last: the next event mostly adds to the same ones.
    rows: HashMap<Vec<u8>, Vec<u8>>,
    /// Trees of owners that the index takes with its next change.
    tree_rows: Vec<Put>,
    /// Entries that the index reflected when the book was opened, where they were not all.
    behind: Option<u64>,
}

/// Rows of movements kept in memory, some megabytes at most.
const ROWS_KEPT: usize = 8_192;

/// The head as deciding takes it.
fn journal(head: &Head) -> JournalHead {
    JournalHead { entries: head.count, root: head.root }
}

struct Batch(Vec<Entry>);

impl Frames for Batch {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn encode(&self, index: usize, out: &mut Vec<u8>) {
        if let Some(entry) = self.0.get(index) {
            entry.encode(out);
        }
    }

    fn id_hash(&self, index: usize) -> u64 {
        self.0.get(index).map_or(0, |entry| id_hash(&entry.event.id))
    }
}

impl Numbers for State {
    fn owner(&self, id: &str) -> u16 {
        self.owner_number(id).and_then(|number| u16::try_from(number).ok()).unwrap_or(u16::MAX)
    }

    fn bank(&self, id: &str) -> u16 {
        let number = self.bank_accounts.number(id).map_or(0, |number| number + 1);
        u16::try_from(number).unwrap_or(u16::MAX)
    }
}

/// The rows of a store's index, as the auditors read them.
pub struct StoreRows<'a, S: Store>(&'a S);

impl<S: Store> Rows for StoreRows<'_, S> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Problem> {
        self.0.get(key).map_err(Problem::from)
    }

    fn range(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), Problem> {
        self.0.range(prefix, visit).map_err(Problem::from)
    }
}

impl<S: Store> Book<S> {
    /// Opens the book of a store: loads what the index knows and takes in the entries that it does
    /// not know yet. Cost: linear in the records of `scope`; independent of the journal's length
    /// when the index is current.
    ///
    /// # Errors
    /// The store's own, or `entry-unreadable` for a journal that this program cannot read.
    pub fn open(store: S, scope: Scope) -> Result<Self, Problem> {
        let (state, delta, rows, tree_rows, behind) = Default::default();
        let mut book = Self { store, state, delta, rows, tree_rows, behind };
        let (indexed, head) = (book.store.index_head(), book.store.head());
        book.behind = indexed.filter(|indexed| *indexed != head).map(|indexed| indexed.count);
        book.load(scope)?;
        Ok(book)
    }

    fn load(&mut self, scope: Scope) -> Result<(), Problem> {
        self.state = State::default();
        self.delta = Delta::default();
        self.rows.clear();
        self.tree_rows.clear();
        let head = self.store.head();
        let indexed = self.store.index_head();
        let current = indexed == Some(head);
        let scope = if current { scope } else { Scope::All };
        if indexed.is_some() && !self.load_tables(scope)? {
            // What the index holds is not what this program writes: make it again.
            self.store.reset_index()?;
            self.state = State::default();
        } else if current && self.store.vouched() == head.count {
            return Ok(());
        }
        self.judge_tail()?;
        self.replay()
    }

    /// Loads the tables of a scope; false when a row cannot be read.
    fn load_tables(&mut self, scope: Scope) -> Result<bool, Problem> {
        let small = [
            tables::SETTINGS,
            tables::OWNER,
            tables::BANK_ACCOUNT,
            tables::TARGET,
            tables::CHECKPOINT,
        ];
        for table in State::tables() {
            let is_of_statements = (tables::IMPORT..=tables::CERTIFIED).contains(&table);
            let wanted = match scope {
                Scope::All => true,
                Scope::Balances => small.contains(&table),
                Scope::Statements => small.contains(&table) || is_of_statements,
            };
            if !wanted {
                continue;
            }
            let state = &mut self.state;
            let mut sound = true;
            self.store.range(&[table], &mut |key, value| {
                sound = sound && state.load(key, value).is_some();
            })?;
            if !sound {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn update_index(&mut self) -> Result<(), Problem> {
        let (store, rows) = (&self.store, &self.rows);
        let mut read = |key: &[u8]| match rows.get(key) {
            Some(row) => Ok(Some(row.clone())),
            None => store.get(key).map_err(Problem::from),
        };
        let movements = std::mem::take(&mut self.delta).into_puts(&mut read)?;
        self.keep_rows(&movements);
        let mut puts = self.state.drain();
        puts.extend(movements);
        puts.append(&mut self.tree_rows);
        if let Err(error) = self.store.index(Changes { puts, deletes: Vec::new() }) {
            // What the store did not take must not be added to.
            self.rows.clear();
            return Err(error.into());
        }
        Ok(())
    }

    fn keep_rows(&mut self, movements: &[(Vec<u8>, Vec<u8>)]) {
        // A bulk of rows is not what the next event adds to, and leaves the rows kept out of date.
        let bulk = movements.len() > ROWS_KEPT / 4;
        if bulk || self.rows.len() + movements.len() > ROWS_KEPT {
            self.rows.clear();
        }
        if !bulk {
            self.rows.extend(movements.iter().cloned());
        }
    }

    /// Makes the whole index again from the journal.
    ///
    /// # Errors
    /// As [`Book::open`].
    pub fn reindex(&mut self) -> Result<Head, Problem> {
        self.store.reset_index()?;
        self.replay()?;
        Ok(self.store.head())
    }

    /// What the book knows.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The store underneath.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Gives the store back, to be closed.
    pub fn into_store(self) -> S {
        self.store
    }

    /// How many entries the index reflected when the book was opened, where they were not all of them.
    pub fn index_behind(&self) -> Option<u64> {
        self.behind
    }

    /// The journal's head.
    pub fn head(&self) -> Head {
        self.store.head()
    }

    /// The movements of accounts, read from the index.
    pub fn rows(&self) -> StoreRows<'_, S> {
        StoreRows(&self.store)
    }

    /// Owners with the numbers under which the index keeps them, in order of codes.
    pub fn owner_names(&self) -> Vec<OwnerName> {
        let mut owners: Vec<OwnerName> = self
            .state
            .owners
            .iter()
            .map(|owner| OwnerName {
                number: Numbers::owner(&self.state, &owner.code),
                code: owner.code.clone(),
                name: owner.name.to_string(),
            })
            .collect();
        owners.sort_by(|a, b| a.code.cmp(&b.code));
        owners
    }

    /// Hands the movements of accounts to a view.
    pub fn with_movements<T>(&self, view: impl FnOnce(&Tables<'_, StoreRows<'_, S>>) -> T) -> T {
        let rows = self.rows();
        view(&Tables(&rows))
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// `entry-missing`, or damage.
    pub fn entry(&self, seq: u64) -> Result<Entry, Problem> {
        Entry::decode(&self.store.read(seq)?)
    }

    /// The entries of a record's trail. Cost: one read an entry.
    ///
    /// # Errors
    /// The store's own.
    pub fn entries(&self, trail: &[u64]) -> Result<Vec<Entry>, Problem> {
        trail.iter().map(|seq| self.entry(*seq)).collect()
    }

    /// The entry of an event's id. Cost: one look-up and one read.
    ///
    /// # Errors
    /// The store's own.
    pub fn find(&self, id: &str) -> Result<Option<Entry>, Problem> {
        for seq in self.store.find(id_hash(id))? {
            let entry = self.entry(seq)?;
            if *entry.event.id == *id {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }
}

impl From<StoreError> for RowProblem {
    fn from(error: StoreError) -> Self {
        Self { row: 0, problem: error.into() }
    }
}
