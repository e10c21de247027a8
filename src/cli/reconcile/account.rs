//! Both sides of one bank account, and what belongs together.

use crate::cli::context::Context;
use crate::cli::failure::in_words_as_note;
use poolbook::audit::movements::Span;
use poolbook::audit::reconcile::{
    BookLine, Input, Matching, Reconciliation, Settings, StatementLine, book_side, match_lines,
    reconciliation,
};
use poolbook::book::Book;
use poolbook::domain::calendar::{Date, date};
use poolbook::domain::money::{Money, Total};
use poolbook::domain::registry::BankAccount;
use poolbook::domain::state::State;
use poolbook::intake::statement::Statement;
use poolbook::limits::YEAR_MAX;
use poolbook::problem::Problem;
use poolbook::report::views::AccountView;
use poolbook::store::Store;

/// One bank account.
pub struct Account {
    pub account: BankAccount,
    pub statement: Vec<StatementLine>,
    pub book: Vec<BookLine>,
    /// First day that the statements cover.
    pub from: Option<Date>,
    /// Last day that they cover.
    pub to: Option<Date>,
    pub matching: Matching,
    pub settings: Settings,
    statement_opening: Total,
    book_opening: Total,
    /// Where the statements do not hold together.
    breaks: Vec<Problem>,
}

/// The bank account of an id.
pub fn find(state: &State, id: &str) -> Result<BankAccount, Problem> {
    let unknown = || Problem::refused("bank-account-unknown").with("bank_account", id);
    state.bank_accounts.get(id).cloned().ok_or_else(unknown)
}

impl Account {
    /// A bank account with the statements of files, which are put in the order of their days.
    pub fn of_files<S: Store>(
        book: &Book<S>,
        id: &str,
        mut statements: Vec<Statement>,
    ) -> Result<Self, Problem> {
        let account = find(book.state(), id)?;
        statements.sort_by_key(|statement| (statement.from, statement.to));
        let breaks = breaks(&statements);
        let from = statements.first().and_then(|statement| statement.from);
        let to = statements.iter().filter_map(|statement| statement.to).max();
        let opening = statements.first().map_or_else(Money::default, |first| first.opening);
        let lines = statements.into_iter().flat_map(|statement| statement.lines);
        let lines = lines.map(|line| StatementLine {
            date: line.date,
            amount: line.amount,
            balance: line.balance,
            memo: line.memo.into_string(),
            name: line.name.into_string(),
            account: line.account.into_string(),
            serial: line.serial.unwrap_or_default().into_string(),
            row: line.row,
            ..StatementLine::default()
        });
        let settings = Settings::default();
        let statement: Vec<StatementLine> = lines.collect();
        let (book_opening, book) = own_side(book, &account, from)?;
        let matching = match_lines(&statement, &book, &[], &settings);
        let statement_opening = opening.into();
        Ok(Self {
            account,
            statement,
            book,
            from,
            to,
            matching,
            settings,
            statement_opening,
            book_opening,
            breaks,
        })
    }

    /// A bank account with the statements that stand in the book.
    pub fn recorded<S: Store>(book: &Book<S>, id: &str) -> Result<Self, Problem> {
        Self::of_files(book, id, Vec::new())
    }

    /// The day that is meant when none is named: the last day of the statements.
    pub fn last_day(&self) -> Date {
        self.to.unwrap_or(self.account.opened)
    }

    /// The form of a day (余额调节表).
    pub fn form(&self, day: Date) -> Reconciliation {
        // The balance that the bank prints with its last line of the day. What the lines add up to
        // differs from it where some are missing.
        let printed = self.statement.iter().rfind(|line| line.date <= day);
        reconciliation(
            &Input {
                last_day: day,
                statement: &self.statement,
                book: &self.book,
                statement_opening: self.statement_opening,
                book_opening: self.book_opening,
                statement_closing: printed.map(|line| line.balance),
            },
            &self.matching,
        )
    }

    /// What reports show of a form.
    pub fn view<'a>(&'a self, form: &'a Reconciliation) -> AccountView<'a> {
        AccountView {
            account: &self.account,
            statement: &self.statement,
            book: &self.book,
            matching: &self.matching,
            from: self.from,
            to: self.to,
            gaps: self.breaks.len(),
            result: form,
        }
    }

    /// True when nothing is open in a form and the statements hold together.
    pub fn is_clean(&self, form: &Reconciliation) -> bool {
        form.is_clean() && self.breaks.is_empty()
    }

    /// Tells where the statements do not hold together.
    pub fn tell(&self, context: &Context<'_>) {
        for problem in &self.breaks {
            context.output.talk(&in_words_as_note(problem, &context.output.locale));
        }
    }
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

/// The balance of the book before a day, and its lines from then on, later ones included, because
/// what is open on a day may clear after it.
fn own_side<S: Store>(
    book: &Book<S>,
    account: &BankAccount,
    from: Option<Date>,
) -> Result<(Total, Vec<BookLine>), Problem> {
    let number = book.state().bank_accounts.number(&account.id);
    let number = number.and_then(|number| u16::try_from(number).ok()?.checked_add(1));
    let last = date(YEAR_MAX, 12, 31).unwrap_or(account.opened);
    let span = match from {
        Some(from) => Span::new(from, last)?,
        None => Span::until(last),
    };
    let (opening, mut lines) = book.with_movements(|movements| {
        let number = number.unwrap_or(u16::MAX);
        book_side(movements, &|seq| book.entry(seq), (number, &account.id), span)
    })?;
    for line in &mut lines {
        if let Some(party) = book.state().parties.get(&line.party) {
            line.party_name = party.name.to_string();
            line.party_account = party.account.as_deref().unwrap_or_default().to_owned();
        }
    }
    Ok((opening, lines))
}
