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
    #[arg(long)]
    owner: Option<String>,
    #[arg(long)]
    loan: Option<String>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, Scope::All)?;
    let state = book.state();
    if let Some(id) = &args.claim
        && state.claims.get(id).is_none()
    {
        return Err(Problem::refused("claim-unknown").with("claim", id).into());
    }
    let wanted =
        |asked: &Option<String>, value: &str| asked.as_deref().is_none_or(|asked| asked == value);
    let claims = state.claims.iter().filter(|claim| {
        wanted(&args.claim, &claim.id)
            && wanted(&args.owner, &claim.owner)
            && wanted(&args.loan, &claim.loan)
    });
    context.output.report(&views::claims(claims, state, &open::journal(&book.head())))?;
    Ok(Exit::Done)
}
