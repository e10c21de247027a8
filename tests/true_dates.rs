//! Which day a rule goes by: the true date of the fact or the day of booking, and the last day on
//! which it is taken with the first on which it is not.

use crate::refusals::{book_at, read};
use crate::support::book::{options, record};
use crate::support::town::Town;
use poolbook::book::Book;
use poolbook::store::MemoryStore;
use serde_json::{Value, json};

/// What comes of an event on a book: nothing, or the code of the refusal.
fn outcome(book: &mut Book<MemoryStore>, told: &Value, id: &str) -> Result<(), String> {
    let event = read(book, &told.to_string(), id);
    book.record(event, &options()).map(|_| ()).map_err(|problem| problem.code.to_owned())
}

/// A rule that goes by the true date: `facts` on `taken` stand and on `refused` do not, told in time
/// and told on a later day.
struct Rule {
    stage: &'static str,
    facts: Value,
    taken: &'static str,
    refused: &'static str,
    code: &'static str,
    booked: &'static str,
}

fn rules() -> Vec<Rule> {
    let enrol = json!({"event": "enrol", "owner": "410821", "loan": "M", "firm": "FIRM",
        "bank": "BANK", "amount": "1000", "due": "2018-03-01", "rate": "4%"});
    let rule = |stage, facts, taken, refused, code, booked| Rule {
        stage,
        facts,
        taken,
        refused,
        code,
        booked,
    };
    vec![
        // The owner joined on 1 June 2017.
        rule(
            "set up",
            json!({"event": "commit", "owner": "410822", "source": "city", "amount": "1"}),
            "2017-06-01",
            "2017-05-31",
            "owner-not-joined",
            "2017-06-05",
        ),
        // No rules were in force before 1 February 2017.
        rule("set up", enrol.clone(), "2017-02-01", "2017-01-31", "rules-missing", "2017-02-20"),
        // The rules take enrolments up to and including 31 December 2017.
        rule("pool rates", enrol, "2017-12-31", "2018-01-01", "rules-expired", "2018-01-05"),
        // Enrolled on 2 June 2017, three months after 2 March.
        rule(
            "pool late",
            json!({"event": "disburse", "loan": "LATE", "amount": "1"}),
            "2017-03-02",
            "2017-03-01",
            "enrol-window",
            "2017-06-20",
        ),
        // Due on 1 March 2018: nothing is drawn on that day any more.
        rule(
            "set up",
            json!({"event": "disburse", "loan": "L", "amount": "1"}),
            "2018-02-28",
            "2018-03-01",
            "date-order",
            "2018-04-01",
        ),
        // Drawn on 1 March 2017.
        rule(
            "drawn",
            json!({"event": "repay", "loan": "L", "amount": "1"}),
            "2017-03-01",
            "2017-02-28",
            "date-order",
            "2017-03-20",
        ),
        rule(
            "drawn",
            json!({"event": "reprice", "loan": "L", "rate": "4%"}),
            "2017-03-01",
            "2017-02-28",
            "date-order",
            "2017-03-20",
        ),
        rule(
            "drawn",
            json!({"event": "overdue", "loan": "L"}),
            "2017-03-01",
            "2017-02-28",
            "date-order",
            "2017-03-20",
        ),
        rule(
            "drawn",
            json!({"event": "npl", "loan": "L"}),
            "2017-03-01",
            "2017-02-28",
            "date-order",
            "2017-03-20",
        ),
        // Overdue since 1 July 2017.
        rule(
            "overdue",
            json!({"event": "cure", "loan": "L"}),
            "2017-07-01",
            "2017-06-30",
            "date-order",
            "2017-07-20",
        ),
        // More than 60 days after 1 July: 30 August is the sixtieth, 31 August the sixty-first.
        rule(
            "overdue",
            json!({"event": "file-claim", "claim": "C", "loan": "L", "base": "1000.00",
                "lawsuit": "1号"}),
            "2017-08-31",
            "2017-08-30",
            "claim-too-early",
            "2017-09-15",
        ),
    ]
}

#[test]
fn rules_of_facts_go_by_the_true_date_to_the_day() {
    let mut wrong = Vec::new();
    for rule in rules() {
        let Rule { stage, facts, taken, refused, code, booked } = rule;
        for late in [false, true] {
            for (day, expected) in [(taken, Ok(())), (refused, Err(code.to_owned()))] {
                let mut told = facts.clone();
                told["date"] = day.into();
                if late {
                    told["effective"] = day.into();
                    told["date"] = booked.into();
                }
                let found = outcome(&mut book_at(stage), &told, "edge");
                if found != expected {
                    wrong.push(format!("{stage}: {told}: {found:?}, not {expected:?}"));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{}", wrong.join("\n"));
}

/// A loan counts as enrolled on its true date: one day earlier, and what was drawn a day earlier is
/// still within the three months.
#[test]
fn a_loan_enrolled_late_is_in_the_window_of_its_true_date() {
    for (enrolled, drawn, expected) in [
        ("2017-06-02", "2017-03-02", Ok(())),
        ("2017-06-02", "2017-03-01", Err("enrol-window".to_owned())),
        ("2017-06-01", "2017-03-01", Ok(())),
        ("2017-06-01", "2017-02-28", Err("enrol-window".to_owned())),
        // The same day three months later is the last one: 30 April, where there is no 31st.
        ("2017-04-30", "2017-01-31", Ok(())),
        ("2017-05-01", "2017-01-31", Err("enrol-window".to_owned())),
    ] {
        let mut book = book_at("pool rates");
        let enrol = json!({"event": "enrol", "date": "2017-06-20", "effective": enrolled,
            "owner": "410821", "loan": "M", "firm": "FIRM", "bank": "BANK", "amount": "1000",
            "signed": "2016-11-01", "due": "2018-03-01", "rate": "4%"});
        assert_eq!(outcome(&mut book, &enrol, "enrol-m"), Ok(()));
        let draw = json!({"event": "disburse", "date": "2017-06-21", "effective": drawn,
            "loan": "M", "amount": "1"});
        assert_eq!(outcome(&mut book, &draw, "draw-m"), expected, "{enrolled} {drawn}");
    }
}

/// A claim is approved on the day of its filing or later; the day is the true one of the filing.
#[test]
fn a_claim_is_not_approved_before_it_was_filed() {
    for (date, effective) in [("2017-09-05", None), ("2017-09-20", Some("2017-09-05"))] {
        let mut file = json!({"event": "file-claim", "date": date, "claim": "C", "loan": "L",
            "base": "800000.00", "lawsuit": "1号"});
        file["effective"] = effective.into();
        for (day, expected) in
            [("2017-09-04", Err("date-order".to_owned())), ("2017-09-05", Ok(()))]
        {
            let mut book = book_at("overdue");
            assert_eq!(outcome(&mut book, &file, "filing"), Ok(()));
            let approve = json!({"event": "approve-claim", "date": day, "claim": "C",
                "amount": "1000.00"});
            assert_eq!(outcome(&mut book, &approve, "approval"), expected, "{date} {day}");
        }
    }
}

/// An extension ends after the maturity before it, whether that is the contract's or another
/// extension's.
#[test]
fn an_extension_ends_after_the_maturity_before_it() {
    let mut book = book_at("drawn");
    for (due, expected) in [
        ("2018-03-01", Err("date-order".to_owned())),
        ("2018-03-02", Ok(())),
        ("2018-03-02", Err("date-order".to_owned())),
        ("2018-03-03", Ok(())),
    ] {
        let extend = json!({"event": "extend", "date": "2018-02-01", "loan": "L", "due": due});
        let id = format!("extend-{}", book.head().count);
        assert_eq!(outcome(&mut book, &extend, &id), expected, "{due}");
    }
}

/// Days overdue begin anew after a cure: 60 days from 2 July are over on 31 August, which is the
/// sixtieth.
#[test]
fn days_overdue_count_from_the_last_time() {
    for (day, expected) in
        [("2017-08-31", Err("claim-too-early".to_owned())), ("2017-09-01", Ok(()))]
    {
        let mut book = book_at("drawn");
        for told in [
            json!({"event": "overdue", "id": "o1", "date": "2017-05-01", "loan": "L"}),
            json!({"event": "cure", "id": "c1", "date": "2017-07-02", "loan": "L"}),
            json!({"event": "overdue", "id": "o2", "date": "2017-07-02", "loan": "L"}),
        ] {
            let event = read(&book, &told.to_string(), "-");
            record(&mut book, &[event]);
        }
        let file = json!({"event": "file-claim", "date": day, "claim": "C", "loan": "L",
            "base": "1000.00", "lawsuit": "1号"});
        assert_eq!(outcome(&mut book, &file, "filing"), expected, "{day}");
    }
}

/// Interest in a claim is what the contract has accrued up to the day of the filing, whenever that is
/// booked: 100 days on 1,000.00 at 3.6% a year of 360 days are 10.00.
#[test]
fn the_interest_of_a_claim_ends_on_the_true_day_of_its_filing() {
    for (date, effective) in [("2017-05-12", None), ("2017-09-01", Some("2017-05-12"))] {
        for (interest, expected) in [("10.01", Some("2017-05-12 10.00")), ("10.00", None)] {
            let mut town = Town::new("principal-and-normal-interest", "");
            let enrol = json!({"event": "enrol", "owner": "410821", "loan": "E", "firm": "FIRM-A",
                "bank": "BANK-1", "amount": "1000.00", "due": "2018-02-01", "rate": "3.6%"});
            town.must("2017-02-01", enrol);
            let drawn = json!({"event": "disburse", "loan": "E", "amount": "1000.00"});
            town.must("2017-02-01", drawn);
            town.must("2017-05-02", json!({"event": "overdue", "loan": "E"}));
            let file = json!({"event": "file-claim", "claim": "K-E", "loan": "E",
                "base": "1000.00", "interest": interest, "effective": effective});
            let found = town.try_one(date, file).err().map(|problem| {
                assert_eq!(problem.code, "claim-interest-above");
                ["until", "open"].map(|name| problem.arg(name).unwrap_or("-")).join(" ")
            });
            assert_eq!(found.as_deref(), expected, "{date}");
        }
    }
}
