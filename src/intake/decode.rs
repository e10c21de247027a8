//! Bytes to text: finds the encoding of a whole file, and converts the file to UTF-8.
//!
//! Strict UTF-8 is tried first, then strict GB18030, never lossy, and the result applies to the
//! whole file. The order matters: most hanzi texts in UTF-8 are also valid GB18030, so the other
//! order would corrupt them without any sign.

use crate::intake::document::Document;
use crate::problem::{Exit, Problem};
use crate::store::disk::is_missing;
use encoding_rs::{DecoderResult, GB18030, UTF_16BE, UTF_16LE};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Encoding of a whole text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030, and with it GBK and GB2312.
    Gb18030,
    /// UTF-16, little-endian; with a byte order mark, or if only this reading is a text.
    Utf16Le,
    /// UTF-16, big-endian; with a byte order mark, or if only this reading is a text.
    Utf16Be,
}

impl Encoding {
    /// Name in settings and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gb18030 => "gb18030",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
        }
    }

    /// The encoding of a settings word; `None` for `auto`.
    ///
    /// # Errors
    /// `encoding-name` with the known words.
    pub fn parse(word: &str) -> Result<Option<Self>, Problem> {
        match word {
            "auto" => Ok(None),
            "utf-8" => Ok(Some(Self::Utf8)),
            "gb18030" | "gbk" | "gb2312" => Ok(Some(Self::Gb18030)),
            "utf-16le" => Ok(Some(Self::Utf16Le)),
            "utf-16be" => Ok(Some(Self::Utf16Be)),
            _ => Err(Problem::data("encoding-name")
                .with("text", word)
                .with("allowed", "auto, utf-8, gb18030, utf-16le, utf-16be")),
        }
    }

    fn decoder(self) -> Option<encoding_rs::Decoder> {
        let encoding = match self {
            Self::Utf8 => return None,
            Self::Gb18030 => GB18030,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
        };
        Some(encoding.new_decoder_with_bom_removal())
    }
}

const CHUNK: usize = 64 * 1024;
/// Bytes from which the encoding of a file without a byte order mark is guessed.
const HEAD: u64 = 4096;
const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// The byte, counted from 0, at which a text stops being valid in an encoding.
struct Unsound {
    offset: u64,
    encoding: Encoding,
    /// True if the bytes decode, but to a character that no text contains.
    character: bool,
}

/// Finds the encoding of a file by reading all of it once. Memory: one block.
///
/// # Errors
/// `encoding-invalid` with the encoding that came furthest and the byte where it stopped;
/// `file-unreadable`.
pub fn encoding_of(document: &Document, wanted: Option<Encoding>) -> Result<Encoding, Problem> {
    let path = document.path();
    let named = |problem: Problem| problem.in_file(path.display().to_string());
    if let Some(encoding) = wanted {
        check(document.reader(), encoding).map_err(|failed| named(failed.problem(path)))?;
        return Ok(encoding);
    }
    let head = document.head(HEAD)?;
    let only = match head.as_slice() {
        [0xFF, 0xFE, ..] => Some(Encoding::Utf16Le),
        [0xFE, 0xFF, ..] => Some(Encoding::Utf16Be),
        [0xEF, 0xBB, 0xBF, ..] => Some(Encoding::Utf8),
        _ => unmarked_utf16(&head),
    };
    if let Some(encoding) = only {
        return encoding_of(document, Some(encoding));
    }
    let first = match check(document.reader(), Encoding::Utf8) {
        Ok(()) => return Ok(Encoding::Utf8),
        // A character that no text contains does not indicate another encoding.
        Err(Failure::Unsound(unsound)) if !unsound.character => unsound,
        Err(other) => return Err(named(other.problem(path))),
    };
    match check(document.reader(), Encoding::Gb18030) {
        Ok(()) => Ok(Encoding::Gb18030),
        Err(Failure::Unsound(second)) => {
            let furthest = if second.offset > first.offset { second } else { first };
            Err(named(Failure::Unsound(furthest).problem(path)))
        }
        Err(other) => Err(named(other.problem(path))),
    }
}

/// UTF-16 without a mark, if it is certain: the head contains NUL bytes, which no other encoding
/// has, and in only one byte order it is a text with lines. In the wrong order a line feed is
/// U+0A00 and a digit U+3000 and up, so the two orders cannot be confused.
fn unmarked_utf16(head: &[u8]) -> Option<Encoding> {
    if !head.contains(&0) {
        return None;
    }
    let is_text = |units: &mut dyn Iterator<Item = u16>| {
        let (mut lines, mut plain, mut count) = (0usize, 0usize, 0usize);
        for character in char::decode_utf16(units) {
            count += 1;
            match character {
                Ok('\n' | '\r') => (lines, plain) = (lines + 1, plain + 1),
                Ok('\t' | '\u{20}'..='\u{7E}') => plain += 1,
                Ok('\u{A0}'..='\u{5FF}' | '\u{2000}'..='\u{2BFF}' | '\u{2E80}'..='\u{9FFF}')
                | Ok('\u{F900}'..='\u{FFEF}' | '\u{20000}'..) => {}
                // The head may end inside a pair.
                Err(_) => break,
                Ok(_) => return false,
            }
        }
        // A stray NUL in another text may look like one character; a table has many plain
        // characters.
        lines > 0 && plain >= 4 && plain >= count / 8
    };
    let pairs = || head.chunks_exact(2).filter_map(|pair| pair.try_into().ok());
    let little = is_text(&mut pairs().map(u16::from_le_bytes));
    let big = is_text(&mut pairs().map(u16::from_be_bytes));
    match (little, big) {
        (true, false) => Some(Encoding::Utf16Le),
        (false, true) => Some(Encoding::Utf16Be),
        _ => None,
    }
}

/// Opens a text file as UTF-8 without its mark; see [`encoding_of`].
///
/// # Errors
/// The errors of [`encoding_of`].
pub fn open_text(
    document: &Document,
    wanted: Option<Encoding>,
) -> Result<(Box<dyn Read>, Encoding), Problem> {
    let encoding = encoding_of(document, wanted)?;
    let file = document.reader();
    let reader: Box<dyn Read> = match encoding.decoder() {
        Some(decoder) => Box::new(Transcoder::new(file, decoder)),
        None => {
            let mut file = file;
            let mut head = [0; 3];
            let length = read_full(&mut file, &mut head)
                .map_err(|error| io_problem(document.path(), &error))?;
            let head = head.get(..length).unwrap_or_default();
            let kept = if head == UTF8_MARK { Vec::new() } else { head.to_vec() };
            Box::new(io::Cursor::new(kept).chain(file))
        }
    };
    Ok((reader, encoding))
}

/// Reads a whole small text file (settings, rules) of at most `limit` bytes.
///
/// # Errors
/// The errors of [`encoding_of`], and `file-too-large`.
pub fn read_text(path: &Path, limit: u64) -> Result<String, Problem> {
    let document = Document::evidence(path, limit)?;
    let (mut reader, _) = open_text(&document, None)?;
    let mut text = String::new();
    reader.read_to_string(&mut text).map_err(|error| io_problem(path, &error))?;
    Ok(text)
}

/// Refuses a file above a limit.
///
/// # Errors
/// `file-too-large`, `file-not-regular`, `file-missing` or `file-unreadable`.
pub fn check_size(path: &Path, limit: u64) -> Result<u64, Problem> {
    let size = check_regular(path)?.len();
    if size > limit {
        return Err(file_problem("file-too-large", path).with("size", size).with("limit", limit));
    }
    Ok(size)
}

/// Opens a file for reading.
///
/// # Errors
/// `file-not-regular`, `file-missing` or `file-unreadable`.
pub fn open(path: &Path) -> Result<BufReader<File>, Problem> {
    check_regular(path)?;
    let file = File::open(path).map_err(|error| io_problem(path, &error))?;
    Ok(BufReader::with_capacity(CHUNK, file))
}

/// Refuses a path that is not a plain file before it is opened: opening a pipe waits for its other
/// end, and a device has no end. (A file is read more than once, which neither allows.)
fn check_regular(path: &Path) -> Result<std::fs::Metadata, Problem> {
    let known = std::fs::metadata(path).map_err(|error| io_problem(path, &error))?;
    // A folder can be opened; reading it then reports that it is a folder.
    if known.is_file() || known.is_dir() {
        return Ok(known);
    }
    Err(file_problem("file-not-regular", path))
}

/// A problem with a file as a whole.
pub fn file_problem(code: &'static str, path: &Path) -> Problem {
    Problem::data(code).with("path", path.display()).in_file(path.display().to_string())
}

/// Describes the file or folder at a path, links followed; `None` if there is none. A failed system
/// call does not count as absence, because an input would then be left out silently.
///
/// # Errors
/// `file-unreadable`.
pub fn known(path: &Path) -> Result<Option<std::fs::Metadata>, Problem> {
    match std::fs::metadata(path) {
        Ok(known) => Ok(Some(known)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(io_problem(path, &error)),
    }
}

/// The problem for a failed read of an input file.
pub fn io_problem(path: &Path, error: &io::Error) -> Problem {
    let problem = match error.kind() {
        io::ErrorKind::NotFound => Problem::new("file-missing", Exit::NoInput),
        _ => Problem::new("file-unreadable", Exit::Io).with("detail", error),
    };
    problem.with("path", path.display()).in_file(path.display().to_string())
}

enum Failure {
    Unsound(Unsound),
    Io(io::Error),
}

impl Failure {
    fn problem(self, path: &Path) -> Problem {
        match self {
            Self::Unsound(unsound) => Problem::data("encoding-invalid")
                .with("byte", unsound.offset)
                .with("encoding", unsound.encoding.name()),
            Self::Io(error) => io_problem(path, &error),
        }
    }
}

/// Reads a whole stream and checks that it is valid in one encoding: every byte decodes, and it
/// contains no NUL, replacement or private-use character. A replacement character is the trace of
/// an earlier, lossy conversion; private-use characters appear when damaged UTF-8 is read as
/// GB18030.
fn check(mut reader: impl Read, encoding: Encoding) -> Result<(), Failure> {
    let mut decoder = encoding.decoder();
    let mut block = vec![0; CHUNK];
    let mut text = String::with_capacity(CHUNK * 3 + 16);
    let (mut kept, mut offset) = (0, 0u64);
    loop {
        let free = block.get_mut(kept..).unwrap_or_default();
        let read = read_full(&mut reader, free).map_err(Failure::Io)?;
        let last = read < free.len();
        let bytes = block.get(..kept + read).unwrap_or_default();
        let unsound_as = |at: usize, character: bool| {
            Failure::Unsound(Unsound { offset: offset + at as u64, encoding, character })
        };
        let unsound = |at: usize| unsound_as(at, false);
        let unsound_character = |at: usize| unsound_as(at, true);
        let taken = match &mut decoder {
            None => match std::str::from_utf8(bytes) {
                Ok(sound) => check_characters(sound).map_err(unsound_character)?,
                Err(error) => {
                    let sound = bytes.get(..error.valid_up_to()).unwrap_or_default();
                    check_characters(std::str::from_utf8(sound).unwrap_or_default())
                        .map_err(unsound_character)?;
                    if error.error_len().is_some() || last {
                        return Err(unsound(error.valid_up_to()));
                    }
                    error.valid_up_to()
                }
            },
            Some(decoder) => {
                text.clear();
                let (result, taken) =
                    decoder.decode_to_string_without_replacement(bytes, &mut text, last);
                if let DecoderResult::Malformed(bad, after) = result {
                    let bad = usize::from(bad) + usize::from(after);
                    return Err(unsound(taken.saturating_sub(bad)));
                }
                // After decoding, the position inside the block is not known; its start is
                // reported.
                check_characters(&text).map_err(|_| unsound_character(0))?;
                taken
            }
        };
        if last {
            return Ok(());
        }
        let length = bytes.len();
        block.copy_within(taken..length, 0);
        kept = length - taken;
        offset += taken as u64;
    }
}

fn check_characters(text: &str) -> Result<usize, usize> {
    let nul = text.as_bytes().iter().position(|byte| *byte == 0);
    let meaningless = |c: char| matches!(c, '\u{FFFD}' | '\u{E000}'..='\u{F8FF}');
    let found = || if text.is_ascii() { None } else { text.find(meaningless) };
    match nul.or_else(found) {
        Some(at) => Err(at),
        None => Ok(text.len()),
    }
}

fn read_full(reader: &mut impl Read, mut buffer: &mut [u8]) -> io::Result<usize> {
    let mut total = 0;
    while !buffer.is_empty() {
        match reader.read(buffer) {
            Ok(0) => break,
            Ok(read) => {
                total += read;
                buffer = buffer.get_mut(read..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

/// A reader that converts a stream of another encoding to UTF-8.
struct Transcoder<R> {
    source: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    raw_kept: usize,
    text: String,
    given: usize,
    ended: bool,
}

impl<R: Read> Transcoder<R> {
    fn new(source: R, decoder: encoding_rs::Decoder) -> Self {
        Self {
            source,
            decoder,
            raw: vec![0; CHUNK],
            raw_kept: 0,
            text: String::with_capacity(CHUNK * 3 + 16),
            given: 0,
            ended: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let free = self.raw.get_mut(self.raw_kept..).unwrap_or_default();
        let read = read_full(&mut self.source, free)?;
        self.ended = read < free.len();
        let length = self.raw_kept + read;
        let bytes = self.raw.get(..length).unwrap_or_default();
        self.text.clear();
        self.given = 0;
        let (result, taken) =
            self.decoder.decode_to_string_without_replacement(bytes, &mut self.text, self.ended);
        if let DecoderResult::Malformed(..) = result {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file changed while read"));
        }
        self.raw.copy_within(taken..length, 0);
        self.raw_kept = length - taken;
        Ok(())
    }
}

impl<R: Read> Read for Transcoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.ended {
            self.fill()?;
        }
        let rest = self.text.as_bytes().get(self.given..).unwrap_or_default();
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

    fn decoded(bytes: &[u8]) -> Result<(String, Encoding), Problem> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.csv");
        std::fs::write(&path, bytes).unwrap();
        let (mut reader, encoding) = open_text(&Document::open(&path)?, None)?;
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        Ok((text, encoding))
    }

    fn gb(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    #[test]
    fn decides_per_whole_file() {
        let text = "编号,县区\n1,修武县䶮𠮷€\n";
        assert_eq!(decoded(text.as_bytes()).unwrap(), (text.to_owned(), Encoding::Utf8));
        let marked = [UTF8_MARK, text.as_bytes()].concat();
        assert_eq!(decoded(&marked).unwrap(), (text.to_owned(), Encoding::Utf8));
        assert_eq!(decoded(&gb(text)).unwrap(), (text.to_owned(), Encoding::Gb18030));
        let little: Vec<u8> =
            std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&little).unwrap(), (text.to_owned(), Encoding::Utf16Le));
        let big: Vec<u8> =
            std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        assert_eq!(decoded(&big).unwrap(), (text.to_owned(), Encoding::Utf16Be));
        assert_eq!(decoded(b"").unwrap(), (String::new(), Encoding::Utf8));
    }

    #[test]
    fn utf16_without_a_mark_only_where_it_is_certain() {
        let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for text in ["日期,一,余额\n2017-01-01,,1.00\n", "一,-\r\n", "a\tb\n𠮷,1\n"] {
            let (little, big): (Vec<u8>, Vec<u8>) = (little(text), big(text));
            assert_eq!(decoded(&little).unwrap(), (text.to_owned(), Encoding::Utf16Le));
            assert_eq!(decoded(&big).unwrap(), (text.to_owned(), Encoding::Utf16Be));
        }
        // No line, or not a text in either order: the NUL is reported.
        for bytes in [little("abc"), b"a,b\n1,\0\n".to_vec(), vec![0; 64]] {
            let problem = decoded(&bytes).unwrap_err();
            assert_eq!(
                (problem.code, problem.arg("encoding")),
                ("encoding-invalid", Some("utf-8"))
            );
        }
    }

    #[test]
    fn characters_across_blocks_stay_whole() {
        for shift in 0..4 {
            let text = format!("{}{}", "x".repeat(shift), "修武县𠮷".repeat(40_000));
            assert_eq!(decoded(text.as_bytes()).unwrap().0, text);
            assert_eq!(decoded(&gb(&text)).unwrap(), (text.clone(), Encoding::Gb18030));
        }
    }

    #[test]
    fn refuses_what_is_unsound_and_names_the_byte() {
        let check = |bytes: &[u8], byte: &str, encoding: &str| {
            let problem = decoded(bytes).unwrap_err();
            assert_eq!(problem.code, "encoding-invalid");
            assert_eq!(problem.arg("byte"), Some(byte), "{problem}");
            assert_eq!(problem.arg("encoding"), Some(encoding), "{problem}");
        };
        // UTF-8 cut inside its last character.
        check("修武县".as_bytes().get(..8).unwrap(), "6", "utf-8");
        check(b"abc\0def", "3", "utf-8");
        check("ab\u{FFFD}".as_bytes(), "2", "utf-8");
        // Valid GB18030 for a while, then a byte that is invalid in both encodings.
        check(&[gb("修武").as_slice(), &[0xFF, 0x41]].concat(), "4", "gb18030");
    }
}
