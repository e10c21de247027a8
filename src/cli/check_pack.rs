//! `check-pack`: checks an owner's proof pack, and needs no book.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::kept;
use poolbook::audit::pack::{Check, Checked, LINE_MAX};
use poolbook::intake::decode::{io_problem, open};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views;
use std::io::{BufRead, Read as _};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    #[arg(value_hint = clap::ValueHint::FilePath)]
    file: PathBuf,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    checkpoint: Option<PathBuf>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let held = args.checkpoint.as_deref().map(kept::checkpoint).transpose()?;
    let named = |problem: Problem| problem.in_file(args.file.display().to_string());
    let pack = read(&args.file).map_err(named)?;
    let checked: Checked = pack.finish(held.as_ref());
    let sound = checked.findings.is_empty();
    context.output.report(&views::pack(&checked, held.is_some(), &context.output.locale))?;
    Ok(if sound { Exit::Done } else { Exit::Findings })
}

/// Reads every line of a pack, up to the maximum length of a line.
fn read(path: &Path) -> Result<Check, Problem> {
    let mut file = open(path)?;
    let mut line = Vec::new();
    let mut check = None;
    let limit = u64::try_from(LINE_MAX).unwrap_or(u64::MAX);
    let mut number = 0;
    loop {
        line.clear();
        let read = file.by_ref().take(limit + 1).read_until(b'\n', &mut line);
        if read.map_err(|error| io_problem(path, &error))? == 0 {
            break;
        }
        number += 1;
        if line.len() > LINE_MAX {
            return Err(Problem::data("pack-format").with("line", number).with("part", "long"));
        }
        let whole = line.strip_suffix(b"\n").unwrap_or(&line);
        match &mut check {
            None => check = Some(Check::begin(whole)?),
            Some(check) => Check::take(check, whole)?,
        }
    }
    check.ok_or_else(|| Problem::data("pack-format").with("line", 1).with("part", "header"))
}
