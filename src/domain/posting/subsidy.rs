//! Subsidy lines: approved, paid, returned, reduced, clawed back (E-62 to E-71).

use super::Draft;
use crate::domain::account::Account;
use crate::domain::event::{InterestOwner, Programme};
use crate::domain::money::Money;
use crate::domain::text::Id;

fn subsidy_accounts(programme: Programme) -> (Account, Account) {
    match programme {
        Programme::InterestDiscount => (Account::DiscountExpense, Account::DiscountPayable),
        Programme::GuaranteeFee => (Account::FeeSubsidyExpense, Account::FeeSubsidyPayable),
    }
}

/// E-62 subsidy approved: owed to the payee, and counted for the firm (E-64).
pub fn approve_subsidy(
    draft: Draft,
    programme: Programme,
    (payee, firm): (&Id, &Id),
    (amount, used): (Money, Money),
) -> Draft {
    let (expense, payable) = subsidy_accounts(programme);
    firm_year(draft.party(Some(payee)).post(expense, payable, amount, None), firm, used)
}

/// What the firm has had of its caps (9401), up or down.
fn firm_year(draft: Draft, firm: &Id, used: Money) -> Draft {
    let draft = draft.party(Some(firm));
    if used < Money::ZERO {
        return draft.release(Account::FirmYear, used.negated());
    }
    draft.register(Account::FirmYear, used)
}

/// E-63 subsidy paid.
pub fn pay_subsidy(draft: Draft, programme: Programme, bank: &Id, amount: Money) -> Draft {
    let (_, payable) = subsidy_accounts(programme);
    draft.post(payable, programme.fund().cash(), amount, Some(bank))
}

/// E-65 payment returned by the bank.
pub fn return_subsidy(draft: Draft, programme: Programme, bank: &Id, amount: Money) -> Draft {
    draft.post(programme.fund().cash(), Account::ReturnedPayments, amount, Some(bank))
}

/// E-65 payment made again.
pub fn reissue_subsidy(draft: Draft, programme: Programme, bank: &Id, amount: Money) -> Draft {
    draft.post(Account::ReturnedPayments, programme.fund().cash(), amount, Some(bank))
}

/// E-66 approval reduced before payment.
pub fn reduce_subsidy(
    draft: Draft,
    programme: Programme,
    firm: &Id,
    amount: Money,
    freed: Money,
) -> Draft {
    let (expense, payable) = subsidy_accounts(programme);
    firm_year(draft.post(payable, expense, amount, None), firm, freed.negated())
}

/// E-67 claw-back in the year of the approval; E-68 in a later year.
pub fn claw_back(
    draft: Draft,
    programme: Programme,
    firm: &Id,
    (amount, freed): (Money, Money),
    prior_year: bool,
) -> Draft {
    let (expense, _) = subsidy_accounts(programme);
    let against = if prior_year { Account::PriorYears } else { expense };
    let draft = draft.post(Account::ClawbackReceivable, against, amount, None);
    firm_year(draft, firm, freed.negated())
}

/// E-69 claw-back received. What belongs to the treasury was never the fund's: its credit of E-67 or
/// E-68 is taken back with the receivable.
pub fn receive_clawback(
    draft: Draft,
    programme: Programme,
    bank: &Id,
    amount: Money,
    (to, prior_year): (InterestOwner, bool),
) -> Draft {
    let cash = programme.fund().cash();
    let (expense, _) = subsidy_accounts(programme);
    match to {
        InterestOwner::Pool => draft.post(cash, Account::ClawbackReceivable, amount, Some(bank)),
        InterestOwner::Treasury => {
            let credited = if prior_year { Account::PriorYears } else { expense };
            draft.post(cash, Account::TreasuryPayable, amount, Some(bank)).post(
                credited,
                Account::ClawbackReceivable,
                amount,
                None,
            )
        }
    }
}

/// E-70 claw-back set off against an approved line.
pub fn offset_clawback(draft: Draft, programme: Programme, amount: Money) -> Draft {
    let (_, payable) = subsidy_accounts(programme);
    draft.post(payable, Account::ClawbackReceivable, amount, None)
}

/// E-71 claw-back uncollectable: allowance, then write-off.
pub fn write_off_clawback(draft: Draft, amount: Money) -> Draft {
    draft.post(Account::OtherExpense, Account::ClawbackAllowance, amount, None).post(
        Account::ClawbackAllowance,
        Account::ClawbackReceivable,
        amount,
        None,
    )
}
