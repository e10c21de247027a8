//! Journals forged for each check of `verify`: the sound books, and one row a check.

use crate::jiaozuo::year_2017;
use crate::scenarios::events;
use crate::support::book::{blank, entries, event, record};
use crate::support::tied::tied;
use crate::verify::OPENING;
use crate::verify_forgeries_pools::{CLOSED, TRANSFER};
use crate::verify_forgeries_rules::ADOPTED;
use poolbook::domain::account::{Account, Fund, Side};
use poolbook::domain::calendar::{Month, parse_date};
use poolbook::domain::entry::{Entry, Line, VoucherWord};
use poolbook::domain::money::Money;
use poolbook::domain::text::Id;

/// The book that a row forges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Book {
    /// `scenarios/county-cell`, its last entry reversed.
    County,
    /// `scenarios/funding`.
    Funding,
    /// `scenarios/settlement`.
    Settlement,
    /// `scenarios/clawback`.
    Clawback,
    /// The sample folder with its quarter approved.
    Jiaozuo,
    /// Two pools and a transfer.
    Transfer,
    /// `scenarios/wind-up`.
    WindUp,
    /// `scenarios/quota`.
    Quota,
    /// `scenarios/caps`.
    Caps,
    /// A year of two funds, closed.
    Closed,
    /// A bank account with statements and a certificate.
    Tied,
    /// Rules that are in force from a day before their adoption.
    Adopted,
}

pub fn sound(book: Book) -> Vec<Entry> {
    let lines = |rest: &[&str]| rest.iter().map(|line| event(line)).collect();
    let rest = match book {
        Book::Jiaozuo => {
            let mut all = entries(year_2017().store());
            all.iter_mut().for_each(|entry| entry.more = 0);
            return all;
        }
        Book::Tied => return entries(tied().store()),
        Book::County => {
            let mut all = events("scenarios/county-cell.jsonl");
            let last =
                r#"{"event":"reverse","id":"r","date":"2017-12-31","entry":"22","reason":"x"}"#;
            all.push(event(last));
            all
        }
        Book::Funding => events("scenarios/funding.jsonl"),
        Book::Settlement => events("scenarios/settlement.jsonl"),
        Book::Clawback => events("scenarios/clawback.jsonl"),
        Book::WindUp => events("scenarios/wind-up.jsonl"),
        Book::Quota => events("scenarios/quota.jsonl"),
        Book::Caps => events("scenarios/caps.jsonl"),
        Book::Closed => lines(CLOSED),
        Book::Adopted => lines(ADOPTED),
        Book::Transfer => lines(TRANSFER),
    };
    let mut book = blank();
    record(&mut book, &[event(OPENING)]);
    record(&mut book, &rest);
    entries(book.store())
}

/// The entry of an id.
pub fn at<'e>(all: &'e mut [Entry], id: &str) -> &'e mut Entry {
    let found = all.iter_mut().find(|entry| entry.event.id.as_str() == id);
    found.unwrap_or_else(|| panic!("no entry {id}"))
}

/// The id of the first event of a kind on a loan.
fn of_loan(all: &[Entry], word: &str, loan: &str) -> String {
    let loan = format!(r#""loan":"{loan}""#);
    let of =
        |entry: &&Entry| entry.event.kind.word() == word && entry.event.to_json().contains(&loan);
    all.iter().find(of).unwrap().event.id.to_string()
}

/// The text of an entry with a part of it replaced.
pub fn edit(all: &mut [Entry], id: &str, from: &str, to: &str) {
    let entry = at(all, id);
    let text = String::from_utf8(entry.to_bytes()).unwrap();
    let edited = text.replace(from, to);
    assert_ne!(edited, text, "{from} does not stand in {id}");
    *entry =
        Entry::decode(edited.as_bytes()).unwrap_or_else(|problem| panic!("{problem}: {edited}"));
}

/// Another account on the lines of one.
pub fn account(all: &mut [Entry], id: &str, from: Account, to: Account) {
    let entry = at(all, id);
    let lines = entry.lines.iter_mut().chain(&mut entry.memo);
    let found = lines.filter(|line| line.account == from).map(|line| line.account = to);
    assert!(found.count() > 0, "{from} does not stand in {id}");
}

/// A pair of lines like the first one, on other accounts.
pub fn pair(all: &mut [Entry], id: &str, debit: Account, credit: Account, amount: &str) {
    let entry = at(all, id);
    let like = entry.lines[0].clone();
    let line = |account, side| Line {
        account,
        side,
        amount: Money::parse(amount).unwrap(),
        bank_account: None,
        ..like.clone()
    };
    entry.lines.extend([line(debit, Side::Debit), line(credit, Side::Credit)]);
}

/// A copy of an entry at the end, numbered as it should be.
pub fn again<'e>(all: &'e mut Vec<Entry>, id: &str, new: &str) -> &'e mut Entry {
    let mut copy = at(all, id).clone();
    copy.event.id = Id::parse(new).unwrap();
    copy.seq = all.len() as u64 + 1;
    copy.recorded = all.last().unwrap().recorded;
    if let Some(voucher) = &mut copy.voucher {
        let run = |entry: &&Entry| {
            entry.voucher.as_ref().is_some_and(|other| {
                (&other.owner, other.month, other.word)
                    == (&voucher.owner, voucher.month, voucher.word)
            })
        };
        voucher.number = u32::try_from(all.iter().filter(run).count()).unwrap() + 1;
    }
    all.push(copy);
    all.last_mut().unwrap()
}

/// One row a check: its code, the book, the forgery, and every code that gives it away.
pub type Row = (&'static str, Book, fn(&mut Vec<Entry>), &'static [&'static str]);

pub const ROWS: &[Row] = &[
    ("entry-seq", Book::County, |all| at(all, "recovery-1").seq = 81, &["entry-seq"]),
    (
        "recorded-order",
        Book::County,
        |all| at(all, "county-in").recorded = "2018-01-01T00:00:00Z".parse().unwrap(),
        &["recorded-order"],
    ),
    (
        "entry-line-count",
        Book::County,
        |all| {
            for _ in 0..251 {
                let (debit, credit) = (Account::OtherExpense, Account::OtherExpense);
                pair(all, "interest", debit, credit, "1.00");
            }
        },
        &["entry-line-count", "event-accounts"],
    ),
    (
        "line-amount",
        Book::County,
        |all| pair(all, "interest", Account::OtherExpense, Account::OtherExpense, "0.00"),
        &["event-accounts", "line-amount"],
    ),
    (
        "line-register",
        Book::County,
        |all| {
            let entry = at(all, "approve");
            let memo = std::mem::take(&mut entry.memo);
            entry.lines.extend(memo);
        },
        &["line-register"],
    ),
    (
        "entry-unbalanced",
        Book::County,
        |all| at(all, "city-in").lines[1].amount = Money::parse("4000000.01").unwrap(),
        &["entry-unbalanced", "roll-forward", "trial-balance"],
    ),
    (
        "memo-unbalanced",
        Book::County,
        |all| at(all, "approve").memo[0].amount = Money::parse("493827.17").unwrap(),
        &["memo-unbalanced", "trial-balance"],
    ),
    ("voucher-missing", Book::County, |all| at(all, "r").voucher = None, &["voucher-missing"]),
    (
        "voucher-number",
        Book::County,
        |all| at(all, "r").voucher.as_mut().unwrap().number += 1,
        &["voucher-number"],
    ),
    (
        "voucher-month",
        Book::County,
        |all| {
            let voucher = at(all, "r").voucher.as_mut().unwrap();
            voucher.month = Month::of(parse_date("2018-01-01").unwrap());
            voucher.number = 1;
        },
        &["voucher-month"],
    ),
    (
        "voucher-word",
        Book::County,
        |all| {
            let last = at(all, "r").voucher.as_mut().unwrap();
            (last.word, last.number) = (VoucherWord::Register, 1);
            let month = last.month;
            let run = all.iter().filter_map(|entry| entry.voucher.as_ref());
            let register =
                run.filter(|run| run.month == month && run.word == VoucherWord::Register);
            let before = u32::try_from(register.count()).unwrap();
            at(all, "r").voucher.as_mut().unwrap().number = before;
        },
        &["voucher-word"],
    ),
    (
        "id-doubled",
        Book::County,
        |all| at(all, "r").event.id = Id::parse("city-in").unwrap(),
        &["id-doubled"],
    ),
    (
        "reversal-target",
        Book::County,
        |all| at(all, "r").reverses = Some(21),
        &["reversal-lines", "reversal-target"],
    ),
    (
        "reversal-twice",
        Book::County,
        |all| assert!(again(all, "r", "r2").seq == 24),
        &["reversal-twice"],
    ),
    (
        "reversal-of-reversal",
        Book::County,
        |all| {
            let entry = again(all, "r", "r2");
            entry.reverses = Some(23);
            (entry.event, entry.working) = (
                event(
                    r#"{"event":"reverse","id":"r2","date":"2017-12-31","maker":"甲","entry":"23","reason":"x"}"#,
                ),
                None,
            );
            entry.lines.iter_mut().for_each(|line| line.side = line.side.opposite());
        },
        &["reversal-of-reversal"],
    ),
    (
        "reversal-lines",
        Book::County,
        |all| at(all, "r").lines[1].party = Some(Id::parse("BANK").unwrap()),
        &["reversal-lines"],
    ),
    (
        "line-fund",
        Book::Funding,
        |all| {
            let entry = at(all, "more-budget");
            entry.lines.iter_mut().for_each(|line| line.fund = Fund::Fee);
        },
        &["budget-given", "event-accounts", "line-fund"],
    ),
    (
        "line-bank-account",
        Book::County,
        |all| at(all, "recovery-1").lines[0].bank_account = None,
        &["line-bank-account"],
    ),
    (
        "line-bank-account-fund",
        Book::Funding,
        |all| edit(all, "budget", r#""bank_account":"INT""#, r#""bank_account":"POOL""#),
        &["line-bank-account-fund"],
    ),
    ("entry-unnamed", Book::County, |all| at(all, "enrol").event.maker = None, &["entry-unnamed"]),
    ("maker-is-checker", Book::County, |all| edit(all, "pay", "乙", "甲"), &["maker-is-checker"]),
    (
        "payment-unchecked",
        Book::County,
        |all| at(all, "pay").event.checker = None,
        &["payment-unchecked"],
    ),
    (
        "cell-below-zero",
        Book::Transfer,
        |all| {
            // The money is said to have come in on the last day of the month of the transfer.
            let (month, day) =
                (Month::of(parse_date("2017-02-01").unwrap()), parse_date("2017-02-28"));
            let entry = at(all, "c");
            entry.event.date = day.unwrap();
            entry.voucher.as_mut().unwrap().month = month;
            at(all, "t").voucher.as_mut().unwrap().number = 2;
        },
        &["cell-below-zero"],
    ),
    (
        "trial-balance",
        Book::Funding,
        |all| at(all, "county-promises").memo[1].amount = Money::parse("999999.99").unwrap(),
        &["memo-unbalanced", "trial-balance"],
    ),
    (
        "roll-forward",
        Book::Funding,
        |all| at(all, "city-in").lines[1].amount = Money::parse("1999999.99").unwrap(),
        &["entry-unbalanced", "roll-forward", "trial-balance"],
    ),
    (
        "bank-account-sum",
        Book::Funding,
        |all| at(all, "city-in").lines[0].bank_account = Some(Id::parse("POOL-NEW").unwrap()),
        &["bank-account-sum"],
    ),
    (
        "event-fund",
        Book::County,
        |all| at(all, "disburse").memo.iter_mut().for_each(|line| line.fund = Fund::Interest),
        &["event-fund"],
    ),
    (
        "event-accounts",
        Book::Funding,
        |all| account(all, "city-in", Account::CapitalCity, Account::CapitalCounty),
        &["event-accounts"],
    ),
    (
        "event-amount",
        Book::Funding,
        |all| {
            for line in &mut at(all, "city-leaves").lines {
                line.amount = Money::parse("1900000.00").unwrap();
            }
        },
        &["event-amount"],
    ),
    (
        "receipt-open",
        Book::Funding,
        |all| {
            for line in &mut at(all, "more-budget").lines {
                line.amount = Money::parse("900.00").unwrap();
            }
        },
        &["budget-given", "receipt-open"],
    ),
    (
        "commitment-open",
        Book::Funding,
        |all| {
            for line in &mut at(all, "county-in").memo {
                line.amount = Money::parse("400000.00").unwrap();
            }
        },
        &["commitment-open"],
    ),
    (
        "interest-without-owner",
        Book::County,
        |all| account(all, "interest", Account::InterestIncome, Account::TreasuryPayable),
        &["interest-without-owner"],
    ),
    (
        "transfer-sides",
        Book::Transfer,
        |all| account(all, "t", Account::InterPoolPayable, Account::UnknownReceipts),
        &["event-accounts", "transfer-sides"],
    ),
    (
        "rules-version",
        Book::County,
        |all| edit(all, "repay", r#""rules":"jiaozuo-demo""#, r#""rules":"other""#),
        &["rules-version"],
    ),
    (
        "loan-balance",
        Book::County,
        |all| account(all, "overdue", Account::LoansOverdue, Account::LoansNpl),
        &["event-accounts", "loan-balance"],
    ),
    (
        "loan-exposure",
        Book::County,
        |all| {
            let memo = &mut at(all, "disburse").memo;
            memo[2..].iter_mut().for_each(|line| line.amount = Money::parse("700000.00").unwrap());
        },
        &["loan-exposure"],
    ),
    (
        "claim-loan",
        Book::Settlement,
        |all| {
            let place =
                all.iter().position(|entry| entry.event.id.as_str() == "overdue-3").unwrap();
            all.remove(place);
            (1..).zip(all).for_each(|(seq, entry)| entry.seq = seq);
        },
        &["claim-loan"],
    ),
    (
        "claim-above-balance",
        Book::Settlement,
        |all| {
            // Less was drawn than is claimed; the registers agree with that.
            for id in ["disburse-3", "overdue-3"] {
                edit(all, id, "100000.00", "90000.00");
            }
            edit(all, "disburse-3", "40000.00", "36000.00");
            for line in &mut at(all, "pay-3").memo {
                line.amount = Money::parse("36000.00").unwrap();
            }
        },
        &["claim-above-balance"],
    ),
    (
        "claim-above-limit",
        Book::Settlement,
        |all| {
            edit(
                all,
                "approve-3",
                r#""claim":"C-3","event""#,
                r#""amount":"50000.00","claim":"C-3","event""#,
            );
            let entry = at(all, "approve-3");
            let raised = entry.lines.iter_mut().chain(&mut entry.memo[2..]);
            raised.for_each(|line| line.amount = Money::parse("50000.00").unwrap());
        },
        &["claim-above-limit"],
    ),
    (
        "claim-parts",
        Book::County,
        |all| edit(all, "approve", r#""parts":{"bank":""#, r#""parts":{"bank":"1"#),
        &["claim-parts"],
    ),
    (
        "claim-twice",
        Book::Settlement,
        |all| {
            again(all, "claim-1", "claim-9");
            edit(all, "claim-9", r#""claim":"C-1""#, r#""claim":"C-9""#);
        },
        &["claim-twice"],
    ),
    (
        "claim-payable",
        Book::Settlement,
        |all| account(all, "pay-3", Account::CompensationPayable, Account::WithdrawalPayable),
        &["claim-payable", "event-accounts"],
    ),
    (
        "claim-right",
        Book::County,
        |all| {
            account(all, "write-off", Account::RecoveryRight, Account::ClawbackReceivable);
            account(all, "write-off", Account::RecoveryAllowance, Account::ClawbackAllowance);
        },
        &["claim-right", "event-accounts"],
    ),
    (
        "claim-allowance",
        Book::County,
        |all| account(all, "write-off", Account::RecoveryAllowance, Account::ClawbackAllowance),
        &["claim-allowance", "event-accounts"],
    ),
    (
        "claim-register",
        Book::County,
        |all| account(all, "write-off", Account::WrittenOff, Account::Quota),
        &["claim-register", "event-accounts", "quota-register"],
    ),
    (
        "recovery-share",
        Book::County,
        |all| {
            let lines = &mut at(all, "recovery-1").lines[..2];
            lines.iter_mut().for_each(|line| line.amount = Money::parse("72661.74").unwrap());
        },
        &["recovery-share"],
    ),
    (
        "recovery-undistributed",
        Book::County,
        |all| {
            pair(all, "recovery-1", Account::RecoveryCost, Account::RecoveryUndistributed, "1.00")
        },
        &["event-accounts", "recovery-undistributed"],
    ),
    (
        "subsidy-days",
        Book::Jiaozuo,
        |all| {
            again(all, "INT/2017Q4/HXRCB-2017-0001", "INT/2018Q1/HXRCB-2017-0001");
            edit(all, "INT/2018Q1/HXRCB-2017-0001", r#""period":"2017Q4""#, r#""period":"2018Q1""#);
        },
        &["subsidy-days"],
    ),
    (
        "subsidy-window",
        Book::Jiaozuo,
        |all| {
            let id = of_loan(all, "disburse", "HXRCB-2017-0001");
            edit(all, &id, r#""due":"2017-10-12""#, r#""due":"2017-10-11""#);
        },
        &["subsidy-window"],
    ),
    (
        "subsidy-firm-year",
        Book::Jiaozuo,
        |all| {
            let adopts = |entry: &&mut Entry| entry.event.kind.word() == "adopt-rules";
            let id = all.iter_mut().find(adopts).unwrap().event.id.to_string();
            edit(all, &id, r#"firm_year_max = \"200000.00\""#, r#"firm_year_max = \"10000.00\""#);
        },
        &["subsidy-firm-year"],
    ),
    (
        "subsidy-register",
        Book::Clawback,
        |all| account(all, "S-2", Account::FirmYear, Account::BankYear),
        &["event-accounts", "subsidy-register"],
    ),
    (
        "subsidy-arithmetic",
        Book::Jiaozuo,
        |all| {
            let id = "INT/2017Q4/HXRCB-2017-0001";
            edit(all, id, r#""principal":"1200000.00""#, r#""principal":"1300000.00""#);
        },
        &["subsidy-arithmetic"],
    ),
    (
        "subsidy-ceilings",
        Book::Jiaozuo,
        |all| {
            edit(all, "INT/2017Q4/HXRCB-2017-0001", r#""limit":"3654.00""#, r#""limit":"1000.00""#)
        },
        &["subsidy-ceilings"],
    ),
    (
        "subsidy-rate",
        Book::Jiaozuo,
        |all| {
            edit(
                all,
                "INT/2017Q4/HXRCB-2017-0001",
                r#""source_rate":"0.0435""#,
                r#""source_rate":"0.0535""#,
            )
        },
        &["subsidy-rate"],
    ),
    (
        "subsidy-unapproved",
        Book::Clawback,
        |all| edit(all, "pay-2", r#""subsidy":"S-2""#, r#""subsidy":"S-9""#),
        &["subsidy-clawback", "subsidy-payable", "subsidy-unapproved"],
    ),
    (
        "subsidy-payable",
        Book::Clawback,
        |all| account(all, "pay-2", Account::DiscountPayable, Account::UnknownReceipts),
        &["event-accounts", "subsidy-payable"],
    ),
    (
        "subsidy-returned",
        Book::Clawback,
        |all| account(all, "bounced", Account::ReturnedPayments, Account::UnknownReceipts),
        &["event-accounts", "subsidy-returned"],
    ),
    (
        "subsidy-expense",
        Book::Clawback,
        |all| pair(all, "pay-1", Account::DiscountExpense, Account::UnknownReceipts, "1.00"),
        &["event-accounts", "subsidy-expense"],
    ),
    (
        "subsidy-clawback",
        Book::Clawback,
        |all| account(all, "wrong", Account::ClawbackReceivable, Account::InterestReceivable),
        &["event-accounts", "subsidy-clawback"],
    ),
];
