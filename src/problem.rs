//! Report of a refusal or a failure to the user: a word code, the facts, the place.
//!
//! The library creates a [`Problem`]; its wording (what, why, what to do) is in the `.ftl` files of
//! [`crate::report`], in both languages, under the code.

use std::borrow::Cow;
use std::fmt;

/// Exit code of the program; each has one meaning (sysexits codes are used if one fits).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Done, and differences or findings exist.
    Findings = 1,
    /// Wrong usage of the command line.
    Usage = 2,
    /// Bad input data.
    Data = 65,
    /// An input is missing.
    NoInput = 66,
    /// A bug of the program.
    Bug = 70,
    /// Output cannot be created.
    CannotCreate = 73,
    /// Reading or writing failed.
    Io = 74,
    /// The book is in use; try later.
    Busy = 75,
    /// The journal is damaged.
    Damaged = 76,
    /// Refused by a rule.
    Refused = 77,
}

/// Place of a problem in the input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// File as the user named it.
    pub file: Option<String>,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// Row or line, counted from 1, headers included.
    pub row: Option<u64>,
    /// Column name in the file, or the field's name.
    pub column: Option<String>,
}

/// One problem to report: code, exit code, facts by name, place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Word code, stable: `amount-format`, `available-short`.
    pub code: &'static str,
    /// Exit code of a command that ends with it.
    pub exit: Exit,
    /// Values for the wording.
    pub args: Vec<(Cow<'static, str>, String)>,
    /// Its place, if it came from a file.
    pub place: Box<Place>,
}

impl Problem {
    /// A problem with a code and an exit code.
    pub fn new(code: &'static str, exit: Exit) -> Self {
        Self { code, exit, args: Vec::new(), place: Box::default() }
    }

    /// Bad input data (exit 65).
    pub fn data(code: &'static str) -> Self {
        Self::new(code, Exit::Data)
    }

    /// Refused by a rule (exit 77).
    pub fn refused(code: &'static str) -> Self {
        Self::new(code, Exit::Refused)
    }

    /// Adds a fact under a name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.args.push((Cow::Borrowed(name), value.to_string()));
        self
    }

    /// Sets the file unless one is set already.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.place.file.get_or_insert_with(|| file.into());
        self
    }

    /// Sets the row unless one is set already.
    #[must_use]
    pub fn in_row(mut self, row: u64) -> Self {
        self.place.row.get_or_insert(row);
        self
    }

    /// Sets the column unless one is set already.
    #[must_use]
    pub fn in_column(mut self, column: impl Into<String>) -> Self {
        self.place.column.get_or_insert_with(|| column.into());
        self
    }

    /// The value of a fact.
    pub fn arg(&self, name: &str) -> Option<&str> {
        self.args.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Problem {
    /// A plain form for logs and tests; users read the localised form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let place = &self.place;
        if let Some(file) = &place.file {
            write!(f, " in {file}")?;
        }
        if let Some(row) = place.row {
            write!(f, " row {row}")?;
        }
        if let Some(column) = &place.column {
            write!(f, " column {column}")?;
        }
        for (name, value) in &self.args {
            write!(f, " {name}={value:?}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
