//! `-o FILE`: where a command puts its data when not on stdout.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use poolbook::problem::{Exit, Problem};
use poolbook::report::export::Sink;
use poolbook::report::{Format, Report};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Target {
    #[arg(long, short = 'o', value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
}

impl Target {
    /// Writes a report: into the file in the form that its name ends with, or to stdout in the form
    /// of the options.
    pub fn report(&self, context: &Context<'_>, report: &Report) -> Result<(), Failure> {
        let output = context.output;
        let Some(path) = &self.output else { return output.report(report) };
        let bytes = output.rendered(report, form(path)?)?;
        self.put(&bytes, context).map(|_| ())
    }

    /// Refuses a name whose end names no form, before any work is done.
    pub fn check(&self) -> Result<(), Problem> {
        self.output.as_deref().map_or(Ok(()), |path| form(path).map(|_| ()))
    }

    /// Writes bytes into the file, or to stdout.
    pub fn put(&self, bytes: &[u8], context: &Context<'_>) -> Result<Exit, Failure> {
        self.fill(context, |sink| sink(bytes))
    }

    /// The file's name, if one was given.
    pub fn name(&self) -> Option<String> {
        self.output.as_ref().map(|path| path.display().to_string())
    }

    /// Runs a writer into the file, or to stdout. A file appears whole or not at all.
    pub fn fill(
        &self,
        context: &Context<'_>,
        write: impl FnOnce(&mut Sink<'_>) -> Result<(), Problem>,
    ) -> Result<Exit, Failure> {
        let Some(path) = &self.output else {
            let mut end = None;
            let written = write(&mut |bytes| {
                context.output.data(bytes).map_err(|failure| {
                    end = Some(failure);
                    Problem::new("output-failed", Exit::Io)
                })
            });
            return match end {
                // A reader that has gone away is no failure, and knows so itself.
                Some(failure) => Err(failure),
                None => Ok(written.map(|()| Exit::Done)?),
            };
        };
        into_file(path, &context.global.book, write)?;
        Ok(Exit::Done)
    }
}

/// Writes bytes into a file, which appears whole or not at all.
pub fn write_file(path: &Path, book: &Path, bytes: &[u8]) -> Result<(), Problem> {
    into_file(path, book, |sink| sink(bytes))
}

fn into_file(
    path: &Path,
    book: &Path,
    write: impl FnOnce(&mut Sink<'_>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    outside(path, book)?;
    let part = part(path);
    let cannot = |error: std::io::Error| {
        Problem::new("cannot-create", Exit::CannotCreate)
            .with("path", path.display())
            .with("system", error)
    };
    let mut file = File::create(&part).map_err(cannot)?;
    let lost = |error| Problem::new("output-failed", Exit::Io).with("detail", error);
    let written = write(&mut |bytes| file.write_all(bytes).map_err(lost))
        .and_then(|()| file.sync_all().map_err(lost))
        .and_then(|()| std::fs::rename(&part, path).map_err(cannot));
    if written.is_err() {
        // The failure is told; that a part of a file stays behind as well would only hide it.
        let _ = std::fs::remove_file(&part);
    }
    written
}

/// The form that a file's name ends with.
fn form(path: &Path) -> Result<Format, Problem> {
    let end = path.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default();
    let form = if end == "txt" { Some(Format::Table) } else { Format::parse(&end) };
    form.ok_or_else(|| {
        Problem::new("output-kind", Exit::Usage)
            .with("path", path.display())
            .with("allowed", ".xlsx, .csv, .json, .txt")
    })
}

/// The name under which a file grows until it is whole.
fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Refuses to write among the files of the book itself.
pub fn outside(path: &Path, book: &Path) -> Result<(), Problem> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if let (Ok(folder), Ok(whole)) = (folder.canonicalize(), book.canonicalize())
        && folder.starts_with(&whole)
    {
        return Err(Problem::new("output-in-book", Exit::CannotCreate)
            .with("path", path.display())
            .with("book", book.display()));
    }
    Ok(())
}
