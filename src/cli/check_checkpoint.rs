//! `check-checkpoint`: reads checkpoints strictly, compares check codes and signatures, and finds
//! those that contradict each other; it needs no book.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::kept;
use poolbook::audit::checkpoint::Checkpoint;
use poolbook::audit::checkpoint::code::{CheckCode, Line};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, CheckpointRow};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[arg(required = true, value_hint = clap::ValueHint::FilePath)]
    file: Vec<PathBuf>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    public_key: Option<PathBuf>,
    #[arg(long)]
    code: Option<String>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let key = args.public_key.as_deref().map(kept::public_key).transpose()?;
    let code = args.code.as_deref().map(code).transpose()?;
    let mut rows: Vec<CheckpointRow> = Vec::new();
    for path in &args.file {
        let checkpoint = kept::checkpoint(path)?;
        let (mut findings, mut signed_by) = (Vec::new(), None);
        match key.as_ref().map(|key| checkpoint.signed_by(key)) {
            Some(Ok(name)) => signed_by = Some(name.to_owned()),
            Some(Err(problem)) => findings.push(problem),
            None => {}
        }
        if let Some(expected) = code.as_ref().filter(|code| **code != checkpoint.code()) {
            findings.push(
                Problem::new("check-code", Exit::Findings)
                    .with("size", checkpoint.body.entries)
                    .with("expected", expected.as_str())
                    .with("found", checkpoint.code().as_str()),
            );
        }
        let file = path.display().to_string();
        let forks = rows.iter().filter(|row| forked(&row.checkpoint, &checkpoint));
        findings.extend(forks.map(|row| {
            Problem::new("fork-found", Exit::Findings)
                .with("against", &row.file)
                .with("size", row.checkpoint.body.entries)
                .with("other", &file)
                .with("other_size", checkpoint.body.entries)
        }));
        rows.push(CheckpointRow { file, checkpoint, signed_by, findings });
    }
    let sound = rows.iter().all(|row| row.findings.is_empty());
    context.output.report(&views::checkpoints(&rows, &context.output.locale))?;
    Ok(if sound { Exit::Done } else { Exit::Findings })
}

/// A check code, alone or at the end of a printed line.
fn code(text: &str) -> Result<CheckCode, Problem> {
    let line = Line::parse(text).map(|line| line.code);
    let code = line.or_else(|| CheckCode::parse(text.trim()));
    code.ok_or_else(|| Problem::data("check-code-format").with("text", text.escape_debug()))
}

/// Returns true for two checkpoints of one book and size with different roots: that needs no
/// journal.
fn forked(one: &Checkpoint, other: &Checkpoint) -> bool {
    let (a, b) = (&one.body, &other.body);
    a.origin == b.origin && a.entries == b.entries && a.root != b.root
}
