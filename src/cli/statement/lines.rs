//! `statement lines BANK_ACCOUNT`: the movements that count, each with its id, file and row.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{open, subsidy};
use poolbook::book::Scope;
use poolbook::domain::statement::facts::line_key;
use poolbook::problem::Exit;
use poolbook::report::views::{self, LineRow, LinesView};

#[derive(clap::Args)]
pub struct Args {
    bank_account: String,
    #[arg(long)]
    source: Option<String>,
    #[arg(long)]
    from: Option<String>,
    #[arg(long)]
    to: Option<String>,
    #[arg(long)]
    known_at: Option<u64>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let day = |text: &Option<String>| text.as_deref().map(subsidy::parse_day).transpose();
    let (from, to) = (day(&args.from)?, day(&args.to)?);
    let book = open::for_reading(context, Scope::Statements)?;
    let channel = book.channel(&args.bank_account, args.source.as_deref(), args.known_at)?;
    let facts = &book.state().statements;
    let known = |entry: &u64| args.known_at.is_none_or(|count| *entry <= count);
    let within = channel.lines.iter().filter(|line| {
        from.is_none_or(|from| line.date >= from) && to.is_none_or(|to| line.date <= to)
    });
    let rows: Vec<LineRow<'_>> = within
        .map(|line| LineRow {
            line,
            file: channel.file_of(line).map_or("", |import| import.file.as_str()),
            matched_by: line_key(&line.id).and_then(|key| facts.matched_by(key)).filter(known),
        })
        .collect();
    let view = LinesView {
        bank_account: &channel.bank_account,
        channel: &channel.name,
        days: (from.or_else(|| channel.from()), to.or_else(|| channel.to())),
        rows: &rows,
    };
    let basis = views::Basis { journal: open::journal(&book.head()), known_at: args.known_at };
    context.output.report(&views::statement_lines(&view, &basis))?;
    Ok(Exit::Done)
}
