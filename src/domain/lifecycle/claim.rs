//! Claims for compensation.

use super::lifecycle;
use crate::domain::event::ClaimStep;

lifecycle! {
    /// Where a claim stands. The steps of the review are optional: what is not recorded is not
    /// asked for, but papers that were sent back must come again before anything is approved.
    ClaimState {
        /// Submitted, under review.
        Filed "filed" [
            "in-review" "sent-back" "site-checked" "reviewed" "approve-claim" "reject-claim"
            "withdraw-claim"
        ]
        /// Taken up by the trustee.
        InReview "in-review" [
            "sent-back" "site-checked" "reviewed" "approve-claim" "reject-claim" "withdraw-claim"
        ]
        /// Papers sent back for completion (补正).
        SentBack "sent-back" ["resubmitted" "reject-claim" "withdraw-claim"]
        /// Checked on site.
        SiteChecked "site-checked" [
            "sent-back" "reviewed" "approve-claim" "reject-claim" "withdraw-claim"
        ]
        /// The review ended well.
        Reviewed "reviewed" ["approve-claim" "reject-claim" "withdraw-claim"]
        /// Approved, in full or for less than was claimed; nothing paid yet.
        Approved "approved" ["noticed" "ordered" "pay-claim"]
        /// Published (公示).
        Noticed "noticed" ["ordered" "pay-claim"]
        /// The payment is ordered.
        Ordered "ordered" ["pay-claim"]
        /// Paid in part (余额不足).
        PaidPart "paid-part" ["pay-claim" "cancel-rest" "recover" "recover-in-kind" "recovery-cost" "write-off"]
        /// Paid in full.
        Paid "paid" ["recover" "recover-in-kind" "recovery-cost" "settle-claim" "revoke-claim" "write-off"]
        /// Paid in full, and something was recovered.
        Recovering "recovering" [
            "recover" "recover-in-kind" "recovery-cost" "settle-claim" "revoke-claim" "write-off" "close-claim"
        ]
        /// The final loss is known; some of the compensation is to come back (多退少补).
        Settled "settled" [
            "recover" "recover-in-kind" "recovery-cost" "settle-claim" "revoke-claim" "refund-claim" "write-off"
            "close-claim"
        ]
        /// The rest of the recovery right is written off (核销).
        WrittenOff "written-off" [
            "recover" "recover-in-kind" "recovery-cost" "revoke-claim" "refund-claim" "close-claim"
        ]
        /// Nothing is left to recover (终结).
        Closed "concluded" []
        /// Refused.
        Rejected "rejected" []
        /// Withdrawn by who filed it.
        Withdrawn "withdrawn" []
        /// Found irregular after payment.
        Revoked "revoked" ["refund-claim"]
    }
}

impl ClaimState {
    /// True while the claim stands in the way of another one on the same note.
    pub fn is_live(self) -> bool {
        !matches!(self, Self::Rejected | Self::Withdrawn)
    }

    /// Where a step of the review leads.
    pub fn after(step: ClaimStep) -> Self {
        match step {
            ClaimStep::InReview | ClaimStep::Resubmitted => Self::InReview,
            ClaimStep::SentBack => Self::SentBack,
            ClaimStep::SiteChecked => Self::SiteChecked,
            ClaimStep::Reviewed => Self::Reviewed,
            ClaimStep::Noticed => Self::Noticed,
            ClaimStep::Ordered => Self::Ordered,
        }
    }
}
