//! Tables out: text for people, csv and xlsx for spreadsheets, JSON for programs; and every wording.
//!
//! A [`Report`] is plain data in a declared [`Shape`]; the forms and the JSON Schema are made
//! from the same declaration, so they cannot disagree. A form never depends on the terminal, the
//! clock or the machine. Words for people come from [`locale`] alone.
//!
//! Reading order: [`table`] (cells, columns, shapes), [`text`], [`csv`], [`xlsx`], [`json`] (the forms),
//! [`locale`] and [`message`] (wording), [`schema`] (the declarations as JSON Schema), [`export`] (the
//! whole book for other programs), [`guide`] (the manuals).

pub mod consequences;
pub mod csv;
pub mod export;
pub mod guide;
pub mod json;
pub mod locale;
pub mod message;
pub mod schema;
pub mod shapes;
pub mod table;
pub mod text;
pub mod views;
pub mod xlsx;

use crate::domain::event::PeopleMode;
use crate::problem::Problem;
pub use locale::{Lang, Locale};
pub use table::{Cell, Column, ColumnKind, Note, Report, Shape};

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned text in the chosen language.
    #[default]
    Table,
    /// One JSON object with English keys.
    Json,
    /// The rows as csv with English headers.
    Csv,
    /// A workbook with headings in the chosen language.
    Xlsx,
}

impl Format {
    /// The words of the option, in the order of help.
    pub const WORDS: &'static [&'static str] = &["table", "json", "csv", "xlsx"];

    /// The format of a word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "table" => Some(Self::Table),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }
}

/// What the foot of every report tells of its book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foot {
    /// How many people a payment takes.
    pub people: PeopleMode,
    /// How much of the journal nobody outside can vouch for; none in an empty book.
    pub unwitnessed: Option<Unwitnessed>,
    /// What was wrong with the index when the book was opened.
    pub warnings: Vec<Note>,
}

/// How long no checkpoint has left the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwitnessed {
    /// Whole days since the last one that did was recorded, or since the book was opened.
    pub days: u64,
    /// Entries that it stands for.
    pub covered: u64,
}

impl Unwitnessed {
    /// How many of a report's entries came later. Cost: its single values.
    pub(crate) fn entries(self, report: &Report) -> u64 {
        let values = report.shape.meta.iter().zip(&report.meta);
        let entries = values.filter_map(|(column, cell)| match cell {
            Cell::Integer(count) if column.key == "entries" => Some(*count),
            _ => None,
        });
        entries.max().unwrap_or(0).saturating_sub(self.covered)
    }
}

/// The bytes of a report in a format, with what its foot tells where a book is known. Cost: linear in
/// its cells.
///
/// # Errors
/// `output-failed` when a workbook cannot be made.
pub fn render(
    report: &Report,
    foot: Option<&Foot>,
    format: Format,
    locale: &Locale,
) -> Result<Vec<u8>, Problem> {
    Ok(match format {
        Format::Table => text::render(report, foot, locale).into_bytes(),
        Format::Json => json::render(report, foot),
        Format::Csv => csv::render(report, locale),
        Format::Xlsx => xlsx::render(report, foot, locale)?,
    })
}
