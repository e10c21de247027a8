//! `export`: the entries as they are stored and hashed, or the book for other programs.

use crate::cli::ask::{Days, Which, one_day};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::target::Target;
use poolbook::book::{self, Book, Scope, older};
use poolbook::domain::event::PeopleMode;
use poolbook::domain::text::Id;
use poolbook::problem::{Exit, Problem};
use poolbook::report::export::beancount::Dialect;
use poolbook::report::export::plain::Plain;
use poolbook::report::export::{Form, Sink, Source, flat, sheet, write};
use poolbook::store::{ReadStore, Store, StoreError};
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
    Audit(Pack),
    Events {
        /// A book's directory, a journal or a backup, of this format or an older one.
        #[arg(value_hint = clap::ValueHint::AnyPath)]
        old: Option<PathBuf>,
        #[command(flatten)]
        target: Target,
    },
}

#[derive(clap::Args)]
struct Pack {
    #[arg(long)]
    owner: String,
    #[arg(long)]
    from: Option<String>,
    #[arg(long)]
    to: Option<String>,
    #[command(flatten)]
    target: Target,
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

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    match &args.what {
        What::Journal { from_entry, target } => {
            let destination = target.open(context)?;
            let book = open::for_reading(context, Scope::Balances)?;
            destination.fill(context, |sink| journal(&book, *from_entry, sink))
        }
        What::Hledger(asked) => ledger(asked, &Plain::Hledger, context),
        What::Ledger(asked) => ledger(asked, &Plain::Ledger, context),
        What::Beancount { dialect, asked } => {
            // The parser of the options accepts only these words.
            let dialect = Dialect::parse(dialect).unwrap_or(Dialect::Two);
            ledger(asked, &dialect, context)
        }
        What::Csv(asked) => asked.fill(context, |source, sink| flat::csv(source, sink)),
        What::Xlsx(asked) => asked.fill(context, |source, sink| sheet::workbook(source, sink)),
        What::Audit(asked) => pack(asked, context),
        What::Events { old, target } => {
            events(old.as_deref().unwrap_or(&context.global.book), target, context)
        }
    }
}

/// Writes the events of a book, and shows the command that begins a new book for them.
fn events(old: &Path, target: &Target, context: &Context<'_>) -> Result<Exit, Failure> {
    let maker = open::options(context)?.people.maker;
    let destination = target.open(context)?;
    let mut read = None;
    let exit = destination.fill(context, |sink| {
        read = Some(older::events(old, maker.as_deref(), sink)?);
        Ok(())
    })?;
    let Some(read) = read else { return Ok(exit) };
    context.output.say("events-written", &[("count", &read.events.to_string())]);
    let mut init = "poolbook --book NEW init".to_owned();
    for name in ["city", "name", "currency", "date", "people"] {
        // A book whose opening does not state the number of people needs two for a payment; `init`
        // would set three.
        let unsaid = (name == "people").then_some(PeopleMode::Two.code());
        let said = read.opening.get(name).and_then(|value| value.as_str());
        if let Some(value) = said.or(unsaid) {
            init.push_str(&format!(" --{name} \"{value}\""));
        }
    }
    context.output.say("events-init", &[("command", &init)]);
    if read.torn > 0 {
        context.output.say("events-torn", &[("count", &read.torn.to_string())]);
    }
    if read.without_maker > 0 {
        context.output.say("events-maker", &[("count", &read.without_maker.to_string())]);
    }
    Ok(exit)
}

/// Writes an owner's proof pack; entries after the checkpoint are reported.
fn pack(asked: &Pack, context: &Context<'_>) -> Result<Exit, Failure> {
    let days = [("from", &asked.from), ("to", &asked.to)].map(|(name, text)| one_day(name, text));
    let [from, to] = days;
    let owner = Id::parse(&asked.owner).map_err(|_| {
        Problem::refused("owner-unknown").with("owner", &asked.owner).with("nearest", "—")
    })?;
    let asked_pack = book::pack::Asked { owner, from: from?, to: to? };
    let destination = asked.target.open(context)?;
    let book = open::for_reading(context, Scope::All)?;
    let pack = book.pack(&asked_pack)?;
    let exit = destination.fill(context, |sink| pack.write(&mut |bytes| sink(bytes)))?;
    let (entries, checkpoint) = (pack.entries.to_string(), pack.checkpoint.to_string());
    let line = pack.body.line().to_string();
    let told = [("entries", &*entries), ("checkpoint", &*checkpoint), ("line", &*line)];
    context.output.say("pack-written", &told);
    if pack.uncovered > 0 {
        let count = pack.uncovered.to_string();
        context.output.say("pack-uncovered", &[("count", &count), ("checkpoint", &checkpoint)]);
    }
    Ok(exit)
}

fn ledger(asked: &Asked, form: &dyn Form, context: &Context<'_>) -> Result<Exit, Failure> {
    asked.fill(context, |source, sink| write(source, form, sink))
}

/// Writes the entries byte for byte.
fn journal(book: &Book<impl Store>, from: u64, sink: &mut Sink<'_>) -> Result<(), Problem> {
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
        fill: impl FnOnce(&Source<'_, ReadStore>, &mut Sink<'_>) -> Result<(), Problem>,
    ) -> Result<Exit, Failure> {
        let destination = self.target.open(context)?;
        let book = open::for_reading(context, self.days.scope())?;
        let (span, cells) = (self.days.span()?, self.which.cells(&book)?);
        destination.fill(context, |sink| {
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
