//! `reconcile confirm` and `reconcile undo-match`: a person states that lines of both sides are the
//! same money, or withdraws that.

use super::Account;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open::{self, AnyStore};
use compact_str::{CompactString, format_compact};
use poolbook::book::statements::check_match;
use poolbook::book::{Book, Options, Outcome};
use poolbook::domain::calendar::Date;
use poolbook::domain::digest::hex;
use poolbook::domain::event::{Event, Kind, MatchLines, UnmatchLines};
use poolbook::domain::text::{Id, line};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, ConfirmedRow};
use poolbook::store::Store;
use sha2::{Digest as _, Sha256};

#[derive(clap::Args)]
pub struct Args {
    bank_account: String,
    #[arg(long)]
    line: Vec<String>,
    #[arg(long)]
    posting: Vec<String>,
    #[arg(long, conflicts_with_all = ["line", "posting"])]
    proposed: Vec<usize>,
    #[arg(long, conflicts_with_all = ["line", "posting", "proposed"])]
    all_proposed: bool,
    #[arg(long)]
    reason: Option<String>,
}

#[derive(clap::Args)]
pub struct UndoArgs {
    matching: String,
    #[arg(long)]
    reason: String,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let options = open::options(context)?;
    let reason = args.reason.as_deref().map(told).transpose()?;
    let mut book = open::for_writing(context)?;
    let account = Account::recorded(&book, &args.bank_account)?;
    let channel = book.channel(&args.bank_account, None, None)?;
    let mut events = Vec::new();
    for (lines, postings) in pairings(args, &account)? {
        let own = MatchLines {
            bank_account: account.account.id.clone(),
            lines: Some(lines).filter(|lines| !lines.is_empty()),
            postings: Some(postings).filter(|postings| !postings.is_empty()),
            reason: reason.clone(),
        };
        check_match(&own, &channel, &account.book)?;
        let date = last_day(&account, &own);
        events.push(plain(match_id(&book, &own)?, date, Kind::MatchLines(own)));
    }
    record(&mut book, events, &options, context)
}

/// Lines of the statement and of the book by their names.
type Names = (Vec<CompactString>, Vec<CompactString>);

/// The lines of both sides of each selected match.
fn pairings(args: &Args, account: &Account) -> Result<Vec<Names>, Problem> {
    if args.proposed.is_empty() && !args.all_proposed {
        let names = |given: &[String]| given.iter().map(CompactString::from).collect();
        return Ok(vec![(names(&args.line), names(&args.posting))]);
    }
    let form = account.form(account.last_day());
    let known = views::proposed(&account.view(&form));
    let numbers: Vec<usize> = match args.all_proposed {
        true => (1..=known.len()).collect(),
        false => args.proposed.clone(),
    };
    let pairing = |number: usize| {
        let at = number.checked_sub(1).and_then(|place| known.get(place)).copied();
        let group = at.and_then(|at| account.matching.groups.get(at));
        let group = group.ok_or_else(|| {
            Problem::refused("proposal-unknown").with("number", number).with("count", known.len())
        })?;
        let lines = group.statement.iter().filter_map(|place| account.statement.get(*place));
        let postings = group.book.iter().filter_map(|place| account.book.get(*place));
        Ok((
            lines.map(|line| line.id.clone()).collect(),
            postings.map(|line| format_compact!("{}.{}", line.entry, line.line)).collect(),
        ))
    };
    if numbers.is_empty() {
        return Err(Problem::refused("proposal-unknown").with("number", "—").with("count", 0));
    }
    numbers.into_iter().map(pairing).collect()
}

/// The latest day of the lines, on which all of them exist.
fn last_day(account: &Account, own: &MatchLines) -> Date {
    let lines = own.lines.iter().flatten();
    let bank = lines.filter_map(|id| account.statement.iter().find(|line| line.id == *id));
    let postings = own.postings.iter().flatten();
    let book = postings.filter_map(|name| {
        account.book.iter().find(|line| *name == format_compact!("{}.{}", line.entry, line.line))
    });
    let days = bank.map(|line| line.date).chain(book.map(|line| line.date));
    days.max().unwrap_or_else(|| account.last_day())
}

/// The id of a match is made from its lines, so that confirming it twice records it once; after a
/// withdrawal a number is appended.
fn match_id(book: &Book<impl Store>, own: &MatchLines) -> Result<Id, Problem> {
    let mut names: Vec<&str> =
        own.lines.iter().chain(&own.postings).flatten().map(|n| &**n).collect();
    names.sort_unstable();
    let hash = hex(&Sha256::digest(names.join("\n").as_bytes()));
    let start = format!("match/{}/{}", own.bank_account, hash.get(..16).unwrap_or(&hash));
    let matches = &book.state().statements.matches;
    let mut id = start.clone();
    let mut again = 0usize;
    loop {
        let parsed = Id::parse(&id).map_err(|error| error.problem(&id))?;
        if matches.get(&parsed).is_none_or(|one| one.undone.is_none()) {
            return Ok(parsed);
        }
        again = again.saturating_add(1);
        id = format!("{start}:{again}");
    }
}

pub fn undo(args: &UndoArgs, context: &Context<'_>) -> Result<Exit, Failure> {
    let options = open::options(context)?;
    let reason = told(&args.reason)?;
    let mut book = open::for_writing(context)?;
    let matches = &book.state().statements.matches;
    let entry = args.matching.parse::<u64>().ok();
    let found = matches.get(args.matching.as_str());
    let found = found.or_else(|| matches.iter().find(|one| Some(one.entry) == entry));
    let unknown =
        || Problem::refused("match-unknown").with("matching", args.matching.escape_debug());
    let found = found.ok_or_else(unknown)?;
    let (matching, date) = (found.id.clone(), book.entry(found.entry)?.event.date);
    let id = format!("undo-{matching}");
    let id = Id::parse(&id).map_err(|error| error.problem(&id))?;
    let event = plain(id, date, Kind::UnmatchLines(UnmatchLines { matching, reason }));
    record(&mut book, vec![event], &options, context)
}

fn told(reason: &str) -> Result<CompactString, Problem> {
    line(reason).map_err(|error| {
        Problem::new(error.code(), Exit::Usage).with("text", reason.escape_debug())
    })
}

/// An event with only its own fields.
pub fn plain(id: Id, date: Date, kind: Kind) -> Event {
    Event {
        id,
        date,
        effective: None,
        owner: None,
        document: None,
        memo: None,
        attachments: Vec::new(),
        maker: None,
        checker: None,
        approver: None,
        kind,
    }
}

/// Records the events, all or none, and reports the results.
fn record(
    book: &mut Book<AnyStore>,
    mut events: Vec<Event>,
    options: &Options,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let mut rows: Vec<ConfirmedRow> = events.iter().map(|event| row(book, event)).collect();
    let mut outcomes = Vec::new();
    let summary = book
        .record_all(&mut events, options, &mut |_, outcome| {
            outcomes.push(match outcome {
                Outcome::New(entry) => (true, entry.seq),
                Outcome::Already(entry) => (false, entry),
            });
        })
        .map_err(|refused| refused.problem)?;
    for (row, (new, entry)) in rows.iter_mut().zip(outcomes) {
        row.entry = Some(entry);
        if !new {
            row.outcome = "already";
        }
    }
    let head = open::journal(&summary.head);
    context.output.report(&views::confirmed(rows, options.dry_run, &head))?;
    Ok(Exit::Done)
}

/// The contents of an event, before its result is known.
fn row(book: &Book<impl Store>, event: &Event) -> ConfirmedRow {
    let mut row = ConfirmedRow {
        matching: event.id.to_string(),
        bank_account: String::new(),
        date: event.date,
        lines: String::new(),
        postings: String::new(),
        outcome: "recorded",
        entry: None,
    };
    match &event.kind {
        Kind::MatchLines(own) => {
            row.bank_account = own.bank_account.to_string();
            row.lines = own.lines.as_deref().unwrap_or_default().join(", ");
            row.postings = own.postings.as_deref().unwrap_or_default().join(", ");
        }
        Kind::UnmatchLines(own) => {
            row.matching = own.matching.to_string();
            row.outcome = "taken-back";
            if let Some(one) = book.state().statements.matches.get(&own.matching) {
                let postings = one.postings.iter().map(|(entry, line)| format!("{entry}.{line}"));
                row.bank_account = one.bank_account.to_string();
                row.lines = one.lines.join(", ");
                row.postings = postings.collect::<Vec<_>>().join(", ");
            }
        }
        _ => {}
    }
    row
}
