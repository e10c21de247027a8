//! Period ends: E-22, E-61, E-80 and E-81.

use super::Draft;
use crate::domain::account::Account;
use crate::domain::event::Programme;
use crate::domain::money::Money;

/// E-80 period close: the balance of an income or expense account (net debit) goes to 3301.
pub fn close_result(draft: Draft, account: Account, balance: Money) -> Draft {
    carry(draft, account, Account::PeriodResult, balance)
}

/// E-81 year end: what stands in 3301 or 3501 (net debit) goes to 3101.09.
pub fn close_year(draft: Draft, account: Account, balance: Money) -> Draft {
    carry(draft, account, Account::Surplus, balance)
}

/// Takes a balance from one account to another, on the side on which it stands.
fn carry(draft: Draft, from: Account, to: Account, balance: Money) -> Draft {
    if balance < Money::ZERO {
        draft.post(from, to, balance.negated(), None)
    } else {
        draft.post(to, from, balance, None)
    }
}

/// E-22 interest accrued.
pub fn accrue_interest(draft: Draft, amount: Money) -> Draft {
    draft.post(Account::InterestReceivable, Account::InterestIncome, amount, None)
}

/// E-61 subsidies estimated.
pub fn estimate_subsidy(draft: Draft, programme: Programme, amount: Money) -> Draft {
    let (expense, accrued) = match programme {
        Programme::InterestDiscount => (Account::DiscountExpense, Account::DiscountAccrued),
        Programme::GuaranteeFee => (Account::FeeSubsidyExpense, Account::FeeSubsidyAccrued),
    };
    draft.post(expense, accrued, amount, None)
}
