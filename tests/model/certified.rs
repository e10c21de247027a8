//! What the naive book says of lines that belong together, of the thresholds of matching, and of days
//! that are certified.

use super::generate::signed_yuan;
use super::statements::{Run, chain, hex, names, signed};
use super::twin::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Lines that a person said are the same money.
#[derive(Clone, Debug)]
pub struct Matching {
    pub id: String,
    pub bank: String,
    pub entry: usize,
    /// Names of lines of the statement and of the book.
    pub lines: Vec<String>,
    pub postings: Vec<String>,
    pub undone: Option<usize>,
}

/// A day that was certified.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub bank: String,
    pub day: String,
    pub entry: usize,
    pub figures: Value,
}

/// A line of the book on a bank account.
#[derive(Clone, Debug)]
pub struct Posting {
    pub entry: usize,
    pub name: String,
    pub date: String,
    pub amount: i128,
}

/// What a day is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Day {
    pub facts: String,
    pub statement: Option<i128>,
    pub book: i128,
    pub lines: usize,
    pub postings: usize,
}

fn list(event: &Value, key: &str) -> Vec<String> {
    let names = event[key].as_array().into_iter().flatten();
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn is_line(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|byte| b"0123456789abcdef".contains(&byte))
}

/// Entry and line of a name such as `118.2`.
fn posting(name: &str) -> Option<(usize, usize)> {
    let (entry, line) = name.split_once('.')?;
    let (entry, line): (usize, usize) = (entry.parse().ok()?, line.parse().ok()?);
    (format!("{entry}.{line}") == name && entry > 0 && line > 0).then_some((entry, line))
}

/// Balance at the end of a day that a run covers.
pub fn balance(runs: &[Run<'_>], day: &str) -> Option<i128> {
    let run = runs.iter().find(|run| run.from <= day && day <= run.to)?;
    let until = run.lines.iter().rev().find(|(_, line)| line.date.as_str() <= day);
    Some(until.map_or(run.opening, |(_, line)| line.balance))
}

impl Twin {
    /// Lines of the book on a bank account, in the order of recording.
    pub fn postings(&self, bank: &str) -> Vec<Posting> {
        let mut postings = Vec::new();
        for (entry, done) in (self.first_entry + 1..).zip(&self.done) {
            let lines = numbered(&done.lines).filter(|(_, (place, _))| place.3 == bank);
            for (number, (_, amount)) in lines {
                let (name, date) = (format!("{entry}.{number}"), text(&done.event, "date").into());
                postings.push(Posting { entry, name, date, amount: *amount });
            }
        }
        postings
    }

    /// What a day is made of, as a journal of so many entries knows it.
    pub fn day(&self, (bank, channel): (&str, &str), day: &str, known: usize) -> Day {
        let (runs, _) = chain(&self.sheets(bank, channel, known));
        let lines = names(&runs, bank, channel);
        let lines = lines.iter().filter(|(_, line)| line.date.as_str() <= day);
        let lines: Vec<String> = lines.map(|(name, _)| format!("line {name}\n")).collect();
        let posted = self.postings(bank).into_iter();
        let posted = posted.filter(|one| one.entry <= known && one.date.as_str() <= day);
        let posted: Vec<Posting> = posted.collect();
        let told = posted.iter().map(|one| {
            let amount = signed_yuan(one.amount);
            format!("posting {} {amount}\n", one.name)
        });
        let head = format!("poolbook/certified-day/1\n{bank} {day}\n");
        let text = head + &lines.concat() + &told.collect::<String>();
        Day {
            facts: hex(text.as_bytes()),
            statement: balance(&runs, day),
            book: posted.iter().map(|one| one.amount).sum(),
            lines: lines.len(),
            postings: posted.len(),
        }
    }

    /// The figures of an honest certificate: lines that persons matched are settled, where the whole
    /// match lies up to the day and comes to the same; every other line is open.
    pub fn figures(&self, (bank, channel): (&str, &str), day: &str) -> Value {
        let known = self.entries();
        let (runs, _) = chain(&self.sheets(bank, channel, known));
        let lines = names(&runs, bank, channel);
        let lines = lines.iter().filter(|(_, line)| line.date.as_str() <= day);
        let lines = lines.map(|(name, line)| (name.clone(), line.date.clone(), line.amount));
        let lines: Vec<(String, String, i128)> = lines.collect();
        let posted = self.postings(bank).into_iter().filter(|one| one.date.as_str() <= day);
        let mut posted: Vec<_> = posted.map(|one| (one.name, one.date, one.amount)).collect();
        let all: BTreeMap<&str, i128> =
            lines.iter().chain(&posted).map(|(name, _, amount)| (name.as_str(), *amount)).collect();
        let of = self.matches.iter().filter(|one| one.bank == bank && one.undone.is_none());
        let sum = |names: &[String]| -> Option<i128> {
            names.iter().map(|name| all.get(name.as_str()).copied()).sum()
        };
        let settled = of.filter(|one| {
            let sides = sum(&one.lines).zip(sum(&one.postings));
            sides.is_some_and(|(statement, book)| statement == book)
        });
        let settled = settled.flat_map(|one| one.lines.iter().chain(&one.postings));
        let settled: BTreeSet<String> = settled.cloned().collect();
        // What the book had before a statement that begins with a balance is in that balance.
        let first = runs.first().filter(|run| run.opening != 0).map(|run| run.from.to_owned());
        posted.retain(|(_, date, _)| first.as_ref().is_none_or(|first| date >= first));
        let open = |side: &[(String, String, i128)], who: &str| -> Vec<Value> {
            let open = side.iter().filter(|(name, ..)| !settled.contains(name));
            let item = |(name, date, amount): &(String, String, i128)| {
                let way = if *amount < 0 { "paid" } else { "received" };
                json!({"amount": signed_yuan(amount.abs()), "date": date,
                    "kind": format!("{who}-{way}"), "line": name})
            };
            open.map(item).collect()
        };
        let open = [open(&lines, "bank"), open(&posted, "book")].concat();
        let made = self.day((bank, channel), day, known);
        let statement = made.statement.unwrap_or(0);
        let mut figures = json!({"adjusted": "0.00", "book": signed_yuan(made.book),
            "channel": channel, "entries": known, "facts": made.facts, "lines": made.lines,
            "open": open, "postings": made.postings, "statement": signed_yuan(statement)});
        figures["adjusted"] = signed_yuan(sides(&figures)[0]).into();
        figures
    }

    pub(super) fn match_lines(&self, event: &Value, draft: &mut Draft) {
        let known = self.banks.iter().any(|bank| bank.id == text(event, "bank_account"));
        draft.need(known, "bank-account-unknown");
        let (lines, postings) = (list(event, "lines"), list(event, "postings"));
        draft.need(lines.len() + postings.len() >= 2, "match-count");
        draft.need(lines.iter().all(|name| is_line(name)), "match-line-format");
        draft.need(postings.iter().all(|name| posting(name).is_some()), "match-line-format");
        let recorded = postings.iter().filter_map(|name| posting(name));
        let recorded = recorded.map(|(entry, _)| entry).all(|entry| entry <= self.entries());
        draft.need(recorded, "posting-unknown");
        let standing = self.matches.iter().filter(|one| one.undone.is_none());
        let taken: BTreeSet<&String> =
            standing.flat_map(|one| one.lines.iter().chain(&one.postings)).collect();
        let all: Vec<&String> = lines.iter().chain(&postings).collect();
        let once = all.iter().collect::<BTreeSet<_>>().len() == all.len();
        draft.need(once && !all.iter().any(|name| taken.contains(name)), "match-twice");
    }

    pub(super) fn unmatch_lines(&self, event: &Value, draft: &mut Draft) {
        let found = self.matches.iter().find(|one| one.id == text(event, "matching"));
        draft.need(found.is_some(), "match-unknown");
        draft.need(found.is_none_or(|one| one.undone.is_none()), "match-undone");
    }

    /// The thresholds in force: each as it was told last.
    pub fn thresholds(&self) -> BTreeMap<&str, u64> {
        let told = self.standing("reconcile-settings").flat_map(|(_, done)| {
            let fields = done.event.as_object().unwrap().iter();
            fields.filter_map(|(name, value)| Some((name.as_str(), value.as_u64()?)))
        });
        told.collect()
    }

    pub(super) fn reconcile_settings(&self, event: &Value, draft: &mut Draft) {
        let stood = self.thresholds();
        let now = |name: &str| event[name].as_u64().or(stood.get(name).copied());
        for (low, high) in [("propose_score", "match_score"), ("days_near", "days_far")] {
            let in_order = now(low).zip(now(high)).is_none_or(|(low, high)| low <= high);
            draft.need(in_order, "settings-order");
        }
    }

    pub(super) fn certify(&self, event: &Value, draft: &mut Draft) {
        let (bank, day) = (text(event, "bank_account"), text(event, "date"));
        draft.signed = true;
        if !draft.need(self.banks.iter().any(|known| known.id == bank), "bank-account-unknown") {
            return;
        }
        let figures = &event["figures"];
        draft.need(digest(figures, bank, day) == text(event, "digest"), "certify-figures");
        let known = u64::try_from(self.entries()).ok();
        draft.need(figures["entries"].as_u64() == known, "certify-stale");
        let [statement, book] = sides(figures);
        let tied = statement == book && book == signed(&figures["adjusted"]);
        draft.need(tied, "certify-open");
        let mut open = figures["open"].as_array().unwrap().iter();
        draft.need(open.all(|item| text(item, "date") <= day), "certify-figures");
        let covered = self.is_covered(bank, text(figures, "channel"), day);
        draft.need(covered, "certify-uncovered");
        let last = self.certificates.iter().rfind(|one| one.bank == bank && one.day == day);
        let again = last.is_none_or(|last| self.is_touched(last));
        draft.need(again, "certified-already");
    }

    /// A statement covers the day, or nothing moved between the two around it.
    fn is_covered(&self, bank: &str, channel: &str, day: &str) -> bool {
        let sheets = self.sheets(bank, channel, self.entries());
        let before = sheets.iter().filter(|sheet| sheet.to.as_str() < day);
        let after = sheets.iter().filter(|sheet| sheet.from.as_str() > day);
        let around = before.max_by_key(|one| &one.to).zip(after.min_by_key(|one| &one.from));
        sheets.iter().any(|sheet| sheet.from.as_str() <= day && day <= sheet.to.as_str())
            || around.is_some_and(|(before, after)| before.closing == after.opening)
    }

    /// Whether something came after a certificate that may have changed its day.
    pub fn is_touched(&self, certificate: &Certificate) -> bool {
        let (bank, day, since) = (&certificate.bank, &certificate.day, certificate.entry);
        let posted = self.postings(bank);
        let posted = posted.iter().any(|one| one.entry > since && one.date <= *day);
        let of_day = self.sheets.iter().filter(|sheet| sheet.bank == *bank && sheet.from <= *day);
        let told = of_day.flat_map(|sheet| [Some(sheet.last), sheet.undone]).flatten();
        let told = told.into_iter().any(|entry| entry > since);
        let known = self.matches.iter().filter(|one| one.bank == *bank && one.entry < since);
        let taken_back = known.filter_map(|one| one.undone).any(|entry| entry > since);
        posted || told || taken_back
    }

    pub(super) fn keep_confirmed(&mut self, event: &Value, entry: usize) {
        match text(event, "event") {
            "match-lines" => self.matches.push(Matching {
                id: text(event, "id").into(),
                bank: text(event, "bank_account").into(),
                entry,
                lines: list(event, "lines"),
                postings: list(event, "postings"),
                undone: None,
            }),
            "unmatch-lines" => {
                let named = self.matches.iter_mut().find(|one| one.id == text(event, "matching"));
                named.unwrap().undone = Some(entry);
            }
            _ => self.certificates.push(Certificate {
                bank: text(event, "bank_account").into(),
                day: text(event, "date").into(),
                entry,
                figures: event["figures"].clone(),
            }),
        }
    }

    /// The first entry after a certificate by which its day is another one.
    pub fn broken_by(&self, certificate: &Certificate) -> Option<usize> {
        let Certificate { bank, day, entry, figures } = certificate;
        let known = self.matches.iter().filter(|one| one.bank == *bank && one.entry < *entry);
        let taken_back: Vec<usize> = known.filter_map(|one| one.undone).collect();
        let other = |known: usize| {
            let made = self.day((bank, text(figures, "channel")), day, known);
            made.facts != text(figures, "facts")
                || made.statement != Some(signed(&figures["statement"]))
        };
        (entry + 1..=self.entries()).find(|known| taken_back.contains(known) || other(*known))
    }

    /// What an auditor finds at the end of a life in statements, matches and certificates: the check,
    /// and the entry that is to blame.
    pub fn findings(&self) -> BTreeSet<(&'static str, usize)> {
        let mut found = BTreeSet::new();
        let incomplete =
            self.sheets.iter().filter(|one| one.seen < one.parts && one.undone.is_none());
        found.extend(incomplete.map(|sheet| ("statement-chain", sheet.first)));
        for bank in &self.banks {
            self.find_sources(bank.id, &mut found);
        }
        let standing = self.matches.iter().filter(|one| one.undone.is_none());
        let unequal = standing.filter(|one| {
            let all = self.amounts(&one.bank);
            let sum = |names: &[String]| -> Option<i128> {
                names.iter().map(|name| all.get(name).copied()).sum()
            };
            let sides = sum(&one.lines).zip(sum(&one.postings));
            sides.is_none_or(|(statement, book)| statement != book)
        });
        found.extend(unequal.map(|one| ("match-unequal", one.entry)));
        let mut last: BTreeMap<(&str, &str), &Certificate> = BTreeMap::new();
        last.extend(
            self.certificates.iter().map(|one| ((one.bank.as_str(), one.day.as_str()), one)),
        );
        let broken = last.into_values().filter(|one| self.broken_by(one).is_some());
        found.extend(broken.map(|one| ("certificate-broken", one.entry)));
        found
    }

    /// Amounts of all lines of an account by their names.
    fn amounts(&self, bank: &str) -> BTreeMap<String, i128> {
        let mut all = BTreeMap::new();
        for channel in self.channels(bank) {
            let (runs, _) = chain(&self.sheets(bank, channel, self.entries()));
            let lines = names(&runs, bank, channel);
            all.extend(lines.into_iter().map(|(name, line)| (name, line.amount)));
        }
        all.extend(self.postings(bank).into_iter().map(|one| (one.name, one.amount)));
        all
    }

    /// Ways by which statements of an account came: the bank's own pages first, then as they came.
    pub fn channels(&self, bank: &str) -> Vec<&str> {
        let mut channels: Vec<&str> = Vec::new();
        for sheet in self.sheets.iter().filter(|sheet| sheet.bank == bank) {
            if !channels.contains(&sheet.channel.as_str()) {
                channels.push(&sheet.channel);
            }
        }
        channels
    }

    /// Statements that wait, and sources that tell other things of the same days than the first.
    fn find_sources(&self, bank: &str, found: &mut BTreeSet<(&'static str, usize)>) {
        let known = self.entries();
        let mut told = Vec::new();
        for channel in self.channels(bank) {
            let sheets = self.sheets(bank, channel, known);
            let (runs, waiting) = chain(&sheets);
            found.extend(waiting.iter().map(|sheet| ("statement-chain", sheet.first)));
            let first = sheets.iter().map(|sheet| sheet.first).min();
            told.extend(first.map(|first| (channel != super::statements::NET_BANK, first, runs)));
        }
        told.sort_by_key(|(other, first, _)| (*other, *first));
        let mut told = told.into_iter();
        let Some((.., one)) = told.next() else { return };
        let others = told.filter(|(.., other)| differ(&one, other));
        found.extend(others.map(|(_, first, _)| ("statement-sources", first)));
    }
}

/// Two sources of the same days differ in a movement or in a balance.
fn differ(one: &[Run<'_>], other: &[Run<'_>]) -> bool {
    let days = |runs: &[Run<'_>]| {
        let (first, last) = (runs.first().unwrap().from, runs.last().unwrap().to);
        (first.to_owned(), last.to_owned())
    };
    let ((from, to), (other_from, other_to)) = (days(one), days(other));
    let (from, to) = (from.max(other_from), to.min(other_to));
    let lines = |runs: &[Run<'_>]| -> Vec<(String, i128, i128)> {
        let lines = runs.iter().flat_map(|run| &run.lines).map(|(_, line)| line);
        let until = lines.filter(|line| line.date <= to);
        until.map(|line| (line.date.clone(), line.amount, line.balance)).collect()
    };
    let (one, other) = (lines(one), lines(other));
    let moved = |lines: &[(String, i128, i128)]| {
        let inside = lines.iter().filter(|(date, ..)| *date >= from);
        let mut moved: Vec<(String, i128)> = inside.map(|(d, a, _)| (d.clone(), *a)).collect();
        moved.sort();
        moved
    };
    let at = |lines: &[(String, i128, i128)], day: &str| {
        let last = lines.iter().rfind(|(date, ..)| date.as_str() <= day);
        last.map(|(.., balance)| *balance)
    };
    let mut days = one.iter().chain(&other).map(|(date, ..)| date).filter(|date| **date >= from);
    moved(&one) != moved(&other)
        || days
            .any(|day| at(&one, day).zip(at(&other, day)).is_some_and(|(one, other)| one != other))
}

/// Statement and book of figures, each with the open items that it lacks.
pub fn sides(figures: &Value) -> [i128; 2] {
    let items = figures["open"].as_array().into_iter().flatten();
    let (mut statement, mut book) = (signed(&figures["statement"]), signed(&figures["book"]));
    for item in items {
        let (side, way) = text(item, "kind").split_once('-').unwrap();
        let amount = signed(&item["amount"]);
        let effect = if way == "paid" { -amount } else { amount };
        *(if side == "bank" { &mut book } else { &mut statement }) += effect;
    }
    [statement, book]
}

/// The digest of a certificate.
pub fn digest(figures: &Value, bank: &str, day: &str) -> String {
    hex(format!("poolbook/certificate/1\n{bank} {day}\n{figures}\n").as_bytes())
}
