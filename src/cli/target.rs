//! `-o FILE` and similar options: the destination of a command's data if it is not stdout.
//!
//! A destination is tried before a command does anything permanent, and the file gets its name when
//! it is complete. A dry run tests the place and makes nothing.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use poolbook::problem::{Exit, Problem};
use poolbook::report::export::Sink;
use poolbook::report::{Format, Report};
use poolbook::store::aside::AsideFile;
use poolbook::store::disk::real;
use poolbook::store::outside::{Around, Spot};
use std::io::Write;
use std::path::{Path, PathBuf};

/// `--force`, for every option that names an output file.
#[derive(clap::Args, Clone, Copy)]
pub struct Force {
    #[arg(long)]
    pub force: bool,
}

#[derive(clap::Args)]
pub struct Target {
    #[arg(long, short = 'o', value_hint = clap::ValueHint::FilePath)]
    output: Option<PathBuf>,
    #[command(flatten)]
    pub force: Force,
}

impl Target {
    /// Tries the destination of bytes.
    pub fn open(&self, context: &Context<'_>) -> Result<Destination, Problem> {
        let Some(path) = &self.output else { return Ok(Destination::Stdout) };
        Ok(Destination::File(Made::open(context, ("output", path), self.force)?))
    }

    /// Tries the destination of a report, in the form that the file's extension selects.
    pub fn open_report(&self, context: &Context<'_>) -> Result<Page, Problem> {
        let form = self.output.as_deref().map(form).transpose()?;
        let form = form.unwrap_or(context.output.format);
        Ok(Page { form, destination: self.open(context)? })
    }

    /// The file's name, if one was given.
    pub fn name(&self) -> Option<String> {
        self.output.as_ref().map(|path| path.display().to_string())
    }
}

/// Destination of a report, and its form.
pub struct Page {
    form: Format,
    destination: Destination,
}

impl Page {
    /// Writes a report.
    pub fn report(self, context: &Context<'_>, report: &Report) -> Result<(), Failure> {
        let bytes = context.output.rendered(report, self.form)?;
        self.destination.put(&bytes, context)
    }
}

/// Destination of bytes.
pub enum Destination {
    Stdout,
    File(Made),
}

impl Destination {
    /// Writes bytes.
    pub fn put(self, bytes: &[u8], context: &Context<'_>) -> Result<(), Failure> {
        self.fill(context, |sink| sink(bytes)).map(|_| ())
    }

    /// Runs a writer. A file appears whole or not at all.
    pub fn fill(
        self,
        context: &Context<'_>,
        write: impl FnOnce(&mut Sink<'_>) -> Result<(), Problem>,
    ) -> Result<Exit, Failure> {
        let Self::File(mut file) = self else {
            let mut end = None;
            let written = write(&mut |bytes| {
                context.output.data(bytes).map_err(|failure| {
                    end = Some(failure);
                    Problem::new("output-failed", Exit::Io)
                })
            });
            return match end {
                // A reader that closed the pipe is not a failure; the exit code already shows that.
                Some(failure) => Err(failure),
                None => Ok(written.map(|()| Exit::Done)?),
            };
        };
        write(&mut |bytes| file.put(bytes))?;
        file.keep(context)?;
        Ok(Exit::Done)
    }
}

/// A file that a command makes; on a dry run it is never made.
pub struct Made {
    aside: Option<AsideFile>,
    shown: String,
}

impl Made {
    /// Tries the path that an option of the command names. No other path of the same command may
    /// lead to the same file.
    pub fn open(
        context: &Context<'_>,
        (option, path): (&str, &Path),
        Force { force }: Force,
    ) -> Result<Self, Problem> {
        let others = context.paths_beside(option);
        let around = Around { book: &context.global.book, others: &others };
        let spot = Spot::of(real(), path, around, force)?;
        let aside = (!context.global.dry_run).then(|| AsideFile::create(spot)).transpose()?;
        Ok(Self { aside, shown: path.display().to_string() })
    }

    /// Writes bytes.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.write_all(bytes).map_err(|error| self.failed(&error))
    }

    /// Makes the bytes durable; after this only the name is missing.
    pub fn sync(&self) -> Result<(), Problem> {
        Ok(self.aside.as_ref().map_or(Ok(()), AsideFile::sync)?)
    }

    /// Makes the bytes durable and gives the file its name.
    pub fn keep(self, context: &Context<'_>) -> Result<(), Problem> {
        self.sync()?;
        match self.aside {
            Some(aside) => aside.keep()?,
            None => context.output.say("output-not-made", &[("path", &self.shown)]),
        }
        Ok(())
    }

    fn failed(&self, error: &std::io::Error) -> Problem {
        Problem::new("write-failed", Exit::Io).with("detail", error).in_file(self.shown.clone())
    }
}

impl Write for Made {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.aside.as_mut().map_or(Ok(bytes.len()), |aside| aside.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.aside.as_mut().map_or(Ok(()), |aside| aside.flush())
    }
}

/// The form that a file's extension selects.
fn form(path: &Path) -> Result<Format, Problem> {
    let end = path.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default();
    let form = if end == "txt" { Some(Format::Table) } else { Format::parse(&end) };
    form.ok_or_else(|| {
        Problem::new("output-kind", Exit::Usage)
            .with("path", path.display())
            .with("allowed", ".xlsx, .csv, .json, .txt")
    })
}
