//! The closed lists of words that a rules text uses.

use crate::domain::money::Money;
use crate::domain::rates::Series;
use crate::domain::settings::setting_words;

/// Largest bank charge or trustee fee that its maker records alone, where no rules say otherwise.
pub const SMALL_CHARGE_MAX: Money = match Money::from_fen(50_000) {
    Ok(amount) => amount,
    Err(_) => Money::ZERO,
};

setting_words! {
    /// Which of several bands counts for a loan that meets more than one.
    Pick {
        /// The first in the text.
        First "first",
        /// The one with the highest share (从高).
        Highest "highest",
    }
    /// A party to the loss.
    Side {
        /// The pool.
        Pool "pool",
        /// The guarantor.
        Guarantor "guarantor",
        /// The bank.
        Bank "bank",
    }
    /// City or the owner of the cell.
    Level {
        /// The city.
        City "city",
        /// The county, district or zone that owns the cell.
        Owner "owner",
    }
    /// What is compensated.
    ClaimBase {
        /// Overdue principal.
        Principal "principal",
        /// And the interest at the contract rate; never penalty or compound interest.
        PrincipalAndNormalInterest "principal-and-normal-interest",
    }
    /// The date that decides to which year a claim counts.
    ClaimYear {
        /// Day of approval.
        Approval "approval",
        /// Day of filing.
        Filing "filing",
        /// Day of payment.
        Payment "payment",
    }
    /// The pool money in the leverage multiple.
    LeverageBase {
        /// Contributions paid in.
        PaidIn "paid-in",
        /// Cash of the pool.
        Balance "balance",
    }
    /// The loans in the leverage multiple.
    LeverageCounts {
        /// The whole enrolled balance.
        LoanBalance "loan-balance",
        /// The part that the pool bears.
        PoolPart "pool-part",
    }
    /// The ratio that warns and stops.
    BreakerRatio {
        /// Overdue principal over enrolled balance.
        Overdue "overdue",
        /// Non-performing balance over enrolled balance.
        Npl "npl",
        /// Compensation of the year over loans released in it.
        Compensation "compensation",
    }
    /// What is stopped.
    BreakerScope {
        /// The whole pool of the city.
        Pool "pool",
        /// One owner's pool.
        Owner "owner",
        /// One bank.
        Bank "bank",
        /// One bank within one owner's pool.
        BankOfOwner "bank-of-owner",
    }
    /// A reference series, or one chosen by the term of the note.
    SeriesChoice {
        /// Benchmark by term: to one year, to five years, above.
        Benchmark "benchmark",
        /// Benchmark up to one year.
        Benchmark1y "benchmark-1y",
        /// Benchmark of one to five years.
        Benchmark5y "benchmark-5y",
        /// Benchmark above five years.
        BenchmarkLong "benchmark-long",
        /// LPR by term: one-year LPR below five years, else the five-year LPR.
        LprByTenor "lpr-by-tenor",
        /// One-year LPR.
        Lpr1y "lpr-1y",
        /// Five-year LPR.
        Lpr5y "lpr-5y",
    }
    /// What the policy rate is made of.
    Basis {
        /// A share of a reference series, see [`SeriesChoice`].
        Reference "reference",
        /// Percentage points.
        Points "points",
        /// Contract rate above a reference series.
        ContractSpread "contract-spread",
        /// A share of the interest actually paid.
        InterestPaid "interest-paid",
    }
    /// The day whose reference rate counts.
    Reference {
        /// Day of the contract.
        Signing "signing",
        /// Day of disbursement of the note.
        Drawdown "drawdown",
        /// Each day its own rate.
        InForce "in-force",
        /// 31 December of the year before.
        LastYearEnd "last-year-end",
    }
    /// What a cap or term is counted by.
    Per {
        /// Each drawdown note.
        Note "note",
        /// Each loan.
        Loan "loan",
        /// Each firm.
        Firm "firm",
    }
    /// Who has a principal cap that notes share.
    PrincipalOrder {
        /// Settlement day, drawdown day, loan id: the first takes what it can.
        FirstCome "first-come",
        /// Each its part of the principal in force on the day.
        ProRata "pro-rata",
    }
    /// What the firm's qualification does to a subsidy.
    Qualified {
        /// Nothing.
        Ignore "ignore",
        /// The firm must hold it on the day of disbursement, for the whole note.
        AtDrawdown "at-drawdown",
        /// Only days on which the firm holds it count.
        EveryDay "every-day",
    }
    /// The year to which an amount counts.
    CapYear {
        /// The year of the settlement day.
        Settlement "settlement",
        /// The years of the days themselves.
        Accrual "accrual",
    }
    /// What an extension does to the days.
    OnExtension {
        /// The days end at the original maturity.
        Stop "stop",
        /// The days of the extension count.
        Continue "continue",
    }
    /// What an overdue spell does to the days.
    OnOverdue {
        /// The days end for good.
        Stop "stop",
        /// The days of the spell do not count.
        Pause "pause",
    }
    /// What a late payment of interest does.
    OnLate {
        /// Nothing.
        Ignore "ignore",
        /// The period is lost.
        LosePeriod "lose-period",
    }
    /// When the discount is paid.
    PayAfter {
        /// After each settlement period.
        Period "period",
        /// Once, after full repayment.
        FullRepayment "full-repayment",
    }
    /// Other programmes that pay for the same days.
    Others {
        /// Both together may not exceed the interest paid.
        Deduct "deduct",
        /// Only what is more than the other pays.
        Higher "higher",
        /// Nothing where another pays.
        Exclude "exclude",
        /// They do not matter.
        Ignore "ignore",
    }
    /// How the days of a year are counted (C-01, C-02).
    DayCount {
        /// Actual days over 360.
        Act360 "act/360",
        /// Actual days over 365.
        Act365 "act/365",
        /// Whole years and months, odd days over 360 (对年对月对日).
        ByMonth "by-month",
        /// Calendar months in which the loan ran more than 15 days.
        WholeMonths "whole-months",
        /// As the contract counts the days of interest.
        Contract "contract",
    }
    /// Who is paid.
    Payee {
        /// The firm.
        Firm "firm",
        /// The bank, which nets it off.
        Bank "bank",
        /// The guarantor.
        Guarantor "guarantor",
    }
    /// How the guarantee-fee subsidy is computed.
    FeeMode {
        /// A share of the fee paid.
        ShareOfFee "A",
        /// A rate on the guaranteed amount.
        RateOnAmount "B",
        /// A share of the gap between the gate rate and the rate charged.
        ShareOfGap "C",
        /// A rate on the average daily liability.
        RateOnLiability "D",
    }
    /// The amount of modes B and C.
    AmountBase {
        /// The amount guaranteed at first.
        Guaranteed "guaranteed",
        /// The principal in force.
        Balance "balance",
    }
    /// The days of a fee year.
    YearBase {
        /// 360.
        Days360 "360",
        /// 365.
        Days365 "365",
        /// 365 or 366, from the first day to the same day a year later.
        Actual "actual",
    }
    /// Days of a paid fee after the loan was repaid early.
    UnusedDays {
        /// They do not count.
        Exclude "exclude",
        /// They count, because the fee was really paid.
        Count "count",
    }
}

impl SeriesChoice {
    /// The series for a term in months.
    pub fn series(self, months: u32) -> Series {
        match self {
            Self::Benchmark => Series::benchmark_of(months),
            Self::LprByTenor => Series::lpr_of(months),
            Self::Benchmark1y => Series::Benchmark1y,
            Self::Benchmark5y => Series::Benchmark5y,
            Self::BenchmarkLong => Series::BenchmarkLong,
            Self::Lpr1y => Series::Lpr1y,
            Self::Lpr5y => Series::Lpr5y,
        }
    }
}
