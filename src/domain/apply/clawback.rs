//! Records of subsidy lines that are returned, reduced or clawed back.
//!
//! What an entry did is read from its lines; taking it back does the same with the other sign.

use super::subsidy::{add_cap_years, paid_subsidy};
use super::sum;
use crate::domain::account::Account;
use crate::domain::entry::Entry;
use crate::domain::event::Kind;
use crate::domain::money::Money;
use crate::domain::registry::Subsidy;
use crate::domain::state::State;
use crate::domain::text::Id;
use crate::domain::years::{Years, add_year};

/// An entry that is followed, or taken back.
#[derive(Clone, Copy)]
struct Turn {
    seq: Option<u64>,
}

impl Turn {
    fn add(self, to: &mut Money, by: Money) {
        let by = if self.seq.is_some() { by } else { by.negated() };
        *to = to.add(by).unwrap_or_default();
    }

    fn take(self, from: &mut Money, by: Money) {
        self.add(from, by.negated());
    }

    /// Gives room back to the firm's caps: as the years say, else the last year first.
    fn give(self, line: &mut Subsidy, years: Option<&Years>, otherwise: Money) {
        let Some(years) = years else { return self.add(&mut line.released, otherwise) };
        let years = if self.seq.is_some() { years.clone() } else { years.turned() };
        years.rows().iter().for_each(|row| add_year(&mut line.given, *row));
    }
}

pub(super) fn follow(state: &mut State, entry: &Entry) {
    turn(state, entry, Turn { seq: Some(entry.seq) });
}

pub(super) fn undo(state: &mut State, original: &Entry) {
    turn(state, original, Turn { seq: None });
}

fn turn(state: &mut State, entry: &Entry, turn: Turn) {
    let amount = |account| sum(&entry.lines, account);
    let due = amount(Account::ClawbackReceivable);
    match &entry.event.kind {
        Kind::ReturnSubsidy(own) => change(state, &own.subsidy, turn, |line| {
            turn.add(&mut line.returned, amount(Account::ReturnedPayments));
        }),
        Kind::ReissueSubsidy(own) => change(state, &own.subsidy, turn, |line| {
            turn.take(&mut line.returned, amount(Account::ReturnedPayments));
            turn.add(&mut line.reissued, amount(Account::ReturnedPayments));
        }),
        Kind::ReduceSubsidy(own) => change(state, &own.subsidy, turn, |line| {
            let reduced = paid_subsidy(entry);
            turn.take(&mut line.amount, reduced);
            turn.give(line, own.years.as_ref(), reduced);
        }),
        Kind::ClawBack(own) => change(state, &own.subsidy, turn, |line| {
            turn.add(&mut line.clawback, due);
            turn.give(line, own.years.as_ref(), sum(&entry.memo, Account::FirmYear));
        }),
        Kind::ReceiveClawback(own) => change(state, &own.subsidy, turn, |line| {
            turn.add(&mut line.settled, due);
        }),
        Kind::OffsetClawback(own) => {
            change(state, &own.subsidy, turn, |line| {
                turn.add(&mut line.settled, due);
                turn.add(&mut line.offset, due);
            });
            change(state, &own.against, turn, |line| turn.add(&mut line.paid, due));
        }
        Kind::WriteOffClawback(own) => change(state, &own.subsidy, turn, |line| {
            turn.add(&mut line.settled, due);
            turn.add(&mut line.written_off, due);
        }),
        _ => {}
    }
}

/// Changes a line; where it stands and what it uses of the firm's caps follow from its amounts.
fn change(state: &mut State, id: &Id, turn: Turn, change: impl FnOnce(&mut Subsidy)) {
    let Some(line) = state.subsidies.get_mut(id) else { return };
    let before = line.years_used();
    change(line);
    match turn.seq {
        Some(seq) => {
            line.trail.push(seq);
            line.before.push(line.state);
            line.state = line.standing();
        }
        None => {
            line.trail.pop();
            line.state = line.before.pop().unwrap_or(line.state);
        }
    }
    let before = before.into_iter().map(|(year, amount)| (year, amount.negated()));
    let differing = Years::of(line.years_used().into_iter().chain(before));
    let line = line.clone();
    add_cap_years(state, &line, differing.rows().to_vec());
}
