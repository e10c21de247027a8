//! Journals forged for the checks of pools as a whole: closes, leverage, the breaker, ceilings.

use crate::verify_forgeries::{Book, Row, again, at, edit};
use poolbook::domain::event::{Kind as EventKind, Source as EventSource};
use poolbook::domain::money::Money;

/// A year of two funds, closed.
pub const CLOSED: &[&str] = &[
    r#"{"event":"join","id":"j1","date":"2017-01-01","owner":"410821"}"#,
    r#"{"event":"bank-account","id":"a1","date":"2017-01-01","owner":"410821","bank_account":"P1","fund":"RISK"}"#,
    r#"{"event":"bank-account","id":"a2","date":"2017-01-01","owner":"410821","bank_account":"I1","fund":"INT"}"#,
    r#"{"event":"pool-interest","id":"i","date":"2017-03-21","owner":"410821","bank_account":"P1","amount":"5.00"}"#,
    r#"{"event":"budget","id":"b","date":"2017-04-01","owner":"410821","bank_account":"I1","amount":"9.00"}"#,
    r#"{"event":"bank-charge","id":"c","date":"2017-05-01","owner":"410821","bank_account":"I1","fund":"INT","amount":"1.00"}"#,
    r#"{"event":"close","id":"z","date":"2017-12-31","owner":"410821","period":"2017","maker":"甲","checker":"乙"}"#,
];

/// Two pools and a transfer.
pub const TRANSFER: &[&str] = &[
    r#"{"event":"join","id":"j1","date":"2017-01-01","owner":"410821"}"#,
    r#"{"event":"join","id":"j2","date":"2017-01-01","owner":"410822"}"#,
    r#"{"event":"bank-account","id":"a1","date":"2017-01-01","owner":"410821","bank_account":"P1","fund":"RISK"}"#,
    r#"{"event":"bank-account","id":"a2","date":"2017-01-01","owner":"410822","bank_account":"P2","fund":"RISK"}"#,
    r#"{"event":"contribute","id":"c","date":"2017-01-05","owner":"410821","source":"city","bank_account":"P1","amount":"500.00"}"#,
    r#"{"event":"transfer","id":"t","date":"2017-02-01","owner":"410821","to_owner":"410822","bank_account":"P1","to_bank_account":"P2","amount":"200.00","document":"焦财〔2017〕9号","maker":"甲","checker":"乙"}"#,
];

pub const OF_POOLS: &[Row] = &[
    (
        "budget-given",
        Book::Funding,
        |all| {
            let back = at(all, "budget-back");
            let EventKind::ReturnBudget(own) = &mut back.event.kind else { panic!("a return") };
            own.source = Some(EventSource::Province);
        },
        &["budget-given"],
    ),
    (
        "transfer-document",
        Book::Transfer,
        |all| at(all, "t").event.document = None,
        &["transfer-document"],
    ),
    (
        "enrol-suspended",
        Book::County,
        |all| {
            again(all, "enrol", "enrol-9");
            edit(all, "enrol-9", r#""loan":"L-1""#, r#""loan":"L-9""#);
        },
        &["enrol-sums", "enrol-suspended"],
    ),
    (
        "enrol-sums",
        Book::WindUp,
        // Nothing was enrolled before.
        |all| edit(all, "enrol", r#""loans_before":"0.00""#, r#""loans_before":"0.01""#),
        &["enrol-sums"],
    ),
    (
        "firm-limit",
        Book::WindUp,
        // The firm's one loan is of 1,000,000.00, and firm_max 2,500,000.00.
        |all| edit(all, "enrol", r#""amount":"1000000.00""#, r#""amount":"2500000.01""#),
        &["firm-limit"],
    ),
    (
        "leverage",
        Book::WindUp,
        // 10 times 1,060,000.00 is paid in.
        |all| edit(all, "enrol", r#""amount":"1000000.00""#, r#""amount":"10600000.01""#),
        &["firm-limit", "leverage"],
    ),
    (
        "pool-stage",
        Book::WindUp,
        |all| {
            let place = |all: &[_], id| -> usize {
                let named = |entry: &poolbook::domain::entry::Entry| entry.event.id.as_str() == id;
                all.iter().position(named).unwrap()
            };
            let run_off = all.remove(place(all, "run-off"));
            all.insert(place(all, "enrol"), run_off);
            (1..).zip(all).for_each(|(seq, entry)| entry.seq = seq);
        },
        &["pool-stage"],
    ),
    (
        "claim-ceiling",
        Book::Caps,
        // 493,827.16 is approved.
        |all| {
            let (was, is) = (r#"owner_year = \"20000000.00\""#, r#"owner_year = \"493827.15\""#);
            edit(all, "rules", was, is);
        },
        &["claim-ceiling"],
    ),
    (
        "claim-ceiling",
        Book::Caps,
        // The bank's other ceiling, a share of its balance of the year before.
        |all| {
            let (was, is) = (r#"bank_year_share = \"2%\""#, r#"bank_year_share = \"0.0001%\""#);
            edit(all, "rules", was, is);
        },
        &["claim-ceiling"],
    ),
    (
        "quota-register",
        Book::Quota,
        |all| {
            let lines = &mut at(all, "quota-more").memo;
            lines.iter_mut().for_each(|line| line.amount = Money::parse("100000.01").unwrap());
        },
        &["quota-register"],
    ),
    (
        "owner-root",
        Book::Closed,
        // Six entries of the owner stand before the close.
        |all| edit(all, "z", r#""owner_tree":{"count":6,"#, r#""owner_tree":{"count":5,"#),
        &["owner-root"],
    ),
];
