//! What people and machines do wrong, one line each: the program says what it is, ends with the
//! exit code of that kind, and leaves the book as it was.

use crate::errors::{Holder, contents, must, raise_format, shell};
use std::fs;
use std::path::Path;

/// A small book: 修武县 with 100.00 in its pool.
const BOOK: &str = r#"
poolbook init --city 410800 --date 2017-01-01
poolbook join --owner 410821 --date 2017-03-01
poolbook bank-account --owner 410821 --bank-account POOL --fund RISK --date 2017-03-01
poolbook contribute --owner 410821 --bank-account POOL --source county \
  --amount 100.00 --date 2017-03-01
"#;

const CHARGE: &str =
    "poolbook bank-charge --owner 410821 --bank-account POOL --date 2017-03-02 --amount";
const COMMIT: &str = "poolbook commit --source city --amount 1.00";

fn small() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    must(BOOK, temp.path(), Path::new("the small book"));
    temp
}

/// Runs a command that must fail with this exit code and word code and change nothing.
fn refused(dir: &Path, command: &str, exit: i32, code: &str) -> String {
    let before = contents(&dir.join("book"));
    let (found, out, err) = shell(command, dir, "zh");
    assert_eq!((found, out.as_str()), (exit, ""), "{command}: {err}");
    assert!(err.contains(&format!("[{code}]")), "{command}: {err}");
    assert!(contents(&dir.join("book")) == before, "{command} changed the book");
    err
}

fn sound(dir: &Path) {
    let (exit, out, err) = shell("poolbook verify", dir, "zh");
    assert_eq!(exit, 0, "{out}{err}");
}

#[test]
fn values_that_are_none() {
    let temp = small();
    let dir = temp.path();
    let cases = [
        ("abc", "amount-format"),
        ("1e3", "amount-format"),
        ("1_000", "amount-format"),
        ("1,00.00", "amount-format"),
        ("''", "field-missing"),
        ("1.005", "amount-precision"),
        ("10000000000000000", "amount-range"),
        ("-5.00", "amount-negative"),
    ];
    for (amount, code) in cases {
        refused(dir, &format!("{CHARGE} {amount}"), 65, code);
    }
    refused(dir, &format!("{CHARGE} 0.00"), 77, "amount-zero");
    let dates = [
        ("2017-02-29", "date-unknown"),
        ("2017-13-01", "date-unknown"),
        ("2017/3/1", "date-format"),
        ("1017-03-01", "date-range"),
    ];
    for (date, code) in dates {
        refused(dir, &format!("{COMMIT} --owner 410821 --date {date}"), 65, code);
    }
    sound(dir);
}

#[test]
fn owners_and_money_that_are_not_there() {
    let temp = small();
    let dir = temp.path();
    refused(dir, &format!("{COMMIT} --owner 410823 --date 2017-03-01"), 77, "owner-unknown");
    refused(dir, &format!("{COMMIT} --owner 410821 --date 2017-02-28"), 77, "owner-not-joined");
    let fee = "poolbook --maker 甲 --checker 乙 --approver 丙 trustee-fee --owner 410821 --bank-account POOL --date 2017-03-02 --amount";
    let told = refused(dir, &format!("{fee} 100.01"), 77, "available-short");
    assert!(told.contains("100.01") && told.contains("100.00"), "{told}");
    refused(dir, "poolbook init --city 410800", 77, "book-exists");
    sound(dir);
    assert_eq!(shell(&format!("{fee} 100.00"), dir, "zh").0, 0, "the bound itself is taken");
}

#[test]
fn files_that_are_none() {
    let temp = small();
    let dir = temp.path();
    fs::create_dir(dir.join("folder")).unwrap();
    fs::write(dir.join("empty.csv"), "").unwrap();
    fs::write(dir.join("empty.jsonl"), "").unwrap();
    fs::write(dir.join("header.csv"), "id,event,date,ammount\n").unwrap();
    fs::write(dir.join("text.xlsx"), b"PK\x03\x04 and no workbook").unwrap();
    fs::write(dir.join("bytes.csv"), b"id,event,date\n1,commit,\xFF\xFF\n").unwrap();
    let cases = [
        ("poolbook record nowhere.csv", 66, "file-missing"),
        ("poolbook record folder", 74, "file-unreadable"),
        ("poolbook record empty.csv", 65, "table-empty"),
        ("poolbook record header.csv", 65, "header-unknown"),
        ("poolbook record text.xlsx", 65, "workbook-damaged"),
        ("poolbook record bytes.csv", 65, "encoding-invalid"),
        ("poolbook quarter 2017Q4 --from folder", 66, "folder-without-book-toml"),
        ("poolbook quarter 2017Q4 --from nowhere", 66, "folder-without-book-toml"),
        ("poolbook --book nowhere balance", 66, "book-missing"),
    ];
    for (command, exit, code) in cases {
        refused(dir, command, exit, code);
    }
    assert!(!dir.join("nowhere").exists(), "nothing is made on the way");
    sound(dir);
}

/// A file in the encoding of the office is read; the same bytes under a wrong name are refused.
#[test]
fn a_wrong_encoding_is_told_and_the_right_one_is_found() {
    let temp = small();
    let dir = temp.path();
    let text =
        "编号,事项,日期,县区代码,出资方,金额,摘要\nc-1,认缴出资,2017-03-01,410821,city,1.00,认缴\n";
    let (bytes, _, _) = encoding_rs::GB18030.encode(text);
    fs::write(dir.join("gb.csv"), bytes).unwrap();
    refused(dir, "poolbook record --encoding utf-8 gb.csv", 65, "encoding-invalid");
    let (exit, out, err) = shell("poolbook record gb.csv", dir, "zh");
    assert_eq!(exit, 0, "{out}{err}");
    sound(dir);
}

#[test]
fn a_book_of_a_newer_format_is_left_alone() {
    let temp = small();
    raise_format(&temp.path().join("book/head"));
    for command in ["poolbook balance", "poolbook verify", &format!("{CHARGE} 1.00")] {
        refused(temp.path(), command, 77, "format-newer");
    }
}

#[test]
fn a_line_that_was_cut_off_is_set_aside_and_told() {
    let temp = small();
    let dir = temp.path();
    let journal = dir.join("book/journal.jsonl");
    let whole = fs::read(&journal).unwrap();
    let tail = b"0a17984f {\"date\":\"2017-03-02\",\"ev";
    fs::write(&journal, [&whole[..], tail].concat()).unwrap();
    let (exit, out, err) = shell("poolbook balance", dir, "zh");
    assert_eq!(exit, 0, "{err}");
    assert!(out.contains("100.00"), "{out}{err}");
    assert_eq!(fs::read(&journal).unwrap(), [&whole[..], tail].concat(), "a reader mends nothing");
    let (exit, out, err) = shell("poolbook verify", dir, "zh");
    assert!(exit == 1 && out.contains("line-torn"), "{out}{err}");
    let (exit, out, err) = shell(&format!("{CHARGE} 1.00"), dir, "zh");
    assert!(exit == 0 && err.contains("[torn-tail]"), "{out}{err}");
    assert!(fs::read(&journal).unwrap().starts_with(&whole));
    let kept: Vec<Vec<u8>> = fs::read_dir(dir.join("book/quarantine"))
        .unwrap()
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(kept, [tail.to_vec()]);
    sound(dir);
}

#[test]
fn a_book_in_use_names_its_holder_and_can_be_read() {
    let temp = small();
    let dir = temp.path();
    fs::write(
        dir.join("book/lock"),
        "pid 1\nuser 李砚秋\nsince 2018-01-05T08:00:00Z\ncommand quarter\n",
    )
    .unwrap();
    let holder = Holder::take(dir);
    let told = refused(dir, &format!("{CHARGE} 1.00"), 75, "book-busy");
    for fact in ["李砚秋", "1", "2018-01-05T08:00:00Z", "quarter"] {
        assert!(told.contains(fact), "{fact} in {told}");
    }
    drop(holder);
    assert_eq!(shell(&format!("{CHARGE} 1.00"), dir, "zh").0, 0);
    sound(dir);
}

/// Runs a script in a mount namespace of its own; none, and a line that says so, where the system
/// does not let us.
fn mounted(script: &str, dir: &Path, what: &str) -> Option<(i32, String, String)> {
    let can = "unshare -m sh -c 'mount --bind book book' 2>/dev/null";
    if shell(can, dir, "zh").0 != 0 {
        eprintln!("skipped, as nothing can be mounted here: {what}");
        return None;
    }
    Some(shell(&format!("unshare -m sh -c '{script}'"), dir, "zh"))
}

#[test]
fn a_read_only_disk_can_be_read_and_refuses_writing() {
    let temp = small();
    let dir = temp.path();
    let before = contents(&dir.join("book"));
    let read_only = "mount --bind book book && mount -o remount,bind,ro book &&";
    let what = "a read-only book";
    let charge = format!("{read_only} {CHARGE} 1.00");
    if let Some((exit, out, err)) = mounted(&charge, dir, what) {
        assert_eq!((exit, out.as_str()), (74, ""), "{err}");
        assert!(err.contains("[read-only]"), "{err}");
    }
    if let Some((exit, out, err)) = mounted(&format!("{read_only} poolbook balance"), dir, what) {
        assert_eq!(exit, 0, "{err}");
        assert!(out.contains("100.00"), "{out}");
    }
    assert!(contents(&dir.join("book")) == before);
    sound(dir);
}

/// A limit on the size of files stands for the disk that is full: the write fails in the middle.
#[test]
fn a_full_disk_leaves_the_book_as_it_was() {
    let temp = small();
    let dir = temp.path();
    let length = fs::metadata(dir.join("book/journal.jsonl")).unwrap().len();
    assert!(length > 512, "the journal is beyond the limit below");
    let told = refused(dir, &format!("trap '' XFSZ; ulimit -f 1; {CHARGE} 1.00"), 74, "disk-full");
    assert!(told.contains("book/journal.jsonl"), "{told}");
    // The index could not be written either, which the next writer builds anew.
    let (exit, out, err) = shell("poolbook verify --format json", dir, "zh");
    assert_eq!(exit, 1, "{out}{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    let codes: Vec<_> =
        report["rows"].as_array().unwrap().iter().map(|row| &row["check"]).collect();
    assert_eq!(codes, ["index-unusable"]);
    assert_eq!(shell(&format!("{CHARGE} 1.00"), dir, "zh").0, 0, "it goes on once there is room");
    sound(dir);
}

#[test]
fn a_rejected_row_does_not_say_that_nothing_was_written() {
    let temp = small();
    let dir = temp.path();
    let row =
        |id: &str, amount: &str| format!("{id},bank-charge,2017-03-02,410821,POOL,{amount}\n");
    let table = ["编号,事件,日期,县区,银行账户,金额\n", &row("z1", "1.00"), &row("z2", "2.345")];
    fs::write(dir.join("rows.csv"), table.concat()).unwrap();
    for (lang, said, not_said) in [
        ("zh", "本行未记入", "未写入任何数据"),
        ("en", "this row was not recorded", "nothing was written"),
    ] {
        let (exit, _, err) =
            shell("poolbook record rows.csv --rejects rejects.csv --force", dir, lang);
        assert_eq!(exit, 1, "{err}");
        let rejects = fs::read_to_string(dir.join("rejects.csv")).unwrap();
        assert!(rejects.contains(said) && !rejects.contains(not_said), "{rejects}");
    }
    sound(dir);
}
