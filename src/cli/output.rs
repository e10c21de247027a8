//! The only place that writes to the terminal: data to stdout, talk to stderr.

use crate::cli::failure::Failure;
use poolbook::domain::event::PeopleMode;
use poolbook::domain::state::State;
use poolbook::problem::{Exit, Problem};
use poolbook::report::{Format, Locale, Report, render};
use std::cell::OnceCell;
use std::io::Write as _;

/// Where results and talk go, in which form and language.
pub struct Output {
    /// Form of reports.
    pub format: Format,
    /// Wordings.
    pub locale: Locale,
    /// How many people a payment of the book takes, once a book is open.
    people: OnceCell<PeopleMode>,
}

impl Output {
    /// Output in a form and a language.
    pub fn new(format: Format, locale: Locale) -> Self {
        Self { format, locale, people: OnceCell::new() }
    }

    /// From now on, reports are about this book.
    pub fn about(&self, state: &State) {
        if state.settings.is_some() {
            // A command opens one book; a second time it is the same.
            let _ = self.people.set(state.people());
        }
    }

    /// Writes a report to stdout.
    ///
    /// # Errors
    /// `output-failed`; a reader that has gone away ends the program quietly.
    pub fn report(&self, report: &Report) -> Result<(), Failure> {
        self.data(&self.rendered(report, self.format)?)
    }

    /// The bytes of a report in a form.
    ///
    /// # Errors
    /// `output-failed` when they cannot be made.
    pub fn rendered(&self, report: &Report, format: Format) -> Result<Vec<u8>, Problem> {
        render(report, self.people.get().copied(), format, &self.locale)
    }

    /// Writes bytes to stdout.
    ///
    /// # Errors
    /// As [`Output::report`].
    pub fn data(&self, bytes: &[u8]) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| {
            if error.kind() == std::io::ErrorKind::BrokenPipe {
                // `poolbook balance | head` is no failure.
                return Failure::quiet(Exit::Done);
            }
            Problem::new("output-failed", Exit::Io).with("detail", error).into()
        })
    }

    /// Says something on stderr.
    pub fn say(&self, key: &str, args: &[(&str, &str)]) {
        self.talk(&self.locale.text(key, args));
    }

    /// Writes one line to stderr. When even that fails there is nobody left to tell.
    pub fn talk(&self, line: &str) {
        let mut stderr = std::io::stderr().lock();
        let _ = stderr.write_all(line.as_bytes()).and_then(|()| stderr.write_all(b"\n"));
    }
}
