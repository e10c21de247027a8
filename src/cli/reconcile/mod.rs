//! `reconcile BANK_ACCOUNT FILE...`: statement against book; writes nothing.

use crate::cli::context::Context;
use crate::cli::failure::Failure;
use crate::cli::open;
use poolbook::audit::account_ledger::{Question, ledger};
use poolbook::audit::movements::Span;
use poolbook::audit::reconcile::{BookLine, Input, Reconciliation, StatementLine, reconcile};
use poolbook::book::{Book, Scope};
use poolbook::domain::account::Side;
use poolbook::domain::calendar::Date;
use poolbook::domain::registry::BankAccount;
use poolbook::intake::profile::Profile;
use poolbook::intake::statement::{self, Statement, read_any};
use poolbook::limits::YEAR_MIN;
use poolbook::problem::{Exit, Problem};
use poolbook::report::views::{self, AccountView, BankLine};
use poolbook::store::Store;
use std::path::PathBuf;

#[derive(clap::Args)]
pub struct Args {
    bank_account: String,
    #[arg(required = true, value_hint = clap::ValueHint::FilePath)]
    file: Vec<PathBuf>,
    #[arg(long, value_hint = clap::ValueHint::FilePath)]
    profile: Vec<PathBuf>,
}

pub fn run(args: &Args, context: &Context<'_>) -> Result<Exit, Failure> {
    let book = open::for_reading(context, Scope::Balances)?;
    let profiles = profiles(&args.profile)?;
    let mut statements = Vec::new();
    for file in &args.file {
        statements.push(read_any(file, &args.bank_account, &profiles)?);
    }
    let checked = check(&book, &args.bank_account, statements)?;
    let report = views::reconcile(&checked.view(), book.state(), &open::journal(&book.head()));
    context.output.report(&report)?;
    checked.tell(context);
    Ok(if checked.is_clean() { Exit::Done } else { Exit::Findings })
}

/// The profiles given, before those that the program knows.
pub fn profiles(paths: &[PathBuf]) -> Result<Vec<Profile>, Problem> {
    let mut all: Vec<Profile> =
        paths.iter().map(|path| Profile::read(path)).collect::<Result<_, _>>()?;
    all.extend(Profile::built_in());
    Ok(all)
}

/// One bank account, compared.
pub struct Checked {
    account: BankAccount,
    from: Option<Date>,
    statement: Vec<BankLine>,
    book: Vec<BookLine>,
    result: Reconciliation,
    /// Where the statements do not hold together.
    breaks: Vec<Problem>,
}

impl Checked {
    /// What reports show of it.
    pub fn view(&self) -> AccountView<'_> {
        AccountView {
            account: &self.account,
            statement: &self.statement,
            book: &self.book,
            from: self.from,
            result: &self.result,
        }
    }

    /// True when nothing is open and the statements hold together.
    pub fn is_clean(&self) -> bool {
        self.result.is_clean() && self.breaks.is_empty()
    }

    /// Tells where the statements do not hold together.
    pub fn tell(&self, context: &Context<'_>) {
        for problem in &self.breaks {
            let locale = &context.output.locale;
            context.output.talk(&crate::cli::failure::in_words_as_note(problem, locale));
        }
    }
}

/// Compares a bank account with its statements, which are put in the order of their days.
pub fn check<S: Store>(
    book: &Book<S>,
    id: &str,
    mut statements: Vec<Statement>,
) -> Result<Checked, Problem> {
    let state = book.state();
    let unknown = || Problem::refused("bank-account-unknown").with("bank_account", id);
    let account = state.bank_accounts.get(id).ok_or_else(unknown)?.clone();
    statements.sort_by_key(|statement| (statement.from, statement.to));
    let breaks = breaks(&statements);
    let from = statements.first().and_then(|statement| statement.from);
    let last_day = statements.iter().filter_map(|statement| statement.to).max();
    let last_day = last_day.unwrap_or(account.opened);
    let opening = statements.first().map_or_else(Default::default, |first| first.opening);
    let closing = statements.last().map(|last| last.closing);
    let lines: Vec<statement::StatementLine> =
        statements.into_iter().flat_map(|statement| statement.lines).collect();
    let compared: Vec<StatementLine> = lines
        .iter()
        .map(|line| StatementLine {
            date: line.date,
            amount: line.amount,
            balance: line.balance,
            memo: line.memo.to_string(),
            name: line.name.to_string(),
            account: line.account.to_string(),
            serial: line.serial.as_deref().unwrap_or_default().to_owned(),
            row: line.row,
            ..StatementLine::default()
        })
        .collect();
    let (book_opening, book_lines) = book_side(book, &account, from, last_day)?;
    let (_, result) = reconcile(&Input {
        last_day,
        statement: &compared,
        book: &book_lines,
        statement_opening: opening.into(),
        book_opening,
        statement_closing: closing,
    });
    let shown = lines.into_iter().map(|line| BankLine {
        memo: line.memo.into_string(),
        counterparty: [line.name, line.account].join(" ").trim().to_owned(),
        row: line.row,
    });
    let statement = shown.collect();
    Ok(Checked { account, from, statement, book: book_lines, result, breaks })
}

/// Breaks inside the statements, and between one and the next.
fn breaks(statements: &[Statement]) -> Vec<Problem> {
    let inside = statements.iter().flat_map(|statement| statement.breaks.iter().cloned());
    let mut breaks: Vec<Problem> = inside.collect();
    for pair in statements.windows(2) {
        let [before, after] = pair else { continue };
        if before.closing != after.opening {
            breaks.push(
                Problem::data("statement-gap")
                    .with("bank_account", &before.bank_account)
                    .with("closing", before.closing.grouped())
                    .with("opening", after.opening.grouped())
                    .with("date", after.from.map_or_else(|| "—".to_owned(), |day| day.to_string())),
            );
        }
    }
    breaks
}

/// Balance before the statement's first day, and the lines of the book from then on.
fn book_side<S: Store>(
    book: &Book<S>,
    account: &BankAccount,
    from: Option<Date>,
    last_day: Date,
) -> Result<(poolbook::domain::money::Total, Vec<BookLine>), Problem> {
    let number = book.state().bank_accounts.number(&account.id);
    let bank = number.and_then(|number| u16::try_from(number).ok()?.checked_add(1));
    let first = from.or_else(|| Date::new(YEAR_MIN, 1, 1).ok()).unwrap_or(last_day).min(last_day);
    let question =
        Question { account: account.fund.cash(), owner: None, fund: Some(account.fund), bank };
    let view = book.with_movements(|movements| {
        let span = Span::new(first, last_day)?;
        ledger(movements, &|seq| book.entry(seq), book.state(), question, span)
    })?;
    let lines = view.months.into_iter().flat_map(|month| month.lines).map(|line| BookLine {
        date: line.date,
        amount: match line.line.side {
            Side::Debit => line.line.amount,
            Side::Credit => line.line.amount.negated(),
        },
        entry: line.entry,
        line: line.number,
        voucher: line.voucher,
        memo: line.memo.unwrap_or_else(|| line.event.to_owned()),
        owner: line.line.owner.as_str().into(),
        document: line.document.unwrap_or_default(),
        party: line.line.party.as_deref().unwrap_or_default().into(),
        ..BookLine::default()
    });
    Ok((view.opening, lines.collect()))
}
