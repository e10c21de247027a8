//! `verify`: recheck everything, and list every finding.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, in_words_as_note};
use crate::cli::open;
use poolbook::audit::movements::Rows;
use poolbook::book::verify::verify;
use poolbook::book::{Book, Scope};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, VerifyView};
use poolbook::store::FileStore;

#[derive(clap::Args)]
pub struct Args {}

pub fn run(_: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let path = &context.global.book;
    // A damaged journal cannot be opened as a book, and is checked all the same, without the index.
    let opened = FileStore::open(path).map_err(Problem::from);
    let opened = opened.and_then(|store| Book::open(store, Scope::Balances));
    let book = match opened {
        Ok(book) => Some(book),
        Err(problem) if problem.exit == Exit::NoInput => return Err(problem.into()),
        Err(problem) => {
            context.output.talk(&in_words_as_note(&problem, &context.output.locale));
            None
        }
    };
    let rows = book.as_ref().map(Book::rows);
    let found = verify(path, rows.as_ref().map(|rows| rows as &dyn Rows))?;
    let view = VerifyView {
        journal: open::journal(&found.head),
        bytes: found.bytes,
        summary: found.summary,
        index_compared: found.index_compared,
        checks: &found.checks,
        findings: &found.findings,
    };
    context.output.report(&views::verify(&view, &context.output.locale))?;
    Ok(found.exit())
}
