//! Statements of bank accounts: taken in, taken out, matched by hand, certified.
//!
//! What the state cannot tell, because it keeps no movements (whether a line exists, whether a match
//! adds up), is checked by whoever prepares the event, and again by `verify`.

use super::setup::city_fact;
use super::{Decision, JournalHead, in_order, new_id};
use crate::domain::calendar::Date;
use crate::domain::event::{
    Certify, Event, ImportStatement, MatchLines, ReconcileSettings, UndoStatement, UnmatchLines,
};
use crate::domain::field::Json;
use crate::domain::money::Money;
use crate::domain::person;
use crate::domain::refusal::Reason;
use crate::domain::registry::BankAccount;
use crate::domain::state::State;
use crate::domain::statement::facts::{Import, Thresholds, line_key, posting_key};
use crate::domain::statement::figures::Figures;
use crate::domain::statement::{Movement, NET_BANK, is_line_id, posting};
use crate::domain::text::{Id, TextError};
use crate::limits::{LINES_MAX, MATCH_LINES_MAX, NAME_MAX, STATEMENT_PARTS_MAX};
use crate::problem::Problem;
use compact_str::CompactString;
use std::collections::BTreeSet;

fn account<'s>(state: &'s State, id: &Id) -> Result<&'s BankAccount, Problem> {
    state
        .bank_accounts
        .get(id)
        .ok_or_else(|| Reason::BankAccountUnknown.refuse().with("bank_account", id))
}

/// A statement is taken in whatever statements stand already; its own arithmetic must hold.
pub(super) fn import(
    state: &State,
    event: &Event,
    own: &ImportStatement,
    seq: u64,
) -> Result<Decision, Problem> {
    let account = account(state, &own.bank_account)?;
    check_head(own)?;
    in_order(("from", own.from), ("date", event.date), false)?;
    check_number(account, own)?;
    check_currency(state, own)?;
    let (part, parts) = (own.part.map_or(1, |part| part.0), own.parts.map_or(1, |parts| parts.0));
    let started = check_part(state, event, own, (part, parts), seq)?;
    if part == 1 {
        check_person(state, event, own)?;
    }
    let movements = Movement::read_all(&own.movements)?;
    let mut reached = started.map_or((own.opening.0, own.from), |started| started.reached);
    for movement in &movements {
        reached = (follows(reached.0, movement)?, movement.date.max(reached.1));
        if movement.date < reached.1 || movement.date > event.date {
            let problem = Problem::data("statement-dates").with("date", movement.date);
            return Err(problem.in_row(movement.row));
        }
    }
    if part == parts && reached.0 != own.closing.0 {
        return Err(gap(reached.0, own.closing.0));
    }
    city_fact(state, event)
}

fn check_head(own: &ImportStatement) -> Result<(), Problem> {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if own.sha256.len() != 64 || !own.sha256.bytes().all(hex) {
        let problem = Problem::data("hash-format").with("text", &own.sha256);
        return Err(problem.with("field", "sha256").in_column("sha256"));
    }
    if let Some(channel) = &own.channel {
        new_id("channel", channel)?;
    }
    for (name, text) in [("file", &own.file), ("profile", &own.profile)] {
        if text.chars().count() > NAME_MAX {
            return Err(TextError::TooLong(NAME_MAX).problem(text).with("field", name));
        }
    }
    Ok(())
}

/// Balance after a movement, which the bank must have printed.
fn follows(before: Money, movement: &Movement) -> Result<Money, Problem> {
    let expected = before.add(movement.amount).map_err(super::out_of_range)?;
    if expected == movement.balance {
        return Ok(expected);
    }
    Err(gap(expected, movement.balance).in_row(movement.row))
}

fn gap(expected: Money, found: Money) -> Problem {
    let apart = found.sub(expected).map_or_else(|_| "-".to_owned(), Money::grouped);
    Problem::data("statement-arithmetic")
        .with("expected", expected.grouped())
        .with("found", found.grouped())
        .with("gap", apart)
}

/// The number that the bank printed is the account's, as far as the bank shows it.
fn check_number(account: &BankAccount, own: &ImportStatement) -> Result<(), Problem> {
    let (Some(known), Some(printed)) = (&account.number, &own.number) else { return Ok(()) };
    if same_number(known, printed) {
        return Ok(());
    }
    Err(Reason::StatementNumber
        .refuse()
        .with("bank_account", &account.id)
        .with("number", known)
        .with("printed", printed))
}

/// A statement in another currency than the book's says nothing of the book's money.
fn check_currency(state: &State, own: &ImportStatement) -> Result<(), Problem> {
    let known = state.settings.as_ref().map(|settings| &settings.currency);
    match (known, &own.currency) {
        (Some(known), Some(printed)) if known != printed => Err(Reason::StatementCurrency
            .refuse()
            .with("currency", printed)
            .with("expected", known)),
        _ => Ok(()),
    }
}

/// Numbers are compared without blanks and dashes; a star stands for any digit.
fn same_number(known: &str, printed: &str) -> bool {
    let plain = |text: &str| -> Vec<char> {
        text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
    };
    let (known, printed) = (plain(known), plain(printed));
    known.len() == printed.len()
        && known.iter().zip(&printed).all(|(one, other)| one == other || *other == '*')
}

/// The parts of a statement stand one behind the other and say the same of it; gives the record of
/// the parts before this one.
fn check_part<'s>(
    state: &'s State,
    event: &Event,
    own: &ImportStatement,
    (part, parts): (u64, u64),
    seq: u64,
) -> Result<Option<&'s Import>, Problem> {
    let wrong = |expected: &dyn std::fmt::Display| {
        Reason::StatementPart
            .refuse()
            .with("part", part)
            .with("parts", parts)
            .with("expected", expected)
    };
    if part == 0 || part > parts || parts > STATEMENT_PARTS_MAX {
        return Err(wrong(&format_args!("1..{}", parts.clamp(1, STATEMENT_PARTS_MAX))));
    }
    if part == 1 {
        return Ok(None);
    }
    let channel = own.channel.as_ref().map_or(NET_BANK, |channel| channel.as_str());
    let before = state.statements.imports.iter().last().filter(|import| {
        import.last().checked_add(1) == Some(seq)
            && import.bank_account == own.bank_account
            && import.channel == *channel
            && import.sha256 == own.sha256
            && (import.from, import.to) == (own.from, event.date)
            && (import.opening, import.closing) == (own.opening.0, own.closing.0)
            && import.parts == parts
    });
    match before {
        Some(import) if import.recorded.checked_add(1) == Some(part) => Ok(Some(import)),
        Some(import) => Err(wrong(&import.recorded.saturating_add(1))),
        None => Err(wrong(&1)),
    }
}

/// A second source of the same days is worth something only when somebody else got it.
fn check_person(state: &State, event: &Event, own: &ImportStatement) -> Result<(), Problem> {
    let channel = own.channel.as_ref().map_or(NET_BANK, |channel| channel.as_str());
    if let Some(name) = &own.fetched_by {
        person::check("fetched_by", name)?;
    }
    let person = own.fetched_by.as_ref().or(event.maker.as_ref());
    let first = state.statements.imports.iter().find(|import| {
        import.bank_account == own.bank_account
            && import.channel != *channel
            && import.undone.is_none()
            && import.from <= event.date
            && own.from <= import.to
            && (person.is_none() || person::same_named(import.person(), person))
    });
    match first {
        None => Ok(()),
        Some(first) => Err(Reason::StatementPerson
            .refuse()
            .with("bank_account", &own.bank_account)
            .with("person", person.map_or("-", |person| person.as_str()))
            .with("channel", channel)
            .with("first", &first.channel)
            .with("entry", first.entry)),
    }
}

pub(super) fn undo(state: &State, event: &Event, own: &UndoStatement) -> Result<Decision, Problem> {
    let unknown = || Reason::StatementUnknown.refuse().with("statement", &own.statement);
    let import = state.statements.imports.get(&own.statement).ok_or_else(unknown)?;
    if let Some(by) = import.undone {
        let refusal = Reason::StatementUndone.refuse().with("statement", &own.statement);
        return Err(refusal.with("entry", by));
    }
    city_fact(state, event)
}

pub(super) fn match_lines(
    state: &State,
    event: &Event,
    own: &MatchLines,
    seq: u64,
) -> Result<Decision, Problem> {
    account(state, &own.bank_account)?;
    let lines = own.lines.as_deref().unwrap_or_default();
    let postings = own.postings.as_deref().unwrap_or_default();
    let most = lines.len().max(postings.len());
    if lines.len() + postings.len() < 2 || most > MATCH_LINES_MAX {
        let refusal = Reason::MatchCount.refuse().with("lines", lines.len());
        return Err(refusal.with("postings", postings.len()).with("limit", MATCH_LINES_MAX));
    }
    let mut keys = BTreeSet::new();
    let mut take = |name: &CompactString, key: u64| {
        let by = state.statements.matched_by(key).or((!keys.insert(key)).then_some(seq));
        match by {
            Some(by) => Err(Reason::MatchTwice.refuse().with("line", name).with("entry", by)),
            None => Ok(()),
        }
    };
    let malformed = |name: &CompactString, field: &'static str| {
        Problem::data("match-line-format").with("text", name).with("field", field).in_column(field)
    };
    for name in lines {
        let key = line_key(name).filter(|_| is_line_id(name));
        take(name, key.ok_or_else(|| malformed(name, "lines"))?)?;
    }
    for name in postings {
        let (entry, line) = posting(name).ok_or_else(|| malformed(name, "postings"))?;
        if entry >= seq || line as usize > LINES_MAX {
            return Err(Reason::PostingUnknown.refuse().with("line", name));
        }
        take(name, posting_key((entry, line)))?;
    }
    city_fact(state, event)
}

pub(super) fn unmatch(
    state: &State,
    event: &Event,
    own: &UnmatchLines,
) -> Result<Decision, Problem> {
    let unknown = || Reason::MatchUnknown.refuse().with("matching", &own.matching);
    let found = state.statements.matches.get(&own.matching).ok_or_else(unknown)?;
    if let Some(by) = found.undone {
        let refusal = Reason::MatchUndone.refuse().with("matching", &own.matching);
        return Err(refusal.with("entry", by));
    }
    city_fact(state, event)
}

/// What the thresholds come to must make sense together.
pub(super) fn settings(
    state: &State,
    event: &Event,
    own: &ReconcileSettings,
    seq: u64,
) -> Result<Decision, Problem> {
    let after = Thresholds::after(state.statements.in_force(), event.id.clone(), seq, own);
    let in_order = [
        ("propose_score", after.propose_score, "match_score", after.match_score),
        ("days_near", after.days_near, "days_far", after.days_far),
    ];
    for (low_name, low, high_name, high) in in_order {
        if let (Some(low), Some(high)) = (low, high)
            && low > high
        {
            return Err(Reason::SettingsOrder
                .refuse()
                .with("low_field", low_name)
                .with("low", low)
                .with("high_field", high_name)
                .with("high", high));
        }
    }
    city_fact(state, event)
}

/// An account is certified when both adjusted balances are equal, on figures that rest on the journal
/// as it stands.
pub(super) fn certify(
    state: &State,
    event: &Event,
    own: &Certify,
    journal: JournalHead,
) -> Result<Decision, Problem> {
    let account = account(state, &own.bank_account)?;
    let figures = Figures::read(&own.figures)?;
    if figures.digest(&account.id, event.date) != *own.digest {
        let problem = Problem::data("certify-figures").with("detail", "digest");
        return Err(problem.in_column("digest"));
    }
    if figures.entries != journal.entries {
        return Err(Reason::CertifyStale
            .refuse()
            .with("bank_account", &account.id)
            .with("entries", figures.entries)
            .with("now", journal.entries));
    }
    let [statement, book] = figures.adjusted_sides();
    if statement != book || statement != figures.adjusted.into() {
        return Err(Reason::CertifyOpen
            .refuse()
            .with("bank_account", &account.id)
            .with("date", event.date)
            .with("statement", statement.grouped())
            .with("book", book.grouped())
            .with("difference", (statement - book).grouped()));
    }
    if let Some(late) = figures.open.iter().find(|item| item.date > event.date) {
        let problem = Problem::data("certify-figures").with("detail", &late.line);
        return Err(problem.in_column("figures"));
    }
    if !is_covered(state, &account.id, &figures.channel, event.date) {
        return Err(Reason::CertifyUncovered
            .refuse()
            .with("bank_account", &account.id)
            .with("date", event.date)
            .with("channel", &figures.channel));
    }
    check_first(state, event, &account.id)?;
    let root = crate::domain::digest::hex(&journal.root);
    let head = serde_json::json!({ "journal": { "entries": journal.entries, "root": root } });
    Ok(city_fact(state, event)?.working(Json::new(&head)?))
}

/// A whole statement covers the day, or the day lies between two that meet: what the one before
/// closes with, the next opens with, so that nothing moved on the days between.
fn is_covered(state: &State, account: &Id, channel: &str, day: Date) -> bool {
    let whole = |import: &&Import| {
        import.bank_account == *account
            && import.channel == channel
            && import.undone.is_none()
            && import.is_whole()
    };
    let all = || state.statements.imports.iter().filter(whole);
    let before = || all().filter(|import| import.to < day).max_by_key(|import| import.to);
    let after = || all().filter(|import| import.from > day).min_by_key(|import| import.from);
    all().any(|import| (import.from..=import.to).contains(&day))
        || before().zip(after()).is_some_and(|(one, next)| one.closing == next.opening)
}

/// A day is certified once, and again after something touched it.
fn check_first(state: &State, event: &Event, account: &Id) -> Result<(), Problem> {
    let Some(certified) = state.statements.certified.get(account) else { return Ok(()) };
    let last = certified.days.iter().rev().find(|one| one.date == event.date);
    match last.filter(|one| one.touched.is_empty()) {
        Some(one) => Err(Reason::CertifiedAlready
            .refuse()
            .with("bank_account", account)
            .with("date", event.date)
            .with("entry", one.entry)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_hides_a_digit_and_nothing_else() {
        assert!(same_number("6222 0211-1234", "622202111234"));
        assert!(same_number("622202111234", "6222****1234"));
        assert!(!same_number("622202111234", "6222***1234"));
        assert!(!same_number("622202111234", "622202111235"));
    }
}
