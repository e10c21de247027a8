//! `statement import BANK_ACCOUNT FILE...`: imports the bank's files as facts of the book.
//!
//! Each statement is imported whole or not at all. One that fails its own arithmetic is set aside
//! with the row and the gap, and the others are imported. Importing the same file again changes
//! nothing.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, in_words, in_words_as_note};
use crate::cli::open::{self, AnyStore};
use crate::cli::reconcile::profiles;
use crate::cli::statement::Known;
use poolbook::book::statements::Status;
use poolbook::book::{Book, Options};
use poolbook::domain::consequence::Consequences;
use poolbook::domain::money::Money;
use poolbook::domain::statement::{Movement, Sheet};
use poolbook::domain::text::{Id, line};
use poolbook::intake::profile::Profile;
use poolbook::intake::statement::{Statement, read_file};
use poolbook::limits::{MEMO_MAX, NAME_MAX};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, ImportRow};
use poolbook::store::Store;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    bank_account: String,
    #[arg(required = true, value_hint = clap::ValueHint::FilePath)]
    file: Vec<PathBuf>,
    #[arg(long)]
    source: Option<String>,
    #[arg(long)]
    fetched_by: Option<String>,
    #[arg(long)]
    allow_gap: Option<String>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    profile: Vec<PathBuf>,
    #[command(flatten)]
    known: Known,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let way = Way {
        source: args.source.as_deref().map(id).transpose()?,
        fetched_by: args.fetched_by.as_deref().map(text).transpose()?,
        gap_reason: args.allow_gap.as_deref().map(text).transpose()?,
    };
    let mut profiles = profiles(&args.profile)?;
    args.known.tell(&mut profiles, args.file.len())?;
    let options = open::options(context)?;
    // A dry run happens in memory, so that later files see the earlier ones.
    let writing = Options { dry_run: false, ..options.clone() };
    let mut book =
        if options.dry_run { open::in_memory(context)? } else { open::for_writing(context)? };
    book.bank_account(&args.bank_account)?;
    let mut taken = Intake::default();
    for file in &args.file {
        taken.file(&mut book, file, (&args.bank_account, &way, &profiles), &writing)?;
    }
    taken.look(&book, &args.bank_account)?;
    if taken.is_nothing() {
        return Err(taken.failed.into());
    }
    let dry_run = options.dry_run;
    let head = open::journal(&book.head());
    let report = views::statement_import(&taken.rows, &args.bank_account, dry_run, &head);
    context.output.answer(report, std::mem::take(&mut taken.set_off))?;
    taken.tell(context);
    Ok(if taken.is_clean() { Exit::Done } else { Exit::Findings })
}

fn id(text: &str) -> Result<Id, Problem> {
    Id::parse(text).map_err(|error| Problem::new(error.code(), Exit::Usage).with("text", text))
}

fn text(text: &str) -> Result<compact_str::CompactString, Problem> {
    line(text).map_err(|error| Problem::new(error.code(), Exit::Usage).with("text", text))
}

/// Remarks that do not prevent an import.
const REMARKS: [&str; 2] = ["statement-dated-back", "statement-reordered"];

/// The way in which statements were obtained.
#[derive(Clone, Default)]
pub struct Way {
    pub source: Option<Id>,
    pub fetched_by: Option<compact_str::CompactString>,
    pub gap_reason: Option<compact_str::CompactString>,
}

/// Results of importing files.
#[derive(Default)]
pub struct Intake {
    pub rows: Vec<ImportRow>,
    /// Reasons why statements were set aside.
    notes: Vec<Problem>,
    /// Files that could not be read, and statements that were refused.
    failed: Vec<Problem>,
    /// Consequences of importing the statements.
    pub set_off: Consequences,
}

impl Intake {
    /// Reads a file and imports its statements. Problems of this file alone are kept.
    ///
    /// # Errors
    /// A failure of the book.
    pub fn file(
        &mut self,
        book: &mut Book<AnyStore>,
        path: &Path,
        (bank_account, way, profiles): (&str, &Way, &[Profile]),
        options: &Options,
    ) -> Result<(), Problem> {
        match read_file(path, Some(bank_account), profiles) {
            Ok(statements) => {
                for (place, statement) in (1..).zip(&statements) {
                    self.statement(book, path, (statement, place, way), options)?;
                }
            }
            Err(problems) => self.failed.extend(problems),
        }
        Ok(())
    }

    /// Imports a statement, or sets it aside.
    ///
    /// # Errors
    /// A failure of the book.
    pub fn statement(
        &mut self,
        book: &mut Book<AnyStore>,
        path: &Path,
        (statement, place, way): (&Statement, u32, &Way),
        options: &Options,
    ) -> Result<(), Problem> {
        let mut statement = statement.clone();
        if let Some(closing) = closing_before(book, &statement, way)? {
            statement.follows(closing);
        }
        let statement = &statement;
        let mut row = row(statement);
        self.notes.extend(statement.remarks.iter().cloned());
        if let Some(first) = statement.doubts().next() {
            row.outcome = "set-aside";
            row.row = first.place.row;
            let figure = |name| first.arg(name).map(str::to_owned);
            row.figures = [figure("expected"), figure("found"), figure("gap")];
            self.notes.extend(statement.doubts().cloned());
            self.rows.push(row);
            return Ok(());
        }
        let in_file = |problem: Problem| problem.in_file(path.display().to_string());
        let taken =
            sheet(statement, place, way).and_then(|sheet| book.take_statement(&sheet, options));
        match taken {
            Ok(taken) => {
                row.outcome = if taken.already { "already" } else { "taken" };
                row.statement = Some(taken.id.to_string());
                row.entry = Some(taken.entry);
                self.set_off.append(taken.consequences);
            }
            Err(problem) if matches!(problem.exit, Exit::Refused | Exit::Data) => {
                row.outcome = "refused";
                self.failed.push(in_file(problem));
            }
            Err(problem) => return Err(problem),
        }
        self.rows.push(row);
        Ok(())
    }

    /// Adds the status of every imported statement, after all files.
    ///
    /// # Errors
    /// The store's own.
    pub fn look(&mut self, book: &Book<impl Store>, bank_account: &str) -> Result<(), Problem> {
        for name in book.channels(bank_account, None) {
            let channel = book.channel(bank_account, Some(&name), None)?;
            for batch in &channel.batches {
                let id = batch.import.id.as_str();
                let rows = self.rows.iter_mut();
                for row in rows.filter(|row| row.statement.as_deref() == Some(id)) {
                    row.status = Some(batch.status.code());
                    if let Status::Waiting(waiting) = batch.status {
                        row.row = waiting.row;
                        row.figures = [
                            Some(waiting.expected.grouped()),
                            Some(waiting.found.grouped()),
                            Some(waiting.gap().grouped()),
                        ];
                        self.notes.push(waits(&batch.import.file, &waiting));
                    }
                }
            }
        }
        Ok(())
    }

    /// Reports the statements that were set aside or failed, and the reasons.
    pub fn tell(&self, context: &Context<'_>) {
        let locale = &context.output.locale;
        for problem in &self.notes {
            context.output.talk(&in_words_as_note(problem, locale));
        }
        for problem in &self.failed {
            context.output.talk(&in_words(problem, locale));
        }
    }

    /// Returns true if every statement counts; mere remarks do not matter.
    pub fn is_clean(&self) -> bool {
        let told = |problem: &Problem| !REMARKS.contains(&problem.code);
        !self.notes.iter().any(told) && self.failed.is_empty()
    }

    /// Returns true if everything failed, so that there is nothing to report.
    fn is_nothing(&self) -> bool {
        !self.failed.is_empty() && self.rows.iter().all(|row| row.outcome == "refused")
    }
}

/// The closing balance of the statements in the book that count, before another begins.
///
/// # Errors
/// The store's own.
fn closing_before(
    book: &Book<AnyStore>,
    statement: &Statement,
    way: &Way,
) -> Result<Option<Money>, Problem> {
    let (false, Some(from)) = (statement.is_proved(), statement.from) else { return Ok(None) };
    let channel = way.source.as_ref().map(|source| source.as_str());
    let channel = book.channel(&statement.bank_account, channel, None)?;
    let before = channel.runs.iter().rev().find(|run| run.from <= from);
    Ok(before.and_then(|run| {
        if run.to <= from { Some(run.closing) } else { channel.balance(from.yesterday().ok()?) }
    }))
}

/// The reason why a statement waits, in words.
fn waits(file: &str, waiting: &poolbook::audit::statements::Waiting) -> Problem {
    use poolbook::audit::statements::WaitingKind;
    let problem = match waiting.kind {
        WaitingKind::After => Problem::data("statement-waits"),
        WaitingKind::Before => Problem::data("statement-waits-before"),
        WaitingKind::Differs => Problem::data("statement-overlap-differs"),
    };
    let other = waiting.other_row.map_or_else(|| "—".to_owned(), |row| row.to_string());
    let problem = problem
        .with("expected", waiting.expected.grouped())
        .with("found", waiting.found.grouped())
        .with("gap", waiting.gap().grouped())
        .with("entry", waiting.against)
        .with("other_row", other)
        .in_file(file);
    waiting.row.map_or_else(|| problem.clone(), |row| problem.clone().in_row(row))
}

fn row(statement: &Statement) -> ImportRow {
    ImportRow {
        file: statement.file.clone(),
        days: (statement.from, statement.to),
        balances: (statement.opening, statement.closing),
        lines: statement.lines.len(),
        ..ImportRow::default()
    }
}

/// The statement in the form for the book.
///
/// # Errors
/// `statement-undated`; an account or channel that is not an identifier.
pub fn sheet(statement: &Statement, place: u32, way: &Way) -> Result<Sheet, Problem> {
    let (Some(from), Some(to)) = (statement.from, statement.to) else {
        return Err(Problem::data("statement-undated"));
    };
    let account = Id::parse(&statement.bank_account);
    let movement = |line: &poolbook::intake::statement::StatementLine| Movement {
        account: tidy(&line.account, MEMO_MAX),
        amount: line.amount,
        balance: line.balance,
        date: line.date,
        memo: tidy(&line.memo, MEMO_MAX),
        name: tidy(&line.name, MEMO_MAX),
        row: line.row,
        serial: tidy(line.serial.as_deref().unwrap_or_default(), MEMO_MAX),
    };
    Ok(Sheet {
        bank_account: account.map_err(|error| error.problem(&statement.bank_account))?,
        channel: way.source.clone(),
        fetched_by: way.fetched_by.clone(),
        file: tidy(&statement.file, NAME_MAX),
        sha256: statement.sha256.as_str().into(),
        place,
        profile: tidy(&statement.profile, NAME_MAX),
        number: statement.number.as_deref().map(|number| tidy(number, NAME_MAX)),
        currency: statement.currency.as_deref().map(|code| tidy(code, NAME_MAX)),
        opening: statement.opening,
        closing: statement.closing,
        from,
        to,
        gap_reason: way.gap_reason.clone(),
        movements: statement.lines.iter().map(movement).collect(),
    })
}

/// A text in the form for the book: invisible characters become blanks, and an excess length is
/// cut.
fn tidy(text: &str, max: usize) -> compact_str::CompactString {
    if text.chars().count() <= max
        && let Ok(sound) = line(text)
    {
        return sound;
    }
    let shows = |c: char| line(c.encode_utf8(&mut [0; 4])).is_ok();
    let blank: String = text.chars().map(|c| if shows(c) { c } else { ' ' }).take(max).collect();
    // Unicode composition can only shorten it; a text that is still not valid is dropped.
    line(blank.trim()).unwrap_or_default()
}
