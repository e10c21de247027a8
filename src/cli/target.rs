//! `-o FILE`: where a command's data goes, whole or not at all.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use poolbook::problem::{Exit, Problem};
use poolbook::report::export::Sink;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The option.
#[derive(clap::Args)]
pub struct Target {
    #[arg(long, short = 'o', value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
}

impl Target {
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
        outside(path, &context.global.book)?;
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
        if let Err(problem) = written {
            // The failure is told; that a part of a file stays behind as well would only hide it.
            let _ = std::fs::remove_file(&part);
            return Err(problem.into());
        }
        Ok(Exit::Done)
    }
}

/// The name under which a file grows until it is whole.
fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Refuses to write among the files of the book itself.
fn outside(path: &Path, book: &Path) -> Result<(), Problem> {
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
