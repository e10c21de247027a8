//! `scale`: the three funds against the city's target, per owner, at a date.

use crate::cli::ask::{self, Days};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::audit::scale::{Target, scale};
use poolbook::problem::Exit;
use poolbook::report::views;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    days: Days,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, args.days.scope())?;
    let day = args.days.day()?;
    let targets: Vec<Target> = book
        .state()
        .targets
        .iter()
        .map(|target| Target { owner: None, by: target.by, amount: target.amount })
        .collect();
    let view = args
        .days
        .movements(&book, |movements| scale(movements, &ask::owners(&book, day), &targets, day))?;
    context.output.report(&views::scale(&view, &args.days.basis(&book)))?;
    Ok(Exit::Done)
}
