//! The vocabulary read, written and refused.

use super::*;

#[test]
fn the_vocabulary_is_in_the_order_of_the_stored_bytes() {
    for EventSpec { word, fields, .. } in VOCABULARY {
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        assert!(names.is_sorted(), "{word}: {names:?}");
        assert!(!names.iter().any(|name| COMMON_FIELDS.iter().any(|field| field.name == *name)));
    }
}

#[test]
fn reads_writes_and_reads_again() {
    let line = r#"{"event":"contribute","id":"C-1","date":"2017-03-01","owner":"410821","fund":"RISK","source":"county","bank_account":"RISK-A","amount":"6,000,000.00","memo":"首批 \"到位\"","attachments":["a.pdf"]}"#;
    let event = Event::from_json(line.as_bytes()).unwrap();
    let again = Event::from_json(event.to_json().as_bytes()).unwrap();
    assert_eq!(event, again);
    let mut own = Vec::new();
    event.write_own(&mut Writer::new(&mut own));
    assert_eq!(
        String::from_utf8(own).unwrap(),
        r#"{"amount":"6000000.00","bank_account":"RISK-A","event":"contribute","fund":"RISK","memo":"首批 \"到位\"","owner":"410821","source":"county"}"#
    );
}

#[test]
fn names_the_field_that_is_wrong() {
    let check = |line: &str, expected: &str| {
        let problem = Event::from_json(line.as_bytes()).unwrap_err();
        assert_eq!(
            format!("{} {}", problem.code, problem.arg("field").unwrap_or("-")),
            expected,
            "{line}"
        );
    };
    let event = |own: &str| {
        format!(r#"{{"event":"bank-charge","id":"a","date":"2017-03-01","owner":"410821",{own}}}"#)
    };
    check(&event(r#""bank_account":"x","amount":"1.005""#), "amount-precision amount");
    check(&event(r#""bank_account":"x","amount":"1e3""#), "amount-format amount");
    check(&event(r#""bank_account":"x","amount":"-1.00""#), "amount-negative amount");
    check(&event(r#""bank_account":"x","amount":"10000000000000000""#), "amount-range amount");
    check(&event(r#""bank_account":"x","amount":5"#), "number-not-text amount");
    check(&event(r#""bank_account":"x""#), "field-missing amount");
    check(
        &event(r#""bank_account":"x","amount":"1","bankacount":"y""#),
        "field-unknown bankacount",
    );
    check(
        r#"{"event":"bank-charge","id":"a","date":"2017-02-29","owner":"x","bank_account":"x","amount":"1"}"#,
        "date-unknown date",
    );
    check(r#"{"event":"close","id":"a","date":"2017-02-28"}"#, "field-missing period");
    check(r#"{"event":"contribut","id":"a","date":"2017-02-28"}"#, "event-unknown -");
    check(r#"{"event":"x","event":"y"}"#, "json-syntax -");
}
