//! The bounds of facts about statements: what one event names, and what is kept of it.

use super::Held::{Elsewhere, Otherwise, Refused};
use super::{Bound, told, usize_of};
use crate::support::book::{event, options, record};
use crate::support::tied::{day, funded, sheet, tied};
use poolbook::book::Book;
use poolbook::domain::event::{Event, Kind};
use poolbook::domain::money::Money;
use poolbook::domain::statement::figures::{Figures, Open};
use poolbook::domain::statement::{Movement, Sheet};
use poolbook::domain::text::Id;
use poolbook::limits::{
    CERTIFICATE_OPEN_MAX, CERTIFICATE_TOUCHES_MAX, COUNT_MAX, MATCH_LINES_MAX,
    STATEMENT_PART_BYTES, STATEMENT_PARTS_MAX,
};
use poolbook::store::MemoryStore;
use serde_json::json;

pub const HELD: &[Bound] = &[
    (
        "COUNT_MAX",
        Refused("whole-number", |more| {
            let count = COUNT_MAX + more;
            let settings = json!({"event": "reconcile-settings", "id": "s", "date": "2017-03-01",
                "steps_max": count});
            let recorded = recorded(&mut funded(), settings, more);
            let text = format!(
                r#"{{"event":"reconcile-settings","id":"s","date":"2017-03-01","steps_max":"{count}"}}"#
            );
            assert_eq!(told(Event::from_json(text.as_bytes())), recorded, "as a text");
            recorded
        }),
    ),
    ("MATCH_LINES_MAX", Refused("match-count", matches)),
    (
        "STATEMENT_PARTS_MAX",
        Refused("statement-part", |more| {
            let event = &sheet('a', ["03-01", "03-31"], "0.00", &[]).events(0).unwrap()[0];
            let mut json: serde_json::Value = serde_json::from_str(&event.to_json()).unwrap();
            json["part"] = 1.into();
            json["parts"] = (STATEMENT_PARTS_MAX + more).into();
            recorded(&mut funded(), json, more)
        }),
    ),
    ("STATEMENT_PART_BYTES", Otherwise("cut", parts)),
    ("CERTIFICATE_OPEN_MAX", Refused("certify-figures", open_items)),
    ("CERTIFICATE_TOUCHES_MAX", Otherwise("forgotten", touches)),
    // Nobody waits for a minute: the test gives the index less, and holds the system's disk to this.
    ("INDEX_WAIT_SECONDS", Elsewhere("tests/torture/media.rs", "index_that_hangs_is_given_up")),
];

/// Records an event, which at the bound is taken and not refused for something else.
fn recorded(
    book: &mut Book<MemoryStore>,
    json: serde_json::Value,
    more: u64,
) -> Result<(), String> {
    let read = Event::from_json(json.to_string().as_bytes());
    let told = told(read.and_then(|event| book.record(event, &options())));
    assert_eq!(told.is_ok(), more == 0, "{told:?}");
    told
}

/// So many lines of the statement, and so many of the book; either side is bounded.
fn matches(more: u64) -> Result<(), String> {
    let side = |of_bank: bool, count: usize| -> Vec<String> {
        let name = |n| if of_bank { format!("{n:012x}") } else { format!("5.{n}") };
        (1..=count).map(name).collect()
    };
    let most = MATCH_LINES_MAX + usize_of(more);
    let tried = [(most, MATCH_LINES_MAX), (MATCH_LINES_MAX, most), (most, 0), (0, most)];
    let results = tried.map(|(lines, postings)| {
        let json = json!({"event": "match-lines", "id": "m", "date": "2017-03-31",
            "bank_account": "POOL", "lines": side(true, lines), "postings": side(false, postings)});
        recorded(&mut funded(), json, more)
    });
    let [result, ..] = &results;
    assert!(results.iter().all(|other| other == result), "{results:?}");
    result.clone()
}

/// Two movements that fill a part. A quote takes two bytes, so one character more is two bytes above.
fn parts(more: u64) -> Result<(), String> {
    let texts = (STATEMENT_PART_BYTES - 2 * 160) / 2;
    let movement = |length: usize, row: u64| Movement {
        date: day("03-01"),
        memo: "\"".repeat(length).into(),
        row,
        ..Movement::default()
    };
    let movements = vec![movement(texts / 2, 2), movement(texts - texts / 2 + usize_of(more), 3)];
    let whole = Sheet { movements, ..sheet('a', ["03-01", "03-31"], "0.00", &[]) };
    let events = whole.events(0).unwrap();
    for event in &events {
        let Kind::ImportStatement(own) = &event.kind else { panic!() };
        assert!(own.movements.as_str().len() <= STATEMENT_PART_BYTES, "no part is longer");
    }
    if events.len() == 1 { Ok(()) } else { Err("cut".to_owned()) }
}

/// The certificate of April with open items that add up to nothing.
fn open_items(more: u64) -> Result<(), String> {
    let mut book = tied();
    let tie = book.tie("POOL", day("04-30"), None).unwrap();
    let mut event = tie.event(&Id::parse("POOL").unwrap(), day("04-30")).unwrap();
    event.id = Id::parse("april").unwrap();
    let Kind::Certify(own) = &mut event.kind else { panic!() };
    let mut figures = Figures::read(&own.figures).unwrap();
    assert!(figures.open.is_empty());
    // One came in, and all the others went out again, a fen each.
    let count = CERTIFICATE_OPEN_MAX + usize_of(more);
    figures.open = (0..count)
        .map(|number| Open {
            amount: Money::from_fen(if number == 0 { count as i64 - 1 } else { 1 }).unwrap(),
            date: day("04-30"),
            kind: if number == 0 { "bank-received" } else { "bank-paid" }.into(),
            line: format!("{number:012x}").into(),
        })
        .collect();
    event.checker = Some("乙".into());
    own.figures = figures.json();
    own.digest = figures.digest("POOL", day("04-30")).into();
    let result = told(book.record(event, &options()));
    assert_eq!(result.is_ok(), more == 0, "{result:?}");
    result
}

/// So many charges on a day that is certified.
fn touches(more: u64) -> Result<(), String> {
    let mut book = tied();
    let count = CERTIFICATE_TOUCHES_MAX + usize_of(more);
    for number in 0..count {
        let charge = format!(
            r#"{{"event":"bank-charge","id":"c{number}","date":"2017-03-31","owner":"410821","bank_account":"POOL","amount":"0.01"}}"#
        );
        record(&mut book, &[event(&charge)]);
    }
    let [certificate] = book.certificates("POOL") else { panic!() };
    assert_eq!(certificate.touched.len(), count.min(CERTIFICATE_TOUCHES_MAX));
    if certificate.touched.len() == count { Ok(()) } else { Err("forgotten".to_owned()) }
}
