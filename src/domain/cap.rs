//! Caps and quotas as balances: what is used and held of each ceiling, by whom, in which year.
//!
//! A claim counts in several counters at once: its loan, its firm over all years and in the year,
//! its bank in the year, its owner in the year, and the quota of its owner. For how much is a
//! function of its record alone ([`items`]); whatever changes the record, a reversal included,
//! moves the counters by the difference. What is approved is held, what is paid is used, and both
//! together never exceed the [`ceiling`].
//!
//! Invariant: a counter is the sum of the items of all claims.

pub mod ceiling;

use crate::domain::calendar::Date;
use crate::domain::codes;
use crate::domain::event::{PartyKind, Programme};
use crate::domain::loan::Loan;
use crate::domain::money::{Money, Total};
use crate::domain::registry::{Claim, Subsidy};
use crate::domain::rules::words::ClaimYear;
use crate::domain::state::State;
use crate::domain::text::Id;
use crate::planted::{Bug, planted};
use serde::{Deserialize, Serialize};

codes! {
    /// A kind of ceiling.
    pub CapKind {
        /// The pool's part of the base by the sharing table.
        PoolPart "pool-part",
        /// Compensation of a loan over all its notes.
        Loan "loan",
        /// Compensation of a firm over all years.
        FirmTotal "firm-total",
        /// Compensation of a firm in a year.
        FirmYear "firm-year",
        /// Compensation of a bank in a year.
        BankYear "bank-year",
        /// The same as a share of its enrolled balance at the end of the year before.
        BankYearShare "bank-year-share",
        /// Compensation of an owner in a year.
        OwnerYear "owner-year",
        /// The quota of an owner in a year (额度制, E-46).
        Quota "quota",
        /// All public money together, as a share of the loss.
        AllProgrammes "all-programmes",
        /// Subsidies of a programme to a firm in a year.
        SubsidyYear "subsidy-year",
        /// Subsidies of a programme to a firm over all years.
        SubsidyTotal "subsidy-total",
        /// The money of a cell for its programme.
        ProgrammeBudget "programme-budget",
    }
}

impl CapKind {
    /// The words of the kinds that are kept as balances, which reports list.
    pub const LISTED: &'static [&'static str] = &[
        "loan",
        "firm-total",
        "firm-year",
        "bank-year",
        "bank-year-share",
        "owner-year",
        "quota",
        "subsidy-year",
        "subsidy-total",
        "programme-budget",
    ];
}

/// What a ceiling is counted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter {
    /// Kind.
    pub kind: CapKind,
    /// Programme, for subsidies.
    pub programme: Option<Programme>,
    /// Loan, firm, bank or owner.
    pub subject: Id,
    /// Year; none where all years count together.
    pub year: Option<i16>,
}

impl Counter {
    fn new(kind: CapKind, subject: &str, year: Option<i16>) -> Self {
        Self { kind, programme: None, subject: Id::joined(subject), year }
    }

    /// The counter of an owner's quota.
    pub fn of_quota(owner: &str, year: i16) -> Self {
        Self::new(CapKind::Quota, owner, Some(year))
    }

    /// Id of the record that keeps it.
    fn id(&self) -> Id {
        let Self { kind, programme, subject, year } = self;
        let programme = programme.map_or("-", |programme| programme.fund().code());
        let year = year.map_or_else(|| "-".to_owned(), |year| year.to_string());
        Id::joined(&format!("{}/{programme}/{year}/{subject}", kind.code()))
    }
}

/// What is used and held of a ceiling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapCount {
    /// Kind, programme, year and subject.
    pub id: Id,
    /// Paid.
    pub used: Money,
    /// Approved and not paid.
    pub held: Money,
}

/// A yearly quota of compensation of an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Owner and year.
    pub id: Id,
    /// Owner.
    pub owner: Id,
    /// Year.
    pub year: i16,
    /// The amounts set, the last one in force; none when all were taken back.
    pub amounts: Vec<Money>,
    /// Entries that set them, in order.
    pub trail: Vec<u64>,
}

impl Quota {
    /// Id of the quota of an owner in a year.
    pub fn id(owner: &str, year: i16) -> Id {
        Id::joined(&format!("{owner}/{year}"))
    }
}

/// One thing that uses a ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it counts in.
    pub counter: Counter,
    /// Owner of the cell that pays.
    pub owner: Id,
    /// Claim or subsidy line.
    pub what: Id,
    /// Rules under which the loan was enrolled.
    pub rules: Option<Id>,
    /// Entry that approved or paid it.
    pub entry: u64,
    /// Day of that entry.
    pub date: Date,
    /// Amount.
    pub amount: Money,
    /// True while it is approved and not paid.
    pub held: bool,
}

/// A part of a claim: year in which it counts, entry, day, amount, held.
type Part = (i16, u64, Date, Money, bool);

/// By which day the year of a claim on a loan goes.
pub fn year_basis(state: &State, loan: &Loan) -> ClaimYear {
    let rules = loan.rules.as_ref().and_then(|id| state.rules(id));
    rules.map_or(ClaimYear::Approval, |rules| rules.claim.caps.year)
}

/// The counters of a claim that is counted in `year`, and in the quota of `quota_year`.
fn counters(state: &State, loan: &Loan, year: i16, quota_year: i16) -> [Counter; 6] {
    let firm = state.firm_identity(&loan.firm);
    [
        Counter::new(CapKind::Loan, &loan.id, None),
        Counter::new(CapKind::FirmTotal, firm, None),
        Counter::new(CapKind::FirmYear, firm, Some(year)),
        Counter::new(CapKind::BankYear, &loan.bank, Some(year)),
        Counter::new(CapKind::OwnerYear, &loan.owner, Some(year)),
        Counter::of_quota(&loan.owner, quota_year),
    ]
}

/// What a claim uses and holds; nothing before its approval.
pub fn items(state: &State, claim: &Claim) -> Vec<Item> {
    let approved = claim.approved_on.filter(|_| !planted(Bug::CapsUncounted));
    let (Some(loan), Some(approved)) = (state.loans.get(&claim.loan), approved) else {
        return Vec::new();
    };
    let open = claim.approved.sub(claim.paid).unwrap_or_default();
    let held = (claim.approval, approved, open, true);
    let basis = year_basis(state, loan);
    let decided = if basis == ClaimYear::Filing { claim.filed.year() } else { approved.year() };
    let paid_in = |day: Date| if basis == ClaimYear::Payment { day.year() } else { decided };
    let mut parts: Vec<Part> = vec![(decided, held.0, held.1, held.2, true)];
    parts.extend(kept(claim).map(|(entry, day, amount)| (paid_in(day), entry, day, amount, false)));
    let mut items = Vec::new();
    for part in parts.into_iter().filter(|part| part.3.is_positive()) {
        let counters = counters(state, loan, part.0, approved.year());
        let own = counters.into_iter().filter(|counter| counter.kind != CapKind::Quota);
        items.extend(own.map(|counter| item(loan, claim, counter, &part)));
    }
    let year = approved.year();
    let paid = claim.payments.iter().map(|paid| (paid.entry, paid.date, paid.amount, false));
    // What is cancelled in a later year is no longer the quota's to give again.
    let late = claim.cancelled.filter(|(day, _)| day.year() != year);
    let late = late.map(|(day, amount)| (claim.approval, day, amount, false));
    for (entry, day, amount, held) in std::iter::once(held).chain(paid).chain(late) {
        if amount.is_positive() {
            let counter = Counter::of_quota(&loan.owner, year);
            items.push(item(loan, claim, counter, &(year, entry, day, amount, held)));
        }
    }
    items
}

fn item(loan: &Loan, claim: &Claim, counter: Counter, part: &Part) -> Item {
    let (_, entry, date, amount, held) = *part;
    let (owner, what, rules) = (claim.owner.clone(), claim.id.clone(), loan.rules.clone());
    Item { counter, owner, what, rules, entry, date, amount, held }
}

/// The payments of a claim less what the bank has paid back, off the last payment first.
fn kept(claim: &Claim) -> impl Iterator<Item = (u64, Date, Money)> {
    let mut back = claim.refunded;
    let mut kept = Vec::with_capacity(claim.payments.len());
    for paid in claim.payments.iter().rev() {
        let taken = back.min(paid.amount);
        back = back.sub(taken).unwrap_or_default();
        kept.push((paid.entry, paid.date, paid.amount.sub(taken).unwrap_or_default()));
    }
    kept.into_iter().rev()
}

/// What a subsidy line uses and holds of its firm's caps: what is unpaid is the last year's first.
pub fn line_items(state: &State, line: &Subsidy) -> Vec<Item> {
    let firm = state.firm_identity(&line.firm);
    let mut open = line.amount.sub(line.paid).unwrap_or_default();
    let mut items = Vec::new();
    for (year, amount) in line.years_used().into_iter().rev() {
        let held = open.min(amount);
        open = open.sub(held).unwrap_or_default();
        for (amount, held) in [(amount.sub(held).unwrap_or_default(), false), (held, true)] {
            for (kind, year) in [(CapKind::SubsidyYear, Some(year)), (CapKind::SubsidyTotal, None)]
            {
                if amount.is_positive() {
                    let counter = Counter {
                        programme: Some(line.programme),
                        ..Counter::new(kind, firm, year)
                    };
                    items.push(Item {
                        counter,
                        owner: line.owner.clone(),
                        what: line.id.clone(),
                        rules: state.loans.get(&line.loan).and_then(|loan| loan.rules.clone()),
                        entry: line.trail.first().copied().unwrap_or_default(),
                        date: line.approved_on,
                        amount,
                        held,
                    });
                }
            }
        }
    }
    items
}

/// The counter of all that a firm has had of a programme.
pub(crate) fn subsidy_total(programme: Programme, firm: &str) -> Counter {
    Counter { programme: Some(programme), ..Counter::new(CapKind::SubsidyTotal, firm, None) }
}

/// Moves the counters of a claim from the items that it had to those that it has.
pub(crate) fn moved(state: &mut State, claim: &str, before: &[Item]) {
    let after = state.claims.get(claim).map(|claim| items(state, claim)).unwrap_or_default();
    for (items, sign) in [(before, Money::negated as fn(Money) -> Money), (&after, |by| by)] {
        for item in items {
            let (by, none) = (sign(item.amount), Money::ZERO);
            let (used, held) = if item.held { (none, by) } else { (by, none) };
            count(state, &item.counter, used, held);
        }
    }
}

/// Adds to a counter.
pub(crate) fn count(state: &mut State, counter: &Counter, used: Money, held: Money) {
    let id = counter.id();
    if state.cap_counts.get(&id).is_none() {
        let new = CapCount { id: id.clone(), used: Money::ZERO, held: Money::ZERO };
        state.cap_counts.insert(new);
    }
    if let Some(record) = state.cap_counts.get_mut(&id) {
        record.used = record.used.add(used).unwrap_or_default();
        record.held = record.held.add(held).unwrap_or_default();
    }
}

/// What is used and held of a counter.
pub fn counted(state: &State, counter: &Counter) -> (Money, Money) {
    let record = state.cap_counts.get(&counter.id());
    record.map_or((Money::ZERO, Money::ZERO), |record| (record.used, record.held))
}

/// How much the items take of a counter.
pub(crate) fn taken(items: &[Item], counter: &Counter) -> Total {
    let own = items.iter().filter(|item| item.counter == *counter);
    own.map(|item| Total::from(item.amount)).sum()
}

/// The name of a firm, bank or owner; of a loan its firm's.
pub fn name_of(state: &State, kind: CapKind, subject: &str) -> Option<String> {
    let party = |id: &str| {
        let known = state.parties.get(id);
        let party = known.or_else(|| state.party_of_code(PartyKind::Firm, id));
        party.map(|party| party.name.to_string())
    };
    match kind {
        CapKind::OwnerYear | CapKind::Quota | CapKind::ProgrammeBudget => {
            state.owners.get(subject).map(|owner| owner.name.to_string())
        }
        CapKind::Loan => state.loans.get(subject).and_then(|loan| party(&loan.firm)),
        _ => party(subject),
    }
}
