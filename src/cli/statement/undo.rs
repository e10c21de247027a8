//! `statement undo ID --reason TEXT`: withdraws a statement, visibly.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{open, voucher};
use poolbook::book::Book;
use poolbook::book::statements::undo_event;
use poolbook::domain::refusal::Reason;
use poolbook::domain::statement::facts::Import;
use poolbook::domain::text::line;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::Standing;
use poolbook::store::Store;

#[derive(clap::Args)]
pub struct Args {
    statement: String,
    #[arg(long)]
    reason: String,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let options = open::options(context)?;
    let mut book = open::for_writing(context)?;
    let import = named(&book, &args.statement)?;
    let reason = line(&args.reason)
        .map_err(|error| Problem::new(error.code(), Exit::Usage).with("text", &args.reason))?;
    let event = undo_event(import, reason)?;
    let id = event.id.clone();
    let (recorded, summary) = book.record(event, &options)?;
    let standing =
        Standing { already: recorded.is_none(), dry_run: options.dry_run, ..Standing::default() };
    let entry = match recorded {
        Some(entry) => Some(entry),
        None => book.find(&id)?,
    };
    if let Some(entry) = entry {
        if standing.already {
            let entry = entry.seq.to_string();
            context.output.say("already-recorded", &[("id", &id), ("entry", &entry)]);
        }
        let report = voucher::report(&entry, &book, standing, context);
        context.output.answer(report, summary.consequences)?;
    }
    Ok(Exit::Done)
}

/// The statement that a text names: by its id, by the number of its entry, or by the first digits
/// of the hash in its id if only one begins so.
fn named<'b, S: Store>(book: &'b Book<S>, text: &str) -> Result<&'b Import, Problem> {
    let imports = &book.state().statements.imports;
    if let Some(import) = imports.get(text) {
        return Ok(import);
    }
    if let Ok(entry) = text.parse::<u64>()
        && let Some(import) = imports.iter().find(|import| import.entry == entry)
    {
        return Ok(import);
    }
    let mut begin = imports.iter().filter(|import| {
        text.len() >= 6 && import.sha256.starts_with(text) && import.undone.is_none()
    });
    match (begin.next(), begin.next()) {
        (Some(import), None) => Ok(import),
        _ => Err(Reason::StatementUnknown.refuse().with("statement", text)),
    }
}
