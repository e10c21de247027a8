//! `export journal`: the entries as they are stored and hashed, one JSON object a line.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::book::Scope;
use poolbook::problem::{Exit, Problem};
use poolbook::store::{Store as _, StoreError};

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
    },
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let What::Journal { from_entry } = args.what;
    let book = open::for_reading(context, Scope::Balances)?;
    let mut waiting = Vec::with_capacity(CHUNK);
    let mut failure = None;
    let scanned = book.store().scan(from_entry.max(1), &mut |_, bytes| {
        waiting.extend_from_slice(bytes);
        waiting.push(b'\n');
        if waiting.len() >= CHUNK {
            let written = context.output.data(&waiting);
            waiting.clear();
            if let Err(end) = written {
                failure = Some(end);
                return Err(StoreError::from(Problem::new("output-failed", Exit::Io)));
            }
        }
        Ok(())
    });
    if let Some(end) = failure {
        return Err(end);
    }
    scanned.map_err(Problem::from)?;
    context.output.data(&waiting)?;
    Ok(Exit::Done)
}
