//! What the state knows of statements: small records only. The movements stay in the journal.

use crate::domain::calendar::Date;
use crate::domain::event::ReconcileSettings;
use crate::domain::money::Money;
use crate::domain::registry::tables;
use crate::domain::table::{Numbers, Put, Record, Table};
use crate::domain::text::Id;
use crate::limits::CERTIFICATE_TOUCHES_MAX;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// A statement that was taken in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// Id of the event of its first part.
    pub id: Id,
    /// Bank account.
    pub bank_account: Id,
    /// The way by which it was got.
    pub channel: CompactString,
    /// Entry of its first part; the others follow without a gap.
    pub entry: u64,
    /// How many parts it has.
    pub parts: u64,
    /// How many of them are recorded; until all are, it does not count.
    pub recorded: u64,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Balance before its first movement.
    pub opening: Money,
    /// Balance after its last movement.
    pub closing: Money,
    /// Balance after the last movement recorded so far, and its day.
    pub reached: (Money, Date),
    /// How many movements are recorded so far.
    pub lines: u64,
    /// Hash of the file, in hexadecimal.
    pub sha256: CompactString,
    /// Name of the file.
    pub file: CompactString,
    /// Layout by which it was read.
    pub profile: CompactString,
    /// Who recorded it.
    pub maker: Option<CompactString>,
    /// Who got it from the bank, where that is told.
    pub fetched_by: Option<CompactString>,
    /// Why it stands though the statement before it is missing.
    pub gap_reason: Option<CompactString>,
    /// Entry that took it out again.
    pub undone: Option<u64>,
}

impl Import {
    /// Who got it from the bank: as told, or who recorded it.
    pub fn person(&self) -> Option<&CompactString> {
        self.fetched_by.as_ref().or(self.maker.as_ref())
    }

    /// True when all of its parts are recorded.
    pub fn is_whole(&self) -> bool {
        self.recorded == self.parts
    }

    /// The entry of its last part that is recorded.
    pub fn last(&self) -> u64 {
        self.entry.saturating_add(self.recorded).saturating_sub(1)
    }
}

/// Lines that a person said are the same money.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LineMatch {
    /// Id of the event.
    pub id: Id,
    /// Bank account.
    pub bank_account: Id,
    /// Entry.
    pub entry: u64,
    /// Lines of the statement.
    pub lines: Vec<CompactString>,
    /// Lines of the book: entry and line.
    pub postings: Vec<(u64, u32)>,
    /// Entry that took it back.
    pub undone: Option<u64>,
}

/// How lines are matched from an entry on; what was never told is none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Id of the event.
    pub id: Id,
    /// Entry.
    pub entry: u64,
    /// Days after which an open item is pointed out.
    pub age_warn_days: Option<u64>,
    /// Days apart at which lines may still be the same money.
    pub days_far: Option<u64>,
    /// Days apart that cost nothing.
    pub days_near: Option<u64>,
    /// Score from which lines are matched.
    pub match_score: Option<u64>,
    /// Score from which a match is proposed.
    pub propose_score: Option<u64>,
    /// Most steps of a search.
    pub steps_max: Option<u64>,
    /// Most lines of one side of a match.
    pub subset_max: Option<u64>,
}

impl Thresholds {
    /// The thresholds after an event: what it does not name stands as it stood.
    pub fn after(before: Option<&Self>, id: Id, entry: u64, own: &ReconcileSettings) -> Self {
        let new = |told: Option<crate::domain::event::Count>, stood: fn(&Self) -> Option<u64>| {
            told.map(|count| count.0).or_else(|| before.and_then(stood))
        };
        Self {
            id,
            entry,
            age_warn_days: new(own.age_warn_days, |old| old.age_warn_days),
            days_far: new(own.days_far, |old| old.days_far),
            days_near: new(own.days_near, |old| old.days_near),
            match_score: new(own.match_score, |old| old.match_score),
            propose_score: new(own.propose_score, |old| old.propose_score),
            steps_max: new(own.steps_max, |old| old.steps_max),
            subset_max: new(own.subset_max, |old| old.subset_max),
        }
    }
}

/// A day on which a bank account is certified to be tied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// The day.
    pub date: Date,
    /// Entry.
    pub entry: u64,
    /// Later entries that touch the day, the first few: one of them may have broken it.
    pub touched: Vec<u64>,
}

impl Certificate {
    fn concerns(&self, from: Date, since: u64) -> bool {
        self.date >= from && self.entry > since && self.touched.len() < CERTIFICATE_TOUCHES_MAX
    }
}

/// The certificates of a bank account, in the order of recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Certified {
    /// Bank account.
    pub bank_account: Id,
    /// Latest of the days, so that most entries need no look at the list.
    pub latest: Date,
    /// The certificates.
    pub days: Vec<Certificate>,
}

impl Certified {
    /// True when a certificate made after the entry `since` is of a day from `from` on and keeps more
    /// entries in mind.
    pub(crate) fn concerns(&self, from: Date, since: u64) -> bool {
        self.latest >= from && self.days.iter().any(|one| one.concerns(from, since))
    }

    /// An entry touches days from `from` on, of certificates made after the entry `since`.
    pub(crate) fn touch(&mut self, entry: u64, from: Date, since: u64) {
        for certificate in self.days.iter_mut().filter(|one| one.concerns(from, since)) {
            if certificate.touched.last() != Some(&entry) {
                certificate.touched.push(entry);
            }
        }
    }
}

macro_rules! records {
    ($($name:ident $table:ident $field:ident;)*) => {$(
        impl Record for $name {
            const TABLE: u8 = tables::$table;
            fn id(&self) -> &Id {
                &self.$field
            }
        }
    )*};
}
records! {
    Import IMPORT id;
    LineMatch LINE_MATCH id;
    Thresholds THRESHOLDS id;
    Certified CERTIFIED bank_account;
}

/// The tables.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Statements taken in, in the order of recording.
    pub imports: Table<Import>,
    /// Matches that persons confirmed.
    pub matches: Table<LineMatch>,
    /// Thresholds; the last ones are in force.
    pub thresholds: Table<Thresholds>,
    /// Certificates by bank account.
    pub certified: Table<Certified>,
    /// Which entry matched a line.
    matched: Numbers,
}

/// Key of a line of the statement: its 48 bits.
pub fn line_key(id: &str) -> Option<u64> {
    u64::from_str_radix(id, 16).ok().filter(|_| id.len() == 12)
}

/// Key of a line of the book: the highest bit tells it from a line of the statement.
pub fn posting_key((entry, line): (u64, u32)) -> u64 {
    1 << 63 | entry << 10 | u64::from(line & 0x3ff)
}

impl Facts {
    /// The thresholds in force.
    pub fn in_force(&self) -> Option<&Thresholds> {
        self.thresholds.iter().last()
    }

    /// The entry that matched a line, by its key.
    pub fn matched_by(&self, key: u64) -> Option<u64> {
        u64::try_from(self.matched.get(key)).ok().filter(|entry| *entry > 0)
    }

    /// Notes for each line of a match which entry matched it, or that none does any more.
    pub(crate) fn note_match(&mut self, one: &LineMatch, by: i128) {
        let keys = one.lines.iter().filter_map(|id| line_key(id));
        for key in keys.chain(one.postings.iter().map(|posting| posting_key(*posting))) {
            self.matched.add(key, by);
        }
    }

    /// From now on, what changes can be taken back.
    pub fn mark(&mut self) {
        self.imports.mark();
        self.matches.mark();
        self.thresholds.mark();
        self.certified.mark();
        self.matched.mark();
    }

    /// What changed since the mark stays.
    pub fn keep(&mut self) {
        self.imports.keep();
        self.matches.keep();
        self.thresholds.keep();
        self.certified.keep();
        self.matched.keep();
    }

    /// Takes back what changed since the mark. Cost: linear in the changes.
    pub fn take_back(&mut self) {
        self.imports.take_back();
        self.matches.take_back();
        self.thresholds.take_back();
        self.certified.take_back();
        self.matched.take_back();
    }

    /// Puts of everything that changed since the last call.
    pub fn drain(&mut self, puts: &mut Vec<Put>) {
        self.imports.drain(puts);
        self.matches.drain(puts);
        self.thresholds.drain(puts);
        self.certified.drain(puts);
        self.matched.drain(tables::MATCHED, puts);
    }

    /// Takes one stored put back in.
    ///
    /// # Errors
    /// `None` when the bytes are not what [`Facts::drain`] writes.
    pub fn load(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match *key.first()? {
            tables::IMPORT => self.imports.load(value),
            tables::LINE_MATCH => self.matches.load(value),
            tables::THRESHOLDS => self.thresholds.load(value),
            tables::CERTIFIED => self.certified.load(value),
            tables::MATCHED => self.matched.load(key, value),
            _ => None,
        }
    }
}
