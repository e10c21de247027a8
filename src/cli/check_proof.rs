//! `check-proof`: checks proof files, and needs no book.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::kept;
use poolbook::audit::checkpoint::Checkpoint;
use poolbook::audit::proof::file::Proof;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, ProofRow};
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[arg(required = true, value_hint = clap::ValueHint::FilePath)]
    file: Vec<PathBuf>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    checkpoint: Option<PathBuf>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    public_key: Option<PathBuf>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let held = args.checkpoint.as_deref().map(kept::checkpoint).transpose()?;
    let key = args.public_key.as_deref().map(kept::public_key).transpose()?;
    let mut rows = Vec::new();
    for path in &args.file {
        let file = path.display().to_string();
        let proof = Proof::parse(&kept::proof(path)?);
        let mut findings = Vec::new();
        match &proof {
            Ok(proof) => {
                findings.extend(proof.check().err());
                findings.extend(held.as_ref().and_then(|held| unlike(proof, held)));
                for checkpoint in key.iter().flat_map(|_| proof.checkpoints()) {
                    let signed = key.as_ref().map(|key| checkpoint.signed_by(key));
                    findings.extend(signed.and_then(Result::err));
                }
            }
            Err(problem) => findings.push(problem.clone()),
        }
        rows.push(ProofRow { file, proof: proof.ok(), findings });
    }
    let sound = rows.iter().all(|row| row.findings.is_empty());
    context.output.report(&views::proofs(&rows, held.is_some(), &context.output.locale))?;
    Ok(if sound { Exit::Done } else { Exit::Findings })
}

/// The problem of a kept checkpoint that the proof neither starts from nor leads to.
fn unlike(proof: &Proof, held: &Checkpoint) -> Option<Problem> {
    let same = |is: &&Checkpoint| is.body == held.body;
    if proof.checkpoints().iter().any(same) {
        return None;
    }
    let found: Vec<String> =
        proof.checkpoints().iter().map(|is| is.body.line().to_string()).collect();
    Some(
        Problem::new("proof-checkpoint", Exit::Findings)
            .with("expected", held.body.line())
            .with("found", found.join(", ")),
    )
}
