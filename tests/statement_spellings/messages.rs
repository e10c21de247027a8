//! Messages as single banks write them, zips of them, and what makes a file the one that was read.

use super::ROWS;
use crate::reconciling::run;
use crate::support::fixture;
use poolbook::intake::profile::Profile;
use poolbook::intake::statement::{Statement, read_file};
use poolbook::problem::Problem;
use std::io::{Cursor, Write as _};

fn camt() -> String {
    let bytes = std::fs::read(fixture("statements/cases").join("25-camt-zipped.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    std::io::read_to_string(archive.by_index(0).unwrap()).unwrap()
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn read(name: &str, bytes: &[u8]) -> Result<Vec<Statement>, Vec<Problem>> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read_file(&path, None, &Profile::built_in())
}

#[test]
fn a_zip_of_statements_is_read_file_by_file() {
    let camt = camt();
    let swift = std::fs::read(fixture("statements/cases").join("24-mt940-no-20.sta")).unwrap();
    let table = "日期,摘要,收入,支出,余额\n2018-01-02,到位,5.00,,1381239.50\n";
    let bytes =
        zipped(&[("a/1.xml", camt.as_bytes()), ("a/2.sta", &swift), ("3.csv", table.as_bytes())]);
    let statements = read("三月.zip", &bytes).unwrap();
    let told: Vec<_> = statements
        .iter()
        .map(|s| (s.file.as_str(), s.lines.len(), s.closing.to_string()))
        .collect();
    let closing = || "1381234.50".to_owned();
    assert_eq!(
        told,
        [
            ("三月.zip/1.xml", 3, closing()),
            ("三月.zip/2.sta", 3, closing()),
            ("三月.zip/3.csv", 1, "1381239.50".to_owned())
        ]
    );
    // The evidence is the zip.
    use sha2::Digest as _;
    let hash: String =
        sha2::Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(statements.iter().all(|statement| statement.sha256 == hash));
    let code = |files: &[(&str, &[u8])]| read("a.zip", &zipped(files)).unwrap_err()[0].code;
    let inner = zipped(&[("1.xml", camt.as_bytes())]);
    assert_eq!(code(&[("1.xml", camt.as_bytes()), ("inner.zip", &inner)]), "file-kind");
    assert_eq!(code(&[("1.xml", camt.as_bytes()), ("liesmich.pdf", b"%PDF-1.4")]), "file-kind");
    let problems = read("a.zip", &zipped(&[("甲.xml", b"<Document>camt.053")])).unwrap_err();
    assert!(problems[0].place.file.as_deref().unwrap().ends_with("a.zip/甲.xml"), "{problems:?}");
}

/// Only what is booked moves the balance, whichever way the status is written.
#[test]
fn entries_that_are_not_booked_are_left_out() {
    let camt = camt();
    let entry = |status: &str| {
        format!(
            "<Ntry><Amt Ccy=\"CNY\">77.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{status}<BookgDt><Dt>2017-11-01</Dt></BookgDt></Ntry></Stmt>"
        )
    };
    for status in [
        "<Sts>INFO</Sts>",
        "<Sts>PDNG</Sts>",
        "<Sts>FUTR</Sts>",
        "<Sts><Cd>INFO</Cd></Sts>",
        "<Sts><Cd>PDNG</Cd></Sts>",
        "<Sts><Cd>FUTR</Cd></Sts>",
    ] {
        let read = read("a.xml", camt.replace("</Stmt>", &entry(status)).as_bytes()).unwrap();
        assert_eq!((read[0].lines.len(), read[0].breaks.len()), (3, 0), "{status}");
    }
    for status in ["", "<Sts>BOOK</Sts>", "<Sts><Cd>BOOK</Cd></Sts>"] {
        let read = read("a.xml", camt.replace("</Stmt>", &entry(status)).as_bytes()).unwrap();
        assert_eq!(read[0].lines.len(), 4, "{status}");
        assert_eq!(read[0].breaks[0].arg("gap"), Some("-77.00"), "{status}");
    }
}

/// The ways of single banks, as their public samples have them, over the base.
#[test]
fn messages_as_single_banks_write_them() {
    let message = |head: &str, first: &str, out: &str, last: &str, tail: &str| {
        format!(
            "{head}:25:BANKCN/410501\n:28C:1/1\n:60F:C171001CNY1000000,00\n:61:{first}\n:86:拨付\n:61:{out}\n:86:代偿\n:61:{last}\n:86:结息\n:62F:C171231CNY1381234,50\n{tail}"
        )
    };
    let (first, out, last) = (
        "1710091009C500000,00NTRFREF1//B1",
        "1710201020D120000,00NTRFREF2//B2",
        "1712211221C1234,50NINTNONREF",
    );
    let base = |text: &str| {
        let read = read("a.sta", text.as_bytes())
            .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        let told: Vec<_> = read[0]
            .lines
            .iter()
            .map(|line| (line.date.to_string(), line.amount.to_string(), line.memo.to_string()))
            .collect();
        let memos = ["拨付", "代偿", "结息"];
        let expected: Vec<_> = ROWS
            .iter()
            .zip(memos)
            .map(|((date, amount), memo)| {
                ((*date).to_owned(), (*amount).to_owned(), memo.to_owned())
            })
            .collect();
        assert_eq!(told, expected, "{text}");
        assert_eq!(
            (read[0].breaks.len(), read[0].number.as_deref()),
            (0, Some("410501")),
            "{text}"
        );
    };
    for head in [
        ":20:S1\n",
        "",
        ":940:\n:20:S1\n",
        ":940:\n",
        "TESTCNB1\n940\nTESTCNB1\n",
        "{1:F01X}{2:O940X}{3:}{4:\n:20:S1\n",
        "{1:F01X}{2:I940X}{4:\n",
    ] {
        let tail = if head.starts_with('{') { "-}{5:}\n" } else { "-\n" };
        base(&message(head, first, out, last, tail));
        base(&message(head, first, out, last, &format!("{tail}\u{1A}")));
        base(&message(head, first, out, last, ""));
    }
    for out in [
        "171020    D120000,00NTRFREF2//B2",
        "171020    DD120000,00NMSCNONREF//",
        "171020D120000,00NTRFREF2",
        "1710201020D120000,00 NTRFREF2//B2",
        "1710201020D120000,00  NTRF",
        "1710201020D120000,00",
        "1710201020D120000,0000NTRFREF2",
        "1710201020D120000,NTRFREF2",
        "1710201020D000000120000,00N012MARF",
        "1710201020DR120000,00NTRFREF2",
        "1710201020D120000.00NTRFREF2",
        "1702301020D120000,00NTRFREF2",
        "1710201020RC120000,00NTRFREF2",
        "1710201020D120000,00FMSC01916//NONREF",
        "1710201020D120000,00//B2",
    ] {
        base(&message(":20:S1\n", first, out, last, "-\n"));
    }
    for number in ["BANKCN/410501/CNY", "410501CNY", "410501 CNY", "410501"] {
        base(&message(":20:S1\n", first, out, last, "-\n").replace("BANKCN/410501", number));
    }
    // A line of no amount with a word about it, as Citi sends: the word belongs to no movement.
    let nought = format!("{out}\n:86:代偿\n:61:171020    CD0,00NDEFNONREF//\n:86:BAI 025");
    base(&message(":20:S1\n", first, &nought, last, "-\n").replace("BAI 025\n:86:代偿", "BAI 025"));
    // Two messages one behind the other, neither with a reference nor an end.
    let second = ":25:410501\n:60F:C171231CNY1381234,50\n:62F:C180131CNY1381234,50\n";
    let both =
        read("a.sta", format!("{}{second}", message("", first, out, last, "")).as_bytes()).unwrap();
    assert_eq!(both.iter().map(|read| read.lines.len()).collect::<Vec<_>>(), [3, 0]);
    let code = |out: &str| {
        let problem = read("a.sta", message(":20:S1\n", first, out, last, "-\n").as_bytes())
            .unwrap_err()
            .remove(0);
        (problem.code, problem.place.row)
    };
    for out in [
        "1702301302D120000,00NTRF",
        "170230D120000,00NTRF",
        "171020X120000,00NTRF",
        "171020 1020D1,00",
    ] {
        assert_eq!(code(out), ("mt940-field", Some(7)), "{out}");
    }
    for out in [
        "1710201020D120000NTRF",
        "1710201020D120.000,00NTRF",
        "1710201020D120000,005NTRF",
        "1710201020D,50NTRF",
    ] {
        assert_eq!(code(out), ("message-amount", Some(7)), "{out}");
    }
}

/// A statement in another currency than the book's is another account's.
#[test]
fn a_statement_in_another_currency_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    assert_eq!(run(dir, &["init", "--city", "410800"]).code, 0);
    let account = r#"{"event":"bank-account","id":"B-1","date":"2017-01-01","owner":"410800","bank_account":"RISK","fund":"RISK"}"#;
    std::fs::write(dir.join("a.jsonl"), account).unwrap();
    let done = run(dir, &["record", "a.jsonl"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let swift =
        std::fs::read_to_string(fixture("statements/cases").join("24-mt940-no-type.sta")).unwrap();
    let table = |currency: &str| {
        format!(
            "日期,摘要,收入,支出,余额,币种\n2017-10-09,甲,5.00,,5.00,{currency}\n2017-10-10,乙,,1.00,4.00,{currency}\n"
        )
    };
    let profile = "profile = \"own\"\n[header]\nmatch = [\"日期\", \"余额\", \"币种\"]\n[columns]\ndate = \"日期\"\nin = \"收入\"\nout = \"支出\"\nbalance = \"余额\"\ncurrency = \"币种\"\n";
    std::fs::write(dir.join("p.toml"), profile).unwrap();
    let head = |currency: &str| {
        format!(
            "币种,{currency}\n期初余额,0.00\n日期,摘要,收入,支出,余额\n2017-10-09,甲,5.00,,5.00\n"
        )
    };
    let before = std::fs::read(dir.join("book/journal.jsonl")).unwrap();
    for (name, text) in [
        ("a.sta", swift.replace("CNY", "USD")),
        ("a.xml", camt().replace("CNY", "HKD")),
        ("b.csv", table("美元")),
        ("c.csv", table("USD")),
        ("d.csv", head("欧元")),
        ("e.csv", head("英镑")),
    ] {
        std::fs::write(dir.join(name), text).unwrap();
        let refused = run(
            dir,
            &["statement", "import", "RISK", name, "--profile", "p.toml", "--fetched-by", "甲"],
        );
        assert!(
            refused.err.contains("[statement-currency]"),
            "{name}: {} {}",
            refused.code,
            refused.err
        );
        assert_ne!(refused.code, 0);
        assert_eq!(std::fs::read(dir.join("book/journal.jsonl")).unwrap(), before, "{name}");
    }
    for (name, text) in [("f.csv", table("人民币")), ("g.csv", table("RMB"))] {
        std::fs::write(dir.join(name), text).unwrap();
        let taken = run(
            dir,
            &["statement", "import", "RISK", name, "--profile", "p.toml", "--fetched-by", "甲"],
        );
        assert!(!taken.err.contains("[statement-currency]"), "{name}: {}", taken.err);
    }
}

/// What is kept of a file is the hash of the bytes that were read, though another file has its name now.
#[test]
fn the_hash_is_of_what_was_read() {
    use poolbook::intake::statement::{evidence, read_document};
    use sha2::Digest as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let one = "日期,摘要,收入,支出,余额\n2017-10-09,甲,5.00,,5.00\n2017-10-10,乙,,1.00,4.00\n";
    let other = one.replace("5.00", "7.00").replace("4.00", "6.00");
    std::fs::write(&path, one).unwrap();
    let document = evidence(&path).unwrap();
    std::fs::write(dir.path().join("b.csv"), &other).unwrap();
    std::fs::rename(dir.path().join("b.csv"), &path).unwrap();
    let hash = |text: &str| {
        sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let read = read_document(&document, None, &Profile::built_in()).unwrap().remove(0);
    assert_eq!((read.closing.to_string(), read.sha256), ("4.00".to_owned(), hash(one)));
    let read = read_file(&path, None, &Profile::built_in()).unwrap().remove(0);
    assert_eq!((read.closing.to_string(), read.sha256), ("6.00".to_owned(), hash(&other)));
}
