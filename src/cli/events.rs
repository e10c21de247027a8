//! The commands of events: made from the vocabulary, one option per field, so that the command line
//! and the files have the same names, the same rules and the same messages.
//!
//! `--id` may be left out. The id is then made from the content (not from the people), so that a
//! command repeated after a crash or by mistake is recognized and nothing is recorded twice; the
//! answer reports that. A second event that is equal in every field on the same day (two equal bank
//! charges) is legal but rare, and needs an `--id` of its own.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{close, open, voucher};
use clap::{Arg, ArgAction, ArgMatches, Command};
use poolbook::domain::event::{COMMON_FIELDS, Event, EventSpec, Kind, OPENING, VOCABULARY};
use poolbook::domain::field::{FieldKind, FieldSpec, Fields, Value};
use poolbook::domain::text::Id;
use poolbook::intake::decode::read_text;
use poolbook::limits::RULES_TEXT_MAX;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::Standing;
use sha2::{Digest as _, Sha256};

/// Common fields that are not options here: the command is the event, and the people are global.
const ELSEWHERE: &[&str] = &["event", "maker", "checker", "approver"];

/// Events whose command does more than record them: `init` and `checkpoint`.
const OWN_COMMAND: &[&str] = &[OPENING, "checkpoint"];

/// The events that are commands by themselves.
pub fn plain() -> impl Iterator<Item = &'static EventSpec> {
    VOCABULARY.iter().filter(|spec| !OWN_COMMAND.contains(&spec.word))
}

/// Adds the options of an event to its command.
pub fn fill(command: Command) -> Command {
    let word = command.get_name().to_owned();
    let own = fields_of(&word).unwrap_or_default();
    let command = command.args(options(own).map(option));
    if word == close::WORD { close::augment(command) } else { command }
}

/// The own fields of an event, if the word is one.
pub fn fields_of(word: &str) -> Option<&'static [FieldSpec]> {
    plain().find(|spec| spec.word == word).map(|spec| spec.fields)
}

/// The fields that are options of an event's command: its own first.
pub fn options(own: &'static [FieldSpec]) -> impl Iterator<Item = &'static FieldSpec> {
    own.iter().chain(COMMON_FIELDS).filter(|spec| !ELSEWHERE.contains(&spec.name))
}

fn option(spec: &FieldSpec) -> Arg {
    let arg = Arg::new(spec.name)
        .long(spec.name.replace('_', "-"))
        .required(spec.required && spec.name != "id")
        // A negative amount such as `-5.00` is judged by the same rule as in a file.
        .allow_negative_numbers(true)
        .action(ArgAction::Set);
    match spec.kind {
        FieldKind::Texts => arg.action(ArgAction::Append),
        FieldKind::Bool => arg.num_args(0..=1).default_missing_value("true").require_equals(true),
        FieldKind::LongText => arg
            .value_parser(clap::value_parser!(std::path::PathBuf))
            .value_hint(clap::ValueHint::FilePath),
        FieldKind::Word(words) => arg.value_parser(clap::builder::PossibleValuesParser::new(words)),
        _ => arg,
    }
}

/// The event that the options describe.
///
/// # Errors
/// The errors of [`Event::from_fields`]; `file-missing`, `file-unreadable`.
pub fn event(
    word: &str,
    own: &'static [FieldSpec],
    matches: &ArgMatches,
) -> Result<Event, Problem> {
    let mut fields = Fields::new();
    fields.push("event", Value::text(word.to_owned()));
    let mut named = false;
    for spec in options(own) {
        let mut given = value(spec, matches)?;
        if given.is_none() && word == close::WORD && spec.name == "date" {
            given = close::date(matches)?.map(Value::text);
        }
        let Some(value) = given else { continue };
        named |= spec.name == "id";
        fields.push(spec.name, value);
    }
    if !named {
        fields.push("id", Value::text("auto"));
    }
    let mut event = Event::from_fields(&fields)?;
    if !named {
        event.id = content_id(&event)?;
    }
    Ok(event)
}

/// `auto-` and 64 bits of the content's hash. Two different events get the same id with a chance of
/// one in 10^7 at a million events, and are then refused, not mixed up.
fn content_id(event: &Event) -> Result<Id, Problem> {
    let hash = Sha256::digest(event.to_json().as_bytes());
    let mut text = String::from("auto-");
    for byte in hash.iter().take(8) {
        text.push_str(&format!("{byte:02x}"));
    }
    Id::parse(&text).map_err(|error| Problem::data(error.code()).with("text", &text))
}

fn value(spec: &FieldSpec, matches: &ArgMatches) -> Result<Option<Value<'static>>, Problem> {
    let texts = match spec.kind {
        FieldKind::LongText => {
            let path = matches.get_one::<std::path::PathBuf>(spec.name);
            let limit = (RULES_TEXT_MAX as u64).saturating_mul(4);
            return path.map(|path| read_text(path, limit).map(Value::text)).transpose();
        }
        _ => matches.get_many::<String>(spec.name),
    };
    let Some(mut texts) = texts else { return Ok(None) };
    Ok(match spec.kind {
        FieldKind::Texts => {
            Some(Value::List(texts.map(|text| Value::text(text.clone())).collect()))
        }
        _ => texts.next().map(|text| Value::text(text.clone())),
    })
}

/// The file that holds a long text, if the event has one.
fn long_text<'m>(
    own: &'static [FieldSpec],
    matches: &'m ArgMatches,
) -> Option<&'m std::path::PathBuf> {
    let spec = own.iter().find(|spec| spec.kind == FieldKind::LongText)?;
    matches.get_one(spec.name)
}

/// The problem without the column; the file of a long text is kept.
fn without_column(mut problem: Problem) -> Problem {
    problem.place.column = None;
    problem
}

/// Records the event.
pub fn run(
    word: &str,
    own: &'static [FieldSpec],
    matches: &ArgMatches,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    // An option is not a column of a file; the message names the field.
    let event = event(word, own, matches).map_err(without_column)?;
    if let Kind::Close(own) = &event.kind
        && close::is_preview(word, matches)
    {
        return close::preview(&event, own, context);
    }
    let options = open::options(context)?;
    let mut book = open::for_writing(context)?;
    let id = event.id.clone();
    // Rows in problems of a rules or rates text refer to its file.
    let in_text = |problem: Problem| match long_text(own, matches) {
        Some(path) if problem.place.row.is_some() => problem.in_file(path.display().to_string()),
        _ => problem,
    };
    let (recorded, summary) = book.record(event, &options).map_err(in_text)?;
    let standing =
        Standing { already: recorded.is_none(), dry_run: options.dry_run, ..Standing::default() };
    let entry = match recorded {
        Some(entry) => Some(entry),
        None => book.find(&id)?,
    };
    if let Some(entry) = entry {
        if standing.already {
            context
                .output
                .say("already-recorded", &[("id", &id), ("entry", &entry.seq.to_string())]);
        }
        let report = voucher::report(&entry, &book, standing, context);
        context.output.answer(report, summary.consequences)?;
    }
    Ok(Exit::Done)
}
