//! What random lives found, told in a few events each.

use crate::support::book::{audited, blank, event, options, record};
use poolbook::book::Book;
use poolbook::domain::event::Event;
use poolbook::store::MemoryStore;

const BEGIN: &[&str] = &[
    r#"{"event":"open-book","date":"2017-01-01","city":"410800","name":"焦作市","currency":"CNY"}"#,
    r#"{"event":"join","date":"2017-01-01","owner":"410821"}"#,
    r#"{"event":"party","date":"2017-01-01","party":"BANK","kind":"bank","name":"银行"}"#,
    r#"{"event":"party","date":"2017-01-01","party":"FIRM","kind":"firm","name":"企业"}"#,
    r#"{"event":"bank-account","date":"2017-01-01","owner":"410821","bank_account":"INT","fund":"INT"}"#,
    r#"{"event":"bank-account","date":"2017-01-01","owner":"410821","bank_account":"GFEE","fund":"GFEE"}"#,
    r#"{"event":"budget","date":"2017-01-02","owner":"410821","bank_account":"INT","amount":"1000"}"#,
    r#"{"event":"budget","date":"2017-01-02","owner":"410821","bank_account":"GFEE","amount":"1000"}"#,
    r#"{"event":"enrol","date":"2017-01-03","owner":"410821","loan":"L","firm":"FIRM","bank":"BANK","amount":"1000","pool_share":"0.4","due":"2018-01-01","rate":"4%"}"#,
    r#"{"event":"disburse","date":"2017-01-03","loan":"L","note":"N1","amount":"500"}"#,
    r#"{"event":"disburse","date":"2017-01-03","loan":"L","note":"N2","amount":"500"}"#,
];

fn told(texts: &[&str], from: usize) -> Vec<Event> {
    let numbered = texts.iter().enumerate().map(|(place, text)| {
        let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
        if value.get("id").is_none() {
            value["id"] = format!("e{}", from + place).into();
        }
        event(&value.to_string())
    });
    numbered.collect()
}

fn book(more: &[&str]) -> Book<MemoryStore> {
    let mut book = blank();
    record(&mut book, &told(BEGIN, 1));
    record(&mut book, &told(more, 101));
    book
}

fn refusal(book: &mut Book<MemoryStore>, text: &str) -> Option<&'static str> {
    let event = told(&[text], 201).remove(0);
    book.record(event, &options()).err().map(|problem| problem.code)
}

#[test]
fn a_close_of_more_than_one_fund_is_sound() {
    let book = book(&[
        r#"{"event":"close","date":"2017-01-31","owner":"410821","period":"2017-01","maker":"甲","checker":"乙"}"#,
    ]);
    assert_eq!(audited(book.store()), []);
}

#[test]
fn a_fee_is_subsidised_and_filed_for_once_for_a_loan_whatever_its_note() {
    let line = |word: &str, note: &str, amount: &str| {
        format!(
            r#"{{"event":"{word}","date":"2017-04-02","loan":"L","note":"{note}","period":"2017Q1","programme":"guarantee-fee"{amount}}}"#
        )
    };
    let amount = r#","amount":"10""#;
    let mut approved = book(&[&line("approve-subsidy", "N1", amount)]);
    for again in [line("approve-subsidy", "N2", amount), line("file-subsidy", "N2", "")] {
        assert_eq!(refusal(&mut approved, &again), Some("subsidy-exists"));
    }
    let mut filed = book(&[&line("file-subsidy", "N1", "")]);
    assert_eq!(refusal(&mut filed, &line("file-subsidy", "N2", "")), Some("subsidy-exists"));
    record(&mut filed, &told(&[&line("approve-subsidy", "N2", amount)], 301));
    let filing = filed.state().filings.iter().next().unwrap();
    assert_eq!(filing.line.as_deref(), Some("e301"), "the filing has its answer");
}

#[test]
fn a_claim_that_was_withdrawn_leaves_the_whole_loss_to_another() {
    let mut book = book(&[
        r#"{"event":"overdue","date":"2017-02-01","loan":"L","note":"N1"}"#,
        r#"{"event":"file-claim","date":"2017-05-01","claim":"C1","loan":"L","note":"N1","base":"500"}"#,
        r#"{"event":"withdraw-claim","date":"2017-05-02","claim":"C1","reason":"x"}"#,
    ]);
    let again = r#"{"event":"file-claim","date":"2017-05-03","claim":"C2","loan":"L","note":"N1","base":"500"}"#;
    assert_eq!(refusal(&mut book, again), None);
    let approve = r#"{"event":"approve-claim","id":"a","date":"2017-05-04","claim":"C2"}"#;
    assert_eq!(refusal(&mut book, approve), None);
}

#[test]
fn a_fact_of_a_closed_owner_is_not_taken_back_inside_the_closed_period() {
    let mut book = book(&[
        r#"{"event":"interest-paid","date":"2017-01-20","loan":"L","note":"N1","from":"2017-01-03","to":"2017-01-20","amount":"1"}"#,
        r#"{"event":"close","date":"2017-01-31","owner":"410821","period":"2017-01","maker":"甲","checker":"乙"}"#,
    ]);
    let back = |date: &str| {
        format!(r#"{{"event":"reverse","id":"r{date}","date":"{date}","entry":"12","reason":"x"}}"#)
    };
    assert_eq!(refusal(&mut book, &back("2017-01-31")), Some("period-closed"));
    assert_eq!(refusal(&mut book, &back("2017-02-01")), None);
}

/// 1,000.00 of 2017 and 1,000.00 of 2018; in 2018 all of 2017 goes back. What is left is money of 2018,
/// whatever day the next entry is dated.
#[test]
fn a_budget_that_went_back_in_a_later_year_does_not_go_back_again_in_its_own() {
    let back = |id: &str, date: &str, amount: &str, prior: bool| {
        format!(
            r#"{{"event":"return-budget","id":"{id}","date":"{date}","owner":"410821","bank_account":"INT","amount":"{amount}","prior_year":{prior},"maker":"甲","checker":"乙"}}"#
        )
    };
    let reverse = |entry: u64| {
        format!(
            r#"{{"event":"reverse","id":"r{entry}","date":"2018-03-02","entry":"{entry}","reason":"x"}}"#
        )
    };
    let mut book = book(&[
        r#"{"event":"budget","date":"2018-02-01","owner":"410821","bank_account":"INT","amount":"1000"}"#,
        &back("b", "2018-03-01", "1000", true),
    ]);
    let of_2017 = back("x", "2017-12-30", "0.01", false);
    assert_eq!(refusal(&mut book, &of_2017), Some("budget-not-given"));
    // The budget of 2017 rests under what went back.
    assert_eq!(refusal(&mut book, &reverse(7)), Some("above-open"));
    assert_eq!(
        refusal(&mut book, &back("y", "2018-03-01", "0.01", true)),
        Some("budget-not-given")
    );
    assert_eq!(refusal(&mut book, &reverse(13)), None);
    assert_eq!(refusal(&mut book, &of_2017), None);
    // What 2017 has left goes back in 2018, and no more, though 2018 gave as much.
    assert_eq!(
        refusal(&mut book, &back("z", "2018-03-03", "1000", true)),
        Some("budget-not-given")
    );
    assert_eq!(refusal(&mut book, &back("z", "2018-03-03", "999.99", true)), None);
    assert_eq!(audited(book.store()), []);
}

/// A return that is dated back takes nothing of what a later one had of a later year.
#[test]
fn what_went_back_later_of_a_later_year_does_not_stand_in_the_way() {
    let back = |id: &str, date: &str| {
        format!(
            r#"{{"event":"return-budget","id":"{id}","date":"{date}","owner":"410821","bank_account":"INT","amount":"1000","prior_year":true,"maker":"甲","checker":"乙"}}"#
        )
    };
    let mut book = book(&[
        r#"{"event":"budget","date":"2018-02-01","owner":"410821","bank_account":"INT","amount":"1000"}"#,
        &back("b", "2019-03-01"),
    ]);
    assert_eq!(refusal(&mut book, &back("x", "2018-03-01")), None);
    assert_eq!(refusal(&mut book, &back("y", "2018-03-01")), Some("budget-not-given"));
    assert_eq!(audited(book.store()), []);
}
