//! Journals forged for the checks of bank statements and certificates.

use crate::verify_forgeries::{Book, Row, at, edit};
use poolbook::domain::calendar::{Month, parse_date};
use poolbook::domain::event::Kind;
use poolbook::domain::money::Money;
use poolbook::domain::statement::figures::Figures;

pub const OF_STATEMENTS: &[Row] = &[
    (
        "statement-sums",
        Book::Tied,
        |all| edit(all, APRIL, r#""amount":"7.00""#, r#""amount":"7.01""#),
        &["statement-sums"],
    ),
    (
        "statement-chain",
        Book::Tied,
        // Sound by itself, and one fen more than March left.
        |all| {
            edit(all, APRIL, "995.00", "995.01");
            edit(all, APRIL, "1002.00", "1002.01");
        },
        &["statement-chain"],
    ),
    (
        "statement-sources",
        Book::Tied,
        |all| edit(all, COUNTER, "财政局", "某公司"),
        &["statement-sources"],
    ),
    (
        "match-unequal",
        Book::Tied,
        |all| edit(all, "match", r#""6.2""#, r#""5.1""#),
        &["match-unequal"],
    ),
    (
        "certificate-differs",
        Book::Tied,
        |all| edit(all, "certify", r#""book":"990.00""#, r#""book":"990.01""#),
        &["certificate-differs"],
    ),
    (
        "certificate-differs",
        Book::Tied,
        // Its own adjusted balance is not what its sides give, and its digest is made again.
        |all| {
            let entry = at(all, "certify");
            let day = entry.event.date;
            let Kind::Certify(own) = &mut entry.event.kind else { panic!("a certificate") };
            let mut figures = Figures::read(&own.figures).unwrap();
            figures.adjusted = figures.adjusted.add(Money::parse("0.01").unwrap()).unwrap();
            own.figures = figures.json();
            own.digest = figures.digest(&own.bank_account, day).into();
        },
        &["certificate-differs"],
    ),
    (
        "certificate-broken",
        Book::Tied,
        |all| {
            let entry = at(all, "later");
            let day = parse_date("2017-03-20").unwrap();
            entry.event.date = day;
            let voucher = entry.voucher.as_mut().unwrap();
            (voucher.month, voucher.number) = (Month::of(day), 3);
        },
        &["certificate-broken"],
    ),
];

const APRIL: &str = "statement/POOL/net-bank/bbbbbbbbbbbbbbbb";
const COUNTER: &str = "statement/POOL/counter/cccccccccccccccc";
