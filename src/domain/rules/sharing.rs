//! Who bears what of a loss: pool, guarantor, bank.

use super::read;
use super::words::Side;
use crate::domain::loan::Loan;
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::{Share, split, split_cumulative};

/// Who bears what of a loss; the three shares add up to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// The pool's share.
    pub pool: Share,
    /// The guarantor's share.
    pub guarantor: Share,
    /// The bank's share.
    pub bank: Share,
    /// Who takes what rounding leaves (倒挤).
    pub balancing: Side,
}

impl Sharing {
    /// The shares in the order pool, guarantor, bank.
    pub fn shares(&self) -> [Share; 3] {
        [self.pool, self.guarantor, self.bank]
    }

    /// The position of the balancing party in [`Sharing::shares`].
    pub fn balancing_index(&self) -> usize {
        self.balancing as usize
    }

    /// What the pool does not bear is the bank's.
    pub fn of_bank(pool: Share) -> Self {
        Self { pool, guarantor: Share::ZERO, bank: pool.rest(), balancing: Side::Bank }
    }

    /// The same table with a loan's own shares; the bank bears what they leave. Nothing where they
    /// are more than the whole, or where the pool's share is another one and nobody says what becomes
    /// of the guarantor's.
    #[must_use]
    pub fn with(self, own: OwnShares) -> Option<Self> {
        let differs =
            |pool: &Share| read::is_less(*pool, self.pool) || read::is_less(self.pool, *pool);
        let open = own.pool.as_ref().is_some_and(differs) && self.guarantor != Share::ZERO;
        if own.guarantor.is_none() && (open || own.pool.is_none()) {
            return (!open).then_some(self);
        }
        let (pool, guarantor) = (own.pool.unwrap_or(self.pool), own.guarantor);
        let guarantor = guarantor.unwrap_or(self.guarantor);
        let bank = read::rest_of(&[pool, guarantor])?;
        Some(Self { pool, guarantor, bank, balancing: Side::Bank })
    }

    /// A loss in the order pool, guarantor, bank (C-11).
    ///
    /// # Errors
    /// [`MoneyError::Range`] when a part leaves the bounds.
    pub fn split(&self, whole: Money) -> Result<[Money; 3], MoneyError> {
        three(split(whole, &self.shares(), self.balancing_index())?)
    }

    /// One more recovery after `before` has been shared out (C-12).
    ///
    /// # Errors
    /// [`MoneyError::Range`] when a part leaves the bounds.
    pub fn split_recovery(&self, before: Money, net: Money) -> Result<[Money; 3], MoneyError> {
        three(split_cumulative(before, net, &self.shares(), self.balancing_index())?)
    }
}

fn three(parts: Vec<Money>) -> Result<[Money; 3], MoneyError> {
    parts.try_into().map_err(|_| MoneyError::Range)
}

/// Shares that a loan carries itself, in place of those of the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnShares {
    /// The pool's.
    pub pool: Option<Share>,
    /// The guarantor's.
    pub guarantor: Option<Share>,
}

impl OwnShares {
    /// Those of an enrolled loan.
    pub fn of(loan: &Loan) -> Self {
        Self { pool: loan.pool_share, guarantor: loan.guarantor_share }
    }
}
