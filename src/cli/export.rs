//! `export`: the entries as they are stored and hashed, or the book for other programs.

use crate::cli::ask::{Days, Which};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open::{self, AnyStore};
use poolbook::book::{Book, Scope};
use poolbook::problem::{Exit, Problem};
use poolbook::report::export::beancount::Dialect;
use poolbook::report::export::plain::Plain;
use poolbook::report::export::{Form, Sink, Source, flat, sheet, write};
use poolbook::store::{Store as _, StoreError};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Bytes gathered before they are written.
const CHUNK: usize = 1 << 20;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Journal {
        #[arg(long, default_value_t = 1)]
        from_entry: u64,
        #[command(flatten)]
        target: Target,
    },
    Hledger(Asked),
    Ledger(Asked),
    Beancount {
        #[arg(long, default_value = "2",
            value_parser = clap::builder::PossibleValuesParser::new(Dialect::WORDS))]
        dialect: String,
        #[command(flatten)]
        asked: Asked,
    },
    Csv(Asked),
    Xlsx(Asked),
}

#[derive(clap::Args)]
struct Asked {
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
struct Target {
    #[arg(long, short = 'o', value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    match &args.what {
        What::Journal { from_entry, target } => {
            let book = open::for_reading(context, Scope::Balances)?;
            target.fill(context, |sink| journal(&book, *from_entry, sink))
        }
        What::Hledger(asked) => ledger(asked, &Plain::Hledger, context),
        What::Ledger(asked) => ledger(asked, &Plain::Ledger, context),
        What::Beancount { dialect, asked } => {
            // The parser of the options knows the words.
            let dialect = Dialect::parse(dialect).unwrap_or(Dialect::Two);
            ledger(asked, &dialect, context)
        }
        What::Csv(asked) => asked.fill(context, |source, sink| flat::csv(source, sink)),
        What::Xlsx(asked) => asked.fill(context, |source, sink| sheet::workbook(source, sink)),
    }
}

fn ledger(asked: &Asked, form: &dyn Form, context: &Context<'_>) -> Result<Exit, Failure> {
    asked.fill(context, |source, sink| write(source, form, sink))
}

/// The entries byte for byte.
fn journal(book: &Book<AnyStore>, from: u64, sink: &mut Sink<'_>) -> Result<(), Problem> {
    let mut waiting = Vec::with_capacity(CHUNK);
    book.store().scan(from.max(1), &mut |_, bytes| {
        waiting.extend_from_slice(bytes);
        waiting.push(b'\n');
        if waiting.len() >= CHUNK {
            sink(&waiting).map_err(StoreError::from)?;
            waiting.clear();
        }
        Ok(())
    })?;
    sink(&waiting)
}

impl Asked {
    fn fill(
        &self,
        context: &Context<'_>,
        fill: impl FnOnce(&Source<'_, AnyStore>, &mut Sink<'_>) -> Result<(), Problem>,
    ) -> Result<Exit, Failure> {
        let book = open::for_reading(context, self.days.scope())?;
        let (span, cells) = (self.days.span()?, self.which.cells(&book)?);
        self.target.fill(context, |sink| {
            self.days.movements(&book, |movements| {
                let source = Source {
                    store: book.store(),
                    state: book.state(),
                    movements,
                    cells,
                    span,
                    known_at: self.days.known_at(),
                    locale: &context.output.locale,
                    journal: open::journal(&book.head()),
                };
                fill(&source, sink)
            })
        })
    }
}

impl Target {
    /// Runs a writer into the file, or to stdout. A file appears whole or not at all.
    fn fill(
        &self,
        context: &Context<'_>,
        write: impl FnOnce(&mut Sink<'_>) -> Result<(), Problem>,
    ) -> Result<Exit, Failure> {
        let Some(path) = &self.output else {
            let mut end = None;
            let written = write(&mut |bytes| {
                context.output.data(bytes).map_err(|failure| {
                    end = Some(failure);
                    Problem::new("output-failed", Exit::Io)
                })
            });
            return match end {
                // A reader that has gone away is no failure, and knows so itself.
                Some(failure) => Err(failure),
                None => Ok(written.map(|()| Exit::Done)?),
            };
        };
        outside(path, &context.global.book)?;
        let part = part(path);
        let cannot = |error: std::io::Error| {
            Problem::new("cannot-create", Exit::CannotCreate)
                .with("path", path.display())
                .with("system", error)
        };
        let mut file = File::create(&part).map_err(cannot)?;
        let lost = |error| Problem::new("output-failed", Exit::Io).with("detail", error);
        let written = write(&mut |bytes| file.write_all(bytes).map_err(lost))
            .and_then(|()| file.sync_all().map_err(lost))
            .and_then(|()| std::fs::rename(&part, path).map_err(cannot));
        if let Err(problem) = written {
            // The failure is told; that a part of a file stays behind as well would only hide it.
            let _ = std::fs::remove_file(&part);
            return Err(problem.into());
        }
        Ok(Exit::Done)
    }
}

/// The name under which a file grows until it is whole.
fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Refuses to write among the files of the book itself.
pub fn outside(path: &Path, book: &Path) -> Result<(), Problem> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if let (Ok(folder), Ok(whole)) = (folder.canonicalize(), book.canonicalize())
        && folder.starts_with(&whole)
    {
        return Err(Problem::new("output-in-book", Exit::CannotCreate)
            .with("path", path.display())
            .with("book", book.display()));
    }
    Ok(())
}
