//! What always holds, tried on random lives of a book (`support::world`), illegal events included.

use crate::support::book::{
    Balance, balances, blank, commitments, entries, event, fingerprint, options, record, rows,
    snapshot, summed,
};
use crate::support::sums::agree;
use crate::support::world::{OWNERS, Step, cases, next, opening, steps};
use poolbook::audit::compare::compare;
use poolbook::audit::turnover::Delta;
use poolbook::audit::verify::Verifier;
use poolbook::book::verify::verify;
use poolbook::book::{Book, Outcome, RowGroup, Scope};
use poolbook::domain::account::Fund;
use poolbook::domain::entry::Entry;
use poolbook::domain::event::{Event, Kind};
use poolbook::domain::money::{Money, Total};
use poolbook::domain::pool::{Sum, owner_key};
use poolbook::domain::registry::{CapUse, ClaimState, SubsidyState};
use poolbook::domain::state::State;
use poolbook::domain::text::Id;
use poolbook::store::{FileStore, MemoryStore, Store};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use std::collections::BTreeMap;

/// A book that has begun.
fn begun() -> Book<MemoryStore> {
    let mut book = blank();
    let summary = book.record_all(&mut opening(), &options(), &mut |_, _| {});
    summary.unwrap_or_else(|refused| panic!("{refused:?}"));
    book
}

/// A life, one event after the other, with the events that were taken as new.
pub fn life(steps: &[Step]) -> (Book<MemoryStore>, Vec<Event>) {
    let (mut book, mut taken) = (begun(), opening());
    for (number, step) in steps.iter().enumerate() {
        let event = next(&book, step, number);
        if let Ok((Some(_), _)) = book.record(event.clone(), &options()) {
            taken.push(event);
        }
    }
    agree(book.state(), "at the end of a life");
    (book, taken)
}

/// The balance of each cell, on balance and in the register.
fn cells(entries: &[Entry]) -> BTreeMap<(Id, Fund, bool), Total> {
    let mut cells: BTreeMap<_, Total> = BTreeMap::new();
    for entry in entries {
        for (lines, memo) in [(&entry.lines, false), (&entry.memo, true)] {
            for line in lines {
                *cells.entry((line.owner.clone(), line.fund, memo)).or_default() += line.signed();
            }
        }
    }
    cells
}

/// Panics where a bank account of a cell ever stood below zero in the order of recording.
fn cash_never_below_zero(entries: &[Entry]) {
    let mut cash: BTreeMap<(Id, Fund, Option<Id>), Total> = BTreeMap::new();
    for entry in entries {
        for line in entry.lines.iter().filter(|line| line.account.is_cash()) {
            let key = (line.owner.clone(), line.fund, line.bank_account.clone());
            assert!(line.bank_account.is_some(), "cash lies in a bank account");
            *cash.entry(key).or_default() += line.signed();
        }
        assert!(cash.values().all(|held| *held >= Total::ZERO), "{cash:?} after {}", entry.seq);
    }
}

/// Records of loans, claims, subsidies, caps and promises: what a reversal must bring back.
fn records(book: &Book<MemoryStore>) -> (String, Vec<Balance>) {
    let state = book.state();
    let mut text = String::new();
    for loan in state.loans.iter() {
        text.push_str(&format!("{loan:?}\n"));
    }
    // A claim or a line that was taken back stays as a record without effect.
    for claim in state.claims.iter().filter(|claim| !claim.trail.is_empty()) {
        text.push_str(&format!("{claim:?}\n"));
    }
    for line in state.subsidies.iter().filter(|line| !line.trail.is_empty()) {
        text.push_str(&format!("{line:?}\n"));
    }
    for one in state.applications.iter().filter(|one| !one.trail.is_empty()) {
        text.push_str(&format!("{one:?}\n"));
    }
    for filing in state.filings.iter().filter(|filing| !filing.trail.is_empty()) {
        text.push_str(&format!("{filing:?}\n"));
    }
    for receipt in state.receipts.iter().filter(|receipt| !receipt.trail.is_empty()) {
        text.push_str(&format!("{receipt:?}\n"));
    }
    for record in state.suspensions.iter().filter(|record| !record.steps.is_empty()) {
        text.push_str(&format!("{record:?}\n"));
    }
    for pool in state.pools.iter().filter(|pool| !pool.trail.is_empty()) {
        text.push_str(&format!("{pool:?}\n"));
    }
    for owner in OWNERS {
        for sum in [Sum::Counted, Sum::PoolPart, Sum::Covered, Sum::Funded] {
            text.push_str(&format!("{} ", state.sum(owner_key(state, sum, 0, owner.0))));
        }
    }
    let used: Vec<&CapUse> = state.caps.iter().filter(|cap| cap.used != Money::ZERO).collect();
    let counts = state.cap_counts.iter();
    let counts: Vec<_> =
        counts.filter(|count| (count.used, count.held) != (Money::ZERO, Money::ZERO)).collect();
    let quotas: Vec<_> = state.quotas.iter().filter(|quota| !quota.trail.is_empty()).collect();
    text.push_str(&format!("{used:?} {counts:?} {quotas:?} {:?}", commitments(state)));
    (text, balances(state))
}

/// The owner of the record that an event names.
fn owner_of<'s>(state: &'s State, event: &Event) -> Option<&'s Id> {
    let value: serde_json::Value = serde_json::from_str(&event.to_json()).unwrap();
    let named = |field: &str| value[field].as_str().map(str::to_owned);
    let loan = named("loan").and_then(|id| {
        let applied = || state.application(&id).map(|one| &one.owner);
        state.loans.get(&id).map(|loan| &loan.owner).or_else(applied)
    });
    let claim = || named("claim").and_then(|id| state.claims.get(&id)).map(|one| &one.owner);
    let subsidy = || {
        let id = named("subsidy")?;
        let filing = || state.filings.get(&id).map(|one| &one.owner);
        state.subsidies.get(&id).map(|line| &line.owner).or_else(filing)
    };
    loan.or_else(claim).or_else(subsidy)
}

/// The same event under other ids, to be recorded once more.
fn renamed(event: &Event) -> Event {
    let again = |id: &Id| Id::parse(&format!("{id}/again")).unwrap();
    let mut event = Event { id: again(&event.id), ..event.clone() };
    if let Kind::FileClaim(own) = &mut event.kind {
        own.claim = again(&own.claim);
    }
    event
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn stored_lines_balance_and_add_up_to_the_state(steps in steps()) {
        let (book, taken) = life(&steps);
        let entries = entries(book.store());
        prop_assert_eq!(entries.len(), taken.len());
        prop_assert!(cells(&entries).values().all(|net| *net == Total::ZERO));
        for entry in &entries {
            let one = std::slice::from_ref(entry);
            prop_assert!(cells(one).values().all(|net| *net == Total::ZERO), "{}", entry.seq);
        }
        cash_never_below_zero(&entries);
        prop_assert_eq!(summed(&entries), balances(book.state()));
    }

    #[test]
    fn stored_bytes_are_canonical_and_read_back(steps in steps()) {
        let (book, _) = life(&steps);
        for bytes in crate::support::all(book.store()) {
            let entry = Entry::decode(&bytes).unwrap();
            prop_assert_eq!(&entry.to_bytes(), &bytes);
            let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert_eq!(value.to_string().into_bytes(), bytes.clone());
            let given = Entry::decode_given(&bytes).unwrap();
            prop_assert_eq!(&given.event, &entry.event);
            prop_assert_eq!(given.event.to_json(), event(&entry.event.to_json()).to_json());
        }
    }

    #[test]
    fn a_refused_event_changes_nothing(steps in steps()) {
        let mut book = begun();
        let mut before = fingerprint(&book);
        for (number, step) in steps.iter().enumerate() {
            let event = next(&book, step, number);
            match book.record(event, &options()) {
                Ok((Some(_), _)) => before = fingerprint(&book),
                _ => prop_assert_eq!(&before, &fingerprint(&book)),
            }
        }
    }

    #[test]
    fn a_group_with_a_refused_event_changes_nothing(steps in steps(), cut in any::<prop::sample::Index>()) {
        let (_, taken) = life(&steps);
        let (first, rest) = taken.split_at(opening().len() + cut.index(taken.len() - opening().len() + 1));
        let mut book = blank();
        book.record_all(&mut first.to_vec(), &options(), &mut |_, _| {}).unwrap();
        let before = fingerprint(&book);
        let mut group = rest.to_vec();
        group.push(event(r#"{"event":"join","id":"twice","date":"2017-01-01","owner":"410821"}"#));
        let refused = book.record_all(&mut group, &options(), &mut |_, _| {}).unwrap_err();
        prop_assert_eq!((refused.row, refused.problem.code), (group.len() as u64, "owner-exists"));
        prop_assert_eq!(&before, &fingerprint(&book));
        // Deciding without writing leaves no trace, either.
        group.pop();
        let tried = poolbook::book::Options { dry_run: true, ..options() };
        let summary = book.record_all(&mut group, &tried, &mut |_, _| {}).unwrap();
        prop_assert_eq!(summary.new, group.len() as u64);
        prop_assert_eq!(&before, &fingerprint(&book));
        book.record_all(&mut group, &options(), &mut |_, _| {}).unwrap();
    }

    #[test]
    fn replay_gives_the_state_and_the_index_again(steps in steps()) {
        let (mut book, _) = life(&steps);
        let live = fingerprint(&book);
        book.reindex().unwrap();
        prop_assert_eq!(&fingerprint(&book), &live);
        let book = Book::open(book.into_store(), Scope::All).unwrap();
        prop_assert_eq!(&fingerprint(&book), &live, "loaded from the index");
        let mut store = book.into_store();
        store.reset_index().unwrap();
        let book = Book::open(store, Scope::All).unwrap();
        prop_assert_eq!(&fingerprint(&book), &live);
    }

    #[test]
    fn a_group_is_the_same_as_one_by_one_and_row_by_row(steps in steps()) {
        let (single, taken) = life(&steps);
        let alone = |book: &Book<MemoryStore>| -> Vec<Entry> {
            entries(book.store()).into_iter().map(|entry| Entry { more: 0, ..entry }).collect()
        };
        let mut group = blank();
        let mut seen = Vec::new();
        let summary = group.record_all(&mut taken.clone(), &options(), &mut |_, outcome| {
            if let Outcome::New(entry) = outcome {
                seen.push(entry.clone());
            }
        });
        prop_assert_eq!(summary.unwrap().new, taken.len() as u64);
        prop_assert_eq!(&seen, &entries(group.store()));
        prop_assert_eq!(alone(&single), alone(&group));
        prop_assert_eq!(rows(single.store()), rows(group.store()));
        let count = group.head().count;
        prop_assert_eq!(snapshot(single.state(), count), snapshot(group.state(), count));
        // Every event once more is known, and known as the entry that it is.
        let mut places = Vec::new();
        let again = group.record_all(&mut taken.clone(), &options(), &mut |_, outcome| {
            if let Outcome::Already(seq) = outcome {
                places.push(seq);
            }
        });
        prop_assert_eq!(again.unwrap().new, 0);
        prop_assert_eq!(places, (1..=count).collect::<Vec<_>>());
    }

    #[test]
    fn row_by_row_is_the_same_as_one_by_one(steps in steps()) {
        // The rows of a file with bad rows among them: each is tried, the good ones stay.
        let (mut single, mut by_row) = (begun(), begun());
        let mut group = RowGroup::default();
        for (number, step) in steps.iter().enumerate() {
            let event = next(&single, step, number);
            let alone = single.record(event.clone(), &options()).map(|(entry, _)| entry);
            let mut found = None;
            let row = by_row.record_row(vec![event], &options(), &mut group, &mut |outcome| {
                if let Outcome::New(entry) = outcome {
                    found = Some(entry.clone());
                }
            });
            prop_assert_eq!(alone, row.map(|()| found));
            let count = single.head().count;
            prop_assert_eq!(snapshot(single.state(), count), snapshot(by_row.state(), count));
        }
        let summary = by_row.finish_rows(&options(), group).unwrap();
        prop_assert_eq!(summary.head.count, single.head().count);
        prop_assert_eq!(rows(single.store()), rows(by_row.store()));
    }

    #[test]
    fn a_row_of_several_events_is_taken_whole_or_not_at_all(steps in steps()) {
        let (_, taken) = life(&steps);
        let mut book = begun();
        let mut group = RowGroup::default();
        for pair in taken[opening().len()..].chunks(2) {
            let count = book.head().count;
            let before = snapshot(book.state(), count);
            let mut row = pair.to_vec();
            row.push(event(r#"{"event":"join","id":"twice","date":"2017-01-01","owner":"410821"}"#));
            let refused = book.record_row(row, &options(), &mut group, &mut |_| {});
            prop_assert_eq!(refused.unwrap_err().code, "owner-exists");
            prop_assert_eq!(&before, &snapshot(book.state(), count));
            book.record_row(pair.to_vec(), &options(), &mut group, &mut |_| {}).unwrap();
        }
        book.finish_rows(&options(), group).unwrap();
        let mut plain = begun();
        record(&mut plain, &taken[opening().len()..]);
        prop_assert_eq!(rows(plain.store()), rows(book.store()));
    }

    #[test]
    fn the_order_of_owners_does_not_matter(steps in steps(), order in Just(OWNERS.map(|o| o.0)).prop_shuffle()) {
        // Owners share nothing here: no transfers, no common firm, no entry numbers.
        let (mut book, mut taken) = (begun(), Vec::new());
        for (number, step) in steps.iter().enumerate() {
            let event = next(&book, step, number);
            let shared = match &event.kind {
                Kind::Transfer(_) | Kind::SettleTransfer(_) | Kind::ChangeCustodian(_) => true,
                Kind::Reverse(_) | Kind::Join(_) => true,
                // Firms are the city's.
                Kind::Qualify(_) | Kind::Disqualify(_) => true,
                Kind::Enrol(own) => *own.firm == *"FIRM",
                _ => false,
            };
            if !shared && let Ok((Some(entry), _)) = book.record(event.clone(), &options()) {
                let owner = owner_of(book.state(), &event).or(entry.owner()).unwrap().clone();
                taken.push((owner, event));
            }
        }
        let mut other = begun();
        for owner in order {
            let own = taken.iter().filter(|(of, _)| *of == *owner).map(|(_, event)| event.clone());
            record(&mut other, &own.collect::<Vec<_>>());
        }
        prop_assert_eq!(book.head().count, other.head().count);
        prop_assert_eq!(balances(book.state()), balances(other.state()));
        prop_assert_eq!(commitments(book.state()), commitments(other.state()));
        let used = |book: &Book<MemoryStore>| {
            let mut used: Vec<String> =
                book.state().caps.iter().map(|cap| format!("{cap:?}")).collect();
            used.sort();
            used
        };
        prop_assert_eq!(used(&book), used(&other));
    }

    #[test]
    fn a_reversal_restores_balances_and_records(steps in steps()) {
        let mut book = begun();
        for (number, step) in steps.iter().enumerate() {
            let event = next(&book, step, number);
            let before = records(&book);
            let Ok((Some(entry), _)) = book.record(event.clone(), &options()) else { continue };
            let back = format!(
                r#"{{"event":"reverse","id":"back-{number}","date":"2018-12-31","entry":"{}","reason":"x"}}"#,
                entry.seq
            );
            match book.record(crate::support::book::event(&back), &options()) {
                Ok(_) => {
                    prop_assert_eq!(&before.0, &records(&book).0, "{}", event.to_json());
                    prop_assert_eq!(&before.1, &records(&book).1, "{}", event.to_json());
                    for claim in book.state().claims.iter().filter(|claim| claim.trail.is_empty()) {
                        prop_assert_eq!(claim.state, ClaimState::Rejected);
                    }
                    for line in book.state().subsidies.iter().filter(|l| l.trail.is_empty()) {
                        prop_assert_eq!(line.state, SubsidyState::Cancelled);
                    }
                    // The life goes on as if it had been recorded once.
                    record(&mut book, &[renamed(&event)]);
                }
                Err(problem) => prop_assert!(
                    ["reverse-kind", "reverse-reversal"].contains(&problem.code),
                    "{problem}"
                ),
            }
        }
    }

    #[test]
    fn the_auditors_agree(steps in steps()) {
        let (book, _) = life(&steps);
        let (mut verifier, mut delta) = (Verifier::new(), Delta::default());
        for (entry, seq) in entries(book.store()).iter().zip(1..) {
            verifier.check(seq, entry.to_bytes().len(), entry);
            delta.add(entry, book.state());
        }
        let mut outcome = verifier.finish();
        outcome.confirm(&mut |seq| book.entry(seq)).unwrap();
        // Business dates are random here, so a cell may stand below zero on one of them.
        outcome.findings.retain(|finding| finding.check != "cell-below-zero");
        prop_assert_eq!(outcome.findings, vec![]);
        prop_assert_eq!(compare(delta, &book.rows()).unwrap(), vec![]);
    }
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn files_hold_what_memory_holds(steps in steps(), cut in any::<prop::sample::Index>()) {
        let (memory, taken) = life(&steps);
        let live = fingerprint(&memory);
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("book");
        let mut book = Book::open(FileStore::create(&path).unwrap(), Scope::All).unwrap();
        book.record_all(&mut opening(), &options(), &mut |_, _| {}).unwrap();
        let taken = &taken[opening().len()..];
        let (first, rest) = taken.split_at(cut.index(taken.len() + 1));
        record(&mut book, first);
        drop(book);
        let mut book = Book::open(FileStore::open(&path).unwrap(), Scope::All).unwrap();
        record(&mut book, rest);
        prop_assert_eq!(&fingerprint(&book), &live);
        drop(book);
        let mut book = Book::open(FileStore::open(&path).unwrap(), Scope::All).unwrap();
        prop_assert_eq!(&fingerprint(&book), &live);
        let found = verify(&path, Some(&book.rows())).unwrap();
        let other = found.findings.iter().filter(|finding| finding.code != "cell-below-zero");
        prop_assert_eq!(other.collect::<Vec<_>>(), Vec::<&poolbook::problem::Problem>::new());
        prop_assert_eq!(found.head, memory.head());
        book.reindex().unwrap();
        prop_assert_eq!(&fingerprint(&book), &live);
        let mut store = book.into_store();
        store.reset_index().unwrap();
        drop(store);
        let book = Book::open(FileStore::open(&path).unwrap(), Scope::All).unwrap();
        prop_assert_eq!(&fingerprint(&book), &live);
    }
}

/// The properties are worth as much as the lives that they are tried on.
#[test]
fn lives_reach_every_kind_of_event_and_both_answers() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut taken, mut refused) = (BTreeMap::new(), BTreeMap::new());
    let kinds = crate::support::world::KINDS;
    for life in 0..1_000 {
        // A hundred lives reach most; the rest of the thousand is for the rare ones.
        if life >= 100 && kinds.iter().all(|(word, _)| taken.contains_key(word)) {
            break;
        }
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let mut book = begun();
        for (number, step) in steps.iter().enumerate() {
            let event = next(&book, step, number);
            let word = event.kind.word();
            match book.record(event, &options()) {
                Ok((Some(_), _)) => *taken.entry(word).or_insert(0) += 1,
                Ok(_) => *taken.entry("again").or_insert(0) += 1,
                Err(problem) => *refused.entry(problem.code).or_insert(0) += 1,
            }
        }
    }
    for (word, times) in kinds {
        assert!(taken.contains_key(word), "{word} ({times} in a life) is never taken: {taken:?}");
    }
    assert!(refused.len() >= 20, "only {refused:?}");
}
