//! `init`: create an empty book; its first entry opens it.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::domain::division;
use poolbook::domain::event::{Event, OPENING, PeopleMode};
use poolbook::domain::field::{Fields, Value};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long)]
    pub city: String,
    #[arg(long)]
    pub name: Option<String>,
    #[arg(long, default_value = "CNY")]
    pub currency: String,
    #[arg(long)]
    pub date: Option<String>,
    #[arg(long, default_value = "three",
        value_parser = clap::builder::PossibleValuesParser::new(PeopleMode::WORDS))]
    pub people: String,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let event = event(args)?;
    let options = open::options(context)?;
    let path = &context.global.book;
    // An event that a rule refuses is refused before a directory is made.
    let mut book = open::new_in_memory()?;
    let mut head = book.record(event.clone(), &options)?.1.head;
    if options.dry_run {
        open::expect_none(path)?;
    } else {
        book = open::create(context)?;
        head = book.record(event, &options)?.1.head;
    }
    context.output.about(&book, open::now());
    let shown = path.display().to_string();
    context.output.report(&views::book(&shown, Some(&args.city), &open::journal(&head)))?;
    Ok(Exit::Done)
}

/// The opening event. Without `--date` it is today in China, where the book is kept.
pub fn event(args: &Args) -> Result<Event, Problem> {
    let today = || open::today().to_string();
    let built_in = division::find(&args.city).map(|division| division.name.to_owned());
    let name = args.name.clone().or(built_in).unwrap_or_else(|| args.city.clone());
    let mut fields = Fields::new();
    for (key, value) in [
        ("event", OPENING.to_owned()),
        ("id", OPENING.to_owned()),
        ("date", args.date.clone().unwrap_or_else(today)),
        ("city", args.city.clone()),
        ("name", name),
        ("currency", args.currency.clone()),
        ("people", args.people.clone()),
    ] {
        fields.push(key, Value::text(value));
    }
    Event::from_fields(&fields)
}
