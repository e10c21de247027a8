//! Rules as dated data: every parameter of the field that differs by city and by year.
//!
//! A [`RuleSet`] is read from a TOML text, adopted by an event from a date on; a loan keeps the
//! rules under which it was enrolled. The value does not depend on the text's form. The codes R-…
//! name the rules of the field that a parameter comes from.
#![doc = include_str!("schema.md")]

pub mod band;
mod read;
mod sharing;
pub mod words;

use crate::domain::calendar::Date;
use crate::domain::event::{InterestOwner, OwnerKind};
use crate::domain::loan::Loan;
use crate::domain::money::{Money, MoneyError};
use crate::domain::rate::{Rate, Share, split};
use crate::domain::text::Id;
use crate::problem::Problem;
pub use band::{Conditions, LoanFacts};
use compact_str::CompactString;
pub use sharing::{OwnShares, Sharing};
use std::sync::Arc;
use words::*;

/// One version of the rules; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSet(Arc<Rules>);

/// The parameters of one version.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Id of the version.
    pub id: Id,
    /// Name for people.
    pub name: CompactString,
    /// What people should know about it, such as where the figures come from.
    pub note: Option<CompactString>,
    /// Last day on which a loan may be enrolled under it.
    pub valid_to: Option<Date>,
    /// Who bears the loss.
    pub sharing: Vec<Band>,
    /// Which band counts when several do; none where exactly one does.
    pub sharing_pick: Option<Pick>,
    /// The city's part of the pool's part.
    pub city_part: Option<CityPart>,
    /// Conditions of enrolment.
    pub enrolment: Enrolment,
    /// Compensation.
    pub claim: Claim,
    /// Recoveries.
    pub recovery: Recovery,
    /// Leverage.
    pub leverage: Option<Leverage>,
    /// Circuit breaker.
    pub breaker: Option<Breaker>,
    /// Interest on the pool's deposits.
    pub pool_interest: InterestOwner,
    /// Trustee's fee a year at most, as a share of the pool.
    pub trustee_fee_max: Option<Share>,
    /// Largest bank charge or trustee fee that its maker records alone.
    pub small_charge_max: Money,
    /// Interest discount.
    pub interest_discount: Option<InterestDiscount>,
    /// Guarantee-fee subsidy.
    pub fee_subsidy: Option<FeeSubsidy>,
}

/// One row of the sharing table.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// When it applies.
    pub conditions: Conditions,
    /// Who bears what.
    pub sharing: Sharing,
}

/// The city's part by kind of owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CityPart {
    /// For counties.
    pub county: Share,
    /// For county-level cities.
    pub county_city: Share,
    /// For districts.
    pub district: Share,
    /// For zones.
    pub zone: Share,
    /// Who takes what rounding leaves.
    pub balancing: Level,
}

/// Conditions of enrolment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Enrolment {
    /// Months after the first drawdown within which a loan must be enrolled.
    pub window_months: Option<u32>,
    /// Largest loan.
    pub loan_max: Option<Money>,
    /// Largest sum of enrolled loans of one firm.
    pub firm_max: Option<Money>,
    /// Longest term in months.
    pub tenor_max: Option<u32>,
    /// One enrolled loan of a firm at a time.
    pub one_item: bool,
    /// Limit of the contract rate.
    pub rate_limit: Option<RateLimit>,
}

/// Contract rate of at most a reference rate × (1 + `above`) + `points`, at signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The reference.
    pub series: SeriesChoice,
    /// Part of the reference rate that may come on top.
    pub above: Share,
    /// Percentage points that may come on top.
    pub points: Rate,
}

/// Compensation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What is compensated.
    pub base: ClaimBase,
    /// Days overdue before a claim may be filed.
    pub overdue_days: u32,
    /// True when a court must have accepted the suit.
    pub lawsuit: bool,
    /// Caps on compensation.
    pub caps: ClaimCaps,
}

/// Caps on compensation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimCaps {
    /// For one loan.
    pub loan: Option<Money>,
    /// For one firm over all years.
    pub firm: Option<Money>,
    /// For one firm in a year.
    pub firm_year: Option<Money>,
    /// For one bank in a year.
    pub bank_year: Option<Money>,
    /// For one bank in a year, as a share of its enrolled balance at the previous year's end.
    pub bank_year_share: Option<Share>,
    /// For one owner in a year (quota).
    pub owner_year: Option<Money>,
    /// All public money together, as a share of the claim base.
    pub all_programmes: Option<Share>,
    /// The date that decides the year.
    pub year: ClaimYear,
}

/// Recoveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Days within which the pool's share must come back.
    pub return_days: Option<u32>,
    /// True when the costs of recovery are taken off first.
    pub cost_deductible: bool,
    /// True when what comes in after a write-off is shared as before.
    pub after_write_off: bool,
}

/// Leverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leverage {
    /// Loans may be at most so many times the pool.
    pub limit: u32,
    /// The pool money.
    pub base: LeverageBase,
    /// The loans.
    pub counts: LeverageCounts,
}

/// Circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// The ratio.
    pub ratio: BreakerRatio,
    /// Warn at and above.
    pub warn: Share,
    /// Stop enrolments at and above.
    pub stop: Share,
    /// What is stopped.
    pub scope: BreakerScope,
}

/// Interest discount.
#[derive(Clone, Debug, PartialEq)]
pub struct InterestDiscount {
    /// Policy rates by loan and reference date.
    pub rates: Vec<PolicyRate>,
    /// Which row counts when several do.
    pub pick: Option<Pick>,
    /// The day whose reference rate counts.
    pub reference: Reference,
    /// Principal counted at most.
    pub principal_max: Option<Money>,
    /// What `principal_max` is counted by.
    pub principal_per: Per,
    /// Who has it where notes share it.
    pub principal_order: PrincipalOrder,
    /// The firm's qualification.
    pub qualification: Qualification,
    /// Caps of the firm.
    pub caps: FirmCaps,
    /// Months that a discount runs at most.
    pub term_months: Option<u32>,
    /// What the term starts with: each note's own drawdown, the loan's first, or the first of the
    /// loans that it renews.
    pub term_per: Per,
    /// Extension and overdue.
    pub extension: OnExtension,
    /// Overdue spells.
    pub overdue: OnOverdue,
    /// Interest paid late.
    pub late: OnLate,
    /// Days after the end of the days paid for within which a payment is on time.
    pub grace_days: u32,
    /// When it is paid.
    pub pay_after: PayAfter,
    /// True when it may not exceed the interest actually paid.
    pub interest_ceiling: bool,
    /// Other programmes.
    pub others: Others,
    /// How days are counted.
    pub day_count: DayCount,
    /// Who is paid.
    pub payee: Payee,
}

/// What a subsidy asks of the firm's qualification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qualification {
    /// What it does.
    pub rule: Qualified,
    /// The kinds, one of which the firm must hold; empty: any.
    pub kinds: Vec<Id>,
}

/// Caps of one firm, over all its loans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirmCaps {
    /// In a year.
    pub year: Option<Money>,
    /// Over all years.
    pub total: Option<Money>,
    /// To which year an amount counts.
    pub by: CapYear,
}

/// One row of the policy rates.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyRate {
    /// When it applies; dates are compared with the reference date.
    pub conditions: Conditions,
    /// The rate.
    pub rule: RateRule,
}

/// How the policy rate comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateRule {
    /// A share of a reference series.
    OfReference {
        /// The series.
        series: SeriesChoice,
        /// The share.
        share: Share,
    },
    /// Percentage points.
    Points(Rate),
    /// What the contract rate stands above a reference series, at most `max`.
    ContractSpread {
        /// The series.
        series: SeriesChoice,
        /// At most.
        max: Option<Rate>,
    },
    /// A share of the interest actually paid, at most a share of a reference series.
    OfInterestPaid {
        /// The share.
        share: Share,
        /// The limit.
        limit: Option<(SeriesChoice, Share)>,
    },
}

/// Guarantee-fee subsidy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeSubsidy {
    /// The firm's qualification.
    pub qualification: Qualification,
    /// How it is computed.
    pub formula: FeeFormula,
    /// Charged fee rate of at most.
    pub gate: Option<Rate>,
    /// Caps of the firm.
    pub caps: FirmCaps,
    /// The days of a fee year.
    pub year_base: YearBase,
    /// Days after an early repayment.
    pub unused_days: UnusedDays,
    /// Months that a subsidy runs at most.
    pub term_months: Option<u32>,
    /// Extension.
    pub extension: OnExtension,
    /// Overdue spells.
    pub overdue: OnOverdue,
    /// Who is paid.
    pub payee: Payee,
}

/// The formula of a fee mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeeFormula {
    /// A: fee paid for eligible days × share.
    ShareOfFee(Share),
    /// B: amount × rate × days over the year, at most one year.
    RateOnAmount(Rate, AmountBase),
    /// C: amount × share × (gate rate − rate charged).
    ShareOfGap {
        /// The share.
        share: Share,
        /// The rate from which the gap is counted.
        gap_from: Rate,
        /// The amount.
        base: AmountBase,
    },
    /// D: average daily liability × rate.
    RateOnLiability(Rate),
}

impl std::ops::Deref for RuleSet {
    type Target = Rules;
    fn deref(&self) -> &Rules {
        &self.0
    }
}

impl RuleSet {
    /// Reads a rules text.
    ///
    /// # Errors
    /// Every finding with its row and key: unknown keys (with the nearest known one), missing and
    /// malformed values, shares that do not add up, bands that leave gaps, overlap or stand idle,
    /// values that contradict each other.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        read::rules(text).map(|rules| Self(Arc::new(rules)))
    }
}

impl Rules {
    /// Who bears the loss of a loan.
    pub fn sharing(&self, facts: &LoanFacts<'_>) -> Option<Sharing> {
        let met = self.sharing.iter().filter(|band| band.conditions.hold(facts, Date::ZERO));
        let mut met = met.map(|band| band.sharing);
        match self.sharing_pick {
            Some(Pick::Highest) => {
                // Of equal shares the first counts.
                met.reduce(
                    |best, next| if read::is_less(best.pool, next.pool) { next } else { best },
                )
            }
            _ => met.next(),
        }
    }

    /// Who bears the loss of an enrolled loan; shares that the loan carries itself win.
    pub fn sharing_of(&self, loan: &Loan) -> Option<Sharing> {
        self.sharing(&LoanFacts::of(loan))?.with(OwnShares::of(loan))
    }

    /// The pool's share of the loss of a loan.
    pub fn pool_share(&self, facts: &LoanFacts<'_>) -> Share {
        self.sharing(facts).map_or(Share::ZERO, |sharing| sharing.pool)
    }

    /// The city's part of the pool's part: all of it in the city's own cell, none where the rules
    /// know no split.
    pub fn city_part(&self, kind: OwnerKind) -> Share {
        let of = |part: fn(&CityPart) -> Share| self.city_part.as_ref().map_or(Share::ZERO, part);
        match kind {
            OwnerKind::City => Share::ONE,
            OwnerKind::County => of(|part| part.county),
            OwnerKind::CountyCity => of(|part| part.county_city),
            OwnerKind::District => of(|part| part.district),
            OwnerKind::Zone => of(|part| part.zone),
        }
    }

    /// An amount of the pool as the city's and the owner's part.
    ///
    /// # Errors
    /// [`MoneyError::Range`] when a part leaves the bounds.
    pub fn split_city(&self, kind: OwnerKind, whole: Money) -> Result<[Money; 2], MoneyError> {
        let city = self.city_part(kind);
        let owner = read::rest_of(&[city]).unwrap_or(Share::ZERO);
        let balancing = match self.city_part.map(|part| part.balancing) {
            Some(Level::City) => 0,
            _ => 1,
        };
        split(whole, &[city, owner], balancing)?.try_into().map_err(|_| MoneyError::Range)
    }

    /// The policy rate rule of a loan at a reference date.
    pub fn policy_rate(&self, facts: &LoanFacts<'_>, day: Date) -> Option<&RateRule> {
        let discount = self.interest_discount.as_ref()?;
        let mut met = discount.rates.iter().filter(|row| row.conditions.hold(facts, day));
        met.next().map(|row| &row.rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::parse_date;

    const DEMO: &str = include_str!("../../../fixtures/jiaozuo-2017/rules/jiaozuo-demo.toml");

    fn money(text: &str) -> Money {
        Money::parse(text).unwrap()
    }

    fn facts(guaranteed: bool) -> LoanFacts<'static> {
        LoanFacts {
            firm_class: None,
            security: None,
            first_loan: false,
            guaranteed,
            tenor_months: 12,
            amount: money("3000000.00"),
        }
    }

    /// The findings about the demo rules with one text put in place of another.
    fn findings(old: &str, new: &str) -> Vec<(&'static str, String)> {
        assert!(DEMO.contains(old), "{old}");
        let found = RuleSet::parse(&DEMO.replacen(old, new, 1)).unwrap_err();
        found.iter().map(|p| (p.code, p.arg("key").unwrap_or("-").to_owned())).collect()
    }

    #[test]
    fn reads_the_demo_rules() {
        let rules = RuleSet::parse(DEMO).unwrap();
        assert_eq!(rules.id, "jiaozuo-demo");
        let parts = rules.sharing(&facts(true)).unwrap().split(money("1234567.89")).unwrap();
        assert_eq!(parts, [money("493827.16"), money("493827.16"), money("246913.57")]);
        assert_eq!(rules.pool_share(&facts(false)).to_string(), "0.4");
        // Domain 5.5: the same loan, another owner, another bill.
        let county = rules.split_city(OwnerKind::County, money("493827.16")).unwrap();
        assert_eq!(county, [money("197530.86"), money("296296.30")]);
        let district = rules.split_city(OwnerKind::District, money("493827.16")).unwrap();
        assert_eq!(district, [money("296296.30"), money("197530.86")]);
        assert_eq!(rules.city_part(OwnerKind::City), Share::ONE);
        let series = |day| match rules.policy_rate(&facts(true), parse_date(day).unwrap()) {
            Some(RateRule::OfReference { series, .. }) => *series,
            other => panic!("{other:?}"),
        };
        assert_eq!(series("2019-08-19"), SeriesChoice::Benchmark);
        assert_eq!(series("2019-08-20"), SeriesChoice::Lpr1y);
    }

    #[test]
    fn collects_every_finding_with_its_key() {
        let found = findings("overdue_days = 60", "overdue_day = 60\nlawsit = true");
        assert_eq!(
            found,
            [
                ("key-unknown", "claim.overdue_day".to_owned()),
                ("key-unknown", "claim.lawsit".to_owned())
            ]
        );
        let all = RuleSet::parse("id = 5\n[sharing]\n[leverage]\nlimit = 10.5\n").unwrap_err();
        let codes: Vec<_> = all.iter().map(|p| (p.code, p.place.row)).collect();
        let expected = [
            ("number-not-text", Some(1)),
            ("field-missing", Some(1)),
            ("field-missing", Some(2)),
            ("count-format", Some(4)),
        ];
        assert_eq!(codes, expected);
        assert_eq!(findings("warn = \"3%\"", "warn = \"5%\"")[0].0, "rules-breaker-order");
        assert_eq!(findings("share = \"50%\"", "share = 0.5")[0].0, "number-not-text");
        assert_eq!(findings("mode = \"A\"", "mode = \"E\"")[0].0, "word-unknown");
        assert_eq!(
            findings("interest_ceiling = true", "interest_ceiling = false")[0].0,
            "rules-deduct-ceiling"
        );
        assert_eq!(RuleSet::parse("id = \n]").unwrap_err()[0].code, "toml-syntax");
    }

    #[test]
    fn proves_that_the_shares_fill_the_whole() {
        assert_eq!(findings("bank = \"20%\"", "bank = \"30%\"")[0].0, "rules-shares-sum");
        assert_eq!(findings("bank = \"20%\"", "bank = \"19.99%\"")[0].0, "rules-shares-sum");
        let without = findings("guaranteed = true\npool", "guaranteed = false\npool");
        assert!(
            without.contains(&("rules-guarantor-absent", "sharing.band[1].guarantor".to_owned()))
        );
        let thirds = DEMO.replacen("pool = \"40%\"\ngu", "pool = \"2/5\"\ngu", 1);
        assert!(RuleSet::parse(&thirds).is_ok());
    }

    #[test]
    fn proves_that_bands_leave_no_gap_and_no_doubt() {
        let code = |old: &str, new: &str| {
            findings(old, new).into_iter().map(|(code, _)| code).collect::<Vec<_>>()
        };
        assert_eq!(code("guaranteed = false", "guaranteed = true"), ["rules-gap", "rules-overlap"]);
        assert_eq!(code("guaranteed = false\n", ""), ["rules-overlap"]);
        assert_eq!(code("from = \"2019-08-20\"", "from = \"2019-08-21\""), ["rules-gap"]);
        assert_eq!(code("from = \"2019-08-20\"", "from = \"2019-08-19\""), ["rules-overlap"]);
        let idle = "tenor_over = 24\ntenor_to = 12\nfrom = \"2019";
        assert_eq!(code("from = \"2019", idle), ["rules-gap", "rules-band-idle"]);
        assert_eq!(code("guaranteed = false", "guaranteed = false\ntenor_to = 36"), ["rules-gap"]);
        let first = DEMO.replacen("guaranteed = false\n", "", 1);
        let first = first.replacen("[sharing]\n", "[sharing]\npick = \"first\"\n", 1);
        assert!(RuleSet::parse(&first).is_ok());
        // if several apply, the highest counts.
        let highest = first.replacen("\"first\"", "\"highest\"", 1).replacen("60%", "10%", 1);
        let highest =
            highest.replacen("pool = \"40%\"\nbank = \"10%\"", "pool = \"90%\"\nbank = \"10%\"", 1);
        let rules = RuleSet::parse(&highest).unwrap();
        assert_eq!(rules.pool_share(&facts(true)).to_string(), "0.9");
    }

    #[test]
    fn a_share_of_the_loan_itself_wins() {
        let sharing = RuleSet::parse(DEMO).unwrap().sharing(&facts(true)).unwrap();
        let texts = |pool: &str, guarantor: &str| {
            let share = |text: &str| (!text.is_empty()).then(|| Share::parse(text).unwrap());
            let own = OwnShares { pool: share(pool), guarantor: share(guarantor) };
            sharing.with(own).map_or_else(String::new, |with| {
                with.split(money("1000000.00")).unwrap().map(|part| part.to_string()).join(" ")
            })
        };
        assert_eq!(texts("50%", "40%"), "500000.00 400000.00 100000.00");
        assert_eq!(texts("80%", "20%"), "800000.00 200000.00 0.00");
        assert_eq!(texts("750000/2000000", "40%"), "375000.00 400000.00 225000.00");
        assert_eq!(texts("1/3", "1/3"), "333333.33 333333.33 333333.34");
        assert_eq!(texts("", "10%"), "400000.00 100000.00 500000.00");
        // The rules' own share says nothing new; another one leaves the guarantor's open.
        assert_eq!(texts("40%", ""), "400000.00 400000.00 200000.00");
        assert_eq!(texts("30%", ""), "");
        assert_eq!(texts("80%", "20.01%"), "");
    }
}
