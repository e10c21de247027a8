//! `reconcile BANK_ACCOUNT [FILE...]`: the form that people sign (银行存款余额调节表); writes
//! nothing.

use super::{Account, day, profiles};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::target::Target;
use poolbook::book::Scope;
use poolbook::intake::statement::{prove_in_order, read_any};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views;
use std::path::PathBuf;

#[derive(clap::Args)]
// This is flattened into the arguments of the command, whose group has the same name.
#[group(skip)]
pub struct Args {
    #[arg(required = true)]
    bank_account: Option<String>,
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: Vec<PathBuf>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    profile: Vec<PathBuf>,
    #[arg(long)]
    as_of: Option<String>,
    #[command(flatten)]
    target: Target,
}

impl Args {
    /// Refuses the options of the form if a subcommand was named.
    pub fn refuse(&self) -> Result<(), Problem> {
        let paths = self.file.first().or(self.profile.first());
        let told = self.bank_account.clone().or(self.as_of.clone()).or(self.target.name());
        match told.or(paths.map(|path| path.display().to_string())) {
            Some(told) => Err(Problem::new("usage-conflict", Exit::Usage)
                .with("option", told.escape_debug())
                .with("other", "COMMAND")
                .with("usage", "poolbook reconcile COMMAND")),
            None => Ok(()),
        }
    }
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let page = args.target.open_report(context)?;
    let asked = args.as_of.as_deref().map(day).transpose()?;
    let id = args.bank_account.as_deref().unwrap_or_default();
    let book = open::for_reading(context, Scope::All)?;
    let profiles = profiles(&args.profile)?;
    let mut statements = Vec::new();
    for file in &args.file {
        statements.push(read_any(file, id, &profiles)?);
    }
    prove_in_order(&mut statements);
    // Figures that disagree are reported with the form; a statement that is not proved gives no
    // form.
    let whole = statements.iter().filter(|statement| statement.breaks.is_empty());
    let undecided = whole.flat_map(|statement| &statement.proof.undecided);
    let undecided: Vec<_> = undecided.cloned().collect();
    if !undecided.is_empty() {
        return Err(undecided.into());
    }
    let account = match args.file.is_empty() {
        true => Account::recorded(&book, id)?,
        false => Account::of_files(&book, id, statements)?,
    };
    let form = account.form(asked.unwrap_or(account.last_day()));
    let people = open::options(context)?.people;
    let head = open::journal(&book.head());
    let signs = [people.maker.as_deref(), people.checker.as_deref()];
    let report = views::reconcile(&account.view(&form), signs, book.state(), &head);
    page.report(context, &report)?;
    account.tell(context);
    Ok(if account.is_clean(&form) { Exit::Done } else { Exit::Findings })
}
