//! What every command is given: the global options and the output.

use crate::cli::failure::Failure;
use crate::cli::output::Output;
use clap::FromArgMatches as _;
use std::path::PathBuf;

// Help texts stand in the locale (`opt-<name>`), not here.
#[derive(clap::Args, Debug, Clone)]
pub struct Global {
    #[arg(long, global = true, env = "POOLBOOK_BOOK", default_value = "book")]
    pub book: PathBuf,
    #[arg(long, global = true, env = "POOLBOOK_FORMAT", default_value = "table",
        value_parser = clap::builder::PossibleValuesParser::new(poolbook::report::Format::WORDS))]
    pub format: String,
    #[arg(long, global = true, env = "POOLBOOK_LANG",
        value_parser = clap::builder::PossibleValuesParser::new(poolbook::report::Lang::WORDS))]
    pub lang: Option<String>,
    #[arg(long, global = true)]
    pub dry_run: bool,
    #[arg(long, global = true, env = "POOLBOOK_MAKER")]
    pub maker: Option<String>,
    #[arg(long, global = true, env = "POOLBOOK_CHECKER")]
    pub checker: Option<String>,
    #[arg(long, global = true, env = "POOLBOOK_APPROVER")]
    pub approver: Option<String>,
}

/// Global options and output.
pub struct Context<'o> {
    pub global: Global,
    pub output: &'o Output,
}

impl<'o> Context<'o> {
    pub fn new(matches: &clap::ArgMatches, output: &'o Output) -> Result<Self, Failure> {
        let global = Global::from_arg_matches(matches)
            .map_err(|error| crate::cli::usage::problem(&error))?;
        Ok(Self { global, output })
    }
}
