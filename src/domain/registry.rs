//! Master data: who takes part, where the money lies, which rules hold since when.

use crate::domain::account::Fund;
use crate::domain::calendar::Date;
use crate::domain::cap::{CapCount, Quota};
use crate::domain::event::{OwnerKind, PartyKind, Programme};
pub use crate::domain::lifecycle::{ClaimState, SubsidyState};
use crate::domain::money::{Money, MoneyError, Total};
use crate::domain::rate::Share;
use crate::domain::table::Record;
use crate::domain::text::Id;
use crate::domain::years::add_year;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// First bytes of the keys in the store, one a table. The movements of accounts have theirs in
/// [`crate::audit`].
pub mod tables {
    /// Settings of the book: city, name, currency, last instant.
    pub const SETTINGS: u8 = 0x20;
    /// Owners.
    pub const OWNER: u8 = 0x21;
    /// Parties.
    pub const PARTY: u8 = 0x22;
    /// Bank accounts.
    pub const BANK_ACCOUNT: u8 = 0x23;
    /// Adopted rules.
    pub const RULES: u8 = 0x24;
    /// Adopted rates.
    pub const RATES: u8 = 0x25;
    /// Targets.
    pub const TARGET: u8 = 0x26;
    /// Loans.
    pub const LOAN: u8 = 0x27;
    /// Claims.
    pub const CLAIM: u8 = 0x28;
    /// Subsidy lines.
    pub const SUBSIDY: u8 = 0x29;
    /// Balances of accounts by cell and bank account.
    pub const BALANCE: u8 = 0x2a;
    /// Last voucher numbers.
    pub const VOUCHER: u8 = 0x2b;
    /// Commitments outstanding by owner and source.
    pub const COMMITMENT: u8 = 0x2c;
    /// Which entry reversed which.
    pub const REVERSED: u8 = 0x2d;
    /// What firms have had of their yearly caps.
    pub const CAP: u8 = 0x2e;
    /// Unknown receipts.
    pub const RECEIPT: u8 = 0x2f;
    /// Withdrawals approved and unpaid by owner and source.
    pub const WITHDRAWAL: u8 = 0x30;
    /// Statements of bank accounts that were taken in.
    pub const IMPORT: u8 = 0x31;
    /// Matches of lines that persons confirmed.
    pub const LINE_MATCH: u8 = 0x32;
    /// Which entry matched which line.
    pub const MATCHED: u8 = 0x33;
    /// Thresholds of matching.
    pub const THRESHOLDS: u8 = 0x34;
    /// Certificates by bank account.
    pub const CERTIFIED: u8 = 0x35;
    /// What of each owner's books is closed.
    pub const CLOSING: u8 = 0x48;
    /// Sums of accounts by owner and open month.
    pub const MONTH: u8 = 0x49;
    /// Checkpoints.
    pub const CHECKPOINT: u8 = 0x47;
    /// Trees of owners as they stood when something was sealed last; see [`crate::book`].
    pub const OWNER_TREE: u8 = 0x4a;
    /// Suspensions by the circuit breaker.
    pub const SUSPENSION: u8 = 0x40;
    /// Stages of owners' pools.
    pub const POOL: u8 = 0x41;
    /// Sums by which limits of pools are tested.
    pub const POOL_SUM: u8 = 0x42;
    /// What is used and held of the ceilings of compensation.
    pub const CAP_COUNT: u8 = 0x38;
    /// Movements of the enrolled balance by bank and year.
    pub const BANK_BALANCE: u8 = 0x39;
    /// Quotas of compensation.
    pub const QUOTA: u8 = 0x3a;
    /// Applications for loans to be covered.
    pub const APPLICATION: u8 = 0x3d;
    /// Filings for subsidies.
    pub const FILING: u8 = 0x3b;
    /// Qualifications of firms.
    pub const QUALIFICATION: u8 = 0x3c;
}

/// An owner (县区): a county, county-level city, district, zone or the city itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    /// Division code.
    pub code: Id,
    /// Name.
    pub name: CompactString,
    /// Kind; it decides the split between city and owner.
    pub kind: OwnerKind,
    /// First day on which it may take part.
    pub joined: Date,
}

/// A firm, bank, guarantor or funder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Party {
    /// Identifier in the book.
    pub id: Id,
    /// Name.
    pub name: CompactString,
    /// Kind.
    pub kind: PartyKind,
    /// Unified social credit code.
    pub credit_code: Option<CompactString>,
    /// Why a code that fails its check digits was taken.
    pub override_reason: Option<CompactString>,
    /// Account to which it is paid (invariant 29).
    pub account: Option<CompactString>,
    /// Bank of that account.
    pub account_bank: Option<CompactString>,
}

impl Party {
    /// What the yearly caps count by: the credit code, so that a firm that moved is one firm.
    pub fn identity(&self) -> &str {
        self.credit_code.as_deref().unwrap_or(&self.id)
    }
}

/// A bank account (专户) of one fund.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BankAccount {
    /// Identifier in the book.
    pub id: Id,
    /// Owner that opened it; an account of the city may hold money of every owner.
    pub owner: Id,
    /// Fund.
    pub fund: Fund,
    /// Bank (party), if told.
    pub bank: Option<Id>,
    /// Account number.
    pub number: Option<CompactString>,
    /// First day.
    pub opened: Date,
}

/// A rules text in force from a date on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdoptedRules {
    /// Id inside the text.
    pub id: Id,
    /// First day in force.
    pub from: Date,
    /// The whole text.
    pub text: String,
}

/// A table of reference rates, by the entry that adopted it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdoptedRates {
    /// Id of the event.
    pub id: Id,
    /// The whole text.
    pub text: String,
}

/// A checkpoint, and whether it left the house.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The number of its entry as a text.
    pub id: Id,
    /// Its entry.
    pub entry: u64,
    /// When it was recorded, in seconds since 1970.
    pub second: i64,
    /// Entries that say who keeps it.
    pub kept: Vec<u64>,
}

impl Checkpoint {
    /// The id of the checkpoint of an entry.
    pub fn id_of(entry: u64) -> Id {
        Id::joined(&entry.to_string())
    }
}

/// What the three funds together are to reach.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Id of the event.
    pub id: Id,
    /// By when.
    pub by: Date,
    /// How much.
    pub amount: Money,
}

/// How a loss is shared among pool, guarantor and bank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LossShares {
    /// Pool, guarantor, bank.
    pub shares: [Share; 3],
    /// Index of the party that takes the rest (倒挤).
    pub balancing: u8,
}

/// A claim for compensation (补偿申请).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Claim number.
    pub id: Id,
    /// Owner whose pool pays.
    pub owner: Id,
    /// Loan.
    pub loan: Id,
    /// Note.
    pub note: Id,
    /// Day of filing.
    pub filed: Date,
    /// Compensation base.
    pub base: Money,
    /// What of the base is normal interest.
    pub interest: Money,
    /// Collateral realised and not applied to the principal owed.
    pub collateral: Money,
    /// What other public programmes pay for the same loss.
    pub other: Money,
    /// The earlier claim on the note that it supplements.
    pub supplement: Option<Id>,
    /// Pool's part of the base.
    pub claimed: Money,
    /// Earlier claims of the same loss, of which this one is the rest to a whole.
    pub earlier: LossSoFar,
    /// Pool, guarantor and bank of the base.
    pub parts: [Money; 3],
    /// The court's acceptance.
    pub lawsuit: Option<CompactString>,
    /// Where it stands.
    pub state: ClaimState,
    /// Where it stood before each entry of its trail, so that a reversal brings the same back.
    pub before: Vec<ClaimState>,
    /// How the loss is shared.
    pub sharing: LossShares,
    /// Approved compensation.
    pub approved: Money,
    /// Day of approval.
    pub approved_on: Option<Date>,
    /// Entry of the approval; 0 before.
    pub approval: u64,
    /// What was cancelled of it, and when.
    pub cancelled: Option<(Date, Money)>,
    /// Paid compensation.
    pub paid: Money,
    /// Its payments, in order.
    pub payments: Vec<Payment>,
    /// Net recoveries of all parties together.
    pub net_recovered: Money,
    /// The pool's part of them.
    pub recovered: Money,
    /// Recovery right written off.
    pub written_off: Money,
    /// Compensation that the bank is to pay back, paid back or not.
    pub refund_due: Money,
    /// What of it was paid back.
    pub refunded: Money,
    /// Entries that touched it, in order.
    pub trail: Vec<u64>,
}

/// What of the loss on a note was claimed before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LossSoFar {
    /// Bases of the claims together.
    pub base: Money,
    /// Pool, guarantor and bank of them together.
    pub parts: [Money; 3],
}

/// A payment of compensation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Entry.
    pub entry: u64,
    /// Day.
    pub date: Date,
    /// Amount.
    pub amount: Money,
}

impl Claim {
    /// What of the base is principal.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the difference leaves the bounds.
    pub fn principal(&self) -> Result<Money, MoneyError> {
        self.base.sub(self.interest)
    }

    /// The recovery right still open: paid less recovered less written off (invariant 22), less what
    /// is to come back from the bank.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the difference leaves the bounds.
    pub fn open_right(&self) -> Result<Money, MoneyError> {
        let open = self.kept()?.sub(self.recovered)?.sub(self.written_off)?;
        // Recoveries after the write-off come off the register, not off the right.
        Ok(open.max(Money::ZERO))
    }

    /// Compensation that the bank may keep.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the difference leaves the bounds.
    pub fn kept(&self) -> Result<Money, MoneyError> {
        self.paid.sub(self.refund_due)
    }

    /// What the bank is still to pay back.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the difference leaves the bounds.
    pub fn refund_open(&self) -> Result<Money, MoneyError> {
        self.refund_due.sub(self.refunded)
    }

    /// What stands in the register of what was written off (9301).
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the difference leaves the bounds.
    pub fn written_off_open(&self) -> Result<Money, MoneyError> {
        Ok(self.kept()?.sub(self.recovered)?.min(self.written_off))
    }

    /// Where a claim on which something is paid stands by its amounts, unless it is revoked.
    pub fn standing(&self) -> ClaimState {
        match () {
            () if !self.written_off.is_zero() => ClaimState::WrittenOff,
            () if !self.refund_due.is_zero() => ClaimState::Settled,
            () if self.paid < self.approved => ClaimState::PaidPart,
            () if self.recovered.is_positive() => ClaimState::Recovering,
            () => ClaimState::Paid,
        }
    }
}

/// An approved subsidy line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subsidy {
    /// Id of the line, which is the id of the event that approved it.
    pub id: Id,
    /// Programme.
    pub programme: Programme,
    /// Owner.
    pub owner: Id,
    /// Loan.
    pub loan: Id,
    /// Note.
    pub note: Id,
    /// Firm (party).
    pub firm: Id,
    /// Who is paid: the firm, or the bank or guarantor in its place.
    pub payee: Id,
    /// Settlement period as people write it.
    pub period: CompactString,
    /// The line that it adds to, for a supplement.
    pub supplements: Option<Id>,
    /// True when the amount came with its working, so that it can be computed again.
    pub computed: bool,
    /// What the budget left of it when it was approved, where that was less.
    pub budget: Option<Money>,
    /// What it used of the firm's yearly caps when it was approved, by year.
    pub years: Vec<(i16, Money)>,
    /// What of that corrections gave back (or took, below zero), by year.
    pub given: Vec<(i16, Money)>,
    /// What of the rest was given free since, the last year first.
    pub released: Money,
    /// Returned by the bank and not paid again yet.
    pub returned: Money,
    /// Returned by the bank and paid again.
    pub reissued: Money,
    /// What is to come back, settled or not.
    pub clawback: Money,
    /// What of it is settled in any way.
    pub settled: Money,
    /// What of it was set off.
    pub offset: Money,
    /// What of it was written off.
    pub written_off: Money,
    /// Approved amount, less reductions.
    pub amount: Money,
    /// Paid amount.
    pub paid: Money,
    /// Where it stands.
    pub state: SubsidyState,
    /// Where it stood before each entry of its trail, so that a reversal brings the same back.
    pub before: Vec<SubsidyState>,
    /// Day of approval.
    pub approved_on: Date,
    /// Entries that touched it, in order.
    pub trail: Vec<u64>,
}

impl Subsidy {
    /// What it uses of the firm's yearly caps now, by year.
    pub fn years_used(&self) -> Vec<(i16, Money)> {
        let mut left = self.released;
        let mut years = Vec::with_capacity(self.years.len());
        let given = self.given.iter().map(|(year, amount)| (*year, amount.negated()));
        self.years.iter().copied().chain(given).for_each(|row| add_year(&mut years, row));
        for (_, used) in years.iter_mut().rev().filter(|(_, used)| used.is_positive()) {
            let taken = left.min(*used);
            left = left.sub(taken).unwrap_or_default();
            *used = used.sub(taken).unwrap_or_default();
        }
        years
    }

    /// What the firm may keep of it: approved less what is to come back, settled or not.
    pub fn kept(&self) -> Total {
        Total::from(self.amount) - self.clawback.into()
    }

    /// What is still to come back.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the difference leaves the bounds.
    pub fn clawback_open(&self) -> Result<Money, MoneyError> {
        self.clawback.sub(self.settled)
    }

    /// Where an approved line stands by its amounts.
    pub fn standing(&self) -> SubsidyState {
        match () {
            () if self.returned.is_positive() => SubsidyState::Returned,
            () if self.clawback > self.settled => SubsidyState::ClawbackDue,
            () if self.written_off.is_positive() => SubsidyState::WrittenOff,
            () if self.offset.is_positive() => SubsidyState::Offset,
            () if self.clawback.is_positive() => SubsidyState::ClawedBack,
            () if self.amount.is_zero() => SubsidyState::Cancelled,
            () if self.paid.is_zero() => match self.state {
                reviewed @ (SubsidyState::Noticed | SubsidyState::Ordered) => reviewed,
                _ => SubsidyState::Approved,
            },
            () if self.paid < self.amount => SubsidyState::PaidPart,
            () if self.reissued.is_positive() => SubsidyState::Reissued,
            () => SubsidyState::Paid,
        }
    }
}

/// A firm's filing for a subsidy (申报); it moves nothing until a line is approved for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filing {
    /// Id of the event that filed it.
    pub id: Id,
    /// Programme.
    pub programme: Programme,
    /// Owner.
    pub owner: Id,
    /// Loan.
    pub loan: Id,
    /// Note.
    pub note: Id,
    /// Firm (party).
    pub firm: Id,
    /// Settlement period as people write it.
    pub period: CompactString,
    /// Day of filing.
    pub filed: Date,
    /// Where it stands: filed, reviewed, approved; cancelled once it was taken back.
    pub state: SubsidyState,
    /// The line that was approved for it.
    pub line: Option<Id>,
    /// Entries that touched it, in order.
    pub trail: Vec<u64>,
    /// Where it stood before each of them.
    pub before: Vec<SubsidyState>,
}

/// What a firm has had of a programme's yearly cap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapUse {
    /// `programme/firm/year`.
    pub id: Id,
    /// Approved in that year, net of reversals.
    pub used: Money,
}

/// Money that arrived and that nobody knew the reason of (待查收款).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Id of the event that recorded it.
    pub id: Id,
    /// Owner.
    pub owner: Id,
    /// Fund.
    pub fund: Fund,
    /// Bank account on which it arrived.
    pub bank_account: Id,
    /// Value date.
    pub received: Date,
    /// What of it is not explained yet.
    pub open: Money,
    /// Entries that touched it, in order.
    pub trail: Vec<u64>,
}

/// How far an owner's books are closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Closing {
    /// Owner.
    pub owner: Id,
    /// Last closed day, and the entry that closed it.
    pub through: Option<(Date, u64)>,
    /// Last year whose result went to the surplus.
    pub year: Option<i16>,
    /// Last day open to adjustments only, and the entry that said so.
    pub soft: Option<(Date, u64)>,
}

/// A qualification (资格) of a firm that was granted or lost, by the entry that told it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Qualification {
    /// Id of the event.
    pub id: Id,
    /// Firm (party).
    pub firm: Id,
    /// Which; none where the firm lost all.
    pub qualification: Option<Id>,
    /// Number of the certificate.
    pub number: Option<CompactString>,
    /// First day on which it holds, or no longer holds.
    pub from: Date,
    /// First day on which it no longer holds; none where it was lost.
    pub to: Option<Date>,
    /// The entry was reversed.
    pub reversed: bool,
}

macro_rules! records {
    ($($name:ident $table:ident $field:ident;)*) => {$(
        impl Record for $name {
            const TABLE: u8 = tables::$table;
            fn id(&self) -> &Id {
                &self.$field
            }
        }
    )*};
}
records! {
    Owner OWNER code;
    Party PARTY id;
    BankAccount BANK_ACCOUNT id;
    AdoptedRules RULES id;
    AdoptedRates RATES id;
    Target TARGET id;
    Claim CLAIM id;
    Subsidy SUBSIDY id;
    CapUse CAP id;
    Receipt RECEIPT id;
    Closing CLOSING owner;
    Checkpoint CHECKPOINT id;
    CapCount CAP_COUNT id;
    Quota QUOTA id;
    Filing FILING id;
    Qualification QUALIFICATION id;
}

impl Record for crate::domain::loan::Loan {
    const TABLE: u8 = tables::LOAN;
    fn id(&self) -> &Id {
        &self.id
    }
}

impl Record for crate::domain::loan::Application {
    const TABLE: u8 = tables::APPLICATION;
    fn id(&self) -> &Id {
        &self.id
    }
}
