//! The main job's folder against figures that were calculated apart from this program
//! (`fixtures/jiaozuo-2017/expected`).

use crate::scenarios::options;
use crate::support::fixture;
use poolbook::audit::balance::{Cells, balance};
use poolbook::audit::movements::Span;
use poolbook::book::subsidies::{approval, compute_subsidies};
use poolbook::book::{Book, Options, People, Scope};
use poolbook::domain::calendar::{CalendarQuarter, Quarter, parse_date};
use poolbook::domain::event::{Event, Programme};
use poolbook::intake::folder;
use poolbook::store::MemoryStore;

/// The folder taken in and its quarter approved.
pub fn year_2017() -> Book<MemoryStore> {
    let mut folder =
        folder::read(&fixture("jiaozuo-2017")).unwrap_or_else(|all| panic!("{all:#?}"));
    let options = Options {
        people: People {
            maker: Some("李砚秋".into()),
            checker: Some("王澍文".into()),
            approver: Some("张栎川".into()),
        },
        ..options()
    };
    let mut book = Book::open(MemoryStore::new(), Scope::All).unwrap();
    let opening = r#"{"event":"open-book","id":"open-book","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#;
    book.record(Event::from_json(opening.as_bytes()).unwrap(), &options).unwrap();
    book.record_all(&mut folder, &options, &mut |_, _| {})
        .unwrap_or_else(|refused| panic!("{} at {:?}", refused.problem, folder.place(refused.row)));
    let quarter = Quarter::parse("2017Q4").unwrap();
    let lines = compute_subsidies(book.state(), quarter, Programme::ALL);
    let date = CalendarQuarter(quarter).last_day();
    for line in &lines {
        // The text is canonical as it is written: sorted keys, no blanks.
        assert_eq!(line.working.to_text().as_str(), line.working.to_json().to_string());
    }
    let payable = lines.iter().filter(|line| line.is_payable());
    let mut approvals: Vec<Event> = payable.map(|line| approval(line, date).unwrap()).collect();
    book.record_all(&mut approvals, &options, &mut |_, _| {})
        .unwrap_or_else(|all| panic!("{all:?}"));
    book
}

fn expected(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(fixture("jiaozuo-2017/expected").join(name)).unwrap();
    let rows = text.trim_start_matches('\u{feff}').lines().skip(1);
    rows.map(|row| row.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn every_subsidy_of_the_quarter_is_as_calculated_apart() {
    let book = year_2017();
    let mut found: Vec<Vec<String>> = book
        .state()
        .subsidies
        .iter()
        .map(|line| {
            vec![
                line.programme.to_string(),
                line.loan.to_string(),
                line.period.to_string(),
                line.amount.to_string(),
            ]
        })
        .collect();
    found.sort();
    let mut wanted = expected("subsidies.csv");
    wanted.sort();
    assert_eq!(found, wanted);
}

#[test]
fn every_balance_of_the_quarter_is_as_calculated_apart() {
    let book = year_2017();
    let span = Span::new(parse_date("2017-10-01").unwrap(), parse_date("2017-12-31").unwrap());
    let owners = book.owner_names();
    let view = book
        .with_movements(|source| balance(source, &owners, Cells::default(), span.unwrap()))
        .unwrap();
    let wanted = expected("balance.csv");
    let mut compared = 0;
    for row in wanted.iter().filter(|row| row[0] != "total") {
        let found =
            view.rows.iter().find(|found| *found.owner == *row[0] && found.fund.code() == row[2]);
        let columns = &found.unwrap_or_else(|| panic!("{row:?}")).columns;
        let figures: Vec<String> = columns.iter().map(|(_, amount)| amount.to_string()).collect();
        assert_eq!(figures, row[3..], "{} {}", row[0], row[2]);
        compared += 1;
    }
    assert_eq!(compared, 18);
}
