//! A guard for old binary workbooks: it measures the memory that reading them takes.
//!
//! The reader of `.xls` files fills a dense range per sheet, as large as the file claims. So this
//! module first walks the compound file (MS-CFB) with bounds-checked reads and measures every
//! sheet's records (MS-XLS).

use crate::problem::Problem;

/// Largest size that a sheet's DIMENSIONS record may claim: the limit of the format. A claim costs
/// address space only, so the limit need not be as strict as that of filled cells.
const CLAIM_MAX: u64 = 65_536 * 256;
const DIRECTORY_ENTRY: usize = 128;
const LAST_SECTOR: u32 = 0xFFFF_FFFA;

/// Measures every workbook stream of a compound file. All its sheets together may span at most this
/// many cells, because the reader fills all of them.
///
/// # Errors
/// `workbook-damaged`, `workbook-locked`, `too-many-cells`.
pub fn check(bytes: &[u8], cells_max: usize) -> Result<(), Problem> {
    let file = Compound::open(bytes).ok_or_else(damaged)?;
    let mut found = false;
    for (name, first, size) in &file.entries {
        if name == "EncryptedPackage" {
            return Err(Problem::data("workbook-locked"));
        }
        if name == "Workbook" || name == "Book" {
            found = true;
            let stream = file.stream(*first, *size).ok_or_else(damaged)?;
            check_stream(&stream, cells_max as u64)?;
        }
    }
    if found { Ok(()) } else { Err(damaged()) }
}

fn damaged() -> Problem {
    Problem::data("workbook-damaged").with("detail", "compound file")
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// A compound file: its allocation table and directory.
struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    table: Vec<u32>,
    small_table: Vec<u32>,
    small: Vec<u8>,
    small_below: u32,
    entries: Vec<(String, u32, u32)>,
}

impl<'a> Compound<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        let shift = u16_at(bytes, 30)?;
        if shift != 9 && shift != 12 {
            return None;
        }
        let mut file = Self {
            bytes,
            sector: 1 << shift,
            table: Vec::new(),
            small_table: Vec::new(),
            small: Vec::new(),
            small_below: u32_at(bytes, 56)?,
            entries: Vec::new(),
        };
        for id in file.table_sectors()? {
            let sector = file.sector_bytes(id)?;
            file.table.extend(words(sector));
        }
        let directory = file.chain(u32_at(bytes, 48)?)?;
        let mut root = None;
        for entry in directory.chunks_exact(DIRECTORY_ENTRY) {
            let length = usize::from(u16_at(entry, 64)?).min(64);
            let units = entry.get(..length)?.chunks_exact(2);
            let units: Vec<u16> =
                units.filter_map(|pair| u16_at(pair, 0)).take_while(|unit| *unit != 0).collect();
            let (first, size) = (u32_at(entry, 116)?, u32_at(entry, 120)?);
            if entry.get(66) == Some(&5) {
                root.get_or_insert(first);
            }
            file.entries.push((String::from_utf16_lossy(&units), first, size));
        }
        file.small_table = words(&file.chain(u32_at(bytes, 60)?)?).collect();
        file.small = file.chain(root?)?;
        Some(file)
    }

    /// The sectors that hold the allocation table: 109 named in the header, the rest in a chain.
    fn table_sectors(&self) -> Option<Vec<u32>> {
        let mut sectors: Vec<u32> = words(self.bytes.get(76..512)?).collect();
        let mut next = u32_at(self.bytes, 68)?;
        let mut left = self.bytes.len() / self.sector;
        while next < LAST_SECTOR {
            left = left.checked_sub(1)?;
            let mut list: Vec<u32> = words(self.sector_bytes(next)?).collect();
            next = list.pop()?;
            sectors.extend(list);
        }
        sectors.retain(|id| *id < LAST_SECTOR);
        Some(sectors)
    }

    fn sector_bytes(&self, id: u32) -> Option<&'a [u8]> {
        let start = (id as usize).checked_add(1)?.checked_mul(self.sector)?;
        let end = start.checked_add(self.sector)?.min(self.bytes.len());
        self.bytes.get(start..end)
    }

    /// The bytes of a chain of sectors; a chain longer than the file is a cycle.
    fn chain(&self, first: u32) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut next = first;
        while next < LAST_SECTOR {
            bytes.extend_from_slice(self.sector_bytes(next)?);
            if bytes.len() > self.bytes.len() {
                return None;
            }
            next = *self.table.get(next as usize)?;
        }
        Some(bytes)
    }

    fn stream(&self, first: u32, size: u32) -> Option<Vec<u8>> {
        let mut bytes = if size >= self.small_below { self.chain(first)? } else { Vec::new() };
        let mut next = if size >= self.small_below { LAST_SECTOR } else { first };
        while next < LAST_SECTOR {
            let start = (next as usize).checked_mul(64)?;
            bytes.extend_from_slice(self.small.get(start..start.checked_add(64)?)?);
            if bytes.len() > self.bytes.len() {
                return None;
            }
            next = *self.small_table.get(next as usize)?;
        }
        bytes.truncate(size as usize);
        Some(bytes)
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.chunks_exact(4).filter_map(|word| u32_at(word, 0))
}

/// Records of a stream from a position on, to its end.
fn records(stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = stream;
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(rest, 0)?, usize::from(u16_at(rest, 2)?));
        let data = rest.get(4..4 + length)?;
        rest = rest.get(4 + length..)?;
        Some((kind, data))
    })
}

fn check_stream(stream: &[u8], cells_max: u64) -> Result<(), Problem> {
    const BOUND_SHEET: u16 = 0x0085;
    let (mut sheets, mut cells) = (0, 0u64);
    for (kind, data) in records(stream) {
        if kind == BOUND_SHEET {
            sheets += 1;
            if sheets > 256 {
                return Err(damaged());
            }
            let position = u32_at(data, 0).ok_or_else(damaged)? as usize;
            let sheet = stream.get(position..).ok_or_else(damaged)?;
            cells = cells.saturating_add(sheet_span(sheet, cells_max)?);
            if cells > cells_max {
                return Err(too_many(cells_max));
            }
        }
    }
    Ok(())
}

fn too_many(limit: u64) -> Problem {
    Problem::data("too-many-cells").with("limit", limit)
}

/// Measures one sheet: the size that it claims, and the rectangle that its cells span.
fn sheet_span(stream: &[u8], cells_max: u64) -> Result<u64, Problem> {
    const DIMENSIONS: u16 = 0x0200;
    const END: u16 = 0x000A;
    const BEGIN: u16 = 0x0809;
    let (mut rows, mut columns) = ((u16::MAX, 0u16), (u16::MAX, 0u16));
    let mut depth = 0usize;
    for (kind, data) in records(stream) {
        match kind {
            BEGIN => depth += 1,
            END if depth <= 1 => break,
            END => depth -= 1,
            DIMENSIONS if claim(data).ok_or_else(damaged)? > CLAIM_MAX => {
                return Err(too_many(cells_max));
            }
            // Number, label, rich label, truth value, integer, shared text, many integers, formula.
            0x0203 | 0x0204 | 0x00D6 | 0x0205 | 0x027E | 0x00FD | 0x00BD | 0x0006 => {
                let (row, first) = (u16_at(data, 0), u16_at(data, 2));
                let (row, first) = row.zip(first).ok_or_else(damaged)?;
                let more = if kind == 0x00BD { data.len() / 6 } else { 0 };
                let last = first.saturating_add(u16::try_from(more).unwrap_or(u16::MAX));
                rows = (rows.0.min(row), rows.1.max(row));
                columns = (columns.0.min(first), columns.1.max(last));
            }
            _ => {}
        }
    }
    let extent = |(low, high): (u16, u16)| u64::from(high.saturating_sub(low)) + 1;
    if rows.0 > rows.1 { Ok(0) } else { Ok(extent(rows) * extent(columns)) }
}

/// Number of cells that a DIMENSIONS record claims. Like the reader, it counts from column zero if
/// the first column is beyond the format's limit or behind the last.
fn claim(data: &[u8]) -> Option<u64> {
    let wide = data.len() >= 14;
    let (rows, columns) = if wide {
        let rows = u32_at(data, 4)?.saturating_sub(u32_at(data, 0)?);
        (u64::from(rows), (u16_at(data, 8)?, u16_at(data, 10)?))
    } else {
        let rows = u16_at(data, 2)?.saturating_sub(u16_at(data, 0)?);
        (u64::from(rows), (u16_at(data, 4)?, u16_at(data, 6)?))
    };
    let from = if columns.0 > 0xFF || columns.1 < columns.0 { 0 } else { columns.0 };
    Some(rows.saturating_mul(u64::from(columns.1 - from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u16, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), data].concat()
    }

    fn number(row: u16, column: u16) -> Vec<u8> {
        let mut data = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
        data.extend([0; 8]);
        record(0x0203, &data)
    }

    /// A workbook stream of one sheet.
    fn stream(sheet: &[u8]) -> Vec<u8> {
        let begin = record(0x0809, &[0; 16]);
        let head = begin.len() + 4 + 8;
        let mut bytes = begin.clone();
        let mut bound = u32::try_from(head).unwrap().to_le_bytes().to_vec();
        bound.extend([0, 0, 0, 0]);
        bytes.extend(record(0x0085, &bound));
        bytes.extend(begin);
        bytes.extend_from_slice(sheet);
        bytes.extend(record(0x000A, &[]));
        bytes
    }

    #[test]
    fn spans_and_claims_are_measured() {
        let code =
            |sheet: &[u8]| check_stream(&stream(sheet), 2_000_000).map_err(|problem| problem.code);
        assert_eq!(code(&[number(0, 0), number(999, 20)].concat()), Ok(()));
        assert_eq!(code(&[number(0, 0), number(65_535, 255)].concat()), Err("too-many-cells"));
        let mut data = [0u32.to_le_bytes(), u32::MAX.to_le_bytes()].concat();
        data.extend([0, 0, 255, 0, 0, 0]);
        assert_eq!(code(&record(0x0200, &data)), Err("too-many-cells"));
        assert_eq!(code(&record(0x0200, &[0; 14])), Ok(()));
    }

    #[test]
    fn rubbish_is_damage_not_a_panic() {
        for length in [0, 4, 76, 511, 512, 513, 4096] {
            let mut bytes = vec![0xFF; length];
            assert!(check(&bytes, 1).is_err());
            if let Some(shift) = bytes.get_mut(30..32) {
                shift.copy_from_slice(&[9, 0]);
            }
            assert!(check(&bytes, 1).is_err());
            bytes.iter_mut().skip(32).for_each(|byte| *byte = 0);
            assert!(check(&bytes, 1).is_err());
        }
    }
}
