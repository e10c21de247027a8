//! The faults, one by one: how each is seen, what speaks for it, and how far-fetched it is.
//!
//! A cost is what would have to be believed: 1 is known, about 20 is a near certain slip that
//! explains a line of each side, about 45 is said by the bank's own text, 100 is the last resort:
//! the other side simply does not have it.

use crate::audit::reconcile::digits::{Slip, Slips, significant, slip};
use crate::audit::reconcile::draft::{self, Draft, absolute};
use crate::audit::reconcile::evidence::{Clue, plain, text_points};
use crate::audit::reconcile::{
    BookLine, Group, Item, Place, StatementLine, SuggestInput, Suggestion, Zone,
};
use crate::domain::calendar::days_between;
use std::collections::{BTreeMap, BTreeSet};

/// Names of the faults; each has the messages `word-NAME` and `suggest-NAME`.
pub const FAULTS: &[&str] = &[
    "timing",
    "possible-match",
    "match-broken",
    "split-payment",
    "merged-payment",
    "bank-charge",
    "bank-interest",
    "returned-payment",
    "wrong-sign",
    "other-account",
    "doubled-in-book",
    "doubled-at-bank",
    "transposed-digits",
    "shifted-decimal",
    "wrong-digit",
    "missing-in-book",
    "missing-at-bank",
];

/// Most lines of each kind that an open line is compared with.
const PARTNERS_MAX: usize = 16;
/// Days within which the same movement is entered twice.
const DAYS_DOUBLED: i64 = 5;
/// The bank itself says what the line is. Dearer than a slip against a line that stands open in the
/// book: that one explains two open lines, a charge or interest that was forgotten only one.
const SAID: i64 = 46;
/// A bank charge without a word about it is at most so large: 200.00.
const CHARGE_MAX: i64 = 20_000;

const CHARGES: [&str; 11] = [
    "手续费",
    "工本费",
    "汇费",
    "管理费",
    "年费",
    "服务费",
    "账户费",
    "回单费",
    "短信费",
    "fee",
    "charge",
];
const INTERESTS: [&str; 4] = ["利息", "结息", "存息", "interest"];
const RETURNS: [&str; 7] = ["退票", "退回", "退汇", "退款", "冲退", "return", "refund"];
/// The bank's own interest is none of these.
const NOT_INTEREST: [&str; 2] = ["贴息", "利息补贴"];

fn says(line: &StatementLine, words: &[&str]) -> bool {
    let text = plain(&line.memo);
    words.iter().any(|word| text.contains(word))
}

/// Open lines by amount and by digits, and all lines by amount.
pub(super) struct Index<'a> {
    input: &'a SuggestInput<'a>,
    open_bank: BTreeMap<i64, Vec<usize>>,
    open_book: BTreeMap<i64, Vec<usize>>,
    bank_slips: Slips,
    book_slips: Slips,
    all_bank: BTreeMap<i64, Vec<usize>>,
    all_book: BTreeMap<i64, Vec<usize>>,
    /// Open lines of other accounts: account and place, by amount.
    other_bank: BTreeMap<i64, Vec<(usize, usize)>>,
    other_book: BTreeMap<i64, Vec<(usize, usize)>>,
    /// Lines that have nothing to do with any other line.
    lone: BTreeSet<Place>,
}

impl<'a> Index<'a> {
    /// Cost: sorts the lines.
    pub fn new(input: &'a SuggestInput<'a>) -> Self {
        let mut index = Self {
            input,
            open_bank: BTreeMap::new(),
            open_book: BTreeMap::new(),
            bank_slips: Slips::default(),
            book_slips: Slips::default(),
            all_bank: BTreeMap::new(),
            all_book: BTreeMap::new(),
            other_bank: BTreeMap::new(),
            other_book: BTreeMap::new(),
            lone: BTreeSet::new(),
        };
        for (place, line) in input.statement.iter().enumerate() {
            index.all_bank.entry(line.amount.fen()).or_default().push(place);
        }
        for (place, line) in input.book.iter().enumerate() {
            index.all_book.entry(line.amount.fen()).or_default().push(place);
        }
        for item in input.items.iter().filter(|item| item.cleared.is_none()) {
            if item.group.is_none() {
                index.lone.insert(item.place());
            }
            index.open(item.place());
        }
        for (account, other) in input.others.iter().enumerate() {
            for place in &other.matching.open_statement {
                if let Some(line) = other.statement.get(*place) {
                    let held = index.other_bank.entry(line.amount.fen()).or_default();
                    held.push((account, *place));
                }
            }
            for place in &other.matching.open_book {
                if let Some(line) = other.book.get(*place) {
                    let held = index.other_book.entry(line.amount.fen()).or_default();
                    held.push((account, *place));
                }
            }
        }
        index
    }

    fn open(&mut self, place: Place) {
        match place {
            Place::Statement(line) => {
                let Some(fen) = self.input.statement.get(line).map(|line| line.amount.fen()) else {
                    return;
                };
                self.open_bank.entry(fen).or_default().push(line);
                self.bank_slips.add(fen, line);
            }
            Place::Book(line) => {
                let Some(fen) = self.input.book.get(line).map(|line| line.amount.fen()) else {
                    return;
                };
                self.open_book.entry(fen).or_default().push(line);
                self.book_slips.add(fen, line);
            }
            Place::OtherStatement(..) | Place::OtherBook(..) => {}
        }
    }
}

/// What the texts of two lines say: below zero for it, above zero against it.
fn text_cost(bank: &StatementLine, book: &BookLine) -> i64 {
    let (bank, book) = (Clue::of_bank((0, bank)), Clue::of_book((0, book)));
    -(text_points(&bank, &book).0 / 8).clamp(-25, 15)
}

/// A suggestion without evidence yet.
fn suggestion(fault: &'static str, cost: i64, involved: Vec<Place>, draft: Draft) -> Suggestion {
    let (draft, missing) = draft.into_parts();
    Suggestion {
        fault,
        place: involved.first().copied().unwrap_or(Place::Statement(usize::MAX)),
        evidence: Vec::new(),
        involved,
        draft,
        missing,
        cost: u32::try_from(cost.max(1)).unwrap_or(u32::MAX),
    }
}

impl Suggestion {
    fn tell(mut self, name: &'static str, value: impl ToString) -> Self {
        self.evidence.push((name, value.to_string()));
        self
    }

    fn tell_bank(self, line: &StatementLine) -> Self {
        let text = [line.memo.as_str(), line.name.as_str()].join(" ");
        self.tell("bank_amount", line.amount.grouped())
            .tell("bank_date", line.date)
            .tell("row", line.row)
            .tell("text", text.trim())
    }

    fn tell_book(self, line: &BookLine) -> Self {
        let voucher = line.voucher.as_ref().map_or_else(
            || "-".to_owned(),
            |voucher| format!("{} {}-{}", voucher.month, voucher.word.code(), voucher.number),
        );
        self.tell("book_amount", line.amount.grouped())
            .tell("book_date", line.date)
            .tell("entry", line.entry)
            .tell("voucher", voucher)
    }
}

/// What the groups say of an item: it clears later, or lines are proposed for it.
pub(super) fn of_groups(index: &Index<'_>, item: &Item) -> Vec<Suggestion> {
    let input = index.input;
    let group = item.group.and_then(|number| input.matching.groups.get(number));
    let Some(group) = group else { return Vec::new() };
    let own = item.place();
    let all = group.statement.iter().map(|line| Place::Statement(*line));
    let all = all.chain(group.book.iter().map(|line| Place::Book(*line)));
    let involved: Vec<Place> = [own].into_iter().chain(all.filter(|place| *place != own)).collect();
    let mut found = if let Some(day) = item.cleared {
        suggestion("timing", 1, involved, Draft::default()).tell("cleared", day)
    } else {
        proposed(input, group, involved)
    };
    found = found
        .tell("amount", item.amount.grouped())
        .tell("date", item.date)
        .tell("days", item.age)
        .tell("lines", group.statement.len())
        .tell("postings", group.book.len())
        .tell("others", group.alternatives.len());
    if let [line] = group.book[..]
        && let Some(line) = input.book.get(line)
    {
        found = found.tell_book(line);
    }
    if let [line] = group.statement[..]
        && let Some(line) = input.statement.get(line)
    {
        found = found.tell_bank(line);
    }
    vec![found]
}

fn proposed(input: &SuggestInput<'_>, group: &Group, involved: Vec<Place>) -> Suggestion {
    debug_assert!(group.zone == Zone::Proposed);
    let draft = draft::match_lines(input, &involved);
    // A far date or a choice makes other faults as likely.
    let doubt = i64::from(1000_u32.saturating_sub(group.score)) / 20;
    let several = if group.alternatives.is_empty() { 0 } else { 10 };
    match (group.statement.len(), group.book.len()) {
        _ if group.confirmed.is_some() => suggestion("match-broken", 5, involved, Draft::default())
            .tell("match", group.confirmed.unwrap_or_default()),
        (1, 1) => suggestion("possible-match", doubt + several, involved, draft),
        (1, _) => suggestion("merged-payment", doubt + several, involved, draft),
        _ => suggestion("split-payment", doubt + several, involved, draft),
    }
}

/// Faults of a line that only the statement has.
pub(super) fn of_statement(index: &Index<'_>, place: usize, found: &mut Vec<Suggestion>) {
    let input = index.input;
    let Some(line) = input.statement.get(place) else { return };
    let fen = line.amount.fen();
    for other in index.book_slips.near(fen, PARTNERS_MAX) {
        found.extend(slipped(index, place, other, true));
    }
    for other in partners(&index.open_book, -fen) {
        found.extend(wrong_sign(index, place, other, true));
    }
    found.extend(doubled_at_bank(index, place, line));
    found.extend(own_business(index, place, line));
    found.extend(returned(index, place, line));
    other_accounts(index, Place::Statement(place), fen, found);
    let opposite = index.other_bank.get(&-fen).into_iter().flatten();
    let near = opposite.filter(|(account, other)| {
        let far = input.bank_line(Place::OtherStatement(*account, *other));
        far.is_some_and(|far| days_between(far.date, line.date).abs() <= DAYS_DOUBLED)
    });
    let (draft, moved) = match near.copied().next() {
        Some((account, other)) => {
            (draft::of_move(input, line, account), Some(Place::OtherStatement(account, other)))
        }
        None if fen > 0 => (draft::of_bank(input, "unknown-receipt", line), None),
        None => (Draft { events: Vec::new(), missing: vec!["event"] }, None),
    };
    let involved = [Place::Statement(place)].into_iter().chain(moved).collect();
    found.push(suggestion("missing-in-book", 100, involved, draft).tell_bank(line));
}

/// Faults of a line that only the book has.
pub(super) fn of_book(index: &Index<'_>, place: usize, found: &mut Vec<Suggestion>) {
    let input = index.input;
    let Some(line) = input.book.get(place) else { return };
    let fen = line.amount.fen();
    for other in index.bank_slips.near(fen, PARTNERS_MAX) {
        found.extend(slipped(index, other, place, false));
    }
    for other in partners(&index.open_bank, -fen) {
        found.extend(wrong_sign(index, other, place, false));
    }
    found.extend(doubled_in_book(index, place, line));
    other_accounts(index, Place::Book(place), fen, found);
    let age = days_between(line.date, input.last_day);
    if age <= input.settings.days_near {
        let on_its_way = suggestion("timing", 60, vec![Place::Book(place)], Draft::default());
        let told = on_its_way.tell("amount", line.amount.grouped()).tell("date", line.date);
        found.push(told.tell("days", age).tell("cleared", "open").tell_book(line));
    }
    let missing = suggestion("missing-at-bank", 100, vec![Place::Book(place)], Draft::default());
    found.push(missing.tell("days", age).tell_book(line));
}

fn partners(open: &BTreeMap<i64, Vec<usize>>, fen: i64) -> impl Iterator<Item = usize> + '_ {
    open.get(&fen).into_iter().flatten().take(PARTNERS_MAX).copied()
}

/// Both places, the open line first.
fn both(bank: usize, book: usize, bank_first: bool) -> Vec<Place> {
    let (bank, book) = (Place::Statement(bank), Place::Book(book));
    if bank_first { vec![bank, book] } else { vec![book, bank] }
}

/// A slip of the pen between an open line of each side.
fn slipped(index: &Index<'_>, bank: usize, book: usize, bank_first: bool) -> Option<Suggestion> {
    let input = index.input;
    let (at_bank, in_book) = (input.statement.get(bank)?, input.book.get(book)?);
    let (right, wrong) = (at_bank.amount.fen(), in_book.amount.fen());
    let days = days_between(in_book.date, at_bank.date).abs();
    if (right > 0) != (wrong > 0) || days > input.settings.days_near {
        return None;
    }
    let few = significant(right).min(significant(wrong));
    let chance = |alike: [i64; 3]| alike.get(few.saturating_sub(1)).copied().unwrap_or(0);
    let (fault, cost, digits) = match slip(right.saturating_abs(), wrong.saturating_abs())? {
        Slip::Transposed { from, to, is_adjacent } => {
            let cost = if is_adjacent { 15 } else { 30 } + chance([40, 20, 5]);
            ("transposed-digits", cost, format!("{from} → {to}"))
        }
        Slip::Shifted { factor } => {
            ("shifted-decimal", 20 + chance([30, 15, 5]), format!("× {factor}"))
        }
        Slip::Digit { from, to } => {
            ("wrong-digit", 35 + chance([60, 40, 15]), format!("{from} → {to}"))
        }
    };
    // A line for which another line of its own amount is proposed has a simpler story.
    let lines = [Place::Statement(bank), Place::Book(book)];
    let taken = if lines.iter().all(|place| index.lone.contains(place)) { 0 } else { 25 };
    let cost = cost + 2 * days + text_cost(at_bank, in_book) + taken;
    let reason =
        format!("金额记错：账面 {}，银行 {}", in_book.amount.grouped(), at_bank.amount.grouped());
    let amount = |event: &mut serde_json::Value| draft::with_amount(event, wrong, right);
    let draft = draft::again(input, in_book, &reason, &amount);
    let difference = absolute(right.saturating_sub(wrong));
    let found = suggestion(fault, cost, both(bank, book, bank_first), draft);
    let found = found.tell("digits", digits).tell("difference", difference);
    Some(found.tell_bank(at_bank).tell_book(in_book))
}

/// Money in on one side, the same money out on the other.
fn wrong_sign(index: &Index<'_>, bank: usize, book: usize, bank_first: bool) -> Option<Suggestion> {
    let input = index.input;
    let (at_bank, in_book) = (input.statement.get(bank)?, input.book.get(book)?);
    let days = days_between(in_book.date, at_bank.date).abs();
    if days > input.settings.days_near || at_bank.amount.is_zero() {
        return None;
    }
    let reason = format!("收付方向记反：银行 {}", at_bank.amount.grouped());
    let draft = draft::again(input, in_book, &reason, &draft::turned);
    let draft = if draft.missing.is_empty() {
        draft
    } else {
        let mut events = vec![draft::reversal(in_book, &reason)];
        if at_bank.amount.is_positive() {
            events.extend(draft::of_bank(input, "unknown-receipt", at_bank).events);
        }
        Draft { events, missing: vec!["event"] }
    };
    let cost = 20 + 2 * days + text_cost(at_bank, in_book);
    let found = suggestion("wrong-sign", cost, both(bank, book, bank_first), draft);
    Some(found.tell_bank(at_bank).tell_book(in_book))
}

fn doubled_in_book(index: &Index<'_>, place: usize, line: &BookLine) -> Option<Suggestion> {
    let input = index.input;
    let alike = |other: &BookLine| {
        let same_text = |one: &str, other: &str| !one.is_empty() && one == other;
        let days = days_between(other.date, line.date).abs();
        let names_differ = line.party != other.party || line.owner != other.owner;
        let says_same = same_text(&line.document, &other.document)
            || (same_text(&line.memo, &other.memo) && line.document == other.document);
        // Two entries; two lines of one entry are meant.
        let is_another = other.entry != line.entry && other.reverses.is_none();
        (is_another && days <= DAYS_DOUBLED && !names_differ && says_same).then_some(days)
    };
    let all = index.all_book.get(&line.amount.fen()).into_iter().flatten();
    // The bank has the other one; two that the bank does not have are not doubled.
    let held = all.filter(|other| !index.lone.contains(&Place::Book(**other)));
    let near = held.filter_map(|other| Some((alike(input.book.get(*other)?)?, *other)));
    let (days, twin) = near.min()?;
    let other = input.book.get(twin)?;
    let draft = draft::only_reversal(line, &format!("重复记账：与第 {} 笔重复", other.entry));
    let involved = vec![Place::Book(place), Place::Book(twin)];
    let found = suggestion("doubled-in-book", 18 + 2 * days, involved, draft);
    Some(found.tell("other_entry", other.entry).tell("other_date", other.date).tell_book(line))
}

fn doubled_at_bank(index: &Index<'_>, place: usize, line: &StatementLine) -> Option<Suggestion> {
    let input = index.input;
    let alike = |other: &StatementLine| {
        let days = days_between(other.date, line.date).abs();
        let is_same =
            (&other.name, &other.account, &other.memo) == (&line.name, &line.account, &line.memo);
        let says = !(line.name.is_empty() && line.memo.is_empty());
        (is_same && says && days <= DAYS_DOUBLED).then_some(days)
    };
    let all = index.all_bank.get(&line.amount.fen()).into_iter().flatten();
    let held = all.filter(|other| !index.lone.contains(&Place::Statement(**other)));
    let near = held.filter(|other| **other != place);
    let near = near.filter_map(|other| Some((alike(input.statement.get(*other)?)?, *other)));
    let (days, twin) = near.min()?;
    let other = input.statement.get(twin)?;
    let involved = vec![Place::Statement(place), Place::Statement(twin)];
    let draft = Draft { events: Vec::new(), missing: vec!["event"] };
    let found = suggestion("doubled-at-bank", 25 + 2 * days, involved, draft);
    Some(found.tell("other_date", other.date).tell("other_row", other.row).tell_bank(line))
}

/// What the bank does of itself: charges and interest.
fn own_business(index: &Index<'_>, place: usize, line: &StatementLine) -> Option<Suggestion> {
    let input = index.input;
    let (fen, date) = (line.amount.fen(), line.date);
    let is_silent = line.name.is_empty() && line.account.is_empty();
    let (fault, word, cost) = if fen < 0 {
        let is_small = fen >= -CHARGE_MAX;
        let is_said = says(line, &CHARGES);
        let cost = if is_said { SAID } else { 65 };
        (is_said || (is_small && is_silent)).then_some(("bank-charge", "bank-charge", cost))?
    } else {
        let day = matches!(date.month(), 3 | 6 | 9 | 12) && (20..=22).contains(&date.day());
        // Demand deposits never bear 1 % in a quarter.
        let is_small = fen.saturating_mul(100) < line.balance.fen();
        if says(line, &INTERESTS) && !says(line, &NOT_INTEREST) {
            ("bank-interest", "pool-interest", SAID)
        } else if day && is_small && is_silent {
            ("bank-interest", "pool-interest", 50)
        } else {
            return None;
        }
    };
    let draft = draft::of_bank(input, word, line);
    Some(suggestion(fault, cost, vec![Place::Statement(place)], draft).tell_bank(line))
}

/// Money that comes back: out earlier, the same amount in now.
fn returned(index: &Index<'_>, place: usize, line: &StatementLine) -> Option<Suggestion> {
    let input = index.input;
    let fen = line.amount.fen();
    if fen <= 0 {
        return None;
    }
    let is_said = says(line, &RETURNS);
    let ago = |date| Some(days_between(date, line.date)).filter(|days| (0..=30).contains(days));
    let outs = index.all_bank.get(&-fen).into_iter().flatten();
    let out =
        outs.filter_map(|other| Some((ago(input.statement.get(*other)?.date)?, *other))).min();
    let paid = index.all_book.get(&-fen).into_iter().flatten();
    let same_name = |paid: &BookLine| {
        let (name, other) = (plain(&line.name), plain(&paid.party_name));
        i64::from(name.is_empty() || name != other)
    };
    let paid = paid.filter_map(|other| {
        let paid = input.book.get(*other)?;
        Some((same_name(paid), ago(paid.date)?, *other))
    });
    let paid = paid.min().map(|(.., other)| other);
    let cost = match (is_said, out.is_some() || paid.is_some()) {
        (true, true) => 10,
        (true, false) => 40,
        (false, true) if out.is_some() => 70,
        _ => return None,
    };
    let draft = draft::returned(input, line, paid.and_then(|paid| input.book.get(paid)));
    let first = [Place::Statement(place)].into_iter();
    let bank = out.map(|(_, other)| Place::Statement(other));
    let involved = first.chain(bank).chain(paid.map(Place::Book)).collect();
    let date = out.and_then(|(_, other)| input.statement.get(other)).map(|line| line.date);
    let date = date.map_or_else(|| "-".to_owned(), |date| date.to_string());
    let entry = paid.and_then(|paid| input.book.get(paid)).map(|line| line.entry);
    let entry = entry.map_or_else(|| "-".to_owned(), |entry| entry.to_string());
    let found = suggestion("returned-payment", cost, involved, draft);
    Some(found.tell("paid_date", date).tell("entry", entry).tell_bank(line))
}

/// The other half stands open on another own account.
fn other_accounts(index: &Index<'_>, own: Place, fen: i64, found: &mut Vec<Suggestion>) {
    let input = index.input;
    let own_is_bank = matches!(own, Place::Statement(_));
    let held = if own_is_bank { &index.other_book } else { &index.other_bank };
    for (account, line) in held.get(&fen).into_iter().flatten().take(PARTNERS_MAX) {
        let far = if own_is_bank {
            Place::OtherBook(*account, *line)
        } else {
            Place::OtherStatement(*account, *line)
        };
        let (bank, book) = if own_is_bank { (own, far) } else { (far, own) };
        let (Some(at_bank), Some(in_book)) = (input.bank_line(bank), input.book_line(book)) else {
            continue;
        };
        let days = days_between(in_book.date, at_bank.date).abs();
        let Some(other) = input.others.get(*account) else { continue };
        if days > input.settings.days_near {
            continue;
        }
        let (own, far_account) =
            ((input.bank_account, input.owner), (other.bank_account, other.owner));
        let (wrong, right) = if own_is_bank { (far_account, own) } else { (own, far_account) };
        let reason = format!("账户记错：银行在 {}，账面在 {}", right.0, wrong.0);
        let moved = |event: &mut serde_json::Value| draft::with_account(event, wrong, right);
        let draft = draft::again(input, in_book, &reason, &moved);
        let cost = 25 + 2 * days + text_cost(at_bank, in_book);
        let both = if own_is_bank { vec![bank, book] } else { vec![book, bank] };
        let suggested = suggestion("other-account", cost, both, draft)
            .tell("other_account", other.bank_account)
            .tell("other_owner", other.owner)
            .tell("right_account", right.0)
            .tell("wrong_account", wrong.0);
        found.push(suggested.tell_bank(at_bank).tell_book(in_book));
    }
}
