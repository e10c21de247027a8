//! A folder of inputs: all inputs of a book for a quarter or a year, in files that a clerk keeps.
//!
//! ```text
//! book.toml                      city, people, owners, parties, bank accounts, target
//! rules/*.toml  rates.toml       rules by their first day; reference rates
//! contributions  budget  loans  repayments  interest_paid  guarantee_fees
//! loan_status  claims  recoveries  pool_interest         .csv or .xlsx
//! events/*.jsonl                 events of any kind
//! bank/ACCOUNT/*.csv|xlsx        statements, read by bank/profiles/*.toml
//! ```
//!
//! Every event gets its id from its row (`loans/DK-0001/enrol`), so the folder may grow, rows may
//! be sorted, and importing it again records only new events. Events are returned in the order of
//! their dates, and within a day in the order of the vocabulary: set-up, money in, loans, claims.
//!
//! Nothing is imported if anything is wrong; every file is read to its end first, so that one run
//! reports everything that must be corrected.

mod book_file;
mod tables;

use crate::domain::event::{Event, PeopleMode, VOCABULARY};
use crate::domain::field::{Fields, Value, nearest};
use crate::domain::rates::RateTable;
use crate::domain::rules::RuleSet;
use crate::domain::source::EventSource;
use crate::intake::decode::{io_problem, known, read_text};
use crate::intake::rejects::PROBLEMS_MAX;
use crate::intake::rows::Options;
use crate::intake::settings::read_settings;
use crate::intake::source;
use crate::intake::table::Table;
use crate::limits::RULES_TEXT_MAX;
use crate::problem::{Exit, Place, Problem};
use book_file::BookFile;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tables::{Reading, TABLES};

/// Contents of a folder.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Code of the city.
    pub city: String,
    /// Currency.
    pub currency: Option<String>,
    /// Name of the city.
    pub name: Option<String>,
    /// Number of people that a payment of the book needs, if the folder states it.
    pub people: Option<PeopleMode>,
    /// Every event with the place it came from, in an order in which the book accepts them.
    pub events: Vec<(Event, Place)>,
    /// Bank statements.
    pub statements: Vec<StatementFile>,
    /// Profiles of statements in the folder.
    pub profiles: Vec<PathBuf>,
}

/// A bank statement of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementFile {
    /// Bank account: the name of the file's directory.
    pub bank_account: String,
    /// The file.
    pub path: PathBuf,
}

impl Folder {
    /// The place of an event, by the row that [`EventSource::events`] passes with it.
    pub fn place(&self, row: u64) -> Option<&Place> {
        let index = usize::try_from(row).ok()?.checked_sub(1)?;
        self.events.get(index).map(|(_, place)| place)
    }
}

impl EventSource for Folder {
    fn ids(&mut self, visit: &mut dyn FnMut(&str) -> Result<(), Problem>) -> Result<(), Problem> {
        self.events.iter().try_for_each(|(event, _)| visit(&event.id))
    }

    fn events(
        &mut self,
        visit: &mut dyn FnMut(Event, u64) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        for ((event, place), row) in self.events.iter().zip(1u64..) {
            visit(event.clone(), row).map_err(|mut problem| {
                if *problem.place == Place::default() {
                    *problem.place = place.clone();
                }
                problem
            })?;
        }
        Ok(())
    }

    fn tells_the_past(&self) -> bool {
        true
    }
}

/// Reads a folder.
///
/// # Errors
/// `folder-without-book-toml`, or every problem of every file, at most 100 and then a count
/// (`more-problems`).
pub fn read(dir: &Path) -> Result<Folder, Vec<Problem>> {
    let book_path = dir.join("book.toml");
    let there = known(&book_path).map_err(|problem| vec![problem])?;
    if !there.is_some_and(|about| about.is_file()) {
        let problem = Problem::new("folder-without-book-toml", Exit::NoInput);
        return Err(vec![problem.in_file(dir.display().to_string())]);
    }
    let book: BookFile = read_settings(&book_path).map_err(|problem| vec![problem])?;
    let file = book_path.display().to_string();
    let start = book.first_day().map_err(|problem| vec![problem.in_file(&*file)])?;
    let start_text = start.to_string();
    let mut reader = Reader {
        dir,
        book: &book,
        start: &start_text,
        events: Vec::new(),
        problems: Vec::new(),
        more: 0,
    };
    let place = Place { file: Some(file.clone()), ..Place::default() };
    for event in book.events(start) {
        match event {
            Ok(event) => reader.events.push((event, place.clone())),
            Err(problem) => reader.problem(problem.in_file(file.as_str())),
        }
    }
    reader.files();
    reader.tables();
    reader.rules();
    reader.rates();
    reader.event_files();
    reader.no_names(&file);
    let (statements, profiles) = reader.bank();
    let Reader { mut events, mut problems, more, .. } = reader;
    if more > 0 {
        problems.push(Problem::data("more-problems").with("count", more));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    events.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
    Ok(Folder {
        city: book.city,
        currency: book.currency,
        name: book.name,
        people: book.people.mode,
        events,
        statements,
        profiles,
    })
}

fn order(event: &Event) -> (crate::domain::calendar::Date, usize, &str) {
    let word = event.kind.word();
    let rank = VOCABULARY.iter().position(|spec| spec.word == word).unwrap_or(usize::MAX);
    (event.date, rank, &event.id)
}

struct Reader<'r> {
    dir: &'r Path,
    book: &'r BookFile,
    start: &'r str,
    events: Vec<(Event, Place)>,
    problems: Vec<Problem>,
    more: u64,
}

impl Reader<'_> {
    fn problem(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        } else {
            self.more += 1;
        }
    }

    fn keep<T>(&mut self, result: Result<T, Problem>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(problem) => {
                self.problem(problem);
                None
            }
        }
    }

    /// The names of people come from the user who runs the command: a file that names them would
    /// sign for them.
    fn no_names(&mut self, book_file: &str) {
        let named = |field: &str| Problem::data("folder-names-people").with("field", field);
        let keys: Vec<&str> = self.book.people.names().collect();
        keys.into_iter().for_each(|key| self.problem(named(key).in_file(book_file)));
        let rows: Vec<Problem> = self
            .events
            .iter()
            .filter_map(|(event, place)| {
                let people = [
                    ("maker", &event.maker),
                    ("checker", &event.checker),
                    ("approver", &event.approver),
                ];
                let (role, _) = people.into_iter().find(|(_, name)| name.is_some())?;
                let mut problem = named(role);
                *problem.place = place.clone();
                Some(problem.in_column(role))
            })
            .collect();
        rows.into_iter().for_each(|problem| self.problem(problem));
    }

    /// Refuses files and directories that look like inputs under a wrong name: a misspelt file
    /// would otherwise be left out silently.
    fn files(&mut self) {
        let mut names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        names.extend(["book", "rates", "rules", "events", "bank"]);
        for path in self.list(Path::new("")) {
            let kind = known(&path);
            let Some(Some(kind)) = self.keep(kind) else { continue };
            let extension = extension(&path);
            let is_input = matches!(extension.as_str(), "csv" | "xlsx" | "xls" | "toml" | "jsonl");
            if kind.is_file() && !is_input {
                continue;
            }
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let is_table = matches!(extension.as_str(), "csv" | "xlsx" | "xls");
            let sound = if kind.is_dir() {
                matches!(stem.as_str(), "rules" | "events" | "bank")
            } else if is_table {
                TABLES.iter().any(|table| table.name == stem)
            } else {
                extension == "toml" && matches!(stem.as_str(), "book" | "rates")
            };
            let near = nearest(&stem, names.iter().copied());
            if !sound && (kind.is_file() || near.is_some()) {
                self.problem(
                    Problem::data("folder-file-unknown")
                        .with("nearest", near.unwrap_or("-"))
                        .in_file(path.display().to_string()),
                );
            }
        }
    }

    /// The entries of a directory in the folder, sorted, without hidden and lock files; none if the
    /// directory does not exist.
    fn list(&mut self, below: &Path) -> Vec<PathBuf> {
        let dir = self.dir.join(below);
        let kind = known(&dir);
        if !self.keep(kind).flatten().is_some_and(|about| about.is_dir()) {
            return Vec::new();
        }
        let read = || -> std::io::Result<Vec<PathBuf>> {
            std::fs::read_dir(&dir)?.map(|entry| entry.map(|entry| entry.path())).collect()
        };
        let listed = read().map_err(|error| io_problem(&dir, &error));
        let mut paths = self.keep(listed).unwrap_or_default();
        paths.retain(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            !name.starts_with('.') && !name.starts_with("~$")
        });
        paths.sort();
        paths
    }

    fn tables(&mut self) {
        let mut firms = HashMap::new();
        for spec in TABLES {
            let paths = ["csv", "xlsx", "xls"].map(|e| self.dir.join(format!("{}.{e}", spec.name)));
            let mut is_table = |path: &PathBuf| {
                let kind = known(path);
                self.keep(kind).flatten().is_some_and(|about| about.is_file())
            };
            let found: Vec<&PathBuf> = paths.iter().filter(|path| is_table(path)).collect();
            let mut found = found.into_iter();
            let Some(path) = found.next() else { continue };
            if let Some(other) = found.next() {
                let name = other.display().to_string();
                self.problem(
                    Problem::data("folder-table-twice")
                        .with("other", name)
                        .in_file(path.display().to_string()),
                );
                continue;
            }
            let table = Table::open(path, Options::default());
            let Some(table) = self.keep(table) else { continue };
            let mut problems = Vec::new();
            let mut events = std::mem::take(&mut self.events);
            let book = self.book;
            let read = spec.read(
                &table,
                &mut Reading {
                    events: &mut events,
                    problem: &mut |problem| problems.push(problem),
                    firms: &mut firms,
                    has_party: &|code| book.has_party(code),
                    start: self.start,
                },
            );
            self.events = events;
            problems.into_iter().for_each(|problem| self.problem(problem));
            self.keep(read);
        }
    }

    /// A rules file is adopted on the day that `book.toml` gives for it; a single one without a
    /// day, on the first day of the book.
    fn rules(&mut self) {
        let paths = self.list(Path::new("rules"));
        let single = paths.len() == 1;
        for path in &paths {
            let file = path.display().to_string();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if extension(path) != "toml" {
                self.problem(
                    Problem::data("folder-file-unknown").with("nearest", "*.toml").in_file(file),
                );
                continue;
            }
            let Some(text) = self.keep(read_text(path, RULES_TEXT_MAX as u64)) else { continue };
            if let Err(problems) = RuleSet::parse(&text) {
                problems
                    .into_iter()
                    .for_each(|problem| self.problem(problem.in_file(file.as_str())));
                continue;
            }
            let listed = self.book.rules.iter().find(|rules| rules.file == name);
            let from = match listed {
                Some(rules) => rules.from.as_str(),
                None if single => self.start,
                None => {
                    self.problem(
                        Problem::data("rules-day-missing").with("rules", name).in_file(file),
                    );
                    continue;
                }
            };
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            self.text_event("adopt-rules", format!("rules/{stem}"), from, ("rules", &text), &file);
        }
        for (index, rules) in self.book.rules.iter().enumerate() {
            let named = |path: &PathBuf| path.file_name().is_some_and(|name| *name == *rules.file);
            if !paths.iter().any(named) {
                self.problem(
                    Problem::data("folder-rules-missing")
                        .with("rules", &rules.file)
                        .with("key", format!("rules[{index}].file"))
                        .in_file(self.dir.join("book.toml").display().to_string()),
                );
            }
        }
    }

    /// A table of rates that has grown is a new event, so its id is made from its content.
    fn rates(&mut self) {
        let path = self.dir.join("rates.toml");
        let kind = known(&path);
        if !self.keep(kind).flatten().is_some_and(|about| about.is_file()) {
            return;
        }
        let file = path.display().to_string();
        let Some(text) = self.keep(read_text(&path, RULES_TEXT_MAX as u64)) else { return };
        if let Err(problems) = RateTable::parse(&text) {
            problems.into_iter().for_each(|problem| self.problem(problem.in_file(file.as_str())));
            return;
        }
        let hash = Sha256::digest(text.as_bytes());
        let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        self.text_event(
            "adopt-rates",
            format!("rates/{hash}"),
            self.start,
            ("rates", &text),
            &file,
        );
    }

    fn text_event(&mut self, word: &str, id: String, date: &str, text: (&str, &str), file: &str) {
        let mut fields = Fields::new();
        fields.push("event", Value::text(word));
        fields.push("id", Value::text(id));
        fields.push("date", Value::text(date));
        fields.push(text.0, Value::text(text.1));
        let event = Event::from_fields(&fields).map_err(|problem| problem.in_file(file));
        if let Some(event) = self.keep(event) {
            let place = Place { file: Some(file.to_owned()), ..Place::default() };
            self.events.push((event, place));
        }
    }

    fn event_files(&mut self) {
        for path in self.list(Path::new("events")) {
            let file = path.display().to_string();
            let Some(mut source) = self.keep(source::open(&path, Options::default())) else {
                continue;
            };
            let mut events = Vec::new();
            let mut list = crate::intake::rejects::RejectList::default();
            let read = source.events_or_rejects(
                &mut |row_events, row| {
                    let place =
                        Place { file: Some(file.clone()), row: Some(row), ..Place::default() };
                    events.extend(row_events.into_iter().map(|event| (event, place.clone())));
                    Ok(())
                },
                &mut list,
            );
            self.events.append(&mut events);
            list.problems.into_iter().for_each(|problem| self.problem(problem));
            self.more += list.more;
            self.keep(read);
        }
    }

    fn bank(&mut self) -> (Vec<StatementFile>, Vec<PathBuf>) {
        let (mut statements, mut profiles) = (Vec::new(), Vec::new());
        for dir in self.list(Path::new("bank")) {
            let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let files = self.list(&Path::new("bank").join(&name));
            if name == "profiles" {
                profiles.extend(files.into_iter().filter(|path| extension(path) == "toml"));
                continue;
            }
            let tables = files
                .into_iter()
                .filter(|path| matches!(extension(path).as_str(), "csv" | "xlsx" | "xls" | "txt"));
            let of = |path| StatementFile { bank_account: name.clone(), path };
            statements.extend(tables.map(of));
        }
        (statements, profiles)
    }
}

fn extension(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
