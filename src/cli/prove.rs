//! `prove`: a file that proves that an entry is in the journal, or that the journal continues a
//! checkpoint. The recipient needs no book.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::kept;
use crate::cli::target::Target;
use poolbook::audit::checkpoint::{Body, Checkpoint};
use poolbook::audit::proof::file::{Consistency, Inclusion, Proof};
use poolbook::book::against::origin_of;
use poolbook::book::checkpoint::{collect, take};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views;
use poolbook::store::tree::{Hash, Sha2, prove};
use poolbook::store::{ReadStore, Store as _};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    entry: Option<u64>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    from: Option<PathBuf>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    checkpoint: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let destination = args.target.open(context)?;
    let path = &context.global.book;
    let from = args.from.as_deref().map(|from| held(path, from)).transpose()?;
    let to = match &args.checkpoint {
        Some(file) => held(path, file)?,
        // Without a checkpoint file, that of the present journal.
        None => Checkpoint { body: take(path, false)?.body, signatures: Vec::new() },
    };
    let leaves = collect(path)?;
    contains(&to.body, args.checkpoint.as_deref(), &leaves)?;
    let known = leaves.get(..size(&to.body)).unwrap_or_default();
    let proof = match (from, args.entry) {
        (Some(from), _) => {
            contains(&from.body, args.from.as_deref(), &leaves)?;
            let order = || {
                Problem::data("proof-order")
                    .with("from", from.body.entries)
                    .with("to", to.body.entries)
            };
            let hashes = prove::consistency::<Sha2>(known, size(&from.body)).ok_or_else(order)?;
            Proof::Consistency(Consistency { from, to, hashes })
        }
        (None, entry) => included(path, entry.unwrap_or_default(), to, known)?,
    };
    // A proof is checked here in the same way as by its recipient.
    proof.check()?;
    destination.put(&proof.to_json(), context)?;
    if let Some(file) = args.target.name() {
        context.output.report(&views::proof(&proof, &file))?;
    }
    Ok(Exit::Done)
}

fn included(
    path: &Path,
    entry: u64,
    checkpoint: Checkpoint,
    leaves: &[Hash],
) -> Result<Proof, Problem> {
    let size = checkpoint.body.entries;
    let beyond = || Problem::data("proof-beyond").with("entry", entry).with("size", size);
    let place = entry.checked_sub(1).and_then(|place| usize::try_from(place).ok());
    let place = place.filter(|place| *place < leaves.len()).ok_or_else(beyond)?;
    let hashes = prove::inclusion::<Sha2>(leaves, place).ok_or_else(beyond)?;
    let leaf = leaves.get(place).copied().ok_or_else(beyond)?;
    let mut journal = ReadStore::open(path)?;
    journal.locate_all()?;
    let unreadable = |_| Problem::new("entry-missing", Exit::NoInput).with("seq", entry);
    let json = String::from_utf8(journal.read(entry)?).map_err(unreadable)?;
    Ok(Proof::Inclusion(Inclusion { entry, size, leaf, hashes, json, checkpoint }))
}

fn size(body: &Body) -> usize {
    usize::try_from(body.entries).unwrap_or(usize::MAX)
}

/// A checkpoint of this book.
fn held(book: &Path, file: &Path) -> Result<Checkpoint, Problem> {
    let checkpoint = kept::checkpoint(file)?;
    let own = origin_of(book)?;
    if own.as_ref() != Some(&checkpoint.body.origin) {
        let own = own.map_or_else(|| "-".to_owned(), |own| own.to_string());
        return Err(Problem::data("origin-other")
            .with("against", file.display())
            .with("expected", own)
            .with("found", &checkpoint.body.origin));
    }
    Ok(checkpoint)
}

/// Tests that the journal begins with the entries that the checkpoint covers.
fn contains(body: &Body, file: Option<&Path>, leaves: &[Hash]) -> Result<(), Problem> {
    let name = file.map_or_else(|| "-".to_owned(), |file| file.display().to_string());
    let Some(known) = leaves.get(..size(body)) else {
        return Err(Problem::new("rolled-back", Exit::Damaged)
            .with("against", &name)
            .with("expected", body.entries)
            .with("found", leaves.len()));
    };
    if prove::root::<Sha2>(known) != body.root {
        return Err(Problem::new("history-differs-between", Exit::Damaged)
            .with("against", &name)
            .with("size", body.entries)
            .with("from", 1)
            .with("to", body.entries));
    }
    Ok(())
}
