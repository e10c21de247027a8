//! Opening the book: for writing, or for reading, which takes no lock and changes no file.
//!
//! A command that only reads gets a [`ReadStore`], which cannot take the writer's lock.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, in_words_as_note};
use jiff::Timestamp;
use poolbook::book::{Book, Options, People, Reversed, Scope, clock};
use poolbook::domain::entry::{Entry, id_hash};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::Journal;
use poolbook::store::tree::hex;
use poolbook::store::{
    Changes, FileStore, Frames, Head, MemoryStore, ReadStore, Replay, Store, StoreError, Visit,
};
use std::path::Path;
use std::time::SystemTime;

/// Reports events that were recorded before and whose entries were reversed since.
pub fn tell_reversed(reversed: &[Reversed], context: &Context<'_>) {
    for Reversed { entry, by } in reversed {
        let note = Problem::refused("recorded-and-reversed").with("entry", entry).with("by", by);
        context.output.talk(&in_words_as_note(&note, &context.output.locale));
    }
}

/// The store of a command that records: the book's directory or, on a dry run, a store that only
/// reads or one in memory.
pub enum AnyStore {
    File(Box<FileStore>),
    Read(Box<ReadStore>),
    Memory(Box<MemoryStore>),
}

/// Forwards one method of the trait to the store that is used.
macro_rules! hand_on {
    ($($(&$mut:ident)? $name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {$(
        hand_on!(@ $($mut)? $name($($arg: $type),*) -> $result);
    )*};
    (@ mut $name:ident($($arg:ident: $type:ty),*) -> $result:ty) => {
        fn $name(&mut self, $($arg: $type),*) -> $result {
            match self {
                Self::File(store) => store.$name($($arg),*),
                Self::Read(store) => store.$name($($arg),*),
                Self::Memory(store) => store.$name($($arg),*),
            }
        }
    };
    (@ $name:ident($($arg:ident: $type:ty),*) -> $result:ty) => {
        fn $name(&self, $($arg: $type),*) -> $result {
            match self {
                Self::File(store) => store.$name($($arg),*),
                Self::Read(store) => store.$name($($arg),*),
                Self::Memory(store) => store.$name($($arg),*),
            }
        }
    };
}

impl Store for AnyStore {
    hand_on! {
        head() -> Head;
        &mut begin() -> Result<(), StoreError>;
        &mut write(frames: Box<dyn Frames>) -> Result<(), StoreError>;
        &mut abandon() -> Result<(), StoreError>;
        &mut commit() -> Result<Head, StoreError>;
        &mut index(changes: Changes) -> Result<(), StoreError>;
        index_head() -> Option<Head>;
        &mut reset_index() -> Result<(), StoreError>;
        &mut replay(visit: &mut Replay<'_>) -> Result<(), StoreError>;
        read(seq: u64) -> Result<Vec<u8>, StoreError>;
        scan(from: u64, visit: &mut Visit<'_>) -> Result<(), StoreError>;
        find(id_hash: u64) -> Result<Vec<u64>, StoreError>;
        get(key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
        range(prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), StoreError>;
        vouched() -> u64;
        &mut disown(keep: u64) -> Result<(), StoreError>;
        notes() -> &[Problem];
    }
}

/// Opens the book for writing; a dry run takes no lock.
pub fn for_writing(context: &Context<'_>) -> Result<Book<AnyStore>, Failure> {
    let path = &context.global.book;
    let store = if context.global.dry_run {
        AnyStore::Read(Box::new(ReadStore::open(path).map_err(Problem::from)?))
    } else {
        let store = FileStore::open_for(path, &context.command).map_err(Problem::from)?;
        context.output.hold();
        AnyStore::File(Box::new(store))
    };
    opened(store, Scope::All, context)
}

/// Opens the book for reading: also while another process writes, on a read-only disk, or without
/// the right to write.
pub fn for_reading(context: &Context<'_>, scope: Scope) -> Result<Book<ReadStore>, Failure> {
    let store = ReadStore::open(&context.global.book).map_err(Problem::from)?;
    let book = opened(store, scope, context)?;
    // An index that a writer is about to update is not a fault.
    let beside = book.store().is_written_beside();
    if let Some(behind) = book.index_behind().filter(|_| !beside) {
        context.output.warn(
            &Problem::new("index-behind", Exit::Findings)
                .with("path", context.global.book.display())
                .with("reflected", behind)
                .with("entries", book.head().count),
        );
        context.output.about(&book, now());
    }
    Ok(book)
}

/// Creates the book's directory; the book is empty until its opening is recorded.
pub fn create(context: &Context<'_>) -> Result<Book<AnyStore>, Failure> {
    let store =
        FileStore::create_for(&context.global.book, &context.command).map_err(Problem::from)?;
    context.output.hold();
    Ok(Book::open(AnyStore::File(Box::new(store)), Scope::All)?)
}

/// Refuses a directory that holds a book or anything else.
pub fn expect_none(path: &Path) -> Result<(), Problem> {
    match FileStore::is_there(path)? {
        true => Err(Problem::refused("book-exists").with("path", path.display())),
        false => Ok(()),
    }
}

/// An empty book in memory.
pub fn new_in_memory() -> Result<Book<AnyStore>, Failure> {
    Ok(Book::open(AnyStore::Memory(Box::default()), Scope::All)?)
}

/// One stored entry with the hash of its id.
struct Stored(Vec<(Vec<u8>, u64)>);

impl Frames for Stored {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn encode(&self, index: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0.get(index).map_or(&[][..], |(bytes, _)| bytes));
    }

    fn id_hash(&self, index: usize) -> u64 {
        self.0.get(index).map_or(0, |(_, hash)| *hash)
    }
}

/// A copy of the book in memory, for the dry run of several steps. Cost: the whole journal in
/// memory.
pub fn in_memory(context: &Context<'_>) -> Result<Book<AnyStore>, Failure> {
    let path = &context.global.book;
    let journal = ReadStore::open_journal(path).map_err(Problem::from)?;
    let mut copy = MemoryStore::new();
    let mut group = Vec::new();
    journal
        .scan(1, &mut |_, bytes| {
            let entry = Entry::decode(bytes).map_err(StoreError::from)?;
            group.push((bytes.to_vec(), id_hash(&entry.event.id)));
            if entry.more == 0 {
                copy.begin()?;
                copy.write(Box::new(Stored(std::mem::take(&mut group))))?;
                copy.commit()?;
            }
            Ok(())
        })
        .map_err(Problem::from)?;
    // The book builds the index of the copy from all entries.
    copy.reset_index().map_err(Problem::from)?;
    opened(AnyStore::Memory(Box::new(copy)), Scope::All, context)
}

fn opened<S: Store>(store: S, scope: Scope, context: &Context<'_>) -> Result<Book<S>, Failure> {
    let book = Book::open(store, scope)?;
    // Opening the book judges the entries behind the head, so their notes are complete only now.
    for note in book.store().notes() {
        if note.code.starts_with("index-") {
            context.output.warn(note);
        } else {
            context.output.talk(&in_words_as_note(note, &context.output.locale));
        }
    }
    context.output.about(&book, now());
    Ok(book)
}

/// The description of a book's journal for reports.
pub fn journal(head: &Head) -> Journal {
    Journal { entries: head.count, root: hex(&head.root) }
}

/// Options for recording events: the present time, and the people of the command's options.
pub fn options(context: &Context<'_>) -> Result<Options, Problem> {
    let global = &context.global;
    let person = |name: &'static str, given: &Option<String>| {
        let given = given.as_deref().filter(|person| !person.is_empty());
        let line = given.map(poolbook::domain::text::line).transpose();
        line.map_err(|error| Problem::data(error.code()).with("field", name).with("text", "…"))
    };
    let people = People {
        maker: person("maker", &global.maker)?,
        checker: person("checker", &global.checker)?,
        approver: person("approver", &global.approver)?,
    };
    let now = now();
    clock::in_range(now)?;
    let (clock_confirmed, date_confirmed) = (global.confirm_clock, global.confirm_date);
    Ok(Options { now, people, dry_run: global.dry_run, clock_confirmed, date_confirmed })
}

/// The present time, to the second.
pub fn now() -> Timestamp {
    // A time that cannot be written becomes the latest possible one, which recording refuses.
    let now = Timestamp::try_from(SystemTime::now()).unwrap_or(Timestamp::MAX);
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// Today in China, where the book is kept.
pub fn today() -> poolbook::domain::calendar::Date {
    jiff::tz::Offset::constant(8).to_datetime(now()).date()
}
