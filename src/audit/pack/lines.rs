//! The lines of a pack, read strictly: unknown and repeated keys are refused.

use crate::audit::checkpoint::hash;
use crate::audit::proof::Hash;
use crate::limits::{FORMAT, JOURNAL_LINE_MAX, PROOF_HASHES_MAX};
use crate::problem::Problem;
use serde::Deserialize;

/// Longest line: an entry with every character escaped, and its proof.
pub const LINE_MAX: usize = 6 * JOURNAL_LINE_MAX + 64 * 1024;
/// The value of `schema`.
const SCHEMA: &str = "poolbook/pack/2";
/// The same of a book of the first format.
const OLDER: &str = "poolbook/pack/1";

/// The first line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub checkpoint: String,
    pub entries: u64,
    pub from: String,
    pub name: String,
    pub owner: String,
    schema: String,
    pub to: String,
}

impl Header {
    pub(super) fn read(line: &[u8]) -> Result<Self, Problem> {
        let header: Self = serde_json::from_slice(line)
            .map_err(|error| wrong(1, "header").with("detail", error))?;
        if header.schema == OLDER {
            let problem = Problem::refused("copy-older").with("what", OLDER);
            return Err(problem.with("found", 1).with("known", FORMAT));
        }
        if header.schema != SCHEMA {
            return Err(wrong(1, "schema").with("detail", &header.schema));
        }
        Ok(header)
    }
}

/// An entry with its audit path.
#[derive(Debug)]
pub(super) struct Proved {
    pub seq: u64,
    pub json: String,
    pub hashes: Vec<Hash>,
}

/// A row of the trial balance.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub account: String,
    pub closing: String,
    pub credit: String,
    pub debit: String,
    pub fund: String,
    pub opening: String,
    #[allow(dead_code, reason = "told by whoever reads the line")]
    t: String,
}

/// The last line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub commitment: u64,
    pub entries: u64,
    pub shared: u64,
    #[allow(dead_code, reason = "told by whoever reads the line")]
    t: String,
    pub trial_balance: u64,
}

/// A line behind the header.
#[derive(Debug)]
pub(super) enum Line {
    Entry(Proved),
    Shared(Proved),
    Commitment(Proved),
    Balance(Row),
    End(End),
}

#[derive(Deserialize)]
struct Kind {
    t: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    hashes: Vec<String>,
    json: String,
    seq: u64,
    #[allow(dead_code, reason = "told by whoever reads the line")]
    t: String,
}

impl Line {
    /// Reads line `number`.
    pub(super) fn read(bytes: &[u8], number: u64) -> Result<Self, Problem> {
        let fail = |error: serde_json::Error| wrong(number, "line").with("detail", error);
        let kind: Kind = serde_json::from_slice(bytes).map_err(fail)?;
        let proved = || -> Result<Proved, Problem> {
            let entry: Entry = serde_json::from_slice(bytes).map_err(fail)?;
            let hashes: Option<Vec<Hash>> = entry.hashes.iter().map(|text| hash(text)).collect();
            let hashes = hashes.filter(|hashes| hashes.len() <= PROOF_HASHES_MAX);
            let hashes = hashes.ok_or_else(|| wrong(number, "hashes").with("detail", "-"))?;
            Ok(Proved { seq: entry.seq, json: entry.json, hashes })
        };
        Ok(match &*kind.t {
            "entry" => Self::Entry(proved()?),
            "shared" => Self::Shared(proved()?),
            "commitment" => Self::Commitment(proved()?),
            "trial-balance" => Self::Balance(serde_json::from_slice(bytes).map_err(fail)?),
            "end" => Self::End(serde_json::from_slice(bytes).map_err(fail)?),
            other => return Err(wrong(number, "kind").with("detail", other)),
        })
    }
}

/// A line that is not as the format says.
pub(super) fn wrong(line: u64, part: &str) -> Problem {
    Problem::data("pack-format").with("line", line).with("part", part)
}
