//! Deposit interest on an account that holds money of several owners (E-23): shared by the sums of
//! daily balances, the last owner taking what rounding leaves (倒挤).

use super::Book;
use super::subsidies::event as made;
use crate::audit::day_sums::{Credited, DaySums, Part, Split, day_sums};
use crate::domain::event::{Event, Kind, PoolInterest};
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::{Fraction, Rate, Share, split};
use crate::domain::refusal::Reason;
use crate::domain::text::Id;
use crate::problem::Problem;
use crate::store::Store;

/// The days of a year of deposit interest (C-01).
const YEAR: i128 = 360;

impl<S: Store> Book<S> {
    /// Shares interest that a bank credited; writes nothing.
    ///
    /// # Errors
    /// An unknown account, no days, no amount, nobody's money on the account, or those of the store.
    pub fn split_interest(&self, credited: &Credited) -> Result<Split, Problem> {
        let state = self.state();
        let Credited { bank_account, days, amount, rate, .. } = credited;
        let account = state.bank_accounts.get(bank_account);
        let unknown = || Reason::BankAccountUnknown.refuse().with("bank_account", bank_account);
        let fund = account.ok_or_else(unknown)?.fund;
        if days.is_empty() {
            return Err(Reason::DateOrder
                .refuse()
                .with("earlier_field", "from")
                .with("earlier", days.from)
                .with("later_field", "to")
                .with("later", days.to));
        }
        if !amount.is_positive() {
            return Err(Reason::AmountZero.refuse());
        }
        let bank = u16::try_from(state.bank_number(Some(bank_account))).unwrap_or(u16::MAX);
        let sums = self.with_movements(|movements| day_sums(movements, bank, *days))?;
        let names = self.owner_names().into_iter();
        let held: Vec<(Id, i128)> =
            names.filter_map(|name| Some((name.code, *sums.owners.get(&name.number)?))).collect();
        if held.is_empty() {
            return Err(Problem::refused("interest-no-balance")
                .with("bank_account", bank_account)
                .with("from", days.from)
                .with("to", days.to));
        }
        let range = |_: MoneyError| Problem::data("amount-range").with("text", amount);
        let amounts = shares(&held, *amount).map_err(range)?;
        let computed =
            rate.map(|rate| computed(&sums, rate, *amount)).transpose().map_err(range)?;
        let parts: Vec<Part> = held
            .into_iter()
            .zip(amounts)
            .map(|((owner, sum), amount)| {
                let day_sum =
                    Fraction::new(sum, 1).map_or_else(|_| String::new(), |sum| sum.yuan_text(2));
                Part { owner, day_sum, amount }
            })
            .collect();
        let tolerance = Money::from_fen(days.days()).map_err(range)?;
        let events = parts.iter().filter(|part| part.amount.is_positive());
        let events = events.map(|part| self.once_more(event(credited, part)));
        let events = events.collect::<Result<_, _>>()?;
        Ok(Split { fund, parts, computed, tolerance, events })
    }
}

/// The amount by the sums; the last owner takes the rest.
fn shares(held: &[(Id, i128)], amount: Money) -> Result<Vec<Money>, MoneyError> {
    let whole: i128 = held.iter().map(|(_, sum)| sum).sum();
    let share = |sum: i128| {
        let (numerator, denominator) = Fraction::new(sum, whole)?.reduced().parts();
        Share::new(numerator, denominator).map_err(|_| MoneyError::Range)
    };
    let shares: Vec<Share> = held.iter().map(|(_, sum)| share(*sum)).collect::<Result<_, _>>()?;
    split(amount, &shares, shares.len().saturating_sub(1))
}

/// What the rate comes to on whole yuan, and what was credited beyond it.
fn computed(sums: &DaySums, rate: Rate, amount: Money) -> Result<(Money, Money), MoneyError> {
    let fen = sums.yuan.checked_mul(100).ok_or(MoneyError::Range)?;
    let exact = Fraction::new(fen, YEAR)?.reduced().times(rate.fraction())?;
    let computed = exact.round_fen()?;
    Ok((computed, amount.sub(computed)?))
}

/// The event of one part. Its id names the account, the first day after the days, and the owner.
fn event(credited: &Credited, part: &Part) -> Event {
    let Credited { bank_account, days, .. } = credited;
    let id = format!("interest/{bank_account}/{}/{}", days.to, part.owner);
    let date = credited.date.unwrap_or(days.to);
    let own = PoolInterest {
        accrued: None,
        amount: part.amount,
        bank_account: bank_account.clone(),
        fund: None,
        to: None,
    };
    made(&id, date, &part.owner, Kind::PoolInterest(own))
}
