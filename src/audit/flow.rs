//! The column of the roll-forward in which a line shows.
//!
//! Only capital, income and expense count; money and debts are what the columns are explained by.
//! The account and the side decide, not the event, so that an entry of any age and kind lands in
//! the same column. A reversal takes the column of what it reverses and shows there as a negative
//! amount, never as an outflow elsewhere.

use crate::domain::account::{Account, Side};
use crate::domain::entry::{Entry, Line};

/// A column of the roll-forward, or why a line shows in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Flow {
    /// Not a line of capital, income or expense.
    None = 0,
    /// Contributions to the fund (出资).
    Contributions = 1,
    /// Budget received (财政拨款).
    Budget = 2,
    /// Interest kept in the pool (利息).
    Interest = 3,
    /// Recoveries (追偿收回).
    Recoveries = 4,
    /// Other increases (其他增加).
    OtherIn = 5,
    /// Compensation approved (补偿支出).
    Compensation = 6,
    /// Subsidies approved (补贴支出).
    Subsidies = 7,
    /// Withdrawals (退出).
    Withdrawals = 8,
    /// Costs (费用).
    Costs = 9,
    /// Other decreases (其他减少).
    OtherOut = 10,
    /// From one capital, income or expense account to another: period ends, losses shared back.
    Closing = 11,
}

impl Flow {
    /// Every value, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::None,
        Self::Contributions,
        Self::Budget,
        Self::Interest,
        Self::Recoveries,
        Self::OtherIn,
        Self::Compensation,
        Self::Subsidies,
        Self::Withdrawals,
        Self::Costs,
        Self::OtherOut,
        Self::Closing,
    ];

    /// The number in keys of the index.
    pub fn index(self) -> u8 {
        self as u8
    }

    /// Back from [`Flow::index`].
    pub fn from_index(index: u8) -> Option<Self> {
        Self::ALL.get(usize::from(index)).copied()
    }

    /// True for the columns that add to the balance; they count credit less debit.
    pub fn is_in(self) -> bool {
        matches!(
            self,
            Self::Contributions | Self::Budget | Self::Interest | Self::Recoveries | Self::OtherIn
        )
    }

    /// True for the columns that take from the balance; they count debit less credit.
    pub fn is_out(self) -> bool {
        matches!(
            self,
            Self::Compensation | Self::Subsidies | Self::Withdrawals | Self::Costs | Self::OtherOut
        )
    }

    /// The column of an account moved on `side` by an entry that is no reversal.
    fn of(account: Account, side: Side) -> Self {
        let by_side = |credit, debit| if side == Side::Credit { credit } else { debit };
        match account {
            Account::CapitalProvince
            | Account::CapitalCity
            | Account::CapitalCounty
            | Account::CapitalGuarantor
            | Account::CapitalBank => by_side(Self::Contributions, Self::Withdrawals),
            // A budget given back (E-73) leaves the fund; it is not a smaller budget.
            Account::BudgetInterest | Account::BudgetFee | Account::BudgetCompensation => {
                by_side(Self::Budget, Self::OtherOut)
            }
            Account::InterestIncome => Self::Interest,
            Account::RecoveryIncome => Self::Recoveries,
            // Both sides: an approval cut down (E-45, E-66, E-67) makes the column smaller.
            Account::Compensation => Self::Compensation,
            Account::DiscountExpense | Account::FeeSubsidyExpense => Self::Subsidies,
            Account::RecoveryCost | Account::TrusteeFee | Account::OtherExpense => Self::Costs,
            Account::Surplus | Account::PeriodResult | Account::PriorYears => {
                by_side(Self::OtherIn, Self::OtherOut)
            }
            _ => Self::None,
        }
    }
}

/// What must be known of an entry to place its lines.
#[derive(Clone, Copy, Debug)]
pub struct Placing {
    reversal: bool,
    internal: bool,
}

impl Placing {
    /// Looks at an entry once. Cost: one pass over the lines on balance.
    pub fn of(entry: &Entry) -> Self {
        Self {
            reversal: entry.reverses.is_some(),
            // No money or debt moves, so nothing came in and nothing went out. Holds for period
            // ends and for their reversals alike.
            internal: entry.lines.iter().all(|line| line.account.is_equity()),
        }
    }

    /// The column of one of the entry's lines.
    pub fn flow(self, line: &Line) -> Flow {
        if !line.account.is_equity() {
            return Flow::None;
        }
        if self.internal {
            return Flow::Closing;
        }
        let side = if self.reversal { line.side.opposite() } else { line.side };
        Flow::of(line.account, side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::sample::{entry, line, reversed};
    use crate::domain::account::Fund;

    fn flows(entry: &Entry) -> Vec<Flow> {
        let placing = Placing::of(entry);
        entry.lines.iter().map(|line| placing.flow(line)).collect()
    }

    #[test]
    fn numbers_read_back() {
        for flow in Flow::ALL {
            assert_eq!(Flow::from_index(flow.index()), Some(flow));
            assert!(!(flow.is_in() && flow.is_out()));
        }
        assert_eq!(Flow::from_index(12), None);
    }

    #[test]
    fn every_equity_account_has_a_column_and_no_other_has() {
        for account in Account::ALL {
            for side in [Side::Debit, Side::Credit] {
                assert_eq!(Flow::of(*account, side) != Flow::None, account.is_equity());
            }
        }
    }

    #[test]
    fn a_reversal_stays_in_the_column() {
        let given = entry(
            1,
            "2017-03-01",
            vec![
                line("410821", Fund::Risk, Account::CashRisk, Side::Debit, 100),
                line("410821", Fund::Risk, Account::CapitalCounty, Side::Credit, 100),
            ],
        );
        assert_eq!(flows(&given), [Flow::None, Flow::Contributions]);
        assert_eq!(flows(&reversed(&given, 2)), [Flow::None, Flow::Contributions]);
        let withdrawn = entry(
            3,
            "2017-04-01",
            vec![
                line("410821", Fund::Risk, Account::CapitalCounty, Side::Debit, 100),
                line("410821", Fund::Risk, Account::WithdrawalPayable, Side::Credit, 100),
            ],
        );
        assert_eq!(flows(&withdrawn), [Flow::Withdrawals, Flow::None]);
        assert_eq!(flows(&reversed(&withdrawn, 4)), [Flow::Withdrawals, Flow::None]);
    }

    #[test]
    fn a_period_end_is_no_flow_in_or_out() {
        let close = entry(
            1,
            "2017-12-31",
            vec![
                line("410821", Fund::Risk, Account::InterestIncome, Side::Debit, 5),
                line("410821", Fund::Risk, Account::PeriodResult, Side::Credit, 5),
            ],
        );
        assert_eq!(flows(&close), [Flow::Closing, Flow::Closing]);
        assert_eq!(flows(&reversed(&close, 2)), [Flow::Closing, Flow::Closing]);
    }
}
