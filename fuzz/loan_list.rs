//! A bank's list of loans: its rows are what stands there, and every difference to the book is named.

use super::{told, with_file};
use poolbook::audit::loan_list::{Cause, Gap, Known, Listed, Outside, Standing, compare};
use poolbook::domain::money::{Money, Total};
use poolbook::domain::text::Id;
use poolbook::intake::loan_list::{is_owner, read};

/// Notes of a book: loan, note, place of the class, balance in fen.
const NOTES: [(&str, &str, usize, i64); 5] = [
    ("L-1", "L-1", 0, 47_777_777),
    ("L-2", "N-1", 0, 10_000_000),
    ("L-2", "N-2", 2, 10_000_000),
    ("L-3", "N-3", 3, 300_000_000),
    ("L-4", "N-4", 1, 0),
];

fn id(text: &str) -> Id {
    Id::parse(text).expect("an id")
}

fn standings() -> Vec<Standing> {
    let standing = |(loan, note, class, fen): &(&str, &str, usize, i64)| {
        let mut balances = [Total::ZERO; 4];
        balances[*class] = Total(i128::from(*fen));
        Standing { loan: id(loan), note: id(note), balances, removed: None, later: Vec::new() }
    };
    NOTES.iter().map(standing).collect()
}

/// What stands elsewhere in the book.
fn known(note: &str) -> Option<Known> {
    let (owner, outside) = match note {
        "X-1" => ("410822", None),
        "X-2" => ("410883", Some(Outside::Applied)),
        "N-4" => ("410883", Some(Outside::Undrawn)),
        _ => return None,
    };
    Some(Known { loan: id(note), owner: id(owner), outside })
}

/// A list is read or told; list less book is the sum of the differences, and only a balance that
/// differs makes one, but for classes and doubles.
pub fn loan_list(input: &[u8]) {
    for (name, own) in [("list.csv", None), ("list.xlsx", Some(("note", "合同号")))] {
        let packed = super::zipped(input).filter(|_| own.is_some());
        let own: Vec<(String, String)> =
            own.iter().map(|(field, heading)| ((*field).into(), (*heading).into())).collect();
        with_file(name, packed.as_deref().unwrap_or(input), |path| match read(path, &own) {
            Ok(list) => {
                assert!(list.rows.is_sorted_by(|a, b| a.row < b.row));
                let row = |row: &poolbook::intake::loan_list::ListRow| Listed {
                    list: 0,
                    row: row.row,
                    note: row.note.clone(),
                    balance: row.balance,
                    class: row.class.as_ref().map(|(word, at)| (word.clone(), at.to_vec())),
                    firm: row.firm.clone(),
                };
                for row in &list.rows {
                    assert!(row.balance >= Money::ZERO && !row.note.is_empty(), "{row:?}");
                    assert!(row.owner.is_empty() || is_owner(&row.owner, &row.owner, ""));
                }
                tied(&list.rows.iter().map(row).collect::<Vec<_>>());
            }
            Err(problems) => {
                assert!(!problems.is_empty());
                problems.iter().for_each(told);
            }
        });
    }
}

fn tied(listed: &[Listed]) {
    let standings = standings();
    let differences = compare(listed, &standings, &id("410883"), &known);
    let list: Total = listed.iter().map(|row| Total::from(row.balance)).sum();
    let book: Total = standings.iter().map(Standing::balance).sum();
    let named: Total = differences.iter().map(|one| one.amount).sum();
    assert_eq!(list - book, named, "{differences:?}");
    for one in &differences {
        assert!(one.listed.is_some() || one.standing.is_some(), "{one:?}");
        let silent = matches!(one.gap, Gap::ClassDiffers | Gap::ListedTwice);
        assert!(silent || one.amount != Total::ZERO, "{one:?}");
        if let (Gap::ListedTwice, Some(Cause::Row(row))) = (one.gap, &one.cause) {
            assert!(listed.iter().any(|listed| listed.row == *row), "{one:?}");
        }
    }
}
