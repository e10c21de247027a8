//! `interest split`: the interest that a bank credits on an account with money of several owners.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::audit::day_sums::{Credited, Split};
use poolbook::book::{Book, Scope};
use poolbook::domain::calendar::{Date, Period, parse_date};
use poolbook::domain::consequence::Consequences;
use poolbook::domain::money::Money;
use poolbook::domain::rate::Rate;
use poolbook::domain::text::Id;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, Posted};
use poolbook::store::Store;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Split {
        #[arg(long)]
        bank_account: String,
        #[arg(long)]
        from: String,
        #[arg(long)]
        to: String,
        #[arg(long, allow_negative_numbers = true)]
        amount: String,
        #[arg(long, allow_negative_numbers = true)]
        rate: Option<String>,
        #[arg(long)]
        date: Option<String>,
        #[arg(long)]
        post: bool,
    },
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let Action::Split { bank_account, from, to, amount, rate, date, post } = &args.action;
    let credited = Credited {
        bank_account: Id::parse(bank_account).map_err(|error| error.problem(bank_account))?,
        days: Period { from: day(from)?, to: day(to)? },
        amount: Money::parse(amount).map_err(|error| wrong(error.code(), amount))?,
        rate: rate
            .as_deref()
            .map(|rate| Rate::parse(rate).map_err(|error| wrong(error.code(), rate)))
            .transpose()?,
        date: date.as_deref().map(day).transpose()?,
    };
    if credited.amount < Money::ZERO {
        return Err(wrong("amount-negative", amount).into());
    }
    if !post {
        let book = open::for_reading(context, Scope::All)?;
        let split = book.split_interest(&credited)?;
        return shown(&book, (&credited, &split), None, context);
    }
    let mut book = open::for_writing(context)?;
    let mut split = book.split_interest(&credited)?;
    let options = open::options(context)?;
    let mut events = std::mem::take(&mut split.events);
    let summary = book
        .record_all(&mut events, &options, &mut |_, _| {})
        .map_err(|refused| refused.problem)?;
    let posted = Posted { new: summary.new, already: summary.already, dry_run: options.dry_run };
    shown(&book, (&credited, &split), Some((posted, summary.consequences)), context)
}

fn shown(
    book: &Book<impl Store>,
    (credited, split): (&Credited, &Split),
    posted: Option<(Posted, Consequences)>,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let head = open::journal(&book.head());
    let told = posted.as_ref().map(|(posted, _)| *posted);
    let report = views::interest_split(credited, split, told, book.state(), &head);
    match posted {
        Some((_, set_off)) => context.output.answer(report, set_off)?,
        None => context.output.report(&report)?,
    }
    Ok(if split.agrees() { Exit::Done } else { Exit::Findings })
}

fn wrong(code: &'static str, text: &str) -> Problem {
    Problem::new(code, Exit::Usage).with("text", text.escape_debug())
}

fn day(text: &str) -> Result<Date, Problem> {
    parse_date(text).map_err(|error| wrong(error.code(), text))
}
