//! Bank statement against the book, per bank account (对账, 银行存款余额调节表).
//!
//! The statement never changes the book. Lines are matched one to one by their exact amount, the
//! nearest date first; what is left on either side are the reconciling items, and both balances
//! adjusted by them must be equal. Amounts are seen from the owner's side: positive is money in.

use crate::domain::calendar::{Date, day_number};
use crate::domain::entry::{Entry, Voucher};
use crate::domain::money::{Money, Total};
use compact_str::CompactString;
use std::collections::BTreeMap;

/// Most days between a line of the statement and its line in the book.
pub const DAYS_APART_MAX: i64 = 10;

/// A line of the statement, seen from the owner's side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatementLine {
    /// Its name in the book: the same movement has it in every file that holds it. Empty before it
    /// is recorded.
    pub id: CompactString,
    /// Day on which the bank booked it.
    pub date: Date,
    /// Money in positive, money out negative.
    pub amount: Money,
    /// Balance after it.
    pub balance: Money,
    /// What the bank says about it.
    pub memo: String,
    /// The other party.
    pub name: String,
    /// The other party's account number.
    pub account: String,
    /// The bank's number of the movement.
    pub serial: String,
    /// Entry that brought it in; 0 before it is recorded.
    pub entry: u64,
    /// Row of the file, counted from 1.
    pub row: u64,
}

/// A line of the book on the bank account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BookLine {
    /// Business date.
    pub date: Date,
    /// Money in positive, money out negative.
    pub amount: Money,
    /// Number of the entry.
    pub entry: u64,
    /// Which of the entry's lines, counted from 1.
    pub line: u32,
    /// Voucher of the entry.
    pub voucher: Option<Voucher>,
    /// Summary, or the event word.
    pub memo: String,
    /// Owner of the money.
    pub owner: CompactString,
    /// Number of the document.
    pub document: String,
    /// Party that the line names, if it names one.
    pub party: CompactString,
}

/// The lines of an entry on a bank account.
pub fn book_lines(entry: &Entry, bank_account: &str) -> Vec<BookLine> {
    let lines = (1..).zip(&entry.lines).filter(|(_, line)| {
        line.account.is_cash() && line.bank_account.as_deref() == Some(bank_account)
    });
    let text = |text: &Option<CompactString>| text.as_deref().unwrap_or_default().to_owned();
    lines
        .map(|(number, line)| BookLine {
            date: entry.event.date,
            amount: match line.side {
                crate::domain::account::Side::Debit => line.amount,
                crate::domain::account::Side::Credit => line.amount.negated(),
            },
            entry: entry.seq,
            line: number,
            voucher: entry.voucher.clone(),
            memo: entry.event.memo.as_deref().unwrap_or(entry.event.kind.word()).to_owned(),
            owner: line.owner.as_str().into(),
            document: text(&entry.event.document),
            party: line.party.as_deref().unwrap_or_default().into(),
        })
        .collect()
}

/// What is compared. Both lists reach back to the same day, on whose eve `statement_opening` and
/// `book_opening` hold; best is the day the account was opened, with 0.00 on both sides.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// Last day of the statement; later lines of the book do not count.
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

/// A line of the statement and its line of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Place in the statement's list.
    pub statement: usize,
    /// Place in the book's list.
    pub book: usize,
    /// Days from the bank's date to the book's date.
    pub days: i64,
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
}

/// The reconciliation of one bank account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// Last day.
    pub last_day: Date,
    /// Pairs, in the order of the statement.
    pub matches: Vec<Match>,
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

/// Open lines of one amount by day, each day's in the order of its list.
type OpenDays = BTreeMap<i64, std::collections::VecDeque<usize>>;

/// Matches lines of one amount: smallest distance first, then the statement's date, then the
/// book's earlier date, then the order of the lists. Cost: days times the distances tried.
fn match_amount(statement: &mut OpenDays, book: &mut OpenDays, matches: &mut Vec<Match>) {
    for apart in 0..=DAYS_APART_MAX {
        let directions: &[i64] = if apart == 0 { &[0] } else { &[-apart, apart] };
        for (day, open) in &mut *statement {
            for days in directions {
                let Some(candidates) = book.get_mut(&(day + days)) else { continue };
                while let (Some(first), Some(second)) = (open.front(), candidates.front()) {
                    matches.push(Match { statement: *first, book: *second, days: *days });
                    open.pop_front();
                    candidates.pop_front();
                }
            }
        }
    }
}

/// Reconciles one bank account.
/// Cost: sorts both lists; each day of an amount is looked up at most 21 times.
pub fn reconcile(input: &Input<'_>) -> Reconciliation {
    let mut amounts: BTreeMap<i64, (OpenDays, OpenDays)> = BTreeMap::new();
    let counted = |date: Date| date <= input.last_day;
    for (place, line) in input.statement.iter().enumerate().filter(|(_, line)| counted(line.date)) {
        let (statement, _) = amounts.entry(line.amount.fen()).or_default();
        statement.entry(day_number(line.date)).or_default().push_back(place);
    }
    for (place, line) in input.book.iter().enumerate().filter(|(_, line)| counted(line.date)) {
        let (_, book) = amounts.entry(line.amount.fen()).or_default();
        book.entry(day_number(line.date)).or_default().push_back(place);
    }
    let (mut matches, mut items) = (Vec::new(), Vec::new());
    let last = day_number(input.last_day);
    for (fen, (mut statement, mut book)) in amounts {
        match_amount(&mut statement, &mut book, &mut matches);
        let amount = Total(i128::from(fen).abs());
        let of_bank = if fen > 0 { ItemKind::BankReceived } else { ItemKind::BankPaid };
        let of_book = if fen > 0 { ItemKind::BookReceived } else { ItemKind::BookPaid };
        for (day, line) in statement.iter().flat_map(|(day, open)| open.iter().map(|p| (*day, *p)))
        {
            let Some(date) = input.statement.get(line).map(|line| line.date) else { continue };
            items.push(Item { kind: of_bank, line, date, amount, age: last - day });
        }
        for (day, line) in book.iter().flat_map(|(day, open)| open.iter().map(|p| (*day, *p))) {
            let Some(date) = input.book.get(line).map(|line| line.date) else { continue };
            items.push(Item { kind: of_book, line, date, amount, age: last - day });
        }
    }
    matches.sort_by_key(|found: &Match| found.statement);
    items.sort_by_key(|item| (item.kind, item.date, item.line));
    settle(input, matches, items)
}

fn settle(input: &Input<'_>, matches: Vec<Match>, items: Vec<Item>) -> Reconciliation {
    let statement = input.statement.iter().filter(|line| line.date <= input.last_day);
    let book = input.book.iter().filter(|line| line.date <= input.last_day);
    let added_up = input.statement_opening + statement.map(|line| line.amount.into()).sum();
    let book_balance = input.book_opening + book.map(|line| line.amount.into()).sum();
    let statement_balance = input.statement_closing.map_or(added_up, Total::from);
    let mut found = Reconciliation {
        last_day: input.last_day,
        matches,
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
        reconcile(&Input {
            last_day: day("2017-12-31"),
            statement,
            book,
            statement_opening: Total::ZERO,
            book_opening: Total::ZERO,
            statement_closing: closing.map(|text| Money::parse(text).unwrap()),
        })
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
        assert_eq!(found.matches, [Match { statement: 0, book: 0, days: 1 }]);
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

    #[test]
    fn the_nearest_date_wins_and_ten_days_is_the_bound() {
        let statement = bank(&[("2017-12-10", "5.00"), ("2017-12-12", "5.00")]);
        let found = run(&statement, &book(&[("2017-12-12", "5.00"), ("2017-12-20", "5.00")]), None);
        assert_eq!(
            found.matches,
            [Match { statement: 0, book: 1, days: 10 }, Match { statement: 1, book: 0, days: 0 }]
        );
        let one = bank(&[("2017-12-10", "5.00")]);
        let matched = |dates: &[(&str, &str)]| run(&one, &book(dates), None).matches[0];
        let nearest = matched(&[("2017-12-05", "5.00"), ("2017-12-11", "5.00")]);
        assert_eq!((nearest.book, nearest.days), (1, 1));
        let earlier = matched(&[("2017-12-12", "5.00"), ("2017-12-08", "5.00")]);
        assert_eq!((earlier.book, earlier.days), (1, -2));
        let found = run(&statement, &book(&[("2017-12-23", "5.00")]), None);
        assert!(found.matches.is_empty());
        let opposite = run(&statement, &book(&[("2017-12-10", "-5.00")]), None);
        assert!(opposite.matches.is_empty() && opposite.agrees());
    }

    #[test]
    fn a_statement_with_a_line_missing_does_not_agree() {
        let statement = bank(&[("2017-12-01", "100.00")]);
        let found = run(&statement, &book(&[("2017-12-01", "100.00")]), Some("90.00"));
        assert_eq!(found.statement_gap.to_string(), "-10.00");
        assert!(!found.agrees());
    }

    #[test]
    fn lines_after_the_last_day_do_not_count() {
        let found = run(&bank(&[]), &book(&[("2018-01-01", "100.00")]), None);
        assert!(found.is_clean());
        assert_eq!(found.book_balance, Total::ZERO);
    }

    proptest::proptest! {
        /// Without a printed balance both sides always come together, and each line is used once.
        #[test]
        fn adjusted_balances_always_agree(
            bank_rows in proptest::collection::vec((1_i8..29, 1_i64..4, proptest::bool::ANY), 0..30),
            book_rows in proptest::collection::vec((1_i8..29, 1_i64..4, proptest::bool::ANY), 0..30),
        ) {
            let amount = |fen: i64, out: bool| Money::from_fen(if out { -fen } else { fen }).unwrap();
            let date = |day| Date::new(2017, 12, day).unwrap();
            let statement: Vec<StatementLine> = bank_rows.iter().enumerate().map(|(row, (d, fen, out))| StatementLine {
                date: date(*d), amount: amount(*fen, *out), row: row as u64, ..StatementLine::default()
            }).collect();
            let book: Vec<BookLine> = book_rows.iter().enumerate().map(|(row, (d, fen, out))| BookLine {
                date: date(*d), amount: amount(*fen, *out), entry: row as u64, ..BookLine::default()
            }).collect();
            let found = run(&statement, &book, None);
            proptest::prop_assert!(found.agrees());
            proptest::prop_assert_eq!(2 * found.matches.len() + found.items.len(), statement.len() + book.len());
            for pair in &found.matches {
                let (one, other) = (&statement[pair.statement], &book[pair.book]);
                proptest::prop_assert_eq!(one.amount, other.amount);
                proptest::prop_assert_eq!(day_number(other.date) - day_number(one.date), pair.days);
                proptest::prop_assert!(pair.days.abs() <= DAYS_APART_MAX);
            }
        }
    }
}
