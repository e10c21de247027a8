//! Journals forged for the check of which loans go over to rules that are in force from an earlier day.

use crate::verify_forgeries::{Book, Row, at, edit};
use poolbook::domain::calendar::parse_date;

/// Rules adopted on 10 May with effect from 1 March: `A` and `B` go over to them, `C` has a claim. `B` goes
/// back, and once more over by itself.
pub const ADOPTED: &[&str] = &[
    r#"{"event":"adopt-rules","id":"old","date":"2017-01-01","rules":"id = \"R\"\nname = \"R\"\n[sharing]\n[[sharing.band]]\npool = \"40%\"\nbank = \"60%\"\n"}"#,
    r#"{"event":"join","id":"j","date":"2017-01-01","owner":"410821"}"#,
    r#"{"event":"party","id":"p1","date":"2017-01-01","party":"BANK","kind":"bank","name":"b"}"#,
    r#"{"event":"party","id":"p2","date":"2017-01-01","party":"FIRM","kind":"firm","name":"f"}"#,
    r#"{"event":"enrol","id":"enrol-a","date":"2017-03-01","owner":"410821","loan":"A","firm":"FIRM","bank":"BANK","amount":"1000.00","due":"2018-03-01","rate":"5%"}"#,
    r#"{"event":"disburse","id":"draw-a","date":"2017-03-01","loan":"A","amount":"1000.00"}"#,
    r#"{"event":"enrol","id":"enrol-c","date":"2017-03-01","owner":"410821","loan":"C","firm":"FIRM","bank":"BANK","amount":"300.00","due":"2017-04-01","rate":"5%"}"#,
    r#"{"event":"disburse","id":"draw-c","date":"2017-03-01","loan":"C","amount":"300.00"}"#,
    r#"{"event":"bank-account","id":"a","date":"2017-01-01","owner":"410821","bank_account":"P","fund":"RISK"}"#,
    r#"{"event":"contribute","id":"in","date":"2017-01-02","owner":"410821","source":"city","bank_account":"P","amount":"900.00"}"#,
    r#"{"event":"overdue","id":"overdue-c","date":"2017-04-01","loan":"C"}"#,
    r#"{"event":"file-claim","id":"claim-c","date":"2017-04-02","claim":"C","loan":"C","base":"300.00"}"#,
    r#"{"event":"enrol","id":"enrol-b","date":"2017-05-05","owner":"410821","loan":"B","firm":"FIRM","bank":"BANK","amount":"500.00","due":"2018-03-01","rate":"5%"}"#,
    r#"{"event":"disburse","id":"draw-b","date":"2017-05-05","loan":"B","amount":"500.00"}"#,
    r#"{"event":"adopt-rules","id":"new","date":"2017-05-10","effective":"2017-03-01","loans_between":"change","rules":"id = \"N\"\nname = \"N\"\n[sharing]\n[[sharing.band]]\npool = \"60%\"\nbank = \"40%\"\n"}"#,
    r#"{"event":"reverse","id":"back","date":"2017-05-11","entry":"18","reason":"x"}"#,
    r#"{"event":"change-rules","id":"alone","date":"2017-05-12","loan":"B","to_rules":"N"}"#,
];

pub const OF_RULES: &[Row] = &[
    // The adoption counts two.
    (
        "rules-changed",
        Book::Adopted,
        |all| edit(all, "new", r#""changed":2"#, r#""changed":3"#),
        &["rules-changed"],
    ),
    (
        "rules-changed",
        Book::Adopted,
        |all| edit(all, "new", r#""kept":1"#, r#""kept":0"#),
        &["rules-changed"],
    ),
    // Its changes are not in its group.
    (
        "rules-changed",
        Book::Adopted,
        |all| {
            for id in ["new", "new/A", "new/B"] {
                at(all, id).more = 0;
            }
        },
        &["rules-changed"],
    ),
    // A loan that should go over does not.
    (
        "rules-changed",
        Book::Adopted,
        |all| {
            let kept = at(all, "old").event.clone();
            let entry = at(all, "new/A");
            (entry.event, entry.memo, entry.voucher, entry.working) =
                (kept, Vec::new(), None, None);
            entry.event.id = poolbook::domain::text::Id::parse("none").unwrap();
            entry.rules = None;
            at(all, "new/B").voucher.as_mut().unwrap().number = 1;
            at(all, "back").voucher.as_mut().unwrap().number = 2;
            at(all, "alone").voucher.as_mut().unwrap().number = 3;
        },
        &["rules-changed", "voucher-number"],
    ),
    // One that has a claim does.
    (
        "rules-changed",
        Book::Adopted,
        |all| edit(all, "alone", r#""loan":"B","to_rules""#, r#""loan":"C","to_rules""#),
        &["loan-exposure", "rules-changed"],
    ),
    // One that nobody enrolled.
    (
        "rules-changed",
        Book::Adopted,
        |all| edit(all, "alone", r#""loan":"B","to_rules""#, r#""loan":"X","to_rules""#),
        &["loan-exposure", "rules-changed"],
    ),
    // The rules are not those of the day on which it was enrolled.
    (
        "rules-changed",
        Book::Adopted,
        |all| at(all, "new").event.effective = parse_date("2017-05-06").ok(),
        &["rules-changed"],
    ),
    // It is under these rules already.
    (
        "rules-changed",
        Book::Adopted,
        |all| edit(all, "alone", r#""loan":"B","to_rules""#, r#""loan":"A","to_rules""#),
        &["loan-exposure", "rules-changed"],
    ),
    // The day of the change is before that of the enrolment.
    (
        "rules-changed",
        Book::Adopted,
        |all| at(all, "alone").event.date = parse_date("2017-05-04").unwrap(),
        &["rules-changed"],
    ),
    // The entry names other rules than those to which the loan goes over.
    (
        "rules-version",
        Book::Adopted,
        |all| edit(all, "alone", r#","rules":"N","#, r#","rules":"R","#),
        &["rules-version"],
    ),
    // 60 % of 500.00 are 300.00: 100.00 more than under the old rules.
    (
        "loan-exposure",
        Book::Adopted,
        |all| {
            for line in &mut at(all, "alone").memo {
                line.amount = poolbook::domain::money::Money::parse("99.99").unwrap();
            }
        },
        &["loan-exposure"],
    ),
];
