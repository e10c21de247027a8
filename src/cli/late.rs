//! `late`: entries recorded long after the day on which they are booked.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::audit::late::is_listed;
use poolbook::book::Scope;
use poolbook::domain::entry::Entry;
use poolbook::problem::Exit;
use poolbook::report::views;
use poolbook::store::{Store as _, StoreError};

#[derive(clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = 7)]
    days: u32,
    #[arg(long, default_value_t = 0)]
    after_entry: u64,
    #[arg(long)]
    owner: Option<String>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, Scope::Balances)?;
    let mut found = Vec::new();
    let scanned = book.store().scan(args.after_entry.saturating_add(1), &mut |_, bytes| {
        let entry = Entry::decode(bytes).map_err(StoreError::from)?;
        let owner = entry.owner().map(poolbook::domain::text::Id::as_str);
        if is_listed(&entry, args.days) && (args.owner.is_none() || args.owner.as_deref() == owner)
        {
            found.push(entry);
        }
        Ok(())
    });
    scanned.map_err(poolbook::problem::Problem::from)?;
    let journal = open::journal(&book.head());
    context.output.report(&views::late(&found, args.days, args.after_entry, &journal))?;
    Ok(Exit::Done)
}
