//! `restore`: makes a book from a backup or an exported journal, in a directory that is free.

use crate::cli::backup::report;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::book::backup::{Wanted, restore};
use poolbook::book::{Book, Scope};
use poolbook::intake::decode::{check_size, io_problem};
use poolbook::problem::{Exit, Problem};
use poolbook::store::FileStore;
use poolbook::store::tree::hex;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_hint = clap::ValueHint::FilePath)]
    backup: PathBuf,
    /// The root that the journal must have.
    #[arg(long)]
    root: Option<String>,
}

/// The target of a link: the files of a book are not links, but the file to restore from may be
/// one.
fn followed(path: &Path) -> Result<PathBuf, Problem> {
    let about = std::fs::symlink_metadata(path).map_err(|error| io_problem(path, &error))?;
    if !about.is_symlink() {
        return Ok(path.to_owned());
    }
    path.canonicalize().map_err(|error| io_problem(path, &error))
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let directory = &context.global.book;
    let wanted = Wanted { root: args.root.clone(), dry_run: context.global.dry_run };
    check_size(&args.backup, u64::MAX)?;
    let done = restore(&followed(&args.backup)?, directory, &wanted)?;
    if !wanted.dry_run {
        // The book exists now; opening it once builds its index, and proves that it opens.
        let store = FileStore::open_for(directory, &context.command).map_err(Problem::from)?;
        let book = Book::open(store, Scope::All)?;
        context.output.about(&book, open::now());
        let root = hex(&book.head().root);
        if root != done.root {
            let problem = Problem::new("restore-differs", Exit::Damaged);
            let problem = problem.with("path", directory.display());
            return Err(problem.with("expected", &done.root).with("found", root).into());
        }
    }
    report(&args.backup, &done, "restore-advice", context)
}
