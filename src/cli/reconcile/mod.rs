//! `reconcile`: bank statements against the book, and the bank's loans against the register.
//!
//! One file a subcommand; `reconcile BANK_ACCOUNT` alone prints the form that people sign.

mod account;
mod form;
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
    ThreeWay(three_way::Args),
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let Some(action) = &args.action else { return form::run(&args.form, context) };
    args.form.refuse()?;
    match action {
        Action::ThreeWay(args) => three_way::run(args, context),
    }
}

/// The profiles given, before those that the program knows.
pub fn profiles(paths: &[PathBuf]) -> Result<Vec<Profile>, Problem> {
    let mut all: Vec<Profile> =
        paths.iter().map(|path| Profile::read(path)).collect::<Result<_, _>>()?;
    all.extend(Profile::built_in());
    Ok(all)
}

/// A day of an option.
fn day(text: &str) -> Result<Date, Problem> {
    parse_date(text)
        .map_err(|error| Problem::new(error.code(), Exit::Usage).with("text", text.escape_debug()))
}
