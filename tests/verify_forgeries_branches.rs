//! Journals forged for the further things that one check of `verify` looks at, each so that nothing
//! else gives it away but what is said here.

use crate::support::book::event;
use crate::verify_forgeries::{Book, Row, account, again, at, edit};
use poolbook::domain::account::Account;
use poolbook::domain::calendar::{Month, parse_date};
use poolbook::domain::entry::{Entry, Voucher, VoucherWord};
use poolbook::domain::event::Kind;
use poolbook::domain::field::Json;
use poolbook::domain::money::Money;
use poolbook::domain::statement::figures::Figures;
use poolbook::domain::text::Id;

/// One entry moved before another one; all are numbered anew.
fn before(all: &mut Vec<Entry>, id: &str, other: &str) {
    let place = |all: &[Entry], id: &str| {
        all.iter().position(|entry| entry.event.id.as_str() == id).unwrap()
    };
    let moved = all.remove(place(all, id));
    all.insert(place(all, other), moved);
    (1..).zip(all).for_each(|(seq, entry)| entry.seq = seq);
}

/// A fen more or less on the lines of a place in the list.
fn fen(all: &mut [Entry], id: &str, places: std::ops::Range<usize>, by: i64) {
    for line in &mut at(all, id).lines[places] {
        line.amount = Money::from_fen(line.amount.fen() + by).unwrap();
    }
}

/// The reversal of an entry of two lines, dated and with a voucher of its month.
fn reversal(all: &mut Vec<Entry>, id: &str, date: &str, number: u32) -> &'static str {
    let seq = at(all, id).seq;
    let entry = again(all, id, "back");
    let told = format!(
        r#"{{"event":"reverse","id":"back","date":"{date}","maker":"甲","entry":"{seq}","reason":"x"}}"#
    );
    (entry.event, entry.reverses, entry.working) = (event(&told), Some(seq), None);
    entry.lines.iter_mut().for_each(|line| line.side = line.side.opposite());
    let voucher = entry.voucher.as_mut().unwrap();
    (voucher.month, voucher.number) = (Month::of(parse_date(date).unwrap()), number);
    "back"
}

/// The certificate with other figures, and a digest that fits them.
fn certified(all: &mut [Entry], change: impl Fn(&mut Figures)) {
    let entry = at(all, "certify");
    let day = entry.event.date;
    let Kind::Certify(own) = &mut entry.event.kind else { panic!("a certificate") };
    let mut figures = Figures::read(&own.figures).unwrap();
    change(&mut figures);
    own.figures = figures.json();
    own.digest = figures.digest(&own.bank_account, day).into();
}

const APRIL: &str = "statement/POOL/net-bank/bbbbbbbbbbbbbbbb";
const INTEREST: &str = "INT/2017Q4/HXRCB-2017-0001";
const FEE: &str = "GFEE/2017Q4/HXRCB-2017-0001";

/// Of single entries, people and vouchers.
pub const OF_ENTRIES: &[Row] = &[
    (
        "payment-unchecked",
        Book::County,
        |all| at(all, "pay").event.maker = None,
        &["entry-unnamed", "payment-unchecked"],
    ),
    // A receipt that goes back to its payer, and a transfer settled in cash, are payments, too.
    (
        "payment-unchecked",
        Book::Funding,
        |all| at(all, "sent-back").event.checker = None,
        &["payment-unchecked"],
    ),
    (
        "payment-unchecked",
        Book::WindUp,
        |all| at(all, "cash-back").event.checker = None,
        &["payment-unchecked"],
    ),
    (
        "voucher-word",
        Book::County,
        // A voucher for an entry that moves nothing.
        |all| {
            let month = Month::of(parse_date("2017-01-01").unwrap());
            let (owner, word) = (Id::parse("410821").unwrap(), VoucherWord::Register);
            at(all, "p1").voucher = Some(Voucher { month, number: 1, owner, word });
        },
        &["voucher-word"],
    ),
    (
        "reversal-target",
        Book::County,
        // Of an entry that does not stand before it.
        |all| {
            edit(all, "r", r#""entry":22"#, r#""entry":99"#);
            at(all, "r").reverses = Some(99);
        },
        &["reversal-target"],
    ),
    (
        "reversal-lines",
        Book::Closed,
        // Income of a closed year is given back to that year.
        |all| assert_eq!(reversal(all, "i", "2018-01-05", 1), "back"),
        &["reversal-lines"],
    ),
    (
        "reversal-lines",
        Book::County,
        // Income of an open year is carried to prior years.
        |all| {
            let id = reversal(all, "interest", "2017-03-21", 2);
            let entry = at(all, id);
            entry.lines[1].account = Account::PriorYears;
            let carried = serde_json::json!({"carried": {"2": "4604"}});
            entry.working = Some(Json::new(&carried).unwrap());
        },
        &["reversal-lines"],
    ),
];

/// Of money and pools.
pub const OF_MONEY: &[Row] = &[
    (
        "receipt-open",
        Book::Funding,
        // Explained again after all of it was explained.
        |all| assert!(again(all, "county-in", "once-more").voucher.is_some()),
        &["receipt-open"],
    ),
    (
        "commitment-open",
        Book::Funding,
        // An event that has nothing to do with promises moves them.
        |all| account(all, "disburse-1", Account::LoansNormal, Account::Commitments),
        &["commitment-open", "event-accounts", "loan-balance"],
    ),
    (
        "interest-without-owner",
        Book::Funding,
        // The event says the treasury's.
        |all| account(all, "interest", Account::TreasuryPayable, Account::InterestIncome),
        &["interest-without-owner"],
    ),
    (
        "bank-account-sum",
        Book::County,
        // A recovery's amount is not told, its bank account is.
        |all| at(all, "recovery-1").lines[0].bank_account = Some(Id::parse("OTHER").unwrap()),
        &["bank-account-sum"],
    ),
    (
        "transfer-sides",
        Book::WindUp,
        // What is settled comes off both sides.
        |all| account(all, "cash-back", Account::InterPoolPayable, Account::UnknownReceipts),
        &["event-accounts", "transfer-sides"],
    ),
    (
        "event-amount",
        Book::WindUp,
        // A fen of the second owner stays with the old custodian.
        |all| fen(all, "custodian", 2..4, -1),
        &["event-amount"],
    ),
    (
        "event-amount",
        Book::WindUp,
        // A fen of the loss goes from one source to another.
        |all| {
            fen(all, "share", 0..2, 1);
            fen(all, "share", 2..4, -1);
        },
        &["event-amount"],
    ),
    (
        "pool-stage",
        Book::WindUp,
        // Compensation of a pool that is being wound up.
        |all| before(all, "wind-up", "pay"),
        &["pool-stage"],
    ),
    (
        "pool-stage",
        Book::WindUp,
        // Money of a pool that is closed.
        |all| before(all, "closed", "paid-bank"),
        &["pool-stage"],
    ),
    (
        "enrol-sums",
        Book::WindUp,
        // What the breaker was tested with.
        |all| edit(all, "enrol", r#""numerator":"0.00""#, r#""numerator":"0.01""#),
        &["enrol-sums"],
    ),
    (
        "firm-limit",
        Book::Caps,
        // The firm of L-1 takes L-4, too.
        |all| edit(all, "rules", r"\n[claim]\n", r"\n[enrolment]\none_item = true\n[claim]\n"),
        &["firm-limit"],
    ),
    (
        "quota-register",
        Book::Quota,
        // What is cancelled gives back as much.
        |all| {
            let memo = &mut at(all, "rest-2").memo[4..];
            memo.iter_mut().for_each(|line| line.amount = Money::parse("6172.83").unwrap());
        },
        &["quota-register"],
    ),
];

/// Of claims.
pub const OF_CLAIMS: &[Row] = &[
    (
        "claim-above-limit",
        Book::County,
        // The pool's part is not above itself, but above the rules' most for a loan.
        |all| edit(all, "rules", r#"loan = \"3000000.00\""#, r#"loan = \"493827.15\""#),
        &["claim-above-limit", "claim-ceiling"],
    ),
    (
        "claim-payable",
        Book::County,
        // The event names an amount, and the lines have another one.
        |all| edit(all, "approve", r#"{"claim":"C-1""#, r#"{"amount":"493827.15","claim":"C-1""#),
        &["claim-payable"],
    ),
    (
        "claim-right",
        Book::County,
        // A line that says of no claim that it is about it.
        |all| at(all, "pay").lines[2].claim = None,
        &["claim-allowance", "claim-right"],
    ),
    // Of each ceiling of the rules a fen less than is used: 493,827.16 for C-1, and as much for C-2.
    (
        "claim-ceiling",
        Book::Caps,
        |all| edit(all, "rules", r#"firm = \"9500000.00\""#, r#"firm = \"493827.15\""#),
        &["claim-ceiling"],
    ),
    (
        "claim-ceiling",
        Book::Caps,
        |all| edit(all, "rules", r#"firm_year = \"9000000.00\""#, r#"firm_year = \"493827.15\""#),
        &["claim-ceiling"],
    ),
    (
        "claim-ceiling",
        Book::Caps,
        |all| edit(all, "rules", r#"bank_year = \"10000000.00\""#, r#"bank_year = \"987654.31\""#),
        &["claim-ceiling"],
    ),
    // 39% of 1,234,567.89 are 481,481.48.
    (
        "claim-ceiling",
        Book::Caps,
        |all| edit(all, "rules", r#"all_programmes = \"80%\""#, r#"all_programmes = \"39%\""#),
        &["claim-ceiling"],
    ),
];

/// Of bank statements and certificates.
pub const OF_BANKS: &[Row] = &[
    (
        "statement-sums",
        Book::Tied,
        // A movement after the last day.
        |all| edit(all, APRIL, r#""date":"2017-04-20""#, r#""date":"2017-05-01""#),
        &["statement-sums"],
    ),
    (
        "statement-sums",
        Book::Tied,
        // A closing balance that is not the last one.
        |all| edit(all, APRIL, r#""closing":"1002.00""#, r#""closing":"1002.01""#),
        &["statement-sums"],
    ),
    (
        "statement-chain",
        Book::Tied,
        // The second part never came.
        |all| edit(all, APRIL, r#""opening":"995.00""#, r#""opening":"995.00","part":1,"parts":2"#),
        &["statement-chain"],
    ),
    (
        "match-unequal",
        Book::Tied,
        // No such posting.
        |all| edit(all, "match", r#""6.2""#, r#""6.9""#),
        &["match-unequal"],
    ),
    (
        "match-unequal",
        Book::Tied,
        // No such line.
        |all| {
            let Kind::MatchLines(own) = &mut at(all, "match").event.kind else { panic!("a match") };
            own.lines = Some(vec!["ffffffffffff".into()]);
        },
        &["match-unequal"],
    ),
    (
        "certificate-differs",
        Book::Tied,
        // Its digest is that of other figures.
        |all| {
            let Kind::Certify(own) = &mut at(all, "certify").event.kind else { panic!() };
            own.digest = "0".repeat(64).into();
        },
        &["certificate-differs"],
    ),
    (
        "certificate-differs",
        Book::Tied,
        // What is open is no line of the day.
        |all| certified(all, |figures| figures.open[0].line = "ffffffffffff".into()),
        &["certificate-differs"],
    ),
    (
        "certificate-differs",
        Book::Tied,
        // More lines than there are.
        |all| certified(all, |figures| figures.lines += 1),
        &["certificate-differs"],
    ),
    (
        "certificate-broken",
        Book::Tied,
        // What was certified rests on a match that was taken back since.
        |all| {
            let told = r#"{"event":"unmatch-lines","id":"unmatch","date":"2017-04-02","maker":"甲","matching":"match","reason":"x"}"#;
            again(all, "match", "unmatch").event = event(told);
        },
        &["certificate-broken"],
    ),
];

/// Of subsidies.
pub const OF_SUBSIDIES: &[Row] = &[
    (
        "rules-version",
        Book::Jiaozuo,
        |all| {
            let was = r#""rules":"jiaozuo-demo","segments""#;
            edit(all, INTEREST, was, r#""rules":"other","segments""#);
        },
        &["rules-version"],
    ),
    // 1,200,000.00 x 2.175% x 21/360 = 1,522.50.
    (
        "subsidy-arithmetic",
        Book::Jiaozuo,
        |all| {
            let was = r#""amount":"1522.50","base""#;
            edit(all, INTEREST, was, r#""amount":"1522.51","base""#);
        },
        &["subsidy-arithmetic"],
    ),
    (
        "subsidy-arithmetic",
        Book::Jiaozuo,
        |all| edit(all, INTEREST, r#""rounded":"1522.50""#, r#""rounded":"1522.51""#),
        &["subsidy-arithmetic"],
    ),
    (
        "subsidy-arithmetic",
        Book::Jiaozuo,
        |all| edit(all, INTEREST, r#""days":21,"interest""#, r#""days":22,"interest""#),
        &["subsidy-arithmetic"],
    ),
    // 21 days lie between the 21st and the 12th.
    (
        "subsidy-arithmetic",
        Book::Jiaozuo,
        |all| {
            let was = r#""from":"2017-09-21","principal""#;
            edit(all, INTEREST, was, r#""from":"2017-09-22","principal""#);
        },
        &["subsidy-arithmetic"],
    ),
    (
        "subsidy-rate",
        Book::Jiaozuo,
        |all| edit(all, INTEREST, r#""source":"benchmark-1y","#, ""),
        &["subsidy-rate"],
    ),
    // The fee was charged at 1.5% a year, and half of it is paid.
    (
        "subsidy-rate",
        Book::Jiaozuo,
        |all| edit(all, FEE, r#""source_rate":"0.015""#, r#""source_rate":"0.016""#),
        &["subsidy-rate"],
    ),
    (
        "subsidy-rate",
        Book::Jiaozuo,
        |all| edit(all, FEE, r#""rate":"0.5""#, r#""rate":"0.4""#),
        &["subsidy-arithmetic", "subsidy-rate"],
    ),
    (
        "subsidy-days",
        Book::Clawback,
        // No days are told of, and the period is the same.
        |all| edit(all, "S-2", r#""period":"2017Q3""#, r#""period":"2017Q1""#),
        &["subsidy-days"],
    ),
    (
        "subsidy-window",
        Book::Jiaozuo,
        // Overdue a week earlier, on days that are subsidised.
        |all| {
            let id = "loan_status/ZT-0010";
            at(all, id).event.date = parse_date("2017-11-01").unwrap();
        },
        &["subsidy-window"],
    ),
    (
        "subsidy-unapproved",
        Book::Clawback,
        // A supplement to no line.
        |all| {
            let was = r#""programme":"interest-discount""#;
            let is = r#""programme":"interest-discount","supplement":"S-9""#;
            edit(all, "S-2", was, is);
        },
        &["subsidy-unapproved"],
    ),
    (
        "slip-twice",
        Book::Jiaozuo,
        |all| {
            let fee = all.iter().find(|entry| matches!(entry.event.kind, Kind::FeePaid(_)));
            let id = fee.unwrap().event.id.to_string();
            again(all, &id, "the-same-fee");
        },
        &["slip-twice"],
    ),
];

/// All of them.
pub fn branches() -> impl Iterator<Item = &'static Row> {
    [OF_ENTRIES, OF_MONEY, OF_CLAIMS, OF_BANKS, OF_SUBSIDIES].into_iter().flatten()
}
