//! `reconcile lines BANK_ACCOUNT`: each line of the statement with the postings that it is matched
//! with (银行流水匹配表), and the open lines of the book.

use super::{Account, day};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::target::Target;
use poolbook::book::Scope;
use poolbook::problem::Exit;
use poolbook::report::views::{self, LinesAsked};

/// States of a line.
const STATES: [&str; 3] = ["matched", "proposed", "open"];

#[derive(clap::Args)]
pub struct Args {
    bank_account: String,
    #[arg(long)]
    from: Option<String>,
    #[arg(long, visible_alias = "to")]
    as_of: Option<String>,
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(STATES))]
    state: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let page = args.target.open_report(context)?;
    let days = |text: &Option<String>| text.as_deref().map(day).transpose();
    let (from, to) = (days(&args.from)?, days(&args.as_of)?);
    let book = open::for_reading(context, Scope::All)?;
    let account = Account::recorded(&book, &args.bank_account)?;
    let form = account.form(to.unwrap_or_else(|| account.last_day()));
    let asked = LinesAsked { from, to, state: args.state.as_deref() };
    let head = open::journal(&book.head());
    let report = views::bank_lines(&account.view(&form), asked, book.state(), &head);
    page.report(context, &report)?;
    Ok(Exit::Done)
}
