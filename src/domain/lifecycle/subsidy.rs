//! Subsidy lines.

use super::lifecycle;
use crate::domain::event::SubsidyStep;

lifecycle! {
    /// Where a subsidy line stands. `filed` and `reviewed` come before the approval and are told of
    /// a filing; the quarterly run approves without them.
    SubsidyState {
        /// Filed by the firm (申报).
        Filed "filed" ["reviewed" "approve-subsidy"]
        /// Reviewed by the district (初审).
        Reviewed "reviewed" ["approve-subsidy"]
        /// Approved, nothing paid yet (审定).
        Approved "approved" ["noticed" "ordered" "pay-subsidy" "reduce-subsidy"]
        /// Published (公示).
        Noticed "noticed" ["ordered" "pay-subsidy" "reduce-subsidy"]
        /// The payment is ordered (支付令).
        Ordered "ordered" ["pay-subsidy" "reduce-subsidy"]
        /// Paid in part.
        PaidPart "paid-part" ["pay-subsidy" "reduce-subsidy" "return-subsidy"]
        /// Paid in full.
        Paid "paid" ["return-subsidy" "claw-back"]
        /// The bank returned a payment, which is to be made again (退票).
        Returned "returned" ["return-subsidy" "reissue-subsidy"]
        /// Everything that was returned is paid again.
        Reissued "reissued" ["return-subsidy" "claw-back"]
        /// Some of it is to come back (追回).
        ClawbackDue "clawback-due" [
            "claw-back" "receive-clawback" "offset-clawback" "write-off-clawback"
        ]
        /// What was to come back came back.
        ClawedBack "clawed-back" ["claw-back"]
        /// What was to come back was set off against the next payment.
        Offset "offset" ["claw-back"]
        /// What was to come back cannot be collected.
        WrittenOff "written-off" ["claw-back"]
        /// The approval was reversed or reduced to nothing.
        Cancelled "cancelled" []
    }
}

impl SubsidyState {
    /// True of a line that is approved and not paid in full.
    pub fn is_unpaid(self) -> bool {
        self.legal().contains(&"pay-subsidy")
    }

    /// Where a step of the review leads.
    pub fn after(step: SubsidyStep) -> Self {
        match step {
            SubsidyStep::Reviewed => Self::Reviewed,
            SubsidyStep::Noticed => Self::Noticed,
            SubsidyStep::Ordered => Self::Ordered,
        }
    }
}
