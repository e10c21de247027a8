//! The reader of rules texts.

use crate::domain::event::InterestOwner;
use crate::domain::rate::{Fraction, Rate, Share};
use crate::domain::rules::band::{Conditions, check_cover};
use crate::domain::rules::words::*;
use crate::domain::rules::{
    Band, Breaker, CityPart, Claim, ClaimCaps, Enrolment, FeeFormula, FeeSubsidy, FirmCaps,
    InterestDiscount, Leverage, PolicyRate, Qualification, RateLimit, RateRule, Recovery, Rules,
    Sharing,
};
use crate::domain::settings::{self, Sheet};
use crate::limits::RULES_TEXT_MAX;
use crate::problem::Problem;

/// Largest count of days or months in a rules text.
const COUNT_MAX: u32 = 3_660;

pub(super) fn rules(text: &str) -> Result<Rules, Vec<Problem>> {
    settings::read(text, RULES_TEXT_MAX, |root| {
        let (id, name) = (root.need("id"), root.need("name"));
        let (sharing_pick, sharing) = sharing(root);
        let pool = root.table_or_empty("pool");
        let pool_interest = pool.take("interest").unwrap_or(InterestOwner::Pool);
        let trustee_fee_max = pool.take("trustee_fee_max");
        let small_charge_max = pool.take("small_charge_max").unwrap_or(SMALL_CHARGE_MAX);
        pool.finish();
        Some(Rules {
            note: root.take("note"),
            valid_to: root.take("valid_to"),
            sharing,
            sharing_pick,
            city_part: root.table("city_part").and_then(|sheet| city_part(&sheet)),
            enrolment: enrolment(&root.table_or_empty("enrolment")),
            claim: claim(&root.table_or_empty("claim")),
            recovery: recovery(&root.table_or_empty("recovery")),
            leverage: root.table("leverage").and_then(|sheet| leverage(&sheet)),
            breaker: root.table("breaker").and_then(|sheet| breaker(&sheet)),
            pool_interest,
            trustee_fee_max,
            small_charge_max,
            interest_discount: root.table("interest_discount").map(|sheet| discount(&sheet)),
            fee_subsidy: root.table("fee_subsidy").and_then(|sheet| fee(&sheet)),
            id: id?,
            name: name?,
        })
    })
}

/// What is left of the whole; none when more than the whole is taken.
pub(super) fn rest_of(taken: &[Share]) -> Option<Share> {
    let mut rest = Fraction::whole(1);
    for share in taken {
        let (numerator, denominator) = share.fraction().parts();
        rest = rest.plus(Fraction::new(-numerator, denominator).ok()?).ok()?;
    }
    let (numerator, denominator) = rest.reduced().parts();
    Share::new(numerator, denominator).ok()
}

/// True when `a` is the smaller share.
pub(super) fn is_less(a: Share, b: Share) -> bool {
    let ((an, ad), (bn, bd)) = (a.fraction().parts(), b.fraction().parts());
    // Both parts are at most 10^18, so the products fit.
    an * bd < bn * ad
}

fn sharing(root: &Sheet<'_, '_>) -> (Option<Pick>, Vec<Band>) {
    if !root.has("sharing") {
        root.find("sharing", Problem::data("field-missing").with("field", "sharing"));
    }
    let sheet = root.table_or_empty("sharing");
    let pick = sheet.word("pick");
    let balancing = sheet.word_or("balancing", Side::Bank);
    let tables = sheet.tables("band");
    if tables.is_empty() && root.has("sharing") {
        sheet.find("band", Problem::data("field-missing").with("field", "band"));
    }
    let bands: Vec<Band> = tables.iter().filter_map(|table| band(table, balancing)).collect();
    // A band that could not be read would show up as a gap that is none.
    if !bands.is_empty() && bands.len() == tables.len() {
        let conditions: Vec<_> = bands.iter().map(|band| &band.conditions).collect();
        check_cover(&conditions, pick, &mut |problem| sheet.find("band", problem));
    }
    sheet.finish();
    (pick, bands)
}

fn band(sheet: &Sheet<'_, '_>, balancing: Side) -> Option<Band> {
    let conditions = Conditions::read(sheet, false);
    let (pool, guarantor) = (sheet.need("pool"), sheet.take("guarantor").unwrap_or(Share::ZERO));
    let bank = sheet.take("bank").unwrap_or(Share::ZERO);
    sheet.finish();
    let pool = pool?;
    if rest_of(&[pool, guarantor, bank]) != Some(Share::ZERO) {
        let problem = Problem::data("rules-shares-sum").with("pool", pool);
        sheet.find("pool", problem.with("guarantor", guarantor).with("bank", bank));
    }
    if guarantor != Share::ZERO && conditions.guaranteed != Some(true) {
        sheet.find("guarantor", Problem::data("rules-guarantor-absent").with("share", guarantor));
    }
    let balancing = if balancing == Side::Guarantor && guarantor == Share::ZERO {
        Side::Bank
    } else {
        balancing
    };
    Some(Band { conditions, sharing: Sharing { pool, guarantor, bank, balancing } })
}

fn city_part(sheet: &Sheet<'_, '_>) -> Option<CityPart> {
    let (county, county_city) = (sheet.need("county"), sheet.need("county-city"));
    let (district, zone) = (sheet.need("district"), sheet.need("zone"));
    let balancing = sheet.word_or("balancing", Level::Owner);
    sheet.finish();
    Some(CityPart {
        county: county?,
        county_city: county_city?,
        district: district?,
        zone: zone?,
        balancing,
    })
}

fn enrolment(sheet: &Sheet<'_, '_>) -> Enrolment {
    let limit = sheet.table("rate_limit").map(|sheet| {
        let limit = RateLimit {
            series: sheet.word_or("series", SeriesChoice::LprByTenor),
            above: sheet.take("above").unwrap_or(Share::ZERO),
            points: sheet.take("points").unwrap_or_default(),
        };
        sheet.finish();
        limit
    });
    let enrolment = Enrolment {
        window_months: sheet.count("window_months", COUNT_MAX),
        loan_max: sheet.take("loan_max"),
        firm_max: sheet.take("firm_max"),
        tenor_max: sheet.count("tenor_max", COUNT_MAX),
        one_item: sheet.flag("one_item", false),
        rate_limit: limit,
    };
    if let (Some(loan), Some(firm)) = (enrolment.loan_max, enrolment.firm_max)
        && loan > firm
    {
        sheet.find(
            "firm_max",
            Problem::data("rules-cap-order").with("smaller", firm).with("larger", loan),
        );
    }
    sheet.finish();
    enrolment
}

fn claim(sheet: &Sheet<'_, '_>) -> Claim {
    let caps = sheet.table_or_empty("caps");
    let read = ClaimCaps {
        loan: caps.take("loan"),
        firm: caps.take("firm"),
        firm_year: caps.take("firm_year"),
        bank_year: caps.take("bank_year"),
        bank_year_share: caps.take("bank_year_share"),
        owner_year: caps.take("owner_year"),
        all_programmes: caps.take("all_programmes"),
        year: caps.word_or("year", ClaimYear::Approval),
    };
    caps.finish();
    let claim = Claim {
        base: sheet.word_or("base", ClaimBase::Principal),
        overdue_days: sheet.count("overdue_days", COUNT_MAX).unwrap_or(0),
        lawsuit: sheet.flag("lawsuit", false),
        caps: read,
    };
    sheet.finish();
    claim
}

fn recovery(sheet: &Sheet<'_, '_>) -> Recovery {
    let recovery = Recovery {
        return_days: sheet.count("return_days", COUNT_MAX),
        cost_deductible: sheet.flag("cost_deductible", true),
        after_write_off: sheet.flag("after_write_off", true),
    };
    sheet.finish();
    recovery
}

fn leverage(sheet: &Sheet<'_, '_>) -> Option<Leverage> {
    let limit = sheet.count("limit", 1_000);
    if !sheet.has("limit") {
        sheet.find("limit", Problem::data("field-missing").with("field", "limit"));
    }
    let (base, counts) = (
        sheet.word_or("base", LeverageBase::PaidIn),
        sheet.word_or("counts", LeverageCounts::LoanBalance),
    );
    sheet.finish();
    Some(Leverage { limit: limit?, base, counts })
}

fn breaker(sheet: &Sheet<'_, '_>) -> Option<Breaker> {
    let (warn, stop): (Option<Share>, Option<Share>) = (sheet.need("warn"), sheet.need("stop"));
    let ratio = sheet.word_or("ratio", BreakerRatio::Overdue);
    let scope = sheet.word_or("scope", BreakerScope::Owner);
    sheet.finish();
    let (warn, stop) = (warn?, stop?);
    if !is_less(warn, stop) {
        let problem = Problem::data("rules-breaker-order").with("warn", warn);
        sheet.find("warn", problem.with("stop", stop));
    }
    Some(Breaker { ratio, warn, stop, scope })
}

/// The firm's qualification; kinds without a rule would be read and never asked.
fn qualification(sheet: &Sheet<'_, '_>) -> Qualification {
    let rule = sheet.word_or("qualification", Qualified::Ignore);
    let kinds = sheet.texts("qualifications");
    if rule == Qualified::Ignore && !kinds.is_empty() {
        sheet.find("qualifications", Problem::data("rules-qualifications"));
    }
    Qualification { rule, kinds }
}

fn firm_caps(sheet: &Sheet<'_, '_>) -> FirmCaps {
    let caps = FirmCaps {
        year: sheet.take("firm_year_max"),
        total: sheet.take("firm_total_max"),
        by: sheet.word_or("cap_year", CapYear::Settlement),
    };
    if let (Some(year), Some(total)) = (caps.year, caps.total)
        && year > total
    {
        let problem = Problem::data("rules-cap-order").with("smaller", total);
        sheet.find("firm_total_max", problem.with("larger", year));
    }
    caps
}

fn discount(sheet: &Sheet<'_, '_>) -> InterestDiscount {
    let pick = sheet.word("pick");
    if pick == Some(Pick::Highest) {
        sheet.find("pick", Problem::data("rules-pick-rates"));
    }
    let interest_ceiling = sheet.flag("interest_ceiling", true);
    let otherwise = if interest_ceiling { Others::Deduct } else { Others::Higher };
    let others = sheet.word_or("other_programmes", otherwise);
    if others == Others::Deduct && !interest_ceiling {
        sheet.find("other_programmes", Problem::data("rules-deduct-ceiling"));
    }
    let discount = InterestDiscount {
        rates: policy_rates(sheet, pick),
        pick,
        reference: sheet.word_or("reference", Reference::Signing),
        principal_max: sheet.take("principal_max"),
        principal_per: sheet.word_or("principal_per", Per::Note),
        principal_order: sheet.word_or("principal_order", PrincipalOrder::FirstCome),
        qualification: qualification(sheet),
        caps: firm_caps(sheet),
        term_months: sheet.count("term_months", COUNT_MAX),
        term_per: sheet.word_or("term_per", Per::Note),
        extension: sheet.word_or("extension", OnExtension::Stop),
        overdue: sheet.word_or("overdue", OnOverdue::Stop),
        late: sheet.word_or("late", OnLate::Ignore),
        grace_days: sheet.count("grace_days", COUNT_MAX).unwrap_or(0),
        pay_after: sheet.word_or("pay_after", PayAfter::Period),
        interest_ceiling,
        others,
        day_count: sheet.word_or("day_count", DayCount::Act360),
        payee: sheet.word_or("payee", Payee::Firm),
    };
    if discount.payee == Payee::Guarantor {
        sheet.find("payee", Problem::data("rules-payee").with("allowed", "firm, bank"));
    }
    sheet.finish();
    discount
}

fn policy_rates(sheet: &Sheet<'_, '_>, pick: Option<Pick>) -> Vec<PolicyRate> {
    let tables = sheet.tables("rate");
    if tables.is_empty() {
        sheet.find("rate", Problem::data("field-missing").with("field", "rate"));
    }
    let rows: Vec<PolicyRate> = tables.iter().filter_map(policy_rate).collect();
    if !rows.is_empty() && rows.len() == tables.len() {
        let conditions: Vec<_> = rows.iter().map(|row| &row.conditions).collect();
        check_cover(&conditions, pick, &mut |problem| sheet.find("rate", problem));
    }
    rows
}

fn policy_rate(sheet: &Sheet<'_, '_>) -> Option<PolicyRate> {
    let conditions = Conditions::read(sheet, true);
    let rule = match sheet.word_or("basis", Basis::Reference) {
        Basis::Reference => {
            let (series, share) = (sheet.word("series"), sheet.need("share"));
            if !sheet.has("series") {
                sheet.find("series", Problem::data("field-missing").with("field", "series"));
            }
            series.zip(share).map(|(series, share)| RateRule::OfReference { series, share })
        }
        Basis::Points => sheet.need("points").map(RateRule::Points),
        Basis::ContractSpread => Some(RateRule::ContractSpread {
            series: sheet.word_or("series", SeriesChoice::LprByTenor),
            max: sheet.take("max"),
        }),
        Basis::InterestPaid => {
            let (series, limit) = (sheet.word("limit_series"), sheet.take::<Share>("limit_share"));
            if sheet.has("limit_series") != sheet.has("limit_share") {
                sheet.find("limit_series", Problem::data("rules-limit-pair"));
            }
            let share = sheet.need("share");
            share.map(|share| RateRule::OfInterestPaid { share, limit: series.zip(limit) })
        }
    };
    sheet.finish();
    Some(PolicyRate { conditions, rule: rule? })
}

fn fee(sheet: &Sheet<'_, '_>) -> Option<FeeSubsidy> {
    let mode = sheet.word("mode");
    if !sheet.has("mode") {
        sheet.find("mode", Problem::data("field-missing").with("field", "mode"));
    }
    let formula = mode.and_then(|mode| fee_formula(sheet, mode));
    let gate: Option<Rate> = sheet.take("fee_rate_max");
    let caps = firm_caps(sheet);
    let year_base = sheet.word_or("year_base", YearBase::Days365);
    let unused_days = sheet.word_or("unused_days", UnusedDays::Exclude);
    let term_months = sheet.count("term_months", COUNT_MAX);
    let extension = sheet.word_or("extension", OnExtension::Stop);
    let overdue = sheet.word_or("overdue", OnOverdue::Stop);
    let payee = sheet.word_or("payee", Payee::Firm);
    if payee == Payee::Bank {
        sheet.find("payee", Problem::data("rules-payee").with("allowed", "firm, guarantor"));
    }
    let qualification = qualification(sheet);
    sheet.finish();
    Some(FeeSubsidy {
        qualification,
        formula: formula?,
        gate,
        caps,
        year_base,
        unused_days,
        term_months,
        extension,
        overdue,
        payee,
    })
}

fn fee_formula(sheet: &Sheet<'_, '_>, mode: FeeMode) -> Option<FeeFormula> {
    let base = |sheet: &Sheet<'_, '_>| sheet.word_or("amount_base", AmountBase::Guaranteed);
    match mode {
        FeeMode::ShareOfFee => sheet.need("share").map(FeeFormula::ShareOfFee),
        FeeMode::RateOnAmount => {
            let base = base(sheet);
            sheet.need("rate").map(|rate| FeeFormula::RateOnAmount(rate, base))
        }
        FeeMode::ShareOfGap => {
            let (share, gap_from, base) =
                (sheet.need("share"), sheet.need("gap_from"), base(sheet));
            Some(FeeFormula::ShareOfGap { share: share?, gap_from: gap_from?, base })
        }
        FeeMode::RateOnLiability => sheet.need("rate").map(FeeFormula::RateOnLiability),
    }
}
