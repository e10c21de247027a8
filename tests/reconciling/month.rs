//! Two months of a clerk who is new to it: statements in, status, suggestions, the drafts recorded, a
//! match confirmed, the month certified, and a late entry that breaks the certificate.
//!
//! Worked by hand. March, bank: 300,000.00 + 120,540.00 - 15.50 + 75.21 = 420,599.71. Book: 300,000.00 +
//! 120,450.00 (two digits exchanged) + 50,000.00 (on its way) = 470,450.00; difference -49,850.29.
//! Adjusted statement 420,599.71 + 120,450.00 + 50,000.00, adjusted book 470,450.00 + 120,540.00 + 75.21 -
//! 15.50, both 591,049.71. Mended, the book has 470,599.71 and only the 50,000.00 are open.
//! April, bank: + 50,000.00 + 30,000.00 = 500,599.71; book: + 10,000.00 + 20,000.00 = 500,599.71.

use super::{columns, report, run};
use crate::support::fixture;
use std::path::Path;

const MARCH: &str = "期间,2017-03-01至2017-03-31\n期初余额,0.00\n日期,摘要,收入,支出,余额\n\
    2017-03-02,首期出资 修财〔2017〕8号,\"300,000.00\",,\"300,000.00\"\n\
    2017-03-10,增资 修财〔2017〕11号,\"120,540.00\",,\"420,540.00\"\n\
    2017-03-20,电汇手续费,,15.50,\"420,524.50\"\n\
    2017-03-21,存款结息,75.21,,\"420,599.71\"\n";
const APRIL: &str = "期间,2017-04-01至2017-04-30\n期初余额,\"420,599.71\"\n日期,摘要,收入,支出,余额\n\
    2017-04-03,追加出资 修财〔2017〕15号,\"50,000.00\",,\"470,599.71\"\n\
    2017-04-12,财政拨款,\"30,000.00\",,\"500,599.71\"\n";
const SETUP: &str = r#"{"id":"join-1","event":"join","date":"2017-01-01","owner":"410821"}
{"id":"bank","event":"party","date":"2017-01-01","party":"BANK","kind":"bank","name":"中原银行修武支行"}
{"id":"account-1","event":"bank-account","date":"2017-01-01","owner":"410821","bank_account":"POOL","fund":"RISK","bank":"BANK","number":"6228001234567890123"}
{"id":"money-1","event":"contribute","date":"2017-03-02","owner":"410821","source":"county","bank_account":"POOL","amount":"300000.00","document":"修财〔2017〕8号","memo":"首期出资"}
{"id":"money-2","event":"contribute","date":"2017-03-10","owner":"410821","source":"county","bank_account":"POOL","amount":"120450.00","document":"修财〔2017〕11号","memo":"增资"}
{"id":"money-3","event":"contribute","date":"2017-03-28","owner":"410821","source":"county","bank_account":"POOL","amount":"50000.00","document":"修财〔2017〕15号","memo":"追加出资"}
"#;
const APRIL_MONEY: &str = r#"{"id":"money-4","event":"contribute","date":"2017-04-11","owner":"410821","source":"county","bank_account":"POOL","amount":"10000.00","document":"修财〔2017〕18号"}
{"id":"money-5","event":"contribute","date":"2017-04-11","owner":"410821","source":"city","bank_account":"POOL","amount":"20000.00","document":"焦财预〔2017〕52号"}
"#;
const PEOPLE: [&str; 6] = ["--maker", "李砚秋", "--checker", "王澍文", "--approver", "张栎川"];

fn must(dir: &Path, arguments: &[&str]) -> String {
    let done = run(dir, arguments);
    assert_eq!(done.code, 0, "{arguments:?}\n{}{}", done.out, done.err);
    done.out
}

/// The book of March with its statement.
fn march(dir: &Path) {
    let rules = fixture("jiaozuo-2017/rules/jiaozuo-demo.toml");
    must(dir, &["init", "--city", "410800", "--date", "2017-01-01"]);
    let rules = rules.to_str().unwrap();
    must(dir, &["adopt-rules", "--id", "rules", "--date", "2017-01-02", "--rules", rules]);
    for (name, text) in [
        ("setup.jsonl", SETUP),
        ("3月.csv", MARCH),
        ("4月.csv", APRIL),
        ("april.jsonl", APRIL_MONEY),
    ] {
        std::fs::write(dir.join(name), text).unwrap();
    }
    must(dir, &["record", "setup.jsonl"]);
    must(dir, &["statement", "import", "POOL", "3月.csv", "--maker", "李砚秋"]);
}

/// Records what `suggest` drafted.
fn mend(dir: &Path) {
    let told = run(dir, &["reconcile", "suggest", "POOL", "--drafts", "drafts.jsonl"]);
    assert_eq!(told.code, 1);
    assert!(told.err.starts_with("4 drafts were written to drafts.jsonl"), "{}", told.err);
    must(dir, &[&["record", "drafts.jsonl"], &PEOPLE[..]].concat());
}

#[test]
fn march_is_explained_mended_certified_and_broken() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    march(dir);
    let (code, status) = report(dir, &["reconcile", "status"]);
    assert_eq!(code, 1);
    let names = [
        "tied_to",
        "statement_to",
        "book_balance",
        "statement_balance",
        "difference",
        "bank_items",
        "book_items",
        "oldest",
        "certificate",
        "sources",
        "ok",
    ];
    assert_eq!(
        columns(&status["rows"], &names),
        ["2017-03-09 2017-03-31 470450.00 420599.71 -49850.29 3 2 21 none 1 false"]
    );
    let (code, form) = report(dir, &["reconcile", "POOL"]);
    assert_eq!(code, 1);
    for (key, value) in [
        ("to", "2017-03-31"),
        ("bank_name", "中原银行修武支行"),
        ("number", "6228001234567890123"),
        ("currency", "CNY"),
        ("book_balance", "470450.00"),
        ("bank_received", "120615.21"),
        ("bank_paid", "15.50"),
        ("adjusted_book", "591049.71"),
        ("statement_balance", "420599.71"),
        ("book_received", "170450.00"),
        ("book_paid", "0.00"),
        ("adjusted_statement", "591049.71"),
        ("unexplained", "0.00"),
    ] {
        assert_eq!(form[key], value, "{key}");
    }
    let (_, told) = report(dir, &["reconcile", "suggest", "POOL", "--most", "1"]);
    assert_eq!(
        columns(&told["rows"], &["fault", "amount"]),
        [
            "transposed-digits 120540.00",
            "bank-interest 75.21",
            "bank-charge 15.50",
            "transposed-digits 120450.00",
            "timing 50000.00",
        ]
    );
    mend(dir);
    let (code, status) = report(dir, &["reconcile", "status"]);
    assert_eq!(code, 1, "the money on its way is open");
    let names = ["tied_to", "book_balance", "difference", "bank_items", "book_items"];
    assert_eq!(columns(&status["rows"], &names), ["2017-03-27 470599.71 -50000.00 0 1"]);

    let certify = ["reconcile", "certify", "POOL", "--as-of", "2017-03-31"];
    let (code, certificate) = report(dir, &[&certify[..], &PEOPLE[..4]].concat());
    assert_eq!(code, 0);
    let names = [
        "date",
        "state",
        "statement_balance",
        "book_balance",
        "difference",
        "adjusted",
        "open_items",
        "sources",
        "maker",
        "checker",
    ];
    assert_eq!(
        columns(&certificate["rows"], &names),
        ["2017-03-31 sound 420599.71 470599.71 -50000.00 470599.71 1 1 李砚秋 王澍文"]
    );
    let items = columns(&certificate["certified_items"], &["item", "date", "amount", "age"]);
    assert_eq!(items, ["book-received 2017-03-28 50000.00 3"]);
    let journal = std::fs::read(dir.join("book/journal.jsonl")).unwrap();
    must(dir, &[&certify[..], &PEOPLE[..4]].concat());
    assert_eq!(std::fs::read(dir.join("book/journal.jsonl")).unwrap(), journal, "once is enough");
    must(dir, &["reconcile", "certificates"]);

    let late = [
        "bank-charge",
        "--id",
        "late",
        "--owner",
        "410821",
        "--bank-account",
        "POOL",
        "--date",
        "2017-03-30",
        "--amount",
        "8.00",
    ];
    must(dir, &[&late[..], &PEOPLE[..]].concat());
    let (code, list) = report(dir, &["reconcile", "certificates"]);
    assert_eq!(code, 1);
    let last = std::fs::read_to_string(dir.join("book/journal.jsonl")).unwrap().lines().count();
    let names = ["date", "state", "broken_by", "book_balance"];
    assert_eq!(columns(&list["rows"], &names), [format!("2017-03-31 broken {last} 470599.71")]);
    let (_, status) = report(dir, &["reconcile", "status"]);
    let broken = columns(&status["rows"], &["book_balance", "certificate", "broken_by"]);
    assert_eq!(broken, [format!("470591.71 broken {last}")]);
}

/// What cleared in April is open on the last day of March all the same.
#[test]
fn the_form_of_march_stays_right_when_all_has_cleared() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    march(dir);
    mend(dir);
    must(dir, &["record", "april.jsonl"]);
    must(dir, &["statement", "import", "POOL", "4月.csv", "--maker", "李砚秋"]);
    let (code, form) = report(dir, &["reconcile", "POOL", "--as-of", "2017-03-31"]);
    assert_eq!(code, 1);
    assert_eq!(form["statement_balance"], "420599.71");
    assert_eq!(form["book_balance"], "470599.71");
    let names = ["item", "date", "amount", "age", "state", "cleared"];
    assert_eq!(
        columns(&form["rows"], &names),
        ["book-received 2017-03-28 50000.00 3 cleared-later 2017-04-03"]
    );
    let (_, later) = report(dir, &["reconcile", "POOL", "--as-of", "2017-05-31"]);
    assert_eq!(later["statement_to"], "2017-04-30");
    assert!(later["notes"][0]["code"] == "reconcile-short", "{later}");
}

/// One line of the bank for two of the book, confirmed, taken back, and confirmed again.
#[test]
fn a_person_confirms_takes_back_and_confirms_again() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    march(dir);
    mend(dir);
    must(dir, &["record", "april.jsonl"]);
    must(dir, &["statement", "import", "POOL", "4月.csv", "--maker", "李砚秋"]);
    let lines = |state: &str| {
        let (_, found) = report(
            dir,
            &["reconcile", "lines", "POOL", "--from", "2017-04-01", "--as-of", "2017-04-30"],
        );
        let rows = columns(&found["rows"], &["amount", "method", "state", "line", "postings"]);
        let wanted = rows.into_iter().find(|row| row.starts_with("30000.00"));
        wanted.unwrap_or_else(|| panic!("{state}"))
    };
    let (_, found) = report(dir, &["reconcile", "lines", "POOL", "--from", "2017-04-01"]);
    let line = found["rows"].as_array().unwrap().iter().find(|row| row["amount"] == "30000.00");
    let line = line.unwrap()["line"].as_str().unwrap().to_owned();
    let journal = std::fs::read_to_string(dir.join("book/journal.jsonl")).unwrap();
    let entry = |id: &str| {
        1 + journal.lines().position(|line| line.contains(&format!("\"id\":\"{id}\""))).unwrap()
    };
    let (first, second) = (format!("{}.1", entry("money-4")), format!("{}.1", entry("money-5")));

    let wrong = run(dir, &["reconcile", "confirm", "POOL", "--line", &line, "--posting", &first]);
    assert_eq!(wrong.code, 77);
    assert!(
        wrong.err.contains("match-differs") && wrong.err.contains("20,000.00"),
        "{}",
        wrong.err
    );

    let confirm = [
        "reconcile",
        "confirm",
        "POOL",
        "--line",
        &line,
        "--posting",
        &first,
        "--posting",
        &second,
    ];
    let (code, done) = report(dir, &confirm);
    assert_eq!(code, 0);
    assert_eq!(columns(&done["rows"], &["date", "outcome"]), ["2017-04-12 recorded"]);
    let expected = format!("30000.00 by-person matched {line} {first}, {second}");
    assert_eq!(lines("confirmed"), expected);
    let (_, again) = report(dir, &confirm);
    assert_eq!(columns(&again["rows"], &["outcome"]), ["already"]);
    let (code, status) = report(dir, &["reconcile", "status"]);
    let names = ["tied_to", "book_balance", "difference", "ok"];
    assert_eq!(columns(&status["rows"], &names), ["2017-04-30 500599.71 0.00 true"]);
    assert_eq!(code, 0, "nothing is open");
    let certify = ["reconcile", "certify", "POOL", "--as-of", "2017-04-30"];
    must(dir, &[&certify[..], &PEOPLE[..4]].concat());

    let matching = done["rows"][0]["matching"].as_str().unwrap();
    let (_, undone) = report(dir, &["reconcile", "undo-match", matching, "--reason", "看错了一行"]);
    assert_eq!(columns(&undone["rows"], &["outcome"]), ["taken-back"]);
    assert!(!lines("taken back").contains("by-person"));
    let (code, list) = report(dir, &["reconcile", "certificates", "POOL"]);
    assert_eq!((code, &list["rows"][0]["state"]), (1, &"broken".into()));
    let (_, third) = report(dir, &confirm);
    assert_eq!(columns(&third["rows"], &["outcome"]), ["recorded"]);
    assert_ne!(third["rows"][0]["matching"], done["rows"][0]["matching"]);
    assert_eq!(lines("again"), expected);
    // The certificate stays broken until the day is certified again, and the audit says so.
    let (code, found) = report(dir, &["verify"]);
    assert_eq!((code, columns(&found["rows"], &["check"])), (1, vec!["certificate-broken".into()]));
}

/// The second source says 29,000.00 where the first says 30,000.00, so its last balance is
/// 499,599.71.
#[test]
fn a_second_source_that_differs_is_a_finding_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    march(dir);
    mend(dir);
    must(dir, &["record", "april.jsonl"]);
    must(dir, &["statement", "import", "POOL", "4月.csv", "--maker", "李砚秋"]);
    let (code, one) = report(dir, &["reconcile", "sources", "POOL"]);
    assert_eq!((code, &one["sources"], &one["rows"]), (0, &1.into(), &serde_json::json!([])));
    let other = APRIL.replace("30,000.00", "29,000.00").replace("500,599.71", "499,599.71");
    std::fs::write(dir.join("柜台.csv"), other).unwrap();
    let import = [
        "statement",
        "import",
        "POOL",
        "柜台.csv",
        "--source",
        "counter",
        "--fetched-by",
        "张栎川",
    ];
    run(dir, &import);
    let (code, two) = report(dir, &["reconcile", "sources", "POOL"]);
    assert_eq!(code, 1);
    assert_eq!((&two["sources"], &two["from"]), (&2.into(), &"2017-04-01".into()));
    let names = ["channel", "mismatch", "date", "amount", "other_amount", "file", "other_file"];
    assert_eq!(
        columns(&two["rows"], &names),
        ["counter source-amount 2017-04-12 30000.00 29000.00 4月.csv 柜台.csv"]
    );
    let (code, status) = report(dir, &["reconcile", "status"]);
    assert_eq!(code, 1);
    assert_eq!(columns(&status["rows"], &["sources", "source_differences", "ok"]), ["2 1 false"]);
    let certify = ["reconcile", "certify", "POOL", "--as-of", "2017-04-30"];
    let (_, certificate) = report(dir, &[&certify[..], &PEOPLE[..4]].concat());
    assert_eq!(certificate["rows"][0]["sources"], 2);
    let (_, before) = report(
        dir,
        &[&["reconcile", "certify", "POOL", "--as-of", "2017-03-31"][..], &PEOPLE[..4]].concat(),
    );
    assert_eq!(before["rows"][0]["sources"], 1, "the second source does not tell of March");
}

#[test]
fn what_no_statement_covers_is_not_certified() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    march(dir);
    let uncovered = run(dir, &["reconcile", "certify", "POOL", "--as-of", "2017-04-01"]);
    assert_eq!(uncovered.code, 77);
    assert!(uncovered.err.contains("certify-uncovered"), "{}", uncovered.err);
    let nothing = run(dir, &["reconcile", "confirm", "POOL", "--all-proposed"]);
    assert!(nothing.code == 77 && nothing.err.contains("proposal-unknown"), "{}", nothing.err);
    let both = run(dir, &["reconcile", "POOL", "status"]);
    assert_eq!(both.code, 2, "{}", both.err);
}

/// Without a statement for the day the form says so, and shows no figure that would rest on one.
#[test]
fn a_form_without_a_statement_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    march(dir);
    must(
        dir,
        &[
            "bank-account",
            "--bank-account",
            "NEW",
            "--fund",
            "RISK",
            "--owner",
            "410821",
            "--date",
            "2017-03-01",
            "--id",
            "new",
        ],
    );
    must(
        dir,
        &[
            "contribute",
            "--bank-account",
            "NEW",
            "--owner",
            "410821",
            "--date",
            "2017-03-05",
            "--source",
            "city",
            "--amount",
            "7.00",
            "--id",
            "seven",
        ],
    );
    for (account, day, rows) in [("NEW", "2017-03-31", 0), ("POOL", "2017-04-01", 5)] {
        let (code, form) = report(dir, &["reconcile", account, "--as-of", day]);
        assert_eq!(code, 1, "{form}");
        assert_eq!(form["not_made"], "no-statement");
        for key in [
            "statement_balance",
            "adjusted_statement",
            "adjusted_book",
            "difference",
            "unexplained",
            "statement_gap",
            "agrees",
            "book_received",
            "bank_paid",
        ] {
            assert!(form[key].is_null(), "{account} {key}: {form}");
        }
        assert_eq!(form["rows"].as_array().unwrap().len(), rows, "{form}");
        let text = run(dir, &["reconcile", account, "--as-of", day]).out;
        assert!(text.contains("NO STATEMENT") && !text.contains("agrees"), "{text}");
        let certify = ["reconcile", "certify", account, "--as-of", day];
        let refused = run(dir, &[&certify[..], &PEOPLE[..4]].concat());
        assert_eq!(refused.code, 77, "{}", refused.err);
        assert!(refused.err.contains("certify-uncovered"), "{}", refused.err);
    }
    // The last day that the statement covers is compared.
    let (_, form) = report(dir, &["reconcile", "POOL", "--as-of", "2017-03-31"]);
    assert_eq!((&form["not_made"], &form["agrees"]), (&serde_json::Value::Null, &true.into()));
}
