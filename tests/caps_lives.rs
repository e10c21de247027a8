//! Random lives of a book under tight ceilings: nothing ever uses more than there is, and the
//! counters are what a naive recount of the entries gives.

use crate::support::book::{audited, blank, entries, options};
use crate::support::town::rules;
use crate::support::world::{Step, cases, next, opening, steps_of};
use poolbook::book::Book;
use poolbook::domain::account::{Account, Fund};
use poolbook::domain::entry::Entry;
use poolbook::domain::event::{Event, Kind, LongText};
use poolbook::domain::money::Total;
use poolbook::store::MemoryStore;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// Limits in fen, by the first word of a counter.
const LIMITS: [(&str, i128); 5] = [
    ("loan", 30_000_000),
    ("firm-total", 60_000_000),
    ("firm-year", 40_000_000),
    ("bank-year", 110_000_000),
    ("owner-year", 45_000_000),
];
/// What the lives are made of.
const KINDS: &[&str] = &[
    "quota",
    "contribute",
    "overdue",
    "file-claim",
    "file-claim",
    "file-claim",
    "approve-claim",
    "approve-claim",
    "approve-claim",
    "reject-claim",
    "pay-claim",
    "pay-claim",
    "cancel-rest",
    "settle-claim",
    "refund-claim",
    "reverse",
    "reverse",
];
const BASES: [&str; 3] = ["approval", "filing", "payment"];

fn begun(basis: &str) -> Book<MemoryStore> {
    let yuan = |kind: &str| LIMITS.iter().find(|(known, _)| *known == kind).unwrap().1 / 100;
    let caps = format!(
        "loan = \"{}\"\nfirm = \"{}\"\nfirm_year = \"{}\"\nbank_year = \"{}\"\n\
         owner_year = \"{}\"\nyear = \"{basis}\"",
        yuan("loan"),
        yuan("firm-total"),
        yuan("firm-year"),
        yuan("bank-year"),
        yuan("owner-year"),
    );
    let mut events: Vec<Event> = opening();
    for event in &mut events {
        if let Kind::AdoptRules(own) = &mut event.kind {
            own.rules = LongText(rules("principal", &caps));
        }
    }
    let mut book = blank();
    for event in events {
        // Where the ceilings leave nothing for a claim of the opening, it stays filed.
        let refused = book.record(event, &options()).err().map(|problem| problem.code);
        assert!(matches!(refused, None | Some("cap-used-up" | "not-suspended")), "{refused:?}");
    }
    book
}

/// What the entries say of one claim.
#[derive(Default)]
struct Told {
    loan: String,
    filed: i16,
    approved: Option<(i16, i128)>,
    cancelled: Option<(i16, i128)>,
    payments: Vec<(i16, i128)>,
    refunded: i128,
}

fn moved(entry: &Entry, account: Account) -> i128 {
    let lines = entry.all_lines().filter(|line| line.account == account);
    lines.map(|line| Total::from(line.amount).0).max().unwrap_or(0)
}

/// Counters in fen: used and held.
fn recount(entries: &[Entry], basis: &str) -> BTreeMap<String, (i128, i128)> {
    let (mut loans, mut claims) = (HashMap::new(), BTreeMap::<String, Told>::new());
    for entry in entries {
        let working = entry.working.as_ref().map(|working| working.value());
        let back = entry.reverses.and(working).map(|working| working["reversed"].clone());
        let told = back
            .clone()
            .unwrap_or_else(|| serde_json::from_str::<Value>(&entry.event.to_json()).unwrap());
        let text = |key: &str| told[key].as_str().unwrap_or_default().to_owned();
        if text("event") == "enrol" {
            loans.insert(text("loan"), [text("firm"), text("bank"), text("owner")]);
        }
        if !told["claim"].is_string() {
            continue;
        }
        let year = entry.event.date.year();
        let claim = claims.entry(text("claim")).or_default();
        match (&*text("event"), back.is_some()) {
            ("file-claim", false) => (claim.loan, claim.filed) = (text("loan"), year),
            ("approve-claim", false) => {
                claim.approved = Some((year, moved(entry, Account::Compensation)));
            }
            ("approve-claim", true) => claim.approved = None,
            ("cancel-rest", false) => {
                claim.cancelled = Some((year, moved(entry, Account::Compensation)));
            }
            ("cancel-rest", true) => claim.cancelled = None,
            ("pay-claim", false) => {
                claim.payments.push((year, moved(entry, Account::CompensationPayable)));
            }
            ("pay-claim", true) => drop(claim.payments.pop()),
            ("refund-claim", false) => claim.refunded += moved(entry, Account::CompensationRefund),
            ("refund-claim", true) => claim.refunded -= moved(entry, Account::CompensationRefund),
            _ => {}
        }
    }
    let mut counters = BTreeMap::<String, (i128, i128)>::new();
    for claim in claims.values() {
        let Some((approved_in, approved)) = claim.approved else { continue };
        let [firm, bank, owner] = &loans[&claim.loan];
        let decided = if basis == "filing" { claim.filed } else { approved_in };
        let mut add = |year: i16, used: i128, held: i128| {
            for (kind, subject, year) in [
                ("loan", &claim.loan, "-".to_owned()),
                ("firm-total", firm, "-".to_owned()),
                ("firm-year", firm, year.to_string()),
                ("bank-year", bank, year.to_string()),
                ("owner-year", owner, year.to_string()),
            ] {
                let counter = counters.entry(format!("{kind}/-/{year}/{subject}")).or_default();
                *counter = (counter.0 + used, counter.1 + held);
            }
        };
        let paid: i128 = claim.payments.iter().map(|(_, amount)| amount).sum();
        let cancelled = claim.cancelled.map_or(0, |(_, amount)| amount);
        add(decided, 0, approved - paid - cancelled);
        let mut back = claim.refunded;
        for (year, amount) in claim.payments.iter().rev() {
            let taken = back.min(*amount);
            back -= taken;
            add(if basis == "payment" { *year } else { decided }, amount - taken, 0);
        }
        let late = claim.cancelled.filter(|(year, _)| *year != approved_in);
        let late = late.map_or(0, |(_, amount)| amount);
        let quota = counters.entry(format!("quota/-/{approved_in}/{owner}")).or_default();
        *quota = (quota.0 + paid + late, quota.1 + approved - paid - cancelled);
    }
    counters.retain(|_, (used, held)| (*used, *held) != (0, 0));
    counters
}

fn counted(book: &Book<MemoryStore>) -> BTreeMap<String, (i128, i128)> {
    let counts = book.state().cap_counts.iter();
    let claims = counts.filter(|count| !count.id.starts_with("subsidy"));
    let fen = claims.map(|count| {
        (count.id.to_string(), (Total::from(count.used).0, Total::from(count.held).0))
    });
    fen.filter(|(_, sums)| *sums != (0, 0)).collect()
}

/// Panics where more is used and held than a limit, or the register of quotas shows something else
/// than is left of them.
fn within_limits(book: &Book<MemoryStore>) {
    for (id, (used, held)) in counted(book) {
        assert!(used >= 0 && held >= 0, "{id}: {used} {held}");
        let kind = id.split('/').next().unwrap();
        if let Some((_, limit)) = LIMITS.iter().find(|(known, _)| *known == kind) {
            assert!(used + held <= *limit, "{id}: {used} + {held} of {limit}");
        }
    }
    let state = book.state();
    for owner in state.owners.iter() {
        let quotas = state.quotas.iter().filter(|quota| quota.owner == owner.code);
        let left: i128 = quotas
            .filter_map(|quota| {
                let id = format!("quota/-/{}/{}", quota.year, quota.owner);
                let (used, held) = counted(book).get(&id).copied().unwrap_or_default();
                Some(Total::from(*quota.amounts.last()?).0 - used - held)
            })
            .inspect(|left| assert!(*left >= 0))
            .sum();
        assert_eq!(state.balance(&owner.code, Fund::Risk, Account::Quota, None).0, left);
    }
}

fn lived(steps: &[Step], basis: &str) -> Book<MemoryStore> {
    let mut book = begun(basis);
    for (number, step) in steps.iter().enumerate() {
        let event = next(&book, step, number);
        if book.record(event, &options()).is_ok() {
            within_limits(&book);
        }
    }
    book
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn no_ceiling_is_ever_passed(steps in steps_of(KINDS), basis in 0_usize..3) {
        let book = lived(&steps, BASES[basis]);
        prop_assert_eq!(audited(book.store()), []);
        prop_assert_eq!(recount(&entries(book.store()), BASES[basis]), counted(&book));
    }
}

/// The lives are worth something: they meet ceilings of claims and of quotas.
#[test]
fn lives_meet_the_ceilings() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut refused, mut cut) = (BTreeMap::<String, u32>::new(), BTreeMap::<String, u32>::new());
    for round in 0..150 {
        let steps = steps_of(KINDS).new_tree(&mut runner).unwrap().current();
        let mut book = begun(BASES[round % 3]);
        for (number, step) in steps.iter().enumerate() {
            let event = next(&book, step, number);
            if let Err(problem) = book.record(event, &options()) {
                let kind = problem.arg("kind").unwrap_or("-").to_owned();
                *refused.entry(format!("{} {kind}", problem.code)).or_default() += 1;
            }
        }
        assert_eq!(audited(book.store()), [], "the auditors agree");
        for entry in entries(book.store()) {
            let working = entry.working.map(|working| working.value()).unwrap_or_default();
            if let Some(by) = working["cut"]["by"].as_str() {
                *cut.entry(by.to_owned()).or_default() += 1;
            }
        }
    }
    for kind in ["loan", "bank-year", "firm-year", "quota"] {
        assert!(cut.contains_key(kind), "never cut by {kind}: {cut:?}");
    }
    let full = refused.keys().filter(|key| key.starts_with("cap-used-up"));
    assert!(full.count() >= 2, "{refused:?}");
}
