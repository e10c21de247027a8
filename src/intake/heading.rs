//! The header of a statement: one row, or two if the upper one spans several columns.

use crate::intake::cell::{Cell, half_width};

/// A name in the form in which names are compared: half width, without blanks.
pub fn plain(name: &str) -> String {
    half_width(name).chars().filter(|c| !c.is_whitespace() && *c != '\u{FEFF}').collect()
}

/// A name in two languages without the second: `交易金额[ Trade Amount ]` is also `交易金额`.
pub fn first_language(name: &str) -> Option<&str> {
    let (own, other) = name.strip_suffix(']')?.split_once('[')?;
    (!own.is_empty() && other.is_ascii()).then_some(own)
}

/// Returns true if a cell of the file has this name, in either of its languages.
pub fn is_called(cell: &str, name: &str) -> bool {
    let (cell, name) = (plain(cell), plain(name));
    cell == name || first_language(&cell) == Some(name.as_str())
}

/// The names of each column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading(Vec<Vec<String>>);

impl Heading {
    /// A header of one row.
    pub fn single(cells: &[Cell<'_>]) -> Self {
        Self(cells.iter().map(|cell| vec![cell.shown().into_owned()]).collect())
    }

    /// A header of two rows: the name of a column is the lower name, both together, or the upper
    /// name if the cell below is empty. A merged cell names all columns that it spans.
    pub fn double(upper: &[Cell<'_>], lower: &[Cell<'_>]) -> Self {
        let text = |cells: &[Cell<'_>], place: usize| {
            cells.get(place).map(|cell| cell.shown().into_owned()).unwrap_or_default()
        };
        let mut above = String::new();
        let columns = 0..upper.len().max(lower.len());
        let names = columns.map(|place| {
            let (own, below) = (text(upper, place), text(lower, place));
            if !own.is_empty() {
                above.clone_from(&own);
            }
            if below.is_empty() {
                vec![own]
            } else {
                vec![below.clone(), format!("{above}{below}")]
            }
        });
        Self(names.collect())
    }

    /// Returns true if a row may hold names of columns: nothing in it reads as a day, an amount or
    /// an account number. Without this test a movement, or a label with its value, would become
    /// part of the names.
    pub fn may_be(cells: &[Cell<'_>]) -> bool {
        cells.iter().all(|cell| match cell {
            Cell::Empty | Cell::Bool(_) => true,
            Cell::Number(_) | Cell::Date(_) => false,
            Cell::Text(text) => {
                let text = half_width(text);
                let digits = text.bytes().filter(u8::is_ascii_digit).count();
                let letters = text.chars().filter(|c| c.is_alphabetic()).count();
                digits <= 4 && (digits == 0 || letters > 0)
            }
        })
    }

    /// Number of columns, up to the last that has a name.
    pub fn width(&self) -> usize {
        let named = |names: &Vec<String>| names.iter().any(|name| !name.is_empty());
        self.0.iter().rposition(named).map_or(0, |last| last + 1)
    }

    /// The position of the column with a name, and true if another column has the same name.
    pub fn place(&self, name: &str) -> Option<(usize, bool)> {
        let called = |names: &Vec<String>| names.iter().any(|own| is_called(own, name));
        let mut places = self.0.iter().enumerate().filter(|(_, names)| called(names));
        let (first, _) = places.next()?;
        Some((first, places.next().is_some()))
    }

    /// The names in the form that a profile may use: the fullest of each column.
    pub fn names(&self) -> Vec<String> {
        // A line break inside a cell is not part of the name.
        let best = |names: &Vec<String>| {
            let words = names.last().map(|name| name.split_whitespace().collect::<Vec<_>>());
            words.unwrap_or_default().join(" ")
        };
        self.0.iter().map(best).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells<'a>(texts: &[&'a str]) -> Vec<Cell<'a>> {
        texts.iter().map(|text| Cell::text(text)).collect()
    }

    #[test]
    fn names_of_two_languages_and_two_rows() {
        let heading = Heading::single(&cells(&["交易 金额[ Trade Amount ]", "余额（元）", "a[1]"]));
        assert_eq!(heading.place("交易金额"), Some((0, false)));
        assert_eq!(heading.place("交易金额[Trade Amount]"), Some((0, false)));
        assert_eq!(heading.place("余额(元)"), Some((1, false)));
        assert_eq!(heading.place("余额"), None);
        let upper = cells(&["日期", "发生额", "", "余额", "对方", ""]);
        let lower = cells(&["", "借方", "贷方", "", "名称", "借方"]);
        let heading = Heading::double(&upper, &lower);
        assert_eq!(heading.place("日期"), Some((0, false)));
        assert_eq!(heading.place("借方"), Some((1, true)));
        assert_eq!(heading.place("发生额 借方"), Some((1, false)));
        assert_eq!(heading.place("贷方"), Some((2, false)));
        assert_eq!(heading.place("余额"), Some((3, false)));
        assert_eq!(
            heading.names(),
            ["日期", "发生额借方", "发生额贷方", "余额", "对方名称", "对方借方"].map(str::to_owned)
        );
    }
}
