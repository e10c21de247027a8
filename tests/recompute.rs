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
