//! One line of the journal: `8 hex digits of CRC-32C, space, JSON, LF`.

use super::StoreError;
use crate::limits::JOURNAL_LINE_MAX;
use crate::planted::{Bug, planted};
use crate::problem::{Exit, Problem};

/// Bytes before the JSON: checksum and space.
pub const LEAD: usize = 9;
/// Longest line with its frame and its LF.
pub const LINE_MAX: usize = LEAD + JOURNAL_LINE_MAX + 1;

/// Appends one framed line; `encode` writes the JSON.
///
/// # Errors
/// `line-too-long`, or `line-broken` for bytes that hold a line feed, which would end the line.
pub fn frame(out: &mut Vec<u8>, encode: impl FnOnce(&mut Vec<u8>)) -> Result<Framed, StoreError> {
    let start = out.len();
    out.extend_from_slice(b"00000000 ");
    encode(out);
    let (lead, json) = out.get_mut(start..).unwrap_or_default().split_at_mut(LEAD);
    if json.len() > JOURNAL_LINE_MAX {
        return Err(Problem::data("line-too-long")
            .with("bytes", json.len())
            .with("limit", JOURNAL_LINE_MAX)
            .into());
    }
    if json.contains(&b'\n') {
        return Err(Problem::new("line-broken", Exit::Bug).into());
    }
    lead[..8].copy_from_slice(&checksum(json));
    out.push(b'\n');
    Ok(Framed { json: start + LEAD, length: out.len() - start })
}

/// Position of a framed line in the buffer.
pub struct Framed {
    /// First byte of the JSON in the buffer.
    pub json: usize,
    /// Bytes of the whole line, LF included.
    pub length: usize,
}

/// The JSON of a line given without its LF; `None` if the frame or the checksum is wrong.
pub fn parse(line: &[u8]) -> Option<&[u8]> {
    let (lead, json) = line.split_at_checked(LEAD)?;
    // The digits are compared as text, so that a change to upper case is detected too.
    let matches = lead[..8] == checksum(json) || planted(Bug::LineChecksumIgnored);
    (lead[8] == b' ' && matches).then_some(json)
}

/// Returns true if a line given without its LF has the shape of a frame, whether or not the
/// checksum is right.
pub fn is_framed(line: &[u8]) -> bool {
    let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    line.len() >= LEAD && line[8] == b' ' && line[..8].iter().all(digit)
}

fn checksum(json: &[u8]) -> [u8; 8] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let crc = crc32c::crc32c(json);
    std::array::from_fn(|place| DIGITS[(crc >> (28 - 4 * place)) as usize & 15])
}

/// Number of entries of the same group that follow: the whole number under the key `more` of the
/// outermost object, 0 without it.
///
/// The bytes are walked as JSON, so a `more` inside a text or a nested object is never read.
pub fn more(json: &[u8]) -> u64 {
    let mut depth = 0_u32;
    let mut at = 0;
    while let Some(&byte) = json.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let start = at;
                at = text_end(json, start);
                let is_key = json.get(at + 1) == Some(&b':');
                if depth == 1 && is_key && json.get(start..at) == Some(b"more") {
                    return number(json.get(at + 2..).unwrap_or_default());
                }
                at += 1;
            }
            _ => {}
        }
    }
    0
}

/// Index of the quote that ends the text beginning at `at`.
fn text_end(json: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = json.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

fn number(json: &[u8]) -> u64 {
    json.iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0_u64, |sum, byte| sum.saturating_mul(10).saturating_add(u64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_holds_the_published_checksum() {
        // Check value of CRC-32C for "123456789": e3069283.
        let mut out = b"before".to_vec();
        let framed = frame(&mut out, |out| out.extend_from_slice(b"123456789")).unwrap();
        assert_eq!(&out[6..], b"e3069283 123456789\n");
        assert_eq!((framed.json, framed.length), (15, 19));
        assert_eq!(parse(&out[6..24]), Some(&b"123456789"[..]));
    }

    #[test]
    fn every_flip_of_a_line_is_noticed() {
        let mut line = Vec::new();
        frame(&mut line, |out| out.extend_from_slice(br#"{"id":"a","more":0}"#)).unwrap();
        line.pop();
        for at in 0..line.len() {
            for flip in 1..=255_u8 {
                let mut bad = line.clone();
                bad[at] ^= flip;
                assert_eq!(parse(&bad), None, "byte {at} flip {flip:02x}");
            }
        }
    }

    #[test]
    fn lines_over_the_limit_or_with_a_line_feed_are_refused() {
        let mut out = Vec::new();
        assert!(frame(&mut out, |out| out.resize(out.len() + JOURNAL_LINE_MAX, b'x')).is_ok());
        let long = frame(&mut out, |out| out.resize(out.len() + JOURNAL_LINE_MAX + 1, b'x'));
        assert_eq!(long.err().map(|error| error.problem().code), Some("line-too-long"));
        let broken = frame(&mut out, |out| out.extend_from_slice(b"a\nb"));
        assert_eq!(broken.err().map(|error| error.problem().code), Some("line-broken"));
    }

    #[test]
    fn more_is_read_from_the_outermost_object_only() {
        for (json, expected) in [
            (&br#"{"more":3}"#[..], 3),
            (br#"{"id":"x","more":12,"z":1}"#, 12),
            (br#"{"id":"x"}"#, 0),
            (br#"{"id":"\"more\":7","z":"more"}"#, 0),
            (br#"{"id":"\\","more":4}"#, 4),
            (br#"{"event":{"more":9},"lines":[{"more":8}],"more":1}"#, 1),
            (br#"["more",{"more":5}]"#, 0),
            (br#"{"id":"more","more":"6"}"#, 0),
            (br#"{"unfinished":"mo"#, 0),
            (br#"{"unfinished\"#, 0),
            (b"", 0),
        ] {
            assert_eq!(more(json), expected, "{}", String::from_utf8_lossy(json));
        }
    }
}
