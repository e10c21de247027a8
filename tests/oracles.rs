//! The programs of others as judges: hledger, ledger and beancount read what is exported, check it in
//! their strictest modes, and their balances are compared with ours account by account.
//!
//! Where a program is not installed the test says so and goes on; with `POOLBOOK_ORACLES=required`
//! a missing program is a failure.

use crate::exports::{hostile, hostile_book};
use crate::jiaozuo::year_2017;
use crate::properties::life;
use crate::scenarios::played;
use crate::support::foreign::{Asked, Kind, Sums, amounts, exported, fen, key, shifted, stored};
use crate::support::world::steps;
use poolbook::store::Store;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use std::io::Write as _;
use std::process::{Command, Output};

/// A program of a format.
struct Oracle {
    kind: Kind,
    directory: tempfile::TempDir,
}

fn command(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env("LC_ALL", "C.UTF-8").env("BEANCOUNT_DISABLE_LOAD_CACHE", "1");
    command
}

/// The programs that a format needs, and the package that has them.
fn needs(kind: Kind) -> (&'static [&'static str], &'static str) {
    match kind {
        Kind::Hledger => (&["hledger"], "hledger"),
        Kind::Ledger => (&["ledger"], "ledger"),
        Kind::Beancount => (&["bean-check", "bean-query"], "beancount"),
    }
}

impl Oracle {
    /// The program, if it is there.
    fn of(kind: Kind) -> Option<Self> {
        let (programs, package) = needs(kind);
        for program in programs {
            if command(program).arg("--version").output().is_err() {
                let told = format!("{program} is not installed (apt-get install {package})");
                let required = std::env::var("POOLBOOK_ORACLES").is_ok_and(|set| set == "required");
                assert!(!required, "{told}");
                // Past the capture of the test harness, so that it is seen.
                let told = format!("SKIPPED, not checked: {told}\n");
                std::io::stderr().lock().write_all(told.as_bytes()).unwrap();
                return None;
            }
        }
        Some(Self { kind, directory: tempfile::tempdir().unwrap() })
    }

    fn all() -> Vec<Self> {
        Kind::ALL.into_iter().filter_map(Self::of).collect()
    }

    fn run(&self, program: &str, args: &[&str]) -> Output {
        command(program).current_dir(self.directory.path()).args(args).output().unwrap()
    }

    /// Checks a file; what the program says when it refuses.
    fn check(&self, text: &str) -> Result<(), String> {
        std::fs::write(self.directory.path().join("book"), text).unwrap();
        let output = match self.kind {
            Kind::Hledger => {
                self.run("hledger", &["-f", "book", "check", "-s", "ordereddates", "payees"])
            }
            Kind::Ledger => {
                self.run("ledger", &["--args-only", "--pedantic", "-f", "book", "balance"])
            }
            Kind::Beancount => self.run("bean-check", &["book"]),
        };
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    }

    /// The balances that the program finds in the file checked last.
    fn balances(&self) -> Sums {
        let output = match self.kind {
            Kind::Hledger => {
                self.run("hledger", &["-f", "book", "balance", "-N", "--flat", "-O", "csv"])
            }
            Kind::Ledger => {
                let columns = "%(account),%(amount)\n";
                let args = ["--args-only", "--pedantic", "-f", "book", "balance", "--flat"];
                self.run("ledger", &[&args[..], &["--no-total", "--format", columns]].concat())
            }
            Kind::Beancount => {
                let query = "select account, sum(position) group by account";
                self.run("bean-query", &["-f", "csv", "book", query])
            }
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut sums = Sums::new();
        for line in text.lines().filter(|line| line.contains("CNY")) {
            let (name, amount) = line.rsplit_once(',').unwrap();
            let amount = amount.trim_matches(['"', ' ']).strip_suffix(" CNY").unwrap();
            let name = name.trim_matches(['"', ' ']);
            assert!(sums.insert(key(name).unwrap(), fen(amount).unwrap()).is_none(), "{name}");
        }
        sums
    }

    fn agrees<S: Store>(&self, book: &poolbook::book::Book<S>) {
        let text = exported(book, self.kind, Asked::default());
        self.check(&text).unwrap_or_else(|said| panic!("{:?}: {said}", self.kind));
        assert_eq!(self.balances(), stored(book), "{:?}", self.kind);
    }
}

#[test]
fn other_programs_find_the_same_balances() {
    for oracle in Oracle::all() {
        oracle.agrees(&year_2017());
        for name in ["county-cell", "funding", "settlement", "clawback"] {
            oracle.agrees(&played(name));
        }
    }
}

#[test]
fn other_programs_read_random_and_hostile_books() {
    let mut runner = TestRunner::deterministic();
    for oracle in Oracle::all() {
        for _ in 0..6 {
            oracle.agrees(&life(&steps().new_tree(&mut runner).unwrap().current()).0);
            let texts = hostile().new_tree(&mut runner).unwrap().current();
            oracle.agrees(&hostile_book(&texts));
        }
    }
}

/// A judge that never says no is none: one fen in one amount, one fen in one balance, and one fen on
/// both sides of a transaction, which balances still and disagrees with the balances only.
#[test]
fn other_programs_find_one_fen() {
    let book = year_2017();
    for oracle in Oracle::all() {
        let kind = oracle.kind;
        let text = exported(&book, kind, Asked::default());
        let (single, pairs) = amounts(&text);
        let is_balance = |line: &str| line.contains(" CNY = ") || line.contains(" ~ ");
        let balance = text.lines().position(is_balance).unwrap();
        let (first, second) = pairs[pairs.len() / 2];
        let posting = pairs[pairs.len() / 3].0;
        assert!(single.contains(&posting) && single.contains(&balance));
        for changes in [&[(posting, 1)][..], &[(balance, 1)][..], &[(first, 1), (second, -1)][..]] {
            let changed = shifted(&text, changes);
            assert_ne!(changed, text);
            let said = oracle.check(&changed).expect_err("one fen is not found");
            assert!(!said.is_empty(), "{kind:?}");
        }
        oracle.check(&text).unwrap();
    }
}
