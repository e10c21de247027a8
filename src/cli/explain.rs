//! `explain COLUMN`: the entries that a figure of the balances consists of.

use crate::cli::ask::{Days, Which};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::audit::balance::Column;
use poolbook::audit::explain::explain;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views;

#[derive(clap::Args)]
pub struct Args {
    column: String,
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    which: Which,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let column = Column::parse(&args.column).ok_or_else(|| {
        let columns: Vec<&str> = Column::ALL.iter().map(|column| column.code()).collect();
        Problem::new("column-unknown", Exit::Usage)
            .with("name", &args.column)
            .with("allowed", columns.join(", "))
    })?;
    let book = open::for_reading(context, args.days.scope())?;
    let (span, cells) = (args.days.span()?, args.which.cells(&book)?);
    let view = args.days.movements(&book, |movements| {
        explain(movements, &|seq| book.entry(seq), book.state(), column, cells, span)
    })?;
    let owner = args.which.owner.as_deref();
    context.output.report(&views::explain(&view, owner, &args.days.basis(&book)))?;
    Ok(Exit::Done)
}
