//! The only place that writes to the terminal: data to stdout, messages to stderr.

use crate::cli::failure::{Failure, in_words_as_note};
use jiff::Timestamp;
use poolbook::book::Book;
use poolbook::domain::consequence::Consequences;
use poolbook::problem::{Exit, Problem};
use poolbook::report::consequences;
use poolbook::report::text::visible;
use poolbook::report::{Foot, Format, Locale, Note, Report, Unwitnessed, render};
use poolbook::store::Store;
use std::cell::RefCell;
use std::io::Write as _;

const SECONDS_A_DAY: i64 = 86_400;

/// Destination of results and messages, with their form and language.
pub struct Output {
    /// Form of reports.
    pub format: Format,
    /// Wordings.
    pub locale: Locale,
    /// Facts about the book for reports, once one is open.
    foot: RefCell<Option<Foot>>,
    /// Faults of the index found when the book was opened.
    warnings: RefCell<Vec<Note>>,
    /// Data that waits until the book is closed.
    held: RefCell<Option<Vec<u8>>>,
}

impl Output {
    /// Output in a form and a language.
    pub fn new(format: Format, locale: Locale) -> Self {
        Self {
            format,
            locale,
            foot: RefCell::default(),
            warnings: RefCell::default(),
            held: RefCell::default(),
        }
    }

    /// From now on data waits for [`Output::release`]: a process that holds the book closes it
    /// before it writes to an output that may block.
    pub fn hold(&self) {
        self.held.borrow_mut().get_or_insert_default();
    }

    /// Writes the waiting data.
    ///
    /// # Errors
    /// The errors of [`Output::report`].
    pub fn release(&self) -> Result<(), Failure> {
        let held = self.held.take();
        held.map_or(Ok(()), |bytes| self.data(&bytes))
    }

    /// Reports a fault of the index of the book that is opened, and adds it to every report.
    pub fn warn(&self, problem: &Problem) {
        self.talk(&in_words_as_note(problem, &self.locale));
        let args = problem.args.iter().filter_map(|(name, value)| match name {
            std::borrow::Cow::Borrowed(name) => Some((*name, value.clone())),
            std::borrow::Cow::Owned(_) => None,
        });
        let note = Note { key: problem.code.into(), args: args.collect() };
        self.warnings.borrow_mut().push(note);
    }

    /// From now on, reports are about this book in its state at an instant.
    pub fn about<S: Store>(&self, book: &Book<S>, now: Timestamp) {
        if book.state().settings.is_some() {
            // If the first entry cannot be read, `verify` reports it, not every report.
            let unwitnessed = book.witnessed().ok().flatten().map(|witnessed| {
                let seconds = now.as_second().saturating_sub(witnessed.since.as_second());
                let days = u64::try_from(seconds / SECONDS_A_DAY).unwrap_or(0);
                Unwitnessed { days, covered: witnessed.covered }
            });
            let warnings = self.warnings.borrow().clone();
            *self.foot.borrow_mut() =
                Some(Foot { people: book.state().people(), unwitnessed, warnings });
        }
    }

    /// Writes a report to stdout.
    ///
    /// # Errors
    /// `output-failed`; if the reader has closed the pipe, the program ends quietly.
    pub fn report(&self, report: &Report) -> Result<(), Failure> {
        self.data(&self.rendered(report, self.format)?)
    }

    /// Writes the answer of a command that recorded something, with the consequences.
    ///
    /// # Errors
    /// The errors of [`Output::report`].
    pub fn answer(&self, mut report: Report, set_off: Consequences) -> Result<(), Failure> {
        self.set_off(&mut report, set_off);
        self.report(&report)
    }

    /// Adds the consequences of a command to its answer. A csv file holds one table, so with csv
    /// they go to stderr.
    pub fn set_off(&self, report: &mut Report, set_off: Consequences) {
        report.set("consequences", consequences::cell(set_off, &self.locale));
        if self.format == Format::Csv {
            for one in report.set_off() {
                self.talk(&visible(&one.line(&self.locale)));
            }
        }
    }

    /// The bytes of a report in a form.
    ///
    /// # Errors
    /// `output-failed` if they cannot be made.
    pub fn rendered(&self, report: &Report, format: Format) -> Result<Vec<u8>, Problem> {
        render(report, self.foot.borrow().as_ref(), format, &self.locale)
    }

    /// Writes bytes to stdout.
    ///
    /// # Errors
    /// The errors of [`Output::report`].
    pub fn data(&self, bytes: &[u8]) -> Result<(), Failure> {
        if let Some(held) = self.held.borrow_mut().as_mut() {
            held.extend_from_slice(bytes);
            return Ok(());
        }
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| {
            if error.kind() == std::io::ErrorKind::BrokenPipe {
                // A closed pipe, as in `poolbook balance | head`, is not a failure.
                return Failure::quiet(Exit::Done);
            }
            Problem::new("output-failed", Exit::Io).with("detail", error).into()
        })
    }

    /// Writes a message to stderr.
    pub fn say(&self, key: &str, args: &[(&str, &str)]) {
        self.talk(&self.locale.text(key, args));
    }

    /// Writes one line to stderr. If that fails, there is no other way to report it.
    pub fn talk(&self, line: &str) {
        let mut stderr = std::io::stderr().lock();
        let _ = stderr.write_all(line.as_bytes()).and_then(|()| stderr.write_all(b"\n"));
    }
}
