//! The command line: one file per command, and the few parts that all of them share.
//!
//! stdout is for data, stderr for messages. A shape never changes with the terminal. The commands
//! of events are made from the vocabulary of the library ([`events`]); all others are listed in
//! [`tree`]. Wording comes from the library's locale, also for the help and for mistakes in usage.

mod account;
mod ask;
mod backup;
mod balance;
mod cap;
mod check_checkpoint;
mod check_pack;
mod check_proof;
mod checkpoint;
mod claim;
mod close;
mod completions;
mod context;
mod events;
mod explain;
mod export;
mod failure;
mod guide;
mod help;
mod init;
mod interest;
mod kept;
mod late;
mod loan;
mod man;
mod open;
mod output;
mod pool;
mod prove;
mod quarter;
mod recompute;
mod reconcile;
mod record;
mod reindex;
mod restore;
mod rules;
mod scale;
mod schema;
mod statement;
mod subsidy;
mod target;
mod tree;
mod trial_balance;
mod usage;
mod verify;
mod voucher;

use context::Context;
use failure::Failure;
use output::Output;
use poolbook::problem::Exit;
use poolbook::report::{Format, Lang, Locale};
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    failure::keep_panics_quiet();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let output = Output::new(asked_format(&arguments), Locale::new(asked_language(&arguments)));
    let attempt = std::panic::AssertUnwindSafe(|| run(&arguments, &output));
    let done = match std::panic::catch_unwind(attempt) {
        Ok(done) => done,
        Err(_) => Err(failure::bug().into()),
    };
    // The book is closed by now. Output from before a failure is written before the failure is
    // printed.
    let exit = match (done, output.release()) {
        (Ok(exit), Ok(())) => exit,
        (Err(failure), _) | (Ok(_), Err(failure)) => failure.print(&output),
    };
    ExitCode::from(exit as u8)
}

fn run(arguments: &[OsString], output: &Output) -> Result<Exit, Failure> {
    let matches = match tree::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return usage::explain(&error, arguments, output),
    };
    let context = Context::new(&matches, output)?;
    tree::dispatch(&matches, &context)
}

/// The language: the option, else `POOLBOOK_LANG`, else the locale of the environment. It is found
/// before parsing, because mistakes in usage are reported in it too.
fn asked_language(arguments: &[OsString]) -> Lang {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let asked = option_value(arguments, "--lang").or_else(|| variable("POOLBOOK_LANG"));
    asked.and_then(|word| Lang::parse(&word)).unwrap_or_else(|| {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(variable);
        Lang::of_environment(locale.as_deref())
    })
}

/// The format, found before parsing for the same reason.
fn asked_format(arguments: &[OsString]) -> Format {
    let asked =
        option_value(arguments, "--format").or_else(|| std::env::var("POOLBOOK_FORMAT").ok());
    asked.and_then(|word| Format::parse(&word)).unwrap_or_default()
}

/// The last value of a long option, written `--name value` or `--name=value`.
fn option_value(arguments: &[OsString], name: &str) -> Option<String> {
    let mut found = None;
    let mut texts = arguments.iter().filter_map(|argument| argument.to_str());
    while let Some(text) = texts.next() {
        if text == name {
            found = texts.next().map(str::to_owned);
        } else if let Some(value) = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('='))
        {
            found = Some(value.to_owned());
        }
    }
    found
}
