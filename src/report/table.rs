//! Cells, columns and the declared shape of a report.

use crate::domain::calendar::Date;
use crate::domain::money::{Money, Total};
use crate::domain::rate::Rate;
use crate::report::consequences::Said;
use std::borrow::Cow;

/// Kind of the values in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// An unchanged text of the book.
    Text,
    /// A word of a closed list; the user sees its label, programs its code.
    Word,
    /// An amount or a sum in yuan with two decimals.
    Money,
    /// A count or number.
    Integer,
    /// `YYYY-MM-DD`.
    Date,
    /// A rate: a percentage for the user, a decimal for programs.
    Rate,
    /// Yes or no.
    Bool,
    /// A nested JSON value.
    Json,
}

impl ColumnKind {
    /// Returns true for values that are compared by their last digits and so aligned to the right.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Money | Self::Integer | Self::Rate)
    }
}

/// A column: its key in csv and JSON, and the kind of its values. The header for the user is the
/// message `label-<key>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// English key.
    pub key: &'static str,
    /// Kind of its cells.
    pub kind: ColumnKind,
}

/// One value of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Cell {
    /// No value.
    #[default]
    Empty,
    /// A text.
    Text(String),
    /// The code of a word; its label is the message `word-<code>`.
    Word(&'static str),
    /// The word of an event; its label is the message `event-<word>`, which may differ from the
    /// label of the same word in another list.
    Event(&'static str),
    /// An amount or a sum, in fen.
    Money(Total),
    /// A count or number.
    Integer(u64),
    /// A day.
    Date(Date),
    /// A rate.
    Rate(Rate),
    /// Yes or no.
    Bool(bool),
    /// A JSON value, canonical.
    Json(String),
    /// A JSON value, canonical, for programs only; the user sees nothing.
    Data(String),
    /// A sentence: the user sees its wording, programs its code and values.
    Told(Note),
    /// Consequences of recorded events: the user sees them as lines after the tables.
    SetOff(Vec<Said>),
}

impl Cell {
    /// A text cell.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The cell of a value, or an empty one.
    pub fn optional<T: Into<Self>>(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }

    /// Returns true if the cell is allowed in a column of this kind.
    pub fn fits(&self, kind: ColumnKind) -> bool {
        match self {
            Self::Empty => true,
            // A text for programs may be a word or a plain text for the user.
            Self::Text(_) => matches!(kind, ColumnKind::Text | ColumnKind::Word),
            Self::Word(_) | Self::Event(_) => kind == ColumnKind::Word,
            Self::Money(_) => kind == ColumnKind::Money,
            Self::Integer(_) => kind == ColumnKind::Integer,
            Self::Date(_) => kind == ColumnKind::Date,
            Self::Rate(_) => kind == ColumnKind::Rate,
            Self::Bool(_) => kind == ColumnKind::Bool,
            Self::Json(_) | Self::Data(_) | Self::Told(_) | Self::SetOff(_) => {
                kind == ColumnKind::Json
            }
        }
    }
}

macro_rules! cells {
    ($($type:ty => |$value:ident| $cell:expr;)*) => {$(
        impl From<$type> for Cell {
            fn from($value: $type) -> Self {
                $cell
            }
        }
    )*};
}
cells! {
    String => |text| Self::Text(text);
    &str => |text| Self::Text(text.to_owned());
    &crate::domain::text::Id => |id| Self::Text(id.to_string());
    &compact_str::CompactString => |text| Self::Text(text.to_string());
    Money => |money| Self::Money(money.into());
    Total => |total| Self::Money(total);
    u64 => |number| Self::Integer(number);
    u32 => |number| Self::Integer(u64::from(number));
    usize => |number| Self::Integer(u64::try_from(number).unwrap_or(u64::MAX));
    Date => |date| Self::Date(date);
    Rate => |rate| Self::Rate(rate);
    bool => |value| Self::Bool(value);
}

/// The parts of a report; declared once in [`super::shapes`].
#[derive(Debug, PartialEq, Eq)]
pub struct Shape {
    /// Name; `poolbook/<name>/1` in JSON, `report-<name>` for the title.
    pub name: &'static str,
    /// Single values above the table.
    pub meta: &'static [Column],
    /// Keys of single values that are shown side by side, as on a two-sided form: left, right.
    pub form: &'static [(&'static str, &'static str)],
    /// Columns of the table; empty if there is none.
    pub rows: &'static [Column],
    /// True if a row of totals follows.
    pub totals: bool,
    /// Further tables, each with a key; in text and JSON, not in csv.
    pub sections: &'static [(&'static str, &'static [Column])],
}

impl Shape {
    /// Returns true if it names the journal that it is based on.
    pub fn has_journal(&self) -> bool {
        self.meta.iter().any(|column| column.key == "root")
    }

    /// Returns true if a single value is in the two-sided form.
    pub fn in_form(&self, key: &str) -> bool {
        self.form.iter().any(|(left, right)| *left == key || *right == key)
    }

    /// The value of `schema` in JSON.
    pub fn schema(&self) -> String {
        format!("poolbook/{}/1", self.name)
    }
}

/// A remark under a report: a message key with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Message key.
    pub key: Cow<'static, str>,
    /// Values for the wording.
    pub args: Vec<(&'static str, String)>,
}

/// A report: values in the order of its shape.
#[derive(Clone, Debug)]
pub struct Report {
    /// Its declaration.
    pub shape: &'static Shape,
    /// One cell for each of `shape.meta`.
    pub meta: Vec<Cell>,
    /// Rows with one cell for each of `shape.rows`.
    pub rows: Vec<Vec<Cell>>,
    /// One cell for each of `shape.rows`, if the shape has totals.
    pub totals: Option<Vec<Cell>>,
    /// Rows of each of `shape.sections`.
    pub sections: Vec<Vec<Vec<Cell>>>,
    /// Remarks.
    pub notes: Vec<Note>,
}

impl Report {
    /// An empty report of a shape with its single values.
    pub fn new(shape: &'static Shape, meta: Vec<Cell>) -> Self {
        debug_assert!(matches(&meta, shape.meta), "{}: {meta:?}", shape.name);
        Self {
            shape,
            meta,
            rows: Vec::new(),
            totals: None,
            sections: vec![Vec::new(); shape.sections.len()],
            notes: Vec::new(),
        }
    }

    /// The two-sided form: each of its rows with the columns and cells of both sides.
    pub fn form(&self) -> Vec<[(&'static Column, &Cell); 2]> {
        let find = |key: &str| {
            let place = self.shape.meta.iter().position(|column| column.key == key)?;
            self.shape.meta.get(place).zip(self.meta.get(place))
        };
        let rows = self.shape.form.iter();
        rows.filter_map(|(left, right)| Some([find(left)?, find(right)?])).collect()
    }

    /// Sets the single value of a key; a key that the shape lacks is a bug.
    pub fn set(&mut self, key: &str, cell: Cell) {
        let place = self.shape.meta.iter().position(|column| column.key == key);
        debug_assert!(place.is_some(), "{}: no value {key}", self.shape.name);
        if let Some(own) = place.and_then(|place| self.meta.get_mut(place)) {
            *own = cell;
        }
    }

    /// The consequences of the command.
    pub fn set_off(&self) -> &[Said] {
        let found = self.meta.iter().find_map(|cell| match cell {
            Cell::SetOff(said) => Some(said.as_slice()),
            _ => None,
        });
        found.unwrap_or_default()
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<Cell>) {
        debug_assert!(matches(&cells, self.shape.rows), "{}: {cells:?}", self.shape.name);
        self.rows.push(cells);
    }

    /// Sets the totals.
    pub fn total(&mut self, cells: Vec<Cell>) {
        debug_assert!(matches(&cells, self.shape.rows), "{}: {cells:?}", self.shape.name);
        self.totals = Some(cells);
    }

    /// Adds a row to the section of a key; a key that the shape lacks is a bug.
    pub fn section_row(&mut self, key: &str, cells: Vec<Cell>) {
        let index = self.shape.sections.iter().position(|(known, _)| *known == key);
        debug_assert!(index.is_some(), "{}: no section {key}", self.shape.name);
        if let Some(rows) = index.and_then(|index| self.sections.get_mut(index)) {
            rows.push(cells);
        }
    }

    /// Adds a remark.
    pub fn note(&mut self, key: &'static str, args: Vec<(&'static str, String)>) {
        self.notes.push(Note { key: key.into(), args });
    }
}

fn matches(cells: &[Cell], columns: &[Column]) -> bool {
    cells.len() == columns.len()
        && cells.iter().zip(columns).all(|(cell, column)| cell.fits(column.kind))
}
