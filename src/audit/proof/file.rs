//! Proof files: what `prove` hands out, and what anybody can check without the book.
//!
//! One JSON object, schema `poolbook/proof/1`. An `inclusion` shows that an entry is one of those
//! that a checkpoint stands for; a `consistency` shows that one checkpoint's entries begin another's.
//! Reading is total: 4 MiB at most, 64 hashes at most, unknown and repeated keys are refused.

use super::{Hash, Sha2, is_consistent, is_included, leaf};
use crate::audit::checkpoint::{Checkpoint, base64, hash};
use crate::limits::{JOURNAL_LINE_MAX, PROOF_BYTES_MAX, PROOF_HASHES_MAX};
use crate::problem::{Exit, Problem};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The value of `schema`.
pub const SCHEMA: &str = "poolbook/proof/1";

/// That an entry is among those of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The entry's number, from 1.
    pub entry: u64,
    /// How many entries the tree holds.
    pub size: u64,
    /// Hash of the entry's bytes.
    pub leaf: Hash,
    /// The path from the leaf to the root.
    pub hashes: Vec<Hash>,
    /// The entry's bytes.
    pub json: String,
    /// The checkpoint that the path leads to.
    pub checkpoint: Checkpoint,
}

/// That the entries of a checkpoint are the first of another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// The earlier checkpoint.
    pub from: Checkpoint,
    /// The later one.
    pub to: Checkpoint,
    /// The proof.
    pub hashes: Vec<Hash>,
}

/// The content of a proof file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// An entry is in the journal.
    Inclusion(Inclusion),
    /// A journal goes on from another.
    Consistency(Consistency),
}

/// The JSON object as it is written; `checkpoint` or `from` and `to` hold whole texts.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    leaf: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    checkpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(deserialize_with = "hashes", serialize_with = "write_hashes")]
    hashes: Vec<Hash>,
}

/// Reads hashes, and stops at one too many.
fn hashes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Hash>, D::Error> {
    struct Bounded;
    impl<'de> Visitor<'de> for Bounded {
        type Value = Vec<Hash>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "at most {PROOF_HASHES_MAX} hashes in base64")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Hash>, A::Error> {
            let mut hashes = Vec::new();
            while let Some(text) = list.next_element::<std::borrow::Cow<'de, str>>()? {
                if hashes.len() == PROOF_HASHES_MAX {
                    return Err(A::Error::custom("more than 64 hashes"));
                }
                hashes.push(hash(&text).ok_or_else(|| A::Error::custom("not a hash"))?);
            }
            Ok(hashes)
        }
    }
    from.deserialize_seq(Bounded)
}

fn write_hashes<S: serde::Serializer>(hashes: &[Hash], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(hashes.iter().map(|hash| base64(hash)))
}

impl Proof {
    /// Reads a proof file.
    ///
    /// # Errors
    /// `proof-large`, `proof-format`, or what is wrong with a checkpoint in it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(Problem::data("proof-large")
                .with("bytes", bytes.len())
                .with("limit", PROOF_BYTES_MAX));
        }
        let wrong = |detail: &str| Problem::data("proof-format").with("detail", detail);
        let file: File =
            serde_json::from_slice(bytes).map_err(|error| wrong(&error.to_string()))?;
        if file.schema != SCHEMA {
            return Err(wrong("schema"));
        }
        let text = |text: &String| Checkpoint::parse(text.as_bytes());
        match (&*file.kind, file.entry, file.size, file.leaf, file.json) {
            ("inclusion", Some(entry), Some(size), Some(leaf), Some(json))
                if file.from.is_none() && file.to.is_none() =>
            {
                if json.len() > JOURNAL_LINE_MAX {
                    return Err(wrong("json"));
                }
                let leaf = hash(&leaf).ok_or_else(|| wrong("leaf"))?;
                let checkpoint = file.checkpoint.as_ref().ok_or_else(|| wrong("checkpoint"))?;
                let (checkpoint, hashes) = (text(checkpoint)?, file.hashes);
                Ok(Self::Inclusion(Inclusion { entry, size, leaf, hashes, json, checkpoint }))
            }
            ("consistency", None, None, None, None) if file.checkpoint.is_none() => {
                let from = text(file.from.as_ref().ok_or_else(|| wrong("from"))?)?;
                let to = text(file.to.as_ref().ok_or_else(|| wrong("to"))?)?;
                Ok(Self::Consistency(Consistency { from, to, hashes: file.hashes }))
            }
            _ => Err(wrong("kind")),
        }
    }

    /// The file: one line of JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let none = || None;
        let file = match self.clone() {
            Self::Inclusion(is) => File {
                schema: SCHEMA.to_owned(),
                kind: "inclusion".to_owned(),
                entry: Some(is.entry),
                size: Some(is.size),
                leaf: Some(base64(&is.leaf)),
                json: Some(is.json),
                checkpoint: Some(is.checkpoint.to_string()),
                from: none(),
                to: none(),
                hashes: is.hashes,
            },
            Self::Consistency(is) => File {
                schema: SCHEMA.to_owned(),
                kind: "consistency".to_owned(),
                entry: None,
                size: None,
                leaf: none(),
                json: none(),
                checkpoint: none(),
                from: Some(is.from.to_string()),
                to: Some(is.to.to_string()),
                hashes: is.hashes,
            },
        };
        // Texts, numbers and lists of texts always have a JSON form.
        let mut bytes = serde_json::to_vec(&file).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Checks the proof against the checkpoints inside it. Whether those are to be believed is
    /// another question: compare them with one that you keep, or check who signed them.
    ///
    /// # Errors
    /// `proof-wrong` with `part`: what does not agree.
    pub fn check(&self) -> Result<(), Problem> {
        let wrong =
            |part: &str| Err(Problem::new("proof-wrong", Exit::Findings).with("part", part));
        match self {
            Self::Inclusion(is) => {
                let body = &is.checkpoint.body;
                if leaf::<Sha2>(is.json.as_bytes()) != is.leaf {
                    return wrong("leaf");
                }
                if sequence(&is.json) != Some(is.entry) {
                    return wrong("number");
                }
                if is.size != body.entries {
                    return wrong("size");
                }
                if !is_included::<Sha2>(&is.leaf, is.entry, is.size, &is.hashes, &body.root) {
                    return wrong("path");
                }
            }
            Self::Consistency(is) => {
                let (from, to) = (&is.from.body, &is.to.body);
                if from.origin != to.origin {
                    return wrong("origin");
                }
                if from.entries > to.entries {
                    return wrong("order");
                }
                let (first, second) = ((from.entries, &from.root), (to.entries, &to.root));
                if !is_consistent::<Sha2>(first, second, &is.hashes) {
                    return wrong("path");
                }
            }
        }
        Ok(())
    }

    /// The checkpoints inside, the later one last.
    pub fn checkpoints(&self) -> Vec<&Checkpoint> {
        match self {
            Self::Inclusion(is) => vec![&is.checkpoint],
            Self::Consistency(is) => vec![&is.from, &is.to],
        }
    }
}

/// The number that an entry gives itself.
fn sequence(json: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Numbered {
        seq: u64,
    }
    serde_json::from_str::<Numbered>(json).ok().map(|entry| entry.seq)
}
