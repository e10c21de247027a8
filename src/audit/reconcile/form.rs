//! The form of a day: 银行存款余额调节表. What is not matched by the day are the
//! reconciling items, and both balances adjusted by them must be equal.

use crate::audit::reconcile::{
    BookLine, Matching, Place, Settings, StatementLine, Zone, match_lines,
};
use crate::domain::calendar::{Date, days_between};
use crate::domain::money::{Money, Total};

/// What is compared. Both lists reach back to the same day, on whose eve `statement_opening` and
/// `book_opening` hold; best is the day the account was opened, with 0.00 on both sides.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// Last day of the form; later lines do not count.
    pub last_day: Date,
    /// Lines of the statement.
    pub statement: &'a [StatementLine],
    /// Lines of the book.
    pub book: &'a [BookLine],
    /// Statement balance before its first line.
    pub statement_opening: Total,
    /// Book balance before its first line.
    pub book_opening: Total,
    /// Balance that the bank prints at the end of the last day, where it prints one.
    pub statement_closing: Option<Money>,
}

/// Which kind of reconciling item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ItemKind {
    /// 银行已收,单位未收: the bank received it, the book has not.
    BankReceived,
    /// 银行已付,单位未付: the bank paid it, the book has not.
    BankPaid,
    /// 单位已收,银行未收: the book received it, the bank has not.
    BookReceived,
    /// 单位已付,银行未付: the book paid it, the bank has not.
    BookPaid,
}

impl ItemKind {
    /// Every kind, in the order of the form.
    pub const ALL: [Self; 4] =
        [Self::BankReceived, Self::BankPaid, Self::BookReceived, Self::BookPaid];

    /// The name in files.
    pub fn code(self) -> &'static str {
        match self {
            Self::BankReceived => "bank-received",
            Self::BankPaid => "bank-paid",
            Self::BookReceived => "book-received",
            Self::BookPaid => "book-paid",
        }
    }
}

/// A reconciling item: a line without its other half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Kind.
    pub kind: ItemKind,
    /// Place in the statement's or the book's list, as the kind says.
    pub line: usize,
    /// Date of the line.
    pub date: Date,
    /// Amount, always positive.
    pub amount: Total,
    /// Days from the line to the last day (账龄).
    pub age: i64,
    /// Group in which it stands, though that does not count on this day: it is only proposed, or
    /// has a line after the day.
    pub group: Option<usize>,
    /// Day on which it clears, where that is known by now: after the day of the form.
    pub cleared: Option<Date>,
}

impl Item {
    /// The line.
    pub fn place(&self) -> Place {
        match self.kind {
            ItemKind::BankReceived | ItemKind::BankPaid => Place::Statement(self.line),
            ItemKind::BookReceived | ItemKind::BookPaid => Place::Book(self.line),
        }
    }
}

/// The reconciliation of one bank account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// Last day.
    pub last_day: Date,
    /// Groups that count on this day: places in the matching's list, ascending.
    pub cleared: Vec<usize>,
    /// Items by kind, then date, then place.
    pub items: Vec<Item>,
    /// Statement balance on the last day: as printed, or else added up.
    pub statement_balance: Total,
    /// Printed less added up; other than 0.00 when lines of the statement are missing.
    pub statement_gap: Total,
    /// Book balance on the last day.
    pub book_balance: Total,
    /// Statement less book.
    pub difference: Total,
    /// Statement balance adjusted by what only the book has.
    pub adjusted_statement: Total,
    /// Book balance adjusted by what only the bank has.
    pub adjusted_book: Total,
}

impl Reconciliation {
    /// True when both adjusted balances are equal.
    pub fn agrees(&self) -> bool {
        self.adjusted_statement == self.adjusted_book
    }

    /// True when nothing is open either.
    pub fn is_clean(&self) -> bool {
        self.agrees() && self.items.is_empty()
    }

    /// Sum of the items of a kind.
    pub fn sum(&self, kind: ItemKind) -> Total {
        self.items.iter().filter(|item| item.kind == kind).map(|item| item.amount).sum()
    }
}

/// Reconciles one bank account by itself: nothing confirmed, thresholds as they are by default.
/// Cost: as [`match_lines`].
pub fn reconcile(input: &Input<'_>) -> (Matching, Reconciliation) {
    let matching = match_lines(input.statement, input.book, &[], &Settings::default());
    let found = reconciliation(input, &matching);
    (matching, found)
}

/// The form of a day. The matching knows all lines, also later ones; a group counts when all its
/// lines lie by the day, so what has cleared since is open on that day.
/// Cost: one pass over the lines, and sorting the open ones.
pub fn reconciliation(input: &Input<'_>, matching: &Matching) -> Reconciliation {
    let counted = |date: Date| date <= input.last_day;
    let bank_date = |place: &usize| input.statement.get(*place).map(|line| line.date);
    let book_date = |place: &usize| input.book.get(*place).map(|line| line.date);
    let (mut cleared, mut items) = (Vec::new(), Vec::new());
    let mut open = |of_bank: bool, place: usize, group: Option<usize>, cleared: Option<Date>| {
        items.extend(item(input, of_bank, place).map(|item| Item { group, cleared, ..item }));
    };
    for (number, group) in matching.groups.iter().enumerate() {
        let dates = group.statement.iter().map(bank_date).chain(group.book.iter().map(book_date));
        let last = dates.max().flatten();
        let is_matched = group.zone == Zone::Matched;
        if is_matched && last.is_some_and(counted) {
            cleared.push(number);
            continue;
        }
        let later = last.filter(|_| is_matched);
        group.statement.iter().for_each(|place| open(true, *place, Some(number), later));
        group.book.iter().for_each(|place| open(false, *place, Some(number), later));
    }
    matching.open_statement.iter().for_each(|place| open(true, *place, None, None));
    matching.open_book.iter().for_each(|place| open(false, *place, None, None));
    items.sort_by_key(|item: &Item| (item.kind, item.date, item.line));
    settle(input, cleared, items)
}

/// A line as an item, if it lies by the day.
fn item(input: &Input<'_>, of_bank: bool, line: usize) -> Option<Item> {
    let (date, amount) = if of_bank {
        input.statement.get(line).map(|line| (line.date, line.amount))?
    } else {
        input.book.get(line).map(|line| (line.date, line.amount))?
    };
    if date > input.last_day || amount.is_zero() {
        return None;
    }
    let kind = match (of_bank, amount.is_positive()) {
        (true, true) => ItemKind::BankReceived,
        (true, false) => ItemKind::BankPaid,
        (false, true) => ItemKind::BookReceived,
        (false, false) => ItemKind::BookPaid,
    };
    Some(Item {
        kind,
        line,
        date,
        amount: Total(i128::from(amount.fen()).abs()),
        age: days_between(date, input.last_day),
        group: None,
        cleared: None,
    })
}

fn settle(input: &Input<'_>, cleared: Vec<usize>, items: Vec<Item>) -> Reconciliation {
    let statement = input.statement.iter().filter(|line| line.date <= input.last_day);
    let book = input.book.iter().filter(|line| line.date <= input.last_day);
    let added_up = input.statement_opening + statement.map(|line| line.amount.into()).sum();
    let book_balance = input.book_opening + book.map(|line| line.amount.into()).sum();
    let statement_balance = input.statement_closing.map_or(added_up, Total::from);
    let mut found = Reconciliation {
        last_day: input.last_day,
        cleared,
        items,
        statement_balance,
        statement_gap: statement_balance - added_up,
        book_balance,
        difference: statement_balance - book_balance,
        adjusted_statement: Total::ZERO,
        adjusted_book: Total::ZERO,
    };
    found.adjusted_statement =
        statement_balance + found.sum(ItemKind::BookReceived) - found.sum(ItemKind::BookPaid);
    found.adjusted_book =
        book_balance + found.sum(ItemKind::BankReceived) - found.sum(ItemKind::BankPaid);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::parse_date;

    fn day(text: &str) -> Date {
        parse_date(text).unwrap()
    }

    fn bank(rows: &[(&str, &str)]) -> Vec<StatementLine> {
        let line = |(row, (date, amount)): (usize, &(&str, &str))| StatementLine {
            date: day(date),
            amount: Money::parse(amount).unwrap(),
            row: row as u64 + 2,
            ..StatementLine::default()
        };
        rows.iter().enumerate().map(line).collect()
    }

    fn book(rows: &[(&str, &str)]) -> Vec<BookLine> {
        let line = |(place, (date, amount)): (usize, &(&str, &str))| BookLine {
            date: day(date),
            amount: Money::parse(amount).unwrap(),
            entry: place as u64 + 1,
            ..BookLine::default()
        };
        rows.iter().enumerate().map(line).collect()
    }

    fn run(
        statement: &[StatementLine],
        book: &[BookLine],
        closing: Option<&str>,
    ) -> Reconciliation {
        let input = Input {
            last_day: day("2017-12-31"),
            statement,
            book,
            statement_opening: Total::ZERO,
            book_opening: Total::ZERO,
            statement_closing: closing.map(|text| Money::parse(text).unwrap()),
        };
        reconcile(&input).1
    }

    /// Worked by hand: bank 10,008,750 - 200 = 10,008,550; book 10,000,000 + 300 - 50 = 10,000,250;
    /// both come to 10,008,800.
    #[test]
    fn the_four_kinds_of_items_and_equal_adjusted_balances() {
        let statement = bank(&[
            ("2017-12-01", "10000000.00"),
            ("2017-12-21", "8750.00"),
            ("2017-12-29", "-200.00"),
        ]);
        let book = book(&[
            ("2017-12-02", "10000000.00"),
            ("2017-12-30", "300.00"),
            ("2017-12-31", "-50.00"),
        ]);
        let found = run(&statement, &book, Some("10008550.00"));
        assert_eq!(found.cleared, [0]);
        let items: Vec<String> = found
            .items
            .iter()
            .map(|item| format!("{} {} {}", item.kind.code(), item.amount, item.age))
            .collect();
        assert_eq!(
            items,
            [
                "bank-received 8750.00 10",
                "bank-paid 200.00 2",
                "book-received 300.00 1",
                "book-paid 50.00 0"
            ]
        );
        assert_eq!(found.statement_balance.to_string(), "10008550.00");
        assert_eq!(found.book_balance.to_string(), "10000250.00");
        assert_eq!(found.adjusted_statement.to_string(), "10008800.00");
        assert!(found.agrees() && !found.is_clean());
        assert_eq!(found.difference.to_string(), "8300.00");
    }

    /// Worked by hand: the payment of 30 December clears on 3 January, so it is open at the year's
    /// end however late the form is made.
    #[test]
    fn what_has_cleared_since_is_open_on_the_day() {
        let book = book(&[("2017-12-30", "-70.00"), ("2017-12-05", "100.00")]);
        let statement = bank(&[("2017-12-06", "100.00"), ("2018-01-03", "-70.00")]);
        let found = run(&statement, &book, Some("100.00"));
        assert_eq!(found.items.len(), 1);
        assert_eq!(found.items[0].kind, ItemKind::BookPaid);
        assert_eq!(found.items[0].cleared, Some(day("2018-01-03")));
        assert_eq!(found.book_balance.to_string(), "30.00");
        assert_eq!(found.adjusted_statement.to_string(), "30.00");
        assert!(found.agrees());
    }

    #[test]
    fn a_statement_with_a_line_missing_does_not_agree() {
        let statement = bank(&[("2017-12-01", "100.00")]);
        let found = run(&statement, &book(&[("2017-12-01", "100.00")]), Some("90.00"));
        assert_eq!(found.statement_gap.to_string(), "-10.00");
        assert!(!found.agrees());
    }

    /// One fen is a difference, on either side.
    #[test]
    fn a_fen_does_not_agree() {
        let (statement, book) =
            (bank(&[("2017-12-01", "100.00")]), book(&[("2017-12-01", "100.00")]));
        for (printed, gap, agrees) in
            [("99.99", "-0.01", false), ("100.00", "0.00", true), ("100.01", "0.01", false)]
        {
            let found = run(&statement, &book, Some(printed));
            assert_eq!((found.statement_gap.to_string(), found.agrees()), (gap.into(), agrees));
            assert_eq!(found.is_clean(), agrees, "nothing is open");
        }
    }

    #[test]
    fn lines_after_the_last_day_do_not_count() {
        let found = run(&bank(&[]), &book(&[("2018-01-01", "100.00")]), None);
        assert!(found.is_clean());
        assert_eq!(found.book_balance, Total::ZERO);
    }
}
