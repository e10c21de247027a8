//! `balance`: per-county, per-fund balances as a roll-forward.

use crate::cli::ask::{self, Days, Which};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::audit::balance::balance;
use poolbook::problem::Exit;
use poolbook::report::views;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    which: Which,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, args.days.scope())?;
    let (span, cells) = (args.days.span()?, args.which.cells(&book)?);
    let view = args.days.movements(&book, |movements| {
        balance(movements, &ask::owners(&book, span.to()), cells, span)
    })?;
    context.output.report(&views::balance(&view, &args.days.basis(&book)))?;
    Ok(Exit::Done)
}
