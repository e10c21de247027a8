//! A bank's own list of loans against the off-balance accounts (invariant 16): balance and class of
//! every drawdown note (借据) on a day, and what each difference is.
//!
//! The book's side is added up from the lines of the entries on 9101 to 9104, not taken from the
//! register that decides.

use crate::audit::explain::{ReadEntry, entries_behind};
use crate::audit::movements::{Movements, Span};
use crate::audit::turnover::Key;
use crate::audit::verify::named;
use crate::domain::account::Account;
use crate::domain::calendar::Date;
use crate::domain::corrected::Corrected;
use crate::domain::entry::Entry;
use crate::domain::event::Kind;
use crate::domain::money::{Money, Total};
use crate::domain::text::Id;
use crate::problem::Problem;
use std::collections::{BTreeMap, BTreeSet};

/// The accounts in which the balance of an enrolled note stands, by class: normal, extended, overdue,
/// non-performing.
pub const CLASSES: [Account; 4] =
    [Account::LoansNormal, Account::LoansExtended, Account::LoansOverdue, Account::LoansNpl];

/// Words of the classes, in the order of [`CLASSES`].
pub const CLASS_WORDS: [&str; 4] = ["active", "extended", "overdue", "npl"];

/// Days after the day asked for in which an entry may explain a difference.
pub const LATER_DAYS: i64 = 45;

/// An entry dated after the day, which a difference may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// Its number.
    pub entry: u64,
    /// Its date.
    pub date: Date,
    /// Event word.
    pub event: &'static str,
    /// What it adds to the note's balance.
    pub amount: Total,
}

/// A note as the off-balance accounts have it on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Loan.
    pub loan: Id,
    /// Note.
    pub note: Id,
    /// Balance in each of [`CLASSES`].
    pub balances: [Total; 4],
    /// The balances that a removal took off the accounts.
    pub removed: Option<[Total; 4]>,
    /// Entries after the day.
    pub later: Vec<Later>,
}

impl Standing {
    /// Balance over all classes.
    pub fn balance(&self) -> Total {
        self.balances.iter().copied().sum()
    }

    /// The enrolment is revoked, or comes back as it was. A removal has a line for each note, so the
    /// second line of one finds nothing left to do.
    fn leave_or_return(&mut self, back: bool) {
        match (back, self.removed) {
            (false, None) => {
                self.removed = Some(self.balances);
                self.balances = [Total::ZERO; 4];
            }
            (true, Some(balances)) => {
                self.removed = None;
                self.balances = balances;
            }
            _ => {}
        }
    }

    /// Place of its class in [`CLASSES`]; none without a balance.
    pub fn class(&self) -> Option<usize> {
        self.balances.iter().position(|balance| *balance != Total::ZERO)
    }
}

/// The notes of an owner on a day, by loan and note. `claims` gives the note of a claim.
/// Cost: reads the entries of the months in which the accounts of the owner's loans moved.
///
/// # Errors
/// Those of the source and of `read`.
pub fn standings(
    source: &dyn Movements,
    read: ReadEntry<'_>,
    (number, owner): (u16, &Id),
    day: Date,
    claims: &dyn Fn(&Id) -> Option<Id>,
) -> Result<Vec<Standing>, Problem> {
    let last = day.checked_add(jiff::Span::new().days(LATER_DAYS)).unwrap_or(day);
    let wanted = |key: Key| key.owner == number && CLASSES.contains(&key.account);
    let mut entries: Vec<Entry> = Vec::new();
    entries_behind(source, read, Some(number), Span::until(last), &wanted, &mut |entry| {
        if moved(entry, owner).next().is_some() {
            entries.push(entry.clone());
        }
    })?;
    let mut notes: BTreeMap<Id, Vec<Standing>> = BTreeMap::new();
    for entry in &entries {
        let reversed = entry.reverses.map(read).transpose()?;
        let told = reversed.as_ref().unwrap_or(entry);
        take(&mut notes, entry, told, (owner, day), claims);
    }
    Ok(notes.into_values().flatten().collect())
}

/// Loan, class and amount of each line of an owner on the accounts of the classes.
fn moved<'e>(entry: &'e Entry, owner: &'e Id) -> impl Iterator<Item = (&'e Id, usize, Total)> {
    entry.memo.iter().filter(move |line| line.owner == *owner).filter_map(|line| {
        let class = CLASSES.iter().position(|account| *account == line.account)?;
        Some((line.loan.as_ref()?, class, line.signed()))
    })
}

/// Takes one entry in; `told` is the entry that says which note it is about, which for a reversal is
/// the one reversed.
fn take(
    notes: &mut BTreeMap<Id, Vec<Standing>>,
    entry: &Entry,
    told: &Entry,
    (owner, day): (&Id, Date),
    claims: &dyn Fn(&Id) -> Option<Id>,
) {
    let note = note_of(told, claims);
    let later = day < entry.event.date;
    for (loan, class, amount) in moved(entry, owner) {
        let own = notes.entry(loan.clone()).or_default();
        if matches!(told.event.kind, Kind::Remove(_)) && !later {
            // The whole loan leaves the accounts or comes back, whatever notes it has.
            own.iter_mut().for_each(|standing| standing.leave_or_return(entry.reverses.is_some()));
            continue;
        }
        let only = own.first().filter(|_| own.len() == 1).map(|standing| standing.note.clone());
        let id = note.clone().or(only).unwrap_or_else(|| loan.clone());
        let place = own.iter().position(|standing| standing.note == id);
        let place = place.unwrap_or_else(|| {
            let balances = [Total::ZERO; 4];
            let removed = None;
            own.push(Standing {
                loan: loan.clone(),
                note: id,
                balances,
                removed,
                later: Vec::new(),
            });
            own.len().saturating_sub(1)
        });
        let Some(standing) = own.get_mut(place) else { continue };
        if !later {
            if let Some(balance) = standing.balances.get_mut(class) {
                *balance += amount;
            }
            continue;
        }
        match standing.later.last_mut().filter(|last| last.entry == entry.seq) {
            Some(last) => last.amount += amount,
            None => standing.later.push(Later {
                entry: entry.seq,
                date: entry.event.date,
                event: entry.event.kind.word(),
                amount,
            }),
        }
    }
}

/// The note that an entry names, itself or through its claim.
fn note_of(entry: &Entry, claims: &dyn Fn(&Id) -> Option<Id>) -> Option<Id> {
    if let Some(corrected) = Corrected::of(entry) {
        return corrected.note().cloned();
    }
    if let Some((loan, note)) = named(&entry.event) {
        // The only note of a loan may bear the number of the loan.
        let own = matches!(entry.event.kind, Kind::Disburse(_)).then_some(loan);
        return note.or(own).cloned();
    }
    let claim = entry.all_lines().find_map(|line| line.claim.as_ref())?;
    claims(claim)
}

/// A row of the bank's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Place of the list among those given, from 0.
    pub list: usize,
    /// Row, counted from 1.
    pub row: u64,
    /// Number of the note as the bank writes it.
    pub note: String,
    /// Balance.
    pub balance: Money,
    /// Class as the bank writes it, and the places of [`CLASSES`] that it agrees with.
    pub class: Option<(String, Vec<usize>)>,
    /// Name of the firm.
    pub firm: String,
}

/// What the book knows of a note beyond the balances of one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Loan.
    pub loan: Id,
    /// Owner whose pool covers it.
    pub owner: Id,
    /// Why it stands on no account.
    pub outside: Option<Outside>,
}

/// Why a loan that the book knows stands on none of the accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outside {
    /// Applied for, not enrolled.
    Applied,
    /// The enrolment was revoked.
    Removed(Date),
    /// Enrolled, and nothing drawn.
    Undrawn,
    /// Of another lender than the one whose list it is.
    OtherLender(Id),
}

/// Which difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// The book has a balance, the list no row.
    MissingInList,
    /// The list has a row, the book no such note.
    MissingInBook,
    /// Applied for, and not enrolled.
    NotEnrolled,
    /// The enrolment was revoked; the bank still lists it.
    EnrolmentRemoved,
    /// Enrolled, and nothing drawn on it.
    NotDrawn,
    /// The note is of another owner's pool.
    OtherOwner,
    /// The note is of another lender.
    OtherLender,
    /// The balances differ.
    BalanceDiffers,
    /// The balances are equal, the classes differ.
    ClassDiffers,
    /// Two rows for one note.
    ListedTwice,
}

impl Gap {
    /// Every difference.
    pub const ALL: [Self; 10] = [
        Self::MissingInList,
        Self::MissingInBook,
        Self::NotEnrolled,
        Self::EnrolmentRemoved,
        Self::NotDrawn,
        Self::OtherOwner,
        Self::OtherLender,
        Self::BalanceDiffers,
        Self::ClassDiffers,
        Self::ListedTwice,
    ];

    /// The word in reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::MissingInList => "missing-in-list",
            Self::MissingInBook => "missing-in-book",
            Self::NotEnrolled => "not-enrolled",
            Self::EnrolmentRemoved => "enrolment-removed",
            Self::NotDrawn => "not-drawn",
            Self::OtherOwner => "other-owner",
            Self::OtherLender => "other-lender",
            Self::BalanceDiffers => "balance-differs",
            Self::ClassDiffers => "class-differs",
            Self::ListedTwice => "listed-twice",
        }
    }
}

/// What a difference may come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An entry dated after the day, with the same amount.
    Entry(Later),
    /// Another note with the same balance, open on the other side: its number may be mistyped.
    Note(String),
    /// The owner whose pool covers it.
    Owner(Id),
    /// The bank that lent it.
    Lender(Id),
    /// The day on which the enrolment was revoked.
    Removed(Date),
    /// The row that stands before.
    Row(u64),
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub gap: Gap,
    /// Place in the list, if it stands there.
    pub listed: Option<usize>,
    /// Place among the standings, if it stands there.
    pub standing: Option<usize>,
    /// List less book.
    pub amount: Total,
    /// What it may come from.
    pub cause: Option<Cause>,
}

/// Every difference between the list and the notes of an owner, in the order of the list, then of
/// the book. Cost: sorts both.
pub fn compare(
    listed: &[Listed],
    standings: &[Standing],
    owner: &Id,
    known: &dyn Fn(&str) -> Option<Known>,
) -> Vec<Difference> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, standing) in standings.iter().enumerate() {
        places.insert(standing.note.as_str(), place);
    }
    // A bank that knows no notes writes the number of the loan; with one note that is the same.
    for (place, standing) in standings.iter().enumerate() {
        let notes = standings.iter().filter(|other| other.loan == standing.loan);
        if notes.take(2).count() == 1 {
            places.entry(standing.loan.as_str()).or_insert(place);
        }
    }
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    let mut met: BTreeSet<usize> = BTreeSet::new();
    let mut found = Vec::new();
    for (at, row) in listed.iter().enumerate() {
        let place = places.get(row.note.as_str()).copied();
        let standing = place.and_then(|place| standings.get(place));
        let name = standing.map_or(row.note.as_str(), |standing| standing.note.as_str());
        let mut difference = Difference {
            gap: Gap::ListedTwice,
            listed: Some(at),
            standing: place,
            amount: row.balance.into(),
            cause: None,
        };
        if let Some(first) = seen.insert(name, row.row) {
            difference.cause = Some(Cause::Row(first));
            found.push(difference);
            continue;
        }
        match (place, standing) {
            (Some(place), Some(standing)) => {
                met.insert(place);
                found.extend(differs(difference, row, standing, owner, known));
            }
            _ if row.balance.is_zero() => {}
            _ => found.push(unknown(difference, row, owner, known)),
        }
    }
    for (place, standing) in standings.iter().enumerate() {
        if !met.contains(&place) && standing.balance() != Total::ZERO {
            found.push(Difference {
                gap: Gap::MissingInList,
                listed: None,
                standing: Some(place),
                amount: -standing.balance(),
                cause: later(standing, -standing.balance()),
            });
        }
    }
    mistyped(&mut found, listed, standings);
    found
}

/// A row and a note of one number.
fn differs(
    mut difference: Difference,
    row: &Listed,
    standing: &Standing,
    owner: &Id,
    known: &dyn Fn(&str) -> Option<Known>,
) -> Option<Difference> {
    let book = standing.balance();
    let amount = Total::from(row.balance) - book;
    if amount != Total::ZERO {
        if book == Total::ZERO && known(&standing.note).is_some_and(|known| known.outside.is_some())
        {
            return Some(unknown(difference, row, owner, known));
        }
        difference.gap = Gap::BalanceDiffers;
        difference.amount = amount;
        difference.cause = later(standing, amount);
        return Some(difference);
    }
    let (_, agreed) = row.class.as_ref()?;
    let class = standing.class()?;
    if agreed.contains(&class) {
        return None;
    }
    difference.gap = Gap::ClassDiffers;
    difference.amount = Total::ZERO;
    let turned = standing.later.iter().find(|later| later.amount == Total::ZERO);
    difference.cause = turned.cloned().map(Cause::Entry);
    Some(difference)
}

/// A row that stands on no account of the owner.
fn unknown(
    mut difference: Difference,
    row: &Listed,
    owner: &Id,
    known: &dyn Fn(&str) -> Option<Known>,
) -> Difference {
    let known = known(&row.note);
    (difference.gap, difference.cause) = match known {
        Some(known) if known.owner != *owner => (Gap::OtherOwner, Some(Cause::Owner(known.owner))),
        Some(known) => match known.outside {
            Some(Outside::Applied) => (Gap::NotEnrolled, None),
            Some(Outside::Removed(day)) => (Gap::EnrolmentRemoved, Some(Cause::Removed(day))),
            Some(Outside::Undrawn) => (Gap::NotDrawn, None),
            Some(Outside::OtherLender(bank)) => (Gap::OtherLender, Some(Cause::Lender(bank))),
            None => (Gap::BalanceDiffers, None),
        },
        None => (Gap::MissingInBook, None),
    };
    difference
}

/// The entry after the day that makes up the whole difference.
fn later(standing: &Standing, amount: Total) -> Option<Cause> {
    let found = standing.later.iter().find(|later| later.amount == amount);
    found.cloned().map(Cause::Entry)
}

/// Pairs a note that only the book has with one of the same balance that only the list has, where
/// there is just one of each: its number may be mistyped.
fn mistyped(found: &mut [Difference], listed: &[Listed], standings: &[Standing]) {
    let mut sums: BTreeMap<Total, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (place, difference) in found.iter().enumerate() {
        match difference.gap {
            Gap::MissingInBook => sums.entry(difference.amount).or_default().0.push(place),
            Gap::MissingInList => sums.entry(-difference.amount).or_default().1.push(place),
            _ => {}
        }
    }
    for (only_listed, only_booked) in sums.values() {
        let ([listed_at], [booked_at]) = (only_listed.as_slice(), only_booked.as_slice()) else {
            continue;
        };
        let row = found.get(*listed_at).and_then(|one| listed.get(one.listed?));
        let row = row.map(|row| row.note.clone());
        let note = found.get(*booked_at).and_then(|one| standings.get(one.standing?));
        let note = note.map(|standing| standing.note.to_string());
        for (at, other) in [(listed_at, note), (booked_at, row)] {
            if let Some(difference) = found.get_mut(*at)
                && difference.cause.is_none()
            {
                difference.cause = other.map(Cause::Note);
            }
        }
    }
}

#[cfg(test)]
mod tests;
