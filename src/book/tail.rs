//! Entries that were found behind the head: they count when deciding them again gives their bytes.
//!
//! A power cut or a kill can leave entries there that were acknowledged. So can an editor, a program
//! that synchronises folders, or `cat`: a copied line, a line of another book, an amount changed under
//! a new checksum. The store knows lines and checksums only, so the book asks each of them what it
//! asks of any entry: number, group, time of recording, id, and what the event gives by the rules.
//!
//! Invariant: no entry that may have been acknowledged is cut off. A tail without the number that
//! comes next cannot hold one and is set aside; any other that is not ours is damage, and nothing is
//! touched.

use super::Book;
use super::verify::trees;
use crate::domain::apply::apply;
use crate::domain::decide::{Context, JournalHead, Limits, decide, original_of, rests_on, seals};
use crate::domain::entry::{Entry, id_hash};
use crate::domain::event::Kind;
use crate::domain::state::State;
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};
use crate::store::Store;
use foldhash::{HashMap, HashMapExt as _};

impl<S: Store> Book<S> {
    /// Judges what stands behind the head; the state must be the one that the index reflects, and is
    /// so again afterwards. Cost: none without such entries; else it is read and applied from the
    /// index on.
    pub(super) fn judge_tail(&mut self) -> Result<(), Problem> {
        let indexed = self.store.index_head();
        let count = self.store.head().count;
        // The index was only ever told of entries that were acknowledged, and leads to the journal.
        let known = indexed.map_or(0, |head| head.count);
        let vouched = self.store.vouched().max(known);
        if vouched >= count || planted(Bug::TailUnjudged) {
            return Ok(());
        }
        let state = if indexed.is_some() { self.state.clone() } else { State::default() };
        let store = &self.store;
        let mut judge = Judge {
            store,
            state,
            known,
            vouched,
            ids: HashMap::new(),
            more: 0,
            keep: vouched,
            wrong: None,
            next: false,
        };
        store.scan(known + 1, &mut |seq, bytes| Ok(judge.take(seq, bytes)?))?;
        let (keep, next) = (judge.keep, judge.next);
        match judge.wrong {
            None => Ok(()),
            Some((entry, check)) if next => Err(Problem::new("tail-altered", Exit::Damaged)
                .with("line", entry)
                .with("check", check)),
            Some(_) => Ok(self.store.disown(keep)?),
        }
    }
}

struct Judge<'s, S> {
    store: &'s S,
    state: State,
    /// Entries that the index knows by their ids.
    known: u64,
    vouched: u64,
    /// Hashes of the ids above `known`, with the entries that have them.
    ids: HashMap<u64, Vec<u64>>,
    /// How many entries of the group at hand follow.
    more: u64,
    /// The last entry of the last group that is ours.
    keep: u64,
    /// The first entry that is not, and what it failed.
    wrong: Option<(u64, &'static str)>,
    /// Whether a line from there on bears the number that comes next.
    next: bool,
}

impl<S: Store> Judge<'_, S> {
    fn take(&mut self, seq: u64, bytes: &[u8]) -> Result<(), Problem> {
        if seq > self.vouched && self.wrong.is_none() {
            match self.fault(seq, bytes)? {
                None => return Ok(()),
                Some(check) => {
                    self.wrong = Some((seq, check));
                    // What goes before it in its group bears that number.
                    self.next = seq > self.keep + 1;
                }
            }
        }
        if self.wrong.is_some() {
            self.next |= number(bytes) == Some(self.keep + 1);
            return Ok(());
        }
        let entry = Entry::decode(bytes)?;
        self.ids.entry(id_hash(&entry.event.id)).or_default().push(seq);
        apply(&mut self.state, &entry);
        Ok(())
    }

    /// The first test that an entry fails; one that fails none is taken in.
    fn fault(&mut self, seq: u64, bytes: &[u8]) -> Result<Option<&'static str>, Problem> {
        let Ok(given) = Entry::decode_given(bytes) else { return Ok(Some("entry-unreadable")) };
        if given.seq != seq {
            return Ok(Some("entry-seq"));
        }
        if self.more > 0 && given.more != self.more - 1 {
            return Ok(Some("group-torn"));
        }
        if self.state.last_recorded.is_some_and(|last| given.recorded < last) {
            return Ok(Some("recorded-order"));
        }
        let hash = id_hash(&given.event.id);
        if self.is_known(hash, &given.event.id)? {
            return Ok(Some("id-doubled"));
        }
        let kind = &given.event.kind;
        let named = original_of(kind).filter(|named| (1..seq).contains(named));
        let read = |seq: u64| Entry::decode(&self.store.read(seq)?);
        let original = named.map(read).transpose()?;
        let later = rests_on(&self.state, kind, original.as_ref());
        let later = later.into_iter().map(read).collect::<Result<Vec<_>, Problem>>()?;
        // What a seal says of the journal is compared by `verify`, which reads all of it.
        let sealed = matches!(given.event.kind, Kind::Certify(_)) || seals(&given.event.kind);
        let (journal, told) =
            if sealed { trees::told(&given, bytes) } else { (JournalHead::default(), None) };
        let mut check = "entry-refused";
        for limits in [Limits::Held, Limits::Noted] {
            let (recorded, original, later) = (given.recorded, original.as_ref(), later.as_slice());
            let context =
                Context { seq, recorded, original, later, limits, journal, seals: told.as_ref() };
            let Ok(entry) = decide(&self.state, given.event.clone(), &context) else { continue };
            let entry = Entry { more: given.more, ..entry };
            if entry.to_bytes() == bytes {
                self.ids.entry(hash).or_default().push(seq);
                apply(&mut self.state, &entry);
                self.more = given.more;
                if given.more == 0 {
                    self.keep = seq;
                }
                return Ok(None);
            }
            check = "entry-differs";
        }
        Ok(Some(check))
    }

    /// Whether an entry before this one has the id.
    fn is_known(&self, hash: u64, id: &str) -> Result<bool, Problem> {
        let mut same = self.ids.get(&hash).cloned().unwrap_or_default();
        if self.known > 0 {
            same.extend(self.store.find(hash)?.into_iter().filter(|seq| *seq <= self.known));
        }
        for seq in same {
            if *Entry::decode(&self.store.read(seq)?)?.event.id == *id {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The number that a line gives itself.
fn number(bytes: &[u8]) -> Option<u64> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    value.get("seq")?.as_u64()
}
