//! Recording row by row: each row whole or not at all, the rest of the file goes on.
//!
//! Rows are written in groups of bounded size, one sync a group. A refused row is taken back from
//! the state before the next is tried.

use super::dates::Asked;
use super::record::same_content;
use super::{Batch, Book, Options, Outcome, Reversed, Scope, Summary, clock, dates, journal};
use crate::domain::apply::apply;
use crate::domain::consequence::{Before, Consequences};
use crate::domain::decide::{Context, Limits, decide, follow_ups, original_of, rests_on};
use crate::domain::entry::{Entry, id_hash};
use crate::domain::event::Event;
use crate::domain::seal::Seals;
use crate::problem::Problem;
use crate::store::Store;
use foldhash::HashMap;
use std::collections::VecDeque;

/// Entries gathered before a group is written.
const GROUP: usize = 4096;

/// Rows taken in and not written yet.
#[derive(Default)]
pub struct RowGroup {
    entries: Vec<Entry>,
    /// Hash of the id to the place in `entries`.
    ids: HashMap<u64, usize>,
    new: u64,
    already: u64,
    reversed: Vec<Reversed>,
    consequences: Consequences,
    /// What the rows are asked about their dates, from the first one on.
    asked: Option<Asked>,
    /// What an event of the group seals, once one does.
    seals: Option<Seals>,
}

impl<S: Store> Book<S> {
    /// Takes in the events of one row, all of them or none. Cost: linear in the row; every
    /// few thousand entries one sync.
    ///
    /// # Errors
    /// The refusal, with the row taken back; or a failure of the store, after which the book must be
    /// opened again.
    pub fn record_row(
        &mut self,
        events: Vec<Event>,
        options: &Options,
        group: &mut RowGroup,
        on: &mut dyn FnMut(Outcome<'_>),
    ) -> Result<(), Problem> {
        let (before, told) = (group.entries.len(), group.consequences.mark());
        self.state.mark();
        let mut already = Vec::new();
        if let Err(problem) = self.try_row(events, options, group, &mut already) {
            self.state.take_back();
            group.consequences.cut(told);
            for entry in group.entries.drain(before..) {
                group.ids.remove(&id_hash(&entry.event.id));
            }
            return Err(problem);
        }
        self.state.keep();
        for seq in already {
            group.already += 1;
            group.reversed.extend(self.reversed(seq));
            on(Outcome::Already(seq));
        }
        for entry in group.entries.iter().skip(before) {
            self.delta.add(entry, &self.state);
            group.new += 1;
            on(Outcome::New(entry));
        }
        if group.entries.len() >= GROUP { self.write_rows(options, group) } else { Ok(()) }
    }

    /// Writes what is left and tells what became of all rows.
    ///
    /// # Errors
    /// A failure of the store, after which the book must be opened again.
    pub fn finish_rows(
        &mut self,
        options: &Options,
        mut group: RowGroup,
    ) -> Result<Summary, Problem> {
        self.write_rows(options, &mut group)?;
        if options.dry_run && group.new > 0 {
            self.load(Scope::All)?;
        }
        let RowGroup { new, already, reversed, consequences, .. } = group;
        Ok(Summary { new, already, reversed, consequences, head: self.head() })
    }

    fn try_row(
        &mut self,
        events: Vec<Event>,
        options: &Options,
        group: &mut RowGroup,
        already: &mut Vec<u64>,
    ) -> Result<(), Problem> {
        let journal = journal(&self.head());
        let asked = *group.asked.get_or_insert_with(|| Asked::of(&self.state, true));
        let mut events = VecDeque::from(events);
        while let Some(mut event) = events.pop_front() {
            if let Some(recorded) = self.recorded_in(&event.id, group)? {
                already.extend(same_content(&event, &recorded)?);
                continue;
            }
            clock::check(self.state.last_recorded, options)?;
            dates::not_future(event.date, options)?;
            options.people.complete(&mut event);
            let first = journal.entries + 1;
            let named = original_of(&event.kind);
            let original =
                named.map(|seq| self.reversible(seq, first, group)).transpose()?.flatten();
            let mut later = Vec::new();
            for seq in rests_on(&self.state, &event.kind, original.as_ref()) {
                later.extend(self.reversible(seq, first, group)?);
            }
            let seq = first + group.entries.len() as u64;
            let (recorded, original) = (options.now, original.as_ref());
            self.prepare_seals(&event.kind, &mut group.seals)?;
            let (limits, seals) = (Limits::Held, group.seals.as_ref());
            let later = later.as_slice();
            let context = Context { seq, recorded, original, later, limits, journal, seals };
            let entry = decide(&self.state, event, &context)?;
            dates::not_far(&self.state, &entry, options, asked)?;
            let seen = Before::of(&self.state, &entry);
            apply(&mut self.state, &entry);
            group.consequences.extend(seen.after(&self.state, &entry));
            for brought in follow_ups(&self.state, &entry)?.into_iter().rev() {
                events.push_front(brought);
            }
            group.ids.insert(id_hash(&entry.event.id), group.entries.len());
            group.entries.push(entry);
        }
        Ok(())
    }

    fn recorded_in(&self, id: &str, group: &RowGroup) -> Result<Option<Entry>, Problem> {
        let waiting = group.ids.get(&id_hash(id)).and_then(|place| group.entries.get(*place));
        match waiting.filter(|entry| *entry.event.id == *id) {
            Some(entry) => Ok(Some(entry.clone())),
            None => self.find(id),
        }
    }

    fn reversible(&self, seq: u64, first: u64, group: &RowGroup) -> Result<Option<Entry>, Problem> {
        if seq >= first {
            let place = usize::try_from(seq - first).ok();
            return Ok(place.and_then(|place| group.entries.get(place)).cloned());
        }
        let known = 1 <= seq && seq <= self.head().count;
        if known { self.entry(seq).map(Some) } else { Ok(None) }
    }

    fn write_rows(&mut self, options: &Options, group: &mut RowGroup) -> Result<(), Problem> {
        // A dry run keeps its entries, which later rows may name.
        if options.dry_run || group.entries.is_empty() {
            return Ok(());
        }
        group.ids.clear();
        group.seals = None;
        let mut entries = std::mem::take(&mut group.entries);
        let last = entries.len() as u64;
        for (entry, place) in entries.iter_mut().zip(1u64..) {
            entry.more = last - place;
        }
        let written = self
            .store
            .begin()
            .and_then(|()| self.store.write(Box::new(Batch(entries))))
            .and_then(|()| self.store.commit());
        match written {
            Ok(_) => self.update_index(),
            Err(error) => {
                self.store.abandon()?;
                self.load(Scope::All)?;
                Err(error.into())
            }
        }
    }
}
