//! `statement profile list|show|new`: the known layouts, and a draft for an unknown one.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, in_words_as_note};
use crate::cli::statement::Known;
use crate::cli::target::Target;
use poolbook::intake::profile::{BUILT_IN, Given, Mode, Profile};
use poolbook::intake::statement::draft::{Comments, draft};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::statement_profiles;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    List,
    Show {
        name: String,
    },
    New {
        #[arg(id = "sample", long = "from", value_hint = clap::ValueHint::FilePath)]
        from: PathBuf,
        #[command(flatten)]
        known: Known,
        #[command(flatten)]
        target: Target,
    },
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    match &args.action {
        Action::List => {
            let known = Profile::built_in();
            let rows = known
                .iter()
                .map(|profile| (&*profile.name, mode(profile.amount.mode), &*profile.header));
            context.output.report(&statement_profiles(rows))?;
            Ok(Exit::Done)
        }
        Action::Show { name } => {
            let found = BUILT_IN.iter().find(|(known, _)| known == name);
            let (_, text) = found.ok_or_else(|| {
                let names: Vec<&str> = BUILT_IN.iter().map(|(known, _)| *known).collect();
                Problem::new("profile-unknown", Exit::Usage)
                    .with("profile", name)
                    .with("allowed", names.join(", "))
            })?;
            context.output.data(text.as_bytes())?;
            Ok(Exit::Done)
        }
        Action::New { from, known, target } => new(from, known.given()?, target, context),
    }
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::InOut => "in-out",
        Mode::Signed => "signed",
        Mode::Flag => "flag",
    }
}

/// Drafts a profile; exit code 1 if something in it must still be filled in.
fn new(
    from: &std::path::Path,
    given: Given,
    target: &Target,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let destination = target.open(context)?;
    let drafted = draft(from, given)?;
    let locale = &context.output.locale;
    let file = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = from.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let row = drafted.header_row.to_string();
    let rows = if drafted.has_two_rows() { "2" } else { "1" };
    let text = drafted.toml(
        &name,
        &Comments {
            intro: &locale.text("draft-intro", &[("file", &file), ("row", &row), ("rows", rows)]),
            columns: &locale.text("draft-columns", &[]),
            missing: &locale.text("draft-missing", &[]),
            side: &locale.text("draft-side", &[]),
            left: &locale.text("draft-left", &[]),
        },
    );
    destination.put(text.as_bytes(), context)?;
    if drafted.is_proved() {
        return Ok(Exit::Done);
    }
    for problem in &drafted.problems {
        context.output.talk(&in_words_as_note(problem, locale));
    }
    if !drafted.left.is_empty() {
        context.output.say("draft-left-over", &[("columns", &drafted.left.join(", "))]);
    }
    if drafted.is_whole() {
        context.output.say("draft-unproved", &[]);
    } else {
        context.output.say("draft-unfinished", &[("keys", &drafted.missing.join(", "))]);
    }
    Ok(Exit::Findings)
}
