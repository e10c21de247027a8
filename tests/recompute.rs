//! Settled subsidies computed again: only the net difference is posted, once.

use crate::support::settled::Settled;
use poolbook::domain::account::Account;
use poolbook::domain::entry::Entry;
use poolbook::domain::event::Kind;
use poolbook::domain::subsidy::correction::Cause;
use serde_json::json;

/// L1 of the worked examples, with nothing settled yet.
fn l1(discount: &str) -> Settled {
    let mut own = Settled::new(discount);
    own.lend("L1", "F1", "3000000.00", "2024-01-15", "2025-01-15");
    own
}

/// id, on-balance lines as `debit credit amount`, effective date, years.
fn told(entry: &Entry) -> String {
    let [debit, credit] = entry.lines.as_slice() else { panic!("{entry:?}") };
    let years = match &entry.event.kind {
        Kind::ApproveSubsidy(own) => own.years.clone(),
        Kind::ReduceSubsidy(own) => own.years.clone(),
        Kind::ClawBack(own) => own.years.clone(),
        _ => None,
    };
    let effective = entry.event.effective.map(|day| day.to_string()).unwrap_or_default();
    format!(
        "{} {} {} {} {effective} {}",
        entry.event.id,
        debit.account,
        credit.account,
        debit.amount,
        years.map(|years| years.to_string()).unwrap_or_default()
    )
}

fn posted(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(told).collect()
}

fn causes(causes: &[Cause]) -> Vec<String> {
    causes.iter().map(ToString::to_string).collect()
}

/// Domain 5.3, case 15: the quarter was paid with the repayment on 10 May; in September it turns out
/// to have been on 15 April.
#[test]
fn a_repayment_reported_late_gives_back_the_difference() {
    let mut own = l1("");
    own.settle("2024Q1");
    let repaid =
        own.tell("2024-05-10", json!({"event": "repay", "loan": "L1", "amount": "1000000.00"}));
    own.settle("2024Q2");
    own.pay("2024-07-05");
    assert_eq!(own.differences("2024Q1"), []);
    let back = own.tell(
        "2024-09-02",
        json!({"event": "reverse", "entry": repaid.to_string(), "reason": "x"}),
    );
    let late = own.tell(
        "2024-09-02",
        json!({"event": "repay", "effective": "2024-04-15", "loan": "L1", "amount": "1000000.00"}),
    );
    let found = own.differences("2024Q1");
    let [only] = found.as_slice() else { panic!("{found:?}") };
    let amounts = [only.standing.into(), only.recomputed.into(), only.amount()];
    assert_eq!(amounts.map(|own| own.to_string()), ["11212.50", "10014.58", "-1197.92"]);
    assert_eq!(
        causes(&only.causes),
        [format!("#{back} reverse 2024-05-10"), format!("#{late} repay 2024-04-15")]
    );
    let entries = own.post("2024Q1", "2024-09-03");
    assert_eq!(
        posted(&entries),
        ["fix/INT/2024Q2/L1/2 1218.04 5001.02 1197.92 2024-04-15 2024:1197.92"]
    );
    assert_eq!(own.kept()[1], ("INT/2024Q2/L1/L1".into(), "10014.58".into()));
    assert_eq!(own.caps(), [("INT/F1/2024".into(), "19502.08".into())]);
    // Once more there is nothing, and what was filed stands as it was filed.
    assert_eq!(own.differences("2024Q1"), []);
    assert_eq!(own.post("2024Q1", "2024-09-04"), []);
    let line = own.book.state().subsidies.get("INT/2024Q2/L1").unwrap();
    assert_eq!(
        (line.amount.to_string(), line.paid.to_string()),
        ("11212.50".into(), "11212.50".into())
    );
    // The approval cannot be taken back over its correction; the correction can.
    let refused = own.made(
        "2024-09-05",
        json!({"event": "reverse", "entry": entries[0].seq.to_string(), "reason": "x"}),
    );
    own.book.record(refused, &Settled::options()).unwrap();
    assert_eq!(own.caps(), [("INT/F1/2024".into(), "20700.00".into())]);
    let again = own.post("2024Q1", "2024-09-06");
    assert_eq!(
        posted(&again),
        ["fix/INT/2024Q2/L1/2#2 1218.04 5001.02 1197.92 2024-04-15 2024:1197.92"]
    );
    let debit = own.book.state().balance(
        "410821",
        poolbook::domain::account::Fund::Interest,
        Account::ClawbackReceivable,
        None,
    );
    assert_eq!(debit.to_string(), "1197.92");
}

/// Domain 5.3, cases 10 and 15: a cap of 40,000 a year is used up in the fourth quarter; what comes
/// back of the second goes to the fourth.
#[test]
fn room_under_a_cap_goes_to_the_line_that_was_cut() {
    let mut own = l1("firm_year_max = \"40000.00\"");
    ["2024Q1", "2024Q2", "2024Q3", "2024Q4"].into_iter().for_each(|quarter| own.settle(quarter));
    own.pay("2025-01-05");
    let kept = |own: &Settled| own.kept().into_iter().map(|(_, kept)| kept).collect::<Vec<_>>();
    assert_eq!(kept(&own), ["9487.50", "13225.00", "13225.00", "4062.50"]);
    assert_eq!(own.differences("2024Q1"), []);
    // 1,000,000.00 repaid on 15 June: 6 days less of the second quarter at 1.725 %, and so on.
    own.tell(
        "2025-02-03",
        json!({"event": "repay", "effective": "2024-06-15", "loan": "L1", "amount": "1000000.00"}),
    );
    let entries = own.post("2024Q1", "2025-02-03");
    assert_eq!(
        posted(&entries),
        [
            "fix/INT/2024Q2/L1/2 1218.04 3501 287.50 2024-06-15 2024:287.50",
            "fix/INT/2024Q3/L1/2 1218.04 3501 4408.33 2024-06-21 2024:4408.33",
            "fix/INT/2024Q4/L1/2 5001.02 2303.01 4658.33 2024-09-21 2024:4658.33",
        ]
    );
    // 91 days at 2,000,000.00 are 8,720.83, and the cap leaves all of it.
    assert_eq!(kept(&own), ["9487.50", "12937.50", "8816.67", "8720.83"]);
    assert_eq!(own.caps(), [("INT/F1/2024".into(), "39962.50".into())]);
    assert_eq!(own.differences("2024Q1"), []);
    // The supplement is a line of its own, which is paid like any other.
    own.pay("2025-02-10");
    let line = own.book.state().subsidies.get("fix/INT/2024Q4/L1/2").unwrap();
    assert_eq!(line.state.code(), "paid");
    assert_eq!(line.supplements.as_deref(), Some("INT/2024Q4/L1"));
    let first = own.book.find("INT/2024Q4/L1").unwrap().unwrap().seq;
    let back = own
        .made("2025-02-11", json!({"event": "reverse", "entry": first.to_string(), "reason": "x"}));
    assert_eq!(own.book.record(back, &Settled::options()).unwrap_err().code, "reverse-later");
}

/// Domain 5.3, case 15: of a cap that another loan of the firm used up, what comes back makes a
/// later line payable that got nothing.
#[test]
fn a_line_that_a_cap_left_nothing_is_approved_later() {
    let mut own = l1("firm_year_max = \"22712.50\"");
    own.lend("L2", "F1", "4000000.00", "2024-04-01", "2025-04-01");
    own.settle("2024Q1");
    own.settle("2024Q2");
    assert_eq!(own.kept().len(), 2, "L2 got nothing");
    own.tell(
        "2024-09-02",
        json!({"event": "repay", "effective": "2024-04-15", "loan": "L1", "amount": "1000000.00"}),
    );
    let found = own.differences("2024Q1");
    let entries = own.post("2024Q1", "2024-09-03");
    // 25 days on 3,000,000.00 and 67 on 2,000,000.00 are 10,014.58, so 3,210.42 come back; unpaid.
    assert_eq!(
        posted(&entries),
        [
            "fix/INT/2024Q2/L1/1 2303.01 5001.02 3210.42 2024-04-15 2024:3210.42",
            "INT/2024Q2/L2 5001.02 2303.01 3210.42  ",
        ]
    );
    assert_eq!(found[1].first, None);
    assert_eq!(own.caps(), [("INT/F1/2024".into(), "22712.50".into())]);
    assert_eq!(own.differences("2024Q1"), []);
}

/// Domain 5.3, case 17: everything paid on a loan that never should have been enrolled is due back.
#[test]
fn a_loan_removed_from_its_first_day_gives_everything_back() {
    let mut own = l1("");
    ["2024Q1", "2024Q2", "2024Q3", "2024Q4"].into_iter().for_each(|quarter| own.settle(quarter));
    own.pay("2024-12-31");
    own.tell(
        "2024-12-31",
        json!({"event": "remove", "effective": "2024-01-15", "loan": "L1", "reason": "x"}),
    );
    let entries = own.post("2024Q1", "2024-12-31");
    assert_eq!(
        posted(&entries),
        [
            "fix/INT/2024Q1/L1/2 1218.04 5001.02 9487.50 2024-01-15 2024:9487.50",
            "fix/INT/2024Q2/L1/2 1218.04 5001.02 13225.00 2024-03-21 2024:13225.00",
            "fix/INT/2024Q3/L1/2 1218.04 5001.02 13225.00 2024-06-21 2024:13225.00",
            "fix/INT/2024Q4/L1/2 1218.04 5001.02 13081.25 2024-09-21 2024:13081.25",
        ]
    );
    let fund = poolbook::domain::account::Fund::Interest;
    let due = own.book.state().balance("410821", fund, Account::ClawbackReceivable, None);
    assert_eq!(due.to_string(), "49018.75");
    assert_eq!((own.kept(), own.caps()), (Vec::new(), Vec::new()));
    assert_eq!(own.differences("2024Q1"), []);
}

/// Domain 5.3, case 2, with the rate of 22 July told wrong at first, and its guarantee fee untouched.
#[test]
fn a_corrected_rate_is_a_cause_of_its_own() {
    let mut own = Settled::new("");
    let rules = crate::support::settled::rules("").replace("\"signing\"", "\"in-force\"");
    own.tell(
        "2024-01-02",
        json!({"event": "adopt-rules", "rules": rules.replace("id = \"R\"", "id = \"R2\"")}),
    );
    let wrong = crate::support::settled::RATES.replace("3.35%", "3.25%");
    own.tell("2024-01-02", json!({"event": "adopt-rates", "rates": wrong}));
    own.lend("L1", "F1", "3000000.00", "2024-01-15", "2025-01-15");
    own.settle("2024Q2");
    own.settle("2024Q3");
    own.pay("2024-10-08");
    // 31 days at 1.725 % and 61 at 1.625 %.
    assert_eq!(own.kept()[1].1, "12716.67");
    let adopted = own.tell(
        "2024-10-09",
        json!({"event": "adopt-rates", "rates": crate::support::settled::RATES}),
    );
    let found = own.differences("2024Q2");
    let [only] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (only.recomputed.to_string(), only.amount().to_string()),
        ("12970.83".into(), "254.16".into())
    );
    assert_eq!(causes(&only.causes), [format!("#{adopted} adopt-rates 2024-10-09")]);
    assert_eq!(
        posted(&own.post("2024Q2", "2024-10-10")),
        ["fix/INT/2024Q3/L1/2 5001.02 2303.01 254.16 2024-07-22 2024:254.16"]
    );
    assert_eq!(own.differences("2024Q2"), []);
}
