//! The tree of commands: the fixed ones, and one command an event of the vocabulary.

use crate::cli::context::{Context, Global};
use crate::cli::failure::{self, Failure};
use crate::cli::{events, usage};
use clap::{ArgMatches, Args as _, Command, FromArgMatches as _};
use poolbook::domain::event::Family;
use poolbook::problem::Exit;

/// Puts a command's own arguments into it.
type Fill = fn(Command) -> Command;

/// The fixed commands, by their modules: a command has the name of its module.
macro_rules! fixed {
    ($($module:ident),* $(,)?) => {
        const FIXED: &[(&str, Fill)] =
            &[$((stringify!($module), <crate::cli::$module::Args as clap::Args>::augment_args)),*];

        fn run_fixed(
            module: &str,
            matches: &ArgMatches,
            context: &Context<'_>,
        ) -> Result<Exit, Failure> {
            match module {
                $(stringify!($module) => {
                    let args = crate::cli::$module::Args::from_arg_matches(matches);
                    crate::cli::$module::run(&args.map_err(|error| usage::problem(&error))?, context)
                })*
                _ => Err(failure::bug().into()),
            }
        }
    };
}

fixed! {
    init, quarter, record, reconcile, statement, balance, explain, trial_balance, account, voucher,
    verify, late, export, subsidy, loan, claim, cap, pool, interest, scale, rules, checkpoint, prove,
    check_proof, check_checkpoint, check_pack, backup, restore, reindex, schema, completions, man,
    guide, help,
}

/// The commands on the first page of help: a clerk's month, in its order.
pub const FIRST: &[&str] = &[
    "record",
    "statement",
    "reconcile",
    "quarter",
    "subsidy",
    "balance",
    "loan",
    "reverse",
    "close",
    "backup",
];

/// The commands that are no events, by who needs them, in the order of help: before the events, and
/// behind them.
const BEFORE: &[(&str, &[&str])] = &[
    ("finance", &["init", "quarter", "record", "statement", "reconcile", "interest"]),
    (
        "audit",
        &["balance", "explain", "trial-balance", "account", "voucher", "verify", "late", "export"],
    ),
    ("proof", &["checkpoint", "prove", "check-proof", "check-checkpoint", "check-pack"]),
    ("bureau", &["subsidy", "loan", "claim", "cap", "pool", "scale", "rules"]),
];
const BEHIND: &[(&str, &[&str])] = &[(
    "tools",
    &["guide", "help", "backup", "restore", "reindex", "schema", "completions", "man"],
)];

/// All commands by group; the events are grouped by family.
pub fn groups() -> Vec<(&'static str, Vec<&'static str>)> {
    let fixed = |groups: &'static [(&'static str, &'static [&'static str])]| {
        groups.iter().map(|(group, names)| (*group, names.to_vec()))
    };
    let family = |family: &Family| {
        let own = events::plain().filter(|spec| spec.family == *family);
        (family.code(), own.map(|spec| spec.word).collect())
    };
    fixed(BEFORE).chain(Family::ALL.iter().map(family)).chain(fixed(BEHIND)).collect()
}

/// The tree without wording, which is enough to parse. Only the command that is called gets its
/// arguments: with those of a hundred others every start of the program would take twice as long.
pub fn command() -> Command {
    tree(Command::defer)
}

/// The tree without wording, with the arguments of all commands: for help, pages and completions.
pub fn whole() -> Command {
    tree(|command, fill| fill(command))
}

fn tree(add: fn(Command, Fill) -> Command) -> Command {
    let root = Command::new("poolbook")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .infer_subcommands(false);
    let fixed = FIXED.iter().map(|(module, fill)| (module.replace('_', "-"), *fill));
    let events = events::plain().map(|spec| (spec.word.to_owned(), events::fill as Fill));
    fixed.chain(events).fold(Global::augment_args(root), |root, (name, fill)| {
        root.subcommand(add(Command::new(name), fill))
    })
}

/// Runs the command that was given.
pub fn dispatch(matches: &ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    let Some((word, own)) = matches.subcommand() else { return Err(failure::bug().into()) };
    match events::fields_of(word) {
        Some(specs) => events::run(word, specs, own, context),
        None => run_fixed(&word.replace('-', "_"), own, context),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::help;
    use poolbook::domain::event::EventSpec;
    use poolbook::report::{Lang, Locale};
    use std::collections::BTreeSet;

    #[test]
    fn the_tree_is_sound_in_both_languages() {
        whole().debug_assert();
        for lang in [Lang::Chinese, Lang::English] {
            help::localised(whole(), &Locale::new(lang)).debug_assert();
        }
    }

    #[test]
    fn every_event_is_a_command_with_options_of_the_same_names() {
        let tree = whole();
        for EventSpec { word, fields: own, .. } in events::plain() {
            let command = tree.find_subcommand(word).unwrap();
            for spec in *own {
                let option = spec.name.replace('_', "-");
                let found = command.get_arguments().find(|arg| arg.get_long() == Some(&option));
                assert!(found.is_some(), "{word} --{option}");
            }
        }
    }

    /// The rows that tests/commands.rs runs: exit code and words, without the options of all commands.
    fn tried() -> Vec<(i32, Vec<&'static str>)> {
        let table = include_str!("../../fixtures/commands/table.txt");
        let row = |line: &'static str| {
            let (code, rest) = line.split_once(' ')?;
            let mut words = rest.split(' ').skip(1).peekable();
            while words.next_if(|word| ["--book", "--format"].contains(word)).is_some() {
                words.next();
            }
            Some((code.parse().ok()?, words.collect()))
        };
        table.lines().filter_map(row).collect()
    }

    fn untried(command: &Command, path: &mut Vec<String>, missing: &mut Vec<String>) {
        let is_event = path.len() == 1 && path.iter().all(|word| events::fields_of(word).is_some());
        let rows = tried();
        let own = |(_, words): &&(i32, Vec<&str>)| {
            words.get(..path.len()).is_some_and(|start| start.iter().eq(path.iter()))
        };
        let codes: Vec<i32> = rows.iter().filter(own).map(|(code, _)| *code).collect();
        // Events are told by the vocabulary; what only groups others does nothing itself.
        let runs = !command.is_subcommand_required_set() && !is_event;
        if runs && !(codes.iter().any(|code| *code <= 1) && codes.iter().any(|code| *code > 1)) {
            missing.push(format!("{}: {codes:?}", path.join(" ")));
        }
        for inner in command.get_subcommands() {
            path.push(inner.get_name().to_owned());
            untried(inner, path, missing);
            path.pop();
        }
    }

    /// Each command has a row that succeeds and one that fails.
    #[test]
    fn every_command_is_tried() {
        let mut missing = Vec::new();
        untried(&whole(), &mut Vec::new(), &mut missing);
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn the_first_page_names_ten_commands_and_none_for_machines() {
        let tree = command();
        let groups = groups();
        let (_, by_machines) = groups.iter().find(|(group, _)| *group == "statement").unwrap();
        assert_eq!(FIRST.len(), 10);
        for name in FIRST {
            assert!(tree.find_subcommand(name).is_some(), "{name} is no command");
            assert!(!by_machines.contains(name), "{name} is for machines");
        }
    }

    #[test]
    fn every_command_stands_in_one_group() {
        let mut grouped = BTreeSet::new();
        for name in groups().into_iter().flat_map(|(_, names)| names) {
            assert!(grouped.insert(name), "{name} stands twice");
        }
        for command in command().get_subcommands() {
            assert!(grouped.contains(command.get_name()), "{} has no group", command.get_name());
        }
    }
}
