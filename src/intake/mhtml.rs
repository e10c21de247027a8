//! A web page in one file (MHTML, RFC 2557), which some banks provide under the name `.xls`.
//!
//! Its pages are read in their order, as rows of one sheet; pictures and styles are skipped.

use crate::intake::decode::open_text;
use crate::intake::document::Document;
use crate::intake::html::Page;
use crate::intake::rows::{Options, RowVisitor};
use crate::intake::sheet_rows::SheetRows;
use crate::limits::{MESSAGE_BYTES_MAX, WORKBOOK_PARTS_MAX};
use crate::problem::Problem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Passes every row of the tables of its pages to `visit`. Memory: a few times the file.
///
/// # Errors
/// `file-too-large`; `mhtml-damaged` if its parts cannot be separated or decoded; the errors of
/// [`super::html::visit_rows`].
pub fn visit_rows(
    document: &Document,
    options: &Options,
    visit: &mut RowVisitor<'_>,
) -> Result<(), Problem> {
    let bytes = document.bytes(options.bounds.bytes.min(MESSAGE_BYTES_MAX))?;
    let mut page = Page::new(SheetRows::new(visit, options.bounds));
    let mut pages = 0;
    for part in parts(&bytes)? {
        if !part.is_page() {
            continue;
        }
        pages += 1;
        let inside = Document::inside(document.path().to_owned(), part.content()?);
        let (source, _) = open_text(&inside, options.encoding)?;
        page.read(source, document)?;
    }
    if pages == 0 {
        return Err(damaged("text/html"));
    }
    page.end()
}

fn damaged(detail: impl std::fmt::Display) -> Problem {
    Problem::data("mhtml-damaged").with("detail", detail)
}

/// One part with its headers, which are unfolded and in lower case.
struct Part<'a> {
    headers: Vec<String>,
    body: &'a [u8],
}

/// The parts between the boundaries; a file without a boundary is one part.
fn parts(bytes: &[u8]) -> Result<Vec<Part<'_>>, Problem> {
    let whole = Part::of(bytes);
    // The case of the boundary matters.
    let head = bytes.get(..bytes.len() - whole.body.len()).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let at = head.to_ascii_lowercase().find("boundary=");
    let Some(value) = at.and_then(|at| head.get(at + "boundary=".len()..)) else {
        return Ok(vec![whole]);
    };
    let value = value.trim_start();
    let boundary = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => value.split(|c: char| c.is_whitespace() || c == ';').next(),
    };
    let boundary = boundary.filter(|text| !text.is_empty() && text.len() <= 200);
    let mark = format!("--{}", boundary.ok_or_else(|| damaged("boundary"))?);
    let (mut found, mut start, mut at) = (Vec::new(), None, 0);
    for line in whole.body.split_inclusive(|byte| *byte == b'\n') {
        let own = line.trim_ascii_end();
        let rest = own.strip_prefix(mark.as_bytes());
        if matches!(rest, Some(b"" | b"--")) {
            let part = start.and_then(|start| whole.body.get(start..at));
            found.extend(part.map(Part::of));
            start = (rest == Some(b"")).then_some(at + line.len());
            if found.len() > WORKBOOK_PARTS_MAX {
                return Err(Problem::data("archive-bomb").with("limit", WORKBOOK_PARTS_MAX));
            }
        }
        at += line.len();
    }
    // A truncated file ends without its last boundary.
    match start {
        Some(_) => Err(damaged(&mark)),
        None => Ok(found),
    }
}

impl<'a> Part<'a> {
    /// Splits headers, an empty line, and the body.
    fn of(bytes: &'a [u8]) -> Self {
        let (mut headers, mut at) = (Vec::<String>::new(), 0);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            at += line.len();
            let text = String::from_utf8_lossy(line.trim_ascii_end()).to_lowercase();
            if text.is_empty() {
                if headers.is_empty() {
                    continue;
                }
                break;
            }
            match headers.last_mut() {
                Some(last) if text.starts_with([' ', '\t']) => last.push_str(text.trim_start()),
                _ => headers.push(text),
            }
        }
        Self { headers, body: bytes.get(at..).unwrap_or_default() }
    }

    fn header(&self, name: &str) -> &str {
        let value = |line: &&String| line.split_once(':').is_some_and(|(known, _)| known == name);
        let found = self.headers.iter().find(value).and_then(|line| line.split_once(':'));
        found.map_or("", |(_, value)| value.trim())
    }

    fn is_page(&self) -> bool {
        self.header("content-type").starts_with("text/html")
    }

    /// Its bytes, decoded.
    fn content(&self) -> Result<Vec<u8>, Problem> {
        match self.header("content-transfer-encoding") {
            "" | "7bit" | "8bit" | "binary" => Ok(self.body.to_vec()),
            "quoted-printable" => Ok(quoted_printable(self.body)),
            "base64" => {
                let packed = self.body.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
                STANDARD.decode(packed.collect::<Vec<u8>>()).map_err(damaged)
            }
            other => Err(damaged(other.chars().take(40).collect::<String>().escape_debug())),
        }
    }
}

/// `=E8` is a byte, `=` at the end of a line joins it with the next; any other `=` is kept.
fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        let hex = |at: usize| char::from(*after.get(at)?).to_digit(16);
        rest = match (byte, after) {
            (b'=', [b'\r', b'\n', next @ ..]) | (b'=', [b'\n', next @ ..]) => next,
            (b'=', [_, _, next @ ..]) if hex(0).is_some() && hex(1).is_some() => {
                let value = hex(0).zip(hex(1)).map(|(high, low)| high * 16 + low);
                out.extend(value.and_then(|value| u8::try_from(value).ok()));
                next
            }
            _ => {
                out.push(*byte);
                after
            }
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    fn rows(bytes: &[u8]) -> Result<Vec<String>, Problem> {
        let document = Document::inside("a.mht".into(), bytes.to_vec());
        let mut found = Vec::new();
        visit_rows(&document, &Options::default(), &mut |row, cells| {
            let cells: Vec<_> = cells.iter().map(|cell| cell.shown().into_owned()).collect();
            found.push(format!("{row}: {}", cells.join("|")));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    #[test]
    fn the_pages_of_an_archive_are_one_sheet() {
        let packed = STANDARD.encode("<table><tr><td>丙</table>");
        let (gbk, ..) = encoding_rs::GBK.encode("<table><tr><td>乙<td>=3D</table>");
        let mut text = b"MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary=\"_A_b\"\r\n\r\n\
            prose\r\n--_A_b\r\nContent-Type: text/html; charset=\"utf-8\"\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\n\
            <table><tr><td>=E7=94=B2<td>a=3Db=\r\nc</table>\r\n\
            --_A_b\r\nContent-Type: image/png\r\n\r\n<table><tr><td>x\r\n--_A_b\r\ncontent-type: TEXT/HTML\r\n\r\n".to_vec();
        text.extend_from_slice(&gbk);
        text.extend_from_slice(
            format!("\r\n--_A_b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n{packed}\r\n--_A_b--\r\n")
                .as_bytes(),
        );
        assert_eq!(rows(&text).unwrap(), ["1: 甲|a=bc", "2: 乙|=3D", "3: 丙"]);
        let alone = b"MIME-Version: 1.0\nContent-Type: text/html\n\n<table><tr><td>a</table>";
        assert_eq!(rows(alone).unwrap(), ["1: a"]);
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let code = |text: &str| rows(text.as_bytes()).unwrap_err().code;
        let head = "MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n";
        let page = "--b\nContent-Type: text/html\n\n<table><tr><td>a</table>\n";
        assert_eq!(code(&format!("{head}{page}")), "mhtml-damaged");
        assert_eq!(
            code(&format!("{head}--b\nContent-Type: image/png\n\nx\n--b--\n")),
            "mhtml-damaged"
        );
        let odd = page.replace("html\n\n", "html\nContent-Transfer-Encoding: base64\n\n");
        assert_eq!(code(&format!("{head}{odd}--b--\n")), "mhtml-damaged");
        let odd = odd.replace("base64", "x-uuencode");
        assert_eq!(code(&format!("{head}{odd}--b--\n")), "mhtml-damaged");
        let many = "--b\n\n".repeat(WORKBOOK_PARTS_MAX + 3);
        assert_eq!(code(&format!("{head}{many}--b--\n")), "archive-bomb");
        assert_eq!(
            code("MIME-Version: 1.0\nContent-Type: multipart/related; boundary=\n\n"),
            "mhtml-damaged"
        );
        assert_eq!(code(""), "mhtml-damaged");
    }
}
