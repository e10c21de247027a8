//! The judgement: roots compared, the first changed entry named, forks told.

use super::{Passed, Stored};
use crate::audit::checkpoint::code::Line;
use crate::audit::checkpoint::note::PublicKey;
use crate::audit::checkpoint::{Checkpoint, Closed, Origin};
use crate::audit::finding::Compared;
use crate::book::checkpoint::unlike_kept;
use crate::domain::digest::hex;
use crate::problem::{Exit, Problem};
use crate::store::tree::Hash;
use crate::store::{Head, Step};

/// Characters shown on either side of the first difference of two entries.
const SHOWN: usize = 40;

/// Gathers what is to be told.
pub struct Judge<'p> {
    passed: &'p Passed<'p>,
    pub compared: Vec<Compared>,
    pub findings: Vec<Problem>,
    /// Entries up to which a checkpoint has vouched for the kept hashes.
    trusted: u64,
    foreign_leaves: bool,
}

/// The root at a size.
fn at(heads: &[Head], size: u64) -> Option<Hash> {
    let place = heads.binary_search_by_key(&size, |head| head.count).ok()?;
    heads.get(place).map(|head| head.root)
}

impl<'p> Judge<'p> {
    pub fn new(passed: &'p Passed<'p>, foreign_leaves: bool) -> Self {
        let (compared, findings) = Default::default();
        let mut judge = Self { passed, compared, findings, trusted: 0, foreign_leaves };
        if !foreign_leaves {
            let entries = passed.head.count;
            judge.findings.extend(unlike_kept(passed.directory, &passed.seen, entries));
        }
        judge.stored();
        judge
    }

    /// The journals that checkpoints inside the journal name; a close is told by its own check.
    fn stored(&mut self) {
        let Passed { stored, sm3, .. } = self.passed;
        for is in stored.iter().filter(|is| !is.is_close) {
            let (entries, root, named) = is.says;
            let before = sm3.as_ref().and_then(|roots| {
                let place = roots.marked.binary_search_by_key(&is.entry, |(entry, _)| *entry);
                roots.marked.get(place.ok()?).map(|(_, head)| head.root)
            });
            let differs = |found: Hash| named.is_some_and(|named| named != found);
            let (expected, found) = match (is.holds(), before) {
                (false, _) => {
                    let Some(head) = is.is else { continue };
                    (shown(head.count, &head.root), shown(entries, &root))
                }
                (true, Some(sm3)) if differs(sm3) => {
                    (shown(entries, &sm3), shown(entries, &named.unwrap_or_default()))
                }
                _ => continue,
            };
            self.findings.push(
                Problem::new("checkpoint-root", Exit::Findings)
                    .with("entry", is.entry)
                    .with("expected", expected)
                    .with("found", found),
            );
        }
    }

    fn compared(&mut self, against: &str, kind: &'static str, size: u64, result: &'static str) {
        self.compared.push(Compared { against: against.to_owned(), kind, size, result });
    }

    /// All checkpoints together: each against the journal, and each against the others.
    pub fn checkpoints(&mut self, all: &[(String, Checkpoint)], key: Option<&PublicKey>) {
        let vouched = all
            .iter()
            .map(|(_, is)| &is.body)
            .filter(|body| at(&self.passed.seen.kept, body.entries) == Some(body.root));
        self.trusted = vouched.map(|body| body.entries).max().unwrap_or(0);
        if self.foreign_leaves && self.trusted == 0 && !all.is_empty() {
            self.findings.push(Problem::new("leaves-unproven", Exit::Findings));
        }
        for (name, is) in all {
            let result = self.checkpoint(name, is, all);
            self.compared(name, "checkpoint", is.body.entries, result);
            if let Some(Err(problem)) = key.map(|key| is.signed_by(key)) {
                self.findings.push(problem.with("against", name));
            }
        }
        for (place, (name, is)) in all.iter().enumerate() {
            for (other, later) in all.iter().skip(place + 1) {
                self.fork((name, is), (other, later));
            }
        }
    }

    fn checkpoint(
        &mut self,
        name: &str,
        is: &Checkpoint,
        all: &[(String, Checkpoint)],
    ) -> &'static str {
        let Passed { head, seen, told, sm3, .. } = self.passed;
        let body = &is.body;
        let root = at(&seen.journal, body.entries);
        if root.is_none() {
            self.short(name, body.entries, head.count);
        }
        let origin = told.first.map(|first| Origin::of_leaf(&body.origin.city, &first));
        if let Some(origin) = origin.filter(|origin| *origin != body.origin) {
            // The origin holds the beginning of the first entry's hash.
            let (expected, found) = (body.origin.to_string(), origin.to_string());
            self.differs(name, 1, &expected, &found);
            return "changed";
        }
        let Some(root) = root else {
            return if self.name_parting(name, head.count) { "changed" } else { "shorter" };
        };
        if root != body.root {
            if !self.name_parting(name, body.entries) {
                self.between(name, body.entries, all);
            }
            return "changed";
        }
        let told_sm3 = sm3.as_ref().and_then(|roots| at(&roots.at, body.entries));
        let line = |part, expected: &str, found: &str| {
            Problem::new("checkpoint-line", Exit::Findings)
                .with("against", name)
                .with("part", part)
                .with("expected", expected)
                .with("found", found)
        };
        if let (Some(named), Some(is)) = (body.sm3, told_sm3)
            && named != is
        {
            self.findings.push(line("sm3", &hex(&is), &hex(&named)));
        }
        let expected = told.body(body.entries, root, Hash::default()).and_then(|is| is.closed);
        if let (Some(expected), Some(closed)) = (expected, &body.closed)
            && expected != *closed
        {
            let text = |closed: &Option<Closed>| match closed {
                Some(is) => format!("{} {} {}", is.owner, is.period, is.entry),
                None => "-".to_owned(),
            };
            self.findings.push(line("closed", &text(&expected), &text(closed)));
        }
        "unchanged"
    }

    /// Names the first changed entry among the first `size`, if kept hashes that a checkpoint vouches
    /// for show one.
    fn name_parting(&mut self, name: &str, size: u64) -> bool {
        let limit = size.min(self.trusted);
        let parting = self.passed.seen.parting.filter(|parting| parting.entry <= limit);
        if let Some(parting) = parting {
            self.differs(name, parting.entry, &hex(&parting.expected), &hex(&parting.found));
        }
        parting.is_some()
    }

    /// Between which checkpoints the first changed entry lies. Those that were handed in are believed;
    /// entries of the journal narrow it only where they contradict the journal themselves.
    fn between(&mut self, name: &str, size: u64, all: &[(String, Checkpoint)]) {
        let Passed { seen, stored, .. } = self.passed;
        let holds = |is: &Checkpoint| at(&seen.journal, is.body.entries) == Some(is.body.root);
        let smaller = || all.iter().map(|(_, is)| is).filter(|is| is.body.entries < size);
        let sizes =
            |holding| smaller().filter(move |is| holds(is) == holding).map(|is| is.body.entries);
        // A larger one that holds shows that they are not all of one history.
        let forked = all.iter().any(|(_, is)| is.body.entries > size && holds(is));
        let mut from = sizes(true).max().filter(|_| !forked).unwrap_or(0);
        let mut to = sizes(false).filter(|to| *to > from).min().unwrap_or(size);
        // What names another number of entries than stand before it says nothing of their root.
        let apart = |is: &Stored| is.is.is_some_and(|head| head.count == is.says.0) && !is.holds();
        let broken = stored.iter().filter(|is| is.says.0 > from && is.entry < to && apart(is));
        if let Some(first) = broken.map(|is| is.entry).min() {
            // Something before that entry was changed, or what the entry itself says.
            let sound = stored.iter().filter(|is| is.holds() && is.entry < first);
            from = sound.map(|is| is.says.0).max().unwrap_or(from).max(from);
            to = first;
        }
        self.findings.push(
            Problem::new("history-differs-between", Exit::Damaged)
                .with("against", name)
                .with("size", size)
                .with("from", from + 1)
                .with("to", to),
        );
    }

    /// Two checkpoints of one book of which neither contains the other.
    fn fork(&mut self, one: (&String, &Checkpoint), other: (&String, &Checkpoint)) {
        let (small, large) =
            if one.1.body.entries <= other.1.body.entries { (one, other) } else { (other, one) };
        let (a, b) = (&small.1.body, &large.1.body);
        if a.origin != b.origin {
            return;
        }
        let seen = &self.passed.seen;
        // What stands behind the larger one, if anything at hand does, must go through the smaller.
        let behind = [&seen.journal, &seen.kept].into_iter().find_map(|heads| {
            (at(heads, b.entries) == Some(b.root)).then(|| at(heads, a.entries)).flatten()
        });
        let forked = if a.entries == b.entries {
            a.root != b.root
        } else {
            behind.is_some_and(|root| root != a.root)
        };
        if forked {
            self.findings.push(
                Problem::new("fork-found", Exit::Damaged)
                    .with("against", small.0)
                    .with("size", a.entries)
                    .with("other", large.0)
                    .with("other_size", b.entries),
            );
        }
    }

    /// The printed line of a checkpoint, whose text is made again from the journal.
    pub fn line(&mut self, line: &Line) {
        let Passed { head, seen, told, sm3, .. } = self.passed;
        let name = line.to_string();
        let Some(root) = at(&seen.journal, line.entries) else {
            self.short(&name, line.entries, head.count);
            return self.compared(&name, "printed-line", line.entries, "shorter");
        };
        let sm3 = sm3.as_ref().and_then(|roots| at(&roots.at, line.entries)).unwrap_or_default();
        let code = told.body(line.entries, root, sm3).map(|body| body.code());
        let result = if code.as_ref() == Some(&line.code) { "unchanged" } else { "changed" };
        if result == "changed" {
            let found = code.as_ref().map_or("-", |code| code.as_str());
            self.findings.push(
                Problem::new("check-code", Exit::Damaged)
                    .with("size", line.entries)
                    .with("expected", line.code.as_str())
                    .with("found", found),
            );
        }
        self.compared(&name, "printed-line", line.entries, result);
    }

    /// A copy, compared entry by entry.
    pub fn copy(&mut self, name: &str, step: &Step) {
        match step {
            Step::Same(entries) => self.compared(name, "copy", *entries, "unchanged"),
            Step::Short(found, entries) => {
                self.short(name, *entries, *found);
                self.compared(name, "copy", *entries, "shorter");
            }
            Step::Differs(entry, theirs, ours) => {
                let (expected, found) = apart(theirs, ours);
                self.differs(name, *entry, &expected, &found);
                self.compared(name, "copy", *entry, "changed");
            }
        }
    }

    fn short(&mut self, name: &str, expected: u64, found: u64) {
        self.findings.push(
            Problem::new("rolled-back", Exit::Damaged)
                .with("against", name)
                .with("expected", expected)
                .with("found", found),
        );
    }

    fn differs(&mut self, name: &str, entry: u64, expected: &str, found: &str) {
        self.findings.push(
            Problem::new("history-differs", Exit::Damaged)
                .with("against", name)
                .with("entry", entry)
                .with("expected", expected)
                .with("found", found),
        );
    }
}

fn shown(entries: u64, root: &Hash) -> String {
    format!("{entries} {}", hex(root))
}

/// Two entries around the place where they part.
fn apart(theirs: &[u8], ours: &[u8]) -> (String, String) {
    let (theirs, ours) = (String::from_utf8_lossy(theirs), String::from_utf8_lossy(ours));
    let common = theirs.chars().zip(ours.chars()).take_while(|(a, b)| a == b).count();
    let from = common.saturating_sub(SHOWN / 2);
    let part = |text: &str| text.chars().skip(from).take(SHOWN + SHOWN / 2).collect::<String>();
    (part(&theirs), part(&ours))
}
