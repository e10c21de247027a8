//! Taking statements in, and what a match must come to before it is recorded.

use super::{Channel, Status};
use crate::audit::reconcile::BookLine;
use crate::book::{Book, Options, Outcome};
use crate::domain::consequence::Consequences;
use crate::domain::event::{Event, Kind, MatchLines, UndoStatement};
use crate::domain::money::Total;
use crate::domain::refusal::Reason;
use crate::domain::statement::facts::Import;
use crate::domain::statement::{Sheet, posting};
use crate::domain::text::Id;
use crate::problem::Problem;
use crate::store::Store;
use compact_str::CompactString;

/// What became of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Id of the statement.
    pub id: Id,
    /// Entry of its first part.
    pub entry: u64,
    /// It was recorded before.
    pub already: bool,
    /// What taking it in set off.
    pub consequences: Consequences,
}

impl<S: Store> Book<S> {
    /// The events that take a statement in; none where it is in the book already. One that was taken
    /// out comes in again under a new id, and so does one that waits and is now given a reason to
    /// stand over the gap.
    ///
    /// # Errors
    /// The id cannot be made.
    pub fn statement_events(&self, sheet: &Sheet) -> Result<Result<Vec<Event>, Taken>, Problem> {
        let wrong = |error: crate::domain::text::TextError| error.problem(&sheet.bank_account);
        let mut again = 0;
        loop {
            let id = sheet.id(again).map_err(wrong)?;
            match self.state().statements.imports.get(&id) {
                Some(import) if import.undone.is_some() => again += 1,
                Some(import) if self.gets_reason(import, sheet)? => {
                    let reason = sheet.gap_reason.clone().unwrap_or_default();
                    let mut events = vec![undo_event(import, reason)?];
                    events.extend(sheet.events(again + 1).map_err(wrong)?);
                    return Ok(Ok(events));
                }
                Some(import) => {
                    let consequences = Consequences::default();
                    return Ok(Err(Taken { id, entry: import.entry, already: true, consequences }));
                }
                None => return sheet.events(again).map(Ok).map_err(wrong),
            }
        }
    }

    fn gets_reason(&self, import: &Import, sheet: &Sheet) -> Result<bool, Problem> {
        if sheet.gap_reason.is_none() || import.gap_reason.is_some() {
            return Ok(false);
        }
        let channel = self.channel(&import.bank_account, Some(&import.channel), None)?;
        let batch = channel.batches.iter().find(|batch| batch.import.id == import.id);
        Ok(batch.is_some_and(|batch| matches!(batch.status, Status::Waiting(_))))
    }

    /// Takes a statement in, all of its parts or none. Cost: linear; one sync.
    ///
    /// # Errors
    /// A refusal, with the row of the file where one is to blame; the book is unchanged.
    pub fn take_statement(&mut self, sheet: &Sheet, options: &Options) -> Result<Taken, Problem> {
        let mut events = match self.statement_events(sheet)? {
            Ok(events) => events,
            Err(taken) => return Ok(taken),
        };
        let mut first = None;
        let recorded = self.record_all(&mut events, options, &mut |_, outcome| {
            if let Outcome::New(entry) = outcome
                && matches!(entry.event.kind, Kind::ImportStatement(_))
            {
                first.get_or_insert_with(|| (entry.event.id.clone(), entry.seq));
            }
        });
        let consequences = recorded.map_err(|refused| refused.problem)?.consequences;
        let (id, entry) = first.unwrap_or_else(|| (Id::joined(""), 0));
        Ok(Taken { id, entry, already: false, consequences })
    }
}

/// The event that takes a statement out. That happens once, so its id is made of the statement's.
///
/// # Errors
/// The id is too long.
pub fn undo_event(import: &Import, reason: CompactString) -> Result<Event, Problem> {
    let id = format!("undo-{}", import.id);
    Ok(Event {
        id: Id::parse(&id).map_err(|error| error.problem(&id))?,
        date: import.to,
        effective: None,
        owner: None,
        document: None,
        memo: None,
        attachments: Vec::new(),
        maker: None,
        checker: None,
        approver: None,
        kind: Kind::UndoStatement(UndoStatement { reason, statement: import.id.clone() }),
    })
}

/// Holds a match to the lines of both sides: all are there, and both sides come to the same amount.
///
/// # Errors
/// `match-line-unknown`, `posting-unknown`, `match-differs`.
pub fn check_match(own: &MatchLines, channel: &Channel, book: &[BookLine]) -> Result<(), Problem> {
    let (mut statement, mut entered) = (Total::ZERO, Total::ZERO);
    for id in own.lines.iter().flatten() {
        let line = channel.lines.iter().find(|line| line.id == *id);
        let unknown = || Problem::refused("match-line-unknown").with("line", id);
        statement += line.ok_or_else(unknown)?.amount.into();
    }
    for name in own.postings.iter().flatten() {
        let named = posting(name);
        let line = book.iter().find(|line| Some((line.entry, line.line)) == named);
        let unknown = || Reason::PostingUnknown.refuse().with("line", name);
        entered += line.ok_or_else(unknown)?.amount.into();
    }
    // Lines of one side only are the same money when they cancel out, as a returned payment does.
    if statement == entered {
        return Ok(());
    }
    Err(Problem::refused("match-differs")
        .with("statement", statement.grouped())
        .with("book", entered.grouped())
        .with("difference", (statement - entered).grouped()))
}
