//! Sessions: bytes become events over a small world, and the book must stay sound.

use super::{bounded, facts, told};
use poolbook::book::{Book, Options, Outcome, People, RowGroup, Scope};
use poolbook::domain::account::{Account, Fund};
use poolbook::domain::entry::{Entry, id_hash};
use poolbook::domain::event::Event;
use poolbook::domain::money::Total;
use poolbook::domain::registry::tables;
use poolbook::domain::source::EventSource;
use poolbook::domain::state::State;
use poolbook::store::{Frames, MemoryStore, Store};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The first events of every session.
const SETUP: usize = 10;
/// Bytes of one step, and most steps of one session.
const STEP: usize = 8;
const STEPS_MAX: usize = 32;

/// The events from which a session is made: the first [`SETUP`] open the world.
fn templates() -> &'static [Value] {
    static TEMPLATES: OnceLock<Vec<Value>> = OnceLock::new();
    TEMPLATES.get_or_init(|| {
        let rules = include_str!("../fixtures/jiaozuo-2017/rules/jiaozuo-demo.toml");
        let rates = include_str!("../fixtures/jiaozuo-2017/rates.toml");
        let lines = include_str!("world.jsonl").lines().map(|line| {
            let mut event: Value = serde_json::from_str(line).expect("a template");
            for (key, text) in [("rules", rules), ("rates", rates)] {
                if event.get(key).is_some() {
                    event[key] = text.into();
                }
            }
            event
        });
        lines.collect()
    })
}

fn options(dry_run: bool) -> Options {
    let now = "2018-01-05T08:00:00Z".parse().expect("an instant");
    let people = People { maker: Some("录入员".into()), ..People::default() };
    Options { now, people, dry_run, clock_confirmed: false, date_confirmed: true }
}

/// What a step does with its event.
#[derive(Clone, Copy)]
enum Way {
    /// One event, at once.
    Record,
    /// Kept for a group that is recorded all or nothing.
    Gather,
    /// The group so far, this event being the last.
    Group,
    /// The group so far row by row, bad rows put aside.
    Rows,
    /// Decided only.
    Dry,
    /// The index is made anew first.
    Reindex,
}

/// The event of a step: a template with some fields bent. `None` where the vocabulary refuses it.
fn bend(step: &[u8], count: usize, book: &Book<MemoryStore>) -> Option<(Event, Way)> {
    let byte = |at: usize| step.get(at).copied().unwrap_or_default();
    let pick = |list: &[&str], at: usize| list[usize::from(byte(at)) % list.len()].to_owned();
    let list = templates();
    let place = usize::from(byte(0)) % list.len();
    let mut event = list.get(place)?.clone();
    match byte(1) {
        0..=199 => event["id"] = format!("step-{count}").into(),
        200..=220 => event["id"] = format!("step-{}", byte(1) % 8).into(),
        _ => {}
    }
    if byte(2) > 0 {
        let day = 1 + byte(2) % 28;
        event["date"] = format!("2017-{:02}-{day:02}", 1 + (byte(2) >> 4) % 12).into();
    }
    let amounts = ["0.00", "0.01", "0.03", "100.00", "99999.99", "1234567.89", "3000000.00"];
    let large = ["-1.00", "500000000000000.00", "1000000000000000.00"];
    for key in ["amount", "base", "gross", "cost"] {
        let known = event.get(key).is_some();
        match byte(3) {
            0..=79 => {}
            80..=229 if known => event[key] = pick(&amounts, 3).into(),
            230..=250 if known => event[key] = pick(&large, 3).into(),
            251.. if key == "amount" => event[key] = "10.00".into(),
            _ => {}
        }
    }
    let names: [(&str, &[&str]); 9] = [
        ("loan", &["L-1", "L-1", "L-2", "L-9"]),
        ("claim", &["C-1", "C-1", "C-2", "C-9"]),
        ("bank_account", &["POOL", "POOL", "POOL-2", "FEES", "CITY"]),
        ("owner", &["410821", "410821", "410800", "410822"]),
        ("note", &["N-1", "N-2"]),
        ("guarantor", &["GUAR", "BANK"]),
        ("subsidy", &["step-0", "step-1", "step-2", "step-3", "step-4"]),
        ("checker", &["甲", "乙", "丙"]),
        ("source", &["city", "county", "donation", "bank", "other"]),
    ];
    for (bit, (key, choices)) in names.iter().enumerate() {
        let bent = bit < 8 && byte(4) >> bit & 1 == 1 || bit == 8 && byte(5) > 240;
        if bent && (event.get(key).is_some() || byte(5) % 8 == 7) {
            event[*key] = pick(choices, 5).into();
        }
    }
    if event.get("entry").is_some() {
        event["entry"] = u64::from(byte(6) % 48).into();
    }
    // Without anything to name, the template stands as it is, and is refused.
    let _ = facts::fill(&mut event, step, book);
    if byte(6) > 250 {
        event.as_object_mut()?.remove(["owner", "maker", "amount"][usize::from(byte(6)) % 3]);
    }
    let way = match byte(7) {
        0..=119 => Way::Record,
        120..=179 => Way::Gather,
        180..=204 => Way::Group,
        205..=229 => Way::Rows,
        230..=249 => Way::Dry,
        250.. => Way::Reindex,
    };
    match Event::from_json(event.to_string().as_bytes()) {
        Ok(event) => Some((event, way)),
        Err(problem) => {
            told(&problem);
            None
        }
    }
}

/// Everything a state says, in a form that can be compared.
fn said(state: &State) -> String {
    let mut said = format!("{:?} {:?}", state.settings, state.last_recorded);
    let owners: Vec<&str> = state.owners.iter().map(|owner| &*owner.code).collect();
    let mut banks = vec![None];
    banks.extend(state.bank_accounts.iter().map(|account| Some(&account.id)));
    for owner in owners {
        for (fund, account) in cells() {
            for bank in &banks {
                let balance = state.balance(owner, fund, account, *bank);
                if balance != Total::ZERO {
                    said += &format!("\n{owner} {fund:?} {account} {bank:?} {balance}");
                }
            }
        }
    }
    said += &format!("\n{:?}\n{:?}", state.owners.iter(), state.parties.iter());
    said += &format!("\n{:?}\n{:?}", state.bank_accounts.iter(), state.loans.iter());
    said += &format!("\n{:?}\n{:?}", state.claims.iter(), state.subsidies.iter());
    said += &format!("\n{:?}\n{:?}", state.caps.iter(), state.targets.iter());
    let facts = &state.statements;
    said += &format!("\n{:?}\n{:?}", facts.imports.iter(), facts.matches.iter());
    said += &format!("\n{:?}\n{:?}", facts.thresholds.iter(), facts.certified.iter());
    said += &format!("\n{:?}\n{:?}", state.checkpoints.iter(), state.closings.iter());
    said += &format!("\n{} {}", state.adopted_rules.len(), state.adopted_rates.len());
    said
}

fn cells() -> impl Iterator<Item = (Fund, Account)> {
    let accounts = || Account::ALL.iter().copied();
    Fund::ALL.into_iter().flat_map(move |fund| accounts().map(move |account| (fund, account)))
}

/// Every row of the index but the trees of owners: how far those reach depends on when something was
/// sealed last.
fn index(store: &MemoryStore) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut rows = BTreeMap::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        if key.first() != Some(&tables::OWNER_TREE) {
            rows.insert(key.to_vec(), value.to_vec());
        }
    };
    store.range(&[], &mut visit).expect("memory does not fail");
    rows
}

fn entries(store: &MemoryStore) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    let read = store.scan(1, &mut |_, bytes| {
        entries.push(bytes.to_vec());
        Ok(())
    });
    read.expect("memory does not fail");
    entries
}

struct Written(Vec<(u64, Vec<u8>)>);

impl Frames for Written {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn encode(&self, index: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0[index].1);
    }
    fn id_hash(&self, index: usize) -> u64 {
        self.0[index].0
    }
}

/// Debits are credits in every cell, balances are the sums of the lines, nothing is overdrawn,
/// voucher numbers have no gap.
fn sound(state: &State, journal: &[Vec<u8>]) {
    let mut cells: BTreeMap<String, Total> = BTreeMap::new();
    let mut accounts: BTreeMap<(String, Fund, Account, Option<String>), Total> = BTreeMap::new();
    let mut runs: BTreeMap<String, u32> = BTreeMap::new();
    for (seq, bytes) in (1..).zip(journal) {
        let entry = Entry::decode(bytes).unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!((entry.seq, entry.to_bytes()), (seq, bytes.clone()));
        bounded(&entry);
        for line in &entry.lines {
            assert!(line.amount.is_positive(), "{line:?}");
            let cell = format!("{} {} {}", entry.seq, line.owner, line.fund);
            *cells.entry(cell).or_default() += line.signed();
        }
        for line in entry.all_lines() {
            let bank = line.bank_account.as_ref().map(ToString::to_string);
            let key = (line.owner.to_string(), line.fund, line.account, bank);
            *accounts.entry(key).or_default() += line.signed();
        }
        if let Some(voucher) = &entry.voucher {
            let run = format!("{} {} {:?}", voucher.owner, voucher.month, voucher.word);
            let last = runs.entry(run).or_default();
            *last += 1;
            assert_eq!(voucher.number, *last, "entry {seq}");
        }
    }
    for (cell, sum) in &cells {
        assert_eq!(*sum, Total::ZERO, "entry and cell {cell}");
    }
    for ((owner, fund, account, bank), sum) in &accounts {
        let bank_id = bank.as_ref().and_then(|id| state.bank_accounts.get(id)).map(|a| &a.id);
        let balance = state.balance(owner, *fund, *account, bank_id);
        assert_eq!(balance, *sum, "{owner} {fund} {account} {bank:?}");
        assert!(!account.is_cash() || sum.0 >= 0, "{owner} {fund} {bank:?} holds {sum}");
    }
}

/// The same entries in a new store give the same state and the same index.
fn replayed(book: &Book<MemoryStore>, journal: &[Vec<u8>]) {
    let mut store = MemoryStore::new();
    let frames = journal.iter().map(|bytes| {
        let entry = Entry::decode(bytes).unwrap_or_else(|problem| panic!("{problem}"));
        (id_hash(&entry.event.id), bytes.clone())
    });
    let mut group = Vec::new();
    for frame in frames {
        let ends = Entry::decode(&frame.1).is_ok_and(|entry| entry.more == 0);
        group.push(frame);
        if ends {
            store.begin().expect("a group");
            store.write(Box::new(Written(std::mem::take(&mut group)))).expect("written");
            store.commit().expect("committed");
        }
    }
    assert!(group.is_empty(), "the last group is whole");
    store.reset_index().expect("an empty index");
    let again = Book::open(store, Scope::All).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(again.head(), book.head());
    assert_eq!(said(again.state()), said(book.state()));
    assert_eq!(index(again.store()), index(book.store()));
}

/// Records a group row by row; the rows that are refused leave nothing behind.
fn record_rows(book: &mut Book<MemoryStore>, events: Vec<Event>) {
    let mut group = RowGroup::default();
    // Rows of two events, so that a refused second has a first to take back.
    for row in events.chunks(2) {
        let before = said(book.state());
        let taken = book.record_row(row.to_vec(), &options(false), &mut group, &mut |_| {});
        if let Err(problem) = taken {
            told(&problem);
            assert_eq!(said(book.state()), before, "{problem}");
        }
    }
    let finished = book.finish_rows(&options(false), group);
    finished.unwrap_or_else(|problem| panic!("{problem}"));
}

/// Records events all or nothing; a refusal leaves head, state and index as they were.
fn record_all(book: &mut Book<MemoryStore>, source: &mut dyn EventSource, dry: bool) {
    let before = (book.head(), said(book.state()), index(book.store()));
    let mut on = |_: u64, outcome: Outcome<'_>| {
        if let Outcome::New(entry) = outcome {
            bounded(entry);
        }
    };
    let result = book.record_all(source, &options(dry), &mut on);
    if let Err(refused) = &result {
        told(&refused.problem);
    }
    if result.is_err() || dry {
        let after = (book.head(), said(book.state()), index(book.store()));
        assert_eq!(after, before, "{result:?}");
    }
}

/// Steps over a small world: whatever is told, the book stays sound, refusals leave no trace, and
/// replay gives what recording gave.
pub fn session(input: &[u8]) {
    let book = play(input);
    let journal = entries(book.store());
    sound(book.state(), &journal);
    facts::facts(&journal);
    replayed(&book, &journal);
}

/// The book after a session.
pub fn play(input: &[u8]) -> Book<MemoryStore> {
    let mut book = Book::open(MemoryStore::new(), Scope::All).expect("an empty book");
    let mut setup: Vec<Event> = Vec::new();
    for template in templates().iter().take(SETUP) {
        let event = Event::from_json(template.to_string().as_bytes());
        setup.push(event.unwrap_or_else(|problem| panic!("{problem}")));
    }
    let opened = book.record_all(&mut setup, &options(false), &mut |_, _| {});
    opened.unwrap_or_else(|refused| panic!("{refused:?}"));
    let mut waiting = Vec::new();
    for (count, step) in input.chunks(STEP).take(STEPS_MAX).enumerate() {
        let Some((event, way)) = bend(step, count, &book) else { continue };
        match way {
            Way::Record => record_all(&mut book, &mut vec![event], false),
            Way::Gather => waiting.push(event),
            Way::Group | Way::Rows => {
                waiting.push(event);
                let mut events = std::mem::take(&mut waiting);
                match way {
                    Way::Group => record_all(&mut book, &mut events, false),
                    _ => record_rows(&mut book, events),
                }
            }
            Way::Dry => record_all(&mut book, &mut vec![event], true),
            Way::Reindex => {
                let before = (said(book.state()), index(book.store()));
                book.reindex().unwrap_or_else(|problem| panic!("{problem}"));
                assert_eq!((said(book.state()), index(book.store())), before);
            }
        }
    }
    book
}
