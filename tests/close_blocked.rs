//! What stands in the way of closing a period, and what holds it up.

use crate::close::{json, written};
use crate::scenarios::jiaozuo;
use crate::support::book::{event, options, record};
use poolbook::book::{Book, Scope};
use poolbook::domain::event::Event;
use poolbook::store::{FileStore, MemoryStore};

#[test]
fn the_preview_lists_what_stands_in_the_way() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("book");
    written(&path);
    let preview = |period: &str| {
        json(&path, &["close", "--owner", "410821", "--period", period, "--preview"])
    };
    assert_eq!(preview("2018-01")["rows"], serde_json::json!([]));
    let mut book = Book::open(FileStore::open(&path).unwrap(), Scope::All).unwrap();
    let told = [
        r#"{"event":"unknown-receipt","id":"u1","date":"2018-02-05","owner":"410821","bank_account":"POOL","amount":"77.00"}"#,
        r#"{"event":"approve-withdrawal","id":"w1","date":"2018-02-06","owner":"410821","source":"county","amount":"500.00"}"#,
        r#"{"event":"bank-account","id":"i1","date":"2018-01-01","owner":"410821","bank_account":"INT","fund":"INT"}"#,
        r#"{"event":"bank-charge","id":"b1","date":"2018-02-01","owner":"410821","bank_account":"INT","fund":"INT","amount":"3.00"}"#,
        r#"{"event":"budget","id":"b0","date":"2018-03-01","owner":"410821","bank_account":"INT","amount":"10.00"}"#,
    ];
    let order = [told[0], told[1], told[2], told[4], told[3]];
    record(&mut book, &order.map(event));
    drop(book);
    let found = preview("2018-02");
    let rows: Vec<String> = found["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            ["severity", "item", "fund", "subject", "amount"]
                .map(|key| row[key].as_str().unwrap())
                .join(" ")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "blocking below-zero INT INT -3.00",
            "blocking unknown-receipts RISK u1 77.00",
            "open approved-unpaid RISK 2307.05 500.00",
        ]
    );
    let mut book = Book::open(FileStore::open(&path).unwrap(), Scope::All).unwrap();
    let close = |period: &str, day: &str| {
        event(&format!(
            r#"{{"event":"close","id":"{period}","date":"{day}","owner":"410821","period":"{period}","maker":"甲","checker":"乙"}}"#
        ))
    };
    assert_eq!(
        book.record(close("2018-02", "2018-02-28"), &options()).unwrap_err().code,
        "close-blocked"
    );
    // At the end of March the account is in order again, and the receipt is explained.
    let told = r#"{"event":"explain-receipt","id":"x1","date":"2018-03-05","receipt":"u1","to":"interest"}"#;
    record(&mut book, &[event(told), close("2018Q1", "2018-03-31")]);
}

/// Money that arrived and is not explained holds up the final close of its period and of every
/// later one, not the soft close and not the period before; an explanation of a later day will do.
#[test]
fn a_final_close_waits_until_every_receipt_is_explained() {
    let mut book = jiaozuo();
    let receipt = |id: &str, date: &str, amount: &str| {
        event(&format!(
            r#"{{"event":"unknown-receipt","id":"{id}","date":"{date}","owner":"410821","bank_account":"POOL","amount":"{amount}"}}"#
        ))
    };
    let explain = |id: &str, receipt: &str, date: &str, amount: &str| {
        event(&format!(
            r#"{{"event":"explain-receipt","id":"{id}","date":"{date}","receipt":"{receipt}","to":"interest","amount":"{amount}"}}"#
        ))
    };
    let close = |period: &str, day: &str, stage: &str| {
        event(&format!(
            r#"{{"event":"close","id":"{period}-{stage}","date":"{day}","owner":"410821","period":"{period}","stage":"{stage}","maker":"甲","checker":"乙"}}"#
        ))
    };
    let blocked = |book: &mut Book<MemoryStore>, event: Event| {
        let problem = book.record(event, &options()).unwrap_err();
        assert_eq!(problem.code, "close-blocked", "{problem}");
        ["item", "subject", "amount", "count"].map(|name| problem.arg(name).unwrap().to_owned())
    };
    let begin = [
        r#"{"event":"join","id":"j1","date":"2018-01-01","owner":"410821"}"#,
        r#"{"event":"bank-account","id":"p1","date":"2018-01-01","owner":"410821","bank_account":"POOL","fund":"RISK"}"#,
    ];
    record(&mut book, &begin.map(event));
    record(&mut book, &[receipt("r1", "2018-02-28", "77.00"), receipt("r2", "2018-02-28", "5.00")]);
    record(&mut book, &[receipt("r3", "2018-03-01", "9.00")]);
    // The month before has nothing of it.
    record(&mut book, &[close("2018-01", "2018-01-31", "final")]);
    let february = || close("2018-02", "2018-02-28", "final");
    let first = ["unknown-receipts", "r1", "77.00", "2"].map(str::to_owned);
    assert_eq!(blocked(&mut book, february()), first);
    record(&mut book, &[close("2018-02", "2018-02-28", "soft")]);
    record(&mut book, &[explain("x1", "r1", "2018-03-10", "76.99")]);
    let rest = ["unknown-receipts", "r1", "0.01", "2"].map(str::to_owned);
    assert_eq!(blocked(&mut book, february()), rest);
    record(&mut book, &[explain("x2", "r1", "2018-03-11", "0.01")]);
    record(&mut book, &[explain("x3", "r2", "2018-03-12", "5.00")]);
    // The receipt of March does not hold up February; the balance of February's end still shows.
    record(&mut book, &[february()]);
    let march = ["unknown-receipts", "r3", "9.00", "1"].map(str::to_owned);
    assert_eq!(blocked(&mut book, close("2018Q1", "2018-03-31", "final")), march);
}
