//! A zip of files, which a bank sends if it sends several messages at once.

use crate::intake::document::Document;
use crate::intake::workbook::damaged;
use crate::limits::{
    MESSAGE_BYTES_MAX, STATEMENT_RATIO_MAX, WORKBOOK_INFLATED_MAX, WORKBOOK_PARTS_MAX,
};
use crate::problem::Problem;
use std::io::{Cursor, Read};

/// Returns true for a name that only a workbook's archive contains.
pub fn is_of_workbook(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with("xl/")
        || matches!(name.as_str(), "[content_types].xml" | "mimetype" | "content.xml")
}

/// Returns true for an archive of files that is not a workbook. An archive that cannot be opened is
/// left to the reader of workbooks, which knows their limit and reports the damage.
///
/// # Errors
/// `file-too-large`.
pub fn is_of_files(document: &Document) -> Result<bool, Problem> {
    if !document.head(4)?.starts_with(b"PK\x03\x04") {
        return Ok(false);
    }
    let bytes = document.bytes(MESSAGE_BYTES_MAX)?;
    let Ok(archive) = zip::ZipArchive::new(Cursor::new(bytes.as_slice())) else { return Ok(false) };
    let mut names = archive.file_names().filter_map(Result::ok);
    Ok(!names.any(|name| is_of_workbook(&name)))
}

/// The files of an archive; `None` if it is a workbook or not an archive. Folders, and the files
/// that macOS and Windows add, are skipped. The size of each part is counted while it is inflated.
///
/// # Errors
/// `archive-bomb`, `archive-locked`, `archive-empty`, `workbook-damaged`, `file-too-large`.
pub fn parts(document: &Document) -> Result<Option<Vec<Document>>, Problem> {
    if !is_of_files(document)? {
        return Ok(None);
    }
    let bytes = document.bytes(MESSAGE_BYTES_MAX)?;
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes.as_slice())).map_err(damaged)?;
    let bomb = |limit: u64| Problem::data("archive-bomb").with("limit", limit);
    if archive.len() > WORKBOOK_PARTS_MAX {
        return Err(bomb(WORKBOOK_PARTS_MAX as u64));
    }
    let (mut found, mut total) = (Vec::new(), 0u64);
    for index in 0..archive.len() {
        // An encrypted part cannot be opened, but its raw entry can be examined.
        let raw = archive.by_index_raw(index).map_err(damaged)?;
        let name = raw.name().map_err(damaged)?.into_owned();
        let (locked, folder) = (raw.encrypted(), raw.is_dir());
        drop(raw);
        if locked {
            return Err(Problem::data("archive-locked").with("name", shown(&name)));
        }
        if folder || is_of_no_bank(&name) {
            continue;
        }
        let part = archive.by_index(index).map_err(damaged)?;
        let swollen = part.compressed_size().saturating_mul(STATEMENT_RATIO_MAX).max(1 << 20);
        let limit = MESSAGE_BYTES_MAX.min(swollen).min(WORKBOOK_INFLATED_MAX - total);
        let mut inflated = Vec::new();
        part.take(limit + 1).read_to_end(&mut inflated).map_err(damaged)?;
        total += inflated.len() as u64;
        if inflated.len() as u64 > limit {
            return Err(bomb(limit));
        }
        found.push(Document::inside(document.path().join(shown(&name)), inflated));
    }
    if found.is_empty() { Err(Problem::data("archive-empty")) } else { Ok(Some(found)) }
}

/// A name inside the archive in a form that may be shown; it is never used to open anything.
fn shown(name: &str) -> String {
    let own = name.rsplit(['/', '\\']).next().unwrap_or_default();
    own.chars().filter(|c| !c.is_control()).take(100).collect()
}

fn is_of_no_bank(name: &str) -> bool {
    let own = shown(name);
    name.starts_with("__MACOSX/") || own.is_empty() || own == ".DS_Store" || own == "Thumbs.db"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use zip::write::SimpleFileOptions;

    fn archive(files: &[(&str, &[u8])]) -> Document {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            if name.ends_with('/') {
                writer.add_directory(*name, SimpleFileOptions::default()).unwrap();
                continue;
            }
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        Document::inside("a.zip".into(), writer.finish().unwrap().into_inner())
    }

    fn names(files: &[(&str, &[u8])]) -> Result<Vec<String>, &'static str> {
        let found = parts(&archive(files)).map_err(|problem| problem.code)?;
        Ok(found.unwrap().iter().map(|part| part.path().display().to_string()).collect())
    }

    #[test]
    fn files_come_out_by_their_own_names() {
        let files: [(&str, &[u8]); 5] = [
            ("十月/", b""),
            ("十月/n01.xml", b"<a/>"),
            ("../../etc/n02.sta", b":20:"),
            ("__MACOSX/._n01.xml", b"x"),
            ("十月/.DS_Store", b"x"),
        ];
        assert_eq!(names(&files).unwrap(), ["a.zip/n01.xml", "a.zip/n02.sta"]);
        assert!(parts(&archive(&[("xl/workbook.xml", b"<x/>")])).unwrap().is_none());
        assert!(parts(&Document::inside("a".into(), b"abc".to_vec())).unwrap().is_none());
        assert_eq!(names(&files[..1]).unwrap_err(), "archive-empty");
    }

    #[test]
    fn what_swells_is_refused() {
        let nought = vec![0; usize::try_from(MESSAGE_BYTES_MAX).unwrap() + 1];
        assert_eq!(names(&[("a.xml", &nought)]).unwrap_err(), "archive-bomb");
        // Small enough, but 200 times as large as it was packed.
        assert_eq!(names(&[("a.xml", &nought[..8 << 20])]).unwrap_err(), "archive-bomb");
        assert_eq!(names(&[("a.xml", &nought[..1 << 20])]).unwrap().len(), 1);
        let many: Vec<String> = (0..=WORKBOOK_PARTS_MAX).map(|at| format!("{at}.xml")).collect();
        let files: Vec<(&str, &[u8])> =
            many.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
        assert_eq!(names(&files).unwrap_err(), "archive-bomb");
        assert_eq!(names(&files[1..]).unwrap().len(), WORKBOOK_PARTS_MAX);
        let cut = Document::inside("a.zip".into(), b"PK\x03\x04rubbish".to_vec());
        assert!(parts(&cut).unwrap().is_none(), "left to the reader of workbooks");
    }
}
