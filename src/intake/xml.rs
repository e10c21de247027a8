//! Elements of an XML file one by one, read from a stream and never built into a tree.
//!
//! It supports only what data files need: elements, text, the five entities of XML and numbered
//! characters. A declaration of types or entities is refused; depth, length and number of
//! everything are bounded.

use crate::intake::lines::Budget;
use crate::limits::{XML_DEPTH_MAX, XML_EVENTS_MAX, XML_TEXT_MAX};
use crate::problem::Problem;
use quick_xml::events::{BytesRef, Event};
use std::io::{self, BufReader, Read};
use std::rc::Rc;

/// Visitor of elements. Names come without their namespace's prefix.
pub trait Visitor {
    /// An element begins; its own name is the last of the path. Attributes are pairs of name and
    /// value.
    ///
    /// # Errors
    /// The visitor's error.
    fn begin(
        &mut self,
        path: &[String],
        attributes: &[(String, String)],
        line: u64,
    ) -> Result<(), Problem>;
    /// An element ends; `text` is the text directly in it, trimmed.
    ///
    /// # Errors
    /// The visitor's error.
    fn end(&mut self, path: &[String], text: &str, line: u64) -> Result<(), Problem>;
}

/// Walks through a file; memory is bounded by one tag or text.
///
/// # Errors
/// `xml-doctype`, `xml-entity`, `xml-damaged`, `xml-too-large`, each with its line; and what the
/// visitor returns.
pub fn walk(source: impl Read, visitor: &mut dyn Visitor) -> Result<(), Problem> {
    let budget: Budget = Rc::new(std::cell::Cell::new(XML_TEXT_MAX));
    let source = BufReader::new(Bounded::new(source, Rc::clone(&budget)));
    let mut walk = Walk { path: Vec::new(), texts: Vec::new(), line: 1, visitor };
    let mut reader = quick_xml::Reader::from_reader(source);
    reader.config_mut().expand_empty_elements = false;
    let mut buffer = Vec::new();
    // The end of the file is one more event.
    for _ in 0..=XML_EVENTS_MAX {
        budget.set(XML_TEXT_MAX);
        buffer.clear();
        let event = match reader.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(error) => return Err(failed(&error).in_row(walk.line)),
        };
        let line = walk.line;
        match walk.event(event).map_err(|problem| problem.in_row(line))? {
            true => {}
            false => return Ok(()),
        }
    }
    Err(too_large(XML_EVENTS_MAX).in_row(walk.line))
}

/// The problem of a file that exceeds a limit: between two tags, in depth or in number.
pub fn too_large(limit: usize) -> Problem {
    Problem::data("xml-too-large").with("limit", limit)
}

fn damaged(detail: impl std::fmt::Display) -> Problem {
    Problem::data("xml-damaged").with("detail", detail)
}

fn failed(error: &quick_xml::Error) -> Problem {
    match error {
        quick_xml::Error::Io(error) if is_too_long(error) => too_large(XML_TEXT_MAX),
        other => damaged(other),
    }
}

struct Walk<'v> {
    path: Vec<String>,
    texts: Vec<String>,
    line: u64,
    visitor: &'v mut dyn Visitor,
}

impl Walk<'_> {
    /// Handles one event; returns false at the end of the file.
    fn event(&mut self, event: Event<'_>) -> Result<bool, Problem> {
        match event {
            Event::Start(start) => {
                self.begin(start.local_name().as_ref(), &start)?;
                self.pass(&start);
            }
            Event::Empty(start) => {
                self.begin(start.local_name().as_ref(), &start)?;
                self.pass(&start);
                self.end()?;
            }
            Event::End(_) => self.end()?,
            Event::Text(text) => {
                self.text(&text)?;
                self.pass(&text);
            }
            Event::CData(text) => {
                self.text(&text)?;
                self.pass(&text);
            }
            Event::GeneralRef(reference) => {
                let character = character(&reference)?;
                self.text(character.encode_utf8(&mut [0; 4]))?;
            }
            Event::Comment(text) => self.pass(&text),
            Event::PI(text) => self.pass(&text),
            Event::Decl(_) => {}
            Event::DocType(_) => return Err(Problem::data("xml-doctype")),
            Event::Eof if self.path.is_empty() => return Ok(false),
            Event::Eof => return Err(damaged(format_args!("<{}>", self.path.join("><")))),
        }
        Ok(true)
    }

    /// Counts the lines of the text that was read.
    fn pass(&mut self, text: &str) {
        self.line += text.bytes().filter(|byte| *byte == b'\n').count() as u64;
    }

    fn begin(
        &mut self,
        name: &str,
        start: &quick_xml::events::BytesStart<'_>,
    ) -> Result<(), Problem> {
        if self.path.len() >= XML_DEPTH_MAX {
            return Err(too_large(XML_DEPTH_MAX));
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(damaged)?;
            let key = attribute.key.local_name();
            attributes.push((key.as_ref().to_owned(), attribute.value.into_owned()));
        }
        self.path.push(name.to_owned());
        self.texts.push(String::new());
        self.visitor.begin(&self.path, &attributes, self.line)
    }

    fn end(&mut self) -> Result<(), Problem> {
        let text = self.texts.pop().ok_or_else(|| damaged("</>"))?;
        self.visitor.end(&self.path, text.trim(), self.line)?;
        self.path.pop();
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Problem> {
        match self.texts.last_mut() {
            Some(own) if own.len() + text.len() > XML_TEXT_MAX => Err(too_large(XML_TEXT_MAX)),
            Some(own) => {
                own.push_str(text);
                Ok(())
            }
            // Old mainframes end a file with ^Z.
            None if text.trim_matches(['\u{FEFF}', '\u{1A}', ' ', '\t', '\r', '\n']).is_empty() => {
                Ok(())
            }
            None => Err(damaged(text.chars().take(20).collect::<String>().escape_debug())),
        }
    }
}

fn character(reference: &BytesRef<'_>) -> Result<char, Problem> {
    let unknown = || Problem::data("xml-entity").with("name", reference.escape_debug());
    if reference.is_char_ref() {
        let allowed = |c: &char| !c.is_control() || matches!(c, '\t' | '\n' | '\r');
        return reference.resolve_char_ref().ok().flatten().filter(allowed).ok_or_else(unknown);
    }
    match &**reference {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(unknown()),
    }
}

const TOO_LONG: &str = "text too long";

/// Returns true for the error of a tag or text that exceeded its budget.
pub fn is_too_long(error: &io::Error) -> bool {
    error.to_string() == TOO_LONG
}

/// A reader that stops if the current item is too long.
pub struct Bounded<R> {
    source: R,
    budget: Budget,
}

impl<R> Bounded<R> {
    /// Wraps a source; `budget` is the number of bytes that may be read before the caller resets
    /// it.
    pub fn new(source: R, budget: Budget) -> Self {
        Self { source, budget }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        let left = self.budget.get().checked_sub(read);
        self.budget.set(left.ok_or_else(|| io::Error::other(TOO_LONG))?);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Log(Vec<String>);

    impl Visitor for Log {
        fn begin(
            &mut self,
            path: &[String],
            attributes: &[(String, String)],
            line: u64,
        ) -> Result<(), Problem> {
            let attributes: Vec<String> =
                attributes.iter().map(|(k, v)| format!("{k}={v}")).collect();
            self.0.push(format!("{line} <{} {}", path.join("/"), attributes.join(" ")));
            Ok(())
        }

        fn end(&mut self, path: &[String], text: &str, line: u64) -> Result<(), Problem> {
            self.0.push(format!("{line} {}> {text}", path.join("/")));
            Ok(())
        }
    }

    fn walked(text: &str) -> Result<Vec<String>, Problem> {
        let mut log = Log::default();
        walk(text.as_bytes(), &mut log)?;
        Ok(log.0)
    }

    #[test]
    fn elements_come_with_path_text_and_line() {
        let text = "<?xml version=\"1.0\"?>\n<a:r xmlns:a='u'>\n <b C='1'>x &amp; &#x5143;<!-- \n --></b>\n\
            <e/><c><![CDATA[<y>]]></c></a:r>\n";
        assert_eq!(
            walked(text).unwrap(),
            [
                "2 <r a=u",
                "3 <r/b C=1",
                "4 r/b> x & 元",
                "5 <r/e ",
                "5 r/e> ",
                "5 <r/c ",
                "5 r/c> <y>",
                "5 r> "
            ]
        );
    }

    #[test]
    fn hostile_files_are_refused_by_name() {
        let code = |text: &str| walked(text).unwrap_err().code;
        assert_eq!(code("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"), "xml-doctype");
        assert_eq!(code("<a>&x;</a>"), "xml-entity");
        assert_eq!(code("<a>&#0;</a>"), "xml-entity");
        assert_eq!(code("<a>&#xFFFFFFFFFF;</a>"), "xml-entity");
        assert_eq!(code("<a><b></a>"), "xml-damaged");
        assert_eq!(code("<a>"), "xml-damaged");
        assert_eq!(code("text"), "xml-damaged");
        assert_eq!(code(&"<a>".repeat(XML_DEPTH_MAX + 1)), "xml-too-large");
        let deep = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
        assert_eq!(walked(&deep(XML_DEPTH_MAX)).unwrap().len(), 2 * XML_DEPTH_MAX);
        assert_eq!(code(&format!("<a>{}</a>", "x".repeat(2 * XML_TEXT_MAX))), "xml-too-large");
        assert_eq!(code(&format!("<a b='{}'/>", "x".repeat(2 * XML_TEXT_MAX))), "xml-too-large");
        assert_eq!(
            code(&format!("<a>{}</a>", "xxxxxxx&lt;".repeat(XML_TEXT_MAX / 7))),
            "xml-too-large"
        );
    }
}
