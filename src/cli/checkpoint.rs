//! `checkpoint`: a text that someone outside the office keeps, so that a change of the past can be
//! detected.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, in_words_as_note};
use crate::cli::target::Target;
use crate::cli::{kept, open};
use poolbook::audit::checkpoint::Checkpoint;
use poolbook::audit::checkpoint::note::check_name;
use poolbook::book::checkpoint::{Taken, take};
use poolbook::problem::{Exit, Problem};
use poolbook::report::{Format, views};
use poolbook::store::leaves::Growing;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    key: Option<PathBuf>,
    #[arg(long, requires = "key")]
    name: Option<String>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let signer = args.key.as_deref().map(kept::key).transpose()?;
    args.name.as_deref().map(check_name).transpose()?;
    // The output is tried before the entry of the checkpoint is recorded.
    let destination = args.target.open(context)?;
    let path = &context.global.book;
    // While this process holds the book, no other process records anything.
    let held = match open::for_writing(context) {
        Ok(mut book) => {
            // An entry commits to the trees of the owners before the journal is read again.
            if book.head().count > 0 {
                book.checkpoint(open::today(), &open::options(context)?)?;
            }
            Some(book)
        }
        Err(failure) if failure.allows_reading() => None,
        Err(failure) => return Err(failure),
    };
    let writable = held.is_some() && !context.global.dry_run;
    let Taken { body, bytes, leaves } = take(path, writable)?;
    if let Some(leaves) = leaves {
        // The text is worth more than the hashes beside the book, so it is written even if they
        // fail.
        if let Err(error) = Growing::keep(leaves) {
            let problem = Problem::from(error);
            context.output.talk(&in_words_as_note(&problem, &context.output.locale));
            context.output.say("checkpoint-without-leaves", &[]);
        }
    } else if !context.global.dry_run {
        context.output.say("checkpoint-without-leaves", &[]);
    }
    let mut checkpoint = Checkpoint { body, signatures: Vec::new() };
    if let Some(signer) = signer {
        let origin = checkpoint.body.origin.to_string();
        checkpoint.sign(args.name.as_deref().unwrap_or(&origin), &signer)?;
    }
    let text = checkpoint.to_string();
    let file = args.target.name();
    if let (None, Format::Table) = (&file, context.output.format) {
        destination.put(text.as_bytes(), context)?;
        let line = checkpoint.body.line().to_string();
        context.output.say("checkpoint-line-told", &[("line", &line)]);
        return Ok(Exit::Done);
    }
    if file.is_some() {
        destination.put(text.as_bytes(), context)?;
    }
    context.output.report(&views::checkpoint(&checkpoint, bytes, file.as_deref()))?;
    Ok(Exit::Done)
}
