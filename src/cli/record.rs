//! `record FILE...`: events from JSON Lines, csv or workbooks; all or nothing per file.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open::{self, AnyStore};
use crate::cli::target::{Force, Made};
use poolbook::book::{Book, Options, RowGroup, RowProblem, Summary};
use poolbook::domain::consequence::Consequences;
use poolbook::domain::event::Event;
use poolbook::intake::decode::Encoding;
use poolbook::intake::mapping::{MappedTable, Mapping};
use poolbook::intake::rejects::RejectFile;
use poolbook::intake::rows;
use poolbook::intake::source::{self, RowSource};
use poolbook::problem::{Exit, Problem};
use poolbook::report::message::Message;
use poolbook::report::views::{self, FileOutcome};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    #[arg(required = true, value_hint = clap::ValueHint::FilePath)]
    file: Vec<PathBuf>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    map: Option<PathBuf>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    rejects: Option<PathBuf>,
    #[arg(long)]
    sheet: Option<String>,
    #[arg(long)]
    encoding: Option<String>,
    #[command(flatten)]
    force: Force,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    if args.rejects.is_some() && args.file.len() > 1 {
        // Each file has columns of its own, so one file of rejects cannot serve two.
        return Err(Problem::new("rejects-one-file", Exit::Usage)
            .with("count", args.file.len())
            .into());
    }
    let options = open::options(context)?;
    // The output is tried before anything is recorded.
    let rejects = args.rejects.as_deref();
    let rejects = rejects.map(|path| Made::open(context, ("rejects", path), args.force));
    let mut rejects = rejects.transpose()?;
    let mut book = open::for_writing(context)?;
    let mut outcomes: Vec<FileOutcome> = Vec::new();
    let mut set_off = Consequences::default();
    for file in &args.file {
        // There is exactly one file if rejects are kept.
        let done = match rejects.take() {
            None => whole(file, args, &mut book, &options),
            Some(rejects) => row_by_row(file, rejects, args, (&mut book, &options), context),
        };
        match done {
            Ok((outcome, found)) => {
                outcomes.push(outcome);
                set_off.append(found);
            }
            Err(problem) => {
                // The events of earlier files stay recorded, which is reported before the failure.
                if !outcomes.is_empty() {
                    tell(&outcomes, set_off, &book, &options, context)?;
                }
                return Err(problem.into());
            }
        }
    }
    tell(&outcomes, set_off, &book, &options, context)?;
    outcomes.iter().for_each(|outcome| open::tell_reversed(&outcome.reversed, context));
    let differs = |one: &FileOutcome| one.rejected > 0 || !one.reversed.is_empty();
    Ok(if outcomes.iter().any(differs) { Exit::Findings } else { Exit::Done })
}

/// Reports the results for the files, and the consequences of their events.
fn tell(
    outcomes: &[FileOutcome],
    set_off: Consequences,
    book: &Book<AnyStore>,
    options: &Options,
    context: &Context<'_>,
) -> Result<(), Failure> {
    context.output.about(book, open::now());
    let report = views::recorded(outcomes, &open::journal(&book.head()), options.dry_run);
    context.output.answer(report, set_off)
}

fn open_source(file: &Path, args: &Args) -> Result<Box<dyn RowSource>, Problem> {
    if let Some(map) = &args.map {
        return Ok(Box::new(MappedTable::open(file, Mapping::read(map)?)?));
    }
    let encoding = args.encoding.as_deref().map(Encoding::parse).transpose()?.flatten();
    let options = rows::Options { encoding, sheet: args.sheet.clone(), ..rows::Options::default() };
    source::open(file, options)
}

/// Records all events of a file or none.
fn whole(
    file: &Path,
    args: &Args,
    book: &mut Book<AnyStore>,
    options: &Options,
) -> Result<(FileOutcome, Consequences), Problem> {
    let shown = file.display().to_string();
    let mut source = open_source(file, args)?;
    let summary = book
        .record_all(&mut *source, options, &mut |_, _| {})
        .map_err(|refused: RowProblem| placed(refused, &shown))?;
    let Summary { new, already, reversed, consequences, .. } = summary;
    Ok((FileOutcome { file: shown, new, already, reversed, rejected: 0 }, consequences))
}

/// Records the good rows of a file; the others go to the rejects with their reasons.
fn row_by_row(
    file: &Path,
    mut rejects: Made,
    args: &Args,
    (book, options): (&mut Book<AnyStore>, &Options),
    context: &Context<'_>,
) -> Result<(FileOutcome, Consequences), Problem> {
    let locale = &context.output.locale;
    let render = |problem: &Problem| {
        // The file of rejects has columns for the place.
        let bare = Problem { place: Default::default(), ..problem.clone() };
        let line = Message::new(&bare, locale).line(locale.lang());
        // The other rows of the file are recorded, so the wording must say that only this one was
        // not.
        let text = |key| locale.text(key, &[]);
        line.replace(&text("rejects-nothing-written"), &text("rejects-row-not-recorded"))
    };
    let mut source = open_source(file, args)?;
    let name = args.rejects.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let mut sink = RejectFile::begin(&mut rejects, name, &render)?;
    let mut group = RowGroup::default();
    source.events_or_rejects(
        &mut |events: Vec<Event>, _| book.record_row(events, options, &mut group, &mut |_| {}),
        &mut sink,
    )?;
    // The rejected rows are durable before the others are recorded.
    let rejected = sink.finish()?;
    rejects.sync()?;
    let summary = book.finish_rows(options, group)?;
    rejects.keep(context)?;
    let outcome = FileOutcome {
        file: file.display().to_string(),
        new: summary.new,
        already: summary.already,
        reversed: summary.reversed,
        rejected,
    };
    Ok((outcome, summary.consequences))
}

fn placed(refused: RowProblem, file: &str) -> Problem {
    let problem = refused.problem.in_file(file);
    if refused.row > 0 { problem.in_row(refused.row) } else { problem }
}
