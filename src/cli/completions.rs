//! `completions SHELL`: a completion script made from the command tree.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{help, tree};
use poolbook::problem::Exit;

#[derive(clap::Args)]
pub struct Args {
    shell: clap_complete::Shell,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let mut tree = help::localised(tree::whole(), &context.output.locale);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut tree, "poolbook", &mut script);
    context.output.data(&script)?;
    Ok(Exit::Done)
}
