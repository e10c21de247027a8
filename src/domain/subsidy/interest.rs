//! The interest discount of one note for one settlement period.
//!
//! The days are cut where anything changes; the exact amounts of the segments are added up and
//! rounded once. Ceilings that rest on the note alone are applied here, caps and budgets by the
//! caller, because those depend on the order of the lines.

use crate::domain::calendar::{Date, Period, date};
use crate::domain::event::Programme;
use crate::domain::loan::{Loan, Note};
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::{Fraction, Rate, Share};
use crate::domain::rates::{RateTable, Series};
use crate::domain::rules::band::{LoanFacts, months_between};
use crate::domain::rules::words::{
    CapYear, DayCount, OnLate, OnOverdue, Others, PayAfter, Per, Qualified, Reference as On,
};
use crate::domain::rules::{InterestDiscount, RateRule, Rules};
use crate::domain::subsidy::Facts;
use crate::domain::subsidy::days::{Cut, DayRules, base, of_contract, repaid_on, units, window};
use crate::domain::subsidy::qualified;
use crate::domain::subsidy::working::{
    Ceiling, CeilingKind, Reason, Reference, Segment, Source, Working,
};

/// One note under its rules.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The loan.
    pub loan: &'a Loan,
    /// The note.
    pub note: &'a Note,
    /// The rules.
    pub rules: &'a Rules,
    /// Their interest discount.
    pub discount: &'a InterestDiscount,
    /// Reference rates.
    pub rates: &'a RateTable,
    /// What else is known of the firm and the loan.
    pub facts: &'a dyn Facts,
}

/// The days of a settlement period on which a note may bear a discount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eligible {
    /// The days.
    pub days: Period,
    /// Why they end.
    pub until: Cut,
    /// The day on which the bank settles: the period's last day, or the note's if that is earlier.
    pub settled: Date,
    /// True when the discount waits for full repayment.
    pub waits: bool,
}

/// A principal cap that a note shares with others.
pub trait SharedPrincipal {
    /// Days inside the period on which what counts changes.
    fn changes(&self, within: Period, days: &mut dyn FnMut(Date));
    /// What of a principal counts on a day.
    fn counted(&self, principal: Money, day: Date) -> Counted;
}

/// The principal that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// To the fen.
    pub amount: Money,
    /// The exact part of the principal, where a cap is shared in proportion.
    pub part: Option<(Money, Money)>,
}

impl Counted {
    /// So much.
    pub fn all(amount: Money) -> Self {
        Self { amount, part: None }
    }

    /// The part `cap` over `total`.
    pub fn part(principal: Money, cap: Money, total: Money) -> Self {
        let exact = Fraction::new(cap.fen().into(), total.fen().into())
            .and_then(|part| Fraction::whole(principal.fen()).times(part.reduced()));
        let amount = exact.and_then(Fraction::round_fen).unwrap_or_default();
        Self { amount, part: Some((cap, total)) }
    }
}

impl<'a> Case<'a> {
    /// The eligible days within a settlement period, none when there are none.
    pub fn eligible(&self, settlement: Period) -> Option<Eligible> {
        let rules = DayRules {
            term_months: self.discount.term_months,
            term_per: self.discount.term_per,
            begun: (self.discount.term_per == Per::Firm)
                .then(|| self.facts.begun(self.loan))
                .flatten(),
            extension: self.discount.extension,
            overdue: self.discount.overdue,
            until_repaid: true,
        };
        let (life, cut) = window(self.loan, self.note, &rules);
        let last = settlement.to.yesterday().unwrap_or(settlement.to);
        let mut found = Eligible {
            days: life.intersect(settlement),
            until: if life.to <= settlement.to { cut } else { Cut::Period },
            settled: life.to.min(last),
            waits: false,
        };
        if self.discount.pay_after == PayAfter::FullRepayment {
            match repaid_on(self.note) {
                Some(day) if day < settlement.from => return None,
                Some(day) if settlement.contains(day) => {
                    found = Eligible { days: life, until: cut, settled: day, waits: false };
                }
                _ => found.waits = true,
            }
        }
        if found.days.is_empty() { None } else { Some(found) }
    }

    /// The working before caps and budgets; none when no day of the period counts.
    pub fn working(
        &self,
        settlement: Period,
        eligible: &Eligible,
        left: Option<&dyn SharedPrincipal>,
        other: Money,
    ) -> Option<Working> {
        let id = self.rules.id.clone();
        let method = self.day_count().code();
        let mut working = Working::empty(Programme::InterestDiscount, id, settlement, method);
        if eligible.waits {
            working.refuse(Reason::NotRepaidYet);
            return Some(working);
        }
        match self.segments(eligible, left) {
            Ok(segments) => working.segments = segments,
            Err(reason) => {
                working.refuse(reason);
                return Some(working);
            }
        }
        if working.segments.is_empty() {
            if !self.is_qualified(eligible.days) {
                working.refuse(Reason::NotQualified);
                return Some(working);
            }
            return None;
        }
        if self.fill(&mut working, eligible, other).is_err() {
            working.refuse(Reason::Range);
        }
        Some(working)
    }

    fn fill(
        &self,
        working: &mut Working,
        eligible: &Eligible,
        other: Money,
    ) -> Result<(), MoneyError> {
        for segment in &working.segments {
            working.sum = working.sum.plus(segment.amount()?)?;
        }
        let evidence = if self.needs_evidence() { self.paid(eligible.days)? } else { None };
        if let Some(RateRule::OfInterestPaid { share, .. }) = self.first_rule() {
            self.of_interest_paid(working, *share, evidence.map(|paid| paid.amount))?;
        }
        working.computed = working.sum.round_fen()?;
        working.amount = working.computed;
        if working.segments.iter().all(|segment| segment.counted.is_zero()) {
            working.refuse(Reason::PrincipalCap);
            return Ok(());
        }
        if !self.is_qualified(eligible.days) {
            working.refuse(Reason::NotQualified);
            return Ok(());
        }
        working.interest = evidence.map(|paid| working.check(&paid)).transpose()?;
        if self.needs_evidence() {
            match evidence {
                None => working.refuse(Reason::InterestNotPaid),
                Some(paid) if paid.late && self.discount.late == OnLate::LosePeriod => {
                    working.refuse(Reason::InterestLate);
                }
                Some(_) => {}
            }
        }
        if working.reason.is_some() {
            return Ok(());
        }
        if working.amount.is_zero() {
            working.refuse(Reason::BelowOneFen);
            return Ok(());
        }
        self.note_ceilings(working, evidence.map(|paid| paid.amount), other)
    }

    /// Ceilings that rest on the note alone, in order: rate limit, interest paid, other programmes.
    fn note_ceilings(
        &self,
        working: &mut Working,
        paid: Option<Money>,
        other: Money,
    ) -> Result<(), MoneyError> {
        if let Some(RateRule::OfInterestPaid { limit: Some((series, share)), .. }) =
            self.first_rule()
        {
            let mut sum = Fraction::ZERO;
            let series = series.series(self.tenor());
            for segment in &working.segments {
                let day = self.reference_day(segment.from);
                let Some((_, rate)) = self.rates.at(series, day) else {
                    working.refuse(Reason::RateMissing(series, day));
                    return Ok(());
                };
                let rate = product(*share, rate)?;
                sum = sum.plus(Segment { rate, ..*segment }.amount()?)?;
            }
            working.lower(Ceiling::new(CeilingKind::RateLimit, sum.round_fen()?));
        }
        let paid = paid.filter(|_| self.discount.interest_ceiling);
        if let Some(paid) = paid {
            working.lower(Ceiling::new(CeilingKind::InterestPaid, paid));
        }
        if other.is_positive() {
            let whole = match self.discount.others {
                Others::Ignore => return Ok(()),
                Others::Deduct => paid.unwrap_or(working.amount),
                Others::Higher => working.amount,
                Others::Exclude => Money::ZERO,
            };
            working.lower(Ceiling::of_cap(CeilingKind::OtherProgrammes, whole, other, None));
        }
        Ok(())
    }

    /// The amount is a share of the interest paid; a principal cap takes its part of it.
    fn of_interest_paid(
        &self,
        working: &mut Working,
        share: Share,
        paid: Option<Money>,
    ) -> Result<(), MoneyError> {
        let Some(paid) = paid else {
            working.sum = Fraction::ZERO;
            return Ok(());
        };
        let mut sum = Fraction::whole(paid.fen()).times(share.fraction())?;
        if working.segments.iter().any(|segment| segment.counted != segment.principal) {
            let whole = working.segments.iter().try_fold(Fraction::ZERO, |whole, segment| {
                whole.plus(Segment { counted: segment.principal, ..*segment }.amount()?)
            })?;
            let (numerator, denominator) = whole.reduced().parts();
            if numerator > 0 {
                let part = working.sum.reduced().times(Fraction::new(denominator, numerator)?)?;
                sum = sum.times(part.reduced())?;
            }
        }
        working.paid = Some((share, paid));
        working.sum = sum;
        Ok(())
    }

    /// The days on which the firm holds the qualification that the rules ask for.
    fn qualified(&self) -> Vec<Period> {
        self.facts.qualified(&self.loan.firm, &self.discount.qualification.kinds)
    }

    /// True when the firm is qualified as the rules ask, on any of the days.
    fn is_qualified(&self, days: Period) -> bool {
        match self.discount.qualification.rule {
            Qualified::Ignore => true,
            Qualified::AtDrawdown => qualified::on(&self.qualified(), self.note.drawn),
            Qualified::EveryDay => {
                self.qualified().iter().any(|held| !held.intersect(days).is_empty())
            }
        }
    }

    /// How the days of the discount are counted.
    fn day_count(&self) -> DayCount {
        match self.discount.day_count {
            DayCount::Contract => of_contract(self.loan.day_count),
            count => count,
        }
    }

    /// The principal in force on the eligible days, whatever of it counts.
    pub fn in_force(&self, eligible: &Eligible) -> Vec<(Period, Money)> {
        let refused = eligible.waits || !self.is_qualified(eligible.days);
        let segments = if refused { Ok(Vec::new()) } else { self.segments(eligible, None) };
        let whole = segments.unwrap_or_default().into_iter();
        whole.map(|one| (Period { from: one.from, to: one.to }, one.principal)).collect()
    }

    fn needs_evidence(&self) -> bool {
        self.discount.interest_ceiling
            || self.discount.late == OnLate::LosePeriod
            || matches!(self.first_rule(), Some(RateRule::OfInterestPaid { .. }))
    }

    /// The rule on the first reference day; rules of different kinds within one period do not mix.
    fn first_rule(&self) -> Option<&'a RateRule> {
        self.rule_on(self.reference_day(self.note.drawn))
    }

    fn rule_on(&self, day: Date) -> Option<&'a RateRule> {
        self.rules.policy_rate(&LoanFacts::of(self.loan), day)
    }

    /// Term of the note in months, by which a reference series is chosen.
    fn tenor(&self) -> u32 {
        months_between(self.note.drawn, self.note.due)
    }

    fn reference_day(&self, day: Date) -> Date {
        match self.discount.reference {
            On::Signing => self.loan.signed,
            On::Drawdown => self.note.drawn,
            On::InForce => day,
            On::LastYearEnd => date(day.year() - 1, 12, 31).unwrap_or(day),
        }
    }

    /// The policy rate of a segment and where it comes from.
    fn policy(
        &self,
        rule: &RateRule,
        day: Date,
        contract: Rate,
    ) -> Result<(Fraction, Source), Reason> {
        let at = |series: Series, share: Share| {
            let found = self.rates.at(series, day).ok_or(Reason::RateMissing(series, day));
            found.map(|(since, rate)| Reference { series, since, rate, share })
        };
        match rule {
            RateRule::OfReference { series, share } => {
                let from = at(series.series(self.tenor()), *share)?;
                let rate = product(*share, from.rate).map_err(|_| Reason::Range)?;
                Ok((rate, Source::Reference(from)))
            }
            RateRule::Points(points) => Ok((points.fraction(), Source::Points)),
            RateRule::ContractSpread { series, max } => {
                let over = at(series.series(self.tenor()), Share::ONE)?;
                let spread = contract.decimal().checked_sub(over.rate.decimal());
                // Below the reference rate there is no spread.
                let spread = spread.and_then(|spread| Rate::new(spread).ok()).unwrap_or_default();
                let rate = max.map_or(spread, |max| spread.min(max));
                Ok((rate.fraction(), Source::Spread(over, *max)))
            }
            RateRule::OfInterestPaid { share, .. } => {
                let rate = product(*share, contract).map_err(|_| Reason::Range)?;
                Ok((rate, Source::Contract(*share)))
            }
        }
    }

    /// The eligible days cut where principal, contract rate or policy rate change. A sweep over the
    /// note's changes in order of their days.
    fn segments(
        &self,
        eligible: &Eligible,
        left: Option<&dyn SharedPrincipal>,
    ) -> Result<Vec<Segment>, Reason> {
        let mut changes = self.changes();
        self.marks(eligible.days, left, &mut changes)?;
        if !changes.is_sorted_by_key(|(day, _)| *day) {
            changes.sort_by_key(|(day, _)| *day);
        }
        let mut state = State::at_drawdown(self);
        let mut segments = Vec::with_capacity(1);
        let mut start = eligible.days.from;
        let mut changes = changes.into_iter().peekable();
        loop {
            while let Some((_, change)) = changes.next_if(|(day, _)| *day <= start) {
                state.apply(change);
            }
            let next = changes.peek().filter(|(day, _)| *day < eligible.days.to);
            let (end, until) = next
                .map_or((eligible.days.to, eligible.until), |(day, change)| (*day, change.cut()));
            if state.principal > 0 && !state.overdue && !state.unqualified {
                segments.extend(self.segment(&state, start, end, until, left)?);
            }
            if end >= eligible.days.to {
                return Ok(segments);
            }
            start = end;
        }
    }

    fn segment(
        &self,
        state: &State,
        from: Date,
        to: Date,
        until: Cut,
        left: Option<&dyn SharedPrincipal>,
    ) -> Result<Option<Segment>, Reason> {
        let count = self.day_count();
        let days = units(count, self.note.drawn, from, to);
        if days == 0 {
            return Ok(None);
        }
        let principal = Money::from_wide(state.principal).map_err(|_| Reason::Range)?;
        let counted = match (left, self.discount.principal_max) {
            (Some(left), _) => left.counted(principal, from),
            (None, cap) => Counted::all(cap.map_or(principal, |cap| principal.min(cap))),
        };
        let day = self.reference_day(from);
        let rule = self.rule_on(day).ok_or(Reason::RateRowMissing)?;
        let (rate, source) = self.policy(rule, day, state.contract)?;
        let contract = state.contract;
        let base = base(count);
        Ok(Some(Segment {
            from,
            to,
            days,
            base,
            principal,
            counted: counted.amount,
            part: counted.part,
            contract,
            rate,
            source,
            until,
        }))
    }

    /// What changes of the note, whoever asks.
    fn changes(&self) -> Vec<(Date, Change)> {
        let note = self.note;
        let repaid = note.repayments.iter().map(|(day, amount)| (*day, Change::Repay(*amount)));
        let mut changes: Vec<_> = repaid.collect();
        changes.extend(note.rates.iter().map(|(day, rate)| (*day, Change::Contract(*rate))));
        if self.discount.overdue == OnOverdue::Pause {
            for (from, cured) in &note.overdue {
                changes.push((*from, Change::Overdue(true)));
                changes.extend(cured.map(|day| (day, Change::Overdue(false))));
            }
        }
        changes
    }

    /// Adds the days on which nothing of the note changes but the policy rate, the year of a cap or
    /// the rest of a shared principal cap does.
    fn marks(
        &self,
        days: Period,
        left: Option<&dyn SharedPrincipal>,
        changes: &mut Vec<(Date, Change)>,
    ) -> Result<(), Reason> {
        let by_year =
            self.discount.reference == On::LastYearEnd || self.discount.caps.by == CapYear::Accrual;
        if by_year {
            for year in days.from.year()..=days.to.year() {
                let first = date(year, 1, 1).map_err(|_| Reason::Range)?;
                changes.push((first, Change::Mark(Cut::Year)));
            }
        }
        if self.discount.reference == On::InForce {
            let mut day = days.from;
            while let Some(next) = self.next_policy_change(day).filter(|next| *next < days.to) {
                changes.push((next, Change::Mark(Cut::PolicyRate)));
                day = next;
            }
        }
        if self.discount.qualification.rule == Qualified::EveryDay {
            changes.push((self.note.drawn, Change::Qualified(false)));
            for held in self.qualified() {
                changes.push((held.from.max(self.note.drawn), Change::Qualified(true)));
                changes.push((held.to.max(self.note.drawn), Change::Qualified(false)));
            }
        }
        if let Some(left) = left {
            left.changes(days, &mut |day| changes.push((day, Change::Mark(Cut::PrincipalCap))));
        }
        Ok(())
    }

    /// The next day on which another policy rate is in force.
    fn next_policy_change(&self, day: Date) -> Option<Date> {
        let rows =
            self.discount.rates.iter().flat_map(|row| [row.conditions.from, row.conditions.to]);
        let row = rows.flatten().filter(|bound| *bound > day).min();
        let series = match self.rule_on(day)? {
            RateRule::OfReference { series, .. } | RateRule::ContractSpread { series, .. } => {
                Some(series)
            }
            RateRule::OfInterestPaid { limit, .. } => limit.as_ref().map(|(series, _)| series),
            RateRule::Points(_) => None,
        };
        let rate =
            series.and_then(|series| self.rates.next_change(series.series(self.tenor()), day));
        row.into_iter().chain(rate).min()
    }
}

/// What changes on a day.
#[derive(Clone, Copy)]
enum Change {
    Repay(Money),
    Contract(Rate),
    Overdue(bool),
    Qualified(bool),
    Mark(Cut),
}

impl Change {
    fn cut(self) -> Cut {
        match self {
            Self::Repay(_) => Cut::Repayment,
            Self::Contract(_) => Cut::Repriced,
            Self::Overdue(true) => Cut::Overdue,
            Self::Overdue(false) => Cut::Cured,
            Self::Qualified(true) => Cut::Qualified,
            Self::Qualified(false) => Cut::Unqualified,
            Self::Mark(cut) => cut,
        }
    }
}

/// A note on a day.
struct State {
    principal: i128,
    contract: Rate,
    overdue: bool,
    unqualified: bool,
}

impl State {
    /// A note as it is drawn.
    fn at_drawdown(case: &Case<'_>) -> Self {
        let principal = i128::from(case.note.amount.fen());
        Self { principal, contract: case.loan.rate, overdue: false, unqualified: false }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Repay(amount) => self.principal -= i128::from(amount.fen()),
            Change::Contract(rate) => self.contract = rate,
            Change::Overdue(overdue) => self.overdue = overdue,
            Change::Qualified(qualified) => self.unqualified = !qualified,
            Change::Mark(_) => {}
        }
    }
}

/// A share of a rate in lowest terms, so that the sums of segments stay small.
fn product(share: Share, rate: Rate) -> Result<Fraction, MoneyError> {
    Ok(share.fraction().times(rate.fraction())?.reduced())
}

/// True when the notes of one loan or firm share a principal cap.
pub fn shares_principal(discount: &InterestDiscount) -> bool {
    discount.principal_max.is_some() && discount.principal_per != Per::Note
}
