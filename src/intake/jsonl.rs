//! Events from JSON Lines: one JSON object per line, read as a stream.

use crate::domain::event::Event;
use crate::domain::plain;
use crate::intake::decode::io_problem;
use crate::intake::document::Document;
use crate::intake::rejects::{Original, RejectSink, rejectable};
use crate::intake::source::{EventSource, EventVisitor, IdVisitor, RowSource, RowVisitor};
use crate::limits::JOURNAL_LINE_MAX;
use crate::problem::Problem;
use std::borrow::Cow;
use std::io::{BufRead, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Events that the reader passes on at once.
const CHUNK: usize = 256;
/// Chunks that may wait.
const WAITING: usize = 4;
/// Size of a file, in bytes, from which on a reader thread is worth its start.
const READER_AT: u64 = 256 * 1024;

/// A file of events in JSON Lines.
pub struct JsonLines {
    document: Document,
}

/// Visitor of lines, called with a line and its number.
type LineVisitor<'v> = dyn FnMut(&[u8], u64) -> Result<(), Problem> + 'v;

/// The only field that the first pass reads if a quick search does not find it.
#[derive(serde::Deserialize)]
struct IdOnly<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

impl JsonLines {
    /// Opens a file.
    ///
    /// # Errors
    /// The errors of [`Document::open`].
    pub fn open(path: &Path) -> Result<Self, Problem> {
        Ok(Self::of(Document::open(path)?))
    }

    /// The same for a file that is already open.
    pub fn of(document: Document) -> Self {
        Self { document }
    }

    fn path(&self) -> &Path {
        self.document.path()
    }

    /// Passes every line that is not blank to `visit`, with its number. Memory: one line.
    fn lines(&self, visit: &mut LineVisitor<'_>) -> Result<(), Problem> {
        let mut reader = self.document.reader();
        let mut line = Vec::with_capacity(1024);
        let file = || self.path().display().to_string();
        for number in 1u64.. {
            line.clear();
            let limit = JOURNAL_LINE_MAX as u64 + 2;
            let read = (&mut reader).take(limit).read_until(b'\n', &mut line);
            if read.map_err(|error| io_problem(self.path(), &error))? == 0 {
                break;
            }
            let bytes = line.strip_suffix(b"\n").unwrap_or(&line);
            let bytes = if number == 1 {
                bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
            } else {
                bytes
            };
            if bytes.len() > JOURNAL_LINE_MAX {
                let problem = Problem::data("line-too-long").with("limit", JOURNAL_LINE_MAX);
                return Err(problem.in_file(file()).in_row(number));
            }
            let bytes = bytes.trim_ascii();
            if !bytes.is_empty() {
                visit(bytes, number).map_err(|problem| problem.in_file(file()).in_row(number))?;
            }
        }
        Ok(())
    }
}

/// The event of a line; a line in another encoding is reported as such and not as bad JSON.
fn event_of(line: &[u8]) -> Result<Event, Problem> {
    Event::from_json(line).map_err(|problem| match std::str::from_utf8(line) {
        Err(error) => Problem::data("encoding-invalid")
            .with("byte", error.valid_up_to())
            .with("encoding", "utf-8"),
        Ok(_) => problem,
    })
}

/// Events with the numbers of their lines.
type Chunk = Vec<(u64, Event)>;

impl JsonLines {
    /// Reads the events and passes them on in chunks; those before a problem come first.
    fn read(&self, chunks: &SyncSender<Chunk>) -> Result<(), Problem> {
        let mut chunk = Chunk::with_capacity(CHUNK);
        let read = self.lines(&mut |line, number| {
            chunk.push((number, event_of(line)?));
            if chunk.len() < CHUNK {
                return Ok(());
            }
            // Sending fails if the visitor has refused an event; then the visitor's problem is
            // returned.
            let full = std::mem::replace(&mut chunk, Chunk::with_capacity(CHUNK));
            chunks.send(full).map_err(|_| Problem::data("json-syntax"))
        });
        let _ = chunks.send(chunk);
        read
    }

    fn take(&self, arrived: Receiver<Chunk>, visit: &mut EventVisitor<'_>) -> Result<(), Problem> {
        let place = |problem: Problem, number| {
            problem.in_file(self.path().display().to_string()).in_row(number)
        };
        for chunk in arrived {
            for (number, event) in chunk {
                visit(event, number).map_err(|problem| place(problem, number))?;
            }
        }
        Ok(())
    }
}

impl EventSource for JsonLines {
    fn ids(&mut self, visit: &mut IdVisitor<'_>) -> Result<(), Problem> {
        self.lines(&mut |line, _| match plain::text_of(line, "id") {
            Some(id) => visit(id),
            None => match serde_json::from_slice::<IdOnly<'_>>(line) {
                Ok(found) => visit(&found.id),
                Err(_) => Ok(()),
            },
        })
    }

    /// A long file is read and parsed on a thread beside the visitor.
    fn events(&mut self, visit: &mut EventVisitor<'_>) -> Result<(), Problem> {
        if self.document.size() < READER_AT {
            return self.lines(&mut |line, number| visit(event_of(line)?, number));
        }
        std::thread::scope(|scope| {
            let (chunks, arrived) = sync_channel(WAITING);
            let this = &*self;
            let reader = scope.spawn(move || this.read(&chunks));
            self.take(arrived, visit)?;
            reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

impl RowSource for JsonLines {
    fn events_or_rejects(
        &mut self,
        visit: &mut RowVisitor<'_>,
        sink: &mut dyn RejectSink,
    ) -> Result<(), Problem> {
        let file = self.path().display().to_string();
        self.lines(&mut |line, number| match event_of(line)
            .and_then(|event| visit(vec![event], number))
        {
            Ok(()) => Ok(()),
            Err(problem) => {
                let problem = rejectable(problem.in_file(file.as_str()).in_row(number))?;
                sink.reject(&Original::Line(line), &problem)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::rejects::RejectList;

    const REPAY: &str =
        r#"{"event":"repay","id":"R-1","date":"2018-01-05","loan":"L-1","amount":"1.00"}"#;

    fn source(bytes: &[u8]) -> (tempfile::TempDir, JsonLines) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("e.jsonl");
        std::fs::write(&path, bytes).unwrap();
        (dir, JsonLines::open(&path).unwrap())
    }

    fn rows(bytes: &[u8]) -> Result<Vec<u64>, Problem> {
        let mut rows = Vec::new();
        source(bytes).1.events(&mut |_, row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    #[test]
    fn lines_are_numbered_and_blank_ones_passed_over() {
        let text = format!("\u{FEFF}{REPAY}\r\n\n  \n{REPAY}");
        assert_eq!(rows(text.as_bytes()).unwrap(), [1, 4]);
        let mut ids = 0;
        let text = format!("{REPAY}\n{{\"event\":1}}\nrubbish\n{REPAY}\n");
        let count = |id: &str| {
            assert_eq!(id, "R-1");
            ids += 1;
            Ok(())
        };
        source(text.as_bytes()).1.ids(&mut { count }).unwrap();
        assert_eq!(ids, 2);
    }

    #[test]
    fn bad_lines_are_named() {
        let problem = rows(format!("{REPAY}\n{{\"event\":\n").as_bytes()).unwrap_err();
        assert_eq!((problem.code, problem.place.row), ("json-syntax", Some(2)));
        let problem =
            rows(&[REPAY.as_bytes(), b"\n{\"event\":\"\xD0\xDE\"}"].concat()).unwrap_err();
        assert_eq!((problem.code, problem.place.row), ("encoding-invalid", Some(2)));
        let long = vec![b'x'; JOURNAL_LINE_MAX + 1];
        assert_eq!(rows(&long).unwrap_err().code, "line-too-long");
        let deep = format!(r#"{{"event":{}1{}}}"#, "[".repeat(5000), "]".repeat(5000));
        assert_eq!(rows(deep.as_bytes()).unwrap_err().code, "json-syntax");
        assert_eq!(rows(b"\"text\"").unwrap_err().code, "json-syntax");
    }

    #[test]
    fn a_long_file_is_read_alike() {
        let mut text = String::new();
        for n in 0..5_000 {
            text.push_str(&REPAY.replace("R-1", &format!("R-{n}")));
            text.push('\n');
        }
        assert!(text.len() as u64 > READER_AT);
        let all: Vec<u64> = (1..=5_000).collect();
        assert_eq!(rows(text.as_bytes()).unwrap(), all);
        // The events before a bad line are passed on, and then the bad line is reported.
        let (_dir, mut bad) = source(format!("{text}{{}}\n{text}").as_bytes());
        let mut taken = 0;
        let problem = bad.events(&mut |_, _| {
            taken += 1;
            Ok(())
        });
        let problem = problem.unwrap_err();
        assert_eq!((problem.code, problem.place.row, taken), ("field-missing", Some(5_001), 5_000));
        // A visitor that refuses is not called again.
        let refuse = &mut |_: Event, row: u64| match row {
            3 => Err(Problem::refused("available-short")),
            4.. => panic!("asked again"),
            _ => Ok(()),
        };
        let problem = bad.events(refuse).unwrap_err();
        assert_eq!((problem.code, problem.place.row), ("available-short", Some(3)));
        assert!(problem.place.file.is_some());
    }

    #[test]
    fn the_rest_is_taken_when_bad_lines_may_be_rejected() {
        let mut list = RejectList::default();
        let mut taken = 0;
        let text = format!("{REPAY}\n{{}}\n{REPAY}\n");
        let mut take = |_: Vec<Event>, row: u64| {
            taken += 1;
            if row == 3 { Err(Problem::refused("available-short")) } else { Ok(()) }
        };
        source(text.as_bytes()).1.events_or_rejects(&mut take, &mut list).unwrap();
        assert_eq!(taken, 2);
        let codes: Vec<_> = list.problems.iter().map(|problem| problem.code).collect();
        assert_eq!(codes, ["field-missing", "available-short"]);
        // A failure of the machine is not a fault of the row.
        let mut fail = |_: Vec<Event>, _: u64| Err(Problem::new("disk", crate::problem::Exit::Io));
        let stopped = source(text.as_bytes()).1.events_or_rejects(&mut fail, &mut list);
        assert_eq!(stopped.unwrap_err().code, "disk");
    }
}
