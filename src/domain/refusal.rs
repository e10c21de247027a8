//! The closed list of reasons to say no, in the order in which they are tested.
//!
//! Each has a word code; the wording (what, why, what to do) stands in the `.ftl` files. A refusal
//! carries its numbers, so that the reader can check the arithmetic.

use crate::domain::codes;
use crate::problem::Problem;

codes! {
    /// Why an event is refused, in precedence order.
    pub Reason {
        /// The same id was recorded with other content.
        IdReused "id-reused",
        /// The book was opened already.
        BookOpen "book-open",
        /// The first entry must open the book.
        BookNotOpen "book-not-open",
        /// The true date of a late fact is after the day on which it is booked.
        EffectiveLater "effective-later",
        /// The event names no owner and nothing else tells it.
        OwnerMissing "owner-missing",
        /// No owner of that code has joined.
        OwnerUnknown "owner-unknown",
        /// The owner joined later than the event's date.
        OwnerNotJoined "owner-not-joined",
        /// What holds for the whole city cannot be of one owner.
        CityOnly "city-only",
        /// The owner has joined already.
        OwnerExists "owner-exists",
        /// The event belongs to another fund (专款专用).
        FundMismatch "fund-mismatch",
        /// No party of that id.
        PartyUnknown "party-unknown",
        /// The party is of another kind.
        PartyKind "party-kind",
        /// The party is known already.
        PartyExists "party-exists",
        /// The credit code is another party's.
        CreditCodeTaken "credit-code-taken",
        /// The change names nothing that differs from what stands on file.
        PartyUnchanged "party-unchanged",
        /// The firm's caps are used under its code.
        CreditCodeUsed "credit-code-used",
        /// The firm holds no such qualification.
        QualificationUnknown "qualification-unknown",
        /// No bank account of that id.
        BankAccountUnknown "bank-account-unknown",
        /// The bank account is known already.
        BankAccountExists "bank-account-exists",
        /// The bank account belongs to another fund.
        BankAccountFund "bank-account-fund",
        /// The bank account belongs to another owner.
        BankAccountOwner "bank-account-owner",
        /// No rules are in force on that date.
        RulesMissing "rules-missing",
        /// Rules of that id were adopted already.
        RulesExist "rules-exist",
        /// No rules of that id were adopted.
        RulesUnknown "rules-unknown",
        /// The loan is under these rules already.
        RulesSame "rules-same",
        /// Other rules are in force on the day of the loan's enrolment.
        RulesNotInForce "rules-not-in-force",
        /// A loan's own shares do not say who bears the rest.
        SharesUndefined "shares-undefined",
        /// The amount is zero.
        AmountZero "amount-zero",
        /// Dates in the wrong order.
        DateOrder "date-order",
        /// A decision document must be named.
        DocumentMissing "document-missing",
        /// No loan of that id.
        LoanUnknown "loan-unknown",
        /// The loan is enrolled already.
        LoanExists "loan-exists",
        /// The contract of that bank is enrolled already.
        ContractTwice "contract-twice",
        /// The note of that bank stands in another loan.
        NoteTwice "note-twice",
        /// The loan beside which another drawing is told carries another number.
        DrawingOther "drawing-other",
        /// Interest of these days was told already.
        InterestSlipTwice "interest-slip-twice",
        /// The fee of these days was told already.
        FeeSlipTwice "fee-slip-twice",
        /// What another programme pays for these days was told already.
        BenefitTwice "benefit-twice",
        /// The fee's rate is below what its amount makes.
        FeeRateBelow "fee-rate-below",
        /// The state of the pool does not allow the event.
        PoolState "pool-state",
        /// Loans or claims of the pool are still open.
        PoolLoansOpen "pool-loans-open",
        /// Money or debts of the pool are left.
        PoolNotEmpty "pool-not-empty",
        /// The circuit breaker stopped enrolments.
        PoolSuspended "pool-suspended",
        /// Nothing is stopped that could be released.
        NotSuspended "not-suspended",
        /// The rules take no new loans any more.
        RulesExpired "rules-expired",
        /// The loan is larger than the rules allow.
        LoanMax "loan-max",
        /// The term is longer than the rules allow.
        TenorMax "tenor-max",
        /// The firm has an enrolled loan already.
        OneItem "one-item",
        /// The firm's enrolled loans would be larger than the rules allow.
        FirmMax "firm-max",
        /// No reference rate is known that the contract rate could be held to.
        RateUnknown "rate-unknown",
        /// The contract rate is above the limit.
        RateLimit "rate-limit",
        /// The loan was enrolled too late after it was drawn.
        EnrolWindow "enrol-window",
        /// The loan that is renewed is another firm's.
        RenewalOther "renewal-other",
        /// The loan belongs to another owner.
        LoanOwner "loan-owner",
        /// The loan has several notes and the event names none.
        NoteMissing "note-missing",
        /// No note of that id under the loan.
        NoteUnknown "note-unknown",
        /// The note is known already.
        NoteExists "note-exists",
        /// The note's state does not allow the event.
        LoanState "loan-state",
        /// The loan was applied for with another firm or bank.
        ApplicationDiffers "application-differs",
        /// More would be drawn than the contract says.
        DisburseAboveContract "disburse-above-contract",
        /// The loan has no such guarantee fee.
        FeeUnknown "fee-unknown",
        /// More would be repaid than is owed.
        RepayAboveBalance "repay-above-balance",
        /// The deposit is held until the loan is settled.
        DepositHeld "deposit-held",
        /// The firm's deposit bears the loss first.
        DepositFirst "deposit-first",
        /// No claim of that id.
        ClaimUnknown "claim-unknown",
        /// The claim is filed already.
        ClaimExists "claim-exists",
        /// Another claim on the note is open or paid.
        ClaimDuplicate "claim-duplicate",
        /// The claim's state does not allow the event.
        ClaimState "claim-state",
        /// The base is above the principal owed.
        ClaimBaseAboveBalance "claim-base-above-balance",
        /// Base, collateral and other programmes' money are more than the loss.
        ClaimBaseAboveLoss "claim-base-above-loss",
        /// The rules compensate principal only.
        ClaimInterestExcluded "claim-interest-excluded",
        /// More interest than the contract rate has accrued unpaid.
        ClaimInterestAbove "claim-interest-above",
        /// The claim named as the earlier one cannot be supplemented.
        ClaimSupplement "claim-supplement",
        /// Not overdue long enough.
        ClaimTooEarly "claim-too-early",
        /// The court's acceptance is missing.
        ClaimLawsuitMissing "claim-lawsuit-missing",
        /// A ceiling leaves no room.
        CapUsedUp "cap-used-up",
        /// The quota of the year would be below what is approved.
        QuotaBelowUsed "quota-below-used",
        /// More than the rules allow would be approved.
        ApprovalAboveLimit "approval-above-limit",
        /// More would be paid than is approved and unpaid.
        PayAboveApproved "pay-above-approved",
        /// A budget would go back to a source that did not give as much.
        BudgetNotGiven "budget-not-given",
        /// More would be recovered than was lost.
        RecoveryAboveLoss "recovery-above-loss",
        /// The cost is above the recovery.
        CostAboveRecovery "cost-above-recovery",
        /// Something may still come in on the claim.
        ClaimOpen "claim-open",
        /// The rules do not take costs off a recovery.
        CostNotDeductible "cost-not-deductible",
        /// No unknown receipt of that id.
        ReceiptUnknown "receipt-unknown",
        /// The receipt is not the share that the pool is due.
        ReceiptShare "receipt-share",
        /// More would be taken than stands open.
        AboveOpen "above-open",
        /// The loans would be too large for the pool that is left.
        LeverageLimit "leverage-limit",
        /// The trustee's fees of the year would be above the limit.
        TrusteeFeeMax "trustee-fee-max",
        /// No subsidy line of that id.
        SubsidyUnknown "subsidy-unknown",
        /// The loan's period is approved already.
        SubsidyExists "subsidy-exists",
        /// A supplement adds to another line.
        SupplementOther "supplement-other",
        /// The line's state does not allow the event.
        SubsidyState "subsidy-state",
        /// A line was approved for the filing.
        FilingApproved "filing-approved",
        /// Only lines of one firm, programme and owner are set off against each other.
        OffsetOther "offset-other",
        /// The firm's cap of the year is used up.
        FirmYearCap "firm-year-cap",
        /// The firm's cap over all years is used up.
        FirmTotalCap "firm-total-cap",
        /// The years told take less of the firm's caps than the firm may keep.
        YearsShort "years-short",
        /// No entry of that number.
        ReverseUnknown "reverse-unknown",
        /// The entry is itself a reversal.
        ReverseReversal "reverse-reversal",
        /// The entry is reversed already.
        ReverseTwice "reverse-twice",
        /// Later entries rest on it.
        ReverseLater "reverse-later",
        /// Master data are superseded, not reversed.
        ReverseKind "reverse-kind",
        /// Facts about statements have opposites of their own.
        ReverseStatement "reverse-statement",
        /// The entry is reversed; nothing of it is left to correct.
        CorrectReversed "correct-reversed",
        /// The entry is no fact of a loan that can be corrected.
        CorrectKind "correct-kind",
        /// The correction names no field.
        CorrectNothing "correct-nothing",
        /// The field has that value already.
        CorrectSame "correct-same",
        /// What followed could not be recorded any more.
        CorrectLater "correct-later",
        /// What followed would move other money.
        CorrectMoney "correct-money",
        /// The account number that the bank printed is another one.
        StatementNumber "statement-number",
        /// The statement is in another currency than the book.
        StatementCurrency "statement-currency",
        /// The parts of a statement do not stand one behind the other.
        StatementPart "statement-part",
        /// A second source was got by the person who got the first.
        StatementPerson "statement-person",
        /// No statement of that id.
        StatementUnknown "statement-unknown",
        /// The statement was taken out already.
        StatementUndone "statement-undone",
        /// A match names too few lines, or too many.
        MatchCount "match-count",
        /// The line is matched already.
        MatchTwice "match-twice",
        /// No such line of the book.
        PostingUnknown "posting-unknown",
        /// No match of that id.
        MatchUnknown "match-unknown",
        /// The match was taken back already.
        MatchUndone "match-undone",
        /// Thresholds in the wrong order.
        SettingsOrder "settings-order",
        /// The figures rest on another journal.
        CertifyStale "certify-stale",
        /// The adjusted balances differ.
        CertifyOpen "certify-open",
        /// No statement covers the day.
        CertifyUncovered "certify-uncovered",
        /// The day is certified already, and nothing touched it since.
        CertifiedAlready "certified-already",
        /// The event is the whole city's and names an owner.
        OwnerNeedless "owner-needless",
        /// No checkpoint is recorded in that entry.
        CheckpointUnknown "checkpoint-unknown",
        /// A close is dated the last day of its period.
        CloseDate "close-date",
        /// The period is closed already.
        PeriodClosedAlready "period-closed-already",
        /// Something stands in the way of closing.
        CloseBlocked "close-blocked",
        /// The day lies in a closed period.
        PeriodClosed "period-closed",
        /// The day lies in a period that takes adjustments only.
        PeriodSoftClosed "period-soft-closed",
        /// The event does not say who made it.
        MakerMissing "maker-missing",
        /// The event takes more people than it names.
        CheckerMissing "checker-missing",
        /// One person holds two duties that are kept apart.
        CheckerSame "checker-same",
        /// The payment exceeds the available balance.
        AvailableShort "available-short",
        /// The bank account of the cell would stand below zero.
        CashShort "cash-short",
        /// A balance would leave the bounds of an amount.
        BalanceRange "balance-range",
    }
}

impl Reason {
    /// The refusal, to which the numbers are added.
    pub fn refuse(self) -> Problem {
        Problem::refused(self.code())
    }
}
