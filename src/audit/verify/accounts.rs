//! Which accounts an event debits and credits, written down here a second time from the accounting
//! rules of `notes/postings.md`, and amounts that must be alike within an entry. An event without a row
//! posts nothing.

use super::checks::{Check, Tally};
use super::fact::Fact;
use crate::domain::account::{Account as A, Class, Fund, Side};
use crate::domain::entry::Line;
use crate::domain::event::{Kind, Origin, Programme, Settlement, Source};
use crate::domain::money::{Money, Total};

/// Debit and credit.
type Pair = (A, A);

fn capital(source: Source) -> A {
    match source {
        Source::Province => A::CapitalProvince,
        Source::City => A::CapitalCity,
        Source::County => A::CapitalCounty,
        Source::Guarantor => A::CapitalGuarantor,
        Source::Bank => A::CapitalBank,
    }
}

/// Cash, budget income, subsidy expense and payable of a fund.
fn of_fund(fund: Fund) -> [A; 4] {
    match fund {
        Fund::Risk => [A::CashRisk, A::BudgetCompensation, A::Compensation, A::CompensationPayable],
        Fund::Interest => {
            [A::CashInterest, A::BudgetInterest, A::DiscountExpense, A::DiscountPayable]
        }
        Fund::Fee => [A::CashFee, A::BudgetFee, A::FeeSubsidyExpense, A::FeeSubsidyPayable],
    }
}

fn is_loan(account: A) -> bool {
    matches!(account, A::LoansNormal | A::LoansExtended | A::LoansOverdue | A::LoansNpl)
}

/// A repayment in the registers.
fn is_repaid((debit, credit): Pair) -> bool {
    debit == A::MemoCounter && (is_loan(credit) || credit == A::Exposure)
}

/// Up or down in an off-balance register.
fn moves(pair: Pair, register: A) -> bool {
    pair == (register, A::MemoCounter) || pair == (A::MemoCounter, register)
}

/// Whether money events post a pair; none for other events.
fn of_money(kind: &Kind, fund: Fund, pair: Pair) -> Option<bool> {
    let [cash, income, expense, _] = of_fund(fund);
    Some(match kind {
        Kind::Commit(_) => pair == (A::Commitments, A::MemoCounter),
        Kind::Contribute(own) => {
            pair == (cash, capital(own.source)) || pair == (A::MemoCounter, A::Commitments)
        }
        Kind::Budget(_) => pair == (cash, income),
        Kind::Quota(_) => moves(pair, A::Quota),
        Kind::ReturnBudget(own) => {
            let from = if own.prior_year == Some(true) { A::Surplus } else { income };
            [(from, A::TreasuryPayable), (A::TreasuryPayable, cash)].contains(&pair)
        }
        Kind::ReceiveDeposit(_) => pair == (cash, A::FirmDeposits),
        Kind::RefundDeposit(_) => pair == (A::FirmDeposits, cash),
        Kind::ApplyDeposit(_) => pair == (A::FirmDeposits, cash) || is_repaid(pair),
        Kind::ApproveWithdrawal(own) => pair == (capital(own.source), A::WithdrawalPayable),
        Kind::PayWithdrawal(_) => pair == (A::WithdrawalPayable, cash),
        Kind::Transfer(_) => {
            [(A::InterPoolReceivable, cash), (cash, A::InterPoolPayable)].contains(&pair)
        }
        Kind::Move(_) => pair == (cash, cash),
        Kind::UnknownReceipt(_) => pair == (cash, A::UnknownReceipts),
        Kind::ExplainReceipt(own) => {
            let to = match own.to {
                Origin::Contribution => own.source.map_or(A::Surplus, capital),
                Origin::SubsidyBudget => income,
                Origin::Interest => A::InterestIncome,
                Origin::Treasury => A::TreasuryPayable,
                Origin::Deposit => A::FirmDeposits,
                Origin::Recovery => A::RecoveryIncome,
                Origin::Payer => cash,
            };
            let closes = pair == (A::RecoveryAllowance, A::RecoveryRight)
                || pair == (A::MemoCounter, A::WrittenOff);
            pair == (A::UnknownReceipts, to)
                || own.to == Origin::Contribution && pair == (A::MemoCounter, A::Commitments)
                || own.to == Origin::Recovery && closes
        }
        Kind::PoolInterest(_) => {
            let credits = [A::InterestIncome, A::TreasuryPayable, A::InterestReceivable];
            pair.0 == cash && credits.contains(&pair.1)
                || pair == (A::InterestIncome, A::InterestReceivable)
        }
        Kind::AccrueInterest(_) => pair == (A::InterestReceivable, A::InterestIncome),
        Kind::EstimateSubsidy(own) => {
            let accrued = match own.programme {
                Programme::InterestDiscount => A::DiscountAccrued,
                Programme::GuaranteeFee => A::FeeSubsidyAccrued,
            };
            pair == (expense, accrued)
        }
        Kind::PayTreasury(_) => pair == (A::TreasuryPayable, cash),
        Kind::BankCharge(_) => pair == (A::OtherExpense, cash),
        Kind::TrusteeFee(_) => pair == (A::TrusteeFee, cash),
        _ => return None,
    })
}

/// Whether events of a loan or claim post a pair; none for other events.
fn of_credit(kind: &Kind, pair: Pair) -> Option<bool> {
    let (debit, credit) = pair;
    let closes = pair == (A::RecoveryAllowance, A::RecoveryRight);
    let released = pair == (A::MemoCounter, A::Exposure);
    Some(match kind {
        Kind::Disburse(_) => {
            [(A::LoansNormal, A::MemoCounter), (A::Exposure, A::MemoCounter)].contains(&pair)
        }
        Kind::Repay(_) | Kind::Remove(_) => is_repaid(pair),
        // More or less in a register of the loan.
        Kind::Correct(_) => is_repaid(pair) || is_repaid((credit, debit)),
        Kind::ChangeRules(_) => released || pair == (A::Exposure, A::MemoCounter),
        Kind::Extend(_) => pair == (A::LoansExtended, A::LoansNormal),
        Kind::Overdue(_) => debit == A::LoansOverdue && is_loan(credit),
        Kind::Npl(_) => debit == A::LoansNpl && is_loan(credit),
        Kind::Cure(_) => is_loan(debit) && is_loan(credit),
        Kind::FileClaim(_) => pair == (A::ClaimsInReview, A::MemoCounter),
        Kind::RejectClaim(_) | Kind::WithdrawClaim(_) => {
            pair == (A::MemoCounter, A::ClaimsInReview)
        }
        Kind::ApproveClaim(_) => {
            pair == (A::Compensation, A::CompensationPayable)
                || pair == (A::MemoCounter, A::ClaimsInReview)
                || pair == (A::BankYear, A::MemoCounter)
                || pair == (A::MemoCounter, A::Quota)
        }
        Kind::PayClaim(_) => {
            pair == (A::CompensationPayable, A::CashRisk)
                || pair == (A::RecoveryRight, A::RecoveryAllowance)
                || released
        }
        Kind::CancelRest(_) => {
            pair == (A::CompensationPayable, A::Compensation)
                || pair == (A::MemoCounter, A::BankYear)
                || pair == (A::Quota, A::MemoCounter)
                || released
        }
        Kind::SettleClaim(_) => pair == (A::CompensationRefund, A::Compensation) || closes,
        Kind::RevokeClaim(_) => {
            debit == A::CompensationRefund && matches!(credit, A::Compensation | A::PriorYears)
                || closes
                || pair == (A::MemoCounter, A::WrittenOff)
        }
        Kind::RefundClaim(_) => pair == (A::CashRisk, A::CompensationRefund),
        Kind::Recover(_) => {
            let share = matches!(credit, A::RecoveryIncome | A::TreasuryPayable);
            matches!(debit, A::CashRisk | A::RecoveryUndistributed) && share
                || pair == (A::CashRisk, A::RecoveryUndistributed)
                || pair == (A::RecoveryUndistributed, A::CashRisk)
                || pair == (A::MemoCounter, A::WrittenOff)
                || closes
        }
        Kind::RecoveryCost(_) => pair == (A::RecoveryCost, A::CashRisk),
        Kind::WriteOff(_) => pair == (A::WrittenOff, A::MemoCounter) || closes,
        Kind::CloseClaim(_) => is_repaid(pair) || pair == (A::MemoCounter, A::WrittenOff),
        _ => return None,
    })
}

/// Whether events of a subsidy post a pair; none for other events.
fn of_subsidy(kind: &Kind, fund: Fund, pair: Pair) -> Option<bool> {
    let [cash, _, expense, payable] = of_fund(fund);
    let (debit, credit) = pair;
    let counts = moves(pair, A::FirmYear);
    Some(match kind {
        Kind::ApproveSubsidy(_) => pair == (expense, payable) || counts,
        Kind::PaySubsidy(_) => pair == (payable, cash),
        Kind::ReturnSubsidy(_) => pair == (cash, A::ReturnedPayments),
        Kind::ReissueSubsidy(_) => pair == (A::ReturnedPayments, cash),
        Kind::ReduceSubsidy(_) => pair == (payable, expense) || counts,
        Kind::ClawBack(_) => {
            let against = credit == expense || credit == A::PriorYears;
            debit == A::ClawbackReceivable && against || counts
        }
        Kind::ReceiveClawback(_) => {
            let taken_back = debit == cash || debit == expense || debit == A::PriorYears;
            credit == A::ClawbackReceivable && taken_back || pair == (cash, A::TreasuryPayable)
        }
        Kind::OffsetClawback(_) => pair == (payable, A::ClawbackReceivable),
        Kind::WriteOffClawback(_) => {
            let allowed = [
                (A::OtherExpense, A::ClawbackAllowance),
                (A::ClawbackAllowance, A::ClawbackReceivable),
            ];
            allowed.contains(&pair)
        }
        _ => return None,
    })
}

/// Whether events of a pool as a whole post a pair; none for other events.
fn of_pool(kind: &Kind, fund: Fund, (debit, credit): Pair) -> Option<bool> {
    let [cash, ..] = of_fund(fund);
    let pair = (debit, credit);
    // One way or the other.
    let between = |one: A, other: A| pair == (one, other) || pair == (other, one);
    let is_result = |account: A| matches!(account.class(), Class::Income | Class::Expense);
    Some(match kind {
        Kind::SettleTransfer(own) => match own.settlement {
            Settlement::Cash => {
                [(A::InterPoolPayable, cash), (cash, A::InterPoolReceivable)].contains(&pair)
            }
            Settlement::Fund => own.source.map(capital).is_some_and(|capital| {
                [(A::InterPoolPayable, capital), (capital, A::InterPoolReceivable)].contains(&pair)
            }),
        },
        Kind::ChangeCustodian(_) => pair == (cash, cash),
        Kind::ShareLoss(_) => {
            Source::ALL.iter().any(|source| between(capital(*source), A::Surplus))
        }
        Kind::Close(_) => {
            debit == A::PeriodResult && is_result(credit)
                || credit == A::PeriodResult && is_result(debit)
                || between(A::PeriodResult, A::Surplus)
                || between(A::PriorYears, A::Surplus)
        }
        _ => return None,
    })
}

/// Whether an event posts a pair; none where it posts nothing at all.
fn posts(kind: &Kind, fund: Fund, pair: Pair) -> Option<bool> {
    of_money(kind, fund, pair)
        .or_else(|| of_credit(kind, pair))
        .or_else(|| of_subsidy(kind, fund, pair))
        .or_else(|| of_pool(kind, fund, pair))
}

/// Lines stand in pairs of a debit and a credit, each of which the event posts.
pub(super) fn check(fact: &Fact<'_>, tally: &mut Tally) {
    let kind = &fact.event.kind;
    let side = if fact.back { Side::Credit } else { Side::Debit };
    for lines in [&fact.entry.lines, &fact.entry.memo] {
        for pair in lines.chunks(2) {
            let [first, second] = pair else { continue };
            let debit_first = first.side == side;
            let accounts = (first.account, second.account);
            let known = posts(kind, first.fund, accounts).unwrap_or(false);
            tally.look(Check::EventAccounts);
            if !known || !debit_first {
                let found = format_args!("{} / {}", first.account, second.account);
                tally.find(Check::EventAccounts, fact.seq, kind.word(), "-", found);
                return;
            }
        }
    }
    check_amounts(fact, tally);
}

/// One amount throughout where an event moves one; what is approved or cancelled counts for the bank.
fn check_amounts(fact: &Fact<'_>, tally: &mut Tally) {
    let told: Option<Money> = match &fact.event.kind {
        Kind::ReturnBudget(own) => Some(own.amount),
        Kind::ApproveWithdrawal(own) => Some(own.amount),
        Kind::ReceiveClawback(own) => own.amount,
        Kind::WriteOffClawback(_) => None,
        Kind::ApproveClaim(_) | Kind::CancelRest(_) => {
            let approved = -fact.moved(A::CompensationPayable);
            let counted = fact.moved(A::BankYear);
            tally.same(Check::EventAmount, fact.seq, A::BankYear, approved, counted);
            return;
        }
        _ => return,
    };
    let first = fact.entry.lines.first().map_or(Money::ZERO, |line| line.amount);
    let expected = Total::from(told.unwrap_or(first));
    tally.look(Check::EventAmount);
    let other = |line: &&Line| Total::from(line.amount) != expected;
    if let Some(line) = fact.entry.lines.iter().find(other) {
        tally.find(Check::EventAmount, fact.seq, line.account, expected, line.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{Event, EventSpec, VOCABULARY};
    use crate::domain::field::{FieldKind, FieldSpec};
    use std::collections::BTreeSet;

    /// Facts that move nothing.
    const FACTS: &[&str] = &[
        "open-book",
        "join",
        "party",
        "change-party",
        "bank-account",
        "adopt-rules",
        "adopt-rates",
        "qualify",
        "disqualify",
        "target",
        "apply-loan",
        "recommend-loan",
        "reject-loan",
        "enrol",
        "interest-paid",
        "fee-paid",
        "fee-refunded",
        "other-benefit",
        "reprice",
        "review-claim",
        "recover-in-kind",
        "file-subsidy",
        "review-subsidy",
        "release",
        "run-off",
        "liquidate",
        "close-pool",
        "import-statement",
        "undo-statement",
        "match-lines",
        "unmatch-lines",
        "reconcile-settings",
        "certify",
        "checkpoint",
        "keep-checkpoint",
        // Its lines are held to those of the entry that it takes back.
        "reverse",
    ];

    /// An event of a word with the fields that it cannot do without.
    fn any(word: &str, own: &[FieldSpec]) -> Kind {
        let mut told = serde_json::json!({ "event": word, "id": "e", "date": "2017-12-31" });
        for field in own.iter().filter(|field| field.required) {
            told[field.name] = match field.kind {
                FieldKind::Date => "2017-12-31".into(),
                FieldKind::Amount => "1.00".into(),
                FieldKind::Rate | FieldKind::Share => "4%".into(),
                FieldKind::Entry => "1".into(),
                FieldKind::Year => 2017.into(),
                FieldKind::Count => 1.into(),
                FieldKind::Balance => "-1.00".into(),
                FieldKind::Json => serde_json::json!({}),
                FieldKind::Word(words) => words[0].into(),
                _ => "x".into(),
            };
        }
        let event = Event::from_json(told.to_string().as_bytes());
        event.unwrap_or_else(|problem| panic!("{word}: {problem}")).kind
    }

    #[test]
    fn every_event_of_the_vocabulary_has_its_row_or_moves_nothing() {
        let none = |spec: &EventSpec| {
            let pair = (A::OtherExpense, A::OtherExpense);
            posts(&any(spec.word, spec.fields), Fund::Risk, pair).is_none().then_some(spec.word)
        };
        let found: BTreeSet<&str> = VOCABULARY.iter().filter_map(none).collect();
        assert_eq!(found, FACTS.iter().copied().collect());
    }
}
