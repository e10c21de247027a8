//! `loan [LOAN]`: the register of loans, or one loan with its history.

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
    let (state, head) = (book.state(), open::journal(&book.head()));
    let report = match &args.loan {
        Some(id) => {
            let applied = state.application(id);
            match (state.loans.get(id), applied) {
                (Some(loan), _) => {
                    let mut trail = applied.map(|one| one.trail.clone()).unwrap_or_default();
                    trail.extend(&loan.trail);
                    views::loan(loan, &book.entries(&trail)?, state, &head)
                }
                // An application that is not enrolled is shown beside an empty register.
                (None, Some(application)) => {
                    let mut report = views::loans(std::iter::empty(), state, &head);
                    views::applications(&mut report, std::iter::once(application), state);
                    report
                }
                (None, None) => {
                    return Err(Problem::refused("loan-unknown").with("loan", id).into());
                }
            }
        }
        None => {
            let owned = |owner: &str| args.owner.as_deref().is_none_or(|asked| asked == owner);
            let loans = state.loans.iter().filter(|loan| owned(&loan.owner));
            let mut report = views::loans(loans, state, &head);
            let applied = state.applications.iter().filter(|one| owned(&one.owner));
            views::applications(&mut report, applied, state);
            report
        }
    };
    context.output.report(&report)?;
    Ok(Exit::Done)
}
