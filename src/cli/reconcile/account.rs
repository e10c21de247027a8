//! Both sides of one bank account, and the matches between them.

use crate::cli::context::Context;
use crate::cli::failure::in_words_as_note;
use poolbook::audit::reconcile::{
    BookLine, Input, Item, ItemKind, Matching, Reconciliation, Settings, StatementLine,
    match_lines, reconciliation,
};
use poolbook::book::Book;
use poolbook::book::statements::{Channel, Recorded, Status, settings};
use poolbook::domain::calendar::{Date, date};
use poolbook::domain::money::{Money, Total};
use poolbook::domain::registry::BankAccount;
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
    /// Number of independent sources.
    pub sources: usize,
    /// Statements that do not connect to the others yet, or of which parts are missing.
    pub waiting: Vec<Recorded>,
    /// First and last day of each run of days that statements cover without a gap.
    runs: Vec<(Date, Date)>,
    statement_opening: Total,
    book_opening: Total,
    /// Lines of the book before this day are part of the balance brought forward.
    forward: Option<Date>,
    /// Places where the statements do not agree.
    breaks: Vec<Problem>,
}

impl Account {
    /// A bank account with the statements of the book that count.
    pub fn recorded<S: Store>(book: &Book<S>, id: &str) -> Result<Self, Problem> {
        let account = book.bank_account(id)?.clone();
        let channel = book.channel(id, None, None)?;
        let lines = book.book_lines(id, None)?;
        let matching = book.matching(&channel, &lines, None);
        let opening = channel.opening().unwrap_or_default();
        let waits =
            |batch: &&Recorded| matches!(batch.status, Status::Waiting(_) | Status::Incomplete);
        Ok(Self {
            from: channel.from(),
            to: channel.to(),
            settings: settings(book.thresholds(None)),
            sources: book.channels(id, None).len(),
            waiting: channel.batches.iter().filter(waits).cloned().collect(),
            runs: channel.runs.iter().map(|run| (run.from, run.to)).collect(),
            statement_opening: opening.into(),
            book_opening: Total::ZERO,
            forward: channel.from().filter(|_| !opening.is_zero()),
            breaks: gaps(&channel),
            account,
            statement: channel.lines,
            book: lines,
            matching,
        })
    }

    /// A bank account with the statements of files, sorted by their days.
    pub fn of_files<S: Store>(
        book: &Book<S>,
        id: &str,
        mut statements: Vec<Statement>,
    ) -> Result<Self, Problem> {
        let account = book.bank_account(id)?.clone();
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
        let statement: Vec<StatementLine> = lines.collect();
        // Later lines of the book count, too: an item that is open on a day may clear after it.
        let last = date(YEAR_MAX, 12, 31).unwrap_or(account.opened);
        let first = from.unwrap_or(account.opened);
        let (book_opening, entered) = book.book_side(&account, first, last)?;
        let settings = settings(book.thresholds(None));
        let matching = match_lines(&statement, &entered, &[], &settings);
        Ok(Self {
            account,
            statement,
            book: entered,
            from,
            to,
            matching,
            settings,
            sources: 1,
            waiting: Vec::new(),
            runs: from.zip(to).into_iter().collect(),
            statement_opening: opening.into(),
            book_opening,
            forward: None,
            breaks,
        })
    }

    /// The default day of the form: the last day of the statements.
    pub fn last_day(&self) -> Date {
        self.to.unwrap_or(self.account.opened)
    }

    /// The form of a day (余额调节表).
    pub fn form(&self, day: Date) -> Reconciliation {
        // The balance that the bank prints with its last line of the day. It differs from the sum
        // of the lines if some are missing.
        let printed = self.statement.iter().rfind(|line| line.date <= day);
        let mut form = reconciliation(
            &Input {
                last_day: day,
                statement: &self.statement,
                book: &self.book,
                statement_opening: self.statement_opening,
                book_opening: self.book_opening,
                statement_closing: printed.map(|line| line.balance),
            },
            &self.matching,
        );
        if let Some(from) = self.forward {
            let forward = |kind| matches!(kind, ItemKind::BookReceived | ItemKind::BookPaid);
            form.items.retain(|item| !(forward(item.kind) && item.date < from));
            form.adjusted_statement = form.statement_balance + form.sum(ItemKind::BookReceived)
                - form.sum(ItemKind::BookPaid);
        }
        form
    }

    /// The name of an item's line: the id of a statement line, or `118.2` for a posting.
    pub fn name_of(&self, item: &Item) -> Option<String> {
        match item.kind {
            ItemKind::BankReceived | ItemKind::BankPaid => {
                self.statement.get(item.line).map(|line| line.id.to_string())
            }
            ItemKind::BookReceived | ItemKind::BookPaid => {
                self.book.get(item.line).map(|line| format!("{}.{}", line.entry, line.line))
            }
        }
    }

    /// The view of a form for reports.
    pub fn view<'a>(&'a self, form: &'a Reconciliation) -> AccountView<'a> {
        AccountView {
            account: &self.account,
            statement: &self.statement,
            book: &self.book,
            matching: &self.matching,
            from: self.from,
            to: self.to,
            gaps: self.breaks.len(),
            sources: self.sources,
            waiting: self.waiting.len(),
            covered: self.is_covered(form.last_day),
            forward: self.forward,
            result: form,
        }
    }

    /// Returns true if a statement covers the day and no statement of that day waits or lacks
    /// parts.
    fn is_covered(&self, day: Date) -> bool {
        let waits = |one: &Recorded| (one.import.from..=one.import.to).contains(&day);
        self.runs.iter().any(|(from, to)| (*from..=*to).contains(&day))
            && !self.waiting.iter().any(waits)
    }

    /// Returns true if statements reach a form's day and are consistent, and nothing is open.
    pub fn is_clean(&self, form: &Reconciliation) -> bool {
        self.view(form).is_clean()
    }

    /// The last day up to which both sides agree with nothing open, by a form; `None` if the first
    /// day does not.
    pub fn tied_to(&self, form: &Reconciliation) -> Option<Date> {
        let last = self.to?.min(form.last_day);
        let oldest = form.items.iter().map(|item| item.date).min();
        let day = match oldest {
            Some(oldest) => oldest.yesterday().ok()?.min(last),
            None => last,
        };
        let from = self.from.filter(|from| *from <= day)?;
        // The sides may differ by a balance brought forward, or by a gap, without any open line.
        let tied = |day: Date| {
            let form = self.form(day);
            form.is_clean() && form.statement_gap == Total::ZERO
        };
        if tied(day) {
            return Some(day);
        }
        let days = self.statement.iter().map(|line| line.date).filter(|date| *date < day);
        let mut days: Vec<Date> = [from].into_iter().chain(days).collect();
        days.dedup();
        let until = days.partition_point(|day| tied(*day));
        until.checked_sub(1).and_then(|last| days.get(last)).copied()
    }

    /// Reports the places where the statements do not agree.
    pub fn tell(&self, context: &Context<'_>) {
        for problem in &self.breaks {
            context.output.talk(&in_words_as_note(problem, &context.output.locale));
        }
    }
}

fn gap(account: &str, closing: Money, opening: Money, day: Option<Date>) -> Problem {
    Problem::data("statement-gap")
        .with("bank_account", account)
        .with("closing", closing.grouped())
        .with("opening", opening.grouped())
        .with("date", day.map_or_else(|| "—".to_owned(), |day| day.to_string()))
}

/// Gaps between the recorded statements that count.
fn gaps(channel: &Channel) -> Vec<Problem> {
    let gaps = channel.gaps();
    gaps.map(|(before, after)| {
        gap(&channel.bank_account, before.closing, after.opening, Some(after.from))
    })
    .collect()
}

/// Breaks inside the statements of files, and between one and the next.
fn breaks(statements: &[Statement]) -> Vec<Problem> {
    let inside = statements.iter().flat_map(|statement| statement.breaks.iter().cloned());
    let mut breaks: Vec<Problem> = inside.collect();
    for pair in statements.windows(2) {
        let [before, after] = pair else { continue };
        if before.closing != after.opening {
            breaks.push(gap(&before.bank_account, before.closing, after.opening, after.from));
        }
    }
    breaks
}
