//! The books at period ends: trial balances (2) and the roll-forward of each cell (11).
//!
//! Memory: one row for each account of a cell and month with movements.

use super::FastMap;
use super::checks::{Check, Tally};
use crate::audit::flow::{Flow, Placing};
use crate::domain::account::{Account, Fund, Side};
use crate::domain::calendar::Date;
use crate::domain::digest::Balances;
use crate::domain::entry::Line;
use crate::domain::money::Total;
use std::collections::BTreeMap;

/// Owner (by its small number), fund and month.
type Key = (u32, Fund, i16, i8);

/// Debits and credits of an account in a month.
type Row = (Account, [Total; 2]);

/// Movements by cell, month, account; and flows by cell and year.
#[derive(Default)]
pub(super) struct Periods {
    movements: FastMap<(Key, Account), [Total; 2]>,
    flows: FastMap<(u32, Fund, i16, Flow), Total>,
}

impl Periods {
    /// Adds a line of an entry dated so.
    pub fn add(&mut self, owner: u32, date: Date, line: &Line, placing: Placing) {
        let key = (owner, line.fund, date.year(), date.month());
        let [debit, credit] = self.movements.entry((key, line.account)).or_default();
        match line.side {
            Side::Debit => *debit += line.amount.into(),
            Side::Credit => *credit += line.amount.into(),
        }
        let flow = placing.flow(line);
        if flow != Flow::None {
            let sum = self.flows.entry((owner, line.fund, date.year(), flow)).or_default();
            *sum += -line.signed();
        }
    }

    /// An owner's balances at the end of a month. Cost: linear in the movements so far.
    pub fn balances(&self, owner: u32, last: Date) -> Balances {
        let last = (last.year(), last.month());
        let mut balances = Balances::new();
        for (((of, fund, year, month), account), [debit, credit]) in &self.movements {
            if *of == owner && (*year, *month) <= last {
                *balances.entry((*fund, *account)).or_default() += *debit - *credit;
            }
        }
        balances
    }

    /// Checks every month end and year end of every cell.
    pub fn finish<'a>(&self, owner_name: impl Fn(u32) -> &'a str, tally: &mut Tally) {
        let mut months: BTreeMap<(&str, Fund, i16, i8), Vec<Row>> = BTreeMap::new();
        for (((owner, fund, year, month), account), moved) in &self.movements {
            let key = (owner_name(*owner), *fund, *year, *month);
            months.entry(key).or_default().push((*account, *moved));
        }
        let mut cell = None;
        let mut books = [Register::default(), Register::default()];
        for ((owner, fund, year, month), rows) in &months {
            if cell != Some((owner, fund)) {
                cell = Some((owner, fund));
                books = [Register::default(), Register::default()];
            }
            let subject = format!("{owner} {fund} {year}-{month:02}");
            for (memo, register) in [false, true].into_iter().zip(&mut books) {
                let rows = rows.iter().filter(|(account, _)| account.is_memo() == memo);
                register.month(&subject, rows, tally);
            }
        }
        self.roll_forward(owner_name, tally);
    }

    /// Opening and the columns of the year give money, claims and debts at its end.
    fn roll_forward<'a>(&self, owner_name: impl Fn(u32) -> &'a str, tally: &mut Tally) {
        let mut years: BTreeMap<(&str, Fund, i16), [Total; 3]> = BTreeMap::new();
        for (((owner, fund, year, _), account), [debit, credit]) in &self.movements {
            if !account.is_memo() && !account.is_equity() {
                let sums = years.entry((owner_name(*owner), *fund, *year)).or_default();
                sums[0] += *debit - *credit;
            }
        }
        for ((owner, fund, year, flow), sum) in &self.flows {
            let sums = years.entry((owner_name(*owner), *fund, *year)).or_default();
            sums[if *flow == Flow::Closing { 2 } else { 1 }] += *sum;
        }
        let (mut cell, mut closing, mut known) = (None, [Total::ZERO; 2], Total::ZERO);
        for ((owner, fund, year), [position, flows, between]) in &years {
            if cell != Some((owner, fund)) {
                (cell, closing, known) = (Some((owner, fund)), [Total::ZERO; 2], Total::ZERO);
            }
            closing = [closing[0] + *flows, closing[1] + *position];
            let subject = format!("{owner} {fund} {year}");
            tally.look(Check::RollForward);
            // Told in the year in which it arises, not again in every later one.
            if closing[1] - closing[0] != known {
                tally.find(Check::RollForward, None, &subject, closing[0], closing[1]);
                known = closing[1] - closing[0];
            }
            if *between != Total::ZERO {
                tally.find(Check::RollForward, None, &subject, Total::ZERO, *between);
            }
        }
    }
}

/// The balances of one register of a cell, month by month.
#[derive(Default)]
struct Register {
    balances: BTreeMap<Account, Total>,
    /// Debits less credits that were told already.
    known: Total,
}

impl Register {
    /// The pairs of a month: what opens is what closed, what moves is equal on both sides.
    fn month<'r>(&mut self, subject: &str, rows: impl Iterator<Item = &'r Row>, tally: &mut Tally) {
        let mut moved = [Total::ZERO; 2];
        for (account, [debit, credit]) in rows {
            moved = [moved[0] + *debit, moved[1] + *credit];
            *self.balances.entry(*account).or_default() += *debit - *credit;
        }
        tally.same(Check::TrialBalance, None, subject, moved[0], moved[1]);
        self.known += moved[0] - moved[1];
        let closing = self.balances.values().fold([Total::ZERO; 2], |[debit, credit], net| {
            [debit + (*net).max(Total::ZERO), credit + (-*net).max(Total::ZERO)]
        });
        tally.same(Check::TrialBalance, None, subject, closing[1] + self.known, closing[0]);
    }
}
