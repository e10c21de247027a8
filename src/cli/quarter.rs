//! `quarter 2017Q4 --from DIR`: the main job. It imports a folder, computes and posts the quarter's
//! subsidies, compares each bank account with its statements, and prints the balances per county
//! and the open items. Running it again changes nothing.
//!
//! Without `--post` all of it happens in memory and the book is not touched. Names of people come
//! from the command or the environment, never from the folder, so that no one posts in another
//! person's name.

use crate::cli::context::Context;
use crate::cli::failure::{Failure, in_words_as_note};
use crate::cli::open::{self, AnyStore};
use crate::cli::reconcile::{self, Account};
use crate::cli::statement::import::{Intake, Way};
use crate::cli::target::{Page, Target};
use crate::cli::{ask, init, recompute, subsidy};
use compact_str::CompactString;
use poolbook::audit::balance::{Cells, balance};
use poolbook::audit::movements::Span;
use poolbook::audit::reconcile::Reconciliation;
use poolbook::book::{Book, Options, Outcome, People, Summary, dates};
use poolbook::domain::calendar::CalendarQuarter;
use poolbook::domain::event::{PeopleMode, Programme};
use poolbook::domain::refusal::Reason;
use poolbook::intake::folder::{self, Folder};
use poolbook::intake::statement::{Statement, read_file};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, AccountView, Posted, QuarterView};
use poolbook::report::{Format, Report};
use poolbook::store::{FileStore, Store};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    quarter: String,
    #[arg(long, value_hint = clap::ValueHint::DirPath)]
    from: PathBuf,
    #[arg(long)]
    post: bool,
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    target: Target,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let page = match args.target.name() {
        Some(_) => Some(args.target.open_report(context)?),
        None => None,
    };
    let quarter = subsidy::parse_quarter(&args.quarter)?;
    let mut folder = folder::read(&args.from)?;
    // The whole folder is read before the book is touched.
    let statements = read_statements(&folder)?;
    let (options, people) = options(args, &folder, context)?;
    // A dry run happens in memory, so that its later steps see the earlier ones.
    let writing = Options { dry_run: false, ..options.clone() };
    let last_day = CalendarQuarter(quarter).last_day();
    if args.post {
        // This is tested before anything of the folder is recorded.
        dates::not_future(last_day, &options)?;
    }
    // A quarter may be previewed before its end.
    let date_confirmed = writing.date_confirmed || options.dry_run;
    let approving = Options { date_confirmed, ..writing.clone() };
    let (mut book, before) = open_book(&folder, &options, (&writing, people), context)?;
    let (taken, against) = take_events(&mut book, &mut folder, &writing)?;
    let (lines, _, approved) =
        subsidy::post(&mut book, quarter, Programme::ALL, last_day, &approving)?;
    let aside = take_statements(&mut book, &statements, &writing)?;
    let mut set_off = taken.consequences.clone();
    set_off.append(approved);
    aside.iter().for_each(|files| set_off.append(files.set_off.clone()));
    let checked = check_accounts(&book, &statements)?;
    let span = Span::of(CalendarQuarter(quarter).period())?;
    let balance = book.with_movements(|movements| {
        balance(movements, &ask::owners(&book, last_day), Cells::default(), span)
    })?;
    let accounts: Vec<AccountView<'_>> =
        checked.iter().map(|(account, form)| account.view(form)).collect();
    let view = QuarterView {
        quarter,
        taken: Posted { new: taken.new, already: taken.already, dry_run: options.dry_run },
        lines: &lines,
        balance: &balance,
        accounts: &accounts,
        before,
    };
    context.output.about(&book, open::now());
    let mut report = views::quarter(&view, book.state(), &open::journal(&book.head()));
    context.output.set_off(&mut report, set_off);
    print(report, page, args.full, context)?;
    aside.iter().for_each(|files| files.tell(context));
    checked.iter().for_each(|(account, _)| account.tell(context));
    for (owner, loans) in &against {
        let note = Problem::refused("loans-noted").with("owner", owner).with("loans", loans);
        context.output.talk(&in_words_as_note(&note, &context.output.locale));
    }
    recompute::tell(book.state(), context);
    open::tell_reversed(&taken.reversed, context);
    let clean = taken.reversed.is_empty()
        && checked.iter().all(|(account, form)| account.is_clean(form))
        && aside.iter().all(Intake::is_clean);
    Ok(if clean { Exit::Done } else { Exit::Findings })
}

/// Records the events of the folder; gives the outcome, and by owner how many loans were enrolled against
/// leverage or the circuit breaker.
fn take_events<S: Store>(
    book: &mut Book<S>,
    folder: &mut Folder,
    writing: &Options,
) -> Result<(Summary, BTreeMap<String, u64>), Problem> {
    let mut against: BTreeMap<String, u64> = BTreeMap::new();
    let mut note = |_: u64, outcome: Outcome<'_>| {
        if let Outcome::New(entry) = outcome
            && entry.is_noted()
            && let Some(owner) = &entry.event.owner
        {
            *against.entry(owner.to_string()).or_default() += 1;
        }
    };
    let taken = book.record_all(folder, writing, &mut note).map_err(|refused| {
        let place = folder.place(refused.row).cloned().unwrap_or_default();
        let mut problem = refused.problem;
        if problem.place.file.is_none() {
            *problem.place = place;
        }
        problem
    })?;
    Ok((taken, against))
}

/// Prints the report: whole into the file of `-o` and with `--full`; else a terminal's form keeps to
/// the balances and the summary.
fn print(
    mut report: Report,
    page: Option<Page>,
    full: bool,
    context: &Context<'_>,
) -> Result<(), Failure> {
    if let Some(page) = page {
        page.report(context, &report)?;
    }
    if context.output.format == Format::Table && !full {
        report.sections.iter_mut().for_each(Vec::clear);
    }
    context.output.report(&report)
}

/// The options for recording, and the number of people that a payment of a new book needs. A dry
/// run needs no names: a missing one is replaced by the name of the duty, in memory only.
fn options(
    args: &Args,
    folder: &Folder,
    context: &Context<'_>,
) -> Result<(Options, PeopleMode), Problem> {
    let asked = open::options(context)?;
    let mode = mode(folder, &asked);
    if args.post {
        // This is refused before a book is made.
        let missing = || Reason::MakerMissing.refuse().with("event", "quarter --post");
        asked.people.maker.as_ref().ok_or_else(missing)?;
        return Ok((asked, mode));
    }
    let locale = &context.output.locale;
    let or = |name: Option<CompactString>, duty| name.or_else(|| Some(locale.word(duty).into()));
    let people = People {
        maker: or(asked.people.maker, "maker"),
        checker: or(asked.people.checker, "checker"),
        approver: or(asked.people.approver, "approver"),
    };
    Ok((Options { people, dry_run: true, ..asked }, mode))
}

/// Number of people that a payment of a new book needs: the folder's; else three if an approver is
/// named, and two if there is no third person, which every report then states.
fn mode(folder: &Folder, options: &Options) -> PeopleMode {
    let known = options.people.approver.is_some();
    folder.people.unwrap_or(if known { PeopleMode::Three } else { PeopleMode::Two })
}

/// Opens the book and returns it with its number of entries; makes a new one for the folder's city
/// if there is none yet.
fn open_book(
    folder: &Folder,
    options: &Options,
    (writing, people): (&Options, PeopleMode),
    context: &Context<'_>,
) -> Result<(Book<AnyStore>, u64), Failure> {
    let there = FileStore::is_there(&context.global.book).map_err(Problem::from)?;
    let counted = |book: Book<AnyStore>| {
        let before = book.head().count;
        (book, before)
    };
    match (options.dry_run, there) {
        (false, true) => return open::for_writing(context).map(counted),
        (true, true) => return open::in_memory(context).map(counted),
        (_, false) => {}
    }
    let first_day: Option<String> =
        folder.events.iter().map(|(event, _)| event.date).min().map(|day| day.to_string());
    let opening = init::Args {
        city: folder.city.clone(),
        name: folder.name.clone(),
        currency: folder.currency.clone().unwrap_or_else(|| "CNY".to_owned()),
        date: first_day,
        people: people.code().to_owned(),
    };
    let event = init::event(&opening)?;
    // An event that a rule refuses is refused before a directory is made.
    let mut book = open::new_in_memory()?;
    book.record(event.clone(), writing)?;
    if !options.dry_run {
        book = open::create(context)?;
        book.record(event, writing)?;
    }
    context.output.about(&book, open::now());
    Ok((book, 0))
}

/// Files of a bank account, each with the statements in it.
type Files = Vec<(PathBuf, Vec<Statement>)>;

/// Every statement of the folder by bank account.
fn read_statements(folder: &Folder) -> Result<BTreeMap<String, Files>, Failure> {
    let profiles = reconcile::profiles(&folder.profiles)?;
    let mut statements: BTreeMap<String, Files> = BTreeMap::new();
    let mut problems: Vec<Problem> = Vec::new();
    for file in &folder.statements {
        match read_file(&file.path, Some(&file.bank_account), &profiles) {
            Ok(found) => {
                let files = statements.entry(file.bank_account.clone()).or_default();
                files.push((file.path.clone(), found));
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(statements) } else { Err(problems.into()) }
}

/// Imports the statements into the book; one that fails its own arithmetic is set aside.
fn take_statements(
    book: &mut Book<AnyStore>,
    statements: &BTreeMap<String, Files>,
    options: &Options,
) -> Result<Vec<Intake>, Failure> {
    let mut all = Vec::new();
    for (account, files) in statements {
        let (mut taken, way) = (Intake::default(), Way::default());
        for (path, found) in files {
            for (place, statement) in (1..).zip(found) {
                taken.statement(book, path, (statement, place, &way), options)?;
            }
        }
        taken.look(book, account)?;
        all.push(taken);
    }
    Ok(all)
}

/// Compares each account with its statements that count, up to the last day that the folder's
/// statements cover.
fn check_accounts(
    book: &Book<impl Store>,
    statements: &BTreeMap<String, Files>,
) -> Result<Vec<(Account, Reconciliation)>, Problem> {
    let mut checked = Vec::new();
    for (id, files) in statements {
        let days = files.iter().flat_map(|(_, found)| found).filter_map(|statement| statement.to);
        let account = Account::recorded(book, id)?;
        // Without a statement that counts there is nothing to compare; the reason was reported
        // before.
        let Some(to) = account.to else { continue };
        let form = account.form(days.max().map_or(to, |last| last.min(to)));
        checked.push((account, form));
    }
    Ok(checked)
}
