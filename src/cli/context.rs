//! The context of every command: the global options and the output.

use crate::cli::failure::Failure;
use crate::cli::output::Output;
use clap::{ArgMatches, FromArgMatches as _};
use std::path::PathBuf;

// Help texts are in the locale (`opt-<name>`), not here.
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
    #[arg(long, global = true, env = "POOLBOOK_CONFIRM_CLOCK")]
    pub confirm_clock: bool,
    #[arg(long, global = true, env = "POOLBOOK_CONFIRM_DATE")]
    pub confirm_date: bool,
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
    /// The command's name, including its subcommands.
    pub command: String,
    pub output: &'o Output,
    /// Every path that the user gave, by option.
    paths: Vec<(String, PathBuf)>,
}

impl<'o> Context<'o> {
    pub fn new(matches: &ArgMatches, output: &'o Output) -> Result<Self, Failure> {
        let global = Global::from_arg_matches(matches)
            .map_err(|error| crate::cli::usage::problem(&error))?;
        let mut command = Vec::new();
        let mut below = matches.subcommand();
        while let Some((name, own)) = below {
            command.push(name);
            below = own.subcommand();
        }
        let mut paths = Vec::new();
        collect(matches, &mut paths);
        Ok(Self { global, command: command.join(" "), output, paths })
    }

    /// The paths of all other options and arguments of the command: its inputs and its other
    /// outputs.
    pub fn paths_beside(&self, option: &str) -> Vec<PathBuf> {
        let others = self.paths.iter().filter(|(own, _)| own != option);
        others.map(|(_, path)| path.clone()).collect()
    }
}

/// Collects every value that is a path, down to the last subcommand. New options are found without
/// a change here.
fn collect(matches: &ArgMatches, paths: &mut Vec<(String, PathBuf)>) {
    for id in matches.ids() {
        let values = matches.try_get_many::<PathBuf>(id.as_str());
        let values = values.ok().flatten().into_iter().flatten();
        paths.extend(values.map(|path| (id.to_string(), path.clone())));
    }
    if let Some((_, inner)) = matches.subcommand() {
        collect(inner, paths);
    }
}
