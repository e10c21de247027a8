//! Sums of daily balances (积数) of one bank account, by owner: what interest on it is shared by.

use crate::audit::movements::{Movements, collect};
use crate::domain::account::Fund;
use crate::domain::calendar::{Date, Period};
use crate::domain::event::Event;
use crate::domain::money::{Money, Total};
use crate::domain::rate::Rate;
use crate::domain::text::Id;
use crate::problem::Problem;
use std::collections::BTreeMap;

/// Fen in a yuan.
const YUAN: i128 = 100;

/// The sums over some days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DaySums {
    /// Fen × days by owner number; owners that never held any are left out.
    pub owners: BTreeMap<u16, i128>,
    /// Whole yuan × days of the account as the bank sees it: fen earn nothing (C-09).
    pub yuan: i128,
}

/// What is to be shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Credited {
    /// Bank account.
    pub bank_account: Id,
    /// Days that it was credited for.
    pub days: Period,
    /// What the bank credited.
    pub amount: Money,
    /// Yearly rate, to compare it with.
    pub rate: Option<Rate>,
    /// Business date of the events; the first day after `days` where none is named.
    pub date: Option<Date>,
}

/// One owner's part.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Owner.
    pub owner: Id,
    /// Sum of its daily balances, in yuan × days.
    pub day_sum: String,
    /// Its part; nothing to record where it is 0.00.
    pub amount: Money,
}

/// The parts of all owners.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// Fund of the account.
    pub fund: Fund,
    /// Parts in the order of owner codes.
    pub parts: Vec<Part>,
    /// What the rate comes to, and what was credited beyond it.
    pub computed: Option<(Money, Money)>,
    /// Differences of so much are normal: one fen a day (C-09).
    pub tolerance: Money,
    /// One event an owner.
    pub events: Vec<Event>,
}

impl Split {
    /// True when the bank credited what the rate comes to, or nearly.
    pub fn agrees(&self) -> bool {
        let beyond = self.computed.map_or(0, |(_, beyond)| beyond.fen().abs());
        beyond <= self.tolerance.fen()
    }
}

/// Adds up the evening balances of each day of `days`.
///
/// Cost: one scan of the months and one of the days of each month concerned.
///
/// # Errors
/// Those of the source.
pub fn day_sums(
    source: &(impl Movements + ?Sized),
    bank: u16,
    days: Period,
) -> Result<DaySums, Problem> {
    let mut evenings: Vec<Date> = Vec::new();
    let mut day = days.from;
    while day < days.to {
        evenings.push(day);
        day = day.tomorrow().unwrap_or(days.to);
    }
    let mut moved: BTreeMap<u16, Vec<Total>> = BTreeMap::new();
    collect(source, None, &evenings, &mut |key, place, sum| {
        if key.bank == bank && key.account.is_cash() {
            let owner = moved.entry(key.owner);
            let owner = owner.or_insert_with(|| vec![Total::ZERO; evenings.len()]);
            if let Some(total) = owner.get_mut(place) {
                *total += sum.net();
            }
        }
    })?;
    let mut sums = DaySums::default();
    let mut account = vec![Total::ZERO; evenings.len()];
    for (owner, moved) in moved {
        let mut balance = Total::ZERO;
        for (moved, account) in moved.into_iter().zip(&mut account) {
            balance += moved;
            *account += balance;
            *sums.owners.entry(owner).or_default() += balance.0;
        }
    }
    sums.owners.retain(|_, sum| *sum > 0);
    sums.yuan = account.iter().map(|balance| balance.0.max(0) / YUAN).sum();
    Ok(sums)
}
