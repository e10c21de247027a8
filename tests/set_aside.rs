//! Money that is set aside is not there for anything else: what is approved is held to what is
//! available, not to the cash; and what an approval, a recovery or a reversal may come to at most.

use crate::support::settled::Settled;
use crate::support::town::Town;
use poolbook::domain::account::{Account, Fund};
use poolbook::problem::Problem;
use serde_json::{Value, json};

/// Code and what was available, or nothing.
fn told<T>(result: Result<T, Problem>) -> Option<String> {
    let problem = result.err()?;
    Some(format!("{} {}", problem.code, problem.arg("available").unwrap_or("-")))
}

/// A budget of 100.00 of which 60.00 are approved: 40.00 are left for another line, though 100.00
/// are in the bank; what was paid is gone from both.
#[test]
fn a_subsidy_is_approved_out_of_what_is_available() {
    for paid in [false, true] {
        let mut own = Settled::new("");
        own.lend("L1", "F1", "1000.00", "2024-01-15", "2025-01-15");
        own.lend("L2", "F2", "1000.00", "2024-01-15", "2025-01-15");
        // 900,000.00 were given.
        own.tell(
            "2024-01-20",
            json!({"event": "return-budget", "owner": "410821", "bank_account": "INT-410821",
                "amount": "899900.00"}),
        );
        let approve = |loan: &str, amount: &str| {
            json!({"event": "approve-subsidy", "loan": loan, "amount": amount,
                "period": "2024Q1", "programme": "interest-discount"})
        };
        own.tell("2024-03-31", approve("L1", "60.00"));
        if paid {
            own.pay("2024-04-01");
        }
        for (amount, expected) in [
            ("60.00", Some("available-short 40.00")),
            ("40.01", Some("available-short 40.00")),
            ("40.00", None),
        ] {
            let event = own.made("2024-04-02", approve("L2", amount));
            let found = own.book.record(event, &Settled::options());
            assert_eq!(told(found).as_deref(), expected, "{amount}, paid: {paid}");
        }
    }
}

/// 10,000.00 paid in, 600.00 approved for a claim: at most 9,400.00 go back to who paid it in, and
/// to nothing else either.
#[test]
fn what_leaves_a_pool_leaves_what_is_set_aside() {
    let bank = json!({"owner": "410821", "bank_account": "POOL-410821", "maker": "甲",
        "checker": "乙", "document": "1号"});
    let rows = [
        json!({"event": "approve-withdrawal", "owner": "410821", "source": "county"}),
        json!({"event": "trustee-fee"}),
        json!({"event": "transfer", "to_owner": "410822", "to_bank_account": "POOL-410822"}),
    ];
    for row in rows {
        let mut town = Town::new("principal", "");
        town.file("2017-10-01", "A-1", "1000.00");
        town.approve("2017-10-02", "A-1").unwrap();
        assert_eq!(town.approved("A-1"), "600.00");
        let mut told_event = row.clone();
        if row["event"] != "approve-withdrawal" {
            for (key, value) in bank.as_object().unwrap() {
                told_event[key] = value.clone();
            }
        }
        for (amount, expected) in [
            ("10000.00", Some("available-short 9,400.00")),
            ("9400.01", Some("available-short 9,400.00")),
            ("9400.00", None),
        ] {
            told_event["amount"] = amount.into();
            let found = town.try_one("2017-10-03", told_event.clone());
            assert_eq!(told(found).as_deref(), expected, "{told_event}");
        }
    }
}

/// What was approved for a withdrawal and paid since cannot be taken back, wholly or in part.
#[test]
fn a_withdrawal_that_was_paid_is_not_unapproved() {
    for (paid, expected) in
        [(None, None), (Some("0.01"), Some("above-open")), (Some("500.00"), Some("above-open"))]
    {
        let mut town = Town::new("principal", "");
        let approve = json!({"event": "approve-withdrawal", "owner": "410821", "source": "county",
            "amount": "500.00"});
        let approval = town.must("2017-10-03", approve);
        if let Some(amount) = paid {
            let pay = json!({"event": "pay-withdrawal", "owner": "410821", "source": "county",
                "bank_account": "POOL-410821", "amount": amount, "maker": "甲", "checker": "乙"});
            town.must("2017-10-04", pay);
        }
        let found = town.reverse("2017-10-05", approval).map_err(|problem| problem.code);
        assert_eq!(found.err(), expected, "{paid:?}");
        let open =
            town.book.state().balance("410821", Fund::Risk, Account::WithdrawalPayable, None);
        let left = match paid {
            None | Some("500.00") => "0.00",
            _ => "-499.99",
        };
        assert_eq!(open.to_string(), left, "{paid:?}");
    }
}

/// A recovery after the write-off is the pool's alone where the rules say so, up to what it is out
/// of: 60.00 of 100.00, less six tenths of the first 10.00. Else six tenths of it are: of 70.00 in
/// all 42.00, and 36.00 of those now.
#[test]
fn a_recovery_after_the_write_off_is_at_most_what_the_pool_is_out() {
    let share = |shared: bool, write_off: bool, gross: &str| {
        let caps = format!("\n[recovery]\nafter_write_off = {shared}");
        let mut town = Town::new("principal", &caps);
        town.file("2017-10-01", "A-1", "100.00");
        town.approve("2017-10-02", "A-1").unwrap();
        town.pay("2017-10-03", "A-1", None).unwrap();
        let recover = |gross: &str| json!({"bank_account": "POOL-410821", "gross": gross});
        town.of_claim("2017-11-01", "recover", "A-1", recover("10.00"));
        if write_off {
            town.of_claim("2017-11-02", "write-off", "A-1", json!({"document": "1号"}));
        }
        let seq = town.of_claim("2017-11-03", "recover", "A-1", recover(gross));
        town.working(seq)["pool_part"].as_str().unwrap().to_owned()
    };
    for (gross, alone) in
        [("53.99", "53.99"), ("54.00", "54.00"), ("54.01", "54.00"), ("60.00", "54.00")]
    {
        assert_eq!(share(false, true, gross), alone, "{gross}");
    }
    assert_eq!(share(true, true, "60.00"), "36.00", "the rules share it");
    assert_eq!(share(false, false, "60.00"), "36.00", "nothing is written off");
}

/// What is cancelled of a claim gives back to the quota of the year in which it was approved, and
/// not in another year: 1,000.00 for each of two years, less 60.00, and 20.00 come back.
#[test]
fn a_rest_cancelled_in_another_year_moves_no_quota() {
    for (day, left) in [("2018-12-31", "1960.00"), ("2019-01-01", "1940.00")] {
        let mut town = Town::new("principal", "");
        for year in ["2018", "2019"] {
            let quota = json!({"event": "quota", "owner": "410821", "amount": "1000.00",
                "year": year, "document": "1号"});
            town.must("2018-01-02", quota);
        }
        town.file("2018-10-01", "A-1", "100.00");
        town.approve("2018-10-02", "A-1").unwrap();
        town.pay("2018-10-03", "A-1", Some("40.00")).unwrap();
        let cancelled = town.of_claim(day, "cancel-rest", "A-1", json!({"reason": "x"}));
        let quota = town.book.state().balance("410821", Fund::Risk, Account::Quota, None);
        assert_eq!(quota.to_string(), left, "{day}");
        let memo = town.book.entry(cancelled).unwrap().memo;
        let moved = memo.iter().any(|line| line.account == Account::Quota);
        assert_eq!(moved, day == "2018-12-31");
    }
}

/// A payment on a claim releases exposure; a repayment after it releases what the rest no longer
/// stands for, and never brings some back. 600.00 for 1,000.00, less the 50.00 paid: 550.00; six
/// tenths of 970.00 would be 582.00, of 900.00 are 540.00.
#[test]
fn a_repayment_after_a_payment_brings_no_exposure_back() {
    let mut town = Town::new("principal", "");
    let exposure = |town: &Town| {
        let loan = town.book.state().loans.get("A-1").unwrap();
        loan.notes[0].exposure.to_string()
    };
    town.file("2017-10-01", "A-1", "200.00");
    town.approve("2017-10-02", "A-1").unwrap();
    town.pay("2017-10-03", "A-1", Some("50.00")).unwrap();
    assert_eq!(exposure(&town), "550.00");
    town.must("2017-10-04", json!({"event": "repay", "loan": "A-1", "amount": "30.00"}));
    assert_eq!(exposure(&town), "550.00");
    town.must("2017-10-04", json!({"event": "repay", "loan": "A-1", "amount": "70.00"}));
    assert_eq!(exposure(&town), "540.00");
    let register = town.book.state().balance("410821", Fund::Risk, Account::Exposure, None);
    // 600.00 of A-2 beside it.
    assert_eq!(register.to_string(), "1140.00");
}

/// What a budget cuts off is taken off the latest year: L1 earns 143.75 a day, on 11 days of 2024
/// (21 to 31 December) and 14 of 2025 (1 to 14 January), 1,581.25 and 2,012.50.
#[test]
fn a_budget_cuts_the_latest_year_first() {
    for (left, years) in [
        ("3593.75", vec![("2024", "1581.25"), ("2025", "2012.50")]),
        ("2000.00", vec![("2024", "1581.25"), ("2025", "418.75")]),
        ("1581.26", vec![("2024", "1581.25"), ("2025", "0.01")]),
        ("1581.25", vec![("2024", "1581.25")]),
        ("1000.00", vec![("2024", "1000.00")]),
    ] {
        let mut own = Settled::new("firm_year_max = \"900000.00\"\ncap_year = \"accrual\"");
        own.lend("L1", "F1", "3000000.00", "2024-01-15", "2025-01-15");
        let fen = 90_000_000 - left.replace('.', "").parse::<i64>().unwrap();
        let back = format!("{}.{:02}", fen / 100, fen % 100);
        own.tell(
            "2024-01-20",
            json!({"event": "return-budget", "owner": "410821", "bank_account": "INT-410821",
                "amount": back}),
        );
        own.settle("2025Q1");
        let line = own.book.find("INT/2025Q1/L1").unwrap().unwrap();
        let line: Value = serde_json::from_str(&line.event.to_json()).unwrap();
        let rows = line["working"]["cap_years"].as_array().unwrap();
        let found: Vec<(String, &str)> = rows
            .iter()
            .map(|row| (row["year"].to_string(), row["amount"].as_str().unwrap()))
            .collect();
        let found: Vec<(&str, &str)> =
            found.iter().map(|(year, amount)| (year.as_str(), *amount)).collect();
        assert_eq!(found, years, "{left}");
        let caps: Vec<(String, String)> = years
            .iter()
            .map(|(year, amount)| (format!("INT/F1/{year}"), (*amount).to_owned()))
            .collect();
        assert_eq!(own.caps(), caps, "{left}");
    }
}

/// Corrections: 3,210.42 less on L1 and 3,210.42 more on L2, in a cell that has nothing left. What
/// falls off an unpaid line pays for the other; what was paid is due back first and pays for nothing
/// yet. (13,225.00 for 92 days on 3,000,000.00; 10,014.58 with 1,000,000.00 repaid on 15 April.)
#[test]
fn what_falls_off_an_unpaid_line_gives_room_to_another() {
    for (paid, expected) in [
        (false, vec!["fix/INT/2024Q2/L1/1 3210.42", "fix/INT/2024Q2/L2/1 3210.42"]),
        (true, vec!["fix/INT/2024Q2/L1/2 3210.42"]),
    ] {
        let mut own = Settled::new("");
        own.lend("L1", "F1", "3000000.00", "2024-01-15", "2025-01-15");
        own.lend("L2", "F2", "3000000.00", "2024-01-15", "2025-01-15");
        let repay = |loan: &str, effective: Option<&str>| json!({"event": "repay", "loan": loan, "amount": "1000000.00", "effective": effective});
        let wrong = own.tell("2024-04-15", repay("L2", None));
        own.settle("2024Q2");
        // 900,000.00 less 13,225.00 and 10,014.58.
        own.tell(
            "2024-06-25",
            json!({"event": "return-budget", "owner": "410821", "bank_account": "INT-410821",
                "amount": "876760.42"}),
        );
        if paid {
            own.pay("2024-07-05");
        }
        own.tell("2024-09-02", repay("L1", Some("2024-04-15")));
        own.tell(
            "2024-09-02",
            json!({"event": "reverse", "entry": wrong.to_string(), "reason": "x"}),
        );
        let entries = own.post("2024Q2", "2024-09-03");
        let posted: Vec<String> = entries
            .iter()
            .map(|entry| format!("{} {}", entry.event.id, entry.lines[0].amount))
            .collect();
        assert_eq!(posted, expected, "paid: {paid}");
        let waiting: Vec<String> =
            own.differences("2024Q2").iter().map(|own| own.waiting.to_string()).collect();
        let rest: Vec<&str> = if paid { vec!["3210.42"] } else { Vec::new() };
        assert_eq!(waiting, rest, "paid: {paid}");
    }
}

/// The bank's share of its balance of the year before binds a payment and a reversal as the first
/// ceiling of the counter does: 3% of the 3,000.00 at the end of 2017 are 90.00 for 2018, of the
/// 2,500.00 at the end of 2018 75.00 for 2019.
#[test]
fn every_ceiling_of_a_counter_binds_a_payment_and_a_reversal() {
    let caps = "bank_year = \"1000.00\"\nbank_year_share = \"3%\"\nyear = \"payment\"";
    let mut town = Town::new("principal", caps);
    town.must("2018-02-01", json!({"event": "repay", "loan": "A-2", "amount": "500.00"}));
    for (loan, base) in [("A-1", "100.00"), ("B", "50.00"), ("A-2", "100.00")] {
        town.file("2018-10-01", loan, base);
    }
    town.approve("2018-10-02", "A-1").unwrap();
    town.approve("2018-10-02", "B").unwrap();
    assert_eq!(["A-1", "B"].map(|loan| town.approved(loan)), ["60.00", "30.00"]);
    let payment = town.pay("2019-01-01", "A-1", None).unwrap();
    let full = |result: Result<u64, Problem>| {
        let problem = result.unwrap_err();
        let arg = |name| problem.arg(name).unwrap_or("-").to_owned();
        let args = ["kind", "subject", "used", "held", "left", "amount"].map(arg);
        format!("{} {}", problem.code, args.join(" | "))
    };
    let second = |amount: &str| {
        format!("cap-used-up bank-year-share | BANK-1 2019 | 60.00 | 0.00 | 15.00 | {amount}")
    };
    assert_eq!(full(town.pay("2019-01-02", "B", None)), second("30.00"));
    assert_eq!(full(town.pay("2019-01-02", "B", Some("15.01"))), second("15.01"));
    town.pay("2019-01-02", "B", Some("15.00")).unwrap();
    // 2018 holds the 15.00 of B and 60.00 of A-2, so the 60.00 of A-1 do not come back to it.
    town.approve("2018-12-31", "A-2").unwrap();
    assert_eq!(town.approved("A-2"), "60.00");
    assert_eq!(
        full(town.reverse("2019-01-03", payment)),
        "cap-used-up bank-year-share | BANK-1 2018 | 0.00 | 75.00 | 15.00 | 60.00"
    );
}
