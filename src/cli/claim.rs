//! `claim [CLAIM]`: claims for compensation one by one.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::book::Scope;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views;

#[derive(clap::Args)]
pub struct Args {
    claim: Option<String>,
    #[arg(long, conflicts_with = "claim")]
    owner: Option<String>,
    #[arg(long, conflicts_with = "claim")]
    loan: Option<String>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, Scope::All)?;
    let state = book.state();
    if let Some(id) = &args.claim {
        let unknown = || Problem::refused("claim-unknown").with("claim", id);
        let claim = state.claims.get(id).ok_or_else(unknown)?;
        let entries = book.entries(&claim.trail)?;
        context.output.report(&views::claim(
            claim,
            &entries,
            state,
            &open::journal(&book.head()),
        ))?;
        return Ok(Exit::Done);
    }
    let wanted =
        |asked: &Option<String>, value: &str| asked.as_deref().is_none_or(|asked| asked == value);
    let claims = state
        .claims
        .iter()
        .filter(|claim| wanted(&args.owner, &claim.owner) && wanted(&args.loan, &claim.loan));
    context.output.report(&views::claims(claims, state, &open::journal(&book.head())))?;
    Ok(Exit::Done)
}
