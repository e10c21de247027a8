//! Plain JSON objects, read at speed: members whose texts hold no escape and whose numbers are whole.
//!
//! Nearly every line is one. Whatever else a line holds, sound or not, gives `None`, and the full
//! parser looks at it: so this reader decides nothing and words no message. Nested values are only
//! skipped over, not checked.

/// A value of a plain object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain<'a> {
    /// `null`
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number of at most 18 digits.
    Int(u64),
    /// A text without escapes.
    Text(&'a str),
    /// An object or array, from bracket to bracket.
    Nested(&'a str),
}

/// The members of one object, in order.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    text: &'a str,
    at: usize,
    first: bool,
}

impl<'a> Members<'a> {
    /// The members of an object; `None` when the text does not begin like one.
    pub fn new(text: &'a str) -> Option<Self> {
        let mut members = Self { text, at: 0, first: true };
        members.expect(b'{')?;
        Some(members)
    }

    /// The next member; `Some(None)` behind the last; `None` for what is not plain.
    #[allow(clippy::should_implement_trait, reason = "not plain is told apart from the end")]
    pub fn next(&mut self) -> Option<Option<(&'a str, Plain<'a>)>> {
        self.skip_space();
        match self.peek()? {
            b'}' => {
                self.at += 1;
                self.skip_space();
                return if self.at == self.text.len() { Some(None) } else { None };
            }
            b',' if !self.first => {
                self.at += 1;
                self.skip_space();
            }
            _ if self.first => {}
            _ => return None,
        }
        self.first = false;
        self.expect(b'"')?;
        let name = self.string()?;
        self.expect(b':')?;
        self.skip_space();
        Some(Some((name, self.value()?)))
    }

    fn value(&mut self) -> Option<Plain<'a>> {
        match self.peek()? {
            b'"' => {
                self.at += 1;
                self.string().map(Plain::Text)
            }
            b'0'..=b'9' => self.number(),
            b'{' | b'[' => self.nested(),
            b't' => self.word("true", Plain::Bool(true)),
            b'f' => self.word("false", Plain::Bool(false)),
            b'n' => self.word("null", Plain::Null),
            _ => None,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip_space();
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn word(&mut self, word: &str, value: Plain<'a>) -> Option<Plain<'a>> {
        self.text.get(self.at..)?.starts_with(word).then(|| self.at += word.len())?;
        Some(value)
    }

    /// The text from here to its closing quote.
    fn string(&mut self) -> Option<&'a str> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
        if rest.get(end) != Some(&b'"') {
            return None;
        }
        let text = self.text.get(self.at..self.at + end)?;
        self.at += end + 1;
        Some(text)
    }

    fn number(&mut self) -> Option<Plain<'a>> {
        let start = self.at;
        let mut value = 0_u64;
        while let Some(byte @ b'0'..=b'9') = self.peek() {
            value = value.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
            self.at += 1;
        }
        let digits = self.text.get(start..self.at)?;
        let ends = matches!(self.peek()?, b',' | b'}' | b' ' | b'\t' | b'\r' | b'\n');
        let canonical = digits == "0" || !digits.starts_with('0');
        (ends && canonical && digits.len() <= 18).then_some(Plain::Int(value))
    }

    /// An object or array as it stands.
    fn nested(&mut self) -> Option<Plain<'a>> {
        let start = self.at;
        let mut depth = 0_usize;
        let bytes = self.text.as_bytes();
        loop {
            match *bytes.get(self.at)? {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                b'"' => self.skip_string()?,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return self.text.get(start..self.at).map(Plain::Nested);
            }
        }
    }

    /// Moves from a text's opening quote to its closing quote, escapes and all.
    fn skip_string(&mut self) -> Option<()> {
        loop {
            self.at += 1;
            match *self.text.as_bytes().get(self.at)? {
                b'"' => return Some(()),
                b'\\' => self.at += 1,
                _ => {}
            }
        }
    }
}

/// Hands over the objects of an array of objects, from bracket to bracket.
pub fn objects<'a>(array: &'a str, mut visit: impl FnMut(&'a str) -> Option<()>) -> Option<()> {
    let mut scan = Members { text: array, at: 0, first: true };
    scan.expect(b'[')?;
    loop {
        scan.skip_space();
        match (scan.peek()?, scan.first) {
            (b'{', true) => {}
            (b',', false) => scan.at += 1,
            (b']', _) => {
                scan.at += 1;
                return (scan.at == array.len()).then_some(());
            }
            _ => return None,
        }
        scan.skip_space();
        scan.first = false;
        match scan.peek()? {
            b'{' => match scan.nested()? {
                Plain::Nested(object) => visit(object)?,
                _ => return None,
            },
            _ => return None,
        }
    }
}

/// The text of one member, if the object is plain as far as it was read. Reads no further than the
/// member.
pub fn text_of<'a>(json: &'a [u8], name: &str) -> Option<&'a str> {
    // Bytes that are no UTF-8 are for the full parser.
    let mut members = Members::new(std::str::from_utf8(json).ok()?)?;
    while let Some((key, value)) = members.next()? {
        if key == name {
            return if let Plain::Text(text) = value { Some(text) } else { None };
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is read as plain, as a JSON value; nested values are parsed.
    fn read(text: &str) -> Option<serde_json::Value> {
        let mut members = Members::new(text)?;
        let mut object = serde_json::Map::new();
        while let Some((name, value)) = members.next()? {
            let value = match value {
                Plain::Null => serde_json::Value::Null,
                Plain::Bool(value) => value.into(),
                Plain::Int(value) => value.into(),
                Plain::Text(text) => text.into(),
                Plain::Nested(text) => serde_json::from_str(text).ok()?,
            };
            object.insert(name.to_owned(), value);
        }
        Some(object.into())
    }

    #[test]
    fn plain_objects_are_read_and_others_left() {
        for text in [
            "{}",
            " { } ",
            r#"{"a":"x","b":12,"c":true,"d":false,"e":null}"#,
            "{\r\n\t\"a\" : \"修武县\" , \"b\" : 0 }\n",
            r#"{"a":{"b":"}\"]"},"c":[1,"]",{}]}"#,
            r#"{"a":123456789012345678}"#,
        ] {
            assert_eq!(read(text), serde_json::from_str(text).unwrap(), "{text}");
        }
        for text in [
            "",
            "[]",
            "{",
            "{\"a\"}",
            r#"{"a":1.5}"#,
            r#"{"a":-1}"#,
            r#"{"a":1e3}"#,
            r#"{"a":01}"#,
            r#"{"a":"\n"}"#,
            r#"{"\u0061":1}"#,
            "{\"a\":\"\t\"}",
            r#"{"a":1,}"#,
            r#"{,"a":1}"#,
            r#"{"a":1 "b":2}"#,
            r#"{"a":1}x"#,
            r#"{"a":1"#,
            r#"{"a":tru}"#,
            r#"{"a":[1}"#,
            r#"{"a":12345678901234567890}"#,
            r#"{"a":nullx}"#,
            r#"{"a":"#,
            r#"{"a":"x"#,
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let text = r#"{"z":{"id":1},"id":"E-1","broken"#;
        assert_eq!(text_of(text.as_bytes(), "id"), Some("E-1"));
        assert_eq!(text_of(br#"{"id":5}"#, "id"), None);
        assert_eq!(text_of(b"{\"id\":\"\xff\"}", "id"), None);
    }

    #[test]
    fn objects_of_an_array() {
        let list = |text| {
            let mut found = Vec::new();
            objects(text, |object| {
                found.push(object);
                Some(())
            })?;
            Some(found)
        };
        assert_eq!(list("[]"), Some(vec![]));
        assert_eq!(list(r#"[{"a":"}"}, {} ]"#), Some(vec![r#"{"a":"}"}"#, "{}"]));
        for text in ["", "[", "[{}", "[{},]", "[{}{}]", "[,{}]", "[1]", "[{}]]", "[{},1]", "{}"] {
            assert_eq!(list(text), None, "{text}");
        }
    }

    proptest! {
        /// Whatever is taken as plain is what the full parser reads.
        #[test]
        fn what_is_read_is_what_the_full_parser_reads(
            text in r#"\{("[ab\\\\"]{0,2}"|[:, {}\[\]]|true|null|[0-9.eE-]{1,3}){0,12}\}"#
        ) {
            if let Some(value) = read(&text) {
                prop_assert_eq!(Some(value), serde_json::from_str(&text).ok());
            }
        }
    }
}
