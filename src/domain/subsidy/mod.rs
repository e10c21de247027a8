//! The quarterly subsidies: interest discounts by interest quarter, guarantee fees by calendar
//! quarter.
//!
//! [`compute`] is a pure function of the loans, the rules and what was used before. Lines are taken
//! in the order of settlement date, drawdown date and loan id; caps and budgets are drawn down in
//! that order. Its cost is linear in loans and their recorded changes.

pub mod accrual;
pub mod charges;
pub mod correction;
pub mod days;
pub mod difference;
mod evidence;
pub mod fee;
pub mod interest;
pub mod known;
pub mod qualified;
mod rate_text;
pub mod recompute;
mod shared;
mod steps;
pub mod working;

use crate::domain::account::Fund;
use crate::domain::calendar::{CalendarQuarter, Date, InterestQuarter, Period, Quarter};
use crate::domain::event::Programme;
use crate::domain::loan::{Loan, Note};
use crate::domain::money::Money;
use crate::domain::rate::Fraction;
use crate::domain::rates::RateTable;
use crate::domain::rules::words::{CapYear, Payee, Per, PrincipalOrder};
use crate::domain::rules::{FirmCaps, RuleSet};
use crate::domain::text::Id;
use crate::domain::years::add_year;
use compact_str::CompactString;
use interest::{Eligible, SharedPrincipal, shares_principal};
use shared::{Left, Parts};
use std::collections::HashMap;
pub use steps::{Step, steps};
pub use working::{Ceiling, CeilingKind, Reason, Segment, Working, cap_years};

/// Whose cap: the programme and the firm's key (credit code, or party id where there is none).
pub type FirmKey = (Programme, CompactString);

/// What a quarterly run works with.
pub struct Run<'a> {
    /// The quarter.
    pub quarter: Quarter,
    /// The programmes to compute.
    pub programmes: &'a [Programme],
    /// Reference rates.
    pub rates: &'a RateTable,
    /// Rules by id.
    pub rules: &'a dyn Fn(&Id) -> Option<&'a RuleSet>,
    /// The key by which a firm's caps are counted.
    pub firm_key: &'a dyn Fn(&Id) -> CompactString,
    /// What each firm has used, by the year to which it counts.
    pub used: &'a HashMap<FirmKey, Vec<(i16, Money)>>,
    /// Budget left by owner; an owner without one has no such limit.
    pub budget: &'a HashMap<(Programme, Id), Money>,
    /// True when the line has been approved before: it is not computed again, but its principal
    /// still counts towards a shared principal cap.
    pub approved: &'a dyn Fn(Programme, &Loan, &Note) -> bool,
    /// What the budget left of a line when it was approved, where that was less than was asked.
    pub budgeted: &'a dyn Fn(Programme, &Loan, &Note) -> Option<Money>,
    /// What other programmes pay for the same days of a note.
    pub other: &'a dyn Fn(&Loan, &Note, Period) -> Money,
    /// What else is known of firms and loans.
    pub facts: &'a dyn Facts,
}

/// Facts that lie outside a loan's own record.
pub trait Facts {
    /// The days on which a firm holds one of the kinds of qualification (any where none is named).
    fn qualified(&self, firm: &Id, kinds: &[Id]) -> Vec<Period>;
    /// The first drawdown of the loans that a loan renews, itself left out.
    fn begun(&self, loan: &Loan) -> Option<Date>;
}

/// Nothing else is known.
impl Facts for () {
    fn qualified(&self, _: &Id, _: &[Id]) -> Vec<Period> {
        Vec::new()
    }

    fn begun(&self, _: &Loan) -> Option<Date> {
        None
    }
}

/// One computed line.
#[derive(Clone, Debug, PartialEq)]
pub struct SubsidyLine {
    /// The programme.
    pub programme: Programme,
    /// Owner whose fund pays.
    pub owner: Id,
    /// The fund.
    pub fund: Fund,
    /// The loan.
    pub loan: Id,
    /// The note; for a fee, which is paid for the whole loan, its first note.
    pub note: Id,
    /// The borrowing firm.
    pub firm: Id,
    /// Who is paid.
    pub payee: Id,
    /// `2017Q4`.
    pub period: CompactString,
    /// Days that counted.
    pub days: i64,
    /// The amount by the formula.
    pub computed: Money,
    /// The amount after all ceilings.
    pub amount: Money,
    /// How it came about.
    pub working: Working,
    /// Why nothing may be paid, if so.
    pub reason: Option<Reason>,
}

impl SubsidyLine {
    /// True when something may be paid.
    pub fn is_payable(&self) -> bool {
        self.reason.is_none() && self.amount.is_positive()
    }
}

/// Which notes share a principal cap: in a quarter, of a loan or of a firm.
type SharedKey = (Quarter, Per, CompactString);

/// What this run has drawn so far, on top of what was used before.
#[derive(Default)]
struct Drawn {
    firms: HashMap<FirmKey, Vec<(i16, Money)>>,
    budgets: HashMap<(Programme, Id), Money>,
    principal: HashMap<SharedKey, Vec<(Period, Money)>>,
    in_force: HashMap<SharedKey, Vec<(Period, Money)>>,
}

/// Computes the lines of a quarter. A loan on which no day counts gives no line; a line that a cap
/// or missing evidence brings to zero is listed with its reason.
pub fn compute<'a>(run: &Run<'a>, loans: impl Iterator<Item = &'a Loan>) -> Vec<SubsidyLine> {
    let loans: Vec<&Loan> = loans.collect();
    let mut drawn = Drawn::default();
    let mut lines = Vec::with_capacity(loans.len());
    if run.programmes.contains(&Programme::InterestDiscount) {
        discounts(run, &loans, &mut drawn, &mut lines);
    }
    if run.programmes.contains(&Programme::GuaranteeFee) {
        fees(run, &loans, &mut drawn, &mut lines);
    }
    lines
}

fn discounts<'a>(
    run: &Run<'a>,
    loans: &[&'a Loan],
    drawn: &mut Drawn,
    lines: &mut Vec<SubsidyLine>,
) {
    for (case, eligible) in &discount_cases(run, loans, drawn, lines) {
        lines.extend(discount_line(run, drawn, case, eligible));
    }
}

/// The notes with days in the quarter, in the order in which the caps are drawn down.
fn discount_cases<'a>(
    run: &Run<'a>,
    loans: &[&'a Loan],
    drawn: &mut Drawn,
    lines: &mut Vec<SubsidyLine>,
) -> Vec<(interest::Case<'a>, Eligible)> {
    let settlement = InterestQuarter(run.quarter).period();
    let mut cases: Vec<(interest::Case<'a>, Eligible)> = Vec::with_capacity(loans.len());
    for loan in loans {
        // A loan of a book without rules carries its own share and has no programme.
        let Some(id) = &loan.rules else { continue };
        let Some(rules) = (run.rules)(id) else {
            lines.extend(without_rules(run, loan, id, settlement));
            continue;
        };
        let Some(discount) = &rules.interest_discount else { continue };
        for note in &loan.notes {
            let (rates, facts) = (run.rates, run.facts);
            let case = interest::Case { loan, note, rules, discount, rates, facts };
            cases.extend(case.eligible(settlement).map(|eligible| (case, eligible)));
        }
    }
    cases.sort_by(|(a, on), (b, other)| {
        (on.settled, a.note.drawn, &a.loan.id, &a.note.id).cmp(&(
            other.settled,
            b.note.drawn,
            &b.loan.id,
            &b.note.id,
        ))
    });
    drawn.in_force.extend(in_force(run, &cases));
    cases
}

/// Whose principal cap a case shares.
fn shared_key(run: &Run<'_>, case: &interest::Case<'_>) -> SharedKey {
    let key = match case.discount.principal_per {
        Per::Firm => (run.firm_key)(&case.loan.firm),
        _ => CompactString::new(case.loan.id.as_str()),
    };
    (run.quarter, case.discount.principal_per, key)
}

/// The principal in force, day by day, of all notes that share a cap in proportion.
fn in_force(
    run: &Run<'_>,
    cases: &[(interest::Case<'_>, Eligible)],
) -> HashMap<SharedKey, Vec<(Period, Money)>> {
    let mut found: HashMap<_, Vec<(Period, Money)>> = HashMap::new();
    for (case, eligible) in cases {
        let discount = case.discount;
        if shares_principal(discount) && discount.principal_order == PrincipalOrder::ProRata {
            found.entry(shared_key(run, case)).or_default().extend(case.in_force(eligible));
        }
    }
    found
}

fn discount_line(
    run: &Run<'_>,
    drawn: &mut Drawn,
    case: &interest::Case<'_>,
    eligible: &Eligible,
) -> Option<SubsidyLine> {
    let settlement = InterestQuarter(run.quarter).period();
    let interest::Case { loan, note, discount, .. } = *case;
    let programme = Programme::InterestDiscount;
    let approved = (run.approved)(programme, loan, note);
    let shared = shares_principal(discount);
    if approved && !shared {
        return None;
    }
    let firm = (run.firm_key)(&loan.firm);
    let key = shared_key(run, case);
    let cap = discount.principal_max.unwrap_or(Money::MAX);
    let all = |list: Option<&'_ Vec<(Period, Money)>>| list.cloned().unwrap_or_default();
    let (left, parts);
    let room: Option<&dyn SharedPrincipal> = match discount.principal_order {
        _ if !shared => None,
        PrincipalOrder::FirstCome => {
            left = Left { cap, taken: all(drawn.principal.get(&key)) };
            Some(&left)
        }
        PrincipalOrder::ProRata => {
            parts = Parts { cap, in_force: all(drawn.in_force.get(&key)) };
            Some(&parts)
        }
    };
    let other = (run.other)(loan, note, eligible.days);
    let mut working = case.working(settlement, eligible, room, other)?;
    if shared && (approved || working.reason.is_none()) {
        let taken = drawn.principal.entry(key).or_default();
        taken.extend(
            working
                .segments
                .iter()
                .map(|segment| (Period { from: segment.from, to: segment.to }, segment.counted)),
        );
    }
    if approved {
        return None;
    }
    let years = match discount.caps.by {
        CapYear::Settlement => vec![(eligible.settled.year(), Fraction::whole(1))],
        CapYear::Accrual => by_year(&working),
    };
    let budgeted = (run.budgeted)(programme, loan, note);
    let caps = Caps { programme, firm, owner: &loan.owner, rules: &discount.caps, budgeted };
    caps.apply(run, drawn, &mut working, &years);
    let days = if eligible.waits { eligible.days.days() } else { working.days() };
    Some(line(run, loan, note, discount.payee, days, working))
}

fn fees<'a>(run: &Run<'a>, loans: &[&'a Loan], drawn: &mut Drawn, lines: &mut Vec<SubsidyLine>) {
    let cases = fee_cases(run, loans);
    lines.extend(cases.iter().filter_map(|case| fee_line(run, drawn, case)));
}

/// The loans with days in the quarter, in the order in which the caps are drawn down.
fn fee_cases<'a>(run: &Run<'a>, loans: &[&'a Loan]) -> Vec<fee::Case<'a>> {
    let quarter = CalendarQuarter(run.quarter).period();
    let last = CalendarQuarter(run.quarter).last_day();
    let mut cases: Vec<(fee::Case<'a>, Period)> = Vec::new();
    for loan in loans.iter().filter(|loan| loan.guarantor.is_some() || !loan.fees.is_empty()) {
        let Some(rules) = loan.rules.as_ref().and_then(run.rules) else { continue };
        let Some(fee) = &rules.fee_subsidy else { continue };
        let case = fee::Case { loan, rules, fee, facts: run.facts };
        let life = case.life_of_loan().filter(|(life, _)| !life.intersect(quarter).is_empty());
        cases.extend(life.map(|(life, _)| (case, life)));
    }
    cases.sort_by(|(a, life), (b, other)| {
        (life.to.min(last), life.from, &a.loan.id).cmp(&(
            other.to.min(last),
            other.from,
            &b.loan.id,
        ))
    });
    cases.into_iter().map(|(case, _)| case).collect()
}

fn fee_line(run: &Run<'_>, drawn: &mut Drawn, case: &fee::Case<'_>) -> Option<SubsidyLine> {
    let fee::Case { loan, fee, .. } = *case;
    let programme = Programme::GuaranteeFee;
    // A fee is paid for the loan; its line is kept with the first note.
    let note = loan.notes.first().filter(|note| !(run.approved)(programme, loan, note))?;
    let (mut working, days) = case.working(CalendarQuarter(run.quarter).period())?;
    let firm = (run.firm_key)(&loan.firm);
    let budgeted = (run.budgeted)(programme, loan, note);
    let caps = Caps { programme, firm, owner: &loan.owner, rules: &fee.caps, budgeted };
    // A calendar quarter lies within one year, so both ways of counting agree.
    caps.apply(run, drawn, &mut working, &[(run.quarter.year(), Fraction::whole(1))]);
    Some(line(run, loan, note, fee.payee, days, working))
}

fn line(
    run: &Run<'_>,
    loan: &Loan,
    note: &Note,
    payee: Payee,
    days: i64,
    working: Working,
) -> SubsidyLine {
    let payee = match payee {
        Payee::Firm => &loan.firm,
        Payee::Bank => &loan.bank,
        Payee::Guarantor => loan.guarantor.as_ref().unwrap_or(&loan.firm),
    };
    SubsidyLine {
        programme: working.programme,
        owner: loan.owner.clone(),
        fund: working.programme.fund(),
        loan: loan.id.clone(),
        note: note.id.clone(),
        firm: loan.firm.clone(),
        payee: payee.clone(),
        period: compact_str::format_compact!("{}", run.quarter),
        days,
        computed: working.computed,
        amount: working.amount,
        reason: working.reason,
        working,
    }
}

/// A loan whose rules are not in the book is listed, so that it is not overlooked.
fn without_rules(run: &Run<'_>, loan: &Loan, rules: &Id, settlement: Period) -> Vec<SubsidyLine> {
    let days = |note: &Note| Period { from: note.drawn, to: note.due }.intersect(settlement).days();
    let notes = loan.notes.iter().filter(|note| days(note) > 0);
    let lines = notes.map(|note| {
        let mut working =
            Working::empty(Programme::InterestDiscount, rules.clone(), settlement, "-");
        working.refuse(Reason::RulesUnknown);
        line(run, loan, note, Payee::Firm, days(note), working)
    });
    lines.collect()
}

/// The exact sums of a working by calendar year; its segments are cut at the years' ends.
fn by_year(working: &Working) -> Vec<(i16, Fraction)> {
    let mut years: Vec<(i16, Fraction)> = Vec::new();
    for segment in &working.segments {
        let amount = segment.amount().unwrap_or(Fraction::ZERO);
        match years.last_mut().filter(|(year, _)| *year == segment.from.year()) {
            Some((_, sum)) => *sum = sum.plus(amount).unwrap_or(*sum),
            None => years.push((segment.from.year(), amount)),
        }
    }
    years
}

/// The caps of a firm and the budget of a cell, as one line meets them.
struct Caps<'a> {
    programme: Programme,
    firm: CompactString,
    owner: &'a Id,
    rules: &'a FirmCaps,
    budgeted: Option<Money>,
}

impl Caps<'_> {
    /// Lowers a line to what the caps leave, in the order firm's total, firm's year, budget, and
    /// draws them down.
    fn apply(
        self,
        run: &Run<'_>,
        drawn: &mut Drawn,
        working: &mut Working,
        years: &[(i16, Fraction)],
    ) {
        if working.reason.is_some() {
            return;
        }
        let key = (self.programme, self.firm.clone());
        let before = run.used.get(&key).map_or(&[][..], Vec::as_slice);
        let now = drawn.firms.get(&key).map_or(&[][..], Vec::as_slice);
        let used = |year: Option<i16>| -> Money {
            let all = before.iter().chain(now);
            let counted = all.filter(|(of, _)| year.is_none_or(|year| year == *of));
            let sum: i128 = counted.map(|(_, amount)| i128::from(amount.fen())).sum();
            Money::from_wide(sum).unwrap_or(Money::MAX)
        };
        if let Some(cap) = self.rules.total {
            working.lower(Ceiling::of_cap(CeilingKind::FirmTotal, cap, used(None), None));
        }
        let mut parts = parts_by_year(working.amount, years);
        if let Some(cap) = self.rules.year {
            let whole = working.amount;
            for (year, part) in &mut parts {
                let mut ceiling =
                    Ceiling::of_cap(CeilingKind::FirmYear, cap, used(Some(*year)), Some(*year));
                ceiling.before = *part;
                *part = (*part).min(ceiling.limit);
                ceiling.after = *part;
                working.ceilings.push(ceiling);
            }
            let sum: i128 = parts.iter().map(|(_, part)| i128::from(part.fen())).sum();
            working.amount = Money::from_wide(sum).unwrap_or_default();
            if working.amount.is_zero() && whole.is_positive() {
                working.refuse(Reason::Ceiling(CeilingKind::FirmYear));
            }
        }
        if let Some(budget) = self.budgeted {
            working.lower(Ceiling::new(CeilingKind::Budget, budget));
        }
        let budget_key = (self.programme, self.owner.clone());
        if let Some(budget) = run.budget.get(&budget_key) {
            let gone = drawn.budgets.get(&budget_key).copied().unwrap_or_default();
            working.lower(Ceiling::of_cap(CeilingKind::Budget, *budget, gone, None));
            let sum = gone.add(working.amount).unwrap_or(Money::MAX);
            drawn.budgets.insert(budget_key, sum);
        }
        trim(&mut parts, working.amount);
        if self.rules.year.is_some() || self.rules.total.is_some() {
            let years = drawn.firms.entry(key).or_default();
            parts.iter().for_each(|part| add_year(years, *part));
        }
        working.cap_years = parts;
    }
}

/// An amount by years in proportion to their exact sums, rounded cumulatively; the last year takes
/// the rest.
fn parts_by_year(amount: Money, years: &[(i16, Fraction)]) -> Vec<(i16, Money)> {
    let whole = years.iter().try_fold(Fraction::ZERO, |sum, (_, part)| sum.plus(*part));
    let mut reached = Fraction::ZERO;
    let mut had = Money::ZERO;
    let mut parts = Vec::with_capacity(years.len());
    for (index, (year, part)) in years.iter().enumerate() {
        let last = index + 1 == years.len();
        let upto = if last { Ok(amount) } else { share_of(amount, &mut reached, *part, whole) };
        let upto = upto.unwrap_or(amount);
        parts.push((*year, upto.sub(had).unwrap_or_default()));
        had = upto;
    }
    parts.retain(|(_, part)| part.is_positive());
    parts
}

fn share_of(
    amount: Money,
    reached: &mut Fraction,
    part: Fraction,
    whole: Result<Fraction, crate::domain::money::MoneyError>,
) -> Result<Money, crate::domain::money::MoneyError> {
    *reached = reached.plus(part)?;
    let (numerator, denominator) = whole?.reduced().parts();
    let share = reached.reduced().times(Fraction::new(denominator, numerator)?)?;
    Fraction::whole(amount.fen()).times(share.reduced())?.round_fen()
}

/// Takes what is too much off the latest years.
fn trim(parts: &mut Vec<(i16, Money)>, amount: Money) {
    let mut left = amount;
    for (_, part) in parts.iter_mut() {
        *part = (*part).min(left);
        left = left.sub(*part).unwrap_or_default();
    }
    parts.retain(|(_, part)| part.is_positive());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100.00 of 2017 and 50.00 of 2018: what is cut off goes off 2018 first.
    #[test]
    fn what_is_cut_off_goes_off_the_latest_year() {
        let money = |text: &str| Money::parse(text).unwrap();
        for (amount, expected) in [
            ("150.00", vec![(2017, "100.00"), (2018, "50.00")]),
            ("120.00", vec![(2017, "100.00"), (2018, "20.00")]),
            ("100.00", vec![(2017, "100.00")]),
            ("99.99", vec![(2017, "99.99")]),
            ("0.00", vec![]),
        ] {
            let mut parts = vec![(2017, money("100.00")), (2018, money("50.00"))];
            trim(&mut parts, money(amount));
            let expected: Vec<_> =
                expected.iter().map(|(year, part)| (*year, money(part))).collect();
            assert_eq!(parts, expected, "{amount}");
        }
    }
}
