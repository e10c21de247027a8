//! What holds for any two lists of lines.

use poolbook::audit::reconcile::{
    BookLine, Confirmed, Input, ItemKind, Matching, Settings, StatementLine, Zone, match_lines,
    reconciliation,
};
use poolbook::domain::calendar::Date;
use poolbook::domain::money::{Money, Total};
use proptest::prelude::*;
use std::collections::BTreeSet;

const NAMES: [&str; 4] = ["", "", "焦作市华飞电子电器有限公司", "修武县联盟生物科技有限公司"];
const DOCUMENTS: [&str; 4] = ["", "", "焦财〔2017〕8号", "焦科〔2017〕19号"];

fn amount(fen: i64) -> Money {
    Money::from_fen(fen).unwrap()
}

fn date(day: i64) -> Date {
    Date::new(2017, 11, 1).unwrap().checked_add(jiff::Span::new().days(day)).unwrap()
}

/// Few amounts and few days, so that choices, sums and twins are frequent.
fn statement() -> impl Strategy<Value = Vec<StatementLine>> {
    let line = (0_i64..45, -6_i64..7, 0_usize..4, 0_usize..4);
    prop::collection::vec(line, 0..14).prop_map(|rows| {
        let line =
            |(row, (day, fen, name, document)): (usize, &(i64, i64, usize, usize))| StatementLine {
                id: format!("{row:012x}").into(),
                date: date(*day),
                amount: amount(*fen * 1001),
                name: NAMES[*name].to_owned(),
                memo: DOCUMENTS[*document].to_owned(),
                row: row as u64 + 2,
                ..StatementLine::default()
            };
        rows.iter().enumerate().map(line).collect()
    })
}

fn book() -> impl Strategy<Value = Vec<BookLine>> {
    let line = (0_i64..45, -6_i64..7, 0_usize..4, 0_usize..4, 0_u64..8);
    prop::collection::vec(line, 0..14).prop_map(|rows| {
        let line =
            |(row, (day, fen, name, document, back)): (usize, &(i64, i64, usize, usize, u64))| {
                BookLine {
                    date: date(*day),
                    amount: amount(*fen * 1001),
                    entry: row as u64 + 1,
                    line: 1,
                    party_name: NAMES[*name].to_owned(),
                    document: DOCUMENTS[*document].to_owned(),
                    reverses: (*back > 0 && *back <= row as u64).then_some(*back),
                    ..BookLine::default()
                }
            };
        rows.iter().enumerate().map(line).collect()
    })
}

/// Confirmed matches of two lines each that sum to the same.
fn confirmed(statement: &[StatementLine], book: &[BookLine]) -> Vec<Confirmed> {
    let even = |line: &StatementLine| book.iter().find(|own| own.amount == line.amount);
    let found = statement.iter().step_by(3).filter_map(|line| Some((line, even(line)?)));
    let mut used = BTreeSet::new();
    let new = found.filter(|(_, own)| used.insert(own.entry));
    new.map(|(line, own)| Confirmed {
        entry: 100 + line.row,
        lines: vec![line.id.clone()],
        postings: vec![(own.entry, own.line)],
    })
    .collect()
}

type Names = (String, Vec<String>, Vec<u64>);

/// Groups by the names of their lines, so that places do not matter.
fn named(found: &Matching, statement: &[StatementLine], book: &[BookLine]) -> BTreeSet<Names> {
    let names = |group: &poolbook::audit::reconcile::Group| {
        let banks = group.statement.iter().map(|place| statement[*place].id.to_string());
        let books = group.book.iter().map(|place| book[*place].entry);
        let (mut banks, mut books) = (banks.collect::<Vec<_>>(), books.collect::<Vec<_>>());
        banks.sort();
        books.sort_unstable();
        (format!("{:?} {}", group.zone, group.score), banks, books)
    };
    found.groups.iter().map(names).collect()
}

fn sum<'a>(amounts: impl Iterator<Item = &'a Money>) -> i128 {
    amounts.map(|amount| i128::from(amount.fen())).sum()
}

/// The list, and the same in another order.
fn shuffled<T: Clone + std::fmt::Debug>(all: Vec<T>) -> impl Strategy<Value = (Vec<T>, Vec<T>)> {
    (Just(all.clone()), Just(all).prop_shuffle())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn each_line_is_used_once_and_groups_come_out_even(statement in statement(), book in book()) {
        let given = confirmed(&statement, &book);
        let found = match_lines(&statement, &book, &given, &Settings::default());
        let (mut banks, mut books) = (found.open_statement.clone(), found.open_book.clone());
        for group in &found.groups {
            banks.extend(&group.statement);
            books.extend(&group.book);
            let of_bank: Vec<Money> =
                group.statement.iter().map(|n| statement[*n].amount).collect();
            let of_book: Vec<Money> = group.book.iter().map(|n| book[*n].amount).collect();
            prop_assert_eq!(sum(of_bank.iter()), sum(of_book.iter()));
            if group.confirmed.is_none() && !group.statement.is_empty() {
                let all = of_bank.iter().chain(&of_book);
                let all: BTreeSet<bool> = all.map(|amount| amount.fen() > 0).collect();
                prop_assert_eq!(all.len(), 1, "money in with money out");
            }
            for other in &group.alternatives {
                prop_assert_eq!(group.zone, Zone::Proposed);
                let one = sum(other.statement.iter().map(|n| &statement[*n].amount));
                prop_assert_eq!(one, sum(other.book.iter().map(|n| &book[*n].amount)));
            }
        }
        banks.sort_unstable();
        books.sort_unstable();
        prop_assert_eq!(banks, (0..statement.len()).collect::<Vec<_>>());
        prop_assert_eq!(books, (0..book.len()).collect::<Vec<_>>());
        for one in &given {
            let group = found.groups.iter().find(|group| group.confirmed == Some(one.entry));
            let group = group.expect("a confirmed match is there");
            prop_assert_eq!(group.zone, Zone::Matched);
            prop_assert_eq!(&statement[group.statement[0]].id, &one.lines[0]);
            prop_assert_eq!(book[group.book[0]].entry, one.postings[0].0);
        }
    }

    #[test]
    fn the_order_of_the_lists_does_not_matter(
        (statement, shuffled) in statement().prop_flat_map(shuffled),
        (book, reordered) in book().prop_flat_map(shuffled),
    ) {
        let settings = Settings::default();
        let one = match_lines(&statement, &book, &[], &settings);
        let other = match_lines(&shuffled, &reordered, &[], &settings);
        prop_assert_eq!(named(&one, &statement, &book), named(&other, &shuffled, &reordered));
    }

    /// Another amount, a year later.
    #[test]
    fn a_line_far_away_changes_no_group(
        statement in statement(), book in book(), in_book in any::<bool>(),
    ) {
        let settings = Settings::default();
        let before = named(&match_lines(&statement, &book, &[], &settings), &statement, &book);
        let (mut more, mut books) = (statement.clone(), book.clone());
        if in_book {
            let (date, amount) = (date(400), amount(77_777));
            books.insert(0, BookLine { date, amount, entry: 99, ..BookLine::default() });
        } else {
            let (date, amount, id) = (date(400), amount(77_777), "far".into());
            more.insert(0, StatementLine { date, amount, id, ..StatementLine::default() });
        }
        let after = match_lines(&more, &books, &[], &settings);
        prop_assert_eq!(before, named(&after, &more, &books));
    }

    /// Statement + what only the book has = book + what only the bank has, on every day.
    #[test]
    fn the_form_comes_out_even_on_every_day(
        statement in statement(), book in book(), given in any::<bool>(),
    ) {
        let given = if given { confirmed(&statement, &book) } else { Vec::new() };
        let matching = match_lines(&statement, &book, &given, &Settings::default());
        for last_day in (-1..50).map(date) {
            let input = Input {
                last_day, statement: &statement, book: &book, statement_opening: Total::ZERO,
                book_opening: Total::ZERO, statement_closing: None,
            };
            let form = reconciliation(&input, &matching);
            let by_day =
                |day: Date, amount: Money| if day <= last_day { amount } else { Money::ZERO };
            let of_bank: Vec<Money> =
                statement.iter().map(|line| by_day(line.date, line.amount)).collect();
            let of_book: Vec<Money> =
                book.iter().map(|line| by_day(line.date, line.amount)).collect();
            prop_assert_eq!(form.statement_balance.0, sum(of_bank.iter()));
            prop_assert_eq!(form.book_balance.0, sum(of_book.iter()));
            prop_assert!(form.agrees(), "{} and {}", form.adjusted_statement, form.adjusted_book);
            let adjusted = form.statement_balance + form.sum(ItemKind::BookReceived)
                - form.sum(ItemKind::BookPaid);
            prop_assert_eq!(adjusted, form.adjusted_statement);
            for item in &form.items {
                prop_assert!(item.date <= last_day && item.age >= 0);
                prop_assert!(item.cleared.is_none_or(|day| day > last_day));
            }
        }
    }
}
