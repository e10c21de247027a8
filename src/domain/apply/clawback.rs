//! Records of subsidy lines that are returned, reduced or clawed back.
//!
//! What an entry did is read from its lines; taking it back does the same with the other sign.

use super::{add_cap_years, paid_subsidy, sum};
use crate::domain::account::Account;
use crate::domain::entry::Entry;
use crate::domain::event::Kind;
use crate::domain::money::Money;
use crate::domain::registry::Subsidy;
use crate::domain::state::State;
use crate::domain::text::Id;

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
            turn.add(&mut line.released, reduced);
        }),
        Kind::ClawBack(own) => change(state, &own.subsidy, turn, |line| {
            turn.add(&mut line.clawback, due);
            turn.add(&mut line.released, sum(&entry.memo, Account::FirmYear));
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
    let after = line.years_used();
    let differing = before.into_iter().zip(after).filter(|(was, is)| was != is);
    let years = differing.map(|((year, was), (_, is))| (year, is.sub(was).unwrap_or_default()));
    let (years, line) = (years.collect(), line.clone());
    add_cap_years(state, &line, years);
}
