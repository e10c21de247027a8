//! A guard for present-day workbooks, which are zip archives: it measures them before they are
//! opened.

use crate::intake::workbook::damaged;
use crate::intake::zipped::is_of_workbook;
use crate::limits::{
    STATEMENT_PART_MAX, STATEMENT_PART_TAGS_MAX, STATEMENT_RATIO_MAX, WORKBOOK_INFLATED_MAX,
    WORKBOOK_PART_MAX, WORKBOOK_PARTS_MAX, XML_TEXT_MAX,
};
use crate::problem::Problem;
use std::io::{Cursor, Read};

/// Inflates every part once without keeping it, so that the sizes in the archive need not be
/// trusted. With `strict`, narrower limits apply to parts that a reader keeps in memory.
///
/// # Errors
/// `workbook-damaged`, `workbook-locked`, `workbook-macros`, `archive-bomb`, `xml-doctype`,
/// `file-kind`.
pub fn check(bytes: &[u8], strict: bool) -> Result<(), Problem> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > WORKBOOK_PARTS_MAX {
        return Err(Problem::data("archive-bomb").with("limit", WORKBOOK_PARTS_MAX));
    }
    let names: Vec<_> = archive.file_names().filter_map(Result::ok).collect();
    if !names.iter().any(|name| is_of_workbook(name)) {
        let first: Vec<&str> = names.iter().take(5).map(AsRef::as_ref).collect();
        let names = first.join(", ").escape_debug().to_string();
        return Err(Problem::data("archive-of-files").with("names", names));
    }
    let bomb = |limit: u64| Err(Problem::data("archive-bomb").with("limit", limit));
    let mut total = 0u64;
    let mut block = vec![0; 64 * 1024];
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(damaged)?;
        if part.encrypted() {
            return Err(Problem::data("workbook-locked"));
        }
        let name = part.name().map_err(damaged)?.to_lowercase();
        if name.ends_with("vbaproject.bin") {
            return Err(Problem::data("workbook-macros"));
        }
        if name == "mimetype" || name == "content.xml" {
            return Err(Problem::data("file-kind").with("kind", "OpenDocument"));
        }
        let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
        // Sheets are read cell by cell; every other part is kept as a whole.
        let kept = strict && is_xml && !name.contains("worksheets/");
        let limit = if kept { STATEMENT_PART_MAX } else { WORKBOOK_PART_MAX };
        let packed = part.compressed_size();
        let (mut size, mut scan) = (0u64, Scan::default());
        loop {
            let read = part.read(&mut block).map_err(damaged)?;
            let Some(bytes) = block.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            (size, total) = (size + read as u64, total + read as u64);
            if size > limit || total > WORKBOOK_INFLATED_MAX {
                return bomb(limit.min(WORKBOOK_INFLATED_MAX));
            }
            let swollen = packed.saturating_mul(STATEMENT_RATIO_MAX);
            if strict && size > 1 << 20 && size > swollen {
                return bomb(swollen);
            }
            if is_xml {
                scan.take(bytes)?;
                if strict && scan.longest > XML_TEXT_MAX {
                    return bomb(XML_TEXT_MAX as u64);
                }
                if kept && scan.tags > STATEMENT_PART_TAGS_MAX {
                    return bomb(STATEMENT_PART_TAGS_MAX as u64);
                }
            }
        }
    }
    Ok(())
}

/// State of the scan of an XML part.
#[derive(Default)]
struct Scan {
    tags: usize,
    /// Bytes since the last tag began, and the largest such number.
    run: usize,
    longest: usize,
    /// Number of characters of `<!` that were read last.
    opened: usize,
}

impl Scan {
    /// Comments (`<!--`) and quoted sections (`<![`) are harmless; a declaration is not.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        for byte in bytes {
            self.opened = match (self.opened, byte) {
                (_, b'<') => {
                    self.tags += 1;
                    self.run = 0;
                    1
                }
                (1, b'!') => 2,
                (2, b'D' | b'E' | b'd' | b'e') => return Err(Problem::data("xml-doctype")),
                _ => 0,
            };
            self.run += 1;
            self.longest = self.longest.max(self.run);
        }
        Ok(())
    }
}
