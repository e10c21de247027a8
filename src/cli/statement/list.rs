//! `statement list [BANK_ACCOUNT]`: the imported statements with their status.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::book::Scope;
use poolbook::book::statements::{Recorded, Status};
use poolbook::problem::Exit;
use poolbook::report::views::{self, TakenRow};

#[derive(clap::Args)]
pub struct Args {
    bank_account: Option<String>,
    #[arg(long)]
    known_at: Option<u64>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, Scope::Statements)?;
    let accounts: Vec<String> = match &args.bank_account {
        Some(account) => vec![book.bank_account(account)?.id.to_string()],
        None => book.state().bank_accounts.iter().map(|account| account.id.to_string()).collect(),
    };
    let mut found: Vec<Recorded> = Vec::new();
    for account in &accounts {
        for name in book.all_channels(account, args.known_at) {
            found.extend(book.channel(account, Some(&name), args.known_at)?.batches);
        }
    }
    let row = |recorded: &'_ Recorded| TakenRow {
        import: recorded.import.clone(),
        status: recorded.status.code(),
        waiting: match recorded.status {
            Status::Waiting(waiting) => Some(waiting),
            _ => None,
        },
        undone: match recorded.status {
            Status::Undone(entry) => Some(entry),
            _ => None,
        },
    };
    let rows: Vec<TakenRow> = found.iter().map(row).collect();
    let basis = views::Basis { journal: open::journal(&book.head()), known_at: args.known_at };
    context.output.report(&views::statements(&rows, args.bank_account.as_deref(), &basis))?;
    let waits = |row: &TakenRow| row.waiting.is_some() || row.status == "incomplete";
    Ok(if rows.iter().any(waits) { Exit::Findings } else { Exit::Done })
}
