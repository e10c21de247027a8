//! Corrections (E-91): a loan whose fact is corrected is the loan that was told right at once.

use crate::support::book::{audited, balances, blank, event, fingerprint, options, record};
use poolbook::book::Book;
use poolbook::domain::loan::Loan;
use poolbook::domain::pool::Part;
use poolbook::store::MemoryStore;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A pool with money, a loan of two notes at most; its firm's deposit is not held.
const SET_UP: &[&str] = &[
    r#"{"event":"open-book","city":"410800","name":"焦作市","currency":"CNY"}"#,
    r#"{"event":"join","owner":"410821"}"#,
    r#"{"event":"party","party":"BANK","kind":"bank","name":"银行"}"#,
    r#"{"event":"party","party":"FIRM","kind":"firm","name":"企业"}"#,
    r#"{"event":"bank-account","owner":"410821","bank_account":"POOL","fund":"RISK"}"#,
    r#"{"event":"contribute","owner":"410821","source":"city","bank_account":"POOL","amount":"900000"}"#,
    r#"{"event":"enrol","owner":"410821","loan":"L","firm":"FIRM","bank":"BANK","amount":"1000","due":"2018-01-01","rate":"5%","pool_share":"1/3"}"#,
    r#"{"event":"disburse","loan":"L","note":"N","amount":"900"}"#,
];

fn set_up() -> Book<MemoryStore> {
    let mut book = blank();
    for (line, number) in SET_UP.iter().zip(1..) {
        let own = line.trim_end_matches('}');
        record(&mut book, &[event(&format!(r#"{own},"date":"2017-01-01","id":"s{number}"}}"#))]);
    }
    book
}

/// A fact of the loan by a few numbers.
fn fact(number: usize, (kind, day, amount): (u8, u8, u16)) -> Value {
    let day = format!("2017-{:02}-{:02}", 1 + day / 28 % 12, 1 + day % 28);
    let amount = format!("{}.{:02}", 1 + amount % 300, amount % 100);
    let mut told = match kind % 14 {
        0..=2 => json!({"event": "repay", "amount": amount, "note": "N"}),
        3 => {
            json!({"event": "interest-paid", "amount": "1.00", "from": day, "to": "2018-06-01", "note": "N", "instalment": true})
        }
        4 => {
            json!({"event": "fee-paid", "amount": "1.00", "from": day, "to": "2018-06-01", "fee_rate": "1%", "instalment": true})
        }
        5 => json!({"event": "reprice", "rate": "4%", "note": "N"}),
        6 => json!({"event": "extend", "due": format!("2019-01-{:02}", 1 + number), "note": "N"}),
        7 => json!({"event": "overdue", "note": "N"}),
        8 => json!({"event": "npl", "note": "N"}),
        9 => json!({"event": "cure", "note": "N"}),
        10 => {
            json!({"event": "file-claim", "claim": format!("C{number}"), "note": "N", "base": amount})
        }
        11 => json!({"event": "approve-claim", "claim": "@"}),
        12 => json!({"event": "pay-claim", "claim": "@", "bank_account": "POOL", "checker": "乙"}),
        _ => json!({"event": "disburse", "amount": "50.00", "note": format!("M{number}")}),
    };
    if told["claim"].is_null() || told["event"] == "file-claim" {
        told["loan"] = "L".into();
    }
    told["id"] = format!("f{number}").into();
    told["date"] = "2019-01-01".into();
    told["effective"] = day.into();
    told
}

/// Facts recorded one by one; those that are refused are left out.
fn life(steps: &[(u8, u8, u16)]) -> Vec<Value> {
    let mut book = set_up();
    let (mut told, mut claim) = (Vec::new(), None::<Value>);
    for (number, step) in steps.iter().enumerate() {
        let mut own = fact(number, *step);
        if own["claim"] == "@" {
            own["claim"] = claim.clone().unwrap_or_else(|| "C".into());
        }
        if book.record(event(&own.to_string()), &options()).is_ok() {
            if own["event"] == "file-claim" {
                claim = Some(own["claim"].clone());
            }
            told.push(own);
        }
    }
    told
}

fn told(facts: &[Value]) -> Result<Book<MemoryStore>, &'static str> {
    let mut book = set_up();
    for own in facts {
        book.record(event(&own.to_string()), &options()).map_err(|problem| problem.code)?;
    }
    Ok(book)
}

/// The loan without the entries that told it.
fn plain(book: &Book<MemoryStore>) -> Loan {
    let mut loan = book.state().loans.get("L").unwrap().clone();
    loan.trail.clear();
    loan
}

fn correction(book: &Book<MemoryStore>, of: &str, id: &str, fields: &Value) -> Value {
    let seq = book.find(of).unwrap().unwrap().seq;
    let mut told =
        json!({"event": "correct", "id": id, "date": "2019-01-02", "entry": seq, "reason": "x"});
    for (name, value) in fields.as_object().unwrap() {
        told[name] = value.clone();
    }
    told
}

/// The fields that a correction of a fact names: one that its kind has, or the true date.
fn fields(of: &Value, day: u8, amount: u16) -> Value {
    let effective = format!("2017-{:02}-{:02}", 1 + day / 28 % 12, 1 + day % 28);
    let other = format!("{}.{:02}", 1 + amount % 400, amount % 100);
    match (of["event"].as_str().unwrap(), amount % 3) {
        ("repay" | "disburse", 0) => json!({"amount": other}),
        ("repay", 1) => json!({"amount": other, "effective": effective}),
        ("interest-paid" | "fee-paid", 0) => json!({"from": effective}),
        ("interest-paid", 1) => json!({"to": "2018-07-01", "amount": other}),
        ("fee-paid", 1) => json!({"fee_rate": "1.5%"}),
        ("reprice", 0) => json!({"rate": "4.5%"}),
        ("extend", 0 | 1) => json!({"due": format!("2019-02-{:02}", 1 + day % 28)}),
        _ => json!({"effective": effective}),
    }
}

/// Registers, sums and claims of two books of one loan.
fn alike(corrected: &Book<MemoryStore>, right: &Book<MemoryStore>) {
    assert_eq!(plain(corrected), plain(right));
    assert_eq!(Part::of(&plain(corrected)), Part::of(&plain(right)));
    assert_eq!(balances(corrected.state()), balances(right.state()));
    let claims = |book: &Book<MemoryStore>| book.state().claims.iter().cloned().collect::<Vec<_>>();
    assert_eq!(claims(corrected), claims(right));
    let released = |book: &Book<MemoryStore>| {
        let owner = |sum: poolbook::domain::pool::Sum| {
            let key = poolbook::domain::pool::owner_key(book.state(), sum, 0, &plain(book).owner);
            book.state().sum(key)
        };
        use poolbook::domain::pool::Sum;
        [owner(Sum::Counted), owner(Sum::PoolPart), owner(Sum::Covered)]
    };
    assert_eq!(released(corrected), released(right));
}

/// Every event of a book decided again, in a new one.
fn decided_again(book: &Book<MemoryStore>) {
    let mut again = blank();
    let entries = crate::support::book::entries(book.store());
    record(&mut again, &entries.into_iter().map(|entry| entry.event).collect::<Vec<_>>());
    assert_eq!(crate::support::all(book.store()), crate::support::all(again.store()));
    assert_eq!(fingerprint(book).0, fingerprint(&again).0);
}

fn try_out(facts: &[Value], place: usize, day: u8, amount: u16) {
    let Some(of) = facts.get(place % facts.len().max(1)) else { return };
    let mut book = told(facts).unwrap();
    let fields = fields(of, day, amount);
    let mut right = facts.to_vec();
    for (name, value) in fields.as_object().unwrap() {
        right[place % facts.len()][name] = value.clone();
    }
    let before = fingerprint(&book);
    let id = of["id"].as_str().unwrap();
    let own = correction(&book, id, "co", &fields);
    let taken = book.record(event(&own.to_string()), &options());
    let Err(problem) = taken else {
        let right = told(&right).unwrap_or_else(|code| panic!("refused at once: {code}"));
        alike(&book, &right);
        let entry = book.find("co").unwrap().unwrap();
        assert!(entry.lines.is_empty(), "money moved");
        assert!(audited(book.store()).is_empty(), "{:?}", audited(book.store()));
        let was: serde_json::Map<String, Value> = fields
            .as_object()
            .unwrap()
            .keys()
            .map(|name| (name.clone(), of[name].clone()))
            .collect();
        let mut twice = told(facts).unwrap();
        record(&mut twice, &[event(&own.to_string())]);
        let back = correction(&twice, id, "co2", &Value::Object(was));
        record(&mut twice, &[event(&back.to_string())]);
        alike(&twice, &told(facts).unwrap());
        let reverse = json!({
            "event": "reverse", "id": "rv", "date": "2019-01-03", "entry": entry.seq, "reason": "x"
        });
        record(&mut book, &[event(&reverse.to_string())]);
        alike(&book, &told(facts).unwrap());
        for book in [&book, &twice] {
            assert!(audited(book.store()).is_empty(), "{:?}", audited(book.store()));
            decided_again(book);
        }
        return;
    };
    assert_eq!(fingerprint(&book), before, "a trace of a refusal");
    if !["correct-same", "correct-kind"].contains(&problem.code) {
        assert!(told(&right).is_err(), "only the correction is refused: {problem}");
    }
}

proptest! {
    #![proptest_config(crate::support::world::cases(80))]
    #[test]
    fn a_corrected_loan_is_the_loan_told_right_at_once(
        steps in proptest::collection::vec((any::<u8>(), any::<u8>(), any::<u16>()), 1..14),
        place in any::<usize>(), day in any::<u8>(), amount in any::<u16>(),
    ) {
        try_out(&life(&steps), place, day, amount);
    }
}

#[test]
fn more_than_one_entry_holds_is_refused() {
    let reprice = |number: usize| json!({"event": "reprice", "id": format!("f{number}"), "date": "2019-01-01", "loan": "L", "rate": "4%"});
    let most = poolbook::limits::CORRECT_STEPS_MAX;
    let mut book = told(&(0..=most).map(reprice).collect::<Vec<_>>()).unwrap();
    let own = correction(&book, "f0", "co", &json!({"rate": "5%"}));
    record(&mut book, &[event(&own.to_string())]);
    assert!(
        book.find("co").unwrap().unwrap().to_bytes().len() < poolbook::limits::JOURNAL_LINE_MAX / 4
    );
    let mut book = told(&(0..=most + 1).map(reprice).collect::<Vec<_>>()).unwrap();
    let own = correction(&book, "f0", "co", &json!({"rate": "5%"}));
    let problem = book.record(event(&own.to_string()), &options()).unwrap_err();
    assert_eq!((problem.code, problem.arg("count")), ("correct-long", Some("201")));
}

/// A deposit of 18.00 is applied in full; 0.01 comes in later, and stays out of what was applied.
#[test]
fn a_deposit_that_came_since_is_no_part_of_what_was_applied() {
    let fact = |id: &str, event: &str, more: Value| {
        let mut told = json!({"event": event, "id": id, "date": "2017-03-01", "loan": "L"});
        told.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        told
    };
    let facts = [
        fact("f0", "overdue", json!({"note": "N"})),
        fact("f1", "receive-deposit", json!({"bank_account": "POOL", "amount": "18.00"})),
        fact("f2", "apply-deposit", json!({"bank_account": "POOL", "note": "N", "checker": "乙"})),
        fact("f3", "receive-deposit", json!({"bank_account": "POOL", "amount": "0.01"})),
    ];
    let mut book = told(&facts).unwrap();
    let own = correction(&book, "f0", "co", &json!({"effective": "2017-02-01"}));
    record(&mut book, &[event(&own.to_string())]);
    let mut right = facts.clone();
    right[0]["effective"] = "2017-02-01".into();
    alike(&book, &told(&right).unwrap());
    assert_eq!(audited(book.store()), []);
}
