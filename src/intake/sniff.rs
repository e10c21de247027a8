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
