//! `rules check FILE`: every finding in a rules file, before it is adopted.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use poolbook::domain::rules::RuleSet;
use poolbook::intake::decode::read_text;
use poolbook::limits::SETTINGS_BYTES_MAX;
use poolbook::problem::{Exit, Problem};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Check {
        #[arg(value_hint = clap::ValueHint::FilePath)]
        file: PathBuf,
    },
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let Action::Check { file } = &args.action;
    let shown = file.display().to_string();
    let text = read_text(file, SETTINGS_BYTES_MAX)?;
    let rules = RuleSet::parse(&text).map_err(|findings| {
        findings.into_iter().map(|finding| finding.in_file(&*shown)).collect::<Vec<Problem>>()
    })?;
    context.output.say("rules-sound", &[("rules", &rules.id), ("file", &shown)]);
    Ok(Exit::Done)
}
