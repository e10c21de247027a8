//! An entry as the passes see it: a fact that is added, or one that is taken back.

use crate::domain::account::{Account, Side};
use crate::domain::entry::{Entry, Line};
use crate::domain::event::Event;
use crate::domain::money::{Money, Total};
use crate::domain::rate::Share;
use crate::domain::text::Id;

/// An entry with the event that it records or takes back.
#[derive(Clone, Copy)]
pub(super) struct Fact<'a> {
    /// Number of the entry.
    pub seq: u64,
    /// The entry.
    pub entry: &'a Entry,
    /// What happened, or what is taken back.
    pub event: &'a Event,
    /// True when it is taken back.
    pub back: bool,
}

impl Fact<'_> {
    /// Debits less credits of an account in the entry as it stands.
    pub fn moved(&self, account: Account) -> Total {
        let lines = self.entry.all_lines();
        lines.filter(|line| line.account == account).map(Line::signed).sum()
    }

    /// The same of the entry that is recorded or taken back: a reversal's lines are turned.
    pub fn told(&self, account: Account) -> Total {
        if self.back { -self.moved(account) } else { self.moved(account) }
    }

    /// Debits or credits alone of an account, of the entry that is recorded or taken back.
    pub fn side(&self, account: Account, side: Side) -> Total {
        let side = if self.back { side.opposite() } else { side };
        let lines = self.entry.all_lines();
        let lines = lines.filter(|line| line.account == account && line.side == side);
        lines.map(|line| Total::from(line.amount)).sum()
    }

    /// An amount with the sign of the fact: positive when it is added.
    pub fn signed(&self, amount: impl Into<Total>) -> Total {
        let amount = amount.into();
        if self.back { -amount } else { amount }
    }

    /// The owner of the entry.
    pub fn owner(&self) -> Option<&Id> {
        self.entry.owner()
    }
}

/// Numerator over denominator, rounded half away from zero; written out here because the
/// auditor does not take the program's own rounding for granted.
pub(super) fn rounded(numerator: i128, denominator: i128) -> i128 {
    let denominator = denominator.max(1);
    let twice =
        numerator.unsigned_abs().saturating_mul(2).saturating_add(denominator.unsigned_abs());
    let whole = twice / denominator.unsigned_abs().saturating_mul(2);
    i128::try_from(whole).unwrap_or(i128::MAX) * numerator.signum()
}

/// An amount times a share, rounded once.
pub(super) fn share_of(amount: Total, share: Share) -> Total {
    let (numerator, denominator) = share.fraction().parts();
    Total(rounded(amount.0.saturating_mul(numerator), denominator))
}

/// What is told, or what was meant when nothing was told.
pub(super) fn or(told: Option<Money>, meant: Total) -> Total {
    told.map_or(meant, Total::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_half_away_from_zero() {
        let rows = [(5, 10, 1), (-5, 10, -1), (4, 10, 0), (-4, 10, 0), (15, 10, 2), (7, 3, 2)];
        for (numerator, denominator, expected) in rows {
            assert_eq!(rounded(numerator, denominator), expected, "{numerator}/{denominator}");
        }
        assert_eq!(share_of(Total(123_456_789), Share::parse("40%").unwrap()), Total(49_382_716));
    }
}
