//! Periods are closed: nothing enters them any more on any path, and what they held can be proved.

use crate::scenarios::{events, jiaozuo};
use crate::support::book::{CLERK, event, fingerprint, options, record};
use crate::support::world::{next, opening, steps};
use crate::support::{Lines, all, root};
use poolbook::audit::trial_balance::digest;
use poolbook::book::verify::{Verification, verify};
use poolbook::book::{Book, RowGroup, Scope};
use poolbook::domain::account::{Account, Class, Fund};
use poolbook::domain::calendar::{Month, parse_date};
use poolbook::domain::decide::{Context, JournalHead, Limits, decide, original_of, rests_on};
use poolbook::domain::entry::{Entry, id_hash};
use poolbook::domain::event::{Event, VOCABULARY};
use poolbook::domain::money::Total;
use poolbook::domain::registry::Closing;
use poolbook::domain::text::Id;
use poolbook::store::{Changes, FileStore, MemoryStore, Store};
use proptest::strategy::{Strategy as _, ValueTree as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// What the scenarios leave out, one event after the other on the worked county.
pub const OTHERS: &[&str] = &[
    r#"{"event":"join","date":"2017-01-01","owner":"410822"}"#,
    r#"{"event":"join","date":"2017-01-01","owner":"410800"}"#,
    r#"{"event":"party","date":"2017-01-01","party":"BANK","kind":"bank","name":"银行"}"#,
    r#"{"event":"party","date":"2017-01-01","party":"FIRM","kind":"firm","name":"企业"}"#,
    r#"{"event":"change-party","date":"2017-01-01","document":"1号","party":"FIRM","account":"6222","maker":"甲","checker":"乙"}"#,
    r#"{"event":"target","date":"2017-01-01","by":"2017-12-31","amount":"1"}"#,
    r#"{"event":"bank-account","date":"2017-01-01","owner":"410800","bank_account":"POOL","fund":"RISK"}"#,
    r#"{"event":"contribute","date":"2017-01-02","owner":"410822","source":"city","bank_account":"POOL","amount":"100"}"#,
    r#"{"event":"bank-charge","date":"2017-01-03","owner":"410822","bank_account":"POOL","amount":"1"}"#,
    r#"{"event":"trustee-fee","date":"2017-01-03","owner":"410822","bank_account":"POOL","amount":"1","maker":"甲","checker":"乙"}"#,
    r#"{"event":"transfer","date":"2017-01-03","owner":"410822","to_owner":"410800","bank_account":"POOL","amount":"10","document":"1号","maker":"甲","checker":"乙"}"#,
    r#"{"event":"enrol","date":"2017-01-03","owner":"410822","loan":"L","firm":"FIRM","bank":"BANK","amount":"100","pool_share":"0.4","due":"2018-01-01","rate":"4%"}"#,
    r#"{"event":"disburse","date":"2017-01-03","loan":"L","amount":"100"}"#,
    r#"{"event":"interest-paid","date":"2017-02-01","loan":"L","from":"2017-01-03","to":"2017-02-01","amount":"1"}"#,
    r#"{"event":"fee-paid","date":"2017-02-01","loan":"L","from":"2017-01-03","to":"2018-01-03","amount":"1","fee_rate":"1%"}"#,
    r#"{"event":"reprice","date":"2017-02-01","loan":"L","rate":"5%"}"#,
    r#"{"event":"extend","date":"2017-02-01","loan":"L","due":"2018-06-01"}"#,
    r#"{"event":"npl","date":"2017-02-01","loan":"L"}"#,
    r#"{"event":"file-claim","date":"2017-02-01","claim":"C","loan":"L","base":"100"}"#,
    r#"{"event":"reject-claim","date":"2017-02-02","claim":"C","reason":"x"}"#,
    r#"{"event":"cure","date":"2017-02-03","loan":"L"}"#,
    r#"{"event":"reverse","date":"2017-02-03","entry":"@cure","reason":"x"}"#,
    r#"{"event":"remove","date":"2017-02-04","loan":"L","reason":"x"}"#,
    r#"{"event":"qualify","date":"2017-02-04","firm":"FIRM","from":"2017-01-01","to":"2018-01-01","qualification":"tech"}"#,
    r#"{"event":"disqualify","date":"2017-02-05","firm":"FIRM","from":"2017-02-05","reason":"x"}"#,
    r#"{"event":"enrol","date":"2017-01-03","owner":"410822","loan":"L2","firm":"FIRM","bank":"BANK","amount":"100","pool_share":"0.4","due":"2018-01-01","rate":"4%"}"#,
    r#"{"event":"disburse","date":"2017-01-03","loan":"L2","amount":"100"}"#,
    r#"{"event":"fee-paid","date":"2017-02-01","loan":"L2","from":"2017-01-03","to":"2018-01-03","amount":"1","fee_rate":"1%"}"#,
    r#"{"event":"fee-refunded","date":"2017-02-02","loan":"L2","amount":"0.50"}"#,
    r#"{"event":"other-benefit","date":"2017-02-02","loan":"L2","from":"2017-01-03","to":"2017-02-01","amount":"0.10","scheme":"x"}"#,
    r#"{"event":"overdue","date":"2017-02-02","loan":"L2"}"#,
    r#"{"event":"file-claim","date":"2017-02-03","claim":"C2","loan":"L2","base":"100"}"#,
    r#"{"event":"approve-claim","date":"2017-02-04","claim":"C2"}"#,
    r#"{"event":"pay-claim","date":"2017-02-05","claim":"C2","bank_account":"POOL","maker":"甲","checker":"乙"}"#,
    r#"{"event":"recover-in-kind","date":"2017-02-06","claim":"C2","asset":"x","value":"10"}"#,
    r#"{"event":"apply-loan","date":"2017-02-04","owner":"410822","loan":"L3","firm":"FIRM","bank":"BANK","amount":"10"}"#,
    r#"{"event":"recommend-loan","date":"2017-02-05","loan":"L3","document":"1号"}"#,
    r#"{"event":"reject-loan","date":"2017-02-06","loan":"L3","reason":"x"}"#,
    r#"{"event":"enrol","date":"2017-01-03","owner":"410822","loan":"L4","firm":"FIRM","bank":"BANK","amount":"100","pool_share":"0.4","due":"2018-01-01","rate":"4%"}"#,
    r#"{"event":"disburse","date":"2017-01-03","loan":"L4","amount":"100"}"#,
    r#"{"event":"file-subsidy","id":"F","date":"2017-02-03","loan":"L4","period":"2017Q1","programme":"interest-discount"}"#,
    r#"{"event":"review-subsidy","date":"2017-02-04","subsidy":"F","step":"reviewed"}"#,
    r#"{"event":"overdue","date":"2017-02-02","loan":"L4"}"#,
    r#"{"event":"file-claim","date":"2017-02-03","claim":"C4","loan":"L4","base":"100"}"#,
    r#"{"event":"review-claim","date":"2017-02-04","claim":"C4","step":"in-review"}"#,
    r#"{"event":"withdraw-claim","date":"2017-02-05","claim":"C4","reason":"x"}"#,
    r#"{"event":"reprice","date":"2017-02-05","loan":"L4","rate":"4.5%"}"#,
    r#"{"event":"correct","date":"2017-02-05","entry":"@cure","rate":"4.6%","reason":"x"}"#,
    r#"{"event":"adopt-rules","date":"2017-02-06","effective":"2017-01-03","rules":"id = \"N\"\nname = \"N\"\n[sharing]\n[[sharing.band]]\npool = \"40%\"\nbank = \"60%\"\n","maker":"甲","checker":"乙"}"#,
    r#"{"event":"change-rules","date":"2017-02-06","loan":"L4","to_rules":"N","maker":"甲","checker":"乙"}"#,
    r#"{"event":"write-off","date":"2017-02-07","claim":"C2","document":"1号"}"#,
    r#"{"event":"close-claim","date":"2017-02-08","claim":"C2","reason":"x","document":"2号"}"#,
    r#"{"event":"adopt-rates","date":"2017-02-04","rates":"@"}"#,
    r#"{"event":"checkpoint","date":"2017-02-09"}"#,
    r#"{"event":"keep-checkpoint","date":"2017-02-09","checkpoint":"@last","by":"市审计局"}"#,
    r#"{"event":"close","date":"2017-01-31","owner":"410822","period":"2017-01","maker":"甲","checker":"乙"}"#,
];

fn other(book: &Book<MemoryStore>, json: &str, number: usize) -> Event {
    let mut value: Value = serde_json::from_str(json).unwrap();
    if value["id"].is_null() {
        value["id"] = format!("{}-{number}", value["event"].as_str().unwrap()).into();
    }
    if value["entry"] == "@cure" {
        value["entry"] = book.head().count.to_string().into();
    }
    if value["checkpoint"] == "@last" {
        value["checkpoint"] = book.head().count.to_string().into();
    }
    if value["rates"] == "@" {
        let path = crate::support::fixture("jiaozuo-2017/rates.toml");
        value["rates"] = std::fs::read_to_string(path).unwrap().into();
    }
    event(&value.to_string())
}

/// What deciding says of an event when every owner is closed for good.
fn with_all_closed(book: &Book<MemoryStore>, event: &Event) -> &'static str {
    let mut state = book.state().clone();
    let through = Some((parse_date("2199-12-31").unwrap(), 7));
    let owners: Vec<Id> = state.owners.iter().map(|owner| owner.code.clone()).collect();
    for owner in owners.into_iter().chain([Id::parse("410800").unwrap()]) {
        state.closings.insert(Closing {
            owner: owner.clone(),
            through: None,
            year: None,
            soft: None,
        });
        state.closings.get_mut(&owner).unwrap().through = through;
    }
    let original = original_of(&event.kind).map(|seq| book.entry(seq).unwrap());
    let later = rests_on(&state, &event.kind, original.as_ref());
    let later: Vec<_> = later.into_iter().map(|seq| book.entry(seq).unwrap()).collect();
    let context = Context {
        seq: book.head().count + 1,
        recorded: options().now,
        original: original.as_ref(),
        later: &later,
        limits: Limits::Held,
        journal: JournalHead { entries: 0, root: [0; 32] },
        seals: None,
    };
    let mut event = event.clone();
    event.maker.get_or_insert_with(|| CLERK.into());
    decide(&state, event, &context).map_or_else(|problem| problem.code, |_| "taken")
}

#[test]
fn no_event_of_the_vocabulary_enters_a_closed_period() {
    let mut words = BTreeSet::new();
    let mut try_out = |book: &mut Book<MemoryStore>, event: Event| {
        let word = event.kind.word();
        let expected = match word {
            "close" => "period-closed-already",
            // They say what the journal is and who keeps that, whatever is closed.
            "checkpoint" | "keep-checkpoint" => "taken",
            _ => "period-closed",
        };
        // Whoever joins has closed nothing yet.
        if word != "join" {
            assert_eq!(with_all_closed(book, &event), expected, "{}", event.to_json());
        }
        record(book, &[event]);
        words.insert(word);
    };
    for scenario in
        ["county-cell", "funding", "settlement", "clawback", "close", "wind-up", "accruals"]
    {
        let mut book = jiaozuo();
        for event in events(&format!("scenarios/{scenario}.jsonl")) {
            try_out(&mut book, event);
        }
    }
    let mut book = jiaozuo();
    for (number, json) in OTHERS.iter().enumerate() {
        let event = other(&book, json, number);
        try_out(&mut book, event);
    }
    // The first entry comes before everything; a release needs a pool that was stopped, a quota a
    // pool that lends without money.
    words.extend(["open-book", "release", "quota"]);
    // Facts about statements post nothing and belong to no period; tests/statement_facts.rs.
    words.extend(["import-statement", "undo-statement", "match-lines", "unmatch-lines"]);
    words.extend(["reconcile-settings", "certify"]);
    let all: BTreeSet<&str> = VOCABULARY.iter().map(|spec| spec.word).collect();
    assert_eq!(words, all);
}

/// The worked scenario up to the close of its year, in memory.
fn closed_year() -> Book<MemoryStore> {
    let mut book = jiaozuo();
    let mut all = events("scenarios/close.jsonl");
    all.retain(|event| !event.id.ends_with("tops-up"));
    record(&mut book, &all);
    book
}

fn charge(id: &str, date: &str, more: &str) -> Event {
    event(&format!(
        r#"{{"event":"bank-charge","id":"{id}","date":"{date}","owner":"410821","bank_account":"POOL","amount":"5.00"{more}}}"#
    ))
}

#[test]
pub fn every_way_in_is_shut_and_leaves_no_trace() {
    let mut book = closed_year();
    let before = fingerprint(&book);
    let late = charge("late", "2017-12-31", "");
    let problem = book.record(late.clone(), &options()).unwrap_err();
    assert_eq!(problem.code, "period-closed");
    for (name, value) in [("owner", "410821"), ("through", "2017-12-31"), ("open", "2018-01-01")] {
        assert_eq!(problem.arg(name), Some(value));
    }
    let year = book.find("close-year").unwrap().unwrap().seq.to_string();
    assert_eq!(problem.arg("entry"), Some(year.as_str()));
    let mut group = vec![charge("first", "2018-01-02", ""), late.clone()];
    let refused = book.record_all(&mut group, &options(), &mut |_, _| {}).unwrap_err();
    assert_eq!(refused.problem.code, "period-closed");
    let row = book.record_row(vec![late], &options(), &mut RowGroup::default(), &mut |_| {});
    assert_eq!(row.unwrap_err().code, "period-closed");
    let dry = poolbook::book::Options { dry_run: true, ..options() };
    assert!(book.record(charge("x", "2017-06-01", ""), &dry).is_err());
    // Money that comes from an owner whose books are open.
    let mut others = vec![
        event(r#"{"event":"join","id":"j2","date":"2017-01-01","owner":"410822"}"#),
        event(
            r#"{"event":"contribute","id":"c2","date":"2017-02-01","owner":"410822","source":"city","bank_account":"CITY","amount":"9"}"#,
        ),
        event(
            r#"{"event":"transfer","id":"t2","date":"2017-06-01","owner":"410822","to_owner":"410821","bank_account":"CITY","to_bank_account":"POOL","amount":"9","document":"1号","maker":"甲","checker":"乙"}"#,
        ),
    ];
    let city = event(
        r#"{"event":"bank-account","id":"city","date":"2017-01-01","owner":"410800","bank_account":"CITY","fund":"RISK"}"#,
    );
    others.insert(0, city);
    let refused = book.record_all(&mut others, &options(), &mut |_, _| {}).unwrap_err();
    assert_eq!(
        (refused.problem.code, refused.problem.arg("owner")),
        ("period-closed", Some("410821"))
    );
    // A close is not taken back, and its year not closed twice.
    let back = format!(
        r#"{{"event":"reverse","id":"back","date":"2018-01-02","entry":"{year}","reason":"x"}}"#
    );
    assert_eq!(book.record(event(&back), &options()).unwrap_err().code, "reverse-kind");
    for period in ["2017", "2017-12", "2017Q4", "2016"] {
        let end = if period == "2016" { "2016-12-31" } else { "2017-12-31" };
        let again = format!(
            r#"{{"event":"close","id":"again","date":"{end}","owner":"410821","period":"{period}","maker":"甲","checker":"乙"}}"#
        );
        let expected = if period == "2016" { "owner-not-joined" } else { "period-closed-already" };
        assert_eq!(book.record(event(&again), &options()).unwrap_err().code, expected, "{period}");
    }
    assert_eq!(fingerprint(&book), before);
    // The next step that the refusal names.
    record(&mut book, &[charge("late", "2018-01-01", r#","effective":"2017-12-31""#)]);
    // What was recorded before is known, closed or not.
    let known = events("scenarios/close.jsonl").remove(6);
    assert!(matches!(book.record(known, &options()), Ok((None, _))));
}

#[test]
fn a_soft_close_takes_adjustments_with_an_approver() {
    let mut book = closed_year();
    let close = |id: &str, stage: &str| {
        event(&format!(
            r#"{{"event":"close","id":"{id}","date":"2018-01-31","owner":"410821","period":"2018-01","stage":"{stage}","maker":"甲","checker":"乙"}}"#
        ))
    };
    record(&mut book, &[charge("c1", "2018-01-05", ""), close("soft", "soft")]);
    let soft = book.find("soft").unwrap().unwrap();
    assert!(soft.lines.is_empty() && soft.voucher.is_none());
    let same = format!(r#","approver":"{CLERK}""#);
    for people in ["", same.as_str(), r#","maker":"丙","approver":"丙。""#] {
        let problem = book.record(charge("c2", "2018-01-31", people), &options()).unwrap_err();
        assert_eq!(problem.code, "period-soft-closed", "{people}");
    }
    assert_eq!(
        book.record(close("soft-2", "soft"), &options()).unwrap_err().code,
        "period-closed-already"
    );
    record(
        &mut book,
        &[charge("c2", "2018-01-31", r#","maker":"甲","approver":"丙""#), close("final", "final")],
    );
    // Both charges go to the result, and from here on nobody adjusts.
    let last = book.find("final").unwrap().unwrap();
    let moved: Vec<String> =
        last.lines.iter().map(|line| format!("{} {}", line.account, line.amount)).collect();
    assert_eq!(moved, ["3301 10.00", "5901 10.00"]);
    let adjusted = charge("c3", "2018-01-31", r#","maker":"甲","approver":"丙""#);
    assert_eq!(book.record(adjusted, &options()).unwrap_err().code, "period-closed");
    record(&mut book, &[charge("c4", "2018-02-01", "")]);
}

/// What an adjustment of prior years left on 3501 goes to the surplus with the result.
#[test]
fn a_year_takes_the_adjustments_of_prior_years_along() {
    let mut book = jiaozuo();
    let net = |book: &Book<MemoryStore>, account| {
        book.state().balance("410821", Fund::Interest, account, None)
    };
    let mut year = 2017;
    for event in events("scenarios/clawback.jsonl") {
        if net(&book, Account::PriorYears) != Total::ZERO {
            break;
        }
        year = event.date.year();
        record(&mut book, &[event]);
    }
    assert_ne!(net(&book, Account::PriorYears), Total::ZERO);
    let equity = Account::ALL.iter().filter(|account| account.is_equity());
    let capital: Total = equity.map(|account| net(&book, *account)).sum();
    let close = format!(
        r#"{{"event":"close","id":"close","date":"{year}-12-31","owner":"410821","period":"{year}","maker":"甲","checker":"乙"}}"#
    );
    record(&mut book, &[event(&close)]);
    for account in Account::ALL {
        let emptied = matches!(account.class(), Class::Income | Class::Expense)
            || matches!(account, Account::PeriodResult | Account::PriorYears);
        assert!(!emptied || net(&book, *account) == Total::ZERO, "{account}");
    }
    // No money moved, so all of it is the surplus now.
    assert_eq!(net(&book, Account::Surplus), capital);
}

/// The digest of each close is that of the auditors' trial balance, in whatever order things came.
#[test]
fn digests_are_those_of_the_trial_balance_in_random_lives() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut taken = 0;
    for _ in 0..30 {
        let steps = steps().new_tree(&mut runner).unwrap().current();
        let mut book = Book::open(MemoryStore::new(), Scope::All).unwrap();
        record(&mut book, &opening());
        for (number, step) in steps.iter().enumerate() {
            let event = next(&book, step, number);
            let _ = book.record(event, &options());
        }
        for (owner, _) in crate::support::world::OWNERS {
            for (period, day) in [
                ("2017-06", "2017-06-30"),
                ("2017Q4", "2017-12-31"),
                ("2017", "2017-12-31"),
                ("2019", "2019-12-31"),
            ] {
                let close = event(&format!(
                    r#"{{"event":"close","id":"{owner}-{period}","date":"{day}","owner":"{owner}","period":"{period}","maker":"甲","checker":"乙"}}"#
                ));
                let entry = match book.record(close, &options()) {
                    Ok((entry, _)) => entry.unwrap(),
                    Err(problem) => {
                        assert_eq!(problem.code, "close-blocked");
                        continue;
                    }
                };
                let number = u16::try_from(book.state().owner_number(owner).unwrap()).unwrap();
                let day = parse_date(day).unwrap();
                let audited = book.with_movements(|rows| digest(rows, number, owner, day)).unwrap();
                assert_eq!(
                    entry.working.unwrap().value()["digest"],
                    audited.as_str(),
                    "{owner} {period}"
                );
                let open = book.state().balances_until(owner, Month::of(day));
                let result = |((_, account, _), _): &(&(Fund, Account, Option<Id>), &Total)| {
                    matches!(account.class(), Class::Income | Class::Expense)
                };
                assert_eq!(open.iter().filter(result).count(), 0, "{owner} {period}");
                taken += 1;
            }
        }
    }
    assert!(taken > 300, "{taken} closes");
}

/// The worked scenario in files, each event a group of its own.
pub fn written(directory: &Path) -> Vec<Vec<u8>> {
    let opening = r#"{"event":"open-book","id":"open-book","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#;
    let mut book = Book::open(FileStore::create(directory).unwrap(), Scope::All).unwrap();
    record(&mut book, &[event(opening)]);
    record(&mut book, &events("scenarios/close.jsonl"));
    let told = fingerprint(&book);
    book.reindex().unwrap();
    assert_eq!(fingerprint(&book), told, "made again from the journal");
    let entries = all(book.store());
    drop(book);
    let again = Book::open(FileStore::open(directory).unwrap(), Scope::All).unwrap();
    assert_eq!(fingerprint(&again), told, "loaded from the index");
    entries
}

pub fn json(book: &Path, arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_poolbook"))
        .env_clear()
        .args(["--format", "json", "--book"])
        .arg(book)
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{arguments:?} {}", String::from_utf8_lossy(&output.stderr)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A close can be held to what the reports say: its digest from the rows of the trial balances of
/// the three funds, its root from the entries before it.
#[test]
fn a_close_is_proved_from_the_reports() {
    let directory = tempfile::tempdir().unwrap();
    let book = directory.path().join("book");
    let entries = written(&book);
    for (id, day) in
        [("close-q1", "2017-03-31"), ("close-october", "2017-10-31"), ("close-year", "2017-12-31")]
    {
        let place = format!("\"id\":\"{id}\"");
        let found =
            entries.iter().position(|bytes| String::from_utf8_lossy(bytes).contains(&place));
        let (seq, before) = (found.unwrap() + 1, &entries[..found.unwrap()]);
        let working = json(&book, &["voucher", &seq.to_string()])["working"].clone();
        assert_eq!(working["journal"]["entries"], before.len());
        assert_eq!(working["journal"]["root"], hex(&root(before)));
        if id == "close-october" {
            // The December close changed nothing of October, and the year's close all of December.
            continue;
        }
        let mut text = format!("poolbook/trial-balance/1\n410821 {day}\n");
        for fund in ["RISK", "INT", "GFEE"] {
            let report = json(
                &book,
                &["trial-balance", "--owner", "410821", "--fund", fund, "--as-of", day],
            );
            let rows = ["rows", "memo"].into_iter().flat_map(|key| report[key].as_array().unwrap());
            for row in rows {
                let code = row["account"].as_str().unwrap();
                for side in ["debit", "credit"] {
                    let amount = row[format!("closing_{side}")].as_str().unwrap();
                    if amount != "0.00" {
                        text.push_str(&format!("{fund} {code} {side} {amount}\n"));
                    }
                }
            }
        }
        let digest = hex(&Sha256::digest(text.as_bytes()));
        assert_eq!(working["digest"], digest, "{text}");
        let meta = json(&book, &["trial-balance", "--owner", "410821", "--as-of", day]);
        assert_eq!(meta["digest"], digest);
        assert_eq!(meta["people"], "two");
    }
}

/// Opening is closing of the year before, and the roll-forward knows no closing line.
#[test]
fn reports_stay_right_over_a_close() {
    let directory = tempfile::tempdir().unwrap();
    let book = directory.path().join("book");
    written(&book);
    let row = |period: &str| {
        let report =
            json(&book, &["balance", "--period", period, "--owner", "410821", "--fund", "RISK"]);
        report["rows"][0].clone()
    };
    let (year, after) = (row("2017"), row("2018"));
    for (column, amount) in [
        ("opening", "0.00"),
        ("contributions", "10000000.00"),
        ("interest", "8750.00"),
        ("recoveries", "112661.73"),
        ("compensation", "493827.16"),
        ("other_in", "0.00"),
        ("other_out", "0.00"),
        ("closing", "9627584.57"),
        ("bank", "9627584.57"),
    ] {
        assert_eq!(year[column], amount, "{column}");
    }
    assert_eq!(
        (&after["opening"], &after["contributions"]),
        (&"9627584.57".into(), &"372415.43".into())
    );
    assert_eq!(after["closing"], "10000000.00");
    let rows = |period: &str| {
        json(&book, &["trial-balance", "--period", period, "--owner", "410821"])["rows"]
            .as_array()
            .unwrap()
            .clone()
    };
    let side = |rows: &[Value], key: &str| -> Vec<String> {
        let told = rows.iter().map(|row| {
            let of = |side: &str| row[format!("{key}_{side}")].as_str().unwrap().to_owned();
            format!("{} {} {}", row["account"].as_str().unwrap(), of("debit"), of("credit"))
        });
        told.filter(|row| !row.ends_with(" 0.00 0.00")).collect()
    };
    let (year, after) = (rows("2017"), rows("2018"));
    assert_eq!(side(&year, "closing"), side(&after, "opening"));
    assert_eq!(
        side(&year, "closing"),
        [
            "1002.01 9627584.57 0.00",
            "3101.02 0.00 4000000.00",
            "3101.03 0.00 6000000.00",
            "3101.09 372415.43 0.00"
        ]
    );
    // 本年累计 of the new year begins with nothing of the old.
    assert_eq!(
        side(&after, "year"),
        ["1002.01 372415.43 0.00", "3101.02 0.00 148966.17", "3101.03 0.00 223449.26"]
    );
}

/// A book whose writer was handed these bytes.
fn forged(directory: &Path, entries: &[Vec<u8>]) -> Verification {
    let mut store = FileStore::create(directory).unwrap();
    for bytes in entries {
        let hash = Entry::decode(bytes).map_or(0, |entry| id_hash(&entry.event.id));
        store.begin().unwrap();
        store.write(Box::new(Lines(vec![(hash, bytes.clone())]))).unwrap();
        store.commit().unwrap();
        store.index(Changes::default()).unwrap();
    }
    drop(store);
    verify(directory, None).unwrap()
}

#[test]
fn verify_holds_a_close_to_its_journal() {
    let directory = tempfile::tempdir().unwrap();
    let entries = written(&directory.path().join("book"));
    let (mut number, text) = (0, |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap());
    let mut codes = |edit: &dyn Fn(&str, &Value) -> String| {
        number += 1;
        let mut entries = entries.clone();
        let place =
            entries.iter().position(|bytes| text(bytes).contains("\"id\":\"close-year\"")).unwrap();
        let line = text(&entries[place]);
        let working = serde_json::from_str::<Value>(&line).unwrap()["working"].clone();
        entries[place] = edit(&line, &working).into_bytes();
        let found = forged(&directory.path().join(number.to_string()), &entries).findings;
        let mut codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
        codes.dedup();
        codes
    };
    assert_eq!(codes(&|line, _| line.to_owned()), [""; 0]);
    let zeros = "0".repeat(64);
    let with = |line: &str, value: &Value| line.replace(value.as_str().unwrap(), &zeros);
    assert_eq!(
        codes(&|line, working| with(line, &working["digest"])),
        ["entry-differs", "close-digest"]
    );
    assert_eq!(codes(&|line, working| with(line, &working["journal"]["root"])), ["close-root"]);
    let count = |line: &str, working: &Value| {
        let told = working["journal"]["entries"].as_u64().unwrap();
        line.replace(&format!("\"entries\":{told}"), &format!("\"entries\":{}", told - 1))
    };
    assert_eq!(codes(&count), ["close-root"]);
}

/// Closes recorded with others in one group were all made on the journal before the group.
#[test]
fn closes_of_a_group_name_the_journal_before_it() {
    let mut book = jiaozuo();
    let head = book.head();
    let mut all = events("scenarios/close.jsonl");
    book.record_all(&mut all, &options(), &mut |_, _| {}).unwrap();
    for id in ["close-q1", "close-year"] {
        let working = book.find(id).unwrap().unwrap().working.unwrap().value();
        assert_eq!(working["journal"]["entries"], head.count);
        assert_eq!(working["journal"]["root"], hex(&head.root));
    }
}
