//! The closed lists of words that fields of events hold.

#![allow(missing_docs, reason = "each variant is the word in the table")]

use crate::domain::codes;

codes! {
    /// Kind of an owner (县区类别); it decides the split between city and owner.
    pub OwnerKind {
        City "city", County "county", CountyCity "county-city", District "district", Zone "zone",
    }
    /// Kind of a party.
    pub PartyKind { Firm "firm", Bank "bank", Guarantor "guarantor", Funder "funder" }
    /// Who the money comes from (出资方).
    pub Source { Province "province", City "city", County "county", Guarantor "guarantor", Bank "bank" }
    /// Who owns the interest on the pool's deposits.
    pub InterestOwner { Pool "pool", Treasury "treasury" }
    /// What an unknown receipt turns out to be; `payer`: nobody's here, it goes back to the payer.
    pub Origin {
        Contribution "contribution", SubsidyBudget "subsidy-budget", Interest "interest",
        Treasury "treasury", Deposit "deposit", Recovery "recovery", Payer "payer",
    }
    /// What arrives in the pool's account when something is recovered: only its share (E-50), or
    /// the gross sum of which the others' parts are paid on (E-51).
    pub Receives { Share "share", Gross "gross" }
    /// What a circuit breaker stops.
    pub Scope { Pool "pool", Owner "owner", Bank "bank", BankOfOwner "bank-of-owner" }
    /// How a transfer between pools is settled (E-12).
    pub Settlement { Cash "cash", Fund "fund" }
    /// How the bank counts days under the contract (C-02).
    pub ContractDays { Act360 "act-360", Act365 "act-365", ByMonth "by-month" }
    /// A subsidy programme.
    pub Programme { InterestDiscount "interest-discount", GuaranteeFee "guarantee-fee" }
    /// A step of the review of a claim.
    pub ClaimStep {
        InReview "in-review", SentBack "sent-back", Resubmitted "resubmitted",
        SiteChecked "site-checked", Reviewed "reviewed", Noticed "noticed", Ordered "ordered",
    }
    /// A step of the review of a subsidy.
    pub SubsidyStep { Reviewed "reviewed", Noticed "noticed", Ordered "ordered" }
}

codes! {
    /// How far a period is closed: `soft` to all but adjustments with an approver, `final` to all.
    pub Stage { Soft "soft", Final "final" }
    /// What becomes of the loans that were enrolled between the day from which new rules are in force
    /// and their adoption.
    pub LoansBetween { Keep "keep", Change "change" }
    /// How many people a payment takes: maker and checker, or an approver, too.
    pub PeopleMode { Two "two", Three "three" }
}
