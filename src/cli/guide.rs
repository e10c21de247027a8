//! `guide [TOPIC]`: a manual in the selected language; without a topic, the list of the manuals.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use poolbook::domain::field::nearest;
use poolbook::problem::{Exit, Problem};
use poolbook::report::guide::{self, Topic};
use poolbook::report::{Format, views};

#[derive(clap::Args)]
pub struct Args {
    topic: Option<String>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let lang = context.output.locale.lang();
    match (&args.topic, context.output.format) {
        (None, _) => context.output.report(&views::guides(lang))?,
        (Some(name), Format::Table) => context.output.data(find(name)?.text(lang).as_bytes())?,
        (Some(name), _) => context.output.report(&views::guide(find(name)?, lang))?,
    }
    Ok(Exit::Done)
}

fn find(name: &str) -> Result<&'static Topic, Problem> {
    guide::find(name).ok_or_else(|| {
        let topics: Vec<&str> = guide::TOPICS.iter().map(|topic| topic.name).collect();
        Problem::new("guide-unknown", Exit::Usage)
            .with("topic", name)
            .with("nearest", nearest(name, guide::names()).unwrap_or("none"))
            .with("allowed", topics.join(", "))
    })
}
