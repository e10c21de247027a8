//! Recording a group: all of it or nothing.

use super::dates::Asked;
use super::{
    Batch, Book, Options, Outcome, Reversed, RowProblem, Scope, Summary, clock, dates, journal,
};
use crate::domain::apply::apply;
use crate::domain::consequence::{Before, Consequences};
use crate::domain::decide::{
    Context, JournalHead, Limits, decide, follow_ups, is_followed, original_of, rests_on,
};
use crate::domain::entry::{Entry, id_hash};
use crate::domain::event::{Event, Kind};
use crate::domain::refusal::Reason;
use crate::domain::seal::Seals;
use crate::domain::source::EventSource;
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};
use crate::store::Store;
use foldhash::{HashMap, HashSet};

/// Entries decided before they are handed to the store together.
const BATCH: usize = 256;

/// What is under way in one group.
#[derive(Default)]
struct Run {
    /// Entries before the group.
    base: u64,
    /// The journal before the group; its root is computed once for the group.
    journal: JournalHead,
    expected: u64,
    /// What the ids of the source come to, when each of them is new and stands once: then none has
    /// to be looked for again while the events are taken in.
    distinct: Option<u64>,
    /// What the ids of the events taken in come to.
    taken: u64,
    new: u64,
    already: u64,
    reversed: Vec<Reversed>,
    consequences: Consequences,
    asked: Asked,
    row: u64,
    batch: Vec<Entry>,
    /// Hashes of the ids in `batch`, which the store does not know yet.
    waiting: HashSet<u64>,
    /// The entries are kept until the group is whole, because an event brings further ones into it and
    /// so how many follow an entry is known only at its end.
    kept: bool,
    /// Such an event came into a group that is not kept.
    followed: bool,
    /// The entries of a kept group, and of a dry run, which the store does not see, and their ids.
    tried: Vec<Entry>,
    seen: HashMap<u64, usize>,
    limits: Limits,
    /// What an event of the group seals, once one does.
    seals: Option<Seals>,
}

impl<S: Store> Book<S> {
    /// Records one event. Cost: one sync of the journal.
    ///
    /// # Errors
    /// A refusal; the book is unchanged.
    pub fn record(
        &mut self,
        event: Event,
        options: &Options,
    ) -> Result<(Option<Entry>, Summary), Problem> {
        let mut recorded = None;
        let mut source = vec![event];
        let summary = self.record_all(&mut source, options, &mut |_, outcome| {
            if let (Outcome::New(entry), None) = (outcome, &recorded) {
                recorded = Some(entry.clone());
            }
        });
        summary.map(|summary| (recorded, summary)).map_err(|refused| refused.problem)
    }

    /// Records all events of a source, or none of them.
    ///
    /// Cost: linear; the source is gone through twice, the first time for its ids only. Memory: one
    /// batch, and at most 16 bytes an event for the ids; a dry run keeps all its entries. So does a
    /// group with an event that brings further ones, which is begun again when that event comes.
    ///
    /// # Errors
    /// The first problem with its row; the book is unchanged.
    pub fn record_all(
        &mut self,
        source: &mut dyn EventSource,
        options: &Options,
        on: &mut dyn FnMut(u64, Outcome<'_>),
    ) -> Result<Summary, RowProblem> {
        let mut told = 0_u64;
        let mut count = |row: u64, outcome: Outcome<'_>| {
            told += 1;
            on(row, outcome);
        };
        if let Some(summary) = self.attempt(source, options, &mut count, false)? {
            return Ok(summary);
        }
        // The same events come out as before, so the caller hears only of those after them.
        let mut again = 0_u64;
        let mut rest = |row: u64, outcome: Outcome<'_>| {
            again += 1;
            if again > told {
                on(row, outcome);
            }
        };
        let summary = self.attempt(source, options, &mut rest, true)?;
        Ok(summary.unwrap_or_else(|| unreachable!("BUG: a kept group is not begun again")))
    }

    /// Records a group, kept or not; nothing where it has to be kept and is not, with the book as it
    /// was.
    fn attempt(
        &mut self,
        source: &mut dyn EventSource,
        options: &Options,
        on: &mut dyn FnMut(u64, Outcome<'_>),
        kept: bool,
    ) -> Result<Option<Summary>, RowProblem> {
        let no_row = |problem: Problem| RowProblem { row: 0, problem };
        let journal = journal(&self.store.head());
        let base = journal.entries;
        let (expected, distinct) = self.count_new(source, base).map_err(no_row)?;
        // An event that another one brings may bear an id of the source.
        let distinct = distinct.filter(|_| !kept);
        if expected > 0 && !options.dry_run {
            self.store.begin().map_err(|error| no_row(error.into()))?;
        }
        let past = source.tells_the_past();
        let limits = if past { Limits::Noted } else { Limits::Held };
        let asked = Asked::of(&self.state, past || expected > 1);
        let mut run =
            Run { base, journal, expected, distinct, limits, asked, kept, ..Run::default() };
        let result = self.run(source, options, &mut run, on);
        let row = run.row;
        match result.and_then(|()| self.finish(options, &mut run)) {
            Ok(()) => {
                let (new, already, reversed) = (run.new, run.already, run.reversed);
                let (consequences, head) = (run.consequences, self.store.head());
                Ok(Some(Summary { new, already, reversed, consequences, head }))
            }
            Err(problem) => {
                let cut = if options.dry_run { Ok(()) } else { self.store.abandon() };
                let loaded = cut.map_err(Problem::from).and_then(|()| match run.new {
                    0 => Ok(()),
                    _ => self.load(Scope::All),
                });
                if loaded.is_ok() && run.followed {
                    return Ok(None);
                }
                // What went wrong first is what the caller needs to know, unless taking it back
                // failed, which is worse.
                Err(RowProblem { row, problem: loaded.err().unwrap_or(problem) })
            }
        }
    }

    /// How many events of a source are new, an id that stands twice counting once; and what the ids
    /// come to when all are new and each stands once.
    fn count_new(
        &self,
        source: &mut dyn EventSource,
        base: u64,
    ) -> Result<(u64, Option<u64>), Problem> {
        let mut fresh: Vec<u64> = Vec::new();
        let (mut visited, mut sum) = (0_usize, 0_u64);
        source.ids(&mut |id| {
            visited += 1;
            if base == 0 || self.find(id)?.is_none() {
                let hash = id_hash(id);
                sum = sum.wrapping_add(hash);
                fresh.push(hash);
            }
            Ok(())
        })?;
        fresh.sort_unstable();
        fresh.dedup();
        Ok((fresh.len() as u64, (fresh.len() == visited).then_some(sum)))
    }

    fn run(
        &mut self,
        source: &mut dyn EventSource,
        options: &Options,
        run: &mut Run,
        on: &mut dyn FnMut(u64, Outcome<'_>),
    ) -> Result<(), Problem> {
        source.events(&mut |event, row| {
            run.row = row;
            if !run.kept && is_followed(&event) && self.is_new(&event, options, run)? {
                run.followed = true;
                return Err(Problem::new("bug-count", Exit::Bug));
            }
            self.take(event, row, options, run, on)
        })?;
        run.row = 0;
        self.flush(options, run)
    }

    fn take(
        &mut self,
        mut event: Event,
        row: u64,
        options: &Options,
        run: &mut Run,
        on: &mut dyn FnMut(u64, Outcome<'_>),
    ) -> Result<(), Problem> {
        let hash = id_hash(&event.id);
        run.taken = run.taken.wrapping_add(hash);
        if run.distinct.is_none()
            && let Some(seq) = self.recorded_before(&event, hash, options, run)?
        {
            run.already += 1;
            run.reversed.extend(self.reversed(seq));
            on(row, Outcome::Already(seq));
            return Ok(());
        }
        clock::check(self.state.last_recorded, options)?;
        dates::not_future(event.date, options)?;
        options.people.complete(&mut event);
        let (original, later) = self.original(&event.kind, options, run)?;
        let seq = run.base + run.new + 1;
        let (recorded, original) = (options.now, original.as_ref());
        let (limits, journal) = (run.limits, run.journal);
        self.prepare_seals(&event.kind, &mut run.seals)?;
        let seals = run.seals.as_ref();
        let later = later.as_slice();
        let context = Context { seq, recorded, original, later, limits, journal, seals };
        let mut entry = decide(&self.state, event, &context)?;
        dates::not_far(&self.state, &entry, options, run.asked)?;
        run.new += 1;
        entry.more = run.expected.saturating_sub(run.new);
        let before = Before::of(&self.state, &entry);
        apply(&mut self.state, &entry);
        run.consequences.extend(before.after(&self.state, &entry));
        self.delta.add(&entry, &self.state);
        on(row, Outcome::New(&entry));
        if run.kept || options.dry_run {
            let brought = follow_ups(&self.state, &entry)?;
            run.seen.insert(hash, run.tried.len());
            run.tried.push(entry);
            return brought
                .into_iter()
                .try_for_each(|event| self.take(event, row, options, run, on));
        }
        if run.distinct.is_none() {
            run.waiting.insert(hash);
        }
        run.batch.push(entry);
        if run.batch.len() >= BATCH { self.flush(options, run) } else { Ok(()) }
    }

    /// The reversal of an entry, if there is one.
    pub(super) fn reversed(&self, entry: u64) -> Option<Reversed> {
        self.state.reversed_by(entry).map(|by| Reversed { entry, by })
    }

    /// Whether an event is not in the book yet.
    fn is_new(&mut self, event: &Event, options: &Options, run: &mut Run) -> Result<bool, Problem> {
        let hash = id_hash(&event.id);
        Ok(run.distinct.is_some() || self.recorded_before(event, hash, options, run)?.is_none())
    }

    /// The number of the entry in which an event was recorded before with the same content.
    fn recorded_before(
        &mut self,
        event: &Event,
        hash: u64,
        options: &Options,
        run: &mut Run,
    ) -> Result<Option<u64>, Problem> {
        if let Some(tried) = run.seen.get(&hash).and_then(|place| run.tried.get(*place))
            && tried.event.id == event.id
        {
            return same_content(event, tried);
        }
        if run.waiting.contains(&hash) {
            self.flush(options, run)?;
        }
        if run.base + run.new == 0 {
            return Ok(None);
        }
        let Some(entry) = self.find(&event.id)? else { return Ok(None) };
        same_content(event, &entry)
    }

    /// The entry that an event takes back or corrects, and those that rest on a corrected one.
    fn original(
        &mut self,
        kind: &Kind,
        options: &Options,
        run: &mut Run,
    ) -> Result<(Option<Entry>, Vec<Entry>), Problem> {
        let Some(seq) = original_of(kind) else { return Ok((None, Vec::new())) };
        let original = self.entry_in_group(seq, options, run)?;
        let mut later = Vec::new();
        for seq in rests_on(&self.state, kind, original.as_ref()) {
            later.extend(self.entry_in_group(seq, options, run)?);
        }
        Ok((original, later))
    }

    /// An entry of the journal or of the group under way.
    fn entry_in_group(
        &mut self,
        seq: u64,
        options: &Options,
        run: &mut Run,
    ) -> Result<Option<Entry>, Problem> {
        self.flush(options, run)?;
        if seq == 0 || seq > run.base + run.new {
            return Ok(None);
        }
        if (run.kept || options.dry_run) && seq > run.base {
            let place = usize::try_from(seq - run.base - 1).ok();
            return Ok(place.and_then(|place| run.tried.get(place)).cloned());
        }
        self.entry(seq).map(Some)
    }

    fn flush(&mut self, options: &Options, run: &mut Run) -> Result<(), Problem> {
        if run.batch.is_empty() || options.dry_run {
            return Ok(());
        }
        run.waiting.clear();
        let batch = std::mem::replace(&mut run.batch, Vec::with_capacity(BATCH));
        self.store.write(Box::new(Batch(batch))).map_err(Problem::from)
    }

    /// Hands the entries of a kept group to the store, each with how many follow it.
    fn write_kept(&mut self, run: &mut Run) -> Result<(), Problem> {
        let mut entries = std::mem::take(&mut run.tried);
        let last = entries.len() as u64;
        for (entry, place) in entries.iter_mut().zip(1u64..) {
            entry.more = last - place;
        }
        while !entries.is_empty() {
            let rest = entries.split_off(BATCH.min(entries.len()));
            let batch = std::mem::replace(&mut entries, rest);
            self.store.write(Box::new(Batch(batch))).map_err(Problem::from)?;
        }
        Ok(())
    }

    fn finish(&mut self, options: &Options, run: &mut Run) -> Result<(), Problem> {
        if options.dry_run {
            return if run.new > 0 { self.load(Scope::All) } else { Ok(()) };
        }
        if run.kept {
            self.write_kept(run)?;
        }
        // A file that another program changes while it is read is refused here at the latest.
        let changed = run.distinct.is_some_and(|sum| sum != run.taken);
        if !run.kept && run.new != run.expected || changed {
            return Err(Problem::new("bug-count", Exit::Bug)
                .with("expected", run.expected)
                .with("found", run.new));
        }
        if run.new == 0 {
            return Ok(());
        }
        self.store.commit()?;
        self.update_index()
    }
}

/// The number of an entry recorded under the id of an event.
///
/// # Errors
/// `id-reused`: it has other content.
pub(super) fn same_content(event: &Event, recorded: &Entry) -> Result<Option<u64>, Problem> {
    let differing = event.differing_fields(&recorded.event);
    if differing.is_empty() || planted(Bug::IdReused) {
        return Ok(Some(recorded.seq));
    }
    Err(Reason::IdReused
        .refuse()
        .with("id", &event.id)
        .with("entry", recorded.seq)
        .with("fields", differing.join(", ")))
}
