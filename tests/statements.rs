//! Bank statements as they come: the sample files of `fixtures/statements` against figures computed
//! apart (`make.py`), variations of layout, and what must be refused.

use crate::support::fixture;
use poolbook::intake::profile::{Given, Profile};
use poolbook::intake::statement::{Format, Statement, read_any, read_file};
use poolbook::problem::Problem;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

/// The program's own profiles, and those beside the samples.
fn profiles() -> Vec<Profile> {
    let own = ["merged", "flags"].map(|name| sample(&format!("{name}.toml")));
    let mut all: Vec<Profile> = own.iter().map(|path| Profile::read(path).unwrap()).collect();
    all.extend(Profile::built_in());
    all
}

fn sample(name: &str) -> PathBuf {
    fixture("statements").join(name)
}

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(sample("expected.json")).unwrap()).unwrap()
}

/// A statement in the form of `expected.json`.
fn told(statement: &Statement) -> Value {
    let lines = statement.lines.iter().map(|line| {
        serde_json::json!({
            "date": line.date.to_string(), "amount": line.amount.to_string(),
            "balance": line.balance.to_string(), "name": line.name.as_str(),
            "account": line.account.as_str(), "memo": line.memo.as_str(),
            "serial": line.serial.as_deref().unwrap_or_default(), "row": line.row,
        })
    });
    serde_json::json!({
        "number": statement.number, "currency": statement.currency,
        "from": statement.from.map(|day| day.to_string()),
        "to": statement.to.map(|day| day.to_string()),
        "opening": statement.opening.to_string(), "closing": statement.closing.to_string(),
        "lines": lines.collect::<Vec<_>>(),
    })
}

#[test]
fn samples_of_every_layout_give_the_figures_computed_apart() {
    let (profiles, expected) = (profiles(), expected());
    let names = [
        ("icbc.csv", "icbc-corp", Format::Text),
        ("ccb.xls", "ccb-corp", Format::Text),
        ("abc.xlsx", "abc-corp", Format::Xlsx),
        ("boc.csv", "boc-corp", Format::Text),
        ("cmbc.xls", "cmbc-corp", Format::Xls),
        ("merged.csv", "merged", Format::Text),
        ("flags.csv", "flags", Format::Text),
        ("camt053.xml", "camt053", Format::Camt053),
        ("mt940.sta", "mt940", Format::Mt940),
    ];
    assert_eq!(names.len(), expected.as_object().unwrap().len());
    for (name, profile, format) in names {
        let path = sample(name);
        let statements = read_file(&path, Some("RISK-A"), &profiles)
            .unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        let hash: String = Sha256::digest(std::fs::read(&path).unwrap())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        for statement in &statements {
            assert_eq!(statement.breaks, [], "{name}");
            assert_eq!((statement.profile.as_str(), statement.format), (profile, format));
            assert_eq!((statement.file.as_str(), &statement.sha256), (name, &hash));
            assert_eq!(statement.bank_account, "RISK-A");
        }
        let told: Vec<Value> = statements.iter().map(told).collect();
        assert_eq!(Value::from(told), expected[name], "{name}");
    }
}

#[test]
fn several_statements_of_one_account_are_one_and_of_two_are_refused() {
    let one = read_any(&sample("mt940.sta"), "A", &profiles()).unwrap();
    assert_eq!((one.lines.len(), one.breaks.len()), (5, 0));
    assert_eq!(
        (one.opening.to_string(), one.closing.to_string()),
        ("50.00".into(), "49.40".into())
    );
    let two = read_any(&sample("camt053.xml"), "A", &profiles()).unwrap_err();
    assert_eq!(two[0].code, "statement-accounts");
    // A message that does not begin where the one before it ended.
    let text = std::fs::read_to_string(sample("mt940.sta")).unwrap();
    let gap = text.replace(":60M:C180103CNY1025,00", ":60M:C180103CNY1025,01");
    let gap = gap.replace(":62F:C180104CNY49,40", ":62F:C180104CNY49,41");
    assert_ne!(gap, text);
    let broken = read_text("g.sta", gap.as_bytes()).unwrap();
    assert_eq!(codes(&broken[..]), [""; 0]);
    let broken = with_file("g.sta", gap.as_bytes(), |path| read_any(path, "A", &profiles()));
    assert_eq!(broken.unwrap().breaks[0].code, "statement-gap");
}

fn with_file<T>(name: &str, bytes: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read(&path)
}

fn read_text(name: &str, bytes: &[u8]) -> Result<Vec<Statement>, Vec<Problem>> {
    with_file(name, bytes, |path| read_file(path, None, &profiles()))
}

fn codes(statements: &[Statement]) -> Vec<String> {
    let breaks = statements.iter().flat_map(|statement| &statement.breaks);
    breaks.map(|problem| problem.code.to_owned()).collect()
}

/// Code, row and gap of the first problem of a sample with one piece changed.
fn changed(name: &str, from: &str, to: &str) -> String {
    let text = std::fs::read_to_string(sample(name)).unwrap();
    assert!(text.contains(from), "{name}: {from}");
    let shown = |problem: &Problem| {
        let row = problem.place.row.unwrap_or_default();
        format!("{} {row} {}", problem.code, problem.arg("gap").unwrap_or("-"))
    };
    match read_text(name, text.replacen(from, to, 1).as_bytes()) {
        Ok(read) => {
            let breaks: Vec<String> = read.iter().flat_map(|s| &s.breaks).map(shown).collect();
            breaks.join("; ")
        }
        Err(problems) => shown(&problems[0]),
    }
}

#[test]
fn a_message_is_held_to_its_own_figures() {
    let camt = |from: &str, to: &str| changed("camt053.xml", from, to);
    // One amount changed by a fen: the total of its side, and the balance at the end.
    assert_eq!(camt(">500.00<", ">500.01<"), "statement-total 4 -0.01; statement-closing 4 0.01");
    // The direction turned: both totals, and twice the amount.
    let turned = camt(">500.00</Amt><CdtDbtInd>DBIT", ">500.00</Amt><CdtDbtInd>CRDT");
    assert_eq!(
        turned,
        "statement-total 4 -500.00; statement-total 4 500.00; statement-closing 4 -1000.00"
    );
    assert_eq!(camt("Ccy=\"CNY\">500.00<", "Ccy=\"USD\">500.00<"), "statement-currencies 9 -");
    assert_eq!(camt(">500.00<", ">500.001<"), "message-amount 9 -");
    assert_eq!(camt(">500.00<", ">500.00000<"), "");
    assert_eq!(camt(">500.00<", ">-500.00<"), "message-amount 9 -");
    assert_eq!(camt(">500.00<", ">5e2<"), "message-amount 9 -");
    assert_eq!(camt("<Cd>CLBD</Cd>", "<Cd>CLAV</Cd>"), "statement-balance-missing 4 -");
    assert_eq!(
        camt("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<!DOCTYPE x>"),
        "xml-doctype 1 -"
    );
    assert_eq!(camt("camt.053.001.02", "camt.053.001.08"), "");
    let swift = |from: &str, to: &str| changed("mt940.sta", from, to);
    assert_eq!(swift("D25,00", "D25,01"), "statement-closing 1 0.01");
    assert_eq!(swift("RD25,00", "D25,00"), "statement-closing 11 50.00");
    assert_eq!(swift("D25,00", "D2500"), "message-amount 7 -");
    assert_eq!(swift("D25,00", "X25,00"), "mt940-field 7 -");
    assert_eq!(swift("D25,00", "D25,001"), "message-amount 7 -");
    // An impossible entry date.
    assert_eq!(swift("1712310102D", "1712311302D"), "mt940-field 7 -");
    assert_eq!(swift(":62F:C180104CNY49,40\r\n", ""), "statement-balance-missing 11 -");
}

#[test]
fn the_other_kinds_of_message_are_no_statements() {
    let text = std::fs::read_to_string(sample("camt053.xml")).unwrap();
    let text = text.replace("camt.053", "camt.052").replace("BkToCstmrStmt", "BkToCstmrAcctRpt");
    assert_eq!(read_text("a.xml", text.as_bytes()).unwrap_err()[0].code, "message-kind");
    assert_eq!(read_text("a.xml", b"<html></html>").unwrap_err()[0].code, "profile-missing");
}

/// A plain statement with a header of its own and these rows.
fn plain(rows: &str) -> String {
    format!("日期,摘要,对方,流水号,收入,支出,余额\n{rows}")
}

#[test]
fn numbers_that_are_names_keep_every_digit_or_are_refused() {
    let code = |serial: &str| {
        let text = plain(&format!("2017-03-01,x,y,{serial},1.00,,1.00\n"));
        match read_text("a.csv", text.as_bytes()) {
            Ok(read) => read[0].lines[0].serial.as_deref().unwrap_or("-").to_owned(),
            Err(problems) => {
                let place = &problems[0].place;
                format!("{} {:?} {:?}", problems[0].code, place.row, place.column)
            }
        }
    };
    assert_eq!(code("6217000012345678901"), "6217000012345678901");
    assert_eq!(code("0012"), "0012");
    assert_eq!(code("\"=\"\"6217000012345678901\"\"\""), "6217000012345678901");
    for lost in ["6.217E+18", "6.2e+18", "6E+18", "６.2E+18"] {
        assert_eq!(code(lost), "digits-lost Some(2) Some(\"流水号\")", "{lost}");
    }
    assert_eq!(code("6.2E"), "6.2E");
    assert_eq!(code("AE+1"), "AE+1");
    // The own account above the header, and a number cell of a workbook.
    let text = format!("账号,6.217E+18\n{}", plain("2017-03-01,x,y,,1.00,,1.00\n"));
    assert_eq!(read_text("a.csv", text.as_bytes()).unwrap_err()[0].code, "digits-lost");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (0u16..).zip(["日期", "摘要", "流水号", "收入", "支出", "余额"])
    {
        sheet.write(0, column, name).unwrap();
    }
    sheet.write(1, 0, "2017-03-01").unwrap();
    sheet.write(1, 2, 6_217_000_012_345_678_901_f64).unwrap();
    sheet.write(1, 3, 1).unwrap();
    sheet.write(1, 5, 1).unwrap();
    let problem = read_text("a.xlsx", &book.save_to_buffer().unwrap()).unwrap_err().remove(0);
    assert_eq!((problem.code, problem.place.row), ("digits-lost", Some(2)));
    assert_eq!(problem.place.column.as_deref(), Some("流水号"));
}

#[test]
fn what_stands_after_the_totals_and_at_the_foot_counts() {
    let read = |rows: &str| codes(&read_text("a.csv", plain(rows).as_bytes()).unwrap());
    let one = "2017-03-01,x,,,1.00,,1.00\n";
    assert_eq!(read(&format!("{one}合计,,,,1.00,0.00,\n打印日期：2017-04-01\n")), [""; 0]);
    assert_eq!(read(&format!("{one}合计,,,,1.00,0.00,\n2017-03-02,x,,,,0.50,0.50\n")), [""; 0]);
    assert_eq!(
        read(&format!("{one}合计,,,,1.01,0.00,\n2017-03-02,x,,,,0.50,0.50\n")),
        ["statement-total"]
    );
    assert_eq!(read(&format!("{one}合计,,,,1.00,0.00,\n期末余额:1.00\n")), [""; 0]);
    assert_eq!(read(&format!("{one}合计,,,,1.00,0.00,\n期末余额:1.01\n")), ["statement-closing"]);
    // Balances in rows of their own.
    let own = |opening: &str, closing: &str| {
        read(&format!(
            "期初余额,,,,,,{opening}\n2017-03-01,x,,,1.00,,1.50\n期末余额,,,,,,{closing}\n"
        ))
    };
    assert_eq!(own("0.50", "1.50"), [""; 0]);
    assert_eq!(own("0.51", "1.50"), ["statement-arithmetic"]);
    assert_eq!(own("0.50", "1.51"), ["statement-closing"]);
    // A page repeats its header; money taken back stands in its own column with a minus.
    let page = format!("{one}{}2017-03-02,x,,,-0.40,,0.60\n合计,,,,0.60,0.00,\n", plain(""));
    assert_eq!(read(&page), [""; 0]);
}

#[test]
fn payer_and_payee_are_told_apart_by_the_own_account() {
    let text =
        encoding_rs::GB18030.decode(&std::fs::read(sample("boc.csv")).unwrap()).0.into_owned();
    let read = |text: &str| read_text("boc.csv", text.as_bytes());
    // A reversal: money comes back, but the own account is still the payer of the printed pair.
    let line = "来账,,,6217000012345678901,修武县科技贷款风险池,20170321,000001,CNY,+123.18";
    let turned = "来账,6217000012345678901,修武县科技贷款风险池,777,甲,20170321,000001,CNY,+123.18";
    assert!(text.contains(line));
    let statement = read(&text.replacen(line, turned, 1)).unwrap().remove(0);
    assert_eq!(
        (statement.lines[3].name.as_str(), statement.lines[3].account.as_str()),
        ("甲", "777")
    );
    // Neither is the own account: the row belongs to another statement.
    let strange = turned.replace("6217000012345678901", "888");
    let problems = read(&text.replacen(line, &strange, 1)).unwrap_err();
    assert_eq!((problems[0].code, problems[0].place.row), ("statement-own-account", Some(8)));
}

#[test]
fn rows_of_two_accounts_or_two_currencies_are_refused() {
    let text =
        encoding_rs::GB18030.decode(&std::fs::read(sample("ccb.xls")).unwrap()).0.into_owned();
    let code = |from: &str, to: &str| {
        let at = text.rfind(from).unwrap();
        let changed = format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
        let problem = read_text("ccb.xls", changed.as_bytes()).unwrap_err().remove(0);
        (problem.code, problem.place.row)
    };
    let own = "6217000012345678901\t修武县";
    assert_eq!(code(own, "6217000012345678902\t修武县"), ("statement-accounts", Some(8)));
    assert_eq!(code("人民币元", "美元"), ("statement-currencies", Some(8)));
}

/// Signed amounts: opening, movements, closing.
type Figures = (String, Vec<String>, String);

fn figures(name: &str) -> Vec<Figures> {
    let read = read_file(&sample(name), None, &[]).unwrap();
    let of = |statement: &Statement| {
        let amounts = statement.lines.iter().map(|line| line.amount.to_string()).collect();
        (statement.opening.to_string(), amounts, statement.closing.to_string())
    };
    read.iter().map(of).collect()
}

#[test]
fn another_reader_of_camt_053_agrees() {
    let bytes = std::fs::read(sample("camt053.xml")).unwrap();
    let document = camt053::Document::from_reader(bytes.as_slice()).unwrap();
    let told: Vec<Figures> = document
        .bank_to_customer_statement
        .statements
        .iter()
        .map(|statement| {
            let booked = statement.entry.iter().filter(|entry| {
                matches!(entry.status.code(), Some(camt053::schema::EntryStatusCode::BOOK))
            });
            (
                format!("{:.2}", statement.opening().unwrap().amount()),
                booked.map(|entry| format!("{:.2}", entry.amount())).collect(),
                format!("{:.2}", statement.closing().unwrap().amount()),
            )
        })
        .collect();
    assert_eq!(told, figures("camt053.xml"));
    // Why it only judges: it knows no currency of an amount, and refuses elements of the standard
    // that it does not model.
    let text = String::from_utf8(bytes).unwrap();
    let dollars = text.replacen("Ccy=\"CNY\">500.00<", "Ccy=\"USD\">500.00<", 1);
    assert!(camt053::Document::from_reader(dollars.as_bytes()).is_ok());
    let charges = text.replacen(
        "<RmtInf>",
        "<Chrgs><TtlChrgsAndTaxAmt Ccy=\"CNY\">1.00</TtlChrgsAndTaxAmt></Chrgs><RmtInf>",
        1,
    );
    assert!(camt053::Document::from_reader(charges.as_bytes()).is_err());
    assert_eq!(read_text("a.xml", charges.as_bytes()).unwrap().len(), 2);
}

#[test]
fn another_reader_of_mt940_agrees() {
    use mt940::{DebitOrCredit, ExtDebitOrCredit};
    let text = std::fs::read_to_string(sample("mt940.sta")).unwrap().replace("\r\n-\r\n", "\r\n");
    let balance = |balance: &mt940::Balance| {
        let out = balance.debit_credit_indicator == DebitOrCredit::Debit;
        format!("{:.2}", if out { -balance.amount } else { balance.amount })
    };
    let told: Vec<Figures> = mt940::parse_mt940(&text)
        .unwrap()
        .iter()
        .map(|message| {
            let amounts = message.statement_lines.iter().map(|line| {
                // Its name for the mark `RD` is ReverseCredit: the money comes in.
                let out = matches!(
                    line.ext_debit_credit_indicator,
                    ExtDebitOrCredit::Debit | ExtDebitOrCredit::ReverseDebit
                );
                format!("{:.2}", if out { -line.amount } else { line.amount })
            });
            (
                balance(&message.opening_balance),
                amounts.collect(),
                balance(&message.closing_balance),
            )
        })
        .collect();
    assert_eq!(told, figures("mt940.sta"));
    // Why it only judges: an impossible entry date ends it, the year of an entry is that of the value
    // date also around New Year, and Chinese text is refused.
    let bad = text.replace("1712310102D", "1712310230D");
    assert!(std::panic::catch_unwind(|| mt940::parse_mt940(&bad).is_ok()).is_err());
    let messages = mt940::parse_mt940(&text).unwrap();
    let entered = messages[0].statement_lines[1].entry_date.unwrap().to_string();
    assert_eq!(entered, "2017-01-02");
    assert!(mt940::parse_mt940(&text.replace("FEE", "手续费")).is_err());
    let chinese = read_text("a.sta", text.replace("FEE", "手续费").as_bytes()).unwrap();
    assert_eq!(chinese[0].lines[1].memo, "手续费");
}

#[test]
fn a_drafted_profile_reads_the_file_that_it_comes_from() {
    use poolbook::intake::statement::draft::{Comments, draft};
    let comments = Comments { intro: "i", columns: "c", missing: "m", side: "s", left: "l" };
    let mut names = vec!["icbc.csv", "ccb.xls", "abc.xlsx", "boc.csv", "cmbc.xls"];
    names.extend(["merged.csv", "flags.csv"]);
    let expected = expected();
    for name in names {
        let drafted = draft(&sample(name), Given::default()).unwrap();
        assert!(drafted.is_whole(), "{name}: {:?}", drafted.missing);
        let profile = Profile::parse(&drafted.toml("draft", &comments)).unwrap();
        let read = poolbook::intake::statement::read(&sample(name), "A", &profile).unwrap();
        assert_eq!(read.breaks, [], "{name}");
        let (told, wanted) = (told(&read), &expected[name][0]);
        for key in ["opening", "closing", "number"] {
            assert_eq!(told[key], wanted[key], "{name} {key}");
        }
        let figure = |value: &Value, key: &str| {
            value["lines"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| line[key].clone())
                .collect::<Vec<_>>()
        };
        for key in ["date", "amount", "balance", "name", "account", "row"] {
            assert_eq!(figure(&told, key), figure(wanted, key), "{name} {key}");
        }
    }
    // A column that cannot be guessed is named, and the text is no profile until it is filled in.
    let text = "日期,摘要,某数,余额\n2017-03-01,x,1.00,1.00\n";
    let drafted = with_file("a.csv", text.as_bytes(), |path| draft(path, Given::default()));
    let drafted = drafted.unwrap();
    assert_eq!(
        (drafted.missing.as_slice(), drafted.left.as_slice()),
        (&["in", "out"][..], &["某数".to_owned()][..])
    );
    assert!(Profile::parse(&drafted.toml("draft", &comments)).is_err());
}
