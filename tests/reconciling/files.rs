//! The form as files: the same figures in each, and a workbook that can be passed on.

use super::{quarter, report, run};
use crate::support::fixture;
use calamine::{Data, Reader as _, Xlsx};
use std::path::Path;

fn account(dir: &Path) -> Vec<String> {
    let from = fixture("jiaozuo-2017");
    let made = quarter(dir, &from);
    assert_eq!(made.code, 1, "{}", made.err);
    ["reconcile", "RISK-CCB-410821", "--as-of", "2017-12-31"].map(str::to_owned).to_vec()
}

/// The bank took 36.50 on 2017-12-29 that are not booked: 1,503,142.99 - 36.50 = 1,503,106.49.
#[test]
fn each_form_holds_the_same_and_two_runs_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let ask = account(dir);
    let ask: Vec<&str> = ask.iter().map(String::as_str).collect();
    let to = |name: &str| {
        let done = run(
            dir,
            &[&ask[..], &["-o", name, "--maker", "李砚秋", "--checker", "王澍文"]].concat(),
        );
        assert_eq!((done.code, done.out.as_str()), (1, ""), "{}", done.err);
        std::fs::read(dir.join(name)).unwrap()
    };
    let book = to("form.xlsx");
    assert_eq!(book, to("again.xlsx"));
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(book)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    let cells: Vec<&Data> = sheet.rows().flatten().collect();
    for amount in [1_503_142.99, 36.5, 1_503_106.49] {
        assert!(cells.iter().any(|cell| **cell == Data::Float(amount)), "{amount}: {cells:?}");
    }
    let signed = cells.iter().any(|cell| matches!(cell, Data::String(text) if text.contains("李砚秋") && text.contains("王澍文")));
    assert!(signed, "{cells:?}");
    let rows = String::from_utf8(to("form.csv")).unwrap();
    assert!(rows.contains("bank-paid,2017-12-29,36.50,"), "{rows}");
    let value: serde_json::Value = serde_json::from_slice(&to("form.json")).unwrap();
    assert_eq!(value["adjusted_book"], "1503106.49");
    let text = String::from_utf8(to("form.txt")).unwrap();
    let line = text.lines().find(|line| line.starts_with("adjusted book balance")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(words[3], "1,503,106.49");
    assert_eq!(words[4..], ["adjusted", "statement", "balance", "1,503,106.49"]);
    let (_, stdout) = report(dir, &ask);
    assert_eq!(stdout["rows"], value["rows"]);
}

#[test]
fn any_report_is_a_workbook_on_request() {
    let dir = tempfile::tempdir().unwrap();
    account(dir.path());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_poolbook"))
        .current_dir(dir.path())
        .args(["--format", "xlsx", "balance", "--as-of", "2017-12-31"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(output.stdout)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    // The three funds of the city and its counties, as the sample's README has them, and interest.
    assert!(sheet.rows().count() > 18);
}
