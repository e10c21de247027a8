//! `man [COMMAND]`: a manual page made from the command tree; `--dir` writes all of them.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{help, tree};
use poolbook::problem::{Exit, Problem};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    command: Option<String>,
    #[arg(long, value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let mut tree = help::localised(tree::command(), &context.output.locale);
    if let Some(dir) = &args.dir {
        clap_mangen::generate_to(tree, dir).map_err(|error| {
            Problem::new("cannot-create", Exit::CannotCreate)
                .with("path", dir.display())
                .with("system", error)
        })?;
        return Ok(Exit::Done);
    }
    tree.build();
    let chosen = match &args.command {
        None => tree,
        Some(name) => tree.find_subcommand(name).cloned().ok_or_else(|| {
            let names = tree.get_subcommands().map(clap::Command::get_name);
            let near = poolbook::domain::field::nearest(name, names).unwrap_or("—").to_owned();
            Problem::new("usage-unknown-command", Exit::Usage)
                .with("command", name)
                .with("nearest", near)
        })?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(chosen)
        .render(&mut page)
        .map_err(|error| Problem::new("output-failed", Exit::Io).with("detail", error))?;
    context.output.data(&page)?;
    Ok(Exit::Done)
}
