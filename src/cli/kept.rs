//! Files that are kept outside the book: checkpoints, copies, proofs and keys.

use poolbook::audit::checkpoint::Checkpoint;
use poolbook::audit::checkpoint::note::{KeyFile, PublicKey};
use poolbook::book::against::Held;
use poolbook::intake::decode::io_problem;
use poolbook::limits::{CHECKPOINT_BYTES_MAX, KEY_BYTES_MAX, PROOF_BYTES_MAX};
use poolbook::problem::{Exit, Problem};
use poolbook::store::Copy;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Beginning of every checkpoint.
const CHECKPOINT: &[u8] = b"poolbook/";

/// At most `limit` bytes of a file and one more, which shows that the file is longer.
fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Problem> {
    let failed = |error: std::io::Error| io_problem(path, &error);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn named(problem: Problem, path: &Path) -> Problem {
    problem.in_file(path.display().to_string())
}

/// Reads a checkpoint.
pub fn checkpoint(path: &Path) -> Result<Checkpoint, Problem> {
    let bytes = read(path, CHECKPOINT_BYTES_MAX as u64)?;
    Checkpoint::parse(&bytes).map_err(|problem| named(problem, path))
}

/// The bytes of a proof file; a file longer than any proof is cut and then refused as too long.
pub fn proof(path: &Path) -> Result<Vec<u8>, Problem> {
    read(path, PROOF_BYTES_MAX as u64)
}

/// The file at a path: a checkpoint, or a copy of the journal (a book's directory, a backup, an
/// export).
pub fn held(path: &Path) -> Result<Held, Problem> {
    let name = path.display().to_string();
    if !path.is_dir() && read(path, CHECKPOINT.len() as u64)?.starts_with(CHECKPOINT) {
        return Ok(Held::Checkpoint(name, Box::new(checkpoint(path)?)));
    }
    match Copy::open(path)? {
        Some(copy) => Ok(Held::Copy(path.to_owned(), copy)),
        None => Err(Problem::data("against-unknown").with("path", name)),
    }
}

/// The text of a key's file; empty if it is too long or not a text.
fn pem(path: &Path) -> Result<String, Problem> {
    let bytes = read(path, KEY_BYTES_MAX)?;
    let fits = bytes.len() as u64 <= KEY_BYTES_MAX;
    Ok(String::from_utf8(bytes).ok().filter(|_| fits).unwrap_or_default())
}

/// Reads a private key that no other user can read.
pub fn key(path: &Path) -> Result<KeyFile, Problem> {
    private(path)?;
    KeyFile::from_pem(&pem(path)?).map_err(|problem| problem.with("path", path.display()))
}

/// Reads a public key.
pub fn public_key(path: &Path) -> Result<PublicKey, Problem> {
    PublicKey::from_pem(&pem(path)?).map_err(|problem| problem.with("path", path.display()))
}

/// A key that other users can read is not private any more.
#[cfg(unix)]
fn private(path: &Path) -> Result<(), Problem> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = match std::fs::metadata(path) {
        Ok(about) => about.permissions().mode() & 0o777,
        // The later attempt to read it gives a better message.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_problem(path, &error)),
    };
    if mode & 0o077 != 0 {
        return Err(Problem::new("key-exposed", Exit::Refused)
            .with("path", path.display())
            .with("mode", format!("{mode:03o}")));
    }
    Ok(())
}

/// On other systems a mode does not describe the rights of a file.
#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), Problem> {
    Ok(())
}
