//! The tree of commands: the fixed ones, and one command an event of the vocabulary.

use crate::cli::context::{Context, Global};
use crate::cli::failure::Failure;
use crate::cli::{events, usage};
use clap::{Args as _, Command, FromArgMatches as _, Subcommand as _};
use poolbook::problem::Exit;

/// The fixed commands: variant and module.
macro_rules! fixed {
    ($($variant:ident $module:ident),* $(,)?) => {
        #[derive(clap::Subcommand)]
        enum Fixed { $($variant(crate::cli::$module::Args)),* }

        impl Fixed {
            fn run(&self, context: &Context<'_>) -> Result<Exit, Failure> {
                match self { $(Self::$variant(args) => crate::cli::$module::run(args, context)),* }
            }
        }
    };
}

fixed! {
    Init init, Quarter quarter, Record record, Reconcile reconcile, Statement statement, Balance balance,
    Explain explain, TrialBalance trial_balance, Account account, Voucher voucher, Verify verify,
    Late late, Export export, Subsidy subsidy, Loan loan, Claim claim, Cap cap, Pool pool, Interest interest, Scale scale,
    Rules rules,
    Checkpoint checkpoint, Prove prove, CheckProof check_proof, CheckCheckpoint check_checkpoint,
    CheckPack check_pack, Backup backup, Restore restore,
    Reindex reindex, Schema schema, Completions completions, Man man,
}

/// The commands by who needs them, in the order of help. What no group names is shown with the
/// last.
pub const GROUPS: &[(&str, &[&str])] = &[
    ("finance", &["init", "quarter", "record", "statement", "reconcile", "interest"]),
    (
        "audit",
        &["balance", "explain", "trial-balance", "account", "voucher", "verify", "late", "export"],
    ),
    ("proof", &["checkpoint", "prove", "check-proof", "check-checkpoint", "check-pack"]),
    ("bureau", &["subsidy", "loan", "claim", "cap", "pool", "scale", "rules"]),
    (
        "setup",
        &[
            "join",
            "party",
            "change-party",
            "bank-account",
            "adopt-rules",
            "adopt-rates",
            "qualify",
            "disqualify",
            "target",
        ],
    ),
    (
        "funding",
        &[
            "commit",
            "contribute",
            "quota",
            "budget",
            "return-budget",
            "receive-deposit",
            "refund-deposit",
            "apply-deposit",
            "approve-withdrawal",
            "pay-withdrawal",
            "transfer",
            "move",
            "unknown-receipt",
            "explain-receipt",
            "pool-interest",
            "accrue-interest",
            "estimate-subsidy",
            "pay-treasury",
            "bank-charge",
            "trustee-fee",
        ],
    ),
    (
        "loan",
        &[
            "apply-loan",
            "recommend-loan",
            "reject-loan",
            "enrol",
            "disburse",
            "repay",
            "interest-paid",
            "fee-paid",
            "fee-refunded",
            "other-benefit",
            "reprice",
            "extend",
            "overdue",
            "npl",
            "cure",
            "remove",
        ],
    ),
    (
        "claim",
        &[
            "file-claim",
            "review-claim",
            "approve-claim",
            "reject-claim",
            "withdraw-claim",
            "pay-claim",
            "cancel-rest",
            "settle-claim",
            "revoke-claim",
            "refund-claim",
            "recovery-cost",
            "recover",
            "recover-in-kind",
            "write-off",
            "close-claim",
        ],
    ),
    (
        "subsidy",
        &[
            "file-subsidy",
            "review-subsidy",
            "approve-subsidy",
            "pay-subsidy",
            "return-subsidy",
            "reissue-subsidy",
            "reduce-subsidy",
            "claw-back",
            "receive-clawback",
            "offset-clawback",
            "write-off-clawback",
        ],
    ),
    (
        "pool",
        &[
            "release",
            "run-off",
            "liquidate",
            "share-loss",
            "close-pool",
            "settle-transfer",
            "change-custodian",
        ],
    ),
    ("books", &["close", "correct", "keep-checkpoint", "reverse"]),
    (
        "statement",
        &[
            "import-statement",
            "undo-statement",
            "match-lines",
            "unmatch-lines",
            "reconcile-settings",
            "certify",
        ],
    ),
    ("tools", &["backup", "restore", "reindex", "schema", "completions", "man"]),
];

/// The tree without wording, which is enough to parse.
pub fn command() -> Command {
    let root = Command::new("poolbook")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .infer_subcommands(false);
    let root = Fixed::augment_subcommands(Global::augment_args(root));
    events::augment(root)
}

/// Runs the command that was given.
pub fn dispatch(matches: &clap::ArgMatches, context: &Context<'_>) -> Result<Exit, Failure> {
    if let Some((word, own)) = matches.subcommand()
        && let Some(specs) = events::fields_of(word)
    {
        return events::run(word, specs, own, context);
    }
    Fixed::from_arg_matches(matches).map_err(|error| usage::problem(&error))?.run(context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::help;
    use poolbook::report::{Lang, Locale};
    use std::collections::BTreeSet;

    #[test]
    fn the_tree_is_sound_in_both_languages() {
        command().debug_assert();
        for lang in [Lang::Chinese, Lang::English] {
            help::localised(command(), &Locale::new(lang)).debug_assert();
        }
    }

    #[test]
    fn every_event_is_a_command_with_options_of_the_same_names() {
        let tree = command();
        for (word, own) in events::plain() {
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
        untried(&command(), &mut Vec::new(), &mut missing);
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn every_command_stands_in_one_group() {
        let mut grouped = BTreeSet::new();
        for name in GROUPS.iter().flat_map(|(_, names)| *names) {
            assert!(grouped.insert(*name), "{name} stands twice");
        }
        for command in command().get_subcommands() {
            assert!(grouped.contains(command.get_name()), "{} has no group", command.get_name());
        }
    }
}
