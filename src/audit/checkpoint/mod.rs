//! Checkpoints: what somebody outside keeps, so that a change of the past can be found.
//!
//! The text is a C2SP tlog-checkpoint, strictly: UTF-8, line feeds, nothing hidden, and exactly
//! these lines (`notes/format.md` has them to the byte):
//!
//! ```text
//! poolbook/2/410800/9f86d081884c7d65
//! 18234
//! RJ1YTA9mSqmeTF1qn8jFoLhsGHLGKKwGq4XJZkbJ3Xw=
//! sm3 Zsfw9GLu7dnR8tRr3BDk4kFnxIdc8veiKX2gK49LqOA=
//! closed 410821 2017-12 118
//!
//! — NAME SIGNATURE
//! ```
//!
//! Reading is total: at most 8 KiB and 32 signatures, and what is read prints as the same bytes.

pub mod code;
pub mod note;

use crate::audit::proof::{Hash, Sha2, leaf};
use crate::limits::{CHECKPOINT_BYTES_MAX, CHECKPOINT_SIGNATURES_MAX, FORMAT};
use crate::problem::Problem;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use note::SignatureLine;
use std::fmt;

/// The name of the program and the format of the book in front of every origin.
const PREFIX: &str = "poolbook/2/";
/// The same of a book of the first format, which had no number.
const OLDER: &str = "poolbook/";
/// Bytes of the first entry's leaf that tell the books of a city apart.
const LEDGER: usize = 8;

/// Which book a checkpoint is of: its city and its first entry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The city's code.
    pub city: String,
    /// The beginning of the leaf hash of the first entry.
    pub ledger: [u8; LEDGER],
}

impl Origin {
    /// The origin of a book from its city and the bytes of its first entry.
    pub fn of(city: &str, first_entry: &[u8]) -> Self {
        Self::of_leaf(city, &leaf::<Sha2>(first_entry))
    }

    /// The origin of a book from its city and the leaf hash of its first entry.
    pub fn of_leaf(city: &str, first: &Hash) -> Self {
        let mut ledger = [0; LEDGER];
        ledger.iter_mut().zip(first).for_each(|(to, from)| *to = *from);
        Self { city: city.to_owned(), ledger }
    }

    /// Reads `poolbook/2/CITY/16 hexadecimal digits`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::behind(PREFIX, text)
    }

    fn behind(prefix: &str, text: &str) -> Option<Self> {
        let (city, digits) = text.strip_prefix(prefix)?.rsplit_once('/')?;
        let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if !is_name(city)
            || city.contains('/')
            || digits.len() != 2 * LEDGER
            || !digits.bytes().all(lower)
        {
            return None;
        }
        let ledger = u64::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self { city: city.to_owned(), ledger })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}/{:016x}", self.city, u64::from_be_bytes(self.ledger))
    }
}

/// The last close among the entries of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Whose period.
    pub owner: String,
    /// The period as it was recorded.
    pub period: String,
    /// The entry that closed it.
    pub entry: u64,
}

/// What a checkpoint says, without the signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Which book.
    pub origin: Origin,
    /// How many entries; at least 1.
    pub entries: u64,
    /// Root over them under SHA-256.
    pub root: Hash,
    /// Root over them under SM3, where it is told.
    pub sm3: Option<Hash>,
    /// The last close; none among them is `Some(None)`, not told is `None`.
    pub closed: Option<Option<Closed>>,
}

impl fmt::Display for Body {
    /// The text that is signed: each line with its line feed, without the empty line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.entries, STANDARD.encode(self.root))?;
        if let Some(sm3) = &self.sm3 {
            writeln!(f, "sm3 {}", STANDARD.encode(sm3))?;
        }
        match &self.closed {
            None => Ok(()),
            Some(None) => writeln!(f, "closed -"),
            Some(Some(closed)) => {
                writeln!(f, "closed {} {} {}", closed.owner, closed.period, closed.entry)
            }
        }
    }
}

/// A checkpoint: what it says, and who signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// What it says.
    pub body: Body,
    /// Its signatures, in the order of the text; nobody has checked them yet.
    pub signatures: Vec<SignatureLine>,
}

impl fmt::Display for Checkpoint {
    /// The whole text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.body)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl Checkpoint {
    /// Reads a checkpoint. What it gives prints as the same bytes.
    ///
    /// # Errors
    /// `checkpoint-large`; `copy-older`; `checkpoint-format` with `line` and `part`: which line is not as it must
    /// be, and what had to stand there.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        if bytes.len() > CHECKPOINT_BYTES_MAX {
            return Err(Problem::data("checkpoint-large")
                .with("bytes", bytes.len())
                .with("limit", CHECKPOINT_BYTES_MAX));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| wrong(1, "text", "-"))?;
        let mut lines = Lines { rest: text, number: 0 };
        if let Some(older) = text.lines().next().and_then(|line| Origin::behind(OLDER, line)) {
            let problem =
                Problem::refused("copy-older").with("what", format_args!("{OLDER}{}", older.city));
            return Err(problem.with("found", 1).with("known", FORMAT));
        }
        let origin = lines.read("origin", Origin::parse)?;
        let entries = lines.read("entries", |line| number(line).filter(|count| *count > 0))?;
        let root = lines.read("root", hash)?;
        let sm3 = lines.optional("sm3 ", "sm3", hash)?;
        let closed = lines.optional("closed ", "closed", |line| closed(line, entries))?;
        lines.read("end", |line| line.is_empty().then_some(()))?;
        let mut signatures = Vec::new();
        while !lines.rest.is_empty() {
            if signatures.len() == CHECKPOINT_SIGNATURES_MAX {
                return Err(wrong(lines.number + 1, "signatures-many", "-"));
            }
            signatures.push(lines.read("signature", SignatureLine::parse)?);
        }
        let body = Body { origin, entries, root, sm3, closed };
        Ok(Self { body, signatures })
    }

    /// The text up to and with the empty line, which the check code is made from.
    pub fn unsigned(&self) -> String {
        format!("{}\n", self.body)
    }
}

/// The lines of a checkpoint, one after the other.
struct Lines<'t> {
    rest: &'t str,
    number: usize,
}

impl<'t> Lines<'t> {
    /// The next line as `part` reads it; every line ends in a line feed.
    fn read<T>(&mut self, part: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Problem> {
        self.number += 1;
        let Some((line, rest)) = self.rest.split_once('\n') else {
            return Err(wrong(self.number, part, self.rest));
        };
        let value = read(line).ok_or_else(|| wrong(self.number, part, line))?;
        self.rest = rest;
        Ok(value)
    }

    /// The next line if it begins with this word.
    fn optional<T>(
        &mut self,
        word: &str,
        part: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        if !self.rest.starts_with(word) {
            return Ok(None);
        }
        self.read(part, |line| read(line.strip_prefix(word)?)).map(Some)
    }
}

fn wrong(line: usize, part: &str, found: &str) -> Problem {
    // A line may be long, and whoever reads the message knows it by its beginning.
    let found: String = found.chars().take(80).collect();
    Problem::data("checkpoint-format").with("line", line).with("part", part).with("text", found)
}

/// A decimal number without leading zeros.
pub(crate) fn number(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok())?
}

/// A hash in base64 with its padding; no other spelling of the same bytes is taken.
pub(crate) fn hash(text: &str) -> Option<Hash> {
    // 44 characters are what 32 bytes take, so nothing longer is decoded.
    if text.len() != 44 {
        return None;
    }
    STANDARD.decode(text).ok()?.try_into().ok()
}

/// The base64 text of bytes.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `-` for none, or owner, period and entry.
fn closed(text: &str, entries: u64) -> Option<Option<Closed>> {
    if text == "-" {
        return Some(None);
    }
    let mut words = text.split(' ');
    let (owner, period) = (words.next()?, words.next()?);
    let entry = number(words.next()?).filter(|entry| (1..=entries).contains(entry))?;
    let sound = words.next().is_none() && is_name(owner) && is_name(period);
    sound.then(|| Some(Closed { owner: owner.to_owned(), period: period.to_owned(), entry }))
}

/// A name in a checkpoint: some text without spaces, `+` or anything that does not show.
pub(crate) fn is_name(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !text.is_empty() && !text.contains(odd)
}

#[cfg(test)]
mod tests;
