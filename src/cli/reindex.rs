//! `reindex`: make the index again from the journal.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::problem::Exit;
use poolbook::report::views;

#[derive(clap::Args)]
pub struct Args {}

pub fn run(_: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let mut book = open::for_writing(context)?;
    let head = book.reindex()?;
    let shown = context.global.book.display().to_string();
    let city = book.state().city().to_owned();
    context.output.report(&views::book(&shown, Some(&city), &head))?;
    Ok(Exit::Done)
}
