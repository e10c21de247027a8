//! What an event is, beside its fields: the facts of its row in the vocabulary.

use super::Kind;
use crate::domain::codes;
use crate::domain::field::FieldSpec;
use crate::domain::text::Id;

/// A row of the vocabulary.
#[derive(Clone, Copy, Debug)]
pub struct EventSpec {
    /// The event word: `contribute`.
    pub word: &'static str,
    /// The group under which help and manuals list it.
    pub family: Family,
    /// The words for it in Chinese tables, the usual one first.
    pub chinese: &'static [&'static str],
    /// How it is undone.
    pub undo: Undo,
    /// Whether it orders a payment.
    pub pays: Pays,
    /// Its own fields, in alphabetical order.
    pub fields: &'static [FieldSpec],
}

/// How an event is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// By `reverse` (E-90).
    Reverse,
    /// Not at all: a later event supersedes it, because others rest on it.
    Superseded,
    /// By an event of its own.
    Opposite,
}

/// Whether an event orders that money leaves a pool, which takes more people than its maker
/// (invariant 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pays {
    /// Never.
    Never,
    /// Where its fields or the rules in force say so.
    Sometimes,
    /// Always.
    Always,
}

impl EventSpec {
    pub(super) const fn new(
        word: &'static str,
        family: Family,
        chinese: &'static [&'static str],
        fields: &'static [FieldSpec],
    ) -> Self {
        Self { word, family, chinese, undo: Undo::Reverse, pays: Pays::Never, fields }
    }

    pub(super) const fn superseded(self) -> Self {
        Self { undo: Undo::Superseded, ..self }
    }

    pub(super) const fn opposite(self) -> Self {
        Self { undo: Undo::Opposite, ..self }
    }

    pub(super) const fn pays(self) -> Self {
        Self { pays: Pays::Always, ..self }
    }

    pub(super) const fn may_pay(self) -> Self {
        Self { pays: Pays::Sometimes, ..self }
    }

    /// The row of an event word.
    pub fn of(word: &str) -> Option<&'static Self> {
        super::VOCABULARY.iter().find(|spec| spec.word == word)
    }
}

codes! {
    /// A family of events; help and manuals list them by family.
    pub Family {
        /// The book, its owners, parties, accounts, rules and rates.
        SetUp "setup",
        /// Money that comes in and goes out beside claims and subsidies.
        Funding "funding",
        /// Facts of loans.
        Loan "loan",
        /// Claims for compensation.
        Claim "claim",
        /// Subsidy lines.
        Subsidy "subsidy",
        /// Stages of pools.
        Pool "pool",
        /// Closes, corrections, checkpoints.
        Books "books",
        /// Bank statements: facts that post nothing and belong to no period of the books.
        Statement "statement",
    }
}

/// The registers whose records events name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// Applications for loans.
    Application,
    /// Enrolled loans.
    Loan,
    /// Claims.
    Claim,
    /// Subsidy lines, and the filings for them.
    Subsidy,
    /// Bank accounts.
    BankAccount,
}

impl Kind {
    /// The loan that it names, and the drawdown note.
    pub fn loan(&self) -> Option<(&Id, Option<&Id>)> {
        Some((self.id_field("loan")?, self.id_field("note")))
    }

    /// The claim that it names.
    pub fn claim(&self) -> Option<&Id> {
        self.id_field("claim")
    }

    /// The subsidy line that it names.
    pub fn subsidy(&self) -> Option<&Id> {
        self.id_field("subsidy")
    }

    /// The record that it names before all others: a claim's own loan stands in the claim's filing.
    pub fn named(&self) -> Option<(RecordKind, &Id)> {
        let of_loan = match self {
            Self::ApplyLoan(_) | Self::RecommendLoan(_) | Self::RejectLoan(_) => {
                RecordKind::Application
            }
            _ => RecordKind::Loan,
        };
        let fields = [
            ("loan", of_loan),
            ("claim", RecordKind::Claim),
            ("subsidy", RecordKind::Subsidy),
            ("bank_account", RecordKind::BankAccount),
        ];
        fields.into_iter().find_map(|(field, record)| Some((record, self.id_field(field)?)))
    }

    /// Facts about statements: they post nothing and belong to no period of the books.
    pub fn is_of_statements(&self) -> bool {
        self.spec().family == Family::Statement
    }

    /// Facts of an enrolled loan, from its disbursement on; they name the loan and perhaps its note.
    pub fn is_loan_fact(&self) -> bool {
        let applied = matches!(
            self,
            Self::ApplyLoan(_) | Self::RecommendLoan(_) | Self::RejectLoan(_) | Self::Enrol(_)
        );
        self.spec().family == Family::Loan && !applied
    }

    /// The loan and the note of such a fact.
    pub fn loan_fact(&self) -> Option<(&Id, Option<&Id>)> {
        self.loan().filter(|_| self.is_loan_fact())
    }
}
