//! `statement`: bank statements, as files and as facts of the book. `sniff` says what a file is, `check`
//! reads and writes nothing, `profile` shows and drafts layouts; `import` takes files in, `undo` takes
//! one out again, `list` shows what was taken in and what of it stands, `lines` the movements.

mod check;
pub mod import;
mod lines;
mod list;
mod profile;
mod sniff;
mod undo;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use poolbook::domain::money::Total;
use poolbook::intake::statement::Statement;
use poolbook::problem::Exit;
use poolbook::report::views::StatementRow;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Import(import::Args),
    Undo(undo::Args),
    List(list::Args),
    Lines(lines::Args),
    Sniff(sniff::Args),
    Check(check::Args),
    Profile(profile::Args),
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    match &args.action {
        Action::Import(own) => import::run(own, context),
        Action::Undo(own) => undo::run(own, context),
        Action::List(own) => list::run(own, context),
        Action::Lines(own) => lines::run(own, context),
        Action::Sniff(own) => sniff::run(own, context),
        Action::Check(own) => check::run(own, context),
        Action::Profile(own) => profile::run(own, context),
    }
}

/// A statement as reports show it; `more` are breaks that it does not know of itself.
fn row(statement: &Statement, more: usize) -> StatementRow {
    let side = |wanted: bool| {
        let amounts = statement.lines.iter().map(|line| line.amount);
        amounts.filter(|amount| amount.is_positive() == wanted).map(Total::from).sum::<Total>()
    };
    StatementRow {
        file: statement.file.clone(),
        profile: statement.profile.clone(),
        number: statement.number.clone(),
        currency: statement.currency.clone(),
        days: (statement.from, statement.to),
        balances: (statement.opening, statement.closing),
        sums: (side(true), -side(false)),
        movements: statement.lines.len(),
        breaks: statement.breaks.len() + more,
    }
}
