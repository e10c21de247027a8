//! `cap`: every ceiling with its used, held and remaining amounts, and the items that used it.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::book::Scope;
use poolbook::domain::cap::CapKind;
use poolbook::domain::event::PartyKind;
use poolbook::domain::field::nearest;
use poolbook::domain::state::State;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, CapsAsked};

#[derive(clap::Args)]
pub struct Args {
    what: Option<String>,
    #[arg(conflicts_with = "kind")]
    subject: Option<String>,
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(CapKind::LISTED))]
    kind: Option<String>,
    #[arg(long)]
    owner: Option<String>,
    #[arg(long)]
    year: Option<i16>,
    #[arg(long)]
    details: bool,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let first = args.what.as_deref().filter(|word| CapKind::LISTED.contains(word));
    let subject = match (&args.subject, first, &args.what) {
        (Some(subject), Some(_), _) => Some(subject.as_str()),
        (Some(_), None, what) => {
            return Err(Problem::new("word-unknown", Exit::Usage)
                .with("field", "kind")
                .with("text", what.as_deref().unwrap_or("-"))
                .with("allowed", CapKind::LISTED.join(", "))
                .into());
        }
        (None, Some(_), _) => None,
        (None, None, what) => what.as_deref(),
    };
    let book = open::for_reading(context, Scope::All)?;
    if let Some(owner) =
        args.owner.as_deref().filter(|code| book.state().owners.get(code).is_none())
    {
        return Err(book.state().owner_unknown(owner).into());
    }
    if let Some(subject) = subject {
        check_subject(book.state(), subject)?;
    }
    let asked = CapsAsked {
        kind: first.or(args.kind.as_deref()).and_then(CapKind::parse),
        subject,
        owner: args.owner.as_deref(),
        year: args.year,
        details: args.details,
    };
    let report = views::caps(book.state(), asked, &open::journal(&book.head()));
    context.output.report(&report)?;
    Ok(Exit::Done)
}

/// The subject must be in the book; it need not have used anything.
fn check_subject(state: &State, subject: &str) -> Result<(), Problem> {
    let coded = || state.party_of_code(PartyKind::Firm, subject).is_some();
    if state.owners.get(subject).is_some()
        || state.parties.get(subject).is_some()
        || state.loans.get(subject).is_some()
        || coded()
    {
        return Ok(());
    }
    let owners = state.owners.iter().map(|owner| (&owner.code, owner.name.as_str()));
    let parties = state.parties.iter().map(|party| (&party.id, party.name.as_str()));
    let mut known = owners.chain(parties);
    let named = known.clone().find(|(_, name)| *name == subject).map(|(id, _)| id.as_str());
    let near = named.or_else(|| nearest(subject, known.by_ref().map(|(id, _)| id.as_str())));
    Err(Problem::new("cap-subject-unknown", Exit::NoInput)
        .with("subject", subject.escape_debug())
        .with("nearest", near.unwrap_or("—")))
}
