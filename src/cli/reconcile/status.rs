//! `reconcile status`: the state of each bank account.

use super::{Account, day, sources};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::target::Target;
use poolbook::audit::reconcile::{Reconciliation, Zone};
use poolbook::book::statements::{AGE_WARN_DAYS, CertificateStanding};
use poolbook::book::{Book, Scope};
use poolbook::domain::calendar::Date;
use poolbook::domain::money::Total;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, StatusRow};
use poolbook::store::Store;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long)]
    as_of: Option<String>,
    #[arg(long)]
    owner: Option<String>,
    #[command(flatten)]
    target: Target,
}

/// One account with the data of its row.
struct Stand {
    account: Account,
    form: Reconciliation,
    source_differences: usize,
    certificate: Option<(Date, Option<u64>)>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let page = args.target.open_report(context)?;
    let asked = args.as_of.as_deref().map(day).transpose()?;
    let book = open::for_reading(context, Scope::All)?;
    let state = book.state();
    if let Some(owner) = &args.owner
        && state.owners.get(owner).is_none()
    {
        return Err(state.owner_unknown(owner).into());
    }
    let mut stands = Vec::new();
    for account in state.bank_accounts.iter() {
        let theirs = args.owner.as_deref().is_none_or(|owner| *account.owner == *owner);
        if theirs && asked.is_none_or(|day| account.opened <= day) {
            stands.push(stand(&book, &account.id, asked)?);
        }
    }
    let rows: Vec<StatusRow<'_>> = stands
        .iter()
        .map(|one| StatusRow {
            view: one.account.view(&one.form),
            tied_to: one.account.tied_to(&one.form),
            source_differences: one.source_differences,
            certificate: one.certificate,
            ok: is_ok(one),
        })
        .collect();
    let warn = book.thresholds(None).and_then(|told| i64::try_from(told.age_warn_days?).ok());
    let warn = warn.unwrap_or(AGE_WARN_DAYS);
    let report = views::status(&rows, asked, warn, state, &open::journal(&book.head()));
    page.report(context, &report)?;
    stands.iter().for_each(|one| one.account.tell(context));
    Ok(if stands.iter().all(is_ok) { Exit::Done } else { Exit::Findings })
}

fn stand(book: &Book<impl Store>, id: &str, asked: Option<Date>) -> Result<Stand, Problem> {
    let account = Account::recorded(book, id)?;
    let form = account.form(asked.unwrap_or_else(|| account.last_day()));
    let mut certificate = None;
    let certificates = book.certificates(id).iter();
    let until = |date: Date| asked.is_none_or(|day| date <= day);
    if let Some(latest) =
        certificates.filter(|one| until(one.date)).max_by_key(|one| (one.date, one.entry))
    {
        let broken = match book.certificate_standing(id, latest)? {
            CertificateStanding::Holds => None,
            CertificateStanding::BrokenBy(entry) => Some(entry),
        };
        certificate = Some((latest.date, broken));
    }
    let source_differences = sources::differences(book, id)?;
    Ok(Stand { account, form, source_differences, certificate })
}

/// Returns true if nothing is open, nothing is proposed, no certificate is broken and the sources
/// agree. An account without statements and without any movement has nothing to reconcile.
fn is_ok(one: &Stand) -> bool {
    let proposed = one.account.matching.groups.iter().any(|group| group.zone == Zone::Proposed);
    let broken = one.certificate.is_some_and(|(_, broken)| broken.is_some());
    let idle = one.account.to.is_none()
        && one.account.book.is_empty()
        && one.account.waiting.is_empty()
        && one.form.book_balance == Total::ZERO;
    let tied = idle || one.account.is_clean(&one.form);
    tied && !proposed && !broken && one.source_differences == 0
}
