//! The closed lists of words that fields of events hold.

/// A word of a closed list, with its code in files.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident $word:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[allow(missing_docs, reason = "each variant is the word in the table")]
        pub enum $name { $(#[serde(rename = $word)] $variant),* }
        impl $name {
            /// The whole list, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The words of the list, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),*];
            /// The word in files.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
            /// The variant of a word.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)* _ => None }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }
    )*};
}

words! {
    /// Kind of an owner (县区类别); it decides the split between city and owner.
    OwnerKind {
        City "city", County "county", CountyCity "county-city", District "district", Zone "zone",
    }
    /// Kind of a party.
    PartyKind { Firm "firm", Bank "bank", Guarantor "guarantor", Funder "funder" }
    /// Who the money comes from (出资方).
    Source { Province "province", City "city", County "county", Guarantor "guarantor", Bank "bank" }
    /// Who owns the interest on the pool's deposits.
    InterestOwner { Pool "pool", Treasury "treasury" }
    /// What an unknown receipt turns out to be; `payer`: nobody's here, it goes back to the payer.
    Origin {
        Contribution "contribution", SubsidyBudget "subsidy-budget", Interest "interest",
        Treasury "treasury", Deposit "deposit", Recovery "recovery", Payer "payer",
    }
    /// What arrives in the pool's account when something is recovered: only its share (E-50), or
    /// the gross sum of which the others' parts are paid on (E-51).
    Receives { Share "share", Gross "gross" }
    /// What a circuit breaker stops.
    Scope { Pool "pool", Owner "owner", Bank "bank", BankOfOwner "bank-of-owner" }
    /// How a transfer between pools is settled (E-12).
    Settlement { Cash "cash", Fund "fund" }
    /// How the bank counts days under the contract (C-02).
    ContractDays { Act360 "act-360", Act365 "act-365", ByMonth "by-month" }
    /// A subsidy programme.
    Programme { InterestDiscount "interest-discount", GuaranteeFee "guarantee-fee" }
    /// A step of the review of a claim.
    ClaimStep {
        InReview "in-review", SentBack "sent-back", Resubmitted "resubmitted",
        SiteChecked "site-checked", Reviewed "reviewed", Noticed "noticed", Ordered "ordered",
    }
    /// A step of the review of a subsidy.
    SubsidyStep { Reviewed "reviewed", Noticed "noticed", Ordered "ordered" }
}

words! {
    /// How far a period is closed: `soft` to all but adjustments with an approver, `final` to all.
    Stage { Soft "soft", Final "final" }
    /// What becomes of the loans that were enrolled between the day from which new rules are in force
    /// and their adoption.
    LoansBetween { Keep "keep", Change "change" }
    /// How many people a payment takes: maker and checker, or an approver, too.
    PeopleMode { Two "two", Three "three" }
}
