//! Checking an owner's proof pack, for somebody who has nothing but the pack, and a checkpoint that
//! was kept elsewhere.
//!
//! Every entry is shown to be in the journal of the checkpoint; all entries of the owner together
//! give the tree that the journal itself commits to, so none is missing, changed, moved or put in;
//! and the figures are added up again from the lines. All findings are told; none stops the pass.
//! Memory: one hash for each entry of the owner that is not a complete subtree, and sums.

mod figures;
mod lines;

use crate::audit::checkpoint::{Body, Checkpoint, Origin};
use crate::audit::owner_trees::{Tree, shown};
use crate::audit::proof::{Sha2, is_included, leaf};
use crate::domain::entry::Entry;
use crate::domain::event::Kind;
use crate::domain::seal::concerned;
use crate::domain::text::Id;
use crate::problem::{Exit, Problem};
use figures::Figures;
pub use lines::LINE_MAX;
use lines::{End, Header, Line, Proved};
use serde_json::Value;
use std::fmt::Display;

/// Which part of the pack a line may belong to; they come in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Entries,
    Shared,
    Commitment,
    Balance,
    End,
}

/// What was found in a pack.
#[derive(Debug)]
pub struct Checked {
    /// Whose pack it is.
    pub owner: String,
    /// Name of the owner.
    pub name: String,
    /// First and last day of its trial balance.
    pub days: (String, String),
    /// The checkpoint that its proofs lead to.
    pub body: Body,
    /// Entries of the owner.
    pub entries: u64,
    /// Entries that they rest on.
    pub shared: u64,
    /// Everything that is wrong.
    pub findings: Vec<Problem>,
}

/// The pass. Feed every line from the header on, then [`Check::finish`].
pub struct Check {
    header: Header,
    checkpoint: Checkpoint,
    owner: Id,
    line: u64,
    stage: Stage,
    /// The number of the last entry of the kind at hand.
    last: u64,
    tree: Tree,
    shared: u64,
    commitments: u64,
    city: Option<Id>,
    named: Option<String>,
    figures: Figures,
    ended: bool,
    findings: Vec<Problem>,
}

/// Findings told one by one.
const FINDINGS_MAX: usize = 1000;

impl Check {
    /// Begins with the first line.
    ///
    /// # Errors
    /// `pack-format`, or what is wrong with the checkpoint in it.
    pub fn begin(line: &[u8]) -> Result<Self, Problem> {
        let header = Header::read(line)?;
        let checkpoint = Checkpoint::parse(header.checkpoint.as_bytes())?;
        let owner = Id::parse(&header.owner).map_err(|_| lines::wrong(1, "owner"))?;
        let figures = Figures::new(&header, owner.clone())?;
        Ok(Self {
            header,
            checkpoint,
            owner,
            line: 1,
            stage: Stage::Entries,
            last: 0,
            tree: Tree::default(),
            shared: 0,
            commitments: 0,
            city: None,
            named: None,
            figures,
            ended: false,
            findings: Vec::new(),
        })
    }

    /// Takes the next line, without its line feed.
    ///
    /// # Errors
    /// `pack-format`: it is no line of a pack.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.line += 1;
        let line = Line::read(bytes, self.line)?;
        let stage = match &line {
            Line::Entry(_) => Stage::Entries,
            Line::Shared(_) => Stage::Shared,
            Line::Commitment(_) => Stage::Commitment,
            Line::Balance(_) => Stage::Balance,
            Line::End(_) => Stage::End,
        };
        if stage < self.stage || self.ended {
            self.find("order", "-", "-");
        }
        if stage != self.stage {
            (self.stage, self.last) = (stage, 0);
        }
        match line {
            Line::Entry(proved) => {
                if let Some(entry) = self.proved(&proved) {
                    self.entry(&entry, &proved);
                }
            }
            Line::Shared(proved) => {
                self.shared += 1;
                if let Some(entry) = self.proved(&proved) {
                    self.share(&entry, &proved.json);
                }
            }
            Line::Commitment(proved) => {
                self.commitments += 1;
                if let Some(entry) = self.proved(&proved) {
                    self.commitment(&entry);
                }
            }
            Line::Balance(row) => {
                if let Some((expected, found)) = self.figures.row(&row) {
                    self.find("trial-balance", expected, found);
                }
            }
            Line::End(end) => self.end(&end),
        }
        Ok(())
    }

    /// What was found; `kept` is the checkpoint that was kept elsewhere.
    pub fn finish(mut self, kept: Option<&Checkpoint>) -> Checked {
        if !self.ended {
            self.find("cut", "-", "-");
        }
        if self.commitments != 1 {
            self.find("commitment-missing", 1, self.commitments);
        }
        if let Some(kept) = kept.filter(|kept| kept.body != self.checkpoint.body) {
            let (expected, found) = (kept.body.line(), self.checkpoint.body.line());
            self.find("checkpoint", expected, found);
        }
        let name = self.named.take();
        if let Some(name) = name.filter(|name| *name != self.header.name) {
            let told = self.header.name.clone();
            self.find("name", name, told);
        }
        Checked {
            owner: self.header.owner,
            name: self.header.name,
            days: (self.header.from, self.header.to),
            body: self.checkpoint.body,
            entries: self.tree.count,
            shared: self.shared,
            findings: self.findings,
        }
    }

    fn find(&mut self, part: &str, expected: impl Display, found: impl Display) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(
                Problem::new("pack-wrong", Exit::Findings)
                    .with("part", part)
                    .with("line", self.line)
                    .with("expected", expected)
                    .with("found", found),
            );
        }
    }

    /// The entry of a line, held to its number and its proof.
    fn proved(&mut self, proved: &Proved) -> Option<Entry> {
        if proved.seq <= self.last {
            let expected = format!("> {}", self.last);
            self.find("order", expected, proved.seq);
        }
        self.last = proved.seq;
        let body = &self.checkpoint.body;
        let hash = leaf::<Sha2>(proved.json.as_bytes());
        if !is_included::<Sha2>(&hash, proved.seq, body.entries, &proved.hashes, &body.root) {
            self.find("proof", "-", proved.seq);
        }
        match Entry::decode(proved.json.as_bytes()) {
            Ok(entry) if entry.seq == proved.seq => Some(entry),
            Ok(entry) => {
                self.find("number", proved.seq, entry.seq);
                None
            }
            Err(problem) => {
                let detail = problem.arg("detail").unwrap_or("-").to_owned();
                self.find("entry", "-", detail);
                None
            }
        }
    }

    fn entry(&mut self, entry: &Entry, proved: &Proved) {
        self.tree.add(leaf::<Sha2>(proved.json.as_bytes()));
        if let Kind::Join(told) = &entry.event.kind
            && entry.event.owner.as_ref() == Some(&self.owner)
        {
            let usual =
                || crate::domain::division::find(&self.owner).map(|known| known.name.into());
            self.named = told.name.clone().or_else(usual).map(|name| name.to_string());
        }
        for (part, expected, found) in self.figures.add(entry) {
            self.find(part, expected, found);
        }
    }

    /// What belongs to another owner is not for this one's eyes.
    fn share(&mut self, entry: &Entry, json: &str) {
        if let Kind::OpenBook(opened) = &entry.event.kind {
            self.city = Some(opened.city.clone());
            let body = &self.checkpoint.body;
            let origin = Origin::of(&opened.city, json.as_bytes());
            if entry.seq != 1 || origin != body.origin {
                let found = body.origin.clone();
                self.find("origin", origin, found);
            }
            if opened.city == self.owner {
                self.named.get_or_insert(opened.name.to_string());
            }
        }
        let owners = concerned(entry, &mut |_, _| None);
        let others = owners.iter().find(|owner| Some(*owner) != self.city.as_ref());
        if let Some(other) = others.cloned() {
            self.find("shared", "-", other);
        }
    }

    /// The journal itself says how many entries the owner has, and their root.
    fn commitment(&mut self, entry: &Entry) {
        let size = self.checkpoint.body.entries;
        if !matches!(entry.event.kind, Kind::Checkpoint(_)) || entry.seq != size {
            self.find("commitment", size, entry.seq);
            return;
        }
        let working = entry.working.as_ref().map(|working| working.value()).unwrap_or_default();
        let rows = working.get("owners").and_then(Value::as_array);
        let of_owner = |row: &&Value| {
            row.get("owner").and_then(Value::as_str).is_some_and(|told| self.owner == *told)
        };
        let row = rows.into_iter().flatten().find(of_owner);
        let expected = row.map_or_else(|| Tree::default().shown(), shown);
        let found = self.tree.shown();
        if expected != found {
            self.find("tree", expected, found);
        }
    }

    fn end(&mut self, end: &End) {
        self.ended = true;
        for (fund, account) in self.figures.left() {
            self.find("trial-balance", format_args!("{fund} {account}"), "-");
        }
        let rows = self.figures.rows;
        let counted = [
            (end.entries, self.tree.count),
            (self.header.entries, self.tree.count),
            (end.shared, self.shared),
            (end.commitment, self.commitments),
            (end.trial_balance, rows),
        ];
        for (told, counted) in counted {
            if told != counted {
                self.find("counts", told, counted);
            }
        }
        if self.city.is_none() {
            self.find("origin", 1, "-");
        }
    }
}
