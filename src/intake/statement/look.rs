//! A first look at a file: what can be found out without any choice by the user.

use super::{Format, Statement, evidence, read_document};
use crate::intake::decode::encoding_of;
use crate::intake::document::Document;
use crate::intake::profile::{Fit, Profile, fits, top};
use crate::intake::rows::{Bounds, Options};
use crate::intake::sniff::{FileKind, kind_of, message_format};
use crate::intake::spreadsheet_ml;
use crate::intake::workbook::chosen_sheet;
use crate::intake::zipped;
use crate::limits::MESSAGE_BYTES_MAX;
use crate::problem::Problem;
use std::path::Path;

/// Number of first rows that are shown.
const ROWS_SHOWN: usize = 8;
/// Characters of a cell that are shown.
const CELL_SHOWN: usize = 30;

/// Result of a first look at a file.
pub struct Look<'p> {
    /// Format of the file.
    pub format: Format,
    /// Encoding of a text.
    pub encoding: Option<&'static str>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// The profiles compared with it, the best first; empty for messages, which need none.
    pub fits: Vec<Fit<'p>>,
    /// The statements, or the reasons why they cannot be read.
    pub read: Result<Vec<Statement>, Vec<Problem>>,
    /// The first rows, each with its number.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// Examines a file.
///
/// # Errors
/// The file's kind, size, encoding or form is not allowed. It is not an error if no profile fits.
pub fn look<'p>(path: &Path, profiles: &'p [Profile]) -> Result<Look<'p>, Problem> {
    let named = |problem: Problem| problem.in_file(path.display().to_string());
    let options = Options { bounds: Bounds::STATEMENT, ..Options::default() };
    let document = &evidence(path)?;
    let message = message_format(document).map_err(named)?;
    let encoding =
        |document: &Document| encoding_of(document, None).map(|encoding| Some(encoding.name()));
    if let Some(format) = message {
        document.check_size(MESSAGE_BYTES_MAX)?;
        let (encoding, read) = (encoding(document)?, read_document(document, None, profiles));
        let rows = Vec::new();
        return Ok(Look { format, encoding, sheet: None, fits: Vec::new(), read, rows });
    }
    if let Some(parts) = zipped::parts(document).map_err(named)? {
        let rows = (1..).zip(&parts).take(ROWS_SHOWN);
        let name = |part: &Document| super::file_name(part.path());
        let rows = rows.map(|(row, part)| (row, vec![name(part)])).collect();
        let read = read_document(document, None, profiles);
        let (format, fits) = (Format::Zip, Vec::new());
        return Ok(Look { format, encoding: None, sheet: None, fits, read, rows });
    }
    let kind = kind_of(document)?;
    let (format, encoding, sheet) = match kind {
        FileKind::Text => (Format::Text, encoding(document)?, None),
        FileKind::Xlsx => (Format::Xlsx, None, Some(chosen_sheet(document, kind, &options))),
        FileKind::Xls => (Format::Xls, None, Some(chosen_sheet(document, kind, &options))),
        FileKind::Html => (Format::Html, encoding(document)?, None),
        FileKind::Mhtml => (Format::Mhtml, None, None),
        FileKind::SpreadsheetMl => {
            let first = spreadsheet_ml::sheet_names(document, &options);
            let first = first.map(|names| names.into_iter().next().unwrap_or_default());
            (Format::SpreadsheetMl, encoding(document)?, Some(first))
        }
    };
    let sheet = sheet.transpose().map_err(named)?;
    let mut fits = fits(document, profiles)?;
    // The more columns of a profile are found, the better; a complete match precedes a longer
    // partial one.
    fits.sort_by_key(|fit| (!fit.is_whole(), usize::MAX - fit.score()));
    let short = |text: &str| text.chars().take(CELL_SHOWN).collect::<String>();
    let rows = top(document, &options)?.into_iter().take(ROWS_SHOWN);
    let rows = rows
        .map(|(row, cells)| (row, cells.iter().map(|cell| short(&cell.shown())).collect()))
        .collect();
    Ok(Look { format, encoding, sheet, fits, read: read_document(document, None, profiles), rows })
}
