//! A bank account tied to its statement as of a day: the figures of a certificate, made and looked at
//! again.

use super::Channel;
use crate::audit::reconcile::{BookLine, ItemKind, Matching, Zone};
use crate::book::Book;
use crate::domain::calendar::Date;
use crate::domain::event::{Certify, Event, Kind};
use crate::domain::money::{Money, Total};
use crate::domain::statement::facts::Certificate;
use crate::domain::statement::figures::{DayFacts, Figures, Open};
use crate::domain::text::Id;
use crate::problem::Problem;
use crate::store::Store;
use compact_str::{CompactString, format_compact};
use std::collections::BTreeSet;

/// Lines of both sides that are the same money: places in the statement's and in the book's list.
pub type Group = (Vec<usize>, Vec<usize>);

/// A bank account as of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Tie {
    /// The figures, where both adjusted balances are within the bounds of an amount.
    pub figures: Figures,
    /// Statement and book, each adjusted by what it lacks.
    pub adjusted: [Total; 2],
}

impl Tie {
    /// Ties two sides by the groups of lines that are the same money. All lines known may be given:
    /// a group that reaches beyond the day leaves its earlier lines open. Lines of the book before
    /// the first statement are left aside where that begins with a balance.
    ///
    /// # Errors
    /// `certify-uncovered` where no statement covers the day; a balance out of bounds.
    pub fn new(
        channel: &Channel,
        book: &[BookLine],
        groups: &[Group],
        (day, entries): (Date, u64),
    ) -> Result<Self, Problem> {
        let uncovered = || {
            Problem::refused("certify-uncovered")
                .with("bank_account", &channel.bank_account)
                .with("date", day)
                .with("channel", &channel.name)
        };
        let statement = channel.balance(day).ok_or_else(uncovered)?;
        let from = channel.from().filter(|_| channel.opening() != Some(Money::ZERO));
        let settled = settled(channel, book, groups, day);
        let mut open: Vec<Open> = Vec::new();
        for (place, line) in channel.until(day).iter().enumerate() {
            if !settled.0.contains(&place) {
                let kinds = [ItemKind::BankReceived, ItemKind::BankPaid];
                open.push(item(line.amount, line.date, kinds, line.id.clone()));
            }
        }
        let entered = book.iter().enumerate().filter(|(_, line)| line.date <= day);
        let (mut balance, mut facts) = (Total::ZERO, DayFacts::new(&channel.bank_account, day));
        channel.until(day).iter().for_each(|line| facts.line(&line.id));
        let mut postings: Vec<&BookLine> = Vec::new();
        for (place, line) in entered {
            balance += line.amount.into();
            postings.push(line);
            let before = from.is_some_and(|from| line.date < from);
            if !settled.1.contains(&place) && !before {
                let kinds = [ItemKind::BookReceived, ItemKind::BookPaid];
                let name = format_compact!("{}.{}", line.entry, line.line);
                open.push(item(line.amount, line.date, kinds, name));
            }
        }
        postings.sort_by_key(|line| (line.entry, line.line));
        postings.iter().for_each(|line| facts.posting(line.entry, line.line, line.amount));
        let out_of_range = |_| uncovered();
        let mut figures = Figures {
            adjusted: Money::ZERO,
            book: balance.money().map_err(out_of_range)?,
            channel: channel.name.clone(),
            entries,
            facts: facts.finish(),
            lines: channel.until(day).len() as u64,
            open,
            postings: postings.len() as u64,
            statement,
        };
        let adjusted = figures.adjusted_sides();
        figures.adjusted = adjusted[0].money().map_err(out_of_range)?;
        Ok(Self { figures, adjusted })
    }

    /// True when both adjusted balances are equal.
    pub fn agrees(&self) -> bool {
        self.adjusted[0] == self.adjusted[1]
    }

    /// The event that certifies it; its id is made of the account, the day and the journal's length.
    ///
    /// # Errors
    /// The id cannot be made.
    pub fn event(&self, bank_account: &Id, day: Date) -> Result<Event, Problem> {
        let id = format!("certify/{bank_account}/{day}/{}", self.figures.entries);
        Ok(Event {
            id: Id::parse(&id).map_err(|error| error.problem(&id))?,
            date: day,
            effective: None,
            owner: None,
            document: None,
            memo: None,
            attachments: Vec::new(),
            maker: None,
            checker: None,
            approver: None,
            kind: Kind::Certify(Certify {
                bank_account: bank_account.clone(),
                digest: self.figures.digest(bank_account, day).into(),
                figures: self.figures.json(),
            }),
        })
    }
}

/// Places of lines up to the day that are settled by it: their whole group lies up to the day.
fn settled(
    channel: &Channel,
    book: &[BookLine],
    groups: &[Group],
    day: Date,
) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let mut settled = (BTreeSet::new(), BTreeSet::new());
    for (statement, entered) in groups {
        let of_bank = statement.iter().map(|place| channel.lines.get(*place).map(|l| l.date));
        let of_book = entered.iter().map(|place| book.get(*place).map(|line| line.date));
        if of_bank.chain(of_book).all(|date| date.is_some_and(|date| date <= day)) {
            settled.0.extend(statement);
            settled.1.extend(entered);
        }
    }
    settled
}

fn item(amount: Money, date: Date, [taken, paid]: [ItemKind; 2], line: CompactString) -> Open {
    let (kind, amount) =
        if amount < Money::ZERO { (paid, amount.negated()) } else { (taken, amount) };
    Open { amount, date, kind: kind.code().into(), line }
}

/// Groups of lines that are the same money; what is only proposed is open.
fn groups(matching: &Matching) -> Vec<Group> {
    let matched = matching.groups.iter().filter(|group| group.zone == Zone::Matched);
    matched.map(|group| (group.statement.clone(), group.book.clone())).collect()
}

/// Whether a certificate still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateStanding {
    /// Nothing changed the day since.
    Holds,
    /// The entry of this number changed it.
    BrokenBy(u64),
}

impl<S: Store> Book<S> {
    /// A bank account as of a day, as a journal of so many entries knows it.
    /// Cost: reads both sides of the account.
    ///
    /// # Errors
    /// `bank-account-unknown`, `certify-uncovered`; the store's own.
    pub fn tie(
        &self,
        bank_account: &str,
        day: Date,
        known_at: Option<u64>,
    ) -> Result<Tie, Problem> {
        let channel = self.channel(bank_account, None, known_at)?;
        let book = self.book_lines(bank_account, known_at)?;
        let groups = groups(&self.matching(&channel, &book, known_at));
        let entries = known_at.unwrap_or_else(|| self.head().count);
        Tie::new(&channel, &book, &groups, (day, entries))
    }

    /// Certificates of a bank account, in the order of recording.
    pub fn certificates(&self, bank_account: &str) -> &[Certificate] {
        let certified = self.state().statements.certified.get(bank_account);
        certified.map_or(&[], |certified| &certified.days)
    }

    /// Whether a certificate still holds. One that no later entry touched does; otherwise the day is
    /// made again as of each of them. Cost: nothing, or reads both sides of the account once for
    /// each entry that touched it.
    ///
    /// # Errors
    /// The store's own.
    pub fn certificate_standing(
        &self,
        bank_account: &str,
        certificate: &Certificate,
    ) -> Result<CertificateStanding, Problem> {
        if certificate.touched.is_empty() {
            return Ok(CertificateStanding::Holds);
        }
        let entry = self.entry(certificate.entry)?;
        let Kind::Certify(own) = &entry.event.kind else { return Ok(CertificateStanding::Holds) };
        let figures = Figures::read(&own.figures)?;
        for touching in &certificate.touched {
            // A match that was taken back was part of what was certified.
            if matches!(self.entry(*touching)?.event.kind, Kind::UnmatchLines(_)) {
                return Ok(CertificateStanding::BrokenBy(*touching));
            }
            let facts =
                self.day_facts((bank_account, &figures.channel), certificate.date, *touching);
            if facts? != Some((figures.facts.clone(), figures.statement, figures.book)) {
                return Ok(CertificateStanding::BrokenBy(*touching));
            }
        }
        Ok(CertificateStanding::Holds)
    }

    /// Facts and balances of a day; none where no statement covers it any more.
    fn day_facts(
        &self,
        (bank_account, channel): (&str, &str),
        day: Date,
        known_at: u64,
    ) -> Result<Option<(String, Money, Money)>, Problem> {
        let channel = self.channel(bank_account, Some(channel), Some(known_at))?;
        if channel.balance(day).is_none() {
            return Ok(None);
        }
        let book = self.book_lines(bank_account, Some(known_at))?;
        let tie = Tie::new(&channel, &book, &[], (day, known_at))?;
        Ok(Some((tie.figures.facts, tie.figures.statement, tie.figures.book)))
    }
}
