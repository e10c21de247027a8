//! Lines of a text in the form that all readers need: one kind of line end, no byte order marks
//! left over from joined files, and a limit on the length of a row.

use std::io::{self, Read};
use std::rc::Rc;

/// Bytes that may still be read before the current item must end; shared with the code that
/// finishes it.
pub type Budget = Rc<std::cell::Cell<usize>>;

/// Bytes after which an unfinished row is given up: a quote that never closes would otherwise read
/// the whole file into memory.
pub const ROW_BYTES_MAX: usize = 8 * 1024 * 1024;
const ROW_TOO_LONG: &str = "row too long";

/// Returns true for the error of a row that exceeded its budget.
pub fn is_too_long(error: &io::Error) -> bool {
    error.to_string() == ROW_TOO_LONG
}

/// A reader that ends every line with `\n`, the last one too, so that rows can be counted; it stops
/// at a row that is too long.
pub struct Lines<R> {
    source: R,
    budget: Budget,
    after_return: bool,
    last: u8,
    ended: bool,
}

impl<R: Read> Lines<R> {
    /// Lines of a source; `budget` is what the current row may still use, and the caller resets it.
    pub fn new(source: R, budget: Budget) -> Self {
        Self { source, budget, after_return: false, last: b'\n', ended: false }
    }

    /// Rewrites line ends in place and returns the new length.
    fn rewrite(&mut self, bytes: &mut [u8]) -> usize {
        if !self.after_return && !bytes.contains(&b'\r') {
            return bytes.len();
        }
        let mut to = 0;
        for from in 0..bytes.len() {
            let byte = bytes.get(from).copied().unwrap_or_default();
            let skip = self.after_return && byte == b'\n';
            self.after_return = byte == b'\r';
            if skip {
                continue;
            }
            if let Some(place) = bytes.get_mut(to) {
                *place = if byte == b'\r' { b'\n' } else { byte };
            }
            to += 1;
        }
        to
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.ended {
            return Ok(0);
        }
        loop {
            let read = self.source.read(buffer)?;
            if read == 0 {
                self.ended = true;
                if self.last == b'\n' {
                    return Ok(0);
                }
                if let Some(place) = buffer.first_mut() {
                    *place = b'\n';
                }
                return Ok(1);
            }
            let length = self.rewrite(buffer.get_mut(..read).unwrap_or_default());
            let left = self.budget.get().checked_sub(length);
            self.budget.set(left.ok_or_else(|| io::Error::other(ROW_TOO_LONG))?);
            if let Some(last) = length.checked_sub(1).and_then(|last| buffer.get(last)) {
                self.last = *last;
                return Ok(length);
            }
        }
    }
}

const MARK: &[u8] = "\u{FEFF}".as_bytes();
const CHUNK: usize = 64 * 1024;

/// A reader that removes byte order marks at the start of a line: files of several months are
/// joined with a plain `cat`, and a mark before a quote would break the quote.
pub struct LineMarks<R> {
    source: R,
    bytes: Vec<u8>,
    given: usize,
    /// Number of `bytes` that are ready; the bytes after them may be the beginning of a mark.
    ready: usize,
    at_start: bool,
    ended: bool,
}

impl<R: Read> LineMarks<R> {
    /// Lines of a source in UTF-8.
    pub fn new(source: R) -> Self {
        let bytes = Vec::with_capacity(CHUNK + MARK.len());
        Self { source, bytes, given: 0, ready: 0, at_start: true, ended: false }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.bytes.drain(..self.ready);
        self.given = 0;
        let before = self.bytes.len();
        let read = (&mut self.source).take(CHUNK as u64).read_to_end(&mut self.bytes)?;
        self.ended = read < CHUNK;
        if before == 0 && !self.bytes.contains(&0xEF) {
            self.ready = self.bytes.len();
            if let Some(last) = self.bytes.last() {
                self.at_start = matches!(last, b'\n' | b'\r');
            }
            return Ok(());
        }
        let (mut from, mut to) = (0, 0);
        while let Some(rest) = self.bytes.get(from..).filter(|rest| !rest.is_empty()) {
            if self.at_start && rest.starts_with(MARK) {
                from += MARK.len();
                continue;
            }
            if self.at_start && !self.ended && MARK.starts_with(rest) {
                break;
            }
            let byte = rest.first().copied().unwrap_or_default();
            self.at_start = matches!(byte, b'\n' | b'\r');
            if let Some(place) = self.bytes.get_mut(to) {
                *place = byte;
            }
            (from, to) = (from + 1, to + 1);
        }
        self.ready = to;
        self.bytes.drain(to..from);
        Ok(())
    }
}

impl<R: Read> Read for LineMarks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready && !self.ended {
            self.fill()?;
        }
        let rest = self.bytes.get(self.given..self.ready).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            to.copy_from_slice(from);
        }
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_at_line_starts_and_nowhere_else() {
        let read = |text: &str| {
            let mut out = String::new();
            LineMarks::new(text.as_bytes()).read_to_string(&mut out).unwrap();
            out
        };
        assert_eq!(read("\u{FEFF}a\n\u{FEFF}\u{FEFF}\"b\"\r\u{FEFF}c"), "a\n\"b\"\rc");
        assert_eq!(read("a\u{FEFF}b\n"), "a\u{FEFF}b\n");
        assert_eq!(read(""), "");
        // A mark across two blocks, at every position; characters with the same first byte stay.
        for shift in 0..4 {
            let line = "x".repeat(CHUNK - 1 - shift);
            assert_eq!(read(&format!("{line}\n\u{FEFF}ａ\n")), format!("{line}\nａ\n"));
            assert_eq!(read(&format!("{line}\n｀ａ")), format!("{line}\n｀ａ"));
        }
    }
}
