//! `verify`: checks everything again and lists every finding. It changes no file.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, in_words_as_note};
use crate::cli::{kept, open};
use poolbook::audit::checkpoint::code::Line;
use poolbook::book::against::{Against, Held};
use poolbook::book::verify::{Index, verify_sight};
use poolbook::book::{Book, Scope};
use poolbook::problem::{Exit, Problem};
use poolbook::report::Format;
use poolbook::report::views::{self, VerifyView};
use poolbook::store::{ReadStore, Sight, Store as _};
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
    #[arg(long)]
    all: bool,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let path = &context.global.book;
    let against = against(args)?;
    let mut watched = against.watch(path)?;
    let opened = ReadStore::open(path).map_err(Problem::from);
    // Opening the book judges the entries behind the head.
    let opened = opened.and_then(|store| Book::open(store, Scope::Balances));
    let opened = opened.and_then(|book| Ok((book.store().sight()?, book)));
    let (sight, book) = match opened {
        Ok((sight, book)) => (sight, Some(book)),
        Err(problem) if problem.exit == Exit::NoInput => return Err(problem.into()),
        // A damaged journal cannot be opened as a book; it is still checked, without the index.
        Err(problem) => {
            context.output.talk(&in_words_as_note(&problem, &context.output.locale));
            (Sight::take(path).map_err(Problem::from)?, None)
        }
    };
    if let Some(book) = &book {
        context.output.about(book, open::now());
        for note in book.store().notes() {
            match note.code {
                // The head and the index are checked below.
                "head-damaged" | "index-missing" | "index-unusable" => {}
                "tail-kept" => context.output.talk(&in_words_as_note(note, &context.output.locale)),
                _ => watched.findings.push(note.clone()),
            }
        }
    }
    let written = sight.written().map_err(Problem::from)?;
    let rows = book.as_ref().map(Book::rows);
    let lacking = book.as_ref().and_then(|book| book.store().lacking_index());
    let index = match (lacking, &rows) {
        // It is not a fault if a writer has the index open.
        (Some(problem), _) if problem.arg("reason") == Some("busy") => {
            context.output.talk(&in_words_as_note(problem, &context.output.locale));
            Index::Unseen
        }
        (Some(problem), _) => Index::Wrong(problem.clone()),
        (None, Some(rows)) => Index::Rows(rows),
        (None, None) => Index::Unseen,
    };
    let found = verify_sight(&sight, index, (against, watched))?;
    let view = VerifyView {
        journal: open::journal(&found.head),
        bytes: found.bytes,
        summary: found.summary,
        index_compared: found.index_compared,
        written,
        compared: &found.compared,
        checks: &found.checks,
        findings: &found.findings,
        consequences: &found.consequences(),
        // Programs get every finding.
        folded: context.output.format == Format::Table && !args.all,
    };
    context.output.report(&views::verify(&view, &context.output.locale))?;
    Ok(found.exit())
}

/// The references in the options to compare the journal with.
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
