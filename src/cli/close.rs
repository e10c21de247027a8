//! `close --preview`: lists the obstacles to a close; the close itself is an event like any other.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use clap::{Arg, ArgAction, ArgMatches, Command};
use poolbook::book::Scope;
use poolbook::book::closing::matters;
use poolbook::domain::event::{Close, Event, Stage};
use poolbook::domain::period::BookPeriod;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, MatterRow};

/// The word of the event.
pub const WORD: &str = "close";

/// Adds the options that other events do not have; the date may be left out.
pub fn augment(command: Command) -> Command {
    command
        .mut_arg("date", |date| date.required(false))
        .arg(Arg::new("preview").long("preview").action(ArgAction::SetTrue))
}

/// Returns true if only the preview is requested.
pub fn is_preview(word: &str, matches: &ArgMatches) -> bool {
    word == WORD && matches.get_flag("preview")
}

/// The last day of the period, if no date is given; a period that cannot be read is reported as
/// such, not as a missing date.
pub fn date(matches: &ArgMatches) -> Result<Option<String>, Problem> {
    let period = matches.get_one::<String>("period").map(|text| BookPeriod::parse(text));
    Ok(period.transpose()?.map(|period| period.to.to_string()))
}

/// Lists the obstacles; exit code 1 if there are any.
pub fn preview(event: &Event, own: &Close, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, Scope::All)?;
    let period = &own.period;
    let days = BookPeriod::parse(period)?;
    let missing = || Problem::refused("owner-missing").with("event", WORD);
    let code = event.owner.as_ref().ok_or_else(missing)?;
    let state = book.state();
    let owner = state.owners.get(code).ok_or_else(|| state.owner_unknown(code))?;
    let closing = state.closings.get(code);
    // Later closes have merged the balances of such a day, so they are not known any more.
    if let Some((through, entry)) = closing.and_then(|closing| closing.through)
        && days.to < through
    {
        return Err(Problem::refused("period-closed-already")
            .with("owner", code)
            .with("name", &owner.name)
            .with("period", period)
            .with("through", through)
            .with("entry", entry)
            .into());
    }
    let found = matters(state, code, days, own.stage.unwrap_or(Stage::Final));
    let rows: Vec<MatterRow<'_>> = found
        .iter()
        .map(|matter| MatterRow {
            severity: matter.severity.code(),
            item: matter.item,
            fund: matter.fund,
            subject: &matter.subject,
            amount: matter.amount,
        })
        .collect();
    let journal = open::journal(&book.head());
    context.output.report(&views::close_preview(&rows, owner, days, &journal))?;
    Ok(if found.is_empty() { Exit::Done } else { Exit::Findings })
}
