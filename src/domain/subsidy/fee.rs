//! The guarantee-fee subsidy of one loan for one calendar quarter.
//!
//! Every mode is counted from the first day: rounded to the quarter's end, less rounded to its
//! start. So the quarters of a fee add up to the fee's own rounded subsidy.

use crate::domain::calendar::{Date, Period};
use crate::domain::event::Programme;
use crate::domain::loan::{FeePaid, Loan, Note};
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::{Fraction, Rate};
use crate::domain::rules::words::{AmountBase, OnOverdue, Per, Qualified, UnusedDays};
use crate::domain::rules::{FeeFormula, FeeSubsidy, Rules};
use crate::domain::subsidy::charges::{Charge, charges, joined};
use crate::domain::subsidy::days::{Cut, DayRules, window, year_days};
use crate::domain::subsidy::working::{Reason, Segment, Source, Working};
use crate::domain::subsidy::{Facts, qualified};

/// One guaranteed loan under its rules.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The loan.
    pub loan: &'a Loan,
    /// The rules.
    pub rules: &'a Rules,
    /// Their fee subsidy.
    pub fee: &'a FeeSubsidy,
    /// What else is known of the firm.
    pub facts: &'a dyn Facts,
}

impl<'a> Case<'a> {
    /// The days of a note that count, and why they end.
    fn life(&self, note: &Note) -> (Period, Cut) {
        let rules = DayRules {
            term_months: self.fee.term_months,
            term_per: Per::Note,
            begun: None,
            extension: self.fee.extension,
            overdue: self.fee.overdue,
            until_repaid: self.fee.unused_days == UnusedDays::Exclude,
        };
        window(self.loan, note, &rules)
    }

    /// From the first drawdown to the last note's end, and why that ends.
    pub fn life_of_loan(&self) -> Option<(Period, Cut)> {
        let lives = self.loan.notes.iter().map(|note| self.life(note));
        lives.reduce(|(whole, until), (next, cut)| {
            let later = next.to > whole.to;
            let joined = Period { from: whole.from.min(next.from), to: whole.to.max(next.to) };
            (joined, if later { cut } else { until })
        })
    }

    /// The days on which any note counts, with why each stretch ends.
    fn lives(&self) -> Vec<(Period, Cut)> {
        let mut lives: Vec<_> = self.loan.notes.iter().map(|note| self.life(note)).collect();
        lives.sort_by_key(|(life, _)| *life);
        let mut joined: Vec<(Period, Cut)> = Vec::with_capacity(lives.len());
        for (life, cut) in lives.into_iter().filter(|(life, _)| !life.is_empty()) {
            match joined.last_mut().filter(|(last, _)| life.from <= last.to) {
                Some((last, until)) => {
                    if life.to > last.to {
                        (last.to, *until) = (life.to, cut);
                    }
                }
                None => joined.push((life, cut)),
            }
        }
        joined
    }

    /// The working of a quarter before caps and budgets, with the days that counted; none when no
    /// day of the quarter counts.
    pub fn working(&self, quarter: Period) -> Option<(Working, i64)> {
        let (life, _) = self.life_of_loan()?;
        if life.intersect(quarter).is_empty() {
            return None;
        }
        let id = self.rules.id.clone();
        let mut working = Working::empty(Programme::GuaranteeFee, id, quarter, self.method());
        if !self.is_qualified(quarter) {
            working.refuse(Reason::NotQualified);
        }
        let filled = match self.fee.formula {
            FeeFormula::ShareOfFee(_) => self.share_of_fees(&mut working),
            _ => self.rate_on_amount(&mut working),
        };
        if filled.and_then(|()| Self::total(&mut working)).is_err() {
            working.refuse(Reason::Range);
        }
        let counted = working.days();
        let days = if counted > 0 { counted } else { life.intersect(quarter).days() };
        if counted == 0 && working.reason.is_none() {
            return None;
        }
        if working.reason.is_none() && working.amount.is_zero() {
            working.refuse(Reason::BelowOneFen);
        }
        Some((working, days))
    }

    fn method(&self) -> &'static str {
        match self.fee.formula {
            FeeFormula::ShareOfFee(_) => "fee-A",
            FeeFormula::RateOnAmount(..) => "fee-B",
            FeeFormula::ShareOfGap { .. } => "fee-C",
            FeeFormula::RateOnLiability(_) => "fee-D",
        }
    }

    /// Adds the segments up: all of them, and what of them lies before the quarter.
    fn total(working: &mut Working) -> Result<(), MoneyError> {
        let mut earlier = Fraction::ZERO;
        for segment in &working.segments {
            working.sum = working.sum.plus(segment.amount()?)?;
            let days =
                Period { from: segment.from, to: segment.to.min(working.period.from) }.days();
            earlier = earlier.plus(Segment { days, ..*segment }.amount()?)?;
        }
        working.earlier = Some(earlier);
        working.computed = working.sum.round_fen()?.sub(earlier.round_fen()?)?;
        working.amount = if working.reason.is_some() { Money::ZERO } else { working.computed };
        Ok(())
    }

    /// What was charged day by day, if some of it in the quarter passes the gate.
    fn charged(&self, quarter: Period) -> Result<Vec<Charge>, Reason> {
        let all = charges(self.loan);
        let within = all.iter().filter(|charge| !charge.days.intersect(quarter).is_empty());
        let most = within.clone().map(|charge| charge.rate).max().ok_or(Reason::FeeNotPaid)?;
        let passes = within.into_iter().any(|charge| self.passes(charge));
        if passes { Ok(all) } else { Err(Reason::FeeOverGate(most)) }
    }

    fn passes(&self, charge: &Charge) -> bool {
        self.fee.gate.is_none_or(|gate| charge.rate <= gate)
    }

    /// Mode A: each fee is earned evenly over its own days; what was earned on days that count is
    /// subsidised.
    fn share_of_fees(&self, working: &mut Working) -> Result<(), MoneyError> {
        let charges = match self.charged(working.period) {
            Ok(charges) => charges,
            Err(reason) => {
                working.refuse(reason);
                return Ok(());
            }
        };
        let FeeFormula::ShareOfFee(share) = self.fee.formula else { return Ok(()) };
        let lives = self.lives();
        for fee in &joined(self.loan)? {
            let mut earned = Earned { fee, covered: fee.days().days().max(1), days: 0 };
            for (days, until) in self.earning(fee, &lives, &charges, working.period.to) {
                let segment = Segment {
                    from: days.from,
                    to: days.to,
                    days: days.days(),
                    base: earned.covered,
                    principal: fee.amount,
                    counted: fee.amount,
                    part: None,
                    contract: Rate::default(),
                    rate: share.fraction(),
                    source: Source::Fee(fee.rate),
                    until,
                };
                earned.push(&mut working.segments, segment)?;
            }
        }
        Ok(())
    }

    /// The days of a fee that count up to a day: while a note runs and what is charged passes the
    /// gate, with why each stretch ends.
    fn earning(
        &self,
        fee: &FeePaid,
        lives: &[(Period, Cut)],
        charges: &[Charge],
        end: Date,
    ) -> Vec<(Period, Cut)> {
        let mut passing: Vec<Period> = Vec::with_capacity(1);
        for charge in charges.iter().filter(|charge| self.passes(charge)) {
            let days = charge.days.intersect(fee.days());
            match passing.last_mut().filter(|last| last.to == days.from) {
                _ if days.is_empty() => {}
                Some(last) => last.to = days.to,
                None => passing.push(days),
            }
        }
        let mut parts = Vec::with_capacity(1);
        for (life, until) in lives {
            for days in &passing {
                let days = days.intersect(*life);
                let days = Period { from: days.from, to: days.to.min(end) };
                let ends = if days.to == life.to { *until } else { Cut::Period };
                let counting = self.counting(days).into_iter();
                parts.extend(counting.map(|(days, cut)| (days, cut.unwrap_or(ends))));
            }
        }
        parts
    }

    /// Modes B, C and D: a yearly rate on the amount of each note, for one year (or the term of the
    /// rules) at most.
    fn rate_on_amount(&self, working: &mut Working) -> Result<(), MoneyError> {
        let charges = match self.charged(working.period) {
            Ok(charges) => charges,
            Err(reason) => {
                working.refuse(reason);
                return Ok(());
            }
        };
        for note in &self.loan.notes {
            let (life, until) = self.life(note);
            let year = year_days(self.fee.year_base, life.from);
            let most = year * i64::from(self.fee.term_months.unwrap_or(12)) / 12;
            let term = life.from.checked_add(jiff::Span::new().days(most)).unwrap_or(life.to);
            let until = if term < life.to { Cut::Term } else { until };
            let end = life.to.min(term).min(working.period.to);
            let until = if end == working.period.to { Cut::Period } else { until };
            for (days, cut) in self.counting(Period { from: life.from, to: end }) {
                for (part, charge) in self.at_one_rate(days, &charges) {
                    let (rate, amount_base) = self.rate_of(charge)?;
                    let ends = if part.to < days.to { Cut::Repriced } else { cut.unwrap_or(until) };
                    let template = Segment {
                        from: part.from,
                        to: part.to,
                        days: part.days(),
                        base: year,
                        principal: note.amount,
                        counted: note.amount,
                        part: None,
                        contract: Rate::default(),
                        rate,
                        source: Source::Guarantee(charge),
                        until: ends,
                    };
                    push_by_balance(&mut working.segments, template, note, amount_base)?;
                }
            }
        }
        Ok(())
    }

    /// The parts of a stretch by what is charged on them, those over the gate left out. Days that no
    /// fee covers go by the fee before them, or by the first one.
    fn at_one_rate(&self, days: Period, charges: &[Charge]) -> Vec<(Period, Rate)> {
        let mut parts: Vec<(Period, Rate)> = Vec::with_capacity(1);
        for (place, charge) in charges.iter().enumerate() {
            let from = if place == 0 { days.from } else { charge.days.from };
            let to = charges.get(place + 1).map_or(days.to, |next| next.days.from);
            let part = Period { from, to }.intersect(days);
            if part.is_empty() || !self.passes(charge) {
                continue;
            }
            match parts
                .last_mut()
                .filter(|(last, rate)| last.to == part.from && *rate == charge.rate)
            {
                Some((last, _)) => last.to = part.to,
                None => parts.push((part, charge.rate)),
            }
        }
        parts
    }

    /// The yearly rate of the rules where so much is charged, and the amount that it is put on.
    fn rate_of(&self, charged: Rate) -> Result<(Fraction, AmountBase), MoneyError> {
        Ok(match self.fee.formula {
            FeeFormula::RateOnAmount(rate, base) => (rate.fraction(), base),
            FeeFormula::RateOnLiability(rate) => (rate.fraction(), AmountBase::Balance),
            FeeFormula::ShareOfGap { share, gap_from, base } => {
                let gap = gap_from.decimal().checked_sub(charged.decimal());
                let gap = gap.and_then(|gap| Rate::new(gap).ok()).unwrap_or_default();
                (share.fraction().times(gap.fraction())?.reduced(), base)
            }
            FeeFormula::ShareOfFee(share) => (share.fraction(), AmountBase::Guaranteed),
        })
    }

    /// The days on which the firm holds the qualification that the rules ask for.
    fn qualified(&self) -> Vec<Period> {
        self.facts.qualified(&self.loan.firm, &self.fee.qualification.kinds)
    }

    /// True when the firm is qualified as the rules ask, on any day of the quarter.
    fn is_qualified(&self, quarter: Period) -> bool {
        match self.fee.qualification.rule {
            Qualified::Ignore => true,
            Qualified::AtDrawdown => {
                let drawn = self.loan.notes.iter().map(|note| note.drawn).min();
                drawn.is_some_and(|day| qualified::on(&self.qualified(), day))
            }
            Qualified::EveryDay => {
                self.qualified().iter().any(|held| !held.intersect(quarter).is_empty())
            }
        }
    }

    /// The parts of a stretch that count, with why each ends where the stretch goes on.
    fn counting(&self, days: Period) -> Vec<(Period, Option<Cut>)> {
        let parts = self.without_overdue(days).into_iter();
        let parts = parts.map(|part| (part, (part.to < days.to).then_some(Cut::Overdue)));
        if self.fee.qualification.rule != Qualified::EveryDay {
            return parts.collect();
        }
        let held = self.qualified();
        let within = |(part, cut): (Period, Option<Cut>)| {
            let held = held.iter().map(move |held| held.intersect(part));
            let held = held.filter(|days| !days.is_empty());
            held.map(move |days| {
                (days, if days.to < part.to { Some(Cut::Unqualified) } else { cut })
            })
            .collect::<Vec<_>>()
        };
        parts.flat_map(within).collect()
    }

    /// The parts of a stretch outside overdue spells, where the rules only pause for them.
    fn without_overdue(&self, days: Period) -> Vec<Period> {
        let mut parts = Vec::with_capacity(1);
        let mut start = days.from;
        if self.fee.overdue == OnOverdue::Pause {
            let mut spells: Vec<(Date, Option<Date>)> =
                self.loan.notes.iter().flat_map(|note| note.overdue.iter().copied()).collect();
            spells.sort();
            for (from, cured) in spells {
                let part = Period { from: start, to: from.min(days.to) };
                if !part.is_empty() {
                    parts.push(part);
                }
                start = start.max(cured.unwrap_or(days.to));
            }
        }
        let rest = Period { from: start, to: days.to };
        if !rest.is_empty() {
            parts.push(rest);
        }
        parts
    }
}

/// A fee as it is earned evenly over its days, until what was really paid of it is used up (E-72).
struct Earned<'f> {
    fee: &'f FeePaid,
    covered: i64,
    days: i64,
}

impl Earned<'_> {
    fn push(&mut self, segments: &mut Vec<Segment>, whole: Segment) -> Result<(), MoneyError> {
        let before = self.days;
        self.days += whole.days;
        // What the days so far have earned, in fen × the days that the fee covers.
        let paid = i128::from(self.fee.net()?.fen()) * i128::from(self.covered);
        let a_day = i128::from(self.fee.amount.fen());
        if a_day * i128::from(self.days) <= paid {
            segments.push(whole);
            return Ok(());
        }
        let full = i64::try_from(paid / a_day.max(1)).map_err(|_| MoneyError::Range)?;
        let rest = Money::from_wide(paid - a_day * i128::from(full))?;
        let days = (full - before).max(0);
        let end = whole.from.checked_add(jiff::Span::new().days(days)).unwrap_or(whole.to);
        if days > 0 {
            segments.push(Segment { to: end, days, until: Cut::Refunded, ..whole });
        }
        if full >= before && rest.is_positive() {
            // The day on which it is used up earns what is left.
            let to = end.tomorrow().unwrap_or(whole.to).min(whole.to);
            let until = Cut::Refunded;
            segments.push(Segment { from: end, to, days: 1, counted: rest, until, ..whole });
        }
        Ok(())
    }
}

/// Pushes a segment, cut at repayments where the principal in force counts.
fn push_by_balance(
    segments: &mut Vec<Segment>,
    whole: Segment,
    note: &Note,
    base: AmountBase,
) -> Result<(), MoneyError> {
    if base == AmountBase::Guaranteed {
        segments.push(whole);
        return Ok(());
    }
    let mut repayments = note.repayments.clone();
    repayments.sort_by_key(|(day, _)| *day);
    let mut balance = i128::from(note.amount.fen());
    let mut start = whole.from;
    let mut push = |from: Date, to: Date, balance: i128, until: Cut| {
        let days = Period { from, to }.days();
        let principal = Money::from_wide(balance)?;
        if days > 0 && principal.is_positive() {
            segments.push(Segment {
                from,
                to,
                days,
                principal,
                counted: principal,
                until,
                ..whole
            });
        }
        Ok(())
    };
    for (day, amount) in repayments {
        if day > start && day < whole.to {
            push(start, day, balance, Cut::Repayment)?;
            start = day;
        }
        if day < whole.to {
            balance -= i128::from(amount.fen());
        }
    }
    push(start, whole.to, balance, whole.until)
}
