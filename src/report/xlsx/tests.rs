//! Reads the workbook back with another crate, as a spreadsheet would.

use super::*;
use crate::domain::calendar::parse_date;
use crate::report::locale::Lang;
use crate::report::shapes;
use crate::report::table::{ColumnKind, Shape};
use calamine::{Data, Reader as _, Xlsx};
use std::io::{Cursor, Read as _};

static SHAPE: Shape = Shape {
    name: "balance",
    meta: &[
        Column { key: "to", kind: ColumnKind::Date },
        Column { key: "root", kind: ColumnKind::Text },
        Column { key: "book_balance", kind: ColumnKind::Money },
        Column { key: "statement_balance", kind: ColumnKind::Money },
    ],
    form: &[("book_balance", "statement_balance")],
    rows: &[
        Column { key: "name", kind: ColumnKind::Text },
        Column { key: "closing", kind: ColumnKind::Money },
    ],
    totals: true,
    sections: &[("funds", &[Column { key: "fund", kind: ColumnKind::Word }])],
};

fn sample() -> Report {
    let day = parse_date("2017-12-31").unwrap();
    let root = "ab".repeat(32);
    let sums = [Total(-123_456_789), Total(1_000_000_000_000_000)];
    let mut report =
        Report::new(&SHAPE, vec![day.into(), root.into(), sums[0].into(), sums[1].into()]);
    report.row(vec!["焦作市城乡一体化示范区".into(), Total(5).into()]);
    report.row(vec!["=HYPERLINK(\"http://x\")".into(), Total(-5).into()]);
    report.total(vec![Cell::Empty, Total::ZERO.into()]);
    report.section_row("funds", vec![Cell::Word("RISK")]);
    report
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn amounts_are_numbers_and_every_fen_is_kept() {
    let bytes = render(&sample(), None, &Locale::new(Lang::Chinese)).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["分县（市、区）资金余额表", "各项资金合计"]);
    let sheet = book.worksheet_range("分县（市、区）资金余额表").unwrap();
    let rows: Vec<Vec<Data>> = sheet.rows().map(<[Data]>::to_vec).collect();
    let find = |text: &str| {
        let row = rows.iter().find(|row| row.contains(&Data::String(text.into())));
        row.unwrap_or_else(|| panic!("{text}: {rows:?}")).clone()
    };
    assert_eq!(find("焦作市城乡一体化示范区")[1], Data::Float(0.05));
    assert_eq!(find("=HYPERLINK(\"http://x\")")[1], Data::Float(-0.05));
    let form = find("单位日记账余额");
    assert_eq!(form[1], Data::Float(-1_234_567.89));
    assert_eq!(form[2], Data::String("银行对账单余额".into()));
    // Sixteen digits are more than a spreadsheet keeps.
    assert_eq!(form[3], Data::String("10000000000000.00".into()));
    assert_eq!(find("合计")[1], Data::Float(0.0));
    let funds = book.worksheet_range("各项资金合计").unwrap();
    assert!(funds.rows().flatten().any(|cell| *cell == "融资风险池基金"), "{funds:?}");
}

#[test]
fn no_text_is_a_formula_and_one_that_looks_like_it_is_marked() {
    let bytes = render(&sample(), None, &Locale::new(Lang::Chinese)).unwrap();
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f>") && !sheet.contains("<f "), "{sheet}");
    assert!(part(&bytes, "xl/styles.xml").contains("quotePrefix=\"1\""));
}

#[test]
fn it_is_set_up_to_be_read_and_printed() {
    let bytes = render(&sample(), None, &Locale::new(Lang::Chinese)).unwrap();
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    for mark in [
        "<pane ",
        "state=\"frozen\"",
        "<autoFilter ",
        "paperSize=\"9\"",
        "orientation=\"landscape\"",
    ] {
        assert!(sheet.contains(mark), "{mark}: {sheet}");
    }
    assert!(part(&bytes, "xl/styles.xml").contains("#,##0.00;[Red]-#,##0.00"));
    // Eleven Chinese characters take twenty-two columns, and two are added.
    assert!(sheet.contains("<col min=\"1\" max=\"1\" width=\"24."), "{sheet}");
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let locale = Locale::new(Lang::English);
    assert_eq!(
        render(&sample(), None, &locale).unwrap(),
        render(&sample(), None, &locale).unwrap()
    );
}

#[test]
fn every_shape_makes_a_workbook() {
    for lang in [Lang::Chinese, Lang::English] {
        let locale = Locale::new(lang);
        for shape in shapes::all() {
            let mut report = Report::new(shape, vec![Cell::Empty; shape.meta.len()]);
            report.row(vec![Cell::Empty; shape.rows.len()]);
            for (key, columns) in shape.sections {
                report.section_row(key, vec![Cell::Empty; columns.len()]);
            }
            let bytes = render(&report, None, &locale).unwrap();
            let book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
            assert_eq!(book.sheet_names().len(), shape.sections.len() + 1, "{}", shape.name);
        }
    }
}

#[test]
fn numbers_keep_every_fen() {
    assert_eq!(number(Total(999_999_999_999_999)), Some(9_999_999_999_999.99));
    assert_eq!(number(Total(-5)), Some(-0.05));
    assert_eq!(number(Total(1_000_000_000_000_000)), None);
}
