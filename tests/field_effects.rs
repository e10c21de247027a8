//! A field that is accepted changes something or is refused: every field of every event of the
//! vocabulary, as it is declared, is given another value (or one where there was none), and the
//! entry's lines or working, a record of the book or the answer must differ. What only describes is
//! listed by name.

use crate::rests;
use crate::scenarios::events;
use crate::support::book::{blank, event};
use crate::support::settled::Settled;
use crate::support::staged::book_at;
use poolbook::book::{Book, Options};
use poolbook::domain::apply::apply;
use poolbook::domain::calendar::parse_date;
use poolbook::domain::event::{COMMON_FIELDS, Event, EventSpec, VOCABULARY};
use poolbook::domain::field::{FieldKind, FieldSpec};
use poolbook::domain::seal::concerned;
use poolbook::store::MemoryStore;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Lives that hold nearly every event.
const LIVES: &[&str] = &[
    "county-cell",
    "funding",
    "settlement",
    "clawback",
    "wind-up",
    "quota",
    "close",
    "workflow",
    "accruals",
    "caps",
];

/// What goes on from the life of `tests/rests.rs` for the events that no scenario has.
const REST: &[&str] = &[
    r#"{"event":"interest-paid","id":"ip","date":"2024-01-03","loan":"L","note":"N1","from":"2024-01-02","to":"2024-03-21","amount":"5727.50"}"#,
    r#"{"event":"fee-paid","id":"fp","date":"2024-01-03","loan":"L","from":"2024-01-02","to":"2024-12-01","amount":"9000.00","fee_rate":"1%"}"#,
    r#"{"event":"target","id":"t","date":"2024-02-01","by":"2025-12-31","amount":"1.00"}"#,
    r#"{"event":"change-party","id":"cp","date":"2024-02-01","party":"FIRM","name":"新企业","document":"1号"}"#,
    r#"{"event":"disqualify","id":"dq","date":"2024-02-01","firm":"FIRM","from":"2024-06-01","qualification":"sme","reason":"x"}"#,
    r#"{"event":"bank-charge","id":"bc","date":"2024-02-01","owner":"410821","bank_account":"RISK","amount":"5.00"}"#,
    r#"{"event":"trustee-fee","id":"tf","date":"2024-02-01","owner":"410821","bank_account":"RISK","amount":"5.00"}"#,
    r#"{"event":"reprice","id":"rp","date":"2024-02-01","loan":"L","note":"N1","rate":"4%"}"#,
    r#"{"event":"correct","id":"co","date":"2024-02-01","entry":"@rp","rate":"4.1%","reason":"x"}"#,
    r#"{"event":"extend","id":"ex","date":"2024-02-01","loan":"L","note":"N1","due":"2025-03-01"}"#,
    r#"{"event":"other-benefit","id":"ob","date":"2024-02-01","loan":"L","note":"N1","from":"2024-01-02","to":"2024-03-21","scheme":"省","amount":"1.00"}"#,
    r#"{"event":"fee-refunded","id":"fr","date":"2024-02-01","loan":"L","from":"2024-01-02","amount":"1.00"}"#,
    r#"{"event":"checkpoint","id":"ck","date":"2024-02-01"}"#,
    r#"{"event":"keep-checkpoint","id":"kc","date":"2024-02-01","checkpoint":"@ck","by":"档案馆"}"#,
    r#"{"event":"enrol","id":"en2","date":"2024-02-01","owner":"410821","loan":"L2","firm":"FIRM","bank":"BANK","guarantor":"GUAR","amount":"1000.00","due":"2024-12-01","rate":"4.35%","pool_share":"40%","guarantor_share":"10%","contract":"C","signed":"2024-01-31","security":"信用","firm_class":"小型","first_loan":"true","day_count":"act-360","renews":"L"}"#,
    r#"{"event":"remove","id":"rm","date":"2024-02-02","loan":"L2","reason":"x"}"#,
    r#"{"event":"overdue","id":"od","date":"2024-12-02","loan":"L","note":"N1"}"#,
    r#"{"event":"file-claim","id":"fc","date":"2024-12-02","claim":"C","loan":"L","note":"N1","base":"500000.00"}"#,
    r#"{"event":"reject-claim","id":"rc","date":"2024-12-03","claim":"C","reason":"x"}"#,
    r#"{"event":"file-claim","id":"fc2","date":"2024-12-04","claim":"C2","loan":"L","note":"N1","base":"500000.00"}"#,
    r#"{"event":"approve-claim","id":"ac2","date":"2024-12-04","claim":"C2"}"#,
    r#"{"event":"pay-claim","id":"pc2","date":"2024-12-04","claim":"C2","bank_account":"RISK"}"#,
    r#"{"event":"recover-in-kind","id":"rk","date":"2024-12-05","claim":"C2","asset":"设备","value":"10.00"}"#,
    r#"{"event":"reverse","id":"rv","date":"2024-12-05","entry":"@rk","reason":"x"}"#,
    r#"{"event":"adopt-rules","id":"rules-b","date":"2024-12-06","rules":"@breaker"}"#,
    r#"{"event":"npl","id":"np","date":"2024-12-06","loan":"L","note":"N1"}"#,
    r#"{"event":"adopt-rules","id":"rules-n","date":"2024-12-06","effective":"2024-02-01","rules":"id = \"N\"\nname = \"N\"\n[sharing]\n[[sharing.band]]\npool = \"40%\"\nbank = \"60%\"\n"}"#,
    r#"{"event":"change-rules","id":"cr","date":"2024-12-06","loan":"L2","to_rules":"N"}"#,
    r#"{"event":"release","id":"rl","date":"2024-12-07","owner":"410821","scope":"owner","reason":"x","document":"2号"}"#,
];

const BREAKER: &str = "id = \"b\"\nname = \"b\"\n[sharing]\n[[sharing.band]]\npool = \"40%\"\n\
    bank = \"60%\"\n[breaker]\nwarn = \"3%\"\nstop = \"5%\"\n";

/// What describes any event: told, kept, shown, and nothing follows from it. Names of people are held
/// apart by `tests/people.rs`.
const DESCRIBES: &[&str] =
    &["memo", "attachments", "document", "maker", "checker", "approver", "reason", "opinion"];

/// Other fields from which nothing follows in the books: they tell where a paper is from, or what
/// was computed, taken or handed over.
const TOLD: &[(&str, &str)] = &[
    ("recover-in-kind", "asset"),
    ("recover-in-kind", "value"),
    ("reduce-subsidy", "working"),
    ("claw-back", "working"),
    ("keep-checkpoint", "by"),
    ("import-statement", "file"),
    ("import-statement", "profile"),
    // It keeps the pieces of one account together, and of each alone nothing.
    ("import-statement", "number"),
    ("import-statement", "fetched_by"),
    ("import-statement", "gap_reason"),
];

/// Events whose records hold the true day of what happened. Of every other event `poolbook late` tells
/// it, and money is booked on its day.
const TRUE_DAY: &[&str] = &[
    "join",
    "bank-account",
    "adopt-rules",
    "enrol",
    "disburse",
    "repay",
    "apply-deposit",
    "interest-paid",
    "fee-paid",
    "fee-refunded",
    "reprice",
    "overdue",
    "npl",
    "cure",
    "remove",
    "file-claim",
    "file-subsidy",
];

struct Case {
    /// The book before the event.
    book: Book<MemoryStore>,
    value: Value,
}

fn dry() -> Options {
    Options { dry_run: true, ..Settled::options() }
}

/// What comes of an event: its refusal, or (beginning with `[`) its lines, working, voucher, whose it
/// is, and what changes in the index.
fn outcome(case: &mut Case, value: &Value) -> String {
    let told = match Event::from_json(value.to_string().as_bytes()) {
        Ok(told) => told,
        Err(problem) => return problem.to_string(),
    };
    let entry = match case.book.record(told, &dry()) {
        Ok((entry, _)) => entry.expect("a new event"),
        Err(problem) => return problem.to_string(),
    };
    let mut state = case.book.state().clone();
    state.drain();
    apply(&mut state, &entry);
    let puts = state.drain();
    let owners = concerned(&entry, &mut |_, _| None);
    let voucher = entry.voucher.as_ref();
    let working = entry.working.as_ref().map(|working| working.as_str());
    let rules = &entry.rules;
    let lines = (&entry.lines, &entry.memo);
    format!("[{lines:?} {voucher:?} {working:?} {rules:?} {owners:?} {puts:?}]")
}

/// Other values of a field: all that its kind has, or some that differ.
fn others(spec: &FieldSpec, value: &Value) -> Vec<Value> {
    let had = value.get(spec.name);
    let day = |by: i64| {
        let day = had.and_then(Value::as_str).or_else(|| value["date"].as_str()).unwrap();
        let day = parse_date(day).unwrap().checked_add(jiff::Span::new().days(by)).unwrap();
        json!(day.to_string())
    };
    match spec.kind {
        FieldKind::Id if spec.name == "owner" => {
            ["ZZZ", "410800", "410821", "410822"].map(Value::from).to_vec()
        }
        FieldKind::Id => ["ZZZ", "BANK", "FIRM", "GUAR", "410822"].map(Value::from).to_vec(),
        FieldKind::Date if spec.name == "effective" => vec![day(-1), day(-400)],
        FieldKind::Text => vec![json!("另一个")],
        FieldKind::Texts => vec![json!(["另一个"])],
        FieldKind::LongText => vec![json!("x")],
        FieldKind::Date => vec![day(1), day(-1), day(-400)],
        FieldKind::Amount => vec![json!("0.01"), json!("77777777.77")],
        FieldKind::Rate => vec![json!("9.99%")],
        FieldKind::Share => vec![json!("1/7")],
        FieldKind::Bool => vec![json!("true"), json!("false")],
        FieldKind::Entry => vec![json!("1")],
        FieldKind::Year => vec![json!("2031")],
        FieldKind::Count => vec![json!("7")],
        FieldKind::Balance => vec![json!("0.07")],
        FieldKind::Json => vec![json!({})],
        FieldKind::Word(words) => words.iter().map(|word| json!(word)).collect(),
    }
}

/// The first event of each word, each with the book before it.
fn cases() -> BTreeMap<&'static str, Case> {
    let mut lives: Vec<Vec<Event>> = Vec::new();
    for name in LIVES {
        let opening = r#"{"event":"open-book","id":"open-book","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#;
        let mut life = vec![event(opening)];
        life.extend(events(&format!("scenarios/{name}.jsonl")));
        lives.push(life);
    }
    let mut cases = BTreeMap::new();
    for life in &lives {
        for (place, told) in life.iter().enumerate() {
            let word = told.kind.word();
            if cases.contains_key(word) {
                continue;
            }
            let mut book = blank();
            for before in &life[..place] {
                book.record(before.clone(), &Settled::options()).unwrap();
            }
            cases.insert(word, Case { book, value: json_of(told) });
        }
    }
    let known = |word: &str, cases: &BTreeMap<&str, Case>| {
        let word = EventSpec::of(word).unwrap().word;
        (!cases.contains_key(word)).then_some(word)
    };
    let rest = || rests::LIFE.iter().chain(REST);
    for (place, line) in rest().enumerate() {
        let word =
            serde_json::from_str::<Value>(line).unwrap()["event"].as_str().unwrap().to_owned();
        let Some(word) = known(&word, &cases) else { continue };
        let mut walk = rests::Walk::blank();
        rest().take(place).for_each(|line| walk.tell_as_told(line, BREAKER));
        let value = walk.filled(line, BREAKER);
        cases.insert(word, Case { book: walk.book, value });
    }
    for (word, stage) in [
        ("import-statement", "statement taken"),
        ("undo-statement", "statement taken"),
        ("match-lines", "statement taken"),
        ("unmatch-lines", "statement taken"),
        ("reconcile-settings", "statement taken"),
        ("certify", "statement taken"),
    ] {
        let word = known(word, &cases).unwrap();
        let last = poolbook_stage(stage, word);
        cases.insert(word, last);
    }
    cases
}

/// The first event of a word in a stage, with the book before it.
fn poolbook_stage(stage: &str, word: &str) -> Case {
    let lines = crate::support::stages::STAGES.iter().find(|(name, _)| *name == stage).unwrap().1;
    let of = |line: &&str| serde_json::from_str::<Value>(line).unwrap()["event"] == word;
    let place = lines.iter().position(of).unwrap();
    let mut book = book_at("set up");
    for (number, line) in lines[..place].iter().enumerate() {
        let value = named(line, number);
        book.record(event(&value.to_string()), &Settled::options())
            .unwrap_or_else(|problem| panic!("{problem}\n{value}"));
    }
    Case { book, value: named(lines[place], place) }
}

fn named(line: &str, number: usize) -> Value {
    let mut value: Value = serde_json::from_str(line).unwrap();
    if value.get("id").is_none() {
        value["id"] = format!("stage-{number}").into();
    }
    value
}

fn json_of(told: &Event) -> Value {
    serde_json::from_str(&told.to_json()).unwrap()
}

#[test]
fn every_field_changes_something_or_describes() {
    let mut cases = cases();
    let mut silent: BTreeSet<String> = BTreeSet::new();
    for EventSpec { word, fields: own, .. } in VOCABULARY {
        let case = cases.get_mut(word).unwrap_or_else(|| panic!("no life has {word}"));
        let value = case.value.clone();
        let before = outcome(case, &value);
        if !before.starts_with('[') {
            silent.insert(format!("{word} is not taken as it is: {before}"));
            continue;
        }
        // The word is the event, the id its name, the date the entry's own.
        let common = COMMON_FIELDS.iter();
        let common = common.filter(|spec| !["event", "id", "date"].contains(&spec.name));
        for spec in own.iter().chain(common) {
            let changed = others(spec, &value)
                .into_iter()
                .filter(|other| value.get(spec.name).unwrap_or(&Value::Null) != other);
            let mut came = Vec::new();
            for other in changed {
                let mut value = value.clone();
                value[spec.name] = other;
                came.push(outcome(case, &value));
            }
            let differs = came.iter().any(|one| *one != before);
            let told = TOLD.contains(&(word, spec.name))
                || DESCRIBES.contains(&spec.name)
                || (spec.name == "effective" && !TRUE_DAY.contains(word));
            if !differs && !told {
                silent.insert(format!("{word} {}", spec.name));
            }
        }
    }
    assert_eq!(silent, BTreeSet::new(), "accepted and without effect");
}
