//! A naive book of the same field, written from the rules of the field and from nothing of the
//! program's: plain numbers of fen, texts for everything else, records copied rather than changed.
//!
//! It says of an event whether it may happen, and if so which balances move by how much. Where it
//! may not, it names every rule that the event breaks; the program must refuse it by one of them.

use super::certified::{Certificate, Matching};
use super::statements::Sheet;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Net debit by owner, fund, account and bank account (`-` where the account is none of a bank).
pub type Place = (String, String, String, String);

/// One movement: place and signed amount, debit positive.
pub type Line = (Place, i128);

/// A drawdown note.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Note {
    pub id: String,
    pub drawn: String,
    pub due: String,
    pub class: &'static str,
    pub balance: i128,
    pub exposure: i128,
    pub compensated: i128,
    pub extended: bool,
    /// First day of the last overdue spell, while it lasts.
    pub overdue: Option<String>,
    pub npl: Option<String>,
    /// What was repaid, and when.
    pub repaid: Vec<(String, i128)>,
}

/// An enrolled loan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loan {
    pub id: String,
    pub owner: String,
    pub firm: String,
    pub amount: i128,
    pub drawn: i128,
    pub due: String,
    pub enrolled: String,
    pub deposit: i128,
    pub removed: bool,
    pub notes: Vec<Note>,
    pub fees: Vec<Fee>,
}

/// A guarantee fee that the firm paid, less what came back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fee {
    pub from: String,
    pub to: String,
    pub paid: String,
    pub net: i128,
}

/// A loan that is applied for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Application {
    pub id: String,
    pub owner: String,
    pub firm: String,
    pub state: &'static str,
}

/// A subsidy that a firm has filed for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filing {
    pub id: String,
    pub owner: String,
    pub fund: &'static str,
    pub loan: String,
    pub note: String,
    pub period: String,
    pub filed: String,
    pub state: &'static str,
    pub line: String,
}

impl Loan {
    /// True until every note is repaid or the enrolment is revoked.
    pub fn is_live(&self) -> bool {
        let balance: i128 = self.notes.iter().map(|note| note.balance).sum();
        !self.removed && (self.notes.is_empty() || balance > 0)
    }
}

/// A claim for compensation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claim {
    pub id: String,
    pub owner: String,
    pub loan: String,
    pub note: String,
    pub state: &'static str,
    pub filed: String,
    pub approved_on: String,
    pub base: i128,
    pub claimed: i128,
    pub approved: i128,
    pub paid: i128,
    pub net: i128,
    pub recovered: i128,
    pub written_off: i128,
    pub due_back: i128,
    pub back: i128,
    /// Cancelled in a later year than it was approved in.
    pub late: i128,
    /// Taken off the loss before the base: collateral and other programmes.
    pub off: i128,
}

impl Claim {
    /// The recovery right still open.
    pub fn right(&self) -> i128 {
        (self.paid - self.due_back - self.recovered - self.written_off).max(0)
    }
}

/// A subsidy line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subsidy {
    pub id: String,
    pub owner: String,
    pub fund: &'static str,
    pub loan: String,
    pub note: String,
    pub firm: String,
    pub period: String,
    pub approved_on: String,
    /// Published or ordered to be paid, until something is paid.
    pub step: &'static str,
    pub cancelled: bool,
    pub amount: i128,
    pub paid: i128,
    pub returned: i128,
    pub reissued: i128,
    pub due_back: i128,
    pub settled: i128,
    pub offset: i128,
    pub lost: i128,
}

/// Money that nobody knew the reason of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receipt {
    pub id: String,
    pub owner: String,
    pub fund: String,
    pub bank: String,
    pub received: String,
    pub open: i128,
}

/// Any record with its key, so that what an event changed can be put back.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    Loan(Loan),
    Claim(Claim),
    Subsidy(Subsidy),
    Receipt(Receipt),
    Application(Application),
    Filing(Filing),
}

impl Record {
    fn key(&self) -> (u8, String) {
        match self {
            Self::Loan(own) => (0, own.id.clone()),
            Self::Claim(own) => (1, own.id.clone()),
            Self::Subsidy(own) => (2, own.id.clone()),
            Self::Receipt(own) => (3, own.id.clone()),
            Self::Application(own) => (6, own.id.clone()),
            Self::Filing(own) => (7, own.id.clone()),
        }
    }
}

/// A bank account: who opened it, for which fund.
#[derive(Clone, Debug)]
pub struct Bank {
    pub id: &'static str,
    pub owner: &'static str,
    pub fund: &'static str,
    /// As the bank prints it; empty where nobody told it.
    pub number: &'static str,
}

/// What happened, as far as it can be taken back.
#[derive(Clone, Debug)]
pub struct Done {
    pub event: Value,
    /// What kind of event it is.
    pub word: String,
    pub owner: Option<String>,
    pub lines: Vec<Line>,
    pub before: Vec<((u8, String), Option<Record>)>,
    /// Sums beside the accounts that moved.
    pub counters: Vec<(Counter, i128)>,
    /// Records on whose trail it stands.
    pub pushes: BTreeSet<(u8, String)>,
    /// Records whose last word it must be to be taken back.
    pub checks: BTreeSet<(u8, String)>,
    pub reversed_by: Option<usize>,
}

/// A sum beside the accounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Promised and not paid in: owner, source.
    Promised(String, String),
    /// To be paid out to a contributor: owner, source.
    Leaving(String, String),
    /// Had of a yearly cap: fund, firm, year.
    Year(String, String, String),
    /// Lent to another owner and not had back: owner, other, fund.
    Lent(String, String, String),
    /// Budget given in a year, less what went back of it in that year: owner, fund, source, year.
    Given(String, String, String, String),
    /// What went back in a year of the budgets of earlier years.
    Back(String, String, String, String),
}

/// What an event comes to.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Codes of the rules that it breaks.
    pub bad: BTreeSet<&'static str>,
    pub lines: Vec<Line>,
    /// Money that leaves by order: owner, fund, amount, what was set aside for it.
    pub pays: Option<(String, String, i128, i128)>,
    /// Whose entry it is, as far as an event without movements has an owner.
    pub owner: Option<String>,
    /// Takes two people though no money leaves by order.
    pub signed: bool,
    /// Money leaves by order, and its maker alone may say so.
    pub alone: bool,
    pub records: Vec<Record>,
    pub counters: Vec<(Counter, i128)>,
    pub pushes: BTreeSet<(u8, String)>,
    pub checks: BTreeSet<(u8, String)>,
}

impl Draft {
    /// Breaks a rule unless it holds.
    pub fn need(&mut self, holds: bool, code: &'static str) -> bool {
        if !holds {
            self.bad.insert(code);
        }
        holds
    }

    /// A debit and a credit in a cell; `bank` goes to the head of the bank deposits.
    pub fn post(
        &mut self,
        (owner, fund): (&str, &str),
        debit: &str,
        credit: &str,
        amount: i128,
        bank: &str,
    ) {
        for (account, signed) in [(debit, amount), (credit, -amount)] {
            let bank = if account.starts_with("1002") { bank } else { "-" };
            let place = (owner.into(), fund.into(), account.into(), bank.into());
            self.lines.push((place, signed));
        }
    }

    /// Into the register, or with a negative amount out of it.
    pub fn register(&mut self, cell: (&str, &str), account: &str, amount: i128) {
        self.post(cell, account, "9999", amount, "-");
    }

    /// A loan's trail; the last argument says whether the event also rests on it being the last.
    pub fn touch(&mut self, kind: u8, id: &str) {
        self.pushes.insert((kind, id.into()));
        self.checks.insert((kind, id.into()));
    }
}

/// What became of an event.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Taken, with these movements.
    Taken(Vec<Line>),
    /// Known under its id as the entry of this number.
    Known(usize),
    /// Refused, by one of these.
    Refused(BTreeSet<&'static str>),
}

/// Owner, fund and source of a budget.
pub type Source<'t> = (&'t str, &'t str, &'t str);

/// The naive book.
#[derive(Clone, Debug, Default)]
pub struct Twin {
    pub balances: BTreeMap<Place, i128>,
    pub owners: BTreeMap<String, String>,
    pub banks: Vec<Bank>,
    pub records: BTreeMap<(u8, String), Record>,
    pub counters: BTreeMap<Counter, i128>,
    pub vouchers: BTreeMap<(String, String, &'static str), u32>,
    /// What happened to the circuit breaker of an owner: by which entry, what.
    pub breakers: BTreeMap<String, Vec<(usize, &'static str)>>,
    /// Statements, lines that belong together, and certified days, in the order of recording.
    pub sheets: Vec<Sheet>,
    pub matches: Vec<Matching>,
    pub certificates: Vec<Certificate>,
    pub done: Vec<Done>,
    pub ids: BTreeMap<String, usize>,
    pub first_entry: usize,
}

/// Ceiling of the compensation of a loan in the rules of the lives.
pub const CLAIM_MAX: i128 = 25_000_000;

/// What a firm may have enrolled in the rules of the lives.
pub const FIRM_MAX: i128 = 1_200_000_000;

/// What stands on the credit side of these is approved, or of others.
pub const SET_ASIDE: [&str; 9] = [
    "2103", "2303.01", "2303.02", "2307.01", "2307.02", "2307.03", "2307.04", "2307.05", "2307.06",
];

/// The city, which holds accounts for all owners.
pub const CITY: &str = "410800";

impl Twin {
    /// What stands in an account of a cell over its bank accounts.
    pub fn sum(&self, owner: &str, fund: &str, account: &str) -> i128 {
        let of = |place: &Place| place.0 == owner && place.1 == fund && place.2 == account;
        self.balances.iter().filter(|(place, _)| of(place)).map(|(_, net)| net).sum()
    }

    /// The most that can still go back of a year's budget, or of the years' before: every amount that
    /// goes back in a year is of money given before its end, and no money goes back twice. So for
    /// every year, what went back by its end of earlier years is at most what those gave.
    pub fn returnable(&self, (owner, fund, source): Source<'_>, year: &str, prior: bool) -> i128 {
        let sum = |of: &dyn Fn(&Counter) -> bool| -> i128 {
            self.counters.iter().filter(|(counter, _)| of(counter)).map(|(_, sum)| sum).sum()
        };
        let own = |of: &str, from: &str, by: &str| (of, from, by) == (owner, fund, source);
        let slack = |last: &str| {
            let before = |counter: &Counter| {
                matches!(counter, Counter::Given(of, from, by, given)
                    if own(of, from, by) && given.as_str() < last)
            };
            let until = |counter: &Counter| {
                matches!(counter, Counter::Back(of, from, by, back)
                    if own(of, from, by) && back.as_str() <= last)
            };
            sum(&before) - sum(&until)
        };
        let years = (2017..=2022).map(|last: i32| last.to_string());
        let later =
            years.filter(|last| if prior { last.as_str() >= year } else { last.as_str() > year });
        let least = later.map(|last| slack(&last)).min().unwrap_or(0);
        let given = Counter::Given(owner.into(), fund.into(), source.into(), year.into());
        if prior { least } else { least.min(self.counter(&given)) }
    }

    pub fn counter(&self, counter: &Counter) -> i128 {
        self.counters.get(counter).copied().unwrap_or(0)
    }

    pub fn loan(&self, id: &str) -> Option<&Loan> {
        match self.records.get(&(0, id.into())) {
            Some(Record::Loan(own)) => Some(own),
            _ => None,
        }
    }

    pub fn claim(&self, id: &str) -> Option<&Claim> {
        match self.records.get(&(1, id.into())) {
            Some(Record::Claim(own)) => Some(own),
            _ => None,
        }
    }

    pub fn subsidy(&self, id: &str) -> Option<&Subsidy> {
        match self.records.get(&(2, id.into())) {
            Some(Record::Subsidy(own)) => Some(own),
            _ => None,
        }
    }

    pub fn receipt(&self, id: &str) -> Option<&Receipt> {
        match self.records.get(&(3, id.into())) {
            Some(Record::Receipt(own)) => Some(own),
            _ => None,
        }
    }

    /// Takes an event, or says why not.
    pub fn take(&mut self, event: &Value) -> Verdict {
        let id = text(event, "id").to_owned();
        if let Some(place) = self.ids.get(&id) {
            let same = self.done.get(place - self.first_entry - 1).map(|done| &done.event);
            return match same == Some(event) {
                true => Verdict::Known(*place),
                false => Verdict::Refused(["id-reused"].into()),
            };
        }
        let mut draft = Draft::default();
        self.decide(event, &mut draft);
        self.check(event, &mut draft);
        if !draft.bad.is_empty() {
            return Verdict::Refused(draft.bad);
        }
        self.put(event, draft)
    }

    /// What holds for every entry: who signed, what is available, no bank account below zero.
    fn check(&self, event: &Value, draft: &mut Draft) {
        let (maker, checker) = (text(event, "maker"), text(event, "checker"));
        draft.need(maker.is_empty() || maker != checker, "checker-same");
        draft.need(happened(event) <= text(event, "date"), "effective-later");
        if draft.signed {
            draft.need(!maker.is_empty() && !checker.is_empty(), "checker-missing");
        }
        self.check_closed(event, draft);
        let risk = draft.lines.iter().filter(|(place, signed)| place.1 == "RISK" && *signed != 0);
        let of_closed =
            |owner: &str| self.stage(owner).is_some_and(|(stage, _)| stage == "close-pool");
        let ended = risk.into_iter().any(|(place, _)| of_closed(&place.0));
        draft.need(!ended, "pool-state");
        if let Some((owner, fund, amount, own)) = draft.pays.clone() {
            let two = !maker.is_empty() && !checker.is_empty();
            draft.need(two || draft.alone, "checker-missing");
            let (cash, reserved) = (self.cash(&owner, &fund), self.reserved(&owner, &fund));
            let limit = match own {
                0 => cash - reserved,
                _ => (cash - reserved + own).max(cash.min(own)),
            };
            draft.need(amount <= limit, "available-short");
        }
        let mut moved: BTreeMap<&Place, i128> = BTreeMap::new();
        for (place, signed) in &draft.lines {
            *moved.entry(place).or_default() += signed;
        }
        let short = moved.iter().any(|(place, by)| {
            place.2.starts_with("1002")
                && *by < 0
                && self.balances.get(*place).copied().unwrap_or(0) + by < 0
        });
        draft.need(!short, "cash-short");
    }

    pub(super) fn put(&mut self, event: &Value, draft: Draft) -> Verdict {
        let entry = self.first_entry + self.done.len() + 1;
        let parts = self.parts();
        self.count_voucher(event, &draft);
        for (place, signed) in &draft.lines {
            *self.balances.entry(place.clone()).or_default() += signed;
        }
        let before = draft.records.iter().map(|record| {
            let key = record.key();
            (key.clone(), self.records.get(&key).cloned())
        });
        let before = before.collect();
        for record in draft.records {
            self.records.insert(record.key(), record);
        }
        for (counter, by) in &draft.counters {
            *self.counters.entry(counter.clone()).or_default() += by;
        }
        if let Some(target) = self.reversed(event) {
            self.undo(target, entry);
        }
        self.keep_fact(event, entry);
        self.ids.insert(text(event, "id").to_owned(), entry);
        self.done.push(Done {
            event: event.clone(),
            word: text(event, "event").to_owned(),
            owner: draft.owner,
            lines: draft.lines.clone(),
            before,
            counters: draft.counters,
            pushes: draft.pushes,
            checks: draft.checks,
            reversed_by: None,
        });
        self.watch(&parts);
        Verdict::Taken(draft.lines)
    }

    /// The place in `done` of the entry that a reversal names.
    pub fn reversed(&self, event: &Value) -> Option<usize> {
        if text(event, "event") != "reverse" {
            return None;
        }
        self.entry_place(event, "entry")
    }

    /// Where the entry stands among those of the life that a field names.
    pub fn entry_place(&self, event: &Value, field: &str) -> Option<usize> {
        text(event, field).parse::<usize>().ok()?.checked_sub(self.first_entry + 1)
    }

    /// Puts the records back as they were before an entry; its lines were turned by the reversal.
    fn undo(&mut self, target: usize, by: usize) {
        let done = &mut self.done[target];
        done.reversed_by = Some(by);
        let (before, counters) = (done.before.clone(), done.counters.clone());
        let word = done.word.clone();
        for (counter, was) in counters {
            *self.counters.entry(counter).or_default() -= was;
        }
        for (key, record) in before {
            match (record, word.as_str()) {
                (Some(record), _) => {
                    self.records.insert(key, record);
                }
                // A number once given stays given: the record goes on without effect.
                (None, _) => self.void(&key),
            }
        }
    }

    fn void(&mut self, key: &(u8, String)) {
        match self.records.get_mut(key) {
            Some(Record::Claim(claim)) => claim.state = "rejected",
            Some(Record::Subsidy(line)) => line.cancelled = true,
            Some(Record::Receipt(receipt)) => receipt.open = 0,
            Some(Record::Filing(filing)) => filing.state = "cancelled",
            _ => {
                self.records.remove(key);
            }
        }
    }

    /// Each owner numbers its vouchers by month and word; what moves nothing has none.
    fn count_voucher(&mut self, event: &Value, draft: &Draft) {
        let real = || draft.lines.iter().filter(|(_, signed)| *signed != 0);
        let Some(owner) = draft.owner.clone().filter(|_| real().next().is_some()) else { return };
        let on_balance = real().any(|(place, _)| !place.2.starts_with('9'));
        let (month, word) =
            (text(event, "date")[..7].to_owned(), if on_balance { "记" } else { "备" });
        *self.vouchers.entry((owner, month, word)).or_default() += 1;
    }

    pub fn cash(&self, owner: &str, fund: &str) -> i128 {
        self.sum(owner, fund, cash_of(fund))
    }

    /// Approved and unpaid, and money of others.
    pub fn reserved(&self, owner: &str, fund: &str) -> i128 {
        SET_ASIDE.iter().map(|account| -self.sum(owner, fund, account)).sum()
    }

    /// The owner of an event: as told, or as the record tells; both must agree.
    pub fn owner(&self, event: &Value, known: Option<&str>, draft: &mut Draft) -> Option<String> {
        let told = text(event, "owner");
        let owner = match (told.is_empty(), known) {
            (true, None) => {
                draft.bad.insert("owner-missing");
                return None;
            }
            (true, Some(known)) => known,
            (false, known) => {
                draft.need(known.is_none_or(|known| known == told), "loan-owner");
                told
            }
        };
        let Some(joined) = self.owners.get(owner) else {
            draft.bad.insert("owner-unknown");
            return None;
        };
        draft.need(happened(event) >= joined.as_str(), "owner-not-joined");
        draft.owner.get_or_insert_with(|| owner.to_owned());
        Some(owner.to_owned())
    }

    /// A bank account that serves the fund for the owner: its own, or the city's.
    pub fn bank(&self, id: &str, owner: &str, fund: &str, draft: &mut Draft) -> bool {
        let Some(bank) = self.banks.iter().find(|bank| bank.id == id) else {
            return draft.need(false, "bank-account-unknown");
        };
        draft.need(bank.fund == fund, "bank-account-fund")
            & draft.need([owner, CITY].contains(&bank.owner), "bank-account-owner")
    }

    /// Owner and fund of an event on a bank account.
    pub fn place(&self, event: &Value, id: &str, draft: &mut Draft) -> Option<(String, String)> {
        let bank = self.banks.iter().find(|bank| bank.id == id);
        let holder = bank.map(|bank| bank.owner).filter(|_| text(event, "owner").is_empty());
        let owner = self.owner(event, holder, draft)?;
        let Some(bank) = bank else {
            draft.bad.insert("bank-account-unknown");
            return None;
        };
        let told = text(event, "fund");
        draft.need(told.is_empty() || told == bank.fund, "bank-account-fund");
        self.bank(id, &owner, bank.fund, draft);
        Some((owner, bank.fund.to_owned()))
    }
}

/// Lines on bank accounts with their numbers in the entry, in which registers stand apart.
pub fn numbered(lines: &[Line]) -> impl Iterator<Item = (usize, &Line)> {
    let moved = lines.iter().filter(|(place, by)| *by != 0 && !place.2.starts_with('9'));
    (1..).zip(moved).filter(|(_, (place, _))| place.2.starts_with("1002"))
}

/// The account head under which a fund's money lies.
pub fn cash_of(fund: &str) -> &'static str {
    match fund {
        "RISK" => "1002.01",
        "INT" => "1002.02",
        _ => "1002.03",
    }
}

/// A text of an event; empty where there is none.
pub fn text<'e>(event: &'e Value, key: &str) -> &'e str {
    event[key].as_str().unwrap_or_default()
}

/// The day on which it truly happened.
pub fn happened(event: &Value) -> &str {
    match text(event, "effective") {
        "" => text(event, "date"),
        effective => effective,
    }
}

/// An amount of an event in fen.
pub fn fen(event: &Value, key: &str) -> Option<i128> {
    let (yuan, fen) = text(event, key).split_once('.').unwrap_or((event[key].as_str()?, "00"));
    Some(yuan.parse::<i128>().unwrap() * 100 + fen.parse::<i128>().unwrap())
}

/// Forty in a hundred of an amount, half up to the fen.
pub fn forty(amount: i128) -> i128 {
    (amount * 40 + 50).div_euclid(100)
}
