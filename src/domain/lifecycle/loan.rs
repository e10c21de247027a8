//! Loans: the states of an application, and those of a loan or note, which follow
//! from its record and its claims.

use super::{ClaimState, lifecycle};
use crate::domain::loan::{Loan, Note, NoteState};
use crate::domain::state::State;

lifecycle! {
    /// Where a loan stands. Evidence of interest, fees and rates may come late and is taken in every
    /// state of an enrolled loan. A note is moved by the state of its claim only while it is overdue
    /// or non-performing; one that is repaid or in order again stands as such.
    LoanState {
        /// L1 applied for (申请).
        Applied "applied" ["recommend-loan" "reject-loan" "enrol"]
        /// L2 recommended (推荐).
        Recommended "recommended" ["reject-loan" "enrol"]
        /// X2 refused by the review (拒绝).
        Rejected "rejected" []
        /// L3 enrolled (备案), nothing drawn.
        Enrolled "enrolled" ["disburse" "fee-paid" "fee-refunded" "remove" "change-rules" "receive-deposit" "refund-deposit"]
        /// L4 drawn, nothing amiss.
        Active "active" [
            "disburse" "repay" "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "extend" "overdue" "npl"
            "remove" "change-rules" "receive-deposit" "refund-deposit" "file-subsidy" "approve-subsidy"
        ]
        /// L5 repaid in part.
        PartRepaid "part-repaid" [
            "disburse" "repay" "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "extend" "overdue" "npl"
            "remove" "change-rules" "receive-deposit" "refund-deposit" "file-subsidy" "approve-subsidy"
        ]
        /// L6 repaid in full.
        Repaid "repaid" [
            "disburse" "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "remove" "change-rules" "receive-deposit"
            "refund-deposit" "file-subsidy" "approve-subsidy"
        ]
        /// L7 term extended.
        Extended "extended" [
            "disburse" "repay" "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "extend" "overdue" "npl"
            "remove" "change-rules" "receive-deposit" "refund-deposit" "file-subsidy" "approve-subsidy"
        ]
        /// L8 overdue.
        Overdue "overdue" [
            "disburse" "repay" "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "npl" "cure" "remove" "change-rules"
            "file-claim" "receive-deposit" "refund-deposit" "apply-deposit" "file-subsidy"
            "approve-subsidy"
        ]
        /// L9 non-performing.
        Npl "npl" [
            "disburse" "repay" "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "cure" "remove" "change-rules" "file-claim"
            "receive-deposit" "refund-deposit" "apply-deposit" "file-subsidy" "approve-subsidy"
        ]
        /// L10 a claim is filed and nothing is paid on it.
        Claimed "claimed" [
            "disburse" "repay" "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "npl" "cure"
            "file-claim" "receive-deposit" "refund-deposit" "file-subsidy" "approve-subsidy"
        ]
        /// L11 the pool paid.
        Compensated "compensated" [
            "disburse" "repay" "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "npl" "cure"
            "file-claim" "receive-deposit" "refund-deposit" "file-subsidy" "approve-subsidy"
        ]
        /// L12 something was recovered.
        InRecovery "in-recovery" [
            "disburse" "repay" "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "npl" "cure"
            "file-claim" "receive-deposit" "refund-deposit" "file-subsidy" "approve-subsidy"
        ]
        /// L13 the rest of the recovery right is written off.
        WrittenOff "written-off" [
            "disburse" "repay" "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "npl" "cure"
            "file-claim" "receive-deposit" "refund-deposit" "file-subsidy" "approve-subsidy"
        ]
        /// L14 nothing is left to recover (终结).
        Closed "concluded" [
            "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "refund-deposit" "file-subsidy" "approve-subsidy"
        ]
        /// X1 the enrolment was revoked (撤销备案).
        Removed "removed" [
            "interest-paid" "other-benefit" "fee-paid" "fee-refunded" "reprice" "change-rules" "refund-deposit" "file-subsidy" "approve-subsidy"
        ]
    }
}

/// The states of notes by how much they ask for attention; a loan stands as its first note does.
const WORST_FIRST: [LoanState; 11] = [
    LoanState::InRecovery,
    LoanState::Compensated,
    LoanState::Claimed,
    LoanState::Npl,
    LoanState::Overdue,
    LoanState::WrittenOff,
    LoanState::Extended,
    LoanState::PartRepaid,
    LoanState::Active,
    LoanState::Closed,
    LoanState::Repaid,
];

impl LoanState {
    /// Where an enrolled loan stands: as the note that stands worst. Cost: linear in its notes.
    pub fn of(loan: &Loan, state: &State) -> Self {
        if loan.removed.is_some() {
            return Self::Removed;
        }
        let stands =
            |wanted: &&Self| loan.notes.iter().any(|note| Self::of_note(note, state) == **wanted);
        WORST_FIRST.iter().find(stands).copied().unwrap_or(Self::Enrolled)
    }

    /// Where a note stands.
    pub fn of_note(note: &Note, state: &State) -> Self {
        match note.state {
            NoteState::Removed => Self::Removed,
            NoteState::Closed => Self::Closed,
            NoteState::Repaid => Self::Repaid,
            NoteState::Extended => Self::Extended,
            NoteState::Active if note.repayments.is_empty() => Self::Active,
            NoteState::Active => Self::PartRepaid,
            class @ (NoteState::Overdue | NoteState::Npl) => {
                let mut claims = note.claims.iter().filter_map(|id| state.claims.get(id));
                let live = claims.find(|claim| claim.state.is_live());
                let moved = live
                    .and_then(|claim| Self::of_claim(claim.state, claim.recovered.is_positive()));
                let standing = if class == NoteState::Npl { Self::Npl } else { Self::Overdue };
                moved.unwrap_or(standing)
            }
        }
    }

    /// What a claim makes of its note; nothing where the pool is no longer in it.
    fn of_claim(claim: ClaimState, recovered: bool) -> Option<Self> {
        match claim {
            ClaimState::Filed
            | ClaimState::InReview
            | ClaimState::SentBack
            | ClaimState::SiteChecked
            | ClaimState::Reviewed
            | ClaimState::Approved
            | ClaimState::Noticed
            | ClaimState::Ordered => Some(Self::Claimed),
            ClaimState::PaidPart
            | ClaimState::Paid
            | ClaimState::Recovering
            | ClaimState::Settled => {
                Some(if recovered { Self::InRecovery } else { Self::Compensated })
            }
            ClaimState::WrittenOff => Some(Self::WrittenOff),
            ClaimState::Closed => Some(Self::Closed),
            ClaimState::Rejected | ClaimState::Withdrawn | ClaimState::Revoked => None,
        }
    }
}
