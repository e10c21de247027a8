//! `reconcile three-way`: statement = book = the bank's own list of loans, for one owner; writes
//! nothing.

use super::{Account, day};
use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use crate::cli::target::Target;
use poolbook::audit::loan_list::{CLASSES, Known, Listed, Outside, Standing, compare, standings};
use poolbook::audit::movements::collect;
use poolbook::audit::turnover::{Numbers as _, Turnover};
use poolbook::book::{Book, Scope};
use poolbook::domain::calendar::Date;
use poolbook::domain::money::Total;
use poolbook::domain::registry::BankAccount;
use poolbook::domain::state::State;
use poolbook::domain::text::Id;
use poolbook::intake::loan_list::{self, is_owner, own_name};
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, ThreeWayView};
use poolbook::store::Store;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    #[arg(long)]
    owner: String,
    #[arg(long, required = true, value_hint = clap::ValueHint::FilePath)]
    loans: Vec<PathBuf>,
    #[arg(long)]
    as_of: Option<String>,
    #[arg(long)]
    bank: Option<String>,
    #[arg(long)]
    map: Vec<String>,
    #[command(flatten)]
    target: Target,
}

/// The lists to compare.
struct Lists {
    names: Vec<String>,
    day: Option<Date>,
    listed: Vec<Listed>,
    left_out: usize,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let page = args.target.open_report(context)?;
    let asked = args.as_of.as_deref().map(day).transpose()?;
    let book = open::for_reading(context, Scope::All)?;
    let state = book.state();
    let owner = state.owners.get(&args.owner).ok_or_else(|| state.owner_unknown(&args.owner))?;
    if let Some(bank) = &args.bank
        && state.parties.get(bank).is_none()
    {
        return Err(Problem::refused("party-unknown").with("party", bank.escape_debug()).into());
    }
    let lists = read(args, &owner.code, &owner.name)?;
    let missing = || Problem::new("three-way-date", Exit::Usage).with("owner", &args.owner);
    let day = asked.or(lists.day).ok_or_else(missing)?;
    let mut notes = notes(&book, &owner.code, day)?;
    let Stood { register, banks } = stood(&book, &owner.code, day)?;
    if let Some(bank) = &args.bank {
        let of_bank = |id: &Id| state.loans.get(id).is_some_and(|loan| *loan.bank == **bank);
        notes.retain(|standing| of_bank(&standing.loan));
    }
    let register = match &args.bank {
        Some(_) => notes.iter().map(Standing::balance).sum(),
        None => register,
    };
    let differences = compare(&lists.listed, &notes, &owner.code, &|note| {
        known(state, note, args.bank.as_deref())
    });
    let (mut tied, mut without) = (Vec::new(), Vec::new());
    let theirs = |number: u16, account: &BankAccount| {
        banks.contains(&number) || (account.owner == owner.code && account.opened <= day)
    };
    for (number, account) in (1u16..).zip(state.bank_accounts.iter()) {
        if !theirs(number, account) {
            continue;
        }
        let account = Account::recorded(&book, &account.id)?;
        let form = account.form(day);
        match account.from.filter(|from| *from <= day) {
            Some(_) => tied.push((account, form)),
            None => without.push((account, form.book_balance)),
        }
    }
    let views: Vec<_> = tied.iter().map(|(account, form)| account.view(form)).collect();
    let without: Vec<(&Id, Total)> =
        without.iter().map(|(account, balance)| (&account.account.id, *balance)).collect();
    let view = ThreeWayView {
        owner: &owner.code,
        day,
        lists: &lists.names,
        listed: &lists.listed,
        left_out: lists.left_out,
        standings: &notes,
        register,
        differences: &differences,
        accounts: &views,
        without: &without,
    };
    let report = views::three_way(&view, state, &open::journal(&book.head()));
    page.report(context, &report)?;
    let clean = tied.iter().all(|(account, form)| account.is_clean(form)) && without.is_empty();
    Ok(if clean && differences.is_empty() { Exit::Done } else { Exit::Findings })
}

/// Reads the lists; rows that name another owner are counted and left out.
fn read(args: &Args, code: &str, name: &str) -> Result<Lists, Failure> {
    let own: Vec<(String, String)> =
        args.map.iter().map(|text| own_name(text)).collect::<Result<_, _>>()?;
    let mut lists = Lists { names: Vec::new(), day: None, listed: Vec::new(), left_out: 0 };
    for (place, path) in args.loans.iter().enumerate() {
        let list = loan_list::read(path, &own)?;
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned());
        lists.names.push(file.unwrap_or_default());
        if let (Some(one), Some(other)) = (lists.day, list.day)
            && one != other
        {
            return Err(Problem::data("loan-list-days")
                .with("one", one)
                .with("other", other)
                .in_file(path.display().to_string())
                .into());
        }
        lists.day = lists.day.or(list.day);
        for row in list.rows {
            if !row.owner.is_empty() && !is_owner(&row.owner, code, name) {
                lists.left_out += 1;
                continue;
            }
            lists.listed.push(Listed {
                list: place,
                row: row.row,
                note: row.note,
                balance: row.balance,
                class: row.class.map(|(word, classes)| (word, classes.to_vec())),
                firm: row.firm,
            });
        }
    }
    Ok(lists)
}

fn notes(book: &Book<impl Store>, owner: &Id, day: Date) -> Result<Vec<Standing>, Problem> {
    let state = book.state();
    let claims = |claim: &Id| state.claims.get(claim).map(|claim| claim.note.clone());
    book.with_movements(|movements| {
        standings(movements, &|seq| book.entry(seq), (state.owner(owner), owner), day, &claims)
    })
}

/// Figures of an owner on a day, from the index.
struct Stood {
    /// Sum of the off-balance accounts of its loans.
    register: Total,
    /// Numbers of the bank accounts on which its money moved.
    banks: BTreeSet<u16>,
}

fn stood(book: &Book<impl Store>, owner: &Id, day: Date) -> Result<Stood, Problem> {
    let number = book.state().owner(owner);
    let (mut sum, mut banks) = (Turnover::default(), BTreeSet::new());
    book.with_movements(|movements| {
        collect(movements, Some(number), &[day], &mut |key, _, moved| {
            if CLASSES.contains(&key.account) {
                sum += moved;
            }
            if key.account.is_cash() && key.owner == number {
                banks.insert(key.bank);
            }
        })
    })?;
    Ok(Stood { register: sum.net(), banks })
}

/// The loan, note or application with a number, if the book has one.
fn known(state: &State, note: &str, bank: Option<&str>) -> Option<Known> {
    let by_note =
        |loan: &&poolbook::domain::loan::Loan| loan.notes.iter().any(|own| *own.id == *note);
    let loan = state.loans.get(note).or_else(|| state.loans.iter().find(by_note));
    if let Some(loan) = loan {
        let other = bank.is_some_and(|bank| *loan.bank != *bank);
        let outside = match loan.removed {
            Some(day) => Some(Outside::Removed(day)),
            None if other => Some(Outside::OtherLender(loan.bank.clone())),
            None => loan.notes.is_empty().then_some(Outside::Undrawn),
        };
        return Some(Known { loan: loan.id.clone(), owner: loan.owner.clone(), outside });
    }
    let applied = state.application(note)?;
    let outside = Some(Outside::Applied);
    Some(Known { loan: applied.id.clone(), owner: applied.owner.clone(), outside })
}
