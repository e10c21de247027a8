//! `subsidy`: the quarterly calculation. `compute` writes nothing, `post` approves the lines, `pay`
//! pays what is approved, `explain` prints the working of one line.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{open, recompute};
use poolbook::book::subsidies::{approval, compute_subsidies, payment, unpaid};
use poolbook::book::{Book, Options, Scope};
use poolbook::domain::calendar::{CalendarQuarter, Date, Quarter, parse_date};
use poolbook::domain::consequence::Consequences;
use poolbook::domain::event::{Event, Kind, Programme};
use poolbook::domain::state::Cell;
use poolbook::domain::subsidy::SubsidyLine;
use poolbook::domain::text::Id;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, PaymentRow, Posted};
use poolbook::store::Store;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Compute {
        quarter: String,
        #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Programme::WORDS))]
        programme: Option<String>,
    },
    Post {
        quarter: String,
        #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(Programme::WORDS))]
        programme: Option<String>,
        #[arg(long)]
        date: Option<String>,
    },
    Pay {
        quarter: Option<String>,
        #[arg(long)]
        date: String,
    },
    Explain {
        subsidy: String,
    },
    Recompute(recompute::Args),
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    match &args.action {
        Action::Compute { quarter, programme } => compute(quarter, programme.as_deref(), context),
        Action::Post { quarter, programme, date } => {
            let quarter = parse_quarter(quarter)?;
            let date = match date {
                Some(date) => parse_day(date)?,
                None => CalendarQuarter(quarter).last_day(),
            };
            post_command(quarter, programme.as_deref(), date, context)
        }
        Action::Pay { quarter, date } => {
            let quarter = quarter.as_deref().map(parse_quarter).transpose()?;
            pay(quarter, parse_day(date)?, context)
        }
        Action::Explain { subsidy } => explain(subsidy, context),
        Action::Recompute(own) => recompute::run(own, context),
    }
}

/// The quarter in an argument.
pub fn parse_quarter(text: &str) -> Result<Quarter, Problem> {
    Quarter::parse(text)
        .map_err(|_| Problem::new("quarter-format", Exit::Usage).with("text", text.escape_debug()))
}

/// The day in an argument.
pub fn parse_day(text: &str) -> Result<Date, Problem> {
    parse_date(text)
        .map_err(|error| Problem::new(error.code(), Exit::Usage).with("text", text.escape_debug()))
}

/// One programme, or all.
pub fn programmes(word: Option<&str>) -> Vec<Programme> {
    match word.and_then(Programme::parse) {
        Some(programme) => vec![programme],
        None => Programme::ALL.to_vec(),
    }
}

fn compute(quarter: &str, programme: Option<&str>, context: &Context<'_>) -> Result<Exit, Failure> {
    let quarter = parse_quarter(quarter)?;
    let book = open::for_reading(context, Scope::All)?;
    let lines = compute_subsidies(book.state(), quarter, &programmes(programme));
    let report =
        views::subsidies(&lines, quarter, None, book.state(), &open::journal(&book.head()));
    context.output.report(&report)?;
    Ok(Exit::Done)
}

fn post_command(
    quarter: Quarter,
    programme: Option<&str>,
    date: Date,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let options = open::options(context)?;
    let mut book = open::for_writing(context)?;
    let (lines, posted, set_off) =
        post(&mut book, quarter, &programmes(programme), date, &options)?;
    let report =
        views::subsidies(&lines, quarter, Some(posted), book.state(), &open::journal(&book.head()));
    context.output.answer(report, set_off)?;
    Ok(Exit::Done)
}

/// Computes the lines of a quarter and approves those that may be paid, all or none.
pub fn post<S: Store>(
    book: &mut Book<S>,
    quarter: Quarter,
    programmes: &[Programme],
    date: Date,
    options: &Options,
) -> Result<(Vec<SubsidyLine>, Posted, Consequences), Problem> {
    let lines = compute_subsidies(book.state(), quarter, programmes);
    let payable = lines.iter().filter(|line| line.is_payable());
    let mut events: Vec<Event> =
        payable.map(|line| book.once_more(approval(line, date)?)).collect::<Result<_, _>>()?;
    let summary =
        book.record_all(&mut events, options, &mut |_, _| {}).map_err(|refused| refused.problem)?;
    let posted = Posted { new: summary.new, already: summary.already, dry_run: options.dry_run };
    Ok((lines, posted, summary.consequences))
}

/// Pays the approved lines, each from the account of its cell that holds most; lines that no
/// account can pay stay open and are reported.
fn pay(quarter: Option<Quarter>, date: Date, context: &Context<'_>) -> Result<Exit, Failure> {
    let options = open::options(context)?;
    let mut book = open::for_writing(context)?;
    let waiting: Vec<_> = unpaid(book.state(), quarter)
        .into_iter()
        .map(|(line, amount)| (line.clone(), amount))
        .collect();
    let mut rows: Vec<PaymentRow<'_>> = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    for (line, amount) in &waiting {
        let cell = Cell { owner: line.owner.clone(), fund: line.programme.fund() };
        let account: Option<Id> = book.paying_account(&cell, *amount).cloned();
        if let Some(account) = &account {
            events.push(book.once_more(payment(line, date, account, *amount))?);
        }
        rows.push(PaymentRow { line, bank_account: account, amount: *amount });
    }
    let summary = book
        .record_all(&mut events, &options, &mut |_, _| {})
        .map_err(|refused| refused.problem)?;
    let head = open::journal(&book.head());
    let report = views::payments(&rows, quarter, date, options.dry_run, book.state(), &head);
    context.output.answer(report, summary.consequences)?;
    let open = rows.iter().any(|row| row.bank_account.is_none());
    Ok(if open { Exit::Findings } else { Exit::Done })
}

fn explain(id: &str, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, Scope::All)?;
    let unknown = || Problem::refused("subsidy-unknown").with("subsidy", id);
    let line = book.state().subsidies.get(id).ok_or_else(unknown)?;
    let entry = book.find(id)?.ok_or_else(unknown)?;
    // The trail of a line also holds the reductions, claw-backs and supplements that correct it.
    let mut corrections = Vec::new();
    for seq in line.trail.iter().filter(|seq| **seq != entry.seq) {
        let told = book.entry(*seq)?;
        let corrects = matches!(
            told.event.kind,
            Kind::ApproveSubsidy(_) | Kind::ReduceSubsidy(_) | Kind::ClawBack(_)
        );
        corrections.extend(corrects.then_some(told));
    }
    context.output.report(&views::working(
        line,
        &entry,
        (&corrections, &book.entries(&line.trail)?),
        book.state(),
        &open::journal(&book.head()),
    ))?;
    Ok(Exit::Done)
}
