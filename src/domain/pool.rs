//! An owner's pool as a whole: where it stands, the sums that its limits are tested by,
//! and the circuit breaker with its memory.

use crate::domain::calendar::Date;
use crate::domain::event::{Scope, Source};
use crate::domain::loan::{Loan, Note, NoteState};
use crate::domain::rate::{Fraction, Share};
use crate::domain::registry::tables;
use crate::domain::rules::Breaker;
use crate::domain::rules::words::{BreakerRatio, BreakerScope};
use crate::domain::state::{Cell, State};
use crate::domain::table::Record;
use crate::domain::text::Id;
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Where a pool stands. The first four follow from the money, the ratios and the releases; the
/// last three are entered by events of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PoolState {
    /// Agreement signed, money not in (筹备).
    Planned,
    /// Money in, ratio below the lines (运行).
    Active,
    /// Ratio over the warning line (预警).
    Warning,
    /// Ratio crossed the stop line and nobody released it (暂停, 熔断).
    Suspended,
    /// Term over or policy replaced (收口).
    RunOff,
    /// All loans settled, recoveries may be open (清算).
    Liquidating,
    /// Balance returned to the contributors (关闭).
    Closed,
}

impl PoolState {
    /// All states, in the order of a pool's life.
    pub const ALL: [Self; 7] = [
        Self::Planned,
        Self::Active,
        Self::Warning,
        Self::Suspended,
        Self::RunOff,
        Self::Liquidating,
        Self::Closed,
    ];

    /// The word in reports and messages.
    pub fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Active => "active",
            Self::Warning => "warning",
            Self::Suspended => "suspended",
            Self::RunOff => "run-off",
            Self::Liquidating => "liquidating",
            Self::Closed => "closed",
        }
    }

    /// Whether new loans are enrolled. A planned pool is held to its leverage instead, because a
    /// loan may be told to the book before the first contribution is.
    pub fn enrols(self) -> bool {
        matches!(self, Self::Active | Self::Warning)
    }

    /// Whether new loans are enrolled now or may be later.
    pub fn may_take_loans(self) -> bool {
        matches!(self, Self::Planned | Self::Active | Self::Warning | Self::Suspended)
    }

    /// Whether claims are filed, approved and paid.
    pub fn pays_claims(self) -> bool {
        matches!(self, Self::Active | Self::Warning | Self::Suspended | Self::RunOff)
    }

    /// The states that may follow. A warning is an active pool with a notice, so it keeps no pool
    /// from ending, and a release leads to it where the ratio still stands above the line.
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Planned => &[Self::Active],
            Self::Active => &[Self::Warning, Self::Suspended, Self::RunOff],
            Self::Warning => &[Self::Active, Self::Suspended, Self::RunOff],
            Self::Suspended => &[Self::Active, Self::Warning, Self::RunOff],
            Self::RunOff => &[Self::Liquidating],
            Self::Liquidating => &[Self::Closed],
            Self::Closed => &[],
        }
    }
}

/// What is summed up as the entries come in, so that a limit is tested without a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Sum {
    /// Balances and undrawn commitments of an owner's enrolled loans.
    Counted,
    /// The pool's part of them.
    PoolPart,
    /// Principal that an owner's pool still covers, and undrawn commitments.
    Covered,
    /// Contract amounts of a firm's live loans, over all owners and banks.
    FirmContracts,
    /// How many live loans a firm has.
    FirmLoans,
    /// Balances of a scope.
    Balance,
    /// Overdue principal of a scope.
    Overdue,
    /// Non-performing balances of a scope.
    Npl,
    /// Compensation paid of a scope in a year.
    Paid,
    /// Principal of a scope whose cover ended in a year.
    Released,
    /// How often money or a quota came into an owner's pool.
    Funded,
    /// What an owner's fund (in place of the year) has lent to another owner's (in place of the
    /// party) and not had back.
    InterPool,
    /// Trustee fees of an owner's pool in a year.
    Fees,
    /// How many loans of an owner were taken in against leverage or the circuit breaker.
    Noted,
    /// Budget that a source (in place of the party) gave a fund of an owner in a year and did not get
    /// back; in the year 0 what it got back of earlier years, below zero.
    Budget,
}

/// Stands for every owner, or for every party.
const ALL: u32 = 0xff_ffff;

impl Sum {
    /// The key of a number: sum, year, owner, party.
    pub fn key(self, year: i16, owner: u32, party: u32) -> u64 {
        let year = u64::from(year.unsigned_abs() & 0xfff);
        let part = |number: u32| u64::from(number & ALL);
        u64::from(self as u8) << 60 | year << 48 | part(owner) << 24 | part(party)
    }
}

/// What a loan counts for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub(crate) counted: i64,
    pub(crate) pool: i64,
    pub(crate) covered: i64,
    pub(crate) contract: i64,
    pub(crate) live: i64,
    pub(crate) balance: i64,
    pub(crate) overdue: i64,
    pub(crate) npl: i64,
    pub(crate) released: i64,
}

impl Part {
    /// What a loan counts for as it stands. A loan is live from its enrolment until every note is
    /// repaid or the enrolment is revoked; what is not drawn by then lapses.
    pub fn of(loan: &Loan) -> Self {
        let sum = |of: fn(&Note) -> i64| loan.notes.iter().map(of).fold(0, i64::saturating_add);
        let balance = sum(|note| note.balance.fen());
        let live = loan.removed.is_none() && (loan.notes.is_empty() || balance > 0);
        let drawn = sum(|note| note.amount.fen());
        let undrawn = if live { loan.amount.fen().saturating_sub(drawn) } else { 0 };
        let open = crate::domain::money::Money::from_fen(undrawn).unwrap_or_default();
        let share = loan.share.of(open).unwrap_or_default().fen();
        let covered = sum(|note| note.balance.fen().saturating_sub(note.compensated.fen()).max(0));
        let is_overdue = |note: &Note| matches!(note.overdue.last(), Some((_, None)));
        let classed = |fits: &dyn Fn(&Note) -> bool| {
            let notes = loan.notes.iter().filter(|note| fits(note));
            notes.map(|note| note.balance.fen()).fold(0, i64::saturating_add)
        };
        Self {
            counted: balance.saturating_add(undrawn),
            pool: sum(|note| note.exposure.fen()).saturating_add(share),
            covered: covered.saturating_add(undrawn),
            contract: if live { loan.amount.fen() } else { 0 },
            live: i64::from(live),
            balance,
            overdue: classed(&is_overdue),
            npl: classed(&|note| note.state == NoteState::Npl),
            released: drawn.saturating_sub(covered),
        }
    }
}

/// A ratio with both its parts, in fen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// What is divided.
    pub numerator: i128,
    /// By what.
    pub denominator: i128,
}

impl Ratio {
    /// True when there is something and it is at or above a line. Something over nothing is above
    /// every line.
    pub fn reaches(self, line: Share) -> bool {
        let (numerator, denominator) = line.fraction().parts();
        self.numerator > 0
            && self.numerator.saturating_mul(denominator)
                >= numerator.saturating_mul(self.denominator)
    }

    /// The ratio as a percentage for people, cut after four decimals; empty where nothing is
    /// divided by.
    pub fn percent(self) -> Option<String> {
        let scaled = self.numerator.saturating_mul(10_000);
        let fraction = Fraction::new(scaled, self.denominator).ok()?;
        Some(format!("{}%", fraction.yuan_text(4)))
    }
}

/// A line as a percentage for people.
pub fn percent(line: Share) -> String {
    let (numerator, denominator) = line.fraction().parts();
    Ratio { numerator, denominator }.percent().unwrap_or_default()
}

/// What a breaker watches: the whole city, an owner, a bank, or a bank within an owner's pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The kind of scope.
    pub scope: Scope,
    /// The owner, where the scope is one owner's.
    pub owner: Option<Id>,
    /// The bank, where the scope is one bank's.
    pub bank: Option<Id>,
}

/// Owner and party of the keys of every scope's sums that a loan of an owner and bank counts in.
pub(crate) fn places(state: &State, owner: &str, bank: &str) -> [(u32, u32); 4] {
    let owner = state.owner_number(owner).unwrap_or(ALL - 1);
    let bank = state.parties.number(bank).unwrap_or(ALL - 1);
    [(ALL, ALL), (owner, ALL), (ALL, bank), (owner, bank)]
}

impl Watch {
    /// What a breaker watches of a loan of an owner and bank.
    pub fn new(scope: Scope, owner: &Id, bank: &Id) -> Self {
        let of_owner = matches!(scope, Scope::Owner | Scope::BankOfOwner);
        let of_bank = matches!(scope, Scope::Bank | Scope::BankOfOwner);
        Self { scope, owner: of_owner.then(|| owner.clone()), bank: of_bank.then(|| bank.clone()) }
    }

    /// The id of its record.
    pub fn id(&self) -> Id {
        let parts = [Some(self.scope.code()), self.owner.as_deref(), self.bank.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        Id::joined(&parts.join("/"))
    }

    /// The words of the scope after its kind, for messages: owner and bank.
    pub fn place(&self) -> String {
        let parts = [self.owner.as_deref(), self.bank.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "-".to_owned() } else { parts.join(" ") }
    }

    /// Owner and party of the keys of its sums.
    pub(crate) fn numbers(&self, state: &State) -> (u32, u32) {
        let number = |id: Option<u32>| id.unwrap_or(ALL - 1);
        let owner = self.owner.as_ref().map_or(ALL, |id| number(state.owner_number(id)));
        let bank = self.bank.as_ref().map_or(ALL, |id| number(state.parties.number(id)));
        (owner, bank)
    }

    /// The ratio of a breaker, in a year where it counts by years.
    pub fn ratio(&self, state: &State, ratio: BreakerRatio, year: i16) -> Ratio {
        let (owner, bank) = self.numbers(state);
        let sum = |sum: Sum, year: i16| state.sum(sum.key(year, owner, bank));
        let (numerator, denominator) = match ratio {
            BreakerRatio::Overdue => (sum(Sum::Overdue, 0), sum(Sum::Balance, 0)),
            BreakerRatio::Npl => (sum(Sum::Npl, 0), sum(Sum::Balance, 0)),
            BreakerRatio::Compensation => (sum(Sum::Paid, year), sum(Sum::Released, year)),
        };
        Ratio { numerator, denominator }
    }

    /// Where the breaker stands for this scope.
    pub fn halt<'s>(&self, state: &'s State, breaker: &Breaker, year: i16) -> (Halt<'s>, Ratio) {
        let ratio = self.ratio(state, breaker.ratio, year);
        let record = state.suspensions.get(&self.id());
        let halt = match record.map_or(Standing::Clear, Suspension::standing) {
            Standing::Stopped(step) => Halt::Stopped(Some(step)),
            Standing::Pardoned(step) if ratio.reaches(breaker.stop) => Halt::Released(step),
            // A line that new rules drew lower stops what stands above it already.
            _ if ratio.reaches(breaker.stop) => Halt::Stopped(None),
            _ if ratio.reaches(breaker.warn) => Halt::Warning,
            _ => Halt::Clear,
        };
        (halt, ratio)
    }
}

impl From<BreakerScope> for Scope {
    fn from(scope: BreakerScope) -> Self {
        match scope {
            BreakerScope::Pool => Self::Pool,
            BreakerScope::Owner => Self::Owner,
            BreakerScope::Bank => Self::Bank,
            BreakerScope::BankOfOwner => Self::BankOfOwner,
        }
    }
}

/// What a breaker says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Halt<'s> {
    /// Nothing.
    Clear,
    /// The ratio is at or above the warning line.
    Warning,
    /// The ratio is above the stop line, and was released there.
    Released(&'s Step),
    /// Enrolments are stopped, by the entry that crossed the line if one did.
    Stopped(Option<&'s Step>),
}

/// What a breaker remembers of one scope (暂停机制).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspension {
    /// Scope, owner and bank: `owner/410821`.
    pub id: Id,
    /// The kind of scope.
    pub scope: Scope,
    /// Owner, where the scope is one owner's.
    pub owner: Option<Id>,
    /// Bank, where the scope is one bank's.
    pub bank: Option<Id>,
    /// What happened, in order.
    pub steps: Vec<Step>,
}

/// One thing that happened to a suspension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The entry that did it.
    pub seq: u64,
    /// Its date.
    pub date: Date,
    /// The ratio behind it.
    pub ratio: Ratio,
    /// What it did.
    pub what: Turn,
}

/// What an entry did to a suspension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Turn {
    /// The ratio reached the stop line.
    Stopped {
        /// The line.
        line: Share,
    },
    /// A written release; it holds until the ratio rises over the line again.
    Released {
        /// The document.
        document: CompactString,
        /// Whether the ratio still stood above the line.
        above: bool,
    },
    /// The ratio fell below the line after a release.
    Fell,
}

/// Where a suspension stands by its steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing<'s> {
    /// Nothing holds.
    Clear,
    /// Stopped by this step.
    Stopped(&'s Step),
    /// Released by this step while the ratio stood above the line.
    Pardoned(&'s Step),
}

impl Suspension {
    /// Nothing has happened yet.
    pub fn new(watch: &Watch) -> Self {
        Self {
            id: watch.id(),
            scope: watch.scope,
            owner: watch.owner.clone(),
            bank: watch.bank.clone(),
            steps: Vec::new(),
        }
    }

    /// What it watches.
    pub fn watch(&self) -> Watch {
        Watch { scope: self.scope, owner: self.owner.clone(), bank: self.bank.clone() }
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing<'_> {
        self.steps.iter().fold(Standing::Clear, |standing, step| match (&step.what, standing) {
            (Turn::Stopped { .. }, _) => Standing::Stopped(step),
            (Turn::Released { above: true, .. }, _) => Standing::Pardoned(step),
            (Turn::Released { .. }, _) | (Turn::Fell, Standing::Pardoned(_)) => Standing::Clear,
            (Turn::Fell, standing) => standing,
        })
    }
}

/// The stages that an owner's pool has entered by decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pool {
    /// Owner.
    pub owner: Id,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// Entries that touched it, in order.
    pub trail: Vec<u64>,
}

/// A stage that a pool entered by decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// The state.
    pub state: PoolState,
    /// The entry.
    pub seq: u64,
    /// First day.
    pub date: Date,
    /// The document.
    pub document: Option<CompactString>,
}

impl Record for Suspension {
    const TABLE: u8 = tables::SUSPENSION;
    fn id(&self) -> &Id {
        &self.id
    }
}

impl Record for Pool {
    const TABLE: u8 = tables::POOL;
    fn id(&self) -> &Id {
        &self.owner
    }
}

/// The last stage that an owner's pool entered by decision.
pub fn stage<'s>(state: &'s State, owner: &str) -> Option<&'s Stage> {
    state.pools.get(owner).and_then(|pool| pool.stages.last())
}

/// Where an owner's pool stands on a day, by the rules in force.
pub fn pool_state(state: &State, owner: &Id, day: Date) -> PoolState {
    if let Some(stage) = stage(state, owner) {
        return stage.state;
    }
    let number = state.owner_number(owner).unwrap_or(ALL - 1);
    if state.sum(Sum::Funded.key(0, number, ALL)) <= 0 {
        return PoolState::Planned;
    }
    let wide = |scope: Scope| Watch { scope, owner: None, bank: None };
    let own = Watch { owner: Some(owner.clone()), ..wide(Scope::Owner) };
    let latched = [&wide(Scope::Pool), &own].into_iter().any(|watch| {
        let record = state.suspensions.get(&watch.id());
        matches!(record.map(Suspension::standing), Some(Standing::Stopped(_)))
    });
    if latched {
        return PoolState::Suspended;
    }
    let Some(breaker) = state.rules_on(day).and_then(|rules| rules.breaker) else {
        return PoolState::Active;
    };
    let watch = match Scope::from(breaker.scope) {
        Scope::Pool => wide(Scope::Pool),
        Scope::Owner => own,
        // The bank is stopped or warned, not the pool.
        Scope::Bank | Scope::BankOfOwner => return PoolState::Active,
    };
    match watch.halt(state, &breaker, day.year()).0 {
        Halt::Clear => PoolState::Active,
        Halt::Warning | Halt::Released(_) => PoolState::Warning,
        Halt::Stopped(_) => PoolState::Suspended,
    }
}

/// The key of an owner's own sum.
pub fn owner_key(state: &State, sum: Sum, year: i16, owner: &str) -> u64 {
    sum.key(year, state.owner_number(owner).unwrap_or(ALL - 1), ALL)
}

/// The key of the budget that a source gave a fund in a year, less what went back of it in that year.
pub fn budget_key(state: &State, cell: &Cell, source: Source, year: i16) -> u64 {
    let place = (cell.fund as u32) << 8 | source as u32;
    Sum::Budget.key(year, state.owner_number(&cell.owner).unwrap_or(ALL - 1), place)
}

/// The key of what a source had back in a year of its budgets of earlier years.
pub fn budget_back_key(state: &State, cell: &Cell, source: Source, year: i16) -> u64 {
    budget_key(state, cell, source, year) | 1 << 16
}

/// The key of what one owner's fund has lent to another's.
pub fn inter_pool_key(state: &State, fund: crate::domain::account::Fund, pair: [&str; 2]) -> u64 {
    let [from, to] = pair.map(|owner| state.owner_number(owner).unwrap_or(ALL - 1));
    Sum::InterPool.key(fund as i16, from, to)
}

/// The key of a firm's sum.
pub fn firm_key(state: &State, sum: Sum, firm: &str) -> u64 {
    sum.key(0, ALL, state.parties.number(firm).unwrap_or(ALL - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The states of a pool, row by row.
    #[test]
    fn states_allow_and_lead_to_what_the_table_says() {
        use PoolState as P;
        let table: [(P, bool, bool, &[P]); 7] = [
            (P::Planned, false, false, &[P::Active]),
            (P::Active, true, true, &[P::Warning, P::Suspended, P::RunOff]),
            (P::Warning, true, true, &[P::Active, P::Suspended, P::RunOff]),
            (P::Suspended, false, true, &[P::Active, P::Warning, P::RunOff]),
            (P::RunOff, false, true, &[P::Liquidating]),
            (P::Liquidating, false, false, &[P::Closed]),
            (P::Closed, false, false, &[]),
        ];
        for ((state, enrols, pays, next), listed) in table.into_iter().zip(P::ALL) {
            assert_eq!(state, listed);
            assert_eq!((state.enrols(), state.pays_claims()), (enrols, pays), "{state:?}");
            assert_eq!(state.next(), next, "{state:?}");
        }
    }

    #[test]
    fn a_ratio_reaches_a_line_at_the_very_fen() {
        let line = Share::parse("5%").unwrap();
        let reaches = |numerator, denominator| Ratio { numerator, denominator }.reaches(line);
        assert!(!reaches(499, 10_000));
        assert!(reaches(500, 10_000));
        assert!(!reaches(0, 0));
        assert!(reaches(1, 0));
        let third = Ratio { numerator: 1, denominator: 3 };
        assert_eq!(third.percent().as_deref(), Some("33.3333…%"));
        assert_eq!(percent(line), "5.00%");
    }

    #[test]
    fn a_suspension_stands_by_its_steps() {
        let owner = Id::parse("410821").unwrap();
        let watch = Watch::new(Scope::Owner, &owner, &owner);
        let mut record = Suspension::new(&watch);
        assert_eq!(record.id.as_str(), "owner/410821");
        let mut push = |seq, what| {
            let date = crate::domain::calendar::parse_date("2017-03-01").unwrap();
            record.steps.push(Step { seq, date, ratio: Ratio::default(), what });
            match record.standing() {
                Standing::Clear => ("clear", 0),
                Standing::Stopped(step) => ("stopped", step.seq),
                Standing::Pardoned(step) => ("pardoned", step.seq),
            }
        };
        let line = Share::parse("5%").unwrap();
        let release = |above| Turn::Released { document: "1号".into(), above };
        assert_eq!(push(1, Turn::Stopped { line }), ("stopped", 1));
        assert_eq!(push(2, Turn::Fell), ("stopped", 1));
        assert_eq!(push(3, release(true)), ("pardoned", 3));
        assert_eq!(push(4, Turn::Fell), ("clear", 0));
        assert_eq!(push(5, Turn::Stopped { line }), ("stopped", 5));
        assert_eq!(push(6, release(false)), ("clear", 0));
    }
}
