//! `loan [LOAN]`: the register of loans, or one loan with all that happened to it.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::book::Scope;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views;

#[derive(clap::Args)]
pub struct Args {
    loan: Option<String>,
    #[arg(long, conflicts_with = "loan")]
    owner: Option<String>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, Scope::All)?;
    let (state, head) = (book.state(), book.head());
    let report = match &args.loan {
        Some(id) => {
            let unknown = || Problem::refused("loan-unknown").with("loan", id);
            views::loan(state.loans.get(id).ok_or_else(unknown)?, state, &head)
        }
        None => {
            let owned = |owner: &str| args.owner.as_deref().is_none_or(|asked| asked == owner);
            let loans = state.loans.iter().filter(|loan| owned(&loan.owner));
            views::loans(loans, state, &head)
        }
    };
    context.output.report(&report)?;
    Ok(Exit::Done)
}
