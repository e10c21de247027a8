//! A bank account with statements from two sources, a match by hand, and a certificate.

use crate::support::book::{blank, event, options, record};
use poolbook::book::Book;
use poolbook::domain::calendar::{Date, parse_date};
use poolbook::domain::money::Money;
use poolbook::domain::statement::{Movement, Sheet};
use poolbook::domain::text::Id;
use poolbook::store::MemoryStore;

/// A day of 2017.
pub fn day(text: &str) -> Date {
    parse_date(&format!("2017-{text}")).unwrap()
}

/// A statement of POOL that begins with a balance; rows of day, amount and name.
pub fn sheet(hash: char, days: [&str; 2], opening: &str, rows: &[(&str, &str, &str)]) -> Sheet {
    let opening = Money::parse(opening).unwrap();
    let mut balance = opening;
    let movement = |(row, (date, amount, name)): (u64, &(&str, &str, &str))| {
        let amount = Money::parse(amount).unwrap();
        balance = balance.add(amount).unwrap();
        Movement {
            amount,
            balance,
            date: day(date),
            name: (*name).into(),
            row,
            ..Movement::default()
        }
    };
    let movements: Vec<Movement> = (2..).zip(rows).map(movement).collect();
    Sheet {
        bank_account: Id::parse("POOL").unwrap(),
        channel: None,
        fetched_by: Some("甲".into()),
        file: format!("{hash}.csv").into(),
        sha256: hash.to_string().repeat(64).into(),
        place: 1,
        profile: "plain".into(),
        number: None,
        currency: None,
        opening,
        closing: movements.last().map_or(opening, |last| last.balance),
        from: day(days[0]),
        to: day(days[1]),
        gap_reason: None,
        movements,
    }
}

/// A book with money on POOL: 1,000.00 in on 1 March (5.1), 10.00 out on 3 March (6.2), 5.00 in on
/// 5 April (7.1).
pub fn funded() -> Book<MemoryStore> {
    let mut book = blank();
    let lines = [
        r#"{"event":"open-book","id":"open","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#,
        r#"{"event":"join","id":"join","date":"2017-01-01","owner":"410821"}"#,
        r#"{"event":"bank-account","id":"pool","date":"2017-01-01","owner":"410821","bank_account":"POOL","fund":"RISK","number":"6222021112"}"#,
        r#"{"event":"bank-account","id":"other","date":"2017-01-01","owner":"410821","bank_account":"POOL-2","fund":"RISK"}"#,
        r#"{"event":"contribute","id":"in","date":"2017-03-01","owner":"410821","source":"county","bank_account":"POOL","amount":"1000.00"}"#,
        r#"{"event":"bank-charge","id":"charge","date":"2017-03-03","owner":"410821","bank_account":"POOL","amount":"10.00"}"#,
        r#"{"event":"contribute","id":"more","date":"2017-04-05","owner":"410821","source":"county","bank_account":"POOL","amount":"5.00"}"#,
    ];
    record(&mut book, &lines.map(event));
    book
}

/// March by the bank's pages, where the charge stands a day earlier and one more came in on the last
/// day, and the same by the counter; April; a match by hand; 31 March certified.
pub fn tied() -> Book<MemoryStore> {
    let mut book = funded();
    let rows =
        [("03-01", "1000.00", "财政局"), ("03-02", "-10.00", ""), ("03-31", "5.00", "财政局")];
    let march = sheet('a', ["03-01", "03-31"], "0.00", &rows);
    let mut counter = sheet('c', ["03-01", "03-31"], "0.00", &rows);
    counter.channel = Some(Id::parse("counter").unwrap());
    counter.fetched_by = Some("丙".into());
    let april = sheet('b', ["04-01", "04-30"], "995.00", &[("04-20", "7.00", "")]);
    for statement in [&march, &counter, &april] {
        book.take_statement(statement, &options()).unwrap();
    }
    let charge = book.channel("POOL", None, None).unwrap().lines[1].id.clone();
    let matched = format!(
        r#"{{"event":"match-lines","id":"match","date":"2017-03-31","bank_account":"POOL","lines":["{charge}"],"postings":["6.2"]}}"#
    );
    record(&mut book, &[event(&matched)]);
    let tie = book.tie("POOL", day("03-31"), None).unwrap();
    let mut certify = tie.event(&Id::parse("POOL").unwrap(), day("03-31")).unwrap();
    certify.id = Id::parse("certify").unwrap();
    certify.checker = Some("乙".into());
    record(&mut book, &[certify]);
    let later = r#"{"event":"pool-interest","id":"later","date":"2017-04-20","owner":"410821","bank_account":"POOL","amount":"7.00"}"#;
    record(&mut book, &[event(later)]);
    book
}
