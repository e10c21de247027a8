//! The book in the formats of other ledgers, read by the readers of `support::foreign`.

use crate::jiaozuo::year_2017;
use crate::properties::life;
use crate::scenarios::played;
use crate::support::book::{blank, event, record};
use crate::support::foreign::{
    Asked, Kind, Sums, amounts, exported, fen, key, shifted, stored, written,
};
use crate::support::world::{cases, steps};
use calamine::{Data, Reader as _, Xlsx};
use poolbook::audit::balance::Cells;
use poolbook::audit::movements::Span;
use poolbook::book::Book;
use poolbook::domain::calendar::parse_date;
use poolbook::report::export::{flat, sheet};
use poolbook::store::{MemoryStore, Store};
use proptest::prelude::*;
use serde_json::json;

fn agree<S: Store>(book: &Book<S>) {
    for kind in Kind::ALL {
        let text = exported(book, kind, Asked::default());
        let read = kind.read(&text);
        assert_eq!(read, Ok(stored(book)), "{kind:?}");
    }
    assert_eq!(csv_sums(&csv(book, Asked::default())), stored(book), "csv");
}

fn csv<S: Store>(book: &Book<S>, asked: Asked) -> Vec<Vec<String>> {
    let bytes = written(book, asked, |source, sink| flat::csv(source, sink).unwrap());
    let text = String::from_utf8(bytes).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let records = reader.records().map(|record| record.unwrap());
    records.map(|record| record.iter().map(str::to_owned).collect()).collect()
}

/// Sums of the flat table: columns by their place in the documented order.
fn csv_sums(rows: &[Vec<String>]) -> Sums {
    let mut sums = Sums::new();
    for row in rows {
        // A text that a table program would run as a formula stands behind a mark.
        let plain = |text: &str| match text.strip_prefix('\'') {
            Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest.to_owned(),
            _ => text.to_owned(),
        };
        let key = (row[7].clone(), row[4].clone(), row[6].clone(), plain(&row[15]));
        let side = |text: &str| if text.is_empty() { 0 } else { fen(text).unwrap() };
        *sums.entry(key).or_default() += side(&row[9]) - side(&row[10]);
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

#[test]
fn a_year_and_every_scenario_read_back_account_by_account() {
    let year = year_2017();
    assert!(stored(&year).len() > 100);
    agree(&year);
    for name in ["county-cell", "funding", "settlement", "clawback"] {
        agree(&played(name));
    }
    agree(&blank());
}

/// One amount, or both amounts of one transaction, which then still balances.
#[test]
fn one_fen_is_found_wherever_it_is_changed() {
    let book = played("county-cell");
    for kind in Kind::ALL {
        let text = exported(&book, kind, Asked::default());
        let (single, pairs) = amounts(&text);
        assert!(single.len() > 40 && pairs.len() > 20, "{kind:?}");
        for at in single {
            assert!(kind.read(&shifted(&text, &[(at, 1)])).is_err(), "{kind:?} line {at}");
        }
        for (first, second) in pairs {
            let both = shifted(&text, &[(first, 1), (second, -1)]);
            assert!(kind.read(&both).is_err(), "{kind:?} lines {first} and {second}");
        }
    }
}

#[test]
fn a_part_of_the_book_begins_with_what_was_brought_forward() {
    let book = year_2017();
    let owner = u16::try_from(book.state().owner_number("410821").unwrap()).unwrap();
    let day = |text| parse_date(text).unwrap();
    let span = Span::new(day("2017-10-15"), day("2017-12-20")).unwrap();
    let asked = Asked { cells: Cells { owner: Some(owner), fund: None }, span };
    // Apart from the program: every stored line of the owner up to the last day.
    let mut wanted = Sums::new();
    let mut inside = 0;
    for entry in crate::support::book::entries(book.store()) {
        let counts = entry.event.date <= day("2017-12-20");
        let lines = entry.all_lines().filter(|line| counts && *line.owner == *"410821");
        for line in lines {
            let bank = line.bank_account.as_ref().map(ToString::to_string).unwrap_or_default();
            let (code, fund) = (line.account.code().to_owned(), line.fund.code().to_owned());
            *wanted.entry((code, line.owner.to_string(), fund, bank)).or_default() +=
                line.signed().0;
            inside += usize::from(entry.event.date >= day("2017-10-15"));
        }
    }
    wanted.retain(|_, sum| *sum != 0);
    for kind in Kind::ALL {
        let text = exported(&book, kind, asked);
        assert_eq!(kind.read(&text).as_ref(), Ok(&wanted), "{kind:?}");
        assert!(text.contains("\n2017-10-14 ") && !text.contains("\n2017-10-13 "), "{kind:?}");
    }
    assert_eq!(csv(&book, asked).len(), inside);
}

#[test]
fn entries_stand_in_the_order_of_their_dates_with_their_facts() {
    let mut book = blank();
    let mut life = basis("RISK_A", "甲");
    life.push(json!({"event": "contribute", "id": "late", "date": "2017-05-02", "owner": "410821",
        "source": "city", "bank_account": "RISK_A", "amount": "5.00", "memo": "后记"}));
    life.push(
        json!({"event": "contribute", "id": "early", "date": "2017-03-02", "owner": "410821",
        "source": "city", "bank_account": "RISK_A", "amount": "7.00", "memo": "=1+1"}),
    );
    life.push(json!({"event": "reverse", "id": "back", "date": "2017-06-01", "entry": 5,
        "reason": "错"}));
    let events: Vec<_> = life.iter().map(|value| event(&value.to_string())).collect();
    record(&mut book, &events);
    agree(&book);
    let hledger = exported(&book, Kind::Hledger, Asked::default());
    let wanted = "2017-03-02 * (410821 2017-03 记-1) 出资到位 | =1+1
    ; entry: 6
    ; id: early
    ; event: contribute
    assets:1002-01-银行存款-风险池专户:C410821-修武县:RISK:B-RISK-u5F-A  7.00 CNY
        ; source: city
    equity:3101-02-专用基金-市出资:C410821-修武县:RISK  -7.00 CNY
        ; source: city

2017-03-31 * (2017-03-31) 月末余额核对
    assets:1002-01-银行存款-风险池专户:C410821-修武县:RISK:B-RISK-u5F-A  0.00 CNY = 107.00 CNY
    equity:3101-02-专用基金-市出资:C410821-修武县:RISK  0.00 CNY = -107.00 CNY

2017-05-02 * (410821 2017-05 记-1) 出资到位 | 后记
    ; entry: 5
";
    assert!(hledger.contains(wanted), "{hledger}");
    assert!(hledger.contains("    ; reverses: 5\n"));
    let beancount = exported(&book, Kind::Beancount, Asked::default());
    assert!(beancount.contains("2017-03-02 * \"出资到位\" \"=1+1\"\n"));
    let name = "Assets:1002-01-银行存款-风险池专户:C410821-修武县:RISK:B-RISK-u5F-A";
    let balance = format!("2017-04-01 balance {name}  107.00 ~ 0 CNY\n");
    assert!(beancount.contains(&balance), "{beancount}");
    // A spreadsheet must not run what somebody wrote.
    assert!(csv(&book, Asked::default()).iter().any(|row| row[18] == "'=1+1"));
}

#[test]
fn the_workbook_holds_the_rows_of_the_csv() {
    let book = year_2017();
    let bytes = written(&book, Asked::default(), |source, sink| {
        sheet::workbook(source, sink).unwrap();
    });
    let again = written(&book, Asked::default(), |source, sink| {
        sheet::workbook(source, sink).unwrap();
    });
    assert!(bytes == again, "the same book gives the same bytes");
    let mut workbook: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let range = workbook.worksheet_range("分录明细").unwrap();
    let rows: Vec<&[Data]> = range.rows().collect();
    assert_eq!(rows[0][9].to_string(), "借方");
    let csv = csv(&book, Asked::default());
    assert_eq!(rows.len() - 1, csv.len());
    for (found, wanted) in rows[1..].iter().zip(&csv) {
        for place in [9, 10] {
            match &found[place] {
                Data::Empty => assert_eq!(wanted[place], ""),
                Data::Float(number) => assert_eq!(format!("{number:.2}"), wanted[place]),
                other => panic!("{other:?}"),
            }
        }
        let Data::DateTime(day) = &found[2] else { panic!("{:?}", found[2]) };
        // A spreadsheet counts days from the end of 1899.
        let start = parse_date("1900-01-01").unwrap();
        let days = start.until(parse_date(&wanted[2]).unwrap()).unwrap().get_days();
        assert_eq!(day.as_f64().to_string(), (days + 2).to_string());
        for place in [4, 7, 15, 17] {
            assert_eq!(found[place].to_string(), wanted[place]);
        }
    }
}

/// A book with one owner, one bank account and 100.00 in it.
fn basis(bank: &str, memo: &str) -> Vec<serde_json::Value> {
    vec![
        json!({"event": "open-book", "id": "1", "date": "2017-01-01", "city": "410800",
            "name": "焦作市", "currency": "CNY"}),
        json!({"event": "join", "id": "2", "date": "2017-01-01", "owner": "410821"}),
        json!({"event": "bank-account", "id": "3", "date": "2017-01-01", "owner": "410821",
            "bank_account": bank, "fund": "RISK"}),
        json!({"event": "contribute", "id": "4", "date": "2017-02-01", "owner": "410821",
            "source": "city", "bank_account": bank, "amount": "100.00", "memo": memo}),
    ]
}

/// Memos and ids that are chosen to break a file.
pub fn hostile() -> impl Strategy<Value = Vec<(String, String)>> {
    let sign = r#"[;|"\\*!()\[\]{}:=@#%&~^$, 0-9a-z年：；×é-]"#;
    let text = format!("({sign}|  |; date: |2017/01/01|-u5F-){{1,30}}");
    let text = proptest::string::string_regex(&text).unwrap();
    proptest::collection::vec((text, "[-A-Za-z0-9._:/#u年]{1,20}"), 1..12)
}

/// A book with these memos and ids.
pub fn hostile_book(texts: &[(String, String)]) -> Book<MemoryStore> {
    let mut book = blank();
    let (memo, bank) = &texts[0];
    let mut life = basis(bank, memo);
    for (number, (memo, id)) in texts.iter().enumerate() {
        life.push(json!({"event": "contribute", "id": format!("{id}{number}"),
            "date": format!("2017-{:02}-28", 12 - number), "owner": "410821", "memo": memo,
            "source": "city", "bank_account": bank, "amount": format!("{}.01", number + 1)}));
    }
    let events: Vec<_> = life.iter().map(|value| event(&value.to_string())).collect();
    record(&mut book, &events);
    book
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn texts_from_outside_change_no_figure(texts in hostile()) {
        agree(&hostile_book(&texts));
    }

    #[test]
    fn random_books_read_back_account_by_account(steps in steps()) {
        agree(&life(&steps).0);
    }
}

#[test]
fn the_readers_refuse_what_they_do_not_know() {
    assert!(key("assets:3101-02-x:C1-y:RISK").is_err());
    assert!(Kind::Hledger.read("nonsense\n").is_err());
    assert!(Kind::Beancount.read("2017-01-01 open assets:x CNY\n").is_err());
}
