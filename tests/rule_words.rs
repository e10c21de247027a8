//! Every word that a rules text may hold, each in a book of its own: what it says changes what is
//! recorded, and both verifiers call the book sound.
//!
//! The lists are walked as the program declares them, so a new word without a case fails.

use crate::conformance::play::lay;
use crate::second_damage::files;
use crate::second_verifier::{judged, write};
use crate::support::book::{blank, event};
use crate::support::fixture;
use crate::support::settled::Settled;
use poolbook::book::Book;
use poolbook::book::subsidies::{approval, compute_subsidies, payment, unpaid};
use poolbook::book::verify::verify;
use poolbook::domain::calendar::{CalendarQuarter, Quarter};
use poolbook::domain::event::{Event, Kind, Programme};
use poolbook::domain::rules::words::LISTS;
use poolbook::domain::state::Cell;
use poolbook::store::MemoryStore;
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use toml::Table;

/// Rules under which everything happens.
const RULES: &str = r#"
id = "r"
name = "r"
[sharing]
[[sharing.band]]
guaranteed = true
pool = "1/3"
guarantor = "1/3"
bank = "1/3"
[[sharing.band]]
guaranteed = false
pool = "2/5"
bank = "3/5"
[city_part]
county = "1/2"
county-city = "1/2"
district = "1/2"
zone = "1/2"
[claim.caps]
owner_year = "3000000.00"
[leverage]
limit = 100
[breaker]
warn = "98%"
stop = "99%"
[interest_discount]
[[interest_discount.rate]]
series = "lpr-1y"
share = "50%"
[fee_subsidy]
mode = "A"
share = "50%"
"#;

const RATES: &str = r#"
[benchmark-1y]
2015-10-24 = "4.35%"
[benchmark-5y]
2015-10-24 = "4.75%"
[benchmark-long]
2015-10-24 = "4.90%"
[lpr-1y]
2023-08-21 = "3.45%"
2024-01-05 = "3.44%"
2024-01-14 = "3.42%"
2024-07-22 = "3.35%"
[lpr-5y]
2023-06-20 = "4.20%"
2024-02-20 = "3.95%"
"#;

/// How a list is put into the rules; `$` is the word.
const FORMS: &[(&str, &str)] = &[
    (
        "Pick",
        r#"sharing = { pick = "$", band = [
            { pool = "1/3", bank = "2/3" },
            { guaranteed = true, pool = "1/2", guarantor = "1/4", bank = "1/4" },
        ] }"#,
    ),
    ("Side", r#"sharing = { balancing = "$" }"#),
    ("Level", r#"city_part = { balancing = "$" }"#),
    ("ClaimBase", r#"claim = { base = "$" }"#),
    ("ClaimYear", r#"claim = { caps = { year = "$", firm_year = "300000.00" } }"#),
    ("LeverageBase", r#"leverage = { base = "$" }"#),
    ("LeverageCounts", r#"leverage = { counts = "$" }"#),
    ("BreakerRatio", r#"breaker = { ratio = "$" }"#),
    ("BreakerScope", r#"breaker = { scope = "$" }"#),
    ("SeriesChoice", r#"interest_discount = { rate = [{ series = "$", share = "50%" }] }"#),
    (
        "SeriesChoice",
        r#"interest_discount = { rate = [{ basis = "contract-spread", series = "$" }] }"#,
    ),
    (
        "SeriesChoice",
        r#"interest_discount = { rate = [
            { basis = "interest-paid", share = "50%", limit_series = "$", limit_share = "10%" },
        ] }"#,
    ),
    ("SeriesChoice", r#"enrolment = { rate_limit = { series = "$", above = "100%" } }"#),
    ("Reference", r#"interest_discount = { reference = "$" }"#),
    ("Per", r#"interest_discount = { principal_max = "1500000.00", principal_per = "$" }"#),
    ("Per", r#"interest_discount = { term_months = 5, term_per = "$" }"#),
    (
        "PrincipalOrder",
        r#"interest_discount = { principal_max = "1500000.00", principal_per = "firm", principal_order = "$" }"#,
    ),
    ("Qualified", r#"interest_discount = { qualification = "$" }"#),
    ("Qualified", r#"fee_subsidy = { qualification = "$" }"#),
    ("CapYear", r#"interest_discount = { firm_year_max = "40000.00", cap_year = "$" }"#),
    ("OnExtension", r#"interest_discount = { extension = "$" }"#),
    ("OnExtension", r#"fee_subsidy = { mode = "D", share = "", rate = "1%", extension = "$" }"#),
    ("OnOverdue", r#"interest_discount = { overdue = "$" }"#),
    ("OnOverdue", r#"fee_subsidy = { mode = "D", share = "", rate = "1%", overdue = "$" }"#),
    ("OnLate", r#"interest_discount = { late = "$", grace_days = 3 }"#),
    ("PayAfter", r#"interest_discount = { pay_after = "$" }"#),
    ("Others", r#"interest_discount = { other_programmes = "$" }"#),
    ("DayCount", r#"interest_discount = { day_count = "$" }"#),
    ("Payee", r#"interest_discount = { payee = "$" }"#),
    ("Payee", r#"fee_subsidy = { payee = "$" }"#),
    ("AmountBase", r#"fee_subsidy = { mode = "B", share = "", rate = "1%", amount_base = "$" }"#),
    ("AmountBase", r#"fee_subsidy = { mode = "C", gap_from = "3%", amount_base = "$" }"#),
    ("YearBase", r#"fee_subsidy = { mode = "B", share = "", rate = "1%", year_base = "$" }"#),
    ("UnusedDays", r#"fee_subsidy = { unused_days = "$" }"#),
];

/// A calendar quarter of guarantee fees lies in one year, so both years are the same; everywhere else
/// two words of a list lead to two books.
const ALIKE: &[(&str, &str)] =
    &[("CapYear", r#"fee_subsidy = { firm_year_max = "9000.00", cap_year = "$" }"#)];

/// Words that bring keys of their own.
const OWN: &[(&str, &str, &str)] = &[
    ("Basis", "reference", ""),
    ("Basis", "points", r#"interest_discount = { rate = [{ basis = "points", points = "2%" }] }"#),
    (
        "Basis",
        "contract-spread",
        r#"interest_discount = { rate = [{ basis = "contract-spread", max = "1%" }] }"#,
    ),
    (
        "Basis",
        "interest-paid",
        r#"interest_discount = { rate = [{ basis = "interest-paid", share = "50%" }] }"#,
    ),
    ("FeeMode", "A", ""),
    ("FeeMode", "B", r#"fee_subsidy = { mode = "B", share = "", rate = "1%" }"#),
    ("FeeMode", "C", r#"fee_subsidy = { mode = "C", gap_from = "3%" }"#),
    ("FeeMode", "D", r#"fee_subsidy = { mode = "D", share = "", rate = "1%" }"#),
];

/// Who may not be paid by a programme: the text is refused.
fn is_refused(form: &str, word: &str) -> bool {
    let of = |programme: &str| form.starts_with(programme) && form.contains("payee");
    (of("interest_discount") && word == "guarantor") || (of("fee_subsidy") && word == "bank")
}

/// The events of the life; quarters are posted and paid in between.
const LIFE: &str = "schemes/every-form.jsonl";

/// A book under rules, and all that differs between two of them but the text of the rules.
struct Lived {
    book: Book<MemoryStore>,
    trace: String,
}

/// What an event leaves: its entry without the text of the rules, or its refusal.
fn told(book: &mut Book<MemoryStore>, event: Event, trace: &mut String) {
    let word = event.kind.word();
    match book.record(event, &Settled::options()) {
        Ok((Some(entry), _)) if !matches!(entry.event.kind, Kind::AdoptRules(_)) => {
            trace.push_str(&String::from_utf8(entry.to_bytes()).unwrap());
        }
        Ok(_) => {}
        Err(problem) => trace.push_str(&format!("{word} refused: {problem}")),
    }
    trace.push('\n');
}

fn settle(book: &mut Book<MemoryStore>, quarter: &str, trace: &mut String) {
    let quarter = Quarter::parse(quarter).unwrap();
    let date = CalendarQuarter(quarter).last_day();
    let lines = compute_subsidies(book.state(), quarter, Programme::ALL);
    for line in lines.iter().filter(|line| line.is_payable()) {
        told(book, approval(line, date).unwrap(), trace);
    }
    let open: Vec<_> =
        unpaid(book.state(), None).into_iter().map(|(line, open)| (line.clone(), open)).collect();
    for (line, open) in open {
        let cell = Cell { owner: line.owner.clone(), fund: line.programme.fund() };
        let account = book.paying_account(&cell, open).cloned().unwrap();
        told(book, payment(&line, date, &account, open), trace);
    }
}

fn live(over: &str) -> Lived {
    let mut lived = Lived { book: blank(), trace: String::new() };
    go_on(&mut lived, over);
    for claim in lived.book.state().claims.iter() {
        lived.trace.push_str(&format!("{:?}\n", claim.sharing));
    }
    lived
}

/// The whole life under the rules with `over` laid over them.
fn go_on(Lived { book, trace }: &mut Lived, over: &str) {
    let rules = lay(&RULES.parse().unwrap(), &over.parse::<Table>().unwrap()).to_string();
    for line in std::fs::read_to_string(fixture(LIFE)).unwrap().lines() {
        let mut value: Value = serde_json::from_str(line).unwrap();
        if let Some(quarter) = value["quarter"].as_str() {
            settle(book, quarter, trace);
            continue;
        }
        for (key, text) in [("rules", rules.as_str()), ("rates", RATES)] {
            if value[key] == "@" {
                value[key] = text.into();
            }
        }
        told(book, event(&value.to_string()), trace);
    }
}

/// A discount on what the contract rate is above the LPR: whatever stops it, no entry that is stored
/// is out of the canonical form.
#[test]
pub fn a_spread_is_written_in_order_or_not_at_all() {
    let (_, _, over) = OWN.iter().find(|(_, word, _)| *word == "contract-spread").unwrap();
    let mut lived = Lived { book: blank(), trace: String::new() };
    let stopped = catch_unwind(AssertUnwindSafe(|| go_on(&mut lived, over)));
    let stored = crate::support::all(lived.book.store());
    assert!(stored.len() > 40, "the life begins: {}", stored.len());
    for bytes in stored {
        let value: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(value.to_string().into_bytes(), bytes, "stored out of order");
    }
    if let Err(panic) = stopped {
        resume_unwind(panic);
    }
    assert!(lived.trace.contains("contract_rate"), "a spread was approved");
}

/// Both verifiers over every book.
fn sound(books: &[(String, Lived)]) {
    let temp = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> = Vec::new();
    for (number, (name, lived)) in books.iter().enumerate() {
        let path = temp.path().join(number.to_string());
        write(&files(&crate::support::all(lived.book.store())), &path);
        assert_eq!(verify(&path, None).unwrap().findings, [], "{name}");
        paths.push(path);
    }
    let Some(said) = judged(&["--no-sm3"], &paths) else { return };
    for ((name, _), said) in books.iter().zip(said) {
        assert_eq!(said["exit"], 0, "{name}: {said}");
    }
}

#[test]
fn the_life_is_taken_whole_under_the_plain_rules() {
    let lived = live("");
    let refused: Vec<&str> = lived.trace.lines().filter(|line| line.contains("refused:")).collect();
    // The interest in the first claim, which rules that compensate principal alone do not take.
    assert_eq!(refused.len(), 1, "{refused:#?}");
    assert!(refused[0].contains("claim-interest-excluded"), "{refused:?}");
}

#[test]
fn every_word_of_the_rules_goes_through_a_book() {
    let mut books: Vec<(String, Lived)> = Vec::new();
    let mut alike = Vec::new();
    for (list, words) in LISTS {
        let forms: Vec<&str> =
            FORMS.iter().filter(|(known, _)| known == list).map(|(_, form)| *form).collect();
        let own: Vec<&str> =
            OWN.iter().filter(|(known, ..)| known == list).map(|(_, word, _)| *word).collect();
        assert!(!forms.is_empty() || own == *words, "{list} has a word without a case: {words:?}");
        let mut traces: BTreeMap<String, String> = BTreeMap::new();
        let mut add = |form: &str, word: &str, over: &str| {
            let name = format!("{list} {word}: {form}");
            let lived = live(over);
            if let Some(other) = traces.insert(format!("{form}{}", lived.trace), name.clone()) {
                alike.push(format!("{other} and {name}"));
            }
            books.push((name, lived));
        };
        for word in *words {
            for form in &forms {
                if !is_refused(form, word) {
                    add(form, word, &form.replace('$', word));
                }
            }
        }
        for (_, word, over) in OWN.iter().filter(|(known, ..)| known == list) {
            add("", word, over);
        }
    }
    assert_eq!(alike, [""; 0], "a word that changes nothing is read for nothing");
    for (list, form) in ALIKE {
        let words = LISTS.iter().find(|(known, _)| known == list).unwrap().1;
        let mut lives = words.iter().map(|word| live(&form.replace('$', word)));
        let first = lives.next().unwrap();
        assert!(lives.all(|lived| lived.trace == first.trace), "{form}");
        books.push((format!("{list}: {form}"), first));
    }
    sound(&books);
}
