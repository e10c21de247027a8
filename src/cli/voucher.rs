//! `voucher`: one entry as a voucher (记账凭证), by its number in the journal, by the id of its
//! event, or by owner, month and voucher number.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::audit::movements::Movements as _;
use poolbook::audit::turnover::Run;
use poolbook::book::{Book, Scope};
use poolbook::domain::calendar::Month;
use poolbook::domain::entry::{Entry, VoucherWord};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, Standing};
use poolbook::store::Store;

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["entry", "id", "number"]))]
pub struct Args {
    entry: Option<u64>,
    #[arg(long)]
    id: Option<String>,
    #[arg(long, requires_all = ["owner", "month"])]
    number: Option<u32>,
    #[arg(long)]
    owner: Option<String>,
    #[arg(long)]
    month: Option<String>,
    #[arg(long, default_value = "记")]
    word: String,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, Scope::All)?;
    let entry = find(args, &book)?;
    let report = report(&entry, &book, Standing::default(), context);
    context.output.report(&report)?;
    Ok(Exit::Done)
}

/// The voucher of an entry, with the facts that only the book knows.
pub fn report(
    entry: &Entry,
    book: &Book<impl Store>,
    standing: Standing<'_>,
    context: &Context<'_>,
) -> poolbook::report::Report {
    let state = book.state();
    let owner = entry.owner().and_then(|code| state.owners.get(code));
    let standing = Standing {
        owner_name: owner.map(|owner| owner.name.as_str()),
        reversed_by: state.reversed_by(entry.seq),
        ..standing
    };
    views::voucher(entry, standing, &context.output.locale)
}

fn find(args: &Args, book: &Book<impl Store>) -> Result<Entry, Problem> {
    if let Some(seq) = args.entry {
        return book.entry(seq);
    }
    if let Some(id) = &args.id {
        let missing = || Problem::new("id-missing", Exit::NoInput).with("id", id);
        return book.find(id)?.ok_or_else(missing);
    }
    let (owner, month) = (args.owner.as_deref().unwrap_or_default(), args.month.as_deref());
    let month = month.unwrap_or_default();
    let parsed = Month::parse(month).map_err(|error| {
        Problem::new(error.code(), Exit::Usage).with("field", "month").with("text", month)
    })?;
    let run = match VoucherWord::parse(&args.word) {
        Some(VoucherWord::General) => Run::General,
        Some(VoucherWord::Register) => Run::Register,
        None => {
            return Err(Problem::new("word-unknown", Exit::Usage)
                .with("field", "word")
                .with("text", &args.word)
                .with("allowed", "记 J, 备 B"));
        }
    };
    let known = book.state().owner_number(owner).and_then(|number| u16::try_from(number).ok());
    let owner_number = known.ok_or_else(|| book.state().owner_unknown(owner))?;
    let number = args.number.unwrap_or_default();
    let seq = book
        .with_movements(|tables| tables.voucher(owner_number, parsed, run, number))?
        .ok_or_else(|| {
            Problem::new("voucher-missing-number", Exit::NoInput)
                .with("owner", owner)
                .with("month", month)
                .with("word", &args.word)
                .with("number", number)
        })?;
    book.entry(seq)
}
