//! Random statements of banks, matches and certificates. What the bank tells is mostly what the book
//! has, a day or two later, with movements left out, put in or changed.

use super::certified::{Posting, balance, digest};
use super::generate::{Maker, pick, signed_yuan, yuan};
use super::statements::{Movement, Run, Sheet, chain, names};
use super::twin::text;
use poolbook::domain::calendar::parse_date;
use serde_json::{Value, json};

/// Accounts of which statements come, and by which ways.
const ACCOUNTS: [(&str, &str); 6] = [
    ("RISK-CITY", "net-bank"),
    ("INT-CITY", "net-bank"),
    ("RISK-CITY", "counter"),
    ("RISK-1", "net-bank"),
    ("RISK-CITY", "net-bank"),
    ("INT-CITY", "net-bank"),
];

/// What a file tells.
struct File {
    from: String,
    to: String,
    opening: i128,
    lines: Vec<Movement>,
    over_gap: bool,
}

fn plus(day: &str, days: i64) -> String {
    let day = parse_date(day).unwrap();
    day.checked_add(jiff::Span::new().days(days)).unwrap().to_string()
}

/// Movements from a balance on.
fn told(opening: i128, rows: impl IntoIterator<Item = (String, i128)>) -> Vec<Movement> {
    let mut balance = opening;
    let line = |(date, amount): (String, i128)| {
        balance += amount;
        Movement { date, amount, balance, serial: String::new() }
    };
    rows.into_iter().map(line).collect()
}

fn closing(file: &File) -> i128 {
    file.lines.last().map_or(file.opening, |last| last.balance)
}

impl Maker<'_> {
    fn account(&self) -> (&'static str, &'static str) {
        pick(&ACCOUNTS, self.step.a).unwrap_or(ACCOUNTS[0])
    }

    /// An account of which statements came, where there is one.
    fn told_account(&self) -> (&'static str, &'static str) {
        let told = |(bank, channel): &&(&str, &str)| {
            !self.twin.sheets(bank, channel, self.twin.entries()).is_empty()
        };
        let told: Vec<_> = ACCOUNTS.iter().filter(told).copied().collect();
        pick(&told, self.step.a).unwrap_or_else(|| self.account())
    }

    /// What the book has on an account on some days, as the bank tells it.
    fn as_booked(&self, bank: &str, (from, to): (&str, &str)) -> Vec<(String, i128)> {
        let postings = self.twin.postings(bank);
        let inside = |one: &&Posting| from <= one.date.as_str() && one.date.as_str() <= to;
        let late = i64::from(self.step.b % 3);
        let row = |one: &Posting| (plus(&one.date, late).min(to.to_owned()), one.amount);
        let mut rows: Vec<(String, i128)> = postings.iter().filter(inside).map(row).collect();
        rows.sort();
        rows.truncate(6);
        let extra = (to.to_owned(), i128::from(self.step.amount % 900) - 450);
        match self.step.b % 8 {
            3 => drop(rows.pop()),
            4 | 5 => rows.push(extra),
            6 => rows.insert(0, (from.to_owned(), 500)),
            _ => {}
        }
        rows.retain(|(_, amount)| *amount != 0);
        rows
    }

    /// On from the end of what stands, mostly without a gap.
    fn onwards(&self, bank: &str, run: &Run<'_>) -> File {
        let (step, last) = (self.step, run.lines.last());
        let last = last.map_or(run.to, |(_, last)| last.date.as_str());
        let gap = [3, 4].contains(&(step.day % 12));
        let from = match step.b % 4 {
            _ if gap => plus(run.to, 11),
            0 => last.to_owned(),
            _ => plus(run.to, 1),
        };
        let to = plus(&from, i64::from(step.b % 40));
        let opening = run.closing() + if gap { i128::from(step.amount % 3) * 700 } else { 0 };
        let lines = match step.day % 12 {
            10 => Vec::new(),
            _ => told(opening, self.as_booked(bank, (&from, &to))),
        };
        File { from, to, opening, lines, over_gap: gap && step.b.is_multiple_of(2) }
    }

    /// What leads from the end of what stands to a statement that waits.
    fn between(&self, run: &Run<'_>, waiting: &Sheet) -> File {
        let from = plus(run.to, 1).min(waiting.from.clone());
        let amount = waiting.opening - run.closing();
        let rows = (amount != 0).then(|| (from.clone(), amount));
        let lines = told(run.closing(), rows);
        File { to: waiting.from.clone(), from, opening: run.closing(), lines, over_gap: false }
    }

    /// A part of what stands once more, and something behind it.
    fn again_and_on(&self, run: &Run<'_>) -> File {
        let count = run.lines.len().min(1 + usize::from(self.step.b % 4));
        let tail = &run.lines[run.lines.len() - count..];
        let opening = tail.first().map_or(run.opening, |(_, first)| first.balance - first.amount);
        let from = tail.first().map_or(run.from, |(_, first)| &first.date).to_owned();
        let to = plus(run.to, i64::from(self.step.b % 20));
        let more = i128::from(self.step.amount % 2_000) - 1_000;
        let mut rows: Vec<(String, i128)> =
            tail.iter().map(|(_, line)| (line.date.clone(), line.amount)).collect();
        if more % 3 != 0 {
            rows.push((to.clone(), more));
        }
        File { from, to, opening, lines: told(opening, rows), over_gap: false }
    }

    /// A file once more, sometimes with another amount.
    fn copy(&self, sheet: &Sheet) -> File {
        let mut rows: Vec<(String, i128)> =
            sheet.lines.iter().map(|line| (line.date.clone(), line.amount)).collect();
        if self.step.day % 12 == 8 && !rows.is_empty() {
            let place = usize::from(self.step.b) % rows.len();
            rows[place].1 += 9;
        }
        let mut lines = told(sheet.opening, rows);
        for line in &mut lines {
            if self.step.b % 4 == 1 {
                line.serial = format!("S{}", self.step.amount % 3);
            }
        }
        let (from, to) = (sheet.from.clone(), sheet.to.clone());
        File { from, to, opening: sheet.opening, lines, over_gap: false }
    }

    /// What leads to the beginning of what stands.
    fn before(&self, run: &Run<'_>) -> File {
        let to =
            if self.step.b.is_multiple_of(2) { run.from.to_owned() } else { plus(run.from, -1) };
        let from = plus(&to, -i64::from(self.step.b % 30));
        let amounts = [i128::from(self.step.amount % 5_000) - 2_000, 1_300];
        let opening = run.opening - amounts.iter().sum::<i128>();
        let rows = [from.clone(), to.clone()].into_iter().zip(amounts);
        File { from, to, opening, lines: told(opening, rows), over_gap: false }
    }

    fn file(&self, (bank, channel): (&str, &str)) -> File {
        let twin = self.twin;
        let sheets = twin.sheets(bank, channel, twin.entries());
        let (runs, waiting) = chain(&sheets);
        let others = twin.sheets(bank, "net-bank", twin.entries());
        let Some(run) = runs.last() else {
            if let Some(sheet) = pick(&others, self.step.b) {
                return self.copy(sheet);
            }
            let (from, to) = ("2017-04-01".to_owned(), "2017-07-31".to_owned());
            let opening = i128::from(self.step.b % 2) * 1_000;
            let lines = told(opening, self.as_booked(bank, (&from, &to)));
            return File { from, to, opening, lines, over_gap: false };
        };
        match self.step.day % 12 {
            5 if !waiting.is_empty() => self.between(run, waiting[0]),
            6 => self.again_and_on(run),
            7 | 8 => self.copy(pick(&others, self.step.b).unwrap_or(sheets[0])),
            9 => self.before(&runs[0]),
            _ => self.onwards(bank, run),
        }
    }

    /// A statement, or the next part of one; sometimes one that does not hold.
    pub(super) fn import(&self) -> Value {
        let step = self.step;
        if let Some(event) = self.next_part() {
            return event;
        }
        let (bank, channel) = self.account();
        let file = self.file((bank, channel));
        let mut event = json!({"bank_account": bank, "from": file.from, "date": file.to,
            "opening": signed_yuan(file.opening), "closing": signed_yuan(closing(&file)),
            "file": "对账单.csv", "profile": "plain", "sha256": format!("{:064x}", step.amount / 64)});
        let half = file.lines.len() / 2;
        let cut = half > 0 && step.twist % 8 == 4;
        let lines = if cut { &file.lines[..half] } else { &file.lines[..] };
        event["movements"] = rows(lines);
        if cut {
            (event["part"], event["parts"]) = (1.into(), 2.into());
        }
        if channel != "net-bank" {
            event["channel"] = channel.into();
        }
        if file.over_gap {
            event["gap_reason"] = "银行系统切换".into();
        }
        match step.b % 5 {
            _ if channel == "counter" && step.twist % 4 != 1 => event["fetched_by"] = "丙".into(),
            0 => event["fetched_by"] = "甲".into(),
            1 => event["maker"] = "乙".into(),
            _ => {}
        }
        if bank == "RISK-1" && step.b.is_multiple_of(2) {
            event["number"] = super::generate::NUMBER.into();
        }
        self.spoiled(&mut event);
        event
    }

    /// What does not hold is refused whatever made the event.
    fn spoiled(&self, event: &mut Value) {
        let off = |text: &Value| signed_yuan(super::statements::signed(text) + 1);
        match self.step.twist % 64 {
            9 => event["closing"] = off(&event["closing"]).into(),
            17 if event["movements"][0].is_object() => {
                event["movements"][0]["balance"] = off(&event["movements"][0]["balance"]).into();
            }
            18 if event["movements"][0].is_object() => {
                event["movements"][0]["date"] = "2016-12-31".into();
            }
            19 if event["movements"][0].is_object() => event["movements"][0]["amount"] = "7".into(),
            20 => event["sha256"] = "ABC".into(),
            21 => event["number"] = "1".into(),
            22 => event["currency"] = "USD".into(),
            23 => (event["part"], event["parts"]) = (2.into(), 2.into()),
            24 => event["bank_account"] = "NONE".into(),
            25 => event["from"] = "2031-01-01".into(),
            26 => event["currency"] = "CNY".into(),
            _ => {}
        }
    }

    /// What follows of a statement of which parts are missing.
    fn next_part(&self) -> Option<Value> {
        let twin = self.twin;
        let sheet = twin.sheets.last().filter(|sheet| sheet.seen < sheet.parts)?;
        let done = twin.done.get(sheet.first.checked_sub(twin.first_entry + 1)?)?;
        let mut event = done.event.clone();
        let (reached, day) = sheet.reached();
        let rest = (sheet.closing != reached).then(|| (sheet.to.clone(), sheet.closing - reached));
        event["movements"] = rows(&told(reached, rest));
        event["part"] = (sheet.seen + 1).into();
        if self.step.b % 16 == 3 {
            event["from"] = day.into();
        }
        Some(event)
    }

    /// True when the last entry took a part of a statement in that is not the last one: whoever imports
    /// it goes on at once.
    pub(super) fn is_amid_parts(&self) -> bool {
        let twin = self.twin;
        let open = |sheet: &Sheet| sheet.seen < sheet.parts && sheet.last == twin.entries();
        twin.sheets.last().is_some_and(open) && self.step.twist % 4 != 3
    }

    pub(super) fn undo_statement(&self) -> Value {
        let stands = |sheet: &&Sheet| sheet.undone.is_none() || self.step.twist % 8 == 3;
        let sheets: Vec<&Sheet> = self.twin.sheets.iter().filter(stands).collect();
        let sheet = pick(&sheets, self.step.a).filter(|_| self.step.twist % 32 != 5);
        let sheet = sheet.map_or("nothing", |sheet| &sheet.id);
        json!({"statement": sheet, "reason": "错"})
    }

    /// Mostly a line of the bank and one of the book of the same amount.
    pub(super) fn match_lines(&self) -> Value {
        let (twin, step) = (self.twin, self.step);
        let (bank, channel) = self.told_account();
        let (runs, _) = chain(&twin.sheets(bank, channel, twin.entries()));
        let free = |name: &str| {
            let standing = twin.matches.iter().filter(|one| one.undone.is_none());
            let mut taken = standing.flat_map(|one| one.lines.iter().chain(&one.postings));
            step.twist % 16 == 5 || !taken.any(|known| known == name)
        };
        let lines = names(&runs, bank, channel).into_iter().filter(|(name, _)| free(name));
        let lines: Vec<(String, i128)> = lines.map(|(name, line)| (name, line.amount)).collect();
        let postings = twin.postings(bank).into_iter().filter(|one| free(&one.name));
        let postings: Vec<(String, i128)> = postings.map(|one| (one.name, one.amount)).collect();
        let mut pairs = lines.iter().flat_map(|line| {
            let same = postings.iter().filter(|one| one.1 == line.1 && step.day % 8 != 7);
            same.map(move |one| (line, one))
        });
        let (mut named, mut booked): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        if step.day % 8 == 6 {
            // A payment and what takes it back, of which the bank saw neither.
            let all = || postings.iter().enumerate();
            let both = all().find_map(|(place, one)| {
                let other = postings[place + 1..].iter().find(|other| other.1 == -one.1)?;
                Some([one.0.as_str(), other.0.as_str()])
            });
            booked.extend(both.into_iter().flatten());
        } else if let Some((line, posting)) = pairs.nth(usize::from(step.b % 3)) {
            named.push(&line.0);
            booked.push(&posting.0);
        } else {
            named.extend(lines.first().map(|(name, _)| name.as_str()));
            booked.extend(postings.last().map(|(name, _)| name.as_str()));
        }
        match step.twist % 64 {
            11 => named.push("0123"),
            12 => booked.push("7"),
            13 => booked.push("9999.1"),
            14 => booked.extend(booked.first().copied()),
            15 => booked.clear(),
            _ => {}
        }
        json!({"bank_account": bank, "lines": named, "postings": booked})
    }

    pub(super) fn unmatch_lines(&self) -> Value {
        let twin = self.twin;
        let all =
            twin.matches.iter().filter(|one| one.undone.is_none() || self.step.twist % 4 == 1);
        let all: Vec<&str> = all.map(|one| one.id.as_str()).collect();
        json!({"matching": pick(&all, self.step.a).unwrap_or("nothing"), "reason": "错"})
    }

    pub(super) fn reconcile_settings(&self) -> Value {
        let step = self.step;
        let fields = ["match_score", "propose_score", "days_near", "days_far", "age_warn_days"];
        let mut event = json!({});
        for (field, number) in fields.into_iter().zip([step.a, step.b, step.twist, step.a, step.b])
        {
            if number.is_multiple_of(3) {
                event[field] = u64::from(number).into();
            }
        }
        event
    }

    /// The figures of a day that the chain covers; sometimes of another, or not as they are.
    pub(super) fn certify(&self) -> Value {
        let (twin, step) = (self.twin, self.step);
        let (bank, channel) = self.told_account();
        let (runs, _) = chain(&twin.sheets(bank, channel, twin.entries()));
        let run = pick(&runs.iter().collect::<Vec<_>>(), step.b);
        let (from, to) = run.map_or(("2017-04-01", "2017-04-30"), |run| (run.from, run.to));
        let last = twin.certificates.iter().rfind(|one| one.bank == bank);
        let day = match (step.b % 8, last) {
            (0, Some(last)) => last.day.clone(),
            (1, _) => plus(from, i64::from(step.day % 30)),
            (2, _) => plus(to, 40),
            _ => to.to_owned(),
        };
        let day = match balance(&runs, &day) {
            Some(_) => day,
            None if step.b % 8 == 2 => day,
            None => to.to_owned(),
        };
        let mut figures = twin.figures((bank, channel), &day);
        match step.twist % 32 {
            6 => figures["entries"] = (twin.entries() - 1).into(),
            7 => figures["book"] = yuan(1).into(),
            8 if figures["open"][0].is_object() => {
                figures["open"][0]["date"] = plus(&day, 1).into();
            }
            _ => {}
        }
        let mut digest = digest(&figures, bank, &day);
        if step.twist % 32 == 9 {
            digest = digest.replace('a', "b");
        }
        self.people(json!({"bank_account": bank, "date": day, "digest": digest,
            "figures": figures}))
    }
}

/// Movements as an event tells them.
fn rows(lines: &[Movement]) -> Value {
    let row = |(row, line): (u64, &Movement)| {
        let mut told = json!({"amount": signed_yuan(line.amount),
            "balance": signed_yuan(line.balance), "date": line.date, "row": row});
        if !line.serial.is_empty() {
            told["serial"] = line.serial.as_str().into();
        }
        told
    };
    (2..).zip(lines).map(row).collect()
}

/// The word of an event about statements.
pub fn is_of_statements(event: &Value) -> bool {
    let words = ["import-statement", "undo-statement", "match-lines", "unmatch-lines"];
    words.contains(&text(event, "event")) || text(event, "event") == "certify"
}
