//! `statement`: bank statements, as files and as facts of the book. `sniff` shows the kind of a
//! file, `check` reads without writing, `profile` shows and drafts layouts; `import` imports files,
//! `undo` withdraws one, `list` shows the imported statements with their status, `lines` the
//! movements.

mod check;
pub mod import;
mod lines;
mod list;
mod profile;
mod sniff;
mod undo;

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use poolbook::domain::money::{Money, Total};
use poolbook::intake::profile::{Given, Profile};
use poolbook::intake::statement::Statement;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::StatementRow;

/// Balances that the file does not print and the user knows: from the paper, the passbook, the
/// bank.
#[derive(clap::Args)]
pub struct Known {
    #[arg(long)]
    opening: Option<String>,
    #[arg(long)]
    closing: Option<String>,
}

impl Known {
    /// Adds them to the profiles with which one file is read.
    ///
    /// # Errors
    /// `amount-*`; `opening-files` if there are several files.
    pub fn tell(&self, profiles: &mut [Profile], files: usize) -> Result<(), Problem> {
        let given = self.given()?;
        if given != Given::default() && files != 1 {
            return Err(Problem::new("opening-files", Exit::Usage).with("count", files));
        }
        profiles.iter_mut().for_each(|profile| profile.given = given);
        Ok(())
    }

    /// The balances.
    ///
    /// # Errors
    /// `amount-*`.
    pub fn given(&self) -> Result<Given, Problem> {
        let balance = |text: &Option<String>| {
            let parsed = text.as_deref().map(Money::parse).transpose();
            let shown = text.as_deref().unwrap_or_default();
            parsed
                .map_err(|e| Problem::new(e.code(), Exit::Usage).with("text", shown.escape_debug()))
        };
        Ok(Given { opening: balance(&self.opening)?, closing: balance(&self.closing)? })
    }
}

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    Import(import::Args),
    Undo(undo::Args),
    List(list::Args),
    Lines(lines::Args),
    Sniff(sniff::Args),
    Check(check::Args),
    Profile(profile::Args),
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    match &args.action {
        Action::Import(own) => import::run(own, context),
        Action::Undo(own) => undo::run(own, context),
        Action::List(own) => list::run(own, context),
        Action::Lines(own) => lines::run(own, context),
        Action::Sniff(own) => sniff::run(own, context),
        Action::Check(own) => check::run(own, context),
        Action::Profile(own) => profile::run(own, context),
    }
}

/// A statement in the form for reports; `more` is a number of breaks outside the statement itself.
fn row(statement: &Statement, more: usize) -> StatementRow {
    let side = |wanted: bool| {
        let amounts = statement.lines.iter().map(|line| line.amount);
        amounts.filter(|amount| amount.is_positive() == wanted).map(Total::from).sum::<Total>()
    };
    StatementRow {
        file: statement.file.clone(),
        profile: statement.profile.clone(),
        number: statement.number.clone(),
        currency: statement.currency.clone(),
        days: (statement.from, statement.to),
        balances: (statement.opening, statement.closing),
        sums: (side(true), -side(false)),
        movements: statement.lines.len(),
        breaks: statement.breaks.len() + more,
        opening_by: statement.proof.opening,
        undecided: statement.proof.undecided.len(),
        columns: statement.proof.columns.clone(),
        sheets: statement.passed.sheets.clone(),
        counts: statement.passed.counts.clone(),
        rows: statement.passed.rows.clone(),
    }
}
