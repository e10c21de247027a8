//! `reconcile sources BANK_ACCOUNT`: independent sources of one account compared line by line,
//! because a forged statement differs from the one that another person got from the bank.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::target::Target;
use poolbook::audit::statements::{Difference, compare};
use poolbook::book::statements::{Channel, Status};
use poolbook::book::{Book, Scope};
use poolbook::domain::calendar::Date;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, ChannelView, SourcesView};
use poolbook::store::Store;

#[derive(clap::Args)]
pub struct Args {
    bank_account: String,
    #[command(flatten)]
    target: Target,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let page = args.target.open_report(context)?;
    let book = open::for_reading(context, Scope::All)?;
    let account = book.bank_account(&args.bank_account)?.clone();
    let (channels, differences) = compared(&book, &account.id)?;
    let days = channels.iter().map(|channel| channel.from().zip(channel.to()));
    let common = |one: Option<(Date, Date)>, other: Option<(Date, Date)>| {
        let ((from, to), (other_from, other_to)) = one.zip(other)?;
        overlap((from, to), (other_from, other_to))
    };
    let days = days.reduce(common).flatten();
    let shown: Vec<ChannelView> = channels.into_iter().map(view).collect();
    let report = views::sources(
        &SourcesView { account: &account, channels: &shown, days, differences: &differences },
        book.state(),
        &open::journal(&book.head()),
    );
    page.report(context, &report)?;
    let clean = differences.iter().all(|(_, list)| list.is_empty());
    Ok(if clean { Exit::Done } else { Exit::Findings })
}

fn overlap(one: (Date, Date), other: (Date, Date)) -> Option<(Date, Date)> {
    let (from, to) = (one.0.max(other.0), one.1.min(other.1));
    (from <= to).then_some((from, to))
}

/// Index of each further source, and its differences from the first.
type Compared = Vec<(usize, Vec<Difference>)>;

/// The sources of an account, and the differences of each further one from the first, over the days
/// that both cover.
fn compared(book: &Book<impl Store>, id: &str) -> Result<(Vec<Channel>, Compared), Problem> {
    let mut channels = Vec::new();
    for name in book.channels(id, None) {
        channels.push(book.channel(id, Some(&name), None)?);
    }
    let covered = |channel: &Channel| channel.from().zip(channel.to());
    let mut found = Vec::new();
    if let Some((first, further)) = channels.split_first() {
        for (place, other) in (1usize..).zip(further) {
            let days = covered(first).zip(covered(other));
            if let Some(days) = days.and_then(|(one, other)| overlap(one, other)) {
                found.push((place, compare(&first.lines, &other.lines, days)));
            }
        }
    }
    Ok((channels, found))
}

/// Number of differences between the sources of an account.
pub fn differences(book: &Book<impl Store>, id: &str) -> Result<usize, Problem> {
    let (_, found) = compared(book, id)?;
    Ok(found.iter().map(|(_, list)| list.len()).sum())
}

fn view(channel: Channel) -> ChannelView {
    let stands = channel.batches.iter().filter(|batch| batch.status == Status::Standing);
    let mut people: Vec<String> = Vec::new();
    for person in stands.clone().filter_map(|batch| batch.import.person()) {
        if !people.iter().any(|known| known == person.as_str()) {
            people.push(person.to_string());
        }
    }
    let files = stands.clone().flat_map(|batch| {
        let import = &batch.import;
        (import.entry..=import.last()).map(|entry| (entry, import.file.to_string()))
    });
    ChannelView {
        name: channel.name.to_string(),
        days: channel.from().zip(channel.to()),
        statements: stands.clone().count(),
        people: people.join(", "),
        files: files.collect(),
        lines: channel.lines.clone(),
    }
}
