//! Folders of inputs, good and bad.

use super::*;
use std::collections::BTreeMap;

const BOOK: &str = r#"
city = "410800"
name = "焦作市"
currency = "CNY"
[people]
mode = "three"
[target]
by = "2017-12-31"
amount = "43000000.00"
[[owner]]
code = "410821"
name = "修武县"
kind = "county"
joined = "2017-03-01"
[[owner]]
code = "410822"
kind = "county"
joined = "2017-02-01"
[[party]]
party = "ICBC"
kind = "bank"
name = "工商银行"
[[bank_account]]
bank_account = "RISK-A"
owner = "410821"
fund = "RISK"
"#;

fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Result<Folder, Vec<Problem>>) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let read = read(dir.path());
    (dir, read)
}

fn codes(files: &[(&str, &str)]) -> Vec<String> {
    let problems = folder(files).1.unwrap_err();
    let of = |problem: &Problem| {
        let file = problem.place.file.as_deref().unwrap_or("-");
        let file = file.rsplit('/').next().unwrap();
        let row = problem.place.row.map(|row| row.to_string()).unwrap_or_default();
        let column = problem.place.column.as_deref().unwrap_or_default();
        format!("{} {file} {row} {column}", problem.code).trim_end().to_owned()
    };
    problems.iter().map(of).collect()
}

const LOANS: &str = "编号,县区,借据号,企业,企业名称,首贷,银行,金额,放款日,到期日,备案日,利率\n\
    DK-1,410821,L-1,91410821MA4YDWGK9U,甲公司,否,ICBC,100.00,2017-03-08,2017-09-08,2017-03-07,5.22%\n\
    DK-2,410821,L-2,91410821MA4YDWGK9U,甲公司,是,ICBC,100.00,,2017-09-08,2017-03-05,5%\n";

#[test]
fn rows_become_events_in_the_order_of_their_dates() {
    let files = [
        ("book.toml", BOOK),
        ("loans.csv", LOANS),
        (
            "contributions.csv",
            "id,date,owner,source,bank_account,amount\nCZ-1,2017-03-07,410821,县,RISK-A,9.00\n",
        ),
        (
            "loan_status.csv",
            "id,date,loan,状态,新到期日,原因,memo\n1,2017-09-01,L-1,展期,2018-03-01,回款延后,\n2,2017-10-01,L-1,撤销,,重复,见附件\n",
        ),
        (
            "claims.csv",
            "id,claim,loan,filed,base,正常利息,已处置抵押物,其他财政资金,补充的申请,lawsuit,approved,paid,bank_account,document\nBC-1,C-1,L-1,2017-11-01,50.00,1.00,20.00,3.00,C-0,案号1,2017-11-02,,RISK-A,文1\n",
        ),
        (
            "events/more.jsonl",
            "{\"event\":\"bank-charge\",\"id\":\"X\",\"date\":\"2017-03-07\",\"bank_account\":\"RISK-A\",\"amount\":\"1\"}\n",
        ),
        ("bank/RISK-A/2017.csv", "x"),
        ("bank/profiles/icbc.toml", "x"),
        ("README.md", "x"),
        ("expected/balance.csv", "x"),
    ];
    let (dir, read) = folder(&files);
    let read = read.unwrap();
    let lines: Vec<String> = read
        .events
        .iter()
        .map(|(event, _)| format!("{} {} {}", event.date, event.kind.word(), event.id.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            "2017-02-01 join join/410822",
            "2017-02-01 party firm/91410821MA4YDWGK9U",
            "2017-02-01 party party/ICBC",
            "2017-02-01 target target/2017-12-31",
            "2017-03-01 join join/410821",
            "2017-03-01 bank-account bank-account/RISK-A",
            "2017-03-05 enrol loans/DK-2/enrol",
            "2017-03-07 contribute contributions/CZ-1",
            "2017-03-07 bank-charge X",
            "2017-03-07 enrol loans/DK-1/enrol",
            "2017-03-08 disburse loans/DK-1/disburse",
            "2017-09-01 extend loan_status/1",
            "2017-10-01 remove loan_status/2",
            "2017-11-01 file-claim claims/BC-1/file-claim",
            "2017-11-02 approve-claim claims/BC-1/approve-claim",
        ]
    );
    let json =
        |id: &str| read.events.iter().find(|(event, _)| event.id == *id).unwrap().0.to_json();
    assert_eq!(
        json("loan_status/1"),
        r#"{"date":"2017-09-01","due":"2018-03-01","event":"extend","id":"loan_status/1","loan":"L-1","memo":"回款延后"}"#
    );
    assert_eq!(
        json("loan_status/2"),
        r#"{"date":"2017-10-01","event":"remove","id":"loan_status/2","loan":"L-1","memo":"见附件","reason":"重复"}"#
    );
    assert_eq!(
        json("claims/BC-1/file-claim"),
        r#"{"base":"50.00","claim":"C-1","collateral":"20.00","date":"2017-11-01","document":"文1","event":"file-claim","id":"claims/BC-1/file-claim","interest":"1.00","lawsuit":"案号1","loan":"L-1","other":"3.00","supplement":"C-0"}"#
    );
    assert_eq!(
        json("firm/91410821MA4YDWGK9U"),
        r#"{"credit_code":"91410821MA4YDWGK9U","date":"2017-02-01","event":"party","id":"firm/91410821MA4YDWGK9U","kind":"firm","name":"甲公司","party":"91410821MA4YDWGK9U"}"#
    );
    assert_eq!(
        read.statements,
        [StatementFile {
            bank_account: "RISK-A".to_owned(),
            path: dir.path().join("bank/RISK-A/2017.csv")
        }]
    );
    assert_eq!(read.profiles, [dir.path().join("bank/profiles/icbc.toml")]);
    assert_eq!(read.people, Some(crate::domain::event::PeopleMode::Three));
    assert_eq!(read.place(8).unwrap().row, Some(2));
}

#[test]
fn events_stay_the_same_when_rows_are_added_or_sorted() {
    let all = |loans: &str| {
        let (_dir, read) = folder(&[("book.toml", BOOK), ("loans.csv", loans)]);
        read.unwrap().events.iter().map(|(event, _)| event.to_json()).collect::<Vec<_>>()
    };
    let before = all(LOANS);
    let mut lines: Vec<&str> = LOANS.lines().collect();
    lines.push("DK-0,410821,L-0,91410821MA4YDWGK9U,甲公司,否,ICBC,100.00,2017-03-08,2017-09-08,2017-03-01,5%");
    lines[1..].reverse();
    let after = all(&lines.join("\n"));
    assert!(before.iter().all(|line| after.contains(line)));
    assert_eq!(after.len(), before.len() + 2);
}

#[test]
fn everything_wrong_is_told_at_once() {
    let found = codes(&[
        ("book.toml", &BOOK.replace("fund = \"RISK\"", "fund = \"RSK\"")),
        ("loan.csv", ""),
        ("event/x.jsonl", ""),
        (
            "loans.csv",
            "编号,县区,借据号,企业,企业名称,银行,金额,放款日,到期日,备案日,利率\nDK-1,410821,L-1,F,甲,ICBC,1.005,,2017-09-08,2017-03-07,5%\nDK-1,410821,L-1,F,甲,ICBC,1.00,,2017-09-08,2017-03-07,5%\nDK-2,410821,L-1,F,乙,ICBC,1.00,,2017-09-08,,5%\nDK-3,410821,L-1,F,甲,ICBC,1.00,,2017-09-08,2017-03-07,5%\nDK-4,410821,L-1,F,乙,ICBC,1.00,,2017-09-08,2017-03-07,5%\n,410821,L-1\n",
        ),
        ("repayments.csv", "id,date,loan\n"),
        ("budget.csv", "id,date,owner\n"),
        ("budget.xlsx", "x"),
        ("loan_status.csv", "id,date,loan,status\n1,2017-01-01,L,gone\n"),
        ("events/e.jsonl", "{}\n\nrubbish\n"),
        ("rates.toml", "nonsense = 1\n"),
    ]);
    assert_eq!(
        found,
        [
            "word-unknown book.toml  fund",
            "folder-file-unknown event",
            "folder-file-unknown loan.csv",
            "folder-table-twice budget.csv",
            "amount-precision loans.csv 2 金额",
            "row-id-twice loans.csv 3 编号",
            "field-missing loans.csv 4 备案日",
            "firm-name-differs loans.csv 6 企业名称",
            "row-ragged loans.csv 7",
            "column-missing repayments.csv 1",
            "word-unknown loan_status.csv 2 status",
            "key-unknown rates.toml 1 nonsense",
            "field-missing e.jsonl 1 event",
            "json-syntax e.jsonl 3",
        ]
    );
    assert_eq!(
        codes(&[("loans.csv", LOANS)]).first().unwrap().split(' ').next(),
        Some("folder-without-book-toml")
    );
}

/// The demonstration folder: counts as stated in its README and its files.
#[test]
fn the_folder_of_a_whole_year_is_read() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/jiaozuo-2017");
    let folder = read(&dir).unwrap();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (event, _) in &folder.events {
        *counts.entry(event.kind.word()).or_default() += 1;
    }
    let count = |word: &str| counts.get(word).copied().unwrap_or_default();
    assert_eq!((count("join"), count("bank-account"), count("target")), (7, 22, 1));
    assert_eq!((count("enrol"), count("disburse")), (70, 70));
    // Six parties in book.toml and 69 firms, of which one has two loans.
    assert_eq!((count("party"), count("contribute"), count("budget")), (75, 20, 15));
    assert_eq!((count("repay"), count("interest-paid"), count("fee-paid")), (17, 151, 34));
    assert_eq!((count("overdue"), count("npl"), count("cure")), (7, 4, 1));
    assert_eq!((count("remove"), count("extend"), count("recover")), (1, 1, 3));
    assert_eq!((count("file-claim"), count("approve-claim"), count("pay-claim")), (4, 3, 2));
    assert_eq!((count("pool-interest"), folder.events.len()), (63, 579));
    assert_eq!(folder.statements.len(), 22);
    assert_eq!(folder.profiles.len(), 3);
}
