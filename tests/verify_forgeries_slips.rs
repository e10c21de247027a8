//! Journals forged for the checks of papers that count once.

use crate::verify_forgeries::{Book, Row, again, at, edit};
use poolbook::domain::entry::Entry;
use poolbook::domain::event::Kind;

/// The id of the first event for which something holds.
fn first(all: &[Entry], wanted: impl Fn(&Kind) -> bool) -> String {
    let found = all.iter().find(|entry| wanted(&entry.event.kind));
    found.unwrap().event.id.to_string()
}

/// The fee slip of a loan.
fn fee(all: &[Entry], loan: &str) -> String {
    first(all, |kind| matches!(kind, Kind::FeePaid(own) if own.loan == loan))
}

pub const OF_SLIPS: &[Row] = &[
    (
        "subsidy-rate",
        Book::Jiaozuo,
        // The reference rate stands in the table, and the rate applied is not this share of it.
        |all| edit(all, "INT/2017Q4/HXRCB-2017-0001", r#""share":"0.5""#, r#""share":"0.4""#),
        &["subsidy-rate"],
    ),
    (
        "subsidy-ceilings",
        Book::Jiaozuo,
        // What a cap left is not the cap less what was used of it.
        |all| {
            let (was, is) = (r#""cap":"200000.00","kind""#, r#""cap":"200000.01","kind""#);
            edit(all, "INT/2017Q4/HXRCB-2017-0001", was, is);
        },
        &["subsidy-ceilings"],
    ),
    (
        "paper-twice",
        Book::Jiaozuo,
        |all| {
            let contract = all.iter().find_map(|entry| match &entry.event.kind {
                Kind::Enrol(own) if own.loan == "CCB-2017-0001" => own.contract.clone(),
                _ => None,
            });
            let second =
                first(all, |kind| matches!(kind, Kind::Enrol(own) if own.loan == "CCB-2017-0002"));
            if let Kind::Enrol(own) = &mut at(all, &second).event.kind {
                // The same number as another office may write it.
                own.contract = contract.map(|number| format!(" {} ", number.to_lowercase()).into());
            }
        },
        &["paper-twice"],
    ),
    (
        "slip-twice",
        Book::Jiaozuo,
        |all| {
            let id = first(all, |kind| matches!(kind, Kind::InterestPaid(_)));
            again(all, &id, "the-same-slip");
        },
        &["slip-twice"],
    ),
    (
        "fee-rate",
        Book::Jiaozuo,
        |all| {
            let id = fee(all, "HXRCB-2017-0001");
            edit(all, &id, r#""fee_rate":"0.015""#, r#""fee_rate":"0.009""#);
        },
        // The working goes by the rate that was charged.
        &["fee-rate", "subsidy-rate"],
    ),
    (
        "subsidy-slips",
        Book::Jiaozuo,
        |all| {
            // The working counts a fee that nobody paid.
            let id = fee(all, "HXRCB-2017-0001");
            edit(all, &id, r#""amount":"8975.34""#, r#""amount":"8975.33""#);
        },
        &["subsidy-slips"],
    ),
];
