//! `subsidy recompute`: settled periods computed again; only the net difference is shown or posted.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::subsidy::{parse_day, parse_quarter, programmes};
use poolbook::book::Scope;
use poolbook::domain::event::Programme;
use poolbook::domain::state::State;
use poolbook::domain::subsidy::correction::{Range, differences};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, Posted};

#[derive(clap::Args)]
pub struct Args {
    #[arg(long)]
    since: String,
    #[arg(long)]
    until: Option<String>,
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Programme::WORDS))]
    programme: Option<String>,
    #[arg(long, requires = "date")]
    post: bool,
    #[arg(long)]
    date: Option<String>,
    #[arg(long)]
    document: Option<String>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let range = range(args)?;
    let date = args.date.as_deref().map(parse_day).transpose()?;
    let Some(date) = date.filter(|_| args.post) else {
        let book = open::for_reading(context, Scope::All)?;
        let found = book.recompute(&range)?;
        let head = open::journal(&book.head());
        context.output.report(&views::recompute(&found, &range, None, book.state(), &head))?;
        return Ok(if found.is_empty() { Exit::Done } else { Exit::Findings });
    };
    let options = open::options(context)?;
    let mut book = open::for_writing(context)?;
    let found = book.recompute(&range)?;
    let mut events = book.corrections(&found, date)?;
    let document = args.document.as_deref().map(poolbook::domain::text::line).transpose();
    let document = document.map_err(|error| {
        let text = args.document.as_deref().unwrap_or_default();
        error.problem(text).with("field", "document")
    })?;
    events.iter_mut().for_each(|event| event.document.clone_from(&document));
    let summary = book
        .record_all(&mut events, &options, &mut |_, _| {})
        .map_err(|refused| refused.problem)?;
    let posted = Posted { new: summary.new, already: summary.already, dry_run: options.dry_run };
    let head = open::journal(&book.head());
    let report = views::recompute(&found, &range, Some((posted, date)), book.state(), &head);
    context.output.answer(report, summary.consequences)?;
    let waiting = found.iter().any(|own| own.waiting.0 != 0);
    Ok(if waiting { Exit::Findings } else { Exit::Done })
}

fn range(args: &Args) -> Result<Range, Problem> {
    let since = parse_quarter(&args.since)?;
    let until = args.until.as_deref().map(parse_quarter).transpose()?;
    if let Some(until) = until.filter(|until| *until < since) {
        return Err(Problem::new("quarter-order", Exit::Usage)
            .with("since", since)
            .with("until", until));
    }
    Ok(Range { since, until, programmes: programmes(args.programme.as_deref()) })
}

/// Reports on stderr if recomputing the settled subsidies of a book gives other amounts.
pub fn tell(state: &State, context: &Context<'_>) {
    let Some(since) = first_quarter(state) else { return };
    let range = Range { since, until: None, programmes: Programme::ALL.to_vec() };
    let found = differences(state, &range);
    if let Some(first) = found.iter().map(|own| own.quarter).min() {
        let (lines, since) = (found.len().to_string(), first.to_string());
        context.output.say("recompute-differs", &[("lines", &lines), ("since", &since)]);
    }
}

fn first_quarter(state: &State) -> Option<poolbook::domain::calendar::Quarter> {
    let live = state.subsidies.iter().filter(|line| !line.trail.is_empty());
    live.filter_map(|line| poolbook::domain::calendar::Quarter::parse(&line.period).ok()).min()
}
