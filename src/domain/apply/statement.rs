//! Statements, confirmed matches and certificates, and the certificates that an entry touches.

use crate::domain::calendar::Date;
use crate::domain::entry::Entry;
use crate::domain::event::{ImportStatement, Kind};
use crate::domain::state::State;
use crate::domain::statement::facts::{Certificate, Certified, Import, LineMatch, Thresholds};
use crate::domain::statement::{Movement, NET_BANK, posting};
use crate::domain::text::Id;
use compact_str::CompactString;

pub(super) fn follow(state: &mut State, entry: &Entry) {
    let event = &entry.event;
    match &event.kind {
        Kind::ImportStatement(own) => import(state, entry, own),
        Kind::UndoStatement(own) => {
            if let Some(import) = state.statements.imports.get_mut(&own.statement) {
                import.undone.get_or_insert(entry.seq);
            }
        }
        Kind::MatchLines(own) => {
            let names = own.postings.as_deref().unwrap_or_default();
            let one = LineMatch {
                id: event.id.clone(),
                bank_account: own.bank_account.clone(),
                entry: entry.seq,
                lines: own.lines.clone().unwrap_or_default(),
                postings: names.iter().filter_map(|name| posting(name)).collect(),
                undone: None,
            };
            state.statements.note_match(&one, i128::from(entry.seq));
            state.statements.matches.insert(one);
        }
        Kind::UnmatchLines(own) => {
            let Some(one) = state.statements.matches.get_mut(&own.matching) else { return };
            if one.undone.is_none() {
                one.undone = Some(entry.seq);
                let one = one.clone();
                state.statements.note_match(&one, -i128::from(one.entry));
            }
        }
        Kind::ReconcileSettings(own) => {
            let before = state.statements.in_force();
            let after = Thresholds::after(before, event.id.clone(), entry.seq, own);
            state.statements.thresholds.insert(after);
        }
        Kind::Certify(own) => {
            let certificate =
                Certificate { date: event.date, entry: entry.seq, touched: Vec::new() };
            state.statements.certified.insert(Certified {
                bank_account: own.bank_account.clone(),
                latest: event.date,
                days: Vec::new(),
            });
            if let Some(certified) = state.statements.certified.get_mut(&own.bank_account) {
                certified.latest = certified.latest.max(event.date);
                certified.days.push(certificate);
            }
        }
        _ => {}
    }
}

fn import(state: &mut State, entry: &Entry, own: &ImportStatement) {
    let movements = Movement::read_all(&own.movements).unwrap_or_default();
    let last = movements.last().map(|last| (last.balance, last.date));
    let lines = movements.len() as u64;
    let imports = &mut state.statements.imports;
    if own.part.is_some_and(|part| part.0 > 1) {
        let started = imports.iter().last().map(|import| import.id.clone());
        let Some(import) = started.and_then(|id| imports.get_mut(&id)) else { return };
        import.recorded = import.recorded.saturating_add(1);
        import.lines = import.lines.saturating_add(lines);
        import.reached = last.unwrap_or(import.reached);
        return;
    }
    imports.insert(Import {
        id: entry.event.id.clone(),
        bank_account: own.bank_account.clone(),
        channel: own.channel.as_deref().map_or(NET_BANK.into(), CompactString::new),
        entry: entry.seq,
        parts: own.parts.map_or(1, |parts| parts.0),
        recorded: 1,
        from: own.from,
        to: entry.event.date,
        opening: own.opening.0,
        closing: own.closing.0,
        reached: last.unwrap_or((own.opening.0, own.from)),
        lines,
        sha256: own.sha256.clone(),
        file: own.file.clone(),
        profile: own.profile.clone(),
        maker: entry.event.maker.clone(),
        fetched_by: own.fetched_by.clone(),
        gap_reason: own.gap_reason.clone(),
        undone: None,
    });
}

/// The bank accounts whose days from a day on an entry changes, for certificates made after an entry.
fn concerned(state: &State, entry: &Entry) -> Vec<(Id, Date, u64)> {
    let facts = &state.statements;
    let day = entry.event.date;
    let mut concerned = Vec::new();
    for line in entry.lines.iter().filter(|line| line.account.is_cash()) {
        concerned.extend(line.bank_account.clone().map(|account| (account, day, 0)));
    }
    match &entry.event.kind {
        Kind::ImportStatement(own) => concerned.push((own.bank_account.clone(), own.from, 0)),
        Kind::UndoStatement(own) => {
            let import = facts.imports.get(&own.statement);
            concerned.extend(import.map(|import| (import.bank_account.clone(), import.from, 0)));
        }
        Kind::UnmatchLines(own) => {
            let one = facts.matches.get(&own.matching);
            concerned.extend(one.map(|one| (one.bank_account.clone(), Date::MIN, one.entry)));
        }
        _ => {}
    }
    concerned
}

/// Notes an entry with every certificate whose day it touches: it moves money on the account by then,
/// takes in or takes out a statement that reaches back so far, or takes back a match that was known.
/// Cost: a look-up a line where any account is certified.
pub(super) fn touch(state: &mut State, entry: &Entry) {
    if state.statements.certified.is_empty() {
        return;
    }
    for (account, from, since) in concerned(state, entry) {
        let known = state.statements.certified.get(&account);
        if known.is_some_and(|certified| certified.concerns(from, since))
            && let Some(certified) = state.statements.certified.get_mut(&account)
        {
            certified.touch(entry.seq, from, since);
        }
    }
}

/// The certified days that an applied entry touches, by bank account. A day that keeps no more entries
/// in mind was told often enough.
pub(crate) fn touched(state: &State, entry: &Entry) -> Vec<(Id, Vec<Date>)> {
    let mut found: Vec<(Id, Vec<Date>)> = Vec::new();
    for (account, ..) in concerned(state, entry) {
        if found.iter().any(|(known, _)| *known == account) {
            continue;
        }
        let Some(certified) = state.statements.certified.get(&account) else { continue };
        let by_it = certified.days.iter().filter(|one| one.touched.last() == Some(&entry.seq));
        let days: Vec<Date> = by_it.map(|one| one.date).collect();
        if !days.is_empty() {
            found.push((account, days));
        }
    }
    found
}
