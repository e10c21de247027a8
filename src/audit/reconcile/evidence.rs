//! What speaks for two lines being the same movement: date, document, account, name, text.
//!
//! Points are whole numbers and are argued in `notes/decisions.md`. Lines are held in an order of
//! their own, made from what they say, so that no result depends on the order of the lists.

use crate::audit::reconcile::{BookLine, Settings, StatementLine};
use crate::domain::calendar::day_number;
use unicode_normalization::UnicodeNormalization;

/// Points of two lines of one amount.
const AMOUNT: i64 = 500;
/// Points of the same day; each day between costs [`DAY`].
const SAME_DAY: i64 = 200;
const DAY: i64 = 10;
/// Points of the document's number in the bank's text.
const DOCUMENT: i64 = 150;
/// Points of the party's account number.
const ACCOUNT: i64 = 120;
/// Points of the party's name.
const NAME: i64 = 100;
/// Points of each quarter of the texts in common, up to three.
const TEXT: i64 = 20;
/// Lost where both sides name a party, and the names have little in common.
const OTHER_NAME: i64 = 60;
/// Lost where both sides name an account, and they differ: such lines are at most proposed.
const OTHER_ACCOUNT: i64 = 200;

/// Why lines belong together: a set of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Why(u32);

macro_rules! reasons {
    ($($name:ident $place:literal $word:literal)*) => {
        impl Why {
            $(pub const $name: Self = Self(1 << $place);)*
            /// Each reason with its word, in the order in which they are told.
            const ALL: &[(Self, &str)] = &[$((Self::$name, $word)),*];
        }

        /// Words of reasons.
        pub const REASONS: &[&str] = &[$($word),*];
    };
}

reasons! {
    CONFIRMED 0 "confirmed"
    SUM_DIFFERS 1 "sum-differs"
    SAME_AMOUNT 2 "same-amount"
    SAME_SUM 3 "same-sum"
    REVERSED 4 "reversed"
    SAME_DAY 5 "same-day"
    NEAR_DATE 6 "near-date"
    FAR_DATE 7 "far-date"
    SAME_DOCUMENT 8 "same-document"
    SAME_PARTY_ACCOUNT 9 "same-party-account"
    SAME_PARTY_NAME 10 "same-party-name"
    SIMILAR_TEXT 11 "similar-text"
    OTHER_PARTY_NAME 12 "other-party-name"
    OTHER_PARTY_ACCOUNT 13 "other-party-account"
    IN_ORDER 14 "in-order"
    ONLY_SUM 15 "only-sum"
    SEVERAL_ANSWERS 16 "several-answers"
    SAME_ENTRY 17 "same-entry"
}

impl Why {
    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The words.
    pub fn words(self) -> Vec<&'static str> {
        let held = Self::ALL.iter().filter(|(reason, _)| self.0 & reason.0 != 0);
        held.map(|(_, word)| *word).collect()
    }
}

/// Letters and digits alone, in one width and case.
pub(super) fn plain(text: &str) -> String {
    text.nfkc().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()).collect()
}

/// A name without what every company's name ends in.
pub(super) fn plain_name(text: &str) -> String {
    let mut name = plain(text);
    for common in ["有限责任公司", "股份有限公司", "有限公司", "公司"] {
        if let Some(rest) = name.strip_suffix(common)
            && !rest.is_empty()
        {
            name = rest.to_owned();
            break;
        }
    }
    name
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Pairs of neighbouring letters, sorted, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Grams(Vec<u64>);

impl Grams {
    pub fn of(text: &str) -> Self {
        let letters = text.chars().map(u64::from);
        let mut pairs: Vec<u64> =
            letters.clone().zip(letters.skip(1)).map(|(one, next)| (one << 32) | next).collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    /// Twice the common ones in a hundred of both (Dice). Cost: one pass over both.
    pub fn percent(&self, other: &Self) -> u64 {
        let (mut one, mut two) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut common = 0_u64;
        while let (Some(left), Some(right)) = (one.peek(), two.peek()) {
            match left.cmp(right) {
                std::cmp::Ordering::Less => drop(one.next()),
                std::cmp::Ordering::Greater => drop(two.next()),
                std::cmp::Ordering::Equal => {
                    common += 1;
                    one.next();
                    two.next();
                }
            }
        }
        let both = self.0.len() + other.0.len();
        (200 * common).checked_div(both as u64).unwrap_or(0)
    }
}

/// A line of either side, as matching sees it.
#[derive(Clone, Debug, Default)]
pub(super) struct Clue {
    /// Place in the caller's list.
    pub place: usize,
    pub day: i64,
    pub fen: i64,
    /// Name of the other party, and its pairs of letters.
    pub name: String,
    pub name_grams: Grams,
    /// Its account number.
    pub account: String,
    /// What the line says; the bank's number is in it.
    pub text: String,
    pub grams: Grams,
    /// Number of the document (book).
    pub document: String,
    /// Code of the party (book).
    pub party: String,
    /// Owner (book).
    pub owner: String,
    /// Entry (book).
    pub entry: u64,
}

impl Clue {
    pub fn of_bank((place, line): (usize, &StatementLine)) -> Self {
        let name = plain_name(&line.name);
        let memo = plain(&line.memo);
        Self {
            place,
            day: day_number(line.date),
            fen: line.amount.fen(),
            name_grams: Grams::of(&name),
            name,
            account: digits(&line.account),
            grams: Grams::of(&memo),
            text: format!("{memo} {}", plain(&line.serial)),
            ..Self::default()
        }
    }

    pub fn of_book((place, line): (usize, &BookLine)) -> Self {
        let name = plain_name(&line.party_name);
        let text = plain(&line.memo);
        Self {
            place,
            day: day_number(line.date),
            fen: line.amount.fen(),
            name_grams: Grams::of(&name),
            name,
            account: digits(&line.party_account),
            grams: Grams::of(&text),
            text,
            document: plain(&line.document),
            party: plain(&line.party),
            owner: line.owner.to_string(),
            entry: line.entry,
        }
    }

    /// True when nobody could tell the two lines apart, nor would care.
    pub fn is_twin(&self, other: &Self) -> bool {
        let own = (self.day, self.fen, &self.name, &self.account, &self.party, &self.owner);
        own == (other.day, other.fen, &other.name, &other.account, &other.party, &other.owner)
            && self.document == other.document
            && self.grams.0 == other.grams.0
    }
}

/// Both sides, each in an order made from what the lines say.
pub(super) struct Lines {
    pub statement: Vec<Clue>,
    pub book: Vec<Clue>,
}

impl Lines {
    /// Cost: sorts both lists.
    pub fn new(statement: &[StatementLine], book: &[BookLine]) -> Self {
        let mut bank: Vec<(usize, &StatementLine)> = statement.iter().enumerate().collect();
        bank.sort_by_key(|(_, line)| {
            let money = (line.date, line.amount, line.balance);
            let text = (&line.name, &line.account, &line.memo, &line.serial);
            (money, text, &line.id, line.entry, line.row)
        });
        let mut books: Vec<(usize, &BookLine)> = book.iter().enumerate().collect();
        books.sort_by_key(|(_, line)| {
            let text = (&line.owner, &line.party, &line.document, &line.memo);
            (line.date, line.amount, line.entry, line.line, text)
        });
        Self {
            statement: bank.into_iter().map(Clue::of_bank).collect(),
            book: books.into_iter().map(Clue::of_book).collect(),
        }
    }
}

/// Points of the days between two lines, and their word.
pub(super) fn date_points(days: i64, settings: &Settings) -> (i64, Why) {
    let days = days.abs();
    let word = match days {
        0 => Why::SAME_DAY,
        days if days <= settings.days_near => Why::NEAR_DATE,
        _ => Why::FAR_DATE,
    };
    ((SAME_DAY - DAY.saturating_mul(days)).max(0), word)
}

/// Points of what the texts say of document and party; may be below zero.
pub(super) fn text_points(bank: &Clue, book: &Clue) -> (i64, Why) {
    let (mut points, mut why) = (0, Why::default());
    let says = |text: &str| is_telling(text) && bank.text.contains(text);
    if says(&book.document) {
        (points, why) = (points + DOCUMENT, why.and(Why::SAME_DOCUMENT));
    }
    let both_accounts = !bank.account.is_empty() && !book.account.is_empty();
    if both_accounts && bank.account == book.account {
        (points, why) = (points + ACCOUNT, why.and(Why::SAME_PARTY_ACCOUNT));
    } else if has_same_name(bank, book) || says(&book.party) {
        (points, why) = (points + NAME, why.and(Why::SAME_PARTY_NAME));
    } else if both_accounts {
        (points, why) = (points - OTHER_ACCOUNT, why.and(Why::OTHER_PARTY_ACCOUNT));
    } else if !bank.name.is_empty() && !book.name.is_empty() {
        (points, why) = (points - OTHER_NAME, why.and(Why::OTHER_PARTY_NAME));
    }
    let quarters = i64::try_from(bank.grams.percent(&book.grams) / 25).unwrap_or(0).min(3);
    if quarters > 0 {
        (points, why) = (points + TEXT * quarters, why.and(Why::SIMILAR_TEXT));
    }
    (points, why)
}

/// Names that are equal but for their endings, or of which one text holds the other.
fn has_same_name(bank: &Clue, book: &Clue) -> bool {
    if !bank.name.is_empty() && bank.name == book.name {
        return true;
    }
    let holds = |text: &str, name: &str| is_telling(name) && text.contains(name);
    holds(&book.text, &bank.name)
        || holds(&bank.text, &book.name)
        || holds(&bank.name, &book.name)
        || holds(&book.name, &bank.name)
        || bank.name_grams.percent(&book.name_grams) >= 90
}

/// Long enough to mean something: four letters.
fn is_telling(text: &str) -> bool {
    text.chars().nth(3).is_some()
}

/// Points of a pair of one amount, from 0.
pub(super) fn pair_points(bank: &Clue, book: &Clue, settings: &Settings) -> (u32, Why) {
    let (date, date_word) = date_points(book.day - bank.day, settings);
    let (text, text_words) = text_points(bank, book);
    let why = date_word.and(text_words).and(Why::SAME_AMOUNT);
    (u32::try_from(AMOUNT + date + text).unwrap_or(0), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three letters stand in many texts, four say something: for the code of a party, the number of a
    /// document and the names of both sides.
    #[test]
    fn a_word_of_four_letters_tells_something_and_one_of_three_nothing() {
        let bank = |memo: &str, name: &str| {
            let line = StatementLine { memo: memo.into(), name: name.into(), ..Default::default() };
            Clue::of_bank((0, &line))
        };
        let book = |line: BookLine| Clue::of_book((0, &line));
        let told = |bank: &Clue, book: &Clue| text_points(bank, book);
        let paid = bank("付甲乙丙丁戊己庚辛壬癸子丑款", "");
        let party = |code: &str| book(BookLine { party: code.into(), ..Default::default() });
        assert_eq!(told(&paid, &party("丁戊己")), (0, Why::default()));
        assert_eq!(told(&paid, &party("丁戊己庚")), (NAME, Why::SAME_PARTY_NAME));
        let document =
            |number: &str| book(BookLine { document: number.into(), ..Default::default() });
        assert_eq!(told(&paid, &document("丁戊己")), (0, Why::default()));
        assert_eq!(told(&paid, &document("丁戊己庚")), (DOCUMENT, Why::SAME_DOCUMENT));
        let name = |name: &str| book(BookLine { party_name: name.into(), ..Default::default() });
        assert_eq!(told(&paid, &name("丁戊己")), (0, Why::default()));
        assert_eq!(told(&paid, &name("丁戊己庚")), (NAME, Why::SAME_PARTY_NAME));
    }
}
