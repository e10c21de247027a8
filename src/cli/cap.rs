//! `cap`: yearly caps of firms, used and left.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::book::Scope;
use poolbook::problem::Exit;
use poolbook::report::views;

#[derive(clap::Args)]
pub struct Args {
    firm: Option<String>,
    #[arg(long)]
    year: Option<i16>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, Scope::All)?;
    let report = views::caps(book.state(), args.firm.as_deref(), args.year, &book.head());
    context.output.report(&report)?;
    Ok(Exit::Done)
}
