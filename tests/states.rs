//! Every state of a loan, a claim, a subsidy line, a pool and a period, with every event of its
//! family.
//!
//! `fixtures/states/*.csv` say what practice asks for, written by hand: a row a state, a column an
//! event or step. A cell names the state to which the event leads; nothing: it is refused by the
//! state; a code: another rule refuses it with these fields, `!` before it where the state would
//! refuse it as well; `*`: not tried. A row `state@variant` is another book in the same state.

mod claim;
mod loan;
mod period;
mod pool;
mod subsidy;

use crate::support::book::{blank, event, fingerprint, options, record};
use crate::support::fixture;
use poolbook::book::Book;
use poolbook::domain::state::State;
use poolbook::store::MemoryStore;
use std::collections::BTreeSet;

/// A book in a state: its name, the one it goes on from, and what happens.
pub type Stage = (&'static str, &'static str, &'static [&'static str]);

/// A family of states with the events that are tried on it.
pub struct Family {
    /// Name of the fixture.
    name: &'static str,
    /// The code by which a state refuses.
    code: &'static str,
    /// A book for every state.
    books: &'static [Stage],
    /// The event of a column, on the record that the book is about.
    event: fn(column: &str, row: &str) -> String,
    /// Where that record stands.
    stand: fn(&State, row: &str) -> &'static str,
    /// Whether the refusal says what may be recorded in the state.
    tells_moves: bool,
    /// The states of the program, each with its legal moves.
    table: fn() -> Vec<(&'static str, Vec<&'static str>)>,
}

struct Table {
    columns: Vec<String>,
    rows: Vec<(String, Vec<String>)>,
}

fn expected(name: &str) -> Table {
    let text = std::fs::read_to_string(fixture(&format!("states/{name}.csv"))).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let columns = lines.next().unwrap().skip(1).collect();
    let rows = lines.map(|mut cells| (cells.next().unwrap(), cells.collect())).collect();
    Table { columns, rows }
}

/// What all books begin with.
const COMMON: &[&str] = &[
    r#"{"event":"open-book","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#,
    r#"{"event":"join","date":"2017-01-01","owner":"410821"}"#,
    r#"{"event":"adopt-rules","date":"2017-02-01","rules":"@"}"#,
    r#"{"event":"party","date":"2017-01-01","party":"BANK","kind":"bank","name":"银行"}"#,
    r#"{"event":"party","date":"2017-01-01","party":"FIRM","kind":"firm","name":"企业"}"#,
    r#"{"event":"bank-account","date":"2017-01-01","owner":"410821","bank_account":"POOL","fund":"RISK"}"#,
    r#"{"event":"bank-account","date":"2017-01-01","owner":"410821","bank_account":"INT","fund":"INT"}"#,
];
/// The money of all books but those without.
const MONEY: &[&str] = &[
    r#"{"event":"contribute","date":"2017-02-01","owner":"410821","source":"county","bank_account":"POOL","amount":"5000000.00"}"#,
    r#"{"event":"budget","date":"2017-02-01","owner":"410821","bank_account":"INT","amount":"250000.00"}"#,
];

/// What a book goes on from that has no money.
pub const UNFUNDED: &str = "-";

/// The enrolment of the loan of all books.
pub const ENROL: &str = r#"{"event":"enrol","date":"2017-03-01","owner":"410821","loan":"L","firm":"FIRM","bank":"BANK","amount":"1000000.00","due":"2018-03-01","rate":"4.35%"}"#;
/// Its drawdown.
pub const DRAW: &str =
    r#"{"event":"disburse","date":"2017-03-01","loan":"L","note":"N","amount":"900000.00"}"#;

fn told(book: &mut Book<MemoryStore>, json: &str, id: &str) -> poolbook::domain::event::Event {
    let mut value: serde_json::Value = serde_json::from_str(json).unwrap();
    if value.get("id").is_none() {
        value["id"] = id.into();
    }
    if value["rules"] == "@" {
        let rules = fixture("jiaozuo-2017/rules/jiaozuo-demo.toml");
        value["rules"] = std::fs::read_to_string(rules).unwrap().into();
    }
    value["maker"] = "甲".into();
    value["checker"] = "乙".into();
    let _ = book;
    event(&value.to_string())
}

/// What happens until a book stands in a state.
fn happens(books: &[Stage], name: &str) -> Vec<&'static str> {
    let (_, parent, own) = books.iter().find(|(state, ..)| *state == name).unwrap();
    let mut all = match *parent {
        UNFUNDED => COMMON.to_vec(),
        "" => [COMMON, MONEY].concat(),
        parent => happens(books, parent),
    };
    all.extend(*own);
    all
}

fn book_in(books: &[Stage], name: &str) -> Book<MemoryStore> {
    let mut book = blank();
    for (json, number) in happens(books, name).into_iter().zip(1..) {
        let event = told(&mut book, json, &format!("before-{number}"));
        record(&mut book, &[event]);
    }
    book
}

/// The words of a list in a refusal.
fn words(problem: &poolbook::problem::Problem, name: &str) -> BTreeSet<String> {
    let list = problem.arg(name).unwrap_or_default();
    list.split(", ").filter(|word| !["none", "-", ""].contains(word)).map(str::to_owned).collect()
}

fn is_refused(family: &Family, row: &str, column: &str, cell: &str, table: &Table) {
    let mut book = book_in(family.books, row);
    let before = fingerprint(&book);
    let event = told(&mut book, &(family.event)(column, row), "tried");
    let place = format!("{} {row} {column}", family.name);
    let Err(problem) = book.record(event, &options()) else { panic!("{place} is taken") };
    assert_eq!(before, fingerprint(&book), "{place} left a trace");
    if !cell.is_empty() {
        assert_eq!(problem.code, cell.trim_start_matches('!'), "{place}: {problem}");
        return;
    }
    assert_eq!(problem.code, family.code, "{place}: {problem}");
    assert_eq!(problem.arg("state"), row.split('@').next(), "{place}");
    // What the refusal says may be recorded is what the table says, and so are the states.
    let legal = |cell: &String| !cell.is_empty() && !cell.starts_with('!');
    let row_of = |wanted: &str| table.rows.iter().find(|(name, _)| name == wanted).unwrap();
    let moves = table.columns.iter().zip(&row_of(row).1).filter(|(_, cell)| legal(cell));
    let moves: BTreeSet<String> = moves.map(|(column, _)| column.clone()).collect();
    if family.tells_moves {
        assert_eq!(words(&problem, "moves"), moves, "{place}");
    }
    let place_of = table.columns.iter().position(|name| name == column).unwrap();
    let states =
        table.rows.iter().filter(|(name, cells)| !name.contains('@') && legal(&cells[place_of]));
    let states: BTreeSet<String> = states.map(|(name, _)| name.clone()).collect();
    assert_eq!(words(&problem, "legal"), states, "{place}");
}

fn is_taken(family: &Family, row: &str, column: &str, next: &str) {
    let mut book = book_in(family.books, row);
    let stood = row.split('@').next().unwrap();
    assert_eq!((family.stand)(book.state(), row), stood, "{} {row}", family.name);
    let event = told(&mut book, &(family.event)(column, row), "tried");
    let place = format!("{} {row} {column}", family.name);
    let entry = match book.record(event, &options()) {
        Ok((entry, _)) => entry.unwrap(),
        Err(problem) => panic!("{place}: {problem}"),
    };
    assert_eq!((family.stand)(book.state(), row), next, "{place}");
    let back = format!(
        r#"{{"event":"reverse","date":"2018-12-31","entry":"{}","reason":"x"}}"#,
        entry.seq
    );
    let back = told(&mut book, &back, "back");
    match book.record(back, &options()) {
        Ok(_) => assert_eq!((family.stand)(book.state(), row), stood, "{place} taken back"),
        Err(problem) => assert_eq!(problem.code, "reverse-kind", "{place}: {problem}"),
    }
}

/// Tries every cell of a family's table, and holds the program's own table against it.
pub fn walk(family: &Family) {
    let table = expected(family.name);
    for (row, cells) in &table.rows {
        assert_eq!(cells.len(), table.columns.len(), "{row}");
        for (column, cell) in table.columns.iter().zip(cells) {
            let is_state = table.rows.iter().any(|(state, _)| state == cell);
            match cell.as_str() {
                "*" => {}
                next if is_state => is_taken(family, row, column, next),
                other => is_refused(family, row, column, other, &table),
            }
        }
    }
    let rows = table.rows.iter().filter(|(row, _)| !row.contains('@'));
    let rows: Vec<&str> = rows.map(|(row, _)| row.as_str()).collect();
    let known: Vec<&str> = (family.table)().iter().map(|(state, _)| *state).collect();
    assert_eq!(rows, known, "{} has a row for every state", family.name);
    for (state, moves) in (family.table)() {
        for moved in moves {
            let column = table.columns.iter().any(|column| column == moved);
            assert!(column, "{state}: {moved} has no column");
        }
    }
}
