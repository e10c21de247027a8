//! The list of checks, and the tally of what each looked at and found. Which statement of an auditor
//! a check holds the book to stands in [`crate::notes::invariants`].

use crate::audit::finding::Finding;
use crate::domain::codes;
use std::fmt::Display;

codes! {
    /// A check of the pass over all entries; its findings have its code.
    pub(super) Check {
        EntrySeq "entry-seq",
        EntryTooLong "entry-too-long",
        RecordedOrder "recorded-order",
        EntryGroupBroken "entry-group-broken",
        EntryLineCount "entry-line-count",
        LineAmount "line-amount",
        LineRegister "line-register",
        EntryUnbalanced "entry-unbalanced",
        MemoUnbalanced "memo-unbalanced",
        VoucherMissing "voucher-missing",
        VoucherNumber "voucher-number",
        VoucherMonth "voucher-month",
        VoucherWord "voucher-word",
        IdDoubled "id-doubled",
        ReversalTarget "reversal-target",
        ReversalTwice "reversal-twice",
        ReversalOfReversal "reversal-of-reversal",
        ReversalLines "reversal-lines",
        LineFund "line-fund",
        LineBankAccount "line-bank-account",
        LineBankAccountFund "line-bank-account-fund",
        EntryUnnamed "entry-unnamed",
        MakerIsChecker "maker-is-checker",
        PaymentUnchecked "payment-unchecked",
        PaymentUnapproved "payment-unapproved",
        CloseDigest "close-digest",
        CellBelowZero "cell-below-zero",
        TrialBalance "trial-balance",
        RollForward "roll-forward",
        BankAccountSum "bank-account-sum",
        EventFund "event-fund",
        EventAccounts "event-accounts",
        EventAmount "event-amount",
        ReceiptOpen "receipt-open",
        CommitmentOpen "commitment-open",
        BudgetGiven "budget-given",
        InterestWithoutOwner "interest-without-owner",
        TransferDocument "transfer-document",
        TransferSides "transfer-sides",
        RulesVersion "rules-version",
        RulesChanged "rules-changed",
        EnrolSuspended "enrol-suspended",
        EnrolSums "enrol-sums",
        FirmLimit "firm-limit",
        Leverage "leverage",
        PoolStage "pool-stage",
        LoanBalance "loan-balance",
        LoanExposure "loan-exposure",
        ClaimLoan "claim-loan",
        ClaimAboveBalance "claim-above-balance",
        ClaimAboveLimit "claim-above-limit",
        ClaimCeiling "claim-ceiling",
        QuotaRegister "quota-register",
        ClaimParts "claim-parts",
        ClaimTwice "claim-twice",
        ClaimPayable "claim-payable",
        ClaimRight "claim-right",
        ClaimAllowance "claim-allowance",
        ClaimRegister "claim-register",
        RecoveryShare "recovery-share",
        RecoveryUndistributed "recovery-undistributed",
        PaperTwice "paper-twice",
        SlipTwice "slip-twice",
        FeeRate "fee-rate",
        SubsidySlips "subsidy-slips",
        SubsidyDays "subsidy-days",
        SubsidyWindow "subsidy-window",
        SubsidyFirmYear "subsidy-firm-year",
        SubsidyRegister "subsidy-register",
        SubsidyArithmetic "subsidy-arithmetic",
        SubsidyCeilings "subsidy-ceilings",
        SubsidyRate "subsidy-rate",
        SubsidyUnapproved "subsidy-unapproved",
        SubsidyPayable "subsidy-payable",
        SubsidyReturned "subsidy-returned",
        SubsidyExpense "subsidy-expense",
        SubsidyClawback "subsidy-clawback",
        StatementSums "statement-sums",
        StatementChain "statement-chain",
        StatementSources "statement-sources",
        MatchUnequal "match-unequal",
        CertificateDiffers "certificate-differs",
        CertificateBroken "certificate-broken",
    }
}

/// Every check of this pass, by the code of its finding.
pub const CHECKS: &[&str] = Check::WORDS;

/// Findings, and how many things each check looked at.
#[derive(Debug)]
pub(super) struct Tally {
    findings: Vec<Finding>,
    looked: [u64; CHECKS.len()],
}

impl Default for Tally {
    fn default() -> Self {
        Self { findings: Vec::new(), looked: [0; CHECKS.len()] }
    }
}

impl Tally {
    /// Findings so far.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Findings made elsewhere.
    pub fn extend(&mut self, findings: Vec<Finding>) {
        self.findings.extend(findings);
    }

    /// One more thing is looked at.
    pub fn look(&mut self, check: Check) {
        self.looks(check, 1);
    }

    /// So many more things are looked at.
    pub fn looks(&mut self, check: Check, count: usize) {
        if let Some(looked) = self.looked.get_mut(check as usize) {
            *looked += count as u64;
        }
    }

    /// Something is wrong.
    pub fn find(
        &mut self,
        check: Check,
        entry: impl Into<Option<u64>>,
        subject: impl Display,
        expected: impl Display,
        found: impl Display,
    ) {
        let finding = Finding::new(check.code(), entry.into(), subject, expected, found);
        self.findings.push(finding);
    }

    /// Looks at one thing, which should be equal to what is expected. True when it is.
    pub fn same<T: PartialEq + Display>(
        &mut self,
        check: Check,
        entry: impl Into<Option<u64>>,
        subject: impl Display,
        expected: T,
        found: T,
    ) -> bool {
        self.look(check);
        if expected == found {
            return true;
        }
        self.find(check, entry, subject, expected, found);
        false
    }

    /// Looks at one thing, which should be at most so much. True when it is.
    pub fn at_most<T: PartialOrd + Display>(
        &mut self,
        check: Check,
        entry: u64,
        subject: impl Display,
        limit: T,
        found: T,
    ) -> bool {
        self.look(check);
        if found <= limit {
            return true;
        }
        self.find(check, entry, subject, format_args!("<= {limit}"), found);
        false
    }

    /// The findings, and every check with how many things it looked at.
    pub fn finish(self) -> (Vec<Finding>, Vec<(&'static str, u64)>) {
        let looked = CHECKS.iter().copied().zip(self.looked);
        (self.findings, looked.collect())
    }
}
