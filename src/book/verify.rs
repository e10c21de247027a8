//! `verify`: rechecks everything and lists every finding.
//!
//! One pass over the journal's bytes on four threads: the store's reader checks checksums, framing
//! and the tree; the caller's thread reads each event; the third decides the event again with the
//! state that the entries before it make and compares the bytes with what stands in the journal;
//! the fourth takes each entry through the auditors' own checks. At the end the index is compared, row by row, with
//! what the entries say. An entry whose bytes are what deciding gives need not be parsed: the
//! decided entry is the stored one.
//!
//! Cost: linear in the journal; memory: the state, 24 bytes an entry, and a few chunks of lines.

use crate::audit::compare::{self, compare};
use crate::audit::finding::{Compared, Finding, Made};
use crate::audit::movements::Rows;
use crate::audit::owner_trees;
use crate::audit::turnover::Delta;
use crate::audit::verify::{CHECKS, Outcome, Summary};
use crate::book::against::{self, Against, Watched};
use crate::domain::apply::apply;
use crate::domain::decide::{Context, JournalHead, Limits, decide, original_of, rests_on, seals};
use crate::domain::digest::hex;
use crate::domain::entry::{Entry, Given};
use crate::domain::event::Kind;
use crate::domain::seal::Seals;
use crate::domain::state::State;
use crate::problem::{Exit, Problem};
use crate::store::leaves::Beside;
use crate::store::{Extent, Head, ReadStore, Sight, Store};
use passes::{pass_over, stored};
use source::Source;
use std::cell::{Cell, OnceCell};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender};

mod fold;
mod passes;
mod source;
pub(super) mod trees;

pub(super) use trees::bytes_of;

/// Lines handed from thread to thread at once.
const CHUNK: usize = 256;
/// Room for the bytes of a chunk of usual lines.
const CHUNK_BYTES: usize = CHUNK * 1024;
/// Checks of the bytes, with what they look at: each line, or the journal as a whole.
const OF_BYTES: &[(&str, bool)] = &[
    ("file-mode", false),
    ("head-missing", false),
    ("head-damaged", false),
    ("journal-short", false),
    ("root-differs", false),
    ("line-damaged", true),
    ("line-unframed", true),
    ("line-torn", true),
    ("group-torn", true),
];

/// Checks of each entry against what deciding its event again gives.
pub(super) const OF_DECISIONS: &[&str] =
    &["entry-unreadable", "entry-not-canonical", "entry-refused", "entry-differs"];

/// What deciding is told of the journal where it does not ask.
const NO_JOURNAL: JournalHead = JournalHead { entries: 0, root: [0; 32] };

/// The check of each close against the journal before it.
const CLOSE_ROOT: &str = "close-root";
/// Checks of what closes and checkpoints seal; the journal that a checkpoint names is held against
/// with the checkpoints that were kept outside.
const OF_SEALS: [&str; 2] = [CLOSE_ROOT, owner_trees::CHECK];

/// Checks of the index as a whole, before its rows are compared.
const OF_INDEX: [&str; 2] = ["index-missing", "index-unusable"];

/// Names of all checks, in the order in which they are made.
pub fn checks() -> impl Iterator<Item = &'static str> {
    let bytes = OF_BYTES.iter().map(|(code, _)| *code);
    let entries = OF_DECISIONS.iter().copied().chain(OF_SEALS).chain(CHECKS.iter().copied());
    let index = OF_INDEX.into_iter().chain([compare::CHECK]);
    bytes.chain(against::CHECKS.iter().copied()).chain(entries).chain(index)
}

/// What `verify` found.
#[derive(Clone, Debug, PartialEq)]
pub struct Verification {
    /// The journal as it stands: entries and root, computed from the bytes.
    pub head: Head,
    /// Bytes of the journal.
    pub bytes: u64,
    /// Sums over all entries.
    pub summary: Summary,
    /// True when the index was compared with the entries.
    pub index_compared: bool,
    /// Every check that was made.
    pub checks: Vec<Made>,
    /// What the journal was held against.
    pub compared: Vec<Compared>,
    /// Everything that is wrong, in the order of the journal, the index last.
    pub findings: Vec<Problem>,
}

impl Verification {
    /// For each finding the place of the one that it follows from; none for what stands for itself.
    pub fn consequences(&self) -> Vec<Option<usize>> {
        fold::consequences(&self.findings)
    }

    /// 0 when sound, 76 when bytes of the journal are damaged, else 1.
    pub fn exit(&self) -> Exit {
        let damaged = self.findings.iter().any(|finding| finding.exit == Exit::Damaged);
        match (self.findings.is_empty(), damaged) {
            (true, _) => Exit::Done,
            (false, true) => Exit::Damaged,
            (false, false) => Exit::Findings,
        }
    }
}

/// A few lines with what was read of them.
struct Chunk {
    bytes: Vec<u8>,
    lines: Vec<(u64, usize, Result<Given, Problem>)>,
}

impl Chunk {
    /// Room for everything at once: growing step by step would copy each line several times.
    fn new() -> Self {
        Self { bytes: Vec::with_capacity(CHUNK_BYTES), lines: Vec::with_capacity(CHUNK) }
    }
}

/// Rechecks a journal that lies in a file without a head, as in a backup: all but the head.
///
/// # Errors
/// The file cannot be read.
pub fn verify_lines(extent: &Extent) -> Result<Verification, Problem> {
    let nothing = Watched { beside: Beside::new(Vec::new(), None), findings: Vec::new() };
    verify_source(Source::Lines(extent), Index::Unseen, Against::default(), nothing)
}

/// The index that the journal is compared with.
pub enum Index<'r> {
    /// None is looked at.
    Unseen,
    /// Its rows.
    Rows(&'r dyn Rows),
    /// What is wrong with it as a whole.
    Wrong(Problem),
}

/// Rechecks the book of a directory; `index` is the book's own index, when it could be opened.
///
/// # Errors
/// The directory holds no book, or it cannot be read.
pub fn verify(directory: &Path, index: Option<&dyn Rows>) -> Result<Verification, Problem> {
    verify_against(directory, index, Against::default())
}

/// As [`verify`], and holds the journal against checkpoints and copies that were kept elsewhere.
/// Cost: one more thread where an SM3 root is wanted, one more reading for each copy.
///
/// # Errors
/// As [`verify`]; `origin-other`, or what is held against the journal cannot be read.
pub fn verify_against(
    directory: &Path,
    index: Option<&dyn Rows>,
    against: Against,
) -> Result<Verification, Problem> {
    let watched = against.watch(directory)?;
    let index = index.map_or(Index::Unseen, Index::Rows);
    verify_sight(&Sight::take(directory)?, index, (against, watched))
}

/// As [`verify_against`], of a book that was looked at before. What [`Against::watch`] opens is opened
/// before the book is looked at: the hashes kept at a checkpoint are never of more entries than the
/// head counts.
///
/// # Errors
/// As [`verify_against`].
pub fn verify_sight(
    sight: &Sight,
    index: Index<'_>,
    (against, watched): (Against, Watched),
) -> Result<Verification, Problem> {
    verify_source(Source::Book(sight), index, against, watched)
}

fn verify_source(
    source: Source<'_>,
    index: Index<'_>,
    against: Against,
    Watched { beside, findings: unread }: Watched,
) -> Result<Verification, Problem> {
    let (index, wrong, seen) = match index {
        Index::Unseen => (None, None, false),
        Index::Rows(rows) => (Some(rows), None, true),
        Index::Wrong(problem) => (None, Some(problem), true),
    };
    let reflected = index.map(trees::reflected).transpose()?.flatten();
    let gone = pass_over(source, &against, beside, reflected)?;
    let (state, delta, found, sealed) = gone.passed;
    let (checked, verifier, owners) = (gone.checked, gone.verifier, gone.trees);
    let mut findings = checked.findings;
    findings.extend(unread);
    let held = against.held.len() as u64;
    let passed = against::Passed {
        directory: source.path(),
        head: checked.head,
        seen: gone.seen,
        sm3: gone.sm3,
        stored: stored(&sealed, &gone.told, &checked.marked),
        told: gone.told,
    };
    let (compared, told) = against.judge(&passed)?;
    findings.extend(told);
    findings.extend(found);
    findings.extend(unlike(&sealed, &checked.marked));
    let (differing, trees_looked_at, rows_of_trees) = owners.finish();
    findings.extend(differing.iter().map(Finding::problem));
    let mut outcome = verifier.finish();
    confirm_ids(source, &mut outcome)?;
    findings.extend(outcome.findings.iter().map(Finding::problem));
    findings.extend(wrong);
    let mut rows = 0;
    if let Some(index) = index {
        let counted = Counted { rows: index, seen: Cell::new(0) };
        let differing = compare(delta, &counted)?;
        findings.extend(differing.iter().map(Finding::problem));
        compare_records(state, &counted, &mut findings)?;
        trees::compare_rows(rows_of_trees, reflected, &counted, &mut findings)?;
        rows = counted.seen.get();
    }
    let mut looked: Vec<(&'static str, u64)> = Vec::new();
    let lines = checked.head.count;
    looked.extend(OF_BYTES.iter().map(|(code, each)| (*code, if *each { lines } else { 1 })));
    looked.extend(against::CHECKS.iter().map(|code| match *code {
        "leaves-differ" => (*code, passed.seen.kept_count.unwrap_or(0)),
        "checkpoint-root" => (*code, passed.told.checkpoints.len() as u64),
        _ => (*code, held),
    }));
    looked.extend(OF_DECISIONS.iter().map(|code| (*code, lines)));
    looked.push((CLOSE_ROOT, sealed.len() as u64));
    looked.push((owner_trees::CHECK, trees_looked_at));
    looked.extend(&outcome.looked);
    looked.extend(OF_INDEX.map(|code| (code, u64::from(seen))));
    looked.push((compare::CHECK, rows));
    Ok(Verification {
        checks: made(&looked, &findings),
        head: checked.head,
        bytes: checked.bytes,
        summary: outcome.summary,
        index_compared: index.is_some(),
        compared,
        findings,
    })
}

/// Compares the ids of entries whose hashes agree. The lines are read once more rather than looked up,
/// because a damaged journal cannot be opened and its other faults are to be reported all the same.
fn confirm_ids(source: Source<'_>, outcome: &mut Outcome) -> Result<(), Problem> {
    if outcome.same_hash.is_empty() {
        return Ok(());
    }
    let wanted: HashSet<u64> = outcome.same_hash.iter().flatten().copied().collect();
    let mut found: HashMap<u64, Entry> = HashMap::new();
    source.check(|_| false, &mut (), &mut |seq, bytes| {
        if wanted.contains(&seq) {
            found.extend(Entry::decode(bytes).map(|entry| (seq, entry)));
        }
        Ok(())
    })?;
    let missing = |seq| Problem::new("entry-missing", Exit::NoInput).with("seq", seq);
    outcome.confirm(&mut |seq| found.remove(&seq).ok_or_else(|| missing(seq)))
}

/// Closes whose journal is not the one that stood before them.
fn unlike(sealed: &[(u64, JournalHead)], marked: &[(u64, Head)]) -> Vec<Problem> {
    let shown = |entries: u64, root: &[u8; 32]| format!("{entries} {}", hex(root));
    let mut findings = Vec::new();
    for (seq, told) in sealed {
        let Ok(place) = marked.binary_search_by_key(seq, |(marked, _)| *marked) else { continue };
        let Some((_, head)) = marked.get(place) else { continue };
        if (told.entries, told.root) != (head.count, head.root) {
            let (expected, found) =
                (shown(head.count, &head.root), shown(told.entries, &told.root));
            let finding = Finding::new(CLOSE_ROOT, Some(*seq), "journal", expected, found);
            findings.push(finding.problem());
        }
    }
    findings
}

/// Every check with what it found.
fn made(looked: &[(&'static str, u64)], findings: &[Problem]) -> Vec<Made> {
    let mut found: HashMap<&str, u64> = HashMap::new();
    for finding in findings {
        *found.entry(finding.code).or_default() += 1;
    }
    let made = looked.iter().map(|(code, looked_at)| {
        let findings = found.get(code).copied().unwrap_or_default();
        Made { code, looked_at: *looked_at, findings }
    });
    made.collect()
}

/// Rows that are counted while they are read.
struct Counted<'r> {
    rows: &'r dyn Rows,
    seen: Cell<u64>,
}

impl Rows for Counted<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Problem> {
        self.rows.get(key)
    }

    fn range(&self, prefix: &[u8], visit: &mut dyn FnMut(&[u8], &[u8])) -> Result<(), Problem> {
        self.rows.range(prefix, &mut |key, value| {
            self.seen.set(self.seen.get() + 1);
            visit(key, value);
        })
    }
}

/// What the third thread ends with: state, movements, findings, and what says on what journal it was
/// made.
type Passed = (State, Delta, Vec<Problem>, Vec<(u64, JournalHead)>);

/// Entries, each with its place, and where its bytes stand among those of all.
#[derive(Default)]
struct Audited {
    bytes: Vec<u8>,
    entries: Vec<(u64, Range<usize>, Entry)>,
}

/// The third thread: what the entries make, one after the other.
struct Pass<'d> {
    source: Source<'d>,
    journal: OnceCell<Option<ReadStore>>,
    state: State,
    delta: Delta,
    audited: SyncSender<Audited>,
    chunk: Vec<(u64, Range<usize>, Entry)>,
    /// Where the line at hand begins in its chunk.
    start: usize,
    found: Vec<Problem>,
    bytes: Vec<u8>,
    /// Closes and certificates, each with the journal that it says it was made on.
    sealed: Vec<(u64, JournalHead)>,
}

impl<'d> Pass<'d> {
    fn new(source: Source<'d>, audited: SyncSender<Audited>) -> Self {
        Self {
            source,
            journal: OnceCell::new(),
            state: State::default(),
            delta: Delta::default(),
            audited,
            chunk: Vec::with_capacity(CHUNK),
            start: 0,
            found: Vec::new(),
            bytes: Vec::new(),
            sealed: Vec::new(),
        }
    }

    fn run(mut self, arrived: &Receiver<Chunk>) -> Passed {
        for chunk in arrived {
            self.start = 0;
            for (seq, length, given) in chunk.lines {
                let bytes = chunk.bytes.get(self.start..self.start + length).unwrap_or_default();
                self.take(seq, bytes, given);
                self.start += length;
            }
            let next = Vec::with_capacity(CHUNK);
            let entries = std::mem::replace(&mut self.chunk, next);
            // The other side ends only when this one hangs up, so the chunk always arrives.
            let _ = self.audited.send(Audited { bytes: chunk.bytes, entries });
        }
        (self.state, self.delta, self.found, self.sealed)
    }

    fn take(&mut self, seq: u64, stored: &[u8], given: Result<Given, Problem>) {
        let rests_on_damage =
            |given: &Given| original_of(&given.event.kind).is_some() && self.journal().is_none();
        if given.as_ref().is_ok_and(rests_on_damage) {
            // The reversed entry cannot be looked up in a damaged journal, which is told already.
            return self.follow(seq, stored, Entry::decode(stored).ok());
        }
        let noted = given.as_ref().ok().filter(|given| matches!(given.event.kind, Kind::Enrol(_)));
        let noted = noted.cloned();
        let sealed = given.as_ref().map(|given| self.sealed(seq, stored, given));
        let sealed = sealed.unwrap_or((NO_JOURNAL, None));
        let decided = given.and_then(|given| self.decide_again(seq, given, Limits::Held, &sealed));
        let same = decided.as_ref().is_ok_and(|entry| self.is_stored(entry, stored));
        if !same
            && let Some(given) = noted
            && let Ok(entry) = self.decide_again(seq, given, Limits::Noted, &sealed)
            && self.is_stored(&entry, stored)
        {
            return self.follow(seq, stored, Some(entry));
        }
        let entry = match decided {
            Ok(entry) if same => Some(entry),
            Ok(entry) => self.differing(seq, stored, &entry),
            Err(problem) => {
                let stored = Entry::decode(stored);
                let check = if stored.is_ok() { "entry-refused" } else { "entry-unreadable" };
                self.tell(check, seq, "-", &problem.to_string());
                stored.ok()
            }
        };
        self.follow(seq, stored, entry);
    }

    /// True when deciding gives the stored bytes.
    fn is_stored(&mut self, entry: &Entry, stored: &[u8]) -> bool {
        self.bytes.clear();
        entry.encode(&mut self.bytes);
        self.bytes == stored
    }

    /// Takes an entry in as it stands, sound or not.
    fn follow(&mut self, seq: u64, stored: &[u8], entry: Option<Entry>) {
        let Some(entry) = entry else { return };
        apply(&mut self.state, &entry);
        self.delta.add(&entry, &self.state);
        self.chunk.push((seq, self.start..self.start + stored.len(), entry));
    }

    fn decide_again(
        &self,
        seq: u64,
        given: Given,
        limits: Limits,
        (journal, seals): &(JournalHead, Option<Seals>),
    ) -> Result<Entry, Problem> {
        let kind = &given.event.kind;
        let named = original_of(kind).filter(|named| (1..seq).contains(named));
        let original = named.and_then(|named| self.original(named));
        let later = rests_on(&self.state, kind, original.as_ref());
        let later: Vec<Entry> = later.into_iter().filter_map(|seq| self.original(seq)).collect();
        let later = later.as_slice();
        let (recorded, original) = (given.recorded, original.as_ref());
        let (journal, seals) = (*journal, seals.as_ref());
        let context = Context { seq, recorded, original, later, limits, journal, seals };
        let more = given.more;
        decide(&self.state, given.event, &context).map(|entry| Entry { more, ..entry })
    }

    /// What a close, checkpoint or certificate says it sealed; the journal is compared with what it was in the end.
    fn sealed(&mut self, seq: u64, stored: &[u8], given: &Given) -> (JournalHead, Option<Seals>) {
        let certifies = matches!(given.event.kind, Kind::Certify(_));
        if !certifies && !seals(&given.event.kind) {
            return (NO_JOURNAL, None);
        }
        let (head, seals) = trees::told(given, stored);
        if certifies || matches!(given.event.kind, Kind::Close(_)) {
            self.sealed.push((seq, head));
        }
        (head, seals)
    }

    /// The journal for look-ups, opened when the first reversal comes by; none when it is damaged.
    fn journal(&self) -> Option<&ReadStore> {
        self.journal.get_or_init(|| self.source.open().ok()).as_ref()
    }

    /// The reversed entry. Cost: one read.
    fn original(&self, seq: u64) -> Option<Entry> {
        Entry::decode(&self.journal()?.read(seq).ok()?).ok()
    }

    /// Bytes that are not what deciding gives: not an entry, not canonical, or other content.
    fn differing(&mut self, seq: u64, stored: &[u8], decided: &Entry) -> Option<Entry> {
        let entry = match Entry::decode(stored) {
            Ok(entry) => entry,
            Err(problem) => {
                self.tell("entry-unreadable", seq, "-", &problem.to_string());
                return None;
            }
        };
        if entry.to_bytes() != stored {
            self.tell("entry-not-canonical", seq, "-", "-");
        }
        if entry != *decided {
            let (expected, found) = (shown(decided), shown(&entry));
            self.tell("entry-differs", seq, &expected, &found);
        }
        Some(entry)
    }

    fn tell(&mut self, check: &'static str, seq: u64, expected: &str, found: &str) {
        self.found.push(Finding::new(check, Some(seq), "-", expected, found).problem());
    }
}

/// An entry without the parts that rarely matter, short enough for a finding.
fn shown(entry: &Entry) -> String {
    let line = |line: &crate::domain::entry::Line| {
        format!("{} {} {} {}", line.owner, line.account, line.side.code(), line.amount)
    };
    let lines: Vec<String> = entry.all_lines().map(line).collect();
    let voucher = entry.voucher.as_ref().map_or_else(String::new, |voucher| {
        format!("{} {}{} ", voucher.month, voucher.word.code(), voucher.number)
    });
    format!("{} {voucher}{} {}", entry.seq, entry.event.kind.word(), lines.join("; "))
}

/// The records of the index against those that the entries make.
fn compare_records(
    mut state: State,
    index: &dyn Rows,
    findings: &mut Vec<Problem>,
) -> Result<(), Problem> {
    let mut expected: std::collections::BTreeMap<Vec<u8>, Vec<u8>> =
        state.drain().into_iter().collect();
    let mut tell = |key: &[u8], expected: &str, found: &str| {
        let subject: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        findings.push(Finding::new(compare::CHECK, None, subject, expected, found).problem());
    };
    for table in State::tables() {
        index.range(&[table], &mut |key, value| match expected.remove(key) {
            Some(wanted) if wanted == value => {}
            Some(wanted) => {
                tell(
                    key,
                    &format!("{} bytes", wanted.len()),
                    &format!("{} other bytes", value.len()),
                );
            }
            None => tell(key, "-", "a row"),
        })?;
    }
    for key in expected.keys() {
        tell(key, "a row", "-");
    }
    Ok(())
}
