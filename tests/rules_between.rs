//! Rules that are in force from a day before their adoption, and the loans enrolled in between.
//!
//! Figures by hand: the interest quarter 2024Q1 has 49 days from a drawdown on 2024-02-01 (29 of February,
//! 20 of March); the reference rate is 3.45 %. One million at 50 % of it comes to 1,000,000 × 1.725 % ×
//! 49 / 360 = 2,347.92, at 30 % to 1,408.75, at 80 % to 3,756.67.

use crate::support::book::{audited, blank, event, fingerprint, record};
use crate::support::settled::Settled;
use poolbook::book::{Book, Outcome};
use poolbook::domain::account::{Account, Fund};
use poolbook::domain::consequence::Consequence;
use poolbook::domain::entry::Entry;
use poolbook::domain::event::Event;
use poolbook::problem::Problem;
use poolbook::store::MemoryStore;
use serde_json::{Value, json};

/// Rules with a share of the pool and a part of the reference rate.
fn rules(id: &str, pool: &str, part: &str) -> String {
    format!(
        "id = \"{id}\"\nname = \"{id}\"\n[sharing]\n[[sharing.band]]\npool = \"{pool}\"\n\
         bank = \"{}%\"\n[interest_discount]\nreference = \"signing\"\nday_count = \"act/360\"\n\
         interest_ceiling = false\n[[interest_discount.rate]]\nbasis = \"reference\"\n\
         series = \"lpr-1y\"\nshare = \"{part}\"\n",
        100 - pool.trim_end_matches('%').parse::<u32>().unwrap()
    )
}

/// A book under rules `R` (the pool bears all, half of the reference rate) with money in its pool.
fn town() -> Settled {
    let mut town = Settled::new("");
    town.tell(
        "2024-01-01",
        json!({"event": "bank-account", "owner": "410821", "bank_account": "POOL", "fund": "RISK"}),
    );
    town.tell("2024-01-01", json!({"event": "contribute", "owner": "410821", "bank_account": "POOL", "source": "city", "amount": "9000000.00"}));
    town
}

fn adoption(rules: &str, between: Option<&str>) -> Value {
    let mut told =
        json!({"event": "adopt-rules", "id": "new", "effective": "2024-02-01", "rules": rules});
    if let Some(word) = between {
        told["loans_between"] = word.into();
    }
    told
}

/// Records one event and gives all entries that came of it, and what they set off.
fn all(town: &mut Settled, date: &str, own: Value) -> Result<(Vec<Entry>, Vec<String>), Problem> {
    let told = town.made(date, own);
    let mut entries = Vec::new();
    let recorded = town.book.record_all(&mut vec![told], &Settled::options(), &mut |_, outcome| {
        if let Outcome::New(entry) = outcome {
            entries.push(entry.clone());
        }
    });
    let summary = recorded.map_err(|refused| refused.problem)?;
    Ok((entries, summary.consequences.listed().iter().map(said).collect()))
}

fn said(one: &Consequence) -> String {
    let facts: Vec<&str> = one.facts.iter().map(|(_, value)| value.as_str()).collect();
    format!("{} {}", one.code.code(), facts.join(" "))
}

/// Rules and share of a loan, its exposure and the entry since which it is under its rules.
fn under(town: &Settled, loan: &str) -> (String, String, String, u64) {
    let loan = town.book.state().loans.get(loan).unwrap();
    let exposure: i64 = loan.notes.iter().map(|note| note.exposure.fen()).sum();
    let rules = loan.rules.as_ref().map(ToString::to_string).unwrap_or_default();
    (rules, loan.share.to_string(), (exposure / 100).to_string(), loan.rules_since())
}

fn exposure(town: &Settled) -> String {
    town.book.state().balance("410821", Fund::Risk, Account::Exposure, None).to_string()
}

/// Every entry, as if it had been recorded alone.
fn alone(book: &Book<MemoryStore>) -> Vec<Entry> {
    let entry = |seq| Entry { more: 0, ..book.entry(seq).unwrap() };
    (1..=book.head().count).map(entry).collect()
}

fn events(book: &Book<MemoryStore>) -> Vec<Event> {
    alone(book).into_iter().map(|entry| entry.event).collect()
}

/// The auditors find nothing, deciding again gives the same entries, and the journal alone gives the
/// same book.
fn sound(town: &mut Settled) {
    assert_eq!(audited(town.book.store()), []);
    let mut again = blank();
    for event in events(&town.book) {
        again.record(event, &Settled::options()).unwrap();
    }
    let pairs = alone(&again).into_iter().zip(alone(&town.book));
    pairs.for_each(|(again, first)| assert_eq!(again, first));
    assert_eq!(again.head().count, town.book.head().count);
    let before = fingerprint(&town.book);
    town.book.reindex().unwrap();
    assert!(fingerprint(&town.book) == before, "the journal gives the same book");
}

#[test]
fn loans_enrolled_since_the_rules_are_in_force_go_over_when_the_adoption_says_so() {
    let mut town = town();
    for (loan, firm, day) in [
        ("BEFORE", "F1", "2024-01-31"),
        ("FIRST", "F1", "2024-02-01"),
        ("SAME-DAY", "F2", "2024-07-10"),
        ("AFTER", "F2", "2024-07-11"),
    ] {
        town.lend(loan, firm, "1000000.00", day, "2025-01-31");
    }
    town.tell("2024-07-10", json!({"event": "enrol", "effective": "2024-03-01", "owner": "410822", "loan": "UNDRAWN", "firm": "F3", "bank": "BANK", "amount": "500000.00", "due": "2025-01-31", "rate": "4.35%"}));
    assert_eq!(exposure(&town), "4000000.00");
    let told = adoption(&rules("N", "60%", "30%"), Some("change"));
    let (entries, set_off) = all(&mut town, "2024-07-10", told).unwrap();
    let ids: Vec<&str> = entries.iter().map(|entry| entry.event.id.as_str()).collect();
    assert_eq!(ids, ["new", "new/FIRST", "new/SAME-DAY", "new/UNDRAWN"]);
    assert_eq!(set_off, ["loans-changed N 3"]);
    assert_eq!(entries.iter().map(|entry| entry.more).collect::<Vec<_>>(), [0, 0, 0, 0]);
    let (first, undrawn) = (entries[1].seq, entries[3].seq);
    let stored: Vec<u64> =
        (first - 1..=undrawn).map(|seq| town.book.entry(seq).unwrap().more).collect();
    assert_eq!(stored, [3, 2, 1, 0], "one group");
    town.lend("LATER", "F3", "100000.00", "2024-07-12", "2025-01-31");

    let was = |loan: &str| town.book.state().loans.get(loan).unwrap().entry;
    assert_eq!(under(&town, "BEFORE"), ("R".into(), "1".into(), "1000000".into(), was("BEFORE")));
    assert_eq!(under(&town, "FIRST"), ("N".into(), "0.6".into(), "600000".into(), first));
    assert_eq!(under(&town, "SAME-DAY"), ("N".into(), "0.6".into(), "600000".into(), first + 1));
    assert_eq!(under(&town, "UNDRAWN"), ("N".into(), "0.6".into(), "0".into(), undrawn));
    // Enrolled on a day after the adoption's, it was recorded before: the rules of that time stay.
    assert_eq!(under(&town, "AFTER"), ("R".into(), "1".into(), "1000000".into(), was("AFTER")));
    assert_eq!(under(&town, "LATER"), ("N".into(), "0.6".into(), "60000".into(), was("LATER")));
    assert_eq!(exposure(&town), "3260000.00");
    let lines: Vec<String> = entries[1]
        .memo
        .iter()
        .map(|line| format!("{} {:?} {}", line.account, line.side, line.amount))
        .collect();
    assert_eq!(lines, ["9999 Debit 400000.00", "9111 Credit 400000.00"]);
    assert_eq!((entries[3].lines.len(), entries[3].memo.len()), (0, 0), "nothing is drawn");
    sound(&mut town);
}

#[test]
fn they_keep_their_rules_when_nothing_is_said() {
    for word in [None, Some("keep")] {
        let mut town = town();
        town.lend("FIRST", "F1", "1000000.00", "2024-02-01", "2025-01-31");
        let told = adoption(&rules("N", "60%", "30%"), word);
        let (entries, set_off) = all(&mut town, "2024-07-10", told).unwrap();
        assert_eq!((entries.len(), set_off), (1, vec!["loans-kept N 1".to_owned()]));
        assert_eq!(under(&town, "FIRST").0, "R");
        sound(&mut town);
        // One of them may still go over.
        let change = json!({"event": "change-rules", "loan": "FIRST", "to_rules": "N"});
        town.tell("2024-08-01", change.clone());
        assert_eq!(under(&town, "FIRST").2, "600000");
        let again = all(&mut town, "2024-08-01", change).unwrap_err();
        assert_eq!((again.code, again.arg("rules")), ("rules-same", Some("N")));
        sound(&mut town);
    }
}

#[test]
fn what_means_nothing_or_cannot_be_is_refused() {
    let mut town = town();
    town.lend("L", "F1", "1000000.00", "2024-02-01", "2025-01-31");
    let mut told = adoption(&rules("N", "60%", "30%"), Some("change"));
    told.as_object_mut().unwrap().remove("effective");
    for word in ["keep", "change"] {
        told["loans_between"] = word.into();
        let refused = all(&mut town, "2024-07-10", told.clone()).unwrap_err();
        assert_eq!((refused.code, refused.arg("field")), ("field-needless", Some("loans_between")));
    }
    let change = |to: &str, date: &str, town: &mut Settled| {
        let told = json!({"event": "change-rules", "loan": "L", "to_rules": to});
        all(town, date, told).unwrap_err().code
    };
    assert_eq!(change("X", "2024-07-10", &mut town), "rules-unknown");
    assert_eq!(change("R", "2024-07-10", &mut town), "rules-same");
    town.tell("2024-07-10", json!({"event": "adopt-rules", "effective": "2024-02-02", "rules": rules("N", "60%", "30%")}));
    assert_eq!(change("N", "2024-07-10", &mut town), "rules-not-in-force");
    town.tell("2024-07-10", json!({"event": "adopt-rules", "effective": "2024-02-01", "rules": rules("M", "60%", "30%")}));
    assert_eq!(change("M", "2024-01-31", &mut town), "date-order");
    let late =
        json!({"event": "change-rules", "loan": "L", "to_rules": "M", "effective": "2024-03-01"});
    let refused = all(&mut town, "2024-07-10", late).unwrap_err();
    assert_eq!((refused.code, refused.arg("field")), ("field-needless", Some("effective")));
}

/// Rules that began later than those adopted now keep their loans.
#[test]
fn rules_that_began_in_between_keep_their_loans() {
    let mut town = town();
    town.lend("A", "F1", "1000000.00", "2024-02-10", "2025-01-31");
    town.tell("2024-03-01", json!({"event": "adopt-rules", "rules": rules("M", "80%", "30%")}));
    town.lend("B", "F2", "1000000.00", "2024-03-01", "2025-01-31");
    let told = adoption(&rules("N", "60%", "30%"), Some("change"));
    let (entries, set_off) = all(&mut town, "2024-07-10", told).unwrap();
    assert_eq!((entries.len(), set_off), (2, vec!["loans-changed N 1".to_owned()]));
    assert_eq!((under(&town, "A").0, under(&town, "B").0), ("N".into(), "M".into()));
    sound(&mut town);
}

/// A settled and paid quarter under both rules: less is clawed back, more approved on top.
#[test]
fn settled_quarters_are_computed_again_under_the_new_rules() {
    for (part, amount, difference) in [("30%", "1408.75", "-939.17"), ("80%", "3756.67", "1408.75")]
    {
        let mut town = town();
        town.lend("L", "F1", "1000000.00", "2024-02-01", "2025-01-31");
        town.settle("2024Q1");
        town.pay("2024-04-02");
        assert_eq!(town.kept(), [("INT/2024Q1/L/L".to_owned(), "2347.92".to_owned())]);
        let told = adoption(&rules("N", "60%", part), Some("change"));
        let (entries, _) = all(&mut town, "2024-07-10", told).unwrap();
        let found = town.differences("2024Q1");
        let [own] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (own.amount().to_string(), own.recomputed.to_string()),
            (difference.into(), amount.into())
        );
        assert_eq!(own.effective.to_string(), "2024-02-01");
        let causes: Vec<String> = own.causes.iter().map(ToString::to_string).collect();
        assert_eq!(causes, [format!("#{} change-rules 2024-07-10", entries[1].seq)]);
        let posted = town.post("2024Q1", "2024-07-11");
        assert_eq!(posted.len(), 1);
        let told = posted[0].event.kind.working().unwrap().value();
        assert_eq!(told["rules"], "N");
        assert_eq!(town.kept(), [("INT/2024Q1/L/L".to_owned(), amount.to_owned())]);
        assert_eq!(town.differences("2024Q1"), []);
        // Later quarters go by the new rules at once: 92 days from 21 March on.
        town.settle("2024Q2");
        let second = town.kept().into_iter().find(|(key, _)| key.contains("2024Q2")).unwrap().1;
        assert_eq!(second, if part == "30%" { "2645.00" } else { "7053.33" });
        sound(&mut town);
        // What was decided under the old rules is taken back as it was.
        let claimed = town.tell(
            "2024-07-12",
            json!({"event": "reverse", "entry": posted[0].seq.to_string(), "reason": "x"}),
        );
        assert_eq!(town.book.entry(claimed).unwrap().rules.as_deref(), Some("N"));
        sound(&mut town);
    }
}

/// New rules without the programme: nothing is due any more.
#[test]
fn a_programme_that_the_new_rules_do_not_know_is_taken_back() {
    let mut town = town();
    town.lend("L", "F1", "1000000.00", "2024-02-01", "2025-01-31");
    town.settle("2024Q1");
    let text =
        "id = \"N\"\nname = \"N\"\n[sharing]\n[[sharing.band]]\npool = \"60%\"\nbank = \"40%\"\n";
    all(&mut town, "2024-07-10", adoption(text, Some("change"))).unwrap();
    let found = town.differences("2024Q1");
    assert_eq!(found.iter().map(|own| own.amount().to_string()).collect::<Vec<_>>(), ["-2347.92"]);
    let posted = town.post("2024Q1", "2024-07-11");
    assert_eq!(posted.len(), 1);
    assert_eq!((town.kept(), town.differences("2024Q1")), (Vec::new(), Vec::new()));
    sound(&mut town);
}

/// A claim filed after the change is shared by the new rules; a loan with a claim keeps the old ones, and
/// may go over once the claim is refused.
#[test]
fn claims_go_by_the_rules_of_their_day() {
    let mut town = town();
    for (loan, firm) in [("L", "F1"), ("CLAIMED", "F2")] {
        town.lend(loan, firm, "1000000.00", "2024-02-01", "2024-06-01");
        town.tell("2024-06-01", json!({"event": "overdue", "loan": loan}));
    }
    town.tell(
        "2024-06-10",
        json!({"event": "file-claim", "claim": "C1", "loan": "CLAIMED", "base": "1000000.00"}),
    );
    let told = adoption(&rules("N", "60%", "30%"), Some("change"));
    let (entries, set_off) = all(&mut town, "2024-07-10", told).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(set_off, ["loans-changed N 1", "loan-bound CLAIMED R loan-state"]);
    let working = entries[0].working.as_ref().unwrap().value();
    assert_eq!(working["loans_between"], json!({"changed": 1, "kept": 1}));
    assert_eq!(under(&town, "CLAIMED").0, "R");
    town.tell(
        "2024-07-20",
        json!({"event": "file-claim", "claim": "C2", "loan": "L", "base": "1000000.00"}),
    );
    town.tell("2024-07-21", json!({"event": "approve-claim", "claim": "C2"}));
    town.tell("2024-07-22", json!({"event": "pay-claim", "claim": "C2", "bank_account": "POOL"}));
    let claim = |town: &Settled, id: &str| {
        let claim = town.book.state().claims.get(id).unwrap();
        (claim.parts.map(|part| part.to_string()), claim.paid.to_string())
    };
    let parts = ["600000.00", "0.00", "400000.00"].map(str::to_owned);
    assert_eq!(claim(&town, "C2"), (parts, "600000.00".to_owned()));
    assert_eq!(under(&town, "L").2, "0");
    sound(&mut town);

    let change = json!({"event": "change-rules", "loan": "CLAIMED", "to_rules": "N"});
    let refused = all(&mut town, "2024-07-23", change.clone()).unwrap_err();
    assert_eq!((refused.code, refused.arg("state")), ("loan-state", Some("claimed")));
    town.tell("2024-07-23", json!({"event": "reject-claim", "claim": "C1", "reason": "x"}));
    all(&mut town, "2024-07-24", change).unwrap();
    assert_eq!(under(&town, "CLAIMED").2, "600000");
    sound(&mut town);
}

/// Shares of its own that the new rules leave open, and rules that took no loans any more.
#[test]
fn a_loan_that_the_new_rules_do_not_settle_keeps_its_own() {
    let mut town = town();
    let enrol = |loan: &str, day: &str, own: Value| {
        let mut told = json!({"event": "enrol", "owner": "410821", "loan": loan, "firm": "F1", "bank": "BANK", "guarantor": "GUAR", "amount": "1000.00", "due": "2025-01-31", "rate": "4.35%"});
        for (key, value) in own.as_object().unwrap() {
            told[key] = value.clone();
        }
        (day.to_owned(), told)
    };
    for (day, told) in [
        enrol("OPEN", "2024-02-01", json!({"pool_share": "30%"})),
        enrol("OWN", "2024-02-01", json!({"pool_share": "30%", "guarantor_share": "10%"})),
        enrol("EQUAL", "2024-02-01", json!({"pool_share": "60%"})),
        enrol("EXPIRED", "2024-03-01", json!({})),
    ] {
        town.tell(&day, told);
    }
    let text = "id = \"N\"\nname = \"N\"\nvalid_to = 2024-02-29\n[sharing]\n[[sharing.band]]\nguaranteed = true\npool = \"60%\"\nguarantor = \"20%\"\nbank = \"20%\"\n[[sharing.band]]\nguaranteed = false\npool = \"60%\"\nbank = \"40%\"\n";
    let (entries, set_off) = all(&mut town, "2024-07-10", adoption(text, Some("change"))).unwrap();
    let ids: Vec<&str> = entries.iter().map(|entry| entry.event.id.as_str()).collect();
    assert_eq!(ids, ["new", "new/OWN", "new/EQUAL"]);
    assert_eq!(
        set_off,
        [
            "loans-changed N 2",
            "loan-bound OPEN R shares-undefined",
            "loan-bound EXPIRED R rules-expired"
        ]
    );
    assert_eq!((under(&town, "OWN").1, under(&town, "EQUAL").1), ("0.3".into(), "0.6".into()));
    sound(&mut town);
}

/// The last change of a loan is taken back like any fact of it; what came before it, after it.
#[test]
fn a_change_is_reversed_and_what_came_before_it_after_it() {
    let mut town = town();
    town.lend("L", "F1", "1000000.00", "2024-02-01", "2025-01-31");
    let repaid =
        town.tell("2024-05-01", json!({"event": "repay", "loan": "L", "amount": "100000.00"}));
    let (entries, _) =
        all(&mut town, "2024-07-10", adoption(&rules("N", "60%", "30%"), Some("change"))).unwrap();
    let (adopted, changed) = (entries[0].seq, entries[1].seq);
    let reverse = |seq: u64| json!({"event": "reverse", "entry": seq.to_string(), "reason": "x"});
    assert_eq!(all(&mut town, "2024-07-11", reverse(adopted)).unwrap_err().code, "reverse-kind");
    let refused = all(&mut town, "2024-07-11", reverse(repaid)).unwrap_err();
    assert_eq!(
        (refused.code, refused.arg("later")),
        ("reverse-later", Some(&*changed.to_string()))
    );
    assert_eq!(under(&town, "L").2, "540000");
    town.tell("2024-07-11", reverse(changed));
    assert_eq!((under(&town, "L").0, under(&town, "L").2), ("R".into(), "900000".into()));
    town.tell("2024-07-12", reverse(repaid));
    assert_eq!((under(&town, "L").2, exposure(&town)), ("1000000".into(), "1000000.00".into()));
    sound(&mut town);
}

/// A fact from before the change is corrected through it: the loan is as if it had been told right.
#[test]
fn a_fact_from_before_a_change_is_corrected() {
    let life = |repaid: &str| {
        let mut town = town();
        town.lend("L", "F1", "1000000.00", "2024-02-01", "2024-06-01");
        town.tell(
            "2024-05-01",
            json!({"event": "repay", "id": "repaid", "loan": "L", "amount": repaid}),
        );
        town.tell("2024-06-01", json!({"event": "overdue", "loan": "L"}));
        all(&mut town, "2024-07-10", adoption(&rules("N", "60%", "30%"), Some("change"))).unwrap();
        town.tell("2024-07-11", json!({"event": "repay", "loan": "L", "amount": "50000.00"}));
        town.tell(
            "2024-07-20",
            json!({"event": "file-claim", "claim": "C", "loan": "L", "base": "100000.00"}),
        );
        town.tell("2024-07-21", json!({"event": "approve-claim", "claim": "C"}));
        town.tell(
            "2024-07-22",
            json!({"event": "pay-claim", "claim": "C", "bank_account": "POOL"}),
        );
        town
    };
    let (mut wrong, mut right) = (life("100000.00"), life("250000.00"));
    let seq = wrong.book.find("repaid").unwrap().unwrap().seq;
    wrong.tell(
        "2024-08-01",
        json!({"event": "correct", "entry": seq.to_string(), "amount": "250000.00", "reason": "x"}),
    );
    let loan = |town: &Settled| {
        let mut loan = town.book.state().loans.get("L").unwrap().clone();
        loan.trail.clear();
        loan
    };
    assert_eq!(loan(&wrong), loan(&right));
    // 1,000,000 less 250,000, 50,000 and 100,000 of the claim, at 60 %.
    assert_eq!((under(&wrong, "L").2, exposure(&wrong)), ("360000".into(), "360000.00".into()));
    assert_eq!(exposure(&right), "360000.00");
    sound(&mut wrong);
    sound(&mut right);
    let change = wrong.book.find("new/L").unwrap().unwrap().seq;
    let told = json!({"event": "correct", "entry": change.to_string(), "effective": "2024-07-01", "reason": "x"});
    assert_eq!(all(&mut wrong, "2024-08-01", told).unwrap_err().code, "correct-kind");
}

/// What is refused for one loan refuses the adoption with all of them.
#[test]
fn an_adoption_moves_all_of_them_or_is_refused() {
    let mut town = town();
    town.lend("L", "F1", "1000000.00", "2024-02-01", "2025-01-31");
    town.tell("2024-07-31", json!({"event": "close", "owner": "410821", "period": "2024-07"}));
    let before = fingerprint(&town.book);
    let told = adoption(&rules("N", "60%", "30%"), Some("change"));
    let refused = all(&mut town, "2024-07-10", told.clone()).unwrap_err();
    assert_eq!((refused.code, refused.arg("owner")), ("period-closed", Some("410821")));
    assert!(fingerprint(&town.book) == before);
    all(&mut town, "2024-08-01", told).unwrap();
    sound(&mut town);
}

/// The same file again, the same events read out and recorded anew, row by row, and on a dry run: each
/// time the adoption brings its changes once.
#[test]
fn every_way_of_recording_brings_the_changes_once() {
    let mut first = town();
    first.lend("L", "F1", "1000000.00", "2024-02-01", "2025-01-31");
    let mut told: Vec<Event> = (0..600)
        .map(|number| first.made("2024-03-01", json!({"event": "target", "id": format!("a{number}"), "by": "2025-01-01", "amount": "1.00"})))
        .collect();
    let adopts = adoption(&rules("N", "60%", "30%"), Some("change"));
    told.push(first.made("2024-07-10", adopts));
    told.push(first.made(
        "2024-07-10",
        json!({"event": "repay", "id": "last", "loan": "L", "amount": "1.00"}),
    ));
    let count = first.book.head().count;
    let mut rows = Vec::new();
    let mut record = |town: &mut Settled, dry_run: bool, told: &[Event]| {
        rows.clear();
        let options = poolbook::book::Options { dry_run, ..Settled::options() };
        let summary =
            town.book.record_all(&mut told.to_vec(), &options, &mut |row, _| rows.push(row));
        let summary = summary.unwrap();
        (summary.new, summary.already, rows.len())
    };
    assert_eq!(record(&mut first, true, &told), (603, 0, 603));
    assert_eq!(first.book.head().count, count, "a dry run writes nothing");
    assert_eq!(record(&mut first, false, &told), (603, 0, 603));
    assert_eq!(record(&mut first, false, &told), (0, 602, 602));
    assert_eq!(under(&first, "L").2, "599999");
    sound(&mut first);

    let again = events(&first.book);
    let mut second = Settled::new("");
    second.book = blank();
    let (new, already, _) = record(&mut second, false, &again);
    assert_eq!((new, already), (first.book.head().count, 1), "the change is in the file, too");
    assert_eq!(events(&second.book), again);

    let mut third = blank();
    let mut group = poolbook::book::RowGroup::default();
    for event in &again {
        third
            .record_row(vec![event.clone()], &Settled::options(), &mut group, &mut |_| {})
            .unwrap();
    }
    let summary = third.finish_rows(&Settled::options(), group).unwrap();
    assert_eq!(summary.new, first.book.head().count);
    assert_eq!(alone(&third), alone(&second.book));
}

/// Another event with the id of a change refuses the adoption.
#[test]
fn the_id_of_a_change_is_nobody_elses() {
    let mut town = town();
    town.lend("L", "F1", "1000000.00", "2024-02-01", "2025-01-31");
    record(
        &mut town.book,
        &[event(
            r#"{"event":"target","id":"new/L","date":"2024-02-01","by":"2025-01-01","amount":"1.00"}"#,
        )],
    );
    let told = adoption(&rules("N", "60%", "30%"), Some("change"));
    let refused = all(&mut town, "2024-07-10", told).unwrap_err();
    assert_eq!((refused.code, refused.arg("id")), ("id-reused", Some("new/L")));
}
