//! `statement sniff FILE`: the kind of the file, the profile that fits it, and the reasons why the
//! others do not.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, in_words_as_note};
use crate::cli::reconcile::profiles;
use crate::cli::statement::row;
use poolbook::intake::statement::look::look;
use poolbook::problem::Exit;
use poolbook::report::views::{FitRow, SniffView, statement_sniff};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    profile: Vec<PathBuf>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let profiles = profiles(&args.profile)?;
    let seen = look(&args.file, &profiles)?;
    let statements = seen.read.as_deref().unwrap_or_default();
    let best = seen.fits.first().filter(|fit| fit.score() > 0);
    let named = statements.first().map(|statement| statement.profile.clone());
    let view = SniffView {
        file: args.file.display().to_string(),
        format: seen.format.code(),
        encoding: seen.encoding,
        sheet: seen.sheet.clone(),
        header_row: best.and_then(|fit| fit.row),
        profile: named.or_else(|| Some(best.filter(|fit| fit.is_whole())?.profile.name.clone())),
        readable: seen.read.is_ok(),
        fits: seen
            .fits
            .iter()
            .map(|fit| FitRow {
                profile: fit.profile.name.clone(),
                fits: fit.is_whole(),
                found: (fit.score(), fit.profile.header.len()),
                missing: fit.missing.iter().map(|name| (*name).to_owned()).collect(),
            })
            .collect(),
        statements: statements.iter().map(|statement| row(statement, 0)).collect(),
        top: seen.rows.clone(),
    };
    context.output.report(&statement_sniff(&view))?;
    let breaks =
        statements.iter().flat_map(|statement| statement.remarks.iter().chain(statement.doubts()));
    let unread = seen.read.as_ref().err().into_iter().flatten();
    for problem in unread.chain(breaks) {
        context.output.talk(&in_words_as_note(problem, &context.output.locale));
    }
    Ok(Exit::Done)
}
