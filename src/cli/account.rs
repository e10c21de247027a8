//! `account CODE` (明细账).

use crate::cli::ask::{Days, Which};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::audit::account_ledger::{Question, ledger};
use poolbook::domain::account::Account;
use poolbook::domain::field::nearest;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views;

#[derive(clap::Args)]
pub struct Args {
    account: String,
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    which: Which,
    #[arg(long)]
    bank_account: Option<String>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let account = Account::parse(&args.account).ok_or_else(|| {
        let codes = Account::ALL.iter().map(|account| account.code());
        Problem::new("account-unknown", Exit::Usage)
            .with("account", &args.account)
            .with("nearest", nearest(&args.account, codes).unwrap_or("—"))
    })?;
    let book = open::for_reading(context, args.days.scope())?;
    let (span, cells) = (args.days.span()?, args.which.cells(&book)?);
    let bank = args.bank_account.as_ref().map(|id| {
        let number = book.state().bank_accounts.number(id);
        let number = number.and_then(|number| u16::try_from(number).ok()?.checked_add(1));
        number.ok_or_else(|| Problem::refused("bank-account-unknown").with("bank_account", id))
    });
    let question =
        Question { account, owner: cells.owner, fund: cells.fund, bank: bank.transpose()? };
    let view = args.days.movements(&book, |movements| {
        ledger(movements, &|seq| book.entry(seq), book.state(), question, span)
    })?;
    let report = views::account(
        &view,
        args.which.owner.as_deref(),
        args.bank_account.as_deref(),
        &args.days.basis(&book),
        &context.output.locale,
    );
    context.output.report(&report)?;
    Ok(Exit::Done)
}
