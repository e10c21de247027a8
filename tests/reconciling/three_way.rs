//! The three-way tie against the sample city. Balances were worked out from the city's own tables
//! (loans less repayments); the seeded list differs from the sound one as told beside each line.

use super::{columns, quarter, report, run};
use crate::support::fixture;
use std::path::Path;

/// The book of the main job.
fn city(dir: &Path) {
    let from = fixture("jiaozuo-2017");
    let made = quarter(dir, &from);
    assert_eq!(made.code, 1, "two accounts of the sample differ: {}", made.err);
}

fn list(name: &str) -> String {
    fixture("loan-lists").join(name).to_str().unwrap().to_owned()
}

#[test]
fn every_seeded_difference_is_named_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    city(dir.path());
    let (code, sound) = report(
        dir.path(),
        &["reconcile", "three-way", "--owner", "410883", "--loans", &list("410883-sound.csv")],
    );
    assert_eq!((code, &sound["tied"]), (0, &true.into()), "statement, book and list tie");
    assert_eq!(sound["rows"], serde_json::json!([]));
    assert_eq!(sound["list_balance"], "18304320.98");
    assert_eq!(sound["register_balance"], "18304320.98");
    assert_eq!((&sound["listed"], &sound["book_notes"]), (&9.into(), &9.into()));
    assert_eq!(sound["date"], "2017-12-31");

    let (code, seeded) = report(
        dir.path(),
        &["reconcile", "three-way", "--owner", "410883", "--loans", &list("410883-seeded.csv")],
    );
    assert_eq!(code, 1);
    assert_eq!(seeded["list_difference"], "580000.00");
    let names = ["mismatch", "note", "amount", "row", "cause", "cause_detail"];
    assert_eq!(
        columns(&seeded["rows"], &names),
        [
            // 关注 may be normal, extended or overdue; the book has it as non-performing.
            "class-differs CCB-2017-0002 0.00 4 - -",
            // 2,030,000.00 where 2,300,000.00 is owed.
            "balance-differs CCB-2017-0007 -270000.00 6 - -",
            // Two digits of the number exchanged; told on both sides.
            "missing-in-book CCB-2017-0061 1876543.21 7 cause-note CCB-2017-0016",
            "listed-twice ICBC-2017-0014 850000.00 11 cause-row 10",
            "enrolment-removed ICBC-2017-0007 700000.00 13 cause-removed 2017-08-28",
            "other-owner ICBC-2017-0009 2300000.00 14 cause-owner 410821",
            "missing-in-list CCB-2017-0016 -1876543.21 - cause-note CCB-2017-0061",
            "missing-in-list ICBC-2017-0011 -3000000.00 - - -",
        ]
    );
}

/// CCB lent 477,777.77 + 2,300,000.00 + 1,876,543.21 + 2,300,000.00 = 6,954,320.98 of it. On
/// 2017-12-20 the loan CCB-2017-0020 of 1,800,000.00 was owed still; it was repaid the day after.
#[test]
fn one_lender_and_an_earlier_day() {
    let dir = tempfile::tempdir().unwrap();
    city(dir.path());
    let rows = "借据号,余额(万元),贷款状态,所属县区\n\
        CCB-2017-0002,47.777777,不良,孟州市\nCCB-2017-0007,230,正常,410883\n\
        CCB-2017-0016,187.654321,正常,孟州市\nCCB-2017-0019,230,正常,孟州市\n\
        CCB-2017-0011,100,正常,修武县\nICBC-2017-0006,300,正常,孟州市\n";
    std::fs::write(dir.path().join("list.csv"), rows).unwrap();
    let ask = |day: &str| {
        report(
            dir.path(),
            &[
                "reconcile",
                "three-way",
                "--owner",
                "410883",
                "--loans",
                "list.csv",
                "--bank",
                "CCB-JZ",
                "--as-of",
                day,
            ],
        )
    };
    let (_, at_the_end) = ask("2017-12-31");
    assert_eq!(at_the_end["register_balance"], "6954320.98");
    assert_eq!(at_the_end["left_out"], 1, "the row of another county");
    let names = ["mismatch", "note", "amount", "cause", "cause_detail"];
    assert_eq!(
        columns(&at_the_end["rows"], &names),
        ["other-lender ICBC-2017-0006 3000000.00 cause-lender ICBC-JZ"]
    );
    let (_, before) = ask("2017-12-20");
    assert_eq!(before["register_balance"], "8754320.98");
    let found = columns(&before["rows"], &names);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[1].starts_with("missing-in-list CCB-2017-0020 -1800000.00 cause-entry ")
            && found[1].ends_with("(2017-12-21)"),
        "{found:?}"
    );
    let (_, stranger) = (
        0,
        run(dir.path(), &["reconcile", "three-way", "--owner", "419999", "--loans", "list.csv"]),
    );
    assert_eq!(stranger.code, 77, "{}", stranger.err);
}
