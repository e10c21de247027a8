//! `schema [events|outputs|NAME]`: the JSON Schema of the input and of the output.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use poolbook::problem::{Exit, Problem};
use poolbook::report::{schema, shapes};

#[derive(clap::Args)]
pub struct Args {
    #[arg(default_value = "events")]
    part: String,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let value = match args.part.as_str() {
        "events" => schema::events(&context.output.locale),
        "outputs" => schema::outputs(),
        "error" => schema::error(),
        name => {
            let shape = shapes::all().find(|shape| shape.name == name).ok_or_else(|| {
                let names: Vec<&str> = shapes::all().map(|shape| shape.name).collect();
                Problem::new("schema-unknown", Exit::Usage)
                    .with("name", name)
                    .with("allowed", format!("events, outputs, error, {}", names.join(", ")))
            })?;
            schema::report(shape)
        }
    };
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    context.output.data(text.as_bytes())?;
    Ok(Exit::Done)
}
