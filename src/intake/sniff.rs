//! Recognizes the kind of a file by its first bytes and never by its name: banks provide
//! tab-separated text, HTML and renamed workbooks all under `.xls`.

use crate::intake::document::Document;
use crate::problem::Problem;

/// Bytes from which the kind of a file is recognized.
const HEAD: u64 = 8192;

/// Kind of a table file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Office Open XML workbook (a zip archive).
    Xlsx,
    /// Binary workbook of Excel 5 to 2003 (a compound file).
    Xls,
    /// Text: csv, tab-separated, JSON Lines.
    Text,
    /// Web page with tables.
    Html,
    /// Workbook of 2003 as one XML file.
    SpreadsheetMl,
    /// Web page in one file with all its parts.
    Mhtml,
}

/// The kind of a file.
///
/// # Errors
/// `file-kind` for anything that is not a table, `file-unreadable`.
pub fn kind_of(document: &Document) -> Result<FileKind, Problem> {
    let head = document.head(HEAD)?;
    kind_of_head(&head).map_err(|problem| problem.in_file(document.path().display().to_string()))
}

/// The kind of a file from its first bytes.
///
/// # Errors
/// The errors of [`kind_of`].
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
    let named = |kind: &str| Err(Problem::data("file-kind").with("kind", kind));
    if let Some((_, name)) = KNOWN.iter().find(|(mark, _)| head.starts_with(mark)) {
        return named(name);
    }
    let text = plain_head(head).to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if text.starts_with("mime-version:") || (has(&["mime-version:"]) && has(&["multipart/related"]))
    {
        return Ok(FileKind::Mhtml);
    }
    if text.starts_with("ofxheader:") {
        return named("OFX");
    }
    if text.starts_with("!type:") {
        return named("QIF");
    }
    if !text.starts_with('<') {
        return Ok(FileKind::Text);
    }
    if has(&["urn:schemas-microsoft-com:office:spreadsheet"]) && has(&["<workbook", ":workbook"]) {
        return Ok(FileKind::SpreadsheetMl);
    }
    if has(&["<ofx", "<?ofx"]) {
        return named("OFX");
    }
    let page =
        ["<html", "<!doctype html", "<head", "<body", "<meta", "<style", "<script", "<frameset"];
    let table = ["<table", "<tr", "<td", "<th>", "<div", "<center", "<font", "<p>", "<br"];
    if has(&page) || has(&table) { Ok(FileKind::Html) } else { named("XML") }
}

/// The beginning of a text, enough for formats that plain ASCII identifies; NULs are removed,
/// because in UTF-16 each of these characters contains one.
fn plain_head(head: &[u8]) -> String {
    let bytes: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&bytes);
    let blank = |c: char| c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{FFFD}');
    text.trim_start_matches(blank).to_owned()
}

/// Format of the file of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text table: csv and similar.
    Text,
    /// Present-day workbook (Office Open XML).
    Xlsx,
    /// Workbook of Excel 5 to 2003.
    Xls,
    /// ISO 20022 camt.053.
    Camt053,
    /// SWIFT MT940.
    Mt940,
    /// Tables of a web page.
    Html,
    /// SpreadsheetML of 2003.
    SpreadsheetMl,
    /// Tables of a web page in one file.
    Mhtml,
    /// A zip of statements.
    Zip,
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
            Self::Html => "html",
            Self::SpreadsheetMl => "spreadsheetml",
            Self::Mhtml => "mhtml",
            Self::Zip => "zip",
        }
    }
}

/// The message format of a file, by its first bytes; `None` if it must be a table.
///
/// # Errors
/// `message-kind` for related reports (camt.052, camt.054), which are not final; `file-missing`,
/// `file-unreadable`, `file-not-regular`.
pub fn message_format(document: &Document) -> Result<Option<Format>, Problem> {
    let text = plain_head(&document.head(HEAD)?);
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
    // Some banks leave out the reference `:20:`.
    let is_mt940 = begins(":25") && (begins(":60F:") || begins(":60M:"));
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
        assert_eq!(kind_of_head(b"\xEF\xBB\xBF \r\n<html><table>"), Ok(FileKind::Html));
        assert_eq!(kind_of_head(b"<\0T\0A\0B\0L\0E\0"), Ok(FileKind::Html));
        assert_eq!(kind_of_head(b"<?xml version='1.0'?><html xmlns='x'>"), Ok(FileKind::Html));
        let workbook = b"<?xml version='1.0'?>\n<ss:Workbook xmlns:ss='urn:schemas-microsoft-com:office:spreadsheet'>";
        assert_eq!(kind_of_head(workbook), Ok(FileKind::SpreadsheetMl));
        let archive =
            b"From: x\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n";
        assert_eq!(kind_of_head(archive), Ok(FileKind::Mhtml));
        let named = |head: &[u8]| kind_of_head(head).unwrap_err().arg("kind").map(str::to_owned);
        assert_eq!(named(b"OFXHEADER:100\nDATA:OFXSGML\n"), Some("OFX".to_owned()));
        assert_eq!(named(b"<?xml version='1.0'?><?OFX OFXHEADER='200'?>"), Some("OFX".to_owned()));
        assert_eq!(named(b"!Type:Bank\nD1/1'17\n"), Some("QIF".to_owned()));
        assert_eq!(named(b"<?xml version='1.0'?><other/>"), Some("XML".to_owned()));
        assert_eq!(kind_of_head(b"%PDF-1.4").unwrap_err().arg("kind"), Some("PDF"));
    }
}
