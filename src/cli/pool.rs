//! `pool [OWNER]`: the state of each pool, its leverage, and the circuit breaker.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::book::Scope;
use poolbook::domain::calendar::parse_date;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views;

#[derive(clap::Args)]
pub struct Args {
    owner: Option<String>,
    #[arg(long)]
    date: Option<String>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let day = match &args.date {
        Some(text) => parse_date(text).map_err(|error| {
            let problem = Problem::new(error.code(), Exit::Usage);
            problem.with("field", "date").with("text", text.escape_debug())
        })?,
        None => open::today(),
    };
    let book = open::for_reading(context, Scope::All)?;
    if let Some(owner) = &args.owner
        && book.state().owners.get(owner).is_none()
    {
        return Err(book.state().owner_unknown(owner).into());
    }
    let journal = open::journal(&book.head());
    context.output.report(&views::pools(book.state(), args.owner.as_deref(), day, &journal))?;
    Ok(Exit::Done)
}
