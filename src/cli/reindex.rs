//! `reindex`: rebuilds the index from the journal.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open::{self, AnyStore};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views;
use poolbook::store::{FileStore, Head, Store as _};
use std::path::Path;

#[derive(clap::Args)]
pub struct Args {}

/// Tests that the next command finds the new index: sled reports a full disk only after it has
/// accepted everything.
fn kept(path: &Path, head: &Head) -> Result<(), Problem> {
    let store = FileStore::open(path).map_err(Problem::from)?;
    let found = store.index_head().filter(|found| found.count >= head.count);
    match store.notes().iter().find(|note| note.code.starts_with("index-")) {
        None if found.is_some() => Ok(()),
        note => Err(note.cloned().unwrap_or_else(|| Problem::new("index-failed", Exit::Io)))
            .map_err(|problem: Problem| Problem { exit: Exit::Io, ..problem }),
    }
}

pub fn run(_: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let mut book = open::for_writing(context)?;
    // A dry run only opens the book and does not touch the index.
    let head = if context.global.dry_run { book.head() } else { book.reindex()? };
    let path = &context.global.book;
    let shown = path.display().to_string();
    let city = book.state().city().to_owned();
    if let AnyStore::File(store) = book.into_store() {
        store.close().map_err(Problem::from)?;
        kept(path, &head)?;
    }
    context.output.report(&views::book(&shown, Some(&city), &open::journal(&head)))?;
    Ok(Exit::Done)
}
