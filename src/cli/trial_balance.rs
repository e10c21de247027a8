//! `trial-balance` (科目余额表).

use crate::cli::ask::{Days, Which};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::audit::trial_balance::{digest, trial_balance};
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
    let view = args.days.movements(&book, |movements| trial_balance(movements, cells, span))?;
    let owner = args.which.owner.as_deref();
    // The digest covers a whole owner on a day, like that of its closes.
    let digest = match (cells.owner, owner, cells.fund, args.days.is_bounded()) {
        (Some(number), Some(code), None, true) => {
            let day = span.to();
            Some(args.days.movements(&book, |movements| digest(movements, number, code, day))?)
        }
        _ => None,
    };
    let basis = args.days.basis(&book);
    let report = views::trial_balance(&view, owner, cells, digest, &basis, &context.output.locale);
    context.output.report(&report)?;
    Ok(Exit::Done)
}
