//! Movements written and read, names of lines, files cut into parts.

use super::*;
use crate::domain::calendar::date;

fn movement(row: u64, amount: &str, balance: &str) -> Movement {
    Movement {
        amount: Money::parse(amount).unwrap(),
        balance: Money::parse(balance).unwrap(),
        date: date(2017, 12, 21).unwrap(),
        memo: "结息".into(),
        row,
        ..Movement::default()
    }
}

fn sheet(movements: Vec<Movement>) -> Sheet {
    Sheet {
        bank_account: Id::parse("POOL").unwrap(),
        channel: None,
        fetched_by: None,
        file: "12月.csv".into(),
        sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        place: 1,
        profile: "plain".into(),
        number: None,
        currency: None,
        opening: Money::ZERO,
        closing: movements.last().map_or(Money::ZERO, |last| last.balance),
        from: date(2017, 12, 1).unwrap(),
        to: date(2017, 12, 31).unwrap(),
        gap_reason: None,
        movements,
    }
}

#[test]
fn movements_are_read_as_they_were_written_and_in_no_other_form() {
    let list = vec![movement(2, "8.75", "8.75"), movement(3, "-0.01", "8.74")];
    let json = Movement::json(&list);
    assert_eq!(
        json.as_str(),
        r#"[{"amount":"8.75","balance":"8.75","date":"2017-12-21","memo":"结息","row":2},{"amount":"-0.01","balance":"8.74","date":"2017-12-21","memo":"结息","row":3}]"#
    );
    assert_eq!(Movement::read_all(&json), Ok(list));
    for (text, place) in [
        (r#"{"amount":"1.00"}"#, "0"),
        (r#"[{"amount":"1.00","balance":"1.00","row":2}]"#, "0"),
        (r#"[{"amount":"1.00","balance":"1.00","date":"2017-02-30","row":2}]"#, "1"),
        (r#"[{"amount":"1","balance":"1.00","date":"2017-02-03","row":2}]"#, "0"),
        (r#"[{"amount":"1.00","balance":"1.00","date":"2017-02-03","memo":"","row":2}]"#, "0"),
        (r#"[{"amount":"1.00","balance":"1.00","date":"2017-02-03","row":2,"side":"x"}]"#, "0"),
        (
            "[{\"amount\":\"1.00\",\"balance\":\"1.00\",\"date\":\"2017-02-03\",\"memo\":\"a\u{202e}\",\"row\":2}]",
            "1",
        ),
    ] {
        let json = Json::new(&serde_json::from_str(text).unwrap()).unwrap();
        let problem = Movement::read_all(&json).unwrap_err();
        assert_eq!(
            (problem.code, problem.arg("place")),
            ("statement-movement", Some(place)),
            "{text}"
        );
    }
}

/// printf 'POOL\nnet-bank\n2017-12-21\n8.75\n8.75\n1' | sha256sum
#[test]
fn a_line_is_known_by_what_the_bank_says_of_it() {
    let one = movement(2, "8.75", "8.75");
    let id = line_id("POOL", NET_BANK, (one.date, one.amount, one.balance), 1);
    assert_eq!(id, "8359685fb7d5");
    assert!(is_line_id(&id) && !is_line_id("8C0000000000") && !is_line_id("8c"));
    assert_ne!(id, line_id("POOL", NET_BANK, (one.date, one.amount, one.balance), 2));
}

#[test]
fn a_line_of_the_book_has_one_name() {
    assert_eq!(posting("118.2"), Some((118, 2)));
    for text in ["118", "118.", ".2", "0.1", "1.0", "01.2", "+1.2", "1.2.3", "1.02"] {
        assert_eq!(posting(text), None, "{text}");
    }
}

#[test]
fn a_large_file_is_cut_into_parts_that_hold_every_movement_once() {
    let long = "长".repeat(1_000);
    let row = |row| Movement { memo: long.as_str().into(), ..movement(row, "0.00", "0.00") };
    let whole = sheet((2..1_002).map(row).collect());
    let events = whole.events(0).unwrap();
    assert!(events.len() > 5);
    let mut found = Vec::new();
    for (place, event) in (1..).zip(&events) {
        let Kind::ImportStatement(own) = &event.kind else { panic!() };
        assert_eq!(own.part, Some(Count(place)));
        assert_eq!(own.parts, Some(Count(events.len() as u64)));
        assert!(event.to_json().len() < 512 * 1024);
        found.extend(Movement::read_all(&own.movements).unwrap());
    }
    assert_eq!(found, whole.movements);
    assert_eq!(&*events[0].id, "statement/POOL/net-bank/9f86d081884c7d65");
    assert_eq!(&*events[1].id, "statement/POOL/net-bank/9f86d081884c7d65#2");
    assert_eq!(&*whole.id(1).unwrap(), "statement/POOL/net-bank/9f86d081884c7d65:1");
    let small = sheet(Vec::new()).events(0).unwrap();
    let [Event { kind: Kind::ImportStatement(own), .. }] = small.as_slice() else { panic!() };
    assert_eq!((own.part, own.parts, own.movements.as_str()), (None, None, "[]"));
}
