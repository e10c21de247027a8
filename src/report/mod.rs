//! Output of reports: text for the user, csv and xlsx for spreadsheets, JSON for programs; and all
//! wordings.
//!
//! A [`Report`] is plain data in a declared [`Shape`]; the forms and the JSON Schema are made from
//! the same declaration, so they cannot disagree. A form never depends on the terminal, the clock
//! or the machine. All words for the user come from [`locale`].
//!
//! Reading order: [`table`] (cells, columns, shapes), [`text`], [`csv`], [`xlsx`], [`json`] (the
//! forms), [`locale`] and [`message`] (wording), [`schema`] (the declarations as JSON Schema),
//! [`export`] (the whole book for other programs), [`guide`] (the manuals).

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

/// Form in which a report is written.
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
    /// The words of the option, in the order of the help text.
    pub const WORDS: &'static [&'static str] = &["table", "json", "csv", "xlsx"];

    /// The format for a word.
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

/// Facts about the book for the foot of every report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foot {
    /// Number of people that a payment needs.
    pub people: PeopleMode,
    /// Time and entries since the last checkpoint left the office; `None` in an empty book.
    pub unwitnessed: Option<Unwitnessed>,
    /// Faults of the index found when the book was opened.
    pub warnings: Vec<Note>,
}

/// The time since a checkpoint last left the office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unwitnessed {
    /// Whole days since that checkpoint was recorded, or since the book was opened.
    pub days: u64,
    /// Number of entries that the checkpoint covers.
    pub covered: u64,
}

impl Unwitnessed {
    /// Number of a report's entries that came later. Cost: linear in the report's single values.
    pub(crate) fn entries(self, report: &Report) -> u64 {
        let values = report.shape.meta.iter().zip(&report.meta);
        let entries = values.filter_map(|(column, cell)| match cell {
            Cell::Integer(count) if column.key == "entries" => Some(*count),
            _ => None,
        });
        entries.max().unwrap_or(0).saturating_sub(self.covered)
    }
}

/// The bytes of a report in a format; `foot` is given if a book is open. Cost: linear in its cells.
///
/// # Errors
/// `output-failed` if a workbook cannot be made.
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
