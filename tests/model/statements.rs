//! What the naive book says of bank statements: which may be taken in, and which of them stand in one
//! chain of movements from balance to balance.
//!
//! The chain begins with the statement that was recorded first. Another one joins it where it says the
//! same as the chain wherever both reach, or goes on from its last balance, or leads to its first; the
//! nearest joins first. What does not meet waits. With a reason it begins a run of its own.

use super::generate::signed_yuan;
use super::twin::*;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The way by which a statement came where nothing is said.
pub const NET_BANK: &str = "net-bank";

/// A movement as the bank tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    pub date: String,
    pub amount: i128,
    pub balance: i128,
    pub serial: String,
}

impl Movement {
    /// Two files tell the same movement; numbers of the bank count where both have one.
    fn is(&self, other: &Self) -> bool {
        let numbered = !self.serial.is_empty() && !other.serial.is_empty();
        (&self.date, self.amount, self.balance) == (&other.date, other.amount, other.balance)
            && (!numbered || self.serial == other.serial)
    }
}

/// A statement that was taken in.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub id: String,
    pub bank: String,
    pub channel: String,
    /// Entries of its first and its last part so far.
    pub first: usize,
    pub last: usize,
    pub parts: u64,
    pub seen: u64,
    pub from: String,
    pub to: String,
    pub opening: i128,
    pub closing: i128,
    pub over_gap: bool,
    pub sha256: String,
    pub person: String,
    pub lines: Vec<Movement>,
    pub undone: Option<usize>,
}

impl Sheet {
    /// Whether it counts in a journal of so many entries.
    pub fn counts(&self, known: usize) -> bool {
        self.seen == self.parts
            && self.last <= known
            && self.undone.is_none_or(|entry| entry > known)
    }

    fn last_day(&self) -> &str {
        self.lines.last().map_or(&self.from, |last| &last.date)
    }

    /// Balance and day that its parts have reached.
    pub fn reached(&self) -> (i128, &str) {
        let last = self.lines.last();
        last.map_or((self.opening, self.from.as_str()), |last| (last.balance, last.date.as_str()))
    }
}

/// Movements without a gap, each with the statement that tells it.
#[derive(Clone, Debug)]
pub struct Run<'t> {
    pub from: &'t str,
    pub to: &'t str,
    pub opening: i128,
    pub lines: Vec<(&'t Sheet, &'t Movement)>,
}

impl<'t> Run<'t> {
    fn of(sheet: &'t Sheet) -> Self {
        let lines = sheet.lines.iter().map(|line| (sheet, line)).collect();
        Self { from: &sheet.from, to: &sheet.to, opening: sheet.opening, lines }
    }

    pub fn closing(&self) -> i128 {
        self.lines.last().map_or(self.opening, |(_, last)| last.balance)
    }

    fn line(&self, place: isize) -> Option<&'t Movement> {
        self.lines.get(usize::try_from(place).ok()?).map(|(_, line)| *line)
    }

    /// First and last day on which something moved; the days covered where nothing did.
    fn days(&self) -> (&'t str, &'t str) {
        match (self.lines.first(), self.lines.last()) {
            (Some((_, first)), Some((_, last))) => (&first.date, &last.date),
            _ => (self.to, self.from),
        }
    }

    /// True when a statement tells of days between those of the run.
    fn reaches_into(&self, sheet: &Sheet) -> bool {
        let (first, last) = if self.lines.is_empty() { (self.from, self.to) } else { self.days() };
        sheet.from.as_str() < last && sheet.last_day() > first
    }

    /// Whether a statement whose first movement stands at a place says what the run says, and leaves
    /// nothing out that the run has on its days before.
    fn agrees(&self, sheet: &Sheet, at: isize) -> bool {
        let before = self.line(at - 1).is_none_or(|before| before.date <= sheet.from);
        let told = (at..).zip(&sheet.lines);
        let mut shared = told.filter_map(|(place, told)| Some((self.line(place)?, told)));
        before && shared.all(|(known, told)| known.is(told))
    }

    /// The place of a statement's first movement in the run, if it meets the run.
    fn meets(&self, sheet: &Sheet, forward: bool) -> Option<isize> {
        let end = self.lines.len() as isize;
        let (first_day, last_day) = self.days();
        let Some(first) = sheet.lines.first() else { return self.meets_idle(sheet, forward) };
        let inside = (0..end).find(|at| {
            self.line(*at).is_some_and(|known| known.is(first)) && self.agrees(sheet, *at)
        });
        let around = || {
            let head = self.line(0)?;
            let holds = first.date.as_str() <= first_day && sheet.last_day() >= first_day;
            let places = (1_isize..).zip(sheet.lines.iter().skip(1)).filter(|_| holds);
            let mut places = places.filter(|(_, told)| told.is(head)).map(|(place, _)| -place);
            places.find(|at| self.agrees(sheet, *at))
        };
        let at_end = || match forward {
            true => {
                let follows = sheet.opening == self.closing() && last_day <= sheet.from.as_str();
                follows.then_some(end)
            }
            false => {
                let leads = sheet.closing == self.opening && sheet.last_day() <= first_day;
                leads.then_some(-(sheet.lines.len() as isize))
            }
        };
        inside.or_else(around).or_else(at_end)
    }

    /// A statement on which nothing moved: it has the run's balance on days on which the run has
    /// nothing.
    fn meets_idle(&self, sheet: &Sheet, forward: bool) -> Option<isize> {
        let end = self.lines.len();
        let at = self.lines.iter().filter(|(_, line)| line.date < sheet.from).count();
        let idle = self.lines.get(at).is_none_or(|(_, next)| next.date > sheet.to);
        let before = at.checked_sub(1).map_or(self.opening, |place| self.lines[place].1.balance);
        let at_end = at == if forward { end } else { 0 };
        let meets = idle && (at_end || 0 < at && at < end) && before == sheet.opening;
        meets.then_some(at as isize)
    }

    fn join(&mut self, sheet: &'t Sheet, at: isize) {
        let end = (self.lines.len() as isize).max(at + sheet.lines.len() as isize);
        let mut lines = Vec::new();
        for place in at.min(0)..end {
            let known = usize::try_from(place).ok().and_then(|place| self.lines.get(place));
            let told = usize::try_from(place - at).ok().and_then(|place| sheet.lines.get(place));
            let first = known.filter(|(known, _)| told.is_none() || known.first < sheet.first);
            lines.extend(first.copied().or(told.map(|told| (sheet, told))));
        }
        if at <= 0 {
            self.opening = sheet.opening;
        }
        self.lines = lines;
        (self.from, self.to) = (self.from.min(&sheet.from), self.to.max(&sheet.to));
    }
}

/// What stands of some statements: runs in the order of time.
pub fn chain<'t>(sheets: &[&'t Sheet]) -> (Vec<Run<'t>>, Vec<&'t Sheet>) {
    let mut open = sheets.to_vec();
    let Some(anchor) = open.iter().copied().min_by_key(|sheet| sheet.first) else {
        return (Vec::new(), open);
    };
    open.retain(|sheet| sheet.first != anchor.first);
    open.sort_by_key(|sheet| {
        let moves = sheet.opening != sheet.closing;
        (&sheet.from, sheet.last_day(), moves, &sheet.to, sheet.first)
    });
    let mut runs = vec![Run::of(anchor)];
    loop {
        for place in 0..runs.len() {
            while grow(&mut runs, place, &mut open) {}
        }
        let alone =
            |sheet: &&Sheet| sheet.over_gap && runs.iter().all(|run| !run.reaches_into(sheet));
        let Some(next) = open.iter().position(alone) else { break };
        runs.push(Run::of(open.remove(next)));
    }
    runs.sort_by_key(|run| (run.from, run.to));
    (runs, open)
}

/// Takes what meets a run at its end, then what meets it at its beginning; false when nothing does.
fn grow<'t>(runs: &mut [Run<'t>], place: usize, open: &mut Vec<&'t Sheet>) -> bool {
    let before = open.len();
    for forward in [true, false] {
        loop {
            let mut order = open.clone();
            if !forward {
                order.sort_by_key(|sheet| Reverse((sheet.last_day(), sheet.from.as_str())));
            }
            let others = |sheet: &&&Sheet| {
                let mut others = runs.iter().enumerate().filter(|(other, _)| *other != place);
                others.all(|(_, run)| !run.reaches_into(sheet))
            };
            let meets = |sheet: &&'t Sheet| Some((*sheet, runs[place].meets(sheet, forward)?));
            let Some((sheet, at)) = order.iter().filter(others).find_map(meets) else { break };
            runs[place].join(sheet, at);
            open.retain(|known| known.first != sheet.first);
        }
    }
    open.len() < before
}

/// Lines of runs with the names by which they are known, whichever file tells them.
pub fn names<'t>(runs: &[Run<'t>], bank: &str, channel: &str) -> Vec<(String, &'t Movement)> {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let lines = runs.iter().flat_map(|run| &run.lines);
    let name = |line: &Movement| {
        let (amount, balance) = (signed_yuan(line.amount), signed_yuan(line.balance));
        let text = format!("{bank}\n{channel}\n{}\n{amount}\n{balance}", line.date);
        let number = seen.entry(text.clone()).or_default();
        *number += 1;
        hex(format!("{text}\n{number}").as_bytes())[..12].to_owned()
    };
    let mut name = name;
    lines.map(|(_, line)| (name(line), *line)).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A balance or movement with its sign.
pub fn signed(value: &Value) -> i128 {
    let text = value.as_str().unwrap_or_default();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let fen: i128 = digits.parse().unwrap_or(0);
    if text.starts_with('-') { -fen } else { fen }
}

fn movements(event: &Value) -> Vec<Movement> {
    let list = event["movements"].as_array().into_iter().flatten();
    let read = |one: &Value| Movement {
        date: text(one, "date").into(),
        amount: signed(&one["amount"]),
        balance: signed(&one["balance"]),
        serial: text(one, "serial").into(),
    };
    list.map(read).collect()
}

fn channel(event: &Value) -> &str {
    Some(text(event, "channel")).filter(|told| !told.is_empty()).unwrap_or(NET_BANK)
}

/// Who got it from the bank: as told, or who recorded it, or who records what names nobody.
fn person(event: &Value) -> &str {
    let told = [text(event, "fetched_by"), text(event, "maker"), crate::support::book::CLERK];
    told.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}

impl Twin {
    /// Number of entries, and so of the last one.
    pub fn entries(&self) -> usize {
        self.first_entry + self.done.len()
    }

    /// Statements of an account by one way that count in a journal of so many entries.
    pub fn sheets<'t>(&'t self, bank: &str, channel: &str, known: usize) -> Vec<&'t Sheet> {
        let of = |sheet: &&Sheet| (sheet.bank.as_str(), sheet.channel.as_str()) == (bank, channel);
        self.sheets.iter().filter(of).filter(|sheet| sheet.counts(known)).collect()
    }

    /// The statement whose next part an event is.
    fn started(&self, event: &Value) -> Option<&Sheet> {
        let part = event["part"].as_u64().unwrap_or(1);
        let head = |sheet: &Sheet| {
            (sheet.bank.clone(), sheet.channel.clone(), sheet.sha256.clone(), sheet.parts)
        };
        let own = [text(event, "bank_account"), channel(event), text(event, "sha256")];
        let [bank, channel, sha256] = own.map(str::to_owned);
        let parts = event["parts"].as_u64().unwrap_or(1);
        let days = [text(event, "from"), text(event, "date")];
        let sums = [signed(&event["opening"]), signed(&event["closing"])];
        self.sheets.last().filter(|sheet| {
            sheet.last == self.entries()
                && sheet.seen + 1 == part
                && head(sheet) == (bank, channel, sha256, parts)
                && [sheet.from.as_str(), &sheet.to] == days
                && [sheet.opening, sheet.closing] == sums
        })
    }

    pub(super) fn import(&self, event: &Value, draft: &mut Draft) {
        let bank = text(event, "bank_account");
        let Some(known) = self.banks.iter().find(|known| known.id == bank) else {
            draft.bad.insert("bank-account-unknown");
            return;
        };
        let (from, to) = (text(event, "from"), text(event, "date"));
        let hash = text(event, "sha256");
        let digits = hash.bytes().all(|byte| b"0123456789abcdef".contains(&byte));
        draft.need(hash.len() == 64 && digits, "hash-format");
        draft.need(from <= to, "date-order");
        let printed = text(event, "number");
        let unknown = printed.is_empty() || known.number.is_empty();
        draft.need(unknown || printed == known.number, "statement-number");
        draft.need(["", "CNY"].contains(&text(event, "currency")), "statement-currency");
        let part = event["part"].as_u64().unwrap_or(1);
        let parts = event["parts"].as_u64().unwrap_or(1);
        let started = self.started(event).filter(|_| part > 1);
        let fits = part == 1 || started.is_some();
        draft.need((1..=parts).contains(&part) && fits, "statement-part");
        if part == 1 {
            self.of_another(event, draft);
        }
        let canonical = |one: &Value| text(one, "amount").contains('.');
        let list = event["movements"].as_array().unwrap();
        draft.need(list.iter().all(canonical), "statement-movement");
        let (opening, closing) = (signed(&event["opening"]), signed(&event["closing"]));
        let (mut balance, mut day) = started.map_or((opening, from), Sheet::reached);
        let lines = movements(event);
        for line in &lines {
            draft.need(balance + line.amount == line.balance, "statement-arithmetic");
            draft.need(line.date.as_str() >= day && line.date.as_str() <= to, "statement-dates");
            (balance, day) = (line.balance, day.max(&line.date));
        }
        draft.need(part < parts || balance == closing, "statement-arithmetic");
    }

    /// A second source of the same days proves something only when another person got it.
    fn of_another(&self, event: &Value, draft: &mut Draft) {
        let other = |sheet: &&Sheet| {
            sheet.bank == text(event, "bank_account")
                && sheet.channel != channel(event)
                && sheet.undone.is_none()
                && sheet.from.as_str() <= text(event, "date")
                && text(event, "from") <= sheet.to.as_str()
        };
        let same = self.sheets.iter().filter(other).any(|sheet| sheet.person == person(event));
        draft.need(!same, "statement-person");
    }

    pub(super) fn undo_statement(&self, event: &Value, draft: &mut Draft) {
        let sheet = self.sheets.iter().find(|sheet| sheet.id == text(event, "statement"));
        draft.need(sheet.is_some(), "statement-unknown");
        draft.need(sheet.is_none_or(|sheet| sheet.undone.is_none()), "statement-undone");
    }

    /// Keeps what was taken of a fact about statements.
    pub(super) fn keep_fact(&mut self, event: &Value, entry: usize) {
        match text(event, "event") {
            "import-statement" => self.keep_sheet(event, entry),
            "undo-statement" => {
                let named = self.sheets.iter_mut().find(|one| one.id == text(event, "statement"));
                named.unwrap().undone = Some(entry);
            }
            "match-lines" | "unmatch-lines" | "certify" => self.keep_confirmed(event, entry),
            _ => {}
        }
    }

    fn keep_sheet(&mut self, event: &Value, entry: usize) {
        let mut lines = movements(event);
        if event["part"].as_u64().unwrap_or(1) > 1 {
            let sheet = self.sheets.last_mut().unwrap();
            (sheet.last, sheet.seen) = (entry, sheet.seen + 1);
            sheet.lines.append(&mut lines);
            return;
        }
        self.sheets.push(Sheet {
            id: text(event, "id").into(),
            bank: text(event, "bank_account").into(),
            channel: channel(event).into(),
            first: entry,
            last: entry,
            parts: event["parts"].as_u64().unwrap_or(1),
            seen: 1,
            from: text(event, "from").into(),
            to: text(event, "date").into(),
            opening: signed(&event["opening"]),
            closing: signed(&event["closing"]),
            over_gap: event.get("gap_reason").is_some(),
            sha256: text(event, "sha256").into(),
            person: person(event).into(),
            lines,
            undone: None,
        });
    }
}
