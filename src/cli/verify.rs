//! `verify`: recheck everything, and list every finding.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, in_words_as_note};
use crate::cli::{kept, open};
use poolbook::audit::checkpoint::code::Line;
use poolbook::audit::movements::Rows;
use poolbook::book::against::{Against, Held};
use poolbook::book::verify::verify_against;
use poolbook::book::{Book, Scope};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, VerifyView};
use poolbook::store::FileStore;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, value_hint = clap::ValueHint::AnyPath)]
    against: Vec<PathBuf>,
    #[arg(long)]
    line: Vec<String>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    leaves: Option<PathBuf>,
    #[arg(long, value_hint = clap::ValueHint::FilePath, requires = "against")]
    public_key: Option<PathBuf>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let path = &context.global.book;
    let against = against(args)?;
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
    if let Some(book) = &book {
        context.output.about(book, open::now());
    }
    let rows = book.as_ref().map(Book::rows);
    let found = verify_against(path, rows.as_ref().map(|rows| rows as &dyn Rows), against)?;
    let view = VerifyView {
        journal: open::journal(&found.head),
        bytes: found.bytes,
        summary: found.summary,
        index_compared: found.index_compared,
        compared: &found.compared,
        checks: &found.checks,
        findings: &found.findings,
    };
    context.output.report(&views::verify(&view, &context.output.locale))?;
    Ok(found.exit())
}

/// What the options name to hold the journal against.
fn against(args: &Args) -> Result<Against, Problem> {
    let mut held = Vec::new();
    for path in &args.against {
        held.push(kept::held(path)?);
    }
    for text in &args.line {
        let line = Line::parse(text);
        let wrong = || Problem::data("check-code-format").with("text", text.escape_debug());
        held.push(Held::Line(line.ok_or_else(wrong)?));
    }
    let key = args.public_key.as_deref().map(kept::public_key).transpose()?;
    Ok(Against { held, leaves: args.leaves.clone(), key })
}
