//! The accounting table: which accounts an event debits and credits: one function a row of `notes/postings.md`.
//!
//! One function an event, named by its E-code, so that an accountant can read the page from top to
//! bottom. Whether an event may happen is decided elsewhere; here it is only posted. Each pair
//! stands inside one cell, so that every draft balances in every cell that it touches.

mod closing;
mod subsidy;

pub use closing::{accrue_interest, close_result, close_year, estimate_subsidy};
pub use subsidy::*;

use crate::domain::account::{Account, Class, Fund, Side};
use crate::domain::entry::Line;
use crate::domain::event::{InterestOwner, Source};
use crate::domain::loan::NoteState;
use crate::domain::money::Money;
use crate::domain::state::Cell;
use crate::domain::text::Id;
use crate::planted::{Bug, planted};

/// Lines under construction; every step adds a balanced pair in one cell.
#[derive(Clone, Debug)]
pub struct Draft {
    cell: Cell,
    party: Option<Id>,
    loan: Option<Id>,
    claim: Option<Id>,
    source: Option<Source>,
    /// Lines on balance.
    pub lines: Vec<Line>,
    /// Lines of the off-balance register.
    pub memo: Vec<Line>,
}

impl Draft {
    /// An empty draft in a cell.
    pub fn new(cell: &Cell) -> Self {
        Self {
            cell: cell.clone(),
            party: None,
            loan: None,
            claim: None,
            source: None,
            lines: Vec::new(),
            memo: Vec::new(),
        }
    }

    /// The party of the following lines.
    #[must_use]
    pub fn party(mut self, party: Option<&Id>) -> Self {
        self.party = party.cloned();
        self
    }

    /// The loan of the following lines.
    #[must_use]
    pub fn loan(mut self, loan: &Id) -> Self {
        self.loan = Some(loan.clone());
        self
    }

    /// The claim of the following lines.
    #[must_use]
    pub fn claim(mut self, claim: &Id) -> Self {
        self.claim = Some(claim.clone());
        self
    }

    /// The source of the following lines.
    #[must_use]
    pub fn source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    fn line(&self, account: Account, side: Side, amount: Money, bank: Option<&Id>) -> Line {
        Line {
            account,
            amount,
            bank_account: bank.filter(|_| account.is_cash()).cloned(),
            claim: self.claim.clone(),
            fund: self.cell.fund,
            loan: self.loan.clone(),
            owner: self.cell.owner.clone(),
            party: self.party.clone(),
            side,
            source: self.source,
        }
    }

    /// A debit and a credit on balance; nothing for 0.00. `bank` goes to the bank deposit head.
    #[must_use]
    pub fn post(
        mut self,
        debit: Account,
        credit: Account,
        amount: Money,
        bank: Option<&Id>,
    ) -> Self {
        if !amount.is_zero() {
            let turned = planted(Bug::SidesExchanged);
            let (debit, credit) = if turned { (credit, debit) } else { (debit, credit) };
            self.lines.push(self.line(debit, Side::Debit, amount, bank));
            let half = !planted(Bug::CellUnbalanced);
            self.lines.extend(half.then(|| self.line(credit, Side::Credit, amount, bank)));
        }
        self
    }

    /// A debit of an off-balance account; its counter-account takes the credit.
    #[must_use]
    pub fn register(mut self, account: Account, amount: Money) -> Self {
        if !amount.is_zero() {
            self.memo.push(self.line(account, Side::Debit, amount, None));
            self.memo.push(self.line(Account::MemoCounter, Side::Credit, amount, None));
        }
        self
    }

    /// A credit of an off-balance account; its counter-account takes the debit.
    #[must_use]
    pub fn release(mut self, account: Account, amount: Money) -> Self {
        if !amount.is_zero() {
            self.memo.push(self.line(Account::MemoCounter, Side::Debit, amount, None));
            self.memo.push(self.line(account, Side::Credit, amount, None));
        }
        self
    }

    /// From one off-balance account to another.
    #[must_use]
    pub fn reclassify(mut self, to: Account, from: Account, amount: Money) -> Self {
        if !amount.is_zero() {
            self.memo.push(self.line(to, Side::Debit, amount, None));
            self.memo.push(self.line(from, Side::Credit, amount, None));
        }
        self
    }

    /// The lines of another cell in the same entry.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.lines.extend(other.lines);
        self.memo.extend(other.memo);
        self
    }
}

/// The capital account of a source (3101.01 to 3101.05).
pub fn capital(source: Source) -> Account {
    match source {
        Source::Province => Account::CapitalProvince,
        Source::City => Account::CapitalCity,
        Source::County => Account::CapitalCounty,
        Source::Guarantor => Account::CapitalGuarantor,
        Source::Bank => Account::CapitalBank,
    }
}

/// The off-balance account in which a note's balance stands (9101 to 9104).
pub fn loan_account(state: NoteState) -> Account {
    match state {
        NoteState::Active | NoteState::Repaid | NoteState::Closed | NoteState::Removed => {
            Account::LoansNormal
        }
        NoteState::Extended => Account::LoansExtended,
        NoteState::Overdue => Account::LoansOverdue,
        NoteState::Npl => Account::LoansNpl,
    }
}

/// E-01 commitment signed (认缴).
pub fn commit(draft: Draft, amount: Money) -> Draft {
    draft.register(Account::Commitments, amount)
}

/// E-02, E-03, E-04, E-08, E-09 contribution received; `committed` is what it takes off the promise.
pub fn contribute(
    draft: Draft,
    source: Source,
    bank: &Id,
    amount: Money,
    committed: Money,
) -> Draft {
    draft
        .post(Account::CashRisk, capital(source), amount, Some(bank))
        .release(Account::Commitments, committed)
}

/// E-60 subsidy budget received.
pub fn budget(draft: Draft, fund: Fund, bank: &Id, amount: Money) -> Draft {
    draft.post(fund.cash(), budget_income(fund), amount, Some(bank))
}

/// The income account of a budget (4001.02 to 4001.04).
pub fn budget_income(fund: Fund) -> Account {
    match fund {
        Fund::Risk => Account::BudgetCompensation,
        Fund::Interest => Account::BudgetInterest,
        Fund::Fee => Account::BudgetFee,
    }
}

/// E-73 budget given back: income of the year is taken back, of an earlier year the surplus; it is
/// owed to the treasury and paid at once.
pub fn return_budget(
    draft: Draft,
    fund: Fund,
    bank: &Id,
    amount: Money,
    prior_year: bool,
) -> Draft {
    let income = if prior_year { Account::Surplus } else { budget_income(fund) };
    pay_treasury(draft.post(income, Account::TreasuryPayable, amount, None), fund, bank, amount)
}

/// E-05 deposit of a firm received.
pub fn receive_deposit(draft: Draft, bank: &Id, amount: Money) -> Draft {
    draft.post(Account::CashRisk, Account::FirmDeposits, amount, Some(bank))
}

/// E-06 deposit refunded.
pub fn refund_deposit(draft: Draft, bank: &Id, amount: Money) -> Draft {
    draft.post(Account::FirmDeposits, Account::CashRisk, amount, Some(bank))
}

/// E-07 deposit used as the first layer. The bank takes it as a repayment, so E-32 stands in the
/// same entry and the base of compensation is smaller by it.
pub fn apply_deposit(
    draft: Draft,
    bank: &Id,
    standing: NoteState,
    amount: Money,
    exposure: Money,
) -> Draft {
    repay(refund_deposit(draft, bank, amount), standing, amount, exposure)
}

/// E-10 withdrawal approved.
pub fn approve_withdrawal(draft: Draft, source: Source, amount: Money) -> Draft {
    draft.post(capital(source), Account::WithdrawalPayable, amount, None)
}

/// E-11 withdrawal paid.
pub fn pay_withdrawal(draft: Draft, bank: &Id, amount: Money) -> Draft {
    draft.post(Account::WithdrawalPayable, Account::CashRisk, amount, Some(bank))
}

/// E-14 unknown receipt, never straight to income.
pub fn unknown_receipt(draft: Draft, fund: Fund, bank: &Id, amount: Money) -> Draft {
    draft.post(fund.cash(), Account::UnknownReceipts, amount, Some(bank))
}

/// E-15 unknown receipt explained: it goes to the right account, or by `bank` back to the payer.
pub fn explain_receipt(draft: Draft, to: Account, bank: &Id, amount: Money) -> Draft {
    draft.post(Account::UnknownReceipts, to, amount, Some(bank))
}

/// E-12 transfer between pools: one voucher, two balanced cells.
pub fn transfer(
    paying: Draft,
    receiving: Draft,
    fund: Fund,
    from: &Id,
    to: &Id,
    amount: Money,
) -> Draft {
    paying.post(Account::InterPoolReceivable, fund.cash(), amount, Some(from)).and(receiving.post(
        fund.cash(),
        Account::InterPoolPayable,
        amount,
        Some(to),
    ))
}

/// E-12 settled in cash: what was lent comes back, `to` the lender's account `from` the debtor's.
pub fn repay_transfer(
    lending: Draft,
    owing: Draft,
    fund: Fund,
    (to, from): (&Id, &Id),
    amount: Money,
) -> Draft {
    owing.post(Account::InterPoolPayable, fund.cash(), amount, Some(from)).and(lending.post(
        fund.cash(),
        Account::InterPoolReceivable,
        amount,
        Some(to),
    ))
}

/// E-12 turned into fund: the debtor's capital grows by it, and the lender's is smaller.
pub fn fund_transfer(lending: Draft, owing: Draft, source: Source, amount: Money) -> Draft {
    owing.post(Account::InterPoolPayable, capital(source), amount, None).and(lending.post(
        capital(source),
        Account::InterPoolReceivable,
        amount,
        None,
    ))
}

/// E-82 loss shared back to a contributor, or (`loss` false) a gain.
pub fn share_loss(draft: Draft, source: Source, part: Money, loss: bool) -> Draft {
    let capital = capital(source);
    if loss {
        return draft.post(capital, Account::Surplus, part, None);
    }
    draft.post(Account::Surplus, capital, part, None)
}

/// E-13 move between bank accounts of a cell.
pub fn move_money(mut draft: Draft, fund: Fund, from: &Id, to: &Id, amount: Money) -> Draft {
    let debit = draft.line(fund.cash(), Side::Debit, amount, Some(to));
    let credit = draft.line(fund.cash(), Side::Credit, amount, Some(from));
    draft.lines.extend([debit, credit]);
    draft
}

/// E-20 interest kept in the pool; E-21 interest that belongs to the treasury; what was `accrued`
/// (E-22) comes off the receivable.
pub fn pool_interest(
    draft: Draft,
    fund: Fund,
    bank: &Id,
    (accrued, amount): (Money, Money),
    to: InterestOwner,
) -> Draft {
    let credit = match to {
        InterestOwner::Pool => Account::InterestIncome,
        InterestOwner::Treasury => Account::TreasuryPayable,
    };
    draft.post(fund.cash(), Account::InterestReceivable, accrued, Some(bank)).post(
        fund.cash(),
        credit,
        amount,
        Some(bank),
    )
}

/// E-22 the bank credited less than was accrued: the rest of the accrual is no income after all. It
/// is a changed estimate, so the income of the day on which it is known bears it.
pub fn accrued_too_much(draft: Draft, short: Money) -> Draft {
    draft.post(Account::InterestIncome, Account::InterestReceivable, short, None)
}

/// E-21 what belongs to the treasury is paid over.
pub fn pay_treasury(draft: Draft, fund: Fund, bank: &Id, amount: Money) -> Draft {
    draft.post(Account::TreasuryPayable, fund.cash(), amount, Some(bank))
}

/// E-24 bank charge.
pub fn bank_charge(draft: Draft, fund: Fund, bank: &Id, amount: Money) -> Draft {
    draft.post(Account::OtherExpense, fund.cash(), amount, Some(bank))
}

/// E-25 trustee fee.
pub fn trustee_fee(draft: Draft, fund: Fund, bank: &Id, amount: Money) -> Draft {
    draft.post(Account::TrusteeFee, fund.cash(), amount, Some(bank))
}

/// E-31 disbursement: the note's balance, and the pool's share of it.
pub fn disburse(draft: Draft, amount: Money, exposure: Money) -> Draft {
    draft.register(Account::LoansNormal, amount).register(Account::Exposure, exposure)
}

/// E-32 repayment, out of the account in which the balance stands.
pub fn repay(draft: Draft, standing: NoteState, amount: Money, exposure: Money) -> Draft {
    draft.release(loan_account(standing), amount).release(Account::Exposure, exposure)
}

/// E-33 extension, E-34 overdue, E-35 non-performing, E-36 cure.
pub fn reclassify(draft: Draft, to: NoteState, from: NoteState, balance: Money) -> Draft {
    draft.reclassify(loan_account(to), loan_account(from), balance)
}

/// E-40 claim filed.
pub fn file_claim(draft: Draft, claimed: Money) -> Draft {
    draft.register(Account::ClaimsInReview, claimed)
}

/// E-41 claim approved; E-46 `quota` is what it takes out of the year's quota.
pub fn approve_claim(draft: Draft, claimed: Money, approved: Money, quota: Money) -> Draft {
    let draft = draft
        .post(Account::Compensation, Account::CompensationPayable, approved, None)
        .release(Account::ClaimsInReview, claimed)
        .register(Account::BankYear, approved);
    quota_used(draft, quota)
}

/// E-46 quota of the year set, or changed from what it was before.
pub fn quota(draft: Draft, amount: Money, before: Money) -> Draft {
    let difference = amount.sub(before).unwrap_or_default();
    if difference < Money::ZERO {
        quota_used(draft, difference.negated())
    } else {
        draft.register(Account::Quota, difference)
    }
}

/// E-46 taken out of the quota of the year.
pub fn quota_used(draft: Draft, approved: Money) -> Draft {
    draft.release(Account::Quota, approved)
}

/// E-42 claim refused or withdrawn.
pub fn reject_claim(draft: Draft, claimed: Money) -> Draft {
    draft.release(Account::ClaimsInReview, claimed)
}

/// E-43, E-44 compensation paid: the recovery right opens with an equal allowance.
pub fn pay_claim(draft: Draft, bank: &Id, paid: Money, exposure: Money) -> Draft {
    draft
        .post(Account::CompensationPayable, Account::CashRisk, paid, Some(bank))
        .post(Account::RecoveryRight, Account::RecoveryAllowance, paid, None)
        .release(Account::Exposure, exposure)
}

/// E-45 rest cancelled: the bank bears it, and the pool no longer does; `quota` is what goes back to
/// the year's quota.
pub fn cancel_rest(draft: Draft, rest: Money, exposure: Money, quota: Money) -> Draft {
    draft
        .post(Account::CompensationPayable, Account::Compensation, rest, None)
        .release(Account::BankYear, rest)
        .release(Account::Exposure, exposure)
        .register(Account::Quota, quota)
}

/// E-47 final loss lower than paid: the bank owes back, and the right is smaller by it.
pub fn settle_claim(draft: Draft, amount: Money) -> Draft {
    let draft = draft.post(Account::CompensationRefund, Account::Compensation, amount, None);
    close_right(draft, amount, Money::ZERO)
}

/// E-48 irregular claim: as E-47, of an earlier year by the adjustment of prior years. `right` is
/// what of it is still an open right, the rest comes off the written-off register.
pub fn revoke_claim(
    draft: Draft,
    amount: Money,
    (right, written_off): (Money, Money),
    prior_year: bool,
) -> Draft {
    let credit = if prior_year { Account::PriorYears } else { Account::Compensation };
    let draft = draft.post(Account::CompensationRefund, credit, amount, None);
    close_right(draft, right, written_off)
}

/// E-47, E-48 cash of what the bank owed back.
pub fn refund_claim(draft: Draft, bank: &Id, amount: Money) -> Draft {
    draft.post(Account::CashRisk, Account::CompensationRefund, amount, Some(bank))
}

/// Where the pool's share of a recovery is credited: its income, or the treasury's (E-56).
fn recovery_credit(to: InterestOwner) -> Account {
    match to {
        InterestOwner::Pool => Account::RecoveryIncome,
        InterestOwner::Treasury => Account::TreasuryPayable,
    }
}

/// E-50 recovery: the pool's share arrives. `right` is what it takes off the open right; the rest
/// (`written_off`, E-54) comes off the written-off register.
pub fn recover_share(
    draft: Draft,
    bank: &Id,
    (share, to): (Money, InterestOwner),
    right: Money,
    written_off: Money,
) -> Draft {
    let draft = draft.post(Account::CashRisk, recovery_credit(to), share, Some(bank));
    close_right(draft, right, written_off)
}

/// What a recovery takes off the open right (E-50) and off the written-off register (E-54).
pub fn close_right(draft: Draft, right: Money, written_off: Money) -> Draft {
    draft
        .post(Account::RecoveryAllowance, Account::RecoveryRight, right, None)
        .release(Account::WrittenOff, written_off)
}

/// E-51 recovery: the gross sum arrives and the others' parts are paid on.
pub fn recover_gross(
    draft: Draft,
    bank: &Id,
    (gross, share, others, to): (Money, Money, Money, InterestOwner),
    right: Money,
    written_off: Money,
) -> Draft {
    draft
        .post(Account::CashRisk, Account::RecoveryUndistributed, gross, Some(bank))
        .post(Account::RecoveryUndistributed, recovery_credit(to), share, None)
        .post(Account::RecoveryUndistributed, Account::CashRisk, others, Some(bank))
        .post(Account::RecoveryAllowance, Account::RecoveryRight, right, None)
        .release(Account::WrittenOff, written_off)
}

/// E-52 cost of recovery borne by the pool.
pub fn recovery_cost(draft: Draft, bank: &Id, amount: Money) -> Draft {
    draft.post(Account::RecoveryCost, Account::CashRisk, amount, Some(bank))
}

/// E-53 write-off (核销): the rest of the right leaves the books and stays in the register.
pub fn write_off(draft: Draft, rest: Money) -> Draft {
    draft
        .post(Account::RecoveryAllowance, Account::RecoveryRight, rest, None)
        .register(Account::WrittenOff, rest)
}

/// L14 nothing left to recover (终结): what is left of the loan, of the exposure on it and of the
/// written-off register leaves the books.
pub fn close_claim(
    draft: Draft,
    standing: NoteState,
    (balance, exposure): (Money, Money),
    written_off: Money,
) -> Draft {
    repay(draft, standing, balance, exposure).release(Account::WrittenOff, written_off)
}

/// E-90 reversal: the exact opposite of the lines (红字冲销). Where the year of the original is
/// closed, its result is final: what was income or expense then adjusts prior years (3501) now.
pub fn reverse(lines: &[Line], year_closed: bool) -> Vec<Line> {
    let turned = |line: &Line| {
        let result = matches!(line.account.class(), Class::Income | Class::Expense);
        let account = if result && year_closed { Account::PriorYears } else { line.account };
        Line { account, ..line.turned() }
    };
    lines.iter().map(turned).collect()
}

/// E-91 correction: what the registers of the loan hold more or less than before it.
pub fn correct(draft: Draft, differences: &[(Account, Money)]) -> Draft {
    differences.iter().fold(draft, |draft, (account, by)| match by.is_positive() {
        true => draft.register(*account, *by),
        false => draft.release(*account, by.negated()),
    })
}
