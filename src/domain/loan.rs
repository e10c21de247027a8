//! A loan as the pool sees it: one enrolment (备案) with its drawdown notes (借据).
//!
//! The loan is the bank's asset; the book keeps its life off balance. A record holds the facts
//! with their business dates, so that a period can be computed again when a late fact arrives.

use crate::domain::calendar::{Date, Period};
use crate::domain::event::{ContractDays, Programme};
use crate::domain::lifecycle::LoanState;
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::{Rate, Share};
use crate::domain::text::Id;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// An enrolled loan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Loan {
    /// Loan number.
    pub id: Id,
    /// Owner whose pool backs it.
    pub owner: Id,
    /// Borrowing firm (party).
    pub firm: Id,
    /// Lending bank (party).
    pub bank: Id,
    /// Guarantor (party), if any.
    pub guarantor: Option<Id>,
    /// Entry of the enrolment.
    pub entry: u64,
    /// Contract number.
    pub contract: Option<CompactString>,
    /// Contract amount.
    pub amount: Money,
    /// Day the contract was signed; the day of enrolment when not told.
    pub signed: Date,
    /// Day of enrolment (备案日).
    pub enrolled: Date,
    /// Contract maturity.
    pub due: Date,
    /// Contract rate a year at signing.
    pub rate: Rate,
    /// How the bank counts the days of interest.
    pub day_count: ContractDays,
    /// The loan of the same contract beside which it is another drawing.
    pub drawing_of: Option<Id>,
    /// The loan that it renews (无还本续贷).
    pub renews: Option<Id>,
    /// Kind of security, as the bank names it.
    pub security: Option<CompactString>,
    /// Class of the firm, as the rules name it.
    pub firm_class: Option<CompactString>,
    /// First loan of the firm (首贷).
    pub first_loan: bool,
    /// Share borne by the pool where the loan carries its own.
    pub pool_share: Option<Share>,
    /// Share borne by the guarantor where the loan carries its own.
    pub guarantor_share: Option<Share>,
    /// Id of the rules in force at enrolment, which the loan keeps (新老划断) unless an entry puts it
    /// under others. None where the loan carries its own share and the book had no rules yet.
    pub rules: Option<Id>,
    /// Share borne by the pool under these rules.
    pub share: Share,
    /// Day the enrolment was revoked, if it was.
    pub removed: Option<Date>,
    /// Drawdown notes, in order of disbursement.
    pub notes: Vec<Note>,
    /// The firm's deposit that the pool holds.
    pub deposit: Money,
    /// Guarantee fees paid by the firm.
    pub fees: Vec<FeePaid>,
    /// Entries that touched it, in order.
    pub trail: Vec<u64>,
    /// The entries that put it under other rules, in order.
    pub changes: Vec<RulesChange>,
}

/// A loan goes over to other rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RulesChange {
    /// The entry.
    pub entry: u64,
    /// Rules and the pool's share before it.
    pub was: (Option<Id>, Share),
    /// Rules and the pool's share since.
    pub now: (Id, Share),
}

/// A drawdown note (借据): interest accrues per note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Note number.
    pub id: Id,
    /// The loan whose note of the same number is another one.
    pub drawing_of: Option<Id>,
    /// Entry of its disbursement.
    pub entry: u64,
    /// Principal drawn.
    pub amount: Money,
    /// Day of disbursement, the first day that bears interest.
    pub drawn: Date,
    /// Original maturity; it never moves.
    pub due: Date,
    /// The class in which the note stands.
    pub state: NoteState,
    /// Principal still owed.
    pub balance: Money,
    /// Share of the balance that stands in the pool's exposure (9111).
    pub exposure: Money,
    /// Repayments of principal in the order in which they were recorded.
    pub repayments: Vec<(Date, Money)>,
    /// Contract rate changes in the order in which they were recorded.
    pub rates: Vec<(Date, Rate)>,
    /// Extensions: from which day (the maturity before), to which new maturity.
    pub extensions: Vec<(Date, Date)>,
    /// Overdue spells: first overdue day, day of cure.
    pub overdue: Vec<(Date, Option<Date>)>,
    /// Day of classification as non-performing.
    pub npl: Option<Date>,
    /// What each cure ended, so that its reversal brings the same back.
    pub cures: Vec<Cure>,
    /// How it was when the enrolment was revoked, so that a reversal brings the same back.
    pub removed: Option<Removal>,
    /// Interest paid by the firm.
    pub interest: Vec<InterestPaid>,
    /// What other programmes pay for its days.
    pub others: Vec<OtherBenefit>,
    /// Principal for which the pool has paid compensation in full.
    pub compensated: Money,
    /// Claims filed on it.
    pub claims: Vec<Id>,
    /// Settlement periods for which a subsidy is filed for; the id is the filing's.
    pub filings: Vec<Subsidised>,
    /// Settlement periods for which a subsidy is approved.
    pub subsidised: Vec<Subsidised>,
}

/// An application for a loan to be covered (申请); it counts nowhere among the enrolled loans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Application {
    /// Loan number.
    pub id: Id,
    /// Owner whose pool is asked.
    pub owner: Id,
    /// Borrowing firm (party).
    pub firm: Id,
    /// Lending bank (party).
    pub bank: Id,
    /// Guarantor (party), if any.
    pub guarantor: Option<Id>,
    /// Amount applied for.
    pub amount: Money,
    /// What the loan is for.
    pub purpose: Option<CompactString>,
    /// Day of the application.
    pub applied: Date,
    /// Where it stands.
    pub state: LoanState,
    /// Entries that touched it, in order; none once the application was taken back.
    pub trail: Vec<u64>,
    /// Where it stood before each of them.
    pub before: Vec<LoanState>,
    /// Every owner that was asked under this number, with the entry that asked.
    pub asked: Vec<(u64, Id)>,
}

impl Application {
    /// The owner that was asked last before an entry.
    pub fn asked_before(&self, entry: u64) -> Option<&Id> {
        self.asked.iter().rev().find(|(asked, _)| *asked < entry).map(|(_, owner)| owner)
    }
}

/// A note as it was before the enrolment was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Removal {
    /// Class in the register.
    pub state: NoteState,
    /// Principal owed.
    pub balance: Money,
    /// The pool's exposure.
    pub exposure: Money,
}

/// What a cure ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cure {
    /// Whether the last overdue spell was open.
    pub overdue: bool,
    /// Day of the classification as non-performing.
    pub npl: Option<Date>,
}

/// A settlement period of a note for which a subsidy is filed for or approved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subsidised {
    /// Programme.
    pub programme: Programme,
    /// Period as people write it, `2017Q4`.
    pub period: CompactString,
    /// Id of the filing or of the subsidy line.
    pub subsidy: Id,
}

/// In which class of the register a note stands. Where it stands in its life is told by
/// [`crate::domain::lifecycle::LoanState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NoteState {
    /// Drawn, nothing amiss (9101).
    Active,
    /// Term extended (9102).
    Extended,
    /// Overdue (9103).
    Overdue,
    /// Non-performing (9104).
    Npl,
    /// Fully repaid.
    Repaid,
    /// Nothing is left to recover.
    Closed,
    /// Enrolment revoked.
    Removed,
}

impl NoteState {
    /// The word in reports and messages.
    pub fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Extended => "extended",
            Self::Overdue => "overdue",
            Self::Npl => "npl",
            Self::Repaid => "repaid",
            Self::Closed => "concluded",
            Self::Removed => "removed",
        }
    }
}

/// Interest that the firm paid to the bank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterestPaid {
    /// Day of payment.
    pub paid: Date,
    /// Days it was paid for.
    pub from: Date,
    /// First day it was not paid for.
    pub to: Date,
    /// Amount.
    pub amount: Money,
    /// Said to be one of several payments for these days.
    pub instalment: bool,
    /// Entry that tells of it.
    pub entry: u64,
}

impl InterestPaid {
    /// The days that it was paid for.
    pub fn days(&self) -> Period {
        Period { from: self.from, to: self.to }
    }
}

/// Guarantee fee that the firm paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeePaid {
    /// Day of payment.
    pub paid: Date,
    /// First day covered.
    pub from: Date,
    /// First day no longer covered.
    pub to: Date,
    /// Amount.
    pub amount: Money,
    /// Yearly fee rate charged.
    pub rate: Rate,
    /// Said to be one of several payments for these days.
    pub instalment: bool,
    /// Entry that tells of it.
    pub entry: u64,
    /// What the guarantor gave back of it, in the order of recording.
    pub refunds: Vec<(Date, Money)>,
}

impl FeePaid {
    /// The days that it covers.
    pub fn days(&self) -> Period {
        Period { from: self.from, to: self.to }
    }

    /// What was really paid.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when a difference leaves the bounds.
    pub fn net(&self) -> Result<Money, MoneyError> {
        self.refunds.iter().try_fold(self.amount, |left, (_, refund)| left.sub(*refund))
    }
}

/// What another programme pays for some days of a note.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OtherBenefit {
    /// Name of the programme.
    pub scheme: CompactString,
    /// First day.
    pub from: Date,
    /// First day no longer covered.
    pub to: Date,
    /// Amount.
    pub amount: Money,
    /// Entry.
    pub entry: u64,
}

impl Loan {
    /// Principal still owed over all notes.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the sum leaves the bounds.
    pub fn balance(&self) -> Result<Money, MoneyError> {
        self.notes.iter().try_fold(Money::ZERO, |sum, note| sum.add(note.balance))
    }

    /// Principal drawn over all notes.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the sum leaves the bounds.
    pub fn drawn(&self) -> Result<Money, MoneyError> {
        self.notes.iter().try_fold(Money::ZERO, |sum, note| sum.add(note.amount))
    }

    /// The entry since which it is under its rules: that of its enrolment, or the last that changed them.
    pub fn rules_since(&self) -> u64 {
        self.changes.last().map_or(self.entry, |change| change.entry)
    }

    /// The fee that starts on a day, or the last one where no day is named.
    pub fn fee(&self, from: Option<Date>) -> Option<&FeePaid> {
        self.fees.iter().rev().find(|fee| from.is_none_or(|from| fee.from == from))
    }

    /// The note of an id, or the only note when none is named.
    pub fn note(&self, id: Option<&Id>) -> Option<&Note> {
        match id {
            Some(id) => self.notes.iter().find(|note| note.id == *id),
            None if self.notes.len() == 1 => self.notes.first(),
            None => None,
        }
    }
}

impl Note {
    /// The days on which this note may bear a subsidy by its own life: from drawdown to the first of
    /// original maturity, first overdue day, first extension, non-performing, `removed`.
    pub fn regular_period(&self, removed: Option<Date>) -> Period {
        let cuts = [removed, self.npl, self.overdue.first().map(|(from, _)| *from)];
        let extension = self.extensions.first().map(|(from, _)| *from);
        let end = cuts.into_iter().chain([extension]).flatten().fold(self.due, Date::min);
        Period { from: self.drawn, to: end.max(self.drawn) }
    }
}
