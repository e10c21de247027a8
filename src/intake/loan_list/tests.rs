//! Lists in the form in which banks provide them.

use super::*;

fn list(text: &str, own: &[(&str, &str)]) -> Result<LoanList, Vec<Problem>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("借据清单.csv");
    std::fs::write(&path, text).unwrap();
    let own: Vec<(String, String)> =
        own.iter().map(|(field, name)| ((*field).to_owned(), (*name).to_owned())).collect();
    read(&path, &own)
}

fn codes(text: &str) -> Vec<&'static str> {
    list(text, &[]).unwrap_err().iter().map(|problem| problem.code).collect()
}

#[test]
fn preamble_headings_classes_and_totals() {
    let text = "借据余额清单\n截止日期：2017年12月31日,,币种：人民币\n\n\
        序号,借据编号,客户名称,贷款余额（元）,五级分类,县(市、区)\n\
        1,ICBC-1,甲,\"1,000,000.00\",正常,修武县\n2,ICBC-2,乙,0.50,可疑,410821\n\
        合计,,,\"1,000,000.50\",,\n打印时间,2018-01-02\n";
    let list = list(text, &[]).unwrap();
    assert_eq!(list.day, parse_date("2017-12-31").ok());
    let shown: Vec<String> = list
        .rows
        .iter()
        .map(|row| {
            format!(
                "{} {} {} {:?} {} {}",
                row.row, row.note, row.balance, row.class, row.firm, row.owner
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "5 ICBC-1 1000000.00 Some((\"正常\", [0, 1])) 甲 修武县",
            "6 ICBC-2 0.50 Some((\"可疑\", [3])) 乙 410821",
        ]
    );
    assert!(is_owner(&list.rows[0].owner, "410821", "修武县"));
    assert!(is_owner(&list.rows[1].owner, "410821", "修武县"));
    assert!(!is_owner("博爱县", "410821", "修武县"));
}

#[test]
fn english_headings_and_own_names() {
    let rows = &list("loan,balance,status\nA,5,overdue\n", &[]).unwrap().rows;
    assert_eq!(rows[0].class, Some(("overdue".to_owned(), &[2usize][..])));
    let own = [("note", "契约"), ("balance", "本金")];
    assert_eq!(list("契约,借据号,余额,本金\nA,B,1,2\n", &own).unwrap().rows[0].note, "A");
    assert_eq!(list("契约,借据号,余额,本金\nA,B,1,2\n", &own).unwrap().rows[0].balance.fen(), 200);
    assert_eq!(own_name("note=契约").unwrap(), ("note".to_owned(), "契约".to_owned()));
    assert_eq!(own_name("notes=契约").unwrap_err().code, "word-unknown");
    assert_eq!(own_name("note").unwrap_err().code, "word-unknown");
}

/// 120.0001 of ten thousand yuan are 1,200,001 yuan; a seventh decimal would be less than a fen.
#[test]
fn ten_thousands_are_exact() {
    let of = |text: &str| list(&format!("借据号,贷款余额(万元)\nA,\"{text}\"\n"), &[]);
    assert_eq!(of("120.0001").unwrap().rows[0].balance.fen(), 120_000_100);
    assert_eq!(of("1,250.000001").unwrap().rows[0].balance.fen(), 1_250_000_001);
    for (text, code) in [
        ("0.0000001", "amount-precision"),
        ("1,2", "amount-format"),
        ("1_0", "amount-format"),
        ("1.", "amount-format"),
        ("1e3", "amount-format"),
    ] {
        assert_eq!(of(text).unwrap_err()[0].code, code, "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_row() {
    assert_eq!(
        codes("借据号,余额\nA,\n,5\nB,-1\nC,x\n"),
        ["field-missing", "field-missing", "amount-negative", "amount-format"]
    );
    assert_eq!(codes("借据号,余额,五级分类\nA,1,较好\n"), ["word-unknown"]);
    assert_eq!(codes("贷款,额度,利率\nA,1,2\n"), ["loan-list-header"]);
    let problems = list("借据号,余额\nA,10.00\nB,5.00\n合计,15.01\n", &[]).unwrap_err();
    assert_eq!(problems[0].code, "loan-list-total");
    assert_eq!((problems[0].arg("gap"), problems[0].place.row), (Some("0.01"), Some(4)));
}
