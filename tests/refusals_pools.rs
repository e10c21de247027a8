//! The refusals of pools and of the limits at enrolment, in the order of the list of reasons.

use crate::refusals::Case;
use poolbook::domain::refusal::Reason as R;

pub const CASES: &[Case] = &[
    (
        R::PoolState,
        "pool run off",
        r#"{"event":"enrol","date":"2017-08-02","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1000","due":"2018-03-01","rate":"4%"}"#,
        &[
            ("owner", "410821"),
            ("event", "enrol"),
            ("state", "run-off"),
            ("legal", "active, warning"),
        ],
    ),
    (
        R::PoolLoansOpen,
        "pool run off",
        r#"{"event":"liquidate","date":"2017-08-02","owner":"410821","document":"2号"}"#,
        &[("loans", "1,000,000.00"), ("review", "0.00"), ("unpaid", "0.00")],
    ),
    (
        R::PoolNotEmpty,
        "pool wound up",
        r#"{"event":"close-pool","date":"2017-08-05","owner":"410821","document":"3号"}"#,
        &[("account", "1002.01"), ("balance", "300,000.00")],
    ),
    (
        R::PoolSuspended,
        "pool stopped",
        r#"{"event":"enrol","date":"2017-07-02","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1000","due":"2018-03-01","rate":"4%"}"#,
        &[
            ("scope", "owner"),
            ("of", "410821"),
            ("ratio", "100.00%"),
            ("numerator", "900,000.00"),
            ("denominator", "900,000.00"),
            ("line", "5.00%"),
            ("since", "2017-07-01"),
        ],
    ),
    (
        R::NotSuspended,
        "drawn",
        r#"{"event":"release","date":"2017-03-02","owner":"410821","reason":"x","document":"1号"}"#,
        &[("scope", "owner"), ("of", "410821")],
    ),
    (
        R::RulesExpired,
        "pool rates",
        r#"{"event":"enrol","date":"2018-01-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1000","due":"2018-03-01","rate":"4%"}"#,
        &[("last", "2017-12-31"), ("date", "2018-01-01")],
    ),
    (
        R::LoanMax,
        "pool rates",
        r#"{"event":"enrol","date":"2017-04-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"2000000.01","due":"2018-03-01","rate":"4%"}"#,
        &[("amount", "2,000,000.01"), ("limit", "2,000,000.00")],
    ),
    (
        R::TenorMax,
        "pool rates",
        r#"{"event":"enrol","date":"2017-04-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1000","due":"2019-04-02","rate":"4%"}"#,
        &[("months", "25"), ("limit", "24")],
    ),
    (
        R::OneItem,
        "item",
        r#"{"event":"enrol","date":"2017-05-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1000","due":"2018-03-01","rate":"4%"}"#,
        &[("firm", "FIRM"), ("identity", "91410821MA40ABC13G"), ("live", "1")],
    ),
    (
        R::FirmMax,
        "pool rates",
        r#"{"event":"enrol","date":"2017-04-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1500000.01","due":"2018-03-01","rate":"4%"}"#,
        &[("enrolled", "1,000,000.00"), ("amount", "1,500,000.01"), ("limit", "2,500,000.00")],
    ),
    (
        R::RateUnknown,
        "pool strict",
        r#"{"event":"enrol","date":"2017-04-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1000","due":"2018-03-01","rate":"4%"}"#,
        &[("series", "benchmark-1y"), ("date", "2017-04-01")],
    ),
    (
        R::RateLimit,
        "pool rates",
        r#"{"event":"enrol","date":"2017-04-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1000","due":"2018-03-01","rate":"5.656%"}"#,
        &[
            ("rate", "5.656%"),
            ("limit", "5.655%"),
            ("reference", "4.35%"),
            ("since", "2015-10-24"),
            ("above", "30.00%"),
        ],
    ),
    (
        R::EnrolWindow,
        "pool late",
        r#"{"event":"disburse","date":"2017-03-01","loan":"LATE","amount":"1"}"#,
        &[
            ("drawn", "2017-03-01"),
            ("enrolled", "2017-06-02"),
            ("months", "3"),
            ("last", "2017-06-01"),
        ],
    ),
];
