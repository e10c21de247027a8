//! What a file is, by its first bytes and never by its name: banks hand out tab-separated text,
//! HTML and renamed workbooks all under `.xls`.

use crate::intake::decode::{io_problem, open};
use crate::problem::Problem;
use std::io::Read;
use std::path::Path;

/// Kind of a table file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Office Open XML workbook (a zip archive).
    Xlsx,
    /// Binary workbook of Excel 5 to 2003 (a compound file).
    Xls,
    /// Text: csv, tab-separated, JSON Lines.
    Text,
}

/// The kind of a file.
///
/// # Errors
/// `file-is-html` (a web page saved as a workbook), `file-kind` for anything else that is no table,
/// `file-missing`, `file-unreadable`.
pub fn kind_of(path: &Path) -> Result<FileKind, Problem> {
    let mut head = Vec::with_capacity(512);
    let read = open(path)?.take(512).read_to_end(&mut head);
    read.map_err(|error| io_problem(path, &error))?;
    kind_of_head(&head).map_err(|problem| problem.in_file(path.display().to_string()))
}

/// The kind of a file from its first bytes.
///
/// # Errors
/// As [`kind_of`].
pub fn kind_of_head(head: &[u8]) -> Result<FileKind, Problem> {
    const KNOWN: &[(&[u8], &str)] = &[
        (b"%PDF", "PDF"),
        (b"\x1F\x8B", "gzip"),
        (b"Rar!", "RAR"),
        (b"7z\xBC\xAF", "7z"),
        (b"\x89PNG", "PNG"),
        (b"\xFF\xD8\xFF", "JPEG"),
    ];
    if head.starts_with(b"PK\x03\x04") {
        return Ok(FileKind::Xlsx);
    }
    if head.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Ok(FileKind::Xls);
    }
    if let Some((_, name)) = KNOWN.iter().find(|(mark, _)| head.starts_with(mark)) {
        return Err(Problem::data("file-kind").with("kind", name));
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    if text.first() == Some(&b'<') {
        return Err(Problem::data("file-is-html"));
    }
    Ok(FileKind::Text)
}

/// What a statement was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text table: csv and its kin.
    Text,
    /// Workbook of today (Office Open XML).
    Xlsx,
    /// Workbook of Excel 5 to 2003.
    Xls,
    /// ISO 20022 camt.053.
    Camt053,
    /// SWIFT MT940.
    Mt940,
}

impl Format {
    /// Name in reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Xlsx => "xlsx",
            Self::Xls => "xls",
            Self::Camt053 => "camt053",
            Self::Mt940 => "mt940",
        }
    }
}

/// The message format of a file, by its first bytes; none when it must be a table.
///
/// # Errors
/// `message-kind` for the reports beside the statement (camt.052, camt.054), which are not final;
/// `file-missing`, `file-unreadable`, `file-not-regular`.
pub fn message_format(path: &Path) -> Result<Option<Format>, Problem> {
    let mut head = Vec::with_capacity(8192);
    let read = open(path)?.take(8192).read_to_end(&mut head);
    read.map_err(|error| io_problem(path, &error))?;
    // Both formats are plain ASCII where they are told apart, in UTF-16 with a NUL in each character.
    head.retain(|byte| *byte != 0);
    let text = String::from_utf8_lossy(&head);
    let text =
        text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\u{FFFD}');
    if text.starts_with('<') {
        let other = ["camt.052", "camt.054", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn"];
        if text.contains("camt.053") || text.contains("BkToCstmrStmt") {
            return Ok(Some(Format::Camt053));
        }
        return match other.into_iter().find(|name| text.contains(name)) {
            Some(name) => Err(Problem::data("message-kind").with("kind", name)),
            None => Ok(None),
        };
    }
    let begins = |tag: &str| {
        text.lines().any(|line| line.starts_with(tag) || line.contains(&format!("{{4:{tag}")))
    };
    let is_mt940 = begins(":20:") && begins(":25") && (begins(":60F:") || begins(":60M:"));
    Ok(is_mt940.then_some(Format::Mt940))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_by_content() {
        assert_eq!(kind_of_head(b"PK\x03\x04rest"), Ok(FileKind::Xlsx));
        assert_eq!(kind_of_head(&[0xD0, 0xCF, 0x11, 0xE0, 0]), Ok(FileKind::Xls));
        assert_eq!(kind_of_head(b"id,date\n"), Ok(FileKind::Text));
        assert_eq!(kind_of_head(b""), Ok(FileKind::Text));
        let html = kind_of_head(b"\xEF\xBB\xBF \r\n<html><table>").unwrap_err();
        assert_eq!(html.code, "file-is-html");
        assert_eq!(kind_of_head(b"%PDF-1.4").unwrap_err().arg("kind"), Some("PDF"));
    }
}
