//! The differences of settled periods: what each line comes to under today's knowledge beside what
//! stands of it, and what of that can be posted now.

use super::difference::{Taken, kept, limited, take, years_used};
use super::known::{Known, others};
use super::recompute::{Chain, Place, lower_to_budget, nothing, recompute, settled};
use super::{FirmKey, SubsidyLine};
use crate::domain::calendar::{Date, Quarter};
use crate::domain::decide::firm_year_cap;
use crate::domain::event::Programme;
use crate::domain::loan::{Loan, Note};
use crate::domain::money::{Money, Total};
use crate::domain::registry::Subsidy;
use crate::domain::rules::RuleSet;
use crate::domain::state::{Cell, State};
use crate::domain::text::Id;
use crate::domain::years::Years;
use compact_str::{CompactString, format_compact};
use std::collections::{BTreeSet, HashMap};
use std::fmt;

/// What brought a difference about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A fact that was recorded since.
    Fact {
        /// Number of its entry.
        entry: u64,
        /// Its event word.
        event: &'static str,
        /// The day on which it truly happened.
        effective: Date,
    },
    /// Another line's correction changed what the caps leave.
    Cap,
}

impl Cause {
    /// Number of its entry, if it is one.
    pub fn entry(&self) -> Option<u64> {
        match self {
            Self::Fact { entry, .. } => Some(*entry),
            Self::Cap => None,
        }
    }

    /// As a working keeps it.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Fact { entry, event, effective } => serde_json::json!({
                "effective": effective.to_string(), "entry": entry, "event": event,
            }),
            Self::Cap => serde_json::json!({ "event": "cap" }),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact { entry, event, effective } => write!(f, "#{entry} {event} {effective}"),
            Self::Cap => f.write_str("cap"),
        }
    }
}

/// Which settled periods are looked at.
#[derive(Clone, Debug)]
pub struct Range {
    /// First quarter.
    pub since: Quarter,
    /// Last quarter; none for the last with an approved line.
    pub until: Option<Quarter>,
    /// Programmes.
    pub programmes: Vec<Programme>,
}

impl Range {
    fn holds(&self, programme: Programme, quarter: Quarter) -> bool {
        self.programmes.contains(&programme)
            && quarter >= self.since
            && self.until.is_none_or(|until| quarter <= until)
    }
}

/// What one period of one note comes to now, beside what stands of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Programme.
    pub programme: Programme,
    /// Quarter.
    pub quarter: Quarter,
    /// Owner whose fund pays.
    pub owner: Id,
    /// Loan.
    pub loan: Id,
    /// Note.
    pub note: Id,
    /// Firm.
    pub firm: Id,
    /// The first approval of the period; none where nothing was ever approved.
    pub first: Option<Id>,
    /// What the firm may keep by what stands.
    pub standing: Money,
    /// What it comes to now.
    pub recomputed: Money,
    /// What is taken off lines.
    pub taken: Vec<Taken>,
    /// What is approved on top.
    pub added: Money,
    /// What of the difference cannot be posted now, with its sign.
    pub waiting: Total,
    /// What it gives back to the firm's caps (below zero: takes), by year.
    pub years: Years,
    /// First day on which something changed.
    pub effective: Date,
    /// What brought it about.
    pub causes: Vec<Cause>,
    /// The line as it is computed now; none where no day counts any more.
    pub line: Option<SubsidyLine>,
    /// Entries on the lines so far; numbers the corrections.
    pub entries: usize,
}

impl Difference {
    /// The whole difference.
    pub fn amount(&self) -> Total {
        Total::from(self.recomputed) - self.standing.into()
    }

    /// The working as it is now.
    pub fn working(&self, state: &State) -> serde_json::Value {
        match &self.line {
            Some(line) => line.working.to_json(),
            None => {
                let rules = state.loans.get(&self.loan).and_then(|loan| loan.rules.clone());
                let rules = rules.unwrap_or_else(|| self.loan.clone());
                nothing(self.programme, rules, self.quarter).to_json()
            }
        }
    }

    /// What is taken off, of the unpaid parts or of what was paid.
    pub fn taken_of(&self, unpaid: bool) -> Total {
        self.taken
            .iter()
            .filter(|part| part.unpaid == unpaid)
            .map(|part| Total::from(part.amount))
            .sum()
    }
}

/// The approved lines of one period of a note, the first approval first.
struct Group<'s> {
    loan: &'s Loan,
    note: &'s Note,
    programme: Programme,
    quarter: Quarter,
    first: &'s Subsidy,
    lines: Vec<&'s Subsidy>,
}

/// The first approval of a period of a note, if it stands.
fn first_of<'s>(
    state: &'s State,
    note: &Note,
    programme: Programme,
    period: &str,
) -> Option<&'s Subsidy> {
    let own = note.subsidised.iter();
    let mut own = own.filter(|line| line.programme == programme && line.period == *period);
    own.find_map(|line| {
        state.subsidies.get(&line.subsidy).filter(|line| line.supplements.is_none())
    })
}

/// True when a line can be computed again: it came with its working, and its loan has rules. Where
/// these know no such programme, because the loan went over to them, nothing is due. What was approved
/// by hand stands as it is.
fn is_computed(state: &State, first: &Subsidy) -> bool {
    let rules = state.loans.get(&first.loan).and_then(|loan| loan.rules.as_ref());
    first.computed && rules.is_some_and(|id| state.rules(id).is_some())
}

fn groups<'s>(state: &'s State, range: &Range) -> Vec<Group<'s>> {
    let mut groups = Vec::new();
    for loan in state.loans.iter() {
        for note in &loan.notes {
            let mut places: HashMap<(Programme, &str), usize> = HashMap::new();
            for own in &note.subsidised {
                let Ok(quarter) = Quarter::parse(&own.period) else { continue };
                let Some(line) = state.subsidies.get(&own.subsidy) else { continue };
                if !range.holds(own.programme, quarter) {
                    continue;
                }
                let key = (own.programme, own.period.as_str());
                if let Some(place) = places.get(&key).copied() {
                    let group: Option<&mut Group<'_>> = groups.get_mut(place);
                    group.into_iter().for_each(|group| group.lines.push(line));
                } else if is_computed(state, line) {
                    places.insert(key, groups.len());
                    let (programme, lines) = (own.programme, vec![line]);
                    groups.push(Group { loan, note, programme, quarter, first: line, lines });
                }
            }
        }
    }
    groups
}

/// What lines outside the range, and lines approved by hand, use of the caps.
fn used_outside(state: &State, range: &Range) -> HashMap<FirmKey, Vec<(i16, Money)>> {
    let mut used: HashMap<FirmKey, Vec<(i16, Money)>> = HashMap::new();
    for line in state.subsidies.iter().filter(|line| !line.trail.is_empty()) {
        let first = line.supplements.as_ref().and_then(|id| state.subsidies.get(id));
        let quarter = Quarter::parse(&line.period);
        let inside = quarter.is_ok_and(|quarter| range.holds(line.programme, quarter))
            && is_computed(state, first.unwrap_or(line));
        if !inside {
            let key = (line.programme, CompactString::new(state.firm_identity(&line.firm)));
            used.entry(key).or_default().extend(line.years_used());
        }
    }
    used
}

fn chain_lines(state: &State, range: &Range, groups: &[Group<'_>]) -> Vec<SubsidyLine> {
    let periods: BTreeSet<(Quarter, Programme)> =
        groups.iter().map(|group| (group.quarter, group.programme)).collect();
    let periods: Vec<(Programme, Quarter)> =
        periods.into_iter().map(|(quarter, programme)| (programme, quarter)).collect();
    let place = |programme: Programme, _: &Loan, note: &Note, quarter: Quarter| {
        let first = first_of(state, note, programme, &format_compact!("{quarter}"));
        match first.and_then(|line| Some((line, *line.trail.first()?))) {
            Some((line, seq)) if is_computed(state, line) => Place::Approved(seq, line.budget),
            Some((_, seq)) => Place::Fixed(seq),
            None => Place::New,
        }
    };
    let chain = Chain {
        periods: &periods,
        rates: state.rates(),
        rules: &|id: &Id| state.rules(id),
        firm_key: &|firm: &Id| CompactString::new(state.firm_identity(firm)),
        used: &used_outside(state, range),
        place: &place,
        other: &|_, note, days| others(note, days),
        facts: &Known::new(state),
    };
    let loans: Vec<&Loan> = state.loans.iter().collect();
    recompute(&chain, &loans)
}

/// The differences of a range, without what brought them about; writes nothing. First what is taken
/// off, then what comes on top, each in the order of the chain. Cost: linear in the loans, times the
/// periods.
pub fn differences(state: &State, range: &Range) -> Vec<Difference> {
    let groups = groups(state, range);
    let lines = chain_lines(state, range, &groups);
    let key = |programme: Programme, period: &str, loan: &Id, note: &Id| {
        (programme, CompactString::new(period), loan.clone(), note.clone())
    };
    let mut now: HashMap<_, SubsidyLine> = HashMap::with_capacity(lines.len());
    let mut order = Vec::with_capacity(lines.len());
    for line in lines {
        let key = key(line.programme, &line.period, &line.loan, &line.note);
        order.push(key.clone());
        now.insert(key, line);
    }
    let (mut less, mut more) = (Vec::new(), HashMap::new());
    for group in &groups {
        let period = &group.first.period;
        let key = key(group.programme, period, &group.loan.id, &group.note.id);
        let difference = of_group(group, now.remove(&key));
        match difference.amount() {
            Total::ZERO => {}
            amount if amount < Total::ZERO => less.push(difference),
            _ => {
                more.insert(key, difference);
            }
        }
    }
    let mut room = Room::new(state, &less);
    let mut differences = less;
    for key in order {
        let difference = match (more.remove(&key), now.remove(&key)) {
            (Some(known), _) => Some(known),
            (None, Some(line)) if line.is_payable() => of_new(line),
            _ => None,
        };
        let difference = difference.map(|difference| room.fit(state, difference));
        // What was never approved and cannot be now, for want of budget, is no correction: it is
        // among the lines of the quarter.
        let corrects = |own: &Difference| own.first.is_some() || own.amount() != own.waiting;
        differences.extend(difference.filter(corrects));
    }
    differences
}

fn of_group(group: &Group<'_>, line: Option<SubsidyLine>) -> Difference {
    let payable = line.as_ref().filter(|line| line.is_payable());
    let recomputed = payable.map_or(Money::ZERO, |line| line.amount);
    let uses =
        payable.map_or(Years::default(), |line| Years::of(line.working.cap_years.iter().copied()));
    let standing = kept(&group.lines).money().unwrap_or_default();
    let used = years_used(&group.lines);
    let years = Years::of(used.rows().iter().chain(uses.turned().rows()).copied());
    let mut difference = Difference {
        programme: group.programme,
        quarter: group.quarter,
        owner: group.first.owner.clone(),
        loan: group.loan.id.clone(),
        note: group.note.id.clone(),
        firm: group.first.firm.clone(),
        first: Some(group.first.id.clone()),
        standing,
        recomputed,
        taken: Vec::new(),
        added: Money::ZERO,
        waiting: Total::ZERO,
        years,
        effective: settled(group.programme, group.quarter).from.max(group.note.drawn),
        causes: Vec::new(),
        line,
        entries: group.lines.iter().map(|line| line.trail.len()).sum(),
    };
    match recomputed.sub(standing) {
        Ok(amount) if amount.is_positive() => difference.added = amount,
        Ok(amount) if !amount.is_zero() => {
            let (taken, left) = take(&group.lines, amount.negated(), &difference.years);
            difference.years = Years::of(taken.iter().flat_map(|part| part.years.rows()).copied());
            difference.taken = taken;
            difference.waiting = -Total::from(left);
        }
        _ => {}
    }
    difference
}

fn of_new(line: SubsidyLine) -> Option<Difference> {
    let quarter = Quarter::parse(&line.period).ok()?;
    let first = line.working.segments.first().map(|segment| segment.from);
    Some(Difference {
        programme: line.programme,
        quarter,
        owner: line.owner.clone(),
        loan: line.loan.clone(),
        note: line.note.clone(),
        firm: line.firm.clone(),
        first: None,
        standing: Money::ZERO,
        recomputed: line.amount,
        taken: Vec::new(),
        added: line.amount,
        waiting: Total::ZERO,
        years: Years::of(line.working.cap_years.iter().copied()).turned(),
        effective: first.unwrap_or(settled(line.programme, quarter).from),
        causes: Vec::new(),
        line: Some(line),
        entries: 0,
    })
}

/// What may be approved on top now: the money of each cell and the room under each firm's year.
struct Room {
    money: HashMap<Cell, Total>,
    used: HashMap<(Programme, CompactString, i16), Total>,
}

impl Room {
    /// What there is after the corrections that take something off.
    fn new(state: &State, less: &[Difference]) -> Self {
        let mut room = Self { money: HashMap::new(), used: HashMap::new() };
        for difference in less {
            *room.cell(state, difference) += difference.taken_of(true);
            room.use_years(state, difference, &difference.years.turned());
        }
        room
    }

    fn cell(&mut self, state: &State, difference: &Difference) -> &mut Total {
        let cell = Cell { owner: difference.owner.clone(), fund: difference.programme.fund() };
        let available = state.available(&cell);
        self.money.entry(cell).or_insert(available)
    }

    fn year(&mut self, state: &State, difference: &Difference, year: i16) -> &mut Total {
        let firm = CompactString::new(state.firm_identity(&difference.firm));
        let used = state.cap_used(difference.programme, &firm, year);
        self.used.entry((difference.programme, firm, year)).or_insert(used)
    }

    fn use_years(&mut self, state: &State, difference: &Difference, takes: &Years) {
        for (year, amount) in takes.rows() {
            *self.year(state, difference, *year) += (*amount).into();
        }
    }

    /// Lowers what comes on top to what there is room for; the rest waits.
    fn fit(&mut self, state: &State, mut difference: Difference) -> Difference {
        let money = *self.cell(state, &difference);
        let money = money.max(Total::ZERO).money().unwrap_or(Money::MAX);
        if let (None, Some(line)) = (&difference.first, &mut difference.line) {
            // What the budget does not leave to a first approval is forgone, as it was then.
            if money.is_positive() {
                lower_to_budget(line, money);
                difference.recomputed = line.amount;
                difference.added = line.amount;
            }
        }
        let whole = difference.added;
        let mut amount = whole.min(money);
        let mut takes = limited(&difference.years.turned(), amount);
        let rules = state.loans.get(&difference.loan).and_then(|loan| loan.rules.as_ref());
        let rules: Option<&RuleSet> = rules.and_then(|id| state.rules(id));
        if let Some(cap) = rules.and_then(|rules| firm_year_cap(rules, difference.programme)) {
            let short: Total = takes
                .rows()
                .iter()
                .map(|(year, part)| {
                    let used = *self.year(state, &difference, *year) + (*part).into();
                    if part.is_positive() { used - cap.into() } else { Total::ZERO }
                })
                .map(|over| over.max(Total::ZERO))
                .sum();
            if short > Total::ZERO {
                let fits = (Total::from(amount) - short).max(Total::ZERO);
                amount = fits.money().unwrap_or_default();
                takes = limited(&takes, amount);
            }
        }
        difference.added = amount;
        difference.waiting = Total::from(whole) - amount.into();
        difference.years = takes.turned();
        *self.cell(state, &difference) += -Total::from(amount);
        self.use_years(state, &difference, &takes);
        difference
    }
}
