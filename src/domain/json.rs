//! Canonical JSON out: no spaces, no floats, keys in the order in which the caller gives them.
//!
//! The callers give keys in alphabetical order, and a debug assertion holds them to it, so that
//! the bytes are those of RFC 8785 for the subset in use (objects, arrays, strings, integers,
//! booleans).

/// Appends JSON to a buffer.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    comma: bool,
}

impl<'a> Writer<'a> {
    /// A writer at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, comma: false }
    }

    fn separate(&mut self) {
        if self.comma {
            self.out.push(b',');
        }
        self.comma = true;
    }

    /// `{`
    pub fn begin_object(&mut self) {
        self.separate();
        self.out.push(b'{');
        self.comma = false;
    }

    /// `}`
    pub fn end_object(&mut self) {
        self.out.push(b'}');
        self.comma = true;
    }

    /// `[`
    pub fn begin_array(&mut self) {
        self.separate();
        self.out.push(b'[');
        self.comma = false;
    }

    /// `]`
    pub fn end_array(&mut self) {
        self.out.push(b']');
        self.comma = true;
    }

    /// `"key":` with a key that needs no escape.
    pub fn key(&mut self, key: &str) {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.comma = false;
    }

    /// A string, escaped as RFC 8785 says: `"`, `\` and control characters only.
    pub fn string(&mut self, text: &str) {
        self.separate();
        self.out.push(b'"');
        let bytes = text.as_bytes();
        let mut start = 0;
        for (index, byte) in bytes.iter().enumerate() {
            let short: Option<u8> = match byte {
                b'"' => Some(b'"'),
                b'\\' => Some(b'\\'),
                0x08 => Some(b'b'),
                0x09 => Some(b't'),
                0x0a => Some(b'n'),
                0x0c => Some(b'f'),
                0x0d => Some(b'r'),
                0x00..=0x1f => None,
                _ => continue,
            };
            self.out.extend_from_slice(bytes.get(start..index).unwrap_or_default());
            match short {
                Some(short) => self.out.extend_from_slice(&[b'\\', short]),
                None => self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            }
            start = index + 1;
        }
        self.out.extend_from_slice(bytes.get(start..).unwrap_or_default());
        self.out.push(b'"');
    }

    /// A text that needs no escape, written through its `Display` form in quotes.
    pub fn quoted(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        self.separate();
        self.out.push(b'"');
        // Writing to a Vec cannot fail.
        let _ = write!(self.out, "{value}");
        self.out.push(b'"');
    }

    /// An integer.
    pub fn integer(&mut self, value: u64) {
        use std::io::Write as _;
        self.separate();
        let _ = write!(self.out, "{value}");
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: bool) {
        self.separate();
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// A value that is canonical JSON already.
    pub fn raw(&mut self, json: &[u8]) {
        self.separate();
        self.out.extend_from_slice(json);
    }
}
