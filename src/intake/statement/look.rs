//! What a file looks like before anything is asked of it.

use super::{Format, Statement, read_file};
use crate::intake::decode::{check_size, encoding_of};
use crate::intake::profile::{Fit, Profile, fits, top};
use crate::intake::rows::{Bounds, Options};
use crate::intake::sniff::{FileKind, kind_of, message_format};
use crate::intake::workbook::chosen_sheet;
use crate::limits::{MESSAGE_BYTES_MAX, STATEMENT_BYTES_MAX};
use crate::problem::Problem;
use std::path::Path;

/// First rows that are shown.
const ROWS_SHOWN: usize = 8;
/// Characters of a cell that are shown.
const CELL_SHOWN: usize = 30;

/// What was seen.
pub struct Look<'p> {
    /// What the file is.
    pub format: Format,
    /// Encoding of a text.
    pub encoding: Option<&'static str>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// The profiles compared with it, the best first; empty for messages, which need none.
    pub fits: Vec<Fit<'p>>,
    /// The statements, or why they cannot be read.
    pub read: Result<Vec<Statement>, Vec<Problem>>,
    /// The first rows, each with its number.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// Looks at a file.
///
/// # Errors
/// What the file's kind, size, encoding or form forbids. That no profile fits is no error here.
pub fn look<'p>(path: &Path, profiles: &'p [Profile]) -> Result<Look<'p>, Problem> {
    let named = |problem: Problem| problem.in_file(path.display().to_string());
    let options = Options { bounds: Bounds::STATEMENT, ..Options::default() };
    let message = message_format(path).map_err(named)?;
    let encoding = |path: &Path| encoding_of(path, None).map(|encoding| Some(encoding.name()));
    if let Some(format) = message {
        check_size(path, MESSAGE_BYTES_MAX)?;
        let (encoding, read) = (encoding(path)?, read_file(path, None, profiles));
        let rows = Vec::new();
        return Ok(Look { format, encoding, sheet: None, fits: Vec::new(), read, rows });
    }
    let kind = kind_of(path)?;
    // Before the whole file is read for its encoding.
    if kind == FileKind::Text {
        check_size(path, STATEMENT_BYTES_MAX)?;
    }
    let (format, encoding, sheet) = match kind {
        FileKind::Text => (Format::Text, encoding(path)?, None),
        FileKind::Xlsx => (Format::Xlsx, None, Some(chosen_sheet(path, kind, &options))),
        FileKind::Xls => (Format::Xls, None, Some(chosen_sheet(path, kind, &options))),
    };
    let sheet = sheet.transpose().map_err(named)?;
    let mut fits = fits(path, profiles)?;
    // The more of a profile's columns are found the better; a whole one before a longer part.
    fits.sort_by_key(|fit| (!fit.is_whole(), usize::MAX - fit.score()));
    let short = |text: &str| text.chars().take(CELL_SHOWN).collect::<String>();
    let rows = top(path, &options)?.into_iter().take(ROWS_SHOWN);
    let rows = rows
        .map(|(row, cells)| (row, cells.iter().map(|cell| short(&cell.shown())).collect()))
        .collect();
    Ok(Look { format, encoding, sheet, fits, read: read_file(path, None, profiles), rows })
}
