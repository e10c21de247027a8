//! What an entry sets off beside what it books: a pool suspended or open again, leverage reached, a
//! ceiling or a cell's money used up, a claim cut, a fact of a closed period, a certificate touched.
//!
//! Everything is derived here, from the state before and after the entry, and nowhere else: [`Before`]
//! is taken before [`crate::domain::apply`], [`Before::after`] compares. What is watched is what the
//! entry touches: the scopes and the pool of its loan, the counters of its claim or line, the cells
//! whose money it takes. Cost: some look-ups of sums an entry; nothing for entries that touch none.
//!
//! A thing is told when it changes, not while it lasts: a pool that stands suspended is told once.

mod gauge;

use crate::domain::account::Account;
use crate::domain::apply::{about, loan_of};
use crate::domain::cap::ceiling::{Ceiling, ceilings};
use crate::domain::cap::{self, CapKind, Counter, Item, taken};
use crate::domain::codes;
use crate::domain::decide::{between, firm_caps, is_followed};
use crate::domain::entry::Entry;
use crate::domain::event::{Event, Kind};
use crate::domain::money::{Money, Total};
use crate::domain::rules::RuleSet;
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use gauge::{Gauge, Level, of_loan, of_pool, of_rules};

codes! {
    /// What was set off; its wording is the message `set-off-<code>`.
    pub Code {
        /// The circuit breaker stopped enrolments of a scope.
        PoolSuspended "pool-suspended",
        /// The ratio of a scope reached the warning line.
        PoolWarning "pool-warning",
        /// Enrolments of a scope are taken again.
        PoolReopened "pool-reopened",
        /// The loans are as large as the pool may carry.
        LeverageReached "leverage-reached",
        /// The loans are at nine tenths of what the pool may carry.
        LeverageNear "leverage-near",
        /// A ceiling is used up.
        CapUsedUp "cap-used-up",
        /// Nine tenths of a ceiling are used.
        CapNear "cap-near",
        /// A ceiling that was used up has room again.
        CapFreed "cap-freed",
        /// The money of a cell is spent or spoken for.
        MoneyUsedUp "money-used-up",
        /// A ceiling cut what the pool bears of a claim.
        ClaimCut "claim-cut",
        /// The true date lies in a closed period.
        AfterClose "after-close",
        /// A certified day of a bank account is touched.
        CertificateTouched "certificate-touched",
        /// Loans enrolled since the day from which new rules are in force go over to them.
        LoansChanged "loans-changed",
        /// Loans enrolled since then keep what they were enrolled under.
        LoansKept "loans-kept",
        /// A loan enrolled since then cannot go over.
        LoanBound "loan-bound",
        /// More was set off than is listed.
        AndMore "and-more",
    }
}

/// One thing that an entry set off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// What.
    pub code: Code,
    /// The entry.
    pub entry: u64,
    /// The owner whom it concerns; none where it is the city's or a bank's.
    pub owner: Option<Id>,
    /// The owner's name.
    pub name: Option<String>,
    /// The numbers, by name.
    pub facts: Vec<(&'static str, String)>,
}

impl Consequence {
    fn new(code: Code, entry: &Entry, owner: Option<&Id>, state: &State) -> Self {
        let name = owner.and_then(|code| state.owners.get(code));
        let name = name.map(|owner| owner.name.to_string());
        Self { code, entry: entry.seq, owner: owner.cloned(), name, facts: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.facts.push((name, value.to_string()));
        self
    }
}

/// At most so many consequences of one command are kept in words; more are counted.
pub const CONSEQUENCES_MAX: usize = 200;

/// The consequences of a group of entries: the first of them, and how many more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    kept: Vec<Consequence>,
    more: u64,
    last: u64,
}

impl Consequences {
    /// Adds those of an entry.
    pub fn extend(&mut self, found: Vec<Consequence>) {
        for one in found {
            self.last = one.entry;
            if self.kept.len() < CONSEQUENCES_MAX {
                self.kept.push(one);
            } else {
                self.more = self.more.saturating_add(1);
            }
        }
    }

    /// Adds those of another group.
    pub fn append(&mut self, other: Self) {
        let (more, last) = (other.more, other.last);
        self.extend(other.kept);
        self.more = self.more.saturating_add(more);
        self.last = self.last.max(last);
    }

    /// How many are kept, to be cut back to by [`Consequences::cut`].
    pub fn mark(&self) -> (usize, u64) {
        (self.kept.len(), self.more)
    }

    /// Takes back what was added since a mark.
    pub fn cut(&mut self, (kept, more): (usize, u64)) {
        self.kept.truncate(kept);
        self.more = more;
    }

    /// All that is kept; what was too much stands as a number in the last one.
    pub fn listed(self) -> Vec<Consequence> {
        let Self { mut kept, more, last } = self;
        if more > 0 {
            let facts = vec![("more", more.to_string())];
            kept.push(Consequence {
                code: Code::AndMore,
                entry: last,
                owner: None,
                name: None,
                facts,
            });
        }
        kept
    }
}

/// What an entry may change, as it stood before.
pub struct Before {
    gauges: Vec<(Gauge, Level)>,
    /// What the claim or line of the entry used of its ceilings.
    items: Vec<Item>,
    event: Option<Event>,
}

impl Before {
    /// Looks at what an entry is about to touch.
    pub fn of(state: &State, entry: &Entry) -> Self {
        let event = about(entry);
        let told = event.as_ref().unwrap_or(&entry.event);
        let mut gauges = match &told.kind {
            Kind::Release(own) => of_rules::released(state, told, own).into_iter().collect(),
            Kind::AdoptRules(_) => of_rules::all(state),
            Kind::ApproveWithdrawal(_) | Kind::PayWithdrawal(_) => {
                entry.owner().map(|owner| vec![of_pool(owner)]).unwrap_or_default()
            }
            kind if loan_of(state, kind).is_some() => of_loan(state, told),
            _ => Vec::new(),
        };
        // The day of the event decides which rules and which year count.
        gauges.retain(|gauge| gauge.is_ruled(state, told.date));
        let level = |gauge: Gauge| {
            let level = gauge.level(state, told.date);
            (gauge, level)
        };
        let gauges = gauges.into_iter().map(level).collect();
        let items = items(state, told);
        Self { gauges, items, event }
    }

    /// What the entry set off, once it is applied.
    pub fn after(self, state: &State, entry: &Entry) -> Vec<Consequence> {
        let mut found = Vec::new();
        let told = self.event.as_ref().unwrap_or(&entry.event);
        for (gauge, before) in &self.gauges {
            found.extend(gauge.change(state, entry, told.date, *before));
        }
        ceilings_moved(state, entry, (&self.items, &items(state, told)), &mut found);
        money(state, entry, &mut found);
        loans_between(state, entry, &mut found);
        if entry.reverses.is_none() {
            found.extend(claim_cut(state, entry));
        }
        found.extend(after_close(state, entry));
        certificates(state, entry, &mut found);
        found
    }
}

/// What the claim or subsidy line of an event uses and holds of its ceilings.
fn items(state: &State, event: &Event) -> Vec<Item> {
    if let Some(claim) = event.kind.claim() {
        let claim = state.claims.get(claim);
        return claim.map(|claim| cap::items(state, claim)).unwrap_or_default();
    }
    let line = match &event.kind {
        Kind::ApproveSubsidy(_) => &event.id,
        Kind::ReduceSubsidy(own) => &own.subsidy,
        _ => return Vec::new(),
    };
    let line = state.subsidies.get(line);
    line.map(|line| cap::line_items(state, line)).unwrap_or_default()
}

/// Ceilings that reached nine tenths, were used up, or have room again.
fn ceilings_moved(
    state: &State,
    entry: &Entry,
    (before, after): (&[Item], &[Item]),
    found: &mut Vec<Consequence>,
) {
    let mut seen: Vec<&Counter> = Vec::new();
    for item in after.iter().chain(before) {
        let counter = &item.counter;
        if seen.contains(&counter) {
            continue;
        }
        seen.push(counter);
        let moved = taken(after, counter) - taken(before, counter);
        if moved == Total::ZERO {
            continue;
        }
        let rules = item.rules.as_ref().and_then(|id| state.rules(id));
        for ceiling in limits(state, rules, counter) {
            let now = Total::from(ceiling.used) + Total::from(ceiling.held);
            let limit = Total::from(ceiling.limit);
            let (was, is) = (Level::of(now - moved, limit), Level::of(now, limit));
            let code = match (was, is) {
                (Level::Clear | Level::Near, Level::Full) => Code::CapUsedUp,
                (Level::Clear, Level::Near) => Code::CapNear,
                (Level::Full, Level::Near | Level::Clear) => Code::CapFreed,
                _ => continue,
            };
            found.push(capped(
                state,
                Consequence::new(code, entry, Some(&item.owner), state),
                &ceiling,
            ));
        }
    }
}

/// The ceilings on a counter with what is used now.
fn limits(state: &State, rules: Option<&RuleSet>, counter: &Counter) -> Vec<Ceiling> {
    let Some(programme) = counter.programme else {
        return ceilings(state, rules, counter).unwrap_or_default();
    };
    let caps = rules.and_then(|rules| firm_caps(rules, programme));
    let limit = caps.and_then(|caps| match counter.kind {
        CapKind::SubsidyYear => caps.year,
        CapKind::SubsidyTotal => caps.total,
        _ => None,
    });
    let (used, held) = match counter.year {
        // What a firm has had in a year is counted beside, by all lines together.
        Some(year) => {
            let used = state.cap_used(programme, &counter.subject, year);
            (used.money().unwrap_or_default(), Money::ZERO)
        }
        None => cap::counted(state, counter),
    };
    let (kind, subject, year) = (counter.kind, counter.subject.clone(), counter.year);
    let ceiling = |limit| Ceiling { kind, subject, year, limit, used, held };
    limit.map(ceiling).into_iter().collect()
}

/// The name of what a ceiling counts; its code where it has none.
fn subject_name(state: &State, kind: CapKind, subject: &str) -> String {
    cap::name_of(state, kind, subject).unwrap_or_else(|| subject.to_owned())
}

/// The numbers of a ceiling.
fn capped(state: &State, one: Consequence, ceiling: &Ceiling) -> Consequence {
    let year = ceiling.year.map_or_else(|| "none".to_owned(), |year| year.to_string());
    one.with("kind", ceiling.kind.code())
        .with("subject", &ceiling.subject)
        .with("subject_name", subject_name(state, ceiling.kind, &ceiling.subject))
        .with("year", year)
        .with("limit", ceiling.limit.grouped())
        .with("used", ceiling.used.grouped())
        .with("held", ceiling.held.grouped())
        .with("left", ceiling.left().grouped())
}

/// Cells whose last available money the entry took.
fn money(state: &State, entry: &Entry, found: &mut Vec<Consequence>) {
    let mut seen: Vec<Cell> = Vec::new();
    let counts = |account: Account| account.is_cash() || account.is_reserving();
    for line in entry.lines.iter().filter(|line| counts(line.account)) {
        let cell = Cell { owner: line.owner.clone(), fund: line.fund };
        if seen.contains(&cell) {
            continue;
        }
        let own = entry.lines.iter().filter(|line| {
            counts(line.account) && line.owner == cell.owner && line.fund == cell.fund
        });
        let moved: Total = own.map(crate::domain::entry::Line::signed).sum();
        let left = if moved < Total::ZERO { state.available(&cell) } else { Total::ZERO };
        if moved < Total::ZERO && left <= Total::ZERO && left - moved > Total::ZERO {
            let one = Consequence::new(Code::MoneyUsedUp, entry, Some(&cell.owner), state);
            let one = one.with("fund", cell.fund).with("cash", state.cash(&cell).grouped());
            found.push(one.with("reserved", state.reserved(&cell).grouped()));
        }
        seen.push(cell);
    }
}

/// An approval below the pool's part because a ceiling left no more.
fn claim_cut(state: &State, entry: &Entry) -> Option<Consequence> {
    let Kind::ApproveClaim(own) = &entry.event.kind else { return None };
    let claim = state.claims.get(&own.claim)?;
    let working = entry.working.as_ref()?.value();
    let steps = working.get("ceilings")?.as_array()?;
    let amount = |step: &serde_json::Value, key: &str| {
        step.get(key).and_then(|text| text.as_str()).and_then(|text| Money::parse(text).ok())
    };
    // The ceiling that bound last is the one to name.
    let cut = steps.iter().rev().find(|step| amount(step, "after") < amount(step, "before"))?;
    let kind = cut.get("kind").and_then(|kind| kind.as_str()).and_then(CapKind::parse)?;
    let subject = cut.get("subject").and_then(|text| text.as_str()).unwrap_or_default();
    let [pool, ..] = claim.parts;
    let one = Consequence::new(Code::ClaimCut, entry, Some(&claim.owner), state)
        .with("claim", &claim.id)
        .with("part", pool.grouped())
        .with("approved", claim.approved.grouped())
        .with("cut", pool.sub(claim.approved).unwrap_or_default().grouped())
        .with("kind", kind.code())
        .with("subject", subject)
        .with("subject_name", subject_name(state, kind, subject));
    let shown = |key: &str| amount(cut, key).map(Money::grouped).unwrap_or_default();
    let one = one.with("limit", shown("limit")).with("used", shown("used"));
    Some(one.with("held", shown("held")))
}

/// The loans that were enrolled before rules were adopted, but on a day on which these are in force.
fn loans_between(state: &State, entry: &Entry, found: &mut Vec<Consequence>) {
    let Some(between) = between(state, &entry.event) else { return };
    let changes = is_followed(&entry.event);
    let one = |code, count: usize| {
        let one = Consequence::new(code, entry, None, state).with("rules", &between.rules);
        one.with("count", count)
    };
    if !changes {
        let count = between.free.len() + between.bound.len();
        found.extend((count > 0).then(|| one(Code::LoansKept, count)));
        return;
    }
    found.push(one(Code::LoansChanged, between.free.len()));
    for (loan, problem) in &between.bound {
        let own = loan.rules.as_ref().map_or("-", |rules| rules.as_str());
        let bound = Consequence::new(Code::LoanBound, entry, Some(&loan.owner), state);
        let bound = bound.with("loan", &loan.id).with("rules", own);
        found.push(bound.with("because", problem.code));
    }
}

/// A fact that became known after the books of its day were closed.
fn after_close(state: &State, entry: &Entry) -> Option<Consequence> {
    let happened = entry.event.effective?;
    let owner = entry.owner()?;
    let (closed, by) = state.closings.get(owner)?.through?;
    if happened > closed || matches!(entry.event.kind, Kind::Close(_)) {
        return None;
    }
    let one = Consequence::new(Code::AfterClose, entry, Some(owner), state);
    let one = one.with("happened", happened).with("date", entry.event.date);
    Some(one.with("closed", closed).with("by", by))
}

/// Certified days of bank accounts that the entry touches.
fn certificates(state: &State, entry: &Entry, found: &mut Vec<Consequence>) {
    // Most books touch no certified day, and then this is all.
    if state.statements.certified.is_empty() {
        return;
    }
    for (account, days) in crate::domain::apply::touched(state, entry) {
        let held = state.bank_accounts.get(&account).map(|account| &account.owner);
        let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else { continue };
        let one = Consequence::new(Code::CertificateTouched, entry, held, state);
        let one = one.with("bank_account", &account).with("days", days.len());
        found.push(one.with("first", first).with("last", last));
    }
}
