//! `man [COMMAND]`: a manual page made from the command tree; `--dir` writes all of them.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::target::{Force, Made};
use crate::cli::{help, tree};
use clap_mangen::Man;
use poolbook::problem::{Exit, Problem};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    command: Option<String>,
    #[arg(long, value_hint = clap::ValueHint::DirPath)]
    dir: Option<PathBuf>,
    #[command(flatten)]
    force: Force,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let mut tree = help::localised(tree::whole(), &context.output.locale);
    tree.build();
    if let Some(dir) = &args.dir {
        let mut pages = Vec::new();
        gather(&tree, dir, &mut pages)?;
        // Every output file is tried before the first page is written.
        let open = |(path, _): &(PathBuf, _)| Made::open(context, ("dir", path), args.force);
        let made: Vec<Made> = pages.iter().map(open).collect::<Result<_, _>>()?;
        for (mut made, (_, page)) in made.into_iter().zip(&pages) {
            made.put(page)?;
            made.keep(context)?;
        }
        return Ok(Exit::Done);
    }
    let chosen = match &args.command {
        None => tree,
        Some(name) => help::find(&tree, std::slice::from_ref(name))?.clone(),
    };
    context.output.data(&page(&Man::new(chosen))?)?;
    Ok(Exit::Done)
}

fn page(man: &Man) -> Result<Vec<u8>, Problem> {
    let mut page = Vec::new();
    let rendered = man.render(&mut page);
    rendered.map_err(|error| Problem::new("output-failed", Exit::Io).with("detail", error))?;
    Ok(page)
}

/// The pages of a command and of its subcommands, with their files.
fn gather(
    command: &clap::Command,
    dir: &Path,
    pages: &mut Vec<(PathBuf, Vec<u8>)>,
) -> Result<(), Problem> {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        gather(inner, dir, pages)?;
    }
    let man = Man::new(command.clone());
    pages.push((dir.join(man.get_filename()), page(&man)?));
    Ok(())
}
