//! Mistakes in usage, reported in the user's language, and help on request.

use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{help, tree};
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use poolbook::problem::{Exit, Problem};
use std::ffi::OsString;

/// Shows the requested help or version, or returns the problem of a mistake. The arguments are
/// parsed again with the localised tree, because only that one has the user's language.
pub fn explain(error: &Error, arguments: &[OsString], output: &Output) -> Result<Exit, Failure> {
    if error.kind() == ErrorKind::DisplayVersion {
        output.data(error.render().to_string().as_bytes())?;
        return Ok(Exit::Done);
    }
    let worded = help::localised(tree::whole(), &output.locale);
    let again = worded.try_get_matches_from(arguments).err();
    let error = again.as_ref().unwrap_or(error);
    match error.kind() {
        ErrorKind::DisplayHelp => {
            output.data(error.render().to_string().as_bytes())?;
            Ok(Exit::Done)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output.talk(&error.render().to_string());
            Err(Failure::quiet(Exit::Usage))
        }
        _ => Err(problem(error).into()),
    }
}

/// The problem of a mistake in usage.
pub fn problem(error: &Error) -> Problem {
    let context = |kind: ContextKind| error.get(kind).map(shown).filter(|text| !text.is_empty());
    let option = || context(ContextKind::InvalidArg).unwrap_or_default();
    let usage = context(ContextKind::Usage).unwrap_or_default();
    let usage = match usage.trim().trim_start_matches("Usage:").trim() {
        "" => "poolbook --help".to_owned(),
        usage => usage.to_owned(),
    };
    let near = |kinds: &[ContextKind]| {
        kinds.iter().find_map(|kind| context(*kind)).unwrap_or_else(|| "—".to_owned())
    };
    let code = |code: &'static str| Problem::new(code, Exit::Usage).with("usage", &usage);
    match error.kind() {
        ErrorKind::UnknownArgument => code("usage-unknown-option")
            .with("option", option())
            .with("nearest", near(&[ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand])),
        ErrorKind::InvalidSubcommand => code("usage-unknown-command")
            .with("command", context(ContextKind::InvalidSubcommand).unwrap_or_default())
            .with("nearest", near(&[ContextKind::SuggestedSubcommand])),
        ErrorKind::MissingSubcommand => code("usage-missing-command"),
        ErrorKind::MissingRequiredArgument => code("usage-missing").with("options", option()),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            match context(ContextKind::InvalidValue) {
                None => code("usage-missing-value").with("option", option()),
                Some(value) => code("usage-value")
                    .with("option", option())
                    .with("value", value)
                    .with("allowed", near(&[ContextKind::ValidValue])),
            }
        }
        ErrorKind::ArgumentConflict => {
            let (option, other) = (option(), context(ContextKind::PriorArg).unwrap_or_default());
            match option == other {
                true => code("usage-twice").with("option", option),
                false => code("usage-conflict").with("option", option).with("other", other),
            }
        }
        ErrorKind::NoEquals
        | ErrorKind::TooFewValues
        | ErrorKind::TooManyValues
        | ErrorKind::WrongNumberOfValues => code("usage-count").with("option", option()),
        _ => {
            // Only the first line of clap's text is used; this program has its own wording for
            // usage and help.
            let text = error.render().to_string();
            let first = text.lines().next().unwrap_or_default();
            code("usage-other").with("detail", first.trim_start_matches("error: "))
        }
    }
}

fn shown(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::StyledStrs(texts) => {
            texts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        ContextValue::Number(number) => number.to_string(),
        ContextValue::Bool(value) => value.to_string(),
        _ => String::new(),
    }
}
