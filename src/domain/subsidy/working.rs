//! The working of a computed subsidy: every figure that it rests on, so that a person with a pocket
//! calculator and the rules text comes to the same fen.
//!
//! The JSON form is what the journal keeps. Amounts and rates are texts, days are integers; a sum
//! that does not end within the shown decimals carries `…`.

use crate::domain::calendar::{Date, Period, Quarter};
use crate::domain::event::Programme;
use crate::domain::field::Json;
use crate::domain::json::Writer;
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::{Fraction, Rate, Share};
use crate::domain::rates::Series;
use crate::domain::subsidy::days::{Cut, days_once};
use crate::domain::subsidy::evidence::Evidence;
use crate::domain::subsidy::rate_text::RateText;
use crate::domain::text::Id;
use crate::planted::{Bug, planted};

/// Decimals of a yuan to which an unrounded amount is shown.
const SHOWN_DECIMALS: u32 = 6;

/// Where a policy rate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A share of a reference rate.
    Reference(Reference),
    /// Percentage points of the rules.
    Points,
    /// Contract rate less a reference rate, at most `max`.
    Spread(Reference, Option<Rate>),
    /// A share of the contract rate, standing for the interest actually paid.
    Contract(Share),
    /// A share of a fee that was paid at this yearly rate.
    Fee(Rate),
    /// A rate on the guaranteed amount; the fee charged was this.
    Guarantee(Rate),
}

/// A reference rate, the day from which it was in force, and the share of it that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The series.
    pub series: Series,
    /// In force from.
    pub since: Date,
    /// The rate.
    pub rate: Rate,
    /// The share.
    pub share: Share,
}

/// A stretch of days on which nothing changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// First day.
    pub from: Date,
    /// First day no longer in it.
    pub to: Date,
    /// Days, as the day count counts them.
    pub days: i64,
    /// Divisor of the days.
    pub base: i64,
    /// Principal in force, guaranteed amount, or fee paid.
    pub principal: Money,
    /// The part of it that counts.
    pub counted: Money,
    /// Contract rate.
    pub contract: Rate,
    /// Policy rate a year, or share.
    pub rate: Fraction,
    /// Where the rate comes from.
    pub source: Source,
    /// Why it ends.
    pub until: Cut,
    /// The exact part of the principal that counts, where a cap is shared in proportion: cap over
    /// what is in force.
    pub part: Option<(Money, Money)>,
}

impl Segment {
    /// The exact amount in fen.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when the exact value leaves 128 bits.
    pub fn amount(&self) -> Result<Fraction, MoneyError> {
        let (numerator, denominator) = self.rate.parts();
        if let Some((cap, total)) = self.part {
            let part = Fraction::new(cap.fen().into(), total.fen().into())?.reduced();
            let whole = Self { counted: self.principal, part: None, ..*self };
            return whole.amount()?.reduced().times(part);
        }
        i128::from(self.counted.fen())
            .checked_mul(i128::from(self.days))
            .and_then(|product| product.checked_mul(numerator))
            .zip(denominator.checked_mul(i128::from(self.base)))
            .ok_or(MoneyError::Range)
            .and_then(|(numerator, denominator)| Fraction::new(numerator, denominator))
    }
}

/// The bank's own figure of the interest beside ours: the paid interest is the evidence and rules the
/// ceiling, and the difference is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InterestCheck {
    /// What the contract comes to for the days that were paid for, each day once.
    pub accrued: Money,
    /// What was paid for them.
    pub paid: Money,
    /// What of it counts; less where several slips tell of the same days.
    pub counted: Money,
    /// Differences of so much are rounding: one fen a segment.
    pub tolerance: Money,
}

impl InterestCheck {
    fn write(&self, out: &mut Writer<'_>) {
        out.key("interest");
        out.begin_object();
        out.key("accrued");
        out.quoted(self.accrued);
        out.key("difference");
        out.quoted(self.paid.sub(self.accrued).unwrap_or_default());
        out.key("paid");
        out.quoted(self.paid);
        if self.counted != self.paid {
            out.key("paid_counted");
            out.quoted(self.counted);
        }
        out.key("tolerance");
        out.quoted(self.tolerance);
        out.end_object();
    }
}

/// A ceiling, in the order in which it was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// Which.
    pub kind: CeilingKind,
    /// What it left room for.
    pub limit: Money,
    /// The amount before.
    pub before: Money,
    /// The amount after.
    pub after: Money,
    /// For a cap: the whole cap and what of it was used before.
    pub cap: Option<(Money, Money)>,
    /// For a yearly cap: the year.
    pub year: Option<i16>,
}

/// What may cut a computed amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CeilingKind {
    /// A share of a reference rate on the same days.
    RateLimit,
    /// Interest actually paid, less other programmes.
    InterestPaid,
    /// Other programmes.
    OtherProgrammes,
    /// Cap of the firm over all years.
    FirmTotal,
    /// Cap of the firm in a year.
    FirmYear,
    /// Budget left in the cell.
    Budget,
}

impl CeilingKind {
    /// The word in a working.
    pub fn code(self) -> &'static str {
        match self {
            Self::RateLimit => "rate-limit",
            Self::InterestPaid => "interest-paid",
            Self::OtherProgrammes => "other-programmes",
            Self::FirmTotal => "firm-total",
            Self::FirmYear => "firm-year",
            Self::Budget => "budget",
        }
    }
}

/// Why a listed line is not payable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The loan's rules are not in the book.
    RulesUnknown,
    /// No reference rate is in force on the reference date.
    RateMissing(Series, Date),
    /// No row of the policy rates fits.
    RateRowMissing,
    /// No record of interest paid was handed in; whether the firm paid is not known.
    InterestNotPaid,
    /// Interest was paid late.
    InterestLate,
    /// The firm does not hold the qualification.
    NotQualified,
    /// The discount is paid after full repayment.
    NotRepaidYet,
    /// No record of a fee paid was handed in.
    FeeNotPaid,
    /// The guarantor charges more than the gate.
    FeeOverGate(Rate),
    /// No principal of it counts any more.
    PrincipalCap,
    /// A ceiling left nothing.
    Ceiling(CeilingKind),
    /// The sum is below half a fen.
    BelowOneFen,
    /// The sum is beyond the largest amount.
    Range,
}

impl Reason {
    /// The word in a working and in messages.
    pub fn code(self) -> &'static str {
        match self {
            Self::RulesUnknown => "rules-unknown",
            Self::RateMissing(..) => "rate-missing",
            Self::RateRowMissing => "rate-row-missing",
            Self::InterestNotPaid => "interest-not-paid",
            Self::InterestLate => "interest-late",
            Self::NotQualified => "not-qualified",
            Self::NotRepaidYet => "not-repaid-yet",
            Self::FeeNotPaid => "fee-not-paid",
            Self::FeeOverGate(_) => "fee-over-gate",
            Self::PrincipalCap => "principal-cap",
            Self::Ceiling(CeilingKind::RateLimit) => "rate-limit",
            Self::Ceiling(CeilingKind::InterestPaid) => "interest-paid",
            Self::Ceiling(CeilingKind::OtherProgrammes) => "other-programmes",
            Self::Ceiling(CeilingKind::FirmTotal) => "firm-total",
            Self::Ceiling(CeilingKind::FirmYear) => "firm-year",
            Self::Ceiling(CeilingKind::Budget) => "budget-short",
            Self::BelowOneFen => "below-one-fen",
            Self::Range => "amount-range",
        }
    }

    /// The fact that the reason rests on, if any: `lpr-1y 2017-10-01`, `2.5%`.
    pub fn detail(self) -> Option<String> {
        match self {
            Self::RateMissing(series, day) => Some(format!("{} {day}", series.code())),
            Self::FeeOverGate(rate) => Some(rate.percent()),
            _ => None,
        }
    }
}

/// How one amount came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Working {
    /// The programme.
    pub programme: Programme,
    /// Id of the rules.
    pub rules: Id,
    /// The settlement period.
    pub period: Period,
    /// The day count or fee mode.
    pub method: &'static str,
    /// Segments in order.
    pub segments: Vec<Segment>,
    /// The interest that the bank took beside what the contract comes to; for information.
    pub interest: Option<InterestCheck>,
    /// Share of the interest paid and what was paid, where the amount is made from it.
    pub paid: Option<(Share, Money)>,
    /// The exact sum in fen.
    pub sum: Fraction,
    /// What of the sum fell to earlier periods (fees are counted from their first day).
    pub earlier: Option<Fraction>,
    /// The rounded sum, less the rounded earlier part.
    pub computed: Money,
    /// Ceilings in the order tested.
    pub ceilings: Vec<Ceiling>,
    /// What may be paid.
    pub amount: Money,
    /// The years to which it counts against the firm's caps.
    pub cap_years: Vec<(i16, Money)>,
    /// Why nothing may be paid.
    pub reason: Option<Reason>,
}

impl Working {
    /// A working with nothing in it yet.
    pub(super) fn empty(
        programme: Programme,
        rules: Id,
        period: Period,
        method: &'static str,
    ) -> Self {
        Self {
            programme,
            rules,
            period,
            method,
            segments: Vec::new(),
            interest: None,
            paid: None,
            sum: Fraction::ZERO,
            earlier: None,
            computed: Money::ZERO,
            ceilings: Vec::new(),
            amount: Money::ZERO,
            cap_years: Vec::new(),
            reason: None,
        }
    }

    /// The interest paid beside what the contract comes to.
    pub(super) fn check(&self, paid: &Evidence) -> Result<InterestCheck, MoneyError> {
        let segments = i64::try_from(self.segments.len()).map_err(|_| MoneyError::Range)?;
        Ok(InterestCheck {
            accrued: paid.accrued.round_fen()?,
            paid: paid.told,
            counted: paid.amount,
            tolerance: Money::from_fen(segments)?,
        })
    }

    /// The days of the period that counted.
    pub fn days(&self) -> i64 {
        let segments = self.segments.iter();
        match self.earlier {
            None => segments.map(|segment| segment.days).sum(),
            // Fees and notes side by side tell of the same days; each day is one.
            Some(_) => {
                let days = segments.map(|one| Period { from: one.from, to: one.to });
                days_once(days.map(|days| days.intersect(self.period)).collect())
            }
        }
    }

    /// Lowers the amount to a ceiling and keeps the trace of it.
    pub(super) fn lower(&mut self, mut ceiling: Ceiling) {
        ceiling.before = self.amount;
        self.amount = self.amount.min(ceiling.limit.max(Money::ZERO));
        ceiling.after = self.amount;
        self.ceilings.push(ceiling);
        if self.amount.is_zero() && ceiling.before.is_positive() {
            self.reason.get_or_insert(Reason::Ceiling(ceiling.kind));
        }
    }

    /// Makes it a line that is listed and not payable.
    pub(super) fn refuse(&mut self, reason: Reason) {
        self.amount = Money::ZERO;
        self.reason.get_or_insert(reason);
    }

    /// The JSON form.
    pub fn to_json(&self) -> serde_json::Value {
        let mut bytes = Vec::with_capacity(512);
        self.write(&mut Writer::new(&mut bytes));
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// The canonical JSON form as text, as an event carries it.
    pub fn to_text(&self) -> Json {
        let mut bytes = Vec::with_capacity(768);
        self.write(&mut Writer::new(&mut bytes));
        Json::written(bytes)
    }

    /// Writes the canonical JSON form: keys in order, no floats.
    pub fn write(&self, out: &mut Writer<'_>) {
        out.begin_object();
        out.key("amount");
        out.amount(self.amount);
        out.key("cap_years");
        out.begin_array();
        for (year, amount) in &self.cap_years {
            out.begin_object();
            out.key("amount");
            out.quoted(amount);
            out.key("year");
            out.integer(u64::try_from(*year).unwrap_or_default());
            out.end_object();
        }
        out.end_array();
        out.key("ceilings");
        out.begin_array();
        self.ceilings.iter().for_each(|ceiling| ceiling.write(out));
        out.end_array();
        out.key("computed");
        out.amount(self.computed);
        out.key("days");
        out.integer(u64::try_from(self.days()).unwrap_or_default());
        if let Some(earlier) = self.earlier {
            out.key("earlier");
            out.quoted(earlier.yuan_text(SHOWN_DECIMALS));
            out.key("earlier_rounded");
            out.quoted(earlier.round_fen().unwrap_or_default());
        }
        if let Some(interest) = &self.interest {
            interest.write(out);
        }
        out.key("method");
        out.quoted(self.method);
        if let Some((share, amount)) = self.paid {
            out.key("paid");
            out.quoted(amount);
            out.key("paid_share");
            out.quoted(share);
        }
        self.write_period(out);
        out.key("programme");
        out.quoted(self.programme);
        if let Some(reason) = self.reason {
            out.key("reason");
            out.quoted(reason.code());
            if let Some(detail) = reason.detail() {
                out.key("reason_detail");
                out.quoted(detail);
            }
        }
        out.key("rounded");
        out.quoted(self.sum.round_fen().unwrap_or_default());
        out.key("rules");
        out.string(&self.rules);
        out.key("segments");
        out.begin_array();
        self.segments.iter().for_each(|segment| segment.write(out));
        out.end_array();
        out.key("sum");
        out.quoted(self.sum.yuan_text(SHOWN_DECIMALS));
        out.end_object();
    }

    fn write_period(&self, out: &mut Writer<'_>) {
        out.key("period");
        out.begin_object();
        out.key("from");
        out.date(self.period.from);
        out.key("to");
        out.date(self.period.to);
        out.end_object();
    }
}

impl Ceiling {
    /// A ceiling by itself.
    pub(super) fn new(kind: CeilingKind, limit: Money) -> Self {
        Self { kind, limit, before: Money::ZERO, after: Money::ZERO, cap: None, year: None }
    }

    /// What a cap leaves after what was used of it.
    pub(super) fn of_cap(kind: CeilingKind, cap: Money, used: Money, year: Option<i16>) -> Self {
        let limit = cap.sub(used).unwrap_or_default().max(Money::ZERO);
        Self { cap: Some((cap, used)), year, ..Self::new(kind, limit) }
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.begin_object();
        out.key("after");
        out.amount(self.after);
        out.key("before");
        out.amount(self.before);
        if let Some((cap, _)) = self.cap {
            out.key("cap");
            out.quoted(cap);
        }
        out.key("kind");
        out.quoted(self.kind.code());
        out.key("limit");
        out.amount(self.limit);
        if let Some((_, used)) = self.cap {
            out.key("used");
            out.quoted(used);
        }
        if let Some(year) = self.year {
            out.key("year");
            out.integer(u64::try_from(year).unwrap_or_default());
        }
        out.end_object();
    }
}

impl Segment {
    fn write(&self, out: &mut Writer<'_>) {
        out.begin_object();
        out.key("amount");
        out.quoted(self.amount().unwrap_or(Fraction::ZERO).yuan_text(SHOWN_DECIMALS));
        out.key("base");
        out.integer(u64::try_from(self.base).unwrap_or_default());
        if !planted(Bug::KeysUnsorted) {
            self.write_contract(out);
        }
        if self.counted != self.principal {
            out.key("counted");
            out.amount(self.counted);
        }
        out.key("days");
        out.integer(u64::try_from(self.days).unwrap_or_default());
        out.key("from");
        out.date(self.from);
        if let Some((cap, total)) = self.part {
            out.key("part");
            out.quoted(format_args!("{cap}/{total}"));
        }
        out.key("principal");
        out.amount(self.principal);
        out.key("rate");
        out.quoted(RateText(self.rate));
        self.write_source(out);
        out.key("to");
        out.date(self.to);
        out.key("until");
        out.quoted(self.until.code());
        out.end_object();
    }

    /// The contract rate, where the policy rate is what it is above a reference.
    fn write_contract(&self, out: &mut Writer<'_>) {
        if matches!(self.source, Source::Spread(..)) {
            out.key("contract_rate");
            out.quoted(self.contract);
        }
    }

    fn write_source(&self, out: &mut Writer<'_>) {
        let reference = |out: &mut Writer<'_>, word: &str, reference: &Reference| {
            out.key("source");
            out.quoted(word);
            out.key("source_date");
            out.date(reference.since);
            out.key("source_rate");
            out.quoted(reference.rate);
        };
        match &self.source {
            Source::Reference(from) => {
                out.key("share");
                out.quoted(from.share);
                reference(out, from.series.code(), from);
            }
            Source::Points => {
                out.key("source");
                out.quoted("points");
            }
            Source::Spread(over, max) => {
                if planted(Bug::KeysUnsorted) {
                    self.write_contract(out);
                }
                if let Some(max) = max {
                    out.key("rate_max");
                    out.quoted(max);
                }
                reference(out, over.series.code(), over);
            }
            Source::Contract(share) => {
                out.key("share");
                out.quoted(share);
                out.key("source");
                out.quoted("interest-paid");
                out.key("source_rate");
                out.quoted(self.contract);
            }
            Source::Fee(charged) | Source::Guarantee(charged) => {
                let fee = matches!(self.source, Source::Fee(_));
                out.key("source");
                out.quoted(if fee { "fee-paid" } else { "guarantee" });
                out.key("source_rate");
                out.quoted(charged);
            }
        }
    }
}

/// The years to which an approved amount counts against the firm's caps: as its working says, or
/// the year of its period where it has none.
pub fn cap_years(
    working: Option<&serde_json::Value>,
    period: Quarter,
    amount: Money,
) -> Vec<(i16, Money)> {
    let read = |row: &serde_json::Value| {
        let year = i16::try_from(row.get("year")?.as_i64()?).ok()?;
        Some((year, Money::parse(row.get("amount")?.as_str()?).ok()?))
    };
    let rows = working.and_then(|working| working.get("cap_years")?.as_array());
    let years: Option<Vec<_>> = rows.and_then(|rows| rows.iter().map(read).collect());
    let total =
        |years: &[(i16, Money)]| years.iter().map(|(_, part)| i128::from(part.fen())).sum::<i128>();
    match years {
        Some(years) if total(&years) == i128::from(amount.fen()) => years,
        _ => vec![(period.year(), amount)],
    }
}
