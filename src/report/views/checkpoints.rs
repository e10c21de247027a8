//! Checkpoints and proofs: those that were made, and the results of those that were checked.

use crate::audit::checkpoint::Checkpoint;
use crate::audit::proof::file::Proof;
use crate::domain::digest::hex;
use crate::problem::Problem;
use crate::report::locale::Locale;
use crate::report::message::Message;
use crate::report::shapes;
use crate::report::table::{Cell, Report};

/// A checkpoint that was made from a journal of this many bytes.
pub fn checkpoint(made: &Checkpoint, bytes: u64, file: Option<&str>) -> Report {
    let body = &made.body;
    let closed = body.closed.clone().flatten();
    let closed = closed.map(|is| format!("{} {} {}", is.owner, is.period, is.entry));
    let line = body.line();
    Report::new(
        &shapes::CHECKPOINT,
        vec![
            body.origin.to_string().into(),
            body.entries.into(),
            hex(&body.root).into(),
            Cell::optional(body.sm3.map(|sm3| hex(&sm3))),
            Cell::optional(closed),
            bytes.into(),
            line.code.as_str().into(),
            line.to_string().into(),
            Cell::optional(made.signatures.first().map(|signature| signature.name.clone())),
            Cell::optional(file),
            // The user reads it in the file.
            Cell::Data(serde_json::Value::from(made.to_string()).to_string()),
        ],
    )
}

/// A proof that was written to a file.
pub fn proof(made: &Proof, file: &str) -> Report {
    let [kind, from, entry, size, hashes] = cells(Some(made));
    Report::new(&shapes::PROOF, vec![kind, from, entry, size, hashes, file.into()])
}

/// `kind`, `from`, `entry`, `size`, `hashes`.
fn cells(proof: Option<&Proof>) -> [Cell; 5] {
    match proof {
        Some(Proof::Inclusion(is)) => [
            Cell::Word("inclusion"),
            Cell::Empty,
            is.entry.into(),
            is.size.into(),
            is.hashes.len().into(),
        ],
        Some(Proof::Consistency(is)) => [
            Cell::Word("consistency"),
            is.from.body.entries.into(),
            Cell::Empty,
            is.to.body.entries.into(),
            is.hashes.len().into(),
        ],
        None => [const { Cell::Empty }; 5],
    }
}

/// A proof file that was checked.
pub struct ProofRow {
    /// Its name.
    pub file: String,
    /// The proof, if the file is one.
    pub proof: Option<Proof>,
    /// Its faults.
    pub findings: Vec<Problem>,
}

/// The result of each proof with its faults; `held` is true if a checkpoint was given to compare
/// with.
pub fn proofs(rows: &[ProofRow], held: bool, locale: &Locale) -> Report {
    let mut report = Report::new(&shapes::CHECK_PROOF, vec![rows.len().into()]);
    for row in rows {
        let [kind, from, entry, size, hashes] = cells(row.proof.as_ref());
        let to = row.proof.as_ref().and_then(|proof| proof.checkpoints().last().copied());
        let line = Cell::optional(to.map(|checkpoint| checkpoint.body.line().to_string()));
        let result = result(&row.findings);
        report.row(vec![row.file.as_str().into(), kind, from, entry, size, hashes, line, result]);
        findings(&mut report, &row.file, &row.findings, locale);
    }
    if !held {
        report.note("proof-trust", Vec::new());
    }
    report
}

/// A checkpoint that was checked.
pub struct CheckpointRow {
    /// The name of its file.
    pub file: String,
    /// The checkpoint in it.
    pub checkpoint: Checkpoint,
    /// Name under which the owner of the given key signed it.
    pub signed_by: Option<String>,
    /// Its faults.
    pub findings: Vec<Problem>,
}

/// The contents of each checkpoint, and everything that contradicts it.
pub fn checkpoints(rows: &[CheckpointRow], locale: &Locale) -> Report {
    let mut report = Report::new(&shapes::CHECK_CHECKPOINT, vec![rows.len().into()]);
    for row in rows {
        let body = &row.checkpoint.body;
        report.row(vec![
            row.file.as_str().into(),
            body.origin.to_string().into(),
            body.entries.into(),
            body.line().to_string().into(),
            row.checkpoint.signatures.len().into(),
            Cell::optional(row.signed_by.as_deref()),
            result(&row.findings),
        ]);
        findings(&mut report, &row.file, &row.findings, locale);
    }
    report
}

fn result(findings: &[Problem]) -> Cell {
    Cell::Word(if findings.is_empty() { "pass" } else { "failed" })
}

fn findings(report: &mut Report, file: &str, findings: &[Problem], locale: &Locale) {
    for finding in findings {
        let message = Message::new(finding, locale);
        report.section_row(
            "findings",
            vec![
                file.into(),
                finding.code.into(),
                message.what.into(),
                message.why.into(),
                message.next.into(),
            ],
        );
    }
}
