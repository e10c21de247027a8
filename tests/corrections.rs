//! Corrections: what was taken back can be done again, and nothing comes back over what followed.

use crate::support::book::{blank, event, options, record};
use poolbook::book::subsidies::{payment, unpaid};
use poolbook::book::{Book, Options, Outcome, RowGroup};
use poolbook::domain::account::Fund;
use poolbook::domain::calendar::parse_date;
use poolbook::domain::event::Event;
use poolbook::domain::money::{Money, Total};
use poolbook::domain::state::Cell;
use poolbook::domain::text::Id;
use poolbook::store::MemoryStore;

/// A loan of 1,000.00, all of it drawn and overdue, whose pool bears a half; 500.00 in the pool and
/// 500.00 of discount budget.
fn overdue() -> Book<MemoryStore> {
    let lines = [
        r#"{"event":"open-book","city":"410800","name":"焦作市","currency":"CNY"}"#,
        r#"{"event":"join","owner":"410821"}"#,
        r#"{"event":"party","party":"BANK","kind":"bank","name":"银行"}"#,
        r#"{"event":"party","party":"FIRM","kind":"firm","name":"企业"}"#,
        r#"{"event":"bank-account","owner":"410821","bank_account":"POOL","fund":"RISK"}"#,
        r#"{"event":"bank-account","owner":"410821","bank_account":"INT","fund":"INT"}"#,
        r#"{"event":"contribute","owner":"410821","source":"city","bank_account":"POOL","amount":"500"}"#,
        r#"{"event":"budget","owner":"410821","bank_account":"INT","amount":"500"}"#,
        r#"{"event":"enrol","owner":"410821","loan":"L","firm":"FIRM","bank":"BANK","amount":"1000","due":"2018-01-01","rate":"5%","pool_share":"50%"}"#,
        r#"{"event":"disburse","loan":"L","amount":"1000"}"#,
        r#"{"event":"overdue","loan":"L"}"#,
    ];
    let mut book = blank();
    for (line, number) in lines.iter().zip(1..) {
        let own = line.trim_end_matches('}');
        record(&mut book, &[event(&format!(r#"{own},"date":"2017-01-01","id":"s{number}"}}"#))]);
    }
    book
}

fn told(id: &str, own: &str) -> Event {
    event(&format!(r#"{{"id":"{id}","date":"2017-06-01",{own}}}"#))
}

fn reversal(book: &Book<MemoryStore>, of: &str) -> Event {
    let seq = book.find(of).unwrap().unwrap().seq;
    event(&format!(
        r#"{{"id":"back/{of}","date":"2017-06-03","event":"reverse","entry":"{seq}","reason":"x"}}"#
    ))
}

#[test]
fn a_rejected_claim_whose_place_is_taken_does_not_come_back() {
    let claim = |id: &str| {
        told(id, &format!(r#""event":"file-claim","claim":"{id}","loan":"L","base":"1000""#))
    };
    let mut book = overdue();
    let reject = told("no", r#""event":"reject-claim","claim":"C1","reason":"x""#);
    record(&mut book, &[claim("C1"), reject, claim("C2")]);
    let back = reversal(&book, "no");
    let refused = book.record(back.clone(), &options()).unwrap_err();
    assert_eq!((refused.code, refused.arg("later")), ("reverse-later", Some("14")));
    // Once the second claim is taken back there is room for the first again.
    let free = reversal(&book, "C2");
    record(&mut book, &[free, back]);
    assert_eq!(book.state().claims.get("C1").unwrap().state.code(), "filed");
    assert_eq!(book.record(claim("C3"), &options()).unwrap_err().code, "claim-duplicate");
}

#[test]
fn a_cure_taken_back_ends_no_earlier_spell() {
    let mut book = overdue();
    let on = |id: &str, date: &str, word: &str| {
        event(&format!(r#"{{"id":"{id}","date":"{date}","event":"{word}","loan":"L"}}"#))
    };
    record(&mut book, &[on("c1", "2017-02-01", "cure"), on("n", "2017-03-01", "npl")]);
    let before = book.state().loans.get("L").unwrap().clone();
    record(&mut book, &[on("c2", "2017-04-01", "cure")]);
    let back = reversal(&book, "c2");
    record(&mut book, &[back]);
    let after = book.state().loans.get("L").unwrap();
    assert_eq!(after, &before);
    let note = &after.notes[0];
    assert_eq!(note.npl, parse_date("2017-03-01").ok());
    assert_eq!(note.overdue, [(parse_date("2017-01-01").unwrap(), parse_date("2017-02-01").ok())]);
}

#[test]
fn a_subsidy_taken_back_can_be_approved_and_paid_again() {
    let mut book = overdue();
    let people = Options {
        people: poolbook::book::People {
            maker: Some("甲".into()),
            checker: Some("乙".into()),
            approver: None,
        },
        ..options()
    };
    let approval = told(
        "INT/2017Q1/L",
        r#""event":"approve-subsidy","loan":"L","amount":"80","period":"2017Q1","programme":"interest-discount""#,
    );
    let pay = |book: &mut Book<MemoryStore>| {
        let day = parse_date("2017-06-02").unwrap();
        let (line, open) = unpaid(book.state(), None)[0];
        let told = payment(line, day, &Id::parse("INT").unwrap(), open);
        let told = book.once_more(told).unwrap();
        let (entry, _) = book.record(told, &people).unwrap();
        entry.map(|entry| entry.event.id.to_string())
    };
    let cell = Cell { owner: Id::parse("410821").unwrap(), fund: Fund::Interest };
    for round in ["", "#2", "#3"] {
        let event = book.once_more(approval.clone()).unwrap();
        assert_eq!(event.id, *format!("INT/2017Q1/L{round}"));
        record(&mut book, std::slice::from_ref(&event));
        // While it stands, it is known by its id, and told once more it is nothing new.
        assert_eq!(book.once_more(approval.clone()).unwrap().id, event.id);
        let first = pay(&mut book).unwrap();
        assert_eq!(first, format!("pay/{}/0.00", event.id));
        assert_eq!(book.state().cash(&cell), Total(42_000));
        let back = reversal(&book, &first);
        record(&mut book, &[back]);
        assert_eq!(book.state().cash(&cell), Total(50_000));
        let second = pay(&mut book).unwrap();
        assert_eq!(second, format!("pay/{}/0.00#2", event.id));
        for id in [second.as_str(), event.id.as_str()] {
            let back = reversal(&book, id);
            record(&mut book, &[back]);
        }
        assert_eq!(book.state().available(&cell), Total(50_000));
        assert_eq!(book.state().caps.iter().map(|cap| cap.used).max(), Some(Money::ZERO));
    }
}

/// Events, and how many of them are new and how many known; or why the group is refused.
type Group<'a> = (&'a [&'a Event], Result<[u64; 2], &'static str>);

/// A dry run says what the run will say.
#[test]
fn a_dry_run_knows_the_entries_before_it() {
    let dry = Options { dry_run: true, ..options() };
    let charge = told("t", r#""event":"bank-charge","bank_account":"POOL","amount":"5""#);
    let other = told("t", r#""event":"bank-charge","bank_account":"POOL","amount":"6""#);
    let back = told("b", r#""event":"reverse","entry":"12","reason":"x""#);
    let twice = told("b2", r#""event":"reverse","entry":"12","reason":"x""#);
    let groups: [Group<'_>; 4] = [
        (&[&charge, &back], Ok([2, 0])),
        (&[&charge, &charge, &back], Ok([2, 1])),
        (&[&charge, &other], Err("id-reused")),
        (&[&charge, &back, &twice], Err("reverse-twice")),
    ];
    for (events, expected) in groups {
        let events: Vec<Event> = events.iter().map(|event| (*event).clone()).collect();
        for options in [&dry, &options()] {
            let mut book = overdue();
            let result = book.record_all(&mut events.clone(), options, &mut |_, _| {});
            let found = result.map(|summary| [summary.new, summary.already]);
            assert_eq!(found.map_err(|refused| refused.problem.code), expected);
            let mut book = overdue();
            let mut group = RowGroup::default();
            let mut found = Ok([0, 0]);
            for event in &events {
                let row =
                    book.record_row(vec![event.clone()], options, &mut group, &mut |outcome| {
                        if let Ok(counts) = &mut found {
                            counts[usize::from(matches!(outcome, Outcome::Already(_)))] += 1;
                        }
                    });
                found = row.map_err(|problem| problem.code).and(found);
            }
            assert_eq!(found, expected);
            book.finish_rows(options, group).unwrap();
        }
    }
}

#[test]
fn what_was_repaid_since_the_filing_is_not_compensated() {
    let mut book = overdue();
    let claim = told("claim", r#""event":"file-claim","claim":"C","loan":"L","base":"1000""#);
    record(&mut book, &[claim, told("repay", r#""event":"repay","loan":"L","amount":"0.01""#)]);
    let approve = told("approve", r#""event":"approve-claim","claim":"C""#);
    let refused = book.record(approve, &options()).unwrap_err();
    assert_eq!(
        (refused.code, refused.arg("balance")),
        ("claim-base-above-balance", Some("999.99"))
    );
}

#[test]
fn a_promise_that_was_kept_is_not_taken_back() {
    let mut book = overdue();
    let promise =
        told("promise", r#""event":"commit","owner":"410821","source":"city","amount":"80""#);
    let keep = r#""event":"contribute","owner":"410821","source":"city","bank_account":"POOL","amount":"30""#;
    record(&mut book, &[promise, told("keep", keep)]);
    let back = reversal(&book, "promise");
    let refused = book.record(back.clone(), &options()).unwrap_err();
    assert_eq!(refused.code, "reverse-later");
    let first = reversal(&book, "keep");
    record(&mut book, &[first, back]);
    assert_eq!(
        book.state().commitment("410821", poolbook::domain::event::Source::City),
        Total::ZERO
    );
}

#[test]
fn a_reversal_is_not_dated_before_what_it_takes_back() {
    let mut book = overdue();
    record(&mut book, &[told("repay", r#""event":"repay","loan":"L","amount":"1""#)]);
    let seq = book.find("repay").unwrap().unwrap().seq;
    let early = format!(
        r#"{{"id":"early","date":"2017-05-31","event":"reverse","entry":"{seq}","reason":"x"}}"#
    );
    assert_eq!(book.record(event(&early), &options()).unwrap_err().code, "date-order");
}

#[test]
fn many_rows_at_once_leave_no_row_out_of_date() {
    let mut book = overdue();
    let charge = |id: &str, date: &str| {
        let own =
            r#""event":"pool-interest","owner":"410821","bank_account":"POOL","amount":"0.01""#;
        event(&format!(r#"{{"id":"{id}","date":"{date}",{own}}}"#))
    };
    record(&mut book, &[charge("first", "2017-06-01")]);
    // A day in each month of 150 years: more rows than are kept in memory between events.
    let months = (2020..2170).flat_map(|year| (1..=12).map(move |month| (year, month)));
    let many: Vec<Event> = months
        .map(|(year, month)| charge(&format!("d{year}-{month}"), &format!("{year}-{month:02}-05")))
        .chain([charge("same", "2017-06-01")])
        .collect();
    book.record_all(&mut many.clone(), &options(), &mut |_, _| {}).unwrap();
    record(&mut book, &[charge("last", "2017-06-01")]);
    let rows = crate::support::book::rows(book.store());
    book.reindex().unwrap();
    assert!(crate::support::book::rows(book.store()) == rows, "rows kept went out of date");
}
