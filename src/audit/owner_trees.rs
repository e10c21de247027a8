//! The trees of owners, built a second time and held against what closes and checkpoints say.
//!
//! Nothing here is shared with the code that sealed them but the rule which owners an entry concerns:
//! the trees are kept as a list of complete subtrees, and who owns a record is read from the entries.

use crate::audit::finding::Finding;
use crate::domain::digest::hex;
use crate::domain::entry::Entry;
use crate::domain::event::{Kind, RecordKind};
use crate::domain::seal::concerned;
use crate::domain::text::Id;
use foldhash::HashMap;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The check of each close and checkpoint against the trees before it.
pub const CHECK: &str = "owner-root";

type Hash = [u8; 32];

/// A tree as its complete subtrees, each with the power of two that it holds, largest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) count: u64,
    subtrees: Vec<(u32, Hash)>,
}

impl Tree {
    pub(super) fn add(&mut self, leaf: Hash) {
        let (mut level, mut hash) = (0, leaf);
        while let Some((_, left)) = self.subtrees.pop_if(|(known, _)| *known == level) {
            (level, hash) = (level + 1, node(&left, &hash));
        }
        self.subtrees.push((level, hash));
        self.count += 1;
    }

    fn root(&self) -> Hash {
        let hashes = self.subtrees.iter().rev().map(|(_, hash)| *hash);
        hashes
            .reduce(|right, left| node(&left, &right))
            .unwrap_or_else(|| Sha256::digest([]).into())
    }

    /// Count and root, for a finding.
    pub(super) fn shown(&self) -> String {
        format!("{} {}", self.count, hex(&self.root()))
    }
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The pass. Feed every entry with its bytes, in order. Memory: a tree's edge for each owner, and the
/// owner of each loan, claim, subsidy line and bank account.
#[derive(Default)]
pub struct OwnerTrees {
    trees: BTreeMap<Id, Tree>,
    /// Trees of the group at hand as they stood before it.
    before: BTreeMap<Id, Option<Tree>>,
    records: HashMap<(RecordKind, Id), Id>,
    city: Option<Id>,
    /// Entries whose place in the index is compared, and the rows as they should stand there.
    indexed: Option<u64>,
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Owners whose tree differs; it is told once.
    differing: BTreeSet<Id>,
    looked: u64,
    findings: Vec<Finding>,
}

impl OwnerTrees {
    /// A pass that also works out the rows of the index, which reflect so many entries.
    pub fn new(indexed: Option<u64>) -> Self {
        Self { indexed, ..Self::default() }
    }

    /// Takes the entry at place `seq`.
    pub fn take(&mut self, seq: u64, bytes: &[u8], entry: &Entry) {
        self.compare(seq, entry);
        self.note(entry);
        let records = &self.records;
        let mut owner_of = |register, id: &Id| records.get(&(register, id.clone())).cloned();
        let owners = concerned(entry, &mut owner_of);
        if !owners.is_empty() {
            let leaf = Sha256::new().chain_update([0]).chain_update(bytes).finalize().into();
            for owner in owners {
                if entry.more > 0 && !self.before.contains_key(&owner) {
                    self.before.insert(owner.clone(), self.trees.get(&owner).cloned());
                }
                self.trees.entry(owner).or_default().add(leaf);
            }
        }
        if entry.more == 0 {
            self.before.clear();
        }
        if self.indexed == Some(seq) {
            self.rows = self.trees.iter().map(row).collect();
        }
    }

    /// Findings, and how many seals were looked at.
    pub fn finish(self) -> (Vec<Finding>, u64, BTreeMap<Vec<u8>, Vec<u8>>) {
        (self.findings, self.looked, self.rows)
    }

    /// The trees as they stood before the group.
    fn stood(&self) -> impl Iterator<Item = (&Id, &Tree)> {
        self.trees.iter().filter_map(|(owner, tree)| match self.before.get(owner) {
            Some(before) => before.as_ref().map(|before| (owner, before)),
            None => Some((owner, tree)),
        })
    }

    fn compare(&mut self, seq: u64, entry: &Entry) {
        let working = || entry.working.as_ref().map(|working| working.value()).unwrap_or_default();
        let told: Vec<(String, String)> = match &entry.event.kind {
            Kind::Close(_) => {
                let working = working();
                let owner = entry.event.owner.as_ref().map_or("-", |owner| owner.as_str());
                let told = working.get("owner_tree").map_or_else(|| "-".to_owned(), shown);
                vec![(owner.to_owned(), told)]
            }
            Kind::Checkpoint(_) => {
                let working = working();
                let rows = working.get("owners").and_then(Value::as_array);
                let row = |row: &Value| {
                    let owner = row.get("owner").and_then(Value::as_str).unwrap_or("-");
                    (owner.to_owned(), shown(row))
                };
                rows.map(|rows| rows.iter().map(row).collect()).unwrap_or_default()
            }
            _ => return,
        };
        self.looked += 1;
        let whole = matches!(entry.event.kind, Kind::Checkpoint(_));
        let stood: BTreeMap<&str, String> =
            self.stood().map(|(owner, tree)| (owner.as_str(), tree.shown())).collect();
        let nothing = Tree::default().shown();
        let mut differing: Vec<(String, String, String)> = Vec::new();
        for (owner, told) in &told {
            let expected = stood.get(owner.as_str()).unwrap_or(&nothing);
            let listed = whole && !stood.contains_key(owner.as_str());
            if expected != told || listed {
                differing.push((owner.clone(), expected.clone(), told.clone()));
            }
        }
        if whole {
            let listed = |owner: &str| told.iter().any(|(other, _)| other == owner);
            let missing = stood.iter().filter(|(owner, _)| !listed(owner));
            differing.extend(
                missing.map(|(owner, tree)| ((*owner).to_owned(), tree.clone(), "-".to_owned())),
            );
            if differing.is_empty()
                && !told.iter().map(|(owner, _)| owner.as_str()).eq(stood.into_keys())
            {
                differing.push(("owners".to_owned(), "-".to_owned(), "-".to_owned()));
            }
        }
        for (owner, expected, found) in differing {
            let new = Id::parse(&owner).is_ok_and(|owner| self.differing.insert(owner));
            if new {
                self.findings.push(Finding::new(CHECK, Some(seq), owner, expected, found));
            }
        }
    }

    /// Who owns what an entry makes.
    fn note(&mut self, entry: &Entry) {
        let event = &entry.event;
        let own = || event.owner.clone();
        let of_loan = |records: &HashMap<(RecordKind, Id), Id>, loan: &Id| {
            records.get(&(RecordKind::Loan, loan.clone())).cloned()
        };
        let made = match &event.kind {
            Kind::OpenBook(opened) => {
                self.city = Some(opened.city.clone());
                return;
            }
            Kind::ApplyLoan(told) => (RecordKind::Application, &told.loan, own()),
            Kind::Enrol(told) => (RecordKind::Loan, &told.loan, own()),
            Kind::FileClaim(told) => {
                (RecordKind::Claim, &told.claim, of_loan(&self.records, &told.loan))
            }
            Kind::FileSubsidy(told) => {
                (RecordKind::Subsidy, &event.id, of_loan(&self.records, &told.loan))
            }
            Kind::ApproveSubsidy(told) => {
                (RecordKind::Subsidy, &event.id, of_loan(&self.records, &told.loan))
            }
            Kind::BankAccount(told) => {
                (RecordKind::BankAccount, &told.bank_account, own().or_else(|| self.city.clone()))
            }
            _ => return,
        };
        if let (register, id, Some(owner)) = made {
            self.records.insert((register, id.clone()), owner);
        }
    }
}

/// Count and root of a seal.
pub(super) fn shown(seal: &Value) -> String {
    let count = seal.get("count").and_then(Value::as_u64).unwrap_or_default();
    format!("{count} {}", seal.get("root").and_then(Value::as_str).unwrap_or("-"))
}

/// The row of the index behind its table byte: the owner, then count and subtrees.
fn row((owner, tree): (&Id, &Tree)) -> (Vec<u8>, Vec<u8>) {
    let hashes = tree.subtrees.iter().flat_map(|(_, hash)| *hash);
    let value = tree.count.to_be_bytes().into_iter().chain(hashes).collect();
    (owner.as_bytes().to_vec(), value)
}
