//! Bank statements, matches of lines and certificates, made again from the entries (invariant 8).
//!
//! Matching itself is not done again: a better search would find other matches in an old book. What a
//! certificate says is held to this: its lines are those that stood, its balances are theirs, and its
//! open items are lines of that day that explain the difference to the fen.
//!
//! Memory: the movements of statements, and 32 bytes a line on a bank account. A certificate costs
//! the lines of its account.

use super::checks::{Check, Tally};
use crate::audit::reconcile::StatementLine;
use crate::audit::statements::{self, Batch, Chain, Difference, compare};
use crate::domain::account::Side;
use crate::domain::calendar::Date;
use crate::domain::entry::Entry;
use crate::domain::event::{Certify, ImportStatement, Kind, MatchLines};
use crate::domain::money::{Money, Total};
use crate::domain::statement::figures::{DayFacts, Figures};
use crate::domain::statement::{Movement, NET_BANK, posting};
use crate::domain::text::Id;
use compact_str::{CompactString, format_compact};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most differences told of two sources of one account.
const DIFFERENCES_MAX: usize = 100;

/// A statement as its parts tell it.
struct Told {
    first: u64,
    last: u64,
    account: Id,
    channel: CompactString,
    from: Date,
    to: Date,
    opening: Money,
    closing: Money,
    over_gap: bool,
    movements: Vec<Movement>,
    parts: u64,
    seen: u64,
    undone: Option<u64>,
}

impl Told {
    fn batch(&self) -> Batch<'_> {
        Batch {
            entry: self.first,
            from: self.from,
            to: self.to,
            opening: self.opening,
            closing: self.closing,
            over_gap: self.over_gap,
            movements: &self.movements,
        }
    }

    /// True when it counts in a journal of so many entries.
    fn counts(&self, known_at: u64) -> bool {
        let undone = self.undone.is_some_and(|entry| entry <= known_at);
        self.seen == self.parts && self.last <= known_at && !undone
    }
}

/// A line on a bank account.
#[derive(Clone, Copy)]
struct Posted {
    entry: u64,
    line: u32,
    date: Date,
    amount: Money,
}

struct Matched {
    seq: u64,
    account: Id,
    lines: Vec<CompactString>,
    postings: Vec<(u64, u32)>,
    undone: Option<u64>,
}

struct Certificate {
    seq: u64,
    account: Id,
    day: Date,
    figures: Figures,
}

/// What a day is made of.
struct Day {
    facts: String,
    statement: Option<Money>,
    book: Total,
    lines: u64,
    postings: u64,
}

/// The pass.
#[derive(Default)]
pub(super) struct Statements {
    told: Vec<Told>,
    by_id: HashMap<Id, usize>,
    match_ids: HashMap<Id, usize>,
    posted: HashMap<Id, Vec<Posted>>,
    matched: Vec<Matched>,
    certificates: Vec<Certificate>,
}

impl Statements {
    /// Takes an entry in and checks it.
    pub fn take(&mut self, seq: u64, entry: &Entry, tally: &mut Tally) {
        for (number, line) in (1..).zip(&entry.lines) {
            let Some(account) = line.bank_account.as_ref().filter(|_| line.account.is_cash())
            else {
                continue;
            };
            let amount = match line.side {
                Side::Debit => line.amount,
                Side::Credit => line.amount.negated(),
            };
            let posted = Posted { entry: seq, line: number, date: entry.event.date, amount };
            match self.posted.get_mut(account) {
                Some(lines) => lines.push(posted),
                None => drop(self.posted.insert(account.clone(), vec![posted])),
            }
        }
        match &entry.event.kind {
            Kind::ImportStatement(own) => self.import(seq, entry, own, tally),
            Kind::UndoStatement(own) => {
                let told =
                    self.by_id.get(&own.statement).and_then(|place| self.told.get_mut(*place));
                if let Some(told) = told {
                    told.undone.get_or_insert(seq);
                }
            }
            Kind::MatchLines(own) => self.matched(seq, &entry.event.id, own),
            Kind::UnmatchLines(own) => {
                let found = self
                    .match_ids
                    .get(&own.matching)
                    .and_then(|place| self.matched.get_mut(*place));
                if let Some(matched) = found {
                    matched.undone.get_or_insert(seq);
                }
            }
            Kind::Certify(own) => self.certify(seq, entry, own, tally),
            _ => {}
        }
    }

    /// Each movement leads from one balance to the next, and all of them from opening to closing.
    fn import(&mut self, seq: u64, entry: &Entry, own: &ImportStatement, tally: &mut Tally) {
        let movements = Movement::read_all(&own.movements).unwrap_or_default();
        let is_first = own.part.is_none_or(|part| part.0 == 1);
        if is_first {
            self.by_id.insert(entry.event.id.clone(), self.told.len());
            self.told.push(Told {
                first: seq,
                last: seq,
                account: own.bank_account.clone(),
                channel: own.channel.as_deref().map_or(NET_BANK.into(), CompactString::new),
                from: own.from,
                to: entry.event.date,
                opening: own.opening.0,
                closing: own.closing.0,
                over_gap: own.gap_reason.is_some(),
                movements: Vec::new(),
                parts: own.parts.map_or(1, |parts| parts.0),
                seen: 0,
                undone: None,
            });
        }
        let Some(told) = self.told.last_mut() else { return };
        (told.last, told.seen) = (seq, told.seen.saturating_add(1));
        let mut balance = told.movements.last().map_or(told.opening, |last| last.balance).into();
        let mut day = told.movements.last().map_or(told.from, |last| last.date);
        for movement in movements {
            let subject = format_args!("{} row {}", told.account, movement.row);
            let expected = balance + Total::from(movement.amount);
            tally.same(Check::StatementSums, seq, subject, expected, movement.balance.into());
            if movement.date < day || movement.date > told.to {
                let days = format_args!("{day}..{}", told.to);
                let subject = format_args!("{} row {}", told.account, movement.row);
                tally.find(Check::StatementSums, seq, subject, days, movement.date);
            }
            (balance, day) = (Total::from(movement.balance), movement.date.max(day));
            told.movements.push(movement);
        }
        if told.seen == told.parts {
            let closing = Total::from(told.closing);
            tally.same(Check::StatementSums, seq, &told.account, balance, closing);
        }
    }

    fn matched(&mut self, seq: u64, id: &Id, own: &MatchLines) {
        self.match_ids.insert(id.clone(), self.matched.len());
        let names = own.postings.iter().flatten();
        self.matched.push(Matched {
            seq,
            account: own.bank_account.clone(),
            lines: own.lines.clone().unwrap_or_default(),
            postings: names.filter_map(|name| posting(name)).collect(),
            undone: None,
        });
    }

    /// The batches of a channel that count, with the chain that they make.
    fn chain(&self, account: &str, channel: &str, known_at: u64) -> (Vec<Batch<'_>>, Chain) {
        let of = |told: &&Told| {
            *told.account == *account && told.channel == channel && told.counts(known_at)
        };
        let batches: Vec<Batch<'_>> = self.told.iter().filter(of).map(Told::batch).collect();
        let chain = statements::chain(&batches);
        (batches, chain)
    }

    /// The lines that stand.
    fn lines(&self, account: &str, channel: &str, known_at: u64) -> Vec<StatementLine> {
        let (batches, chain) = self.chain(account, channel, known_at);
        let named = chain.named(&batches, account, channel).into_iter();
        let line = |named: statements::Named| {
            let movement = statements::movement(&batches, named.place)?;
            Some(StatementLine {
                id: named.id,
                date: movement.date,
                amount: movement.amount,
                balance: movement.balance,
                memo: movement.memo.to_string(),
                name: movement.name.to_string(),
                account: movement.account.to_string(),
                row: movement.row,
                ..StatementLine::default()
            })
        };
        named.filter_map(line).collect()
    }

    fn day(&self, (account, channel): (&str, &str), day: Date, known_at: u64) -> Day {
        let (batches, chain) = self.chain(account, channel, known_at);
        let (mut facts, mut lines) = (DayFacts::new(account, day), 0);
        for named in chain.named(&batches, account, channel) {
            let movement = statements::movement(&batches, named.place);
            if movement.is_some_and(|movement| movement.date <= day) {
                facts.line(&named.id);
                lines += 1;
            }
        }
        let (mut book, mut postings) = (Total::ZERO, 0);
        let posted = self.posted.get(account).into_iter().flatten();
        for line in posted.filter(|line| line.entry <= known_at && line.date <= day) {
            facts.posting(line.entry, line.line, line.amount);
            book += line.amount.into();
            postings += 1;
        }
        let statement = chain.balance(&batches, day);
        Day { facts: facts.finish(), statement, book, lines, postings }
    }

    /// What a certificate says is what the entries before it make.
    fn certify(&mut self, seq: u64, entry: &Entry, own: &Certify, tally: &mut Tally) {
        const CHECK: Check = Check::CertificateDiffers;
        tally.look(CHECK);
        let (account, day) = (&own.bank_account, entry.event.date);
        let subject = format!("{account} {day}");
        let Ok(figures) = Figures::read(&own.figures) else {
            tally.find(CHECK, seq, subject, "figures", "-");
            return;
        };
        let digest = figures.digest(account, day);
        if digest != *own.digest {
            tally.find(CHECK, seq, &subject, digest, &own.digest);
        }
        let made = self.day((account, &figures.channel), day, figures.entries);
        let shown = |day: &Day| {
            let statement = day.statement.map_or_else(|| "-".to_owned(), |money| money.to_string());
            format!("{statement} {} {} {} {}", day.book, day.lines, day.postings, day.facts)
        };
        let told = Day {
            facts: figures.facts.clone(),
            statement: Some(figures.statement),
            book: figures.book.into(),
            lines: figures.lines,
            postings: figures.postings,
        };
        if shown(&made) != shown(&told) {
            tally.find(CHECK, seq, &subject, shown(&made), shown(&told));
        }
        self.check_open(seq, (&subject, account), day, &figures, tally);
        let certificate = Certificate { seq, account: account.clone(), day, figures };
        self.certificates.push(certificate);
    }

    /// The open items are lines of the day, each once, and both balances adjusted by them are equal.
    fn check_open(
        &self,
        seq: u64,
        (subject, account): (&str, &Id),
        day: Date,
        figures: &Figures,
        tally: &mut Tally,
    ) {
        const CHECK: Check = Check::CertificateDiffers;
        let [statement, book] = figures.adjusted_sides();
        if statement != book || statement != figures.adjusted.into() {
            let sides = format_args!("{statement} {book}");
            tally.find(CHECK, seq, subject, figures.adjusted, sides);
        }
        let mut held: HashMap<CompactString, (Date, Money)> = HashMap::new();
        for line in self.lines(account, &figures.channel, figures.entries) {
            held.insert(line.id, (line.date, line.amount));
        }
        let posted = self.posted.get(account).into_iter().flatten();
        for line in posted.filter(|line| line.entry <= figures.entries) {
            let name = format_compact!("{}.{}", line.entry, line.line);
            held.insert(name, (line.date, line.amount));
        }
        for item in &figures.open {
            let effect = item.effect().map(|(amount, _)| amount);
            let found = held.remove(&item.line).filter(|(date, amount)| {
                *date == item.date && *date <= day && Some(Total::from(*amount)) == effect
            });
            if found.is_none() {
                let told = format_args!("{} {} {}", item.kind, item.date, item.amount);
                tally.find(CHECK, seq, format_args!("{subject} {}", item.line), "-", told);
            }
        }
    }

    /// What can be told only when everything is known.
    pub fn finish(&self, entries: u64, tally: &mut Tally) {
        let mut channels: BTreeMap<&Id, BTreeSet<&str>> = BTreeMap::new();
        for told in &self.told {
            tally.look(Check::StatementChain);
            if told.seen != told.parts && told.undone.is_none() {
                let parts = format_args!("{} parts", told.parts);
                tally.find(Check::StatementChain, told.first, &told.account, parts, told.seen);
            }
            channels.entry(&told.account).or_default().insert(&told.channel);
        }
        for (account, names) in &channels {
            for name in names {
                self.check_chain(account, name, entries, tally);
            }
            self.check_sources(account, names, entries, tally);
        }
        self.check_matches(&channels, entries, tally);
        let mut last: BTreeMap<(&Id, Date), &Certificate> = BTreeMap::new();
        for certificate in &self.certificates {
            last.insert((&certificate.account, certificate.day), certificate);
        }
        for certificate in last.values() {
            tally.look(Check::CertificateBroken);
            if let Some(by) = self.broken_by(certificate, entries) {
                let subject = format_args!("{} {}", certificate.account, certificate.day);
                let found = format_args!("entry {by}");
                tally.find(Check::CertificateBroken, certificate.seq, subject, "-", found);
            }
        }
    }

    /// Statements that do not meet the others.
    fn check_chain(&self, account: &Id, channel: &str, entries: u64, tally: &mut Tally) {
        let (batches, chain) = self.chain(account, channel, entries);
        for (batch, waiting) in batches.iter().zip(&chain.waiting) {
            if let Some(waiting) = waiting {
                let row = waiting.row.map_or_else(|| "-".to_owned(), |row| row.to_string());
                let subject = format_args!("{account} {channel} row {row}");
                let (expected, found) = (waiting.expected, waiting.found);
                tally.find(Check::StatementChain, batch.entry, subject, expected, found);
            }
        }
    }

    /// Every further source against the first, over the days that both cover.
    fn check_sources(&self, account: &Id, names: &BTreeSet<&str>, entries: u64, tally: &mut Tally) {
        let entry = |name: &str| {
            let told = self.told.iter().filter(|told| told.account == *account);
            let told = told.filter(|told| told.channel == *name && told.counts(entries));
            told.map(|told| told.first).min()
        };
        let mut names: Vec<(&str, u64)> =
            names.iter().filter_map(|name| Some((*name, entry(name)?))).collect();
        names.sort_by_key(|(name, first)| (*name != NET_BANK, *first));
        let Some(((first, _), others)) = names.split_first() else { return };
        let (one, days) = (self.lines(account, first, entries), self.days(account, first, entries));
        for (name, entry) in others {
            tally.look(Check::StatementSources);
            let (Some(days), Some(own)) = (days, self.days(account, name, entries)) else {
                continue;
            };
            let common = (days.0.max(own.0), days.1.min(own.1));
            let other = self.lines(account, name, entries);
            for difference in compare(&one, &other, common).iter().take(DIFFERENCES_MAX) {
                let (expected, found) = told(difference, &one, &other);
                let subject = format_args!("{account} {name} {}", difference.code());
                tally.find(Check::StatementSources, *entry, subject, expected, found);
            }
        }
    }

    /// First and last day that a channel covers.
    fn days(&self, account: &str, channel: &str, entries: u64) -> Option<(Date, Date)> {
        let (_, chain) = self.chain(account, channel, entries);
        Some((chain.segments.first()?.from, chain.segments.last()?.to))
    }

    /// Lines that are matched stand, and come to the same on both sides.
    fn check_matches(
        &self,
        channels: &BTreeMap<&Id, BTreeSet<&str>>,
        entries: u64,
        tally: &mut Tally,
    ) {
        if self.matched.is_empty() {
            return;
        }
        let mut amounts: HashMap<(&Id, CompactString), Money> = HashMap::new();
        for (account, names) in channels {
            for line in names.iter().flat_map(|name| self.lines(account, name, entries)) {
                amounts.insert((account, line.id), line.amount);
            }
        }
        for (account, lines) in &self.posted {
            for line in lines {
                let name = format_compact!("{}.{}", line.entry, line.line);
                amounts.insert((account, name), line.amount);
            }
        }
        for matched in self.matched.iter().filter(|matched| matched.undone.is_none()) {
            tally.look(Check::MatchUnequal);
            let names =
                matched.postings.iter().map(|(entry, line)| format_compact!("{entry}.{line}"));
            let sum =
                |names: &mut dyn Iterator<Item = CompactString>| -> Result<Total, CompactString> {
                    let mut sum = Total::ZERO;
                    for name in names {
                        let amount = amounts.get(&(&matched.account, name.clone())).ok_or(name)?;
                        sum += Total::from(*amount);
                    }
                    Ok(sum)
                };
            let sides = (sum(&mut matched.lines.iter().cloned()), sum(&mut names.into_iter()));
            match sides {
                (Ok(statement), Ok(book)) if statement == book => {}
                (Ok(statement), Ok(book)) => {
                    let account = &matched.account;
                    tally.find(Check::MatchUnequal, matched.seq, account, statement, book);
                }
                (Err(name), _) | (_, Err(name)) => {
                    let account = &matched.account;
                    tally.find(Check::MatchUnequal, matched.seq, account, name, "-");
                }
            }
        }
    }

    /// The first entry after a certificate that changed its day.
    fn broken_by(&self, certificate: &Certificate, entries: u64) -> Option<u64> {
        let Certificate { account, day, figures, .. } = certificate;
        let since = figures.entries;
        let mut candidates: BTreeSet<u64> = BTreeSet::new();
        let posted = self.posted.get(account).into_iter().flatten();
        candidates.extend(
            posted.filter(|line| line.entry > since && line.date <= *day).map(|line| line.entry),
        );
        let told = self.told.iter().filter(|told| told.account == *account && told.from <= *day);
        candidates.extend(
            told.flat_map(|told| [Some(told.last), told.undone])
                .flatten()
                .filter(|entry| *entry > since && *entry <= entries),
        );
        // A match that was known then and taken back since was part of what was certified.
        let known = self.matched.iter().filter(|one| one.account == *account && one.seq <= since);
        let taken_back: BTreeSet<u64> = known.filter_map(|one| one.undone).collect();
        candidates.extend(taken_back.iter().filter(|entry| **entry > since));
        let is_broken = |entry: &u64| {
            let made = self.day((account, &figures.channel), *day, *entry);
            taken_back.contains(entry)
                || made.facts != figures.facts
                || made.statement != Some(figures.statement)
        };
        candidates.into_iter().find(is_broken)
    }
}

/// What the first source says, and what the second.
fn told(
    difference: &Difference,
    first: &[StatementLine],
    second: &[StatementLine],
) -> (String, String) {
    let line = |lines: &[StatementLine], place: usize| {
        let line = lines.get(place);
        line.map_or_else(String::new, |line| {
            let texts = [line.name.as_str(), line.account.as_str(), line.memo.as_str()].join(" ");
            format!("{} {} row {} {}", line.date, line.amount, line.row, texts.trim())
                .trim_end()
                .to_owned()
        })
    };
    match difference {
        Difference::Missing { first: place } => (line(first, *place), "-".to_owned()),
        Difference::Extra { second: place } => ("-".to_owned(), line(second, *place)),
        Difference::Amount { first: one, second: other }
        | Difference::Date { first: one, second: other }
        | Difference::Text { first: one, second: other } => {
            (line(first, *one), line(second, *other))
        }
        Difference::Balance { day, expected, found } => {
            (format!("{day} {expected}"), format!("{day} {found}"))
        }
    }
}
