//! Help in the user's language.
//!
//! The tree is built and parsed without wording. The words are added only if help or a message is
//! shown: `cmd-<path>` for a command (`.long` for more), its attribute with the name of the option
//! or else `opt-<option>` for an option, `event-<word>` and `field-<name>` for events.
//!
//! The first page names the ten commands of a clerk's month and the place of the others.
//! `help [COMMAND]` prints the same as `--help`; `help --all` lists every command by its user.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::{events, tree};
use clap::{Arg, ArgAction, Command};
use poolbook::domain::field::{FieldKind, nearest};
use poolbook::problem::{Exit, Problem};
use poolbook::report::Locale;
use unicode_width::UnicodeWidthStr as _;

/// Width of the names in lists of commands, in columns.
const LIST_WIDTH: usize = 18;

#[derive(clap::Args)]
pub struct Args {
    command: Vec<String>,
    #[arg(long, conflicts_with = "command")]
    all: bool,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let locale = &context.output.locale;
    let mut tree = localised(tree::whole(), locale);
    if args.all {
        let more = locale.text("help-more-help", &[]);
        let template = page(&format!("{}\n{more}\n", grouped(&tree, locale)), locale);
        tree = tree.help_template(template);
    }
    find(&tree, &args.command)?;
    // Parsed as `COMMAND --help`, so that both print the same.
    let words = std::iter::once("poolbook").chain(args.command.iter().map(String::as_str));
    let asked = tree.try_get_matches_from(words.chain(["--help"]));
    let text = asked.err().map(|help| help.render().to_string()).unwrap_or_default();
    context.output.data(text.as_bytes())?;
    Ok(Exit::Done)
}

/// The command with these words, each a subcommand of the one before.
///
/// # Errors
/// `usage-unknown-command`, with the nearest name.
pub fn find<'c>(tree: &'c Command, words: &[String]) -> Result<&'c Command, Problem> {
    words.iter().try_fold(tree, |command, word| {
        command.find_subcommand(word).ok_or_else(|| {
            let names = command.get_subcommands().map(Command::get_name);
            Problem::new("usage-unknown-command", Exit::Usage)
                .with("command", word)
                .with("nearest", nearest(word, names).unwrap_or("—"))
        })
    })
}

/// The tree with its wording.
pub fn localised(command: Command, locale: &Locale) -> Command {
    let worded = worded(command, &mut Vec::new(), locale);
    // The usage lines can be rendered only after the value names are set.
    let mut built = worded.clone();
    built.build();
    with_usage(worded, &mut built, locale)
}

fn worded(mut command: Command, path: &mut Vec<String>, locale: &Locale) -> Command {
    let event = path.first().filter(|_| path.len() == 1).and_then(|word| events::fields_of(word));
    let key = match (path.is_empty(), event) {
        (true, _) => "cmd-root".to_owned(),
        (_, Some(_)) => format!("event-{}", path.concat()),
        _ => format!("cmd-{}", path.join("-")),
    };
    command = command.about(locale.text(&key, &[]));
    if let Some(long) = locale.find(&key, Some("long"), &[]) {
        command = command.long_about(long);
    }
    let template = template(&command, path.is_empty(), locale);
    command = command
        .help_template(template)
        .subcommand_help_heading(locale.text("help-commands", &[]))
        .subcommand_value_name(locale.text("help-command-token", &[]))
        .disable_help_flag(true)
        .arg(flag("help", 'h', ArgAction::Help));
    if path.is_empty() {
        command = command.disable_version_flag(true).arg(flag("version", 'V', ArgAction::Version));
    }
    command = command.mut_args(|arg| worded_arg(arg, &key, event.is_some(), locale));
    for name in names(&command) {
        path.push(name.clone());
        command = command.mut_subcommand(&name, |child| worded(child, path, locale));
        path.pop();
    }
    command
}

fn with_usage(mut command: Command, built: &mut Command, locale: &Locale) -> Command {
    let usage = built.render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    command =
        command.override_usage(usage.replace("[OPTIONS]", &locale.text("help-options-token", &[])));
    for name in names(&command) {
        if let Some(inner) = built.find_subcommand_mut(&name) {
            command = command.mut_subcommand(&name, |child| with_usage(child, inner, locale));
        }
    }
    command
}

fn names(command: &Command) -> Vec<String> {
    command.get_subcommands().map(|child| child.get_name().to_owned()).collect()
}

fn flag(name: &'static str, short: char, action: ArgAction) -> Arg {
    Arg::new(name).long(name).short(short).action(action)
}

fn template(command: &Command, root: bool, locale: &Locale) -> String {
    if !root {
        let usage = locale.text("help-usage", &[]);
        return format!(
            "{{about-with-newline}}\n{usage} {{usage}}\n\n{{all-args}}{{after-help}}\n"
        );
    }
    page(&first(command, locale), locale)
}

/// The root's help around a list of commands.
fn page(list: &str, locale: &Locale) -> String {
    let usage = locale.text("help-usage", &[]);
    let general = locale.text("help-global", &[]);
    let exit = locale.text("help-exit", &[]);
    format!(
        "{{about-with-newline}}\n{usage} {{usage}}\n{list}\n{general}:\n{{options}}\n\n{exit}\n"
    )
}

/// The commands of a clerk's month, and the places to read on.
fn first(command: &Command, locale: &Locale) -> String {
    let mut out = section("group-first", &present(command, tree::FIRST), locale);
    let more = ["guide", "help", "all"].map(|key| {
        let line = locale.text(&format!("help-more-{key}"), &[]);
        format!("  {line}\n")
    });
    out.push_str(&format!("\n{}:\n{}", locale.text("help-more", &[]), more.concat()));
    out
}

/// All commands, grouped by their users.
fn grouped(command: &Command, locale: &Locale) -> String {
    let groups = tree::groups().into_iter();
    groups
        .map(|(group, members)| (format!("group-{group}"), present(command, &members)))
        .filter(|(_, members)| !members.is_empty())
        .map(|(heading, members)| section(&heading, &members, locale))
        .collect()
}

/// The names that are commands.
fn present<'n>(command: &Command, names: &[&'n str]) -> Vec<&'n str> {
    names.iter().copied().filter(|name| command.find_subcommand(name).is_some()).collect()
}

/// A heading with one line per command.
fn section(heading: &str, names: &[&str], locale: &Locale) -> String {
    let mut out = format!("\n{}:\n", locale.text(heading, &[]));
    for name in names {
        let kind = if events::fields_of(name).is_some() { "event" } else { "cmd" };
        let about = locale.text(&format!("{kind}-{name}"), &[]);
        let pad = " ".repeat(LIST_WIDTH.saturating_sub(name.width()));
        out.push_str(&format!("  {name}{pad}  {about}\n"));
    }
    out
}

/// An option with its help, value name, choices, default and environment variable.
fn worded_arg(arg: Arg, key: &str, event: bool, locale: &Locale) -> Arg {
    let id = arg.get_id().as_str().to_owned();
    let global = arg.is_global_set();
    let own = locale.find(key, Some(&id.replace('_', "-")), &[]).filter(|_| !global);
    let general = if event && !global && id != "help" {
        locale.find(&format!("field-{id}"), None, &[])
    } else {
        locale.find(&format!("opt-{id}"), None, &[])
    };
    let mut help = own.or(general).unwrap_or_default();
    let values: Vec<String> =
        arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let takes_value = arg.get_action().takes_values();
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    let mut add = |text: String| {
        help.push(' ');
        help.push_str(&text);
    };
    if takes_value && !values.is_empty() {
        add(locale.text("help-possible", &[("values", &values.join(" | "))]));
    }
    if takes_value && let Some(default) = defaults.first() {
        add(locale.text("help-default", &[("value", default)]));
    }
    if let Some(name) = arg.get_env() {
        add(locale.text("help-env", &[("name", &name.to_string_lossy())]));
    }
    let heading = match (global || id == "help" || id == "version", arg.is_positional()) {
        (true, _) => "help-global",
        (_, true) => "help-arguments",
        _ => "help-options",
    };
    let value_name = locale.find(&format!("value-{id}"), None, &[]).filter(|_| !event || global);
    let value_name = value_name.or_else(|| event_value_name(&id, key, event, locale));
    // The help text already has them, in the user's language.
    let mut arg = arg.help(help).hide_env(true);
    if takes_value {
        arg = arg.hide_possible_values(true).hide_default_value(true);
    }
    arg = arg.help_heading(locale.text(heading, &[]));
    match value_name {
        Some(name) if takes_value => arg.value_name(name),
        _ => arg,
    }
}

fn event_value_name(id: &str, key: &str, event: bool, locale: &Locale) -> Option<String> {
    let own = events::fields_of(key.strip_prefix("event-")?).filter(|_| event)?;
    let spec = events::options(own).find(|spec| spec.name == id)?;
    let kind = match spec.kind {
        FieldKind::Id => "id",
        FieldKind::Text => "text",
        FieldKind::Texts => "texts",
        FieldKind::LongText => "file",
        FieldKind::Date => "date",
        FieldKind::Amount => "amount",
        FieldKind::Rate => "rate",
        FieldKind::Share => "share",
        FieldKind::Bool => "bool",
        FieldKind::Entry => "entry",
        FieldKind::Year => "year",
        FieldKind::Count => "count",
        FieldKind::Balance => "balance",
        FieldKind::Json => "json",
        FieldKind::Word(_) => "word",
    };
    Some(locale.text(&format!("kind-{kind}"), &[]))
}
