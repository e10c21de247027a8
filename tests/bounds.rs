//! The bounds of the refusals: one fen or one day less, and the same event is taken.

use crate::refusals::{book_at, read};
use crate::support::book::record;
use poolbook::book::Options;
use poolbook::domain::money::{Money, MoneyError};
use poolbook::domain::rate::Fraction;
use poolbook::limits::MONEY_MAX_FEN;

/// One fen, one day less, and the same event is taken.
#[test]
fn the_bounds_themselves_are_taken() {
    let taken = [
        (
            "overdue",
            r#"{"event":"file-claim","date":"2017-09-01","claim":"C","loan":"L","base":"800000.00","collateral":"60000.00","other":"40000.00","lawsuit":"1号"}"#,
        ),
        (
            "pool rates",
            r#"{"event":"enrol","date":"2017-12-31","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1000","due":"2018-03-01","rate":"4%"}"#,
        ),
        (
            "pool rates",
            r#"{"event":"enrol","date":"2017-04-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1500000.00","due":"2018-03-01","rate":"4%"}"#,
        ),
        (
            "pool rates",
            r#"{"event":"enrol","date":"2017-04-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1000","due":"2019-04-01","rate":"4%"}"#,
        ),
        (
            "pool rates",
            r#"{"event":"enrol","date":"2017-04-01","owner":"410821","loan":"M","firm":"FIRM","bank":"BANK","amount":"1000","due":"2018-03-01","rate":"5.655%"}"#,
        ),
        ("pool late", r#"{"event":"disburse","date":"2017-03-02","loan":"LATE","amount":"1"}"#),
        (
            "pool strict",
            r#"{"event":"trustee-fee","date":"2017-04-01","owner":"410821","bank_account":"POOL","amount":"3000.00","maker":"甲","checker":"乙"}"#,
        ),
        (
            "drawn",
            r#"{"event":"disburse","date":"2017-03-01","loan":"L","note":"N2","amount":"100000.00"}"#,
        ),
        ("drawn", r#"{"event":"repay","date":"2017-03-01","loan":"L","amount":"900000.00"}"#),
        (
            "overdue",
            r#"{"event":"file-claim","date":"2017-08-31","claim":"C","loan":"L","base":"900000.00","lawsuit":"1号"}"#,
        ),
        (
            "filed",
            r#"{"event":"approve-claim","date":"2017-09-10","claim":"C","amount":"320000.00"}"#,
        ),
        (
            "drawn",
            r#"{"event":"approve-withdrawal","date":"2017-04-01","owner":"410821","source":"county","amount":"200000.00"}"#,
        ),
        (
            "receipt unknown",
            r#"{"event":"explain-receipt","date":"2017-09-26","receipt":"R","to":"recovery","claim":"C","gross":"25"}"#,
        ),
        (
            "deposit overdue",
            r#"{"event":"apply-deposit","date":"2017-07-02","loan":"L","bank_account":"POOL","amount":"18000.00","maker":"甲","checker":"乙"}"#,
        ),
        (
            "approved",
            r#"{"event":"pay-claim","date":"2017-09-20","claim":"C","bank_account":"POOL","amount":"120000.00","maker":"甲","checker":"乙"}"#,
        ),
        // Four tenths of 300,000.00 are the whole compensation.
        (
            "paid",
            r#"{"event":"recover","date":"2017-10-01","claim":"C","bank_account":"POOL","gross":"300000.00"}"#,
        ),
        (
            "subsidy approved",
            r#"{"event":"approve-subsidy","date":"2018-01-05","loan":"L","amount":"50000.00","period":"2017Q3","programme":"interest-discount"}"#,
        ),
        (
            "approved",
            r#"{"event":"trustee-fee","date":"2017-09-20","owner":"410821","bank_account":"POOL","amount":"180000.00","maker":"甲","checker":"乙"}"#,
        ),
        (
            "set up",
            r#"{"event":"move","date":"2017-03-01","owner":"410821","from_bank_account":"POOL","to_bank_account":"POOL-2","amount":"300000.00"}"#,
        ),
        (
            "set up",
            r#"{"event":"contribute","date":"2017-03-01","owner":"410821","source":"county","bank_account":"POOL","amount":"999999999700000.00"}"#,
        ),
        (
            "set up",
            r#"{"event":"commit","date":"2017-06-01","owner":"410822","source":"city","amount":"0.01"}"#,
        ),
    ];
    for (stage, json) in taken {
        let mut book = book_at(stage);
        let event = read(&book, json, "taken");
        record(&mut book, &[event]);
    }
}

/// A sum beyond the bounds is refused, on either side.
#[test]
pub fn sums_end_at_the_bounds() {
    let most = Money::from_fen(MONEY_MAX_FEN).unwrap();
    let fen = Money::from_fen(1).unwrap();
    assert_eq!(most.add(fen), Err(MoneyError::Range));
    assert_eq!(most.negated().sub(fen), Err(MoneyError::Range));
    assert_eq!(most.sub(fen).unwrap().add(fen), Ok(most));
}

/// Half a fen goes away from zero, whatever stands before it.
#[test]
pub fn half_a_fen_goes_away_from_zero() {
    for (halves, fen) in [(1, 1), (3, 2), (5, 3), (-1, -1), (-3, -2), (-5, -3), (4, 2)] {
        let rounded = Fraction::new(halves, 2).unwrap().round_fen().unwrap();
        assert_eq!(rounded.fen(), fen, "{halves} halves");
    }
}

/// A clock that was set back leaves the order of recording as it was.
#[test]
pub fn the_time_of_recording_never_goes_back() {
    let mut book = crate::support::book::blank();
    let at = |now: &str| Options { now: now.parse().unwrap(), ..crate::support::book::options() };
    let events = [
        ("2019-01-05T08:00:00Z", crate::verify::OPENING.to_owned()),
        ("2018-03-01T00:00:00Z", party("A")),
        ("2019-01-06T00:00:00Z", party("B")),
    ];
    for (now, json) in events {
        book.record(crate::support::book::event(&json), &at(now)).unwrap();
    }
    let recorded: Vec<String> = crate::support::book::entries(book.store())
        .iter()
        .map(|entry| entry.recorded.to_string())
        .collect();
    assert_eq!(recorded, ["2019-01-05T08:00:00Z", "2019-01-05T08:00:00Z", "2019-01-06T00:00:00Z",]);
}

fn party(id: &str) -> String {
    format!(
        "{{\"event\":\"party\",\"id\":\"{id}\",\"date\":\"2017-01-01\",\"party\":\"{id}\",\
         \"kind\":\"bank\",\"name\":\"{id}\"}}"
    )
}
