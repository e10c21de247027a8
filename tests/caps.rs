//! Caps and quotas as balances: what one claim uses is not there for the next.

use crate::scenarios::{events, jiaozuo};
use crate::support::book::{event, options};
use crate::support::town::{LOANS, Town, shown};
use poolbook::book::{Book, Outcome};
use poolbook::domain::cap::CapKind;
use poolbook::domain::entry::Entry;
use poolbook::problem::Problem;
use poolbook::report::views::CapsAsked;
use poolbook::store::MemoryStore;
use serde_json::{Value, json};

/// A refusal with what it says of the ceiling: code, kind, subject, used, held, left.
fn told<T: std::fmt::Debug>(result: Result<T, Problem>) -> String {
    let problem = result.unwrap_err();
    let arg = |name| problem.arg(name).unwrap_or("-").to_owned();
    let args = ["kind", "subject", "used", "held", "left"].map(arg);
    format!("{} {}", problem.code, args.join(" | "))
}

#[test]
pub fn two_requests_cannot_both_use_the_last_yuan() {
    for (first, second) in [("A-1", "B"), ("B", "A-1")] {
        let mut town = Town::new("principal", "bank_year = \"100.00\"");
        town.file("2017-10-01", first, "100.00");
        town.file("2017-10-01", second, "100.00");
        town.file("2017-10-01", "A-2", "100.00");
        let approval = town.approve("2017-10-05", first).unwrap();
        town.approve("2017-10-05", second).unwrap();
        assert_eq!((town.approved(first), town.approved(second)), ("60.00".into(), "40.00".into()));
        assert_eq!(town.cap("bank-year", "BANK-1", Some(2017)), "0.00 100.00 0.00");
        let refused = told(town.approve("2017-10-05", "A-2"));
        assert_eq!(refused, "cap-used-up bank-year | BANK-1 2017 | 0.00 | 100.00 | 0.00");
        // Paying moves what is held to what is used; nothing becomes free by it.
        town.pay("2017-10-06", second, Some("15.00")).unwrap();
        assert_eq!(town.cap("bank-year", "BANK-1", Some(2017)), "15.00 85.00 0.00");
        assert!(town.approve("2017-10-06", "A-2").is_err());
        // A reversal gives back; what took its room stands before the reversal is taken back.
        town.reverse("2017-10-07", approval).unwrap();
        assert_eq!(town.cap("bank-year", "BANK-1", Some(2017)), "15.00 25.00 60.00");
        town.approve("2017-10-08", "A-2").unwrap();
        assert_eq!(town.approved("A-2"), "60.00");
        assert!(town.approve("2017-10-08", first).is_err());
        // The next year is another one.
        town.approve("2018-01-02", first).unwrap();
        assert_eq!(town.cap("bank-year", "BANK-1", Some(2018)), "0.00 60.00 40.00");
    }
}

/// Each ceiling binds by its own subject and no other: the claim on A-1 takes 60.00 of 100.00.
#[test]
fn each_ceiling_counts_by_its_own_subject() {
    let cases = [
        ("firm = \"100.00\"", "firm-total", "FIRM-A", None, [("A-2", 40), ("B", 60), ("C", 0)]),
        (
            "firm_year = \"100.00\"",
            "firm-year",
            "FIRM-A",
            Some(2017),
            [("A-2", 40), ("B", 60), ("C", 0)],
        ),
        (
            "bank_year = \"100.00\"",
            "bank-year",
            "BANK-1",
            Some(2017),
            [("A-2", 40), ("B", 0), ("C", 60)],
        ),
        (
            "owner_year = \"100.00\"",
            "owner-year",
            "410821",
            Some(2017),
            // B and C are of another owner, which has a ceiling of its own.
            [("A-2", 40), ("B", 60), ("C", 40)],
        ),
    ];
    for (caps, kind, subject, year, others) in cases {
        let mut town = Town::new("principal", caps);
        for (loan, ..) in LOANS {
            town.file("2017-10-01", loan, "100.00");
        }
        town.approve("2017-10-02", "A-1").unwrap();
        for (loan, expected) in others {
            match town.approve("2017-10-03", loan) {
                Ok(_) => assert_eq!(town.approved(loan), format!("{expected}.00"), "{caps} {loan}"),
                refused => {
                    let year = year.map_or_else(String::new, |year: i16| format!(" {year}"));
                    let expected_text =
                        format!("cap-used-up {kind} | {subject}{year} | 0.00 | 100.00 | 0.00");
                    assert_eq!(told(refused), expected_text);
                    assert_eq!(expected, 0, "{caps} {loan}");
                }
            }
        }
        assert_eq!(town.cap(kind, subject, year), "0.00 100.00 0.00", "{caps}");
    }
}

/// A loan has one ceiling however often it is claimed; the bank bears what the ceiling cuts off.
#[test]
fn a_supplement_shares_the_ceiling_of_its_loan() {
    let mut town = Town::new("principal", "loan = \"100.00\"");
    town.file("2017-10-01", "A-1", "100.00");
    town.file("2017-10-01", "A-2", "200.00");
    town.approve("2017-10-02", "A-1").unwrap();
    let approval = town.approve("2017-10-02", "A-2").unwrap();
    assert_eq!(
        town.working(approval)["cut"],
        json!({"amount": "20.00", "borne_by": "bank", "by": "loan"})
    );
    let more = json!({"event": "file-claim", "claim": "K-B", "loan": "A-1", "base": "100.00",
        "supplement": "K-A-1"});
    town.must("2017-10-03", more);
    town.approve("2017-10-03", "B").unwrap();
    assert_eq!(town.approved("B"), "40.00");
    assert_eq!(town.cap("loan", "A-1", None), "0.00 100.00 0.00");
}

/// 2% of what the bank had lent at the end of the year before.
#[test]
fn a_banks_share_goes_by_its_balance_of_the_year_before() {
    let mut town = Town::new("principal", "bank_year = \"1000.00\"\nbank_year_share = \"3%\"");
    for loan in ["A-1", "B", "C"] {
        town.file("2017-10-01", loan, "100.00");
    }
    let refused = told(town.approve("2017-12-31", "A-1"));
    assert_eq!(refused, "cap-used-up bank-year-share | BANK-1 2017 | 0.00 | 0.00 | 0.00");
    // 3,000.00 and 1,000.00 at the end of 2017; what is repaid later does not count.
    town.must("2018-01-02", json!({"event": "repay", "loan": "A-2", "amount": "500.00"}));
    town.approve("2018-01-03", "A-1").unwrap();
    town.approve("2018-01-03", "B").unwrap();
    town.approve("2018-01-03", "C").unwrap();
    assert_eq!(["A-1", "B", "C"].map(|loan| town.approved(loan)), ["60.00", "30.00", "30.00"]);
    assert_eq!(town.cap("bank-year-share", "BANK-1", Some(2018)), "0.00 90.00 0.00");
    assert_eq!(town.cap("bank-year", "BANK-1", Some(2018)), "0.00 90.00 910.00");
}

#[test]
fn the_year_goes_by_the_day_that_the_rules_name() {
    let caps = |year: &str| format!("firm_year = \"100.00\"\nyear = \"{year}\"");
    let mut town = Town::new("principal", &caps("filing"));
    town.file("2017-12-30", "A-1", "100.00");
    town.file("2018-01-02", "C", "100.00");
    town.approve("2018-01-05", "A-1").unwrap();
    town.approve("2018-01-05", "C").unwrap();
    assert_eq!(town.cap("firm-year", "FIRM-A", Some(2017)), "0.00 60.00 40.00");
    assert_eq!(town.cap("firm-year", "FIRM-A", Some(2018)), "0.00 60.00 40.00");

    // Held in the year of approval until it is paid; the payment needs room in its own year.
    let mut town = Town::new("principal", &caps("payment"));
    town.file("2017-12-01", "A-1", "100.00");
    town.file("2017-12-01", "C", "100.00");
    town.file("2017-12-01", "A-2", "100.00");
    town.approve("2017-12-05", "A-1").unwrap();
    town.approve("2018-01-05", "C").unwrap();
    let refused = told(town.pay("2018-02-01", "A-1", None));
    assert_eq!(refused, "cap-used-up firm-year | FIRM-A 2018 | 0.00 | 60.00 | 40.00");
    let payment = town.pay("2018-02-01", "A-1", Some("40.00")).unwrap();
    assert_eq!(town.cap("firm-year", "FIRM-A", Some(2017)), "0.00 20.00 80.00");
    assert_eq!(town.cap("firm-year", "FIRM-A", Some(2018)), "40.00 60.00 0.00");
    assert!(town.pay("2018-02-02", "A-1", None).is_err());
    // 2017 has room again, until it is taken; then the payment cannot be undone.
    town.approve("2017-12-31", "A-2").unwrap();
    assert_eq!(town.cap("firm-year", "FIRM-A", Some(2017)), "0.00 80.00 20.00");
    let refused = told(town.reverse("2018-02-03", payment));
    assert_eq!(refused, "cap-used-up firm-year | FIRM-A 2017 | 0.00 | 80.00 | 20.00");
    town.pay("2019-01-02", "A-1", None).unwrap();
    assert_eq!(town.cap("firm-year", "FIRM-A", Some(2019)), "20.00 0.00 80.00");
}

#[test]
fn what_comes_back_from_the_bank_and_what_is_cancelled_gives_room() {
    let mut town = Town::new("principal", "owner_year = \"100.00\"");
    for loan in ["A-1", "A-2"] {
        town.file("2017-10-01", loan, "200.00");
    }
    town.approve("2017-10-02", "A-1").unwrap();
    assert_eq!(town.approved("A-1"), "100.00");
    town.pay("2017-10-03", "A-1", Some("70.00")).unwrap();
    let rest = town.of_claim("2017-10-04", "cancel-rest", "A-1", json!({"reason": "x"}));
    assert_eq!(town.cap("owner-year", "410821", Some(2017)), "70.00 0.00 30.00");
    // What is to come back is not back yet.
    town.of_claim("2017-10-05", "settle-claim", "A-1", json!({"amount": "25.00"}));
    assert_eq!(town.cap("owner-year", "410821", Some(2017)), "70.00 0.00 30.00");
    let bank = json!({"bank_account": "POOL-410821", "amount": "10.00"});
    let refund = town.of_claim("2018-10-05", "refund-claim", "A-1", bank);
    assert_eq!(town.cap("owner-year", "410821", Some(2017)), "60.00 0.00 40.00");
    // A recovery gives nothing back: the compensation was paid.
    let gross = json!({"bank_account": "POOL-410821", "gross": "10.00"});
    let recovery = town.of_claim("2018-10-06", "recover", "A-1", gross);
    assert_eq!(town.cap("owner-year", "410821", Some(2017)), "60.00 0.00 40.00");
    town.reverse("2018-10-07", recovery).unwrap();
    town.approve("2017-12-31", "A-2").unwrap();
    assert_eq!(town.approved("A-2"), "40.00");
    let refused = told(town.reverse("2018-10-08", refund));
    assert_eq!(refused, "cap-used-up owner-year | 410821 2017 | 60.00 | 40.00 | 0.00");
    assert_eq!(town.reverse("2018-10-08", rest).unwrap_err().code, "reverse-later");

    let mut town = Town::new("principal", "owner_year = \"100.00\"");
    for loan in ["A-1", "A-2"] {
        town.file("2017-10-01", loan, "200.00");
    }
    town.approve("2017-10-02", "A-1").unwrap();
    town.pay("2017-10-03", "A-1", Some("70.00")).unwrap();
    let rest = town.of_claim("2017-10-04", "cancel-rest", "A-1", json!({"reason": "x"}));
    town.approve("2017-10-05", "A-2").unwrap();
    let refused = told(town.reverse("2017-10-06", rest));
    assert_eq!(refused, "cap-used-up owner-year | 410821 2017 | 70.00 | 30.00 | 0.00");
}

/// All public money together is at most 80% of the loss, the others' part included (R-07).
#[test]
fn other_programmes_and_collateral_come_off() {
    let mut town = Town::new("principal", "all_programmes = \"80%\"");
    let claim = |name: &str, loan: &str, other: &str| {
        json!({"event": "file-claim", "claim": name, "loan": loan, "base": "100.00",
            "other": other})
    };
    // 80% of 170.00 leaves 66.00 of 60.00; of 250.00 it leaves 50.00.
    town.must("2017-10-01", claim("K-A-1", "A-1", "70.00"));
    town.must("2017-10-01", claim("K-A-2", "A-2", "150.00"));
    town.approve("2017-10-02", "A-1").unwrap();
    let approval = town.approve("2017-10-02", "A-2").unwrap();
    assert_eq!((town.approved("A-1"), town.approved("A-2")), ("60.00".into(), "50.00".into()));
    let working = town.working(approval);
    assert_eq!(working["other_programmes"], "150.00");
    let step = working["ceilings"].as_array().unwrap().last().unwrap();
    assert_eq!(
        step,
        &json!({"kind": "all-programmes", "subject": "K-A-2", "limit": "200.00", "used": "150.00",
            "held": "0.00", "left": "50.00", "before": "60.00", "after": "50.00"})
    );
    let loss = |base: &str| {
        json!({"event": "file-claim", "claim": "K-B", "loan": "B", "base": base,
            "collateral": "250.00", "other": "150.00"})
    };
    let refused = town.try_one("2017-10-01", loss("600.01")).unwrap_err();
    assert_eq!(refused.code, "claim-base-above-loss");
    assert_eq!(refused.arg("balance"), Some("1,000.00"));
    town.must("2017-10-01", loss("600.00"));
    // What is repaid until the approval is no loss any more.
    town.must("2017-10-02", json!({"event": "repay", "loan": "B", "amount": "0.01"}));
    assert_eq!(town.approve("2017-10-03", "B").unwrap_err().code, "claim-base-above-loss");
}

/// 1,000.00 at 3.6% from 2017-02-01: 90 days on 1,000.00 and 91 on 600.00 are 9.00 + 5.46 to the
/// maturity, of which 10.00 is paid; later days bear penalty interest, which nobody compensates.
#[test]
fn normal_interest_is_compensated_where_the_rules_say_so() {
    for (base, expected) in [
        ("principal", "claim-interest-excluded"),
        ("principal-and-normal-interest", "claim-interest-above"),
    ] {
        let mut town = Town::new(base, "");
        town.must("2017-05-02", json!({"event": "repay", "loan": "A-1", "amount": "400.00"}));
        town.must(
            "2017-06-01",
            json!({"event": "interest-paid", "loan": "A-1", "from": "2017-02-01",
                "to": "2017-05-12", "amount": "10.00"}),
        );
        let claim = |interest: &str, base: &str| {
            json!({"event": "file-claim", "claim": "K-A-1", "loan": "A-1", "base": base,
                "interest": interest})
        };
        let refused = town.try_one("2017-12-01", claim("4.47", "604.47")).unwrap_err();
        assert_eq!(refused.code, expected);
        if base == "principal" {
            continue;
        }
        assert_eq!(refused.arg("accrued"), Some("14.46"));
        assert_eq!(refused.arg("open"), Some("4.46"));
        let above = town.try_one("2017-12-01", claim("4.46", "604.47")).unwrap_err();
        assert_eq!(above.code, "claim-base-above-loss");
        town.must("2017-12-01", claim("4.46", "604.46"));
        // 60% of it; the exposure on the principal ends with the payment.
        town.approve("2017-12-02", "A-1").unwrap();
        assert_eq!(town.approved("A-1"), "362.68");
        town.pay("2017-12-03", "A-1", None).unwrap();
        let note = &town.book.state().loans.get("A-1").unwrap().notes[0];
        assert_eq!(
            (note.exposure.to_string(), note.compensated.to_string()),
            ("0.00".into(), "600.00".into())
        );
    }
}

#[test]
fn a_note_is_claimed_again_only_as_a_supplement() {
    let mut town = Town::new("principal", "");
    let more = |claim: &str, base: &str, supplement: &str| {
        json!({"event": "file-claim", "claim": claim, "loan": "A-1", "base": base,
            "supplement": supplement})
    };
    town.file("2017-10-01", "A-1", "400.00");
    town.file("2017-10-01", "A-2", "400.00");
    let refused = |town: &mut Town, value: Value| town.try_one("2017-10-03", value).unwrap_err();
    // Not before the earlier one is decided, and only on its own note.
    let problem = refused(&mut town, more("S", "600.00", "K-A-1"));
    assert_eq!((problem.code, problem.arg("state")), ("claim-supplement", Some("filed")));
    town.approve("2017-10-02", "A-1").unwrap();
    town.approve("2017-10-02", "A-2").unwrap();
    assert_eq!(refused(&mut town, more("S", "600.00", "K-A-2")).code, "claim-supplement");
    assert_eq!(refused(&mut town, more("S", "600.00", "K-X")).code, "claim-unknown");
    let plain = json!({"event": "file-claim", "claim": "S", "loan": "A-1", "base": "1.00"});
    assert_eq!(refused(&mut town, plain).code, "claim-duplicate");
    let problem = refused(&mut town, more("S", "600.01", "K-A-1"));
    assert_eq!((problem.code, problem.arg("earlier")), ("claim-base-above-loss", Some("400.00")));
    town.must("2017-10-03", more("S", "500.00", "K-A-1"));
    assert_eq!(refused(&mut town, more("T", "100.00", "K-A-1")).code, "claim-duplicate");
    town.must("2017-10-04", json!({"event": "approve-claim", "claim": "S"}));
    town.must("2017-10-05", more("T", "100.00", "S"));
}

#[test]
fn a_quota_stands_above_what_it_took_in() {
    let mut town = Town::new("principal", "");
    let quota = |amount: &str| {
        json!({"event": "quota", "owner": "410821", "year": 2017, "amount": amount,
            "document": "文"})
    };
    let balance = |town: &Town| {
        let account = poolbook::domain::account::Account::Quota;
        let fund = poolbook::domain::account::Fund::Risk;
        town.book.state().balance("410821", fund, account, None).to_string()
    };
    for loan in ["A-1", "A-2"] {
        town.file("2017-10-01", loan, "100.00");
    }
    let early = town.approve("2017-10-02", "A-1").unwrap();
    let without = json!({"event": "quota", "owner": "410821", "year": 2017, "amount": "1.00"});
    assert_eq!(town.try_one("2017-10-03", without).unwrap_err().code, "document-missing");
    let below = town.try_one("2017-10-03", quota("59.99")).unwrap_err();
    assert_eq!((below.code, below.arg("held")), ("quota-below-used", Some("60.00")));
    let money = json!({"event": "budget", "bank_account": "POOL-410821", "amount": "60.00"});
    assert_eq!(town.try_one("2017-10-03", money.clone()).unwrap_err().code, "fund-mismatch");
    let first = town.must("2017-10-03", quota("70.00"));
    assert_eq!(balance(&town), "10.00");
    town.must("2017-10-03", money);
    // The approval that it took in rests under it.
    let refused = town.reverse("2017-10-04", early).unwrap_err();
    assert_eq!((refused.code, refused.arg("later")), ("reverse-later", Some(&*first.to_string())));
    let late = town.approve("2017-10-05", "A-2").unwrap();
    assert_eq!((town.approved("A-2"), balance(&town)), ("10.00".into(), "0.00".into()));
    let working = town.working(late);
    assert_eq!(working["cut"]["by"], "quota");
    // What the city and the county are asked for.
    assert_eq!(working["approved_levels"], json!({"city": "4.00", "owner": "6.00"}));
    assert_eq!(town.cap("quota", "410821", Some(2017)), "0.00 70.00 0.00");
    assert_eq!(town.reverse("2017-10-06", first).unwrap_err().code, "reverse-later");
    let second = town.must("2017-10-06", quota("75.00"));
    assert_eq!(balance(&town), "5.00");
    town.reverse("2017-10-07", second).unwrap();
    town.reverse("2017-10-07", late).unwrap();
    assert_eq!(balance(&town), "10.00");
    town.reverse("2017-10-08", first).unwrap();
    assert_eq!((balance(&town), town.book.state().quota("410821", 2017)), ("0.00".into(), None));
    town.reverse("2017-10-08", early).unwrap();
    assert_eq!(town.cap("quota", "410821", Some(2017)), "none");
}

/// What a later year cancels is not the quota's to give again.
#[test]
fn a_quota_ends_with_its_year() {
    let mut town = Town::new("principal", "");
    town.must(
        "2017-01-02",
        json!({"event": "quota", "owner": "410821", "year": 2017, "amount": "60.00",
            "document": "文"}),
    );
    for loan in ["A-1", "A-2"] {
        town.file("2017-10-01", loan, "100.00");
    }
    town.approve("2017-10-02", "A-1").unwrap();
    town.pay("2017-10-03", "A-1", Some("20.00")).unwrap();
    town.of_claim("2018-01-04", "cancel-rest", "A-1", json!({"reason": "x"}));
    assert_eq!(town.cap("quota", "410821", Some(2017)), "60.00 0.00 0.00");
    assert!(town.approve("2017-12-31", "A-2").is_err());
    // Without a quota for the year nothing of it is asked.
    town.approve("2018-01-05", "A-2").unwrap();
}

/// 50,000.00 a firm and year, 80,000.00 in all: what a reduction gave free is another line's now.
#[test]
fn a_reduction_is_not_taken_back_once_its_room_is_used() {
    let mut book = crate::refusals::book_at("capped");
    let mut tell = |text: &str| {
        let result = book.record(event(text), &options());
        result.map(|(entry, _)| entry.unwrap().seq).map_err(|problem| problem.code)
    };
    let reduction = tell(
        r#"{"event":"reduce-subsidy","id":"less","date":"2017-10-06","subsidy":"S-5","amount":"20000.00","reason":"x"}"#,
    );
    let other = |id: &str, amount: &str, period: &str| {
        format!(
            r#"{{"event":"approve-subsidy","id":"{id}","date":"2018-06-07","loan":"L-6","amount":"{amount}","period":"{period}","programme":"interest-discount"}}"#
        )
    };
    assert_eq!(tell(&other("S-6", "20000.01", "2017Q3")), Err("firm-year-cap"));
    tell(&other("S-6", "20000.00", "2017Q3")).unwrap();
    let back = |entry: u64| {
        format!(
            r#"{{"event":"reverse","id":"back","date":"2018-06-08","entry":{entry},"reason":"x"}}"#
        )
    };
    assert_eq!(tell(&back(reduction.unwrap())), Err("firm-year-cap"));
    assert_eq!(tell(&other("S-7", "30000.01", "2018Q1")), Err("firm-total-cap"));
    tell(&other("S-7", "30000.00", "2018Q1")).unwrap();
    let asked = CapsAsked { kind: CapKind::parse("subsidy-total"), ..CapsAsked::default() };
    let row = shown(&book, asked)["rows"][0].clone();
    assert_eq!((&row["limit"], &row["held"]), (&json!("80000.00"), &json!("80000.00")));
    let asked = CapsAsked { kind: CapKind::parse("programme-budget"), ..CapsAsked::default() };
    let row = shown(&book, asked)["rows"][0].clone();
    let figures =
        ["limit", "used", "held", "left"].map(|key| row[key].as_str().unwrap().to_owned());
    assert_eq!(figures, ["250000.00", "0.00", "80000.00", "170000.00"]);
}

/// Entries of a scenario, by the ids of their events.
fn played(name: &str) -> (Book<MemoryStore>, Vec<Entry>) {
    let mut book = jiaozuo();
    let mut list = Vec::new();
    let result = book.record_all(
        &mut events(&format!("scenarios/{name}.jsonl")),
        &crate::scenarios::options(),
        &mut |_, outcome| {
            if let Outcome::New(entry) = outcome {
                list.push(entry.clone());
            }
        },
    );
    result.unwrap_or_else(|refused| panic!("{refused:?}"));
    (book, list)
}

fn working_of(entries: &[Entry], id: &str) -> Value {
    let entry = entries.iter().find(|entry| *entry.event.id == *id).unwrap();
    entry.working.as_ref().unwrap().value()
}

/// The worked numbers of C-11 and C-12, as the workings tell them.
#[test]
fn the_working_names_every_ceiling_and_the_levels() {
    let (book, entries) = played("caps");
    let county = working_of(&entries, "approve-L-1");
    assert_eq!(
        county["parts"],
        json!({"pool": "493827.16", "guarantor": "493827.16", "bank": "246913.57"})
    );
    assert_eq!(county["levels"], json!({"city": "197530.86", "owner": "296296.30"}));
    assert_eq!(county.get("cut"), None);
    let district = working_of(&entries, "approve-L-2");
    assert_eq!(district["levels"], json!({"city": "296296.30", "owner": "197530.86"}));
    let cut = working_of(&entries, "approve-L-3");
    let steps: Vec<String> = cut["ceilings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let text = |key: &str| step[key].as_str().unwrap().to_owned();
            [text("kind"), text("limit"), text("held"), text("left"), text("after")].join(" ")
        })
        .collect();
    assert_eq!(
        steps,
        [
            "loan 9000000.00 0.00 9000000.00 8000000.00",
            "firm-total 9500000.00 0.00 9500000.00 8000000.00",
            "firm-year 9000000.00 0.00 9000000.00 8000000.00",
            "bank-year 10000000.00 987654.32 9012345.68 8000000.00",
            "bank-year-share 5753086.42 987654.32 4765432.10 4765432.10",
            "owner-year 20000000.00 493827.16 19506172.84 4765432.10",
            "all-programmes 16000000.00 0.00 16000000.00 4765432.10",
        ]
    );
    assert_eq!(
        cut["cut"],
        json!({"amount": "3234567.90", "borne_by": "bank", "by": "bank-year-share"})
    );
    let levels = |id| working_of(&entries, id)["levels"].clone();
    assert_eq!(levels("recovery-1"), json!({"city": "29064.69", "owner": "43597.04"}));
    // Cumulatively 45,064.69 and 67,597.04.
    assert_eq!(levels("recovery-2"), json!({"city": "16000.00", "owner": "24000.00"}));
    let asked = CapsAsked {
        kind: Some(CapKind::BankYearShare),
        subject: Some("BANK"),
        year: Some(2018),
        ..CapsAsked::default()
    };
    let shown = shown(&book, asked);
    let row = &shown["rows"][0];
    assert_eq!((&row["limit"], &row["used"]), (&json!("5753086.42"), &json!("447530.86")));
    assert_eq!((&row["held"], &row["left"]), (&json!("5259259.26"), &json!("46296.30")));
    let uses: Vec<String> = shown["uses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            let text = |key: &str| item[key].as_str().unwrap().to_owned();
            [text("date"), text("used_by"), text("state"), text("amount")].join(" ")
        })
        .collect();
    assert_eq!(
        uses,
        [
            "2018-05-20 C-1 used 447530.86",
            "2018-05-11 C-2 held 493827.16",
            "2018-05-12 C-3 held 4765432.10",
        ]
    );
}
