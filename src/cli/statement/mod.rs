//! `statement`: bank statements as facts of the book. `import` takes files in, `undo` takes one out
//! again, `list` shows what was taken in and what of it stands, `lines` the movements that stand.

pub mod import;
mod lines;
mod list;
mod undo;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use poolbook::problem::Exit;

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
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    match &args.action {
        Action::Import(own) => import::run(own, context),
        Action::Undo(own) => undo::run(own, context),
        Action::List(own) => list::run(own, context),
        Action::Lines(own) => lines::run(own, context),
    }
}
