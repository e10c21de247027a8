//! Signatures of checkpoints: C2SP signed notes with Ed25519 (algorithm 1).
//!
//! A signature line is `— NAME BASE64`, and the bytes are a hash of the key (4 bytes) and the
//! signature (64 bytes) of the text before the empty line. The hash of the key is
//! `SHA-256(name || 0x0A || 0x01 || public key)`, its first 4 bytes: it finds the key, it proves nothing.

use super::{Checkpoint, is_name};
use crate::limits::MEMO_MAX;
use crate::problem::{Exit, Problem};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Bytes of the hash of a key.
const KEY_HASH: usize = 4;
/// Bytes of an Ed25519 signature.
const SIGNATURE: usize = 64;
/// Longest signature of any algorithm that is taken in.
const BYTES_MAX: usize = 1024;
/// Number of Ed25519 in C2SP signed notes.
const ED25519: u8 = 1;
/// What every signature line begins with: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// One signature line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureLine {
    /// Name of the key.
    pub name: String,
    /// Hash of the key and signature; other algorithms have other lengths.
    pub bytes: Vec<u8>,
}

impl SignatureLine {
    /// Reads a line without its line feed.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, text) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = STANDARD.decode(text).ok()?;
        let sound = is_name(name) && (KEY_HASH + 1..=BYTES_MAX).contains(&bytes.len());
        sound.then(|| Self { name: name.to_owned(), bytes })
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(&self.bytes))
    }
}

/// Signs texts. A key file does it here; a token or a signing server can do it as well.
pub trait Signer {
    /// The Ed25519 public key.
    fn public_key(&self) -> [u8; 32];

    /// The Ed25519 signature of a text.
    ///
    /// # Errors
    /// The device refuses, in the words of its own problem.
    fn sign(&self, text: &[u8]) -> Result<[u8; SIGNATURE], Problem>;
}

/// A private key from a file.
pub struct KeyFile(SigningKey);

impl KeyFile {
    /// Reads an Ed25519 key in PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` makes it.
    ///
    /// # Errors
    /// `key-format`.
    pub fn from_pem(text: &str) -> Result<Self, Problem> {
        let key = SigningKey::from_pkcs8_pem(text).map_err(|_| Problem::data("key-format"))?;
        Ok(Self(key))
    }
}

impl Signer for KeyFile {
    fn public_key(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    fn sign(&self, text: &[u8]) -> Result<[u8; SIGNATURE], Problem> {
        Ok(self.0.sign(text).to_bytes())
    }
}

/// A public key from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads an Ed25519 public key in PEM, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// `public-key-format`; a key of small order, with which anybody can sign, is none.
    pub fn from_pem(text: &str) -> Result<Self, Problem> {
        let key = VerifyingKey::from_public_key_pem(text).ok().filter(|key| !key.is_weak());
        key.map(Self).ok_or_else(|| Problem::data("public-key-format"))
    }
}

fn key_hash(name: &str, key: &[u8; 32]) -> [u8; KEY_HASH] {
    let hash = Sha256::new().chain_update(name).chain_update([b'\n', ED25519]).chain_update(key);
    let mut short = [0; KEY_HASH];
    short.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
    short
}

/// Tests the name of a key.
///
/// # Errors
/// `key-name` when no key can have that name.
pub fn check_name(name: &str) -> Result<(), Problem> {
    if is_name(name) && name.len() <= MEMO_MAX {
        return Ok(());
    }
    Err(Problem::data("key-name").with("text", name.escape_debug()))
}

impl Checkpoint {
    /// Adds a signature under a name.
    ///
    /// # Errors
    /// `key-name` when no key can have that name, or signing fails.
    pub fn sign(&mut self, name: &str, signer: &dyn Signer) -> Result<(), Problem> {
        check_name(name)?;
        let mut bytes = key_hash(name, &signer.public_key()).to_vec();
        bytes.extend(signer.sign(self.body.to_string().as_bytes())?);
        self.signatures.push(SignatureLine { name: name.to_owned(), bytes });
        Ok(())
    }

    /// Under which name the owner of a key signed this.
    ///
    /// # Errors
    /// `signature-missing` when no line is of this key, `signature-wrong` when one is and does not
    /// fit the text.
    pub fn signed_by(&self, key: &PublicKey) -> Result<&str, Problem> {
        let public = key.0.to_bytes();
        let lines = self.signatures.iter().filter_map(|line| {
            let (hash, rest) = line.bytes.split_first_chunk::<KEY_HASH>()?;
            (*hash == key_hash(&line.name, &public)).then_some((line, rest))
        });
        let text = self.body.to_string();
        let mut seen = None;
        for (line, rest) in lines {
            let signature = Signature::from_slice(rest).ok();
            let fits = |is: &Signature| key.0.verify_strict(text.as_bytes(), is).is_ok();
            if signature.as_ref().is_some_and(fits) {
                return Ok(&line.name);
            }
            seen = Some(&line.name);
        }
        Err(match seen {
            Some(name) => Problem::new("signature-wrong", Exit::Findings).with("name", name),
            None => Problem::new("signature-missing", Exit::Findings)
                .with("count", self.signatures.len()),
        })
    }
}
