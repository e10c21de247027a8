//! The bounds of what somebody keeps outside the book: checkpoints, proofs, keys.

use super::Held::Refused;
use super::{Bound, told, usize_of};
use crate::errors::shell;
use poolbook::audit::checkpoint::Checkpoint;
use poolbook::audit::proof::file::{Consistency, Proof};
use poolbook::limits::{
    CHECKPOINT_BYTES_MAX, CHECKPOINT_SIGNATURES_MAX, KEY_BYTES_MAX, PROOF_BYTES_MAX,
    PROOF_HASHES_MAX,
};

pub const HELD: &[Bound] = &[
    (
        "CHECKPOINT_BYTES_MAX",
        Refused("checkpoint-large", |more| {
            // The name of the book may be of any length.
            let rest = checkpoint("").len();
            let text = checkpoint(&super::long(CHECKPOINT_BYTES_MAX - rest, more));
            assert_eq!(text.len(), CHECKPOINT_BYTES_MAX + usize_of(more));
            sound(Checkpoint::parse(text.as_bytes()), more)
        }),
    ),
    (
        "CHECKPOINT_SIGNATURES_MAX",
        Refused("checkpoint-format", |more| {
            let count = CHECKPOINT_SIGNATURES_MAX + usize_of(more);
            let text = checkpoint("410800") + &"\u{2014} key AAAAAAA=\n".repeat(count);
            sound(Checkpoint::parse(text.as_bytes()), more)
        }),
    ),
    (
        "PROOF_HASHES_MAX",
        Refused("proof-format", |more| {
            sound(Proof::parse(&proof(PROOF_HASHES_MAX + usize_of(more))), more)
        }),
    ),
    (
        "PROOF_BYTES_MAX",
        Refused("proof-large", |more| {
            let mut bytes = proof(1);
            bytes.resize(PROOF_BYTES_MAX + usize_of(more), b' ');
            sound(Proof::parse(&bytes), more)
        }),
    ),
    ("KEY_BYTES_MAX", Refused("public-key-format", key)),
];

/// What is at the bound is taken, and not refused for something else.
fn sound<T>(result: Result<T, poolbook::problem::Problem>, more: u64) -> Result<(), String> {
    let told = told(result);
    assert_eq!(told.is_ok(), more == 0, "{told:?}");
    told
}

fn checkpoint(city: &str) -> String {
    let root = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    format!("poolbook/2/{city}/9f86d081884c7d65\n1\n{root}\n\n")
}

fn proof(hashes: usize) -> Vec<u8> {
    let from = Checkpoint::parse(checkpoint("410800").as_bytes()).unwrap();
    let (to, hashes) = (from.clone(), vec![[7; 32]; hashes]);
    Proof::Consistency(Consistency { from, to, hashes }).to_json()
}

/// A key of RFC 8032 behind so much text, which a file of a key may hold.
fn key(more: u64) -> Result<(), String> {
    let key = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
        -----END PUBLIC KEY-----\n";
    let before = usize_of(KEY_BYTES_MAX + more) - key.len() - 1;
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("key"), format!("{}\n{key}", "#".repeat(before))).unwrap();
    std::fs::write(temp.path().join("checkpoint"), checkpoint("410800")).unwrap();
    let command = "poolbook check-checkpoint checkpoint --public-key key --format json";
    let (exit, out, err) = shell(command, temp.path(), "en");
    if exit == 1 {
        // The key was read, and the checkpoint does not carry its signature.
        assert!(out.contains("signature-missing"), "{out}{err}");
        return Ok(());
    }
    assert_eq!(exit, 65, "{out}{err}");
    let code = "public-key-format";
    Err(if err.contains(code) { code.to_owned() } else { err })
}
