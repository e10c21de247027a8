//! `reconcile certify` records that a bank account agrees with its statements on a day;
//! `reconcile certificates` lists the certificates, and whether they still hold.

use super::day;
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::target::{Page, Target};
use poolbook::book::statements::{CertificateStanding, Tie};
use poolbook::book::{Book, Scope};
use poolbook::domain::calendar::Date;
use poolbook::domain::event::Kind;
use poolbook::domain::person;
use poolbook::domain::registry::BankAccount;
use poolbook::domain::statement::facts::Certificate;
use poolbook::domain::statement::figures::Figures;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, CertificateRow};
use poolbook::store::Store;

#[derive(clap::Args)]
pub struct Args {
    bank_account: String,
    #[arg(long)]
    as_of: String,
    #[command(flatten)]
    target: Target,
}

#[derive(clap::Args)]
pub struct ListArgs {
    bank_account: Option<String>,
    #[arg(long)]
    owner: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let page = args.target.open_report(context)?;
    let day = day(&args.as_of)?;
    let options = open::options(context)?;
    let mut book = open::for_writing(context)?;
    let account = book.bank_account(&args.bank_account)?.clone();
    if let Some(stands) = standing(&book, &account, day)? {
        let entry = stands.entry.to_string();
        let recorded_by = book.entry(stands.entry)?.event;
        let people = [
            (&options.people.maker, &recorded_by.maker),
            (&options.people.checker, &recorded_by.checker),
        ];
        let other = people
            .into_iter()
            .find(|(now, then)| now.is_some() && !person::same_named(now.as_ref(), then.as_ref()));
        if let Some((now, then)) = other {
            let name = |name: &Option<compact_str::CompactString>| name.clone().unwrap_or_default();
            return Err(Problem::refused("certified-by-others")
                .with("bank_account", &account.id)
                .with("date", day)
                .with("entry", stands.entry)
                .with("found", name(then))
                .with("given", name(now))
                .into());
        }
        context.output.say("certified-stands", &[("entry", &entry)]);
        let row = recorded(&book, &account, &stands, None)?;
        return shown(&book, row.as_slice(), page, context);
    }
    let tie = book.tie(&account.id, day, None)?;
    let event = tie.event(&account.id, day)?;
    let id = event.id.clone();
    let sources = sources(&book, &account, day, None)?;
    let (entry, _) = book.record(event, &options)?;
    let entry = match entry {
        Some(entry) => Some(entry),
        None => book.find(&id)?,
    };
    let text = |person: Option<&compact_str::CompactString>| person.map(ToString::to_string);
    let Tie { figures, .. } = tie;
    let row = CertificateRow {
        account: &account,
        date: day,
        entry: entry.as_ref().map(|entry| entry.seq),
        broken_by: None,
        figures,
        sources,
        maker: text(entry.as_ref().and_then(|entry| entry.event.maker.as_ref())),
        checker: text(entry.as_ref().and_then(|entry| entry.event.checker.as_ref())),
    };
    shown(&book, &[row], page, context)
}

fn shown(
    book: &Book<impl Store>,
    rows: &[CertificateRow<'_>],
    page: Page,
    context: &Context<'_>,
) -> Result<Exit, Failure> {
    let head = open::journal(&book.head());
    let report = views::certificates(rows, true, book.state(), &head);
    page.report(context, &report)?;
    Ok(Exit::Done)
}

/// The certificate of a day that no entry broke.
fn standing(
    book: &Book<impl Store>,
    account: &BankAccount,
    day: Date,
) -> Result<Option<Certificate>, Problem> {
    let last = book.certificates(&account.id).iter().rev().find(|one| one.date == day);
    let Some(last) = last else { return Ok(None) };
    let holds = book.certificate_standing(&account.id, last)? == CertificateStanding::Holds;
    Ok(Some(last.clone()).filter(|one| holds && one.touched.is_empty()))
}

/// Number of sources that cover a day, at a number of known entries.
fn sources(
    book: &Book<impl Store>,
    account: &BankAccount,
    day: Date,
    known_at: Option<u64>,
) -> Result<usize, Problem> {
    let mut count = 0;
    for name in book.channels(&account.id, known_at) {
        let channel = book.channel(&account.id, Some(&name), known_at)?;
        count += usize::from(channel.balance(day).is_some());
    }
    Ok(count)
}

/// The contents of a recorded certificate; `None` if its entry is not a certificate.
fn recorded<'a>(
    book: &Book<impl Store>,
    account: &'a BankAccount,
    certificate: &Certificate,
    broken_by: Option<u64>,
) -> Result<Option<CertificateRow<'a>>, Problem> {
    let entry = book.entry(certificate.entry)?;
    let Kind::Certify(own) = &entry.event.kind else { return Ok(None) };
    let text =
        |person: &Option<compact_str::CompactString>| person.as_ref().map(ToString::to_string);
    Ok(Some(CertificateRow {
        account,
        date: certificate.date,
        entry: Some(certificate.entry),
        broken_by,
        figures: Figures::read(&own.figures)?,
        sources: sources(book, account, certificate.date, Some(certificate.entry))?,
        maker: text(&entry.event.maker),
        checker: text(&entry.event.checker),
    }))
}

pub fn list(args: &ListArgs, context: &Context<'_>) -> Result<Exit, Failure> {
    let page = args.target.open_report(context)?;
    let book = open::for_reading(context, Scope::All)?;
    let state = book.state();
    if let Some(id) = &args.bank_account {
        book.bank_account(id)?;
    }
    let wanted = |account: &&BankAccount| {
        args.bank_account.as_deref().is_none_or(|id| *account.id == *id)
            && args.owner.as_deref().is_none_or(|owner| *account.owner == *owner)
    };
    let (mut rows, mut broken) = (Vec::new(), false);
    for account in state.bank_accounts.iter().filter(wanted) {
        let certificates = book.certificates(&account.id);
        for (place, certificate) in certificates.iter().enumerate() {
            let by = match book.certificate_standing(&account.id, certificate)? {
                CertificateStanding::Holds => None,
                CertificateStanding::BrokenBy(entry) => Some(entry),
            };
            // A broken certificate that was renewed needs no action.
            let later = certificates.iter().skip(place + 1);
            let again = later.clone().any(|other| other.date == certificate.date);
            broken |= by.is_some() && !again;
            rows.extend(recorded(&book, account, certificate, by)?);
        }
    }
    let report = views::certificates(&rows, false, state, &open::journal(&book.head()));
    page.report(context, &report)?;
    Ok(if broken { Exit::Findings } else { Exit::Done })
}
