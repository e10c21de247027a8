//! `backup`: the whole book in one file, verified before it gets its name.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::target::Force;
use poolbook::book::backup::{Copied, backup};
use poolbook::problem::Exit;
use poolbook::report::views::{self, CopyView};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_hint = clap::ValueHint::FilePath)]
    backup: PathBuf,
    #[command(flatten)]
    force: Force,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = &context.global.book;
    let done = backup(book, &args.backup, args.force.force, context.global.dry_run)?;
    report(&args.backup, &done, "backup-advice", context)
}

/// Reports the copy and the next step. Findings in the book itself give exit code 1.
pub fn report(
    file: &Path,
    done: &Copied,
    advice: &'static str,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let view = CopyView {
        file: &file.display().to_string(),
        book: &context.global.book.display().to_string(),
        city: &done.city,
        journal: views::Journal { entries: done.entries, root: done.root.clone() },
        bytes: done.bytes,
        findings: done.findings,
        dry_run: context.global.dry_run,
        advice,
    };
    context.output.report(&views::copy(&view))?;
    Ok(if done.findings == 0 { Exit::Done } else { Exit::Findings })
}
