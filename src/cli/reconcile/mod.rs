//! `reconcile`: bank statements against the book, and the bank's loans against the register.
//!
//! One file per subcommand; `reconcile BANK_ACCOUNT` alone prints the form that people sign.

mod account;
mod certify;
mod confirm;
mod form;
mod lines;
mod sources;
mod status;
mod suggest;
mod three_way;

pub use account::Account;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use poolbook::domain::calendar::{Date, parse_date};
use poolbook::intake::profile::Profile;
use poolbook::problem::{Exit, Problem};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    form: form::Args,
}

#[derive(clap::Subcommand)]
enum Action {
    Status(status::Args),
    Lines(lines::Args),
    Suggest(suggest::Args),
    Confirm(confirm::Args),
    UndoMatch(confirm::UndoArgs),
    Certify(certify::Args),
    Certificates(certify::ListArgs),
    ThreeWay(three_way::Args),
    Sources(sources::Args),
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let Some(action) = &args.action else { return form::run(&args.form, context) };
    args.form.refuse()?;
    match action {
        Action::Status(args) => status::run(args, context),
        Action::Lines(args) => lines::run(args, context),
        Action::Suggest(args) => suggest::run(args, context),
        Action::Confirm(args) => confirm::run(args, context),
        Action::UndoMatch(args) => confirm::undo(args, context),
        Action::Certify(args) => certify::run(args, context),
        Action::Certificates(args) => certify::list(args, context),
        Action::ThreeWay(args) => three_way::run(args, context),
        Action::Sources(args) => sources::run(args, context),
    }
}

/// The given profiles, before those of the program.
pub fn profiles(paths: &[PathBuf]) -> Result<Vec<Profile>, Problem> {
    let mut all: Vec<Profile> =
        paths.iter().map(|path| Profile::read(path)).collect::<Result<_, _>>()?;
    all.extend(Profile::built_in());
    Ok(all)
}

/// The day in an option.
fn day(text: &str) -> Result<Date, Problem> {
    parse_date(text)
        .map_err(|error| Problem::new(error.code(), Exit::Usage).with("text", text.escape_debug()))
}
